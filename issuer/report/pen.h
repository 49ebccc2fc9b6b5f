/*
 * pen.h - what pages are drawn with: lines of text and paths, on a PDF page or on an OFD one.
 *
 * A layout is Pango's; where each glyph goes is the same for both, so a page looks alike
 * whichever file it is in.  Lengths are points from the upper left corner.
 */
#ifndef FJ_ISSUER_PEN_H
#define FJ_ISSUER_PEN_H

#include <pango/pangocairo.h>

#include "issuer/report/parts.h"

struct pen_ink {
	double r, g, b;
};
struct pen_look {
	bool sans; /* else serif */
	double size;
	bool bold;
	PangoAlignment align;
	double before, after, indent, spacing; /* spacing: between lines, 0 is 1 */
	struct pen_ink ink;
};

struct pen {
	cairo_surface_t *surface;
	cairo_t *cr;
	PangoContext *pango;
	double width, height; /* of a page */
	double floor;         /* text whose line stands below is cut away; 0 none */
	bool ofd;
	int id;               /* the last that an object has; ids of OFD are of the whole document */
	struct fj_buf page;   /* objects of the OFD page that is drawn */
	struct fj_buf path;   /* the OFD path that is drawn */
	rep_put put;          /* where the file goes */
	void *arg;
	bool failed;
};

/* put NULL: nothing is written, the drawing is only measured */
void pen_open(struct pen *p, bool ofd, bool wide, rep_put put, void *arg);
/* false: something could not be drawn or written.  An OFD's pages went out each as its id, a line feed, its
 * objects and a NUL, and behind them the last id. */
bool pen_close(struct pen *p);
void pen_page_end(struct pen *p);

/* the caller's, g_object_unref */
PangoLayout *pen_layout(const struct pen *p, const struct pen_look *k, const char *text, double width);
double pen_height(PangoLayout *l);
double pen_width(PangoLayout *l);
/* a line from its left end on its base line; a whole layout from its upper left corner */
void pen_line(struct pen *p, const struct pen_look *k, PangoLayoutLine *line, double x, double base);
void pen_text(struct pen *p, const struct pen_look *k, PangoLayout *l, double x, double y);
/* large, aslant about the middle of the page */
void pen_slanted(struct pen *p, const struct pen_look *k, PangoLayout *l, double angle);

void pen_move(struct pen *p, double x, double y);
void pen_to(struct pen *p, double x, double y);
void pen_curve(struct pen *p, const double c[6]);
void pen_box(struct pen *p, double x, double y, double w, double h);
/* the path since the last of these; then there is none */
void pen_fill(struct pen *p, const struct pen_ink *ink);
void pen_stroke(struct pen *p, const struct pen_ink *ink, double width);

#endif
