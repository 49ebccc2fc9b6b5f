/*
 * usage.h - what was used under license tokens: daily totals of the delivering gateway, their
 * corrections, and what the user says to them (domain.md 4.10, receipt).
 */
#ifndef FJ_ISSUER_USAGE_H
#define FJ_ISSUER_USAGE_H

#include "issuer/domain.h"

/* What an authorisation's tokens were used for, as evidence of revenue (R06): the sum of the
 * newest total of each day (+08:00) between the days of `from` and of `to`, both included, for a
 * product's id and a payer's USCC ("" or NULL: any).  A day that the user disputes counts for
 * nothing until it is corrected or countersigned. */
enum fj_rc dom_usage_total(struct sto *db, const char *authorisation, const char *product, const char *payer, fj_time from, fj_time to,
    int64_t *count, struct fj_err *err) FJ_MUST_USE;

#endif
