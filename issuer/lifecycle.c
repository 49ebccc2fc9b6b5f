/*
 * lifecycle.c - what becomes of a user: moved, reset, handed over on leaving.
 *
 * Each is asked for by one officer and approved by another, of the office that
 * answers for the organisation (R22, R40), and never approved by whom it concerns.
 * Who moves keeps the login and the person; deputies end with the organisation.
 * Who leaves is disabled in the act that names the successor: open requests go to the
 * successor, who then stands behind them too and can't approve them.
 * A reset takes the password or the factor, never leaves the other one alone as a way in,
 * and gives a new code in two halves, as an invitation does.
 */
#include "base/secret.h"
#include "issuer/domain.h"
#include "issuer/iss.h"

static enum fj_rc not_disabled(const struct usr *u, struct fj_err *err)
{
	if (strcmp(u->state, "SUSPENDED") == 0)
		return iss_rule_fail(err, "R24", "this registrar is suspended for an inquiry; that is lifted first (user reinstate)", "该登记人员因调查已暂停职责，应先解除（user reinstate）");
	if (strcmp(u->state, "DISABLED") != 0)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", NULL, "the user %s is disabled for good; enter a new user", u->a.login);
	fj_err_zh(err, "用户 %s 已停用且不可恢复，请登记新用户", u->a.login);
	return rc;
}

/* --- moving --- */

/* the roles fit the new organisation, and its office takes him */
static enum fj_rc check_move(struct iss_call *c, const struct usr *u, const json_t *p, char keeper[19], struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	uint32_t bits;

	FJ_TRY(not_disabled(u, err));
	FJ_TRY(dom_org_get(c->db, fj_json_text(p, "org"), &o, err));
	FJ_TRY(usr_check_roles(&o, json_object_get(p, "roles"), err));
	FJ_TRY(iss_roles_parse(json_object_get(p, "roles"), &bits, err));
	if (strcmp(o.usci, u->a.org) != 0 || !(bits & ISS_FINANCE))
		FJ_TRY(usr_leaves_two(c, u, err));
	return usr_office(c, o.usci, o.usci, keeper, err);
}

/* The old organisation's office asks, the new one's approves. */
enum fj_rc cmd_user_move(struct iss_call *c, struct fj_err *err)
{
	const char *org = fj_json_peek(c->params, "org");
	struct usr u;
	char keeper[19];

	FJ_TRY(usr_get(c->db, fj_json_text(c->params, "login"), &u, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s, s:O, s:{s:s, s:o}, s:s}", "login", u.a.login, "not_by", u.a.person, "org", org == NULL ? u.a.org : org, "roles",
	    json_object_get(c->params, "roles"), "was", "org", u.a.org, "roles", iss_roles_json(u.a.roles), "reason", fj_json_text(c->params, "reason"));
	FJ_TRY(usr_office(c, u.a.org, c->actor->org, NULL, err));
	FJ_TRY(check_move(c, &u, payload, keeper, err));
	return apr_request(c, "user.move", u.a.login, keeper, payload, err);
}

enum fj_rc apr_user_move(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(json) ended = json_array();
	struct usr u;

	FJ_TRY(usr_get(c->db, a->object, &u, err));
	if (strcmp(u.a.org, fj_json_text(json_object_get(a->payload, "was"), "org")) != 0)
		return fj_fail(err, FJ_E_STATE, "issuer", NULL, "the user %s was moved meanwhile", a->object);
	FJ_TRY(check_move(c, &u, a->payload, (char[19]){0}, err));
	FJ_TRY(evt_append(c, "user.moved", a->object, a->payload, err));
	if (strcmp(u.a.org, fj_json_text(a->payload, "org")) != 0)
		FJ_TRY(dlg_end_all(c, a->object, "user.move", ended, err));
	return usr_end_sessions(c, a->object, err);
}

enum fj_rc apply_user_moved(const struct evt *e, struct fj_err *err)
{
	uint32_t bits;

	FJ_TRY(iss_roles_parse(json_object_get(e->body, "roles"), &bits, err));
	return sto_run(e->db, STO_USER_MOVE, NULL, err, "tit", fj_json_text(e->body, "org"), (int64_t)bits, e->object);
}

/* --- reset --- */

enum fj_rc cmd_user_reset(struct iss_call *c, struct fj_err *err)
{
	const char *what = fj_json_text(c->params, "what");
	struct usr u;
	char keeper[19], first[USR_CODE_FIRST + 1], hash[65];

	FJ_TRY(usr_get(c->db, fj_json_text(c->params, "login"), &u, err));
	FJ_TRY(not_disabled(&u, err));
	FJ_TRY(usr_office(c, u.a.org, c->actor->org, keeper, err));
	usr_code_first(first, hash);
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "login", u.a.login, "not_by", u.a.person, "org", u.a.org, "what", what, "code_sha256", hash,
	    "reason", fj_json_text(c->params, "reason"));
	FJ_TRY(apr_request(c, "user.reset", u.a.login, keeper, payload, err));
	return fj_json_set(c->answer, "code_first", json_string(first));
}

enum fj_rc apr_user_reset(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	bool password = strcmp(fj_json_text(a->payload, "what"), "password") == 0;
	char second[USR_CODE_SECOND + 1];
	struct usr u;

	FJ_TRY(usr_get(c->db, a->object, &u, err));
	FJ_TRY(not_disabled(&u, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s}", "what", fj_json_text(a->payload, "what"), "reason", fj_json_text(a->payload, "reason"));
	FJ_TRY(evt_append(c, "user.reset", a->object, body, err));
	FJ_TRY(sto_run(c->db, password ? STO_SECRET_NO_PASSWORD : STO_SECRET_NO_FACTOR, NULL, err, "t", a->object));
	FJ_TRY(usr_invite(c->db, a->object, fj_json_text(a->payload, "code_sha256"), second, err));
	FJ_TRY(usr_forget_ways(c, a->object, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s}", "id", a->id, "state", "APPROVED", "login", a->object, "code_second", second);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* not active until enrolled again: what is left of the secrets lets nobody in */
enum fj_rc apply_user_reset(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_USER_STATE, NULL, err, "tt", "INVITED", e->object);
}

/* --- handing over --- */

static enum fj_rc check_handover(struct iss_call *c, const struct usr *from, const char *to, struct usr *successor, struct fj_err *err)
{
	FJ_TRY(not_disabled(from, err));
	FJ_TRY(usr_get(c->db, to, successor, err));
	if (strcmp(successor->state, "ACTIVE") == 0 && strcmp(successor->a.org, from->a.org) == 0 && !iss_persons_meet(successor->a.person, from->a.person))
		return usr_leaves_two(c, from, err);
	return fj_refuse(err, FJ_E_REFUSED, "issuer", "domain.md decision 10", "the successor is another active user of the same organisation",
	    "接任人应为同一单位的另一名在用用户");
}

/* open requests of the leaver: [{"id","kind","object"}] */
static enum fj_rc open_requests(struct iss_call *c, const char *login, const char *person, json_t **out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) list = json_array();
	bool row;

	FJ_TRY(sto_query(c->db, STO_APPROVAL_OWNED, &q, err, "t", login));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		if (strlen(sto_text(&q, 3)) + strlen(person) + 2 > ISS_PERSON_CAP) {
			enum fj_rc rc = fj_fail(err, FJ_E_LIMIT, "issuer", "domain.md decision 10", "the request %.31s was handed over too often; decide on it first", sto_text(&q, 0));
			fj_err_zh(err, "申请 %.31s 交接次数过多，请先办结", sto_text(&q, 0));
			return rc;
		}
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "id", sto_text(&q, 0), "kind", sto_text(&q, 1), "object", sto_text(&q, 2)));
	}
	*out = fj_move(list);
	return FJ_OK;
}

enum fj_rc cmd_user_handover(struct iss_call *c, struct fj_err *err)
{
	struct usr from, to;
	char keeper[19];
	json_t *open = NULL;

	FJ_TRY(usr_get(c->db, fj_json_text(c->params, "login"), &from, err));
	FJ_TRY(usr_office(c, from.a.org, c->actor->org, keeper, err));
	FJ_TRY(check_handover(c, &from, fj_json_text(c->params, "to"), &to, err));
	FJ_TRY(open_requests(c, from.a.login, to.a.person, &open, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "login", from.a.login, "not_by", from.a.person, "to", to.a.login, "org", from.a.org,
	    "reason", fj_json_text(c->params, "reason"), "open_requests", open);
	return apr_request(c, "user.handover", from.a.login, keeper, payload, err);
}

/* what is open is looked at again: the day of leaving is the day of approval */
enum fj_rc apr_user_handover(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	struct usr from, to;
	json_t *open = NULL;
	FJ_AUTO(json) ended = json_array();

	FJ_TRY(usr_get(c->db, a->object, &from, err));
	FJ_TRY(check_handover(c, &from, fj_json_text(a->payload, "to"), &to, err));
	FJ_TRY(open_requests(c, from.a.login, to.a.person, &open, err));
	FJ_AUTO(json) list = open;
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:O, s:s}", "to", to.a.login, "person", to.a.person, "approvals", list, "reason",
	    fj_json_text(a->payload, "reason"));
	FJ_TRY(evt_append(c, "user.handed-over", a->object, body, err));
	FJ_TRY(dlg_end_all(c, a->object, "user.handover", ended, err));
	FJ_TRY(sto_run(c->db, STO_SECRET_END, NULL, err, "t", a->object));
	FJ_TRY(usr_forget_ways(c, a->object, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s, s:O, s:O}", "id", a->id, "state", "APPROVED", "login", a->object, "to", to.a.login,
	    "approvals", list, "delegations_ended", ended);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_user_handed_over(const struct evt *e, struct fj_err *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(e->body, "approvals"), i, v)
		FJ_TRY(sto_run(e->db, STO_APPROVAL_OWNER, NULL, err, "ttt", fj_json_text(e->body, "to"), fj_json_text(e->body, "person"), fj_json_text(v, "id")));
	return sto_run(e->db, STO_USER_STATE, NULL, err, "tt", "DISABLED", e->object);
}

/* --- R24: a registrar who registered falsely, tampered, leaked or profiteered --- */

/* One officer's act, at once; what was found is the record that is reported. */
enum fj_rc cmd_user_suspend(struct iss_call *c, struct fj_err *err)
{
	struct usr u;
	char keeper[19];

	FJ_TRY(usr_get(c->db, fj_json_text(c->params, "login"), &u, err));
	FJ_TRY(not_disabled(&u, err));
	FJ_TRY(usr_office(c, u.a.org, c->actor->org, keeper, err));
	FJ_TRY(usr_leaves_two(c, &u, err));
	if (!iss_said(fj_json_text(c->params, "reason")) || iss_persons_meet(u.a.person, c->actor->person))
		return fj_refuse(err, FJ_E_INVALID, "issuer", "26号 art. 19", "a suspension says what was found, and nobody suspends himself",
		    "暂停职责应说明事由，且不得暂停本人");
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s}", "state", "SUSPENDED", "rule", "R24", "cause", fj_json_text(c->params, "cause"), "reason",
	    fj_json_text(c->params, "reason"));
	FJ_TRY(evt_append(c, "user.changed", u.a.login, body, err));
	FJ_TRY(usr_end_sessions(c, u.a.login, err));
	c->answer = json_pack("{s:s, s:s}", "login", u.a.login, "state", "SUSPENDED");
	return FJ_OK;
}

static enum fj_rc check_suspended(const struct usr *u, struct fj_err *err)
{
	if (strcmp(u->state, "SUSPENDED") == 0)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", "26号 art. 19", "the user %s is not suspended", u->a.login);
	fj_err_zh(err, "用户 %s 未被暂停职责", u->a.login);
	return rc;
}

enum fj_rc cmd_user_reinstate(struct iss_call *c, struct fj_err *err)
{
	struct usr u;
	char keeper[19];

	FJ_TRY(usr_get(c->db, fj_json_text(c->params, "login"), &u, err));
	FJ_TRY(check_suspended(&u, err));
	FJ_TRY(usr_office(c, u.a.org, c->actor->org, keeper, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s}", "login", u.a.login, "not_by", u.a.person, "reason", fj_json_text(c->params, "reason"));
	return apr_request(c, "user.reinstate", u.a.login, keeper, payload, err);
}

enum fj_rc apr_user_reinstate(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	struct usr u;

	FJ_TRY(usr_get(c->db, a->object, &u, err));
	FJ_TRY(check_suspended(&u, err));
	/* who was suspended before he had enrolled has to enrol first: never in without his factor */
	json_t *keys = NULL;
	struct acc_secret s;
	FJ_TRY(cky_list(c->db, a->object, &keys, err));
	bool whole = acc_secret_get(c->db, a->object, &s, NULL) == FJ_OK && (s.totp_len > 0 || json_array_size(keys) > 0);
	json_decref(keys);
	fj_wipe(&s, sizeof(s));
	FJ_AUTO(json) body = json_pack("{s:s, s:s}", "state", whole ? "ACTIVE" : "INVITED", "reason", fj_json_text(a->payload, "reason"));
	return evt_append(c, "user.changed", a->object, body, err);
}
