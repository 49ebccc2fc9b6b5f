/*
 * advice.c - what to do after a refusal, where the refusal does not say it itself.
 *
 * By the rule that it cites, else by the kind of error.  The same texts are the help
 * page of refusals, so nobody reads two.  Nothing here decides anything.
 */
#include "web/portal/internal.h"

static const struct {
	const char *rule, *text;
} rules[] = {
	{"R01", WEB_N("Have the data asset registered and its certificate issued first; then propose the authorisation again.")},
	{"R02", WEB_N("Enter the resource into the ledger with its catalogue number, record the recognition decision, and have it confirmed; then apply again.")},
	{"R03", WEB_N("What is kept as a memorandum has no certificate. When it meets the conditions, record a new recognition decision.")},
	{"R04", WEB_N("There is no way to pledge it. Tell the creditor that the data assets of public bodies can't secure anything; the attempt is on record.")},
	{"R05", WEB_N("Put the encumbrance on the card, have the certificate issued anew, then register it; or let two officers record the reason for an exception.")},
	{"R06", WEB_N("Hold the booking until authorisation, agreement and receipts are on file and the payer is not of the same budget; then have it cleared by two officers.")},
	{"R07", WEB_N("Set the fee to 0, or choose a purpose of industrial or sector development if that is what it is for.")},
	{"R08", WEB_N("Lower the fee to the approved cap, or have a new cap approved and recorded first.")},
	{"R09", WEB_N("Choose the government-guided price with a cap; market prices are for re-developed products.")},
	{"R10", WEB_N("Show the cost of the charge item by item, or don't charge the public.")},
	{"R11", WEB_N("Let another developer apply for it: the operating institution and its affiliates do not re-develop what they operate.")},
	{"R12", WEB_N("Issue the license to the user directly; or have the sub-holders named in the agreement and approved.")},
	{"R13", WEB_N("Narrow it to what it rests on: assets, rights, purposes, territory and term. Open the authorisation or certificate to see its scope.")},
	{"R14", WEB_N("Choose a last day within five years of the first; 2026-03-16 to 2031-03-15 is five years.")},
	{"R15", WEB_N("Fill in the items that are named as missing: twelve of a plan, thirteen of an agreement.")},
	{"R16", WEB_N("File the consent of the unit that shared the data, then go on.")},
	{"R17", WEB_N("Core data is not registered. For important data file the security assessment first.")},
	{"R18", WEB_N("Make a product of it (model, verification, report, interface) and license that; raw data stays in its domain.")},
	{"R19", WEB_N("Settle it first: decide on the open objection, or have the freezing lifted by two officers.")},
	{"R20", WEB_N("Look at the day named and act within the term, or after it where it has to run out.")},
	{"R21", WEB_N("Give a real name, an address to answer to, and evidence.")},
	{"R22", WEB_N("Ask another officer of your department to do this step; who applied, reviewed or decided before can't.")},
	{"R23", WEB_N("What is final stays so. Register anew, and have a new certificate issued.")},
	{"R24", WEB_N("The officer's duties are suspended. Two officers can reinstate them once it is cleared up.")},
	{"R25", WEB_N("Record the evaluation that is due; then renew or issue again.")},
	{"R26", WEB_N("Nothing is issued under an authorisation that is not in force. See why on its page; resuming takes two officers.")},
	{"R27", WEB_N("Take the shares from the agreement; they add up to 100%.")},
	{"R28", WEB_N("Pay what is due in full to the account named, and record the slip; what is short is reported.")},
	{"R29", WEB_N("File the decision and the approval of the disposal first.")},
	{"R30", WEB_N("File what is named as missing: feasibility study, due diligence, risk evaluation, security rules, emergency plan.")},
	{"R31", WEB_N("Submit the report that is due.")},
	{"R32", WEB_N("Fill in what has to be disclosed: conditions and use of the data.")},
	{"R33", WEB_N("Remove the SJ number: data that a public body makes in its duties has no data property rights registration.")},
	{"R34", WEB_N("Shorten the text, and put time, region and content into the name.")},
	{"R35", WEB_N("Compare the code with the unit's certificate; if it really is so, give the reason as override.")},
	{"R36", WEB_N("Enter cost, nominal amount or not booked; an appraisal is not the booking basis.")},
	{"R37", WEB_N("De-identify or anonymise the personal information, or record the legal basis.")},
	{"R38", WEB_N("Choose an operator that meets the conditions, or show that this one does.")},
	{"R39", WEB_N("Choose the operator by fair competition, file the evidence, and take exclusive terms out.")},
	{"R40", WEB_N("Turn to the finance department of the holder's own level and region; only it can act here.")},
};

static const struct {
	enum fj_rc rc;
	const char *name, *text;
} kinds[] = {
	{FJ_E_USAGE, "usage", WEB_N("Go back and use the form or the menu; the address or the choice does not exist.")},
	{FJ_E_PARSE, "parse", WEB_N("Check that the file or text is whole and of the kind that is asked for, then send it again.")},
	{FJ_E_INVALID, "invalid", WEB_N("Correct the field that is named, and send the form again; what you typed is still there.")},
	{FJ_E_LIMIT, "limit", WEB_N("Make it smaller or fewer, in several steps if need be.")},
	{FJ_E_UNSUPPORTED, "unsupported", WEB_N("Use one of the kinds that the form names.")},
	{FJ_E_REFUSED, "refused", WEB_N("Read the rule that is named; its help says how to go on.")},
	{FJ_E_STATE, "state", WEB_N("Open the object: its page shows its state and what can be done now.")},
	{FJ_E_EXISTS, "exists", WEB_N("It is there already. Look for it in the list, and change that one.")},
	{FJ_E_NOTFOUND, "notfound", WEB_N("Check the number for slips, or look for it in the list.")},
	{FJ_E_AUTH, "auth", WEB_N("Type it again; a one-time code works once, so wait for the next. If you are signed out, sign in again.")},
	{FJ_E_FORBIDDEN, "forbidden", WEB_N("It is another office's to do, or another role's: the refusal, or the object's page, says whose. Ask an officer there; the help page of your role says what you can do.")},
	{FJ_E_SIGNATURE, "signature", WEB_N("Don't use it. Get it again from whoever issued it, and compare the fingerprint.")},
	{FJ_E_CLOCK, "clock", WEB_N("The server's time is in doubt, and nothing is signed. Two finance officers confirm the time, or the technician sets it right.")},
	{FJ_E_BUSY, "busy", WEB_N("Wait a minute and try again; nothing was changed.")},
	{FJ_E_UNAVAILABLE, "unavailable", WEB_N("A part of the appliance is not there at the moment. Try again in a few minutes; if it stays so, tell the technician.")},
	{FJ_E_TIMEOUT, "timeout", WEB_N("A part of the appliance is not there at the moment. Try again in a few minutes; if it stays so, tell the technician.")},
	{FJ_E_NOSPACE, "nospace", WEB_N("The disk is full. Tell the technician; nothing was changed.")},
	{FJ_E_INTERNAL, "fault", WEB_N("This is a fault of the appliance. Tell the technician the time and what you did; nothing was changed.")},
};

static const char *rule_text(const char *cite)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(rules); i++)
		if (strcmp(rules[i].rule, cite) == 0)
			return rules[i].text;
	return NULL;
}

/* the last row is every kind that has none of its own */
static size_t kind_of(enum fj_rc rc)
{
	size_t i = 0;

	while (i + 1 < FJ_ARRAY_LEN(kinds) && kinds[i].rc != rc)
		i++;
	return i;
}

/* refusals are written "what was wrong; what to do" and "…；请…"; what could be done instead is for programs */
static bool says_it_itself(struct web_req *q, const struct fj_err *err)
{
	if (web_lang(q)[0] != 'e' && err->zh[0] != '\0')
		return strstr(err->zh, "请") != NULL;
	return strstr(err->en, "; ") != NULL && strstr(err->en, "; possible: ") == NULL;
}

void portal_advice(struct web_req *q, struct fj_buf *b, const struct fj_err *err)
{
	const char *of_rule = rule_text(err->cite);
	size_t k = kind_of(err->rc);

	if (of_rule == NULL && says_it_itself(q, err))
		return;
	web_html(b, "<p class=\"small next\">");
	if (!says_it_itself(q, err))
		web_print(b, "<strong>%s</strong> %s ", web_tr(q, "What to do:"), of_rule != NULL ? web_tr(q, of_rule) : web_tr(q, kinds[k].text));
	web_print(b, "<a href=\"/help/refusals#%s\">%s</a></p>", of_rule != NULL ? err->cite : kinds[k].name, web_tr(q, "Help with this"));
}

static void row(struct fj_buf *b, const char *id, const char *shown, const char *text)
{
	web_print(b, "<div id=\"%s\"><dt>%s</dt><dd>%s</dd></div>", id, shown, text);
}

void portal_advice_all(struct web_req *q, struct fj_buf *b)
{
	web_print(b, "<h2>%s</h2><dl>", web_tr(q, "By rule"));
	for (size_t i = 0; i < FJ_ARRAY_LEN(rules); i++)
		row(b, rules[i].rule, rules[i].rule, web_tr(q, rules[i].text));
	web_print(b, "</dl><h2>%s</h2><dl>", web_tr(q, "Without a rule"));
	for (size_t i = 0; i < FJ_ARRAY_LEN(kinds); i++)
		if (kinds[i].rc != FJ_E_TIMEOUT && kinds[i].rc != FJ_E_REFUSED)
			row(b, kinds[i].name, web_tr_in(q, "refusal", kinds[i].name), web_tr(q, kinds[i].text));
	web_html(b, "</dl>");
}
