/* a key in whatever form it was found: one fingerprint (lessons.md 9) */
#include "ca/internal.h"
#include "tests/unit/test.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

struct pair {
	EVP_PKEY *key;
	struct fj_hash hash; /* of its SubjectPublicKeyInfo, as OpenSSL writes it */
};

static struct pair make(const char *curve)
{
	struct pair p = {.key = EVP_EC_gen(curve)};
	uint8_t *der = NULL;
	int n = i2d_PUBKEY(p.key, &der);

	fj_sha256(FJ_SLICE(der, n > 0 ? (size_t)n : 0), &p.hash);
	OPENSSL_free(der);
	return p;
}

/* what fn writes, as a slice that stands until the next call */
static struct fj_slice written(int (*fn)(const EVP_PKEY *, uint8_t **), const EVP_PKEY *key)
{
	static uint8_t *der;

	OPENSSL_free(der);
	der = NULL;
	int n = fn(key, &der);
	return FJ_SLICE(der, n > 0 ? (size_t)n : 0);
}

static bool same(struct fj_slice file, const struct pair *p, bool private_half)
{
	struct ca_found f;
	struct fj_err err = {0};

	return ca_found_key(file, &f, &err) == FJ_OK && f.read && f.private_half == private_half && memcmp(f.spki_sha256.b, p->hash.b, FJ_SHA256_LEN) == 0;
}

TEST("SubjectPublicKeyInfo and SEC1 of P-256, P-384 and SM2 give the same fingerprint, in PEM too")
{
	static const char *const curves[] = {"P-256", "P-384", "SM2"};
	struct fj_err err = {0};
	for (size_t i = 0; i < FJ_ARRAY_LEN(curves); i++) {
		struct pair p = make(curves[i]);
		FJ_AUTO(buf) pem = FJ_BUF_INIT(4096);
		CHECK(same(written(i2d_PUBKEY, p.key), &p, false));
		CHECK_OK(fj_pem_put(&pem, "PUBLIC KEY", written(i2d_PUBKEY, p.key)));
		CHECK(same(fj_buf_slice(&pem), &p, false));
		CHECK(same(written(i2d_PrivateKey, p.key), &p, true));
		fj_buf_clear(&pem);
		CHECK_OK(fj_buf_puts(&pem, "somebody wrote this above it\n"));
		CHECK_OK(fj_pem_put(&pem, "EC PRIVATE KEY", written(i2d_PrivateKey, p.key)));
		CHECK(same(fj_buf_slice(&pem), &p, true));
		EVP_PKEY_free(p.key);
	}
}

TEST("every octet of a private key's file changed: another key, or a refusal with its reason, never the same with other octets in the point")
{
	struct pair p = make("P-256");
	struct fj_slice der = written(i2d_PrivateKey, p.key);
	struct fj_err err = {0};
	FJ_AUTO(buf) copy = FJ_BUF_INIT(4096);
	CHECK_OK(fj_buf_put(&copy, der.p, der.len));
	for (size_t i = 0; i < copy.len; i++) {
		struct ca_found f;
		err = (struct fj_err){0};
		copy.data[i] ^= 1;
		enum fj_rc rc = ca_found_key(fj_buf_slice(&copy), &f, &err);
		CHECK(rc != FJ_OK && !f.read && err.en[0] != '\0' && err.zh[0] != '\0'); /* the halves fit no more */
		copy.data[i] ^= 1;
	}
	for (size_t n = 0; n < copy.len; n++) {
		struct ca_found f;
		CHECK(ca_found_key(FJ_SLICE(copy.data, n), &f, NULL) != FJ_OK);
	}
	EVP_PKEY_free(p.key);
}

TEST("a scalar that is none of the curve, a point that is not on it, and a file that is too long")
{
	struct ca_found f;
	struct fj_err err = {0};
	FJ_AUTO(buf) sec1 = FJ_BUF_INIT(256);
	static const uint8_t head[] = {0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20}, tail[] = {0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
	uint8_t scalar[32];
	for (int fill = 0; fill < 2; fill++) { /* 0, and above the order */
		fj_buf_clear(&sec1);
		memset(scalar, fill == 0 ? 0 : 0xff, sizeof(scalar));
		CHECK_OK(fj_buf_put(&sec1, head, sizeof(head)));
		CHECK_OK(fj_buf_put(&sec1, scalar, sizeof(scalar)));
		CHECK_OK(fj_buf_put(&sec1, tail, sizeof(tail)));
		CHECK_RC(ca_found_key(fj_buf_slice(&sec1), &f, &err), FJ_E_INVALID);
	}
	memset(sec1.data + sizeof(head), 1, sizeof(scalar));
	CHECK_OK(ca_found_key(fj_buf_slice(&sec1), &f, &err));
	CHECK(f.private_half);
	CHECK_RC(ca_found_key(fj_slice_str("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"), &f, &err), FJ_E_INVALID);
	FJ_AUTO(buf) much = FJ_BUF_INIT(20000);
	for (int i = 0; i < 17000; i++)
		CHECK_OK(fj_put_u8(&much, '-'));
	CHECK_RC(ca_found_key(fj_buf_slice(&much), &f, &err), FJ_E_LIMIT);
	CHECK_RC(ca_found_key(FJ_SLICE(NULL, 0), &f, &err), FJ_E_LIMIT);
}

TEST("the hash of x and y alone is that of the whole key")
{
	struct pair p = make("P-256");
	struct fj_slice der = written(i2d_PUBKEY, p.key);
	struct fj_hash h;
	struct fj_err err = {0};
	CHECK(der.len == 91);
	CHECK_OK(ca_p256_hash(der.p + 27, &h, &err));
	CHECK(memcmp(h.b, p.hash.b, FJ_SHA256_LEN) == 0);
	EVP_PKEY_free(p.key);
}

TEST_MAIN
