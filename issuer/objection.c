/*
 * objection.c - 异议: somebody says that a registration is wrong.
 *
 * An objection has a name and evidence (R21: an anonymous one is refused), comes
 * while the public notice runs, or later against the registered asset, and is
 * looked into by the finance department.  While one is open nothing is decided
 * (R19).  Upheld it ends a registration under notice at once; a registered asset
 * it freezes.  Nobody decides the own objection.  What the public lodges without an
 * account comes in by lodged.c, and is one of these once an officer has confirmed it.
 */
#include "issuer/life.h"
#include "issuer/objection.h"
#include "issuer/opening.h"
#include "issuer/profile.h"
#include "issuer/registration.h"
#include "issuer/rules/rules.h"
#include "issuer/state.h"
#include "issuer/supervision.h"

static const char *const list_states[] = {"TO_CONFIRM", "OPEN", "DECLINED", "UPHELD", "DISMISSED", NULL};
const struct iss_field fld_objection_list[] = {
	{"after", ISS_F_STR, false, 64, "起始", "start after this one"},
	ISS_FIELD_LIMIT,
	{"asset", ISS_F_STR, false, DOM_MAX_ASSET_NO, "资产编号", "against the registration of this asset"},
	{"state", ISS_F_STR, false, 12, "状态", "in this state", list_states, "26号 art. 12"},
	{"turn", ISS_F_STR, false, 18, "待其办理", "that wait for this finance department"},
	{0},
};

enum fj_rc obj_check_real(const json_t *p, struct fj_err *err)
{
	if (iss_said(fj_json_text(p, "name")) && iss_said(fj_json_text(p, "contact")) && iss_said(fj_json_text(p, "evidence")))
		return FJ_OK;
	return iss_rule_fail(err, "R21", "an objection is made under a real name, with an address to answer to and with evidence", "异议应当实名提出，并提供联系方式和证据材料");
}

enum fj_rc obj_subject(struct iss_call *c, struct dom_reg *r, struct dom_asset *a, struct fj_err *err)
{
	const char *id = fj_json_peek(c->params, "id"), *asset_no = fj_json_peek(c->params, "asset"), *to;

	memset(r, 0, sizeof(*r));
	if ((id == NULL) == (asset_no == NULL))
		return fj_refuse(err, FJ_E_INVALID, "issuer", NULL, "name the registration under notice (\"id\"), or the registered asset (\"asset\")",
		    "请填写公示中的登记编号或已登记的资产编号");
	if (id != NULL)
		FJ_TRY(dom_reg_get(c->db, id, r, err));
	FJ_TRY(dom_asset_get(c->db, id != NULL ? r->asset_no : asset_no, a, err));
	if (id == NULL)
		return iss_state_next(ISS_OBJ_ASSET, a->state, "object", &to, err);
	FJ_TRY(iss_state_next(ISS_OBJ_REGISTRATION, r->state, "object", &to, err));
	if (c->now <= r->notice_to)
		return FJ_OK;
	return iss_rule_fail(err, "R20", "the public notice is over; object to the registered asset instead (\"asset\")", "公示期已届满；可在登记后就该资产提出异议");
}

enum fj_rc cmd_registration_object(struct iss_call *c, struct fj_err *err)
{
	struct dom_reg r;
	FJ_AUTO(dom_asset) a = {.card = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	int64_t days;
	fj_time due;
	char id[32], commitment[65];

	FJ_TRY(obj_check_real(c->params, err));
	FJ_TRY(obj_subject(c, &r, &a, err));
	FJ_TRY(dom_org_get(c->db, a.holder, &holder, err));
	FJ_TRY(prf_int(c, holder.finance, "days.objection", &days, err));
	FJ_TRY(prf_term(c, holder.finance, c->now, days, &due, NULL, err));
	iss_new_id("OB-", 12, id);
	FJ_AUTO(json) who = json_pack("{s:s, s:s, s:s}", "name", fj_json_text(c->params, "name"), "contact", fj_json_text(c->params, "contact"), "evidence",
	    fj_json_text(c->params, "evidence"));
	FJ_TRY(opn_keep(c, id, who, commitment, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:I}", "registration", r.id, "asset_no", a.asset_no, "who", commitment, "person", c->actor->person, "due",
	    (json_int_t)due);
	FJ_TRY(evt_append(c, "objection.made", id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s}", "id", id, "registration", r.id, "asset_no", a.asset_no, "state", "OPEN");
	return FJ_OK;
}

enum fj_rc apply_objection_made(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	return sto_run(e->db, STO_OBJECTION_ADD, NULL, err, "ttttiii", e->object, fj_json_text(b, "registration"), fj_json_text(b, "asset_no"),
	    fj_json_text(b, "person"), (int64_t)e->at, fj_json_num(b, "due"), e->seq);
}

/* --- deciding --- */

enum fj_rc obj_get(struct sto *db, const char *id, struct dom_objection *o, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_OBJECTION_GET, &q, id, err, "t", id));
	const struct sto_copy texts[] = {STO_COPY(0, o->id), STO_COPY(1, o->registration), STO_COPY(2, o->asset_no), STO_COPY(3, o->person), STO_COPY(4, o->state)};
	o->due = sto_int(&q, 7);
	return sto_copy(&q, texts, FJ_ARRAY_LEN(texts), "an objection", err);
}

static enum fj_rc end_registration(struct iss_call *c, const struct dom_objection *o, const struct dom_asset *a, struct fj_err *err)
{
	struct dom_reg r;
	const char *to, *asset_to = a->state;

	FJ_TRY(dom_reg_get(c->db, o->registration, &r, err));
	if (dom_reg_closed(r.state)) /* answered all the same */
		return FJ_OK;
	FJ_TRY(iss_state_next(ISS_OBJ_REGISTRATION, r.state, "terminate", &to, err));
	if (!dom_reg_type(r.type)->on_certificate)
		FJ_TRY(iss_state_next(ISS_OBJ_ASSET, a->state, "terminate", &asset_to, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:b}", "asset_no", a->asset_no, "to", to, "asset_to", asset_to, "note",
	    fj_json_text(c->params, "reason"), "closed", 1);
	return evt_append(c, "registration.terminated", r.id, body, err);
}

enum fj_rc obj_check_part(struct iss_call *c, const struct dom_objection *o, const struct dom_asset *a, struct fj_err *err)
{
	struct dom_reg r;

	if (o->registration[0] == '\0')
		return FJ_OK;
	FJ_TRY(dom_reg_get(c->db, o->registration, &r, err));
	FJ_TRY(iss_rule_no_two_roles_of_one_person(r.applicant, c->actor->person, err));
	FJ_TRY(iss_rule_no_two_roles_of_one_person(r.endorser, c->actor->person, err));
	FJ_TRY(iss_rule_no_two_roles_of_one_person(r.received, c->actor->person, err));
	return strcmp(a->state, "FROZEN") != 0 || dom_reg_closed(r.state) ? FJ_OK : iss_rule_fail(err, "R19", "the asset is frozen; nothing moves until that is lifted",
	    "该资产已冻结，解除冻结前不得办理");
}

enum fj_rc obj_may_judge(struct iss_call *c, const struct dom_objection *o, struct dom_asset *a, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};

	FJ_TRY(dom_asset_get(c->db, o->asset_no, a, err));
	FJ_TRY(dom_org_get(c->db, a->holder, &holder, err));
	FJ_TRY(iss_rule_no_foreign_issuer(holder.finance, c->actor->org, err));
	return iss_rule_no_two_roles_of_one_person(o->person, c->actor->person, err);
}

/* what was decided stays so; what nobody confirmed is no objection yet */
static enum fj_rc check_open(const struct dom_objection *o, struct fj_err *err)
{
	if (strcmp(o->state, "OPEN") == 0)
		return FJ_OK;
	if (strcmp(o->state, OBJ_LODGED) == 0)
		return fj_refuse(err, FJ_E_STATE, "issuer", "26号 art. 12", "this was lodged by the public and is not confirmed yet: confirm it first (objection confirm)", "该异议由社会公众提出，尚未核实受理；请先予受理");
	enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", "26号 art. 12", "this objection is decided already: %s", o->state);
	fj_err_zh(err, "该异议已作出处理决定");
	return rc;
}

static enum fj_rc uphold(struct iss_call *c, const struct dom_objection *o, struct dom_asset *a, struct fj_err *err)
{
	if (o->registration[0] != '\0')
		return end_registration(c, o, a, err);
	return strcmp(a->state, "FROZEN") == 0 ? FJ_OK : dom_freeze(c, a, fj_json_text(c->params, "reason"), err);
}

enum fj_rc cmd_objection_decide(struct iss_call *c, struct fj_err *err)
{
	struct dom_objection o;
	FJ_AUTO(dom_asset) a = {.card = NULL};
	bool upheld = json_is_true(json_object_get(c->params, "upheld"));

	FJ_TRY(obj_get(c->db, fj_json_peek(c->params, "id"), &o, err));
	FJ_TRY(obj_may_judge(c, &o, &a, err));
	FJ_TRY(check_open(&o, err));
	FJ_TRY(obj_check_part(c, &o, &a, err));
	if (!iss_said(fj_json_text(c->params, "reason")))
		return fj_refuse(err, FJ_E_INVALID, "issuer", "26号 art. 12", "a decision on an objection is reasoned", "异议处理决定应说明理由");
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s}", "to", upheld ? "UPHELD" : "DISMISSED", "reason", fj_json_text(c->params, "reason"), "person",
	    c->actor->person);
	FJ_TRY(evt_append(c, "objection.decided", o.id, body, err));
	if (upheld)
		FJ_TRY(uphold(c, &o, &a, err));
	c->answer = json_pack("{s:s, s:s, s:s}", "id", o.id, "state", upheld ? "UPHELD" : "DISMISSED", "asset_no", a.asset_no);
	return FJ_OK;
}

enum fj_rc apply_objection_decided(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_OBJECTION_SET, NULL, err, "ttit", fj_json_text(e->body, "to"), fj_json_text(e->body, "reason"), e->seq, e->object);
}

/* --- reading --- */

static json_t *to_json(const struct sto_q *q, fj_time now)
{
	char at[FJ_TIME_CAP], due[FJ_TIME_CAP];

	fj_time_utc(sto_int(q, 6), at);
	fj_time_utc(sto_int(q, 7), due);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "id", sto_text(q, 0), "raised_by", sto_text(q, 3)[0] == '\0' ? "PUBLIC" : "OFFICE", "registration", sto_text(q, 1), "asset_no", sto_text(q, 2), "state",
	    sto_text(q, 4), "reason", sto_text(q, 5), "at", at, "due", due, "overdue", strcmp(sto_text(q, 4), "OPEN") == 0 && now > sto_int(q, 7));
}

enum fj_rc obj_of(struct iss_call *c, const char *registration, json_t **list, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();

	FJ_TRY(sto_query(c->db, STO_OBJECTION_OF, &q, err, "t", registration));
	FJ_TRY(dom_rows(&q, c->now, to_json, items, err));
	*list = fj_move(items);
	return *list != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc dom_objectors_known(struct iss_call *c, const char *asset_no, bool *out, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};

	FJ_TRY(dom_asset_get(c->db, asset_no, &a, err));
	FJ_TRY(dom_org_get(c->db, a.holder, &holder, err));
	*out = (c->actor->roles & (ISS_AUDITOR | ISS_LOCAL)) || ((c->actor->roles & ISS_FINANCE) && strcmp(c->actor->org, holder.finance) == 0);
	return FJ_OK;
}

enum fj_rc cmd_objection_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *id = fj_json_peek(c->params, "id");
	json_t *who = NULL;
	bool known;

	FJ_TRY(sto_first(c->db, STO_OBJECTION_GET, &q, id, err, "t", id));
	FJ_TRY(dom_objectors_known(c, sto_text(&q, 2), &known, err));
	if (known)
		FJ_TRY(opn_read(c->db, id, &who, err));
	FJ_AUTO(json) owned = who;
	c->answer = to_json(&q, c->now);
	return c->answer != NULL && (who == NULL || json_object_update(c->answer, who) == 0) ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_objection_list(struct iss_call *c, struct fj_err *err)
{
	return sup_turns(c, STO_OBJECTION_LIST, "asset", to_json, err);
}
