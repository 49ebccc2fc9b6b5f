/*
 * usage.h - what was used under license tokens: daily totals of the delivering gateway, their
 * corrections, and what the user says to them (domain.md 4.10, receipt).
 */
#ifndef FJ_ISSUER_USAGE_H
#define FJ_ISSUER_USAGE_H

#include "issuer/domain.h"

/* Uses as evidence of revenue (R06): the newest total of each day from `from` to `to`, ISO days
 * (+08:00), both included.  A day that the user disputes counts for nothing until it is corrected
 * or countersigned. */
struct dom_usage {
	int64_t count;
	char first[11]; /* first day with any, "" none */
};
/* of the licenses of an authorisation that a user has and that cost something; product "": of any */
enum fj_rc dom_usage_paid(struct sto *db, const char *authorisation, const char *product, const char *user, const char *from, const char *to,
    struct dom_usage *out, struct fj_err *err) FJ_MUST_USE;
/* of one license */
enum fj_rc dom_usage_of(struct sto *db, const char *token, const char *from, const char *to, int64_t *count, struct fj_err *err) FJ_MUST_USE;

#endif
