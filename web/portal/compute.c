/*
 * compute.c - figures while a form is filled in: who gets what of revenue, the score
 * of an evaluation, the maximum of a price.
 *
 * The register computes (a reading command), exactly and by its own rules; here is no
 * arithmetic.  Without a script a button sends the form back with the figures below;
 * with one the same comes as typed, as a part of the page.
 */
#include "web/portal/internal.h"

static const struct {
	const char *form, *ask;
	bool fills; /* what was found goes into the fields of its name that are empty, or have what was found before */
} computed[] = {{"revenue.book", "revenue.compute", false}, {"evaluation.add", "evaluation.compute", false}, {"price.record", "price.calculate", true}};

static const struct iss_command_info *asks(const struct iss_command_info *c)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(computed); i++)
		if (strcmp(computed[i].form, c->name) == 0)
			return iss_command_find(computed[i].ask);
	return NULL;
}

static void money(struct web_req *q, struct fj_buf *b, int64_t fen)
{
	char yuan[ISS_YUAN_CAP];

	iss_yuan_text(fen, yuan);
	web_print(b, "%s %s", yuan, web_tr(q, "yuan"));
}

static void percent(struct fj_buf *b, int64_t bp)
{
	char text[PORTAL_PERCENT];

	portal_percent_text(bp, text);
	web_print(b, "%s%%", text);
}

static void share(struct web_req *q, struct fj_buf *b, const json_t *s)
{
	web_print(b, "<tr><td data-label=\"%s\"><bdi>%s</bdi></td><td data-label=\"%s\"><bdi>%s</bdi></td><td data-label=\"%s\">", web_tr(q, "Party"), fj_json_text(s, "name"), web_tr(q, "Role"),
	    fj_json_text(s, "role"), web_tr(q, "Share"));
	percent(b, fj_json_num(s, "bp"));
	web_print(b, "</td><td data-label=\"%s\">", web_tr(q, "Amount"));
	money(q, b, fj_json_num(s, "amount_fen"));
	if (json_is_true(json_object_get(s, "remainder")))
		web_print(b, " <span class=\"small\">%s</span>", web_tr(q, "remainder"));
	web_print(b, "</td><td data-label=\"%s\">%s", web_tr(q, "Goes to"), web_word(q, WEB_KIND, fj_json_text(s, "fund")));
	if (fj_json_text(s, "due")[0] != '\0') {
		web_html(b, " <span class=\"small\">");
		web_text_times(b, fj_json_text(s, "due"));
		web_html(b, "</span>");
	}
	web_html(b, "</td></tr>");
}

static void shares(struct web_req *q, struct fj_buf *b, const json_t *answer)
{
	size_t i;
	json_t *s;
	char yuan[ISS_YUAN_CAP];
	bool treasury = false;

	web_print(b, "<table class=\"shares\"><caption>%s</caption><thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead><tbody>",
	    web_tr(q, "Shares as they would be"), web_tr(q, "Party"), web_tr(q, "Role"), web_tr(q, "Share"), web_tr(q, "Amount"), web_tr(q, "Goes to"));
	json_array_foreach(json_object_get(answer, "shares"), i, s) {
		share(q, b, s);
		treasury = treasury || strcmp(fj_json_text(s, "fund"), "NONTAX") == 0;
	}
	web_html(b, "</tbody></table><p class=\"small\">");
	iss_yuan_text(fj_json_num(answer, "net_fen"), yuan);
	web_say(q, b, "The shares make %s together, exactly the net income.", yuan);
	json_array_foreach(json_object_get(answer, "shares"), i, s)
		if (json_is_true(json_object_get(s, "remainder"))) {
			web_html(b, " ");
			web_say(q, b, "What rounding leaves goes to %s.", fj_json_text(s, "name"));
		}
	if (treasury)
		web_print(b, " %s", web_tr(q, "Non-tax revenue is remitted to the treasury; a remittance becomes due for it."));
	web_html(b, "</p>");
}

/* nothing until there is enough to compute with; then the figures, or why there are none */
static void figures(struct web_req *q, struct fj_buf *b, const struct iss_command_info *ask, const json_t *fill)
{
	FJ_AUTO(json) params = NULL;
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};

	if (portal_params_of(q, ask, fill, &params, &err) == FJ_OK && portal_command(q, ask->name, params, &answer, &err) == FJ_OK) {
		if (json_object_get(answer, "shares") != NULL)
			shares(q, b, answer);
		else
			web_fields(q, b, answer, portal_links);
		return;
	}
	web_print(b, "<p class=\"small\">%s</p>", web_either(q, err.zh, err.en));
}

struct computed_field {
	char name[120], mark[120]; /* of its text, and of the text that was found for it before */
};
static void computed_of(const struct iss_field *f, struct computed_field *out)
{
	snprintf(out->name, sizeof(out->name), "%.100s%s", f->name, portal_unit(f));
	snprintf(out->mark, sizeof(out->mark), "%.100s%s", f->name, PORTAL_COMPUTED);
}

/* nobody typed it: it is empty, or has what was found before */
static bool follows(const json_t *fill, const struct iss_field *f, const struct computed_field *n)
{
	const char *now = fj_json_text(fill, n->name);

	return (now[0] == '\0' && fj_json_text(fill, f->name)[0] == '\0') || (now[0] != '\0' && strcmp(now, fj_json_text(fill, n->mark)) == 0);
}

/* as if nothing had been found before; the caller's */
static json_t *typed_alone(const struct iss_command_info *c, const json_t *fill)
{
	json_t *out = json_copy((json_t *)(uintptr_t)fill);
	struct computed_field n;

	for (const struct iss_field *f = c->fields; f->name != NULL; f++) {
		computed_of(f, &n);
		if (follows(fill, f, &n))
			json_object_del(out, n.name);
	}
	return out;
}

static void fill_one(struct web_req *q, json_t *fill, const struct iss_field *f, const json_t *found)
{
	FJ_AUTO(json) text = json_object();
	struct computed_field n;
	char label[300];

	computed_of(f, &n);
	portal_put_value(text, f, f->name, found);
	if (follows(fill, f, &n)) {
		json_object_update(fill, text);
		json_object_set(fill, n.mark, json_object_get(text, n.name));
	} else if (strcmp(fj_json_text(fill, n.name), fj_json_text(text, n.name)) != 0) {
		snprintf(label, sizeof(label), "%s", web_label(q, f->name));
		json_array_append_new(json_object_get(fill, PORTAL_DIFFERS), json_string(label));
	}
}

/* the figures that the form asks for and that nobody typed; false: it has none, or they can't be found yet */
static bool fill_in(struct web_req *q, const struct iss_command_info *c, json_t *fill)
{
	FJ_AUTO(json) typed = typed_alone(c, fill);
	FJ_AUTO(json) params = NULL;
	FJ_AUTO(json) answer = NULL;
	bool fills = false;

	for (size_t i = 0; i < FJ_ARRAY_LEN(computed); i++)
		fills = fills || (computed[i].fills && strcmp(computed[i].form, c->name) == 0);
	if (!fills || portal_params_of(q, asks(c), typed, &params, NULL) != FJ_OK || portal_command(q, asks(c)->name, params, &answer, NULL) != FJ_OK)
		return false;
	json_object_set_new(fill, PORTAL_DIFFERS, json_array());
	for (const struct iss_field *f = c->fields; f->name != NULL; f++)
		if (json_is_integer(json_object_get(answer, f->name)))
			fill_one(q, fill, f, json_object_get(answer, f->name));
	return true;
}

/* what went into the fields above, and what stands there otherwise since somebody typed it */
static void filled_told(struct web_req *q, struct fj_buf *b, const json_t *differs)
{
	size_t i;
	json_t *v;

	web_print(b, "<p class=\"small\">%s", web_tr(q, "What was found stands in the fields above, also in place of what was found before."));
	json_array_foreach(differs, i, v) {
		web_html(b, " <strong>");
		web_say(q, b, "“%s” stays as you typed it, which is not what was found.", json_string_value(v));
		web_html(b, "</strong>");
	}
	web_html(b, "</p>");
}

void portal_compute_box(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill)
{
	const struct iss_command_info *ask = asks(c);

	if (ask == NULL)
		return;
	web_print(b, "<p><button class=\"quiet\" name=\"step\" value=\"compute\" formnovalidate>%s</button></p><div class=\"computed\" role=\"status\" data-compute=\"1\">", web_tr(q, "Compute"));
	if (json_object_get(fill, PORTAL_COMPUTE) != NULL)
		figures(q, b, ask, fill);
	if (json_is_false(json_object_get(fill, PORTAL_COMPUTE)))
		filled_told(q, b, json_object_get(fill, PORTAL_DIFFERS));
	web_html(b, "</div>");
	for (const struct iss_field *f = c->fields; f->name != NULL; f++) {
		struct computed_field n;
		computed_of(f, &n);
		if (fj_json_text(fill, n.mark)[0] != '\0')
			portal_hidden(b, n.mark, fj_json_text(fill, n.mark));
	}
}

bool portal_compute(struct web_req *q, struct web_res *r, const struct iss_command_info *c, json_t *fill)
{
	if (asks(c) == NULL)
		return false;
	if (web_field(q, "part")[0] != '\0') {
		figures(q, &r->body, asks(c), fill);
		return true;
	}
	json_object_set_new(fill, PORTAL_COMPUTE, json_boolean(!fill_in(q, c, fill)));
	portal_form_page(q, r, c, fill, NULL);
	return true;
}
