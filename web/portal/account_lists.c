/*
 * account_lists.c - sessions, API tokens and tries to sign in, as pages: the own, or
 * with ?login= those of a user whom one answers for.
 *
 * What a browser calls itself, where a request came from and what a token is for are
 * strangers' words: cut where they were taken in, escaped here.
 */
#include "web/portal/internal.h"

/* "login" of the address, for lists of another user's */
static json_t *params_of(struct web_req *q)
{
	json_t *p = json_object();

	if (web_field(q, "login")[0] != '\0')
		json_object_set_new(p, "login", json_string(web_field(q, "login")));
	return p;
}

static bool of_another(struct web_req *q)
{
	return web_field(q, "login")[0] != '\0' && strcmp(web_field(q, "login"), portal_actor(q)->login) != 0;
}

static void whose(struct web_req *q, struct fj_buf *b)
{
	if (of_another(q))
		web_print(b, "<p>%s <a class=\"mono\" href=\"/show/user/%s\">%s</a></p>", web_tr(q, "Of the user"), web_field(q, "login"), web_field(q, "login"));
}

/* a browser's name and system where they are known, else what it says */
static void browser(struct fj_buf *b, const char *agent)
{
	static const char *const names[][2] = {{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}};
	static const char *const systems[][2] = {{"Windows", "Windows"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"}};
	const char *name = NULL, *system = NULL;

	for (size_t i = 0; i < FJ_ARRAY_LEN(names) && name == NULL; i++)
		name = strstr(agent, names[i][0]) != NULL ? names[i][1] : NULL;
	for (size_t i = 0; i < FJ_ARRAY_LEN(systems) && system == NULL; i++)
		system = strstr(agent, systems[i][0]) != NULL ? systems[i][1] : NULL;
	if (name != NULL && strncmp(agent, "Mozilla/5.0 (", 13) == 0)
		web_print(b, "%s%s%s", name, system == NULL ? "" : " · ", system == NULL ? "" : system);
	else
		web_print(b, "<bdi>%s</bdi>", agent);
}

static void cell(struct fj_buf *b, const char *label, const char *text)
{
	web_print(b, "<td data-label=\"%s\">", label);
	web_text_times(b, text);
	web_html(b, "</td>");
}

static void browser_cell(struct fj_buf *b, const char *label, const char *agent)
{
	web_print(b, "<td data-label=\"%s\">", label);
	browser(b, agent);
	web_html(b, "</td>");
}

static void head(struct web_req *q, struct fj_buf *b, const char *caption, const char *const *keys, bool act)
{
	web_print(b, "<table class=\"list\"><caption class=\"unseen\">%s</caption><thead><tr>", caption);
	for (; *keys != NULL; keys++)
		web_print(b, "<th scope=\"col\">%s</th>", web_label(q, *keys));
	if (act)
		web_print(b, "<th scope=\"col\"><span class=\"unseen\">%s</span></th>", web_tr(q, "Act"));
	web_html(b, "</tr></thead><tbody>");
}

static void begin(struct web_req *q, struct web_res *r, const char *title, const struct fj_err *err)
{
	portal_account_top(q, &r->body, title);
	whose(q, &r->body);
	portal_tell(q, r, err);
}

static const json_t *item_of(const json_t *answer, const char *id)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(answer, "items"), i, v)
		if (strcmp(fj_json_text(v, "id"), id) == 0)
			return v;
	return NULL;
}

static void ended(struct web_req *q, struct fj_buf *b)
{
	web_print(b, "<p class=\"notice ok\" role=\"status\">%s</p>", web_tr(q, "Ended."));
}

/* to the list again, which says that it has ended when the list says so */
static void back_to(struct web_req *q, struct web_res *r, const char *path, const char *done)
{
	char to[PORTAL_TO];

	snprintf(to, sizeof(to), "%s", path);
	portal_to(to, "done", done);
	portal_to(to, "login", of_another(q) ? web_field(q, "login") : "");
	web_redirect(r, to);
}

/* --- sessions --- */

static void session_row(struct web_req *q, struct fj_buf *b, const json_t *s)
{
	bool this = json_is_true(json_object_get(s, "this"));

	web_html(b, this ? "<tr class=\"this\">" : "<tr>");
	browser_cell(b, web_label(q, "browser"), fj_json_text(s, "browser"));
	cell(b, web_label(q, "begun"), fj_json_text(s, "begun"));
	cell(b, web_label(q, "last_used"), fj_json_text(s, "last_used"));
	cell(b, web_label(q, "ends"), fj_json_text(s, "ends"));
	cell(b, web_label(q, "from_address"), fj_json_text(s, "from_address"));
	cell(b, web_label(q, "factor"), web_word(q, WEB_FACTOR, fj_json_text(s, "factor")));
	web_print(b, "<td data-label=\"%s\">", web_tr(q, "Act"));
	if (this) {
		web_print(b, "<strong>%s</strong>", web_tr(q, "This session"));
	} else {
		web_html(b, "<form method=\"post\" action=\"/account/sessions\">");
		portal_csrf(q, b);
		portal_hidden(b, "id", fj_json_text(s, "id"));
		if (of_another(q))
			portal_hidden(b, "login", web_field(q, "login"));
		web_print(b, "<button class=\"quiet\">%s</button></form>", web_tr(q, "End"));
	}
	web_html(b, "</td></tr>");
}

/* "?done=ID" or "?done=others": it is so */
static bool has_ended(struct web_req *q, const json_t *answer)
{
	const char *done = web_field(q, "done");

	if (strcmp(done, "others") == 0)
		return json_array_size(json_object_get(answer, "items")) <= (of_another(q) ? 0u : 1u);
	return done[0] != '\0' && item_of(answer, done) == NULL;
}

static void sessions_page(struct web_req *q, struct web_res *r, const struct fj_err *err)
{
	static const char *const keys[] = {"browser", "begun", "last_used", "ends", "from_address", "factor", NULL};
	FJ_AUTO(json) params = params_of(q);
	FJ_AUTO(json) answer = NULL;
	struct fj_err why = {0};
	size_t i;
	json_t *s;

	enum fj_rc rc = portal_command(q, "session.list", params, &answer, &why);
	begin(q, r, web_tr(q, "Sessions"), err != NULL ? err : rc != FJ_OK ? &why : NULL);
	if (rc == FJ_OK && err == NULL && has_ended(q, answer))
		ended(q, &r->body);
	web_print(&r->body, "<p class=\"small\">%s</p>", web_tr(q, "A session ends 30 minutes after its last use, and 12 hours after its begin."));
	head(q, &r->body, web_tr(q, "Sessions"), keys, true);
	json_array_foreach(json_object_get(answer, "items"), i, s)
		session_row(q, &r->body, s);
	web_html(&r->body, "</tbody></table><form method=\"post\" action=\"/account/sessions\">");
	portal_csrf(q, &r->body);
	portal_hidden(&r->body, "others", "1");
	if (of_another(q))
		portal_hidden(&r->body, "login", web_field(q, "login"));
	portal_button(q, &r->body, of_another(q) ? web_tr(q, "End all sessions of this user") : web_tr(q, "End all other sessions"), true);
	web_html(&r->body, "</form>");
	web_page_end(&r->body);
}

void portal_get_sessions(struct web_req *q, struct web_res *r)
{
	sessions_page(q, r, NULL);
}

void portal_post_sessions(struct web_req *q, struct web_res *r)
{
	bool others = web_field(q, "others")[0] != '\0';
	FJ_AUTO(json) params = others ? params_of(q) : json_pack("{s:s}", "id", web_field(q, "id"));
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};

	if (portal_command(q, others ? "session.clear" : "session.end", params, &answer, &err) != FJ_OK)
		sessions_page(q, r, &err);
	else
		back_to(q, r, "/account/sessions", others ? "others" : web_field(q, "id"));
}

/* --- API tokens --- */

static const struct {
	const char *end, *all, *of_one; /* of a general scope: its word for everything, and for a noun */
} scope_ends[] = {{":read", WEB_N("Look at everything that I may see"), WEB_N("Look at all of these")}, {":write", WEB_N("Do everything that I may do"), WEB_N("All acts on these")}};

/* an item of a scope in words */
static void scope_word(struct web_req *q, struct fj_buf *b, const char *item)
{
	const struct iss_command_info *c = iss_command_find(item);
	const char *end = strchr(item, ':');

	for (size_t k = 0; end != NULL && k < FJ_ARRAY_LEN(scope_ends); k++)
		if (strcmp(end, scope_ends[k].end) == 0)
			web_text(b, web_tr(q, item[0] == '*' ? scope_ends[k].all : scope_ends[k].of_one));
	if (c != NULL)
		portal_command_word(q, b, c);
	else if (end == NULL)
		web_text(b, item);
}

static void token_row(struct web_req *q, struct fj_buf *b, const json_t *t)
{
	bool live = strcmp(fj_json_text(t, "state"), "ACTIVE") == 0;
	size_t i;
	json_t *v;

	web_print(b, "<tr><td data-label=\"%s\"><bdi>%s</bdi><br><span class=\"mono small\">%s</span></td><td data-label=\"%s\"><ul class=\"plain\">", web_label(q, "name"),
	    fj_json_text(t, "name"), fj_json_text(t, "id"), web_label(q, "scope"));
	json_array_foreach(json_object_get(t, "scope"), i, v) {
		const char *item = json_string_value(v);
		char noun[PORTAL_NOUN];
		snprintf(noun, sizeof(noun), "%.*s", (int)strcspn(item, ":"), item);
		web_html(b, "<li>");
		if (strchr(item, ':') != NULL && item[0] != '*')
			web_print(b, "%s%s", portal_noun_word(q, noun, false), web_either(q, "：", ": "));
		scope_word(q, b, item);
		web_html(b, "</li>");
	}
	web_html(b, "</ul></td>");
	cell(b, web_label(q, "until"), fj_json_text(t, "until"));
	cell(b, web_label(q, "last_used"), fj_json_text(t, "last_used")[0] != '\0' ? fj_json_text(t, "last_used") : web_tr(q, "never"));
	cell(b, web_label(q, "from_address"), fj_json_text(t, "from_address"));
	web_print(b, "<td data-label=\"%s\">", web_label(q, "state"));
	if (live) {
		web_print(b, "<form method=\"post\" action=\"/account/tokens/%s/end\">", fj_json_text(t, "id"));
		portal_csrf(q, b);
		if (of_another(q))
			portal_hidden(b, "login", web_field(q, "login"));
		web_print(b, "<button class=\"quiet\">%s</button></form>", web_tr(q, "End"));
	} else {
		web_text(b, web_word(q, WEB_STATE, fj_json_text(t, "state")));
	}
	web_html(b, "</td></tr>");
}

static bool was_ticked(struct web_req *q, const char *item)
{
	const char *s;
	size_t at = 0;

	while ((s = web_field_next(q, "scope", &at)) != NULL)
		if (strcmp(s, item) == 0)
			return true;
	return false;
}

/* text NULL: by the item's own words */
static void scope_box(struct web_req *q, struct fj_buf *b, const char *item, const char *text, bool filled)
{
	web_print(b, filled && was_ticked(q, item) ? "<li><label class=\"box\"><input type=\"checkbox\" name=\"scope\" value=\"%s\" checked> " : "<li><label class=\"box\"><input type=\"checkbox\" name=\"scope\" value=\"%s\"> ", item);
	if (text != NULL)
		web_text(b, text);
	else
		scope_word(q, b, item);
	web_html(b, "</label></li>");
}

/* what of the noun, whose first command this is, the officer may: reading (one box of many), or acts (a group); false: nothing such */
static bool scope_may(struct web_req *q, const struct iss_command_info *const *all, size_t n, size_t at, bool reads, char noun[PORTAL_NOUN], bool *ticked)
{
	bool may = false;

	portal_noun_in(all[at]->name, noun);
	for (size_t i = 0; i < n; i++) {
		if (!portal_is_noun(all[i]->name, noun))
			continue;
		if (i < at)
			return false;
		bool fits = all[i]->kind != ISS_OWN && (all[i]->kind == ISS_READ) == reads && portal_may(q, all[i]);
		may = may || fits;
		*ticked = *ticked || (fits && was_ticked(q, all[i]->name));
	}
	char item[PORTAL_NOUN + 8];
	snprintf(item, sizeof(item), "%s%s", noun, reads ? ":read" : ":write");
	*ticked = *ticked || was_ticked(q, item);
	return may && portal_noun_of(noun) != NULL;
}

static void group_begin(struct fj_buf *b, const char *title, bool open)
{
	web_print(b, open ? "<details open><summary>%s</summary><ul class=\"plain\">" : "<details><summary>%s</summary><ul class=\"plain\">", title);
}

static void scope_reads(struct web_req *q, struct fj_buf *b, const struct iss_command_info *const *all, size_t n, bool filled)
{
	char noun[PORTAL_NOUN], item[PORTAL_NOUN + 8];
	bool open = false;

	for (size_t i = 0; i < n; i++)
		(void)scope_may(q, all, n, i, true, noun, &open);
	group_begin(b, web_tr(q, "Or look at some subjects only"), filled && open);
	for (size_t i = 0; i < n; i++)
		if (scope_may(q, all, n, i, true, noun, &open)) {
			snprintf(item, sizeof(item), "%s:read", noun);
			scope_box(q, b, item, portal_noun_word(q, noun, false), filled);
		}
	web_html(b, "</ul></details>");
}

static void scope_acts(struct web_req *q, struct fj_buf *b, const struct iss_command_info *const *all, size_t n, size_t at, bool filled)
{
	char noun[PORTAL_NOUN], item[PORTAL_NOUN + 8];
	bool open = false;

	if (!scope_may(q, all, n, at, false, noun, &open))
		return;
	snprintf(item, sizeof(item), "%s:write", noun);
	group_begin(b, portal_noun_word(q, noun, false), filled && open);
	scope_box(q, b, item, NULL, filled);
	for (size_t i = at; i < n; i++)
		if (portal_is_noun(all[i]->name, noun) && all[i]->kind != ISS_READ && all[i]->kind != ISS_OWN && portal_may(q, all[i]))
			scope_box(q, b, all[i]->name, NULL, filled);
	web_html(b, "</ul></details>");
}

static void scope_boxes(struct web_req *q, struct fj_buf *b, bool filled)
{
	size_t n;
	const struct iss_command_info *const *all = iss_commands(&n);

	web_print(b, "<fieldset class=\"part\"><legend>%s</legend><p class=\"hint small\">%s</p><ul class=\"plain\">", web_tr(q, "What it may do"),
	    web_tr(q, "Tick all that it is to do. What decides as a second officer, and what gives or takes somebody's way in, is in no general box: tick it by itself. A token can't manage accounts, and can't act for an officer whose deputy you are."));
	scope_box(q, b, "*:read", NULL, filled);
	scope_box(q, b, "*:write", NULL, filled);
	web_html(b, "</ul>");
	scope_reads(q, b, all, n, filled);
	web_print(b, "<p class=\"small\">%s</p>", web_tr(q, "Or some acts only, by subject:"));
	for (size_t i = 0; i < n; i++)
		scope_acts(q, b, all, n, i, filled);
	web_html(b, "</fieldset>");
}

/* filled: what was typed stays, unless it was made */
static void token_form(struct web_req *q, struct fj_buf *b, bool filled)
{
	web_print(b, "<h2>%s</h2><form class=\"narrow\" method=\"post\" action=\"/account/tokens\">", web_tr(q, "Make a token"));
	portal_keys(q, b);
	portal_plain_input(b, "name", web_tr(q, "What it is for"), "text", "off", 60, filled ? web_field(q, "name") : "");
	scope_boxes(q, b, filled);
	web_print(b, "<label for=\"until\">%s</label><input type=\"date\" id=\"until\" name=\"until\" value=\"%s\"><p class=\"hint small\">%s</p>", web_tr(q, "Last day (optional)"), filled ? web_field(q, "until") : "",
	    web_tr(q, "A year away at most; 90 days where you leave it empty."));
	portal_plain_input(b, "current", web_tr(q, "Present password"), "password", "current-password", 128, "");
	portal_button(q, b, web_tr(q, "Make the token"), false);
	web_html(b, "</form>");
}

static void tokens_page(struct web_req *q, struct web_res *r, const json_t *made, const struct fj_err *err)
{
	static const char *const keys[] = {"name", "scope", "until", "last_used", "from_address", "state", NULL};
	FJ_AUTO(json) params = params_of(q);
	FJ_AUTO(json) answer = NULL;
	struct fj_buf *b = &r->body;
	struct fj_err why = {0};
	size_t i;
	json_t *t;

	enum fj_rc rc = portal_command(q, "apitoken.list", params, &answer, &why);
	begin(q, r, web_tr(q, "API tokens"), err != NULL ? err : rc != FJ_OK ? &why : NULL);
	t = (json_t *)(uintptr_t)item_of(answer, web_field(q, "done"));
	if (t != NULL && strcmp(fj_json_text(t, "state"), "ACTIVE") != 0)
		ended(q, b);
	if (made != NULL)
		web_print(b, "<div class=\"notice ok\" role=\"status\"><p>%s</p><p class=\"mono\">%s</p><p class=\"small\">%s</p></div>", web_tr(q, "The token itself. Keep it secret, like a password. Copy it now: it is not shown again."),
		    fj_json_text(made, "api_token"), web_tr(q, "A program sends it as: Authorization: Bearer TOKEN"));
	if (json_array_size(json_object_get(answer, "items")) > 0) {
		head(q, b, web_tr(q, "API tokens"), keys, false);
		json_array_foreach(json_object_get(answer, "items"), i, t)
			token_row(q, b, t);
		web_html(b, "</tbody></table>");
	} else {
		web_print(b, "<p>%s</p>", web_tr(q, "There are no tokens."));
	}
	if (!of_another(q))
		token_form(q, b, made == NULL);
	web_page_end(b);
}

void portal_get_tokens(struct web_req *q, struct web_res *r)
{
	tokens_page(q, r, NULL, NULL);
}

void portal_post_tokens(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(json) params = NULL;
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};

	enum fj_rc rc = portal_params(q, iss_command_find("apitoken.add"), false, &params, &err);
	if (rc == FJ_OK)
		rc = portal_account_once(q, "apitoken.add", params, &answer, &err);
	tokens_page(q, r, rc == FJ_OK ? answer : NULL, rc == FJ_OK ? NULL : &err);
}

void portal_post_token_end(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "id", web_param(q, "id"));
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};

	if (portal_command(q, "apitoken.end", params, &answer, &err) != FJ_OK)
		tokens_page(q, r, NULL, &err);
	else
		back_to(q, r, "/account/tokens", web_param(q, "id"));
}

/* --- tries to sign in --- */

static void signin_row(struct web_req *q, struct fj_buf *b, const json_t *s)
{
	int64_t times = fj_json_num(s, "times");

	web_html(b, "<tr>");
	cell(b, web_label(q, "at"), fj_json_text(s, "last_at"));
	web_print(b, "<td data-label=\"%s\">%s", web_label(q, "happened"), web_word(q, WEB_SIGNIN, fj_json_text(s, "happened")));
	if (times > 1)
		web_print(b, " ×%lld", (long long)times);
	if (fj_json_text(s, "done_by")[0] != '\0')
		web_print(b, " <span class=\"small mono\">%s</span>", fj_json_text(s, "done_by"));
	web_html(b, "</td>");
	cell(b, web_label(q, "factor"), web_word(q, WEB_FACTOR, fj_json_text(s, "factor")));
	cell(b, web_label(q, "door"), web_word(q, WEB_DOOR, fj_json_text(s, "door")));
	cell(b, web_label(q, "from_address"), fj_json_text(s, "from_address"));
	browser_cell(b, web_label(q, "browser"), fj_json_text(s, "browser"));
	web_html(b, "</tr>");
}

static void older(struct web_req *q, struct fj_buf *b, const json_t *answer)
{
	if (json_object_get(answer, "before") == NULL)
		return;
	web_html(b, "<p class=\"pager\">");
	if (of_another(q))
		web_print(b, "<a href=\"/account/signins?login=%s&amp;before=%lld\">%s</a>", web_field(q, "login"), (long long)fj_json_num(answer, "before"), web_tr(q, "Earlier ones"));
	else
		web_print(b, "<a href=\"/account/signins?before=%lld\">%s</a>", (long long)fj_json_num(answer, "before"), web_tr(q, "Earlier ones"));
	web_html(b, "</p>");
}

void portal_get_signins(struct web_req *q, struct web_res *r)
{
	static const char *const keys[] = {"at", "happened", "factor", "door", "from_address", "browser", NULL};
	const struct iss_command_info *c = iss_command_find("signin.list");
	FJ_AUTO(json) params = NULL;
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};
	size_t i;
	json_t *s;

	enum fj_rc rc = portal_params(q, c, false, &params, &err);
	if (rc == FJ_OK)
		rc = portal_command(q, c->name, params, &answer, &err);
	begin(q, r, web_tr(q, "Sign-ins"), rc == FJ_OK ? NULL : &err);
	web_print(&r->body, "<p class=\"small\">%s</p>", web_tr(q, "What you did not do yourself, tell your officers; then change your password and end the other sessions."));
	head(q, &r->body, web_tr(q, "Sign-ins"), keys, false);
	json_array_foreach(json_object_get(answer, "items"), i, s)
		signin_row(q, &r->body, s);
	web_html(&r->body, "</tbody></table>");
	older(q, &r->body, answer);
	web_page_end(&r->body);
}
