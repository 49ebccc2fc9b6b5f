/*
 * CSV (RFC 4180) as imports read it.
 *
 * Properties: reading ends; lines only rise; a fault has a reason and a column;
 * the records that were read, written in quotes, read to the same records.
 */
#include "issuer/sheet/csv.h"
#include "tests/fuzz/fuzz.h"

#define MAX 65536

static void put_field(struct fj_buf *b, const char *s)
{
	HOLDS(fj_buf_puts(b, "\"") == FJ_OK);
	for (; *s != '\0'; s++)
		HOLDS(fj_buf_put(b, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1) == FJ_OK);
	HOLDS(fj_buf_puts(b, "\"") == FJ_OK);
}

static void put_record(struct fj_buf *b, const struct csv *c)
{
	for (size_t i = 0; i < c->n; i++) {
		HOLDS(strlen(c->field[i]) <= CSV_MAX_FIELD && fj_utf8_valid(fj_slice_str(c->field[i])));
		HOLDS(i == 0 || fj_buf_puts(b, ",") == FJ_OK);
		put_field(b, c->field[i]);
	}
	HOLDS(fj_buf_puts(b, "\r\n") == FJ_OK);
}

/* every good record, written again; the count of faults */
static size_t read_all(struct fj_slice in, struct fj_buf *out)
{
	FJ_AUTO(csv) c;
	bool more = true;
	size_t faults = 0;
	int line = 0;

	if (csv_init(&c, in) != FJ_OK) {
		HOLDS(c.why != NULL && c.why_zh != NULL);
		return 1;
	}
	for (size_t turns = 0; more; turns++) {
		HOLDS(turns <= in.len + 1);
		if (csv_next(&c, &more) != FJ_OK) {
			HOLDS(c.why != NULL && c.why_zh != NULL && c.bad_column >= 1 && c.bad_column <= CSV_MAX_FIELDS + 1);
			faults++;
		} else if (more) {
			HOLDS(c.n >= 1 && c.n <= CSV_MAX_FIELDS);
			put_record(out, &c);
		}
		HOLDS(c.at >= line && c.line >= c.at);
		line = c.at;
	}
	return faults;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FJ_AUTO(buf) one = FJ_BUF_INIT(4 * MAX);
	FJ_AUTO(buf) two = FJ_BUF_INIT(4 * MAX);

	if (size > MAX)
		return 0;
	read_all(FJ_SLICE(data, size), &one);
	HOLDS(read_all(fj_buf_slice(&one), &two) == 0);
	HOLDS(fj_slice_eq(fj_buf_slice(&one), fj_buf_slice(&two)));
	return 0;
}
