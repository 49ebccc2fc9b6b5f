/*
 * users.c - users of their own for signer, registry and verifier, and what of a
 * home belongs to whom (`fujie own`).
 *
 * Where fujie.ini names users ([users]), root starts the parts and each becomes its
 * own: a conquered registry then reads nothing of the signer's or of the software
 * TPM's, and can't signal them.  The home itself and run/ are root's with the sticky
 * bit, and the registry's group may write there: it makes its own files, and can
 * neither remove nor rename what is another's - the signer's folder least of all,
 * which it could otherwise replace by an empty one.  fujie.ini is root's, so what
 * root starts is not for a part to choose.  Without users every part keeps the
 * caller's; a demo always does.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "issuer/cli/cli.h"

#define DEPTH 12 /* folders of a home that lie in each other */
static const char *const names[CLI_USERS] = {"fujie-signer", "fujie-registry", "fujie-verifier"};

void cli_users_default(struct cli_conf *c)
{
	if (geteuid() != 0 || c->demo)
		return;
	for (size_t i = 0; i < CLI_USERS; i++)
		if (getpwnam(names[i]) == NULL)
			return;
	for (size_t i = 0; i < CLI_USERS; i++)
		(void)snprintf(c->user[i], sizeof(c->user[i]), "%s", names[i]);
}

static enum fj_rc find_one(const char *name, struct fj_user *out, struct fj_err *err)
{
	const struct passwd *p = name[0] == '\0' ? NULL : getpwnam(name);

	if (p != NULL && p->pw_uid != 0) {
		*out = (struct fj_user){p->pw_uid, p->pw_gid};
		return FJ_OK;
	}
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "cli", NULL,
	    "configuration: [users] names no user of this machine, or root: \"%s\"; give signer, registry and verifier, or none of them (the Debian package makes %s, %s and %s)", name, names[0], names[1], names[2]);
	fj_err_zh(err, "配置项 [users] 中的“%s”不是本机用户，或为 root；signer、registry、verifier 应同时填写或都不填写", name);
	return rc;
}

enum fj_rc cli_users_find(struct cli_home *h, struct fj_err *err)
{
	const struct cli_conf *c = &h->conf;

	memset(h->user, 0, sizeof(h->user));
	if (c->user[CLI_USER_SIGNER][0] == '\0' && c->user[CLI_USER_REGISTRY][0] == '\0' && c->user[CLI_USER_VERIFIER][0] == '\0')
		return FJ_OK;
	if (c->demo)
		return fj_refuse(err, FJ_E_INVALID, "cli", "design.md 2", "configuration: a demo's parts keep the caller's user; take [users] out of fujie.ini", "演示环境的各部件使用调用者的用户；请从 fujie.ini 中删除 [users] 各项");
	for (size_t i = 0; i < CLI_USERS; i++)
		FJ_TRY(find_one(c->user[i], &h->user[i], err));
	if (h->user[0].uid == h->user[1].uid || h->user[0].uid == h->user[2].uid || h->user[1].uid == h->user[2].uid)
		return fj_refuse(err, FJ_E_INVALID, "cli", "design.md 2", "configuration: [users] names one user twice; signer, registry and verifier are three", "配置项 [users] 中用户重复；signer、registry、verifier 应为三个不同的用户");
	return FJ_OK;
}

static bool has_users(const struct cli_home *h)
{
	return h->user[CLI_USER_REGISTRY].uid != 0;
}

/* --- giving --- */

static enum fj_rc give_fd(int fd, const char *name, struct fj_user to, struct fj_err *err)
{
	return fchown(fd, to.uid, to.gid) == 0 ? FJ_OK : fj_fail_errno(err, "cli", "give %s to its user", name);
}

/* A file with a second name is left alone: the other name may lie anywhere. */
static enum fj_rc give_below(int at, const char *name, struct fj_user to, int depth, struct fj_err *err)
{
	FJ_AUTO(fd) fd = -1;
	FJ_AUTO(dir) d = NULL;
	const struct dirent *e;
	struct stat st;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? FJ_OK : fj_fail_errno(err, "cli", "look at %s", name);
	if (S_ISREG(st.st_mode) && st.st_nlink > 1)
		return FJ_OK;
	if (!S_ISDIR(st.st_mode))
		return fchownat(at, name, to.uid, to.gid, AT_SYMLINK_NOFOLLOW) == 0 ? FJ_OK : fj_fail_errno(err, "cli", "give %s to its user", name);
	if (depth == DEPTH)
		return fj_fail(err, FJ_E_LIMIT, "cli", NULL, "%s lies deeper than a folder of a home", name);
	FJ_TRY(fj_dir_open(at, name, &fd, err));
	FJ_TRY(give_fd(fd, name, to, err));
	FJ_TRY(fj_dir_list(fd, ".", &d, err));
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			FJ_TRY(give_below(fd, e->d_name, to, depth + 1, err));
	return FJ_OK;
}

/* root's, and the registry may make files there */
static enum fj_rc share(int fd, const char *name, struct fj_user registry, struct fj_err *err)
{
	FJ_TRY(give_fd(fd, name, (struct fj_user){0, registry.gid}, err));
	return fchmod(fd, 01775) == 0 ? FJ_OK : fj_fail_errno(err, "cli", "set the mode of %s", name);
}

/* root's alone; the registry reads those that fujie.ini names */
static enum fj_rc keep(const struct cli_home *h, const char *name, mode_t mode, struct fj_err *err)
{
	if (name[0] == '\0' || name[0] == '/')
		return FJ_OK;
	if (fchownat(h->dir, name, 0, mode == 0640 ? h->user[CLI_USER_REGISTRY].gid : 0, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? FJ_OK : fj_fail_errno(err, "cli", "keep %s for root", name);
	return fchmodat(h->dir, name, mode, 0) == 0 ? FJ_OK : fj_fail_errno(err, "cli", "set the mode of %s", name);
}

enum fj_rc cli_users_give(const struct cli_home *h, const char *name, enum cli_user to, struct fj_err *err)
{
	return has_users(h) ? give_below(h->dir, name, h->user[to], 0, err) : FJ_OK;
}

/* what lies in a folder of the home: everything is the registry's that is not named here */
static enum fj_rc give_all(const struct cli_home *h, int at, struct fj_err *err)
{
	static const char *const roots[] = {".", "..", "run", "fujie.ini", "spare.json", "supervisor.lock"};
	FJ_AUTO(dir) d = NULL;
	const struct dirent *e;

	FJ_TRY(fj_dir_list(at, ".", &d, err));
	while ((e = readdir(d)) != NULL) {
		bool skip = false, signers = at == h->dir && (strcmp(e->d_name, "signer") == 0 || strcmp(e->d_name, "tpm") == 0);
		for (size_t i = 0; i < FJ_ARRAY_LEN(roots); i++)
			skip = skip || strcmp(e->d_name, roots[i]) == 0;
		if (!skip)
			FJ_TRY(give_below(at, e->d_name, h->user[signers ? CLI_USER_SIGNER : CLI_USER_REGISTRY], 0, err));
	}
	return FJ_OK;
}

enum fj_rc cli_users_own(const struct cli_home *h, struct fj_err *err)
{
	const struct cli_conf *c = &h->conf;

	if (!has_users(h))
		return FJ_OK;
	FJ_TRY(give_all(h, h->dir, err));
	FJ_TRY(give_all(h, h->run, err)); /* sockets are made anew at each start */
	FJ_TRY(keep(h, "fujie.ini", 0644, err));
	FJ_TRY(keep(h, "spare.json", 0644, err));
	const char *const named[] = {c->cert, c->key, c->client_ca, c->leaked, c->log_policy};
	for (size_t i = 0; i < FJ_ARRAY_LEN(named); i++)
		FJ_TRY(keep(h, named[i], 0640, err));
	FJ_TRY(share(h->run, "run", h->user[CLI_USER_REGISTRY], err));
	return share(h->dir, "the home", h->user[CLI_USER_REGISTRY], err);
}

enum fj_rc cli_users_check(const struct cli_home *h, struct fj_err *err)
{
	static const struct {
		const char *name;
		enum cli_user user;
	} owned[] = {{"signer", CLI_USER_SIGNER}, {"tpm", CLI_USER_SIGNER}, {"publish", CLI_USER_REGISTRY}, {"register.db", CLI_USER_REGISTRY}};
	struct stat st;

	if (!has_users(h))
		return FJ_OK;
	if (geteuid() != 0)
		return fj_refuse(err, FJ_E_REFUSED, "cli", "design.md 2", "this home's parts run as users of their own ([users] in fujie.ini): run this command as root (sudo)", "该主目录的各部件以各自的用户运行（见 fujie.ini 的 [users]）：请以 root 身份（sudo）运行本命令");
	for (size_t i = 0; i < FJ_ARRAY_LEN(owned); i++) {
		if (fstatat(h->dir, owned[i].name, &st, AT_SYMLINK_NOFOLLOW) != 0 || st.st_uid == h->user[owned[i].user].uid)
			continue;
		enum fj_rc rc = fj_fail(err, FJ_E_REFUSED, "cli", "design.md 2", "\"%s\" in the home does not belong to %s, which needs it; run: fujie own --dir D", owned[i].name, h->conf.user[owned[i].user]);
		fj_err_zh(err, "主目录中的“%s”不属于用户 %s；请运行：fujie own --dir D", owned[i].name, h->conf.user[owned[i].user]);
		return rc;
	}
	return FJ_OK;
}

static enum fj_rc own(const struct cli_args *a, struct cli_home *h, struct fj_err *err)
{
	static const char *const known[] = {NULL};

	FJ_TRY(cli_opt_only(a, known, err));
	if (a->dir == NULL)
		return fj_refuse(err, FJ_E_USAGE, "cli", NULL, "--dir D is missing: which home?", "缺少 --dir D：哪一个主目录？");
	FJ_TRY(cli_home_open(a->dir, h, err));
	if (!has_users(h))
		return fj_refuse(err, FJ_E_REFUSED, "cli", "fujie.conf(5)", "fujie.ini names no users; put signer, registry and verifier into its section [users] first", "fujie.ini 未指定用户；请先在 [users] 中填写 signer、registry、verifier");
	if (geteuid() != 0)
		return fj_refuse(err, FJ_E_REFUSED, "cli", NULL, "only root gives files to users; run it with sudo", "只有 root 可以变更文件属主；请使用 sudo 运行");
	FJ_TRY(cli_home_free(h, err));
	return cli_users_own(h, err);
}

int cli_own(const struct cli_args *a)
{
	FJ_AUTO(cli_home) h = {.dir = -1, .run = -1, .lock = -1};
	struct fj_err err = {0};

	if (own(a, &h, &err) != FJ_OK)
		return cli_print_error(&err, NULL, a->json);
	if (a->json)
		printf("{\"owned\":true}\n");
	else
		printf("signer and tpm are %s's, what the register keeps is %s's, fujie.ini is root's\n", h.conf.user[CLI_USER_SIGNER], h.conf.user[CLI_USER_REGISTRY]);
	return 0;
}
