/*
 * preview.h - what an approval will have signed, field by field, before it is given.
 *
 * A row is {"part", "key", "zh", "en", "value"?, "drawn"?, "was"?}: a field of the structure that will be signed.
 * drawn: the value is an example, or absent: it is drawn, counted or taken from the clock when it is signed.
 * was: the value in the version before, where that is another.  `key` says how the value is worded on pages.
 */
#ifndef FJ_ISSUER_PREVIEW_H
#define FJ_ISSUER_PREVIEW_H

#include "base/x509.h"
#include "issuer/core.h"

/* Rows of a data asset certificate, signed or still to be signed, in the order of RFC 5280; appended.  own_key: the key is
 * the holder's; end_known: the last second is not counted from the moment of signing.  FJ_E_PARSE: it is none. */
enum fj_rc prv_certificate(const struct fj_x509 *x, bool own_key, bool end_known, json_t *rows, struct fj_err *err) FJ_MUST_USE;
/* Rows of an authorisation's claims (docs/formats.md 5.1); claims that are drawn may be absent; "nbf" is drawn only
 * where it is. */
enum fj_rc prv_claims(const json_t *claims, json_t *rows, struct fj_err *err) FJ_MUST_USE;
/* "was" where the rows of the version before have another value under the same part and key; what is drawn is not compared, but for the end.
 * A row that only the version before has is appended with "value" null. */
enum fj_rc prv_compare(json_t *rows, const json_t *before, struct fj_err *err) FJ_MUST_USE;

#endif
