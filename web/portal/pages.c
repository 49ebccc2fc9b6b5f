/*
 * pages.c - the officers' pages: sign in, what waits, lists and details of
 * assets, certificates, authorisations and tokens with their acts, and the
 * public page that verifies.
 *
 * A page is one command of the register and its answer.  Which acts a detail
 * offers is a table; whether the officer may do them the register decides.
 */
#include <fcntl.h>

#include "web/portal/internal.h"

static struct portal *portal_of(const struct web_req *q)
{
	return web_app(q);
}

/* --- nouns: lists, details, acts --- */

struct act {
	const char *verb, *zh, *en;
	bool danger;
	const char *reason; /* field of the reason */
};
struct noun {
	const char *path, *name, *key, *zh, *en;
	const char *columns[6];
	struct act acts[6];
};
static const struct noun nouns[] = {
	{"assets", "asset", "asset_no", "数据资产", "Data assets", {"asset_no", "name", "holder", "state", "certificate"}, {{0}}},
	{"certificates", "certificate", "number", "数据资产证书", "Certificates", {"number", "asset_name", "holder", "state", "not_after"},
	    {{"suspend", "冻结", "Suspend", false, "reason"}, {"resume", "解除冻结", "Resume", false, "reason"},
		{"revoke", "撤销 / 注销", "Revoke", true, "reason"}}},
	{"authorisations", "authorisation", "number", "授权", "Authorisations", {"number", "mode", "holder", "operator", "state", "not_after"},
	    {{"suspend", "暂停", "Suspend", false, "reason"}, {"resume", "恢复", "Resume", false, "reason"},
		{"reclaim", "收回", "Reclaim", true, "reason"}, {"surrender", "退出", "Surrender", true, "reason"}}},
	{"tokens", "token", "id", "许可令牌", "License tokens", {"id", "user", "product", "state", "not_after", "authorisation"},
	    {{"suspend", "暂停", "Suspend", false, "reason"}, {"resume", "恢复", "Resume", false, "reason"}, {"revoke", "吊销", "Revoke", true, "reason"}}},
};

static const struct noun *noun_of(const char *path)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(nouns); i++)
		if (strcmp(nouns[i].path, path) == 0)
			return &nouns[i];
	return NULL;
}

/* --- the frame --- */

static void top(struct web_req *q, struct fj_buf *b, const char *zh, const char *en)
{
	const struct iss_session *s = web_session(q);

	web_page_begin(q, b, zh, en);
	web_html(b, "<header><a class=\"brand\" href=\"/\">符节 Fujie</a>");
	if (s != NULL) {
		web_html(b, "<a href=\"/inbox\">");
		web_both(q, b, "待办", "Waiting");
		web_html(b, "</a>");
		for (size_t i = 0; i < FJ_ARRAY_LEN(nouns); i++) {
			web_html(b, "<a href=\"/list/");
			web_text(b, nouns[i].path);
			web_html(b, "\">");
			web_both(q, b, nouns[i].zh, nouns[i].en);
			web_html(b, "</a>");
		}
	}
	web_html(b, "<a href=\"/verify\">");
	web_both(q, b, "核验", "Verify");
	web_html(b, "</a><a href=\"?lang=zh\">中文</a><a href=\"?lang=en\">English</a>");
	if (s != NULL) {
		web_html(b, "<span>");
		web_text(b, s->actor.name);
		web_html(b, "</span><form class=\"inline\" method=\"post\" action=\"/logout\"><input type=\"hidden\" name=\"csrf\" value=\"");
		web_text(b, web_csrf(q));
		web_html(b, "\"><button class=\"quiet\">");
		web_both(q, b, "退出登录", "Sign out");
		web_html(b, "</button></form>");
	}
	web_html(b, "</header>");
	if (portal_of(q)->demo) {
		web_html(b, "<div class=\"demo\">");
		web_both(q, b, "演示环境（DEMO）：数据均为虚构，软件 TPM，密钥不得信任。", "DEMO: everything is illustrative, the TPM is software, the keys are never to be trusted.");
		web_html(b, "</div>");
	}
	web_html(b, "<main><h1>");
	web_both(q, b, zh, en);
	web_html(b, "</h1>");
}

void portal_error_page(struct web_req *q, struct web_res *r, const struct fj_err *err)
{
	struct fj_buf *b = &r->body;

	top(q, b, "未能办理", "This was not done");
	web_html(b, "<div class=\"error\" role=\"alert\"><p>");
	web_text(b, web_lang(q)[0] == 'e' || err->zh[0] == '\0' ? err->en : err->zh);
	web_html(b, "</p>");
	if (err->cite[0] != '\0') {
		web_html(b, "<p class=\"mono\">");
		web_text(b, err->cite);
		if (err->clause[0] != '\0') {
			web_html(b, strcmp(err->basis, "text") == 0 ? " · 依据 " : strcmp(err->basis, "inferred") == 0 ? " · 推定 " : " · 本级财政部门规则 ");
			web_text(b, err->clause);
		}
		web_html(b, "</p>");
	}
	web_html(b, "</div>");
	web_page_end(b);
}

static enum fj_rc command(struct web_req *q, const char *name, const json_t *params, json_t **out, struct fj_err *err)
{
	const struct iss_session *s = web_session(q);

	return iss_command(portal_of(q)->i, &s->actor, name, params, out, err);
}

/* --- signing in --- */

static void get_root(struct web_req *q, struct web_res *r)
{
	web_redirect(r, web_session(q) != NULL ? "/inbox" : "/login");
}

static void field(struct web_req *q, struct fj_buf *b, const char *name, const char *type, const char *zh, const char *en)
{
	web_html(b, "<label for=\"");
	web_text(b, name);
	web_html(b, "\">");
	web_both(q, b, zh, en);
	web_html(b, "</label><input id=\"");
	web_text(b, name);
	web_html(b, "\" name=\"");
	web_text(b, name);
	web_html(b, "\" type=\"");
	web_text(b, type);
	web_html(b, "\" autocomplete=\"off\">");
}

static void login_form(struct web_req *q, struct web_res *r, const struct fj_err *err)
{
	struct fj_buf *b = &r->body;

	top(q, b, "登录", "Sign in");
	if (err != NULL) {
		web_html(b, "<p class=\"error\" role=\"alert\">");
		web_text(b, web_lang(q)[0] == 'e' || err->zh[0] == '\0' ? err->en : err->zh);
		web_html(b, "</p>");
	}
	web_html(b, "<form method=\"post\" action=\"/login\">");
	field(q, b, "login", "text", "用户名", "Login");
	field(q, b, "password", "password", "密码", "Password");
	field(q, b, "totp", "text", "动态口令（6 位）", "One-time code (6 digits)");
	web_html(b, "<br><button>");
	web_both(q, b, "登录", "Sign in");
	web_html(b, "</button></form>");
	web_page_end(b);
}

static void get_login(struct web_req *q, struct web_res *r)
{
	login_form(q, r, NULL);
}

static void set_cookie(const struct portal *p, struct web_res *r, const char *token, const char *more)
{
	snprintf(r->cookie, sizeof(r->cookie), "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s", p->tls ? "__Host-fujie" : "fujie", token,
	    p->tls ? "; Secure" : "", more);
}

static void post_login(struct web_req *q, struct web_res *r)
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

static void post_logout(struct web_req *q, struct web_res *r)
{
	iss_session_end(portal_of(q)->i, web_session_token(q));
	set_cookie(portal_of(q), r, "", "; Max-Age=0");
	web_redirect(r, "/login");
}

/* --- values --- */

static void value(struct fj_buf *b, const json_t *v)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 18);

	if (json_is_string(v))
		web_text(b, json_string_value(v));
	else if (json_is_object(v) && fj_json_peek(v, "name") != NULL)
		web_text(b, fj_json_peek(v, "name"));
	else if (v != NULL && !json_is_null(v) && fj_json_canonical(v, &text, NULL) == FJ_OK)
		web_text(b, fj_buf_str(&text));
}

/* --- what waits --- */

static void decide_form(struct web_req *q, struct fj_buf *b, const char *id, const char *verb, const char *zh, const char *en)
{
	web_html(b, "<form class=\"inline\" method=\"post\" action=\"/approvals/");
	web_text(b, id);
	web_html(b, "/");
	web_html(b, verb);
	web_html(b, "\"><input type=\"hidden\" name=\"csrf\" value=\"");
	web_text(b, web_csrf(q));
	web_html(b, strcmp(verb, "reject") == 0 ? "\"><button class=\"danger\">" : "\"><button>");
	web_both(q, b, zh, en);
	web_html(b, "</button></form>");
}

static void inbox_row(struct web_req *q, struct fj_buf *b, const json_t *a)
{
	static const char *const cols[] = {"id", "kind", "object", "applicant", "requested_at"};

	web_html(b, "<tr>");
	for (size_t k = 0; k < FJ_ARRAY_LEN(cols); k++) {
		web_html(b, "<td>");
		value(b, json_object_get(a, cols[k]));
		web_html(b, "</td>");
	}
	web_html(b, "<td><details><summary>…</summary><span class=\"mono\">");
	value(b, json_object_get(a, "payload"));
	web_html(b, "</span></details></td><td>");
	if (json_is_true(json_object_get(a, "mine"))) {
		decide_form(q, b, fj_json_peek(a, "id"), "approve", "批准", "Approve");
		decide_form(q, b, fj_json_peek(a, "id"), "reject", "驳回", "Reject");
	} else {
		web_both(q, b, "待他人审批", "for others");
	}
	web_html(b, "</td></tr>");
}

static void get_inbox(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(json) params = json_object();
	json_t *out = NULL, *a;
	struct fj_err err = {0};
	struct fj_buf *b = &r->body;
	size_t i;

	if (command(q, "approval.list", params, &out, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	FJ_AUTO(json) owned = out;
	const json_t *items = json_object_get(owned, "items");
	top(q, b, "待办事项", "What waits for a decision");
	if (json_array_size(items) == 0) {
		web_html(b, "<p class=\"notice\">");
		web_both(q, b, "没有待审批事项。", "Nothing waits.");
		web_html(b, "</p>");
	} else {
		web_html(b, "<table><thead><tr><th>id</th><th>");
		web_both(q, b, "事项", "what");
		web_html(b, "</th><th>");
		web_both(q, b, "对象", "object");
		web_html(b, "</th><th>");
		web_both(q, b, "申请人", "applicant");
		web_html(b, "</th><th>");
		web_both(q, b, "申请时间", "requested");
		web_html(b, "</th><th></th><th></th></tr></thead><tbody>");
		json_array_foreach(items, i, a)
			inbox_row(q, b, a);
		web_html(b, "</tbody></table>");
	}
	web_page_end(b);
}

static void decide(struct web_req *q, struct web_res *r, const char *name)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "id", web_param(q, "id"));
	FJ_AUTO(json) out = NULL;
	json_t *answer = NULL;
	struct fj_err err = {0};

	if (command(q, name, params, &answer, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	out = answer;
	web_redirect(r, "/inbox");
}

static void post_approve(struct web_req *q, struct web_res *r)
{
	decide(q, r, "approval.approve");
}

static void post_reject(struct web_req *q, struct web_res *r)
{
	decide(q, r, "approval.reject");
}

/* --- lists and details --- */

static void list_row(struct fj_buf *b, const struct noun *n, const json_t *row)
{
	web_html(b, "<tr>");
	for (size_t k = 0; k < FJ_ARRAY_LEN(n->columns) && n->columns[k] != NULL; k++) {
		web_html(b, "<td>");
		if (k == 0) {
			web_html(b, "<a href=\"/show/");
			web_text(b, n->path);
			web_html(b, "/");
			web_text(b, fj_json_peek(row, n->key));
			web_html(b, "\">");
		}
		value(b, json_object_get(row, n->columns[k]));
		web_html(b, k == 0 ? "</a></td>" : "</td>");
	}
	web_html(b, "</tr>");
}

static void no_such(struct web_req *q, struct web_res *r)
{
	struct fj_err err = {0};

	fj_fail(&err, FJ_E_NOTFOUND, "portal", NULL, "there is no such list");
	web_fail(q, r, &err);
}

static void get_list(struct web_req *q, struct web_res *r)
{
	const struct noun *n = noun_of(web_param(q, "noun"));
	FJ_AUTO(json) params = json_object();
	json_t *out = NULL, *row;
	struct fj_err err = {0};
	struct fj_buf *b = &r->body;
	char name[64];
	size_t i;

	if (n == NULL) {
		no_such(q, r);
		return;
	}
	if (web_field(q, "after")[0] != '\0')
		json_object_set_new(params, "after", json_string(web_field(q, "after")));
	snprintf(name, sizeof(name), "%s.list", n->name);
	if (command(q, name, params, &out, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	FJ_AUTO(json) owned = out;
	top(q, b, n->zh, n->en);
	web_html(b, "<table><thead><tr>");
	for (size_t k = 0; k < FJ_ARRAY_LEN(n->columns) && n->columns[k] != NULL; k++) {
		web_html(b, "<th>");
		web_text(b, n->columns[k]);
		web_html(b, "</th>");
	}
	web_html(b, "</tr></thead><tbody>");
	json_array_foreach(json_object_get(owned, "items"), i, row)
		list_row(b, n, row);
	web_html(b, "</tbody></table>");
	if (fj_json_peek(owned, "next") != NULL) {
		web_html(b, "<p><a href=\"?after=");
		web_text(b, fj_json_peek(owned, "next"));
		web_html(b, "\">");
		web_both(q, b, "下一页", "Next page");
		web_html(b, "</a></p>");
	}
	web_page_end(b);
}

static void reason_field(struct web_req *q, struct fj_buf *b, const struct noun *n, const struct act *a)
{
	static const char *const reasons[][2] = {{"privilegeWithdrawn", "撤销（虚假、非法）"}, {"cessationOfOperation", "注销"},
		{"superseded", "变更、更正、续展"}, {"affiliationChanged", "划转"}, {"keyCompromise", "密钥泄露"}};

	if (strcmp(n->name, "certificate") != 0 || strcmp(a->verb, "revoke") != 0) {
		web_html(b, "<label>");
		web_both(q, b, "理由", "Reason");
		web_html(b, " <input type=\"text\" name=\"reason\" required maxlength=\"400\"></label>");
		return;
	}
	web_html(b, "<label>");
	web_both(q, b, "原因", "Reason");
	web_html(b, " <select name=\"reason\">");
	for (size_t i = 0; i < FJ_ARRAY_LEN(reasons); i++) {
		web_html(b, "<option value=\"");
		web_text(b, reasons[i][0]);
		web_html(b, "\">");
		web_text(b, reasons[i][0]);
		web_html(b, " ");
		web_text(b, reasons[i][1]);
		web_html(b, "</option>");
	}
	web_html(b, "</select></label>");
}

static void act_forms(struct web_req *q, struct fj_buf *b, const struct noun *n, const char *id)
{
	for (size_t k = 0; k < FJ_ARRAY_LEN(n->acts) && n->acts[k].verb != NULL; k++) {
		const struct act *a = &n->acts[k];
		web_html(b, "<form method=\"post\" action=\"/act/");
		web_text(b, n->path);
		web_html(b, "/");
		web_text(b, id);
		web_html(b, "/");
		web_text(b, a->verb);
		web_html(b, "\"><input type=\"hidden\" name=\"csrf\" value=\"");
		web_text(b, web_csrf(q));
		web_html(b, "\">");
		reason_field(q, b, n, a);
		web_html(b, a->danger ? "<button class=\"danger\">" : "<button>");
		web_both(q, b, a->zh, a->en);
		web_html(b, "</button></form>");
	}
}

static void get_show(struct web_req *q, struct web_res *r)
{
	const struct noun *n = noun_of(web_param(q, "noun"));
	json_t *out = NULL, *v;
	struct fj_err err = {0};
	struct fj_buf *b = &r->body;
	const char *key, *id = web_param(q, "id");
	char name[64];

	if (n == NULL) {
		no_such(q, r);
		return;
	}
	FJ_AUTO(json) params = json_pack("{s:s}", strcmp(n->name, "asset") == 0 ? "asset" : n->key, id);
	snprintf(name, sizeof(name), "%s.show", n->name);
	if (command(q, name, params, &out, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	FJ_AUTO(json) owned = out;
	top(q, b, n->zh, n->en);
	web_html(b, "<dl>");
	json_object_foreach(owned, key, v) {
		web_html(b, "<dt>");
		web_text(b, key);
		web_html(b, "</dt><dd class=\"mono\">");
		value(b, v);
		web_html(b, "</dd>");
	}
	web_html(b, "</dl>");
	act_forms(q, b, n, id);
	web_page_end(b);
}

static void post_act(struct web_req *q, struct web_res *r)
{
	const struct noun *n = noun_of(web_param(q, "noun"));
	json_t *out = NULL;
	struct fj_err err = {0};
	char name[96], back[300];

	if (n == NULL) {
		no_such(q, r);
		return;
	}
	FJ_AUTO(json) params = json_pack("{s:s, s:s}", n->key, web_param(q, "id"), "reason", web_field(q, "reason"));
	snprintf(name, sizeof(name), "%s.%.40s", n->name, web_param(q, "verb"));
	if (command(q, name, params, &out, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	FJ_AUTO(json) owned = out;
	if (fj_json_peek(owned, "approval") != NULL)
		snprintf(back, sizeof(back), "/inbox");
	else
		snprintf(back, sizeof(back), "/show/%s/%.200s", n->path, web_param(q, "id"));
	web_redirect(r, back);
}

/* --- the public page: the same verdict code as tool and service --- */

static void verify_form(struct web_req *q, struct fj_buf *b)
{
	web_html(b, "<form method=\"post\" action=\"/verify\"><label for=\"c\">");
	web_both(q, b, "粘贴许可令牌、授权凭证或证书（PEM），或输入编号", "Paste a token, an authorisation credential or a certificate (PEM), or enter a number");
	web_html(b, "</label><textarea id=\"c\" name=\"credential\" required></textarea><label for=\"u\">");
	web_both(q, b, "用途（可选），如 action=QUERY,purpose=PUBGOV", "Use (optional), such as action=QUERY,purpose=PUBGOV");
	web_html(b, "</label><input type=\"text\" id=\"u\" name=\"use\" autocomplete=\"off\"><br><button>");
	web_both(q, b, "核验", "Verify");
	web_html(b, "</button></form>");
}

static void get_verify(struct web_req *q, struct web_res *r)
{
	top(q, &r->body, "数据资产凭证核验", "Check a data asset credential");
	verify_form(q, &r->body);
	web_page_end(&r->body);
}

static enum fj_rc verdict_of(struct iss *i, const char *text, const char *use_text, json_t **out, struct fj_err *err)
{
	FJ_AUTO(ver_trust) trust = NULL;
	FJ_AUTO(ver_use) use = NULL;
	FJ_AUTO(ver_report) report = {.n = 0};
	FJ_AUTO(json) shown = NULL;
	static const struct iss_actor anybody = {.login = "local", .roles = ISS_LOCAL, .via = "public"};
	struct ver_input in = {.now = fj_now(), .credential = fj_slice_str(text)};
	size_t n = strlen(text);
	char number[41];

	while (n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL)
		n--;
	in.credential.len = n;
	if (use_text[0] != '\0')
		FJ_TRY(ver_use_parse(use_text, &use, err));
	in.use = use;
	FJ_TRY(ver_trust_load_dir(AT_FDCWD, "publish/trust", &trust, NULL, err));
	if (n < 41 && (strncmp(text, "DAC-", 4) == 0 || strncmp(text, "DAU-", 4) == 0)) {
		snprintf(number, sizeof(number), "%.*s", (int)n, text);
		in.number = number;
		if (number[2] == 'U')
			FJ_TRY(ver_trust_find(trust, number, &in.credential, err));
		else {
			FJ_AUTO(json) params = json_pack("{s:s}", "number", number);
			FJ_TRY(iss_command(i, &anybody, "certificate.show", params, &shown, err));
			in.credential = fj_slice_str(fj_json_peek(shown, "pem") == NULL ? "" : fj_json_peek(shown, "pem"));
		}
	}
	FJ_TRY(ver_verify(trust, &in, &report, err));
	*out = ver_report_json(&report);
	return *out != NULL ? FJ_OK : fj_fail(err, FJ_E_NOMEM, "portal", NULL, "out of memory");
}

static void post_verify(struct web_req *q, struct web_res *r)
{
	json_t *out = NULL;
	struct fj_err err = {0};

	if (verdict_of(portal_of(q)->i, web_field(q, "credential"), web_field(q, "use"), &out, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	FJ_AUTO(json) verdict = out;
	top(q, &r->body, "核验结果", "Verdict");
	web_verdict(q, &r->body, verdict);
	verify_form(q, &r->body);
	web_page_end(&r->body);
}

static void get_style(struct web_req *q, struct web_res *r)
{
	(void)q;
	web_bytes(r, "text/css; charset=utf-8", fj_slice_str(web_style_css), 3600);
}

const struct web_route portal_routes[] = {
	{WEB_GET, "/", get_root, WEB_PUBLIC, WEB_CSRF_NONE, 0, "to the inbox, or to sign in"},
	{WEB_GET, "/login", get_login, WEB_PUBLIC, WEB_CSRF_NONE, 0, "sign in"},
	{WEB_POST, "/login", post_login, WEB_PUBLIC, WEB_CSRF_NONE, 4096, "sign in"},
	{WEB_POST, "/logout", post_logout, WEB_SIGNED_IN, WEB_CSRF_FORM, 4096, "sign out"},
	{WEB_GET, "/inbox", get_inbox, WEB_SIGNED_IN, WEB_CSRF_NONE, 0, "what waits for a decision"},
	{WEB_POST, "/approvals/{id}/approve", post_approve, WEB_SIGNED_IN, WEB_CSRF_FORM, 4096, "approve"},
	{WEB_POST, "/approvals/{id}/reject", post_reject, WEB_SIGNED_IN, WEB_CSRF_FORM, 4096, "reject"},
	{WEB_GET, "/list/{noun}", get_list, WEB_SIGNED_IN, WEB_CSRF_NONE, 0, "assets, certificates, authorisations, tokens"},
	{WEB_GET, "/show/{noun}/{id}", get_show, WEB_SIGNED_IN, WEB_CSRF_NONE, 0, "one of them, with its acts"},
	{WEB_POST, "/act/{noun}/{id}/{verb}", post_act, WEB_SIGNED_IN, WEB_CSRF_FORM, 8192, "suspend, resume, revoke, reclaim, surrender"},
	{WEB_GET, "/verify", get_verify, WEB_PUBLIC, WEB_CSRF_NONE, 0, "public: verify"},
	{WEB_POST, "/verify", post_verify, WEB_PUBLIC, WEB_CSRF_NONE, 65536, "public: verdict"},
	{WEB_GET, "/style.css", get_style, WEB_PUBLIC, WEB_CSRF_NONE, 0, "style sheet"},
	{WEB_POST, "/api/v1/session", api_session, WEB_PUBLIC, WEB_CSRF_NONE, 4096, "API: a bearer token"},
	{WEB_GET, "/api/v1/{noun}", api_list, WEB_SIGNED_IN, WEB_CSRF_NONE, 0, "API: list"},
	{WEB_GET, "/api/v1/{noun}/{id}", api_show, WEB_SIGNED_IN, WEB_CSRF_NONE, 0, "API: show"},
	{WEB_POST, "/api/v1/{noun}/{verb}", api_act, WEB_SIGNED_IN, WEB_CSRF_FORM, 16u << 20, "API: act (bearer token)"},
	{WEB_GET, NULL, NULL, WEB_PUBLIC, WEB_CSRF_NONE, 0, NULL},
};
