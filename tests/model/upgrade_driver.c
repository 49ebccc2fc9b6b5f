/*
 * Answers tests/integration/upgrade_test.py: upgrades the register of the working folder again and again
 * from the file BEFORE, with a fault at each point in turn.
 *
 *   upgrade_driver BEFORE full|io|kill|memory STEP
 *
 * full: from that system call on the disk is full (ENOSPC); io: that call alone fails (EIO); kill: the process ends
 * before it; memory: that allocation fails.  Every STEPth point, from the first to the last that there is.  After each the
 * register must be what it was, or whole in its new version: never anything else, never a reported success without it.
 * What was left must be upgraded afterwards without a fault.  Prints {"points","old","new"}, or what was wrong.
 *
 * The calls are caught by name in this executable, in front of the C library's; SQLite's are among them.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/version.h"
#include "issuer/init.h"

enum { FULL, IO, KILL, MEMORY, NONE };
static int kind = NONE;
static long point, seen;

/* is this call to fail? */
static int fault(void)
{
	if (kind == NONE || kind == MEMORY)
		return 0;
	seen++;
	if (kind == KILL && seen == point)
		_exit(77);
	if ((kind == FULL && seen >= point) || (kind == IO && seen == point)) {
		errno = kind == FULL ? ENOSPC : EIO;
		return 1;
	}
	return 0;
}

#define CATCH(type, name, takes, gives)                      \
	type name takes;                                     \
	type name takes                                      \
	{                                                    \
		static type(*real) takes;                    \
		if (real == NULL) {                          \
			void *p_ = dlsym(RTLD_NEXT, #name);  \
			memcpy(&real, &p_, sizeof(real));    \
		}                                            \
		return fault() ? (type)-1 : real gives;      \
	}
CATCH(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
CATCH(ssize_t, pwrite64, (int fd, const void *p, size_t n, off64_t at), (fd, p, n, at))
CATCH(int, ftruncate64, (int fd, off64_t n), (fd, n))
CATCH(int, fsync, (int fd), (fd))
CATCH(int, fdatasync, (int fd), (fd))
CATCH(int, rename, (const char *from, const char *to), (from, to))
CATCH(int, unlink, (const char *name), (name))

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t k, size_t n);
void *__libc_realloc(void *p, size_t n);
static bool no_memory(void)
{
	return kind == MEMORY && ++seen == point;
}
void *malloc(size_t n)
{
	return no_memory() ? NULL : __libc_malloc(n);
}
void *calloc(size_t k, size_t n)
{
	return no_memory() ? NULL : __libc_calloc(k, n);
}
void *realloc(void *p, size_t n)
{
	return no_memory() ? NULL : __libc_realloc(p, n);
}

/* --- what is there after it --- */

static void wrong(const char *what, const char *why)
{
	printf("{\"point\":%ld,\"wrong\":\"%s\",\"why\":\"%s\"}\n", point, what, why);
	exit(1);
}

static void hash_rows(sqlite3 *db, const char *sql, crypto_hash_sha256_state *st)
{
	sqlite3_stmt *q = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
		wrong("a table can't be read", sqlite3_errmsg(db));
	while (sqlite3_step(q) == SQLITE_ROW)
		for (int c = 0; c < sqlite3_column_count(q); c++) {
			const void *p = sqlite3_column_blob(q, c);
			int n = sqlite3_column_bytes(q, c);
			crypto_hash_sha256_update(st, (const uint8_t *)&n, sizeof(n));
			if (n > 0)
				crypto_hash_sha256_update(st, p, (unsigned long long)n);
		}
	sqlite3_finalize(q);
}

static int64_t number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *q = NULL;
	int64_t n = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
		n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return n;
}

struct state {
	int64_t version, events;
	uint8_t rows[32], schema[32];
};

/* every row of every table of before, but the events of this upgrade; and the schema */
static void look(struct state *s, int64_t events)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *q = NULL;
	crypto_hash_sha256_state st;
	char sql[512];

	if (sqlite3_open_v2("register.db", &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		wrong("the register does not open", sqlite3_errmsg(db));
	s->version = number(db, "PRAGMA user_version");
	s->events = number(db, "SELECT COUNT(*) FROM event");
	if (number(db, "SELECT COUNT(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'") != 0)
		wrong("the register is damaged", "");
	crypto_hash_sha256_init(&st);
	if (sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'upgrade' ORDER BY name", -1, &q, NULL) != SQLITE_OK)
		wrong("the schema can't be read", sqlite3_errmsg(db));
	while (sqlite3_step(q) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(q, 0);
		if (strcmp(name, "event") == 0)
			snprintf(sql, sizeof(sql), "SELECT * FROM event WHERE seq <= %lld ORDER BY seq", (long long)events);
		else
			snprintf(sql, sizeof(sql), "SELECT * FROM \"%.100s\"", name);
		hash_rows(db, sql, &st);
	}
	sqlite3_finalize(q);
	crypto_hash_sha256_final(&st, s->rows);
	crypto_hash_sha256_init(&st);
	hash_rows(db, "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name", &st);
	crypto_hash_sha256_final(&st, s->schema);
	sqlite3_close(db);
}

static void put_back(const char *before)
{
	static const char *const left[] = {"register.db-wal", "register.db-shm", "register.db.v12", "register.db.partial"};
	FJ_AUTO(buf) b = FJ_BUF_INIT(64u << 20);
	FJ_AUTO(fd) fd = open("register.db", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	for (size_t k = 0; k < FJ_ARRAY_LEN(left); k++)
		unlink(left[k]);
	if (fj_file_read(AT_FDCWD, before, &b, NULL) != FJ_OK || fd < 0 || fj_write_all(fd, b.data, b.len, NULL) != FJ_OK)
		wrong("the register can't be put back", before);
}

/* 0 upgraded, 1 refused, 77 killed, 2 no fault was met */
static int child(int how, long at)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		static const struct iss_conf conf;
		json_t *out = NULL;
		kind = how;
		point = at;
		seen = 0;
		enum fj_rc rc = iss_upgrade(&conf, false, false, &out, NULL);
		bool met = seen >= at;
		kind = NONE;
		json_decref(out);
		_exit(!met ? 2 : rc == FJ_OK ? 0 : 1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		wrong("no process", "");
	if (!WIFEXITED(status))
		wrong("the upgrade died of a signal", "");
	return WEXITSTATUS(status);
}

static void whole(const struct state *old, const struct state *now, int code, long counts[2])
{
	bool fresh = now->version == FJ_REGISTER_VERSION;

	if (memcmp(old->rows, now->rows, 32) != 0)
		wrong("rows were lost or changed", "");
	if (fresh ? now->events != old->events + 1 : now->version != old->version || now->events != old->events || memcmp(old->schema, now->schema, 32) != 0)
		wrong("the register is neither the old one nor the new one", "");
	if (!fresh && (code == 0 || code == 2))
		wrong("it was said to be upgraded and is not", "");
	counts[fresh]++;
}

int main(int argc, char **argv)
{
	static const char *const kinds[] = {"full", "io", "kill", "memory"};
	struct state old, now;
	long counts[2] = {0, 0}, points = 0, step = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
	int how = 0;

	while (argc == 4 && how < 4 && strcmp(argv[2], kinds[how]) != 0)
		how++;
	if (argc != 4 || how == 4 || step < 1)
		return 2;
	fj_sodium_init();
	fj_log_open("upgrade", FJ_LOG_ERROR);
	put_back(argv[1]);
	look(&old, INT64_MAX);
	for (point = 1;; point += step) {
		put_back(argv[1]);
		int code = child(how, point);
		look(&now, old.events);
		whole(&old, &now, code, counts);
		if (code == 2)
			break;
		points++;
		if (now.version != FJ_REGISTER_VERSION && child(NONE, 0) != 0)
			wrong("what a fault had left is not upgraded afterwards", "");
	}
	printf("{\"points\":%ld,\"old\":%ld,\"new\":%ld}\n", points, counts[0], counts[1] - 1);
	return 0;
}
