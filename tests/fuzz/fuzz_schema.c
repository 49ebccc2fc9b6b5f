/*
 * Texts of CREATE statements, as a register of an older version has them (issuer/store/migrate.c).
 *
 * Properties: the words of the words are the words; spaces and comments before and behind change nothing.
 */
#include "issuer/store/inside.h"
#include "tests/fuzz/fuzz.h"

static void same(const char *text, const struct fj_buf *want)
{
	FJ_AUTO(buf) got = FJ_BUF_INIT(1u << 20);

	HOLDS(sto_sql_words(text, &got) == FJ_OK);
	HOLDS(fj_slice_eq(fj_buf_slice(&got), fj_buf_slice(want)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FJ_AUTO(str) s = fj_strndup((const char *)data, size);
	FJ_AUTO(buf) words = FJ_BUF_INIT(1u << 20);
	FJ_AUTO(buf) around = FJ_BUF_INIT(1u << 20);

	HOLDS(s != NULL);
	if (sto_sql_words(s, &words) != FJ_OK)
		return 0;
	HOLDS(words.len <= 2 * size);
	same(fj_buf_str(&words), &words);
	HOLDS(fj_buf_printf(&around, "-- x\n/* 'x */ \t%s", s) == FJ_OK);
	same(fj_buf_str(&around), &words);
	return 0;
}
