/*
 * secret.c - secrets in guarded, locked memory, and the house's randomness.
 *
 * The generator is libsodium's.  A test may put a deterministic one in its place;
 * it is a counter under the test's seed, so two runs draw the same numbers.  The
 * product never calls that function (a lint looks).
 */
#include "base/secret.h"

#include <sodium.h>
#include <stdatomic.h>
#include <unistd.h>

static uint8_t test_seed[32];
static atomic_bool test_seeded;
static atomic_uint_fast64_t test_counter;

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

enum fj_rc fj_secret_random(struct fj_secret *s, size_t len, struct fj_err *err)
{
	FJ_TRY(fj_secret_new(s, len, err));
	fj_random(s->p, len);
	return FJ_OK;
}

bool fj_secret_eq(const struct fj_secret *a, struct fj_slice b)
{
	return a->len == b.len && a->len > 0 && sodium_memcmp(a->p, b.p, a->len) == 0;
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

/* each draw is SHA-512 blocks of seed and a counter that never repeats */
static void draw_for_test(uint8_t *p, size_t n)
{
	while (n > 0) {
		uint8_t block[crypto_hash_sha512_BYTES], in[40];
		uint64_t c = atomic_fetch_add(&test_counter, 1);
		size_t take = n < sizeof(block) ? n : sizeof(block);

		memcpy(in, test_seed, 32);
		memcpy(in + 32, &c, 8);
		crypto_hash_sha512(block, in, sizeof(in));
		memcpy(p, block, take);
		p += take;
		n -= take;
	}
}

void fj_random(void *p, size_t n)
{
	if (atomic_load(&test_seeded))
		draw_for_test(p, n);
	else
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

void fj_random_seed_for_test(const uint8_t seed[32])
{
	if (seed != NULL)
		memcpy(test_seed, seed, 32);
	atomic_store(&test_counter, 0);
	atomic_store(&test_seeded, seed != NULL);
}
