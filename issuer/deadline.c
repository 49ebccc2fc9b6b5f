/*
 * deadline.c - what is due, and what is overdue (R20).
 *
 * Terms in working days are worked out when they begin and stand with what they
 * bind: a registration in its present state, an open objection.  A certificate
 * is listed once its renewal window is open, an authorisation while an asset of it has no query
 * code of 26号's first registration, a remittance while it is not paid in full.
 * Nothing here refuses: an office that is late is shown, and so is its head.
 */
#include "issuer/domain.h"
#include "issuer/profile.h"

#define DAY 86400

/* the actor's own: as holder, superior or finance department; whoever reads the home sees all */
static enum fj_rc horizon_of(struct iss_call *c, fj_time *due, fj_time *ending, struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	int64_t days = 30, window = 60;

	FJ_TRY(fj_json_opt_int(c->params, "days", 0, 366, &days, err));
	if (c->actor->org[0] != '\0') {
		FJ_TRY(dom_org_get(c->db, c->actor->org, &o, err));
		FJ_TRY(prf_int(c, o.finance, "days.renewal", &window, err));
	}
	*due = c->now + days * DAY;
	*ending = c->now + window * DAY;
	return FJ_OK;
}

static json_t *to_json(const struct sto_q *q, fj_time now)
{
	char due[FJ_TIME_CAP], day[FJ_TIME_CAP];

	fj_time_utc(sto_int(q, 0), due);
	fj_date_china(sto_int(q, 0), day);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "due", due, "day", day, "kind", sto_text(q, 1), "id", sto_text(q, 2), "asset_no", sto_text(q, 3),
	    "holder", sto_text(q, 4), "state", sto_text(q, 5), "overdue", now > sto_int(q, 0) && strcmp(sto_text(q, 5), "NOTICED") != 0);
}

enum fj_rc cmd_deadline_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();
	char next[80] = "", at[24] = "";
	const char *after, *id;
	fj_time due, ending;
	int64_t limit, n = 0;
	bool row;

	iss_page(c, &after, &limit);
	FJ_TRY(horizon_of(c, &due, &ending, err));
	id = strchr(after, ' '); /* "seconds id" of the last one seen */
	snprintf(at, sizeof(at), "%.20s", after);
	FJ_TRY(sto_query(c->db, STO_DEADLINES, &q, err, "tiiiti", c->actor->org, (int64_t)due, (int64_t)ending, (int64_t)strtoll(at, NULL, 10), id == NULL ? "" : id + 1, limit));
	for (;; n++) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		snprintf(next, sizeof(next), "%lld %.50s", (long long)sto_int(&q, 0), sto_text(&q, 2));
		json_array_append_new(items, to_json(&q, c->now));
	}
	c->answer = json_pack("{s:O, s:s?}", "items", items, "next", n == limit ? next : NULL);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
