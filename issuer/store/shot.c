/*
 * shot.c - the register's file for a backup: one state of it while others write, and how a copy is looked at.
 *
 * A reader of an empty write-ahead log reads the file itself, and SQLite empties no log into a file that somebody reads so.  The file is read
 * through SQLite's own descriptor.  A copy that an older release wrote is opened as it is: it is checked and marked, and
 * brought forward by who serves it (migrate.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/version.h"
#include "issuer/store/inside.h"

#define SHOT_MS 300000

static bool no_log(const char *name)
{
	char wal[600];
	struct stat st;

	snprintf(wal, sizeof(wal), "%.590s-wal", name);
	return stat(wal, &st) == 0 ? st.st_size == 0 : errno == ENOENT;
}

/* The log is empty, nobody writes, and the reader begins: what it reads is the file.  *good false: somebody was faster. */
static enum fj_rc shot_try(const char *name, struct sto *w, struct sto *r, bool *good, struct fj_err *err)
{
	int code;

	sqlite3_busy_timeout(w->db, 0); /* who waits here with the lock would keep off writers whose reader he waits for */
	code = sqlite3_wal_checkpoint_v2(w->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

	*good = false;
	if (code == SQLITE_OK)
		code = sqlite3_exec(w->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (code != SQLITE_OK)
		return (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED ? FJ_OK : sto_fail(w, code, err, "be copied");
	*good = no_log(name);
	enum fj_rc rc = *good ? sto_exec(r, "BEGIN; SELECT COUNT(*) FROM setting", "be read", err) : FJ_OK;
	if (rc != FJ_OK || !*good)
		sto_rollback(w);
	return rc;
}

enum fj_rc sto_shot(const char *name, struct sto *w, struct sto *r, sto_shot_fn held, void *user, struct fj_err *err)
{
	bool good = false;

	for (int64_t end = fj_boot_ms() + SHOT_MS; !good;) {
		FJ_TRY(shot_try(name, w, r, &good, err));
		if (!good && fj_boot_ms() > end)
			return fj_refuse(err, FJ_E_BUSY, "store", NULL, "the register was written to, or read, without a pause for five minutes, so no state of it could be taken; try again", "五分钟内登记库读写不断，未能取得其一个状态；请稍后再试");
		if (!good)
			usleep(10000);
	}
	enum fj_rc rc = held(user, err);
	sto_rollback(w);
	return rc;
}

/* through SQLite's own descriptor: to close another one of the same file would drop the process's locks on it (POSIX) */
static sqlite3_file *file_of(struct sto *r)
{
	sqlite3_file *f = NULL;

	return sqlite3_file_control(r->db, "main", SQLITE_FCNTL_FILE_POINTER, &f) == SQLITE_OK && f != NULL && f->pMethods != NULL ? f : NULL;
}

enum fj_rc sto_shot_size(struct sto *r, int64_t *octets, struct fj_err *err)
{
	sqlite3_file *f = file_of(r);
	sqlite3_int64 n = 0;
	int code = f == NULL ? SQLITE_IOERR : f->pMethods->xFileSize(f, &n);

	*octets = n;
	return code == SQLITE_OK ? FJ_OK : sto_fail(r, code, err, "be copied");
}

enum fj_rc sto_shot_read(struct sto *r, int64_t at, void *p, size_t n, struct fj_err *err)
{
	sqlite3_file *f = file_of(r);
	int code = f == NULL ? SQLITE_IOERR : f->pMethods->xRead(f, p, (int)n, at);

	return code == SQLITE_OK ? FJ_OK : sto_fail(r, code, err, "be copied");
}

static int first_text(void *out, int n, char **values, char **names)
{
	struct fj_err *err = out;

	(void)names;
	if (err->en[0] == '\0')
		snprintf(err->en, sizeof(err->en), "%s", n > 0 && values[0] != NULL ? values[0] : "nothing");
	return 0;
}

enum fj_rc sto_sound(struct sto *s, struct fj_err *err)
{
	struct fj_err said = {0};

	int code = sqlite3_exec(s->db, "PRAGMA integrity_check(1)", first_text, &said, NULL);
	if (code != SQLITE_OK)
		return sto_fail(s, code, err, "be checked");
	return strcmp(said.en, "ok") == 0 ? FJ_OK : fj_fail(err, FJ_E_CORRUPT, "store", NULL, "the register is damaged: %.200s", said.en);
}

enum fj_rc sto_copy_open(const char *name, bool writer, struct sto **out, struct fj_err *err)
{
	struct sto *s;
	int64_t v = 0;

	if (access(name, R_OK | W_OK) != 0)
		return fj_fail_errno(err, "store", "open %s", name);
	FJ_TRY(sto_connect(name, writer, &s, err));
	enum fj_rc rc = sto_settings(s, err);
	if (rc == FJ_OK)
		rc = sto_number(s, "PRAGMA user_version", &v, err);
	if (rc == FJ_OK && (v < FJ_REGISTER_OLDEST || v > FJ_REGISTER_VERSION))
		rc = sto_other_version(s, v, err);
	if (rc == FJ_OK) {
		rc = sto_prepare(s, err);
		rc = v < FJ_REGISTER_VERSION ? FJ_OK : rc; /* an older one lacks what the newer statements name */
	}
	if (rc != FJ_OK) {
		sto_close(s);
		return rc;
	}
	*out = s;
	return FJ_OK;
}
