/*
 * tpm_attest.h - what the TPM says of its keys and of itself, signed by the attestation key.
 *
 * The attestation key is a restricted signing key (TPM 2.0 Part 1, 25.3): it signs structures that
 * the TPM makes, which begin with TPM_GENERATED_VALUE, and digests of data that do not.  So nobody,
 * not even who holds the signer, has it sign a statement of his own.  What a statement does not show:
 * that the attestation key itself lies in a TPM.  That is what an endorsement certificate and a
 * challenge to it are for (Part 1, 9.5.3.3); who reads the statements decides.
 */
#ifndef FJ_HSM_TPM_ATTEST_H
#define FJ_HSM_TPM_ATTEST_H

#include "hsm/tpm.h"

#define HSM_QUALIFYING_MAX 32 /* octets of the asker's that go into a statement */
/* SHA-256 registers 0 to 5 and 7: firmware and how it booted.  Seven, since tpm2_checkquote of tpm2-tools 5.4 miscounts eight. */
#define HSM_PCRS 7
#define HSM_PCR_BITS 0xbf

struct hsm_statement {
	struct fj_buf attest; /* TPMS_ATTEST */
	struct fj_buf sig;    /* DER SEQUENCE{r,s}, ECDSA with SHA-256 over it */
};
void hsm_statement_init(struct hsm_statement *s); /* attest.c */
void hsm_statement_release(struct hsm_statement *s);
FJ_DEFINE_AUTO(hsm_statement, struct hsm_statement, hsm_statement_release)

/* An attestation key, a child of the storage key as others are; it is nowhere but in its blob yet. */
enum fj_rc hsm_tpm_create_ak(struct hsm_tpm *t, struct hsm_blob *b, struct fj_err *err) FJ_MUST_USE;
/* In all of these: ak is the attestation key's number, loaded for it and flushed after it, with one further transient
 * object at most; data: HSM_QUALIFYING_MAX octets at most; out: initialised, empty.  FJ_E_TPM with the TPM's code. */
/* That this TPM made key number `key` with this creation data (TPM2_CertifyCreation, Part 3, 18.3); b: its blob, whose
 * ticket only this TPM can have made.  Of one that came from another TPM, and has no ticket, that it is here (TPM2_Certify). */
enum fj_rc hsm_tpm_certify_creation(struct hsm_tpm *t, unsigned ak, unsigned key, const struct hsm_blob *b, struct fj_slice data,
    struct hsm_statement *out, struct fj_err *err) FJ_MUST_USE;
/* That the storage key stands in this TPM (TPM2_Certify, Part 3, 18.2). */
enum fj_rc hsm_tpm_certify_storage(struct hsm_tpm *t, unsigned ak, struct fj_slice data, struct hsm_statement *out, struct fj_err *err) FJ_MUST_USE;
/* The platform's registers (TPM2_Quote, Part 3, 18.4), and their values: HSM_PCRS times 32 octets, which are the quote's
 * as long as nothing was measured in between. */
enum fj_rc hsm_tpm_quote(struct hsm_tpm *t, unsigned ak, struct fj_slice data, struct hsm_statement *out, struct fj_buf *pcrs, struct fj_err *err) FJ_MUST_USE;
/* An endorsement certificate at an NV index, DER, without what its maker filled the index up with.  FJ_E_NOTFOUND: none. */
enum fj_rc hsm_tpm_endorsement(struct hsm_tpm *t, uint32_t index, struct fj_buf *der, struct fj_err *err) FJ_MUST_USE;

/* --- tpm_ek.c --- */
#define HSM_MAX_EKS 8
/* The public areas (TPMT_PUBLIC) of its endorsement keys, each as fj_put_bytes writes them; *n of them. */
enum fj_rc hsm_tpm_eks(struct hsm_tpm *t, struct fj_buf *out, uint32_t *n, struct fj_err *err) FJ_MUST_USE;
struct hsm_credential {
	struct fj_slice ek;         /* TPMT_PUBLIC of the endorsement key that it is for */
	struct fj_slice credential; /* TPMS_ID_OBJECT */
	struct fj_slice seed;       /* what is in TPM2B_ENCRYPTED_SECRET */
};
/* TPM2_ActivateCredential (Part 3, 12.5): its secret, where this TPM has both keys.  FJ_E_REFUSED: it does not have that
 * endorsement key; FJ_E_TPM: it was made for another attestation key, or was changed. */
enum fj_rc hsm_tpm_activate(struct hsm_tpm *t, unsigned ak, const struct hsm_credential *c, struct fj_buf *secret, struct fj_err *err) FJ_MUST_USE;

#endif
