/*
 * life.h - what befalls an asset beside its registration: freezing, ending, expiry.
 */
#ifndef FJ_ISSUER_LIFE_H
#define FJ_ISSUER_LIFE_H

#include "issuer/domain.h"

/* freezes the asset, and suspends its certificate; for whoever the actor acts for */
enum fj_rc dom_freeze(struct iss_call *c, const struct dom_asset *a, const char *reason, struct fj_err *err) FJ_MUST_USE;
/* FJ_OK for the finance department and the superior department of the asset's holder */
enum fj_rc dom_may_freeze(struct iss_call *c, const struct dom_asset *a, struct fj_err *err) FJ_MUST_USE;
/* the open registration of the asset, if there is one, ends with what it was for */
enum fj_rc dom_end_application(struct iss_call *c, const struct dom_asset *a, const char *asset_to, const char *why, struct fj_err *err) FJ_MUST_USE;
/* Certificates whose last second is before c->now become EXPIRED, and their assets what follows from
 * that: an event each, by the system, at most so many; *more: some may be left.  The tender
 * does it in steps; the rest at the head of every changing command, so that every check sees the
 * present. */
enum fj_rc dom_expire(struct iss_call *c, size_t most, bool *more, struct fj_err *err) FJ_MUST_USE;

/* A successor of t that is approved and not issued yet is given up: t ends, and nothing follows it
 * unasked.  Before whatever ends t. */
enum fj_rc dom_drop_successor(struct iss_call *c, const struct dom_cert *t, struct fj_err *err) FJ_MUST_USE;

/* The revocation of a certificate in its three steps: suspended while it waits; revoked for the reason (a name of RFC 5280 5.3.1);
 * or back in the state of before. */
/* the reasons that a certificate may be revoked for, by their place; NULL behind the last */
const char *dom_revocation_reason(size_t k);
enum fj_rc dom_certificate_revoking(struct iss_call *c, const char *number, const char *reason, struct fj_err *err) FJ_MUST_USE;
enum fj_rc dom_certificate_end(struct iss_call *c, const char *number, const char *reason, struct fj_err *err) FJ_MUST_USE;
enum fj_rc dom_certificate_kept(struct iss_call *c, const char *number, struct fj_err *err) FJ_MUST_USE;

#endif
