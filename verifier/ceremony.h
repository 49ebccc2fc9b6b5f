/*
 * ceremony.h - a ceremony checked by its record alone: the transcript and the signed plan.
 */
#ifndef FJ_VER_CEREMONY_H
#define FJ_VER_CEREMONY_H

#include "base/approval.h"
#include "base/clock.h"

#define VER_TRANSCRIPT_MAX (16u << 20)

/* a line as it was written; everything is borrowed */
struct ver_line {
	uint64_t n;
	fj_time at;
	const char *step;
	const json_t *in, *out;
	const struct fj_plan *plan; /* that it was judged by: whose officers it names */
	struct fj_hash hash; /* of the line */
};
/* a signed plan, each signature of it verified; by: whose */
enum fj_rc ver_plan(struct fj_slice file, struct fj_plan *out, unsigned *by, struct fj_err *err) FJ_MUST_USE;
/*
 * Every line of the transcript in order, each checked against all before it and against the plan:
 * chain, times, order of the steps, nonces, key and policy, structures, cpHashes, officers' signatures,
 * what the root signed.  other: of a plan that follows another one that one, signed, and the transcript is of the root's passing on
 * (formats.md 33); else empty.  fn (NULL: nobody) is told each line that was found true.  FJ_E_PARSE,
 * FJ_E_SIGNATURE or FJ_E_REFUSED name the line and what is wrong with it.  *last: the last line's hash.
 * What it does not show: that nothing happened beside it, and that a key lives in a TPM (attestation).
 */
typedef void (*ver_line_fn)(void *user, const struct ver_line *l);
enum fj_rc ver_replay(struct fj_slice transcript, struct fj_slice signed_plan, struct fj_slice other, struct fj_plan *plan, struct fj_hash *last, ver_line_fn fn, void *user, struct fj_err *err) FJ_MUST_USE;

/* The officers' signatures beside a transcript that was replayed to that last line, by as many as the plan's root needs
 * (formats.md 29); *by: whose. */
enum fj_rc ver_transcript_signed(struct fj_slice signatures, const struct fj_plan *plan, const struct fj_hash *last, unsigned *by, struct fj_err *err) FJ_MUST_USE;

/* --- ceremony_print.c: `fujie-verify ceremony replay|transcript FILE --plan SIGNED [--other PLAN] [--signatures FILE | --unsigned]`; the exit code --- */
int ver_ceremony(int argc, char **argv);

#endif
