/*
 * The small decoders of base: wire fields, hex, both base64 alphabets, UTF-8,
 * times and dates.
 *
 * Properties: base64 and hex have one spelling of one value (hex: two cases);
 * a time that was read is written the same; a string from a frame is UTF-8.
 */
#include "base/clock.h"
#include "tests/fuzz/fuzz.h"

#define MAX 65536

static void base64(const char *in, size_t n)
{
	FJ_AUTO(buf) raw = FJ_BUF_INIT(MAX);
	FJ_AUTO(buf) text = FJ_BUF_INIT(2 * MAX);

	if (fj_b64u_get(in, n, &raw) == FJ_OK)
		HOLDS(fj_b64u_put(&text, fj_buf_slice(&raw)) == FJ_OK && fj_slice_eq(fj_buf_slice(&text), FJ_SLICE(in, n)));
	fj_buf_clear(&raw);
	fj_buf_clear(&text);
	if (fj_b64_get(in, n, &raw) == FJ_OK)
		HOLDS(fj_b64_put(&text, fj_buf_slice(&raw)) == FJ_OK && fj_slice_eq(fj_buf_slice(&text), FJ_SLICE(in, n)));
}

static void hex(const char *in, size_t n)
{
	uint8_t raw[64];
	char text[129];

	if (n > 128 || fj_unhex(in, n, raw) != FJ_OK)
		return;
	fj_hex(raw, n / 2, text);
	HOLDS(strlen(text) == n && strncasecmp(text, in, n) == 0);
}

static void times(const char *s)
{
	char text[FJ_TIME_CAP];
	fj_time t;

	if (fj_time_parse(s, &t, NULL) == FJ_OK) {
		HOLDS(t >= 0 && t <= FJ_TIME_MAX);
		fj_time_utc(t, text);
		HOLDS(strcmp(text, s) == 0);
	}
	if (fj_date_parse(s, &t, NULL) == FJ_OK) {
		fj_date_china(t, text);
		HOLDS(strcmp(text, s) == 0);
		HOLDS(fj_term_end(t, 1) > t);
	}
}

static void fields(struct fj_slice in)
{
	struct fj_rd r;
	struct fj_slice s;
	char text[32];
	uint8_t kind;
	uint64_t n;

	fj_rd_init(&r, in);
	while (fj_get_u8(&r, &kind) == FJ_OK) {
		size_t left = fj_rd_left(&r);
		if (kind % 4 == 0 && fj_get_str(&r, text, sizeof(text)) == FJ_OK)
			HOLDS(strlen(text) < sizeof(text) && fj_utf8_valid(fj_slice_str(text)));
		else if (kind % 4 == 1 && fj_get_bytes(&r, 64, &s) == FJ_OK)
			HOLDS(s.len <= 64 && within(s, in));
		else if (kind % 4 == 2 && fj_get_u64(&r, &n) == FJ_OK)
			HOLDS(fj_rd_left(&r) == left - 8);
		HOLDS(fj_rd_left(&r) <= left);
	}
	HOLDS(fj_rd_end(&r) == FJ_OK);
}

static void utf8(const char *s)
{
	size_t count = fj_utf8_count(s);

	if (fj_utf8_valid(fj_slice_str(s)))
		for (size_t n = 0; n <= count; n += 1 + count / 8) {
			size_t cut = fj_utf8_prefix(s, n);
			HOLDS(cut <= strlen(s) && fj_utf8_valid(FJ_SLICE(s, cut)));
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FJ_AUTO(str) s = fj_strndup((const char *)data, size);

	if (size > MAX || s == NULL)
		return 0;
	base64((const char *)data, size);
	hex((const char *)data, size);
	fields(FJ_SLICE(data, size));
	times(s);
	utf8(s);
	return 0;
}
