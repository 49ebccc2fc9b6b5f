/*
 * published.h - a home's publication as a long-running process sees it: the trust
 * folder, loaded again when its generation has risen, shared by threads.
 *
 * Unlike the rest of this library it reads files when it is asked: those below
 * "publish" in the process's working folder, which is the home.
 */
#ifndef FJ_VERIFIER_PUBLISHED_H
#define FJ_VERIFIER_PUBLISHED_H

#include "verifier/verify.h"

/* One publication, read-only, shared by the requests that hold it. */
struct ver_view {
	struct ver_trust *trust;   /* anchors and lists; over it, for ver_verify_in: ver_trust_over */
	int dir;                   /* the trust folder */
	struct fj_buf issuing[FJ_ALG_END]; /* issuing CA, DER; empty: the home has no such hierarchy */
	struct fj_buf ocsp[FJ_ALG_END];    /* OCSP responder, PEM */
	int64_t generation;
	int users;                 /* under the lock of who lends it */
};
struct ver_published;
enum fj_rc ver_published_open(struct ver_published **out, struct fj_err *err) FJ_MUST_USE;
void ver_published_close(struct ver_published *p); /* no view may be held */
/* The newest view, given back with ver_view_give; FJ_E_UNAVAILABLE when nothing is published.
 * A revocation that was published bites at the very next call. */
enum fj_rc ver_view_take(struct ver_published *p, struct ver_view **out, struct fj_err *err) FJ_MUST_USE;
/* the newest publication's number; -1: nothing is published.  Files that were read after it was
 * asked are at least as new. */
int64_t ver_published_generation(struct ver_published *p);
void ver_view_give(struct ver_published *p, struct ver_view *v);

#endif
