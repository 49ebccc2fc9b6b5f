/*
 * complaint.c - 投诉: what users and the public say about an authorised operation,
 * above all about charges (R10; 167·四(三)).
 *
 * An officer may enter what somebody of the public said: name and contact are an
 * opening, for who has to answer that person.  A complaint about a charge is
 * answered with the charge's cost, item by item in fen, or with the charge paid back
 * whole, or not at all: R10 lets a charge that the public bears stand only when it is
 * shown to be no unreasonable cost.  Implementing institution or finance department then decide whether the
 * complaint was right; who entered or answered it does not.  How many there were is
 * counted for each authorisation.
 */
#include "issuer/opening.h"
#include "issuer/state.h"
#include "issuer/shape.h"
#include "issuer/supervision.h"

static const char *const kinds[] = {"CHARGE", "QUALITY", "ACCESS", "PRIVACY", "OTHER", NULL};
#define ID {"id", ISS_F_STR, true, 40, "投诉编号", "complaint"}
const struct iss_field fld_complaint_file[] = {
	{"number", ISS_F_STR, true, 40, "授权编号", "authorisation"},
	{"product", ISS_F_STR, false, DOM_MAX_PRODUCT, "产品编号", "product"},
	{"kind", ISS_F_STR, true, 8, "投诉类型", "what it is about", kinds, "R10"},
	{"subject", ISS_F_STR, true, 800, "投诉事项", "what is complained of"},
	{"name", ISS_F_STR, false, 120, "投诉人", "name; kept apart from the record"},
	{"contact", ISS_F_STR, false, 200, "联系方式", "address to answer to; kept apart from the record"},
	{"items", ISS_F_JSON, false, 1, "收费明细", "what was charged", .members = shp_costs, .shape = ISS_ROWS},
	{0},
};
const struct iss_field fld_complaint_answer[] = {
	ID,
	{"text", ISS_F_STR, true, 800, "答复", "the answer"},
	{"items", ISS_F_JSON, false, 1, "成本构成", "the charge's cost; of a complaint about a charge, unless it is paid back", .members = shp_costs, .shape = ISS_ROWS},
	{"refunded_fen", ISS_F_INT, false, SUP_MAX_FEN, "退还金额（分）", "what was paid back, in fen: with no cost shown, at least what was charged"},
	{0},
};
const struct iss_field fld_complaint_decide[] = {
	ID,
	{"upheld", ISS_F_BOOL, true, 1, "投诉属实", "true: the complaint is right"},
	{"reason", ISS_F_STR, true, 400, "理由", "reason"},
	{0},
};
static const char *const list_states[] = {"LODGED", "ANSWERED", "JUSTIFIED", "UNJUSTIFIED", NULL};
const struct iss_field fld_complaint_list[] = {
	{"after", ISS_F_STR, false, 64, "起始", "start after this one"},
	ISS_FIELD_LIMIT,
	{"number", ISS_F_STR, false, 40, "授权编号", "of this authorisation"},
	{"state", ISS_F_STR, false, 12, "状态", "in this state", list_states, "domain.md 4.13"},
	{"turn", ISS_F_STR, false, 18, "待其办理", "that this operator has to answer, or this institution or finance department to decide"},
	{0},
};

/* --- filing --- */

static enum fj_rc items_of(struct iss_call *c, json_t **items, int64_t *total_fen, struct fj_err *err)
{
	json_t *given = json_object_get(c->params, "items");

	*total_fen = 0;
	*items = given == NULL ? json_array() : json_incref(given);
	return given == NULL ? FJ_OK : sup_sum(given, total_fen, err);
}

static enum fj_rc keep_person(struct iss_call *c, const char *id, char commitment[65], struct fj_err *err)
{
	const char *name = fj_json_text(c->params, "name"), *contact = fj_json_text(c->params, "contact");

	commitment[0] = '\0';
	if (name[0] == '\0' && contact[0] == '\0')
		return FJ_OK;
	FJ_AUTO(json) who = json_pack("{s:s, s:s}", "name", name, "contact", contact);
	return opn_keep(c, id, who, commitment, err);
}

enum fj_rc cmd_complaint_file(struct iss_call *c, struct fj_err *err)
{
	const json_t *p = c->params;
	FJ_AUTO(dom_auth) a = {.body = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	json_t *items = NULL;
	int64_t total_fen;
	fj_time due;
	char id[32], commitment[65];

	FJ_TRY(sup_said(c, "subject", "a complaint says what it is about", "应写明投诉事项", err));
	FJ_TRY(sup_authorisation(c, &a, err));
	enum fj_rc rc = items_of(c, &items, &total_fen, err);
	FJ_AUTO(json) owned = items;
	FJ_TRY(rc);
	FJ_TRY(dom_org_get(c->db, a.holder, &holder, err));
	FJ_TRY(sup_term(c, holder.finance, "complaint.days", &due, err));
	iss_new_id("CM-", 12, id);
	FJ_TRY(keep_person(c, id, commitment, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:O, s:I, s:s, s:s, s:s, s:I}", "authorisation", a.number, "product", fj_json_text(p, "product"), "kind",
	    fj_json_text(p, "kind"), "subject", fj_json_text(p, "subject"), "items", owned, "charged_fen", (json_int_t)total_fen, "who", commitment, "org", c->actor->org, "person",
	    c->actor->person, "due", (json_int_t)due);
	FJ_TRY(evt_append(c, "complaint.filed", id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:I}", "id", id, "authorisation", a.number, "state", "LODGED", "charged_fen", (json_int_t)total_fen);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_complaint_filed(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	FJ_AUTO(buf) items = FJ_BUF_INIT(65536);

	FJ_TRY(fj_json_canonical(json_object_get(b, "items"), &items, err));
	return sto_run(e->db, STO_COMPLAINT_ADD, NULL, err, "tttttt" "ittiii", e->object, fj_json_text(b, "authorisation"), fj_json_text(b, "product"), fj_json_text(b, "kind"),
	    fj_json_text(b, "subject"), fj_buf_str(&items), fj_json_num(b, "charged_fen"), fj_json_text(b, "org"), fj_json_text(b, "person"), fj_json_num(b, "due"), (int64_t)e->at,
	    e->seq);
}

/* --- answering, deciding --- */

struct complaint {
	char id[32], kind[12], state[16], person[ISS_PERSON_CAP], answerer[ISS_PERSON_CAP];
	int64_t charged_fen; /* 0: not said */
	struct dom_auth auth;
};
static void complaint_release(struct complaint *m)
{
	dom_auth_release(&m->auth);
}
FJ_DEFINE_AUTO(complaint, struct complaint, complaint_release)

static enum fj_rc load(struct iss_call *c, struct complaint *m, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *id = fj_json_text(c->params, "id");

	FJ_TRY(sto_first(c->db, STO_COMPLAINT_GET, &q, id, err, "t", id));
	const struct sto_copy texts[] = {STO_COPY(0, m->id), STO_COPY(3, m->kind), STO_COPY(8, m->person), STO_COPY(9, m->state), STO_COPY(16, m->answerer)};
	FJ_TRY(sto_copy(&q, texts, FJ_ARRAY_LEN(texts), "a complaint", err));
	m->charged_fen = sto_int(&q, 6);
	return dom_auth_get(c->db, sto_text(&q, 1), &m->auth, err);
}

static enum fj_rc party(struct iss_call *c, const struct complaint *m, bool answering, struct fj_err *err)
{
	enum iss_party by;

	FJ_TRY(dom_party(c, &m->auth, &by, err));
	if (answering || by >= ISS_PARTY_IMPLEMENTER)
		return FJ_OK;
	return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "R10", "a complaint is decided by the implementing institution or the finance department",
	    "投诉应由实施机构或财政部门认定");
}

enum fj_rc cmd_complaint_answer(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(complaint) m = {.id = ""};
	json_t *items = NULL;
	const char *to;
	int64_t total_fen, back_fen = fj_json_num(c->params, "refunded_fen");

	FJ_TRY(load(c, &m, err));
	FJ_TRY(party(c, &m, true, err));
	FJ_TRY(iss_state_next(ISS_OBJ_COMPLAINT, m.state, "answer", &to, err));
	FJ_TRY(sup_said(c, "text", "an answer says something", "应写明答复", err));
	enum fj_rc rc = items_of(c, &items, &total_fen, err);
	FJ_AUTO(json) owned = items;
	FJ_TRY(rc);
	FJ_TRY(iss_rule_no_charge_without_breakdown(strcmp(m.kind, "CHARGE") == 0, json_array_size(owned) > 0, back_fen > 0 && back_fen >= m.charged_fen, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:O, s:I, s:I, s:s}", "to", to, "answer", fj_json_text(c->params, "text"), "cost", owned, "cost_fen", (json_int_t)total_fen,
	    "refunded_fen", (json_int_t)back_fen, "person", c->actor->person);
	FJ_TRY(evt_append(c, "complaint.answered", m.id, body, err));
	c->answer = json_pack("{s:s, s:s, s:I, s:I}", "id", m.id, "state", to, "cost_fen", (json_int_t)total_fen, "refunded_fen", (json_int_t)back_fen);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_complaint_answered(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	FJ_AUTO(buf) cost = FJ_BUF_INIT(65536);

	FJ_TRY(fj_json_canonical(json_object_get(b, "cost"), &cost, err));
	return sto_run(e->db, STO_COMPLAINT_ANSWER, NULL, err, "tttiitit", fj_json_text(b, "to"), fj_json_text(b, "answer"), fj_buf_str(&cost), fj_json_num(b, "cost_fen"),
	    fj_json_num(b, "refunded_fen"), fj_json_text(b, "person"), e->seq, e->object);
}

enum fj_rc cmd_complaint_decide(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(complaint) m = {.id = ""};
	bool upheld = json_is_true(json_object_get(c->params, "upheld"));
	const char *to;

	FJ_TRY(load(c, &m, err));
	FJ_TRY(party(c, &m, false, err));
	FJ_TRY(iss_state_next(ISS_OBJ_COMPLAINT, m.state, upheld ? "uphold" : "dismiss", &to, err));
	FJ_TRY(iss_rule_no_two_roles_of_one_person(m.person, c->actor->person, err));
	FJ_TRY(iss_rule_no_two_roles_of_one_person(m.answerer, c->actor->person, err));
	FJ_TRY(sup_said(c, "reason", "a decision is reasoned", "认定应说明理由", err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s}", "to", to, "reason", fj_json_text(c->params, "reason"), "person", c->actor->person);
	FJ_TRY(evt_append(c, "complaint.decided", m.id, body, err));
	c->answer = json_pack("{s:s, s:s}", "id", m.id, "state", to);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_complaint_decided(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_COMPLAINT_DECIDE, NULL, err, "ttit", fj_json_text(e->body, "to"), fj_json_text(e->body, "reason"), e->seq, e->object);
}

/* --- reading --- */

static json_t *to_json(const struct sto_q *q, fj_time now)
{
	char due[FJ_TIME_CAP], at[FJ_TIME_CAP];

	fj_date_china(sto_int(q, 10), due);
	fj_time_utc(sto_int(q, 15), at);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:b, s:s, s:I, s:I, s:s, s:s}", "id", sto_text(q, 0), "authorisation", sto_text(q, 1), "product", sto_text(q, 2),
	    "kind", sto_text(q, 3), "subject", sto_text(q, 4), "charged_fen", (json_int_t)sto_int(q, 6), "org", sto_text(q, 7), "state", sto_text(q, 9), "due", due, "overdue",
	    strcmp(sto_text(q, 9), "LODGED") == 0 && now > sto_int(q, 10), "answer", sto_text(q, 11), "cost_fen", (json_int_t)sto_int(q, 13), "refunded_fen", (json_int_t)sto_int(q, 17), "reason",
	    sto_text(q, 14), "at", at);
}

/* who has to answer that person, who decides, and auditors */
static enum fj_rc may_know(struct iss_call *c, const char *number, bool *out, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	const char *org = c->actor->org;

	FJ_TRY(dom_auth_get(c->db, number, &a, err));
	FJ_TRY(dom_org_get(c->db, a.holder, &holder, err));
	*out = (c->actor->roles & (ISS_AUDITOR | ISS_LOCAL)) || ((c->actor->roles & ISS_FINANCE) && strcmp(org, holder.finance) == 0) ||
	    ((c->actor->roles & ISS_IMPLEMENTER) && strcmp(org, a.implementer) == 0) || ((c->actor->roles & ISS_OPERATOR) && strcmp(org, a.operator_) == 0);
	return FJ_OK;
}

/* who answers it, and the two of whom either decides then */
static enum fj_rc put_parties(struct iss_call *c, const char *number, json_t *out, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};

	FJ_TRY(dom_auth_get(c->db, number, &a, err));
	FJ_TRY(dom_org_get(c->db, a.holder, &holder, err));
	FJ_TRY(fj_json_set(out, "operator", json_string(a.operator_)));
	FJ_TRY(fj_json_set(out, "implementer", json_string(a.implementer)));
	return fj_json_set(out, "finance", json_string(holder.finance));
}

enum fj_rc cmd_complaint_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *id = fj_json_peek(c->params, "id");
	json_t *who = NULL;
	bool known;

	FJ_TRY(sto_first(c->db, STO_COMPLAINT_GET, &q, id, err, "t", id));
	FJ_TRY(may_know(c, sto_text(&q, 1), &known, err));
	if (known)
		FJ_TRY(opn_read(c->db, id, &who, err));
	FJ_AUTO(json) owned = who;
	c->answer = to_json(&q, c->now);
	FJ_TRY(put_parties(c, sto_text(&q, 1), c->answer, err));
	if (fj_json_set(c->answer, "items", sup_json(sto_text(&q, 5))) != FJ_OK || fj_json_set(c->answer, "cost", sup_json(sto_text(&q, 12))) != FJ_OK)
		return fj_no_memory(err, "issuer");
	return who == NULL || json_object_update(c->answer, who) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_complaint_list(struct iss_call *c, struct fj_err *err)
{
	return sup_turns(c, STO_COMPLAINT_LIST, "number", to_json, err);
}

static json_t *counts_json(const struct sto_q *q, fj_time now)
{
	(void)now;
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "authorisation", sto_text(q, 0), "filed", (json_int_t)sto_int(q, 1), "open", (json_int_t)sto_int(q, 2), "answered",
	    (json_int_t)sto_int(q, 3), "upheld", (json_int_t)sto_int(q, 4), "dismissed", (json_int_t)sto_int(q, 5), "about_charges", (json_int_t)sto_int(q, 6), "charged_fen",
	    (json_int_t)sto_int(q, 7), "refunded_fen", (json_int_t)sto_int(q, 8));
}

/* how many there were, by authorisation (R10) */
enum fj_rc cmd_complaint_counts(struct iss_call *c, struct fj_err *err)
{
	return sup_list(c, STO_COMPLAINT_COUNTS, counts_json, "authorisation", err);
}
