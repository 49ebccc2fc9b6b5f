/*
 * help_text.c - the manual cut into sections, and a section as markup.
 *
 * The subset of Markdown is the one that the manual is written in; what is not in it
 * is shown as the text that it is.
 */
#include "web/portal/help_text.h"

#include <ctype.h>

__asm__(".section .rodata\n"
    "help_manual_zh:\n.incbin \"docs/manual.zh.md\"\n.byte 0\n"
    "help_manual_en:\n.incbin \"docs/manual.en.md\"\n.byte 0\n.previous\n");
extern const char help_manual_zh[], help_manual_en[];

const char *help_manual(bool en)
{
	return en ? help_manual_en : help_manual_zh;
}

/* --- sections --- */

bool help_next(const char *manual, size_t *at, struct help_section *out)
{
	const char *p = *at == 0 && strncmp(manual, "## ", 3) == 0 ? manual : strstr(manual + *at, "\n## ");

	if (p == NULL)
		return false;
	p += *p == '\n' ? 4 : 3;
	size_t n = strcspn(p, "\n");
	const char *mark = memmem(p, n, " {#", 3);
	const char *end = mark == NULL ? NULL : memchr(mark, '}', n - (size_t)(mark - p));
	const char *text = p + n, *next = strstr(text, "\n## ");
	out->title = FJ_SLICE((const uint8_t *)p, mark == NULL ? n : (size_t)(mark - p));
	out->id = end == NULL ? FJ_SLICE((const uint8_t *)p, 0) : FJ_SLICE((const uint8_t *)mark + 3, (size_t)(end - mark) - 3);
	out->text = FJ_SLICE((const uint8_t *)text, next == NULL ? strlen(text) : (size_t)(next - text));
	*at = (size_t)(text - manual);
	return true;
}

/* --- inside a line --- */

static void plain(struct fj_buf *b, const char *p, size_t n)
{
	FJ_AUTO(str) s = fj_strndup(p, n);

	web_text(b, s == NULL ? "" : s);
}

static void link_at(struct fj_buf *b, const char *text, size_t n, const char *to, size_t m)
{
	FJ_AUTO(str) address = fj_strndup(to, m);

	if (address != NULL && address[0] == '#')
		web_print(b, "<a href=\"/help/%s\">", address + 1);
	else
		web_print(b, "<a href=\"%s\">", address == NULL ? "" : address);
	plain(b, text, n);
	web_html(b, "</a>");
}

/* "R07" leads to what it says */
static size_t rule_at(struct fj_buf *b, const char *p, size_t n)
{
	if (n < 3 || p[0] != 'R' || !isdigit((unsigned char)p[1]) || !isdigit((unsigned char)p[2]) || (n > 3 && isalnum((unsigned char)p[3])))
		return 0;
	char rule[4] = {p[0], p[1], p[2], '\0'};
	web_print(b, "<a href=\"/basis#%s\">%s</a>", rule, rule);
	return 3;
}

/* `code`, **strong**, [text](address), a rule at p: its length, 0 when it is none */
static size_t mark(struct fj_buf *b, const char *p, size_t n)
{
	const char *end = NULL, *close;

	if (p[0] == '`' && (end = memchr(p + 1, '`', n - 1)) != NULL) {
		web_html(b, "<code>");
		plain(b, p + 1, (size_t)(end - p) - 1);
		web_html(b, "</code>");
		return (size_t)(end - p) + 1;
	}
	if (n > 4 && p[0] == '*' && p[1] == '*' && (end = memmem(p + 2, n - 2, "**", 2)) != NULL) {
		web_html(b, "<strong>");
		plain(b, p + 2, (size_t)(end - p) - 2);
		web_html(b, "</strong>");
		return (size_t)(end - p) + 2;
	}
	if (p[0] == '[' && (end = memmem(p, n, "](", 2)) != NULL && (close = memchr(end, ')', n - (size_t)(end - p))) != NULL) {
		link_at(b, p + 1, (size_t)(end - p) - 1, end + 2, (size_t)(close - end) - 2);
		return (size_t)(close - p) + 1;
	}
	return rule_at(b, p, n);
}

static void inline_text(struct fj_buf *b, const char *p, size_t n)
{
	size_t from = 0, i = 0;

	while (i < n) {
		bool maybe = p[i] == '`' || p[i] == '*' || p[i] == '[' || (p[i] == 'R' && (i == 0 || !isalnum((unsigned char)p[i - 1])));
		if (maybe && i > from) {
			plain(b, p + from, i - from);
			from = i;
		}
		size_t used = maybe ? mark(b, p + i, n - i) : 0;
		i += used > 0 ? used : 1;
		from = used > 0 ? i : from;
	}
	plain(b, p + from, n - from);
}

/* --- lines --- */

enum block { NONE, BULLETS, NUMBERS, TABLE, CODE };

#define MAX_COLUMNS 8
struct place {
	enum block in;
	struct fj_slice head[MAX_COLUMNS]; /* of the table: on a telephone each cell says its column */
};

static void leave(struct fj_buf *b, struct place *at)
{
	if (at->in == BULLETS)
		web_html(b, "</ul>");
	else if (at->in == NUMBERS)
		web_html(b, "</ol>");
	else if (at->in == TABLE)
		web_html(b, "</tbody></table>");
	else if (at->in == CODE)
		web_html(b, "</pre>");
	at->in = NONE;
}

static void enter(struct fj_buf *b, struct place *at, enum block what)
{
	if (at->in == what)
		return;
	leave(b, at);
	if (what == BULLETS)
		web_html(b, "<ul>");
	else if (what == NUMBERS)
		web_html(b, "<ol>");
	at->in = what;
}

static void cell(struct fj_buf *b, bool head, struct fj_slice column, struct fj_slice text)
{
	FJ_AUTO(str) label = fj_strndup((const char *)column.p, column.len);

	if (head)
		web_html(b, "<th scope=\"col\">");
	else
		web_print(b, "<td data-label=\"%s\"><div>", label == NULL ? "" : label);
	inline_text(b, (const char *)text.p, text.len);
	web_html(b, head ? "</th>" : "</div></td>");
}

/* "| a | b |": the first row of a table is its head; "| --- |" is skipped */
static void table_row(struct fj_buf *b, struct place *at, const char *p, size_t n)
{
	bool head = at->in != TABLE;
	size_t k = 0;

	if (n > 2 && strspn(p, "|- :") >= n)
		return;
	if (head)
		leave(b, at);
	web_html(b, head ? "<table><thead><tr>" : "<tr>");
	for (const char *c = p + 1, *end = p + n; c < end;) {
		const char *bar = memchr(c, '|', (size_t)(end - c));
		size_t len = bar == NULL ? 0 : (size_t)(bar - c);
		if (bar == NULL)
			break;
		while (len > 0 && *c == ' ') {
			c++;
			len--;
		}
		while (len > 0 && c[len - 1] == ' ')
			len--;
		if (head && k < MAX_COLUMNS)
			at->head[k] = FJ_SLICE(c, len);
		cell(b, head, k < MAX_COLUMNS ? at->head[k] : FJ_SLICE("", 0), FJ_SLICE(c, len));
		c = bar + 1;
		k++;
	}
	web_html(b, head ? "</tr></thead><tbody>" : "</tr>");
	at->in = TABLE;
}

static void item(struct fj_buf *b, struct place *at, enum block what, const char *p, size_t n)
{
	enter(b, at, what);
	web_html(b, "<li>");
	inline_text(b, p, n);
	web_html(b, "</li>");
}

static void wrapped(struct fj_buf *b, struct place *at, bool heading, const char *p, size_t n)
{
	leave(b, at);
	web_html(b, heading ? "<h2>" : "<p>");
	inline_text(b, p, n);
	web_html(b, heading ? "</h2>" : "</p>");
}

static void one_line(struct fj_buf *b, struct place *at, const char *p, size_t n)
{
	size_t digits = strspn(p, "0123456789");

	if (n >= 3 && memcmp(p, "```", 3) == 0) {
		bool was = at->in == CODE;
		leave(b, at);
		if (!was)
			web_html(b, "<pre>");
		at->in = was ? NONE : CODE;
	} else if (at->in == CODE) {
		plain(b, p, n);
		web_html(b, "\n");
	} else if (n == 0) {
		leave(b, at);
	} else if (n > 4 && memcmp(p, "### ", 4) == 0) {
		wrapped(b, at, true, p + 4, n - 4);
	} else if (n > 2 && memcmp(p, "- ", 2) == 0) {
		item(b, at, BULLETS, p + 2, n - 2);
	} else if (digits > 0 && digits + 2 < n && p[digits] == '.' && p[digits + 1] == ' ') {
		item(b, at, NUMBERS, p + digits + 2, n - digits - 2);
	} else if (p[0] == '|') {
		table_row(b, at, p, n);
	} else if (n < 2 || memcmp(p, "![", 2) != 0) {
		wrapped(b, at, false, p, n);
	}
}

void help_render(struct fj_buf *b, struct fj_slice text)
{
	struct place where = {.in = NONE};

	for (size_t at = 0; at < text.len;) {
		const char *p = (const char *)text.p + at;
		const char *nl = memchr(p, '\n', text.len - at);
		size_t n = nl == NULL ? text.len - at : (size_t)(nl - p);
		one_line(b, &where, p, n);
		at += n + 1;
	}
	leave(b, &where);
}
