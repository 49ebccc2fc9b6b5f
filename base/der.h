/*
 * der.h - a strict DER reader (X.690 section 10): definite minimal lengths,
 * minimal INTEGERs, primitive strings, no trailing octets.  A cursor only
 * moves forward; nothing is copied or allocated.  It reads single-octet tags
 * and lengths up to FJ_DER_MAX.  It does not build a tree and does not know
 * what a structure means.
 */
#ifndef FJ_BASE_DER_H
#define FJ_BASE_DER_H

#include "base/buf.h"
#include "base/clock.h"

#define FJ_DER_MAX (8u << 20) /* largest element, octets */

enum {
	FJ_DER_BOOLEAN = 0x01, FJ_DER_INTEGER = 0x02, FJ_DER_BITS = 0x03,
	FJ_DER_OCTETS = 0x04, FJ_DER_NULL = 0x05, FJ_DER_OID = 0x06,
	FJ_DER_ENUM = 0x0a, FJ_DER_UTF8 = 0x0c, FJ_DER_SEQ = 0x30,
	FJ_DER_SET = 0x31, FJ_DER_PRINTABLE = 0x13, FJ_DER_IA5 = 0x16,
	FJ_DER_UTCTIME = 0x17, FJ_DER_GENTIME = 0x18,
};
#define FJ_DER_CTX(n) (0xa0 | (n))  /* context, constructed */
#define FJ_DER_CTXP(n) (0x80 | (n)) /* context, primitive */

struct fj_der {
	const uint8_t *p, *end;
};
void fj_der_init(struct fj_der *d, struct fj_slice s);
bool fj_der_more(const struct fj_der *d);
/* tag of the next element, or -1 at the end */
int fj_der_peek(const struct fj_der *d);
/* next element must have `tag`: its contents in *val (may be NULL), its whole
 * encoding in *whole (may be NULL).  FJ_E_PARSE otherwise. */
enum fj_rc fj_der_get(struct fj_der *d, int tag, struct fj_slice *val,
    struct fj_slice *whole, struct fj_err *err) FJ_MUST_USE;
/* next element of any tag */
enum fj_rc fj_der_any(struct fj_der *d, int *tag, struct fj_slice *val,
    struct fj_slice *whole, struct fj_err *err) FJ_MUST_USE;
/* enter a constructed element: *sub walks its contents */
enum fj_rc fj_der_enter(struct fj_der *d, int tag, struct fj_der *sub,
    struct fj_err *err) FJ_MUST_USE;
/* FJ_E_PARSE unless everything was read */
enum fj_rc fj_der_end(const struct fj_der *d, struct fj_err *err) FJ_MUST_USE;

/* INTEGER: contents octets checked minimal; *val as encoded (sign octet kept). */
enum fj_rc fj_der_integer(struct fj_der *d, struct fj_slice *val, struct fj_err *err) FJ_MUST_USE;
/* non-negative INTEGER below 2^63 */
enum fj_rc fj_der_uint(struct fj_der *d, uint64_t *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_der_enumerated(struct fj_der *d, uint64_t *out, struct fj_err *err) FJ_MUST_USE;
/* BOOLEAN: 0x00 or 0xff only (X.690 11.1) */
enum fj_rc fj_der_bool(struct fj_der *d, bool *out, struct fj_err *err) FJ_MUST_USE;
/* BIT STRING: octets and count of unused bits 0..7, which must be zero bits */
enum fj_rc fj_der_bits(struct fj_der *d, struct fj_slice *val, unsigned *unused,
    struct fj_err *err) FJ_MUST_USE;
/* OBJECT IDENTIFIER into dotted text, at most cap - 1 octets */
enum fj_rc fj_der_oid(struct fj_der *d, char *out, size_t cap, struct fj_err *err) FJ_MUST_USE;
/* UTCTime/GeneralizedTime by RFC 5280 4.1.2.5: Z, seconds, no fraction; years
 * before 2050 as UTCTime.  gentime_only: GeneralizedTime for any year (RFC 6960). */
enum fj_rc fj_der_time(struct fj_der *d, bool gentime_only, fj_time *out,
    struct fj_err *err) FJ_MUST_USE;
/* dotted OID text to DER contents octets; FJ_E_PARSE when it is none */
enum fj_rc fj_der_oid_encode(const char *dotted, struct fj_buf *out) FJ_MUST_USE;
/* Minimal DER writing, for small structures of our own: tag, length, contents. */
enum fj_rc fj_der_put(struct fj_buf *b, int tag, struct fj_slice contents) FJ_MUST_USE;
enum fj_rc fj_der_put_uint(struct fj_buf *b, uint64_t v) FJ_MUST_USE;

/* ECDSA: DER SEQUENCE{r,s} to r||s of 64 octets, and back (P-256 sized). */
enum fj_rc fj_ecdsa_der_to_raw(struct fj_slice der, uint8_t raw[64], struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_ecdsa_raw_to_der(const uint8_t raw[64], struct fj_buf *out) FJ_MUST_USE;

#endif
