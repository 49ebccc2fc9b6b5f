/*
 * legacy.h - 历史补录: what the files about data from before the appliance share.
 */
#ifndef FJ_ISSUER_LEGACY_H
#define FJ_ISSUER_LEGACY_H

#include "issuer/card.h"
#include "issuer/sheet/sheet.h"

#define LEG_MAX_ROWS 5000
#define LEG_MAX_TOLD 5000

/* --- the file (legacy_sheet.c) --- */
struct leg_file {
	const char *finance;   /* USCC: whose holders the file is about */
	json_t *rows;          /* "line": the row as it is entered */
	json_t *lines;         /* those of the good rows, as texts, in their order */
	json_t *faults;        /* {"line","column","rule",...}: set aside */
	json_t *warnings;      /* {"line","rule","detail"}: told, not refused */
	json_t *secret;        /* lines marked 涉密 */
	int64_t read, n_warnings;
	const char *encoding;
};
/* all lists made; FJ_E_NOMEM */
enum fj_rc leg_new(struct leg_file *f, const char *finance, struct fj_err *err) FJ_MUST_USE;
void leg_release(struct leg_file *f);
FJ_DEFINE_AUTO(leg_file, struct leg_file, leg_release)
/* Every row by itself, against the rules and against the other rows: R04, R17 (core), R33, R36 and
 * R40 refuse a row, other rules warn.  A row that is, or may be, secret is told by its number alone.
 * Fails where the file as a whole can't be read, or has more than LEG_MAX_ROWS rows. */
enum fj_rc leg_read(struct iss_call *c, struct fj_slice file, struct leg_file *out, struct fj_err *err) FJ_MUST_USE;
/* a row is set aside; column from 1, 0 none */
enum fj_rc leg_fault(struct leg_file *f, int64_t line, int column, const struct fj_err *why, struct fj_err *err) FJ_MUST_USE;
/* SHA-256, hex, over the hashes of all rows of `lines` in their order */
enum fj_rc leg_digest(const struct leg_file *f, const json_t *lines, char hex[65], struct fj_err *err) FJ_MUST_USE;
/* SHA-256, hex, of one row without its line: the same row in another file has the same */
enum fj_rc leg_row_hash(const json_t *row, char hex[65], struct fj_err *err) FJ_MUST_USE;
/* What is kept until it is approved: the rows that were read, a line of JSON each, and nothing else
 * of the file.  leg_kept reads them back into out->rows. */
enum fj_rc leg_keep(const struct leg_file *f, const json_t *lines, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc leg_kept(struct fj_slice kept, struct leg_file *out, struct fj_err *err) FJ_MUST_USE;
/* The hard prohibitions on one row, as its holder stands now; *w: what it is about, a column (block
 * NULL) or a field of the card. */
struct leg_where {
	const char *block, *key;
};
enum fj_rc leg_prohibitions(const json_t *row, const struct dom_org *holder, const char *finance, struct leg_where *w, struct fj_err *err) FJ_MUST_USE;
/* an empty file with all headings */
enum fj_rc leg_template(enum sheet_format f, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;

/* --- marks (legacy.c) --- */
/* adds "legacy": {...} to what is shown of an asset that was entered as 历史补录, or of its
 * registration; nothing to any other */
enum fj_rc dom_legacy_mark(struct sto *db, const char *asset_no, const char *registration, json_t *shown, struct fj_err *err) FJ_MUST_USE;

#endif
