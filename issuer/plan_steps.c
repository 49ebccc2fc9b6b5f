/*
 * plan_steps.c - the steps of authorised operation, one after the other (domain.md 7.3).
 *
 * 可研论证和评估, 审核审批, 集体审议, 选择运营机构, 签订协议, 备案, 披露并生效: each is a
 * command of the implementing institution, refused before its turn, and what others
 * decide is an approval of theirs: superior and finance department by the authority
 * table, the operator its own agreement, a second officer what was done on paper
 * (a meeting, a filing).  The grant at the end is decided by a finance officer who
 * did not approve the plan, so two of them stand behind the signature.  Each step
 * names all that is missing at once, and checks what can be checked against what
 * stood before.
 */
#include "base/jws.h"
#include "issuer/agreement.h"
#include "issuer/items.h"
#include "issuer/plan.h"
#include "issuer/profile.h"
#include "issuer/registration.h"
#include "issuer/rules/rules.h"
#include "issuer/shape.h"
#include "issuer/supervision.h"

#define MAX_SCAN (8u << 20)

#define PLAN_ID {"id", ISS_F_STR, true, 40, "编号", "plan"}
#define PAPER(required)                                                                                     \
	{"body", ISS_F_STR, required, 120, "办理单位", "body that acted"},                                  \
	{"usci", ISS_F_STR, false, 18, "办理单位统一社会信用代码", "its code"},                                     \
	{"doc_no", ISS_F_STR, required, 80, "文号", "document number"},                                     \
	{"doc_date", ISS_F_STR, required, 10, "文件日期", "date of the document"},                          \
	{"scan", ISS_F_FILE, required, MAX_SCAN, "扫描件", "scan of the document"}
const struct iss_field fld_plan_study[] = {PLAN_ID, {"study", ISS_F_JSON, true, 1, "论证和评估", "study", .members = shp_study}, {0}};
const struct iss_field fld_plan_deliberate[] = {PLAN_ID, {"items", ISS_F_JSON, true, 1, "实施方案十二项", "the plan's twelve items", .members = shp_items}, PAPER(true), {0}};
const struct iss_field fld_plan_select[] = {PLAN_ID, {"selection", ISS_F_JSON, true, 1, "选择结果", "selection", .members = shp_selection}, {0}};
const struct iss_field fld_plan_agree[] = {PLAN_ID, {"agreement", ISS_F_JSON, true, 1, "授权运营协议", "the agreement's thirteen items", .members = shp_agreement}, {0}};
const struct iss_field fld_plan_file[] = {PLAN_ID, {"filing_no", ISS_F_STR, true, 80, "备案号", "number of the filing"}, PAPER(false), {0}};
const struct iss_field fld_plan_activate[] = {
	PLAN_ID,
	{"place", ISS_F_STR, false, 120, "披露载体", "where it is disclosed", .as = ISS_AS_NEEDED},
	{"address", ISS_F_STR, false, 200, "披露地址", "its address", .as = ISS_AS_NEEDED},
	{0},
};

static enum fj_rc nomem(struct fj_err *err)
{
	return fj_no_memory(err, "issuer");
}

/* a step of the command's own */
static enum fj_rc take(struct iss_call *c, const struct dom_plan *p, const struct dom_plan_step *step, struct fj_err *err)
{
	if (step->set == NULL)
		return nomem(err);
	FJ_TRY(dom_plan_step(c, p, step, err));
	c->answer = json_pack("{s:s, s:s}", "id", p->id, "state", step->to);
	return c->answer != NULL ? FJ_OK : nomem(err);
}

/* the plan that the command names, of the actor's institution, and whether the act is possible now */
static enum fj_rc begin(struct iss_call *c, const char *act, struct dom_plan *p, const char **to, struct fj_err *err)
{
	FJ_TRY(dom_plan_get(c->db, fj_json_text(c->params, "id"), p, err));
	FJ_TRY(dom_plan_own(c, p, err));
	return dom_plan_next(p, act, to, err);
}

/* the same when an approval is carried out */
static enum fj_rc resume(struct iss_call *c, const struct apr *a, const char *act, struct dom_plan *p, const char **to, struct fj_err *err)
{
	FJ_TRY(dom_plan_get(c->db, a->object, p, err));
	return dom_plan_next(p, act, to, err);
}

/* --- 可研论证, 尽职调查, 评估 --- */

static const struct itm_need study_needs[] = {
	{0, "feasibility", NULL, ITM_TEXT, "feasibility study", "可研论证"}, {0, "due_diligence", NULL, ITM_TEXT, "due diligence", "尽职调查"},
	{0, "risk_evaluation", NULL, ITM_TEXT, "risk evaluation", "评估"}, {0, "security_rules", NULL, ITM_TEXT, "security rules", "安全制度"},
	{0, "emergency_plan", NULL, ITM_TEXT, "emergency plan", "应急预案"},
};
/* 27号 art. 10: what the study covers */
static const struct itm_need covered[] = {
	{0, "covers", "life_cycle", ITM_TEXT, "life-cycle service", "全生命周期服务"}, {0, "covers", "social_need", ITM_TEXT, "social need", "社会需求"},
	{0, "covers", "market_size", ITM_TEXT, "market size", "市场规模"}, {0, "covers", "expected_effect", ITM_TEXT, "expected effect", "预期成效"},
	{0, "covers", "risk_control", ITM_TEXT, "risk control", "风险管控"},
};

static enum fj_rc check_study(struct iss_call *c, const json_t *study, bool shared, struct fj_err *err)
{
	static const char *const known[] = {"feasibility", "due_diligence", "risk_evaluation", "security_rules", "emergency_plan", "consent", "covers", NULL},
	    *const five[] = {"life_cycle", "social_need", "market_size", "expected_effect", "risk_control", NULL};
	const char *consent = fj_json_peek(study, "consent");

	FJ_TRY(fj_json_only(study, known, err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(study_needs); i++) /* what is said, before what is not */
		if (iss_said(fj_json_peek(study, study_needs[i].key)))
			FJ_TRY(itm_reference(c->db, fj_json_text(study, study_needs[i].key), study_needs[i].key, err));
	FJ_TRY(itm_all_there(study, study_needs, FJ_ARRAY_LEN(study_needs), "R30", "what is on file before an authorisation", "授权运营前的备查材料", err));
	FJ_TRY(itm_all_there(study, covered, FJ_ARRAY_LEN(covered), "R30", "the feasibility study (Rules No. 27, art. 10)", "可行性论证（27号第十条）", err));
	FJ_TRY(fj_json_only(json_object_get(study, "covers"), five, err));
	FJ_TRY(iss_rule_no_shared_data_without_consent(shared, iss_said(consent), err));
	return consent == NULL ? FJ_OK : itm_reference(c->db, consent, "consent", err);
}

/* while somebody decides on it, what he decides on stays as it is */
static enum fj_rc check_not_waiting(struct iss_call *c, const struct dom_plan *p, const char *kind, struct fj_err *err)
{
	char open[32];

	FJ_TRY(apr_open_for(c, kind, p->id, open, err));
	if (open[0] == '\0')
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", "R22", "this waits for a decision already: %s; whose turn it is stands there", open);
	fj_err_zh(err, "该事项已有待审批申请 %s，请打开该申请查看由谁审批", open);
	return rc;
}

enum fj_rc cmd_plan_study(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_plan) p = {.doc = NULL};
	struct dom_plan_step step = {.event = "plan.studied"};
	struct dom_scope s;
	FJ_AUTO(json) effective = NULL;

	FJ_TRY(begin(c, "study", &p, &step.to, err));
	FJ_TRY(check_not_waiting(c, &p, "plan.approve", err));
	FJ_TRY(dom_plan_scope(c, &p, &effective, &s, err));
	FJ_TRY(check_study(c, json_object_get(c->params, "study"), s.shared, err));
	step.set = json_pack("{s:O}", "study", json_object_get(c->params, "study"));
	return take(c, &p, &step, err);
}

/* --- 审核审批 --- */

enum fj_rc cmd_plan_submit(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_plan) p = {.doc = NULL};
	FJ_AUTO(json) effective = NULL;
	struct dom_scope s;
	json_t *levels = NULL;
	const char *to;

	FJ_TRY(begin(c, "submit", &p, &to, err));
	FJ_TRY(dom_plan_scope(c, &p, &effective, &s, err));
	FJ_TRY(dom_authority(c, &s, &levels, err));
	FJ_AUTO(json) owned = levels;
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s, s:O, s:O}", "plan", p.id, "holder", p.holder, "implementer", p.implementer, "proposal",
	    json_object_get(p.doc, "proposal"), "study", json_object_get(p.doc, "study"));
	return payload == NULL ? nomem(err) : apr_request_levels(c, "plan.approve", p.id, owned, payload, err);
}

enum fj_rc apr_plan_audited(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(dom_plan) p = {.doc = NULL};
	struct dom_plan_step step = {.event = "plan.audited"};

	FJ_TRY(resume(c, a, "audit", &p, &step.to, err));
	return dom_plan_step(c, &p, &step, err);
}

enum fj_rc apr_plan_approve(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(dom_plan) p = {.doc = NULL};
	FJ_AUTO(json) effective = NULL;
	struct dom_plan_step step = {.event = "plan.approved", .approval = a->id};
	struct dom_scope s;

	FJ_TRY(resume(c, a, "approve", &p, &step.to, err));
	FJ_TRY(dom_plan_scope(c, &p, &effective, &s, err)); /* the certificates are in force still */
	return dom_plan_step(c, &p, &step, err);
}

enum fj_rc apr_plan_refused(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(dom_plan) p = {.doc = NULL};
	struct dom_plan_step step = {.event = "plan.refused"};

	FJ_TRY(resume(c, a, "refuse", &p, &step.to, err));
	return dom_plan_step(c, &p, &step, err);
}

/* --- what was done on paper: a document with a number, a date and a scan (decision 10) --- */

static enum fj_rc paper(struct iss_call *c, const char *what, json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(MAX_SCAN + 1);
	struct dom_material m = {.holder = c->actor->org, .asset_no = "", .kind = "OTHER", .name = what};
	const char *usci = fj_json_text(c->params, "usci");
	fj_time day;

	static const struct itm_need needs[] = {{0, "body", NULL, ITM_TEXT, "body", "办理单位"}, {0, "doc_no", NULL, ITM_TEXT, "document number", "文号"},
		{0, "doc_date", NULL, ITM_TEXT, "date of the document", "文件日期"}};
	FJ_TRY(itm_all_there(c->params, needs, FJ_ARRAY_LEN(needs), "domain.md decision 10", "an act on paper", "线下办理", err));
	FJ_TRY(fj_date_parse(fj_json_text(c->params, "doc_date"), &day, err));
	if (day > c->now || (usci[0] != '\0' && !iss_usci_form(usci)))
		return fj_refuse(err, FJ_E_REFUSED, "issuer", "domain.md decision 10", "the document's date lies in the future, or the body's code is none",
		    "文件日期晚于今日，或办理单位代码格式不正确");
	FJ_TRY(iss_param_file(c, "scan", &file, err));
	FJ_TRY(dom_material_size(c, m.holder, file.len, err));
	FJ_TRY(dom_material_file(c, &m, &file, err));
	*out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "mark", "线下", "record", m.id, "body", fj_json_text(c->params, "body"), "usci", usci, "doc_no",
	    fj_json_text(c->params, "doc_no"), "doc_date", fj_json_text(c->params, "doc_date"), "sha256", m.sha256);
	return *out != NULL ? FJ_OK : nomem(err);
}

/* the step, marked as one on paper: its event says by which document */
static enum fj_rc step_on_paper(struct iss_call *c, const struct dom_plan *p, const struct dom_plan_step *step, const json_t *document, struct fj_err *err)
{
	c->offline = document;
	enum fj_rc rc = dom_plan_step(c, p, step, err);
	c->offline = NULL;
	return rc;
}

/* --- 集体审议: the twelve items of 27号 art. 9 --- */

static const struct itm_need twelve[] = {
	{1, "name", NULL, ITM_TEXT, "name", "名称"},
	{2, "necessity", NULL, ITM_TEXT, "necessity and feasibility", "必要性和可行性"},
	{3, "conditions", "funds", ITM_TEXT, "conditions: funds", "运营机构资金条件"},
	{3, "conditions", "management", ITM_TEXT, "conditions: management", "管理条件"},
	{3, "conditions", "technology", ITM_TEXT, "conditions: technology", "技术条件"},
	{3, "conditions", "service", ITM_TEXT, "conditions: service", "服务条件"},
	{3, "conditions", "security", ITM_TEXT, "conditions: security", "安全条件"},
	{4, "mode", NULL, ITM_TEXT, "mode", "授权模式"},
	{5, "resources", "catalogue", ITM_TEXT, "resources and catalogue", "资源范围和目录"},
	{5, "resources", "update_freq", ITM_TEXT, "update frequency", "更新频率"},
	{5, "resources", "quality", ITM_TEXT, "quality", "质量"},
	{6, "term", "content", ITM_TEXT, "term and building content", "期限和建设内容"},
	{6, "term", "support", ITM_TEXT, "technical support", "技术支撑"},
	{6, "term", "progress", ITM_TEXT, "progress", "进度安排"},
	{6, "term", "evaluation", ITM_TEXT, "evaluation standard", "评价标准"},
	{6, "term", "exit", ITM_TEXT, "exit mechanism", "退出机制"},
	{6, "term", "asset_management", ITM_TEXT, "asset management", "资产管理"},
	{7, "products", NULL, ITM_OBJECT, "products and services", "产品和服务清单"},
	{8, "accounting", NULL, ITM_TEXT, "accounting and distribution", "成本收入核算和收益分配"},
	{9, "security", NULL, ITM_TEXT, "security and emergency", "数据安全、个人信息保护和应急"},
	{10, "obligations", NULL, ITM_TEXT, "rights and duties", "权利义务"},
	{11, "supervision", NULL, ITM_TEXT, "supervision and assessment", "监督考核"},
	{12, "other", NULL, ITM_TEXT, "other", "其他"},
};

static bool has_purpose(const json_t *grant, const char *a, const char *b)
{
	return fj_list_has(json_object_get(grant, "purposes"), a) || fj_list_has(json_object_get(grant, "purposes"), b);
}

/* item (7) is split by purpose, and there is something in each part that the grant has a purpose of */
static enum fj_rc check_split(const json_t *products, const json_t *grant, struct fj_err *err)
{
	static const char *const parts[] = {"public", "development", NULL};
	const bool need[] = {has_purpose(grant, "PUBGOV", "WELFARE"), has_purpose(grant, "INDUSTRY", "SECTOR")};

	FJ_TRY(fj_json_only(products, parts, err));
	for (int i = 0; i < 2; i++)
		if (need[i] != (json_array_size(json_object_get(products, parts[i])) > 0))
			return iss_rule_fail(err, "R15", "item (7) lists products for public governance and welfare (\"public\") and for industry (\"development\") apart, each as the proposal's purposes say",
			    "第（七）项应将公共治理、公益事业（public）与产业、行业发展（development）的产品和服务分列，并与拟授权用途一致");
	return FJ_OK;
}

static enum fj_rc check_items(const json_t *items, const json_t *grant, struct fj_err *err)
{
	FJ_TRY(itm_all_there(items, twelve, FJ_ARRAY_LEN(twelve), "R15", "the plan", "实施方案", err));
	FJ_TRY(itm_none_more(items, twelve, FJ_ARRAY_LEN(twelve), err));
	if (strcmp(fj_json_text(items, "mode"), fj_json_text(grant, "mode")) != 0)
		return iss_rule_fail(err, "R13", "item (4): the mode is not the one that was proposed and approved", "第（四）项：授权模式与提出并获批的不一致");
	return check_split(json_object_get(items, "products"), grant, err);
}

enum fj_rc cmd_plan_deliberate(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_plan) p = {.doc = NULL};
	const json_t *items = json_object_get(c->params, "items");
	json_t *document = NULL;
	const char *to;

	FJ_TRY(begin(c, "deliberate", &p, &to, err));
	FJ_TRY(check_not_waiting(c, &p, "plan.deliberate", err));
	FJ_TRY(check_items(items, json_object_get(json_object_get(p.doc, "proposal"), "grant"), err));
	FJ_TRY(paper(c, "集体审议文件", &document, err));
	FJ_AUTO(json) owned = document;
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:O, s:O}", "plan", p.id, "holder", p.holder, "items", (json_t *)(uintptr_t)items, "document", owned);
	return payload == NULL ? nomem(err) : apr_request(c, "plan.deliberate", p.id, c->actor->org, payload, err);
}

enum fj_rc apr_plan_deliberate(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(dom_plan) p = {.doc = NULL};
	struct dom_plan_step step = {.event = "plan.deliberated"};
	const json_t *document = json_object_get(a->payload, "document");

	FJ_TRY(resume(c, a, "deliberate", &p, &step.to, err));
	step.set = json_pack("{s:O, s:O}", "items", json_object_get(a->payload, "items"), "deliberation", document);
	return step.set == NULL ? nomem(err) : step_on_paper(c, &p, &step, document, err);
}

/* --- 选择运营机构 --- */

static const struct itm_need selection_needs[] = {
	{0, "method", NULL, ITM_TEXT, "method of selection", "选择方式"}, {0, "evidence", NULL, ITM_TEXT, "evidence", "选择过程证明材料"},
	{0, "notice", "place", ITM_TEXT, "where it was announced", "公告载体"}, {0, "notice", "address", ITM_TEXT, "address of the announcement", "公告地址"},
};
static const struct itm_need condition_needs[] = {
	{0, "conditions", "funds", ITM_TEXT, "funds", "资金"}, {0, "conditions", "management", ITM_TEXT, "management", "管理"},
	{0, "conditions", "technology", ITM_TEXT, "technology", "技术"}, {0, "conditions", "service", ITM_TEXT, "service", "服务"},
	{0, "conditions", "security", ITM_TEXT, "security", "安全"},
};

static enum fj_rc check_selection(struct iss_call *c, const json_t *s, struct fj_err *err)
{
	static const char *const known[] = {"operator", "method", "evidence", "notice", "conditions", "exclusive", NULL}, *const place[] = {"place", "address", NULL},
	    *const methods[] = {"OPEN_TENDER", "INVITED_TENDER", "NEGOTIATION", "OTHER_FAIR"};
	bool listed = false;

	FJ_TRY(fj_json_only(s, known, err));
	FJ_TRY(itm_all_there(s, selection_needs, FJ_ARRAY_LEN(selection_needs), "R39", "the selection by fair competition", "公平竞争选择", err));
	FJ_TRY(fj_json_only(json_object_get(s, "notice"), place, err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(methods); i++)
		listed = listed || strcmp(methods[i], fj_json_text(s, "method")) == 0;
	if (!listed)
		return iss_rule_fail(err, "R39", "an operator is chosen by OPEN_TENDER, INVITED_TENDER, NEGOTIATION or OTHER_FAIR competition",
		    "选择方式应为 OPEN_TENDER（公开招标）、INVITED_TENDER（邀请招标）、NEGOTIATION（谈判）或 OTHER_FAIR（其他公平竞争）");
	FJ_TRY(iss_rule_no_exclusive_dealing(json_object_get(s, "exclusive") != NULL && !json_is_false(json_object_get(s, "exclusive")), err));
	FJ_TRY(itm_reference(c->db, fj_json_text(s, "evidence"), "evidence", err));
	return itm_all_there(s, condition_needs, FJ_ARRAY_LEN(condition_needs), "R38", "what shows the operator's conditions", "运营机构条件证明", err);
}

/* a running authorisation that is adjusted keeps its operator */
static enum fj_rc check_kept(struct iss_call *c, const struct dom_plan *p, const char *operator_, struct fj_err *err)
{
	const char *number = fj_json_peek(json_object_get(p->doc, "proposal"), "adjusts");
	FJ_AUTO(dom_auth) a = {.body = NULL};

	if (number == NULL)
		return FJ_OK;
	FJ_TRY(dom_auth_get(c->db, number, &a, err));
	return iss_rule_no_other_operator(a.operator_, operator_, err);
}

/* R25, R38: what the operator runs on the same data is evaluated, and no order disqualifies it */
static enum fj_rc check_renewal(struct iss_call *c, const struct dom_plan *p, const char *operator_, struct fj_err *err)
{
	const json_t *proposal = json_object_get(p->doc, "proposal");
	fj_time from;

	FJ_TRY(fj_date_parse(fj_json_text(proposal, "from"), &from, err));
	return sup_may_grant(c, json_object_get(proposal, "certificates"), operator_, from, err);
}

enum fj_rc cmd_plan_select(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_plan) p = {.doc = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	FJ_AUTO(dom_org) op = {.affiliates = NULL};
	const json_t *s = json_object_get(c->params, "selection");
	struct dom_plan_step step = {.event = "plan.selected"};

	FJ_TRY(begin(c, "select", &p, &step.to, err));
	FJ_TRY(fj_json_str(s, "operator", 18, &step.operator_, err));
	FJ_TRY(check_selection(c, s, err));
	FJ_TRY(dom_org_get(c->db, p.holder, &holder, err));
	FJ_TRY(dom_operator_check(c, p.implementer, step.operator_, holder.finance, &op, err));
	FJ_TRY(check_kept(c, &p, step.operator_, err));
	FJ_TRY(check_renewal(c, &p, step.operator_, err));
	FJ_TRY(apr_void(c, "plan.agree", p.id, "another operator was selected 已重新选择运营机构", err));
	step.set = json_pack("{s:O}", "selection", (json_t *)(uintptr_t)s);
	return take(c, &p, &step, err);
}

/* --- 签订协议 --- */

static enum fj_rc check_agreement(struct iss_call *c, const struct dom_plan *p, const json_t *agreement, struct fj_err *err)
{
	const json_t *proposal = json_object_get(p->doc, "proposal");
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	FJ_AUTO(json) planned = json_copy((json_t *)(uintptr_t)proposal);
	struct dom_agreement_bounds within = {.certificates = json_object_get(proposal, "certificates")};
	struct dom_agreement_term term;
	struct dom_scope s;

	FJ_TRY(dom_scope_check(c, planned, true, &s, err));
	within.purposes = json_object_get(s.grant, "purposes");
	FJ_TRY(fj_date_parse(fj_json_text(proposal, "from"), &within.from, err));
	within.to = s.to;
	within.certificates_end = s.certificates_end;
	FJ_TRY(dom_org_get(c->db, p->holder, &holder, err));
	FJ_TRY(prf_int(c, holder.finance, "agreement.evaluation_months", &within.months, err));
	FJ_TRY(dom_agreement_check(agreement, &within, &term, err));
	return itm_reference(c->db, fj_json_text(agreement, "security"), "security", err);
}

enum fj_rc cmd_plan_agree(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_plan) p = {.doc = NULL};
	const json_t *agreement = json_object_get(c->params, "agreement");
	const char *to;

	FJ_TRY(begin(c, "agree", &p, &to, err));
	FJ_TRY(check_agreement(c, &p, agreement, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s, s:O}", "plan", p.id, "holder", p.holder, "implementer", p.implementer, "agreement",
	    (json_t *)(uintptr_t)agreement);
	return payload == NULL ? nomem(err) : apr_request(c, "plan.agree", p.id, p.operator_, payload, err);
}

enum fj_rc apr_plan_agree(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(dom_plan) p = {.doc = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	struct dom_plan_step step = {.event = "plan.agreed"};
	json_t *agreement = json_object_get(a->payload, "agreement");

	FJ_TRY(resume(c, a, "agree", &p, &step.to, err));
	FJ_TRY(check_agreement(c, &p, agreement, err));
	FJ_TRY(dom_org_get(c->db, p.holder, &holder, err));
	FJ_TRY(sup_term(c, holder.finance, "plan.days_file", &step.due, err));
	step.set = json_pack("{s:O}", "agreement", agreement);
	return step.set == NULL ? nomem(err) : dom_plan_step(c, &p, &step, err);
}

/* --- 备案 --- */

/* the data bureau of the holder's province, or of the sector: central */
static enum fj_rc check_bureau(struct iss_call *c, const struct dom_plan *p, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	FJ_AUTO(dom_org) bureau = {.affiliates = NULL};

	FJ_TRY(dom_org_get(c->db, p->holder, &holder, err));
	FJ_TRY(dom_org_get(c->db, c->actor->org, &bureau, err));
	/* a city's or county's own is none of these */
	bool top = strcmp(bureau.level, "省") == 0 || strcmp(bureau.level, "中央") == 0;
	if (top && strncmp(holder.div6, bureau.div6, 2) == 0)
		return FJ_OK;
	return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "27号 art. 11", "a plan is filed with the data bureau of its own province, or the central one of the sector",
	    "实施方案应向本省级数据管理部门或行业主管部门备案");
}

enum fj_rc cmd_plan_file(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_plan) p = {.doc = NULL};
	struct dom_plan_step step = {.event = "plan.filed"};
	const char *number = fj_json_text(c->params, "filing_no");
	json_t *document = NULL;

	FJ_TRY(dom_plan_get(c->db, fj_json_text(c->params, "id"), &p, err));
	bool bureau = (c->acting & ISS_DATA_BUREAU) != 0 && strcmp(p.implementer, c->actor->org) != 0;
	FJ_TRY(bureau ? check_bureau(c, &p, err) : dom_plan_own(c, &p, err));
	FJ_TRY(dom_plan_next(&p, "file", &step.to, err));
	FJ_TRY(check_not_waiting(c, &p, "plan.file", err));
	if (bureau) {
		step.set = json_pack("{s:{s:s, s:s}}", "filing", "number", number, "by", c->actor->org);
		return take(c, &p, &step, err);
	}
	FJ_TRY(paper(c, "备案文件", &document, err));
	FJ_AUTO(json) owned = document;
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s, s:O}", "plan", p.id, "holder", p.holder, "number", number, "document", owned);
	return payload == NULL ? nomem(err) : apr_request(c, "plan.file", p.id, c->actor->org, payload, err);
}

enum fj_rc apr_plan_file(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(dom_plan) p = {.doc = NULL};
	struct dom_plan_step step = {.event = "plan.filed"};
	const json_t *document = json_object_get(a->payload, "document");

	FJ_TRY(resume(c, a, "file", &p, &step.to, err));
	step.set = json_pack("{s:{s:s, s:O}}", "filing", "number", fj_json_text(a->payload, "number"), "document", document);
	return step.set == NULL ? nomem(err) : step_on_paper(c, &p, &step, document, err);
}

/* --- 披露并生效 --- */

enum fj_rc cmd_plan_activate(struct iss_call *c, struct fj_err *err)
{
	static const struct itm_need needs[] = {{0, "place", NULL, ITM_TEXT, "where it is disclosed", "披露载体"}, {0, "address", NULL, ITM_TEXT, "its address", "披露地址"}};
	FJ_AUTO(dom_plan) p = {.doc = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	FJ_AUTO(json) effective = NULL;
	FJ_AUTO(buf) behind = FJ_BUF_INIT(4096);
	struct dom_plan_step step = {.event = "plan.disclosed"};
	struct dom_scope s;
	json_t *disclosed = NULL;
	const char *to;
	char content[65];

	FJ_TRY(begin(c, "activate", &p, &to, err));
	FJ_TRY(itm_all_there(c->params, needs, FJ_ARRAY_LEN(needs), "R32", "the disclosure of object, content, scope and term", "授权对象、内容、范围、时限的披露", err));
	FJ_TRY(check_not_waiting(c, &p, "authorisation.grant", err));
	FJ_TRY(dom_plan_scope(c, &p, &effective, &s, err));
	FJ_TRY(dom_org_get(c->db, p.holder, &holder, err));
	FJ_TRY(apr_persons(c->db, p.approval, &behind, err));
	FJ_TRY(dom_plan_disclosed(c, &p, &disclosed, err));
	FJ_AUTO(json) owned = disclosed;
	int bad = json_object_set_new(owned, "place", json_string(fj_json_text(c->params, "place"))) |
	    json_object_set_new(owned, "address", json_string(fj_json_text(c->params, "address")));
	step.to = p.state;
	step.set = json_pack("{s:O}", "disclosure", owned);
	if (bad != 0 || step.set == NULL)
		return nomem(err);
	FJ_TRY(dom_plan_step(c, &p, &step, err));
	FJ_TRY(dom_grant_content(c, &s, p.implementer, p.operator_, content, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s, s:s, s:O, s:O, s:O, s:s, s:s}", "plan", p.id, "holder", p.holder, "implementer", p.implementer, "operator",
	    p.operator_, "proposal", effective, "agreement", json_object_get(p.doc, "agreement"), "disclosure", owned, "not_by", fj_buf_str(&behind), "content", content);
	return payload == NULL ? nomem(err) : apr_request(c, "authorisation.grant", p.id, holder.finance, payload, err);
}

/* --- 撤回 --- */

enum fj_rc cmd_plan_withdraw(struct iss_call *c, struct fj_err *err)
{
	static const char *const kinds[] = {"plan.approve", "plan.deliberate", "plan.agree", "plan.file", "authorisation.grant"};
	FJ_AUTO(dom_plan) p = {.doc = NULL};
	struct dom_plan_step step = {.event = "plan.withdrawn"};

	FJ_TRY(begin(c, "withdraw", &p, &step.to, err));
	if (p.authorisation[0] != '\0') /* being issued */
		return dom_plan_next(&p, "activate", &step.to, err);
	for (size_t i = 0; i < FJ_ARRAY_LEN(kinds); i++)
		FJ_TRY(apr_void(c, kinds[i], p.id, "the plan was withdrawn 实施方案已撤回", err));
	step.set = json_pack("{s:s}", "reason", fj_json_text(c->params, "reason"));
	return take(c, &p, &step, err);
}
