/*
 * tiles.h - tiles of a log that lie in a folder as they are published ("tile/0/000",
 * "tile/entries/000.p/3" below it).
 *
 * They are read, not believed (base/tlog.h).
 */
#ifndef FJ_BASE_TILES_H
#define FJ_BASE_TILES_H

#include "base/tlog.h"

struct fj_tile_folder {
	int dir;          /* AT_FDCWD allowed */
	const char *path; /* the log's folder below it: "publish/log" */
};
/* An fj_tile_fn, user: a struct fj_tile_folder.  A partial tile that has gone is cut from the full one, or from the
 * narrowest that is wide enough.  FJ_E_NOTFOUND; FJ_E_PARSE when a file is not as wide as its name says. */
enum fj_rc fj_tile_read(void *folder, const struct fj_tile *t, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* The first octets of a tile or bundle that make `width` hashes or entries; FJ_E_PARSE when there are fewer.  whole:
 * nothing may follow. */
enum fj_rc fj_tile_cut(bool entries, unsigned width, bool whole, struct fj_slice in, struct fj_slice *out) FJ_MUST_USE;

#endif
