/*
 * shapes.c - the members of the documents that commands take, as tables.
 *
 * A form asks for them by their words and in their order, OpenAPI names them, and the
 * unit test holds them against what the commands' own checks know.  Nothing is
 * decided here: a member that is "required" is asked for first and marked so, whether a
 * document is complete and lawful is for its command.
 */
#include "issuer/shape.h"

#include "issuer/agreement.h"
#include "issuer/domain.h"
#include "issuer/items.h"
#include "issuer/share.h"

#define TEXT(key, need, zh, en) {key, ISS_F_STR, need, ITM_MAX_TEXT, zh, en, .as = ISS_AS_PROSE}
#define NUMBERED(no, key, zh, en) {key, ISS_F_STR, true, ITM_MAX_TEXT, zh, en, .as = ISS_AS_PROSE, .item = no}
#define DAY(key, need, zh, en) {key, ISS_F_STR, need, 10, zh, en, .as = ISS_AS_DAY}
#define REFERENCE(key, need, zh, en) {key, ISS_F_STR, need, 64, zh, en, .noun = "material"}

/* --- what may be done: the grant (docs/formats.md 5.1) --- */

static const struct iss_choice modes[] = {{"WHOLE", "整体授权", "whole", NULL}, {"DOMAIN", "分领域授权", "by domain", NULL}, {"SCENE", "依场景授权", "by scenario", NULL}, {0}};
static const struct iss_choice rights[] = {{"USE", "数据使用权", "Right to Use Data", NULL}, {"OPER", "数据经营权", "Right to Operate Data", NULL}, {0}};
static const struct iss_choice purposes[] = {{"PUBGOV", "公共治理", "public governance", NULL}, {"WELFARE", "公益事业", "public welfare", NULL},
	{"INDUSTRY", "产业发展", "industrial development", NULL}, {"SECTOR", "行业发展", "sector development", NULL}, {0}};
static const struct iss_choice actions[] = {{"QUERY", "查询", "query", NULL}, {"VERIFY", "核验", "verification", NULL}, {"MODEL_CALL", "模型调用", "model calls", NULL},
	{"DOWNLOAD_PRODUCT", "下载产品", "download of products", NULL}, {"REDEVELOP", "再开发", "re-development", NULL}, {0}};
static const struct iss_choice units[] = {{"CALLS", "调用次数", "calls", NULL}, {"ROWS", "数据行数", "rows", NULL}, {0}};
static const struct iss_choice terms[] = {{"free", "有条件无偿使用", "conditional free use", NULL}, {"paid", "有条件有偿使用", "conditional paid use", NULL}, {0}};

static const struct iss_field quota[] = {
	{"unit", ISS_F_STR, true, 8, "限额单位", "unit of the quota", .words = units},
	{"limit", ISS_F_INT, true, INT64_MAX, "限额上限", "limit"},
	{0},
};
static const struct iss_field grant[] = {
	{"mode", ISS_F_STR, true, 8, "授权模式", "mode of authorisation", .words = modes},
	{"domains", ISS_F_LIST, false, 64, "领域（分领域授权须填）", "domains (needed for an authorisation by domain)", .absent = "[]", .as = ISS_AS_SET},
	{"scenarios", ISS_F_LIST, false, 64, "场景（依场景授权须填）", "scenarios (needed for an authorisation by scenario)", .absent = "[]", .as = ISS_AS_SET},
	{"rights", ISS_F_LIST, true, 2, "授予权利", "rights", .words = rights, .absent = "[]", .as = ISS_AS_SET},
	{"purposes", ISS_F_LIST, true, 4, "用途", "purposes", .words = purposes, .absent = "[]", .as = ISS_AS_SET},
	{"actions", ISS_F_LIST, true, 5, "许可行为", "actions", .words = actions, .absent = "[]", .as = ISS_AS_SET},
	{"territory", ISS_F_LIST, true, 64, "地域", "territory", .absent = "[]", .as = ISS_AS_SET | ISS_AS_NAMES},
	{"environment", ISS_F_LIST, false, 64, "使用环境（不填为不限）", "environment (none: any)", .absent = "[]", .as = ISS_AS_SET},
	{"quota", ISS_F_JSON, false, 1, "限额（不填为不限）", "quota (none: unlimited)", .members = quota, .absent = "null"},
	{"depth", ISS_F_INT, false, 0, "转授权层级", "sub-authorisation depth", .absent = "0", .as = ISS_AS_FIXED},
	{0},
};

/* --- the agreement: 27号 art. 14 --- */

static const struct iss_choice levels[] = {{"OPERATOR", "运营产品", "the operator's", NULL}, {"REDEVELOPED", "再开发产品", "re-developed", NULL}, {0}};
static const struct iss_field term_days[] = {DAY("from", true, "起始日", "first day"), DAY("to", true, "截止日", "last day"), {0}};
static const struct iss_field agreed_products[] = {
	{"id", ISS_F_STR, true, DOM_MAX_PRODUCT, "产品编号", "id"},
	{"name", ISS_F_STR, true, DOM_MAX_NAME, "产品名称", "name"},
	{"purpose", ISS_F_STR, true, 12, "用途类", "purpose", .words = purposes},
	{"level", ISS_F_STR, true, 12, "层级", "level", .words = levels},
	TEXT("standard", true, "技术标准", "technical standard"),
	TEXT("security_review", true, "安全审核要求", "security review"),
	TEXT("conformity", true, "业务规范性审核要求", "conformity review"),
	{0},
};
static const struct iss_field ownership[] = {TEXT("item", true, "资产", "item"), TEXT("owner", true, "权属方", "owner"), {0}};
static const struct iss_field disclosure[] = {
	TEXT("text", true, "信息披露要求", "what is disclosed"),
	{"no_redevelopment", ISS_F_STR, true, ITM_MAX_TEXT, "不得参与再开发条款（逐字载明）", "clause against re-development, word for word", .absent = "\"" DOM_NO_REDEVELOPMENT "\"", .as = ISS_AS_FIXED},
	{0},
};
static const struct iss_field shares[] = {
	{"party", ISS_F_STR, true, 18, "分配方", "party", .noun = "organisation"},
	{"name", ISS_F_STR, true, DOM_MAX_NAME, "分配方名称", "name"},
	{"role", ISS_F_STR, true, 40, "分配角色", "role"},
	{"bp", ISS_F_INT, true, SHR_WHOLE, "分配比例", "share", .as = ISS_AS_BP},
	{0},
};
static const struct iss_field income[] = {
	TEXT("accounting", true, "成本和收入核算", "accounting"),
	{"shares", ISS_F_JSON, true, SHR_MAX, "收益分配比例（合计 100%）", "shares (100% in all)", .members = shares, .shape = ISS_ROWS},
	{"remainder", ISS_F_STR, true, 18, "尾差归属（分配方之一）", "who gets the remainder (one of the parties)", .noun = "organisation"},
	{0},
};
static const struct iss_field evaluated[] = {
	{"months", ISS_F_INT, true, 60, "运营成效评价周期（月）", "months between evaluations"},
	TEXT("renewal", true, "续约机制", "renewal"),
	TEXT("exit", true, "退出机制", "exit"),
	{0},
};
const struct iss_field shp_agreement[] = {
	{"scope", ISS_F_LIST, true, 64, "公共数据资源范围及目录（证书）", "scope and catalogue (certificates)", .noun = "certificate", .item = 1},
	{"term", ISS_F_JSON, true, 1, "运营期限", "term", .members = term_days, .item = 2},
	{"products", ISS_F_JSON, true, 200, "产品和服务清单", "products and services", .members = agreed_products, .shape = ISS_ROWS, .item = 3},
	NUMBERED(4, "platform", "技术支撑平台", "platform"),
	{"ownership", ISS_F_JSON, true, 200, "资产权属", "ownership of assets", .members = ownership, .shape = ISS_ROWS, .item = 5},
	{"disclosure", ISS_F_JSON, true, 1, "信息披露要求", "disclosure", .members = disclosure, .item = 6},
	{"income", ISS_F_JSON, true, 1, "成本收入核算和收益分配", "income", .members = income, .item = 7},
	{"security", ISS_F_STR, true, 64, "数据安全和应急处置（材料）", "security and emergency (a material)", .noun = "material", .item = 8},
	{"evaluation", ISS_F_JSON, true, 1, "运营成效评价、续约和退出", "evaluation, renewal and exit", .members = evaluated, .item = 9},
	NUMBERED(10, "breach", "违约责任", "breach"),
	NUMBERED(11, "disputes", "争议解决方式", "disputes"),
	NUMBERED(12, "termination", "变更、终止条件", "change and termination"),
	NUMBERED(13, "other", "其他", "other"),
	{0},
};

/* --- proposing --- */

static const struct iss_field documents[] = {
	TEXT("feasibility", true, "可研论证", "feasibility study"), TEXT("due_diligence", true, "尽职调查", "due diligence"), TEXT("risk_evaluation", true, "评估", "risk evaluation"),
	TEXT("security_rules", true, "安全制度", "security rules"), TEXT("emergency_plan", true, "应急预案", "emergency plan"), TEXT("consent", false, "共享提供单位同意", "supplying unit's consent"),
	{0},
};
const struct iss_field shp_proposal[] = {
	{"certificates", ISS_F_LIST, true, 64, "数据资产证书", "certificates", .noun = "certificate"},
	{"grant", ISS_F_JSON, true, 1, "授权范围", "scope", .members = grant},
	{"terms", ISS_F_STR, true, 8, "使用条件", "terms", .words = terms},
	DAY("from", true, "授权起始日", "first day"),
	DAY("to", true, "授权截止日", "last day"),
	{"shared", ISS_F_BOOL, false, 1, "含政务共享数据", "holds data obtained by government sharing"},
	{"adjusts", ISS_F_STR, false, 40, "所调整的授权", "running authorisation that is adjusted", .noun = "authorisation"},
	{"operator", ISS_F_STR, false, 18, "运营机构", "operator", .noun = "operator"},
	{"documents", ISS_F_JSON, false, 1, "备查材料", "documents on file", .members = documents},
	TEXT("selection", false, "公平竞争选择情况", "how the operator was selected"),
	TEXT("operator_conditions", false, "运营机构条件", "what shows the operator's conditions"),
	{"agreement", ISS_F_JSON, false, 1, "授权运营协议", "agreement", .members = shp_agreement},
	{0},
};

/* --- the plan --- */

static const struct iss_field covers[] = {
	TEXT("life_cycle", true, "全生命周期服务", "life-cycle service"), TEXT("social_need", true, "社会需求", "social need"), TEXT("market_size", true, "市场规模", "market size"),
	TEXT("expected_effect", true, "预期成效", "expected effect"), TEXT("risk_control", true, "风险管控", "risk control"),
	{0},
};
const struct iss_field shp_study[] = {
	REFERENCE("feasibility", true, "可研论证（材料）", "feasibility study (a material)"), REFERENCE("due_diligence", true, "尽职调查（材料）", "due diligence (a material)"),
	REFERENCE("risk_evaluation", true, "评估（材料）", "risk evaluation (a material)"), REFERENCE("security_rules", true, "安全制度（材料）", "security rules (a material)"),
	REFERENCE("emergency_plan", true, "应急预案（材料）", "emergency plan (a material)"), REFERENCE("consent", false, "共享提供单位同意（材料）", "supplying unit's consent (a material)"),
	{"covers", ISS_F_JSON, true, 1, "可行性论证内容（27号第十条）", "what the study covers (Rules No. 27, art. 10)", .members = covers},
	{0},
};
static const struct iss_field five[] = {
	TEXT("funds", true, "资金条件", "funds"), TEXT("management", true, "管理条件", "management"), TEXT("technology", true, "技术条件", "technology"),
	TEXT("service", true, "服务条件", "service"), TEXT("security", true, "安全条件", "security"),
	{0},
};
static const struct iss_field resources[] = {TEXT("catalogue", true, "资源范围和目录", "resources and catalogue"), TEXT("update_freq", true, "更新频率", "update frequency"),
	TEXT("quality", true, "质量", "quality"), {0}};
static const struct iss_field plan_term[] = {
	TEXT("content", true, "期限和建设内容", "term and building content"), TEXT("support", true, "技术支撑", "technical support"), TEXT("progress", true, "进度安排", "progress"),
	TEXT("evaluation", true, "评价标准", "evaluation standard"), TEXT("exit", true, "退出机制", "exit mechanism"), TEXT("asset_management", true, "资产管理", "asset management"),
	{0},
};
static const struct iss_field plan_products[] = {
	{"public", ISS_F_LIST, false, 200, "公共治理、公益事业", "public governance and welfare", .absent = "[]"},
	{"development", ISS_F_LIST, false, 200, "产业、行业发展", "industry and sector development", .absent = "[]"},
	{0},
};
const struct iss_field shp_items[] = {
	NUMBERED(1, "name", "名称", "name"),
	NUMBERED(2, "necessity", "必要性和可行性", "necessity and feasibility"),
	{"conditions", ISS_F_JSON, true, 1, "运营机构应具备的条件", "conditions that the operator meets", .members = five, .item = 3},
	{"mode", ISS_F_STR, true, 8, "授权模式", "mode of authorisation", .words = modes, .item = 4},
	{"resources", ISS_F_JSON, true, 1, "资源范围、目录、更新频率和质量", "resources", .members = resources, .item = 5},
	{"term", ISS_F_JSON, true, 1, "期限、建设内容和退出", "term, content and exit", .members = plan_term, .item = 6},
	{"products", ISS_F_JSON, true, 1, "产品和服务清单", "products and services", .members = plan_products, .item = 7},
	NUMBERED(8, "accounting", "成本收入核算和收益分配", "accounting and distribution"),
	NUMBERED(9, "security", "数据安全、个人信息保护和应急", "security and emergency"),
	NUMBERED(10, "obligations", "权利义务", "rights and duties"),
	NUMBERED(11, "supervision", "监督考核", "supervision and assessment"),
	NUMBERED(12, "other", "其他", "other"),
	{0},
};
static const struct iss_choice methods[] = {{"OPEN_TENDER", "公开招标", "open tender", NULL}, {"INVITED_TENDER", "邀请招标", "invited tender", NULL},
	{"NEGOTIATION", "谈判", "negotiation", NULL}, {"OTHER_FAIR", "其他公平竞争", "other fair competition", NULL}, {0}};
static const struct iss_field announced[] = {TEXT("place", true, "公告载体", "where it was announced"), TEXT("address", true, "公告地址", "address of the announcement"), {0}};
const struct iss_field shp_selection[] = {
	{"operator", ISS_F_STR, true, 18, "运营机构", "operator", .noun = "operator"},
	{"method", ISS_F_STR, true, 16, "选择方式", "method of selection", .words = methods},
	REFERENCE("evidence", true, "选择过程证明（材料）", "evidence of the selection (a material)"),
	{"notice", ISS_F_JSON, true, 1, "公告", "announcement", .members = announced},
	{"conditions", ISS_F_JSON, true, 1, "运营机构条件证明", "what shows the operator's conditions", .members = five},
	{"exclusive", ISS_F_BOOL, false, 1, "排他性条款", "exclusive terms"},
	{0},
};

/* --- licenses --- */

static const struct iss_choice bindings[] = {{"key", "持有人公钥", "the holder's key", NULL}, {"mtls", "网关客户端证书", "the gateway's client certificate", NULL},
	{"named", "记名（最长 90 天）", "by name (90 days at most)", NULL}, {0}};
static const struct iss_choice duties[] = {{"STOP", "停止使用", "stop using", NULL}, {"DELETE", "删除数据", "delete the data", NULL}, {"RETAIN_DERIVED", "可保留衍生成果", "derived results may be kept", NULL}, {0}};
static const struct iss_choice sellers[] = {{"operator", "运营机构产品", "operator's product", NULL}, {"redeveloped", "再开发产品", "re-developed product", NULL}, {0}};
static const struct iss_field product[] = {
	{"id", ISS_F_STR, true, DOM_MAX_PRODUCT, "产品编号", "id"},
	{"version", ISS_F_STR, true, 32, "产品版本", "version"},
	{"kind", ISS_F_STR, true, 16, "产品层级", "kind", .words = sellers},
	{0},
};
static const struct iss_field jwk[] = {
	{"kty", ISS_F_STR, false, 4, "密钥类型", "key type", .absent = "\"EC\"", .as = ISS_AS_FIXED},
	{"crv", ISS_F_STR, false, 8, "曲线", "curve", .absent = "\"P-256\"", .as = ISS_AS_FIXED},
	{"x", ISS_F_STR, true, 43, "公钥 x（base64url）", "public key, x (base64url)"},
	{"y", ISS_F_STR, true, 43, "公钥 y（base64url）", "public key, y (base64url)"},
	{0},
};
#define USER_KEYS                                                                                                                    \
	{"jwk", ISS_F_JSON, false, 1, "用户公钥（绑定方式为持有人公钥）", "user's public key (binding: key)", .members = jwk},      \
	{"x5t", ISS_F_STR, false, 43, "客户端证书 SHA-256（绑定方式为网关客户端证书）", "SHA-256 of the client certificate (binding: mtls)"}
static const struct iss_field users[] = {
	{"usci", ISS_F_STR, true, 18, "用户统一社会信用代码", "user's unified social credit code"},
	{"name", ISS_F_STR, true, DOM_MAX_NAME, "用户名称", "user's name"},
	{"binding", ISS_F_STR, false, 8, "本用户绑定方式", "this user's binding", .words = bindings},
	USER_KEYS,
	{0},
};
static const struct iss_field own_user[] = {
	{"usci", ISS_F_STR, false, 18, "用户统一社会信用代码（本单位不填）", "user's unified social credit code (none for oneself)"},
	{"name", ISS_F_STR, false, DOM_MAX_NAME, "用户名称（本单位不填）", "user's name (none for oneself)"},
	USER_KEYS,
	{0},
};
#define ASKED_FOR                                                                                                                      \
	{"authorisation", ISS_F_STR, true, 40, "授权", "authorisation", .noun = "authorisation"},                                    \
	{"certificate", ISS_F_STR, false, 40, "数据资产证书（授权含多张时须填）", "certificate (where there are several)", .noun = "certificate"}, \
	{"product", ISS_F_JSON, true, 1, "产品和服务", "product", .members = product},                                               \
	{"grant", ISS_F_JSON, true, 1, "许可范围", "scope", .members = grant},                                                      \
	{"terms", ISS_F_STR, true, 8, "使用条件", "terms", .words = terms},                                                          \
	{"days", ISS_F_INT, true, 365, "期限（天）", "term (days)"},                                                                 \
	{"binding", ISS_F_STR, true, 8, "绑定方式", "binding", .words = bindings},                                                   \
	{"audience", ISS_F_STR, false, 200, "适用服务地址（记名须填）", "audience (needed by name)"},                                \
	{"duties", ISS_F_LIST, false, 3, "终止后义务", "duties when it ends", .words = duties, .absent = "[]"},                      \
	{"fee_fen", ISS_F_INT, false, SHR_MAX_FEN, "收费标准（不填按产品登记）", "fee (none: as registered)", .as = ISS_AS_FEN}
const struct iss_field shp_request[] = {ASKED_FOR, {"users", ISS_F_JSON, true, 5000, "用户", "users", .members = users, .shape = ISS_ROWS}, {0}};
const struct iss_field shp_request_bulk[] = {ASKED_FOR, {0}};
const struct iss_field shp_request_own[] = {ASKED_FOR, {"user", ISS_F_JSON, false, 1, "用户", "user", .members = own_user}, {0}};

/* --- money --- */

static const struct iss_field delivered[] = {
	{"count", ISS_F_INT, true, INT64_MAX, "交付数量", "count"},
	DAY("from", true, "交付起", "from"),
	DAY("to", false, "交付止", "to"),
	{"material", ISS_F_STR, false, 40, "交付证明（材料）", "what proves it (a material)", .noun = "material"},
	{"token", ISS_F_STR, false, 40, "许可令牌编号", "license token"},
	{"sha256", ISS_F_STR, false, 64, "回执文件 SHA-256", "SHA-256 of the receipts"},
	{0},
};
static const struct iss_field invoice[] = {
	{"number", ISS_F_STR, true, 80, "发票号码", "invoice number"},
	DAY("day", false, "开票日期", "day"),
	{"sha256", ISS_F_STR, false, 64, "发票文件 SHA-256", "SHA-256 of the invoice"},
	{0},
};
const struct iss_field shp_evidence[] = {
	{"delivery", ISS_F_JSON, false, 200, "交付", "deliveries", .members = delivered, .shape = ISS_ROWS},
	{"invoice", ISS_F_JSON, false, 1, "发票", "invoice", .members = invoice},
	{"materials", ISS_F_LIST, false, 200, "证明材料", "materials", .noun = "material"},
	{"documents", ISS_F_LIST, false, 200, "文件（文号和标题）", "documents (number and title)"},
	{"disposal", ISS_F_STR, false, 200, "处置批准文件", "approval of the disposal"},
	{"trade", ISS_F_STR, false, 40, "场内成交编号", "trade"},
	{0},
};
const struct iss_field shp_costs[] = {
	{"item", ISS_F_STR, true, 120, "项目", "item"},
	{"amount_fen", ISS_F_INT, true, SHR_MAX_FEN, "金额", "amount", .as = ISS_AS_FEN},
	{0},
};
const struct iss_field shp_indicators[] = {
	{"name", ISS_F_STR, true, 120, "指标", "indicator"},
	{"weight_bp", ISS_F_INT, true, SHR_WHOLE, "权重（合计 100%）", "weight (100% in all)", .as = ISS_AS_BP},
	{"score", ISS_F_INT, true, 100, "得分（0 至 100）", "score (0 to 100)"},
	{0},
};
const struct iss_field shp_caps[] = {
	{"product", ISS_F_STR, true, DOM_MAX_PRODUCT, "产品编号", "product", .noun = "agreed"},
	{"cap_fen", ISS_F_INT, true, SHR_MAX_FEN, "上限收费标准", "cap", .as = ISS_AS_FEN},
	{"volume", ISS_F_INT, true, INT64_MAX, "预计业务量（每年）", "expected volume of a year"},
	{0},
};
const struct iss_field shp_totals[] = {
	{"token", ISS_F_STR, true, 40, "许可令牌编号", "license token"},
	DAY("day", true, "日期", "day"),
	{"count", ISS_F_INT, true, INT64_MAX, "用量", "count"},
	{0},
};

/* --- acts on paper, headings of files --- */

static const struct iss_choice acts[] = {{"registration.endorse", "主管部门业务审核", "endorsement of a registration", NULL}, {"ledger.confirm", "审核确认结论", "confirmation of a ledger entry", NULL},
	{"asset.freeze", "冻结资产", "freezing of assets", NULL}, {"asset.unfreeze", "解除资产冻结", "lifting of a freezing", NULL}, {"note", "记录在案（不执行）", "a note for the record", NULL}, {0}};
const struct iss_field shp_act[] = {
	{"act", ISS_F_STR, true, 24, "办理事项", "act", .words = acts},
	{"ids", ISS_F_LIST, false, 5000, "登记或台账编号（审核、确认）", "registrations or ledger entries (to endorse or confirm)"},
	{"assets", ISS_F_LIST, false, 5000, "资产编号（冻结、解除冻结）", "assets (to freeze or unfreeze)"},
	{"objects", ISS_F_LIST, false, 5000, "对象编号（记录在案）", "objects (to note)"},
	{"accept", ISS_F_BOOL, false, 1, "同意（审核须填）", "agreed (needed to endorse)"},
	{"note", ISS_F_STR, false, 400, "意见", "note"},
	{"reason", ISS_F_STR, false, 400, "理由（冻结、解除冻结）", "reason (to freeze or unfreeze)"},
	{0},
};
static const struct iss_choice ledger_fields[] = {
	{"ledger_no", "台账编号", "ledger number", NULL}, {"catalog_ref", "数据资源目录编号", "catalogue number", NULL}, {"name", "名称", "name", NULL},
	{"summary", "概述", "overview", NULL}, {"formed_by", "形成方式", "formed by", NULL}, {"shared_from", "共享来源单位", "shared by", NULL},
	{"industry", "所属行业", "industry", NULL}, {"class_scheme", "分类标准", "class scheme", NULL}, {"class_code", "资产分类", "class code", NULL},
	{"time_from", "时域起", "data from", NULL}, {"time_to", "时域止", "data to", NULL}, {"update_freq", "更新频率", "updates", NULL},
	{"geo_scope", "地域范围", "geographic scope", NULL}, {"source_kind", "数据来源", "source", NULL}, {"structure", "数据结构", "structure", NULL},
	{"data_level", "数据分级", "data level", NULL}, {"volume_rows", "数据量", "rows", NULL}, {"personal_info", "涉及个人信息", "personal information", NULL},
	{"mgr_dept", "管理部门", "department in charge", NULL}, {"secret", "是否涉密", "secret", NULL}, {0},
};
const struct iss_field shp_ledger_map[] = {{"field", ISS_F_STR, true, 40, "对应字段", "field", .words = ledger_fields}, {0}};
static const struct iss_choice statement_fields[] = {{"number", "号码", "number", NULL}, {"day", "日期", "day", NULL}, {"amount", "金额", "amount", NULL}, {"in", "收入金额", "in", NULL},
	{"out", "支出金额", "out", NULL}, {"direction", "收支方向", "direction", NULL}, {"tax", "税额", "tax", NULL}, {"counterparty", "对方代码", "counterparty", NULL},
	{"counterparty_name", "对方名称", "counterparty's name", NULL}, {"subject", "收入科目", "subject", NULL}, {"receipt", "国库回单号", "treasury receipt", NULL}, {"reference", "摘要", "reference", NULL}, {0}};
const struct iss_field shp_statement_map[] = {{"field", ISS_F_STR, true, 40, "对应字段", "field", .words = statement_fields}, {0}};
static const struct iss_choice money_units[] = {{"YUAN", "元", "yuan", NULL}, {"FEN", "分", "fen", NULL}, {0}};
#define HEADING(key, need, zh, en) {key, ISS_F_STR, need, 120, zh, en}
static const struct iss_field trade_columns[] = {
	HEADING("trade_no", true, "成交编号的列名", "heading of the trade's number"), HEADING("listing_no", true, "挂牌编号的列名", "heading of the listing's number"),
	HEADING("product", false, "产品编号的列名", "heading of the product"), HEADING("traded_on", true, "成交日期的列名", "heading of the day"),
	HEADING("buyer", true, "买方名称的列名", "heading of the buyer"), HEADING("buyer_usci", true, "买方代码的列名", "heading of the buyer's code"),
	HEADING("quantity", true, "成交数量的列名", "heading of the quantity"), HEADING("amount", true, "成交金额的列名", "heading of the amount"),
	{0},
};
const struct iss_field shp_trade_map[] = {
	{"unit", ISS_F_STR, true, 4, "金额单位", "unit of amounts", .words = money_units},
	{"columns", ISS_F_JSON, true, 1, "各列", "columns", .members = trade_columns},
	{0},
};
static const struct iss_choice formats[] = {{"xlsx", "XLSX", "XLSX", NULL}, {"csv", "CSV", "CSV", NULL}, {"xml", "XML", "XML", NULL}, {0}};
static const struct iss_choice forms[] = {{"words", "官方用语", "the official wording", NULL}, {"code", "代码", "the code", NULL}, {"fen", "金额（分）", "fen", NULL}, {"date8", "八位日期", "a date of eight digits", NULL}, {0}};
static const struct iss_field their_code[] = {{"code", ISS_F_STR, true, 80, "对方代码", "theirs"}, {0}};
static const struct iss_field exchange_fields[] = {
	{"field", ISS_F_STR, true, 80, "本系统字段", "our field"},
	{"column", ISS_F_STR, true, 120, "对方列名", "their column"},
	{"as", ISS_F_STR, false, 10, "写法", "written as", .words = forms},
	{"codes", ISS_F_JSON, false, 100, "代码对照（本系统代码对应对方代码）", "codes, ours to theirs", .members = their_code, .shape = ISS_MAP},
	{0},
};
static const struct iss_field receipt[] = {
	HEADING("number", true, "本系统编号的列名", "heading of our number"), HEADING("asset_no", true, "资产编号的列名", "heading of the asset number"), HEADING("verdict", true, "处理结果的列名", "heading of the verdict"),
	{"accepted", ISS_F_LIST, true, 20, "表示接收的用词", "words for taken"}, {"refused", ISS_F_LIST, true, 20, "表示退回的用词", "words for not taken"},
	HEADING("reason", true, "原因的列名", "heading of the reason"),
	{0},
};
const struct iss_field shp_exchange_map[] = {
	{"format", ISS_F_STR, true, 4, "文件格式", "format", .words = formats},
	HEADING("root", true, "XML 根元素名", "name of the XML root"),
	HEADING("record", true, "XML 记录元素名", "name of an XML record"),
	{"fields", ISS_F_JSON, true, 200, "字段对应", "fields", .members = exchange_fields, .shape = ISS_ROWS},
	{"receipt", ISS_F_JSON, true, 1, "回执", "receipt", .members = receipt},
	{0},
};

/* --- the policy profile, by profile.def --- */

static const struct iss_choice holder_kinds[] = {{"ADMIN", "行政单位", "administrative body", NULL}, {"INST", "事业单位", "public institution", NULL}, {"MASS", "人民团体、群团组织", "mass organisation", NULL},
	{"SOE", "国有企业", "state-owned enterprise", NULL}, {"UTIL", "公用企业", "utility", NULL}, {"ENT", "其他企业", "other enterprise", NULL}, {0}};
static const struct iss_choice deciders[] = {{"FINANCE", "财政部门", "finance department", NULL}, {"SUPERIOR", "主管部门", "superior department", NULL}, {"HOLDER", "持有单位", "holder", NULL},
	{"IMPLEMENTER", "实施机构", "implementing institution", NULL}, {"OPERATOR", "运营机构", "operator", NULL}, {"GOV", "本级人民政府", "government", NULL}, {"DATA_BUREAU", "数据管理部门", "data bureau", NULL},
	{"DRC", "发展改革部门", "development and reform commission", NULL}, {0}};
static const struct iss_choice whose[] = {{"finance", "本级财政部门", "the finance department", NULL}, {"superior", "主管部门", "the superior department", NULL}, {"holder", "持有单位", "the holder", NULL},
	{"own", "申请单位", "the applicant's own", NULL}, {0}};
static const struct iss_field level[] = {
	{"role", ISS_F_STR, true, 12, "角色", "role", .words = deciders},
	{"org", ISS_F_STR, true, 10, "所属单位", "of which organisation", .words = whose},
	{0},
};
static const struct iss_field levels_of_kind[] = {{"levels", ISS_F_JSON, true, 6, "层级", "levels", .members = level, .shape = ISS_ROWS}, {0}};
static const struct iss_field authority[] = {
	{"kinds", ISS_F_LIST, false, 6, "主体类型（不选为不限）", "kinds of holder (none: any)", .words = holder_kinds},
	{"public", ISS_F_BOOL, false, 1, "公共数据（不选为不限）", "public data (none: either)"},
	{"below_fen", ISS_F_INT, false, SHR_MAX_FEN, "账面价值低于", "book value below", .as = ISS_AS_FEN},
	{"levels", ISS_F_JSON, true, 6, "审批层级", "levels", .members = level, .shape = ISS_ROWS},
	{0},
};
static const struct iss_unit unit_workdays = {"工作日", "working days", "个工作日"}, unit_days = {"自然日", "days", "天"}, unit_months = {"月", "months", "个月"}, unit_years = {"年", "years", "年"},
	unit_octets = {"字节", "octets", "字节"}, unit_items = {"件", "items", "件"};
#define PROFILE(...)
#define PROFILE_GROUP(id, zh, en) static const struct iss_choice group_##id = {#id, zh, en, NULL};
#include "issuer/profile.def"
#undef PROFILE_GROUP
#undef PROFILE
#define APPROVAL(name, ...) name,
const char *const shp_matters[] = {
#include "issuer/approvals.def"
#include "issuer/approvals_core.def"
	NULL};
#undef APPROVAL
#define IS_INT .type = ISS_F_INT
#define IS_FLAG .type = ISS_F_BOOL
#define IS_MMDD .type = ISS_F_INT, .as = ISS_AS_MMDD
#define IS_DATES .type = ISS_F_LIST
#define IS_CODES18 .type = ISS_F_LIST
#define IS_CLASSES .type = ISS_F_JSON, .members = levels_of_kind, .shape = ISS_TABLE /* a table has no members of its own; not NULL: it is no unknown document */
#define IS_CHAINS .type = ISS_F_JSON, .members = levels_of_kind, .shape = ISS_MAP, .choices = shp_matters
#define IS_AUTHORITY .type = ISS_F_JSON, .members = authority, .shape = ISS_ROWS
#define UNIT_none NULL
#define UNIT_workdays &unit_workdays
#define UNIT_days &unit_days
#define UNIT_months &unit_months
#define UNIT_years &unit_years
#define UNIT_octets &unit_octets
#define UNIT_items &unit_items
#define PROFILE_GROUP(id, zh, en)
#define PROFILE(in, key, kind, counted, least, most, value, zhname, enname, clause) \
	{.name = key, .max = (most) > 0 ? (most) : 2000, .zh = zhname, .en = enname, IS_##kind, .unit = UNIT_##counted, .group = &group_##in},
const struct iss_field shp_profile[] = {
#include "issuer/profile.def"
	{0}};
#undef PROFILE
#undef PROFILE_GROUP

/* --- amounts as people write them --- */

bool iss_yuan(const char *text, int64_t *fen)
{
	return shr_yuan(text, fen);
}

void iss_yuan_text(int64_t fen, char out[ISS_YUAN_CAP])
{
	_Static_assert(ISS_YUAN_CAP >= SHR_YUAN_CAP, "an amount has room");
	shr_yuan_text(fen, out);
}
