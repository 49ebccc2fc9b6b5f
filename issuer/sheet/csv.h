/*
 * csv.h - RFC 4180, strictly: one record at a time, with its line.
 *
 * UTF-8, a byte order mark at the beginning is passed over; fields in quotes may
 * hold commas, line ends and doubled quotes.  It does not guess other encodings
 * or separators: sheet.c brings the text into UTF-8.
 */
#ifndef FJ_ISSUER_SHEET_CSV_H
#define FJ_ISSUER_SHEET_CSV_H

#include "issuer/sheet/sheet.h"

#define CSV_MAX_FIELDS SHEET_MAX_COLUMNS
#define CSV_MAX_FIELD SHEET_MAX_CELL
struct csv {
	const char *p, *end;
	int line;              /* of the next record, from 1 */
	struct fj_buf text;    /* fields of the record, NUL between */
	const char *field[CSV_MAX_FIELDS];
	size_t n;
	int at;                /* line where the record began */
	int bad_column;        /* after FJ_E_PARSE: field, from 1 */
	const char *why, *why_zh;
};
/* FJ_E_PARSE (with why) when the text is not UTF-8 */
enum fj_rc csv_init(struct csv *c, struct fj_slice text) FJ_MUST_USE;
void csv_release(struct csv *c);
FJ_DEFINE_AUTO(csv, struct csv, csv_release)
/* *more false at the end.  FJ_E_PARSE: this record is broken; the next begins in the line after
 * the one in which it began, so that a quote left open hides no other record. */
enum fj_rc csv_next(struct csv *c, bool *more) FJ_MUST_USE;
/* a program may take this cell for a formula, so it is written with a ' before it, which reading takes away */
bool csv_is_led(const char *cell);

#endif
