/*
 * share.c - the arithmetic of revenue.
 *
 * A share is net * bp / 10,000, rounded down.  The product can leave int64_t, so the
 * quotient and the rest of net by 10,000 are multiplied apart: with net = 10,000 q + r
 * it is exactly q * bp + floor(r * bp / 10,000), and neither part is larger than net.
 * What rounding leaves over, less than one fen a share, goes to the party that the
 * agreement names (domain.md 4.11).
 */
#include "issuer/share.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "issuer/rules/rules.h"

enum fj_rc shr_net(int64_t gross, int64_t tax, int64_t *net, struct fj_err *err)
{
	if (gross >= 0 && tax >= 0 && tax <= gross) {
		*net = gross - tax;
		return FJ_OK;
	}
	return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 4.11", "gross is 0 or more and tax between 0 and gross; a correction is a counter-entry (revenue counter)",
	    "收入总额应不小于 0，税额应在 0 与总额之间；更正请用冲销（revenue counter）");
}

enum fj_rc shr_check(const int64_t *bp, size_t n, size_t remainder, struct fj_err *err)
{
	int64_t sum = 0;
	bool each = n >= 1 && n <= SHR_MAX && remainder < n;

	for (size_t i = 0; i < n && each; i++) {
		each = bp[i] >= 1 && bp[i] <= SHR_WHOLE;
		sum += bp[i];
	}
	return each ? iss_rule_no_shares_but_the_whole(sum, err) : iss_rule_fail(err, "R27",
	    "there are 1 to 20 shares of 1 to 10,000 basis points each, and one of them gets the remainder; correct the agreement",
	    "分配比例应为 1 至 20 份，每份 1 至 10000 基点，并指明尾差归属；请更正协议");
}

enum fj_rc shr_split(int64_t net, const int64_t *bp, size_t n, size_t remainder, int64_t *fen, struct fj_err *err)
{
	int64_t left = net;

	FJ_TRY(shr_check(bp, n, remainder, err));
	if (net < 0)
		return fj_fail(err, FJ_E_INTERNAL, "issuer", NULL, "a negative amount is not shared; it is negated share by share");
	for (size_t i = 0; i < n; i++) {
		fen[i] = net / SHR_WHOLE * bp[i] + net % SHR_WHOLE * bp[i] / SHR_WHOLE;
		left -= fen[i];
	}
	fen[remainder] += left;
	return FJ_OK;
}

const char *shr_account_name(enum shr_account a)
{
	static const char *const names[SHR_ACCOUNTS] = {"RECEIVED", "TAX", "SHARE", "REMIT", "PAID"};

	return names[a];
}

bool shr_balanced(const struct shr_entry *e, size_t n)
{
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		if (__builtin_add_overflow(sum, e[i].fen, &sum))
			return false;
	return sum == 0;
}

static void put(struct shr_entry *out, size_t *n, enum shr_account a, size_t share, int64_t fen)
{
	if (fen != 0)
		out[(*n)++] = (struct shr_entry){a, share, fen};
}

enum fj_rc shr_entries(int64_t gross, int64_t tax, const int64_t *fen, const bool *remit, size_t n, struct shr_entry *out, size_t *n_out,
    struct fj_err *err)
{
	*n_out = 0;
	if (n > SHR_MAX)
		return fj_fail(err, FJ_E_INTERNAL, "issuer", NULL, "more shares than %d", SHR_MAX);
	put(out, n_out, SHR_RECEIVED, 0, gross);
	put(out, n_out, SHR_TAX, 0, -tax);
	for (size_t i = 0; i < n; i++)
		put(out, n_out, remit[i] ? SHR_REMIT : SHR_SHARE, i, -fen[i]);
	return shr_balanced(out, *n_out) ? FJ_OK : fj_fail(err, FJ_E_INTERNAL, "issuer", NULL, "the entries of a booking do not balance");
}

/* --- yuan as text --- */

/* Commas part groups of three, as in 1,234,567; any other is a decimal comma, or a slip of the pen. */
static bool grouped(const char *s, size_t n)
{
	size_t since = 0;
	bool comma = false;

	for (size_t i = 0; i < n && s[i] != '.'; i++) {
		if (s[i] != ',') {
			since++;
			continue;
		}
		if (since == 0 || since > 3 || (comma && since != 3))
			return false;
		comma = true;
		since = 0;
	}
	return !comma || since == 3;
}

/* digits, with separators between groups, into *value * 10^decimals; false: something else, or too much */
static bool digits(const char *s, size_t n, int64_t *fen)
{
	int64_t v = 0;
	int decimals = -1;
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '.' && decimals < 0)
			decimals = 0;
		else if (s[i] == ',' && any && decimals < 0)
			continue;
		else if (s[i] < '0' || s[i] > '9' || (decimals >= 0 && ++decimals > 2))
			return false;
		else {
			any = true;
			v = v * 10 + (s[i] - '0');
			if (v > SHR_MAX_FEN)
				return false;
		}
	}
	for (int k = decimals < 0 ? 0 : decimals; k < 2; k++)
		v *= 10;
	*fen = v;
	return any && v <= SHR_MAX_FEN;
}

static const char *skip(const char *s)
{
	static const char *const signs[] = {" ", "￥", "¥", "\xe3\x80\x80", "\t"};

	for (size_t i = 0; i < FJ_ARRAY_LEN(signs); i++)
		if (strncmp(s, signs[i], strlen(signs[i])) == 0)
			return skip(s + strlen(signs[i]));
	return s;
}

bool shr_yuan(const char *text, int64_t *fen)
{
	const char *s = skip(text);
	bool round = *s == '(', minus = *s == '-' || round;

	s = skip(s + minus);
	size_t n = strcspn(s, round ? ")" : " ");
	const char *rest = s + n;
	if (round && *rest++ != ')')
		return false;
	while (n > 0 && s[n - 1] == ' ')
		n--;
	if (!grouped(s, n) || !digits(s, n, fen) || *skip(rest) != '\0')
		return false;
	if (minus)
		*fen = -*fen;
	return true;
}

void shr_yuan_text(int64_t fen, char out[SHR_YUAN_CAP])
{
	uint64_t v = fen < 0 ? ~(uint64_t)fen + 1 : (uint64_t)fen;
	char back[SHR_YUAN_CAP];
	size_t n = 0, at = 0;
	int k = 0;

	for (uint64_t yuan = v / 100; yuan > 0 || k == 0; yuan /= 10, k++) {
		if (k > 0 && k % 3 == 0)
			back[n++] = ',';
		back[n++] = (char)('0' + yuan % 10);
	}
	if (fen < 0)
		out[at++] = '-';
	while (n > 0)
		out[at++] = back[--n];
	snprintf(out + at, SHR_YUAN_CAP - at, ".%02u", (unsigned)(v % 100));
}
