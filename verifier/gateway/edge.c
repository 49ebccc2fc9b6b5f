/*
 * edge.c - the right edge of the tree of a log that is followed (base/tlog.h), and the
 * tiles that the log has of it.
 *
 * No tile is believed; each that comes by is compared, since others will build their
 * proofs from it.
 */
#include "verifier/gateway/monitor.h"

enum fj_rc gw_edge_load(struct fj_edge *e, uint64_t size, const struct gw_remote *r, struct fj_err *err)
{
	fj_edge_release(e);
	fj_edge_init(e);
	e->size = size;
	for (unsigned l = 0; l < FJ_TILE_LEVELS; l++) {
		struct fj_tile t = fj_edge_last(e, l);
		if (t.width > 0)
			FJ_TRY(gw_remote_tile(r, &t, &e->hash[l], err));
	}
	return FJ_OK;
}

/* what we made of the leaves against what the log says that it is */
static enum fj_rc same(void *remote, const struct fj_tile *t, struct fj_slice ours, struct fj_err *err)
{
	const struct gw_remote *r = remote;
	FJ_AUTO(buf) theirs = FJ_BUF_INIT(FJ_TILE_OCTETS);
	uint64_t k = 0;

	FJ_TRY(gw_remote_tile(r, t, &theirs, err));
	while (k < t->width && memcmp(ours.p + k * FJ_SHA256_LEN, theirs.data + k * FJ_SHA256_LEN, FJ_SHA256_LEN) == 0)
		k++;
	return k == t->width ? FJ_OK : gw_fault(r->fault, "tile", (t->n * FJ_TILE_WIDTH + k) << (t->level * 8), err, "a tile has another hash than that of its leaves", "数据块中的哈希与其条目不符");
}

enum fj_rc gw_edge_add(struct fj_edge *e, const struct fj_hash *leaf, const struct gw_remote *r, struct fj_err *err)
{
	return fj_edge_add(e, leaf, same, (void *)(uintptr_t)r, err);
}

enum fj_rc gw_edge_compare(struct fj_edge *e, const struct gw_remote *r, struct fj_err *err)
{
	for (unsigned l = 0; l < FJ_TILE_LEVELS; l++) {
		struct fj_tile t = fj_edge_last(e, l);
		if (e->changed[l] && t.width > 0)
			FJ_TRY(same((void *)(uintptr_t)r, &t, fj_buf_slice(&e->hash[l]), err));
		e->changed[l] = false;
	}
	return FJ_OK;
}
