/*
 * supervision.h - what follows after an authorisation runs: evaluations, orders,
 * incidents, complaints, narrowing, and the exit of an operator (167·三(三); 27号
 * arts. 11, 14(九), 15; 26号 art. 19).
 */
#ifndef FJ_ISSUER_SUPERVISION_H
#define FJ_ISSUER_SUPERVISION_H

#include "issuer/domain.h"

#define SUP_MAX_FEN INT64_C(1000000000000) /* of one complaint, 10^10 yuan: millions of them are counted without overflow */

#define SUP_FILE (8u << 20) /* octets of a report or proof */

/* --- supervision.c: what the files below share --- */
/* In which role the actor supervises this organisation: MOF everybody, a finance department or data
 * bureau those of its level, a superior department its own units.  FJ_E_REFUSED: R40. */
enum fj_rc sup_supervisor(struct iss_call *c, const struct dom_org *o, const char **role, struct fj_err *err) FJ_MUST_USE;
/* The authorisation that the parameter "number" names. */
enum fj_rc sup_authorisation(struct iss_call *c, struct dom_auth *a, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_INVALID unless the text parameter says something. */
enum fj_rc sup_said(const struct iss_call *c, const char *key, const char *en, const char *zh, struct fj_err *err) FJ_MUST_USE;
/* The file parameter `key` as a material of the actor's organisation; id and SHA-256 are "" when none
 * was given. */
struct sup_file {
	char id[32], sha256[65];
};
enum fj_rc sup_keep(struct iss_call *c, const char *key, const char *kind, const char *name, struct sup_file *out, struct fj_err *err) FJ_MUST_USE;
/* [{"item", "amount_fen"}], 1 to 100 of them: their sum, which fits int64 */
enum fj_rc sup_sum(const json_t *items, int64_t *total_fen, struct fj_err *err) FJ_MUST_USE;
/* a page of statement `id` (after, authorisation or "", limit), keyed by "id" or what `key` says */
enum fj_rc sup_list(struct iss_call *c, enum sto_id id, dom_row_fn row, const char *key, struct fj_err *err) FJ_MUST_USE;
/* the same with the filters state and turn (whose it is to act); of: the member that says of what they are */
enum fj_rc sup_turns(struct iss_call *c, enum sto_id id, const char *of, dom_row_fn row, struct fj_err *err) FJ_MUST_USE;
/* a JSON column; NULL when it can't be read */
json_t *sup_json(const char *text);
/* the working days of the profile's `key` from now */
enum fj_rc sup_term(struct iss_call *c, const char *finance, const char *key, fj_time *due, struct fj_err *err) FJ_MUST_USE;
/* --- evaluation.c --- */
/* The score of indicators [{"name", "weight_bp", "score"}], weights of 10,000 in all, scores of 0 to
 * 100: in basis points of full marks, rounded down.  FJ_E_INVALID says what is wrong. */
enum fj_rc evl_score(const json_t *indicators, int64_t *score_bp, struct fj_err *err) FJ_MUST_USE;
/* last second of the period of so many months that begins on the day of `from` (+08:00) */
fj_time evl_period_end(fj_time from, int64_t months);
/* body["evaluation"] of an authorisation that begins at `from`: {"months", "due"}, by its agreement
 * (NULL: none) or the profile */
enum fj_rc evl_first(struct iss_call *c, const char *finance, const json_t *agreement, fj_time from, json_t *body, struct fj_err *err) FJ_MUST_USE;
/* in apply: the row of a new authorisation, from the intent's body */
enum fj_rc evl_apply_first(const struct evt *e, const json_t *body, struct fj_err *err) FJ_MUST_USE;
/* "evaluation_due" (day) and "evaluation_overdue" of an authorisation, into what is shown of it */
enum fj_rc evl_into(struct sto *db, const char *authorisation, fj_time now, json_t *shown, struct fj_err *err) FJ_MUST_USE;
/* R25: no new license under an authorisation whose evaluation is overdue; none either while a new
 * version of it is being made */
enum fj_rc sup_may_license(struct iss_call *c, const struct dom_auth *a, struct fj_err *err) FJ_MUST_USE;
/* R25, R38: no authorisation anew for an operator whose running one on one of these certificates is
 * overdue or was found to be taken back, nor for one that an order disqualifies */
enum fj_rc sup_may_grant(struct iss_call *c, const json_t *certificates, const char *operator_, fj_time from, struct fj_err *err) FJ_MUST_USE;

/* --- order.c --- */
/* FJ_E_REFUSED while an order of suspension stands that its issuer has not closed */
enum fj_rc sup_may_resume(struct iss_call *c, const char *authorisation, struct fj_err *err) FJ_MUST_USE;

/* --- exit.c --- */
/* the exit of an authorisation that has ended: five matters, each due at the profile's term */
enum fj_rc ext_open(struct iss_call *c, const struct dom_auth *a, const char *how, struct fj_err *err) FJ_MUST_USE;

/* --- adjust.c --- */
/* FJ_E_STATE while a new version of the authorisation is being made */
enum fj_rc adj_none_pending(struct iss_call *c, const char *authorisation, struct fj_err *err) FJ_MUST_USE;
/* is the asset among those of an authorisation's payload? */
bool adj_names_asset(const json_t *payload, const char *asset_no);
/* the record of a version with another scope: its payload, and why */
enum fj_rc adj_record(struct iss_call *c, const struct dom_auth *a, const json_t *payload, int64_t version, const char *reason, struct fj_err *err) FJ_MUST_USE;
/* in apply: a version with another scope is in force, or was given up; tokens that no longer fit are revoked */
enum fj_rc adj_apply(const struct evt *e, const char *authorisation, const json_t *payload, bool issued, struct fj_err *err) FJ_MUST_USE;
/* adjustments of an authorisation; the caller's */
enum fj_rc adj_of(struct sto *db, const char *authorisation, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* What an approval with this payload would sign: {"claims", "was": of the version before, "refused"?}; the caller's. */
enum fj_rc adj_preview(struct iss_call *c, const char *number, const json_t *approved, json_t **out, struct fj_err *err) FJ_MUST_USE;

/* tokens that stops.show names */
#define SUP_FIRST_TOKENS 100

/* Is the actor's office a party (holder, implementer, operator), or the holder's superior or finance department?  Others may
 * not stop what rests on this (R40, domain.md 7.3).  implementer and operator_ may be "". */
enum fj_rc sup_is_party(struct iss_call *c, const char *holder, const char *implementer, const char *operator_, bool *out, struct fj_err *err) FJ_MUST_USE;

#endif
