/*
 * timeline.c - what happened, from top to bottom: an object's history, and the course of a
 * registration with what is still to come.
 *
 * Each step says what, who, when and on what clause; what is done, due now and to come have a
 * sign of their own.
 */
#include "web/portal/internal.h"

#define STEPS 40

static void who(struct web_req *q, struct fj_buf *b, const json_t *e)
{
	const json_t *actor = json_object_get(e, "actor"), *org = json_object_get(e, "org");
	const char *name = fj_json_text(actor, "name"), *login = fj_json_text(actor, "login");

	if (login[0] != '\0') {
		web_print(b, "<span>%s", name[0] != '\0' ? name : strcmp(login, "system") == 0 ? web_tr(q, "the register itself") : strcmp(login, "local") == 0 ? web_tr(q, "without an account: the public, or at the appliance itself") : login);
		if (fj_json_text(e, "behalf")[0] != '\0') {
			web_html(b, " ");
			web_say(q, b, "on behalf of %s", fj_json_text(e, "behalf"));
		}
		web_html(b, "</span>");
	}
	if (fj_json_text(org, "name")[0] != '\0')
		web_print(b, " <a href=\"/show/organisation/%s\">%s</a>", fj_json_text(org, "usci"), fj_json_text(org, "name"));
}

static void clause(struct web_req *q, struct fj_buf *b, const json_t *e)
{
	if (fj_json_text(e, "clause")[0] == '\0')
		return;
	web_html(b, "<p class=\"small\">");
	portal_basis(q, b, fj_json_text(e, "basis"), fj_json_text(e, "clause"));
	web_html(b, "</p>");
}

static void what(struct web_req *q, struct fj_buf *b, const json_t *e)
{
	const json_t *w = json_object_get(e, "what");

	web_text(b, w != NULL ? web_either(q, fj_json_peek(w, "zh"), fj_json_text(w, "en")) : fj_json_text(e, "kind"));
}

/* a reason or note, a matter or a verdict: what the event says for people */
static void said(struct web_req *q, struct fj_buf *b, const json_t *e)
{
	static const char *const keys[] = {"note", "reason"};
	const json_t *body = json_object_get(e, "body");

	for (size_t i = 0; i < FJ_ARRAY_LEN(keys); i++) {
		const json_t *v = json_object_get(body, keys[i]);
		if (json_is_string(v) && json_string_value(v)[0] != '\0') {
			web_html(b, "<p>");
			web_value(q, b, keys[i], v, NULL);
			web_html(b, "</p>");
		}
	}
	if (strcmp(fj_json_text(e, "kind"), "approval.requested") == 0)
		web_print(b, "<p>%s</p>", web_word(q, WEB_MATTER, fj_json_text(body, "kind")));
	if (strcmp(fj_json_text(e, "kind"), "approval.decided") == 0)
		web_print(b, "<p>%s</p>", strcmp(fj_json_text(body, "verdict"), "approve") == 0 ? web_tr(q, "Approved") : web_tr(q, "Rejected"));
}

static void event(struct web_req *q, struct fj_buf *b, const json_t *e, const char *object)
{
	web_html(b, "<li class=\"done\"><p><strong>✔ ");
	what(q, b, e);
	web_html(b, "</strong> ");
	if (strcmp(fj_json_text(e, "object"), object) != 0) {
		web_html(b, "<span class=\"small\">");
		web_value(q, b, "object", json_object_get(e, "object"), portal_links);
		web_html(b, "</span> ");
	}
	web_value(q, b, "at", json_object_get(e, "at"), NULL);
	web_html(b, " · ");
	who(q, b, e);
	web_html(b, "</p>");
	said(q, b, e);
	clause(q, b, e);
	if (strncmp(fj_json_text(e, "approval"), "AP-", 3) == 0 && strcmp(fj_json_text(e, "approval"), fj_json_text(e, "object")) != 0)
		web_print(b, "<p class=\"small\">%s <a class=\"mono\" href=\"/approvals/%s\">%s</a></p>", web_tr(q, "By approval"), fj_json_text(e, "approval"), fj_json_text(e, "approval"));
	web_html(b, "</li>");
}

void portal_history(struct web_req *q, struct fj_buf *b, const char *object, const char *here)
{
	FJ_AUTO(json) params = json_pack("{s:s, s:i}", "object", object, "limit", STEPS);
	FJ_AUTO(json) answer = NULL;
	const char *after = web_field(q, "events");
	struct fj_err err = {0};
	size_t i;
	json_t *e;

	if (after[0] != '\0' && strlen(after) < 18 && strspn(after, "0123456789") == strlen(after))
		json_object_set_new(params, "after", json_integer(strtoll(after, NULL, 10)));
	if (portal_command(q, "find.history", params, &answer, &err) != FJ_OK || json_array_size(json_object_get(answer, "items")) == 0)
		return;
	web_print(b, "<h2 id=\"history\">%s</h2><ol class=\"timeline\">", web_tr(q, "History"));
	json_array_foreach(json_object_get(answer, "items"), i, e)
		event(q, b, e, object);
	web_html(b, "</ol>");
	if (json_is_integer(json_object_get(answer, "next")))
		web_print(b, "<p class=\"pager\"><a href=\"%s?events=%lld#history\">%s</a></p>", here, (long long)fj_json_num(answer, "next"), web_tr(q, "What happened after that"));
}

/* --- the course of a registration, or of a plan --- */

static void missing(struct web_req *q, struct fj_buf *b, const json_t *step)
{
	const json_t *list = json_object_get(step, "missing");
	size_t i;
	json_t *v;

	if (json_array_size(list) == 0)
		return;
	web_print(b, "<p>%s</p><ul>", web_tr(q, "Missing:"));
	json_array_foreach(list, i, v)
		web_print(b, "<li>%s</li>", iss_material_word(json_string_value(v), web_lang(q)[0] == 'e'));
	web_html(b, "</ul>");
}

/* its term, and how many working days are left */
static void due_line(struct web_req *q, struct fj_buf *b, const json_t *course)
{
	long long left = fj_json_num(course, "days_left");

	web_print(b, json_is_true(json_object_get(course, "overdue")) ? "<p class=\"error\">%s " : "<p>%s ", web_tr(q, "Due"));
	web_value(q, b, "at", json_object_get(course, "due"), NULL);
	if (json_object_get(course, "days_left") == NULL) {
		web_html(b, "</p>");
		return;
	}
	web_html(b, " · ");
	if (left < 0)
		web_say(q, b, "%lld working days late", -left);
	else
		web_say(q, b, "%lld working days left", left);
	web_html(b, "</p>");
}

static void step(struct web_req *q, struct fj_buf *b, const json_t *s, const json_t *course)
{
	const char *state = fj_json_text(s, "state");
	bool done = strcmp(state, "DONE") == 0, now = strcmp(state, "NOW") == 0;

	web_print(b, done ? "<li class=\"done\"><p><strong>✔ " : now ? "<li class=\"now\" aria-current=\"step\"><p><strong>● " : "<li class=\"next\"><p><strong>○ ");
	what(q, b, s);
	web_html(b, "</strong> ");
	if (done) {
		web_value(q, b, "at", json_object_get(s, "at"), NULL);
		web_html(b, " · ");
	} else {
		web_print(b, "<span class=\"tag\">%s</span> %s ", now ? web_tr(q, "now") : web_tr(q, "to come"), web_word(q, WEB_ROLE, fj_json_text(s, "role")));
	}
	who(q, b, s);
	if (json_is_true(json_object_get(s, "late")))
		web_print(b, " <span class=\"tag\">▲ %s</span>", web_tr(q, "after its term"));
	web_html(b, "</p>");
	if (fj_json_text(s, "note")[0] != '\0')
		web_print(b, "<p>%s</p>", fj_json_text(s, "note"));
	missing(q, b, s);
	clause(q, b, s);
	if (now && json_object_get(course, "due") != NULL)
		due_line(q, b, course);
	web_html(b, "</li>");
}

void portal_course(struct web_req *q, struct fj_buf *b, const char *command, const char *id)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "id", id);
	FJ_AUTO(json) course = NULL;
	struct fj_err err = {0};
	size_t i;
	json_t *s;

	if (portal_command(q, command, params, &course, &err) != FJ_OK)
		return;
	web_print(b, "<h2 id=\"course\">%s</h2>", web_tr(q, "Course"));
	if (json_object_get(course, "turn") == NULL)
		web_print(b, "<p>%s</p>", json_is_true(json_object_get(course, "closed")) ? web_tr(q, "It is closed: nothing follows from it.") : web_tr(q, "It is complete."));
	web_html(b, "<ol class=\"timeline\">");
	json_array_foreach(json_object_get(course, "steps"), i, s)
		step(q, b, s, course);
	web_html(b, "</ol>");
}
