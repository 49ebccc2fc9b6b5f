/*
 * attest.c - one request: what the TPM says of a key of this home, or of the platform.  A key a request, since a
 * TPM may need a second for it, and who waits for a signature is not to wait for all of them.
 *
 * Nothing is recorded and nothing is decided here: statements are the TPM's, and whoever asks gets all that there are.
 * What the TPM can't say (its slots are full, it refuses, it has no such registers) is named in the answer and stops nothing; only
 * a TPM that is lost ends the request, and the signer with it.  A home that was made before there were attestation
 * keys gets its own when it is asked for the first time.
 */
#include "base/log.h"
#include "hsm/signer.h"
#include "hsm/tpm_attest.h"

#define MISSING_MAX 64

/* where TPMs have certificates of their endorsement keys (TCG EK Credential Profile 2.5, 2.2.1.4 and 2.2.1.5) */
static const uint32_t endorsements[] = {0x01c00002, 0x01c0000a, 0x01c00012, 0x01c00014, 0x01c00016, 0x01c00018, 0x01c0001a, 0x01c0001c, 0x01c0001e};

void hsm_statement_init(struct hsm_statement *s)
{
	fj_buf_init(&s->attest, HSM_BLOB_PART);
	fj_buf_init(&s->sig, 96);
}

void hsm_statement_release(struct hsm_statement *s)
{
	fj_buf_release(&s->attest);
	fj_buf_release(&s->sig);
}

struct telling {
	struct hsm_signer *s;
	struct fj_slice data;      /* the asker's */
	struct fj_buf objects, eks, missing;
	uint32_t n, n_ek, n_missing;
};

static void telling_release(struct telling *t)
{
	fj_buf_release(&t->objects);
	fj_buf_release(&t->eks);
	fj_buf_release(&t->missing);
}
FJ_DEFINE_AUTO(telling, struct telling, telling_release)

/* it goes on without; a TPM that is gone does not */
static enum fj_rc lacks(struct telling *t, const char *what, const struct fj_err *why, struct fj_err *err)
{
	char text[400];

	if (hsm_tpm_lost(t->s->tpm)) {
		*err = *why;
		return why->rc;
	}
	fj_log(FJ_LOG_WARN, "attestation lacks %s: %s", what, why->en);
	snprintf(text, sizeof(text), "%s: %.320s", what, why->en);
	if (t->n_missing == MISSING_MAX)
		return FJ_OK;
	t->n_missing++;
	return fj_put_str(&t->missing, text) == FJ_OK ? FJ_OK : fj_no_memory(err, HSM_LAYER);
}

/* the TPM2B's size is left out: what is named and hashed is what follows it */
static struct fj_slice inside(const struct fj_buf *b)
{
	return b->len < 2 ? FJ_SLICE(NULL, 0) : FJ_SLICE(b->data + 2, b->len - 2);
}

static enum fj_rc put_object(struct telling *t, const char *name, const struct hsm_blob *b, const struct hsm_statement *st, struct fj_err *err)
{
	t->n++;
	if (fj_put_str(&t->objects, name) != FJ_OK || fj_put_bytes(&t->objects, inside(&b->pub)) != FJ_OK || fj_put_bytes(&t->objects, inside(&b->creation)) != FJ_OK ||
	    fj_put_bytes(&t->objects, fj_buf_slice(&st->attest)) != FJ_OK || fj_put_bytes(&t->objects, fj_buf_slice(&st->sig)) != FJ_OK)
		return fj_no_memory(err, HSM_LAYER);
	return FJ_OK;
}

static enum fj_rc tell_key(struct telling *t, unsigned slot, const char *name, struct fj_err *err)
{
	FJ_AUTO(hsm_blob) b;
	FJ_AUTO(hsm_statement) st;
	struct hsm_signer *s = t->s;
	struct fj_err why = {.rc = FJ_OK};
	unsigned ak = s->mem.slot[HSM_AK];

	hsm_blob_init(&b);
	hsm_statement_init(&st);
	FJ_TRY(store_read(s, slot, &b, err));
	enum fj_rc rc = slot == 0 ? hsm_tpm_certify_storage(s->tpm, ak, t->data, &st, &why) : hsm_tpm_certify_creation(s->tpm, ak, slot, &b, t->data, &st, &why);
	if (rc != FJ_OK)
		FJ_TRY(lacks(t, name, &why, err));
	return put_object(t, name, &b, &st, err);
}

static enum fj_rc tell_eks(struct telling *t, struct fj_err *err)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(endorsements); i++) {
		FJ_AUTO(buf) der = FJ_BUF_INIT(8192);
		struct fj_err why = {.rc = FJ_OK};
		enum fj_rc rc = hsm_tpm_endorsement(t->s->tpm, endorsements[i], &der, &why);
		if (rc == FJ_E_NOTFOUND)
			continue;
		if (rc != FJ_OK) {
			FJ_TRY(lacks(t, "endorsement certificate", &why, err));
			continue;
		}
		t->n_ek++;
		if (fj_put_u32(&t->eks, endorsements[i]) != FJ_OK || fj_put_bytes(&t->eks, fj_buf_slice(&der)) != FJ_OK)
			return fj_no_memory(err, HSM_LAYER);
	}
	return FJ_OK;
}

enum fj_rc signer_endorsements(struct hsm_signer *s, struct fj_buf *out, uint32_t *n, struct fj_err *err)
{
	FJ_AUTO(telling) t = {.s = s, .eks = FJ_BUF_INIT(1u << 17), .missing = FJ_BUF_INIT(1u << 16)};

	FJ_TRY(tell_eks(&t, err));
	*n = t.n_ek;
	return fj_buf_put(out, t.eks.data, t.eks.len) == FJ_OK ? FJ_OK : fj_no_memory(err, HSM_LAYER);
}

static enum fj_rc tell_quote(struct telling *t, struct hsm_statement *st, struct fj_buf *pcrs, struct fj_err *err)
{
	struct fj_err why = {.rc = FJ_OK};

	if (hsm_tpm_quote(t->s->tpm, t->s->mem.slot[HSM_AK], t->data, st, pcrs, &why) == FJ_OK)
		return FJ_OK;
	fj_buf_clear(pcrs);
	return lacks(t, "quote", &why, err);
}

static enum fj_rc put_all(const struct telling *t, const struct hsm_statement *quote, const struct fj_buf *pcrs, struct fj_buf *out)
{
	FJ_TRY(fj_put_u32(out, t->n));
	FJ_TRY(fj_buf_put(out, t->objects.data, t->objects.len));
	FJ_TRY(fj_put_bytes(out, fj_buf_slice(&quote->attest)));
	FJ_TRY(fj_put_bytes(out, fj_buf_slice(&quote->sig)));
	FJ_TRY(fj_put_bytes(out, fj_buf_slice(pcrs)));
	FJ_TRY(fj_put_u32(out, t->n_ek));
	FJ_TRY(fj_buf_put(out, t->eks.data, t->eks.len));
	FJ_TRY(fj_put_u32(out, t->n_missing));
	return fj_buf_put(out, t->missing.data, t->missing.len);
}

static enum fj_rc tell(struct telling *t, unsigned role, struct fj_buf *answer, struct fj_err *err)
{
	FJ_AUTO(hsm_statement) quote;
	FJ_AUTO(buf) pcrs = FJ_BUF_INIT(HSM_PCRS * FJ_SHA256_LEN);

	hsm_statement_init(&quote);
	if (role == 0) {
		FJ_TRY(tell_key(t, 0, "storage", err));
		FJ_TRY(tell_quote(t, &quote, &pcrs, err));
		FJ_TRY(tell_eks(t, err));
	} else if (t->s->mem.slot[role] != 0) {
		unsigned generation = t->s->mem.key[t->s->mem.slot[role]].generation;
		char name[32];
		if (generation == 1)
			snprintf(name, sizeof(name), "%s", hsm_role(role)->name);
		else
			snprintf(name, sizeof(name), "%s-%u", hsm_role(role)->name, generation);
		FJ_TRY(tell_key(t, t->s->mem.slot[role], name, err));
	}
	return put_all(t, &quote, &pcrs, answer) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "an attestation is too large");
}

enum fj_rc signer_attest(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	FJ_AUTO(telling) t = {.s = s, .objects = FJ_BUF_INIT(1u << 20), .eks = FJ_BUF_INIT(1u << 18), .missing = FJ_BUF_INIT(1u << 16)};
	struct fj_rd r;
	uint8_t role;

	(void)from;
	fj_rd_init(&r, fj_buf_slice(&f->body));
	if (fj_get_bytes(&r, HSM_QUALIFYING_MAX, &t.data) != FJ_OK || fj_get_u8(&r, &role) != FJ_OK || role >= HSM_KEY_END || role == HSM_ROLE_END || fj_rd_end(&r) != FJ_OK)
		return signer_broken(err, "a request for an attestation is malformed");
	if (s->mem.ceremony != MEM_CLOSED && (s->mem.ceremony == MEM_NONE || !store_whole(&s->mem)))
		return fj_fail(err, FJ_E_NOTFOUND, HSM_LAYER, NULL, "there are no keys yet; the ceremony makes them");
	if (s->mem.slot[HSM_AK] == 0) {
		FJ_TRY(counter_open(s, err));
		FJ_TRY(store_make_ak(s, err));
		FJ_TRY(signer_load_keys(s, err));
	}
	return tell(&t, role, answer, err);
}
