/*
 * assemble.c - joining what was to be signed with its signature, PEM, and
 * checking who signed.
 */
#include "ca/internal.h"

struct fj_slice ca_algorithm(enum fj_alg alg)
{
	/* SEQUENCE { OID }: ecdsa-with-SHA256 (RFC 5758 3.2), SM2 with SM3 (GM/T 0015); neither has parameters */
	static const uint8_t ecdsa[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
	static const uint8_t sm2[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75};

	return alg == FJ_SM2 ? FJ_SLICE(sm2, sizeof(sm2)) : FJ_SLICE(ecdsa, sizeof(ecdsa));
}

/* the AlgorithmIdentifier inside: behind the version of a CRL, behind version and serial number of a certificate */
static enum fj_rc algorithm_in(struct fj_slice tbs, struct fj_slice *alg, struct fj_err *err)
{
	struct fj_der d, s;

	fj_der_init(&d, tbs);
	FJ_TRY(fj_der_enter(&d, FJ_DER_SEQ, &s, err));
	if (fj_der_peek(&s) == FJ_DER_CTX(0))
		FJ_TRY(fj_der_get(&s, FJ_DER_CTX(0), NULL, NULL, err));
	FJ_TRY(fj_der_get(&s, FJ_DER_INTEGER, NULL, NULL, err));
	return fj_der_get(&s, FJ_DER_SEQ, NULL, alg, err);
}

enum fj_rc ca_assemble(struct fj_slice tbs, struct fj_slice der_sig, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(buf) body = FJ_BUF_INIT(FJ_DER_MAX);
	FJ_AUTO(buf) bits = FJ_BUF_INIT(256);
	static const uint8_t unused = 0;
	struct fj_slice algorithm;
	enum fj_rc rc;

	FJ_TRY(algorithm_in(tbs, &algorithm, err));
	if ((rc = fj_buf_put(&bits, &unused, 1)) != FJ_OK || (rc = fj_buf_put(&bits, der_sig.p, der_sig.len)) != FJ_OK ||
	    (rc = fj_buf_put(&body, tbs.p, tbs.len)) != FJ_OK || (rc = fj_buf_put(&body, algorithm.p, algorithm.len)) != FJ_OK ||
	    (rc = fj_der_put(&body, FJ_DER_BITS, fj_buf_slice(&bits))) != FJ_OK ||
	    (rc = fj_der_put(out, FJ_DER_SEQ, fj_buf_slice(&body))) != FJ_OK)
		return fj_fail(err, rc, "ca", NULL, "the signed structure is too large, or memory is out");
	return FJ_OK;
}

static enum fj_rc split(struct fj_slice in, struct fj_slice *tbs, enum fj_alg *alg, struct fj_slice *sig, struct fj_err *err)
{
	struct fj_x509 x;
	struct fj_crl c;

	if (fj_x509_read(in, &x, NULL) == FJ_OK) {
		*tbs = x.tbs;
		*alg = x.alg;
		*sig = x.sig;
		return FJ_OK;
	}
	FJ_TRY(fj_crl_read(in, &c, err));
	*tbs = c.tbs;
	*alg = c.alg;
	*sig = c.sig;
	return FJ_OK;
}

enum fj_rc ca_verify_signed_by(struct fj_slice signed_der, struct fj_slice issuer_cert, struct fj_err *err)
{
	struct fj_slice tbs, sig;
	enum fj_alg alg;
	FJ_AUTO(ca_key) key = NULL;

	FJ_TRY(split(signed_der, &tbs, &alg, &sig, err));
	FJ_TRY(ca_key_open(issuer_cert, &key, err));
	if (alg != ca_key_alg(key))
		return fj_fail(err, FJ_E_SIGNATURE, "ca", "RFC 5280 4.1.1.2", "it names another signature algorithm than its issuer's key has");
	return ca_key_verify(key, tbs, sig, err);
}

enum fj_rc ca_pem(const char *label, struct fj_slice der, struct fj_buf *pem, struct fj_err *err)
{
	enum fj_rc rc = fj_pem_put(pem, label, der);

	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "ca", NULL, "the PEM text is too large");
}

static enum fj_rc no_pem(struct fj_err *err, const char *label)
{
	return fj_fail(err, FJ_E_PARSE, "ca", "RFC 7468 2", "there is no PEM block %s, or it is not whole", label);
}

enum fj_rc ca_unpem(const char *label, struct fj_slice pem, struct fj_buf *der, struct fj_err *err)
{
	char begin[80], end[80];
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(FJ_DER_MAX);

	int n = snprintf(begin, sizeof(begin), "-----BEGIN %s-----", label);
	snprintf(end, sizeof(end), "-----END %s-----", label);
	const char *from = memmem(pem.p, pem.len, begin, (size_t)n);
	if (from == NULL)
		return no_pem(err, label);
	from += n;
	const char *to = memmem(from, pem.len - (size_t)(from - (const char *)pem.p), end, strlen(end));
	if (to == NULL)
		return no_pem(err, label);
	for (; from < to; from++)
		if (*from != '\n' && *from != '\r' && fj_buf_put(&b64, from, 1) != FJ_OK)
			return no_pem(err, label);
	return fj_b64_get(fj_buf_str(&b64), b64.len, der) == FJ_OK ? FJ_OK : no_pem(err, label);
}

enum fj_rc ca_cert_info(struct fj_slice cert, struct ca_info *out, struct fj_err *err)
{
	struct fj_x509 x;

	memset(out, 0, sizeof(*out));
	FJ_TRY(fj_x509_read(cert, &x, err));
	if (x.serial.len != sizeof(out->serial.b))
		return fj_fail(err, FJ_E_INVALID, "ca", "RFC 5280 4.1.2.2", "the serial number is not one of ours");
	memcpy(out->serial.b, x.serial.p, x.serial.len);
	out->not_before = x.not_before;
	out->not_after = x.not_after;
	fj_sha256(cert, &out->sha256);
	fj_sha256(x.spki, &out->spki_sha256);
	return fj_x509_name(x.subject, FJ_OID_CN, out->subject_cn, sizeof(out->subject_cn), err);
}
