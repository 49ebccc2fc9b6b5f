/*
 * digest.c - the digest that a TPM is asked to sign of a structure, and a key's identifier.
 */
#include <openssl/evp.h>

#include "officer/officer.h"

static bool sm3(struct fj_slice a, struct fj_slice b, uint8_t out[32])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sm3(), NULL) == 1 && EVP_DigestUpdate(ctx, a.p, a.len) == 1 &&
	    EVP_DigestUpdate(ctx, b.p, b.len) == 1 && EVP_DigestFinal_ex(ctx, out, NULL) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

enum fj_rc ofc_digest(enum fj_alg alg, const uint8_t xy[64], struct fj_slice structure, struct fj_hash *out, struct fj_err *err)
{
	uint8_t z[32];

	if (alg != FJ_SM2) {
		fj_sha256(structure, out);
		return FJ_OK;
	}
	return sm3(fj_sm2_head, FJ_SLICE(xy, 64), z) && sm3(FJ_SLICE(z, sizeof(z)), structure, out->b) ? FJ_OK
	    : fj_fail(err, FJ_E_CRYPTO, OFC_LAYER, NULL, "SM3 of the structure could not be computed");
}

enum fj_rc ofc_key_id(struct fj_slice point, uint8_t out[20], struct fj_err *err)
{
	unsigned n = 20;

	return EVP_Digest(point.p, point.len, out, &n, EVP_sha1(), NULL) == 1 && n == 20 ? FJ_OK
	    : fj_fail(err, FJ_E_CRYPTO, OFC_LAYER, NULL, "SHA-1 of the key could not be computed");
}
