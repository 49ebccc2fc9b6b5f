/*
 * main.c - fujie-verifier: the public verifier.
 *
 * Descriptor 3 is the home.  It reads publish/ and public.db, asks the signer for
 * OCSP signatures and nothing else, and can write nothing.  Everything is opened
 * and bound before the sandbox; threads start after it.
 */
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sandbox.h"
#include "base/secret.h"
#include "verifier/service/service.h"

#define FD_HOME 3
#define THREADS 4

static volatile sig_atomic_t ending;

static void on_signal(int sig)
{
	(void)sig;
	ending = 1;
}

static enum fj_rc serve(const char *bind, const char *base, bool demo, struct fj_err *err)
{
	static const struct fj_sandbox box = {.role = FJ_SANDBOX_VERIFIER, .rw = {NULL},
		.ro = {"publish", "trust", "run", "/usr", "/lib", "/etc/ssl", "/etc/localtime", "/proc/self", "/sys/devices/system/cpu", NULL}};
	struct svc *s = NULL;
	struct web_server *w = NULL;
	bool landlock = false;

	if (fchdir(FD_HOME) != 0)
		return fj_fail_errno(err, "verifier", "enter the home");
	FJ_TRY(svc_open(base, demo, &s, err));
	struct web_conf conf = {.routes = svc_routes, .app = s, .threads = THREADS, .hooks = {.error_page = svc_error_page}};
	enum fj_rc rc = web_bind(bind, &conf, &w, err);
	if (rc == FJ_OK)
		rc = fj_sandbox_enter(&box, &landlock, err);
	if (rc == FJ_OK && !landlock)
		fj_log(FJ_LOG_INFO, "this kernel has no Landlock; seccomp alone is in force");
	if (rc == FJ_OK)
		rc = web_start(w, err);
	if (rc == FJ_OK) {
		printf("ready\n");
		fflush(stdout);
		while (!ending)
			usleep(200000);
	}
	web_stop(w);
	svc_close(s);
	return rc;
}

int main(int argc, char **argv)
{
	struct fj_err err = {0};
	struct sigaction act = {.sa_handler = on_signal};

	fj_sodium_init();
	fj_log_open("verifier", FJ_LOG_INFO);
	if (argc == 2 && strcmp(argv[1], "--routes") == 0) {
		web_print_routes(svc_routes);
		return 0;
	}
	bool demo = argc == 6 && strcmp(argv[5], "--demo") == 0;
	if ((argc != 5 && !demo) || strcmp(argv[1], "--bind") != 0 || strcmp(argv[3], "--base") != 0) {
		fprintf(stderr, "fujie-verifier is started by `fujie serve`\n");
		return 2;
	}
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (serve(argv[2], argv[4], demo, &err) == FJ_OK)
		return 0;
	fj_err_tell(&err); /* whoever started us says it to the right person */
	return 3;
}
