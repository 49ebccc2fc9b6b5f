/*
 * tpm_internal.h - what the files share that talk to the TPM (tpm.c, tpm_attest.c, tpm_policy.c).
 */
#ifndef FJ_HSM_TPM_INTERNAL_H
#define FJ_HSM_TPM_INTERNAL_H

#include <tss2/tss2_esys.h>

#include "hsm/tcti.h"
#include "hsm/tpm.h"

struct key {
	ESYS_TR tr;              /* persistent: of its handle; else ESYS_TR_NONE */
	TPM2B_PUBLIC pub;
	TPM2B_PRIVATE priv;      /* of one that is loaded when it is used */
	const struct fj_secret *auth; /* its password, the signer's; NULL: it has none */
};
struct hsm_tpm {
	struct hsm_tcti tcti;
	ESYS_CONTEXT *ctx;
	ESYS_TR storage, counter;
	uint32_t maker;
	ESYS_TR used;            /* the key that signs, when it was loaded for that */
	unsigned signing;        /* its number, and what it signs */
	struct fj_hash digest;
	unsigned open;           /* policy sessions that await approvals */
	struct key key[HSM_MAX_KEYS];
};

/* FJ_E_TPM with the TPM's code, and what helps where it says what it suffers from; FJ_E_UNAVAILABLE: it is lost */
enum fj_rc tpm_fail(struct fj_err *err, TSS2_RC rc, const char *what);
/* a key to be used: at its handle, or loaded; the caller lets go of it */
enum fj_rc tpm_take(struct hsm_tpm *t, unsigned key, ESYS_TR *tr, struct fj_err *err) FJ_MUST_USE;
void tpm_let_go(struct hsm_tpm *t, unsigned key, ESYS_TR tr);
/* r || s; false: a signature of another form */
bool tpm_raw(const TPMT_SIGNATURE *sig, uint8_t raw[64]);
/* a child of the storage key, into its blob */
enum fj_rc tpm_create(struct hsm_tpm *t, const TPM2B_PUBLIC *pub, const TPM2B_SENSITIVE_CREATE *sens, struct hsm_blob *b, struct fj_err *err) FJ_MUST_USE;

void tpm_mem_release(void **p);
FJ_DEFINE_AUTO(tpm_mem, void *, tpm_mem_release)

#endif
