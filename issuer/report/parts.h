/*
 * parts.h - what the writers of issuer/report share: the checked document, its cells,
 * and the writers themselves.  Not for others.
 */
#ifndef FJ_ISSUER_REPORT_PARTS_H
#define FJ_ISSUER_REPORT_PARTS_H

#include "issuer/report/report.h"

enum rep_cell { REP_TEXT, REP_INTEGER, REP_AMOUNT, REP_DATE };

/* The writers take a document that rep_check let pass: members are there and have their types. */
enum fj_rc rep_check(const json_t *model, struct fj_err *err) FJ_MUST_USE;
enum rep_cell rep_column_type(const json_t *column);
int rep_column_width(const json_t *column); /* 1 or more */
static inline bool rep_is_number(enum rep_cell t)
{
	return t == REP_INTEGER || t == REP_AMOUNT;
}
/* A cell for people, "" for null: numbers grouped, or plain as a program reads them.  Borrowed
 * from the cell, or written into `room`. */
const char *rep_cell_text(const json_t *cell, enum rep_cell type, bool grouped, char room[REP_MONEY_CAP]);
/* a number of a certificate, an authorisation, an organisation: nobody reads it in two pieces */
bool rep_is_code(const char *text);
/* octets of the longest cell that is not to be broken: a number, a date, a code; 0 none */
size_t rep_unbroken(const json_t *rows, size_t column, enum rep_cell type);
/* is this section for a workbook only? */
bool rep_only_sheet(const json_t *section);

enum fj_rc rep_csv(const json_t *model, struct fj_buf *file);
enum fj_rc rep_html(const json_t *model, struct fj_buf *file);
enum fj_rc rep_xlsx(const json_t *model, struct fj_buf *file, struct fj_err *err) FJ_MUST_USE;
enum fj_rc rep_docx(const json_t *model, struct fj_buf *file, struct fj_err *err) FJ_MUST_USE;
enum fj_rc rep_pdf(const json_t *model, struct fj_buf *file, struct fj_err *err) FJ_MUST_USE;
/* escaped for HTML and XML; what neither may hold becomes U+FFFD */
enum fj_rc rep_escape(struct fj_buf *b, const char *text) FJ_MUST_USE;

/* pages.c, in the drawing process: the document drawn, octets handed to `put` as they come;
 * false: it could not be drawn */
typedef bool (*rep_put)(void *arg, const void *p, size_t n);
bool rep_pages(const json_t *model, rep_put put, void *arg);

#endif
