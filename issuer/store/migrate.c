/*
 * migrate.c - a register of an older version becomes one of now.
 *
 * One row a version.  All steps that are needed run in one transaction, which
 * the caller commits: at a fault or a kill before that the file is the old one,
 * and the program that wrote it serves it.  Before the first step a copy is
 * laid beside the register; behind the last one the tables must be those that
 * a new home has, letter by letter but for comments and spaces, and the record
 * must be what it was.  What is checked costs one reading of the whole file:
 * a migration is rare, and what it breaks is broken for thirty years.
 *
 * Triggers refuse changes of the permanent half here too: a step that has to
 * rebuild such a table drops them and makes them again, and says why.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/version.h"
#include "issuer/store/inside.h"

EMBED(sto_migrate_13, "issuer/store/migrate_13.sql");

static const struct migration {
	int to;          /* from the version before */
	const char *sql; /* what it does, without BEGIN and COMMIT */
	int writes;      /* percent of the register's size that it writes at most: 0 for new tables, 100 where every row is written again */
	enum fj_rc (*check)(struct sto *s, struct fj_err *err); /* what only this step can get wrong; NULL: nothing */
} migrations[] = {
	{13, sto_migrate_13, 0, NULL},
};
_Static_assert(FJ_REGISTER_OLDEST + FJ_ARRAY_LEN(migrations) == FJ_REGISTER_VERSION, "each version has its row");

#define SPARE_ROOM (16 << 20) /* octets beyond copy and steps */
#define COPY_PAGES 256        /* a step of the copy: 1 MiB */
#define TELL_OPS 200000       /* of SQLite's machine: some milliseconds */

/* --- progress --- */

struct telling {
	const struct sto_upgrade *u;
	const char *stage;
};

static int go_on(void *arg)
{
	const struct telling *t = arg;

	return t->u->tell != NULL && !t->u->tell(t->u->user, t->stage, 0, 0);
}

/* from here on SQLite asks now and then whether to go on */
static void at_stage(struct sto *s, struct telling *t, const char *stage)
{
	t->stage = stage;
	sqlite3_progress_handler(s->db, TELL_OPS, go_on, t);
}

/* --- room, and the copy --- */

static enum fj_rc check_room(struct sto *s, int64_t from, bool copy, struct fj_err *err)
{
	int64_t pages, size, percent = copy ? 100 : 0;
	struct statvfs fs;

	FJ_TRY(sto_number(s, "PRAGMA page_count", &pages, err));
	FJ_TRY(sto_number(s, "PRAGMA page_size", &size, err));
	if (statvfs(".", &fs) != 0)
		return fj_fail_errno(err, "store", "ask for the free disk");
	for (size_t k = 0; k < FJ_ARRAY_LEN(migrations); k++)
		if (migrations[k].to > from)
			percent += migrations[k].writes;
	int64_t need = pages * size / 100 * percent + SPARE_ROOM, have = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	if (have >= need)
		return FJ_OK;
	long long need_mib = (need >> 20) + 1, have_mib = have >> 20;
	enum fj_rc rc = fj_fail(err, FJ_E_NOSPACE, "store", NULL, "the upgrade of the register needs %lld MiB of free disk in the home%s, and there are %lld; nothing was changed; make room, then try again",
	    need_mib, copy ? " (a copy of the register is kept)" : "", have_mib);
	fj_err_zh(err, "升级登记库需要主目录有 %lld MiB 可用空间%s，现有 %lld MiB；未作任何更改，请清理磁盘后重试", need_mib, copy ? "（会保留一份升级前的副本）" : "", have_mib);
	return rc;
}

static const char partial[] = "register.db.partial"; /* a copy that is not whole */

static void copy_name(int64_t version, char out[40])
{
	snprintf(out, 40, "register.db.v%lld", (long long)version);
}

static enum fj_rc copy_pages(struct sto *from, struct sto *into, struct telling *t, struct fj_err *err)
{
	sqlite3_backup *b = sqlite3_backup_init(into->db, "main", from->db, "main");
	int code = b != NULL ? SQLITE_OK : sqlite3_extended_errcode(into->db);

	t->stage = "copy";
	while (code == SQLITE_OK) {
		code = sqlite3_backup_step(b, COPY_PAGES);
		int64_t of = sqlite3_backup_pagecount(b);
		if (t->u->tell != NULL && code == SQLITE_OK && !t->u->tell(t->u->user, t->stage, of - sqlite3_backup_remaining(b), of))
			code = SQLITE_INTERRUPT;
	}
	if (b != NULL)
		sqlite3_backup_finish(b);
	return code == SQLITE_DONE ? FJ_OK : sto_fail(NULL, code, err, "be copied");
}

static enum fj_rc sync_as(const char *name, struct fj_err *err)
{
	FJ_AUTO(fd) fd = open(partial, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	FJ_AUTO(fd) dir = -1;

	FJ_TRY(fj_dir_open(AT_FDCWD, ".", &dir, err));
	if (fd < 0 || fsync(fd) != 0 || rename(partial, name) != 0 || fsync(dir) != 0)
		return fj_fail_errno(err, "store", "keep %s", name);
	return FJ_OK;
}

/* the register as it is, under its version's name.  The writer's lock is held, so nobody writes; its own
 * connection can't be copied from, so another one reads. */
static enum fj_rc copy_aside(const char *name, int64_t version, struct telling *t, struct fj_err *err)
{
	char kept[40];
	struct sto *from = NULL, *into = NULL;

	copy_name(version, kept);
	unlink(partial);
	FJ_TRY(sto_connect(name, false, &from, err));
	enum fj_rc rc = sto_connect(partial, true, &into, err);
	if (rc == FJ_OK) /* what is left of it by a fault is removed, and synced once it is whole */
		rc = sto_exec(into, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", "be copied", err);
	if (rc == FJ_OK)
		rc = copy_pages(from, into, t, err);
	sto_close(into);
	sto_close(from);
	if (rc == FJ_OK)
		rc = sync_as(kept, err);
	if (rc != FJ_OK)
		unlink(partial);
	return rc;
}

void sto_copies_remove(int64_t keep)
{
	char name[40];

	unlink(partial);
	for (int64_t v = 1; v < FJ_REGISTER_VERSION; v++) {
		copy_name(v, name);
		if (v != keep)
			unlink(name);
	}
}

int64_t sto_copy_newest(void)
{
	char name[40];

	for (int64_t v = FJ_REGISTER_VERSION - 1; v > 0; v--) {
		copy_name(v, name);
		if (access(name, F_OK) == 0)
			return v;
	}
	return 0;
}

/* --- the tables, compared with those of a new home --- */

static bool word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (unsigned char)c >= 0x80;
}

/* length of what stands in front: a comment, spaces, something quoted, a word or one character */
static size_t token(const char *s)
{
	const char *end;
	char close = s[0] == '[' ? ']' : s[0];
	size_t n = 1;

	if (strncmp(s, "--", 2) == 0)
		return strcspn(s, "\n");
	if (strncmp(s, "/*", 2) == 0) {
		end = strstr(s + 2, "*/");
		return end != NULL ? (size_t)(end + 2 - s) : strlen(s);
	}
	if (strchr("'\"`[", s[0]) != NULL) {
		while (s[n] != '\0' && (s[n] != close || (s[n + 1] == close && close != ']')))
			n += s[n] == close ? 2 : 1;
		return s[n] == '\0' ? n : n + 1;
	}
	while (word(s[0]) && word(s[n]))
		n++;
	return n;
}

/* "name" is name: SQLite writes it so where a table was renamed */
static struct fj_slice plain(const char *s, size_t n)
{
	size_t k = 1;

	while (s[0] == '"' && k + 1 < n && word(s[k]))
		k++;
	return s[0] == '"' && n > 2 && k + 1 == n ? FJ_SLICE(s + 1, n - 2) : FJ_SLICE(s, n);
}

enum fj_rc sto_sql_words(const char *text, struct fj_buf *out)
{
	fj_buf_clear(out);
	for (size_t n; *text != '\0'; text += n) {
		n = token(text);
		if (strchr(" \t\r\n", *text) != NULL || strncmp(text, "--", 2) == 0 || strncmp(text, "/*", 2) == 0)
			continue;
		struct fj_slice t = plain(text, n);
		if (out->len > 0)
			FJ_TRY(fj_buf_put(out, " ", 1));
		FJ_TRY(fj_buf_put(out, t.p, t.len));
	}
	return FJ_OK;
}

#define MAX_SQL (256u << 10) /* of one table or trigger */

static const char *column(sqlite3_stmt *q, int c)
{
	const char *text = (const char *)sqlite3_column_text(q, c);

	return text != NULL ? text : "";
}

/* Rows of sqlite_schema: which of the two stands first in their order?  0: the same name. */
static int order(sqlite3_stmt *a, bool row_a, sqlite3_stmt *b, bool row_b)
{
	if (!row_a || !row_b)
		return row_a ? -1 : 1;
	int type = strcmp(column(a, 0), column(b, 0));
	return type != 0 ? type : strcmp(column(a, 1), column(b, 1));
}

static enum fj_rc differs(sqlite3_stmt *q, const char *how, struct fj_err *err)
{
	enum fj_rc rc = fj_fail(err, FJ_E_CORRUPT, "store", NULL, "the upgraded register would not be as a new one is: %s %.60s %s; nothing was changed, the program before serves it: go on with that one, and report this",
	    column(q, 0), column(q, 1), how);

	fj_err_zh(err, "升级后的登记库与新建的不一致（%s %.60s）；未作任何更改，原版本程序仍可服务：请继续使用原版本，并报告此情况", column(q, 0), column(q, 1));
	return rc;
}

static enum fj_rc same_rows(sqlite3_stmt *a, sqlite3_stmt *b, struct fj_err *err)
{
	FJ_AUTO(buf) x = FJ_BUF_INIT(MAX_SQL);
	FJ_AUTO(buf) y = FJ_BUF_INIT(MAX_SQL);

	for (;;) {
		int ca = sqlite3_step(a), cb = sqlite3_step(b);
		if (ca == SQLITE_DONE && cb == SQLITE_DONE)
			return FJ_OK;
		if ((ca != SQLITE_ROW && ca != SQLITE_DONE) || (cb != SQLITE_ROW && cb != SQLITE_DONE))
			return sto_fail(NULL, ca != SQLITE_ROW && ca != SQLITE_DONE ? ca : cb, err, "be compared");
		int which = order(a, ca == SQLITE_ROW, b, cb == SQLITE_ROW);
		if (which != 0)
			return which < 0 ? differs(a, "is too much", err) : differs(b, "is missing", err);
		if (sto_sql_words(column(a, 2), &x) != FJ_OK || sto_sql_words(column(b, 2), &y) != FJ_OK)
			return fj_no_memory(err, "store");
		if (!fj_slice_eq(fj_buf_slice(&x), fj_buf_slice(&y)))
			return differs(a, "has another form", err);
	}
}

static enum fj_rc check_tables(struct sto *s, struct fj_err *err)
{
	static const char text[] = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT GLOB 'sqlite_*' ORDER BY type, name";
	sqlite3_stmt *a = NULL, *b = NULL;
	struct sto *fresh;

	FJ_TRY(sto_connect(":memory:", true, &fresh, err));
	enum fj_rc rc = sto_make(fresh, err);
	int code = rc == FJ_OK ? sqlite3_prepare_v2(s->db, text, -1, &a, NULL) : SQLITE_OK;
	if (rc == FJ_OK && code == SQLITE_OK)
		code = sqlite3_prepare_v2(fresh->db, text, -1, &b, NULL);
	if (rc == FJ_OK)
		rc = code == SQLITE_OK ? same_rows(a, b, err) : sto_fail(NULL, code, err, "be compared");
	sqlite3_finalize(a);
	sqlite3_finalize(b);
	sto_close(fresh);
	return rc;
}

/* --- the file and the record --- */

static enum fj_rc check_file(struct sto *s, struct telling *t, struct fj_err *err)
{
	sqlite3_stmt *q = NULL;
	enum fj_rc rc = FJ_OK;

	at_stage(s, t, "integrity");
	int code = sqlite3_prepare_v2(s->db, "PRAGMA integrity_check(1)", -1, &q, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(q);
	if (code != SQLITE_ROW)
		rc = sto_fail(s, code, err, "be checked");
	else if (strcmp(column(q, 0), "ok") != 0) {
		rc = fj_fail(err, FJ_E_CORRUPT, "store", NULL, "the register's file is damaged: %.120s; it was not upgraded; restore a backup (fujie restore)", column(q, 0));
		fj_err_zh(err, "登记库文件已损坏：%.120s；未升级，请从备份恢复（fujie restore）", column(q, 0));
	}
	sqlite3_finalize(q);
	FJ_TRY(rc);
	q = NULL;
	code = sqlite3_prepare_v2(s->db, "PRAGMA foreign_key_check", -1, &q, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(q);
	if (code == SQLITE_ROW) {
		rc = fj_fail(err, FJ_E_CORRUPT, "store", NULL, "a row of the table %.60s would lead nowhere; the register was not upgraded; the program before serves it: go on with that one, and report this", column(q, 0));
		fj_err_zh(err, "表 %.60s 中有一行将无所对应；未升级，原版本程序仍可服务：请继续使用原版本，并报告此情况", column(q, 0));
	} else if (code != SQLITE_DONE)
		rc = sto_fail(s, code, err, "be checked");
	sqlite3_finalize(q);
	return rc;
}

/* what no step may touch: how many events and credentials there are, and the head of the chain */
struct record {
	int64_t events, last, credentials, leaves;
	char head[72]; /* hex; no octet of padding is compared */
};

static enum fj_rc look_at_record(struct sto *s, struct record *r, struct fj_err *err)
{
	sqlite3_stmt *q = NULL;

	memset(r, 0, sizeof(*r));
	FJ_TRY(sto_number(s, "SELECT COUNT(*) FROM event", &r->events, err));
	FJ_TRY(sto_number(s, "SELECT COUNT(*) FROM credential", &r->credentials, err));
	FJ_TRY(sto_number(s, "SELECT COUNT(*) FROM leaf", &r->leaves, err));
	int code = sqlite3_prepare_v2(s->db, "SELECT seq, hex(hash) FROM event ORDER BY seq DESC LIMIT 1", -1, &q, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(q);
	if (code == SQLITE_ROW) {
		r->last = sqlite3_column_int64(q, 0);
		snprintf(r->head, sizeof(r->head), "%s", column(q, 1));
	}
	sqlite3_finalize(q);
	return code == SQLITE_ROW || code == SQLITE_DONE ? FJ_OK : sto_fail(s, code, err, "be read");
}

/* --- all of it --- */

static enum fj_rc run_steps(struct sto *s, int64_t from, struct telling *t, struct fj_err *err)
{
	at_stage(s, t, "tables");
	for (size_t k = 0; k < FJ_ARRAY_LEN(migrations); k++) {
		if (migrations[k].to <= from)
			continue;
		FJ_TRY(sto_exec(s, migrations[k].sql, "be upgraded", err));
		if (migrations[k].check != NULL)
			FJ_TRY(migrations[k].check(s, err));
	}
	return FJ_OK;
}

#define TEXT_OF(n) TEXT_OF_(n)
#define TEXT_OF_(n) #n

static enum fj_rc steps_and_checks(struct sto *s, int64_t from, struct telling *t, struct fj_err *err)
{
	struct record before, after;

	at_stage(s, t, "record");
	FJ_TRY(look_at_record(s, &before, err));
	FJ_TRY(run_steps(s, from, t, err));
	FJ_TRY(sto_exec(s, "PRAGMA user_version=" TEXT_OF(FJ_REGISTER_VERSION), "be upgraded", err));
	FJ_TRY(check_tables(s, err));
	FJ_TRY(check_file(s, t, err));
	at_stage(s, t, "record");
	FJ_TRY(look_at_record(s, &after, err));
	if (memcmp(&before, &after, sizeof(before)) != 0)
		return fj_refuse(err, FJ_E_CORRUPT, "store", NULL, "the upgrade would change the record itself; the register was not upgraded; the program before serves it: go on with that one, and report this",
		    "升级会改动记录本身；未升级，原版本程序仍可服务：请继续使用原版本，并报告此情况");
	return sto_prepare(s, err);
}

static enum fj_rc upgrade(struct sto *s, const char *name, const struct sto_upgrade *u, int64_t *from, struct fj_err *err)
{
	struct telling t = {.u = u};
	int64_t again;

	FJ_TRY(sto_settings(s, err));
	FJ_TRY(sto_number(s, "PRAGMA user_version", from, err));
	if (*from == FJ_REGISTER_VERSION)
		return FJ_OK;
	if (*from < FJ_REGISTER_OLDEST || *from > FJ_REGISTER_VERSION)
		return sto_other_version(s, *from, err);
	/* Rows may be in tables before those that they lead to; what a step sorts may be larger than the memory; names in
	 * triggers stay as they are written while a table is made anew under its name. */
	FJ_TRY(sto_exec(s, "PRAGMA foreign_keys=OFF; PRAGMA temp_store=FILE; PRAGMA legacy_alter_table=ON; PRAGMA wal_checkpoint(TRUNCATE)", "be set up", err));
	FJ_TRY(check_room(s, *from, !u->trial, err));
	FJ_TRY(sto_exec(s, "BEGIN IMMEDIATE", "be written", err));
	FJ_TRY(sto_number(s, "PRAGMA user_version", &again, err));
	if (again != *from)
		return fj_refuse(err, FJ_E_BUSY, "store", NULL, "another process is upgrading this register; wait until it is done", "另一个进程正在升级登记库，请等待其完成");
	if (!u->trial)
		FJ_TRY(copy_aside(name, *from, &t, err));
	return steps_and_checks(s, *from, &t, err);
}

enum fj_rc sto_upgrade(const char *name, const struct sto_upgrade *u, int64_t *from, struct sto **out, struct fj_err *err)
{
	struct sto *s;

	*out = NULL;
	*from = 0;
	setenv("SQLITE_TMPDIR", "run", 1); /* on the home's own disk, whose room is known */
	FJ_TRY(sto_connect(name, true, &s, err));
	enum fj_rc rc = upgrade(s, name, u, from, err);
	sqlite3_progress_handler(s->db, 0, NULL, NULL);
	if (rc != FJ_OK || *from == FJ_REGISTER_VERSION) {
		sto_close(s); /* what was begun is undone by it */
		return rc;
	}
	*out = s;
	return FJ_OK;
}
