/*
 * key.c - keys that pass through the CA: the throw-away key, ephemeral subject
 * keys, and holders' keys from certificate requests.
 *
 * The throw-away key signs a structure once so that OpenSSL encodes it with the
 * right algorithm; the signature is thrown away.  An ephemeral subject key is
 * destroyed before its public half leaves the function.  From a request only
 * the key is taken, after proof of possession: whatever else it asks for is
 * decided by the profile, and a request that asks for authority is refused.
 */
#include "ca/internal.h"

#include "base/json.h"
#include "base/jws.h"
#include "base/plan.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>

enum fj_rc ca_fail_ssl(struct fj_err *err, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(code);

	ERR_clear_error();
	return fj_fail_code(err, FJ_E_CRYPTO, "openssl", (long)code, "%s: %s", what, reason != NULL ? reason : "failed");
}

static EVP_PKEY *throwaway[FJ_ALG_END];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_throwaway(void)
{
	throwaway[FJ_ES256] = EVP_EC_gen("P-256");
	throwaway[FJ_SM2] = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
}

EVP_PKEY *ca_throwaway(enum fj_alg alg)
{
	pthread_once(&once, make_throwaway);
	return throwaway[alg];
}

EVP_MD_CTX *ca_context(EVP_PKEY *key, bool sign)
{
	bool sm2 = key != NULL && EVP_PKEY_is_a(key, "SM2");
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *with = key != NULL ? EVP_PKEY_CTX_new(key, NULL) : NULL;

	if (ctx != NULL && with != NULL && (!sm2 || EVP_PKEY_CTX_set1_id(with, FJ_SM2_ID, strlen(FJ_SM2_ID)) == 1)) {
		EVP_MD_CTX_set_pkey_ctx(ctx, with); /* stays ours */
		if ((sign ? EVP_DigestSignInit : EVP_DigestVerifyInit)(ctx, NULL, sm2 ? EVP_sm3() : EVP_sha256(), NULL, key) == 1)
			return ctx;
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_CTX_free(with);
	return NULL;
}

void ca_context_free(EVP_MD_CTX *ctx)
{
	EVP_PKEY_CTX *with = ctx != NULL ? EVP_MD_CTX_get_pkey_ctx(ctx) : NULL;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_CTX_free(with);
}

void ca_key_id(struct fj_slice key_bits, uint8_t out[20])
{
	unsigned n = 20;

	if (EVP_Digest(key_bits.p, key_bits.len, out, &n, EVP_sha1(), NULL) != 1)
		memset(out, 0, 20);
}

/* --- keys to verify with --- */

struct ca_key {
	EVP_PKEY *pkey;
};

enum fj_alg ca_key_alg(const struct ca_key *k)
{
	return EVP_PKEY_is_a(k->pkey, "SM2") ? FJ_SM2 : FJ_ES256;
}

enum fj_rc ca_key_open(struct fj_slice cert, struct ca_key **out, struct fj_err *err)
{
	struct fj_x509 x;

	FJ_TRY(fj_x509_read(cert, &x, err));
	FJ_AUTO(ca_key) k = fj_alloc(1, sizeof(*k));
	if (k == NULL)
		return fj_no_memory(err, "ca");
	const uint8_t *p = x.spki.p;
	k->pkey = d2i_PUBKEY(NULL, &p, (long)x.spki.len);
	if (k->pkey == NULL)
		return ca_fail_ssl(err, "read a certificate's key");
	*out = fj_move(k);
	return FJ_OK;
}

enum fj_rc ca_spki_verify(struct fj_slice spki, struct fj_slice text, struct fj_slice sig, struct fj_err *err)
{
	const uint8_t *p = spki.p;
	struct ca_key k = {.pkey = d2i_PUBKEY(NULL, &p, (long)spki.len)};

	if (k.pkey == NULL)
		return ca_fail_ssl(err, "read a public key");
	enum fj_rc rc = ca_key_verify(&k, text, sig, err);
	EVP_PKEY_free(k.pkey);
	return rc;
}

void ca_key_close(struct ca_key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	fj_free(k);
}

enum fj_rc ca_key_verify(const struct ca_key *k, struct fj_slice data, struct fj_slice sig, struct fj_err *err)
{
	FJ_AUTO(ca_context) ctx = ca_context(k->pkey, false);

	if (ctx == NULL)
		return ca_fail_ssl(err, "prepare to verify");
	if (EVP_DigestVerify(ctx, sig.p, sig.len, data.p, data.len) == 1)
		return FJ_OK;
	ERR_clear_error();
	return fj_fail(err, FJ_E_SIGNATURE, "ca", "RFC 5280 6.1.3", "the signature is not the issuer's");
}

static bool sm3(struct fj_slice a, struct fj_slice b, uint8_t out[FJ_SHA256_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sm3(), NULL) == 1 && EVP_DigestUpdate(ctx, a.p, a.len) == 1 &&
	    EVP_DigestUpdate(ctx, b.p, b.len) == 1 && EVP_DigestFinal_ex(ctx, out, NULL) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

enum fj_rc ca_digest(enum fj_alg alg, const uint8_t xy[64], struct fj_slice data, struct fj_hash *out, struct fj_err *err)
{
	uint8_t z[FJ_SHA256_LEN];

	if (alg != FJ_SM2) {
		fj_sha256(data, out);
		return FJ_OK;
	}
	return sm3(fj_sm2_head, FJ_SLICE(xy, 64), z) && sm3(FJ_SLICE(z, sizeof(z)), data, out->b) ? FJ_OK : ca_fail_ssl(err, "compute SM3");
}

enum fj_rc ca_point_verify(void *unused, const uint8_t xy[64], const struct fj_hash *digest, const uint8_t sig[64], struct fj_err *err)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(FJ_P256_SPKI);
	FJ_AUTO(buf) der = FJ_BUF_INIT(96);

	(void)unused;
	if (fj_p256_spki_put(&spki, xy) != FJ_OK || fj_ecdsa_raw_to_der(sig, &der) != FJ_OK)
		return fj_no_memory(err, "ca");
	const uint8_t *p = spki.data;
	FJ_AUTO(evp_pkey) key = d2i_PUBKEY(NULL, &p, (long)spki.len);
	EVP_PKEY_CTX *ctx = key == NULL ? NULL : EVP_PKEY_CTX_new(key, NULL);
	bool ok = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	    EVP_PKEY_verify(ctx, der.data, der.len, digest->b, FJ_SHA256_LEN) == 1;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ok ? FJ_OK : fj_refuse(err, FJ_E_SIGNATURE, "ca", "FIPS 186-5 6.4", "the signature is not this key's", "签名与该密钥不符");
}

/* --- holders' keys --- */

static enum fj_rc put_spki(EVP_PKEY *key, struct fj_buf *spki, struct fj_err *err)
{
	uint8_t *der = NULL;
	int n = i2d_PUBKEY(key, &der);

	if (n <= 0)
		return ca_fail_ssl(err, "encode a public key");
	enum fj_rc rc = fj_buf_put(spki, der, (size_t)n);
	OPENSSL_free(der);
	return rc;
}

enum fj_rc ca_ephemeral_spki(enum fj_alg alg, struct fj_buf *spki, struct fj_err *err)
{
	/* SEQUENCE { SEQUENCE { id-ecPublicKey, curve }, BIT STRING of 65 octets }, RFC 5480 2; both curves' names have eight octets.  An
	 * encoder would take longer than the key. */
	static const uint8_t head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08};
	static const uint8_t p256[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}, sm2[] = {0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d}, bits[] = {0x03, 0x42, 0x00};
	uint8_t point[65];
	size_t n = 0;
	FJ_AUTO(evp_pkey) key = alg == FJ_SM2 ? EVP_PKEY_Q_keygen(NULL, NULL, "SM2") : EVP_EC_gen("P-256");

	if (key == NULL || EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point, sizeof(point), &n) != 1 || n != sizeof(point))
		return ca_fail_ssl(err, "make a key");
	return fj_buf_put(spki, head, sizeof(head)) == FJ_OK && fj_buf_put(spki, alg == FJ_SM2 ? sm2 : p256, 8) == FJ_OK &&
	    fj_buf_put(spki, bits, sizeof(bits)) == FJ_OK && fj_buf_put(spki, point, n) == FJ_OK ? FJ_OK : fj_no_memory(err, "ca");
}

static enum fj_rc refuse(struct fj_err *err, const char *cite, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, "ca", cite, en, zh);
}

static enum fj_rc check_strength(EVP_PKEY *key, enum fj_alg alg, struct fj_err *err)
{
	char curve[64] = "";

	if (alg == FJ_SM2)
		return EVP_PKEY_is_a(key, "SM2") ? FJ_OK
		    : refuse(err, "GB/T 20518 5.2.3.7", "an SM2 certificate bears an SM2 key; make a request for one", "SM2 证书须载 SM2 公钥，请另行生成 SM2 密钥和证书请求");
	if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL) == 1 &&
	    (strcmp(curve, "prime256v1") == 0 || strcmp(curve, "secp384r1") == 0))
		return FJ_OK;
	return refuse(err, "RFC 5480 2.1.1", "the key is neither P-256 nor P-384; make a new one",
	    "密钥须为 P-256 或 P-384，请重新生成");
}

/* a certificate holds the key as the request encodes it: base/x509.c reads one form */
static enum fj_rc check_encoding(EVP_PKEY *key, struct fj_err *err)
{
	char curve[32] = "", point[32] = "";

	if ((!EVP_PKEY_is_a(key, "EC") && !EVP_PKEY_is_a(key, "SM2")) ||
	    (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, curve, sizeof(curve), NULL) == 1 &&
	    EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, point, sizeof(point), NULL) == 1 &&
	    strcmp(curve, "named_curve") == 0 && strcmp(point, "uncompressed") == 0))
		return FJ_OK;
	return refuse(err, "RFC 5480 2.2", "the key is not an uncompressed point of a named curve; make the request without explicit parameters or compression",
	    "密钥须为命名曲线上的未压缩点；请重新生成请求，不使用显式曲线参数或压缩格式");
}

/* what a request may not ask for; anything else it asks for is ignored */
static enum fj_rc check_wishes(X509_REQ *req, struct fj_err *err)
{
	STACK_OF(X509_EXTENSION) *list = X509_REQ_get_extensions(req);
	bool authority = false;

	for (int i = 0; i < sk_X509_EXTENSION_num(list); i++) {
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(sk_X509_EXTENSION_value(list, i)));
		if (nid == NID_basic_constraints || nid == NID_ext_key_usage || nid == NID_key_usage)
			authority = true;
	}
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return authority ? refuse(err, "RFC 2986 4.1",
	    "the request asks for a CA flag or a key usage; make one without extensions, the profile decides them",
	    "证书请求中含有 CA 标志或密钥用途；请生成不含扩展项的请求，这些由证书模板决定") : FJ_OK;
}

static X509_REQ *read_request(struct fj_slice csr)
{
	if (csr.len > 10 && memcmp(csr.p, "-----BEGIN", 10) == 0) {
		BIO *bio = BIO_new_mem_buf(csr.p, (int)csr.len);
		X509_REQ *req = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
		BIO_free(bio);
		return req;
	}
	const uint8_t *p = csr.p;
	X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)csr.len);
	if (req != NULL && p != csr.p + csr.len) {
		X509_REQ_free(req);
		req = NULL;
	}
	return req;
}

static enum fj_rc check_possession(X509_REQ *req, EVP_PKEY *key, enum fj_alg alg, struct fj_err *err)
{
	ASN1_OCTET_STRING *id = alg == FJ_SM2 ? ASN1_OCTET_STRING_new() : NULL;
	bool ok = alg != FJ_SM2 || (id != NULL && ASN1_OCTET_STRING_set(id, (const uint8_t *)FJ_SM2_ID, (int)strlen(FJ_SM2_ID)) == 1);

	if (ok && id != NULL)
		X509_REQ_set0_distinguishing_id(req, id); /* the request's own from here on */
	else
		ASN1_OCTET_STRING_free(id);
	ok = ok && (alg != FJ_SM2 || X509_REQ_get_signature_nid(req) == NID_SM2_with_SM3) && X509_REQ_verify(req, key) == 1;
	ERR_clear_error();
	if (ok)
		return FJ_OK;
	return alg == FJ_SM2 ? refuse(err, "GM/T 0009-2012 10", "the request's signature does not prove possession of its key; it has to be SM2 with SM3 under the id 1234567812345678 (openssl req -sm3 -sigopt distid:1234567812345678)",
	    "证书请求的签名不能证明持有该私钥；签名须为 SM2 与 SM3，用户标识为 1234567812345678（openssl req -sm3 -sigopt distid:1234567812345678）")
	    : refuse(err, "RFC 2986 3", "the request's signature does not prove possession of its key", "证书请求的签名不能证明持有该私钥");
}

enum fj_rc ca_request_key(struct fj_slice csr, enum fj_alg alg, struct fj_buf *spki, struct fj_err *err)
{
	if (csr.len > 16384)
		return fj_fail(err, FJ_E_LIMIT, "ca", NULL, "the request has %zu octets; 16384 are allowed", csr.len);
	FJ_AUTO(x509_req) req = read_request(csr);
	if (req == NULL) {
		ERR_clear_error();
		return fj_fail(err, FJ_E_PARSE, "ca", "RFC 2986 4", "this is not a certificate request (PKCS#10) in PEM or DER");
	}
	EVP_PKEY *key = X509_REQ_get0_pubkey(req);
	if (key == NULL)
		return ca_fail_ssl(err, "read the request's key");
	FJ_TRY(check_strength(key, alg, err));
	FJ_TRY(check_encoding(key, err));
	FJ_TRY(check_wishes(req, err));
	FJ_TRY(check_possession(req, key, alg, err));
	return put_spki(key, spki, err);
}

/* --- a key that is there already --- */

static EVP_PKEY *key_of_certificate(struct fj_slice file, bool pem)
{
	X509 *cert = NULL;

	if (pem) {
		BIO *bio = BIO_new_mem_buf(file.p, (int)file.len);
		cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		BIO_free(bio);
	} else {
		const uint8_t *p = file.p;
		cert = d2i_X509(NULL, &p, (long)file.len);
	}
	EVP_PKEY *key = cert != NULL ? X509_get_pubkey(cert) : NULL;
	X509_free(cert);
	return key;
}

static EVP_PKEY *key_of_pem(struct fj_slice file)
{
	BIO *bio = BIO_new_mem_buf(file.p, (int)file.len);
	EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);

	BIO_free(bio);
	return key;
}

/* RFC 7518 6.2.1: coordinates of the curve's length */
static EVP_PKEY *key_of_jwk(struct fj_slice file)
{
	FJ_AUTO(json) jwk = NULL;
	FJ_AUTO(buf) point = FJ_BUF_INIT(97);
	EVP_PKEY *key = NULL;

	if (fj_json_parse(file, 16384, &jwk, NULL) != FJ_OK)
		return NULL;
	const char *kty = fj_json_peek(jwk, "kty"), *crv = fj_json_peek(jwk, "crv"), *x = fj_json_peek(jwk, "x"), *y = fj_json_peek(jwk, "y");
	if (kty == NULL || crv == NULL || x == NULL || y == NULL || strcmp(kty, "EC") != 0 || json_object_get(jwk, "d") != NULL)
		return NULL;
	char group[16];
	snprintf(group, sizeof(group), "%.10s", crv);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *params = NULL;
	if (fj_put_u8(&point, 4) == FJ_OK && fj_b64u_get(x, strlen(x), &point) == FJ_OK && fj_b64u_get(y, strlen(y), &point) == FJ_OK && bld != NULL && ctx != NULL &&
	    OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point.data, point.len) == 1 && (params = OSSL_PARAM_BLD_to_param(bld)) != NULL &&
	    EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *read_key(struct fj_slice file)
{
	bool pem = file.len > 10 && memcmp(file.p, "-----BEGIN", 10) == 0;

	if (file.len > 0 && file.p[0] == '{')
		return key_of_jwk(file);
	EVP_PKEY *key = key_of_certificate(file, pem);
	return key == NULL && pem ? key_of_pem(file) : key;
}

enum fj_rc ca_public_key(struct fj_slice file, struct fj_buf *spki, struct fj_err *err)
{
	if (file.len == 0 || file.len > 16384)
		return fj_fail(err, FJ_E_LIMIT, "ca", NULL, "the file has %zu octets; 1 to 16384 are allowed", file.len);
	FJ_AUTO(evp_pkey) key = read_key(file);
	ERR_clear_error();
	if (key == NULL)
		return refuse(err, "RFC 7517 4", "this is no certificate, public key in PEM, or public JWK of a P-256 or P-384 key",
		    "文件不是证书、PEM 公钥或 P-256、P-384 的公钥 JWK");
	FJ_TRY(check_strength(key, FJ_ES256, err));
	FJ_TRY(check_encoding(key, err));
	return put_spki(key, spki, err);
}

enum fj_rc ca_proof_check(struct fj_slice spki, const char *text, struct fj_slice sig, struct fj_err *err)
{
	const uint8_t *p = spki.p;
	struct ca_key k = {.pkey = d2i_PUBKEY(NULL, &p, (long)spki.len)};

	if (k.pkey == NULL)
		return ca_fail_ssl(err, "read a public key");
	enum fj_rc rc = ca_key_verify(&k, fj_slice_str(text), sig, NULL);
	EVP_PKEY_free(k.pkey);
	if (rc == FJ_OK)
		return FJ_OK;
	rc = fj_fail(err, FJ_E_SIGNATURE, "ca", "domain.md decision 7", "the proof is not this key's signature over the challenge (certificate challenge prints it)");
	fj_err_zh(err, "持有证明不是该密钥对质询文本的签名（质询文本见 certificate challenge）");
	return rc;
}
