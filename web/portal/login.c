/*
 * login.c - signing in with password and one-time code, and out again.
 *
 * Whatever was wrong, the answer is the same sentence.  The session is a cookie
 * that no script reads and no other site's page sends.
 */
#include "web/portal/internal.h"

void portal_get_root(struct web_req *q, struct web_res *r)
{
	if (web_session(q) != NULL)
		web_redirect(r, "/inbox");
	else
		portal_public_front(q, r);
}

static void label(struct fj_buf *b, const char *of, const char *text)
{
	web_print(b, "<label for=\"%s\">%s</label>", of, text);
}

static void login_form(struct web_req *q, struct web_res *r, const struct fj_err *err)
{
	struct fj_buf *b = &r->body;

	portal_top(q, b, web_tr(q, "Sign in"));
	if (err != NULL)
		portal_error(q, b, err);
	web_html(b, "<form class=\"narrow\" method=\"post\" action=\"/login\">");
	label(b, "login", web_tr(q, "Login"));
	web_html(b, "<input type=\"text\" id=\"login\" name=\"login\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"63\" required autofocus value=\"");
	web_text(b, err != NULL ? web_field(q, "login") : "");
	web_html(b, "\">");
	label(b, "password", web_tr(q, "Password"));
	web_html(b, "<input type=\"password\" id=\"password\" name=\"password\" autocomplete=\"current-password\" maxlength=\"255\" required>");
	label(b, "totp", web_tr(q, "One-time code (6 digits; each works once)"));
	web_html(b, "<input type=\"text\" id=\"totp\" name=\"totp\" autocomplete=\"one-time-code\" inputmode=\"numeric\" maxlength=\"6\">");
	web_html(b, "<p><button>");
	web_say(q, b, "Sign in");
	web_html(b, "</button></p></form>");
	web_page_end(b);
}

void portal_get_login(struct web_req *q, struct web_res *r)
{
	if (web_session(q) != NULL)
		web_redirect(r, "/inbox");
	else
		login_form(q, r, NULL);
}

static void set_cookie(const struct portal *p, struct web_res *r, const char *token, const char *more)
{
	snprintf(r->cookie, sizeof(r->cookie), "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s", p->tls ? "__Host-fujie" : "fujie", token,
	    p->tls ? "; Secure" : "", more);
}

void portal_post_login(struct web_req *q, struct web_res *r)
{
	struct portal *p = portal_of(q);
	struct iss_actor actor;
	struct iss_session s;
	struct fj_err err = {0};

	enum fj_rc rc = iss_authenticate(p->i, ISS_DOOR_PORTAL, web_field(q, "login"), web_field(q, "password"), web_field(q, "totp"), &actor, &err);
	if (rc == FJ_OK)
		rc = iss_session_new(p->i, &actor, &s, &err);
	if (rc != FJ_OK) {
		login_form(q, r, &err);
		r->status = fj_rc_http(rc);
		return;
	}
	set_cookie(p, r, s.token, "");
	web_redirect(r, "/inbox");
}

void portal_post_logout(struct web_req *q, struct web_res *r)
{
	iss_session_end(portal_of(q)->i, web_session_token(q));
	set_cookie(portal_of(q), r, "", "; Max-Age=0");
	web_redirect(r, "/login");
}
