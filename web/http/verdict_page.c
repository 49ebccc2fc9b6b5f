/*
 * verdict_page.c - a verdict for people: the word first, then every check with
 * its outcome, reason and clause.  Colour is never the only sign.
 */
#include "web/http/http.h"

static const char *peek(const json_t *o, const char *key)
{
	const char *s = fj_json_peek(o, key);

	return s == NULL ? "" : s;
}

static void headline(struct web_req *q, struct fj_buf *b, const char *verdict)
{
	web_html(b, "<p class=\"verdict ");
	web_text(b, verdict);
	web_html(b, "\" role=\"status\">");
	if (strcmp(verdict, "permit") == 0)
		web_both(q, b, "✔ 有效（permit）", "✔ valid (permit)");
	else if (strcmp(verdict, "deny") == 0)
		web_both(q, b, "✘ 不予认可（deny）", "✘ not valid (deny)");
	else
		web_both(q, b, "？ 无法判定（indeterminate）", "? can't be decided (indeterminate)");
	web_html(b, "</p>");
}

static void value_of(struct fj_buf *b, const json_t *v)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);

	if (json_is_string(v))
		web_text(b, json_string_value(v));
	else if (fj_json_canonical(v, &text, NULL) == FJ_OK)
		web_text(b, fj_buf_str(&text));
}

static void subject(struct web_req *q, struct fj_buf *b, const json_t *s)
{
	const char *key;
	json_t *v;

	if (json_object_size(s) == 0)
		return;
	web_html(b, "<h2>");
	web_both(q, b, "凭证内容", "What it says");
	web_html(b, "</h2><dl>");
	json_object_foreach((json_t *)(uintptr_t)s, key, v) {
		web_html(b, "<dt>");
		web_text(b, key);
		web_html(b, "</dt><dd>");
		value_of(b, v);
		web_html(b, "</dd>");
	}
	web_html(b, "</dl>");
}

static const char *outcome_word(struct web_req *q, const char *o)
{
	static const struct {
		const char *name, *zh;
	} words[] = {{"pass", "✔ 通过"}, {"fail", "✘ 不通过"}, {"unknown", "？ 未知"}, {"not requested", "未要求"}, {"not applicable", "不适用"}};

	for (size_t i = 0; web_lang(q)[0] != 'e' && i < FJ_ARRAY_LEN(words); i++)
		if (strcmp(words[i].name, o) == 0)
			return words[i].zh;
	return o;
}

static void check_row(struct web_req *q, struct fj_buf *b, const json_t *c)
{
	const json_t *text = json_object_get(c, "text");
	const char *o = peek(c, "outcome");

	web_html(b, "<tr><td>");
	web_text(b, peek(c, "name"));
	web_html(b, "</td><td class=\"");
	web_text(b, strcmp(o, "pass") == 0 || strcmp(o, "fail") == 0 || strcmp(o, "unknown") == 0 ? o : "");
	web_html(b, "\">");
	web_text(b, outcome_word(q, o));
	web_html(b, "</td><td>");
	web_text(b, web_lang(q)[0] == 'e' || peek(text, "zh")[0] == '\0' ? peek(text, "en") : peek(text, "zh"));
	web_html(b, "</td><td>");
	web_text(b, peek(c, "clause"));
	web_html(b, "</td></tr>");
}

void web_verdict(struct web_req *q, struct fj_buf *b, const json_t *verdict)
{
	size_t i;
	json_t *c;

	headline(q, b, peek(verdict, "verdict"));
	subject(q, b, json_object_get(verdict, "subject"));
	web_html(b, "<h2>");
	web_both(q, b, "核验项", "Checks");
	web_html(b, "</h2><table><thead><tr><th>");
	web_both(q, b, "项目", "check");
	web_html(b, "</th><th>");
	web_both(q, b, "结果", "outcome");
	web_html(b, "</th><th>");
	web_both(q, b, "说明", "explanation");
	web_html(b, "</th><th>");
	web_both(q, b, "依据", "clause");
	web_html(b, "</th></tr></thead><tbody>");
	json_array_foreach(json_object_get(verdict, "checks"), i, c)
		check_row(q, b, c);
	web_html(b, "</tbody></table><p class=\"notice\">");
	web_both(q, b, "核验结果以签发机构系统实时状态为准；第三方缓存的状态最长可能滞后 48 小时。本页不代表对数据资产价值的认可。",
	    "The issuer's own status decides; copies held by others may be up to 48 hours old. This page says nothing about the asset's value.");
	web_html(b, "</p>");
}
