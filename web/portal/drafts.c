/*
 * drafts.c - forms that were not sent: saved by a button (or by the script, every
 * minute), listed, taken up where they stood, thrown away.
 *
 * Any form of a command that changes something can be saved.  What is kept are the
 * texts; files are chosen again, and what is secret is not kept.  A draft that was
 * sent is gone when its act is done.
 */
#include "web/portal/internal.h"

static json_t *without_secrets(const json_t *fill)
{
	json_t *out = json_copy((json_t *)(uintptr_t)fill);
	const char *key;
	json_t *v;
	void *next;

	json_object_foreach_safe(out, next, key, v)
		if (key[0] == '!' || portal_is_secret(key) || strstr(key, PORTAL_HELD) != NULL)
			json_object_del(out, key);
	return out;
}

enum fj_rc portal_draft_keep(struct web_req *q, const struct iss_command_info *c, const json_t *fill, char id[ISS_DRAFT_CAP], struct fj_err *err)
{
	FJ_AUTO(iss_draft) d = {.fill = without_secrets(fill)};

	if (d.fill == NULL || fj_strcopy(d.id, sizeof(d.id), id) != FJ_OK || fj_strcopy(d.command, sizeof(d.command), c->name) != FJ_OK)
		return portal_no_memory(err);
	enum fj_rc rc = iss_draft_save(portal_of(q)->i, portal_actor(q), &d, err);
	if (rc == FJ_E_NOTFOUND && d.id[0] != '\0') { /* it was thrown away meanwhile: this is a new one */
		d.id[0] = '\0';
		rc = iss_draft_save(portal_of(q)->i, portal_actor(q), &d, err);
	}
	snprintf(id, ISS_DRAFT_CAP, "%s", d.id);
	return rc;
}

void portal_draft_done(struct portal *p, const struct iss_actor *a, const char *id)
{
	struct fj_err err = {0};

	if (id[0] != '\0' && iss_draft_drop(p->i, a, id, &err) != FJ_OK)
		return; /* it ends by itself: the act is done */
}

bool portal_draft_take(struct web_req *q, const struct iss_command_info *c, const char *id, json_t *fill, bool *changed)
{
	FJ_AUTO(iss_draft) d = {.fill = NULL};

	*changed = false;
	if (id[0] == '\0' || iss_draft_get(portal_of(q)->i, portal_actor(q), id, &d, NULL) != FJ_OK || strcmp(d.command, c->name) != 0)
		return false;
	json_object_update(fill, d.fill);
	json_object_set_new(fill, PORTAL_DRAFT, json_string(d.id));
	*changed = d.changed;
	return true;
}

/* "Save draft" was asked for: as JSON for the script, else the form again, at its own address */
void portal_draft_answer(struct web_req *q, struct web_res *r, const struct iss_command_info *c, const json_t *fill, const char *back)
{
	char id[ISS_DRAFT_CAP] = "", to[PORTAL_TO];
	struct fj_err err = {0};

	snprintf(id, sizeof(id), "%.23s", web_field(q, "draft"));
	if (portal_draft_keep(q, c, fill, id, &err) != FJ_OK) {
		if (web_wants_json(q))
			web_problem(r, &err);
		else
			portal_form_page(q, r, c, fill, &err);
		return;
	}
	if (web_wants_json(q)) {
		FJ_AUTO(json) answer = json_pack("{s:s, s:s}", "draft", id, "said", web_tr(q, "Saved as a draft."));
		web_json(r, 200, answer);
		return;
	}
	portal_address("do", c->name, to);
	portal_to(to, "draft", id);
	portal_to(to, "saved", "1");
	portal_to(to, "back", back);
	web_redirect(r, to);
}

/* --- what stands above a form --- */

void portal_draft_told(struct web_req *q, struct fj_buf *b, bool changed)
{
	if (web_field(q, "saved")[0] != '\0')
		web_print(b, "<p class=\"notice ok\" role=\"status\">%s</p>", web_tr(q, "Saved as a draft. Nothing has been sent; files have to be chosen when it is."));
	if (changed)
		web_print(b, "<p class=\"notice\" role=\"status\">%s</p>", web_tr(q, "This form has changed since the draft was saved: go through it before you send it."));
}

void portal_drafts_of(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const char *under, const char *about)
{
	json_t *list = NULL, *v;
	char to[PORTAL_ADDRESS];
	size_t i, shown = 0;

	if (iss_draft_list(portal_of(q)->i, portal_actor(q), &list, NULL) != FJ_OK)
		return;
	FJ_AUTO(json) owned = list;
	json_array_foreach(owned, i, v) {
		if (strcmp(fj_json_text(v, "command"), c->name) != 0 || (about[0] != '\0' && strcmp(fj_json_text(v, "about"), about) != 0) || shown == 3)
			continue;
		portal_address(under, c->name, to);
		if (shown++ == 0)
			web_print(b, "<div class=\"notice\" role=\"status\"><p>%s</p><ul>", web_tr(q, "You have a draft of this form:"));
		web_print(b, "<li><a href=\"%s?draft=%s\">%s</a> <bdi>%s</bdi> ", to, fj_json_text(v, "id"), web_tr(q, "Continue"), fj_json_text(v, "about"));
		web_text_times(b, fj_json_text(v, "saved"));
		web_html(b, "</li>");
	}
	if (shown > 0)
		web_html(b, "</ul></div>");
}

/* --- the list --- */

static void drop_form(struct web_req *q, struct fj_buf *b, const char *id)
{
	web_html(b, "<form method=\"post\" action=\"/drafts/drop\">");
	portal_csrf(q, b);
	portal_hidden(b, "draft", id);
	web_print(b, "<button class=\"quiet\">%s</button></form>", web_tr(q, "Throw away"));
}

static void one(struct web_req *q, struct fj_buf *b, const json_t *v)
{
	char to[PORTAL_ADDRESS];
	const struct iss_command_info *c = iss_command_find(fj_json_text(v, "command"));

	if (c == NULL)
		return;
	portal_address(portal_wizard_of(c->name) != NULL ? "wizard" : "do", c->name, to);
	web_print(b, "<tr><td data-label=\"%s\"><a href=\"%s?draft=%s\">%s</a></td>", web_tr(q, "Act"), to, fj_json_text(v, "id"), web_either(q, c->zh, c->en));
	web_print(b, "<td data-label=\"%s\" class=\"mono\"><bdi>%s</bdi></td><td data-label=\"%s\">", web_tr(q, "About"), fj_json_text(v, "about"), web_tr(q, "Saved"));
	web_text_times(b, fj_json_text(v, "saved"));
	web_print(b, "</td><td data-label=\"%s\">", web_tr(q, "Kept until"));
	web_text_times(b, fj_json_text(v, "ends"));
	web_html(b, "</td><td>");
	drop_form(q, b, fj_json_text(v, "id"));
	web_html(b, "</td></tr>");
}

void portal_get_drafts(struct web_req *q, struct web_res *r)
{
	struct fj_buf *b = &r->body;
	struct fj_err err = {0};
	json_t *list = NULL, *v;
	size_t i;

	if (iss_draft_list(portal_of(q)->i, portal_actor(q), &list, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	FJ_AUTO(json) owned = list;
	portal_top(q, b, web_tr(q, "My drafts"));
	web_print(b, "<p class=\"small\">%s</p>", web_tr(q, "Forms that you began and did not send. Nobody else sees them; each is kept for 90 days after it was last saved."));
	if (json_array_size(owned) == 0)
		web_print(b, "<p class=\"notice\">%s</p>", web_tr(q, "You have no drafts. Every form has a button that saves one."));
	else
		web_print(b, "<table><thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\"><span class=\"unseen\">%s</span></th></tr></thead><tbody>",
		    web_tr(q, "Act"), web_tr(q, "About"), web_tr(q, "Saved"), web_tr(q, "Kept until"), web_tr(q, "Throw away"));
	json_array_foreach(owned, i, v)
		one(q, b, v);
	if (json_array_size(owned) > 0)
		web_html(b, "</tbody></table>");
	web_page_end(b);
}

void portal_post_draft_drop(struct web_req *q, struct web_res *r)
{
	struct fj_err err = {0};

	if (iss_draft_drop(portal_of(q)->i, portal_actor(q), web_field(q, "draft"), &err) != FJ_OK)
		web_fail(q, r, &err);
	else
		web_redirect(r, "/drafts");
}
