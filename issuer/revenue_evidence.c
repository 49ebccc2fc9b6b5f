/*
 * revenue_evidence.c - 凭据: what a booking rests on, and what of it shows a delivery
 * (R06).
 *
 * A delivery is proved by receipts (their SHA-256), by a material, by the payer's own
 * license as far as its gateway reported uses of it, or without being named by the
 * uses that gateways reported of the payer's paid licenses in the period.  It touches
 * the period that the money is for, and supports one booking of a payer and product.
 * What the user disputes shows nothing; what a free license delivered shows no paid use;
 * what was filed for a registration, or by somebody else, shows no delivery.  An
 * invoice and an exchange's trade prove a sale and no delivery.  A trade is named by
 * one booking that stands: with its buyer, amount and product, by its seller, and not
 * when it was charged against R07 or R08.
 */
#include "issuer/revenue.h"
#include "issuer/rules/rules.h"
#include "issuer/sheet/sheet.h"
#include "issuer/usage.h"

#define MAX_LIST 200

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static enum fj_rc bad(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, "issuer", "R06", en, zh);
}

/* --- deliveries --- */

static bool is_hash(const char *s)
{
	return strlen(s) == 64 && strspn(s, "0123456789abcdef") == 64;
}

static enum fj_rc check_day(const json_t *o, const char *key, struct fj_err *err)
{
	const char *s = fj_json_peek(o, key);
	fj_time t;

	return s == NULL ? FJ_OK : fj_date_parse(s, &t, err);
}

/* what says no end is of one day */
static const char *last_day(const json_t *delivery)
{
	const char *to = fj_json_peek(delivery, "to");

	return to != NULL ? to : fj_json_text(delivery, "from");
}

static enum fj_rc check_days(const struct rev *r, const json_t *d, struct fj_err *err)
{
	const char *from = fj_json_peek(d, "from");

	FJ_TRY(check_day(d, "from", err));
	FJ_TRY(check_day(d, "to", err));
	if (from == NULL)
		return bad(err, "a delivery says on which day it began (from)", "交付凭据应填写起始日（from）");
	if (strcmp(last_day(d), from) < 0)
		return bad(err, "a delivery of the evidence ends before it begins", "交付凭据的截止日早于起始日");
	return strcmp(from, r->period_to) <= 0 && strcmp(last_day(d), r->period_from) >= 0 ? FJ_OK
	    : bad(err, "a delivery of the evidence lies outside of the period; name those of the period, or correct the period", "交付凭据不在所属期间内；请列明本期交付，或更正所属期间");
}

/* columns of STO_MATERIAL_GET: 1 holder, 3 kind */
static enum fj_rc check_material(struct iss_call *c, const struct rev *r, const char *id, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(c->db, STO_MATERIAL_GET, &q, id, err, "t", id));
	const char *of = sto_text(&q, 1);
	if (!is(of, r->holder) && !is(of, r->implementer) && !is(of, r->operator_) && !is(of, r->booked_by) && !is(of, r->finance))
		return bad(err, "a material of the evidence is another organisation's", "凭据所列材料属于其他单位");
	return is(sto_text(&q, 3), "REVENUE") || is(sto_text(&q, 3), "OTHER") ? FJ_OK
	    : bad(err, "a material of the evidence is filed for a registration and shows no delivery; file what shows one (material add, kind REVENUE)",
	    "凭据所列材料为登记材料，不能证明交付；请提交交付证明（收益凭据）");
}

/* of this authorisation and payer, of the product where one is named, and paid where money was */
static enum fj_rc check_token(struct iss_call *c, const struct rev *r, const char *id, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(c->db, STO_TOKEN_GET, &q, id, err, "t", id));
	if (!is(sto_text(&q, 1), r->authorisation) || (r->product[0] != '\0' && !is(sto_text(&q, 6), r->product)))
		return bad(err, "a token of the evidence belongs to another authorisation or product", "凭据所列许可令牌属于其他授权或产品");
	if (!is(sto_text(&q, 4), r->payer))
		return bad(err, "a token of the evidence is another user's than the payer's", "凭据所列许可令牌的用户不是付款方");
	return sto_int(&q, 16) != 0 || r->gross <= 0 ? FJ_OK
	    : bad(err, "a token of the evidence is free of charge: what it delivered shows no paid use", "凭据所列许可令牌为无偿许可，不能证明有偿使用");
}

/* a delivery that nothing but a token proves is what its gateway reported */
static enum fj_rc check_reported(struct iss_call *c, const json_t *d, const char *token, struct fj_err *err)
{
	int64_t used;

	FJ_TRY(dom_usage_of(c->db, token, fj_json_text(d, "from"), last_day(d), &used, err));
	if (used >= fj_json_num(d, "count"))
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "R06", "of these days the gateway reported %lld uses of the token that are not disputed, fewer than the delivery says; have them reported (usage report), or name the receipts",
	    (long long)used);
	fj_err_zh(err, "该许可令牌期间内报送且无异议的用量为 %lld，少于所列交付数量；请先报送用量（usage report），或附回执文件", (long long)used);
	return rc;
}

static enum fj_rc check_delivery(struct iss_call *c, const struct rev *r, const json_t *d, struct fj_err *err)
{
	static const char *const keys[] = {"count", "from", "to", "sha256", "material", "token", NULL};
	const char *sha = fj_json_peek(d, "sha256"), *material = fj_json_peek(d, "material"), *token = fj_json_peek(d, "token");
	int64_t count;

	FJ_TRY(fj_json_only(d, keys, err));
	FJ_TRY(fj_json_int(d, "count", 1, INT64_MAX, &count, err));
	FJ_TRY(check_days(r, d, err));
	if (material != NULL)
		FJ_TRY(check_material(c, r, material, err));
	if (token != NULL)
		FJ_TRY(check_token(c, r, token, err));
	if ((sha != NULL && is_hash(sha)) || material != NULL)
		return FJ_OK;
	return token != NULL ? check_reported(c, d, token, err)
	    : bad(err, "a delivery rests on receipts by their SHA-256, on a material or on a token", "交付凭据应附回执文件的 SHA-256、材料编号或许可令牌编号");
}

/* --- trades --- */

static enum fj_rc trade_free(struct iss_call *c, const char *id, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(c->db, STO_REV_TRADE, &q, err, "t", id));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", "domain.md 4.11", "the trade is booked already: %s", sto_text(&q, 0));
	fj_err_zh(err, "该笔成交已入账：%s", sto_text(&q, 0));
	return rc;
}

/* what its import had to say of the price binds here: such money is given back, not booked */
static enum fj_rc trade_lawful(const char *marks, struct fj_err *err)
{
	if (strstr(marks, "\"PAID_THOUGH_FREE\"") != NULL)
		return iss_rule_fail(err, "R07", "the product was free of charge when it was traded: give the money back, a corrected trade has a number of its own", "成交时该产品为免费，应予退款；更正后的成交使用新的成交编号");
	return strstr(marks, "\"ABOVE_CAP\"") == NULL ? FJ_OK
	    : iss_rule_fail(err, "R08", "the trade was above the cap: give back what is above it, a corrected trade has a number of its own", "成交价格超过上限收费标准，超出部分应予退还；更正后的成交使用新的成交编号");
}

/* columns of STO_TRADE_GET: 4 authorisation, 5 product, 6 day, 8 buyer, 10 amount, 11 marks, 13 seller */
static enum fj_rc check_trade(struct iss_call *c, const struct rev *r, const char *id, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool own = is(r->kind, "REDEV_SALE");

	FJ_TRY(sto_first(c->db, STO_TRADE_GET, &q, id, err, "t", id));
	if ((!own && !is(r->kind, "OPERATOR_SALE")) || !is(sto_text(&q, 13), own ? r->booked_by : r->operator_))
		return bad(err, "a trade is its seller's sale: of the operator's product OPERATOR_SALE, of a re-developer's its own REDEV_SALE", "成交收入属于销售方：运营机构产品按 OPERATOR_SALE 入账，再开发产品由其销售方按 REDEV_SALE 入账");
	if (!is(sto_text(&q, 4), r->authorisation) || !is(sto_text(&q, 5), r->product))
		return bad(err, "the trade is of another product", "该笔成交属于其他产品");
	if (!is(sto_text(&q, 8), r->payer))
		return bad(err, "the trade has another buyer than the payer", "该笔成交的买方不是付款方");
	if (sto_int(&q, 10) != r->gross)
		return bad(err, "the trade has another amount than the gross of the booking", "该笔成交金额与收入总额不一致");
	if (strcmp(sto_text(&q, 6), r->period_from) < 0 || strcmp(sto_text(&q, 6), r->period_to) > 0)
		return bad(err, "the day of the trade lies outside of the period", "该笔成交日期不在所属期间内");
	FJ_TRY(trade_lawful(sto_text(&q, 11), err));
	return trade_free(c, id, err);
}

/* --- all of it --- */

static enum fj_rc check_list(const json_t *evidence, const char *key, const json_t **out, struct fj_err *err)
{
	*out = json_object_get(evidence, key);
	return *out == NULL || (json_is_array(*out) && json_array_size(*out) <= MAX_LIST) ? FJ_OK : bad(err, "a member of the evidence is no list, or too long", "凭据的列表格式不正确或过长");
}

static enum fj_rc check_lists(struct iss_call *c, const struct rev *r, const json_t *evidence, struct fj_err *err)
{
	const json_t *list;
	size_t i;
	json_t *v;

	FJ_TRY(check_list(evidence, "delivery", &list, err));
	json_array_foreach(list, i, v)
		FJ_TRY(check_delivery(c, r, v, err));
	FJ_TRY(check_list(evidence, "materials", &list, err));
	json_array_foreach(list, i, v)
		FJ_TRY(check_material(c, r, json_is_string(v) ? json_string_value(v) : "", err));
	FJ_TRY(check_list(evidence, "documents", &list, err));
	json_array_foreach(list, i, v)
		if (!json_is_string(v) || !iss_said(json_string_value(v)) || json_string_length(v) > 800)
			return bad(err, "a document is named by its number and title", "文件应填写文号和标题");
	return FJ_OK;
}

enum fj_rc rev_evidence(struct iss_call *c, const struct rev *r, const json_t *evidence, struct fj_err *err)
{
	static const char *const keys[] = {"delivery", "invoice", "materials", "documents", "disposal", "trade", NULL}, *const of_invoice[] = {"number", "day", "sha256", NULL};
	const json_t *invoice = json_object_get(evidence, "invoice");
	const char *text, *trade = NULL;

	FJ_TRY(fj_json_only(evidence, keys, err));
	FJ_TRY(check_lists(c, r, evidence, err));
	if (invoice != NULL) {
		FJ_TRY(fj_json_only(invoice, of_invoice, err));
		FJ_TRY(fj_json_str(invoice, "number", 80, &text, err));
		FJ_TRY(check_day(invoice, "day", err));
	}
	FJ_TRY(fj_json_opt_str(evidence, "disposal", 200, &text, err));
	FJ_TRY(fj_json_opt_str(evidence, "trade", 40, &trade, err));
	return trade == NULL ? FJ_OK : check_trade(c, r, trade, err);
}

enum fj_rc rev_tidy_invoice(struct rev *r, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(4096);

	return sheet_key(r->invoice, &text) == FJ_OK && fj_strcopy(r->invoice, sizeof(r->invoice), fj_buf_str(&text)) == FJ_OK ? FJ_OK
	    : fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 4.11", "the number of the invoice is too long", "发票号码过长");
}

/* --- what it shows --- */

static void earlier(char first[11], const char *day)
{
	if (day[0] != '\0' && (first[0] == '\0' || strcmp(day, first) < 0))
		snprintf(first, 11, "%.10s", day);
}

enum fj_rc rev_delivered(struct iss_call *c, const struct rev *r, bool *out, char from[11], struct fj_err *err)
{
	const json_t *list = json_object_get(r->evidence, "delivery");
	struct dom_usage used = {0};
	size_t i;
	json_t *v;

	from[0] = '\0';
	json_array_foreach(list, i, v)
		earlier(from, fj_json_text(v, "from"));
	if (r->authorisation[0] != '\0')
		FJ_TRY(dom_usage_paid(c->db, r->authorisation, r->product, r->payer, r->period_from, r->period_to, &used, err));
	*out = json_array_size(list) > 0 || used.count > 0 || json_array_size(json_object_get(r->evidence, "materials")) > 0;
	if (json_array_size(list) == 0)
		earlier(from, used.first);
	return FJ_OK;
}

/* receipts, material or license days of the evidence, or the reported uses where it has none */
enum fj_rc rev_evidence_used(struct iss_call *c, const struct rev *r, bool shown, bool *out, struct fj_err *err)
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
