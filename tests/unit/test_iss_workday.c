/*
 * test_iss_workday.c - terms in working days: the vectors of domain.md 5.4.
 */
#include "issuer/workday.h"
#include "tests/unit/test.h"

static const char *term(const char *from, int64_t n, bool day_one)
{
	static char out[FJ_TIME_CAP];
	FJ_AUTO(json) holidays = json_pack("[s, s]", "2026-04-06", "2026-10-01");
	FJ_AUTO(json) workdays = json_pack("[s]", "2026-10-10");
	fj_time t = 0;

	if (fj_date_parse(from, &t, NULL) != FJ_OK)
		return "?";
	fj_time_china(wd_term(t + 9 * 3600, n, day_one, holidays, workdays), out);
	return out;
}

TEST("terms end with their last working day")
{
	CHECK_STR(term("2026-03-02", 3, false), "2026-03-05 23:59:59 +08:00");
	CHECK_STR(term("2026-03-02", 20, false), "2026-03-30 23:59:59 +08:00");
	CHECK_STR(term("2026-03-31", 10, false), "2026-04-15 23:59:59 +08:00");
	CHECK_STR(term("2026-03-31", 5, false), "2026-04-08 23:59:59 +08:00");
}

TEST("the first day counts when the profile says so")
{
	CHECK_STR(term("2026-03-31", 5, true), "2026-04-07 23:59:59 +08:00");
	CHECK_STR(term("2026-04-04", 1, true), "2026-04-07 23:59:59 +08:00"); /* Saturday, Sunday, holiday */
}

TEST("a worked weekend day is a working day")
{
	CHECK_STR(term("2026-10-09", 1, false), "2026-10-10 23:59:59 +08:00");
	CHECK_STR(term("2026-10-16", 1, false), "2026-10-19 23:59:59 +08:00");
}

TEST("a year without holidays is not known")
{
	FJ_AUTO(json) holidays = json_pack("[s]", "2026-04-06");
	fj_time t = 0;

	CHECK(fj_date_parse("2026-12-31", &t, NULL) == FJ_OK);
	CHECK(wd_year_known(t, holidays));
	CHECK(!wd_year_known(t + 86400, holidays));
}

TEST("what is left of a term counts its last day, not today; what is over counts below zero")
{
	FJ_AUTO(json) holidays = json_pack("[s]", "2026-04-06");
	FJ_AUTO(json) workdays = json_array();
	fj_time from = 0, to = 0, year = 400 * 86400;

	CHECK(fj_date_parse("2026-04-01", &from, NULL) == FJ_OK && fj_date_parse("2026-04-08", &to, NULL) == FJ_OK);
	CHECK(wd_left(from + 9 * 3600, to + 86399, holidays, workdays) == 4); /* 2, 3, 7, 8: a weekend and a holiday between */
	CHECK(wd_left(to + 3600, to + 86399, holidays, workdays) == 0);
	CHECK(wd_left(to + 9 * 3600, from, holidays, workdays) == -4);
	CHECK(wd_left(from, from + 10 * year, holidays, workdays) == 400);
}

TEST_MAIN
