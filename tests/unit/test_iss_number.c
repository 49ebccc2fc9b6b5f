/* numbers with ISO/IEC 7064 MOD 37,36; one-time codes of RFC 6238 */
#include "issuer/iss.h"
#include "tests/unit/test.h"

TEST("the vectors of domain.md 5.1")
{
	static const struct {
		const char *div6, *month, *want;
		int n;
	} t[] = {{"100000", "2026-03-16T01:00:00Z", "DAC-100000-202603-000001-F", 1}, {"100000", "2026-03-16T01:00:00Z", "DAC-100000-202603-000002-D", 2},
		{"420000", "2026-04-02T01:00:00Z", "DAC-420000-202604-000001-2", 1}, {"520000", "2026-04-02T01:00:00Z", "DAC-520000-202604-000001-F", 1},
		{"450000", "2026-05-12T01:00:00Z", "DAC-450000-202605-000003-7", 3}, {"440300", "2026-05-12T01:00:00Z", "DAC-440300-202605-000001-S", 1}};
	struct fj_err err = {0};
	for (size_t i = 0; i < FJ_ARRAY_LEN(t); i++) {
		fj_time at = 0;
		char out[41];
		CHECK_OK(fj_time_parse(t[i].month, &at, &err));
		CHECK_OK(num_make("DAC", t[i].div6, at, t[i].n, out, &err));
		CHECK_STR(out, t[i].want);
		CHECK_OK(num_check(out, &err));
	}
}

TEST("in this number every wrong character and every swap of two digits is found")
{
	static const char good[] = "DAC-420000-202604-000001-2";
	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		char bad[sizeof(good)];
		if (good[i] == '-')
			continue;
		memcpy(bad, good, sizeof(good));
		for (char c = '0'; c <= '9'; c++) {
			bad[i] = c;
			CHECK((num_check(bad, NULL) == FJ_OK) == (c == good[i]));
		}
		memcpy(bad, good, sizeof(good));
		if (i + 1 < sizeof(good) - 1 && good[i + 1] != '-' && good[i] != good[i + 1]) {
			bad[i] = good[i + 1];
			bad[i + 1] = good[i];
			CHECK(num_check(bad, NULL) != FJ_OK);
		}
	}
}

TEST("RFC 6238 appendix B, SHA-1, the last six digits")
{
	static const struct {
		int64_t t;
		unsigned code;
	} v[] = {{59, 287082}, {1111111109, 81804}, {1111111111, 50471}, {1234567890, 5924}, {2000000000, 279037}, {20000000000, 353130}};
	for (size_t i = 0; i < FJ_ARRAY_LEN(v); i++)
		CHECK(totp_at(fj_slice_str("12345678901234567890"), v[i].t / 30) == v[i].code);
}

TEST("base32 of RFC 4648 10, without padding")
{
	char out[40];
	totp_base32(fj_slice_str("foobar"), out, sizeof(out));
	CHECK_STR(out, "MZXW6YTBOI");
}

TEST_MAIN
