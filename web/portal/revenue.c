/*
 * revenue.c - who gets what of a booking, and who pays it to whom by when, in words.
 *
 * The rows below say the same in bookkeeping's terms.  What a share is paid by one
 * party to another is not recorded here, what is remitted is: so each share says how
 * much and from whom, and one that goes to the treasury by when, and what was remitted.
 */
#include "web/portal/internal.h"

static const char *yuan(int64_t fen, char out[ISS_YUAN_CAP])
{
	iss_yuan_text(fen, out);
	return out;
}

/* the obligation of a party's share; NULL: nothing goes to the treasury */
static const json_t *owed_by(const json_t *o, const char *party)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(o, "remittances"), i, v)
		if (strcmp(fj_json_text(v, "party"), party) == 0)
			return v;
	return NULL;
}

/* by when, and what of it was remitted */
static void remitted(struct web_req *q, struct fj_buf *b, const json_t *r)
{
	char all[ISS_YUAN_CAP], done[ISS_YUAN_CAP], left[ISS_YUAN_CAP], day[FJ_TIME_CAP] = "";
	fj_time due;
	int64_t amount = fj_json_num(r, "amount_fen"), paid = fj_json_num(r, "paid_fen");

	if (fj_time_parse(fj_json_text(r, "due"), &due, NULL) == FJ_OK)
		fj_date_china(due, day);
	web_html(b, " ");
	web_say(q, b, "%s remits %s yuan to the treasury by %s.", fj_json_text(r, "name"), yuan(amount, all), day);
	web_html(b, " ");
	if (strcmp(fj_json_text(r, "state"), "COUNTERED") == 0)
		web_say(q, b, "The booking was countered: nothing is due.");
	else if (paid >= amount)
		web_say(q, b, "All of it has been remitted.");
	else if (paid > 0)
		web_say(q, b, "Remitted: %s yuan; still to remit: %s yuan.", yuan(paid, done), yuan(amount - paid, left));
	else
		web_say(q, b, "Nothing has been remitted yet.");
	if (json_is_true(json_object_get(r, "late")))
		web_print(b, " <strong class=\"fail late\">%s</strong>", web_tr(q, "overdue"));
	web_print(b, " <a href=\"/show/remittance/%s\">%s</a>", fj_json_text(r, "id"), web_tr(q, "To the remittance"));
}

static void share(struct web_req *q, struct fj_buf *b, const json_t *o, const char *payer, const json_t *s)
{
	const char *party = fj_json_text(s, "party"), *name = fj_json_text(s, "name");
	const json_t *owed = owed_by(o, party);
	char amount[ISS_YUAN_CAP], rate[PORTAL_PERCENT];

	yuan(fj_json_num(s, "amount_fen"), amount);
	portal_percent_text(fj_json_num(s, "bp"), rate);
	web_html(b, "<li>");
	if (strcmp(party, fj_json_text(o, "booked_by")) == 0)
		web_say(q, b, "%s keeps %s yuan (%s%%).", name, amount, rate);
	else
		web_say(q, b, "%s pays %s %s yuan (%s%%).", payer, name, amount, rate);
	if (owed != NULL)
		remitted(q, b, owed);
	else if (strcmp(fj_json_text(s, "fund"), "OWN") != 0)
		web_print(b, " <span class=\"small\">%s</span>", web_word(q, WEB_KIND, fj_json_text(s, "fund")));
	web_html(b, "</li>");
}

void portal_revenue(struct web_req *q, struct fj_buf *b, const json_t *o)
{
	const json_t *list = json_object_get(o, "shares");
	const char *state = fj_json_text(o, "state");
	char payer[PORTAL_NAME], gross[ISS_YUAN_CAP], tax[ISS_YUAN_CAP], net[ISS_YUAN_CAP];
	size_t i;
	json_t *s;

	if (strcmp(state, "HELD") == 0)
		web_print(b, "<p class=\"notice\">%s</p>", web_tr(q, "Held: nothing is shared or due until the finance department has cleared it."));
	if (strcmp(state, "BOOKED") != 0 || json_array_size(list) == 0)
		return;
	if (!portal_org_name(q, fj_json_text(o, "booked_by"), payer))
		snprintf(payer, sizeof(payer), "%s", fj_json_text(o, "booked_by"));
	web_print(b, "<h2>%s</h2><p>", web_tr(q, "Who pays what to whom"));
	web_say(q, b, "%s received %s yuan from %s; after tax of %s yuan, %s yuan are shared:", payer, yuan(fj_json_num(o, "gross_fen"), gross), fj_json_text(o, "payer_name"),
	    yuan(fj_json_num(o, "tax_fen"), tax), yuan(fj_json_num(o, "net_fen"), net));
	web_html(b, "</p><ul>");
	json_array_foreach(list, i, s)
		share(q, b, o, payer, s);
	web_print(b, "</ul><p class=\"small\">%s</p>", web_tr(q, "What one party pays another is not recorded here; what goes to the treasury is, on its remittance."));
}
