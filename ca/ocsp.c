/*
 * ocsp.c - OCSP requests in, response data out (RFC 6960, 9919, 9654).
 *
 * Both are read and written with the small DER tools: a request comes from
 * anybody, and a parser that knows only what we answer to is the smallest.
 * CertIDs may use SHA-1, SHA-256 or SM3; the nonce is echoed (1 to 128 octets);
 * request signatures are ignored, as RFC 6960 4.1.2 allows a responder.
 */
#include "ca/internal.h"

#define MAX_REQUEST 8192

static const uint8_t sha1_oid[] = {0x2b, 0x0e, 0x03, 0x02, 0x1a};
static const uint8_t sha256_oid[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01};
static const uint8_t sm3_oid[] = {0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x11};

static enum fj_rc bad(struct fj_err *err, const char *what)
{
	return fj_fail(err, FJ_E_PARSE, "ca", "RFC 6960 4.1.1", "OCSP request: %s", what);
}

/* name and key hash of the issuer under the algorithm that the CertID names */
static bool issuer_matches(struct fj_slice alg_oid, struct fj_slice name, struct fj_slice key, const struct fj_x509 *issuer)
{
	const EVP_MD *md = fj_slice_eq(alg_oid, FJ_SLICE(sha1_oid, sizeof(sha1_oid))) ? EVP_sha1()
	    : fj_slice_eq(alg_oid, FJ_SLICE(sha256_oid, sizeof(sha256_oid))) ? EVP_sha256()
	    : fj_slice_eq(alg_oid, FJ_SLICE(sm3_oid, sizeof(sm3_oid))) ? EVP_sm3() : NULL;
	uint8_t h[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (md == NULL || EVP_Digest(issuer->subject.p, issuer->subject.len, h, &n, md, NULL) != 1 ||
	    !fj_slice_eq(name, FJ_SLICE(h, n)))
		return false;
	return EVP_Digest(issuer->key.p, issuer->key.len, h, &n, md, NULL) == 1 && fj_slice_eq(key, FJ_SLICE(h, n));
}

static enum fj_rc read_id(struct fj_der *req, const struct fj_x509 *issuer, struct ca_ocsp_id *id, struct fj_err *err)
{
	struct fj_der at = *req, c, alg;
	struct fj_slice oid, name, key, serial, none = {0};

	memset(id, 0, sizeof(*id));
	FJ_TRY(fj_der_get(&at, FJ_DER_SEQ, NULL, &id->raw, err));
	FJ_TRY(fj_der_enter(req, FJ_DER_SEQ, &c, err));
	FJ_TRY(fj_der_enter(&c, FJ_DER_SEQ, &alg, err));
	FJ_TRY(fj_der_get(&alg, FJ_DER_OID, &oid, NULL, err));
	if (fj_der_more(&alg)) /* the answer repeats it, and the signer takes no other parameters */
		FJ_TRY(fj_der_get(&alg, FJ_DER_NULL, &none, NULL, err));
	if (none.len > 0 || fj_der_more(&alg))
		return bad(err, "a hash algorithm has parameters");
	FJ_TRY(fj_der_get(&c, FJ_DER_OCTETS, &name, NULL, err));
	FJ_TRY(fj_der_get(&c, FJ_DER_OCTETS, &key, NULL, err));
	FJ_TRY(fj_der_integer(&c, &serial, err));
	FJ_TRY(fj_der_end(&c, err));
	id->our_issuer = issuer_matches(oid, name, key, issuer);
	id->serial_ok = serial.len == sizeof(id->serial.b);
	if (id->serial_ok)
		memcpy(id->serial.b, serial.p, serial.len);
	id->state = CA_OCSP_UNKNOWN;
	return FJ_OK;
}

/* requestExtensions: the nonce is taken, others are not critical or refused */
static enum fj_rc read_extensions(struct fj_der *d, struct ca_ocsp_req *out, struct fj_err *err)
{
	struct fj_der wrap, list, e, v;
	char oid[64];
	bool critical;
	struct fj_slice value;

	FJ_TRY(fj_der_enter(d, FJ_DER_CTX(2), &wrap, err));
	FJ_TRY(fj_der_enter(&wrap, FJ_DER_SEQ, &list, err));
	while (fj_der_more(&list)) {
		critical = false;
		FJ_TRY(fj_der_enter(&list, FJ_DER_SEQ, &e, err));
		FJ_TRY(fj_der_oid(&e, oid, sizeof(oid), err));
		if (fj_der_peek(&e) == FJ_DER_BOOLEAN)
			FJ_TRY(fj_der_bool(&e, &critical, err));
		FJ_TRY(fj_der_get(&e, FJ_DER_OCTETS, &value, NULL, err));
		if (strcmp(oid, "1.3.6.1.5.5.7.48.1.2") == 0) {
			fj_der_init(&v, value);
			FJ_TRY(fj_der_get(&v, FJ_DER_OCTETS, &out->nonce, NULL, err));
			if (out->nonce.len < 1 || out->nonce.len > 128)
				return fj_fail(err, FJ_E_PARSE, "ca", "RFC 9654 2.1", "OCSP request: the nonce is not 1 to 128 octets");
		} else if (critical) {
			return bad(err, "a critical extension is not known");
		}
	}
	return FJ_OK;
}

enum fj_rc ca_ocsp_parse(struct fj_slice der, struct fj_slice issuer_cert, struct ca_ocsp_req *out, struct fj_err *err)
{
	struct fj_der d, req, tbs, list, one;
	struct fj_x509 issuer;
	uint64_t version;

	memset(out, 0, sizeof(*out));
	if (der.len > MAX_REQUEST)
		return fj_fail(err, FJ_E_LIMIT, "ca", NULL, "an OCSP request has %zu octets; %d are allowed", der.len, MAX_REQUEST);
	FJ_TRY(fj_x509_read(issuer_cert, &issuer, err));
	fj_der_init(&d, der);
	FJ_TRY(fj_der_enter(&d, FJ_DER_SEQ, &req, err));
	FJ_TRY(fj_der_end(&d, err));
	FJ_TRY(fj_der_enter(&req, FJ_DER_SEQ, &tbs, err));
	if (fj_der_peek(&tbs) == FJ_DER_CTX(0)) {
		FJ_TRY(fj_der_enter(&tbs, FJ_DER_CTX(0), &one, err));
		FJ_TRY(fj_der_uint(&one, &version, err));
		if (version != 0)
			return bad(err, "the version is not v1");
	}
	if (fj_der_peek(&tbs) == FJ_DER_CTX(1)) /* requestorName: not needed, not kept */
		FJ_TRY(fj_der_get(&tbs, FJ_DER_CTX(1), NULL, NULL, err));
	FJ_TRY(fj_der_enter(&tbs, FJ_DER_SEQ, &list, err));
	while (fj_der_more(&list)) {
		if (out->n == CA_OCSP_MAX_IDS)
			return fj_fail(err, FJ_E_LIMIT, "ca", NULL, "an OCSP request asks for more than %d certificates", CA_OCSP_MAX_IDS);
		FJ_TRY(fj_der_enter(&list, FJ_DER_SEQ, &one, err));
		FJ_TRY(read_id(&one, &issuer, &out->id[out->n++], err));
	}
	if (out->n == 0)
		return bad(err, "it asks for no certificate");
	if (fj_der_more(&tbs))
		FJ_TRY(read_extensions(&tbs, out, err));
	return fj_der_end(&tbs, err);
}

static enum fj_rc put_time(struct fj_buf *b, fj_time t)
{
	struct fj_date d = fj_date_of(t, 0);
	int s = (int)(t - fj_time_of(d, 0, 0, 0, 0));
	char text[32];

	snprintf(text, sizeof(text), "%04d%02d%02d%02d%02d%02dZ", d.y, d.m, d.d, s / 3600, s / 60 % 60, s % 60);
	return fj_der_put(b, FJ_DER_GENTIME, fj_slice_str(text));
}

static enum fj_rc rewrap(struct fj_buf *b, int tag)
{
	FJ_AUTO(buf) tmp = FJ_BUF_INIT(65536);

	FJ_TRY(fj_der_put(&tmp, tag, fj_buf_slice(b)));
	fj_buf_clear(b);
	return fj_buf_put(b, tmp.data, tmp.len);
}

static enum fj_rc put_status(struct fj_buf *b, const struct ca_ocsp_id *id)
{
	FJ_AUTO(buf) r = FJ_BUF_INIT(64);
	uint8_t reason = (uint8_t)id->reason;

	if (id->state == CA_OCSP_GOOD)
		return fj_der_put(b, FJ_DER_CTXP(0), FJ_SLICE("", 0));
	if (id->state == CA_OCSP_UNKNOWN)
		return fj_der_put(b, FJ_DER_CTXP(2), FJ_SLICE("", 0));
	FJ_TRY(put_time(&r, id->revoked_at));
	FJ_AUTO(buf) e = FJ_BUF_INIT(16);
	FJ_TRY(fj_der_put(&e, FJ_DER_ENUM, FJ_SLICE(&reason, 1)));
	FJ_TRY(fj_der_put(&r, FJ_DER_CTX(0), fj_buf_slice(&e)));
	return fj_der_put(b, FJ_DER_CTX(1), fj_buf_slice(&r));
}

static enum fj_rc put_single(struct fj_buf *b, const struct ca_ocsp_id *id, fj_time produced, fj_time next)
{
	FJ_AUTO(buf) s = FJ_BUF_INIT(2048);
	FJ_AUTO(buf) n = FJ_BUF_INIT(64);

	FJ_TRY(fj_buf_put(&s, id->raw.p, id->raw.len));
	FJ_TRY(put_status(&s, id));
	FJ_TRY(put_time(&s, produced));
	FJ_TRY(put_time(&n, next));
	FJ_TRY(fj_der_put(&s, FJ_DER_CTX(0), fj_buf_slice(&n)));
	return fj_der_put(b, FJ_DER_SEQ, fj_buf_slice(&s));
}

static enum fj_rc put_nonce(struct fj_buf *b, struct fj_slice nonce)
{
	static const uint8_t oid[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02};
	FJ_AUTO(buf) inner = FJ_BUF_INIT(256);
	FJ_AUTO(buf) e = FJ_BUF_INIT(512);

	FJ_TRY(fj_der_put(&inner, FJ_DER_OCTETS, nonce));
	FJ_TRY(fj_der_put(&e, FJ_DER_OID, FJ_SLICE(oid, sizeof(oid))));
	FJ_TRY(fj_der_put(&e, FJ_DER_OCTETS, fj_buf_slice(&inner)));
	FJ_TRY(rewrap(&e, FJ_DER_SEQ));
	FJ_TRY(rewrap(&e, FJ_DER_SEQ));
	return fj_der_put(b, FJ_DER_CTX(1), fj_buf_slice(&e));
}

static enum fj_rc write_data(const struct ca_ocsp_req *r, const struct fj_x509 *responder, fj_time produced,
    fj_time next, struct fj_buf *tbs)
{
	FJ_AUTO(buf) body = FJ_BUF_INIT(65536);
	FJ_AUTO(buf) list = FJ_BUF_INIT(65536);
	FJ_AUTO(buf) key = FJ_BUF_INIT(64);
	uint8_t id[20];

	ca_key_id(responder->key, id);
	FJ_TRY(fj_der_put(&key, FJ_DER_OCTETS, FJ_SLICE(id, 20)));
	FJ_TRY(fj_der_put(&body, FJ_DER_CTX(2), fj_buf_slice(&key)));
	FJ_TRY(put_time(&body, produced));
	for (size_t i = 0; i < r->n; i++)
		FJ_TRY(put_single(&list, &r->id[i], produced, next));
	FJ_TRY(fj_der_put(&body, FJ_DER_SEQ, fj_buf_slice(&list)));
	if (r->nonce.len > 0)
		FJ_TRY(put_nonce(&body, r->nonce));
	return fj_der_put(tbs, FJ_DER_SEQ, fj_buf_slice(&body));
}

enum fj_rc ca_ocsp_tbs(const struct ca_ocsp_req *r, struct fj_slice responder_cert, fj_time produced,
    fj_time next_update, struct fj_buf *tbs, struct fj_err *err)
{
	struct fj_x509 responder;

	FJ_TRY(fj_x509_read(responder_cert, &responder, err));
	if (next_update > responder.not_after)
		next_update = responder.not_after;
	enum fj_rc rc = write_data(r, &responder, produced, next_update, tbs);
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "ca", NULL, "an OCSP answer is too large, or memory is out");
}

static enum fj_rc write_response(struct fj_slice tbs, enum fj_alg alg, struct fj_slice sig, struct fj_slice cert, struct fj_buf *out)
{
	static const uint8_t basic_oid[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};
	static const uint8_t head[] = {0x0a, 0x01, 0x00}, unused = 0;
	FJ_AUTO(buf) basic = FJ_BUF_INIT(131072);
	FJ_AUTO(buf) bits = FJ_BUF_INIT(256);
	FJ_AUTO(buf) certs = FJ_BUF_INIT(FJ_X509_MAX + 64);

	FJ_TRY(fj_buf_put(&basic, tbs.p, tbs.len));
	FJ_TRY(fj_buf_put(&basic, ca_algorithm(alg).p, ca_algorithm(alg).len));
	FJ_TRY(fj_buf_put(&bits, &unused, 1));
	FJ_TRY(fj_buf_put(&bits, sig.p, sig.len));
	FJ_TRY(fj_der_put(&basic, FJ_DER_BITS, fj_buf_slice(&bits)));
	FJ_TRY(fj_der_put(&certs, FJ_DER_SEQ, cert));
	FJ_TRY(fj_der_put(&basic, FJ_DER_CTX(0), fj_buf_slice(&certs)));
	FJ_AUTO(buf) bytes = FJ_BUF_INIT(131072);
	FJ_TRY(fj_der_put(&bytes, FJ_DER_SEQ, fj_buf_slice(&basic)));
	FJ_AUTO(buf) typed = FJ_BUF_INIT(131072);
	FJ_TRY(fj_der_put(&typed, FJ_DER_OID, FJ_SLICE(basic_oid, sizeof(basic_oid))));
	FJ_TRY(fj_der_put(&typed, FJ_DER_OCTETS, fj_buf_slice(&bytes)));
	FJ_AUTO(buf) seq = FJ_BUF_INIT(131072);
	FJ_TRY(fj_der_put(&seq, FJ_DER_SEQ, fj_buf_slice(&typed)));
	FJ_AUTO(buf) all = FJ_BUF_INIT(131072);
	FJ_TRY(fj_buf_put(&all, head, sizeof(head)));
	FJ_TRY(fj_der_put(&all, FJ_DER_CTX(0), fj_buf_slice(&seq)));
	return fj_der_put(out, FJ_DER_SEQ, fj_buf_slice(&all));
}

enum fj_rc ca_ocsp_assemble(struct fj_slice tbs, struct fj_slice der_sig, struct fj_slice responder_cert, struct fj_buf *out, struct fj_err *err)
{
	struct fj_x509 responder;

	FJ_TRY(fj_x509_read(responder_cert, &responder, err));
	enum fj_rc rc = write_response(tbs, fj_alg_of(responder.curve), der_sig, responder_cert, out);

	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "ca", NULL, "an OCSP answer is too large, or memory is out");
}

enum fj_rc ca_ocsp_error(int status, struct fj_buf *out, struct fj_err *err)
{
	uint8_t der[] = {0x30, 0x03, 0x0a, 0x01, (uint8_t)status};
	enum fj_rc rc = fj_buf_put(out, der, sizeof(der));

	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "ca", NULL, "out of memory");
}
