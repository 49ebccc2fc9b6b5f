/*
 * find.c - the lists of the register: one engine over the tables below.
 *
 * After every event the rows that it touched (triggers of store/schema_find.sql
 * say which) are looked at anew, so lists and search follow whatever an apply
 * function changes.  A list goes by the index of its most telling filter and is
 * ordered by key, or by the division, the day of making or the last day when it
 * is filtered by that; the other filters are compared row by row.  Paging is by
 * the last item seen, not by a number of items: nothing comes twice or is missed
 * while others write.  No SQL is built: each leading filter has its statement.
 * Refused: a filter that is malformed, a cursor of another list.
 */
#include "issuer/find.h"

#include "issuer/domain.h"
#include "issuer/iss.h"

/* --- the lists --- */

#define F_AFTER {"after", ISS_F_STR, false, 140, "起始", "start after this one (\"next\" of the page before)"}
#define F_PAGE F_AFTER, ISS_FIELD_LIMIT
#define F_STATE(of) {"state", ISS_F_STR, false, 16, "状态", "in this state", of, "domain.md 7"}
/* what they may be (state.c); EXPIRED is the clock's */
static const char *const ledger_states[] = {"LEDGERED", "RECOGNISED", "CONFIRMED", NULL};
static const char *const asset_states[] = {"AWAITING_NUMBER", "CARDED", "APPLIED", "ACCEPTED", "REVIEWED", "NOTICED", "REGISTERED", "CERTIFICATED", "FROZEN", "CANCELLED",
	"TRANSFERRED", "DESTROYED", NULL};
static const char *const registration_states[] = {"SUBMITTED", "APPLIED", "ACCEPTED", "REVIEWED", "NOTICED", "REGISTERED", "RETURNED", "REFUSED", "RECALLED", "TERMINATED",
	"WITHDRAWN", NULL};
static const char *const certificate_states[] = {"ACTIVE", "SUSPENDED", "REVOKING", "EXPIRED", "WITHDRAWN", "CANCELLED", "SUPERSEDED", "PENDING", "ABANDONED", NULL};
static const char *const authorisation_states[] = {"ACTIVE", "SUSPENDED", "ENDING", "EXPIRED", "RECLAIMED", "TERMINATED", "PENDING", "ABANDONED", NULL};
static const char *const token_states[] = {"ACTIVE", "SUSPENDED", "EXHAUSTED", "EXPIRED", "REVOKED", "PENDING", "ABANDONED", NULL};
static const char *const user_states[] = {"INVITED", "ACTIVE", "SUSPENDED", "DISABLED", NULL};
static const char *const ledger_results[] = {"ASSET", "MEMO", "NOT", NULL};
static const char *const holder_kinds[] = {"ADMIN", "INST", "MASS", "SOE", "UTIL", "ENT", NULL};
static const char *const modes[] = {"WHOLE", "DOMAIN", "SCENE", NULL};
#define F_HOLDER {"holder", ISS_F_STR, false, 18, "持有单位", "of this holder (unified social credit code)"}, \
	{"superior", ISS_F_STR, false, 18, "主管部门", "of the units under this superior department"}
#define F_SCOPE {"finance", ISS_F_STR, false, 18, "本级财政部门", "of this finance department's holders"}, \
	{"division", ISS_F_STR, false, 6, "行政区划", "of holders in this division and below: two, four or six digits"}
#define F_CARD {"class", ISS_F_STR, false, 16, "资产分类", "of this class code"}, {"industry", ISS_F_STR, false, 64, "行业", "of this industry"}
#define F_MADE {"created_from", ISS_F_STR, false, 10, "登记起", "entered on this day (ISO) or later"}, \
	{"created_to", ISS_F_STR, false, 10, "登记止", "entered on this day or before"}
#define F_ENDS {"expires_from", ISS_F_STR, false, 10, "到期起", "ends on this day (ISO) or later"}, \
	{"expires_to", ISS_F_STR, false, 10, "到期止", "ends on this day or before"}

const struct iss_field fld_organisation_list[] = {F_PAGE, {"superior", ISS_F_STR, false, 18, "主管部门", "under this superior department"}, F_SCOPE,
	{"kind", ISS_F_STR, false, 8, "主体类型", "ADMIN, INST, MASS, SOE, UTIL or ENT", holder_kinds}, F_MADE, {0}};
const struct iss_field fld_ledger_list[] = {F_PAGE, F_STATE(ledger_states), F_HOLDER, F_SCOPE, F_CARD,
	{"confirmer", ISS_F_STR, false, 18, "待其确认", "recognised, and this department has to confirm it (superior, or the finance department of a holder without one)"},
	{"turn", ISS_F_STR, false, 18, "待其填报卡片", "confirmed as an asset and without a card: this holder's to fill in"},
	{"result", ISS_F_STR, false, 8, "确认结论", "ASSET, MEMO or NOT", ledger_results}, F_MADE, {0}};
const struct iss_field fld_asset_list[] = {F_PAGE, F_STATE(asset_states), {"turn", ISS_F_STR, false, 18, "待其申请登记", "with a card, and not applied for: this holder's to apply for"},
	{"issuing", ISS_F_STR, false, 18, "待其颁证", "registered, with no approval of a certificate open: this department's to issue, without those in whose registration you had a part"}, F_HOLDER, F_SCOPE, F_CARD, F_MADE, F_ENDS, {0}};
const struct iss_field fld_registration_list[] = {F_PAGE, F_STATE(registration_states), {"turn", ISS_F_STR, false, 18, "待其接收", "to be taken over by this unit"}, F_HOLDER, F_SCOPE, F_CARD,
	{"asset", ISS_F_STR, false, DOM_MAX_ASSET_NO, "资产编号", "of this asset"},
	{"due_from", ISS_F_STR, false, 10, "时限起", "whose term ends on this day (ISO) or later"}, {"due_to", ISS_F_STR, false, 10, "时限止", "whose term ends on this day or before"},
	F_MADE, {0}};
const struct iss_field fld_certificate_list[] = {F_PAGE, F_STATE(certificate_states), F_HOLDER, F_SCOPE, F_CARD,
	{"asset", ISS_F_STR, false, DOM_MAX_ASSET_NO, "资产编号", "of this asset"}, F_MADE, F_ENDS, {0}};
const struct iss_field fld_authorisation_list[] = {F_PAGE, F_STATE(authorisation_states), F_HOLDER, F_SCOPE,
	{"mode", ISS_F_STR, false, 8, "授权模式", "WHOLE, DOMAIN or SCENE", modes}, {"operator", ISS_F_STR, false, 18, "运营机构", "to this operator"},
	{"implementer", ISS_F_STR, false, 18, "实施机构", "by this implementer"},
	{"turn", ISS_F_STR, false, 18, "待其评价", "a period is over, and this implementing institution has to evaluate it"},
	{"assessor", ISS_F_STR, false, 18, "可由其评价", "a period is over without an evaluation, and this assessor may evaluate it"},
	{"offering", ISS_F_STR, false, 18, "待其登记产品", "in force, and its agreement lists products that this operator has not registered"}, F_MADE, F_ENDS, {0}};
const struct iss_field fld_token_list[] = {F_PAGE, F_STATE(token_states), {"authorisation", ISS_F_STR, false, 40, "授权编号", "under this authorisation"},
	{"user", ISS_F_STR, false, 18, "使用单位", "for this user (unified social credit code)"}, {"operator", ISS_F_STR, false, 18, "运营机构", "by this operator"},
	{"asset", ISS_F_STR, false, DOM_MAX_ASSET_NO, "资产编号", "of this asset"}, F_ENDS, {0}};
const struct iss_field fld_user_list[] = {F_PAGE, F_STATE(user_states), {"org", ISS_F_STR, false, 18, "所属单位", "of this organisation"}, F_SCOPE, F_MADE, {0}};

static const char *const plan_states[] = {"PROPOSED", "FEASIBILITY", "SUPERIOR_AUDITED", "FINANCE_APPROVED", "PLAN_DELIBERATED", "OPERATOR_SELECTED", "AGREED",
	"FILED", "ACTIVE", "REFUSED", "WITHDRAWN", NULL};
static const char *const product_states[] = {"ON_SALE", "WITHDRAWN", NULL};
static const char *const product_kinds[] = {"operator", "redeveloped", NULL};
const struct iss_field fld_plan_list[] = {F_PAGE, {"state", ISS_F_STR, false, 24, "状态", "only those in this state", plan_states, "domain.md 7.3"}, {"turn", ISS_F_STR, false, 18, "待其办理", "of this implementing institution, while no office decides on it"},
	{"bureau", ISS_F_STR, false, 18, "待其备案", "agreed, and to be filed with this data bureau"}, F_HOLDER, F_SCOPE,
	{"operator", ISS_F_STR, false, 18, "运营机构", "to this operator"}, {"implementer", ISS_F_STR, false, 18, "实施机构", "by this implementer"}, F_MADE, {0}};
const struct iss_field fld_product_list[] = {F_PAGE, {"authorisation", ISS_F_STR, false, 40, "授权编号", "under this authorisation"},
	{"seller", ISS_F_STR, false, 18, "销售方", "of this seller"}, {"state", ISS_F_STR, false, 12, "状态", "only those in this state", product_states, "domain.md 4.9"},
	{"kind", ISS_F_STR, false, 12, "产品类别", "the operator's, or re-developed", product_kinds, "167·三(五)"}, F_HOLDER, F_SCOPE, F_MADE, {0}};

static const struct fnd_column c_organisation[] = {{"usci", FND_TEXT, "统一社会信用代码", "unified social credit code"}, {"name", FND_TEXT, "单位名称", "name"}, {"kind", FND_TEXT, "主体类型", "kind"},
	{"level", FND_TEXT, "财政级次", "fiscal level"}, {"div6", FND_TEXT, "行政区划", "division"}, {"dept", FND_TEXT, "主管部门", "superior department"}, {"finance", FND_TEXT, "本级财政部门", "finance department"},
	{"roles", FND_ROLES, "角色", "roles"}, {"affiliates", FND_JSON, "关联方", "affiliates"}, {"dishonest", FND_BOOL, "失信", "dishonest"}, {"mlps", FND_INT, "等级保护", "security level (MLPS)"},
	{"note", FND_TEXT, "备注", "note"}, {"override", FND_TEXT, "代码校验说明", "why the code is taken"}, {0}};
static const struct fnd_column c_ledger[] = {{"id", FND_TEXT, "编号", "number"}, {"ledger_no", FND_TEXT, "台账编号", "ledger number"}, {"name", FND_TEXT, "名称", "name"},
	{"holder", FND_TEXT, "持有单位", "holder"}, {"holder_name", FND_TEXT, "持有单位名称", "holder's name"}, {"catalog_ref", FND_TEXT, "数据资源目录编号", "catalogue number"}, {"shared_from", FND_TEXT, "共享来源单位", "shared from"}, {"state", FND_TEXT, "状态", "state"},
	{"result", FND_TEXT, "确认结论", "recognition"}, {0}};
static const struct fnd_column c_asset[] = {{"asset_no", FND_TEXT, "资产编号", "asset number"}, {"name", FND_TEXT, "资产名称", "name"}, {"holder", FND_TEXT, "持有单位", "holder"}, {"holder_name", FND_TEXT, "持有单位名称", "holder's name"},
	{"state", FND_TEXT, "状态", "state"}, {"version", FND_INT, "卡片版本", "card version"}, {"certificate", FND_TEXT, "证书编号", "certificate"}, {"ledger", FND_TEXT, "台账", "ledger entry"}, {0}};
static const struct fnd_column c_registration[] = {{"id", FND_TEXT, "登记编号", "number"}, {"asset_no", FND_TEXT, "资产编号", "asset number"}, {"asset_name", FND_TEXT, "资产名称", "data asset"}, {"holder", FND_TEXT, "持有单位", "holder"}, {"holder_name", FND_TEXT, "持有单位名称", "holder's name"},
	{"version", FND_INT, "卡片版本", "card version"}, {"type", FND_TEXT, "登记类型", "type"}, {"path", FND_TEXT, "程序", "procedure"}, {"state", FND_TEXT, "状态", "state"}, {"applied_at", FND_TIME, "申请时间", "applied at"},
	{"due", FND_TIME, "办理时限", "due"}, {"overdue", FND_OVERDUE, "超期", "overdue"}, {"notice_from", FND_TIME, "公示起", "notice from"}, {"notice_to", FND_TIME, "公示止", "notice to"},
	{"receiver", FND_TEXT, "接收单位", "receiver"}, {"certificate", FND_TEXT, "证书编号", "certificate"}, {0}};
static const struct fnd_column c_certificate[] = {{"number", FND_TEXT, "证书编号", "number"}, {"state", FND_STATE, "状态", "state"}, {"asset_no", FND_TEXT, "资产编号", "asset number"},
	{"asset_name", FND_TEXT, "资产名称", "data asset"}, {"holder", FND_PARTY, "持有单位", "holder"}, {"not_before", FND_TIME, "有效期起", "valid from"}, {"not_after", FND_TIME, "有效期止", "valid to"},
	{"serial", FND_TEXT, "序列号", "serial number"}, {"restrictions", FND_RESTRICTIONS, "限制", "restrictions"}, {0}};
static const struct fnd_column c_authorisation[] = {{"number", FND_TEXT, "授权编号", "number"}, {"state", FND_STATE, "状态", "state"}, {"asset_names", FND_TEXT, "数据资产", "data assets"}, {"mode", FND_TEXT, "授权模式", "mode"},
	{"operator", FND_PARTY, "运营机构", "operator"}, {"holder", FND_PARTY, "持有单位", "holder"}, {"implementer", FND_JSON, "实施机构", "implementing institution"}, {"not_before", FND_TIME, "有效期起", "valid from"},
	{"not_after", FND_TIME, "有效期止", "valid to"}, {"grant", FND_JSON, "授权内容", "what is granted"}, {"assets", FND_JSON, "资产", "assets"}, {0}};
static const struct fnd_column c_token[] = {{"id", FND_TEXT, "令牌编号", "number"}, {"state", FND_STATE, "状态", "state"}, {"authorisation", FND_TEXT, "授权编号", "authorisation"},
	{"authorisation_state", FND_STATE, "授权状态", "authorisation's state"}, {"asset_no", FND_TEXT, "资产编号", "asset number"}, {"user", FND_PARTY, "使用单位", "user"}, {"product", FND_TEXT, "产品", "product"}, {"not_before", FND_TIME, "有效期起", "valid from"},
	{"not_after", FND_TIME, "有效期止", "valid to"}, {0}};
static const struct fnd_column c_user[] = {{"login", FND_TEXT, "用户名", "user name"}, {"name", FND_TEXT, "姓名", "name"}, {"org", FND_TEXT, "所属单位", "organisation"},
	{"state", FND_TEXT, "状态", "state"}, {"roles", FND_ROLES, "角色", "roles"}, {0}};
static const struct fnd_column c_plan[] = {{"id", FND_TEXT, "方案编号", "number"}, {"asset_names", FND_TEXT, "数据资产", "data assets"}, {"course", FND_TEXT, "程序", "course"}, {"state", FND_TEXT, "状态", "state"}, {"holder", FND_TEXT, "持有单位", "holder"},
	{"implementer", FND_TEXT, "实施机构", "implementing institution"}, {"operator", FND_TEXT, "运营机构", "operator"}, {"from", FND_TEXT, "拟授权起", "from"}, {"to", FND_TEXT, "拟授权止", "to"},
	{"authorisation", FND_TEXT, "授权编号", "authorisation"}, {"due", FND_TIME, "备案期限", "due"}, {"overdue", FND_OVERDUE, "超期", "overdue"}, {"at", FND_TIME, "提出时间", "proposed at"}, {0}};
static const struct fnd_column c_product[] = {{"product", FND_TEXT, "产品编号", "product number"}, {"authorisation", FND_TEXT, "授权编号", "authorisation"}, {"id", FND_TEXT, "产品标识", "identifier"},
	{"version", FND_TEXT, "版本", "version"}, {"name", FND_TEXT, "名称", "name"}, {"state", FND_TEXT, "状态", "state"}, {"kind", FND_TEXT, "产品类别", "kind"}, {"seller", FND_PARTY, "销售方", "seller"},
	{"purpose", FND_TEXT, "用途类", "purpose"}, {"delivery", FND_TEXT, "交付方式", "delivery"}, {"price_form", FND_TEXT, "价格形式", "form of price"}, {"use_condition", FND_TEXT, "使用方式", "condition of use"},
	{"charge_basis", FND_TEXT, "收费形式", "basis of charge"}, {"fee_fen", FND_INT, "收费标准（分）", "fee (fen)"}, {"cap_fen", FND_FEN, "上限收费标准（分）", "cap (fen)"}, {"over_cap", FND_BOOL, "超过上限", "over the cap"}, {0}};

#define LIST(noun, NAME) {#noun, STO_FIND_ROW_##NAME, c_##noun, fld_##noun##_list}
static const struct fnd_list lists[FND_END] = {
	[FND_ORGANISATION] = LIST(organisation, ORGANISATION), [FND_LEDGER] = LIST(ledger, LEDGER), [FND_ASSET] = LIST(asset, ASSET),
	[FND_REGISTRATION] = LIST(registration, REGISTRATION), [FND_CERTIFICATE] = LIST(certificate, CERTIFICATE),
	[FND_AUTHORISATION] = LIST(authorisation, AUTHORISATION), [FND_TOKEN] = LIST(token, TOKEN), [FND_USER] = LIST(user, USER),
	[FND_PLAN] = LIST(plan, PLAN), [FND_PRODUCT] = LIST(product, PRODUCT),
};

const struct fnd_list *fnd_list_of(enum fnd_noun noun)
{
	return &lists[noun];
}

enum fj_rc fnd_noun_of(const char *name, enum fnd_noun *out, struct fj_err *err)
{
	for (int n = FND_ORGANISATION; n < FND_END; n++)
		if (name != NULL && strcmp(lists[n].name, name) == 0) {
			*out = (enum fnd_noun)n;
			return FJ_OK;
		}
	return fj_refuse(err, FJ_E_INVALID, "issuer", NULL, "\"noun\" is organisation, ledger, asset, registration, certificate, authorisation, token, user, plan or product",
	    "noun 应为 organisation、ledger、asset、registration、certificate、authorisation、token、user、plan 或 product");
}

/* --- keeping the rows --- */

/* the statement that looks at what was touched of a noun: key, state, holder, finance, division,
 * class, industry, parent, expires, title, text (NULL: not searched) */
static const enum sto_id sources[FND_END] = {
	[FND_ORGANISATION] = STO_FIND_SRC_ORGANISATION, [FND_LEDGER] = STO_FIND_SRC_LEDGER, [FND_ASSET] = STO_FIND_SRC_ASSET,
	[FND_REGISTRATION] = STO_FIND_SRC_REGISTRATION, [FND_CERTIFICATE] = STO_FIND_SRC_CERTIFICATE,
	[FND_AUTHORISATION] = STO_FIND_SRC_AUTHORISATION, [FND_USER] = STO_FIND_SRC_USER, [FND_PLAN] = STO_FIND_SRC_PLAN,
	[FND_PRODUCT] = STO_FIND_SRC_PRODUCT,
};

static enum fj_rc add_row(const struct evt *e, int64_t noun, const struct sto_q *s, int64_t *id, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool more;

	FJ_TRY(sto_query(e->db, STO_FIND_ADD, &q, err, "itttttttt" "ii", noun, sto_text(s, 0), sto_text(s, 1), sto_text(s, 2), sto_text(s, 3),
	    sto_text(s, 4), sto_text(s, 5), sto_text(s, 6), sto_text(s, 7), sto_int(s, 8), (int64_t)e->at));
	FJ_TRY(sto_step(&q, &more, err));
	*id = sto_int(&q, 0);
	return sto_step(&q, &more, err); /* to the end: only then is the row there */
}

/* the row, changed as little as it needs: each column stands in several indexes */
static enum fj_rc set_row(const struct evt *e, int64_t noun, const struct sto_q *s, int64_t *id, bool *fresh, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row, same = true;

	FJ_TRY(sto_query(e->db, STO_FIND_GET, &q, err, "it", noun, sto_text(s, 0)));
	FJ_TRY(sto_step(&q, &row, err));
	*fresh = !row;
	if (!row)
		return add_row(e, noun, s, id, err);
	*id = sto_int(&q, 0);
	bool state = strcmp(sto_text(&q, 1), sto_text(s, 1)) == 0 && sto_int(&q, 8) == sto_int(s, 8);
	for (int k = 2; k <= 7; k++)
		same = same && strcmp(sto_text(&q, k), sto_text(s, k)) == 0;
	sto_done(&q);
	if (same && state)
		return FJ_OK;
	if (same)
		return sto_run(e->db, STO_FIND_SET_STATE, NULL, err, "tii", sto_text(s, 1), sto_int(s, 8), *id);
	return sto_run(e->db, STO_FIND_SET, NULL, err, "ttttttt" "ii", sto_text(s, 1), sto_text(s, 2), sto_text(s, 3), sto_text(s, 4),
	    sto_text(s, 5), sto_text(s, 6), sto_text(s, 7), sto_int(s, 8), *id);
}

/* the text that the row has now, or is to have when this transaction commits */
static enum fj_rc same_text(const struct evt *e, enum sto_id id, int64_t row_id, const char *body, const char *title, bool *there, bool *same, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_query(e->db, id, &q, err, "i", row_id));
	FJ_TRY(sto_step(&q, there, err));
	*same = *there && strcmp(sto_text(&q, 0), body) == 0 && strcmp(sto_text(&q, 1), title) == 0;
	return FJ_OK;
}

static enum fj_rc set_text(const struct evt *e, const char *noun, const struct sto_q *s, int64_t id, bool fresh, struct fj_err *err)
{
	FJ_AUTO(buf) body = FJ_BUF_INIT(1u << 20);
	const char *title = sto_text(s, 9);
	bool there = false, same = false;

	FJ_TRY(fnd_fold(sto_text(s, 10), &body, err));
	if (!fresh)
		FJ_TRY(same_text(e, STO_FIND_PENDING_GET, id, fj_buf_str(&body), title, &there, &same, err));
	if (!fresh && !there)
		FJ_TRY(same_text(e, STO_FIND_TEXT_GET, id, fj_buf_str(&body), title, &there, &same, err));
	return same ? FJ_OK : sto_run(e->db, STO_FIND_PENDING_SET, NULL, err, "ittt", id, noun, fj_buf_str(&body), title);
}

static enum fj_rc note_noun(const struct evt *e, enum fnd_noun noun, struct fj_err *err)
{
	FJ_AUTO(sto_q) s = {0};
	int64_t id;
	bool row, fresh;

	FJ_TRY(sto_query(e->db, sources[noun], &s, err, ""));
	for (;;) {
		FJ_TRY(sto_step(&s, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(set_row(e, noun, &s, &id, &fresh, err));
		if (!sto_null(&s, 10))
			FJ_TRY(set_text(e, lists[noun].name, &s, id, fresh, err));
		if (noun == FND_AUTHORISATION && fresh)
			FJ_TRY(sto_run(e->db, STO_FIND_LINK_ADD, NULL, err, "t", sto_text(&s, 0)));
		if (noun == FND_PLAN && fresh)
			FJ_TRY(sto_run(e->db, STO_FIND_LINK_PLAN, NULL, err, "t", sto_text(&s, 0)));
	}
}

enum fj_rc fnd_note(const struct evt *e, struct fj_err *err)
{
	bool touched[FND_END] = {false}, row, any = false;

	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_query(e->db, STO_FIND_TOUCHED, &q, err, ""));
		for (;;) {
			FJ_TRY(sto_step(&q, &row, err));
			if (!row)
				break;
			if (sto_int(&q, 0) > 0 && sto_int(&q, 0) < FND_END)
				touched[sto_int(&q, 0)] = any = true;
		}
	}
	for (int n = FND_ORGANISATION; n < FND_END; n++)
		if (touched[n] && n != FND_TOKEN)
			FJ_TRY(note_noun(e, (enum fnd_noun)n, err));
	return any ? sto_run(e->db, STO_FIND_UNTOUCH, NULL, err, "") : FJ_OK;
}

/* --- filters --- */

static enum fj_rc bad(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, "issuer", NULL, en, zh);
}

/* the first of the list's own names for one thing that the parameters hold */
static const char *given_as(const json_t *p, const char *const *names)
{
	for (; *names != NULL; names++)
		if (fj_json_peek(p, *names) != NULL)
			return fj_json_peek(p, *names);
	return "";
}

/* 420000 is all of Hubei, 420100 all of Wuhan (GB/T 2260): a range of prefixes */
static enum fj_rc read_division(const json_t *p, struct fnd_query *q, struct fj_err *err)
{
	const char *d = fj_json_text(p, "division");
	size_t n = strlen(d);

	memcpy(q->div_below, "~", 2);
	if (n == 0)
		return FJ_OK;
	if (strspn(d, "0123456789") != n || (n != 2 && n != 4 && n != 6))
		return bad(err, "\"division\" is two, four or six digits (GB/T 2260)", "行政区划应为 2、4 或 6 位数字");
	while (n > 2 && strncmp(d + n - 2, "00", 2) == 0)
		n -= 2;
	memcpy(q->div_from, d, n);
	memcpy(q->div_below, d, n);
	q->div_below[n] = '\0';
	q->div_below[n - 1]++; /* ':' follows '9' */
	return FJ_OK;
}

static enum fj_rc read_day(const json_t *p, const char *key, int64_t more, int64_t *out, struct fj_err *err)
{
	const char *s = fj_json_text(p, key);
	fj_time t;

	if (s[0] == '\0')
		return FJ_OK;
	if (fj_date_parse(s, &t, NULL) != FJ_OK) {
		fj_fail(err, FJ_E_INVALID, "issuer", NULL, "\"%s\" is a day such as 2026-03-16", key);
		fj_err_zh(err, "字段“%s”应为日期，如 2026-03-16", key);
		return FJ_E_INVALID;
	}
	*out = t + more;
	return FJ_OK;
}

static enum fj_rc read_days(const json_t *p, struct fnd_query *q, struct fj_err *err)
{
	q->created_to = q->expires_to = INT64_MAX;
	FJ_TRY(read_day(p, "created_from", 0, &q->created_from, err));
	FJ_TRY(read_day(p, "created_to", 86399, &q->created_to, err));
	FJ_TRY(read_day(p, "expires_to", 86399, &q->expires_to, err));
	FJ_TRY(read_day(p, "due_to", 86399, &q->expires_to, err));
	q->expires_from = q->expires_to < INT64_MAX ? 1 : 0; /* what does not expire does not end before a day */
	FJ_TRY(read_day(p, "due_from", 0, &q->expires_from, err));
	return read_day(p, "expires_from", 0, &q->expires_from, err);
}

/* what is ACTIVE and over is EXPIRED, noted already or not: found by its last day (FIND_REST) */
static void read_state(const json_t *p, fj_time now, struct fnd_query *q)
{
	bool ends = q->noun == FND_CERTIFICATE || q->noun == FND_AUTHORISATION || q->noun == FND_TOKEN;

	q->state = fj_json_text(p, "state");
	if (ends && strcmp(q->state, "EXPIRED") == 0) {
		q->expires_from = q->expires_from > 1 ? q->expires_from : 1;
		q->expires_to = q->expires_to < now - 1 ? q->expires_to : now - 1;
	}
}

/* ACTIVE, not over: compared row by row, it decides no index */
static void narrow_active(const json_t *p, fj_time now, struct fnd_query *q)
{
	bool ends = q->noun == FND_CERTIFICATE || q->noun == FND_AUTHORISATION || q->noun == FND_TOKEN;

	if (ends && strcmp(fj_json_text(p, "state"), "ACTIVE") == 0 && q->expires_from < now)
		q->expires_from = now;
}

/* which filters decide the statement, the most telling first */
static void choose(struct fnd_query *q)
{
	bool state = q->state[0] != '\0' && strcmp(q->state, "EXPIRED") != 0, ends = q->expires_from > 0 || q->expires_to < INT64_MAX;
	bool made = q->created_from > 0 || q->created_to < INT64_MAX;
	static const enum sto_id turns[FND_END][3] = {
		[FND_LEDGER] = {STO_FIND_TURN_LEDGER, STO_FIND_UNDER_CONFIRMER}, [FND_ASSET] = {STO_FIND_TURN_ASSET, STO_FIND_TURN_ISSUE},
		[FND_REGISTRATION] = {STO_FIND_TURN_RECEIVE, STO_FIND_TURN_RECEIVE}, [FND_AUTHORISATION] = {STO_FIND_TURN_EVALUATE, STO_FIND_TURN_ASSESS, STO_FIND_TURN_OFFER},
		[FND_PLAN] = {STO_FIND_TURN_PLAN, STO_FIND_TURN_FILE}};
	const struct {
		enum sto_id lead;
		bool when;
		char sort;
	} rows[] = {
		{turns[q->noun][q->decides], q->turn[0] != '\0', 'k'},
		{STO_FIND_UNDER_STATE, q->superior[0] != '\0' && state, 'k'}, {STO_FIND_UNDER, q->superior[0] != '\0', 'k'},
		{STO_FIND_PARENT, q->parent[0] != '\0', 'k'},
		{STO_FIND_HOLDER_STATE, q->holder[0] != '\0' && state, 'k'}, {STO_FIND_HOLDER, q->holder[0] != '\0', 'k'},
		{STO_FIND_EXPIRES, ends, 't'}, {STO_FIND_CREATED, made, 't'},
		{STO_FIND_INDUSTRY, q->industry[0] != '\0', 'k'}, {STO_FIND_CLASS, q->class_[0] != '\0', 'k'},
		{STO_FIND_FINANCE_STATE, q->finance[0] != '\0' && state, 'k'}, {STO_FIND_DIVISION, q->div_from[0] != '\0', 'd'},
		{STO_FIND_FINANCE, q->finance[0] != '\0', 'k'}, {STO_FIND_STATE, state, 'k'}, {STO_FIND_ALL, true, 'k'},
	}, tokens[] = {
		{STO_FIND_TOKEN_OF, q->parent[0] != '\0', 'k'}, {STO_FIND_TOKEN_USER, q->holder[0] != '\0', 'k'},
		{STO_FIND_TOKEN_ASSET, q->class_[0] != '\0', 'k'}, {STO_FIND_TOKEN_EXPIRES, ends, 't'},
		{STO_FIND_TOKEN_OPERATOR, q->industry[0] != '\0', 'k'}, {STO_FIND_TOKEN_ALL, true, 'k'},
	}, *r = q->noun == FND_TOKEN ? tokens : rows;

	while (!r->when)
		r++;
	q->lead = r->lead;
	q->sort = r->sort;
}

/* "after": the last key, with what the list is sorted by before it, as "value~key" */
static enum fj_rc read_after(const json_t *p, struct fnd_query *q, struct fj_err *err)
{
	const char *after = fj_json_text(p, "after"), *tilde = strchr(after, '~');
	size_t n = tilde == NULL ? 0 : (size_t)(tilde - after);

	snprintf(q->after_sort, sizeof(q->after_sort), "%s", q->sort == 'd' ? q->div_from : "");
	if (q->sort == 't')
		snprintf(q->after_sort, sizeof(q->after_sort), "%lld", (long long)(q->lead == STO_FIND_CREATED ? q->created_from : q->expires_from));
	if (after[0] == '\0')
		return FJ_OK;
	if ((tilde == NULL) != (q->sort == 'k') || n >= sizeof(q->after_sort) || strspn(after, "0123456789") < n ||
	    fj_strcopy(q->after, sizeof(q->after), tilde == NULL ? after : tilde + 1) != FJ_OK)
		return bad(err, "\"after\" is another list's; take \"next\" of the page before, with the same filters",
		    "after 与该列表不符；请使用上一页返回的 next 并保持筛选条件不变");
	if (tilde != NULL)
		snprintf(q->after_sort, sizeof(q->after_sort), "%.*s", (int)n, after);
	return FJ_OK;
}

/* each decides by itself what the list goes through: a second one would be passed over */
static enum fj_rc one_lead(enum fnd_noun noun, const json_t *p, struct fj_err *err)
{
	static const char leads[] = " turn confirmer issuing assessor bureau offering superior ";
	const struct iss_field *first = NULL;

	for (const struct iss_field *f = lists[noun].fields; f->name != NULL; f++) {
		char name[24];
		snprintf(name, sizeof(name), " %.20s ", f->name);
		if (strstr(leads, name) == NULL || fj_json_text(p, f->name)[0] == '\0')
			continue;
		if (first != NULL) {
			enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", NULL, "\"%s\" and \"%s\" are not taken together; leave one of them out", first->name, f->name);
			fj_err_zh(err, "“%s”与“%s”不能同时作为筛选条件，请去掉其中一项", first->zh, f->zh);
			return rc;
		}
		first = f;
	}
	return FJ_OK;
}

enum fj_rc fnd_query(enum fnd_noun noun, const json_t *params, fj_time now, const char *person, struct fnd_query *q, struct fj_err *err)
{
	static const char *const holders[] = {"holder", "org", "user", NULL}, *const classes[] = {"kind", "mode", "class", NULL},
		*const industries[] = {"implementer", "seller", "industry", NULL}, *const parents[] = {"asset", "operator", NULL}, *const deciders[] = {"confirmer", "issuing", "assessor", "bureau", NULL};
	const json_t *n = json_object_get(params, "limit");

	memset(q, 0, sizeof(*q));
	q->noun = noun;
	q->person = person;
	q->now = now;
	q->limit = json_is_integer(n) && json_integer_value(n) > 0 ? json_integer_value(n) : 100;
	bool units = noun == FND_ORGANISATION; /* that a superior has stand in the place of a holder */
	q->holder = units ? fj_json_text(params, "superior") : given_as(params, holders);
	q->superior = units ? "" : fj_json_text(params, "superior");
	q->finance = fj_json_text(params, "finance");
	q->class_ = noun == FND_TOKEN ? fj_json_text(params, "asset") : noun == FND_LEDGER ? fj_json_text(params, "result") : given_as(params, classes);
	q->industry = noun == FND_TOKEN ? fj_json_text(params, "operator") : given_as(params, industries);
	q->parent = noun == FND_TOKEN || noun == FND_PRODUCT ? fj_json_text(params, "authorisation") : noun == FND_LEDGER ? fj_json_text(params, "class") : given_as(params, parents);
	FJ_TRY(one_lead(noun, params, err));
	FJ_TRY(read_division(params, q, err));
	FJ_TRY(read_days(params, q, err));
	read_state(params, now, q);
	q->turn = given_as(params, deciders);
	q->decides = q->turn[0] != '\0' ? 1 : 0;
	if (q->decides == 0 && fj_json_text(params, "offering")[0] != '\0') {
		q->turn = fj_json_text(params, "offering");
		q->decides = 2;
	} else if (q->decides == 0) {
		q->turn = fj_json_text(params, "turn");
	}
	if (noun == FND_LEDGER && q->decides == 1 && q->state[0] == '\0')
		q->state = "RECOGNISED";
	choose(q);
	FJ_TRY(read_after(params, q, err));
	narrow_active(params, now, q);
	return FJ_OK;
}

/* --- reading --- */

static enum fj_rc start(struct sto *db, const struct fnd_query *q, struct sto_q *keys, struct fj_err *err)
{
#define FILTERS q->after, q->limit, q->holder, q->finance, q->state, q->class_, q->industry, q->parent, q->div_from, q->div_below, \
	q->created_from, q->created_to, q->expires_from, q->expires_to
	bool under = q->lead == STO_FIND_UNDER || q->lead == STO_FIND_UNDER_STATE;
	bool turn = q->turn[0] != '\0';
	if (q->lead == STO_FIND_TURN_ISSUE)
		return sto_query(db, q->lead, keys, err, "itti" "tttttttt" "iiii" "t", (int64_t)q->noun, q->turn, FILTERS, q->person);
	if (q->lead == STO_FIND_TURN_EVALUATE || q->lead == STO_FIND_TURN_ASSESS || q->lead == STO_FIND_TURN_OFFER)
		return sto_query(db, q->lead, keys, err, "itti" "tttttttt" "iiii" "i", (int64_t)q->noun, q->turn, FILTERS, (int64_t)q->now);
	if (q->sort == 'd' || under || turn)
		return sto_query(db, q->lead, keys, err, "itti" "tttttttt" "iiii", (int64_t)q->noun, turn ? q->turn : under ? q->superior : q->after_sort, FILTERS);
	return sto_query(db, q->lead, keys, err, "iiti" "tttttttt" "iiii", (int64_t)q->noun, (int64_t)strtoll(q->after_sort, NULL, 10), FILTERS);
#undef FILTERS
}

static enum fj_rc one_row(struct sto *db, const struct fnd_list *l, const char *key, fnd_row_fn fn, void *ctx, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, l->row, &q, key, err, "t", key));
	return fn(ctx, l, &q, err);
}

enum fj_rc fnd_page(struct sto *db, struct fnd_query *fq, fnd_row_fn fn, void *ctx, int64_t *rows, struct fj_err *err)
{
	FJ_AUTO(sto_q) keys = {0};
	bool row;

	*rows = 0;
	FJ_TRY(start(db, fq, &keys, err));
	for (;; (*rows)++) {
		FJ_TRY(sto_step(&keys, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(one_row(db, &lists[fq->noun], sto_text(&keys, 0), fn, ctx, err));
		if (fj_strcopy(fq->after, sizeof(fq->after), sto_text(&keys, 0)) != FJ_OK)
			return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "a key of a list is too long");
		if (fq->sort != 'k')
			snprintf(fq->after_sort, sizeof(fq->after_sort), "%s", sto_text(&keys, 1));
	}
}

void fnd_cursor(const struct fnd_query *fq, char out[FND_CURSOR_CAP])
{
	snprintf(out, FND_CURSOR_CAP, "%s%s%.280s", fq->sort == 'k' ? "" : fq->after_sort, fq->sort == 'k' ? "" : "~", fq->after);
}

const char *fnd_state(const char *state, int64_t not_after, fj_time now)
{
	return strcmp(state, "ACTIVE") == 0 && now > not_after ? "EXPIRED" : state;
}

static json_t *value(const struct fnd_column *c, const struct sto_q *q, int *col, fj_time now)
{
	char at[FJ_TIME_CAP];
	json_t *j = NULL;
	int k = (*col)++;

	switch (c->kind) {
	case FND_INT:
		return json_integer((json_int_t)sto_int(q, k));
	case FND_FEN:
		return sto_int(q, k) < 0 ? json_null() : json_integer((json_int_t)sto_int(q, k));
	case FND_BOOL:
		return json_boolean(sto_int(q, k) != 0);
	case FND_OVERDUE:
		return json_boolean(sto_int(q, k) != 0 && now > sto_int(q, k));
	case FND_TIME:
		if (sto_int(q, k) == 0)
			return json_string("");
		fj_time_utc(sto_int(q, k), at);
		return json_string(at);
	case FND_JSON:
		return fj_json_parse(fj_slice_str(sto_text(q, k)), 1u << 20, &j, NULL) == FJ_OK ? j : json_null();
	case FND_ROLES:
		return iss_roles_json((uint32_t)sto_int(q, k));
	case FND_RESTRICTIONS:
		return fj_json_bits((unsigned)sto_int(q, k), fj_asset_restrictions);
	case FND_PARTY:
		(*col)++;
		return json_pack("{s:s, s:s}", "usci", sto_text(q, k), "name", sto_text(q, k + 1));
	case FND_STATE:
		(*col)++;
		return json_string(fnd_state(sto_text(q, k), sto_int(q, k + 1), now));
	case FND_TEXT:
		break;
	}
	return json_string(sto_text(q, k));
}

json_t *fnd_item(const struct fnd_list *l, const struct sto_q *q, fj_time now)
{
	json_t *item = json_object();
	int col = 0;

	for (const struct fnd_column *c = l->columns; c->key != NULL; c++)
		json_object_set_new(item, c->key, value(c, q, &col, now));
	return item;
}

struct collect {
	json_t *items;
	fj_time now;
};

static enum fj_rc add_item(void *ctx, const struct fnd_list *l, const struct sto_q *q, struct fj_err *err)
{
	struct collect *c = ctx;

	return json_array_append_new(c->items, fnd_item(l, q, c->now)) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc list(struct iss_call *c, enum fnd_noun noun, struct fj_err *err)
{
	FJ_AUTO(json) items = json_array();
	struct collect ctx = {items, c->now};
	struct fnd_query q;
	char next[FND_CURSOR_CAP];
	int64_t rows;

	FJ_TRY(fnd_query(noun, c->params, c->now, c->actor->person, &q, err));
	FJ_TRY(fnd_page(c->db, &q, add_item, &ctx, &rows, err));
	fnd_cursor(&q, next);
	c->answer = json_pack("{s:O, s:s?}", "items", items, "next", rows == q.limit ? next : NULL);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

#define LISTED(name, noun)                                                \
	enum fj_rc cmd_##name##_list(struct iss_call *c, struct fj_err *err) \
	{                                                                 \
		return list(c, noun, err);                                \
	}
LISTED(organisation, FND_ORGANISATION)
LISTED(ledger, FND_LEDGER)
LISTED(asset, FND_ASSET)
LISTED(registration, FND_REGISTRATION)
LISTED(certificate, FND_CERTIFICATE)
LISTED(authorisation, FND_AUTHORISATION)
LISTED(token, FND_TOKEN)
LISTED(user, FND_USER)
LISTED(plan, FND_PLAN)
LISTED(product, FND_PRODUCT)
