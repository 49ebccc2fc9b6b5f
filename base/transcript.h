/*
 * transcript.h - what the officers sign when a ceremony is over: the last line of its transcript
 * (docs/formats.md 29), which stands for all before it, in a file of its own beside it.
 *
 * Read strictly.  No signature is verified here: the caller hands in who does it (plan.h).  That the
 * lines themselves are true is the replay's to say (verifier/ceremony.h).
 */
#ifndef FJ_BASE_TRANSCRIPT_H
#define FJ_BASE_TRANSCRIPT_H

#include "base/plan.h"

#define FJ_TRANSCRIPT_SIGNATURES ".signatures" /* to the transcript's name */
#define FJ_TRANSCRIPT_SIGNATURES_MAX 16384 /* octets of the file */

/* SHA-256 of "fujie-transcript-1\n", the plan's hash, the last line's hash */
void fj_transcript_to_sign(const struct fj_plan *p, const struct fj_hash *last, struct fj_hash *out);

/* {"version","plan","last","signatures":[{"officer","sig"}]} of that plan and that last line:
 * FJ_E_REFUSED when it is of another one, FJ_E_SIGNATURE names whose signature does not match.
 * *by: who signed (bit i: officer i). */
enum fj_rc fj_transcript_signatures_read(struct fj_slice file, const struct fj_plan *p, const struct fj_hash *last,
    fj_verify_fn verify, void *ctx, unsigned *by, struct fj_err *err) FJ_MUST_USE;
/* The file again, or a new one when `file` is empty, canonical and a newline, with one officer's signature in its
 * place.  A file that is there was read before. */
enum fj_rc fj_transcript_add_signature(struct fj_slice file, const struct fj_plan *p, const struct fj_hash *last,
    unsigned officer, const uint8_t sig[64], struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* The file again, or a new one, with the signatures of another one that it has not.  Both were read before. */
enum fj_rc fj_transcript_join(struct fj_slice file, struct fj_slice more, const struct fj_plan *p, const struct fj_hash *last, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* As many as the plan's root needs: FJ_E_SIGNATURE otherwise, with who has signed and what to do. */
enum fj_rc fj_transcript_quorum(const struct fj_plan *p, unsigned by, struct fj_err *err) FJ_MUST_USE;

#endif
