/*
 * report_calendar.c - what a unit has to report, by when, and whether it has; as a list
 * and as an iCalendar file (RFC 5545).
 *
 * The pilot's milestones stand in 167·二(二); due days of reports are the profile's.
 * After 2026 the half-years go on only where the profile says so.  Nothing here
 * refuses: what is late is shown as late (R31 is a timer).
 */
#include "issuer/find.h"
#include "issuer/ical.h"
#include "issuer/iss.h"
#include "issuer/profile.h"
#include "issuer/reporting.h"

#define LAST_PILOT_YEAR 2026
#define FIRST_PILOT_YEAR 2025
#define AHEAD 1 /* years beyond the present one */

static const char *const formats[] = {"json", "ics", NULL};
const struct iss_field fld_report_calendar[] = {
	{"unit", ISS_F_STR, false, 18, "单位", "unit's USCC; the own organisation by default"},
	{"format", ISS_F_STR, false, 4, "格式", "format: json (default) or ics, a file for calendars", formats, "domain.md 9"},
	{0},
};

struct calendar {
	struct iss_call *c;
	char unit[19], finance[19];
	uint32_t roles;   /* of the unit: which reports are its */
	json_t *items;
	int year;         /* the present one */
	json_t *owed;     /* ids of what deadline.list has of the unit, within a year */
};

/* ended: the moment after the period; 0 of a milestone */
static enum fj_rc add(struct calendar *k, const char *id, fj_time due, fj_time ended, const char *zh, const char *en, const char *basis, const char *state, struct fj_err *err)
{
	char day[FJ_TIME_CAP];
	bool done = strcmp(state, "FIXED") == 0, milestone = state[0] == '\0';

	fj_date_china(due, day);
	return json_array_append_new(k->items, json_pack("{s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:b, s:b, s:b}", "id", id, "due", day, "name", "zh", zh, "en", en, "clause", basis, "state",
	    milestone ? "MILESTONE" : state, "overdue", !done && !milestone && k->c->now >= due + 86400, "ended", !milestone && k->c->now >= ended,
	    "owed", json_object_get(k->owed, id) != NULL)) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- the pilot's milestones --- */

static enum fj_rc milestones(struct calendar *k, struct fj_err *err)
{
	static const struct {
		const char *id, *key, *zh, *en, *basis;
		int year;
	} list[] = {
		{"pilot-plan", "report.due_plan", "试点工作方案报财政部备案", "Pilot plan filed with the Ministry of Finance", "167·二(二)", FIRST_PILOT_YEAR},
		{"pilot-results", NULL, "在台账编制、登记、授权运营、收益分配、交易流通等方面取得阶段性成效", "Results of the first stage", "167·二(二)", FIRST_PILOT_YEAR},
		{"pilot-summary", NULL, "完成试点任务，总结试点经验", "Pilot finished and summarised", "167·二(二)", LAST_PILOT_YEAR},
	};

	for (size_t i = 0; i < FJ_ARRAY_LEN(list); i++) {
		int64_t day = 1231;
		if (list[i].key != NULL)
			FJ_TRY(prf_int(k->c, k->finance, list[i].key, &day, err));
		fj_time due = fj_time_of((struct fj_date){list[i].year, (int)(day / 100), (int)(day % 100)}, 0, 0, 0, FJ_CHINA_OFFSET);
		FJ_TRY(add(k, list[i].id, due, 0, list[i].zh, list[i].en, list[i].basis, "", err));
	}
	return FJ_OK;
}

/* --- reports --- */

static enum fj_rc state_of(struct calendar *k, const struct rpt_key *key, char out[12], struct fj_err *err)
{
	static const char *const states[] = {"FIXED", "SUBMITTED"};
	bool row;

	snprintf(out, 12, "DUE");
	for (size_t i = 0; i < FJ_ARRAY_LEN(states); i++) {
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_query(k->c->db, STO_REPORT_OF, &q, err, "tttt", key->kind->name, k->unit, key->period, states[i]));
		FJ_TRY(sto_step(&q, &row, err));
		if (row) {
			snprintf(out, 12, "%s", states[i]);
			return FJ_OK;
		}
	}
	return FJ_OK;
}

static enum fj_rc one_report(struct calendar *k, const struct rpt_kind *kind, const char *period, struct fj_err *err)
{
	char zh[160], en[160], id[RPT_ID_CAP], state[12];
	struct rpt_key key = {.kind = kind};
	fj_time due;

	FJ_TRY(rpt_period(kind, period, &key, err));
	FJ_TRY(fj_strcopy(key.unit, sizeof(key.unit), k->unit));
	FJ_TRY(rpt_due(k->c, k->finance, &key, &due, err));
	FJ_TRY(state_of(k, &key, state, err));
	rpt_id(&key, 1, id);
	rpt_title(id, zh, en);
	return add(k, id, due, key.to, zh, en, kind->basis, state, err);
}

typedef enum fj_rc (*each_fn)(void *ctx, const struct rpt_kind *kind, const char *period, struct fj_err *err);

/* every period of a kind from the pilot's first year to the next one */
static enum fj_rc each_period(const struct rpt_kind *kind, int year, bool go_on, each_fn fn, void *ctx, struct fj_err *err)
{
	char period[8];

	for (int y = FIRST_PILOT_YEAR; y <= year + AHEAD && !(kind->half && y > LAST_PILOT_YEAR && !go_on); y++)
		for (int half = 1; half <= (kind->half ? 2 : 1); half++) {
			snprintf(period, sizeof(period), kind->half ? "%.4dH%d" : "%.4d", y % 10000, half);
			FJ_TRY(fn(ctx, kind, period, err));
		}
	return FJ_OK;
}

static enum fj_rc add_report(void *ctx, const struct rpt_kind *kind, const char *period, struct fj_err *err)
{
	return one_report(ctx, kind, period, err);
}

static enum fj_rc reports(struct calendar *k, struct fj_err *err)
{
	bool go_on;

	FJ_TRY(prf_flag(k->c, k->finance, "report.after_2026", &go_on, err));
	for (size_t i = 0; i < rpt_kind_count(); i++)
		if (k->unit[0] == '\0' || (k->roles & rpt_kinds[i].roles))
			FJ_TRY(each_period(&rpt_kinds[i], k->year, go_on, add_report, k, err));
	return FJ_OK;
}

/* --- for the list of what is due --- */

struct terms {
	struct iss_call *c;
	const char *finance; /* by whose profile; "": the defaults */
	fj_time until;
	json_t *list;
};

/* who owes it: finance departments, for the half-year the pilot units of 167·二(一) too, and of the
 * yearly ones who was a party of an authorisation within the period */
static enum fj_rc add_term(void *ctx, const struct rpt_kind *kind, const char *period, struct fj_err *err)
{
	struct terms *t = ctx;
	struct rpt_key key = {.kind = kind};
	const char *side = kind->roles == ISS_IMPLEMENTER ? "implementer" : kind->roles == ISS_OPERATOR ? "operator" : "";
	fj_time due;

	FJ_TRY(rpt_period(kind, period, &key, err));
	FJ_TRY(rpt_due(t->c, t->finance, &key, &due, err));
	due += 86399; /* the day counts whole */
	if (due > t->until)
		return FJ_OK;
	return json_array_append_new(t->list, json_pack("{s:s, s:s, s:s, s:s, s:I, s:b, s:s, s:I, s:I, s:I}", "finance", t->finance, "kind", kind->name, "code", kind->code, "period",
	    period, "roles", (json_int_t)(side[0] != '\0' ? kind->roles : ISS_FINANCE), "pilot", kind->half, "side", side, "from", (json_int_t)key.from, "to", (json_int_t)key.to, "due",
	    (json_int_t)due)) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc terms_of(struct terms *t, int year, struct fj_err *err)
{
	bool go_on;

	FJ_TRY(prf_flag(t->c, t->finance, "report.after_2026", &go_on, err));
	for (size_t i = 0; i < rpt_kind_count(); i++)
		FJ_TRY(each_period(&rpt_kinds[i], year, go_on, add_term, t, err));
	return FJ_OK;
}

enum fj_rc rpt_terms(struct iss_call *c, fj_time until, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) list = json_array();
	struct terms t = {c, "", until, list};
	int year = fj_date_of(c->now, FJ_CHINA_OFFSET).y;
	bool row;

	FJ_TRY(terms_of(&t, year, err));
	FJ_TRY(sto_query(c->db, STO_PROFILE_OWNERS, &q, err, ""));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return fj_json_canonical(list, out, err);
		t.finance = sto_text(&q, 0);
		FJ_TRY(terms_of(&t, year, err));
	}
}

/* --- as a file --- */

static enum fj_rc event(struct fj_buf *b, const struct calendar *k, const json_t *item)
{
	const char *id = fj_json_text(item, "id");
	FJ_AUTO(buf) text = FJ_BUF_INIT(1024);
	char uid[120];
	bool pilot = strncmp(id, "pilot", 5) == 0;

	snprintf(uid, sizeof(uid), "%s%s%s@fujie", id, pilot ? "-" : "", pilot ? k->unit : "");
	FJ_TRY(fj_buf_printf(&text, "%s\n%s", fj_json_text(json_object_get(item, "name"), "en"), fj_json_text(item, "clause")));
	const struct ical_day d = {.uid = uid, .day = fj_json_text(item, "due"), .summary = fj_json_text(json_object_get(item, "name"), "zh"), .text = fj_buf_str(&text),
		.alarm = strcmp(fj_json_text(item, "state"), "FIXED") != 0};
	return ical_put(b, &d, k->c->now);
}

static enum fj_rc write_file(const struct calendar *k, struct fj_buf *b)
{
	size_t i;
	json_t *v;

	FJ_TRY(ical_begin(b, "Reports"));
	json_array_foreach(k->items, i, v)
		FJ_TRY(event(b, k, v));
	return ical_end(b);
}

struct dated {
	json_t *item;
};

static int by_day(const void *a, const void *b)
{
	const struct dated *x = a, *y = b;
	int d = strcmp(fj_json_text(x->item, "due"), fj_json_text(y->item, "due"));

	return d != 0 ? d : strcmp(fj_json_text(x->item, "id"), fj_json_text(y->item, "id"));
}

static enum fj_rc in_order(struct calendar *k, struct fj_err *err)
{
	size_t n = json_array_size(k->items), i;
	FJ_AUTO(mem) room = fj_alloc(n + 1, sizeof(struct dated));
	struct dated *list = room;
	json_t *v, *sorted = json_array();

	if (room == NULL || sorted == NULL) {
		json_decref(sorted);
		return fj_no_memory(err, "issuer");
	}
	json_array_foreach(k->items, i, v)
		list[i].item = v;
	qsort(list, n, sizeof(*list), by_day);
	for (i = 0; i < n; i++)
		json_array_append(sorted, list[i].item);
	json_decref(k->items);
	k->items = sorted;
	return FJ_OK;
}

static enum fj_rc whose(struct calendar *k, struct fj_err *err)
{
	const char *unit = fj_json_peek(k->c->params, "unit");
	FJ_AUTO(dom_org) o = {.affiliates = NULL};

	FJ_TRY(fj_strcopy(k->unit, sizeof(k->unit), unit != NULL ? unit : k->c->actor->org));
	if (k->unit[0] == '\0')
		return fj_strcopy(k->finance, sizeof(k->finance), k->c->iss->keeper);
	FJ_TRY(dom_org_get(k->c->db, k->unit, &o, err));
	k->roles = o.roles;
	return fj_strcopy(k->finance, sizeof(k->finance), o.finance[0] != '\0' ? o.finance : o.usci);
}

/* the calendar has what the unit's roles could report; this is what it has to (deadline.list) */
static enum fj_rc owed(struct calendar *k, struct fj_err *err)
{
	FJ_AUTO(buf) terms = FJ_BUF_INIT(1u << 20);
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(rpt_terms(k->c, k->c->now + 366 * 86400, &terms, err));
	FJ_TRY(sto_query(k->c->db, STO_REPORTS_OWED, &q, err, "tt", k->unit, fj_buf_str(&terms)));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(fj_json_set(k->owed, sto_text(&q, 2), json_true()));
	}
}

static enum fj_rc make(struct calendar *k, struct fj_err *err)
{
	FJ_TRY(whose(k, err));
	FJ_TRY(owed(k, err));
	FJ_TRY(milestones(k, err));
	FJ_TRY(reports(k, err));
	return in_order(k, err);
}

static enum fj_rc answer(struct calendar *k, struct fj_err *err)
{
	const char *format = fj_json_peek(k->c->params, "format");
	FJ_AUTO(buf) file = FJ_BUF_INIT(1u << 20);

	FJ_TRY(make(k, err));
	if (format == NULL || strcmp(format, "json") == 0) {
		k->c->answer = json_pack("{s:O, s:n}", "items", k->items, "next");
		return k->c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
	}
	FJ_TRY(write_file(k, &file));
	return fnd_file(k->c, "reports.ics", "text/calendar; charset=utf-8", &file, err);
}

enum fj_rc cmd_report_calendar(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) owing = json_object();
	struct calendar k = {.c = c, .items = json_array(), .year = fj_date_of(c->now, FJ_CHINA_OFFSET).y, .owed = owing};

	enum fj_rc rc = answer(&k, err);
	json_decref(k.items);
	return rc;
}
