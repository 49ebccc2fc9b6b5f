/*
 * verdict_page.c - a verdict for people: the word and its reason in one sentence,
 * what the credential says, every check with outcome, reason and clause, and what
 * nobody checked.  Colour is never the only sign.  And the form that asks for one.
 */
#include "web/http/http.h"

static const char *in_words(struct web_req *q, const json_t *text)
{
	return web_lang(q)[0] == 'e' || fj_json_text(text, "zh")[0] == '\0' ? fj_json_text(text, "en") : fj_json_text(text, "zh");
}

static bool outcome_is(const json_t *check, const char *outcome)
{
	return strcmp(fj_json_text(check, "outcome"), outcome) == 0;
}

/* the first check that decided it: for deny a failure, else what is unknown */
static const json_t *decisive(const json_t *verdict)
{
	const char *outcome = strcmp(fj_json_text(verdict, "verdict"), "deny") == 0 ? "fail" : "unknown";
	const json_t *c;
	size_t i;

	json_array_foreach(json_object_get(verdict, "checks"), i, c)
		if (outcome_is(c, outcome))
			return c;
	return NULL;
}

static void headline(struct web_req *q, struct fj_buf *b, const json_t *verdict)
{
	const char *word = fj_json_text(verdict, "verdict");
	const json_t *why = strcmp(word, "permit") == 0 ? NULL : decisive(verdict);

	web_html(b, "<div class=\"verdict ");
	web_text(b, word);
	web_html(b, "\" role=\"status\"><p>");
	if (strcmp(word, "permit") == 0)
		web_both(q, b, "✔ 有效（permit）", "✔ Valid (permit)");
	else if (strcmp(word, "deny") == 0)
		web_both(q, b, "✘ 不予认可（deny）", "✘ Not valid (deny)");
	else
		web_both(q, b, "？ 无法判定（indeterminate）", "? Can't be decided (indeterminate)");
	web_html(b, "</p>");
	if (why != NULL) {
		web_html(b, "<p class=\"why\">");
		web_text(b, web_word(q, WEB_CHECK, fj_json_text(why, "name")));
		web_both(q, b, "：", ": ");
		web_text(b, in_words(q, json_object_get(why, "text")));
		web_html(b, "</p>");
	}
	web_html(b, "</div>");
}

static void subject(struct web_req *q, struct fj_buf *b, const json_t *verdict)
{
	FJ_AUTO(json) s = json_copy(json_object_get(verdict, "subject"));

	if (json_object_size(s) == 0)
		return;
	if (strcmp(fj_json_text(verdict, "kind"), "token") == 0) { /* who holds a license uses data; who holds an asset is another */
		json_object_set(s, "user", json_object_get(s, "holder"));
		json_object_del(s, "holder");
	}
	web_html(b, "<h2>");
	web_both(q, b, "凭证内容：", "What it says: ");
	web_text(b, web_word(q, WEB_CREDENTIAL, fj_json_text(verdict, "kind")));
	web_html(b, "</h2>");
	web_fields(q, b, s, NULL);
	web_technical(q, b, s);
}

static void cell(struct web_req *q, struct fj_buf *b, const char *zh, const char *en, const char *text)
{
	web_html(b, "<td data-label=\"");
	web_both(q, b, zh, en);
	web_html(b, "\">");
	web_text(b, text);
	web_html(b, "</td>");
}

static void check_row(struct web_req *q, struct fj_buf *b, const json_t *c)
{
	const char *o = fj_json_text(c, "outcome");
	bool matters = outcome_is(c, "fail") || outcome_is(c, "unknown");

	web_html(b, "<tr>");
	cell(q, b, "核验项", "Check", web_word(q, WEB_CHECK, fj_json_text(c, "name")));
	web_html(b, matters ? outcome_is(c, "fail") ? "<td class=\"fail\" data-label=\"" : "<td class=\"unknown\" data-label=\""
	    : outcome_is(c, "pass") ? "<td class=\"pass\" data-label=\"" : "<td data-label=\"");
	web_both(q, b, "结果", "Outcome");
	web_html(b, "\">");
	web_text(b, web_word(q, WEB_OUTCOME, o));
	web_html(b, "</td><td data-label=\"");
	web_both(q, b, "说明", "Explanation");
	web_html(b, "\">");
	web_text(b, in_words(q, json_object_get(c, "text")));
	if (matters && fj_json_text(c, "evidence")[0] != '\0') {
		web_html(b, " <span class=\"mono small\">");
		web_text_times(b, fj_json_text(c, "evidence"));
		web_html(b, "</span>");
	}
	web_html(b, "</td>");
	cell(q, b, "条款", "Clause", fj_json_text(c, "clause"));
	web_html(b, "</tr>");
}

static void checks_with(struct web_req *q, struct fj_buf *b, const json_t *verdict, const char *const *outcomes)
{
	const json_t *c;
	size_t i;

	for (; *outcomes != NULL; outcomes++)
		json_array_foreach(json_object_get(verdict, "checks"), i, c)
			if (outcome_is(c, *outcomes))
				check_row(q, b, c);
}

static void table(struct web_req *q, struct fj_buf *b, const json_t *verdict, const char *const *outcomes)
{
	static const char *const heads[][2] = {{"核验项", "Check"}, {"结果", "Outcome"}, {"说明", "Explanation"}, {"条款", "Clause"}};

	web_html(b, "<table><thead><tr>");
	for (size_t i = 0; i < FJ_ARRAY_LEN(heads); i++) {
		web_html(b, "<th scope=\"col\">");
		web_both(q, b, heads[i][0], heads[i][1]);
		web_html(b, "</th>");
	}
	web_html(b, "</tr></thead><tbody>");
	checks_with(q, b, verdict, outcomes);
	web_html(b, "</tbody></table>");
}

static void checks(struct web_req *q, struct fj_buf *b, const json_t *verdict)
{
	static const char *const matter[] = {"fail", "unknown", "pass", NULL}, *const rest[] = {"not requested", "not applicable", NULL};
	/* once something failed, what is unknown was mostly not reached any more */
	static const char *const reached[] = {"fail", "pass", NULL}, *const others[] = {"unknown", "not requested", "not applicable", NULL};
	bool deny = strcmp(fj_json_text(verdict, "verdict"), "deny") == 0;

	web_html(b, "<h2>");
	web_both(q, b, "核验项", "Checks");
	web_html(b, "</h2>");
	table(q, b, verdict, deny ? reached : matter);
	web_html(b, "<details><summary>");
	web_both(q, b, "其他核验项", "Other checks");
	web_html(b, "</summary>");
	table(q, b, verdict, deny ? others : rest);
	web_html(b, "</details>");
}

/* entries are written "English / 中文" */
static void not_checked(struct web_req *q, struct fj_buf *b, const json_t *verdict)
{
	const json_t *v;
	size_t i;

	web_html(b, "<h2>");
	web_both(q, b, "本次核验不包括", "What this does not tell");
	web_html(b, "</h2><ul>");
	json_array_foreach(json_object_get(verdict, "not_checked"), i, v) {
		const char *s = json_string_value(v), *zh = s == NULL ? NULL : strstr(s, " / ");
		if (s == NULL)
			continue;
		FJ_AUTO(str) en = fj_strndup(s, zh == NULL ? strlen(s) : (size_t)(zh - s));
		web_html(b, "<li>");
		web_text(b, web_lang(q)[0] == 'e' || zh == NULL ? (en == NULL ? "" : en) : zh + 3);
		web_html(b, "</li>");
	}
	web_html(b, "<li>");
	web_both(q, b, "数据资产的价值", "the asset's value");
	web_html(b, "</li></ul>");
}

void web_verdict(struct web_req *q, struct fj_buf *b, const json_t *verdict)
{
	headline(q, b, verdict);
	web_html(b, "<p class=\"small\">");
	web_both(q, b, "核验时间：", "Checked at ");
	web_text_times(b, fj_json_text(verdict, "at"));
	web_html(b, "</p>");
	subject(q, b, verdict);
	checks(q, b, verdict);
	not_checked(q, b, verdict);
	web_html(b, "<p class=\"notice\">");
	web_both(q, b, "以签发机构系统的实时状态为准；他人缓存的状态最长可能滞后 48 小时。",
	    "The issuer's own status decides; copies held by others may be up to 48 hours old.");
	web_html(b, "</p>");
}

/* --- the form --- */

static void put_sent(struct web_req *q, struct fj_buf *b, const char *name)
{
	web_text(b, web_is_post(q) ? web_field(q, name) : "");
}

static void use_field(struct web_req *q, struct fj_buf *b)
{
	web_html(b, "<label for=\"u\">");
	web_both(q, b, "拟作何用（可选）", "Intended use (optional)");
	web_html(b, "</label><input type=\"text\" id=\"u\" name=\"use\" maxlength=\"4000\" spellcheck=\"false\" autocomplete=\"off\" aria-describedby=\"h\" value=\"");
	put_sent(q, b, "use");
	web_html(b, "\"><p class=\"small\" id=\"h\">");
	web_both(q, b, "写作 键=值，以逗号分隔，如 ", "Written key=value, separated by commas, such as ");
	web_html(b, "<span class=\"mono\">action=QUERY,purpose=PUBGOV,territory=420106</span>");
	web_both(q, b, "。不填则只核验真伪、有效期和状态。", ". Without it only authenticity, validity and status are checked.");
	web_html(b, "</p>");
}

static void at_field(struct web_req *q, struct fj_buf *b)
{
	web_html(b, "<label for=\"t\">");
	web_both(q, b, "核验时间（可选，默认现在），如 2026-03-16T08:00:00Z", "Time to judge at (optional, now unless given), such as 2026-03-16T08:00:00Z");
	web_html(b, "</label><input type=\"text\" id=\"t\" name=\"at\" maxlength=\"40\" autocomplete=\"off\" value=\"");
	put_sent(q, b, "at");
	web_html(b, "\">");
}

static void proof_field(struct web_req *q, struct fj_buf *b)
{
	web_html(b, "<label for=\"p\">");
	web_both(q, b, "公开日志载入证明（可选，.tlog-proof 全文）", "Proof that it stands in the public log (optional, the whole .tlog-proof)");
	web_html(b, "</label><textarea id=\"p\" name=\"log_proof\" rows=\"2\" maxlength=\"20000\" spellcheck=\"false\" autocomplete=\"off\">");
	put_sent(q, b, "log_proof");
	web_html(b, "</textarea>");
}

/* A form sends lines with CR LF, and who pastes loses or adds white space around. */
enum fj_rc web_pasted_proof(struct web_req *q, struct fj_buf *out, struct fj_err *err)
{
	const char *s = web_field(q, "log_proof");
	enum fj_rc rc = FJ_OK;

	s += strspn(s, " \t\r\n");
	for (; *s != '\0' && rc == FJ_OK; s++)
		if (*s != '\r')
			rc = fj_buf_put(out, s, 1);
	while (out->len > 0 && strchr(" \t\n", out->data[out->len - 1]) != NULL)
		out->len--;
	if (rc == FJ_OK && out->len > 0)
		rc = fj_buf_puts(out, "\n");
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "web", "formats.md 19", "a proof of logging is larger than any");
}

void web_verify_form(struct web_req *q, struct fj_buf *b, const char *action, bool at)
{
	web_html(b, "<form method=\"post\" action=\"");
	web_html(b, action);
	web_html(b, "\"><label for=\"c\">");
	web_both(q, b, "许可令牌、授权凭证或证书（PEM）全文，或者证书编号（DAC-…）、授权编号（DAU-…）",
	    "The whole license token, authorisation credential or certificate (PEM), or the number of a certificate (DAC-…) or authorisation (DAU-…)");
	web_html(b, "</label><textarea id=\"c\" name=\"credential\" required maxlength=\"40000\" spellcheck=\"false\" autocomplete=\"off\">");
	put_sent(q, b, "credential");
	web_html(b, "</textarea>");
	use_field(q, b);
	proof_field(q, b);
	if (at)
		at_field(q, b);
	web_html(b, "<p><button>");
	web_both(q, b, "核验", "Verify");
	web_html(b, "</button></p></form>");
}
