/*
 * Paths of tiles as they come in requests, and bundles of entries as they come from logs
 * (base/tlog.c).
 *
 * Properties: a path leads to one tile and nowhere else, and has one spelling; the entries of
 * a bundle lie in it, one behind the other, and put together again are the same octets; a
 * path of hashes that leads from a leaf to a root leads from no other leaf there.
 */
#include "base/tlog.h"
#include "tests/fuzz/fuzz.h"

static void path(const char *s, size_t size)
{
	char again[FJ_TILE_PATH];
	struct fj_tile t;

	if (strlen(s) != size || fj_tile_parse(s, &t) != FJ_OK)
		return;
	HOLDS(t.width >= 1 && t.width <= FJ_TILE_WIDTH && t.level < FJ_TILE_LEVELS && (!t.entries || t.level == 0));
	HOLDS(strstr(s, "..") == NULL && strstr(s, "//") == NULL && s[0] != '/');
	fj_tile_path(&t, again);
	HOLDS(strcmp(s, again) == 0);
}

static void bundle(struct fj_slice in)
{
	FJ_AUTO(buf) again = FJ_BUF_INIT(FJ_BUNDLE_MAX);
	struct fj_slice rest = in, entry;
	size_t read = 0;

	while (fj_entry_next(&rest, &entry) == FJ_OK) {
		HOLDS(within(entry, in) && within(rest, in) && entry.len <= FJ_LEAF_MAX);
		read += 2 + entry.len;
		HOLDS(read + rest.len == in.len);
		HOLDS(fj_entry_put(&again, entry) == FJ_OK);
	}
	HOLDS(again.len == read && (read == 0 || memcmp(again.data, in.p, read) == 0));
}

/* the input's hashes as a path: from a leaf that they lead to a root from, and from another */
static void hashes(const uint8_t *data, size_t size)
{
	struct fj_path p = {.n = 0};
	struct fj_hash leaf, root, other;
	uint64_t index, n;

	if (size < 18)
		return;
	memcpy(&index, data, 8);
	memcpy(&n, data + 8, 8);
	for (size_t at = 16; at + FJ_SHA256_LEN <= size && p.n < FJ_PATH_MAX; at += FJ_SHA256_LEN)
		memcpy(p.h[p.n++].b, data + at, FJ_SHA256_LEN);
	fj_leaf_hash(FJ_SLICE(data, size), &leaf);
	fj_node_hash(&leaf, &leaf, &root);
	other = leaf;
	other.b[0] ^= 1;
	HOLDS(!fj_path_includes(&p, index, n, &leaf, &root) || !fj_path_includes(&p, index, n, &other, &root));
	HOLDS(!fj_path_consistent(&p, index, &leaf, n, &root) || index == 0 || !fj_path_consistent(&p, index, &other, n, &root));
	HOLDS(index < n || !fj_path_includes(&p, index, n, &leaf, &root));
	HOLDS(index <= n || !fj_path_consistent(&p, index, &leaf, n, &root));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FJ_AUTO(str) s = fj_strndup((const char *)data, size);

	if (size > FJ_BUNDLE_MAX || s == NULL)
		return 0;
	path(s, size);
	bundle(FJ_SLICE(data, size));
	hashes(data, size);
	return 0;
}
