/*
 * marks.c - how far each status list and CRL has come, so that an answer which
 * goes back is noticed (draft-ietf-oauth-status-list-21 8.3; RFC 5280 5.2.3).
 *
 * Who sits between issuer and gateway can withhold and repeat, though not forge.
 * A list that we had, has not ended and is now older, missing or not authentic
 * keeps the whole answer out: an old list is an un-revocation.
 */
#include <fcntl.h>

#include "base/file.h"
#include "verifier/gateway/gateway.h"

#define LIST_OCTETS (16u << 20)

void gw_marks_release(struct gw_marks *m)
{
	json_decref(m->lists);
	json_decref(m->crls);
	m->lists = m->crls = NULL;
}

static fj_time time_of(const json_t *subject, const char *key)
{
	fj_time t = 0;

	return fj_time_parse(fj_json_text(subject, key), &t, NULL) == FJ_OK ? t : 0;
}

/* the root's list lasts a year: its beginning says nothing about how fresh status is */
static void note(struct gw_marks *m, fj_time from, fj_time to, bool of_root)
{
	if (!of_root && (m->oldest == 0 || from < m->oldest))
		m->oldest = from;
	if (m->first_end == 0 || to < m->first_end)
		m->first_end = to;
}

static enum fj_rc mark(json_t *map, const char *address, int64_t at, fj_time end, struct fj_err *err)
{
	if (at < json_integer_value(json_array_get(json_object_get(map, address), 0)))
		return FJ_OK;
	return fj_json_set(map, address, json_pack("[I, I]", (json_int_t)at, (json_int_t)end)) == FJ_OK ? FJ_OK : fj_no_memory(err, "gateway");
}

static enum fj_rc read_one(const struct ver_trust *t, int fd, const char *name, struct gw_marks *m, struct fj_err *err)
{
	FJ_AUTO(buf) data = FJ_BUF_INIT(LIST_OCTETS);
	FJ_AUTO(ver_report) r = {.n = 0};
	struct ver_input in = {.now = fj_now()};

	FJ_TRY(fj_file_read(fd, name, &data, err));
	in.credential = fj_buf_slice(&data);
	FJ_TRY(ver_verify(t, &in, &r, err));
	if (!ver_report_passed(&r, "form") || !ver_report_passed(&r, "signer") || !ver_report_passed(&r, "signature"))
		return FJ_OK; /* as if it were not there */
	if (strcmp(r.kind, "status-list") == 0) {
		note(m, fj_json_num(r.subject, "iat"), fj_json_num(r.subject, "exp"), false);
		return mark(m->lists, fj_json_text(r.subject, "sub"), fj_json_num(r.subject, "iat"), fj_json_num(r.subject, "exp"), err);
	}
	if (strcmp(r.kind, "crl") != 0)
		return FJ_OK;
	note(m, time_of(r.subject, "this_update"), time_of(r.subject, "next_update"), strcmp(name, "root.crl") == 0);
	return mark(m->crls, fj_json_text(r.subject, "uri"), fj_json_num(r.subject, "number"), time_of(r.subject, "next_update"), err);
}

static enum fj_rc read_folder(const struct ver_trust *t, const char *path, struct gw_marks *m, struct fj_err *err)
{
	FJ_AUTO(dir) d = NULL;

	FJ_TRY(fj_dir_list(AT_FDCWD, path, &d, err));
	for (const struct dirent *e; (e = readdir(d)) != NULL;)
		if (e->d_name[0] != '.')
			FJ_TRY(read_one(t, dirfd(d), e->d_name, m, err));
	return FJ_OK;
}

enum fj_rc gw_marks_read(const struct ver_trust *t, const char *folder, struct gw_marks *m, struct fj_err *err)
{
	static const char *const below[] = {"status", "crl"};
	char path[80];

	m->lists = json_object();
	m->crls = json_object();
	m->oldest = m->first_end = 0;
	if (m->lists == NULL || m->crls == NULL)
		return fj_no_memory(err, "gateway");
	for (size_t i = 0; i < FJ_ARRAY_LEN(below); i++) {
		snprintf(path, sizeof(path), "%.40s/%s", folder, below[i]);
		FJ_TRY(read_folder(t, path, m, err));
	}
	return FJ_OK;
}

static enum fj_rc ahead(const json_t *had, const json_t *next, fj_time now, const char *what, struct fj_err *err)
{
	const char *address;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)had, address, v) {
		const json_t *then = json_object_get(next, address);
		long long old = json_integer_value(json_array_get(v, 0)), new = json_integer_value(json_array_get(then, 0));
		if (then != NULL ? new >= old : json_integer_value(json_array_get(v, 1)) < now) /* an older version is never right */
			continue;
		enum fj_rc rc = then == NULL ? fj_fail(err, FJ_E_REFUSED, "gateway", "formats.md 7", "rolled back: %s %.120s is missing or not authentic; what we have stays", what, address)
		    : fj_fail(err, FJ_E_REFUSED, "gateway", "formats.md 7", "rolled back: %s %.120s is at %lld, and we have had %lld; what we have stays", what, address, new, old);
		fj_err_zh(err, "发布内容回退：%.120s 早于已取得的版本，继续使用已有信任资料", address);
		return rc;
	}
	return FJ_OK;
}

enum fj_rc gw_marks_ahead(const struct gw_marks *had, const struct gw_marks *next, fj_time now, struct fj_err *err)
{
	FJ_TRY(ahead(had->lists, next->lists, now, "status list", err));
	return ahead(had->crls, next->crls, now, "CRL", err);
}
