/*
 * login.c - signing in, with password and one-time code or UKey, and out again.
 *
 * Whatever was wrong, the answer is the same sentence.  The session is a cookie that
 * no script reads and no other site's page sends, and its token is new at each
 * signing in.  A second cookie lets this browser be told from strangers, so that
 * whoever guesses at somebody's password makes himself wait, and not the owner.  A
 * form that another site's page has sent signs nobody in.
 */
#include "web/portal/internal.h"

#define DEVICE_SECONDS (90 * 86400)

void portal_get_root(struct web_req *q, struct web_res *r)
{
	if (web_session(q) != NULL)
		portal_home(q, r);
	else
		portal_public_front(q, r);
}

/* both cookies have the prefix that keeps them on this host, and on https, where there is that */
static const char *prefix(const struct portal *p)
{
	return p->secure ? "__Host-" : "";
}

void portal_try(struct web_req *q, enum iss_door door, const char *login, const char *password, const char *code, struct portal_try *out)
{
	bool secure = portal_of(q)->secure;

	web_peer(q, out->address);
	web_client(q, out->spki, &out->refused);
	out->t = (struct iss_try){.door = door, .login = login, .password = password, .code = code, .spki = out->spki, .address = out->address, .agent = web_header(q, "User-Agent"),
		.device = door == ISS_DOOR_PORTAL ? web_cookie(q, secure ? "__Host-fujie-known" : "fujie-known") : ""};
}

/* whether a UKey was seen, and what was wrong with it */
static void client_note(struct web_req *q, struct fj_buf *b)
{
	char spki[65];
	const char *why;

	switch (web_client(q, spki, &why)) {
	case WEB_CLIENT_ACCEPTED:
		web_print(b, "<p class=\"notice\" role=\"status\">%s</p>", web_tr(q, "The certificate of your USB key (UKey) was read: enter user name and password, and leave the code empty."));
		break;
	case WEB_CLIENT_REFUSED:
		web_print(b, "<p class=\"notice\" role=\"status\">%s %s</p>", web_tr(q, why), web_tr(q, "You can still sign in with a code."));
		break;
	case WEB_CLIENT_NONE:
		break;
	}
}

static void login_form(struct web_req *q, struct web_res *r, const struct fj_err *err)
{
	struct fj_buf *b = &r->body;

	portal_top(q, b, web_tr(q, "Sign in"));
	portal_ended(q, b);
	if (err != NULL)
		portal_error(q, b, err);
	client_note(q, b);
	web_html(b, "<form class=\"narrow\" method=\"post\" action=\"/login\">");
	web_print(b, "<label for=\"login\">%s</label><input type=\"text\" id=\"login\" name=\"login\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"63\" required autofocus value=\"%s\">",
	    web_tr(q, "User name"), err != NULL ? web_field(q, "login") : "");
	portal_plain_input(b, "password", web_tr(q, "Password"), "password", "current-password", 255, "");
	web_print(b, "<label for=\"totp\">%s</label><input type=\"text\" id=\"totp\" name=\"totp\" autocomplete=\"one-time-code\" autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"20\" aria-describedby=\"totp-hint\">"
	    "<p class=\"hint small\" id=\"totp-hint\">%s</p>", web_tr(q, "One-time code (6 digits; each works once)"),
	    web_tr(q, "Telephone lost? A recovery code stands in its place once. With a USB key (UKey), leave this empty."));
	portal_button(q, b, web_tr(q, "Sign in"), false);
	web_print(b, "</form><p class=\"small\"><a href=\"/enrol\">%s</a></p>", web_tr(q, "I was given a one-time code to set my password"));
	web_page_end(b);
}

void portal_get_login(struct web_req *q, struct web_res *r)
{
	if (web_session(q) != NULL)
		web_redirect(r, "/");
	else
		login_form(q, r, NULL);
}

void portal_ended(struct web_req *q, struct fj_buf *b)
{
	if (web_session(q) == NULL && web_cookie(q, portal_of(q)->secure ? "__Host-fujie" : "fujie")[0] != '\0')
		web_print(b, "<p class=\"notice\" role=\"status\">%s <a href=\"/login\">%s</a></p>", web_tr(q, "Your session has ended: you are signed out."), web_tr(q, "Sign in"));
}

static void set_cookie(const struct portal *p, struct web_res *r, const char *token, const char *more)
{
	snprintf(r->cookie, sizeof(r->cookie), "%sfujie=%s; Path=/; HttpOnly; SameSite=Strict%s%s", prefix(p), token, p->secure ? "; Secure" : "", more);
}

static void set_device(const struct portal *p, struct web_res *r, const char *device)
{
	char text[200];

	if (device[0] == '\0')
		return;
	snprintf(text, sizeof(text), "%sfujie-known=%s; Path=/; HttpOnly; SameSite=Strict%s; Max-Age=%d", prefix(p), device, p->secure ? "; Secure" : "", DEVICE_SECONDS);
	web_say_header(r, "Set-Cookie", text);
}

static void refuse(struct web_req *q, struct web_res *r, const struct fj_err *err)
{
	login_form(q, r, err);
	r->status = fj_rc_http(err->rc);
}

void portal_post_login(struct web_req *q, struct web_res *r)
{
	struct portal *p = portal_of(q);
	struct portal_try t;
	struct iss_entry e;
	struct iss_session s;
	struct fj_err err = {0};

	if (portal_own_form(q, &err) != FJ_OK) {
		refuse(q, r, &err);
		return;
	}
	portal_try(q, ISS_DOOR_PORTAL, web_field(q, "login"), web_field(q, "password"), web_field(q, "totp"), &t);
	enum fj_rc rc = iss_authenticate(p->i, &t.t, &e, &err);
	if (rc == FJ_OK)
		rc = iss_session_new(p->i, &t.t, &e, &s, &err);
	if (rc != FJ_OK) {
		refuse(q, r, &err);
		return;
	}
	if (web_session_token(q)[0] != '\0') /* whoever was signed in here before is not any more */
		iss_session_end(p->i, web_session_token(q));
	set_cookie(p, r, s.token, "");
	set_device(p, r, e.device);
	web_redirect(r, e.actor.held ? "/account/password" : e.recovery_left >= 0 ? "/account/recovery?used=1" : "/");
}

void portal_post_logout(struct web_req *q, struct web_res *r)
{
	iss_session_end(portal_of(q)->i, web_session_token(q));
	set_cookie(portal_of(q), r, "", "; Max-Age=0");
	web_redirect(r, "/login");
}

const char *portal_detour(struct web_req *q)
{
	const char *path = web_path(q);
	bool way = strcmp(path, "/account/password") == 0 || strcmp(path, "/logout") == 0;

	return portal_actor(q)->held && !way ? "/account/password" : NULL;
}
