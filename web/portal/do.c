/*
 * do.c - every command of the register as a page: what I may do, a form made of the
 * command's fields, and what came of it.
 *
 * What only reads is a GET whose address can be kept; what changes something is a
 * POST with the session's token and the form's own key, whose answer stands at
 * /done/KEY: sent twice it is done once.  A refusal shows the form again as it was
 * filled in, with rule, basis and clause above it.
 */
#include "web/portal/internal.h"

/* "颁发数据资产证书（须第二名经办人批准）": the act, and what follows from it */
void portal_command_word(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c)
{
	const char *text = web_lang(q)[0] == 'e' ? c->en : c->zh, *cut = strstr(text, web_lang(q)[0] == 'e' ? " (" : "（");
	FJ_AUTO(str) act = fj_strndup(text, cut == NULL ? strlen(text) : (size_t)(cut - text));

	web_text(b, act == NULL ? text : act);
}

static const char *cut_title(const char *text, const char *at, char out[200])
{
	const char *cut = strstr(text, at);

	snprintf(out, 200, "%.*s", (int)(cut == NULL ? strlen(text) : (size_t)(cut - text)), text);
	return out;
}

void portal_command_top(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c)
{
	char title[200];

	portal_top(q, b, cut_title(web_either(q, c->zh, c->en), web_either(q, "（", " ("), title));
}

/* what follows: the hint's words, or those in the label's brackets */
void portal_consequence(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c)
{
	const char *then = web_tr_in(q, "then", c->name);
	bool en = web_lang(q)[0] == 'e';
	const char *text = en ? c->en : c->zh, *cut = strstr(text, en ? " (" : "（");

	bool told = then != NULL;
	if (!told && cut == NULL)
		return;
	web_html(b, "<p class=\"small\">");
	if (told) {
		web_text(b, then);
	} else {
		FJ_AUTO(str) note = fj_strdup(cut + (en ? 2 : strlen("（")));
		char *end = note == NULL ? NULL : strstr(note, en ? ")" : "）");
		if (end != NULL)
			*end = '\0';
		portal_capital(b, note == NULL ? "" : note);
		web_say(q, b, ".");
	}
	web_html(b, "</p>");
}

static void action(struct fj_buf *b, const struct iss_command_info *c)
{
	char to[PORTAL_ADDRESS];

	portal_address("do", c->name, to);
	web_text(b, portal_own_page(c) != NULL ? portal_own_page(c) : to);
}

static void hidden_values(struct fj_buf *b, const json_t *fill, const char *const *hidden)
{
	size_t i;
	json_t *v;

	for (; hidden != NULL && *hidden != NULL; hidden++) {
		json_t *value = json_object_get(fill, *hidden);
		if (json_is_string(value))
			portal_hidden(b, *hidden, json_string_value(value));
		json_array_foreach(value, i, v)
			portal_hidden(b, *hidden, json_string_value(v));
	}
}

/* on a page of its own, and not to be done at once */
static bool is_kept(const struct iss_command_info *c, const json_t *fill, size_t id)
{
	return id == 0 && c->kind != ISS_READ && !portal_takes_back_one(c, fill);
}

/* a form on a page of its own may be saved as a draft, and what changes something leads to its preview */
static void form_buttons(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill, size_t id)
{
	const struct portal_hint *h = portal_hint_of(c->name);
	bool page = is_kept(c, fill, id);

	web_html(b, "<p class=\"buttons\">");
	if (id == 0 && portal_takes_back_one(c, fill)) {
		portal_takeback_buttons(q, b, c, fill);
	} else if (!portal_at_once(c)) {
		web_print(b, "<button name=\"step\" value=\"preview\">%s</button>", web_tr(q, "Check and preview"));
	} else {
		web_html(b, h != NULL && h->danger ? "<button class=\"danger\">" : "<button>");
		portal_command_word(q, b, c);
		web_html(b, "</button>");
	}
	if (page)
		web_print(b, "<button class=\"quiet\" name=\"step\" value=\"draft\" formnovalidate>%s</button>", web_tr(q, "Save draft"));
	web_html(b, "</p></form>");
}

/* what each column of the template may hold, where the template says it */
static void template_columns(struct web_req *q, struct fj_buf *b, const struct iss_command_info *t)
{
	FJ_AUTO(json) none = json_object();
	FJ_AUTO(json) answer = NULL;
	const json_t *columns;
	size_t i, k;
	json_t *v, *choice;

	if (portal_command(q, t->name, none, &answer, NULL) != FJ_OK || json_array_size(columns = json_object_get(answer, "columns")) == 0)
		return;
	web_print(b, "<details><summary>%s</summary><dl>", web_tr(q, "What each column may hold"));
	json_array_foreach(columns, i, v) {
		const json_t *note = json_object_get(v, "note");
		web_print(b, "<div><dt>%s%s%s</dt><dd>%s", fj_json_text(v, "title"), web_lang(q)[0] == 'e' ? " " : "", web_lang(q)[0] == 'e' ? web_label(q, fj_json_text(v, "field")) : "",
		    web_either(q, fj_json_peek(note, "zh"), fj_json_text(note, "en")));
		json_array_foreach(json_object_get(v, "choices"), k, choice)
			web_print(b, k == 0 ? "<br><span class=\"small\">%s%s" : "%s%s", k == 0 ? "" : web_either(q, "、", ", "), json_string_value(choice));
		web_html(b, json_array_size(json_object_get(v, "choices")) > 0 ? "</span></dd></div>" : "</dd></div>");
	}
	web_html(b, "</dl></details>");
}

/* what has to be there before, or is done by others first */
static void before(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c)
{
	const char *text = web_tr_in(q, "before", c->name);

	if (text != NULL)
		web_print(b, "<p class=\"small\">%s</p>", text);
}

/* what the columns of a list are, and one to fill in */
static void list_template(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c)
{
	char noun[PORTAL_NOUN];
	const char *columns = web_tr_in(q, "columns", c->name);

	portal_noun_in(c->name, noun);
	const struct iss_command_info *t = portal_field_of(c, "file") != NULL && portal_has_type(c, ISS_F_FILE) ? portal_find(noun, "template") : NULL;
	if (columns != NULL)
		web_print(b, "<p>%s</p>", columns);
	if (t == NULL || !portal_may(q, t))
		return;
	web_print(b, "<p><a class=\"file\" href=\"/do/%s/template?run=1&amp;download=%s\">", noun, t->fields == NULL || t->fields[0].name == NULL ? "csv" : "");
	portal_command_word(q, b, t);
	web_html(b, "</a></p>");
	template_columns(q, b, t);
}

/* it is asked by an address: nothing of it is a file or a secret */
static bool by_address(const struct iss_command_info *c)
{
	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++)
		if (f->type == ISS_F_FILE || portal_is_secret(f->name))
			return false;
	return c->kind == ISS_READ;
}

void portal_form(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill, const char *const *hidden, const char *back, size_t id)
{
	bool asks = by_address(c);

	web_html(b, asks ? "<form class=\"fill\" method=\"get\" action=\"" : is_kept(c, fill, id) ? "<form class=\"fill\" method=\"post\" data-keep=\"draft\" action=\"" : "<form class=\"fill\" method=\"post\" action=\"");
	action(b, c);
	web_html(b, portal_has_type(c, ISS_F_FILE) ? "\" enctype=\"multipart/form-data\">" : "\">");
	portal_consequence(q, b, c);
	before(q, b, c);
	if (asks)
		portal_hidden(b, "run", "1");
	else
		portal_keys(q, b);
	if (back != NULL)
		portal_hidden(b, "back", back);
	hidden_values(b, fill, hidden);
	list_template(q, b, c);
	portal_inputs(q, b, c, fill, hidden, id);
	if (c->kind != ISS_READ)
		portal_behalf(q, b, c, fill, id);
	if (fj_json_text(fill, PORTAL_DRAFT)[0] != '\0')
		portal_hidden(b, "draft", fj_json_text(fill, PORTAL_DRAFT));
	if (id == 0)
		portal_compute_box(q, b, c, fill);
	form_buttons(q, b, c, fill, id);
}

static void way_back(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c)
{
	char noun[PORTAL_NOUN];

	portal_noun_in(c->name, noun);
	web_html(b, "<p class=\"pager\">");
	if (portal_find(noun, "list") != NULL) {
		web_html(b, "<a href=\"/list/");
		web_text(b, noun);
		web_html(b, "\">");
		web_text(b, portal_noun_word(q, noun, false));
		web_html(b, "</a> ");
	}
	web_html(b, "<a href=\"/do\">");
	web_say(q, b, "All I may do");
	web_html(b, "</a></p>");
}

/* "/show/asset/X", "/wizard/plan/study?...": where the form stood; anything else is as none */
static const char *back_of(struct web_req *q)
{
	const char *back = web_field(q, "back");

	return (strncmp(back, "/show/", 6) == 0 || strncmp(back, "/wizard/", 8) == 0 || strncmp(back, "/do/", 4) == 0) && strlen(back) < 250 ? back : "";
}

/* the register's refusal, and where its field is */
static void refusal(struct web_req *q, struct web_res *r, const struct iss_command_info *c, json_t *fill, const struct fj_err *err)
{
	struct fj_buf *b = &r->body;

	portal_tell(q, r, err);
	portal_fill_bad(q, c, fill, err);
	if (fj_json_text(fill, PORTAL_BAD)[0] != '\0')
		web_print(b, "<p><a href=\"#f0-%s\">%s</a></p>", fj_json_text(fill, PORTAL_BAD), web_tr(q, "To the field"));
}

/* where a refusal leads: to what takes the place of the act, or has to be there before it */
static const struct {
	const char *refused, *cite; /* NULL: whatever it was refused for */
	const char *command;        /* that answers there */
	const char *to, *field;     /* the address; what stands in the form under this name follows */
	const char *text;           /* NULL: the command's own */
} ways_on[] = {
	{"registration.accept", NULL, "registration.return", "/do/registration/return?id=", "id", NULL},
	{"product.add", "R08", "price.list", "/list/price?authorisation=", "authorisation", WEB_N("The prices that are recorded of this authorisation")},
};

static void ways(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill, const struct fj_err *err)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(ways_on); i++) {
		const struct iss_command_info *other = iss_command_find(ways_on[i].command);
		const char *id = fj_json_text(fill, ways_on[i].field);
		if (strcmp(ways_on[i].refused, c->name) != 0 || (ways_on[i].cite != NULL && strcmp(ways_on[i].cite, err->cite) != 0) || id[0] == '\0' || !portal_may(q, other))
			continue;
		web_print(b, "<p class=\"acts\"><a class=\"button\" href=\"%s%s\">", ways_on[i].to, id);
		if (ways_on[i].text != NULL)
			web_text(b, web_tr(q, ways_on[i].text));
		else
			portal_command_word(q, b, other);
		web_html(b, "</a></p>");
	}
}

/* what the register itself finds missing, beside what the officer adds */
static void one_notice(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "id", fj_json_text(fill, "id"));
	FJ_AUTO(json) reg = NULL;

	if (strcmp(c->name, "registration.return") == 0 && portal_command(q, "registration.show", params, &reg, NULL) == FJ_OK)
		portal_gaps(q, b, web_tr(q, "The one notice names, beside what you add:"), json_object_get(reg, "missing"), fj_json_text(reg, "asset_no"));
}

/* who may not take this step (R22) is told before anything is filled in */
static void barred(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill)
{
	FJ_AUTO(json) params = NULL;
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};

	if ((strcmp(c->name, "certificate.issue") != 0 && strcmp(c->name, "registration.execute") != 0) || portal_params_of(q, c, fill, &params, NULL) != FJ_OK)
		return;
	json_object_set_new(params, iss_fld_preview.name, json_true());
	if (portal_command(q, c->name, params, &answer, &err) != FJ_OK && strcmp(err.cite, "R22") == 0)
		portal_error(q, b, &err);
}

/* what a form page is shown with: its number is known already, perhaps a draft is there */
static void above_form(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill)
{
	const struct portal_wizard *w = portal_wizard_of(c->name);
	const char *id = fj_json_text(fill, "id");

	portal_draft_told(q, b, json_is_true(json_object_get(fill, PORTAL_CHANGED)));
	if (c->kind == ISS_READ || fj_json_text(fill, PORTAL_DRAFT)[0] != '\0' || web_is_post(q))
		return;
	portal_drafts_of(q, b, c, w != NULL ? "wizard" : "do", "");
	barred(q, b, c, fill);
	portal_begin_at_product(q, b, c);
	if (w != NULL) {
		static const char *const named[] = {"asset", "ledger"}; /* what the form was opened with */
		char to[PORTAL_TO];
		portal_address("wizard", c->name, to);
		portal_to(to, "id", id);
		for (size_t i = 0; i < FJ_ARRAY_LEN(named); i++)
			portal_to(to, named[i], web_field(q, named[i]));
		web_print(b, "<p><a href=\"%s\">%s</a></p>", to, web_tr(q, "Fill it in step by step"));
	}
}

/* one was chosen, and browsers do not keep it */
static bool file_sent(struct web_req *q, const struct iss_command_info *c)
{
	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++) {
		const struct web_upload *u = f->type == ISS_F_FILE ? web_file(q, f->name) : NULL;
		if (u != NULL && u->filename[0] != '\0')
			return true;
	}
	return false;
}

static bool held_any(const struct iss_command_info *c, const json_t *fill)
{
	char mark[PORTAL_HELD_NAME];

	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++) {
		held_name(f->name, mark);
		if (f->type == ISS_F_FILE && fj_json_text(fill, mark)[0] != '\0')
			return true;
	}
	return false;
}

void portal_form_page(struct web_req *q, struct web_res *r, const struct iss_command_info *c, const json_t *filled, const struct fj_err *err)
{
	struct fj_buf *b = &r->body;
	FJ_AUTO(json) fill = json_copy((json_t *)(uintptr_t)filled);

	fj_buf_clear(b);
	if (web_is_post(q))
		portal_hold_files(q, c, fill); /* browsers do not keep what was chosen */
	portal_command_top(q, b, c);
	above_form(q, b, c, fill);
	if (err != NULL) {
		refusal(q, r, c, fill, err);
		ways(q, b, c, fill, err);
		if (file_sent(q, c) && !held_any(c, fill)) {
			web_html(b, "<p class=\"small\">");
			web_say(q, b, "Choose the file again: browsers do not keep it.");
			web_html(b, "</p>");
		}
	}
	one_notice(q, b, c, fill);
	portal_case(q, b, c, fill);
	portal_order_form(q, b, c, fill);
	portal_price_form(q, b, c, fill);
	portal_selected(q, b, c, fill, NULL);
	if (!portal_takeback_page(q, b, c, fill, back_of(q)))
		portal_form(q, b, c, fill, NULL, back_of(q)[0] != '\0' ? back_of(q) : NULL, 0);
	way_back(q, b, c);
	web_page_end(b);
}

/* the command of the path, when it is one; else the answer is made */
static const struct iss_command_info *command_of(struct web_req *q, struct web_res *r)
{
	const struct iss_command_info *c = portal_find(web_param(q, "noun"), web_param(q, "verb"));

	if (c == NULL) {
		portal_no_such(q, r);
		return NULL;
	}
	if (!portal_let(q, r, c))
		return NULL;
	if (portal_own_page(c) == NULL)
		return c;
	web_redirect(r, portal_own_page(c));
	return NULL;
}

/* --- what I may do --- */

/* lists have pages of their own, and what is shown by its number */
static bool is_elsewhere(const struct iss_command_info *c, const char *verb)
{
	return strcmp(verb, "list") == 0 || (strcmp(verb, "show") == 0 && c->fields != NULL && c->fields[0].name != NULL && c->fields[0].required);
}

static void noun_heading(struct web_req *q, struct fj_buf *b, const char *noun)
{
	bool list = portal_find(noun, "list") != NULL;

	web_print(b, "<section class=\"card\" id=\"n-%s\"><h2>", noun);
	if (list) {
		web_html(b, "<a href=\"/list/");
		web_text(b, noun);
		web_html(b, "\">");
	}
	web_text(b, portal_noun_word(q, noun, false));
	web_html(b, list ? "</a></h2><ul>" : "</h2><ul>");
}

static void one_command(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c)
{
	web_html(b, "<li><a href=\"");
	action(b, c);
	web_html(b, "\">");
	portal_command_word(q, b, c);
	web_html(b, "</a>");
	portal_consequence(q, b, c);
	web_html(b, "</li>");
}

static bool stands_here(struct web_req *q, const struct iss_command_info *c, const char *noun)
{
	return portal_is_noun(c->name, noun) && portal_may(q, c) && !is_elsewhere(c, c->name + strlen(noun) + 1);
}

static void noun_section(struct web_req *q, struct fj_buf *b, const char *noun)
{
	size_t n;
	const struct iss_command_info *const *all = iss_commands(&n);

	noun_heading(q, b, noun);
	for (size_t i = 0; i < n; i++)
		if (stands_here(q, all[i], noun))
			one_command(q, b, all[i]);
	web_html(b, "</ul></section>");
}

static void noun_link(struct web_req *q, struct fj_buf *b, const char *noun)
{
	web_print(b, "<a href=\"#n-%s\">%s</a>", noun, portal_noun_word(q, noun, false));
}

/* the nouns of what may be done, each where the first of its commands stands */
static void by_noun(struct web_req *q, struct fj_buf *b, void (*part)(struct web_req *, struct fj_buf *, const char *))
{
	size_t n;
	const struct iss_command_info *const *all = iss_commands(&n);

	for (size_t i = 0; i < n; i++) {
		char noun[PORTAL_NOUN];
		size_t k = 0;
		portal_noun_in(all[i]->name, noun);
		if (!stands_here(q, all[i], noun))
			continue;
		while (k < i && !stands_here(q, all[k], noun))
			k++;
		if (k == i)
			part(q, b, noun);
	}
}

/* what each role comes to do most */
static const struct {
	uint32_t role;
	const char *commands[8];
} usual[] = {
	{ISS_HOLDER, {"ledger.import", "ledger.recognise", "asset.card", "registration.submit", "material.add", "registration.course", "certificate.print"}},
	{ISS_FINANCE, {"registration.review", "registration.decide", "certificate.issue", "certificate.suspend", "certificate.revoke", "copy.issue", "copy.collect", "report.half-year"}},
	{ISS_SUPERIOR, {"ledger.confirm", "registration.endorse", "asset.freeze", "order.issue"}},
	{ISS_IMPLEMENTER, {"authorisation.propose", "plan.study", "plan.deliberate", "plan.agree", "authorisation.suspend", "authorisation.reclaim", "evaluation.add"}},
	{ISS_OPERATOR, {"product.add", "token.issue", "token.bulk", "token.review", "token.revoke", "revenue.book", "usage.report", "authorisation.surrender"}},
	{ISS_DEVELOPER | ISS_USER, {"token.request", "usage.countersign", "complaint.file", "revenue.book"}},
	{ISS_EXCHANGE, {"listing.admit", "listing.delist", "trade.import"}},
	{ISS_ASSESSOR, {"evaluation.add"}},
	{ISS_MOF | ISS_DATA_BUREAU, {"order.issue", "order.close", "incident.report", "plan.file"}},
	{ISS_AUDITOR, {"asset.history", "find.history", "find.dossier", "find.export", "audit.verify"}},
	{~(uint32_t)0, {"find.search", "find.export"}},
};

static bool usual_at(size_t k, size_t i, const char *command)
{
	for (size_t r = 0; r <= k; r++)
		for (size_t c = 0; c < (r < k ? 8 : i) && usual[r].commands[c] != NULL; c++)
			if (strcmp(usual[r].commands[c], command) == 0)
				return true;
	return false;
}

static void done_most(struct web_req *q, struct fj_buf *b)
{
	uint32_t mine = portal_actor(q)->roles;

	web_print(b, "<section class=\"card\"><h2>%s</h2><ul class=\"doors\">", web_tr(q, "Done most often"));
	for (size_t k = 0; k < FJ_ARRAY_LEN(usual); k++)
		for (size_t i = 0; (usual[k].role & mine) != 0 && i < 8 && usual[k].commands[i] != NULL; i++) {
			const struct iss_command_info *c = iss_command_find(usual[k].commands[i]);
			if (portal_may(q, c) && !usual_at(k, i, c->name))
				one_command(q, b, c);
		}
	web_html(b, "</ul></section>");
}

void portal_get_do(struct web_req *q, struct web_res *r)
{
	struct fj_buf *b = &r->body;

	portal_top(q, b, web_tr(q, "What I may do"));
	web_print(b, "<p><a href=\"/drafts\">%s</a></p>", web_tr(q, "My drafts"));
	done_most(q, b);
	web_print(b, "<h2>%s</h2><details class=\"fold\"><summary>%s</summary></details><nav class=\"links\" aria-label=\"%s\">", web_tr(q, "All by subject"), web_tr(q, "Go to a subject"), web_tr(q, "Subjects"));
	by_noun(q, b, noun_link);
	web_html(b, "</nav><div class=\"cards\">");
	by_noun(q, b, noun_section);
	web_html(b, "</div>");
	web_page_end(b);
}

/* --- one command --- */

/* the address of a reading command with what was asked */
static void address_of(struct fj_buf *b, const struct iss_command_info *c, const json_t *fill)
{
	const char *key;
	json_t *v, *item;
	size_t i;

	action(b, c);
	web_html(b, "?run=1");
	json_object_foreach((json_t *)(uintptr_t)fill, key, v) {
		FJ_AUTO(json) list = json_is_array(v) ? json_incref(v) : json_pack("[O]", v);
		json_array_foreach(list, i, item) {
			web_html(b, "&");
			web_url(b, key);
			web_html(b, "=");
			web_url(b, json_string_value(item));
		}
	}
}

/* what follows the rows that were shown */
static void next_page(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill, const json_t *next)
{
	FJ_AUTO(json) onward = json_copy((json_t *)(uintptr_t)fill);
	FJ_AUTO(buf) to = FJ_BUF_INIT(65536);

	if (portal_field_of(c, "after") == NULL || (!json_is_string(next) && !json_is_integer(next)))
		return;
	json_object_set_new(onward, "after", json_is_integer(next) ? json_sprintf("%lld", (long long)json_integer_value(next)) : json_incref((json_t *)(uintptr_t)next));
	address_of(&to, c, onward);
	web_print(b, "<p class=\"pager\"><a href=\"%s\">%s</a></p>", fj_buf_str(&to), web_tr(q, "Next page"));
}

static void ask(struct web_req *q, struct web_res *r, const struct iss_command_info *c, const json_t *fill)
{
	FJ_AUTO(json) params = NULL;
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(buf) again = FJ_BUF_INIT(65536);
	struct fj_err err = {0};
	const char *member = web_field(q, "download");

	if (portal_params(q, c, false, &params, &err) != FJ_OK || portal_command(q, c->name, params, &answer, &err) != FJ_OK) {
		portal_form_page(q, r, c, fill, &err);
		return;
	}
	if (member[0] != '\0' && portal_answer_file(r, c->name, answer, member))
		return;
	address_of(&again, c, fill);
	portal_command_top(q, &r->body, c);
	FJ_AUTO(json) next = json_incref(json_object_get(answer, "next"));
	json_object_del(answer, "next");
	portal_answer(q, &r->body, c->name, answer, fj_buf_str(&again));
	next_page(q, &r->body, c, fill, next);
	if (c->fields != NULL && c->fields[0].name != NULL)
		portal_form(q, &r->body, c, fill, NULL, NULL, 0);
	way_back(q, &r->body, c);
	web_page_end(&r->body);
}

void portal_get_form(struct web_req *q, struct web_res *r)
{
	const struct iss_command_info *c = command_of(q, r);

	if (c == NULL)
		return;
	FJ_AUTO(json) fill = portal_typed(q, c);
	bool changed = false;
	if (portal_draft_take(q, c, web_field(q, "draft"), fill, &changed)) {
		if (changed)
			json_object_set_new(fill, PORTAL_CHANGED, json_true());
	} else if (c->kind != ISS_READ || web_field(q, "run")[0] == '\0') {
		portal_prefill(q, c, fill);
	}
	portal_take_filed(q, c, fill);
	bool nothing_to_fill = c->fields == NULL || c->fields[0].name == NULL;
	if (by_address(c) && (web_field(q, "run")[0] != '\0' || nothing_to_fill))
		ask(q, r, c, fill);
	else
		portal_form_page(q, r, c, fill, NULL);
}

/* what takes long runs behind, its page says how far it is */
static bool goes_behind(struct web_req *q, const struct iss_command_info *c, const char *key, json_t *params)
{
	return c->kind == ISS_WRITE_STEPS && !json_is_true(json_object_get(params, "dry_run")) && behind_start(q, c->name, key, params);
}

/* acts after which the page of what they made or moved tells what comes next, wherever the form was begun */
static const struct {
	const char *command, *noun, *done; /* NULL: as after any act */
} made[] = {
	{"token.request", "request", "asked"}, {"evaluation.add", "evaluation", NULL}, {"order.issue", "order", NULL}, {"order.answer", "order", NULL}, {"order.return", "order", NULL},
	{"order.close", "order", NULL}, {"complaint.file", "complaint", NULL}, {"complaint.answer", "complaint", NULL}, {"complaint.decide", "complaint", NULL},
	{"incident.report", "incident", NULL}, {"incident.close", "incident", NULL},
};

/* its row; FJ_ARRAY_LEN(made): none */
static size_t made_of(const char *command)
{
	size_t i = 0;

	while (i < FJ_ARRAY_LEN(made) && strcmp(made[i].command, command) != 0)
		i++;
	return i;
}

/* to where the form stood, to the inbox, to the answer's own page, or to that of what it made */
static void lead_on(struct web_req *q, struct web_res *r, const struct iss_command_info *c, const char *key, const json_t *answer)
{
	char to[PORTAL_TO];
	const char *back = back_of(q), *approval = fj_json_peek(answer, "approval");
	bool stops = portal_stops_something(c->name) && json_object_get(answer, "stopped") != NULL; /* what is denied from now on */
	size_t k = approval != NULL ? FJ_ARRAY_LEN(made) : made_of(c->name);
	bool plain = portal_answer_is_plain(answer), shown = plain && k < FJ_ARRAY_LEN(made);
	bool own = stops || !plain || (approval == NULL && back[0] == '\0' && !shown);
	const char *word = own ? "" : shown && made[k].done != NULL ? made[k].done : portal_done_word(c->name, answer);

	if (own)
		snprintf(to, sizeof(to), "/done/%s", key);
	else if (approval != NULL)
		snprintf(to, sizeof(to), "/approvals/%s", approval);
	else if (shown)
		snprintf(to, sizeof(to), "/show/%s/%s", made[k].noun, fj_json_text(answer, "id"));
	else
		snprintf(to, sizeof(to), "%s", back);
	if (!own && approval == NULL && !shown && strncmp(back, "/show/", 6) != 0)
		portal_to(to, "filed", fj_json_text(answer, "id"));
	portal_to(to, "done", word);
	web_redirect(r, to);
}

/* the answer is a refusal that the register keeps, or the faults of a file: with the form again */
static void show_refused(struct web_req *q, struct web_res *r, const struct iss_command_info *c, const char *key, const json_t *answer)
{
	FJ_AUTO(json) fill = portal_typed(q, c);
	struct fj_err err = {0};
	char again[64];

	snprintf(again, sizeof(again), "/done/%s", key);
	if (portal_refused(answer, &err))
		r->status = fj_rc_http(err.rc);
	portal_command_top(q, &r->body, c);
	portal_answer(q, &r->body, c->name, answer, again);
	portal_form(q, &r->body, c, fill, NULL, back_of(q)[0] != '\0' ? back_of(q) : NULL, 0);
	way_back(q, &r->body, c);
	web_page_end(&r->body);
}

/* refused as what was asked for, and on record all the same: its own page says so, and what comes next; no form that would enter it twice */
static bool on_record(struct web_req *q, struct web_res *r, const struct iss_command_info *c, const json_t *params, const json_t *answer)
{
	static const struct {
		const char *command, *noun, *done;
	} kept[] = {{"revenue.book", "revenue", "held"}, {"revenue.remit", "remittance", "short"}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(kept); i++) {
		const char *id = fj_json_text(answer, "id");
		char to[PORTAL_TO];
		id = id[0] != '\0' ? id : fj_json_text(params, kept[i].noun);
		if (strcmp(kept[i].command, c->name) != 0 || id[0] == '\0' || strlen(id) > 64)
			continue;
		snprintf(to, sizeof(to), "/show/%s/%s", kept[i].noun, id);
		portal_to(to, "done", kept[i].done);
		portal_draft_done(portal_of(q), portal_actor(q), web_field(q, "draft"));
		portal_held_done(q, c);
		web_redirect(r, to);
		return true;
	}
	return false;
}

static void run(struct web_req *q, struct web_res *r, const struct iss_command_info *c, const char *key)
{
	FJ_AUTO(json) params = NULL;
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) fill = portal_typed(q, c);
	struct fj_err err = {0};
	struct once o;

	if (portal_params(q, c, false, &params, &err) != FJ_OK || portal_takeback_told(c, params, &err) != FJ_OK) {
		portal_form_page(q, r, c, fill, &err);
		return;
	}
	once_begin(web_csrf(q), key, c->name, back_of(q), &o);
	if (o.state == ONCE_NEW && goes_behind(q, c, key, params)) {
		o.state = ONCE_RUNNING;
		portal_held_done(q, c); /* it has them */
	}
	if (o.state != ONCE_NEW) {
		char to[PORTAL_TO];
		json_decref(o.answer);
		snprintf(to, sizeof(to), "/done/%s", key);
		portal_to(to, "track", web_field(q, "track"));
		web_redirect(r, to);
		return;
	}
	FJ_AUTO(json) stops = portal_what_stops(q, c->name, fill); /* before: afterwards nothing is left to stop */
	enum fj_rc rc = portal_command(q, c->name, params, &answer, &err);
	if (rc == FJ_OK && stops != NULL)
		json_object_set(answer, "stopped", stops);
	once_end(web_csrf(q), key, answer, rc == FJ_OK ? NULL : &err);
	if (rc != FJ_OK)
		portal_form_page(q, r, c, fill, &err);
	else if (portal_refused(answer, &err) && on_record(q, r, c, params, answer))
		return;
	else if (portal_refused(answer, &err))
		show_refused(q, r, c, key, answer);
	else {
		portal_draft_done(portal_of(q), portal_actor(q), web_field(q, "draft"));
		portal_held_done(q, c);
		lead_on(q, r, c, key, answer);
	}
}

/* back from the preview: to the form, or to the wizard's last page */
static void edit(struct web_req *q, struct web_res *r, const struct iss_command_info *c, json_t *fill)
{
	const struct portal_wizard *w = portal_wizard_of(c->name);

	if (w != NULL && web_field(q, "draft")[0] != '\0')
		portal_wizard_review(q, r, w, c, fill, NULL);
	else
		portal_form_page(q, r, c, fill, NULL);
}

/* the form is kept as a draft while a material is filed */
static void file_first(struct web_req *q, struct web_res *r, const struct iss_command_info *c, const json_t *fill, const char *path)
{
	char id[ISS_DRAFT_CAP];
	struct fj_err err = {0};

	snprintf(id, sizeof(id), "%.23s", web_field(q, "draft"));
	if (portal_draft_keep(q, c, fill, id, &err) != FJ_OK)
		portal_form_page(q, r, c, fill, &err);
	else
		portal_to_file(r, "do", c, id, "", path);
}

/* a button of the form that is not the act: rows, a draft, the preview, back from it; false: it is the act */
static bool other_step(struct web_req *q, struct web_res *r, const struct iss_command_info *c)
{
	const char *step = web_field(q, "step"), *file = portal_field_of(c, "file") == NULL ? web_field(q, "file") : "";

	if ((step[0] == '\0' && file[0] == '\0') || c->kind == ISS_READ)
		return false;
	FJ_AUTO(json) fill = portal_typed(q, c);
	if (web_field(q, "draft")[0] != '\0')
		json_object_set_new(fill, PORTAL_DRAFT, json_string(web_field(q, "draft")));
	if (file[0] != '\0')
		file_first(q, r, c, fill, file);
	else if (strcmp(step, "draft") == 0)
		portal_draft_answer(q, r, c, fill, back_of(q));
	else if (strcmp(step, "preview") == 0)
		portal_preview(q, r, c, fill);
	else if (strcmp(step, "compute") == 0)
		return portal_compute(q, r, c, fill);
	else if (strcmp(step, "edit") == 0)
		edit(q, r, c, fill);
	else if (portal_rows_step(fill, step))
		portal_form_page(q, r, c, fill, NULL);
	else
		return false;
	return true;
}

void portal_post_form(struct web_req *q, struct web_res *r)
{
	const struct iss_command_info *c = command_of(q, r);
	const char *key;
	struct fj_err err = {0};

	if (c == NULL)
		return;
	if (once_sent(q, &key, &err) != FJ_OK || portal_fits(q, c, &err) != FJ_OK)
		web_fail(q, r, &err);
	else if (!other_step(q, r, c))
		run(q, r, c, key);
}

static void link_back(struct web_req *q, struct fj_buf *b, const char *back)
{
	if (back[0] == '\0')
		return;
	web_html(b, "<p><a href=\"");
	web_text(b, back);
	web_html(b, "\">");
	web_say(q, b, "Back");
	web_html(b, "</a></p>");
}

/* how far it is, and the page again in two seconds */
static void under_way(struct web_req *q, struct web_res *r)
{
	struct fj_buf *b = &r->body;
	const char *id = web_field(q, "track");
	FJ_AUTO(json) params = json_pack("{s:s}", "id", id);
	FJ_AUTO(json) status = NULL;

	web_say_header(r, "Refresh", "2");
	web_html(b, "<p class=\"notice\" role=\"status\">");
	web_say(q, b, "This is being done, once; the page loads itself again until it is. You may leave it: the work goes on.");
	web_html(b, "</p>");
	if (id[0] == '\0' || portal_command(q, "ledger.import-status", params, &status, NULL) != FJ_OK)
		return;
	int64_t done = fj_json_num(status, "entered"), all = fj_json_num(status, "good");
	web_print(b, "<p><label for=\"far\">%s</label><progress id=\"far\" max=\"%lld\" value=\"%lld\"></progress> %lld / %lld</p>", web_tr(q, "Rows entered"), (long long)all, (long long)done,
	    (long long)done, (long long)all);
}

/* what ran behind and was refused is asked for anew */
static void to_form(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c)
{
	web_html(b, "<p class=\"acts\"><a class=\"button quiet\" href=\"");
	action(b, c);
	web_print(b, "\">%s</a></p>", web_tr(q, "To the form again"));
}

static void done_page(struct web_req *q, struct web_res *r, const struct iss_command_info *c, const struct once *o)
{
	struct fj_buf *b = &r->body;
	char again[64];

	snprintf(again, sizeof(again), "/done/%s", web_param(q, "key"));
	portal_command_top(q, b, c);
	if (o->state == ONCE_RUNNING) {
		under_way(q, r);
	} else if (o->state == ONCE_REFUSED) {
		portal_error(q, b, &o->err);
		to_form(q, b, c);
	} else if (!portal_takeback_done(q, b, o)) {
		struct fj_err err = {0};
		bool refused = portal_refused(o->answer, &err);
		if (!refused && fj_json_peek(o->answer, "approval") == NULL) {
			web_html(b, "<p class=\"notice ok\" role=\"status\">");
			web_say(q, b, "Done.");
			web_html(b, "</p>");
			portal_then(q, b, o->command, o->answer);
		}
		portal_answer(q, b, o->command, o->answer, again);
		if (refused)
			to_form(q, b, c);
	}
	link_back(q, b, o->back);
	way_back(q, b, c);
	web_page_end(b);
}

void portal_get_done(struct web_req *q, struct web_res *r)
{
	struct once o = {.state = ONCE_NEW};
	const char *member = web_field(q, "download");

	if (!once_find(web_csrf(q), web_param(q, "key"), &o)) {
		struct fj_err err = {0};
		fj_fail(&err, FJ_E_NOTFOUND, "portal", NULL, "this answer is not kept any more; what was done stands in the lists");
		fj_err_zh(&err, "该办理结果已不再保留，请在列表中查看办理情况");
		web_fail(q, r, &err);
		return;
	}
	FJ_AUTO(json) owned = o.answer;
	const struct iss_command_info *c = iss_command_find(o.command);
	if (c != NULL && c->kind == ISS_WRITE_STEPS && o.state == ONCE_DONE && member[0] == '\0' && json_object_get(owned, "stopped") == NULL && portal_answer_is_plain(owned) && fj_json_peek(owned, "approval") != NULL) {
		lead_on(q, r, c, web_param(q, "key"), owned); /* what ran behind ends where the same act at once would have */
		return;
	}
	if (c == NULL || (member[0] != '\0' && portal_answer_file(r, o.command, owned, member)))
		return;
	done_page(q, r, c, &o);
}
