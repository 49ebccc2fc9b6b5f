/*
 * words.c - the words of pages: labels of fields and checks, and what codes mean.
 * The words themselves stand in the catalogues (web/po), a context a list of codes.
 *
 * One table of fields.  Its order is the order in which people read the fields of
 * an object.  A row says how the value is written: as it stands, as a code out of
 * a closed list, as a time.  What is not in the table is shown under its own key,
 * with the technical fields, so nothing is hidden by an omission here.
 */
#include "web/http/http.h"

static const struct web_term terms[] = {
	/* who and what */
	{"number", WEB_MONO}, {"id", WEB_MONO}, {"jti", WEB_MONO},
	{"login", WEB_MONO}, {"name", WEB_TEXT}, {"asset_name", WEB_TEXT},
	{"asset_no", WEB_MONO}, {"asset", WEB_TEXT}, {"object_name", WEB_TEXT}, {"raised_by", WEB_KIND},
	{"assets", WEB_TEXT}, {"certificates", WEB_MONO},
	{"state", WEB_STATE}, {"kind", WEB_KIND},
	{"holder", WEB_TEXT}, {"holder_name", WEB_TEXT}, {"implementer", WEB_TEXT},
	{"operator", WEB_TEXT}, {"user", WEB_TEXT}, {"usci", WEB_MONO},
	{"issuer", WEB_MONO}, {"org", WEB_MONO}, {"person", WEB_MONO},
	{"roles", WEB_ROLE}, {"applicant", WEB_TEXT}, {"requested_at", WEB_TEXT},
	{"certificate", WEB_MONO}, {"authorisation", WEB_MONO},
	{"parent", WEB_TEXT}, {"product", WEB_TEXT},
	/* how long */
	{"not_before", WEB_TEXT}, {"not_after", WEB_TEXT}, {"nbf", WEB_EPOCH},
	{"exp", WEB_EPOCH}, {"iat", WEB_EPOCH}, {"years", WEB_TEXT},
	/* scope; first the asset card's block that stands before its rights */
	{"basic", WEB_TEXT},
	{"mode", WEB_MODE}, {"modes", WEB_MODE},
	{"grant", WEB_TEXT}, {"rights", WEB_RIGHT}, {"actions", WEB_ACTION},
	{"purposes", WEB_PURPOSE}, {"domains", WEB_TEXT}, {"scenarios", WEB_TEXT},
	{"territory", WEB_MONO}, {"environment", WEB_TEXT},
	{"quota", WEB_TEXT}, {"unit", WEB_TEXT}, {"limit", WEB_TEXT},
	{"depth", WEB_TEXT}, {"terms", WEB_TEXT}, {"fee", WEB_TEXT},
	{"restrictions", WEB_RESTRICTION}, {"duties", WEB_DUTY},
	{"binding", WEB_BINDING}, {"audience", WEB_MONO},
	{"revoked_at", WEB_TEXT}, {"reason", WEB_REASON}, {"note", WEB_TEXT}, {"result", WEB_RESULT}, {"tokens", WEB_TEXT},
	{"version", WEB_TEXT}, {"card_version", WEB_TEXT},
	{"region", WEB_MONO}, {"class", WEB_TEXT}, {"scheme", WEB_TEXT}, {"code", WEB_MONO},
	{"key_origin", WEB_ORIGIN},
	/* the asset card */
	{"card", WEB_TEXT}, {"rights{}", WEB_TEXT},
	{"use", WEB_TEXT}, {"management", WEB_TEXT},
	{"overview", WEB_TEXT}, {"class_scheme", WEB_TEXT}, {"class_code", WEB_MONO},
	{"accounting_subject", WEB_TEXT}, {"industry", WEB_MONO}, {"source_kind", WEB_TEXT},
	{"source_note", WEB_TEXT}, {"geo_scope", WEB_TEXT}, {"geo_codes", WEB_MONO},
	{"time_from", WEB_TEXT}, {"time_to", WEB_TEXT}, {"update_freq", WEB_TEXT},
	{"volume_rows", WEB_TEXT}, {"volume_bytes", WEB_TEXT}, {"form", WEB_TEXT},
	{"structure", WEB_TEXT}, {"schema_ref", WEB_TEXT}, {"dictionary_ref", WEB_TEXT},
	{"storage", WEB_TEXT}, {"acquired_on", WEB_TEXT}, {"book_value", WEB_TEXT},
	{"value_basis", WEB_TEXT}, {"source_authority", WEB_TEXT},
	{"personal_info", WEB_PERSONAL}, {"legal_basis", WEB_TEXT}, {"dispute", WEB_TEXT},
	{"encumbrance", WEB_TEXT}, {"third_party_consent", WEB_TEXT},
	{"public_data", WEB_TEXT}, {"public_data_basis", WEB_TEXT},
	{"use_state", WEB_TEXT}, {"scenes", WEB_TEXT}, {"products", WEB_TEXT},
	{"restrict", WEB_TEXT}, {"data_level", WEB_LEVEL}, {"mgr_dept", WEB_TEXT},
	{"mgr_person", WEB_TEXT}, {"sec_policy", WEB_TEXT}, {"emergency_plan", WEB_TEXT},
	{"risk_assessment", WEB_TEXT}, {"evidence_no", WEB_MONO},
	{"nda_query_code", WEB_MONO}, {"sj_cert_no", WEB_MONO},
	{"quality_score", WEB_TEXT}, {"inventory_on", WEB_TEXT},
	/* requests */
	{"proposal", WEB_TEXT}, {"documents", WEB_TEXT}, {"level", WEB_TEXT},
	{"div6", WEB_MONO}, {"dept", WEB_MONO}, {"finance", WEB_MONO},
	{"affiliates", WEB_MONO}, {"dishonest", WEB_TEXT}, {"mlps", WEB_TEXT},
	{"asked_by", WEB_MONO}, {"asked_at", WEB_TEXT},
	{"drift", WEB_TEXT}, {"suspended_by", WEB_ROLE},
	/* answers of commands; how a batch went */
	{"approval", WEB_MONO}, {"waiting_for", WEB_TEXT}, {"role", WEB_ROLE},
	{"task", WEB_MONO}, {"done", WEB_TEXT}, {"set_aside", WEB_TEXT}, {"item", WEB_MONO},
	{"line", WEB_TEXT}, {"column", WEB_TEXT}, {"rule", WEB_TEXT}, {"basis", WEB_BASIS},
	{"clause", WEB_TEXT}, {"detail", WEB_TEXT}, {"faults", WEB_TEXT},
	{"adopted_at", WEB_TEXT}, {"secret_lines", WEB_TEXT}, {"imported", WEB_TEXT}, {"good", WEB_TEXT},
	{"unchanged", WEB_TEXT}, {"dry_run", WEB_TEXT}, {"refused", WEB_TEXT}, {"partial", WEB_TEXT},
	{"issued", WEB_TEXT}, {"abandoned", WEB_TEXT}, {"pending", WEB_TEXT}, {"published", WEB_TEXT},
	{"warnings", WEB_TEXT}, {"code_first", WEB_MONO},
	{"code_second", WEB_MONO}, {"decisions", WEB_TEXT}, {"payload", WEB_TEXT},
	{"officer", WEB_MONO}, {"verdict", WEB_STATE}, {"object", WEB_MONO}, {"mine", WEB_TEXT},
	/* ledger, events, the appliance */
	{"ledger_no", WEB_MONO}, {"catalog_ref", WEB_MONO}, {"shared_from", WEB_TEXT},
	{"decision", WEB_TEXT}, {"seq", WEB_TEXT}, {"at", WEB_TEXT}, {"actor", WEB_MONO}, {"body", WEB_TEXT},
	{"demo", WEB_TEXT}, {"events", WEB_TEXT}, {"generation", WEB_TEXT}, {"base", WEB_MONO},
	{"now", WEB_TEXT}, {"behind", WEB_TEXT}, {"same", WEB_TEXT}, {"rows", WEB_TEXT},
	{"leaves", WEB_TEXT}, {"credentials", WEB_TEXT}, {"files", WEB_TEXT},
	{"cosigned", WEB_TEXT}, {"signer_asked", WEB_TEXT},
	{"event_head", WEB_TECHNICAL}, {"kept", WEB_MONO},
	{"creditor", WEB_TEXT}, {"versions", WEB_TEXT}, {"accept", WEB_TEXT}, {"items", WEB_TEXT},
	{"key", WEB_MONO}, {"value", WEB_TEXT}, {"source", WEB_TEXT},
	{"command", WEB_MATTER}, {"chains", WEB_MATTER}, {"digest", WEB_TECHNICAL}, {"hash", WEB_TECHNICAL},
	/* registration */
	{"applied_at", WEB_TEXT}, {"overdue", WEB_TEXT}, {"notice_from", WEB_TEXT}, {"notice_to", WEB_TEXT},
	{"notice_address", WEB_TEXT}, {"objections", WEB_TEXT}, {"materials", WEB_TEXT}, {"issuers_left", WEB_TEXT}, {"issuers", WEB_TEXT}, {"had_part", WEB_TEXT},
	{"type", WEB_KIND}, {"path", WEB_KIND}, {"due", WEB_EPOCH}, {"late", WEB_TEXT},
	{"registration", WEB_MONO}, {"text", WEB_TEXT}, {"size", WEB_TEXT}, {"former", WEB_STATE},
	/* imports of the ledger, its counts */
	{"import", WEB_MONO}, {"encoding", WEB_TEXT}, {"entered", WEB_TEXT}, {"rewritten", WEB_TEXT}, {"faults_total", WEB_TEXT},
	{"secret_total", WEB_TEXT}, {"ignored", WEB_TEXT}, {"title", WEB_TEXT},
	{"corrected_rows", WEB_TEXT}, {"summary", WEB_TEXT}, {"formed_by", WEB_TEXT}, {"more", WEB_TEXT},
	{"entries", WEB_TEXT}, {"undecided", WEB_TEXT}, {"unconfirmed", WEB_TEXT}, {"memo", WEB_TEXT},
	{"not_assets", WEB_TEXT}, {"registered", WEB_TEXT}, {"certificated", WEB_TEXT},
	{"registered_bp", WEB_TEXT}, {"total", WEB_TEXT},
	{"day", WEB_TEXT}, {"challenge", WEB_TEXT}, {"used_by", WEB_MONO},
	/* versions of cards, encumbrances, overrides */
	{"newest", WEB_TEXT}, {"in_force", WEB_TEXT}, {"draft", WEB_TEXT}, {"by", WEB_MONO},
	{"block", WEB_TEXT}, {"zh", WEB_TEXT}, {"en", WEB_TEXT},
	{"from_hash", WEB_TECHNICAL}, {"to_hash", WEB_TECHNICAL}, {"not_by", WEB_MONO}, {"recorder", WEB_MONO}, {"tpm", WEB_TEXT}, {"attested", WEB_TEXT}, {"log", WEB_TEXT}, {"vkey", WEB_MONO},
	{"from", WEB_TEXT}, {"to", WEB_TEXT}, {"old_text", WEB_TEXT}, {"new_text", WEB_TEXT},
	{"origin", WEB_KIND}, {"collateral", WEB_TEXT}, {"override", WEB_TEXT},
	{"approver", WEB_MONO}, {"carding", WEB_TEXT}, {"path26", WEB_TEXT},
	{"choices", WEB_TEXT}, {"loaded", WEB_TEXT},
	/* people, deputies, roles */
	{"behalf", WEB_MONO}, {"principal", WEB_MONO}, {"deputy", WEB_MONO}, {"owner", WEB_MONO},
	{"mine_as", WEB_MONO}, {"chain", WEB_TEXT}, {"levels", WEB_TEXT}, {"approved_by", WEB_MONO},
	{"to_confirm", WEB_TEXT}, {"contradiction", WEB_TEXT}, {"delegation", WEB_MONO},
	{"ended_at", WEB_TEXT}, {"delegations_ended", WEB_TEXT}, {"approvals", WEB_TEXT},
	{"open_requests", WEB_TEXT}, {"organisations", WEB_TEXT}, {"may", WEB_TEXT}, {"reads", WEB_MATTER},
	{"changes", WEB_MATTER}, {"asks", WEB_MATTER}, {"decides", WEB_MATTER}, {"deputy_for", WEB_TEXT},
	{"did", WEB_TEXT}, {"n", WEB_TEXT}, {"division", WEB_TEXT}, {"affiliate_of", WEB_MONO},
	{"direction", WEB_KIND}, {"through", WEB_TEXT},
	{"was", WEB_TEXT}, {"what", WEB_TEXT},
	/* supervision */
	{"adjustments", WEB_TEXT}, {"agreed_products", WEB_TEXT}, {"lost", WEB_MONO}, {"unlisted", WEB_MONO}, {"revoked", WEB_TEXT}, {"was_to", WEB_TEXT},
	{"tokens_beyond", WEB_TEXT}, {"products_beyond", WEB_TEXT}, {"beyond_scope", WEB_TEXT}, {"becomes_free", WEB_TEXT}, {"evaluation_due", WEB_TEXT}, {"narrowed_version", WEB_TEXT}, {"waits", WEB_TEXT},
	{"evaluation_overdue", WEB_TEXT}, {"score", WEB_TEXT}, {"score_bp", WEB_TEXT},
	{"weight_bp", WEB_TEXT}, {"conclusion", WEB_RESULT}, {"indicators", WEB_TEXT},
	{"next_due", WEB_TEXT}, {"material", WEB_MONO}, {"issued_by", WEB_MONO}, {"issued_as", WEB_ROLE}, {"issued_at", WEB_TEXT}, {"addressee", WEB_TEXT}, {"order_text", WEB_TEXT},
	{"answer", WEB_TEXT}, {"return_reason", WEB_TEXT}, {"closing_reason", WEB_TEXT}, {"report_title", WEB_TEXT}, {"signing_key", WEB_TEXT}, {"tokens_rule", WEB_TEXT}, {"fingerprint", WEB_MONO}, {"key_for", WEB_TEXT},
	{"complaint_subject", WEB_TEXT}, {"complainant", WEB_TEXT}, {"complaint_by", WEB_TEXT}, {"answered_by", WEB_TEXT}, {"finding", WEB_TEXT},
	{"severity", WEB_KIND}, {"occurred", WEB_TEXT}, {"suspended", WEB_MONO}, {"measures", WEB_TEXT},
	{"closed_at", WEB_TEXT}, {"subject", WEB_TEXT}, {"contact", WEB_TEXT},
	{"charged_fen", WEB_TEXT}, {"cost", WEB_TEXT}, {"cost_fen", WEB_TEXT}, {"refunded_fen", WEB_TEXT},
	{"amount_fen", WEB_TEXT}, {"upheld", WEB_TEXT}, {"filed", WEB_TEXT}, {"open", WEB_TEXT},
	{"answered", WEB_TEXT}, {"dismissed", WEB_TEXT}, {"about_charges", WEB_TEXT},
	{"matter", WEB_KIND}, {"matters", WEB_TEXT}, {"how", WEB_STATE}, {"left", WEB_TEXT},
	{"exit_state", WEB_STATE}, {"counts", WEB_TEXT}, {"authorisations", WEB_TEXT}, {"first_tokens", WEB_TEXT},
	/* reports */
	{"signature", WEB_TEXT}, {"jws", WEB_MONO}, {"why", WEB_TEXT}, {"signer", WEB_TEXT},
	{"peer", WEB_MONO}, {"root", WEB_MONO}, {"root_sha256", WEB_MONO}, {"signed_at", WEB_TEXT}, {"kid", WEB_TECHNICAL}, {"signs_for", WEB_MONO},
	{"report", WEB_MONO}, {"period", WEB_MONO}, {"period_name", WEB_TEXT},
	{"section", WEB_TEXT}, {"figures", WEB_TEXT}, {"amounts", WEB_TEXT}, {"lists", WEB_TEXT}, {"value_fen", WEB_TEXT}, {"counted", WEB_TEXT},
	{"units", WEB_TEXT}, {"pilot", WEB_TEXT}, {"difference", WEB_TEXT},
	{"before", WEB_TEXT}, {"change", WEB_TEXT}, {"before_fen", WEB_TEXT}, {"now_fen", WEB_TEXT},
	{"change_fen", WEB_TEXT}, {"returns", WEB_TEXT}, {"texts", WEB_TEXT}, {"paragraphs", WEB_TEXT},
	{"submitted_at", WEB_TEXT}, {"fixed_at", WEB_TEXT}, {"fixed_under", WEB_MONO}, {"as_of", WEB_TEXT},
	{"pilot_plan", WEB_TEXT}, {"self", WEB_TEXT},
	{"fee_caps", WEB_TEXT}, {"fees", WEB_TEXT}, {"accounts", WEB_TEXT},
	{"deviation", WEB_TEXT}, {"rules", WEB_TEXT}, {"cases", WEB_TEXT},
	{"risks", WEB_TEXT}, {"problems", WEB_TEXT}, {"corrected", WEB_TEXT}, {"proposals", WEB_TEXT},
	/* plans of authorised operation, with their agreements */
	{"plan", WEB_TEXT}, {"asset_names", WEB_TEXT}, {"authorisation_course", WEB_KIND}, {"course", WEB_KIND}, {"study", WEB_TEXT},
	{"feasibility", WEB_TEXT}, {"due_diligence", WEB_TEXT}, {"risk_evaluation", WEB_TEXT},
	{"security_rules", WEB_TEXT}, {"consent", WEB_TEXT}, {"covers", WEB_TEXT},
	{"life_cycle", WEB_TEXT}, {"social_need", WEB_TEXT}, {"market_size", WEB_TEXT},
	{"expected_effect", WEB_TEXT}, {"risk_control", WEB_TEXT}, {"deliberation", WEB_TEXT},
	{"mark", WEB_TEXT}, {"record", WEB_TEXT}, {"doc_no", WEB_TEXT},
	{"doc_date", WEB_TEXT}, {"document", WEB_TEXT}, {"obligations", WEB_TEXT}, {"development", WEB_TEXT}, {"asset_management", WEB_TEXT},
	{"necessity", WEB_TEXT},
	{"conditions", WEB_TEXT}, {"funds", WEB_TEXT}, {"technology", WEB_TEXT}, {"service", WEB_TEXT},
	{"security", WEB_TEXT}, {"resources", WEB_TEXT}, {"catalogue", WEB_TEXT},
	{"quality", WEB_TEXT}, {"term", WEB_TEXT}, {"content", WEB_TEXT}, {"support", WEB_TEXT},
	{"progress", WEB_TEXT}, {"public", WEB_TEXT}, {"accounting", WEB_TEXT},
	{"supervision", WEB_TEXT}, {"selection", WEB_TEXT}, {"method", WEB_KIND},
	{"evidence", WEB_TEXT}, {"notice", WEB_TEXT}, {"place", WEB_TEXT}, {"address", WEB_TEXT},
	{"exclusive", WEB_TEXT}, {"agreement", WEB_TEXT}, {"scope", WEB_TEXT},
	{"platform", WEB_TEXT}, {"ownership", WEB_TEXT}, {"disclosure", WEB_TEXT},
	{"to_disclose", WEB_TEXT}, {"no_redevelopment", WEB_TEXT}, {"income", WEB_TEXT},
	{"shares", WEB_TEXT}, {"party", WEB_MONO}, {"bp", WEB_TEXT}, {"remainder", WEB_MONO},
	{"evaluation", WEB_TEXT}, {"months", WEB_TEXT}, {"renewal", WEB_TEXT}, {"exit", WEB_TEXT},
	{"breach", WEB_TEXT}, {"disputes", WEB_TEXT}, {"termination", WEB_TEXT},
	{"other", WEB_TEXT}, {"purpose", WEB_PURPOSE}, {"standard", WEB_TEXT},
	{"security_review", WEB_TEXT}, {"conformity", WEB_TEXT}, {"filing", WEB_TEXT},
	{"filing_no", WEB_MONO},
	/* products, prices, disclosure */
	{"seller", WEB_TEXT}, {"delivery", WEB_KIND}, {"price_form", WEB_KIND},
	{"use_condition", WEB_KIND}, {"charge_basis", WEB_KIND}, {"fee_fen", WEB_TEXT}, {"cap_fen", WEB_TEXT},
	{"over_cap", WEB_TEXT}, {"data_use", WEB_TEXT},
	{"borne_by_public", WEB_TEXT},
	{"nda_code", WEB_MONO}, {"nda_to", WEB_TEXT}, {"price", WEB_TEXT},
	{"maximum_fen", WEB_TEXT}, {"computed_fen", WEB_TEXT}, {"carried_fen", WEB_TEXT},
	{"subsidy_fen", WEB_TEXT}, {"net_cost_fen", WEB_TEXT}, {"profit_fen", WEB_TEXT},
	{"tax_fen", WEB_TEXT}, {"caps", WEB_TEXT}, {"volume", WEB_TEXT}, {"review_due", WEB_TEXT},
	{"reviews", WEB_TEXT}, {"year", WEB_TEXT}, {"limit_fen", WEB_TEXT}, {"actual_fen", WEB_TEXT},
	{"deviation_bp", WEB_TEXT}, {"adjust", WEB_KIND}, {"excess_fen", WEB_TEXT}, {"updated", WEB_TEXT},
	{"recorded_at", WEB_TEXT},
	/* revenue, remittances, statements */
	{"payer", WEB_MONO}, {"payer_name", WEB_TEXT}, {"gross_fen", WEB_TEXT},
	{"net_fen", WEB_TEXT}, {"paid_fen", WEB_TEXT}, {"short_fen", WEB_TEXT}, {"refund_fen", WEB_TEXT},
	{"period_from", WEB_TEXT}, {"period_to", WEB_TEXT}, {"paid_on", WEB_TEXT},
	{"budget_year", WEB_TEXT}, {"funded_by", WEB_KIND}, {"gov_platform", WEB_TEXT},
	{"reasons", WEB_HOLD}, {"count", WEB_TEXT},
	{"invoice", WEB_TEXT}, {"disposal", WEB_TEXT},
	{"fund", WEB_KIND}, {"account", WEB_KIND}, {"remittances", WEB_TEXT},
	{"remittance", WEB_MONO}, {"booked_by", WEB_MONO}, {"counters", WEB_MONO}, {"countered_by", WEB_MONO},
	{"counter", WEB_MONO}, {"revenue", WEB_MONO}, {"revenue_state", WEB_STATE}, {"statements", WEB_TEXT},
	{"slip", WEB_MONO}, {"receipt", WEB_MONO}, {"payments", WEB_TEXT},
	{"row", WEB_MONO}, {"counterparty", WEB_MONO}, {"counterparty_name", WEB_TEXT}, {"reference", WEB_TEXT},
	{"matched", WEB_TEXT}, {"unmatched", WEB_TEXT}, {"circular", WEB_MONO},
	{"again", WEB_TEXT}, {"trade", WEB_MONO},
	{"booked_fen", WEB_TEXT}, {"difference_fen", WEB_TEXT}, {"held_fen", WEB_TEXT},
	{"booked_now_fen", WEB_TEXT},
	/* license tokens: requests, jobs, usage */
	{"taken", WEB_TEXT}, {"left_out", WEB_TEXT}, {"rows_left_out", WEB_TEXT}, {"users_left_out", WEB_TEXT}, {"held_because", WEB_TEXT},
	{"done_at", WEB_TEXT}, {"job", WEB_MONO}, {"bulk", WEB_MONO}, {"request", WEB_TEXT},
	{"token", WEB_MONO}, {"users", WEB_TEXT}, {"days", WEB_TEXT},
	{"credential_no", WEB_MONO}, {"copy_no", WEB_TEXT}, {"collector", WEB_TEXT}, {"id_document", WEB_TEXT}, {"document_no", WEB_MONO}, {"collected_at", WEB_TEXT}, {"checked_by", WEB_MONO},
	{"void_at", WEB_TEXT}, {"replaces", WEB_MONO}, {"replaced_by", WEB_MONO}, {"sealed", WEB_TEXT},
	{"used", WEB_TEXT}, {"claimed", WEB_TEXT}, {"rev", WEB_TEXT},
	{"revisions", WEB_TEXT}, {"said_at", WEB_TEXT},
	{"exhausted", WEB_TEXT}, {"list_sha256", WEB_TECHNICAL},
	/* listings, trades */
	{"exchange", WEB_MONO}, {"listing_no", WEB_MONO}, {"listed_on", WEB_TEXT},
	{"ended_on", WEB_TEXT}, {"signed", WEB_TEXT}, {"cause", WEB_TEXT}, {"files", WEB_TEXT},
	{"octets", WEB_TEXT}, {"listing", WEB_MONO}, {"trade_no", WEB_MONO}, {"traded_on", WEB_TEXT},
	{"buyer", WEB_TEXT}, {"buyer_usci", WEB_MONO}, {"quantity", WEB_TEXT},
	{"marks", WEB_KIND},
	{"usable", WEB_TEXT}, {"stopped_by", WEB_TEXT}, {"authorisation_state", WEB_STATE},
	{"disclosed", WEB_TEXT}, {"on", WEB_TEXT},
	{"columns", WEB_TEXT}, {"amount", WEB_TEXT},
	/* accounts */
	{"happened", WEB_SIGNIN}, {"factor", WEB_FACTOR}, {"door", WEB_DOOR}, {"begun", WEB_TEXT}, {"last_used", WEB_TEXT}, {"ends", WEB_TEXT}, {"last_at", WEB_TEXT},
	{"times", WEB_TEXT}, {"from_address", WEB_MONO}, {"browser", WEB_TEXT}, {"this", WEB_TEXT}, {"made", WEB_TEXT}, {"until", WEB_TEXT}, {"done_by", WEB_MONO},
	{"label", WEB_TEXT}, {"telephone", WEB_TEXT}, {"keys", WEB_TEXT}, {"recovery_left", WEB_TEXT}, {"password_set", WEB_TEXT}, {"must_change", WEB_TEXT},
	{"sessions", WEB_TEXT}, {"api_tokens", WEB_TEXT}, {"last_in", WEB_TEXT}, {"last_address", WEB_MONO}, {"changed", WEB_TEXT}, {"ended", WEB_TEXT},
	{"sessions_ended", WEB_TEXT}, {"recovery_codes", WEB_MONO}, {"totp", WEB_MONO}, {"confirm_until", WEB_TEXT}, {"api_token", WEB_MONO}, {"factor_kept", WEB_TEXT},
	/* the life of keys */
	{"algorithm", WEB_TEXT}, {"days_left", WEB_TEXT}, {"renewed_by", WEB_KIND}, {"keys_ending", WEB_TEXT}, {"compromise", WEB_MONO}, {"stops", WEB_TEXT}, {"others", WEB_TEXT}, {"certificates_hit", WEB_TEXT}, {"tokens_hit", WEB_TEXT},
	{"sign_in_keys", WEB_TEXT}, {"first", WEB_TEXT}, {"found", WEB_TEXT}, {"stopped_by_it", WEB_TEXT}, {"logins", WEB_TECHNICAL}, {"x5t", WEB_TECHNICAL},
	/* for machines */
	{"manifest", WEB_TECHNICAL},
	{"values", WEB_TECHNICAL}, {"consolidated", WEB_TECHNICAL}, {"figures_sha256", WEB_TECHNICAL},
	{"kinds", WEB_TECHNICAL}, {"overrides", WEB_TECHNICAL},
	{"spki", WEB_TECHNICAL}, {"spki_sha256", WEB_TECHNICAL},
	{"code_sha256", WEB_TECHNICAL},
	{"serial", WEB_TECHNICAL}, {"sha256", WEB_TECHNICAL},
	{"certificate_sha256", WEB_TECHNICAL}, {"card_hash", WEB_TECHNICAL},
	{"card_sha256", WEB_TECHNICAL}, {"sample_hash", WEB_TECHNICAL},
	{"ledger", WEB_TECHNICAL}, {"status", WEB_TECHNICAL},
	{"authorisation_status", WEB_TECHNICAL}, {"iss", WEB_TECHNICAL},
	{"cnf", WEB_TECHNICAL}, {"vct", WEB_TECHNICAL}, {"previous", WEB_TECHNICAL},
	{"pem", WEB_LONG}, {"compact", WEB_LONG}, {"log_proof", WEB_LONG}, {"sm2_pem", WEB_LONG}, {"sm2_compact", WEB_LONG}, {"sm2_log_proof", WEB_LONG},
	{NULL, WEB_TEXT},
};

const struct web_term *web_terms(void)
{
	return terms;
}

const struct web_term *web_term_find(const char *key)
{
	for (size_t i = 0; terms[i].key != NULL; i++)
		if (strcmp(terms[i].key, key) == 0)
			return &terms[i];
	return NULL;
}

const char *web_label(struct web_req *q, const char *key)
{
	const char *s = web_tr_in(q, "field", key);

	if (s == NULL)
		s = web_label_of(q, key, web_lang(q)[0] == 'e');
	return s == NULL ? key : s;
}

/* the contexts of the catalogues in which the codes of a form stand */
static const char *const contexts[] = {[WEB_STATE] = "state", [WEB_KIND] = "kind", [WEB_ACTION] = "action", [WEB_PURPOSE] = "purpose", [WEB_RIGHT] = "right",
	[WEB_MODE] = "mode", [WEB_RESTRICTION] = "restriction", [WEB_DUTY] = "duty", [WEB_BINDING] = "binding", [WEB_ROLE] = "role", [WEB_REASON] = "reason",
	[WEB_LEVEL] = "level", [WEB_PERSONAL] = "personal", [WEB_ORIGIN] = "origin", [WEB_CHECK] = "check", [WEB_OUTCOME] = "outcome",
	[WEB_CREDENTIAL] = "credential", [WEB_MATTER] = "matter", [WEB_BASIS] = "basis", [WEB_RESULT] = "result", [WEB_HOLD] = "hold", [WEB_SIGNIN] = "signin", [WEB_FACTOR] = "factor", [WEB_DOOR] = "door"};

const char *web_word_of(bool en, enum web_form form, const char *code)
{
	const char *context = form < FJ_ARRAY_LEN(contexts) ? contexts[form] : NULL;

	return context == NULL ? NULL : web_tr_of(en, context, code);
}

const char *web_word(struct web_req *q, enum web_form form, const char *code)
{
	const char *s = web_word_of(web_lang(q)[0] == 'e', form, code);

	if (s == NULL && form == WEB_KIND && strchr(code, '.') != NULL) /* of an approval: a matter */
		return web_word(q, WEB_MATTER, code);
	if (s == NULL && form == WEB_MATTER)
		s = web_label_of(q, code, web_lang(q)[0] == 'e');
	return s == NULL ? code : s;
}

/* --- places --- */

static const struct {
	const char *code, *zh, *en;
} regions[] = { /* GB/T 2260, the first two digits */
	{"11", "北京市", "Beijing"}, {"12", "天津市", "Tianjin"}, {"13", "河北省", "Hebei"}, {"14", "山西省", "Shanxi"}, {"15", "内蒙古自治区", "Inner Mongolia"},
	{"21", "辽宁省", "Liaoning"}, {"22", "吉林省", "Jilin"}, {"23", "黑龙江省", "Heilongjiang"}, {"31", "上海市", "Shanghai"}, {"32", "江苏省", "Jiangsu"},
	{"33", "浙江省", "Zhejiang"}, {"34", "安徽省", "Anhui"}, {"35", "福建省", "Fujian"}, {"36", "江西省", "Jiangxi"}, {"37", "山东省", "Shandong"},
	{"41", "河南省", "Henan"}, {"42", "湖北省", "Hubei"}, {"43", "湖南省", "Hunan"}, {"44", "广东省", "Guangdong"}, {"45", "广西壮族自治区", "Guangxi"},
	{"46", "海南省", "Hainan"}, {"50", "重庆市", "Chongqing"}, {"51", "四川省", "Sichuan"}, {"52", "贵州省", "Guizhou"}, {"53", "云南省", "Yunnan"},
	{"54", "西藏自治区", "Tibet"}, {"61", "陕西省", "Shaanxi"}, {"62", "甘肃省", "Gansu"}, {"63", "青海省", "Qinghai"}, {"64", "宁夏回族自治区", "Ningxia"},
	{"65", "新疆维吾尔自治区", "Xinjiang"}, {"71", "台湾省", "Taiwan"}, {"81", "香港特别行政区", "Hong Kong"}, {"82", "澳门特别行政区", "Macao"},
};

void web_region(struct web_req *q, struct fj_buf *b, const char *code)
{
	if (strcmp(code, "100000") == 0) {
		web_say(q, b, "the whole country");
		return;
	}
	for (size_t i = 0; i < FJ_ARRAY_LEN(regions); i++)
		if (strlen(code) == 6 && strncmp(code, regions[i].code, 2) == 0) {
			if (strcmp(code + 2, "0000") == 0)
				web_text(b, web_either(q, regions[i].zh, regions[i].en));
			else /* a part of it is never told as the whole */
				web_say(q, b, "%s (in %s)", code, web_either(q, regions[i].zh, regions[i].en));
			return;
		}
	web_text(b, code);
}

/* of a province: "湖北省", "湖北" or "Hubei" */
static bool region_is(const char *zh, const char *en, const char *name)
{
	return strcasecmp(en, name) == 0 || (strncmp(zh, name, strlen(name)) == 0 && strlen(name) >= strlen("湖北"));
}

bool web_region_code(const char *name, char code[7])
{
	size_t n = strlen(name);

	if (n == 6 && strspn(name, "0123456789") == n) {
		memcpy(code, name, 7);
		return true;
	}
	for (size_t i = 0; i < FJ_ARRAY_LEN(regions); i++)
		if (region_is(regions[i].zh, regions[i].en, name)) {
			snprintf(code, 7, "%s0000", regions[i].code);
			return true;
		}
	return false;
}
