/*
 * tar.h - archives that people are given: POSIX ustar without owners and of one time, so that
 * the same content gives the same octets; gzipped where much of it repeats.
 *
 * It writes regular files with short ASCII names, and nothing else.
 */
#ifndef FJ_ISSUER_TAR_H
#define FJ_ISSUER_TAR_H

#include "base/buf.h"
#include "base/clock.h"

#define TAR_MAX_NAME 99 /* octets */

struct tar {
	struct fj_buf out; /* the archive, complete after tar_end */
	fj_time at;        /* time of every file in it */
	void *pack;        /* deflates what is added; NULL: plain */
};
/* max: octets of the archive; gzip: FJ_E_NOMEM */
enum fj_rc tar_new(struct tar *t, size_t max, fj_time at, bool gzip, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_LIMIT when the archive grows over its maximum; FJ_E_INTERNAL for a name over TAR_MAX_NAME */
enum fj_rc tar_add(struct tar *t, const char *name, struct fj_slice bytes, struct fj_err *err) FJ_MUST_USE;
/* the two zero blocks, and the end of the gzip stream */
enum fj_rc tar_end(struct tar *t, struct fj_err *err) FJ_MUST_USE;
void tar_release(struct tar *t);
FJ_DEFINE_AUTO(tar, struct tar, tar_release)

#endif
