/*
 * The DER reader, walked to every depth.
 *
 * Properties: an element that was read and is written again is octet by octet
 * the same (X.690 10: one encoding for one value), so is a number, an OBJECT
 * IDENTIFIER and a signature; every result lies in the input.
 */
#include "base/der.h"
#include "tests/fuzz/fuzz.h"

#define DEPTH 24

static bool same(int tag, struct fj_slice contents, struct fj_slice whole)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_DER_MAX + 16);

	HOLDS(fj_der_put(&b, tag, contents) == FJ_OK);
	return fj_slice_eq(fj_buf_slice(&b), whole);
}

static void as_number(struct fj_slice whole)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(16);
	struct fj_der d;
	uint64_t v;

	fj_der_init(&d, whole);
	if (fj_der_uint(&d, &v, NULL) != FJ_OK)
		return;
	HOLDS(v <= INT64_MAX && !fj_der_more(&d));
	HOLDS(fj_der_put_uint(&b, v) == FJ_OK && fj_slice_eq(fj_buf_slice(&b), whole));
}

static void as_oid(struct fj_slice val, struct fj_slice whole)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(256);
	struct fj_der d;
	char text[64];

	fj_der_init(&d, whole);
	if (fj_der_oid(&d, text, sizeof(text), NULL) != FJ_OK)
		return;
	HOLDS(strlen(text) < sizeof(text));
	if (fj_der_oid_encode(text, &b) == FJ_OK) /* an arc may be more than the writer takes */
		HOLDS(fj_slice_eq(fj_buf_slice(&b), val));
}

static void as_others(struct fj_slice whole)
{
	struct fj_der d;
	struct fj_slice v;
	uint64_t n;
	unsigned unused;
	bool b;
	fj_time t;

	fj_der_init(&d, whole);
	if (fj_der_bits(&d, &v, &unused, NULL) == FJ_OK)
		HOLDS(unused < 8 && within(v, whole));
	fj_der_init(&d, whole);
	if (fj_der_bool(&d, &b, NULL) == FJ_OK)
		HOLDS(whole.len == 3);
	fj_der_init(&d, whole);
	if (fj_der_enumerated(&d, &n, NULL) == FJ_OK)
		HOLDS(n <= INT64_MAX);
	for (int gentime = 0; gentime < 2; gentime++) {
		fj_der_init(&d, whole);
		if (fj_der_time(&d, gentime, &t, NULL) == FJ_OK)
			HOLDS(t <= FJ_TIME_MAX);
	}
}

static void as_signature(struct fj_slice whole)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(96);
	uint8_t raw[64];

	if (fj_ecdsa_der_to_raw(whole, raw, NULL) != FJ_OK)
		return;
	HOLDS(fj_ecdsa_raw_to_der(raw, &b) == FJ_OK && fj_slice_eq(fj_buf_slice(&b), whole));
}

static void walk(struct fj_slice in, int depth)
{
	struct fj_der d;
	struct fj_slice val, whole;
	int tag;

	fj_der_init(&d, in);
	while (fj_der_more(&d) && fj_der_any(&d, &tag, &val, &whole, NULL) == FJ_OK) {
		HOLDS(within(val, in) && within(whole, in) && same(tag, val, whole));
		as_number(whole);
		as_oid(val, whole);
		as_others(whole);
		as_signature(whole);
		if (depth < DEPTH)
			walk(val, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	walk(FJ_SLICE(data, size), 0);
	return 0;
}
