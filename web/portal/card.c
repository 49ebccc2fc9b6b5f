/*
 * card.c - an asset card on a page: the four blocks of 167·三(二), each with its
 * heading, by the labels and words of the register's own dictionary.
 */
#include "web/portal/internal.h"

static void block(struct web_req *q, struct fj_buf *b, const json_t *lines, const char *name, const char *heading)
{
	size_t i;
	json_t *l;

	web_html(b, "<h2>");
	web_text(b, web_label(q, heading));
	web_html(b, "</h2><dl>");
	json_array_foreach(lines, i, l) {
		if (strcmp(fj_json_peek(l, "block"), name) != 0)
			continue;
		web_html(b, "<div><dt>");
		web_text(b, fj_json_peek(l, "label"));
		web_html(b, "</dt><dd><bdi>");
		web_text(b, fj_json_peek(l, "text"));
		web_html(b, "</bdi></dd></div>");
	}
	web_html(b, "</dl>");
}

void portal_card(struct web_req *q, struct fj_buf *b, const json_t *card)
{
	FJ_AUTO(json) lines = iss_card_lines(card, web_lang(q)[0] == 'e');

	if (card == NULL)
		return;
	block(q, b, lines, "basic", "basic");
	block(q, b, lines, "rights", "rights{}");
	block(q, b, lines, "use", "use");
	block(q, b, lines, "management", "management");
}
