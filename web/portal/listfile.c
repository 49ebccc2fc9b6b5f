/*
 * listfile.c - any list as a file for people: CSV or XLSX, with all its pages.
 *
 * Cells hold what the page's cells say: states, modes and restrictions in words, days in
 * +08:00, names beside codes, in the language of the headings; a code stands where there is no
 * word.  Money is in yuan without separators, so that it can be added up.  The columns are the
 * page's own, then the other members that have a heading.  The list's own command reads the rows
 * page by page, so nobody gets in a file what he would not see.  Every cell is text and none a
 * formula (issuer/sheet).  Programs have find.export, with codes.
 */
#include "issuer/sheet/sheet.h"
#include "web/portal/internal.h"

#define MAX_COLUMNS 40
#define MAX_TITLE 200
#define PAGE 1000

enum part { WHOLE, NAME, CODE }; /* an organisation takes two columns */
struct columns {
	struct {
		const char *key;
		enum part part;
		char title[MAX_TITLE];
	} c[MAX_COLUMNS];
	size_t n;
};

static bool in_fen(const char *key)
{
	size_t n = strlen(key);

	return n > 4 && strcmp(key + n - 4, "_fen") == 0;
}

static bool titled(const struct columns *o, const char *title)
{
	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->c[i].title, title) == 0)
			return true;
	return false;
}

/* no two columns have one heading */
static void add(struct web_req *q, struct columns *o, const char *key, enum part part)
{
	const char *label = web_label(q, key);
	bool code = part == CODE && strstr(label, web_either(q, "代码", "code")) == NULL;

	if (o->n == MAX_COLUMNS)
		return;
	const char *more = code ? web_either(q, "代码", ": code") : in_fen(key) ? web_either(q, "（元）", " (yuan)") : titled(o, label) ? web_either(q, "（编号）", ": number") : "";
	snprintf(o->c[o->n].title, MAX_TITLE, "%.150s%s", label, more);
	o->c[o->n].key = key;
	o->c[o->n++].part = part;
}

/* the code's name has a column of its own */
static bool is_named(const json_t *row, const char *key)
{
	char name[80];

	snprintf(name, sizeof(name), "%.60s_name", key);
	return json_object_get(row, name) != NULL;
}

/* a member of the row that is not there yet and has a heading */
static void column(struct web_req *q, struct columns *o, const json_t *row, const char *key)
{
	const json_t *v = json_object_get(row, key);

	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->c[i].key, key) == 0)
			return;
	if ((v == NULL && row != NULL) || (web_tr_in(q, "field", key) == NULL && web_label_of(q, key, web_lang(q)[0] == 'e') == NULL))
		return;
	bool party = fj_json_peek(v, "usci") != NULL && fj_json_peek(v, "name") != NULL;
	add(q, o, key, party ? NAME : is_named(row, key) ? CODE : WHOLE);
	if (party)
		add(q, o, key, CODE);
}

static void columns_of(struct web_req *q, const char *noun, const json_t *row, struct columns *o)
{
	const struct portal_noun *n = portal_noun_of(noun);
	const char *key;
	json_t *v;

	for (size_t i = 0; n != NULL && i < FJ_ARRAY_LEN(n->columns) && n->columns[i] != NULL; i++)
		column(q, o, row, n->columns[i]);
	if (row == NULL && o->n == 0) /* there are none, and the page names no columns */
		column(q, o, row, "id");
	for (const struct web_term *t = web_terms(); row != NULL && t->key != NULL; t++)
		column(q, o, row, t->key);
	json_object_foreach((json_t *)(uintptr_t)row, key, v)
		column(q, o, row, key);
}

/* --- cells --- */

/* what ends here is set off from what follows */
static const char *parted(const char *tag, bool en)
{
	static const char *const ends[] = {"</dd>", "</tr>", "</p>", "</li>", "</td>", "</div>"};

	for (size_t i = 0; i < FJ_ARRAY_LEN(ends); i++)
		if (strncmp(tag, ends[i], strlen(ends[i])) == 0)
			return i < 4 ? (en ? "; " : "；") : " ";
	return strncmp(tag, "</dt>", 5) == 0 ? (en ? ": " : "：") : "";
}

/* the text of our own markup, as it is read */
static enum fj_rc plain(const char *html, bool en, struct fj_buf *out)
{
	static const struct {
		const char *name, *text;
	} entities[] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}};
	const char *between = "";

	while (*html != '\0') {
		if (*html == '<') {
			const char *p = parted(html, en);
			between = *p != '\0' && (between[0] == '\0' || between[0] == ' ') ? p : between;
			html += strcspn(html, ">");
			html += *html != '\0';
			continue;
		}
		const char *text = html;
		size_t n = 1, k = 0;
		while (*html == '&' && k < FJ_ARRAY_LEN(entities) && strncmp(html, entities[k].name, strlen(entities[k].name)) != 0)
			k++;
		if (*html == '&' && k < FJ_ARRAY_LEN(entities)) {
			text = entities[k].text;
			html += strlen(entities[k].name);
		} else {
			n = *html == '&' ? 1 : strcspn(html, "<&");
			html += n;
		}
		FJ_TRY(out->len > 0 ? fj_buf_puts(out, between) : FJ_OK);
		between = "";
		FJ_TRY(fj_buf_put(out, text, n));
	}
	return FJ_OK;
}

/* as its page says it */
static enum fj_rc shown(struct web_req *q, const json_t *row, const char *key, const json_t *v, struct fj_buf *out)
{
	FJ_AUTO(buf) html = FJ_BUF_INIT(1u << 20);

	if (strcmp(key, "state") == 0 && json_is_string(json_object_get(row, "not_before")))
		web_state(q, &html, fj_json_text(row, "state"), fj_json_text(row, "not_before"));
	else
		web_value(q, &html, key, v, is_named(row, key) ? NULL : portal_links);
	return plain(fj_buf_str(&html), web_lang(q)[0] == 'e', out);
}

static enum fj_rc cell(struct web_req *q, const json_t *row, const char *key, enum part part, struct fj_buf *out)
{
	const json_t *v = json_object_get(row, key);

	size_t i;
	json_t *one;

	if (part != WHOLE && json_is_object(v))
		return fj_buf_puts(out, fj_json_text(v, part == NAME ? "name" : "usci"));
	if (json_is_integer(v) && in_fen(key)) {
		long long fen = (long long)json_integer_value(v);
		unsigned long long of = fen < 0 ? 0 - (unsigned long long)fen : (unsigned long long)fen;
		return fj_buf_printf(out, "%s%llu.%02llu", fen < 0 ? "-" : "", of / 100, of % 100);
	}
	if (v == NULL || json_is_null(v) || (json_is_string(v) && json_string_length(v) == 0) || ((json_is_array(v) || json_is_object(v)) && json_array_size(v) + json_object_size(v) == 0))
		return FJ_OK;
	if (!json_is_object(json_array_get(v, 0)))
		return shown(q, row, key, v, out);
	json_array_foreach(v, i, one) { /* a page has a table here */
		FJ_TRY(fj_buf_puts(out, i > 0 ? " / " : ""));
		FJ_TRY(shown(q, one, key, one, out));
	}
	return FJ_OK;
}

static enum fj_rc put_row(struct web_req *q, const struct columns *o, const json_t *row, struct sheet_out *s, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(MAX_COLUMNS * (SHEET_MAX_CELL + 1));
	size_t at[MAX_COLUMNS];
	const char *cells[MAX_COLUMNS];

	for (size_t i = 0; i < o->n; i++) {
		FJ_AUTO(buf) one = FJ_BUF_INIT(1u << 20);
		at[i] = text.len;
		FJ_TRY(cell(q, row, o->c[i].key, o->c[i].part, &one));
		size_t all = one.len, n = all > SHEET_MAX_CELL - 4 ? SHEET_MAX_CELL - 4 : all;
		while (n < all && ((unsigned char)fj_buf_str(&one)[n] & 0xc0) == 0x80)
			n--;
		FJ_TRY(fj_buf_put(&text, fj_buf_str(&one), n));
		FJ_TRY(fj_buf_put(&text, "…", n < all ? 4 : 0)); /* what a cell does not hold is cut, and shows it */
		FJ_TRY(fj_buf_put(&text, "", n < all ? 0 : 1));
	}
	for (size_t i = 0; i < o->n; i++)
		cells[i] = fj_buf_str(&text) + at[i];
	return sheet_out_row(s, cells, err);
}

/* --- the file --- */

static enum fj_rc too_many(struct fj_err *err)
{
	enum fj_rc rc = fj_fail(err, FJ_E_LIMIT, "portal", NULL, "a file takes %d rows at most; narrow the filters and download in parts", SHEET_MAX_ROWS);

	fj_err_zh(err, "一个文件最多 %d 行；请缩小筛选范围，分批下载", SHEET_MAX_ROWS);
	return rc;
}

static enum fj_rc begin(struct web_req *q, const char *noun, enum sheet_format f, const json_t *row, struct columns *o, struct sheet_out **s, struct fj_err *err)
{
	struct sheet_column heads[MAX_COLUMNS] = {{0}};

	columns_of(q, noun, row, o);
	for (size_t i = 0; i < o->n; i++)
		heads[i] = (struct sheet_column){.title = o->c[i].title, .width = 20};
	return sheet_out_new(f, noun, heads, o->n, s, err);
}

static enum fj_rc all_rows(struct web_req *q, const struct iss_command_info *c, json_t *params, enum sheet_format f, struct sheet_out **s, struct fj_err *err)
{
	const char *noun = web_param(q, "noun");
	FJ_AUTO(str) after = fj_strdup("");
	struct columns o = {.n = 0};
	size_t n = 0, i;
	json_t *row;

	const struct iss_field *limit = portal_field_of(c, "limit");
	if (limit != NULL) /* a short list has no pages */
		json_object_set_new(params, "limit", json_integer(limit->max < PAGE ? (json_int_t)limit->max : PAGE));
	while (after != NULL) {
		FJ_AUTO(json) page = NULL;
		if (after[0] != '\0')
			json_object_set_new(params, "after", json_string(after));
		FJ_TRY(portal_command(q, c->name, params, &page, err));
		json_array_foreach(json_object_get(page, "items"), i, row) {
			portal_own_words(q, c->name, row);
			if (*s == NULL)
				FJ_TRY(begin(q, noun, f, row, &o, s, err));
			if (n++ == SHEET_MAX_ROWS)
				return too_many(err);
			FJ_TRY(put_row(q, &o, row, *s, err));
		}
		fj_free(after);
		after = fj_json_peek(page, "next") == NULL ? NULL : fj_strdup(fj_json_peek(page, "next"));
	}
	if (*s == NULL)
		return begin(q, noun, f, NULL, &o, s, err);
	return FJ_OK;
}

static const struct {
	const char *name, *type;
	enum sheet_format format;
} formats[] = {
	{"csv", "text/csv; charset=utf-8", SHEET_CSV},
	{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", SHEET_XLSX},
};

bool portal_list_file(struct web_req *q, struct web_res *r, const struct iss_command_info *c, const char *format)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(SHEET_MAX_FILE);
	FJ_AUTO(sheet_out) s = NULL;
	FJ_AUTO(json) params = NULL;
	struct fj_err err = {0};
	char name[120], day[FJ_TIME_CAP];
	size_t k = 0;

	while (k < FJ_ARRAY_LEN(formats) && strcmp(formats[k].name, format) != 0)
		k++;
	if (k == FJ_ARRAY_LEN(formats))
		return false;
	enum fj_rc rc = portal_params(q, c, false, &params, &err);
	if (rc == FJ_OK) {
		json_object_del(params, "after");
		rc = all_rows(q, c, params, formats[k].format, &s, &err);
	}
	if (rc == FJ_OK)
		rc = sheet_out_finish(&s, &file, &err);
	if (rc != FJ_OK) {
		web_fail(q, r, &err);
		return true;
	}
	fj_date_china(fj_now(), day);
	snprintf(name, sizeof(name), "%.60s-%.10s.%s", web_param(q, "noun"), day, formats[k].name);
	web_download(r, name, formats[k].type, fj_buf_slice(&file));
	return true;
}

void portal_list_files(struct web_req *q, struct fj_buf *b, const json_t *fill)
{
	const struct iss_field *f = portal_field_of(iss_command_find("find.export"), "format");

	web_print(b, "<p class=\"small\">%s", web_tr(q, "All that this list finds, as a file:"));
	for (size_t i = 0; i < FJ_ARRAY_LEN(formats); i++) {
		web_print(b, " <a class=\"file\" href=\"?download=%s", formats[i].name);
		portal_query_of(b, fill);
		web_print(b, "\">%s</a>", portal_choice_word(q, f, formats[i].name));
	}
}
