/*
 * inbox.c - what waits for a decision (R22), as a short list with filters; and several
 * like things decided at once.
 *
 * Each approval has a page of its own (approval.c).  At most BATCH of one kind are decided
 * together, and every one of them is shown on the page that asks for the decision; each is decided
 * by itself, so that one that is refused holds up none of the others.
 */
#include "base/jws.h"
#include "web/portal/internal.h"

#define PAGE 50
#define BATCH 20

/* --- the list --- */

static void waits_for(struct web_req *q, struct fj_buf *b, const json_t *a)
{
	const json_t *w = json_object_get(a, "waiting_for");

	if (json_is_object(w)) {
		web_print(b, "%s ", web_word(q, WEB_ROLE, fj_json_text(w, "role")));
		web_value(q, b, "org", json_object_get(w, "org"), portal_links);
	} else {
		web_value(q, b, "state", json_object_get(a, "state"), NULL);
	}
}

static void row(struct web_req *q, struct fj_buf *b, const json_t *a, bool boxes)
{
	const char *id = fj_json_text(a, "id"), *kind = fj_json_text(a, "kind");

	web_html(b, "<tr>");
	if (boxes && json_is_null(json_object_get(a, "to_confirm")))
		web_print(b, "<td class=\"tick\" data-label=\"%s\"><label><input type=\"checkbox\" name=\"ids\" value=\"%s\"><span class=\"unseen\">%s %s</span></label></td>", web_tr(q, "Select"), id, web_tr(q, "Select"), id);
	else if (boxes)
		web_print(b, "<td class=\"tick\" data-label=\"%s\">—</td>", web_tr(q, "Select"));
	web_print(b, "<td data-label=\"%s\"><div><a href=\"/approvals/%s\">%s</a></div></td><td data-label=\"%s\"><div>", web_tr(q, "Matter"), id, web_word(q, WEB_MATTER, kind), web_label(q, "object"));
	portal_object(q, b, a);
	web_print(b, "</div></td><td data-label=\"%s\"><div>%s</div></td><td data-label=\"%s\"><div>", web_label(q, "applicant"), fj_json_text(a, "applicant"), web_label(q, "requested_at"));
	web_cell(q, b, "requested_at", json_object_get(a, "requested_at"), NULL);
	web_print(b, "</div></td><td data-label=\"%s\"><div>", web_label(q, "waiting_for"));
	waits_for(q, b, a);
	web_html(b, "</div></td></tr>");
}

static void table(struct web_req *q, struct fj_buf *b, const json_t *items, bool boxes)
{
	const char *heads[] = {web_tr(q, "Matter"), web_label(q, "object"), web_label(q, "applicant"), web_label(q, "requested_at"), web_label(q, "waiting_for")};
	size_t i;
	json_t *a;

	if (boxes) {
		web_print(b, "<form method=\"get\" action=\"/approvals/batch\"><table class=\"list\"><thead><tr><th scope=\"col\">%s</th>", web_tr(q, "Select"));
	} else {
		web_html(b, "<table class=\"list\"><thead><tr>");
	}
	for (i = 0; i < FJ_ARRAY_LEN(heads); i++)
		web_print(b, "<th scope=\"col\">%s</th>", heads[i]);
	web_html(b, "</tr></thead><tbody>");
	json_array_foreach(items, i, a)
		row(q, b, a, boxes);
	web_html(b, "</tbody></table>");
	if (!boxes)
		return;
	web_print(b, "<p><button class=\"quiet\">%s</button> <span class=\"small\">", web_tr(q, "Look at those ticked and decide"));
	web_say(q, b, "Of one kind, %d at most; each is shown before you decide.", BATCH);
	web_html(b, "</span></p></form>");
}

static bool several_of_a_kind(const json_t *items)
{
	for (size_t i = 0; i < json_array_size(items); i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(fj_json_text(json_array_get(items, i), "kind"), fj_json_text(json_array_get(items, k), "kind")) == 0)
				return true;
	return false;
}

/* --- which of them --- */

static const struct view {
	const char *name, *text, *none, *member, *value; /* the parameter of approval.list that it is */
} views[] = {
	{"mine", WEB_N("For me to decide"), WEB_N("Nothing waits for your decision."), "mine", NULL},
	{"asked", WEB_N("Asked for by me"), WEB_N("You have asked for nothing that waits."), "applicant", NULL},
	{"all", WEB_N("All that wait"), WEB_N("Nothing waits for a decision."), NULL, NULL},
	{"approved", WEB_N("Approved"), WEB_N("There are none."), "state", "APPROVED"},
	{"rejected", WEB_N("Rejected"), WEB_N("There are none."), "state", "REFUSED"},
};

static const struct view *view_of(struct web_req *q)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(views); i++)
		if (strcmp(web_field(q, "view"), views[i].name) == 0)
			return &views[i];
	return &views[0];
}

static void tabs(struct web_req *q, struct fj_buf *b, const struct view *v)
{
	web_print(b, "<nav class=\"tabs\" aria-label=\"%s\">", web_tr(q, "Which approvals"));
	for (size_t i = 0; i < FJ_ARRAY_LEN(views); i++)
		web_print(b, v == &views[i] ? "<a href=\"/inbox?view=%s\" aria-current=\"page\">%s</a>" : "<a href=\"/inbox?view=%s\">%s</a>", views[i].name, web_tr(q, views[i].text));
	web_html(b, "</nav>");
}

/* kinds that stand on this page; the one that is chosen too */
static void kind_filter(struct web_req *q, struct fj_buf *b, const struct view *v, const json_t *items)
{
	const char *chosen = web_field(q, "kind");
	FJ_AUTO(json) seen = json_object();
	const char *kind;
	size_t i;
	json_t *a;

	json_array_foreach(items, i, a)
		json_object_set_new(seen, fj_json_text(a, "kind"), json_true());
	if (chosen[0] != '\0')
		json_object_set_new(seen, chosen, json_true());
	if (json_object_size(seen) < 2 && chosen[0] == '\0')
		return;
	web_print(b, "<form class=\"find\" method=\"get\" action=\"/inbox\"><input type=\"hidden\" name=\"view\" value=\"%s\"><label for=\"kind\">%s</label><select id=\"kind\" name=\"kind\"><option value=\"\">%s</option>", v->name,
	    web_tr(q, "Matter"), web_tr(q, "All matters"));
	json_object_foreach(seen, kind, a)
		web_print(b, strcmp(kind, chosen) == 0 ? "<option value=\"%s\" selected>%s</option>" : "<option value=\"%s\">%s</option>", kind, web_word(q, WEB_MATTER, kind));
	web_print(b, "</select><button class=\"quiet\">%s</button></form>", web_tr(q, "Filter"));
}

static enum fj_rc ask(struct web_req *q, const struct view *v, const char *after, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) params = json_pack("{s:i, s:b}", "limit", PAGE, "brief", 1);

	if (v->member != NULL && v->value != NULL)
		json_object_set_new(params, v->member, json_string(v->value));
	else if (v->member != NULL)
		json_object_set_new(params, v->member, strcmp(v->member, "mine") == 0 ? json_true() : json_string(portal_actor(q)->login));
	if (web_field(q, "kind")[0] != '\0')
		json_object_set_new(params, "kind", json_string(web_field(q, "kind")));
	if (after[0] != '\0')
		json_object_set_new(params, "after", json_string(after));
	return portal_command(q, "approval.list", params, out, err);
}

static void pager(struct web_req *q, struct fj_buf *b, const struct view *v, const char *next)
{
	web_html(b, "<p class=\"pager\">");
	if (web_field(q, "after")[0] != '\0')
		web_print(b, "<a href=\"/inbox?view=%s&amp;kind=%s\">%s</a> ", v->name, web_field(q, "kind"), web_tr(q, "First page"));
	if (next != NULL)
		web_print(b, "<a href=\"/inbox?view=%s&amp;kind=%s&amp;after=%s\">%s</a>", v->name, web_field(q, "kind"), next, web_tr(q, "Next page"));
	web_html(b, "</p>");
}

static void view_page(struct web_req *q, struct fj_buf *b, const struct view *v, const json_t *answer)
{
	const json_t *items = json_object_get(answer, "items");

	tabs(q, b, v);
	kind_filter(q, b, v, items);
	if (json_array_size(items) == 0)
		web_print(b, "<p class=\"notice\">%s</p>", web_tr(q, v->none));
	else
		table(q, b, items, strcmp(v->name, "mine") == 0 && several_of_a_kind(items));
	pager(q, b, v, fj_json_peek(answer, "next"));
}

/* what waits to be done and is no approval stands here as on the home page */
static void tasks(struct web_req *q, struct fj_buf *b)
{
	FJ_AUTO(json) none = json_object();
	json_t *home = NULL;

	if (portal_command(q, "home.show", none, &home, NULL) != FJ_OK)
		return;
	portal_acts(q, b, json_object_get(json_object_get(home, "waiting"), "acts"));
	json_decref(home);
}

void portal_get_inbox(struct web_req *q, struct web_res *r)
{
	const struct view *v = view_of(q);
	json_t *out = NULL, *asked = NULL;
	struct fj_err err = {0};

	if (ask(q, v, web_field(q, "after"), &out, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	FJ_AUTO(json) owned = out;
	portal_top(q, &r->body, web_tr(q, "What waits for a decision"));
	portal_done(q, &r->body);
	view_page(q, &r->body, v, owned);
	if (v == &views[0] && web_field(q, "after")[0] == '\0')
		tasks(q, &r->body);
	/* what one asked for oneself is looked for here too */
	if (v == &views[0] && web_field(q, "after")[0] == '\0' && ask(q, &views[1], "", &asked, &err) == FJ_OK && json_array_size(json_object_get(asked, "items")) > 0) {
		web_print(&r->body, "<h2>%s</h2>", web_tr(q, "Asked for by me"));
		table(q, &r->body, json_object_get(asked, "items"), false);
	}
	json_decref(asked);
	web_page_end(&r->body);
}

/* --- several at once --- */

static bool choose(struct web_req *q, struct web_res *r, json_t *ids)
{
	struct fj_err err = {0};
	size_t at = 0;
	const char *id;

	while ((id = web_field_next(q, "ids", &at)) != NULL)
		if (id[0] != '\0' && !fj_list_has(ids, id))
			json_array_append_new(ids, json_string(id));
	if (json_array_size(ids) > 0 && json_array_size(ids) <= BATCH)
		return true;
	fj_fail(&err, FJ_E_INVALID, "portal", NULL, "tick one to %d approvals; more are decided in several turns", BATCH);
	fj_err_zh(&err, "请勾选 1 至 %d 项审批；更多的请分批办理", BATCH);
	web_fail(q, r, &err);
	return false;
}

/* the approvals that are named: each is mine to decide, and all of one kind */
static enum fj_rc load(struct web_req *q, const json_t *ids, json_t *list, struct fj_err *err)
{
	const char *kind = NULL;
	size_t i;
	json_t *v;

	json_array_foreach(ids, i, v) {
		FJ_AUTO(json) params = json_pack("{s:O}", "id", v);
		json_t *a = NULL, *p = NULL;
		FJ_TRY(portal_command(q, "approval.show", params, &a, err));
		FJ_AUTO(json) owned = a;
		json_object_set_new(params, "limit", json_integer(2));
		FJ_TRY(portal_command(q, "approval.preview", params, &p, err));
		json_object_set_new(owned, "preview", p);
		json_array_append(list, owned);
		if (kind != NULL && strcmp(kind, fj_json_text(owned, "kind")) != 0) {
			enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "portal", NULL, "these approvals are of different kinds; decide like things together");
			fj_err_zh(err, "所选审批事项不同类，请选择同类事项一并审批");
			return rc;
		}
		kind = fj_json_text(json_array_get(list, 0), "kind");
	}
	return FJ_OK;
}

static void batch_item(struct web_req *q, struct fj_buf *b, const json_t *a)
{
	web_html(b, "<section class=\"card\"><h2>");
	portal_object(q, b, a);
	web_print(b, "</h2><p class=\"small\"><a href=\"/approvals/%s\">%s</a> · %s %s · ", fj_json_text(a, "id"), fj_json_text(a, "id"), web_label(q, "applicant"), fj_json_text(a, "applicant"));
	web_value(q, b, "requested_at", json_object_get(a, "requested_at"), NULL);
	web_html(b, "</p>");
	if (!json_is_true(json_object_get(a, "mine")))
		web_print(b, "<p class=\"error\">%s</p>", web_tr(q, "This one is not yours to decide, or is decided already."));
	portal_content(q, b, fj_json_text(a, "kind"), json_object_get(a, "preview"), false);
	if (fj_json_peek(json_object_get(a, "preview"), "next") != NULL)
		web_print(b, "<p><a href=\"/approvals/%s\">%s</a></p>", fj_json_text(a, "id"), web_tr(q, "All of them"));
	if (json_array_size(json_object_get(json_object_get(a, "preview"), "documents")) == 0 && json_object_get(json_object_get(a, "preview"), "report") == NULL)
		web_fields(q, b, json_object_get(a, "payload"), portal_links);
	web_print(b, "<p class=\"small\">%s <span class=\"mono\">%s</span></p></section>", web_tr(q, "The approval is bound to this request, SHA-256:"), fj_json_text(a, "digest"));
}

static void batch_form(struct web_req *q, struct fj_buf *b, const json_t *list)
{
	size_t i;
	json_t *a;

	web_print(b, "<form method=\"post\" action=\"/approvals/batch\" class=\"fill card\" id=\"decide\"><h2>%s</h2>", web_tr(q, "Your decision"));
	portal_csrf(q, b);
	json_array_foreach(list, i, a) {
		portal_hidden(b, "ids", fj_json_text(a, "id"));
		portal_hidden(b, "digests", fj_json_text(a, "digest"));
	}
	web_print(b, "<label for=\"note\">%s</label><textarea class=\"prose\" id=\"note\" name=\"note\" maxlength=\"400\"></textarea>", web_tr(q, "Reason (needed for rejecting; the applicants read it)"));
	web_html(b, "<p class=\"acts\"><button name=\"verdict\" value=\"approve\">");
	web_say(q, b, "Approve these %zu", json_array_size(list));
	web_html(b, "</button> <button class=\"danger\" name=\"verdict\" value=\"reject\">");
	web_say(q, b, "Reject these %zu", json_array_size(list));
	web_html(b, "</button></p></form>");
}

void portal_get_batch(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(json) ids = json_array();
	FJ_AUTO(json) list = json_array();
	struct fj_err err = {0};
	size_t i;
	json_t *a;

	if (web_field(q, "ids")[0] == '\0') { /* nothing ticked: the list to tick in */
		portal_get_inbox(q, r);
		return;
	}
	if (!choose(q, r, ids))
		return;
	if (load(q, ids, list, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	portal_top(q, &r->body, web_word(q, WEB_MATTER, fj_json_text(json_array_get(list, 0), "kind")));
	web_html(&r->body, "<p>");
	web_say(q, &r->body, "%zu approvals of one kind, each as it will be carried out.", json_array_size(list));
	web_print(&r->body, " <a href=\"#decide\">%s</a></p>", web_tr(q, "To the decision"));
	json_array_foreach(list, i, a)
		batch_item(q, &r->body, a);
	batch_form(q, &r->body, list);
	web_page_end(&r->body);
}

static bool outcome(struct web_req *q, struct fj_buf *b, const char *id, const char *digest, bool yes)
{
	json_t *answer = NULL;
	struct fj_err err = {0};
	bool done = portal_decide(q, yes ? "approval.approve" : "approval.reject", id, digest, &answer, &err) == FJ_OK;

	web_print(b, "<li class=\"%s\"><p><a class=\"mono\" href=\"/approvals/%s\">%s</a> <span class=\"tag\">", done ? "done" : "ended", id, id);
	if (done)
		web_print(b, "✔ %s</span></p>", yes ? web_tr(q, "Approved") : web_tr(q, "Rejected"));
	else
		web_print(b, "✘ %s</span></p>", web_tr(q, "Not done"));
	if (!done)
		portal_error(q, b, &err);
	web_html(b, "</li>");
	json_decref(answer);
	return done;
}

void portal_post_batch(struct web_req *q, struct web_res *r)
{
	bool yes = strcmp(web_field(q, "verdict"), "approve") == 0;
	FJ_AUTO(json) ids = json_array();
	size_t at = 0, i, done = 0;
	json_t *id;

	if (!choose(q, r, ids))
		return;
	portal_top(q, &r->body, web_tr(q, "Decided together"));
	web_html(&r->body, "<ul class=\"timeline\">");
	json_array_foreach(ids, i, id) {
		const char *digest = web_field_next(q, "digests", &at);
		done += outcome(q, &r->body, json_string_value(id), digest == NULL ? "" : digest, yes);
	}
	web_html(&r->body, "</ul><p class=\"notice\" role=\"status\">");
	web_say(q, &r->body, "Done: %zu. Not done: %zu.", done, json_array_size(ids) - done);
	web_print(&r->body, "</p><p class=\"pager\"><a href=\"/inbox\">%s</a></p>", web_tr(q, "Back to the inbox"));
	web_page_end(&r->body);
}
