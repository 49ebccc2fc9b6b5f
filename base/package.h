/*
 * package.h - a package of what a publication changed (docs/formats.md 18): what
 * the signer signs, the outbox keeps and an inbox takes in.
 *
 * Reading checks form and hashes, not trust: no signature, no chain, no order.
 * Signer, publisher and inbox use the same reader and hold their own policies.
 */
#ifndef FJ_BASE_PACKAGE_H
#define FJ_BASE_PACKAGE_H

#include "base/clock.h"
#include "base/jws.h"

#define FJ_TYP_PACKAGE "package+jwt"
#define FJ_VCT_PACKAGE "urn:fujie:package:1"
#define FJ_PACKAGE_MAGIC "fujie-package-1\n"     /* 16 octets */
#define FJ_PACKAGE_MANIFEST_MAX FJ_STATUS_JWT_MAX
#define FJ_PACKAGE_DATA_MAX (20u << 20)          /* octets of all files and rows of one */
#define FJ_PACKAGE_MAX (FJ_PACKAGE_MANIFEST_MAX + FJ_PACKAGE_DATA_MAX + 64)
#define FJ_PACKAGE_FILES 4096
#define FJ_PACKAGE_PATH 160
#define FJ_PACKAGE_DEPTH 8                       /* names of a path */
#define FJ_PACKAGE_PARTS 100000                  /* of a snapshot */

/* The payload of a manifest: exactly its members, paths that a publication may have, each once,
 * sizes within the maxima.  FJ_E_INVALID names the member. */
enum fj_rc fj_package_check(const json_t *payload, struct fj_err *err) FJ_MUST_USE;
/* Is this a path below publish/ that a package may carry?  Never the outbox itself, the
 * generation, public.db or a temporary name. */
bool fj_package_path(const char *path);

struct fj_package {
	struct fj_slice compact;     /* the manifest as signed, borrowed */
	struct fj_jws jws;           /* the same, read */
	struct fj_slice data;        /* files in their order, borrowed */
	struct fj_slice rows;        /* JSON lines, borrowed */
	bool snapshot, last;         /* last: of a snapshot's parts; always with a change */
	int64_t seq, part, previous;
	fj_time at;
	struct fj_hash hash;         /* of the compact manifest: what the next one names */
	struct fj_hash before;       /* what this one names */
};
void fj_package_release(struct fj_package *p);
FJ_DEFINE_AUTO(package, struct fj_package, fj_package_release)
/* One package and nothing after it: FJ_E_PARSE when it is cut or longer, FJ_E_SIGNATURE when a file or the
 * rows are not what the manifest says. */
enum fj_rc fj_package_read(struct fj_slice in, struct fj_package *out, struct fj_err *err) FJ_MUST_USE;
/* The next package of a file that holds one after the other, into out (cleared); *more false at the end. */
enum fj_rc fj_package_next(int fd, struct fj_buf *out, bool *more, struct fj_err *err) FJ_MUST_USE;
/* The k-th file of a package: path and octets, borrowed.  *at is 0 for the first, and moves on. */
bool fj_package_file(const struct fj_package *p, size_t k, size_t *at, const char **path, struct fj_slice *data);
/* head of a package around its signed manifest; files and rows follow */
enum fj_rc fj_package_head(struct fj_slice compact, struct fj_buf *out) FJ_MUST_USE;

#endif
