/*
 * objection.h - what the two files of objections share: those under decision
 * (objection.c), and those that the public lodged (lodged.c).
 */
#ifndef FJ_ISSUER_OBJECTION_H
#define FJ_ISSUER_OBJECTION_H

#include "issuer/registration.h"

#define OBJ_LODGED "TO_CONFIRM" /* state of what the public lodged, until an officer confirms or declines it */

struct dom_objection {
	char id[32], registration[40], asset_no[DOM_CAP(DOM_MAX_ASSET_NO)], state[12], person[ISS_PERSON_CAP]; /* person "": the public's */
	fj_time due;
};
enum fj_rc obj_get(struct sto *db, const char *id, struct dom_objection *o, struct fj_err *err) FJ_MUST_USE;
/* the objections against a registration as objection.list tells them; *list is the caller's */
enum fj_rc obj_of(struct iss_call *c, const char *registration, json_t **list, struct fj_err *err) FJ_MUST_USE;
/* R21: name, contact and evidence say something */
enum fj_rc obj_check_real(const json_t *p, struct fj_err *err) FJ_MUST_USE;
/* The registration under notice (parameter "id") or the registered asset ("asset") that is objected to; one of the two,
 * and in a state and a time that take objections. */
enum fj_rc obj_subject(struct iss_call *c, struct dom_reg *r, struct dom_asset *a, struct fj_err *err) FJ_MUST_USE;
/* Is the caller of the finance department that judges it (R40), and not who objected (R22)?  *a is the caller's. */
enum fj_rc obj_may_judge(struct iss_call *c, const struct dom_objection *o, struct dom_asset *a, struct fj_err *err) FJ_MUST_USE;
/* R22 as for every step of the registration; and a frozen asset's does not move (R19) */
enum fj_rc obj_check_part(struct iss_call *c, const struct dom_objection *o, const struct dom_asset *a, struct fj_err *err) FJ_MUST_USE;

#endif
