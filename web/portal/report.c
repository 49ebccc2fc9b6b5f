/*
 * report.c - a report as a page: whose it is and for when, its figures beside those of the
 * report before, its texts, lists and the units side by side; files to keep; what comes next.
 *
 * The document is the register's (report.show, or a draft): nothing is computed here but which
 * of two numbers is greater.  A change has a sign and a word, not a colour alone.
 */
#include "web/portal/internal.h"

bool portal_is_report(const json_t *o)
{
	return json_is_array(json_object_get(o, "figures")) && fj_json_peek(o, "period_name") != NULL;
}

static const char *name_of(struct web_req *q, const json_t *o)
{
	const json_t *name = json_object_get(o, "name");

	return web_either(q, fj_json_peek(name, "zh"), fj_json_text(name, "en"));
}

static const char *unit_of(struct web_req *q, const json_t *o)
{
	const json_t *unit = json_object_get(o, "unit");

	return json_is_object(unit) ? fj_json_text(unit, "name") : web_tr(q, "All units");
}

static void head(struct web_req *q, struct fj_buf *b, const json_t *o)
{
	web_print(b, "<div class=\"face\"><p class=\"name\">%s</p><p>%s · %s %s", name_of(q, o), fj_json_text(o, "period_name"), unit_of(q, o), fj_json_text(o, "id"));
	if (json_is_string(json_object_get(o, "state"))) {
		web_html(b, " ");
		web_value(q, b, "state", json_object_get(o, "state"), NULL);
	}
	if (fj_json_num(o, "version") > 0) {
		web_html(b, " ");
		web_say(q, b, "version %lld", (long long)fj_json_num(o, "version"));
	}
	web_html(b, "</p></div>");
}

/* --- files --- */

static void files(struct web_req *q, struct fj_buf *b, const json_t *o)
{
	static const char *const formats[][2] = {{"docx", "Word"}, {"pdf", "PDF"}, {"xlsx", "Excel"}, {"csv", "CSV"}};
	const char *id = fj_json_peek(o, "id"), *unit = fj_json_text(json_object_get(o, "unit"), "usci");

	web_print(b, "<p class=\"acts\"><span>%s</span>", web_tr(q, "Download:"));
	for (size_t i = 0; i < FJ_ARRAY_LEN(formats); i++) {
		if (id != NULL)
			web_print(b, "<a class=\"file\" href=\"/do/report/show?run=1&amp;id=%s&amp;format=%s&amp;download=file\">%s</a>", id, formats[i][0], formats[i][1]);
		else
			web_print(b, "<a class=\"file\" href=\"/do/report/%s?run=1&amp;period=%s&amp;unit=%s&amp;draft=true&amp;format=%s&amp;download=file\">%s</a>", fj_json_text(o, "kind"), fj_json_text(o, "period"), unit,
			    formats[i][0], formats[i][1]);
	}
	if (strcmp(fj_json_text(o, "state"), "FIXED") == 0)
		web_print(b, "<a class=\"file\" href=\"/do/report/show?run=1&amp;id=%s&amp;format=signed&amp;download=file\">%s</a>", id, web_tr(q, "with signature"));
	web_html(b, "</p>");
}

/* the way to its approval; where that is not the reader's to see, without */
static void submitted(struct web_req *q, struct fj_buf *b, const char *id)
{
	FJ_AUTO(json) params = json_pack("{s:s, s:i, s:b}", "kind", "report.approve", "limit", 1000, "brief", 1);
	FJ_AUTO(json) list = NULL;
	size_t i;
	json_t *a;

	web_print(b, "<p class=\"notice\">%s", web_tr(q, "Submitted: a second officer decides. Until then nothing of it changes."));
	if (portal_command(q, "approval.list", params, &list, NULL) == FJ_OK)
		json_array_foreach(json_object_get(list, "items"), i, a)
			if (strcmp(fj_json_text(a, "object"), id) == 0)
				web_print(b, " <a href=\"/approvals/%s\">%s</a>", fj_json_text(a, "id"), web_tr(q, "To the approval"));
	web_html(b, "</p>");
}

static void next(struct web_req *q, struct fj_buf *b, const json_t *o)
{
	const char *state = fj_json_text(o, "state"), *kind = fj_json_text(o, "kind"), *period = fj_json_text(o, "period");
	const struct iss_command_info *submit = portal_find("report", "submit");
	bool mine = strcmp(fj_json_text(json_object_get(o, "unit"), "usci"), portal_actor(q)->org) == 0;

	if (strcmp(state, "SUBMITTED") == 0)
		submitted(q, b, fj_json_text(o, "id"));
	if ((strcmp(state, "DRAFT") != 0 && strcmp(state, "REOPENED") != 0) || submit == NULL || !portal_may(q, submit) || !mine)
		return;
	web_print(b, "<p class=\"acts first\"><a class=\"button\" href=\"/do/report/submit?kind=%s&amp;period=%s\">", kind, period);
	portal_command_word(q, b, submit);
	web_print(b, "</a><a class=\"button quiet\" href=\"/do/report/text?kind=%s&amp;period=%s\">%s</a></p>", kind, period, web_tr(q, "Write the texts"));
}

/* after a text was written: the report that it stands in, and the act that hands it in */
bool portal_report_then(struct web_req *q, struct fj_buf *b, const json_t *answer)
{
	const char *kind = fj_json_text(answer, "kind"), *period = fj_json_text(answer, "period");
	const struct iss_command_info *see = portal_find("report", kind), *submit = portal_find("report", "submit");

	if (kind[0] == '\0' || period[0] == '\0' || see == NULL || submit == NULL)
		return false;
	web_print(b, "<p class=\"acts\"><a class=\"button\" href=\"/do/report/%s?run=1&amp;unit=%s&amp;period=%s\">%s</a> ", kind, fj_json_text(answer, "unit"), period, web_tr(q, "See the report with this text"));
	if (portal_may(q, submit)) {
		web_print(b, "<a class=\"button quiet\" href=\"/do/report/submit?kind=%s&amp;period=%s\">", kind, period);
		portal_command_word(q, b, submit);
		web_html(b, "</a> ");
	}
	web_print(b, "<a class=\"button quiet\" href=\"/do/report/text?kind=%s&amp;period=%s\">%s</a></p>", kind, period, web_tr(q, "Write another section"));
	return true;
}

/* --- figures, beside those of the report before --- */

static const json_t *change_of(const json_t *o, const char *key)
{
	size_t i;
	json_t *d;

	json_array_foreach(json_object_get(o, "difference"), i, d)
		if (strcmp(fj_json_text(d, "key"), key) == 0)
			return d;
	return NULL;
}

static void number(struct web_req *q, struct fj_buf *b, const char *label, const char *key, const json_t *v)
{
	web_print(b, "<td class=\"num\" data-label=\"%s\"><div>", label);
	if (v != NULL)
		web_value(q, b, key, v, NULL);
	else
		web_html(b, "—");
	web_html(b, "</div></td>");
}

static void figure(struct web_req *q, struct fj_buf *b, const json_t *o, const json_t *f, bool fen, const char *const *heads)
{
	const json_t *d = change_of(o, fj_json_text(f, "key")), *how = json_object_get(f, "counted");
	json_int_t change = fj_json_num(d, fen ? "change_fen" : "change");

	web_print(b, "<tr><th scope=\"row\">%s<details class=\"how\"><summary>%s</summary>%s</details></th>", web_either(q, fj_json_peek(f, "zh"), fj_json_text(f, "en")), web_tr(q, "how it is counted"),
	    web_either(q, fj_json_peek(how, "zh"), fj_json_text(how, "en")));
	number(q, b, heads[1], fen ? "value_fen" : "value", json_object_get(f, fen ? "value_fen" : "value"));
	if (!json_is_object(json_object_get(o, "previous"))) {
		web_html(b, "</tr>");
		return;
	}
	number(q, b, heads[2], fen ? "before_fen" : "before", json_object_get(d, fen ? "before_fen" : "before"));
	web_print(b, "<td class=\"num\" data-label=\"%s\"><div>%s", heads[3], d == NULL ? "—" : change > 0 ? "▲ +" : change < 0 ? "▼ " : "＝ ");
	if (d != NULL)
		web_value(q, b, fen ? "change_fen" : "change", json_object_get(d, fen ? "change_fen" : "change"), NULL);
	web_html(b, "</div></td></tr>");
}

/* parted: with a row above each section */
static void figures_table(struct web_req *q, struct fj_buf *b, const json_t *o, const json_t *list, bool fen, bool parted)
{
	bool compared = json_is_object(json_object_get(o, "previous"));
	const char *heads[] = {web_tr(q, "Figure"), web_tr(q, "This report"), web_tr(q, "The one before"), web_tr(q, "Change")}, *section = "";
	size_t i;
	json_t *f;

	web_html(b, "<table class=\"sheet figures\"><thead><tr>");
	for (size_t k = 0; k < (compared ? 4u : 2u); k++)
		web_print(b, "<th scope=\"col\">%s</th>", heads[k]);
	web_html(b, "</tr></thead>");
	json_array_foreach(list, i, f) {
		if (strcmp(section, fj_json_text(f, "section")) != 0 || i == 0) {
			web_html(b, i > 0 ? "</tbody><tbody>" : "<tbody>");
			section = fj_json_text(f, "section");
			if (parted)
				web_print(b, compared ? "<tr class=\"part\"><th colspan=\"4\" scope=\"rowgroup\">%s</th></tr>" : "<tr class=\"part\"><th colspan=\"2\" scope=\"rowgroup\">%s</th></tr>", web_either(q, section, iss_report_section(section)));
		}
		figure(q, b, o, f, fen, heads);
	}
	web_html(b, "</tbody></table>");
}

static void figures(struct web_req *q, struct fj_buf *b, const json_t *o, const char *member, bool fen)
{
	const json_t *list = json_object_get(o, member);

	if (json_array_size(list) == 0)
		return;
	web_print(b, "<h2>%s</h2>", web_label(q, member));
	figures_table(q, b, o, list, fen, true);
}

/* one section: folded where all of it is nothing, now and before */
static void section(struct web_req *q, struct fj_buf *b, const json_t *o, const json_t *list, bool fen)
{
	const char *name = fj_json_text(json_array_get(list, 0), "section");
	bool says = false;
	size_t i;
	json_t *f;

	json_array_foreach(list, i, f)
		says = says || fj_json_num(f, fen ? "value_fen" : "value") != 0 || fj_json_num(change_of(o, fj_json_text(f, "key")), fen ? "before_fen" : "before") != 0;
	web_print(b, says ? "<details open><summary>%s" : "<details><summary>%s", web_either(q, name, iss_report_section(name)));
	if (!says)
		web_print(b, " <span class=\"small\">%s</span>", web_tr(q, "all zero"));
	web_html(b, "</summary>");
	figures_table(q, b, o, list, fen, false);
	web_html(b, "</details>");
}

static void sections(struct web_req *q, struct fj_buf *b, const json_t *o, const char *member, bool fen)
{
	const json_t *list = json_object_get(o, member);
	FJ_AUTO(json) part = json_array();
	size_t i;
	json_t *f;

	if (json_array_size(list) == 0)
		return;
	web_print(b, "<h2>%s</h2>", web_label(q, member));
	json_array_foreach(list, i, f) {
		if (json_array_size(part) > 0 && strcmp(fj_json_text(f, "section"), fj_json_text(json_array_get(part, 0), "section")) != 0) {
			section(q, b, o, part, fen);
			json_array_clear(part);
		}
		json_array_append(part, f);
	}
	section(q, b, o, part, fen);
}

static void compared_with(struct web_req *q, struct fj_buf *b, const json_t *o)
{
	const json_t *p = json_object_get(o, "previous");

	if (!json_is_object(p)) {
		web_print(b, "<p class=\"small\">%s</p>", web_tr(q, "There is no fixed report before this one to compare it with."));
		return;
	}
	web_print(b, "<p>%s <a class=\"mono\" href=\"/show/report/%s\">%s</a></p>", web_tr(q, "Compared with the fixed report before it:"), fj_json_text(p, "id"), fj_json_text(p, "id"));
}

/* --- texts, lists, units --- */

static void texts(struct web_req *q, struct fj_buf *b, const json_t *o)
{
	const char *section;
	json_t *list, *v;
	size_t i;

	json_object_foreach(json_object_get(o, "texts"), section, list) {
		web_print(b, "<h2>%s</h2>", web_label(q, section));
		json_array_foreach(list, i, v)
			web_print(b, "<p>%s</p>", json_string_value(v));
	}
}

static void list_table(struct web_req *q, struct fj_buf *b, const json_t *l)
{
	const json_t *columns = json_object_get(l, "columns"), *rows = json_object_get(l, "rows");
	size_t i, k;
	json_t *row, *c;

	web_print(b, "<details><summary>%s (", web_either(q, fj_json_peek(l, "zh"), fj_json_text(l, "en")));
	web_say(q, b, "%zu rows", json_array_size(rows));
	web_html(b, ")</summary><table><thead><tr>");
	json_array_foreach(columns, k, c)
		web_print(b, "<th scope=\"col\">%s</th>", web_either(q, fj_json_peek(c, "zh"), web_label(q, fj_json_text(c, "key"))));
	web_html(b, "</tr></thead><tbody>");
	json_array_foreach(rows, i, row) {
		web_html(b, "<tr>");
		json_array_foreach(columns, k, c) {
			const char *key = fj_json_text(c, "key");
			web_print(b, "<td data-label=\"%s\"><div>", web_either(q, fj_json_peek(c, "zh"), web_label(q, key)));
			web_cell(q, b, key, json_object_get(row, key), portal_links);
			web_html(b, "</div></td>");
		}
		web_html(b, "</tr>");
	}
	web_html(b, "</tbody></table></details>");
}

static void lists(struct web_req *q, struct fj_buf *b, const json_t *o)
{
	const json_t *all = json_object_get(o, "lists");
	size_t i;
	json_t *l;

	if (json_array_size(all) > 0)
		web_print(b, "<h2>%s</h2>", web_label(q, "lists"));
	json_array_foreach(all, i, l)
		list_table(q, b, l);
}

/* each unit with its main figures: by the labels that the report's own figures have */
static void units(struct web_req *q, struct fj_buf *b, const json_t *o)
{
	const char *key;
	size_t i;
	json_t *u, *v;

	if (json_array_size(json_object_get(o, "units")) == 0)
		return;
	web_print(b, "<h2>%s</h2>", web_label(q, "units"));
	json_array_foreach(json_object_get(o, "units"), i, u) {
		web_print(b, "<details><summary>%s <span class=\"mono small\">%s</span></summary><dl>", fj_json_text(u, "name"), fj_json_text(u, "usci"));
		json_object_foreach(json_object_get(u, "values"), key, v) {
			const json_t *d = change_of(o, key);
			web_print(b, "<div><dt>%s</dt><dd>", d != NULL ? web_either(q, fj_json_peek(d, "zh"), key) : key);
			web_value(q, b, key, v, NULL);
			web_html(b, "</dd></div>");
		}
		web_html(b, "</dl></details>");
	}
}

static void basis(struct web_req *q, struct fj_buf *b, const json_t *o)
{
	static const char *const keys[] = {"clause", "document", "from", "to", "as_of", "submitted_at", "fixed_at", "fixed_under", "signature"};
	FJ_AUTO(json) shown = json_object();

	for (size_t i = 0; i < FJ_ARRAY_LEN(keys); i++)
		if (json_object_get(o, keys[i]) != NULL && !json_is_null(json_object_get(o, keys[i])))
			json_object_set(shown, keys[i], json_object_get(o, keys[i]));
	web_fields(q, b, shown, portal_links);
	if (fj_json_text(o, "sha256")[0] != '\0')
		web_print(b, "<p class=\"small\">SHA-256 <span class=\"mono\">%s</span></p>", fj_json_text(o, "sha256"));
	web_print(b, "<p class=\"small\">%s <span class=\"mono\">%s</span></p>", web_tr(q, "Figures alone, SHA-256"), fj_json_text(o, "figures_sha256"));
}

static void returns(struct web_req *q, struct fj_buf *b, const json_t *o)
{
	if (json_array_size(json_object_get(o, "returns")) == 0)
		return;
	web_print(b, "<h2>%s</h2>", web_label(q, "returns"));
	web_table(q, b, json_object_get(o, "returns"), portal_links, NULL);
}

/* what it has in words and lists */
static void rest_of(struct web_req *q, struct fj_buf *b, const json_t *o)
{
	texts(q, b, o);
	lists(q, b, o);
	units(q, b, o);
	returns(q, b, o);
}

void portal_report_told(struct web_req *q, struct fj_buf *b, const json_t *o, bool folded)
{
	web_print(b, folded ? "<details><summary>%s · %s · %s</summary>" : "<p><strong>%s · %s · %s</strong></p>", name_of(q, o), fj_json_text(o, "period_name"), unit_of(q, o));
	compared_with(q, b, o);
	sections(q, b, o, "figures", false);
	sections(q, b, o, "amounts", true);
	rest_of(q, b, o);
	web_print(b, "<details><summary>%s</summary>", web_tr(q, "What it rests on"));
	basis(q, b, o);
	web_html(b, folded ? "</details></details>" : "</details>");
}

void portal_report(struct web_req *q, struct fj_buf *b, const json_t *o)
{
	head(q, b, o);
	next(q, b, o);
	files(q, b, o);
	compared_with(q, b, o);
	figures(q, b, o, "figures", false);
	figures(q, b, o, "amounts", true);
	rest_of(q, b, o);
	web_print(b, "<h2>%s</h2>", web_tr(q, "What it rests on"));
	basis(q, b, o);
}

/* --- what is to be reported --- */

static json_t *calendar(struct web_req *q)
{
	FJ_AUTO(json) params = json_object();
	json_t *answer = NULL;

	return portal_command(q, "report.calendar", params, &answer, NULL) == FJ_OK ? answer : NULL;
}

void portal_report_period(struct web_req *q, const char *kind, char out[PORTAL_PERIOD])
{
	FJ_AUTO(json) all = calendar(q);
	const char *of;
	char period[PORTAL_PERIOD], unit[19];
	size_t i;
	json_t *v;

	out[0] = '\0';
	json_array_foreach(json_object_get(all, "items"), i, v) /* by what is due first */
		if (json_is_true(json_object_get(v, "ended")) && json_is_true(json_object_get(v, "owed")) && iss_report_of(fj_json_text(v, "id"), &of, period, unit) && strcmp(of, kind) == 0)
			memcpy(out, period, PORTAL_PERIOD);
}

void portal_reports_due(struct web_req *q, struct fj_buf *b)
{
	static const char *const col[] = {"due", "name", "id", "state", "overdue"};
	FJ_AUTO(json) all = calendar(q);
	FJ_AUTO(json) owed = json_array();
	const struct iss_command_info *submit = portal_find("report", "submit");
	size_t i;
	json_t *v;

	if (submit == NULL || !portal_may(q, submit))
		return;
	json_array_foreach(json_object_get(all, "items"), i, v)
		if (json_is_true(json_object_get(v, "owed")))
			json_array_append(owed, v);
	if (json_array_size(owed) == 0)
		return;
	web_print(b, "<section><h2>%s</h2><p class=\"small\">%s</p><table class=\"list\"><thead><tr>", web_tr(q, "To be reported"), web_tr(q, "The number opens the report as it is now."));
	web_heads(q, b, col, FJ_ARRAY_LEN(col));
	web_html(b, "</tr></thead><tbody>");
	json_array_foreach(owed, i, v) {
		web_html(b, "<tr>");
		web_cells(q, b, v, portal_links, col, FJ_ARRAY_LEN(col));
		web_html(b, "</tr>");
	}
	web_print(b, "</tbody></table></section><h2>%s</h2>", web_tr(q, "Submitted reports"));
}
