/*
 * listed.c - status lists and CRLs of a package stand in the public log.
 *
 * The issuer enters the hash of each before it shows it.  A list that was signed for this
 * mirror alone, so that those who ask here see another status than the rest, would have no
 * leaf; with one, every monitor sees it.
 */
#include <fcntl.h>

#include "base/file.h"
#include "verifier/inbox/inbox.h"

/* the leaf of an entry that has the hash as text: is it one that publishes it? */
static bool publishes(struct fj_slice entry, const char *sha)
{
	FJ_AUTO(json) leaf = NULL;

	return fj_json_parse(entry, FJ_LEAF_MAX, &leaf, NULL) == FJ_OK && strcmp(fj_json_text(leaf, "event"), "published") == 0 && strcmp(fj_json_text(leaf, "sha256"), sha) == 0;
}

static bool in_bundle(struct fj_slice bundle, const char *sha)
{
	struct fj_slice entry;

	while (fj_entry_next(&bundle, &entry) == FJ_OK)
		if (memmem(entry.p, entry.len, sha, strlen(sha)) != NULL && publishes(entry, sha))
			return true;
	return false;
}

static bool in_nth(const struct inb_log *l, uint64_t size, uint64_t n, const char *sha)
{
	FJ_AUTO(buf) bundle = FJ_BUF_INIT(FJ_BUNDLE_MAX);
	struct fj_tile t = fj_tile_at(0, n * FJ_TILE_WIDTH, size);

	t.entries = true;
	return inb_tile_then((void *)(uintptr_t)l, &t, &bundle, NULL) == FJ_OK && in_bundle(fj_buf_slice(&bundle), sha);
}

/* from both ends: what is renewed stands at the end, the root's CRL at the beginning */
static bool in_log(const struct inb_log *l, uint64_t size, const char *sha)
{
	uint64_t n = (size + FJ_TILE_WIDTH - 1) / FJ_TILE_WIDTH;

	for (uint64_t k = 0; k < (n + 1) / 2; k++)
		if (in_nth(l, size, n - 1 - k, sha) || in_nth(l, size, k, sha))
			return true;
	return false;
}

static enum fj_rc check(const struct inb_log *l, uint64_t size, const char *path, struct fj_slice list, struct fj_err *err)
{
	FJ_AUTO(buf) sha = FJ_BUF_INIT(64);
	FJ_AUTO(buf) now = FJ_BUF_INIT(FJ_PACKAGE_DATA_MAX);
	char here[300];
	struct fj_hash h;

	snprintf(here, sizeof(here), "publish/%.280s", path);
	if (fj_file_read(AT_FDCWD, here, &now, NULL) == FJ_OK && fj_slice_eq(fj_buf_slice(&now), list))
		return FJ_OK; /* it was found when it came */
	fj_sha256(list, &h);
	if (fj_b64u_put(&sha, FJ_SLICE(h.b, sizeof(h.b))) != FJ_OK)
		return fj_no_memory(err, "inbox");
	return in_log(l, size, fj_buf_str(&sha)) ? FJ_OK
	    : fj_refuse(err, FJ_E_INVALID, "inbox", "formats.md 19", "a status list or CRL in the package does not stand in the public log: it was shown to nobody else", "数据包内有状态列表或吊销列表未载入公开日志：他人未曾见到");
}

/* what came with earlier parts of this snapshot */
static enum fj_rc check_staged(const struct inb_log *l, uint64_t size, const char *folder, struct fj_err *err)
{
	FJ_AUTO(dir) d = NULL;
	char path[400];

	snprintf(path, sizeof(path), "inbox/stage/%.60s", folder);
	if (l->first || fj_dir_list(AT_FDCWD, path, &d, NULL) != FJ_OK)
		return FJ_OK;
	for (const struct dirent *e; (e = readdir(d)) != NULL;) {
		FJ_AUTO(buf) list = FJ_BUF_INIT(FJ_PACKAGE_DATA_MAX);
		snprintf(path, sizeof(path), "inbox/stage/%.60s/%.255s", folder, e->d_name);
		if (e->d_name[0] == '.')
			continue;
		FJ_TRY(fj_file_read(AT_FDCWD, path, &list, err));
		FJ_TRY(check(l, size, path + strlen("inbox/stage/"), fj_buf_slice(&list), err));
	}
	return FJ_OK;
}

enum fj_rc inb_lists_logged(const struct inb_log *l, uint64_t size, struct fj_err *err)
{
	static const char *const folders[] = {"trust/status", "trust/crl"};
	struct fj_slice data;
	const char *path;
	size_t at = 0;

	for (size_t k = 0; fj_package_file(l->p, k, &at, &path, &data); k++)
		if (strncmp(path, "trust/status/", 13) == 0 || strncmp(path, "trust/crl/", 10) == 0)
			FJ_TRY(check(l, size, path, data, err));
	for (size_t k = 0; k < FJ_ARRAY_LEN(folders); k++)
		FJ_TRY(check_staged(l, size, folders[k], err));
	return FJ_OK;
}
