/*
 * batch.c - a selection before and after: what is chosen, how far it is, what was set aside
 * and why, and a button that carries what was set aside into the same form again.
 */
#include "web/portal/internal.h"

#define FIRST 10

/* "asset" for a command that takes "assets", its own noun for one that takes "ids"; false: it takes no selection */
static bool noun_of(const struct iss_command_info *c, char noun[PORTAL_NOUN], const char **field)
{
	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++) {
		size_t n = strlen(f->name);
		if (f->type != ISS_F_LIST || f->choices != NULL || n < 2 || n > 60 || f->name[n - 1] != 's')
			continue;
		*field = f->name;
		if (strcmp(f->name, "ids") == 0)
			portal_noun_in(c->name, noun);
		else
			snprintf(noun, PORTAL_NOUN, "%.*s", (int)n - 1, f->name);
		return portal_find(noun, "list") != NULL;
	}
	return false;
}

/* by its number, with its name where the reader may see it */
static void chosen(struct web_req *q, struct fj_buf *b, const char *noun, const char *id)
{
	char name[PORTAL_NAME];
	bool named = portal_object_name(q, noun, id, name);

	web_print(b, "<li><a class=\"mono\" href=\"/show/%s/%s\">%s</a>", noun, id, id);
	if (named)
		web_print(b, " <bdi>%s</bdi>", name);
	web_html(b, "</li>");
}

bool portal_selected(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill, char field[PORTAL_NOUN])
{
	const char *name = NULL;
	char noun[PORTAL_NOUN];
	size_t i;
	json_t *v;

	if (!noun_of(c, noun, &name) || json_array_size(json_object_get(fill, name)) == 0)
		return false;
	if (field != NULL)
		snprintf(field, PORTAL_NOUN, "%s", name);
	const json_t *list = json_object_get(fill, name);
	if (field != NULL && json_array_size(list) == 1 && portal_face_of(q, b, noun, json_string_value(json_array_get(list, 0))))
		return true;
	web_html(b, "<div class=\"notice\"><p>");
	web_say(q, b, "%zu are chosen; they are done as one task, and what can't be done is set aside with its reason.", json_array_size(list));
	web_html(b, "</p><ul>");
	json_array_foreach(list, i, v)
		if (i < FIRST)
			chosen(q, b, noun, json_string_value(v));
	web_html(b, "</ul>");
	if (json_array_size(list) > FIRST) {
		web_html(b, "<p class=\"small\">");
		web_say(q, b, "and %lld more", (long long)(json_array_size(list) - FIRST));
		web_html(b, "</p>");
	}
	web_html(b, "</div>");
	return true;
}

static void bar(struct web_req *q, struct fj_buf *b, long long done, long long of)
{
	web_print(b, "<p class=\"progress\"><progress max=\"%lld\" value=\"%lld\" aria-label=\"%s\"></progress> ", of, done, web_tr(q, "Progress"));
	web_say(q, b, "%lld of %lld", done, of);
	web_html(b, "</p>");
}

/* the rest once more: into the form of the same command */
static void again(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *aside)
{
	const char *field = NULL;
	char noun[PORTAL_NOUN];
	size_t i;
	json_t *v;

	if (c == NULL || !portal_may(q, c) || !noun_of(c, noun, &field))
		return;
	web_print(b, "<form method=\"post\" action=\"/select/%s\">", noun);
	portal_csrf(q, b);
	portal_hidden(b, "which", "ticked");
	portal_hidden(b, "command", c->name);
	json_array_foreach(aside, i, v)
		portal_hidden(b, "ids", fj_json_text(v, "item"));
	web_html(b, "<p><button class=\"quiet\">");
	web_say(q, b, "Take the %zu that were set aside into the form again", json_array_size(aside));
	web_html(b, "</button></p></form>");
}

void portal_batch(struct web_req *q, struct fj_buf *b, const char *command, const json_t *answer)
{
	const json_t *aside = json_object_get(answer, "set_aside"), *total = json_object_get(answer, "total"), *taken = json_object_get(answer, "taken");
	const char *did = fj_json_peek(answer, "command");

	if (json_is_integer(total) && json_is_integer(taken) && json_integer_value(total) > 0) {
		bar(q, b, json_integer_value(taken), json_integer_value(total));
		if (strcmp(fj_json_text(answer, "state"), "RUNNING") == 0)
			web_print(b, "<p class=\"small\" data-refresh=\"3\">%s</p>", web_tr(q, "It goes on by itself; load this page again to see how far it is."));
	}
	if (!json_is_array(aside) || !json_is_integer(json_object_get(answer, "done")))
		return;
	bar(q, b, (long long)fj_json_num(answer, "done"), (long long)fj_json_num(answer, "done") + (long long)json_array_size(aside));
	if (json_array_size(aside) > 0)
		again(q, b, iss_command_find(did != NULL ? did : command), aside);
}
