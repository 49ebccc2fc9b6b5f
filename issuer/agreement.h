/*
 * agreement.h - 授权运营协议: the thirteen items of 27号 art. 14, and where they are kept.
 */
#ifndef FJ_ISSUER_AGREEMENT_H
#define FJ_ISSUER_AGREEMENT_H

#include "issuer/core.h"

/* The clause that every agreement has word for word (art. 14(六)), and its SHA-256 in hex:
 * disclosure.no_redevelopment is one of the two. */
#define DOM_NO_REDEVELOPMENT "运营机构不得直接或间接参与再开发"
#define DOM_NO_REDEVELOPMENT_SHA256 "1f3281651254fc26ec26530ea64ac7777fbc61b235970b4650961b709d45d949"

/* what an agreement has to stay within; borrowed */
struct dom_agreement_bounds {
	const json_t *certificates; /* numbers of the plan */
	const json_t *purposes;     /* of the plan's grant */
	fj_time from, to;           /* of the plan: first and last second */
	fj_time certificates_end;   /* last second of the one that ends first */
	int64_t months;             /* between evaluations, at most */
};
struct dom_agreement_term {
	fj_time from, to; /* first second of the first day and last second of the last, +08:00 */
};
/*
 * The machine checks of domain.md 4.7 over the document alone: thirteen members and no other
 * {scope [certificate number], term {from, to}, products [{id, name, purpose, level, standard,
 * security_review, conformity}], platform, ownership [{item, owner}], disclosure {text,
 * no_redevelopment}, income {accounting, shares [{party, name, role, bp}], remainder}, security,
 * evaluation {months, renewal, exit}, breach, disputes, termination, other}.
 * Refused: R15 naming each item that is missing; R13 scope, purposes or term beyond the bounds; R14
 * more than five years; R27 shares that are not 10,000 bp together; R11 without the fixed clause.
 */
enum fj_rc dom_agreement_check(const json_t *agreement, const struct dom_agreement_bounds *within, struct dom_agreement_term *term, struct fj_err *err) FJ_MUST_USE;

/* The agreement under which the authorisation (DAU-…) runs, the newest of its line; the caller's.
 * FJ_E_NOTFOUND: it has none (the short course without one). */
enum fj_rc dom_agreement_get(struct sto *db, const char *authorisation, json_t **agreement, struct fj_err *err) FJ_MUST_USE;

#endif
