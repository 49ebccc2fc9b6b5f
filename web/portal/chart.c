/*
 * chart.c - bars, parted bars, columns by month and lines as SVG, each with its table.
 *
 * Lengths are parts of the largest value in whole numbers: no value overflows and nothing
 * is rounded through floating point.  Bars lie across, with label and number above them,
 * so that they read the same on a telephone; words are placed in pixels and percent and
 * do not shrink with the picture.  A line is drawn in a picture of its own that is
 * stretched to the width; its points are marked in the outer one, each series in its own
 * form.
 */
#include "web/portal/chart.h"

#define ROW 36      /* height of a bar with its words */
#define TOP 22      /* above columns and lines */
#define PLOT 110
#define FOOT 34
#define WIDE 1200   /* units of a line's own picture */
#define LABEL 30    /* a label's width in halves of a Han character; longer ones are cut */

void chart_number(int64_t n, bool fen, char out[CHART_NUMBER_CAP])
{
	uint64_t u = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	char digits[24];
	size_t k = 0;

	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)(fen ? u / 100 : u));
	if (n < 0)
		out[k++] = '-';
	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[k++] = ',';
		out[k++] = digits[i];
	}
	out[k] = '\0';
	if (fen)
		snprintf(out + k, CHART_NUMBER_CAP - k, ".%02u", (unsigned)(u % 100));
}

/* --- measures --- */

/* how far v lies between lo and hi, of `of` */
static unsigned part(int64_t v, int64_t lo, int64_t hi, unsigned of)
{
	uint64_t range = (uint64_t)hi - (uint64_t)lo, x = (uint64_t)v - (uint64_t)lo;

	while (range > UINT64_MAX / of) {
		range >>= 1;
		x >>= 1;
	}
	return range == 0 ? 0 : (unsigned)(x * of / range);
}

/* hundredths of a percent as text */
static const char *percent(unsigned p, char out[16])
{
	snprintf(out, 16, "%u.%02u%%", p / 100, p % 100);
	return out;
}

static int64_t plus(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static int64_t above_zero(int64_t v)
{
	return v > 0 ? v : 0;
}

/* the whole length of a bar */
static int64_t length(const struct chart *c, const struct chart_row *r)
{
	int64_t sum = 0;

	for (size_t s = 0; s < (c->kind == CHART_STACKED ? c->n_series : 1); s++)
		sum = plus(sum, above_zero(r->value[s]));
	return sum;
}

/* least and largest of all series; 0 is among them */
static void bounds(const struct chart *c, int64_t *lo, int64_t *hi)
{
	*lo = *hi = 0;
	for (size_t i = 0; i < c->n_rows; i++)
		for (size_t s = 0; s < (c->kind == CHART_MONTHS ? 1 : c->n_series); s++) {
			int64_t v = c->rows[i].value[s];
			*lo = v < *lo ? v : *lo;
			*hi = v > *hi ? v : *hi;
		}
	*hi += *hi == *lo; /* all 0 */
}

/* --- words --- */

static void number(struct fj_buf *b, const struct chart *c, int64_t v)
{
	char text[CHART_NUMBER_CAP];

	chart_number(v, c->fen, text);
	web_text(b, text);
}

/* all values of a row, as they stand above a bar: "3 / 1 / 0" */
static void numbers(struct fj_buf *b, const struct chart *c, const struct chart_row *r)
{
	for (size_t s = 0; s < c->n_series; s++) {
		if (s > 0)
			web_html(b, " / ");
		number(b, c, r->value[s]);
	}
}

/* the label, cut where it would run into the number */
static void label(struct fj_buf *b, const char *text)
{
	size_t width = 0, n = 0;
	char cut[4 * LABEL + 8];

	while (n < 4 * LABEL && text[n] != '\0') {
		size_t octets = 1;
		while ((text[n + octets] & 0xc0) == 0x80)
			octets++;
		width += octets > 2 ? 2 : 1;
		if (width > LABEL || n + octets > 4 * LABEL)
			break;
		n += octets;
	}
	snprintf(cut, sizeof(cut), "%.*s%s", (int)n, text, text[n] != '\0' ? "…" : "");
	web_text(b, cut);
}

/* the numbers in words, for who does not see the picture */
static void description(struct fj_buf *b, const struct chart *c)
{
	for (size_t i = 0; i < c->n_rows; i++) {
		web_print(b, "%s%s ", i > 0 ? "; " : "", c->rows[i].label);
		numbers(b, c, &c->rows[i]);
	}
}

static void begin(struct fj_buf *b, const struct chart *c, unsigned height)
{
	web_print(b, "<svg role=\"img\" width=\"100%%\" height=\"%u\" aria-labelledby=\"%s-t %s-d\"><title id=\"%s-t\">%s</title><desc id=\"%s-d\">", height, c->id, c->id, c->id, c->title, c->id);
	description(b, c);
	web_html(b, "</desc>");
}

/* --- bars --- */

static void segments(struct fj_buf *b, const struct chart *c, const struct chart_row *r, int64_t max, unsigned y)
{
	unsigned from = 0;
	int64_t sum = 0;
	char x[16], width[16];

	for (size_t s = 0; s < (c->kind == CHART_STACKED ? c->n_series : 1); s++) {
		sum = plus(sum, above_zero(r->value[s]));
		unsigned to = part(sum, 0, max, 10000);
		to += to == from && r->value[s] > 0 && to < 10000 ? 25 : 0; /* what is there is seen */
		to = to > 10000 ? 10000 : to;
		if (to > from)
			web_print(b, "<rect class=\"s%zu\" x=\"%s\" y=\"%u\" width=\"%s\" height=\"10\"/>", s, percent(from, x), y, percent(to - from, width));
		from = to;
	}
}

static void bars(struct fj_buf *b, const struct chart *c)
{
	size_t n = c->n_rows < CHART_BARS_SHOWN ? c->n_rows : CHART_BARS_SHOWN;
	int64_t max = 0;

	for (size_t i = 0; i < n; i++)
		max = length(c, &c->rows[i]) > max ? length(c, &c->rows[i]) : max;
	begin(b, c, (unsigned)n * ROW);
	for (size_t i = 0; i < n; i++) {
		unsigned y = (unsigned)i * ROW;
		web_print(b, "<text x=\"0\" y=\"%u\">", y + 14);
		label(b, c->rows[i].label);
		web_print(b, "</text><text class=\"n\" x=\"100%%\" y=\"%u\" text-anchor=\"end\">", y + 14);
		numbers(b, c, &c->rows[i]);
		web_print(b, "</text><rect class=\"track\" x=\"0\" y=\"%u\" width=\"100%%\" height=\"10\"/>", y + 20);
		segments(b, c, &c->rows[i], max, y + 20);
	}
	web_html(b, "</svg>");
}

/* --- by month --- */

struct plot {
	int64_t lo, hi;
};

static unsigned height_of(const struct plot *p, int64_t v)
{
	return TOP + PLOT - part(v, p->lo, p->hi, PLOT);
}

/* hundredths of a percent where row i begins */
static unsigned column(const struct chart *c, size_t i)
{
	return (unsigned)(i * 10000 / c->n_rows);
}

static bool begins_year(const struct chart *c, size_t i)
{
	return i < c->n_rows && strlen(c->rows[i].label) == 7 && strcmp(c->rows[i].label + 5, "01") == 0;
}

/* "2026-03": the month, beneath each January and the first the year, where it has room */
static void month(struct fj_buf *b, const struct chart *c, size_t i, const char *x)
{
	const char *text = c->rows[i].label;
	char year[8];

	if (strlen(text) != 7)
		return;
	web_print(b, "<text class=\"t\" x=\"%s\" y=\"%u\" text-anchor=\"middle\">%s</text>", x, TOP + PLOT + 15, text[5] == '0' ? text + 6 : text + 5);
	snprintf(year, sizeof(year), "%.4s", text);
	if (begins_year(c, i) || (i == 0 && !begins_year(c, 1)))
		web_print(b, "<text class=\"t\" x=\"%s\" y=\"%u\" text-anchor=\"middle\">%s</text>", x, TOP + PLOT + 29, year);
}

static void frame(struct fj_buf *b, const struct chart *c, const struct plot *p)
{
	char x[16];

	web_html(b, "<text class=\"t\" x=\"0\" y=\"12\">");
	number(b, c, p->hi);
	web_print(b, "</text><line class=\"grid\" x1=\"0\" x2=\"100%%\" y1=\"%u\" y2=\"%u\"/><line class=\"axis\" x1=\"0\" x2=\"100%%\" y1=\"%u\" y2=\"%u\"/>", TOP, TOP, height_of(p, 0), height_of(p, 0));
	for (size_t i = 0; i < c->n_rows; i++)
		month(b, c, i, percent((column(c, i) + column(c, i + 1)) / 2, x));
}

static void columns(struct fj_buf *b, const struct chart *c)
{
	struct plot p;

	bounds(c, &p.lo, &p.hi);
	begin(b, c, TOP + PLOT + FOOT);
	frame(b, c, &p);
	for (size_t i = 0; i < c->n_rows; i++) {
		int64_t v = c->rows[i].value[0];
		unsigned zero = height_of(&p, 0), y = height_of(&p, v), width = column(c, i + 1) - column(c, i);
		unsigned from = y < zero ? y : zero, high = y < zero ? zero - y : y - zero;
		char x[16], w[16];
		if (v == 0)
			continue;
		web_print(b, "<rect class=\"s0\" x=\"%s\" y=\"%u\" width=\"%s\" height=\"%u\"><title>%s ", percent(column(c, i) + width / 6, x), high == 0 ? from - 1 : from,
		    percent(width * 2 / 3, w), high == 0 ? 1 : high, c->rows[i].label);
		number(b, c, v);
		web_html(b, "</title></rect>");
	}
	web_html(b, "</svg>");
}

static void line(struct fj_buf *b, const struct chart *c, const struct plot *p, size_t s)
{
	web_print(b, "<svg x=\"0\" y=\"0\" width=\"100%%\" height=\"%u\" viewBox=\"0 0 %u %u\" preserveAspectRatio=\"none\"><polyline class=\"l%zu\" vector-effect=\"non-scaling-stroke\" points=\"",
	    TOP + PLOT + FOOT, WIDE, TOP + PLOT + FOOT, s);
	for (size_t i = 0; i < c->n_rows; i++)
		web_print(b, "%s%u,%u", i > 0 ? " " : "", (unsigned)((2 * i + 1) * WIDE / (2 * c->n_rows)), height_of(p, c->rows[i].value[s]));
	web_html(b, "\"/></svg>");
}

static void point(struct fj_buf *b, const struct chart *c, const struct plot *p, size_t s, size_t i)
{
	unsigned y = height_of(p, c->rows[i].value[s]);
	char x[16];

	percent((column(c, i) + column(c, i + 1)) / 2, x);
	if (s == 0)
		web_print(b, "<circle class=\"s0\" cx=\"%s\" cy=\"%u\" r=\"4\"><title>%s ", x, y, c->rows[i].label);
	else /* a picture of no width of its own, in which the square stands around its point */
		web_print(b, "<svg x=\"%s\" y=\"%u\" overflow=\"visible\"><rect class=\"s%zu\" x=\"-4\" y=\"-4\" width=\"8\" height=\"8\"><title>%s ", x, y, s, c->rows[i].label);
	number(b, c, c->rows[i].value[s]);
	if (s == 0)
		web_html(b, "</title></circle>");
	else
		web_html(b, "</title></rect></svg>");
}

static void lines(struct fj_buf *b, const struct chart *c)
{
	struct plot p;

	bounds(c, &p.lo, &p.hi);
	begin(b, c, TOP + PLOT + FOOT);
	frame(b, c, &p);
	for (size_t s = 0; s < c->n_series; s++) {
		line(b, c, &p, s);
		for (size_t i = 0; i < c->n_rows; i++)
			point(b, c, &p, s, i);
	}
	web_html(b, "</svg>");
}

/* --- all of it --- */

static void legend(struct fj_buf *b, const struct chart *c)
{
	web_html(b, "<p class=\"legend\">");
	for (size_t s = 0; s < c->n_series; s++)
		web_print(b, "<span><span class=\"key s%zu\"></span> %s</span> ", s, c->series[s]);
	web_html(b, "</p>");
}

static void table(struct fj_buf *b, const struct chart *c)
{
	web_print(b, "<details><summary>%s</summary><table class=\"figures\"><caption class=\"unseen\">%s</caption><thead><tr><th scope=\"col\">%s</th>", c->as_table, c->title, c->head);
	for (size_t s = 0; s < c->n_series; s++)
		web_print(b, "<th scope=\"col\">%s</th>", c->series[s]);
	web_html(b, "</tr></thead><tbody>");
	for (size_t i = 0; i < c->n_rows; i++) {
		web_print(b, "<tr><td data-label=\"%s\">%s</td>", c->head, c->rows[i].label);
		for (size_t s = 0; s < c->n_series; s++) {
			web_print(b, "<td class=\"num\" data-label=\"%s\">", c->series[s]);
			number(b, c, c->rows[i].value[s]);
			web_html(b, "</td>");
		}
		web_html(b, "</tr>");
	}
	web_html(b, "</tbody></table></details>");
}

void chart_draw(struct fj_buf *b, const struct chart *c)
{
	web_print(b, "<section class=\"card chart\" id=\"%s\"><h3>%s</h3>", c->id, c->title);
	if (c->n_rows == 0) {
		web_print(b, "<p class=\"small\">%s</p></section>", c->none);
		return;
	}
	if (c->n_series > 1)
		legend(b, c);
	if (c->kind == CHART_BARS || c->kind == CHART_STACKED)
		bars(b, c);
	else if (c->kind == CHART_MONTHS)
		columns(b, c);
	else
		lines(b, c);
	table(b, c);
	web_html(b, "</section>");
}
