/*
 * tar.c - a strict reader for one archive: trust.tar as an issuer serves it.
 *
 * The archive comes over a network before anything in it is authenticated, so
 * it can name no place but a file of ours: six folders and plain names.  A name
 * in a folder that this version does not know is passed over, so that an issuer
 * may publish more; a name that tries to lead elsewhere ends the reading.
 */
#include "verifier/gateway/tar.h"

#include <string.h>

#define BLOCK 512
#define CITE "POSIX ustar"

static enum fj_rc bad(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_PARSE, "gateway", CITE, en, zh);
}

void gw_tar_open(struct gw_tar *t, struct fj_slice in)
{
	memset(t, 0, sizeof(*t));
	t->in = in;
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

static bool plain(const char *s)
{
	size_t n = strlen(s);
	const char *dot = strchr(s, '.');

	return n > 2 && n < sizeof(((struct gw_tar_entry *)0)->name) && dot != NULL && dot != s && dot[1] != '\0' && strchr(dot + 1, '.') == NULL &&
	    strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == n;
}

/* "trust/crl/1.crl" to folder and name */
static enum fj_rc read_name(const char *path, struct gw_tar_entry *out, struct fj_err *err)
{
	static const char *const folders[] = {"crl", "status", "authorisations", "certificates", "attestation"};
	static const char *const files[] = {"root.pem", "chain.pem", "root-sm2.pem", "chain-sm2.pem", "log.pem", "log.vkey", "log.policy", NULL};
	const char *rest = path + 6, *slash;

	if (strncmp(path, "trust/", 6) != 0 || strstr(path, "..") != NULL || strstr(path, "//") != NULL || strchr(path, '\\') != NULL)
		return bad(err, "a name in the archive does not lie below trust/", "归档中的文件名不在 trust/ 之下");
	out->folder = NULL;
	slash = strchr(rest, '/');
	if (slash == NULL)
		out->folder = fj_among(rest, files) ? "" : NULL;
	for (size_t i = 0; slash != NULL && i < FJ_ARRAY_LEN(folders); i++)
		if (strlen(folders[i]) == (size_t)(slash - rest) && strncmp(folders[i], rest, (size_t)(slash - rest)) == 0)
			out->folder = folders[i];
	const char *name = slash == NULL ? rest : slash + 1;
	if (out->folder == NULL)
		return FJ_OK;
	if (!plain(name))
		return bad(err, "a file in the archive has no plain name", "归档中的文件名不合规");
	return fj_strcopy(out->name, sizeof(out->name), name);
}

static enum fj_rc read_header(const uint8_t *h, struct gw_tar_entry *out, size_t *size, struct fj_err *err)
{
	char path[101];
	uint64_t n;

	if (memcmp(h + 257, "ustar", 6) != 0 || !sum_right(h))
		return bad(err, "a header is not ustar, or its checksum is wrong", "归档头部不是 ustar 格式或校验和不符");
	if (h[156] != '0')
		return bad(err, "the archive holds something else than regular files", "归档中含有普通文件以外的条目");
	if (h[157] != 0 || h[345] != 0)
		return bad(err, "a file in the archive has a link's target or a prefix", "归档条目带有链接目标或前缀");
	if (!octal(h + 124, 12, &n))
		return bad(err, "a file's size is not octal", "归档条目的长度不是八进制数");
	if (n > GW_TAR_FILE)
		return fj_fail(err, FJ_E_LIMIT, "gateway", CITE, "a file in the archive is larger than %u octets", GW_TAR_FILE);
	memcpy(path, h, 100);
	path[100] = '\0';
	*size = (size_t)n;
	return read_name(path, out, err);
}

enum fj_rc gw_tar_next(struct gw_tar *t, struct gw_tar_entry *out, bool *more, struct fj_err *err)
{
	size_t left = t->in.len - t->at, size = 0;
	const uint8_t *h = t->in.p + t->at;

	*more = false;
	memset(out, 0, sizeof(*out));
	if (t->ended)
		return FJ_OK;
	if (left < 2 * BLOCK || t->in.len > GW_TAR_OCTETS)
		return bad(err, "the archive is cut off, or too large", "归档被截断或过大");
	if (zero(h, BLOCK)) {
		t->ended = true;
		return zero(h, left) ? FJ_OK : bad(err, "something follows the archive's end", "归档结尾之后仍有内容");
	}
	if (++t->files > GW_TAR_FILES)
		return fj_fail(err, FJ_E_LIMIT, "gateway", CITE, "the archive holds more than %d files", GW_TAR_FILES);
	FJ_TRY(read_header(h, out, &size, err));
	size_t padded = (size + BLOCK - 1) / BLOCK * BLOCK;
	if (left - BLOCK < padded)
		return bad(err, "a file in the archive is cut off", "归档中的文件被截断");
	out->data = FJ_SLICE(h + BLOCK, size);
	t->at += BLOCK + padded;
	*more = true;
	return FJ_OK;
}
