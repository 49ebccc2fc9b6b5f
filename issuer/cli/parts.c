/*
 * parts.c - the processes of an appliance: software TPM, signer, registry and
 * verifier service, each started with exactly the descriptors it is to have.
 *
 * The software TPM is spoken to over a socket pair that only it and the signer
 * hold: no port, no name, nothing to connect to.  It is started anew with each
 * signer, because a stream that was cut in the middle of a command can't be
 * trusted again.  The signer's two listening sockets belong to us and outlive
 * it, so a request that comes while it restarts waits in the kernel's queue.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/ipc.h"
#include "base/log.h"
#include "hsm/proto.h"
#include "issuer/cli/cli.h"

#define READY_MS 120000 /* a registry may have a long recovery to do */
#define INIT_MS 120000
#define STOP_MS 5000
#define MAX_ARGV 40

const char *cli_part_name(enum cli_part_id id)
{
	static const char *const names[] = {"software TPM", "signer", "registry", "verifier", "witnesses' client"};

	return names[id];
}

enum fj_rc cli_parts_init(struct cli_parts *p, const struct cli_home *h, struct fj_err *err)
{
	memset(p, 0, sizeof(*p));
	p->home = h;
	p->listen_registry = p->listen_verifier = p->given_portal = p->given_verifier = p->line = -1;
	FJ_TRY(fj_ipc_listen(h->run, HSM_SOCK_REGISTRY, &p->listen_registry, err));
	FJ_TRY(fj_ipc_listen(h->run, HSM_SOCK_VERIFIER, &p->listen_verifier, err));
	FJ_TRY(cli_users_give(h, "run/" HSM_SOCK_REGISTRY, CLI_USER_REGISTRY, err));
	return cli_users_give(h, "run/" HSM_SOCK_VERIFIER, CLI_USER_VERIFIER, err);
}

static void part_note(struct cli_parts *p, enum cli_part_id id, pid_t pid)
{
	p->part[id].pid = pid;
	p->part[id].started = fj_boot_ms();
	p->part[id].due = 0;
}

/* without a TPM nothing runs: a failure, however the system calls it; errno says why */
static enum fj_rc no_tpm(struct fj_err *err, const char *what, const char *do_)
{
	char why[96];
	int e = errno;

	enum fj_rc rc = fj_fail(err, FJ_E_UNAVAILABLE, "cli", NULL, "the TPM \"%s\" can't be started: %s; %s, or name another one in fujie.ini",
	    what, strerror_r(e, why, sizeof(why)), do_);
	fj_err_zh(err, "无法启动 TPM“%s”；请检查设备或安装 swtpm，或修改 fujie.ini", what);
	return rc;
}

static enum fj_rc start_swtpm(struct cli_parts *p, int *stream, struct fj_err *err)
{
	int pair[2];
	FJ_AUTO(fd) state = -1;

	FJ_TRY(fj_dir_open(p->home->dir, "tpm", &state, err));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return fj_fail_errno(err, "cli", "socketpair");
	FJ_AUTO(fd) theirs = pair[1];
	FJ_AUTO(fd) ours = pair[0];
	/* by descriptor: the home may have any path length, and swtpm must not be
	 * given a relative folder (it ends in TPM failure mode) */
	static const char *const argv[] = {"swtpm", "socket", "--tpm2", "--fd", "3", "--flags",
		"startup-clear,not-need-init", "--tpmstate", "dir=/proc/self/fd/4,mode=0600",
		"--log", "file=/dev/null,level=1", NULL};
	struct fj_spawn s = {.path = "swtpm", .search = true, .argv = argv,
		.fds = {theirs, state, -1}, .stdout_fd = -1, .die_with_parent = true, .user = p->home->user[CLI_USER_SIGNER]};
	pid_t pid;
	if (fj_spawn(&s, &pid, err) != FJ_OK)
		return no_tpm(err, "swtpm", "install it (Debian: swtpm)");
	part_note(p, CLI_TPM, pid);
	*stream = ours;
	ours = -1;
	return FJ_OK;
}

static enum fj_rc open_tpm(struct cli_parts *p, bool software, int *fd, struct fj_err *err)
{
	if (software)
		return start_swtpm(p, fd, err);
	*fd = open(p->home->conf.tpm, O_RDWR | O_CLOEXEC);
	if (*fd < 0)
		return no_tpm(err, p->home->conf.tpm, "see that it is there and yours to open");
	return FJ_OK;
}

void cli_end(pid_t *pid)
{
	int status;

	if (*pid == 0)
		return;
	kill(*pid, SIGTERM);
	if (fj_reap(*pid, STOP_MS, &status, NULL) != FJ_OK) {
		kill(*pid, SIGKILL);
		(void)!fj_reap(*pid, -1, &status, NULL);
	}
	*pid = 0;
}

enum fj_rc cli_start_signer(struct cli_parts *p, struct fj_err *err)
{
	bool software = strcmp(p->home->conf.tpm, "software") == 0;
	FJ_AUTO(fd) tpm = -1;
	FJ_AUTO(fd) dir = -1;
	char path[4096], pause[24];

	cli_end(&p->part[CLI_TPM].pid);
	FJ_TRY(open_tpm(p, software, &tpm, err));
	FJ_TRY(fj_dir_open(p->home->dir, "signer", &dir, err));
	FJ_TRY(fj_sibling("fujie-signer", path, sizeof(path), err));
	snprintf(pause, sizeof(pause), "%lld", (long long)(p->part[CLI_SIGNER].delay > 0 ? p->part[CLI_SIGNER].delay : 1));
	const char *argv[] = {"fujie-signer", "--tpm", software ? "software" : "hardware", "--pause", pause,
		p->home->conf.demo ? "--demo-allowed" : NULL, NULL};
	struct fj_spawn s = {.path = path, .argv = argv,
		.fds = {tpm, dir, p->listen_registry, p->listen_verifier, -1},
		.stdout_fd = -1, .die_with_parent = true, .user = p->home->user[CLI_USER_SIGNER]};
	pid_t pid;
	FJ_TRY(fj_spawn(&s, &pid, err));
	part_note(p, CLI_SIGNER, pid);
	return FJ_OK;
}

/* Everything the child prints up to a line end or its end; the child's failure
 * to get ready is the failure here. */
static enum fj_rc read_line(int fd, int64_t wait_ms, struct fj_buf *line, struct fj_err *err)
{
	int64_t end = fj_boot_ms() + wait_ms;

	for (;;) {
		struct pollfd pf = {.fd = fd, .events = POLLIN};
		int64_t left = end - fj_boot_ms();
		char c;

		if (left <= 0)
			return fj_fail(err, FJ_E_TIMEOUT, "cli", NULL, "it did not get ready within %lld s", (long long)wait_ms / 1000);
		if (poll(&pf, 1, left > 60000 ? 60000 : (int)left) < 0 && errno != EINTR)
			return fj_fail_errno(err, "cli", "poll");
		if (pf.revents == 0)
			continue;
		ssize_t n = read(fd, &c, 1);
		if (n == 0)
			return FJ_OK;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fj_fail_errno(err, "cli", "read from the child");
		if (c == '\n')
			return FJ_OK;
		FJ_TRY(fj_buf_put(line, &c, 1));
	}
}

/* one of ours; *out: what it says */
static enum fj_rc spawn(const struct cli_child *c, pid_t *pid, int *out, struct fj_err *err)
{
	char path[4096];
	int pipefd[2];

	FJ_TRY(fj_sibling(c->argv[0], path, sizeof(path), err));
	if (pipe2(pipefd, O_CLOEXEC) != 0)
		return fj_fail_errno(err, "cli", "pipe");
	FJ_AUTO(fd) theirs = pipefd[1];
	FJ_AUTO(fd) ours = pipefd[0];
	struct fj_spawn s = {.path = path, .argv = c->argv, .fds = {c->dir, -1, -1, -1}, .stdout_fd = theirs, .die_with_parent = true, .user = c->user};
	int n = 1;
	if (c->listen >= 0)
		s.fds[n++] = c->listen;
	if (c->line > 0)
		s.fds[n] = c->line;
	FJ_TRY(fj_spawn(&s, pid, err));
	*out = ours;
	ours = -1;
	return FJ_OK;
}

/* A part says in one line why it does not start.  Whatever its reason is called, for
 * who wanted to serve it is a failure: nothing runs. */
static enum fj_rc not_started(const char *name, struct fj_slice line, struct fj_err *err)
{
	FJ_AUTO(json) reply = NULL;
	struct fj_err why;

	if (fj_json_parse(line, 8192, &reply, NULL) != FJ_OK)
		return fj_fail(err, FJ_E_UNAVAILABLE, "cli", NULL, "the %s ended before it was ready, without a reason; look at the log", name);
	enum fj_rc rc = fj_err_replied(reply, &why);
	if (fj_rc_exit(rc) != fj_rc_exit(FJ_E_UNAVAILABLE))
		rc = FJ_E_UNAVAILABLE;
	fj_fail(err, rc, why.layer, why.cite, "the %s did not start: %s", name, why.en);
	if (why.zh[0] != '\0')
		fj_err_zh(err, "服务未能启动：%s", why.zh);
	return rc;
}

enum fj_rc cli_start(const struct cli_child *c, pid_t *pid, struct fj_err *err)
{
	FJ_AUTO(fd) fd = -1;
	FJ_AUTO(buf) line = FJ_BUF_INIT(8192);

	FJ_TRY(spawn(c, pid, &fd, err));
	enum fj_rc rc = read_line(fd, READY_MS, &line, err);
	if (rc == FJ_OK && strcmp(fj_buf_str(&line), "ready") == 0)
		return FJ_OK;
	cli_end(pid);
	return rc != FJ_OK ? rc : not_started(c->name, fj_buf_slice(&line), err);
}

static void registry_argv(struct cli_parts *p, const char **argv)
{
	const struct cli_conf *c = &p->home->conf;
	int n = 0;

	snprintf(p->outbox_days, sizeof(p->outbox_days), "%lld", (long long)c->outbox_days);
	snprintf(p->backup_days, sizeof(p->backup_days), "%lld", (long long)c->backup_days);
	snprintf(p->signin_days, sizeof(p->signin_days), "%lld", (long long)c->signin_days);

	argv[n++] = "fujie-registry";
	argv[n++] = "--base";
	argv[n++] = c->base;
	if (p->portal != NULL) {
		argv[n++] = "--portal";
		argv[n++] = p->portal;
		if (c->cert[0] != '\0')
			argv[n++] = "--tls";
		if (c->client_ca[0] != '\0') {
			argv[n++] = "--client-ca";
			argv[n++] = c->client_ca;
		}
		if (c->https)
			argv[n++] = "--https";
		if (p->given_portal >= 0)
			argv[n++] = "--given";
	} else {
		argv[n++] = "--no-portal";
	}
	if (p->verifier != NULL) {
		argv[n++] = "--verifier";
		argv[n++] = p->verifier;
	}
	argv[n++] = "--outbox-days";
	argv[n++] = p->outbox_days;
	argv[n++] = "--backup-days";
	argv[n++] = p->backup_days;
	argv[n++] = "--signin-days";
	argv[n++] = p->signin_days;
	if (c->mirror[0] != '\0') {
		argv[n++] = "--mirror";
		argv[n++] = c->mirror;
	}
	if (c->leaked[0] != '\0') {
		argv[n++] = "--leaked";
		argv[n++] = c->leaked;
	}
	if (c->log_policy[0] != '\0') {
		argv[n++] = "--log-policy";
		argv[n++] = c->log_policy;
	}
	if (!p->signer)
		argv[n++] = "--no-signer";
	if (c->demo)
		argv[n++] = "--demo";
	argv[n] = NULL;
}

static enum fj_rc start_registry(struct cli_parts *p, const char **argv, struct fj_err *err)
{
	FJ_AUTO(fd) line = -1;
	int n = 0;

	registry_argv(p, argv);
	FJ_TRY(cli_line_begin(p, &line, err));
	while (argv[n] != NULL)
		n++;
	argv[n++] = "--line";
	argv[n++] = p->given_portal >= 0 ? "5" : "4";
	argv[n] = NULL;
	struct cli_child c = {.argv = argv, .name = cli_part_name(CLI_REGISTRY), .dir = p->home->dir, .listen = p->given_portal, .line = line, .user = p->home->user[CLI_USER_REGISTRY]};
	FJ_TRY(cli_start(&c, &p->part[CLI_REGISTRY].pid, err));
	cli_line_heard(p);
	return FJ_OK;
}

enum fj_rc cli_start_service(struct cli_parts *p, enum cli_part_id id, struct fj_err *err)
{
	char rate[24], own[80];
	const char *at = p->home->conf.portal_base; /* a demo's is where it is served now */
	const char *argv[MAX_ARGV] = {"fujie-verifier", "--bind", p->verifier, "--base", p->home->conf.base, "--rate", rate, NULL};

	snprintf(rate, sizeof(rate), "%lld", (long long)p->home->conf.rate);
	int n = 7;
	if (at[0] == '\0' && p->home->conf.demo && p->portal != NULL) {
		snprintf(own, sizeof(own), "http://%s", p->portal);
		at = own;
	}
	if (at[0] != '\0') {
		argv[n++] = "--portal";
		argv[n++] = at;
	}
	if (p->home->conf.limit_local)
		argv[n++] = "--limit-local";
	if (p->home->conf.demo)
		argv[n++] = "--demo";
	if (p->given_verifier >= 0)
		argv[n++] = "--given";
	static const char *const cosigner[] = {"fujie-gateway", "--cosign", NULL};
	part_note(p, id, 0); /* the attempt counts, whatever becomes of it */
	if (id == CLI_REGISTRY)
		return start_registry(p, argv, err);
	struct cli_child c = {.argv = id == CLI_COSIGNER ? cosigner : argv, .name = cli_part_name(id), .dir = p->home->dir, .listen = id == CLI_VERIFIER ? p->given_verifier : -1,
		.user = p->home->user[id == CLI_VERIFIER ? CLI_USER_VERIFIER : CLI_USER_REGISTRY]};
	return cli_start(&c, &p->part[id].pid, err);
}

/* its last line; what it says before goes to whoever follows it */
static enum fj_rc follow(int fd, const struct cli_follow *f, json_t **last, struct fj_err *err)
{
	FJ_AUTO(buf) line = FJ_BUF_INIT(1u << 20);

	for (;;) {
		FJ_AUTO(json) said = NULL;
		fj_buf_clear(&line);
		FJ_TRY(read_line(fd, f != NULL ? INT64_MAX / 2 : INIT_MS, &line, err));
		if (fj_json_parse(fj_buf_slice(&line), 1u << 20, &said, NULL) != FJ_OK)
			return FJ_OK;
		const json_t *progress = json_object_get(said, "progress");
		if (progress == NULL) {
			*last = fj_move(said);
			return FJ_OK;
		}
		if (f != NULL)
			FJ_TRY(f->step(f->user, progress, err));
	}
}

/* the registry with these arguments more, which does one thing and ends; what: it, for a failure */
static enum fj_rc run_once(struct cli_parts *p, const char *const *more, const char *what, const struct cli_follow *f, json_t **answer, struct fj_err *err)
{
	const char *argv[MAX_ARGV];
	FJ_AUTO(fd) fd = -1;
	FJ_AUTO(json) said = NULL;
	int status = 0, n = 0;

	registry_argv(p, argv);
	while (argv[n] != NULL)
		n++;
	for (; *more != NULL; more++)
		argv[n++] = *more;
	argv[n] = NULL;
	struct cli_child c = {.argv = argv, .name = cli_part_name(CLI_REGISTRY), .dir = p->home->dir, .listen = -1, .user = p->home->user[CLI_USER_REGISTRY]};
	FJ_TRY(spawn(&c, &p->part[CLI_REGISTRY].pid, &fd, err));
	FJ_TRY(follow(fd, f, &said, err));
	enum fj_rc rc = fj_reap(p->part[CLI_REGISTRY].pid, -1, &status, err);
	p->part[CLI_REGISTRY].pid = 0;
	FJ_TRY(rc);
	if (said != NULL && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		*answer = fj_move(said);
		return FJ_OK;
	}
	if (said != NULL)
		return fj_err_replied(said, err);
	return fj_fail(err, FJ_E_UNAVAILABLE, "cli", NULL, "%s failed without a reason; look at the log", what);
}

enum fj_rc cli_run_init(struct cli_parts *p, const struct cli_follow *f, json_t **answer, struct fj_err *err)
{
	static const char *const more[] = {"--init", "run/init.json", NULL};

	return run_once(p, more, "making the home", f, answer, err);
}

enum fj_rc cli_run_upgrade(struct cli_parts *p, bool dry_run, bool check, const struct cli_follow *f, json_t **answer, struct fj_err *err)
{
	const char *more[4] = {"--upgrade"};
	int n = 1;

	if (dry_run)
		more[n++] = "--dry-run";
	if (check)
		more[n++] = "--check";
	more[n] = NULL;
	return run_once(p, more, "the upgrade", f, answer, err);
}

void cli_parts_stop(struct cli_parts *p)
{
	if (p->home == NULL)
		return;
	for (int id = CLI_PARTS - 1; id >= CLI_TPM; id--)
		cli_end(&p->part[id].pid);
	fj_fd_close(&p->listen_registry);
	fj_fd_close(&p->listen_verifier);
	fj_fd_close(&p->line);
	cli_tls_release(&p->tls);
}
