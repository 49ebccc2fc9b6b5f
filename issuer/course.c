/*
 * course.c - registration.course: a registration step by step, what was done, by whom, when
 * and on what clause; what comes next, whose turn it is and until when.
 *
 * What was done are its events, and those of the objections and the certificate that belong to it; what
 * is still to come are the stages of its course that no event has passed.  Reads only, decides nothing:
 * the register's state tables do.
 */
#include "issuer/course.h"

#include "issuer/domain.h"
#include "issuer/find.h"
#include "issuer/profile.h"
#include "issuer/registration.h"
#include "issuer/workday.h"

#define MAX_EVENTS 500

/* a stage of a course: the state that it starts from and the event that passes it */
static const struct stage {
	const char *from, *event, *command;
	enum iss_role role;
	bool full, brief; /* in the course of 26号; in the short one */
} stages[] = {
	{"", "registration.submitted", "registration.submit", ISS_HOLDER, true, true},
	{"SUBMITTED", "registration.endorsed", "registration.endorse", ISS_SUPERIOR, true, true},
	{"APPLIED", "registration.accepted", "registration.accept", ISS_FINANCE, true, false},
	{"ACCEPTED", "registration.reviewed", "registration.review", ISS_FINANCE, true, false},
	{"REVIEWED", "registration.noticed", "registration.notice", ISS_FINANCE, true, false},
	{"NOTICED", "registration.decided", "registration.decide", ISS_FINANCE, true, false},
	{"APPLIED", "registration.decided", "registration.decide", ISS_FINANCE, false, true},
	{"REGISTERED", "certificate.issued", "certificate.issue", ISS_FINANCE, true, true},
	{"REGISTERED", "registration.executed", "registration.execute", ISS_FINANCE, true, true},
};

struct course {
	struct iss_call *c;
	struct dom_reg reg;
	struct dom_org holder;
	json_t *steps;
	const struct stage *now; /* whose turn it is; NULL: nobody's */
};

static bool belongs(const struct course *s, const struct stage *t)
{
	bool ends = dom_reg_type(s->reg.type)->ends != NULL;

	if (strcmp(t->event, "registration.endorsed") == 0 && s->holder.dept[0] == '\0')
		return false;
	if (strcmp(t->from, "REGISTERED") == 0 && (strcmp(t->event, "registration.executed") == 0) != ends)
		return false;
	return strcmp(s->reg.path, "26") == 0 ? t->full : t->brief;
}

static bool of_this(const struct course *s, const char *kind, const char *object)
{
	if (strcmp(object, s->reg.id) == 0)
		return strncmp(kind, "registration.", 13) == 0 || strcmp(kind, "legacy.entered") == 0;
	if (strcmp(kind, "certificate.issued") == 0)
		return s->reg.certificate[0] != '\0' && strcmp(object, s->reg.certificate) == 0;
	return false;
}

enum fj_rc crs_done(const struct sto_q *q, json_t *steps, struct fj_err *err)
{
	const char *kind = sto_text(q, 4), *object = sto_text(q, 5);
	FJ_AUTO(json) body = NULL;
	char at[FJ_TIME_CAP];

	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(q, 7)), 1u << 20, &body, err));
	fj_time_utc(sto_int(q, 1), at);
	FJ_AUTO(json) step = json_pack("{s:s, s:s, s:s, s:s, s:I, s:{s:s, s:s}, s:{s:s, s:s}, s:s, s:s, s:b, s:s}", "state", "DONE", "event", kind, "at", at, "object", object, "seq", (json_int_t)sto_int(q, 0),
	    "actor", "login", sto_text(q, 2), "name", sto_text(q, 11), "org", "usci", sto_text(q, 3), "name", sto_text(q, 12), "behalf", fj_json_text(body, "behalf"), "note", fj_json_text(body, "note"),
	    "late", json_is_true(json_object_get(body, "late")), "approval", sto_text(q, 6));
	if (step != NULL && json_object_get(body, "missing") != NULL)
		json_object_set(step, "missing", json_object_get(body, "missing"));
	FJ_TRY(evt_word_into(kind, step, err));
	return json_array_append(steps, step) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc add_done(void *ctx, const struct sto_q *q, struct fj_slice before, struct fj_err *err)
{
	struct course *s = ctx;

	(void)before;
	return of_this(s, sto_text(q, 4), sto_text(q, 5)) ? crs_done(q, s->steps, err) : FJ_OK;
}

static bool passed(const struct course *s, const char *event)
{
	size_t i;
	json_t *v;

	json_array_foreach(s->steps, i, v)
		if (strcmp(fj_json_text(v, "event"), event) == 0)
			return true;
	return false;
}

static enum fj_rc add_stage(struct course *s, const struct stage *t, bool now, struct fj_err *err)
{
	const char *usci = t->role == ISS_SUPERIOR ? s->holder.dept : s->holder.finance;
	FJ_AUTO(dom_org) office = {.affiliates = NULL};

	FJ_TRY(dom_org_get(s->c->db, usci, &office, err));
	FJ_AUTO(json) step = json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s}}", "state", now ? "NOW" : "NEXT", "event", t->event, "command", t->command, "role", iss_role_name(t->role), "org", "usci", office.usci, "name",
	    office.name);
	FJ_TRY(evt_word_into(t->event, step, err));
	if (now)
		s->now = t;
	return json_array_append(s->steps, step) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

/* from the one whose turn it is on; nothing of what was refused, returned or taken back */
static enum fj_rc to_come(struct course *s, struct fj_err *err)
{
	bool begun = false;

	if (dom_reg_closed(s->reg.state))
		return FJ_OK;
	for (size_t i = 0; i < FJ_ARRAY_LEN(stages); i++) {
		const struct stage *t = &stages[i];
		bool now = !begun && strcmp(t->from, s->reg.state) == 0;
		if (!belongs(s, t) || passed(s, t->event) || !(begun || now))
			continue;
		FJ_TRY(add_stage(s, t, now, err));
		begun = true;
	}
	return FJ_OK;
}

/* who has to act, and how many working days are left; a notice runs until its end */
static enum fj_rc turn(struct course *s, json_t *out, struct fj_err *err)
{
	const json_t *step = json_array_get(s->steps, json_array_size(s->steps) - 1), *holidays, *workdays;
	fj_time due = s->reg.due;
	char at[FJ_TIME_CAP];

	if (s->now == NULL)
		return FJ_OK;
	for (size_t i = 0; i < json_array_size(s->steps); i++)
		if (strcmp(fj_json_text(json_array_get(s->steps, i), "state"), "NOW") == 0)
			step = json_array_get(s->steps, i);
	FJ_TRY(fj_json_set(out, "turn", json_pack("{s:s, s:O, s:s, s:O}", "role", iss_role_name(s->now->role), "org", json_object_get(step, "org"), "command", s->now->command, "what",
	    json_object_get(step, "what"))));
	if (due == 0)
		return FJ_OK;
	FJ_TRY(prf_json(s->c, s->holder.finance, "holidays", &holidays, err));
	FJ_TRY(prf_json(s->c, s->holder.finance, "workdays", &workdays, err));
	fj_time_utc(due, at);
	FJ_TRY(fj_json_set(out, "due", json_string(at)));
	return fj_json_set(out, "days_left", json_integer((json_int_t)wd_left(s->c->now, due, holidays, workdays)));
}

static enum fj_rc answer(struct course *s, struct fj_err *err)
{
	int64_t last;
	const struct dom_reg *r = &s->reg;

	FJ_TRY(fnd_events(s->c->db, r->id, 0, MAX_EVENTS, add_done, s, &last, err));
	if (r->certificate[0] != '\0' && !passed(s, "certificate.issued"))
		FJ_TRY(fnd_events(s->c->db, r->certificate, 0, MAX_EVENTS, add_done, s, &last, err));
	FJ_TRY(to_come(s, err));
	bool overdue = r->due != 0 && s->c->now > r->due && strcmp(r->state, "NOTICED") != 0;
	FJ_AUTO(json) out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:O, s:s, s:b, s:b}", "id", r->id, "asset_no", r->asset_no, "type", r->type, "path", r->path, "state", r->state, "steps", s->steps, "certificate",
	    r->certificate, "closed", dom_reg_closed(r->state), "overdue", overdue);
	FJ_TRY(turn(s, out, err));
	s->c->answer = fj_move(out);
	return s->c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_registration_course(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) steps = json_array();
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	struct course s = {.c = c, .steps = steps};

	FJ_TRY(dom_reg_get(c->db, fj_json_text(c->params, "id"), &s.reg, err));
	FJ_TRY(dom_org_get(c->db, s.reg.holder, &holder, err));
	s.holder = holder;
	return answer(&s, err);
}
