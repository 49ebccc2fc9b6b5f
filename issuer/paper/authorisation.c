/*
 * authorisation.c - 授权凭证 on paper: what an authorisation says, on one or two A4
 * pages to be signed and sealed (the renderers of issuer/report).
 *
 * Of one day and one version, with the signed credential's SHA-256, the address and code
 * where the present state stands, and the sentence that the register prevails.  A
 * print of what is no longer in force bears its state across the page, and so does what a
 * demo made.  Every text in it is somebody's and is drawn as text.
 */
#include "issuer/agreement.h"
#include "issuer/find.h"
#include "issuer/paper/paper.h"

#define MAX_LIST (1u << 19) /* octets of a list in one text */
#define ROW_OCTETS 1500

/* --- the page --- */

struct sheet_of {
	struct iss_call *c;
	const struct ppr_subject *subject;
	const struct ppr_copy *copy;
	const struct dom_auth *a;
	struct dom_cert lost; /* the certificate that is not in force; number "" none */
	char finance[DOM_CAP(DOM_MAX_NAME)];
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

static void party_row(json_t *rows, const char *zh, const char *en, const json_t *party)
{
	char text[DOM_CAP(DOM_MAX_NAME) + 40];

	snprintf(text, sizeof(text), "%.480s（%.18s）", fj_json_text(party, "name"), fj_json_text(party, "usci"));
	row(rows, zh, en, text);
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
	FJ_TRY(fj_strcopy(s->finance, sizeof(s->finance), finance.name));
	FJ_AUTO(json) issuing = json_pack("{s:s, s:s}", "usci", finance.usci, "name", finance.name);
	rows = json_array();
	snprintf(text, sizeof(text), "%.40s　第 %lld 版 version %lld", s->a->number, (long long)fj_json_num(b, "version"), (long long)fj_json_num(b, "version"));
	row(rows, "授权编号和版本", "Number and version", text);
	party_row(rows, "授权方（实施机构）", "Authoriser", json_object_get(b, "implementer"));
	party_row(rows, "被授权方（运营机构）", "Operator", json_object_get(b, "operator"));
	party_row(rows, "数据资产持有单位", "Holder of the data assets", json_object_get(b, "holder"));
	party_row(rows, "发证财政部门", "Issuing finance department", issuing);
	ppr_section(sections, "一、当事方 Parties", json_pack("[o]", items_table(rows)));
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
	ppr_section(sections, "二、数据资产 Data assets", json_pack("[o]", table(json_pack("[o, o, o, o]", column("序号 No.", 1), column("数据资产证书 Certificate", 5), column("资产编号 Asset number", 4),
	    column("资产名称 Name", 5)), rows)));
	return rc;
}

/* mode, domains and scenarios */
static enum fj_rc width(const json_t *grant, struct fj_buf *out)
{
	FJ_TRY(fj_buf_printf(out, "%s；领域 Domains: ", ppr_word(fj_json_text(grant, "mode"))));
	FJ_TRY(ppr_joined(json_object_get(grant, "domains"), false, "未指定 not named", out));
	FJ_TRY(fj_buf_puts(out, "；场景 Scenarios: "));
	return ppr_joined(json_object_get(grant, "scenarios"), false, "未指定 not named", out);
}

static enum fj_rc scope(struct sheet_of *s, json_t *rows, struct fj_err *err)
{
	static const struct {
		const char *key, *zh, *en;
		bool codes;
	} lists[] = {{"rights", "权利", "Rights", true}, {"purposes", "用途", "Purposes", true}, {"actions", "行为", "Actions", true}, {"environment", "环境", "Environment", false}};
	FJ_AUTO(buf) text = FJ_BUF_INIT(MAX_LIST);
	const json_t *g = json_object_get(s->a->body, "grant");
	char limits[400], term[200];

	FJ_TRY(width(g, &text));
	row(rows, "方式和范围", "Mode and scope", fj_buf_str(&text));
	for (size_t i = 0; i < FJ_ARRAY_LEN(lists); i++) {
		fj_buf_clear(&text);
		FJ_TRY(ppr_joined(json_object_get(g, lists[i].key), lists[i].codes, "不限 any", &text));
		row(rows, lists[i].zh, lists[i].en, fj_buf_str(&text));
	}
	fj_buf_clear(&text);
	FJ_TRY(ppr_territory(s->c->db, json_object_get(g, "territory"), &text, err));
	row(rows, "地域", "Territory", fj_buf_str(&text));
	ppr_limits(g, limits);
	row(rows, "限制", "Limits", limits);
	ppr_term(s->a->not_before, s->a->not_after, term);
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
	FJ_TRY(fj_buf_printf(&text, "%s；", ppr_word(fj_json_text(json_object_get(s->a->body, "terms"), "kind"))));
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

static void state_of(struct sheet_of *s, json_t *sections)
{
	char text[240], url[260];
	json_t *rows = json_array();

	ppr_state_text(s->c, s->subject, s->copy, s->lost.number, text);
	row(rows, "状态", "State", text);
	row(rows, "签名凭证摘要（SHA-256）", "Digest of the signed credential", s->a->sha256[0] != '\0' ? s->a->sha256 : "—");
	ppr_address(s->c, s->subject, s->copy, false, url);
	row(rows, "核验地址", "Verify at", url);
	ppr_section(sections, "四、状态和核验 State and verification", json_pack("[o, o]", items_table(rows), ppr_notes(s->copy, "")));
}

static void sign_here(struct sheet_of *s, json_t *sections)
{
	static const char blank[] = "签字 Signature：\n\n　　　年　　月　　日";
	const json_t *b = s->a->body;
	char url[260];

	ppr_address(s->c, s->subject, s->copy, true, url); /* the page compares: what was printed of an older version says so itself */
	ppr_section(sections, "五、落款和盖章 Signatures and seals", json_pack("[{s:[{s:s, s:s, s:s}, {s:s, s:s, s:s}, {s:s, s:s, s:s}], s:s, s:s}]", "seals", "role", "授权方（盖章）\nAuthoriser (seal)", "who",
	    fj_json_text(json_object_get(b, "implementer"), "name"), "on", blank, "role", "被授权方（盖章）\nOperator (seal)", "who", fj_json_text(json_object_get(b, "operator"), "name"), "on", blank, "role",
	    "发证财政部门（盖章）\nIssuing finance department (seal)", "who", s->finance, "on", blank, "note", "扫码查验当前状态，以登记簿为准。\nScan for the present state; the register prevails.", "qr", url));
}

static enum fj_rc parts_of(struct sheet_of *s, json_t *sections, struct fj_err *err)
{
	FJ_AUTO(json) rows = json_array();

	FJ_TRY(who(s, sections, err));
	FJ_TRY(assets(s, sections, err));
	FJ_TRY(scope(s, rows, err));
	FJ_TRY(revenue(s, rows, err));
	ppr_section(sections, "三、授权内容 What is authorised", json_pack("[o]", items_table(json_incref(rows))));
	state_of(s, sections);
	sign_here(s, sections);
	return FJ_OK;
}

/* a credential is worth what every verifier says of it: nothing before its day, or without a certificate (R01) */
enum fj_rc ppr_authorisation_state(struct iss_call *c, const struct dom_auth *a, struct dom_cert *lost, const char **state, struct fj_err *err)
{
	struct dom_cert none;

	*state = fnd_state(a->state, a->not_after, c->now);
	memset(&none, 0, sizeof(none));
	if (lost != NULL)
		*lost = none;
	if (strcmp(*state, "ACTIVE") != 0)
		return FJ_OK;
	FJ_TRY(dom_auth_lost(c, a, &none, err));
	if (lost != NULL)
		*lost = none;
	*state = none.number[0] != '\0' ? "UNCERTIFIED" : c->now < a->not_before ? "NOT_BEGUN" : *state;
	return FJ_OK;
}

enum fj_rc ppr_authorisation(struct iss_call *c, const struct ppr_subject *subject, const struct ppr_copy *copy, json_t **model, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	FJ_AUTO(json) sections = json_array();
	struct sheet_of s = {.c = c, .subject = subject, .copy = copy, .a = &a};
	const char *state;

	FJ_TRY(dom_auth_get(c->db, subject->number, &a, err));
	FJ_TRY(ppr_authorisation_state(c, &a, &s.lost, &state, err));
	FJ_TRY(parts_of(&s, sections, err));
	return ppr_finish(c, subject, copy, "数据资产授权运营凭证", "Data Asset Authorisation Credential", s.finance, json_incref(sections), model, err);
}
