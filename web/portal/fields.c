/*
 * fields.c - the typed fields of a command (struct iss_field) as the inputs of a
 * form, and what was typed as the command's parameters.
 *
 * One place for portal and API, so that both read a field alike: a list is a name
 * that stands several times, in a form also a text of several lines; a file is a
 * part of the form, or the body itself with the other fields in the query; what is
 * empty is absent.  Lengths, ranges and what has to be there the register
 * checks; here only what can't be made into the type at all is refused.
 */
#include <errno.h>

#include "web/portal/internal.h"

/* a text of more code points than this gets several lines */
#define LONG_TEXT 400

const char *const portal_file_types[] = {"application/octet-stream", "text/csv", "application/xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", NULL};

bool portal_has_type(const struct iss_command_info *c, enum iss_field_type t)
{
	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++)
		if (f->type == t)
			return true;
	return false;
}

enum fj_rc portal_no_memory(struct fj_err *err)
{
	enum fj_rc rc = fj_fail(err, FJ_E_NOMEM, "portal", NULL, "out of memory");

	fj_err_zh(err, "内存不足");
	return rc;
}

/* --- what was typed, as parameters --- */

static enum fj_rc unfit(struct fj_err *err, const struct iss_field *f, const char *en, const char *zh)
{
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "portal", NULL, "the field \"%s\" must be %s", f->name, en);

	fj_err_zh(err, "字段“%s”应为%s", f->zh, zh);
	return rc;
}

static enum fj_rc to_int(const struct iss_field *f, const char *s, json_t **out, struct fj_err *err)
{
	char *end;

	errno = 0;
	long long v = strtoll(s, &end, 10);
	if (errno != 0 || *end != '\0' || (s[0] != '-' && (s[0] < '0' || s[0] > '9')))
		return unfit(err, f, "a whole number", "整数");
	*out = json_integer(v);
	return FJ_OK;
}

static enum fj_rc to_bool(const struct iss_field *f, const char *s, json_t **out, struct fj_err *err)
{
	if (strcmp(s, "true") != 0 && strcmp(s, "false") != 0)
		return unfit(err, f, "true or false", "是或否（true 或 false）");
	*out = json_boolean(s[0] == 't');
	return FJ_OK;
}

/* one item a line; blanks around it and empty lines do not count */
static void add_lines(json_t *list, const char *s)
{
	while (*s != '\0') {
		size_t n = strcspn(s, "\r\n"), skip = strspn(s, " \t");
		size_t end = n;
		if (skip > n)
			skip = n;
		while (end > skip && (s[end - 1] == ' ' || s[end - 1] == '\t'))
			end--;
		if (end > skip)
			json_array_append_new(list, json_stringn(s + skip, end - skip));
		s += n;
		s += strspn(s, "\r\n");
	}
}

static json_t *to_list(struct web_req *q, const char *name)
{
	json_t *list = json_array();
	const char *s;
	size_t at = 0;

	while (list != NULL && (s = web_field_next(q, name, &at)) != NULL)
		add_lines(list, s);
	if (json_array_size(list) > 0)
		return list;
	json_decref(list);
	return NULL;
}

static enum fj_rc to_json(const struct iss_field *f, const char *s, json_t **out, struct fj_err *err)
{
	if (fj_json_parse(fj_slice_str(s), 1u << 20, out, err) == FJ_OK)
		return FJ_OK;
	if (err != NULL && err->zh[0] == '\0')
		fj_err_zh(err, "字段“%s”不是正确的 JSON", f->zh);
	return err != NULL ? err->rc : FJ_E_PARSE;
}

bool portal_body_is_file(const struct web_req *q)
{
	const char *type = web_header(q, "Content-Type");
	size_t n = strcspn(type, "; ");

	for (const char *const *t = portal_file_types; *t != NULL; t++)
		if (strlen(*t) == n && strncasecmp(type, *t, n) == 0)
			return true;
	return false;
}

/* The octets of a part of the form, or of the whole body (whole: it is this field's), as they are
 * (iss_param_file): base64 would take three times the memory. */
static enum fj_rc to_file(struct web_req *q, const struct iss_field *f, bool whole, json_t **out, struct fj_err *err)
{
	const struct web_upload *u = web_file(q, f->name);
	struct fj_slice bytes = whole ? web_body(q) : u != NULL ? u->bytes : fj_slice_str(web_field(q, f->name));

	if (u == NULL && bytes.len == 0)
		return FJ_OK;
	if ((int64_t)bytes.len > f->max) {
		enum fj_rc rc = fj_fail(err, FJ_E_LIMIT, "portal", NULL, "the file \"%s\" is larger than %lld octets", f->name, (long long)f->max);
		fj_err_zh(err, "文件“%s”超过 %lld 字节", f->zh, (long long)f->max);
		return rc;
	}
	*out = json_stringn_nocheck(bytes.len > 0 ? (const char *)bytes.p : "", bytes.len);
	return *out != NULL ? FJ_OK : portal_no_memory(err);
}

static enum fj_rc one(struct web_req *q, const struct iss_field *f, json_t **out, struct fj_err *err)
{
	const char *s = web_field(q, f->name);

	if (f->type == ISS_F_LIST) {
		*out = to_list(q, f->name);
		return FJ_OK;
	}
	if (s[0] == '\0')
		return FJ_OK;
	if (f->type == ISS_F_INT)
		return to_int(f, s, out, err);
	if (f->type == ISS_F_BOOL)
		return to_bool(f, s, out, err);
	if (f->type == ISS_F_JSON)
		return to_json(f, s, out, err);
	*out = json_string(s);
	return *out != NULL ? FJ_OK : portal_no_memory(err);
}

static enum fj_rc only_known(struct web_req *q, const struct iss_command_info *c, struct fj_err *err)
{
	size_t at = 0;
	const char *name;

	while ((name = web_field_next(q, NULL, &at)) != NULL)
		if (portal_field_of(c, name) == NULL && strcmp(name, iss_fld_behalf.name) != 0) {
			enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "portal", NULL, "the field \"%.60s\" is not known to this command", name);
			fj_err_zh(err, "字段“%.60s”不是该命令的字段", name);
			return rc;
		}
	return FJ_OK;
}

enum fj_rc portal_params(struct web_req *q, const struct iss_command_info *c, bool strict, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) params = json_object();
	bool whole = portal_body_is_file(q); /* the first file's */

	if (strict)
		FJ_TRY(only_known(q, c, err));
	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++) {
		json_t *v = NULL;
		FJ_TRY(f->type == ISS_F_FILE ? to_file(q, f, whole, &v, err) : one(q, f, &v, err));
		whole = whole && f->type != ISS_F_FILE;
		if (v != NULL && json_object_set_new(params, f->name, v) != 0)
			return portal_no_memory(err);
	}
	const char *behalf = web_field(q, iss_fld_behalf.name);
	if (behalf[0] != '\0' && json_object_set_new(params, iss_fld_behalf.name, json_string(behalf)) != 0)
		return portal_no_memory(err);
	*out = fj_move(params);
	return *out != NULL ? FJ_OK : portal_no_memory(err);
}

json_t *portal_typed(struct web_req *q, const struct iss_command_info *c)
{
	json_t *fill = json_object();

	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++) {
		json_t *list = f->type == ISS_F_LIST ? to_list(q, f->name) : NULL;
		if (list != NULL)
			json_object_set_new(fill, f->name, list);
		else if (web_field(q, f->name)[0] != '\0')
			json_object_set_new(fill, f->name, json_string(web_field(q, f->name)));
	}
	if (web_field(q, iss_fld_behalf.name)[0] != '\0')
		json_object_set_new(fill, iss_fld_behalf.name, json_string(web_field(q, iss_fld_behalf.name)));
	return fill;
}

/* --- inputs --- */

static void label_text(struct web_req *q, struct fj_buf *b, const struct iss_field *f)
{
	portal_capital(b, web_either(q, f->zh, f->en));
	if (!f->required)
		web_say(q, b, " (optional)");
}

static void attributes(struct fj_buf *b, const struct iss_field *f, size_t id)
{
	web_print(b, " name=\"%s\" id=\"f%zu-%s\"", f->name, id, f->name);
	if (f->required)
		web_html(b, " required");
}

/* a code in words, or the name of a field ("by": holder) by its label */
static const char *choice_word(struct web_req *q, const struct iss_field *f, const char *code)
{
	const struct web_term *t = web_term_find(f->name);
	const char *word = t == NULL ? code : web_word(q, t->form, code);

	return strcmp(word, code) == 0 ? web_label(q, code) : word;
}

static void option(struct fj_buf *b, const char *value, const char *text, bool chosen)
{
	web_html(b, "<option value=\"");
	web_text(b, value);
	web_html(b, chosen ? "\" selected>" : "\">");
	web_text(b, text);
	web_html(b, "</option>");
}

static void select_input(struct web_req *q, struct fj_buf *b, const struct iss_field *f, const char *value, size_t id)
{
	static const char *const yes_no[] = {"true", "false", NULL};
	const char *const *choices = f->type == ISS_F_BOOL ? yes_no : f->choices;

	web_html(b, "<select");
	attributes(b, f, id);
	web_html(b, ">");
	option(b, "", f->required ? web_tr(q, "choose") : "—", false);
	for (; *choices != NULL; choices++)
		option(b, *choices, f->type != ISS_F_BOOL ? choice_word(q, f, *choices) : (*choices)[0] == 't' ? web_tr(q, "yes") : web_tr(q, "no"),
		    strcmp(*choices, value) == 0);
	web_html(b, "</select>");
}

static bool chosen(const json_t *list, const char *code)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (json_is_string(v) && strcmp(json_string_value(v), code) == 0)
			return true;
	return false;
}

static void boxes(struct web_req *q, struct fj_buf *b, const struct iss_field *f, const json_t *list)
{
	for (const char *const *c = f->choices; *c != NULL; c++) {
		web_html(b, "<label class=\"box\"><input type=\"checkbox\" name=\"");
		web_text(b, f->name);
		web_html(b, "\" value=\"");
		web_text(b, *c);
		web_html(b, chosen(list, *c) ? "\" checked> " : "\"> ");
		web_text(b, choice_word(q, f, *c));
		web_html(b, "</label>");
	}
}

static void text_area(struct fj_buf *b, const struct iss_field *f, const json_t *v, size_t id)
{
	size_t i;
	json_t *line;

	web_html(b, f->type == ISS_F_STR ? "<textarea class=\"prose\"" : "<textarea spellcheck=\"false\" autocomplete=\"off\"");
	attributes(b, f, id);
	web_html(b, ">");
	if (json_is_string(v))
		web_text(b, json_string_value(v));
	json_array_foreach(v, i, line) {
		web_text(b, json_string_value(line));
		web_html(b, "\n");
	}
	web_html(b, "</textarea>");
}

static void line_input(struct fj_buf *b, const struct iss_field *f, const char *value, size_t id)
{
	web_html(b, f->type == ISS_F_INT ? "<input type=\"text\" inputmode=\"numeric\" pattern=\"[0-9]*\" autocomplete=\"off\"" : "<input type=\"text\" autocomplete=\"off\"");
	attributes(b, f, id);
	web_print(b, " maxlength=\"%lld\" value=\"%s\">", f->type == ISS_F_INT ? 19LL : (long long)f->max, value);
}

static void hint(struct web_req *q, struct fj_buf *b, const struct iss_field *f)
{
	bool lines = f->type == ISS_F_LIST && f->choices == NULL, number = f->type == ISS_F_INT && f->max < 1000000;

	if (!lines && !number && f->type != ISS_F_JSON && f->type != ISS_F_FILE)
		return;
	web_html(b, "<p class=\"small hint\">");
	if (lines)
		web_say(q, b, "One a line, %lld at most.", (long long)f->max);
	else if (number)
		web_say(q, b, "A whole number, %lld at most.", (long long)f->max);
	else if (f->type == ISS_F_FILE)
		web_say(q, b, "%lld KB at most.", (long long)(f->max / 1024));
	else
		web_say(q, b, "A JSON document; its members are in docs/api.md.");
	web_html(b, "</p>");
}

static void input(struct web_req *q, struct fj_buf *b, const struct iss_field *f, const json_t *fill, size_t id)
{
	if (f->type == ISS_F_LIST && f->choices != NULL) {
		web_html(b, "<fieldset><legend>");
		label_text(q, b, f);
		web_html(b, "</legend>");
		boxes(q, b, f, json_object_get(fill, f->name));
		web_html(b, "</fieldset>");
		return;
	}
	web_print(b, "<label for=\"f%zu-%s\">", id, f->name);
	label_text(q, b, f);
	web_html(b, "</label>");
	if (f->type == ISS_F_FILE) {
		web_html(b, "<input type=\"file\"");
		attributes(b, f, id);
		web_html(b, ">");
	} else if (f->type == ISS_F_BOOL || f->choices != NULL) {
		select_input(q, b, f, fj_json_text(fill, f->name), id);
	} else if (f->type == ISS_F_LIST || f->type == ISS_F_JSON || (f->type == ISS_F_STR && f->max > LONG_TEXT)) {
		text_area(b, f, json_object_get(fill, f->name), id);
	} else {
		line_input(b, f, fj_json_text(fill, f->name), id);
	}
	hint(q, b, f);
}

static bool in(const char *const *names, const char *name)
{
	for (; names != NULL && *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

void portal_inputs(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill, const char *const *hidden, size_t id)
{
	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++)
		if (!in(hidden, f->name))
			input(q, b, f, fill, id);
}

void portal_behalf(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill, size_t id)
{
	const struct iss_session *s = portal_session(q);
	const char *value = fj_json_text(fill, iss_fld_behalf.name);

	if (s->today.n == 0)
		return;
	web_print(b, "<label for=\"f%zu-%s\">%s</label><select", id, iss_fld_behalf.name, web_tr(q, "Acting for"));
	attributes(b, &iss_fld_behalf, id);
	web_html(b, ">");
	if (iss_command_allowed(c, s->actor.roles))
		option(b, "", web_tr(q, "myself"), value[0] == '\0');
	for (size_t i = 0; i < s->today.n; i++)
		option(b, s->today.login[i], s->today.login[i], strcmp(s->today.login[i], value) == 0);
	web_html(b, "</select>");
}
