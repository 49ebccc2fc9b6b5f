/*
 * compromise.h - keys that were reported compromised: what the files that take keys in share.
 */
#ifndef FJ_ISSUER_COMPROMISE_H
#define FJ_ISSUER_COMPROMISE_H

#include "issuer/core.h"

/* FJ_E_REFUSED, with the approval or certificate by which it was reported, unless this key may come in (lessons.md 9).  hex: SHA-256
 * of its SubjectPublicKeyInfo, or of a certificate of it; small letters. */
enum fj_rc cmp_key_free(struct sto *db, const char *hex, struct fj_err *err) FJ_MUST_USE;
/* In apply functions: the object ("certificate" by number, "token" by id) is bound to the key with this hash; the second
 * takes the key, base64url.  A certificate's first key stands in its own row. */
enum fj_rc cmp_bind(struct sto *db, const char *hex, const char *kind, const char *object, struct fj_err *err) FJ_MUST_USE;
enum fj_rc cmp_bind_spki(struct sto *db, const char *spki64, const char *kind, const char *object, struct fj_err *err) FJ_MUST_USE;

#endif
