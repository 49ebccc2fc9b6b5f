/*
 * altered.h - a right text, and the same with something of it changed: what tests of strict readers begin with.
 */
#ifndef FJ_TESTS_UNIT_ALTERED_H
#define FJ_TESTS_UNIT_ALTERED_H

#include "base/plan.h"

/* a plan of three officers, with what stands in `more` besides */
#define KEY(c) "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE" c "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define PLAN_WITH(more)                                                                                                   \
	"{\"version\":1,\"home\":{\"demo\":true,\"arc\":\"1.3.6.1.4.1.1\",\"base\":\"http://127.0.0.1:8444\",\"operator\":\"财政局\"}," \
	"\"algorithms\":[\"P-256\",\"SM2\"],\"officers\":[{\"login\":\"a\",\"name\":\"甲\",\"key\":\"" KEY("AAAAAA") "\"},"  \
	"{\"login\":\"b\",\"name\":\"乙\",\"key\":\"" KEY("BAAAAA") "\"},{\"login\":\"c\",\"name\":\"丙\",\"key\":\"" KEY("CAAAAA") "\"}]," \
	"\"quorum\":{\"root\":2},\"expiration\":600,\"made\":\"2026-03-16T08:00:00Z\"" more "}"

/* text with the first `from` as `to` */
static inline struct fj_slice with(struct fj_buf *b, const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	fj_buf_clear(b);
	if (at == NULL || fj_buf_put(b, text, (size_t)(at - text)) != FJ_OK || fj_buf_puts(b, to) != FJ_OK || fj_buf_puts(b, at + strlen(from)) != FJ_OK)
		return FJ_SLICE(NULL, 0);
	return fj_buf_slice(b);
}

static inline enum fj_rc plan_of(struct fj_slice text, struct fj_plan *p, struct fj_err *err)
{
	FJ_AUTO(json) j = NULL;

	FJ_TRY(fj_json_parse(text, FJ_PLAN_MAX, &j, err));
	return fj_plan_read(j, p, err);
}

#endif
