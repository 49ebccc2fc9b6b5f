/*
 * value.c - values on pages: an object as a list of labelled fields, codes in
 * words, times in +08:00, numbers of other objects as links.
 *
 * What people read comes first, in the order of words.c; what only machines read
 * is folded away below it.
 */
#include "base/clock.h"
#include "web/http/http.h"

/* 2026-03-16T01:00:00Z becomes 2026-03-16 09:00:00 +08:00; false: it is no such time */
static bool time_text(struct fj_buf *b, const char *s, bool day_only)
{
	char at[FJ_TIME_CAP];
	fj_time t;

	if (strlen(s) != 20 || s[19] != 'Z' || fj_time_parse(s, &t, NULL) != FJ_OK)
		return false;
	if (day_only)
		fj_date_china(t, at);
	else
		fj_time_china(t, at);
	web_html(b, "<time datetime=\"");
	web_text(b, s);
	web_html(b, "\">");
	web_text(b, at);
	web_html(b, "</time>");
	return true;
}

void web_text_times(struct fj_buf *b, const char *s)
{
	char word[21];

	for (; *s != '\0'; s++) {
		snprintf(word, sizeof(word), "%.20s", s);
		if (*s >= '0' && *s <= '9' && time_text(b, word, false)) {
			s += 19;
			continue;
		}
		size_t n = 1;
		while (s[n] != '\0' && (s[n] < '0' || s[n] > '9' || (s[n - 1] >= '0' && s[n - 1] <= '9')))
			n++;
		char piece[512];
		if (n >= sizeof(piece))
			n = fj_utf8_prefix(s, 100);
		snprintf(piece, sizeof(piece), "%.*s", (int)n, s);
		web_text(b, piece);
		s += n - 1;
	}
}

/* the form of a unified social credit code (GB 32100): where it is linked it is an organisation */
static bool is_usci(const char *s)
{
	return strlen(s) == 18 && strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 18;
}

/* what the numbers of objects are made of: a text that begins like one is none */
#define NUMBER "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

static const char *link_of(const struct web_link *links, const char *key, const char *value)
{
	for (; links != NULL && links->key != NULL; links++)
		if (links->key[0] == '^' ? strstr(value, links->key + 1) == value && strspn(value, NUMBER) == strlen(value)
		    : strcmp(links->key, key) == 0 || (strcmp(links->key, "usci") == 0 && is_usci(value)))
			return links->prefix;
	return NULL;
}

static bool is_code(const char *s)
{
	return s[0] != '\0' && strlen(s) < 64 && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._") == strlen(s);
}

static bool is_region(const char *key, const char *s)
{
	static const char *const keys[] = {"territory", "div6", "region", "geo_codes"};
	bool is = false;

	for (size_t i = 0; i < FJ_ARRAY_LEN(keys); i++)
		is = is || strcmp(keys[i], key) == 0;
	return is && strlen(s) == 6 && strspn(s, "0123456789") == 6;
}

/* what may be a number of an object: one word, of any script */
static bool is_number(const char *s)
{
	return s[0] != '\0' && strlen(s) <= 256 && strpbrk(s, " \t\r\n") == NULL;
}

static void state_mark(struct web_req *q, struct fj_buf *b, const char *code)
{
	web_html(b, "<span class=\"state ");
	web_text(b, is_code(code) ? code : "");
	web_html(b, "\" title=\"");
	web_text(b, code);
	web_html(b, "\">");
	web_text(b, web_word(q, WEB_STATE, code));
	web_html(b, "</span>");
}

/* an organisation that a code names: by its name, in tables alone, elsewhere with the code; not in its own row */
static bool organisation_link(struct web_req *q, struct fj_buf *b, const char *key, const char *s, const char *prefix, bool alone)
{
	char name[WEB_NAME];

	if (!is_usci(s) || strcmp(key, "usci") == 0 || strcmp(prefix, "/show/organisation/") != 0 || !web_org_name(q, s, name))
		return false;
	web_print(b, "<a href=\"/show/organisation/%s\" title=\"%s\"><bdi>%s</bdi></a>", s, s, name);
	if (!alone)
		web_print(b, " <span class=\"mono small\">%s</span>", s);
	return true;
}

/* below the word "rule" its number alone is enough */
static void rule_value(struct web_req *q, struct fj_buf *b, const char *s)
{
	char id[WEB_CLAUSE_ID];

	web_clause_id(s, id);
	if (strcmp(id, s) == 0 && web_basis_page(q) != NULL)
		web_print(b, "<a href=\"%s#%s\">%s</a>", web_basis_page(q), id, s);
	else
		web_clause(q, b, s);
}

static void text_value(struct web_req *q, struct fj_buf *b, const char *key, const char *s, const struct web_link *links, bool day_only)
{
	const struct web_term *t = web_term_find(key);
	enum web_form form = t == NULL ? WEB_TECHNICAL : t->form;
	const char *prefix = is_number(s) ? link_of(links, key, s) : NULL;
	bool en = web_lang(q)[0] == 'e', plain = form < WEB_TECHNICAL && form != WEB_MONO && form != WEB_STATE && is_code(s) && (unsigned char)(s[0] | 0x20) >= 'a';
	const char *word = plain && prefix == NULL && web_word_of(en, form, s) == NULL ? web_choice_of(q, key, s, en) : NULL;

	if (prefix != NULL && organisation_link(q, b, key, s, prefix, day_only))
		return;
	if (word != NULL) {
		web_text(b, word);
	} else if (form == WEB_TEXT && s[0] != '\0' && (strcmp(key, "rule") == 0 || strcmp(key, "clause") == 0)) {
		rule_value(q, b, s);
	} else if (prefix != NULL) {
		web_html(b, "<a class=\"mono\" href=\"");
		web_text(b, prefix);
		web_url(b, s);
		web_html(b, "\">");
		web_text(b, s);
		web_html(b, "</a>");
	} else if (form == WEB_STATE) {
		state_mark(q, b, s);
	} else if (s[0] == '\0') {
		web_html(b, "—");
	} else if (is_region(key, s)) {
		web_region(q, b, s);
	} else if (form == WEB_MONO || form == WEB_TECHNICAL) {
		web_html(b, "<span class=\"mono\">");
		web_text(b, s);
		web_html(b, "</span>");
	} else if (form != WEB_TEXT && form != WEB_EPOCH) {
		web_text(b, web_word(q, form, s));
	} else if (strchr(s, '\n') != NULL) {
		web_html(b, "<pre tabindex=\"0\">");
		web_text(b, s);
		web_html(b, "</pre>");
	} else if (!time_text(b, s, day_only)) {
		web_html(b, "<bdi>");
		web_text(b, s);
		web_html(b, "</bdi>");
	}
}

bool web_is_money(const char *key)
{
	size_t n = strlen(key);

	return n > 4 && strcmp(key + n - 4, "_fen") == 0;
}

/* people read yuan */
static bool money_value(struct web_req *q, struct fj_buf *b, const char *key, json_int_t n)
{
	unsigned long long fen = n < 0 ? 0 - (unsigned long long)n : (unsigned long long)n;
	char digits[24], out[48];
	size_t k = 0;

	if (!web_is_money(key))
		return false;
	int whole = snprintf(digits, sizeof(digits), "%llu", fen / 100);
	for (int i = 0; i < whole; i++) {
		if (i > 0 && (whole - i) % 3 == 0)
			out[k++] = ',';
		out[k++] = digits[i];
	}
	snprintf(out + k, sizeof(out) - k, ".%02llu", fen % 100);
	web_print(b, "%s%s", n < 0 ? "-" : "", out);
	web_say(q, b, " yuan");
	return true;
}

/* rates are kept in basis points, in members that say so; people read per cent */
static bool rate_value(struct fj_buf *b, const char *key, json_int_t n)
{
	size_t len = strlen(key);
	unsigned long long bp = n < 0 ? 0 - (unsigned long long)n : (unsigned long long)n;
	char s[48];

	if (strcmp(key, "bp") != 0 && (len < 3 || strcmp(key + len - 3, "_bp") != 0))
		return false;
	int used = snprintf(s, sizeof(s), "%s%llu", n < 0 ? "-" : "", bp / 100);
	if (bp % 100 != 0)
		snprintf(s + used, sizeof(s) - (size_t)used, ".%02llu", bp % 100);
	web_print(b, "%s%%", s);
	return true;
}

static void number_value(struct web_req *q, struct fj_buf *b, const char *key, json_int_t n)
{
	const struct web_term *t = web_term_find(key);
	char s[FJ_TIME_CAP];

	if (money_value(q, b, key, n) || rate_value(b, key, n))
		return;
	if (t != NULL && t->form == WEB_EPOCH)
		fj_time_china(n, s);
	else
		snprintf(s, sizeof(s), "%lld", (long long)n);
	web_text(b, t != NULL && t->form == WEB_REASON ? web_word(q, WEB_REASON, s) : s);
}

/* an empty list bounds nothing, names nobody, or has nothing in it */
static void empty_list(struct web_req *q, struct fj_buf *b, const char *key)
{
	if (strcmp(key, "environment") == 0)
		web_say(q, b, "any");
	else if (strcmp(key, "domains") == 0 || strcmp(key, "scenarios") == 0)
		web_say(q, b, "not named");
	else
		web_say(q, b, "none");
}

/* several objects that are more than organisations */
static bool is_table(const json_t *v)
{
	return json_is_object(json_array_get(v, 0)) && json_array_size(v) > 1 && fj_json_peek(json_array_get(v, 0), "usci") == NULL;
}

/* a list: its texts in one line, its objects one below the other */
static void list_value(struct web_req *q, struct fj_buf *b, const char *key, const json_t *list, const struct web_link *links)
{
	const json_t *v;
	size_t i;

	if (is_table(list)) {
		web_table(q, b, list, links, NULL);
		return;
	}
	if (json_array_size(list) == 0)
		empty_list(q, b, key);
	json_array_foreach(list, i, v) {
		if (i > 0 && !json_is_object(v))
			web_say(q, b, ", ");
		web_value(q, b, key, v, links);
	}
}

/* {"en": …, "zh": …}: a sentence in the page's language */
static bool sentence(struct web_req *q, struct fj_buf *b, const json_t *v)
{
	const char *en = fj_json_peek(v, "en"), *zh = fj_json_peek(v, "zh");

	if (en == NULL || json_object_size(v) != (zh == NULL ? 1u : 2u))
		return false;
	char words[WEB_SENTENCE];
	web_wording(q, web_either(q, zh, en), words);
	web_text_times(b, words);
	return true;
}

/* {"name": …, "usci": …}: an organisation in one line */
static bool organisation(struct fj_buf *b, const json_t *v)
{
	const char *name = fj_json_peek(v, "name"), *usci = fj_json_peek(v, "usci");

	if (name == NULL || usci == NULL)
		return false;
	web_html(b, "<bdi>");
	web_text(b, name);
	web_html(b, "</bdi> <span class=\"mono small\">");
	web_text(b, usci);
	web_html(b, "</span>");
	return true;
}

void web_value(struct web_req *q, struct fj_buf *b, const char *key, const json_t *v, const struct web_link *links)
{
	if (json_is_string(v))
		text_value(q, b, key, json_string_value(v), links, false);
	else if (json_is_integer(v))
		number_value(q, b, key, json_integer_value(v));
	else if (json_is_boolean(v))
		web_text(b, json_is_true(v) ? web_tr(q, "yes") : web_tr(q, "no"));
	else if (json_is_array(v))
		list_value(q, b, key, v, links);
	else if (json_object_size(v) > 0 && !organisation(b, v) && !sentence(q, b, v))
		web_fields(q, b, v, links);
	else if (v == NULL || json_is_null(v) || (json_is_object(v) && json_object_size(v) == 0))
		web_text(b, strcmp(key, "quota") == 0 ? web_tr(q, "no limit") : web_tr(q, "none"));
}

/* objects within a cell: one line each; a table there has no room */
static void named_lines(struct fj_buf *b, const json_t *list)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
		web_print(b, "<div><span class=\"mono small\">%s</span> <bdi>%s</bdi></div>", fj_json_text(v, "id"), fj_json_text(v, "name"));
}

void web_cell(struct web_req *q, struct fj_buf *b, const char *key, const json_t *v, const struct web_link *links)
{
	if (json_is_object(v) && fj_json_peek(v, "name") != NULL) {
		text_value(q, b, "name", fj_json_peek(v, "name"), NULL, true);
	} else if (json_is_string(v)) {
		text_value(q, b, key, json_string_value(v), links, true);
	} else if (fj_json_peek(json_array_get(v, 0), "id") != NULL && fj_json_peek(json_array_get(v, 0), "name") != NULL) {
		named_lines(b, v);
	} else if ((json_object_size(v) > 0 && fj_json_peek(v, "en") == NULL) || is_table(v)) {
		web_html(b, "<details><summary>");
		web_say(q, b, "Show");
		web_html(b, "</summary>");
		web_value(q, b, key, v, links);
		web_html(b, "</details>");
	} else {
		web_value(q, b, key, v, links);
	}
}

static void field(struct web_req *q, struct fj_buf *b, const char *key, const json_t *v, const struct web_link *links)
{
	web_html(b, "<div><dt>");
	web_text(b, web_label(q, strcmp(key, "rights") == 0 && json_is_object(v) ? "rights{}" : key));
	web_html(b, "</dt><dd>");
	web_value(q, b, key, v, links);
	web_html(b, "</dd></div>");
}

static bool for_machines(struct web_req *q, const char *key)
{
	const struct web_term *t = web_term_find(key);

	return t == NULL ? web_label_of(q, key, true) == NULL : t->form >= WEB_TECHNICAL;
}

void web_fields(struct web_req *q, struct fj_buf *b, const json_t *object, const struct web_link *links)
{
	const char *key;
	json_t *v;

	web_html(b, "<dl>");
	for (const struct web_term *t = web_terms(); t->key != NULL; t++)
		if ((v = json_object_get(object, t->key)) != NULL && t->form < WEB_TECHNICAL)
			field(q, b, t->key, v, links);
	json_object_foreach((json_t *)(uintptr_t)object, key, v)
		if (web_term_find(key) == NULL && !for_machines(q, key))
			field(q, b, key, v, links);
	web_html(b, "</dl>");
}

/* --- tables --- */

#define MAX_ROWS 1000 /* of a page */

static bool has(const char *const *col, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(col[i], key) == 0)
			return true;
	return false;
}

/* members of the first row: those named first, then in reading order, then the rest */
size_t web_columns(struct web_req *q, const json_t *row, const char *const *first, const char *col[WEB_COLUMNS])
{
	const char *key;
	json_t *v;
	size_t n = 0;

	for (; first != NULL && *first != NULL && n < WEB_COLUMNS; first++)
		col[n++] = *first;
	if (n > 0)
		return n;
	for (const struct web_term *t = web_terms(); t->key != NULL && n < WEB_COLUMNS; t++)
		if (t->form < WEB_TECHNICAL && json_object_get(row, t->key) != NULL && !has(col, n, t->key))
			col[n++] = t->key;
	json_object_foreach((json_t *)(uintptr_t)row, key, v)
		if (n < WEB_COLUMNS && web_term_find(key) == NULL && (json_is_string(v) || json_is_integer(v) || !for_machines(q, key)))
			col[n++] = key;
	return n;
}

void web_heads(struct web_req *q, struct fj_buf *b, const char *const *col, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		web_html(b, "<th scope=\"col\">");
		web_text(b, web_label(q, col[k]));
		web_html(b, "</th>");
	}
}

void web_state(struct web_req *q, struct fj_buf *b, const char *state, const char *from)
{
	char day[FJ_TIME_CAP];
	fj_time at = 0;

	if (strcmp(state, "ACTIVE") != 0 || (fj_time_parse(from, &at, NULL) != FJ_OK && fj_date_parse(from, &at, NULL) != FJ_OK) || at <= fj_now()) {
		state_mark(q, b, state);
		return;
	}
	fj_date_china(at, day);
	web_html(b, "<span class=\"state PENDING\">");
	web_say(q, b, "not yet in force, from %s", day);
	web_html(b, "</span>");
}

void web_stopped(struct web_req *q, struct fj_buf *b)
{
	web_html(b, "<span class=\"state STOPPED\">");
	web_say(q, b, "stopped with its authorisation");
	web_html(b, "</span>");
}

/* a license's own state stays when its authorisation ends */
static bool is_stopped(const json_t *row)
{
	const char *above = fj_json_peek(row, "authorisation_state");

	return above != NULL && strcmp(above, "ACTIVE") != 0 && strcmp(fj_json_text(row, "state"), "ACTIVE") == 0;
}

void web_cells(struct web_req *q, struct fj_buf *b, const json_t *row, const struct web_link *links, const char *const *col, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		web_html(b, "<td data-label=\"");
		web_text(b, web_label(q, col[k]));
		web_html(b, "\"><div>");
		if (strcmp(col[k], "state") == 0 && is_stopped(row))
			web_stopped(q, b);
		else if (strcmp(col[k], "state") == 0 && json_is_string(json_object_get(row, "not_before")))
			web_state(q, b, fj_json_text(row, "state"), fj_json_text(row, "not_before"));
		else
			web_cell(q, b, col[k], json_object_get(row, col[k]), links);
		web_html(b, "</div></td>");
	}
}

/* The last cell of a row of n columns, seen on a narrow screen alone, where a row is a card: while it is closed the style sheet hides what
 * comes behind the first ones, but for the state. */
void web_rest(struct web_req *q, struct fj_buf *b, size_t n)
{
	if (n > 5)
		web_print(b, "<td class=\"rest\"><details><summary>%s</summary></details></td>", web_tr(q, "All fields"));
}

void web_table(struct web_req *q, struct fj_buf *b, const json_t *list, const struct web_link *links, const char *const *first)
{
	const char *col[WEB_COLUMNS];
	size_t n = web_columns(q, json_array_get(list, 0), first, col), i;
	const json_t *row;

	web_html(b, "<table><thead><tr>");
	web_heads(q, b, col, n);
	web_html(b, "</tr></thead><tbody>");
	json_array_foreach(list, i, row) {
		if (i == MAX_ROWS)
			break;
		web_html(b, "<tr>");
		web_cells(q, b, row, links, col, n);
		web_rest(q, b, n);
		web_html(b, "</tr>");
	}
	web_html(b, "</tbody></table>");
	if (json_array_size(list) <= MAX_ROWS)
		return;
	web_html(b, "<p class=\"small\">");
	web_say(q, b, "And %zu more.", json_array_size(list) - MAX_ROWS);
	web_html(b, "</p>");
}

static void long_text(struct web_req *q, struct fj_buf *b, const char *key, const char *text)
{
	web_html(b, "<details><summary>");
	web_text(b, web_label(q, key));
	web_print(b, "</summary><pre tabindex=\"0\" id=\"text-%s\">", key);
	web_text(b, text);
	web_html(b, "</pre></details>");
}

/* for machines, but read by people: members by name, one after the other; no deeper than documents go */
static void plainly(struct web_req *q, struct fj_buf *b, const json_t *v, unsigned depth)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 18);
	const char *key;
	json_t *m;
	size_t i, n = 0;

	if (json_is_string(v))
		web_text(b, json_string_value(v));
	else if (json_is_boolean(v) || json_is_null(v))
		web_text(b, json_is_true(v) ? web_tr(q, "yes") : json_is_false(v) ? web_tr(q, "no") : web_tr(q, "none"));
	else if (json_is_object(v) && depth < 4)
		json_object_foreach((json_t *)(uintptr_t)v, key, m) {
			web_print(b, n++ == 0 ? "%s: " : "; %s: ", key);
			plainly(q, b, m, depth + 1);
		}
	else if (json_is_array(v) && depth < 4)
		json_array_foreach(v, i, m) {
			web_html(b, i == 0 ? "" : ", ");
			plainly(q, b, m, depth + 1);
		}
	else if (fj_json_canonical(v, &text, NULL) == FJ_OK)
		web_text(b, fj_buf_str(&text));
}

void web_technical(struct web_req *q, struct fj_buf *b, const json_t *object)
{
	const char *key;
	json_t *v;
	FJ_AUTO(json) rest = json_object();

	json_object_foreach((json_t *)(uintptr_t)object, key, v) {
		const struct web_term *t = web_term_find(key);
		if (t != NULL && t->form == WEB_LONG && json_is_string(v))
			long_text(q, b, key, json_string_value(v));
		else if (for_machines(q, key))
			json_object_set(rest, key, v);
	}
	if (json_object_size(rest) == 0)
		return;
	web_html(b, "<details><summary>");
	web_say(q, b, "Technical details");
	web_html(b, "</summary><dl>");
	json_object_foreach(rest, key, v) {
		web_html(b, "<div><dt>");
		web_text(b, web_label(q, key));
		web_html(b, "</dt><dd class=\"mono\">");
		plainly(q, b, v, 0);
		web_html(b, "</dd></div>");
	}
	web_html(b, "</dl></details>");
}
