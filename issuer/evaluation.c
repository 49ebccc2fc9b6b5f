/*
 * evaluation.c - 运营成效评价: an authorisation's operation, judged period by period
 * (167·三(三); 27号 art. 14(九)).
 *
 * Indicators have weights in basis points and whole marks; the score is worked
 * out here, in integers, and nobody enters one.  Periods follow each other without
 * a gap, at the length that the agreement gives.  A period that is over and not
 * evaluated is overdue: nothing is refused that runs, but no new license is issued
 * and the authorisation is not renewed (R25), until it is evaluated.  The
 * evaluated operator and its affiliates do not evaluate.
 */
#include "base/jws.h"
#include "issuer/agreement.h"
#include "issuer/profile.h"
#include "issuer/registration.h"
#include "issuer/shape.h"
#include "issuer/state.h"
#include "issuer/supervision.h"

#define MAX_INDICATORS 50
#define DAY 86400

static const char *const conclusions[] = {"KEEP", "ADJUST", "RECLAIM", NULL};
const struct iss_field fld_evaluation_add[] = {
	{"number", ISS_F_STR, true, 40, "授权编号", "authorisation", .noun = "authorisation"},
	{"from", ISS_F_STR, true, 10, "评价期起", "first day of the period"},
	{"to", ISS_F_STR, true, 10, "评价期止", "last day of the period"},
	{"indicators", ISS_F_JSON, true, 1, "评价指标", "indicators", .members = shp_indicators, .shape = ISS_ROWS},
	{"conclusion", ISS_F_STR, true, 8, "评价结论", "what follows from it", conclusions, "domain.md 4.13"},
	{"report", ISS_F_FILE, true, SUP_FILE, "评价报告", "the report"},
	{"note", ISS_F_STR, false, 400, "说明", "note"},
	{0},
};
const struct iss_field fld_evaluation_compute[] = {{"indicators", ISS_F_JSON, true, 1, "评价指标", "indicators", .members = shp_indicators, .shape = ISS_ROWS}, {0}};
static const char *const to_do[] = {"ADJUST", "RECLAIM", NULL};
const struct iss_field fld_evaluation_list[] = {
	{"after", ISS_F_STR, false, 64, "起始", "start after this one"},
	ISS_FIELD_LIMIT,
	{"number", ISS_F_STR, false, 40, "授权编号", "of this authorisation"},
	{"state", ISS_F_STR, false, 8, "待落实的结论", "that concluded this, which is not done yet", to_do, "domain.md 4.13"},
	{"turn", ISS_F_STR, false, 18, "待其办理", "whose conclusion this implementing institution has to carry out"},
	{0},
};
const struct iss_field fld_supervision_list[] = {
	{"after", ISS_F_STR, false, 64, "起始", "start after this one"},
	ISS_FIELD_LIMIT,
	{"number", ISS_F_STR, false, 40, "授权编号", "of this authorisation"},
	{0},
};

static enum fj_rc no(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, "issuer", "27号 art. 14(九)", en, zh);
}

/* --- the score --- */

enum fj_rc evl_score(const json_t *indicators, int64_t *score_bp, struct fj_err *err)
{
	static const char *const known[] = {"name", "score", "weight_bp", NULL};
	int64_t weights = 0, points = 0;
	size_t i;
	json_t *v;

	if (!json_is_array(indicators) || json_array_size(indicators) == 0 || json_array_size(indicators) > MAX_INDICATORS)
		return no(err, "there are 1 to 50 indicators", "评价指标应为 1 至 50 项");
	json_array_foreach(indicators, i, v) {
		const char *name;
		int64_t weight, score;
		if (fj_json_only(v, known, NULL) != FJ_OK || fj_json_str(v, "name", 120, &name, NULL) != FJ_OK || !iss_said(name) ||
		    fj_json_int(v, "weight_bp", 1, 10000, &weight, NULL) != FJ_OK || fj_json_int(v, "score", 0, 100, &score, NULL) != FJ_OK)
			return no(err, "an indicator has a name, a weight of 1 to 10000 basis points and a whole score of 0 to 100",
			    "评价指标应有名称、0.01% 至 100% 的权重和 0 至 100 的整数得分");
		weights += weight;
		points += weight * score;
	}
	if (weights != 10000)
		return no(err, "the weights sum to 100 per cent (10000 basis points); correct them", "各项指标权重之和应为 100%，请更正");
	*score_bp = points / 100;
	return FJ_OK;
}

/* the score of such indicators; nothing is entered */
enum fj_rc cmd_evaluation_compute(struct iss_call *c, struct fj_err *err)
{
	int64_t score_bp;

	FJ_TRY(evl_score(json_object_get(c->params, "indicators"), &score_bp, err));
	c->answer = json_pack("{s:I, s:I}", "score", (json_int_t)(score_bp / 100), "score_bp", (json_int_t)score_bp);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- periods --- */

static fj_time day_of(fj_time t)
{
	return fj_time_of(fj_date_of(t, FJ_CHINA_OFFSET), 0, 0, 0, FJ_CHINA_OFFSET);
}

fj_time evl_period_end(fj_time from, int64_t months)
{
	struct fj_date d = fj_date_of(from, FJ_CHINA_OFFSET);
	int all = d.y * 12 + d.m - 1 + (int)months;
	fj_time month = fj_time_of((struct fj_date){all / 12, all % 12 + 1, 1}, 0, 0, 0, FJ_CHINA_OFFSET);
	fj_time next = fj_time_of((struct fj_date){(all + 1) / 12, (all + 1) % 12 + 1, 1}, 0, 0, 0, FJ_CHINA_OFFSET);
	fj_time day = month + (fj_time)(d.d - 1) * DAY;

	return (day > next ? next : day) - 1; /* a day that the month has not counts as the next month's first */
}

enum fj_rc evl_first(struct iss_call *c, const char *finance, const json_t *agreement, fj_time from, json_t *body, struct fj_err *err)
{
	int64_t months = fj_json_num(json_object_get(agreement, "evaluation"), "months");

	if (months <= 0)
		FJ_TRY(prf_int(c, finance, "evaluation.months", &months, err));
	return fj_json_set(body, "evaluation", json_pack("{s:I, s:I}", "months", (json_int_t)months, "due", (json_int_t)evl_period_end(from, months)));
}

enum fj_rc evl_apply_first(const struct evt *e, const json_t *body, struct fj_err *err)
{
	const json_t *v = json_object_get(body, "evaluation");
	fj_time from = fj_json_num(json_object_get(body, "payload"), "nbf");
	int64_t months = v == NULL ? 12 : fj_json_num(v, "months"); /* older events say nothing: the default of then */
	fj_time due = v == NULL ? evl_period_end(from, months) : fj_json_num(v, "due");

	return sto_run(e->db, STO_EVAL_DUE_ADD, NULL, err, "tiii", e->object, months, (int64_t)day_of(from), (int64_t)due);
}

struct term {
	int64_t months;
	fj_time since, due; /* since: first day that is not evaluated */
	char conclusion[12];
};

static enum fj_rc term_of(struct sto *db, const char *authorisation, struct term *t, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_EVAL_DUE_GET, &q, authorisation, err, "t", authorisation));
	t->months = sto_int(&q, 0);
	t->since = sto_int(&q, 1);
	t->due = sto_int(&q, 2);
	return fj_strcopy(t->conclusion, sizeof(t->conclusion), sto_text(&q, 3));
}

enum fj_rc evl_into(struct sto *db, const char *authorisation, fj_time now, json_t *shown, struct fj_err *err)
{
	struct term t;
	char due[FJ_TIME_CAP];

	FJ_TRY(term_of(db, authorisation, &t, err));
	fj_date_china(t.due, due);
	FJ_TRY(fj_json_set(shown, "evaluation_due", json_string(due)));
	return fj_json_set(shown, "evaluation_overdue", json_boolean(now > t.due));
}

/* --- adding one --- */

/* an assessor who is not the operator's, or the authorisation's implementer */
static enum fj_rc check_evaluator(struct iss_call *c, const struct dom_auth *a, const char **role, struct fj_err *err)
{
	FJ_AUTO(dom_org) op = {.affiliates = NULL};
	FJ_AUTO(dom_org) own = {.affiliates = NULL};
	const char *org = c->actor->org;

	*role = (c->acting & ISS_IMPLEMENTER) && strcmp(a->implementer, org) == 0 ? "IMPLEMENTER" : c->acting & ISS_ASSESSOR ? "ASSESSOR" : NULL;
	if (*role == NULL)
		return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md 7.3", "an authorisation is evaluated by its implementing institution or by an assessor",
		    "授权运营成效应由其实施机构或第三方评估机构评价");
	FJ_TRY(dom_org_get(c->db, a->operator_, &op, err));
	FJ_TRY(dom_org_get(c->db, org, &own, err));
	return iss_rule_no_evaluation_by_the_evaluated(strcmp(org, op.usci) == 0 || fj_list_has(op.affiliates, org) || fj_list_has(own.affiliates, op.usci), err);
}

/* which days may be evaluated: those of the term that are over, today too */
static enum fj_rc no_such_period(const struct iss_call *c, const struct dom_auth *a, const char *field, struct fj_err *err)
{
	char first[FJ_TIME_CAP], last[FJ_TIME_CAP];

	fj_date_china(a->not_before, first);
	fj_date_china(a->not_after < c->now ? a->not_after : c->now, last);
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "27号 art. 14(九)", "the period lies within the days of the authorisation that are over, %s to %s, and ends no earlier than it begins; correct it", first, last);
	fj_err_zh(err, "评价期应在授权期限内已经过的 %s 至 %s 之间，起不晚于止，请更正", first, last);
	return fj_err_at(err, rc, field);
}

static enum fj_rc read_period(struct iss_call *c, const struct dom_auth *a, const struct term *t, fj_time *to, struct fj_err *err)
{
	fj_time from;

	FJ_TRY(fj_date_parse(fj_json_text(c->params, "from"), &from, err));
	FJ_TRY(fj_date_parse(fj_json_text(c->params, "to"), to, err));
	if (from < day_of(a->not_before) || from > *to || *to > c->now)
		return no_such_period(c, a, from < day_of(a->not_before) ? "from" : "to", err);
	if (from <= t->since && *to >= t->since)
		return FJ_OK;
	char next[FJ_TIME_CAP];
	fj_date_china(t->since, next);
	enum fj_rc rc = from > t->since ? fj_fail(err, FJ_E_INVALID, "issuer", "27号 art. 14(九)", "the period leaves a gap: %s is the first day that is not evaluated; begin no later", next)
	    : fj_fail(err, FJ_E_INVALID, "issuer", "27号 art. 14(九)", "this period is evaluated already: %s is the first day that is not; end no earlier", next);
	if (from > t->since)
		fj_err_zh(err, "评价期之间有间隔：%s 起尚未评价，起始日不得晚于该日", next);
	else
		fj_err_zh(err, "该期间已评价：%s 起尚未评价，截止日不得早于该日", next);
	return fj_err_at(err, rc, from > t->since ? "from" : "to");
}

/* of the next period, by the agreement of now */
static enum fj_rc months_of(struct sto *db, const char *authorisation, int64_t *months, struct fj_err *err)
{
	FJ_AUTO(json) agreement = NULL;

	enum fj_rc rc = dom_agreement_get(db, authorisation, &agreement, err);
	int64_t agreed = rc == FJ_OK ? fj_json_num(json_object_get(agreement, "evaluation"), "months") : 0;
	*months = agreed > 0 ? agreed : *months;
	return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
}

static enum fj_rc record(struct iss_call *c, const struct dom_auth *a, const char *role, const struct term *t, fj_time to, int64_t score_bp, struct fj_err *err)
{
	struct sup_file report;
	char id[32];

	iss_new_id("EV-", 12, id);
	FJ_TRY(sup_keep(c, "report", "EVALUATION", "运营成效评价报告", &report, err));
	int64_t months = t->months;
	FJ_TRY(months_of(c->db, a->number, &months, err));
	const fj_time since = to + DAY, due = evl_period_end(since, months);
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:O, s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "authorisation", a->number, "org", c->actor->org,
	    "role", role, "from", fj_json_text(c->params, "from"), "to", fj_json_text(c->params, "to"), "indicators", json_object_get(c->params, "indicators"),
	    "score_bp", (json_int_t)score_bp, "conclusion", fj_json_text(c->params, "conclusion"), "material", report.id, "sha256", report.sha256,
	    "note", fj_json_text(c->params, "note"), "person", c->actor->person, "since", (json_int_t)since, "due", (json_int_t)due);
	FJ_TRY(evt_append(c, "evaluation.added", id, body, err));
	char next[FJ_TIME_CAP];
	fj_date_china(due, next);
	c->answer = json_pack("{s:s, s:s, s:I, s:I, s:s, s:s}", "id", id, "authorisation", a->number, "score", (json_int_t)(score_bp / 100), "score_bp", (json_int_t)score_bp,
	    "conclusion", fj_json_text(c->params, "conclusion"), "next_due", next);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_evaluation_add(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	const char *role, *to_state;
	struct term t;
	fj_time to;
	int64_t score_bp;

	FJ_TRY(sup_authorisation(c, &a, err));
	FJ_TRY(check_evaluator(c, &a, &role, err));
	FJ_TRY(iss_state_next(ISS_OBJ_AUTHORISATION, a.state, "evaluate", &to_state, err));
	FJ_TRY(term_of(c->db, a.number, &t, err));
	FJ_TRY(read_period(c, &a, &t, &to, err));
	FJ_TRY(evl_score(json_object_get(c->params, "indicators"), &score_bp, err));
	return record(c, &a, role, &t, to, score_bp, err);
}

enum fj_rc apply_evaluation_added(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	FJ_AUTO(buf) list = FJ_BUF_INIT(65536);

	FJ_TRY(fj_json_canonical(json_object_get(b, "indicators"), &list, err));
	FJ_TRY(sto_run(e->db, STO_EVAL_ADD, NULL, err, "ttttttt" "itttttii", e->object, fj_json_text(b, "authorisation"), fj_json_text(b, "org"), fj_json_text(b, "role"),
	    fj_json_text(b, "from"), fj_json_text(b, "to"), fj_buf_str(&list), fj_json_num(b, "score_bp"), fj_json_text(b, "conclusion"), fj_json_text(b, "material"),
	    fj_json_text(b, "sha256"), fj_json_text(b, "note"), fj_json_text(b, "person"), (int64_t)e->at, e->seq));
	return sto_run(e->db, STO_EVAL_DUE_SET, NULL, err, "iitt", fj_json_num(b, "since"), fj_json_num(b, "due"), fj_json_text(b, "conclusion"),
	    fj_json_text(b, "authorisation"));
}

/* --- what an overdue evaluation stops (R25) --- */

enum fj_rc sup_may_license(struct iss_call *c, const struct dom_auth *a, struct fj_err *err)
{
	struct term t;

	FJ_TRY(term_of(c->db, a->number, &t, err));
	FJ_TRY(iss_rule_no_license_without_evaluation(c->now > t.due, err));
	return adj_none_pending(c, a->number, err);
}

/* A renewal follows a running authorisation of the operator on the same asset, and rests on its
 * evaluation; one beside it has to wait only while an evaluation is overdue. */
static enum fj_rc check_before(struct iss_call *c, const char *certificate, const char *operator_, fj_time from, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(c->db, STO_EVAL_BEFORE, &q, err, "tt", operator_, certificate));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		fj_time due = sto_int(&q, 1), end = sto_int(&q, 2);
		bool overdue = c->now > due && due <= end, follows = from > end || c->now > end;
		FJ_TRY(iss_rule_no_renewal_without_evaluation(sto_text(&q, 0), overdue || (follows && sto_text(&q, 3)[0] == '\0'),
		    strcmp(sto_text(&q, 3), "RECLAIM") == 0, err));
	}
}

enum fj_rc sup_may_grant(struct iss_call *c, const json_t *certificates, const char *operator_, fj_time from, struct fj_err *err)
{
	size_t i;
	json_t *v;
	bool row;
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_query(c->db, STO_ORDER_DISQUALIFIES, &q, err, "t", operator_));
		FJ_TRY(sto_step(&q, &row, err));
		FJ_TRY(iss_rule_no_disqualified_operator(row ? sto_text(&q, 0) : NULL, err));
	}
	json_array_foreach(certificates, i, v)
		FJ_TRY(check_before(c, json_string_value(v), operator_, from, err));
	return FJ_OK;
}

/* --- reading --- */

/* what came of a conclusion to narrow: the version, or the request and who decides it */
static json_t *followed(const struct sto_q *q, json_t *shown)
{
	const char *asked = sto_text(q, 16), *by = sto_text(q, 17);
	bool narrow = strcmp(sto_text(q, 8), "ADJUST") == 0;

	if (narrow && sto_int(q, 15) > 0)
		json_object_set_new(shown, "narrowed_version", json_integer((json_int_t)sto_int(q, 15)));
	else if (narrow && asked[0] != '\0')
		json_object_update_new(shown, json_pack("{s:s, s:{s:s}}", "approval", asked, "waiting_for", "org", by));
	return shown;
}

static json_t *to_json(const struct sto_q *q, fj_time now)
{
	char at[FJ_TIME_CAP];

	(void)now;
	fj_time_utc(sto_int(q, 12), at);
	return followed(q, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:b}", "id", sto_text(q, 0), "authorisation", sto_text(q, 1), "authorisation_state",
	    sto_text(q, 14), "implementer", sto_text(q, 13), "org", sto_text(q, 2),
	    "role", sto_text(q, 3), "from", sto_text(q, 4), "to", sto_text(q, 5), "score", (json_int_t)(sto_int(q, 7) / 100), "score_bp", (json_int_t)sto_int(q, 7),
	    "conclusion", sto_text(q, 8), "material", sto_text(q, 9), "sha256", sto_text(q, 10), "note", sto_text(q, 11), "at", at, "waits", sto_int(q, 18) != 0));
}

enum fj_rc cmd_evaluation_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *id = fj_json_peek(c->params, "id");

	FJ_TRY(sto_first(c->db, STO_EVAL_GET, &q, id, err, "it", (int64_t)c->now, id));
	c->answer = to_json(&q, c->now);
	return fj_json_set(c->answer, "indicators", sup_json(sto_text(&q, 6)));
}

enum fj_rc cmd_evaluation_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *after;
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, STO_EVAL_LIST, &q, err, "ittitt", (int64_t)c->now, after, fj_json_text(c->params, "number"), limit, fj_json_text(c->params, "state"), fj_json_text(c->params, "turn")));
	return dom_list_page(c, &q, to_json, "id", limit, err);
}
