/*
 * authorisation_print.c - 授权凭证 on paper: what an authorisation says, on one or two A4
 * pages to be signed and sealed (the renderers of issuer/report).
 *
 * Paper can't be revoked, so it says what it is: a print of one day, of one version,
 * with the signed credential's SHA-256, the address and code where the present state
 * stands, and the sentence that the register prevails.  What is no longer in force bears
 * its state across the page, and so does what a demo made.  Every text in it is
 * somebody's and is drawn as text.
 */
#include "ca/ca.h"
#include "issuer/agreement.h"
#include "issuer/domain.h"
#include "issuer/find.h"
#include "issuer/report/report.h"

#define MAX_LIST (1u << 19) /* octets of a list in one text */
#define ROW_OCTETS 1500

static const char *const formats[] = {"pdf", "html", NULL};
const struct iss_field fld_authorisation_print[] = {
	{"number", ISS_F_STR, true, 40, "编号", "number"},
	{"format", ISS_F_STR, false, 4, "格式", "format, pdf by default", formats, "domain.md decision 9"},
	{0},
};

/* --- words --- */

static const struct {
	const char *code, *text;
} words[] = {
	{"WHOLE", "整体授权 Whole"}, {"DOMAIN", "分领域授权 By domain"}, {"SCENE", "依场景授权 By scenario"},
	{"USE", "数据使用权 Right to use data"}, {"OPER", "数据经营权 Right to operate data"},
	{"PUBGOV", "公共治理 Public governance"}, {"WELFARE", "公益事业 Public welfare"}, {"INDUSTRY", "产业发展 Industry"}, {"SECTOR", "行业发展 Sector"},
	{"QUERY", "查询 Query"}, {"VERIFY", "核验 Verification"}, {"MODEL_CALL", "模型调用 Model calls"}, {"DOWNLOAD_PRODUCT", "下载产品 Download of products"},
	{"REDEVELOP", "再开发 Re-development"}, {"CALLS", "次调用 calls"}, {"ROWS", "行 rows"},
	{"PENDING", "待签发 Pending"}, {"ACTIVE", "有效 In force"}, {"SUSPENDED", "已暂停 Suspended"}, {"ENDING", "已暂停（收回待确认）Suspended, ending"}, {"EXPIRED", "已到期 Expired"},
	{"RECLAIMED", "已收回 Reclaimed"}, {"TERMINATED", "已退出 Surrendered"}, {"ABANDONED", "未签发 Not issued"},
	{"NOT_BEGUN", "尚未生效 Not begun"}, {"UNCERTIFIED", "数据资产证书无效 Certificate not in force"},
	{"free", "有条件无偿 Free, on conditions"}, {"paid", "有条件有偿 Paid, on conditions"},
};

static const char *word(const char *code)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(words); i++)
		if (strcmp(words[i].code, code) == 0)
			return words[i].text;
	return code;
}

/* --- the page --- */

struct sheet_of {
	struct iss_call *c;
	const struct dom_auth *a;
	const char *state;   /* the authorisation's, or what keeps an active one from being used */
	struct dom_cert lost; /* UNCERTIFIED: of this asset */
};

/* where a text of more than ROW_OCTETS is cut: behind an entry of its list, which is shorter */
static size_t cut(const char *text)
{
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, "；")) != NULL; at += 3) {
		if ((size_t)(at - text) > ROW_OCTETS)
			return n > 0 ? n : (size_t)(at - text) + 3;
		n = (size_t)(at - text) + 3;
	}
	return strlen(text) > ROW_OCTETS && n > 0 ? n : strlen(text);
}

/* a row is never higher than a page, which would cut it: a long list goes on in the next */
static void row(json_t *rows, const char *zh, const char *en, const char *text)
{
	char label[120];

	for (bool first = true; first || *text != '\0'; first = false) {
		size_t n = cut(text);
		snprintf(label, sizeof(label), "%s%s\n%s", zh, first ? "" : "（续）", en);
		json_array_append_new(rows, json_pack("[s, s%]", label, text, n));
		text += n;
	}
}

static json_t *column(const char *name, int width)
{
	return json_pack("{s:s, s:s, s:i}", "title", name, "type", "text", "width", width);
}

static json_t *table(json_t *columns, json_t *rows)
{
	return json_pack("{s:{s:o, s:o}}", "table", "columns", columns, "rows", rows);
}

static json_t *items_table(json_t *rows)
{
	return table(json_pack("[o, o]", column("项目 Item", 4), column("内容 Content", 11)), rows);
}

static void section(json_t *sections, const char *heading, json_t *blocks)
{
	json_array_append_new(sections, json_pack("{s:s, s:o}", "heading", heading, "blocks", blocks));
}

/* codes (as words) or texts of a list in one line, appended; `none` when it is empty */
static enum fj_rc joined(const json_t *list, bool codes, const char *none, struct fj_buf *out)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v) {
		FJ_TRY(fj_buf_puts(out, i > 0 ? "；" : ""));
		FJ_TRY(fj_buf_puts(out, codes ? word(json_string_value(v)) : json_string_value(v)));
	}
	return json_array_size(list) > 0 ? FJ_OK : fj_buf_puts(out, none);
}

static void party_row(json_t *rows, const char *zh, const char *en, const json_t *party)
{
	char text[DOM_CAP(DOM_MAX_NAME) + 40];

	snprintf(text, sizeof(text), "%.480s（%.18s）", fj_json_text(party, "name"), fj_json_text(party, "usci"));
	row(rows, zh, en, text);
}

static enum fj_rc territory(struct sheet_of *s, const json_t *list, struct fj_buf *out, struct fj_err *err)
{
	size_t i;
	json_t *v;

	fj_buf_clear(out);
	json_array_foreach(list, i, v) {
		FJ_AUTO(sto_q) q = {0};
		bool known;
		FJ_TRY(sto_query(s->c->db, STO_DIVISION_GET, &q, err, "t", json_string_value(v)));
		FJ_TRY(sto_step(&q, &known, err));
		FJ_TRY(fj_buf_printf(out, "%s%s %s", i > 0 ? "；" : "", json_string_value(v), strcmp(json_string_value(v), "100000") == 0 ? "全国 Nationwide" : known ? sto_text(&q, 0) : ""));
	}
	return FJ_OK;
}

/* --- its parts --- */

static enum fj_rc who(struct sheet_of *s, json_t *sections, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	FJ_AUTO(dom_org) finance = {.affiliates = NULL};
	const json_t *b = s->a->body;
	json_t *rows;
	char text[120];

	FJ_TRY(dom_org_get(s->c->db, s->a->holder, &holder, err));
	FJ_TRY(dom_org_get(s->c->db, holder.finance, &finance, err));
	FJ_AUTO(json) issuing = json_pack("{s:s, s:s}", "usci", finance.usci, "name", finance.name);
	rows = json_array();
	snprintf(text, sizeof(text), "%.40s　第 %lld 版 version %lld", s->a->number, (long long)fj_json_num(b, "version"), (long long)fj_json_num(b, "version"));
	row(rows, "授权编号和版本", "Number and version", text);
	party_row(rows, "授权方（实施机构）", "Authoriser", json_object_get(b, "implementer"));
	party_row(rows, "被授权方（运营机构）", "Operator", json_object_get(b, "operator"));
	party_row(rows, "数据资产持有单位", "Holder of the data assets", json_object_get(b, "holder"));
	party_row(rows, "发证财政部门", "Issuing finance department", issuing);
	section(sections, "一、当事方 Parties", json_pack("[o]", items_table(rows)));
	return FJ_OK;
}

static enum fj_rc assets(struct sheet_of *s, json_t *sections, struct fj_err *err)
{
	json_t *rows = json_array(), *v;
	size_t i;
	enum fj_rc rc = FJ_OK;

	json_array_foreach(json_object_get(s->a->body, "assets"), i, v) {
		struct dom_cert t;
		char n[24];
		rc = dom_cert_get(s->c->db, fj_json_text(v, "certificate"), &t, err);
		if (rc != FJ_OK)
			break;
		snprintf(n, sizeof(n), "%zu", i + 1);
		json_array_append_new(rows, json_pack("[s, s, s, s]", n, t.number, t.asset_no, t.asset_name));
	}
	section(sections, "二、数据资产 Data assets", json_pack("[o]", table(json_pack("[o, o, o, o]", column("序号 No.", 1), column("数据资产证书 Certificate", 5), column("资产编号 Asset number", 4),
	    column("资产名称 Name", 5)), rows)));
	return rc;
}

static void limit_row(json_t *rows, const json_t *grant)
{
	const json_t *quota = json_object_get(grant, "quota");
	char text[400], most[64] = "不限数量 no quota";

	if (json_is_object(quota))
		snprintf(most, sizeof(most), "不超过 at most %lld %s", (long long)fj_json_num(quota, "limit"), word(fj_json_text(quota, "unit")));
	snprintf(text, sizeof(text), "%s；%s；不得用于质押等担保，不得转售、出境提供或交付原始数据 No collateral, resale, export or delivery of raw data", most,
	    fj_json_num(grant, "depth") == 0 ? "不得转授权 no sub-authorisation" : "可转授权 sub-authorisation allowed");
	row(rows, "限制", "Limits", text);
}

/* mode, domains and scenarios */
static enum fj_rc width(const json_t *grant, struct fj_buf *out)
{
	FJ_TRY(fj_buf_printf(out, "%s；领域 Domains: ", word(fj_json_text(grant, "mode"))));
	FJ_TRY(joined(json_object_get(grant, "domains"), false, "未指定 not named", out));
	FJ_TRY(fj_buf_puts(out, "；场景 Scenarios: "));
	return joined(json_object_get(grant, "scenarios"), false, "未指定 not named", out);
}

static enum fj_rc scope(struct sheet_of *s, json_t *rows, struct fj_err *err)
{
	static const struct {
		const char *key, *zh, *en;
		bool codes;
	} lists[] = {{"rights", "权利", "Rights", true}, {"purposes", "用途", "Purposes", true}, {"actions", "行为", "Actions", true}, {"environment", "环境", "Environment", false}};
	FJ_AUTO(buf) text = FJ_BUF_INIT(MAX_LIST);
	const json_t *g = json_object_get(s->a->body, "grant");
	char from[FJ_TIME_CAP], to[FJ_TIME_CAP], term[200];

	FJ_TRY(width(g, &text));
	row(rows, "方式和范围", "Mode and scope", fj_buf_str(&text));
	for (size_t i = 0; i < FJ_ARRAY_LEN(lists); i++) {
		fj_buf_clear(&text);
		FJ_TRY(joined(json_object_get(g, lists[i].key), lists[i].codes, "不限 any", &text));
		row(rows, lists[i].zh, lists[i].en, fj_buf_str(&text));
	}
	FJ_TRY(territory(s, json_object_get(g, "territory"), &text, err));
	row(rows, "地域", "Territory", fj_buf_str(&text));
	limit_row(rows, g);
	fj_date_china(s->a->not_before, from);
	fj_date_china(s->a->not_after, to);
	snprintf(term, sizeof(term), "%s 至 %s（含首末日 first and last day included）", from, to);
	row(rows, "期限", "Term", term);
	return FJ_OK;
}

/* shares of the agreement, or that there is none */
static enum fj_rc revenue(struct sheet_of *s, json_t *rows, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(MAX_LIST);
	FJ_AUTO(json) agreement = NULL;
	size_t i;
	json_t *v;

	enum fj_rc rc = dom_agreement_get(s->c->db, s->a->number, &agreement, err);
	if (rc != FJ_OK && rc != FJ_E_NOTFOUND)
		return rc;
	const json_t *income = json_object_get(agreement, "income");
	FJ_TRY(fj_buf_printf(&text, "%s；", word(fj_json_text(json_object_get(s->a->body, "terms"), "kind"))));
	if (income == NULL)
		FJ_TRY(fj_buf_puts(&text, "无授权运营协议所定分配比例 no shares are agreed"));
	json_array_foreach(json_object_get(income, "shares"), i, v) {
		int64_t bp = fj_json_num(v, "bp");
		FJ_TRY(fj_buf_printf(&text, "%s%s（%s）%lld.%02lld%%", i > 0 ? "；" : "按授权运营协议分配 By the agreement: ", fj_json_text(v, "name"), fj_json_text(v, "role"), (long long)(bp / 100),
		    (long long)(bp % 100)));
	}
	row(rows, "收益依据", "Revenue basis", fj_buf_str(&text));
	return FJ_OK;
}

static enum fj_rc state_of(struct sheet_of *s, json_t *sections, struct fj_err *err)
{
	static const char note[] = "本件为授权凭证的打印件，授权的内容、版本和状态以登记系统为准；扫码或访问核验地址可查询当前状态。\n"
				   "This is a print of the authorisation credential. The register prevails; the code leads to the present state.";
	char now[FJ_TIME_CAP], text[240], url[260];
	json_t *rows = json_array();

	(void)err;
	fj_time_china(s->c->now, now);
	snprintf(text, sizeof(text), "%.120s%s%.40s（打印时 as printed: %s）", word(s->state), s->lost.number[0] != '\0' ? " " : "", s->lost.number, now);
	row(rows, "状态", "State", text);
	row(rows, "签名凭证摘要（SHA-256）", "Digest of the signed credential", s->a->sha256[0] != '\0' ? s->a->sha256 : "—");
	snprintf(url, sizeof(url), "%.160s/v/%.40s", iss_base(s->c->iss), s->a->number);
	row(rows, "核验地址", "Verify at", url);
	if (s->a->sha256[0] != '\0') /* the page compares: what was printed of an older version says so itself */
		snprintf(url + strlen(url), sizeof(url) - strlen(url), "?h=%.16s", s->a->sha256);
	section(sections, "四、状态和核验 State and verification", json_pack("[o, {s:s, s:s}]", items_table(rows), "note", note, "qr", url));
	return FJ_OK;
}

static void sign_here(json_t *sections)
{
	static const char blank[] = "\n\n\n\n签字 Signature：\n\n日期 Date：      年    月    日";

	section(sections, "五、落款和盖章 Signatures and seals", json_pack("[o]", table(json_pack("[o, o, o]", column("授权方（盖章）\nAuthoriser (seal)", 1), column("被授权方（盖章）\nOperator (seal)", 1),
	    column("发证财政部门（盖章）\nIssuing finance department (seal)", 1)), json_pack("[[s, s, s]]", blank, blank, blank))));
}

/* over the page: that it is not in force, that its register is a demo's */
static enum fj_rc set_mark(const struct sheet_of *s, json_t *model)
{
	bool demo = iss_ca_home(s->c->iss)->demo, live = strcmp(s->state, "ACTIVE") == 0;
	char text[80];

	if (live && !demo)
		return FJ_OK;
	snprintf(text, sizeof(text), "%s%s%.60s", demo ? "演示 DEMO" : "", demo && !live ? "\n" : "", live ? "" : word(s->state));
	return fj_json_set(model, "mark", json_string(text));
}

static enum fj_rc model_of(struct sheet_of *s, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) sections = json_array();
	json_t *rows = json_array();
	enum fj_rc rc = who(s, sections, err);

	if (rc == FJ_OK)
		rc = assets(s, sections, err);
	if (rc == FJ_OK)
		rc = scope(s, rows, err);
	if (rc == FJ_OK)
		rc = revenue(s, rows, err);
	section(sections, "三、授权内容 What is authorised", json_pack("[o]", items_table(rows)));
	FJ_TRY(rc);
	FJ_TRY(state_of(s, sections, err));
	sign_here(sections);
	*out = json_pack("{s:s, s:s, s:[], s:O}", "title", "数据资产授权运营凭证", "subtitle", "Data Asset Authorisation Credential", "meta", "sections", sections);
	if (*out == NULL)
		return fj_no_memory(err, "issuer");
	return set_mark(s, *out);
}

/* a credential is worth what every verifier says of it: nothing before its day, or without a certificate (R01) */
static enum fj_rc find_state(struct sheet_of *s, struct fj_err *err)
{
	s->state = fnd_state(s->a->state, s->a->not_after, s->c->now);
	if (strcmp(s->state, "ACTIVE") != 0)
		return FJ_OK;
	FJ_TRY(dom_auth_lost(s->c, s->a, &s->lost, err));
	s->state = s->lost.number[0] != '\0' ? "UNCERTIFIED" : s->c->now < s->a->not_before ? "NOT_BEGUN" : "ACTIVE";
	return FJ_OK;
}

enum fj_rc cmd_authorisation_print(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	FJ_AUTO(json) model = NULL;
	FJ_AUTO(buf) file = FJ_BUF_INIT(REP_MAX_FILE);
	struct sheet_of s = {.c = c, .a = &a};
	const char *format = fj_json_peek(c->params, "format"), *number = fj_json_text(c->params, "number");
	enum rep_format f;
	char name[80];

	FJ_TRY(num_check(number, err));
	FJ_TRY(dom_auth_get(c->db, number, &a, err));
	FJ_TRY(find_state(&s, err));
	FJ_TRY(model_of(&s, &model, err));
	FJ_TRY(rep_format(format != NULL ? format : "pdf", &f, err));
	FJ_TRY(rep_write(model, f, &file, err));
	snprintf(name, sizeof(name), "%.40s-%lld.%s", a.number, (long long)fj_json_num(a.body, "version"), rep_name(f));
	return fnd_file(c, name, rep_type(f), &file, err);
}
