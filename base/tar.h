/*
 * tar.h - archives that are given out: POSIX ustar without owners and of a time that is the
 * caller's, so that the same content gives the same octets; gzipped where much of it repeats.
 * And read again, strictly.
 *
 * It writes regular files with short ASCII names, and nothing else.
 */
#ifndef FJ_BASE_TAR_H
#define FJ_BASE_TAR_H

#include "base/buf.h"
#include "base/clock.h"

#define FJ_TAR_NAME 99 /* octets */

struct fj_tar {
	struct fj_buf out; /* the archive, complete after fj_tar_end */
	fj_time at;        /* time of the files that are added next */
	void *pack;        /* deflates what is added; NULL: plain */
};
/* max: octets of the archive; gzip: FJ_E_NOMEM */
enum fj_rc fj_tar_new(struct fj_tar *t, size_t max, fj_time at, bool gzip, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_LIMIT when the archive grows over its maximum; FJ_E_INTERNAL for a name over FJ_TAR_NAME */
enum fj_rc fj_tar_add(struct fj_tar *t, const char *name, struct fj_slice bytes, struct fj_err *err) FJ_MUST_USE;
/* the two zero blocks, and the end of the gzip stream */
enum fj_rc fj_tar_end(struct fj_tar *t, struct fj_err *err) FJ_MUST_USE;
void fj_tar_release(struct fj_tar *t);
FJ_DEFINE_AUTO(tar, struct fj_tar, fj_tar_release)

/* --- reading (untar.c): an archive in memory, of such files alone --- */
struct fj_untar {
	struct fj_slice in;
	size_t at, max_file; /* max_file: octets of one file */
	bool ended;
};
struct fj_untar_entry {
	char name[101];       /* fj_tar_plain */
	struct fj_slice data; /* borrowed */
};
void fj_untar_open(struct fj_untar *t, struct fj_slice in, size_t max_file);
/* The next file; *more false after the archive's end of two zero blocks.  Refused as a whole, FJ_E_PARSE or FJ_E_LIMIT: every
 * other type than a regular file, a name that is not plain, a header whose checksum or magic is not ustar's, what is cut off
 * or follows the end. */
enum fj_rc fj_untar_next(struct fj_untar *t, struct fj_untar_entry *out, bool *more, struct fj_err *err) FJ_MUST_USE;
/* Letters, digits, "-", "_", "~", "." and "/" between names: none begins with a dot, is empty or leads upwards. */
bool fj_tar_plain(const char *name);

#endif
