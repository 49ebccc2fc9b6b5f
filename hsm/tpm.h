/*
 * tpm.h - the keys in the TPM: persistent handles, signing, and two sealed keys.
 *
 * Handles: 0x81010000 storage root, ...01 root CA, ...02 issuing CA, ...03
 * token, ...04 sealed OCSP key, ...05 log, ...06 sealed Ed25519 key of the log.
 * NV index 0x01810000 is a counter: it rises only, and whoever removes it and makes it
 * anew finds it above all that the TPM ever counted (TPM 2.0 Part 3, 31.3).
 * Signing keys are P-256, made in the TPM, not
 * exportable (fixedTPM, fixedParent, sensitiveDataOrigin) and without dictionary
 * attack protection (noDA: tpm.c says why).  The interface carries roles; SM2 adds
 * handles, not functions.
 */
#ifndef FJ_HSM_TPM_H
#define FJ_HSM_TPM_H

#include "base/secret.h"
#include "hsm/proto.h"

struct hsm_tpm;
/* FJ_E_TPM with the TPM's own code; fd stays the caller's and must outlive it.  A lockout
 * that is found is lifted, where the lockout authorisation is empty. */
enum fj_rc hsm_tpm_open(int fd, struct hsm_tpm **out, struct fj_err *err) FJ_MUST_USE;
void hsm_tpm_close(struct hsm_tpm *t);
FJ_DEFINE_AUTO_PTR(hsm_tpm, struct hsm_tpm, hsm_tpm_close)
/* TPM2_Shutdown: what follows is an orderly end of a software TPM; a TPM that is gone already
 * is no error.  A hardware TPM is shut down by its kernel, not by us. */
void hsm_tpm_shutdown(struct hsm_tpm *t);
/* the stream has ended, or the TPM is in failure mode: nothing will work any more */
bool hsm_tpm_lost(const struct hsm_tpm *t);
/* all keys there / none there; a half-made set is neither */
bool hsm_tpm_has_keys(const struct hsm_tpm *t);
/* makes all of them, removing what an interrupted ceremony left */
enum fj_rc hsm_tpm_make_keys(struct hsm_tpm *t, struct fj_err *err) FJ_MUST_USE;
/* SubjectPublicKeyInfo of a TPM role */
enum fj_rc hsm_tpm_public(struct hsm_tpm *t, enum hsm_role role, struct fj_buf *spki, struct fj_err *err) FJ_MUST_USE;
/* what is sealed for HSM_OCSP (a private scalar) or HSM_NOTE (an Ed25519 seed), 32 octets, over a
 * salted session with encryption */
enum fj_rc hsm_tpm_unseal(struct hsm_tpm *t, enum hsm_role role, struct fj_secret *out, struct fj_err *err) FJ_MUST_USE;
/* begin signing a digest; finish it: r || s.  One at a time. */
enum fj_rc hsm_tpm_sign_start(struct hsm_tpm *t, enum hsm_role role, const struct fj_hash *digest, struct fj_err *err) FJ_MUST_USE;
enum fj_rc hsm_tpm_sign_finish(struct hsm_tpm *t, uint8_t raw[64], struct fj_err *err) FJ_MUST_USE;
/* The counter's value: FJ_E_NOTFOUND before it is made.  Making one that is there leaves it. */
enum fj_rc hsm_tpm_counter(struct hsm_tpm *t, uint64_t *value, struct fj_err *err) FJ_MUST_USE;
enum fj_rc hsm_tpm_counter_make(struct hsm_tpm *t, struct fj_err *err) FJ_MUST_USE;
enum fj_rc hsm_tpm_counter_up(struct hsm_tpm *t, struct fj_err *err) FJ_MUST_USE;
/* manufacturer, four characters */
void hsm_tpm_maker(struct hsm_tpm *t, char out[8]);

#endif
