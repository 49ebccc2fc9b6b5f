/*
 * store.c - the only door to SQLite.
 *
 * All statements are known at compile time and prepared when a connection
 * opens, so a mistake in SQL fails at start and never at two in the morning.
 * No SQL text is built.  The files are opened by relative name (the process's
 * folder is the home) through a VFS that leaves names as they are.
 */
#include <fcntl.h>
#include <stdarg.h>

#include "base/version.h"
#include "issuer/store/inside.h"

#define BUSY_MS 5000

static const char *const sql[STO_COUNT] = {
#define STMT(id, text) [STO_##id] = text,
#include "issuer/store/statements_core.def"
#include "issuer/store/statements_domain.def"
#include "issuer/store/statements_find.def"
#include "issuer/store/statements_home.def"
#undef STMT
#define FIGURE(id, reports, section, key, unit, zh, en, how_zh, how_en, text) [STO_FIG_##id] = text,
#define LISTING(id, reports, section, key, columns, zh, en, how_zh, how_en, text) [STO_FIG_##id] = text,
#include "issuer/store/figures.def"
#undef FIGURE
#undef LISTING
};

/* the schema files, as they stand in the source */
EMBED(sto_schema_core, "issuer/store/schema_core.sql");
EMBED(sto_schema_domain, "issuer/store/schema_domain.sql");
EMBED(sto_schema_find, "issuer/store/schema_find.sql");
EMBED(sto_schema_home, "issuer/store/schema_home.sql");

/* its triggers that are alike */
#define TOUCH(event, noun, table, key)                                                                            \
	"CREATE TRIGGER find_" noun "_" table "_" #event " AFTER " #event " ON " table                            \
	" BEGIN INSERT INTO find_touched SELECT " noun ", NEW." key                                               \
	" WHERE NOT EXISTS (SELECT 1 FROM find_touched WHERE noun = " noun " AND key = NEW." key "); END;"
static const char schema_touch[] =
#include "issuer/store/find_touch.def"
    ;
#undef TOUCH

/* and what counts rows for the home page */
#define TALLY_PUT(ID, what, p, sign)                                                                                       \
	" INSERT INTO tally_pending (what, code, holder, finance, implementer, operator, user, via, n) SELECT '" what "', " \
	ID##_CODE(p) ", " ID##_OF(p) ", " sign "(" ID##_N(p) ") WHERE " ID##_IF(p) " ON CONFLICT DO UPDATE SET n = n + excluded.n;"
#define TALLY_ROW(ID, p) "(" ID##_CODE(p) ", " ID##_N(p) ", " ID##_IF(p) ", " ID##_OF(p) ")"
#define TALLY(ID, what, table, columns)                                                                             \
	"CREATE TRIGGER tally_" #ID "_add AFTER INSERT ON " table " WHEN " ID##_IF("NEW.")                          \
	" BEGIN" TALLY_PUT(ID, what, "NEW.", "+") " END;"                                                           \
	"CREATE TRIGGER tally_" #ID "_set AFTER UPDATE OF " columns " ON " table " WHEN (" ID##_IF("OLD.") " OR "   \
	ID##_IF("NEW.") ") AND " TALLY_ROW(ID, "OLD.") " <> " TALLY_ROW(ID, "NEW.")                                 \
	" BEGIN" TALLY_PUT(ID, what, "OLD.", "-") TALLY_PUT(ID, what, "NEW.", "+") " END;"
static const char schema_tally[] =
#include "issuer/store/tally.def"
    ;
#undef TALLY

/* what helps, by what SQLite said */
static const struct {
	int code;
	enum fj_rc rc;
	const char *en, *zh;
} failures[] = {
	{SQLITE_BUSY, FJ_E_BUSY, "; nothing was changed; another process holds it, try again", "登记库正被其他进程占用，未作任何更改；请稍后再试"},
	{SQLITE_LOCKED, FJ_E_BUSY, "; nothing was changed; another process holds it, try again", "登记库正被其他进程占用，未作任何更改；请稍后再试"},
	{SQLITE_FULL, FJ_E_NOSPACE, "; nothing was changed; make room on the disk, then try again", "磁盘空间不足，未作任何更改；请清理磁盘后再试"},
	{SQLITE_NOMEM, FJ_E_NOMEM, "; nothing was changed; free some of the machine's memory, then try again", "内存不足，未作任何更改；请释放内存后再试"},
	{SQLITE_IOERR, FJ_E_DB, "; the disk failed: read the system's log (journalctl -k), see whether the act is recorded, then try again",
	    "登记库所在磁盘读写出错；请查看系统日志（journalctl -k），确认该操作是否已记录，再行重试"},
	{SQLITE_READONLY, FJ_E_DB, "; nothing was changed; make the disk writable, then try again", "登记库所在磁盘不可写，未作任何更改；请恢复可写后再试"},
	{SQLITE_CANTOPEN, FJ_E_DB, "; nothing was changed; try again in a moment", "登记库的文件无法打开，未作任何更改；请稍后再试"},
	{SQLITE_CORRUPT, FJ_E_CORRUPT, "", ""},
	{SQLITE_NOTADB, FJ_E_CORRUPT, "", ""},
	{SQLITE_CONSTRAINT, FJ_E_EXISTS, "", ""},
};

enum fj_rc sto_fail(struct sto *s, int code, struct fj_err *err, const char *what)
{
	enum fj_rc rc = FJ_E_DB;
	const char *en = "", *zh = "";

	for (size_t i = 0; i < FJ_ARRAY_LEN(failures); i++)
		if (failures[i].code == (code & 0xff))
			rc = failures[i].rc, en = failures[i].en, zh = failures[i].zh;
	fj_fail_code(err, rc, "store", code, "the register can't %s: %s%s", what,
	    s != NULL && s->db != NULL ? sqlite3_errmsg(s->db) : sqlite3_errstr(code), en);
	if (zh[0] != '\0')
		fj_err_zh(err, "%s", zh);
	return rc;
}

static int full_name(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
	(void)vfs;
	return fj_strcopy(out, (size_t)n, name) == FJ_OK ? SQLITE_OK : SQLITE_CANTOPEN;
}

/* the default VFS, but names stay as given: they are relative to the home */
const char *sto_vfs(void)
{
	static sqlite3_vfs vfs;
	static bool ready;

	if (!ready) {
		vfs = *sqlite3_vfs_find(NULL);
		vfs.zName = "relative";
		vfs.xFullPathname = full_name;
		vfs.pNext = NULL;
		ready = sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
	}
	return "relative";
}

enum fj_rc sto_exec(struct sto *s, const char *text, const char *what, struct fj_err *err)
{
	int code = sqlite3_exec(s->db, text, NULL, NULL, NULL);

	return code == SQLITE_OK ? FJ_OK : sto_fail(s, code, err, what);
}

enum fj_rc sto_number(struct sto *s, const char *text, int64_t *out, struct fj_err *err)
{
	sqlite3_stmt *q = NULL;
	int code = sqlite3_prepare_v2(s->db, text, -1, &q, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(q);
	*out = code == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
	sqlite3_finalize(q);
	return code == SQLITE_ROW ? FJ_OK : sto_fail(s, code, err, "be read");
}

/* by which program a register of another version was written; "" not known */
static void written_by(struct sto *s, char out[40])
{
	sqlite3_stmt *q = NULL;
	const char *name = NULL;

	if (sqlite3_prepare_v2(s->db, "SELECT program FROM upgrade ORDER BY seq DESC LIMIT 1", -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
		name = (const char *)sqlite3_column_text(q, 0);
	size_t n = name != NULL ? strspn(name, "0123456789.abcdefghijklmnopqrstuvwxyz+~-") : 0;
	snprintf(out, 40, "%s", n > 0 && n < 32 && name[n] == '\0' ? name : "");
	sqlite3_finalize(q);
}

enum fj_rc sto_other_version(struct sto *s, int64_t v, struct fj_err *err)
{
	char by[40];
	enum fj_rc rc;

	if (v > FJ_REGISTER_VERSION) {
		written_by(s, by);
		rc = fj_fail(err, FJ_E_UNSUPPORTED, "store", NULL, "the register has version %lld, written by a newer Fujie%s%s, and this one (" FJ_PROGRAM ") knows versions %d to %d; "
		    "nothing was changed; install that newer version again", (long long)v, by[0] != '\0' ? " " : "", by, FJ_REGISTER_OLDEST, FJ_REGISTER_VERSION);
		fj_err_zh(err, "登记库版本为 %lld，由更新的软件版本%s%s写入；本软件（" FJ_PROGRAM "）只识别版本 %d 至 %d，未作任何更改；请重新安装较新的软件版本",
		    (long long)v, by[0] != '\0' ? " " : "", by, FJ_REGISTER_OLDEST, FJ_REGISTER_VERSION);
	} else if (v >= FJ_REGISTER_OLDEST) {
		rc = fj_fail(err, FJ_E_UNSUPPORTED, "store", NULL, "the register has version %lld, and this Fujie (" FJ_PROGRAM ") writes version %d; run `fujie upgrade --dir D`, "
		    "or start the service, which upgrades it", (long long)v, FJ_REGISTER_VERSION);
		fj_err_zh(err, "登记库版本为 %lld，本软件（" FJ_PROGRAM "）使用版本 %d；请运行 fujie upgrade --dir D，或启动服务，由服务自动升级", (long long)v, FJ_REGISTER_VERSION);
	} else {
		rc = fj_fail(err, FJ_E_UNSUPPORTED, "store", NULL, "the register has version %lld, which no release wrote; this Fujie (" FJ_PROGRAM ") knows versions %d to %d; "
		    "use the program that wrote it, or restore a backup", (long long)v, FJ_REGISTER_OLDEST, FJ_REGISTER_VERSION);
		fj_err_zh(err, "登记库版本为 %lld，不是任何正式版本写入的；本软件（" FJ_PROGRAM "）只识别版本 %d 至 %d；请使用写入它的软件，或从备份恢复",
		    (long long)v, FJ_REGISTER_OLDEST, FJ_REGISTER_VERSION);
	}
	return rc;
}

enum fj_rc sto_settings(struct sto *s, struct fj_err *err)
{
	/* the sandbox has no folder for temporary files: what a statement or savepoint may undo stays in memory */
	FJ_TRY(sto_exec(s, "PRAGMA temp_store=MEMORY; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON;"
	    "PRAGMA trusted_schema=OFF; PRAGMA cache_size=-16000; PRAGMA secure_delete=ON", "be set up", err));
	/* 16 MiB of log before it is copied into the register: bulk work touches the same pages of the
	 * indexes in each of its transactions, and each is copied once for all of them */
	if (s->writer)
		FJ_TRY(sto_exec(s, "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=4000", "be set up", err));
	return FJ_OK;
}

#define TEXT_OF(n) TEXT_OF_(n)
#define TEXT_OF_(n) #n

enum fj_rc sto_make(struct sto *s, struct fj_err *err)
{
	FJ_TRY(sto_exec(s, "BEGIN IMMEDIATE", "be made", err));
	FJ_TRY(sto_exec(s, sto_schema_core, "be made", err));
	FJ_TRY(sto_exec(s, sto_schema_domain, "be made", err));
	FJ_TRY(sto_exec(s, sto_schema_find, "be made", err));
	FJ_TRY(sto_exec(s, sto_schema_home, "be made", err));
	FJ_TRY(sto_exec(s, schema_touch, "be made", err));
	FJ_TRY(sto_exec(s, schema_tally, "be made", err));
	return sto_exec(s, "PRAGMA user_version=" TEXT_OF(FJ_REGISTER_VERSION) "; COMMIT", "be made", err);
}

static enum fj_rc set_up(struct sto *s, struct fj_err *err)
{
	int64_t v;

	FJ_TRY(sto_settings(s, err));
	FJ_TRY(sto_number(s, "PRAGMA user_version", &v, err));
	if (v == FJ_REGISTER_VERSION)
		return FJ_OK;
	return v == 0 && s->writer ? sto_make(s, err) : sto_other_version(s, v, err);
}

enum fj_rc sto_prepare(struct sto *s, struct fj_err *err)
{
	enum fj_rc rc = FJ_OK;

	for (int i = 0; i < STO_COUNT; i++) {
		int code = sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->stmt[i], NULL);
		if (code != SQLITE_OK && rc == FJ_OK)
			rc = sto_fail(s, code, err, sql[i]);
	}
	return rc;
}

void sto_close(struct sto *s)
{
	if (s == NULL)
		return;
	for (int i = 0; i < STO_COUNT; i++)
		sqlite3_finalize(s->stmt[i]);
	sqlite3_close(s->db);
	fj_free(s);
}

enum fj_rc sto_connect(const char *name, bool writer, struct sto **out, struct fj_err *err)
{
	struct sto *s = fj_alloc(1, sizeof(*s));

	if (s == NULL)
		return fj_no_memory(err, "store");
	s->writer = writer;
	if (writer && strcmp(name, ":memory:") != 0) { /* before SQLite makes it readable for all */
		FJ_AUTO(fd) fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0) {
			fj_free(s);
			return fj_fail_errno(err, "store", "create %s", name);
		}
	}
	int code = sqlite3_open_v2(name, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (writer ? SQLITE_OPEN_CREATE : 0), sto_vfs());
	if (code != SQLITE_OK) {
		enum fj_rc rc = sto_fail(s, code, err, "be opened");
		sto_close(s);
		return rc;
	}
	sqlite3_busy_timeout(s->db, BUSY_MS);
	sqlite3_extended_result_codes(s->db, 1);
	*out = s;
	return FJ_OK;
}

enum fj_rc sto_open(const char *name, bool writer, struct sto **out, struct fj_err *err)
{
	struct sto *s;

	FJ_TRY(sto_connect(name, writer, &s, err));
	enum fj_rc rc = set_up(s, err);
	if (rc == FJ_OK)
		rc = sto_prepare(s, err);
	if (rc != FJ_OK) {
		sto_close(s);
		return rc;
	}
	*out = s;
	return FJ_OK;
}

enum fj_rc sto_begin(struct sto *s, struct fj_err *err)
{
	return s->writer ? sto_exec(s, "BEGIN IMMEDIATE", "be written", err) : sto_exec(s, "BEGIN", "be read", err);
}

void sto_rollback(struct sto *s)
{
	if (!sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

/* The tables are written anew, since a page that was split keeps what was moved from it; what was freed before deletes were
 * overwritten is taken into use once and freed again. */
enum fj_rc sto_scrub(struct sto *s, struct fj_err *err)
{
	return sto_exec(s, "PRAGMA secure_delete=ON;"
	    "CREATE TEMP TABLE kept AS SELECT object, salt, text FROM main.opening; DELETE FROM main.opening; INSERT INTO main.opening (object, salt, text) SELECT object, salt, text FROM kept; DROP TABLE temp.kept;"
	    "CREATE TEMP TABLE kept AS SELECT id, login, org, command, about, fields, fill, saved FROM main.draft; DELETE FROM main.draft;"
	    "INSERT INTO main.draft (id, login, org, command, about, fields, fill, saved) SELECT id, login, org, command, about, fields, fill, saved FROM kept; DROP TABLE temp.kept;"
	    "CREATE TABLE main.scrub (b BLOB); INSERT INTO main.scrub WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= (SELECT freelist_count FROM pragma_freelist_count) AND i < 262144)"
	    " SELECT zeroblob(4000) FROM n; DROP TABLE main.scrub", "be scrubbed", err);
}

enum fj_rc sto_checkpoint(struct sto *s, struct fj_err *err)
{
	int code = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

	return code == SQLITE_OK ? FJ_OK : sto_fail(s, code, err, "empty its log");
}

enum fj_rc sto_savepoint(struct sto *s, struct fj_err *err)
{
	return sto_exec(s, "SAVEPOINT part", "be written", err);
}

enum fj_rc sto_release(struct sto *s, struct fj_err *err)
{
	return sto_exec(s, "RELEASE part", "be written", err);
}

enum fj_rc sto_undo(struct sto *s, struct fj_err *err)
{
	return sto_exec(s, "ROLLBACK TO part; RELEASE part", "be written", err);
}

static enum fj_rc bind(struct sto *s, enum sto_id id, const char *fmt, va_list ap, struct fj_err *err)
{
	sqlite3_stmt *q = s->stmt[id];
	int n = (int)strlen(fmt), code = SQLITE_OK;

	if (s->open[id] || sqlite3_bind_parameter_count(q) != n)
		return fj_fail(err, FJ_E_INTERNAL, "store", NULL, "statement %d is in use, or has other parameters", (int)id);
	for (int i = 1; i <= n && code == SQLITE_OK; i++) {
		struct fj_slice b;
		switch (fmt[i - 1]) {
		case 't':
			code = sqlite3_bind_text(q, i, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
			break;
		case 'i':
			code = sqlite3_bind_int64(q, i, va_arg(ap, int64_t));
			break;
		case 'b':
			b = va_arg(ap, struct fj_slice);
			code = sqlite3_bind_blob64(q, i, b.len > 0 ? (const void *)b.p : "", b.len, SQLITE_TRANSIENT);
			break;
		default:
			code = sqlite3_bind_null(q, i);
		}
	}
	return code == SQLITE_OK ? FJ_OK : sto_fail(s, code, err, "take a value");
}

enum fj_rc sto_run(struct sto *s, enum sto_id id, int64_t *changes, struct fj_err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	enum fj_rc rc = bind(s, id, fmt, ap, err);
	va_end(ap);
	FJ_TRY(rc);
	int code = sqlite3_step(s->stmt[id]);
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		rc = sto_fail(s, code, err, "write");
	else if (changes != NULL)
		*changes = sqlite3_changes64(s->db);
	sqlite3_reset(s->stmt[id]);
	sqlite3_clear_bindings(s->stmt[id]);
	return rc;
}

enum fj_rc sto_settle(struct sto *s, struct fj_err *err)
{
	FJ_TRY(sto_run(s, STO_FIND_SETTLE, NULL, err, ""));
	FJ_TRY(sto_run(s, STO_FIND_SETTLED, NULL, err, ""));
	FJ_TRY(sto_run(s, STO_TALLY_SETTLE, NULL, err, ""));
	return sto_run(s, STO_TALLY_SETTLED, NULL, err, "");
}

enum fj_rc sto_commit(struct sto *s, struct fj_err *err)
{
	if (s->writer)
		FJ_TRY(sto_settle(s, err));
	int code = sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);

	return code == SQLITE_OK ? FJ_OK : sto_fail(s, code, err, "commit");
}

static enum fj_rc start(struct sto *s, enum sto_id id, struct sto_q *q, struct fj_err *err, const char *fmt, va_list ap)
{
	FJ_TRY(bind(s, id, fmt, ap, err));
	s->open[id] = true;
	*q = (struct sto_q){s, id, true};
	return FJ_OK;
}

enum fj_rc sto_query(struct sto *s, enum sto_id id, struct sto_q *q, struct fj_err *err, const char *fmt, ...)
{
	va_list ap;

	*q = (struct sto_q){s, id, false};
	va_start(ap, fmt);
	enum fj_rc rc = start(s, id, q, err, fmt, ap);
	va_end(ap);
	return rc;
}

enum fj_rc sto_step(struct sto_q *q, bool *row, struct fj_err *err)
{
	int code = sqlite3_step(q->s->stmt[q->id]);

	*row = code == SQLITE_ROW;
	if (code == SQLITE_ROW || code == SQLITE_DONE)
		return FJ_OK;
	return sto_fail(q->s, code, err, "be read");
}

enum fj_rc sto_first(struct sto *s, enum sto_id id, struct sto_q *q, const char *what, struct fj_err *err, const char *fmt, ...)
{
	va_list ap;
	bool row;

	*q = (struct sto_q){s, id, false};
	va_start(ap, fmt);
	enum fj_rc rc = start(s, id, q, err, fmt, ap);
	va_end(ap);
	FJ_TRY(rc);
	FJ_TRY(sto_step(q, &row, err));
	if (row)
		return FJ_OK;
	sto_done(q);
	rc = fj_fail(err, FJ_E_NOTFOUND, "store", NULL, "there is no %s", what);
	fj_err_zh(err, "没有找到：%s", what);
	return rc;
}

const char *sto_text(const struct sto_q *q, int col)
{
	const unsigned char *t = sqlite3_column_text(q->s->stmt[q->id], col);

	return t == NULL ? "" : (const char *)t;
}

int64_t sto_int(const struct sto_q *q, int col)
{
	return sqlite3_column_int64(q->s->stmt[q->id], col);
}

bool sto_null(const struct sto_q *q, int col)
{
	return sqlite3_column_type(q->s->stmt[q->id], col) == SQLITE_NULL;
}

struct fj_slice sto_blob(const struct sto_q *q, int col)
{
	const void *p = sqlite3_column_blob(q->s->stmt[q->id], col);

	return FJ_SLICE(p, (size_t)sqlite3_column_bytes(q->s->stmt[q->id], col));
}

enum fj_rc sto_copy(const struct sto_q *q, const struct sto_copy *list, size_t n, const char *what, struct fj_err *err)
{
	for (size_t i = 0; i < n; i++)
		if (fj_strcopy(list[i].to, list[i].cap, sto_text(q, list[i].col)) != FJ_OK)
			return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "%s is malformed", what);
	return FJ_OK;
}

void sto_done(struct sto_q *q)
{
	if (!q->open)
		return;
	sqlite3_reset(q->s->stmt[q->id]);
	sqlite3_clear_bindings(q->s->stmt[q->id]);
	q->s->open[q->id] = false;
	q->open = false;
}
