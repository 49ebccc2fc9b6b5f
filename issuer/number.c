/*
 * number.c - the numbers that people read: DAC-420000-202604-000001-2.
 *
 * The last character is ISO/IEC 7064 MOD 37,36 over letters and digits without
 * hyphens: it catches every single wrong character and all but 1 in 200 swaps of two
 * neighbours, which is what people do to numbers on the telephone.
 */
#include "base/jws.h"
#include "base/secret.h"
#include "issuer/core.h"

enum fj_rc num_make(const char *prefix, const char *div6, fj_time at, int64_t n, char out[41], struct fj_err *err)
{
	struct fj_date d = fj_date_of(at, FJ_CHINA_OFFSET);
	char body[64];

	if (!fj_div6_ok(div6) || strlen(prefix) != 3 || n < 1 || n > 999999)
		return fj_fail(err, FJ_E_INVALID, "issuer", "formats.md 4", "no number can be made for division \"%.10s\"", div6);
	snprintf(body, sizeof(body), "%.3s-%.6s-%04d%02d-%06d", prefix, div6, d.y, d.m, (int)n);
	snprintf(out, 41, "%.38s-%c", body, fj_number_check_of(body, strlen(body)));
	return FJ_OK;
}

enum fj_rc num_check(const char *number, struct fj_err *err)
{
	if (fj_number_ok(number))
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "formats.md 4",
	    "\"%.40s\" is not a number of this kind, or its check character is wrong; compare it with the paper", number);
	fj_err_zh(err, "编号“%.40s”格式有误或校验位不符，请核对", number);
	return rc;
}

void iss_new_id(const char *prefix, size_t n, char *out)
{
	static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
	uint8_t bytes[64];
	size_t at = strlen(prefix);

	memcpy(out, prefix, at);
	fj_random(bytes, n);
	for (size_t i = 0; i < n; i++)
		out[at + i] = alphabet[bytes[i] & 31];
	out[at + n] = '\0';
}
