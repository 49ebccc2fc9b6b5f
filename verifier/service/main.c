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
#define FD_GIVEN 4 /* --given: a listening socket, which the service manager made */
#define THREADS 4
#define BURST 10 /* seconds of the rate that may come at once */

static volatile sig_atomic_t ending;

static void on_signal(int sig)
{
	(void)sig;
	ending = 1;
}

struct options {
	const char *bind, *base, *portal;
	unsigned rate;
	bool demo, limit_local, given;
};

static enum fj_rc serve(const struct options *o, struct fj_err *err)
{
	static const struct fj_sandbox box = {.role = FJ_SANDBOX_VERIFIER, .rw = {NULL},
		.ro = {"publish", "trust", "run", "/usr", "/lib", "/etc/ssl", "/etc/localtime", "/proc/self", "/sys/devices/system/cpu", NULL}};
	struct svc *s = NULL;
	struct web_server *w = NULL;
	bool landlock = false;

	if (fchdir(FD_HOME) != 0)
		return fj_fail_errno(err, "verifier", "enter the home");
	FJ_TRY(svc_open(o->base, o->portal, o->demo, &s, err));
	struct web_conf conf = {.routes = svc_routes, .app = s, .threads = THREADS, .hooks = {.error_page = svc_error_page},
		.open = true, .rate = o->rate, .burst = o->rate * BURST, .limit_local = o->limit_local, .given = o->given ? FD_GIVEN : 0};
	enum fj_rc rc = web_bind(o->bind, &conf, &w, err);
	if (rc == FJ_OK)
		rc = fj_sandbox_enter(&box, &landlock, err);
	if (rc == FJ_OK && !landlock)
		fj_log(FJ_LOG_INFO, "this kernel has no Landlock; seccomp alone is in force");
	if (rc == FJ_OK)
		rc = svc_signer_start(s, err);
	if (rc == FJ_OK)
		rc = web_start(w, err);
	if (rc == FJ_OK) {
		printf("ready\n");
		fflush(stdout);
		while (!ending)
			usleep(200000);
	}
	svc_signer_end(s);
	web_stop(w);
	svc_close(s);
	return rc;
}

static bool read_options(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		if (strcmp(argv[i], "--demo") == 0)
			o->demo = true;
		else if (strcmp(argv[i], "--limit-local") == 0)
			o->limit_local = true;
		else if (strcmp(argv[i], "--given") == 0)
			o->given = true;
		else if (value == NULL)
			return false;
		else if (strcmp(argv[i], "--bind") == 0)
			o->bind = argv[++i];
		else if (strcmp(argv[i], "--base") == 0)
			o->base = argv[++i];
		else if (strcmp(argv[i], "--portal") == 0)
			o->portal = argv[++i];
		else if (strcmp(argv[i], "--rate") == 0)
			o->rate = (unsigned)strtoul(argv[++i], NULL, 10);
		else
			return false;
	}
	return o->bind != NULL && o->base != NULL && o->rate <= 100000;
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
	struct options o = {.bind = NULL};
	if (!read_options(argc, argv, &o)) {
		fprintf(stderr, "fujie-verifier is started by `fujie serve`\n");
		return 2;
	}
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (serve(&o, &err) == FJ_OK)
		return 0;
	fj_err_tell(&err); /* whoever started us says it to the right person */
	return 3;
}
