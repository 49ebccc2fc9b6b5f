/*
 * xlsx.h - the first visible sheet of an Office Open XML workbook (ISO/IEC 29500),
 * row by row.  For the process without rights (room.c) and the fuzz target only.
 */
#ifndef FJ_ISSUER_SHEET_XLSX_H
#define FJ_ISSUER_SHEET_XLSX_H

#include "issuer/sheet/sheet.h"

#define XLSX_MAX_INFLATED (1u << 30) /* octets of all parts read */
#define XLSX_MAX_PARTS 2000
#define XLSX_MAX_STRINGS (128u << 20) /* octets of all shared strings */
#define XLSX_MAX_ROW (1u << 20)      /* octets of one row */

/* a row, or (why not NULL) a broken one with line and column; anything but FJ_OK ends the reading */
typedef enum fj_rc (*xlsx_row_fn)(void *arg, const struct sheet_row *row, const struct fj_err *why);
/* FJ_E_PARSE: no XLSX, damaged, or with a DTD; FJ_E_LIMIT: a bound was met; what fn returned */
enum fj_rc xlsx_read(struct fj_slice file, xlsx_row_fn fn, void *arg, struct fj_err *err) FJ_MUST_USE;

#endif
