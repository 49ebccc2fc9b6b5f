/*
 * next.c - what comes next: whose turn it is with an object in its state, and the act that does it.
 *
 * One table for the page of the object, for the page after an act, and for who is offered the act:
 * a button stands where the register would let this office press it.  It decides nothing.
 */
#include "web/portal/internal.h"

static const struct portal_turn turns[] = {
	{"ledger", "LEDGERED", "ledger.recognise", PORTAL_HOLDERS, NULL, WEB_N("The holder decides whether it is a data asset.")},
	{"ledger", "RECOGNISED", "ledger.confirm", PORTAL_CONFIRMERS, NULL, WEB_N("The decision is confirmed; only then is a card filled in.")},
	{"ledger", "CONFIRMED", "asset.card", PORTAL_HOLDERS, NULL, WEB_N("The holder fills in the asset card, if the entry is an asset and has none yet.")},
	{"asset", "AWAITING_NUMBER", "exchange.import", PORTAL_FINANCE, "",
	    WEB_N("The card has no asset number. The finance department exports it to the budget system, and imports the receipt with the number; the holder need do nothing. Registration can be applied for after that.")},
	{"asset", "CARDED", "registration.submit", PORTAL_HOLDERS, NULL, WEB_N("The holder applies for registration.")},
	{"asset", "REGISTERED", "certificate.issue", PORTAL_FINANCE, NULL, WEB_N("The finance department issues the certificate; a second officer approves.")},
	{"asset", "CHANGED", "registration.submit", PORTAL_HOLDERS, NULL, WEB_N("The card has a newer version. The holder applies for the registration of the change; until that is decided the certificate stays with the version before.")},
	{"asset", "RETURNED", "registration.submit", PORTAL_HOLDERS, NULL, WEB_N("The application was returned. The holder adds what is missing, in the card or as a material, then applies again.")},
	{"registration", "RETURNED", "registration.submit", PORTAL_HOLDERS, "asset", WEB_N("The application was returned. The holder adds what is missing, in the card or as a material, then applies again.")},
	{"registration", "SUBMITTED", "registration.endorse", PORTAL_SUPERIORS, NULL, WEB_N("The superior department endorses the application.")},
	{"registration", "APPLIED", "registration.accept", PORTAL_FINANCE, NULL, WEB_N("The finance department takes the application on.")},
	{"registration", "APPLIED_SHORT", "registration.decide", PORTAL_FINANCE, NULL, WEB_N("The short course has no acceptance, review or notice: the finance department decides.")},
	{"registration", "ACCEPTED", "registration.review", PORTAL_FINANCE, NULL, WEB_N("The finance department reviews what it has taken on.")},
	{"registration", "REVIEWED", "registration.notice", PORTAL_FINANCE, NULL, WEB_N("The finance department gives public notice of it.")},
	{"registration", "NOTICED", "registration.decide", PORTAL_FINANCE, NULL, WEB_N("When the notice has run and no objection is open, the finance department decides.")},
	{"registration", "REGISTERED", "certificate.issue", PORTAL_FINANCE, "assets", WEB_N("The finance department issues the certificate; a second officer approves.")},
	{"plan", "PROPOSED", "plan.study", PORTAL_IMPLEMENTERS, NULL, WEB_N("The implementing institution files the feasibility study, due diligence and evaluation. After that it asks for approval.")},
	{"plan", "FEASIBILITY", "plan.submit", PORTAL_IMPLEMENTERS, NULL, WEB_N("The implementing institution asks for approval. Who decides (superior department, finance department) is the table of authority's to say.")},
	{"plan", "FINANCE_APPROVED", "plan.deliberate", PORTAL_IMPLEMENTERS, NULL, WEB_N("The implementing institution deliberates the plan's twelve items and enters what was decided; a second officer of it compares.")},
	{"plan", "PLAN_DELIBERATED", "plan.select", PORTAL_IMPLEMENTERS, NULL, WEB_N("The implementing institution selects the operator by fair competition, and enters it.")},
	{"plan", "OPERATOR_SELECTED", "plan.agree", PORTAL_IMPLEMENTERS, NULL, WEB_N("The implementing institution enters the agreement; the operator confirms it.")},
	{"plan", "AGREED", "plan.file", PORTAL_IMPLEMENTERS, NULL, WEB_N("Plan and agreement are filed with the data bureau, within the term.")},
	{"plan", "FILED", "plan.activate", PORTAL_IMPLEMENTERS, NULL, WEB_N("The implementing institution discloses the authorisation and asks for it; when the finance department has approved, it is in force.")},
	{"plan", "", "approval.approve", PORTAL_DECIDERS, NULL, WEB_N("It decides. Until then the implementing institution has nothing to do; it may withdraw the plan.")},
	{"order", "ISSUED", "order.answer", PORTAL_ADDRESSEES, NULL, WEB_N("It answers the order within its term.")},
	{"order", "ANSWERED", "order.close", PORTAL_ISSUERS, NULL, WEB_N("It closes the order, or sends the answer back.")},
	{"evaluation", "ADJUST", "authorisation.adjust", PORTAL_IMPLEMENTERS, "number", WEB_N("The conclusion is to make the authorisation narrower. The implementing institution asks for it; the finance department confirms."), "authorisation"},
	{"evaluation", "RECLAIM", "authorisation.reclaim", PORTAL_IMPLEMENTERS, "number",
	    WEB_N("The conclusion is to take the authorisation back. The implementing institution does it, which suspends it at once; the finance department confirms."), "authorisation"},
	{"evaluation", "ASKED", "approval.approve", PORTAL_DECIDERS, NULL, WEB_N("The narrowing has been asked for and waits for approval.")},
	{"compromise", "TOLD", "key.compromised", PORTAL_ANYBODYS, "spki_sha256", WEB_N("Another department reported this key, and it stands on something of yours. Your own report stops that."), "spki_sha256"},
	{"copy", "READY", "copy.collect", PORTAL_ANYBODYS, NULL, WEB_N("Print it, hand it over, and enter who collected it.")},
};

/* acts after which a list goes on, not one object */
static const struct {
	const char *after, *noun, *state, *command; /* the reader's own that are in this state */
} lists[] = {{"ledger.import", "ledger", "LEDGERED", "ledger.recognise"}};

const char *portal_stands(const char *noun, const json_t *o)
{
	const char *state = fj_json_text(o, "state"), *result = fj_json_text(o, "result"), *type = fj_json_text(o, "type");

	if (strcmp(noun, "ledger") == 0 && strcmp(state, "CONFIRMED") == 0)
		return fj_json_text(o, "asset_no")[0] != '\0' ? "CARDED" : strcmp(result, "ASSET") != 0 ? result : state;
	if (strcmp(noun, "asset") == 0 && strcmp(state, "CARDED") == 0 && json_object_get(o, "returned") != NULL)
		return "RETURNED";
	if (strcmp(noun, "evaluation") == 0) /* has no state: what it concluded waits until it is done, or asked for */
		return json_is_true(json_object_get(o, "waits")) ? fj_json_text(o, "conclusion") : json_object_get(o, "waiting_for") != NULL ? "ASKED" : "";
	if (strcmp(noun, "compromise") == 0 && json_is_true(json_object_get(o, "waits")))
		return "TOLD";
	if (strcmp(noun, "registration") == 0 && strcmp(state, "RETURNED") == 0 && !json_is_true(json_object_get(o, "resubmit")))
		return "";
	if (strcmp(noun, "registration") == 0 && strcmp(state, "APPLIED") == 0 && strcmp(fj_json_text(o, "path"), "SHORT") == 0)
		return "APPLIED_SHORT";
	if (strcmp(noun, "registration") == 0 && strcmp(state, "REGISTERED") == 0 && (strcmp(type, "CANCEL") == 0 || strcmp(type, "TRANSFER") == 0 || strcmp(type, "DESTROY") == 0))
		return "ENDING";
	return state;
}

const struct portal_turn *portal_turn_of(const char *noun, const json_t *o)
{
	const char *state = portal_stands(noun, o);
	bool taken = fj_json_text(o, "registration")[0] != '\0' && strcmp(noun, "asset") == 0; /* its registration says it */
	bool issued = strcmp(noun, "registration") == 0 && fj_json_text(o, "certificate")[0] != '\0';

	if (strcmp(noun, "asset") == 0 && strcmp(state, "CERTIFICATED") == 0 && fj_json_num(o, "newest") > fj_json_num(o, "card_version"))
		state = "CHANGED"; /* for what comes next alone: the asset itself is what it was */
	if (strcmp(noun, "plan") == 0)
		state = json_object_get(o, "waiting_for") != NULL ? "" : strcmp(fj_json_text(o, "course"), "SHORT") == 0 ? NULL : state;
	for (size_t i = 0; i < FJ_ARRAY_LEN(turns) && state != NULL && !taken && !issued; i++)
		if (strcmp(turns[i].noun, noun) == 0 && strcmp(turns[i].state, state) == 0)
			return &turns[i];
	return NULL;
}

/* whose turn it is: the office's code; "" when that is not known here */
static const char *office(const struct portal_turn *t, const json_t *holder, const json_t *o)
{
	const char *dept = fj_json_text(holder, "dept"), *usci = fj_json_text(holder, "usci"), *finance = fj_json_text(holder, "finance");

	if (finance[0] == '\0')
		finance = usci; /* a department without one is its own */

	switch (t->whose) {
	case PORTAL_HOLDERS:
		return usci;
	case PORTAL_SUPERIORS:
		return dept;
	case PORTAL_FINANCE:
		return finance;
	case PORTAL_CONFIRMERS:
		return dept[0] != '\0' ? dept : finance;
	case PORTAL_IMPLEMENTERS:
		return fj_json_text(o, "implementer");
	case PORTAL_ADDRESSEES:
		return fj_json_text(o, "org");
	case PORTAL_ISSUERS:
		return fj_json_text(o, "issued_by");
	case PORTAL_DECIDERS:
		return fj_json_text(json_object_get(o, "waiting_for"), "org");
	default:
		return "";
	}
}

static const char *holder_of(const json_t *o)
{
	const json_t *h = json_object_get(o, "holder");

	return json_is_string(h) ? json_string_value(h) : fj_json_text(h, "usci");
}

/* the registration that a certificate is to be issued on, as registration.show answers; the caller's; NULL: not known */
static json_t *to_be_issued(struct web_req *q, const struct portal_turn *t, const json_t *o)
{
	FJ_AUTO(json) of = json_pack("{s:s, s:s}", "asset", fj_json_text(o, "asset_no"), "state", "REGISTERED");
	FJ_AUTO(json) list = NULL;
	json_t *reg = NULL;

	if (strcmp(t->command, "certificate.issue") != 0)
		return NULL;
	if (strcmp(t->noun, "registration") == 0)
		return json_incref((json_t *)(uintptr_t)o);
	if (portal_command(q, "registration.list", of, &list, NULL) != FJ_OK || json_array_size(json_object_get(list, "items")) != 1)
		return NULL;
	FJ_AUTO(json) params = json_pack("{s:O}", "id", json_object_get(json_array_get(json_object_get(list, "items"), 0), "id"));
	return portal_command(q, "registration.show", params, &reg, NULL) == FJ_OK ? reg : NULL;
}

/* who had a part in the registration does not issue (R22) */
static bool is_barred(struct web_req *q, const struct portal_turn *t, const json_t *o)
{
	FJ_AUTO(json) reg = to_be_issued(q, t, o);

	return json_is_true(json_object_get(reg, "had_part"));
}

bool portal_turn_mine(struct web_req *q, const struct portal_turn *t, const json_t *o)
{
	const struct iss_command_info *c = iss_command_find(t->command);
	FJ_AUTO(json) holder = t->whose == PORTAL_ANYBODYS ? NULL : portal_organisation(q, holder_of(o));

	if (c == NULL || t->whose == PORTAL_DECIDERS || !portal_may(q, c) || (t->whose != PORTAL_ANYBODYS && strcmp(office(t, holder, o), portal_actor(q)->org) != 0))
		return false;
	return !is_barred(q, t, o);
}

/* and is told who does, and where to go on */
static void barred_told(struct web_req *q, struct fj_buf *b, const struct portal_turn *t, const json_t *o)
{
	FJ_AUTO(json) reg = to_be_issued(q, t, o);
	const json_t *names = json_object_get(reg, "issuers");
	size_t i;
	json_t *v;

	if (!json_is_true(json_object_get(reg, "had_part")))
		return;
	web_print(b, "<p class=\"notice\">%s ", web_tr(q, "You had a part in this registration, so you can't issue its certificate (R22)."));
	if (fj_json_num(reg, "issuers_left") < 2)
		web_print(b, "%s ", web_tr(q, "It takes two officers of this department who had none: have more entered."));
	if (json_array_size(names) > 0)
		web_print(b, "%s ", web_tr(q, "One of these asks for it, another approves:"));
	json_array_foreach(names, i, v)
		web_print(b, "%s<bdi>%s</bdi>", i == 0 ? "" : web_either(q, "、", ", "), json_string_value(v));
	if (fj_json_num(reg, "issuers_left") > (int64_t)json_array_size(names))
		web_say(q, b, " and %lld others", (long long)fj_json_num(reg, "issuers_left") - (long long)json_array_size(names));
	web_print(b, "</p><p class=\"acts\"><a class=\"button\" href=\"/\">%s</a></p>", web_tr(q, "What waits for me"));
}

void portal_gaps(struct web_req *q, struct fj_buf *b, const char *said, const json_t *missing, const char *asset_no)
{
	static const struct {
		const char *command, *to, *text;
	} ways[] = {{"asset.card", "/do/asset/card", WEB_N("Complete the card")}, {"material.add", "/do/material/add", WEB_N("File a material")}};
	size_t i;
	json_t *v;

	if (json_array_size(missing) == 0)
		return;
	web_print(b, "<section class=\"missing\"><p><strong>%s</strong></p><ul>", said);
	json_array_foreach(missing, i, v)
		web_print(b, "<li>%s</li>", iss_material_word(json_string_value(v), web_lang(q)[0] == 'e'));
	web_html(b, "</ul><p>");
	for (i = 0; i < FJ_ARRAY_LEN(ways) && asset_no[0] != '\0'; i++)
		if (portal_may(q, iss_command_find(ways[i].command)))
			web_print(b, "<a href=\"%s?asset=%s\">%s</a> ", ways[i].to, asset_no, web_tr(q, ways[i].text));
	web_html(b, "</p></section>");
}

void portal_turn_told(struct web_req *q, struct fj_buf *b, const struct portal_turn *t, const json_t *o)
{
	FJ_AUTO(json) holder = t->whose == PORTAL_ANYBODYS ? NULL : portal_organisation(q, holder_of(o));
	FJ_AUTO(json) who = portal_organisation(q, office(t, holder, o));

	web_print(b, "<p class=\"notice\"><strong>%s</strong> ", web_tr(q, "What comes next:"));
	if (who != NULL)
		web_print(b, "<bdi>%s</bdi>%s ", fj_json_text(who, "name"), web_either(q, "。", "."));
	web_text(b, web_tr(q, t->text));
	if (t->whose == PORTAL_DECIDERS)
		web_print(b, " <a class=\"mono\" href=\"/approvals/%s\">%s</a>", fj_json_text(o, "approval"), fj_json_text(o, "approval"));
	web_html(b, "</p>");
	if (strcmp(t->command, "certificate.issue") == 0)
		barred_told(q, b, t, o);
	const json_t *returned = json_object_get(o, "returned");
	portal_gaps(q, b, web_tr(q, "Missing:"), json_object_get(returned != NULL ? returned : o, "missing"), fj_json_text(o, "asset_no"));
	portal_gaps(q, b, web_tr(q, "The certificate will need these as well:"), json_object_get(o, "certificate_missing"), fj_json_text(o, "asset_no"));
}

void portal_turn_link(struct web_req *q, struct fj_buf *b, const struct portal_turn *t, const json_t *o, const char *id)
{
	const struct iss_command_info *c = iss_command_find(t->command);
	char to[PORTAL_ADDRESS];
	const struct iss_field *f = portal_asks_for(c, t->noun, portal_key_of(t->noun));
	char many[72];

	snprintf(many, sizeof(many), "%ss", t->noun); /* one of several */
	if (f == NULL)
		f = portal_field_of(c, many);
	portal_address(portal_wizard_of(t->command) != NULL ? "wizard" : "do", t->command, to);
	web_print(b, "<a class=\"button\" href=\"%s", to);
	if (t->query == NULL && f != NULL)
		web_print(b, "?%s=%s", f->name, id);
	else if (t->query != NULL && t->query[0] != '\0')
		web_print(b, "?%s=%s", t->query, fj_json_text(o, t->member != NULL ? t->member : "asset_no"));
	web_html(b, "\">");
	portal_command_word(q, b, c);
	web_html(b, "</a>");
}

/* --- after an act --- */

/* which object the answer is of: its noun by the form of its number, as links go by it */
static const char *object_of(const json_t *answer, char noun[PORTAL_NOUN])
{
	const char *id = fj_json_peek(answer, "id"), *asset = fj_json_peek(answer, "asset_no");

	if (id == NULL)
		id = fj_json_peek(answer, "plan"); /* authorisation.propose */
	if (id != NULL && portal_noun_by(id, noun))
		return id;
	snprintf(noun, PORTAL_NOUN, "asset");
	return id == NULL ? asset : NULL;
}

static void of_list(struct web_req *q, struct fj_buf *b, const char *command)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(lists); i++) {
		const struct iss_command_info *c = iss_command_find(lists[i].command);
		if (strcmp(lists[i].after, command) != 0 || !portal_may(q, c))
			continue;
		web_print(b, "<p class=\"acts\"><a class=\"button\" href=\"/list/%s?state=%s&amp;holder=%s\">", lists[i].noun, lists[i].state, portal_actor(q)->org);
		portal_command_word(q, b, c);
		web_html(b, "</a></p>");
	}
}

void portal_then(struct web_req *q, struct fj_buf *b, const char *command, const json_t *answer)
{
	FJ_AUTO(json) o = NULL;
	char noun[PORTAL_NOUN];
	const char *id = object_of(answer, noun), *key = id == NULL ? NULL : portal_key_of(noun);

	of_list(q, b, command);
	if (strcmp(command, "report.text") == 0 && portal_report_then(q, b, answer))
		return;
	FJ_AUTO(json) params = key == NULL ? NULL : json_pack("{s:s}", key, id);
	if (params == NULL || portal_command(q, portal_find(noun, "show")->name, params, &o, NULL) != FJ_OK)
		return;
	const struct portal_turn *t = portal_turn_of(noun, o);
	if (t != NULL)
		portal_turn_told(q, b, t, o);
	web_html(b, "<p class=\"acts\">");
	if (t != NULL && portal_turn_mine(q, t, o))
		portal_turn_link(q, b, t, o, id);
	if (strcmp(noun, "copy") == 0)
		web_print(b, "<a class=\"button quiet\" href=\"/paper/%s\">%s</a> ", id, web_tr(q, "Page to print"));
	web_print(b, "<a class=\"button quiet\" href=\"/show/%s/%s\">%s</a></p>", noun, id, portal_noun_word(q, noun, true));
}
