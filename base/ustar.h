/*
 * ustar.h - the headers of a POSIX ustar archive (POSIX.1-2017 pax, "ustar interchange format"), one at a time, written
 * and read: what stands between files that are too large for memory.
 *
 * Files, folders and symbolic links; no owners.  A name is relative and leads nowhere else: no part of it is empty, "." or "..",
 * and it is UTF-8 without control characters.  So a link leads to a place below the folder of the archive.  A file
 * of 8 GiB and more has its size in base 256, as GNU tar and libarchive write and read it.
 */
#ifndef FJ_BASE_USTAR_H
#define FJ_BASE_USTAR_H

#include "base/buf.h"
#include "base/clock.h"

#define FJ_USTAR_BLOCK 512
#define FJ_USTAR_NAME 255 /* octets: 155 before a slash and 100 behind it */
#define FJ_USTAR_SIZE ((int64_t)1 << 50) /* octets of a file, at most */

enum fj_ustar_type { FJ_USTAR_FILE = '0', FJ_USTAR_LINK = '2', FJ_USTAR_FOLDER = '5' };
struct fj_ustar {
	enum fj_ustar_type type;
	char name[FJ_USTAR_NAME + 2];
	char link[101];   /* where a link leads; else "" */
	unsigned mode;    /* 0 to 0777 */
	int64_t size;     /* of a file; else 0 */
	fj_time at;       /* 0 to 2^33 - 1 */
};
/* FJ_E_LIMIT for a name that can't be divided so that it fits, FJ_E_INVALID for one that is none of the above. */
enum fj_rc fj_ustar_put(const struct fj_ustar *e, uint8_t head[FJ_USTAR_BLOCK], struct fj_err *err) FJ_MUST_USE;
/* *end: two blocks of zeros end an archive, and this is one of zeros; out says nothing then.  FJ_E_PARSE for anything that
 * fj_ustar_put does not write. */
enum fj_rc fj_ustar_read(const uint8_t head[FJ_USTAR_BLOCK], struct fj_ustar *out, bool *end, struct fj_err *err) FJ_MUST_USE;
/* zeros behind a file of so many octets, up to the next block */
size_t fj_ustar_rest(int64_t size);
/* is it a name as above? */
bool fj_ustar_name_ok(const char *name);

#endif
