/*
 * pen.c - the two inks: cairo for PDF, XML for OFD (GB/T 33190-2016).
 *
 * OFD counts millimetres and wants each glyph's place said (11.3: TextCode with
 * DeltaX), each object's id and extent, and paths as abbreviated data (9.1).  Its
 * fonts are named, not embedded: 宋体 and 黑体 are on every reader's machine, and since
 * places are said, a font of other widths changes no line.
 */
#include "issuer/report/pen.h"

#include <cairo-pdf.h>
#include <math.h>

#define A4_SHORT 595.28
#define A4_LONG 841.89
#define SERIF "Noto Serif CJK SC, Noto Sans CJK SC, serif"
#define SANS "Noto Sans CJK SC, sans-serif"
#define MAX_PAGE (8u << 20)

static double mm(double points)
{
	return points * 25.4 / 72;
}

static void note(struct pen *p, enum fj_rc rc)
{
	p->failed = p->failed || rc != FJ_OK;
}

static cairo_status_t write_to(void *arg, const unsigned char *data, unsigned n)
{
	struct pen *p = arg;

	return p->put == NULL || p->ofd || p->put(p->arg, data, n) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

void pen_open(struct pen *p, bool ofd, bool wide, rep_put put, void *arg)
{
	memset(p, 0, sizeof(*p));
	p->width = wide ? A4_LONG : A4_SHORT;
	p->height = wide ? A4_SHORT : A4_LONG;
	p->ofd = ofd;
	p->id = OFD_FIRST;
	p->put = put;
	p->arg = arg;
	fj_buf_init(&p->page, MAX_PAGE);
	fj_buf_init(&p->path, MAX_PAGE);
	p->surface = cairo_pdf_surface_create_for_stream(write_to, p, p->width, p->height);
	p->cr = cairo_create(p->surface);
	p->pango = pango_cairo_create_context(p->cr);
	pango_context_set_round_glyph_positions(p->pango, FALSE);
	pango_context_set_language(p->pango, pango_language_from_string("zh-CN"));
}

bool pen_close(struct pen *p)
{
	char last[24];

	g_object_unref(p->pango);
	cairo_destroy(p->cr);
	cairo_surface_finish(p->surface);
	note(p, cairo_surface_status(p->surface) == CAIRO_STATUS_SUCCESS ? FJ_OK : FJ_E_IO);
	cairo_surface_destroy(p->surface);
	if (p->ofd && p->put != NULL) {
		int n = snprintf(last, sizeof(last), "%d\n", p->id);
		note(p, p->put(p->arg, last, (size_t)n + 1) ? FJ_OK : FJ_E_IO);
	}
	fj_buf_release(&p->page);
	fj_buf_release(&p->path);
	return !p->failed;
}

void pen_page_end(struct pen *p)
{
	char id[24];

	cairo_show_page(p->cr);
	if (p->ofd && p->put != NULL) {
		int n = snprintf(id, sizeof(id), "%d\n", ++p->id);
		note(p, p->put(p->arg, id, (size_t)n) && p->put(p->arg, fj_buf_str(&p->page), p->page.len + 1) ? FJ_OK : FJ_E_IO);
	}
	fj_buf_clear(&p->page);
}

/* --- text --- */

PangoLayout *pen_layout(const struct pen *p, const struct pen_look *k, const char *text, double width)
{
	PangoLayout *l = pango_layout_new(p->pango);
	PangoFontDescription *f = pango_font_description_from_string(k->sans ? SANS : SERIF);

	pango_font_description_set_absolute_size(f, k->size * PANGO_SCALE);
	pango_font_description_set_weight(f, k->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_layout_set_font_description(l, f);
	pango_font_description_free(f);
	pango_layout_set_width(l, (int)(width * PANGO_SCALE));
	pango_layout_set_wrap(l, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_alignment(l, k->align);
	pango_layout_set_indent(l, (int)(k->indent * PANGO_SCALE));
	pango_layout_set_line_spacing(l, k->spacing > 0 ? (float)k->spacing : 1.0F);
	pango_layout_set_text(l, text, -1);
	return l;
}

double pen_height(PangoLayout *l)
{
	int h;

	pango_layout_get_size(l, NULL, &h);
	return (double)h / PANGO_SCALE;
}

double pen_width(PangoLayout *l)
{
	int w;

	pango_layout_get_size(l, &w, NULL);
	return (double)w / PANGO_SCALE;
}

static int shade(double part)
{
	return (int)(part * 255 + 0.5);
}

static void colour(struct pen *p, const char *element, const struct pen_ink *i)
{
	note(p, fj_buf_printf(&p->page, "<ofd:%s Value=\"%d %d %d\" ColorSpace=\"%d\"/>", element, shade(i->r), shade(i->g), shade(i->b), OFD_COLOURS));
}

/* the characters of a run and how far each is from the one before; what is blank at its ends is left out */
struct codes {
	struct fj_buf text, deltas;
	size_t text_end, deltas_end; /* behind the last that is not blank */
	double width, before;        /* of all so far; of the one before */
	double blank;                /* at the beginning */
	bool begun;
};

static void code(struct codes *c, const char *at, size_t n, double advance)
{
	char one[8] = "";

	memcpy(one, at, n < sizeof(one) ? n : 0);
	if (!c->begun && strcmp(one, " ") == 0) {
		c->blank += advance;
		return;
	}
	if (c->begun)
		(void)!fj_buf_printf(&c->deltas, "%s%.3f", c->deltas.len > 0 ? " " : "", mm(c->before));
	(void)!rep_escape(&c->text, one);
	c->begun = true;
	c->before = advance;
	c->width += advance;
	if (strcmp(one, " ") != 0) {
		c->text_end = c->text.len;
		c->deltas_end = c->deltas.len;
	}
}

/* a glyph may stand for several characters: they share its width */
static void codes_of(struct codes *c, PangoGlyphItem *run, const char *text)
{
	PangoGlyphItemIter i;

	for (gboolean more = pango_glyph_item_iter_init_start(&i, run, text); more; more = pango_glyph_item_iter_next_cluster(&i)) {
		double wide = 0;
		int chars = i.end_char - i.start_char;
		for (int g = i.start_glyph; g < i.end_glyph; g++)
			wide += (double)run->glyphs->glyphs[g].geometry.width / PANGO_SCALE;
		for (const char *at = text + i.start_index; at < text + i.end_index; at = g_utf8_next_char(at))
			code(c, at, (size_t)(g_utf8_next_char(at) - at), wide / (chars > 0 ? chars : 1));
	}
}

static int font_of(const struct pen_look *k)
{
	return OFD_FONT + (k->sans ? 2 : 0) + (k->bold ? 1 : 0);
}

/* an object of text; x0 and base are where its first character stands within its extent */
static void text_object(struct pen *p, const struct pen_look *k, const struct codes *c, const char *extent, double base)
{
	if (c->text_end == 0)
		return;
	note(p, fj_buf_printf(&p->page, "<ofd:TextObject ID=\"%d\" %s Font=\"%d\" Size=\"%.3f\"%s>", ++p->id, extent, font_of(k), mm(k->size), k->bold ? " Weight=\"700\"" : ""));
	colour(p, "FillColor", &k->ink);
	note(p, fj_buf_printf(&p->page, "<ofd:TextCode X=\"0\" Y=\"%.3f\"", mm(base)));
	if (c->deltas_end > 0)
		note(p, fj_buf_printf(&p->page, " DeltaX=\"%.*s\"", (int)c->deltas_end, fj_buf_str(&c->deltas)));
	note(p, fj_buf_printf(&p->page, ">%.*s</ofd:TextCode></ofd:TextObject>\n", (int)c->text_end, fj_buf_str(&c->text)));
}

static struct codes codes_begin(void)
{
	struct codes c = {.text = FJ_BUF_INIT(65536), .deltas = FJ_BUF_INIT(1u << 20)};

	return c;
}

static void codes_end(struct codes *c)
{
	fj_buf_release(&c->text);
	fj_buf_release(&c->deltas);
}

static void ofd_line(struct pen *p, const struct pen_look *k, PangoLayoutLine *line, double x, double base)
{
	const char *text = pango_layout_get_text(line->layout);
	double above = 1.1 * k->size;
	char extent[120];

	for (GSList *l = line->runs; l != NULL; l = l->next) {
		PangoGlyphItem *run = l->data;
		struct codes c = codes_begin();
		codes_of(&c, run, text);
		snprintf(extent, sizeof(extent), "Boundary=\"%.3f %.3f %.3f %.3f\"", mm(x + c.blank), mm(base - above), mm(c.width + 0.4 * k->size), mm(1.5 * k->size));
		text_object(p, k, &c, extent, above);
		x += (double)pango_glyph_string_get_width(run->glyphs) / PANGO_SCALE;
		codes_end(&c);
	}
}

void pen_line(struct pen *p, const struct pen_look *k, PangoLayoutLine *line, double x, double base)
{
	if (p->floor > 0 && base > p->floor)
		return;
	if (p->ofd) {
		ofd_line(p, k, line, x, base);
		return;
	}
	cairo_set_source_rgb(p->cr, k->ink.r, k->ink.g, k->ink.b);
	cairo_move_to(p->cr, x, base);
	pango_cairo_show_layout_line(p->cr, line);
}

void pen_text(struct pen *p, const struct pen_look *k, PangoLayout *l, double x, double y)
{
	PangoLayoutIter *i = pango_layout_get_iter(l);

	for (bool more = true; more; more = pango_layout_iter_next_line(i)) {
		PangoRectangle box;
		pango_layout_iter_get_line_extents(i, NULL, &box);
		pen_line(p, k, pango_layout_iter_get_line_readonly(i), x + (double)box.x / PANGO_SCALE, y + (double)pango_layout_iter_get_baseline(i) / PANGO_SCALE);
	}
	pango_layout_iter_free(i);
}

/* An OFD matrix turns an object within its extent: the extent is the page, and the line's place on it goes
 * into the matrix.  x and base are the line's, from the page's middle before it is turned. */
static void ofd_slanted(struct pen *p, const struct pen_look *k, PangoLayoutLine *line, double x, double base, double angle)
{
	double co = cos(angle), si = sin(angle);
	struct codes c = codes_begin();
	char extent[240];

	for (GSList *r = line->runs; r != NULL; r = r->next)
		codes_of(&c, r->data, pango_layout_get_text(line->layout));
	snprintf(extent, sizeof(extent), "Boundary=\"0 0 %.3f %.3f\" CTM=\"%.6f %.6f %.6f %.6f %.3f %.3f\"", mm(p->width), mm(p->height), co, si, -si, co, mm(p->width / 2 + co * x - si * base),
	    mm(p->height / 2 + si * x + co * base));
	text_object(p, k, &c, extent, 0);
	codes_end(&c);
}

void pen_slanted(struct pen *p, const struct pen_look *k, PangoLayout *l, double angle)
{
	double left = -(double)pango_layout_get_width(l) / PANGO_SCALE / 2, top = -pen_height(l) / 2;
	PangoLayoutIter *i = pango_layout_get_iter(l);

	cairo_save(p->cr);
	cairo_translate(p->cr, p->width / 2, p->height / 2);
	cairo_rotate(p->cr, angle);
	for (bool more = true; more; more = pango_layout_iter_next_line(i)) {
		PangoLayoutLine *line = pango_layout_iter_get_line_readonly(i);
		PangoRectangle box;
		pango_layout_iter_get_line_extents(i, NULL, &box);
		double x = left + (double)box.x / PANGO_SCALE, base = top + (double)pango_layout_iter_get_baseline(i) / PANGO_SCALE;
		if (p->ofd)
			ofd_slanted(p, k, line, x, base, angle);
		else
			pen_line(p, k, line, x, base);
	}
	cairo_restore(p->cr);
	pango_layout_iter_free(i);
}

/* --- paths --- */

void pen_move(struct pen *p, double x, double y)
{
	if (p->ofd)
		note(p, fj_buf_printf(&p->path, "M %.3f %.3f ", mm(x), mm(y)));
	else
		cairo_move_to(p->cr, x, y);
}

void pen_to(struct pen *p, double x, double y)
{
	if (p->ofd)
		note(p, fj_buf_printf(&p->path, "L %.3f %.3f ", mm(x), mm(y)));
	else
		cairo_line_to(p->cr, x, y);
}

void pen_curve(struct pen *p, const double c[6])
{
	if (p->ofd)
		note(p, fj_buf_printf(&p->path, "B %.3f %.3f %.3f %.3f %.3f %.3f ", mm(c[0]), mm(c[1]), mm(c[2]), mm(c[3]), mm(c[4]), mm(c[5])));
	else
		cairo_curve_to(p->cr, c[0], c[1], c[2], c[3], c[4], c[5]);
}

void pen_box(struct pen *p, double x, double y, double w, double h)
{
	if (!p->ofd) {
		cairo_rectangle(p->cr, x, y, w, h);
		return;
	}
	pen_move(p, x, y);
	pen_to(p, x + w, y);
	pen_to(p, x + w, y + h);
	pen_to(p, x, y + h);
	note(p, fj_buf_puts(&p->path, "C "));
}

static void path_object(struct pen *p, const struct pen_ink *ink, bool fill, double width)
{
	note(p, fj_buf_printf(&p->page, "<ofd:PathObject ID=\"%d\" Boundary=\"0 0 %.3f %.3f\"", ++p->id, mm(p->width), mm(p->height)));
	if (fill)
		note(p, fj_buf_puts(&p->page, " Stroke=\"false\" Fill=\"true\">"));
	else
		note(p, fj_buf_printf(&p->page, " LineWidth=\"%.3f\">", mm(width)));
	colour(p, fill ? "FillColor" : "StrokeColor", ink);
	while (p->path.len > 0 && p->path.data[p->path.len - 1] == ' ')
		p->path.data[--p->path.len] = '\0';
	note(p, fj_buf_printf(&p->page, "<ofd:AbbreviatedData>%s</ofd:AbbreviatedData></ofd:PathObject>\n", fj_buf_str(&p->path)));
	fj_buf_clear(&p->path);
}

void pen_fill(struct pen *p, const struct pen_ink *ink)
{
	if (p->ofd) {
		path_object(p, ink, true, 0);
		return;
	}
	cairo_set_source_rgb(p->cr, ink->r, ink->g, ink->b);
	cairo_fill(p->cr);
}

void pen_stroke(struct pen *p, const struct pen_ink *ink, double width)
{
	if (p->ofd) {
		path_object(p, ink, false, width);
		return;
	}
	cairo_set_source_rgb(p->cr, ink->r, ink->g, ink->b);
	cairo_set_line_width(p->cr, width);
	cairo_stroke(p->cr);
}
