/*
 * zipped.c - the ZIP package that a DOCX or an OFD file is: parts in their order, without a
 * time of their own, so that the same parts make the same file.
 */
#include <zip.h>

#include "issuer/report/parts.h"

static bool add(zip_t *z, const struct rep_part *part)
{
	zip_source_t *s = zip_source_buffer(z, part->data.p, part->data.len, 0);
	zip_int64_t at = s == NULL ? -1 : zip_file_add(z, part->name, s, ZIP_FL_ENC_UTF_8);

	if (at < 0) {
		zip_source_free(s);
		return false;
	}
	return zip_file_set_dostime(z, (zip_uint64_t)at, 0, 0x21, 0) == 0; /* 1980-01-01: none */
}

static enum fj_rc read_back(zip_source_t *from, struct fj_buf *file)
{
	char chunk[8192];
	zip_int64_t n = 0;
	enum fj_rc rc = zip_source_open(from) == 0 ? FJ_OK : FJ_E_IO;

	while (rc == FJ_OK && (n = zip_source_read(from, chunk, sizeof(chunk))) > 0)
		rc = fj_buf_put(file, chunk, (size_t)n);
	zip_source_close(from);
	return rc == FJ_OK && n < 0 ? FJ_E_IO : rc;
}

enum fj_rc rep_zip(const struct rep_part *parts, size_t n, struct fj_buf *file)
{
	zip_error_t e;
	zip_source_t *to = zip_source_buffer_create(NULL, 0, 0, &e);
	zip_t *z = to == NULL ? NULL : zip_open_from_source(to, ZIP_TRUNCATE, &e);
	bool ok = z != NULL;

	if (z == NULL) {
		zip_source_free(to);
		return FJ_E_NOMEM;
	}
	zip_source_keep(to);
	for (size_t i = 0; ok && i < n; i++)
		ok = add(z, &parts[i]);
	if (!ok || zip_close(z) != 0) {
		zip_discard(z);
		zip_source_free(to);
		return FJ_E_IO;
	}
	enum fj_rc rc = read_back(to, file);
	zip_source_free(to);
	return rc;
}
