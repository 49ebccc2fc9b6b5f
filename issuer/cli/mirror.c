/*
 * mirror.c - `fujie verifier`: the public verifier on another machine, and the words that other
 * executables of ours answer (`fujie inbox`, `fujie witness`, `fujie log monitor`).
 *
 * Three processes on one folder: fujie-gateway fetches packages and can write only to
 * inbox/new; fujie-inbox judges and enters them and has no network; fujie-verifier
 * answers and writes nothing.  Without --mirror nothing is fetched: packages are
 * carried by hand and taken in by `fujie inbox apply`, or put into inbox/new.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/systemd.h"
#include "issuer/cli/cli.h"

#define RESTART_MS 1000
#define LOOK_MS 200

enum part_id { INBOX, FETCHER, ANSWERER, PARTS };
static const char *const names[PARTS] = {"inbox", "fetcher", "verifier"};

struct mirror {
	int dir, lock;
	int given; /* the service manager's listening socket; -1: the verifier makes its own */
	const char *url, *root, *bind, *every;
	struct fj_systemd manager;
	char base[161];
	pid_t pid[PARTS];
	int64_t due[PARTS]; /* boot clock, ms; 0: runs, or is not wanted */
};

static void mirror_stop(struct mirror *m)
{
	for (int id = PARTS - 1; id >= 0; id--)
		cli_end(&m->pid[id]);
	fj_fd_close(&m->lock);
	fj_fd_close(&m->dir);
}

FJ_DEFINE_AUTO(mirror, struct mirror, mirror_stop)

static enum fj_rc folder(const char *path, struct mirror *m, struct fj_err *err)
{
	static const char *const folders[] = {"inbox", "inbox/new", "publish", "run"};

	FJ_TRY(fj_dir_make(AT_FDCWD, path, 0755, err));
	FJ_TRY(fj_dir_open(AT_FDCWD, path, &m->dir, err));
	if (faccessat(m->dir, "fujie.ini", F_OK, 0) == 0)
		return fj_refuse(err, FJ_E_REFUSED, "cli", NULL, "this folder is an appliance's home: `fujie serve` serves it; a mirror has a folder of its own", "该文件夹是签发系统的主目录，请用 fujie serve；镜像须用独立的文件夹");
	for (size_t k = 0; k < FJ_ARRAY_LEN(folders); k++)
		FJ_TRY(fj_dir_make(m->dir, folders[k], 0755, err));
	m->lock = openat(m->dir, "run/supervisor.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (m->lock < 0)
		return fj_fail_errno(err, "cli", "open run/supervisor.lock");
	return flock(m->lock, LOCK_EX | LOCK_NB) == 0 ? FJ_OK
	    : fj_refuse(err, FJ_E_BUSY, "cli", NULL, "this mirror runs already", "该镜像已在运行");
}

/* the issuer's address, once something was taken in */
static bool known_issuer(struct mirror *m)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(4096);
	FJ_AUTO(json) j = NULL;

	return fj_file_read(m->dir, "inbox/state.json", &text, NULL) == FJ_OK && fj_json_parse(fj_buf_slice(&text), 4096, &j, NULL) == FJ_OK &&
	    fj_json_text(j, "iss")[0] != '\0' && fj_strcopy(m->base, sizeof(m->base), fj_json_text(j, "iss")) == FJ_OK;
}

static enum fj_rc start_part(struct mirror *m, enum part_id id, struct fj_err *err)
{
	const char *const argv[PARTS][9] = {{"fujie-inbox", "watch", "--root", m->root, NULL},
		{"fujie-gateway", "--mirror", m->url, "--every", m->every, NULL}, {"fujie-verifier", "--bind", m->bind, "--base", m->base, "--rate", "50", m->given >= 0 ? "--given" : NULL, NULL}};

	m->due[id] = 0;
	struct cli_child c = {.argv = argv[id], .name = names[id], .dir = m->dir, .listen = id == ANSWERER ? m->given : -1};
	return cli_start(&c, &m->pid[id], err);
}

static void ended(struct mirror *m, pid_t pid)
{
	for (int id = 0; id < PARTS; id++)
		if (m->pid[id] == pid) {
			fj_log(FJ_LOG_WARN, "the %s ended", names[id]);
			m->pid[id] = 0;
			m->due[id] = fj_boot_ms() + RESTART_MS;
		}
}

static void start_due(struct mirror *m)
{
	struct fj_err err = {0};

	for (int id = 0; id < PARTS; id++)
		if (m->due[id] != 0 && m->due[id] <= fj_boot_ms() && start_part(m, id, &err) != FJ_OK) {
			fj_log_err(FJ_LOG_ERROR, names[id], &err);
			m->due[id] = fj_boot_ms() + RESTART_MS;
		}
}

/* The first answer is given when something was taken in; a wrong address is told to whoever typed it. */
static enum fj_rc first_answer(struct mirror *m, struct fj_err *err)
{
	if (m->pid[ANSWERER] != 0 || m->due[ANSWERER] != 0 || !known_issuer(m))
		return FJ_OK;
	FJ_TRY(start_part(m, ANSWERER, err));
	printf("verifier http://%s/\n", m->bind);
	return fflush(stdout) == 0 ? FJ_OK : fj_fail_errno(err, "cli", "write");
}

/* Three pings in the time that the manager gives us; none while a verifier that runs does not answer. */
static void ping(const struct mirror *m, int64_t *last)
{
	struct fj_err err = {0};

	if (m->manager.watchdog_ms == 0 || fj_boot_ms() - *last < m->manager.watchdog_ms / 3)
		return;
	*last = fj_boot_ms();
	if (m->pid[ANSWERER] == 0 || cli_verifier_answers(m->given, m->bind, &err) == FJ_OK)
		fj_systemd_tell(&m->manager, "WATCHDOG=1");
	else
		fj_log(FJ_LOG_ERROR, "the verifier runs and does not answer: %s", err.en);
}

static enum fj_rc watch(struct mirror *m, const sigset_t *signals, struct fj_err *err)
{
	struct timespec t = {.tv_nsec = LOOK_MS * 1000000};
	int64_t pinged = 0;
	int status;
	pid_t pid;

	fj_systemd_tell(&m->manager, "READY=1");
	for (;;) {
		ping(m, &pinged);
		FJ_TRY(first_answer(m, err));
		int sig = sigtimedwait(signals, NULL, &t);
		if (sig == SIGTERM || sig == SIGINT || sig == SIGHUP)
			return FJ_OK;
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			ended(m, pid);
		start_due(m);
	}
}

static enum fj_rc run(const struct cli_args *a, struct mirror *m, struct fj_err *err)
{
	static const int wake[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
	sigset_t signals;

	FJ_TRY(fj_systemd_read(&m->manager, err));
	m->given = fj_systemd_socket(&m->manager, "verifier");
	FJ_TRY(folder(a->dir, m, err));
	sigemptyset(&signals);
	for (size_t k = 0; k < FJ_ARRAY_LEN(wake); k++)
		sigaddset(&signals, wake[k]);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	FJ_TRY(start_part(m, INBOX, err));
	if (m->url != NULL)
		FJ_TRY(start_part(m, FETCHER, err));
	return watch(m, &signals, err);
}

int cli_verifier(const struct cli_args *a)
{
	static const char *const known[] = {"mirror", "root", "bind", "every", NULL};
	FJ_AUTO(mirror) m = {.dir = -1, .lock = -1, .given = -1};
	struct fj_err err = {0};

	enum fj_rc rc = cli_opt_only(a, known, &err);
	m.url = cli_opt(a, "mirror", NULL);
	m.root = cli_opt(a, "root", NULL);
	m.bind = cli_opt(a, "bind", "127.0.0.1:8080");
	m.every = cli_opt(a, "every", "5");
	if (rc == FJ_OK && (a->dir == NULL || m.root == NULL))
		rc = fj_refuse(&err, FJ_E_USAGE, "cli", NULL, "fujie verifier --dir V --root SHA256 [--mirror URL] [--bind ADDRESS]: the fingerprint is that of the issuer's root certificate",
		    "用法：fujie verifier --dir V --root SHA256 [--mirror URL] [--bind 地址]；指纹为签发方根证书的 SHA-256");
	if (rc == FJ_OK)
		rc = run(a, &m, &err);
	return rc == FJ_OK ? 0 : cli_print_error(&err, NULL, a->json);
}

int cli_become(const char *name, char **argv)
{
	struct fj_err err = {0};
	char path[4096];

	enum fj_rc rc = fj_sibling(name, path, sizeof(path), &err);
	if (rc == FJ_OK) {
		execv(path, argv);
		rc = fj_fail_errno(&err, "cli", "start %s", path);
	}
	return cli_print_error(&err, NULL, false);
}
