/*
 * edge.c - the right edge of the tree, and the tiles behind it.
 *
 * A tile or bundle that is full is written once and never again; a partial one is a file of
 * its width beside the narrower ones, which go when the full one is there and a head that has
 * it was given out (C2SP tlog-tiles).
 * Files are replaced whole, so a reader never sees half of one, but they are not made durable
 * one by one: whatever a power cut takes is made again from the register (head.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "issuer/log/log.h"

#define PATH_CAP 200

void log_edge_init(struct log_edge *g, const char *folder, bool write)
{
	memset(g, 0, sizeof(*g));
	g->folder = folder;
	g->write = write;
	fj_buf_init(&g->bundle, FJ_BUNDLE_MAX);
	for (size_t l = 0; l < FJ_TILE_LEVELS; l++)
		fj_buf_init(&g->hashes[l], FJ_TILE_OCTETS);
}

void log_edge_release(struct log_edge *g)
{
	fj_buf_release(&g->bundle);
	for (size_t l = 0; l < FJ_TILE_LEVELS; l++)
		fj_buf_release(&g->hashes[l]);
	g->size = 0;
}

static void path_of(const struct log_edge *g, const struct fj_tile *t, char out[PATH_CAP])
{
	char rest[FJ_TILE_PATH];

	fj_tile_path(t, rest);
	snprintf(out, PATH_CAP, "%.100s/%s", g->folder, rest);
}

/* --- files --- */

/* the folders of a path, which may be there */
static enum fj_rc make_folders(char *path, struct fj_err *err)
{
	for (char *p = strchr(path + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
		*p = '\0';
		enum fj_rc rc = mkdir(path, 0755) == 0 || errno == EEXIST ? FJ_OK : fj_fail_errno(err, "log", "make the folder %s", path);
		*p = '/';
		FJ_TRY(rc);
	}
	return FJ_OK;
}

static enum fj_rc write_file(char *path, struct fj_slice data, struct fj_err *err)
{
	char tmp[PATH_CAP + 8];

	snprintf(tmp, sizeof(tmp), "%s.tmp", path);
	FJ_AUTO(fd) fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0 && errno == ENOENT) {
		FJ_TRY(make_folders(path, err));
		fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	}
	if (fd < 0)
		return fj_fail_errno(err, "log", "create %s", tmp);
	FJ_TRY(fj_write_all(fd, data.p, data.len, err));
	return rename(tmp, path) == 0 ? FJ_OK : fj_fail_errno(err, "log", "rename to %s", path);
}

/* the narrower ones of a tile that is full now; what can't be removed harms nobody */
static void remove_partial(const char *full)
{
	char folder[PATH_CAP + 4];
	FJ_AUTO(dir) d = NULL;

	snprintf(folder, sizeof(folder), "%s.p", full);
	if (access(folder, F_OK) != 0 || fj_dir_list(AT_FDCWD, folder, &d, NULL) != FJ_OK)
		return;
	for (const struct dirent *e; (e = readdir(d)) != NULL;)
		if (e->d_name[0] != '.')
			unlinkat(dirfd(d), e->d_name, 0);
	rmdir(folder);
}

static enum fj_rc write_tile(const struct log_edge *g, const struct fj_tile *t, struct fj_slice data, struct fj_err *err)
{
	char path[PATH_CAP];

	if (!g->write)
		return FJ_OK;
	path_of(g, t, path);
	return write_file(path, data, err);
}

static enum fj_rc read_tile(const struct log_edge *g, const struct fj_tile *t, struct fj_buf *out, struct fj_err *err)
{
	char path[PATH_CAP];

	path_of(g, t, path);
	return fj_file_read(AT_FDCWD, path, out, err);
}

/* --- growing --- */

static unsigned width_of(const struct log_edge *g, unsigned level)
{
	return (unsigned)(g->hashes[level].len / FJ_SHA256_LEN);
}

/* number of the last tile of a level, which is partial or empty */
static uint64_t last_tile(const struct log_edge *g, unsigned level)
{
	return (level + 1) * 8 >= 64 ? 0 : g->size >> ((level + 1) * 8);
}

static void root_of_tile(const struct fj_buf *full, struct fj_hash *out)
{
	struct fj_hash h[FJ_TILE_WIDTH];

	memcpy(h, full->data, sizeof(h));
	for (size_t n = FJ_TILE_WIDTH; n > 1; n /= 2)
		for (size_t k = 0; k < n / 2; k++)
			fj_node_hash(&h[2 * k], &h[2 * k + 1], &h[k]);
	*out = h[0];
}

/* a tile of a level is full: a file, and one more hash in the level above */
static enum fj_rc carry(struct log_edge *g, unsigned level, uint64_t leaf, struct fj_err *err)
{
	for (; level + 1 < FJ_TILE_LEVELS && width_of(g, level) == FJ_TILE_WIDTH; level++) {
		struct fj_tile t = {.level = level, .n = leaf >> ((level + 1) * 8), .width = FJ_TILE_WIDTH};
		struct fj_hash h;
		FJ_TRY(write_tile(g, &t, fj_buf_slice(&g->hashes[level]), err));
		root_of_tile(&g->hashes[level], &h);
		fj_buf_clear(&g->hashes[level]);
		g->dirty[level] = false;
		if (fj_buf_put(&g->hashes[level + 1], h.b, sizeof(h.b)) != FJ_OK)
			return fj_no_memory(err, "log");
		g->dirty[level + 1] = true;
	}
	return FJ_OK;
}

enum fj_rc log_edge_add(struct log_edge *g, struct fj_slice leaf, struct fj_err *err)
{
	struct fj_hash h;

	fj_leaf_hash(leaf, &h);
	if (fj_entry_put(&g->bundle, leaf) != FJ_OK || fj_buf_put(&g->hashes[0], h.b, sizeof(h.b)) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, "log", NULL, "a leaf is larger than %d octets, or memory is short", FJ_LEAF_MAX);
	g->bundle_dirty = g->dirty[0] = true;
	if (width_of(g, 0) == FJ_TILE_WIDTH) {
		struct fj_tile t = {.entries = true, .n = g->size / FJ_TILE_WIDTH, .width = FJ_TILE_WIDTH};
		FJ_TRY(write_tile(g, &t, fj_buf_slice(&g->bundle), err));
		fj_buf_clear(&g->bundle);
		g->bundle_dirty = false;
		FJ_TRY(carry(g, 0, g->size, err));
	}
	g->size++;
	return FJ_OK;
}

enum fj_rc log_edge_write(struct log_edge *g, struct fj_err *err)
{
	if (g->bundle_dirty) {
		struct fj_tile t = {.entries = true, .n = last_tile(g, 0), .width = width_of(g, 0)};
		FJ_TRY(write_tile(g, &t, fj_buf_slice(&g->bundle), err));
		g->bundle_dirty = false;
	}
	for (unsigned l = 0; l < FJ_TILE_LEVELS; l++) {
		struct fj_tile t = {.level = l, .n = last_tile(g, l), .width = width_of(g, l)};
		if (g->dirty[l] && t.width > 0)
			FJ_TRY(write_tile(g, &t, fj_buf_slice(&g->hashes[l]), err));
		g->dirty[l] = false;
	}
	return FJ_OK;
}

void log_edge_prune(const struct log_edge *g, uint64_t before)
{
	char path[PATH_CAP];

	for (unsigned l = 0; l < FJ_TILE_LEVELS - 1; l++)
		for (uint64_t n = before >> ((l + 1) * 8); n < last_tile(g, l); n++) {
			struct fj_tile t = {.level = l, .n = n, .width = FJ_TILE_WIDTH};
			path_of(g, &t, path);
			remove_partial(path);
			t.entries = true;
			path_of(g, &t, path);
			if (l == 0)
				remove_partial(path);
		}
}

/* --- reading --- */

/* the roots of the full tiles of a level that make the partial one above it */
static enum fj_rc load_level(struct log_edge *g, unsigned level, struct fj_err *err)
{
	FJ_AUTO(buf) full = FJ_BUF_INIT(FJ_TILE_OCTETS);
	uint64_t hashes = g->size >> (level * 8), from = hashes / FJ_TILE_WIDTH * FJ_TILE_WIDTH;

	for (uint64_t n = from; n < hashes; n++) {
		struct fj_tile t = {.level = level - 1, .n = n, .width = FJ_TILE_WIDTH};
		struct fj_hash h;
		fj_buf_clear(&full);
		FJ_TRY(read_tile(g, &t, &full, err));
		if (full.len != FJ_TILE_OCTETS)
			return fj_fail(err, FJ_E_CORRUPT, "log", "C2SP tlog-tiles", "tile %llu of level %u has %zu octets", (unsigned long long)n, level - 1, full.len);
		root_of_tile(&full, &h);
		if (fj_buf_put(&g->hashes[level], h.b, sizeof(h.b)) != FJ_OK)
			return fj_no_memory(err, "log");
	}
	return FJ_OK;
}

enum fj_rc log_edge_load(struct log_edge *g, uint64_t n, struct fj_err *err)
{
	log_edge_release(g);
	g->size = n;
	for (unsigned l = 1; l < FJ_TILE_LEVELS; l++) {
		FJ_TRY(load_level(g, l, err));
		g->dirty[l] = g->hashes[l].len > 0;
	}
	return FJ_OK;
}

/* the first hashes of a buffer that has more */
static enum fj_rc cut(const struct fj_buf *from, const struct fj_tile *t, struct fj_buf *out, struct fj_err *err)
{
	size_t want = (size_t)t->width * FJ_SHA256_LEN;

	if (from->len < want)
		return fj_fail(err, FJ_E_CORRUPT, "log", "C2SP tlog-tiles", "tile %llu of level %u is shorter than its width", (unsigned long long)t->n, t->level);
	return fj_buf_put(out, from->data, want) == FJ_OK ? FJ_OK : fj_no_memory(err, "log");
}

enum fj_rc log_edge_tile(void *edge, const struct fj_tile *t, struct fj_buf *out, struct fj_err *err)
{
	const struct log_edge *g = edge;
	FJ_AUTO(buf) whole = FJ_BUF_INIT(FJ_TILE_OCTETS);
	struct fj_tile full = *t;

	if (t->n == last_tile(g, t->level) && width_of(g, t->level) >= t->width)
		return cut(&g->hashes[t->level], t, out, err);
	full.width = FJ_TILE_WIDTH;
	if (read_tile(g, &full, &whole, err) != FJ_OK && t->width < FJ_TILE_WIDTH) {
		fj_buf_clear(&whole);
		FJ_TRY(read_tile(g, t, &whole, err));
	}
	return cut(&whole, t, out, err);
}
