/*
 * nouns.c - what the generic pages know beyond the command tables: how a noun is
 * called, which columns its list begins with, and what an act says before its
 * button.
 *
 * Every command has its pages without a row here; a row makes them read better.
 * An act with a row is offered only in the states it names: that spares people a
 * refusal, it decides nothing.  The register decides.
 */
#include "web/portal/internal.h"

static const struct portal_noun nouns[] = {
	{"ledger", "台账", "Ledger", "台账条目", "Ledger entry", {"id", "ledger_no", "name", "holder", "state", "result"}},
	{"asset", "数据资产", "Data assets", "数据资产", "Data asset", {"asset_no", "name", "holder", "state", "certificate"}},
	{"registration", "登记", "Registrations", "登记", "Registration", {"id", "asset_no", "holder", "type", "state", "due", "overdue"}},
	{"certificate", "数据资产证书", "Certificates", "数据资产证书", "Data Asset Certificate", {"number", "asset_name", "holder", "state", "not_after"}},
	{"authorisation", "授权", "Authorisations", "授权", "Authorisation", {"number", "mode", "holder", "operator", "state", "not_after"}},
	{"token", "许可令牌", "License tokens", "许可令牌", "License token", {"id", "user", "product", "state", "not_after", "authorisation"}},
	{"product", "产品和服务", "Products and services", "产品和服务", "Product or service", {"product", "name", "seller", "purpose", "price_form", "fee_fen", "cap_fen", "state"}},
	{"price", "核定价格", "Approved prices", "核定价格", "Approved price", {"id", "authorisation", "maximum_fen", "doc_no", "state", "review_due", "overdue"}},
	{"disclosure", "信息披露", "Disclosure", "信息披露", "Disclosure", {"authorisation", "operator", "implementer", "state", "from", "to", "products"}},
	{"request", "许可申请", "License requests", "许可申请", "License request", {"id", "user", "product", "state", "asked_by", "authorisation", "at"}},
	{"bulk", "批量签发", "Bulk issuing", "批量签发", "Bulk issuing", {"id", "product", "state", "total", "taken", "left_out", "authorisation"}},
	{"usage", "用量", "Usage", "用量", "Usage", {"day", "user", "product", "count", "state", "token"}},
	{"objection", "异议", "Objections", "异议", "Objection", {NULL}},
	{"material", "登记材料", "Materials", "登记材料", "Material", {NULL}},
	{"collateral", "权利负担", "Encumbrances", "权利负担", "Encumbrance", {"id", "asset_no", "creditor", "kind", "basis", "state", "at"}},
	{"rule", "规则", "Rules", "规则", "Rule", {NULL}},
	{"override", "规则突破", "Overrides", "规则突破", "Override", {"id", "rule", "object", "reason", "applicant", "approver", "state"}},
	{"class", "分类代码表", "Class codes", "分类代码", "Class code", {"scheme", "code", "name", "loaded"}},
	{"deadline", "办理期限", "Deadlines", "办理期限", "Deadline", {NULL}},
	{"approval", "审批", "Approvals", "审批", "Approval", {"id", "kind", "object", "applicant", "requested_at", "state"}},
	{"task", "批量任务", "Batches", "批量任务", "Batch", {NULL}},
	{"organisation", "单位", "Organisations", "单位", "Organisation", {"usci", "name", "kind", "level", "div6", "roles"}},
	{"user", "用户", "Users", "用户", "User", {"login", "name", "org", "roles", "state"}},
	{"division", "行政区划", "Divisions", "行政区划", "Division", {"code", "name"}},
	{"delegation", "代理", "Delegations", "代理", "Delegation", {"id", "principal", "deputy", "from", "to", "state"}},
	{"role", "角色", "Roles", "角色", "Role", {"role", "may", "source"}},
	{"access", "权限审阅", "Access review", "权限审阅", "Access review", {NULL}},
	{"profile", "财政规则配置", "Policy profile", "财政规则配置", "Policy profile", {NULL}},
	{"report", "报告", "Reports", "报告", "Report", {"id", "kind", "period", "unit", "version", "state", "fixed_at"}},
	{"peer", "互信登记系统", "Trusted registers", "互信登记系统", "Trusted register", {"id", "name", "org", "root_sha256", "signs_for", "state", "at"}},
	{"exchange", "预算管理一体化", "Budget system exchange", "数据交换", "Exchange", {NULL}},
	{"legacy", "历史数据", "Legacy data", "历史数据", "Legacy data", {NULL}},
	{"listing", "场内挂牌", "Listings", "场内挂牌", "Listing", {"id", "product", "name", "exchange", "listing_no", "state"}},
	{"trade", "场内交易", "Trades", "成交", "Trade", {"id", "trade_no", "listing", "traded_on", "buyer", "quantity", "amount_fen", "revenue"}},
	{"offline", "线下办理", "Acts on paper", "线下办理", "Act on paper", {NULL}},
	/* supervision */
	{"evaluation", "运营成效评价", "Evaluations", "运营成效评价", "Evaluation", {"id", "authorisation", "from", "to", "score", "conclusion", "role", "at"}},
	{"order", "监管指令", "Supervision orders", "监管指令", "Supervision order", {"id", "kind", "authorisation", "org", "state", "due", "overdue"}},
	{"incident", "安全事件", "Security incidents", "安全事件", "Security incident", {"id", "kind", "severity", "authorisation", "asset_no", "state", "occurred"}},
	{"complaint", "投诉", "Complaints", "投诉", "Complaint", {"id", "kind", "authorisation", "product", "state", "due", "overdue"}},
	{"exit", "退出办理", "Exits", "退出办理", "Exit", {"number", "operator", "how", "state", "left", "due", "overdue"}},
	{"stops", "停止范围", "What would stop", "停止范围", "What would stop", {NULL}},
	{"plan", "授权运营实施方案", "Plans of authorised operation", "实施方案", "Plan", {"id", "course", "state", "holder", "implementer", "operator", "authorisation"}},
	{"revenue", "收益", "Revenue", "收益", "Revenue", {"id", "kind", "payer_name", "gross_fen", "period_from", "period_to", "state", "reasons"}},
	{"remittance", "应缴款", "Remittances", "应缴款", "Remittance", {"id", "name", "fund", "amount_fen", "paid_fen", "due", "state", "late"}},
	{"statement", "对账流水", "Statements", "对账流水", "Row of a statement", {"id", "kind", "day", "direction", "amount_fen", "counterparty_name", "matched", "how"}},
	{"bundle", "离线核验包", "Offline bundles", "离线核验包", "Offline bundle", {NULL}},
	{"find", "检索和导出", "Search and export", "检索和导出", "Search and export", {NULL}},
	{"event", "事件日志", "Events", "事件", "Event", {"seq", "at", "actor", "org", "kind", "object", "approval"}},
	{"status", "运行状态", "State of the appliance", "运行状态", "State of the appliance", {NULL}},
	{"clock", "系统时间", "Clock", "系统时间", "Clock", {NULL}},
	{"log", "公开日志", "Public log", "公开日志", "Public log", {NULL}},
	{"audit", "全面核验", "Audit", "全面核验", "Audit", {NULL}},
	{"db", "数据核对", "Database", "数据核对", "Database", {NULL}},
};

#define SUSPEND_ZH "立即生效，一名经办人即可；恢复须两名经办人。"
#define SUSPEND_EN "At once, by one officer; resuming takes two."
#define RESUME_ZH "须由另一名经办人批准。"
#define RESUME_EN "Another officer has to approve."
#define ENDS_ZH "其下许可令牌一并失效，不可恢复。"
#define ENDS_EN "its license tokens end with it; there is no way back."
static const struct portal_hint hints[] = {
	{"token.suspend", " ACTIVE EXHAUSTED ", false, SUSPEND_ZH, SUSPEND_EN}, {"token.resume", " SUSPENDED EXHAUSTED ", false, RESUME_ZH, RESUME_EN},
	{"token.review", " REQUESTED ", false, "同意后即签发许可令牌。", "A yes issues the token at once."}, {"token.archive", " DONE STOPPED ", false, NULL, NULL},
	{"bulk.stop", " RUNNING HELD ", true, "已签发的令牌仍然有效，其余不再签发。", "What was issued stays in force; the rest is never issued."}, {"bulk.run", " RUNNING HELD ", false, NULL, NULL},
	{"usage.countersign", " REPORTED DISPUTED ", false, "确认后不得再提出异议。", "What is countersigned is not disputed any more."}, {"usage.dispute", " REPORTED ", false, NULL, NULL},
	{"token.revoke", " ACTIVE SUSPENDED EXHAUSTED ", true, "立即生效，不可恢复。", "At once; there is no way back."},
	{"certificate.suspend", " ACTIVE ", false, SUSPEND_ZH, SUSPEND_EN, true}, {"certificate.resume", " SUSPENDED ", false, RESUME_ZH, RESUME_EN},
	{"certificate.revoke", " ACTIVE SUSPENDED ", true, "立即冻结，另一名经办人批准后终结，不可恢复。", "Suspends at once; final when another officer approves; there is no way back.", true},
	{"authorisation.suspend", " ACTIVE ", false, SUSPEND_ZH, SUSPEND_EN, true}, {"authorisation.resume", " SUSPENDED ", false, RESUME_ZH, RESUME_EN},
	{"authorisation.reclaim", " ACTIVE SUSPENDED ", true, "立即暂停，财政部门确认后终结，" ENDS_ZH, "Suspends at once; final when the finance department confirms; " ENDS_EN, true},
	{"authorisation.surrender", " ACTIVE SUSPENDED ", true, "立即暂停，实施机构确认后终结，" ENDS_ZH, "Suspends at once; final when the implementing institution confirms; " ENDS_EN, true},
	{"user.disable", " ACTIVE INVITED ", true, RESUME_ZH, RESUME_EN},
	{"registration.recall", " SUBMITTED APPLIED ACCEPTED REVIEWED NOTICED ", true, NULL, NULL}, {"registration.endorse", " SUBMITTED ", false, NULL, NULL},
	{"registration.accept", " APPLIED ", false, NULL, NULL}, {"registration.return", " APPLIED ", false, NULL, NULL}, {"registration.review", " ACCEPTED ", false, NULL, NULL},
	{"registration.notice-text", " REVIEWED ", false, NULL, NULL}, {"registration.notice", " REVIEWED ", false, NULL, NULL},
	{"registration.decide", " APPLIED NOTICED ", false, NULL, NULL}, {"registration.withdraw", " REGISTERED ", true, NULL, NULL},
	{"ledger.import-status", "", false, NULL, NULL}, {"ledger.recognise", " LEDGERED RECOGNISED ", false, NULL, NULL}, {"ledger.confirm", " RECOGNISED ", false, NULL, NULL},
	{"collateral.release", " REGISTERED ", false, NULL, NULL}, {"objection.decide", " OPEN ", false, NULL, NULL}, {"asset.unfreeze", " FROZEN ", false, NULL, NULL},
	/* supervision */
	{"asset.freeze", NULL, false, NULL, NULL, true},
	{"authorisation.adjust", " ACTIVE SUSPENDED ", true, "财政部门确认后签发新版本；超出新范围的许可令牌一并吊销，不可恢复。",
	    "A new version is issued when the finance department confirms; license tokens beyond it are revoked; there is no way back.", false},
	{"evaluation.add", " ACTIVE SUSPENDED ENDING ", false, NULL, NULL, false},
	{"order.issue", " ACTIVE SUSPENDED ENDING ", true, "暂停、收回指令立即暂停授权；取消资格须由第二名经办人批准。",
	    "An order to suspend or reclaim suspends at once; disqualification takes a second officer.", true},
	{"order.answer", " ISSUED ", false, NULL, NULL, false}, {"order.return", " ANSWERED ", false, NULL, NULL, false}, {"order.close", " ISSUED ANSWERED ", false, NULL, NULL, false},
	{"incident.close", " REPORTED ", false, NULL, NULL, false}, {"complaint.answer", " LODGED ", false, NULL, NULL, false}, {"complaint.decide", " ANSWERED ", false, NULL, NULL, false},
	{"exit.tick", " RUNNING ", false, NULL, NULL, false}, {"exit.accept", " RUNNING ", false, NULL, NULL, false},
	{"report.submit", NULL, false, "提交后文字和报表不得修改，" RESUME_ZH, "Texts and returns don't change until it is decided. " RESUME_EN},
	{"peer.add", NULL, false, "请先与对方核对根证书指纹（SHA-256），" RESUME_ZH, "Compare the root's fingerprint with the other office first. " RESUME_EN},
	{"peer.remove", " TRUSTED ", true, "立即生效，其签名报告不再接收；已接收的不变。", "At once: its signed reports are not taken in any more; what was taken in stays."},
	{"plan.study", " PROPOSED FEASIBILITY ", false, NULL, NULL}, {"plan.submit", " FEASIBILITY ", false, NULL, NULL},
	{"plan.deliberate", " FINANCE_APPROVED ", false, RESUME_ZH, RESUME_EN}, {"plan.select", " PLAN_DELIBERATED OPERATOR_SELECTED ", false, NULL, NULL},
	{"plan.agree", " OPERATOR_SELECTED ", false, "须由运营机构确认。", "The operator has to confirm."}, {"plan.file", " AGREED ", false, NULL, NULL},
	{"plan.activate", " FILED ", false, "财政部门批准后签发授权凭证。", "The finance department's approval issues the credential."},
	{"plan.withdraw", " PROPOSED FEASIBILITY SUPERIOR_AUDITED FINANCE_APPROVED PLAN_DELIBERATED OPERATOR_SELECTED AGREED FILED ", true, "撤回后不可恢复。", "There is no way back."},
	{"product.change", " ON_SALE ", false, NULL, NULL}, {"product.withdraw", " ON_SALE ", true, "立即下架，不再签发许可；已签发的许可至其期满有效，同一标识不可再次登记。", "At once: no further license; those issued run to their end, and the id is not registered again."},
	{"revenue.clear", " HELD ", false, "须有凭据；由另一名经办人批准后入账分配。", "Needs evidence; booked and shared when another officer approves."},
	{"revenue.refuse", " HELD ", true, "由另一名经办人批准后终结，不可恢复。", "Final when another officer approves; there is no way back."},
	{"revenue.counter", " BOOKED ", true, "财政部门批准后冲销全部分录和分配，应缴款随之取消；不可恢复。", "The finance department approves; all entries and shares are negated and nothing is due any more; there is no way back."},
	{"revenue.remit", "", false, "少缴将记为短缴并列入报告。", "Paying less is recorded as a short remittance and reported."},
	{"statement.match", "", false, NULL, NULL},
	{"listing.refresh", " PREPARED LISTED ", false, NULL, NULL}, {"listing.admit", " PREPARED ", false, NULL, NULL},
	{"listing.delist", " PREPARED LISTED HALTED DELISTING ", true, "摘牌后不可恢复，须重新准备挂牌。", "There is no way back: a new listing has to be prepared."},
	{"approval.approve", " OPEN ", false, NULL, NULL}, {"approval.reject", " OPEN ", false, NULL, NULL},
};

const struct web_link portal_links[] = {
	{"^DAC-", "/show/certificate/"}, {"^DAU-", "/show/authorisation/"}, {"^LT-", "/show/token/"}, {"^AP-", "/show/approval/"},
	{"^LG-", "/show/ledger/"}, {"^CL-", "/show/collateral/"}, {"^RG-", "/show/registration/"}, {"^RV-", "/show/revenue/"},
	{"^RM-", "/show/remittance/"}, {"^SR-", "/show/statement/"}, {"^PC-", "/show/price/"}, {"^PR-", "/show/plan/"}, {"^TK-", "/show/task/"},
	{"^TQ-", "/show/request/"}, {"^TJ-", "/show/bulk/"}, {"^EV-", "/show/evaluation/"}, {"^SO-", "/show/order/"}, {"^SI-", "/show/incident/"},
	{"^CM-", "/show/complaint/"}, {"^MT-", "/show/material/"}, {"^LS-", "/show/listing/"}, {"^TR-", "/show/trade/"}, {"^RP-", "/show/report/"}, {"^PE-", "/show/peer/"},
	{"import", "/do/ledger/import-status?run=1&id="}, {"asset_no", "/show/asset/"}, {"exchange", "/show/organisation/"},
	{"usci", "/show/organisation/"}, {"org", "/show/organisation/"}, {"finance", "/show/organisation/"}, {"dept", "/show/organisation/"},
	{"login", "/show/user/"}, {"actor", "/show/user/"}, {NULL, NULL}};

const struct portal_noun *portal_noun_of(const char *name)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(nouns); i++)
		if (strcmp(nouns[i].name, name) == 0)
			return &nouns[i];
	return NULL;
}

const struct portal_hint *portal_hint_of(const char *command)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(hints); i++)
		if (strcmp(hints[i].command, command) == 0)
			return &hints[i];
	return NULL;
}

const char *portal_noun_word(struct web_req *q, const char *name, bool one)
{
	const struct portal_noun *n = portal_noun_of(name);
	bool en = web_lang(q)[0] == 'e';

	if (n == NULL)
		return name;
	return one ? en ? n->one_en : n->one_zh : en ? n->en : n->zh;
}

bool portal_is_noun(const char *command, const char *noun)
{
	size_t n = strlen(noun);

	return strncmp(command, noun, n) == 0 && command[n] == '.';
}

const struct iss_command_info *portal_find(const char *noun, const char *verb)
{
	char name[128];
	int n = snprintf(name, sizeof(name), "%s.%s", noun, verb);

	return n > 0 && (size_t)n < sizeof(name) ? iss_command_find(name) : NULL;
}

const struct iss_field *portal_field_of(const struct iss_command_info *c, const char *name)
{
	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

const char *portal_key_of(const char *noun)
{
	const struct iss_command_info *c = portal_find(noun, "show");

	return c == NULL || c->fields == NULL || c->fields[0].name == NULL ? NULL : c->fields[0].name;
}

/* the asset's number is "asset" where it is asked for and "asset_no" where it is told */
const char *portal_number_of(const json_t *o, const char *noun)
{
	const char *key = portal_key_of(noun), *s = key == NULL ? NULL : fj_json_peek(o, key);
	static const char *const others[] = {"asset_no", "number", "id"};

	for (size_t i = 0; s == NULL && key != NULL && i < FJ_ARRAY_LEN(others); i++)
		s = fj_json_peek(o, others[i]);
	return s;
}

const char *portal_label(const char *key, bool en)
{
	size_t n;
	const struct iss_command_info *const *all = iss_commands(&n), *c = iss_command_find(key);

	if (c != NULL)
		return en ? c->en : c->zh;
	for (size_t i = 0; i < n; i++) {
		const struct iss_field *f = portal_field_of(all[i], key);
		if (f != NULL)
			return en ? f->en : f->zh;
	}
	return NULL;
}
