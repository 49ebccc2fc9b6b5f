/*
 * pages.c - the portal's addresses: what each takes, who may ask, and which
 * handler answers.  The handlers are in login.c, inbox.c, lists.c, verify.c and
 * web/api.
 */
#include "web/portal/internal.h"

static void get_style(struct web_req *q, struct web_res *r)
{
	(void)q;
	web_bytes(r, "text/css; charset=utf-8", fj_slice_str(web_style_css), 3600);
}

const struct web_route portal_routes[] = {
	{WEB_GET, "/", portal_get_root, WEB_PUBLIC, WEB_CSRF_NONE, 0, "to the inbox, or to sign in"},
	{WEB_GET, "/login", portal_get_login, WEB_PUBLIC, WEB_CSRF_NONE, 0, "sign in"},
	{WEB_POST, "/login", portal_post_login, WEB_PUBLIC, WEB_CSRF_NONE, 4096, "sign in"},
	{WEB_POST, "/logout", portal_post_logout, WEB_SIGNED_IN, WEB_CSRF_FORM, 4096, "sign out"},
	{WEB_GET, "/inbox", portal_get_inbox, WEB_SIGNED_IN, WEB_CSRF_NONE, 0, "what waits for a decision"},
	{WEB_POST, "/approvals/{id}/approve", portal_post_approve, WEB_SIGNED_IN, WEB_CSRF_FORM, 4096, "approve"},
	{WEB_POST, "/approvals/{id}/reject", portal_post_reject, WEB_SIGNED_IN, WEB_CSRF_FORM, 4096, "reject"},
	{WEB_GET, "/list/{noun}", portal_get_list, WEB_SIGNED_IN, WEB_CSRF_NONE, 0, "assets, certificates, authorisations, tokens"},
	{WEB_GET, "/show/{noun}/{id}", portal_get_show, WEB_SIGNED_IN, WEB_CSRF_NONE, 0, "one of them, with its acts"},
	{WEB_POST, "/act/{noun}/{id}/{verb}", portal_post_act, WEB_SIGNED_IN, WEB_CSRF_FORM, 8192, "suspend, resume, revoke, reclaim, surrender"},
	{WEB_GET, "/verify", portal_get_verify, WEB_PUBLIC, WEB_CSRF_NONE, 0, "public: verify"},
	{WEB_POST, "/verify", portal_post_verify, WEB_PUBLIC, WEB_CSRF_NONE, 65536, "public: verdict"},
	{WEB_GET, "/style.css", get_style, WEB_PUBLIC, WEB_CSRF_NONE, 0, "style sheet"},
	{WEB_POST, "/api/v1/session", api_session, WEB_PUBLIC, WEB_CSRF_NONE, 4096, "API: a bearer token"},
	{WEB_GET, "/api/v1/{noun}", api_list, WEB_SIGNED_IN, WEB_CSRF_NONE, 0, "API: list"},
	{WEB_GET, "/api/v1/{noun}/{id}", api_show, WEB_SIGNED_IN, WEB_CSRF_NONE, 0, "API: show"},
	{WEB_POST, "/api/v1/{noun}/{verb}", api_act, WEB_SIGNED_IN, WEB_CSRF_FORM, 16u << 20, "API: act (bearer token)"},
	{WEB_GET, NULL, NULL, WEB_PUBLIC, WEB_CSRF_NONE, 0, NULL},
};
