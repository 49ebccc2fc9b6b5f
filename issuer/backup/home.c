/*
 * home.c - what of a home is in its backup: everything but the rows below.
 *
 * A table of what is left out, not of what is taken: a file that somebody puts into a home, or that a later release adds, is in
 * the backup without anybody having thought of it (docs/formats.md 42 says for each what it is).  First comes the signer's folder; the
 * register, and the log's checkpoint with the right edge of its tree, come from make.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "issuer/backup/bak.h"

enum how { WHOLE, BELOW, EXCEPT };
static const struct {
	const char *path;
	enum how how; /* this path; it and all below it; what is below a row of BELOW all the same */
} left_out[] = {
	{"run/demo.clock", EXCEPT},          /* the day on which a demo home lives */
	{"run", BELOW},                      /* sockets, locks, requests of processes */
	{BAK_REGISTER, WHOLE},               /* it is streamed first, from one state of it */
	{BAK_REGISTER "-wal", WHOLE},        /* what was written after that state */
	{BAK_REGISTER "-shm", WHOLE},
	{"publish/public.db", WHOLE},        /* made again from the register */
	{"publish/public.db-journal", WHOLE},
	{"tpm/.lock", WHOLE},
	{"restore.key", WHOLE},              /* of a restore that was asked for here */
	{"restore.request", WHOLE},
};
static const char *const first[] = {"signer"};

/* The log's newest checkpoint and its partial tiles belong together, and change while others are copied (make.c). */
static bool edge(const char *path)
{
	static const char tiles[] = "publish/log/tile/";
	size_t n = strlen(path);

	return strcmp(path, BAK_CHECKPOINT) == 0 || (strncmp(path, tiles, sizeof(tiles) - 1) == 0 && (strstr(path, ".p/") != NULL || (n > 2 && strcmp(path + n - 2, ".p") == 0)));
}

static bool below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static bool begins(const char *path, const char *start)
{
	return strncmp(path, start, strlen(start)) == 0;
}

bool bak_left_out(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;

	for (size_t i = 0; i < FJ_ARRAY_LEN(left_out); i++) {
		if (strcmp(path, left_out[i].path) == 0)
			return left_out[i].how != EXCEPT && strcmp(path, "run") != 0;
		if (left_out[i].how == BELOW && below(path, left_out[i].path))
			return true;
	}
	if (begins(path, BAK_REGISTER ".")) /* the copy of before an upgrade (register.db.v12) */
		return true;
	return (name[0] == '.' && strstr(name, ".tmp-") != NULL) || strcmp(path, "publish/log/checkpoint.tmp") == 0; /* as fj_file_replace and the log name them */
}

enum fj_rc bak_no(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh, const char *what)
{
	fj_fail(err, rc, BAK_LAYER, FJ_BACKUP_CITE, en, what);
	fj_err_zh(err, zh, what);
	return rc;
}

/* --- going through it --- */

struct walk {
	bak_fn fn;
	void *user;
	bool firsts; /* the rows of `first` alone; else what is below none of them */
};

static bool is_first(const char *path)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(first); i++)
		if (below(path, first[i]))
			return true;
	return false;
}

static enum fj_rc folder(const struct walk *w, int dir, const char *at, int depth, struct fj_err *err);

static enum fj_rc one(const struct walk *w, int dir, const char *name, const char *path, int depth, struct fj_err *err)
{
	struct bak_found f = {.dir = dir, .name = name, .path = path};

	if (fstatat(dir, name, &f.st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? FJ_OK : fj_fail_errno(err, BAK_LAYER, "look at %s", path); /* it has gone meanwhile */
	if (!S_ISREG(f.st.st_mode) && !S_ISDIR(f.st.st_mode) && !S_ISLNK(f.st.st_mode))
		return FJ_OK; /* sockets last no longer than who made them */
	FJ_TRY(w->fn(w->user, &f, err));
	if (!S_ISDIR(f.st.st_mode))
		return FJ_OK;
	if (depth == 0)
		return bak_no(err, FJ_E_LIMIT, "the home has folders that lie deeper than a home's: %.80s", "主目录中的文件夹嵌套过深：%.80s", path);
	FJ_AUTO(fd) sub = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (sub < 0)
		return errno == ENOENT ? FJ_OK : fj_fail_errno(err, BAK_LAYER, "open %s", path);
	return folder(w, sub, path, depth - 1, err);
}

static enum fj_rc folder(const struct walk *w, int dir, const char *at, int depth, struct fj_err *err)
{
	FJ_AUTO(dir) d = NULL;
	char path[FJ_USTAR_NAME + 2];

	FJ_TRY(fj_dir_list(dir, ".", &d, err));
	for (const struct dirent *e; (e = readdir(d)) != NULL;) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		int n = snprintf(path, sizeof(path), "%s%s%s", at, at[0] == '\0' ? "" : "/", e->d_name);
		if (n < 0 || (size_t)n >= sizeof(path))
			return bak_no(err, FJ_E_LIMIT, "a name in the home is too long for a backup: %.80s", "主目录中有文件名过长，不能备份：%.80s", e->d_name);
		if (!bak_left_out(path) && !edge(path) && is_first(path) == w->firsts)
			FJ_TRY(one(w, dir, e->d_name, path, depth, err));
	}
	return FJ_OK;
}

static enum fj_rc walk_first(const struct walk *w, int home, const char *path, struct fj_err *err)
{
	FJ_AUTO(fd) dir = -1;
	char parent[FJ_USTAR_NAME + 2] = ".";
	const char *slash = strrchr(path, '/');

	if (slash != NULL)
		snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
	if (fj_dir_open(home, parent, &dir, NULL) != FJ_OK)
		return FJ_OK;
	return one(w, dir, slash == NULL ? path : slash + 1, path, BAK_DEPTH, err);
}

enum fj_rc bak_walk(int home, bak_fn fn, void *user, struct fj_err *err)
{
	struct walk w = {.fn = fn, .user = user, .firsts = true};

	for (size_t i = 0; i < FJ_ARRAY_LEN(first); i++)
		FJ_TRY(walk_first(&w, home, first[i], err));
	w.firsts = false;
	return folder(&w, home, "", BAK_DEPTH, err);
}

/* --- places --- */

static int open_below(int home, const char *path)
{
	struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};

	return (int)syscall(SYS_openat2, home, path, &how, sizeof(how));
}

enum fj_rc bak_folder(int home, const char *path, const char **name, int *out, struct fj_err *err)
{
	char parent[FJ_USTAR_NAME + 2];
	const char *slash = strrchr(path, '/');

	*name = slash == NULL ? path : slash + 1;
	for (const char *at = strchr(path, '/'); at != NULL; at = strchr(at + 1, '/')) {
		FJ_AUTO(fd) up = -1;
		snprintf(parent, sizeof(parent), "%.*s", (int)(at - path), path);
		const char *last = strrchr(parent, '/');
		char before[FJ_USTAR_NAME + 2];
		snprintf(before, sizeof(before), "%.*s", last == NULL ? 1 : (int)(last - parent), last == NULL ? "." : parent);
		up = open_below(home, before);
		if (up < 0 || (mkdirat(up, last == NULL ? parent : last + 1, 0700) != 0 && errno != EEXIST))
			return fj_fail_errno(err, BAK_LAYER, "make the folder of %s", path);
	}
	snprintf(parent, sizeof(parent), "%.*s", slash == NULL ? 1 : (int)(slash - path), slash == NULL ? "." : path);
	*out = open_below(home, parent);
	return *out >= 0 ? FJ_OK : fj_fail_errno(err, BAK_LAYER, "open the folder of %s", path);
}

static void remove_below(int dir, int depth)
{
	FJ_AUTO(dir) d = NULL;

	if (fj_dir_list(dir, ".", &d, NULL) != FJ_OK)
		return;
	for (const struct dirent *e; (e = readdir(d)) != NULL;) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (unlinkat(dir, e->d_name, 0) == 0 || depth == 0)
			continue;
		FJ_AUTO(fd) sub = openat(dir, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0)
			remove_below(sub, depth - 1);
		unlinkat(dir, e->d_name, AT_REMOVEDIR);
	}
}

void bak_remove(const char *path)
{
	FJ_AUTO(fd) dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir >= 0)
		remove_below(dir, BAK_DEPTH + 1);
	rmdir(path);
}

enum fj_rc bak_copy(int fd, int64_t n, const char *path, bak_part_fn fn, void *user, struct fj_err *err)
{
	FJ_AUTO(mem) part = fj_alloc(BAK_PART, 1);

	if (part == NULL)
		return fj_no_memory(err, BAK_LAYER);
	while (n > 0) {
		ssize_t got = read(fd, part, n < (int64_t)BAK_PART ? (size_t)n : BAK_PART);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fj_fail_errno(err, BAK_LAYER, "read %s", path);
		if (got == 0)
			return bak_no(err, FJ_E_BUSY, "%.120s became shorter while it was copied; try again", "%.120s 在复制时变短，请重试", path);
		FJ_TRY(fn(user, part, (size_t)got, err));
		n -= got;
	}
	return FJ_OK;
}
