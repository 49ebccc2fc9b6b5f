/*
 * ek.c - two requests: which endorsement keys the TPM has, and the opening of a credential that an officer made
 * for one of them and the attestation key (TPM2_ActivateCredential).
 *
 * Both decide nothing and are not recorded, as attestations: what the answer shows is for whoever
 * made the credential.  A credential of another key opens nothing but an error of the TPM.
 */
#include "hsm/signer.h"
#include "hsm/tpm_attest.h"

enum fj_rc signer_eks(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	FJ_AUTO(buf) area = FJ_BUF_INIT(HSM_BLOB_PART);
	FJ_AUTO(buf) list = FJ_BUF_INIT(HSM_MAX_EKS * HSM_BLOB_PART);
	FJ_AUTO(buf) certificates = FJ_BUF_INIT(1u << 17);
	uint32_t n = 0, m = 0;

	(void)from;
	if (f->body.len != 0)
		return signer_broken(err, "a request for endorsement keys is malformed");
	if (s->mem.slot[HSM_AK] == 0)
		return fj_fail(err, FJ_E_NOTFOUND, HSM_LAYER, NULL, "there is no attestation key yet; the ceremony makes it");
	FJ_TRY(hsm_tpm_public_area(s->tpm, s->mem.slot[HSM_AK], &area, err));
	FJ_TRY(hsm_tpm_eks(s->tpm, &list, &n, err));
	FJ_TRY(signer_endorsements(s, &certificates, &m, err));
	if (fj_put_bytes(answer, fj_buf_slice(&area)) != FJ_OK || fj_put_u32(answer, n) != FJ_OK || fj_buf_put(answer, list.data, list.len) != FJ_OK || fj_put_u32(answer, m) != FJ_OK ||
	    fj_buf_put(answer, certificates.data, certificates.len) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "endorsement keys are too large to be told");
	return FJ_OK;
}

enum fj_rc signer_activate(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	FJ_AUTO(buf) secret = FJ_BUF_INIT(FJ_SHA256_LEN);
	struct hsm_credential c;
	struct fj_rd r;

	(void)from;
	fj_rd_init(&r, fj_buf_slice(&f->body));
	if (fj_get_bytes(&r, HSM_BLOB_PART, &c.ek) != FJ_OK || fj_get_bytes(&r, HSM_BLOB_PART, &c.credential) != FJ_OK || fj_get_bytes(&r, HSM_BLOB_PART, &c.seed) != FJ_OK || fj_rd_end(&r) != FJ_OK)
		return signer_broken(err, "a credential is malformed");
	if (s->mem.slot[HSM_AK] == 0)
		return fj_fail(err, FJ_E_NOTFOUND, HSM_LAYER, NULL, "there is no attestation key yet; the ceremony makes it");
	FJ_TRY(hsm_tpm_activate(s->tpm, s->mem.slot[HSM_AK], &c, &secret, err));
	return fj_put_bytes(answer, fj_buf_slice(&secret));
}
