/*
 * product.c - 产品和服务: what may be sold under an authorisation, by whom, at what
 * price.
 *
 * The operator registers its own products, those of the agreement where there is
 * one; whoever holds a license to re-develop under the authorisation registers what
 * it made of them, at a market price (R09).  Raw data is no product (R18).  What is
 * for public governance and welfare costs nothing and has its conditions all the
 * same (R07, domain.md 10); an operator's fee lies under an approved cap (R08); a
 * charge that the public bears needs a cost breakdown and the finance department, and
 * an attempt without them is refused and kept (R10).  Every change is a version, and
 * no version is lost.
 */
#include "issuer/product.h"

#include "base/jws.h"
#include "issuer/agreement.h"
#include "issuer/price.h"
#include "issuer/shape.h"
#include "issuer/state.h"
#include "issuer/token.h"

#define MAX_DOC (1u << 16)
#define MAX_COSTS 50
#define MAX_PRODUCTS 1000 /* of an authorisation */

static const char *const purposes[] = {"PUBGOV", "WELFARE", "INDUSTRY", "SECTOR", NULL};
static const char *const price_forms[] = {"FREE", "GUIDED", "MARKET", NULL};
static const char *const charge_bases[] = {"ITEMS", "SERVICES", "TIME", "CALLS", NULL};
static const char *const deliveries[] = {"API", "DATASET", "MODEL", "VERIFY", "REPORT", "VISUAL", "INDEX", "APP", NULL};

/* what a version says; the same when it is registered and when it is changed */
#define SAYS(required)                                                                                                                              \
	{"version", ISS_F_STR, required, 32, "版本", "version"},                                                                                    \
	{"name", ISS_F_STR, required, DOM_MAX_NAME, "名称", "name"},                                                                                \
	{"purpose", ISS_F_STR, required, 12, "用途类", "class of purpose", purposes, "167·三(五)"},                                                 \
	{"delivery", ISS_F_STR, required, 12, "交付方式", "how it is delivered", deliveries, "domain.md 3.1"},                                      \
	{"price_form", ISS_F_STR, required, 12, "价格形式", "how its price is formed", price_forms, "167·三(五); 65号"},                            \
	{"charge_basis", ISS_F_STR, false, 12, "收费形式（有偿的须填，免费的不填）", "what is charged for (needed of what is paid; none of what is free)", charge_bases, "65号 三(二)"}, \
	{"fee_fen", ISS_F_INT, false, PRC_MAX_FEN, "收费标准（分，有偿的须填）", "actual fee in fen, per unit of what is charged for (needed of what is paid)"}, \
	{"data_use", ISS_F_STR, required, 800, "数据资源使用情况", "what data it uses, and how: disclosed"},                                        \
	{"conditions", ISS_F_STR, required, 800, "使用条件", "conditions of its use, also when it is free: disclosed"},                             \
	{"borne_by_public", ISS_F_BOOL, false, 1, "由社会公众负担（不填为否）", "the fee is borne by the public that uses a public service; no by default"}, \
	{"cost", ISS_F_JSON, false, 1, "成本构成（由社会公众负担的须填）", "cost breakdown (needed of a fee that the public bears)", .members = shp_costs, .shape = ISS_ROWS},                                           \
	{"raw_data", ISS_F_BOOL, false, 1, "原始数据", "it hands out raw data"},                                                                    \
	{"nda_code", ISS_F_STR, false, 64, "公共数据资源登记查询码", "query code of its registration under Measures No. 26"},                                  \
	{"nda_to", ISS_F_STR, false, 10, "登记有效期至", "last day of that registration"},                                                          \
	{"token", ISS_F_STR, false, 40, "再开发许可令牌（再开发产品须填）", "license (LT-) under which it was made (needed of a re-developed product)"}
#define PRODUCT {"product", ISS_F_STR, true, DOM_MAX_PRODUCT_KEY, "产品编号", "authorisation/id"}
const struct iss_field fld_product_add[] = {
	{"authorisation", ISS_F_STR, true, 40, "授权", "authorisation", .noun = "authorisation"},
	{"id", ISS_F_STR, true, DOM_MAX_PRODUCT, "产品标识（字母、数字、连字符、点、下划线）", "the seller's choice: letters, digits, hyphen, dot, underscore", .noun = "agreed"},
	SAYS(true),
	{0},
};
const struct iss_field fld_product_change[] = {PRODUCT, SAYS(false), {"note", ISS_F_STR, false, 400, "变更说明", "why it is changed"}, {0}};
const struct iss_field fld_product[] = {PRODUCT, {0}};
const struct iss_field fld_product_withdraw[] = {PRODUCT, {"reason", ISS_F_STR, true, 400, "理由", "reason, for the record"}, {0}};
/* members of a version's document that the fields above give */
static const char *const said[] = {"version", "name", "purpose", "delivery", "price_form", "charge_basis", "fee_fen", "data_use", "conditions", "borne_by_public",
	"cost", "nda_code", "nda_to", "token"};

static enum fj_rc no(struct fj_err *err, enum fj_rc rc, const char *cite, const char *en, const char *zh)
{
	return fj_refuse(err, rc, "issuer", cite, en, zh);
}

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* --- rows --- */

static enum fj_rc from_row(const struct sto_q *q, struct dom_product *p, struct fj_err *err)
{
	const struct sto_copy texts[] = {STO_COPY(0, p->key), STO_COPY(1, p->authorisation), STO_COPY(2, p->id), STO_COPY(3, p->version), STO_COPY(4, p->name),
		STO_COPY(5, p->purpose), STO_COPY(6, p->delivery), STO_COPY(7, p->level), STO_COPY(8, p->price_form), STO_COPY(9, p->charge_basis),
		STO_COPY(10, p->state), STO_COPY(11, p->seller), STO_COPY(12, p->seller_name)};

	FJ_TRY(sto_copy(q, texts, FJ_ARRAY_LEN(texts), "a product's row", err));
	p->cap_fen = sto_int(q, 13);
	p->fee_fen = sto_int(q, 14);
	return FJ_OK;
}

/* *doc may be NULL: not wanted; else the caller's */
static enum fj_rc load(struct sto *db, const char *key, struct dom_product *p, json_t **doc, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	memset(p, 0, sizeof(*p));
	FJ_TRY(sto_first(db, STO_PRODUCT_GET, &q, key, err, "t", key));
	FJ_TRY(from_row(&q, p, err));
	return doc == NULL ? FJ_OK : fj_json_parse(fj_slice_str(sto_text(&q, 15)), MAX_DOC, doc, err);
}

enum fj_rc dom_product_get(struct sto *db, const char *authorisation, const char *id, struct dom_product *out, struct fj_err *err)
{
	char key[40 + 1 + DOM_CAP(DOM_MAX_PRODUCT)]; /* of an id in any characters: no key has it then */

	snprintf(key, sizeof(key), "%.40s/%s", authorisation, id);
	return load(db, key, out, NULL, err);
}

static enum fj_rc count(struct sto *db, const char *authorisation, int64_t *n, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_PRODUCT_COUNT, &q, authorisation, err, "t", authorisation));
	*n = sto_int(&q, 0);
	return FJ_OK;
}

/* --- an offer: a product as it is to stand --- */

struct offer {
	struct iss_call *c;
	struct dom_auth auth;
	struct dom_org seller;
	const char *id;
	json_t *doc;           /* what the version says; owned */
	json_t *license;       /* grant of the license to re-develop; owned; NULL: the operator's own product */
	bool bound;            /* 65号 binds it: public data (decision 3) */
	char key[DOM_MAX_PRODUCT_KEY + 1];
	int64_t cap_fen;
	int64_t passed_fen;    /* fee that an override of R10 let through for this product; -1 none */
	char override[40];     /* that this act uses up; "" none */
	bool refused;          /* a charge that the public would bear, by R10: an attempt to be recorded */
	struct fj_err charge;  /* the refusal */
};

static void offer_release(struct offer *o)
{
	dom_auth_release(&o->auth);
	dom_org_release(&o->seller);
	json_decref(o->doc);
	json_decref(o->license);
}
FJ_DEFINE_AUTO(offer, struct offer, offer_release)

static const char *text(const struct offer *o, const char *key)
{
	return fj_json_text(o->doc, key);
}

static enum fj_rc check_id(const char *id, struct fj_err *err)
{
	return strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._") == strlen(id) ? FJ_OK
	    : no(err, FJ_E_INVALID, "domain.md 4.9", "a product's id is of letters, digits, hyphen, dot and underscore", "产品标识只能由字母、数字、连字符、点和下划线组成");
}

/* --- by whom --- */

static enum fj_rc read_license(struct offer *o, const char *token, struct fj_err *err)
{
	FJ_AUTO(buf) compact = FJ_BUF_INIT(FJ_TOKEN_MAX);
	FJ_AUTO(jws) j = {.payload = NULL};
	struct fj_slice s;

	FJ_TRY(dom_credential(o->c->db, PIPE_TOKEN, token, &compact, err));
	s = fj_buf_slice(&compact);
	while (s.len > 0 && s.p[s.len - 1] == '~')
		s.len--;
	FJ_TRY(fj_jws_read(s, FJ_TOKEN_MAX, &j, err));
	o->license = json_incref(json_object_get(j.payload, "grant"));
	return FJ_OK;
}

/* a license to re-develop, of this organisation, under this authorisation, in force */
static enum fj_rc check_developer(struct offer *o, struct fj_err *err)
{
	const char *token = text(o, "token");
	FJ_AUTO(dom_org) operator_ = {.affiliates = NULL};
	const char *self = o->c->actor->org;
	FJ_AUTO(sto_q) q = {0};

	if (token[0] == '\0')
		return no(err, FJ_E_FORBIDDEN, "167·三(五)", "products under this authorisation are the operator's; who re-develops them names its license to do so (token)",
		    "该授权项下的产品由其运营机构登记；再开发主体请填写再开发许可令牌编号");
	FJ_TRY(sto_first(o->c->db, STO_TOKEN_GET, &q, token, err, "t", token));
	FJ_TRY(read_license(o, token, err));
	if (!is(sto_text(&q, 4), self) || !is(sto_text(&q, 1), o->auth.number) || !fj_list_has(json_object_get(o->license, "actions"), "REDEVELOP"))
		return iss_rule_fail(err, "R13", "the license named is not this organisation's, not under this authorisation, or does not allow re-development", "所列令牌不属于本单位、不在该授权项下，或未许可再开发");
	FJ_TRY(iss_rule_no_token_under_dead_authorisation(sto_text(&q, 7), o->c->now > sto_int(&q, 9) || o->c->now < sto_int(&q, 8), err));
	FJ_TRY(dom_org_get(o->c->db, o->auth.operator_, &operator_, err));
	return iss_rule_no_redevelopment_by_operator(true, fj_list_has(operator_.affiliates, self) || fj_list_has(o->seller.affiliates, operator_.usci), err);
}

static enum fj_rc check_seller(struct offer *o, struct fj_err *err)
{
	struct iss_call *c = o->c;

	FJ_TRY(dom_org_get(c->db, c->actor->org, &o->seller, err));
	if (!is(o->auth.state, "ACTIVE") || c->now > o->auth.not_after || c->now < o->auth.not_before)
		return no(err, FJ_E_STATE, "domain.md 7.3", "the authorisation is not in force; nothing is offered under it", "授权未处于有效状态，不得在其下登记或变更产品");
	if (!is(o->auth.operator_, c->actor->org))
		return check_developer(o, err);
	if (!(c->acting & ISS_OPERATOR))
		return no(err, FJ_E_FORBIDDEN, "domain.md 6", "the operator's products are registered by its officers for the operation", "运营机构的产品由其运营经办人登记");
	return text(o, "token")[0] == '\0' ? FJ_OK : iss_rule_no_redevelopment_by_operator(true, true, err);
}

/* --- what --- */

/* names those that may still be registered, and who has another one listed */
static enum fj_rc not_listed(struct sto *db, const char *authorisation, const json_t *agreed, struct fj_err *err)
{
	FJ_AUTO(buf) open = FJ_BUF_INIT(400);
	FJ_AUTO(dom_auth) a = {.body = NULL};
	FJ_AUTO(dom_org) implementer = {.affiliates = NULL};
	struct dom_product there;
	size_t i;
	const json_t *p;

	FJ_TRY(dom_auth_get(db, authorisation, &a, err));
	FJ_TRY(dom_org_get(db, a.implementer, &implementer, err));
	json_array_foreach(agreed, i, p)
		if (is(fj_json_text(p, "level"), "OPERATOR") && dom_product_get(db, authorisation, fj_json_text(p, "id"), &there, NULL) == FJ_E_NOTFOUND &&
		    fj_buf_printf(&open, "%s%s", open.len > 0 ? ", " : "", fj_json_text(p, "id")) != FJ_OK)
			break; /* the first ones will do */
	fj_fail(err, FJ_E_REFUSED, "rules", "R13", "the agreement does not list this product; of those that it lists, not registered yet: %s; for another one ask the implementing institution %s to adjust the agreement", open.len > 0 ? fj_buf_str(&open) : "none",
	    implementer.name);
	fj_err_zh(err, "协议的产品和服务清单中没有该产品；清单中尚未登记的产品：%s。需增加产品的，请实施机构%s调整协议", open.len > 0 ? fj_buf_str(&open) : "无", implementer.name);
	iss_rule_cite(err);
	return FJ_E_REFUSED;
}

/* The operator's own product stands in the agreement, with this purpose (27号 art. 14(三)); an
 * authorisation without an agreement lists nothing. */
static enum fj_rc check_listed(struct sto *db, const char *authorisation, const char *id, const char *purpose, struct fj_err *err)
{
	json_t *agreement = NULL;
	enum fj_rc rc = dom_agreement_get(db, authorisation, &agreement, err);
	FJ_AUTO(json) owned = agreement;
	size_t i;
	const json_t *p;

	if (rc != FJ_OK)
		return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
	json_array_foreach(json_object_get(owned, "products"), i, p)
		if (is(fj_json_text(p, "id"), id))
			return is(fj_json_text(p, "level"), "OPERATOR") && is(fj_json_text(p, "purpose"), purpose) ? FJ_OK
			    : iss_rule_fail(err, "R13", "the agreement lists this product with another purpose, or as one to be re-developed", "协议清单中该产品的用途类或层级与此不同");
	return not_listed(db, authorisation, json_object_get(owned, "products"), err);
}

/* The action that a way of delivery comes to (domain.md 3.1, 4.10): an authorisation that does
 * not allow it has no such product. */
static const char *action_of(const char *delivery)
{
	return is(delivery, "DATASET") || is(delivery, "REPORT") ? "DOWNLOAD_PRODUCT" : is(delivery, "MODEL") ? "MODEL_CALL" : is(delivery, "VERIFY") ? "VERIFY" : "QUERY";
}

static enum fj_rc check_scope(struct offer *o, struct fj_err *err)
{
	const json_t *grant = o->license != NULL ? o->license : json_object_get(o->auth.body, "grant"), *v;
	bool raw = json_is_true(json_object_get(o->c->params, "raw_data"));
	size_t i;

	json_array_foreach(json_object_get(o->auth.body, "assets"), i, v)
		raw = raw || is(fj_json_peek(v, "id"), o->id);
	FJ_TRY(iss_rule_no_raw_data_product(raw, err));
	if (!fj_list_has(json_object_get(grant, "purposes"), text(o, "purpose")))
		return iss_rule_fail(err, "R13", "the purpose is none that the authorisation, or the license to re-develop, allows", "用途不在授权或再开发许可的范围内");
	if (o->license == NULL && !fj_list_has(json_object_get(grant, "actions"), action_of(text(o, "delivery"))))
		return iss_rule_fail(err, "R13", "the authorisation does not allow what this way of delivery comes to; choose another one", "授权许可的行为不包含该交付方式，请改用其他交付方式");
	return FJ_OK;
}

/* 26号 art. 15: a product's registration ends with the agreement where that lasts three years or less */
static enum fj_rc check_registration(struct offer *o, struct fj_err *err)
{
	const char *to = text(o, "nda_to");
	fj_time end;

	if (to[0] == '\0')
		return FJ_OK;
	FJ_TRY(fj_date_parse(to, &end, err));
	if (text(o, "nda_code")[0] == '\0')
		return no(err, FJ_E_INVALID, "26号 art. 15", "the end of a registration comes with its query code", "填写登记有效期时应填写查询码");
	bool shorter = o->auth.not_after <= fj_term_end(o->auth.not_before, 3);
	return shorter && end > o->auth.not_after ? no(err, FJ_E_REFUSED, "26号 art. 15", "the product's registration ends with the authorisation at the latest", "产品登记有效期不得超过授权期限") : FJ_OK;
}

/* --- at what price --- */

static enum fj_rc check_form(struct offer *o, struct fj_err *err)
{
	const char *purpose = text(o, "purpose");
	bool free_ = is(text(o, "price_form"), "FREE"), welfare = is(purpose, "PUBGOV") || is(purpose, "WELFARE");

	if (free_ != (fj_json_num(o->doc, "fee_fen") == 0))
		return no(err, FJ_E_INVALID, "65号 三", "what is free has no fee, and what has a fee is not free", "免费产品收费标准应为 0，收费产品收费标准应大于 0");
	if (free_ == (text(o, "charge_basis")[0] != '\0'))
		return no(err, FJ_E_INVALID, "65号 三(二)", "a fee says what is charged for (charge_basis); what is free does not", "收费产品应填写收费形式，免费产品不填");
	if (free_ && !welfare && o->license == NULL && is(fj_json_text(json_object_get(o->auth.body, "terms"), "kind"), "paid"))
		return iss_rule_fail(err, "R13", "a paid authorisation has no free product but for public governance and welfare", "有条件有偿的授权不得提供无偿产品（公共治理、公益事业除外）");
	return FJ_OK;
}

static enum fj_rc sum_of_costs(const json_t *cost, int64_t *sum, struct fj_err *err)
{
	static const char *const keys[] = {"item", "amount_fen", NULL};
	const char *item;
	int64_t one;
	size_t i;
	json_t *v;

	*sum = 0;
	if (cost != NULL && (!json_is_array(cost) || json_array_size(cost) > MAX_COSTS))
		return no(err, FJ_E_INVALID, "R10", "the cost breakdown is a list of 50 at most: item, amount_fen", "成本构成应为不超过 50 项的列表：item、amount_fen");
	json_array_foreach(cost, i, v) {
		FJ_TRY(fj_json_only(v, keys, err));
		FJ_TRY(fj_json_str(v, "item", 80, &item, err));
		FJ_TRY(fj_json_int(v, "amount_fen", 1, PRC_MAX_FEN, &one, err));
		*sum += one;
	}
	return FJ_OK;
}

static enum fj_rc override_of(struct offer *o, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(o->c->db, STO_OVERRIDE_OPEN, &q, err, "tt", "R10", o->key));
	FJ_TRY(sto_step(&q, &row, err));
	return row ? fj_strcopy(o->override, sizeof(o->override), sto_text(&q, 0)) : FJ_OK;
}

/* An override lets one fee through: a change that does not raise it needs no further one. */
static enum fj_rc check_public(struct offer *o, struct fj_err *err)
{
	int64_t fee = fj_json_num(o->doc, "fee_fen"), sum;
	bool borne = json_is_true(json_object_get(o->doc, "borne_by_public")) && fee > 0;

	FJ_TRY(sum_of_costs(json_object_get(o->doc, "cost"), &sum, err));
	if (borne && sum > 0 && sum < fee) {
		o->refused = true;
		iss_rule_fail(&o->charge, "R10", "the fee is above the costs that it is explained by; lower it", "收费超过所列成本合计，请降低收费");
		return FJ_OK;
	}
	if (borne && sum > 0 && fee > o->passed_fen)
		FJ_TRY(override_of(o, err));
	o->refused = iss_rule_no_charge_on_public(borne, sum > 0 && (fee <= o->passed_fen || o->override[0] != '\0'), &o->charge) != FJ_OK;
	return FJ_OK;
}

static enum fj_rc check_price(struct offer *o, struct fj_err *err)
{
	const char *form = text(o, "price_form");
	int64_t fee = fj_json_num(o->doc, "fee_fen");

	FJ_TRY(prc_binds(o->c->db, &o->auth, &o->bound, err));
	o->cap_fen = -1;
	if (o->license == NULL && is(form, "GUIDED"))
		FJ_TRY(prc_cap(o->c->db, o->auth.number, o->id, &o->cap_fen, err));
	if (o->bound) {
		FJ_TRY(iss_rule_no_fee_for_welfare(text(o, "purpose"), !is(form, "FREE") || fee > 0, err));
		FJ_TRY(iss_rule_no_market_price_for_operator(o->license != NULL, form, err));
		if (is(form, "GUIDED"))
			FJ_TRY(iss_rule_no_fee_above_cap(fee, o->cap_fen, err));
	}
	FJ_TRY(check_form(o, err));
	return check_public(o, err);
}

/* seller and scope first: prices of others are nobody's to try */
static enum fj_rc check(struct offer *o, struct fj_err *err)
{
	FJ_TRY(check_seller(o, err));
	FJ_TRY(check_scope(o, err));
	if (o->license == NULL)
		FJ_TRY(check_listed(o->c->db, o->auth.number, o->id, text(o, "purpose"), err));
	FJ_TRY(check_registration(o, err));
	FJ_TRY(check_price(o, err));
	return iss_rule_no_product_without_disclosure(iss_said(text(o, "data_use")), iss_said(text(o, "conditions")), err);
}

static enum fj_rc take_said(json_t *doc, const json_t *params, struct fj_err *err)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(said); i++) {
		json_t *v = json_object_get(params, said[i]);
		if (v != NULL && !json_is_null(v) && json_object_set(doc, said[i], v) != 0)
			return fj_no_memory(err, "issuer");
	}
	if (json_object_get(doc, "fee_fen") == NULL)
		FJ_TRY(fj_json_set(doc, "fee_fen", json_integer(0)));
	return FJ_OK;
}

/* one of the three prohibitions of 167·四(三): the attempt is an event, and the answer its refusal */
static enum fj_rc record_charge(struct offer *o, struct fj_err *err)
{
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:I, s:s}", "authorisation", o->auth.number, "id", o->id, "seller", o->seller.usci, "fee_fen",
	    (json_int_t)fj_json_num(o->doc, "fee_fen"), "rule", o->charge.cite);

	if (body == NULL)
		return fj_no_memory(err, "issuer");
	FJ_TRY(evt_append(o->c, "product.charge-refused", o->key, body, err));
	o->c->answer = fj_err_json(&o->charge);
	FJ_AUTO(json) more = json_pack("{s:b, s:s}", "refused", 1, "product", o->key);
	return json_object_update(o->c->answer, more) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_product_charge_refused(const struct evt *e, struct fj_err *err)
{
	(void)e; /* reports count the events; no product comes of it */
	(void)err;
	return FJ_OK;
}

static enum fj_rc append(struct offer *o, const char *event, int64_t n, struct fj_err *err)
{
	if (o->refused)
		return record_charge(o, err);
	if (o->override[0] != '\0')
		FJ_TRY(fj_json_set(o->doc, "override", json_string(o->override)));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:I, s:O, s:s, s:s}", "authorisation", o->auth.number, "id", o->id, "n", (json_int_t)n,
	    "level", o->license != NULL ? "REDEVELOPED" : "OPERATOR", "seller", o->seller.usci, "seller_name", o->seller.name, "cap_fen", (json_int_t)o->cap_fen,
	    "doc", o->doc, "override", o->override, "note", fj_json_text(o->c->params, "note"));
	if (body == NULL)
		return fj_no_memory(err, "issuer");
	FJ_TRY(evt_append(o->c, event, o->key, body, err));
	o->c->answer = json_pack("{s:s, s:s, s:s, s:s*, s:I}", "product", o->key, "state", "ON_SALE", "version", text(o, "version"), "override", o->override[0] != '\0' ? o->override : NULL, "fee_fen",
	    (json_int_t)fj_json_num(o->doc, "fee_fen"));
	return o->c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- registering, changing, withdrawing --- */

enum fj_rc cmd_product_add(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(offer) o = {.c = c, .id = fj_json_text(c->params, "id"), .doc = json_object(), .passed_fen = -1};
	const char *number = fj_json_text(c->params, "authorisation");
	struct dom_product there;
	int64_t n;

	FJ_TRY(num_check(number, err));
	FJ_TRY(check_id(o.id, err));
	FJ_TRY(dom_auth_get(c->db, number, &o.auth, err));
	snprintf(o.key, sizeof(o.key), "%.40s/%.64s", number, o.id);
	FJ_TRY(take_said(o.doc, c->params, err));
	FJ_TRY(check(&o, err));
	FJ_TRY(count(c->db, number, &n, err));
	if (n >= MAX_PRODUCTS)
		return no(err, FJ_E_LIMIT, "domain.md 4.9", "an authorisation has 1000 products at most", "一项授权至多登记 1000 项产品");
	enum fj_rc rc = load(c->db, o.key, &there, NULL, err);
	if (rc == FJ_OK)
		return no(err, FJ_E_EXISTS, "domain.md 4.9", "a product of this id is registered under the authorisation already; change it, or choose another id", "该授权项下已有同一标识的产品；请办理变更或另选标识");
	return rc == FJ_E_NOTFOUND ? append(&o, "product.added", 1, err) : rc;
}

/* a version that was left does not come back under its name */
static enum fj_rc check_version(struct offer *o, const char *before, int64_t *n, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(o->c->db, STO_PRODUCT_LAST, &q, o->key, err, "tt", o->key, text(o, "version")));
	*n = sto_int(&q, 0);
	return is(before, text(o, "version")) || sto_int(&q, 1) == 0 ? FJ_OK
	    : no(err, FJ_E_REFUSED, "domain.md 4.9", "this version's name stands for an earlier one, which is kept; choose another", "该版本号已用于以往版本，请另选版本号");
}

enum fj_rc cmd_product_change(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(offer) o = {.c = c, .passed_fen = -1};
	struct dom_product p;
	const char *to;
	int64_t n;

	FJ_TRY(load(c->db, fj_json_peek(c->params, "product"), &p, &o.doc, err));
	FJ_TRY(dom_auth_get(c->db, p.authorisation, &o.auth, err));
	if (!is(p.seller, c->actor->org))
		return no(err, FJ_E_FORBIDDEN, "domain.md 4.9", "only its seller changes a product", "只有销售方可以变更其产品");
	FJ_TRY(iss_state_next(ISS_OBJ_PRODUCT, p.state, "change", &to, err));
	o.id = p.id;
	memcpy(o.key, p.key, sizeof(o.key));
	if (fj_json_text(o.doc, "override")[0] != '\0')
		o.passed_fen = p.fee_fen;
	FJ_TRY(take_said(o.doc, c->params, err));
	if (!json_is_true(json_object_get(o.doc, "borne_by_public"))) /* what was let through ends with it */
		json_object_del(o.doc, "override");
	if (is(text(&o, "price_form"), "FREE"))
		json_object_del(o.doc, "charge_basis");
	FJ_TRY(check(&o, err));
	FJ_TRY(check_version(&o, p.version, &n, err));
	return append(&o, "product.changed", n + 1, err);
}

enum fj_rc apply_product_set(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body, *d = json_object_get(b, "doc");
	const char *override = fj_json_text(b, "override");
	FJ_AUTO(buf) doc = FJ_BUF_INIT(MAX_DOC);

	FJ_TRY(fj_json_canonical(d, &doc, err));
	FJ_TRY(sto_run(e->db, STO_PRODUCT_SET, NULL, err, "tttttttttttt" "iitii", e->object, fj_json_text(b, "authorisation"), fj_json_text(b, "id"),
	    fj_json_text(d, "version"), fj_json_text(d, "name"), fj_json_text(d, "purpose"), fj_json_text(d, "delivery"), fj_json_text(b, "level"),
	    fj_json_text(d, "price_form"), fj_json_text(d, "charge_basis"), fj_json_text(b, "seller"), fj_json_text(b, "seller_name"), fj_json_num(b, "cap_fen"),
	    fj_json_num(d, "fee_fen"), fj_buf_str(&doc), (int64_t)e->at, e->seq));
	FJ_TRY(sto_run(e->db, STO_PRODUCT_VERSION, NULL, err, "titttti", e->object, fj_json_num(b, "n"), fj_json_text(d, "version"), fj_buf_str(&doc), e->actor,
	    fj_json_text(b, "note"), (int64_t)e->at));
	return override[0] == '\0' ? FJ_OK : sto_run(e->db, STO_OVERRIDE_USED, NULL, err, "tt", e->object, override);
}

enum fj_rc cmd_product_withdraw(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	struct dom_product p;
	enum iss_party party;
	const char *to;

	FJ_TRY(load(c->db, fj_json_peek(c->params, "product"), &p, NULL, err));
	FJ_TRY(dom_auth_get(c->db, p.authorisation, &a, err));
	if (!is(p.seller, c->actor->org))
		FJ_TRY(dom_party(c, &a, &party, err));
	FJ_TRY(iss_state_next(ISS_OBJ_PRODUCT, p.state, "withdraw", &to, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s}", "to", to, "reason", fj_json_text(c->params, "reason"));
	FJ_TRY(evt_append(c, "product.withdrawn", p.key, body, err));
	c->answer = json_pack("{s:s, s:s}", "product", p.key, "state", to);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_product_withdrawn(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_PRODUCT_STATE, NULL, err, "tiit", fj_json_text(e->body, "to"), (int64_t)e->at, e->seq, e->object);
}

/* --- what a license may name --- */

/* does the authorisation have products, or an agreement that lists them? */
static enum fj_rc asks_for_products(struct sto *db, const char *authorisation, bool *out, struct fj_err *err)
{
	json_t *agreement = NULL;
	int64_t n;

	FJ_TRY(count(db, authorisation, &n, err));
	enum fj_rc rc = n > 0 ? FJ_OK : dom_agreement_get(db, authorisation, &agreement, err);
	json_decref(agreement);
	*out = rc == FJ_OK;
	return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
}

static enum fj_rc check_terms(const struct dom_product *p, const json_t *r, struct dom_fee *fee, struct fj_err *err)
{
	bool free_ = is(p->price_form, "FREE");

	fee->fen = p->fee_fen;

	if (free_ != is(fj_json_text(r, "terms"), "free"))
		return iss_rule_fail(err, "R08", "the terms are those that the product is registered with: free or paid", "许可条件应与产品登记一致（无偿或有偿）");
	FJ_TRY(fj_json_opt_int(r, "fee_fen", 0, PRC_MAX_FEN, &fee->fen, err));
	FJ_TRY(iss_rule_no_license_above_fee(fee->fen, p->fee_fen, err));
	FJ_TRY(fj_strcopy(fee->basis, sizeof(fee->basis), fee->fen > 0 ? p->charge_basis : ""));
	/* the cap may have been lowered since the fee was registered */
	return is(p->price_form, "GUIDED") ? iss_rule_no_fee_above_cap(p->fee_fen, p->cap_fen, err) : FJ_OK;
}

static enum fj_rc check_licensed(struct sto *db, const struct dom_auth *a, const struct dom_product *p, const json_t *r, struct dom_fee *fee, struct fj_err *err)
{
	const json_t *asked = json_object_get(r, "product"), *uses = json_object_get(json_object_get(r, "grant"), "purposes");

	if (!is(p->state, "ON_SALE"))
		return no(err, FJ_E_STATE, "domain.md 4.9", "the product is withdrawn; no license is issued for it", "该产品已下架，不得签发许可");
	if (!is(p->seller, a->operator_))
		return no(err, FJ_E_FORBIDDEN, "domain.md 7.4", "a license is issued by the product's seller", "许可令牌由产品的销售方签发");
	if (!is(fj_json_text(asked, "version"), p->version) || !is(fj_json_text(asked, "kind"), is(p->level, "OPERATOR") ? "operator" : "redeveloped"))
		return no(err, FJ_E_INVALID, "domain.md 4.10", "a license names the product's present version and its kind", "许可令牌应列明产品的现行版本和类别");
	if (json_array_size(uses) != 1 || !fj_list_has(uses, p->purpose))
		return iss_rule_fail(err, "R13", "a license has the one purpose that its product is registered for", "许可令牌的用途应为产品登记的用途");
	if (is(p->level, "OPERATOR")) /* the agreement may have been adjusted since */
		FJ_TRY(check_listed(db, p->authorisation, p->id, p->purpose, err));
	return check_terms(p, r, fee, err);
}

enum fj_rc dom_product_licensed(struct iss_call *c, const struct dom_auth *a, const json_t *request, struct dom_fee *fee, struct fj_err *err)
{
	const char *id = fj_json_text(json_object_get(request, "product"), "id");
	struct dom_product p;
	bool asked;

	*fee = (struct dom_fee){.fen = is(fj_json_text(request, "terms"), "free") ? 0 : -1};
	FJ_TRY(asks_for_products(c->db, a->number, &asked, err));
	if (!asked)
		return json_object_get(request, "fee_fen") == NULL ? FJ_OK
		    : no(err, FJ_E_INVALID, "domain.md 4.10", "a license's fee is that of a registered product; register it first (product.add)", "许可费以登记的产品为准，请先登记产品");
	enum fj_rc rc = dom_product_get(c->db, a->number, id, &p, err);
	if (rc == FJ_E_NOTFOUND)
		return no(err, FJ_E_NOTFOUND, "domain.md 4.10", "a license names a product that is registered under its authorisation; register it first (product.add)", "许可令牌应列明该授权项下已登记的产品；请先登记产品");
	FJ_TRY(rc);
	return check_licensed(c->db, a, &p, request, fee, err);
}

/* --- reading --- */

static json_t *short_json(const struct dom_product *p)
{
	bool free_ = is(p->price_form, "FREE"), over = is(p->price_form, "GUIDED") && p->fee_fen > p->cap_fen;

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:b}", "product", p->key, "authorisation", p->authorisation,
	    "id", p->id, "version", p->version, "name", p->name, "state", p->state, "kind", is(p->level, "OPERATOR") ? "operator" : "redeveloped", "seller", "usci", p->seller,
	    "name", p->seller_name, "purpose", p->purpose, "delivery", p->delivery, "price_form", p->price_form, "use_condition", free_ ? "FREE_COND" : "PAID_COND",
	    "charge_basis", p->charge_basis, "fee_fen", (json_int_t)p->fee_fen, "cap_fen", p->cap_fen < 0 ? json_null() : json_integer(p->cap_fen), "over_cap", over);
}

static json_t *version_json(const struct sto_q *q)
{
	char at[FJ_TIME_CAP];
	json_t *doc = NULL;

	fj_time_utc(sto_int(q, 5), at);
	if (fj_json_parse(fj_slice_str(sto_text(q, 2)), MAX_DOC, &doc, NULL) != FJ_OK)
		return NULL;
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:O, s:O, s:o}", "seq", (json_int_t)sto_int(q, 0), "version", sto_text(q, 1), "at", at, "actor", sto_text(q, 3), "note",
	    sto_text(q, 4), "price_form", json_object_get(doc, "price_form"), "fee_fen", json_object_get(doc, "fee_fen"), "content", doc);
}

static enum fj_rc versions(struct sto *db, const char *key, json_t *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_PRODUCT_VERSIONS, &q, err, "t", key));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		if (json_array_append_new(out, version_json(&q)) != 0)
			return fj_no_memory(err, "issuer");
	}
}

enum fj_rc cmd_product_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	FJ_AUTO(json) at = json_array();
	FJ_AUTO(json) doc = NULL;
	struct dom_product p;

	FJ_TRY(load(c->db, fj_json_peek(c->params, "product"), &p, &doc, err));
	FJ_TRY(versions(c->db, p.key, list, err));
	FJ_TRY(tok_audiences(c->db, p.authorisation, p.id, at, err));
	c->answer = short_json(&p);
	if (c->answer != NULL && json_array_size(at) > 0)
		json_object_set(c->answer, "audiences", at);
	return c->answer != NULL && json_object_update_missing(c->answer, doc) == 0 && json_object_set(c->answer, "versions", list) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc dom_products_public(struct sto *db, const char *authorisation, json_t **out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();
	struct dom_product p;
	bool row;

	FJ_TRY(sto_query(db, STO_PRODUCT_PUBLIC, &q, err, "t", authorisation));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		FJ_TRY(from_row(&q, &p, err));
		json_t *one = short_json(&p);
		if (one == NULL || json_object_del(one, "authorisation") != 0 || json_object_del(one, "product") != 0 || json_object_del(one, "over_cap") != 0 ||
		    json_object_set_new(one, "data_use", json_string(sto_text(&q, 15))) != 0 || json_array_append_new(items, one) != 0)
			return fj_no_memory(err, "issuer");
	}
	*out = fj_move(items);
	return FJ_OK;
}
