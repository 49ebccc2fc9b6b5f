/*
 * state.h - the state machines of domain.md section 7, as tables: which act takes
 * what from which state to which.  Roles are in the command table, guards in rules.
 */
#ifndef FJ_ISSUER_STATE_H
#define FJ_ISSUER_STATE_H

#include "base/err.h"

enum iss_object { ISS_OBJ_LEDGER, ISS_OBJ_ASSET, ISS_OBJ_REGISTRATION, ISS_OBJ_REGISTRATION_SHORT, ISS_OBJ_CERTIFICATE, ISS_OBJ_AUTHORISATION, ISS_OBJ_TOKEN,
	ISS_OBJ_PLAN, ISS_OBJ_PLAN_SHORT, ISS_OBJ_PRODUCT,
	ISS_OBJ_REVENUE, ISS_OBJ_TOKEN_REQUEST, ISS_OBJ_TOKEN_JOB, ISS_OBJ_USAGE,
	ISS_OBJ_ORDER, ISS_OBJ_INCIDENT, ISS_OBJ_COMPLAINT, ISS_OBJ_EXIT, ISS_OBJ_LISTING, ISS_OBJ_PEER,
	ISS_OBJ_OBJECTION };
/* *to is static; FJ_E_STATE says what the state is and what can be done from it; what is
 * final is R23 */
enum fj_rc iss_state_next(enum iss_object o, const char *from, const char *act, const char **to, struct fj_err *err) FJ_MUST_USE;

#endif
