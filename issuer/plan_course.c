/*
 * plan_course.c - plan.course: authorised operation step by step, what was done, by whom,
 * when and on what clause; what comes next, whose turn it is and what is still to come.
 *
 * What was done are the plan's events; what is to come are the stages of its course that no
 * event has passed.  While somebody decides, it is that office's turn, else the implementing
 * institution's.  Reads only, decides nothing: the register's state tables do.
 */
#include "issuer/course.h"
#include "issuer/find.h"
#include "issuer/plan.h"

#define MAX_EVENTS 500

static const struct stage {
	const char *from, *event, *command, *kind; /* kind: of the approval that passes it; NULL: the act itself does */
	bool brief;                                /* in the short course too */
} stages[] = {
	{"PROPOSED", "plan.studied", "plan.study", NULL, false},
	{"FEASIBILITY", "plan.approved", "plan.submit", "plan.approve", false},
	{"SUPERIOR_AUDITED", "plan.approved", "plan.submit", "plan.approve", false},
	{"FINANCE_APPROVED", "plan.deliberated", "plan.deliberate", "plan.deliberate", false},
	{"PLAN_DELIBERATED", "plan.selected", "plan.select", NULL, false},
	{"OPERATOR_SELECTED", "plan.agreed", "plan.agree", "plan.agree", false},
	{"AGREED", "plan.filed", "plan.file", "plan.file", false},
	{"FILED", "authorisation.issued", "plan.activate", "authorisation.grant", true},
};

static const char *const kinds[] = {"plan.approve", "plan.deliberate", "plan.agree", "plan.file", "authorisation.grant"};

enum fj_rc dom_plan_waits(struct iss_call *c, const char *id, char approval[32], json_t **waiting_for, struct fj_err *err)
{
	*waiting_for = NULL;
	approval[0] = '\0';
	for (size_t i = 0; i < FJ_ARRAY_LEN(kinds) && approval[0] == '\0'; i++)
		FJ_TRY(apr_open_for(c, kinds[i], id, approval, err));
	return approval[0] == '\0' ? FJ_OK : apr_waits_for(c, approval, waiting_for, err);
}

struct course {
	struct iss_call *c;
	struct dom_plan *plan;
	const json_t *decides; /* whose decision is waited for; NULL: none is */
	json_t *steps, *turn;
};

static enum fj_rc add_done(void *ctx, const struct sto_q *q, struct fj_slice before, struct fj_err *err)
{
	struct course *s = ctx;

	(void)before;
	if (strcmp(sto_text(q, 5), s->plan->id) != 0 && strcmp(sto_text(q, 4), "authorisation.issued") != 0)
		return FJ_OK;
	return strncmp(sto_text(q, 4), "plan.", 5) == 0 || strcmp(sto_text(q, 4), "authorisation.issued") == 0 ? crs_done(q, s->steps, err) : FJ_OK;
}

/* who does it: the implementing institution, unless a decision is waited for now */
static enum fj_rc add_stage(struct course *s, const struct stage *t, bool now, struct fj_err *err)
{
	const json_t *decides = now ? s->decides : NULL;
	const char *usci = decides != NULL ? fj_json_text(decides, "org") : s->plan->implementer, *role = decides != NULL ? fj_json_text(decides, "role") : "IMPLEMENTER";
	FJ_AUTO(dom_org) office = {.affiliates = NULL};

	if (usci[0] != '\0')
		FJ_TRY(dom_org_get(s->c->db, usci, &office, err));
	FJ_AUTO(json) step = json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s}}", "state", now ? "NOW" : "NEXT", "event", t->event, "command", t->command, "role", role, "org", "usci", office.usci, "name",
	    office.name);
	FJ_TRY(evt_word_into(t->event, step, err));
	if (now)
		s->turn = json_pack("{s:s, s:O, s:s, s:O}", "role", role, "org", json_object_get(step, "org"), "command", decides != NULL ? "approval.approve" : t->command, "what", json_object_get(step, "what"));
	return json_array_append(s->steps, step) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc to_come(struct course *s, struct fj_err *err)
{
	bool brief = strcmp(s->plan->course, "SHORT") == 0, begun = false;
	const char *at = brief && strcmp(s->plan->state, "PROPOSED") == 0 ? "FILED" : s->plan->state; /* its only step is the last */

	for (size_t i = 0; i < FJ_ARRAY_LEN(stages); i++) {
		const struct stage *t = &stages[i];
		bool now = !begun && strcmp(t->from, at) == 0;
		bool twice = begun && i > 0 && strcmp(stages[i - 1].event, t->event) == 0;
		if ((brief && !t->brief) || twice || !(begun || now))
			continue;
		FJ_TRY(add_stage(s, t, now, err));
		begun = true;
	}
	return FJ_OK;
}

enum fj_rc cmd_plan_course(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_plan) p = {.doc = NULL};
	FJ_AUTO(json) steps = json_array();
	FJ_AUTO(json) decides = NULL;
	struct course s = {.c = c, .plan = &p, .steps = steps};
	char approval[32], due[FJ_TIME_CAP];
	int64_t last;

	FJ_TRY(dom_plan_get(c->db, fj_json_text(c->params, "id"), &p, err));
	FJ_TRY(dom_plan_waits(c, p.id, approval, &decides, err));
	s.decides = decides;
	FJ_TRY(fnd_events(c->db, p.id, 0, MAX_EVENTS, add_done, &s, &last, err));
	FJ_TRY(to_come(&s, err));
	FJ_AUTO(json) turn = s.turn;
	bool closed = strcmp(p.state, "REFUSED") == 0 || strcmp(p.state, "WITHDRAWN") == 0;
	c->answer = json_pack("{s:s, s:s, s:s, s:O, s:b, s:b, s:s, s:O*}", "id", p.id, "course", p.course, "state", p.state, "steps", steps, "closed", closed, "overdue", p.due != 0 && c->now > p.due, "approval", approval,
	    "turn", turn);
	if (c->answer == NULL)
		return fj_no_memory(err, "issuer");
	fj_time_utc(p.due, due);
	return p.due == 0 ? FJ_OK : fj_json_set(c->answer, "due", json_string(due));
}
