/*
 * archive.c - the forms of a year's packages (docs/formats.md 44).
 *
 * A line is canonical JSON, so that its octets are what is chained; whoever reads it compares
 * it with how it would be written.  A name becomes a path only here.
 */
#include "base/archive.h"

#include <sodium.h>

#include "base/tar.h"

#define CITE "formats.md 44"

static const char *const kinds[FJ_AR_KINDS + 1] = {"registration", "certificate", "authorisation", "bulk", "revenue", "report", "order", "schema", "trust", NULL};

static enum fj_rc bad(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, "archive", CITE, en, zh);
}

const char *fj_archive_kind_name(enum fj_archive_kind k)
{
	return kinds[k];
}

bool fj_archive_kind_of(const char *name, enum fj_archive_kind *out)
{
	for (int k = 0; k < FJ_AR_KINDS; k++)
		if (strcmp(kinds[k], name) == 0) {
			*out = (enum fj_archive_kind)k;
			return true;
		}
	return false;
}

bool fj_hex64(const char *s)
{
	return strlen(s) == 64 && strspn(s, "0123456789abcdef") == 64;
}

/* the line read, if it is what would be written of it */
static enum fj_rc read_line(struct fj_slice line, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) j = NULL;
	FJ_AUTO(buf) again = FJ_BUF_INIT(FJ_ARCHIVE_LINE);

	FJ_TRY(fj_json_parse(line, FJ_ARCHIVE_LINE, &j, err));
	if (fj_json_canonical(j, &again, err) != FJ_OK || !fj_slice_eq(fj_buf_slice(&again), line) || !json_is_object(j))
		return bad(err, "a line of the index is no canonical JSON object", "索引行不是规范格式的 JSON 对象");
	*out = fj_move(j);
	return FJ_OK;
}

enum fj_rc fj_archive_head_read(struct fj_slice line, struct fj_archive_head *out, struct fj_err *err)
{
	static const char *const keys[] = {"base", "format", "year", NULL};
	FJ_AUTO(json) j = NULL;
	const char *format, *base;

	FJ_TRY(read_line(line, &j, err));
	FJ_TRY(fj_json_only(j, keys, err));
	FJ_TRY(fj_json_str(j, "format", 64, &format, err));
	FJ_TRY(fj_json_str(j, "base", 160, &base, err));
	FJ_TRY(fj_json_int(j, "year", FJ_ARCHIVE_YEAR_MIN, FJ_ARCHIVE_YEAR_MAX, &out->year, err));
	if (strcmp(format, FJ_FORMAT_ARCHIVE_INDEX) != 0 || fj_strcopy(out->base, sizeof(out->base), base) != FJ_OK)
		return bad(err, "this is no index of an archive of a year (" FJ_FORMAT_ARCHIVE_INDEX ")", "不是年度档案包的索引");
	return FJ_OK;
}

enum fj_rc fj_archive_head_write(const struct fj_archive_head *h, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(json) j = json_pack("{s:s, s:I, s:s}", "format", FJ_FORMAT_ARCHIVE_INDEX, "year", (json_int_t)h->year, "base", h->base);

	return j == NULL ? fj_no_memory(err, "archive") : fj_json_canonical(j, out, err);
}

/* "crl/1.crl" of trust; a plain name without folders of everything else */
static bool id_ok(enum fj_archive_kind k, const char *id)
{
	const char *slash = strchr(id, '/');

	if (!fj_tar_plain(id) || strlen(id) > FJ_TAR_NAME)
		return false;
	return k == FJ_AR_TRUST ? slash == NULL || strchr(slash + 1, '/') == NULL : slash == NULL;
}

static enum fj_rc read_hash(const json_t *j, const char *key, char out[65], struct fj_err *err)
{
	const char *hex;

	FJ_TRY(fj_json_str(j, key, 64, &hex, err));
	if (!fj_hex64(hex) || fj_strcopy(out, 65, hex) != FJ_OK)
		return bad(err, "a hash is not 64 hexadecimal digits", "摘要不是 64 位十六进制数");
	return FJ_OK;
}

static enum fj_rc read_package(const json_t *j, struct fj_archive_entry *out, struct fj_err *err)
{
	const char *state;

	FJ_TRY(fj_json_str(j, "state", sizeof(out->state) - 1, &state, err));
	FJ_TRY(fj_json_int(j, "years", 0, 1000, &out->years, err));
	FJ_TRY(fj_json_int(j, "seq", 1, INT64_MAX, &out->seq, err));
	return fj_strcopy(out->state, sizeof(out->state), state) == FJ_OK ? FJ_OK : bad(err, "a state is too long", "状态过长");
}

enum fj_rc fj_archive_entry_read(struct fj_slice line, struct fj_archive_entry *out, struct fj_err *err)
{
	static const char *const package[] = {"id", "kind", "octets", "seq", "sha256", "sm3", "state", "years", NULL}, *const file[] = {"id", "kind", "octets", "sha256", "sm3", NULL};
	FJ_AUTO(json) j = NULL;
	const char *kind, *id;

	memset(out, 0, sizeof(*out));
	FJ_TRY(read_line(line, &j, err));
	FJ_TRY(fj_json_str(j, "kind", 24, &kind, err));
	if (!fj_archive_kind_of(kind, &out->kind))
		return bad(err, "a line of the index is of a kind that is not known here", "索引行的类别无法识别");
	FJ_TRY(fj_json_only(j, fj_archive_is_package(out->kind) ? package : file, err));
	FJ_TRY(fj_json_str(j, "id", FJ_TAR_NAME, &id, err));
	if (!id_ok(out->kind, id) || fj_strcopy(out->id, sizeof(out->id), id) != FJ_OK)
		return bad(err, "a number in the index can't name a file", "索引中的编号不能用作文件名");
	FJ_TRY(fj_json_int(j, "octets", 0, FJ_ARCHIVE_PACKAGE, &out->octets, err));
	FJ_TRY(read_hash(j, "sha256", out->sha256, err));
	FJ_TRY(read_hash(j, "sm3", out->sm3, err));
	return fj_archive_is_package(out->kind) ? read_package(j, out, err) : FJ_OK;
}

enum fj_rc fj_archive_entry_write(const struct fj_archive_entry *e, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(json) j = json_pack("{s:s, s:s, s:I, s:s, s:s}", "kind", kinds[e->kind], "id", e->id, "octets", (json_int_t)e->octets, "sha256", e->sha256, "sm3", e->sm3);

	if (j != NULL && fj_archive_is_package(e->kind)) {
		FJ_TRY(fj_json_set(j, "state", json_string(e->state)));
		FJ_TRY(fj_json_set(j, "years", json_integer((json_int_t)e->years)));
		FJ_TRY(fj_json_set(j, "seq", json_integer((json_int_t)e->seq)));
	}
	if (j == NULL)
		return fj_no_memory(err, "archive");
	return id_ok(e->kind, e->id) ? fj_json_canonical(j, out, err) : bad(err, "this number can't name a file", "该编号不能用作文件名");
}

void fj_archive_path(const struct fj_archive_entry *e, char out[FJ_ARCHIVE_PATH])
{
	if (e->kind == FJ_AR_SCHEMA)
		snprintf(out, FJ_ARCHIVE_PATH, "%s", e->id);
	else
		snprintf(out, FJ_ARCHIVE_PATH, "%s/%s%s", kinds[e->kind], e->id, fj_archive_is_package(e->kind) ? ".tar" : "");
}

int fj_archive_order(const struct fj_archive_entry *a, const struct fj_archive_entry *b)
{
	int n = a->kind < b->kind ? -1 : a->kind > b->kind;

	return n != 0 ? n : strcmp(a->id, b->id);
}

void fj_archive_chain(struct fj_hash *chain, struct fj_slice line)
{
	crypto_hash_sha256_state st;

	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, chain->b, sizeof(chain->b));
	crypto_hash_sha256_update(&st, line.p, line.len);
	crypto_hash_sha256_final(&st, chain->b);
}

/* --- the documents --- */

static enum fj_rc check_format(const json_t *doc, const char *want, struct fj_err *err)
{
	const char *format;

	FJ_TRY(fj_json_str(doc, "format", 64, &format, err));
	return strcmp(format, want) == 0 ? FJ_OK : bad(err, "the document is of another format", "文件格式不符");
}

enum fj_rc fj_archive_doc_check(const json_t *doc, struct fj_err *err)
{
	static const char *const keys[] = {"base", "chain", "counts", "fonds", "format", "lines", "over", "year", NULL}, *const inner[] = {"name", "usci", NULL};
	json_t *fonds, *counts, *v;
	const char *text, *key;
	char hex[65];
	int64_t n, sum = 0, lines;
	enum fj_archive_kind k;

	FJ_TRY(fj_json_only(doc, keys, err));
	FJ_TRY(check_format(doc, FJ_FORMAT_ARCHIVE, err));
	FJ_TRY(fj_json_str(doc, "base", 160, &text, err));
	FJ_TRY(fj_json_int(doc, "year", FJ_ARCHIVE_YEAR_MIN, FJ_ARCHIVE_YEAR_MAX, &n, err));
	FJ_TRY(read_hash(doc, "chain", hex, err));
	FJ_TRY(fj_json_obj(doc, "fonds", &fonds, err));
	FJ_TRY(fj_json_only(fonds, inner, err));
	FJ_TRY(fj_json_str(fonds, "usci", 18, &text, err));
	FJ_TRY(fj_json_str(fonds, "name", 200, &text, err));
	FJ_TRY(fj_json_int(doc, "lines", 1, FJ_ARCHIVE_LINES, &lines, err));
	if (!json_is_boolean(json_object_get(doc, "over")))
		return bad(err, "\"over\" is true or false", "“over”应为 true 或 false");
	FJ_TRY(fj_json_obj(doc, "counts", &counts, err));
	json_object_foreach(counts, key, v) {
		if (!fj_archive_kind_of(key, &k))
			return bad(err, "a kind is counted that is not known here", "统计了无法识别的类别");
		FJ_TRY(fj_json_int(counts, key, 1, FJ_ARCHIVE_LINES, &n, err));
		sum += n;
	}
	return sum == lines ? FJ_OK : bad(err, "the counts do not add up to the number of lines", "各类数量之和与总行数不符");
}

static enum fj_rc check_file(const json_t *f, bool original, struct fj_err *err)
{
	static const char *const file[] = {"name", "octets", "sha256", "sm3", NULL}, *const filed[] = {"kind", "name", "octets", "sha256", "sm3", NULL};
	const char *name;
	char hex[65];
	int64_t n;

	FJ_TRY(fj_json_only(f, original ? filed : file, err));
	if (original ? !json_is_string(json_object_get(f, "name")) || !json_is_string(json_object_get(f, "kind")) : fj_json_str(f, "name", FJ_TAR_NAME, &name, err) != FJ_OK || !fj_tar_plain(name))
		return bad(err, "a file in a package has no plain name", "档案包内文件名不合规");
	FJ_TRY(fj_json_int(f, "octets", 0, original ? FJ_ARCHIVE_ORIGINAL : FJ_ARCHIVE_PACKAGE, &n, err));
	FJ_TRY(read_hash(f, "sha256", hex, err));
	return read_hash(f, "sm3", hex, err);
}

enum fj_rc fj_archive_package_check(const json_t *doc, struct fj_err *err)
{
	static const char *const keys[] = {"files", "format", "id", "kind", "originals", "retention", "seq", "state", NULL}, *const kept[] = {"basis", "years", NULL};
	json_t *list, *v;
	const char *text;
	enum fj_archive_kind k;
	int64_t n;
	size_t i;

	FJ_TRY(fj_json_only(doc, keys, err));
	FJ_TRY(check_format(doc, FJ_FORMAT_ARCHIVE_PACKAGE, err));
	FJ_TRY(fj_json_str(doc, "kind", 24, &text, err));
	if (!fj_archive_kind_of(text, &k) || !fj_archive_is_package(k))
		return bad(err, "a package is of a kind that is not known here", "档案包的类别无法识别");
	FJ_TRY(fj_json_str(doc, "id", FJ_TAR_NAME, &text, err));
	FJ_TRY(fj_json_str(doc, "state", 23, &text, err));
	FJ_TRY(fj_json_int(doc, "seq", 1, INT64_MAX, &n, err));
	FJ_TRY(fj_json_obj(doc, "retention", &list, err));
	FJ_TRY(fj_json_only(list, kept, err));
	FJ_TRY(fj_json_int(list, "years", 0, 1000, &n, err));
	FJ_TRY(fj_json_str(list, "basis", 200, &text, err));
	FJ_TRY(fj_json_arr(doc, "files", FJ_ARCHIVE_FILES, &list, err));
	json_array_foreach(list, i, v)
		FJ_TRY(check_file(v, false, err));
	FJ_TRY(fj_json_arr(doc, "originals", FJ_ARCHIVE_FILES, &list, err));
	json_array_foreach(list, i, v)
		FJ_TRY(check_file(v, true, err));
	return FJ_OK;
}
