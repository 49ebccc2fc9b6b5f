/*
 * tpm_move.c - a key leaves its TPM for one other, and arrives there (TPM 2.0 Part 1, 23).
 *
 * Only a key that is fixed to neither TPM nor parent can be duplicated, and only in a session whose
 * commandCode is TPM2_Duplicate: TPM2_PolicyDuplicationSelect sets it, and binds the session to the
 * key's Name and to that of one parent.  There is no inner wrapper: the outer one is opened by the new
 * parent alone, an inner key would lie with whoever runs this, and what arrives still obeys its officers.
 * The new parent's public area is loaded for the one command; two transient objects at most.
 */
#include <tss2/tss2_mu.h>

#include "hsm/tpm_internal.h"

static TPM2B_NAME name_of(const struct fj_tpm_name *n)
{
	TPM2B_NAME out = {.size = FJ_TPM_NAME_LEN};

	memcpy(out.name, n->b, FJ_TPM_NAME_LEN);
	return out;
}

enum fj_rc hsm_tpm_policy_duplication(struct hsm_tpm *t, uint32_t session, const struct fj_tpm_name *object, const struct fj_tpm_name *parent, struct fj_err *err)
{
	TPM2B_NAME o = name_of(object), p = name_of(parent);
	TSS2_RC rc = Esys_PolicyDuplicationSelect(t->ctx, session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &o, &p, TPM2_NO);

	return rc == TSS2_RC_SUCCESS ? FJ_OK : tpm_fail(err, rc, "bind a session to one key and one TPM");
}

static enum fj_rc load_public(struct hsm_tpm *t, struct fj_slice tpmt_public, ESYS_TR *obj, struct fj_err *err)
{
	TPM2B_PUBLIC pub = {0};
	size_t at = 0;

	if (Tss2_MU_TPMT_PUBLIC_Unmarshal(tpmt_public.p, tpmt_public.len, &at, &pub.publicArea) != TSS2_RC_SUCCESS || at != tpmt_public.len)
		return fj_fail(err, FJ_E_INTERNAL, "tpm", NULL, "the new parent's public area is malformed");
	TSS2_RC rc = Esys_LoadExternal(t->ctx, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL, &pub, ESYS_TR_RH_NULL, obj);
	return rc == TSS2_RC_SUCCESS ? FJ_OK : tpm_fail(err, rc, "load the new parent's public key");
}

static enum fj_rc duplicate(struct hsm_tpm *t, uint32_t session, ESYS_TR obj, ESYS_TR parent, struct fj_buf *private, struct fj_buf *seed, struct fj_err *err)
{
	TPMT_SYM_DEF_OBJECT none = {.algorithm = TPM2_ALG_NULL};
	TPM2B_DATA *inner = NULL;
	TPM2B_PRIVATE *priv = NULL;
	TPM2B_ENCRYPTED_SECRET *secret = NULL;

	TSS2_RC rc = Esys_Duplicate(t->ctx, obj, parent, session, ESYS_TR_NONE, ESYS_TR_NONE, NULL, &none, &inner, &priv, &secret);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, rc, "let a key leave under these approvals");
	FJ_AUTO(tpm_mem) m1 = inner, m2 = priv, m3 = secret;
	(void)m1, (void)m2, (void)m3;
	if (fj_buf_put(private, priv->buffer, priv->size) != FJ_OK || fj_buf_put(seed, secret->secret, secret->size) != FJ_OK)
		return fj_fail(err, FJ_E_TPM, "tpm", NULL, "the TPM answered a duplicate of another form");
	return FJ_OK;
}

enum fj_rc hsm_tpm_duplicate(struct hsm_tpm *t, uint32_t session, unsigned key, struct fj_slice parent, struct fj_buf *private, struct fj_buf *seed, struct fj_err *err)
{
	ESYS_TR obj, to;

	FJ_TRY(tpm_take(t, key, &obj, err));
	enum fj_rc rc = load_public(t, parent, &to, err);
	if (rc == FJ_OK) {
		rc = duplicate(t, session, obj, to, private, seed, err);
		Esys_FlushContext(t->ctx, to);
	}
	tpm_let_go(t, key, obj);
	return rc;
}

/* the TPM is well and can't open it */
static enum fj_rc not_ours(struct hsm_tpm *t, TSS2_RC rc, struct fj_err *err)
{
	struct fj_err why = {0};
	enum fj_rc said = tpm_fail(&why, rc, "take in a key");

	if (said == FJ_E_TPM && !hsm_tpm_stays(&why) && !hsm_tpm_lost(t) && (rc & ~TSS2_RC_LAYER_MASK) != TPM2_RC_FAILURE)
		return fj_refuse(err, FJ_E_SIGNATURE, "tpm", "TPM 2.0 Part 3, 13.3", "this TPM can't open what arrives: it was changed on its way, or left for another TPM; fetch it anew (fujie ceremony move)", "此 TPM 无法打开到达的密钥：途中被改动，或者是迁往另一 TPM 的；请重新取得（fujie ceremony move）");
	if (err != NULL)
		*err = why;
	return said;
}

enum fj_rc hsm_tpm_import(struct hsm_tpm *t, const struct fj_moved *m, struct hsm_blob *b, struct fj_err *err)
{
	TPM2B_PUBLIC pub = {0};
	TPM2B_PRIVATE in = {.size = (UINT16)m->private.len}, *out = NULL;
	TPM2B_ENCRYPTED_SECRET seed = {.size = (UINT16)m->seed.len};
	TPMT_SYM_DEF_OBJECT none = {.algorithm = TPM2_ALG_NULL};
	uint8_t room[HSM_BLOB_PART];
	size_t at = 0, n = 0;

	if (m->private.len > sizeof(in.buffer) || m->seed.len > sizeof(seed.secret) ||
	    Tss2_MU_TPMT_PUBLIC_Unmarshal(m->public.data, m->public.len, &at, &pub.publicArea) != TSS2_RC_SUCCESS || at != m->public.len)
		return fj_fail(err, FJ_E_INVALID, "tpm", NULL, "a moved key is malformed");
	memcpy(in.buffer, m->private.data, m->private.len);
	memcpy(seed.secret, m->seed.data, m->seed.len);
	TSS2_RC rc = Esys_Import(t->ctx, t->storage, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, NULL, &pub, &in, &seed, &none, &out);
	if (rc != TSS2_RC_SUCCESS)
		return not_ours(t, rc, err);
	bool ok = Tss2_MU_TPM2B_PRIVATE_Marshal(out, room, sizeof(room), &n) == TSS2_RC_SUCCESS && fj_buf_put(&b->priv, room, n) == FJ_OK;
	Esys_Free(out);
	n = 0;
	ok = ok && Tss2_MU_TPM2B_PUBLIC_Marshal(&pub, room, sizeof(room), &n) == TSS2_RC_SUCCESS && fj_buf_put(&b->pub, room, n) == FJ_OK;
	return ok ? FJ_OK : fj_fail(err, FJ_E_INTERNAL, "tpm", NULL, "a key that was taken in can't be kept");
}
