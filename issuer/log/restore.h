/*
 * restore.h - what the two halves of a restore share.
 */
#ifndef FJ_ISSUER_LOG_RESTORE_H
#define FJ_ISSUER_LOG_RESTORE_H

#include "issuer/iss.h"

/* --- restore_keys.c: what keys the appliance had when the copy of its register was old already --- */
#define RST_KEYS 64
struct rst_keys {
	struct rst_key {
		enum rst_kind { RST_ROOT, RST_CA, RST_SIGNER } kind;
		enum fj_alg alg;
		struct fj_buf cert;
	} of[RST_KEYS];
	size_t n;
	json_t *names; /* "issuing.2", as key.list calls them */
};
void rst_keys_release(struct rst_keys *k);
/* Generations of roots, issuing CAs and signers that are published and that the register lacks, into the register, each verified
 * under one that it has; what the signer has no more has ended.  FJ_E_NOTFOUND, FJ_E_STATE: what is to be brought first. */
enum fj_rc rst_take_keys(struct iss_call *c, struct hsm_conn *conn, struct rst_keys *k, struct fj_err *err) FJ_MUST_USE;
/* a CRL by an issuing CA, a list by a signer: of the register's, or of these */
enum fj_rc rst_crl_verify(const struct iss *i, const struct rst_keys *k, enum fj_alg alg, struct fj_slice der, struct fj_err *err) FJ_MUST_USE;
enum fj_rc rst_list_verify(const struct iss *i, const struct rst_keys *k, enum fj_alg alg, struct fj_slice input, struct fj_slice sig, struct fj_err *err) FJ_MUST_USE;

#endif
