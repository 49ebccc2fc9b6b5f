/*
 * revenue.h - 收益: what the files about revenue share.
 */
#ifndef FJ_ISSUER_REVENUE_H
#define FJ_ISSUER_REVENUE_H

#include "issuer/domain.h"
#include "issuer/share.h"

#define REV_MAX_EVIDENCE 65536

struct rev {
	char id[32], authorisation[41], asset_no[DOM_CAP(DOM_MAX_ASSET_NO)], product[DOM_CAP(DOM_MAX_PRODUCT)], payer[19],
	    payer_name[DOM_CAP(DOM_MAX_NAME)], kind[16], period_from[11], period_to[11], paid_on[11], funds[8], state[12], invoice[DOM_CAP(80)],
	    holder[19], implementer[19], operator_[19], finance[19], booked_by[19], person[ISS_PERSON_CAP], counters[32], countered_by[32];
	int64_t gross, tax, net, year;
	bool platform;
	json_t *reasons, *evidence; /* owned */
};
void rev_release(struct rev *r);
FJ_DEFINE_AUTO(rev, struct rev, rev_release)
/* FJ_E_NOTFOUND names the id. */
enum fj_rc rev_get(struct sto *db, const char *id, struct rev *out, struct fj_err *err) FJ_MUST_USE;
/* what an event says of it whole: "revenue.held", "revenue.booked"; the caller's, NULL when out of memory */
json_t *rev_body(const struct rev *r);

/* "" for those who see all revenue (auditors, MOF, who reads the home), else the actor's organisation */
const char *rev_scope(const struct iss_call *c);
/* FJ_E_FORBIDDEN unless the actor's organisation is a party, its superior or its finance department */
enum fj_rc rev_may_read(struct iss_call *c, const char *id, struct fj_err *err) FJ_MUST_USE;

/* the finance department of an organisation: a department without one is its own */
const char *rev_finance(const struct dom_org *o);
/* public bodies, whose money is a budget's: ADMIN, INST, MASS */
bool rev_public(const char *holder_kind);
/* the agreement of the revenue's authorisation, the caller's; NULL when there is none */
enum fj_rc rev_agreement(struct sto *db, const struct rev *r, json_t **out, struct fj_err *err) FJ_MUST_USE;

/* --- what holds a booking (revenue_hold.c) --- */
/* Refuses what can't even be held: back-dating, R07, evidence that does not fit.  *reasons: [{code, rule, en, zh}], the
 * caller's, empty when it may be booked. */
enum fj_rc rev_judge(struct iss_call *c, const struct rev *r, json_t **reasons, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_INVALID: the register has this payer under another code, by its name or but for the check character */
enum fj_rc rev_no_disguise(struct iss_call *c, const char *usci, const char *name, struct fj_err *err) FJ_MUST_USE;

/* --- what a booking rests on (revenue_evidence.c) --- */
/* the invoice's number as a file would name it: NFKC, without white space around it */
enum fj_rc rev_tidy_invoice(struct rev *r, struct fj_err *err) FJ_MUST_USE;
/* The shape of an evidence document; its days, materials, tokens and trade have to exist and to fit the booking.  R07, R08
 * of a trade that was charged against them; FJ_E_EXISTS of one that another booking names. */
enum fj_rc rev_evidence(struct iss_call *c, const struct rev *r, const json_t *evidence, struct fj_err *err) FJ_MUST_USE;
/* Is a delivery shown, by the booking's evidence or by reported uses; its first day into from ("" not said). */
enum fj_rc rev_delivered(struct iss_call *c, const struct rev *r, bool *out, char from[11], struct fj_err *err) FJ_MUST_USE;
/* Does another booking of the payer and product rest on the same receipts, material or uses?  shown: a delivery is. */
enum fj_rc rev_evidence_used(struct iss_call *c, const struct rev *r, bool shown, bool *out, struct fj_err *err) FJ_MUST_USE;

/* --- who gets what (revenue_split.c) --- */
/* Adds "shares" and "entries" to the body, with the remittances that follow: R27, R28. */
/* what a booking's shares would be: {"gross_fen", "tax_fen", "net_fen", "shares": [{"party", "name", "role", "bp", "amount_fen", "fund",
 * "due" (time, "" nothing is remitted), "remainder" (it gets what rounding leaves)}]}; the caller's */
enum fj_rc rev_computed(struct iss_call *c, const struct rev *r, json_t **out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc rev_split(struct iss_call *c, const struct rev *r, json_t *body, struct fj_err *err) FJ_MUST_USE;
/* the same of its counter-entry: each share and entry of `of` negated exactly */
enum fj_rc rev_negate(struct sto *db, const char *of, json_t *body, struct fj_err *err) FJ_MUST_USE;
/* writes them: for the apply functions */
enum fj_rc rev_apply_split(const struct evt *e, const char *id, const char *kind, struct fj_err *err) FJ_MUST_USE;

/* --- remittances (remittance.c) --- */
struct rem {
	char id[32], revenue[32], party[19], finance[19], fund[8], kind[16], state[12];
	int64_t n, amount, paid;
	fj_time due;
	bool countered;
};
enum fj_rc rem_get(struct iss_call *c, const char *id, struct rem *out, struct fj_err *err) FJ_MUST_USE;
struct rem_payment {
	int64_t fen;
	const char *slip, *subject, *paid_on, *receipt, *row; /* subject, receipt and row may be "" */
};
/* Checks and records it; *shortfall is what is still due.  Refused: more than is due (R28), a slip twice, a subject
 * that is not in the table of the department. */
enum fj_rc rem_pay(struct iss_call *c, const struct rem *m, const struct rem_payment *p, int64_t *shortfall, struct fj_err *err) FJ_MUST_USE;
/* those of a revenue, as JSON; the caller's */
enum fj_rc rem_of(struct iss_call *c, const char *revenue, json_t **out, struct fj_err *err) FJ_MUST_USE;

/* --- statements (statement.c, statement_read.c, statement_match.c) --- */
enum st_kind { ST_BANK, ST_INVOICE, ST_SLIP, ST_KINDS };
extern const char *const st_kinds[];
enum fj_rc st_kind_of(const char *word, enum st_kind *out, struct fj_err *err) FJ_MUST_USE;
#define ST_MAX_ROWS 5000
#define ST_MAX_TEXT 120 /* code points of a text that is kept */
/* Rows that are good, each as it goes into an event, in *rows; faults [{line, column, rule, detail}]; how many were
 * read.  mapping: {heading: field}, may be NULL. */
struct st_read {
	enum st_kind kind;
	const char *owner;
	const json_t *mapping;
	json_t *rows, *faults; /* lists; the caller's */
	int64_t read, n_faults;
	const char *format;
};
enum fj_rc st_read_file(struct st_read *in, struct fj_slice file, struct fj_err *err) FJ_MUST_USE;
/* Tries each open row of the organisation, or only those of `file`; *answer has "matched", "unmatched",
 * "circular" [revenue]. */
enum fj_rc st_match_open(struct iss_call *c, const char *file, json_t *answer, struct fj_err *err) FJ_MUST_USE;
/* rows that prove it, as JSON; the caller's */
enum fj_rc st_rows_of(struct sto *db, const char *matched, json_t **out, struct fj_err *err) FJ_MUST_USE;
json_t *st_row_json(const struct sto_q *q, fj_time now);

#endif
