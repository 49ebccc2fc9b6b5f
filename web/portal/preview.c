/*
 * preview.c - what would be done, on a page of its own, before it is done.
 *
 * Every form that changes the register leads here; what acts at once is the table below, and
 * what suspends, takes back or resumes one object (takeback.c): its page shows already what
 * stops.  The page says what will be done, on which object, reads the form back in words, says
 * what would stop and what follows, and shows what the register answers to the same command as
 * a trial: after every check, with every refusal, and nothing of it stays (a file's own dry run
 * where it has one).  "Do it" sends the same form again, "Back to change" shows it; nothing
 * happens between.
 */
#include "web/portal/internal.h"

/* a file is put with others, and decides nothing; a request for collateral is on record whatever comes of it (R04), and a trial keeps
 * nothing; the own account is done on its own pages (kind ISS_OWN) */
static const char *const at_once[] = {"material.add", "collateral.request"};

#define SEEN "seen" /* what a trial answers and the act compares: it is refused when somebody changed meanwhile what the preview showed */

bool portal_at_once(const struct iss_command_info *c)
{
	bool once = c->kind == ISS_READ || c->kind == ISS_OWN;

	for (size_t i = 0; i < FJ_ARRAY_LEN(at_once); i++)
		once = once || strcmp(at_once[i], c->name) == 0;
	return once;
}

bool portal_of_preview(const struct iss_field *f)
{
	return strcmp(f->name, "dry_run") == 0 || strcmp(f->name, SEEN) == 0;
}

static bool has_dry_run(const struct iss_command_info *c)
{
	return portal_field_of(c, "dry_run") != NULL;
}

/* a decision on an approval: its page shows what will be signed, and stops with it */
static bool decides(const struct iss_command_info *c)
{
	return portal_is_noun(c->name, "approval") || strcmp(c->name, "profile.approve") == 0;
}

/* nothing is tried of what runs in steps, or sets a clock; it is read back all the same */
static bool can_try(const struct iss_command_info *c)
{
	return has_dry_run(c) || (c->kind == ISS_WRITE && !(c->roles & ISS_LOCAL));
}

/* --- files: kept until "Do it" --- */

void portal_hold_files(struct web_req *q, const struct iss_command_info *c, json_t *fill)
{
	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++) {
		char key[ONCE_KEY], mark[PORTAL_HELD_NAME];
		const struct web_upload *u = f->type == ISS_F_FILE ? web_file(q, f->name) : NULL;
		held_name(f->name, mark);
		if (u == NULL || strcmp(fj_json_text(fill, mark), web_field(q, mark)) != 0) /* none, or held already for this page */
			continue;
		held_drop(web_csrf(q), f->name, web_field(q, mark)); /* this one takes its place */
		bool held = held_put(web_csrf(q), f->name, u->filename, u->bytes, key);
		json_object_set_new(fill, mark, json_string(held ? key : "-")); /* what is not held is asked for again, not left out */
	}
}

void portal_held_done(struct web_req *q, const struct iss_command_info *c)
{
	char mark[PORTAL_HELD_NAME];

	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++)
		if (f->type == ISS_F_FILE) {
			held_name(f->name, mark);
			held_drop(web_csrf(q), f->name, web_field(q, mark));
		}
}

/* every text as a hidden field */
static void hidden_fill(struct fj_buf *b, const json_t *fill)
{
	const char *key;
	json_t *v, *item;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)fill, key, v) {
		if (key[0] == '!' || portal_is_secret(key))
			continue;
		if (json_is_string(v))
			portal_hidden(b, key, json_string_value(v));
		json_array_foreach(v, i, item)
			portal_hidden(b, key, json_string_value(item));
	}
}

/* --- what the trial said --- */

/* W-, TK-, DAC-420000-...: drawn when the act is done, unless the form names it */
static bool is_drawn(const char *s, const char *said)
{
	size_t letters = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), rest = letters > 0 && s[letters] == '-' ? letters + 1 : 0;
	bool random = rest > 0 && strlen(s + rest) == 12 && strspn(s + rest, "0123456789abcdefghjkmnpqrstvwxyz") == 12;
	bool number = strncmp(s, "DAC-", 4) == 0 || strncmp(s, "DAU-", 4) == 0;

	return (random || number) && strstr(said, s) == NULL;
}

/* they are told without the number of the trial, and taken out of o */
static void tell_drawn(struct web_req *q, struct fj_buf *b, json_t *o, const char *said)
{
	size_t n = 0;
	const char *key;
	json_t *v;
	void *next;

	json_object_foreach_safe(o, next, key, v) {
		if (!json_is_string(v) || !is_drawn(json_string_value(v), said))
			continue;
		web_print(b, n++ == 0 ? "<dl><div><dt>%s</dt><dd>%s</dd></div>" : "<div><dt>%s</dt><dd>%s</dd></div>", web_label(q, key), web_tr(q, "made when it is done"));
		json_object_del(o, key);
	}
	web_html(b, n > 0 ? "</dl>" : "");
}

/* of a trial only: numbers that will be others, and codes that open nothing */
static json_t *telling(const json_t *would)
{
	static const char *const only[] = {"approval", "id", "task", "digest", "published", "hash", "job", "plan", "import", "sha256", "preview",
		"object", "replaces", "lost", "unlisted", "report", SEEN, "refused", "waiting_for", "issued", "pending", "dry_run", "imported", "done"};
	json_t *out = json_is_object(would) ? json_copy((json_t *)(uintptr_t)would) : json_object();
	const char *key;
	json_t *v;
	void *next;

	for (size_t i = 0; i < FJ_ARRAY_LEN(only); i++)
		json_object_del(out, only[i]);
	json_object_foreach_safe(out, next, key, v)
		if (portal_is_secret(key))
			json_object_del(out, key);
	return out;
}

static void who_decides(struct web_req *q, struct fj_buf *b, const json_t *would)
{
	if (fj_json_peek(would, "approval") == NULL)
		return;
	const json_t *w = json_object_get(would, "waiting_for");
	const char *role = fj_json_peek(w, "role");
	char office[PORTAL_NAME];
	web_html(b, "<p>");
	if (role != NULL && portal_decider(q, w, office))
		web_say(q, b, "It takes effect when %s has approved.", office);
	else if (role != NULL)
		web_say(q, b, "It takes effect when another officer has approved: %s.", web_word(q, WEB_ROLE, role));
	else
		web_say(q, b, "It takes effect when another officer has approved.");
	web_html(b, "</p>");
}

/* the versions of a card before and after, as the register has the one and the form the other */
static void card_change(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *params)
{
	const json_t *card = json_object_get(params, "card");
	const char *no = fj_json_peek(json_object_get(card, "basic"), "asset_no");

	if (strcmp(c->name, "asset.card") == 0 && no != NULL)
		portal_card_against(q, b, no, card);
}

static void outcome(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *params, const json_t *answer, const char *again)
{
	bool tried = json_is_true(json_object_get(answer, "preview"));
	const json_t *would = tried ? json_object_get(answer, "would") : answer;
	FJ_AUTO(json) told = telling(would);
	FJ_AUTO(buf) said = FJ_BUF_INIT(1u << 20);
	int64_t events = fj_json_num(answer, "events_total");
	struct fj_err err = {0};

	web_print(b, "<h2>%s</h2>", web_tr(q, "What would happen"));
	portal_consequence(q, b, c);
	if (portal_refused(would, &err))
		json_object_set_new(told, "refused", json_true());
	if (json_is_array(json_object_get(would, "set_aside")) && json_object_get(would, "done") != NULL)
		web_print(b, "<p>%s %lld</p>", web_tr(q, "Would be done:"), (long long)fj_json_num(would, "done"));
	who_decides(q, b, would);
	portal_price_told(q, b, would);
	if (events > 1) { /* one is the act itself */
		web_html(b, "<p class=\"small\">");
		web_say(q, b, "The record would get %lld entries.", (long long)events);
		web_html(b, "</p>");
	}
	if (strcmp(c->name, "order.issue") == 0 && (strcmp(fj_json_text(params, "kind"), "SUSPEND") == 0 || strcmp(fj_json_text(params, "kind"), "RECLAIM") == 0))
		portal_stops_told(q, b, fj_json_text(params, "number")); /* such an order stops it at once */
	portal_gaps(q, b, strcmp(c->name, "registration.submit") == 0 ? web_tr(q, "Missing: the finance department returns the application for this. You can add it first.") : web_tr(q, "The one notice names:"),
	    json_object_get(would, "missing"), fj_json_text(would, "asset_no"));
	json_object_del(told, "missing");
	portal_gaps(q, b, web_tr(q, "The certificate will need these as well:"), json_object_get(would, "certificate_missing"), fj_json_text(would, "asset_no"));
	json_object_del(told, "certificate_missing");
	if (fj_json_canonical(params, &said, NULL) == FJ_OK)
		tell_drawn(q, b, told, fj_buf_str(&said));
	if (json_object_size(told) > 0)
		portal_answer(q, b, c->name, told, again);
}

/* the act asks for what this page shows, not for what was shown before */
static void carry_seen(const struct iss_command_info *c, json_t *fill, const json_t *answer)
{
	const json_t *v = json_object_get(answer, SEEN);

	json_object_del(fill, SEEN);
	if (v != NULL && portal_field_of(c, SEEN) != NULL)
		json_object_set_new(fill, SEEN, json_is_integer(v) ? json_sprintf("%lld", (long long)json_integer_value(v)) : json_incref((json_t *)(uintptr_t)v));
}

/* what was typed by name goes on as the number that the preview shows, one a line where there are several; of a document all members, as it was read */
static void bind(const struct iss_command_info *c, json_t *fill, const json_t *params)
{
	size_t i;
	json_t *one;

	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++) {
		json_t *v = json_object_get(params, f->name);
		if (v != NULL && f->members != NULL)
			portal_put_again(fill, f, v);
		if (v == NULL || f->noun == NULL || f->members != NULL)
			continue;
		if (!json_is_array(v) || json_is_array(json_object_get(fill, f->name))) {
			json_object_set(fill, f->name, v);
			continue;
		}
		FJ_AUTO(buf) lines = FJ_BUF_INIT(1u << 20);
		enum fj_rc rc = FJ_OK;
		json_array_foreach(v, i, one)
			rc = rc == FJ_OK ? fj_buf_printf(&lines, i == 0 ? "%s" : "\n%s", json_string_value(one)) : rc;
		if (rc == FJ_OK)
			json_object_set_new(fill, f->name, json_string(fj_buf_str(&lines)));
	}
}

/* what it does, where that is less than the form asked for */
static void do_it(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *answer)
{
	const struct portal_hint *h = portal_hint_of(c->name);

	web_html(b, h != NULL && h->danger ? "<button class=\"danger\">" : "<button>");
	if (fj_json_num(answer, "rows_left_out") > 0)
		web_say(q, b, "Issue to %lld users only", (long long)fj_json_num(answer, "good"));
	else
		web_text(b, web_tr(q, "Do it"));
	web_html(b, "</button>");
}

static void buttons(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill, const json_t *answer, bool may)
{
	const char *track = fj_json_peek(answer, "import");
	char to[PORTAL_ADDRESS];

	portal_address("do", c->name, to);
	web_print(b, "<form class=\"acts\" method=\"post\" action=\"%s\">", to);
	portal_keys(q, b);
	if (web_field(q, "back")[0] != '\0')
		portal_hidden(b, "back", web_field(q, "back"));
	if (web_field(q, "draft")[0] != '\0')
		portal_hidden(b, "draft", web_field(q, "draft"));
	if (track != NULL)
		portal_hidden(b, "track", track);
	hidden_fill(b, fill);
	if (may)
		do_it(q, b, c, answer);
	web_print(b, "<button class=\"quiet\" name=\"step\" value=\"edit\" formnovalidate>%s</button></form>", web_tr(q, "Back to change"));
}

void portal_send_form(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill)
{
	char to[PORTAL_ADDRESS];
	const char *nouns[PORTAL_MAX_NOUNS] = {NULL};
	const struct form d = {.q = q, .b = b, .fill = fill, .id = 1, .nouns = nouns};

	portal_address("do", c->name, to);
	web_print(b, portal_has_type(c, ISS_F_FILE) ? "<form class=\"fill\" method=\"post\" enctype=\"multipart/form-data\" action=\"%s\">" : "<form class=\"fill\" method=\"post\" action=\"%s\">", to);
	portal_keys(q, b);
	portal_hidden(b, "draft", fj_json_text(fill, PORTAL_DRAFT));
	hidden_fill(b, fill);
	for (const struct iss_field *f = c->fields; f->name != NULL; f++)
		if (f->type == ISS_F_FILE)
			portal_input(&d, f, f->name);
	web_print(b, "<p class=\"buttons\"><button name=\"step\" value=\"preview\">%s</button></p></form>", web_tr(q, "Check and preview"));
}

/* --- the object --- */

/* whose number the field has: by its table, its name, or as links go by the number; NULL: none that has a page */
static const char *noun_of(const struct iss_command_info *c, const struct iss_field *f, const char *value, char noun[PORTAL_NOUN])
{
	portal_noun_in(c->name, noun);
	if (portal_key_of(noun) != NULL && strcmp(portal_key_of(noun), f->name) == 0)
		return noun;
	snprintf(noun, PORTAL_NOUN, "%s", f->noun != NULL ? f->noun : f->name);
	if (portal_find(noun, "show") != NULL)
		return noun;
	return portal_noun_by(value, noun) ? noun : NULL;
}

/* what the act is on, by name, number and state, above what else was filled in; NULL: said among that */
static const char *object(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *params)
{
	char noun[PORTAL_NOUN];
	const char *dot = strchr(c->name, '.');

	if (strcmp(dot, ".add") == 0 || portal_has_type(c, ISS_F_JSON) || portal_has_type(c, ISS_F_FILE))
		return NULL; /* it makes one, or has a document that says it */
	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++) {
		const char *value = f->type == ISS_F_STR && f->choices == NULL ? fj_json_peek(params, f->name) : NULL;
		if (value != NULL && noun_of(c, f, value, noun) != NULL)
			return portal_face_of(q, b, noun, value) ? f->name : NULL;
	}
	return NULL;
}

/* the act and its object, then what else the form says */
static void filled_in(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *params, bool differences)
{
	FJ_AUTO(json) rest = json_copy((json_t *)(uintptr_t)params);
	char field[PORTAL_NOUN];

	web_print(b, "<p>%s <strong>", web_tr(q, "What will be done:"));
	portal_command_word(q, b, c);
	web_html(b, "</strong></p>");
	const char *told = object(q, b, c, params);
	if (told != NULL)
		json_object_del(rest, told);
	if (portal_selected(q, b, c, params, field))
		json_object_del(rest, field);
	if (differences && strcmp(c->name, "profile.propose") == 0)
		json_object_del(rest, "profile"); /* they tell what of it changes */
	if (json_object_size(rest) > 0) {
		web_print(b, "<h2>%s</h2>", web_tr(q, "What you filled in"));
		portal_said(q, b, c, rest);
	}
}

/* `again`: where files of the trial are had; NULL: it has none to keep */
static void page(struct web_req *q, struct web_res *r, const struct iss_command_info *c, const json_t *fill, const json_t *params, const json_t *answer, const char *again)
{
	struct fj_buf *b = &r->body;
	const json_t *would = json_is_true(json_object_get(answer, "preview")) ? json_object_get(answer, "would") : answer;
	struct fj_err err = {0};
	bool refused = portal_refused(would, &err), differ = json_array_size(json_object_get(json_object_get(answer, "content"), "differences")) > 0;

	portal_command_top(q, b, c);
	bool partial = json_is_true(json_object_get(params, "partial")), may = !refused || partial || strncmp(c->name, "revenue.", 8) == 0;
	web_print(b, "<p class=\"notice\" role=\"status\">%s</p>", may ? web_tr(q, "Preview: nothing has been done yet. Read it through, then do it or go back.")
	    : web_tr(q, "Preview: nothing has been done, and it can't be done so. Correct what is named, then send it again."));
	filled_in(q, b, c, params, differ);
	FJ_AUTO(json) stops = portal_what_stops(q, c->name, fill);
	if (stops != NULL)
		portal_stops_list(q, b, stops);
	card_change(q, b, c, params);
	if (differ || json_array_size(json_object_get(json_object_get(answer, "content"), "documents")) > 0) {
		web_print(b, "<h2>%s</h2>", differ ? web_tr(q, "What will be entered") : web_tr(q, "What will be signed"));
		portal_content(q, b, c->name, json_object_get(answer, "content"), true);
	}
	if (json_object_get(would, "report") != NULL) {
		web_print(b, "<h2>%s</h2>", web_tr(q, "What will be submitted"));
		portal_report_told(q, b, json_object_get(would, "report"), false);
	}
	outcome(q, b, c, params, answer, again);
	/* a booking that would be held may be made all the same; a file with faults enters nothing */
	buttons(q, b, c, fill, answer, may);
	web_page_end(b);
}

/* the command as a trial; *answer stays NULL where there is none */
static enum fj_rc trial(struct web_req *q, const struct iss_command_info *c, const json_t *params, json_t **answer, struct fj_err *err)
{
	if (!can_try(c))
		return FJ_OK;
	FJ_AUTO(json) asked = json_copy((json_t *)(uintptr_t)params);
	json_object_set_new(asked, has_dry_run(c) ? "dry_run" : iss_fld_preview.name, json_true());
	if (portal_field_of(c, "corrected") != NULL && json_object_get(asked, "corrected") == NULL)
		json_object_set_new(asked, "corrected", json_string("xlsx"));
	return portal_command(q, c->name, asked, answer, err);
}

void portal_preview(struct web_req *q, struct web_res *r, const struct iss_command_info *c, json_t *fill)
{
	FJ_AUTO(json) params = NULL;
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};
	struct once o;
	char key[ONCE_KEY], again[64];

	portal_hold_files(q, c, fill);
	enum fj_rc rc = portal_params(q, c, false, &params, &err);
	if (rc == FJ_OK)
		rc = portal_takeback_told(c, params, &err);
	if (rc == FJ_OK && decides(c)) {
		FJ_AUTO(buf) to = FJ_BUF_INIT(2048);
		web_html(&to, "/approvals/");
		web_url(&to, fj_json_text(params, "id"));
		web_redirect(r, fj_buf_str(&to));
		return;
	}
	if (rc == FJ_OK)
		rc = trial(q, c, params, &answer, &err);
	const struct portal_wizard *w = portal_wizard_of(c->name);
	if (rc != FJ_OK && w != NULL && fj_json_text(fill, PORTAL_DRAFT)[0] != '\0') {
		portal_wizard_review(q, r, w, c, fill, &err);
		return;
	}
	if (rc != FJ_OK) {
		portal_form_page(q, r, c, fill, &err);
		return;
	}
	if (has_dry_run(c)) {
		once_key(key); /* the corrected file is had at /done/KEY */
		once_begin(web_csrf(q), key, c->name, "", &o);
		once_end(web_csrf(q), key, answer, NULL);
		snprintf(again, sizeof(again), "/done/%s", key);
	}
	json_object_del(fill, "dry_run");
	carry_seen(c, fill, answer);
	bind(c, fill, params);
	page(q, r, c, fill, params, answer, has_dry_run(c) ? again : NULL);
}
