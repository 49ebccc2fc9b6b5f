/*
 * plan.h - 授权运营实施方案: the course from a proposal to the authorisation (domain.md 7.3).
 */
#ifndef FJ_ISSUER_PLAN_H
#define FJ_ISSUER_PLAN_H

#include "issuer/domain.h"

/* --- what is proposed, read and checked (authorisation.c) --- */
struct dom_scope {
	const json_t *p, *grant;     /* the proposal, and the grant in it; borrowed */
	fj_time from, to, certificates_end; /* certificates_end: of the one that ends first */
	bool paid, public_data, important;  /* of any of the assets */
	bool shared;                 /* obtained by government sharing, by the proposal or the ledger */
	bool valued;                 /* every asset has a book value */
	int64_t value_fen;           /* their sum */
	char holder[19];
};
/* Grant, term, terms and certificates {certificates, grant, terms, from, to, shared}: R01, R07, R12, R13,
 * R14, R37.  late: the term may have begun meanwhile; it then begins now. */
enum fj_rc dom_scope_check(struct iss_call *c, const json_t *p, bool late, struct dom_scope *out, struct fj_err *err) FJ_MUST_USE;
/* the operator of an authorisation by this implementer: entered as one, no side of it, not dishonest
 * and protected as the holder's finance department asks (R38) */
enum fj_rc dom_operator_check(struct iss_call *c, const char *implementer, const char *usci, const char *finance, struct dom_org *op, struct fj_err *err) FJ_MUST_USE;
/* Carries out the grant: number, credential and its intent, under plan `id`. */
enum fj_rc dom_grant(struct iss_call *c, const struct dom_scope *s, const char *id, const char *implementer, const struct dom_org *op, char number[41],
    struct fj_err *err) FJ_MUST_USE;
/* SHA-256, hex, of what is approved of an authorisation's claims: all but number, version, times of issue and
 * beginning, and status entries, which come when it is signed. */
enum fj_rc dom_claims_content(const json_t *claims, char hex[65], struct fj_err *err) FJ_MUST_USE;
/* the same of what this grant would say now */
enum fj_rc dom_grant_content(struct iss_call *c, const struct dom_scope *s, const char *implementer, const char *operator_, char hex[65], struct fj_err *err) FJ_MUST_USE;
/* FJ_E_STATE (R22) when the claims are not those whose hash stands in the approved payload's "content" */
enum fj_rc dom_content_approved(const json_t *payload, const json_t *claims, struct fj_err *err) FJ_MUST_USE;
/* What an approval of this grant would sign: {"claims"?, "was"?: of the version before, "refused"?: why it would not be
 * signed, as of tsk_aside}; the caller's. */
enum fj_rc dom_grant_preview(struct iss_call *c, const char *plan, const json_t *payload, json_t **out, struct fj_err *err) FJ_MUST_USE;

/* --- plans (plan.c) --- */
struct dom_plan {
	char id[32], course[8], state[24], holder[19], implementer[19], operator_[19], approval[32], authorisation[41];
	fj_time due; /* in which it is to be filed; 0: no term runs */
	json_t *doc; /* proposal, study, items, deliberation, selection, agreement, filing, disclosure; owned */
	fj_time at;
};
void dom_plan_release(struct dom_plan *p);
FJ_DEFINE_AUTO(dom_plan, struct dom_plan, dom_plan_release)
enum fj_rc dom_plan_get(struct sto *db, const char *id, struct dom_plan *out, struct fj_err *err) FJ_MUST_USE;
/* a new plan of the actor's organisation, of course FULL or SHORT; its id */
enum fj_rc dom_plan_begin(struct iss_call *c, const struct dom_scope *s, const char *course, char id[32], struct fj_err *err) FJ_MUST_USE;
/* is the step possible now?  *to is static */
enum fj_rc dom_plan_next(const struct dom_plan *p, const char *act, const char **to, struct fj_err *err) FJ_MUST_USE;
/* The plan goes to a state; members of `set` (stolen) replace those of its document; operator and approval stay
 * as they are when NULL. */
struct dom_plan_step {
	const char *event, *to, *operator_, *approval;
	json_t *set;
	fj_time due; /* of the step that is next; 0: it has no term */
};
enum fj_rc dom_plan_step(struct iss_call *c, const struct dom_plan *p, const struct dom_plan_step *s, struct fj_err *err) FJ_MUST_USE;
/* the actor's organisation is the plan's implementer, else FJ_E_FORBIDDEN */
enum fj_rc dom_plan_own(const struct iss_call *c, const struct dom_plan *p, struct fj_err *err) FJ_MUST_USE;

/* does data of this department's holders, public or not, take the short course? */
enum fj_rc dom_course_brief(struct iss_call *c, const char *finance, bool public_data, bool *brief, struct fj_err *err) FJ_MUST_USE;
/* the approval that the plan waits for, and at whose level it is (*waiting_for as approval.show says it, the caller's); none: "" and NULL */
enum fj_rc dom_plan_waits(struct iss_call *c, const char *id, char approval[32], json_t **waiting_for, struct fj_err *err) FJ_MUST_USE;
/* what is disclosed of it: object, content, scope and term (27号 art. 18); the caller's */
enum fj_rc dom_plan_disclosed(struct iss_call *c, const struct dom_plan *p, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* the scope that the agreement leaves of the plan, checked now */
enum fj_rc dom_plan_scope(struct iss_call *c, const struct dom_plan *p, json_t **effective, struct dom_scope *out, struct fj_err *err) FJ_MUST_USE;

/* the newest plan that this authorisation's versions came of; FJ_E_NOTFOUND: none */
enum fj_rc dom_plan_of(struct sto *db, const char *authorisation, struct dom_plan *out, struct fj_err *err) FJ_MUST_USE;

/* --- what it changes (plan_changes.c) --- */
/* Of a plan that adjusts an authorisation and has not come to its grant: {"authorisation", "rows": [{"part","key","zh","en","was","value"}]},
 * each member that differs from what is in force; items and agreement as they are to be, NULL: not said yet.  NULL: it adjusts none,
 * or is carried out.  The caller's. */
enum fj_rc dom_plan_changes(struct sto *db, const struct dom_plan *p, const json_t *items, const json_t *agreement, json_t **out, struct fj_err *err) FJ_MUST_USE;

/* --- who approves (authority.c) --- */
/* The levels that approve it, first to last, by the authority table of the holder's finance department:
 * [{"roles":[...],"org":USCC}]; the caller's. */
enum fj_rc dom_authority(struct iss_call *c, const struct dom_scope *s, json_t **levels, struct fj_err *err) FJ_MUST_USE;

#endif
