/*
 * tpm_policy.c - policy sessions: officers' approvals, given to the TPM (TPM 2.0 Part 1, 19.7).
 *
 * A key that is under a quorum has neither userWithAuth nor adminWithPolicy: no password opens it,
 * only a session whose policy digest is the key's.  The session carries nothing secret, so it is not
 * salted; what it is bound to is said by each approval (PolicySigned with cpHash and its nonce).
 * A session without the approvals signs nothing, one that has signed is gone, and so is one that
 * could not.  Officers' public keys are loaded one at a time.
 */
#include <tss2/tss2_mu.h>

#include "hsm/tpm_internal.h"

enum fj_rc hsm_tpm_public_area(const struct hsm_tpm *t, unsigned key, struct fj_buf *tpmt_public, struct fj_err *err)
{
	uint8_t room[HSM_BLOB_PART];
	size_t n = 0;

	if (Tss2_MU_TPMT_PUBLIC_Marshal(&t->key[key].pub.publicArea, room, sizeof(room), &n) != TSS2_RC_SUCCESS || fj_buf_put(tpmt_public, room, n) != FJ_OK)
		return fj_fail(err, FJ_E_INTERNAL, "tpm", NULL, "the public area of key %u is malformed", key);
	return FJ_OK;
}

enum fj_rc hsm_tpm_policy_begin(struct hsm_tpm *t, uint32_t *session, uint8_t nonce[32], struct fj_err *err)
{
	TPMT_SYM_DEF none = {.algorithm = TPM2_ALG_NULL};
	TPM2B_NONCE *n = NULL;
	ESYS_TR s = ESYS_TR_NONE;

	TSS2_RC rc = Esys_StartAuthSession(t->ctx, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL, TPM2_SE_POLICY, &none, TPM2_ALG_SHA256, &s);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_TRSess_GetNonceTPM(t->ctx, s, &n);
	t->open += s != ESYS_TR_NONE;
	bool whole = rc == TSS2_RC_SUCCESS && n->size == 32;
	if (whole)
		memcpy(nonce, n->buffer, 32);
	Esys_Free(n);
	*session = s;
	if (whole)
		return FJ_OK;
	hsm_tpm_policy_end(t, s);
	return rc != TSS2_RC_SUCCESS ? tpm_fail(err, rc, "begin a session for approvals") : fj_fail(err, FJ_E_TPM, "tpm", NULL, "the TPM answered a nonce of another form");
}

void hsm_tpm_policy_end(struct hsm_tpm *t, uint32_t session)
{
	if (session == ESYS_TR_NONE)
		return;
	Esys_FlushContext(t->ctx, session);
	t->open--;
}

/* an officer's key from its TPMT_PUBLIC, for one command */
static enum fj_rc load_officer(struct hsm_tpm *t, struct fj_slice tpmt_public, ESYS_TR *obj, struct fj_err *err)
{
	TPM2B_PUBLIC pub = {0};
	size_t at = 0;

	if (Tss2_MU_TPMT_PUBLIC_Unmarshal(tpmt_public.p, tpmt_public.len, &at, &pub.publicArea) != TSS2_RC_SUCCESS || at != tpmt_public.len)
		return fj_fail(err, FJ_E_INTERNAL, "tpm", NULL, "an officer's public area is malformed");
	TSS2_RC rc = Esys_LoadExternal(t->ctx, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL, &pub, ESYS_TR_RH_OWNER, obj);
	return rc == TSS2_RC_SUCCESS ? FJ_OK : tpm_fail(err, rc, "load an officer's public key");
}

enum fj_rc hsm_tpm_policy_signed(struct hsm_tpm *t, uint32_t session, const struct hsm_tpm_approval *a, struct fj_err *err)
{
	TPM2B_NONCE nonce = {.size = 32}, ref = {.size = (UINT16)a->ref.len};
	TPM2B_DIGEST cphash = {.size = a->cphash != NULL ? FJ_SHA256_LEN : 0};
	TPMT_SIGNATURE sig = {.sigAlg = TPM2_ALG_ECDSA, .signature.ecdsa = {.hash = TPM2_ALG_SHA256, .signatureR.size = 32, .signatureS.size = 32}};
	ESYS_TR officer;

	if (a->ref.len > sizeof(ref.buffer))
		return fj_fail(err, FJ_E_INTERNAL, "tpm", NULL, "a policyRef is too long");
	memcpy(nonce.buffer, a->nonce, 32);
	if (a->cphash != NULL)
		memcpy(cphash.buffer, a->cphash->b, FJ_SHA256_LEN);
	memcpy(ref.buffer, a->ref.p, a->ref.len);
	memcpy(sig.signature.ecdsa.signatureR.buffer, a->sig, 32);
	memcpy(sig.signature.ecdsa.signatureS.buffer, a->sig + 32, 32);
	FJ_TRY(load_officer(t, a->officer, &officer, err));
	TSS2_RC rc = Esys_PolicySigned(t->ctx, officer, session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &nonce, &cphash, &ref, (INT32)a->expiration, &sig, NULL, NULL);
	Esys_FlushContext(t->ctx, officer);
	return rc == TSS2_RC_SUCCESS ? FJ_OK : tpm_fail(err, rc, "take an officer's approval");
}

enum fj_rc hsm_tpm_policy_or(struct hsm_tpm *t, uint32_t session, const struct fj_or *or, struct fj_err *err)
{
	TPML_DIGEST list = {.count = (UINT32)or->n};

	if (or->n < 2 || or->n > 8)
		return fj_fail(err, FJ_E_INTERNAL, "tpm", NULL, "PolicyOR takes two to eight branches");
	for (size_t i = 0; i < or->n; i++) {
		list.digests[i].size = FJ_SHA256_LEN;
		memcpy(list.digests[i].buffer, or->branch[i].b, FJ_SHA256_LEN);
	}
	TSS2_RC rc = Esys_PolicyOR(t->ctx, session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &list);
	return rc == TSS2_RC_SUCCESS ? FJ_OK : tpm_fail(err, rc, "take these approvals for its quorum");
}

enum fj_rc hsm_tpm_policy_sign(struct hsm_tpm *t, uint32_t session, unsigned key, const struct fj_hash *digest, uint8_t raw[64], struct fj_err *err)
{
	TPM2B_DIGEST d = {.size = FJ_SHA256_LEN};
	TPMT_SIG_SCHEME scheme = {0};
	TPMT_TK_HASHCHECK none = {.tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL};
	TPMT_SIGNATURE *sig = NULL;
	ESYS_TR obj;

	memcpy(d.buffer, digest->b, FJ_SHA256_LEN);
	scheme.scheme = TPM2_ALG_NULL; /* the key's own */
	FJ_TRY(tpm_take(t, key, &obj, err));
	TSS2_RC rc = Esys_Sign(t->ctx, obj, session, ESYS_TR_NONE, ESYS_TR_NONE, &d, &scheme, &none, &sig);
	tpm_let_go(t, key, obj);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, rc, "sign under these approvals");
	bool ok = tpm_raw(sig, raw);
	Esys_Free(sig);
	return ok ? FJ_OK : fj_fail(err, FJ_E_TPM, "tpm", NULL, "the TPM answered a signature of another form");
}
