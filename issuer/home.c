/*
 * home.c - home.show: what an officer needs first, in one answer.
 *
 * What waits for the reader's roles and organisation, terms with the overdue first,
 * what was decided lately, what ends soon, what is in use and may be taken back, figures of the own scope, and
 * how the appliance fares.  Portal, API and command line show the same.  Every part is
 * read by an index and ends at a limit, so that it takes as long with a million assets
 * as with ten; where more waits than is looked at, "more" says so and a list has it.
 */
#include "issuer/home.h"

#include "issuer/iss.h"
#include "issuer/operation.h"
#include "issuer/reporting.h"

#define DAY 86400
#define HOUR 3600
#define SHOWN 6             /* of a kind */
#define HORIZON (30 * DAY)  /* of terms, as in deadline.list */
#define LATE (30 * HOUR) /* lists are published anew every 12 h, CRLs every 24: docs/formats.md 5 */

const struct iss_field fld_home[] = {
	{"role", ISS_F_STR, false, 16, "角色", "of one's roles the one to look at; all of them by default", iss_role_names, "domain.md 6"},
	{0},
};

/* --- what waits --- */

/* Whose act it is, by which it is done, how it is counted and where it is listed: whoever is asked here may do it
 * there.  With a tally it is counted under the scope of the role; else by a statement over what is open. */
static const struct waits {
	const char *what;         /* the command by which it is done */
	uint32_t roles;
	const char *noun, *state; /* of the list; the state "" when the list has no such filter */
	const char *tally;        /* NULL: by the statement */
	char whose;               /* of the tally and of the list; 0: neither */
	enum sto_id open;
	const char *code, *filter; /* NULL: the state is the tally's code, whose says which filter */
	const char *asked;         /* NULL: or the approval that it asks for, which waits for somebody else while it is open */
	bool ended;                /* only what has run its term: the statement takes the time, and the list a day */
	bool reader;               /* the statement takes who looks, and tells whether there are more than it looked at */
	bool now;                  /* the statement takes the time */
} waits[] = {
	{"ledger.recognise", ISS_HOLDER, "ledger", "LEDGERED", "ledger", 'H', STO_COUNT},
	{"ledger.confirm", ISS_SUPERIOR, "ledger", "RECOGNISED", "ledger", 'D', STO_COUNT, NULL, "confirmer"},
	{"ledger.confirm", ISS_FINANCE, "ledger", "RECOGNISED", NULL, 0, STO_HOME_CONFIRM, NULL, "confirmer"},
	{"asset.card", ISS_HOLDER, "ledger", "CONFIRMED", NULL, 0, STO_HOME_CARD, NULL, "turn"},
	{"exchange.import", ISS_FINANCE, "asset", "AWAITING_NUMBER", "asset", 'F', STO_COUNT},
	{"registration.submit", ISS_HOLDER, "asset", "CARDED", NULL, 0, STO_HOME_SUBMIT, NULL, "turn"},
	{"registration.endorse", ISS_SUPERIOR, "registration", "SUBMITTED", "registration", 'D', STO_COUNT},
	{"registration.accept", ISS_FINANCE, "registration", "APPLIED", "registration", 'F', STO_COUNT},
	{"registration.decide", ISS_FINANCE, "registration", "APPLIED", "registration", 'F', STO_COUNT, "APPLIED SHORT", NULL},
	{"registration.review", ISS_FINANCE, "registration", "ACCEPTED", "registration", 'F', STO_COUNT},
	{"registration.notice", ISS_FINANCE, "registration", "REVIEWED", "registration", 'F', STO_COUNT},
	{"registration.decide", ISS_FINANCE, "registration", "NOTICED", NULL, 'F', STO_HOME_DECIDE, .ended = true},
	{"certificate.issue", ISS_FINANCE, "asset", "REGISTERED", NULL, 0, STO_HOME_ISSUE, NULL, "issuing", .reader = true},
	{"key.compromised", ISS_FINANCE, "compromise", "", NULL, 0, STO_HOME_KEYS_TOLD, .filter = "turn"},
	{"registration.receive", ISS_HOLDER, "registration", "", NULL, 0, STO_HOME_RECEIVE, .filter = "turn"},
	{"objection.confirm", ISS_FINANCE, "objection", "TO_CONFIRM", NULL, 0, STO_HOME_OBJECTIONS_LODGED, .filter = "turn"},
	{"objection.decide", ISS_FINANCE, "objection", "OPEN", NULL, 0, STO_HOME_OBJECTIONS, .filter = "turn"},
	{"plan.study", ISS_IMPLEMENTER, "plan", "PROPOSED", "plan", 'I', STO_COUNT},
	{"plan.submit", ISS_IMPLEMENTER, "plan", "FEASIBILITY", "plan", 'I', STO_COUNT, .filter = "turn", .asked = "plan.approve"},
	{"plan.deliberate", ISS_IMPLEMENTER, "plan", "FINANCE_APPROVED", "plan", 'I', STO_COUNT, .filter = "turn", .asked = "plan.deliberate"},
	{"plan.select", ISS_IMPLEMENTER, "plan", "PLAN_DELIBERATED", "plan", 'I', STO_COUNT},
	{"plan.agree", ISS_IMPLEMENTER, "plan", "OPERATOR_SELECTED", "plan", 'I', STO_COUNT, .filter = "turn", .asked = "plan.agree"},
	{"plan.file", ISS_IMPLEMENTER, "plan", "AGREED", "plan", 'I', STO_COUNT, .filter = "turn", .asked = "plan.file"},
	{"plan.file", ISS_DATA_BUREAU, "plan", "AGREED", NULL, 0, STO_HOME_FILE, .filter = "bureau"},
	{"plan.activate", ISS_IMPLEMENTER, "plan", "FILED", "plan", 'I', STO_COUNT, .filter = "turn", .asked = "authorisation.grant"},
	{"evaluation.add", ISS_IMPLEMENTER, "authorisation", "", NULL, 0, STO_HOME_EVALUATE, .filter = "turn", .now = true},
	{"evaluation.add", ISS_ASSESSOR, "authorisation", "", NULL, 0, STO_HOME_ASSESS, .filter = "assessor", .now = true},
	{"authorisation.adjust", ISS_IMPLEMENTER, "evaluation", "ADJUST", NULL, 0, STO_HOME_NARROW, .filter = "turn", .now = true},
	{"authorisation.reclaim", ISS_IMPLEMENTER, "evaluation", "RECLAIM", NULL, 0, STO_HOME_TAKE_BACK, .filter = "turn", .now = true},
	{"product.add", ISS_OPERATOR, "authorisation", "", NULL, 0, STO_HOME_OFFER, .filter = "offering", .now = true},
	{"token.review", ISS_OPERATOR, "request", "REQUESTED", NULL, 0, STO_HOME_REQUESTS, .filter = "turn"},
	{"usage.countersign", ISS_USER | ISS_DEVELOPER, "usage", "REPORTED", NULL, 0, STO_HOME_USAGE, .filter = "user"},
	{"order.answer", SUP_SUPERVISED, "order", "ISSUED", NULL, 0, STO_HOME_ORDERS, .filter = "turn"},
	{"order.close", SUP_SUPERVISORS, "order", "ANSWERED", NULL, 0, STO_HOME_ANSWERS, .filter = "turn"},
	{"complaint.answer", ISS_OPERATOR, "complaint", "LODGED", NULL, 0, STO_HOME_COMPLAINTS, .filter = "turn"},
	{"complaint.decide", ISS_IMPLEMENTER | ISS_FINANCE, "complaint", "ANSWERED", NULL, 0, STO_HOME_COMPLAINTS_ANSWERED, .filter = "turn"},
	{"exit.tick", ISS_OPERATOR, "exit", "", NULL, 0, STO_HOME_EXITS, .filter = "turn"},
	{"exit.accept", ISS_IMPLEMENTER, "exit", "", NULL, 0, STO_HOME_EXITS_TICKED, .filter = "turn"},
	{"revenue.clear", ISS_FINANCE, "revenue", "HELD", NULL, 0, STO_HOME_HELD},
	{"revenue.remit", ISS_HOLDER | ISS_IMPLEMENTER | ISS_OPERATOR, "remittance", "", NULL, 0, STO_HOME_OWED, .filter = "turn"},
};
#define LOOKED_AT 100 /* by the statements */

static enum fj_rc how_many(const struct hom *h, const struct waits *w, int64_t *n, bool *more, struct fj_err *err)
{
	struct hom_scope of = {.whose = w->whose};
	FJ_AUTO(sto_q) q = {0};

	snprintf(of.scope, sizeof(of.scope), "%s", h->own.usci);
	if (w->tally != NULL) {
		const char *code = w->code != NULL ? w->code : w->state;
		int64_t own = 0;
		FJ_TRY(hom_count(h, &of, w->tally, code, n, err));
		of.whose = 'H'; /* a top department is its own superior in the figures, and not where one decides about the other */
		if (w->whose == 'D' && h->own.dept[0] == '\0')
			FJ_TRY(hom_count(h, &of, w->tally, code, &own, err));
		*n -= own;
		if (w->asked == NULL || *n == 0)
			return FJ_OK;
		FJ_TRY(sto_first(h->c->db, STO_HOME_PLANS_ASKED, &q, w->what, err, "ttt", h->own.usci, w->state, w->asked));
		*n -= sto_int(&q, 0);
		return FJ_OK;
	}
	if (w->ended || w->now)
		FJ_TRY(sto_first(h->c->db, w->open, &q, w->what, err, "ti", h->own.usci, (int64_t)h->c->now));
	else if (w->reader)
		FJ_TRY(sto_first(h->c->db, w->open, &q, w->what, err, "tt", h->own.usci, h->c->actor->person));
	else
		FJ_TRY(sto_first(h->c->db, w->open, &q, w->what, err, "t", h->own.usci));
	*n = sto_int(&q, 0);
	*more = *n == LOOKED_AT || (w->reader && sto_int(&q, 1) != 0);
	return FJ_OK;
}

static enum fj_rc acts(const struct hom *h, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	int64_t n;

	for (size_t i = 0; i < FJ_ARRAY_LEN(waits) && h->own.usci[0] != '\0'; i++) {
		const struct waits *w = &waits[i];
		const struct hom_scope of = {w->whose, ""};
		if (!(h->roles & w->roles))
			continue;
		bool more = false;
		FJ_TRY(how_many(h, w, &n, &more, err));
		if (n == 0 && !more)
			continue;
		struct hom_scope own = of;
		snprintf(own.scope, sizeof(own.scope), "%s", h->own.usci);
		json_t *filter = w->filter != NULL ? json_pack("{s:s}", w->filter, own.scope) : hom_filter(&own, w->noun);
		if (w->state[0] != '\0')
			json_object_set_new(filter, "state", json_string(w->state));
		if (w->ended) { /* terms end with a day */
			char day[FJ_TIME_CAP];
			fj_date_china(h->c->now - DAY, day);
			json_object_set_new(filter, "due_to", json_string(day));
		}
		if (json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:I, s:b}", "what", w->what, "noun", w->noun, "filter", filter, "count", (json_int_t)n, "more", more)) != 0)
			return fj_no_memory(err, "issuer");
	}
	*out = fj_move(list);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- terms --- */

static json_t *deadline(const struct sto_q *q, fj_time now)
{
	char due[FJ_TIME_CAP], day[FJ_TIME_CAP];

	fj_time_utc(sto_int(q, 0), due);
	fj_date_china(sto_int(q, 0), day);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b}", "due", due, "day", day, "kind", sto_text(q, 1), "id", sto_text(q, 2), "asset_no", sto_text(q, 3),
	    "holder", sto_text(q, 4), "state", sto_text(q, 5), "overdue", now > sto_int(q, 0) && strcmp(sto_text(q, 5), "NOTICED") != 0, "own", sto_int(q, 6) != 0);
}

static enum fj_rc deadlines(const struct hom *h, json_t **out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();
	FJ_AUTO(buf) terms = FJ_BUF_INIT(1u << 20);
	fj_time until = h->c->now + HORIZON;

	FJ_TRY(rpt_terms(h->c, until, &terms, err));
	FJ_TRY(sto_query(h->c->db, STO_HOME_DEADLINES, &q, err, "tiit", h->own.usci, (int64_t)until, (int64_t)SHOWN + 1, fj_buf_str(&terms)));
	FJ_TRY(dom_rows(&q, h->c->now, deadline, items, err));
	bool more = json_array_size(items) > SHOWN;
	if (more)
		json_array_remove(items, SHOWN);
	*out = json_pack("{s:O, s:b}", "items", items, "more", more);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- what is in use --- */

/* the first day, where it has not come */
static const char *begins(fj_time from, fj_time now, char day[FJ_TIME_CAP])
{
	day[0] = '\0';
	if (from > now)
		fj_date_china(from, day);
	return day;
}

static json_t *token(const struct sto_q *q, fj_time now)
{
	char day[FJ_TIME_CAP], from[FJ_TIME_CAP];

	fj_date_china(sto_int(q, 3), day);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id", sto_text(q, 0), "user_name", sto_text(q, 1), "product", sto_text(q, 2), "authorisation", sto_text(q, 4), "until", day, "begins", begins(sto_int(q, 5), now, from));
}

static json_t *authorisation(const struct sto_q *q, fj_time now)
{
	char day[FJ_TIME_CAP], from[FJ_TIME_CAP];

	fj_date_china(sto_int(q, 3), day);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "number", sto_text(q, 0), "operator_name", sto_text(q, 1), "holder_name", sto_text(q, 2), "mode", sto_text(q, 4), "until", day,
	    "asset_names", sto_text(q, 5), "begins", begins(sto_int(q, 6), now, from), "certificate_stopped", sto_int(q, 7) != 0);
}

static json_t *asked(const struct sto_q *q, fj_time now)
{
	char at[FJ_TIME_CAP];

	(void)now;
	fj_time_utc(sto_int(q, 3), at);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", sto_text(q, 0), "product", sto_text(q, 1), "state", sto_text(q, 2), "at", at, "token", sto_text(q, 4), "authorisation", sto_text(q, 5),
	    "token_state", sto_text(q, 6));
}

static json_t *complained(const struct sto_q *q, fj_time now)
{
	char at[FJ_TIME_CAP];

	(void)now;
	fj_time_utc(sto_int(q, 4), at);
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", sto_text(q, 0), "product", sto_text(q, 1), "kind", sto_text(q, 2), "state", sto_text(q, 3), "at", at);
}

static json_t *batch(const struct sto_q *q, fj_time now)
{
	char at[FJ_TIME_CAP];

	(void)now;
	fj_time_utc(sto_int(q, 4), at);
	return json_pack("{s:s, s:s, s:s, s:I, s:s}", "id", sto_text(q, 0), "product", sto_text(q, 1), "state", sto_text(q, 2), "total", (json_int_t)sto_int(q, 3), "at", at);
}

static json_t *returned_one(const struct sto_q *q, fj_time now)
{
	(void)now;
	return json_pack("{s:s, s:s, s:s, s:I}", "id", sto_text(q, 0), "asset_no", sto_text(q, 1), "asset_name", sto_text(q, 2), "count", (json_int_t)sto_int(q, 3));
}

/* the first of these that the roles have */
static const struct uses {
	uint32_t roles;
	enum sto_id id;
	char whose;       /* of the tally that counts all of them */
	const char *what; /* NULL: they are not counted */
} to_complete[] = {{ISS_HOLDER, STO_HOME_RETURNED}, {0, STO_COUNT}}, asked_for[] = {{ISS_DEVELOPER | ISS_USER, STO_HOME_ASKED}, {0, STO_COUNT}},
  complained_of[] = {{UINT32_MAX, STO_HOME_COMPLAINED}, {0, STO_COUNT}},
  batches_of[] = {{ISS_OPERATOR, STO_HOME_BATCHES}, {0, STO_COUNT}}, tokens_in_use[] = {{ISS_OPERATOR, STO_HOME_TOKENS_OPERATOR, 'O', "token"}, {ISS_DEVELOPER | ISS_USER, STO_HOME_TOKENS_USER, 'U', "held"}, {0, STO_COUNT}},
  authorisations_in_use[] = {{ISS_OPERATOR, STO_HOME_AUTHORISATIONS_OPERATOR, 'O', "authorisation"}, {ISS_IMPLEMENTER, STO_HOME_AUTHORISATIONS_IMPLEMENTER, 'I', "authorisation"},
	{ISS_FINANCE, STO_HOME_AUTHORISATIONS_FINANCE, 'F', "authorisation"}, {ISS_HOLDER, STO_HOME_AUTHORISATIONS_HOLDER, 'H', "authorisation"}, {0, STO_COUNT}};

static const struct uses *of_reader(const struct hom *h, const struct uses *u)
{
	while (u->roles != 0 && !(h->roles & u->roles))
		u++;
	return u;
}

/* of how many the list shows the first */
static enum fj_rc total(const struct hom *h, const struct uses *list, int64_t *n, struct fj_err *err)
{
	const struct uses *u = of_reader(h, list);
	struct hom_scope of = {.whose = u->whose};

	*n = 0;
	snprintf(of.scope, sizeof(of.scope), "%s", h->own.usci);
	return u->what == NULL || of.scope[0] == '\0' ? FJ_OK : hom_in_force(h, &of, u->what, n, err);
}

static enum fj_rc some(const struct hom *h, const struct uses *list, dom_row_fn row, json_t **out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();
	const struct uses *u = of_reader(h, list);

	if (u->roles != 0 && h->own.usci[0] != '\0') {
		FJ_TRY(sto_query(h->c->db, u->id, &q, err, "tii", h->own.usci, (int64_t)h->c->now, (int64_t)SHOWN));
		FJ_TRY(dom_rows(&q, h->c->now, row, items, err));
	}
	*out = fj_move(items);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc waiting(const struct hom *h, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) approvals = json_array();
	json_t *list = NULL, *returned = NULL;
	bool more = false;

	if (h->own.usci[0] != '\0')
		FJ_TRY(apr_waiting(h->c, SHOWN, approvals, &more, err));
	FJ_TRY(some(h, to_complete, returned_one, &returned, err));
	FJ_AUTO(json) owned = returned;
	FJ_TRY(acts(h, &list, err));
	*out = json_pack("{s:O, s:b, s:O, s:o}", "approvals", approvals, "more", more, "returned", returned, "acts", list);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc in_use(const struct hom *h, json_t **out, struct fj_err *err)
{
	json_t *t = NULL, *a = NULL, *r = NULL, *m = NULL, *k = NULL;
	int64_t tokens, authorisations;

	FJ_TRY(total(h, tokens_in_use, &tokens, err));
	FJ_TRY(total(h, authorisations_in_use, &authorisations, err));
	FJ_TRY(some(h, tokens_in_use, token, &t, err));
	FJ_AUTO(json) owned = t;
	FJ_TRY(some(h, authorisations_in_use, authorisation, &a, err));
	FJ_AUTO(json) owned_too = a;
	FJ_TRY(some(h, asked_for, asked, &r, err));
	FJ_AUTO(json) owned_as_well = r;
	FJ_TRY(some(h, complained_of, complained, &k, err));
	FJ_AUTO(json) owned_last = k;
	FJ_TRY(some(h, batches_of, batch, &m, err));
	*out = json_pack("{s:O, s:I, s:O, s:I, s:O, s:O, s:o}", "tokens", t, "tokens_total", (json_int_t)tokens, "authorisations", a, "authorisations_total", (json_int_t)authorisations, "requests", r, "complaints", k, "batches", m);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- how the appliance fares --- */

static enum fj_rc number(const struct hom *h, enum sto_id id, int64_t *n, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(h->c->db, id, &q, "count", err, ""));
	*n = sto_int(&q, 0);
	return FJ_OK;
}

/* That publication is behind concerns everybody; the rest whoever runs the appliance: the officers of the
 * department that made it, and auditors. */
static enum fj_rc health(const struct hom *h, json_t **out, struct fj_err *err)
{
	bool behind = h->c->iss != NULL && h->c->iss->behind, runs = (h->roles & (ISS_AUDITOR | ISS_LOCAL)) ||
	    ((h->roles & ISS_FINANCE) && h->c->iss != NULL && strcmp(h->own.usci, h->c->iss->keeper) == 0);
	FJ_AUTO(json) queue = NULL;
	int64_t published;
	char at[FJ_TIME_CAP];

	*out = json_pack("{s:b}", "behind", behind);
	if (*out == NULL)
		return fj_no_memory(err, "issuer");
	if (!runs || h->c->iss == NULL)
		return FJ_OK;
	FJ_TRY(pipe_queue(h->c, &queue, err));
	FJ_TRY(number(h, STO_HOME_PUBLISHED, &published, err));
	fj_time_utc(published, at);
	bool late = published != 0 && h->c->now - published > LATE;
	json_t *keys = NULL, *faults = NULL;
	FJ_TRY(opn_faults(h->c->iss, &faults, err));
	FJ_AUTO(json) owned = faults;
	FJ_TRY(key_warnings(h->c->db, h->c->now, &keys, err));
	FJ_AUTO(json) more = json_pack("{s:O, s:s, s:b, s:o, s:b, s:O}", "queue", queue, "oldest_list", published == 0 ? "" : at, "late", late, "keys", keys, "sealed", (int)h->c->iss->sealed, "faults", faults);
	return json_object_update(*out, more) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- all of it --- */

static enum fj_rc roles_at_hand(struct hom *h, struct fj_err *err)
{
	const char *one = fj_json_text(h->c->params, "role");

	h->roles = h->c->actor->roles;
	if (one[0] == '\0')
		return FJ_OK;
	FJ_TRY(iss_role_parse(one, &h->roles, err));
	if (h->roles & h->c->actor->roles)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "you don't have the role %s; leave \"role\" out, or name one of yours", one);
	fj_err_zh(err, "您没有角色 %s；请不填角色，或填写您的角色之一", one);
	return rc;
}

static enum fj_rc begin(struct hom *h, struct fj_err *err)
{
	FJ_TRY(roles_at_hand(h, err));
	if (h->c->actor->org[0] != '\0')
		FJ_TRY(dom_org_get(h->c->db, h->c->actor->org, &h->own, err));
	for (int k = 0; k < HOM_ABOUTS; k++)
		hom_scope_of(h->roles, h->own.usci, h->own.finance, (enum hom_about)k, &h->of[k]);
	return FJ_OK;
}

static enum fj_rc answer(struct hom *h, struct fj_err *err)
{
	static const struct {
		const char *key;
		enum fj_rc (*part)(const struct hom *h, json_t **out, struct fj_err *err);
	} parts[] = {{"health", health}, {"waiting", waiting}, {"deadlines", deadlines}, {"decided", hom_decided}, {"ending", hom_ending}, {"in_use", in_use}, {"figures", hom_figures}};

	FJ_TRY(begin(h, err));
	h->c->answer = json_pack("{s:o, s:o, s:s, s:s}", "roles", iss_roles_json(h->c->actor->roles & ~(uint32_t)ISS_LOCAL), "at_hand", iss_roles_json(h->roles & ~(uint32_t)ISS_LOCAL),
	    "org", h->own.usci, "org_name", h->own.name);
	for (size_t i = 0; i < FJ_ARRAY_LEN(parts); i++) {
		json_t *v = NULL;
		FJ_TRY(parts[i].part(h, &v, err));
		FJ_TRY(fj_json_set(h->c->answer, parts[i].key, v));
	}
	return h->c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_home_show(struct iss_call *c, struct fj_err *err)
{
	struct hom h = {.c = c};

	enum fj_rc rc = answer(&h, err);
	dom_org_release(&h.own);
	return rc;
}
