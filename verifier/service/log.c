/*
 * log.c - the public log as files (C2SP tlog-tiles): checkpoint, what witnesses
 * cosigned, tiles and bundles of entries.
 *
 * A tile never changes under its name, so it may be kept for ever by whoever stands
 * between.  A path is read as a tile's and written anew: no other file is reached.
 */
#include <fcntl.h>

#include "base/file.h"
#include "base/note.h"
#include "base/tiles.h"
#include "verifier/service/service.h"

static void absent(struct web_req *q, struct web_res *r, const char *en, const char *zh)
{
	struct fj_err err = {0};

	fj_refuse(&err, FJ_E_NOTFOUND, "verifier", "C2SP tlog-tiles", en, zh);
	r->cors = true;
	web_fail(q, r, &err);
}

static void send_note(struct web_req *q, struct web_res *r, const char *path)
{
	FJ_AUTO(buf) note = FJ_BUF_INIT(FJ_NOTE_MAX);

	if (fj_file_read(AT_FDCWD, path, &note, NULL) != FJ_OK) {
		absent(q, r, "there is no such checkpoint of a public log here", "此处没有公开日志的该检查点");
		return;
	}
	r->cors = true;
	web_bytes(r, "text/plain; charset=utf-8", fj_buf_slice(&note), 0);
}

void svc_log_checkpoint(struct web_req *q, struct web_res *r)
{
	send_note(q, r, "publish/log/checkpoint");
}

void svc_log_cosigned(struct web_req *q, struct web_res *r)
{
	send_note(q, r, "publish/log/cosigned");
}

void svc_log_tile(struct web_req *q, struct web_res *r)
{
	static struct fj_tile_folder log = {AT_FDCWD, "publish/log"};
	FJ_AUTO(buf) tile = FJ_BUF_INIT(FJ_BUNDLE_MAX);
	char path[FJ_TILE_PATH];
	struct fj_tile t;
	int n = snprintf(path, sizeof(path), "tile/%s", web_param(q, "tile"));

	if (n < 0 || (size_t)n >= sizeof(path) || fj_tile_parse(path, &t) != FJ_OK || fj_tile_read(&log, &t, &tile, NULL) != FJ_OK) {
		absent(q, r, "the log has no such tile", "公开日志没有该数据块");
		return;
	}
	r->cors = true;
	web_bytes(r, "application/octet-stream", fj_buf_slice(&tile), WEB_FOREVER);
}
