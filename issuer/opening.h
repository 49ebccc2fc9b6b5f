/*
 * opening.h - personal fields: a commitment in the event, the opening beside the record.
 */
#ifndef FJ_ISSUER_OPENING_H
#define FJ_ISSUER_OPENING_H

#include "issuer/core.h"

#define OPN_SALT 16 /* octets */

/* Keeps `fields` (an object) as the opening of `object`, in the call's transaction, and writes the
 * commitment to it for the event: hex of SHA-256 over OPN_SALT random octets and the canonical text. */
enum fj_rc opn_keep(struct iss_call *c, const char *object, const json_t *fields, char commitment[65], struct fj_err *err) FJ_MUST_USE;
/* The fields again, the caller's; NULL when the opening was erased. */
enum fj_rc opn_read(struct sto *db, const char *object, json_t **fields, struct fj_err *err) FJ_MUST_USE;
/* {"object","salt","text"} of a row that has these, for who may know it; the caller's */
enum fj_rc opn_json(const struct sto_q *q, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* The same commitment again, from what is kept; FJ_E_STATE when it was erased. */
enum fj_rc opn_commitment(struct sto *db, const char *object, char commitment[65], struct fj_err *err) FJ_MUST_USE;

#endif
