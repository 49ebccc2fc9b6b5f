/*
 * totp.c - one-time codes: RFC 6238 with SHA-1, 6 digits, 30 s, as every
 * authenticator app has it (RFC 4226 5.3 for the truncation).
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "issuer/iss.h"

unsigned totp_at(struct fj_slice secret, int64_t step)
{
	uint8_t msg[8], mac[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	for (int i = 0; i < 8; i++)
		msg[i] = (uint8_t)(step >> (56 - 8 * i));
	if (HMAC(EVP_sha1(), secret.p, (int)secret.len, msg, sizeof(msg), mac, &n) == NULL || n != 20)
		return 1000000; /* no code of six digits equals this */
	unsigned o = mac[19] & 15;
	uint32_t v = ((uint32_t)(mac[o] & 0x7f) << 24) | (uint32_t)mac[o + 1] << 16 | (uint32_t)mac[o + 2] << 8 | mac[o + 3];
	return v % 1000000;
}

void totp_base32(struct fj_slice in, char *out, size_t cap)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint32_t acc = 0;
	int bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < in.len; i++) {
		acc = acc << 8 | in.p[i];
		for (bits += 8; bits >= 5 && n + 1 < cap; bits -= 5)
			out[n++] = alphabet[(acc >> (bits - 5)) & 31];
	}
	if (bits > 0 && n + 1 < cap)
		out[n++] = alphabet[(acc << (5 - bits)) & 31];
	out[n] = '\0';
}
