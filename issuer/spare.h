/*
 * spare.h - what a register does whose signer is a spare's (spare.c).
 */
#ifndef FJ_ISSUER_SPARE_H
#define FJ_ISSUER_SPARE_H

#include "issuer/iss.h"

/* no spare, or as any home by now; two officers are to take it into service; the root is to certify its issuing keys */
enum spr_state { SPR_NONE, SPR_WAITS, SPR_CERTIFIES };

/* asks the signer, and compares its keys with the certificates that the register has */
enum fj_rc spr_look(struct iss *i, struct sto *db, struct hsm_conn *conn, enum spr_state *out, struct fj_err *err) FJ_MUST_USE;
/* is the key of this certificate one that the signer has of the role? */
enum fj_rc spr_has_key(struct hsm_conn *conn, enum hsm_role role, struct fj_slice cert, bool *yes, struct fj_err *err) FJ_MUST_USE;
/* why a register in this state is closed */
void spr_why(enum spr_state state, const char **en, const char **zh);
/* May the root certify its issuing keys?  Also while nothing else is done. */
enum fj_rc spr_may(struct iss *i, struct fj_err *err) FJ_MUST_USE;
/* Is the key of the newest issuing CA gone with its TPM? */
enum fj_rc spr_former_gone(struct iss_call *c, struct hsm_conn *conn, enum fj_alg alg, bool *yes, struct fj_err *err) FJ_MUST_USE;
/* The certificate takes its place, and those of all signers of the hierarchy, made under it; what was before has ended. */
enum fj_rc spr_certified(struct iss_call *c, struct hsm_conn *conn, enum fj_alg alg, const struct pub_issuer *next, json_t *serials, struct fj_err *err) FJ_MUST_USE;

#endif
