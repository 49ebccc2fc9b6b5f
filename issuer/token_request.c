/*
 * token_request.c - 许可申请: a data user asks, the operator reviews, and a token
 * follows (domain.md 7.4).
 *
 * Whoever will hold the license asks for it under its own name; for a user
 * without accounts the operator enters the paper that asks, by its number.  All
 * that could be refused at issue is refused when it is asked, so nobody waits for
 * what can't come; it is checked again when it is accepted, since things change.
 * Who entered a request does not review it (R22).  A refusal gives its reason.
 * The address of the service that a license by name is for is the operator's to know:
 * the request may leave it out, and what the operator says when it accepts goes before it.
 */
#include "issuer/iss.h"
#include "issuer/shape.h"
#include "issuer/signed.h"
#include "issuer/state.h"
#include "issuer/task.h"
#include "issuer/token.h"

static const char *const request_states[] = {"REQUESTED", "REVIEWED", "REFUSED", NULL};
const struct iss_field fld_token_request[] = {
	{"request", ISS_F_JSON, true, 1, "许可申请", "request", .members = shp_request_own},
	{"document", ISS_F_STR, false, 120, "申请文件", "for a user without accounts: number and date of its application"},
	{0},
};
const struct iss_field fld_token_review[] = {
	{"request", ISS_F_STR, false, 40, "申请编号", "request"},
	{"requests", ISS_F_LIST, false, 1000, "所选申请", "a selection of requests, as one task"},
	{"accept", ISS_F_BOOL, true, 1, "同意", "true: yes, and the token is issued"},
	{"note", ISS_F_STR, false, 400, "意见", "reason; required for a no"},
	{"audience", ISS_F_STR, false, TOK_MAX_AUDIENCE, "适用服务地址（同意记名许可的）", "audience (for a yes to a license by name)"},
	{0},
};
const struct iss_field fld_request_list[] = {
	{"after", ISS_F_STR, false, 64, "起始", "start after this one"},
	ISS_FIELD_LIMIT,
	{"state", ISS_F_STR, false, 12, "状态", "in this state", request_states, "domain.md 7.4"},
	{"authorisation", ISS_F_STR, false, 40, "授权编号", "under this authorisation"},
	{"user", ISS_F_STR, false, 18, "使用单位", "for this user (unified social credit code)"},
	{"turn", ISS_F_STR, false, 18, "待其审核", "that wait for this operator"},
	{0},
};

static enum fj_rc no(struct fj_err *err, enum fj_rc rc, const char *cite, const char *en, const char *zh)
{
	return fj_refuse(err, rc, "issuer", cite, en, zh);
}

struct request {
	char id[32], authorisation[41], operator_[19], user[19], user_name[DOM_CAP(DOM_MAX_NAME)], asked_by[19], person[ISS_PERSON_CAP], state[12], token[64];
	json_t *doc; /* as for token.issue, with one user; owned */
};
static void request_release(struct request *r)
{
	json_decref(r->doc);
	r->doc = NULL;
}
FJ_DEFINE_AUTO(request, struct request, request_release)

/* columns of STO_REQUEST_*: id, authorisation, operator, product, user, user_name, asked_by, person, document, state, reason, reviewer, token, at, request */
static enum fj_rc from_row(const struct sto_q *q, struct request *r, struct fj_err *err)
{
	const struct sto_copy texts[] = {STO_COPY(0, r->id), STO_COPY(1, r->authorisation), STO_COPY(2, r->operator_), STO_COPY(4, r->user), STO_COPY(5, r->user_name),
		STO_COPY(6, r->asked_by), STO_COPY(7, r->person), STO_COPY(9, r->state), STO_COPY(12, r->token)};

	FJ_TRY(sto_copy(q, texts, FJ_ARRAY_LEN(texts), "a request's row", err));
	return fj_json_parse(fj_slice_str(sto_text(q, 14)), 65536, &r->doc, err);
}

static enum fj_rc get(struct sto *db, const char *id, struct request *r, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	memset(r, 0, sizeof(*r));
	FJ_TRY(sto_first(db, STO_REQUEST_GET, &q, id, err, "t", id));
	return from_row(&q, r, err);
}

/* --- asking --- */

/* the operator asks for somebody who can't: whoever has accounts asks for himself */
static enum fj_rc check_on_behalf(struct iss_call *c, const json_t *user, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	if (!iss_said(fj_json_peek(c->params, "document")))
		return no(err, FJ_E_INVALID, "domain.md decision 10", "for a user without accounts the application is on file: give its number and date (\"document\")", "代无账户用户申请的，须填写其申请文件的文号和日期（document）");
	FJ_TRY(sto_first(c->db, STO_USER_OFFICERS, &q, "count", err, "ti", fj_json_text(user, "usci"), (int64_t)(ISS_USER | ISS_DEVELOPER)));
	return sto_int(&q, 0) == 0 ? FJ_OK : no(err, FJ_E_REFUSED, "domain.md decision 10", "this user has accounts of its own, and asks for itself", "该用户已有账户，应由其自行申请");
}

/* the user as it is licensed: named by the operator, or the organisation of who asks; in NULL: the request named none */
static enum fj_rc put_user(struct iss_call *c, const json_t *in, bool own, json_t *out, struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};

	if (in != NULL && json_object_update(out, (json_t *)(uintptr_t)in) != 0)
		return fj_no_memory(err, "issuer");
	if (!own)
		return FJ_OK;
	if (fj_json_peek(in, "usci") != NULL && strcmp(fj_json_peek(in, "usci"), c->actor->org) != 0)
		return no(err, FJ_E_FORBIDDEN, "domain.md 6", "a user asks for its own organisation only", "用数主体只能为本单位申请许可");
	FJ_TRY(dom_org_get(c->db, c->actor->org, &o, err));
	FJ_TRY(fj_json_set(out, "usci", json_string(o.usci)));
	return fj_json_set(out, "name", json_string(o.name));
}

/* the request as token.issue takes it */
static enum fj_rc as_issue(struct iss_call *c, const json_t *in, bool own, json_t *doc, struct fj_err *err)
{
	FJ_AUTO(json) user = json_object();
	json_t *given = json_object_get(in, "user");

	if (given != NULL && !json_is_object(given))
		return no(err, FJ_E_INVALID, "domain.md 4.10", "\"user\" is {usci, name, jwk or x5t}", "user 应为 {usci, name, jwk 或 x5t}");
	if (json_object_get(in, "users") != NULL)
		return no(err, FJ_E_INVALID, "domain.md 4.10", "a request is for one user (\"user\")", "一项申请只为一个用户（user）");
	FJ_TRY(put_user(c, given, own, user, err));
	if (json_object_update(doc, (json_t *)(uintptr_t)in) != 0)
		return fj_no_memory(err, "issuer");
	json_object_del(doc, "user");
	return fj_json_set(doc, "users", json_pack("[O]", user));
}

static enum fj_rc append(struct issuing *w, const json_t *user, struct fj_err *err)
{
	struct iss_call *c = w->c;
	char id[32];
	const char *document = fj_json_text(c->params, "document");

	iss_new_id("TQ-", 12, id);
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O}", "authorisation", w->auth.number, "operator", w->auth.operator_, "product",
	    fj_json_text(json_object_get(w->r, "product"), "id"), "user", fj_json_text(user, "usci"), "user_name", fj_json_text(user, "name"), "asked_by", c->actor->org, "person",
	    c->actor->person, "document", document, "request", w->r);
	if (body == NULL)
		return fj_no_memory(err, "issuer");
	FJ_TRY(evt_append(c, "token.requested", id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s}", "id", id, "state", "REQUESTED", "authorisation", w->auth.number, "operator", w->auth.operator_);
	return tok_price(w, c->answer, err);
}

static enum fj_rc ask(struct issuing *w, const json_t *user, bool own, struct fj_err *err)
{
	FJ_TRY(tok_check(w, err));
	FJ_TRY(tok_user(w, user, err));
	if (!own)
		FJ_TRY(check_on_behalf(w->c, user, err));
	return append(w, user, err);
}

enum fj_rc cmd_token_request(struct iss_call *c, struct fj_err *err)
{
	const json_t *in = json_object_get(c->params, "request");
	FJ_AUTO(json) doc = json_object();
	bool own = (c->acting & (ISS_USER | ISS_DEVELOPER)) != 0;
	struct issuing w = {.c = c, .r = doc, .asked = true, .by = own ? NULL : c->actor->org};

	if (!json_is_object(in))
		return no(err, FJ_E_INVALID, "domain.md 4.10", "a request is a JSON object", "许可申请应为 JSON 对象");
	FJ_TRY(as_issue(c, in, own, doc, err));
	enum fj_rc rc = ask(&w, json_array_get(json_object_get(doc, "users"), 0), own, err);
	tok_release(&w);
	return rc;
}

enum fj_rc apply_token_requested(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	FJ_AUTO(buf) doc = FJ_BUF_INIT(65536);
	FJ_AUTO(request) again = {.doc = NULL};

	FJ_TRY(fj_json_canonical(json_object_get(b, "request"), &doc, err));
	FJ_TRY(sto_run(e->db, STO_REQUEST_ADD, NULL, err, "tttttttttt" "ii", e->object, fj_json_text(b, "authorisation"), fj_json_text(b, "operator"), fj_json_text(b, "product"),
	    fj_json_text(b, "user"), fj_json_text(b, "user_name"), fj_json_text(b, "asked_by"), fj_json_text(b, "person"), fj_json_text(b, "document"), fj_buf_str(&doc),
	    (int64_t)e->at, e->seq));
	return get(e->db, e->object, &again, err); /* what can't be read could never be reviewed */
}

/* --- reviewing --- */

struct review {
	bool accept;
	const char *note, *audience; /* "": as the request says */
};

static enum fj_rc decided(struct iss_call *c, const struct request *r, const char *act, const char *event, const struct review *v, const char *token, struct fj_err *err)
{
	const char *to;

	FJ_TRY(iss_state_next(ISS_OBJ_TOKEN_REQUEST, r->state, act, &to, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s}", "to", to, "reason", v->note, "person", c->actor->person, "token", token);
	FJ_TRY(evt_append(c, event, r->id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s}", "id", r->id, "state", to, "token", token);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc accept(struct iss_call *c, const struct request *r, const struct review *v, struct fj_err *err)
{
	FJ_AUTO(json) doc = json_copy(r->doc);
	struct issuing w = {.c = c, .r = doc, .by = c->actor->org};
	const json_t *user = json_array_get(json_object_get(doc, "users"), 0);
	char token[40];

	if (iss_said(v->audience))
		FJ_TRY(fj_json_set(doc, "audience", json_string(v->audience)));

	/* checked again, now: things may have changed since it was asked for */
	enum fj_rc rc = tok_check(&w, err);
	if (rc == FJ_OK)
		rc = tok_user(&w, user, err);
	bool sign = sgn_tokens(c->iss) > 0;
	if (rc == FJ_OK)
		rc = sign ? tok_ask(&w, json_object_get(doc, "users"), r->id, v->note, err) : tok_intend(&w, user, token, err);
	tok_release(&w);
	FJ_TRY(rc);
	if (sign) /* a yes when it is signed */
		return FJ_OK;
	return decided(c, r, "accept", "token.reviewed", v, token, err);
}

enum fj_rc tok_accepted(struct iss_call *c, const char *application, const char *note, const char *token, struct fj_err *err)
{
	FJ_AUTO(request) r = {.doc = NULL};
	const struct review v = {.accept = true, .note = note};

	FJ_TRY(get(c->db, application, &r, err));
	FJ_TRY(iss_rule_no_two_roles_of_one_person(r.person, c->actor->person, err));
	return decided(c, &r, "accept", "token.reviewed", &v, token, err);
}

static enum fj_rc review_one(struct iss_call *c, const char *id, const void *arg, struct fj_err *err)
{
	const struct review *v = arg;
	FJ_AUTO(request) r = {.doc = NULL};
	const char *to;

	FJ_TRY(get(c->db, id, &r, err));
	if (strcmp(r.operator_, c->actor->org) != 0)
		return no(err, FJ_E_FORBIDDEN, "domain.md 7.4", "a request is reviewed by the authorisation's operator", "许可申请由该授权的运营机构审核");
	FJ_TRY(iss_state_next(ISS_OBJ_TOKEN_REQUEST, r.state, v->accept ? "accept" : "refuse", &to, err));
	FJ_TRY(iss_rule_no_two_roles_of_one_person(r.person, c->actor->person, err));
	return v->accept ? accept(c, &r, v, err) : decided(c, &r, "refuse", "token.request-refused", v, "", err);
}

enum fj_rc cmd_token_review(struct iss_call *c, struct fj_err *err)
{
	const struct review v = {json_is_true(json_object_get(c->params, "accept")), fj_json_text(c->params, "note"), fj_json_text(c->params, "audience")};

	if (!v.accept && !iss_said(v.note))
		return no(err, FJ_E_INVALID, "domain.md 7.4", "a refusal gives its reason (\"note\")", "不予同意的须说明理由（note）");
	return tsk_run(c, "request", "requests", review_one, &v, err);
}

enum fj_rc apply_token_reviewed(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	return sto_run(e->db, STO_REQUEST_SET, NULL, err, "ttttit", fj_json_text(b, "to"), fj_json_text(b, "reason"), fj_json_text(b, "person"), fj_json_text(b, "token"), e->seq, e->object);
}

/* --- reading --- */

static json_t *to_json(const struct sto_q *q, fj_time now)
{
	char at[FJ_TIME_CAP];

	(void)now;
	fj_time_utc(sto_int(q, 13), at);
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:s}", "id", sto_text(q, 0), "state", sto_text(q, 9), "authorisation", sto_text(q, 1), "product", sto_text(q, 3),
	    "user", "usci", sto_text(q, 4), "name", sto_text(q, 5), "asked_by", sto_text(q, 6), "token", sto_text(q, 12), "at", at);
	if (o != NULL && sto_text(q, 8)[0] != '\0')
		json_object_set_new(o, "document", json_string(sto_text(q, 8)));
	if (o != NULL && sto_text(q, 10)[0] != '\0')
		json_object_set_new(o, "reason", json_string(sto_text(q, 10)));
	return o;
}

enum fj_rc cmd_request_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	const char *id = fj_json_peek(c->params, "id");
	json_t *doc = NULL;

	FJ_TRY(sto_first(c->db, STO_REQUEST_GET, &q, id, err, "t", id));
	c->answer = to_json(&q, c->now);
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 14)), 65536, &doc, err));
	FJ_TRY(fj_json_set(c->answer, "request", doc));
	FJ_TRY(dom_org_get(c->db, sto_text(&q, 2), &o, err));
	FJ_TRY(fj_json_set(c->answer, "operator", json_pack("{s:s, s:s}", "usci", o.usci, "name", o.name)));
	if (strcmp(fj_json_text(doc, "binding"), "named") == 0) {
		FJ_AUTO(json) at = json_array();
		FJ_TRY(tok_audiences(c->db, sto_text(&q, 1), sto_text(&q, 3), at, err));
		FJ_TRY(fj_json_set(c->answer, "audiences", json_incref(at)));
	}
	return tok_told(c, doc, c->answer, err);
}

enum fj_rc cmd_request_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *after;
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, STO_REQUEST_LIST, &q, err, "ttttit", after, fj_json_text(c->params, "state"), fj_json_text(c->params, "authorisation"), fj_json_text(c->params, "user"), limit,
	    fj_json_text(c->params, "turn")));
	return dom_list_page(c, &q, to_json, "id", limit, err);
}
