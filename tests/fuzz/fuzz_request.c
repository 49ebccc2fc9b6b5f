/*
 * The key of a certificate request (PKCS#10, RFC 2986), PEM or DER.
 *
 * Property: a key that was taken is one that this house's own reader takes from
 * a certificate: RSA with an exponent from 65537, or an uncompressed point of a
 * named curve.
 */
#include "ca/ca.h"
#include "tests/fuzz/fuzz.h"

static bool readable_rsa(struct fj_der *s)
{
	struct fj_der d, seq;
	struct fj_slice bits, n, e;
	unsigned unused;

	if (fj_der_bits(s, &bits, &unused, NULL) != FJ_OK || unused != 0)
		return false;
	fj_der_init(&d, bits);
	return fj_der_enter(&d, FJ_DER_SEQ, &seq, NULL) == FJ_OK && fj_der_integer(&seq, &n, NULL) == FJ_OK && n.len >= 385 &&
	    fj_der_integer(&seq, &e, NULL) == FJ_OK && e.len >= 3 && !fj_der_more(&seq);
}

static bool readable(struct fj_slice spki)
{
	struct fj_der d, s, alg;
	struct fj_slice key;
	char oid[64], curve[64];
	unsigned unused;

	fj_der_init(&d, spki);
	if (fj_der_enter(&d, FJ_DER_SEQ, &s, NULL) != FJ_OK || fj_der_more(&d) || fj_der_enter(&s, FJ_DER_SEQ, &alg, NULL) != FJ_OK ||
	    fj_der_oid(&alg, oid, sizeof(oid), NULL) != FJ_OK)
		return false;
	if (strcmp(oid, "1.2.840.113549.1.1.1") == 0)
		return readable_rsa(&s);
	return strcmp(oid, "1.2.840.10045.2.1") == 0 && fj_der_oid(&alg, curve, sizeof(curve), NULL) == FJ_OK && !fj_der_more(&alg) &&
	    fj_der_bits(&s, &key, &unused, NULL) == FJ_OK && unused == 0 && !fj_der_more(&s) && key.len > 0 && key.p[0] == 4;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(4096);
	struct fj_err err = {.rc = FJ_OK};

	if (ca_request_key(FJ_SLICE(data, size), size % 2 == 0 ? FJ_ES256 : FJ_SM2, &spki, &err) == FJ_OK)
		HOLDS(readable(fj_buf_slice(&spki)));
	else
		HOLDS(spki.len == 0 && err.en[0] != '\0');
	return 0;
}
