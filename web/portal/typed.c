/*
 * typed.c - what was typed into a form, as texts and as the command's parameters.
 *
 * The texts ("fill") are an object {name: text or list of texts} by which a form is
 * shown again, a draft kept and a preview carried on.  A member of a document has its
 * path as name: "agreement.income.shares.0.party".  Rows have their numbers, maps rows
 * of ".key" and ".value"; "path#" says how many rows are shown.  Amounts and rates are
 * typed as people write them, under "path@yuan" and "path@pct", and become whole fen and
 * basis points exactly.  What is empty is absent; a row that says nothing is none.
 * Lengths, ranges and what has to be there the register checks; here only what can't
 * be made into the type at all is refused, at its field.
 */
#include <errno.h>

#include "web/portal/internal.h"

#define MAX_NAMES 3000 /* of members in one form */
#define MAX_PATH 200

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
	return fj_no_memory(err, "portal");
}

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && strcmp(s + n - k, end) == 0;
}

const char *portal_unit(const struct iss_field *f)
{
	if (f->type != ISS_F_INT)
		return "";
	if ((f->as & ISS_AS_FEN) || ends_in(f->name, "_fen"))
		return "@yuan";
	return (f->as & ISS_AS_BP) || ends_in(f->name, "_bp") ? "@pct" : "";
}

bool portal_is_secret(const char *name)
{
	static const char *const names[] = {"password", "current", "again", "code", "totp", "secret", "code_first", "code_second", "recovery_codes", "api_token"};

	for (size_t i = 0; i < FJ_ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* --- the texts --- */

/* all values of a name, which says something: a text, or a list of them */
static void keep(struct web_req *q, const char *name, json_t *fill)
{
	FJ_AUTO(json) list = json_array();
	const char *s;
	size_t at = 0;

	while ((s = web_field_next(q, name, &at)) != NULL)
		if (s[0] != '\0')
			json_array_append_new(list, json_string(s));
	if (json_array_size(list) == 1)
		json_object_set(fill, name, json_array_get(list, 0));
	else if (json_array_size(list) > 1)
		json_object_set(fill, name, list);
}

/* names below a field of the command: members, or the field in another unit */
static bool is_part(const struct iss_command_info *c, const char *name)
{
	size_t n = strcspn(name, ".@#");

	if (name[n] == '\0' || strlen(name) > MAX_PATH)
		return false;
	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++)
		if (strlen(f->name) == n && strncmp(f->name, name, n) == 0)
			return f->members != NULL || strcmp(name + n, f->type == ISS_F_FILE ? PORTAL_HELD : portal_unit(f)) == 0;
	return false;
}

/* parts: how many members were sent, of which MAX_NAMES stand in it */
static json_t *texts(struct web_req *q, const struct iss_command_info *c, size_t *parts)
{
	json_t *fill = json_object();
	const char *name;
	size_t at = 0;

	*parts = 0;
	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++)
		if (f->type != ISS_F_FILE)
			keep(q, f->name, fill);
	keep(q, iss_fld_behalf.name, fill);
	while ((name = web_field_next(q, NULL, &at)) != NULL)
		if (is_part(c, name) && json_object_get(fill, name) == NULL && ++*parts <= MAX_NAMES)
			keep(q, name, fill);
	return fill;
}

json_t *portal_typed(struct web_req *q, const struct iss_command_info *c)
{
	size_t parts;

	return texts(q, c, &parts);
}

static enum fj_rc too_much(struct fj_err *err, const char *path, size_t max, const char *en, const char *zh)
{
	enum fj_rc rc = fj_fail(err, FJ_E_LIMIT, "portal", NULL, "this form takes %zu %s at most; send the document as a file or by the API, or less of it", max, en);

	fj_err_zh(err, "本表单至多 %zu %s，请减少内容，或以文件、API 方式提交", max, zh);
	return fj_err_at(err, rc, path);
}

/* the greatest number of a row in "a.3.b.0.c" */
static unsigned long row_in(const char *path)
{
	unsigned long most = 0;

	for (const char *dot = strchr(path, '.'); dot != NULL; dot = strchr(dot + 1, '.')) {
		unsigned long k = dot[1] >= '0' && dot[1] <= '9' ? strtoul(dot + 1, NULL, 10) : 0;
		most = k > most ? k : most;
	}
	return most;
}

enum fj_rc portal_fits(struct web_req *q, const struct iss_command_info *c, struct fj_err *err)
{
	size_t parts;
	FJ_AUTO(json) fill = texts(q, c, &parts);
	const char *key;
	json_t *v;

	if (parts > MAX_NAMES)
		return too_much(err, "", MAX_NAMES, "fields", "个字段");
	json_object_foreach(fill, key, v)
		if (row_in(key) >= PORTAL_MAX_ROWS)
			return too_much(err, key, PORTAL_MAX_ROWS, "rows of a kind", "行");
	return FJ_OK;
}

/* --- values --- */

static enum fj_rc unfit(struct fj_err *err, const struct iss_field *f, const char *path, const char *en, const char *zh)
{
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "portal", NULL, "the field \"%s\" must be %s", path, en);

	fj_err_zh(err, "字段“%s”应为%s", f->zh, zh);
	return fj_err_at(err, rc, path);
}

static enum fj_rc to_int(const struct iss_field *f, const char *path, const char *s, json_t **out, struct fj_err *err)
{
	char *end;

	errno = 0;
	long long v = strtoll(s, &end, 10);
	if (errno != 0 || *end != '\0' || (s[0] != '-' && (s[0] < '0' || s[0] > '9')))
		return unfit(err, f, path, "a whole number", "整数");
	*out = json_integer(v);
	return FJ_OK;
}

/* "12.5" or "12.5%" as 1250; two decimals at most */
static bool to_percent(const char *s, int64_t *bp)
{
	int64_t v = 0;
	int decimals = -1;

	for (; (*s >= '0' && *s <= '9') || (*s == '.' && decimals < 0); s++) {
		if (*s == '.') {
			decimals = 0;
			continue;
		}
		if (decimals >= 2 || v > 100000000)
			return false;
		v = v * 10 + (*s - '0');
		decimals += decimals >= 0 ? 1 : 0;
	}
	for (int i = decimals < 0 ? 0 : decimals; i < 2; i++)
		v *= 10;
	*bp = v;
	return decimals != 0 && (*s == '\0' || strcmp(s, "%") == 0 || strcmp(s, "％") == 0);
}

void portal_percent_text(int64_t bp, char out[PORTAL_PERCENT])
{
	snprintf(out, PORTAL_PERCENT, bp % 100 == 0 ? "%lld" : "%lld.%02lld", (long long)(bp / 100), (long long)(bp % 100));
}

static enum fj_rc in_unit(const struct iss_field *f, const char *path, const char *s, json_t **out, struct fj_err *err)
{
	bool yuan = strcmp(portal_unit(f), "@yuan") == 0;
	int64_t v;

	if (yuan ? !iss_yuan(s, &v) : s[0] == '\0' || !to_percent(s, &v))
		return yuan ? unfit(err, f, path, "an amount in yuan with two decimals at most", "金额（元），至多两位小数")
		    : unfit(err, f, path, "a percentage with two decimals at most", "百分数，至多两位小数");
	*out = json_integer(v);
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

json_t *portal_lines(const json_t *typed)
{
	json_t *list = json_array(), *v;
	size_t i;

	if (json_is_string(typed))
		add_lines(list, json_string_value(typed));
	json_array_foreach(typed, i, v)
		add_lines(list, json_string_value(v));
	return list;
}

static int by_octets(const void *a, const void *b)
{
	return strcmp(json_string_value(*(json_t *const *)a), json_string_value(*(json_t *const *)b));
}

/* sorted by octets, each once; the caller's; NULL: out of memory */
static json_t *as_set(const json_t *list)
{
	size_t n = json_array_size(list), i;
	json_t **v = fj_alloc(n + 1, sizeof(json_t *)), *out = json_array(), *one;

	json_array_foreach(list, i, one)
		if (v != NULL)
			v[i] = one;
	if (v != NULL && n > 0)
		qsort(v, n, sizeof(json_t *), by_octets);
	for (i = 0; v != NULL && i < n; i++)
		if (i == 0 || by_octets(&v[i - 1], &v[i]) != 0)
			json_array_append(out, v[i]);
	fj_free(v);
	return out;
}

static enum fj_rc to_list(struct web_req *q, const struct iss_field *f, const json_t *typed, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) list = portal_lines(typed);
	size_t i;
	json_t *v;

	if (f->noun != NULL || (f->as & ISS_AS_NAMES))
		json_array_foreach(list, i, v)
			json_array_set_new(list, i, portal_number_for(q, (f->as & ISS_AS_NAMES) ? "division" : f->noun, json_string_value(v)));
	const char *only = json_array_size(list) == 1 ? json_string_value(json_array_get(list, 0)) : "";
	if (f->group != NULL && (strcmp(only, "无") == 0 || strcmp(only, "none") == 0)) { /* to be emptied, not left as it is */
		*out = json_array();
		return *out != NULL ? FJ_OK : portal_no_memory(err);
	}
	if (json_array_size(list) == 0)
		return FJ_OK;
	*out = (f->as & ISS_AS_SET) ? as_set(list) : json_incref(list);
	return *out != NULL ? FJ_OK : portal_no_memory(err);
}

/* a line ends a text for who typed it; a text of one line has blanks there, of several "\n" */
static json_t *tidied(const char *s, bool lines)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(strlen(s) + 1);

	for (; *s != '\0'; s++) {
		char c = *s == '\r' && s[1] == '\n' ? '\0' : *s == '\r' || *s == '\n' ? (lines ? '\n' : ' ') : *s;
		if (c != '\0' && fj_buf_put(&b, &c, 1) != FJ_OK)
			return NULL;
	}
	return json_string(fj_buf_str(&b));
}

/* of several, the last that says something: what was typed as another one stands behind the choice */
static const char *text_of(const json_t *fill, const char *path)
{
	const json_t *v = json_object_get(fill, path);
	const char *s = json_is_string(v) ? json_string_value(v) : "";
	size_t i;
	json_t *one;

	json_array_foreach(v, i, one)
		if (json_is_string(one) && json_string_length(one) > 0)
			s = json_string_value(one);
	return s;
}

static enum fj_rc to_json(const struct iss_field *f, const char *path, const char *s, json_t **out, struct fj_err *err)
{
	enum fj_rc rc = fj_json_parse(fj_slice_str(s), 1u << 20, out, err);

	if (rc == FJ_OK)
		return FJ_OK;
	if (err != NULL && err->zh[0] == '\0')
		fj_err_zh(err, "字段“%s”不是正确的 JSON", f->zh);
	return fj_err_at(err, rc, path);
}

static enum fj_rc scalar(struct web_req *q, const json_t *fill, const struct iss_field *f, const char *path, json_t **out, struct fj_err *err)
{
	const char *unit = portal_unit(f), *s = text_of(fill, path);
	char other[MAX_PATH + 8];

	snprintf(other, sizeof(other), "%.*s%s", MAX_PATH, path, unit);
	if (unit[0] != '\0' && text_of(fill, other)[0] != '\0')
		return in_unit(f, path, text_of(fill, other), out, err);
	if (f->type == ISS_F_LIST)
		return to_list(q, f, json_object_get(fill, path), out, err);
	if (s[0] == '\0')
		return FJ_OK;
	if (f->type == ISS_F_INT)
		return to_int(f, path, s, out, err);
	if (f->type == ISS_F_BOOL) {
		if (strcmp(s, "true") != 0 && strcmp(s, "false") != 0)
			return unfit(err, f, path, "true or false", "是或否（true 或 false）");
		*out = json_boolean(s[0] == 't');
		return FJ_OK;
	}
	*out = f->noun != NULL ? portal_number_for(q, f->noun, s) : tidied(s, (f->as & ISS_AS_PROSE) != 0);
	return *out != NULL ? FJ_OK : portal_no_memory(err);
}

/* --- documents --- */

/* that have something in them */
static size_t rows_in(const json_t *fill, const char *path)
{
	size_t n = strlen(path), rows = 0;
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)fill, key, v) {
		char *end;
		if (strncmp(key, path, n) != 0 || key[n] != '.' || key[n + 1] < '0' || key[n + 1] > '9')
			continue;
		unsigned long k = strtoul(key + n + 1, &end, 10);
		if (*end == '.' && k < PORTAL_MAX_ROWS && k + 1 > rows)
			rows = k + 1;
	}
	return rows;
}

static enum fj_rc object(struct web_req *q, const json_t *fill, const struct iss_field *members, const char *path, json_t **out, struct fj_err *err);

static enum fj_rc to_rows(struct web_req *q, const json_t *fill, const struct iss_field *f, const char *path, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	size_t n = rows_in(fill, path);
	char at[MAX_PATH + 32];

	for (size_t i = 0; i < n; i++) {
		json_t *one = NULL;
		snprintf(at, sizeof(at), "%.*s.%zu", MAX_PATH, path, i);
		FJ_TRY(object(q, fill, f->members, at, &one, err));
		if (one != NULL && json_array_append_new(list, one) != 0)
			return portal_no_memory(err);
	}
	if (json_array_size(list) > 0)
		*out = json_incref(list);
	return FJ_OK;
}

static enum fj_rc to_map(struct web_req *q, const json_t *fill, const struct iss_field *f, const char *path, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) map = json_object();
	size_t n = rows_in(fill, path);
	char key[MAX_PATH + 32], value[MAX_PATH + 32];

	for (size_t i = 0; i < n; i++) {
		json_t *one = NULL;
		snprintf(key, sizeof(key), "%.*s.%zu.key", MAX_PATH, path, i);
		snprintf(value, sizeof(value), "%.*s.%zu.value", MAX_PATH, path, i);
		FJ_TRY(portal_value(q, fill, &f->members[0], value, &one, err));
		FJ_AUTO(json) owned = one;
		const char *name = text_of(fill, key);
		if (name[0] == '\0' && one == NULL)
			continue;
		if (name[0] == '\0' || one == NULL)
			return unfit(err, f, name[0] == '\0' ? key : value, "filled in on both sides", "两边都填写的对应关系");
		if (json_object_get(map, name) != NULL)
			return unfit(err, f, key, "named once", "不重复的名称");
		FJ_TRY(fj_json_set(map, name, json_incref(one)));
	}
	if (json_object_size(map) > 0)
		*out = json_incref(map);
	return FJ_OK;
}

/* "scheme, code, name" a line, as {scheme: [[code, name]]} */
static enum fj_rc to_table(const json_t *fill, const struct iss_field *f, const char *path, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) lines = portal_lines(json_object_get(fill, path));
	FJ_AUTO(json) table = json_object();
	size_t i;
	json_t *v;

	json_array_foreach(lines, i, v) {
		const char *s = json_string_value(v);
		size_t a = strcspn(s, ",\t"), b = s[a] == '\0' ? a : a + 1 + strcspn(s + a + 1, ",\t");
		if (a == 0 || s[a] == '\0' || s[b] == '\0' || s[b + 1] == '\0')
			return unfit(err, f, path, "a scheme, a code and a name a line, with commas between", "每行一个“体系,代码,名称”，以逗号分隔");
		FJ_AUTO(str) scheme = fj_strndup(s, a);
		json_t *list = scheme == NULL ? NULL : json_object_get(table, scheme);
		if (scheme != NULL && list == NULL && json_object_set_new(table, scheme, json_array()) == 0)
			list = json_object_get(table, scheme);
		if (list == NULL || json_array_append_new(list, json_pack("[s%, s]", s + a + 1, b - a - 1, s + b + 1)) != 0)
			return portal_no_memory(err);
	}
	if (json_object_size(table) > 0)
		*out = json_incref(table);
	return FJ_OK;
}

static enum fj_rc absent(const struct iss_field *f, json_t **out, struct fj_err *err)
{
	*out = json_loads(f->absent, JSON_DECODE_ANY, NULL);
	return *out != NULL ? FJ_OK : portal_no_memory(err);
}

enum fj_rc portal_value(struct web_req *q, const json_t *fill, const struct iss_field *f, const char *path, json_t **out, struct fj_err *err)
{
	*out = NULL;
	if (f->as & ISS_AS_FIXED)
		return FJ_OK;
	if (f->type != ISS_F_JSON)
		return scalar(q, fill, f, path, out, err);
	if (f->members == NULL || (f->shape != ISS_TABLE && text_of(fill, path)[0] != '\0')) /* as a document, by a machine */
		return text_of(fill, path)[0] == '\0' ? FJ_OK : to_json(f, path, text_of(fill, path), out, err);
	switch (f->shape) {
	case ISS_ROWS:
		return to_rows(q, fill, f, path, out, err);
	case ISS_MAP:
		return to_map(q, fill, f, path, out, err);
	case ISS_TABLE:
		return to_table(fill, f, path, out, err);
	default:
		return object(q, fill, f->members, path, out, err);
	}
}

/* NULL when nothing of it was said; then what is absent has no place either */
static enum fj_rc object(struct web_req *q, const json_t *fill, const struct iss_field *members, const char *path, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) o = json_object();
	bool said = false;
	char at[MAX_PATH + 64];

	for (const struct iss_field *m = members; m->name != NULL; m++) {
		json_t *v;
		snprintf(at, sizeof(at), "%.*s.%s", MAX_PATH, path, m->name);
		FJ_TRY(portal_value(q, fill, m, at, &v, err));
		said = said || v != NULL;
		if (v == NULL && m->absent != NULL)
			FJ_TRY(absent(m, &v, err));
		if (v != NULL)
			FJ_TRY(fj_json_set(o, m->name, v));
	}
	if (said)
		*out = json_incref(o);
	return FJ_OK;
}

/* --- and back: a document as texts --- */

static void put_text(json_t *fill, const char *path, const char *unit, const char *s)
{
	char name[MAX_PATH + 64];

	snprintf(name, sizeof(name), "%.*s%s", MAX_PATH, path, unit);
	json_object_set_new(fill, name, json_string(s));
}

static void put_number(json_t *fill, const struct iss_field *f, const char *path, int64_t v)
{
	char s[ISS_YUAN_CAP + PORTAL_PERCENT];
	const char *unit = portal_unit(f);

	if (strcmp(unit, "@yuan") == 0)
		iss_yuan_text(v, s);
	else if (strcmp(unit, "@pct") == 0)
		portal_percent_text(v, s);
	else
		snprintf(s, sizeof(s), "%lld", (long long)v);
	put_text(fill, path, unit, s);
}

static void put_rows(json_t *fill, const struct iss_field *f, const char *path, const json_t *list)
{
	char at[MAX_PATH + 64];
	size_t i;
	json_t *row, *v;

	json_array_foreach(list, i, row)
		for (const struct iss_field *m = f->members; m->name != NULL; m++)
			if ((v = json_object_get(row, m->name)) != NULL) {
				snprintf(at, sizeof(at), "%.*s.%zu.%s", MAX_PATH, path, i, m->name);
				portal_put_value(fill, m, at, v);
			}
}

static void put_map(json_t *fill, const struct iss_field *f, const char *path, const json_t *map)
{
	char at[MAX_PATH + 64];
	const char *key;
	json_t *v;
	size_t i = 0;

	json_object_foreach((json_t *)(uintptr_t)map, key, v) {
		snprintf(at, sizeof(at), "%.*s.%zu.key", MAX_PATH, path, i);
		put_text(fill, at, "", key);
		snprintf(at, sizeof(at), "%.*s.%zu.value", MAX_PATH, path, i++);
		portal_put_value(fill, &f->members[0], at, v);
	}
}

static void put_table(json_t *fill, const char *path, const json_t *table)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(1u << 18);
	const char *scheme;
	json_t *list, *pair;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)table, scheme, list)
		json_array_foreach(list, i, pair)
			if (fj_buf_printf(&b, "%s,%s,%s\n", scheme, json_string_value(json_array_get(pair, 0)), json_string_value(json_array_get(pair, 1))) != FJ_OK)
				return;
	put_text(fill, path, "", fj_buf_str(&b));
}

void portal_put_value(json_t *fill, const struct iss_field *f, const char *path, const json_t *v)
{
	char at[MAX_PATH + 64];

	if (v == NULL || json_is_null(v) || (f->as & ISS_AS_FIXED))
		return;
	if (json_is_integer(v)) {
		put_number(fill, f, path, json_integer_value(v));
	} else if (json_is_boolean(v)) {
		put_text(fill, path, "", json_is_true(v) ? "true" : "false");
	} else if (json_is_string(v)) {
		put_text(fill, path, "", json_string_value(v));
	} else if (f->type == ISS_F_LIST && f->group != NULL && json_array_size(v) == 0) {
		put_text(fill, path, "", "无"); /* to be emptied: nothing at all would leave it as it is */
	} else if (f->type == ISS_F_LIST) {
		json_object_set(fill, path, (json_t *)(uintptr_t)v);
	} else if (f->members != NULL && f->shape == ISS_ROWS) {
		put_rows(fill, f, path, v);
	} else if (f->members != NULL && f->shape == ISS_MAP) {
		put_map(fill, f, path, v);
	} else if (f->members != NULL && f->shape == ISS_TABLE) {
		put_table(fill, path, v);
	} else {
		for (const struct iss_field *m = f->members; m != NULL && m->name != NULL; m++) {
			snprintf(at, sizeof(at), "%.*s.%s", MAX_PATH, path, m->name);
			portal_put_value(fill, m, at, json_object_get(v, m->name));
		}
	}
}

void portal_put_again(json_t *fill, const struct iss_field *f, const json_t *v)
{
	const char *key;
	size_t n = strlen(f->name);
	json_t *old;
	void *next;

	if (f->shape == ISS_TABLE || text_of(fill, f->name)[0] != '\0') /* a text of its own: it stays as it was typed */
		return;
	json_object_foreach_safe(fill, next, key, old)
		if (strncmp(key, f->name, n) == 0 && (key[n] == '.' || key[n] == '#'))
			json_object_del(fill, key);
	portal_put_value(fill, f, f->name, v);
}

/* --- rows that come and go: no act, only another look of the form --- */

static void set_count(json_t *fill, const char *path, size_t n)
{
	char s[24];

	snprintf(s, sizeof(s), "%zu", n);
	put_text(fill, path, "#", s);
}

static const char *shown_of(const json_t *fill, const char *path)
{
	char name[MAX_PATH + 8];

	snprintf(name, sizeof(name), "%.*s#", MAX_PATH, path);
	return fj_json_text(fill, name);
}

size_t portal_rows_shown(const json_t *fill, const char *path)
{
	size_t n = rows_in(fill, path);
	unsigned long shown = strtoul(shown_of(fill, path), NULL, 10);

	return shown > n && shown <= PORTAL_MAX_ROWS ? shown : n;
}

/* row k goes, those after it move up */
static void take_row(json_t *fill, const char *path, size_t k)
{
	FJ_AUTO(json) before = json_copy(fill);
	size_t n = strlen(path);
	const char *key;
	json_t *v;

	json_object_foreach(before, key, v) {
		char *end;
		if (strncmp(key, path, n) != 0 || key[n] != '.')
			continue;
		unsigned long i = strtoul(key + n + 1, &end, 10);
		if (end == key + n + 1 || *end != '.' || i < k)
			continue;
		json_object_del(fill, key);
	}
	json_object_foreach(before, key, v) {
		char *end, to[2 * MAX_PATH + 64];
		if (strncmp(key, path, n) != 0 || key[n] != '.')
			continue;
		unsigned long i = strtoul(key + n + 1, &end, 10);
		if (end == key + n + 1 || *end != '.' || i <= k)
			continue;
		snprintf(to, sizeof(to), "%.*s.%lu%.*s", MAX_PATH, path, i - 1, MAX_PATH, end);
		json_object_set(fill, to, v);
	}
}

bool portal_rows_step(json_t *fill, const char *step)
{
	char path[MAX_PATH + 1];
	const char *dot = strrchr(step, '.');

	if (step[0] == '+' && strlen(step) <= MAX_PATH) {
		size_t n = portal_rows_shown(fill, step + 1);
		char focus[MAX_PATH + 32];
		size_t there = strtoul(shown_of(fill, step + 1), NULL, 10); /* as the page had it: one blank row, or none */
		n = n > there ? n : there;
		set_count(fill, step + 1, n + 1);
		snprintf(focus, sizeof(focus), "%s.%zu", step + 1, n);
		json_object_set_new(fill, PORTAL_FOCUS, json_string(focus));
		return true;
	}
	if (step[0] != '-' || dot == NULL || strlen(step) > MAX_PATH)
		return false;
	snprintf(path, sizeof(path), "%.*s", (int)(dot - step - 1), step + 1);
	size_t n = portal_rows_shown(fill, path);
	take_row(fill, path, strtoul(dot + 1, NULL, 10));
	set_count(fill, path, n > 1 ? n - 1 : 1);
	json_object_set_new(fill, PORTAL_FOCUS, json_string(path));
	return true;
}

/* --- files, and all of it --- */

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

	if (u == NULL && bytes.len == 0) { /* it was sent for the preview, perhaps */
		char mark[PORTAL_HELD_NAME], name[161];
		held_name(f->name, mark);
		*out = held_get(web_csrf(q), f->name, web_field(q, mark), name);
		if (*out == NULL && web_field(q, mark)[0] != '\0') { /* the preview had it: it is not left out unsaid */
			enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "portal", NULL, "the file that was sent for the preview is no longer held (a quarter of an hour, four files at a time); choose it again");
			fj_err_zh(err, "预览时选择的文件已不在暂存中（保留一刻钟，最多四个），请重新选择");
			return fj_err_at(err, rc, f->name);
		}
		return FJ_OK;
	}
	if ((int64_t)bytes.len > f->max) {
		enum fj_rc rc = fj_fail(err, FJ_E_LIMIT, "portal", NULL, "the file \"%s\" is larger than %lld octets", f->name, (long long)f->max);
		fj_err_zh(err, "文件“%s”超过 %lld 字节", f->zh, (long long)f->max);
		return fj_err_at(err, rc, f->name);
	}
	*out = json_stringn_nocheck(bytes.len > 0 ? (const char *)bytes.p : "", bytes.len);
	return *out != NULL ? FJ_OK : portal_no_memory(err);
}

static enum fj_rc only_known(struct web_req *q, const struct iss_command_info *c, struct fj_err *err)
{
	size_t at = 0;
	const char *name;

	while ((name = web_field_next(q, NULL, &at)) != NULL)
		if (portal_field_of(c, name) == NULL && strcmp(name, iss_fld_behalf.name) != 0 && strcmp(name, iss_fld_preview.name) != 0) {
			enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "portal", NULL, "the field \"%.60s\" is not known to this command", name);
			fj_err_zh(err, "字段“%.60s”不是该命令的字段", name);
			return rc;
		}
	return FJ_OK;
}

enum fj_rc portal_params_of(struct web_req *q, const struct iss_command_info *c, const json_t *fill, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) params = json_object();

	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++) {
		json_t *v = NULL;
		if (f->type == ISS_F_FILE)
			continue;
		FJ_TRY(portal_value(q, fill, f, f->name, &v, err));
		if (v == NULL && f->absent != NULL)
			FJ_TRY(absent(f, &v, err));
		if (v != NULL && json_object_set_new(params, f->name, v) != 0)
			return portal_no_memory(err);
	}
	const char *behalf = text_of(fill, iss_fld_behalf.name);
	if (behalf[0] != '\0' && json_object_set_new(params, iss_fld_behalf.name, json_string(behalf)) != 0)
		return portal_no_memory(err);
	*out = fj_move(params);
	return *out != NULL ? FJ_OK : portal_no_memory(err);
}

enum fj_rc portal_params(struct web_req *q, const struct iss_command_info *c, bool strict, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) fill = portal_typed(q, c);
	FJ_AUTO(json) params = NULL;
	bool whole = portal_body_is_file(q); /* the first file's */

	if (strict)
		FJ_TRY(only_known(q, c, err));
	FJ_TRY(portal_params_of(q, c, fill, &params, err));
	if (strict && strcmp(web_field(q, iss_fld_preview.name), "true") == 0)
		FJ_TRY(fj_json_set(params, iss_fld_preview.name, json_true()));
	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++) {
		json_t *v = NULL;
		if (f->type != ISS_F_FILE)
			continue;
		FJ_TRY(to_file(q, f, whole, &v, err));
		whole = false;
		if (v != NULL && json_object_set_new(params, f->name, v) != 0)
			return portal_no_memory(err);
	}
	*out = fj_move(params);
	return FJ_OK;
}
