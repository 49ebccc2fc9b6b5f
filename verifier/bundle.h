/*
 * bundle.h - one document with a credential and everything that its verdict rests on
 * (docs/formats.md 15): judged offline with the root's fingerprint alone.
 *
 * Reading is pure.  Nothing in a bundle is believed but what verifies under the root; a
 * part that does not is a deny of the whole.  It does NOT check that the bundle is the
 * newest: how old its status is stands in the report.  Making reads a trust folder.
 *
 * The policy of a log's witnesses in it is its maker's: it can only ask for more, and a quorum
 * by it says that the maker's witnesses cosigned.
 */
#ifndef FJ_VERIFIER_BUNDLE_H
#define FJ_VERIFIER_BUNDLE_H

#include "verifier/verify.h"

#define VER_BUNDLE_MAX (16u << 20)
#define VER_FORMAT_BUNDLE "urn:fujie:bundle:2"
#define VER_FORMAT_BUNDLE_3 "urn:fujie:bundle:3" /* with further CAs of the issuer, or generations of its root: made where they are needed */
#define VER_FORMAT_BUNDLE_1 "urn:fujie:bundle:1" /* without what is of the public log; still read */

/* The root is the one of the bundle's that has this fingerprint.  in->credential is the bundle, VER_BUNDLE_MAX octets at most; the rest as of ver_verify, which
 * judges the credential in it by what is in it.  Always a report: a malformed bundle, one of
 * another root, or with a part that does not verify, is a deny.  FJ_E_NOMEM is the only failure. */
enum fj_rc ver_bundle_verify(const struct fj_hash *root, const struct ver_input *in, struct ver_report *out, struct fj_err *err) FJ_MUST_USE;
/* The bundle of a credential (token or authorisation credential with "~", certificate as PEM or
 * DER) from a trust folder as published: what its verdict at this time wants, nothing more.
 * past: of the status of then (docs/formats.md 7, history), and the newest CRLs beside it.
 * What is not published is left out, and its verdict says so.  out: empty, of max
 * VER_BUNDLE_MAX.  proof: of its logging (docs/formats.md 19); empty: the one that is published
 * for a certificate or authorisation, if there is one.  FJ_E_INVALID: no credential that verifies
 * under the folder's chain, or a proof of something else; FJ_E_LIMIT: larger than a bundle may be. */
enum fj_rc ver_bundle_make(int dir, struct fj_slice credential, struct fj_slice proof, fj_time at, bool past, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;

#endif
