/*
 * paper.c - what a printed credential says of its bytes: the first 16 or more hex digits
 * of their SHA-256 or SM3, which its QR code carries as ?h= (domain.md 5.2).  A paper
 * that differs is of another version, or of another register.
 */
#include "verifier/internal.h"

#include <openssl/evp.h>

#define H_MIN 16
#define H_MAX 64

static bool hex_of(const EVP_MD *md, struct fj_slice bytes, char out[H_MAX + 1])
{
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (EVP_Digest(bytes.p, bytes.len, sum, &n, md, NULL) != 1 || n != 32)
		return false;
	fj_hex(sum, n, out);
	return true;
}

/* a certificate's digest is that of its DER, whichever form is at hand */
static struct fj_slice as_hashed(struct fj_slice credential, struct fj_buf *der)
{
	struct fj_slice rest = credential;

	if (credential.len < 10 || memcmp(credential.p, "-----BEGIN", 10) != 0)
		return credential;
	return ver_pem_next(&rest, "CERTIFICATE", der, NULL) == FJ_OK ? fj_buf_slice(der) : credential;
}

const char *ver_paper(const char *h, struct fj_slice credential)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	char sha[H_MAX + 1], sm3[H_MAX + 1], low[H_MAX + 1] = "";
	size_t n = strlen(h);

	if (n == 0)
		return "";
	if (n < H_MIN || n > H_MAX || strspn(h, "0123456789abcdefABCDEF") != n)
		return "no digest";
	for (size_t i = 0; i < n; i++)
		low[i] = h[i] >= 'A' && h[i] <= 'F' ? (char)(h[i] + 'a' - 'A') : h[i];
	struct fj_slice bytes = as_hashed(credential, &der);
	bool same = hex_of(EVP_sha256(), bytes, sha) && strncmp(sha, low, n) == 0;
	return same || (hex_of(EVP_sm3(), bytes, sm3) && strncmp(sm3, low, n) == 0) ? "same" : "other";
}
