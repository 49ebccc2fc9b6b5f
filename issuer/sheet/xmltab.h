/*
 * xmltab.h - a table as XML: a root, its records, one element a field; as the systems of
 * offices exchange it.  Rows as from a sheet: the field names are row 1, records follow.
 * For the process without rights (room.c) and the fuzz target only.
 */
#ifndef FJ_ISSUER_SHEET_XMLTAB_H
#define FJ_ISSUER_SHEET_XMLTAB_H

#include "issuer/sheet/xlsx.h"

/* does the file begin as an XML document ("<?xml", after a BOM or not)? */
bool xmltab_is(struct fj_slice file);
/* FJ_E_PARSE names record and field: no such document, a document type or entities, a processing
 * instruction, attributes below the root, elements within fields, text outside of fields.
 * FJ_E_LIMIT: more than SHEET_MAX_COLUMNS names of fields.  A cell over its bound or a field given
 * twice breaks its row.  What fn returned ends the reading. */
enum fj_rc xmltab_read(struct fj_slice file, xlsx_row_fn fn, void *arg, struct fj_err *err) FJ_MUST_USE;

#endif
