/*
 * test_iss_rules.c - each rule of domain.md section 8 that has a function here:
 * what it lets through and what it refuses, with its number, basis and clause.
 */
#include "issuer/issuer.h"
#include "issuer/rules/rules.h"
#include "tests/unit/test.h"

/* refused, under its own number, with where it stands and in both languages */
#define CHECK_RULE(call, id)                       \
	do {                                       \
		CHECK_RC((call), FJ_E_REFUSED);    \
		CHECK_STR(err.cite, id);           \
		CHECK(err.basis[0] != '\0');       \
		CHECK(err.clause[0] != '\0');      \
		CHECK(err.en[0] != '\0');          \
		CHECK(err.zh[0] != '\0');          \
	} while (0)

static fj_time day(const char *s)
{
	fj_time t = 0;

	return fj_date_parse(s, &t, NULL) == FJ_OK ? t : -1;
}

TEST("R01: no authorisation but with a certificate in force")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_authorisation_without_certificate("ACTIVE", false, &err));
	CHECK_RULE(iss_rule_no_authorisation_without_certificate("ACTIVE", true, &err), "R01");
	CHECK_RULE(iss_rule_no_authorisation_without_certificate("PENDING", false, &err), "R01");
	CHECK_RULE(iss_rule_no_authorisation_without_certificate("SUSPENDED", false, &err), "R01");
	CHECK_RULE(iss_rule_no_authorisation_without_certificate("REVOKING", false, &err), "R01");
	CHECK_RULE(iss_rule_no_authorisation_without_certificate("WITHDRAWN", false, &err), "R01");
	CHECK_RULE(iss_rule_no_authorisation_without_certificate("", false, &err), "R01");
}

TEST("R02: no card before the recognition is confirmed, nor without a catalogue item")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_registration_without_decision("CONFIRMED", "CAT-1", &err));
	CHECK_RULE(iss_rule_no_registration_without_decision("LEDGERED", "CAT-1", &err), "R02");
	CHECK_RULE(iss_rule_no_registration_without_decision("RECOGNISED", "CAT-1", &err), "R02");
	CHECK_RULE(iss_rule_no_registration_without_decision("CONFIRMED", "", &err), "R02");
}

TEST("R03: no certificate for what is memorandum or no asset")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_certificate_for_memo("ASSET", &err));
	CHECK_RULE(iss_rule_no_certificate_for_memo("MEMO", &err), "R03");
	CHECK_RULE(iss_rule_no_certificate_for_memo("NOT", &err), "R03");
	CHECK_RULE(iss_rule_no_certificate_for_memo("", &err), "R03");
}

TEST("R04: a public body's asset secures no debt, an enterprise's may")
{
	struct fj_err err = {0};
	CHECK_RULE(iss_rule_no_collateral("ADMIN", &err), "R04");
	CHECK_RULE(iss_rule_no_collateral("INST", &err), "R04");
	CHECK_RULE(iss_rule_no_collateral("MASS", &err), "R04");
	CHECK_OK(iss_rule_no_collateral("SOE", &err));
	CHECK_OK(iss_rule_no_collateral("UTIL", &err));
	CHECK_OK(iss_rule_no_collateral("ENT", &err));
}

TEST("R04: a public body's card names no pledge, an enterprise's may")
{
	struct fj_err err = {0};
	CHECK_RULE(iss_rule_no_secured_card(true, "INST", &err), "R04");
	CHECK_RULE(iss_rule_no_secured_card(true, "MASS", &err), "R04");
	CHECK_OK(iss_rule_no_secured_card(false, "ADMIN", &err));
	CHECK_OK(iss_rule_no_secured_card(true, "SOE", &err));
}

TEST("R05: an enterprise's encumbrance is disclosed first")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_hidden_encumbrance(true, &err));
	CHECK_RULE(iss_rule_no_hidden_encumbrance(false, &err), "R05");
}

TEST("R07: public governance and public welfare pay nothing")
{
	struct fj_err err = {0};
	CHECK_RULE(iss_rule_no_fee_for_welfare("PUBGOV", true, &err), "R07");
	CHECK_RULE(iss_rule_no_fee_for_welfare("WELFARE", true, &err), "R07");
	CHECK_OK(iss_rule_no_fee_for_welfare("PUBGOV", false, &err));
	CHECK_OK(iss_rule_no_fee_for_welfare("WELFARE", false, &err));
	CHECK_OK(iss_rule_no_fee_for_welfare("INDUSTRY", true, &err));
}

TEST("R08: no fee, no license, no caps and no profit above what was approved, to the fen and the basis point")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_fee_above_cap(1000, 1000, &err));
	CHECK_RULE(iss_rule_no_fee_above_cap(1001, 1000, &err), "R08");
	CHECK(strstr(err.en, "10.01") != NULL && strstr(err.zh, "10.00") != NULL);
	CHECK_RULE(iss_rule_no_fee_above_cap(0, -1, &err), "R08");
	CHECK_OK(iss_rule_no_license_above_fee(0, 0, &err));
	CHECK_RULE(iss_rule_no_license_above_fee(1, 0, &err), "R08");
	CHECK_OK(iss_rule_no_caps_above_revenue(true, 914313600, 914313600, &err));
	CHECK_RULE(iss_rule_no_caps_above_revenue(true, 914313601, 914313600, &err), "R08");
	CHECK_RULE(iss_rule_no_caps_above_revenue(false, 0, 1, &err), "R08");
	CHECK_OK(iss_rule_no_profit_above_bond(782, 182, 600, &err));
	CHECK_RULE(iss_rule_no_profit_above_bond(783, 182, 600, &err), "R08");
}

TEST("R09: a market price for what is re-developed, and for nothing else")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_market_price_for_operator(true, "MARKET", &err));
	CHECK_OK(iss_rule_no_market_price_for_operator(true, "FREE", &err));
	CHECK_OK(iss_rule_no_market_price_for_operator(false, "GUIDED", &err));
	CHECK_OK(iss_rule_no_market_price_for_operator(false, "FREE", &err));
	CHECK_RULE(iss_rule_no_market_price_for_operator(false, "MARKET", &err), "R09");
	CHECK_RULE(iss_rule_no_market_price_for_operator(true, "GUIDED", &err), "R09");
}

TEST("R10: no charge on the public but with its costs shown, and it has an override")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_charge_on_public(false, false, &err));
	CHECK_OK(iss_rule_no_charge_on_public(true, true, &err));
	CHECK_RULE(iss_rule_no_charge_on_public(true, false, &err), "R10");
	CHECK_OK(iss_rule_no_override("R10", &err));
	CHECK_RULE(iss_rule_no_override("R08", &err), "R08");
}

TEST("R32: no product without data use and conditions")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_product_without_disclosure(true, true, &err));
	CHECK_RULE(iss_rule_no_product_without_disclosure(false, true, &err), "R32");
	CHECK_RULE(iss_rule_no_product_without_disclosure(true, false, &err), "R32");
}

TEST("R11: operator and affiliates do not re-develop in their own scope")
{
	struct fj_err err = {0};
	CHECK_RULE(iss_rule_no_redevelopment_by_operator(true, true, &err), "R11");
	CHECK_OK(iss_rule_no_redevelopment_by_operator(true, false, &err));
	CHECK_OK(iss_rule_no_redevelopment_by_operator(false, true, &err));
}

TEST("R12: depth is 0")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_sub_authorisation(0, &err));
	CHECK_RULE(iss_rule_no_sub_authorisation(1, &err), "R12");
	CHECK_RULE(iss_rule_no_sub_authorisation(-1, &err), "R12");
}

TEST("R13: a term ends no later than its parent's, to the second")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_term_beyond(1000, 1000, "authorisation", &err));
	CHECK_RULE(iss_rule_no_term_beyond(1001, 1000, "authorisation", &err), "R13");
	CHECK(strstr(err.en, "authorisation") != NULL);
}

TEST("R14: five years, the last day included, and not one day more")
{
	struct fj_err err = {0};
	fj_time from = day("2026-03-16");
	CHECK_OK(iss_rule_no_term_over_five_years(from, day("2031-03-16") - 1, &err));
	CHECK_RULE(iss_rule_no_term_over_five_years(from, day("2031-03-16"), &err), "R14");
	CHECK_RULE(iss_rule_no_term_over_five_years(from, day("2031-03-17") - 1, &err), "R14");
	/* from the middle of a day: the same last day */
	CHECK_OK(iss_rule_no_term_over_five_years(from + 43200, day("2031-03-16") - 1, &err));
}

TEST("R14: a term from 29 February ends with the 28th")
{
	struct fj_err err = {0};
	fj_time from = day("2028-02-29");
	CHECK_OK(iss_rule_no_term_over_five_years(from, day("2033-03-01") - 1, &err));
	CHECK_RULE(iss_rule_no_term_over_five_years(from, day("2033-03-01"), &err), "R14");
}

TEST("R16: shared data needs the supplier's consent")
{
	struct fj_err err = {0};
	CHECK_RULE(iss_rule_no_shared_data_without_consent(true, false, &err), "R16");
	CHECK_OK(iss_rule_no_shared_data_without_consent(true, true, &err));
	CHECK_OK(iss_rule_no_shared_data_without_consent(false, false, &err));
}

TEST("R17: core data never, important data with an assessment")
{
	struct fj_err err = {0};
	CHECK_RULE(iss_rule_no_core_data("CORE", true, &err), "R17");
	CHECK_RULE(iss_rule_no_core_data("CORE", false, &err), "R17");
	CHECK_RULE(iss_rule_no_core_data("IMPORTANT", false, &err), "R17");
	CHECK_OK(iss_rule_no_core_data("IMPORTANT", true, &err));
	CHECK_OK(iss_rule_no_core_data("GENERAL", false, &err));
}

TEST("R18: raw data is no product")
{
	struct fj_err err = {0};
	CHECK_RULE(iss_rule_no_raw_data_product(true, &err), "R18");
	CHECK_OK(iss_rule_no_raw_data_product(false, &err));
}

TEST("R19: nothing in dispute is registered")
{
	struct fj_err err = {0};
	CHECK_RULE(iss_rule_no_registration_in_dispute(true, &err), "R19");
	CHECK_OK(iss_rule_no_registration_in_dispute(false, &err));
}

TEST("R22: one person is not two officers")
{
	struct fj_err err = {0};
	CHECK_RULE(iss_rule_no_two_roles_of_one_person("p-1", "p-1", &err), "R22");
	CHECK_OK(iss_rule_no_two_roles_of_one_person("p-1", "p-2", &err));
}

TEST("R23: no way back from every final state, and from no other")
{
	static const char *const final[] = {"WITHDRAWN", "CANCELLED", "SUPERSEDED", "RECLAIMED", "TERMINATED", "REVOKED", "TRANSFERRED", "DESTROYED"};
	static const char *const not_final[] = {"ACTIVE", "SUSPENDED", "REVOKING", "ENDING", "PENDING"};
	struct fj_err err = {0};
	for (size_t i = 0; i < sizeof(final) / sizeof(*final); i++)
		CHECK_RULE(iss_rule_no_way_back_from_final(final[i], &err), "R23");
	for (size_t i = 0; i < sizeof(not_final) / sizeof(*not_final); i++)
		CHECK_OK(iss_rule_no_way_back_from_final(not_final[i], &err));
}

TEST("R26: no license under an authorisation that is not in force")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_token_under_dead_authorisation("ACTIVE", false, &err));
	CHECK_RULE(iss_rule_no_token_under_dead_authorisation("ACTIVE", true, &err), "R26");
	CHECK_RULE(iss_rule_no_token_under_dead_authorisation("SUSPENDED", false, &err), "R26");
	CHECK_RULE(iss_rule_no_token_under_dead_authorisation("ENDING", false, &err), "R26");
	CHECK_RULE(iss_rule_no_token_under_dead_authorisation("RECLAIMED", false, &err), "R26");
}

TEST("R27: the shares of an agreement are the whole")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_shares_but_the_whole(10000, &err));
	CHECK_RULE(iss_rule_no_shares_but_the_whole(9999, &err), "R27");
	CHECK_RULE(iss_rule_no_shares_but_the_whole(10001, &err), "R27");
}

TEST("R38, R39: an operator is protected as the profile asks, not exclusive, and stays")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_operator_below_protection(3, 3, &err));
	CHECK_RULE(iss_rule_no_operator_below_protection(2, 3, &err), "R38");
	CHECK_OK(iss_rule_no_exclusive_dealing(false, &err));
	CHECK_RULE(iss_rule_no_exclusive_dealing(true, &err), "R39");
	CHECK_OK(iss_rule_no_other_operator("A", "A", &err));
	CHECK_RULE(iss_rule_no_other_operator("A", "B", &err), "R39");
}

TEST("R30: the document that is missing is named")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_authorisation_without_documents(NULL, NULL, &err));
	CHECK_RULE(iss_rule_no_authorisation_without_documents("emergency plan", "应急预案", &err), "R30");
	CHECK(strstr(err.en, "emergency plan") != NULL);
	CHECK(strstr(err.zh, "应急预案") != NULL);
}

TEST("R33: no SJ number on data of organs' duties")
{
	struct fj_err err = {0};
	CHECK_RULE(iss_rule_no_sj_number_on_duty_data("SJ2026-1", "ADMIN", &err), "R33");
	CHECK_OK(iss_rule_no_sj_number_on_duty_data("", "ADMIN", &err));
	CHECK_OK(iss_rule_no_sj_number_on_duty_data("SJ2026-1", "ENT", &err));
}

TEST("R37: raw personal data needs a recorded basis")
{
	struct fj_err err = {0};
	CHECK_RULE(iss_rule_no_raw_personal_data("RAW", false, &err), "R37");
	CHECK_OK(iss_rule_no_raw_personal_data("RAW", true, &err));
	CHECK_OK(iss_rule_no_raw_personal_data("DEIDENTIFIED", false, &err));
	CHECK_OK(iss_rule_no_raw_personal_data("", false, &err));
}

TEST("R38, R39: an operator is fit, of good credit, and chosen by competition")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_unfit_operator(true, false, &err));
	CHECK_RULE(iss_rule_no_unfit_operator(false, false, &err), "R38");
	CHECK_RULE(iss_rule_no_unfit_operator(true, true, &err), "R38");
	CHECK_OK(iss_rule_no_operator_without_competition(true, &err));
	CHECK_RULE(iss_rule_no_operator_without_competition(false, &err), "R39");
}

TEST("an implementer is not the operator, nor its affiliate")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_implementer_as_operator(false, &err));
	CHECK_RULE(iss_rule_no_implementer_as_operator(true, &err), "domain.md 6");
}

TEST("a text of blanks says nothing, whatever kind of blank")
{
	static const char *const nothing[] = {"", " ", "\t\r\n ", "\xe3\x80\x80", "\xc2\xa0 \xe2\x80\x82\xe2\x80\x8b\xe2\x80\xaf\xef\xbb\xbf"};
	static const char *const something[] = {"x", " x ", "\xe3\x80\x80件", "—", "\xe2\x80\x94", "0"};
	CHECK(!iss_said(NULL));
	for (size_t i = 0; i < sizeof(nothing) / sizeof(*nothing); i++)
		CHECK(!iss_said(nothing[i]));
	for (size_t i = 0; i < sizeof(something) / sizeof(*something); i++)
		CHECK(iss_said(something[i]));
}

TEST("R40: a finance department decides for its own holders")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_foreign_issuer("11420000DEMA00013M", "11420000DEMA00013M", &err));
	CHECK_RULE(iss_rule_no_foreign_issuer("11420000DEMA00013M", "11520000DEMA000217", &err), "R40");
	CHECK_RULE(iss_rule_no_foreign_issuer("", "11520000DEMA000217", &err), "R40");
}

TEST("who lifts a suspension: the same party or a higher one, of all pairs")
{
	static const char *const names[] = {"", "OPERATOR", "IMPLEMENTER", "FINANCE"};
	struct fj_err err = {0};
	for (int suspended = 0; suspended < 4; suspended++) {
		CHECK_STR(iss_party_name((enum iss_party)suspended), names[suspended]);
		CHECK(iss_party_of(names[suspended]) == (enum iss_party)suspended);
		for (int now = 0; now < 4; now++)
			if (now >= suspended)
				CHECK_OK(iss_rule_no_resumption_by_lower_party((enum iss_party)suspended, (enum iss_party)now, &err));
			else
				CHECK_RULE(iss_rule_no_resumption_by_lower_party((enum iss_party)suspended, (enum iss_party)now, &err), "domain.md decision 8");
	}
	CHECK_STR(err.basis, "inferred");
	CHECK(iss_party_of("HOLDER") == ISS_PARTY_NONE);
}

TEST("a refusal may go unheard: no error structure is needed")
{
	CHECK_RC(iss_rule_no_collateral("INST", NULL), FJ_E_REFUSED);
	CHECK_RC(iss_rule_no_authorisation_without_documents("x", "x", NULL), FJ_E_REFUSED);
}

TEST("R34 warns from the 41st and 401st character, counted in characters")
{
	char name[41 * 3 + 1] = "", overview[402] = "";
	struct iss_warning w[ISS_MAX_NAME_WARNINGS];
	memcpy(name, "2024年全国", 14);
	for (int i = 7; i < 40; i++)
		memcpy(name + 13 + 3 * (i - 7), "据", 4);
	memcpy(name + 13, "数据", 6);
	memset(overview, 'x', 400);
	CHECK(iss_warn_name(name, overview, w) == 0);
	memcpy(name + strlen(name), "数", 4);
	CHECK(iss_warn_name(name, "", w) == 1);
	CHECK_STR(w[0].rule, "R34");
	overview[400] = 'x';
	CHECK(iss_warn_name("2024年全国水文数据", overview, w) == 1);
	CHECK(strstr(w[0].en, "overview") != NULL);
}

TEST("R34 warns of a name without time, region or content")
{
	struct iss_warning w[ISS_MAX_NAME_WARNINGS];
	CHECK(iss_warn_name("2015—2024年全国重要江河控制站水文水位流量数据集", "", w) == 0);
	CHECK(iss_warn_name("全国水文数据集", "", w) == 1 && strstr(w[0].zh, "时间") != NULL);
	CHECK(iss_warn_name("2024年水文数据集", "", w) == 1 && strstr(w[0].zh, "地域") != NULL);
	CHECK(iss_warn_name("2024年湖北省水文", "", w) == 1 && strstr(w[0].zh, "内容") != NULL);
	CHECK(iss_warn_name("x", "", w) == 3);
}

TEST("R36: an appraisal value is no basis of booking")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_appraisal_as_book_value("", false, 0, &err));
	CHECK_OK(iss_rule_no_appraisal_as_book_value("COST", true, 123456, &err));
	CHECK_OK(iss_rule_no_appraisal_as_book_value("NOMINAL", true, 100, &err));
	CHECK_OK(iss_rule_no_appraisal_as_book_value("UNBOOKED", false, 0, &err));
	CHECK_RULE(iss_rule_no_appraisal_as_book_value("", true, 5000000, &err), "R36");
	CHECK_RULE(iss_rule_no_appraisal_as_book_value("COST", false, 0, &err), "R36");
	CHECK_RULE(iss_rule_no_appraisal_as_book_value("NOMINAL", true, 101, &err), "R36");
	CHECK_RULE(iss_rule_no_appraisal_as_book_value("NOMINAL", false, 0, &err), "R36");
	CHECK_RULE(iss_rule_no_appraisal_as_book_value("UNBOOKED", true, 100, &err), "R36");
	CHECK_RULE(iss_rule_no_appraisal_as_book_value("评估值", true, 5000000, &err), "R36");
}

TEST("only rules of kind O are overridden")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_override("R05", &err));
	CHECK_RULE(iss_rule_no_override("R04", &err), "R04");
	CHECK_RULE(iss_rule_no_override("R01", &err), "R01");
	CHECK_RC(iss_rule_no_override("no rule", &err), FJ_E_REFUSED);
}

TEST("R10: a charge stands only with its cost")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_charge_without_breakdown(false, false, false, &err));
	CHECK_OK(iss_rule_no_charge_without_breakdown(true, true, false, &err));
	CHECK_OK(iss_rule_no_charge_without_breakdown(true, false, true, &err));
	CHECK_RULE(iss_rule_no_charge_without_breakdown(true, false, false, &err), "R10");
}

TEST("R25: an evaluation that is overdue stops licenses and renewals; one that says so stops the renewal for good")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_license_without_evaluation(false, &err));
	CHECK_RULE(iss_rule_no_license_without_evaluation(true, &err), "R25");
	CHECK_OK(iss_rule_no_renewal_without_evaluation("DAU-1", false, false, &err));
	CHECK_RULE(iss_rule_no_renewal_without_evaluation("DAU-1", true, false, &err), "R25");
	CHECK(strstr(err.en, "not evaluated") != NULL && strstr(err.en, "DAU-1") != NULL);
	CHECK_RULE(iss_rule_no_renewal_without_evaluation("DAU-1", false, true, &err), "R25");
	CHECK(strstr(err.en, "taken back") != NULL);
}

TEST("supervision: nobody evaluates himself, a disqualified operator gets nothing, an order is closed first, an adjustment only narrows")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_evaluation_by_the_evaluated(false, &err));
	CHECK_RULE(iss_rule_no_evaluation_by_the_evaluated(true, &err), "domain.md 6");
	CHECK_OK(iss_rule_no_disqualified_operator(NULL, &err));
	CHECK_RULE(iss_rule_no_disqualified_operator("SO-1", &err), "R38");
	CHECK_OK(iss_rule_no_resumption_under_order(NULL, &err));
	CHECK_RULE(iss_rule_no_resumption_under_order("SO-1", &err), "domain.md 4.13");
	CHECK_OK(iss_rule_no_widening(NULL, NULL, &err));
	CHECK_RULE(iss_rule_no_widening("more", "更多", &err), "domain.md 7.3");
}

TEST("R35: form and check character of the credit code are two things")
{
	CHECK(iss_usci_form("11420000DEMA00013M"));
	CHECK(iss_usci_check("11420000DEMA00013M"));
	CHECK(iss_warn_usci("11420000DEMA00013M") == NULL);
	CHECK(iss_usci_form("11420000DEMA00013N"));
	CHECK(!iss_usci_check("11420000DEMA00013N"));
	CHECK(iss_warn_usci("11420000DEMA00013N") != NULL);
	CHECK(!iss_usci_form("11420000DEMI00013M")); /* I, O, S, V, Z are not in it */
	CHECK(!iss_usci_form("11420000dema00013m"));
	CHECK(!iss_usci_form("11420000DEMA00013"));
	CHECK(!iss_usci_form("11420000DEMA00013MM"));
	CHECK(!iss_usci_form(""));
}

TEST("R06: each fact is a reason to hold, alone and with all others; none holds nothing")
{
	static const char *const codes[ISS_MAX_HOLDS] = {"NO_AUTHORISATION", "NO_AGREEMENT", "NO_DELIVERY", "SAME_BUDGET", "LUMP_SUM", "PLATFORM", "DEBT_FUNDED", "CIRCULAR", "EVIDENCE_USED", "NO_DISPOSAL"};
	static const struct iss_revenue_facts none = {0}, all = {true, true, true, true, true, true, true, true, true, true};
	struct iss_hold h[ISS_MAX_HOLDS];
	bool fact[ISS_MAX_HOLDS];
	CHECK(iss_hold_revenue(&none, h) == 0);
	CHECK(iss_hold_revenue(&all, h) == ISS_MAX_HOLDS);
	for (size_t i = 0; i < ISS_MAX_HOLDS; i++) {
		CHECK_STR(h[i].code, codes[i]);
		CHECK_STR(h[i].rule, i == ISS_MAX_HOLDS - 1 ? "R29" : "R06");
		CHECK(h[i].en[0] != '\0' && h[i].zh[0] != '\0');
	}
	for (size_t i = 0; i < ISS_MAX_HOLDS; i++) {
		struct iss_revenue_facts one;
		struct iss_hold only[ISS_MAX_HOLDS];
		memset(fact, 0, sizeof(fact));
		fact[i] = true;
		one = (struct iss_revenue_facts){fact[0], fact[1], fact[2], fact[3], fact[4], fact[5], fact[6], fact[7], fact[8], fact[9]};
		CHECK(iss_hold_revenue(&one, only) == 1);
		CHECK_STR(only[0].code, codes[i]);
	}
}

TEST("revenue is not booked for days before its authorisation, nor into a closed period")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_backdated_revenue("2026-04-02", "2026-04-30", "2026-04-02", "2026-03-31", &err));
	CHECK_OK(iss_rule_no_backdated_revenue("2020-01-01", "2026-04-30", "", "", &err));
	CHECK_RULE(iss_rule_no_backdated_revenue("2026-04-01", "2026-04-30", "2026-04-02", "", &err), "R06");
	CHECK(strstr(err.zh, "收款日期") != NULL);
	CHECK_STR(err.basis, "inferred");
	CHECK_RULE(iss_rule_no_backdated_revenue("2026-04-02", "2026-04-30", "2026-04-02", "2026-04-30", &err), "domain.md 4.11");
	CHECK_STR(err.basis, "profile");
}

TEST("R27: shares come from an agreement; R28: less than is due is short, more is not taken")
{
	struct fj_err err = {0};
	CHECK_OK(iss_rule_no_shares_without_agreement(true, &err));
	CHECK_RULE(iss_rule_no_shares_without_agreement(false, &err), "R27");
	CHECK_OK(iss_rule_no_short_remittance(100, 100, &err));
	CHECK_RULE(iss_rule_no_short_remittance(99, 100, &err), "R28");
	CHECK(strstr(err.zh, "少缴 1 分") != NULL);
	CHECK_RULE(iss_rule_no_short_remittance(101, 100, &err), "R28");
	CHECK(strstr(err.zh, "不得多缴") != NULL);
	CHECK_OK(iss_rule_no_inflated_revenue(true, "x", "x", &err));
	CHECK_RULE(iss_rule_no_inflated_revenue(false, "what is held", "暂挂", &err), "R06");
	CHECK_STR(err.basis, "text");
	CHECK_STR(err.clause, "167·四(三)");
}

/* its first decision: what a clause says; what the project concludes; what the department sets */
TEST("a rule's basis is the one that domain.md gives it, and whoever cites the rule gets it")
{
	static const struct {
		const char *ids, *basis;
	} want[] = {
		{"R01 R02 R04 R06 R07 R08 R09 R10 R14 R15 R16 R18 R21 R23 R30", "text"},
		{"R05 R11 R12 R13 R17 R19 R22 R24 R25 R26 R27 R32 R33 R35 R37 R38 R39 R40", "inferred"},
		{"R03 R20 R28 R29 R36", "profile"},
	};

	for (size_t i = 0; i < FJ_ARRAY_LEN(want); i++)
		for (const char *p = want[i].ids; *p != '\0'; p += p[3] == ' ' ? 4 : 3) {
			struct fj_err err = {0};
			char id[4];
			snprintf(id, sizeof(id), "%.3s", p);
			fj_fail(&err, FJ_E_STATE, "elsewhere", id, "x");
			CHECK(err.basis[0] == '\0');
			iss_rule_cite(&err);
			CHECK_STR(err.basis, want[i].basis);
			CHECK(err.clause[0] != '\0');
		}
}

TEST("what has its basis keeps it, and what is no rule has none")
{
	struct fj_err err = {0};
	CHECK_RULE(iss_rule_no_charge_without_breakdown(true, false, false, &err), "R10");
	CHECK_STR(err.basis, "inferred");
	iss_rule_cite(&err);
	CHECK_STR(err.basis, "inferred");
	fj_fail(&err, FJ_E_INVALID, "issuer", "GB 32100", "x");
	iss_rule_cite(&err);
	CHECK(err.basis[0] == '\0' && err.clause[0] == '\0');
	iss_rule_cite(NULL);
}

/* the words of the plan that a clause names; "": none are kept */
static const char *words_of(const char *cite, size_t n)
{
	const struct iss_clause *c;
	size_t have = iss_clauses(&c);

	for (size_t i = 0; i < have; i++)
		if (strlen(c[i].cite) == n && strncmp(c[i].cite, cite, n) == 0)
			return c[i].words;
	return "";
}

TEST("each rule is one sentence in both languages, and what it quotes stands in a clause that it names")
{
	const struct iss_rule *r;
	size_t n = iss_rules(&r);

	for (size_t i = 0; i < n; i++) {
		bool quoted = r[i].quote[0] == '\0';
		CHECK((r[i].en[0] == '\0') == (r[i].zh[0] == '\0'));
		CHECK(r[i].id[0] != 'R' || r[i].en[0] != '\0');
		for (const char *p = r[i].clause; *p != '\0'; p += strspn(p, "; ")) {
			size_t len = strcspn(p, "; ");
			if (strncmp(p, "167·", strlen("167·")) == 0) {
				CHECK(words_of(p, len)[0] != '\0');
				quoted = quoted || strstr(words_of(p, len), r[i].quote) != NULL;
			}
			p += len;
		}
		CHECK(quoted);
	}
}

TEST_MAIN
