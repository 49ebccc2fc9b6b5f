/*
 * fields.c - the typed fields of the domain's commands, as commands_domain.def
 * names them.
 */
#include "issuer/domain.h"

#define NUMBER {"number", ISS_F_STR, true, 40, "编号", "number"}
#define ID {"id", ISS_F_STR, true, 40, "编号", "id"}
#define REASON {"reason", ISS_F_STR, true, 400, "理由", "reason, for the record"}
#define PAGE {"after", ISS_F_STR, false, 64, "起始", "start after this one"}, {"limit", ISS_F_INT, false, 1000, "条数", "how many, 100 by default"}

const struct iss_field fld_none[] = {{0}};
const struct iss_field fld_list[] = {PAGE, {0}};
const struct iss_field fld_usci[] = {{"usci", ISS_F_STR, true, 18, "统一社会信用代码", "unified social credit code"}, {0}};
const struct iss_field fld_ledger[] = {{"id", ISS_F_STR, true, 40, "台账编号", "ledger entry"}, {0}};
const struct iss_field fld_asset[] = {{"asset", ISS_F_STR, true, DOM_MAX_ASSET_NO, "资产编号", "asset number"}, {0}};
const struct iss_field fld_id[] = {ID, {0}};
const struct iss_field fld_id_reason[] = {ID, REASON, {0}};
const struct iss_field fld_number[] = {NUMBER, {0}};
const struct iss_field fld_number_reason[] = {NUMBER, REASON, {0}};
const struct iss_field fld_organisation_add[] = {
	{"usci", ISS_F_STR, true, 18, "统一社会信用代码", "unified social credit code"},
	{"name", ISS_F_STR, true, DOM_MAX_NAME, "单位名称", "full legal name"},
	{"kind", ISS_F_STR, true, 8, "主体类型", "ADMIN, INST, MASS, SOE, UTIL or ENT"},
	{"level", ISS_F_STR, true, 4, "财政级次", "中央, 省, 市, 县 or 乡"},
	{"div6", ISS_F_STR, true, 6, "行政区划", "division, six digits"},
	{"dept", ISS_F_STR, false, 18, "主管部门", "superior department's code"},
	{"finance", ISS_F_STR, false, 18, "本级财政部门", "finance department's code"},
	{"roles", ISS_F_LIST, true, 12, "角色", "roles"},
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
	{"kind", ISS_F_STR, false, 8, "主体类型", "ADMIN, INST, MASS, SOE, UTIL or ENT"},
	{"level", ISS_F_STR, false, 4, "财政级次", "中央, 省, 市, 县 or 乡"},
	{"div6", ISS_F_STR, false, 6, "行政区划", "division, six digits"},
	{"dept", ISS_F_STR, false, 18, "主管部门", "superior department's code; \"none\" for a top department"},
	{"finance", ISS_F_STR, false, 18, "本级财政部门", "finance department's code"},
	{"roles", ISS_F_LIST, false, 12, "角色", "all roles from now on"},
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
	{"corrected", ISS_F_STR, false, 4, "更正文件格式", "csv or xlsx: the faulty lines as a file to correct and import again"},
	{"dry_run", ISS_F_BOOL, false, 1, "试导入", "check only"},
	{"partial", ISS_F_BOOL, false, 1, "部分导入", "import the good lines although others are broken"},
	{"org", ISS_F_STR, false, 18, "单位", "holder, for a dry run without --as"},
	{0},
};
const struct iss_field fld_ledger_template[] = {{"format", ISS_F_STR, false, 4, "格式", "csv (default) or xlsx"}, {0}};
const struct iss_field fld_ledger_map[] = {
	{"org", ISS_F_STR, false, 18, "单位", "holder; the own organisation"},
	{"mapping", ISS_F_JSON, true, 1, "列对应关系", "{heading of your tables: field}; {} forgets it"},
	{0},
};
const struct iss_field fld_ledger_counts[] = {
	{"holder", ISS_F_STR, false, 18, "持有单位", "of this holder only"},
	{"by", ISS_F_STR, false, 8, "统计口径", "holder (default), industry or class"},
	{0},
};
const struct iss_field fld_ledger_recognise[] = {
	{"id", ISS_F_STR, false, 40, "台账编号", "ledger entry"},
	{"ids", ISS_F_LIST, false, 5000, "台账编号", "ledger entries, instead of one"},
	{"result", ISS_F_STR, true, 8, "确认结论", "ASSET, MEMO or NOT"},
	{"decision", ISS_F_STR, true, 200, "决策依据", "reference of the collective decision"},
	{"held", ISS_F_BOOL, false, 1, "持有或控制", "the unit holds or controls the data"},
	{"benefit", ISS_F_BOOL, false, 1, "管理服务潜力或经济利益", "service potential or economic benefit flows from it"},
	{"measurable", ISS_F_BOOL, false, 1, "可计量", "it can be measured"},
	{0},
};
const struct iss_field fld_ledger_confirm[] = {
	{"id", ISS_F_STR, false, 40, "台账编号", "ledger entry"},
	{"ids", ISS_F_LIST, false, 5000, "台账编号", "ledger entries, instead of one"},
	{0},
};
const struct iss_field fld_asset_card[] = {
	{"ledger", ISS_F_STR, true, 40, "台账编号", "ledger entry"},
	{"card", ISS_F_JSON, true, 1, "资产卡片", "the four blocks: basic, rights, use, management; `asset fields` lists their members"},
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
	{"state", ISS_F_STR, false, 16, "状态", "only assets in this state"},
	{"after", ISS_F_STR, false, DOM_MAX_ASSET_NO, "起始", "start after this asset number: a file has 5,000 rows"},
	{"format", ISS_F_STR, false, 4, "格式", "xlsx (default) or csv"},
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
	{"kind", ISS_F_STR, false, 12, "担保方式", "PLEDGE (default), MORTGAGE, GUARANTEE, CREDIT, TRUST or OTHER"},
	{"basis", ISS_F_STR, false, 16, "依据类别", "asset (default), certificate, authorisation, product or receivable"},
	{"number", ISS_F_STR, false, 80, "依据编号", "its number; of a receivable that of what it arises from"},
	{0},
};
const struct iss_field fld_collateral_list[] = {PAGE, ASSET(false), {"state", ISS_F_STR, false, 12, "状态", "REGISTERED, RELEASED or REFUSED"}, {0}};
const struct iss_field fld_rule_override[] = {
	{"rule", ISS_F_STR, true, 8, "规则", "R05"},
	ASSET(true),
	REASON,
	{0},
};
const struct iss_field fld_override_list[] = {PAGE, {0}};

#define ONE_OR_MANY {"id", ISS_F_STR, false, 40, "编号", "registration"}, {"ids", ISS_F_LIST, false, 5000, "所选登记", "a selection of registrations, as one task"}
#define NOTE {"note", ISS_F_STR, false, 400, "意见", "reason; required for a no"}
const struct iss_field fld_registration_submit[] = {
	{"asset", ISS_F_STR, false, DOM_MAX_ASSET_NO, "资产编号", "asset number"},
	{"assets", ISS_F_LIST, false, 5000, "所选资产", "a selection of assets, as one task"},
	{"type", ISS_F_STR, false, 16, "登记类型", "INITIAL (default), CHANGE, CORRECTION, RENEWAL, TRANSFER, CANCEL or DESTROY"},
	{"receiver", ISS_F_STR, false, 18, "接收单位", "TRANSFER: USCC of the receiver"},
	{"new_asset_no", ISS_F_STR, false, DOM_MAX_ASSET_NO, "接收方资产编号", "TRANSFER: the receiver's number for the asset"},
	{"disposal", ISS_F_STR, false, 200, "处置批准文件", "TRANSFER, DESTROY: collective decision and approval, by document number"},
	NOTE,
	{0},
};
const struct iss_field fld_step[] = {ONE_OR_MANY, NOTE, {0}};
const struct iss_field fld_ids[] = {ONE_OR_MANY, {0}};
const struct iss_field fld_decision[] = {ONE_OR_MANY, {"accept", ISS_F_BOOL, true, 1, "同意", "true: yes"}, NOTE, {0}};
const struct iss_field fld_return[] = {ONE_OR_MANY, {"missing", ISS_F_LIST, false, 50, "补正内容", "what is missing, beside what the register finds itself"}, NOTE, {0}};
const struct iss_field fld_notice[] = {
	ONE_OR_MANY,
	{"place", ISS_F_STR, false, 120, "公示载体", "where the notice stands"},
	{"address", ISS_F_STR, false, 200, "公示地址", "its address"},
	{"confidentiality", ISS_F_STR, false, 200, "保密审查", "who reviewed the text for confidentiality, and when"},
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
	{"reason", ISS_F_STR, false, 400, "理由", "reason"},
	{0},
};
const struct iss_field fld_freeze[] = {
	{"asset", ISS_F_STR, false, DOM_MAX_ASSET_NO, "资产编号", "asset number"},
	{"assets", ISS_F_LIST, false, 5000, "所选资产", "a selection of assets, as one task"},
	REASON,
	{0},
};
const struct iss_field fld_asset_reason[] = {{"asset", ISS_F_STR, true, DOM_MAX_ASSET_NO, "资产编号", "asset number"}, REASON, {0}};
const struct iss_field fld_deadline[] = {PAGE, {"days", ISS_F_INT, false, 366, "今后天数", "due within so many days, 30 by default"}, {0}};
const struct iss_field fld_material[] = {
	{"asset", ISS_F_STR, false, DOM_MAX_ASSET_NO, "资产编号", "asset number; none: for the unit"},
	{"kind", ISS_F_STR, true, 16, "材料类别", "SUBJECT, SOURCE, RESOURCE, EVIDENCE, PRODUCTS, SCENES, RISK, SEC_POLICY, EMERGENCY_PLAN or OTHER"},
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
const struct iss_field fld_certificate_revoke[] = {
	NUMBER,
	{"reason", ISS_F_STR, true, 32, "撤销原因", "privilegeWithdrawn, cessationOfOperation, superseded, affiliationChanged or keyCompromise"},
	{"note", ISS_F_STR, false, 400, "说明", "explanation, for the record"},
	{0},
};
const struct iss_field fld_authorisation_propose[] = {{"proposal", ISS_F_JSON, true, 1, "授权方案", "the proposal, docs/api.md"}, {0}};
const struct iss_field fld_token_issue[] = {{"request", ISS_F_JSON, true, 1, "许可申请", "the request, docs/api.md"}, {0}};
