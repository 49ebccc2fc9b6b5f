/*
 * tiles.c - reading the tiles of a log from its folder.
 *
 * A log may remove a partial tile when a wider one is there (C2SP tlog-tiles), so who
 * wants the narrower one gets the beginning of the wider: a tile only ever grows.
 */
#include "base/tiles.h"

#include "base/file.h"

enum fj_rc fj_tile_cut(bool entries, unsigned width, bool whole, struct fj_slice in, struct fj_slice *out)
{
	struct fj_slice rest = in, entry;

	if (!entries) {
		size_t n = (size_t)width * FJ_SHA256_LEN;
		if (in.len < n || (whole && in.len != n))
			return FJ_E_PARSE;
		*out = FJ_SLICE(in.p, n);
		return FJ_OK;
	}
	for (unsigned k = 0; k < width; k++)
		FJ_TRY(fj_entry_next(&rest, &entry));
	*out = FJ_SLICE(in.p, in.len - rest.len);
	return whole && rest.len > 0 ? FJ_E_PARSE : FJ_OK;
}

static enum fj_rc read_as(const struct fj_tile_folder *f, const struct fj_tile *is, unsigned width, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(buf) whole = FJ_BUF_INIT(is->entries ? FJ_BUNDLE_MAX : FJ_TILE_OCTETS);
	char name[FJ_TILE_PATH], path[FJ_TILE_PATH + 200];
	struct fj_slice all, cut;

	fj_tile_path(is, name);
	snprintf(path, sizeof(path), "%.190s/%s", f->path, name);
	enum fj_rc rc = fj_file_read(f->dir, path, &whole, err);
	if (rc == FJ_E_LIMIT)
		rc = FJ_E_PARSE;
	if (rc == FJ_OK)
		rc = fj_tile_cut(is->entries, is->width, true, fj_buf_slice(&whole), &all);
	if (rc == FJ_OK)
		rc = fj_tile_cut(is->entries, width, false, all, &cut);
	if (rc == FJ_E_PARSE)
		return fj_fail(err, rc, "base", "C2SP tlog-tiles", "the tile %s is not as wide as its name says", name);
	FJ_TRY(rc);
	return fj_buf_put(out, cut.p, cut.len) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_LIMIT, "base", NULL, "the tile %s is larger than asked for", name);
}

/* the narrowest partial tile that is wider than t; 0: there is none */
static unsigned wider(const struct fj_tile_folder *f, const struct fj_tile *t)
{
	FJ_AUTO(dir) d = NULL;
	char name[FJ_TILE_PATH], path[FJ_TILE_PATH + 200];
	struct fj_tile found;
	unsigned best = 0;

	fj_tile_path(t, name);
	*strrchr(name, '/') = '\0'; /* "tile/0/000.p" */
	snprintf(path, sizeof(path), "%.190s/%s", f->path, name);
	if (fj_dir_list(f->dir, path, &d, NULL) != FJ_OK)
		return 0;
	for (const struct dirent *e; (e = readdir(d)) != NULL;) {
		if ((size_t)snprintf(path, sizeof(path), "%s/%.8s", name, e->d_name) >= FJ_TILE_PATH || fj_tile_parse(path, &found) != FJ_OK)
			continue;
		if (found.width > t->width && (best == 0 || found.width < best))
			best = found.width;
	}
	return best;
}

enum fj_rc fj_tile_read(void *folder, const struct fj_tile *t, struct fj_buf *out, struct fj_err *err)
{
	const struct fj_tile_folder *f = folder;
	struct fj_tile is = *t;

	enum fj_rc rc = read_as(f, &is, t->width, out, err);
	if (rc != FJ_E_NOTFOUND || t->width == FJ_TILE_WIDTH)
		return rc;
	is.width = FJ_TILE_WIDTH;
	rc = read_as(f, &is, t->width, out, err);
	if (rc != FJ_E_NOTFOUND || (is.width = wider(f, t)) == 0)
		return rc;
	return read_as(f, &is, t->width, out, err);
}
