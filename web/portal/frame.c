/*
 * frame.c - what every page of the portal has: head, navigation, language, who is
 * signed in, and how a refusal reads.
 */
#include "web/portal/internal.h"

struct portal *portal_of(const struct web_req *q)
{
	return web_app(q);
}

const struct iss_session *portal_session(const struct web_req *q)
{
	const struct portal_person *who = web_session(q);

	return who == NULL ? NULL : &who->session;
}

const struct iss_actor *portal_actor(const struct web_req *q)
{
	return &portal_session(q)->actor;
}

bool portal_may(const struct web_req *q, const struct iss_command_info *c)
{
	return iss_command_allowed(c, c->kind == ISS_READ ? portal_actor(q)->roles : portal_session(q)->today.roles);
}

static void nav_link(struct web_req *q, struct fj_buf *b, const char *to, const char *text)
{
	size_t n = strcspn(to, "?");
	bool index = strcmp(to, "/list") == 0; /* the lists below it have places of their own */
	bool here = (strncmp(web_path(q), to, n) == 0 && (web_path(q)[n] == '\0' || (web_path(q)[n] == '/' && !index))) ||
	    (strncmp(web_path(q), "/show/", 6) == 0 && strncmp(to, "/list/", 6) == 0 && strncmp(web_path(q) + 6, to + 6, n - 6) == 0);

	web_html(b, "<a href=\"");
	web_text(b, to);
	web_html(b, here ? "\" aria-current=\"page\">" : "\">");
	web_text(b, text);
	web_html(b, "</a>");
}

/* the lists that an officer works in: of nouns that he may change; all of them for who only reads */
static bool works_in(struct web_req *q, const char *noun)
{
	size_t n;
	const struct iss_command_info *const *all = iss_commands(&n);
	char many[64];

	snprintf(many, sizeof(many), "%.60ss", noun);
	for (size_t i = 0; i < n; i++)
		if (all[i]->kind != ISS_READ && portal_may(q, all[i]) &&
		    (portal_is_noun(all[i]->name, noun) || portal_field_of(all[i], noun) != NULL || portal_field_of(all[i], many) != NULL))
			return true;
	return (portal_actor(q)->roles & (ISS_AUDITOR | ISS_MOF)) != 0;
}

void portal_own_list(struct web_req *q, const char *noun, char to[PORTAL_TO])
{
	const char *filter = iss_own_filter(portal_actor(q), noun);
	const struct iss_command_info *list = portal_find(noun, "list");

	snprintf(to, PORTAL_TO, "/list/%.30s", noun);
	if (filter != NULL && list != NULL && portal_field_of(list, filter) != NULL)
		portal_to(to, filter, portal_actor(q)->org);
}

static void officer_links(struct web_req *q, struct fj_buf *b)
{
	static const char *const nouns[] = {"ledger", "asset", "registration", "certificate", "authorisation", "token"};
	char to[PORTAL_TO];

	nav_link(q, b, "/", web_tr(q, "Home"));
	nav_link(q, b, "/inbox", web_tr(q, "Inbox"));
	nav_link(q, b, "/do", web_tr(q, "Act"));
	for (size_t i = 0; i < FJ_ARRAY_LEN(nouns); i++) {
		if (!works_in(q, nouns[i]) || portal_noun_of(nouns[i]) == NULL)
			continue;
		portal_own_list(q, nouns[i], to);
		nav_link(q, b, to, portal_noun_word(q, nouns[i], false));
	}
	nav_link(q, b, "/list", web_tr(q, "Lists"));
}

static void navigation(struct web_req *q, struct fj_buf *b)
{
	bool officer = web_session(q) != NULL;

	web_print(b, "<nav class=\"main\" aria-label=\"%s\"><div>", web_tr(q, "Main menu"));
	if (officer)
		officer_links(q, b);
	else
		nav_link(q, b, "/", web_tr(q, "Home"));
	nav_link(q, b, "/verify", web_tr(q, "Verify"));
	nav_link(q, b, "/notices", web_tr(q, "Public notices"));
	nav_link(q, b, "/disclosure", web_tr(q, "Disclosure"));
	nav_link(q, b, "/help", web_tr(q, "Help"));
	if (!officer)
		nav_link(q, b, "/login", web_tr(q, "Sign in"));
	web_html(b, "</div></nav></header>");
}

/* An answer to a form has no address of its own: the language then leads to the page the form is on, whose address begins
 * as that of the answer; what comes of a selection, and what is no page, leads to the inbox.  Only names and numbers are
 * taken over, not whatever was asked for. */
static void form_page(struct web_req *q, char out[PORTAL_ADDRESS])
{
	static const struct {
		const char *under;
		int parts; /* of the form's page */
	} pages[] = {{"/login", 1}, {"/enrol", 1}, {"/verify", 1}, {"/objections", 1}, {"/notices/", 2}, {"/account/", 2}, {"/do/", 3}, {"/wizard/", 3}, {"/approvals/AP-", 2}};
	const char *path = strcmp(web_path(q), "/account/confirm") == 0 ? "/account/factor" : web_path(q);
	size_t plain = strspn(path, "/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");

	snprintf(out, PORTAL_ADDRESS, "%s", web_session(q) != NULL ? "/inbox" : "/");
	for (size_t i = 0; i < FJ_ARRAY_LEN(pages); i++) {
		const char *end = path;
		if (strncmp(path, pages[i].under, strlen(pages[i].under)) != 0)
			continue;
		for (int k = 0; k < pages[i].parts && *end == '/'; k++)
			end += 1 + strcspn(end + 1, "/");
		if ((size_t)(end - path) <= plain && end - path < PORTAL_ADDRESS)
			snprintf(out, PORTAL_ADDRESS, "%.*s", (int)(end - path), path);
	}
}

static void language_links(struct web_req *q, struct fj_buf *b)
{
	char to[PORTAL_ADDRESS] = "";
	bool en = web_lang(q)[0] == 'e';

	if (web_is_post(q))
		form_page(q, to);
	web_print(b, "<span class=\"lang\"><a lang=\"zh-CN\" hreflang=\"zh-CN\" href=\"%s?lang=zh\"", to);
	web_html(b, en ? ">中文</a> " : " aria-current=\"true\">中文</a> ");
	web_print(b, "<a lang=\"en\" hreflang=\"en\" href=\"%s?lang=en\"", to);
	web_html(b, en ? " aria-current=\"true\">English</a></span>" : ">English</a></span>");
}

static void who(struct web_req *q, struct fj_buf *b)
{
	const struct iss_session *s = web_session(q);

	if (s == NULL)
		return;
	web_print(b, "<form method=\"post\" action=\"/logout\"><a href=\"/account\"><bdi>%s</bdi></a> ", s->actor.name);
	portal_csrf(q, b);
	web_print(b, "<button class=\"quiet\">%s</button></form>", web_tr(q, "Sign out"));
}

/* what is looked for most; the public's stands in the menu too, and here only where that is folded, on a narrow screen */
static void seek(struct web_req *q, struct fj_buf *b)
{
	const struct iss_command_info *c = portal_find("find", "search");
	bool finds = web_session(q) != NULL && c != NULL && portal_may(q, c);

	web_print(b, finds ? "<a class=\"seek\" href=\"%s\">%s</a>" : "<a class=\"seek folded\" href=\"%s\">%s</a>", finds ? "/do/find/search" : "/verify", finds ? web_tr(q, "Search") : web_tr(q, "Verify"));
}

void portal_top(struct web_req *q, struct fj_buf *b, const char *title)
{
	web_page_begin(q, b, title);
	web_print(b, "<a class=\"skip\" href=\"#main\">%s</a><header><details class=\"drawer\"><summary>%s</summary></details><div><a class=\"brand\" href=\"/\">符节 Fujie <span>%s</span></a>",
	    web_tr(q, "Skip to content"), web_tr(q, "Menu"), web_tr(q, "Data asset certificates"));
	seek(q, b);
	web_html(b, "<div class=\"me\">");
	language_links(q, b);
	who(q, b);
	web_html(b, "</div></div>");
	navigation(q, b);
	if (portal_of(q)->demo)
		web_print(b, "<div class=\"demo\">%s</div>", web_tr(q, "DEMO: the data is invented, the TPM is software, its keys must not be trusted."));
	web_print(b, "<main id=\"main\"><h1>%s</h1>", title);
}

void portal_hidden(struct fj_buf *b, const char *name, const char *value)
{
	web_html(b, "<input type=\"hidden\" name=\"");
	web_text(b, name);
	web_html(b, "\" value=\"");
	web_text(b, value);
	web_html(b, "\">");
}

void portal_csrf(struct web_req *q, struct fj_buf *b)
{
	portal_hidden(b, "csrf", web_csrf(q));
}

void portal_keys(struct web_req *q, struct fj_buf *b)
{
	char key[ONCE_KEY];

	once_key(key);
	portal_csrf(q, b);
	portal_hidden(b, "once", key);
}

/* --- refusals and answers --- */

void portal_capital(struct fj_buf *b, const char *text)
{
	char first[2] = {text[0], '\0'};

	if (text[0] >= 'a' && text[0] <= 'z') {
		first[0] = (char)(text[0] - 'a' + 'A');
		web_text(b, first);
		text++;
	}
	web_text_times(b, text);
}

/* reasons are written without capital and full stop: a page shows a sentence */
static void sentence(struct web_req *q, struct fj_buf *b, const struct fj_err *err)
{
	bool en = web_lang(q)[0] == 'e' || err->zh[0] == '\0';
	const char *text = en ? err->en : err->zh;

	char words[PORTAL_SENTENCE];

	portal_wording(q, text, words);
	portal_capital(b, words);
	if (text[0] != '\0' && strchr(".?!", text[strlen(text) - 1]) == NULL)
		web_html(b, en ? "." : "。");
}

void portal_rule(struct web_req *q, struct fj_buf *b, const char *cite)
{
	if (strstr(cite, ".md") == NULL && (cite[0] != 'R' || web_lang(q)[0] == 'e')) /* our own texts, and R.. in Chinese, say it */
		web_say(q, b, "Rule ");
	web_clause(q, b, cite);
}

void portal_basis(struct web_req *q, struct fj_buf *b, const char *basis, const char *clause)
{
	web_print(b, "%s ", web_word(q, WEB_BASIS, basis));
	web_clause(q, b, clause);
}

void portal_error(struct web_req *q, struct fj_buf *b, const struct fj_err *err)
{
	web_html(b, "<div class=\"error\" role=\"alert\"><p>");
	sentence(q, b, err);
	web_html(b, "</p>");
	const char *request = err->rc == FJ_E_EXISTS && web_session(q) != NULL ? strstr(err->en, "AP-") : NULL;
	if (request != NULL) { /* which waits */
		char id[16]; /* AP- and twelve */
		snprintf(id, sizeof(id), "%.15s", request);
		web_print(b, "<p><a href=\"/approvals/%s\">%s</a></p>", id, web_tr(q, "Open the request"));
	}
	if (err->cite[0] != '\0' && strncmp(err->cite, "RFC ", 4) != 0) { /* a protocol's says nothing to people */
		web_html(b, "<p class=\"small\">");
		portal_rule(q, b, err->cite);
		if (err->clause[0] != '\0') {
			web_say(q, b, ", ");
			portal_basis(q, b, err->basis, err->clause);
		}
		web_html(b, "</p>");
	}
	portal_advice(q, b, err);
	web_html(b, "</div>");
}

void portal_tell(struct web_req *q, struct web_res *r, const struct fj_err *err)
{
	if (err == NULL)
		return;
	r->status = fj_rc_http(err->rc);
	portal_error(q, &r->body, err);
}

bool portal_let(struct web_req *q, struct web_res *r, const struct iss_command_info *c)
{
	FJ_AUTO(json) none = json_object();
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};

	if (portal_may(q, c))
		return true;
	if (portal_command(q, c->name, none, &answer, &err) == FJ_OK) /* an officer's roles have changed just now */
		portal_no_such(q, r);
	else
		web_fail(q, r, &err);
	return false;
}

enum fj_rc portal_own_form(const struct web_req *q, struct fj_err *err)
{
	return !web_is_foreign(q) ? FJ_OK
	    : fj_refuse(err, FJ_E_FORBIDDEN, "portal", NULL, "this form was sent by a page of another site; fill it in here", "该表单由其他网站的页面提交，请在此处填写");
}

void portal_error_page(struct web_req *q, struct web_res *r, const struct fj_err *err)
{
	struct fj_buf *b = &r->body;
	if (err->rc == FJ_E_NOTFOUND)
		portal_top(q, b, web_tr(q, "Not found"));
	else
		portal_top(q, b, web_tr(q, "This was not done"));
	portal_error(q, b, err);
	web_print(b, "<p class=\"links\"><a href=\"/\">%s</a>", web_tr(q, "First page"));
	if (web_session(q) != NULL)
		web_print(b, "<a href=\"/inbox\">%s</a>", web_tr(q, "Back to the inbox"));
	else
		web_print(b, "<a href=\"/verify\">%s</a><a href=\"/login\">%s</a>", web_tr(q, "To the public verification"), web_tr(q, "Sign in"));
	web_html(b, "</p>");
	web_page_end(b);
}

void portal_done_words(struct web_req *q, struct fj_buf *b, const char *word)
{
	static const char *const words[][2] = {
		{"approved", WEB_N("Approved and carried out.")}, {"rejected", WEB_N("Rejected.")},
		{"signed", WEB_N("Signed. The decision itself is still to be made.")}, {"passed", WEB_N("Approved; the next level decides.")}, {"refused-once", WEB_N("Your no is on record; it lifts what was stopped only with a second officer's.")},
		{"waiting", WEB_N("Requested: another officer has to approve.")},
		{"suspended", WEB_N("Suspended at once; final when another officer approves.")},
		{"done", WEB_N("Done, in force at once.")}, {"asked", WEB_N("Your application is handed in.")},
		{"held", WEB_N("Entered and held. Two officers of the finance department clear it with evidence, or refuse it; until then nothing is shared or remitted. Don't enter it again.")},
		{"short", WEB_N("The payment is recorded. It is less than is due: the rest stays due.")},
		{"unpublished", WEB_N("Done; the status isn't published yet, the appliance tries again by itself.")}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(words); i++) {
		if (strcmp(word, words[i][0]) != 0)
			continue;
		web_html(b, "<p class=\"notice ok\" role=\"status\">");
		web_text(b, web_tr(q, words[i][1]));
		web_html(b, "</p>");
	}
}

bool portal_decider(struct web_req *q, const json_t *waiting_for, char name[PORTAL_NAME])
{
	const char *org = fj_json_text(waiting_for, "org");

	return org[0] != '\0' && strcmp(org, portal_actor(q)->org) != 0 && portal_org_name(q, org, name);
}

bool portal_ends_by(struct web_req *q, struct fj_buf *b, const json_t *waiting_for)
{
	char office[PORTAL_NAME];

	if (!portal_decider(q, waiting_for, office))
		return false;
	web_html(b, "<p class=\"notice ok\" role=\"status\">");
	web_say(q, b, "Suspended at once; final when %s has confirmed it.", office);
	web_html(b, "</p>");
	return true;
}

void portal_done(struct web_req *q, struct fj_buf *b)
{
	portal_done_words(q, b, web_field(q, "done"));
}

const char *portal_done_word(const char *command, const json_t *answer)
{
	if (fj_json_peek(answer, "approval") != NULL)
		return portal_stops_something(command) ? "suspended" : "waiting";
	return json_is_false(json_object_get(answer, "published")) ? "unpublished" : "done";
}

void portal_to(char to[PORTAL_TO], const char *name, const char *value)
{
	FJ_AUTO(buf) v = FJ_BUF_INIT(4 * PORTAL_TO); /* what is cut there is too long anyway */
	size_t n = strlen(to);

	web_url(&v, value);
	if (v.len > 0 && n + strlen(name) + v.len + 3 < PORTAL_TO)
		snprintf(to + n, PORTAL_TO - n, "%c%s=%s", strchr(to, '?') == NULL ? '?' : '&', name, fj_buf_str(&v));
}

void portal_no_such(struct web_req *q, struct web_res *r)
{
	struct fj_err err = {0};

	fj_fail(&err, FJ_E_NOTFOUND, "portal", NULL, "there is nothing at this address; take a list from the menu");
	fj_err_zh(&err, "该地址不存在，请从菜单选择列表");
	web_fail(q, r, &err);
}

enum fj_rc portal_command(struct web_req *q, const char *name, const json_t *params, json_t **out, struct fj_err *err)
{
	struct portal_person *who = web_session(q);
	struct iss_actor actor = who->session.actor;
	const struct iss_command_info *c = iss_command_find(name);

	actor.via = "portal";
	if (c == NULL || c->kind != ISS_READ)
		json_object_clear(who->known);
	return iss_command(portal_of(q)->i, &actor, name, params, out, err);
}
