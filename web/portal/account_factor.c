/*
 * account_factor.c - the second factor on pages: a new telephone, recovery codes, and
 * enrolment with a one-time code.
 *
 * The telephone's secret is shown as a QR code drawn by the server and as text, in
 * the answer to the form; it counts once a code of it was typed in.
 */
#include <qrencode.h>

#include "web/portal/internal.h"

/* --- the secret as people take it --- */

/* dark squares, a run at a time, on a light ground in any theme */
static void qr(struct web_req *q, struct fj_buf *b, const char *text)
{
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);

	if (code == NULL)
		return; /* the text below says the same */
	int w = code->width;
	web_print(b, "<svg class=\"qr\" role=\"img\" aria-label=\"%s\" viewBox=\"-3 -3 %d %d\" width=\"240\" height=\"240\" shape-rendering=\"crispEdges\"><rect x=\"-3\" y=\"-3\" width=\"%d\" height=\"%d\" fill=\"#fff\"/><path fill=\"#000\" d=\"",
	    web_tr(q, "QR code for the telephone's authenticator"), w + 6, w + 6, w + 6, w + 6);
	for (int y = 0; y < w; y++)
		for (int x = 0, n = 0; x < w; x += n > 0 ? n : 1) {
			for (n = 0; x + n < w && (code->data[y * w + x + n] & 1); n++)
				continue;
			if (n > 0)
				web_print(b, "M%d %dh%dv1h-%dz", x, y, n, n);
		}
	web_html(b, "\"/></svg>");
	QRcode_free(code);
}

/* "JBSW Y3DP ...": of "otpauth://totp/...?secret=JBSWY3DP...&" */
static void secret_text(struct web_req *q, struct fj_buf *b, const char *uri)
{
	const char *s = strstr(uri, "secret=");
	size_t n = s == NULL ? 0 : strcspn(s + 7, "&");

	web_print(b, "<p>%s</p><p class=\"mono\">", web_tr(q, "Or type this key into it (time-based, 6 digits, 30 seconds):"));
	for (size_t i = 0; i < n; i += 4) {
		char four[6];
		snprintf(four, sizeof(four), "%.*s ", (int)(n - i < 4 ? n - i : 4), s + 7 + i);
		web_text(b, four);
	}
	web_html(b, "</p>");
}

static void telephone(struct web_req *q, struct fj_buf *b, const char *uri)
{
	web_print(b, "<p>%s</p>", web_tr(q, "Scan this with the telephone's authenticator. It is shown only now."));
	qr(q, b, uri);
	secret_text(q, b, uri);
}

static void code_list(struct web_req *q, struct fj_buf *b, const json_t *list)
{
	size_t i;
	json_t *v;

	web_print(b, "<p>%s</p><ul class=\"codes mono\">", web_tr(q, "Each of these codes stands once in place of the second factor. Print this page and keep it locked away; the codes are shown only now."));
	json_array_foreach(list, i, v)
		web_print(b, "<li>%s</li>", json_string_value(v));
	web_html(b, "</ul>");
}

/* --- a new telephone --- */

static void factor_page(struct web_req *q, struct web_res *r, const struct fj_err *err)
{
	struct fj_buf *b = &r->body;
	const char *factor = portal_actor(q)->factor;

	portal_account_top(q, b, web_tr(q, "Change my telephone"));
	portal_tell(q, r, err);
	web_print(b, "<p>%s</p><form class=\"narrow\" method=\"post\" action=\"/account/factor\">", web_tr(q, "The telephone that you have stays in use until the new one has shown a code."));
	portal_csrf(q, b);
	portal_plain_input(b, "current", web_tr(q, "Present password"), "password", "current-password", 128, "");
	if (factor != NULL && strcmp(factor, "totp") == 0)
		portal_plain_input(b, "code", web_tr(q, "One-time code of the present telephone, or a recovery code"), "text", "one-time-code", 20, "");
	portal_button(q, b, web_tr(q, "Go on"), false);
	web_html(b, "</form>");
	web_page_end(b);
}

void portal_get_factor(struct web_req *q, struct web_res *r)
{
	factor_page(q, r, NULL);
}

static void confirm_form(struct web_req *q, struct fj_buf *b)
{
	web_html(b, "<form class=\"narrow\" method=\"post\" action=\"/account/confirm\">");
	portal_csrf(q, b);
	portal_plain_input(b, "code", web_tr(q, "Code that the new telephone shows"), "text", "one-time-code", 6, "");
	portal_button(q, b, web_tr(q, "Confirm"), false);
	web_html(b, "</form>");
}

void portal_post_factor(struct web_req *q, struct web_res *r)
{
	static const char *const names[] = {"current", "code", NULL};
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};

	if (portal_account_command(q, "account.factor", names, &answer, &err) != FJ_OK) {
		factor_page(q, r, &err);
		return;
	}
	portal_account_top(q, &r->body, web_tr(q, "Confirm the new telephone"));
	telephone(q, &r->body, fj_json_text(answer, "totp"));
	confirm_form(q, &r->body);
	web_page_end(&r->body);
}

void portal_post_confirm(struct web_req *q, struct web_res *r)
{
	static const char *const names[] = {"code", NULL};
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};

	if (portal_account_command(q, "account.confirm", names, &answer, &err) == FJ_OK) {
		web_redirect(r, "/account?done=factor");
		return;
	}
	portal_account_top(q, &r->body, web_tr(q, "Confirm the new telephone"));
	portal_tell(q, r, &err);
	confirm_form(q, &r->body);
	web_print(&r->body, "<p><a href=\"/account/factor\">%s</a></p>", web_tr(q, "Begin again"));
	web_page_end(&r->body);
}

/* --- recovery codes --- */

static void recovery_page(struct web_req *q, struct web_res *r, const struct fj_err *err)
{
	static const char *const none[] = {NULL};
	FJ_AUTO(json) a = NULL;
	struct fj_buf *b = &r->body;
	struct fj_err why = {0};

	portal_account_top(q, b, web_tr(q, "Recovery codes"));
	if (web_field(q, "used")[0] != '\0')
		web_print(b, "<p class=\"notice\" role=\"status\">%s</p>", web_tr(q, "You signed in with a recovery code; it is used up. If the telephone or USB key (UKey) is lost, set up another one now and tell your officers."));
	portal_tell(q, r, err);
	if (portal_account_command(q, "account.show", none, &a, &why) == FJ_OK) {
		web_html(b, "<p>");
		web_say(q, b, "Codes left: %lld. New codes take the place of all that you have.", (long long)fj_json_num(a, "recovery_left"));
		web_html(b, "</p>");
	}
	web_html(b, "<form class=\"narrow\" method=\"post\" action=\"/account/recovery\">");
	portal_keys(q, b);
	portal_plain_input(b, "current", web_tr(q, "Present password"), "password", "current-password", 128, "");
	portal_button(q, b, web_tr(q, "Make new codes"), false);
	web_html(b, "</form>");
	web_page_end(b);
}

void portal_get_recovery(struct web_req *q, struct web_res *r)
{
	recovery_page(q, r, NULL);
}

void portal_post_recovery(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(json) params = json_pack("{s:s*}", "current", web_field(q, "current")[0] == '\0' ? NULL : web_field(q, "current"));
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};

	if (portal_account_once(q, "account.recovery", params, &answer, &err) != FJ_OK) {
		recovery_page(q, r, &err);
		return;
	}
	portal_account_top(q, &r->body, web_tr(q, "Recovery codes"));
	web_print(&r->body, "<p>%s <span class=\"mono\">%s</span></p>", web_tr(q, "User name"), fj_json_text(answer, "login"));
	code_list(q, &r->body, json_object_get(answer, "recovery_codes"));
	web_page_end(&r->body);
}

/* --- enrolment --- */

static void factor_choice(struct web_req *q, struct fj_buf *b)
{
	bool key = strcmp(web_field(q, "factor"), "certificate") == 0;

	web_print(b, "<fieldset><legend>%s</legend><label class=\"box\"><input type=\"radio\" name=\"factor\" value=\"totp\"", web_tr(q, "Second factor"));
	web_html(b, key ? ">" : " checked>");
	web_print(b, "%s</label><label class=\"box\"><input type=\"radio\" name=\"factor\" value=\"certificate\"", web_tr(q, "Telephone (one-time codes)"));
	web_html(b, key ? " checked>" : ">");
	web_print(b, "%s</label></fieldset>", web_tr(q, "USB key (UKey) that my officers have bound"));
}

static void enrol_page(struct web_req *q, struct web_res *r, const struct fj_err *err)
{
	struct fj_buf *b = &r->body;

	portal_top(q, b, web_tr(q, "Set password and second factor"));
	portal_tell(q, r, err);
	web_print(b, "<p>%s</p><form class=\"narrow\" method=\"post\" action=\"/enrol\">", web_tr(q, "Two officers gave you a half of the one-time code each; write both with a hyphen between them. It works once, within a week."));
	portal_plain_input(b, "login", web_tr(q, "User name"), "text", "username", 63, web_field(q, "login"));
	portal_plain_input(b, "code", web_tr(q, "One-time code: its first half, a hyphen, its second half"), "text", "off", 40, "");
	portal_plain_input(b, "password", web_tr(q, "New password"), "password", "new-password", 128, "");
	portal_plain_input(b, "again", web_tr(q, "New password, once more"), "password", "new-password", 128, "");
	web_print(b, "<p class=\"hint small\">%s</p>", web_tr(q, "If only the telephone or USB key (UKey) is set anew, enter the password that you have, twice."));
	factor_choice(q, b);
	portal_button(q, b, web_tr(q, "Set"), false);
	web_html(b, "</form>");
	web_page_end(b);
}

void portal_get_enrol(struct web_req *q, struct web_res *r)
{
	enrol_page(q, r, NULL);
}

static void enrolled_page(struct web_req *q, struct web_res *r, const json_t *answer)
{
	struct fj_buf *b = &r->body;
	const char *uri = fj_json_text(answer, "totp");

	portal_top(q, b, web_tr(q, "Your account is set up"));
	if (uri[0] != '\0') {
		web_print(b, "<h2>1. %s</h2>", web_tr(q, "Telephone"));
		telephone(q, b, uri);
	}
	web_print(b, "<h2>%s%s</h2>", uri[0] != '\0' ? "2. " : "", web_tr(q, "Recovery codes"));
	code_list(q, b, json_object_get(answer, "recovery_codes"));
	web_print(b, "<p><a href=\"/login\">%s</a></p>", web_tr(q, "Sign in"));
	web_page_end(b);
}

void portal_post_enrol(struct web_req *q, struct web_res *r)
{
	static const char *const names[] = {"login", "code", "password", "factor", NULL};
	FJ_AUTO(json) params = json_object();
	FJ_AUTO(json) answer = NULL;
	struct portal_try t;
	struct fj_err err = {0};
	enum fj_rc rc;

	portal_try(q, ISS_DOOR_PORTAL, web_field(q, "login"), "", "", &t);
	for (size_t i = 0; names[i] != NULL; i++)
		if (web_field(q, names[i])[0] != '\0')
			json_object_set_new(params, names[i], json_string(web_field(q, names[i])));
	rc = portal_own_form(q, &err);
	if (rc == FJ_OK && strcmp(web_field(q, "password"), web_field(q, "again")) != 0)
		rc = fj_refuse(&err, FJ_E_INVALID, "portal", NULL, "the password was typed in two ways; type it again", "两次输入的密码不一致，请重新输入");
	if (rc == FJ_OK)
		rc = iss_enrol(portal_of(q)->i, &t.t, params, &answer, &err);
	if (rc != FJ_OK)
		enrol_page(q, r, &err);
	else
		enrolled_page(q, r, answer);
}
