/*
 * profile.c - the policy profile of a finance department for people: its settings in groups, each
 * in words with its unit and with what it rests on; and what a change makes of which.
 *
 * Names, units and groups are those of profile.propose's fields (issuer/profile.def).  A setting's
 * key stands in the technical part alone.
 */
#include "web/portal/internal.h"

#define SHORT_LIST 4 /* items that stand in a line; more are folded below their number */

static const struct iss_field *settings(void)
{
	const struct iss_field *f = portal_field_of(iss_command_find("profile.propose"), "profile");

	return f == NULL ? NULL : f->members;
}

static const struct iss_field *setting(const char *key)
{
	for (const struct iss_field *m = settings(); m != NULL && m->name != NULL; m++)
		if (strcmp(m->name, key) == 0)
			return m;
	return NULL;
}

void portal_setting(struct web_req *q, struct fj_buf *b, const struct iss_field *f, const json_t *v)
{
	size_t n = json_is_array(v) ? json_array_size(v) : json_object_size(v);
	bool several = json_is_array(v) || json_is_object(v);

	if (several && n == 0) {
		web_say(q, b, "no entries");
	} else if (several && n > SHORT_LIST) {
		web_html(b, "<details><summary>");
		web_say(q, b, "%zu entries", n);
		web_html(b, "</summary>");
		portal_said_value(q, b, f, v);
		web_html(b, "</details>");
	} else {
		portal_said_value(q, b, f, v);
	}
}

json_t *portal_settings_now(struct web_req *q, const struct iss_command_info *c)
{
	FJ_AUTO(json) none = json_object();
	FJ_AUTO(json) answer = NULL;
	json_t *now, *row;
	size_t i;

	if (strcmp(c->name, "profile.propose") != 0 || portal_command(q, "profile.show", none, &answer, NULL) != FJ_OK)
		return NULL;
	now = json_object();
	json_array_foreach(json_object_get(answer, "profile"), i, row)
		json_object_set(now, fj_json_text(row, "key"), json_object_get(row, "value"));
	return now;
}

/* --- what changes --- */

/* the entries of a list that only one of two has; NULL: it is no list of texts */
static json_t *only_in(const json_t *a, const json_t *b)
{
	json_t *out = json_array(), *v;
	size_t i;

	json_array_foreach(a, i, v)
		if (!json_is_string(v) || !fj_list_has(b, json_string_value(v)))
			json_array_append(out, v);
	return out;
}

/* its name without the unit, which stands behind the number */
static void label(struct web_req *q, struct fj_buf *b, const struct iss_field *f)
{
	struct iss_field bare = *f;

	bare.unit = NULL;
	portal_label_of(q, b, &bare);
}

/* of a list of texts what is added and taken away; of the rest what it was and is */
static void one_change(struct web_req *q, struct fj_buf *b, const struct iss_field *f, const json_t *was, const json_t *is)
{
	bool lines = f->type == ISS_F_LIST;
	FJ_AUTO(json) gone = lines ? only_in(was, is) : json_incref((json_t *)(uintptr_t)was);
	FJ_AUTO(json) added = lines ? only_in(is, was) : json_incref((json_t *)(uintptr_t)is);

	if (!lines || json_array_size(gone) > 0) {
		web_print(b, "<div class=\"was\"><span class=\"tag\">− %s</span> <del>", lines ? web_tr(q, "taken out") : web_tr(q, "before"));
		portal_setting(q, b, f, gone);
		web_html(b, "</del></div>");
	}
	if (!lines || json_array_size(added) > 0) {
		web_print(b, "<div class=\"now\"><span class=\"tag\">✚ %s</span> <ins>", lines ? web_tr(q, "added") : web_tr(q, "now"));
		portal_setting(q, b, f, added);
		web_html(b, "</ins></div>");
	}
}

void portal_settings_changed(struct web_req *q, struct fj_buf *b, const json_t *change, const json_t *was)
{
	web_print(b, "<table class=\"sheet\"><thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead><tbody>", web_tr(q, "Setting"), web_tr(q, "What changes"));
	for (const struct iss_field *f = settings(); f != NULL && f->name != NULL; f++) {
		const json_t *is = json_object_get(change, f->name);
		if (is == NULL)
			continue;
		web_html(b, "<tr class=\"changed\"><th scope=\"row\">");
		label(q, b, f);
		web_print(b, "</th><td data-label=\"%s\"><div>", web_tr(q, "What changes"));
		one_change(q, b, f, json_object_get(was, f->name), is);
		web_html(b, "</div></td></tr>");
	}
	web_html(b, "</tbody></table>");
}

/* --- all of it --- */

static void rests_on(struct web_req *q, struct fj_buf *b, const json_t *row)
{
	web_html(b, "<div class=\"small\">");
	if (fj_json_text(row, "clause")[0] != '\0')
		portal_basis(q, b, fj_json_text(row, "basis"), fj_json_text(row, "clause"));
	else
		web_say(q, b, "Rule of the finance department");
	web_html(b, "</div>");
}

static void one_setting(struct web_req *q, struct fj_buf *b, const json_t *row)
{
	const struct iss_field *f = setting(fj_json_text(row, "key"));

	if (f == NULL)
		return;
	web_html(b, "<div><dt>");
	label(q, b, f);
	web_html(b, "</dt><dd>");
	portal_setting(q, b, f, json_object_get(row, "value"));
	if (!json_is_true(json_object_get(row, "default")))
		web_print(b, " <span class=\"tag\">%s</span>", web_tr(q, "set by this department"));
	rests_on(q, b, row);
	web_html(b, "</dd></div>");
}

static void names(struct web_req *q, struct fj_buf *b, const json_t *list)
{
	size_t i;
	json_t *row;

	web_print(b, "<details><summary>%s</summary><dl>", web_tr(q, "Names of the settings for programs"));
	json_array_foreach(list, i, row)
		web_print(b, "<div><dt>%s</dt><dd class=\"mono\">%s</dd></div>", web_either(q, fj_json_peek(row, "zh"), fj_json_text(row, "en")), fj_json_text(row, "key"));
	web_html(b, "</dl></details>");
}

bool portal_is_profile(const json_t *list)
{
	const json_t *row = json_array_get(list, 0);

	return fj_json_peek(row, "key") != NULL && json_is_object(json_object_get(row, "group"));
}

void portal_profile_head(struct web_req *q, struct fj_buf *b, const json_t *o)
{
	const struct iss_command_info *c = iss_command_find("profile.propose");
	bool own = strcmp(portal_actor(q)->org, fj_json_text(o, "finance")) == 0;

	if (fj_json_num(o, "version") == 0)
		web_print(b, "<p>%s</p>", web_tr(q, "This department has set nothing of its own yet: all of these are the register's usual values."));
	else
		web_print(b, "<p>%s</p>", web_tr(q, "What is not marked as set by this department is the register's usual value."));
	if (own && portal_may(q, c)) {
		web_html(b, "<p class=\"acts first\"><a class=\"button\" href=\"/do/profile/propose\">");
		portal_command_word(q, b, c);
		web_html(b, "</a></p>");
	}
}

void portal_profile(struct web_req *q, struct fj_buf *b, const json_t *list)
{
	const char *group = "";
	size_t i;
	json_t *row;

	json_array_foreach(list, i, row) {
		const json_t *in = json_object_get(row, "group");
		if (strcmp(group, fj_json_text(in, "zh")) != 0) {
			web_print(b, group[0] == '\0' ? "<h2>%s</h2><dl>" : "</dl><h2>%s</h2><dl>", web_either(q, fj_json_peek(in, "zh"), fj_json_text(in, "en")));
			group = fj_json_text(in, "zh");
		}
		one_setting(q, b, row);
	}
	web_html(b, group[0] == '\0' ? "" : "</dl>");
	names(q, b, list);
}
