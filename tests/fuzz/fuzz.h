/*
 * fuzz.h - what every target shares: the entry point, and the one way to say
 * that a property does not hold.
 *
 * A target is deterministic: the same octets do the same thing in libFuzzer
 * (`make fuzz`) and in replay.c (`make check`).  Targets run in the root of the
 * source tree; files that they need are under tests/fuzz/.
 */
#ifndef FJ_FUZZ_H
#define FJ_FUZZ_H

#include "base/buf.h"
#include "base/secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

__attribute__((constructor)) static void fuzz_begin(void)
{
	fj_sodium_init(); /* libFuzzer's main doesn't know of it */
}

/* a property of the parser, whatever the input */
#define HOLDS(cond)                                                             \
	do {                                                                    \
		if (!(cond)) {                                                  \
			fprintf(stderr, "# %s:%d: it does not hold: %s\n",      \
			    __FILE__, __LINE__, #cond);                         \
			abort();                                                \
		}                                                               \
	} while (0)

/* the part of a slice's owner that it claims: borrowed results lie in the input */
static inline bool within(struct fj_slice part, struct fj_slice whole)
{
	return part.len == 0 || (part.p >= whole.p && part.p + part.len <= whole.p + whole.len);
}

#endif
