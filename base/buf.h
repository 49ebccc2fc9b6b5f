/*
 * buf.h - growing byte buffers with a maximum at birth, borrowed slices, the
 * length-prefixed wire fields of our frames, hex and base64url.
 */
#ifndef FJ_BASE_BUF_H
#define FJ_BASE_BUF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

/* Borrowed bytes; never freed through this. */
struct fj_slice {
	const uint8_t *p;
	size_t len;
};
#define FJ_SLICE(ptr, n) ((struct fj_slice){(const uint8_t *)(ptr), (n)})
struct fj_slice fj_slice_str(const char *s);            /* without the NUL */
bool fj_slice_eq(struct fj_slice a, struct fj_slice b); /* not constant time */

/* Owned bytes.  data is always followed by one NUL octet once allocated, so a
 * buffer that holds text can be used as a C string. */
struct fj_buf {
	uint8_t *data;
	size_t len, cap, max;
};
#define FJ_BUF_INIT(maximum) {NULL, 0, 0, (maximum)}
void fj_buf_init(struct fj_buf *b, size_t max);
void fj_buf_release(struct fj_buf *b); /* frees; b may be used again */
void fj_buf_clear(struct fj_buf *b);   /* len = 0, memory kept */
FJ_DEFINE_AUTO(buf, struct fj_buf, fj_buf_release)

/* Appending: FJ_E_LIMIT past max, FJ_E_NOMEM; on failure b is unchanged. */
enum fj_rc fj_buf_put(struct fj_buf *b, const void *p, size_t n) FJ_MUST_USE;
enum fj_rc fj_buf_puts(struct fj_buf *b, const char *s) FJ_MUST_USE;
enum fj_rc fj_buf_printf(struct fj_buf *b, const char *fmt, ...)
    FJ_MUST_USE FJ_PRINTF(2, 3);
/* n octets of room at the end, not yet counted in len; NULL when it can't. */
uint8_t *fj_buf_reserve(struct fj_buf *b, size_t n) FJ_MUST_USE;
struct fj_slice fj_buf_slice(const struct fj_buf *b);
const char *fj_buf_str(const struct fj_buf *b); /* "" when empty; never NULL */

/* Wire fields: big-endian integers; bytes and strings as u32 length + octets. */
enum fj_rc fj_put_u8(struct fj_buf *b, uint8_t v) FJ_MUST_USE;
enum fj_rc fj_put_u32(struct fj_buf *b, uint32_t v) FJ_MUST_USE;
enum fj_rc fj_put_u64(struct fj_buf *b, uint64_t v) FJ_MUST_USE;
enum fj_rc fj_put_bytes(struct fj_buf *b, struct fj_slice s) FJ_MUST_USE;
enum fj_rc fj_put_str(struct fj_buf *b, const char *s) FJ_MUST_USE;

/* Reading them: a cursor that only moves forward; FJ_E_PARSE when short, or a
 * length exceeds `max`.  Results are slices into the source. */
struct fj_rd {
	const uint8_t *p, *end;
};
void fj_rd_init(struct fj_rd *r, struct fj_slice s);
size_t fj_rd_left(const struct fj_rd *r);
enum fj_rc fj_get_u8(struct fj_rd *r, uint8_t *out) FJ_MUST_USE;
enum fj_rc fj_get_u32(struct fj_rd *r, uint32_t *out) FJ_MUST_USE;
enum fj_rc fj_get_u64(struct fj_rd *r, uint64_t *out) FJ_MUST_USE;
enum fj_rc fj_get_raw(struct fj_rd *r, size_t n, struct fj_slice *out) FJ_MUST_USE;
enum fj_rc fj_get_bytes(struct fj_rd *r, size_t max, struct fj_slice *out) FJ_MUST_USE;
/* A string into out[cap], NUL-terminated; FJ_E_PARSE on an inner NUL, invalid
 * UTF-8, or more than cap - 1 octets. */
enum fj_rc fj_get_str(struct fj_rd *r, char *out, size_t cap) FJ_MUST_USE;
/* FJ_E_PARSE unless everything was read. */
enum fj_rc fj_rd_end(const struct fj_rd *r) FJ_MUST_USE;

/* Hex: lower case out; both cases in.  out must hold 2n+1 / hexlen/2. */
void fj_hex(const void *p, size_t n, char *out);
enum fj_rc fj_unhex(const char *hex, size_t hexlen, uint8_t *out) FJ_MUST_USE;

/* base64url without padding (RFC 4648 5, RFC 7515 2).  Decoding is strict:
 * padding, white space, foreign characters and non-zero stray bits: FJ_E_PARSE. */
enum fj_rc fj_b64u_put(struct fj_buf *b, struct fj_slice in) FJ_MUST_USE;
enum fj_rc fj_b64u_get(const char *in, size_t n, struct fj_buf *out) FJ_MUST_USE;
/* Classic base64 with padding (RFC 4648 4): x5c (RFC 7515 4.1.6), PEM bodies. */
enum fj_rc fj_b64_put(struct fj_buf *b, struct fj_slice in) FJ_MUST_USE;
enum fj_rc fj_b64_get(const char *in, size_t n, struct fj_buf *out) FJ_MUST_USE;
/* appended as PEM, lines of 64 (RFC 7468 2): "-----BEGIN CERTIFICATE-----" and so on */
enum fj_rc fj_pem_put(struct fj_buf *b, const char *label, struct fj_slice der) FJ_MUST_USE;

/* UTF-8 (RFC 3629): well-formed, no surrogates, no U+0000. */
bool fj_utf8_valid(struct fj_slice s);
struct fj_slice fj_utf8_unmarked(struct fj_slice s); /* without the mark (U+FEFF) that an editor puts at a file's begin */
size_t fj_utf8_count(const char *s);           /* code points of valid UTF-8 */
size_t fj_utf8_prefix(const char *s, size_t n); /* octets of the first n points */

/* Incremental SHA-256 is libsodium's; this is the one-shot everybody needs. */
#define FJ_SHA256_LEN 32
struct fj_hash {
	uint8_t b[FJ_SHA256_LEN];
};
void fj_sha256(struct fj_slice in, struct fj_hash *out);
bool fj_hash_eq(const struct fj_hash *a, const struct fj_hash *b);

/* copy a string into a fixed array; FJ_E_LIMIT when it does not fit. */
enum fj_rc fj_strcopy(char *out, size_t cap, const char *s) FJ_MUST_USE;
/* Is the text one of a list that ends with NULL? */
bool fj_among(const char *text, const char *const *list);

#endif
