/*
 * profile.h - the policy profile: what 167 leaves open, as data of each finance department.
 * Versioned, changed by two of its officers, its hash in every event (event.policy).
 */
#ifndef FJ_ISSUER_PROFILE_H
#define FJ_ISSUER_PROFILE_H

#include "issuer/core.h"

/* The value of `key` in the profile in force of the finance department with this USCC; the
 * default where it has adopted none, or its document does not say.  The call remembers the
 * profile: its hash stands in the events that follow.  An unknown key is FJ_E_INTERNAL. */
enum fj_rc prf_int(struct iss_call *c, const char *finance, const char *key, int64_t *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc prf_flag(struct iss_call *c, const char *finance, const char *key, bool *out, struct fj_err *err) FJ_MUST_USE;
/* borrowed: valid until another department's profile is asked for in this call */
enum fj_rc prf_json(struct iss_call *c, const char *finance, const char *key, const json_t **out, struct fj_err *err) FJ_MUST_USE;
/* what a key is called; "" twice for one that there is not */
void prf_words(const char *key, const char **zh, const char **en);
/* hash, hex, that an event of this call bears: of the profile consulted last, else of the one in
 * force for the actor's organisation */
enum fj_rc prf_hash(struct iss_call *c, const char **hex, struct fj_err *err) FJ_MUST_USE;
void prf_release(struct iss_call *c);

/* The end of a term of n working days of the department, counted from the day of `from`:
 * 23:59:59 +08:00 of its last day (domain.md 5.4).  *known, unless NULL: its holiday table has
 * days of every year that the term touches. */
enum fj_rc prf_term(struct iss_call *c, const char *finance, fj_time from, int64_t n, fj_time *end, bool *known, struct fj_err *err) FJ_MUST_USE;

#endif
