/*
 * operation.h - what endangers the running of this appliance: faults, how bad they are, what to do.
 */
#ifndef FJ_ISSUER_OPERATION_H
#define FJ_ISSUER_OPERATION_H

#include "issuer/iss.h"

struct opn_fault {
	const char *what;    /* static: "tls" */
	enum ca_level level; /* FINE: there is none */
	int step;            /* within a level: it is logged again when this rises */
	struct fj_err why;   /* what is wrong and what to do */
};
/* [{"what","level":"SOON"|"URGENT"|"OVER","text":{"en","zh"}}] of what is not fine; the caller's */
enum fj_rc opn_faults(struct iss *i, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* once a minute, by one thread: what has got worse, or is mended, is logged */
void opn_watch(struct iss *i);

#endif
