/*
 * test_base_tlog.c - trees, tiles and paths against the vectors that the model printed
 * (tests/fixtures/tlog.json), and every path of every tree up to 600 leaves.
 */
#include <fcntl.h>
#include <sodium.h>

#include "base/file.h"
#include "base/json.h"
#include "base/tlog.h"
#include "tests/unit/test.h"

#define ALL 600 /* with EVERY in the environment each size, else those of which() */
#define BIG 70000

static json_t *vectors(void)
{
	static json_t *v;
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);
	struct fj_err err = {0};

	if (v == NULL && (fj_file_read(AT_FDCWD, "tests/fixtures/tlog.json", &text, &err) != FJ_OK || fj_json_parse(fj_buf_slice(&text), text.len, &v, &err) != FJ_OK))
		printf("# %s\n", err.en);
	return v;
}

/* sizes where trees change their form, and enough of the others; the model has the same */
static bool which(uint64_t n)
{
	return getenv("EVERY") != NULL || n <= 130 || n % 13 == 0 || n % 256 <= 1 || n % 256 == 255 || n == ALL;
}

static const json_t *digests(void)
{
	return json_object_get(vectors(), getenv("EVERY") != NULL ? "all" : "some");
}

/* --- a log in memory: its leaf hashes, and each level above --- */
static struct fj_hash *level[3];
static size_t count[3];

static void leaf(size_t i, struct fj_hash *out)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "leaf %zu", i);

	fj_leaf_hash(FJ_SLICE(text, (size_t)n), out);
}

static void tree_make(void)
{
	struct fj_hash part[FJ_TILE_WIDTH];

	if (level[0] != NULL)
		return;
	for (size_t l = 0, n = BIG; l < 3; l++, n /= FJ_TILE_WIDTH) {
		level[l] = fj_alloc(n, sizeof(struct fj_hash));
		count[l] = n;
		for (size_t i = 0; i < n; i++) {
			if (l == 0) {
				leaf(i, &level[0][i]);
				continue;
			}
			memcpy(part, level[l - 1] + i * FJ_TILE_WIDTH, sizeof(part));
			for (size_t w = FJ_TILE_WIDTH; w > 1; w /= 2)
				for (size_t k = 0; k < w / 2; k++)
					fj_node_hash(&part[2 * k], &part[2 * k + 1], &part[k]);
			level[l][i] = part[0];
		}
	}
}

static int reads;

static enum fj_rc tile(void *user, const struct fj_tile *t, struct fj_buf *out, struct fj_err *err)
{
	const uint64_t *wrong = user; /* a hash of level 0 that is not there, or NULL */
	size_t from = t->n * FJ_TILE_WIDTH;

	reads++;
	if (t->entries || t->level > 2 || from + t->width > count[t->level] || t->width == 0)
		return fj_fail(err, FJ_E_NOTFOUND, "test", NULL, "no tile of level %u, number %llu, width %u", t->level, (unsigned long long)t->n, t->width);
	FJ_TRY(fj_buf_put(out, level[t->level] + from, t->width * sizeof(struct fj_hash)));
	if (wrong != NULL && t->level == 0 && *wrong / FJ_TILE_WIDTH == t->n)
		out->data[*wrong % FJ_TILE_WIDTH * FJ_SHA256_LEN] ^= 1;
	return FJ_OK;
}

static const struct fj_tiles tiles = {tile, NULL};

static bool is_hex(const struct fj_hash *h, const char *hex)
{
	char text[2 * FJ_SHA256_LEN + 1];

	fj_hex(h->b, FJ_SHA256_LEN, text);
	return hex != NULL && strcmp(text, hex) == 0;
}

static bool digest_is(crypto_hash_sha256_state *st, const json_t *in, const char *name)
{
	struct fj_hash h;

	crypto_hash_sha256_final(st, h.b);
	return is_hex(&h, fj_json_peek(in, name));
}

TEST("roots are those of the model, the empty tree's too")
{
	const char *size;
	json_t *hex;
	struct fj_hash root;
	struct fj_err err = {0};

	tree_make();
	CHECK(json_object_size(json_object_get(vectors(), "roots")) == 13);
	json_object_foreach(json_object_get(vectors(), "roots"), size, hex) {
		CHECK_OK(fj_tree_root(&tiles, strtoull(size, NULL, 10), &root, &err));
		CHECK(is_hex(&root, json_string_value(hex)));
	}
}

static bool path_is(const struct fj_path *p, const json_t *want)
{
	if (p->n != json_array_size(want))
		return false;
	for (size_t i = 0; i < p->n; i++)
		if (!is_hex(&p->h[i], json_string_value(json_array_get(want, i))))
			return false;
	return true;
}

TEST("paths and proofs in a tree of 70000 are those of the model, and read few tiles")
{
	struct fj_path p;
	struct fj_err err = {0};
	size_t i;
	json_t *v;

	tree_make();
	json_array_foreach(json_object_get(vectors(), "paths"), i, v) {
		reads = 0;
		CHECK_OK(fj_tree_prove(&tiles, (uint64_t)fj_json_num(v, "index"), (uint64_t)fj_json_num(v, "size"), &p, &err));
		CHECK(path_is(&p, json_object_get(v, "path")));
		CHECK(reads <= 6);
	}
	json_array_foreach(json_object_get(vectors(), "proofs"), i, v) {
		CHECK_OK(fj_tree_consistency(&tiles, (uint64_t)fj_json_num(v, "before"), (uint64_t)fj_json_num(v, "size"), &p, &err));
		CHECK(path_is(&p, json_object_get(v, "path")));
	}
}

TEST("every leaf of trees up to 600 is included by the model's path, and by no path of another length")
{
	crypto_hash_sha256_state roots, paths;
	struct fj_hash root;
	struct fj_path p;
	struct fj_err err = {0};

	tree_make();
	crypto_hash_sha256_init(&roots);
	crypto_hash_sha256_init(&paths);
	for (uint64_t n = 0; n <= ALL; n++) {
		if (!which(n))
			continue;
		CHECK_OK(fj_tree_root(&tiles, n, &root, &err));
		crypto_hash_sha256_update(&roots, root.b, sizeof(root.b));
		for (uint64_t i = 0; i < n; i++) {
			CHECK_OK(fj_tree_prove(&tiles, i, n, &p, &err));
			crypto_hash_sha256_update(&paths, (const uint8_t *)p.h, p.n * sizeof(p.h[0]));
			CHECK(fj_path_includes(&p, i, n, &level[0][i], &root));
			p.h[p.n++] = root;
			CHECK(!fj_path_includes(&p, i, n, &level[0][i], &root));
			p.n -= 2;
			CHECK(n == 1 || !fj_path_includes(&p, i, n, &level[0][i], &root));
		}
		CHECK_RC(fj_tree_prove(&tiles, n, n, &p, &err), FJ_E_INVALID);
	}
	CHECK(digest_is(&roots, digests(), "roots"));
	CHECK(digest_is(&paths, digests(), "inclusion"));
}

TEST("trees up to 600 are each the beginning of every later one by the model's proof, and by no proof of another length")
{
	crypto_hash_sha256_state st;
	static struct fj_hash root[ALL + 1];
	struct fj_path p;
	struct fj_err err = {0};

	tree_make();
	crypto_hash_sha256_init(&st);
	for (uint64_t n = 0; n <= ALL; n++) {
		CHECK_OK(fj_tree_root(&tiles, n, &root[n], &err));
		for (uint64_t m = 1; m <= n && which(n); m++) {
			CHECK_OK(fj_tree_consistency(&tiles, m, n, &p, &err));
			crypto_hash_sha256_update(&st, (const uint8_t *)p.h, p.n * sizeof(p.h[0]));
			CHECK(fj_path_consistent(&p, m, &root[m], n, &root[n]));
			p.h[p.n++] = root[n];
			CHECK(!fj_path_consistent(&p, m, &root[m], n, &root[n]));
			p.n--;
			CHECK(m == n || !fj_path_consistent(&p, m, &root[m - 1], n, &root[n]));
			CHECK(m == n || !fj_path_consistent(&p, m, &root[m], n, &root[n - 1]));
			p.n -= p.n > 0;
			CHECK(m == n || !fj_path_consistent(&p, m, &root[m], n, &root[n]));
		}
		CHECK_RC(fj_tree_consistency(&tiles, n + 1, n, &p, &err), FJ_E_INVALID);
		CHECK_RC(fj_tree_consistency(&tiles, 0, n, &p, &err), FJ_E_INVALID);
	}
	CHECK(digest_is(&st, digests(), "consistency"));
}

TEST("the empty tree is the beginning of any, by an empty proof alone; a longer tree of none")
{
	struct fj_path p = {.n = 0};
	struct fj_hash empty, root;
	struct fj_err err = {0};

	tree_make();
	fj_empty_hash(&empty);
	CHECK_OK(fj_tree_root(&tiles, 7, &root, &err));
	CHECK(fj_path_consistent(&p, 0, &empty, 7, &root));
	CHECK(fj_path_consistent(&p, 0, &empty, 0, &empty));
	CHECK(fj_path_consistent(&p, 7, &root, 7, &root));
	CHECK(!fj_path_consistent(&p, 7, &root, 7, &empty));
	CHECK(!fj_path_consistent(&p, 8, &root, 7, &root));
	CHECK(!fj_path_consistent(&p, 6, &root, 7, &root));
	p.n = 1;
	p.h[0] = root;
	CHECK(!fj_path_consistent(&p, 0, &empty, 7, &root));
	CHECK(!fj_path_includes(&p, 0, 0, &root, &root));
}

TEST("a changed hash, leaf, index or root is refused, wherever it stands")
{
	static const struct {
		uint64_t i, n;
	} some[] = {{0, 1}, {0, 2}, {3, 7}, {6, 7}, {255, 257}, {256, 257}, {12345, BIG}, {69999, BIG}};
	struct fj_hash root, other;
	struct fj_path p;
	struct fj_err err = {0};

	tree_make();
	for (size_t k = 0; k < FJ_ARRAY_LEN(some); k++) {
		CHECK_OK(fj_tree_root(&tiles, some[k].n, &root, &err));
		CHECK_OK(fj_tree_prove(&tiles, some[k].i, some[k].n, &p, &err));
		const struct fj_hash *l = &level[0][some[k].i];
		for (size_t bit = 0; bit < p.n * 256; bit += 7) {
			p.h[bit / 256].b[bit % 256 / 8] ^= (uint8_t)(1 << bit % 8);
			CHECK(!fj_path_includes(&p, some[k].i, some[k].n, l, &root));
			p.h[bit / 256].b[bit % 256 / 8] ^= (uint8_t)(1 << bit % 8);
		}
		other = *l;
		other.b[31] ^= 1;
		CHECK(!fj_path_includes(&p, some[k].i, some[k].n, &other, &root));
		other = root;
		other.b[0] ^= 0x80;
		CHECK(!fj_path_includes(&p, some[k].i, some[k].n, l, &other));
		for (uint64_t i = 0; i < some[k].n && i < 300; i++)
			CHECK(i == some[k].i || !fj_path_includes(&p, i, some[k].n, l, &root));
		CHECK(fj_path_includes(&p, some[k].i, some[k].n, l, &root));
	}
}

TEST("a changed proof of consistency is refused, wherever it is changed")
{
	struct fj_hash before, root;
	struct fj_path p;
	struct fj_err err = {0};

	tree_make();
	for (uint64_t m = 1; m < BIG; m = m * 3 + 1) {
		CHECK_OK(fj_tree_root(&tiles, m, &before, &err));
		CHECK_OK(fj_tree_root(&tiles, BIG, &root, &err));
		CHECK_OK(fj_tree_consistency(&tiles, m, BIG, &p, &err));
		for (size_t bit = 0; bit < p.n * 256; bit += 11) {
			p.h[bit / 256].b[bit % 256 / 8] ^= (uint8_t)(1 << bit % 8);
			CHECK(!fj_path_consistent(&p, m, &before, BIG, &root));
			p.h[bit / 256].b[bit % 256 / 8] ^= (uint8_t)(1 << bit % 8);
		}
		for (size_t a = 0; a + 1 < p.n; a++) {
			struct fj_hash h = p.h[a];
			p.h[a] = p.h[a + 1];
			p.h[a + 1] = h;
			CHECK(!fj_path_consistent(&p, m, &before, BIG, &root));
			p.h[a + 1] = p.h[a];
			p.h[a] = h;
		}
		CHECK(fj_path_consistent(&p, m, &before, BIG, &root));
	}
}

TEST("a proof from a tile with another hash does not verify, and one from a tile that is cut is not made")
{
	uint64_t wrong = 12300;
	struct fj_tiles lying = {tile, &wrong};
	struct fj_hash root;
	struct fj_path p;
	struct fj_err err = {0};

	tree_make();
	CHECK_OK(fj_tree_root(&tiles, BIG, &root, &err));
	CHECK_OK(fj_tree_prove(&lying, 12345, BIG, &p, &err));
	CHECK(!fj_path_includes(&p, 12345, BIG, &level[0][12345], &root));
	count[0]--;
	CHECK_RC(fj_tree_prove(&tiles, BIG - 1, BIG, &p, &err), FJ_E_NOTFOUND);
	count[0]++;
}

/* --- tiles --- */
static int by_path(const void *a, const void *b)
{
	return strcmp(a, b);
}

TEST("the tiles of a tree of 70000, their paths and octets, are those of the model")
{
	static char path[300][FJ_TILE_PATH];
	crypto_hash_sha256_state st;
	const json_t *want = json_object_get(vectors(), "tiles");
	FJ_AUTO(buf) data = FJ_BUF_INIT(FJ_TILE_OCTETS);
	struct fj_hash h;
	struct fj_tile t;
	size_t n = 0;

	tree_make();
	for (unsigned l = 0; l < 3; l++)
		for (uint64_t i = 0; i < count[l]; i += FJ_TILE_WIDTH) {
			t = fj_tile_at(l, i, BIG);
			CHECK(n < FJ_ARRAY_LEN(path));
			fj_tile_path(&t, path[n++]);
		}
	CHECK(n == (size_t)fj_json_num(want, "count"));
	qsort(path, n, sizeof(path[0]), by_path);
	crypto_hash_sha256_init(&st);
	for (size_t i = 0; i < n; i++) {
		const char *one = fj_json_peek(json_object_get(want, "hashes"), path[i]);
		fj_buf_clear(&data);
		CHECK(fj_tile_parse(path[i], &t) == FJ_OK && tile(NULL, &t, &data, NULL) == FJ_OK);
		fj_sha256(fj_buf_slice(&data), &h);
		CHECK(one == NULL || is_hex(&h, one));
		crypto_hash_sha256_update(&st, (const uint8_t *)path[i], strlen(path[i]));
		crypto_hash_sha256_update(&st, (const uint8_t *)"\n", 1);
		crypto_hash_sha256_update(&st, data.data, data.len);
	}
	CHECK(digest_is(&st, want, "digest"));
}

TEST("the bundles of 70000 entries are those of the model")
{
	static char path[300][FJ_TILE_PATH];
	FJ_AUTO(buf) data = FJ_BUF_INIT(FJ_BUNDLE_MAX);
	crypto_hash_sha256_state st;
	char text[32];
	size_t n = 0;

	for (uint64_t i = 0; i < BIG; i += FJ_TILE_WIDTH) {
		struct fj_tile t = fj_tile_at(0, i, BIG);
		t.entries = true;
		fj_tile_path(&t, path[n++]);
	}
	qsort(path, n, sizeof(path[0]), by_path);
	crypto_hash_sha256_init(&st);
	for (size_t k = 0; k < n; k++) {
		struct fj_tile t;
		CHECK(fj_tile_parse(path[k], &t) == FJ_OK && t.entries);
		fj_buf_clear(&data);
		for (uint64_t i = t.n * FJ_TILE_WIDTH; i < t.n * FJ_TILE_WIDTH + t.width; i++) {
			int len = snprintf(text, sizeof(text), "leaf %llu", (unsigned long long)i);
			CHECK(fj_entry_put(&data, FJ_SLICE(text, (size_t)len)) == FJ_OK);
		}
		crypto_hash_sha256_update(&st, (const uint8_t *)path[k], strlen(path[k]));
		crypto_hash_sha256_update(&st, (const uint8_t *)"\n", 1);
		crypto_hash_sha256_update(&st, data.data, data.len);
	}
	CHECK(digest_is(&st, json_object_get(vectors(), "tiles"), "bundles"));
}

TEST("a tile's number is a path of three digits each, both ways")
{
	const char *n;
	json_t *path;
	char text[FJ_TILE_PATH];
	struct fj_tile t;

	json_object_foreach(json_object_get(vectors(), "numbers"), n, path) {
		t = (struct fj_tile){.n = strtoull(n, NULL, 10), .width = FJ_TILE_WIDTH};
		fj_tile_path(&t, text);
		CHECK_STR(text, json_string_value(path));
		CHECK(fj_tile_parse(text, &t) == FJ_OK && t.n == strtoull(n, NULL, 10) && t.level == 0 && t.width == FJ_TILE_WIDTH && !t.entries);
	}
	t = (struct fj_tile){.entries = true, .n = 1234067, .width = 3};
	fj_tile_path(&t, text);
	CHECK_STR(text, "tile/entries/x001/x234/067.p/3");
	CHECK(fj_tile_parse(text, &t) == FJ_OK && t.entries && t.n == 1234067 && t.width == 3);
	t = (struct fj_tile){.level = 7, .n = (uint64_t)1 << 53, .width = 255};
	fj_tile_path(&t, text);
	CHECK(fj_tile_parse(text, &t) == FJ_OK && t.level == 7 && t.n == (uint64_t)1 << 53 && t.width == 255);
}

TEST("any other spelling of a tile's path is refused")
{
	static const char *const bad[] = {"", "/", "tile", "tile/", "tile/0", "tile/0/", "/tile/0/000", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/00/000", "tile/+0/000", "tile/8/000", "tile/64/000",
		"tile/-1/000", "tile/0/x000/000", "tile/0/x00/000", "tile/0/001/000", "tile/0/x001", "tile/0/x001/", "tile/0/x001/x000", "tile/0/000/", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0",
		"tile/0/000.p/00", "tile/0/000.p/01", "tile/0/000.p/256", "tile/0/000.p/257", "tile/0/000.p/1000000000001", "tile/0/000.p/1/", "tile/0/000.p/1 ", "tile/0/000.P/1", "tile/0/00a", "tile/0/ 00",
		"tile/0/x001/x234/067.p/-1", "tile/entries", "tile/entries/", "tile/entries/0", "tile/entries/x000/000", "tile/entries/../000", "tile/0/../../000", "tile/Entries/000", "entries/000",
		"tile/0/x999/x999/x999/x999/x999/x999/x999/999", "tile//000", "tile/0//000", "tile/0/000\n", "tile/0/%30%30%30"};
	struct fj_tile t;

	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++)
		if (fj_tile_parse(bad[i], &t) != FJ_E_PARSE) {
			CHECK_STR(bad[i], "refused");
		}
}

TEST("a tile is as wide as the tree makes it")
{
	static const struct {
		unsigned level;
		uint64_t index, size;
		uint64_t n;
		unsigned width;
	} is[] = {{0, 0, 1, 0, 1}, {0, 0, 255, 0, 255}, {0, 0, 256, 0, 256}, {0, 255, 257, 0, 256}, {0, 256, 257, 1, 1}, {1, 0, 256, 0, 1}, {1, 0, 65535, 0, 255}, {1, 0, 65536, 0, 256}, {0, 69999, BIG, 273, 112},
		{1, 272, BIG, 1, 17}, {2, 0, BIG, 0, 1}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(is); i++) {
		struct fj_tile t = fj_tile_at(is[i].level, is[i].index, is[i].size);
		CHECK(t.level == is[i].level && t.n == is[i].n && t.width == is[i].width && !t.entries);
	}
}

TEST("entries of a bundle are read as they were written, and not when the last is cut")
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_BUNDLE_MAX);
	FJ_AUTO(mem) big = fj_alloc(FJ_LEAF_MAX + 1, 1);
	struct fj_slice rest, e;

	CHECK(fj_entry_put(&b, FJ_SLICE("", 0)) == FJ_OK && fj_entry_put(&b, FJ_SLICE("a", 1)) == FJ_OK && fj_entry_put(&b, FJ_SLICE(big, FJ_LEAF_MAX)) == FJ_OK);
	CHECK_RC(fj_entry_put(&b, FJ_SLICE(big, FJ_LEAF_MAX + 1)), FJ_E_LIMIT);
	CHECK(b.len == 2 + 3 + 2 + FJ_LEAF_MAX);
	rest = fj_buf_slice(&b);
	CHECK(fj_entry_next(&rest, &e) == FJ_OK && e.len == 0);
	CHECK(fj_entry_next(&rest, &e) == FJ_OK && fj_slice_eq(e, fj_slice_str("a")));
	CHECK(fj_entry_next(&rest, &e) == FJ_OK && e.len == FJ_LEAF_MAX && rest.len == 0);
	CHECK_RC(fj_entry_next(&rest, &e), FJ_E_PARSE);
	for (size_t cut = 1; cut < 5; cut++) {
		rest = FJ_SLICE(b.data, cut);
		enum fj_rc rc = FJ_OK;
		while (rc == FJ_OK && rest.len > 0)
			rc = fj_entry_next(&rest, &e);
		CHECK(cut == 2 ? rc == FJ_OK : rc == FJ_E_PARSE);
	}
}

TEST_MAIN
