/*
 * published.h - a home's publication as a long-running process sees it: the trust
 * folder, loaded again when its generation has risen, shared by threads.
 *
 * Unlike the rest of this library it reads files when it is asked: those below
 * "publish" in the process's working folder, which is the home.
 */
#ifndef FJ_VERIFIER_PUBLISHED_H
#define FJ_VERIFIER_PUBLISHED_H

#include "base/x509.h"
#include "verifier/verify.h"

/* A generation of the home's issuing CA, and who answers OCSP for what is under it (RFC 6960 4.2.2.2: whom that very key
 * certified). */
struct ver_responder {
	struct fj_buf ca;  /* DER */
	struct fj_x509 x;  /* of it */
	bool newest;       /* of its algorithm */
	struct fj_buf own; /* the responder's certificate, DER; empty: there is none, since the CA's key is gone */
	fj_time from, to;  /* of that */
};
/* One publication, read-only, shared by the requests that hold it. */
struct ver_view {
	struct ver_trust *trust;   /* anchors and lists; over it, for ver_verify_in: ver_trust_over */
	int dir;                   /* the trust folder */
	struct ver_responder by[2 * FJ_MAX_CAS]; /* the newest of each algorithm first */
	size_t n_by;
	int64_t generation;
	bool partial;              /* files could not be read and were left out: it is loaded again in a second, and no answer from it is kept */
	int64_t loaded;            /* fj_boot_ms */
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
