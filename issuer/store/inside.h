/*
 * inside.h - what the files of the store share.  Nobody else includes it: it
 * names SQLite.
 */
#ifndef FJ_ISSUER_STORE_INSIDE_H
#define FJ_ISSUER_STORE_INSIDE_H

#include <sqlite3.h>

#include "issuer/store/store.h"

struct sto {
	sqlite3 *db;
	bool writer;
	sqlite3_stmt *stmt[STO_COUNT];
	bool open[STO_COUNT];
};

/* an SQL file as it stands in the source (sources.mk: INCBIN) */
#define EMBED(name, file)                                      \
	__asm__(".section .rodata\n" #name ":\n.incbin \"" file \
		"\"\n.byte 0\n.previous\n");                    \
	extern const char name[]

/* SQLite's code as one of ours: "the register can't `what`: ..."; s may be NULL */
enum fj_rc sto_fail(struct sto *s, int code, struct fj_err *err, const char *what);
enum fj_rc sto_exec(struct sto *s, const char *text, const char *what, struct fj_err *err) FJ_MUST_USE;
/* the first column of the first row of a query that is no statement of the list */
enum fj_rc sto_number(struct sto *s, const char *text, int64_t *out, struct fj_err *err) FJ_MUST_USE;
const char *sto_vfs(void); /* name of the VFS that leaves names as they are */
/* opened (a writer's file made when it is not there), its version not looked at, nothing prepared */
enum fj_rc sto_connect(const char *name, bool writer, struct sto **out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc sto_settings(struct sto *s, struct fj_err *err) FJ_MUST_USE; /* what holds for this connection */
enum fj_rc sto_make(struct sto *s, struct fj_err *err) FJ_MUST_USE;     /* the tables of now in an empty file, in a transaction of its own */
enum fj_rc sto_prepare(struct sto *s, struct fj_err *err) FJ_MUST_USE;  /* all statements: FJ_E_DB when one does not fit the tables; the others are ready all the same */
/* FJ_E_UNSUPPORTED: says why a register of version v is not served, and what to do */
enum fj_rc sto_other_version(struct sto *s, int64_t v, struct fj_err *err) FJ_MUST_USE;
/* migrate.c: the words of a CREATE statement into out (cleared), one space between two: without comments, "name" as name.
 * Texts of the same words make the same table, index or trigger.  FJ_E_LIMIT, FJ_E_NOMEM: as the buffer. */
enum fj_rc sto_sql_words(const char *text, struct fj_buf *out) FJ_MUST_USE;

#endif
