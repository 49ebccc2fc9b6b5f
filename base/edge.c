/*
 * edge.c - the right edge of a log's tree: leaves are added to it, and its root is the
 * tree's.
 *
 * Who has the edge of a tree whose root is believed, and adds every leaf since, has the
 * root of the newer tree without a proof and without a tile.  A tile that is full is
 * handed on: to be written, or to be held against the one that somebody else has.
 */
#include <string.h>

#include "base/tlog.h"

void fj_edge_init(struct fj_edge *e)
{
	memset(e, 0, sizeof(*e));
	for (unsigned l = 0; l < FJ_TILE_LEVELS; l++)
		fj_buf_init(&e->hash[l], FJ_TILE_OCTETS);
}

void fj_edge_release(struct fj_edge *e)
{
	for (unsigned l = 0; l < FJ_TILE_LEVELS; l++)
		fj_buf_release(&e->hash[l]);
}

/* from right to left: the smallest subtree first */
void fj_edge_root(const struct fj_edge *e, struct fj_hash *out)
{
	bool any = false;
	struct fj_hash part;

	fj_empty_hash(out);
	for (unsigned l = 0; l < FJ_TILE_LEVELS; l++) {
		size_t left = e->hash[l].len / FJ_SHA256_LEN;
		for (size_t n = 1; left > 0; n *= 2) {
			if ((left & n) == 0)
				continue;
			left -= n;
			fj_subtree_hash(e->hash[l].data + left * FJ_SHA256_LEN, n, &part);
			if (any)
				fj_node_hash(&part, out, out);
			else
				*out = part;
			any = true;
		}
	}
}

struct fj_tile fj_edge_last(const struct fj_edge *e, unsigned level)
{
	uint64_t hashes = e->size >> (level * 8);

	return (struct fj_tile){.level = level, .n = hashes / FJ_TILE_WIDTH, .width = (unsigned)(hashes % FJ_TILE_WIDTH)};
}

enum fj_rc fj_edge_add(struct fj_edge *e, const struct fj_hash *leaf, fj_edge_fn full, void *user, struct fj_err *err)
{
	struct fj_hash h = *leaf;

	for (unsigned l = 0; l < FJ_TILE_LEVELS; l++) {
		struct fj_buf *b = &e->hash[l];
		if (fj_buf_put(b, h.b, sizeof(h.b)) != FJ_OK)
			return fj_no_memory(err, "log");
		e->changed[l] = true;
		if (b->len < FJ_TILE_OCTETS)
			break;
		struct fj_tile t = {.level = l, .n = e->size >> (l * 8) >> 8, .width = FJ_TILE_WIDTH};
		FJ_TRY(full(user, &t, fj_buf_slice(b), err));
		fj_subtree_hash(b->data, FJ_TILE_WIDTH, &h);
		fj_buf_clear(b);
		e->changed[l] = false;
	}
	e->size++;
	return FJ_OK;
}
