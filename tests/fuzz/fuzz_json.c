/*
 * Strict JSON in, canonical JSON out.
 *
 * Properties: what was accepted has a canonical form, no longer than the input;
 * that form reads to the same value and is its own canonical form.  Getters stay
 * in their bounds.
 */
#include "base/json.h"
#include "tests/fuzz/fuzz.h"

#define MAX 65536

static void getters(const json_t *j)
{
	const char *key, *text;
	json_t *v, *sub;
	int64_t n;

	json_object_foreach((json_t *)(uintptr_t)j, key, v) {
		if (fj_json_str(j, key, 20, &text, NULL) == FJ_OK)
			HOLDS(fj_utf8_count(text) >= 1 && fj_utf8_count(text) <= 20);
		if (fj_json_int(j, key, -5, 500, &n, NULL) == FJ_OK)
			HOLDS(n >= -5 && n <= 500);
		if (fj_json_arr(j, key, 3, &sub, NULL) == FJ_OK)
			HOLDS(json_array_size(sub) <= 3);
		if (fj_json_obj(j, key, &sub, NULL) == FJ_OK)
			getters(sub);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FJ_AUTO(buf) one = FJ_BUF_INIT(MAX);
	FJ_AUTO(buf) two = FJ_BUF_INIT(MAX);
	FJ_AUTO(json) a = NULL;
	FJ_AUTO(json) b = NULL;
	struct fj_err err = {.rc = FJ_OK};

	if (fj_json_parse(FJ_SLICE(data, size), MAX, &a, &err) != FJ_OK) {
		FJ_AUTO(json) said = fj_err_json(&err);
		HOLDS(a == NULL && said != NULL);
		return 0;
	}
	HOLDS(fj_json_canonical(a, &one, NULL) == FJ_OK && one.len <= size);
	HOLDS(fj_json_parse(fj_buf_slice(&one), MAX, &b, NULL) == FJ_OK && json_equal(a, b));
	HOLDS(fj_json_canonical(b, &two, NULL) == FJ_OK && fj_slice_eq(fj_buf_slice(&one), fj_buf_slice(&two)));
	getters(a);
	return 0;
}
