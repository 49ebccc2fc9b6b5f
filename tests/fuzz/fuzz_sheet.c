/*
 * Tables as offices keep them: what begins with "PK" through the XLSX reader (in
 * this process, so that the fuzzer sees it), anything else through sheet_open.
 *
 * Properties: reading ends; rows only rise, within their bounds, in UTF-8; what
 * is refused has a reason in both languages; what CSV gave, written by the
 * product's writer, reads to the same cells.
 */
#include "issuer/sheet/xmltab.h"
#include "tests/fuzz/fuzz.h"

#define MAX 200000

static void look(const struct sheet_row *row, size_t *line)
{
	HOLDS(row->line > *line && row->n >= 1 && row->n <= SHEET_MAX_COLUMNS);
	*line = row->line;
	for (size_t i = 0; i < row->n; i++)
		HOLDS(strlen(row->cell[i]) <= SHEET_MAX_CELL && fj_utf8_valid(fj_slice_str(row->cell[i])));
}

static enum fj_rc take(void *arg, const struct sheet_row *row, const struct fj_err *why)
{
	size_t *line = arg;

	if (why == NULL) {
		look(row, line);
		return FJ_OK;
	}
	HOLDS(why->en[0] != '\0' && why->zh[0] != '\0' && row->line > *line && row->column >= 1);
	*line = row->line;
	return FJ_OK;
}

static void same_again(const struct sheet_row *row)
{
	struct sheet_column columns[SHEET_MAX_COLUMNS] = {{.title = "x"}};
	FJ_AUTO(sheet_out) o = NULL;
	FJ_AUTO(sheet) s = NULL;
	FJ_AUTO(buf) file = FJ_BUF_INIT(4u << 20);
	struct sheet_row again;
	bool more;

	for (size_t i = 0; i < row->n; i++)
		columns[i].title = "x";
	HOLDS(sheet_out_new(SHEET_CSV, "x", columns, row->n, &o, NULL) == FJ_OK && sheet_out_row(o, row->cell, NULL) == FJ_OK);
	HOLDS(sheet_out_finish(&o, &file, NULL) == FJ_OK && sheet_open(fj_buf_slice(&file), &s, NULL) == FJ_OK);
	HOLDS(sheet_next(s, &again, &more, NULL) == FJ_OK && more);
	HOLDS(sheet_next(s, &again, &more, NULL) == FJ_OK && more && again.n == row->n);
	for (size_t i = 0; i < row->n; i++)
		HOLDS(strcmp(row->cell[i], again.cell[i]) == 0);
}

static void read_text(struct fj_slice in)
{
	struct fj_err err = {.rc = FJ_OK};
	struct sheet_row row;
	FJ_AUTO(sheet) s = NULL;
	bool more = true;
	size_t line = 0, turns = 0;

	if (sheet_open(in, &s, &err) != FJ_OK) {
		HOLDS(err.en[0] != '\0' && err.zh[0] != '\0');
		return;
	}
	while (more) {
		enum fj_rc rc = sheet_next(s, &row, &more, &err);
		HOLDS(turns++ <= in.len + 1);
		if (rc == FJ_E_LIMIT)
			return;
		if (rc == FJ_OK && more) {
			look(&row, &line);
			if (turns < 8)
				same_again(&row);
		} else if (rc != FJ_OK)
			HOLDS(rc == FJ_E_INVALID && err.zh[0] != '\0' && row.column >= 1 && row.line > line && (line = row.line) > 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fj_err err = {.rc = FJ_OK};
	size_t line = 0;

	if (size > MAX || xmltab_is(FJ_SLICE(data, size)))
		return 0;
	if (size < 2 || memcmp(data, "PK", 2) != 0)
		read_text(FJ_SLICE(data, size));
	else if (xlsx_read(FJ_SLICE(data, size), take, &line, &err) != FJ_OK)
		HOLDS(err.en[0] != '\0' && err.zh[0] != '\0');
	return 0;
}
