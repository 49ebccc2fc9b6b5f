/*
 * peer.h - 互信登记系统: other registers whose signed reports this organisation takes in.
 */
#ifndef FJ_ISSUER_PEER_H
#define FJ_ISSUER_PEER_H

#include "issuer/domain.h"

/* A signed report (docs/formats.md 14) of `unit`, judged now under the root of a peer of `org` that
 * signs for that unit.  *signer {"peer","name","root","iss","kid","report","signed_at"}, the caller's.
 * FJ_E_REFUSED: no such peer (unknown root), or the verdict was not permit, with the check that failed. */
enum fj_rc peer_verify(struct iss_call *c, const char *org, const char *unit, const json_t *file, struct fj_slice bytes, json_t **signer, struct fj_err *err) FJ_MUST_USE;

#endif
