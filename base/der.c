/*
 * der.c - a strict DER reader (X.690 section 10) and a small writer.
 *
 * One encoding for one value: lengths and integers are minimal, BOOLEANs are 00
 * or FF, unused bits are zero, times are the one form RFC 5280 allows.  What is
 * not exactly so is refused with the section that says it.  Nothing is copied;
 * nothing is guessed; nothing after the end is ignored.
 */
#include "base/der.h"

static enum fj_rc bad(struct fj_err *err, const char *cite, const char *what)
{
	return fj_fail(err, FJ_E_PARSE, "base", cite, "malformed DER: %s", what);
}

void fj_der_init(struct fj_der *d, struct fj_slice s)
{
	d->p = s.p;
	d->end = s.p == NULL ? NULL : s.p + s.len;
}

bool fj_der_more(const struct fj_der *d)
{
	return d->p != d->end;
}

int fj_der_peek(const struct fj_der *d)
{
	return d->p == d->end ? -1 : d->p[0];
}

/* X.690 8.1.3 and 10.1: definite, minimal */
static enum fj_rc length(const uint8_t **p, const uint8_t *end, size_t *out, struct fj_err *err)
{
	if (*p == end)
		return bad(err, "X.690 8.1.3", "it ends before a length");
	uint8_t first = *(*p)++;
	if (first < 0x80) {
		*out = first;
		return FJ_OK;
	}
	size_t n = first & 0x7f;
	if (n == 0 || n > 4 || (size_t)(end - *p) < n)
		return bad(err, "X.690 10.1", "a length is indefinite, over 4 octets, or cut");
	if ((*p)[0] == 0)
		return bad(err, "X.690 10.1", "a length is not minimal");
	size_t v = 0;
	while (n-- > 0)
		v = v << 8 | *(*p)++;
	if (v < 0x80)
		return bad(err, "X.690 10.1", "a length is not minimal");
	*out = v;
	return FJ_OK;
}

enum fj_rc fj_der_any(struct fj_der *d, int *tag, struct fj_slice *val, struct fj_slice *whole, struct fj_err *err)
{
	const uint8_t *start = d->p, *p = d->p;
	size_t n = 0;

	if (p == d->end)
		return bad(err, "X.690 8.1", "an element is missing");
	*tag = *p++;
	if ((*tag & 0x1f) == 0x1f)
		return bad(err, "X.690 8.1.2", "a tag has several octets");
	FJ_TRY(length(&p, d->end, &n, err));
	if (n > FJ_DER_MAX || n > (size_t)(d->end - p))
		return bad(err, "X.690 8.1.3", "an element is longer than what holds it");
	if (val != NULL)
		*val = FJ_SLICE(p, n);
	d->p = p + n;
	if (whole != NULL)
		*whole = FJ_SLICE(start, (size_t)(d->p - start));
	return FJ_OK;
}

enum fj_rc fj_der_get(struct fj_der *d, int tag, struct fj_slice *val, struct fj_slice *whole, struct fj_err *err)
{
	struct fj_der try = *d;
	int got;

	if (!fj_der_more(d))
		return bad(err, "X.690 8.1", "an element is missing");
	if (fj_der_peek(d) != tag)
		return fj_fail(err, FJ_E_PARSE, "base", "X.690 8.1.2",
		    "malformed DER: an element has tag %02x where %02x is due", fj_der_peek(d), tag);
	FJ_TRY(fj_der_any(&try, &got, val, whole, err));
	*d = try;
	return FJ_OK;
}

enum fj_rc fj_der_enter(struct fj_der *d, int tag, struct fj_der *sub, struct fj_err *err)
{
	struct fj_slice v;

	FJ_TRY(fj_der_get(d, tag, &v, NULL, err));
	fj_der_init(sub, v);
	return FJ_OK;
}

enum fj_rc fj_der_end(const struct fj_der *d, struct fj_err *err)
{
	return fj_der_more(d) ? bad(err, "X.690 8.1.1", "there are octets after the last element") : FJ_OK;
}

static enum fj_rc int_contents(struct fj_der *d, int tag, struct fj_slice *val, struct fj_err *err)
{
	FJ_TRY(fj_der_get(d, tag, val, NULL, err));
	if (val->len == 0)
		return bad(err, "X.690 8.3.1", "an INTEGER is empty");
	if (val->len > 1 && ((val->p[0] == 0 && val->p[1] < 0x80) || (val->p[0] == 0xff && val->p[1] >= 0x80)))
		return bad(err, "X.690 8.3.2", "an INTEGER is not minimal");
	return FJ_OK;
}

enum fj_rc fj_der_integer(struct fj_der *d, struct fj_slice *val, struct fj_err *err)
{
	return int_contents(d, FJ_DER_INTEGER, val, err);
}

static enum fj_rc small(struct fj_der *d, int tag, uint64_t *out, struct fj_err *err)
{
	struct fj_slice v;

	FJ_TRY(int_contents(d, tag, &v, err));
	if (v.p[0] >= 0x80 || v.len > 8)
		return bad(err, "X.690 8.3", "a number is negative or too large");
	*out = 0;
	for (size_t i = 0; i < v.len; i++)
		*out = *out << 8 | v.p[i];
	return FJ_OK;
}

enum fj_rc fj_der_uint(struct fj_der *d, uint64_t *out, struct fj_err *err)
{
	return small(d, FJ_DER_INTEGER, out, err);
}

enum fj_rc fj_der_enumerated(struct fj_der *d, uint64_t *out, struct fj_err *err)
{
	return small(d, FJ_DER_ENUM, out, err);
}

enum fj_rc fj_der_bool(struct fj_der *d, bool *out, struct fj_err *err)
{
	struct fj_slice v;

	FJ_TRY(fj_der_get(d, FJ_DER_BOOLEAN, &v, NULL, err));
	if (v.len != 1 || (v.p[0] != 0 && v.p[0] != 0xff))
		return bad(err, "X.690 11.1", "a BOOLEAN is neither 00 nor FF");
	*out = v.p[0] != 0;
	return FJ_OK;
}

enum fj_rc fj_der_bits(struct fj_der *d, struct fj_slice *val, unsigned *unused, struct fj_err *err)
{
	struct fj_slice v;

	FJ_TRY(fj_der_get(d, FJ_DER_BITS, &v, NULL, err));
	if (v.len == 0 || v.p[0] > 7 || (v.len == 1 && v.p[0] != 0))
		return bad(err, "X.690 8.6.2", "a BIT STRING has a wrong count of unused bits");
	*unused = v.p[0];
	*val = FJ_SLICE(v.p + 1, v.len - 1);
	if (val->len > 0 && (val->p[val->len - 1] & ((1u << *unused) - 1)) != 0)
		return bad(err, "X.690 11.2.1", "unused bits of a BIT STRING are not zero");
	return FJ_OK;
}

/* one arc of an OID: base 128, minimal (X.690 8.19.2) */
static enum fj_rc arc(struct fj_rd *r, uint64_t *out, struct fj_err *err)
{
	uint8_t c;
	bool first = true;

	*out = 0;
	do {
		if (fj_get_u8(r, &c) != FJ_OK || (first && c == 0x80) || *out >> 56 != 0)
			return bad(err, "X.690 8.19.2", "an OBJECT IDENTIFIER has a wrong arc");
		*out = *out << 7 | (c & 0x7f);
		first = false;
	} while (c & 0x80);
	return FJ_OK;
}

/* the number in decimal behind out[*at], with a terminating zero; false: no room */
static bool write_decimal(char *out, size_t cap, size_t *at, uint64_t v)
{
	char digits[20];
	size_t n = 0;

	do
		digits[n++] = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	if (n >= cap - *at)
		return false;
	while (n > 0)
		out[(*at)++] = digits[--n];
	out[*at] = '\0';
	return true;
}

enum fj_rc fj_der_oid(struct fj_der *d, char *out, size_t cap, struct fj_err *err)
{
	struct fj_slice v;
	struct fj_rd r;
	uint64_t a;
	size_t at = 1;

	FJ_TRY(fj_der_get(d, FJ_DER_OID, &v, NULL, err));
	fj_rd_init(&r, v);
	FJ_TRY(arc(&r, &a, err));
	uint64_t top = a < 40 ? 0 : a < 80 ? 1 : 2;
	out[0] = (char)('0' + top);
	for (uint64_t next = a - 40 * top;; next = a) {
		out[at++] = '.';
		if (at >= cap || !write_decimal(out, cap, &at, next))
			return bad(err, "X.690 8.19", "an OBJECT IDENTIFIER is too long");
		if (fj_rd_left(&r) == 0)
			return FJ_OK;
		FJ_TRY(arc(&r, &a, err));
	}
}

static enum fj_rc digits(const uint8_t *p, size_t n, int *out)
{
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return FJ_E_PARSE;
		*out = *out * 10 + (p[i] - '0');
	}
	return FJ_OK;
}

static enum fj_rc calendar(struct fj_slice v, int year, fj_time *out)
{
	int f[5];

	for (int i = 0; i < 5; i++)
		FJ_TRY(digits(v.p + 2 * i, 2, &f[i]));
	char text[48];
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ", year, f[0], f[1], f[2], f[3], f[4]);
	return fj_time_parse(text, out, NULL);
}

enum fj_rc fj_der_time(struct fj_der *d, bool gentime_only, fj_time *out, struct fj_err *err)
{
	int tag, year;
	struct fj_slice v;

	FJ_TRY(fj_der_any(d, &tag, &v, NULL, err));
	size_t y = tag == FJ_DER_GENTIME ? 4 : 2;
	if ((tag != FJ_DER_GENTIME && (gentime_only || tag != FJ_DER_UTCTIME)) || v.len != y + 11 ||
	    v.p[v.len - 1] != 'Z' || digits(v.p, y, &year) != FJ_OK)
		return bad(err, "RFC 5280 4.1.2.5", "a time is not written as YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ");
	if (tag == FJ_DER_UTCTIME)
		year += year < 50 ? 2000 : 1900;
	else if (year < 2050 && !gentime_only)
		return bad(err, "RFC 5280 4.1.2.5", "a time before 2050 is a GeneralizedTime");
	if (calendar(FJ_SLICE(v.p + y, v.len - y), year, out) != FJ_OK)
		return bad(err, "RFC 5280 4.1.2.5", "a time is not in the calendar");
	return FJ_OK;
}

static enum fj_rc put_arc(struct fj_buf *out, uint64_t v)
{
	uint8_t o[10];
	size_t n = sizeof(o);

	o[--n] = v & 0x7f;
	while ((v >>= 7) != 0)
		o[--n] = 0x80 | (v & 0x7f);
	return fj_buf_put(out, o + n, sizeof(o) - n);
}

static enum fj_rc read_arc(const char **s, uint64_t *out)
{
	const char *p = *s;

	*out = 0;
	if (*p < '0' || *p > '9' || (p[0] == '0' && p[1] >= '0' && p[1] <= '9'))
		return FJ_E_PARSE;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (*out > UINT64_MAX / 256)
			return FJ_E_PARSE;
		*out = *out * 10 + (uint64_t)(*p - '0');
	}
	*s = p;
	return FJ_OK;
}

enum fj_rc fj_der_oid_encode(const char *dotted, struct fj_buf *out)
{
	uint64_t a, b;

	FJ_TRY(read_arc(&dotted, &a));
	if (*dotted++ != '.')
		return FJ_E_PARSE;
	FJ_TRY(read_arc(&dotted, &b));
	if (a > 2 || (a < 2 && b > 39))
		return FJ_E_PARSE;
	FJ_TRY(put_arc(out, a * 40 + b));
	while (*dotted == '.') {
		dotted++;
		FJ_TRY(read_arc(&dotted, &a));
		FJ_TRY(put_arc(out, a));
	}
	return *dotted == '\0' ? FJ_OK : FJ_E_PARSE;
}

enum fj_rc fj_der_put(struct fj_buf *b, int tag, struct fj_slice contents)
{
	uint8_t head[6] = {(uint8_t)tag};
	size_t n = 1;

	if (contents.len > FJ_DER_MAX)
		return FJ_E_LIMIT;
	if (contents.len < 0x80) {
		head[n++] = (uint8_t)contents.len;
	} else {
		size_t octets = contents.len > 0xffff ? 3 : contents.len > 0xff ? 2 : 1;
		head[n++] = (uint8_t)(0x80 | octets);
		while (octets-- > 0)
			head[n++] = (uint8_t)(contents.len >> (8 * octets));
	}
	size_t before = b->len;
	FJ_TRY(fj_buf_put(b, head, n));
	enum fj_rc rc = fj_buf_put(b, contents.p, contents.len);
	if (rc != FJ_OK)
		b->len = before;
	return rc;
}

/* big-endian magnitude as an INTEGER: minimal, a zero octet before a high bit */
static enum fj_rc put_magnitude(struct fj_buf *b, const uint8_t *p, size_t n)
{
	uint8_t o[40] = {0};

	while (n > 1 && *p == 0) {
		p++;
		n--;
	}
	size_t lead = p[0] >= 0x80 ? 1 : 0;
	memcpy(o + lead, p, n);
	return fj_der_put(b, FJ_DER_INTEGER, FJ_SLICE(o, n + lead));
}

enum fj_rc fj_der_put_uint(struct fj_buf *b, uint64_t v)
{
	uint8_t o[8];

	for (int i = 0; i < 8; i++)
		o[i] = (uint8_t)(v >> (8 * (7 - i)));
	return put_magnitude(b, o, 8);
}

static enum fj_rc scalar(struct fj_der *d, uint8_t out[32], struct fj_err *err)
{
	struct fj_slice v;

	FJ_TRY(fj_der_integer(d, &v, err));
	if (v.p[0] >= 0x80)
		return bad(err, "RFC 3279 2.2.3", "r or s is negative");
	if (v.p[0] == 0 && v.len > 1)
		v = FJ_SLICE(v.p + 1, v.len - 1);
	if (v.len > 32 || (v.len == 1 && v.p[0] == 0))
		return bad(err, "RFC 3279 2.2.3", "r or s is zero or longer than 32 octets");
	memset(out, 0, 32);
	memcpy(out + 32 - v.len, v.p, v.len);
	return FJ_OK;
}

enum fj_rc fj_ecdsa_der_to_raw(struct fj_slice der, uint8_t raw[64], struct fj_err *err)
{
	struct fj_der d, seq;

	fj_der_init(&d, der);
	FJ_TRY(fj_der_enter(&d, FJ_DER_SEQ, &seq, err));
	FJ_TRY(fj_der_end(&d, err));
	FJ_TRY(scalar(&seq, raw, err));
	FJ_TRY(scalar(&seq, raw + 32, err));
	return fj_der_end(&seq, err);
}

enum fj_rc fj_ecdsa_raw_to_der(const uint8_t raw[64], struct fj_buf *out)
{
	FJ_AUTO(buf) seq = FJ_BUF_INIT(80);

	FJ_TRY(put_magnitude(&seq, raw, 32));
	FJ_TRY(put_magnitude(&seq, raw + 32, 32));
	return fj_der_put(out, FJ_DER_SEQ, fj_buf_slice(&seq));
}
