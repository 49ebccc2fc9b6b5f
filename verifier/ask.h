/*
 * ask.h - the document that POST /v1/verify takes (docs/formats.md section 8), the
 * same for the public service and the gateway.
 */
#ifndef FJ_VERIFIER_ASK_H
#define FJ_VERIFIER_ASK_H

#include "verifier/verify.h"

#define VER_ASK_OCTETS (4u << 20)
#define VER_ASK_ITEMS 1000

/* The verdict on one credential, by the trust that the caller has. */
typedef enum fj_rc (*ver_judge)(void *arg, const struct ver_input *in, struct ver_report *out, struct fj_err *err);
/* {"credential", "use"?, "proof"?} to a verdict document, or {"items": [those…]}, at most
 * VER_ASK_ITEMS, to {"items": [verdicts…]} in the same order; *out is the caller's.  An unknown
 * member or a malformed value is FJ_E_USAGE; nothing is judged then. */
enum fj_rc ver_ask(struct fj_slice body, ver_judge judge, void *arg, json_t **out, struct fj_err *err) FJ_MUST_USE;

#endif
