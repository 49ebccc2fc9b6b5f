/*
 * paper.h - a document on its pages: where the next thing begins, and what begins a page.
 * For pages.c and formal.c.
 */
#ifndef FJ_ISSUER_REPORT_PAPER_H
#define FJ_ISSUER_REPORT_PAPER_H

#include "issuer/report/pen.h"

#define MARGIN 62.0
#define MARGIN_FORMAL 55.0
#define FOOT 40.0       /* of the page number, from the lower edge */
#define PAD 4.0         /* within a cell */
#define QR_SIDE 96.0

struct paper {
	struct pen pen;
	const char *mark;
	double y;             /* where the next thing begins */
	int page, pages;      /* pages 0: being counted */
	bool fresh;           /* nothing stands on this page yet */
	bool formal;          /* it is a certificate's, with an ornament about each page */
	double margin;        /* of the page, on all sides */
};

static inline double inner(const struct paper *p)
{
	return p->pen.width - 2 * p->margin;
}
static inline double bottom(const struct paper *p)
{
	return p->pen.height - p->margin;
}

/* --- pages.c --- */
/* a new page, unless this height fits what is left of this one or the page is empty */
void paper_need(struct paper *p, double height);
void paper_text(struct paper *p, const struct pen_look *k, const char *text);
void paper_squares(struct paper *p, const struct rep_qr *q, double x, double y, double side);
/* a code, and the small print beside it; the print alone when the text does not fit a code */
void paper_code(struct paper *p, const char *text, const char *small);
extern const struct pen_look paper_note;

/* --- formal.c --- */
void formal_ornament(struct paper *p);
void formal_title(struct paper *p, const json_t *model);
/* a paragraph, or small print */
void formal_text(struct paper *p, const char *text, bool small);
void formal_grid(struct paper *p, const json_t *rows);
void formal_seals(struct paper *p, const json_t *block);

#endif
