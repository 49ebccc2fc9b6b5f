/*
 * fields.c - the typed fields of a command (struct iss_field) as the inputs of a
 * form: choices in words, days, amounts in yuan, numbers of objects with their names
 * to choose from, and documents as groups, rows and maps of such.
 *
 * An input has its path as name (typed.c).  The one that was refused says so beside
 * it.  Rows are added and removed by buttons that send the form back as it is, so it
 * works without a script.
 */
#include "web/portal/internal.h"

/* a text of more code points than this gets several lines */
#define LONG_TEXT 400
#define MAX_PATH 200

/* --- labels --- */

/* amounts and rates are labelled in fen and basis points, and typed in yuan and per cent */
static const struct {
	const char *zh_from, *zh_to, *en_from, *en_to;
} of_units[] = {
	{"（分）", "（元）", ", in fen", ", in yuan"}, {"（分，", "（元，", " in fen", " in yuan"}, {"（基点）", "（%）", ", in basis points", ", in per cent"},
	{"（万分之一）", "（%）", " (basis points)", " (per cent)"},
};

static void replaced(const char *text, const char *from, const char *to, char *out, size_t cap)
{
	const char *at = strstr(text, from);

	if (at == NULL)
		snprintf(out, cap, "%s", text);
	else
		snprintf(out, cap, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static void label_words(struct web_req *q, const struct iss_field *f, char out[300])
{
	bool en = web_lang(q)[0] == 'e';
	const char *text = en ? f->en : f->zh, *unit = portal_unit(f);
	char was[300];

	if (f->unit != NULL)
		snprintf(out, 300, en ? "%s (%s)" : "%s（%s）", text, en ? f->unit->en : f->unit->zh);
	else
		snprintf(out, 300, "%s", text);
	if (unit[0] == '\0')
		return;
	for (size_t i = 0; i < FJ_ARRAY_LEN(of_units) && strcmp(out, text) == 0; i++) {
		snprintf(was, sizeof(was), "%s", out);
		replaced(was, en ? of_units[i].en_from : of_units[i].zh_from, en ? of_units[i].en_to : of_units[i].zh_to, out, 300);
	}
	if (strcmp(out, text) == 0 && strstr(text, "（元") == NULL && strstr(text, "in yuan") == NULL)
		snprintf(out, 300, "%.200s%s", text, strcmp(unit, "@yuan") == 0 ? web_either(q, "（元）", " (yuan)") : web_either(q, "（%）", " (%)"));
}

static bool needed(const struct iss_field *f)
{
	return f->required || (f->as & ISS_AS_NEEDED);
}

static const char *const numerals[] = {"", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三"};

static void label_text(struct web_req *q, struct fj_buf *b, const struct iss_field *f)
{
	char words[300];

	label_words(q, f, words);
	if (f->item > 0 && (size_t)f->item < FJ_ARRAY_LEN(numerals)) {
		char no[8];
		snprintf(no, sizeof(no), "%d", f->item);
		web_print(b, web_lang(q)[0] == 'e' ? "(%s) " : "（%s）", web_lang(q)[0] == 'e' ? no : numerals[f->item]);
	}
	portal_capital(b, words);
	if (!needed(f) && f->group == NULL && strstr(words, "须填") == NULL && strstr(words, "不填") == NULL && strstr(words, "needed") == NULL) /* it says itself when it is */
		web_text(b, (f->as & ISS_AS_PUBLIC) ? web_tr(q, " (needed of public data)") : (f->as & ISS_AS_LATER) ? web_tr(q, " (registration or certificate asks for it)") : web_tr(q, " (optional)"));
}

void portal_label_of(struct web_req *q, struct fj_buf *b, const struct iss_field *f)
{
	char words[300];

	label_words(q, f, words);
	portal_capital(b, words);
}

/* --- one input --- */

/* the place itself, or one within it */
static bool is_below(const char *place, const char *path)
{
	size_t n = strlen(path);

	return strncmp(place, path, n) == 0 && (place[n] == '.' || place[n] == '\0');
}

static bool is_bad(const json_t *fill, const char *path)
{
	return strcmp(fj_json_text(fill, PORTAL_BAD), path) == 0;
}

static void attributes(const struct form *d, const struct iss_field *f, const char *path, const char *unit)
{
	const char *focus = fj_json_text(d->fill, PORTAL_FOCUS);
	size_t n = strlen(focus);

	web_print(d->b, " name=\"%s%s\" id=\"f%zu-%s\"", path, unit, d->id, path);
	if (needed(f) && !d->lax)
		web_html(d->b, " required");
	if (is_bad(d->fill, path))
		web_print(d->b, " aria-invalid=\"true\" aria-describedby=\"f%zu-why\"", d->id);
	if (d->focus != NULL && !*d->focus && (is_bad(d->fill, path) || (n > 0 && strncmp(path, focus, n) == 0 && (path[n] == '.' || path[n] == '\0')))) {
		web_html(d->b, " autofocus");
		*d->focus = true;
	}
}

static void why(const struct form *d, const char *path)
{
	if (is_bad(d->fill, path))
		web_print(d->b, "<p class=\"bad\" id=\"f%zu-why\">%s</p>", d->id, fj_json_text(d->fill, PORTAL_WHY));
}

/* a code in words, or the name of a field ("by": holder) by its label */
const char *portal_choice(bool en, const struct iss_field *f, const char *code)
{
	const struct web_term *t = web_term_find(f->name);
	const char *word = t == NULL ? NULL : web_word_of(en, t->form, code);

	for (const struct iss_choice *k = f->words; k != NULL && k->code != NULL; k++)
		if (strcmp(k->code, code) == 0)
			return en ? k->en : k->zh;
	if (strcmp(f->name, "noun") == 0)
		word = web_tr_of(en, "noun", code);
	if (word == NULL)
		word = web_word_of(en, WEB_KIND, code);
	if (word == NULL)
		word = web_tr_of(en, "choice", code);
	if (word == NULL)
		word = web_tr_of(en, "field", code);
	return word == NULL ? portal_label(code, en) : word;
}

const char *portal_choice_word(struct web_req *q, const struct iss_field *f, const char *code)
{
	if (f->type == ISS_F_BOOL)
		return code[0] == 't' ? web_tr(q, "yes") : web_tr(q, "no");
	const char *word = portal_choice(web_lang(q)[0] == 'e', f, code);
	return word == NULL ? code : word;
}

static void option(struct fj_buf *b, const char *value, const char *text, bool chosen)
{
	web_print(b, chosen ? "<option value=\"%s\" selected>%s</option>" : "<option value=\"%s\">%s</option>", value, text);
}

/* the codes of a closed list; NULL past the last */
static const char *code_at(const struct iss_field *f, size_t i)
{
	static const char *const yes_no[] = {"true", "false", NULL};

	if (f->words != NULL)
		return f->words[i].code;
	return f->type == ISS_F_BOOL ? yes_no[i] : f->choices[i];
}

/* of the kinds of materials those that the reader's roles file */
static bool is_mine(const struct form *d, const struct iss_field *f, const char *code)
{
	bool kinds = !d->filter && strcmp(f->name, "kind") == 0 && f->choices != NULL && f->choices == portal_field_of(iss_command_find("material.add"), "kind")->choices;

	return !kinds || iss_material_may(code, portal_session(d->q)->today.roles);
}

static void select_input(const struct form *d, const struct iss_field *f, const char *path)
{
	const char *code, *value = fj_json_text(d->fill, path);

	web_html(d->b, "<select");
	attributes(d, f, path, "");
	web_html(d->b, ">");
	option(d->b, "", f->group != NULL ? web_tr(d->q, "as it is") : f->required && !d->lax ? web_tr(d->q, "choose") : "—", false);
	for (size_t i = 0; (code = code_at(f, i)) != NULL; i++)
		if (is_mine(d, f, code))
			option(d->b, code, portal_choice_word(d->q, f, code), strcmp(code, value) == 0);
	web_html(d->b, "</select>");
}

static bool chosen(const json_t *typed, const char *code)
{
	FJ_AUTO(json) list = portal_lines(typed);
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (strcmp(json_string_value(v), code) == 0)
			return true;
	return false;
}

static void box(const struct form *d, const char *path, const char *code, const char *word)
{
	bool on = chosen(json_object_get(d->fill, path), code);

	web_print(d->b, on ? "<label class=\"box\"><input type=\"checkbox\" name=\"%s\" value=\"%s\" checked> %s</label>"
	    : "<label class=\"box\"><input type=\"checkbox\" name=\"%s\" value=\"%s\"> %s</label>", path, code, word);
}

/* what is made narrower keeps of what it has; NULL: anything may be ticked */
static json_t *granted(const struct form *d, const char *path)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "number", fj_json_text(d->fill, "number"));
	FJ_AUTO(json) a = NULL;

	if (d->act == NULL || strcmp(d->act->name, "authorisation.adjust") != 0 || portal_command(d->q, "authorisation.show", params, &a, NULL) != FJ_OK)
		return NULL;
	return json_incref(json_object_get(json_object_get(a, "grant"), path));
}

static void boxes(const struct form *d, const struct iss_field *f, const char *path)
{
	FJ_AUTO(json) only = granted(d, path);
	const char *code;

	for (size_t i = 0; (code = code_at(f, i)) != NULL; i++)
		if (only == NULL || fj_list_has(only, code))
			box(d, path, code, portal_choice_word(d->q, f, code));
}

/* what is authorised: by which course, beside each certificate */
static void course_of(struct web_req *q, const char *path, const char *number, char out[80])
{
	FJ_AUTO(json) params = json_pack("{s:s}", "number", number);
	FJ_AUTO(json) cert = NULL;

	out[0] = '\0';
	if (strcmp(path, "proposal.certificates") == 0 && portal_command(q, "certificate.show", params, &cert, NULL) == FJ_OK)
		snprintf(out, 80, "%.79s", web_word(q, WEB_KIND, fj_json_text(cert, "authorisation_course")));
}

/* a material that is not there yet is filed from a form that keeps a draft */
static void file_one(const struct form *d, const struct iss_field *f, const char *path)
{
	if (f->noun != NULL && strcmp(f->noun, "material") == 0 && d->id == 0 && !d->filter && portal_may(d->q, iss_command_find("material.add")))
		web_print(d->b, "<button class=\"link\" name=\"file\" value=\"%s\" formnovalidate>%s</button>", path, web_tr(d->q, "File one, and come back"));
}

/* what it says now goes into the form */
static void fill_from(const struct form *d, const char *path)
{
	if (strcmp(path, PORTAL_ADJUSTS) == 0)
		web_print(d->b, "<button class=\"link\" name=\"step\" value=\"" PORTAL_FILL_IN "\" formnovalidate>%s</button>", web_tr(d->q, "Fill in what it says now"));
}

static bool asks_object(const struct form *d, const char *path)
{
	return d->object != NULL && strcmp(path, d->object) == 0;
}

static json_t *known_of(const struct form *d, const struct iss_field *f, const char *path)
{
	return asks_object(d, path) ? portal_actable(d->q, d->act, f->noun) : portal_candidates(d->q, (f->as & ISS_AS_NAMES) ? "division" : f->noun);
}

static void none_found(const struct form *d, const json_t *known)
{
	if (json_array_size(known) == 0)
		web_print(d->b, "<p class=\"small hint\">%s</p>", web_tr(d->q, "None was found that your office can do this on now. One that you know can be typed in by its number."));
}

/* objects by their names; others, one a line */
static void named_boxes(const struct form *d, const struct iss_field *f, const char *path)
{
	FJ_AUTO(json) known = known_of(d, f, path);
	FJ_AUTO(json) only = (f->as & ISS_AS_NAMES) ? granted(d, path) : NULL;
	FJ_AUTO(json) rest = portal_lines(json_object_get(d->fill, path));
	size_t i;
	json_t *v;

	json_array_foreach(known, i, v) {
		char text[400], course[80];
		if (only != NULL && !fj_territory_has(only, fj_json_text(v, "id")))
			continue;
		course_of(d->q, path, fj_json_text(v, "id"), course);
		snprintf(text, sizeof(text), "%.300s%s%s", fj_json_text(v, "label"), course[0] == '\0' ? "" : " · ", course);
		box(d, path, fj_json_text(v, "id"), text);
		for (size_t k = json_array_size(rest); k-- > 0;)
			if (strcmp(json_string_value(json_array_get(rest, k)), fj_json_text(v, "id")) == 0)
				json_array_remove(rest, k);
	}
	for (size_t k = 0; (f->as & ISS_AS_NAMES) && k < json_array_size(rest);) { /* of another province, as an authorisation has it */
		char name[PORTAL_NAME];
		const char *code = json_string_value(json_array_get(rest, k));
		if (strlen(code) != 6 || !portal_division_name(d->q, code, name)) {
			k++;
			continue;
		}
		box(d, path, code, name);
		json_array_remove(rest, k);
	}
	file_one(d, f, path);
	web_print(d->b, "<label for=\"f%zu-%s-other\" class=\"small\">", d->id, path);
	if (asks_object(d, path))
		web_say(d->q, d->b, json_array_size(known) > 0 ? WEB_N("Others, by number, one a line") : WEB_N("By number, one a line"));
	else
		web_say(d->q, d->b, json_array_size(known) > 0 ? WEB_N("Others, by name or number, one a line") : WEB_N("By name or number, one a line"));
	web_print(d->b, "</label><textarea class=\"few\" name=\"%s\" id=\"f%zu-%s-other\" spellcheck=\"false\" autocomplete=\"off\">", path, d->id, path);
	json_array_foreach(rest, i, v)
		web_print(d->b, "%s\n", json_string_value(v));
	web_html(d->b, "</textarea>");
	if (asks_object(d, path))
		none_found(d, known);
}

static void text_area(const struct form *d, const struct iss_field *f, const char *path)
{
	const json_t *v = json_object_get(d->fill, path);
	size_t i;
	json_t *line;

	web_html(d->b, f->type == ISS_F_STR ? "<textarea class=\"prose\"" : f->type == ISS_F_LIST && f->members == NULL ? "<textarea class=\"few\" spellcheck=\"false\" autocomplete=\"off\"" : "<textarea spellcheck=\"false\" autocomplete=\"off\"");
	attributes(d, f, path, "");
	if (f->type == ISS_F_STR)
		web_print(d->b, " maxlength=\"%lld\"", (long long)f->max);
	web_html(d->b, ">");
	if (json_is_string(v))
		web_text(d->b, json_string_value(v));
	json_array_foreach(v, i, line)
		web_print(d->b, "%s\n", json_string_value(line));
	web_html(d->b, "</textarea>");
}

static void use_noun(const struct form *d, const char *noun)
{
	for (size_t i = 0; i < PORTAL_MAX_NOUNS; i++) {
		if (d->nouns[i] == NULL)
			d->nouns[i] = noun;
		if (strcmp(d->nouns[i], noun) == 0)
			return;
	}
}

static bool is_day(const struct iss_field *f)
{
	return f->type == ISS_F_STR && f->choices == NULL && f->words == NULL && ((f->as & ISS_AS_DAY) || f->max == 10);
}

/* what a number stands for that was filled in */
static void named_below(const struct form *d, const struct iss_field *f, const char *value)
{
	char name[PORTAL_NAME];

	if (f->noun != NULL && value[0] != '\0' && !d->filter && portal_object_name(d->q, f->noun, value, name))
		web_print(d->b, "<p class=\"small hint\"><bdi>%s</bdi></p>", name);
}

static void line_input(const struct form *d, const struct iss_field *f, const char *path)
{
	const char *unit = portal_unit(f);
	char name[MAX_PATH + 8];

	snprintf(name, sizeof(name), "%.*s%s", MAX_PATH, path, unit);
	const char *value = fj_json_text(d->fill, name);
	int64_t plain;
	char text[ISS_YUAN_CAP + PORTAL_PERCENT];
	if (unit[0] != '\0' && value[0] == '\0' && fj_json_text(d->fill, path)[0] != '\0') { /* it came in fen, from a link */
		plain = strtoll(fj_json_text(d->fill, path), NULL, 10);
		if (strcmp(unit, "@yuan") == 0)
			iss_yuan_text(plain, text);
		else
			portal_percent_text(plain, text);
		value = text;
	}
	if (is_day(f))
		web_html(d->b, "<input type=\"date\"");
	else if (unit[0] != '\0')
		web_html(d->b, "<input type=\"text\" inputmode=\"decimal\" autocomplete=\"off\"");
	else if (f->type == ISS_F_INT)
		web_html(d->b, "<input type=\"text\" inputmode=\"numeric\" pattern=\"[0-9]*\" autocomplete=\"off\"");
	else
		web_html(d->b, portal_is_secret(path) ? "<input type=\"password\" autocomplete=\"off\"" : "<input type=\"text\" autocomplete=\"off\"");
	attributes(d, f, path, unit);
	if (f->noun != NULL && !asks_object(d, path)) {
		use_noun(d, f->noun);
		web_print(d->b, " list=\"dl%zu-%s\"", d->id, f->noun);
	}
	if (!is_day(f))
		web_print(d->b, " maxlength=\"%lld\"", unit[0] != '\0' ? 26LL : f->type == ISS_F_INT ? 19LL : f->noun != NULL && f->max < 120 ? 120LL : (long long)f->max);
	web_print(d->b, " value=\"%s\">", portal_is_secret(path) ? "" : value);
	named_below(d, f, value);
}

/* what is chosen from a list; how another is named, where that is more than its number: context "another" */
static const char *const listed[] = {"material", "bulk", "authorisation", NULL};

static bool is_listed(const char *noun)
{
	size_t i = 0;

	while (listed[i] != NULL && strcmp(listed[i], noun) != 0)
		i++;
	return listed[i] != NULL;
}

/* one of the own, or another by its number; and for a material the way to file one and back */
static void listed_input(const struct form *d, const struct iss_field *f, const char *path)
{
	FJ_AUTO(json) known = known_of(d, f, path);
	const char *value = fj_json_text(d->fill, path), *id, *other = web_tr_in(d->q, "another", f->noun);
	struct form loose = *d;
	bool there = false;
	size_t i;
	json_t *v;

	if (json_array_size(known) == 0 && strcmp(f->noun, "material") != 0) {
		line_input(d, f, path);
		none_found(d, known);
		return;
	}
	if (other == NULL)
		other = web_tr(d->q, "Another one: its number");
	loose.lax = true; /* another may be named below */
	web_html(d->b, "<select");
	attributes(&loose, f, path, "");
	web_html(d->b, ">");
	option(d->b, "", needed(f) && !d->lax ? web_tr(d->q, "choose") : "—", false);
	json_array_foreach(known, i, v) {
		char text[400];
		id = fj_json_text(v, "id");
		there = there || strcmp(id, value) == 0;
		snprintf(text, sizeof(text), "%.300s · %.40s", fj_json_text(v, "label"), id);
		option(d->b, id, text, strcmp(id, value) == 0);
	}
	web_html(d->b, "</select>");
	file_one(d, f, path);
	fill_from(d, path);
	web_print(d->b, value[0] != '\0' && !there ? "<details open><summary class=\"small\">%s</summary>" : "<details><summary class=\"small\">%s</summary>", other);
	web_print(d->b, "<input type=\"text\" autocomplete=\"off\" name=\"%s\" aria-label=\"%s\" maxlength=\"%lld\" value=\"%s\"></details>", path, other, (long long)f->max, there ? "" : value);
}

static void hint(const struct form *d, const struct iss_field *f, const char *path)
{
	const char *told = web_tr_in(d->q, "hint", path);
	bool lines = f->type == ISS_F_LIST && f->choices == NULL && f->words == NULL && f->noun == NULL && !(f->as & ISS_AS_NAMES);
	bool number = f->type == ISS_F_INT && f->max < 1000000 && portal_unit(f)[0] == '\0', table = f->type == ISS_F_JSON && f->shape == ISS_TABLE;

	if (told == NULL)
		told = web_tr_in(d->q, "hint", f->name); /* wherever a field of this name stands */
	if (told != NULL)
		web_print(d->b, "<p class=\"small hint\">%s</p>", told);
	if (!lines && !number && !table && f->type != ISS_F_JSON && f->type != ISS_F_FILE)
		return;
	web_html(d->b, "<p class=\"small hint\">");
	if (lines)
		web_say(d->q, d->b, "One a line, %lld at most.", (long long)f->max);
	else if (f->as & ISS_AS_MMDD)
		web_say(d->q, d->b, "Month and day as four digits: 0731 for the 31st of July.");
	else if (number)
		web_say(d->q, d->b, "A whole number, %lld at most.", (long long)f->max);
	else if (f->type == ISS_F_FILE && f->max >= 1 << 20)
		web_say(d->q, d->b, "%lld MB at most.", (long long)(f->max >> 20));
	else if (f->type == ISS_F_FILE)
		web_say(d->q, d->b, "%lld KB at most.", (long long)((f->max + 1023) / 1024));
	else if (table)
		web_say(d->q, d->b, "A scheme, a code and a name a line, with commas between.");
	else
		web_say(d->q, d->b, "A JSON document; its members are in docs/api.md.");
	web_html(d->b, "</p>");
}

static void group_begin(const struct form *d, const struct iss_field *f, const char *path)
{
	web_print(d->b, "<fieldset class=\"part\" id=\"f%zu-%s\"><legend>", d->id, path);
	label_text(d->q, d->b, f);
	web_html(d->b, "</legend>");
	why(d, path);
}

static void file_input(const struct form *d, const struct iss_field *f, const char *path)
{
	char mark[PORTAL_HELD_NAME], name[161];
	struct iss_field optional = *f;

	held_name(path, mark);
	const char *key = fj_json_text(d->fill, mark);
	json_t *there = key[0] == '\0' ? NULL : held_get(web_csrf(d->q), path, key, name);
	if (there != NULL) { /* it need not be sent again */
		portal_hidden(d->b, mark, key);
		web_html(d->b, "<p class=\"small\">");
		web_say(d->q, d->b, "Chosen: %s. Choose another file to replace it.", name);
		web_html(d->b, "</p>");
		optional.required = false;
		optional.as = 0;
	}
	json_decref(there);
	web_html(d->b, "<input type=\"file\"");
	attributes(d, &optional, path, "");
	web_html(d->b, ">");
}

/* of a setting what it is now, where its input begins empty */
static void in_force(const struct form *d, const struct iss_field *f)
{
	const json_t *v = json_object_get(d->now, f->name);

	if (f->group == NULL || !(json_is_integer(v) || json_is_boolean(v)))
		return;
	web_print(d->b, " <span class=\"small\">%s ", web_tr(d->q, "now:"));
	portal_said_value(d->q, d->b, f, v);
	web_html(d->b, "</span>");
}

static void scalar(const struct form *d, const struct iss_field *f, const char *path)
{
	bool many = f->type == ISS_F_LIST;

	if (many && (f->choices != NULL || f->words != NULL || f->noun != NULL || (f->as & ISS_AS_NAMES))) {
		group_begin(d, f, path);
		if (f->choices != NULL || f->words != NULL)
			boxes(d, f, path);
		else
			named_boxes(d, f, path);
		web_html(d->b, "</fieldset>");
		return;
	}
	web_print(d->b, "<label for=\"f%zu-%s\">", d->id, path);
	label_text(d->q, d->b, f);
	in_force(d, f);
	web_html(d->b, "</label>");
	if (f->type == ISS_F_FILE)
		file_input(d, f, path);
	else if (f->type == ISS_F_BOOL || f->choices != NULL || f->words != NULL)
		select_input(d, f, path);
	else if (many || f->type == ISS_F_JSON || (f->type == ISS_F_STR && (f->max > LONG_TEXT || (f->as & ISS_AS_PROSE))))
		text_area(d, f, path);
	else if (f->noun != NULL && (asks_object(d, path) || (is_listed(f->noun) && !d->filter)))
		listed_input(d, f, path);
	else
		line_input(d, f, path);
	why(d, path);
	hint(d, f, path);
}

/* --- documents --- */

static void row_end(const struct form *d, const char *path, size_t i)
{
	web_print(d->b, "<p><button class=\"quiet\" name=\"step\" value=\"-%s.%zu\" formnovalidate>", path, i);
	web_say(d->q, d->b, "Remove");
	web_html(d->b, "</button></p></fieldset>");
}

static void rows_end(const struct form *d, const struct iss_field *f, const char *path, size_t n)
{
	web_print(d->b, "<input type=\"hidden\" name=\"%s#\" value=\"%zu\">", path, n);
	if ((f->max <= 1 || (int64_t)n < f->max) && n < PORTAL_MAX_ROWS) {
		web_print(d->b, "<p><button class=\"quiet\" name=\"step\" value=\"+%s\" formnovalidate>", path);
		web_say(d->q, d->b, "Add a row");
		web_html(d->b, "</button></p>");
	}
	web_html(d->b, "</fieldset>");
}

static void no_rows(const struct form *d, const struct iss_field *f, const char *path)
{
	web_print(d->b, "<p id=\"f%zu-%s\"><button class=\"quiet\" name=\"step\" value=\"+%s\" formnovalidate>", d->id, path, path);
	web_say(d->q, d->b, "Add: ");
	label_text(d->q, d->b, f);
	web_html(d->b, "</button></p>");
	why(d, path);
}

static void rows_input(const struct form *d, const struct iss_field *f, const char *path, bool map)
{
	size_t n = portal_rows_shown(d->fill, path);
	struct form inner = *d;
	char at[MAX_PATH + 64];

	inner.lax = true; /* a row that is left blank is none */
	inner.now = NULL;
	if (n == 0 && d->inner) { /* within a row only what was asked for */
		no_rows(d, f, path);
		return;
	}
	n = n > 0 ? n : 1;
	inner.inner = true;
	group_begin(d, f, path);
	for (size_t i = 0; i < n; i++) {
		web_html(d->b, "<fieldset class=\"row\"><legend>");
		web_say(d->q, d->b, "Row %zu", i + 1);
		web_html(d->b, "</legend>");
		if (map) {
			const struct iss_field key = {f->name, ISS_F_STR, true, 120, f->choices != NULL ? "事项" : "名称", f->choices != NULL ? "matter" : "name", f->choices};
			snprintf(at, sizeof(at), "%.*s.%zu.key", MAX_PATH, path, i);
			portal_input(&inner, &key, at);
			snprintf(at, sizeof(at), "%.*s.%zu.value", MAX_PATH, path, i);
			portal_input(&inner, &f->members[0], at);
		}
		for (const struct iss_field *m = f->members; !map && m->name != NULL; m++) {
			snprintf(at, sizeof(at), "%.*s.%zu.%s", MAX_PATH, path, i, m->name);
			portal_input(&inner, m, at);
		}
		row_end(d, path, i);
	}
	rows_end(d, f, path, n);
}

/* it was typed, or differs from what is in force with which it begins, or is looked at or was refused */
static bool is_touched(const struct form *d, const struct iss_field *m, const char *at)
{
	const char *focus = fj_json_text(d->fill, PORTAL_FOCUS);
	json_t *v = NULL;
	struct fj_err err = {0};

	if (is_below(fj_json_text(d->fill, PORTAL_BAD), at) || is_below(focus, at) || portal_value(d->q, d->fill, m, at, &v, &err) != FJ_OK)
		return true;
	FJ_AUTO(json) owned = v;
	bool begins_empty = m->type == ISS_F_INT || m->type == ISS_F_BOOL;
	return owned != NULL && (begins_empty || !json_equal(owned, json_object_get(d->now, m->name)));
}

/* the members from m to before `end`, which have one heading: folded, with their names beside it */
static void one_group(const struct form *d, const struct iss_field *m, const struct iss_field *end, const char *path)
{
	char at[MAX_PATH + 64];
	bool open = false;
	const struct iss_field *f;

	for (f = m; f < end; f++) {
		snprintf(at, sizeof(at), "%.*s.%s", MAX_PATH, path, f->name);
		open = open || is_touched(d, f, at);
	}
	web_print(d->b, open ? "<details class=\"more\" open><summary>%s" : "<details class=\"more\"><summary>%s", web_either(d->q, m->group->zh, m->group->en));
	web_html(d->b, "<br><span class=\"small\">");
	for (f = m; f < end; f++)
		web_print(d->b, "%s%s", f == m ? "" : web_either(d->q, "、", "; "), web_either(d->q, f->zh, f->en));
	web_html(d->b, "</span></summary>");
	for (f = m; f < end; f++) {
		snprintf(at, sizeof(at), "%.*s.%s", MAX_PATH, path, f->name);
		portal_input(d, f, at);
	}
	web_html(d->b, "</details>");
}

static void groups_input(const struct form *d, const struct iss_field *members, const char *path)
{
	for (const struct iss_field *m = members, *end; m->name != NULL; m = end) {
		for (end = m; end->name != NULL && end->group == m->group;)
			end++;
		one_group(d, m, end, path);
	}
}

static void object_input(const struct form *d, const struct iss_field *f, const char *path)
{
	struct form inner = *d;
	char at[MAX_PATH + 64];

	inner.lax = d->lax || !f->required; /* what is left out as a whole needs none of its parts */
	if (f->members[0].group != NULL) {
		groups_input(&inner, f->members, path);
		return;
	}
	group_begin(d, f, path);
	for (const struct iss_field *m = f->members; m->name != NULL; m++) {
		snprintf(at, sizeof(at), "%.*s.%s", MAX_PATH, path, m->name);
		portal_input(&inner, m, at);
	}
	web_html(d->b, "</fieldset>");
}

/* what always stands there, when it is said in words */
static void fixed_words(const struct form *d, const struct iss_field *f)
{
	size_t n = f->absent == NULL ? 0 : strlen(f->absent);
	char text[200];

	if (n < 8 || f->absent[0] != '"' || n > sizeof(text))
		return;
	snprintf(text, sizeof(text), "%.*s", (int)n - 2, f->absent + 1);
	web_html(d->b, "<p class=\"small\">");
	portal_label_of(d->q, d->b, f);
	web_print(d->b, " <q>%s</q></p>", text);
}

void portal_input(const struct form *d, const struct iss_field *f, const char *path)
{
	bool typed = f->type == ISS_F_JSON && f->members != NULL;

	if (f->as & ISS_AS_FIXED) {
		fixed_words(d, f);
		return;
	}
	if (!typed || f->shape == ISS_TABLE)
		scalar(d, f, path);
	else if (f->shape == ISS_OBJECT)
		object_input(d, f, path);
	else
		rows_input(d, f, path, f->shape == ISS_MAP);
}

/* the names behind the numbers that inputs take, once for the whole form */
static void name_lists(const struct form *d)
{
	for (size_t k = 0; k < PORTAL_MAX_NOUNS && d->nouns[k] != NULL; k++) {
		FJ_AUTO(json) known = portal_candidates(d->q, d->nouns[k]);
		bool names = strcmp(d->nouns[k], "organisation") == 0 || strcmp(d->nouns[k], "operator") == 0; /* read back as the code (portal_number_for) */
		size_t i;
		json_t *v;
		web_print(d->b, "<datalist id=\"dl%zu-%s\">", d->id, d->nouns[k]);
		json_array_foreach(known, i, v)
			option(d->b, fj_json_text(v, names ? "label" : "id"), fj_json_text(v, names ? "id" : "label"), false);
		web_html(d->b, "</datalist>");
	}
}

static bool in(const char *const *names, const char *name)
{
	for (; names != NULL && *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

/* "id" and "ids" of one form say the same: the list is asked for, or the one where it is known; a trial is what the
 * preview does, as it says what was seen, and an answer leads to its next page itself */
static bool asked_otherwise(const struct iss_command_info *c, const struct iss_field *f, const json_t *fill, struct iss_field *asked)
{
	char other[72];
	size_t n = strlen(f->name);
	const struct iss_field *twin;

	if (portal_of_preview(f) || (c->kind == ISS_READ && portal_is_paging(f->name)))
		return true;
	snprintf(other, sizeof(other), "%.*s%s", (int)(f->type == ISS_F_LIST ? n - 1 : n), f->name, f->type == ISS_F_LIST ? "" : "s");
	twin = c->kind == ISS_READ || (f->type == ISS_F_LIST && f->name[n - 1] != 's') ? NULL : portal_field_of(c, other);
	if (twin == NULL || (f->type == ISS_F_LIST) == (twin->type == ISS_F_LIST))
		return false;
	const json_t *one = json_object_get(fill, f->type == ISS_F_LIST ? other : f->name);
	asked->required = true;
	asked->zh = f->type == ISS_F_LIST ? twin->zh : f->zh;
	asked->en = f->type == ISS_F_LIST ? twin->en : f->en;
	return f->type == ISS_F_LIST ? one != NULL : one == NULL;
}

/* what one of two parties fills in, and the other has no use for: of these roles it is needed */
static const struct {
	const char *command, *field;
	uint32_t roles;
	bool optional;
} of_party[] = {
	{"plan.file", "body", ISS_IMPLEMENTER, false}, {"plan.file", "usci", ISS_IMPLEMENTER, true}, {"plan.file", "doc_no", ISS_IMPLEMENTER, false}, {"plan.file", "doc_date", ISS_IMPLEMENTER, false},
	{"plan.file", "scan", ISS_IMPLEMENTER, false},
};

/* false: the reader does not fill it in */
static bool by_party(struct web_req *q, const struct iss_command_info *c, struct iss_field *f)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(of_party); i++)
		if (strcmp(of_party[i].command, c->name) == 0 && strcmp(of_party[i].field, f->name) == 0) {
			f->required = !of_party[i].optional;
			return (portal_session(q)->today.roles & of_party[i].roles) != 0;
		}
	return true;
}

struct iss_field portal_named_field(struct web_req *q, const struct iss_command_info *c, const struct iss_field *f, char words[200])
{
	struct iss_field named = *f;
	const char *noun = portal_noun_asked(c, f->name);

	if (strcmp(f->zh, "编号") != 0 || !portal_is_numbered(noun))
		return named;
	snprintf(words, 200, "%.150s%s", portal_noun_word(q, noun, true), web_either(q, "编号", " number"));
	named.zh = named.en = words;
	return named;
}

/* The first field that asks on which object it is done offers those that it can be done on, unless the form was opened for one: then
 * the number stands there. */
static void of_object(struct form *d, struct iss_field *asked, char words[200])
{
	const char *noun = portal_noun_asked(d->act, asked->name);

	*asked = portal_named_field(d->q, d->act, asked, words);
	if (d->filter || d->object != NULL || !portal_is_numbered(noun) || (d->act->kind == ISS_READ && !asked->required)) /* of a question it may be a condition */
		return;
	d->object = json_object_get(d->fill, asked->name) == NULL || web_is_post(d->q) ? asked->name : "";
	if (d->object[0] != '\0' && asked->noun == NULL)
		asked->noun = noun;
}

/* of forms with many fields those that one comes for; the others, unless they have to be there, are folded below */
static const struct {
	const char *command, *first;
} folded[] = {
	{"find.export", " noun format lang state holder "}, {"product.change", " product version name fee_fen note "}, {"certificate.issue", " assets "},
};

static bool stands_open(const struct iss_command_info *c, const struct iss_field *f)
{
	char name[80];

	snprintf(name, sizeof(name), " %.70s ", f->name);
	for (size_t i = 0; i < FJ_ARRAY_LEN(folded); i++)
		if (strcmp(folded[i].command, c->name) == 0)
			return f->required || strstr(folded[i].first, name) != NULL;
	return true;
}

/* it says something, or was refused: it is not hidden */
static bool says(const json_t *fill, const char *field)
{
	size_t n = strlen(field);
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)fill, key, v)
		if (strncmp(key, field, n) == 0 && strchr(".@", key[n]) != NULL)
			return true;
	return is_below(fj_json_text(fill, PORTAL_BAD), field);
}

/* as the reader is asked for it; false: not at all */
static bool asked_for(struct form *d, const struct iss_field *f, const char *const *hidden, struct iss_field *asked, char words[200])
{
	const char *why = portal_takeback_why(d->act);

	*asked = *f;
	asked->required = f->required || d->filter;
	if (why != NULL && strcmp(f->name, why) == 0) {
		asked->required = true;
		asked->as |= ISS_AS_PROSE; /* has room for it; the register gets one line */
	}
	if (!by_party(d->q, d->act, asked) || asked_otherwise(d->act, f, d->fill, asked))
		return false;
	if (in(hidden, f->name)) {
		d->object = d->object == NULL ? "" : d->object; /* it is known */
		return false;
	}
	of_object(d, asked, words);
	return true;
}

void portal_inputs(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill, const char *const *hidden, size_t id)
{
	const char *nouns[PORTAL_MAX_NOUNS] = {NULL};
	bool focus = false, filter = strstr(c->name, ".list") != NULL; /* none of a list's has to be there: it goes without saying */
	FJ_AUTO(json) now = portal_settings_now(q, c);
	struct form d = {.q = q, .b = b, .fill = fill, .id = id, .nouns = nouns, .focus = &focus, .lax = filter, .filter = filter, .act = c, .now = now,
		.object = id == 0 ? NULL : ""}; /* beside an object it is known */
	bool more = false, open = false;
	struct iss_field asked;
	char words[200];

	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++)
		if (!stands_open(c, f)) {
			more = true;
			open = open || says(fill, f->name);
		} else if (asked_for(&d, f, hidden, &asked, words)) {
			portal_input(&d, &asked, f->name);
		}
	open = open && (c->kind == ISS_READ || web_is_post(q) || fj_json_text(fill, PORTAL_DRAFT)[0] != '\0'); /* else it is how things stand */
	if (more)
		web_print(b, open ? "<details class=\"more\" open><summary>%s</summary>" : "<details class=\"more\"><summary>%s</summary>", c->kind == ISS_READ ? web_tr(q, "More conditions") : web_tr(q, "More, where it is needed"));
	for (const struct iss_field *f = c->fields; more && f->name != NULL; f++)
		if (!stands_open(c, f) && asked_for(&d, f, hidden, &asked, words))
			portal_input(&d, &asked, f->name);
	web_html(b, more ? "</details>" : "");
	name_lists(&d);
}

void portal_inputs_at(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill, const struct portal_place *place, size_t n)
{
	const char *nouns[PORTAL_MAX_NOUNS] = {NULL};
	bool focus = false;
	struct form d = {.q = q, .b = b, .fill = fill, .nouns = nouns, .focus = &focus, .lax = true, .act = c};

	for (size_t i = 0; i < n; i++) {
		struct iss_field asked = *place[i].field;
		char words[200];
		if (strchr(place[i].path, '.') == NULL)
			of_object(&d, &asked, words);
		portal_input(&d, &asked, place[i].path);
	}
	name_lists(&d);
}

void portal_behalf(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill, size_t id)
{
	const struct iss_session *s = portal_session(q);
	const char *value = fj_json_text(fill, iss_fld_behalf.name);
	const struct form d = {.q = q, .b = b, .fill = fill, .id = id};

	if (s->today.n == 0)
		return;
	web_print(b, "<label for=\"f%zu-%s\">%s</label><select", id, iss_fld_behalf.name, web_tr(q, "Acting for"));
	attributes(&d, &iss_fld_behalf, iss_fld_behalf.name, "");
	web_html(b, ">");
	if (iss_command_allowed(c, s->actor.roles))
		option(b, "", web_tr(q, "myself"), value[0] == '\0');
	for (size_t i = 0; i < s->today.n; i++)
		option(b, s->today.login[i], s->today.login[i], strcmp(s->today.login[i], value) == 0);
	web_html(b, "</select>");
}

/* --- the field that was refused --- */

static bool find_below(const struct iss_field *f, const char *at, const char *field, char out[MAX_PATH + 1])
{
	char path[MAX_PATH + 64];

	for (const struct iss_field *m = f->members; m != NULL && m->name != NULL && f->shape == ISS_OBJECT; m++) {
		snprintf(path, sizeof(path), "%.*s.%s", MAX_PATH, at, m->name);
		size_t n = strlen(path), k = strlen(field);
		if (n <= MAX_PATH && n > k && path[n - k - 1] == '.' && strcmp(path + n - k, field) == 0) {
			memcpy(out, path, n + 1);
			return true;
		}
		if (find_below(m, path, field, out))
			return true;
	}
	return false;
}

static bool find_field(const struct iss_command_info *c, const char *field, char out[MAX_PATH + 1])
{
	size_t first = strcspn(field, ".");

	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++)
		if (strlen(f->name) == first && strncmp(f->name, field, first) == 0 && strlen(field) <= MAX_PATH) {
			snprintf(out, MAX_PATH + 1, "%s", field);
			return true;
		}
	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++)
		if (find_below(f, f->name, field, out))
			return true;
	return false;
}

void portal_fill_bad(struct web_req *q, const struct iss_command_info *c, json_t *fill, const struct fj_err *err)
{
	char path[MAX_PATH + 1];

	if (err == NULL || err->field[0] == '\0' || !find_field(c, err->field, path))
		return;
	json_object_set_new(fill, PORTAL_BAD, json_string(path));
	char words[PORTAL_SENTENCE];
	portal_wording(q, web_either(q, err->zh, err->en), words);
	json_object_set_new(fill, PORTAL_WHY, json_string(words));
}
