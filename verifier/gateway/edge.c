/*
 * edge.c - the right edge of a log's tree: leaves are added to it, and its root is the
 * tree's.
 *
 * Who has the edge of an older tree whose root was believed, and adds every leaf since,
 * gets the root of the newer one: if that is the signed root, the newer tree continues
 * the older.  No proof has to be asked for, and no tile believed; each that comes by is
 * compared, since others will build their proofs from it.
 */
#include "verifier/gateway/monitor.h"

void gw_edge_init(struct gw_edge *e)
{
	memset(e, 0, sizeof(*e));
	for (unsigned l = 0; l < FJ_TILE_LEVELS; l++)
		fj_buf_init(&e->hash[l], FJ_TILE_OCTETS);
}

void gw_edge_release(struct gw_edge *e)
{
	for (unsigned l = 0; l < FJ_TILE_LEVELS; l++)
		fj_buf_release(&e->hash[l]);
}

/* of 2^k hashes that stand one after the other */
static void subtree(const uint8_t *from, size_t n, struct fj_hash *out)
{
	struct fj_hash h[FJ_TILE_WIDTH];

	memcpy(h, from, n * sizeof(*h));
	for (; n > 1; n /= 2)
		for (size_t i = 0; i < n / 2; i++)
			fj_node_hash(&h[2 * i], &h[2 * i + 1], &h[i]);
	*out = h[0];
}

void gw_edge_root(const struct gw_edge *e, struct fj_hash *out)
{
	bool any = false;
	struct fj_hash part;

	fj_empty_hash(out);
	for (unsigned l = 0; l < FJ_TILE_LEVELS; l++) { /* from right to left: the smallest subtree first */
		size_t left = e->hash[l].len / FJ_SHA256_LEN;
		for (size_t n = 1; left > 0; n *= 2) {
			if ((left & n) == 0)
				continue;
			left -= n;
			subtree(e->hash[l].data + left * FJ_SHA256_LEN, n, &part);
			if (any)
				fj_node_hash(&part, out, out);
			else
				*out = part;
			any = true;
		}
	}
}

static unsigned width_of(uint64_t size, unsigned level)
{
	return (unsigned)(size >> (level * 8) & (FJ_TILE_WIDTH - 1));
}

static struct fj_tile last_tile(uint64_t size, unsigned level)
{
	return (struct fj_tile){.level = level, .n = size >> (level * 8) >> 8, .width = width_of(size, level)};
}

enum fj_rc gw_edge_load(struct gw_edge *e, uint64_t size, const struct gw_remote *r, struct fj_err *err)
{
	gw_edge_release(e);
	gw_edge_init(e);
	e->size = size;
	for (unsigned l = 0; l < FJ_TILE_LEVELS; l++) {
		struct fj_tile t = last_tile(size, l);
		if (t.width > 0)
			FJ_TRY(gw_remote_tile(r, &t, &e->hash[l], err));
	}
	return FJ_OK;
}

/* what we made of the leaves against what the log says that it is */
static enum fj_rc same(const struct gw_edge *e, const struct fj_tile *t, const struct gw_remote *r, struct fj_err *err)
{
	FJ_AUTO(buf) theirs = FJ_BUF_INIT(FJ_TILE_OCTETS);
	const uint8_t *ours = e->hash[t->level].data;
	uint64_t k = 0;

	FJ_TRY(gw_remote_tile(r, t, &theirs, err));
	while (k < t->width && memcmp(ours + k * FJ_SHA256_LEN, theirs.data + k * FJ_SHA256_LEN, FJ_SHA256_LEN) == 0)
		k++;
	return k == t->width ? FJ_OK : gw_fault(r->fault, "tile", (t->n * FJ_TILE_WIDTH + k) << (t->level * 8), err, "a tile has another hash than that of its leaves", "数据块中的哈希与其条目不符");
}

enum fj_rc gw_edge_add(struct gw_edge *e, const struct fj_hash *leaf, const struct gw_remote *r, struct fj_err *err)
{
	struct fj_hash h = *leaf;

	for (unsigned l = 0; l < FJ_TILE_LEVELS; l++) {
		struct fj_buf *b = &e->hash[l];
		if (fj_buf_put(b, h.b, FJ_SHA256_LEN) != FJ_OK)
			return fj_no_memory(err, "monitor");
		e->changed[l] = true;
		if (b->len < FJ_TILE_OCTETS)
			break;
		struct fj_tile t = {.level = l, .n = e->size >> (l * 8) >> 8, .width = FJ_TILE_WIDTH};
		FJ_TRY(same(e, &t, r, err));
		subtree(b->data, FJ_TILE_WIDTH, &h);
		fj_buf_clear(b);
		e->changed[l] = false;
	}
	e->size++;
	return FJ_OK;
}

enum fj_rc gw_edge_compare(struct gw_edge *e, const struct gw_remote *r, struct fj_err *err)
{
	for (unsigned l = 0; l < FJ_TILE_LEVELS; l++) {
		struct fj_tile t = last_tile(e->size, l);
		if (e->changed[l] && t.width > 0)
			FJ_TRY(same(e, &t, r, err));
		e->changed[l] = false;
	}
	return FJ_OK;
}
