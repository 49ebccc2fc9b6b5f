/*
 * tar.c - POSIX.1-2017 pax, the ustar interchange format, file by file.
 *
 * Owners, groups and modes say nothing here, and the time is no clock's, so an archive
 * can be compared by its hash.  License tokens repeat their certificates,
 * some 3 kB each: gzipped (RFC 1952, no name and no time in its header) ten
 * thousand of them are a few megabytes, and neither disk nor memory ever holds
 * the archive unpacked.
 */
#include "base/tar.h"

#include <zlib.h>

#include "base/ustar.h"

#define BLOCK FJ_USTAR_BLOCK
#define GZIP_LEVEL 6
#define GZIP_WINDOW (15 + 16)

static enum fj_rc too_large(const struct fj_tar *t, struct fj_err *err)
{
	enum fj_rc rc = fj_fail(err, FJ_E_LIMIT, "base", NULL, "the archive is larger than %zu MiB", t->out.max >> 20);

	fj_err_zh(err, "归档文件超过 %zu MiB", t->out.max >> 20);
	return rc;
}

enum fj_rc fj_tar_new(struct fj_tar *t, size_t max, fj_time at, bool gzip, struct fj_err *err)
{
	memset(t, 0, sizeof(*t));
	fj_buf_init(&t->out, max);
	t->at = at;
	if (!gzip)
		return FJ_OK;
	z_stream *z = fj_alloc(1, sizeof(*z));
	if (z == NULL || deflateInit2(z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		fj_free(z);
		return fj_no_memory(err, "base");
	}
	t->pack = z;
	return FJ_OK;
}

void fj_tar_release(struct fj_tar *t)
{
	if (t->pack != NULL)
		deflateEnd(t->pack);
	fj_free(t->pack);
	t->pack = NULL;
	fj_buf_release(&t->out);
}

/* into the archive, packed or as it is; finish: the last of it */
static enum fj_rc put(struct fj_tar *t, const void *p, size_t n, bool finish, struct fj_err *err)
{
	z_stream *z = t->pack;
	uint8_t room[16384];
	int code = Z_OK;

	if (z == NULL)
		return fj_buf_put(&t->out, p, n) == FJ_OK ? FJ_OK : too_large(t, err);
	z->next_in = (Bytef *)(uintptr_t)p;
	z->avail_in = (uInt)n;
	do {
		z->next_out = room;
		z->avail_out = sizeof(room);
		code = deflate(z, finish ? Z_FINISH : Z_NO_FLUSH);
		if (fj_buf_put(&t->out, room, sizeof(room) - z->avail_out) != FJ_OK)
			return too_large(t, err);
	} while (z->avail_out == 0 || (finish && code == Z_OK));
	return code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR ? FJ_OK : fj_fail(err, FJ_E_INTERNAL, "base", NULL, "deflate failed: %d", code);
}

enum fj_rc fj_tar_add(struct fj_tar *t, const char *name, struct fj_slice bytes, struct fj_err *err)
{
	static const uint8_t zero[BLOCK];
	uint8_t head[BLOCK];
	struct fj_ustar e = {.type = FJ_USTAR_FILE, .mode = 0644, .size = (int64_t)bytes.len, .at = t->at & 077777777777};

	if (strlen(name) > FJ_TAR_NAME)
		return fj_fail(err, FJ_E_INTERNAL, "base", NULL, "a name in the archive is too long");
	snprintf(e.name, sizeof(e.name), "%s", name);
	FJ_TRY(fj_ustar_put(&e, head, err));
	FJ_TRY(put(t, head, BLOCK, false, err));
	FJ_TRY(put(t, bytes.p, bytes.len, false, err));
	return bytes.len % BLOCK == 0 ? FJ_OK : put(t, zero, BLOCK - bytes.len % BLOCK, false, err);
}

enum fj_rc fj_tar_end(struct fj_tar *t, struct fj_err *err)
{
	static const uint8_t end[2 * BLOCK];

	return put(t, end, sizeof(end), true, err);
}
