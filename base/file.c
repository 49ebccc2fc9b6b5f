/*
 * file.c - whole files, with a maximum when read and all-or-nothing when written.
 *
 * Replacing writes a temporary name in the same folder, makes it durable, renames
 * it, and makes the folder durable: after a kill or a power cut the reader finds
 * the old file or the new one.  A symbolic link as the last part is refused.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum fj_rc fj_write_all(int fd, const void *p, size_t n, struct fj_err *err)
{
	const uint8_t *at = p;

	while (n > 0) {
		ssize_t w = write(fd, at, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return fj_fail_errno(err, "base", "write");
		at += w;
		n -= (size_t)w;
	}
	return FJ_OK;
}

enum fj_rc fj_read_all(int fd, void *p, size_t n, struct fj_err *err)
{
	uint8_t *at = p;

	while (n > 0) {
		ssize_t r = read(fd, at, n);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return fj_fail_errno(err, "base", "read");
		if (r == 0)
			return fj_fail(err, FJ_E_IO, "base", NULL, "%zu octets are missing at the end", n);
		at += r;
		n -= (size_t)r;
	}
	return FJ_OK;
}

static enum fj_rc open_file(int dirfd, const char *path, int *out, struct stat *st, struct fj_err *err)
{
	FJ_AUTO(fd) fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0 || fstat(fd, st) != 0)
		return fj_fail_errno(err, "base", "open %s", path);
	if (S_ISDIR(st->st_mode)) {
		errno = EISDIR;
		return fj_fail_errno(err, "base", "read %s", path);
	}
	if (!S_ISREG(st->st_mode)) /* a FIFO would never end */
		return fj_fail(err, FJ_E_IO, "base", NULL, "%s is not a file", path);
	*out = fd;
	fd = -1;
	return FJ_OK;
}

static enum fj_rc read_whole(int fd, const char *path, struct fj_buf *out, struct fj_err *err)
{
	uint8_t chunk[16384];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fj_fail_errno(err, "base", "read %s", path);
		if (n == 0)
			return fj_buf_put(out, "", 0);
		enum fj_rc rc = fj_buf_put(out, chunk, (size_t)n);
		if (rc != FJ_OK)
			return fj_fail(err, rc, "base", NULL, "%s is larger than %zu octets", path, out->max);
	}
}

enum fj_rc fj_file_read(int dirfd, const char *path, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(fd) fd = -1;
	struct stat st;

	FJ_TRY(open_file(dirfd, path, &fd, &st, err));
	return read_whole(fd, path, out, err);
}

/* the mark is taken before the text: what is written in between is noticed */
enum fj_rc fj_watch_read(struct fj_watch *w, int dirfd, const char *path, struct fj_buf *out, struct fj_err *err)
{
	struct stat st;

	fj_fd_close(&w->fd);
	FJ_TRY(open_file(dirfd, path, &w->fd, &st, err));
	w->changed = st.st_mtim;
	w->size = st.st_size;
	enum fj_rc rc = read_whole(w->fd, path, out, err);
	if (rc != FJ_OK)
		fj_fd_close(&w->fd);
	return rc;
}

bool fj_watch_same(const struct fj_watch *w)
{
	struct stat st;

	return w->fd >= 0 && fstat(w->fd, &st) == 0 && st.st_nlink > 0 && st.st_size == w->size && st.st_mtim.tv_sec == w->changed.tv_sec &&
	    st.st_mtim.tv_nsec == w->changed.tv_nsec;
}

void fj_watch_close(struct fj_watch *w)
{
	fj_fd_close(&w->fd);
}

/* "a/b" has its temporary "a/.b.tmp-<pid>" in the same folder */
static enum fj_rc temporary(const char *path, char *out, size_t cap, struct fj_err *err)
{
	const char *slash = strrchr(path, '/');
	int dir = slash == NULL ? 0 : (int)(slash - path) + 1;
	int n = snprintf(out, cap, "%.*s.%s.tmp-%ld", dir, path, path + dir, (long)getpid());

	return n > 0 && (size_t)n < cap ? FJ_OK
	    : fj_fail(err, FJ_E_LIMIT, "base", NULL, "the name %.80s is too long", path);
}

static enum fj_rc sync_folder(int dirfd, const char *path, struct fj_err *err)
{
	char dir[1024] = ".";
	const char *slash = strrchr(path, '/');

	if (slash != NULL)
		snprintf(dir, sizeof(dir), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	FJ_AUTO(fd) fd = openat(dirfd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return fj_fail_errno(err, "base", "make the folder of %s durable", path);
	return FJ_OK;
}

static enum fj_rc write_new(int dirfd, const char *tmp, struct fj_slice data, mode_t mode, struct fj_err *err)
{
	FJ_AUTO(fd) fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);

	if (fd < 0)
		return fj_fail_errno(err, "base", "create %s", tmp);
	if (fchmod(fd, mode) != 0)
		return fj_fail_errno(err, "base", "set the mode of %s", tmp);
	FJ_TRY(fj_write_all(fd, data.p, data.len, err));
	return fsync(fd) == 0 ? FJ_OK : fj_fail_errno(err, "base", "make %s durable", tmp);
}

enum fj_rc fj_file_replace(int dirfd, const char *path, struct fj_slice data, mode_t mode, struct fj_err *err)
{
	char tmp[1024];

	FJ_TRY(temporary(path, tmp, sizeof(tmp), err));
	enum fj_rc rc = write_new(dirfd, tmp, data, mode, err);
	if (rc == FJ_OK && renameat(dirfd, tmp, dirfd, path) != 0)
		rc = fj_fail_errno(err, "base", "rename to %s", path);
	if (rc != FJ_OK) {
		unlinkat(dirfd, tmp, 0);
		return rc;
	}
	return sync_folder(dirfd, path, err);
}

enum fj_rc fj_dir_make(int dirfd, const char *path, mode_t mode, struct fj_err *err)
{
	if (mkdirat(dirfd, path, mode) == 0)
		return FJ_OK;
	int e = errno;
	struct stat st;
	if (e == EEXIST && fstatat(dirfd, path, &st, 0) == 0 && S_ISDIR(st.st_mode))
		return FJ_OK;
	errno = e;
	return fj_fail_errno(err, "base", "make the folder %s", path);
}

enum fj_rc fj_dir_open(int dirfd, const char *path, int *out, struct fj_err *err)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fj_fail_errno(err, "base", "open the folder %s", path);
	*out = fd;
	return FJ_OK;
}

enum fj_rc fj_dir_list(int dirfd, const char *path, DIR **out, struct fj_err *err)
{
	FJ_AUTO(fd) fd = -1;

	FJ_TRY(fj_dir_open(dirfd, path, &fd, err));
	*out = fdopendir(fd);
	if (*out == NULL)
		return fj_fail_errno(err, "base", "list %s", path);
	fd = -1; /* *out owns it now */
	return FJ_OK;
}

void fj_dir_close(DIR *d)
{
	closedir(d);
}

void fj_file_sweep(int at, const char *folder)
{
	FJ_AUTO(dir) d = NULL;

	if (fj_dir_list(at, folder, &d, NULL) != FJ_OK)
		return;
	for (const struct dirent *e; (e = readdir(d)) != NULL;)
		if (e->d_name[0] == '.' && strstr(e->d_name, ".tmp-") != NULL) /* as temporary() names them */
			unlinkat(dirfd(d), e->d_name, 0);
}
