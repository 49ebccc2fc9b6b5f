/*
 * show.c - one object, and what may be done with it.
 *
 * What is shown is the noun's .show command; what may be done are the officer's
 * commands that ask for such a number.  Short forms stand here, folded; longer ones
 * are led to with the number filled in.
 */
#include "web/portal/internal.h"

/* further fields of a form that still stands on the page of the object */
#define SHORT_FORM 6

/* the field by which c asks for an object of this noun; NULL: it does not */
static const struct iss_field *asks_for(const struct iss_command_info *c, const char *noun, const char *key)
{
	if (!portal_is_noun(c->name, noun))
		return portal_field_of(c, noun); /* asset.card asks for a "ledger" */
	const struct iss_field *f = portal_field_of(c, key);
	return f != NULL ? f : portal_field_of(c, noun);
}

static bool offered(struct web_req *q, const struct iss_command_info *c, const char *state)
{
	const struct portal_hint *h = portal_hint_of(c->name);
	const char *dot = strchr(c->name, '.');
	char in[48];

	snprintf(in, sizeof(in), " %.40s ", state == NULL ? "" : state);
	bool of_one = strcmp(dot, ".show") != 0 && strcmp(dot, ".list") != 0 && strcmp(dot, ".add") != 0;
	return portal_may(q, c) && of_one && (h == NULL || h->from == NULL || strstr(h->from, in) != NULL);
}

static bool is_short(const struct iss_command_info *c)
{
	size_t n = 0;

	while (c->fields[n].name != NULL)
		n++;
	return n <= SHORT_FORM + 1 && !portal_has_type(c, ISS_F_JSON) && !portal_has_type(c, ISS_F_FILE) && c->kind != ISS_READ;
}

static void act(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const struct iss_field *f, const char *id, const char *back, size_t k)
{
	char many[72];
	const char *const hidden[] = {f->name, "ids", many, NULL};
	FJ_AUTO(json) fill = json_pack("{s:s}", f->name, id);
	size_t n = strcspn(c->name, ".");
	char to[160];

	snprintf(many, sizeof(many), "%ss", f->name); /* one, or a selection: here it is one */
	if (is_short(c)) {
		web_html(b, "<details class=\"act\"><summary>");
		web_text(b, web_either(q, c->zh, c->en));
		web_html(b, "</summary>");
		portal_form(q, b, c, fill, hidden, back, k);
		web_html(b, "</details>");
		return;
	}
	snprintf(to, sizeof(to), "/do/%.*s/%s?%s%s=", (int)n, c->name, c->name + n + 1, c->kind == ISS_READ ? "run=1&" : "", f->name);
	web_html(b, "<p class=\"act\"><a href=\"");
	web_text(b, to);
	web_url(b, id);
	web_html(b, "\">");
	web_text(b, web_either(q, c->zh, c->en));
	web_html(b, "</a></p>");
}

static void acts(struct web_req *q, struct fj_buf *b, const char *noun, const json_t *o, const char *back)
{
	size_t n, shown = 0;
	const struct iss_command_info *const *all = iss_commands(&n);
	const char *key = portal_key_of(noun), *id = web_param(q, "id");
	bool stops = false;

	for (size_t i = 0; i < n; i++) {
		const struct iss_field *f = asks_for(all[i], noun, key);
		if (f == NULL || f->type != ISS_F_STR || !offered(q, all[i], fj_json_peek(o, "state")))
			continue;
		if (shown++ == 0) {
			web_html(b, "<h2>");
			web_say(q, b, "Acts");
			web_html(b, "</h2>");
		}
		const struct portal_hint *h = portal_hint_of(all[i]->name);
		if (h != NULL && h->stops && !stops) { /* once, above the first of the forms that take back */
			portal_stops(q, b, id);
			stops = true;
		}
		act(q, b, all[i], f, id, back, shown);
	}
}

static void page(struct web_req *q, struct web_res *r, const char *noun, const char *command, const json_t *o)
{
	FJ_AUTO(buf) here = FJ_BUF_INIT(2048);
	struct fj_buf *b = &r->body;

	web_html(&here, "/show/");
	web_url(&here, noun);
	web_html(&here, "/");
	web_url(&here, web_param(q, "id"));
	portal_top(q, b, portal_noun_word(q, noun, true));
	portal_done(q, b);
	portal_answer(q, b, command, o, fj_buf_str(&here));
	if (strcmp(noun, "token") == 0) {
		web_html(b, "<p class=\"notice\">");
		web_say(q, b, "This is the token's own state: it is denied as well while its authorisation or certificate is not in force.");
		web_html(b, "</p>");
	}
	acts(q, b, noun, o, fj_buf_str(&here));
	web_page_end(b);
}

void portal_get_show(struct web_req *q, struct web_res *r)
{
	const char *noun = web_param(q, "noun"), *key = portal_key_of(noun), *member = web_field(q, "download");
	const struct iss_command_info *c = portal_find(noun, "show");
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};

	if (key == NULL) {
		portal_no_such(q, r);
		return;
	}
	FJ_AUTO(json) params = json_pack("{s:s}", key, web_param(q, "id"));
	if (portal_command(q, c->name, params, &answer, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	if (member[0] == '\0' || !portal_answer_file(r, c->name, answer, member))
		page(q, r, noun, c->name, answer);
}
