/*
 * wizard.c - long documents step by step: a page a step, kept as a draft between
 * them, what is missing first with the way there, and at the end all of it read back
 * before the command runs as from any form.
 *
 * A wizard is a row of steps over the members of one command; inputs, checks and the
 * act are the form's.  Files are chosen on the last page, since a draft keeps none.
 * Beside the inputs stands what they have to stay within; the register enforces it.
 */
#include "web/portal/internal.h"

struct portal_step {
	const char *title;   /* NULL: the end */
	const char *members; /* paths with blanks between */
	const char *note;    /* NULL: none */
	bool limits;         /* what it has to stay within stands beside */
};

static const struct portal_step propose[] = {
	{WEB_N("Certificates"), "proposal.certificates proposal.shared proposal.adjusts", WEB_N("Which data is authorised: certificates in force, of one holder. Beside each stands its course: in the full one (public data, as a rule) a plan is studied, approved, deliberated and filed first, and steps 4 and 5 are left blank; in the short one everything is filled in here."), true},
	{WEB_N("Scope"), "proposal.grant", WEB_N("What may be done. It stays within the certificates' rights and modes."), true},
	{WEB_N("Term and conditions"), "proposal.from proposal.to proposal.terms", WEB_N("Five years at most, and no longer than any of the certificates."), true},
	{WEB_N("Operator and documents"), "proposal.operator proposal.operator_conditions proposal.selection proposal.documents",
	    WEB_N("Only for data that takes the short course. Public data takes the whole course: leave this blank, the plan follows."), false},
	{WEB_N("Agreement"), "proposal.agreement", WEB_N("Only for the short course, where there is an agreement already."), true},
	{NULL, NULL, NULL, false}};
static const struct portal_step study[] = {
	{WEB_N("Materials"), "id study.feasibility study.due_diligence study.risk_evaluation study.security_rules study.emergency_plan study.consent",
	    WEB_N("Each is a material that your institution has filed. One that is not there yet is filed from here."), false},
	{WEB_N("What the study covers"), "study.covers", NULL, false},
	{NULL, NULL, NULL, false}};
static const struct portal_step deliberate[] = {
	{WEB_N("Items 1 to 3: name, necessity, conditions"), "id items.name items.necessity items.conditions", NULL, true},
	{WEB_N("Items 4 and 5: mode, resources"), "items.mode items.resources", NULL, true},
	{WEB_N("Item 6: term, content and exit"), "items.term", NULL, true},
	{WEB_N("Items 7 to 9: products, accounting, security"), "items.products items.accounting items.security", WEB_N("Products for public governance and welfare stand apart from those for industry and sector development."), true},
	{WEB_N("Items 10 to 12: duties, supervision, other"), "items.obligations items.supervision items.other", NULL, false},
	{WEB_N("The meeting's document"), "body usci doc_no doc_date", WEB_N("The scan is chosen on the last page."), false},
	{NULL, NULL, NULL, false}};
static const struct portal_step select_operator[] = {
	{WEB_N("Operator and method"), "id selection.operator selection.method selection.evidence selection.exclusive", NULL, false},
	{WEB_N("Announcement and conditions"), "selection.notice selection.conditions", WEB_N("What the plan asks of an operator stands beside: say what shows each."), true},
	{NULL, NULL, NULL, false}};
static const struct portal_step agree[] = {
	{WEB_N("Items 1 and 2: scope and term"), "id agreement.scope agreement.term", WEB_N("Within the plan's certificates and term. What the plan says already is filled in, here and in the next steps: check it against the agreement."), true},
	{WEB_N("Item 3: products and services"), "agreement.products", WEB_N("Each product's purpose is one of the plan's."), true},
	{WEB_N("Items 4 and 5: platform, ownership"), "agreement.platform agreement.ownership", NULL, false},
	{WEB_N("Items 6 and 7: disclosure, income"), "agreement.disclosure agreement.income", WEB_N("The shares make 100% together; what rounding leaves goes to the party that is named."), false},
	{WEB_N("Items 8 and 9: security, evaluation"), "agreement.security agreement.evaluation", NULL, false},
	{WEB_N("Items 10 to 13: breach, disputes, termination, other"), "agreement.breach agreement.disputes agreement.termination agreement.other", NULL, false},
	{NULL, NULL, NULL, false}};
static const struct portal_step card[] = {
	{WEB_N("Basic"), "ledger card.basic", NULL, false}, {WEB_N("Rights"), "card.rights", NULL, false}, {WEB_N("Use"), "card.use", NULL, false},
	{WEB_N("Management"), "card.management note", NULL, false}, {NULL, NULL, NULL, false}};
static const struct portal_wizard wizards[] = {
	{"authorisation.propose", propose}, {"plan.study", study}, {"plan.deliberate", deliberate},
	{"plan.select", select_operator}, {"plan.agree", agree}, {"asset.card", card},
};

const struct portal_wizard *portal_wizard_of(const char *command)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(wizards); i++)
		if (strcmp(wizards[i].command, command) == 0)
			return &wizards[i];
	return NULL;
}

static size_t count(const struct portal_wizard *w)
{
	size_t n = 0;

	while (w->steps[n].title != NULL)
		n++;
	return n;
}

/* --- the members of a step --- */

#define MOST 12 /* members of a step */
#define LEFT_AT "wizard.step" /* of a draft: where it was left */
static size_t places_of(const struct iss_command_info *c, const struct portal_step *s, struct portal_place out[MOST])
{
	size_t n = 0;

	for (const char *p = s->members; *p != '\0' && n < MOST; p += strspn(p, " ")) {
		size_t k = strcspn(p, " ");
		snprintf(out[n].path, sizeof(out[n].path), "%.*s", (int)k, p);
		out[n].field = portal_field_at(c, out[n].path);
		n += out[n].field != NULL ? 1 : 0;
		p += k;
	}
	return n;
}

static bool below(const char *key, const char *path)
{
	size_t n = strlen(path);

	return strncmp(key, path, n) == 0 && (key[n] == '\0' || strchr(".@#", key[n]) != NULL);
}

/* the step (from 1) that asks for the path; 0: none */
static size_t step_of(const struct portal_wizard *w, const struct iss_command_info *c, const char *path)
{
	struct portal_place place[MOST];

	for (size_t i = 0; w->steps[i].title != NULL; i++) {
		size_t n = places_of(c, &w->steps[i], place);
		for (size_t k = 0; k < n; k++)
			if (below(path, place[k].path) || below(place[k].path, path))
				return i + 1;
	}
	return 0;
}

/* --- what is missing --- */

struct gap {
	char path[120];
	const struct iss_field *field;
};
#define MAX_GAPS 60

static size_t gaps_of(const struct iss_field *f, const char *path, const json_t *v, struct gap *out, size_t n);

static size_t gaps_below(const struct iss_field *members, const char *path, const json_t *o, struct gap *out, size_t n)
{
	char at[120];

	for (const struct iss_field *m = members; m->name != NULL; m++) {
		snprintf(at, sizeof(at), "%.60s.%.50s", path, m->name);
		n = gaps_of(m, at, json_object_get(o, m->name), out, n);
	}
	return n;
}

static size_t gaps_of(const struct iss_field *f, const char *path, const json_t *v, struct gap *out, size_t n)
{
	size_t i;
	json_t *row;
	char at[120];
	bool none = v == NULL || json_is_null(v) || (json_is_array(v) && json_array_size(v) == 0);

	if ((f->as & ISS_AS_FIXED) || (none && !f->required) || n >= MAX_GAPS)
		return n;
	if (f->members != NULL && f->shape == ISS_OBJECT)
		return gaps_below(f->members, path, v, out, n);
	if (none) {
		snprintf(out[n].path, sizeof(out[n].path), "%s", path);
		out[n].field = f;
		return n + 1;
	}
	if (f->members == NULL || f->shape != ISS_ROWS)
		return n;
	json_array_foreach(v, i, row) {
		snprintf(at, sizeof(at), "%.60s.%zu", path, i);
		n = gaps_below(f->members, at, row, out, n);
	}
	return n;
}

static bool is_filled(const json_t *fill, const char *path)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)fill, key, v)
		if (below(key, path) && ((json_is_string(v) && json_string_length(v) > 0) || json_array_size(v) > 0))
			return true;
	return false;
}

/* members of the card that are marked so and not filled in */
static size_t unfilled(const struct iss_command_info *c, const json_t *fill, int as, struct gap out[MAX_GAPS], size_t n)
{
	const struct iss_field *doc = portal_field_at(c, "card");

	for (const struct iss_field *m = doc == NULL ? NULL : doc->members; m != NULL && m->name != NULL; m++)
		for (const struct iss_field *f = m->members; f != NULL && f->name != NULL && n < MAX_GAPS; f++) {
			snprintf(out[n].path, sizeof(out[n].path), "card.%.40s.%.60s", m->name, f->name);
			out[n].field = f;
			n += (f->as & as) && !is_filled(fill, out[n].path) ? 1 : 0;
		}
	return n;
}

/* of the whole command; what can't be read yet counts as there, and is refused at the end */
static size_t missing(struct web_req *q, const struct iss_command_info *c, const json_t *fill, struct gap out[MAX_GAPS])
{
	size_t n = 0;

	for (const struct iss_field *f = c->fields; f->name != NULL; f++) {
		json_t *v = NULL;
		if (f->type == ISS_F_FILE || portal_value(q, fill, f, f->name, &v, NULL) != FJ_OK)
			continue;
		n = gaps_of(f, f->name, v, out, n);
		json_decref(v);
	}
	return strcmp(fj_json_text(fill, "card.rights.public_data"), "true") == 0 ? unfilled(c, fill, ISS_AS_PUBLIC, out, n) : n;
}

static void gap_list(struct web_req *q, struct fj_buf *b, const struct portal_wizard *w, const struct iss_command_info *c, const struct gap *gap, size_t n)
{
	web_html(b, "<ul>");
	for (size_t i = 0; i < n; i++) {
		size_t step = step_of(w, c, gap[i].path);
		web_print(b, "<li><button class=\"link\" name=\"go\" value=\"%zu\" formnovalidate>", step == 0 ? (size_t)1 : step);
		portal_label_of(q, b, gap[i].field);
		web_print(b, "</button> <span class=\"small\">%s</span></li>", step == 0 ? "" : web_tr(q, w->steps[step - 1].title));
	}
	web_html(b, "</ul></section>");
}

static void show_gaps(struct web_req *q, struct fj_buf *b, const struct portal_wizard *w, const struct iss_command_info *c, const struct gap *gap, size_t n, const json_t *fill)
{
	struct gap later[MAX_GAPS];
	size_t n_later = unfilled(c, fill, ISS_AS_LATER, later, 0);

	if (n == 0) {
		web_print(b, "<p class=\"notice ok\" role=\"status\">%s</p>", web_tr(q, "Nothing that is needed is missing."));
	} else {
		web_html(b, "<section class=\"missing\"><h2>");
		web_say(q, b, "Still missing: %zu", n);
		web_html(b, "</h2>");
		gap_list(q, b, w, c, gap, n);
	}
	if (n_later == 0)
		return;
	web_html(b, "<section class=\"missing\"><p>");
	web_say(q, b, "The card can be sent without these, but registration or certificate asks for them (some can be filed as materials instead): %zu", n_later);
	web_html(b, "</p>");
	gap_list(q, b, w, c, later, n_later);
}

/* --- what it has to stay within --- */

static void limits_of_certificate(struct web_req *q, struct fj_buf *b, const char *number)
{
	static const char *const keys[] = {"rights", "modes", "restrictions", "scenes", "geo_scope", "geo_codes", "data_level", "restrict"};
	FJ_AUTO(json) params = json_pack("{s:s}", "number", number);
	FJ_AUTO(json) cert = NULL;
	FJ_AUTO(json) asset = NULL;
	size_t i;
	json_t *v;

	if (portal_command(q, "certificate.show", params, &cert, NULL) != FJ_OK)
		return;
	FJ_AUTO(json) of = json_pack("{s:s}", "asset", fj_json_text(cert, "asset_no"));
	if (portal_command(q, "asset.show", of, &asset, NULL) != FJ_OK)
		return;
	FJ_AUTO(json) lines = iss_card_lines(json_object_get(asset, "card"), web_lang(q)[0] == 'e');
	web_print(b, "<h3><a href=\"/show/certificate/%s\" class=\"mono\">%s</a></h3><dl><div><dt>%s</dt><dd><bdi>%s</bdi></dd></div><div><dt>%s</dt><dd>", number, number,
	    web_label(q, "asset_name"), fj_json_text(cert, "asset_name"), web_label(q, "not_after"));
	web_text_times(b, fj_json_text(cert, "not_after"));
	web_html(b, "</dd></div>");
	json_array_foreach(lines, i, v)
		for (size_t k = 0; k < FJ_ARRAY_LEN(keys); k++)
			if (strcmp(keys[k], fj_json_text(v, "key")) == 0)
				web_print(b, "<div><dt>%s</dt><dd><bdi>%s</bdi></dd></div>", fj_json_text(v, "label"), fj_json_text(v, "text"));
	web_html(b, "</dl>");
}

static void limits(struct web_req *q, struct fj_buf *b, const json_t *fill)
{
	FJ_AUTO(json) numbers = portal_lines(json_object_get(fill, "proposal.certificates"));
	FJ_AUTO(json) params = json_pack("{s:s}", "id", fj_json_text(fill, "id"));
	FJ_AUTO(json) plan = NULL;
	size_t i;
	json_t *v;

	if (fj_json_text(fill, "id")[0] != '\0' && portal_command(q, "plan.show", params, &plan, NULL) == FJ_OK) {
		json_decref(numbers);
		numbers = json_incref(json_object_get(json_object_get(plan, "proposal"), "certificates"));
	}
	if (json_array_size(numbers) == 0)
		return;
	web_print(b, "<aside class=\"limits\"><h2>%s</h2>", web_tr(q, "To stay within"));
	if (plan != NULL) {
		FJ_AUTO(json) of = json_pack("{s:O?, s:O?, s:O?}", "from", json_object_get(json_object_get(plan, "proposal"), "from"), "to", json_object_get(json_object_get(plan, "proposal"), "to"),
		    "grant", json_object_get(json_object_get(plan, "proposal"), "grant"));
		FJ_AUTO(json) asked = json_pack("{s:O*}", "conditions", json_object_get(json_object_get(plan, "items"), "conditions"));
		web_print(b, "<h3>%s</h3>", web_tr(q, "The plan as proposed"));
		web_fields(q, b, of, portal_links);
		web_fields(q, b, asked, portal_links);
	}
	json_array_foreach(numbers, i, v)
		if (i < 6)
			limits_of_certificate(q, b, json_string_value(v));
	web_html(b, "</aside>");
}

/* --- what is wrong with a field by itself --- */

/* the first text of the step that the register would not take whatever else is filled in */
static enum fj_rc check_step(const struct iss_command_info *c, const struct portal_step *s, const json_t *fill, struct fj_err *err)
{
	struct portal_place place[MOST];
	size_t n = places_of(c, s, place);
	const char *key;
	json_t *v, *line;
	size_t k;

	json_object_foreach((json_t *)(uintptr_t)fill, key, v)
		for (size_t i = 0; i < n; i++) {
			const char *block = strncmp(place[i].path, "card.", 5) == 0 ? place[i].path + 5 : NULL, *name = strrchr(key, '.');
			if (block == NULL || !below(key, place[i].path) || name == NULL || !json_is_string(v))
				continue;
			if (strlen(key) != strlen(place[i].path) + strlen(name)) /* not a member of the block itself */
				continue;
			FJ_AUTO(json) lines = portal_lines(v); /* of a list each */
			json_array_foreach(lines, k, line)
				FJ_TRY(iss_card_text_check(block, name + 1, json_string_value(line), err));
		}
	return FJ_OK;
}

/* the register itself, as far as the command is filled in: what it says of a field of this step that has something in it */
static enum fj_rc try_step(struct web_req *q, const struct iss_command_info *c, const struct portal_step *s, const json_t *fill, struct fj_err *err)
{
	struct portal_place place[MOST];
	size_t n = places_of(c, s, place);
	FJ_AUTO(json) params = NULL;
	FJ_AUTO(json) bad = json_copy((json_t *)(uintptr_t)fill);
	FJ_AUTO(json) answer = NULL;
	struct fj_err why = {0};

	if (portal_params_of(q, c, fill, &params, &why) == FJ_OK) {
		json_object_set_new(params, iss_fld_preview.name, json_true());
		if (portal_command(q, c->name, params, &answer, &why) == FJ_OK)
			return FJ_OK;
	}
	portal_fill_bad(q, c, bad, &why);
	const char *path = fj_json_text(bad, PORTAL_BAD);
	for (size_t i = 0; i < n && path[0] != '\0'; i++)
		if (below(path, place[i].path) && fj_json_text(fill, path)[0] != '\0') {
			*err = why;
			return why.rc;
		}
	return FJ_OK;
}

/* --- pages --- */

/* something below the step's members was filled in */
static bool begun(const struct portal_wizard *w, const struct iss_command_info *c, size_t step, const json_t *fill)
{
	struct portal_place place[MOST];
	size_t n = places_of(c, &w->steps[step - 1], place);
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)fill, key, v)
		for (size_t i = 0; i < n; i++)
			if (below(key, place[i].path) && key[strlen(key) - 1] != '#' && ((json_is_string(v) && json_string_length(v) > 0) || json_array_size(v) > 0))
				return true; /* how many rows stand there is nothing that was filled in */
	return false;
}

static void step_list(struct web_req *q, struct fj_buf *b, const struct portal_wizard *w, const struct iss_command_info *c, const json_t *fill, size_t at, const struct gap *gap, size_t n_gaps)
{
	struct gap later[MAX_GAPS];
	size_t n = count(w), n_later = unfilled(c, fill, ISS_AS_LATER, later, 0);

	web_html(b, "<h2>");
	web_say(q, b, "Step %zu of %zu: %s", at, n + 1, at > n ? web_tr(q, "Review and send") : web_tr(q, w->steps[at - 1].title));
	web_print(b, "</h2><details class=\"fold\"><summary>%s</summary></details><nav class=\"steps\" aria-label=\"%s\"><ol>", web_tr(q, "All steps"), web_tr(q, "Steps"));
	for (size_t i = 1; i <= n + 1; i++) {
		size_t lacks = 0, asked = 0;
		for (size_t k = 0; k < n_gaps; k++)
			lacks += step_of(w, c, gap[k].path) == i ? 1 : 0;
		for (size_t k = 0; k < n_later; k++)
			asked += step_of(w, c, later[k].path) == i ? 1 : 0;
		web_print(b, i == at ? "<li><button class=\"link\" name=\"go\" value=\"%zu\" formnovalidate aria-current=\"step\">%s</button>"
		    : "<li><button class=\"link\" name=\"go\" value=\"%zu\" formnovalidate>%s</button>", i, i > n ? web_tr(q, "Review and send") : web_tr(q, w->steps[i - 1].title));
		if (i <= n) {
			web_html(b, " <span class=\"small\">");
			if (lacks == 0 && asked > 0)
				web_say(q, b, "enough for the card; %zu more for registration", asked);
			else if (lacks == 0 && begun(w, c, i, fill))
				web_print(b, "✔ %s", web_tr(q, "complete"));
			else if (lacks == 0)
				web_text(b, web_tr(q, "optional, not filled in"));
			else
				web_say(q, b, "%zu missing", lacks);
			web_html(b, "</span>");
		}
		web_html(b, "</li>");
	}
	web_html(b, "</ol></nav>");
}

static void form_begin(struct web_req *q, struct fj_buf *b, const struct portal_wizard *w, const json_t *fill, size_t at)
{
	char to[PORTAL_ADDRESS];

	portal_address("wizard", w->command, to);
	web_print(b, "<form class=\"fill wizard\" method=\"post\" data-keep=\"draft\" action=\"%s\">", to);
	portal_csrf(q, b);
	portal_hidden(b, "draft", fj_json_text(fill, PORTAL_DRAFT));
	web_print(b, "<input type=\"hidden\" name=\"at\" value=\"%zu\">", at);
	if (at <= count(w)) /* what the enter key does in a field: the first button's act */
		web_print(b, "<button class=\"unseen\" tabindex=\"-1\" aria-hidden=\"true\" name=\"go\" value=\"%zu\"></button>", at + 1);
}

static void step_page(struct web_req *q, struct web_res *r, const struct portal_wizard *w, const struct iss_command_info *c, json_t *fill, size_t at, const struct fj_err *err)
{
	struct fj_buf *b = &r->body;
	const struct portal_step *s = &w->steps[at - 1];
	struct portal_place place[MOST];
	struct gap gap[MAX_GAPS];
	size_t n = places_of(c, s, place), lacks = missing(q, c, fill, gap);

	portal_command_top(q, b, c);
	portal_draft_told(q, b, json_is_true(json_object_get(fill, PORTAL_CHANGED)));
	if (fj_json_text(fill, PORTAL_DRAFT)[0] == '\0')
		portal_drafts_of(q, b, c, "wizard", fj_json_text(fill, "id"));
	portal_adjust_form(q, b, c, fill);
	portal_tell(q, r, err);
	portal_fill_bad(q, c, fill, err);
	form_begin(q, b, w, fill, at);
	step_list(q, b, w, c, fill, at, gap, lacks);
	if (s->note != NULL)
		web_print(b, "<p class=\"small\">%s</p>", web_tr(q, s->note));
	web_html(b, "<div class=\"beside\"><div>");
	portal_inputs_at(q, b, c, fill, place, n);
	if (at == 1)
		portal_behalf(q, b, c, fill, 0);
	web_print(b, "<p class=\"buttons\"><button name=\"go\" value=\"%zu\">%s</button>", at + 1, web_tr(q, "Save and continue"));
	if (at > 1)
		web_print(b, "<button class=\"quiet\" name=\"go\" value=\"%zu\" formnovalidate>%s</button>", at - 1, web_tr(q, "Save and go back"));
	web_print(b, "<button class=\"quiet\" name=\"go\" value=\"%zu\" formnovalidate>%s</button></p></div>", at, web_tr(q, "Save draft"));
	if (s->limits)
		limits(q, b, fill);
	web_html(b, "</div></form>");
	web_page_end(b);
}

void portal_wizard_review(struct web_req *q, struct web_res *r, const struct portal_wizard *w, const struct iss_command_info *c, json_t *fill, const struct fj_err *err)
{
	struct fj_buf *b = &r->body;
	struct gap gap[MAX_GAPS];
	size_t lacks = missing(q, c, fill, gap), n = count(w);
	FJ_AUTO(json) params = NULL;
	struct fj_err why = {0};

	fj_buf_clear(b);
	portal_command_top(q, b, c);
	if (err == NULL && portal_params_of(q, c, fill, &params, &why) != FJ_OK)
		err = &why;
	portal_tell(q, r, err);
	portal_fill_bad(q, c, fill, err);
	form_begin(q, b, w, fill, n + 1);
	step_list(q, b, w, c, fill, n + 1, gap, lacks);
	const char *bad = fj_json_text(fill, PORTAL_BAD);
	if (bad[0] != '\0' && step_of(w, c, bad) > 0)
		web_print(b, "<p><button class=\"link\" name=\"go\" value=\"%zu\" formnovalidate>%s</button></p>", step_of(w, c, bad), web_tr(q, "To the step with this field"));
	show_gaps(q, b, w, c, gap, lacks, fill);
	web_print(b, "</form><h2>%s</h2>", web_tr(q, "What you filled in"));
	if (params != NULL || portal_params_of(q, c, fill, &params, NULL) == FJ_OK)
		portal_said(q, b, c, params);
	portal_send_form(q, b, c, fill);
	web_page_end(b);
}

/* --- asking and keeping --- */

static const struct portal_wizard *wizard_of(struct web_req *q, struct web_res *r, const struct iss_command_info **c)
{
	*c = portal_find(web_param(q, "noun"), web_param(q, "verb"));
	const struct portal_wizard *w = *c == NULL ? NULL : portal_wizard_of((*c)->name);

	if (w == NULL) {
		portal_no_such(q, r);
		return NULL;
	}
	return portal_let(q, r, *c) ? w : NULL;
}

static size_t number_of(const char *s, size_t most)
{
	unsigned long n = strtoul(s, NULL, 10);

	return n < 1 ? 1 : n > most ? most : n;
}

void portal_get_wizard(struct web_req *q, struct web_res *r)
{
	const struct iss_command_info *c;
	const struct portal_wizard *w = wizard_of(q, r, &c);
	bool changed = false;

	if (w == NULL)
		return;
	FJ_AUTO(json) fill = portal_typed(q, c);
	size_t n = count(w);
	if (!portal_draft_take(q, c, web_field(q, "draft"), fill, &changed))
		portal_prefill(q, c, fill);
	else if (changed)
		json_object_set_new(fill, PORTAL_CHANGED, json_true());
	portal_take_filed(q, c, fill);
	size_t at = number_of(web_field(q, "step")[0] != '\0' ? web_field(q, "step") : fj_json_text(fill, LEFT_AT), n + 1);
	if (web_field(q, "focus")[0] != '\0')
		json_object_set_new(fill, PORTAL_FOCUS, json_string(web_field(q, "focus")));
	if (at > n)
		portal_wizard_review(q, r, w, c, fill, NULL);
	else
		step_page(q, r, w, c, fill, at, NULL);
}

/* it names what a form begins at */
static bool names_object(const char *key)
{
	return strchr(key, '.') == NULL || strcmp(key, PORTAL_ADJUSTS) == 0;
}

/* the object was chosen on the page, and nothing else filled in yet */
static bool only_chosen(const json_t *typed)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)typed, key, v)
		if (!names_object(key) && key[strlen(key) - 1] != '#')
			return false; /* how many rows stand there is nothing that was filled in */
	return json_object_size(typed) > 0;
}

/* an authorisation that is adjusted was chosen, and nothing of it stands here yet; a save by the script fills in nothing that is not seen */
static bool adjusts_now(struct web_req *q, const json_t *kept, const json_t *typed)
{
	return fj_json_text(typed, PORTAL_ADJUSTS)[0] != '\0' && !portal_is_begun(kept, "proposal.grant") && !web_wants_json(q);
}

/* What the step asks for is what was typed now; the rest stays as it was kept.  *seen false: something of the step was filled in
 * only now, from the object that was chosen there. */
static json_t *merged(struct web_req *q, const struct portal_wizard *w, const struct iss_command_info *c, size_t at, bool *seen)
{
	json_t *fill = json_object(), *v;
	FJ_AUTO(json) typed = portal_typed(q, c);
	struct portal_place place[MOST];
	const char *key;
	void *next;
	bool changed, chosen = false;

	*seen = true;
	bool first = !portal_draft_take(q, c, web_field(q, "draft"), fill, &changed);
	if (first || adjusts_now(q, fill, typed)) { /* by what names the object */
		json_object_foreach(typed, key, v)
			if (names_object(key) && (strchr(key, '.') == NULL ? first : !web_wants_json(q)))
				json_object_set(fill, key, v);
		portal_prefill(q, c, fill);
		chosen = only_chosen(typed);
	}
	size_t n = at > count(w) ? 0 : places_of(c, &w->steps[at - 1], place);
	json_object_foreach_safe(fill, next, key, v)
		for (size_t i = 0; i < n; i++)
			if (below(key, place[i].path)) {
				*seen = *seen && (!chosen || names_object(key));
				if (!chosen)
					json_object_del(fill, key);
				break;
			}
	json_object_update(fill, typed);
	return fill;
}

void portal_post_wizard(struct web_req *q, struct web_res *r)
{
	const struct iss_command_info *c;
	const struct portal_wizard *w = wizard_of(q, r, &c);
	char id[ISS_DRAFT_CAP] = "", to[PORTAL_TO], number[24];
	struct fj_err err = {0};

	if (w == NULL)
		return;
	if (portal_fits(q, c, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	size_t n = count(w), at = number_of(web_field(q, "at"), n + 1);
	bool seen;
	FJ_AUTO(json) fill = merged(q, w, c, at, &seen);
	const char *step = web_field(q, "step");
	const char *file = web_field(q, "file");
	bool rows = portal_rows_step(fill, step), keep = strcmp(step, "draft") == 0 || strcmp(step, PORTAL_FILL_IN) == 0 || file[0] != '\0';
	size_t go = rows || keep || !seen ? at : number_of(web_field(q, "go"), n + 1);
	snprintf(id, sizeof(id), "%.23s", web_field(q, "draft"));
	FJ_AUTO(str) focus = fj_strdup(fj_json_text(fill, PORTAL_FOCUS));
	bool stays = go > at && at <= n && (check_step(c, &w->steps[at - 1], fill, &err) != FJ_OK || try_step(q, c, &w->steps[at - 1], fill, &err) != FJ_OK);
	json_object_set_new(fill, LEFT_AT, json_sprintf("%zu", stays ? at : go));
	if (portal_draft_keep(q, c, fill, id, &err) != FJ_OK) {
		if (web_wants_json(q))
			web_problem(r, &err);
		else
			step_page(q, r, w, c, fill, at > n ? n : at, &err);
		return;
	}
	if (web_wants_json(q)) {
		FJ_AUTO(json) answer = json_pack("{s:s, s:s}", "draft", id, "said", web_tr(q, "Saved as a draft."));
		web_json(r, 200, answer);
		return;
	}
	if (stays) {
		json_object_set_new(fill, PORTAL_DRAFT, json_string(id));
		step_page(q, r, w, c, fill, at, &err);
		return;
	}
	if (file[0] != '\0') {
		snprintf(number, sizeof(number), "%zu", at);
		portal_to_file(r, "wizard", c, id, number, file);
		return;
	}
	snprintf(number, sizeof(number), "%zu", go);
	portal_address("wizard", w->command, to);
	portal_to(to, "draft", id);
	portal_to(to, "step", number);
	portal_to(to, "saved", go == at && !rows ? "1" : "");
	portal_to(to, "focus", rows && focus != NULL ? focus : "");
	web_redirect(r, to);
}
