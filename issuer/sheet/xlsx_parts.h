/*
 * xlsx_parts.h - what the files of the XLSX reader share: parts of the package fed
 * through a strict XML parser, and what the workbook says about its cells.
 */
#ifndef FJ_ISSUER_SHEET_XLSX_PARTS_H
#define FJ_ISSUER_SHEET_XLSX_PARTS_H

#include <expat.h>
#include <zip.h>

#include "issuer/sheet/xlsx.h"

struct xlsx {
	zip_t *zip;
	uint64_t inflated;      /* octets of parts read so far */
	char sheet[256];        /* part of the first visible sheet */
	bool since_1904;
	struct fj_buf strings;  /* shared strings, NUL-ended */
	struct fj_buf at;       /* uint32_t: where each begins */
	struct fj_buf is_date;  /* one octet for each cell style: its numbers are dates */
	struct fj_err *err;
};
/* One pass over a part.  start and end get local names; text may come in pieces.  A handler ends
 * the pass with xml_stop. */
struct xml {
	struct xlsx *x;
	void *arg;
	void (*start)(struct xml *p, const char *name, const char **atts);
	void (*end)(struct xml *p, const char *name);
	void (*text)(struct xml *p, const char *s, size_t n);
	XML_Parser parser;
	int depth;
	enum fj_rc rc;          /* why it was stopped */
};
/* rc FJ_E_NOTFOUND (err untouched): there is no such part */
enum fj_rc xml_part(struct xml *p, const char *part) FJ_MUST_USE;
/* the first failure counts; x->err is filled by the caller */
void xml_stop(struct xml *p, enum fj_rc rc);
/* an attribute by its local name, NULL when absent */
const char *xml_att(const char **atts, const char *name);
/* FJ_E_PARSE and FJ_E_LIMIT, told in both languages */
enum fj_rc xlsx_bad(struct xlsx *x, const char *en, const char *zh);
enum fj_rc xlsx_much(struct xlsx *x, const char *en, const char *zh);

/* --- xlsx_book.c --- */
enum fj_rc xlsx_book(struct xlsx *x) FJ_MUST_USE; /* workbook, its relations, strings, styles */
/* a number of a date style as ISO 8601; the number itself when it is none */
void xlsx_date(const struct xlsx *x, const char *number, char *out, size_t cap);
/* A number that binary digits have made long, or one with an exponent, as the office shows it; false: it is as written. */
#define XLSX_NUMBER_CAP 40
bool xlsx_number(const char *number, char out[XLSX_NUMBER_CAP]);
/* --- xlsx_rows.c --- */
enum fj_rc xlsx_rows(struct xlsx *x, xlsx_row_fn fn, void *arg) FJ_MUST_USE;

#endif
