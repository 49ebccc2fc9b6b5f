/*
 * pages.c - the document drawn on A4 pages with Pango and cairo, as PDF with embedded fonts.
 *
 * Drawn twice: the first time counts the pages, because each says how many there are.
 * Paragraphs break between lines, tables between rows, with their heading drawn again;
 * a heading stays with what follows.  A row that is higher than a page is cut to it.
 * Floating point is the drawing libraries'; amounts come here as text.
 */
#include <cairo-pdf.h>

#include "issuer/report/paper.h"

static const struct pen_ink line_grey = {0.45, 0.45, 0.45}, shade = {0.92, 0.94, 0.96}, black = {0, 0, 0}, white = {1, 1, 1}, pale = {0.93, 0.93, 0.93};
static const struct pen_look title = {true, 20, true, PANGO_ALIGN_CENTER, 6, 4, 0, 0, {0, 0, 0}}, subtitle = {false, 12, false, PANGO_ALIGN_CENTER, 0, 12, 0, 0, {0, 0, 0}},
			     heading = {true, 13.5, true, PANGO_ALIGN_LEFT, 14, 6, 0, 0, {0, 0, 0}}, body = {false, 11, false, PANGO_ALIGN_LEFT, 0, 5, 22, 1.15, {0, 0, 0}},
			     caption = {true, 10, true, PANGO_ALIGN_LEFT, 6, 3, 0, 0, {0, 0, 0}}, meta = {false, 11, false, PANGO_ALIGN_LEFT, 0, 2, 0, 0, {0, 0, 0}},
			     meta_name = {true, 10.5, true, PANGO_ALIGN_LEFT, 0, 2, 0, 0, {0, 0, 0}}, head = {true, 9.5, true, PANGO_ALIGN_LEFT, 0, 0, 0, 0, {0, 0, 0}},
			     cell = {false, 9.5, false, PANGO_ALIGN_LEFT, 0, 0, 0, 0, {0, 0, 0}};
const struct pen_look paper_note = {false, 8.5, false, PANGO_ALIGN_LEFT, 2, 4, 0, 0, {0.25, 0.25, 0.25}};

/* --- pages --- */

/* large, pale and aslant: a draft can't be taken for the report */
static void draw_mark(struct paper *p)
{
	struct pen_look k = {true, 96, true, PANGO_ALIGN_CENTER, 0, 0, 0, 0, pale};
	PangoLayout *l = pen_layout(&p->pen, &k, p->mark, p->pen.height);
	double wide = pen_width(l), most = 0.72 * p->pen.height;

	if (wide > most) { /* a longer one would leave the page */
		k.size *= most / wide;
		g_object_unref(l);
		l = pen_layout(&p->pen, &k, p->mark, p->pen.height);
	}
	pen_slanted(&p->pen, &k, l, -0.9);
	g_object_unref(l);
}

static void draw_number(struct paper *p)
{
	struct pen_look k = {false, 9, false, PANGO_ALIGN_CENTER, 0, 0, 0, 0, black};
	char text[48];

	if (p->formal && p->pages <= 1)
		return;
	k.size = p->formal ? 7.5 : k.size;
	snprintf(text, sizeof(text), "%d / %d", p->page, p->pages > 0 ? p->pages : p->page);
	PangoLayout *l = pen_layout(&p->pen, &k, text, inner(p));
	pen_text(&p->pen, &k, l, p->margin, p->pen.height - FOOT - (p->formal ? 13.5 : 0));
	g_object_unref(l);
}

static void begin_page(struct paper *p)
{
	p->page++;
	p->y = p->margin;
	p->fresh = true;
	if (p->formal)
		formal_ornament(p);
	if (p->mark != NULL)
		draw_mark(p);
	draw_number(p);
}

static void next_page(struct paper *p)
{
	pen_page_end(&p->pen);
	begin_page(p);
}

void paper_need(struct paper *p, double height)
{
	if (!p->fresh && p->y + height > bottom(p))
		next_page(p);
}

/* --- paragraphs --- */

/* lines of a paragraph, each where it fits */
static void draw_lines(struct paper *p, const struct pen_look *k, PangoLayout *l, double x)
{
	PangoLayoutIter *i = pango_layout_get_iter(l);
	double moved = 0; /* what was left above on pages before */

	for (bool more = true; more; more = pango_layout_iter_next_line(i)) {
		PangoRectangle box;
		pango_layout_iter_get_line_extents(i, NULL, &box);
		double top = (double)box.y / PANGO_SCALE - moved, high = (double)box.height / PANGO_SCALE;
		if (!p->fresh && p->y + top + high > bottom(p)) {
			moved += top;
			next_page(p);
			top = 0;
		}
		pen_line(&p->pen, k, pango_layout_iter_get_line_readonly(i), x + (double)box.x / PANGO_SCALE, p->y + top + (double)(pango_layout_iter_get_baseline(i) - box.y) / PANGO_SCALE);
		p->fresh = false;
	}
	p->y += pen_height(l) - moved;
	pango_layout_iter_free(i);
}

void paper_text(struct paper *p, const struct pen_look *k, const char *text)
{
	PangoLayout *l = pen_layout(&p->pen, k, text, inner(p));

	p->y += p->fresh ? 0 : k->before;
	draw_lines(p, k, l, p->margin);
	p->y += k->after;
	g_object_unref(l);
}

static void draw_meta(struct paper *p, const char *name, const char *text)
{
	double left = 0.18 * inner(p);
	PangoLayout *a = pen_layout(&p->pen, &meta_name, name, left - 6), *b = pen_layout(&p->pen, &meta, text, inner(p) - left);
	double high = pen_height(a) > pen_height(b) ? pen_height(a) : pen_height(b);

	paper_need(p, high);
	pen_text(&p->pen, &meta_name, a, p->margin, p->y);
	pen_text(&p->pen, &meta, b, p->margin + left, p->y);
	p->y += high + meta.after;
	p->fresh = false;
	g_object_unref(a);
	g_object_unref(b);
}

/* --- a code, and the small print beside it --- */

void paper_squares(struct paper *p, const struct rep_qr *q, double x, double y, double side)
{
	double unit = side / (q->n + 8); /* with the empty margin of four */

	pen_box(&p->pen, x, y, side, side);
	pen_fill(&p->pen, &white);
	for (int row = 0; row < q->n; row++)
		for (int col = 0; col < q->n; col++)
			if (q->dark[row][col])
				pen_box(&p->pen, x + (col + 4) * unit, y + (row + 4) * unit, unit, unit);
	pen_fill(&p->pen, &black);
}

void paper_code(struct paper *p, const char *text, const char *small)
{
	struct rep_qr q;

	if (!rep_qr(text, &q)) {
		paper_text(p, &paper_note, small);
		return;
	}
	PangoLayout *l = pen_layout(&p->pen, &paper_note, small, inner(p) - QR_SIDE - 10);
	double high = pen_height(l) > QR_SIDE ? pen_height(l) : QR_SIDE;
	paper_need(p, high);
	paper_squares(p, &q, p->margin, p->y, QR_SIDE);
	pen_text(&p->pen, &paper_note, l, p->margin + QR_SIDE + 10, p->y + 8);
	g_object_unref(l);
	p->y += high + paper_note.after;
	p->fresh = false;
}

/* --- tables --- */

struct grid {
	size_t n;
	double x[REP_MAX_COLUMNS + 1];
	bool number[REP_MAX_COLUMNS];
	const json_t *columns;
};

/* how wide a column's numbers, dates and codes are, which are never broken */
static double unbroken(const struct paper *p, const json_t *rows, size_t column, enum rep_cell type)
{
	char room[REP_MONEY_CAP];
	double most = 0;
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row) {
		const char *text = rep_cell_text(json_array_get(row, column), type, true, room);
		if (type == REP_TEXT && !rep_is_code(text))
			continue;
		PangoLayout *l = pen_layout(&p->pen, &cell, text, inner(p));
		double w = pen_width(l);
		g_object_unref(l);
		most = w > most ? w : most;
	}
	return most + 2 * PAD + 1;
}

/* Each column has its share; one of numbers or codes that needs more takes it from the columns of text. */
static void measure(const struct paper *p, const json_t *t, struct grid *g)
{
	double wide[REP_MAX_COLUMNS], texts = 0, excess = 0;
	bool gives[REP_MAX_COLUMNS];
	size_t i;
	json_t *c;
	int sum = 0;

	g->columns = json_object_get(t, "columns");
	g->n = json_array_size(g->columns);
	json_array_foreach(g->columns, i, c)
		sum += rep_column_width(c);
	json_array_foreach(g->columns, i, c) {
		enum rep_cell type = rep_column_type(c);
		g->number[i] = rep_is_number(type);
		wide[i] = inner(p) * rep_column_width(c) / sum;
		double least = unbroken(p, json_object_get(t, "rows"), i, type);
		gives[i] = type == REP_TEXT && least <= 2 * PAD + 1;
		texts += gives[i] ? wide[i] : 0;
		excess += least > wide[i] ? least - wide[i] : 0;
		wide[i] = least > wide[i] ? least : wide[i];
	}
	double keep = texts <= 0 ? 1 : excess < 0.6 * texts ? (texts - excess) / texts : 0.4;
	g->x[0] = p->margin;
	json_array_foreach(g->columns, i, c)
		g->x[i + 1] = g->x[i] + (gives[i] ? wide[i] * keep : wide[i]);
	for (double scale = inner(p) / (g->x[g->n] - p->margin); scale < 1 && i > 0; i--)
		g->x[i] = p->margin + (g->x[i] - p->margin) * scale;
}

/* texts of a row; `heads`: the columns' titles */
static double make_row(const struct paper *p, const struct grid *g, const json_t *row, PangoLayout *out[REP_MAX_COLUMNS])
{
	double high = 0;

	for (size_t i = 0; i < g->n; i++) {
		struct pen_look k = row == NULL ? head : cell;
		char room[REP_MONEY_CAP];
		const json_t *column = json_array_get(g->columns, i);
		const char *text = row == NULL ? fj_json_peek(column, "title") : rep_cell_text(json_array_get(row, i), rep_column_type(column), true, room);
		k.align = g->number[i] ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT;
		out[i] = pen_layout(&p->pen, &k, text, g->x[i + 1] - g->x[i] - 2 * PAD);
		high = pen_height(out[i]) > high ? pen_height(out[i]) : high;
	}
	return high + 2 * PAD;
}

static void draw_row(struct paper *p, const struct grid *g, PangoLayout *const cells[], double high, bool shaded)
{
	p->pen.floor = p->y + high;
	for (size_t i = 0; i < g->n; i++) {
		double wide = g->x[i + 1] - g->x[i];
		if (shaded) {
			pen_box(&p->pen, g->x[i], p->y, wide, high);
			pen_fill(&p->pen, &shade);
		}
		pen_box(&p->pen, g->x[i], p->y, wide, high);
		pen_stroke(&p->pen, &line_grey, 0.5);
		pen_text(&p->pen, shaded ? &head : &cell, cells[i], g->x[i] + PAD, p->y + PAD);
	}
	p->pen.floor = 0;
	p->y += high;
	p->fresh = false;
}

static void drop_row(const struct grid *g, PangoLayout *const cells[])
{
	for (size_t i = 0; i < g->n; i++)
		g_object_unref(cells[i]);
}

/* how high the first row is: the heading does not stand without it */
static double first_row(const struct paper *p, const struct grid *g, const json_t *t)
{
	const json_t *row = json_array_get(json_object_get(t, "rows"), 0);
	PangoLayout *cells[REP_MAX_COLUMNS];

	if (row == NULL)
		return 0;
	double high = make_row(p, g, row, cells);
	drop_row(g, cells);
	return high;
}

static void draw_table(struct paper *p, const json_t *t)
{
	PangoLayout *heads[REP_MAX_COLUMNS], *cells[REP_MAX_COLUMNS];
	double most = bottom(p) - p->margin;
	struct grid g;
	size_t i;
	json_t *row;

	measure(p, t, &g);
	double high = make_row(p, &g, NULL, heads), first = first_row(p, &g, t);
	double least = high + (first > 2 * high ? first : 2 * high);
	paper_need(p, (least > most ? 3 * high : least) + (fj_json_peek(t, "caption") != NULL ? 24 : 0));
	if (fj_json_peek(t, "caption") != NULL)
		paper_text(p, &caption, fj_json_peek(t, "caption"));
	draw_row(p, &g, heads, high, true);
	json_array_foreach(json_object_get(t, "rows"), i, row) {
		double mine = make_row(p, &g, row, cells);
		mine = mine > most - high ? most - high : mine;
		if (p->y + mine > bottom(p)) {
			next_page(p);
			draw_row(p, &g, heads, high, true);
		}
		draw_row(p, &g, cells, mine, false);
		drop_row(&g, cells);
	}
	drop_row(&g, heads);
	p->y += 8;
}

/* --- the document --- */

static void draw_block(struct paper *p, const json_t *block)
{
	const json_t *t = json_object_get(block, "table"), *g = json_object_get(block, "grid");
	const char *text = fj_json_peek(block, "text"), *qr = fj_json_peek(block, "qr");

	if (t != NULL)
		draw_table(p, t);
	else if (g != NULL)
		formal_grid(p, g);
	else if (json_object_get(block, "seals") != NULL)
		formal_seals(p, block);
	else if (qr != NULL)
		paper_code(p, qr, fj_json_text(block, "note"));
	else if (p->formal)
		formal_text(p, text != NULL ? text : fj_json_text(block, "note"), text == NULL);
	else
		paper_text(p, text != NULL ? &body : &paper_note, text != NULL ? text : fj_json_text(block, "note"));
}

static void draw_section(struct paper *p, const json_t *s)
{
	const char *name = fj_json_peek(s, "heading");
	size_t i;
	json_t *block;

	if (name != NULL) {
		char at[32];
		paper_need(p, 140); /* with a table's first rows */
		snprintf(at, sizeof(at), "page=%d", p->page);
		cairo_pdf_surface_add_outline(p->pen.surface, CAIRO_PDF_OUTLINE_ROOT, name, at, CAIRO_PDF_OUTLINE_FLAG_OPEN);
		paper_text(p, &heading, name);
	}
	json_array_foreach(json_object_get(s, "blocks"), i, block)
		draw_block(p, block);
}

static void draw_title(struct paper *p, const json_t *model)
{
	if (p->formal) {
		formal_title(p, model);
		return;
	}
	paper_text(p, &title, fj_json_peek(model, "title"));
	if (fj_json_peek(model, "subtitle") != NULL)
		paper_text(p, &subtitle, fj_json_peek(model, "subtitle"));
}

static void draw_all(struct paper *p, const json_t *model)
{
	size_t i;
	json_t *v;

	begin_page(p);
	draw_title(p, model);
	json_array_foreach(json_object_get(model, "meta"), i, v)
		draw_meta(p, json_string_value(json_array_get(v, 0)), json_string_value(json_array_get(v, 1)));
	json_array_foreach(json_object_get(model, "sections"), i, v)
		if (!rep_only_sheet(v))
			draw_section(p, v);
	if (fj_json_peek(model, "foot") != NULL)
		paper_text(p, &paper_note, fj_json_peek(model, "foot"));
	pen_page_end(&p->pen);
}

/* what else the file says of itself; without "made" it is the present */
static void describe(cairo_surface_t *pdf, const json_t *model)
{
	static const struct {
		cairo_pdf_metadata_t what;
		const char *key;
	} facts[] = {{CAIRO_PDF_METADATA_TITLE, "title"}, {CAIRO_PDF_METADATA_SUBJECT, "number"}, {CAIRO_PDF_METADATA_AUTHOR, "author"}, {CAIRO_PDF_METADATA_CREATE_DATE, "made"}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(facts); i++)
		if (fj_json_peek(model, facts[i].key) != NULL)
			cairo_pdf_surface_set_metadata(pdf, facts[i].what, fj_json_peek(model, facts[i].key));
}

/* one drawing; how many pages it has, 0 when it failed */
static int draw_once(const json_t *model, bool ofd, rep_put put, void *arg, int pages)
{
	struct paper p = {.mark = fj_json_peek(model, "mark"), .pages = pages, .formal = json_is_true(json_object_get(model, "formal"))};

	p.margin = p.formal ? MARGIN_FORMAL : MARGIN;
	pen_open(&p.pen, ofd, json_is_true(json_object_get(model, "wide")), put, arg);
	describe(p.pen.surface, model);
	draw_all(&p, model);
	return pen_close(&p.pen) ? p.page : 0;
}

/* without a Chinese font every page would be full of boxes */
static bool has_font(void)
{
	PangoFontMap *map = pango_cairo_font_map_get_default();
	PangoContext *c = pango_font_map_create_context(map);
	PangoFontDescription *d = pango_font_description_from_string("Noto Sans CJK SC");
	PangoFontset *set = pango_font_map_load_fontset(map, c, d, pango_language_from_string("zh-CN"));
	PangoFont *f = set == NULL ? NULL : pango_fontset_get_font(set, 0x7b26); /* 符 */
	bool has = f != NULL && pango_font_has_char(f, 0x7b26);

	if (f != NULL)
		g_object_unref(f);
	if (set != NULL)
		g_object_unref(set);
	pango_font_description_free(d);
	g_object_unref(c);
	return has;
}

bool rep_pages(const json_t *model, bool ofd, rep_put put, void *arg)
{
	int pages = has_font() ? draw_once(model, ofd, NULL, NULL, 0) : 0;

	return pages > 0 && draw_once(model, ofd, put, arg, pages) > 0;
}
