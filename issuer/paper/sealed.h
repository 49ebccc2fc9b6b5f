/*
 * sealed.h - an exported file and what came back of it: compared in a process without rights.
 * For the files of issuer/paper; pure, and tested as such.
 */
#ifndef FJ_ISSUER_SEALED_H
#define FJ_ISSUER_SEALED_H

#include "base/buf.h"

/* FJ_E_INVALID: what differs, in both languages; FJ_E_PARSE, FJ_E_LIMIT: what can't be read. */
enum fj_rc sealed_pdf(struct fj_slice own, struct fj_slice sealed, struct fj_err *err) FJ_MUST_USE;
enum fj_rc sealed_ofd(struct fj_slice own, struct fj_slice sealed, struct fj_err *err) FJ_MUST_USE;
/* a refusal; `what` (a name, a key; may be NULL) is quoted in both */
enum fj_rc sealed_bad(struct fj_err *err, enum fj_rc rc, const char *what, const char *en, const char *zh) FJ_MUST_USE;
/* what lies over the page hides what it lies on: refused when wider or higher than a seal (in 1/1000 mm), or when it is more than the fourth of its page */
enum fj_rc sealed_place(int64_t wide, int64_t high, unsigned nth, struct fj_err *err) FJ_MUST_USE;

/* --- pdf_read.c: PDF as far as an incremental update needs it (ISO 32000-1, 7.3 and 7.5) --- */
struct pdf {
	struct fj_slice file;
	size_t at;
};
#define PDF_MAX_KEYS 64
struct pdf_dict {
	size_t n;
	struct fj_slice key[PDF_MAX_KEYS]; /* without the slash */
	struct fj_slice value[PDF_MAX_KEYS]; /* as it stands */
	size_t end;                        /* behind it */
};
/* the dictionary at p->at; false: there is none, or it is malformed, or has a key twice or escaped */
bool pdf_dict(struct pdf *p, struct pdf_dict *out);
const struct fj_slice *pdf_get(const struct pdf_dict *d, const char *key); /* NULL: none */
/* one value of any kind, skipped; false: malformed, or deeper than 32 */
bool pdf_skip(struct pdf *p, int depth);
void pdf_space(struct pdf *p);
bool pdf_word(struct pdf *p, const char *word); /* taken when it stands here */
bool pdf_number(struct pdf *p, int64_t *out);   /* an unsigned integer */
bool pdf_decimal(struct pdf *p, int64_t *out);  /* "12", "-3.5", in thousandths; at most 6 digits before the point */
bool pdf_blank(int c);                          /* white space (7.2.2) */
bool pdf_starts(const struct pdf *p);           /* a number begins just here */
bool pdf_line(struct pdf *p);                   /* the rest of a line, blank, with its end */
/* "n g R" and nothing else */
bool pdf_ref(struct fj_slice v, int64_t *number);
/* are two values the same, white space apart? */
bool pdf_same(struct fj_slice a, struct fj_slice b);
bool pdf_is(struct fj_slice v, const char *text); /* the same, of a literal */

#endif
