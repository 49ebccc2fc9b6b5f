/*
 * monitor.h - `fujie log monitor`: follows a public log over HTTP and tells who is named
 * in it.
 */
#ifndef FJ_GATEWAY_MONITOR_H
#define FJ_GATEWAY_MONITOR_H

#include <stdatomic.h>

#include "base/note.h"

/* The whole program of `fujie log monitor URL --vkey KEY --dir CACHE …`, from the word monitor on.  Returns the exit
 * code: 1 when anything in the log is not as it must be. */
int gw_monitor_main(int argc, char **argv);

/* What is not as it must be, and at which leaf; what NULL: nothing.  Functions that find it return an rc of exit code 1
 * and the words in *err; any other failure is none of the log's. */
struct gw_fault {
	const char *what; /* "signature", "origin", "quorum", "rollback", "fork", "tile", "entry", "leaf", "missing" */
	uint64_t at;
};
enum fj_rc gw_fault(struct gw_fault *f, const char *what, uint64_t at, struct fj_err *err, const char *en, const char *zh);

/* --- remote.c --- */
struct gw_remote {
	const char *url; /* the log's prefix, without a slash at its end */
	const atomic_bool *stop;
	uint64_t size;   /* of the newest tree: a narrower tile that has gone is cut from the one of this tree */
	struct gw_fault *fault;
};
enum fj_rc gw_remote_get(const struct gw_remote *r, const char *path, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* exactly as wide as asked for, into an empty buffer; a tile that the log must have and has not is a fault */
enum fj_rc gw_remote_tile(const struct gw_remote *r, const struct fj_tile *t, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;

/* --- edge.c --- */
/* From the log's tiles; only right when its root is compared with one that is believed. */
enum fj_rc gw_edge_load(struct fj_edge *e, uint64_t size, const struct gw_remote *r, struct fj_err *err) FJ_MUST_USE;
/* One leaf more.  A tile that is full by it has to be the log's, octet by octet. */
enum fj_rc gw_edge_add(struct fj_edge *e, const struct fj_hash *leaf, const struct gw_remote *r, struct fj_err *err) FJ_MUST_USE;
/* So have the partial ones that have changed. */
enum fj_rc gw_edge_compare(struct fj_edge *e, const struct gw_remote *r, struct fj_err *err) FJ_MUST_USE;

#endif
