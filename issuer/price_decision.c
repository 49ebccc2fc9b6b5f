/*
 * price_decision.c - 核定价格: maximum permitted revenue and fee caps of an
 * authorisation as approved, and each year's revenue against them (65号): the gross that
 * is booked here, or more.
 *
 * Those who approve prices have no accounts: their document is recorded by the
 * implementing institution or the finance department, with number, date, body and
 * scan, and confirmed by a second officer, of the finance department (decision 10).
 * A price replaces the one before with all its caps, and takes over what that one
 * carries down.  It is reviewed after three years at the latest; until then, and
 * past it, it stays in force.
 */
#include "issuer/price.h"

#include "issuer/agreement.h"
#include "issuer/registration.h"
#include "issuer/rules/rules.h"
#include "issuer/shape.h"

#define MAX_SCAN (8u << 20)
#define MAX_RATE 20000
#define MAX_JSON (1u << 18)

const struct iss_field fld_price_record[] = {
	{"authorisation", ISS_F_STR, true, 40, "授权", "authorisation", .noun = "authorisation"},
	{"maximum_fen", ISS_F_INT, true, PRC_MAX_FEN, "最高准许收入（分，每年）", "maximum permitted revenue of a year, in fen"},
	{"cost_fen", ISS_F_INT, true, PRC_MAX_FEN, "经营成本（分）", "operating cost, in fen"},
	{"subsidy_fen", ISS_F_INT, false, PRC_MAX_FEN, "财政补贴（分）", "subsidy that is taken off, in fen"},
	{"bond_bp", ISS_F_INT, true, MAX_RATE, "上年十年期国债平均收益率（基点）", "average of the ten-year bonds of the year before, in basis points"},
	{"profit_bp", ISS_F_INT, true, MAX_RATE, "准许利润率（基点）", "rate of profit, in basis points"},
	{"tax_bp", ISS_F_INT, true, MAX_RATE, "税率（基点）", "tax, in basis points"},
	{"from", ISS_F_STR, true, 10, "执行起始日", "first day, 2026-03-16"},
	{"to", ISS_F_STR, true, 10, "评估校核日", "day of the next review, within three years"},
	{"caps", ISS_F_JSON, true, 1, "上限收费标准", "fee caps", .members = shp_caps, .shape = ISS_ROWS},
	{"doc_no", ISS_F_STR, true, 80, "文号", "document number"},
	{"doc_date", ISS_F_STR, true, 10, "文件日期", "date of the document"},
	{"authority", ISS_F_STR, true, DOM_MAX_NAME, "核定单位", "body that approved the price"},
	{"scan", ISS_F_FILE, true, MAX_SCAN, "扫描件", "scan of the document"},
	{0},
};
const struct iss_field fld_price_review[] = {
	{"authorisation", ISS_F_STR, true, 40, "授权编号", "authorisation"},
	{"year", ISS_F_INT, true, 9998, "年度", "year that is over"},
	{"actual_fen", ISS_F_INT, false, PRC_MAX_FEN, "实际收入（分）", "the operator's gross revenue of the year from what has caps, in fen; by default what is booked"},
	{"note", ISS_F_STR, false, 400, "说明", "note; why the revenue is more than what is booked"},
	{0},
};
const struct iss_field fld_price_list[] = {
	{"after", ISS_F_STR, false, 64, "起始", "start after this one"},
	ISS_FIELD_LIMIT,
	{"authorisation", ISS_F_STR, false, 40, "授权编号", "of this authorisation only"},
	{0},
};

static enum fj_rc no(struct fj_err *err, enum fj_rc rc, const char *cite, const char *en, const char *zh)
{
	return fj_refuse(err, rc, "issuer", cite, en, zh);
}

/* --- the price in force --- */

struct decision {
	char id[32], authorisation[41];
	int64_t maximum_fen, carried_fen, excess_fen;
	fj_time from, to;
};

/* FJ_E_NOTFOUND: none was recorded */
static enum fj_rc in_force(struct sto *db, const char *authorisation, struct decision *d, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	memset(d, 0, sizeof(*d));
	FJ_TRY(sto_first(db, STO_PRICE_IN_FORCE, &q, authorisation, err, "t", authorisation));
	const struct sto_copy texts[] = {STO_COPY(0, d->id), STO_COPY(1, d->authorisation)};
	FJ_TRY(sto_copy(&q, texts, FJ_ARRAY_LEN(texts), "a price's row", err));
	d->maximum_fen = sto_int(&q, 2);
	d->carried_fen = sto_int(&q, 3);
	d->excess_fen = sto_int(&q, 4);
	d->from = sto_int(&q, 5);
	d->to = sto_int(&q, 6);
	return FJ_OK;
}

/* the one that the next replaces, and has to give back the excess of; no id: none is in force */
static enum fj_rc before(struct sto *db, const char *authorisation, struct decision *d, struct fj_err *err)
{
	enum fj_rc rc = in_force(db, authorisation, d, err);

	return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
}

static bool is_capped(const json_t *caps, const char *product)
{
	size_t i;
	json_t *v;

	json_array_foreach(caps, i, v)
		if (strcmp(fj_json_text(v, "product"), product) == 0)
			return true;
	return false;
}

/* what the agreement does not list can't be put on sale: told, not refused, since the agreement may follow */
static enum fj_rc unlisted(struct sto *db, const char *authorisation, const json_t *caps, json_t *price, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	json_t *agreement = NULL, *v, *p;
	enum fj_rc rc = dom_agreement_get(db, authorisation, &agreement, err);
	FJ_AUTO(json) owned = agreement;
	size_t i, k;

	if (rc != FJ_OK)
		return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
	json_array_foreach(caps, i, v) {
		bool listed = false;
		json_array_foreach(json_object_get(owned, "products"), k, p)
			listed = listed || strcmp(fj_json_text(p, "id"), fj_json_text(v, "product")) == 0;
		if (!listed)
			json_array_append(list, json_object_get(v, "product"));
	}
	return json_array_size(list) == 0 ? FJ_OK : fj_json_set(price, "unlisted", json_incref(list));
}

/* which price the next one replaces, and which products of it have none then */
static enum fj_rc replacing(struct sto *db, const struct decision *d, const json_t *caps, json_t *price, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) lost = json_array();
	bool row;

	if (d->id[0] == '\0')
		return FJ_OK;
	FJ_TRY(sto_query(db, STO_PRICE_CAPS, &q, err, "t", d->id));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		if (!is_capped(caps, sto_text(&q, 0)))
			json_array_append_new(lost, json_string(sto_text(&q, 0)));
	}
	FJ_TRY(fj_json_set(price, "replaces", json_string(d->id)));
	return fj_json_set(price, "lost", json_incref(lost));
}

/* --- recording --- */

static enum fj_rc check_cap(const json_t *caps, size_t at, struct fj_err *err)
{
	static const char *const keys[] = {"product", "cap_fen", "volume", NULL};
	const json_t *v = json_array_get(caps, at);
	const char *product;
	int64_t n;

	FJ_TRY(fj_json_only(v, keys, err));
	FJ_TRY(fj_json_str(v, "product", DOM_MAX_PRODUCT, &product, err));
	FJ_TRY(fj_json_int(v, "cap_fen", 1, PRC_MAX_FEN, &n, err));
	FJ_TRY(fj_json_int(v, "volume", 1, PRC_MAX_VOLUME, &n, err));
	for (size_t i = 0; i < at; i++)
		if (strcmp(fj_json_text(json_array_get(caps, i), "product"), product) == 0)
			return no(err, FJ_E_INVALID, "65号 三", "a product has one cap; the list names one twice", "一项产品只有一个上限收费标准，列表中有重复");
	return FJ_OK;
}

static enum fj_rc check_caps(const json_t *caps, int64_t limit_fen, struct fj_err *err)
{
	int64_t total;

	if (!json_is_array(caps) || json_array_size(caps) == 0 || json_array_size(caps) > PRC_MAX_CAPS)
		return no(err, FJ_E_INVALID, "65号 三", "give the caps as a list of 1 to 200: product, cap_fen, volume", "上限收费标准应为 1 至 200 项的列表：product、cap_fen、volume");
	for (size_t i = 0; i < json_array_size(caps); i++)
		FJ_TRY(check_cap(caps, i, err));
	bool known = prc_total(caps, &total);
	return iss_rule_no_caps_above_revenue(known, total, limit_fen, err);
}

static enum fj_rc check_dates(struct iss_call *c, const json_t *p, fj_time *from, fj_time *to, struct fj_err *err)
{
	fj_time made;

	FJ_TRY(fj_date_parse(fj_json_text(p, "from"), from, err));
	FJ_TRY(fj_date_parse(fj_json_text(p, "to"), to, err));
	FJ_TRY(fj_date_parse(fj_json_text(p, "doc_date"), &made, err));
	*to += 86399; /* the last day counts whole */
	if (made > c->now || *from > c->now)
		return no(err, FJ_E_REFUSED, "65号 三", "a price is recorded when its document has been made and its first day has come", "核定价格应在文件作出并开始执行后补录");
	if (*to <= c->now || *to > fj_term_end(*from, PRC_MAX_YEARS))
		return no(err, FJ_E_REFUSED, "65号 五", "the next review lies ahead, and within three years of the first day", "评估校核日应晚于今日，且自执行起始日起不超过 3 年");
	return FJ_OK;
}

/* the price as it will stand: what was given, what is carried down, and 65号's computation beside it */
static enum fj_rc complete(struct iss_call *c, const json_t *p, json_t **out, struct fj_err *err)
{
	struct prc_in in = {.cost_fen = fj_json_num(p, "cost_fen"), .subsidy_fen = fj_json_num(p, "subsidy_fen"), .bond_bp = fj_json_num(p, "bond_bp"),
		.profit_bp = fj_json_num(p, "profit_bp"), .tax_bp = fj_json_num(p, "tax_bp")};
	int64_t maximum = fj_json_num(p, "maximum_fen");
	struct prc_out computed;
	struct decision old;
	fj_time from, to;

	FJ_TRY(check_dates(c, p, &from, &to, err));
	if (!iss_said(fj_json_text(p, "doc_no")) || !iss_said(fj_json_text(p, "authority")) || maximum == 0)
		return no(err, FJ_E_INVALID, "domain.md decision 10", "a price has a document number, the body that approved it, and an amount", "核定价格应有文号、核定单位和金额");
	FJ_TRY(before(c->db, fj_json_text(p, "authorisation"), &old, err));
	in.carried_fen = old.excess_fen;
	FJ_TRY(prc_compute(&in, &computed, err));
	FJ_TRY(check_caps(json_object_get(p, "caps"), maximum > in.carried_fen ? maximum - in.carried_fen : 0, err));
	*out = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:O, s:s, s:s, s:s}", "authorisation", fj_json_text(p, "authorisation"),
	    "maximum_fen", (json_int_t)maximum, "cost_fen", (json_int_t)in.cost_fen, "subsidy_fen", (json_int_t)in.subsidy_fen, "bond_bp", (json_int_t)in.bond_bp,
	    "profit_bp", (json_int_t)in.profit_bp, "tax_bp", (json_int_t)in.tax_bp, "carried_fen", (json_int_t)in.carried_fen,
	    "computed_fen", (json_int_t)computed.maximum_fen, "from", fj_json_text(p, "from"), "to", fj_json_text(p, "to"), "caps", json_object_get(p, "caps"),
	    "doc_no", fj_json_text(p, "doc_no"), "doc_date", fj_json_text(p, "doc_date"), "authority", fj_json_text(p, "authority"));
	if (*out == NULL)
		return fj_no_memory(err, "issuer");
	FJ_TRY(unlisted(c->db, fj_json_text(p, "authorisation"), json_object_get(p, "caps"), *out, err));
	return replacing(c->db, &old, json_object_get(p, "caps"), *out, err);
}

/* the authorisation in force, of which the actor is implementer or finance department */
static enum fj_rc own_authorisation(struct iss_call *c, struct dom_auth *a, struct dom_org *holder, struct fj_err *err)
{
	const char *number = fj_json_text(c->params, "authorisation");
	enum iss_party party;

	FJ_TRY(num_check(number, err));
	FJ_TRY(dom_auth_get(c->db, number, a, err));
	FJ_TRY(dom_party(c, a, &party, err));
	return dom_org_get(c->db, a->holder, holder, err);
}

enum fj_rc cmd_price_record(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	FJ_AUTO(buf) scan = FJ_BUF_INIT(MAX_SCAN + 1);
	struct dom_material m = {.holder = c->actor->org, .asset_no = "", .kind = "PRICE", .name = fj_json_text(c->params, "doc_no")};
	json_t *price = NULL;
	char id[32];

	FJ_TRY(own_authorisation(c, &a, &holder, err));
	enum fj_rc rc = complete(c, c->params, &price, err);
	FJ_AUTO(json) payload = price;
	FJ_TRY(rc);
	FJ_TRY(iss_param_file(c, "scan", &scan, err));
	FJ_TRY(dom_material_size(c, c->actor->org, scan.len, err));
	FJ_TRY(dom_material_file(c, &m, &scan, err));
	iss_new_id("PC-", 12, id);
	FJ_TRY(fj_json_set(payload, "material", json_string(m.id)));
	FJ_TRY(fj_json_set(payload, "sha256", json_string(m.sha256)));
	FJ_TRY(apr_request(c, "price.record", id, holder.finance, payload, err));
	json_object_set(c->answer, "replaces", json_object_get(payload, "replaces"));
	json_object_set(c->answer, "lost", json_object_get(payload, "lost"));
	json_object_set(c->answer, "unlisted", json_object_get(payload, "unlisted"));
	return FJ_OK;
}

enum fj_rc apr_price_record(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	json_t *price = NULL;

	/* checked again, now: a year may have been reviewed since, or another price recorded */
	enum fj_rc rc = complete(c, a->payload, &price, err);
	FJ_AUTO(json) body = price;
	FJ_TRY(rc);
	if (strcmp(fj_json_text(body, "replaces"), fj_json_text(a->payload, "replaces")) != 0)
		return no(err, FJ_E_STATE, "65号 三", "another price has come into force since this was asked for; reject it, and have it recorded again", "申请后已有新的核定价格文件生效；请驳回，由申请人重新补录");
	FJ_TRY(fj_json_set(body, "material", json_string(fj_json_text(a->payload, "material"))));
	FJ_TRY(fj_json_set(body, "sha256", json_string(fj_json_text(a->payload, "sha256"))));
	FJ_TRY(fj_json_set(body, "recorder", json_string(a->applicant)));
	FJ_TRY(evt_append(c, "price.recorded", a->object, body, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s, s:O}", "id", a->id, "state", "APPROVED", "kind", a->kind, "object", a->object, "authorisation",
	    json_object_get(body, "authorisation"));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc apply_caps(const struct evt *e, const char *authorisation, struct fj_err *err)
{
	size_t i;
	json_t *v;

	FJ_TRY(sto_run(e->db, STO_PRODUCT_UNCAP, NULL, err, "it", e->seq, authorisation));
	json_array_foreach(json_object_get(e->body, "caps"), i, v) {
		const char *product = fj_json_text(v, "product");
		FJ_TRY(sto_run(e->db, STO_PRICE_CAP_ADD, NULL, err, "ttii", e->object, product, fj_json_num(v, "cap_fen"), fj_json_num(v, "volume")));
		FJ_TRY(sto_run(e->db, STO_PRODUCT_CAP, NULL, err, "itt", fj_json_num(v, "cap_fen"), authorisation, product));
	}
	return FJ_OK;
}

enum fj_rc apply_price_recorded(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	const char *authorisation = fj_json_text(b, "authorisation");
	FJ_AUTO(buf) doc = FJ_BUF_INIT(MAX_JSON);
	fj_time from, to;

	FJ_TRY(fj_date_parse(fj_json_text(b, "from"), &from, err));
	FJ_TRY(fj_date_parse(fj_json_text(b, "to"), &to, err));
	FJ_TRY(fj_json_canonical(b, &doc, err));
	FJ_TRY(sto_run(e->db, STO_PRICE_REPLACED, NULL, err, "it", e->seq, authorisation));
	FJ_TRY(sto_run(e->db, STO_PRICE_ADD, NULL, err, "ttiiiittii", e->object, authorisation, fj_json_num(b, "maximum_fen"), fj_json_num(b, "carried_fen"),
	    (int64_t)from, (int64_t)to + 86399, fj_buf_str(&doc), e->actor, (int64_t)e->at, e->seq));
	return apply_caps(e, authorisation, err);
}

/* --- a year against the maximum --- */

static fj_time year_begin(int64_t year)
{
	return fj_time_of((struct fj_date){.y = (int)year, .m = 1, .d = 1}, 0, 0, 0, FJ_CHINA_OFFSET);
}

static enum fj_rc check_year(struct iss_call *c, const struct decision *d, int64_t year, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	if (year < 1970 || year_begin(year + 1) > c->now || year_begin(year + 1) <= d->from)
		return no(err, FJ_E_REFUSED, "65号 四", "a year is compared when it is over, with the price that was in force in it", "年度终了后方可比较，且该年度应在现行核定价格执行期内");
	FJ_TRY(sto_query(c->db, STO_PRICE_REVIEW_GET, &q, err, "ti", d->authorisation, year));
	FJ_TRY(sto_step(&q, &row, err));
	return !row ? FJ_OK : no(err, FJ_E_EXISTS, "65号 四", "this year was compared already", "该年度已比较");
}

/* what the register has of a year, gross (the maximum has its tax in it); a counter-entry bears the period that it corrects */
static enum fj_rc booked(struct sto *db, const char *authorisation, int64_t year, int64_t *fen, int64_t *held, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char from[32], to[32];

	snprintf(from, sizeof(from), "%04lld-01-01", (long long)year);
	snprintf(to, sizeof(to), "%04lld-12-31", (long long)year);
	FJ_TRY(sto_first(db, STO_REV_CAPPED, &q, authorisation, err, "ttt", authorisation, from, to));
	*fen = sto_int(&q, 0);
	*held = sto_int(&q, 1);
	return FJ_OK;
}

/* Less than what is booked is refused, since the books say it; more is a fact that has to be explained. */
static enum fj_rc check_actual(const json_t *p, int64_t booked_fen, int64_t *actual, struct fj_err *err)
{
	*actual = booked_fen;
	if (booked_fen > PRC_MAX_FEN)
		return no(err, FJ_E_LIMIT, "65号 四", "more is booked for the year than any amount of a price: a trillion yuan", "该年度入账金额超过 1 万亿元");
	FJ_TRY(fj_json_opt_int(p, "actual_fen", 0, PRC_MAX_FEN, actual, err));
	if (*actual >= booked_fen)
		return *actual == booked_fen || iss_said(fj_json_text(p, "note")) ? FJ_OK
		    : no(err, FJ_E_INVALID, "65号 四", "this is more than what is booked for the year: book the rest, or say in the note where it stands", "实际收入高于该年度入账金额：请补记入账，或在说明中写明差额");
	enum fj_rc rc = fj_fail(err, FJ_E_REFUSED, "issuer", "65号 四", "%lld fen are booked for the year from what has caps, and a year's revenue is not less than what is booked; counter what was booked in error (revenue counter)",
	    (long long)booked_fen);
	fj_err_zh(err, "该年度有上限收费标准的产品已入账 %lld 分，实际收入不得低于入账金额；入账有误的请先冲销（revenue counter）", (long long)booked_fen);
	return rc;
}

enum fj_rc cmd_price_review(struct iss_call *c, struct fj_err *err)
{
	static const char *const adjusts[] = {"NONE", "FEE", "CAP"};
	FJ_AUTO(dom_auth) a = {.body = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	int64_t year = fj_json_num(c->params, "year"), actual, in_books, held;
	struct decision d;
	struct prc_deviation dev;

	FJ_TRY(own_authorisation(c, &a, &holder, err));
	FJ_TRY(in_force(c->db, a.number, &d, err));
	FJ_TRY(check_year(c, &d, year, err));
	if (d.maximum_fen <= d.carried_fen)
		return no(err, FJ_E_STATE, "65号 四", "what is carried down takes the whole maximum: no revenue is permitted to compare with", "结转扣减后最高准许收入为零，无法比较");
	FJ_TRY(booked(c->db, a.number, year, &in_books, &held, err));
	FJ_TRY(check_actual(c->params, in_books, &actual, err));
	prc_deviate(actual, d.maximum_fen - d.carried_fen, &dev);
	FJ_AUTO(json) body = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:s}", "authorisation", a.number, "year", (json_int_t)year, "limit_fen",
	    (json_int_t)(d.maximum_fen - d.carried_fen), "actual_fen", (json_int_t)actual, "booked_fen", (json_int_t)in_books, "held_fen", (json_int_t)held, "deviation_bp", (json_int_t)dev.bp, "adjust", adjusts[dev.adjust],
	    "excess_fen", (json_int_t)dev.excess_fen, "note", fj_json_text(c->params, "note"));
	if (body == NULL)
		return fj_no_memory(err, "issuer");
	FJ_TRY(evt_append(c, "price.reviewed", d.id, body, err));
	c->answer = json_pack("{s:s, s:I}", "price", d.id, "difference_fen", (json_int_t)(actual - in_books));
	return c->answer != NULL && json_object_update(c->answer, body) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_price_reviewed(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	FJ_TRY(sto_run(e->db, STO_PRICE_REVIEW_ADD, NULL, err, "tit" "iiiitit" "i", fj_json_text(b, "authorisation"), fj_json_num(b, "year"), e->object,
	    fj_json_num(b, "limit_fen"), fj_json_num(b, "actual_fen"), fj_json_num(b, "booked_fen"), fj_json_num(b, "deviation_bp"), fj_json_text(b, "adjust"),
	    fj_json_num(b, "excess_fen"), fj_json_text(b, "note"), (int64_t)e->at));
	return sto_run(e->db, STO_PRICE_EXCESS, NULL, err, "iit", fj_json_num(b, "excess_fen"), e->seq, e->object);
}

/* --- reading --- */

static json_t *row_json(const struct sto_q *q, fj_time now)
{
	char review[FJ_TIME_CAP], at[FJ_TIME_CAP];
	json_t *o = NULL;

	fj_time_utc(sto_int(q, 2), review);
	fj_time_utc(sto_int(q, 6), at);
	if (fj_json_parse(fj_slice_str(sto_text(q, 3)), MAX_JSON, &o, NULL) != FJ_OK)
		return NULL;
	bool force = strcmp(sto_text(q, 1), "IN_FORCE") == 0;
	FJ_AUTO(json) more = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:b}", "id", sto_text(q, 0), "mark", "线下", "state", sto_text(q, 1), "review_due", review,
	    "confirmer", sto_text(q, 5), "recorded_at", at, "excess_fen", (json_int_t)sto_int(q, 4), "overdue", force && now > sto_int(q, 2));
	if (more == NULL || json_object_update(o, more) != 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}

/* now_fen: what is booked for the year by now; later bookings and counter-entries change it */
static json_t *review_json(const struct sto_q *q, int64_t now_fen)
{
	char at[FJ_TIME_CAP];

	fj_time_utc(sto_int(q, 7), at);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:s, s:s}", "year", (json_int_t)sto_int(q, 0), "limit_fen", (json_int_t)sto_int(q, 1), "actual_fen",
	    (json_int_t)sto_int(q, 2), "booked_fen", (json_int_t)sto_int(q, 8), "difference_fen", (json_int_t)(sto_int(q, 2) - sto_int(q, 8)), "booked_now_fen", (json_int_t)now_fen,
	    "deviation_bp", (json_int_t)sto_int(q, 3), "adjust", sto_text(q, 4), "excess_fen", (json_int_t)sto_int(q, 5), "note", sto_text(q, 6),
	    "at", at);
}

static enum fj_rc reviews(struct iss_call *c, const char *id, json_t *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	int64_t now_fen, held;
	bool row;

	FJ_TRY(sto_query(c->db, STO_PRICE_REVIEWS, &q, err, "t", id));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(booked(c->db, sto_text(&q, 9), sto_int(&q, 0), &now_fen, &held, err));
		if (json_array_append_new(out, review_json(&q, now_fen)) != 0)
			return fj_no_memory(err, "issuer");
	}
}

enum fj_rc cmd_price_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) list = json_array();
	const char *id = fj_json_peek(c->params, "id");

	FJ_TRY(sto_first(c->db, STO_PRICE_GET, &q, id, err, "t", id));
	FJ_TRY(reviews(c, id, list, err));
	c->answer = row_json(&q, c->now);
	return c->answer != NULL && json_object_set(c->answer, "reviews", list) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_price_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *after;
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, STO_PRICE_LIST, &q, err, "tti", after, fj_json_text(c->params, "authorisation"), limit));
	return dom_list_page(c, &q, row_json, "id", limit, err);
}
