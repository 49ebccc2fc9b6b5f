/*
 * said.c - what a form says, read back in words: for a preview, and the last page of a
 * wizard.  Labels, codes, amounts and the names behind numbers are those of the form.
 *
 * It shows parameters, which is what the command will get, and not what was typed: an
 * amount stands there as it was understood.
 */
#include "web/portal/internal.h"

static void value(struct web_req *q, struct fj_buf *b, const struct iss_field *f, const json_t *v);

/* the number with the name behind it, where that is known */
static void named(struct web_req *q, struct fj_buf *b, const char *noun, const char *id)
{
	FJ_AUTO(json) known = portal_candidates(q, noun);
	const char *label = NULL;
	size_t i, n = 0;
	json_t *v;

	json_array_foreach(known, i, v)
		if (strcmp(fj_json_text(v, "id"), id) == 0) {
			label = fj_json_text(v, "label");
			n++;
		}
	if (n == 1) /* else several have this number, each under its authorisation */
		web_print(b, "<bdi>%s</bdi> <span class=\"mono small\">%s</span>", label, id);
	else
		web_print(b, "<bdi>%s</bdi>", id);
}

static void text(struct web_req *q, struct fj_buf *b, const struct iss_field *f, const char *s)
{
	char name[PORTAL_NAME];

	if (f->noun != NULL || (f->as & ISS_AS_NAMES))
		named(q, b, (f->as & ISS_AS_NAMES) ? "division" : f->noun, s);
	else if (f->words != NULL || f->choices != NULL)
		web_text(b, portal_choice_word(q, f, s));
	else if (f->as & ISS_AS_PROSE)
		web_print(b, "<span class=\"lines\">%s</span>", s);
	else if (portal_org_name(q, s, name))
		web_print(b, "<bdi>%s</bdi> <span class=\"mono small\">%s</span>", name, s);
	else
		web_print(b, "<bdi>%s</bdi>", s);
}

static void month_day(struct web_req *q, struct fj_buf *b, int64_t mmdd)
{
	static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"};
	int64_t month = mmdd / 100, day = mmdd % 100;

	if (web_lang(q)[0] == 'e' && month >= 1 && month <= 12)
		web_print(b, "%lld %s", (long long)day, months[month - 1]);
	else
		web_print(b, "%lld月%lld日", (long long)month, (long long)day);
}

static void number(struct web_req *q, struct fj_buf *b, const struct iss_field *f, int64_t n)
{
	const char *unit = portal_unit(f);
	char yuan[ISS_YUAN_CAP];

	if (strcmp(unit, "@yuan") == 0) {
		iss_yuan_text(n, yuan);
		web_print(b, "%s ", yuan);
		web_say(q, b, "yuan");
	} else if (strcmp(unit, "@pct") == 0) {
		char pct[PORTAL_PERCENT];
		portal_percent_text(n, pct);
		web_print(b, "%s%%", pct);
	} else if (f->as & ISS_AS_MMDD) {
		month_day(q, b, n);
	} else if (f->unit != NULL && n >= 1 << 20 && n % (1 << 20) == 0 && strcmp(f->unit->en, "octets") == 0) {
		web_print(b, "%lld MB", (long long)(n >> 20));
	} else if (f->unit != NULL && web_lang(q)[0] == 'e') {
		char word[40];
		snprintf(word, sizeof(word), "%.*s", (int)strlen(f->unit->en) - (n == 1), f->unit->en); /* 1 working day */
		web_print(b, "%lld %s", (long long)n, word);
	} else if (f->unit != NULL) {
		web_print(b, "%lld %s", (long long)n, f->unit->zh_counted);
	} else {
		web_print(b, "%lld", (long long)n);
	}
}

static void line(struct web_req *q, struct fj_buf *b, const struct iss_field *f, const json_t *v)
{
	web_html(b, "<div><dt>");
	portal_label_of(q, b, f);
	web_html(b, "</dt><dd>");
	value(q, b, f, v);
	web_html(b, "</dd></div>");
}

static void object(struct web_req *q, struct fj_buf *b, const struct iss_field *members, const json_t *o)
{
	web_html(b, "<dl>");
	for (const struct iss_field *m = members; m->name != NULL; m++) {
		const json_t *v = json_object_get(o, m->name);
		bool hidden = (m->as & ISS_AS_FIXED) && !(json_is_string(v) && json_string_length(v) > 8);
		if (v != NULL && !json_is_null(v) && !(json_is_array(v) && json_array_size(v) == 0) && !hidden)
			line(q, b, m, v);
	}
	web_html(b, "</dl>");
}

static void list(struct web_req *q, struct fj_buf *b, const struct iss_field *f, const json_t *v)
{
	size_t i;
	json_t *one;

	if (f->members != NULL) {
		web_html(b, "<ol class=\"rows\">");
		json_array_foreach(v, i, one) {
			web_html(b, "<li>");
			object(q, b, f->members, one);
			web_html(b, "</li>");
		}
		web_html(b, "</ol>");
		return;
	}
	json_array_foreach(v, i, one) {
		if (i > 0)
			web_html(b, f->noun != NULL ? "<br>" : web_lang(q)[0] == 'e' ? "; " : "；");
		if (i == 100) {
			web_say(q, b, "and %zu more", json_array_size(v) - i);
			return;
		}
		text(q, b, f, json_string_value(one));
	}
}

/* [[code, name]], of a long table the first */
static void codes(struct web_req *q, struct fj_buf *b, const json_t *list)
{
	size_t i;
	json_t *pair;

	json_array_foreach(list, i, pair) {
		web_html(b, i == 0 ? "" : web_lang(q)[0] == 'e' ? "; " : "；");
		if (i == 20) {
			web_say(q, b, "and %zu more", json_array_size(list) - i);
			return;
		}
		web_print(b, "%s %s", json_string_value(json_array_get(pair, 0)), json_string_value(json_array_get(pair, 1)));
	}
}

static void map(struct web_req *q, struct fj_buf *b, const struct iss_field *f, const json_t *o)
{
	const char *key;
	json_t *v;

	web_html(b, "<dl>");
	json_object_foreach((json_t *)(uintptr_t)o, key, v) {
		web_print(b, "<div><dt><bdi>%s</bdi></dt><dd>", f->group == NULL ? key : web_word(q, f->shape == ISS_TABLE ? WEB_KIND : WEB_MATTER, key));
		if (f->shape == ISS_TABLE)
			codes(q, b, v);
		else
			value(q, b, &f->members[0], v);
		web_html(b, "</dd></div>");
	}
	web_html(b, "</dl>");
}

static void value(struct web_req *q, struct fj_buf *b, const struct iss_field *f, const json_t *v)
{
	if (f->type == ISS_F_FILE) {
		web_say(q, b, "a file of %zu octets", json_string_length(v));
	} else if (json_is_boolean(v)) {
		web_text(b, json_is_true(v) ? web_tr(q, "yes") : web_tr(q, "no"));
	} else if (json_is_integer(v)) {
		number(q, b, f, json_integer_value(v));
	} else if (json_is_string(v)) {
		text(q, b, f, json_string_value(v));
	} else if (json_is_array(v)) {
		list(q, b, f, v);
	} else if (f->members != NULL && f->shape == ISS_OBJECT) {
		object(q, b, f->members, v);
	} else if (f->members != NULL) {
		map(q, b, f, v);
	}
}

void portal_said_value(struct web_req *q, struct fj_buf *b, const struct iss_field *f, const json_t *v)
{
	value(q, b, f, v);
}

void portal_said(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *params)
{
	web_html(b, "<dl class=\"said\">");
	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++) {
		const json_t *v = json_object_get(params, f->name);
		char words[200];
		struct iss_field named = portal_named_field(q, c, f, words);
		if (v != NULL && !portal_of_preview(f))
			line(q, b, &named, v);
	}
	const char *behalf = fj_json_peek(params, iss_fld_behalf.name);
	if (behalf != NULL)
		web_print(b, "<div><dt>%s</dt><dd><bdi>%s</bdi></dd></div>", web_tr(q, "Acting for"), behalf);
	web_html(b, "</dl>");
}
