/*
 * cosign.h - `fujie-gateway --cosign`: has a log's checkpoints cosigned by its witnesses
 * (C2SP tlog-witness).
 */
#ifndef FJ_GATEWAY_COSIGN_H
#define FJ_GATEWAY_COSIGN_H

#include <stdatomic.h>

#include "base/note.h"
#include "base/tiles.h"

/* The whole program of `fujie-gateway --cosign [--every SECONDS]`; descriptor 3 is the home.  Returns the exit code. */
int gw_cosign_main(int argc, char **argv);

/* --- the log as it is now --- */
struct gw_log {
	struct fj_buf bytes;     /* the checkpoint, as it lies there */
	struct fj_note note;     /* of bytes */
	struct fj_checkpoint at;
	struct fj_tiles tiles;
};

/* --- ask.c: one witness --- */
struct gw_witness {
	char name[FJ_NOTE_NAME + 1], url[FJ_NOTE_NAME + 1];
	struct fj_vkey key;
	uint64_t size;           /* of the tree that it cosigned last, as far as we know */
	struct fj_buf line;      /* its cosignature of the newest checkpoint; empty: none */
	int64_t got;             /* when that came; boot clock, ms, as all here */
	int64_t due, pause;      /* when to ask again, after which pause */
	char said[320];          /* what the log said last of it */
};
enum gw_told {
	GW_COSIGNED,
	GW_AHEAD,                /* it has cosigned a larger tree of this log: w->size */
	GW_FORKED,               /* it has cosigned a tree of which ours is no continuation */
	GW_FAILED,               /* none of these: *err */
};
/* Posts the newest checkpoint with a proof from what the witness has, at most twice: it may have another size than we
 * thought.  w->line, w->size and w->got follow. */
enum gw_told gw_witness_ask(struct gw_witness *w, const struct gw_log *log, const atomic_bool *stop, struct fj_err *err);
/* What it shows of this log, into an empty buffer; FJ_E_NOTFOUND, FJ_E_UNAVAILABLE. */
enum fj_rc gw_witness_last(const struct gw_witness *w, const char *origin, const atomic_bool *stop, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;

#endif
