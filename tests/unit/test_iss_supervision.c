/*
 * test_iss_supervision.c - scores, periods and sums of supervision: whole numbers
 * only, to the last basis point, day and fen.
 */
#include "issuer/supervision.h"
#include "tests/unit/test.h"

static fj_time day(const char *s)
{
	fj_time t = 0;

	return fj_date_parse(s, &t, NULL) == FJ_OK ? t : -1;
}

static json_t *mark(int weight, int score)
{
	return json_pack("{s:s, s:i, s:i}", "name", "x", "weight_bp", weight, "score", score);
}

TEST("the score is the weighted mean, in basis points, rounded down")
{
	struct fj_err err = {0};
	int64_t bp = -1;
	FJ_AUTO(json) four = json_pack("[o, o, o]", mark(4000, 55), mark(3500, 40), mark(2500, 64));
	CHECK_OK(evl_score(four, &bp, &err));
	CHECK(bp == 5200); /* case 4 */
	FJ_AUTO(json) full = json_pack("[o]", mark(10000, 100));
	CHECK_OK(evl_score(full, &bp, &err));
	CHECK(bp == 10000);
	FJ_AUTO(json) none = json_pack("[o]", mark(10000, 0));
	CHECK_OK(evl_score(none, &bp, &err));
	CHECK(bp == 0);
	FJ_AUTO(json) odd = json_pack("[o, o]", mark(3333, 100), mark(6667, 1)); /* 339,967 of 1,000,000 */
	CHECK_OK(evl_score(odd, &bp, &err));
	CHECK(bp == 3399);
}

TEST("weights sum to 10,000, marks are whole and of 0 to 100, nothing else stands there")
{
	struct fj_err err = {0};
	int64_t bp;
	FJ_AUTO(json) less = json_pack("[o, o]", mark(4000, 55), mark(5999, 40));
	CHECK_RC(evl_score(less, &bp, &err), FJ_E_INVALID);
	FJ_AUTO(json) more = json_pack("[o, o]", mark(4001, 55), mark(6000, 40));
	CHECK_RC(evl_score(more, &bp, &err), FJ_E_INVALID);
	FJ_AUTO(json) high = json_pack("[o]", mark(10000, 101));
	CHECK_RC(evl_score(high, &bp, &err), FJ_E_INVALID);
	FJ_AUTO(json) low = json_pack("[o]", mark(10000, -1));
	CHECK_RC(evl_score(low, &bp, &err), FJ_E_INVALID);
	FJ_AUTO(json) zero = json_pack("[o, o]", mark(10000, 50), mark(0, 50));
	CHECK_RC(evl_score(zero, &bp, &err), FJ_E_INVALID);
	FJ_AUTO(json) half = json_pack("[{s:s, s:i, s:f}]", "name", "x", "weight_bp", 10000, "score", 52.5);
	CHECK_RC(evl_score(half, &bp, &err), FJ_E_INVALID);
	FJ_AUTO(json) blank = json_pack("[{s:s, s:i, s:i}]", "name", "\u3000", "weight_bp", 10000, "score", 52);
	CHECK_RC(evl_score(blank, &bp, &err), FJ_E_INVALID);
	FJ_AUTO(json) extra = json_pack("[{s:s, s:i, s:i, s:i}]", "name", "x", "weight_bp", 10000, "score", 52, "bonus", 1);
	CHECK_RC(evl_score(extra, &bp, &err), FJ_E_INVALID);
	FJ_AUTO(json) empty = json_array();
	CHECK_RC(evl_score(empty, &bp, &err), FJ_E_INVALID);
	CHECK_RC(evl_score(NULL, &bp, &err), FJ_E_INVALID);
}

TEST("a period ends the second before the day that follows it; a day that the month has not counts as the next month's first")
{
	CHECK(evl_period_end(day("2026-04-08"), 12) == day("2027-04-08") - 1);
	CHECK(evl_period_end(day("2026-04-08") + 36000, 12) == day("2027-04-08") - 1); /* begun during the day */
	CHECK(evl_period_end(day("2026-12-15"), 1) == day("2027-01-15") - 1);
	CHECK(evl_period_end(day("2026-11-30"), 1) == day("2026-12-30") - 1);
	CHECK(evl_period_end(day("2026-12-01"), 12) == day("2027-12-01") - 1);
	CHECK(evl_period_end(day("2027-01-31"), 1) == day("2027-03-01") - 1);
	CHECK(evl_period_end(day("2028-02-29"), 12) == day("2029-03-01") - 1);
	CHECK(evl_period_end(day("2027-03-31"), 1) == day("2027-05-01") - 1);
}

TEST("sums are of integers of fen, of 1 to 100 items, 10^12 at most together")
{
	struct fj_err err = {0};
	int64_t fen;
	FJ_AUTO(json) two = json_pack("[{s:s, s:i}, {s:s, s:i}]", "item", "a", "amount_fen", 1250, "item", "b", "amount_fen", 50);
	CHECK_OK(sup_sum(two, &fen, &err));
	CHECK(fen == 1300);
	FJ_AUTO(json) many = json_array();
	for (int k = 0; k < 100; k++)
		json_array_append_new(many, json_pack("{s:s, s:I}", "item", "a", "amount_fen", (json_int_t)SUP_MAX_FEN / 100));
	CHECK_OK(sup_sum(many, &fen, &err));
	CHECK(fen == SUP_MAX_FEN);
	json_object_set_new(json_array_get(many, 99), "amount_fen", json_integer(SUP_MAX_FEN / 100 + 1));
	CHECK_RC(sup_sum(many, &fen, &err), FJ_E_INVALID);
	json_object_set_new(json_array_get(many, 99), "amount_fen", json_integer(0));
	CHECK_OK(sup_sum(many, &fen, &err));
	json_array_append_new(many, json_pack("{s:s, s:i}", "item", "a", "amount_fen", 1)); /* the 101st */
	CHECK_RC(sup_sum(many, &fen, &err), FJ_E_INVALID);
	FJ_AUTO(json) minus = json_pack("[{s:s, s:i}]", "item", "a", "amount_fen", -1);
	CHECK_RC(sup_sum(minus, &fen, &err), FJ_E_INVALID);
	FJ_AUTO(json) real = json_pack("[{s:s, s:f}]", "item", "a", "amount_fen", 0.5);
	CHECK_RC(sup_sum(real, &fen, &err), FJ_E_INVALID);
	FJ_AUTO(json) none = json_array();
	CHECK_RC(sup_sum(none, &fen, &err), FJ_E_INVALID);
}

TEST_MAIN
