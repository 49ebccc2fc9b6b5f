/*
 * registration.c - 登记: the holder applies, the superior department reviews, the
 * finance department accepts and decides (the short path of decision 5).
 *
 * Applicant, reviewer and decider are different natural persons, and none of them
 * issues the certificate (R22); security rules and emergency plan are on file before a certificate (167·四(三)).
 */
#include "issuer/domain.h"
#include "issuer/rules/rules.h"
#include "issuer/state.h"

struct registration {
	char id[40], asset_no[DOM_CAP(DOM_MAX_ASSET_NO)], state[16], applicant[64], reviewer[64], acceptor[64], decider[64];
	int64_t version;
};

static enum fj_rc from_row(const struct sto_q *q, struct registration *r, struct fj_err *err)
{
	const struct sto_copy texts[] = {STO_COPY(0, r->id), STO_COPY(1, r->asset_no), STO_COPY(3, r->state), STO_COPY(4, r->applicant),
		STO_COPY(5, r->reviewer), STO_COPY(6, r->acceptor), STO_COPY(7, r->decider)};

	FJ_TRY(sto_copy(q, texts, FJ_ARRAY_LEN(texts), "a registration", err));
	r->version = sto_int(q, 2);
	return FJ_OK;
}

static enum fj_rc load(struct sto *db, const char *id, struct registration *r, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_REG_GET, &q, id, err, "t", id));
	return from_row(&q, r, err);
}

enum fj_rc dom_registration_apart(struct sto *db, const char *asset_no, const char *person, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	struct registration r;

	FJ_TRY(sto_first(db, STO_REG_LAST, &q, asset_no, err, "t", asset_no));
	FJ_TRY(from_row(&q, &r, err));
	FJ_TRY(iss_rule_no_two_roles_of_one_person(r.applicant, person, err));
	FJ_TRY(iss_rule_no_two_roles_of_one_person(r.reviewer, person, err));
	FJ_TRY(iss_rule_no_two_roles_of_one_person(r.acceptor, person, err));
	return iss_rule_no_two_roles_of_one_person(r.decider, person, err);
}

static json_t *to_json(const struct registration *r)
{
	return json_pack("{s:s, s:s, s:I, s:s}", "id", r->id, "asset_no", r->asset_no, "version", (json_int_t)r->version, "state", r->state);
}

/* A card that was registered and is to be registered again had its certificate withdrawn: it is
 * corrected first. */
static enum fj_rc check_corrected(struct iss_call *c, const struct dom_asset *a, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(c->db, STO_REG_LAST, &q, err, "t", a->asset_no));
	FJ_TRY(sto_step(&q, &row, err));
	return !row || sto_int(&q, 2) != a->version ? FJ_OK : iss_rule_fail(err, "R23",
	    "the certificate on this version of the card was withdrawn; correct the card, then apply again", "依据该版本卡片颁发的证书已被撤销；请先更正资产卡片再申请登记");
}

enum fj_rc cmd_registration_submit(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};
	const char *to;
	char id[40];

	FJ_TRY(dom_asset_get(c->db, fj_json_peek(c->params, "asset"), &a, err));
	if (strcmp(a.holder, c->actor->org) != 0)
		return fj_fail(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "this asset is another holder's");
	FJ_TRY(iss_rule_no_registration_in_dispute(json_is_true(json_object_get(json_object_get(a.card, "rights"), "dispute")), err));
	FJ_TRY(iss_state_next(ISS_OBJ_ASSET, a.state, "apply", &to, err));
	FJ_TRY(check_corrected(c, &a, err));
	iss_new_id("RG-", 12, id);
	FJ_AUTO(json) body = json_pack("{s:s, s:I, s:s, s:s}", "asset_no", a.asset_no, "version", (json_int_t)a.version, "person", c->actor->person, "to", to);
	FJ_TRY(evt_append(c, "registration.submitted", id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s}", "id", id, "asset_no", a.asset_no, "state", "SUBMITTED");
	return FJ_OK;
}

enum fj_rc apply_registration_submitted(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	FJ_TRY(sto_run(e->db, STO_REG_ADD, NULL, err, "ttiti", e->object, fj_json_peek(b, "asset_no"), (int64_t)json_integer_value(json_object_get(b, "version")),
	    fj_json_peek(b, "person"), (int64_t)e->at));
	return sto_run(e->db, STO_ASSET_STATE, NULL, err, "tit", fj_json_peek(b, "to"), e->seq, fj_json_peek(b, "asset_no"));
}

/* one step: who may, who may not, from where to where */
struct step {
	const char *act, *asset_act, *event;
	bool finance;            /* the holder's finance department; else its superior */
};

static enum fj_rc check_place(struct iss_call *c, const struct dom_asset *a, const struct step *s, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};

	FJ_TRY(dom_org_get(c->db, a->holder, &holder, err));
	if (s->finance)
		return iss_rule_no_foreign_issuer(holder.finance, c->actor->org, err);
	const char *dept = holder.dept[0] != '\0' ? holder.dept : holder.usci;
	return strcmp(dept, c->actor->org) == 0 ? FJ_OK
	    : fj_fail(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "the review is the holder's superior department's (%s)", dept);
}

static enum fj_rc take_step(struct iss_call *c, const struct step *s, struct fj_err *err)
{
	struct registration r;
	FJ_AUTO(dom_asset) a = {.card = NULL};
	bool yes = json_is_true(json_object_get(c->params, "accept"));
	const char *note = fj_json_peek(c->params, "note"), *to, *asset_to;

	FJ_TRY(load(c->db, fj_json_peek(c->params, "id"), &r, err));
	FJ_TRY(dom_asset_get(c->db, r.asset_no, &a, err));
	FJ_TRY(check_place(c, &a, s, err));
	FJ_TRY(iss_rule_no_two_roles_of_one_person(r.applicant, c->actor->person, err));
	if (r.reviewer[0] != '\0' && s->finance)
		FJ_TRY(iss_rule_no_two_roles_of_one_person(r.reviewer, c->actor->person, err));
	if (!yes && note == NULL)
		return fj_fail(err, FJ_E_INVALID, "issuer", "26号 art. 10", "a refusal is reasoned in writing; give --note");
	FJ_TRY(iss_state_next(ISS_OBJ_REGISTRATION, r.state, yes ? s->act : "refuse", &to, err));
	FJ_TRY(iss_state_next(ISS_OBJ_ASSET, a.state, yes ? s->asset_act : "refuse", &asset_to, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:s}", "asset_no", a.asset_no, "to", to, "asset_to", asset_to, "person",
	    c->actor->person, "note", note == NULL ? "" : note);
	FJ_TRY(evt_append(c, s->event, r.id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s}", "id", r.id, "asset_no", a.asset_no, "state", to);
	return FJ_OK;
}

enum fj_rc cmd_registration_review(struct iss_call *c, struct fj_err *err)
{
	static const struct step s = {"review", "review", "registration.reviewed", false};

	return take_step(c, &s, err);
}

enum fj_rc cmd_registration_accept(struct iss_call *c, struct fj_err *err)
{
	static const struct step s = {"accept", "accept", "registration.accepted", true};

	return take_step(c, &s, err);
}

enum fj_rc cmd_registration_decide(struct iss_call *c, struct fj_err *err)
{
	static const struct step s = {"decide", "register", "registration.decided", true};

	return take_step(c, &s, err);
}

static enum fj_rc apply_step(const struct evt *e, enum sto_id id, struct fj_err *err)
{
	const json_t *b = e->body;

	FJ_TRY(sto_run(e->db, id, NULL, err, "tttt", fj_json_peek(b, "to"), fj_json_peek(b, "person"), fj_json_peek(b, "note"), e->object));
	return sto_run(e->db, STO_ASSET_STATE, NULL, err, "tit", fj_json_peek(b, "asset_to"), e->seq, fj_json_peek(b, "asset_no"));
}

enum fj_rc apply_registration_reviewed(const struct evt *e, struct fj_err *err)
{
	return apply_step(e, STO_REG_REVIEW, err);
}

enum fj_rc apply_registration_accepted(const struct evt *e, struct fj_err *err)
{
	return apply_step(e, STO_REG_ACCEPT, err);
}

enum fj_rc apply_registration_decided(const struct evt *e, struct fj_err *err)
{
	return apply_step(e, STO_REG_DECIDE, err);
}

enum fj_rc cmd_registration_show(struct iss_call *c, struct fj_err *err)
{
	struct registration r;

	FJ_TRY(load(c->db, fj_json_peek(c->params, "id"), &r, err));
	c->answer = to_json(&r);
	return c->answer != NULL ? FJ_OK : fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
}
