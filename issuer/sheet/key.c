/*
 * key.c - what two spellings of one thing have in common.
 *
 * Offices type digits and brackets full-width or half-width, and leave white
 * space behind; NFKC (Unicode annex 15, by libunistring) makes those one.  It
 * also changes what a text looks like, so keys are for comparing, and what is
 * stored is what was written.
 */
#include <uninorm.h>

#include "issuer/sheet/sheet.h"

/* U+200B..U+200D and U+FEFF: nobody sees them */
static size_t unseen(const char *s)
{
	return memcmp(s, "\xe2\x80\x8b", 3) == 0 || memcmp(s, "\xe2\x80\x8c", 3) == 0 || memcmp(s, "\xe2\x80\x8d", 3) == 0 ||
	    memcmp(s, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static bool space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* text in NFKC into out: white space single, none at the ends, or none at all */
static enum fj_rc put_tidy(const char *s, bool none, struct fj_buf *out)
{
	size_t begin = out->len;
	bool gap = false;

	for (; *s != '\0'; s++) {
		size_t n = strlen(s) >= 3 ? unseen(s) : 0;
		if (n > 0) {
			s += n - 1;
			continue;
		}
		if (space(*s)) {
			gap = true;
			continue;
		}
		if (gap && !none && out->len > begin)
			FJ_TRY(fj_buf_put(out, " ", 1));
		gap = false;
		FJ_TRY(fj_buf_put(out, s, 1));
	}
	return FJ_OK;
}

static enum fj_rc tidy(const char *cell, bool none, struct fj_buf *out)
{
	size_t n = 0;
	FJ_AUTO(mem) mem = u8_normalize(UNINORM_NFKC, (const uint8_t *)cell, strlen(cell) + 1, NULL, &n);

	return mem == NULL || n == 0 ? FJ_E_NOMEM : put_tidy(mem, none, out);
}

enum fj_rc sheet_key(const char *cell, struct fj_buf *out)
{
	return tidy(cell, false, out);
}

enum fj_rc sheet_heading(const char *cell, struct fj_buf *out)
{
	size_t begin = out->len;

	FJ_TRY(fj_buf_put(out, "", 0));
	FJ_TRY(tidy(cell, true, out));
	char *s = (char *)out->data + begin;
	size_t to = 0;
	for (size_t i = 0; s[i] != '\0'; i++)
		if (s[i] != '*')
			s[to++] = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] - 'A' + 'a') : s[i];
	s[to] = '\0';
	char *remark = to > 1 && s[to - 1] == ')' ? strrchr(s, '(') : NULL;
	if (remark != NULL && remark > s)
		to = (size_t)(remark - s);
	s[to] = '\0';
	out->len = begin + to;
	return FJ_OK;
}
