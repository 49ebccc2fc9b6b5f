/*
 * tlog.h - Merkle trees of a public log: RFC 6962 hashes, kept in the tiles of
 * C2SP tlog-tiles (height 8, 256 hashes a tile), and proofs from them.
 *
 * Nothing here reads a file or believes a tile: who computes a proof from tiles that
 * are not his own verifies it against a root that somebody signed.
 */
#ifndef FJ_BASE_TLOG_H
#define FJ_BASE_TLOG_H

#include "base/buf.h"

#define FJ_TILE_WIDTH 256
#define FJ_TILE_OCTETS (FJ_TILE_WIDTH * FJ_SHA256_LEN)
#define FJ_TILE_LEVELS 8   /* enough for 2^64 leaves */
#define FJ_LEAF_MAX 65535  /* octets of a leaf: its length is a uint16 in an entry bundle */
#define FJ_BUNDLE_MAX (FJ_TILE_WIDTH * (2 + FJ_LEAF_MAX))

/* RFC 6962 2.1: SHA-256(0x00 || leaf), SHA-256(0x01 || left || right), and of no leaf SHA-256("") */
void fj_leaf_hash(struct fj_slice leaf, struct fj_hash *out);
void fj_node_hash(const struct fj_hash *left, const struct fj_hash *right, struct fj_hash *out);
void fj_empty_hash(struct fj_hash *out);
/* of the complete subtree over n hashes that stand one after the other; n: a power of two, 256 at most */
void fj_subtree_hash(const uint8_t *hashes, size_t n, struct fj_hash *out);

/* One tile, or one bundle of entries. */
struct fj_tile {
	bool entries;
	unsigned level; /* 0..7; 0 of entries */
	uint64_t n;     /* its number in the level */
	unsigned width; /* hashes or entries in it, 1..256; less than 256 is a partial one */
};
#define FJ_TILE_PATH 64
/* "tile/0/x001/x234/067", "tile/1/000.p/17", "tile/entries/000.p/3" */
void fj_tile_path(const struct fj_tile *t, char out[FJ_TILE_PATH]);
/* and back: exactly that form, no leading zeroes; FJ_E_PARSE */
enum fj_rc fj_tile_parse(const char *path, struct fj_tile *out) FJ_MUST_USE;
/* the tile of a tree of `size` leaves that has hash `index` of a level: full, or as wide as that tree makes it */
struct fj_tile fj_tile_at(unsigned level, uint64_t index, uint64_t size);

/* Where tiles come from: exactly width * 32 octets into an empty buffer (of entries: the bundle).
 * A reader may give a wider tile of the same number for a partial one and cut it. */
typedef enum fj_rc (*fj_tile_fn)(void *user, const struct fj_tile *t, struct fj_buf *out, struct fj_err *err);
struct fj_tiles {
	fj_tile_fn read;
	void *user;
};

/* --- edge.c: the right edge of a tree, which is all that has to be known of it for it to grow and to have a root --- */
struct fj_edge {
	uint64_t size;
	struct fj_buf hash[FJ_TILE_LEVELS];  /* of the last, partial tile of each level */
	bool changed[FJ_TILE_LEVELS];        /* by fj_edge_add; who uses it clears it */
};
void fj_edge_init(struct fj_edge *e);
void fj_edge_release(struct fj_edge *e);
FJ_DEFINE_AUTO(edge, struct fj_edge, fj_edge_release)
void fj_edge_root(const struct fj_edge *e, struct fj_hash *out);
/* the last tile of a level, which is partial; of width 0: there is none */
struct fj_tile fj_edge_last(const struct fj_edge *e, unsigned level);
/* a tile that has become full, with its 256 hashes */
typedef enum fj_rc (*fj_edge_fn)(void *user, const struct fj_tile *t, struct fj_slice hashes, struct fj_err *err);
/* One leaf more.  After a failure the edge is of no tree any more. */
enum fj_rc fj_edge_add(struct fj_edge *e, const struct fj_hash *leaf, fj_edge_fn full, void *user, struct fj_err *err) FJ_MUST_USE;

/* The way from a leaf to the root (RFC 6962 2.1.1), or from an older root to a newer (2.1.2). */
#define FJ_PATH_MAX 64
struct fj_path {
	size_t n;
	struct fj_hash h[FJ_PATH_MAX];
};
/* Each reads few tiles: those on the right edge and on the way.  FJ_E_INVALID for an index that is not below
 * the size, or a size before that is 0 or more than the size. */
enum fj_rc fj_tree_root(const struct fj_tiles *t, uint64_t size, struct fj_hash *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_tree_prove(const struct fj_tiles *t, uint64_t index, uint64_t size, struct fj_path *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_tree_consistency(const struct fj_tiles *t, uint64_t before, uint64_t size, struct fj_path *out, struct fj_err *err) FJ_MUST_USE;
/* Strict: a path of another length than the two numbers demand is not one. */
bool fj_path_includes(const struct fj_path *p, uint64_t index, uint64_t size, const struct fj_hash *leaf, const struct fj_hash *root);
/* before 0: any tree, by an empty path; before == size: the same root, by an empty path */
bool fj_path_consistent(const struct fj_path *p, uint64_t before, const struct fj_hash *before_root, uint64_t size, const struct fj_hash *root);

/* One entry of a bundle: *rest moves behind it; FJ_E_PARSE when it is cut. */
enum fj_rc fj_entry_next(struct fj_slice *rest, struct fj_slice *entry) FJ_MUST_USE;
enum fj_rc fj_entry_put(struct fj_buf *bundle, struct fj_slice entry) FJ_MUST_USE; /* FJ_E_LIMIT over FJ_LEAF_MAX */

#endif
