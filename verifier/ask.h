/*
 * ask.h - the document that POST /v1/verify takes (docs/formats.md section 8), the
 * same for the public service and the gateway.
 */
#ifndef FJ_VERIFIER_ASK_H
#define FJ_VERIFIER_ASK_H

#include "verifier/verify.h"

#define VER_ASK_OCTETS (8u << 20) /* a thousand license tokens have 4.3 MB */
#define VER_ASK_ITEMS 1000
#define VER_ASK_PAST 20 /* of them with "at": each reads lists of its own time */

/* The verdict on one credential, by the trust that the caller has. */
typedef enum fj_rc (*ver_judge)(void *arg, const struct ver_input *in, struct ver_report *out, struct fj_err *err);
/* At most VER_ASK_PAST items may be asked for another time than now.
 * {"credential", "use"?, "proof"?, "log_proof"?, "logged"?, "at"?} to a verdict document, or {"items": [those…]}, at most
 * VER_ASK_ITEMS, to {"items": [verdicts…]} in the same order; its text goes behind out.  An unknown
 * member or a malformed value is FJ_E_USAGE; nothing is judged then. */
enum fj_rc ver_ask(struct fj_slice body, ver_judge judge, void *arg, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;

#endif
