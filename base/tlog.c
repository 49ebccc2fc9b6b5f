/*
 * tlog.c - hashes, tiles and proofs of a public log.
 *
 * A range of leaves that a proof needs is cut, from the left, into complete subtrees;
 * a complete subtree's hash comes from the one tile that holds its parts.  The few
 * tiles that a proof walks through are kept while it is made.
 */
#include "base/tlog.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define BITS 8 /* levels of the tree in a tile */

void fj_leaf_hash(struct fj_slice leaf, struct fj_hash *out)
{
	static const uint8_t lead = 0;
	crypto_hash_sha256_state st;

	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, &lead, 1);
	if (leaf.len > 0)
		crypto_hash_sha256_update(&st, leaf.p, leaf.len);
	crypto_hash_sha256_final(&st, out->b);
}

void fj_node_hash(const struct fj_hash *left, const struct fj_hash *right, struct fj_hash *out)
{
	uint8_t in[1 + 2 * FJ_SHA256_LEN];

	in[0] = 1;
	memcpy(in + 1, left->b, FJ_SHA256_LEN);
	memcpy(in + 1 + FJ_SHA256_LEN, right->b, FJ_SHA256_LEN);
	crypto_hash_sha256(out->b, in, sizeof(in));
}

void fj_empty_hash(struct fj_hash *out)
{
	fj_sha256(FJ_SLICE("", 0), out);
}

void fj_subtree_hash(const uint8_t *hashes, size_t n, struct fj_hash *out)
{
	struct fj_hash h[FJ_TILE_WIDTH];

	memcpy(h, hashes, n * sizeof(*h));
	for (; n > 1; n /= 2)
		for (size_t i = 0; i < n / 2; i++)
			fj_node_hash(&h[2 * i], &h[2 * i + 1], &h[i]);
	*out = h[0];
}

/* --- tiles --- */

void fj_tile_path(const struct fj_tile *t, char out[FJ_TILE_PATH])
{
	uint64_t unit = 1;
	int n = t->entries ? snprintf(out, FJ_TILE_PATH, "tile/entries/") : snprintf(out, FJ_TILE_PATH, "tile/%u/", t->level);

	while (t->n / unit >= 1000)
		unit *= 1000;
	for (; unit > 1; unit /= 1000)
		n += snprintf(out + n, FJ_TILE_PATH - (size_t)n, "x%03u/", (unsigned)(t->n / unit % 1000));
	n += snprintf(out + n, FJ_TILE_PATH - (size_t)n, "%03u", (unsigned)(t->n % 1000));
	if (t->width < FJ_TILE_WIDTH)
		snprintf(out + n, FJ_TILE_PATH - (size_t)n, ".p/%u", t->width);
}

static bool three_digits(const char *p)
{
	for (int i = 0; i < 3; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return true;
}

/* what it reads is compared with what it would have written: one form, without rules of its own */
enum fj_rc fj_tile_parse(const char *path, struct fj_tile *out)
{
	char again[FJ_TILE_PATH];
	const char *p = path;

	*out = (struct fj_tile){.width = FJ_TILE_WIDTH};
	if (strncmp(p, "tile/entries/", 13) == 0) {
		out->entries = true;
		p += 13;
	} else if (strncmp(p, "tile/", 5) == 0 && p[5] >= '0' && p[5] < '0' + FJ_TILE_LEVELS && p[6] == '/') {
		out->level = (unsigned)(p[5] - '0');
		p += 7;
	} else
		return FJ_E_PARSE;
	for (bool more = true; more;) {
		more = *p == 'x';
		p += more ? 1 : 0;
		if (!three_digits(p) || out->n > UINT64_MAX / 1000000)
			return FJ_E_PARSE;
		out->n = out->n * 1000 + (unsigned)(p[0] - '0') * 100 + (unsigned)(p[1] - '0') * 10 + (unsigned)(p[2] - '0');
		p += 3;
		if (more && *p++ != '/')
			return FJ_E_PARSE;
	}
	if (strncmp(p, ".p/", 3) == 0) {
		out->width = 0;
		for (p += 3; *p >= '0' && *p <= '9' && out->width < FJ_TILE_WIDTH; p++)
			out->width = out->width * 10 + (unsigned)(*p - '0');
		if (out->width == 0 || out->width >= FJ_TILE_WIDTH)
			return FJ_E_PARSE;
	}
	fj_tile_path(out, again);
	return strcmp(path, again) == 0 ? FJ_OK : FJ_E_PARSE;
}

struct fj_tile fj_tile_at(unsigned level, uint64_t index, uint64_t size)
{
	struct fj_tile t = {.level = level, .n = index / FJ_TILE_WIDTH, .width = FJ_TILE_WIDTH};
	uint64_t hashes = level * BITS >= 64 ? 0 : size >> (level * BITS);

	if (hashes / FJ_TILE_WIDTH == t.n)
		t.width = (unsigned)(hashes % FJ_TILE_WIDTH);
	return t;
}

enum fj_rc fj_entry_next(struct fj_slice *rest, struct fj_slice *entry)
{
	if (rest->len < 2)
		return FJ_E_PARSE;
	size_t n = (size_t)rest->p[0] << 8 | rest->p[1];
	if (rest->len - 2 < n)
		return FJ_E_PARSE;
	*entry = FJ_SLICE(rest->p + 2, n);
	*rest = FJ_SLICE(rest->p + 2 + n, rest->len - 2 - n);
	return FJ_OK;
}

enum fj_rc fj_entry_put(struct fj_buf *bundle, struct fj_slice entry)
{
	uint8_t len[2] = {(uint8_t)(entry.len >> 8), (uint8_t)entry.len};

	if (entry.len > FJ_LEAF_MAX)
		return FJ_E_LIMIT;
	FJ_TRY(fj_buf_put(bundle, len, 2));
	return fj_buf_put(bundle, entry.p, entry.len);
}

/* --- hashes of ranges --- */

struct walk {
	const struct fj_tiles *from;
	uint64_t size;
	struct fj_tile at[FJ_TILE_LEVELS]; /* the last tile of each level that was read */
	struct fj_buf data[FJ_TILE_LEVELS];
};

static void walk_init(struct walk *w, const struct fj_tiles *from, uint64_t size)
{
	memset(w, 0, sizeof(*w));
	w->from = from;
	w->size = size;
	for (int i = 0; i < FJ_TILE_LEVELS; i++)
		fj_buf_init(&w->data[i], FJ_TILE_OCTETS);
}

static void walk_release(struct walk *w)
{
	for (int i = 0; i < FJ_TILE_LEVELS; i++)
		fj_buf_release(&w->data[i]);
}
FJ_DEFINE_AUTO(walk, struct walk, walk_release)

static enum fj_rc load(struct walk *w, const struct fj_tile *t, struct fj_err *err)
{
	struct fj_buf *b = &w->data[t->level];

	if (b->len > 0 && w->at[t->level].n == t->n)
		return FJ_OK;
	fj_buf_clear(b);
	FJ_TRY(w->from->read(w->from->user, t, b, err));
	if (b->len == (size_t)t->width * FJ_SHA256_LEN) {
		w->at[t->level] = *t;
		return FJ_OK;
	}
	fj_buf_clear(b);
	return fj_fail(err, FJ_E_CORRUPT, "log", "C2SP tlog-tiles", "a tile of level %u, number %llu, has not its %u hashes", t->level, (unsigned long long)t->n, t->width);
}

/* of the complete subtree number `index` of a level of the tree */
static enum fj_rc complete(struct walk *w, unsigned level, uint64_t index, struct fj_hash *out, struct fj_err *err)
{
	unsigned in = level % BITS, n = 1u << in;
	uint64_t first = index << in;
	struct fj_tile t = fj_tile_at(level / BITS, first, w->size);
	size_t from = first % FJ_TILE_WIDTH;

	if (from + n > t.width)
		return fj_fail(err, FJ_E_INTERNAL, "log", NULL, "a subtree lies beyond the tree");
	FJ_TRY(load(w, &t, err));
	fj_subtree_hash(w->data[t.level].data + from * FJ_SHA256_LEN, n, out);
	return FJ_OK;
}

static unsigned log2_floor(uint64_t n)
{
	unsigned k = 0;

	while (n >> k > 1)
		k++;
	return k;
}

/* the greatest power of two that is less than n; n > 1 */
static uint64_t split(uint64_t n)
{
	return (uint64_t)1 << log2_floor(n - 1);
}

/* MTH(D[lo:hi]), for the ranges that RFC 6962 2.1 comes to */
static enum fj_rc range(struct walk *w, uint64_t lo, uint64_t hi, struct fj_hash *out, struct fj_err *err)
{
	struct fj_hash part[FJ_PATH_MAX];
	size_t n = 0;

	while (lo < hi) {
		unsigned level = log2_floor(hi - lo);
		FJ_TRY(complete(w, level, lo >> level, &part[n++], err));
		lo += (uint64_t)1 << level;
	}
	fj_empty_hash(out); /* of no leaf */
	if (n > 0)
		*out = part[n - 1];
	for (; n > 1; n--)
		fj_node_hash(&part[n - 2], out, out);
	return FJ_OK;
}

enum fj_rc fj_tree_root(const struct fj_tiles *t, uint64_t size, struct fj_hash *out, struct fj_err *err)
{
	FJ_AUTO(walk) w;

	walk_init(&w, t, size);
	if (size == 0) {
		fj_empty_hash(out);
		return FJ_OK;
	}
	return range(&w, 0, size, out, err);
}

static void reverse(struct fj_path *p)
{
	for (size_t i = 0; i < p->n / 2; i++) {
		struct fj_hash h = p->h[i];
		p->h[i] = p->h[p->n - 1 - i];
		p->h[p->n - 1 - i] = h;
	}
}

enum fj_rc fj_tree_prove(const struct fj_tiles *t, uint64_t index, uint64_t size, struct fj_path *out, struct fj_err *err)
{
	FJ_AUTO(walk) w;
	uint64_t lo = 0, hi = size;

	walk_init(&w, t, size);
	out->n = 0;
	if (index >= size)
		return fj_fail(err, FJ_E_INVALID, "log", NULL, "leaf %llu is not in a tree of %llu", (unsigned long long)index, (unsigned long long)size);
	while (hi - lo > 1) {
		uint64_t k = lo + split(hi - lo);
		bool left = index < k;
		FJ_TRY(range(&w, left ? k : lo, left ? hi : k, &out->h[out->n++], err));
		lo = left ? lo : k;
		hi = left ? k : hi;
	}
	reverse(out);
	return FJ_OK;
}

enum fj_rc fj_tree_consistency(const struct fj_tiles *t, uint64_t before, uint64_t size, struct fj_path *out, struct fj_err *err)
{
	FJ_AUTO(walk) w;
	uint64_t lo = 0, hi = size;

	walk_init(&w, t, size);
	out->n = 0;
	if (before == 0 || before > size)
		return fj_fail(err, FJ_E_INVALID, "log", NULL, "there is no proof from a tree of %llu to one of %llu", (unsigned long long)before, (unsigned long long)size);
	while (before < hi) {
		uint64_t k = lo + split(hi - lo);
		bool left = before <= k;
		FJ_TRY(range(&w, left ? k : lo, left ? hi : k, &out->h[out->n++], err));
		lo = left ? lo : k;
		hi = left ? k : hi;
	}
	if (lo > 0) /* else it is the older root, which whoever asks has */
		FJ_TRY(range(&w, lo, hi, &out->h[out->n++], err));
	reverse(out);
	return FJ_OK;
}

/* --- verification (RFC 9162 2.1.3.2, 2.1.4.2, the same hashes as RFC 6962's) --- */

/* up to the next level where the path gave a left neighbour, or the top */
static void up(uint64_t *fn, uint64_t *sn)
{
	while ((*fn & 1) == 0 && *fn != 0) {
		*fn >>= 1;
		*sn >>= 1;
	}
}

bool fj_path_includes(const struct fj_path *p, uint64_t index, uint64_t size, const struct fj_hash *leaf, const struct fj_hash *root)
{
	uint64_t fn = index, sn = size - 1;
	struct fj_hash r = *leaf;

	if (index >= size || p->n > FJ_PATH_MAX)
		return false;
	for (size_t i = 0; i < p->n; i++) {
		if (sn == 0)
			return false;
		if ((fn & 1) != 0 || fn == sn) {
			fj_node_hash(&p->h[i], &r, &r);
			up(&fn, &sn);
		} else
			fj_node_hash(&r, &p->h[i], &r);
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && fj_hash_eq(&r, root);
}

bool fj_path_consistent(const struct fj_path *p, uint64_t before, const struct fj_hash *before_root, uint64_t size, const struct fj_hash *root)
{
	uint64_t fn = before - 1, sn = size - 1;
	bool whole = (before & (before - 1)) == 0; /* the older tree is one complete subtree: its root is the first hash */

	if (before > size || p->n > FJ_PATH_MAX)
		return false;
	if (before == 0 || before == size)
		return p->n == 0 && (before == 0 || fj_hash_eq(before_root, root));
	if (p->n == 0)
		return false;
	for (; (fn & 1) != 0; fn >>= 1)
		sn >>= 1;
	struct fj_hash fr = whole ? *before_root : p->h[0], sr = fr;
	for (size_t i = whole ? 0 : 1; i < p->n; i++) {
		if (sn == 0)
			return false;
		if ((fn & 1) != 0 || fn == sn) {
			fj_node_hash(&p->h[i], &fr, &fr);
			fj_node_hash(&p->h[i], &sr, &sr);
			up(&fn, &sn);
		} else
			fj_node_hash(&sr, &p->h[i], &sr);
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && fj_hash_eq(&fr, before_root) && fj_hash_eq(&sr, root);
}
