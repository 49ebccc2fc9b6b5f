/*
 * buf.c - growing buffers, wire fields, hex, base64 and UTF-8.
 *
 * A buffer knows its maximum from birth; past it an append fails and leaves the
 * buffer as it was, so a caller that ignores a limit can't exist.  Decoders are
 * strict: one encoding for one value, because two spellings of the same bytes
 * are how a signature check and its reader come to disagree.
 */
#include "base/buf.h"

#include <sodium.h>
#include <stdarg.h>

struct fj_slice fj_slice_str(const char *s)
{
	return FJ_SLICE(s, strlen(s));
}

bool fj_slice_eq(struct fj_slice a, struct fj_slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

void fj_buf_init(struct fj_buf *b, size_t max)
{
	*b = (struct fj_buf)FJ_BUF_INIT(max);
}

void fj_buf_release(struct fj_buf *b)
{
	fj_free(b->data);
	fj_buf_init(b, b->max);
}

void fj_buf_clear(struct fj_buf *b)
{
	b->len = 0;
	if (b->data != NULL)
		b->data[0] = 0;
}

static enum fj_rc room(struct fj_buf *b, size_t n)
{
	if (n > b->max || b->len > b->max - n)
		return FJ_E_LIMIT;
	size_t need = b->len + n + 1;
	if (need <= b->cap)
		return FJ_OK;
	size_t cap = b->cap < 64 ? 64 : b->cap;
	while (cap < need)
		cap *= 2;
	if (cap > b->max)
		cap = b->max + 1;
	uint8_t *p = fj_realloc(b->data, cap, 1);
	if (p == NULL)
		return FJ_E_NOMEM;
	b->data = p;
	b->cap = cap;
	return FJ_OK;
}

enum fj_rc fj_buf_put(struct fj_buf *b, const void *p, size_t n)
{
	FJ_TRY(room(b, n));
	if (n > 0)
		memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = 0;
	return FJ_OK;
}

enum fj_rc fj_buf_puts(struct fj_buf *b, const char *s)
{
	return fj_buf_put(b, s, strlen(s));
}

enum fj_rc fj_buf_printf(struct fj_buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return FJ_E_INTERNAL;
	FJ_TRY(room(b, (size_t)n));
	va_start(ap, fmt);
	vsnprintf((char *)b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
	return FJ_OK;
}

uint8_t *fj_buf_reserve(struct fj_buf *b, size_t n)
{
	return room(b, n) == FJ_OK ? b->data + b->len : NULL;
}

struct fj_slice fj_buf_slice(const struct fj_buf *b)
{
	return FJ_SLICE(b->data, b->len);
}

const char *fj_buf_str(const struct fj_buf *b)
{
	return b->data != NULL && b->len > 0 ? (const char *)b->data : "";
}

/* --- wire fields --- */

static enum fj_rc put_be(struct fj_buf *b, uint64_t v, size_t n)
{
	uint8_t o[8];

	for (size_t i = 0; i < n; i++)
		o[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
	return fj_buf_put(b, o, n);
}

enum fj_rc fj_put_u8(struct fj_buf *b, uint8_t v)
{
	return put_be(b, v, 1);
}

enum fj_rc fj_put_u32(struct fj_buf *b, uint32_t v)
{
	return put_be(b, v, 4);
}

enum fj_rc fj_put_u64(struct fj_buf *b, uint64_t v)
{
	return put_be(b, v, 8);
}

enum fj_rc fj_put_bytes(struct fj_buf *b, struct fj_slice s)
{
	size_t before = b->len;

	if (s.len > UINT32_MAX)
		return FJ_E_LIMIT;
	FJ_TRY(fj_put_u32(b, (uint32_t)s.len));
	enum fj_rc rc = fj_buf_put(b, s.p, s.len);
	if (rc != FJ_OK)
		b->len = before;
	return rc;
}

enum fj_rc fj_put_str(struct fj_buf *b, const char *s)
{
	return fj_put_bytes(b, fj_slice_str(s));
}

void fj_rd_init(struct fj_rd *r, struct fj_slice s)
{
	r->p = s.p;
	r->end = s.p == NULL ? NULL : s.p + s.len;
}

size_t fj_rd_left(const struct fj_rd *r)
{
	return (size_t)(r->end - r->p);
}

enum fj_rc fj_get_raw(struct fj_rd *r, size_t n, struct fj_slice *out)
{
	if (n > fj_rd_left(r))
		return FJ_E_PARSE;
	*out = FJ_SLICE(r->p, n);
	r->p += n;
	return FJ_OK;
}

static enum fj_rc get_be(struct fj_rd *r, size_t n, uint64_t *out)
{
	struct fj_slice s;

	FJ_TRY(fj_get_raw(r, n, &s));
	*out = 0;
	for (size_t i = 0; i < n; i++)
		*out = *out << 8 | s.p[i];
	return FJ_OK;
}

enum fj_rc fj_get_u8(struct fj_rd *r, uint8_t *out)
{
	uint64_t v;

	FJ_TRY(get_be(r, 1, &v));
	*out = (uint8_t)v;
	return FJ_OK;
}

enum fj_rc fj_get_u32(struct fj_rd *r, uint32_t *out)
{
	uint64_t v;

	FJ_TRY(get_be(r, 4, &v));
	*out = (uint32_t)v;
	return FJ_OK;
}

enum fj_rc fj_get_u64(struct fj_rd *r, uint64_t *out)
{
	return get_be(r, 8, out);
}

enum fj_rc fj_get_bytes(struct fj_rd *r, size_t max, struct fj_slice *out)
{
	uint32_t n;

	FJ_TRY(fj_get_u32(r, &n));
	return n > max ? FJ_E_PARSE : fj_get_raw(r, n, out);
}

enum fj_rc fj_get_str(struct fj_rd *r, char *out, size_t cap)
{
	struct fj_slice s;

	FJ_TRY(fj_get_bytes(r, cap - 1, &s));
	if (!fj_utf8_valid(s))
		return FJ_E_PARSE;
	if (s.len > 0)
		memcpy(out, s.p, s.len);
	out[s.len] = '\0';
	return FJ_OK;
}

enum fj_rc fj_rd_end(const struct fj_rd *r)
{
	return r->p == r->end ? FJ_OK : FJ_E_PARSE;
}

/* --- hex and base64 --- */

void fj_hex(const void *p, size_t n, char *out)
{
	sodium_bin2hex(out, 2 * n + 1, p, n);
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

enum fj_rc fj_unhex(const char *hex, size_t hexlen, uint8_t *out)
{
	if (hexlen % 2 != 0)
		return FJ_E_PARSE;
	for (size_t i = 0; i < hexlen; i += 2) {
		int hi = nibble(hex[i]), lo = nibble(hex[i + 1]);
		if (hi < 0 || lo < 0)
			return FJ_E_PARSE;
		out[i / 2] = (uint8_t)(hi << 4 | lo);
	}
	return FJ_OK;
}

static enum fj_rc b64_put(struct fj_buf *b, struct fj_slice in, int variant)
{
	size_t cap = sodium_base64_encoded_len(in.len, variant); /* with NUL */
	uint8_t *p = fj_buf_reserve(b, cap - 1);

	if (p == NULL)
		return cap - 1 > b->max || b->len > b->max - (cap - 1) ? FJ_E_LIMIT : FJ_E_NOMEM;
	static const uint8_t none = 0;
	sodium_bin2base64((char *)p, cap, in.len == 0 ? &none : in.p, in.len, variant);
	b->len += cap - 1;
	return FJ_OK;
}

/* values of the characters from '+' on, one more: 0 is a foreign one.  What is decoded here is
 * public: it need not take the same time whatever it is, so a table serves. */
#define B64_LOW '+'
#define B64_LETTERS(plus, slash, minus, under)                                                                                     \
	{plus, 0, minus, 0, slash, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, \
		13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 0, 0, 0, 0, under, 0, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, \
		40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52}
static const uint8_t b64_standard['z' - B64_LOW + 1] = B64_LETTERS(63, 64, 0, 0);
static const uint8_t b64_url['z' - B64_LOW + 1] = B64_LETTERS(0, 0, 63, 64);

static inline unsigned b64_digit(const uint8_t *table, uint8_t c)
{
	unsigned k = (unsigned)c - B64_LOW;

	return k < sizeof(b64_url) ? table[k] : 0;
}

/* n characters without padding; false: a foreign one, one that is left over, or stray bits */
static bool b64_read(const uint8_t *table, const uint8_t *in, size_t n, uint8_t *out)
{
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t i = 0;

	for (; n - i >= 4; i += 4, out += 3) {
		uint32_t a = b64_digit(table, in[i]), b = b64_digit(table, in[i + 1]), c = b64_digit(table, in[i + 2]), d = b64_digit(table, in[i + 3]);
		if (a == 0 || b == 0 || c == 0 || d == 0)
			return false;
		acc = (a - 1) << 18 | (b - 1) << 12 | (c - 1) << 6 | (d - 1);
		out[0] = (uint8_t)(acc >> 16);
		out[1] = (uint8_t)(acc >> 8);
		out[2] = (uint8_t)acc;
	}
	for (; i < n; i++) {
		unsigned digit = b64_digit(table, in[i]);
		if (digit == 0)
			return false;
		acc = acc << 6 | (digit - 1);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*out++ = (uint8_t)(acc >> bits);
		}
	}
	return n % 4 != 1 && (acc & ((1u << bits) - 1)) == 0;
}

static enum fj_rc b64_get(const uint8_t *table, const char *in, size_t n, size_t padding, struct fj_buf *out)
{
	size_t got = (n - padding) / 4 * 3 + (n - padding) % 4 * 3 / 4;

	if (out->len > out->max || got > out->max - out->len)
		return FJ_E_LIMIT;
	uint8_t *p = fj_buf_reserve(out, got);
	if (p == NULL)
		return FJ_E_NOMEM;
	bool ok = b64_read(table, (const uint8_t *)in, n - padding, p);
	out->len += ok ? got : 0;
	out->data[out->len] = 0;
	return ok ? FJ_OK : FJ_E_PARSE;
}

enum fj_rc fj_b64u_put(struct fj_buf *b, struct fj_slice in)
{
	return b64_put(b, in, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

enum fj_rc fj_b64u_get(const char *in, size_t n, struct fj_buf *out)
{
	return b64_get(b64_url, in, n, 0, out);
}

enum fj_rc fj_b64_put(struct fj_buf *b, struct fj_slice in)
{
	return b64_put(b, in, sodium_base64_VARIANT_ORIGINAL);
}

enum fj_rc fj_b64_get(const char *in, size_t n, struct fj_buf *out)
{
	size_t padding = 0;

	while (padding < 2 && padding < n && in[n - 1 - padding] == '=')
		padding++;
	return n % 4 != 0 ? FJ_E_PARSE : b64_get(b64_standard, in, n, padding, out);
}

enum fj_rc fj_pem_put(struct fj_buf *b, const char *label, struct fj_slice der)
{
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(4 * (der.len / 3 + 1) + 1);

	FJ_TRY(fj_b64_put(&b64, der));
	FJ_TRY(fj_buf_printf(b, "-----BEGIN %s-----\n", label));
	for (size_t i = 0; i < b64.len; i += 64)
		FJ_TRY(fj_buf_printf(b, "%.*s\n", (int)(b64.len - i < 64 ? b64.len - i : 64), (const char *)b64.data + i));
	return fj_buf_printf(b, "-----END %s-----\n", label);
}

/* --- UTF-8 --- */

/* octets of the well-formed sequence at p, 0 when there is none (RFC 3629 4) */
static size_t sequence(const uint8_t *p, size_t left)
{
	static const struct {
		uint8_t lo, hi, min2, max2, len;
	} row[] = {
		{0x01, 0x7f, 0, 0, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < FJ_ARRAY_LEN(row); i++) {
		if (p[0] < row[i].lo || p[0] > row[i].hi)
			continue;
		if (row[i].len > left)
			return 0;
		if (row[i].len > 1 && (p[1] < row[i].min2 || p[1] > row[i].max2))
			return 0;
		for (size_t k = 2; k < row[i].len; k++)
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		return row[i].len;
	}
	return 0;
}

/* eight octets from 0x01 to 0x7f: no highest bit, and none that lacks it when 1 is taken away */
static bool plain8(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return ((w | (w - UINT64_C(0x0101010101010101))) & UINT64_C(0x8080808080808080)) == 0;
}

struct fj_slice fj_utf8_unmarked(struct fj_slice s)
{
	return s.len >= 3 && memcmp(s.p, "\xef\xbb\xbf", 3) == 0 ? FJ_SLICE(s.p + 3, s.len - 3) : s;
}

bool fj_utf8_valid(struct fj_slice s)
{
	for (size_t i = 0; i < s.len;) {
		if (s.len - i >= 8 && plain8(s.p + i)) { /* most of what is read */
			i += 8;
			continue;
		}
		if (s.p[i] - 1u < 0x7f) {
			i++;
			continue;
		}
		size_t n = sequence(s.p + i, s.len - i);
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

size_t fj_utf8_count(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		if (((unsigned char)*s & 0xc0) != 0x80)
			n++;
	return n;
}

size_t fj_utf8_prefix(const char *s, size_t n)
{
	size_t i = 0;

	for (; s[i] != '\0'; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80 && n-- == 0)
			break;
	return i;
}

void fj_sha256(struct fj_slice in, struct fj_hash *out)
{
	static const uint8_t none = 0;

	crypto_hash_sha256(out->b, in.len == 0 ? &none : in.p, in.len);
}

bool fj_hash_eq(const struct fj_hash *a, const struct fj_hash *b)
{
	return sodium_memcmp(a->b, b->b, FJ_SHA256_LEN) == 0;
}

enum fj_rc fj_strcopy(char *out, size_t cap, const char *s)
{
	size_t n = strlen(s);

	if (n >= cap)
		return FJ_E_LIMIT;
	memcpy(out, s, n + 1);
	return FJ_OK;
}

bool fj_among(const char *text, const char *const *list)
{
	while (*list != NULL && strcmp(*list, text) != 0)
		list++;
	return *list != NULL;
}
