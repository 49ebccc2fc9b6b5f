/*
 * holder_key.c - a certificate for the holder's own key (domain.md decision 7).
 *
 * A key comes in a certificate request (PKCS#10), or as a certificate or JWK with a
 * signature over a challenge; only the key is taken, whatever else the file says
 * the profile decides.  A key that was
 * reported compromised, in whatever certificate, is refused for ever, and so is a
 * key that another holder has: one of the two does not hold it alone.
 */
#include "ca/ca.h"
#include "issuer/compromise.h"
#include "issuer/domain.h"

void dom_spki_hash(struct fj_slice spki, char out[65])
{
	struct fj_hash h;

	fj_sha256(spki, &h);
	fj_hex(h.b, FJ_SHA256_LEN, out);
}

enum fj_rc dom_key_usable(struct sto *db, const char *spki_hex, const char *holder, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(cmp_key_free(db, spki_hex, err));
	FJ_TRY(sto_query(db, STO_CERT_OF_KEY, &q, err, "tt", spki_hex, holder));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_REFUSED, "issuer", "domain.md decision 7", "this key stands in another holder's certificate (%s); make a key of your own", sto_text(&q, 0));
	fj_err_zh(err, "该密钥已用于其他持有人的证书（%s），请使用本单位自己的密钥", sto_text(&q, 0));
	return rc;
}

/* What a holder signs to prove possession of a key that it names by certificate or JWK: bound to
 * this appliance, the asset and its card, so it proves nothing elsewhere. */
static void challenge_of(struct iss_call *c, const char *asset_no, const char *card_hash, char *out, size_t cap)
{
	snprintf(out, cap, "fujie-possession:1\n%s\n%s\n%s\n", iss_base(c->iss), asset_no, card_hash);
}

enum fj_rc cmd_certificate_challenge(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};
	char text[400];

	FJ_TRY(dom_asset_get(c->db, fj_json_peek(c->params, "asset"), &a, err));
	challenge_of(c, a.asset_no, a.card_hash, text, sizeof(text));
	c->answer = json_pack("{s:s, s:s}", "challenge", text, "card_hash", a.card_hash);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc key_with_proof(struct iss_call *c, const struct dom_asset *a, struct fj_buf *spki, struct fj_err *err)
{
	FJ_AUTO(buf) key = FJ_BUF_INIT(16384);
	FJ_AUTO(buf) proof = FJ_BUF_INIT(256);
	char text[400];

	FJ_TRY(iss_param_file(c, "key", &key, err));
	FJ_TRY(ca_public_key(fj_buf_slice(&key), spki, err));
	if (json_object_get(c->params, "proof") == NULL)
		return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md decision 7", "a key comes with a proof of possession: sign what `certificate challenge` prints (ECDSA, SHA-256, DER)",
		    "提交密钥须附持有证明：对 certificate challenge 输出的文本签名（ECDSA、SHA-256、DER）");
	FJ_TRY(iss_param_file(c, "proof", &proof, err));
	challenge_of(c, a->asset_no, a->card_hash, text, sizeof(text));
	return ca_proof_check(fj_buf_slice(spki), text, fj_buf_slice(&proof), err);
}

static enum fj_rc key_into(struct iss_call *c, const char *holder, const struct fj_buf *spki, json_t *payload, struct fj_err *err)
{
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(2048);
	char hex[65];

	dom_spki_hash(fj_buf_slice(spki), hex);
	FJ_TRY(dom_key_usable(c->db, hex, holder, err));
	FJ_TRY(fj_b64u_put(&b64, fj_buf_slice(spki)));
	FJ_TRY(fj_json_set(payload, "spki", json_string(fj_buf_str(&b64))));
	return fj_json_set(payload, "spki_sha256", json_string(hex));
}

enum fj_rc dom_key_into(struct iss_call *c, const struct dom_asset *a, json_t *payload, struct fj_err *err)
{
	FJ_AUTO(buf) csr = FJ_BUF_INIT(16384);
	FJ_AUTO(buf) spki = FJ_BUF_INIT(1024);

	if (json_object_get(c->params, "request") != NULL) {
		FJ_TRY(iss_param_file(c, "request", &csr, err));
		FJ_TRY(ca_request_key(fj_buf_slice(&csr), FJ_ES256, &spki, err));
	} else
		FJ_TRY(key_with_proof(c, a, &spki, err));
	return key_into(c, a->holder, &spki, payload, err);
}

enum fj_rc dom_key_sm2_into(struct iss_call *c, const char *holder, struct fj_buf *spki, json_t *payload, struct fj_err *err)
{
	FJ_AUTO(buf) csr = FJ_BUF_INIT(16384);

	FJ_TRY(iss_param_file(c, "request", &csr, err));
	FJ_TRY(ca_request_key(fj_buf_slice(&csr), FJ_SM2, spki, err));
	return key_into(c, holder, spki, payload, err);
}
