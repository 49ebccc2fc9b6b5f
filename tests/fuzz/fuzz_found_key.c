/*
 * A key as it was found, in any form (ca/found_key.c).
 *
 * Property: what was read has a fingerprint, and reading is a function of the
 * octets; what was not read says why in both languages, and has no fingerprint.
 */
#include "ca/ca.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fj_hash none;
	struct ca_found f, again;
	struct fj_err err = {.rc = FJ_OK};

	if (ca_found_key(FJ_SLICE(data, size), &f, &err) == FJ_OK) {
		HOLDS(f.read && memcmp(f.spki_sha256.b, none.b, FJ_SHA256_LEN) != 0);
		HOLDS(f.certificate == (memcmp(f.certificate_sha256.b, none.b, FJ_SHA256_LEN) != 0));
		HOLDS(ca_found_key(FJ_SLICE(data, size), &again, NULL) == FJ_OK && memcmp(f.spki_sha256.b, again.spki_sha256.b, FJ_SHA256_LEN) == 0);
	} else
		HOLDS(!f.read && err.en[0] != '\0' && memcmp(f.spki_sha256.b, none.b, FJ_SHA256_LEN) == 0);
	return 0;
}
