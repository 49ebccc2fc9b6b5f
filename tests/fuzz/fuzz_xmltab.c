/*
 * A table as XML through its reader (in this process, so that the fuzzer sees it).
 *
 * Properties: reading ends; rows only rise, within their bounds, in UTF-8; what is
 * refused has a reason in both languages; a document type is never read past.
 */
#include "issuer/sheet/xmltab.h"
#include "tests/fuzz/fuzz.h"

#define MAX 200000

static enum fj_rc take(void *arg, const struct sheet_row *row, const struct fj_err *why)
{
	size_t *line = arg;

	HOLDS(row->line > *line && row->n <= SHEET_MAX_COLUMNS);
	*line = row->line;
	if (why != NULL) {
		HOLDS(why->en[0] != '\0' && why->zh[0] != '\0' && row->column >= 1);
		return FJ_OK;
	}
	HOLDS(row->n >= 1);
	for (size_t i = 0; i < row->n; i++)
		HOLDS(strlen(row->cell[i]) <= SHEET_MAX_CELL && fj_utf8_valid(fj_slice_str(row->cell[i])));
	return FJ_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fj_err err = {.rc = FJ_OK};
	size_t line = 0;

	if (size <= MAX && xmltab_read(FJ_SLICE(data, size), take, &line, &err) != FJ_OK)
		HOLDS(err.en[0] != '\0' && err.zh[0] != '\0' && (err.rc == FJ_E_PARSE || err.rc == FJ_E_LIMIT));
	return 0;
}
