/*
 * remote.c - a log over HTTP (C2SP tlog-tiles): its files, by their addresses.
 *
 * A server that asks for patience (429, 503) gets it.  What the newest checkpoint says
 * must be there and is not (404) is the log's fault, and anything else is the way's.
 */
#include <unistd.h>

#include "base/tiles.h"
#include "verifier/gateway/gateway.h"
#include "verifier/gateway/monitor.h"

#define PATIENCE 30 /* seconds */

enum fj_rc gw_fault(struct gw_fault *f, const char *what, uint64_t at, struct fj_err *err, const char *en, const char *zh)
{
	*f = (struct gw_fault){what, at};
	return fj_refuse(err, FJ_E_SIGNATURE, "monitor", "formats.md 19", en, zh);
}

enum fj_rc gw_remote_get(const struct gw_remote *r, const char *path, struct fj_buf *out, struct fj_err *err)
{
	struct gw_fetched got = {.body = *out};
	struct fj_err why = {.rc = FJ_OK};
	enum fj_rc rc = FJ_OK;
	char url[700];

	snprintf(url, sizeof(url), "%.600s/%.80s", r->url, path);
	for (int t = 0; t < PATIENCE && !atomic_load(r->stop); t++) {
		rc = gw_fetch(url, "", r->stop, &got, &why);
		if (rc == FJ_OK || (why.code != 429 && why.code != 503))
			break;
		sleep(1);
	}
	*out = got.body;
	if (rc != FJ_OK && err != NULL)
		*err = why;
	return rc != FJ_OK && why.code == 404 ? FJ_E_NOTFOUND : rc;
}

/* t, cut from the file of `is` */
static enum fj_rc get_as(const struct gw_remote *r, const struct fj_tile *is, const struct fj_tile *t, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(buf) whole = FJ_BUF_INIT(t->entries ? FJ_BUNDLE_MAX : FJ_TILE_OCTETS);
	struct fj_slice all, cut;
	char path[FJ_TILE_PATH];

	fj_tile_path(is, path);
	enum fj_rc rc = gw_remote_get(r, path, &whole, err);
	if (rc == FJ_E_LIMIT)
		rc = FJ_E_PARSE;
	if (rc == FJ_OK)
		rc = fj_tile_cut(t->entries, is->width, true, fj_buf_slice(&whole), &all);
	if (rc == FJ_OK)
		rc = fj_tile_cut(t->entries, t->width, false, all, &cut);
	if (rc == FJ_E_PARSE)
		return gw_fault(r->fault, "tile", t->n * FJ_TILE_WIDTH << (t->level * 8), err, "a tile is not as wide as its address says", "数据块的宽度与其地址不符");
	FJ_TRY(rc);
	return fj_buf_put(out, cut.p, cut.len) == FJ_OK ? FJ_OK : fj_no_memory(err, "monitor");
}

enum fj_rc gw_remote_tile(const struct gw_remote *r, const struct fj_tile *t, struct fj_buf *out, struct fj_err *err)
{
	struct fj_tile is = *t;

	fj_buf_clear(out);
	enum fj_rc rc = get_as(r, &is, t, out, err);
	if (rc == FJ_E_NOTFOUND && t->width < FJ_TILE_WIDTH) {
		is.width = FJ_TILE_WIDTH;
		rc = get_as(r, &is, t, out, err);
	}
	is = fj_tile_at(t->level, t->n * FJ_TILE_WIDTH, r->size);
	is.entries = t->entries;
	if (rc == FJ_E_NOTFOUND && is.width > t->width && is.width < FJ_TILE_WIDTH)
		rc = get_as(r, &is, t, out, err);
	return rc != FJ_E_NOTFOUND ? rc
	    : gw_fault(r->fault, "missing", t->n * FJ_TILE_WIDTH << (t->level * 8), err, "the log does not give a tile that its checkpoint demands", "日志未提供其检查点所要求的数据块");
}
