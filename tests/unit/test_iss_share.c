/*
 * test_iss_share.c - the arithmetic of revenue: the sample cases' vectors, and
 * properties over amounts of the whole int64_t and shares drawn at random, against
 * 128-bit arithmetic.
 */
#include "issuer/share.h"
#include "tests/unit/test.h"

static uint64_t drawn(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15u; /* the same sequence each time */

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* an amount of any size: as many bits as chance gives */
static int64_t amount(void)
{
	return (int64_t)(drawn() >> (1 + drawn() % 63));
}

/* n shares that sum to 10,000, each at least 1 */
static void shares(int64_t *bp, size_t n)
{
	int64_t left = SHR_WHOLE;

	for (size_t i = 0; i + 1 < n; i++) {
		bp[i] = 1 + (int64_t)(drawn() % (uint64_t)(left - (int64_t)(n - 1 - i)));
		left -= bp[i];
	}
	bp[n - 1] = left;
}

TEST("1,234,567.89 yuan by 55/25/20 is 679,012.35 / 308,641.97 / 246,913.57")
{
	static const int64_t bp[] = {5500, 2500, 2000};
	int64_t fen[3];
	struct fj_err err = {0};
	CHECK_OK(shr_split(123456789, bp, 3, 0, fen, &err));
	CHECK(fen[0] == 67901235 && fen[1] == 30864197 && fen[2] == 24691357);
	CHECK_OK(shr_split(123456789, bp, 3, 2, fen, &err)); /* the remainder to the one that is named */
	CHECK(fen[0] == 67901233 && fen[1] == 30864197 && fen[2] == 24691359);
	static const int64_t halves[] = {4000, 6000};
	CHECK_OK(shr_split(5000000, halves, 2, 0, fen, &err));
	CHECK(fen[0] == 2000000 && fen[1] == 3000000);
}

TEST("shares sum to 10,000 basis points exactly, none is zero, and the remainder is somebody's (R27)")
{
	static const int64_t less[] = {5500, 2500, 1999}, more[] = {5500, 2500, 2001}, none[] = {5500, 4500, 0}, negative[] = {12000, -1000, -1000}, whole[] = {10000};
	int64_t fen[3] = {7, 7, 7};
	struct fj_err err = {0};
	CHECK_RC(shr_split(100, less, 3, 0, fen, &err), FJ_E_REFUSED);
	CHECK_STR(err.cite, "R27");
	CHECK(strstr(err.en, "9999") != NULL && strstr(err.zh, "9999") != NULL);
	CHECK_RC(shr_split(100, more, 3, 0, fen, &err), FJ_E_REFUSED);
	CHECK_RC(shr_split(100, none, 3, 0, fen, &err), FJ_E_REFUSED);
	CHECK_RC(shr_split(100, negative, 3, 0, fen, &err), FJ_E_REFUSED);
	CHECK_RC(shr_split(100, whole, 1, 1, fen, &err), FJ_E_REFUSED);
	CHECK_RC(shr_split(100, whole, 0, 0, fen, &err), FJ_E_REFUSED);
	CHECK(fen[0] == 7 && fen[1] == 7 && fen[2] == 7);
	CHECK_OK(shr_split(100, whole, 1, 0, fen, &err));
	CHECK(fen[0] == 100);
}

TEST("net is gross less tax; what is negative, or more tax than gross, is refused")
{
	int64_t net = 0;
	struct fj_err err = {0};
	CHECK_OK(shr_net(123456789, 0, &net, &err));
	CHECK(net == 123456789);
	CHECK_OK(shr_net(INT64_MAX, INT64_MAX, &net, &err));
	CHECK(net == 0);
	CHECK_RC(shr_net(-1, 0, &net, &err), FJ_E_INVALID);
	CHECK_RC(shr_net(5, -1, &net, &err), FJ_E_INVALID);
	CHECK_RC(shr_net(5, 6, &net, &err), FJ_E_INVALID);
	CHECK(err.zh[0] != '\0');
}

TEST("over 200,000 random amounts and agreements: each share is its floor, the sum is exactly net")
{
	for (int k = 0; k < 200000; k++) {
		int64_t bp[SHR_MAX], fen[SHR_MAX], net = k == 0 ? INT64_MAX : amount();
		size_t n = 1 + drawn() % SHR_MAX, rest = drawn() % n;
		__int128 sum = 0;
		shares(bp, n);
		if (shr_split(net, bp, n, rest, fen, NULL) != FJ_OK) {
			CHECK(!"refused");
			return;
		}
		for (size_t i = 0; i < n; i++) {
			int64_t floor_ = (int64_t)((__int128)net * bp[i] / SHR_WHOLE);
			sum += fen[i];
			if (i == rest ? fen[i] < floor_ || fen[i] - floor_ >= (int64_t)n : fen[i] != floor_)
				CHECK(!"a share is not its floor");
		}
		if (sum != net)
			CHECK(!"the shares do not sum to net");
	}
}

TEST("entries of a booking balance, and those of its counter-entry, which negates each exactly, too")
{
	for (int k = 0; k < 50000; k++) {
		int64_t bp[SHR_MAX], fen[SHR_MAX], gross = amount(), tax = gross == 0 ? 0 : (int64_t)(drawn() % (uint64_t)gross), net;
		size_t n = 1 + drawn() % SHR_MAX, rows, n_back;
		bool remit[SHR_MAX];
		struct shr_entry e[SHR_MAX_ENTRIES], both[2 * SHR_MAX_ENTRIES];
		shares(bp, n);
		for (size_t i = 0; i < n; i++)
			remit[i] = drawn() % 2;
		if (shr_net(gross, tax, &net, NULL) != FJ_OK || shr_split(net, bp, n, 0, fen, NULL) != FJ_OK || shr_entries(gross, tax, fen, remit, n, e, &rows, NULL) != FJ_OK || !shr_balanced(e, rows)) {
			CHECK(!"a booking does not balance");
			return;
		}
		n_back = rows;
		for (size_t i = 0; i < rows; i++) {
			both[i] = e[i];
			both[rows + i] = e[i];
			both[rows + i].fen = -e[i].fen;
			if (e[i].fen == 0)
				CHECK(!"a row of nothing");
		}
		if (!shr_balanced(both + rows, n_back) || !shr_balanced(both, 2 * rows))
			CHECK(!"a counter-entry does not balance");
	}
}

TEST("income of nothing gives no rows")
{
	static const int64_t bp[] = {5500, 4500};
	static const bool remit[] = {true, false};
	int64_t fen[2];
	struct shr_entry e[SHR_MAX_ENTRIES];
	size_t rows = 9;
	struct fj_err err = {0};
	CHECK_OK(shr_split(0, bp, 2, 0, fen, &err));
	CHECK(fen[0] == 0 && fen[1] == 0);
	CHECK_OK(shr_entries(0, 0, fen, remit, 2, e, &rows, &err));
	CHECK(rows == 0 && shr_balanced(e, 0));
}

TEST("entries that do not balance, or leave int64_t on the way, are seen")
{
	static const struct shr_entry odd[] = {{SHR_RECEIVED, 0, 100}, {SHR_SHARE, 0, -99}}, over[] = {{SHR_RECEIVED, 0, INT64_MAX}, {SHR_RECEIVED, 0, INT64_MAX}, {SHR_SHARE, 0, -2}};
	static const int64_t fen[] = {98};
	static const bool remit[] = {false};
	struct shr_entry e[SHR_MAX_ENTRIES];
	size_t rows;
	CHECK(!shr_balanced(odd, 2) && !shr_balanced(over, 3));
	CHECK_RC(shr_entries(100, 1, fen, remit, 1, e, &rows, NULL), FJ_E_INTERNAL);
}

TEST("yuan are read as offices write them, and nothing else is")
{
	static const struct {
		const char *text;
		int64_t fen;
	} good[] = {{"1,234,567.89", 123456789}, {"0", 0}, {"0.5", 50}, {"￥ 12", 1200}, {"¥12.30 ", 1230}, {"-3.5", -350}, {"(3.50)", -350}, {"( 3.50 )", -350}, {"1000000000000.00", SHR_MAX_FEN}, {" 7.", 700}};
	static const char *const bad[] = {"", " ", "-", ".", "1.234", "1e5", "12 34", "12元", "1,2.3,4", "(3.50", "3.50)", "--1", ",5", "1000000000000.01", "99999999999999999999", "0x10", "NaN",
		"1,5", "1,50", "12,34", "1,234,56", "1234,567", "1,,234", "1,234,", "0,001,23.00"};
	int64_t fen;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		fen = -1;
		CHECK(shr_yuan(good[i].text, &fen) && fen == good[i].fen);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!shr_yuan(bad[i], &fen));
}

TEST("fen as yuan, and back")
{
	char text[SHR_YUAN_CAP];
	shr_yuan_text(67901235, text);
	CHECK_STR(text, "679,012.35");
	shr_yuan_text(-5, text);
	CHECK_STR(text, "-0.05");
	shr_yuan_text(INT64_MIN, text);
	CHECK_STR(text, "-92,233,720,368,547,758.08");
	for (int k = 0; k < 20000; k++) {
		int64_t fen = amount() % SHR_MAX_FEN, again = -1;
		shr_yuan_text(k % 2 ? fen : -fen, text);
		if (!shr_yuan(text, &again) || again != (k % 2 ? fen : -fen))
			CHECK(!"not the same amount");
	}
}

TEST_MAIN
