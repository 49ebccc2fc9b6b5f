/*
 * home.c - the first page of who has signed in: what home.show answers, as a page.
 *
 * What waits comes first, then terms with the overdue before the others, what ends
 * soon, what is in use with a way to take it back, and the figures of the own scope.
 * All of it is the command's answer; nothing is asked or decided here.
 */
#include "web/portal/chart.h"
#include "web/portal/internal.h"

#define MAX_ROWS 64 /* of a figure; it has 25 at most */

/* --- links --- */

/* the list of a noun with these filters */
static void list_address(struct fj_buf *b, const char *noun, const json_t *filter)
{
	const char *key, *sign = "?";
	json_t *v;

	web_print(b, "/list/%s", noun);
	json_object_foreach((json_t *)(uintptr_t)filter, key, v) {
		web_text(b, sign);
		web_url(b, key);
		web_html(b, "=");
		web_url(b, json_is_string(v) ? json_string_value(v) : "");
		sign = "&";
	}
}

/* a label without what stands in its brackets */
static void short_name(struct web_req *q, struct fj_buf *b, const char *text)
{
	const char *cut = strstr(text, web_either(q, "（", " ("));
	char name[200];

	snprintf(name, sizeof(name), "%.*s", (int)(cut == NULL ? strlen(text) : (size_t)(cut - text)), text);
	web_text(b, name);
}

static void command_name(struct web_req *q, struct fj_buf *b, const char *command)
{
	const struct iss_command_info *c = iss_command_find(command);

	short_name(q, b, c == NULL ? command : web_either(q, c->zh, c->en));
}

/* --- who, and how the appliance fares --- */

static void who_reads(struct web_req *q, struct fj_buf *b, const json_t *home)
{
	const json_t *roles = json_object_get(home, "roles"), *hand = json_object_get(home, "at_hand"), *v;
	bool one = json_array_size(hand) == 1;
	size_t i;

	web_print(b, "<p class=\"small\"><bdi>%s</bdi>", fj_json_text(home, "org_name"));
	for (i = 0; (v = json_array_get(roles, i)) != NULL; i++) {
		const char *role = json_string_value(v);
		bool here = one && strcmp(role, json_string_value(json_array_get(hand, 0))) == 0;
		web_html(b, " · ");
		if (json_array_size(roles) == 1 || here)
			web_print(b, "<span>%s</span>", web_word(q, WEB_ROLE, role));
		else
			web_print(b, "<a href=\"/?role=%s\">%s</a>", role, web_word(q, WEB_ROLE, role));
	}
	if (one && json_array_size(roles) > 1)
		web_print(b, " · <a href=\"/\">%s</a>", web_tr(q, "All my roles"));
	web_html(b, "</p>");
}

/* of the appliance's own, what is to be renewed: urgent ones as an alarm, the first of each */
static void keys_ending(struct web_req *q, struct fj_buf *b, const json_t *keys)
{
	const json_t *first = json_array_get(keys, 0);
	const char *state = fj_json_text(first, "state");
	bool over = strcmp(state, "OVER") == 0;

	if (first == NULL)
		return;
	web_html(b, strcmp(state, "SOON") == 0 ? "<p class=\"notice\">" : "<p class=\"error\" role=\"alert\">");
	const char *what = web_word(q, WEB_KIND, fj_json_text(first, "kind")), *alg = fj_json_text(first, "algorithm");
	long long days = (long long)fj_json_num(first, "days_left");
	if (over)
		web_say(q, b, "Of the appliance's own keys: %s (%s) ended %lld days ago; what rests on it can't be verified any more.", what, alg, -days);
	else
		web_say(q, b, "Of the appliance's own keys: %s (%s) ends in %lld days and has to be renewed.", what, alg, days);
	web_html(b, " <a href=\"/list/key\">");
	web_say(q, b, "To be renewed in all: %lld", (long long)json_array_size(keys));
	web_html(b, "</a></p>");
}

/* what endangers its running: each says what to do */
static void faults(struct web_req *q, struct fj_buf *b, const json_t *list)
{
	const json_t *f;
	size_t i;

	json_array_foreach(list, i, f) {
		const json_t *text = json_object_get(f, "text");
		web_html(b, strcmp(fj_json_text(f, "level"), "SOON") == 0 ? "<p class=\"notice\">" : "<p class=\"error\" role=\"alert\">");
		web_print(b, "<bdi>%s</bdi></p>", web_either(q, fj_json_peek(text, "zh"), fj_json_text(text, "en")));
	}
}

static void health(struct web_req *q, struct fj_buf *b, const json_t *h)
{
	const char *oldest = fj_json_peek(h, "oldest_list"), *first;
	const json_t *queue = json_object_get(h, "queue"), *why = json_object_get(json_object_get(queue, "because"), "detail");

	if (json_is_true(json_object_get(h, "behind")))
		web_print(b, "<p class=\"error\" role=\"alert\">%s</p>", web_tr(q, "Publishing is behind: what was decided last may not be seen by verifiers yet. The appliance tries again by itself."));
	if (json_is_true(json_object_get(h, "late")))
		web_print(b, "<p class=\"error\" role=\"alert\">%s</p>", web_tr(q, "A status list or CRL was not renewed in time: look at the signer and the log of the appliance before it expires."));
	if (oldest == NULL)
		return;
	if (json_is_true(json_object_get(h, "sealed")))
		web_print(b, "<p class=\"error\" role=\"alert\">%s</p>", web_tr(q, "The issuing keys are sealed since the signer was started: certificates and CRLs wait until the officers of the key ceremony unseal them (fujie signer unseal). Everything else goes on."));
	else if (json_is_object(why)) {
		web_html(b, "<p class=\"error\" role=\"alert\">");
		web_print(b, "%s<bdi>%s</bdi>", web_tr(q, "Signing waits: "), web_either(q, fj_json_peek(why, "zh"), fj_json_text(why, "en")));
		web_html(b, "</p>");
	}
	keys_ending(q, b, json_object_get(h, "keys"));
	faults(q, b, json_object_get(h, "faults"));
	web_html(b, "<p class=\"small\">");
	web_say(q, b, "State of the appliance: waiting to be signed %lld (at most %lld)", (long long)fj_json_num(queue, "waiting"), (long long)fj_json_num(queue, "most"));
	if ((first = fj_json_peek(queue, "oldest")) != NULL) {
		web_say(q, b, ", the first since ");
		web_text_times(b, first);
	}
	if (oldest[0] != '\0') {
		web_say(q, b, "; oldest status list or CRL published ");
		web_text_times(b, oldest);
	}
	web_html(b, "</p>");
}

/* --- what waits --- */

static void approvals(struct web_req *q, struct fj_buf *b, const json_t *waiting)
{
	const json_t *list = json_object_get(waiting, "approvals");
	size_t i;
	json_t *a;

	if (json_array_size(list) == 0)
		return;
	web_print(b, "<h3>%s</h3><ul class=\"todo\">", web_tr(q, "For me to approve"));
	json_array_foreach(list, i, a) {
		web_print(b, "<li><a href=\"/approvals/%s\">%s <bdi>%s</bdi> <span class=\"mono small\">%s</span></a><span class=\"small\"> %s · ", fj_json_text(a, "id"),
		    web_word(q, WEB_MATTER, fj_json_text(a, "kind")), fj_json_text(a, "object_name"), fj_json_text(a, "object"), fj_json_text(a, "applicant"));
		web_text_times(b, fj_json_text(a, "requested_at"));
		web_html(b, "</span></li>");
	}
	web_print(b, "</ul><p><a href=\"/inbox\">%s</a></p>", json_is_true(json_object_get(waiting, "more")) ? web_tr(q, "More wait: the whole inbox") : web_tr(q, "To the inbox"));
}

void portal_acts(struct web_req *q, struct fj_buf *b, const json_t *list)
{
	size_t i;
	json_t *a;

	if (json_array_size(list) == 0)
		return;
	web_print(b, "<h3>%s</h3><ul class=\"todo\">", web_tr(q, "For me to do"));
	json_array_foreach(list, i, a) {
		char n[CHART_NUMBER_CAP];
		chart_number(fj_json_num(a, "count"), false, n);
		web_html(b, "<li><a href=\"");
		if (strcmp(fj_json_text(a, "what"), "product.add") == 0)
			web_html(b, "/do/product/add"); /* names what is to be registered, under each authorisation */
		else
			list_address(b, fj_json_text(a, "noun"), json_object_get(a, "filter"));
		web_html(b, "\">");
		command_name(q, b, fj_json_text(a, "what"));
		web_html(b, " <span class=\"count\">");
		if (!json_is_true(json_object_get(a, "more")))
			web_text(b, n);
		else if (fj_json_num(a, "count") > 0)
			web_say(q, b, "at least %s", n);
		else
			web_say(q, b, "perhaps"); /* those that were looked at are another's to do */
		web_html(b, "</span></a></li>");
	}
	web_html(b, "</ul>");
}

/* sent back for completion: it is the holder's to complete */
static void returned(struct web_req *q, struct fj_buf *b, const json_t *list)
{
	size_t i;
	json_t *r;

	if (json_array_size(list) == 0)
		return;
	web_print(b, "<h3>%s</h3><ul class=\"todo\">", web_tr(q, "Returned for completion"));
	json_array_foreach(list, i, r) {
		web_print(b, "<li><a href=\"/show/registration/%s\"><bdi>%s</bdi> <span class=\"mono\">%s</span></a> <span class=\"small\">", fj_json_text(r, "id"), fj_json_text(r, "asset_name"), fj_json_text(r, "asset_no"));
		web_say(q, b, "%lld missing", (long long)fj_json_num(r, "count"));
		web_html(b, "</span></li>");
	}
	web_html(b, "</ul>");
}

static void drafts(struct web_req *q, struct fj_buf *b)
{
	json_t *list = NULL;

	if (iss_draft_list(portal_of(q)->i, portal_actor(q), &list, NULL) == FJ_OK && json_array_size(list) > 0)
		web_print(b, "<p><a href=\"/drafts\">%s</a> <span class=\"count\">%zu</span></p>", web_tr(q, "My drafts"), json_array_size(list));
	json_decref(list);
}

/* the own ones, or those that others have to meet; late: of these what is overdue */
static size_t terms_of(const json_t *list, bool own, bool late)
{
	size_t n = 0, i;
	json_t *d;

	json_array_foreach(list, i, d)
		n += json_is_true(json_object_get(d, "own")) == own && (!late || json_is_true(json_object_get(d, "overdue")));
	return n;
}

static void waiting(struct web_req *q, struct fj_buf *b, const json_t *home)
{
	const json_t *w = json_object_get(home, "waiting"), *list = json_object_get(w, "acts");

	web_print(b, "<section class=\"card\"><h2>%s</h2>", web_tr(q, "What waits for me"));
	approvals(q, b, w);
	returned(q, b, json_object_get(w, "returned"));
	portal_acts(q, b, list);
	if (json_array_size(json_object_get(w, "approvals")) == 0 && json_array_size(list) == 0)
		web_print(b, "<p>%s</p>", terms_of(json_object_get(json_object_get(home, "deadlines"), "items"), true, false) > 0 ? web_tr(q, "Nothing waits for you but what your deadlines list.") : web_tr(q, "Nothing waits for you."));
	drafts(q, b);
	web_html(b, "</section>");
}

/* --- terms --- */

/* whose it is and how it is done, where the row's own page does not say */
static const struct {
	const char *kind, *text;
} duties[] = {
	{"first-registration", WEB_N("The holder registers it on the national public data registration platform, then enters the query code in the asset's card.")},
	{"evaluation", WEB_N("The implementing institution files it on the authorisation's page.")},
	{"price-review", WEB_N("The finance department or the implementing institution reviews the price.")},
	{"filing", WEB_N("The implementing institution files plan and agreement on the plan's page.")},
	{"report", WEB_N("The number opens the report as it is now: write its texts, look it over, hand it in; a second officer approves.")},
	{"remittance", WEB_N("Record what was paid on the remittance's page.")},
};

/* how a duty is met is said at the first of its kind */
static void how(struct web_req *q, struct fj_buf *b, const char *kind, bool told[FJ_ARRAY_LEN(duties)])
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(duties); i++)
		if (strcmp(duties[i].kind, kind) == 0 && !told[i]) {
			web_print(b, "<div class=\"small\">%s</div>", web_tr(q, duties[i].text));
			told[i] = true;
		}
}

static void deadline(struct web_req *q, struct fj_buf *b, const json_t *d, bool told[FJ_ARRAY_LEN(duties)])
{
	web_html(b, "<tr>");
	web_print(b, "<td data-label=\"%s\"><time>%s</time></td>", web_tr(q, "Day"), fj_json_text(d, "day"));
	web_print(b, "<td data-label=\"%s\">%s <span class=\"mono\">", web_tr(q, "What"), web_word(q, WEB_KIND, fj_json_text(d, "kind")));
	web_cell(q, b, "id", json_object_get(d, "id"), portal_links);
	web_html(b, "</span>");
	how(q, b, fj_json_text(d, "kind"), told);
	if (strcmp(fj_json_text(d, "state"), "NOTICED") == 0) {
		web_html(b, " <span class=\"small\">");
		web_say(q, b, "The notice runs until %s; after that the finance department decides.", fj_json_text(d, "day"));
		web_html(b, "</span>");
	}
	web_print(b, "</td><td data-label=\"%s\">", web_tr(q, "State"));
	if (json_is_true(json_object_get(d, "overdue")))
		web_print(b, "<strong class=\"fail late\">%s</strong>", web_tr(q, "overdue"));
	else
		web_text(b, strcmp(fj_json_text(d, "state"), "ACTIVE") == 0 ? web_tr(q, "not due yet") : web_word(q, WEB_STATE, portal_state_of(fj_json_text(d, "kind"), fj_json_text(d, "state")))); /* the duty's, not its object's */
	web_html(b, "</td></tr>");
}

static void terms(struct web_req *q, struct fj_buf *b, const json_t *list, bool own, const char *title)
{
	bool told[FJ_ARRAY_LEN(duties)] = {false};
	size_t i;
	json_t *d;

	web_print(b, "<table><caption class=\"unseen\">%s</caption><thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead><tbody>", title, web_tr(q, "Day"),
	    web_tr(q, "What"), web_tr(q, "State"));
	json_array_foreach(list, i, d)
		if (json_is_true(json_object_get(d, "own")) == own)
			deadline(q, b, d, told);
	web_html(b, "</tbody></table>");
}

/* one's own; what others have to meet is folded, with how many of them are late */
static void deadlines(struct web_req *q, struct fj_buf *b, const json_t *home)
{
	const json_t *list = json_object_get(json_object_get(home, "deadlines"), "items");
	size_t own = terms_of(list, true, false), others = terms_of(list, false, false), late = terms_of(list, false, true);

	web_print(b, "<section class=\"card\"><h2>%s</h2>", web_tr(q, "Deadlines"));
	if (own > 0)
		terms(q, b, list, true, web_tr(q, "Deadlines"));
	else
		web_print(b, "<p>%s</p>", others > 0 ? web_tr(q, "Nothing of your own office is due within 30 days.") : web_tr(q, "Nothing is due within 30 days."));
	if (others > 0) {
		web_print(b, "<details><summary>%s <span class=\"count\">%zu</span>", web_tr(q, "Deadlines of others"), others);
		if (late > 0)
			web_print(b, " <strong class=\"fail late\">%s %zu</strong>", web_tr(q, "overdue"), late);
		web_html(b, "</summary>");
		terms(q, b, list, false, web_tr(q, "Deadlines of others"));
		web_html(b, "</details>");
	}
	web_print(b, "<p><a href=\"/list/deadline\">%s</a></p></section>", web_tr(q, "All deadlines"));
}

/* --- what was decided lately --- */

static void one_decided(struct web_req *q, struct fj_buf *b, const json_t *d)
{
	const json_t *what = json_object_get(d, "what");
	const char *matter = fj_json_text(d, "matter"), *name = fj_json_text(d, "object_name");

	web_html(b, "<li>");
	if (matter[0] != '\0') {
		web_print(b, "<a href=\"/approvals/%s\">", fj_json_text(d, "id"));
		short_name(q, b, web_word(q, WEB_MATTER, matter));
		web_html(b, "</a> ");
	} else {
		web_print(b, "%s ", strncmp(fj_json_text(d, "kind"), "registration.", 13) == 0 ? portal_noun_word(q, "registration", true) : web_either(q, fj_json_peek(what, "zh"), fj_json_text(what, "en")));
	}
	if (fj_json_text(d, "state")[0] != '\0')
		web_value(q, b, "state", json_object_get(d, "state"), NULL);
	web_print(b, " <bdi>%s</bdi> <span class=\"small mono\">", name);
	web_value(q, b, "object", json_object_get(d, "object"), portal_links);
	web_print(b, "</span> <time class=\"small\">%s</time></li>", fj_json_text(d, "day"));
}

static void decided(struct web_req *q, struct fj_buf *b, const json_t *home)
{
	const json_t *list = json_object_get(home, "decided");
	size_t i;
	json_t *d;

	if (json_array_size(list) == 0)
		return;
	web_print(b, "<section class=\"card\"><h2>%s</h2><ul class=\"todo\">", web_tr(q, "Recent decisions on this office's requests"));
	json_array_foreach(list, i, d)
		one_decided(q, b, d);
	web_html(b, "</ul></section>");
}

/* --- what ends soon --- */

static const char *const spans[] = {WEB_N("Within 7 days"), WEB_N("Within 30 days"), WEB_N("Within 90 days")};

static void ending_row(struct web_req *q, struct fj_buf *b, const json_t *e)
{
	const char *noun = fj_json_text(e, "noun");
	const json_t *within = json_object_get(e, "within");
	size_t i;
	json_t *w;

	web_print(b, "<tr><th scope=\"row\">%s</th>", portal_noun_word(q, noun, false));
	json_array_foreach(within, i, w) {
		FJ_AUTO(json) filter = json_copy(json_object_get(e, "filter"));
		char n[CHART_NUMBER_CAP];
		chart_number(fj_json_num(w, "count"), false, n);
		web_print(b, "<td class=\"num\" data-label=\"%s\">", i < FJ_ARRAY_LEN(spans) ? web_tr(q, spans[i]) : "");
		if (fj_json_num(w, "count") == 0) {
			web_html(b, "0</td>");
			continue;
		}
		json_object_set(filter, "expires_from", json_object_get(w, "from"));
		json_object_set(filter, "expires_to", json_object_get(w, "to"));
		web_html(b, "<a href=\"");
		list_address(b, noun, filter);
		web_print(b, "\">%s</a></td>", n);
	}
	web_html(b, "</tr>");
}

static void ending(struct web_req *q, struct fj_buf *b, const json_t *home)
{
	const json_t *list = json_object_get(home, "ending");
	size_t i;
	json_t *e;

	if (json_array_size(list) == 0)
		return;
	web_print(b, "<section class=\"card\"><h2>%s</h2><table class=\"figures\"><caption class=\"unseen\">%s</caption><thead><tr><th scope=\"col\"></th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead><tbody>",
	    web_tr(q, "Ends soon"), web_tr(q, "Ends soon"), web_tr(q, spans[0]), web_tr(q, spans[1]), web_tr(q, spans[2]));
	json_array_foreach(list, i, e)
		ending_row(q, b, e);
	web_html(b, "</tbody></table></section>");
}

/* --- what is in use, and the way to take it back: the acts stand on its own page --- */

static bool may(struct web_req *q, const char *command)
{
	const struct iss_command_info *c = iss_command_find(command);

	return c != NULL && portal_may(q, c);
}

static void used(struct web_req *q, struct fj_buf *b, const char *noun, const json_t *o, const char *name, const char *what, const char *stop)
{
	const char *id = portal_number_of(o, noun), *until = fj_json_text(o, "until");
	size_t n = strlen(id);

	web_print(b, "<li><a href=\"/show/%s/%s\"><bdi>%s</bdi> <span class=\"small\">%s</span> <span class=\"small mono\">…%s</span></a><span class=\"small\"> ", noun, id, name, what, id + (n > 8 ? n - 8 : 0));
	web_say(q, b, "until %s", until);
	web_html(b, "</span> ");
	if (json_is_true(json_object_get(o, "certificate_stopped")))
		web_state(q, b, "WITH_CERTIFICATE", "");
	else if (fj_json_text(o, "begins")[0] != '\0')
		web_state(q, b, "ACTIVE", fj_json_text(o, "begins"));
	if (stop != NULL)
		web_print(b, " <a class=\"stop\" href=\"/show/%s/%s#stop\" aria-label=\"%s %s\">%s</a>", noun, id, stop, name, stop);
	web_html(b, "</li>");
}

/* the own ones, of which the first were shown */
static void all_of(struct web_req *q, struct fj_buf *b, const char *noun, const char *how_many, size_t shown, const json_t *total, const char *text)
{
	char to[PORTAL_TO];

	portal_own_list(q, noun, to);
	portal_to(to, "state", "ACTIVE");
	web_html(b, "</ul><p>");
	if (json_integer_value(total) > (json_int_t)shown)
		web_say(q, b, how_many, shown, (long long)json_integer_value(total));
	web_print(b, "<a href=\"%s\">%s</a></p>", to, text);
}

static void tokens(struct web_req *q, struct fj_buf *b, const json_t *list, const json_t *total)
{
	const char *stop = may(q, "token.revoke") ? web_tr(q, "Suspend or revoke") : NULL;
	size_t i;
	json_t *t;

	if (json_array_size(list) == 0)
		return;
	web_print(b, "<h3>%s</h3><ul class=\"todo\">", web_tr(q, "License tokens in use"));
	json_array_foreach(list, i, t)
		used(q, b, "token", t, fj_json_text(t, "user_name"), fj_json_text(t, "product"), stop);
	all_of(q, b, "token", WEB_N("The newest %zu of %lld. "), json_array_size(list), total, web_tr(q, "All license tokens"));
}

static void authorisations(struct web_req *q, struct fj_buf *b, const json_t *list, const json_t *total)
{
	bool operates = (portal_actor(q)->roles & ISS_OPERATOR) != 0;
	const char *stop = may(q, "authorisation.surrender") ? web_tr(q, "Surrender") : may(q, "authorisation.suspend") ? web_tr(q, "Suspend or take back") : NULL;
	size_t i;
	json_t *a;

	if (json_array_size(list) == 0)
		return;
	web_print(b, "<h3>%s</h3><ul class=\"todo\">", web_tr(q, "Authorisations in force"));
	json_array_foreach(list, i, a)
		used(q, b, "authorisation", a, operates ? fj_json_text(a, "holder_name") : fj_json_text(a, "operator_name"),
		    fj_json_text(a, "asset_names")[0] != '\0' ? fj_json_text(a, "asset_names") : web_word(q, WEB_MODE, fj_json_text(a, "mode")), stop);
	all_of(q, b, "authorisation", WEB_N("The first %zu of %lld. "), json_array_size(list), total, web_tr(q, "All authorisations"));
}

/* what was asked for, and how it stands */
static void requests(struct web_req *q, struct fj_buf *b, const json_t *list, bool uses)
{
	size_t i;
	json_t *r;

	if (!(portal_actor(q)->roles & (ISS_USER | ISS_DEVELOPER)))
		return;
	web_print(b, "<section class=\"card\"><h2>%s</h2>", web_tr(q, "My applications for licenses"));
	if (json_array_size(list) == 0)
		web_print(b, "<p>%s</p>", uses ? web_tr(q, "None was asked for here; the licenses in use were issued by their operators.") : web_tr(q, "You have not asked for any yet."));
	web_html(b, json_array_size(list) > 0 ? "<ul class=\"todo\">" : "");
	json_array_foreach(list, i, r) {
		web_print(b, "<li><a href=\"/show/request/%s\">%s</a> ", fj_json_text(r, "id"), fj_json_text(r, "product"));
		const char *token = fj_json_text(r, "token_state");
		bool stopped = strcmp(token, "SUSPENDED") == 0 || strcmp(token, "REVOKED") == 0 || strcmp(token, "EXHAUSTED") == 0; /* of which it came to, not only that it was agreed to */
		web_state(q, b, stopped ? portal_state_of("token", token) : portal_state_of("request", fj_json_text(r, "state")), "");
		web_html(b, "<span class=\"small\"> ");
		web_text_times(b, fj_json_text(r, "at"));
		web_html(b, "</span>");
		if (fj_json_text(r, "token")[0] != '\0')
			web_print(b, " <a class=\"stop\" href=\"/show/token/%s\">%s</a>", fj_json_text(r, "token"), web_tr(q, "To the token"));
		web_html(b, "</li>");
	}
	web_html(b, json_array_size(list) > 0 ? "</ul>" : "");
	web_print(b, "<p><a href=\"/list/product\">%s</a> · <a href=\"/list/request?user=%s\">%s</a></p></section>", web_tr(q, "Ask for a license: choose a product"), portal_actor(q)->org,
	    web_tr(q, "All applications"));
}

/* an operator's last batches, each with its download */
static void batches(struct web_req *q, struct fj_buf *b, const json_t *list)
{
	size_t i;
	json_t *v;

	if (json_array_size(list) == 0)
		return;
	web_print(b, "<section class=\"card\"><h2>%s</h2><ul class=\"todo\">", web_tr(q, "Batches of licenses"));
	json_array_foreach(list, i, v) {
		const char *id = fj_json_text(v, "id"), *state = fj_json_text(v, "state");
		web_print(b, "<li><a href=\"/show/bulk/%s\"><bdi>%s</bdi> <span class=\"small\">", id, fj_json_text(v, "product"));
		web_say(q, b, "%lld licenses", (long long)fj_json_num(v, "total"));
		web_html(b, "</span></a> ");
		web_value(q, b, "state", json_object_get(v, "state"), NULL);
		web_html(b, "<span class=\"small\"> ");
		web_text_times(b, fj_json_text(v, "at"));
		web_html(b, "</span>");
		if (strcmp(state, "DONE") == 0 || strcmp(state, "STOPPED") == 0)
			web_print(b, " <a class=\"stop file\" href=\"" PORTAL_BATCH_FILE "%s\">%s</a>", id, web_tr(q, "Download"));
		web_html(b, "</li>");
	}
	web_print(b, "</ul><p><a href=\"/list/bulk?operator=%s\">%s</a></p></section>", portal_actor(q)->org, web_tr(q, "All batches"));
}

static void in_use(struct web_req *q, struct fj_buf *b, const json_t *home)
{
	const json_t *u = json_object_get(home, "in_use"), *t = json_object_get(u, "tokens"), *a = json_object_get(u, "authorisations");

	if (json_array_size(t) == 0 && json_array_size(a) == 0)
		return;
	web_print(b, "<section class=\"card\"><h2>%s</h2>", web_tr(q, "In use"));
	tokens(q, b, t, json_object_get(u, "tokens_total"));
	authorisations(q, b, a, json_object_get(u, "authorisations_total"));
	web_html(b, "</section>");
}

/* --- figures --- */

static const char *const assets_order[] = {"AWAITING_NUMBER", "CARDED", "APPLIED", "ACCEPTED", "REVIEWED", "NOTICED", "REGISTERED", "CERTIFICATED", "FROZEN", "CANCELLED", "TRANSFERRED",
	"DESTROYED", NULL};
static const char *const states_order[] = {"ACTIVE", "STOPPED", "SUSPENDED", "REVOKING", "EXHAUSTED", "EXPIRED", "SUPERSEDED", "CANCELLED", "TRANSFERRED", "WITHDRAWN", "REVOKED", NULL};
static const char *const modes_order[] = {"WHOLE", "DOMAIN", "SCENE", NULL};
static const struct face {
	const char *figure, *id;
	enum chart_kind kind;
	const char *title, *head;
	enum { BY_CODE, BY_STATE, BY_MODE, BY_INDUSTRY, BY_CLASS } by;
	const char *const *order; /* of rows; NULL: as they come */
} faces[] = {
	{"assets.state", "assets-state", CHART_BARS, WEB_N("Assets by state"), WEB_N("State"), BY_STATE, assets_order},
	{"assets.industry", "assets-industry", CHART_BARS, WEB_N("Assets by industry"), WEB_N("Industry"), BY_INDUSTRY, NULL},
	{"assets.class", "assets-class", CHART_BARS, WEB_N("Assets by class"), WEB_N("Class"), BY_CLASS, NULL},
	{"certificates.state", "certificates-state", CHART_BARS, WEB_N("Certificates by state"), WEB_N("State"), BY_STATE, states_order},
	{"certificates.issued", "certificates-issued", CHART_MONTHS, WEB_N("Certificates issued, by month"), WEB_N("Month"), BY_CODE, NULL},
	{"certificates.ending", "certificates-ending", CHART_MONTHS, WEB_N("Certificates that end, by month"), WEB_N("Month"), BY_CODE, NULL},
	{"authorisations.mode", "authorisations-mode", CHART_STACKED, WEB_N("Authorisations by mode"), WEB_N("Mode"), BY_MODE, modes_order},
	{"tokens.state", "tokens-state", CHART_BARS, WEB_N("License tokens"), WEB_N("State"), BY_STATE, states_order},
	{"revenue.months", "revenue-months", CHART_LINES, WEB_N("Revenue shared and remitted (yuan)"), WEB_N("Month"), BY_CODE, NULL},
};

static const char *series_name(struct web_req *q, const char *key)
{
	static const struct {
		const char *key, *name;
	} names[] = {{"count", WEB_N("Count")}, {"active", WEB_N("in force")}, {"suspended", WEB_N("suspended")}, {"ended", WEB_N("ended")}, {"shared_fen", WEB_N("shared")},
		{"remitted_fen", WEB_N("remitted")}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(names); i++)
		if (strcmp(names[i].key, key) == 0)
			return web_tr(q, names[i].name);
	return key;
}

/* names of class codes, and whether one had none */
struct classes {
	json_t *names, *said;
	bool lack;
};

/* code to name, by the tables that the finance department has loaded; a code that two schemes name differently has none */
static json_t *class_names(struct web_req *q)
{
	FJ_AUTO(json) none = json_object();
	FJ_AUTO(json) answer = NULL;
	json_t *out = json_object(), *v;
	size_t i;

	if (portal_command(q, "class.list", none, &answer, NULL) != FJ_OK)
		return out;
	json_array_foreach(json_object_get(answer, "items"), i, v) {
		const char *code = fj_json_text(v, "code"), *other = fj_json_peek(out, code);
		if (json_is_true(json_object_get(v, "loaded")))
			json_object_set_new(out, code, json_string(other == NULL || strcmp(other, fj_json_text(v, "name")) == 0 ? fj_json_text(v, "name") : ""));
	}
	return out;
}

/* "A01 结构化"; without a name the code alone, and once below the figures why */
static const char *class_name(const char *code, struct classes *classes)
{
	const char *name = fj_json_text(classes->names, code);
	json_t *said = name[0] == '\0' ? NULL : json_sprintf("%s %s", code, name);

	if (said != NULL && json_array_append_new(classes->said, said) == 0)
		return json_string_value(said);
	classes->lack = true;
	return code;
}

static const char *row_name(struct web_req *q, const struct face *f, const char *code, struct classes *classes)
{
	const char *industry = f->by == BY_INDUSTRY ? web_tr_in(q, "industry", code) : NULL;

	if (code[0] == '\0')
		return web_tr(q, "not stated");
	if (strcmp(code, "*") == 0)
		return web_tr(q, "all others");
	if (f->by == BY_STATE && strcmp(code, "STOPPED") == 0)
		return web_tr(q, "stopped with its authorisation");
	if (f->by == BY_CLASS)
		return class_name(code, classes);
	return f->by == BY_STATE ? web_word(q, WEB_STATE, code) : f->by == BY_MODE ? web_word(q, WEB_MODE, code) : industry != NULL ? industry : code;
}

static size_t rank(const struct face *f, const char *code)
{
	size_t k = 0;

	while (f->order != NULL && f->order[k] != NULL && strcmp(f->order[k], code) != 0)
		k++;
	return k;
}

/* does row a come behind b?  By the order of codes, industries the largest first. */
static bool behind(const struct face *f, const json_t *a, const json_t *b)
{
	if (f->by == BY_INDUSTRY)
		return fj_json_num(a, "count") < fj_json_num(b, "count");
	return rank(f, fj_json_text(a, "code")) > rank(f, fj_json_text(b, "code"));
}

/* the answer's rows in the order of the picture; n of them */
static size_t in_order(const struct face *f, const json_t *rows, const json_t *out[MAX_ROWS])
{
	size_t n = 0, i;
	json_t *row;

	json_array_foreach(rows, i, row) {
		size_t at = n;
		if (n == MAX_ROWS)
			break;
		for (; at > 0 && behind(f, out[at - 1], row); at--)
			out[at] = out[at - 1];
		out[at] = row;
		n++;
	}
	return n;
}

static void figure(struct web_req *q, struct fj_buf *b, const struct face *f, const json_t *v, struct classes *classes)
{
	const json_t *series = json_object_get(v, "series"), *ordered[MAX_ROWS];
	struct chart_row rows[MAX_ROWS] = {{.label = ""}};
	struct chart c = {.kind = f->kind, .id = f->id, .title = web_tr(q, f->title), .head = web_tr(q, f->head), .rows = rows, .fen = strcmp(fj_json_text(v, "unit"), "fen") == 0,
		.as_table = web_tr(q, "The numbers as a table"), .none = web_tr(q, "There is nothing yet.")};

	bool any = false;
	c.n_rows = in_order(f, json_object_get(v, "rows"), ordered);
	c.n_series = json_array_size(series) < CHART_SERIES ? json_array_size(series) : CHART_SERIES;
	for (size_t s = 0; s < c.n_series; s++) {
		const char *key = json_string_value(json_array_get(series, s));
		c.series[s] = series_name(q, key);
		for (size_t i = 0; i < c.n_rows; i++)
			any = (rows[i].value[s] = fj_json_num(ordered[i], key)) != 0 || any;
	}
	if (!any)
		c.n_rows = 0; /* an axis of nothing says nothing */
	for (size_t i = 0; i < c.n_rows; i++)
		rows[i].label = row_name(q, f, fj_json_text(ordered[i], "code"), classes);
	chart_draw(b, &c);
}

/* whose they are, by the first of them */
static const char *scope(struct web_req *q, const json_t *list)
{
	static const struct {
		const char *whose, *text;
	} words[] = {
		{"all", WEB_N("Of the whole register.")}, {"finance", WEB_N("Of the holders of this finance department.")}, {"superior", WEB_N("Of the units under this superior department.")},
		{"holder", WEB_N("Of your organisation.")}, {"implementer", WEB_N("Of what your organisation implements.")}, {"operator", WEB_N("Of what your organisation operates.")},
		{"user", WEB_N("Of what your organisation uses.")},
	};
	const char *whose = fj_json_text(json_object_get(json_array_get(list, 0), "of"), "whose");

	for (size_t i = 0; i < FJ_ARRAY_LEN(words); i++)
		if (strcmp(words[i].whose, whose) == 0)
			return web_tr(q, words[i].text);
	return "";
}

static void nameless(struct web_req *q, struct fj_buf *b)
{
	const struct iss_command_info *load = iss_command_find("profile.propose");

	web_print(b, "<p class=\"small\">%s", web_tr(q, "Class codes without a name: the finance department has loaded none for them."));
	if (load != NULL && portal_may(q, load))
		web_print(b, " <a href=\"/do/profile/propose#f0-profile.class_tables\">%s</a>", web_tr(q, "Load a table of class codes"));
	web_html(b, "</p>");
}

static void figures(struct web_req *q, struct fj_buf *b, const json_t *home)
{
	const json_t *list = json_object_get(home, "figures");
	FJ_AUTO(json) names = NULL;
	FJ_AUTO(json) said = json_array();
	size_t i;
	json_t *v;

	if (json_array_size(list) == 0)
		return;
	names = class_names(q);
	struct classes classes = {names, said, false};
	web_print(b, "<h2>%s</h2><p class=\"small\">%s</p><div class=\"charts\">", web_tr(q, "Figures"), scope(q, list));
	for (size_t k = 0; k < FJ_ARRAY_LEN(faces); k++)
		json_array_foreach(list, i, v)
			if (strcmp(fj_json_text(v, "figure"), faces[k].figure) == 0)
				figure(q, b, &faces[k], v, &classes);
	web_html(b, "</div>");
	if (classes.lack)
		nameless(q, b);
}

/* --- the page --- */

void portal_home(struct web_req *q, struct web_res *r)
{
	const char *role = web_field(q, "role");
	FJ_AUTO(json) params = role[0] != '\0' ? json_pack("{s:s}", "role", role) : json_object();
	json_t *out = NULL;
	struct fj_err err = {0};
	struct fj_buf *b = &r->body;

	if (portal_command(q, "home.show", params, &out, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	FJ_AUTO(json) home = out;
	portal_top(q, b, web_tr(q, "Home"));
	portal_done(q, b);
	who_reads(q, b, home);
	health(q, b, json_object_get(home, "health"));
	web_html(b, "<div class=\"home\">");
	waiting(q, b, home);
	deadlines(q, b, home);
	decided(q, b, home);
	const json_t *use = json_object_get(home, "in_use");
	requests(q, b, json_object_get(use, "requests"), json_array_size(json_object_get(use, "tokens")) > 0);
	portal_my_complaints(q, b, json_object_get(use, "complaints"));
	in_use(q, b, home);
	batches(q, b, json_object_get(json_object_get(home, "in_use"), "batches"));
	ending(q, b, home);
	web_html(b, "</div>");
	figures(q, b, home);
	web_page_end(b);
}
