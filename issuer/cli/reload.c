/*
 * reload.c - `fujie reload` and SIGHUP: fujie.ini and the portal's PEM files are read anew;
 * `fujie config check`: would they be taken?
 *
 * What is at fault changes nothing, and is told: in the log, on the home page, in
 * run/reload.json, and to whoever typed the command.  Certificate and key are exchanged
 * without a connection that ends; what else differs is named and waits until the service
 * is started anew, since half a configuration is none.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "issuer/cli/cli.h"

#define RESULT "reload.json"
#define WAIT_MS 30000

/* --- the supervisor's side --- */

static void note(json_t *faults, const char *what, const struct fj_err *err)
{
	json_t *one = fj_err_reply(err);

	fj_log_err(FJ_LOG_ERROR, what, err);
	json_object_set_new(one, "what", json_string(what));
	json_array_append_new(faults, one);
}

static void leave(const struct cli_home *h, json_t *faults, json_t *restarts)
{
	static int64_t n;
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);
	struct fj_err err = {0};
	char at[FJ_TIME_CAP];

	fj_time_utc(fj_real_ms() / 1000, at);
	FJ_AUTO(json) j = json_pack("{s:I, s:i, s:s, s:b, s:O, s:O}", "n", (json_int_t)++n, "pid", (int)getpid(), "at", at, "ok", json_array_size(faults) == 0, "faults", faults, "restarts", restarts);
	enum fj_rc rc = j == NULL ? fj_no_memory(&err, "cli") : fj_json_canonical(j, &text, &err);
	if (rc == FJ_OK)
		rc = fj_file_replace(h->run, RESULT, fj_buf_slice(&text), 0600, &err);
	if (rc != FJ_OK)
		fj_log_err(FJ_LOG_ERROR, "what came of reading anew is not noted", &err);
}

static enum fj_rc take_files(const struct cli_home *h, const struct cli_conf *c, struct cli_parts *p, struct fj_err *err)
{
	FJ_AUTO(cli_tls) t = {.cert = FJ_BUF_INIT(0)};

	if (c->cert[0] == '\0' || p->portal == NULL)
		return FJ_OK;
	enum fj_rc rc = cli_tls_read(h->dir, c, &t, err);
	if (rc != FJ_OK)
		(void)!cli_line_tell(p, "tls-files", err, NULL);
	else
		rc = cli_line_tls(p, &t, err);
	if (rc != FJ_OK && rc != FJ_E_UNAVAILABLE) {
		p->tls_fault = *err;
		return rc;
	}
	cli_tls_release(&p->tls);
	p->tls = t;
	p->tls_fault.rc = FJ_OK;
	memset(&t, 0, sizeof(t));
	return rc;
}

void cli_reload_now(struct cli_home *h, struct cli_parts *p)
{
	FJ_AUTO(json) faults = json_array();
	FJ_AUTO(json) restarts = NULL;
	struct cli_conf next;
	struct fj_err err = {0};

	enum fj_rc rc = cli_conf_read(h->dir, "fujie.ini", &next, &err);
	if (rc != FJ_OK) {
		note(faults, "configuration", &err);
		h->fault = err;
		next = h->conf;
	} else {
		h->fault.rc = FJ_OK;
	}
	restarts = cli_conf_restarts(&h->conf, &next);
	(void)!cli_line_tell(p, "configuration", &h->fault, NULL); /* a registry that is down hears it when it starts */
	if (h->conf.cert[0] != '\0' && next.cert[0] != '\0') {
		rc = take_files(h, &next, p, &err);
		if (rc != FJ_OK)
			note(faults, "tls-files", &err);
		if (rc == FJ_OK) {
			memcpy(h->conf.cert, next.cert, sizeof(next.cert));
			memcpy(h->conf.key, next.key, sizeof(next.key));
		}
	}
	leave(h, faults, restarts);
	fj_log(FJ_LOG_INFO, "read anew: %s%s", json_array_size(faults) == 0 ? "taken" : "at fault", json_array_size(restarts) > 0 ? "; some settings wait until the service is started anew" : "");
}

/* --- fujie reload --- */

static enum fj_rc last(const struct cli_home *h, pid_t pid, json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);
	FJ_AUTO(json) j = NULL;

	enum fj_rc rc = fj_file_read(h->run, RESULT, &text, err);
	if (rc == FJ_E_NOTFOUND)
		return FJ_OK;
	FJ_TRY(rc);
	FJ_TRY(fj_json_parse(fj_buf_slice(&text), 65536, &j, err));
	if (fj_json_num(j, "pid") == pid)
		*out = fj_move(j);
	return FJ_OK;
}

/* the process of the service; its lock is its own for as long as it lives */
static enum fj_rc service(const struct cli_home *h, pid_t *pid, struct fj_err *err)
{
	FJ_AUTO(fd) fd = openat(h->run, "supervisor.lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[24] = "";

	bool runs = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK && read(fd, text, sizeof(text) - 1) > 0;
	*pid = (pid_t)strtol(text, NULL, 10);
	if (runs && *pid > 1)
		return FJ_OK;
	return fj_refuse(err, FJ_E_UNAVAILABLE, "cli", NULL, "no service runs on this home: it reads fujie.ini when it starts (fujie serve --dir D)", "该主目录没有运行中的服务；服务启动（fujie serve --dir D）时读取 fujie.ini");
}

static enum fj_rc ask(const struct cli_home *h, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) before = NULL;
	int64_t end = fj_boot_ms() + WAIT_MS;
	pid_t pid;

	FJ_TRY(service(h, &pid, err));
	FJ_TRY(last(h, pid, &before, err));
	if (kill(pid, SIGHUP) != 0)
		return fj_fail_errno(err, "cli", "signal the service (process %ld)", (long)pid);
	while (fj_boot_ms() < end) {
		FJ_AUTO(json) now = NULL;
		usleep(20000);
		FJ_TRY(last(h, pid, &now, err));
		if (now != NULL && fj_json_num(now, "n") > fj_json_num(before, "n")) {
			*out = fj_move(now);
			return FJ_OK;
		}
	}
	return fj_refuse(err, FJ_E_TIMEOUT, "cli", NULL, "the service did not answer within 30 s; look at its log", "服务未在 30 秒内应答；请查看其日志");
}

/* the first fault is the command's; the rest stands with it */
static int tell(const json_t *j, bool json)
{
	const json_t *first = json_array_get(json_object_get(j, "faults"), 0);
	struct fj_err err = {0};

	if (first == NULL) {
		cli_print_answer(j, json);
		return 0;
	}
	fj_err_replied(first, &err);
	return cli_print_error(&err, json_object_get(first, "error"), json);
}

int cli_reload(const struct cli_args *a)
{
	static const char *const known[] = {NULL};
	FJ_AUTO(cli_home) h = {.dir = -1, .run = -1, .lock = -1};
	FJ_AUTO(json) out = NULL;
	struct fj_err err = {0};

	enum fj_rc rc = cli_opt_only(a, known, &err);
	if (rc == FJ_OK && a->dir == NULL)
		rc = fj_fail(&err, FJ_E_USAGE, "cli", NULL, "--dir D is missing: which home?");
	if (rc == FJ_OK)
		rc = cli_home_open(a->dir, &h, &err);
	if (rc == FJ_OK)
		rc = ask(&h, &out, &err);
	return rc == FJ_OK ? tell(out, a->json) : cli_print_error(&err, NULL, a->json);
}

/* --- fujie config check --- */

/* base stands in what was issued: with another one the register does not open */
static enum fj_rc check_base(const struct cli_home *h, const struct cli_conf *c, struct fj_err *err)
{
	struct cli_conf good;

	if (cli_conf_read(h->dir, "run/conf.good", &good, NULL) != FJ_OK || strcmp(good.base, c->base) == 0)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "cli", NULL, "configuration: [public] base was %s, which stands in what was issued; put it back", good.base);
	fj_err_zh(err, "配置项 [public] base 原为 %s，已写入签发的凭证，不得更改；请改回", good.base);
	return rc;
}

static enum fj_rc config_check(const struct cli_args *a, json_t **out, struct fj_err *err)
{
	FJ_AUTO(cli_home) h = {.dir = -1, .run = -1, .lock = -1};
	FJ_AUTO(cli_tls) t = {.cert = FJ_BUF_INIT(0)};
	struct cli_conf c;
	const char *file = a->id != NULL ? a->id : "fujie.ini";

	FJ_TRY(fj_dir_open(AT_FDCWD, a->dir, &h.dir, err));
	FJ_TRY(cli_conf_read(a->id != NULL ? AT_FDCWD : h.dir, file, &c, err));
	FJ_TRY(check_base(&h, &c, err));
	if (c.cert[0] != '\0') {
		FJ_TRY(cli_tls_read(h.dir, &c, &t, err));
		FJ_TRY(cli_tls_check(h.dir, &t, err));
	}
	FJ_AUTO(json) restarts = cli_conf_load(&h, NULL) == FJ_OK ? cli_conf_restarts(&h.conf, &c) : json_array();
	*out = json_pack("{s:b, s:s, s:b, s:O}", "ok", 1, "file", file, "tls", c.cert[0] != '\0', "restarts", restarts);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "cli");
}

int cli_config(const struct cli_args *a)
{
	static const char *const known[] = {NULL};
	FJ_AUTO(json) out = NULL;
	struct fj_err err = {0};

	enum fj_rc rc = cli_opt_only(a, known, &err);
	if (rc == FJ_OK && (a->verb == NULL || strcmp(a->verb, "check") != 0))
		rc = fj_fail(&err, FJ_E_USAGE, "cli", NULL, "fujie config check [FILE] --dir D");
	if (rc == FJ_OK && a->dir == NULL)
		rc = fj_fail(&err, FJ_E_USAGE, "cli", NULL, "--dir D is missing: which home?");
	if (rc == FJ_OK)
		rc = config_check(a, &out, &err);
	if (rc != FJ_OK)
		return cli_print_error(&err, NULL, a->json);
	cli_print_answer(out, a->json);
	return 0;
}
