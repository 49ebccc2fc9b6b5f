/*
 * keys.c - the signer's keys as it has them at hand: public keys to verify each
 * signature with, and the two that sign in our memory.
 *
 * A key is known by its SubjectPublicKeyInfo; one that was not made yet has none.
 * The log's Ed25519 key is libsodium's, in guarded pages; the OCSP keys are OpenSSL's.
 *
 * SM2 signs and verifies over e = SM3(Z || M), Z = SM3(length of id || id || a || b || x_G || y_G ||
 * x_A || y_A) (GM/T 0003.2-2012 5.5).  OpenSSL computes it for itself when it verifies; for the TPM we do.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <sodium.h>

#include "hsm/signer.h"

struct fj_slice signer_spki(const struct hsm_signer *s, unsigned key)
{
	return fj_buf_slice(&s->spki[key]);
}

static EVP_PKEY *public_of(const struct fj_buf *spki)
{
	const uint8_t *p = spki->data;

	return d2i_PUBKEY(NULL, &p, (long)spki->len);
}

/* the OCSP key from its scalar: OpenSSL wants the public point beside it */
static EVP_PKEY *private_of(enum fj_alg alg, const struct fj_secret *scalar)
{
	const char *group = alg == FJ_SM2 ? "SM2" : "prime256v1";
	EVP_PKEY *key = NULL;
	BIGNUM *d = BN_secure_new();
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, alg == FJ_SM2 ? "SM2" : "EC", NULL);
	EC_GROUP *g = EC_GROUP_new_by_curve_name(alg == FJ_SM2 ? NID_sm2 : NID_X9_62_prime256v1);
	EC_POINT *q = g == NULL ? NULL : EC_POINT_new(g);
	uint8_t point[65];

	if (d != NULL && bld != NULL && ctx != NULL && q != NULL && BN_bin2bn(scalar->p, (int)scalar->len, d) != NULL &&
	    EC_POINT_mul(g, q, d, NULL, NULL, NULL) == 1 &&
	    EC_POINT_point2oct(g, q, POINT_CONVERSION_UNCOMPRESSED, point, 65, NULL) == 65 &&
	    OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, 65) == 1 &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1 &&
	    (params = OSSL_PARAM_BLD_to_param(bld)) != NULL && EVP_PKEY_fromdata_init(ctx) == 1)
		if (EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
			key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	EC_POINT_free(q);
	EC_GROUP_free(g);
	BN_clear_free(d);
	return key;
}

static enum fj_rc load_ocsp(struct hsm_signer *s, unsigned role, struct fj_err *err)
{
	FJ_AUTO(secret) scalar = FJ_SECRET_INIT;
	uint8_t *der = NULL;

	FJ_TRY(hsm_tpm_unseal(s->tpm, s->mem.slot[role], &scalar, err));
	s->pub[role] = private_of(hsm_role(role)->alg, &scalar);
	int n = s->pub[role] == NULL ? -1 : i2d_PUBKEY(s->pub[role], &der);
	enum fj_rc rc = n > 0 ? fj_buf_put(&s->spki[role], der, (size_t)n) : FJ_E_CRYPTO;
	OPENSSL_free(der);
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, HSM_LAYER, NULL, "the sealed OCSP key is not usable");
}

/* SubjectPublicKeyInfo by RFC 8410 4 */
static enum fj_rc load_note(struct hsm_signer *s, struct fj_err *err)
{
	static const uint8_t head[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
	FJ_AUTO(secret) seed = FJ_SECRET_INIT;
	uint8_t pk[crypto_sign_PUBLICKEYBYTES];
	struct fj_buf *spki = &s->spki[HSM_NOTE];

	FJ_TRY(hsm_tpm_unseal(s->tpm, s->mem.slot[HSM_NOTE], &seed, err));
	fj_secret_release(&s->note);
	FJ_TRY(fj_secret_new(&s->note, crypto_sign_SECRETKEYBYTES, err));
	if (crypto_sign_seed_keypair(pk, s->note.p, seed.p) != 0 || fj_buf_put(spki, head, sizeof(head)) != FJ_OK || fj_buf_put(spki, pk, sizeof(pk)) != FJ_OK)
		return fj_fail(err, FJ_E_CRYPTO, HSM_LAYER, NULL, "the sealed key of the log is not usable");
	return FJ_OK;
}

static enum fj_rc load_tpm(struct hsm_signer *s, unsigned role, struct fj_err *err)
{
	FJ_TRY(hsm_tpm_public(s->tpm, s->mem.slot[role], &s->spki[role], err));
	s->pub[role] = public_of(&s->spki[role]);
	return s->pub[role] != NULL ? FJ_OK : fj_fail(err, FJ_E_CRYPTO, HSM_LAYER, NULL, "a key of the TPM is not usable");
}

enum fj_rc signer_load_keys(struct hsm_signer *s, struct fj_err *err)
{
	for (unsigned r = HSM_ROOT; r < HSM_KEY_END; r++) {
		fj_buf_release(&s->spki[r]);
		fj_buf_init(&s->spki[r], 512);
		EVP_PKEY_free(s->pub[r]);
		s->pub[r] = NULL;
		if (s->mem.slot[r] == 0 || hsm_role(r)->where == HSM_OFFICERS || r == HSM_NEWER(HSM_NOTE)) /* the last is the same key, sealed anew */
			continue; /* a ceremony was cut before it, or the role has one key, or it is none */
		FJ_TRY(hsm_role(r)->where != HSM_SEALED ? load_tpm(s, r, err) : r == HSM_NOTE ? load_note(s, err) : load_ocsp(s, r, err));
	}
	return FJ_OK;
}

/* --- signatures by a key's algorithm --- */

static bool digest_all(const EVP_MD *md, const struct fj_slice *part, size_t n, struct fj_hash *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, md, NULL) == 1;

	for (size_t i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(ctx, part[i].p, part[i].len) == 1;
	ok = ok && EVP_DigestFinal_ex(ctx, out->b, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

enum fj_rc signer_digest(const struct hsm_signer *s, unsigned k, struct fj_slice data, struct fj_hash *out, struct fj_err *err)
{
	const struct fj_buf *spki = &s->spki[k];
	struct fj_hash z;

	if (hsm_role(k)->alg != FJ_SM2) {
		fj_sha256(data, out);
		return FJ_OK;
	}
	struct fj_slice key[] = {fj_sm2_head, FJ_SLICE(spki->data + spki->len - 64, 64)};
	struct fj_slice msg[] = {FJ_SLICE(z.b, sizeof(z.b)), data};
	return digest_all(EVP_sm3(), key, 2, &z) && digest_all(EVP_sm3(), msg, 2, out) ? FJ_OK
	    : fj_fail(err, FJ_E_CRYPTO, HSM_LAYER, NULL, "SM3 of what is to be signed could not be computed");
}

/* a context that signs or verifies by an algorithm of a key; the caller frees both */
static EVP_MD_CTX *context(EVP_PKEY *of, enum fj_alg alg, bool sign, EVP_PKEY_CTX **key)
{
	const EVP_MD *md = alg == FJ_SM2 ? EVP_sm3() : EVP_sha256();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	*key = of != NULL ? EVP_PKEY_CTX_new(of, NULL) : NULL;
	if (ctx == NULL || *key == NULL || (alg == FJ_SM2 && EVP_PKEY_CTX_set1_id(*key, FJ_SM2_ID, strlen(FJ_SM2_ID)) != 1))
		goto bad;
	EVP_MD_CTX_set_pkey_ctx(ctx, *key);
	if ((sign ? EVP_DigestSignInit : EVP_DigestVerifyInit)(ctx, NULL, md, NULL, of) == 1)
		return ctx;
bad:
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_CTX_free(*key);
	*key = NULL;
	return NULL;
}

bool signer_key_verifies(EVP_PKEY *of, enum fj_alg alg, struct fj_slice data, struct fj_slice der_sig)
{
	EVP_PKEY_CTX *key;
	EVP_MD_CTX *ctx = context(of, alg, false, &key);
	bool ok = ctx != NULL && EVP_DigestVerify(ctx, der_sig.p, der_sig.len, data.p, data.len) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_CTX_free(key);
	return ok;
}

bool signer_verifies(const struct hsm_signer *s, unsigned k, struct fj_slice data, struct fj_slice der_sig)
{
	return signer_key_verifies(s->pub[k], hsm_role(k)->alg, data, der_sig);
}

enum fj_rc signer_sign_soft(const struct hsm_signer *s, unsigned k, struct fj_slice data, uint8_t raw[64], struct fj_err *err)
{
	uint8_t der[96];
	size_t n = sizeof(der);
	EVP_PKEY_CTX *key;
	EVP_MD_CTX *ctx = context(s->pub[k], hsm_role(k)->alg, true, &key);
	bool ok = ctx != NULL && EVP_DigestSign(ctx, der, &n, data.p, data.len) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_CTX_free(key);
	if (!ok)
		return fj_fail(err, FJ_E_CRYPTO, HSM_LAYER, NULL, "the OCSP key could not sign");
	return fj_ecdsa_der_to_raw(FJ_SLICE(der, n), raw, err);
}

bool signer_note_verifies(const struct hsm_signer *s, struct fj_slice text, const uint8_t sig[64])
{
	const struct fj_buf *spki = &s->spki[HSM_NOTE];

	return spki->len > crypto_sign_PUBLICKEYBYTES &&
	    crypto_sign_verify_detached(sig, text.p, text.len, spki->data + spki->len - crypto_sign_PUBLICKEYBYTES) == 0;
}
