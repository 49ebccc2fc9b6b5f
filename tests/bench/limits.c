/*
 * limits.c - the limits that the appliance is measured against: bare ESAPI
 * signatures on a software TPM, and bare durable SQLite commits, in one go.
 *
 * limits TPM-STATE-DIR DB-FILE: prints "signatures_per_s N" and "commits_per_s N".
 */
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/proc.h"
#include "hsm/tpm.h"

#define SIGNATURES 2000
#define COMMITS 500

static enum fj_rc start_tpm(const char *dir, int *fd, pid_t *pid, struct fj_err *err)
{
	int pair[2];
	int state = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	static const char *const argv[] = {"swtpm", "socket", "--tpm2", "--fd", "3", "--flags", "startup-clear,not-need-init",
		"--tpmstate", "dir=/proc/self/fd/4", "--log", "file=/dev/null,level=1", NULL};

	if (state < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return fj_fail_errno(err, "bench", "open %s", dir);
	struct fj_spawn s = {.path = "swtpm", .search = true, .argv = argv, .fds = {pair[1], state, -1}, .stdout_fd = -1, .die_with_parent = true};
	enum fj_rc rc = fj_spawn(&s, pid, err);
	close(pair[1]);
	close(state);
	*fd = pair[0];
	return rc;
}

static enum fj_rc signatures(const char *dir, double *rate, struct fj_err *err)
{
	FJ_AUTO(hsm_tpm) t = NULL;
	FJ_AUTO(hsm_blob) storage, key;
	uint32_t handle[2];
	struct fj_hash h = {{1}};
	uint8_t raw[64];
	int fd = -1, status;
	pid_t pid = 0;

	FJ_TRY(start_tpm(dir, &fd, &pid, err));
	FJ_TRY(hsm_tpm_open(fd, &t, err));
	hsm_blob_init(&storage);
	hsm_blob_init(&key);
	FJ_TRY(hsm_tpm_free_handles(t, handle, 2, err));
	FJ_TRY(hsm_tpm_storage(t, handle[0], &storage, err));
	FJ_TRY(hsm_tpm_create(t, FJ_ES256, NULL, NULL, false, &key, err));
	FJ_TRY(hsm_tpm_attach(t, 1, &key, handle[1], err));
	int64_t from = fj_boot_ms();
	for (int i = 0; i < SIGNATURES; i++) {
		memcpy(h.b, &i, sizeof(i));
		FJ_TRY(hsm_tpm_sign_start(t, 1, &h, err));
		FJ_TRY(hsm_tpm_sign_finish(t, raw, err));
	}
	*rate = SIGNATURES * 1000.0 / (double)(fj_boot_ms() - from + 1);
	kill(pid, SIGTERM);
	return fj_reap(pid, 5000, &status, err);
}

static bool commits(const char *file, double *rate)
{
	sqlite3 *db = NULL;
	bool ok = sqlite3_open(file, &db) == SQLITE_OK &&
	    sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)", NULL, NULL, NULL) == SQLITE_OK;
	int64_t from = fj_boot_ms();

	for (int i = 0; ok && i < COMMITS; i++)
		ok = sqlite3_exec(db, "INSERT INTO t (b) VALUES ('a row of the usual length, as an event would have it')", NULL, NULL, NULL) == SQLITE_OK;
	*rate = COMMITS * 1000.0 / (double)(fj_boot_ms() - from + 1);
	sqlite3_close(db);
	return ok;
}

int main(int argc, char **argv)
{
	struct fj_err err = {0};
	double s = 0, c = 0;

	fj_sodium_init();
	signal(SIGPIPE, SIG_IGN);
	if (argc != 3 || signatures(argv[1], &s, &err) != FJ_OK || !commits(argv[2], &c)) {
		fprintf(stderr, "limits: %s\n", err.en);
		return 3;
	}
	printf("signatures_per_s %.0f\ncommits_per_s %.0f\n", s, c);
	return 0;
}
