/*
 * picture.h - QR codes in pictures that anybody sends.
 *
 * PNG and JPEG are decoded, and looked at for QR codes, in a process that is thrown away
 * afterwards.  What comes back are texts of strangers: valid UTF-8, bounded, and nothing
 * more.  No address that stands in a code is ever asked.
 */
#ifndef FJ_WEB_PORTAL_PICTURE_H
#define FJ_WEB_PORTAL_PICTURE_H

#include "base/buf.h"

#define PICTURE_MAX (8u << 20)   /* octets of a file */
#define PICTURE_MAX_SIDE 12000   /* pixels */
#define PICTURE_MAX_PIXELS 40000000
#define PICTURE_MAX_CODES 8
#define PICTURE_MAX_TEXT 8192    /* octets of one code */

/* forks the process that such processes are forked from: before the sandbox and before threads */
enum fj_rc picture_prepare(struct fj_err *err) FJ_MUST_USE;
/* by its first octets: PNG or JPEG */
bool picture_is(struct fj_slice file);
struct picture_codes {
	size_t n;
	char *text[PICTURE_MAX_CODES]; /* owned */
};
void picture_codes_release(struct picture_codes *c);
FJ_DEFINE_AUTO(picture_codes, struct picture_codes, picture_codes_release)
/* The QR codes of a picture, largest first as the decoder finds them.  FJ_E_LIMIT: more octets or pixels than
 * are looked at; FJ_E_PARSE: no whole picture; FJ_E_NOTFOUND: a picture without a code. */
enum fj_rc picture_read(struct fj_slice file, struct picture_codes *out, struct fj_err *err) FJ_MUST_USE;

/* An address as our papers carry it, scheme://host/v/NUMBER with or without ?h=HEX, the whole of `text`: number and h
 * are filled in, *base gets what stands before "/v/".  false: it is none; nothing is asked of that address. */
bool picture_address(const char *text, char number[41], char h[65], char base[161]);

#endif
