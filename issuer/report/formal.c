/*
 * formal.c - what a certificate's page has that a report's has not: an ornament about the
 * page, a title to be read across a room, a table of names and values without a heading,
 * and at its foot who issues it, where the seal goes, and the code to check it by.
 */
#include <math.h>

#include "issuer/report/paper.h"

#define SEAL_SIDE 114.0 /* of the area that is kept free: an official seal has 42 mm at most */
#define SEALS_HIGH 122.0
#define ROOM 2.2        /* above and below in a row */

static const struct pen_ink red = {0.62, 0.09, 0.10}, gold = {0.72, 0.56, 0.27}, cream = {0.985, 0.972, 0.94}, edge = {0.66, 0.56, 0.40}, white = {1, 1, 1};
static const struct pen_look k_title = {false, 31, true, PANGO_ALIGN_CENTER, 0, 0, 0, 0, {0.62, 0.09, 0.10}}, k_under = {false, 11.5, false, PANGO_ALIGN_CENTER, 0, 5, 0, 0, {0.35, 0.28, 0.16}},
			     k_label = {true, 8.6, true, PANGO_ALIGN_CENTER, 0, 0, 0, 0, {0.25, 0.20, 0.10}}, k_small = {false, 6.2, false, PANGO_ALIGN_CENTER, 0, 0, 0, 0, {0.40, 0.35, 0.28}},
			     k_value = {false, 9, false, PANGO_ALIGN_LEFT, 0, 0, 0, 1.05, {0, 0, 0}}, k_signer = {true, 11.5, true, PANGO_ALIGN_CENTER, 0, 0, 0, 0, {0, 0, 0}},
			     k_role = {false, 8.5, false, PANGO_ALIGN_CENTER, 0, 0, 0, 0, {0.25, 0.20, 0.10}}, k_on = {false, 10, false, PANGO_ALIGN_CENTER, 0, 0, 0, 0, {0, 0, 0}},
			     k_hint = {true, 8, false, PANGO_ALIGN_CENTER, 0, 0, 0, 0, {0.70, 0.62, 0.52}}, k_meta = {true, 9.5, false, PANGO_ALIGN_CENTER, 0, 6, 0, 0, {0.25, 0.20, 0.10}},
			     k_body = {false, 9.8, false, PANGO_ALIGN_LEFT, 0, 5, 19.6, 1.08, {0, 0, 0}}, k_print = {false, 7.4, false, PANGO_ALIGN_LEFT, 1, 2, 0, 1.0, {0.25, 0.25, 0.25}};

/* --- the ornament --- */

/* A wave from a to b, `high` to either side; an even number of halves, so that a side ends as it begins. */
static void wave(struct pen *p, const double a[2], const double b[2], double high)
{
	double dx = b[0] - a[0], dy = b[1] - a[1], length = sqrt(dx * dx + dy * dy);
	int n = 2 * (int)(length / 14 + 0.5);
	double sx = dx / n, sy = dy / n, nx = -dy / length * high, ny = dx / length * high;

	pen_move(p, a[0], a[1]);
	for (int i = 0; i < n; i++) {
		double side = i % 2 == 0 ? 1 : -1, x = a[0] + i * sx, y = a[1] + i * sy;
		const double c[6] = {x + sx * 0.4 + nx * side, y + sy * 0.4 + ny * side, x + sx * 0.6 + nx * side, y + sy * 0.6 + ny * side, x + sx, y + sy};
		pen_curve(p, c);
	}
}

static void rim(struct paper *p, double at, const struct pen_ink *ink, double width)
{
	pen_box(&p->pen, at, at, p->pen.width - 2 * at, p->pen.height - 2 * at);
	pen_stroke(&p->pen, ink, width);
}

/* waves, woven, between two lines */
void formal_ornament(struct paper *p)
{
	static const double highs[] = {8.5, -8.5, 4, -4};
	const double w = p->pen.width, h = p->pen.height, mid = 32;
	const double c[4][2] = {{mid, mid}, {w - mid, mid}, {w - mid, h - mid}, {mid, h - mid}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(highs); i++) {
		for (int side = 0; side < 4; side++)
			wave(&p->pen, c[side], c[(side + 1) % 4], highs[i]);
		pen_stroke(&p->pen, &gold, i < 2 ? 0.5 : 0.35);
	}
	rim(p, 24, &red, 1.2);
	rim(p, 40, &red, 0.6);
	rim(p, 42.5, &gold, 0.4);
}

void formal_title(struct paper *p, const json_t *model)
{
	static const char wide[] = "\xe2\x80\x82"; /* an en space between the characters */
	const char *text = fj_json_peek(model, "title");
	FJ_AUTO(buf) spaced = FJ_BUF_INIT(4096);

	for (const char *at = text; *at != '\0';) {
		const char *next = g_utf8_next_char(at);
		(void)!fj_buf_put(&spaced, at, (size_t)(next - at));
		if (*next != '\0' && strlen(text) <= 30)
			(void)!fj_buf_puts(&spaced, wide);
		at = next;
	}
	p->y += 3;
	struct pen_look k = k_title;
	k.size = strlen(text) <= 18 ? k_title.size : 25;
	paper_text(p, &k, fj_buf_str(&spaced));
	if (fj_json_peek(model, "subtitle") != NULL)
		paper_text(p, &k_under, fj_json_peek(model, "subtitle"));
	if (fj_json_peek(model, "number") != NULL)
		paper_text(p, &k_meta, fj_json_peek(model, "number"));
}

/* --- names and values --- */

/* one pair: the name in two languages above each other, the value beside it */
struct pair {
	PangoLayout *zh, *en, *value;
	double x, name_wide, wide; /* of the name's cell, of both */
};

static void pair_make(struct paper *p, struct pair *c, const json_t *row, size_t at)
{
	const char *name = json_string_value(json_array_get(row, at)), *cut = strchr(name, '\n');
	FJ_AUTO(buf) zh = FJ_BUF_INIT(2048);

	(void)!fj_buf_put(&zh, name, cut == NULL ? strlen(name) : (size_t)(cut - name));
	c->zh = pen_layout(&p->pen, &k_label, fj_buf_str(&zh), c->name_wide - PAD);
	c->en = pen_layout(&p->pen, &k_small, cut == NULL ? "" : cut + 1, c->name_wide - PAD);
	c->value = pen_layout(&p->pen, &k_value, json_string_value(json_array_get(row, at + 1)), c->wide - c->name_wide - 2 * PAD - 2);
}

/* a font's line has more air above and below than two lines of one name want between them */
#define TIGHT 0.8

static double name_high(const struct pair *c)
{
	return TIGHT * (pen_height(c->zh) + pen_height(c->en));
}

static double pair_high(const struct pair *c)
{
	double name = name_high(c), text = pen_height(c->value);

	return (name > text ? name : text) + 2 * ROOM + 1;
}

static void pair_draw(struct paper *p, const struct pair *c, double high)
{
	double y = p->y + (high - name_high(c)) / 2 - (1 - TIGHT) / 2 * pen_height(c->zh);

	pen_box(&p->pen, c->x, p->y, c->name_wide, high);
	pen_fill(&p->pen, &cream);
	pen_box(&p->pen, c->x, p->y, c->name_wide, high);
	pen_box(&p->pen, c->x + c->name_wide, p->y, c->wide - c->name_wide, high);
	pen_stroke(&p->pen, &edge, 0.5);
	p->pen.floor = p->y + high;
	pen_text(&p->pen, &k_label, c->zh, c->x + PAD / 2, y);
	pen_text(&p->pen, &k_small, c->en, c->x + PAD / 2, y + TIGHT * pen_height(c->zh));
	y = p->y + (high - pen_height(c->value)) / 2;
	pen_text(&p->pen, &k_value, c->value, c->x + c->name_wide + PAD + 1, y > p->y + ROOM ? y : p->y + ROOM);
	p->pen.floor = 0;
}

static void pair_drop(struct pair *c)
{
	g_object_unref(c->zh);
	g_object_unref(c->en);
	g_object_unref(c->value);
}

static void grid_row(struct paper *p, const json_t *row)
{
	size_t n = json_array_size(row) / 2;
	struct pair c[2];
	double high = 0, most = bottom(p) - p->margin;

	for (size_t i = 0; i < n; i++) {
		c[i].name_wide = 0.19 * inner(p);
		c[i].wide = inner(p) / (double)n;
		c[i].x = p->margin + (double)i * c[i].wide;
		pair_make(p, &c[i], row, 2 * i);
		high = pair_high(&c[i]) > high ? pair_high(&c[i]) : high;
	}
	high = high > most ? most : high;
	paper_need(p, high);
	for (size_t i = 0; i < n; i++) {
		pair_draw(p, &c[i], high);
		pair_drop(&c[i]);
	}
	p->y += high;
	p->fresh = false;
}

void formal_grid(struct paper *p, const json_t *rows)
{
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
		grid_row(p, row);
	p->y += 4;
}

void formal_text(struct paper *p, const char *text, bool fine)
{
	paper_text(p, fine ? &k_print : &k_body, text);
}

/* --- who issues it, and where the seal goes --- */

static double line(struct paper *p, const struct pen_look *k, const char *text, double x, double y, double wide)
{
	PangoLayout *l = pen_layout(&p->pen, k, text, wide);
	double high = pen_height(l);

	pen_text(&p->pen, k, l, x, y);
	g_object_unref(l);
	return y + high;
}

/* four corners: the area is kept free, and shows on the paper only where nothing was sealed yet */
static void corners(struct paper *p, double x, double y, double side)
{
	static const double len = 12;

	for (int i = 0; i < 4; i++) {
		bool right = (i & 1) != 0, low = (i & 2) != 0;
		double cx = right ? x + side : x, cy = low ? y + side : y, sx = right ? -len : len, sy = low ? -len : len;
		pen_move(&p->pen, cx + sx, cy);
		pen_to(&p->pen, cx, cy);
		pen_to(&p->pen, cx, cy + sy);
	}
	pen_stroke(&p->pen, &edge, 0.5);
}

static void one_seal(struct paper *p, const json_t *seal, double x, double y, double wide, bool alone)
{
	double side = SEAL_SIDE < wide - 10 ? SEAL_SIDE : wide - 10, at = y + 4;

	corners(p, x + (wide - side) / 2, y, side);
	if (alone)
		(void)line(p, &k_hint, "盖章处 Seal", x, y + side - 14, wide);
	at = line(p, &k_role, fj_json_text(seal, "role"), x, at + 4, wide);
	at = line(p, &k_signer, fj_json_text(seal, "who"), x + 4, at + 8, wide - 8);
	(void)line(p, &k_on, fj_json_text(seal, "on"), x, at + 6, wide);
}

static void code_below(struct paper *p, const json_t *block, double x, double y, double wide)
{
	struct rep_qr q;

	if (fj_json_peek(block, "qr") != NULL && rep_qr(fj_json_peek(block, "qr"), &q)) {
		pen_box(&p->pen, x - 2, y - 2, QR_SIDE + 4, QR_SIDE + 4);
		pen_fill(&p->pen, &white);
		paper_squares(p, &q, x, y, QR_SIDE);
	}
	(void)line(p, &k_print, fj_json_text(block, "note"), x + QR_SIDE + 8, y + 6, wide - QR_SIDE - 8);
}

void formal_seals(struct paper *p, const json_t *block)
{
	const json_t *seals = json_object_get(block, "seals");
	size_t n = json_array_size(seals);
	double high = n == 1 ? SEALS_HIGH : SEALS_HIGH + QR_SIDE + 10, wide = n == 1 ? 0.42 * inner(p) : inner(p) / (double)n;

	paper_need(p, high);
	if (n == 1 && bottom(p) - high + 6 > p->y)
		p->y = bottom(p) - high + 6; /* at the foot of its page */
	for (size_t i = 0; i < n; i++)
		one_seal(p, json_array_get(seals, i), n == 1 ? p->pen.width - p->margin - wide : p->margin + (double)i * wide, p->y, wide, n == 1);
	code_below(p, block, p->margin, n == 1 ? p->y + 12 : p->y + SEALS_HIGH, n == 1 ? inner(p) - wide - 8 : inner(p));
	p->y += high;
	p->fresh = false;
}
