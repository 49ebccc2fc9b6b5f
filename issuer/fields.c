/*
 * fields.c - the typed fields of the domain's commands, as commands_domain.def
 * names them.
 */
#include "base/x509.h"
#include "issuer/card.h"
#include "issuer/domain.h"
#include "issuer/shape.h"

#define NUMBER {"number", ISS_F_STR, true, 40, "编号", "number"}
#define ID {"id", ISS_F_STR, true, 40, "编号", "id"}
#define REASON {"reason", ISS_F_STR, true, 400, "理由", "reason, for the record"}
#define PAGE {"after", ISS_F_STR, false, 64, "起始", "start after this one"}, ISS_FIELD_LIMIT

/* closed lists: commands check them, forms show them, OpenAPI names them */
static const char *const levels[] = {"中央", "省", "市", "县", "乡", NULL};
static const char *const results[] = {"ASSET", "MEMO", "NOT", NULL};
static const char *const registration_types[] = {"INITIAL", "CHANGE", "CORRECTION", "RENEWAL", "TRANSFER", "CANCEL", "DESTROY", NULL};
static const char *const material_kinds[] = {"SUBJECT", "SOURCE", "RESOURCE", "EVIDENCE", "PRODUCTS", "SCENES", "RISK", "SEC_POLICY", "EMERGENCY_PLAN", "FEASIBILITY", "DUE_DILIGENCE", "RISK_EVALUATION", "REVENUE", "OTHER", NULL};
static const char *const sheet_formats[] = {"csv", "xlsx", NULL};
static const char *const exchange_formats[] = {"xlsx", "csv", "xml", NULL};
static const char *const count_bys[] = {"holder", "industry", "class", NULL};
static const char *const asset_states[] = {"AWAITING_NUMBER", "CARDED", "APPLIED", "ACCEPTED", "REVIEWED", "NOTICED", "REGISTERED", "CERTIFICATED", "FROZEN", "CANCELLED", "TRANSFERRED", "DESTROYED", NULL};
static const char *const collateral_kinds[] = {"PLEDGE", "MORTGAGE", "GUARANTEE", "CREDIT", "TRUST", "OTHER", NULL};
static const char *const collateral_bases[] = {"asset", "certificate", "authorisation", "product", "receivable", NULL};
static const char *const collateral_states[] = {"REGISTERED", "RELEASED", "REFUSED", NULL};
static const char *const revocation_reasons[] = {"privilegeWithdrawn", "cessationOfOperation", "superseded", "affiliationChanged", "keyCompromise", NULL};

const struct iss_field fld_none[] = {{0}};
const struct iss_field fld_list[] = {PAGE, {0}};
const struct iss_field fld_division_list[] = {{"name", ISS_F_STR, false, 60, "名称", "its name, with or without 省, 市, 区, 县 at the end"}, PAGE, {0}};
const struct iss_field fld_bulk_tokens[] = {{"id", ISS_F_STR, true, 40, "批次编号", "job"}, PAGE, {0}};
const struct iss_field fld_bulk_list[] = {PAGE, {"operator", ISS_F_STR, false, 18, "运营机构", "USCC of the operator", .noun = "organisation"}, {0}};
const struct iss_field fld_usci[] = {{"usci", ISS_F_STR, true, 18, "统一社会信用代码", "unified social credit code"}, {0}};
const struct iss_field fld_ledger[] = {{"id", ISS_F_STR, true, 40, "台账条目号", "ledger entry"}, {0}};
const struct iss_field fld_asset[] = {{"asset", ISS_F_STR, true, DOM_MAX_ASSET_NO, "资产编号", "asset number"}, {0}};
const struct iss_field fld_id[] = {ID, {0}};
const struct iss_field fld_id_reason[] = {ID, REASON, {0}};
const struct iss_field fld_number[] = {NUMBER, {0}};
const struct iss_field fld_number_reason[] = {NUMBER, REASON, {0}};
const struct iss_field fld_organisation_add[] = {
	{"usci", ISS_F_STR, true, 18, "统一社会信用代码", "unified social credit code"},
	{"name", ISS_F_STR, true, DOM_MAX_NAME, "单位名称", "full legal name"},
	{"kind", ISS_F_STR, true, 8, "主体类型", "holder kind", fj_holder_kinds, "domain.md 3.1"},
	{"level", ISS_F_STR, true, 4, "财政级次", "level of government", levels, "domain.md 4.1"},
	{"div6", ISS_F_STR, true, 6, "行政区划", "division, six digits"},
	{"dept", ISS_F_STR, false, 18, "主管部门", "superior department's code"},
	{"finance", ISS_F_STR, false, 18, "本级财政部门", "finance department's code"},
	{"roles", ISS_F_LIST, true, 14, "角色", "roles", iss_role_names, "domain.md 6"},
	{"affiliates", ISS_F_LIST, false, 100, "关联方", "affiliates' codes"},
	{"dishonest", ISS_F_BOOL, false, 1, "失信", "on a list of dishonest bodies"},
	{"mlps", ISS_F_INT, false, 4, "等级保护", "level of cyber security protection, 0 to 4"},
	{"note", ISS_F_STR, false, 400, "备注", "note, such as why the kind contradicts the code"},
	{"override", ISS_F_STR, false, 400, "校验说明", "why the code is taken although its check character fails"},
	{0},
};
/* organisations: change, lists of them, divisions */
const struct iss_field fld_organisation_change[] = {
	{"usci", ISS_F_STR, true, 18, "统一社会信用代码", "unified social credit code"},
	{"name", ISS_F_STR, false, DOM_MAX_NAME, "单位名称", "full legal name"},
	{"kind", ISS_F_STR, false, 8, "主体类型", "holder kind", fj_holder_kinds, "domain.md 3.1"},
	{"level", ISS_F_STR, false, 4, "财政级次", "level of government", levels, "domain.md 4.1"},
	{"div6", ISS_F_STR, false, 6, "行政区划", "division, six digits"},
	{"dept", ISS_F_STR, false, 18, "主管部门", "superior department's code; \"none\" for a top department"},
	{"finance", ISS_F_STR, false, 18, "本级财政部门", "finance department's code"},
	{"roles", ISS_F_LIST, false, 14, "角色", "all roles from now on", iss_role_names, "domain.md 6"},
	{"affiliates", ISS_F_LIST, false, 100, "关联方", "all affiliates' codes from now on"},
	{"dishonest", ISS_F_BOOL, false, 1, "失信", "on a list of dishonest bodies"},
	{"mlps", ISS_F_INT, false, 4, "等级保护", "level of cyber security protection, 0 to 4"},
	{"note", ISS_F_STR, false, 400, "备注", "note, such as why the kind contradicts the code"},
	{"override", ISS_F_STR, false, 400, "校验说明", "why the code is taken although its check character fails"},
	{0},
};
const struct iss_field fld_organisation_import[] = {
	{"file", ISS_F_FILE, true, 4 << 20, "单位清单", "CSV (UTF-8, GB18030) or .xlsx; organisation template prints one"},
	{"dry_run", ISS_F_BOOL, false, 1, "试导入", "check only"},
	{0},
};
const struct iss_field fld_division_load[] = {
	{"file", ISS_F_FILE, true, 1 << 20, "行政区划表", "CSV (UTF-8, GB18030) or .xlsx: code, name"},
	{"source", ISS_F_STR, true, 200, "来源", "edition of GB/T 2260, or notice"},
	{0},
};
const struct iss_field fld_ledger_import[] = {
	{"file", ISS_F_FILE, true, 64 << 20, "台账文件", "CSV in UTF-8 or GB18030, or XLSX"},
	{"corrected", ISS_F_STR, false, 4, "有误行更正文件的格式", "the faulty lines as a file to correct and import again", sheet_formats, "domain.md 4.2"},
	{"dry_run", ISS_F_BOOL, false, 1, "试导入", "check only"},
	{"update", ISS_F_BOOL, false, 1, "已有条目以本文件为准（按台账编号更新，限尚未作出确认结论的）", "entries of the same ledger number become what the file says, where nobody has recognised them"},
	{"seen", ISS_F_INT, false, INT64_MAX, "预览时的记录序号", "with update: the dry run's \"seen\"; an entry that changed since is not updated"},
	{"partial", ISS_F_BOOL, false, 1, "有误行不导入，其余照常导入", "import the good lines although others are broken"},
	{"org", ISS_F_STR, false, 18, "持有单位（试导入时）", "holder, for a dry run without --as"},
	{0},
};
const struct iss_field fld_ledger_template[] = {{"format", ISS_F_STR, false, 4, "格式", "format of the file, csv by default", sheet_formats, "domain.md 4.2"},
	{"entries", ISS_F_BOOL, false, 1, "带入本单位已有条目", "with the entries that the own organisation has"}, {0}};
const struct iss_field fld_legacy_template[] = {{"format", ISS_F_STR, false, 4, "格式", "format of the file, csv by default", sheet_formats, "domain.md 4.2"}, {0}};
const struct iss_field fld_ledger_map[] = {
	{"org", ISS_F_STR, false, 18, "单位", "holder; the own organisation"},
	{"mapping", ISS_F_JSON, true, 200, "列对应关系（不填即清除）", "what the headings of your tables mean (none: forgotten)", .members = shp_ledger_map, .shape = ISS_MAP, .absent = "{}"},
	{0},
};
const struct iss_field fld_ledger_counts[] = {
	{"holder", ISS_F_STR, false, 18, "持有单位", "of this holder only"},
	{"by", ISS_F_STR, false, 8, "统计口径", "what to count by, holder by default", count_bys, "domain.md 4.2"},
	{0},
};
const struct iss_field fld_ledger_recognise[] = {
	{"id", ISS_F_STR, false, 40, "台账条目号", "ledger entry"},
	{"ids", ISS_F_LIST, false, 5000, "台账条目号", "ledger entries, instead of one"},
	{"result", ISS_F_STR, true, 8, "确认结论", "result of the recognition", results, "domain.md 4.2"},
	{"decision", ISS_F_STR, true, 200, "决策依据", "reference of the collective decision"},
	{"held", ISS_F_BOOL, false, 1, "持有或控制", "the unit holds or controls the data", .as = ISS_AS_NEEDED},
	{"benefit", ISS_F_BOOL, false, 1, "管理服务潜力或经济利益", "service potential or economic benefit flows from it", .as = ISS_AS_NEEDED},
	{"measurable", ISS_F_BOOL, false, 1, "可计量", "it can be measured", .as = ISS_AS_NEEDED},
	{0},
};
const struct iss_field fld_ledger_confirm[] = {
	{"id", ISS_F_STR, false, 40, "台账条目号", "ledger entry"},
	{"ids", ISS_F_LIST, false, 5000, "台账条目号", "ledger entries, instead of one"},
	{0},
};
const struct iss_field fld_asset_card[] = {
	{"ledger", ISS_F_STR, true, 40, "台账条目号", "ledger entry"},
	{"card", ISS_F_JSON, true, 1, "资产卡片", "the four blocks: basic, rights, use, management", .members = card_members},
	{"note", ISS_F_STR, false, 400, "变更说明", "why it was changed"},
	{0},
};
/* cards: versions, sheets; collateral and overrides */
#define ASSET(required) {"asset", ISS_F_STR, required, DOM_MAX_ASSET_NO, "资产编号", "asset number"}
const struct iss_field fld_asset_show[] = {ASSET(true), {"version", ISS_F_INT, false, INT32_MAX, "卡片版本", "version; the one in force by default"}, {0}};
const struct iss_field fld_asset_diff[] = {
	ASSET(true),
	{"from", ISS_F_INT, false, INT32_MAX, "旧版本", "the older version; the one before by default"},
	{"to", ISS_F_INT, false, INT32_MAX, "新版本", "the newer version; the newest by default"},
	{0},
};
const struct iss_field fld_asset_export[] = {
	{"assets", ISS_F_LIST, false, 5000, "资产编号", "asset numbers; all of the holder by default, and ledger entries that have no card yet"},
	{"state", ISS_F_STR, false, 16, "状态", "only assets in this state", asset_states, "domain.md 7.1"},
	{"after", ISS_F_STR, false, DOM_MAX_ASSET_NO, "起始", "start after this asset number: a file has 5,000 rows"},
	{"format", ISS_F_STR, false, 4, "格式", "format of the file, xlsx by default", sheet_formats, "domain.md 4.3"},
	{0},
};
const struct iss_field fld_asset_import[] = {
	{"file", ISS_F_FILE, true, 16 << 20, "卡片表格", "the edited file of asset.export: XLSX or CSV"},
	{"dry_run", ISS_F_BOOL, false, 1, "试导入", "check only"},
	{"note", ISS_F_STR, false, 400, "变更说明", "why the cards were changed"},
	{0},
};
const struct iss_field fld_class_list[] = {{"finance", ISS_F_STR, false, 18, "财政部门", "finance department's USCC; the own one by default"}, {0}};
const struct iss_field fld_collateral[] = {
	ASSET(false),
	{"creditor", ISS_F_STR, true, 120, "债权人", "creditor"},
	{"kind", ISS_F_STR, false, 12, "担保方式", "kind of security, PLEDGE by default", collateral_kinds, "domain.md decision 2"},
	{"basis", ISS_F_STR, false, 16, "依据类别", "what it rests on, an asset by default", collateral_bases, "domain.md decision 2"},
	{"number", ISS_F_STR, false, 80, "依据编号", "its number; of a receivable that of what it arises from"},
	{0},
};
const struct iss_field fld_collateral_list[] = {PAGE, ASSET(false), {"state", ISS_F_STR, false, 12, "状态", "only those in this state", collateral_states, "domain.md decision 2"}, {0}};
const struct iss_field fld_rule_override[] = {
	{"rule", ISS_F_STR, true, 8, "规则", "R05 or R10"},
	ASSET(false),
	{"product", ISS_F_STR, false, 105, "产品编号", "of R10: authorisation/id, registered or to be registered"},
	REASON,
	{0},
};
const struct iss_field fld_override_list[] = {PAGE, {0}};

#define ONE_OR_MANY {"id", ISS_F_STR, false, 40, "编号", "registration"}, {"ids", ISS_F_LIST, false, 5000, "所选登记", "a selection of registrations, as one task"}
#define NOTE {"note", ISS_F_STR, false, 400, "意见", "remark"}
const struct iss_field fld_registration_submit[] = {
	{"asset", ISS_F_STR, false, DOM_MAX_ASSET_NO, "资产编号", "asset number"},
	{"assets", ISS_F_LIST, false, 5000, "所选资产", "a selection of assets, as one task"},
	{"type", ISS_F_STR, false, 16, "登记类型", "type of the registration, INITIAL by default", registration_types, "domain.md 4.4"},
	{"receiver", ISS_F_STR, false, 18, "接收单位", "TRANSFER: USCC of the receiver"},
	{"new_asset_no", ISS_F_STR, false, DOM_MAX_ASSET_NO, "接收方资产编号", "TRANSFER: the receiver's number for the asset"},
	{"disposal", ISS_F_STR, false, 200, "处置批准文件", "TRANSFER, DESTROY: collective decision and approval, by document number"},
	NOTE,
	{0},
};
const struct iss_field fld_step[] = {ONE_OR_MANY, NOTE, {0}};
const struct iss_field fld_ids[] = {ONE_OR_MANY, {0}};
const struct iss_field fld_decision[] = {ONE_OR_MANY, {"accept", ISS_F_BOOL, true, 1, "同意", "true: yes"}, {"note", ISS_F_STR, false, 400, "意见（不同意的须填）", "remark (needed for a no)"}, {0}};
const struct iss_field fld_return[] = {ONE_OR_MANY, {"missing", ISS_F_LIST, false, 50, "补正内容", "what is missing, beside what the register finds itself"}, NOTE, {0}};
const struct iss_field fld_notice[] = {
	ONE_OR_MANY,
	{"place", ISS_F_STR, false, 120, "公示载体", "where the notice stands", .as = ISS_AS_NEEDED},
	{"address", ISS_F_STR, false, 200, "公示地址", "its address", .as = ISS_AS_NEEDED},
	{"confidentiality", ISS_F_STR, false, 200, "保密审查", "who reviewed the text for confidentiality, and when", .as = ISS_AS_NEEDED},
	NOTE,
	{0},
};
const struct iss_field fld_object[] = {
	{"id", ISS_F_STR, false, 40, "登记编号", "registration under notice"},
	{"asset", ISS_F_STR, false, DOM_MAX_ASSET_NO, "资产编号", "or the registered asset"},
	{"name", ISS_F_STR, false, 120, "异议人", "real name"},
	{"contact", ISS_F_STR, false, 200, "联系方式", "address to answer to"},
	{"evidence", ISS_F_STR, false, 800, "证据", "evidence, and what it shows"},
	{0},
};
const struct iss_field fld_objection_decide[] = {
	ID,
	{"upheld", ISS_F_BOOL, true, 1, "异议成立", "true: the objection is right"},
	{"reason", ISS_F_STR, false, 400, "理由", "reason", .as = ISS_AS_NEEDED},
	{0},
};
const struct iss_field fld_freeze[] = {
	{"asset", ISS_F_STR, false, DOM_MAX_ASSET_NO, "资产编号", "asset number"},
	{"assets", ISS_F_LIST, false, 5000, "所选资产", "a selection of assets, as one task"},
	REASON,
	{0},
};
const struct iss_field fld_asset_reason[] = {{"asset", ISS_F_STR, true, DOM_MAX_ASSET_NO, "资产编号", "asset number"}, REASON, {0}};
const struct iss_field fld_material[] = {
	{"asset", ISS_F_STR, false, DOM_MAX_ASSET_NO, "资产编号", "asset number; none: for the unit"},
	{"kind", ISS_F_STR, true, 16, "材料类别", "kind of the material", material_kinds, "domain.md 4.4"},
	{"name", ISS_F_STR, false, 120, "名称", "name"},
	{"file", ISS_F_FILE, true, 8 << 20, "文件", "the file"},
	{0},
};
const struct iss_field fld_material_list[] = {
	PAGE,
	{"asset", ISS_F_STR, false, DOM_MAX_ASSET_NO, "资产编号", "asset number; none: of the unit"},
	{"holder", ISS_F_STR, false, 18, "单位", "USCC; the own one by default"},
	{0},
};
const struct iss_field fld_certificate_issue[] = {
	{"assets", ISS_F_LIST, true, 5000, "资产编号", "asset numbers"},
	{"request", ISS_F_FILE, false, 16384, "证书请求", "the holder's own key: a PKCS#10 request, PEM or DER; for one asset"},
	{"key", ISS_F_FILE, false, 16384, "密钥", "or the holder's key as certificate, PEM or JWK, with a proof"},
	{"proof", ISS_F_FILE, false, 256, "持有证明", "signature over what `certificate challenge` prints: ECDSA, SHA-256, DER"},
	{"years", ISS_F_INT, false, 5, "年限", "validity in years, 1 to 5, by default the profile's"},
	{0},
};
const struct iss_field fld_certificate_sm2[] = {
	{"number", ISS_F_STR, false, 40, "证书编号", "certificate"},
	{"certificates", ISS_F_LIST, false, 500, "所选证书", "or several of them"},
	{"request", ISS_F_FILE, false, 16384, "SM2 证书请求", "where the certificate bears its holder's key: a PKCS#10 request for an SM2 key of his, PEM or DER; for one certificate"},
	{0},
};
const struct iss_field fld_certificate_revoke[] = {
	NUMBER,
	{"reason", ISS_F_STR, true, 32, "撤销原因", "reason for the revocation", revocation_reasons, "RFC 5280 5.3.1"},
	{"note", ISS_F_STR, false, 400, "说明", "explanation, for the record"},
	{0},
};
const struct iss_field fld_authorisation_propose[] = {{"proposal", ISS_F_JSON, true, 1, "授权方案", "proposal", .members = shp_proposal}, {0}};
const struct iss_field fld_token_issue[] = {{"request", ISS_F_JSON, true, 1, "许可申请", "request", .members = shp_request}, {0}};
const struct iss_field fld_token_bulk[] = {
	{"request", ISS_F_JSON, true, 1, "许可申请", "request; its users are in the file", .members = shp_request_bulk},
	{"file", ISS_F_FILE, false, 16 << 20, "用户清单", "CSV or XLSX: usci, name, binding, x5t, jwk; token template prints the headings", .as = ISS_AS_NEEDED},
	{"dry_run", ISS_F_BOOL, false, 1, "试签发", "check only"},
	{0},
};

/* 线下, 历史补录, exchange */
const struct iss_field fld_offline_record[] = {
	{"body", ISS_F_STR, true, 120, "办理单位", "body that acted: court, meeting, department"},
	{"usci", ISS_F_STR, false, 18, "统一社会信用代码", "its code; a note does without"},
	{"doc_no", ISS_F_STR, true, 80, "文号", "document number"},
	{"doc_date", ISS_F_STR, true, 10, "文件日期", "date of the document"},
	{"scan", ISS_F_FILE, true, 8 << 20, "扫描件", "scan of the document"},
	{"act", ISS_F_JSON, true, 1, "办理事项", "what was done", .members = shp_act},
	{0},
};
const struct iss_field fld_legacy_import[] = {
	{"file", ISS_F_FILE, true, 8 << 20, "补录文件", "CSV, XLSX or XML; legacy template shows the columns"},
	{"dry_run", ISS_F_BOOL, false, 1, "试导入", "check only"},
	{"org", ISS_F_STR, false, 18, "财政部门", "finance department, for a dry run without --as"},
	{0},
};
const struct iss_field fld_legacy_list[] = {
	PAGE,
	{"from", ISS_F_STR, false, 10, "登记日期起", "registered on or after this day"},
	{"to", ISS_F_STR, false, 10, "登记日期止", "registered on or before this day"},
	{0},
};
const struct iss_field fld_exchange_map[] = {{"mapping", ISS_F_JSON, true, 1, "字段对照表", "mapping", .members = shp_exchange_map}, {0}};
const struct iss_field fld_exchange_mapping[] = {
	{"finance", ISS_F_STR, false, 18, "财政部门", "finance department; the own one by default"},
	{"version", ISS_F_INT, false, INT32_MAX, "版本", "version; the newest by default, 0 the defaults"},
	{0},
};
const struct iss_field fld_exchange_export[] = {
	{"format", ISS_F_STR, false, 4, "格式", "format of the file, the mapping's by default", exchange_formats, "docs/exchange.md"},
	{"state", ISS_F_STR, false, 16, "状态", "assets in this state only", asset_states, "domain.md 7.1"},
	{"since", ISS_F_INT, false, INT64_MAX, "起始事件", "assets changed by events after this one"},
	{"after", ISS_F_STR, false, 64, "起始", "start after this asset number"},
	{0},
};
const struct iss_field fld_exchange_import[] = {
	{"file", ISS_F_FILE, true, 48 << 20, "回执文件", "CSV, XLSX or XML"},
	{"dry_run", ISS_F_BOOL, false, 1, "试导入", "check only"},
	{0},
};
const struct iss_field fld_exchange_reconcile[] = {
	{"file", ISS_F_FILE, true, 48 << 20, "对方清单", "CSV, XLSX or XML"},
	{"format", ISS_F_STR, false, 4, "差异清单格式", "format of the file, xlsx by default", exchange_formats, "docs/exchange.md"},
	{0},
};
