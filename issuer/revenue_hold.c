/*
 * revenue_hold.c - what looks like inflated revenue (R06), and what is no revenue at all.
 *
 * Held with every reason: no authorisation and certificates in force for the period, no
 * clause of an agreement, no delivery, evidence of another booking, a payer of the same
 * budget, payment before period or delivery, a government platform, debt, money that
 * goes round.  Who pays is judged by the register; a payer that it does not know is a
 * budget unit when its code is a public body's of the holder's own division.  Money goes
 * round when a party of the authorisation paid the payer within the profile's window, by
 * a bank statement or by another booking, and when the payer is the seller or gets a
 * share of the sale.  Refused outright: a fee for public welfare (R07), back-dating, a
 * payer under a code or name that is nearly one of the register's, the sale of a
 * re-developed product that nobody registered.  What evidence is, and shows, is in
 * revenue_evidence.c.
 */
#include "issuer/revenue.h"

#include "base/jws.h"
#include "issuer/product.h"
#include "issuer/profile.h"

#define DAY 86400

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static enum fj_rc bad(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, "issuer", "R06", en, zh);
}

/* --- who pays --- */

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

static enum fj_rc same_budget(struct iss_call *c, const struct rev *r, const struct dom_org *holder, bool *out, struct fj_err *err)
{
	FJ_AUTO(dom_org) payer = {.affiliates = NULL};
	enum fj_rc rc = dom_org_get(c->db, r->payer, &payer, err);
	bool budget = is(r->funds, "FISCAL");

	if (rc == FJ_E_NOTFOUND) { /* by its code: 11, 12, 13 and 19 are public bodies, then the division */
		bool public_code = r->payer[0] == '1';
		*out = budget || (public_code && strncmp(r->payer + 2, holder->div6, 6) == 0);
		return FJ_OK;
	}
	FJ_TRY(rc);
	*out = (budget || rev_public(payer.kind)) && is(rev_finance(&payer), r->finance);
	return FJ_OK;
}

static enum fj_rc is_platform(struct iss_call *c, const struct rev *r, bool *out, struct fj_err *err)
{
	const json_t *list;
	size_t i;
	json_t *v;

	FJ_TRY(prf_json(c, r->finance, "revenue.platforms", &list, err));
	*out = r->platform;
	json_array_foreach(list, i, v) /* whatever the check character: it may be a slip (R35) */
		*out = *out || strncmp(json_string_value(v), r->payer, 17) == 0;
	return FJ_OK;
}

/* everybody who has a part in the revenue: of the authorisation, and of the agreement */
static json_t *parties(const struct rev *r, const json_t *agreement)
{
	json_t *list = json_array(), *v;
	const char *const own[] = {r->holder, r->implementer, r->operator_, r->booked_by};
	size_t i;

	for (i = 0; i < FJ_ARRAY_LEN(own); i++)
		if (own[i][0] != '\0')
			json_array_append_new(list, json_string(own[i]));
	json_array_foreach(json_object_get(json_object_get(agreement, "income"), "shares"), i, v)
		json_array_append(list, json_object_get(v, "party"));
	return list;
}

static const char *seller(const struct rev *r)
{
	return is(r->kind, "OPERATOR_SALE") ? r->operator_ : is(r->kind, "REDEV_SALE") ? r->booked_by : r->holder;
}

static bool gets_a_share(const struct rev *r, const json_t *agreement)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(json_object_get(agreement, "income"), "shares"), i, v)
		if (is(r->kind, "OPERATOR_SALE") && is(fj_json_text(v, "party"), r->payer))
			return true;
	return false;
}

static enum fj_rc circular(struct iss_call *c, const struct rev *r, const json_t *agreement, bool *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(buf) text = FJ_BUF_INIT(8192);
	FJ_AUTO(json) list = parties(r, agreement);
	char from[FJ_TIME_CAP], to[FJ_TIME_CAP];
	int64_t days;
	fj_time paid;

	*out = is(r->payer, seller(r)) || gets_a_share(r, agreement);
	if (*out)
		return FJ_OK;
	FJ_TRY(prf_int(c, r->finance, "revenue.days_circular", &days, err));
	FJ_TRY(fj_date_parse(r->paid_on, &paid, err));
	fj_date_china(paid > days * DAY ? paid - days * DAY : 0, from);
	fj_date_china(paid + days * DAY, to);
	FJ_TRY(fj_json_canonical(list, &text, err));
	FJ_TRY(sto_query(c->db, STO_REV_CIRCULAR, &q, err, "ttttt", r->payer, fj_buf_str(&text), from, to, r->payer_name));
	return sto_step(&q, out, err);
}

/* --- what it is for --- */

static const json_t *product_of(const struct rev *r, const json_t *agreement)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(agreement, "products"), i, v)
		if (is(fj_json_text(v, "id"), r->product))
			return v;
	return NULL;
}

static bool welfare(const char *purpose)
{
	return is(purpose, "PUBGOV") || is(purpose, "WELFARE");
}

/* a product that is registered says whose sale it is, and whether it costs anything */
static enum fj_rc check_registered(const struct rev *r, const struct dom_product *p, struct fj_err *err)
{
	bool redeveloped = is(p->level, "REDEVELOPED");

	FJ_TRY(iss_rule_no_fee_for_welfare(p->purpose, r->gross > 0, err));
	if (r->gross > 0 && is(p->price_form, "FREE"))
		return bad(err, "the product is registered as free of charge; change its price first (product change), or book 0", "该产品登记为免费；请先变更价格形式（product change），或按 0 入账");
	if (redeveloped != is(r->kind, "REDEV_SALE") || (redeveloped && !is(p->seller, r->booked_by)))
		return bad(err, "a re-developed product is sold by its registered seller as REDEV_SALE, the operator's own as OPERATOR_SALE or USE_FEE", "再开发产品由其登记的销售方按 REDEV_SALE 入账，运营机构自有产品按 OPERATOR_SALE 或 USE_FEE 入账");
	return FJ_OK;
}

/* R07: by the product's purpose; where only some purposes of the authorisation are free, a fee names its product */
static enum fj_rc check_purpose(struct iss_call *c, const struct rev *r, const struct dom_auth *a, const json_t *agreement, struct fj_err *err)
{
	struct dom_product registered;
	enum fj_rc rc = r->product[0] == '\0' || r->authorisation[0] == '\0' ? FJ_E_NOTFOUND : dom_product_get(c->db, r->authorisation, r->product, &registered, err);
	const json_t *product = product_of(r, agreement), *purposes = json_object_get(json_object_get(a->body, "grant"), "purposes");
	size_t i, free = 0;
	json_t *v;

	if (rc != FJ_E_NOTFOUND)
		return rc == FJ_OK ? check_registered(r, &registered, err) : rc;
	if (is(r->kind, "REDEV_SALE")) /* else the income of the operation could be booked past its agreement */
		return fj_refuse(err, FJ_E_INVALID, "issuer", "R27", "a re-developed product is registered before its sales are booked (product add)", "再开发产品应先登记（product add），再按 REDEV_SALE 入账");
	if (product != NULL)
		return iss_rule_no_fee_for_welfare(fj_json_text(product, "purpose"), r->gross > 0, err);
	json_array_foreach(purposes, i, v)
		free += welfare(json_string_value(v)) ? 1 : 0;
	if (r->gross > 0 && r->product[0] == '\0' && free > 0 && free < json_array_size(purposes))
		return iss_rule_fail(err, "R07", "the authorisation is for public governance or welfare as well, which is free: say of which product the fee is", "该授权含公共治理、公益用途（无偿），收费入账须填明产品");
	return free > 0 && free == json_array_size(purposes) ? iss_rule_no_fee_for_welfare("WELFARE", r->gross > 0, err) : FJ_OK;
}

/* --- when it is for --- */

/* last day that the department has closed; "" none */
static enum fj_rc closed(struct iss_call *c, const struct rev *r, char out[FJ_TIME_CAP], struct fj_err *err)
{
	const json_t *list;
	size_t i;
	json_t *v;

	out[0] = '\0';
	FJ_TRY(prf_json(c, r->finance, "revenue.locked", &list, err));
	json_array_foreach(list, i, v)
		if (strcmp(json_string_value(v), out) > 0)
			snprintf(out, FJ_TIME_CAP, "%.10s", json_string_value(v));
	return FJ_OK;
}

/* Neither the period nor the payment lies before the authorisation, or where the department has
 * closed the books: the payment's day gives the budget year.  A period is closed by its age, too. */
static enum fj_rc check_period(struct iss_call *c, const struct rev *r, const struct dom_auth *a, struct fj_err *err)
{
	char begun[FJ_TIME_CAP] = "", locked[FJ_TIME_CAP], old[FJ_TIME_CAP];
	const char *first = strcmp(r->paid_on, r->period_from) < 0 ? r->paid_on : r->period_from;
	int64_t days;

	if (a->body != NULL)
		fj_date_china(a->not_before, begun);
	FJ_TRY(closed(c, r, locked, err));
	FJ_TRY(iss_rule_no_backdated_revenue(first, r->paid_on, begun, locked, err));
	FJ_TRY(prf_int(c, r->finance, "revenue.days_book", &days, err));
	fj_date_china(c->now - (days + 1) * DAY, old);
	return iss_rule_no_backdated_revenue(first, r->period_to, begun, strcmp(old, locked) > 0 ? old : locked, err);
}

/* --- together --- */

/* an authorisation stands on its certificates (R01, domain.md 7.2) */
static enum fj_rc in_force(struct iss_call *c, const struct rev *r, const struct dom_auth *a, bool *out, struct fj_err *err)
{
	struct dom_cert lost;
	char end[FJ_TIME_CAP];

	fj_date_china(a->not_after, end);
	*out = a->body != NULL && is(a->state, "ACTIVE") && c->now <= a->not_after && strcmp(r->period_to, end) <= 0;
	if (!*out)
		return FJ_OK;
	FJ_TRY(dom_auth_lost(c, a, &lost, err));
	*out = lost.number[0] == '\0';
	return FJ_OK;
}

static enum fj_rc gather(struct iss_call *c, const struct rev *r, const struct dom_auth *a, const json_t *agreement, struct iss_revenue_facts *f, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	bool disposal = is(r->kind, "DISPOSAL"), own_sale = is(r->kind, "REDEV_SALE");
	char from[11], today[FJ_TIME_CAP];
	bool delivered, stands;

	*f = (struct iss_revenue_facts){0};
	FJ_TRY(dom_org_get(c->db, r->holder, &holder, err));
	fj_date_china(c->now, today);
	FJ_TRY(rev_delivered(c, r, &delivered, from, err));
	FJ_TRY(in_force(c, r, a, &stands, err));
	f->no_authorisation = !disposal && !stands;
	f->no_agreement = !disposal && !own_sale && (agreement == NULL || (r->product[0] != '\0' && product_of(r, agreement) == NULL));
	f->no_disposal = disposal && !iss_said(fj_json_text(r->evidence, "disposal"));
	f->no_delivery = !disposal && r->gross > 0 && !delivered;
	f->lump_sum = !disposal && (strcmp(r->period_to, today) > 0 || strcmp(r->paid_on, r->period_from) < 0 || (from[0] != '\0' && strcmp(r->paid_on, from) < 0));
	FJ_TRY(rev_evidence_used(c, r, !f->no_delivery, &f->evidence_used, err));
	f->debt_funded = is(r->funds, "DEBT");
	FJ_TRY(same_budget(c, r, &holder, &f->same_budget, err));
	FJ_TRY(is_platform(c, r, &f->platform, err));
	return circular(c, r, agreement, &f->circular, err);
}

static enum fj_rc as_list(const struct iss_revenue_facts *f, json_t **out, struct fj_err *err)
{
	struct iss_hold h[ISS_MAX_HOLDS];
	size_t n = iss_hold_revenue(f, h);
	FJ_AUTO(json) list = json_array();

	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "code", h[i].code, "rule", h[i].rule, "en", h[i].en, "zh", h[i].zh)) != 0)
			return fj_no_memory(err, "issuer");
	*out = fj_move(list);
	return FJ_OK;
}

enum fj_rc rev_judge(struct iss_call *c, const struct rev *r, json_t **reasons, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	struct iss_revenue_facts f;
	json_t *agreement = NULL;

	if (r->authorisation[0] != '\0')
		FJ_TRY(dom_auth_get(c->db, r->authorisation, &a, err));
	FJ_TRY(rev_agreement(c->db, r, &agreement, err));
	FJ_AUTO(json) owned = agreement;
	FJ_TRY(check_period(c, r, &a, err));
	FJ_TRY(rev_evidence(c, r, r->evidence, err));
	FJ_TRY(check_purpose(c, r, &a, owned, err));
	FJ_TRY(gather(c, r, &a, owned, &f, err));
	return as_list(&f, reasons, err);
}
