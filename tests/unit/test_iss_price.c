/*
 * test_iss_price.c - 65号's computation against exact amounts, its bounds, and the
 * deviation of a year from the maximum.
 */
#include "issuer/price.h"
#include "tests/unit/test.h"

static struct prc_in case2(void)
{
	return (struct prc_in){.cost_fen = 800000000, .bond_bp = 182, .profit_bp = 782, .tax_bp = 600};
}

TEST("case 2 comes to 9,143,136.00 yuan")
{
	struct fj_err err = {0};
	struct prc_in in = case2();
	struct prc_out out;

	CHECK_OK(prc_compute(&in, &out, &err));
	CHECK(out.net_fen == 800000000);
	CHECK(out.profit_fen == 62560000);
	CHECK(out.tax_fen == 51753600);
	CHECK(out.maximum_fen == 914313600);
}

TEST("a subsidy is taken off the cost, an excess off the result")
{
	struct fj_err err = {0};
	struct prc_in in = case2();
	struct prc_out out;

	in.cost_fen = 900000000;
	in.subsidy_fen = 100000000;
	in.carried_fen = 13600;
	CHECK_OK(prc_compute(&in, &out, &err));
	CHECK(out.maximum_fen == 914300000);
	in.carried_fen = 2000000000;
	CHECK_OK(prc_compute(&in, &out, &err));
	CHECK(out.maximum_fen == 0);
	in.subsidy_fen = 900000001;
	CHECK_RC(prc_compute(&in, &out, &err), FJ_E_INVALID);
}

TEST("a rate of profit one basis point above the bond average and 6 points is refused")
{
	struct fj_err err = {0};
	struct prc_in in = case2();
	struct prc_out out;

	in.profit_bp = 783;
	CHECK_RC(prc_compute(&in, &out, &err), FJ_E_REFUSED);
	CHECK_STR(err.cite, "R08");
	CHECK(out.maximum_fen == 0);
	in.profit_bp = 0;
	CHECK_OK(prc_compute(&in, &out, &err));
	CHECK(out.maximum_fen == 848000000);
}

TEST("every share is rounded down to the fen")
{
	CHECK(prc_share(1, 9999) == 0);
	CHECK(prc_share(1, 10000) == 1);
	CHECK(prc_share(10001, 1) == 1);
	CHECK(prc_share(19999, 1) == 1);
	CHECK(prc_share(20000, 1) == 2);
	for (int64_t a = 0; a < 30000; a += 7)
		for (int64_t bp = 0; bp <= 10000; bp += 77)
			CHECK(prc_share(a, bp) == a * bp / 10000);
}

TEST("amounts beyond the bounds are refused, those at them do not overflow")
{
	struct fj_err err = {0};
	struct prc_in in = {.cost_fen = PRC_MAX_FEN, .bond_bp = 19400, .profit_bp = 20000, .tax_bp = 20000};
	struct prc_out out;

	CHECK_OK(prc_compute(&in, &out, &err));
	CHECK(out.maximum_fen == 9 * PRC_MAX_FEN);
	in.cost_fen++;
	CHECK_RC(prc_compute(&in, &out, &err), FJ_E_INVALID);
	in.cost_fen = -1;
	CHECK_RC(prc_compute(&in, &out, &err), FJ_E_INVALID);
	in = case2();
	in.tax_bp = 20001;
	CHECK_RC(prc_compute(&in, &out, &err), FJ_E_INVALID);
}

TEST("up to ten per cent adjusts the fee, one fen more the cap, and what is above is carried down")
{
	struct prc_deviation d;

	prc_deviate(1000, 1000, &d);
	CHECK(d.bp == 0 && d.excess_fen == 0 && d.adjust == PRC_KEEP);
	prc_deviate(1100, 1000, &d);
	CHECK(d.bp == 1000 && d.excess_fen == 100 && d.adjust == PRC_ADJUST_FEE);
	prc_deviate(1101, 1000, &d);
	CHECK(d.bp == 1010 && d.excess_fen == 101 && d.adjust == PRC_ADJUST_CAP);
	prc_deviate(900, 1000, &d);
	CHECK(d.bp == 1000 && d.excess_fen == 0 && d.adjust == PRC_ADJUST_FEE);
	prc_deviate(899, 1000, &d);
	CHECK(d.bp == 1010 && d.excess_fen == 0 && d.adjust == PRC_ADJUST_CAP);
	prc_deviate(1006, 1005, &d); /* ten per cent of 1005 are 100.5: 100 is within, 101 is not */
	CHECK(d.adjust == PRC_ADJUST_FEE);
	prc_deviate(1106, 1005, &d);
	CHECK(d.adjust == PRC_ADJUST_CAP);
	prc_deviate(PRC_MAX_FEN, 1, &d);
	CHECK(d.excess_fen == PRC_MAX_FEN - 1 && d.adjust == PRC_ADJUST_CAP);
}

TEST("caps times volumes are added up, and a sum that is no money is noticed")
{
	FJ_AUTO(json) caps = json_pack("[{s:i, s:i}, {s:i, s:i}]", "cap_fen", 100, "volume", 3, "cap_fen", 5, "volume", 7);
	FJ_AUTO(json) large = json_pack("[{s:I, s:I}]", "cap_fen", (json_int_t)PRC_MAX_FEN, "volume", (json_int_t)PRC_MAX_VOLUME);
	int64_t total;

	CHECK(prc_total(caps, &total) && total == 335);
	CHECK(!prc_total(large, &total));
}

TEST_MAIN
