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

struct fj_tile_folder log_folder = {AT_FDCWD, LOG_FOLDER};

void log_edge_init(struct log_edge *g, bool write)
{
	memset(g, 0, sizeof(*g));
	g->write = write;
	fj_buf_init(&g->bundle, FJ_BUNDLE_MAX);
	fj_edge_init(&g->tree);
}

void log_edge_release(struct log_edge *g)
{
	fj_buf_release(&g->bundle);
	fj_edge_release(&g->tree);
}

static void path_of(const struct fj_tile *t, char out[PATH_CAP])
{
	char rest[FJ_TILE_PATH];

	fj_tile_path(t, rest);
	snprintf(out, PATH_CAP, LOG_FOLDER "/%s", rest);
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
	path_of(t, path);
	return write_file(path, data, err);
}

/* --- growing --- */

static enum fj_rc full_tile(void *edge, const struct fj_tile *t, struct fj_slice hashes, struct fj_err *err)
{
	return write_tile(edge, t, hashes, err);
}

enum fj_rc log_edge_add(struct log_edge *g, struct fj_slice leaf, struct fj_err *err)
{
	struct fj_hash h;
	struct fj_tile t = {.entries = true, .n = g->tree.size / FJ_TILE_WIDTH, .width = FJ_TILE_WIDTH};

	fj_leaf_hash(leaf, &h);
	if (fj_entry_put(&g->bundle, leaf) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, "log", NULL, "a leaf is larger than %d octets, or memory is short", FJ_LEAF_MAX);
	if (g->tree.size % FJ_TILE_WIDTH == FJ_TILE_WIDTH - 1) {
		FJ_TRY(write_tile(g, &t, fj_buf_slice(&g->bundle), err));
		fj_buf_clear(&g->bundle);
	}
	return fj_edge_add(&g->tree, &h, full_tile, g, err);
}

enum fj_rc log_edge_write(struct log_edge *g, struct fj_err *err)
{
	struct fj_tile t = fj_edge_last(&g->tree, 0);

	t.entries = true;
	if (g->tree.changed[0] && t.width > 0)
		FJ_TRY(write_tile(g, &t, fj_buf_slice(&g->bundle), err));
	for (unsigned l = 0; l < FJ_TILE_LEVELS; l++) {
		t = fj_edge_last(&g->tree, l);
		if (g->tree.changed[l] && t.width > 0)
			FJ_TRY(write_tile(g, &t, fj_buf_slice(&g->tree.hash[l]), err));
		g->tree.changed[l] = false;
	}
	return FJ_OK;
}

void log_edge_prune(const struct log_edge *g, uint64_t before)
{
	char path[PATH_CAP];

	for (unsigned l = 0; l < FJ_TILE_LEVELS - 1; l++)
		for (uint64_t n = before >> ((l + 1) * 8); n < fj_edge_last(&g->tree, l).n; n++) {
			struct fj_tile t = {.level = l, .n = n, .width = FJ_TILE_WIDTH};
			path_of(&t, path);
			remove_partial(path);
			t.entries = true;
			path_of(&t, path);
			if (l == 0)
				remove_partial(path);
		}
}

/* --- reading --- */

/* the roots of the full tiles of a level that make the partial one above it */
static enum fj_rc load_level(struct log_edge *g, unsigned level, struct fj_err *err)
{
	struct fj_tile last = fj_edge_last(&g->tree, level);

	for (unsigned k = 0; k < last.width; k++) {
		FJ_AUTO(buf) full = FJ_BUF_INIT(FJ_TILE_OCTETS);
		struct fj_tile t = {.level = level - 1, .n = last.n * FJ_TILE_WIDTH + k, .width = FJ_TILE_WIDTH};
		struct fj_hash h;
		FJ_TRY(fj_tile_read(&log_folder, &t, &full, err));
		fj_subtree_hash(full.data, FJ_TILE_WIDTH, &h);
		if (fj_buf_put(&g->tree.hash[level], h.b, sizeof(h.b)) != FJ_OK)
			return fj_no_memory(err, "log");
	}
	return FJ_OK;
}

enum fj_rc log_edge_load(struct log_edge *g, uint64_t n, struct fj_err *err)
{
	bool write = g->write;

	log_edge_release(g);
	log_edge_init(g, write);
	g->tree.size = n;
	for (unsigned l = 1; l < FJ_TILE_LEVELS; l++) {
		FJ_TRY(load_level(g, l, err));
		g->tree.changed[l] = g->tree.hash[l].len > 0;
	}
	return FJ_OK;
}

enum fj_rc log_edge_tile(void *edge, const struct fj_tile *t, struct fj_buf *out, struct fj_err *err)
{
	const struct log_edge *g = edge;
	struct fj_tile last = fj_edge_last(&g->tree, t->level);

	if (t->n != last.n || t->width > last.width)
		return fj_tile_read(&log_folder, t, out, err);
	return fj_buf_put(out, g->tree.hash[t->level].data, (size_t)t->width * FJ_SHA256_LEN) == FJ_OK ? FJ_OK : fj_no_memory(err, "log");
}
