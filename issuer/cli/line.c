/*
 * line.c - the supervisor's end of the line to the registry (web/registry/line.c is the other).
 *
 * The registry is sandboxed and may be another user: the portal's certificate and key
 * are read here and handed over, and what is wrong with the configuration or the logs is
 * told.  The pair is made anew with each registry, and what it needs to start lies in the
 * socket before it runs.  What was given last is kept, so that a registry that starts
 * again shows what the one before did, whatever lies on the disk by then.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "base/ipc.h"
#include "base/log.h"
#include "base/secret.h"
#include "issuer/cli/cli.h"

#define ANSWER_MS 10000
#define FIRST 99 /* ids of the last thing that is told before the start */
#define LAST 100 /* and of the frame that ends what comes before the start */

static enum fj_rc say(int fd, uint64_t id, json_t *what, struct fj_err *err)
{
	FJ_AUTO(json) owned = what;
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);

	if (what == NULL)
		return fj_no_memory(err, "cli");
	enum fj_rc rc = fj_json_canonical(what, &text, err);
	if (rc == FJ_OK)
		rc = fj_ipc_send(fd, 1, id, fj_buf_slice(&text), err);
	fj_wipe(text.data, text.len); /* a key may be in it */
	return rc;
}

static json_t *tls_json(const char *op, const struct cli_tls *t)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "op", op, "cert", fj_buf_str(&t->cert), "key", fj_buf_str(&t->key), "host", t->host);
}

static json_t *told_json(const char *what, const struct fj_err *fault)
{
	bool is = fault->rc != FJ_OK;

	return json_pack("{s:s, s:s, s:s, s:s}", "op", "told", "what", what, "en", is ? fault->en : "", "zh", is ? fault->zh : "");
}

/* the answer to this one; those to earlier ones are passed over */
static enum fj_rc answer_to(int fd, uint64_t id, struct fj_err *err)
{
	for (;;) {
		FJ_AUTO(frame) f = {0};
		FJ_AUTO(json) reply = NULL;
		FJ_TRY(fj_ipc_recv(fd, &f, ANSWER_MS, err));
		if (f.id != id)
			continue;
		FJ_TRY(fj_json_parse(fj_buf_slice(&f.body), FJ_IPC_MAX, &reply, err));
		return json_is_true(json_object_get(reply, "ok")) ? FJ_OK : fj_err_replied(reply, err);
	}
}

enum fj_rc cli_line_begin(struct cli_parts *p, int *theirs, struct fj_err *err)
{
	int pair[2];

	fj_fd_close(&p->line);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return fj_fail_errno(err, "cli", "socketpair");
	p->line = pair[0];
	*theirs = pair[1];
	if (p->tls.cert.len > 0)
		FJ_TRY(say(p->line, 1, tls_json("tls", &p->tls), err));
	if (p->tls_fault.rc != FJ_OK)
		FJ_TRY(say(p->line, 2, told_json("tls-files", &p->tls_fault), err));
	FJ_TRY(say(p->line, FIRST, told_json("configuration", &p->home->fault), err));
	return fj_ipc_send(p->line, 2, LAST, FJ_SLICE(NULL, 0), err);
}

void cli_line_heard(struct cli_parts *p)
{
	struct fj_err err = {0};

	if (p->line >= 0 && answer_to(p->line, FIRST, &err) != FJ_OK)
		fj_log_err(FJ_LOG_ERROR, "registry", &err);
}

static enum fj_rc ask(struct cli_parts *p, json_t *what, struct fj_err *err)
{
	static uint64_t id = LAST;

	if (p->line < 0 || p->part[CLI_REGISTRY].pid == 0) {
		json_decref(what);
		return fj_refuse(err, FJ_E_UNAVAILABLE, "cli", NULL, "the registry does not run at this moment; it takes the files when it starts again", "登记服务此刻未运行；其重新启动时将读取这些文件");
	}
	FJ_TRY(say(p->line, ++id, what, err));
	return answer_to(p->line, id, err);
}

enum fj_rc cli_line_tls(struct cli_parts *p, const struct cli_tls *t, struct fj_err *err)
{
	return ask(p, tls_json("tls", t), err);
}

enum fj_rc cli_line_tell(struct cli_parts *p, const char *what, const struct fj_err *fault, struct fj_err *err)
{
	return ask(p, told_json(what, fault), err);
}

enum fj_rc cli_tls_check(int dir, const struct cli_tls *t, struct fj_err *err)
{
	static const char *const argv[] = {"fujie-registry", "--only-check", "--line", "4", NULL};
	char path[4096];
	int pair[2], status;
	pid_t pid;

	FJ_TRY(fj_sibling(argv[0], path, sizeof(path), err));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return fj_fail_errno(err, "cli", "socketpair");
	FJ_AUTO(fd) ours = pair[0];
	FJ_AUTO(fd) theirs = pair[1];
	FJ_TRY(say(ours, 1, tls_json("tls-check", t), err));
	FJ_TRY(fj_ipc_send(ours, 2, LAST, FJ_SLICE(NULL, 0), err));
	struct fj_spawn s = {.path = path, .argv = argv, .fds = {dir, theirs, -1}, .stdout_fd = -1, .die_with_parent = true};
	FJ_TRY(fj_spawn(&s, &pid, err));
	fj_fd_close(&theirs);
	enum fj_rc rc = answer_to(ours, 1, err);
	FJ_TRY(fj_reap(pid, ANSWER_MS, &status, err));
	return rc;
}
