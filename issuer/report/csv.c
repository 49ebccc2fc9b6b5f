/*
 * csv.c - the document as CSV: UTF-8 with a mark, CRLF, tables one behind the other.
 *
 * Every text goes through the writer's guard against formulas (issuer/sheet); numbers
 * stand as a program reads them, without grouping.
 */
#include "issuer/report/parts.h"
#include "issuer/sheet/sheet.h"

static enum fj_rc line(struct fj_buf *b, const char *text)
{
	FJ_TRY(sheet_csv_cell(b, text));
	return fj_buf_puts(b, "\r\n");
}

static enum fj_rc table_rows(struct fj_buf *b, const json_t *columns, const json_t *rows)
{
	char room[REP_MONEY_CAP];
	size_t i, k;
	json_t *row, *cell;

	json_array_foreach(rows, i, row) {
		json_array_foreach(row, k, cell) {
			enum rep_cell type = rep_column_type(json_array_get(columns, k));
			const char *text = rep_cell_text(cell, type, false, room);
			FJ_TRY(fj_buf_puts(b, k > 0 ? "," : ""));
			/* an integer is ours: a minus before its digits is no formula */
			FJ_TRY(json_is_integer(cell) ? fj_buf_puts(b, text) : sheet_csv_cell(b, text));
		}
		FJ_TRY(fj_buf_puts(b, "\r\n"));
	}
	return FJ_OK;
}

static enum fj_rc table(struct fj_buf *b, const json_t *t)
{
	const json_t *columns = json_object_get(t, "columns");
	size_t i;
	json_t *c;

	if (fj_json_peek(t, "caption") != NULL)
		FJ_TRY(line(b, fj_json_peek(t, "caption")));
	json_array_foreach(columns, i, c) {
		FJ_TRY(fj_buf_puts(b, i > 0 ? "," : ""));
		FJ_TRY(sheet_csv_cell(b, fj_json_peek(c, "title")));
	}
	FJ_TRY(fj_buf_puts(b, "\r\n"));
	return table_rows(b, columns, json_object_get(t, "rows"));
}

static enum fj_rc section(struct fj_buf *b, const json_t *s)
{
	size_t i;
	json_t *block;

	FJ_TRY(fj_buf_puts(b, "\r\n"));
	if (fj_json_peek(s, "heading") != NULL)
		FJ_TRY(line(b, fj_json_peek(s, "heading")));
	json_array_foreach(json_object_get(s, "blocks"), i, block) {
		const json_t *t = json_object_get(block, "table");
		const char *text = fj_json_peek(block, "text");
		FJ_TRY(t != NULL ? table(b, t) : line(b, text != NULL ? text : fj_json_text(block, "note")));
	}
	return FJ_OK;
}

enum fj_rc rep_csv(const json_t *model, struct fj_buf *b)
{
	static const char *const head[] = {"title", "subtitle", "mark"};
	size_t i;
	json_t *v;

	FJ_TRY(fj_buf_puts(b, "\xef\xbb\xbf"));
	for (i = 0; i < FJ_ARRAY_LEN(head); i++)
		if (fj_json_peek(model, head[i]) != NULL)
			FJ_TRY(line(b, fj_json_peek(model, head[i])));
	json_array_foreach(json_object_get(model, "meta"), i, v) {
		FJ_TRY(sheet_csv_cell(b, json_string_value(json_array_get(v, 0))));
		FJ_TRY(fj_buf_puts(b, ","));
		FJ_TRY(line(b, json_string_value(json_array_get(v, 1))));
	}
	json_array_foreach(json_object_get(model, "sections"), i, v)
		if (!rep_only_sheet(v))
			FJ_TRY(section(b, v));
	return fj_json_peek(model, "foot") == NULL ? FJ_OK : line(b, fj_json_peek(model, "foot"));
}
