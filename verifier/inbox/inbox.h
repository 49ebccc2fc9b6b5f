/*
 * inbox.h - what the files of fujie-inbox share: the folder V of a mirror, which is
 * the process's working folder.
 *
 *   publish/            as the issuer's, and public.db (docs/formats.md 7)
 *   inbox/state.json    what was taken in last: {"iss","seq","sha256","at"}
 *   inbox/stage/        files of packages that are not taken in yet
 *   inbox/stage-rows/   their rows, by part
 *   inbox/stage.json    parts of a snapshot that lie there: {"seq","part","sha256"}
 *   inbox/commit.json   the state that is being entered: from here on it goes forward only
 *   inbox/new/          packages that were fetched; inbox/refused.json why the last one was refused
 *   run/                empty: there is no signer
 */
#ifndef FJ_INBOX_H
#define FJ_INBOX_H

#include "verifier/package.h"

struct inb_state {
	char iss[161];            /* "" when nothing was taken in */
	int64_t seq;
	struct fj_hash last;      /* of that package's manifest */
	fj_time at;
	int64_t stage_seq, stage_part; /* -1: no snapshot is under way */
	struct fj_hash stage_before;
};

/* --- room.c --- */
/* The folders, made where they are not; what a process before this one had begun to enter is entered, other
 * leavings are removed. */
enum fj_rc inb_open(struct inb_state *s, struct fj_err *err) FJ_MUST_USE;
/* one at a time; waits ten seconds, then FJ_E_BUSY.  The descriptor holds the lock. */
enum fj_rc inb_lock(int *fd, struct fj_err *err) FJ_MUST_USE;
enum fj_rc inb_read_state(struct inb_state *s, struct fj_err *err) FJ_MUST_USE;
/* files and rows of a package, not yet seen by anybody; first: of a package that begins anew */
enum fj_rc inb_stage(const struct fj_package *p, bool first, struct fj_err *err) FJ_MUST_USE;
/* that part of a snapshot is whole and waits for the next */
enum fj_rc inb_stage_keep(const struct fj_package *p, struct fj_err *err) FJ_MUST_USE;
/* enters what was staged, whatever ends the process meanwhile */
enum fj_rc inb_commit(const struct fj_package *p, const struct fj_hash *last, struct fj_err *err) FJ_MUST_USE;

/* --- rows.c --- */
/* the rows of a file of JSON lines into publish/public.db, all or none; the same again changes nothing */
enum fj_rc inb_rows(const char *path, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_UNSUPPORTED when the public.db that is there is of another version of this program: before anything is touched */
enum fj_rc inb_rows_fit(struct fj_err *err) FJ_MUST_USE;
/* FJ_E_INVALID when a line is no row that this program knows */
enum fj_rc inb_rows_check(struct fj_slice lines, struct fj_err *err) FJ_MUST_USE;

/* --- log.c: what a package has of the public log; what `first` is, see inb_stage --- */
struct inb_log {
	const struct fj_package *p;
	bool first;
	const struct ver_trust *trust;
};
/* Of a package that is believed, whether it comes next or not: does its checkpoint alone show another history than the
 * one that is here?  Then FJ_E_INVALID, and both are kept. */
enum fj_rc inb_log_evident(const struct inb_log *l, struct fj_err *err) FJ_MUST_USE;
/* an fj_tile_fn, user: a struct inb_log: a tile as it would be once this package is in */
enum fj_rc inb_tile_then(void *user, const struct fj_tile *t, struct fj_buf *out, struct fj_err *err);
/* Signed by the log, and the tree that is here goes on in it, by its own tiles; tiles and key are never others.  A
 * snapshot's checkpoint is looked at with its last part.  FJ_E_INVALID, FJ_E_SIGNATURE. */
enum fj_rc inb_log_check(const struct inb_log *l, struct fj_err *err) FJ_MUST_USE;

/* --- listed.c --- */
/* Each status list and CRL of the package, and of what is staged with it, is published by a leaf of the tree of this
 * size.  FJ_E_INVALID. */
enum fj_rc inb_lists_logged(const struct inb_log *l, uint64_t size, struct fj_err *err) FJ_MUST_USE;

/* --- apply.c --- */
/* a file of the package; false: it has none of this path */
bool inb_file_of(const struct fj_package *p, const char *path, struct fj_slice *out);
/* a file as it would be once this package is in: its own, else what is staged with it, else what is here */
enum fj_rc inb_file_now(const struct fj_package *p, bool first, const char *path, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
enum inb_result { INB_APPLIED, INB_PART, INB_ALREADY };
struct inb_done {
	enum inb_result result;
	bool snapshot;
	int64_t seq, part;
};
/* One package.  Refused, with the reason in both languages and nothing changed: FJ_E_STATE for one that does
 * not come next (the missing numbers are named), others for one that is not to be believed. */
enum fj_rc inb_apply(const struct fj_hash *root, struct fj_slice package, struct inb_done *out, struct fj_err *err) FJ_MUST_USE;

#endif
