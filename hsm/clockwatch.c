/*
 * clockwatch.c - no signature under a clock that was moved.
 *
 * Two tests: the clock may not lie more than two minutes before the last record
 * of the audit log, and it may not have left CLOCK_BOOTTIME by more than five
 * minutes since we started or since two officers last confirmed it.  A demo's
 * offset is ours and is not in the comparison of the two clocks.
 */
#include "hsm/signer.h"

void clock_trust(struct hsm_signer *s)
{
	s->real0 = fj_real_ms();
	s->boot0 = fj_boot_ms();
}

enum fj_rc clock_check(const struct hsm_signer *s, struct fj_err *err)
{
	int64_t drift = ((fj_real_ms() - s->real0) - (fj_boot_ms() - s->boot0)) / 1000;

	if (fj_now() + CLOCK_BACK < s->mem.last)
		return fj_fail(err, FJ_E_CLOCK, HSM_LAYER, "design.md 4",
		    "the clock is %lld s behind the last signature; set it right, or let two officers reset the signer's clock watch",
		    (long long)(s->mem.last - fj_now()));
	if (drift > CLOCK_JUMP || drift < -CLOCK_JUMP)
		return fj_fail(err, FJ_E_CLOCK, HSM_LAYER, "design.md 4",
		    "the clock has jumped by %lld s since the signer started; let two officers reset the signer's clock watch",
		    (long long)drift);
	return FJ_OK;
}
