/*
 * checkpoint.c - both signature lines of a head of the public log.
 *
 * Read, judged (policy_log.c), recorded with the head that is to be remembered,
 * signed by both keys, verified, answered.  There is no second record: a head may
 * be signed again, so nothing is lost with an answer that did not arrive.  When the
 * record can't be written nothing is signed.
 */
#include <sodium.h>

#include "hsm/signer.h"

struct lines {
	uint8_t ed25519[64];
	struct {
		uint8_t id[4], der[80];
		size_t len;
	} ecdsa[2]; /* by the newer key too, while there are two */
	uint32_t n;
};

static enum fj_rc read_request(struct fj_slice body, struct fj_slice *text, struct fj_path *proof, struct fj_err *err)
{
	struct fj_rd r;
	struct fj_slice h;
	uint32_t n;

	fj_rd_init(&r, body);
	if (fj_get_bytes(&r, FJ_NOTE_MAX, text) != FJ_OK || fj_get_u32(&r, &n) != FJ_OK || n > FJ_PATH_MAX)
		return signer_broken(err, "a checkpoint's request is malformed");
	for (proof->n = 0; proof->n < n; proof->n++) {
		if (fj_get_raw(&r, FJ_SHA256_LEN, &h) != FJ_OK)
			return signer_broken(err, "a checkpoint's proof is cut");
		memcpy(proof->h[proof->n].b, h.p, FJ_SHA256_LEN);
	}
	return fj_rd_end(&r) == FJ_OK ? FJ_OK : signer_broken(err, "a checkpoint's request is longer than its proof");
}

/* the body of an AUDIT_SIGN: one item without an id, and nobody's approval */
static enum fj_rc put_record(const struct fj_hash *text, const struct fj_buf *delta, struct fj_buf *b)
{
	static const uint8_t none[FJ_SHA256_LEN];

	FJ_TRY(fj_put_u8(b, HSM_LOG));
	FJ_TRY(fj_put_u8(b, HSM_CHECKPOINT));
	FJ_TRY(fj_buf_put(b, none, FJ_SHA256_LEN));
	FJ_TRY(fj_put_bytes(b, FJ_SLICE("\0\0\0", 4)));
	FJ_TRY(fj_put_u32(b, 1));
	FJ_TRY(fj_buf_put(b, none, 16));
	FJ_TRY(fj_buf_put(b, text->b, FJ_SHA256_LEN));
	return fj_put_bytes(b, fj_buf_slice(delta));
}

static enum fj_rc unsound(struct fj_err *err)
{
	return fj_fail(err, FJ_E_TPM, HSM_LAYER, NULL, "a signature that was just made does not verify; nothing is released");
}

static enum fj_rc sign_by(struct hsm_signer *s, unsigned key, struct fj_slice text, const struct fj_hash *hash, struct lines *out, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(sizeof(out->ecdsa[0].der));
	uint8_t raw[64];
	int soft = 0;

	FJ_TRY(hsm_tpm_sign_start(s->tpm, s->mem.slot[key], hash, err));
	if (out->n == 0) /* while the TPM works */
		soft = crypto_sign_detached(out->ed25519, NULL, text.p, text.len, s->note.p);
	FJ_TRY(hsm_tpm_sign_finish(s->tpm, raw, err));
	if (soft != 0 || fj_ecdsa_raw_to_der(raw, &der) != FJ_OK || !signer_verifies(s, key, text, fj_buf_slice(&der)))
		return unsound(err);
	fj_ecdsa_id(signer_spki(s, key), out->ecdsa[out->n].id);
	memcpy(out->ecdsa[out->n].der, der.data, der.len);
	out->ecdsa[out->n++].len = der.len;
	return FJ_OK;
}

static enum fj_rc sign(struct hsm_signer *s, struct fj_slice text, const struct fj_hash *hash, struct lines *out, struct fj_err *err)
{
	out->n = 0;
	FJ_TRY(sign_by(s, HSM_LOG, text, hash, out, err));
	if (s->mem.slot[HSM_NEWER(HSM_LOG)] != 0)
		FJ_TRY(sign_by(s, HSM_NEWER(HSM_LOG), text, hash, out, err));
	return signer_note_verifies(s, text, out->ed25519) ? FJ_OK : unsound(err);
}

static enum fj_rc record_and_sign(struct hsm_signer *s, struct fj_slice text, const struct fj_buf *delta, struct lines *out, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(4096);
	struct fj_hash hash;

	fj_sha256(text, &hash);
	if (put_record(&hash, delta, &b) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "an audit record is too large");
	FJ_TRY(counter_ready(s, err));
	s->fatal = true; /* a record that failed may stand in the file or not */
	FJ_TRY(signer_record(s, AUDIT_SIGN, fj_buf_slice(&b), err));
	FJ_TRY(mem_apply(&s->mem, fj_buf_slice(delta), err));
	s->mem.count[HSM_CHECKPOINT]++;
	enum fj_rc rc = sign(s, text, &hash, out, err);
	s->fatal = rc != FJ_OK && !hsm_tpm_stays(err);
	return rc;
}

enum fj_rc signer_checkpoint(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	struct fj_slice text;
	struct fj_path proof;
	struct lines l;
	FJ_AUTO(buf) delta = FJ_BUF_INIT(64);

	(void)from;
	FJ_TRY(read_request(fj_buf_slice(&f->body), &text, &proof, err));
	if (s->mem.ceremony != MEM_CLOSED || !store_whole(&s->mem))
		return policy_no(err, "design.md 2", "the log begins when the ceremony has ended");
	FJ_TRY(counter_open(s, err));
	FJ_TRY(clock_check(s, err));
	FJ_TRY(policy_log(&s->mem, text, &proof, &delta, err));
	FJ_TRY(record_and_sign(s, text, &delta, &l, err));
	FJ_TRY(fj_buf_put(answer, l.ed25519, sizeof(l.ed25519)));
	FJ_TRY(fj_put_u32(answer, l.n));
	for (uint32_t k = 0; k < l.n; k++) {
		FJ_TRY(fj_buf_put(answer, l.ecdsa[k].id, sizeof(l.ecdsa[k].id)));
		FJ_TRY(fj_put_bytes(answer, FJ_SLICE(l.ecdsa[k].der, l.ecdsa[k].len)));
	}
	return FJ_OK;
}

enum fj_rc signer_log_head(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	(void)from;
	if (f->body.len != 0)
		return signer_broken(err, "a question for the log's head has a body");
	FJ_TRY(fj_put_u64(answer, s->mem.log_size));
	return fj_buf_put(answer, s->mem.log_root.b, FJ_SHA256_LEN);
}
