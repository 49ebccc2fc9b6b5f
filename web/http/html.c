/*
 * html.c - pages: escaping, the frame around a page, and the style sheet.
 *
 * Text from anywhere goes through web_text, which escapes for element and
 * attribute alike; only our own markup goes through web_html.
 */
#include "web/http/http.h"

__asm__(".section .rodata\nweb_style_css:\n.globl web_style_css\n.incbin \"web/http/style.css\"\n.byte 0\n.previous\n");

void web_html(struct fj_buf *b, const char *markup)
{
	if (fj_buf_puts(b, markup) != FJ_OK)
		b->max = 0; /* every later write fails too: the page is cut, and short pages are seen */
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
		web_html(b, e != NULL ? e : shown);
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
		web_html(b, piece);
	}
}

void web_both(struct web_req *q, struct fj_buf *b, const char *zh, const char *en)
{
	web_text(b, web_lang(q)[0] == 'e' ? en : zh);
}

void web_page_begin(struct web_req *q, struct fj_buf *b, const char *zh, const char *en)
{
	web_html(b, "<!doctype html><html lang=\"");
	web_html(b, web_lang(q)[0] == 'e' ? "en" : "zh-CN");
	web_html(b, "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>");
	web_both(q, b, zh, en);
	web_html(b, " · Fujie 符节</title><link rel=\"stylesheet\" href=\"/style.css\"></head><body>");
}

void web_page_end(struct fj_buf *b)
{
	web_html(b, "</main></body></html>\n");
}
