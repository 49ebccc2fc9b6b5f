/*
 * inbox.c - what waits for a decision (R22): who asks for what, and the two
 * buttons for those who may decide.
 */
#include "web/portal/internal.h"

#define PAGE 50 /* approvals with all that they ask for */

/* what contradicts itself is approved only with the box ticked (domain.md 3.4) */
static void confirm_box(struct web_req *q, struct fj_buf *b, const json_t *odd)
{
	if (!json_is_object(odd))
		return;
	web_html(b, "<p class=\"notice\">");
	web_value(q, b, "detail", odd, NULL);
	web_html(b, "</p><label class=\"box\"><input type=\"checkbox\" name=\"confirm\" value=\"true\" required> ");
	web_say(q, b, "I have seen this contradiction and confirm it");
	web_html(b, "</label>");
}

static void decide_form(struct web_req *q, struct fj_buf *b, const char *id, const char *verb, const json_t *odd, const char *text)
{
	web_print(b, "<form method=\"post\" action=\"/approvals/%s/%s\">", id, verb);
	portal_csrf(q, b);
	confirm_box(q, b, odd);
	web_html(b, strcmp(verb, "reject") == 0 ? "<button class=\"quiet\">" : "<button>");
	web_text(b, text);
	web_html(b, "</button></form>");
}

static void object(struct web_req *q, struct fj_buf *b, const char *kind, const char *id)
{
	char noun[64], prefix[80];
	const struct web_link self[] = {{"object", prefix}, {NULL, NULL}};
	FJ_AUTO(json) text = json_string(id);

	snprintf(noun, sizeof(noun), "%.*s", (int)strcspn(kind, "."), kind); /* "certificate.revoke" is about a certificate */
	snprintf(prefix, sizeof(prefix), "/show/%s/", noun);
	bool there = strncmp(id, "DAC-", 4) == 0 || strncmp(id, "DAU-", 4) == 0 || strncmp(id, "LT-", 3) == 0;
	web_html(b, "<span class=\"mono\">");
	web_value(q, b, "object", text, there ? self : NULL);
	web_html(b, "</span>");
}

static void one(struct web_req *q, struct fj_buf *b, const json_t *a)
{
	const char *kind = fj_json_peek(a, "kind"), *id = fj_json_peek(a, "id");

	web_html(b, "<section class=\"card\"><h2>");
	web_text(b, web_word(q, WEB_MATTER, kind));
	web_html(b, " ");
	object(q, b, kind, fj_json_peek(a, "object"));
	web_html(b, "</h2><p class=\"small\">");
	web_say(q, b, "Requested by ");
	web_text(b, fj_json_peek(a, "applicant"));
	web_say(q, b, ", ");
	web_text_times(b, fj_json_peek(a, "requested_at"));
	web_say(q, b, ", number ");
	web_html(b, "<span class=\"mono\">");
	web_text(b, id);
	web_html(b, "</span></p>");
	web_fields(q, b, json_object_get(a, "payload"), portal_links);
	web_technical(q, b, json_object_get(a, "payload"));
	web_html(b, "<div class=\"acts\">");
	if (json_is_true(json_object_get(a, "mine"))) {
		decide_form(q, b, id, "approve", json_object_get(a, "to_confirm"), web_tr(q, "Approve"));
		decide_form(q, b, id, "reject", NULL, web_tr(q, "Reject"));
	} else {
		web_html(b, "<p class=\"small\">");
		web_say(q, b, "Waits for others: neither its applicant nor another organisation's officer decides it (R22).");
		web_html(b, "</p>");
	}
	web_html(b, "</div></section>");
}

static void pager(struct web_req *q, struct fj_buf *b, const char *next)
{
	web_html(b, "<p class=\"pager\">");
	if (web_field(q, "after")[0] != '\0') {
		web_html(b, "<a href=\"/inbox\">");
		web_say(q, b, "First page");
		web_html(b, "</a> ");
	}
	if (next != NULL) {
		web_html(b, "<a href=\"/inbox?after=");
		web_url(b, next);
		web_html(b, "\">");
		web_say(q, b, "Next page");
		web_html(b, "</a>");
	}
	web_html(b, "</p>");
}

void portal_get_inbox(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(json) params = json_pack("{s:i}", "limit", PAGE);
	json_t *out = NULL, *a;
	struct fj_err err = {0};
	struct fj_buf *b = &r->body;
	size_t i;

	if (web_field(q, "after")[0] != '\0')
		json_object_set_new(params, "after", json_string(web_field(q, "after")));
	if (portal_command(q, "approval.list", params, &out, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	FJ_AUTO(json) owned = out;
	const json_t *items = json_object_get(owned, "items");
	portal_top(q, b, web_tr(q, "What waits for a decision"));
	portal_done(q, b);
	if (json_array_size(items) == 0) {
		web_html(b, "<p class=\"notice\">");
		web_say(q, b, "Nothing waits for a decision.");
		web_html(b, "</p>");
	}
	json_array_foreach(items, i, a)
		one(q, b, a);
	pager(q, b, fj_json_peek(owned, "next"));
	web_page_end(b);
}

/* the second half of a new user's one-time code is told once, to who approved, and never
 * stored; who asked for the user has the first half */
static void show_code(struct web_req *q, struct web_res *r, const json_t *answer)
{
	struct fj_buf *b = &r->body;

	portal_top(q, b, web_tr(q, "The user is entered"));
	web_html(b, "<p>");
	web_say(q, b, "This is the second half of the one-time code: hand it to the user in person. The applicant hands over the first half. It can't be shown again.");
	web_html(b, "</p><dl><div><dt>");
	web_say(q, b, "Login");
	web_html(b, "</dt><dd class=\"mono\">");
	web_text(b, fj_json_peek(answer, "login") == NULL ? "" : fj_json_peek(answer, "login"));
	web_html(b, "</dd></div><div><dt>");
	web_say(q, b, "Second half of the code");
	web_html(b, "</dt><dd class=\"mono\">");
	web_text(b, fj_json_peek(answer, "code_second"));
	web_html(b, "</dd></div></dl>");
	web_page_end(b);
}

static void decide(struct web_req *q, struct web_res *r, const char *name, const char *done)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "id", web_param(q, "id"));
	json_t *out = NULL;
	struct fj_err err = {0};
	char to[64];

	if (strcmp(web_field(q, "confirm"), "true") == 0)
		json_object_set_new(params, "confirm", json_true());
	if (portal_command(q, name, params, &out, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	FJ_AUTO(json) answer = out;
	if (fj_json_peek(answer, "code_second") != NULL) {
		show_code(q, r, answer);
		return;
	}
	snprintf(to, sizeof(to), "/inbox?done=%s", json_is_false(json_object_get(answer, "published")) ? "unpublished" : done);
	web_redirect(r, to);
}

void portal_post_approve(struct web_req *q, struct web_res *r)
{
	decide(q, r, "approval.approve", "approved");
}

void portal_post_reject(struct web_req *q, struct web_res *r)
{
	decide(q, r, "approval.reject", "rejected");
}
