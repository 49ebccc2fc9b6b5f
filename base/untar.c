/*
 * untar.c - a strict reader of archives of this house's kind (tar.h): POSIX ustar with regular
 * files and nothing else.
 *
 * An archive comes from outside before anything in it is authenticated, so what has more than one
 * reading is refused as a whole: links, folders, devices, prefixes, a checksum or magic that
 * is not ustar's, a name that leads elsewhere, what is cut off or follows the end.
 */
#include "base/tar.h"

#define BLOCK 512
#define CITE "POSIX ustar"

static enum fj_rc bad(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_PARSE, "base", CITE, en, zh);
}

void fj_untar_open(struct fj_untar *t, struct fj_slice in, size_t max_file)
{
	memset(t, 0, sizeof(*t));
	t->in = in;
	t->max_file = max_file;
}

/* octal digits, then NULs or spaces to the field's end */
static bool octal(const uint8_t *p, size_t n, uint64_t *out)
{
	size_t i = 0;

	*out = 0;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
		*out = *out << 3 | (uint64_t)(p[i] - '0');
	if (i == 0)
		return false;
	for (; i < n; i++)
		if (p[i] != '\0' && p[i] != ' ')
			return false;
	return true;
}

static bool zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != 0)
			return false;
	return true;
}

static bool sum_right(const uint8_t *h)
{
	uint64_t want, got = 0;

	for (size_t i = 0; i < BLOCK; i++)
		got += i >= 148 && i < 156 ? ' ' : h[i];
	return octal(h + 148, 8, &want) && want == got;
}

static enum fj_rc read_header(const struct fj_untar *t, const uint8_t *h, struct fj_untar_entry *out, size_t *size, struct fj_err *err)
{
	uint64_t n;

	if (memcmp(h + 257, "ustar", 6) != 0 || !sum_right(h))
		return bad(err, "a header is not ustar, or its checksum is wrong", "归档头部不是 ustar 格式或校验和不符");
	if (h[156] != '0')
		return bad(err, "the archive holds something else than regular files", "归档中含有普通文件以外的条目");
	if (h[157] != 0 || h[345] != 0)
		return bad(err, "a file in the archive has a link's target or a prefix", "归档条目带有链接目标或前缀");
	if (!octal(h + 124, 12, &n))
		return bad(err, "a file's size is not octal", "归档条目的长度不是八进制数");
	if (n > t->max_file)
		return fj_fail(err, FJ_E_LIMIT, "base", CITE, "a file in the archive is larger than %zu octets", t->max_file);
	memcpy(out->name, h, 100);
	out->name[100] = '\0';
	*size = (size_t)n;
	return fj_tar_plain(out->name) ? FJ_OK : bad(err, "a name in the archive leads elsewhere, or is not plain", "归档中的文件名不合规");
}

bool fj_tar_plain(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= FJ_TAR_NAME + 1 && name[0] != '/' && name[0] != '.' && name[n - 1] != '/' && strstr(name, "..") == NULL && strstr(name, "//") == NULL &&
	    strstr(name, "/.") == NULL && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~/") == n;
}

enum fj_rc fj_untar_next(struct fj_untar *t, struct fj_untar_entry *out, bool *more, struct fj_err *err)
{
	size_t left = t->in.len - t->at, size = 0;
	const uint8_t *h = t->in.p + t->at;

	*more = false;
	memset(out, 0, sizeof(*out));
	if (t->ended)
		return FJ_OK;
	if (left < 2 * BLOCK)
		return bad(err, "the archive is cut off", "归档被截断");
	if (zero(h, BLOCK)) {
		t->ended = true;
		return zero(h, left) ? FJ_OK : bad(err, "something follows the archive's end", "归档结尾之后仍有内容");
	}
	FJ_TRY(read_header(t, h, out, &size, err));
	size_t padded = (size + BLOCK - 1) / BLOCK * BLOCK;
	if (left - BLOCK < padded)
		return bad(err, "a file in the archive is cut off", "归档中的文件被截断");
	out->data = FJ_SLICE(h + BLOCK, size);
	t->at += BLOCK + padded;
	*more = true;
	return FJ_OK;
}
