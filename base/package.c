/*
 * package.c - the package's form: a magic line, the signed manifest behind its
 * length, then the octets of its files and rows, in the manifest's order and of the
 * sizes that it says.
 *
 * There are no names outside of what is signed, no padding and nothing after the
 * rows, so that one sequence of octets is one package.
 */
#include "base/package.h"

#include <unistd.h>

#include "base/file.h"
#include "base/tlog.h"

#define MAGIC_LEN (sizeof(FJ_PACKAGE_MAGIC) - 1)
#define HEAD_LEN (MAGIC_LEN + 4)

static enum fj_rc no(struct fj_err *err, const char *what, const char *key)
{
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "package", "formats.md 18", "%s (\"%s\")", what, key);

	fj_err_zh(err, "数据包清单不合规（%s）", key);
	return rc;
}

static enum fj_rc cut(struct fj_err *err, const char *what, const char *zh)
{
	return fj_refuse(err, FJ_E_PARSE, "package", "formats.md 18", what, zh);
}

/* --- the manifest --- */

bool fj_package_path(const char *path)
{
	static const char *const never[] = {"outbox", "generation", "public.db", "log/fork"};
	size_t n = strlen(path), depth = 0;

	if (n == 0 || n > FJ_PACKAGE_PATH || strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/") != n || path[n - 1] == '/')
		return false;
	for (size_t i = 0; i < FJ_ARRAY_LEN(never); i++)
		if (strncmp(path, never[i], strlen(never[i])) == 0)
			return false;
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && path[i - 1] != '/')
			continue;
		if (path[i] == '.' || path[i] == '/' || ++depth > FJ_PACKAGE_DEPTH)
			return false;
	}
	return strstr(path, ".tmp") == NULL;
}

/* of the public log: its two notes, its tiles, and nothing else */
static bool log_path(const char *path)
{
	struct fj_tile t;

	return strncmp(path, "log/", 4) != 0 || strcmp(path + 4, "checkpoint") == 0 || strcmp(path + 4, "cosigned") == 0 || fj_tile_parse(path + 4, &t) == FJ_OK;
}

static enum fj_rc check_hash(const json_t *o, const char *key, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(64);
	const char *s;

	FJ_TRY(fj_json_str(o, key, 43, &s, err));
	return fj_b64u_get(s, strlen(s), &b) == FJ_OK && b.len == FJ_SHA256_LEN ? FJ_OK : no(err, "a hash is not base64url of 32 octets", key);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* each path once, whatever their order */
static enum fj_rc check_once(const json_t *files, struct fj_err *err)
{
	size_t n = json_array_size(files), i;
	FJ_AUTO(mem) room = fj_alloc(n + 1, sizeof(char *));
	const char **path = room;
	json_t *f;

	if (path == NULL)
		return fj_no_memory(err, "package");
	json_array_foreach(files, i, f)
		path[i] = fj_json_peek(f, "path");
	qsort(path, n, sizeof(*path), by_text);
	for (i = 1; i < n; i++)
		if (strcmp(path[i - 1], path[i]) == 0)
			return no(err, "a file is named twice", "files");
	return FJ_OK;
}

static enum fj_rc check_files(const json_t *p, int64_t *sum, struct fj_err *err)
{
	static const char *const known[] = {"path", "sha256", "size", NULL};
	json_t *files, *f;
	const char *path;
	int64_t size;
	size_t i;

	FJ_TRY(fj_json_arr(p, "files", FJ_PACKAGE_FILES, &files, err));
	json_array_foreach(files, i, f) {
		FJ_TRY(fj_json_only(f, known, err));
		FJ_TRY(fj_json_str(f, "path", FJ_PACKAGE_PATH, &path, err));
		if (!fj_package_path(path) || !log_path(path))
			return no(err, "a path is none of a publication", "path");
		FJ_TRY(check_hash(f, "sha256", err));
		FJ_TRY(fj_json_int(f, "size", 0, FJ_PACKAGE_DATA_MAX, &size, err));
		*sum += size;
	}
	return check_once(files, err);
}

static enum fj_rc check_rows(const json_t *p, int64_t *sum, struct fj_err *err)
{
	static const char *const known[] = {"sha256", "size", NULL};
	json_t *rows;
	int64_t size;

	FJ_TRY(fj_json_obj(p, "rows", &rows, err));
	FJ_TRY(fj_json_only(rows, known, err));
	FJ_TRY(check_hash(rows, "sha256", err));
	FJ_TRY(fj_json_int(rows, "size", 0, FJ_PACKAGE_DATA_MAX, &size, err));
	*sum += size;
	return *sum <= FJ_PACKAGE_DATA_MAX ? FJ_OK : no(err, "a package is too large", "size");
}

/* a change follows another and is whole; a snapshot is of the number that it bears */
static enum fj_rc check_order(const json_t *p, struct fj_err *err)
{
	static const char *const known[] = {"seq", "sha256", NULL};
	const char *kind = fj_json_text(p, "kind");
	json_t *before;
	int64_t seq, part, previous;

	FJ_TRY(fj_json_int(p, "seq", 0, INT64_C(9999999999), &seq, err));
	FJ_TRY(fj_json_int(p, "part", 1, FJ_PACKAGE_PARTS, &part, err));
	FJ_TRY(fj_json_obj(p, "previous", &before, err));
	FJ_TRY(fj_json_only(before, known, err));
	FJ_TRY(fj_json_int(before, "seq", 0, seq, &previous, err));
	FJ_TRY(check_hash(before, "sha256", err));
	if (!json_is_boolean(json_object_get(p, "last")))
		return no(err, "it is not said whether this is the last part", "last");
	if (strcmp(kind, "snapshot") == 0)
		return previous == seq ? FJ_OK : no(err, "a snapshot is of the number that it bears", "previous");
	if (strcmp(kind, "change") != 0)
		return no(err, "a package is a change or a snapshot", "kind");
	return previous < seq && part == 1 && json_is_true(json_object_get(p, "last")) ? FJ_OK : no(err, "a change follows another, and has one part", "previous");
}

enum fj_rc fj_package_check(const json_t *p, struct fj_err *err)
{
	static const char *const known[] = {"files", "generation", "iat", "iss", "kind", "last", "part", "previous", "rows", "seq", "vct", NULL};
	const char *text;
	int64_t n, sum = 0;

	FJ_TRY(fj_json_only(p, known, err));
	FJ_TRY(fj_json_str(p, "iss", 160, &text, err));
	FJ_TRY(fj_json_str(p, "vct", 64, &text, err));
	if (strcmp(text, FJ_VCT_PACKAGE) != 0)
		return no(err, "this is no package's manifest", "vct");
	FJ_TRY(fj_json_int(p, "iat", 0, FJ_TIME_MAX, &n, err));
	FJ_TRY(fj_json_int(p, "generation", 0, INT64_MAX, &n, err));
	FJ_TRY(check_order(p, err));
	FJ_TRY(check_files(p, &sum, err));
	return check_rows(p, &sum, err);
}

/* --- the octets --- */

void fj_package_release(struct fj_package *p)
{
	fj_jws_release(&p->jws);
}

static void hash_of(const json_t *o, struct fj_hash *out)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(64);
	const char *s = fj_json_text(o, "sha256");

	memset(out, 0, sizeof(*out));
	if (fj_b64u_get(s, strlen(s), &b) == FJ_OK && b.len == FJ_SHA256_LEN)
		memcpy(out->b, b.data, FJ_SHA256_LEN);
}

static bool is_hash(const json_t *o, struct fj_slice data)
{
	struct fj_hash want, is;

	hash_of(o, &want);
	fj_sha256(data, &is);
	return fj_hash_eq(&want, &is);
}

/* header and manifest; *rest is what follows */
static enum fj_rc read_manifest(struct fj_slice in, struct fj_package *out, struct fj_slice *rest, struct fj_err *err)
{
	struct fj_rd r;
	uint32_t n;

	fj_rd_init(&r, in);
	if (in.len < HEAD_LEN || memcmp(in.p, FJ_PACKAGE_MAGIC, MAGIC_LEN) != 0)
		return cut(err, "this is no package of a publication", "这不是发布数据包");
	r.p += MAGIC_LEN;
	if (fj_get_u32(&r, &n) != FJ_OK || n > FJ_PACKAGE_MANIFEST_MAX || fj_get_raw(&r, n, &out->compact) != FJ_OK)
		return cut(err, "the package is cut: its manifest is not whole", "数据包不完整：清单缺失");
	enum fj_rc rc = fj_jws_read(out->compact, FJ_PACKAGE_MANIFEST_MAX, &out->jws, err);
	if (rc == FJ_OK && strcmp(out->jws.typ, FJ_TYP_PACKAGE) != 0)
		rc = fj_fail(err, FJ_E_INVALID, "package", "RFC 8725 3.11", "the signed text is no package's manifest (typ package+jwt)");
	if (rc == FJ_OK)
		rc = fj_package_check(out->jws.payload, err);
	*rest = FJ_SLICE(r.p, fj_rd_left(&r));
	if (rc != FJ_OK && err != NULL && err->zh[0] == '\0')
		fj_err_zh(err, "%s", "数据包清单无法读取");
	return rc;
}

static void read_numbers(struct fj_package *p)
{
	const json_t *m = p->jws.payload, *before = json_object_get(m, "previous");

	p->snapshot = strcmp(fj_json_text(m, "kind"), "snapshot") == 0;
	p->last = json_is_true(json_object_get(m, "last"));
	p->seq = fj_json_num(m, "seq");
	p->part = fj_json_num(m, "part");
	p->previous = fj_json_num(before, "seq");
	p->at = fj_json_num(m, "iat");
	hash_of(before, &p->before);
	fj_sha256(p->compact, &p->hash);
}

static int64_t size_of(const json_t *payload)
{
	int64_t n = fj_json_num(json_object_get(payload, "rows"), "size");
	size_t i;
	json_t *f;

	json_array_foreach(json_object_get(payload, "files"), i, f)
		n += fj_json_num(f, "size");
	return n;
}

bool fj_package_file(const struct fj_package *p, size_t k, size_t *at, const char **path, struct fj_slice *data)
{
	const json_t *f = json_array_get(json_object_get(p->jws.payload, "files"), k);

	if (f == NULL)
		return false;
	*path = fj_json_peek(f, "path");
	*data = FJ_SLICE(p->data.p + *at, (size_t)fj_json_num(f, "size"));
	*at += data->len;
	return true;
}

static enum fj_rc check_data(struct fj_package *p, struct fj_slice rest, struct fj_err *err)
{
	const json_t *m = p->jws.payload, *rows = json_object_get(m, "rows");
	size_t n = (size_t)fj_json_num(rows, "size"), at = 0;
	const char *path;
	struct fj_slice data;

	if ((int64_t)rest.len != size_of(m))
		return cut(err, (int64_t)rest.len < size_of(m) ? "the package is cut: files or rows are missing" : "there is something after the package's end",
		    "数据包长度与清单不符：被截断或附有多余内容");
	p->data = FJ_SLICE(rest.p, rest.len - n);
	p->rows = FJ_SLICE(rest.p + rest.len - n, n);
	for (size_t k = 0; fj_package_file(p, k, &at, &path, &data); k++)
		if (!is_hash(json_array_get(json_object_get(m, "files"), k), data))
			return fj_refuse(err, FJ_E_SIGNATURE, "package", "formats.md 18", "a file of the package is not the one that its manifest names", "数据包内的文件与清单所载摘要不符");
	return is_hash(rows, p->rows) ? FJ_OK
	    : fj_refuse(err, FJ_E_SIGNATURE, "package", "formats.md 18", "the rows of the package are not those that its manifest names", "数据包内的数据行与清单所载摘要不符");
}

enum fj_rc fj_package_read(struct fj_slice in, struct fj_package *out, struct fj_err *err)
{
	struct fj_err own = {.rc = FJ_OK};
	struct fj_slice rest;

	memset(out, 0, sizeof(*out));
	err = err != NULL ? err : &own;
	enum fj_rc rc = read_manifest(in, out, &rest, err);
	if (rc == FJ_OK) {
		read_numbers(out);
		rc = check_data(out, rest, err);
	}
	if (rc != FJ_OK)
		fj_package_release(out);
	return rc;
}

enum fj_rc fj_package_head(struct fj_slice compact, struct fj_buf *out)
{
	FJ_TRY(fj_buf_put(out, FJ_PACKAGE_MAGIC, MAGIC_LEN));
	return fj_put_bytes(out, compact);
}

/* n more octets of the file, which may end only where it says */
static enum fj_rc more_of(int fd, size_t n, struct fj_buf *out, struct fj_err *err)
{
	uint8_t *room = fj_buf_reserve(out, n);

	if (room == NULL)
		return fj_no_memory(err, "package");
	if (fj_read_all(fd, room, n, NULL) != FJ_OK)
		return cut(err, "the file of packages is cut", "数据包文件被截断");
	out->len += n;
	return FJ_OK;
}

enum fj_rc fj_package_next(int fd, struct fj_buf *out, bool *more, struct fj_err *err)
{
	FJ_AUTO(package) p = {.seq = 0};
	struct fj_slice rest;
	uint8_t first;

	fj_buf_clear(out);
	ssize_t got = read(fd, &first, 1);
	if (got < 0)
		return fj_fail_errno(err, "package", "read a file of packages");
	*more = got == 1;
	if (!*more)
		return FJ_OK;
	if (fj_buf_put(out, &first, 1) != FJ_OK)
		return fj_no_memory(err, "package");
	FJ_TRY(more_of(fd, HEAD_LEN - 1, out, err));
	size_t n = (size_t)out->data[MAGIC_LEN] << 24 | (size_t)out->data[MAGIC_LEN + 1] << 16 | (size_t)out->data[MAGIC_LEN + 2] << 8 | out->data[MAGIC_LEN + 3];
	if (memcmp(out->data, FJ_PACKAGE_MAGIC, MAGIC_LEN) != 0 || n > FJ_PACKAGE_MANIFEST_MAX)
		return cut(err, "this is no package of a publication", "这不是发布数据包");
	FJ_TRY(more_of(fd, n, out, err));
	FJ_TRY(read_manifest(fj_buf_slice(out), &p, &rest, err));
	return more_of(fd, (size_t)size_of(p.jws.payload), out, err);
}
