/*
 * sign.c - `fujie approval sign ID --key FILE`: an approval signed with an officer's key.
 *
 * The key is opened and used by fujie-officer alone, which shows the officer what he signs; this
 * program has no cryptography.  It asks the register what the approval says, has it signed, and
 * brings the signature.  Whoever signs elsewhere does the same in three steps: approval show
 * --json, fujie-officer sign, approval signature.
 */
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/secret.h"
#include "issuer/cli/cli.h"

extern char **environ;

static enum fj_rc to_register(struct cli_link *l, const char *command, json_t *params, json_t **answer, json_t **refusal, struct fj_err *err)
{
	FJ_AUTO(json) request = json_pack("{s:s, s:o, s:n, s:s}", "command", command, "params", params, "as", "via", "cli");

	return request == NULL ? fj_no_memory(err, "cli") : cli_request(l, request, FJ_SLICE(NULL, 0), answer, refusal, err);
}

/* its terminal is ours; FJ_E_REFUSED when it refused, which it has said itself */
static enum fj_rc run_officer(const struct cli_args *a, const char *request, const char *answer, struct fj_err *err)
{
	char path[4096];
	const char *secret = cli_opt(a, "passphrase-file", NULL);
	const char *argv[16] = {path, "sign", request, "--key", cli_opt(a, "key", ""), "--out", answer};
	size_t n = 7;
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status;

	FJ_TRY(fj_sibling("fujie-officer", path, sizeof(path), err));
	if (cli_opt(a, "refuse", NULL) != NULL)
		argv[n++] = "--refuse";
	if (cli_opt(a, "yes", NULL) != NULL)
		argv[n++] = "--yes";
	if (secret != NULL) {
		argv[n++] = "--passphrase-file";
		argv[n++] = secret;
	}
	argv[n] = NULL;
	/* with --json there is one document on standard output, and it is ours */
	if (posix_spawn_file_actions_init(&actions) != 0 || (a->json && posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO) != 0))
		return fj_no_memory(err, "cli");
	int started = posix_spawn(&pid, path, &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (started != 0 || waitpid(pid, &status, 0) != pid)
		return fj_fail_errno(err, "cli", "start %s", path);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? FJ_OK
	    : fj_refuse(err, FJ_E_REFUSED, "cli", NULL, "nothing was signed", "未作签名");
}

static enum fj_rc sign_in(const struct cli_args *a, const char *folder, const json_t *shown, json_t **answer, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(16u << 20);
	FJ_AUTO(buf) out = FJ_BUF_INIT(65536);
	char request[64], signature[64];

	snprintf(request, sizeof(request), "%s/approval.json", folder);
	snprintf(signature, sizeof(signature), "%s/signature.json", folder);
	FJ_TRY(fj_json_canonical(shown, &text, err));
	enum fj_rc rc = fj_file_replace(AT_FDCWD, request, fj_buf_slice(&text), 0600, err);
	if (rc == FJ_OK)
		rc = run_officer(a, request, signature, err);
	if (rc == FJ_OK)
		rc = fj_file_read(AT_FDCWD, signature, &out, err);
	if (rc == FJ_OK)
		rc = fj_json_parse(fj_buf_slice(&out), 65536, answer, err);
	unlink(request);
	unlink(signature);
	return rc;
}

static enum fj_rc run(const struct cli_args *a, json_t **answer, json_t **refusal, struct fj_err *err)
{
	FJ_AUTO(cli_link) l = {.fd = -1, .home = {.dir = -1, .run = -1, .lock = -1}};
	FJ_AUTO(json) shown = NULL;
	FJ_AUTO(json) params = NULL;
	uint8_t random[8];
	char hex[17], folder[40];

	FJ_ENSURE(a->dir != NULL && a->id != NULL && cli_opt(a, "key", NULL) != NULL,
	    fj_fail(err, FJ_E_USAGE, "cli", NULL, "fujie approval sign ID --key FILE --dir D [--refuse]: which approval, which key file, which home?"));
	FJ_TRY(cli_link_open(&l, a->dir, true, err));
	FJ_TRY(to_register(&l, "approval.show", json_pack("{s:s}", "id", a->id), &shown, refusal, err));
	fj_random(random, sizeof(random));
	fj_hex(random, sizeof(random), hex);
	snprintf(folder, sizeof(folder), "/tmp/fujie-sign-%s", hex);
	if (mkdir(folder, 0700) != 0)
		return fj_fail_errno(err, "cli", "make a folder in /tmp");
	enum fj_rc rc = sign_in(a, folder, shown, &params, err);
	rmdir(folder);
	FJ_TRY(rc);
	return to_register(&l, "approval.signature", json_incref(params), answer, refusal, err);
}

int cli_sign(const struct cli_args *a)
{
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) refusal = NULL;
	struct fj_err err = {0};

	if (run(a, &answer, &refusal, &err) != FJ_OK)
		return cli_print_error(&err, refusal, a->json);
	cli_print_answer(answer, a->json);
	return 0;
}
