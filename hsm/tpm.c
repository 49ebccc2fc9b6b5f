/*
 * tpm.c - ESAPI: making, finding and using the keys.
 *
 * Keys are children of a storage root key and persistent, so that signing needs
 * no transient slot (a software TPM has three).  No session is left open: those
 * that are needed (salted, for unsealing) are flushed in the same function.
 * Every refusal of the TPM carries its code.
 *
 * Dictionary attack protection (TPM 2.0 Part 1, 19.8) is off for our keys: their
 * authorisation is empty, custody is the TPM's own, so there is no password to
 * guess.  With it, each end without TPM2_Shutdown counts as a guess, and the third
 * locks every key for minutes.  Keys made before this carry it for ever; for them
 * we say TPM2_Shutdown at an orderly end and lift a lockout at the start.
 */
#include "hsm/tpm.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <tss2/tss2_esys.h>

#include "base/der.h"
#include "base/log.h"
#include "hsm/tcti.h"

#define SRK 0x81010000u
#define HANDLE(role) (0x81010000u + (unsigned)(role))
#define COUNTER 0x01810000u

struct hsm_tpm {
	struct hsm_tcti tcti;
	ESYS_CONTEXT *ctx;
	ESYS_TR srk, key[HSM_ROLE_END]; /* of HSM_OCSP and HSM_NOTE: the sealed objects */
	ESYS_TR counter;
};

static enum fj_rc tpm_fail(struct fj_err *err, TSS2_RC rc, const char *what)
{
	return fj_fail_code(err, FJ_E_TPM, "tpm", (long)rc, "the TPM refuses to %s (code 0x%x)", what, rc);
}

bool hsm_tpm_lost(const struct hsm_tpm *t)
{
	return t->tcti.lost != 0;
}

static void find(struct hsm_tpm *t, unsigned handle, ESYS_TR *out)
{
	if (Esys_TR_FromTPMPublic(t->ctx, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, out) != TSS2_RC_SUCCESS)
		*out = ESYS_TR_NONE;
}

static void find_all(struct hsm_tpm *t)
{
	find(t, SRK, &t->srk);
	for (int r = HSM_ROOT; r < HSM_ROLE_END; r++)
		find(t, HANDLE(r), &t->key[r]);
	find(t, COUNTER, &t->counter);
}

/* 0 when the TPM does not say */
static uint32_t property(struct hsm_tpm *t, TPM2_PT which)
{
	TPMS_CAPABILITY_DATA *cap = NULL;
	uint32_t v = 0;

	if (Esys_GetCapability(t->ctx, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_TPM_PROPERTIES,
	    which, 1, NULL, &cap) != TSS2_RC_SUCCESS)
		return 0;
	const TPML_TAGGED_TPM_PROPERTY *p = &cap->data.tpmProperties;
	if (p->count > 0 && p->tpmProperty[0].property == which)
		v = p->tpmProperty[0].value;
	Esys_Free(cap);
	return v;
}

/* Only where the lockout authorisation is empty: a wrong one would lock that too. */
static void lift_lockout(struct hsm_tpm *t)
{
	uint32_t is = property(t, TPM2_PT_PERMANENT);

	if ((is & TPMA_PERMANENT_INLOCKOUT) == 0)
		return;
	if ((is & TPMA_PERMANENT_LOCKOUTAUTHSET) == 0 &&
	    Esys_DictionaryAttackLockReset(t->ctx, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE) == TSS2_RC_SUCCESS)
		fj_log(FJ_LOG_WARN, "the TPM was in lockout, as ends without a shutdown bring about; the lockout was lifted");
	else
		fj_log(FJ_LOG_WARN, "the TPM is in lockout, and it is not ours to lift; keys under its protection wait");
}

enum fj_rc hsm_tpm_open(int fd, struct hsm_tpm **out, struct fj_err *err)
{
	FJ_AUTO(hsm_tpm) t = fj_alloc(1, sizeof(*t));

	if (t == NULL)
		return fj_no_memory(err, "hsm");
	setenv("TSS2_LOG", "all+NONE", 0); /* its refusals are ours to tell */
	hsm_tcti_init(&t->tcti, fd);
	TSS2_RC rc = Esys_Initialize(&t->ctx, (TSS2_TCTI_CONTEXT *)&t->tcti, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, rc, "start");
	rc = Esys_Startup(t->ctx, TPM2_SU_CLEAR);
	if (rc != TSS2_RC_SUCCESS && rc != TPM2_RC_INITIALIZE)
		return tpm_fail(err, rc, "start up");
	lift_lockout(t);
	find_all(t);
	if (hsm_tpm_lost(t))
		return fj_fail(err, FJ_E_TPM, "tpm", NULL, "the TPM has closed its stream");
	*out = fj_move(t);
	return FJ_OK;
}

void hsm_tpm_close(struct hsm_tpm *t)
{
	if (t == NULL)
		return;
	if (t->ctx != NULL)
		Esys_Finalize(&t->ctx);
	fj_free(t);
}

void hsm_tpm_shutdown(struct hsm_tpm *t)
{
	if (!hsm_tpm_lost(t))
		(void)Esys_Shutdown(t->ctx, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_SU_CLEAR);
}

bool hsm_tpm_has_keys(const struct hsm_tpm *t)
{
	bool all = t->srk != ESYS_TR_NONE;

	for (int r = HSM_ROOT; r < HSM_ROLE_END; r++)
		all = all && t->key[r] != ESYS_TR_NONE;
	return all;
}

static TPM2B_PUBLIC storage_template(void)
{
	return (TPM2B_PUBLIC){.publicArea = {.type = TPM2_ALG_ECC, .nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT | TPMA_OBJECT_FIXEDTPM |
		    TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
		    TPMA_OBJECT_NODA,
		.parameters.eccDetail = {
			.symmetric = {.algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB},
			.scheme.scheme = TPM2_ALG_NULL, .curveID = TPM2_ECC_NIST_P256, .kdf.scheme = TPM2_ALG_NULL}}};
}

static TPM2B_PUBLIC signing_template(void)
{
	return (TPM2B_PUBLIC){.publicArea = {.type = TPM2_ALG_ECC, .nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
		    TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA,
		.parameters.eccDetail = {.symmetric.algorithm = TPM2_ALG_NULL,
			.scheme = {.scheme = TPM2_ALG_ECDSA, .details.ecdsa.hashAlg = TPM2_ALG_SHA256},
			.curveID = TPM2_ECC_NIST_P256, .kdf.scheme = TPM2_ALG_NULL}}};
}

static TPM2B_PUBLIC sealed_template(void)
{
	return (TPM2B_PUBLIC){.publicArea = {.type = TPM2_ALG_KEYEDHASH, .nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_USERWITHAUTH |
		    TPMA_OBJECT_NODA,
		.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL}};
}

/* takes away what stands at the handle, puts obj there */
static enum fj_rc persist(struct hsm_tpm *t, ESYS_TR obj, unsigned handle, ESYS_TR *out, struct fj_err *err)
{
	TSS2_RC rc = TSS2_RC_SUCCESS;

	if (*out != ESYS_TR_NONE) {
		ESYS_TR none;
		rc = Esys_EvictControl(t->ctx, ESYS_TR_RH_OWNER, *out, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, handle, &none);
		*out = ESYS_TR_NONE;
	}
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_EvictControl(t->ctx, ESYS_TR_RH_OWNER, obj, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, handle, out);
	Esys_FlushContext(t->ctx, obj);
	return rc == TSS2_RC_SUCCESS ? FJ_OK : tpm_fail(err, rc, "make a key persistent");
}

static enum fj_rc make_srk(struct hsm_tpm *t, struct fj_err *err)
{
	TPM2B_PUBLIC pub = storage_template();
	TPM2B_SENSITIVE_CREATE sens = {0};
	TPM2B_DATA info = {0};
	TPML_PCR_SELECTION pcr = {0};
	ESYS_TR obj;

	if (t->srk != ESYS_TR_NONE)
		return FJ_OK;
	TSS2_RC rc = Esys_CreatePrimary(t->ctx, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
	    &sens, &pub, &info, &pcr, &obj, NULL, NULL, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, rc, "make the storage key");
	return persist(t, obj, SRK, &t->srk, err);
}

static enum fj_rc make_child(struct hsm_tpm *t, const TPM2B_PUBLIC *pub, const TPM2B_SENSITIVE_CREATE *sens,
    enum hsm_role role, struct fj_err *err)
{
	TPM2B_DATA info = {0};
	TPML_PCR_SELECTION pcr = {0};
	TPM2B_PRIVATE *priv = NULL;
	TPM2B_PUBLIC *made = NULL;
	ESYS_TR obj;

	TSS2_RC rc = Esys_Create(t->ctx, t->srk, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, sens, pub, &info, &pcr,
	    &priv, &made, NULL, NULL, NULL);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_Load(t->ctx, t->srk, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, priv, made, &obj);
	Esys_Free(priv);
	Esys_Free(made);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, rc, "make a key");
	return persist(t, obj, HANDLE(role), &t->key[role], err);
}

static bool new_scalar(uint8_t out[32])
{
	BIGNUM *d = NULL;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	bool ok = key != NULL && EVP_PKEY_get_bn_param(key, "priv", &d) == 1 && BN_bn2binpad(d, out, 32) == 32;

	EVP_PKEY_free(key);
	BN_clear_free(d);
	return ok;
}

/* 32 octets made outside: they are to sign in our memory, sealed at rest */
static enum fj_rc seal(struct hsm_tpm *t, enum hsm_role role, struct fj_err *err)
{
	TPM2B_PUBLIC pub = sealed_template();
	TPM2B_SENSITIVE_CREATE sens = {0};

	sens.sensitive.data.size = 32;
	if (role == HSM_NOTE)
		fj_random(sens.sensitive.data.buffer, 32);
	else if (!new_scalar(sens.sensitive.data.buffer))
		return fj_fail(err, FJ_E_CRYPTO, "hsm", NULL, "the OCSP key could not be made");
	enum fj_rc rc = make_child(t, &pub, &sens, role, err);
	fj_wipe(&sens, sizeof(sens));
	return rc;
}

enum fj_rc hsm_tpm_make_keys(struct hsm_tpm *t, struct fj_err *err)
{
	TPM2B_PUBLIC pub = signing_template();
	TPM2B_SENSITIVE_CREATE sens = {0};

	FJ_TRY(make_srk(t, err));
	FJ_TRY(hsm_tpm_counter_make(t, err));
	for (int r = HSM_ROOT; r < HSM_ROLE_END; r++) {
		bool sealed = r == HSM_OCSP || r == HSM_NOTE;
		FJ_TRY(sealed ? seal(t, (enum hsm_role)r, err) : make_child(t, &pub, &sens, (enum hsm_role)r, err));
	}
	return FJ_OK;
}

enum fj_rc hsm_tpm_public(struct hsm_tpm *t, enum hsm_role role, struct fj_buf *spki, struct fj_err *err)
{
	static const uint8_t head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
		0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
	TPM2B_PUBLIC *pub = NULL;
	uint8_t xy[64] = {0};

	TSS2_RC rc = Esys_ReadPublic(t->ctx, t->key[role], ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &pub, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, rc, "read a public key");
	const TPMS_ECC_POINT *p = &pub->publicArea.unique.ecc;
	bool ok = pub->publicArea.type == TPM2_ALG_ECC && p->x.size <= 32 && p->y.size <= 32;
	if (ok) {
		memcpy(xy + 32 - p->x.size, p->x.buffer, p->x.size);
		memcpy(xy + 64 - p->y.size, p->y.buffer, p->y.size);
	}
	Esys_Free(pub);
	if (!ok || fj_buf_put(spki, head, sizeof(head)) != FJ_OK || fj_buf_put(spki, xy, 64) != FJ_OK)
		return fj_fail(err, FJ_E_TPM, "tpm", NULL, "the key at handle 0x%x is no P-256 key", HANDLE(role));
	return FJ_OK;
}

enum fj_rc hsm_tpm_unseal(struct hsm_tpm *t, enum hsm_role role, struct fj_secret *secret, struct fj_err *err)
{
	TPMT_SYM_DEF sym = {.algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB};
	TPM2B_SENSITIVE_DATA *data = NULL;
	ESYS_TR s = ESYS_TR_NONE;

	TSS2_RC rc = Esys_StartAuthSession(t->ctx, t->srk, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
	    TPM2_SE_HMAC, &sym, TPM2_ALG_SHA256, &s);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_TRSess_SetAttributes(t->ctx, s, TPMA_SESSION_ENCRYPT | TPMA_SESSION_CONTINUESESSION, 0xff);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_Unseal(t->ctx, t->key[role], s, ESYS_TR_NONE, ESYS_TR_NONE, &data);
	if (s != ESYS_TR_NONE)
		Esys_FlushContext(t->ctx, s);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, rc, "unseal a key");
	enum fj_rc out = data->size == 32 ? fj_secret_copy(secret, FJ_SLICE(data->buffer, 32), err)
	    : fj_fail(err, FJ_E_TPM, "tpm", NULL, "the sealed key at handle 0x%x is not 32 octets", HANDLE(role));
	fj_wipe(data, sizeof(*data));
	Esys_Free(data);
	return out;
}

enum fj_rc hsm_tpm_sign_start(struct hsm_tpm *t, enum hsm_role role, const struct fj_hash *digest, struct fj_err *err)
{
	TPM2B_DIGEST d = {.size = FJ_SHA256_LEN};
	TPMT_SIG_SCHEME scheme = {0};
	TPMT_TK_HASHCHECK none = {.tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL};

	scheme.scheme = TPM2_ALG_NULL;
	memcpy(d.buffer, digest->b, FJ_SHA256_LEN);
	TSS2_RC rc = Esys_Sign_Async(t->ctx, t->key[role], ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &d, &scheme, &none);
	return rc == TSS2_RC_SUCCESS ? FJ_OK : tpm_fail(err, rc, "sign");
}

enum fj_rc hsm_tpm_sign_finish(struct hsm_tpm *t, uint8_t raw[64], struct fj_err *err)
{
	TPMT_SIGNATURE *sig = NULL;
	TSS2_RC rc;

	Esys_SetTimeout(t->ctx, -1);
	do
		rc = Esys_Sign_Finish(t->ctx, &sig);
	while ((rc & ~TSS2_RC_LAYER_MASK) == TSS2_BASE_RC_TRY_AGAIN);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, rc, "sign");
	const TPMS_SIGNATURE_ECDSA *e = &sig->signature.ecdsa;
	bool ok = sig->sigAlg == TPM2_ALG_ECDSA && e->signatureR.size <= 32 && e->signatureS.size <= 32;
	if (ok) { /* a TPM may strip leading zeros */
		memset(raw, 0, 64);
		memcpy(raw + 32 - e->signatureR.size, e->signatureR.buffer, e->signatureR.size);
		memcpy(raw + 64 - e->signatureS.size, e->signatureS.buffer, e->signatureS.size);
	}
	Esys_Free(sig);
	return ok ? FJ_OK : fj_fail(err, FJ_E_TPM, "tpm", NULL, "the TPM answered a signature of another form");
}

/* --- the counter --- */

enum fj_rc hsm_tpm_counter(struct hsm_tpm *t, uint64_t *value, struct fj_err *err)
{
	TPM2B_MAX_NV_BUFFER *data = NULL;

	if (t->counter == ESYS_TR_NONE)
		return fj_fail(err, FJ_E_NOTFOUND, "tpm", NULL, "the TPM has no counter at 0x%x", COUNTER);
	TSS2_RC rc = Esys_NV_Read(t->ctx, t->counter, t->counter, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, 8, 0, &data);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, rc, "read its counter");
	bool whole = data->size == 8;
	for (*value = 0; whole && data->size > 0; data->size--)
		*value = *value << 8 | data->buffer[8 - data->size];
	Esys_Free(data);
	return whole ? FJ_OK : fj_fail(err, FJ_E_TPM, "tpm", NULL, "the TPM's counter is not 8 octets");
}

enum fj_rc hsm_tpm_counter_up(struct hsm_tpm *t, struct fj_err *err)
{
	TSS2_RC rc = Esys_NV_Increment(t->ctx, t->counter, t->counter, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE);

	return rc == TSS2_RC_SUCCESS ? FJ_OK : tpm_fail(err, rc, "raise its counter");
}

/* what an interrupted ceremony left is gone on with: it rises from where it stands */
enum fj_rc hsm_tpm_counter_make(struct hsm_tpm *t, struct fj_err *err)
{
	TPM2B_AUTH none = {0};
	TPM2B_NV_PUBLIC pub = {.nvPublic = {.nvIndex = COUNTER, .nameAlg = TPM2_ALG_SHA256, .dataSize = 8,
		.attributes = (TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT) | TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_OWNERREAD | TPMA_NV_NO_DA}};
	uint64_t value;

	if (t->counter != ESYS_TR_NONE && hsm_tpm_counter(t, &value, NULL) == FJ_OK)
		return FJ_OK;
	if (t->counter == ESYS_TR_NONE) {
		TSS2_RC rc = Esys_NV_DefineSpace(t->ctx, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &none, &pub, &t->counter);
		if (rc != TSS2_RC_SUCCESS)
			return tpm_fail(err, rc, "make a counter");
	}
	return hsm_tpm_counter_up(t, err); /* it has no value before */
}

void hsm_tpm_maker(struct hsm_tpm *t, char out[8])
{
	uint32_t v = property(t, TPM2_PT_MANUFACTURER);

	memset(out, 0, 8);
	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)(v >> (24 - 8 * i));
		out[i] = (char)(c >= 0x20 && c < 0x7f ? c : '\0');
	}
}
