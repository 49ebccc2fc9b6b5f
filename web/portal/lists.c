/*
 * lists.c - the lists of everything: filters, pages, and a selection that is
 * carried into a form.
 *
 * A list is the noun's .list command.  Its further fields are the filters.  Where
 * a command of the officer's takes a list of such numbers, rows have boxes: what is
 * ticked, or all that the filters find (PORTAL_MAX_BATCH at most), goes into that
 * command's form, to be looked at and sent.  Ticking a whole page is an address, so
 * it needs no script.
 */
#include <stdlib.h>

#include "web/portal/internal.h"

#define YEAR 366 /* days, the most that are asked for */


/* --- all of them --- */

static const struct {
	const char *title, *nouns; /* with blanks around each; what is named nowhere stands in the last group */
} groups[] = {
	{WEB_N("Data assets and registration"), " ledger asset registration certificate objection notice material collateral copy class legacy exchange "},
	{WEB_N("Authorised operation and licenses"), " plan authorisation product price token request bulk usage disclosure evaluation exit "},
	{WEB_N("Revenue and trade"), " revenue remittance statement listing trade "},
	{WEB_N("Supervision and reports"), " deadline order incident complaint report peer override offline event key compromise "},
	{WEB_N("People and rules"), " approval task organisation user delegation role access profile rule division session apitoken signin "},
	{WEB_N("Other lists"), ""},
};

static size_t group_of(const char *noun)
{
	char in[PORTAL_NOUN + 2];
	size_t k = 0;

	snprintf(in, sizeof(in), " %s ", noun);
	while (k + 1 < FJ_ARRAY_LEN(groups) && strstr(groups[k].nouns, in) == NULL)
		k++;
	return k;
}

/* those of one group that the reader may see; of the own office where that is how the noun is looked at */
static void group(struct web_req *q, struct fj_buf *b, size_t k)
{
	size_t n, shown = 0;
	const struct iss_command_info *const *all = iss_commands(&n);

	for (size_t i = 0; i < n; i++) {
		const char *dot = strchr(all[i]->name, '.');
		char noun[PORTAL_NOUN], to[PORTAL_TO];
		if (dot == NULL || strcmp(dot, ".list") != 0 || !portal_may(q, all[i]))
			continue;
		portal_noun_in(all[i]->name, noun);
		if (group_of(noun) != k)
			continue;
		if (shown++ == 0)
			web_print(b, "<section class=\"card\"><h2>%s</h2><ul>", web_tr(q, groups[k].title));
		portal_own_list(q, noun, to);
		web_print(b, "<li><a href=\"%s\">%s</a></li>", to, portal_noun_word(q, noun, false));
	}
	web_html(b, shown > 0 ? "</ul></section>" : "");
}

void portal_get_lists(struct web_req *q, struct web_res *r)
{
	struct fj_buf *b = &r->body;

	portal_top(q, b, web_tr(q, "Lists"));
	web_html(b, "<div class=\"cards\">");
	for (size_t k = 0; k < FJ_ARRAY_LEN(groups); k++)
		group(q, b, k);
	web_html(b, "</div>");
	web_page_end(b);
}

#define PAGE 80 /* rows: a page weighs less than 100 kB */

/* --- which commands take a selection --- */

/* the list of numbers that c takes of this noun: "ids" of its own, "assets" of another; NULL: none */
static const struct iss_field *batch_field(const struct iss_command_info *c, const char *noun)
{
	char plural[72];
	const struct iss_field *f = portal_is_noun(c->name, noun) ? portal_field_of(c, "ids") : NULL;

	snprintf(plural, sizeof(plural), "%ss", noun);
	if (f == NULL)
		f = portal_field_of(c, plural);
	return f != NULL && f->type == ISS_F_LIST && f->choices == NULL && c->kind != ISS_READ ? f : NULL;
}

static bool any_batch(struct web_req *q, const char *noun)
{
	size_t n;
	const struct iss_command_info *const *all = iss_commands(&n);

	for (size_t i = 0; i < n; i++)
		if (portal_may(q, all[i]) && batch_field(all[i], noun) != NULL)
			return true;
	return false;
}

/* --- filters and pages --- */

/* "&state=OPEN": the filters as they were given, and what is added */
void portal_query_of(struct fj_buf *b, const json_t *fill)
{
	const char *key;
	json_t *v, *item;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)fill, key, v) {
		FJ_AUTO(json) list = json_is_array(v) ? json_incref(v) : json_pack("[O]", v);
		json_array_foreach(list, i, item)
			if (strcmp(key, "after") != 0) {
				web_html(b, "&amp;");
				web_url(b, key);
				web_html(b, "=");
				web_url(b, json_string_value(item));
			}
	}
}

static bool has_filters(const struct iss_command_info *c)
{
	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++)
		if (!portal_is_paging(f->name))
			return true;
	return false;
}

static void filters(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const char *noun, const json_t *fill)
{
	static const char *const hidden[] = {"after", "limit", NULL};
	size_t given = json_object_size(fill) - (json_object_get(fill, "after") != NULL ? 1u : 0u);
	const char *own = iss_own_filter(portal_actor(q), noun);
	bool of_own = own != NULL && strcmp(fj_json_text(fill, own), portal_actor(q)->org) == 0, used = given > (of_own ? 1u : 0u);

	if (!has_filters(c))
		return;
	if (of_own)
		web_print(b, "<p class=\"small\">%s · <a href=\"/list/%s\">%s</a></p>", web_tr(q, "Of your own office"), noun, web_tr(q, "Show those of all"));
	else if (own != NULL)
		web_print(b, "<p class=\"small\"><a href=\"/list/%s?%s=%s\">%s</a></p>", noun, own, portal_actor(q)->org, web_tr(q, "Only of your own office"));
	web_html(b, used ? "<details class=\"filters\" open><summary>" : "<details class=\"filters\"><summary>");
	web_say(q, b, "Filter");
	web_html(b, "</summary><form class=\"fill\" method=\"get\" action=\"/list/");
	web_text(b, noun);
	web_html(b, "\">");
	portal_inputs(q, b, c, fill, hidden, 1);
	web_html(b, "<p><button class=\"quiet\">");
	web_say(q, b, "Filter");
	web_html(b, "</button></p></form></details>");
}

/* what a list leaves out where no filter says otherwise, and the way to it */
static void shown_only(struct web_req *q, struct fj_buf *b, const char *noun, const json_t *fill)
{
	const char *state = fj_json_text(fill, "state"), *days = fj_json_text(fill, "days");

	if (strcmp(noun, "deadline") == 0) {
		long long within = days[0] != '\0' ? strtoll(days, NULL, 10) : ISS_DUE_DAYS;
		web_html(b, "<p class=\"small\">");
		web_say(q, b, "Due within %lld days, or overdue.", within);
		if (within < YEAR)
			web_print(b, " <a href=\"/list/deadline?days=%d\">%s</a>", YEAR, web_tr(q, "Within a year"));
		web_html(b, "</p>");
	}
	if (strcmp(noun, "approval") == 0 && (state[0] == '\0' || strcmp(state, "OPEN") == 0))
		web_print(b, "<p class=\"small\">%s <a href=\"/list/approval?state=APPROVED\">%s</a> · <a href=\"/list/approval?state=REFUSED\">%s</a></p>", web_tr(q, "Those that wait for a decision. Decided:"), web_tr(q, "Approved"),
		    web_tr(q, "Rejected"));
}

static void find_form(struct web_req *q, struct fj_buf *b, const char *noun)
{
	if (portal_key_of(noun) == NULL)
		return;
	web_html(b, "<form class=\"find\" method=\"get\" action=\"/list/");
	web_text(b, noun);
	web_html(b, "\"><label for=\"find\">");
	web_say(q, b, "Find a number");
	web_html(b, "</label><input type=\"text\" id=\"find\" name=\"find\" maxlength=\"64\" autocomplete=\"off\" spellcheck=\"false\" required><button class=\"quiet\">");
	web_say(q, b, "Find");
	web_html(b, "</button></form>");
}

static void page_link(struct fj_buf *b, const json_t *fill, bool tick, const char *after, const char *text)
{
	web_html(b, tick ? "<a href=\"?tick=1&amp;after=" : "<a href=\"?after=");
	web_url(b, after);
	portal_query_of(b, fill);
	web_html(b, "\">");
	web_text(b, text);
	web_html(b, "</a> ");
}

static void pager(struct web_req *q, struct fj_buf *b, const json_t *fill, const char *next)
{
	web_html(b, "<p class=\"pager\">");
	if (json_object_get(fill, "after") != NULL)
		page_link(b, fill, false, "", web_tr(q, "First page"));
	if (next != NULL)
		page_link(b, fill, false, next, web_tr(q, "Next page"));
	web_html(b, "</p>");
}

/* the list as it stands, with all its pages, as a file; the own ledger also as it can be imported again */
static void downloads(struct web_req *q, struct fj_buf *b, const char *noun, const json_t *fill)
{
	const struct iss_command_info *t = iss_command_find("ledger.template");

	portal_list_files(q, b, fill);
	if (strcmp(noun, "ledger") == 0 && portal_may(q, t) && portal_actor(q)->org[0] != '\0')
		web_print(b, " · <a class=\"file\" href=\"/do/ledger/template?run=1&amp;download=file&amp;format=xlsx&amp;entries=true\">%s</a>", web_tr(q, "The own office's, in the headings of the import (Excel)"));
	web_html(b, "</p>");
}

/* --- the table --- */

struct list {
	const char *noun;
	bool boxes, ticked;
	struct web_link links[PORTAL_LINKS + 1]; /* its own numbers lead to their details */
	char self[72];
	const char *col[WEB_COLUMNS];
	size_t n;
};

/* which member of a row is its number */
static const char *number_member(const json_t *row, const char *noun)
{
	const char *number = portal_number_of(row, noun), *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)row, key, v)
		if (number != NULL && json_string_value(v) == number)
			return key;
	return "";
}

static void make_list(struct web_req *q, struct list *l, const json_t *row)
{
	const struct portal_noun *n = portal_noun_of(l->noun);
	size_t k = 1;

	snprintf(l->self, sizeof(l->self), "/show/%.60s/", l->noun);
	l->links[0] = (struct web_link){number_member(row, l->noun), l->self};
	for (const struct web_link *p = portal_links; p->key != NULL; p++)
		l->links[k++] = *p;
	l->links[k] = (struct web_link){NULL, NULL};
	l->n = web_columns(q, row, n == NULL ? NULL : n->columns, l->col);
}

static void box(struct web_req *q, struct fj_buf *b, const struct list *l, const json_t *row)
{
	const char *number = portal_number_of(row, l->noun);

	web_html(b, "<td class=\"tick\" data-label=\"");
	web_say(q, b, "Select");
	web_html(b, "\"><label><input type=\"checkbox\" name=\"ids\" value=\"");
	web_text(b, number == NULL ? "" : number);
	web_html(b, l->ticked ? "\" checked><span class=\"unseen\">" : "\"><span class=\"unseen\">");
	web_say(q, b, "Select ");
	web_text(b, number == NULL ? "" : number);
	web_html(b, "</span></label></td>");
}

static void table(struct web_req *q, struct fj_buf *b, const struct list *l, const json_t *items)
{
	const json_t *row;
	size_t i;

	web_html(b, "<div class=\"wide\"><table class=\"list\"><thead><tr>");
	if (l->boxes) {
		web_html(b, "<th class=\"tick\" scope=\"col\">");
		web_say(q, b, "Select");
		web_html(b, "</th>");
	}
	web_heads(q, b, l->col, l->n);
	web_html(b, "</tr></thead><tbody>");
	json_array_foreach(items, i, row) {
		web_html(b, "<tr>");
		if (l->boxes)
			box(q, b, l, row);
		web_cells(q, b, row, l->links, l->col, l->n);
		web_rest(q, b, l->n);
		web_html(b, "</tr>");
	}
	web_html(b, "</tbody></table></div>");
}

static void batch_buttons(struct web_req *q, struct fj_buf *b, const char *noun)
{
	size_t n;
	const struct iss_command_info *const *all = iss_commands(&n);

	web_html(b, "<fieldset class=\"batch\"><legend>");
	web_say(q, b, "Do with several");
	web_html(b, "</legend><label class=\"box\"><input type=\"radio\" name=\"which\" value=\"ticked\" checked> ");
	web_say(q, b, "those ticked");
	web_html(b, "</label><label class=\"box\"><input type=\"radio\" name=\"which\" value=\"all\"> ");
	web_say(q, b, "all that the filter finds (%d at most)", PORTAL_MAX_BATCH);
	web_html(b, "</label><div class=\"acts\">");
	for (size_t i = 0; i < n; i++) {
		if (!portal_may(q, all[i]) || batch_field(all[i], noun) == NULL)
			continue;
		web_html(b, "<button class=\"quiet\" name=\"command\" value=\"");
		web_text(b, all[i]->name);
		web_html(b, "\">");
		web_text(b, web_either(q, all[i]->zh, all[i]->en));
		web_html(b, "</button>");
	}
	web_html(b, "</div></fieldset>");
}

static void selection(struct web_req *q, struct fj_buf *b, const struct list *l, const json_t *items, const json_t *fill)
{
	const char *key;
	json_t *v;

	web_html(b, "<form method=\"post\" action=\"/select/");
	web_text(b, l->noun);
	web_html(b, "\">");
	portal_csrf(q, b);
	json_object_foreach((json_t *)(uintptr_t)fill, key, v)
		if (json_is_string(v) && !portal_is_paging(key))
			portal_hidden(b, key, json_string_value(v));
	web_html(b, "<p class=\"pager\">");
	if (l->ticked)
		page_link(b, fill, false, web_field(q, "after"), web_tr(q, "Tick none"));
	else
		page_link(b, fill, true, web_field(q, "after"), web_tr(q, "Tick this page"));
	web_html(b, "</p>");
	table(q, b, l, items);
	batch_buttons(q, b, l->noun);
	web_html(b, "</form>");
}

static void items_of(struct web_req *q, struct fj_buf *b, const char *noun, const json_t *items, const json_t *fill)
{
	struct list l = {.noun = noun, .boxes = any_batch(q, noun), .ticked = web_field(q, "tick")[0] != '\0'};

	if (json_array_size(items) == 0) {
		web_html(b, "<p class=\"notice\">");
		web_say(q, b, "There are none.");
		web_html(b, "</p>");
		return;
	}
	make_list(q, &l, json_array_get(items, 0));
	l.boxes = l.boxes && portal_number_of(json_array_get(items, 0), noun) != NULL;
	if (l.boxes)
		selection(q, b, &l, items, fill);
	else
		table(q, b, &l, items);
}

/* acts of the noun that begin with no object: new ones, files in, templates */
static void acts_above(struct web_req *q, struct fj_buf *b, const char *noun)
{
	size_t n, shown = 0;
	const struct iss_command_info *const *all = iss_commands(&n);
	const char *key = portal_key_of(noun);
	char to[PORTAL_ADDRESS];

	for (size_t i = 0; i < n; i++) {
		const char *verb = all[i]->name + strlen(noun) + 1;
		bool asks = key != NULL && portal_field_of(all[i], key) != NULL;
		if (!portal_is_noun(all[i]->name, noun) || !portal_may(q, all[i]) || asks || portal_field_of(all[i], "id") != NULL || portal_field_of(all[i], noun) != NULL || batch_field(all[i], noun) != NULL)
			continue;
		if (all[i]->kind == ISS_READ && strcmp(verb, "template") != 0)
			continue;
		if (shown++ == 0)
			web_html(b, "<p class=\"acts\">");
		portal_address(portal_wizard_of(all[i]->name) != NULL ? "wizard" : "do", all[i]->name, to);
		web_print(b, "<a class=\"button quiet\" href=\"%s", to);
		if (strcmp(noun, "material") == 0 && web_field(q, "asset")[0] != '\0') /* of the asset whose list it is */
			web_print(b, "?asset=%s", web_field(q, "asset"));
		web_html(b, "\">");
		portal_command_word(q, b, all[i]);
		web_html(b, "</a> ");
	}
	web_html(b, shown > 0 ? "</p>" : "");
}

/* --- pages --- */

/* "?find=": straight to the detail; true: the answer is made */
static bool found(struct web_req *q, struct web_res *r, const char *noun)
{
	const char *s = web_field(q, "find") + strspn(web_field(q, "find"), " ");
	char number[257];
	FJ_AUTO(buf) to = FJ_BUF_INIT(1024);

	if (s[0] == '\0')
		return false;
	snprintf(number, sizeof(number), "%.*s", (int)strcspn(s, " "), s);
	web_html(&to, "/show/");
	web_url(&to, noun);
	web_html(&to, "/");
	web_url(&to, number);
	if (strlen(number) < 256 && to.len < sizeof(r->location))
		web_redirect(r, fj_buf_str(&to));
	else
		portal_no_such(q, r);
	return true;
}

void portal_get_list(struct web_req *q, struct web_res *r)
{
	const char *noun = web_param(q, "noun"), *member = web_field(q, "download");
	size_t i;
	json_t *row;
	const struct iss_command_info *c = portal_find(noun, "list");
	FJ_AUTO(json) params = NULL;
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};
	struct fj_buf *b = &r->body;

	if (c == NULL) {
		portal_no_such(q, r);
		return;
	}
	if (found(q, r, noun))
		return;
	if (member[0] != '\0' && portal_list_file(q, r, c, member))
		return;
	enum fj_rc rc = portal_params(q, c, false, &params, &err);
	if (rc == FJ_OK && portal_field_of(c, "limit") != NULL && json_object_get(params, "limit") == NULL)
		json_object_set_new(params, "limit", json_integer(PAGE));
	if (rc != FJ_OK || portal_command(q, c->name, params, &answer, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	if (member[0] != '\0' && portal_answer_file(r, c->name, answer, member))
		return;
	FJ_AUTO(json) fill = portal_typed(q, c);
	json_array_foreach(json_object_get(answer, "items"), i, row)
		portal_own_words(q, c->name, row);
	portal_top(q, b, portal_noun_word(q, noun, false));
	portal_done(q, b);
	acts_above(q, b, noun);
	const char *who = web_tr_in(q, "who", c->name);
	if (who != NULL)
		web_print(b, "<p class=\"small\">%s</p>", who);
	if (strcmp(noun, "report") == 0)
		portal_reports_due(q, b);
	find_form(q, b, noun);
	filters(q, b, c, noun, fill);
	shown_only(q, b, noun, fill);
	items_of(q, b, noun, json_object_get(answer, "items"), fill);
	pager(q, b, fill, fj_json_peek(answer, "next"));
	if (json_array_size(json_object_get(answer, "items")) > 0)
		downloads(q, b, noun, fill);
	web_page_end(b);
}

/* --- a selection into a form --- */

static void add_ticked(struct web_req *q, json_t *ids)
{
	size_t at = 0;
	const char *s;

	while ((s = web_field_next(q, "ids", &at)) != NULL)
		if (s[0] != '\0' && json_array_size(ids) < PORTAL_MAX_BATCH)
			json_array_append_new(ids, json_string(s));
}

/* all pages of the list with these filters */
static enum fj_rc add_all(struct web_req *q, const char *noun, json_t *ids, struct fj_err *err)
{
	const struct iss_command_info *c = portal_find(noun, "list");
	FJ_AUTO(json) params = NULL;
	FJ_AUTO(str) after = fj_strdup("");
	size_t i;
	json_t *row;

	FJ_TRY(portal_params(q, c, false, &params, err));
	json_object_set_new(params, "limit", json_integer(1000));
	while (after != NULL && json_array_size(ids) < PORTAL_MAX_BATCH) {
		FJ_AUTO(json) page = NULL;
		if (after[0] != '\0')
			json_object_set_new(params, "after", json_string(after));
		FJ_TRY(portal_command(q, c->name, params, &page, err));
		json_array_foreach(json_object_get(page, "items"), i, row)
			if (portal_number_of(row, noun) != NULL && json_array_size(ids) < PORTAL_MAX_BATCH)
				json_array_append_new(ids, json_string(portal_number_of(row, noun)));
		fj_free(after);
		after = fj_json_peek(page, "next") == NULL ? NULL : fj_strdup(fj_json_peek(page, "next"));
	}
	return FJ_OK;
}

void portal_post_select(struct web_req *q, struct web_res *r)
{
	const char *noun = web_param(q, "noun");
	const struct iss_command_info *c = iss_command_find(web_field(q, "command"));
	const struct iss_field *f = c == NULL ? NULL : batch_field(c, noun);
	FJ_AUTO(json) ids = json_array();
	struct fj_err err = {0};
	enum fj_rc rc = FJ_OK;

	if (f == NULL || portal_find(noun, "list") == NULL) {
		portal_no_such(q, r);
		return;
	}
	if (strcmp(web_field(q, "which"), "all") == 0)
		rc = add_all(q, noun, ids, &err);
	else
		add_ticked(q, ids);
	if (rc == FJ_OK && json_array_size(ids) == 0) {
		rc = fj_fail(&err, FJ_E_INVALID, "portal", NULL, "nothing is chosen: tick one or more, or take all");
		fj_err_zh(&err, "尚未选择：请勾选一项或多项，或选择全部");
	}
	FJ_AUTO(json) fill = json_pack("{s:O}", f->name, ids);
	if (rc != FJ_OK)
		web_fail(q, r, &err);
	else
		portal_form_page(q, r, c, fill, NULL);
}
