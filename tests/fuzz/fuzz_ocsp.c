/*
 * OCSP requests (RFC 6960 4.1) from anybody, and the answer built from them.
 *
 * Properties: counts and the nonce are in their bounds; an answer can be built
 * unless it is too large; it is DER that ends where it says, and every CertID
 * stands in it as it was sent.
 */
#include "ca/ca.h"
#include "tests/fuzz/fuzz.h"

#define NOW INT64_C(1795000000)

static struct fj_slice issuer(void)
{
	static struct fj_buf cert = FJ_BUF_INIT(FJ_X509_MAX);

	if (cert.len == 0) {
		const struct ca_home home = {.demo = true, .arc = "1.3.6.1.4.1.32473", .base = "http://127.0.0.1:8444", .operator_ = "示例"};
		static struct fj_buf spki = FJ_BUF_INIT(512), tbs = FJ_BUF_INIT(FJ_X509_MAX);
		struct ca_cert_in in = {.profile = CA_ROOT, .not_before = NOW, .not_after = NOW + 86400};
		ca_serial_new(&in.serial);
		static const uint8_t sig[] = {0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01};
		HOLDS(ca_ephemeral_spki(FJ_ES256, &spki, NULL) == FJ_OK);
		in.spki = fj_buf_slice(&spki);
		HOLDS(ca_cert_tbs(&home, &in, &tbs, NULL) == FJ_OK);
		HOLDS(ca_assemble(fj_buf_slice(&tbs), FJ_SLICE(sig, sizeof(sig)), &cert, NULL) == FJ_OK);
	}
	return fj_buf_slice(&cert);
}

static void answer(struct ca_ocsp_req *q)
{
	FJ_AUTO(buf) tbs = FJ_BUF_INIT(65536);
	struct fj_der d;
	size_t raw = 0;

	for (size_t i = 0; i < q->n; i++) {
		q->id[i].state = (enum ca_ocsp_state)(i % 3);
		q->id[i].revoked_at = NOW - 5;
		q->id[i].reason = 1;
		raw += q->id[i].raw.len;
	}
	enum fj_rc rc = ca_ocsp_tbs(q, issuer(), NOW, NOW + 3600, &tbs, NULL);
	HOLDS(rc == FJ_OK || (rc == FJ_E_LIMIT && raw > 1500));
	if (rc != FJ_OK)
		return;
	fj_der_init(&d, fj_buf_slice(&tbs));
	HOLDS(fj_der_get(&d, FJ_DER_SEQ, NULL, NULL, NULL) == FJ_OK && !fj_der_more(&d));
	for (size_t i = 0; i < q->n; i++)
		HOLDS(memmem(tbs.data, tbs.len, q->id[i].raw.p, q->id[i].raw.len) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ca_ocsp_req q;

	if (ca_ocsp_parse(FJ_SLICE(data, size), issuer(), &q, NULL) != FJ_OK)
		return 0;
	HOLDS(q.n >= 1 && q.n <= CA_OCSP_MAX_IDS && q.nonce.len <= 128 && within(q.nonce, FJ_SLICE(data, size)));
	for (size_t i = 0; i < q.n; i++)
		HOLDS(within(q.id[i].raw, FJ_SLICE(data, size)) && q.id[i].state == CA_OCSP_UNKNOWN);
	answer(&q);
	return 0;
}
