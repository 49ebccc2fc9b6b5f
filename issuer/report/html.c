/*
 * html.c - the document as one HTML file that needs nothing else: no script, no
 * address, no picture but the squares of a QR code, drawn here.  Every text is escaped.
 */
#include "issuer/report/parts.h"

static const char style[] =
    "body{max-width:60rem;margin:2rem auto;padding:0 1rem;font:16px/1.7 'Noto Serif CJK SC','Source Han Serif SC',SimSun,serif;color:#111}"
    "h1,h2,th{font-family:'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei',sans-serif}"
    "h1{text-align:center;font-size:1.6rem;margin-bottom:.2rem}.sub{text-align:center;margin-top:0}"
    "h2{font-size:1.15rem;margin:2rem 0 .5rem;border-bottom:1px solid #999}"
    ".mark{text-align:center;color:#b00;font-weight:bold;border:1px solid #b00;padding:.2rem}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}dt{font-weight:bold}dd{margin:0}"
    "p{margin:.4rem 0;text-indent:2em;white-space:pre-line}p.note,p.foot,p.mark,p.sub{text-indent:0}p.note,p.foot{font-size:.85rem;color:#444;overflow-wrap:anywhere}"
    "table{border-collapse:collapse;width:100%;margin:.6rem 0}caption{text-align:left;font-weight:bold}"
    "th,td{border:1px solid #777;padding:.25rem .5rem;vertical-align:top;text-align:left}th{background:#eef1f5}"
    "th,td{white-space:pre-line;overflow-wrap:anywhere}.qr{display:block;width:9rem;height:9rem;margin:.6rem 0}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "@media print{body{max-width:none;margin:0}thead{display:table-header-group}tr{break-inside:avoid}}";

static enum fj_rc element(struct fj_buf *b, const char *open, const char *text, const char *close)
{
	FJ_TRY(fj_buf_puts(b, open));
	FJ_TRY(rep_escape(b, text));
	return fj_buf_puts(b, close);
}

static enum fj_rc heads(struct fj_buf *b, const json_t *columns)
{
	size_t i;
	json_t *c;

	FJ_TRY(fj_buf_puts(b, "<thead><tr>"));
	json_array_foreach(columns, i, c)
		FJ_TRY(element(b, rep_is_number(rep_column_type(c)) ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">", fj_json_peek(c, "title"), "</th>"));
	return fj_buf_puts(b, "</tr></thead>\n<tbody>\n");
}

static enum fj_rc table(struct fj_buf *b, const json_t *t)
{
	const json_t *columns = json_object_get(t, "columns");
	char room[REP_MONEY_CAP];
	size_t i, k;
	json_t *row, *cell;

	FJ_TRY(fj_buf_puts(b, "<table>"));
	if (fj_json_peek(t, "caption") != NULL)
		FJ_TRY(element(b, "<caption>", fj_json_peek(t, "caption"), "</caption>"));
	FJ_TRY(heads(b, columns));
	json_array_foreach(json_object_get(t, "rows"), i, row) {
		FJ_TRY(fj_buf_puts(b, "<tr>"));
		json_array_foreach(row, k, cell) {
			enum rep_cell type = rep_column_type(json_array_get(columns, k));
			FJ_TRY(element(b, rep_is_number(type) ? "<td class=\"n\">" : "<td>", rep_cell_text(cell, type, true, room), "</td>"));
		}
		FJ_TRY(fj_buf_puts(b, "</tr>\n"));
	}
	return fj_buf_puts(b, "</tbody></table>\n");
}

/* dark squares, row by row, on white with the margin that readers need */
static enum fj_rc code(struct fj_buf *b, const char *text)
{
	struct rep_qr q;

	if (!rep_qr(text, &q))
		return FJ_OK; /* the address stands beside it */
	FJ_TRY(fj_buf_printf(b, "<svg class=\"qr\" role=\"img\" aria-label=\"QR\" viewBox=\"0 0 %d %d\"><rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/><path d=\"", q.n + 8, q.n + 8));
	for (int y = 0; y < q.n; y++)
		for (int x = 0; x < q.n; x++)
			if (q.dark[y][x])
				FJ_TRY(fj_buf_printf(b, "M%d %dh1v1h-1z", x + 4, y + 4));
	return fj_buf_puts(b, "\"/></svg>\n");
}

static enum fj_rc section(struct fj_buf *b, const json_t *s)
{
	size_t i;
	json_t *block;

	if (fj_json_peek(s, "heading") != NULL)
		FJ_TRY(element(b, "<h2>", fj_json_peek(s, "heading"), "</h2>\n"));
	json_array_foreach(json_object_get(s, "blocks"), i, block) {
		const json_t *t = json_object_get(block, "table");
		const char *text = fj_json_peek(block, "text"), *qr = fj_json_peek(block, "qr");
		if (qr != NULL)
			FJ_TRY(code(b, qr));
		FJ_TRY(t != NULL ? table(b, t) : text != NULL ? element(b, "<p>", text, "</p>\n") : element(b, "<p class=\"note\">", fj_json_text(block, "note"), "</p>\n"));
	}
	return FJ_OK;
}

static enum fj_rc top(struct fj_buf *b, const json_t *model)
{
	size_t i;
	json_t *v;

	FJ_TRY(element(b, "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>",
	    fj_json_peek(model, "title"), "</title><style>"));
	FJ_TRY(fj_buf_puts(b, style));
	FJ_TRY(element(b, "</style></head>\n<body>\n<h1>", fj_json_peek(model, "title"), "</h1>\n"));
	if (fj_json_peek(model, "subtitle") != NULL)
		FJ_TRY(element(b, "<p class=\"sub\">", fj_json_peek(model, "subtitle"), "</p>\n"));
	if (fj_json_peek(model, "mark") != NULL)
		FJ_TRY(element(b, "<p class=\"mark\">", fj_json_peek(model, "mark"), "</p>\n"));
	FJ_TRY(fj_buf_puts(b, "<dl>\n"));
	json_array_foreach(json_object_get(model, "meta"), i, v) {
		FJ_TRY(element(b, "<dt>", json_string_value(json_array_get(v, 0)), "</dt>"));
		FJ_TRY(element(b, "<dd>", json_string_value(json_array_get(v, 1)), "</dd>\n"));
	}
	return fj_buf_puts(b, "</dl>\n");
}

enum fj_rc rep_html(const json_t *model, struct fj_buf *b)
{
	size_t i;
	json_t *v;

	FJ_TRY(top(b, model));
	json_array_foreach(json_object_get(model, "sections"), i, v)
		if (!rep_only_sheet(v))
			FJ_TRY(section(b, v));
	if (fj_json_peek(model, "foot") != NULL)
		FJ_TRY(element(b, "<p class=\"foot\">", fj_json_peek(model, "foot"), "</p>\n"));
	return fj_buf_puts(b, "</body>\n</html>\n");
}
