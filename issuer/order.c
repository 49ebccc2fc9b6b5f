/*
 * order.c - 监管指令: what a supervisor tells an organisation to do (26号 art. 19;
 * domain.md 4.13).
 *
 * An order has an addressee, a day by which it is answered, and an issuer who
 * closes it or sends the answer back.  Four kinds only speak: interview, guidance
 * on site, correction, disqualification; the last keeps the operator from new
 * authorisations while it stands, and takes a second officer.  SUSPEND suspends
 * the authorisation at once, for the finance department's party, and nobody lifts
 * that before the order is closed.  RECLAIM begins the reclaim in the implementing
 * institution's place; the finance department confirms it as always.
 */
#include "issuer/state.h"
#include "issuer/supervision.h"

static const char *const kinds[] = {"TALK", "GUIDE", "CORRECT", "SUSPEND", "RECLAIM", "DISQUALIFY", NULL};
#define ID {"id", ISS_F_STR, true, 40, "指令编号", "order"}
const struct iss_field fld_order_issue[] = {
	{"kind", ISS_F_STR, true, 12, "指令类型", "kind of the order", kinds, "26号 art. 19"},
	{"number", ISS_F_STR, false, 40, "授权编号", "authorisation that it is about; SUSPEND and RECLAIM need one"},
	{"org", ISS_F_STR, false, 18, "受令单位", "addressee; the authorisation's operator by default"},
	{"text", ISS_F_STR, true, 800, "指令内容", "what is ordered, and why"},
	{"doc_no", ISS_F_STR, false, 80, "文号", "document number"},
	{"due", ISS_F_STR, true, 10, "答复期限", "day by which it is answered"},
	{0},
};
const struct iss_field fld_order_answer[] = {
	ID,
	{"text", ISS_F_STR, true, 800, "答复", "what was done"},
	{"file", ISS_F_FILE, false, SUP_FILE, "附件", "evidence"},
	{0},
};
const struct iss_field fld_order_return[] = {
	ID,
	{"reason", ISS_F_STR, true, 400, "理由", "why the answer does not do"},
	{"due", ISS_F_STR, true, 10, "答复期限", "new day by which it is answered"},
	{0},
};
const struct iss_field fld_order_close[] = {ID, {"reason", ISS_F_STR, true, 400, "理由", "how it ended"}, {0}};
static const char *const list_states[] = {"ISSUED", "ANSWERED", "CLOSED", NULL};
const struct iss_field fld_order_list[] = {
	{"after", ISS_F_STR, false, 64, "起始", "start after this one"},
	ISS_FIELD_LIMIT,
	{"number", ISS_F_STR, false, 40, "授权编号", "of this authorisation"},
	{"state", ISS_F_STR, false, 12, "状态", "in this state", list_states, "domain.md 4.13"},
	{"turn", ISS_F_STR, false, 18, "待其办理", "that this organisation has to answer, or gave and has to close"},
	{0},
};

static enum fj_rc no(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, "issuer", "26号 art. 19", en, zh);
}

/* --- giving one --- */

struct giving {
	const char *kind, *role;
	struct dom_auth auth; /* number "": about none */
	char org[19];         /* addressee */
	char finance[19];     /* of the holder, or of the addressee */
	fj_time due;
};

static void giving_release(struct giving *g)
{
	dom_auth_release(&g->auth);
}
FJ_DEFINE_AUTO(giving, struct giving, giving_release)

static enum fj_rc read_due(const struct iss_call *c, fj_time *due, struct fj_err *err)
{
	FJ_TRY(fj_date_parse(fj_json_text(c->params, "due"), due, err));
	*due += 86399;
	return *due >= c->now ? FJ_OK : no(err, FJ_E_INVALID, "an order is answered today or later", "答复期限应为今日或以后");
}

/* the addressee is a party of the authorisation, and R40 is judged by its holder */
static enum fj_rc read_addressee(struct iss_call *c, struct giving *g, struct fj_err *err)
{
	const char *org = fj_json_peek(c->params, "org");
	FJ_AUTO(dom_org) about = {.affiliates = NULL};

	if (fj_json_peek(c->params, "number") != NULL) {
		FJ_TRY(sup_authorisation(c, &g->auth, err));
		org = org == NULL ? g->auth.operator_ : org;
		if (strcmp(org, g->auth.operator_) != 0 && strcmp(org, g->auth.implementer) != 0 && strcmp(org, g->auth.holder) != 0)
			return no(err, FJ_E_INVALID, "the addressee is no party of this authorisation", "受令单位不是该授权的当事方");
	} else if (strcmp(g->kind, "SUSPEND") == 0 || strcmp(g->kind, "RECLAIM") == 0) {
		return no(err, FJ_E_INVALID, "an order to suspend or to reclaim names the authorisation", "暂停、收回指令应填写授权编号");
	} else if (org == NULL) {
		return no(err, FJ_E_INVALID, "an order names the authorisation or the addressee", "应填写授权编号或受令单位");
	}
	FJ_TRY(dom_org_get(c->db, g->auth.number[0] != '\0' ? g->auth.holder : org, &about, err));
	snprintf(g->finance, sizeof(g->finance), "%s", about.finance);
	FJ_TRY(sup_supervisor(c, &about, &g->role, err));
	return fj_strcopy(g->org, sizeof(g->org), org);
}

static enum fj_rc give(struct iss_call *c, const struct giving *g, char id[32], struct fj_err *err)
{
	iss_new_id("SO-", 12, id);
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "kind", g->kind, "authorisation", g->auth.number, "issuer", c->actor->org, "role", g->role,
	    "org", g->org, "text", fj_json_text(c->params, "text"), "doc_no", fj_json_text(c->params, "doc_no"), "due", (json_int_t)g->due);
	FJ_TRY(evt_append(c, "order.issued", id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s}", "id", id, "kind", g->kind, "org", g->org, "state", "ISSUED");
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* at once, as the finance department's party, whichever supervisor it is: no lower one lifts it */
static enum fj_rc suspend(struct iss_call *c, const struct giving *g, struct fj_err *err)
{
	return dom_auth_suspended_by(&g->auth, ISS_PARTY_FINANCE) ? FJ_OK : dom_auth_suspend(c, &g->auth, ISS_PARTY_FINANCE, fj_json_text(c->params, "text"), err);
}

/* the reclaim's own approval: it suspends at once, the finance department confirms */
static enum fj_rc reclaim(struct iss_call *c, const struct giving *g, const char *order, struct fj_err *err)
{
	json_t *given = c->answer;
	FJ_AUTO(json) owned = given;

	c->answer = NULL;
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s}", "number", g->auth.number, "reason", fj_json_text(c->params, "text"), "order", order);
	FJ_TRY(dom_auth_reclaim(c, &g->auth, g->finance, payload, err));
	return json_object_update_missing(c->answer, owned) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_order_issue(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(giving) g = {.kind = fj_json_text(c->params, "kind")};
	char id[32];

	FJ_TRY(sup_said(c, "text", "an order says what is ordered", "监管指令应写明内容", err));
	FJ_TRY(read_addressee(c, &g, err));
	FJ_TRY(read_due(c, &g.due, err));
	if (strcmp(g.kind, "DISQUALIFY") == 0) {
		FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "kind", g.kind, "number", g.auth.number, "org", g.org, "text", fj_json_text(c->params, "text"), "doc_no",
		    fj_json_text(c->params, "doc_no"), "due", fj_json_text(c->params, "due"));
		return apr_request(c, "order.disqualify", g.org, c->actor->org, payload, err);
	}
	if (g.auth.number[0] != '\0')
		FJ_TRY(iss_rule_no_way_back_from_final(strcmp(g.kind, "SUSPEND") == 0 ? g.auth.state : "", err));
	FJ_TRY(give(c, &g, id, err));
	if (strcmp(g.kind, "SUSPEND") == 0)
		return suspend(c, &g, err);
	return strcmp(g.kind, "RECLAIM") == 0 ? reclaim(c, &g, id, err) : FJ_OK;
}

/* 取消资格, with the second officer: checked again, as he sees it */
enum fj_rc apr_order_disqualify(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(giving) g = {.kind = "DISQUALIFY"};
	FJ_AUTO(json) params = json_deep_copy(a->payload);
	const json_t *before = c->params;
	uint32_t acting = c->acting;
	char id[32];

	if (fj_json_text(params, "number")[0] == '\0')
		json_object_del(params, "number");
	c->params = params;
	c->acting = c->actor->roles & SUP_SUPERVISORS;
	enum fj_rc rc = read_addressee(c, &g, err);
	if (rc == FJ_OK)
		rc = read_due(c, &g.due, err);
	if (rc == FJ_OK)
		rc = give(c, &g, id, err);
	c->params = before;
	c->acting = acting;
	return rc;
}

enum fj_rc apply_order_issued(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	return sto_run(e->db, STO_ORDER_ADD, NULL, err, "ttttttt" "iii", e->object, fj_json_text(b, "kind"), fj_json_text(b, "authorisation"), fj_json_text(b, "issuer"),
	    fj_json_text(b, "role"), fj_json_text(b, "org"), fj_json_text(b, "text"), fj_json_num(b, "due"), (int64_t)e->at, e->seq);
}

/* --- answering, sending back, closing --- */

struct order {
	char id[32], kind[12], authorisation[41], issuer[19], org[19], state[12];
};

static enum fj_rc load(struct iss_call *c, struct order *o, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *id = fj_json_text(c->params, "id");

	FJ_TRY(sto_first(c->db, STO_ORDER_GET, &q, id, err, "t", id));
	const struct sto_copy texts[] = {STO_COPY(0, o->id), STO_COPY(1, o->kind), STO_COPY(2, o->authorisation), STO_COPY(3, o->issuer), STO_COPY(5, o->org), STO_COPY(7, o->state)};
	return sto_copy(&q, texts, FJ_ARRAY_LEN(texts), "an order", err);
}

/* body is stolen */
static enum fj_rc step(struct iss_call *c, const struct order *o, const char *event, const char *to, json_t *body, struct fj_err *err)
{
	FJ_AUTO(json) owned = body;

	if (owned == NULL || json_object_set_new(owned, "to", json_string(to)) != 0)
		return fj_no_memory(err, "issuer");
	FJ_TRY(evt_append(c, event, o->id, owned, err));
	c->answer = json_pack("{s:s, s:s}", "id", o->id, "state", to);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_order_answer(struct iss_call *c, struct fj_err *err)
{
	struct order o;
	struct sup_file file;
	const char *to;

	FJ_TRY(load(c, &o, err));
	if (strcmp(o.org, c->actor->org) != 0)
		return no(err, FJ_E_FORBIDDEN, "an order is answered by its addressee", "监管指令应由受令单位答复");
	FJ_TRY(iss_state_next(ISS_OBJ_ORDER, o.state, "answer", &to, err));
	FJ_TRY(sup_said(c, "text", "an answer says what was done", "答复应写明办理情况", err));
	FJ_TRY(sup_keep(c, "file", "ORDER_ANSWER", "监管指令答复", &file, err));
	return step(c, &o, "order.answered", to, json_pack("{s:s, s:s, s:s}", "answer", fj_json_text(c->params, "text"), "material", file.id, "sha256", file.sha256), err);
}

static enum fj_rc own_order(struct iss_call *c, struct order *o, const char *act, const char **to, struct fj_err *err)
{
	FJ_TRY(load(c, o, err));
	if (strcmp(o->issuer, c->actor->org) != 0)
		return no(err, FJ_E_FORBIDDEN, "an order is closed or sent back by who gave it", "监管指令应由作出单位办结或退回");
	FJ_TRY(iss_state_next(ISS_OBJ_ORDER, o->state, act, to, err));
	return sup_said(c, "reason", "say why", "应写明理由", err);
}

enum fj_rc cmd_order_return(struct iss_call *c, struct fj_err *err)
{
	struct order o;
	const char *to;
	fj_time due;

	FJ_TRY(own_order(c, &o, "return", &to, err));
	FJ_TRY(read_due(c, &due, err));
	return step(c, &o, "order.returned", to, json_pack("{s:s, s:I}", "reason", fj_json_text(c->params, "reason"), "due", (json_int_t)due), err);
}

enum fj_rc cmd_order_close(struct iss_call *c, struct fj_err *err)
{
	struct order o;
	const char *to;

	FJ_TRY(own_order(c, &o, "close", &to, err));
	return step(c, &o, "order.closed", to, json_pack("{s:s}", "reason", fj_json_text(c->params, "reason")), err);
}

enum fj_rc apply_order_answered(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	return sto_run(e->db, STO_ORDER_ANSWER, NULL, err, "ttttit", fj_json_text(b, "to"), fj_json_text(b, "answer"), fj_json_text(b, "material"), fj_json_text(b, "sha256"), e->seq,
	    e->object);
}

/* due 0: as it was */
enum fj_rc apply_order_step(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	return sto_run(e->db, STO_ORDER_STEP, NULL, err, "ttiit", fj_json_text(b, "to"), fj_json_text(b, "reason"), fj_json_num(b, "due"), e->seq, e->object);
}

enum fj_rc sup_may_resume(struct iss_call *c, const char *authorisation, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(c->db, STO_ORDER_SUSPENDS, &q, err, "t", authorisation));
	FJ_TRY(sto_step(&q, &row, err));
	return iss_rule_no_resumption_under_order(row ? sto_text(&q, 0) : NULL, err);
}

/* --- reading --- */

static json_t *to_json(const struct sto_q *q, fj_time now)
{
	char due[FJ_TIME_CAP], at[FJ_TIME_CAP];

	fj_date_china(sto_int(q, 8), due);
	fj_time_utc(sto_int(q, 12), at);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:s}", "id", sto_text(q, 0), "kind", sto_text(q, 1), "authorisation", sto_text(q, 2),
	    "issued_by", sto_text(q, 3), "role", sto_text(q, 4), "org", sto_text(q, 5), "text", sto_text(q, 6), "state", sto_text(q, 7), "due", due,
	    "overdue", strcmp(sto_text(q, 7), "ISSUED") == 0 && now > sto_int(q, 8), "answer", sto_text(q, 9), "material", sto_text(q, 10), "sha256", sto_text(q, 13), "reason",
	    sto_text(q, 11), "at", at);
}

enum fj_rc cmd_order_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *id = fj_json_peek(c->params, "id");

	FJ_TRY(sto_first(c->db, STO_ORDER_GET, &q, id, err, "t", id));
	c->answer = to_json(&q, c->now);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_order_list(struct iss_call *c, struct fj_err *err)
{
	return sup_turns(c, STO_ORDER_LIST, "number", to_json, err);
}
