/*
 * The documents of a year's archive (docs/formats.md 44): lines of an index, archive.json,
 * package.json, and the archive of one package.
 *
 * Properties: a line that is read is written again octet by octet, and names a path that leads
 * nowhere else; no line stands before itself; reading an archive ends, what it gives lies in it
 * and has a plain name; a refusal has a reason in both languages where it is one of ours.
 */
#include "base/archive.h"
#include "base/tar.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/tar.h"

#define MAX 60000

static void line(struct fj_slice in)
{
	FJ_AUTO(buf) again = FJ_BUF_INIT(2 * FJ_ARCHIVE_LINE);
	struct fj_archive_entry e;
	struct fj_archive_head h;
	struct fj_hash chain = {{0}}, other = {{0}};
	char path[FJ_ARCHIVE_PATH];

	if (fj_archive_head_read(in, &h, NULL) == FJ_OK)
		HOLDS(fj_archive_head_write(&h, &again, NULL) == FJ_OK && fj_slice_eq(fj_buf_slice(&again), in));
	fj_buf_clear(&again);
	if (fj_archive_entry_read(in, &e, NULL) != FJ_OK)
		return;
	HOLDS(fj_archive_entry_write(&e, &again, NULL) == FJ_OK && fj_slice_eq(fj_buf_slice(&again), in));
	fj_archive_path(&e, path);
	HOLDS(fj_tar_plain(path) || strlen(path) > FJ_TAR_NAME);
	HOLDS(strstr(path, "..") == NULL && path[0] != '/' && path[0] != '.');
	HOLDS(fj_archive_order(&e, &e) == 0);
	fj_archive_chain(&chain, in);
	HOLDS(!fj_hash_eq(&chain, &other));
}

static void documents(struct fj_slice in)
{
	FJ_AUTO(json) j = NULL;

	if (fj_json_parse(in, MAX, &j, NULL) != FJ_OK)
		return;
	(void)!fj_archive_doc_check(j, NULL);
	(void)!fj_archive_package_check(j, NULL);
}

static void archive(struct fj_slice in)
{
	struct fj_untar t;
	struct fj_untar_entry e;
	struct fj_err err = {.rc = FJ_OK};
	bool more = true;
	size_t turns = 0;

	fj_untar_open(&t, in, MAX);
	while (more) {
		HOLDS(turns++ <= in.len / 512 + 1);
		if (fj_untar_next(&t, &e, &more, &err) != FJ_OK) {
			HOLDS(err.en[0] != '\0' && !more);
			return;
		}
		HOLDS(!more || (within(e.data, in) && fj_tar_plain(e.name)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t copy[MAX];

	if (size > MAX)
		return 0;
	line(FJ_SLICE(data, size));
	documents(FJ_SLICE(data, size));
	archive(FJ_SLICE(data, size));
	memcpy(copy, data, size);
	if (size >= 512)
		tar_seal(copy);
	archive(FJ_SLICE(copy, size));
	return 0;
}
