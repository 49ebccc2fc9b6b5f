/*
 * main.c - fujie-witness: cosigns checkpoints of transparency logs that it knows, as
 * long as each follows the one before (C2SP tlog-witness).
 *
 *   fujie witness init --dir W --name NAME       makes its key, prints the verifier key
 *   fujie witness add --dir W VKEY               a log that it may cosign
 *   fujie witness serve --dir W --bind ADDRESS
 *   fujie witness key|show --dir W
 *
 * It belongs to somebody else than the log, on another machine, and knows nothing of
 * credentials.  The process that answers may write its two folders and nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "verifier/witness/witness.h"

#define THREADS 4
#define RATE 10 /* requests of an address a second */

struct args {
	const char *verb, *dir, *name, *bind, *vkey;
	unsigned rate;
	bool json;
};

static volatile sig_atomic_t ending;

static void on_signal(int sig)
{
	(void)sig;
	ending = 1;
}

static enum fj_rc wrong(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_USAGE, "witness", NULL,
	    "fujie witness init --dir W --name NAME | add --dir W VKEY | serve --dir W --bind ADDRESS [--rate N] | key --dir W | show --dir W [--json]",
	    "用法：fujie witness init --dir W --name 名称 | add --dir W 密钥 | serve --dir W --bind 地址 [--rate N] | key --dir W | show --dir W [--json]");
}

static const char **option(struct args *a, const char *w, const char **rate)
{
	return strcmp(w, "--dir") == 0 ? &a->dir : strcmp(w, "--name") == 0 ? &a->name : strcmp(w, "--bind") == 0 ? &a->bind : strcmp(w, "--rate") == 0 ? rate : NULL;
}

static enum fj_rc args_read(int argc, char **argv, struct args *a, struct fj_err *err)
{
	const char *rate = "10";

	for (int i = 1; i < argc; i++) {
		const char **value = option(a, argv[i], &rate);
		if (strcmp(argv[i], "--json") == 0)
			a->json = true;
		else if (value != NULL && i + 1 < argc)
			*value = argv[++i];
		else if (value != NULL || strncmp(argv[i], "--", 2) == 0 || (a->verb != NULL && a->vkey != NULL))
			return wrong(err);
		else
			*(a->verb == NULL ? &a->verb : &a->vkey) = argv[i];
	}
	if (strlen(rate) > 6 || strspn(rate, "0123456789") != strlen(rate))
		return wrong(err);
	a->rate = (unsigned)strtoul(rate, NULL, 10);
	static const char *const verbs[] = {"init", "add", "serve", "key", "show"};
	bool known = false;
	for (size_t i = 0; a->verb != NULL && i < FJ_ARRAY_LEN(verbs); i++)
		known = known || strcmp(a->verb, verbs[i]) == 0;
	if (!known || a->dir == NULL || (strcmp(a->verb, "init") == 0) != (a->name != NULL) || (strcmp(a->verb, "add") == 0) != (a->vkey != NULL) ||
	    (strcmp(a->verb, "serve") == 0) != (a->bind != NULL))
		return wrong(err);
	return FJ_OK;
}

static enum fj_rc enter(const struct args *a, struct fj_err *err)
{
	if (strcmp(a->verb, "init") == 0)
		FJ_TRY(fj_dir_make(AT_FDCWD, a->dir, 0755, err));
	return chdir(a->dir) == 0 ? FJ_OK : fj_fail_errno(err, "witness", "enter %s", a->dir);
}

static enum fj_rc print_vkey(const struct fj_vkey *k, struct fj_err *err)
{
	FJ_AUTO(buf) line = FJ_BUF_INIT(1024);

	if (fj_vkey_put(&line, k) != FJ_OK)
		return fj_no_memory(err, "witness");
	return puts(fj_buf_str(&line)) >= 0 && fflush(stdout) == 0 ? FJ_OK : fj_fail_errno(err, "witness", "write the key");
}

/* --- serve --- */

/* two processes on one folder could each cosign another tree */
static enum fj_rc lock_folder(int *fd, struct fj_err *err)
{
	*fd = open("lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0)
		return fj_fail_errno(err, "witness", "open the lock");
	return flock(*fd, LOCK_EX | LOCK_NB) == 0 ? FJ_OK : fj_refuse(err, FJ_E_BUSY, "witness", NULL, "this witness runs already", "该见证方已在运行");
}

static enum fj_rc give_up_rights(struct fj_err *err)
{
	static const struct fj_sandbox box = {.role = FJ_SANDBOX_GATEWAY, .rw = {"logs", "evidence", NULL},
		.ro = {"/usr", "/lib", "/etc/ssl", "/etc/localtime", "/proc/self", "/sys/devices/system/cpu", NULL}};
	bool landlock = false;

	FJ_TRY(fj_sandbox_enter(&box, &landlock, err));
	if (!landlock)
		fj_log(FJ_LOG_INFO, "this kernel has no Landlock; seccomp alone is in force");
	return FJ_OK;
}

static enum fj_rc answer(const struct args *a, struct wit *w, struct fj_err *err)
{
	struct web_conf conf = {.routes = wit_routes, .app = w, .threads = THREADS, .open = true, .rate = a->rate, .burst = a->rate * RATE};
	struct web_server *s = NULL;

	enum fj_rc rc = web_bind(a->bind, &conf, &s, err);
	if (rc == FJ_OK)
		rc = give_up_rights(err);
	if (rc == FJ_OK)
		rc = web_start(s, err);
	if (rc == FJ_OK) {
		printf("ready %u\n", web_port(s));
		fflush(stdout);
		while (!ending)
			usleep(200000);
	}
	web_stop(s);
	return rc;
}

static enum fj_rc serve(const struct args *a, struct fj_err *err)
{
	FJ_AUTO(fd) lock = -1;
	struct wit w;

	enum fj_rc rc = wit_open(&w, err);
	if (rc == FJ_OK)
		rc = lock_folder(&lock, err);
	if (rc == FJ_OK) {
		fj_file_sweep(AT_FDCWD, "logs");
		fj_file_sweep(AT_FDCWD, "evidence");
		rc = answer(a, &w, err);
	}
	wit_close(&w);
	return rc;
}

/* --- the other verbs --- */

static void show_people(const json_t *j)
{
	size_t i;
	json_t *one;

	printf("%s\n", fj_json_text(j, "vkey"));
	json_array_foreach(json_object_get(j, "logs"), i, one)
		if (json_is_string(json_object_get(one, "at")))
			printf("日志 log      %s  %lld  %s\n", fj_json_text(one, "origin"), (long long)fj_json_num(one, "size"), fj_json_text(one, "at"));
		else
			printf("日志 log      %s  %s\n", fj_json_text(one, "origin"), fj_json_peek(one, "error") != NULL ? "损坏 damaged" : "尚未签认 nothing cosigned yet");
	json_array_foreach(json_object_get(j, "evidence"), i, one)
		printf("分叉 history  %s  %lld / %lld  %s  %s\n", fj_json_text(one, "origin"), (long long)fj_json_num(one, "had"), (long long)fj_json_num(one, "shown"), fj_json_text(one, "at"),
		    fj_json_text(one, "file"));
}

static enum fj_rc show(bool json, struct fj_err *err)
{
	FJ_AUTO(json) j = NULL;
	FJ_AUTO(buf) text = FJ_BUF_INIT(16u << 20);

	FJ_TRY(wit_show(&j, err));
	if (!json) {
		show_people(j);
		return FJ_OK;
	}
	FJ_TRY(fj_json_canonical(j, &text, err));
	return puts(fj_buf_str(&text)) >= 0 && fflush(stdout) == 0 ? FJ_OK : fj_fail_errno(err, "witness", "write the answer");
}

static enum fj_rc run(const struct args *a, struct fj_err *err)
{
	struct fj_vkey k;
	struct wit w;

	FJ_TRY(enter(a, err));
	if (strcmp(a->verb, "serve") == 0)
		return serve(a, err);
	if (strcmp(a->verb, "show") == 0)
		return show(a->json, err);
	if (strcmp(a->verb, "init") == 0) {
		FJ_TRY(wit_init(a->name, &k, err));
		return print_vkey(&k, err);
	}
	FJ_TRY(wit_open(&w, err));
	enum fj_rc rc = strcmp(a->verb, "key") == 0 ? print_vkey(&w.key, err) : wit_log_add(fj_slice_str(a->vkey), &k, err);
	wit_close(&w);
	return rc;
}

int main(int argc, char **argv)
{
	struct sigaction act = {.sa_handler = on_signal};
	struct args a = {.verb = NULL};
	struct fj_err err = {0};

	fj_sodium_init();
	fj_log_open("witness", FJ_LOG_INFO);
	if (argc == 2 && strcmp(argv[1], "--routes") == 0) {
		web_print_routes(wit_routes);
		return 0;
	}
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	enum fj_rc rc = args_read(argc, argv, &a, &err);
	if (rc == FJ_OK)
		rc = run(&a, &err);
	if (rc == FJ_OK)
		return 0;
	fprintf(stderr, "fujie witness: %s%s%s\n", err.en, err.zh[0] != '\0' ? " / " : "", err.zh);
	return fj_rc_exit(rc);
}
