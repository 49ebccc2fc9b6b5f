/*
 * rules.h - the rules of domain.md section 8, one pure function each, named by
 * what it forbids; basis and clause are data.  A function answers FJ_OK, or
 * FJ_E_REFUSED with rule, basis, clause, what was wrong and what to do.  Rules
 * marked W give a warning's text and never refuse.
 */
#ifndef FJ_ISSUER_RULES_H
#define FJ_ISSUER_RULES_H

#include <stdbool.h>

#include "base/clock.h"

/* FJ_OK where two officers may override the rule with a recorded reason (kind O of domain.md 8) */
enum fj_rc iss_rule_no_override(const char *id, struct fj_err *err) FJ_MUST_USE;
/* basis and clause of the rule that *err cites, where it has none yet: whoever cites a rule, in
 * whichever layer, need not know them.  A rule that is not in the table stays without. */
void iss_rule_cite(struct fj_err *err);
/* a refusal by rule `id` with its basis and clause; the sentence says what was wrong and what to do */
enum fj_rc iss_rule_fail(struct fj_err *err, const char *id, const char *en, const char *zh);

/* does a text say something: more than blanks, those of Unicode included? NULL does not */
bool iss_said(const char *text);

/* holder kinds whose assets may not secure anything (decision 2: MASS follows ADMIN) */
bool iss_kind_no_collateral(const char *kind);
enum fj_rc iss_rule_no_authorisation_without_certificate(const char *certificate_state, bool expired, struct fj_err *err) FJ_MUST_USE; /* R01 */
enum fj_rc iss_rule_no_registration_without_decision(const char *ledger_state, const char *catalog_ref, struct fj_err *err) FJ_MUST_USE; /* R02 */
enum fj_rc iss_rule_no_certificate_for_memo(const char *result, struct fj_err *err) FJ_MUST_USE; /* R03 */
enum fj_rc iss_rule_no_collateral(const char *holder_kind, struct fj_err *err) FJ_MUST_USE; /* R04 */
/* R04: does its card name a pledge, guarantee or the like? */
enum fj_rc iss_rule_no_secured_card(bool secures, const char *holder_kind, struct fj_err *err) FJ_MUST_USE;
enum fj_rc iss_rule_no_hidden_encumbrance(bool disclosed, struct fj_err *err) FJ_MUST_USE; /* R05 */
enum fj_rc iss_rule_no_fee_for_welfare(const char *purpose, bool paid, struct fj_err *err) FJ_MUST_USE; /* R07 */
/* cap -1: none is approved */
enum fj_rc iss_rule_no_fee_above_cap(int64_t fee_fen, int64_t cap_fen, struct fj_err *err) FJ_MUST_USE; /* R08 */
enum fj_rc iss_rule_no_license_above_fee(int64_t asked_fen, int64_t fee_fen, struct fj_err *err) FJ_MUST_USE; /* R08 */
/* known false: the total is larger than any money */
enum fj_rc iss_rule_no_caps_above_revenue(bool known, int64_t total_fen, int64_t limit_fen, struct fj_err *err) FJ_MUST_USE; /* R08 */
enum fj_rc iss_rule_no_profit_above_bond(int64_t profit_bp, int64_t bond_bp, int64_t points, struct fj_err *err) FJ_MUST_USE; /* R08 */
enum fj_rc iss_rule_no_market_price_for_operator(bool redeveloped, const char *price_form, struct fj_err *err) FJ_MUST_USE; /* R09 */
enum fj_rc iss_rule_no_charge_on_public(bool borne, bool shown, struct fj_err *err) FJ_MUST_USE; /* R10 */
enum fj_rc iss_rule_no_product_without_disclosure(bool data_use, bool conditions, struct fj_err *err) FJ_MUST_USE; /* R32 */
enum fj_rc iss_rule_no_redevelopment_by_operator(bool redevelop, bool own_or_affiliate, struct fj_err *err) FJ_MUST_USE; /* R11 */
enum fj_rc iss_rule_no_sub_authorisation(int64_t depth, struct fj_err *err) FJ_MUST_USE; /* R12 */
enum fj_rc iss_rule_no_term_beyond(fj_time not_after, fj_time limit, const char *limit_of, struct fj_err *err) FJ_MUST_USE; /* R13 */
enum fj_rc iss_rule_no_term_over_five_years(fj_time from, fj_time to, struct fj_err *err) FJ_MUST_USE; /* R14 */
enum fj_rc iss_rule_no_shared_data_without_consent(bool shared, bool consent, struct fj_err *err) FJ_MUST_USE; /* R16 */
enum fj_rc iss_rule_no_core_data(const char *level, bool assessed, struct fj_err *err) FJ_MUST_USE; /* R17 */
enum fj_rc iss_rule_no_raw_data_product(bool raw, struct fj_err *err) FJ_MUST_USE; /* R18 */
enum fj_rc iss_rule_no_registration_in_dispute(bool dispute, struct fj_err *err) FJ_MUST_USE; /* R19 */
/* Does a natural person stand on both sides?  Each side is one, or several joined by "+": a deputy
 * and whom he acts for.  An empty side is nobody. */
bool iss_persons_meet(const char *a, const char *b);
enum fj_rc iss_rule_no_two_roles_of_one_person(const char *a, const char *b, struct fj_err *err) FJ_MUST_USE; /* R22 */
enum fj_rc iss_rule_no_way_back_from_final(const char *state, struct fj_err *err) FJ_MUST_USE; /* R23 */
enum fj_rc iss_rule_no_token_under_dead_authorisation(const char *state, bool expired, struct fj_err *err) FJ_MUST_USE; /* R26 */
enum fj_rc iss_rule_no_authorisation_without_documents(const char *en_missing, const char *zh_missing, struct fj_err *err) FJ_MUST_USE; /* R30 */
enum fj_rc iss_rule_no_sj_number_on_duty_data(const char *sj, const char *holder_kind, struct fj_err *err) FJ_MUST_USE; /* R33 */
/* basis: COST, NOMINAL, UNBOOKED or "" (not said); book: the book value in fen where booked */
enum fj_rc iss_rule_no_appraisal_as_book_value(const char *basis, bool booked, int64_t book, struct fj_err *err) FJ_MUST_USE; /* R36 */
enum fj_rc iss_rule_no_raw_personal_data(const char *personal_info, bool legal_basis, struct fj_err *err) FJ_MUST_USE; /* R37 */
enum fj_rc iss_rule_no_unfit_operator(bool conditions, bool dishonest, struct fj_err *err) FJ_MUST_USE; /* R38 */
enum fj_rc iss_rule_no_operator_without_competition(bool evidence, struct fj_err *err) FJ_MUST_USE; /* R39 */
enum fj_rc iss_rule_no_operator_below_protection(int64_t level, int64_t least, struct fj_err *err) FJ_MUST_USE; /* R38 */
enum fj_rc iss_rule_no_exclusive_dealing(bool exclusive, struct fj_err *err) FJ_MUST_USE; /* R39 */
enum fj_rc iss_rule_no_other_operator(const char *operator_, const char *other, struct fj_err *err) FJ_MUST_USE; /* R39 */
/* sum of the shares in basis points */
enum fj_rc iss_rule_no_shares_but_the_whole(int64_t bp, struct fj_err *err) FJ_MUST_USE; /* R27 */
enum fj_rc iss_rule_no_implementer_as_operator(bool own_or_affiliate, struct fj_err *err) FJ_MUST_USE; /* domain.md 6 */
enum fj_rc iss_rule_no_foreign_issuer(const char *holder_finance, const char *issuer, struct fj_err *err) FJ_MUST_USE; /* R40 */

/* Revenue (R06, R27, R28).  Each fact is one reason to hold a booking; *out has those that are true, in the order
 * of domain.md 8, how many is returned. */
struct iss_revenue_facts {
	bool no_authorisation, no_agreement, no_delivery, same_budget, lump_sum, platform, debt_funded, circular, evidence_used, no_disposal;
};
struct iss_hold {
	const char *code, *rule, *en, *zh;
};
#define ISS_MAX_HOLDS 10
size_t iss_hold_revenue(const struct iss_revenue_facts *f, struct iss_hold out[ISS_MAX_HOLDS]);
/* R06 as a refusal, of something that can't be held */
enum fj_rc iss_rule_no_inflated_revenue(bool fine, const char *en, const char *zh, struct fj_err *err) FJ_MUST_USE;
/* ISO days of period or payment; begun "": no authorisation is named; locked: last day of what is closed, "" none */
enum fj_rc iss_rule_no_backdated_revenue(const char *first, const char *last, const char *begun, const char *locked, struct fj_err *err) FJ_MUST_USE;
enum fj_rc iss_rule_no_shares_without_agreement(bool agreement, struct fj_err *err) FJ_MUST_USE; /* R27 */
/* R28: in fen; what is paid at once and what was due */
enum fj_rc iss_rule_no_short_remittance(int64_t paid, int64_t due, struct fj_err *err) FJ_MUST_USE;
/* supervision */
enum fj_rc iss_rule_no_charge_without_breakdown(bool charge, bool shown, bool paid_back, struct fj_err *err) FJ_MUST_USE; /* R10 */
enum fj_rc iss_rule_no_license_without_evaluation(bool overdue, struct fj_err *err) FJ_MUST_USE; /* R25 */
enum fj_rc iss_rule_no_renewal_without_evaluation(const char *number, bool missing, bool reclaim, struct fj_err *err) FJ_MUST_USE; /* R25 */
enum fj_rc iss_rule_no_evaluation_by_the_evaluated(bool own_or_affiliate, struct fj_err *err) FJ_MUST_USE; /* domain.md 6 */
enum fj_rc iss_rule_no_disqualified_operator(const char *order, struct fj_err *err) FJ_MUST_USE; /* R38; NULL: none */
enum fj_rc iss_rule_no_resumption_under_order(const char *order, struct fj_err *err) FJ_MUST_USE; /* domain.md 4.13; NULL: none */
enum fj_rc iss_rule_no_widening(const char *en, const char *zh, struct fj_err *err) FJ_MUST_USE; /* domain.md 7.3; what is wider, NULL: nothing */

/* Who takes back, the lowest first.  A suspension remembers its party by name; one from before
 * parties were remembered has "" and binds nobody. */
enum iss_party { ISS_PARTY_NONE, ISS_PARTY_OPERATOR, ISS_PARTY_IMPLEMENTER, ISS_PARTY_FINANCE };
const char *iss_party_name(enum iss_party p);      /* "", "OPERATOR", "IMPLEMENTER", "FINANCE" */
enum iss_party iss_party_of(const char *name);     /* NONE for every other text */
enum fj_rc iss_rule_no_resumption_by_lower_party(enum iss_party suspended, enum iss_party now, struct fj_err *err) FJ_MUST_USE; /* domain.md decision 8 */

/* warnings: NULL when there is none */
struct iss_warning {
	const char *rule, *en, *zh;
};
#define ISS_MAX_NAME_WARNINGS 5
/* R34: too long, or without a word of time, region or content, as far as a heuristic sees; how many */
size_t iss_warn_name(const char *name, const char *overview, struct iss_warning out[ISS_MAX_NAME_WARNINGS]);
const char *iss_warn_usci(const char *usci);                      /* R35 */
/* 18 characters of the code's alphabet (GB 32100); the check character apart */
bool iss_usci_form(const char *usci);
bool iss_usci_check(const char *usci);
/* what the office identifies a natural person by: letters, digits, dot, hyphen, underscore, so
 * that one person is not written in two ways (R22); else FJ_E_INVALID */
enum fj_rc iss_person_check(const char *person, struct fj_err *err) FJ_MUST_USE;

#endif
