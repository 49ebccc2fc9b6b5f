/*
 * agreement.c - 授权运营协议: the thirteen items of 27号 art. 14, checked by machine.
 *
 * What can be compared is compared: scope with the plan's certificates, term with
 * plan, certificates and five years, each product's purpose with what was planned,
 * shares with the whole, the clause against re-development with its hash.  All
 * else is text that the parties answer for: it has to be there.  The agreement
 * itself lies with its plan (plan.c), confirmed by the operator.
 */
#include "issuer/agreement.h"

#include "base/jws.h"
#include "issuer/domain.h"
#include "issuer/items.h"
#include "issuer/rules/rules.h"

#define MAX_ROWS 200     /* of each list */
#define MAX_AGREEMENT (1u << 20) /* as much as a plan holds */

static const struct itm_need thirteen[] = {
	{1, "scope", NULL, ITM_LIST, "scope and catalogue", "公共数据资源范围及目录"},
	{2, "term", "from", ITM_TEXT, "first day of the term", "运营期限起始日"},
	{2, "term", "to", ITM_TEXT, "last day of the term", "运营期限截止日"},
	{3, "products", NULL, ITM_LIST, "products and services", "产品和服务清单"},
	{4, "platform", NULL, ITM_TEXT, "platform", "技术支撑平台"},
	{5, "ownership", NULL, ITM_LIST, "ownership of assets", "资产权属"},
	{6, "disclosure", "text", ITM_TEXT, "disclosure", "信息披露要求"},
	{6, "disclosure", "no_redevelopment", ITM_TEXT, "no re-development", "不得参与再开发条款"},
	{7, "income", "accounting", ITM_TEXT, "accounting", "成本和收入核算"},
	{7, "income", "shares", ITM_LIST, "shares", "收益分配比例"},
	{7, "income", "remainder", ITM_TEXT, "who gets the remainder", "尾差归属"},
	{8, "security", NULL, ITM_TEXT, "security", "数据安全和应急处置"},
	{9, "evaluation", "months", ITM_NUMBER, "evaluation period", "运营成效评价周期"},
	{9, "evaluation", "renewal", ITM_TEXT, "renewal", "续约机制"},
	{9, "evaluation", "exit", ITM_TEXT, "exit", "退出机制"},
	{10, "breach", NULL, ITM_TEXT, "breach", "违约责任"},
	{11, "disputes", NULL, ITM_TEXT, "disputes", "争议解决方式"},
	{12, "termination", NULL, ITM_TEXT, "change and termination", "变更、终止条件"},
	{13, "other", NULL, ITM_TEXT, "other", "其他"},
};
static const struct itm_need product_needs[] = {
	{0, "id", NULL, ITM_TEXT, "id", "编号"}, {0, "name", NULL, ITM_TEXT, "name", "名称"}, {0, "purpose", NULL, ITM_TEXT, "purpose", "用途类"},
	{0, "level", NULL, ITM_TEXT, "level", "层级"}, {0, "standard", NULL, ITM_TEXT, "technical standard", "技术标准"},
	{0, "security_review", NULL, ITM_TEXT, "security review", "安全审核要求"}, {0, "conformity", NULL, ITM_TEXT, "conformity review", "业务规范性审核要求"},
};
static const struct itm_need ownership_needs[] = {{0, "item", NULL, ITM_TEXT, "item", "资产"}, {0, "owner", NULL, ITM_TEXT, "owner", "权属方"}};
static const struct itm_need share_needs[] = {
	{0, "party", NULL, ITM_TEXT, "party", "分配方代码"}, {0, "name", NULL, ITM_TEXT, "name", "分配方名称"}, {0, "role", NULL, ITM_TEXT, "role", "分配角色"},
	{0, "bp", NULL, ITM_NUMBER, "basis points", "比例（基点）"},
};

static enum fj_rc invalid(struct fj_err *err, const char *en, const char *zh, const char *what)
{
	fj_fail(err, FJ_E_INVALID, "issuer", "27号 art. 14", "%s: \"%.60s\"", en, what);
	fj_err_zh(err, "%s：“%.60s”", zh, what);
	return FJ_E_INVALID;
}

static enum fj_rc check_count(const json_t *list, const char *key, struct fj_err *err)
{
	return json_array_size(list) <= MAX_ROWS ? FJ_OK : invalid(err, "a list of the agreement has more than 200 rows", "协议列表超过 200 行", key);
}

/* --- (1) scope, (2) term --- */

static enum fj_rc check_scope(const json_t *scope, const json_t *planned, struct fj_err *err)
{
	FJ_AUTO(json) sorted = dom_sorted(scope);
	size_t i;
	json_t *v;

	if (json_array_size(sorted) != json_array_size(scope))
		return invalid(err, "the agreement's scope names each certificate once, by its number", "协议范围应逐一列明证书编号，不得重复", "scope");
	json_array_foreach(scope, i, v)
		if (!fj_list_has(planned, json_string_value(v)))
			return iss_rule_fail(err, "R13", "the agreement's scope goes beyond the certificates of the plan; narrow it", "协议范围超出实施方案所列证书，请缩小范围");
	return FJ_OK;
}

static enum fj_rc check_term(const json_t *t, const struct dom_agreement_bounds *b, struct dom_agreement_term *out, struct fj_err *err)
{
	FJ_TRY(fj_date_parse(fj_json_text(t, "from"), &out->from, err));
	FJ_TRY(fj_date_parse(fj_json_text(t, "to"), &out->to, err));
	out->to += 86399; /* the last day counts whole */
	if (out->to < out->from)
		return invalid(err, "the agreement ends before it begins", "协议截止日早于起始日", fj_json_text(t, "to"));
	FJ_TRY(fj_err_at(err, iss_rule_no_term_over_five_years(out->from, out->to, err), "term.to"));
	FJ_TRY(fj_err_at(err, iss_rule_no_term_beyond(out->to, b->certificates_end, "certificate", err), "term.to"));
	if (out->from < b->from)
		return iss_rule_fail(err, "R13", "the agreement begins before the plan's term; begin later", "协议起始日早于实施方案期限，请调整");
	return fj_err_at(err, iss_rule_no_term_beyond(out->to, b->to, "plan", err), "term.to");
}

/* --- (3) products, (5) ownership --- */

static enum fj_rc check_product(const json_t *p, const json_t *purposes, struct fj_err *err)
{
	static const char *const codes[] = {"PUBGOV", "WELFARE", "INDUSTRY", "SECTOR"};
	const char *purpose = fj_json_text(p, "purpose"), *level = fj_json_text(p, "level");
	bool known = false;

	FJ_TRY(itm_none_more(p, product_needs, FJ_ARRAY_LEN(product_needs), err));
	FJ_TRY(itm_all_there(p, product_needs, FJ_ARRAY_LEN(product_needs), "R15", "item (3): a product", "第（三）项：产品", err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(codes); i++)
		known = known || strcmp(codes[i], purpose) == 0;
	if (!known)
		return invalid(err, "a product's purpose is PUBGOV, WELFARE, INDUSTRY or SECTOR", "产品用途类应为 PUBGOV、WELFARE、INDUSTRY 或 SECTOR", purpose);
	if (strcmp(level, "OPERATOR") != 0 && strcmp(level, "REDEVELOPED") != 0)
		return invalid(err, "a product's level is OPERATOR or REDEVELOPED", "产品层级应为 OPERATOR（运营产品）或 REDEVELOPED（再开发产品）", level);
	if (fj_utf8_count(fj_json_text(p, "id")) > DOM_MAX_PRODUCT || fj_utf8_count(fj_json_text(p, "name")) > DOM_MAX_NAME)
		return invalid(err, "a product's id or name is too long", "产品编号或名称过长", fj_json_text(p, "id"));
	return fj_list_has(purposes, purpose) ? FJ_OK
	    : iss_rule_fail(err, "R13", "a product's purpose is none of the plan's; leave the product out or plan it", "产品用途类不在实施方案用途之列，请删除该产品或调整方案");
}

static enum fj_rc check_products(const json_t *list, const json_t *purposes, struct fj_err *err)
{
	size_t i, k;
	json_t *p, *other;

	FJ_TRY(check_count(list, "products", err));
	json_array_foreach(list, i, p) {
		FJ_TRY(check_product(p, purposes, err));
		json_array_foreach(list, k, other)
			if (k < i && strcmp(fj_json_text(other, "id"), fj_json_text(p, "id")) == 0)
				return invalid(err, "a product stands twice in the agreement", "产品编号重复", fj_json_text(p, "id"));
	}
	return FJ_OK;
}

static enum fj_rc check_ownership(const json_t *list, struct fj_err *err)
{
	size_t i;
	json_t *v;

	FJ_TRY(check_count(list, "ownership", err));
	json_array_foreach(list, i, v) {
		FJ_TRY(itm_none_more(v, ownership_needs, FJ_ARRAY_LEN(ownership_needs), err));
		FJ_TRY(itm_all_there(v, ownership_needs, FJ_ARRAY_LEN(ownership_needs), "R15", "item (5): a row", "第（五）项：权属条目", err));
	}
	return FJ_OK;
}

/* --- (6) disclosure, (7) income, (9) evaluation --- */

static enum fj_rc check_clause(const char *text, struct fj_err *err)
{
	struct fj_hash h;
	char hex[65];

	fj_sha256(fj_slice_str(text), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	if (strcmp(hex, DOM_NO_REDEVELOPMENT_SHA256) == 0 || strcmp(text, DOM_NO_REDEVELOPMENT_SHA256) == 0)
		return FJ_OK;
	return iss_rule_fail(err, "R11", "item (6): the clause against re-development stands word for word: " DOM_NO_REDEVELOPMENT,
	    "第（六）项应逐字载明：“" DOM_NO_REDEVELOPMENT "”");
}

static enum fj_rc check_share(const json_t *s, int64_t *sum, struct fj_err *err)
{
	const int64_t bp = fj_json_num(s, "bp");

	FJ_TRY(itm_none_more(s, share_needs, FJ_ARRAY_LEN(share_needs), err));
	FJ_TRY(itm_all_there(s, share_needs, FJ_ARRAY_LEN(share_needs), "R27", "item (7): a share", "第（七）项：分配条目", err));
	if (!iss_usci_form(fj_json_text(s, "party")))
		return invalid(err, "a share's party is a unified social credit code", "分配方应为统一社会信用代码", fj_json_text(s, "party"));
	if (fj_utf8_count(fj_json_text(s, "name")) > DOM_MAX_NAME || fj_utf8_count(fj_json_text(s, "role")) > 40)
		return invalid(err, "a share's name or role is too long", "分配方名称或角色过长", fj_json_text(s, "party"));
	if (bp < 1 || bp > 10000)
		return iss_rule_fail(err, "R27", "a share is 1 to 10000 basis points", "分配比例应为 1 至 10000 基点");
	*sum += bp;
	return FJ_OK;
}

static enum fj_rc check_income(const json_t *income, struct fj_err *err)
{
	const json_t *shares = json_object_get(income, "shares");
	const char *rest = fj_json_text(income, "remainder");
	int64_t sum = 0;
	bool named = false;
	size_t i, k;
	json_t *s, *other;

	FJ_TRY(check_count(shares, "shares", err));
	json_array_foreach(shares, i, s) {
		FJ_TRY(check_share(s, &sum, err));
		named = named || strcmp(fj_json_text(s, "party"), rest) == 0;
		json_array_foreach(shares, k, other)
			if (k < i && strcmp(fj_json_text(other, "party"), fj_json_text(s, "party")) == 0 && strcmp(fj_json_text(other, "role"), fj_json_text(s, "role")) == 0)
				return invalid(err, "a party has one share for each role", "同一分配方的同一角色只能有一个比例", fj_json_text(s, "party"));
	}
	FJ_TRY(iss_rule_no_shares_but_the_whole(sum, err));
	return named ? FJ_OK : iss_rule_fail(err, "R27", "the remainder goes to one of the parties that have a share", "尾差应归属于分配方之一");
}

static enum fj_rc check_evaluation(const json_t *e, int64_t most, struct fj_err *err)
{
	const int64_t months = fj_json_num(e, "months");

	if (months >= 1 && months <= most)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_REFUSED, "issuer", "domain.md 4.7", "item (9): an evaluation is held every 1 to %lld months by the policy profile; shorten the period",
	    (long long)most);
	fj_err_zh(err, "第（九）项：运营成效评价周期应为 1 至 %lld 个月（政策配置），请缩短", (long long)most);
	return rc;
}

static enum fj_rc no_more(const json_t *a, struct fj_err *err)
{
	static const char *const term[] = {"from", "to", NULL}, *const disclosure[] = {"text", "no_redevelopment", NULL},
	    *const income[] = {"accounting", "shares", "remainder", NULL}, *const evaluation[] = {"months", "renewal", "exit", NULL};

	FJ_TRY(itm_none_more(a, thirteen, FJ_ARRAY_LEN(thirteen), err));
	FJ_TRY(fj_json_only(json_object_get(a, "term"), term, err));
	FJ_TRY(fj_json_only(json_object_get(a, "disclosure"), disclosure, err));
	FJ_TRY(fj_json_only(json_object_get(a, "income"), income, err));
	return fj_json_only(json_object_get(a, "evaluation"), evaluation, err);
}

enum fj_rc dom_agreement_check(const json_t *a, const struct dom_agreement_bounds *within, struct dom_agreement_term *term, struct fj_err *err)
{
	FJ_TRY(itm_all_there(a, thirteen, FJ_ARRAY_LEN(thirteen), "R15", "the agreement", "授权运营协议", err));
	FJ_TRY(no_more(a, err));
	FJ_TRY(fj_err_at(err, check_scope(json_object_get(a, "scope"), within->certificates, err), "agreement.scope"));
	FJ_TRY(fj_err_at(err, check_term(json_object_get(a, "term"), within, term, err), "agreement.term"));
	FJ_TRY(fj_err_at(err, check_products(json_object_get(a, "products"), within->purposes, err), "agreement.products"));
	FJ_TRY(fj_err_at(err, check_ownership(json_object_get(a, "ownership"), err), "agreement.ownership"));
	FJ_TRY(fj_err_at(err, check_clause(fj_json_text(json_object_get(a, "disclosure"), "no_redevelopment"), err), "agreement.disclosure.no_redevelopment"));
	FJ_TRY(fj_err_at(err, check_income(json_object_get(a, "income"), err), "agreement.income.shares"));
	return fj_err_at(err, check_evaluation(json_object_get(a, "evaluation"), within->months, err), "agreement.evaluation.months");
}

enum fj_rc dom_agreement_get(struct sto *db, const char *authorisation, json_t **agreement, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_PLAN_AGREEMENT, &q, "an agreement of this authorisation", err, "t", authorisation));
	return fj_json_parse(fj_slice_str(sto_text(&q, 0)), MAX_AGREEMENT, agreement, err);
}
