/*
 * deadline.c - what is due, and what is overdue (R20).
 *
 * Terms in working days are worked out when they begin and stand with what they
 * bind: a registration in its present state, an open objection, a plan that was
 * agreed and is not filed.  A certificate is listed once its renewal window is
 * open, an authorisation while an asset of it has no query code of 26号's first
 * registration, a remittance while it is not paid in full, a report until it is
 * fixed.  Nothing here refuses: an office that is late is shown, and so is its head.
 */
#include "issuer/find.h"
#include "issuer/ical.h"
#include "issuer/profile.h"
#include "issuer/reporting.h"

#define DAY 86400
#define MAX_FILE 5000 /* days in a file */

static const char *const formats[] = {"json", "ics", NULL};
const struct iss_field fld_deadline[] = {
	{"after", ISS_F_STR, false, 80, "起始", "start after this one"},
	ISS_FIELD_LIMIT,
	{"days", ISS_F_INT, false, 366, "今后天数", "due within so many days, 30 by default, 366 for a file"},
	{"format", ISS_F_STR, false, 4, "格式", "format: json (default) or ics, a file for calendars", formats, "RFC 5545"},
	{0},
};

static bool as_file(const struct iss_call *c)
{
	return strcmp(fj_json_text(c->params, "format"), "ics") == 0;
}

/* the actor's own: as holder, superior or finance department; whoever reads the home sees all */
static enum fj_rc horizon_of(struct iss_call *c, fj_time *due, fj_time *ending, struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	int64_t days = as_file(c) ? 366 : ISS_DUE_DAYS, window = 60;

	FJ_TRY(fj_json_opt_int(c->params, "days", 0, 366, &days, err));
	if (c->actor->org[0] != '\0') {
		FJ_TRY(dom_org_get(c->db, c->actor->org, &o, err));
		FJ_TRY(prf_int(c, o.finance, "days.renewal", &window, err));
	}
	*due = c->now + days * DAY;
	*ending = c->now + window * DAY;
	return FJ_OK;
}

static json_t *to_json(struct sto *db, const struct sto_q *q, fj_time now)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	char due[FJ_TIME_CAP], day[FJ_TIME_CAP];
	bool known = dom_org_get(db, sto_text(q, 4), &o, NULL) == FJ_OK;

	fj_time_utc(sto_int(q, 0), due);
	fj_date_china(sto_int(q, 0), day);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "due", due, "day", day, "kind", sto_text(q, 1), "id", sto_text(q, 2), "asset_no", sto_text(q, 3),
	    "holder", sto_text(q, 4), "holder_name", known ? o.name : "", "state", sto_text(q, 5), "overdue", now > sto_int(q, 0) && strcmp(sto_text(q, 5), "NOTICED") != 0);
}

/* what is asked for, the same for every page */
struct span {
	fj_time due, ending;
	struct fj_buf terms; /* of reports (rpt_terms) */
};

/* one page after "seconds id" of the last one seen; next "" at the end */
static enum fj_rc page(struct iss_call *c, const struct span *s, const char *after, int64_t limit, json_t *items, char next[80], struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *id = strchr(after, ' ');
	char at[24], last[80] = "";
	int64_t n = 0;
	bool row;

	snprintf(at, sizeof(at), "%.20s", after);
	FJ_TRY(sto_query(c->db, STO_DEADLINES, &q, err, "tiiitit", c->actor->org, (int64_t)s->due, (int64_t)s->ending, (int64_t)strtoll(at, NULL, 10),
	    id == NULL ? "" : id + 1, limit, fj_buf_str(&s->terms)));
	for (;; n++) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		snprintf(last, sizeof(last), "%lld %.50s", (long long)sto_int(&q, 0), sto_text(&q, 2));
		if (json_array_append_new(items, to_json(c->db, &q, c->now)) != 0)
			return fj_no_memory(err, "issuer");
	}
	snprintf(next, 80, "%s", n == limit ? last : "");
	return FJ_OK;
}

/* --- as a file for calendars --- */

static const struct {
	const char *kind, *zh, *en, *basis;
} kinds[] = {
	{"registration", "登记办理期限", "Step of a registration", "26号 arts. 9 to 12"}, {"objection", "异议核实期限", "Objection", "35号 art. 25"},
	{"certificate", "证书到期", "End of a certificate", "26号 art. 15"}, {"first-registration", "公共数据资源首次登记", "First registration of Measures No. 26", "26号 art. 9(一)"},
	{"evaluation", "运营成效评价", "Evaluation", "27号 art. 14(九)"}, {"order", "答复监管指令", "Answer to a supervision order", "167·三(三)"},
	{"complaint", "答复投诉", "Answer to a complaint", "R10"}, {"exit", "退出办理", "Exit", "27号 art. 14(九)"}, {"price-review", "核定价格评估", "Review of a price", "65号 五"},
	{"remittance", "收益上缴", "Remittance", "R28"}, {"filing", "实施方案和协议备案", "Filing of plan and agreement", "27号 arts. 11, 13"}, {"report", "报告", "Report", "R31"},
};

/* a report's day has the name that it has in the calendar of reports, so that a calendar which takes both has it once */
static enum fj_rc put(struct fj_buf *b, const json_t *item, fj_time now)
{
	const char *kind = fj_json_text(item, "kind"), *id = fj_json_text(item, "id");
	bool report = strcmp(kind, "report") == 0;
	char uid[120], zh[240], en[240], title_zh[160] = "", title_en[160] = "";
	size_t k = 0;

	while (k + 1 < FJ_ARRAY_LEN(kinds) && strcmp(kinds[k].kind, kind) != 0)
		k++;
	if (report)
		rpt_title(id, title_zh, title_en);
	snprintf(uid, sizeof(uid), "%s%s%.60s@fujie", report ? "" : kind, report ? "" : "-", id);
	snprintf(zh, sizeof(zh), "%.150s %.60s", report ? title_zh : kinds[k].zh, id);
	snprintf(en, sizeof(en), "%.150s\n%s", report ? title_en : kinds[k].en, kinds[k].basis);
	const struct ical_day d = {.uid = uid, .day = fj_json_text(item, "day"), .summary = zh, .text = en, .alarm = !json_is_true(json_object_get(item, "overdue"))};
	return ical_put(b, &d, now);
}

static enum fj_rc write_file(struct iss_call *c, const struct span *s, struct fj_buf *file, struct fj_err *err)
{
	char next[80] = "", after[80];
	size_t n = 0, i;
	json_t *v;

	enum fj_rc rc = ical_begin(file, "Deadlines");
	do {
		FJ_AUTO(json) items = json_array();
		memcpy(after, next, sizeof(after));
		FJ_TRY(page(c, s, after, 1000, items, next, err));
		json_array_foreach(items, i, v)
			rc = rc == FJ_OK ? put(file, v, c->now) : rc;
		n += json_array_size(items);
	} while (next[0] != '\0' && n < MAX_FILE);
	if (rc == FJ_OK)
		rc = ical_end(file);
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "issuer", NULL, "the calendar takes more than %zu octets; ask for fewer days", file->max);
}

static enum fj_rc answer(struct iss_call *c, struct span *s, struct fj_err *err)
{
	FJ_AUTO(json) items = json_array();
	FJ_AUTO(buf) file = FJ_BUF_INIT(MAX_FILE * 1024);
	char next[80] = "";
	const char *after;
	int64_t limit;

	FJ_TRY(horizon_of(c, &s->due, &s->ending, err));
	FJ_TRY(rpt_terms(c, s->due, &s->terms, err));
	if (as_file(c)) {
		FJ_TRY(write_file(c, s, &file, err));
		return fnd_file(c, "deadlines.ics", "text/calendar; charset=utf-8", &file, err);
	}
	iss_page(c, &after, &limit);
	FJ_TRY(page(c, s, after, limit, items, next, err));
	c->answer = json_pack("{s:O, s:s?}", "items", items, "next", next[0] != '\0' ? next : NULL);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_deadline_list(struct iss_call *c, struct fj_err *err)
{
	struct span s = {.terms = FJ_BUF_INIT(1u << 20)};

	enum fj_rc rc = answer(c, &s, err);
	fj_buf_release(&s.terms);
	return rc;
}
