/*
 * card_fields.c - the data dictionary of the asset card, and what may stand in
 * each field (domain.md 3.1, 4.3).
 *
 * One table says block, key, type and source of every field.  Enumerations are
 * accepted in their official Chinese wording or as code and kept as code; codes
 * that domain.md 3.1 does not give are this project's.  A blank text or an empty
 * list counts as absent.  Refused: members that the dictionary does not know,
 * what the register keeps itself (version, holder, trace of changes), values of
 * another form, dates that run backwards, and a basis of booking that is none
 * (R36).
 */
#include "base/jws.h"
#include "issuer/card.h"

#define MAX_MONEY INT64_C(100000000000000) /* fen: sums over a register stay whole numbers */

static const struct iss_choice class_schemes[] = {{"GBT47949-2026", "GB/T 47949-2026", "GB/T 47949-2026", NULL}, {"GBT35416-2017", "GB/T 35416-2017", "GB/T 35416-2017", NULL},
	{"GPC-2022", "政府采购品目分类目录（2022年）", "government procurement catalogue (2022)", NULL}, {"LOCAL", "本级分类", "local scheme", NULL}, {0}};
static const struct iss_choice source_kinds[] = {{"COLLECTED", "采集生成", "collected or generated", NULL}, {"GATHERED", "通过自动化程序收集公开数据", "public data gathered by programs", NULL},
	{"AGREED", "协议取得", "obtained by agreement", NULL}, {"DERIVED", "衍生创造", "derived", NULL}, {0}};
static const struct iss_choice geo_scopes[] = {{"INTERNATIONAL", "国际", "international", NULL}, {"NATIONAL", "全国", "national", NULL}, {"PROVINCE", "省级", "province", NULL},
	{"CITY", "市级", "city", NULL}, {"COUNTY", "区县级", "county", NULL}, {"BELOW", "区县级以下", "below county", NULL}, {0}};
static const struct iss_choice update_freqs[] = {{"REALTIME", "实时更新", "in real time", NULL}, {"DAY", "按天", "daily", NULL}, {"WEEK", "按周", "weekly", NULL},
	{"MONTH", "按月", "monthly", NULL}, {"YEAR", "按年", "yearly", NULL}, {"DEMAND", "按需", "on demand", NULL}, {"OTHER", "其他", "other", NULL}, {0}};
static const struct iss_choice forms[] = {{"IMAGE", "图片", "image", NULL}, {"TEXT", "文本", "text", NULL}, {"VIDEO", "视频", "video", NULL}, {"AUDIO", "音频", "audio", NULL},
	{"TABLE", "表格", "table", NULL}, {"OTHER", "其他", "other", NULL}, {0}};
static const struct iss_choice structures[] = {{"STRUCTURED", "结构化", "structured", NULL}, {"SEMI", "半结构化", "semi-structured", NULL}, {"UNSTRUCTURED", "非结构化", "unstructured", NULL}, {0}};
static const struct iss_choice value_bases[] = {{"COST", "成本", "cost", NULL}, {"NOMINAL", "名义金额", "nominal amount", "名义金额1元"}, {"UNBOOKED", "未入账", "not booked", NULL}, {0}};
static const struct iss_choice appraisal_methods[] = {{"COST", "成本法", "cost", NULL}, {"INCOME", "收益法", "income", NULL}, {"MARKET", "市场法", "market", NULL}, {0}};
static const struct iss_choice rights[] = {{"HOLD", "数据持有权", "Right to Hold Data", "数据资源持有权"}, {"USE", "数据使用权", "Right to Use Data", "数据加工使用权"},
	{"OPER", "数据经营权", "Right to Operate Data", "数据产品经营权"}, {0}};
static const struct iss_choice auth_modes[] = {{"WHOLE", "整体授权", "whole", NULL}, {"DOMAIN", "分领域授权", "by domain", NULL}, {"SCENE", "依场景授权", "by scenario", NULL}, {0}};
static const struct iss_choice personal_infos[] = {{"NONE", "不涉及", "none", NULL}, {"DEIDENTIFIED", "已去标识化", "de-identified", "去标识化"},
	{"ANONYMISED", "已匿名化", "anonymised", "匿名化"}, {"RAW", "原始个人信息", "raw", NULL}, {0}};
static const struct iss_choice restrictions[] = {{"noCollateral", "不得担保质押", "collateral and pledge", NULL}, {"noSubLicence", "不得转授权", "sub-authorisation", NULL},
	{"noExport", "不得出境", "export", NULL}, {"noResale", "不得转售", "resale", NULL}, {"noRawDelivery", "不得交付原始数据", "delivery of raw data", NULL}, {0}};
static const struct iss_choice use_states[] = {{"SELF", "自用", "own use", "单位自用"}, {"SHARED", "共享", "shared", NULL}, {"OPEN", "开放", "open", NULL},
	{"AUTHORISED", "授权使用", "authorised use", NULL}, {"OPERATED", "授权运营", "authorised operation", NULL}, {"IDLE", "闲置", "idle", NULL}, {0}};
static const struct iss_choice data_levels[] = {{"GENERAL", "一般数据", "general", "一般"}, {"IMPORTANT", "重要数据", "important", "重要"}, {"CORE", "核心数据", "core", "核心"}, {0}};

static const struct card_field table[] = {
#define CARD(block, key, type, max, choices, need, zh, en, source) {block, key, type, max, choices, need, zh, en, source},
#include "issuer/card_fields.def"
#undef CARD
};
_Static_assert(FJ_ARRAY_LEN(table) <= CARD_MAX_FIELDS, "the dictionary has more fields than its users have room for");
static const char *const blocks[] = {"basic", "rights", "use", "management", NULL};

/* --- the same as members of a JSON field --- */

static const struct iss_field right_members[] = {
	{"right", ISS_F_STR, true, 8, "权利", "right", .words = rights},
	{"holder", ISS_F_STR, true, 18, "权利人", "holder", .noun = "organisation"},
	{"from", ISS_F_STR, false, 10, "期限起", "from", .as = ISS_AS_DAY},
	{"to", ISS_F_STR, false, 10, "期限止", "to", .as = ISS_AS_DAY},
	{"limits", ISS_F_STR, false, 400, "限制", "limits"},
	{"evidence", ISS_F_STR, false, 64, "权利证明（SHA-256）", "hash of the evidence"},
	{0},
};
#define TYPE_OF(type) ((type) == CARD_CODES || (type) == CARD_TEXTS || (type) == CARD_DIVISIONS ? ISS_F_LIST : (type) == CARD_BOOL ? ISS_F_BOOL : \
    (type) == CARD_COUNT || (type) == CARD_MONEY ? ISS_F_INT : (type) == CARD_RIGHTS ? ISS_F_JSON : ISS_F_STR)
#define MAX_OF(type, max) ((type) == CARD_COUNT ? INT64_MAX : (type) == CARD_MONEY ? MAX_MONEY : TYPE_OF(type) == ISS_F_LIST ? CARD_MAX_ITEMS : (max) > 0 ? (max) : 40)
#define AS_OF(type) ((type) == CARD_MONEY ? ISS_AS_FEN : (type) == CARD_DATE ? ISS_AS_DAY : (type) == CARD_DIVISIONS ? ISS_AS_NAMES : 0)
#define CARD(block, key, type, max, choices, need, zh, en, source)                                                                                    \
	{key, TYPE_OF(type), ((need) & CARDING) != 0 && (type) != CARD_ASSET_NO, MAX_OF(type, max), zh, en, .words = (type) == CARD_RIGHTS ? NULL : (choices), \
	    .members = (type) == CARD_RIGHTS ? right_members : NULL, .shape = ISS_ROWS, .noun = (type) == CARD_CLASS ? "class" : NULL, .as = AS_OF(type) | ((type) == CARD_KEPT ? ISS_AS_FIXED : 0) | \
	    (((need) & (PATH26 | CERT)) != 0 ? ISS_AS_LATER : 0) | (((need) & PUBLIC) != 0 ? ISS_AS_PUBLIC : 0)},
#define CARD_BLOCK 1
static const struct iss_field basic_members[] = {
#include "issuer/card_fields.def"
	{0}};
#undef CARD_BLOCK
#define CARD_BLOCK 2
static const struct iss_field rights_members[] = {
#include "issuer/card_fields.def"
	{0}};
#undef CARD_BLOCK
#define CARD_BLOCK 3
static const struct iss_field use_members[] = {
#include "issuer/card_fields.def"
	{0}};
#undef CARD_BLOCK
#define CARD_BLOCK 4
static const struct iss_field management_members[] = {
#include "issuer/card_fields.def"
	{0}};
#undef CARD_BLOCK
#undef CARD
const struct iss_field card_members[] = {
	{"basic", ISS_F_JSON, true, 1, "基本信息", "basic", .members = basic_members},
	{"rights", ISS_F_JSON, true, 1, "权利信息", "rights", .members = rights_members},
	{"use", ISS_F_JSON, false, 1, "使用信息", "use", .members = use_members},
	{"management", ISS_F_JSON, true, 1, "管理信息", "management", .members = management_members},
	{0},
};

const struct card_field *card_fields(size_t *n)
{
	*n = FJ_ARRAY_LEN(table);
	return table;
}

const struct card_field *card_field(const char *block, const char *key)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(table); i++)
		if (strcmp(table[i].block, block) == 0 && strcmp(table[i].key, key) == 0)
			return &table[i];
	return NULL;
}

const char *card_type_name(enum card_type t)
{
	static const char *const names[] = {"text", "code", "codes", "bool", "count", "fen", "date", "texts", "divisions", "hash", "industry", "SJ number",
		"asset number", "class code", "rights", "kept by the register"};

	return names[t];
}

const struct iss_choice *card_choice(const struct card_field *f, const char *word)
{
	for (const struct iss_choice *k = f->choices; k != NULL && k->code != NULL; k++)
		if (strcmp(k->code, word) == 0 || strcmp(k->zh, word) == 0 || (k->also != NULL && strcmp(k->also, word) == 0))
			return k;
	return NULL;
}

const json_t *card_get(const json_t *card, const struct card_field *f)
{
	const json_t *v = json_object_get(json_object_get(card, f->block), f->key);

	return json_is_null(v) ? NULL : v;
}

enum fj_rc card_set(json_t *card, const struct card_field *f, json_t *value)
{
	json_t *block = json_object_get(card, f->block);

	if (value == NULL) {
		json_object_del(block, f->key);
		return FJ_OK;
	}
	if (block == NULL) {
		block = json_object();
		if (fj_json_set(card, f->block, block) != FJ_OK) {
			json_decref(value);
			return FJ_E_NOMEM;
		}
	}
	return fj_json_set(block, f->key, value);
}

/* --- refusals --- */

enum fj_rc card_err_at(struct fj_err *err, enum fj_rc rc, const struct card_field *f)
{
	char path[96];

	snprintf(path, sizeof(path), "card.%.30s.%.50s", f->block, f->key);
	return fj_err_at(err, rc, path);
}

static enum fj_rc bad(const struct card_field *f, struct fj_err *err, const char *en, const char *zh)
{
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 4.3", "%s.%s (%s) %s", f->block, f->key, f->en, en);

	fj_err_zh(err, "“%s”%s", f->zh, zh);
	return card_err_at(err, rc, f);
}

static enum fj_rc bad_choice(const struct card_field *f, struct fj_err *err)
{
	FJ_AUTO(buf) en = FJ_BUF_INIT(200);
	FJ_AUTO(buf) zh = FJ_BUF_INIT(300);

	for (const struct iss_choice *k = f->choices; k->code != NULL; k++)
		if (fj_buf_printf(&en, "%s%s", k == f->choices ? "is " : ", ", k->code) != FJ_OK ||
		    fj_buf_printf(&zh, "%s%s", k == f->choices ? "应为：" : "、", k->zh) != FJ_OK)
			break;
	return bad(f, err, fj_buf_str(&en), fj_buf_str(&zh));
}

/* --- values of one text --- */

static bool is_date(const char *s)
{
	fj_time t;

	return fj_date_parse(s, &t, NULL) == FJ_OK;
}

static bool is_digits(const char *s, size_t n)
{
	return strspn(s, "0123456789") >= n;
}

static bool is_industry(const char *s)
{
	return strlen(s) == 3 && s[0] >= 'A' && s[0] <= 'T' && is_digits(s + 1, 2);
}

/* SJ, region, registrar, year and month, monthly serial: 15 characters (35号 annex 6) */
static bool is_sj(const char *s)
{
	return strlen(s) == 15 && strncmp(s, "SJ", 2) == 0 && is_digits(s + 2, 13);
}

static bool is_hash(const char *s)
{
	return strlen(s) == 64 && strspn(s, "0123456789abcdefABCDEF") == 64;
}

static bool is_division(const char *s)
{
	return strlen(s) == 6 && is_digits(s, 6);
}

static const struct {
	enum card_type type;
	bool (*is)(const char *);
	const char *en, *zh;
} forms_of_text[] = {
	{CARD_DATE, is_date, "is a date like 2026-03-16", "应为日期，如 2026-03-16"},
	{CARD_INDUSTRY, is_industry, "is a letter A to T and two digits (GB/T 4754)", "应为门类字母和两位大类代码，如 N76（GB/T 4754）"},
	{CARD_SJ, is_sj, "is SJ and 13 digits", "应为 SJ 加 13 位数字"},
	{CARD_HASH, is_hash, "is a hash of 64 hexadecimal digits", "应为 64 位十六进制哈希值"},
	{CARD_DIVISIONS, is_division, "is a list of six-digit codes (GB/T 2260)", "应为六位行政区划代码（GB/T 2260）"},
};

static enum fj_rc check_text(const struct card_field *f, const char *s, struct fj_err *err)
{
	char zh[120];

	for (size_t i = 0; i < FJ_ARRAY_LEN(forms_of_text); i++)
		if (forms_of_text[i].type == f->type && !forms_of_text[i].is(s))
			return bad(f, err, forms_of_text[i].en, forms_of_text[i].zh);
	if (f->type == CARD_ASSET_NO)
		return dom_asset_no_check(s, err);
	if (f->type == CARD_CLASS && s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.")] != '\0')
		return bad(f, err, "has capital letters, digits and dots only", "只能含大写字母、数字和点");
	for (const char *p = s; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return bad(f, err, "has no control characters", "不得含控制字符");
	if (f->max == 0 || fj_utf8_count(s) <= (size_t)f->max)
		return FJ_OK;
	snprintf(zh, sizeof(zh), "超过 %lld 个字符", (long long)f->max);
	return bad(f, err, "is longer than its field", zh);
}

static enum fj_rc one_text(const struct card_field *f, const char *s, json_t **out, struct fj_err *err)
{
	if (f->choices != NULL) {
		const struct iss_choice *k = card_choice(f, s);
		if (k == NULL)
			return bad_choice(f, err);
		s = k->code;
	}
	FJ_TRY(check_text(f, s, err));
	*out = json_string(s);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- the types --- */

static enum fj_rc whole_text(const struct card_field *f, const json_t *v, json_t **out, struct fj_err *err)
{
	if (!json_is_string(v) || strlen(json_string_value(v)) != json_string_length(v))
		return bad(f, err, "is a text", "应为文本");
	if (!iss_said(json_string_value(v)))
		return FJ_OK;
	if (f->type == CARD_CODE && strcmp(f->key, "value_basis") == 0 && card_choice(f, json_string_value(v)) == NULL)
		return iss_rule_no_appraisal_as_book_value("", true, 0, err);
	return one_text(f, json_string_value(v), out, err);
}

/* each item once, in its order; a single text is a list of one */
static enum fj_rc text_list(const struct card_field *f, const json_t *v, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) alone = json_is_string(v) ? json_pack("[O]", v) : json_incref((json_t *)(uintptr_t)v);
	FJ_AUTO(json) list = json_array();
	size_t i, octets = 0;
	json_t *item, *one;

	if (!json_is_array(alone) || json_array_size(alone) > CARD_MAX_ITEMS)
		return bad(f, err, "is a list of texts, 64 at most", "应为文本列表，至多 64 项");
	json_array_foreach(alone, i, item) {
		if (!json_is_string(item) || strlen(json_string_value(item)) != json_string_length(item))
			return bad(f, err, "is a list of texts, 64 at most", "应为文本列表，至多 64 项");
		if (!iss_said(json_string_value(item)))
			continue;
		octets += json_string_length(item);
		if (octets > CARD_MAX_LIST)
			return bad(f, err, "is longer than a cell in all", "各项合计过长，超过一个单元格的容量");
		FJ_TRY(one_text(f, json_string_value(item), &one, err));
		bool there = fj_list_has(list, json_string_value(one));
		if ((there ? (json_decref(one), 0) : json_array_append_new(list, one)) != 0)
			return fj_no_memory(err, "issuer");
	}
	if (json_array_size(list) > 0)
		*out = fj_move(list);
	return FJ_OK;
}

static enum fj_rc whole_number(const struct card_field *f, const json_t *v, json_t **out, struct fj_err *err)
{
	bool money = f->type == CARD_MONEY;

	if (!json_is_integer(v) || json_integer_value(v) < 0 || (money && json_integer_value(v) > MAX_MONEY))
		return money ? bad(f, err, "is an amount in fen, 0 or more, and no more than 1,000,000,000,000 yuan", "应为不小于 0、不超过 1 万亿元的金额（JSON 中以分为单位）")
		    : bad(f, err, "is a whole number, 0 or more", "应为不小于 0 的整数");
	*out = json_incref((json_t *)(uintptr_t)v);
	return FJ_OK;
}

static enum fj_rc one_right(const struct card_field *f, const json_t *r, json_t **out, struct fj_err *err)
{
	static const char *const keys[] = {"right", "holder", "from", "to", "limits", "evidence", NULL};
	const char *right = fj_json_peek(r, "right"), *holder = fj_json_peek(r, "holder"), *from = NULL, *to = NULL, *limits = NULL, *evidence = NULL;
	const struct iss_choice *k = right == NULL ? NULL : card_choice(f, right);

	FJ_TRY(fj_json_only(r, keys, err));
	if (k == NULL)
		return bad_choice(f, err);
	if (holder == NULL || !iss_usci_form(holder))
		return bad(f, err, "names each right's holder by its unified social credit code", "各项权利应填写权利人的统一社会信用代码");
	FJ_TRY(fj_json_opt_str(r, "from", 10, &from, err));
	FJ_TRY(fj_json_opt_str(r, "to", 10, &to, err));
	FJ_TRY(fj_json_opt_str(r, "limits", 400, &limits, err));
	FJ_TRY(fj_json_opt_str(r, "evidence", 64, &evidence, err));
	if ((from != NULL && !is_date(from)) || (to != NULL && !is_date(to)) || (from != NULL && to != NULL && strcmp(from, to) > 0))
		return bad(f, err, "has terms of dates, from not after to", "权利期限应为日期，且起不晚于止");
	if (evidence != NULL && !is_hash(evidence))
		return bad(f, err, "has evidence as a hash of 64 hexadecimal digits", "权利证明应为 64 位十六进制哈希值");
	*out = json_pack("{s:s, s:s, s:s*, s:s*, s:s*, s:s*}", "right", k->code, "holder", holder, "from", from, "to", to, "limits", limits, "evidence", evidence);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc rights_list(const struct card_field *f, const json_t *v, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	size_t i;
	json_t *r, *one = NULL;

	if (!json_is_array(v) || json_array_size(v) > CARD_MAX_ITEMS)
		return bad(f, err, "is a list of {right, holder, from, to, limits, evidence}, 64 at most", "应为权利配置列表，至多 64 项");
	json_array_foreach(v, i, r) {
		FJ_TRY(one_right(f, r, &one, err));
		if (json_array_append_new(list, one) != 0)
			return fj_no_memory(err, "issuer");
	}
	if (json_array_size(list) > 0)
		*out = fj_move(list);
	return FJ_OK;
}

enum fj_rc card_value(const struct card_field *f, const json_t *value, json_t **out, struct fj_err *err)
{
	*out = NULL;
	if (f->type == CARD_KEPT)
		return bad(f, err, "is kept by the register; leave it out", "由系统自动记录，请勿填写");
	if (value == NULL || json_is_null(value))
		return FJ_OK;
	switch (f->type) {
	case CARD_BOOL:
		if (!json_is_boolean(value))
			return bad(f, err, "is true or false", "应为“是”或“否”");
		*out = json_boolean(json_is_true(value));
		return FJ_OK;
	case CARD_COUNT:
	case CARD_MONEY:
		return whole_number(f, value, out, err);
	case CARD_CODES:
	case CARD_TEXTS:
	case CARD_DIVISIONS:
		return text_list(f, value, out, err);
	case CARD_RIGHTS:
		return rights_list(f, value, out, err);
	default:
		return whole_text(f, value, out, err);
	}
}

/* --- the whole card --- */

static enum fj_rc take_block(const char *block, const json_t *in, json_t *out, const struct card_field **at, struct fj_err *err)
{
	const char *key;
	json_t *v, *one;

	json_object_foreach((json_t *)(uintptr_t)in, key, v) {
		*at = card_field(block, key);
		if (*at == NULL) {
			enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 4.3", "a card has no member %.20s.%.*s; `asset fields` lists them", block, CARD_SAID(key));
			fj_err_zh(err, "资产卡片没有“%.20s.%.*s”这一项", block, CARD_SAID(key));
			return rc;
		}
		FJ_TRY(card_value(*at, v, &one, err));
		if (one != NULL && fj_json_set(out, key, one) != FJ_OK)
			return fj_no_memory(err, "issuer");
	}
	*at = NULL;
	return FJ_OK;
}

static enum fj_rc in_order(const json_t *card, const char *from, const char *to, const struct card_field **at, struct fj_err *err)
{
	const char *a = dom_card_text(card, "basic", from), *b = dom_card_text(card, "basic", to);

	if (a[0] == '\0' || b[0] == '\0' || strcmp(a, b) <= 0)
		return FJ_OK;
	*at = card_field("basic", to);
	return bad(*at, err, "is not before the date where it begins", "不得早于起始日期");
}

static enum fj_rc not_both(const json_t *card, const char *key, const char *prohibited, const struct card_field **at, struct fj_err *err)
{
	if (!json_is_true(json_object_get(json_object_get(card, "use"), key)) ||
	    !fj_list_has(json_object_get(json_object_get(card, "rights"), "restrictions"), prohibited))
		return FJ_OK;
	*at = card_field("use", key);
	return bad(*at, err, "is allowed here and prohibited in rights.restrictions", "与“禁止事项”矛盾");
}

static enum fj_rc whole(const json_t *card, const struct card_field **at, struct fj_err *err)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(table); i++)
		if ((table[i].need & CARDING) && card_get(card, &table[i]) == NULL) {
			*at = &table[i];
			return bad(*at, err, "is required", "为必填项");
		}
	FJ_TRY(in_order(card, "time_from", "time_to", at, err));
	FJ_TRY(not_both(card, "resale", "noResale", at, err));
	FJ_TRY(not_both(card, "export", "noExport", at, err));
	if (!json_is_true(json_object_get(json_object_get(card, "rights"), "public_data")) || dom_card_text(card, "rights", "public_data_basis")[0] != '\0')
		return FJ_OK;
	*at = card_field("rights", "public_data_basis");
	return card_err_at(err, fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md decision 3", "rights.public_data_basis: a card that says public data names the legal basis",
	    "“公共数据”为“是”的，应填写“公共数据依据”"), *at);
}

/* something in the block is needed of every card */
static bool block_needed(const char *block)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(table); i++)
		if (strcmp(table[i].block, block) == 0 && (table[i].need & CARDING))
			return true;
	return false;
}

enum fj_rc iss_card_text_check(const char *block, const char *key, const char *text, struct fj_err *err)
{
	const struct card_field *f = card_field(block, key);

	return f == NULL || f->choices != NULL || !iss_said(text) ? FJ_OK : check_text(f, text, err);
}

enum fj_rc card_normalise(const json_t *card, json_t **out, const struct card_field **at, struct fj_err *err)
{
	const struct card_field *unused;
	FJ_AUTO(json) made = json_object();

	if (at == NULL)
		at = &unused;
	*at = NULL;
	FJ_TRY(fj_json_only(card, blocks, err));
	for (const char *const *b = blocks; *b != NULL; b++) {
		json_t *in, *to = json_object();
		FJ_TRY(fj_json_set(made, *b, to));
		if (json_object_get(card, *b) == NULL && !block_needed(*b))
			continue;
		FJ_TRY(fj_json_obj(card, *b, &in, err));
		FJ_TRY(take_block(*b, in, to, at, err));
	}
	FJ_TRY(whole(made, at, err));
	*out = fj_move(made);
	return FJ_OK;
}

json_t *card_missing(const json_t *card, unsigned need)
{
	json_t *list = json_array();

	for (size_t i = 0; i < FJ_ARRAY_LEN(table); i++)
		if ((table[i].need & need) && card_get(card, &table[i]) == NULL) {
			char name[64];
			snprintf(name, sizeof(name), "%s.%s", table[i].block, table[i].key);
			json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "field", name, "zh", table[i].zh, "en", table[i].en, "source", table[i].source));
		}
	return list;
}

/* --- the dictionary as an answer --- */

static json_t *choices_json(const struct card_field *f)
{
	json_t *list = json_array();

	for (const struct iss_choice *k = f->choices; k != NULL && k->code != NULL; k++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "code", k->code, "zh", k->zh, "en", k->en));
	return list;
}

enum fj_rc cmd_asset_fields(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) items = json_array();

	for (size_t i = 0; i < FJ_ARRAY_LEN(table); i++) {
		const struct card_field *f = &table[i];
		json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:b, s:b, s:b, s:s, s:o}", "block", f->block, "key", f->key, "zh", f->zh, "en", f->en,
		    "type", card_type_name(f->type), "max", (json_int_t)f->max, "carding", (f->need & CARDING) != 0, "path26", (f->need & PATH26) != 0,
		    "certificate", (f->need & CERT) != 0, "source", f->source, "choices", choices_json(f)));
	}
	return dom_list_answer(c, items, "key", INT64_MAX, err);
}
