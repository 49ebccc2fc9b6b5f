/*
 * tpm_ek.c - endorsement keys, and credentials made for them (TPM 2.0 Part 1, 24; Part 3, 12.5).
 *
 * What stands at a handle for endorsement keys is used as it stands and never taken away.  Where none does, a
 * key is made from the template by which its certificate was written (TCG EK Credential Profile 2.5, B.3.3 and
 * B.3.4), for one command: the same seed makes the same key.
 */
#include <tss2/tss2_mu.h>

#include "hsm/tpm_attest.h"
#include "hsm/tpm_internal.h"

#define EK_FIRST 0x81010000u
#define EK_LAST 0x8101ffffu
#define EK_MUST (TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT)

/* PolicyA: TPM2_PolicySecret(TPM_RH_ENDORSEMENT), B.6.2 */
static const uint8_t policy_a[32] = {0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24,
	0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa};

static const struct {
	bool rsa;
	uint32_t certificate; /* where its certificate stands */
} templates[] = {{false, 0x01c0000a}, {true, 0x01c00002}};

static void template(bool rsa, TPM2B_PUBLIC *pub)
{
	const TPMT_SYM_DEF_OBJECT aes = {.algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB};

	memset(pub, 0, sizeof(*pub));
	pub->publicArea = (TPMT_PUBLIC){.type = rsa ? TPM2_ALG_RSA : TPM2_ALG_ECC, .nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = EK_MUST | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_ADMINWITHPOLICY, .authPolicy.size = sizeof(policy_a)};
	memcpy(pub->publicArea.authPolicy.buffer, policy_a, sizeof(policy_a));
	if (rsa) {
		pub->publicArea.parameters.rsaDetail = (TPMS_RSA_PARMS){.symmetric = aes, .scheme.scheme = TPM2_ALG_NULL, .keyBits = 2048};
		pub->publicArea.unique.rsa.size = 256;
		return;
	}
	pub->publicArea.parameters.eccDetail = (TPMS_ECC_PARMS){.symmetric = aes, .scheme.scheme = TPM2_ALG_NULL, .curveID = TPM2_ECC_NIST_P256, .kdf.scheme = TPM2_ALG_NULL};
	pub->publicArea.unique.ecc.x.size = pub->publicArea.unique.ecc.y.size = 32;
}

static enum fj_rc area_of(const TPM2B_PUBLIC *pub, struct fj_buf *out, struct fj_err *err)
{
	uint8_t room[HSM_BLOB_PART];
	size_t n = 0;

	fj_buf_clear(out);
	return Tss2_MU_TPMT_PUBLIC_Marshal(&pub->publicArea, room, sizeof(room), &n) == TSS2_RC_SUCCESS && fj_buf_put(out, room, n) == FJ_OK ? FJ_OK
	    : fj_fail(err, FJ_E_TPM, "tpm", NULL, "an endorsement key's public area is malformed");
}

/* the key for one command: at its handle, or made; the caller lets go of it */
struct ek {
	ESYS_TR tr;
	bool made;                /* flushed after use; else closed */
	bool policy;              /* only PolicySecret opens it */
	struct fj_buf area;
};

static void let_go(struct hsm_tpm *t, struct ek *k)
{
	if (k->tr == ESYS_TR_NONE)
		return;
	if (k->made)
		Esys_FlushContext(t->ctx, k->tr);
	else
		Esys_TR_Close(t->ctx, &k->tr);
	k->tr = ESYS_TR_NONE;
}

static enum fj_rc make(struct hsm_tpm *t, bool rsa, struct ek *k, struct fj_err *err)
{
	TPM2B_SENSITIVE_CREATE sens = {0};
	TPM2B_DATA none = {0};
	TPML_PCR_SELECTION pcrs = {0};
	TPM2B_PUBLIC in, *out = NULL;

	template(rsa, &in);
	TSS2_RC rc = Esys_CreatePrimary(t->ctx, ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &sens, &in, &none, &pcrs, &k->tr, &out, NULL, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS) {
		k->tr = ESYS_TR_NONE;
		return tpm_fail(err, rc, "make its endorsement key");
	}
	k->made = k->policy = true;
	enum fj_rc done = area_of(out, &k->area, err);
	Esys_Free(out);
	if (done != FJ_OK)
		let_go(t, k);
	return done;
}

/* *is: an endorsement key stands there */
static enum fj_rc stands(struct hsm_tpm *t, uint32_t handle, struct ek *k, bool *is, struct fj_err *err)
{
	TPM2B_PUBLIC *pub = NULL;

	*is = false;
	if (Esys_TR_FromTPMPublic(t->ctx, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &k->tr) != TSS2_RC_SUCCESS) {
		k->tr = ESYS_TR_NONE;
		return FJ_OK;
	}
	k->made = false;
	TSS2_RC rc = Esys_ReadPublic(t->ctx, k->tr, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &pub, NULL, NULL);
	if (rc == TSS2_RC_SUCCESS) {
		TPMA_OBJECT a = pub->publicArea.objectAttributes;
		*is = (a & EK_MUST) == EK_MUST && (a & TPMA_OBJECT_SIGN_ENCRYPT) == 0;
		k->policy = (a & TPMA_OBJECT_USERWITHAUTH) == 0;
	}
	enum fj_rc done = rc != TSS2_RC_SUCCESS ? tpm_fail(err, rc, "show an endorsement key") : *is ? area_of(pub, &k->area, err) : FJ_OK;
	Esys_Free(pub);
	if (done != FJ_OK || !*is)
		let_go(t, k);
	return done;
}

/* Each endorsement key is told to fn, which says with *stop that it wants this one and takes it over. */
typedef enum fj_rc (*ek_fn)(void *user, struct ek *k, bool *stop, struct fj_err *err);

static enum fj_rc each_standing(struct hsm_tpm *t, ek_fn fn, void *user, bool *stop, struct fj_err *err)
{
	TPMS_CAPABILITY_DATA *cap = NULL;
	struct ek k = {.tr = ESYS_TR_NONE, .area = FJ_BUF_INIT(HSM_BLOB_PART)};
	enum fj_rc done = FJ_OK;
	bool is;

	TSS2_RC rc = Esys_GetCapability(t->ctx, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES, EK_FIRST, TPM2_MAX_CAP_HANDLES, NULL, &cap);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, rc, "say which endorsement keys it has");
	for (UINT32 i = 0; done == FJ_OK && !*stop && i < cap->data.handles.count && cap->data.handles.handle[i] <= EK_LAST; i++) {
		done = stands(t, cap->data.handles.handle[i], &k, &is, err);
		if (done != FJ_OK || !is)
			continue;
		done = fn(user, &k, stop, err);
		if (!*stop)
			let_go(t, &k);
	}
	Esys_Free(cap);
	fj_buf_release(&k.area);
	return done;
}

static bool has_certificate(struct hsm_tpm *t, uint32_t index)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(8192);

	return hsm_tpm_endorsement(t, index, &der, NULL) == FJ_OK;
}

/* those that stand, then those that a certificate or nothing else asks for */
static enum fj_rc each(struct hsm_tpm *t, ek_fn fn, void *user, struct fj_err *err)
{
	struct ek k = {.tr = ESYS_TR_NONE, .area = FJ_BUF_INIT(HSM_BLOB_PART)};
	bool stop = false, certified[FJ_ARRAY_LEN(templates)];
	enum fj_rc done = each_standing(t, fn, user, &stop, err);

	for (size_t i = 0; i < FJ_ARRAY_LEN(templates); i++)
		certified[i] = has_certificate(t, templates[i].certificate);
	for (size_t i = 0; done == FJ_OK && !stop && i < FJ_ARRAY_LEN(templates); i++) {
		if (!certified[i] && (templates[i].rsa || certified[1]))
			continue;
		done = make(t, templates[i].rsa, &k, err);
		if (done != FJ_OK)
			break;
		done = fn(user, &k, &stop, err);
		if (!stop)
			let_go(t, &k);
	}
	fj_buf_release(&k.area);
	return done;
}

/* --- which there are --- */

struct listing {
	struct fj_buf *out;
	uint32_t n;
};

static enum fj_rc list(void *user, struct ek *k, bool *stop, struct fj_err *err)
{
	struct listing *l = user;

	(void)stop;
	if (l->n == HSM_MAX_EKS)
		return FJ_OK;
	l->n++;
	return fj_put_bytes(l->out, fj_buf_slice(&k->area)) == FJ_OK ? FJ_OK : fj_no_memory(err, "tpm");
}

enum fj_rc hsm_tpm_eks(struct hsm_tpm *t, struct fj_buf *out, uint32_t *n, struct fj_err *err)
{
	struct listing l = {out, 0};

	enum fj_rc rc = each(t, list, &l, err);
	*n = l.n;
	return rc == FJ_E_TPM && !hsm_tpm_lost(t) && l.n > 0 ? FJ_OK : rc; /* one that can't be made is none */
}

/* --- a credential --- */

struct wanted {
	struct fj_slice area;
	struct ek k;
};

/* a key that stands there and is made too is one: the first is taken */
static enum fj_rc is_it(void *user, struct ek *k, bool *stop, struct fj_err *err)
{
	struct wanted *w = user;

	(void)err;
	if (!fj_slice_eq(fj_buf_slice(&k->area), w->area))
		return FJ_OK;
	w->k.tr = k->tr;
	w->k.made = k->made;
	w->k.policy = k->policy;
	k->tr = ESYS_TR_NONE;
	*stop = true;
	return FJ_OK;
}

static enum fj_rc open_session(struct hsm_tpm *t, ESYS_TR *session, struct fj_err *err)
{
	const TPMT_SYM_DEF none = {.algorithm = TPM2_ALG_NULL};

	TSS2_RC rc = Esys_StartAuthSession(t->ctx, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL, TPM2_SE_POLICY, &none, TPM2_ALG_SHA256, session);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, rc, "begin a session for its endorsement key");
	rc = Esys_PolicySecret(t->ctx, ESYS_TR_RH_ENDORSEMENT, *session, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, NULL, NULL, NULL, 0, NULL, NULL);
	if (rc == TSS2_RC_SUCCESS)
		return FJ_OK;
	Esys_FlushContext(t->ctx, *session);
	return tpm_fail(err, rc, "open its endorsement key: the endorsement hierarchy has a password");
}

static enum fj_rc open_credential(struct hsm_tpm *t, ESYS_TR ak, const struct ek *k, const struct hsm_credential *c, struct fj_buf *secret, struct fj_err *err)
{
	TPM2B_ID_OBJECT blob = {.size = (UINT16)c->credential.len};
	TPM2B_ENCRYPTED_SECRET seed = {.size = (UINT16)c->seed.len};
	TPM2B_DIGEST *out = NULL;
	ESYS_TR session = ESYS_TR_PASSWORD;

	if (c->credential.len > sizeof(blob.credential) || c->seed.len > sizeof(seed.secret))
		return fj_fail(err, FJ_E_INVALID, "tpm", NULL, "a credential is longer than a TPM takes");
	memcpy(blob.credential, c->credential.p, c->credential.len);
	memcpy(seed.secret, c->seed.p, c->seed.len);
	if (k->policy)
		FJ_TRY(open_session(t, &session, err));
	TSS2_RC rc = Esys_ActivateCredential(t->ctx, ak, k->tr, ESYS_TR_PASSWORD, session, ESYS_TR_NONE, &blob, &seed, &out);
	if (k->policy && rc != TSS2_RC_SUCCESS)
		Esys_FlushContext(t->ctx, session); /* after a use it is gone by itself */
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, rc, "open the credential: it was made for another attestation key or another TPM, or was changed");
	enum fj_rc done = fj_buf_put(secret, out->buffer, out->size);
	Esys_Free(out);
	return done == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_TPM, "tpm", NULL, "a credential's secret is longer than 32 octets");
}

enum fj_rc hsm_tpm_activate(struct hsm_tpm *t, unsigned ak, const struct hsm_credential *c, struct fj_buf *secret, struct fj_err *err)
{
	struct wanted w = {.area = c->ek, .k = {.tr = ESYS_TR_NONE}};
	ESYS_TR key;

	FJ_TRY(each(t, is_it, &w, err));
	if (w.k.tr == ESYS_TR_NONE)
		return fj_refuse(err, FJ_E_REFUSED, "tpm", "formats.md 29", "the credential is for an endorsement key that this TPM does not have", "凭据所用的背书密钥不属于本 TPM");
	enum fj_rc rc = tpm_take(t, ak, &key, err);
	if (rc == FJ_OK) {
		rc = open_credential(t, key, &w.k, c, secret, err);
		tpm_let_go(t, ak, key);
	}
	let_go(t, &w.k);
	return rc;
}
