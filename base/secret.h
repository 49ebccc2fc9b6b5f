/*
 * secret.h - secrets are a type of their own: libsodium guarded memory,
 * locked, wiped on release, never printed.
 */
#ifndef FJ_BASE_SECRET_H
#define FJ_BASE_SECRET_H

#include "base/buf.h"

struct fj_secret {
	uint8_t *p; /* sodium_malloc; read-write while the owner lives */
	size_t len;
};
#define FJ_SECRET_INIT {NULL, 0}
/* new, zeroed secret of len octets (1..65536); FJ_E_NOMEM if memory can't be had */
enum fj_rc fj_secret_new(struct fj_secret *s, size_t len, struct fj_err *err) FJ_MUST_USE;
/* copy of in, whose source the caller wipes itself */
enum fj_rc fj_secret_copy(struct fj_secret *s, struct fj_slice in, struct fj_err *err) FJ_MUST_USE;
void fj_secret_release(struct fj_secret *s);
FJ_DEFINE_AUTO(secret, struct fj_secret, fj_secret_release)
void fj_wipe(void *p, size_t n); /* not optimised away */

/* Randomness: libsodium's generator.  fj_sodium_init runs once per process before
 * anything else and exits(3) with a line on stderr if it can't. */
void fj_sodium_init(void);
void fj_random(void *p, size_t n);
uint32_t fj_random_below(uint32_t upper); /* unbiased, 0..upper-1; upper > 0 */

#endif
