/*
 * chart.h - numbers as a picture, and beneath it as a table: SVG that the server makes.
 *
 * What is told here is told in words too: the picture has a title and a description with the numbers, the
 * table beneath has all of them, and what one series has of its own is more than a colour.  Colours are
 * classes of the style sheet; nothing here is a style of its own.  All coordinates are whole numbers or
 * percent, so that words keep their size on a narrow screen.
 */
#ifndef FJ_WEB_PORTAL_CHART_H
#define FJ_WEB_PORTAL_CHART_H

#include "web/http/http.h"

#define CHART_SERIES 3
#define CHART_BARS_SHOWN 10 /* of bars; what comes after stands in the table only */

enum chart_kind {
	CHART_BARS,    /* a bar a row, of the first series */
	CHART_STACKED, /* a bar a row, parted by series; what is below 0 has no length */
	CHART_MONTHS,  /* columns side by side, of the first series; labels "2026-03" */
	CHART_LINES    /* a line a series over the same */
};
struct chart_row {
	const char *label;
	int64_t value[CHART_SERIES];
};
struct chart { /* texts are in the page's language, and any text may be hostile */
	enum chart_kind kind;
	const char *id;                   /* unlike all others on the page: letters and hyphens */
	const char *title, *head;         /* head: above the labels of the table */
	const char *series[CHART_SERIES]; /* names */
	size_t n_series;
	const struct chart_row *rows;
	size_t n_rows;                    /* 0: `none` is said instead */
	bool fen;                         /* amounts of money: shown in yuan */
	const char *as_table, *none;
};
void chart_draw(struct fj_buf *b, const struct chart *c);
/* "1,234", fen as yuan "12.34"; any int64 */
#define CHART_NUMBER_CAP 40
void chart_number(int64_t n, bool fen, char out[CHART_NUMBER_CAP]);

#endif
