/*
 * report.h - a document of headings, paragraphs and tables as a file: CSV, HTML, XLSX,
 * DOCX, PDF, OFD.  It knows nothing of data assets: what stands in the document is the
 * caller's; what it looks like is decided here, once for every report.
 *
 * A document is JSON:
 *   {"title", "subtitle"?, "mark"?, "wide"?: bool, "meta": [[label, text]...],
 *    "sections": [{"heading"?, "sheet"?, "apart"?, "blocks": [BLOCK...]}...], "foot"?}
 *   BLOCK: {"text": paragraph} | {"note": small print, "qr"?: address, drawn as a code beside it}
 *        | {"grid": [[name, value] or [name, value, name, value]...]}: "zh\nen" names
 *        | {"seals": [{"role", "who", "on"?}...], "note"?, "qr"?}: who signs, with room for a seal, 1 to 3
 *        | {"table": {"caption"?, "columns": [{"title", "type", "width"}...], "rows": [[CELL...]...]}}
 * type is text, integer, money (fen) or date (ISO); width is a share of the line.  A CELL is a
 * text, an integer, or null for nothing.  "sheet" begins a new sheet of a workbook and is left
 * out everywhere else (tables for machines); "apart" gives a section, such as one with a wide table, a
 * sheet of that name in a workbook and changes nothing elsewhere.  "mark" is written large and pale over each page.
 * "formal": it is a certificate's page: an ornament about it, a large title, "number" below it; these, grids and
 * seals are for HTML, PDF and OFD only.  A file says of itself "author", "made" (RFC 3339; without it a PDF is of the
 * present) and "facts" {name: text}.  With "made" the same document makes the same file.
 */
#ifndef FJ_ISSUER_REPORT_H
#define FJ_ISSUER_REPORT_H

#include "base/buf.h"
#include "base/json.h"

#define REP_MAX_FILE (32u << 20)
#define REP_MAX_COLUMNS 16
#define REP_MAX_ROWS 50000   /* of all tables */
#define REP_MAX_MODEL (16u << 20)

enum rep_format { REP_CSV, REP_HTML, REP_XLSX, REP_DOCX, REP_PDF, REP_OFD, REP_FORMATS };
const char *rep_name(enum rep_format f); /* "csv": also the file's ending */
const char *rep_type(enum rep_format f); /* media type */
/* FJ_E_INVALID, naming all: no such format */
enum fj_rc rep_format(const char *name, enum rep_format *out, struct fj_err *err) FJ_MUST_USE;

/* The document as a file, appended.  FJ_E_INVALID says what in the document is wrong; FJ_E_LIMIT
 * where it is larger than the bounds above; FJ_E_UNAVAILABLE when PDF pages can't be drawn. */
enum fj_rc rep_write(const json_t *model, enum rep_format f, struct fj_buf *file, struct fj_err *err) FJ_MUST_USE;
/* The document as part of a page that has the style sheet's .paper: as HTML, without a head. */
enum fj_rc rep_fragment(const json_t *model, struct fj_buf *page, struct fj_err *err) FJ_MUST_USE;
/* Before a sandbox and before threads: forks the process that PDF pages are drawn in. */
enum fj_rc rep_prepare(struct fj_err *err) FJ_MUST_USE;

/* fen as yuan with two decimals, "-1,234.50"; grouped: with commas */
#define REP_MONEY_CAP 32
void rep_money(int64_t fen, bool grouped, char out[REP_MONEY_CAP]);

#endif
