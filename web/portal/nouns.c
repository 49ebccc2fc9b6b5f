/*
 * nouns.c - what the generic pages know beyond the command tables: how a noun is
 * called, which columns its list begins with, and what an act says before its
 * button.
 *
 * Every command has its pages without a row here; a row makes them read better.
 * An act with a row is offered only in the states it names: that spares people a
 * refusal, it decides nothing.  The register decides.
 */
#include "web/portal/internal.h"

static const struct portal_noun nouns[] = {
	{"ledger", {"id", "ledger_no", "name", "holder_name", "state", "result"}},
	{"asset", {"asset_no", "name", "holder_name", "state", "certificate"}},
	{"registration", {"id", "asset_name", "asset_no", "holder_name", "type", "state", "due", "overdue"}},
	{"certificate", {"number", "asset_name", "holder", "state", "not_after"}},
	{"authorisation", {"number", "asset_names", "mode", "holder", "operator", "state", "not_after"}},
	{"token", {"id", "user", "product", "state", "authorisation_state", "not_after", "authorisation"}},
	{"product", {"product", "name", "seller", "purpose", "price_form", "fee_fen", "cap_fen", "state"}},
	{"price", {"id", "authorisation", "maximum_fen", "doc_no", "state", "review_due", "overdue"}},
	{"disclosure", {"authorisation", "operator", "implementer", "state", "from", "to", "products"}},
	{"request", {"id", "user", "product", "state", "asked_by", "authorisation", "at"}},
	{"bulk", {"id", "product", "state", "total", "taken", "left_out", "at", "authorisation"}},
	{"usage", {"day", "user", "product", "count", "state", "token"}},
	{"objection", {NULL}},
	{"notice", {"id", "holder", "type", "name", "from", "to"}},
	{"material", {NULL}},
	{"collateral", {"id", "asset_no", "creditor", "kind", "basis", "state", "at"}},
	{"rule", {NULL}},
	{"override", {"id", "rule", "object", "reason", "applicant", "approver", "state"}},
	{"class", {"scheme", "code", "name", "loaded"}},
	{"deadline", {"day", "kind", "id", "asset_no", "holder_name", "state", "overdue"}},
	{"approval", {"id", "kind", "object_name", "object", "applicant", "requested_at", "state"}},
	{"task", {NULL}},
	{"organisation", {"usci", "name", "kind", "level", "div6", "roles"}},
	{"user", {"login", "name", "org", "roles", "state"}},
	{"division", {"code", "name"}},
	{"delegation", {"id", "principal", "deputy", "from", "to", "state"}},
	{"role", {"role", "may", "source"}},
	{"access", {NULL}},
	{"profile", {NULL}},
	{"report", {"id", "kind", "period", "unit", "version", "state", "fixed_at"}},
	{"peer", {"id", "name", "org", "root_sha256", "signs_for", "state", "at"}},
	{"exchange", {NULL}},
	{"legacy", {NULL}},
	{"listing", {"id", "product", "name", "exchange", "listing_no", "state"}},
	{"trade", {"id", "trade_no", "listing", "traded_on", "buyer", "quantity", "amount_fen", "revenue"}},
	{"offline", {NULL}},
	/* supervision */
	{"evaluation", {"id", "authorisation", "from", "to", "score", "conclusion", "role", "at"}},
	{"order", {"id", "kind", "authorisation", "org", "state", "due", "overdue"}},
	{"incident", {"id", "kind", "severity", "authorisation", "asset_no", "state", "occurred"}},
	{"complaint", {"id", "kind", "authorisation", "product", "state", "due", "overdue"}},
	{"exit", {"number", "operator", "how", "state", "left", "due", "overdue"}},
	{"stops", {NULL}},
	{"plan", {"id", "asset_names", "course", "state", "holder", "implementer", "operator", "authorisation"}},
	{"revenue", {"id", "kind", "payer_name", "gross_fen", "period_from", "period_to", "state", "reasons"}},
	{"remittance", {"id", "name", "fund", "amount_fen", "paid_fen", "due", "state", "late"}},
	{"statement", {"id", "kind", "day", "direction", "amount_fen", "counterparty_name", "matched", "how"}},
	{"bundle", {NULL}},
	{"key", {"kind", "algorithm", "subject", "not_after", "days_left", "renewed_by", "state"}},
	{"officer-key", {"login", "kind", "key_for", "operator", "fingerprint"}},
	{"compromise", {"id", "state", "org", "certificates_hit", "tokens_hit", "sign_in_keys", "at", "approval"}},
	{"copy", {"id", "credential_no", "copy_no", "state", "at", "collected_at", "void_at", "sealed"}},
	{"find", {NULL}},
	{"event", {"seq", "at", "actor", "org", "kind", "clause", "object", "approval"}},
	{"status", {NULL}},
	{"home", {NULL}},
	{"clock", {NULL}},
	{"log", {NULL}},
	{"audit", {NULL}},
	{"db", {NULL}},
	/* accounts */
	{"account", {NULL}},
	{"session", {"id", "begun", "last_used", "ends", "from_address", "browser", "factor", "this"}},
	{"apitoken", {"id", "name", "scope", "made", "until", "last_used", "state"}},
	{"signin", {"at", "happened", "factor", "door", "from_address", "browser", "times", "done_by"}},
};

static const struct portal_hint hints[] = {
	{"token.suspend", " ACTIVE EXHAUSTED ", false}, {"token.resume", " SUSPENDED EXHAUSTED ", false},
	{"token.review", " REQUESTED ", false}, {"token.archive", " DONE STOPPED ", false},
	{"bulk.stop", " RUNNING HELD ", true}, {"bulk.run", " RUNNING HELD ", false},
	{"usage.countersign", " REPORTED DISPUTED ", false}, {"usage.dispute", " REPORTED ", false},
	{"token.revoke", " ACTIVE SUSPENDED EXHAUSTED ", true},
	{"certificate.suspend", " ACTIVE ", false}, {"certificate.resume", " SUSPENDED ", false},
	{"certificate.revoke", " ACTIVE SUSPENDED ", true}, {"certificate.sm2", " ACTIVE ", false}, {"token.sm2", " ACTIVE ", false},
	{"authorisation.suspend", " ACTIVE ", false}, {"authorisation.resume", " SUSPENDED ", false},
	{"authorisation.reclaim", " ACTIVE SUSPENDED ", true},
	{"authorisation.surrender", " ACTIVE SUSPENDED ", true},
	{"user.disable", " ACTIVE INVITED ", true},
	{"registration.recall", " SUBMITTED APPLIED APPLIED_SHORT ACCEPTED REVIEWED NOTICED ", true}, {"registration.endorse", " SUBMITTED ", false},
	{"registration.submit", " CARDED RETURNED REGISTERED CERTIFICATED ", false},
	{"registration.accept", " APPLIED ", false}, {"registration.return", " APPLIED APPLIED_SHORT ", false}, {"registration.review", " ACCEPTED ", false},
	{"registration.notice-text", " REVIEWED ", false}, {"registration.notice", " REVIEWED ", false},
	{"registration.decide", " APPLIED_SHORT NOTICED ", false}, {"registration.withdraw", " REGISTERED ENDING ", true}, {"registration.execute", " ENDING ", true},
	{"ledger.import-status", "", false}, {"ledger.recognise", " LEDGERED RECOGNISED MEMO ", false}, {"asset.card", " CONFIRMED ", false}, {"ledger.confirm", " RECOGNISED ", false},
	{"collateral.release", " REGISTERED ", false}, {"objection.decide", " OPEN ", false},
	{"objection.confirm", " TO_CONFIRM ", false}, {"objection.decline", " TO_CONFIRM ", true}, {"asset.unfreeze", " FROZEN ", false},
	/* supervision */
	{"asset.freeze", NULL, false},
	{"authorisation.adjust", " ACTIVE SUSPENDED ", true},
	{"evaluation.add", " ACTIVE SUSPENDED ENDING ", false},
	{"order.issue", " ACTIVE SUSPENDED ENDING ", true},
	{"order.answer", " ISSUED ", false}, {"order.return", " ANSWERED ", false}, {"order.close", " ISSUED ANSWERED ", false},
	{"incident.close", " REPORTED ", false}, {"complaint.answer", " LODGED ", false}, {"complaint.decide", " ANSWERED ", false},
	{"exit.tick", " RUNNING ", false}, {"exit.accept", " RUNNING ", false},
	{"report.submit", NULL, false},
	{"key.compromised", NULL, true},
	{"peer.add", NULL, false},
	{"peer.remove", " TRUSTED ", true},
	{"plan.study", " PROPOSED FEASIBILITY ", false}, {"plan.submit", " FEASIBILITY ", false},
	{"plan.deliberate", " FINANCE_APPROVED ", false}, {"plan.select", " PLAN_DELIBERATED OPERATOR_SELECTED ", false},
	{"plan.agree", " OPERATOR_SELECTED ", false}, {"plan.file", " AGREED ", false},
	{"plan.activate", " FILED ", false},
	{"plan.withdraw", " PROPOSED FEASIBILITY SUPERIOR_AUDITED FINANCE_APPROVED PLAN_DELIBERATED OPERATOR_SELECTED AGREED FILED ", true},
	{"product.change", " ON_SALE ", false}, {"product.withdraw", " ON_SALE ", true},
	{"revenue.clear", " HELD ", false},
	{"revenue.refuse", " HELD ", true},
	{"revenue.counter", " BOOKED ", true},
	{"revenue.remit", "", false},
	{"statement.match", "", false},
	{"listing.refresh", " PREPARED LISTED ", false}, {"listing.admit", " PREPARED ", false},
	{"copy.collect", " READY ", false}, {"copy.reissue", " READY COLLECTED ", true}, {"copy.void", " READY COLLECTED ", true}, {"copy.seal", " READY COLLECTED ", false},
	{"listing.delist", " PREPARED LISTED HALTED DELISTING ", true},
	{"user.bind", " ACTIVE INVITED SUSPENDED ", false}, {"user.unbind", " ACTIVE INVITED SUSPENDED ", true}, {"user.expire", " ACTIVE ", false},
	{"approval.approve", " OPEN ", false}, {"approval.reject", " OPEN ", false},
};

const struct web_link portal_links[PORTAL_LINKS] = { /* the rest is the end */
	{"^DAC-", "/show/certificate/"}, {"^DAU-", "/show/authorisation/"}, {"^LT-", "/show/token/"}, {"^AP-", "/approvals/"},
	{"^LG-", "/show/ledger/"}, {"^CL-", "/show/collateral/"}, {"^RG-", "/show/registration/"}, {"^RV-", "/show/revenue/"},
	{"^RM-", "/show/remittance/"}, {"^SR-", "/show/statement/"}, {"^PC-", "/show/price/"}, {"^PR-", "/show/plan/"}, {"^TK-", "/show/task/"},
	{"^TQ-", "/show/request/"}, {"^TJ-", "/show/bulk/"}, {"^TB-", "/show/bulk/"}, {"^EV-", "/show/evaluation/"}, {"^SO-", "/show/order/"}, {"^SI-", "/show/incident/"},
	{"^CM-", "/show/complaint/"}, {"^MT-", "/show/material/"}, {"^LS-", "/show/listing/"}, {"^TR-", "/show/trade/"}, {"^RP-", "/show/report/"}, {"^PE-", "/show/peer/"},
	{"^CP-", "/show/copy/"}, {"^KC-", "/show/compromise/"}, {"import", "/do/ledger/import-status?run=1&id="}, {"asset_no", "/show/asset/"}, {"exchange", "/show/organisation/"},
	{"usci", "/show/organisation/"}, {"org", "/show/organisation/"}, {"finance", "/show/organisation/"}, {"dept", "/show/organisation/"},
	{"login", "/show/user/"}, {"actor", "/show/user/"}, {NULL, NULL}};

const struct portal_noun *portal_noun_of(const char *name)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(nouns); i++)
		if (strcmp(nouns[i].name, name) == 0)
			return &nouns[i];
	return NULL;
}

const struct portal_hint *portal_hint_of(const char *command)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(hints); i++)
		if (strcmp(hints[i].command, command) == 0)
			return &hints[i];
	return NULL;
}

const char *portal_noun_word(struct web_req *q, const char *name, bool one)
{
	const char *s = web_tr_in(q, one ? "noun-one" : "noun", name);

	return s == NULL ? name : s;
}

bool portal_is_noun(const char *command, const char *noun)
{
	size_t n = strlen(noun);

	return strncmp(command, noun, n) == 0 && command[n] == '.';
}

const struct iss_command_info *portal_find(const char *noun, const char *verb)
{
	char name[128];
	int n = snprintf(name, sizeof(name), "%s.%s", noun, verb);

	return n > 0 && (size_t)n < sizeof(name) ? iss_command_find(name) : NULL;
}

void portal_noun_in(const char *command, char out[PORTAL_NOUN])
{
	snprintf(out, PORTAL_NOUN, "%.*s", (int)strcspn(command, "."), command);
}

bool portal_noun_by(const char *number, char out[PORTAL_NOUN])
{
	for (const struct web_link *p = portal_links; p->key != NULL; p++) {
		size_t n = strlen(p->key);
		if (p->key[0] != '^' || strncmp(number, p->key + 1, n - 1) != 0 || strncmp(p->prefix, "/show/", 6) != 0)
			continue;
		snprintf(out, PORTAL_NOUN, "%.*s", (int)strcspn(p->prefix + 6, "/"), p->prefix + 6);
		return true;
	}
	return false;
}

void portal_address(const char *under, const char *command, char out[PORTAL_ADDRESS])
{
	size_t n = strcspn(command, ".");

	snprintf(out, PORTAL_ADDRESS, "/%s/%.*s/%s", under, (int)n, command, command + n + (command[n] == '.' ? 1 : 0));
}

const struct iss_field *portal_field_of(const struct iss_command_info *c, const char *name)
{
	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

bool portal_is_paging(const char *field)
{
	return strcmp(field, "after") == 0 || strcmp(field, "limit") == 0;
}

const char *portal_key_of(const char *noun)
{
	const struct iss_command_info *c = portal_find(noun, "show");

	return c == NULL || c->fields == NULL || c->fields[0].name == NULL ? NULL : c->fields[0].name;
}

/* the asset's number is "asset" where it is asked for and "asset_no" where it is told */
const char *portal_number_of(const json_t *o, const char *noun)
{
	const char *key = portal_key_of(noun), *s = key == NULL ? NULL : fj_json_peek(o, key);
	static const char *const others[] = {"asset_no", "number", "id"};

	for (size_t i = 0; s == NULL && key != NULL && i < FJ_ARRAY_LEN(others); i++)
		s = fj_json_peek(o, others[i]);
	return s;
}
