/*
 * found_key.c - whatever somebody found of a key, read for one thing: SHA-256 of its SubjectPublicKeyInfo.
 *
 * A key that is reported compromised is reported as it was found: in a certificate or a request for one,
 * as a public or private key in PEM or DER (RFC 5280, 2986, 5480, 5915, 5958), or as a JWK (RFC 7517).
 * All of them give one fingerprint (lessons.md 9): of the key as this house encodes it, an uncompressed
 * point of a named curve.  A private half is not believed but multiplied, and must be that of the public
 * half beside it: a false file would block somebody else's key.  What is copied here of a private half is
 * wiped before the function leaves; the file itself is the caller's.
 *
 * Read with this house's own DER reader, so that no library keeps a private half anywhere.  Refused: what
 * is encrypted (nobody sends us his passphrase), other keys than those of P-256, P-384 and SM2, except
 * public ones in a certificate, a request or a SubjectPublicKeyInfo: those are hashed as they stand there.
 */
#include "ca/internal.h"

#include "base/json.h"
#include "base/secret.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>

#define MAX_FILE 16384
#define POINT 97 /* octets: 4, x, y of P-384 */
#define EC_KEY_OID "1.2.840.10045.2.1"

static const struct curve {
	const char *oid, *jwk;
	int nid;
	size_t octets;
} curves[] = {
	{"1.2.840.10045.3.1.7", "P-256", NID_X9_62_prime256v1, 32}, {"1.3.132.0.34", "P-384", NID_secp384r1, 48},
	{"1.2.156.10197.1.301", "SM2", NID_sm2, 32}, /* no registered name in JOSE; tools write this one */
};

static enum fj_rc no_key(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_INVALID, "ca", "lessons.md 9", "this is no certificate, request (PKCS#10), public or private key (PEM or DER) or JWK that can be read here; or give SHA-256 of its SubjectPublicKeyInfo",
	    "文件不是可识别的证书、证书请求（PKCS#10）、公钥、私钥（PEM 或 DER）或 JWK；也可直接填写公钥（SubjectPublicKeyInfo）的 SHA-256");
}

static enum fj_rc encrypted(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_INVALID, "ca", "lessons.md 9", "this file is encrypted and its passphrase is not asked for: give the certificate or the public key (openssl pkey -in FILE -pubout)",
	    "文件已加密，本系统不接收口令：请改为提交证书或公钥（openssl pkey -in 文件 -pubout）");
}

static enum fj_rc other_curve(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_INVALID, "ca", "RFC 5480 2.1.1", "the key is not on P-256, P-384 or SM2 by name; of another key give the certificate, the public key, or SHA-256 of its SubjectPublicKeyInfo",
	    "密钥不在 P-256、P-384 或 SM2 命名曲线上；其他密钥请提交证书、公钥或公钥的 SHA-256");
}

static const struct curve *curve_by_oid(const char *oid)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(curves); i++)
		if (strcmp(curves[i].oid, oid) == 0)
			return &curves[i];
	return NULL;
}

/* --- points --- */

/* SubjectPublicKeyInfo of a point, RFC 5480 2 */
static enum fj_rc hash_ec(const struct curve *k, const uint8_t *point, size_t len, struct fj_hash *out, struct fj_err *err)
{
	FJ_AUTO(buf) alg = FJ_BUF_INIT(64);
	FJ_AUTO(buf) body = FJ_BUF_INIT(256);
	FJ_AUTO(buf) spki = FJ_BUF_INIT(256);
	FJ_AUTO(buf) oid = FJ_BUF_INIT(16);
	FJ_AUTO(buf) name = FJ_BUF_INIT(16);
	FJ_AUTO(buf) bits = FJ_BUF_INIT(POINT + 1);

	bool ok = fj_der_oid_encode(EC_KEY_OID, &oid) == FJ_OK && fj_der_oid_encode(k->oid, &name) == FJ_OK && fj_der_put(&alg, FJ_DER_OID, fj_buf_slice(&oid)) == FJ_OK &&
	    fj_der_put(&alg, FJ_DER_OID, fj_buf_slice(&name)) == FJ_OK && fj_der_put(&body, FJ_DER_SEQ, fj_buf_slice(&alg)) == FJ_OK && fj_put_u8(&bits, 0) == FJ_OK &&
	    fj_buf_put(&bits, point, len) == FJ_OK && fj_der_put(&body, FJ_DER_BITS, fj_buf_slice(&bits)) == FJ_OK && fj_der_put(&spki, FJ_DER_SEQ, fj_buf_slice(&body)) == FJ_OK;
	if (!ok)
		return fj_no_memory(err, "ca");
	fj_sha256(fj_buf_slice(&spki), out);
	return FJ_OK;
}

enum fj_rc ca_p256_hash(const uint8_t xy[64], struct fj_hash *out, struct fj_err *err)
{
	uint8_t point[65] = {4};

	memcpy(point + 1, xy, 64);
	return hash_ec(&curves[0], point, sizeof(point), out, err);
}

/* any form of a point that lies on the curve, uncompressed */
static bool uncompressed(const struct curve *k, struct fj_slice in, uint8_t out[POINT], size_t *len)
{
	EC_GROUP *g = EC_GROUP_new_by_curve_name(k->nid);
	EC_POINT *p = g != NULL ? EC_POINT_new(g) : NULL;

	bool ok = p != NULL && EC_POINT_oct2point(g, p, in.p, in.len, NULL) == 1 && EC_POINT_is_at_infinity(g, p) == 0;
	*len = ok ? EC_POINT_point2oct(g, p, POINT_CONVERSION_UNCOMPRESSED, out, POINT, NULL) : 0;
	EC_POINT_free(p);
	EC_GROUP_free(g);
	ERR_clear_error();
	return *len > 0;
}

/* the public half of a private one, whose copy is wiped */
static bool multiplied(const struct curve *k, struct fj_slice d, uint8_t out[POINT], size_t *len)
{
	EC_GROUP *g = EC_GROUP_new_by_curve_name(k->nid);
	EC_POINT *p = g != NULL ? EC_POINT_new(g) : NULL;
	BIGNUM *n = d.len <= k->octets ? BN_bin2bn(d.p, (int)d.len, NULL) : NULL;

	if (n != NULL)
		BN_set_flags(n, BN_FLG_CONSTTIME);
	bool ok = p != NULL && n != NULL && !BN_is_zero(n) && BN_cmp(n, EC_GROUP_get0_order(g)) < 0 && EC_POINT_mul(g, p, n, NULL, NULL, NULL) == 1;
	*len = ok ? EC_POINT_point2oct(g, p, POINT_CONVERSION_UNCOMPRESSED, out, POINT, NULL) : 0;
	BN_clear_free(n);
	EC_POINT_free(p);
	EC_GROUP_free(g);
	ERR_clear_error();
	return *len > 0;
}

/* d.len 0: only the public half is there; pub.len 0: only the private one */
static enum fj_rc take(const struct curve *k, struct fj_slice d, struct fj_slice pub, struct ca_found *out, struct fj_err *err)
{
	uint8_t own[POINT], told[POINT];
	size_t n_own = 0, n_told = 0;

	if ((d.len > 0 && !multiplied(k, d, own, &n_own)) || (pub.len > 0 && !uncompressed(k, pub, told, &n_told)))
		return no_key(err);
	if (n_own > 0 && n_told > 0 && (n_own != n_told || memcmp(own, told, n_own) != 0))
		return fj_refuse(err, FJ_E_INVALID, "ca", "RFC 5915 3", "the private half in this file is not that of the public half beside it; give one of the two",
		    "文件中的私钥与所附公钥不对应，请只提交其中之一");
	FJ_TRY(hash_ec(k, n_own > 0 ? own : told, n_own > 0 ? n_own : n_told, &out->spki_sha256, err));
	out->private_half = n_own > 0;
	out->read = true;
	return FJ_OK;
}

/* --- DER --- */

/* AlgorithmIdentifier of an EC key: its curve; NULL: explicit parameters or another curve.  false: another algorithm */
static bool read_algorithm(struct fj_der *d, const struct curve **k)
{
	struct fj_der alg;
	char oid[64], name[64];

	*k = NULL;
	if (fj_der_enter(d, FJ_DER_SEQ, &alg, NULL) != FJ_OK || fj_der_oid(&alg, oid, sizeof(oid), NULL) != FJ_OK || strcmp(oid, EC_KEY_OID) != 0)
		return false;
	if (fj_der_oid(&alg, name, sizeof(name), NULL) == FJ_OK && !fj_der_more(&alg))
		*k = curve_by_oid(name);
	return true;
}

static enum fj_rc read_spki(struct fj_slice spki, struct ca_found *out, struct fj_err *err)
{
	struct fj_der d, s, again;
	struct fj_slice bits;
	const struct curve *k;
	unsigned unused;

	fj_der_init(&d, spki);
	if (fj_der_enter(&d, FJ_DER_SEQ, &s, NULL) != FJ_OK || fj_der_more(&d))
		return no_key(err);
	again = s;
	bool ec = read_algorithm(&s, &k);
	if (!ec)
		s = again;
	if ((!ec && fj_der_get(&s, FJ_DER_SEQ, NULL, NULL, NULL) != FJ_OK) || fj_der_bits(&s, &bits, &unused, NULL) != FJ_OK || unused != 0 || bits.len == 0 || fj_der_more(&s))
		return no_key(err);
	if (ec)
		return k == NULL ? other_curve(err) : take(k, FJ_SLICE(NULL, 0), bits, out, err);
	fj_sha256(spki, &out->spki_sha256);
	out->read = true;
	return FJ_OK;
}

/* ECPrivateKey, RFC 5915 3; the curve of PKCS#8 around it, NULL: there is none */
static enum fj_rc read_sec1(struct fj_slice der, const struct curve *k, struct ca_found *out, struct fj_err *err)
{
	struct fj_der d, s, sub;
	struct fj_slice scalar, pub = {NULL, 0};
	uint64_t version;
	unsigned unused = 0;
	char oid[64];

	fj_der_init(&d, der);
	if (fj_der_enter(&d, FJ_DER_SEQ, &s, NULL) != FJ_OK || fj_der_more(&d) || fj_der_uint(&s, &version, NULL) != FJ_OK || version != 1 ||
	    fj_der_get(&s, FJ_DER_OCTETS, &scalar, NULL, NULL) != FJ_OK)
		return no_key(err);
	if (fj_der_peek(&s) == FJ_DER_CTX(0)) {
		if (fj_der_enter(&s, FJ_DER_CTX(0), &sub, NULL) != FJ_OK)
			return no_key(err);
		const struct curve *named = fj_der_oid(&sub, oid, sizeof(oid), NULL) == FJ_OK ? curve_by_oid(oid) : NULL;
		if (named == NULL || (k != NULL && k != named))
			return other_curve(err);
		k = named;
	}
	if (fj_der_peek(&s) == FJ_DER_CTX(1) && (fj_der_enter(&s, FJ_DER_CTX(1), &sub, NULL) != FJ_OK || fj_der_bits(&sub, &pub, &unused, NULL) != FJ_OK || unused != 0 || pub.len == 0))
		return no_key(err);
	if (fj_der_more(&s))
		return no_key(err);
	if (k == NULL)
		return other_curve(err);
	return scalar.len == 0 ? no_key(err) : take(k, scalar, pub, out, err);
}

/* after the version: PrivateKeyInfo (RFC 5958 2), or what looks like it */
static enum fj_rc read_pkcs8(struct fj_der *s, struct ca_found *out, struct fj_err *err)
{
	struct fj_der again = *s;
	struct fj_slice inner;
	const struct curve *k;

	if (read_algorithm(s, &k)) {
		if (k == NULL)
			return other_curve(err);
		return fj_der_get(s, FJ_DER_OCTETS, &inner, NULL, NULL) == FJ_OK ? read_sec1(inner, k, out, err) : no_key(err);
	}
	*s = again;
	struct fj_der alg;
	char oid[64];
	bool named = fj_der_enter(s, FJ_DER_SEQ, &alg, NULL) == FJ_OK && fj_der_oid(&alg, oid, sizeof(oid), NULL) == FJ_OK;
	if (named && strncmp(oid, "1.2.840.113549.1.7.", 19) == 0) /* PKCS#12, RFC 7292 4 */
		return encrypted(err);
	return named ? other_curve(err) : no_key(err);
}

/* the third element of CertificationRequestInfo, RFC 2986 4.1 */
static enum fj_rc read_request(struct fj_slice tbs, struct ca_found *out, struct fj_err *err)
{
	struct fj_der d;
	struct fj_slice spki;
	uint64_t version;

	fj_der_init(&d, tbs);
	if (fj_der_uint(&d, &version, NULL) != FJ_OK || fj_der_get(&d, FJ_DER_SEQ, NULL, NULL, NULL) != FJ_OK || fj_der_get(&d, FJ_DER_SEQ, NULL, &spki, NULL) != FJ_OK)
		return no_key(err);
	return read_spki(spki, out, err);
}

/* SEQUENCE { SEQUENCE, SEQUENCE, BIT STRING }: signed by somebody, whom nobody asks here */
static enum fj_rc read_signed(struct fj_slice der, struct fj_slice tbs, struct ca_found *out, struct fj_err *err)
{
	struct fj_slice spki;
	fj_time until;

	if (fj_x509_key(der, &spki, &until, NULL) != FJ_OK)
		return read_request(tbs, out, err);
	FJ_TRY(read_spki(spki, out, err));
	fj_sha256(der, &out->certificate_sha256);
	out->certificate = true;
	return FJ_OK;
}

static enum fj_rc read_der(struct fj_slice der, struct ca_found *out, struct fj_err *err)
{
	struct fj_der d, s, walk;
	struct fj_slice first = {NULL, 0};
	int tag[4] = {-1, -1, -1, -1};
	size_t n = 0;

	fj_der_init(&d, der);
	if (fj_der_enter(&d, FJ_DER_SEQ, &s, NULL) != FJ_OK || fj_der_more(&d))
		return no_key(err);
	for (walk = s; n < 4 && fj_der_more(&walk); n++)
		if (fj_der_any(&walk, &tag[n], n == 0 ? &first : NULL, NULL, NULL) != FJ_OK)
			return no_key(err);
	if (tag[0] == FJ_DER_INTEGER && tag[1] == FJ_DER_OCTETS)
		return read_sec1(der, NULL, out, err);
	if (tag[0] == FJ_DER_INTEGER && tag[1] == FJ_DER_SEQ)
		return fj_der_any(&s, &tag[3], NULL, NULL, NULL) == FJ_OK ? read_pkcs8(&s, out, err) : no_key(err);
	if (tag[0] == FJ_DER_INTEGER && tag[1] == FJ_DER_INTEGER) /* RSAPrivateKey and the like */
		return other_curve(err);
	if (tag[0] != FJ_DER_SEQ)
		return no_key(err);
	if (tag[1] == FJ_DER_OCTETS && n == 2)
		return encrypted(err);
	if (tag[1] == FJ_DER_BITS && n == 2)
		return read_spki(der, out, err);
	return tag[1] == FJ_DER_SEQ && tag[2] == FJ_DER_BITS && n == 3 ? read_signed(der, first, out, err) : no_key(err);
}

/* --- PEM, RFC 7468 --- */

static const char *find(const char *p, const char *end, const char *what)
{
	size_t n = strlen(what);

	for (; (size_t)(end - p) >= n; p++)
		if (memcmp(p, what, n) == 0)
			return p;
	return NULL;
}

/* the body of a block, between its lines */
static enum fj_rc read_body(const char *p, const char *end, struct ca_found *out, struct fj_err *err)
{
	char text[MAX_FILE];
	uint8_t octets[MAX_FILE];
	struct fj_buf der = {octets, 0, sizeof(octets), sizeof(octets) - 1}; /* never grows, so nothing is left behind */
	size_t n = 0;

	for (; p < end; p++)
		if (strchr(" \t\r\n", *p) == NULL && n < sizeof(text))
			text[n++] = *p;
	enum fj_rc rc = fj_b64_get(text, n, &der) == FJ_OK ? read_der(fj_buf_slice(&der), out, err) : no_key(err);
	fj_wipe(text, sizeof(text));
	fj_wipe(octets, sizeof(octets));
	return rc;
}

/* the first block that is no list of parameters */
static enum fj_rc read_pem(struct fj_slice file, struct ca_found *out, struct fj_err *err)
{
	static const char begin[] = "-----BEGIN ", dashes[] = "-----";
	const char *p = (const char *)file.p, *end = p + file.len;

	while ((p = find(p, end, begin)) != NULL) {
		const char *label = p + strlen(begin), *close = find(label, end, dashes), *stop = close == NULL ? NULL : find(close + strlen(dashes), end, "-----END ");
		if (stop == NULL)
			return no_key(err);
		if (find(label, close, "ENCRYPTED") != NULL || find(close, stop, "ENCRYPTED") != NULL)
			return encrypted(err);
		if (find(label, close, "PARAMETERS") == NULL)
			return read_body(close + strlen(dashes), stop, out, err);
		p = stop + strlen(dashes);
	}
	return no_key(err);
}

/* --- JWK, RFC 7518 6.2 --- */

/* one member, of the curve's length */
static bool coordinate(const json_t *jwk, const char *name, size_t octets, uint8_t out[48])
{
	const char *s = fj_json_peek(jwk, name);
	uint8_t room[64];
	struct fj_buf b = {room, 0, sizeof(room), sizeof(room) - 1};

	bool ok = s != NULL && fj_b64u_get(s, strlen(s), &b) == FJ_OK && b.len == octets;
	if (ok)
		memcpy(out, room, octets);
	fj_wipe(room, sizeof(room));
	return ok;
}

static enum fj_rc take_jwk(const json_t *jwk, struct ca_found *out, struct fj_err *err)
{
	const struct curve *k = NULL;
	uint8_t point[POINT] = {4}, d[48];

	if (strcmp(fj_json_text(jwk, "kty"), "EC") != 0)
		return other_curve(err);
	for (size_t i = 0; i < FJ_ARRAY_LEN(curves); i++)
		if (strcmp(fj_json_text(jwk, "crv"), curves[i].jwk) == 0)
			k = &curves[i];
	if (k == NULL)
		return other_curve(err);
	bool has_d = json_object_get(jwk, "d") != NULL;
	if (!coordinate(jwk, "x", k->octets, point + 1) || !coordinate(jwk, "y", k->octets, point + 1 + k->octets) || (has_d && !coordinate(jwk, "d", k->octets, d)))
		return no_key(err);
	enum fj_rc rc = take(k, FJ_SLICE(d, has_d ? k->octets : 0), FJ_SLICE(point, 1 + 2 * k->octets), out, err);
	fj_wipe(d, sizeof(d));
	return rc;
}

static enum fj_rc read_jwk(struct fj_slice file, struct ca_found *out, struct fj_err *err)
{
	FJ_AUTO(json) jwk = NULL;

	if (fj_json_parse(file, MAX_FILE, &jwk, NULL) != FJ_OK || !json_is_object(jwk))
		return no_key(err);
	enum fj_rc rc = take_jwk(jwk, out, err);
	json_t *d = json_object_get(jwk, "d");
	if (json_is_string(d))
		fj_wipe((void *)(uintptr_t)json_string_value(d), json_string_length(d));
	return rc;
}

enum fj_rc ca_found_key(struct fj_slice file, struct ca_found *out, struct fj_err *err)
{
	memset(out, 0, sizeof(*out));
	if (file.len == 0 || file.len > MAX_FILE)
		return fj_fail(err, FJ_E_LIMIT, "ca", NULL, "the file has %zu octets; 1 to %d are allowed", file.len, MAX_FILE);
	struct fj_slice text = fj_utf8_unmarked(file);
	while (text.len > 0 && strchr(" \t\r\n", text.p[0]) != NULL && text.p[0] != '\0')
		text = FJ_SLICE(text.p + 1, text.len - 1);
	if (text.len > 0 && text.p[0] == '{')
		return read_jwk(text, out, err);
	if (find((const char *)file.p, (const char *)file.p + file.len, "-----BEGIN ") != NULL)
		return read_pem(file, out, err);
	return read_der(file, out, err);
}
