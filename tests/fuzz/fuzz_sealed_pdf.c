/*
 * What comes back from a seal platform as PDF: tests/fuzz/paper/exported.pdf with the input
 * behind it, through its reader (in this process, so that the fuzzer sees it).
 *
 * Properties: reading ends; what is refused has a reason in both languages; what is
 * taken has a table and a signature in what was put behind, and is refused as soon as
 * one octet more stands there, or one of ours is another.
 */
#include <fcntl.h>

#include "base/file.h"
#include "issuer/paper/sealed.h"
#include "tests/fuzz/fuzz.h"

#define MAX 200000

static enum fj_rc judged(struct fj_slice own, struct fj_slice sealed)
{
	struct fj_err err = {.rc = FJ_OK};
	enum fj_rc rc = sealed_pdf(own, sealed, &err);

	HOLDS(rc == FJ_OK || ((rc == FJ_E_INVALID || rc == FJ_E_PARSE || rc == FJ_E_LIMIT) && err.en[0] != '\0' && err.zh[0] != '\0'));
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(2 * MAX);

	if (size > MAX)
		return 0;
	HOLDS(fj_file_read(AT_FDCWD, "tests/fuzz/paper/exported.pdf", &file, NULL) == FJ_OK);
	FJ_AUTO(str) kept = fj_strndup(fj_buf_str(&file), file.len);
	struct fj_slice own = FJ_SLICE(kept, file.len);
	HOLDS(kept != NULL && fj_buf_put(&file, data, size) == FJ_OK);
	if (judged(own, fj_buf_slice(&file)) != FJ_OK)
		return 0;
	HOLDS(memmem(data, size, "/ByteRange", 10) != NULL && memmem(data, size, "startxref", 9) != NULL);
	file.data[own.len / 2] ^= 1;
	HOLDS(judged(own, fj_buf_slice(&file)) == FJ_E_INVALID);
	file.data[own.len / 2] ^= 1;
	HOLDS(fj_buf_put(&file, "\n", 1) == FJ_OK && judged(own, fj_buf_slice(&file)) == FJ_E_INVALID);
	return 0;
}
