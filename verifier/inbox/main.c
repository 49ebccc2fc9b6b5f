/*
 * main.c - fujie-inbox: takes packages of a publication in (docs/formats.md 18).
 *
 *   fujie-inbox apply FILE... --dir V --root SHA256 [--json]   (`fujie inbox apply`)
 *   fujie-inbox state --dir V [--json]
 *   fujie-inbox watch --root SHA256        descriptor 3 is V; started by `fujie verifier`
 *
 * It has no network: files are opened first, then it may write below V and make no
 * socket.  What fetches packages writes to V/inbox/new and can do nothing else.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/secret.h"
#include "verifier/inbox/inbox.h"

#define FD_DIR 3
#define MAX_FILES 500
#define NEW "inbox/new"
#define PAUSE_US 200000
#define WAIT_S 600 /* a package that comes before its time */

struct args {
	const char *verb, *dir, *root;
	struct fj_hash fingerprint; /* what root says */
	const char *file[MAX_FILES];
	int fd[MAX_FILES];
	size_t n;
	bool json;
};

static volatile sig_atomic_t ending;

static void on_signal(int sig)
{
	(void)sig;
	ending = 1;
}

static enum fj_rc wrong(struct fj_err *err, const char *what, const char *zh)
{
	return fj_refuse(err, FJ_E_USAGE, "inbox", NULL, what, zh);
}

static enum fj_rc args_read(int argc, char **argv, struct args *a, struct fj_err *err)
{
	for (int i = 1; i < argc; i++) {
		const char *w = argv[i];
		bool value = strcmp(w, "--dir") == 0 || strcmp(w, "--root") == 0;
		if (strcmp(w, "--json") == 0)
			a->json = true;
		else if (value && i + 1 == argc)
			return wrong(err, "an option lacks its value", "选项缺少取值");
		else if (value)
			*(w[2] == 'd' ? &a->dir : &a->root) = argv[++i];
		else if (strncmp(w, "--", 2) == 0)
			return wrong(err, "there is no such option: fujie inbox apply FILE... --dir V --root SHA256 [--json]", "没有该选项：fujie inbox apply 文件… --dir V --root SHA256 [--json]");
		else if (a->verb == NULL)
			a->verb = w;
		else if (a->n == MAX_FILES)
			return wrong(err, "at most 500 files at once", "一次至多 500 个文件");
		else
			a->file[a->n++] = w;
	}
	if (a->verb == NULL || (strcmp(a->verb, "apply") != 0 && strcmp(a->verb, "state") != 0 && strcmp(a->verb, "watch") != 0))
		return wrong(err, "name what to do: fujie inbox apply FILE... --dir V --root SHA256, or fujie inbox state --dir V", "请指明操作：fujie inbox apply 文件… --dir V --root SHA256，或 fujie inbox state --dir V");
	if (strcmp(a->verb, "watch") != 0 && a->dir == NULL)
		return wrong(err, "--dir V is missing: which folder?", "缺少 --dir V：哪个文件夹？");
	if (strcmp(a->verb, "state") != 0 && a->root == NULL)
		return wrong(err, "--root SHA256 is missing: the fingerprint of the root certificate that is to be believed", "缺少 --root SHA256：受信根证书的指纹");
	if (a->root != NULL)
		FJ_TRY(ver_fingerprint_read(a->root, &a->fingerprint, err));
	return (strcmp(a->verb, "apply") == 0) == (a->n > 0) ? FJ_OK : wrong(err, "name the files to take in", "请指明要应用的文件");
}

/* the files before the folder is entered and the sandbox closes */
static enum fj_rc open_files(struct args *a, struct fj_err *err)
{
	for (size_t k = 0; k < a->n; k++) {
		a->fd[k] = open(a->file[k], O_RDONLY | O_CLOEXEC);
		if (a->fd[k] < 0)
			return fj_fail_errno(err, "inbox", "open %s", a->file[k]);
	}
	return FJ_OK;
}

static enum fj_rc enter(const char *dir, struct fj_err *err)
{
	static const struct fj_sandbox box = {.role = FJ_SANDBOX_FILER, .rw = {".", "/dev/null", NULL}, .ro = {"/usr", "/lib", "/etc/localtime", "/proc/self", NULL}};
	bool landlock = false;

	if (dir != NULL)
		FJ_TRY(fj_dir_make(AT_FDCWD, dir, 0755, err));
	if ((dir != NULL ? chdir(dir) : fchdir(FD_DIR)) != 0)
		return fj_fail_errno(err, "inbox", "enter %s", dir != NULL ? dir : "the folder");
	if (access("fujie.ini", F_OK) == 0)
		return fj_refuse(err, FJ_E_REFUSED, "inbox", NULL, "this folder is an appliance's home; a mirror has a folder of its own", "该文件夹是签发系统的主目录；镜像须用独立的文件夹");
	FJ_TRY(fj_dir_make(AT_FDCWD, "inbox", 0755, err));
	return fj_sandbox_enter(&box, &landlock, err);
}

/* --- apply --- */

static json_t *done_json(const char *file, const struct inb_done *d)
{
	static const char *const words[] = {[INB_APPLIED] = "applied", [INB_PART] = "part", [INB_ALREADY] = "already"};

	return json_pack("{s:s?, s:s, s:I, s:I, s:s}", "file", file, "kind", d->snapshot ? "snapshot" : "change", "seq", (json_int_t)d->seq, "part", (json_int_t)d->part,
	    "result", words[d->result]);
}

static enum fj_rc apply_file(const struct args *a, size_t k, json_t *list, struct fj_err *err)
{
	FJ_AUTO(buf) whole = FJ_BUF_INIT(FJ_PACKAGE_MAX);
	struct inb_done d;
	bool more = true;

	for (;;) {
		FJ_TRY(fj_package_next(a->fd[k], &whole, &more, err));
		if (!more)
			return FJ_OK;
		FJ_TRY(inb_apply(&a->fingerprint, fj_buf_slice(&whole), &d, err));
		if (json_array_append_new(list, done_json(a->file[k], &d)) != 0)
			return fj_no_memory(err, "inbox");
	}
}

static enum fj_rc apply(const struct args *a, json_t *list, struct fj_err *err)
{
	FJ_AUTO(fd) lock = -1;
	struct inb_state s;

	FJ_TRY(inb_lock(&lock, err));
	FJ_TRY(inb_open(&s, err));
	for (size_t k = 0; k < a->n; k++)
		FJ_TRY(apply_file(a, k, list, err));
	return FJ_OK;
}

/* --- watch: what was fetched, or put there --- */

static int name_order(const void *a, const void *b)
{
	return strcmp(a, b);
}

#define MAX_NEW 1000
#define NAME_CAP 128

/* packages by their names, which are in their order */
static size_t list_new(char (*name)[NAME_CAP])
{
	DIR *d = opendir(NEW);
	size_t n = 0;

	for (const struct dirent *e; n < MAX_NEW && d != NULL && (e = readdir(d)) != NULL;) {
		size_t len = strlen(e->d_name);
		if (e->d_name[0] != '.' && len > 4 && len < NAME_CAP && strcmp(e->d_name + len - 4, ".pkg") == 0)
			snprintf(name[n++], NAME_CAP, "%.127s", e->d_name);
	}
	if (d != NULL)
		closedir(d);
	qsort(name, n, NAME_CAP, name_order);
	return n;
}

static void note_refusal(const char *name, const struct fj_err *why)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(8192);
	FJ_AUTO(json) j = json_pack("{s:s, s:o}", "file", name, "error", fj_err_json(why));

	if (j == NULL || fj_json_canonical(j, &text, NULL) != FJ_OK || fj_file_replace(AT_FDCWD, "inbox/refused.json", fj_buf_slice(&text), 0644, NULL) != FJ_OK)
		fj_log(FJ_LOG_WARN, "the refusal of %s could not be noted", name);
}

/* *again: it was taken in, and what waited for it may follow */
static enum fj_rc take_one(const struct args *a, const char *name, bool *again, struct fj_err *err)
{
	FJ_AUTO(buf) whole = FJ_BUF_INIT(FJ_PACKAGE_MAX);
	struct inb_done d;
	char path[NAME_CAP + 16];

	snprintf(path, sizeof(path), NEW "/%s", name);
	enum fj_rc rc = fj_file_read(AT_FDCWD, path, &whole, err);
	if (rc == FJ_OK)
		rc = inb_apply(&a->fingerprint, fj_buf_slice(&whole), &d, err);
	if (rc == FJ_E_STATE) { /* it waits for what is missing, but not for ever: what was put in its way is asked for anew */
		struct stat st;
		if (stat(path, &st) == 0 && fj_real_ms() / 1000 - st.st_mtime > WAIT_S)
			return unlink(path) == 0 ? FJ_OK : fj_fail_errno(err, "inbox", "remove %s", path);
		return FJ_OK;
	}
	if (rc != FJ_OK && fj_rc_exit(rc) == 3)
		return rc;
	if (rc != FJ_OK) {
		fj_log_err(FJ_LOG_ERROR, name, err);
		note_refusal(name, err);
	} else {
		unlink("inbox/refused.json");
		*again = true;
	}
	return unlink(path) == 0 ? FJ_OK : fj_fail_errno(err, "inbox", "remove %s", path);
}

static enum fj_rc pass(const struct args *a, char (*name)[NAME_CAP], struct fj_err *err)
{
	FJ_AUTO(fd) lock = -1;
	struct inb_state s;
	bool again = true;

	FJ_TRY(inb_lock(&lock, err));
	FJ_TRY(inb_open(&s, err));
	while (again && !ending) {
		again = false;
		size_t n = list_new(name);
		for (size_t k = 0; k < n && !ending; k++)
			FJ_TRY(take_one(a, name[k], &again, err));
	}
	return FJ_OK;
}

static enum fj_rc watch(const struct args *a, struct fj_err *err)
{
	FJ_AUTO(mem) room = fj_alloc(MAX_NEW, NAME_CAP);
	char last[sizeof(err->en)] = "";
	struct fj_err why = {0};

	if (room == NULL)
		return fj_no_memory(err, "inbox");
	FJ_TRY(pass(a, room, err));
	printf("ready\n");
	fflush(stdout);
	while (!ending) {
		usleep(PAUSE_US);
		why.en[0] = '\0';
		if (list_new(room) == 0)
			continue;
		if (pass(a, room, &why) != FJ_OK && strcmp(last, why.en) != 0)
			fj_log_err(FJ_LOG_ERROR, "packages wait", &why);
		snprintf(last, sizeof(last), "%s", why.en);
	}
	return FJ_OK;
}

/* --- answers --- */

static enum fj_rc print(const json_t *j, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(4u << 20);

	FJ_TRY(j == NULL ? fj_no_memory(err, "inbox") : fj_json_canonical(j, &text, err));
	return puts(fj_buf_str(&text)) >= 0 && fflush(stdout) == 0 ? FJ_OK : fj_fail_errno(err, "inbox", "write the answer");
}

static void say(const json_t *list)
{
	size_t i;
	json_t *d;

	json_array_foreach(list, i, d) {
		const char *r = fj_json_text(d, "result");
		printf("%s %lld  %s\n", strcmp(fj_json_text(d, "kind"), "snapshot") == 0 ? "快照 snapshot" : "数据包 package", (long long)fj_json_num(d, "seq"),
		    strcmp(r, "applied") == 0 ? "已应用 applied" : strcmp(r, "part") == 0 ? "已收到一部分 a part of it" : "此前已应用 already applied");
	}
}

static enum fj_rc show_state(json_t **out, struct fj_err *err)
{
	struct inb_state s;
	char at[FJ_TIME_CAP];

	FJ_TRY(inb_read_state(&s, err));
	fj_time_utc(s.at, at);
	*out = s.iss[0] == '\0' ? json_pack("{s:n, s:n, s:n}", "iss", "seq", "at") : json_pack("{s:s, s:I, s:s}", "iss", s.iss, "seq", (json_int_t)s.seq, "at", at);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "inbox");
}

static int answer(const struct args *a, json_t *list, enum fj_rc rc, struct fj_err *err)
{
	if (rc != FJ_OK)
		fprintf(stderr, "fujie inbox: %s%s%s\n", err->en, err->zh[0] != '\0' ? " / " : "", err->zh);
	if (!a->json) {
		say(list);
		return fj_rc_exit(rc);
	}
	FJ_AUTO(json) doc = json_pack("{s:O}", "packages", list);
	if (rc != FJ_OK && doc != NULL)
		json_object_set_new(doc, "error", fj_err_json(err));
	return print(doc, NULL) == FJ_OK ? fj_rc_exit(rc) : 3;
}

static enum fj_rc run(struct args *a, json_t *list, struct fj_err *err)
{
	FJ_AUTO(json) state = NULL;

	FJ_TRY(open_files(a, err));
	FJ_TRY(enter(a->dir, err));
	if (strcmp(a->verb, "watch") == 0)
		return watch(a, err);
	if (strcmp(a->verb, "apply") == 0)
		return apply(a, list, err);
	FJ_TRY(show_state(&state, err));
	return print(state, err);
}

int main(int argc, char **argv)
{
	FJ_AUTO(json) list = json_array();
	struct args a = {.n = 0};
	struct fj_err err = {0};
	struct sigaction act = {.sa_handler = on_signal};

	fj_sodium_init();
	fj_log_open("inbox", FJ_LOG_INFO);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	for (int i = 1; i < argc; i++) /* before anything can fail */
		a.json = a.json || strcmp(argv[i], "--json") == 0;
	enum fj_rc rc = args_read(argc, argv, &a, &err);
	if (rc == FJ_OK)
		rc = run(&a, list, &err);
	if (a.verb != NULL && strcmp(a.verb, "watch") == 0 && rc != FJ_OK) {
		fj_err_tell(&err); /* whoever started us says it to the right person */
		return 3;
	}
	if (rc == FJ_OK && strcmp(a.verb, "apply") != 0)
		return 0;
	return answer(&a, list, rc, &err);
}
