/*
 * key.c - public keys and signatures: P-256 with ECDSA and SHA-256, SM2's curve with SM2 and SM3,
 * and nothing else.
 *
 * OpenSSL does the arithmetic; it refuses points off the curve when a key is
 * read and r or s outside of 1..n-1 when a signature is checked.
 */
#include "verifier/internal.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/x509.h>

/* SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING { 0, 04 ... } } */
static const uint8_t spki_head[26] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
	0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
#define SPKI_LEN (sizeof(spki_head) + 65)

enum fj_rc ver_key_read(struct fj_slice spki, EVP_PKEY **out, struct fj_err *err)
{
	const uint8_t *p = spki.p;
	struct fj_slice point;
	enum fj_curve curve;

	*out = NULL;
	if (fj_spki_read(spki, &curve, &point, NULL) != FJ_OK || fj_alg_of(curve) == 0)
		return fj_fail(err, FJ_E_INVALID, "verify", "RFC 7518 3.4", "a key is on neither P-256 nor SM2's curve");
	*out = d2i_PUBKEY(NULL, &p, (long)spki.len);
	if (*out != NULL && ver_key_alg(*out) == fj_alg_of(curve))
		return FJ_OK;
	EVP_PKEY_free(*out);
	*out = NULL;
	return fj_fail(err, FJ_E_INVALID, "verify", "RFC 5480 2.2", "a key is not a point of its curve");
}

/* groups are made once: a key that is decoded as OpenSSL does it takes longer than its certificate's signature */
static EC_GROUP *groups[FJ_CURVE_SM2 + 1];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_groups(void)
{
	groups[FJ_CURVE_P256] = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	groups[FJ_CURVE_P384] = EC_GROUP_new_by_curve_name(NID_secp384r1);
	groups[FJ_CURVE_SM2] = EC_GROUP_new_by_curve_name(NID_sm2);
}

bool ver_holder_key(enum fj_alg alg, enum fj_curve curve, struct fj_slice point)
{
	if (curve == FJ_CURVE_OTHER || (curve == FJ_CURVE_SM2) != (alg == FJ_SM2))
		return false;
	pthread_once(&once, make_groups);
	EC_POINT *p = groups[curve] == NULL ? NULL : EC_POINT_new(groups[curve]);
	bool ok = p != NULL && EC_POINT_oct2point(groups[curve], p, point.p, point.len, NULL) == 1 && EC_POINT_is_at_infinity(groups[curve], p) == 0;
	EC_POINT_free(p);
	return ok;
}

enum fj_alg ver_key_alg(const EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "SM2") ? FJ_SM2 : FJ_ES256;
}

enum fj_rc ver_key_point(const uint8_t xy[64], EVP_PKEY **out, struct fj_err *err)
{
	uint8_t spki[SPKI_LEN];

	memcpy(spki, spki_head, sizeof(spki_head));
	spki[sizeof(spki_head)] = 4;
	memcpy(spki + sizeof(spki_head) + 1, xy, 64);
	return ver_key_read(FJ_SLICE(spki, sizeof(spki)), out, err);
}

enum fj_rc ver_point_verify(void *unused, const uint8_t xy[64], const struct fj_hash *digest, const uint8_t sig[64], struct fj_err *err)
{
	EVP_PKEY *key = NULL;
	FJ_AUTO(buf) der = FJ_BUF_INIT(96);

	(void)unused;
	FJ_TRY(ver_key_point(xy, &key, err));
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool ok = ctx != NULL && fj_ecdsa_raw_to_der(sig, &der) == FJ_OK && EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	    EVP_PKEY_verify(ctx, der.data, der.len, digest->b, FJ_SHA256_LEN) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok ? FJ_OK : fj_refuse(err, FJ_E_SIGNATURE, "verify", "FIPS 186-5 6.4", "the signature is not this key's", "签名与该密钥不符");
}

enum fj_rc ver_sha256_b64u(struct fj_slice in, char out[44])
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(64);
	struct fj_hash h;

	fj_sha256(in, &h);
	FJ_TRY(fj_b64u_put(&b, FJ_SLICE(h.b, sizeof(h.b))));
	return fj_strcopy(out, 44, fj_buf_str(&b));
}

bool ver_signed_der(EVP_PKEY *key, enum fj_alg named, struct fj_slice tbs, struct fj_slice sig)
{
	bool sm2 = named == FJ_SM2;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *with = EVP_PKEY_CTX_new(key, NULL);
	bool ok = named == ver_key_alg(key) && ctx != NULL && with != NULL && (!sm2 || EVP_PKEY_CTX_set1_id(with, FJ_SM2_ID, strlen(FJ_SM2_ID)) == 1);

	if (ok) {
		EVP_MD_CTX_set_pkey_ctx(ctx, with);
		ok = EVP_DigestVerifyInit(ctx, NULL, sm2 ? EVP_sm3() : EVP_sha256(), NULL, key) == 1 && EVP_DigestVerify(ctx, sig.p, sig.len, tbs.p, tbs.len) == 1;
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_CTX_free(with);
	return ok;
}

bool ver_spki_signed(struct fj_slice spki, struct fj_slice data, struct fj_slice der)
{
	EVP_PKEY *key = NULL;
	bool ok = ver_key_read(spki, &key, NULL) == FJ_OK && ver_signed_der(key, ver_key_alg(key), data, der);

	EVP_PKEY_free(key);
	return ok;
}

bool ver_signed_raw(EVP_PKEY *key, enum fj_alg named, struct fj_slice input, const uint8_t sig[64])
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(96);

	return fj_ecdsa_raw_to_der(sig, &der) == FJ_OK && ver_signed_der(key, named, input, fj_buf_slice(&der));
}

bool ver_visible(struct fj_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] < 0x21 || text.p[i] > 0x7e)
			return false;
	return true;
}
