/*
 * rows.c - rows of packages into publish/public.db, by the closed list of
 * verifier/public_rows.def: a row has exactly the columns of its table.
 */
#include "verifier/inbox/inbox.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/version.h"

#define EMBED(name, file)                                      \
	__asm__(".section .rodata\n" #name ":\n.incbin \"" file \
		"\"\n.byte 0\n.previous\n");                    \
	extern const char name[]
EMBED(inb_schema, "issuer/publish/public.sql");

#define PUBLIC_DB "publish/public.db"
#define MAX_LINE (6u << 20)
#define TEXT_OF(n) TEXT_OF_(n)
#define TEXT_OF_(n) #n

static const struct {
	const char *table, *clear, *put;
} tables[] = {
#define ROW(table, from, clear, put) {table, clear, put},
#include "verifier/public_rows.def"
#undef ROW
};
struct rows {
	sqlite3 *db;
	sqlite3_stmt *clear[FJ_ARRAY_LEN(tables)], *put[FJ_ARRAY_LEN(tables)];
};

static void rows_close(struct rows *r)
{
	for (size_t k = 0; k < FJ_ARRAY_LEN(tables); k++) {
		sqlite3_finalize(r->clear[k]);
		sqlite3_finalize(r->put[k]);
	}
	sqlite3_close(r->db);
}

FJ_DEFINE_AUTO(rows, struct rows, rows_close)

static enum fj_rc fail(const struct rows *r, struct fj_err *err, const char *what)
{
	int code = sqlite3_extended_errcode(r->db);
	enum fj_rc rc = (code & 0xff) == SQLITE_FULL ? FJ_E_NOSPACE : (code & 0xff) == SQLITE_BUSY ? FJ_E_BUSY : FJ_E_DB;

	return fj_fail_code(err, rc, "inbox", code, "public.db can't %s: %s", what, sqlite3_errmsg(r->db));
}

/* the folder is the working one, of any path length, and nothing above it may be looked at */
static int full_name(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
	(void)vfs;
	return fj_strcopy(out, (size_t)n, name) == FJ_OK ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int number(void *out, int n, char **values, char **names)
{
	(void)names;
	*(int *)out = n > 0 && values[0] != NULL ? (int)strtol(values[0], NULL, 10) : 0;
	return 0;
}

static enum fj_rc other_version(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_UNSUPPORTED, "inbox", "formats.md 18", "public.db here was made by another version of this program: make the mirror anew from a snapshot, in an empty folder",
	    "此处的 public.db 由本程序的另一版本生成；请在空文件夹中以快照重建镜像");
}

/* one that was made before it bore a version is of version 5; what the statements below don't fit is neither */
static enum fj_rc check_version(int v, struct fj_err *err)
{
	if (v == FJ_PUBLIC_VERSION)
		return FJ_OK;
	if (v > FJ_PUBLIC_VERSION) {
		enum fj_rc rc = fj_fail(err, FJ_E_UNSUPPORTED, "inbox", "formats.md 40", "public.db here has version %d, made by a newer Fujie, and this one (" FJ_PROGRAM ") knows version %d; nothing was changed; install that newer version again",
		    v, FJ_PUBLIC_VERSION);
		fj_err_zh(err, "此处的 public.db 版本为 %d，由更新的软件版本生成；本软件（" FJ_PROGRAM "）只识别版本 %d，未作任何更改；请重新安装较新的软件版本", v, FJ_PUBLIC_VERSION);
		return rc;
	}
	return v == 0 && FJ_PUBLIC_VERSION == 5 ? FJ_OK : other_version(err);
}

static enum fj_rc rows_open(const char *file, struct rows *r, struct fj_err *err)
{
	static sqlite3_vfs vfs;
	int n = 0, v = 0;

	vfs = *sqlite3_vfs_find(NULL);
	vfs.zName = "relative";
	vfs.xFullPathname = full_name;
	vfs.pNext = NULL;
	if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK ||
	    sqlite3_open_v2(file, &r->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, "relative") != SQLITE_OK ||
	    sqlite3_busy_timeout(r->db, 5000) != SQLITE_OK ||
	    sqlite3_exec(r->db, "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(r->db, "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'meta'", number, &n, NULL) != SQLITE_OK ||
	    sqlite3_exec(r->db, "PRAGMA user_version", number, &v, NULL) != SQLITE_OK)
		return fail(r, err, "be opened");
	if (n > 0)
		FJ_TRY(check_version(v, err));
	if (n == 0 && (sqlite3_exec(r->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK || sqlite3_exec(r->db, inb_schema, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(r->db, "PRAGMA user_version=" TEXT_OF(FJ_PUBLIC_VERSION), NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(r->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK))
		return fail(r, err, "be made");
	for (size_t k = 0; k < FJ_ARRAY_LEN(tables); k++)
		if (sqlite3_prepare_v2(r->db, tables[k].clear, -1, &r->clear[k], NULL) != SQLITE_OK || sqlite3_prepare_v2(r->db, tables[k].put, -1, &r->put[k], NULL) != SQLITE_OK)
			return other_version(err);
	return FJ_OK;
}

static enum fj_rc unknown(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_UNSUPPORTED, "inbox", "formats.md 18", "the package has rows that this program does not know: it is older than the issuer's; bring it up to date",
	    "数据包含有本程序不识别的数据行：本程序版本低于签发方；请先升级");
}

/* SQLITE_MISMATCH: no value of a row */
static int bind(sqlite3_stmt *q, int c, const json_t *v)
{
	FJ_AUTO(buf) blob = FJ_BUF_INIT(4u << 20);
	const char *b64 = fj_json_peek(v, "base64url");

	if (v == NULL)
		return SQLITE_MISMATCH;
	if (json_is_null(v))
		return sqlite3_bind_null(q, c);
	if (json_is_integer(v))
		return sqlite3_bind_int64(q, c, json_integer_value(v));
	if (json_is_string(v))
		return sqlite3_bind_text64(q, c, json_string_value(v), json_string_length(v), SQLITE_TRANSIENT, SQLITE_UTF8);
	if (b64 == NULL || json_object_size(v) != 1 || fj_b64u_get(b64, strlen(b64), &blob) != FJ_OK)
		return SQLITE_MISMATCH;
	return sqlite3_bind_blob64(q, c, blob.data != NULL ? (const void *)blob.data : "", blob.len, SQLITE_TRANSIENT);
}

/* a statement with a row's values under their names */
static enum fj_rc run(struct rows *r, sqlite3_stmt *q, const json_t *row, struct fj_err *err)
{
	int n = sqlite3_bind_parameter_count(q), code = SQLITE_OK;

	for (int c = 1; code == SQLITE_OK && c <= n; c++)
		code = bind(q, c, json_object_get(row, sqlite3_bind_parameter_name(q, c) + 1));
	if (code == SQLITE_OK)
		code = sqlite3_step(q);
	enum fj_rc rc = code == SQLITE_DONE ? FJ_OK : (code & 0xff) == SQLITE_MISMATCH || (code & 0xff) == SQLITE_CONSTRAINT ? unknown(err) : fail(r, err, "take a row");
	sqlite3_reset(q);
	sqlite3_clear_bindings(q);
	return rc;
}

static enum fj_rc put_row(struct rows *r, size_t t, const json_t *row, struct fj_err *err)
{
	if ((size_t)sqlite3_bind_parameter_count(r->put[t]) != json_object_size(row))
		return unknown(err);
	if (r->clear[t] != NULL)
		FJ_TRY(run(r, r->clear[t], row, err));
	return run(r, r->put[t], row, err);
}

static enum fj_rc put_line(struct rows *r, struct fj_slice line, struct fj_err *err)
{
	static const char *const known[] = {"row", "table", NULL};
	FJ_AUTO(json) j = NULL;
	json_t *row;
	const char *table;

	if (fj_json_parse(line, MAX_LINE, &j, NULL) != FJ_OK || fj_json_only(j, known, NULL) != FJ_OK || fj_json_obj(j, "row", &row, NULL) != FJ_OK ||
	    fj_json_str(j, "table", 40, &table, NULL) != FJ_OK)
		return unknown(err);
	for (size_t t = 0; t < FJ_ARRAY_LEN(tables); t++)
		if (strcmp(tables[t].table, table) == 0)
			return put_row(r, t, row, err);
	return unknown(err);
}

static enum fj_rc put_lines(struct rows *r, struct fj_slice in, struct fj_err *err)
{
	while (in.len > 0) {
		const uint8_t *end = memchr(in.p, '\n', in.len);
		if (end == NULL)
			return unknown(err);
		FJ_TRY(put_line(r, FJ_SLICE(in.p, (size_t)(end - in.p)), err));
		in = FJ_SLICE(end + 1, in.len - (size_t)(end + 1 - in.p));
	}
	return FJ_OK;
}

/* all or none; `keep` false: none, it was only tried */
static enum fj_rc transaction(struct rows *r, struct fj_slice lines, bool keep, struct fj_err *err)
{
	if (sqlite3_exec(r->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return fail(r, err, "begin");
	enum fj_rc rc = put_lines(r, lines, err);
	if (rc == FJ_OK && keep && sqlite3_exec(r->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		rc = fail(r, err, "commit");
	if (sqlite3_get_autocommit(r->db) == 0)
		sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

enum fj_rc inb_rows_check(struct fj_slice lines, struct fj_err *err)
{
	FJ_AUTO(rows) r = {.db = NULL};

	if (lines.len == 0)
		return FJ_OK;
	FJ_TRY(rows_open(":memory:", &r, err));
	return transaction(&r, lines, false, err);
}

enum fj_rc inb_rows_fit(struct fj_err *err)
{
	FJ_AUTO(rows) r = {.db = NULL};

	return access(PUBLIC_DB, F_OK) == 0 ? rows_open(PUBLIC_DB, &r, err) : FJ_OK;
}

enum fj_rc inb_rows(const char *path, struct fj_err *err)
{
	FJ_AUTO(rows) r = {.db = NULL};
	FJ_AUTO(fd) fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return fj_fail_errno(err, "inbox", "open %s", path);
	FJ_TRY(rows_open(PUBLIC_DB, &r, err));
	if (st.st_size == 0)
		return FJ_OK;
	void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return fj_fail_errno(err, "inbox", "read %s", path);
	enum fj_rc rc = transaction(&r, FJ_SLICE(map, (size_t)st.st_size), true, err);
	munmap(map, (size_t)st.st_size);
	return rc;
}
