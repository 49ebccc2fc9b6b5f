/*
 * account.c - my account: what there is, and the password.
 *
 * The pages below /account do what the commands of the own account do, with the few
 * words that a form of the command's fields has no room for, and they alone do it.
 * Secrets are shown once, in the answer to the form that asked for them, and never from
 * an address; a form that makes some carries its own key, so that loading the answer
 * again makes no others.
 */
#include "web/portal/internal.h"

static const struct {
	const char *to, *text;
} links[] = {
	{"/account", WEB_N("Overview")}, {"/account/password", WEB_N("Password")}, {"/account/factor", WEB_N("Telephone")}, {"/account/recovery", WEB_N("Recovery codes")},
	{"/account/sessions", WEB_N("Sessions")}, {"/account/keys", WEB_N("Keys")}, {"/account/tokens", WEB_N("API tokens")}, {"/account/signins", WEB_N("Sign-ins")},
};

void portal_account_top(struct web_req *q, struct fj_buf *b, const char *title)
{
	portal_top(q, b, title);
	web_print(b, "<nav class=\"tabs\" aria-label=\"%s\">", web_tr(q, "My account"));
	for (size_t i = 0; i < FJ_ARRAY_LEN(links); i++) {
		web_print(b, "<a href=\"%s\"", links[i].to);
		if (strcmp(web_path(q), links[i].to) == 0)
			web_html(b, " aria-current=\"page\"");
		web_print(b, ">%s</a> ", web_tr(q, links[i].text));
	}
	web_html(b, "</nav>");
	if (fj_clock_offset() == 0)
		return;
	char real[FJ_TIME_CAP], now[FJ_TIME_CAP];
	fj_time_china(fj_real_ms() / 1000, real);
	fj_time_china(fj_now(), now);
	web_html(b, "<p class=\"small\">");
	web_say(q, b, "Times on these pages are the machine's, where it is %s now. The demo's clock is at %s.", real, now);
	web_html(b, "</p>");
}

void portal_plain_input(struct fj_buf *b, const char *name, const char *label, const char *type, const char *complete, size_t max, const char *value)
{
	web_print(b, "<label for=\"%s\">%s</label><input type=\"%s\" id=\"%s\" name=\"%s\" autocomplete=\"%s\" autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"%zu\" required value=\"%s\">",
	    name, label, type, name, name, complete, max, value);
}

void portal_button(struct web_req *q, struct fj_buf *b, const char *text, bool danger)
{
	(void)q;
	web_html(b, danger ? "<p><button class=\"danger\">" : "<p><button>");
	web_text(b, text);
	web_html(b, "</button></p>");
}

enum fj_rc portal_account_command(struct web_req *q, const char *command, const char *const *names, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) params = json_object();

	for (; *names != NULL; names++)
		if (web_field(q, *names)[0] != '\0' && json_object_set_new(params, *names, json_string(web_field(q, *names))) != 0)
			return portal_no_memory(err);
	return portal_command(q, command, params, out, err);
}

const char *portal_own_page(const struct iss_command_info *c)
{
	static const char *const pages[][2] = {{"account.password", "/account/password"}, {"account.factor", "/account/factor"}, {"account.confirm", "/account/factor"}, {"account.recovery", "/account/recovery"},
		{"session.end", "/account/sessions"}, {"session.clear", "/account/sessions"}, {"apitoken.add", "/account/tokens"}, {"apitoken.end", "/account/tokens"}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(pages) && c->kind == ISS_OWN; i++)
		if (strcmp(c->name, pages[i][0]) == 0)
			return pages[i][1];
	return c->kind == ISS_OWN ? "/account" : NULL;
}

enum fj_rc portal_account_once(struct web_req *q, const char *command, const json_t *params, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) nothing = json_object(); /* is kept of the answer */
	const char *key;
	struct once o;

	FJ_TRY(once_sent(q, &key, err));
	once_begin(web_csrf(q), key, command, "", &o);
	json_decref(o.answer);
	if (o.state == ONCE_REFUSED)
		*err = o.err;
	if (o.state != ONCE_NEW)
		return o.state == ONCE_REFUSED ? o.err.rc : fj_refuse(err, FJ_E_EXISTS, "portal", NULL, "this form was sent already, and what it made is shown in the answer to that alone; if you did not see it, make a new one in its place",
		    "该表单已提交，其生成的内容仅在当次结果中显示；如未看到，请重新生成");
	enum fj_rc rc = portal_command(q, command, params, out, err);
	once_end(web_csrf(q), key, nothing, rc == FJ_OK ? NULL : err);
	return rc;
}

/* --- overview --- */

static void row(struct fj_buf *b, const char *label, const char *text)
{
	web_print(b, "<div><dt>%s</dt><dd>", label);
	web_text_times(b, text);
	web_html(b, "</dd></div>");
}

static void count_row(struct fj_buf *b, const char *label, const json_t *n, const char *to, const char *more)
{
	web_print(b, "<div><dt>%s</dt><dd>%lld <a href=\"%s\">%s</a></dd></div>", label, (long long)json_integer_value(n), to, more);
}

static void keys(struct web_req *q, struct fj_buf *b, const json_t *list)
{
	size_t i;
	json_t *k;

	if (json_array_size(list) == 0) {
		row(b, web_label(q, "keys"), web_tr(q, "None is bound. Ask your office: one officer binds it, a second approves."));
		return;
	}
	json_array_foreach(list, i, k) {
		web_print(b, "<div><dt>%s</dt><dd><bdi>%s</bdi> <span class=\"small\">", web_label(q, "keys"), fj_json_text(k, "label"));
		if (fj_json_text(k, "until")[0] != '\0') {
			web_say(q, b, "certificate until ");
			web_text_times(b, fj_json_text(k, "until"));
		}
		web_print(b, "</span><details><summary>%s</summary><span class=\"mono\">%s</span></details></dd></div>", web_tr(q, "Key's fingerprint (SHA-256)"), fj_json_text(k, "spki_sha256"));
	}
}

static void done_note(struct web_req *q, struct fj_buf *b)
{
	static const char *const said[][2] = {
		{"password", WEB_N("Your password is changed. Your other sessions have ended; API tokens go on: end those that you don't need.")},
		{"factor", WEB_N("Your new telephone is in use. Your other sessions have ended.")},
		{"sessions", WEB_N("Ended.")},
	};

	for (size_t i = 0; i < FJ_ARRAY_LEN(said); i++)
		if (strcmp(web_field(q, "done"), said[i][0]) == 0)
			web_print(b, "<p class=\"notice ok\" role=\"status\">%s</p>", web_tr(q, said[i][1]));
}

static void overview(struct web_req *q, struct fj_buf *b, const json_t *a)
{
	int64_t left = fj_json_num(a, "recovery_left");

	web_html(b, "<dl>");
	web_print(b, "<div><dt>%s</dt><dd><bdi>%s</bdi> <span class=\"mono\">%s</span></dd></div>", web_label(q, "name"), fj_json_text(a, "name"), fj_json_text(a, "login"));
	web_print(b, "<div><dt>%s</dt><dd>", web_label(q, "org"));
	web_value(q, b, "org", json_object_get(a, "org"), portal_links);
	web_html(b, "</dd></div>");
	row(b, web_tr(q, "Last sign-in before this"), fj_json_text(a, "last_in")[0] != '\0' ? fj_json_text(a, "last_in") : web_tr(q, "none: this is the first"));
	if (fj_json_text(a, "last_address")[0] != '\0')
		row(b, web_label(q, "last_address"), fj_json_text(a, "last_address"));
	row(b, web_label(q, "password_set"), fj_json_text(a, "password_set"));
	row(b, web_tr(q, "Telephone"), json_is_true(json_object_get(a, "telephone")) ? web_tr(q, "Set up") : web_tr(q, "Not set up"));
	keys(q, b, json_object_get(a, "keys"));
	web_print(b, "<div><dt>%s</dt><dd>%lld ", web_tr(q, "Recovery codes left"), (long long)left);
	web_print(b, "<a href=\"/account/recovery\">%s</a>", left < 3 ? web_tr(q, "Make new ones") : web_tr(q, "See"));
	web_html(b, "</dd></div>");
	count_row(b, web_tr(q, "Sessions"), json_object_get(a, "sessions"), "/account/sessions", web_tr(q, "See"));
	count_row(b, web_tr(q, "API tokens"), json_object_get(a, "api_tokens"), "/account/tokens", web_tr(q, "See"));
	web_html(b, "</dl>");
}

void portal_get_account(struct web_req *q, struct web_res *r)
{
	static const char *const none[] = {NULL};
	FJ_AUTO(json) a = NULL;
	struct fj_err err = {0};

	portal_account_top(q, &r->body, web_tr(q, "My account"));
	done_note(q, &r->body);
	if (portal_account_command(q, "account.show", none, &a, &err) == FJ_OK)
		overview(q, &r->body, a);
	else
		portal_error(q, &r->body, &err);
	web_page_end(&r->body);
}

/* --- password --- */

static void password_page(struct web_req *q, struct web_res *r, const struct fj_err *err)
{
	struct fj_buf *b = &r->body;

	if (portal_actor(q)->held)
		portal_top(q, b, web_tr(q, "Change your password first"));
	else
		portal_account_top(q, b, web_tr(q, "Change my password"));
	if (portal_actor(q)->held)
		web_print(b, "<p class=\"notice\">%s</p>", web_tr(q, "Your password has leaked somewhere, or your officers ask for a new one. Nothing else can be done before it is changed."));
	portal_tell(q, r, err);
	web_html(b, "<form class=\"narrow\" method=\"post\" action=\"/account/password\">");
	portal_csrf(q, b);
	portal_plain_input(b, "current", web_tr(q, "Present password"), "password", "current-password", 128, "");
	portal_plain_input(b, "password", web_tr(q, "New password"), "password", "new-password", 128, "");
	portal_plain_input(b, "again", web_tr(q, "New password, once more"), "password", "new-password", 128, "");
	web_print(b, "<p class=\"hint small\">%s</p>", web_tr(q, "At least 12 characters. Several words that don't belong together are easy to keep in mind and hard to guess; no capitals or signs are demanded, and no password ends by its age."));
	portal_button(q, b, web_tr(q, "Change the password"), false);
	web_html(b, "</form>");
	web_page_end(b);
}

void portal_get_password(struct web_req *q, struct web_res *r)
{
	password_page(q, r, NULL);
}

void portal_post_password(struct web_req *q, struct web_res *r)
{
	static const char *const names[] = {"current", "password", NULL};
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};
	enum fj_rc rc = FJ_OK;

	if (strcmp(web_field(q, "password"), web_field(q, "again")) != 0)
		rc = fj_refuse(&err, FJ_E_INVALID, "portal", NULL, "the new password was typed in two ways; type it again", "两次输入的新密码不一致，请重新输入");
	if (rc == FJ_OK)
		rc = portal_account_command(q, "account.password", names, &answer, &err);
	if (rc != FJ_OK)
		password_page(q, r, &err);
	else
		web_redirect(r, "/account?done=password");
}
