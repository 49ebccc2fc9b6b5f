/*
 * store.h - the only door to SQLite.  All SQL is in store/schema_*.sql and
 * store/statements_*.def; statements are prepared at start and called by id with
 * typed arguments.  One writer connection (serialised by the caller), readers
 * from a pool.  WAL, synchronous=FULL, foreign_keys=ON, recursive_triggers=ON.
 * Opened by relative name through a VFS that leaves names as given: the home may
 * lie at any path length (SQLite's own limit is 512 octets).
 */
#ifndef FJ_ISSUER_STORE_H
#define FJ_ISSUER_STORE_H

#include "base/buf.h"
#include "base/clock.h"

struct sto; /* one connection; one thread at a time */

enum sto_id {
#define STMT(id, sql) STO_##id,
#include "issuer/store/statements_core.def"
#include "issuer/store/statements_domain.def"
#include "issuer/store/statements_find.def"
#include "issuer/store/statements_home.def"
#undef STMT
#define FIGURE(id, reports, section, key, unit, zh, en, how_zh, how_en, sql) STO_FIG_##id,
#define LISTING(id, reports, section, key, columns, zh, en, how_zh, how_en, sql) STO_FIG_##id,
#include "issuer/store/figures.def"
#undef FIGURE
#undef LISTING
	STO_COUNT
};

enum fj_rc sto_open(const char *name, bool writer, struct sto **out, struct fj_err *err) FJ_MUST_USE;
void sto_close(struct sto *s);

/* --- migrate.c: a register of an older version becomes one of now (docs/formats.md 40) --- */
struct sto_upgrade {
	bool trial; /* nothing of it is to stay: no copy is made, and the caller rolls back */
	/* Asked several times a second whether to go on (false: it ends, FJ_E_DB, and nothing is changed); stage is "copy",
	 * "tables", "integrity" or "record", done of `of` steps, of 0: not known.  NULL: nobody asks. */
	bool (*tell)(void *user, const char *stage, int64_t done, int64_t of);
	void *user;
};
/*
 * The register of that name in the working folder, whose lock the caller holds.  *out NULL: it is of this
 * version (*from) already.  Otherwise *out is a writer in a transaction in which all steps are done and
 * checked: sto_commit keeps it, and before that nobody else sees it; sto_close or a kill leaves the
 * register as it was.  A copy of it is beside it then, register.db.vN.  FJ_E_UNSUPPORTED: no version that is
 * upgraded; FJ_E_NOSPACE: no room for it; FJ_E_BUSY: somebody else writes; FJ_E_CORRUPT: a check failed.
 */
enum fj_rc sto_upgrade(const char *name, const struct sto_upgrade *u, int64_t *from, struct sto **out, struct fj_err *err) FJ_MUST_USE;
int64_t sto_copy_newest(void);          /* version of the newest copy that is there; 0: none */
void sto_copies_remove(int64_t keep);   /* all copies but that of this version (0: every one) */
enum fj_rc sto_begin(struct sto *s, struct fj_err *err) FJ_MUST_USE;  /* IMMEDIATE on the writer */
enum fj_rc sto_commit(struct sto *s, struct fj_err *err) FJ_MUST_USE;
/* Indexes the texts and adds up the counts that wait for the end of the transaction (schema_find.sql, schema_home.sql);
 * sto_commit does it. */
enum fj_rc sto_settle(struct sto *s, struct fj_err *err) FJ_MUST_USE;
void sto_rollback(struct sto *s);
/* In a transaction: no page of the file, used or free, has octets of what was deleted from `opening` or `draft`. */
enum fj_rc sto_scrub(struct sto *s, struct fj_err *err) FJ_MUST_USE;
/* Everything that is committed lies in the register's own file, and its log is empty; FJ_E_BUSY while somebody reads from before. */
enum fj_rc sto_checkpoint(struct sto *s, struct fj_err *err) FJ_MUST_USE;
/* within a transaction: a part of it that can be undone alone; not nested */
enum fj_rc sto_savepoint(struct sto *s, struct fj_err *err) FJ_MUST_USE;
enum fj_rc sto_release(struct sto *s, struct fj_err *err) FJ_MUST_USE; /* keep the part */
enum fj_rc sto_undo(struct sto *s, struct fj_err *err) FJ_MUST_USE;    /* undo it */

/*
 * Arguments by format: t const char * (NULL: SQL NULL), i int64_t, b struct fj_slice,
 * n (none: SQL NULL).  The count must match the statement's parameters.
 */
/* run a change; *changes (may be NULL) rows */
enum fj_rc sto_run(struct sto *s, enum sto_id id, int64_t *changes, struct fj_err *err, const char *fmt, ...) FJ_MUST_USE;
/* start a query; then sto_step until *row is false; sto_done always (FJ_AUTO(sto_q) does it).
 * The same statement may not be open twice on one connection: FJ_E_INTERNAL. */
struct sto_q {
	struct sto *s;
	enum sto_id id;
	bool open;
};
enum fj_rc sto_query(struct sto *s, enum sto_id id, struct sto_q *q, struct fj_err *err, const char *fmt, ...) FJ_MUST_USE;
enum fj_rc sto_step(struct sto_q *q, bool *row, struct fj_err *err) FJ_MUST_USE;
/* query and first row at once: FJ_E_NOTFOUND when there is none (what names the thing looked for) */
enum fj_rc sto_first(struct sto *s, enum sto_id id, struct sto_q *q, const char *what, struct fj_err *err, const char *fmt, ...) FJ_MUST_USE;
const char *sto_text(const struct sto_q *q, int col); /* "" for NULL; valid until step/done */
int64_t sto_int(const struct sto_q *q, int col);
bool sto_null(const struct sto_q *q, int col);
struct fj_slice sto_blob(const struct sto_q *q, int col);
/* texts of a row into the buffers of a struct, each with its own size; FJ_E_CORRUPT ("`what` is
 * malformed") when one does not fit */
struct sto_copy {
	int col;
	char *to;
	size_t cap;
};
#define STO_COPY(col, buffer) {col, buffer, sizeof(buffer)}
enum fj_rc sto_copy(const struct sto_q *q, const struct sto_copy *list, size_t n, const char *what, struct fj_err *err) FJ_MUST_USE;
void sto_done(struct sto_q *q);
FJ_DEFINE_AUTO(sto_q, struct sto_q, sto_done)

/*
 * One state of the register's file, to be copied as it lies while others go on writing.  w, r: a writer and a reader of the file
 * `name`, with no transaction open.  `held` is called while nobody can write, for what has to be of the same moment; the reader's transaction
 * (sto_rollback) then keeps the file as it is: writers append to the log beside it, which is not emptied into it before that ends.
 * FJ_E_BUSY: no such moment within five minutes.
 */
typedef enum fj_rc (*sto_shot_fn)(void *user, struct fj_err *err);
enum fj_rc sto_shot(const char *name, struct sto *w, struct sto *r, sto_shot_fn held, void *user, struct fj_err *err) FJ_MUST_USE;
enum fj_rc sto_shot_size(struct sto *r, int64_t *octets, struct fj_err *err) FJ_MUST_USE;
/* exactly n octets from `at` on */
enum fj_rc sto_shot_read(struct sto *r, int64_t at, void *p, size_t n, struct fj_err *err) FJ_MUST_USE;
/* A register that is there, of this release or an older one that it brings forward, as it is: statements that do not fit an older one's tables
 * are FJ_E_INTERNAL.  FJ_E_UNSUPPORTED: of a newer release, or of none. */
enum fj_rc sto_copy_open(const char *name, bool writer, struct sto **out, struct fj_err *err) FJ_MUST_USE;
/* SQLite's own check of the whole file: FJ_E_CORRUPT with what it says first */
enum fj_rc sto_sound(struct sto *s, struct fj_err *err) FJ_MUST_USE;

#endif
