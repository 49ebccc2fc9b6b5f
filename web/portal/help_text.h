/*
 * help_text.h - the operator manual (docs/manual.zh.md, docs/manual.en.md) by its
 * sections, which are the help pages: one text, read in the portal and on paper.
 */
#ifndef FJ_WEB_PORTAL_HELP_TEXT_H
#define FJ_WEB_PORTAL_HELP_TEXT_H

#include "web/http/http.h"

struct help_section {
	struct fj_slice id, title, text; /* borrowed from the manual */
};
/* The next section of a manual, "## Title {#id}" and what follows; *at 0 at first.  false: there is none left. */
bool help_next(const char *manual, size_t *at, struct help_section *out);
/* A section's text as markup.  Of Markdown: "### " headings, paragraphs of one line, "- " and "1. " lists, tables, fenced
 * blocks, `code`, **strong**, [text](address).  "#id" leads to that help page; pictures are left out.  Everything is
 * escaped: the manual is no place for markup of its own. */
void help_render(struct fj_buf *b, struct fj_slice text);
const char *help_manual(bool en);

#endif
