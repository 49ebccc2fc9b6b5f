/*
 * The body of an add-checkpoint, as anybody may send it to a witness (verifier/witness/add.c).
 *
 * Properties: what is read lies in the body and within its maxima, and the request that is
 * written from it is the same octets: there is one spelling.
 */
#include "tests/fuzz/fuzz.h"
#include "verifier/witness/witness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct wit_ask a;
	FJ_AUTO(buf) again = FJ_BUF_INIT(2 * WIT_BODY);
	struct fj_slice in = FJ_SLICE(data, n);

	if (wit_ask_read(in, &a, NULL) != FJ_OK)
		return 0;
	HOLDS(a.proof.n <= WIT_PROOF_LINES && a.old <= INT64_MAX && within(a.bytes, in) && a.bytes.len <= WIT_NOTE && a.note.n > 0);
	HOLDS(fj_buf_printf(&again, "old %llu\n", (unsigned long long)a.old) == FJ_OK);
	for (size_t i = 0; i < a.proof.n; i++)
		HOLDS(fj_b64_put(&again, FJ_SLICE(a.proof.h[i].b, FJ_SHA256_LEN)) == FJ_OK && fj_buf_puts(&again, "\n") == FJ_OK);
	HOLDS(fj_buf_puts(&again, "\n") == FJ_OK && fj_buf_put(&again, a.bytes.p, a.bytes.len) == FJ_OK);
	HOLDS(fj_slice_eq(fj_buf_slice(&again), in));
	return 0;
}
