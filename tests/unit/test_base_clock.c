/* the calendar, terms, written times */
#include "base/clock.h"
#include "tests/unit/test.h"

static fj_time at(const char *s)
{
	fj_time t = -1;

	return fj_time_parse(s, &t, NULL) == FJ_OK ? t : -1;
}

TEST("times are written and read alike, from 1970 to 9999")
{
	static const char *const good[] = {"1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "2026-03-16T08:00:00Z", "9999-12-31T23:59:59Z"};
	char out[FJ_TIME_CAP];
	for (size_t i = 0; i < FJ_ARRAY_LEN(good); i++) {
		fj_time_utc(at(good[i]), out);
		CHECK_STR(out, good[i]);
	}
	CHECK(at("2026-03-16T08:00:00Z") == 1773648000);
}

TEST("what is no time is refused")
{
	static const char *const bad[] = {"", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:60Z",
		"2026-01-01 00:00:00Z", "2026-01-01T00:00:00+08:00", "2026-01-01T00:00:00.5Z", "2026-1-1T00:00:00Z", "1969-12-31T23:59:59Z"};
	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++)
		CHECK(at(bad[i]) == -1);
}

TEST("five years from 2026-03-16 end on 2031-03-15 at 23:59:59 +08:00 (domain.md 5.3)")
{
	char out[FJ_TIME_CAP];
	fj_time_china(fj_term_end(at("2026-03-16T01:00:00Z"), 5), out);
	CHECK_STR(out, "2031-03-15 23:59:59 +08:00");
	fj_time_china(fj_term_end(at("2028-02-29T01:00:00Z"), 1), out);
	CHECK_STR(out, "2029-02-28 23:59:59 +08:00"); /* a missing 29 February counts as 1 March */
	fj_time_china(fj_term_end(at("2026-12-31T17:00:00Z"), 3), out);
	CHECK_STR(out, "2029-12-31 23:59:59 +08:00"); /* it is 2027-01-01 in China */
}

TEST("every day of 400 years comes back")
{
	for (fj_time t = 0; t < INT64_C(400) * 366 * 86400; t += 86400) {
		struct fj_date d = fj_date_of(t, 0);
		CHECK(fj_time_of(d, 0, 0, 0, 0) == t);
	}
}

TEST_MAIN
