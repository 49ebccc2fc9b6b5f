/*
 * signed.h - approvals that officers sign with keys of their own, for the signer to check
 * (docs/formats.md 25).  Where it checks them, what is asked for says in its payload which
 * approval it is, until when it holds, and which entries of lists it would lift; officers sign
 * the payload's hash; the register keeps the signatures and brings both to the signer.
 */
#ifndef FJ_ISSUER_SIGNED_H
#define FJ_ISSUER_SIGNED_H

#include "issuer/iss.h"

/* does the signer check approvals of this kind, or with `refuse` refusals of it, in this home? */
bool sgn_checked(const struct iss *i, const char *kind, bool refuse);
/* what the signer's status says of it */
void sgn_take(struct iss_log *l, const json_t *status);
/* by how many of its operator's officers at least a license token is signed; 0: names count */
int sgn_tokens(const struct iss *i);
/* before a request is stored: "act" and "lifts" into its payload, where they are needed */
enum fj_rc sgn_seal(struct iss_call *c, const struct apr *a, struct fj_err *err) FJ_MUST_USE;
/* What stands behind an approval, as INTENT's body; empty when the signer does not check it. */
enum fj_rc sgn_load(struct iss *i, struct sto *db, const char *id, bool refuse, struct fj_buf *said, struct fj_err *err) FJ_MUST_USE;
/* to the signer, on a connection of its own; an empty body is fine */
enum fj_rc sgn_bring(struct iss *i, const struct fj_buf *said, struct fj_err *err) FJ_MUST_USE;
/* Before the decision is executed: what it lifts is still what was asked for, and the signer has the signatures.
 * FJ_E_STATE, FJ_E_POLICY, FJ_E_SIGNATURE with what to do. */
enum fj_rc sgn_decide(struct iss_call *c, const struct apr *a, bool refuse, struct fj_err *err) FJ_MUST_USE;

/* What officers change in the signer by what they approved, and what the register knows of it afterwards.
 * officers: NULL, or their logins, the caller's. */
typedef enum fj_rc (*sgn_change_fn)(struct hsm_conn *c, const struct fj_buf *said, const struct hsm_approval *a, size_t n, struct fj_err *err);
enum fj_rc sgn_change(struct iss_call *c, const struct apr *a, sgn_change_fn send, json_t **officers, struct fj_err *err) FJ_MUST_USE;

/* "signing" into an approval that is shown: what is signed, by whom so far, and with which passkeys the reader may */
enum fj_rc sgn_into(struct iss_call *c, const char *id, const char *kind, const json_t *payload, const struct fj_hash *digest, json_t *out, struct fj_err *err) FJ_MUST_USE;

#endif
