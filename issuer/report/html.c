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
    ".formal{max-width:47rem;margin:0 auto;padding:1.6rem 2.4rem;border:3px double #9e1719;outline:1px solid #b88f45;outline-offset:5px;background:#fff}"
    ".formal h1{font:bold 2.3rem/1.3 'Noto Serif CJK SC','Source Han Serif SC',SimSun,serif;color:#9e1719;letter-spacing:.35em;margin:.4rem 0 0;padding-left:.35em}"
    ".formal .sub{color:#594729}.formal .number{text-align:center;text-indent:0;font-weight:bold;color:#403319}"
    ".grid{table-layout:fixed}.grid .k{width:17%}.grid th{background:#fbf8f0;text-align:center;vertical-align:middle;color:#403319}.grid th small{display:block;font-weight:normal;color:#665947}"
    ".grid th,.grid td{border-color:#a88f66}.grid td{vertical-align:middle}"
    ".seals{display:flex;gap:1rem;align-items:flex-start;justify-content:space-between;margin-top:1rem;break-inside:avoid;flex-wrap:wrap}.seals .check{flex:2 1 16rem;display:flex;gap:.8rem;align-items:flex-start}"
    ".seals .qr{flex:none;margin:0}.seals .seal{flex:1 1 12rem;min-height:9rem;text-align:center;position:relative;border:1px dashed #c9bb9f;padding:.5rem}.seals p{text-indent:0}"
    ".seals .who{font-weight:bold}.seals .hint{position:absolute;bottom:.2rem;left:0;right:0;color:#a89a85;font-size:.75rem}"
    "@media print{@page{size:A4;margin:12mm}.formal{outline:none}body{max-width:none;margin:0}thead{display:table-header-group}tr{break-inside:avoid}}";

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

/* a name in two languages, the second below */
static enum fj_rc name(struct fj_buf *b, const char *text)
{
	const char *cut = strchr(text, '\n');
	FJ_AUTO(buf) zh = FJ_BUF_INIT(65536);

	FJ_TRY(fj_buf_put(&zh, text, cut == NULL ? strlen(text) : (size_t)(cut - text)));
	FJ_TRY(element(b, "<th scope=\"row\">", fj_buf_str(&zh), ""));
	return cut == NULL ? fj_buf_puts(b, "</th>") : element(b, "<small>", cut + 1, "</small></th>");
}

static enum fj_rc grid(struct fj_buf *b, const json_t *rows)
{
	size_t i, k;
	json_t *row;

	FJ_TRY(fj_buf_puts(b, "<table class=\"grid\"><colgroup><col class=\"k\"><col><col class=\"k\"><col></colgroup><tbody>\n"));
	json_array_foreach(rows, i, row) {
		FJ_TRY(fj_buf_puts(b, "<tr>"));
		for (k = 0; k + 1 < json_array_size(row); k += 2) {
			FJ_TRY(name(b, json_string_value(json_array_get(row, k))));
			FJ_TRY(element(b, json_array_size(row) == 2 ? "<td colspan=\"3\">" : "<td>", json_string_value(json_array_get(row, k + 1)), "</td>"));
		}
		FJ_TRY(fj_buf_puts(b, "</tr>\n"));
	}
	return fj_buf_puts(b, "</tbody></table>\n");
}

static enum fj_rc seals(struct fj_buf *b, const json_t *block)
{
	size_t i;
	json_t *v;

	FJ_TRY(fj_buf_puts(b, "<div class=\"seals\"><div class=\"check\">"));
	FJ_TRY(fj_json_peek(block, "qr") != NULL ? code(b, fj_json_peek(block, "qr")) : FJ_OK);
	FJ_TRY(element(b, "<p class=\"note\">", fj_json_text(block, "note"), "</p></div>\n"));
	json_array_foreach(json_object_get(block, "seals"), i, v) {
		FJ_TRY(element(b, "<div class=\"seal\"><p>", fj_json_text(v, "role"), "</p>"));
		FJ_TRY(element(b, "<p class=\"who\">", fj_json_text(v, "who"), "</p>"));
		FJ_TRY(element(b, "<p>", fj_json_text(v, "on"), "</p><p class=\"hint\">盖章处 Seal</p></div>\n"));
	}
	return fj_buf_puts(b, "</div>\n");
}

static enum fj_rc one_block(struct fj_buf *b, const json_t *block)
{
	const json_t *t = json_object_get(block, "table"), *g = json_object_get(block, "grid");
	const char *text = fj_json_peek(block, "text"), *qr = fj_json_peek(block, "qr");

	if (g != NULL)
		return grid(b, g);
	if (json_object_get(block, "seals") != NULL)
		return seals(b, block);
	if (qr != NULL)
		FJ_TRY(code(b, qr));
	return t != NULL ? table(b, t) : text != NULL ? element(b, "<p>", text, "</p>\n") : element(b, "<p class=\"note\">", fj_json_text(block, "note"), "</p>\n");
}

static enum fj_rc section(struct fj_buf *b, const json_t *s)
{
	size_t i;
	json_t *block;

	if (fj_json_peek(s, "heading") != NULL)
		FJ_TRY(element(b, "<h2>", fj_json_peek(s, "heading"), "</h2>\n"));
	json_array_foreach(json_object_get(s, "blocks"), i, block)
		FJ_TRY(one_block(b, block));
	return FJ_OK;
}

static enum fj_rc titles(struct fj_buf *b, const json_t *model)
{
	size_t i;
	json_t *v;

	FJ_TRY(element(b, "<h1>", fj_json_peek(model, "title"), "</h1>\n"));
	if (fj_json_peek(model, "subtitle") != NULL)
		FJ_TRY(element(b, "<p class=\"sub\">", fj_json_peek(model, "subtitle"), "</p>\n"));
	if (fj_json_peek(model, "number") != NULL)
		FJ_TRY(element(b, "<p class=\"number\">", fj_json_peek(model, "number"), "</p>\n"));
	if (fj_json_peek(model, "mark") != NULL)
		FJ_TRY(element(b, "<p class=\"mark\">", fj_json_peek(model, "mark"), "</p>\n"));
	if (json_array_size(json_object_get(model, "meta")) == 0)
		return FJ_OK;
	FJ_TRY(fj_buf_puts(b, "<dl>\n"));
	json_array_foreach(json_object_get(model, "meta"), i, v) {
		FJ_TRY(element(b, "<dt>", json_string_value(json_array_get(v, 0)), "</dt>"));
		FJ_TRY(element(b, "<dd>", json_string_value(json_array_get(v, 1)), "</dd>\n"));
	}
	return fj_buf_puts(b, "</dl>\n");
}

static enum fj_rc whole(struct fj_buf *b, const json_t *model)
{
	bool formal = json_is_true(json_object_get(model, "formal"));
	size_t i;
	json_t *v;

	FJ_TRY(formal ? fj_buf_puts(b, "<article class=\"formal\" lang=\"zh-CN\">\n") : FJ_OK);
	FJ_TRY(titles(b, model));
	json_array_foreach(json_object_get(model, "sections"), i, v)
		if (!rep_only_sheet(v))
			FJ_TRY(section(b, v));
	if (fj_json_peek(model, "foot") != NULL)
		FJ_TRY(element(b, "<p class=\"foot\">", fj_json_peek(model, "foot"), "</p>\n"));
	return formal ? fj_buf_puts(b, "</article>\n") : FJ_OK;
}

enum fj_rc rep_fragment(const json_t *model, struct fj_buf *page, struct fj_err *err)
{
	FJ_TRY(rep_check(model, err));
	enum fj_rc rc = whole(page, model);
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "report", NULL, "the page would be larger than %zu octets, or memory is out", page->max);
}

enum fj_rc rep_html(const json_t *model, struct fj_buf *b)
{
	FJ_TRY(element(b, "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>",
	    fj_json_peek(model, "title"), "</title><style>"));
	FJ_TRY(fj_buf_puts(b, style));
	FJ_TRY(fj_buf_puts(b, "</style></head>\n<body>\n"));
	FJ_TRY(whole(b, model));
	return fj_buf_puts(b, "</body>\n</html>\n");
}
