/*
 * public.c - public.db, the only database that the verifier service sees.
 */
#include <sqlite3.h>

#include "issuer/publish/publish.h"

#define EMBED(name, file)                                      \
	__asm__(".section .rodata\n" #name ":\n.incbin \"" file \
		"\"\n.byte 0\n.previous\n");                    \
	extern const char name[]
EMBED(pub_schema, "issuer/publish/public.sql");

struct pub_db {
	sqlite3 *db;
};

static enum fj_rc fail(struct pub_db *p, struct fj_err *err, const char *what)
{
	int code = sqlite3_extended_errcode(p->db);
	enum fj_rc rc = (code & 0xff) == SQLITE_FULL ? FJ_E_NOSPACE : (code & 0xff) == SQLITE_BUSY ? FJ_E_BUSY : FJ_E_DB;

	return fj_fail_code(err, rc, "publish", code, "public.db can't %s: %s", what, sqlite3_errmsg(p->db));
}

void pub_db_close(struct pub_db *p)
{
	if (p == NULL)
		return;
	sqlite3_close(p->db);
	fj_free(p);
}

static int table_count(void *out, int n, char **values, char **names)
{
	(void)names;
	*(int *)out = n > 0 && values[0] != NULL ? values[0][0] - '0' : 0;
	return 0;
}

enum fj_rc pub_db_open(struct pub_db **out, struct fj_err *err)
{
	FJ_AUTO(pub_db) p = fj_alloc(1, sizeof(*p));
	int tables = 0;

	if (p == NULL)
		return fj_fail(err, FJ_E_NOMEM, "publish", NULL, "out of memory");
	if (sqlite3_open_v2("publish/public.db", &p->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, "relative") != SQLITE_OK ||
	    sqlite3_busy_timeout(p->db, 5000) != SQLITE_OK ||
	    sqlite3_exec(p->db, "PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(p->db, "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'meta'", table_count, &tables, NULL) != SQLITE_OK)
		return fail(p, err, "be opened");
	if (tables == 0 && (sqlite3_exec(p->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(p->db, pub_schema, NULL, NULL, NULL) != SQLITE_OK || sqlite3_exec(p->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK))
		return fail(p, err, "be made");
	*out = fj_move(p);
	return FJ_OK;
}

enum fj_rc pub_db_begin(struct pub_db *p, struct fj_err *err)
{
	return sqlite3_exec(p->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK ? FJ_OK : fail(p, err, "begin");
}

enum fj_rc pub_db_commit(struct pub_db *p, struct fj_err *err)
{
	return sqlite3_exec(p->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK ? FJ_OK : fail(p, err, "commit");
}

/* binds the columns of a register row by their letters: t text, i integer, n integer or NULL, b blob */
static enum fj_rc put_row(struct pub_db *p, const char *sql, const struct sto_q *row, const char *form, struct fj_err *err)
{
	sqlite3_stmt *q = NULL;
	int code = sqlite3_prepare_v2(p->db, sql, -1, &q, NULL);

	for (int c = 0; code == SQLITE_OK && form[c] != '\0'; c++) {
		struct fj_slice b;
		if (form[c] == 't')
			code = sqlite3_bind_text(q, c + 1, sto_text(row, c), -1, SQLITE_TRANSIENT);
		else if (form[c] == 'n' && sto_null(row, c))
			code = sqlite3_bind_null(q, c + 1);
		else if (form[c] == 'b') {
			b = sto_blob(row, c);
			code = sqlite3_bind_blob64(q, c + 1, b.p, b.len, SQLITE_TRANSIENT);
		} else
			code = sqlite3_bind_int64(q, c + 1, sto_int(row, c));
	}
	if (code == SQLITE_OK)
		code = sqlite3_step(q);
	enum fj_rc rc = code == SQLITE_DONE ? FJ_OK : fail(p, err, "take a row");
	sqlite3_finalize(q);
	return rc;
}

enum fj_rc pub_db_certificate(struct pub_db *p, const struct sto_q *row, struct fj_err *err)
{
	return put_row(p, "INSERT OR REPLACE INTO certificate (serial, number, asset_no, asset_name, holder_name, holder_usci,"
	    " not_before, not_after, state, revoked_at, reason, shard, der) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", row, "ttttttiitniib", err);
}

enum fj_rc pub_db_authorisation(struct pub_db *p, const struct sto_q *row, struct fj_err *err)
{
	return put_row(p, "INSERT OR REPLACE INTO authorisation (number, version, holder_name, operator_name, state, not_before,"
	    " not_after) VALUES (?,?,?,?,?,?,?)", row, "titttii", err);
}

enum fj_rc pub_db_delegated(struct pub_db *p, const char *serial, const char *what, struct fj_slice der, struct fj_err *err)
{
	sqlite3_stmt *q = NULL;
	int code = sqlite3_prepare_v2(p->db, "INSERT OR REPLACE INTO delegated (serial, what, der) VALUES (?,?,?)", -1, &q, NULL);

	if (code == SQLITE_OK && sqlite3_bind_text(q, 1, serial, -1, SQLITE_TRANSIENT) == SQLITE_OK &&
	    sqlite3_bind_text(q, 2, what, -1, SQLITE_TRANSIENT) == SQLITE_OK &&
	    sqlite3_bind_blob64(q, 3, der.p, der.len, SQLITE_TRANSIENT) == SQLITE_OK)
		code = sqlite3_step(q);
	enum fj_rc rc = code == SQLITE_DONE ? FJ_OK : fail(p, err, "take a certificate");
	sqlite3_finalize(q);
	return rc;
}
