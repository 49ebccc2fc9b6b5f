/*
 * main.c - fujie-registry: the register, the portal with its API, and the
 * command line's socket.
 *
 * Descriptor 3 is the home, which becomes the working folder.  Everything is
 * opened and bound first; then the process gives up what it does not need and
 * starts threads; then it says "ready", or in one line why not.  With --init it makes a new home from a
 * request, prints what it waits for meanwhile ({"progress": …}), then one line of JSON, and ends; so it does with --upgrade,
 * which brings the register of an older program to this one's version (issuer/upgrade.c), or looks whether that would do.
 */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/secret.h"
#include "issuer/demo.h"
#include "issuer/init.h"
#include "web/portal/portal.h"
#include "web/registry/registry.h"

#define FD_HOME 3
#define FD_GIVEN 4 /* --given: the portal's listening socket, which the service manager made */

static volatile int ending;

static void on_signal(int sig)
{
	(void)sig;
	ending = 1;
}

struct args {
	struct iss_conf conf;
	struct portal_conf portal;
	const char *init;
	int line; /* descriptor; -1: nobody is there */
	bool no_portal, only_check;
	bool upgrade, dry_run, check;
};

static bool take(struct args *a, const char *key, const char *value)
{
	if (strcmp(key, "--base") == 0)
		return fj_strcopy(a->conf.base, sizeof(a->conf.base), value) == FJ_OK;
	if (strcmp(key, "--portal") == 0)
		return fj_strcopy(a->conf.portal, sizeof(a->conf.portal), value) == FJ_OK;
	if (strcmp(key, "--verifier") == 0)
		return fj_strcopy(a->conf.verifier, sizeof(a->conf.verifier), value) == FJ_OK;
	if (strcmp(key, "--log-policy") == 0)
		a->conf.log_policy = value;
	else if (strcmp(key, "--outbox-days") == 0)
		a->conf.outbox_days = strtoll(value, NULL, 10);
	else if (strcmp(key, "--backup-days") == 0)
		a->conf.backup_days = strtoll(value, NULL, 10);
	else if (strcmp(key, "--signin-days") == 0)
		a->conf.signin_days = strtoll(value, NULL, 10);
	else if (strcmp(key, "--leaked") == 0)
		a->conf.leaked = value;
	else if (strcmp(key, "--mirror") == 0)
		a->conf.mirror = value;
	else if (strcmp(key, "--client-ca") == 0)
		a->portal.client_ca = value;
	else if (strcmp(key, "--line") == 0)
		a->line = (int)strtol(value, NULL, 10);
	else if (strcmp(key, "--init") == 0)
		a->init = value;
	else
		return false;
	return true;
}

static bool parse(int argc, char **argv, struct args *a)
{
	memset(a, 0, sizeof(*a));
	a->conf.with_signer = true;
	a->line = -1;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--no-portal") == 0)
			a->no_portal = true;
		else if (strcmp(argv[i], "--no-signer") == 0)
			a->conf.with_signer = false;
		else if (strcmp(argv[i], "--demo") == 0)
			a->conf.demo = true;
		else if (strcmp(argv[i], "--upgrade") == 0)
			a->upgrade = true;
		else if (strcmp(argv[i], "--dry-run") == 0)
			a->dry_run = true;
		else if (strcmp(argv[i], "--check") == 0)
			a->check = true;
		else if (strcmp(argv[i], "--https") == 0)
			a->portal.https = true;
		else if (strcmp(argv[i], "--tls") == 0)
			a->portal.tls = true;
		else if (strcmp(argv[i], "--only-check") == 0)
			a->only_check = true;
		else if (strcmp(argv[i], "--given") == 0)
			a->portal.given = FD_GIVEN;
		else if (i + 1 >= argc || !take(a, argv[i], argv[i + 1]))
			return false;
		else
			i++;
	}
	return a->conf.base[0] != '\0' || a->only_check;
}

static void progress(const json_t *what)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);
	FJ_AUTO(json) line = json_pack("{s:O}", "progress", what);

	if (line != NULL && fj_json_canonical(line, &text, NULL) == FJ_OK) {
		printf("%s\n", fj_buf_str(&text));
		fflush(stdout);
	}
}

/* the one line that is the answer */
static enum fj_rc say(const json_t *out, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);

	FJ_TRY(fj_json_canonical(out, &text, err));
	printf("%s\n", fj_buf_str(&text));
	return FJ_OK;
}

static enum fj_rc make_home(struct args *a, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);
	FJ_AUTO(json) in = NULL;
	FJ_AUTO(json) out = NULL;
	struct iss *i = NULL;

	FJ_TRY(fj_file_read(AT_FDCWD, a->init, &text, err));
	FJ_TRY(fj_json_parse(fj_buf_slice(&text), 1u << 20, &in, err));
	const char *portal = fj_json_peek(in, "portal"), *verifier = fj_json_peek(in, "verifier");
	if (portal == NULL || verifier == NULL || fj_strcopy(a->conf.portal, sizeof(a->conf.portal), portal) != FJ_OK ||
	    fj_strcopy(a->conf.verifier, sizeof(a->conf.verifier), verifier) != FJ_OK)
		return fj_fail(err, FJ_E_INVALID, "registry", NULL, "portal and verifier addresses are missing or too long");
	bool cases = !json_is_false(json_object_get(in, "cases"));
	json_object_del(in, "cases");
	if (a->conf.demo)
		FJ_TRY(iss_demo_request(in, err));
	a->conf.progress = progress;
	FJ_TRY(iss_init(&a->conf, in, &out, &i, err));
	enum fj_rc rc = a->conf.demo && json_object_get(out, "request") == NULL ? iss_demo(i, cases, err) : FJ_OK;
	iss_close(i);
	FJ_TRY(rc);
	return say(out, err);
}

static enum fj_rc enter_sandbox(struct fj_err *err)
{
	static const struct fj_sandbox box = {.role = FJ_SANDBOX_REGISTRY, .rw = {".", "/dev/null", NULL},
		.ro = {"/usr", "/lib", "/etc/ssl", "/etc/localtime", "/proc/self", "/sys/devices/system/cpu", NULL}};
	bool landlock = false;

	FJ_TRY(fj_sandbox_enter(&box, &landlock, err));
	if (!landlock)
		fj_log(FJ_LOG_INFO, "this kernel has no Landlock; seccomp alone is in force");
	return FJ_OK;
}

static enum fj_rc upgrade(struct args *a, struct fj_err *err)
{
	FJ_AUTO(json) out = NULL;

	a->conf.progress = progress;
	a->conf.ending = &ending;
	FJ_TRY(enter_sandbox(err)); /* what an older program wrote is read as what anybody wrote */
	FJ_TRY(iss_upgrade(&a->conf, a->dry_run, a->check, &out, err));
	return say(out, err);
}

static enum fj_rc serve(struct args *a, struct line *line, struct fj_err *err)
{
	struct iss *i = NULL;
	struct portal *portal = NULL;
	FJ_AUTO(fd) control = -1;

	a->conf.attest = !a->no_portal;
	FJ_TRY(iss_open(&a->conf, &i, err));
	enum fj_rc rc = control_listen(&control, err);
	if (rc == FJ_OK && !a->no_portal)
		rc = portal_bind(&a->portal, a->conf.portal, i, &portal, err);
	if (rc == FJ_OK)
		rc = line_join(line, i, portal, err);
	if (rc == FJ_OK)
		rc = enter_sandbox(err);
	if (rc == FJ_OK)
		rc = iss_tend_start(i, err);
	if (rc == FJ_OK && portal != NULL)
		rc = portal_start(portal, err);
	if (rc == FJ_OK) {
		printf("ready\n");
		fflush(stdout);
		rc = control_serve(control, i, line, &ending, err);
	}
	portal_stop(portal);
	iss_close(i);
	unlink("run/control.sock");
	return rc;
}

/* what comes over the line is answered, and nothing else done: `fujie config check` */
static enum fj_rc check_only(const struct args *a, struct fj_err *err)
{
	struct line *line = NULL;

	FJ_TRY(line_open(a->line, &line, err));
	line_close(line);
	return FJ_OK;
}

static enum fj_rc prepare_and_serve(struct args *a, struct fj_err *err)
{
	struct line *line = NULL;

	FJ_TRY(iss_prepare(err));
	if (!a->no_portal)
		FJ_TRY(portal_prepare(err));
	FJ_TRY(line_open(a->line, &line, err));
	enum fj_rc rc = serve(a, line, err);
	line_close(line);
	return rc;
}

int main(int argc, char **argv)
{
	struct args a;
	struct fj_err err = {0};
	struct sigaction act = {.sa_handler = on_signal};

	fj_sodium_init();
	fj_log_open("registry", FJ_LOG_INFO);
	if (argc == 2 && strcmp(argv[1], "--routes") == 0) {
		portal_print_routes();
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--commands") == 0) {
		commands_print();
		return 0;
	}
	if (!parse(argc, argv, &a)) {
		fprintf(stderr, "fujie-registry is started by `fujie serve`\n");
		return 2;
	}
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	enum fj_rc rc = fchdir(FD_HOME) == 0 ? FJ_OK : fj_fail_errno(&err, "registry", "enter the home");
	if (rc == FJ_OK)
		rc = a.only_check ? check_only(&a, &err) : a.upgrade ? upgrade(&a, &err) : a.init != NULL ? make_home(&a, &err) : prepare_and_serve(&a, &err);
	if (rc == FJ_OK)
		return 0;
	err.rc = rc;
	fj_err_tell(&err); /* whoever started us says it to the right person */
	return fj_rc_exit(rc) == 0 ? 3 : fj_rc_exit(rc);
}
