/*
 * revenue_doubt.c - what contradicts a booking: its evidence, or who it says has paid
 * (R06).
 *
 * Refused, because another entry would be right: a delivery outside of the period that
 * the money is for, a material of another organisation or one filed for something else,
 * a payer under a code or a name that is nearly one of the register's, the sale of a
 * re-developed product that nobody registered.  Held: receipts that stand behind another
 * booking of the same payer already, a payment before its period, a certificate that is
 * not in force, money that went to the payer under its name alone, a payer that gets a
 * share of what it pays.
 */
#include "issuer/revenue.h"

#include "issuer/product.h"
#include "issuer/profile.h"
#include "issuer/sheet/sheet.h"

#define DAY 86400

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static enum fj_rc bad(struct fj_err *err, const char *cite, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, "issuer", cite, en, zh);
}

enum fj_rc rev_no_disguise(struct iss_call *c, const char *usci, const char *name, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(c->db, STO_ORG_ALIKE, &q, err, "tt", usci, name));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "R06", "the register has this payer as %.18s; book it under that code", sto_text(&q, 0));
	fj_err_zh(err, "登记簿中该付款方的代码为 %.18s，请按该代码入账", sto_text(&q, 0));
	return rc;
}

/* --- evidence --- */

enum fj_rc rev_tidy_invoice(struct rev *r, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(4096);

	return sheet_key(r->invoice, &text) == FJ_OK && fj_strcopy(r->invoice, sizeof(r->invoice), fj_buf_str(&text)) == FJ_OK ? FJ_OK
	    : bad(err, "domain.md 4.11", "the number of the invoice is too long", "发票号码过长");
}

/* what says no end is of one day */
static enum fj_rc check_delivery(const struct rev *r, const json_t *d, struct fj_err *err)
{
	const char *from = fj_json_text(d, "from"), *to = fj_json_peek(d, "to");

	to = to == NULL ? from : to;
	if (strcmp(to, from) < 0)
		return bad(err, "R06", "a delivery of the evidence ends before it begins", "交付凭据的截止日早于起始日");
	return strcmp(from, r->period_to) <= 0 && strcmp(to, r->period_from) >= 0 ? FJ_OK
	    : bad(err, "R06", "a delivery of the evidence lies outside of the period; name those of the period, or correct the period", "交付凭据不在所属期间内；请列明本期交付，或更正所属期间");
}

/* columns of STO_MATERIAL_GET: 1 holder, 3 kind */
static enum fj_rc check_material(struct iss_call *c, const struct rev *r, const char *id, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(c->db, STO_MATERIAL_GET, &q, id, err, "t", id));
	const char *of = sto_text(&q, 1);
	if (!is(of, r->holder) && !is(of, r->implementer) && !is(of, r->operator_) && !is(of, r->booked_by))
		return bad(err, "R06", "a material of the evidence is another organisation's", "凭据所列材料属于其他单位");
	return is(sto_text(&q, 3), "OTHER") ? FJ_OK
	    : bad(err, "R06", "a material of the evidence is filed for a registration and shows no delivery; file what shows one (material add, kind OTHER)",
	    "凭据所列材料为登记材料，不能证明交付；请提交交付证明（其他材料）");
}

static enum fj_rc check_evidence(struct iss_call *c, const struct rev *r, struct fj_err *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(r->evidence, "delivery"), i, v) {
		FJ_TRY(check_delivery(r, v, err));
		if (fj_json_peek(v, "material") != NULL)
			FJ_TRY(check_material(c, r, fj_json_text(v, "material"), err));
	}
	json_array_foreach(json_object_get(r->evidence, "materials"), i, v)
		FJ_TRY(check_material(c, r, json_string_value(v), err));
	return FJ_OK;
}

/* receipts, material or license days of the evidence, or the reported uses where it has none */
static enum fj_rc used_twice(struct iss_call *c, const struct rev *r, bool shown, bool *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(buf) text = FJ_BUF_INIT(REV_MAX_EVIDENCE);

	*out = false;
	if (r->gross == 0 || is(r->kind, "DISPOSAL"))
		return FJ_OK;
	bool named = json_array_size(json_object_get(r->evidence, "delivery")) > 0 || json_array_size(json_object_get(r->evidence, "materials")) > 0;
	FJ_TRY(fj_json_canonical(r->evidence, &text, err));
	FJ_TRY(sto_query(c->db, STO_REV_EVIDENCE_USED, &q, err, "ttt" "ittt", r->payer, r->product, fj_buf_str(&text), (int64_t)(shown && !named), r->authorisation, r->period_from,
	    r->period_to));
	return sto_step(&q, out, err);
}

/* Only what was registered as re-developed is known to be so, and whose it is; else the income of
 * the operation could be booked past its agreement (R27). */
static enum fj_rc check_own_sale(struct iss_call *c, const struct rev *r, struct fj_err *err)
{
	struct dom_product p;

	if (!is(r->kind, "REDEV_SALE"))
		return FJ_OK;
	enum fj_rc rc = dom_product_get(c->db, r->authorisation, r->product, &p, err);
	return rc != FJ_E_NOTFOUND ? rc : bad(err, "R27", "a re-developed product is registered before its sales are booked (product add)", "再开发产品应先登记（product add），再按 REDEV_SALE 入账");
}

/* --- money that goes round --- */

static bool gets_a_share(const struct rev *r, const json_t *agreement)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(json_object_get(agreement, "income"), "shares"), i, v)
		if (is(r->kind, "OPERATOR_SALE") && is(fj_json_text(v, "party"), r->payer))
			return true;
	return false;
}

/* a bank statement often names whom it paid and no code */
static enum fj_rc paid_by_name(struct iss_call *c, const struct rev *r, const json_t *parties, bool *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(buf) text = FJ_BUF_INIT(8192);
	char from[FJ_TIME_CAP], to[FJ_TIME_CAP];
	int64_t days;
	fj_time paid;

	FJ_TRY(prf_int(c, r->finance, "revenue.days_circular", &days, err));
	FJ_TRY(fj_date_parse(r->paid_on, &paid, err));
	fj_date_china(paid > days * DAY ? paid - days * DAY : 0, from);
	fj_date_china(paid + days * DAY, to);
	FJ_TRY(fj_json_canonical(parties, &text, err));
	FJ_TRY(sto_query(c->db, STO_REV_CIRCULAR_NAMED, &q, err, "ttttt", r->payer_name, fj_buf_str(&text), from, to, r->payer));
	return sto_step(&q, out, err);
}

/* an authorisation stands on its certificates (R01, domain.md 7.2) */
static enum fj_rc certified(struct iss_call *c, const struct dom_auth *a, bool *out, struct fj_err *err)
{
	size_t i;
	json_t *v;

	*out = true;
	json_array_foreach(json_object_get(a->body, "assets"), i, v) {
		struct dom_cert t;
		FJ_TRY(dom_cert_get(c->db, fj_json_text(v, "certificate"), &t, err));
		*out = *out && is(t.state, "ACTIVE") && c->now <= t.not_after;
	}
	return FJ_OK;
}

enum fj_rc rev_doubt(struct iss_call *c, const struct rev *r, const struct dom_auth *a, const json_t *agreement, const json_t *parties, struct iss_revenue_facts *f, struct fj_err *err)
{
	bool named = false, stands;

	FJ_TRY(certified(c, a, &stands, err));
	f->no_authorisation = f->no_authorisation || !stands;
	FJ_TRY(check_own_sale(c, r, err));
	FJ_TRY(check_evidence(c, r, err));
	FJ_TRY(used_twice(c, r, !f->no_delivery, &f->evidence_used, err));
	f->lump_sum = f->lump_sum || (!is(r->kind, "DISPOSAL") && strcmp(r->paid_on, r->period_from) < 0);
	FJ_TRY(paid_by_name(c, r, parties, &named, err));
	f->circular = f->circular || named || gets_a_share(r, agreement);
	return FJ_OK;
}
