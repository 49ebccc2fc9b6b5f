/*
 * form.h - what a form sends: fields by name, a name perhaps several times, and files.
 *
 * Checked: escapes, UTF-8, no U+0000, the numbers named below, and for
 * multipart/form-data (RFC 7578) every octet between the boundaries.  Not checked:
 * which fields there are, and what is in a file.
 */
#ifndef FJ_WEB_FORM_H
#define FJ_WEB_FORM_H

#include "base/buf.h"

#define WEB_MAX_FIELDS 8192 /* a selection of 5,000 and what stands around it */
#define WEB_MAX_FILES 8
#define WEB_MAX_VALUE (1u << 20) /* octets of a field; what is larger is sent as a file */

struct web_pair {
	char *name, *value; /* owned */
};
struct web_upload {
	char *field, *filename; /* owned; filename is the sender's word, for showing only */
	struct fj_slice bytes;  /* borrowed from the body */
};
struct web_form_data {
	struct web_pair *pair;
	size_t n, cap;
	struct web_upload file[WEB_MAX_FILES];
	size_t n_files;
};
void web_form_release(struct web_form_data *f);
/* Adds a copy; FJ_E_LIMIT past WEB_MAX_FIELDS. */
enum fj_rc web_form_add(struct web_form_data *f, const char *name, const char *value, struct fj_err *err) FJ_MUST_USE;
/* application/x-www-form-urlencoded.  FJ_E_PARSE on a bad escape, U+0000, no UTF-8; FJ_E_LIMIT past WEB_MAX_FIELDS or WEB_MAX_VALUE. */
enum fj_rc web_form_urlencoded(struct web_form_data *f, struct fj_slice body, struct fj_err *err) FJ_MUST_USE;
/* multipart/form-data; content_type holds the boundary (RFC 2046 5.1.1).  Refused: preamble,
 * epilogue, a transfer encoding, a disposition that is no form-data, a part without end; an
 * empty file field (no name, no octets) is as if it were not there.  FJ_E_LIMIT past one of the maxima.  body outlives f. */
enum fj_rc web_form_multipart(struct web_form_data *f, struct fj_slice body, const char *content_type, struct fj_err *err) FJ_MUST_USE;

#endif
