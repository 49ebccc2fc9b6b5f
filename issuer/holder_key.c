/*
 * holder_key.c - a certificate for the holder's own key (domain.md decision 7).
 *
 * From a certificate request (PKCS#10) only the key is taken, after proof of
 * possession; whatever else it asks for the profile decides.  A key that was
 * reported compromised, in whatever certificate, is refused for ever, and so is a
 * key that another holder has: one of the two does not hold it alone.
 */
#include "ca/ca.h"
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

	FJ_TRY(sto_query(db, STO_CERT_OF_KEY, &q, err, "tt", spki_hex, holder));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	bool compromised = sto_int(&q, 1) == 1;
	enum fj_rc rc = fj_fail(err, FJ_E_REFUSED, "issuer", compromised ? "lessons.md 9" : "domain.md decision 7",
	    compromised ? "this key was reported compromised (certificate %s); make a new one" : "this key stands in another holder's certificate (%s); make a key of your own", sto_text(&q, 0));
	fj_err_zh(err, compromised ? "该密钥已被报告泄露（证书 %s），请生成新密钥" : "该密钥已用于其他持有人的证书（%s），请使用本单位自己的密钥", sto_text(&q, 0));
	return rc;
}

enum fj_rc dom_key_from_request(struct iss_call *c, const char *holder, json_t *payload, struct fj_err *err)
{
	FJ_AUTO(buf) csr = FJ_BUF_INIT(16384);
	FJ_AUTO(buf) spki = FJ_BUF_INIT(1024);
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(2048);
	char hex[65];

	FJ_TRY(iss_param_file(c, "request", &csr, err));
	FJ_TRY(ca_request_key(fj_buf_slice(&csr), &spki, err));
	dom_spki_hash(fj_buf_slice(&spki), hex);
	FJ_TRY(dom_key_usable(c->db, hex, holder, err));
	FJ_TRY(fj_b64u_put(&b64, fj_buf_slice(&spki)));
	FJ_TRY(fj_json_set(payload, "spki", json_string(fj_buf_str(&b64))));
	return fj_json_set(payload, "spki_sha256", json_string(hex));
}
