/*
 * file.h - whole files, read with a maximum and replaced atomically and
 * durably.  Paths are relative to a directory descriptor (AT_FDCWD allowed),
 * O_NOFOLLOW on the last part.
 */
#ifndef FJ_BASE_FILE_H
#define FJ_BASE_FILE_H

#include <dirent.h>
#include <sys/types.h>
#include <time.h>

#include "base/buf.h"

/* whole file appended to out (whose max is the limit: FJ_E_LIMIT) */
enum fj_rc fj_file_read(int dirfd, const char *path, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* A small file that is read again and again, and replaced by fj_file_replace: whether it is still
 * the one that was read costs one system call.  Whoever replaces a file takes its name away from
 * the one before; one that was written over has another time or size. */
struct fj_watch {
	int fd; /* -1: not read yet */
	struct timespec changed;
	off_t size;
};
enum fj_rc fj_watch_read(struct fj_watch *w, int dirfd, const char *path, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
bool fj_watch_same(const struct fj_watch *w);
void fj_watch_close(struct fj_watch *w);
/* write to a temporary name beside it, fsync, rename, fsync the directory: after
 * a kill at any point the file is the old one or the new one. */
enum fj_rc fj_file_replace(int dirfd, const char *path, struct fj_slice data, mode_t mode, struct fj_err *err) FJ_MUST_USE;
/* removes from a folder what a process that was ended left of files that it was replacing */
void fj_file_sweep(int at, const char *folder);
/* mkdir -p of one level; existing directory is fine */
enum fj_rc fj_dir_make(int dirfd, const char *path, mode_t mode, struct fj_err *err) FJ_MUST_USE;
/* open directory, O_CLOEXEC */
enum fj_rc fj_dir_open(int dirfd, const char *path, int *out, struct fj_err *err) FJ_MUST_USE;
/* the same, to be listed */
enum fj_rc fj_dir_list(int dirfd, const char *path, DIR **out, struct fj_err *err) FJ_MUST_USE;
void fj_dir_close(DIR *d);
FJ_DEFINE_AUTO_PTR(dir, DIR, fj_dir_close)
/* full write / exact read of n octets, retried on EINTR; read: FJ_E_IO at early end */
enum fj_rc fj_write_all(int fd, const void *p, size_t n, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_read_all(int fd, void *p, size_t n, struct fj_err *err) FJ_MUST_USE;

#endif
