/*
 * public.c - public.db, the only database that the verifier service sees.
 *
 * It follows from the register: one of another version, and one that is missing, is made
 * anew and filled from the first event.  A change is noted beside the row that shows it
 * when the last one noted of the same object has another state or version, so that
 * rows that are published twice tell nothing twice.
 * Whoever makes packages is told which rows were written, and reads them as JSON.
 */
#include <sqlite3.h>
#include <stdlib.h>

#include "base/version.h"
#include "issuer/publish/publish.h"

#define EMBED(name, file)                                      \
	__asm__(".section .rodata\n" #name ":\n.incbin \"" file \
		"\"\n.byte 0\n.previous\n");                    \
	extern const char name[]
EMBED(pub_schema, "issuer/publish/public.sql");

enum pub_sql { PUT_CERTIFICATE, PUT_TWIN, PUT_AUTHORISATION, PUT_DELEGATED, PUT_PRODUCT, PUT_COPY, UNNAME, NAME, NOTE_CHANGE, PUB_SQL };
static const char *const pub_sql[PUB_SQL] = {
	[PUT_CERTIFICATE] = "INSERT OR REPLACE INTO certificate (serial, number, asset_no, asset_name, holder_name, holder_usci,"
	    " not_before, not_after, state, revoked_at, reason, shard, der) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[PUT_TWIN] = "INSERT OR REPLACE INTO twin (serial, number, der) VALUES (?,?,?)",
	[PUT_AUTHORISATION] = "INSERT OR REPLACE INTO authorisation (number, version, holder_name, operator_name, state, not_before,"
	    " not_after, since) VALUES (?,?,?,?,?,?,?,?)",
	[PUT_DELEGATED] = "INSERT OR REPLACE INTO delegated (serial, what, der) VALUES (?,?,?)",
	[PUT_PRODUCT] = "INSERT OR REPLACE INTO product (authorisation, id, version, name, purpose, delivery, level, state, seller_name, seller_usci, at)"
	    " VALUES (?,?,?,?,?,?,?,?,?,?,?)",
	[PUT_COPY] = "INSERT OR REPLACE INTO copy (number, n, state, at, sha256, own_list, own_idx, asset_list, asset_idx, line_list, line_idx, authorisation, not_before, not_after)"
	    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[UNNAME] = "DELETE FROM named WHERE authorisation = ?",
	[NAME] = "INSERT OR IGNORE INTO named (authorisation, certificate) VALUES (?,?)",
	[NOTE_CHANGE] = "INSERT INTO change (kind, number, authorisation, version, state, holder, implementer, operator, at) SELECT ?1,?2,?3,?4,?5,?6,?7,?8,?9"
	    " WHERE NOT EXISTS (SELECT 1 FROM (SELECT kind, version, state FROM change WHERE number = ?2 AND authorisation = ?3 ORDER BY id DESC LIMIT 1)"
	    " WHERE kind = ?1 AND version = ?4 AND state = ?5)",
};
static const struct {
	const char *table, *from;
} packed[] = {
#define ROW(table, from, clear, put) {table, from},
#include "verifier/public_rows.def"
#undef ROW
};
struct pub_db {
	sqlite3 *db;
	sqlite3_stmt *stmt[PUB_SQL];
	sqlite3_stmt *from[FJ_ARRAY_LEN(packed)];
	void (*wrote)(void *user, size_t table, int64_t rowid);
	void *user;
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
	for (int k = 0; k < PUB_SQL; k++)
		sqlite3_finalize(p->stmt[k]);
	for (size_t k = 0; k < FJ_ARRAY_LEN(packed); k++)
		sqlite3_finalize(p->from[k]);
	sqlite3_close(p->db);
	fj_free(p);
}

static int number(void *out, int n, char **values, char **names)
{
	(void)names;
	*(int *)out = n > 0 && values[0] != NULL ? (int)strtol(values[0], NULL, 10) : 0;
	return 0;
}

/* readers have it open: it is emptied, not replaced */
static const char drop_all[] = "DROP TABLE IF EXISTS certificate; DROP TABLE IF EXISTS authorisation; DROP TABLE IF EXISTS named;"
			       " DROP TABLE IF EXISTS product; DROP TABLE IF EXISTS copy; DROP TABLE IF EXISTS change; DROP TABLE IF EXISTS delegated; DROP TABLE IF EXISTS meta";

enum fj_rc pub_db_open(struct pub_db **out, bool *empty, struct fj_err *err)
{
	FJ_AUTO(pub_db) p = fj_alloc(1, sizeof(*p));
	int version = 0;

	if (p == NULL)
		return fj_no_memory(err, "publish");
	if (sqlite3_open_v2("publish/public.db", &p->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, "relative") != SQLITE_OK ||
	    sqlite3_busy_timeout(p->db, 5000) != SQLITE_OK ||
	    sqlite3_exec(p->db, "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=FULL", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(p->db, "PRAGMA user_version", number, &version, NULL) != SQLITE_OK)
		return fail(p, err, "be opened");
	*empty = version != FJ_PUBLIC_VERSION;
	if (*empty && (sqlite3_exec(p->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK || sqlite3_exec(p->db, drop_all, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(p->db, pub_schema, NULL, NULL, NULL) != SQLITE_OK || sqlite3_exec(p->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK))
		return fail(p, err, "be made");
	for (int k = 0; k < PUB_SQL; k++)
		if (sqlite3_prepare_v3(p->db, pub_sql[k], -1, SQLITE_PREPARE_PERSISTENT, &p->stmt[k], NULL) != SQLITE_OK)
			return fail(p, err, "be used");
	for (size_t k = 0; k < FJ_ARRAY_LEN(packed); k++)
		if (sqlite3_prepare_v3(p->db, packed[k].from, -1, SQLITE_PREPARE_PERSISTENT, &p->from[k], NULL) != SQLITE_OK)
			return fail(p, err, "be packed");
	*out = fj_move(p);
	return FJ_OK;
}

enum fj_rc pub_db_begin(struct pub_db *p, struct fj_err *err)
{
	return sqlite3_exec(p->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK ? FJ_OK : fail(p, err, "begin");
}

enum fj_rc pub_db_whole(struct pub_db *p, struct fj_err *err)
{
	char text[40];

	snprintf(text, sizeof(text), "PRAGMA user_version=%d", FJ_PUBLIC_VERSION);
	return sqlite3_exec(p->db, text, NULL, NULL, NULL) == SQLITE_OK ? FJ_OK : fail(p, err, "be filled");
}

enum fj_rc pub_db_commit(struct pub_db *p, struct fj_err *err)
{
	return sqlite3_exec(p->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK ? FJ_OK : fail(p, err, "commit");
}

static enum fj_rc run(struct pub_db *p, sqlite3_stmt *q, int code, struct fj_err *err)
{
	if (code == SQLITE_OK)
		code = sqlite3_step(q);
	enum fj_rc rc = code == SQLITE_DONE ? FJ_OK : fail(p, err, "take a row");
	sqlite3_reset(q);
	sqlite3_clear_bindings(q);
	return rc;
}

/* binds the columns of a register row by their letters: t text, i integer, n integer or NULL, b blob */
static enum fj_rc put_row(struct pub_db *p, enum pub_sql id, const struct sto_q *row, const char *form, struct fj_err *err)
{
	sqlite3_stmt *q = p->stmt[id];
	int code = SQLITE_OK;

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
	return run(p, q, code, err);
}

/* texts, then the time */
static enum fj_rc put_texts(struct pub_db *p, enum pub_sql id, const char *const *text, size_t n, const fj_time *at, struct fj_err *err)
{
	sqlite3_stmt *q = p->stmt[id];
	int code = SQLITE_OK;

	for (size_t k = 0; code == SQLITE_OK && k < n; k++)
		code = sqlite3_bind_text(q, (int)k + 1, text[k], -1, SQLITE_TRANSIENT);
	if (code == SQLITE_OK && at != NULL)
		code = sqlite3_bind_int64(q, (int)n + 1, *at);
	return run(p, q, code, err);
}

enum fj_rc pub_db_certificate(struct pub_db *p, const struct sto_q *row, struct fj_err *err)
{
	const char *const change[] = {"certificate", sto_text(row, 1), "", "", sto_text(row, 8), sto_text(row, 5), "", ""};
	fj_time at = sto_int(row, 14);

	FJ_TRY(put_row(p, PUT_CERTIFICATE, row, "ttttttiitniib", err));
	return put_texts(p, NOTE_CHANGE, change, FJ_ARRAY_LEN(change), &at, err);
}

enum fj_rc pub_db_twin(struct pub_db *p, const struct sto_q *row, struct fj_err *err)
{
	return put_row(p, PUT_TWIN, row, "ttb", err);
}

static enum fj_rc put_named(struct pub_db *p, const char *number, const json_t *payload, struct fj_err *err)
{
	size_t k;
	json_t *asset;

	FJ_TRY(put_texts(p, UNNAME, &number, 1, NULL, err));
	json_array_foreach(json_object_get(payload, "assets"), k, asset) {
		const char *const pair[] = {number, fj_json_text(asset, "certificate")};
		FJ_TRY(put_texts(p, NAME, pair, 2, NULL, err));
	}
	return FJ_OK;
}

enum fj_rc pub_db_authorisation(struct pub_db *p, const struct sto_q *row, const json_t *payload, struct fj_err *err)
{
	char version[24];
	const char *const change[] = {"authorisation", sto_text(row, 0), sto_text(row, 0), version, sto_text(row, 4), fj_json_text(json_object_get(payload, "holder"), "usci"),
		fj_json_text(json_object_get(payload, "implementer"), "usci"), fj_json_text(json_object_get(payload, "operator"), "usci")};
	fj_time at = sto_int(row, 11);

	snprintf(version, sizeof(version), "%lld", (long long)fj_json_num(payload, "version"));
	FJ_TRY(put_row(p, PUT_AUTHORISATION, row, "titttiin", err));
	FJ_TRY(put_named(p, sto_text(row, 0), payload, err));
	return put_texts(p, NOTE_CHANGE, change, FJ_ARRAY_LEN(change), &at, err);
}

enum fj_rc pub_db_product(struct pub_db *p, const struct sto_q *row, struct fj_err *err)
{
	const char *const change[] = {"product", sto_text(row, 1), sto_text(row, 0), sto_text(row, 2), sto_text(row, 7), sto_text(row, 9), "", ""};
	fj_time at = sto_int(row, 10);

	FJ_TRY(put_row(p, PUT_PRODUCT, row, "tttttttttti", err));
	return put_texts(p, NOTE_CHANGE, change, FJ_ARRAY_LEN(change), &at, err);
}

enum fj_rc pub_db_copy(struct pub_db *p, const struct sto_q *row, struct fj_err *err)
{
	return put_row(p, PUT_COPY, row, "titit" "iiiiii" "tii", err);
}

enum fj_rc pub_db_delegated(struct pub_db *p, const char *serial, const char *what, struct fj_slice der, struct fj_err *err)
{
	sqlite3_stmt *q = p->stmt[PUT_DELEGATED];
	int code = sqlite3_bind_text(q, 1, serial, -1, SQLITE_TRANSIENT);

	if (code == SQLITE_OK)
		code = sqlite3_bind_text(q, 2, what, -1, SQLITE_TRANSIENT);
	if (code == SQLITE_OK)
		code = sqlite3_bind_blob64(q, 3, der.p, der.len, SQLITE_TRANSIENT);
	return run(p, q, code, err);
}

/* --- rows for packages --- */

size_t pub_db_tables(void)
{
	return FJ_ARRAY_LEN(packed);
}

static void written(void *user, int op, const char *db, const char *table, sqlite3_int64 rowid)
{
	struct pub_db *p = user;

	(void)db;
	for (size_t k = 0; op != SQLITE_DELETE && k < FJ_ARRAY_LEN(packed); k++)
		if (strcmp(packed[k].table, table) == 0)
			p->wrote(p->user, k, rowid);
}

void pub_db_watch(struct pub_db *p, void (*wrote)(void *user, size_t table, int64_t rowid), void *user)
{
	p->wrote = wrote;
	p->user = user;
	sqlite3_update_hook(p->db, written, p);
}

static json_t *value_json(sqlite3_stmt *q, int c)
{
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(4u << 20);
	struct fj_slice blob;

	switch (sqlite3_column_type(q, c)) {
	case SQLITE_INTEGER:
		return json_integer(sqlite3_column_int64(q, c));
	case SQLITE_TEXT:
		return json_string((const char *)sqlite3_column_text(q, c));
	case SQLITE_BLOB:
		blob = FJ_SLICE(sqlite3_column_blob(q, c), (size_t)sqlite3_column_bytes(q, c));
		return fj_b64u_put(&b64, blob) == FJ_OK ? json_pack("{s:s}", "base64url", fj_buf_str(&b64)) : NULL;
	default:
		return json_null();
	}
}

enum fj_rc pub_db_row_from(struct pub_db *p, size_t table, int64_t from, int64_t *rowid, json_t **out, struct fj_err *err)
{
	sqlite3_stmt *q = p->from[table];
	FJ_AUTO(json) row = json_object();

	*out = NULL;
	int code = sqlite3_bind_int64(q, 1, from);
	if (code == SQLITE_OK)
		code = sqlite3_step(q);
	enum fj_rc rc = code == SQLITE_ROW || code == SQLITE_DONE ? FJ_OK : fail(p, err, "give a row");
	if (code == SQLITE_ROW) {
		*rowid = sqlite3_column_int64(q, 0);
		for (int c = 1; c < sqlite3_column_count(q); c++)
			if (json_object_set_new(row, sqlite3_column_name(q, c), value_json(q, c)) != 0)
				rc = fj_no_memory(err, "publish");
	}
	sqlite3_reset(q);
	FJ_TRY(rc);
	if (code == SQLITE_ROW && (*out = json_pack("{s:s, s:O}", "table", packed[table].table, "row", row)) == NULL)
		return fj_no_memory(err, "publish");
	return FJ_OK;
}
