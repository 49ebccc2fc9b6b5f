/*
 * listcells.c - what the file of a list has: its columns, and the cells of a row.
 *
 * Cells hold what the page's cells say: states, modes and restrictions in words, days in
 * +08:00, names beside codes, in the language of the headings; a code stands where there is no
 * word.  Money is in yuan without separators, and a number in a workbook, so that it can be added
 * up.  The columns are the page's own, then the other members of the first row that have a
 * heading.  Every other cell is text and none a formula (issuer/sheet).
 */
#include "web/portal/internal.h"

static bool titled(const struct list_columns *o, const char *title)
{
	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->c[i].title, title) == 0)
			return true;
	return false;
}

/* no two columns have one heading */
static void add(struct web_req *q, struct list_columns *o, const char *key, enum list_part part)
{
	const char *label = web_label(q, key);
	bool code = part == LIST_CODE && strstr(label, web_either(q, "代码", "code")) == NULL;

	if (o->n == LIST_COLUMNS || strlen(key) >= LIST_KEY)
		return;
	const char *more = code ? web_either(q, "代码", ": code") : web_is_money(key) ? web_either(q, "（元）", " (yuan)") : titled(o, label) ? web_either(q, "（编号）", ": number") : "";
	snprintf(o->c[o->n].title, LIST_TITLE, "%.150s%s", label, more);
	snprintf(o->c[o->n].key, LIST_KEY, "%s", key); /* the row that names it is gone before the next page is read */
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
static void column(struct web_req *q, struct list_columns *o, const json_t *row, const char *key)
{
	const json_t *v = json_object_get(row, key);

	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->c[i].key, key) == 0)
			return;
	if ((v == NULL && row != NULL) || (web_tr_in(q, "field", key) == NULL && web_label_of(q, key, web_lang(q)[0] == 'e') == NULL))
		return;
	bool party = fj_json_peek(v, "usci") != NULL && fj_json_peek(v, "name") != NULL;
	add(q, o, key, party ? LIST_NAME : is_named(row, key) ? LIST_CODE : LIST_WHOLE);
	if (party)
		add(q, o, key, LIST_CODE);
}

static void columns_of(struct web_req *q, const char *noun, const json_t *row, struct list_columns *o)
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

enum fj_rc list_begin(struct web_req *q, const char *noun, enum sheet_format f, const json_t *row, struct list_columns *o, struct sheet_out **s, struct fj_err *err)
{
	struct sheet_column heads[LIST_COLUMNS] = {{0}};

	columns_of(q, noun, row, o);
	for (size_t i = 0; i < o->n; i++)
		heads[i] = (struct sheet_column){.title = o->c[i].title, .width = 20, .number = web_is_money(o->c[i].key)};
	return sheet_out_new(f, noun, heads, o->n, s, err);
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

static enum fj_rc cell(struct web_req *q, const json_t *row, const char *key, enum list_part part, struct fj_buf *out)
{
	const json_t *v = json_object_get(row, key);
	size_t i;
	json_t *one;

	if (part != LIST_WHOLE && json_is_object(v))
		return fj_buf_puts(out, fj_json_text(v, part == LIST_NAME ? "name" : "usci"));
	if (json_is_integer(v) && web_is_money(key)) {
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

enum fj_rc list_row(struct web_req *q, const struct list_columns *o, const json_t *row, struct sheet_out *s, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(LIST_COLUMNS * (SHEET_MAX_CELL + 1));
	size_t at[LIST_COLUMNS];
	const char *cells[LIST_COLUMNS];

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
