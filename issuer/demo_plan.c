/*
 * demo_plan.c - study, twelve items, selection, thirteen items, price and products for the
 * sample cases.
 *
 * They say what the machine checks ask for and nothing true: every text is an example.
 * The remainder of the shares goes to the provider.
 */
#include "issuer/demo_plan.h"

#include "issuer/agreement.h"

#define SHA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" /* of a file that is not there */

json_t *dmo_study(const struct dmo_plan *p)
{
	json_t *s = json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s}}", "feasibility", SHA, "due_diligence", SHA, "risk_evaluation", SHA,
	    "security_rules", SHA, "emergency_plan", SHA, "covers", "life_cycle", "全生命周期服务（示例）", "social_need", "社会需求（示例）", "market_size",
	    "市场规模（示例）", "expected_effect", "预期成效（示例）", "risk_control", "风险管控（示例）");

	if (s != NULL && p->shared)
		json_object_set_new(s, "consent", json_string(SHA));
	return s;
}

static bool is_public(const char *purpose)
{
	return strcmp(purpose, "PUBGOV") == 0 || strcmp(purpose, "WELFARE") == 0;
}

/* calls fn for each product of the list */
static void each_product(const struct dmo_plan *p, void (*fn)(void *to, const char *id, const char *purpose), void *to)
{
	for (const char *s = p->products; *s != '\0';) {
		size_t n = strcspn(s, ","), k = strcspn(s, "=");
		char id[64], purpose[16];
		snprintf(id, sizeof(id), "%.*s", (int)k, s);
		snprintf(purpose, sizeof(purpose), "%.*s", (int)(n - k - 1), s + k + 1);
		fn(to, id, purpose);
		s += n + (s[n] == ',');
	}
}

static void add_planned(void *to, const char *id, const char *purpose)
{
	json_array_append_new(json_object_get(to, is_public(purpose) ? "public" : "development"), json_string(id));
}

json_t *dmo_items(const struct dmo_plan *p, const char *mode)
{
	FJ_AUTO(json) products = json_pack("{s:[], s:[]}", "public", "development");

	each_product(p, add_planned, products);
	return json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s}, s:s, s:{s:s, s:s, s:s}, s:{s:s, s:s, s:s, s:s, s:s, s:s}, s:O, s:s, s:s, s:s, s:s, s:s}", "name",
	    "授权运营实施方案（示例）", "necessity", "必要性和可行性（示例）", "conditions", "funds", "资金（示例）", "management", "管理（示例）", "technology",
	    "技术（示例）", "service", "服务（示例）", "security", "安全（示例）", "mode", mode, "resources", "catalogue", "资源目录（示例）", "update_freq", "按天",
	    "quality", "质量要求（示例）", "term", "content", "期限和建设内容（示例）", "support", "技术支撑（示例）", "progress", "进度（示例）", "evaluation",
	    "评价标准（示例）", "exit", "退出机制（示例）", "asset_management", "资产管理（示例）", "products", products, "accounting", "核算和分配（示例）", "security",
	    "安全和应急（示例）", "obligations", "权利义务（示例）", "supervision", "监督考核（示例）", "other", "无");
}

json_t *dmo_selection(const struct dmo_plan *p)
{
	return json_pack("{s:s, s:s, s:s, s:{s:s, s:s}, s:{s:s, s:s, s:s, s:s, s:s}, s:b}", "operator", p->operator_, "method", "OPEN_TENDER", "evidence", SHA, "notice",
	    "place", "公共资源交易平台（示例）", "address", "https://tender.example/2026/1", "conditions", "funds", "验资报告（示例）", "management", "管理制度（示例）",
	    "technology", "技术能力（示例）", "service", "服务能力（示例）", "security", "安全能力（示例）", "exclusive", 0);
}

static void add_agreed(void *to, const char *id, const char *purpose)
{
	char name[80];

	snprintf(name, sizeof(name), "示例产品 %s", id);
	json_array_append_new(to, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", id, "name", name, "purpose", purpose, "level", "OPERATOR", "standard",
	    "技术标准（示例）", "security_review", "安全审核（示例）", "conformity", "业务规范性审核（示例）"));
}

static json_t *shares(const struct dmo_plan *p)
{
	const struct {
		const char *party, *name, *role;
	} of[3] = {{p->holder, "提供方", "提供"}, {p->implementer, "治理方", "治理"}, {p->operator_, "运营方", "运营"}};
	json_t *list = json_array();

	for (size_t k = 0; k < FJ_ARRAY_LEN(of); k++)
		if (p->bp[k] > 0)
			json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:i}", "party", of[k].party, "name", of[k].name, "role", of[k].role, "bp", p->bp[k]));
	return list;
}

json_t *dmo_agreement(const struct dmo_plan *p)
{
	FJ_AUTO(json) products = json_array();

	each_product(p, add_agreed, products);
	return json_pack("{s:[s], s:{s:s, s:s}, s:O, s:s, s:[{s:s, s:s}], s:{s:s, s:s}, s:{s:s, s:o, s:s}, "
	    "s:s, s:{s:i, s:s, s:s}, s:s, s:s, s:s, s:s}",
	    "scope", p->certificate, "term", "from", p->from, "to", p->to, "products", products, "platform", "授权运营平台（示例）", "ownership", "item",
	    "产品和服务", "owner", "运营机构", "disclosure", "text", "信息披露要求（示例）", "no_redevelopment", DOM_NO_REDEVELOPMENT, "income", "accounting",
	    "单独核算（示例）", "shares", shares(p), "remainder", p->holder, "security", SHA, "evaluation", "months", 12,
	    "renewal", "续约机制（示例）", "exit", "退出机制（示例）", "breach", "违约责任（示例）", "disputes", "仲裁（示例）", "termination", "变更终止条件（示例）",
	    "other", "无");
}

/* --- what is sold --- */

static void add_cap(void *to, const char *id, const char *purpose)
{
	if (!is_public(purpose))
		json_array_append_new(to, json_pack("{s:s, s:i, s:i}", "product", id, "cap_fen", 1000, "volume", 900000));
}

json_t *dmo_price(const struct dmo_plan *p, const char *authorisation)
{
	FJ_AUTO(json) caps = json_array();

	each_product(p, add_cap, caps);
	return json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:s, s:s, s:O, s:s, s:s, s:s, s:s}", "authorisation", authorisation, "maximum_fen", 914313600, "cost_fen", 800000000,
	    "bond_bp", 182, "profit_bp", 782, "tax_bp", 600, "from", p->from, "to", p->priced_to, "caps", caps, "doc_no", "示例价〔2026〕1号", "doc_date", "2026-03-02", "authority",
	    "价格主管部门（示例）", "scan", "扫描件（示例）");
}

static void add_product(void *to, const char *id, const char *purpose)
{
	bool paid = !is_public(purpose);
	char name[80];

	snprintf(name, sizeof(name), "示例产品 %s", id);
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s}", "id", id, "version", "1.0", "name", name, "purpose", purpose, "price_form", paid ? "GUIDED" : "FREE",
	    "fee_fen", paid ? 1000 : 0, "data_use", "数据汇总加工后提供（示例）", "conditions", "仅限本单位按许可用途使用（示例）");
	if (o != NULL && paid)
		json_object_set_new(o, "charge_basis", json_string("CALLS"));
	json_array_append_new(to, o);
}

json_t *dmo_products(const struct dmo_plan *p, const char *authorisation, const char *delivery)
{
	json_t *list = json_array(), *v;
	size_t i;

	each_product(p, add_product, list);
	json_array_foreach(list, i, v) {
		json_object_set_new(v, "authorisation", json_string(authorisation));
		json_object_set_new(v, "delivery", json_string(delivery));
	}
	return list;
}
