/*
 * plan.c - 授权运营实施方案: the record of a course of authorised operation.
 *
 * One row a plan: its state, its parties, and one document to which each step adds
 * its part, so that what was approved, deliberated, agreed and disclosed stands
 * together.  The steps are those of plan_steps.c; the legal moves are rows of
 * state.c.  A plan of the short course (data that is not public) is there for the
 * record and for its agreement; its only step is the grant.
 */
#include "issuer/plan.h"

#include "base/jws.h"
#include "issuer/state.h"

#define MAX_DOC (1u << 20)

void dom_plan_release(struct dom_plan *p)
{
	json_decref(p->doc);
	p->doc = NULL;
}

static enum fj_rc from_row(const struct sto_q *q, struct dom_plan *p, struct fj_err *err)
{
	const struct sto_copy texts[] = {STO_COPY(0, p->id), STO_COPY(1, p->course), STO_COPY(2, p->state), STO_COPY(3, p->holder), STO_COPY(4, p->implementer),
		STO_COPY(5, p->operator_), STO_COPY(8, p->approval), STO_COPY(9, p->authorisation)};

	FJ_TRY(sto_copy(q, texts, FJ_ARRAY_LEN(texts), "a plan", err));
	p->at = sto_int(q, 10);
	p->due = sto_int(q, 11);
	return fj_json_parse(fj_slice_str(sto_text(q, 7)), MAX_DOC, &p->doc, err);
}

enum fj_rc dom_plan_get(struct sto *db, const char *id, struct dom_plan *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	memset(out, 0, sizeof(*out));
	FJ_TRY(sto_first(db, STO_PLAN_GET, &q, id, err, "t", id));
	return from_row(&q, out, err);
}

enum fj_rc dom_plan_of(struct sto *db, const char *authorisation, struct dom_plan *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	memset(out, 0, sizeof(*out));
	FJ_TRY(sto_first(db, STO_PLAN_OF, &q, "a plan of this authorisation", err, "t", authorisation));
	return from_row(&q, out, err);
}

enum fj_rc dom_plan_own(const struct iss_call *c, const struct dom_plan *p, struct fj_err *err)
{
	if (strcmp(p->implementer, c->actor->org) == 0)
		return FJ_OK;
	return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md 7.3", "this plan is another implementing institution's", "该实施方案属于其他实施机构");
}

enum fj_rc dom_plan_next(const struct dom_plan *p, const char *act, const char **to, struct fj_err *err)
{
	if (strcmp(act, "activate") == 0 && p->authorisation[0] != '\0') {
		enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md 7", "authorisation %s came of this plan already", p->authorisation);
		fj_err_zh(err, "该实施方案已形成授权 %s", p->authorisation);
		return rc;
	}
	return iss_state_next(strcmp(p->course, "SHORT") == 0 ? ISS_OBJ_PLAN_SHORT : ISS_OBJ_PLAN, p->state, act, to, err);
}

/* --- events --- */

enum fj_rc dom_plan_begin(struct iss_call *c, const struct dom_scope *s, const char *course, char id[32], struct fj_err *err)
{
	iss_new_id("PR-", 12, id);
	FJ_AUTO(json) set = json_pack("{s:O}", "proposal", (json_t *)(uintptr_t)s->p);
	const char *operator_ = fj_json_peek(s->p, "operator");
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:O}", "course", course, "holder", s->holder, "implementer", c->actor->org, "operator",
	    operator_ == NULL ? "" : operator_, "person", c->actor->person, "to", "PROPOSED", "set", set);
	/* the short course brings its agreement along */
	if (set == NULL || body == NULL || (json_object_get(s->p, "agreement") != NULL && json_object_set(set, "agreement", json_object_get(s->p, "agreement")) != 0))
		return fj_no_memory(err, "issuer");
	return evt_append(c, "plan.proposed", id, body, err);
}

enum fj_rc apply_plan_proposed(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	FJ_AUTO(buf) doc = FJ_BUF_INIT(MAX_DOC);
	FJ_AUTO(dom_plan) again = {.doc = NULL};

	FJ_TRY(fj_json_canonical(json_object_get(b, "set"), &doc, err));
	FJ_TRY(sto_run(e->db, STO_PLAN_ADD, NULL, err, "ttttttt" "tii", e->object, fj_json_text(b, "course"), fj_json_text(b, "to"), fj_json_text(b, "holder"),
	    fj_json_text(b, "implementer"), fj_json_text(b, "operator"), fj_json_text(b, "person"), fj_buf_str(&doc), (int64_t)e->at, e->seq));
	return dom_plan_get(e->db, e->object, &again, err); /* what can't be read could never be withdrawn */
}

enum fj_rc dom_plan_step(struct iss_call *c, const struct dom_plan *p, const struct dom_plan_step *s, struct fj_err *err)
{
	FJ_AUTO(json) set = s->set != NULL ? s->set : json_object();
	FJ_AUTO(json) body = json_pack("{s:s, s:O}", "to", s->to, "set", set);

	if (body == NULL)
		return fj_no_memory(err, "issuer");
	if (s->operator_ != NULL)
		FJ_TRY(fj_json_set(body, "operator", json_string(s->operator_)));
	if (s->approval != NULL)
		FJ_TRY(fj_json_set(body, "approval", json_string(s->approval)));
	if (s->due > 0)
		FJ_TRY(fj_json_set(body, "due", json_integer((json_int_t)s->due)));
	return evt_append(c, s->event, p->id, body, err);
}

enum fj_rc apply_plan_step(const struct evt *e, struct fj_err *err)
{
	const char *operator_ = fj_json_peek(e->body, "operator"), *approval = fj_json_peek(e->body, "approval");
	FJ_AUTO(dom_plan) p = {.doc = NULL};
	FJ_AUTO(buf) doc = FJ_BUF_INIT(MAX_DOC);

	FJ_TRY(dom_plan_get(e->db, e->object, &p, err));
	if (json_object_update(p.doc, json_object_get(e->body, "set")) != 0)
		return fj_no_memory(err, "issuer");
	FJ_TRY(fj_json_canonical(p.doc, &doc, err));
	return sto_run(e->db, STO_PLAN_STEP, NULL, err, "ttttiit", fj_json_text(e->body, "to"), operator_ == NULL ? p.operator_ : operator_, fj_buf_str(&doc),
	    approval == NULL ? p.approval : approval, fj_json_num(e->body, "due"), e->seq, p.id);
}

/* --- what comes of it --- */

enum fj_rc dom_plan_scope(struct iss_call *c, const struct dom_plan *p, json_t **effective, struct dom_scope *out, struct fj_err *err)
{
	const json_t *agreement = json_object_get(p->doc, "agreement"), *term = json_object_get(agreement, "term");
	FJ_AUTO(json) e = json_copy(json_object_get(p->doc, "proposal"));

	if (e == NULL)
		return fj_no_memory(err, "issuer");
	if (agreement != NULL) {
		int bad = json_object_set(e, "certificates", json_object_get(agreement, "scope")) | json_object_set(e, "from", json_object_get(term, "from")) |
		    json_object_set(e, "to", json_object_get(term, "to"));
		if (bad != 0)
			return fj_no_memory(err, "issuer");
	}
	FJ_TRY(dom_scope_check(c, e, true, out, err));
	*effective = fj_move(e);
	return FJ_OK;
}

static enum fj_rc words_of(const json_t *list, struct fj_buf *b)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v) {
		const char *s = json_is_string(v) ? json_string_value(v) : fj_json_text(v, "name");
		if (fj_buf_printf(b, "%s%s", i > 0 ? "、" : "", s) != FJ_OK)
			return FJ_E_LIMIT;
	}
	return FJ_OK;
}

enum fj_rc dom_plan_disclosed(struct iss_call *c, const struct dom_plan *p, json_t **out, struct fj_err *err)
{
	const json_t *agreement = json_object_get(p->doc, "agreement"), *grant = json_object_get(json_object_get(p->doc, "proposal"), "grant");
	const json_t *term = json_object_get(agreement, "term");
	FJ_AUTO(dom_org) op = {.affiliates = NULL};
	FJ_AUTO(buf) content = FJ_BUF_INIT(65536);
	FJ_AUTO(buf) scope = FJ_BUF_INIT(65536);
	char object[640], days[64];

	FJ_TRY(dom_org_get(c->db, p->operator_, &op, err));
	snprintf(object, sizeof(object), "%s（%s）", op.name, op.usci);
	snprintf(days, sizeof(days), "%s 至 %s", fj_json_text(term, "from"), fj_json_text(term, "to"));
	if (words_of(json_object_get(agreement, "products"), &content) != FJ_OK || words_of(json_object_get(agreement, "scope"), &scope) != FJ_OK ||
	    fj_buf_puts(&scope, "；") != FJ_OK || words_of(json_object_get(grant, "territory"), &scope) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, "issuer", "27号 art. 18", "what is to be disclosed is too long");
	*out = json_pack("{s:s, s:s, s:s, s:s}", "object", object, "content", fj_buf_str(&content), "scope", fj_buf_str(&scope), "term", days);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- reading --- */

static json_t *line(const struct dom_plan *p)
{
	const json_t *proposal = json_object_get(p->doc, "proposal");
	char at[FJ_TIME_CAP];

	fj_time_utc(p->at, at);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", p->id, "course", p->course, "state", p->state, "holder", p->holder,
	    "implementer", p->implementer, "operator", p->operator_, "from", fj_json_text(proposal, "from"), "to", fj_json_text(proposal, "to"), "authorisation",
	    p->authorisation, "at", at);
}

/* until when it is to be filed, while that is waited for */
static enum fj_rc put_due(const struct dom_plan *p, fj_time now, json_t *out)
{
	char due[FJ_TIME_CAP];

	if (p->due == 0)
		return FJ_OK;
	fj_time_utc(p->due, due);
	FJ_TRY(fj_json_set(out, "due", json_string(due)));
	return fj_json_set(out, "overdue", json_boolean(now > p->due));
}

/* the data that it is about, and who decides on it now */
static enum fj_rc put_more(struct iss_call *c, const struct dom_plan *p, json_t *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	json_t *decides = NULL;
	char open[32];

	FJ_TRY(sto_first(c->db, STO_PLAN_NAMES, &q, p->id, err, "t", p->id));
	FJ_TRY(fj_json_set(out, "asset_names", json_string(sto_text(&q, 0))));
	FJ_TRY(dom_plan_waits(c, p->id, open, &decides, err));
	if (open[0] == '\0')
		return FJ_OK;
	FJ_TRY(fj_json_set(out, "waiting_for", decides));
	return fj_json_set(out, "approval", json_string(open));
}

enum fj_rc cmd_plan_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_plan) p = {.doc = NULL};
	json_t *disclosed = NULL, *changes = NULL;

	FJ_TRY(dom_plan_get(c->db, fj_json_peek(c->params, "id"), &p, err));
	c->answer = line(&p);
	if (c->answer == NULL || json_object_update(c->answer, p.doc) != 0)
		return fj_no_memory(err, "issuer");
	FJ_TRY(put_due(&p, c->now, c->answer));
	FJ_TRY(put_more(c, &p, c->answer, err));
	FJ_TRY(dom_plan_changes(c->db, &p, json_object_get(p.doc, "items"), json_object_get(p.doc, "agreement"), &changes, err));
	if (changes != NULL)
		FJ_TRY(fj_json_set(c->answer, "changes", changes));
	if (strcmp(p.state, "FILED") != 0 || json_object_get(p.doc, "disclosure") != NULL)
		return FJ_OK;
	FJ_TRY(dom_plan_disclosed(c, &p, &disclosed, err));
	return fj_json_set(c->answer, "to_disclose", disclosed);
}
