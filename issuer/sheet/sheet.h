/*
 * sheet.h - tables as offices keep them: CSV (UTF-8 with or without BOM, GB18030) and
 * XLSX, and XML tables (xmltab.h); read a row at a time in bounded memory, and written
 * with drop-downs.
 *
 * Reading takes what a row holds as text: numbers as written (of a workbook, as its 15 digits show them), dates of a date style as
 * ISO 8601, TRUE and FALSE, a merged value in every cell of its span.  It does not
 * calculate, follow links, run macros, or guess what a column means.
 */
#ifndef FJ_ISSUER_SHEET_H
#define FJ_ISSUER_SHEET_H

#include "base/buf.h"

#define SHEET_MAX_COLUMNS 200
#define SHEET_MAX_CELL 8000      /* octets of one cell */
#define SHEET_MAX_ROWS 200000
#define SHEET_MAX_FILE (64u << 20)

struct sheet;
/* What the file is follows from its first octets; `file` is borrowed until sheet_close.  CSV is
 * read here; XLSX and XML in a throw-away process without rights (sheet_room_start).  FJ_E_INVALID with
 * a sentence in zh and en: not such a file; FJ_E_LIMIT: larger than SHEET_MAX_FILE. */
enum fj_rc sheet_open(struct fj_slice file, struct sheet **out, struct fj_err *err) FJ_MUST_USE;
struct sheet_row {
	size_t line;                 /* row number as the office sees it, from 1 */
	size_t column;               /* of a broken row: where, from 1 */
	size_t n;
	const char *cell[SHEET_MAX_COLUMNS]; /* NUL-ended UTF-8; valid until the next call; "" empty */
};
/* The next row that is not empty; *more false at the end.  FJ_E_INVALID: this row is broken (line
 * and column set), reading may go on.  Any other failure ends the reading: FJ_E_PARSE the file is
 * damaged or hostile, FJ_E_LIMIT it has more than SHEET_MAX_ROWS rows or takes too much memory. */
enum fj_rc sheet_next(struct sheet *s, struct sheet_row *row, bool *more, struct fj_err *err) FJ_MUST_USE;
const char *sheet_encoding(const struct sheet *s); /* "UTF-8" "UTF-8 BOM" "GB18030" "XLSX" "XML" */
void sheet_close(struct sheet *s); /* NULL is fine */
FJ_DEFINE_AUTO_PTR(sheet, struct sheet, sheet_close)

/* Before a sandbox and before threads: loads what iconv loads late, and forks the process that
 * XLSX readers are forked from.  Without it the first XLSX does that, where forking is allowed. */
enum fj_rc sheet_room_start(struct fj_err *err) FJ_MUST_USE;

/* What two spellings of one thing have in common: NFKC, no zero-width characters, white space
 * trimmed and single.  Appended to out; FJ_E_LIMIT when it does not fit. */
enum fj_rc sheet_key(const char *cell, struct fj_buf *out) FJ_MUST_USE;
/* The same for headings: also without any white space, "*", a remark in brackets at the end, and
 * in lower case. */
enum fj_rc sheet_heading(const char *cell, struct fj_buf *out) FJ_MUST_USE;

#define SHEET_TITLES 10 /* rows that offices put above the heading */
/* Calls fn for each of the first rows until one is the heading; *found false: none of SHEET_TITLES
 * is.  fn's own failure ends it. */
typedef enum fj_rc (*sheet_heading_fn)(void *arg, const struct sheet_row *row, bool *is, struct fj_err *err);
enum fj_rc sheet_find_heading(struct sheet *s, sheet_heading_fn fn, void *arg, bool *found, struct fj_err *err) FJ_MUST_USE;
/* *to (-1: none yet) becomes cell i of the heading; FJ_E_INVALID names row and column when it has
 * one already: two columns of one meaning may disagree */
enum fj_rc sheet_place(const struct sheet_row *row, size_t i, int *to, struct fj_err *err) FJ_MUST_USE;

/* One cell of CSV, quoted where it has to be; a text that begins with = + - @ TAB CR LF or a full-width
 * ＝ ＋ － ＠ is led by ' so that no program takes it for a formula; a plain number (-12.50) is none. */
enum fj_rc sheet_csv_cell(struct fj_buf *b, const char *text) FJ_MUST_USE;
/* Calls fn for each row that is left; its failure ends it.  broken (NULL: none) says why a row can't
 * be read, of which only line and column count then.  *read counts them; more than `most` are
 * FJ_E_LIMIT by the rule `cite` (may be NULL). */
typedef enum fj_rc (*sheet_row_fn)(void *arg, const struct sheet_row *row, const struct fj_err *broken, struct fj_err *err);
enum fj_rc sheet_rows(struct sheet *s, int64_t most, const char *cite, sheet_row_fn fn, void *arg, int64_t *read, struct fj_err *err) FJ_MUST_USE;

enum sheet_format { SHEET_CSV, SHEET_XLSX };
struct sheet_column {
	const char *title;
	const char *const *choices;  /* NULL, or NULL-ended list: a drop-down in XLSX */
	int width;                   /* characters; 0: by default; below 0: not shown in XLSX (keys that come back) */
	const char *note;            /* what is to be written there, told in a second sheet of XLSX; NULL: nothing */
	bool number;                 /* cells that are a decimal number (-12.50) are one in XLSX, with two places; for amounts, not for codes */
};
struct sheet_out;
/* first row: the titles; name: of the sheet, at most 31 characters */
enum fj_rc sheet_out_new(enum sheet_format f, const char *name, const struct sheet_column *columns, size_t n,
    struct sheet_out **out, struct fj_err *err) FJ_MUST_USE;
/* n cells as in sheet_out_new (NULL: empty); every cell is written as text, but an amount of at most 15
 * characters where its column says so; in CSV as sheet_csv_cell, and reading takes that ' away again */
enum fj_rc sheet_out_row(struct sheet_out *o, const char *const *cells, struct fj_err *err) FJ_MUST_USE;
/* the whole file appended; *o is freed either way, and NULL */
enum fj_rc sheet_out_finish(struct sheet_out **o, struct fj_buf *file, struct fj_err *err) FJ_MUST_USE;
void sheet_out_drop(struct sheet_out *o); /* NULL is fine */
FJ_DEFINE_AUTO_PTR(sheet_out, struct sheet_out, sheet_out_drop)

#endif
