/*
 * mirror.c - what the home had published after its backup, from a folder that somebody kept.
 *
 * D/publish of a mirror (fujie verifier), or what is left of the dead machine's own.  It is believed as far as its checkpoint goes: by the log's
 * key, which the backup names, of its own tiles, and going on from the log that is in the backup.  Then its files take the place of those of the
 * backup: the log, lists and CRLs, credentials, certificates of keys that came since.  Each is read again by the register when
 * two officers restore it (issuer/log/restore.c), by hash in the log or by signature.  Roots and the log's key stay the backup's.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/tiles.h"
#include "issuer/backup/bak.h"

#define FILE_MAX (64u << 20)

static const char *const taken[] = {"log/tile", "trust/status", "trust/crl", "trust/authorisations", "trust/certificates", "ca", "signer", "history", "log/cosigned", "log/checkpoint"};

static enum fj_rc older(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_STATE, BAK_LAYER, FJ_BACKUP_CITE, "what lies there is older than the backup itself, so it can tell nothing of the time since; bring a newer one, or leave --mirror out and say --no-mirror",
	    "该处内容早于备份本身，不能说明备份之后的情况；请提供较新的内容，或不用 --mirror 而写明 --no-mirror");
}

/* the tree of there goes on from the one of here */
static enum fj_rc goes_on(int dir, const char *folder, const struct fj_checkpoint *here, const struct fj_checkpoint *there, struct fj_err *err)
{
	struct fj_tile_folder f = {dir, folder};
	struct fj_tiles tiles = {fj_tile_read, &f};
	struct fj_path path = {.n = 0};

	if (there->size < here->size)
		return older(err);
	if (here->size == 0)
		return FJ_OK;
	if (there->size > here->size)
		FJ_TRY(fj_tree_consistency(&tiles, here->size, there->size, &path, err));
	return fj_path_consistent(&path, here->size, &here->root, there->size, &there->root) ? FJ_OK
	    : fj_refuse(err, FJ_E_CORRUPT, BAK_LAYER, FJ_BACKUP_CITE, "the log that lies there does not go on from the one in the backup: two histories were signed. Don't go on; compare both with a witness (fujie log consistency)",
	          "该处的公开日志不是备份中日志的延续：有两个历史被签名。请勿继续，请与见证方比对（fujie log consistency）");
}

static enum fj_rc copy_file(int from, const char *name, int to, struct fj_err *err)
{
	FJ_AUTO(buf) data = FJ_BUF_INIT(FILE_MAX);

	FJ_TRY(fj_file_read(from, name, &data, err));
	unlinkat(to, name, 0); /* a link would lead elsewhere */
	FJ_AUTO(fd) fd = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return fj_fail_errno(err, BAK_LAYER, "create %s", name);
	return fj_write_all(fd, data.data, data.len, err);
}

/* roots are what the backup says: a mirror's file of that name is another's, or the same */
static bool own(const char *name)
{
	return strncmp(name, "root", 4) == 0 && strstr(name, ".crl") == NULL;
}

static enum fj_rc copy_below(int from, int to, int depth, struct fj_err *err)
{
	FJ_AUTO(dir) d = NULL;
	struct stat st;

	FJ_TRY(fj_dir_list(from, ".", &d, err));
	for (const struct dirent *e; (e = readdir(d)) != NULL;) {
		FJ_AUTO(fd) sub = -1;
		FJ_AUTO(fd) into = -1;
		if (e->d_name[0] == '.' || !fj_ustar_name_ok(e->d_name) || own(e->d_name) || fstatat(from, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISREG(st.st_mode))
			FJ_TRY(copy_file(from, e->d_name, to, err));
		if (!S_ISDIR(st.st_mode) || depth == 0)
			continue;
		FJ_TRY(fj_dir_open(from, e->d_name, &sub, err));
		FJ_TRY(fj_dir_make(to, e->d_name, 0755, err));
		FJ_TRY(fj_dir_open(to, e->d_name, &into, err));
		FJ_TRY(copy_below(sub, into, depth - 1, err));
	}
	return FJ_OK;
}

/* one of `taken`, where it is there */
static enum fj_rc take(int from, const char *path, struct fj_err *err)
{
	FJ_AUTO(fd) src = -1;
	FJ_AUTO(fd) dst = -1;
	char to[300];
	const char *name;
	struct stat st;

	snprintf(to, sizeof(to), "publish/%s", path);
	if (fstatat(from, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? FJ_OK : fj_fail_errno(err, BAK_LAYER, "look at %s", path);
	FJ_TRY(bak_folder(AT_FDCWD, to, &name, &dst, err));
	if (S_ISREG(st.st_mode)) {
		char parent[300];
		snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(path, '/') - path), path);
		FJ_TRY(fj_dir_open(from, parent, &src, err));
		return copy_file(src, name, dst, err);
	}
	FJ_AUTO(fd) into = -1;
	FJ_TRY(fj_dir_open(from, path, &src, err));
	FJ_TRY(fj_dir_make(dst, name, 0755, err));
	FJ_TRY(fj_dir_open(dst, name, &into, err));
	return copy_below(src, into, BAK_DEPTH, err);
}

/* the folder that has log/checkpoint: it, or "publish" below it */
static enum fj_rc find(const char *path, int *out, struct fj_err *err)
{
	FJ_AUTO(fd) dir = -1;

	if (strstr(path, "://") != NULL)
		return fj_refuse(err, FJ_E_UNSUPPORTED, BAK_LAYER, FJ_BACKUP_CITE, "--mirror is a folder here: fetch what the mirror has first (fujie verifier --dir V --root SHA256 --mirror URL), then --mirror V/publish", "--mirror 在此处为文件夹：请先取回镜像内容（fujie verifier --dir V --root SHA256 --mirror 地址），再用 --mirror V/publish");
	FJ_TRY(fj_dir_open(AT_FDCWD, path, &dir, err));
	if (faccessat(dir, "log/checkpoint", R_OK, 0) == 0) {
		*out = dir;
		dir = -1;
		return FJ_OK;
	}
	if (faccessat(dir, "publish/log/checkpoint", R_OK, 0) != 0)
		return bak_no(err, FJ_E_NOTFOUND, "%.200s has no log/checkpoint: bring the folder publish of a mirror, or of the home itself", "%.200s 中没有 log/checkpoint：请提供镜像或本系统的 publish 目录", path);
	return fj_dir_open(dir, "publish", out, err);
}

enum fj_rc bak_mirror(const struct fj_backup *b, int dir, struct bak_checked *c, struct fj_err *err)
{
	struct fj_checkpoint there;

	FJ_TRY(bak_head(&b->log, dir, "log", &there, err));
	FJ_TRY(goes_on(dir, "log", &c->head, &there, err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(taken); i++)
		FJ_TRY(take(dir, taken[i], err));
	c->head = there;
	return FJ_OK;
}

enum fj_rc bak_mirror_open(const char *path, int *out, struct fj_err *err)
{
	return find(path, out, err);
}
