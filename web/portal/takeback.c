/*
 * takeback.c - taking back, and giving back: what stops by name, a typed reason, one
 * button, and a page that says what is denied from now on.
 *
 * Three clicks from where an object is listed: the object's page at "#stop", the act,
 * the button.  The list of all that stops is the register's (stops.show): counted, the
 * first ones by name, the rest behind a link.
 */
#include "web/portal/internal.h"

#define FIRST 10 /* of each list, by name */

static const struct takeback {
	const char *command, *key; /* the field that names the object */
	bool stops;                /* else it lifts what was stopped */
} acts[] = {
	{"token.suspend", "id", true}, {"token.revoke", "id", true}, {"certificate.suspend", "number", true}, {"certificate.revoke", "number", true}, {"authorisation.suspend", "number", true},
	{"authorisation.reclaim", "number", true}, {"authorisation.surrender", "number", true}, {"asset.freeze", "asset", true}, {"token.resume", "id", false}, {"certificate.resume", "number", false},
	{"authorisation.resume", "number", false}, {"asset.unfreeze", "asset", false},
};

static const struct takeback *act_of(const char *command)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(acts); i++)
		if (strcmp(acts[i].command, command) == 0)
			return &acts[i];
	return NULL;
}

bool portal_takes_back(const char *command)
{
	return act_of(command) != NULL;
}

bool portal_stops_something(const char *command)
{
	return act_of(command) != NULL && act_of(command)->stops;
}

static const char *number_of(const struct takeback *t, const json_t *fill)
{
	return t == NULL ? NULL : fj_json_peek(fill, t->key);
}

json_t *portal_what_stops(struct web_req *q, const char *command, const json_t *fill)
{
	const struct takeback *t = act_of(command);
	const char *number = number_of(t, fill);
	FJ_AUTO(json) params = json_pack("{s:s*}", "number", number);
	json_t *stops = NULL;
	struct fj_err err = {0};

	if (t == NULL || !t->stops || number == NULL || portal_command(q, "stops.show", params, &stops, &err) != FJ_OK)
		return NULL;
	return stops;
}

/* --- what stops --- */

/* where the rest of a list stands; NULL: it is whole here */
static void rest(struct web_req *q, struct fj_buf *b, const char *name, const char *number, long long n)
{
	bool auth = strncmp(number, "DAU-", 4) == 0;

	web_html(b, "<p class=\"small\">");
	web_say(q, b, "and %lld more", n);
	if (auth && strcmp(name, "first_tokens") == 0)
		web_print(b, " · <a href=\"/list/token?authorisation=%s\">%s</a>", number, web_tr(q, "All of them"));
	else if (auth && strcmp(name, "products") == 0)
		web_print(b, " · <a href=\"/list/product?authorisation=%s\">%s</a>", number, web_tr(q, "All of them"));
	else
		web_print(b, " · <a href=\"/do/stops/show?run=1&amp;number=%s\">%s</a>", number, web_tr(q, "All of them"));
	web_html(b, "</p>");
}

/* what lies under it keeps its own state, and is denied all the same */
static void state_under(const json_t *stops, const char *list, json_t *row)
{
	const json_t *cert = json_array_get(json_object_get(stops, "certificates"), 0), *auth = json_array_get(json_object_get(stops, "authorisations"), 0);
	bool token = strcmp(list, "first_tokens") == 0, under = token || strcmp(list, "authorisations") == 0;

	if (!under || strcmp(fj_json_text(row, "state"), "ACTIVE") != 0)
		return;
	if (cert != NULL && json_object_get(cert, "state") != NULL && strcmp(fj_json_text(cert, "state"), "ACTIVE") != 0)
		json_object_set_new(row, "state", json_string("WITH_CERTIFICATE"));
	else if (token && cert == NULL && json_object_get(auth, "state") != NULL && strcmp(fj_json_text(auth, "state"), "ACTIVE") != 0)
		json_object_set_new(row, "state", json_string("WITH_AUTHORISATION"));
}

void portal_stops_list(struct web_req *q, struct fj_buf *b, const json_t *stops)
{
	static const struct {
		const char *list, *count;
	} lists[] = {{"certificates", "certificates"}, {"authorisations", "authorisations"}, {"products", "products"}, {"first_tokens", "tokens"}};
	const char *number = fj_json_text(stops, "number");

	for (size_t i = 0; i < FJ_ARRAY_LEN(lists); i++) {
		const json_t *list = json_object_get(stops, lists[i].list);
		long long n = fj_json_num(json_object_get(stops, "counts"), lists[i].count);
		if (n == 0)
			continue;
		FJ_AUTO(json) first = json_array();
		for (size_t k = 0; k < json_array_size(list) && k < FIRST; k++) {
			json_array_append_new(first, json_copy(json_array_get(list, k)));
			state_under(stops, lists[i].list, json_array_get(first, k));
		}
		web_print(b, "<h3>%s <span class=\"count\">%lld</span></h3>", strcmp(lists[i].list, "first_tokens") == 0 ? portal_noun_word(q, "token", false) : web_label(q, lists[i].list), n);
		web_table(q, b, first, portal_links, NULL);
		if (n > (long long)json_array_size(first))
			rest(q, b, lists[i].list, number, n - (long long)json_array_size(first));
	}
}

static void counts(struct web_req *q, struct fj_buf *b, const json_t *stops)
{
	const json_t *n = json_object_get(stops, "counts");

	web_html(b, "<p>");
	web_say(q, b, "What stops: certificates %lld, authorisations %lld, products %lld, license tokens %lld", (long long)fj_json_num(n, "certificates"), (long long)fj_json_num(n, "authorisations"),
	    (long long)fj_json_num(n, "products"), (long long)fj_json_num(n, "tokens"));
	web_html(b, "</p>");
}

void portal_returns_told(struct web_req *q, struct fj_buf *b, const char *number)
{
	bool party;
	FJ_AUTO(json) stops = portal_stops(q, number, &party);
	const json_t *why = json_object_get(stops, "why"), *n = json_object_get(stops, "counts");

	if (stops == NULL)
		return;
	if (why != NULL) {
		web_print(b, "<h2>%s</h2>", web_tr(q, "Why it was suspended"));
		web_fields(q, b, why, NULL);
	}
	web_print(b, "<h2>%s</h2><p>", web_tr(q, "What comes back into force"));
	web_say(q, b, "Certificates %lld, authorisations %lld, products %lld, license tokens %lld. What was suspended by itself as well stays so: its state says it.", (long long)fj_json_num(n, "certificates"),
	    (long long)fj_json_num(n, "authorisations"), (long long)fj_json_num(n, "products"), (long long)fj_json_num(n, "tokens"));
	web_html(b, "</p>");
	portal_stops_list(q, b, stops);
}

bool portal_resume_asked(struct web_req *q, struct fj_buf *b, const json_t *stops)
{
	const json_t *asked = json_object_get(stops, "resume_asked");
	FJ_AUTO(json) params = json_pack("{s:O*}", "id", json_object_get(asked, "approval"));
	FJ_AUTO(json) a = NULL;
	const char *id = fj_json_text(asked, "approval");
	char office[PORTAL_NAME];

	if (asked == NULL)
		return false;
	web_html(b, "<p class=\"notice\">");
	if (portal_command(q, "approval.show", params, &a, NULL) == FJ_OK && json_is_true(json_object_get(a, "mine")))
		web_say(q, b, "A request to resume it waits for your decision:");
	else if (portal_decider(q, json_object_get(asked, "waiting_for"), office))
		web_say(q, b, "A request to resume it waits for %s:", office);
	else
		web_say(q, b, "A request to resume it waits for another officer of this office:");
	web_print(b, " <a class=\"mono\" href=\"/approvals/%s\">%s</a></p>", id, id);
	return true;
}

static void stops_of(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill)
{
	FJ_AUTO(json) stops = portal_what_stops(q, c->name, fill);

	if (stops == NULL)
		return;
	counts(q, b, stops);
	portal_stops_list(q, b, stops);
}

/* --- the section of an object's page --- */

static bool resumes(const struct iss_command_info *const *list, size_t n)
{
	return n > 0 && !act_of(list[0]->name)->stops;
}

const char *portal_stop_word(struct web_req *q, const struct iss_command_info *const *list, size_t n)
{
	static const char *const alone[][2] = {{".revoke", WEB_N("Revoke")}, {".reclaim", WEB_N("Take back")}, {".surrender", WEB_N("Surrender")}, {".freeze", WEB_N("Freeze")}};

	if (resumes(list, n))
		return web_tr(q, "Resume");
	for (size_t i = 0; n == 1 && i < FJ_ARRAY_LEN(alone); i++)
		if (strstr(list[0]->name, alone[i][0]) != NULL)
			return web_tr(q, alone[i][1]);
	for (size_t i = 0; i < n; i++)
		if (strstr(list[i]->name, ".revoke") != NULL)
			return web_tr(q, "Suspend or revoke");
	return web_tr(q, "Suspend or take back");
}

json_t *portal_stops(struct web_req *q, const char *id, bool *party)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "number", id);
	json_t *stops = NULL;
	struct fj_err err = {0};

	*party = portal_command(q, "stops.show", params, &stops, &err) != FJ_OK || json_is_true(json_object_get(stops, "party"));
	return stops;
}

void portal_stops_told(struct web_req *q, struct fj_buf *b, const char *number)
{
	bool party;
	FJ_AUTO(json) stops = portal_stops(q, number, &party);

	if (stops == NULL)
		return;
	web_print(b, "<h2>%s</h2>", web_tr(q, "What is denied from then on"));
	counts(q, b, stops);
	portal_stops_list(q, b, stops);
}

void portal_stop_section(struct web_req *q, struct fj_buf *b, const struct iss_command_info *const *list, size_t n, const char *id, const char *back, const json_t *stops)
{
	bool again = resumes(list, n), order = !again && strncmp(id, "DAU-", 4) == 0 && portal_may(q, iss_command_find("order.issue"));

	for (size_t i = 0; i < n; i++)
		order = order && strcmp(list[i]->name, "authorisation.reclaim") != 0;
	if (n == 0 && !order)
		return;
	web_print(b, again ? "<section class=\"card stop\" id=\"resume\"><h2>%s</h2>" : "<section class=\"card stop\" id=\"stop\"><h2>%s</h2>", portal_stop_word(q, list, n));
	if (!again && stops != NULL)
		counts(q, b, stops);
	web_html(b, "<ul class=\"choices\">");
	for (size_t i = 0; i < n; i++) {
		const struct takeback *t = act_of(list[i]->name);
		char to[PORTAL_ADDRESS];
		portal_address("do", t->command, to);
		web_print(b, t->stops ? "<li><a class=\"button danger\" href=\"%s?%s=%s&amp;back=%s\">" : "<li><a class=\"button\" href=\"%s?%s=%s&amp;back=%s\">", to, t->key, id, back);
		portal_command_word(q, b, list[i]);
		web_html(b, "</a>");
		portal_consequence(q, b, list[i]);
		web_html(b, "</li>");
	}
	if (order) /* who supervises takes back by an order */
		web_print(b, "<li><a class=\"button danger\" href=\"/do/order/issue?number=%s&amp;kind=RECLAIM&amp;back=%s\">%s</a><p class=\"small\">%s</p></li>", id, back, web_tr(q, "Take back by a supervision order"),
		    web_tr(q, "Suspends at once; a second officer ends it for good."));
	web_html(b, "</ul></section>");
}

/* --- the form --- */

const char *portal_takeback_why(const struct iss_command_info *c)
{
	const struct iss_field *f = portal_field_of(c, "reason");

	if (act_of(c->name) == NULL || f == NULL)
		return NULL;
	return f->choices == NULL ? f->name : "note"; /* a choice alone tells nobody why */
}

enum fj_rc portal_takeback_told(const struct iss_command_info *c, const json_t *params, struct fj_err *err)
{
	const char *why = portal_takeback_why(c);

	if (why == NULL || fj_json_text(params, why)[strspn(fj_json_text(params, why), " ")] != '\0')
		return FJ_OK;
	return fj_err_at(err, fj_refuse(err, FJ_E_INVALID, "portal", NULL, "say why, in words: it stands in the record", "请填写理由，该理由将记入登记记录"), why);
}

bool portal_takes_back_one(const struct iss_command_info *c, const json_t *fill)
{
	const char *id = number_of(act_of(c->name), fill);

	return id != NULL && id[0] != '\0';
}

void portal_takeback_buttons(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill)
{
	const struct takeback *t = act_of(c->name);
	const char *id = number_of(t, fill);
	char noun[PORTAL_NOUN];

	portal_noun_in(c->name, noun);
	web_html(b, t->stops ? "<button class=\"danger\">" : "<button>");
	web_print(b, "%s", web_tr(q, "Confirm: "));
	portal_command_word(q, b, c);
	web_print(b, "</button> <a class=\"button quiet\" href=\"/show/%s/%s\">%s</a>", noun, id, web_tr(q, "Leave it as it is"));
}

bool portal_takeback_page(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill, const char *back)
{
	const struct takeback *t = act_of(c->name);
	const char *id = number_of(t, fill);
	char many[72], noun[PORTAL_NOUN];

	if (!portal_takes_back_one(c, fill))
		return false;
	portal_noun_in(c->name, noun);
	portal_face_of(q, b, noun, id);
	if (t->stops) {
		web_print(b, "<h2>%s</h2>", web_tr(q, "What is denied from then on"));
		stops_of(q, b, c, fill);
	} else {
		portal_returns_told(q, b, id);
	}
	web_print(b, "<h2>%s</h2>", web_tr(q, "Why"));
	FJ_AUTO(json) begun = json_copy((json_t *)(uintptr_t)fill);
	json_object_set_new(begun, PORTAL_FOCUS, json_string(portal_takeback_why(c)));
	snprintf(many, sizeof(many), "%ss", t->key); /* one, or a selection: here it is one */
	portal_form(q, b, c, begun, (const char *const[]){t->key, "ids", many, NULL}, back[0] != '\0' ? back : NULL, 0);
	return true;
}

/* --- done --- */

static void verify_button(struct web_req *q, struct fj_buf *b, const json_t *stops)
{
	const char *number = fj_json_text(stops, "number");
	FJ_AUTO(json) params = json_pack("{s:s}", "id", number);
	FJ_AUTO(json) token = NULL;
	const char *credential = number;
	struct fj_err err = {0};

	if (strncmp(number, "LT-", 3) == 0)
		credential = portal_command(q, "token.show", params, &token, &err) == FJ_OK ? fj_json_text(token, "compact") : "";
	else if (strncmp(number, "DAC-", 4) != 0 && strncmp(number, "DAU-", 4) != 0)
		credential = fj_json_text(json_array_get(json_object_get(stops, "certificates"), 0), "number");
	if (credential[0] == '\0')
		return;
	web_html(b, "<form method=\"post\" action=\"/verify\">");
	portal_hidden(b, "credential", credential);
	web_print(b, "<button class=\"quiet\">%s</button></form>", web_tr(q, "See what the public page says now"));
}

/* what was listed before the act says afterwards only of what it was about how it stands now */
static void state_now(json_t *stops, const json_t *state)
{
	static const char *const lists[] = {"certificates", "authorisations", "products", "first_tokens"};
	const char *number = fj_json_text(stops, "number");
	size_t i;
	json_t *row;

	for (size_t k = 0; k < FJ_ARRAY_LEN(lists); k++)
		json_array_foreach(json_object_get(stops, lists[k]), i, row) {
			bool self = strcmp(fj_json_text(row, "id"), number) == 0 || strcmp(fj_json_text(row, "number"), number) == 0;
			if (self && json_is_string(state))
				json_object_set(row, "state", (json_t *)(uintptr_t)state);
			else
				json_object_del(row, "state");
		}
}

void portal_stopped(struct web_req *q, struct fj_buf *b, const json_t *stops)
{
	FJ_AUTO(json) now = json_deep_copy(stops);
	const json_t *state = json_object_get(json_array_get(json_object_get(stops, "authorisations"), 0), "state");

	if (!json_is_string(state) || strcmp(json_string_value(state), "ACTIVE") == 0)
		return;
	web_print(b, "<h2 id=\"stopped\">%s</h2>", web_tr(q, "What stopped with it"));
	state_now(now, state);
	portal_stops_list(q, b, now);
}

bool portal_takeback_done(struct web_req *q, struct fj_buf *b, const struct once *o)
{
	const struct takeback *t = act_of(o->command);
	FJ_AUTO(json) stops = json_deep_copy(json_object_get(o->answer, "stopped"));
	const char *approval = fj_json_peek(o->answer, "approval"), *word = portal_done_word(o->command, o->answer);

	if (t == NULL || stops == NULL)
		return false;
	if (approval == NULL || !portal_ends_by(q, b, json_object_get(o->answer, "waiting_for")))
		portal_done_words(q, b, word);
	if (json_object_get(o->answer, "state") != NULL) {
		web_print(b, "<p>%s ", web_label(q, "state"));
		web_value(q, b, "state", json_object_get(o->answer, "state"), NULL);
		web_html(b, "</p>");
	}
	if (approval != NULL)
		web_print(b, "<p>%s <a class=\"mono\" href=\"/approvals/%s\">%s</a></p>", web_tr(q, "It becomes final with this approval:"), approval, approval);
	web_print(b, "<h2>%s</h2>", web_tr(q, "Denied from now on"));
	state_now(stops, json_object_get(o->answer, "state"));
	counts(q, b, stops);
	portal_stops_list(q, b, stops);
	verify_button(q, b, stops);
	return true;
}
