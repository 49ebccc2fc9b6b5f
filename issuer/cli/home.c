/*
 * home.c - the appliance's home folder: where things are, what fujie.ini says,
 * and who may run it.
 *
 * A home is made in a folder beside its name and renamed when it is whole, so
 * that a kill at any point leaves a home or no home.  One process at a time runs
 * a home: it holds a lock on run/supervisor.lock for as long as it lives; the
 * kernel gives it back when the process ends, however it ends.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "issuer/cli/cli.h"

#define OUTBOX_DAYS 14

void cli_home_release(struct cli_home *h)
{
	fj_fd_close(&h->lock);
	fj_fd_close(&h->run);
	fj_fd_close(&h->dir);
}

static void home_blank(struct cli_home *h)
{
	memset(h, 0, sizeof(*h));
	h->dir = h->run = h->lock = -1;
	cli_conf_blank(&h->conf);
}

enum fj_rc cli_home_open(const char *path, struct cli_home *h, struct fj_err *err)
{
	home_blank(h);
	if (fj_dir_open(AT_FDCWD, path, &h->dir, NULL) != FJ_OK ||
	    faccessat(h->dir, "fujie.ini", R_OK, 0) != 0) {
		enum fj_rc rc = fj_fail(err, FJ_E_NOTFOUND, "cli", NULL,
		    "%s is not a home of this appliance; make one with `fujie init --dir %s …` or `fujie demo --dir %s`",
		    path, path, path);
		fj_err_zh(err, "%s 不是符节的主目录；请先运行 fujie init 或 fujie demo", path);
		cli_home_release(h);
		return rc;
	}
	FJ_TRY(cli_conf_load(h, err));
	FJ_TRY(cli_users_find(h, err));
	return fj_dir_open(h->dir, "run", &h->run, err);
}

/* what can't be written ends a part in the middle of its work: told before anything runs */
static enum fj_rc check_writable(const struct cli_home *h, struct fj_err *err)
{
	static const char *const folders[] = {".", "run", "signer", "tpm", "publish"};
	char why[96];

	for (size_t i = 0; i < FJ_ARRAY_LEN(folders); i++) {
		if (faccessat(h->dir, folders[i], R_OK | W_OK | X_OK, AT_EACCESS) == 0)
			continue;
		enum fj_rc rc = fj_fail(err, FJ_E_IO, "cli", NULL, "the home's folder \"%s\" can't be written: %s; run fujie as its owner, or give it to whoever runs fujie",
		    folders[i], strerror_r(errno, why, sizeof(why)));
		fj_err_zh(err, "主目录中的“%s”不可写；请以其所有者身份运行，或将其权限交给运行者", folders[i]);
		return rc;
	}
	return FJ_OK;
}

enum fj_rc cli_home_lock(struct cli_home *h, struct fj_err *err)
{
	FJ_TRY(cli_users_check(h, err));
	FJ_TRY(check_writable(h, err));
	return cli_home_free(h, err);
}

enum fj_rc cli_home_free(struct cli_home *h, struct fj_err *err)
{
	int fd = openat(h->run, "supervisor.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return fj_fail_errno(err, "cli", "open run/supervisor.lock");
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		h->lock = fd;
		return ftruncate(fd, 0) == 0 ? FJ_OK : fj_fail_errno(err, "cli", "write run/supervisor.lock"); /* a service's process stands in it */
	}
	if (errno != EWOULDBLOCK) {
		enum fj_rc rc = fj_fail_errno(err, "cli", "lock run/supervisor.lock");
		close(fd);
		return rc;
	}
	close(fd);
	return fj_refuse(err, FJ_E_BUSY, "cli", NULL, "this home is already in use by another fujie process; end that one first, or use another --dir",
	    "该主目录已被另一个 fujie 进程使用；请先结束它，或换用其他 --dir");
}

static enum fj_rc conf_write(int dir, const struct cli_conf *c, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(8192);

	FJ_TRY(fj_buf_printf(&b,
	    "; Fujie: configuration of this home.  See: fujie config check, fujie reload\n\n"
	    "[home]\ndemo = %s\n\n"
	    "; the verifier's public address: it stands in certificates and tokens\n"
	    "; mirror: a verifier of these credentials that another office runs; pages name it as a second opinion\n"
	    "[public]\nbase = %s\n; mirror = https://verify.example.org\n\n"
	    "; where portal and API listen; beyond loopback they need cert and key (PEM files); new ones are taken by fujie reload\n"
	    "; client_ca: authorities (PEM) of the client certificates that officers' UKeys hold; it needs cert and key\n"
	    "; https = true: a proxy on this machine serves the portal under https, so its cookies are marked Secure\n"
	    "; base: the portal's public address; the verifier's pages lead there (a demo's: to where it is served)\n"
	    "[portal]\nbind = %s\n; base = https://portal.example.org\n; client_ca = ukey-ca.pem\n; https = false\n\n"
	    "; leaked: a file of leaked passwords, sorted lines of hex SHA-1; signin_days: how long tries to sign in are kept\n"
	    "[account]\n; leaked = leaked.txt\n; signin_days = 190\n\n"
	    "; rate: requests of one address a second, ten times as many at once; 0: no limit.  A proxy is one\n"
	    "; address: on this machine it is not limited unless limit_local = true; elsewhere set rate = 0 and limit there\n"
	    "[verifier]\nbind = %s\n; rate = 50\n; limit_local = false\n\n"
	    "; software, or a device node such as /dev/tpmrm0\n"
	    "[tpm]\ndevice = %s\n\n"
	    "; how long packages for mirrors are kept\n"
	    "[outbox]\ndays = %d\n\n"
	    "; the finance officers are told when the last backup is older; 0: they are not\n"
	    "[backup]\n; days = 7\n\n"
	    "; a file with the witnesses of the public log and their addresses (C2SP tlog-policy): they cosign its checkpoints\n"
	    "[log]\n; policy = log.policy\n\n"
	    "; users of their own for the parts, which root starts: all three, or none; then: fujie own --dir D\n"
	    "[users]\n",
	    c->demo ? "true" : "false", c->base, c->portal, c->verifier, c->tpm, OUTBOX_DAYS));
	bool own = c->user[CLI_USER_SIGNER][0] != '\0';
	static const char *const parts[CLI_USERS] = {"signer", "registry", "verifier"};
	for (size_t i = 0; i < CLI_USERS; i++)
		FJ_TRY(fj_buf_printf(&b, "%s%s = %s%s\n", own ? "" : "; ", parts[i], own ? c->user[i] : "fujie-", own ? "" : parts[i]));
	return fj_file_replace(dir, "fujie.ini", fj_buf_slice(&b), 0644, err);
}

static bool absent_or_empty(const char *path)
{
	DIR *d = opendir(path);

	if (d == NULL)
		return errno == ENOENT;
	int n = 0;
	while (n < 3 && readdir(d) != NULL)
		n++;
	closedir(d);
	return n == 2;
}

static enum fj_rc make_folders(struct cli_home *h, struct fj_err *err)
{
	static const char *const names[] = {"tpm", "signer", "run", "publish"};

	for (size_t i = 0; i < FJ_ARRAY_LEN(names); i++)
		FJ_TRY(fj_dir_make(h->dir, names[i], i == 3 ? 0755 : 0700, err));
	return fj_dir_open(h->dir, "run", &h->run, err);
}

enum fj_rc cli_home_begin(const char *path, const struct cli_conf *conf, char *partial, size_t cap,
    struct cli_home *h, struct fj_err *err)
{
	home_blank(h);
	size_t n = strlen(path);
	while (n > 1 && path[n - 1] == '/')
		n--;
	if (!absent_or_empty(path)) {
		enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "cli", NULL,
		    "%s exists and is not empty; name a folder that does not exist yet", path);
		fj_err_zh(err, "%s 已存在且不为空；请指定一个尚不存在的目录", path);
		return rc;
	}
	int len = snprintf(partial, cap, "%.*s.partial-%ld", (int)n, path, (long)getpid());
	if (len < 0 || (size_t)len >= cap)
		return fj_fail(err, FJ_E_LIMIT, "cli", NULL, "the name of --dir is longer than %zu octets", cap - 32);
	FJ_TRY(fj_dir_make(AT_FDCWD, partial, 0755, err));
	FJ_TRY(fj_dir_open(AT_FDCWD, partial, &h->dir, err));
	FJ_TRY(make_folders(h, err));
	h->conf = *conf;
	FJ_TRY(conf_write(h->dir, conf, err));
	FJ_TRY(cli_users_find(h, err));
	FJ_TRY(cli_users_own(h, err));
	return cli_home_lock(h, err);
}

enum fj_rc cli_home_ceremony(const char *path, const struct cli_conf *conf, struct cli_home *h, struct fj_err *err)
{
	FJ_AUTO(fd) begun = -1;

	home_blank(h);
	h->conf = *conf;
	bool fresh = absent_or_empty(path);
	if (fresh)
		FJ_TRY(fj_dir_make(AT_FDCWD, path, 0755, err));
	FJ_TRY(fj_dir_open(AT_FDCWD, path, &h->dir, err));
	if (!fresh && (faccessat(h->dir, "fujie.ini", F_OK, 0) == 0 || fj_dir_open(h->dir, "ceremony", &begun, NULL) != FJ_OK)) {
		enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "cli", NULL, "%s exists and no ceremony was begun in it; name a folder that does not exist yet", path);
		fj_err_zh(err, "%s 已存在，且其中没有已开始的密钥仪式；请指定一个尚不存在的目录", path);
		return rc;
	}
	FJ_TRY(make_folders(h, err));
	FJ_TRY(fj_dir_make(h->dir, "ceremony", 0755, err));
	FJ_TRY(cli_users_find(h, err));
	FJ_TRY(cli_users_own(h, err));
	return cli_home_lock(h, err);
}

enum fj_rc cli_home_done(const struct cli_home *h, struct fj_err *err)
{
	return conf_write(h->dir, &h->conf, err);
}

enum fj_rc cli_home_finish(const char *partial, const char *path, struct fj_err *err)
{
	rmdir(path); /* an empty folder may stand there; rename would do the same */
	if (rename(partial, path) != 0)
		return fj_fail_errno(err, "cli", "rename %s to %s", partial, path);
	return FJ_OK;
}

/* depth is bounded by our own layout: publish/trust/authorisations */
static void remove_below(int dir, int depth)
{
	DIR *d = fdopendir(dir);

	if (d == NULL) {
		close(dir);
		return;
	}
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(d), e->d_name, 0) == 0 || depth == 0)
			continue;
		int sub = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0)
			remove_below(sub, depth - 1);
		unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
	}
	closedir(d);
}

void cli_home_discard(const char *partial)
{
	int dir = open(partial, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir < 0)
		return;
	remove_below(dir, 6);
	rmdir(partial);
}

enum fj_rc cli_init_put(const struct cli_home *h, const json_t *in, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(1u << 20);

	FJ_TRY(fj_json_canonical(in, &b, err));
	FJ_TRY(fj_file_replace(h->dir, "run/init.json", fj_buf_slice(&b), 0600, err));
	return cli_users_give(h, "run/init.json", CLI_USER_REGISTRY, err);
}
