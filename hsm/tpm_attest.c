/*
 * tpm_attest.c - the attestation key at work: certification, quote, endorsement certificates.
 *
 * Each function loads what it needs, at most two objects of the three that a software TPM has room for, and flushes it
 * whatever comes.  Where other programs fill the slots, room is made once; that flushes also what we loaded
 * before, so the whole is done a second time then, and not a third.
 */
#include "hsm/tpm_attest.h"

#include <tss2/tss2_mu.h>

#include "base/der.h"
#include "hsm/tpm_internal.h"

#define NV_PART 512  /* octets a read; each TPM takes that many (Part 2, TPM_PT_NV_BUFFER_MAX) */
#define NV_MAX 8192

enum fj_rc hsm_tpm_create_ak(struct hsm_tpm *t, struct hsm_blob *b, struct fj_err *err)
{
	TPM2B_PUBLIC pub = {.publicArea = {.type = TPM2_ALG_ECC, .nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
		    TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA,
		.parameters.eccDetail = {.symmetric.algorithm = TPM2_ALG_NULL,
			.scheme = {.scheme = TPM2_ALG_ECDSA, .details.ecdsa.hashAlg = TPM2_ALG_SHA256},
			.curveID = TPM2_ECC_NIST_P256, .kdf.scheme = TPM2_ALG_NULL}}};
	TPM2B_SENSITIVE_CREATE sens = {0};

	return tpm_create(t, &pub, &sens, b, err);
}

/* --- statements --- */

static const TPMT_SIG_SCHEME own_scheme = {.scheme = TPM2_ALG_NULL}; /* the key's own */

static TPM2B_DATA qualifying(struct fj_slice data)
{
	TPM2B_DATA d = {.size = (UINT16)(data.len <= HSM_QUALIFYING_MAX ? data.len : HSM_QUALIFYING_MAX)};

	if (d.size > 0)
		memcpy(d.buffer, data.p, d.size);
	return d;
}

/* both are freed */
static enum fj_rc keep(TPM2B_ATTEST *info, TPMT_SIGNATURE *sig, struct hsm_statement *out, struct fj_err *err)
{
	FJ_AUTO(tpm_mem) m1 = info, m2 = sig;
	uint8_t raw[64];

	(void)m1, (void)m2;
	if (!tpm_raw(sig, raw))
		return fj_fail(err, FJ_E_TPM, "tpm", NULL, "the TPM answered a signature of another form");
	fj_buf_clear(&out->attest);
	fj_buf_clear(&out->sig);
	if (fj_buf_put(&out->attest, info->attestationData, info->size) != FJ_OK || fj_ecdsa_raw_to_der(raw, &out->sig) != FJ_OK)
		return fj_no_memory(err, "tpm");
	return FJ_OK;
}

/* what a statement is made of */
struct asked {
	struct hsm_tpm *t;
	unsigned ak, key;
	const struct hsm_blob *b;
	struct fj_slice data;
};

static enum fj_rc creation(const struct asked *a, ESYS_TR ak, ESYS_TR obj, struct hsm_statement *out, struct fj_err *err)
{
	TPM2B_DATA data = qualifying(a->data);
	TPM2B_DIGEST hash = {.size = FJ_SHA256_LEN};
	TPMT_TK_CREATION ticket;
	TPM2B_ATTEST *info = NULL;
	TPMT_SIGNATURE *sig = NULL;
	size_t at = 0;

	if (Tss2_MU_TPMT_TK_CREATION_Unmarshal(a->b->ticket.data, a->b->ticket.len, &at, &ticket) != TSS2_RC_SUCCESS || at != a->b->ticket.len)
		return fj_fail(err, FJ_E_CORRUPT, "tpm", NULL, "the creation ticket of key %u is malformed", a->key);
	memcpy(hash.buffer, a->b->creation_hash.b, FJ_SHA256_LEN);
	TSS2_RC rc = Esys_CertifyCreation(a->t->ctx, ak, obj, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &data, &hash, &own_scheme, &ticket, &info, &sig);
	return rc == TSS2_RC_SUCCESS ? keep(info, sig, out, err) : tpm_fail(err, rc, "certify how a key was made");
}

/* of a key that came from another TPM: that it is here */
static enum fj_rc presence(const struct asked *a, ESYS_TR ak, ESYS_TR obj, struct hsm_statement *out, struct fj_err *err)
{
	TPM2B_DATA data = qualifying(a->data);
	TPM2B_ATTEST *info = NULL;
	TPMT_SIGNATURE *sig = NULL;

	TSS2_RC rc = Esys_Certify(a->t->ctx, obj, ak, ESYS_TR_PASSWORD, ESYS_TR_PASSWORD, ESYS_TR_NONE, &data, &own_scheme, &info, &sig);
	return rc == TSS2_RC_SUCCESS ? keep(info, sig, out, err) : tpm_fail(err, rc, "certify a key that came from elsewhere");
}

static enum fj_rc certify_once(const struct asked *a, struct hsm_statement *out, struct fj_err *err)
{
	ESYS_TR ak, obj;

	FJ_TRY(tpm_take(a->t, a->key, &obj, err));
	enum fj_rc rc = tpm_take(a->t, a->ak, &ak, err);
	if (rc == FJ_OK) {
		rc = a->b->ticket.len > 0 ? creation(a, ak, obj, out, err) : presence(a, ak, obj, out, err);
		tpm_let_go(a->t, a->ak, ak);
	}
	tpm_let_go(a->t, a->key, obj);
	return rc;
}

enum fj_rc hsm_tpm_certify_creation(struct hsm_tpm *t, unsigned ak, unsigned key, const struct hsm_blob *b, struct fj_slice data,
    struct hsm_statement *out, struct fj_err *err)
{
	struct asked a = {t, ak, key, b, data};

	enum fj_rc rc = certify_once(&a, out, err);
	return rc == FJ_E_TPM && !hsm_tpm_lost(t) ? certify_once(&a, out, err) : rc;
}

enum fj_rc hsm_tpm_certify_storage(struct hsm_tpm *t, unsigned ak, struct fj_slice data, struct hsm_statement *out, struct fj_err *err)
{
	TPM2B_DATA q = qualifying(data);
	TPM2B_ATTEST *info = NULL;
	TPMT_SIGNATURE *sig = NULL;
	ESYS_TR tr;

	FJ_TRY(tpm_take(t, ak, &tr, err));
	TSS2_RC rc = Esys_Certify(t->ctx, t->storage, tr, ESYS_TR_PASSWORD, ESYS_TR_PASSWORD, ESYS_TR_NONE, &q, &own_scheme, &info, &sig);
	tpm_let_go(t, ak, tr);
	return rc == TSS2_RC_SUCCESS ? keep(info, sig, out, err) : tpm_fail(err, rc, "certify the storage key");
}

/* --- quote --- */

static enum fj_rc read_pcrs(struct hsm_tpm *t, const TPML_PCR_SELECTION *want, struct fj_buf *out, struct fj_err *err)
{
	TPML_PCR_SELECTION *got = NULL;
	TPML_DIGEST *values = NULL;
	bool whole = true;

	TSS2_RC rc = Esys_PCR_Read(t->ctx, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, want, NULL, &got, &values);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, rc, "read its registers");
	FJ_AUTO(tpm_mem) m1 = got, m2 = values;
	(void)m1, (void)m2;
	fj_buf_clear(out);
	for (UINT32 i = 0; whole && i < HSM_PCRS; i++)
		whole = i < values->count && values->digests[i].size == FJ_SHA256_LEN && fj_buf_put(out, values->digests[i].buffer, FJ_SHA256_LEN) == FJ_OK;
	return whole ? FJ_OK : fj_fail(err, FJ_E_TPM, "tpm", NULL, "the TPM has no SHA-256 registers (tpm2_pcrallocate)");
}

enum fj_rc hsm_tpm_quote(struct hsm_tpm *t, unsigned ak, struct fj_slice data, struct hsm_statement *out, struct fj_buf *pcrs, struct fj_err *err)
{
	TPM2B_DATA q = qualifying(data);
	TPML_PCR_SELECTION sel = {.count = 1, .pcrSelections = {{.hash = TPM2_ALG_SHA256, .sizeofSelect = 3, .pcrSelect = {HSM_PCR_BITS, 0, 0}}}};
	TPM2B_ATTEST *info = NULL;
	TPMT_SIGNATURE *sig = NULL;
	ESYS_TR tr;

	FJ_TRY(read_pcrs(t, &sel, pcrs, err));
	FJ_TRY(tpm_take(t, ak, &tr, err));
	TSS2_RC rc = Esys_Quote(t->ctx, tr, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &q, &own_scheme, &sel, &info, &sig);
	tpm_let_go(t, ak, tr);
	return rc == TSS2_RC_SUCCESS ? keep(info, sig, out, err) : tpm_fail(err, rc, "quote its registers");
}

/* --- endorsement certificates --- */

static enum fj_rc nv_size(struct hsm_tpm *t, ESYS_TR nv, size_t *out, bool *own, struct fj_err *err)
{
	TPM2B_NV_PUBLIC *pub = NULL;

	TSS2_RC rc = Esys_NV_ReadPublic(t->ctx, nv, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &pub, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, rc, "say what an endorsement certificate's index is");
	*out = pub->nvPublic.dataSize;
	*own = (pub->nvPublic.attributes & TPMA_NV_AUTHREAD) != 0;
	bool fits = *out <= NV_MAX && (pub->nvPublic.attributes & TPMA_NV_WRITTEN) != 0;
	Esys_Free(pub);
	return fits ? FJ_OK : fj_fail(err, FJ_E_TPM, "tpm", NULL, "an endorsement certificate's index was never written, or is longer than %d octets", NV_MAX);
}

static enum fj_rc nv_read(struct hsm_tpm *t, ESYS_TR nv, struct fj_buf *out, struct fj_err *err)
{
	size_t size = 0;
	bool own = false;

	FJ_TRY(nv_size(t, nv, &size, &own, err));
	for (size_t at = 0; at < size;) {
		TPM2B_MAX_NV_BUFFER *part = NULL;
		UINT16 n = (UINT16)(size - at < NV_PART ? size - at : NV_PART);
		TSS2_RC rc = Esys_NV_Read(t->ctx, own ? nv : ESYS_TR_RH_OWNER, nv, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, n, (UINT16)at, &part);
		if (rc != TSS2_RC_SUCCESS)
			return tpm_fail(err, rc, "read an endorsement certificate");
		enum fj_rc put = part->size == n ? fj_buf_put(out, part->buffer, n) : FJ_E_TPM;
		Esys_Free(part);
		if (put != FJ_OK)
			return fj_fail(err, put, "tpm", NULL, "an endorsement certificate can't be read whole");
		at += n;
	}
	return FJ_OK;
}

enum fj_rc hsm_tpm_endorsement(struct hsm_tpm *t, uint32_t index, struct fj_buf *der, struct fj_err *err)
{
	FJ_AUTO(buf) all = FJ_BUF_INIT(NV_MAX);
	struct fj_der d;
	struct fj_slice whole;
	ESYS_TR nv;

	TSS2_RC rc = Esys_TR_FromTPMPublic(t->ctx, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &nv);
	if (rc != TSS2_RC_SUCCESS)
		return fj_fail(err, FJ_E_NOTFOUND, "tpm", NULL, "there is no endorsement certificate at 0x%08x", index);
	enum fj_rc read = nv_read(t, nv, &all, err);
	Esys_TR_Close(t->ctx, &nv);
	FJ_TRY(read);
	fj_der_init(&d, fj_buf_slice(&all));
	if (fj_der_get(&d, FJ_DER_SEQ, NULL, &whole, NULL) != FJ_OK || fj_buf_put(der, whole.p, whole.len) != FJ_OK)
		return fj_fail(err, FJ_E_TPM, "tpm", NULL, "what stands at 0x%08x is no certificate", index);
	return FJ_OK;
}
