/*
 * demo.h - the sample cases of domain.md section 12, replayed.
 */
#ifndef FJ_ISSUER_DEMO_H
#define FJ_ISSUER_DEMO_H

#include "issuer/issuer.h"

/* the request that iss_init wants for a demo: adds arc, operator, organisation,
 * officers and the clock's beginning to in, which has base, portal, verifier */
enum fj_rc iss_demo_request(json_t *in, struct fj_err *err) FJ_MUST_USE;
/*
 * cases false: organisations and officers only, the clock at 2026-01-05, for replaying
 * the cases by hand.  Otherwise cases 1 to 6 with their dates and their money on the
 * demo's clock, every act by the officers who would do it, through iss_command; then the
 * present, where at least one certificate and one token permit.  Writes demo.json (0600)
 * and demo/ in the working folder.  FJ_E_INTERNAL when a case does not come out as
 * domain.md says, to the fen; FJ_E_CLOCK when the machine's date is before the last case.
 */
enum fj_rc iss_demo(struct iss *i, bool cases, struct fj_err *err) FJ_MUST_USE;

#endif
