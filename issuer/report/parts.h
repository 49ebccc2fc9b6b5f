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
enum fj_rc rep_ofd(const json_t *model, struct fj_buf *file, struct fj_err *err) FJ_MUST_USE;
/* pages as the drawing process gives them: a PDF file, or what ofd.c makes an OFD file of */
enum fj_rc rep_drawn(const json_t *model, bool ofd, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* a ZIP file of these parts, the same for the same parts */
struct rep_part {
	const char *name;
	struct fj_slice data;
};
enum fj_rc rep_zip(const struct rep_part *parts, size_t n, struct fj_buf *file) FJ_MUST_USE;
/* escaped for HTML and XML; what neither may hold becomes U+FFFD */
enum fj_rc rep_escape(struct fj_buf *b, const char *text) FJ_MUST_USE;

/* squares of a QR code, without the margin of four that has to stay empty around it; false: the
 * text is too long (213 octets), or memory is out */
#define REP_QR_MAX 57
struct rep_qr {
	int n;
	bool dark[REP_QR_MAX][REP_QR_MAX]; /* row, column */
};
bool rep_qr(const char *text, struct rep_qr *out);

/* Ids of what stands in an OFD's resources (ofd.c): four fonts, serif and sans, each plain and bold; the colour
 * space; a drawn page's objects come behind. */
enum { OFD_FONT = 1, OFD_COLOURS = 5, OFD_FIRST = 10 };

/* pages.c, in the drawing process: the document drawn, octets handed to `put` as they come;
 * false: it could not be drawn */
typedef bool (*rep_put)(void *arg, const void *p, size_t n);
bool rep_pages(const json_t *model, bool ofd, rep_put put, void *arg);

#endif
