/*
 * secret.c - secrets in guarded, locked memory, and the house's randomness.
 *
 * The generator is libsodium's, and there is no way to put another in its place.
 */
#include "base/secret.h"

#include <sodium.h>
#include <unistd.h>

void fj_sodium_init(void)
{
	if (sodium_init() >= 0)
		return;
	fprintf(stderr, "libsodium could not start: no randomness\n");
	_exit(3);
}

enum fj_rc fj_secret_new(struct fj_secret *s, size_t len, struct fj_err *err)
{
	if (len < 1 || len > 65536)
		return fj_fail(err, FJ_E_LIMIT, "base", NULL, "a secret has 1 to 65536 octets, not %zu", len);
	s->p = sodium_malloc(len);
	if (s->p == NULL)
		return fj_fail(err, FJ_E_NOMEM, "base", NULL, "no locked memory for a secret; raise RLIMIT_MEMLOCK");
	memset(s->p, 0, len);
	s->len = len;
	return FJ_OK;
}

enum fj_rc fj_secret_copy(struct fj_secret *s, struct fj_slice in, struct fj_err *err)
{
	FJ_TRY(fj_secret_new(s, in.len, err));
	memcpy(s->p, in.p, in.len);
	return FJ_OK;
}

void fj_secret_release(struct fj_secret *s)
{
	if (s->p != NULL)
		sodium_free(s->p);
	s->p = NULL;
	s->len = 0;
}

void fj_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}

void fj_random(void *p, size_t n)
{
	randombytes_buf(p, n);
}

uint32_t fj_random_below(uint32_t upper)
{
	uint32_t v, reject = upper > 1 ? (uint32_t)(-upper) % upper : 0; /* 2^32 mod upper */

	if (upper <= 1)
		return 0;
	do
		fj_random(&v, sizeof(v));
	while (v < reject);
	return v % upper;
}
