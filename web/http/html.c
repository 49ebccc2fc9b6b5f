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

void web_text(struct fj_buf *b, const char *text)
{
	for (; *text != '\0'; text++) {
		const char *e = *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : *text == '"' ? "&quot;" : *text == '\'' ? "&#39;" : NULL;
		if (e != NULL) {
			web_html(b, e);
			continue;
		}
		size_t n = strcspn(text, "&<>\"'");
		if (fj_buf_put(b, text, n) != FJ_OK)
			b->max = 0;
		text += n - 1;
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
