/*
 * html.c - pages: escaping, the frame around a page, and the style sheet.
 *
 * Text from anywhere goes through web_text, which escapes for element and
 * attribute alike; only our own markup goes through web_html.  A template of
 * web_print is our own markup with places for values, and what is put there is
 * always escaped, by the place: nobody has to remember it.
 */
#include "web/http/http.h"

__asm__(".section .rodata\nweb_style_css:\n.globl web_style_css\n.incbin \"web/http/style.css\"\n.byte 0\n"
    "web_portal_js:\n.globl web_portal_js\n.incbin \"web/http/portal.js\"\n.byte 0\n.previous\n");

void web_raw(struct fj_buf *b, const char *text)
{
	if (fj_buf_puts(b, text) != FJ_OK)
		b->max = 0; /* every later write fails too: the page is cut, and short pages are seen */
}

void web_html(struct fj_buf *b, const char *markup)
{
	web_raw(b, markup);
}

static const char *entity(char c)
{
	return c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : c == '\'' ? "&#39;" : NULL;
}

/* code point of a character that must not act on a page: controls, marks that turn
 * the direction of text (UTR 36), and what can't be seen; 0: none.  *n: its octets. */
static unsigned unseen(const char *text, size_t *n)
{
	const unsigned char *p = (const unsigned char *)text;

	*n = 1;
	if ((p[0] < 0x20 && strchr("\t\r\n", p[0]) == NULL) || p[0] == 0x7f)
		return p[0];
	*n = 2;
	if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
		return p[1];
	if (p[0] == 0xd8 && p[1] == 0x9c)
		return 0x61c;
	*n = 3;
	if (p[0] == 0xe2 && p[1] == 0x80 && ((p[2] >= 0x8b && p[2] <= 0x8f) || (p[2] >= 0xa8 && p[2] <= 0xae)))
		return 0x2000u + p[2] - 0x80u;
	if (p[0] == 0xe2 && p[1] == 0x81 && p[2] >= 0xa0 && p[2] <= 0xaf)
		return 0x2060u + p[2] - 0xa0u;
	return p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf ? 0xfeff : 0;
}

void web_text(struct fj_buf *b, const char *text)
{
	const char *from = text;
	char shown[16];

	while (*text != '\0') {
		size_t n = 1;
		const char *e = entity(*text);
		unsigned c = e != NULL ? 0 : unseen(text, &n);
		if (e == NULL && c == 0) {
			text++;
			continue;
		}
		if (fj_buf_put(b, from, (size_t)(text - from)) != FJ_OK)
			b->max = 0;
		snprintf(shown, sizeof(shown), "[U+%04X]", c);
		web_raw(b, e != NULL ? e : shown);
		text += e != NULL ? 1 : n;
		from = text;
	}
	if (fj_buf_put(b, from, (size_t)(text - from)) != FJ_OK)
		b->max = 0;
}

void web_url(struct fj_buf *b, const char *text)
{
	char piece[4];

	for (; *text != '\0'; text++) {
		bool plain = strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", *text) != NULL;
		snprintf(piece, sizeof(piece), plain ? "%c" : "%%%02X", (unsigned char)*text);
		web_raw(b, piece);
	}
}

/* --- templates --- */

/* Where in a template the next value stands, by what has been printed of it. */
enum place { IN_TEXT, IN_ADDRESS_BEGIN, IN_ADDRESS };

static bool ends_with(const char *begin, const char *end, const char *what)
{
	size_t n = strlen(what);

	return (size_t)(end - begin) >= n && memcmp(end - n, what, n) == 0;
}

/* inside the value of an attribute that holds an address? */
static enum place place_of(const char *tmpl, const char *at)
{
	static const char *const attributes[] = {" href=\"", " action=\"", " src=\"", " formaction=\""};
	const char *quote = at;

	while (quote > tmpl && quote[-1] != '"' && quote[-1] != '<' && quote[-1] != '>')
		quote--;
	for (size_t i = 0; quote > tmpl && i < FJ_ARRAY_LEN(attributes); i++)
		if (ends_with(tmpl, quote, attributes[i]))
			return quote == at ? IN_ADDRESS_BEGIN : IN_ADDRESS;
	return IN_TEXT;
}

/* A whole address: of this site, or below its page; what is none leads nowhere. */
static void whole_address(struct fj_buf *b, const char *s)
{
	bool here = (s[0] == '/' && s[1] != '/' && s[1] != '\\') || s[0] == '?' || s[0] == '#' || s[0] == '\0';
	bool secure = strncmp(s, "https://", 8) == 0 || strncmp(s, "http://", 7) == 0;

	web_text(b, here || secure ? s : "#");
}

static void value(struct fj_buf *b, const char *s, enum place where)
{
	if (s == NULL)
		s = "";
	if (where == IN_ADDRESS)
		web_url(b, s);
	else if (where == IN_ADDRESS_BEGIN)
		whole_address(b, s);
	else
		web_text(b, s);
}

/* one conversion at p, after its '%'; returns what follows it */
static const char *conversion(struct fj_buf *b, const char *p, enum place where, va_list *ap)
{
	char number[24];

	switch (*p) {
	case 's':
		value(b, va_arg(*ap, const char *), where);
		return p + 1;
	case 'd':
		snprintf(number, sizeof(number), "%d", va_arg(*ap, int));
		break;
	case 'u':
		snprintf(number, sizeof(number), "%u", va_arg(*ap, unsigned));
		break;
	case 'z':
		snprintf(number, sizeof(number), "%zu", va_arg(*ap, size_t));
		p++;
		break;
	case 'l':
		snprintf(number, sizeof(number), "%lld", va_arg(*ap, long long));
		p += 2;
		break;
	default: /* "%%" */
		snprintf(number, sizeof(number), "%c", '%');
	}
	web_raw(b, number);
	return p + 1;
}

static void fill(struct fj_buf *b, const char *tmpl, bool markup, va_list *ap)
{
	const char *from = tmpl;

	for (const char *p = tmpl; *p != '\0';) {
		if (*p != '%') {
			p++;
			continue;
		}
		FJ_AUTO(str) piece = fj_strndup(from, (size_t)(p - from));
		if (piece == NULL)
			b->max = 0;
		else if (markup)
			web_raw(b, piece);
		else
			web_text(b, piece);
		p = from = conversion(b, p + 1, markup ? place_of(tmpl, p) : IN_TEXT, ap);
	}
	if (markup)
		web_raw(b, from);
	else
		web_text(b, from);
}

void web_print(struct fj_buf *b, const char *tmpl, ...)
{
	va_list ap;

	va_start(ap, tmpl);
	fill(b, tmpl, true, &ap);
	va_end(ap);
}

void web_say(struct web_req *q, struct fj_buf *b, const char *text, ...)
{
	va_list ap;

	va_start(ap, text);
	fill(b, web_tr(q, text), false, &ap);
	va_end(ap);
}

/* --- the frame --- */

void web_page_begin(struct web_req *q, struct fj_buf *b, const char *title)
{
	web_print(b, "<!doctype html><html lang=\"%s\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
	    "<title>%s · Fujie 符节</title><link rel=\"stylesheet\" href=\"/style.css\"><script src=\"/portal.js\" defer></script></head><body>", web_lang(q)[0] == 'e' ? "en" : "zh-CN", title);
}

void web_page_end(struct fj_buf *b)
{
	web_html(b, "</main></body></html>\n");
}

/* --- links of a page that answers a form --- */

/* to the page itself, a file, or a button that goes on from here */
static bool stays(const char *link, size_t n)
{
	static const char *const marks[] = {" href=\"#", " class=\"file", " class=\"button", " target="};
	FJ_AUTO(str) tag = fj_strndup(link, n);
	bool found = tag == NULL;

	for (size_t i = 0; i < FJ_ARRAY_LEN(marks) && !found; i++)
		found = strstr(tag, marks[i]) != NULL;
	return found;
}

/* where the next link begins, before end; those to the places of the site, in a <nav>, are left */
static const char *next_link(const char *from, const char *end)
{
	for (const char *p = strchr(from, '<'); p != NULL && p < end; p = strchr(p + 1, '<')) {
		if (strncmp(p, "<a ", 3) == 0)
			return p;
		if (strncmp(p, "<nav", 4) == 0 && (p = strstr(p, "</nav>")) == NULL)
			return NULL;
	}
	return NULL;
}

static enum fj_rc apart(struct web_req *q, const char *page, const char *main, const char *end, struct fj_buf *out)
{
	const char *from = page;

	for (const char *link = next_link(main, end); link != NULL; link = next_link(from, end)) {
		const char *close = strchr(link, '>'), *after = close == NULL ? NULL : strstr(close, "</a>");
		if (after == NULL)
			break;
		bool leave = stays(link, (size_t)(close - link));
		FJ_TRY(fj_buf_put(out, from, (size_t)((leave ? after : close) - from)));
		if (!leave) {
			FJ_TRY(fj_buf_puts(out, " target=\"_blank\" rel=\"noopener\""));
			FJ_TRY(fj_buf_put(out, close, (size_t)(after - close)));
			web_print(out, "<span class=\"unseen\">%s</span>", web_tr(q, " (opens in a new window)"));
		}
		from = after;
	}
	return fj_buf_puts(out, from);
}

#define APART_MAX (1u << 20) /* a larger page is not written a second time */

void web_links_apart(struct web_req *q, struct fj_buf *b, bool refused)
{
	if (b->len > APART_MAX)
		return;
	FJ_AUTO(buf) out = FJ_BUF_INIT(b->max);
	const char *page = fj_buf_str(b), *main = strstr(page, "<main"), *end = NULL;

	for (const char *p = main; p != NULL && (p = strstr(p, "</form>")) != NULL; p++)
		end = p; /* what stands below the last form leads on */
	if (end == NULL || (!refused && strstr(main, "<form class=\"fill") == NULL && strstr(main, "<form class=\"acts\" method=\"post\"") == NULL))
		return;
	if (apart(q, page, main, end, &out) != FJ_OK || out.max == 0)
		return; /* no room: links as they were */
	struct fj_buf was = *b;
	*b = out;
	out = was;
}

void web_get_style(struct web_req *q, struct web_res *r)
{
	(void)q;
	web_bytes(r, "text/css; charset=utf-8", fj_slice_str(web_style_css), 3600);
}

void web_get_script(struct web_req *q, struct web_res *r)
{
	(void)q;
	web_bytes(r, "text/javascript; charset=utf-8", fj_slice_str(web_portal_js), 3600);
}
