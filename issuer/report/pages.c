/*
 * pages.c - the document drawn on A4 pages with Pango and cairo, as PDF with embedded fonts.
 *
 * Drawn twice: the first time counts the pages, because each says how many there are.
 * Paragraphs break between lines, tables between rows, with their heading drawn again;
 * a heading stays with what follows.  A row that is higher than a page is cut to it.
 * Floating point is the drawing libraries'; amounts come here as text.
 */
#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include "issuer/report/parts.h"

#define A4_SHORT 595.28
#define A4_LONG 841.89
#define MARGIN 62.0
#define FOOT 40.0       /* of the page number, from the lower edge */
#define PAD 4.0         /* within a cell */
#define SERIF "Noto Serif CJK SC, Noto Sans CJK SC, serif"
#define SANS "Noto Sans CJK SC, sans-serif"

struct paper {
	cairo_surface_t *surface;
	cairo_t *cr;
	PangoContext *pango;
	const char *mark;
	double width, height; /* of the page */
	double y;             /* where the next thing begins */
	int page, pages;      /* pages 0: being counted */
	bool fresh;           /* nothing stands on this page yet */
};

struct look {
	const char *family;
	double size;
	bool bold;
	PangoAlignment align;
	double before, after, indent, grey;
};

static const struct look title = {SANS, 20, true, PANGO_ALIGN_CENTER, 6, 4, 0, 0}, subtitle = {SERIF, 12, false, PANGO_ALIGN_CENTER, 0, 12, 0, 0},
			 heading = {SANS, 13.5, true, PANGO_ALIGN_LEFT, 14, 6, 0, 0}, body = {SERIF, 11, false, PANGO_ALIGN_LEFT, 0, 5, 22, 0},
			 note = {SERIF, 8.5, false, PANGO_ALIGN_LEFT, 2, 4, 0, 0.25}, caption = {SANS, 10, true, PANGO_ALIGN_LEFT, 6, 3, 0, 0},
			 meta = {SERIF, 11, false, PANGO_ALIGN_LEFT, 0, 2, 0, 0}, head = {SANS, 9.5, true, PANGO_ALIGN_LEFT, 0, 0, 0, 0},
			 cell = {SERIF, 9.5, false, PANGO_ALIGN_LEFT, 0, 0, 0, 0};

static double inner(const struct paper *p)
{
	return p->width - 2 * MARGIN;
}

static double bottom(const struct paper *p)
{
	return p->height - MARGIN;
}

static PangoLayout *layout(const struct paper *p, const struct look *k, const char *text, double width)
{
	PangoLayout *l = pango_layout_new(p->pango);
	PangoFontDescription *f = pango_font_description_from_string(k->family);

	pango_font_description_set_absolute_size(f, k->size * PANGO_SCALE);
	pango_font_description_set_weight(f, k->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_layout_set_font_description(l, f);
	pango_font_description_free(f);
	pango_layout_set_width(l, (int)(width * PANGO_SCALE));
	pango_layout_set_wrap(l, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_alignment(l, k->align);
	pango_layout_set_indent(l, (int)(k->indent * PANGO_SCALE));
	pango_layout_set_line_spacing(l, k == &body ? 1.15F : 1.0F);
	pango_layout_set_text(l, text, -1);
	return l;
}

static double height_of(PangoLayout *l)
{
	int h;

	pango_layout_get_size(l, NULL, &h);
	return (double)h / PANGO_SCALE;
}

/* --- pages --- */

/* large, pale and aslant: a draft can't be taken for the report */
static void draw_mark(const struct paper *p)
{
	const struct look k = {SANS, 96, true, PANGO_ALIGN_CENTER, 0, 0, 0, 0};
	PangoLayout *l = layout(p, &k, p->mark, p->height);

	cairo_save(p->cr);
	cairo_translate(p->cr, p->width / 2, p->height / 2);
	cairo_rotate(p->cr, -0.9);
	cairo_move_to(p->cr, -p->height / 2, -height_of(l) / 2);
	cairo_set_source_rgb(p->cr, 0.93, 0.93, 0.93);
	pango_cairo_show_layout(p->cr, l);
	cairo_restore(p->cr);
	g_object_unref(l);
}

static void draw_number(const struct paper *p)
{
	const struct look k = {SERIF, 9, false, PANGO_ALIGN_CENTER, 0, 0, 0, 0};
	char text[48];

	snprintf(text, sizeof(text), "%d / %d", p->page, p->pages > 0 ? p->pages : p->page);
	PangoLayout *l = layout(p, &k, text, inner(p));
	cairo_set_source_rgb(p->cr, 0, 0, 0);
	cairo_move_to(p->cr, MARGIN, p->height - FOOT);
	pango_cairo_show_layout(p->cr, l);
	g_object_unref(l);
}

static void begin_page(struct paper *p)
{
	p->page++;
	p->y = MARGIN;
	p->fresh = true;
	if (p->mark != NULL)
		draw_mark(p);
	draw_number(p);
	cairo_set_source_rgb(p->cr, 0, 0, 0);
}

static void next_page(struct paper *p)
{
	cairo_show_page(p->cr);
	begin_page(p);
}

static void need(struct paper *p, double height)
{
	if (!p->fresh && p->y + height > bottom(p))
		next_page(p);
}

/* --- paragraphs --- */

/* lines of a paragraph, each where it fits */
static void draw_lines(struct paper *p, const struct look *k, PangoLayout *l, double x)
{
	PangoLayoutIter *i = pango_layout_get_iter(l);
	double moved = 0; /* what was left above on pages before */

	for (bool more = true; more; more = pango_layout_iter_next_line(i)) {
		PangoLayoutLine *line = pango_layout_iter_get_line_readonly(i);
		PangoRectangle box;
		pango_layout_iter_get_line_extents(i, NULL, &box);
		double top = (double)box.y / PANGO_SCALE - moved, high = (double)box.height / PANGO_SCALE;
		if (!p->fresh && p->y + top + high > bottom(p)) {
			moved += top;
			next_page(p);
			top = 0;
		}
		cairo_set_source_rgb(p->cr, k->grey, k->grey, k->grey);
		cairo_move_to(p->cr, x + (double)box.x / PANGO_SCALE, p->y + top + (double)(pango_layout_iter_get_baseline(i) - box.y) / PANGO_SCALE);
		pango_cairo_show_layout_line(p->cr, line);
		p->fresh = false;
	}
	p->y += height_of(l) - moved;
	pango_layout_iter_free(i);
}

static void draw_text(struct paper *p, const struct look *k, const char *text)
{
	PangoLayout *l = layout(p, k, text, inner(p));

	p->y += p->fresh ? 0 : k->before;
	draw_lines(p, k, l, MARGIN);
	p->y += k->after;
	g_object_unref(l);
}

static void draw_meta(struct paper *p, const char *label, const char *text)
{
	struct look strong = meta;
	double left = 0.18 * inner(p);

	strong.bold = true;
	strong.family = SANS;
	strong.size = 10.5;
	PangoLayout *a = layout(p, &strong, label, left - 6), *b = layout(p, &meta, text, inner(p) - left);
	double high = height_of(a) > height_of(b) ? height_of(a) : height_of(b);
	need(p, high);
	cairo_move_to(p->cr, MARGIN, p->y);
	pango_cairo_show_layout(p->cr, a);
	cairo_move_to(p->cr, MARGIN + left, p->y);
	pango_cairo_show_layout(p->cr, b);
	p->y += high + meta.after;
	p->fresh = false;
	g_object_unref(a);
	g_object_unref(b);
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
		int w;
		const char *text = rep_cell_text(json_array_get(row, column), type, true, room);
		if (type == REP_TEXT && !rep_is_code(text))
			continue;
		PangoLayout *l = layout(p, &cell, text, inner(p));
		pango_layout_get_size(l, &w, NULL);
		g_object_unref(l);
		most = (double)w / PANGO_SCALE > most ? (double)w / PANGO_SCALE : most;
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
	g->x[0] = MARGIN;
	json_array_foreach(g->columns, i, c)
		g->x[i + 1] = g->x[i] + (gives[i] ? wide[i] * keep : wide[i]);
	for (double scale = inner(p) / (g->x[g->n] - MARGIN); scale < 1 && i > 0; i--)
		g->x[i] = MARGIN + (g->x[i] - MARGIN) * scale;
}

/* texts of a row; `heads`: the columns' titles */
static double make_row(const struct paper *p, const struct grid *g, const json_t *row, PangoLayout *out[REP_MAX_COLUMNS])
{
	double high = 0;

	for (size_t i = 0; i < g->n; i++) {
		struct look k = row == NULL ? head : cell;
		char room[REP_MONEY_CAP];
		const json_t *column = json_array_get(g->columns, i);
		const char *text = row == NULL ? fj_json_peek(column, "title") : rep_cell_text(json_array_get(row, i), rep_column_type(column), true, room);
		k.align = g->number[i] ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT;
		out[i] = layout(p, &k, text, g->x[i + 1] - g->x[i] - 2 * PAD);
		high = height_of(out[i]) > high ? height_of(out[i]) : high;
	}
	return high + 2 * PAD;
}

static void draw_row(struct paper *p, const struct grid *g, PangoLayout *const cells[], double high, bool shaded)
{
	for (size_t i = 0; i < g->n; i++) {
		double wide = g->x[i + 1] - g->x[i];
		cairo_rectangle(p->cr, g->x[i], p->y, wide, high);
		if (shaded) {
			cairo_set_source_rgb(p->cr, 0.92, 0.94, 0.96);
			cairo_fill_preserve(p->cr);
		}
		cairo_set_source_rgb(p->cr, 0.45, 0.45, 0.45);
		cairo_set_line_width(p->cr, 0.5);
		cairo_stroke(p->cr);
		cairo_save(p->cr);
		cairo_rectangle(p->cr, g->x[i], p->y, wide, high);
		cairo_clip(p->cr);
		cairo_set_source_rgb(p->cr, 0, 0, 0);
		cairo_move_to(p->cr, g->x[i] + PAD, p->y + PAD);
		pango_cairo_show_layout(p->cr, cells[i]);
		cairo_restore(p->cr);
	}
	p->y += high;
	p->fresh = false;
}

static void drop_row(const struct grid *g, PangoLayout *const cells[])
{
	for (size_t i = 0; i < g->n; i++)
		g_object_unref(cells[i]);
}

static void draw_table(struct paper *p, const json_t *t)
{
	PangoLayout *heads[REP_MAX_COLUMNS], *cells[REP_MAX_COLUMNS];
	double most = bottom(p) - MARGIN;
	struct grid g;
	size_t i;
	json_t *row;

	measure(p, t, &g);
	double high = make_row(p, &g, NULL, heads);
	need(p, 3 * high + (fj_json_peek(t, "caption") != NULL ? 24 : 0));
	if (fj_json_peek(t, "caption") != NULL)
		draw_text(p, &caption, fj_json_peek(t, "caption"));
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

static void draw_section(struct paper *p, const json_t *s)
{
	const char *name = fj_json_peek(s, "heading");
	size_t i;
	json_t *block;

	if (name != NULL) {
		char at[32];
		need(p, 140); /* with a table's first rows */
		snprintf(at, sizeof(at), "page=%d", p->page);
		cairo_pdf_surface_add_outline(p->surface, CAIRO_PDF_OUTLINE_ROOT, name, at, CAIRO_PDF_OUTLINE_FLAG_OPEN);
		draw_text(p, &heading, name);
	}
	json_array_foreach(json_object_get(s, "blocks"), i, block) {
		const json_t *t = json_object_get(block, "table");
		const char *text = fj_json_peek(block, "text");
		if (t != NULL)
			draw_table(p, t);
		else
			draw_text(p, text != NULL ? &body : &note, text != NULL ? text : fj_json_text(block, "note"));
	}
}

static void draw_all(struct paper *p, const json_t *model)
{
	size_t i;
	json_t *v;

	begin_page(p);
	draw_text(p, &title, fj_json_peek(model, "title"));
	if (fj_json_peek(model, "subtitle") != NULL)
		draw_text(p, &subtitle, fj_json_peek(model, "subtitle"));
	json_array_foreach(json_object_get(model, "meta"), i, v)
		draw_meta(p, json_string_value(json_array_get(v, 0)), json_string_value(json_array_get(v, 1)));
	json_array_foreach(json_object_get(model, "sections"), i, v)
		if (!rep_only_sheet(v))
			draw_section(p, v);
	if (fj_json_peek(model, "foot") != NULL)
		draw_text(p, &note, fj_json_peek(model, "foot"));
	cairo_show_page(p->cr);
}

struct sink {
	rep_put put;
	void *arg;
};

static cairo_status_t write_to(void *arg, const unsigned char *p, unsigned n)
{
	struct sink *s = arg;

	return s->put == NULL || s->put(s->arg, p, n) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* one drawing; how many pages it has, 0 when it failed */
static int draw_once(const json_t *model, struct sink *to, int pages)
{
	bool wide = json_is_true(json_object_get(model, "wide"));
	struct paper p = {.mark = fj_json_peek(model, "mark"), .width = wide ? A4_LONG : A4_SHORT, .height = wide ? A4_SHORT : A4_LONG, .pages = pages};

	p.surface = cairo_pdf_surface_create_for_stream(write_to, to, p.width, p.height);
	cairo_pdf_surface_set_metadata(p.surface, CAIRO_PDF_METADATA_TITLE, fj_json_peek(model, "title"));
	p.cr = cairo_create(p.surface);
	p.pango = pango_cairo_create_context(p.cr);
	pango_context_set_language(p.pango, pango_language_from_string("zh-CN"));
	draw_all(&p, model);
	g_object_unref(p.pango);
	cairo_destroy(p.cr);
	cairo_surface_finish(p.surface);
	cairo_status_t status = cairo_surface_status(p.surface);
	cairo_surface_destroy(p.surface);
	return status == CAIRO_STATUS_SUCCESS ? p.page : 0;
}

/* without a Chinese font every page would be full of boxes */
static bool has_font(void)
{
	PangoFontMap *map = pango_cairo_font_map_get_default();
	PangoContext *c = pango_font_map_create_context(map);
	PangoFontDescription *d = pango_font_description_from_string(SANS);
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

bool rep_pages(const json_t *model, rep_put put, void *arg)
{
	struct sink none = {.put = NULL}, to = {.put = put, .arg = arg};

	int pages = has_font() ? draw_once(model, &none, 0) : 0;
	return pages > 0 && draw_once(model, &to, pages) > 0;
}
