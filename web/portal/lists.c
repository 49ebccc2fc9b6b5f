/*
 * lists.c - lists and details of assets, certificates, authorisations and license
 * tokens, with their acts.
 *
 * A page is one command of the register and its answer.  Which acts a detail
 * offers is a table: those of the officer's role in the object's state.  Whether
 * the officer may do them the register decides.
 */
#include "web/portal/internal.h"

#define SUSPEND_ZH "立即生效，一名经办人即可；恢复须两名经办人。"
#define SUSPEND_EN "At once, by one officer; resuming takes two."
#define RESUME_ZH "须由另一名经办人批准。"
#define RESUME_EN "Another officer has to approve."

const struct portal_noun portal_nouns[PORTAL_NOUNS] = {
	{"assets", "asset", "asset_no", "asset", "数据资产", "Data assets", "数据资产", "Data asset",
	    {"asset_no", "name", "holder", "state", "certificate"}, {{0}}},
	{"certificates", "certificate", "number", "number", "数据资产证书", "Certificates", "数据资产证书", "Data Asset Certificate",
	    {"number", "asset_name", "holder", "state", "not_after"},
	    {{"suspend", "冻结", "Suspend", " ACTIVE ", false, SUSPEND_ZH, SUSPEND_EN}, {"resume", "解除冻结", "Resume", " SUSPENDED ", false, RESUME_ZH, RESUME_EN},
		{"revoke", "撤销或注销", "Revoke", " ACTIVE SUSPENDED ", true, "立即冻结，另一名经办人批准后终结，不可恢复。", "Suspends at once; final when another officer approves; there is no way back."}}},
	{"authorisations", "authorisation", "number", "number", "授权", "Authorisations", "授权", "Authorisation",
	    {"number", "mode", "holder", "operator", "state", "not_after"},
	    {{"suspend", "暂停", "Suspend", " ACTIVE ", false, SUSPEND_ZH, SUSPEND_EN}, {"resume", "恢复", "Resume", " SUSPENDED ", false, RESUME_ZH, RESUME_EN},
		{"reclaim", "收回", "Reclaim", " ACTIVE SUSPENDED ", true, "立即暂停，财政部门确认后终结，其下许可令牌一并失效，不可恢复。",
		    "Suspends at once; final when the finance department confirms; its license tokens end with it; there is no way back."},
		{"surrender", "退出", "Surrender", " ACTIVE SUSPENDED ", true, "立即暂停，实施机构确认后终结，其下许可令牌一并失效，不可恢复。",
		    "Suspends at once; final when the implementing institution confirms; its license tokens end with it; there is no way back."}}},
	{"tokens", "token", "id", "id", "许可令牌", "License tokens", "许可令牌", "License token",
	    {"id", "user", "product", "state", "not_after", "authorisation"},
	    {{"suspend", "暂停", "Suspend", " ACTIVE ", false, SUSPEND_ZH, SUSPEND_EN}, {"resume", "恢复", "Resume", " SUSPENDED ", false, RESUME_ZH, RESUME_EN},
		{"revoke", "吊销", "Revoke", " ACTIVE SUSPENDED ", true, "立即生效，不可恢复。", "At once; there is no way back."}}},
};
const struct web_link portal_links[] = {{"certificate", "/show/certificates/"}, {"certificates", "/show/certificates/"}, {"authorisation", "/show/authorisations/"},
	{"asset_no", "/show/assets/"}, {NULL, NULL}};

const struct portal_noun *portal_noun_of(const char *path)
{
	for (size_t i = 0; i < PORTAL_NOUNS; i++)
		if (strcmp(portal_nouns[i].path, path) == 0)
			return &portal_nouns[i];
	return NULL;
}

static bool plain_number(const char *s)
{
	return s[0] != '\0' && strlen(s) <= 64 && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._") == strlen(s);
}

static void no_such(struct web_req *q, struct web_res *r)
{
	struct fj_err err = {0};

	fj_fail(&err, FJ_E_NOTFOUND, "portal", NULL, "there is nothing at this address; take a list from the menu");
	fj_err_zh(&err, "该地址不存在，请从菜单选择列表");
	web_fail(q, r, &err);
}

/* --- lists --- */

static void list_row(struct web_req *q, struct fj_buf *b, const struct portal_noun *n, const json_t *row)
{
	const struct web_link self[] = {{n->key, NULL}, {"certificate", "/show/certificates/"}, {"authorisation", "/show/authorisations/"}, {NULL, NULL}};
	char prefix[64];
	struct web_link links[FJ_ARRAY_LEN(self)];

	snprintf(prefix, sizeof(prefix), "/show/%s/", n->path);
	memcpy(links, self, sizeof(links));
	links[0].prefix = prefix;
	web_html(b, "<tr>");
	for (size_t k = 0; k < FJ_ARRAY_LEN(n->columns) && n->columns[k] != NULL; k++) {
		web_html(b, "<td data-label=\"");
		web_text(b, web_label(q, n->columns[k]));
		web_html(b, "\">");
		web_cell(q, b, n->columns[k], json_object_get(row, n->columns[k]), links);
		web_html(b, "</td>");
	}
	web_html(b, "</tr>");
}

static void find_form(struct web_req *q, struct fj_buf *b, const struct portal_noun *n)
{
	web_html(b, "<form class=\"find\" method=\"get\" action=\"/list/");
	web_text(b, n->path);
	web_html(b, "\"><label for=\"find\">");
	web_both(q, b, "按编号查找", "Find a number");
	web_html(b, "</label><input type=\"text\" id=\"find\" name=\"number\" maxlength=\"64\" autocomplete=\"off\" spellcheck=\"false\" required><button class=\"quiet\">");
	web_both(q, b, "查找", "Find");
	web_html(b, "</button></form>");
}

static void list_table(struct web_req *q, struct fj_buf *b, const struct portal_noun *n, const json_t *items)
{
	const json_t *row;
	size_t i;

	if (json_array_size(items) == 0) {
		web_html(b, "<p class=\"notice\">");
		web_both(q, b, "没有记录。", "There are none.");
		web_html(b, "</p>");
		return;
	}
	web_html(b, "<table class=\"list\"><thead><tr>");
	for (size_t k = 0; k < FJ_ARRAY_LEN(n->columns) && n->columns[k] != NULL; k++) {
		web_html(b, "<th scope=\"col\">");
		web_text(b, web_label(q, n->columns[k]));
		web_html(b, "</th>");
	}
	web_html(b, "</tr></thead><tbody>");
	json_array_foreach(items, i, row)
		list_row(q, b, n, row);
	web_html(b, "</tbody></table>");
}

static void pager(struct web_req *q, struct fj_buf *b, const struct portal_noun *n, const char *next)
{
	web_html(b, "<p class=\"pager\">");
	if (web_field(q, "after")[0] != '\0') {
		web_html(b, "<a href=\"/list/");
		web_text(b, n->path);
		web_html(b, "\">");
		web_both(q, b, "回到首页", "First page");
		web_html(b, "</a> ");
	}
	if (next != NULL) {
		web_html(b, "<a href=\"?after=");
		web_text(b, next);
		web_html(b, "\">");
		web_both(q, b, "下一页", "Next page");
		web_html(b, "</a>");
	}
	web_html(b, "</p>");
}

/* "?number=": straight to the detail; true: the answer is made */
static bool found(struct web_req *q, struct web_res *r, const struct portal_noun *n)
{
	const char *s = web_field(q, "number") + strspn(web_field(q, "number"), " ");
	char number[65], to[160];

	if (s[0] == '\0')
		return false;
	snprintf(number, sizeof(number), "%.*s", (int)strcspn(s, " "), s);
	if (plain_number(number)) {
		snprintf(to, sizeof(to), "/show/%s/%s", n->path, number);
		web_redirect(r, to);
	} else {
		no_such(q, r);
	}
	return true;
}

void portal_get_list(struct web_req *q, struct web_res *r)
{
	const struct portal_noun *n = portal_noun_of(web_param(q, "noun"));
	FJ_AUTO(json) params = json_object();
	json_t *out = NULL;
	struct fj_err err = {0};
	char name[64];

	if (n == NULL) {
		no_such(q, r);
		return;
	}
	if (found(q, r, n))
		return;
	if (web_field(q, "after")[0] != '\0')
		json_object_set_new(params, "after", json_string(web_field(q, "after")));
	snprintf(name, sizeof(name), "%s.list", n->name);
	if (portal_command(q, name, params, &out, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	FJ_AUTO(json) owned = out;
	portal_top(q, &r->body, n->zh, n->en);
	find_form(q, &r->body, n);
	list_table(q, &r->body, n, json_object_get(owned, "items"));
	pager(q, &r->body, n, fj_json_peek(owned, "next"));
	web_page_end(&r->body);
}

/* --- details and acts --- */

static void reason_field(struct web_req *q, struct fj_buf *b, const struct portal_noun *n, const struct portal_act *a)
{
	static const char *const reasons[] = {"privilegeWithdrawn", "cessationOfOperation", "superseded", "affiliationChanged", "keyCompromise"};
	bool coded = strcmp(n->name, "certificate") == 0 && strcmp(a->verb, "revoke") == 0;

	web_html(b, "<label>");
	web_both(q, b, coded ? "撤销原因" : "理由（记入日志）", coded ? "Reason for the revocation" : "Reason, for the record");
	if (!coded) {
		web_html(b, "<input type=\"text\" name=\"reason\" required maxlength=\"400\" autocomplete=\"off\"></label>");
		return;
	}
	web_html(b, "<select name=\"reason\" required><option value=\"\">");
	web_both(q, b, "请选择", "choose");
	web_html(b, "</option>");
	for (size_t i = 0; i < FJ_ARRAY_LEN(reasons); i++) {
		web_html(b, "<option value=\"");
		web_text(b, reasons[i]);
		web_html(b, "\">");
		web_text(b, web_word(q, WEB_REASON, reasons[i]));
		web_html(b, "</option>");
	}
	web_html(b, "</select></label>");
}

static bool offered(struct web_req *q, const struct portal_noun *n, const struct portal_act *a, const char *state)
{
	const struct iss_session *s = web_session(q);
	char name[96], in[48];

	snprintf(name, sizeof(name), "%s.%s", n->name, a->verb);
	snprintf(in, sizeof(in), " %.40s ", state);
	const struct iss_command_info *c = iss_command_find(name);
	return c != NULL && (c->roles & s->actor.roles) != 0 && strstr(a->from, in) != NULL;
}

static void act_form(struct web_req *q, struct fj_buf *b, const struct portal_noun *n, const struct portal_act *a, const char *id)
{
	web_html(b, "<details class=\"act\"><summary>");
	web_both(q, b, a->zh, a->en);
	web_html(b, "</summary><form method=\"post\" action=\"/act/");
	web_text(b, n->path);
	web_html(b, "/");
	web_text(b, id);
	web_html(b, "/");
	web_text(b, a->verb);
	web_html(b, "\"><p>");
	web_both(q, b, a->then_zh, a->then_en);
	web_html(b, "</p>");
	portal_csrf(q, b);
	reason_field(q, b, n, a);
	web_html(b, a->danger ? "<p><button class=\"danger\">" : "<p><button>");
	web_both(q, b, a->zh, a->en);
	web_html(b, "</button></p></form></details>");
}

static void acts(struct web_req *q, struct fj_buf *b, const struct portal_noun *n, const json_t *o)
{
	const char *state = fj_json_peek(o, "state"), *id = fj_json_peek(o, n->key);
	bool any = false;

	for (size_t k = 0; state != NULL && id != NULL && k < FJ_ARRAY_LEN(n->acts) && n->acts[k].verb != NULL; k++) {
		if (!offered(q, n, &n->acts[k], state))
			continue;
		if (!any) {
			web_html(b, "<h2>");
			web_both(q, b, "办理", "Acts");
			web_html(b, "</h2>");
		}
		any = true;
		act_form(q, b, n, &n->acts[k], id);
	}
}

static void details(struct web_req *q, struct fj_buf *b, const struct portal_noun *n, json_t *o)
{
	FJ_AUTO(json) blocks = json_incref(json_object_get(o, "card"));

	json_object_del(o, "card");
	if (json_integer_value(json_object_get(o, "reason")) == 0) /* of a certificate that nobody took back */
		json_object_del(o, "reason");
	web_fields(q, b, o, portal_links);
	if (strcmp(n->name, "token") == 0) {
		web_html(b, "<p class=\"notice\">");
		web_both(q, b, "以上为令牌本身的状态；所属授权或证书暂停、终止时，令牌同样不予认可。", "This is the token's own state: it is denied as well while its authorisation or certificate is not in force.");
		web_html(b, "</p>");
	}
	portal_card(q, b, blocks);
	web_technical(q, b, o);
}

void portal_get_show(struct web_req *q, struct web_res *r)
{
	const struct portal_noun *n = portal_noun_of(web_param(q, "noun"));
	json_t *out = NULL;
	struct fj_err err = {0};
	struct fj_buf *b = &r->body;
	char name[64];

	if (n == NULL) {
		no_such(q, r);
		return;
	}
	FJ_AUTO(json) params = json_pack("{s:s}", n->ask, web_param(q, "id"));
	snprintf(name, sizeof(name), "%s.show", n->name);
	if (portal_command(q, name, params, &out, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	FJ_AUTO(json) owned = out;
	portal_top(q, b, n->one_zh, n->one_en);
	portal_done(q, b);
	details(q, b, n, owned);
	acts(q, b, n, owned);
	web_page_end(b);
}

static const char *done_word(const struct portal_act *a, const json_t *answer)
{
	if (fj_json_peek(answer, "approval") != NULL)
		return a->danger ? "suspended" : "waiting";
	return json_is_false(json_object_get(answer, "published")) ? "unpublished" : "done";
}

void portal_post_act(struct web_req *q, struct web_res *r)
{
	const struct portal_noun *n = portal_noun_of(web_param(q, "noun"));
	const struct portal_act *a = NULL;
	json_t *out = NULL;
	struct fj_err err = {0};
	char name[96], to[300];

	for (size_t k = 0; n != NULL && k < FJ_ARRAY_LEN(n->acts) && n->acts[k].verb != NULL; k++)
		if (strcmp(n->acts[k].verb, web_param(q, "verb")) == 0)
			a = &n->acts[k];
	if (a == NULL) {
		no_such(q, r);
		return;
	}
	FJ_AUTO(json) params = json_pack("{s:s, s:s}", n->ask, web_param(q, "id"), "reason", web_field(q, "reason"));
	snprintf(name, sizeof(name), "%s.%s", n->name, a->verb);
	if (portal_command(q, name, params, &out, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	FJ_AUTO(json) answer = out;
	if (fj_json_peek(answer, "approval") != NULL)
		snprintf(to, sizeof(to), "/inbox?done=%s", done_word(a, answer));
	else
		snprintf(to, sizeof(to), "/show/%s/%.200s?done=%s", n->path, web_param(q, "id"), done_word(a, answer));
	web_redirect(r, to);
}
