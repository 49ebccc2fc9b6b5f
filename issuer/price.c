/*
 * price.c - 65号's computation, pure, and the calculator command beside the field.
 *
 * 经营成本 net of subsidy, a rate of profit of at most the ten-year bond average of
 * the year before and 6 percentage points, and tax give the maximum permitted
 * revenue.  What binds is the approved price with its document (price_decision.c,
 * domain.md decision 6): here nothing is stored.
 */
#include "issuer/price.h"

#include "issuer/profile.h"
#include "issuer/rules/rules.h"

#define MAX_BP 20000

int64_t prc_share(int64_t amount_fen, int64_t bp)
{
	return amount_fen / 10000 * bp + amount_fen % 10000 * bp / 10000;
}

static bool money(int64_t fen)
{
	return fen >= 0 && fen <= PRC_MAX_FEN;
}

static bool rate(int64_t bp)
{
	return bp >= 0 && bp <= MAX_BP;
}

static enum fj_rc bad(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, "issuer", "65号 二", en, zh);
}

enum fj_rc prc_compute(const struct prc_in *in, struct prc_out *out, struct fj_err *err)
{
	memset(out, 0, sizeof(*out));
	if (!money(in->cost_fen) || !money(in->subsidy_fen) || !money(in->carried_fen) || !rate(in->bond_bp) || !rate(in->profit_bp) || !rate(in->tax_bp))
		return bad(err, "costs are 0 to 1,000,000,000,000 yuan in fen, rates 0 to 20000 basis points", "成本应为 0 至 1 万亿元（以分计），比率应为 0 至 20000 个基点");
	if (in->subsidy_fen > in->cost_fen)
		return bad(err, "the subsidy is larger than the cost that it is taken off from", "财政补贴超过经营成本");
	FJ_TRY(iss_rule_no_profit_above_bond(in->profit_bp, in->bond_bp, PRC_MAX_POINTS, err));
	out->net_fen = in->cost_fen - in->subsidy_fen;
	out->profit_fen = prc_share(out->net_fen, in->profit_bp);
	out->tax_fen = prc_share(out->net_fen + out->profit_fen, in->tax_bp);
	int64_t sum = out->net_fen + out->profit_fen + out->tax_fen;
	out->maximum_fen = sum > in->carried_fen ? sum - in->carried_fen : 0;
	return FJ_OK;
}

void prc_deviate(int64_t actual_fen, int64_t maximum_fen, struct prc_deviation *out)
{
	int64_t diff = actual_fen > maximum_fen ? actual_fen - maximum_fen : maximum_fen - actual_fen;

	out->bp = diff / maximum_fen * 10000 + diff % maximum_fen * 10000 / maximum_fen;
	out->excess_fen = actual_fen > maximum_fen ? diff : 0;
	out->adjust = diff == 0 ? PRC_KEEP : diff <= maximum_fen / 10 ? PRC_ADJUST_FEE : PRC_ADJUST_CAP;
}

bool prc_total(const json_t *caps, int64_t *total_fen)
{
	size_t i;
	json_t *v;

	*total_fen = 0;
	json_array_foreach(caps, i, v) {
		int64_t one;
		if (__builtin_mul_overflow(fj_json_num(v, "cap_fen"), fj_json_num(v, "volume"), &one) || __builtin_add_overflow(*total_fen, one, total_fen))
			return false;
	}
	return true;
}

enum fj_rc prc_binds(struct sto *db, const struct dom_auth *a, bool *out, struct fj_err *err)
{
	size_t i;
	json_t *v;

	*out = false;
	json_array_foreach(json_object_get(a->body, "assets"), i, v) {
		FJ_AUTO(dom_asset) asset = {.card = NULL};
		FJ_TRY(dom_asset_get(db, fj_json_peek(v, "id"), &asset, err));
		*out = *out || json_is_true(json_object_get(json_object_get(asset.card, "rights"), "public_data"));
	}
	return FJ_OK;
}

enum fj_rc prc_cap(struct sto *db, const char *authorisation, const char *id, int64_t *cap_fen, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_PRICE_CAP_OF, &q, err, "tt", authorisation, id));
	FJ_TRY(sto_step(&q, &row, err));
	*cap_fen = row ? sto_int(&q, 0) : -1;
	return FJ_OK;
}

/* --- the calculator --- */

const struct iss_field fld_price_calculate[] = {
	{"cost_fen", ISS_F_INT, true, PRC_MAX_FEN, "经营成本（分）", "operating cost, in fen"},
	{"subsidy_fen", ISS_F_INT, false, PRC_MAX_FEN, "财政补贴（分）", "subsidy that is taken off, in fen"},
	{"bond_bp", ISS_F_INT, true, MAX_BP, "上年十年期国债平均收益率（基点）", "average of the ten-year bonds of the year before, in basis points"},
	{"profit_bp", ISS_F_INT, false, MAX_BP, "准许利润率（基点）", "rate of profit in basis points; the bond average and 600 by default"},
	{"tax_bp", ISS_F_INT, false, MAX_BP, "税率（基点）", "tax in basis points, by default the profile's"},
	{"carried_fen", ISS_F_INT, false, PRC_MAX_FEN, "上一周期超收（分）", "excess of the cycle before, taken off, in fen"},
	{0},
};

/* the tax of the profile of the actor's finance department, where none is said */
static enum fj_rc tax_of(struct iss_call *c, int64_t *bp, struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};

	if (c->actor->org[0] != '\0')
		FJ_TRY(dom_org_get(c->db, c->actor->org, &o, err));
	FJ_TRY(prf_int(c, o.finance, "price.tax_bp", bp, err));
	return fj_json_opt_int(c->params, "tax_bp", 0, MAX_BP, bp, err);
}

enum fj_rc cmd_price_calculate(struct iss_call *c, struct fj_err *err)
{
	struct prc_in in = {.cost_fen = fj_json_num(c->params, "cost_fen"), .subsidy_fen = fj_json_num(c->params, "subsidy_fen"),
		.bond_bp = fj_json_num(c->params, "bond_bp"), .carried_fen = fj_json_num(c->params, "carried_fen")};
	struct prc_out out;

	in.profit_bp = in.bond_bp + PRC_MAX_POINTS;
	FJ_TRY(fj_json_opt_int(c->params, "profit_bp", 0, MAX_BP, &in.profit_bp, err));
	FJ_TRY(tax_of(c, &in.tax_bp, err));
	FJ_TRY(prc_compute(&in, &out, err));
	c->answer = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "net_cost_fen", (json_int_t)out.net_fen, "bond_bp", (json_int_t)in.bond_bp,
	    "profit_bp", (json_int_t)in.profit_bp, "profit_fen", (json_int_t)out.profit_fen, "tax_bp", (json_int_t)in.tax_bp, "tax_fen", (json_int_t)out.tax_fen,
	    "carried_fen", (json_int_t)in.carried_fen, "maximum_fen", (json_int_t)out.maximum_fen);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
