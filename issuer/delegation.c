/*
 * delegation.c - deputies: who acts for whom, from which day to which.
 *
 * A deputy acts with the principal's roles, on whole days of +08:00, and every
 * event says on whose behalf.  Both persons then stand behind the act: whoever is
 * kept from it (R22: the applicant, another approver) keeps the other from it too.
 * Deputy and principal are of one organisation; a deputy has no deputy, and an
 * auditor is deputised by an auditor only.  Two officers make a delegation and end
 * it early; the one who gains by it is neither.
 */
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/rules/rules.h"

#define MAX_DAYS 366
#define DAY 86400

static enum fj_rc no(struct fj_err *err, const char *cite, const char *en, const char *zh)
{
	fj_refuse(err, FJ_E_REFUSED, "issuer", cite, en, zh);
	iss_rule_cite(err);
	if (err != NULL && err->basis[0] == '\0')
		snprintf(err->basis, sizeof(err->basis), "profile");
	return FJ_E_REFUSED;
}

/* --- events --- */

enum fj_rc apply_delegation_made(const struct evt *e, struct fj_err *err)
{
	fj_time from, to;

	FJ_TRY(fj_date_parse(fj_json_peek(e->body, "from"), &from, err));
	FJ_TRY(fj_date_parse(fj_json_peek(e->body, "to"), &to, err));
	return sto_run(e->db, STO_DELEGATION_ADD, NULL, err, "tttii", e->object, fj_json_peek(e->body, "principal"), fj_json_peek(e->body, "deputy"),
	    (int64_t)from, (int64_t)to + DAY);
}

enum fj_rc apply_delegation_ended(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_DELEGATION_END, NULL, err, "it", (int64_t)e->at, e->object);
}

/* --- acting --- */

enum fj_rc dlg_actor(struct sto *db, const struct iss_actor *self, const char *principal, fj_time now, struct iss_actor *out, struct fj_err *err)
{
	struct iss_actor p;
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_DELEGATION_LIVE, &q, err, "ttii", principal, self->login, (int64_t)now, (int64_t)now));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row || self->behalf[0] != '\0' || usr_actor(db, principal, self->via, &p, NULL) != FJ_OK || strcmp(p.org, self->org) != 0) {
		enum fj_rc rc = fj_fail(err, FJ_E_FORBIDDEN, "issuer", "domain.md decision 10", "you are not the deputy of %.63s today", principal);
		fj_err_zh(err, "您今日不是 %.63s 的代理人", principal);
		return rc;
	}
	*out = *self;
	out->roles = p.roles;
	snprintf(out->behalf, sizeof(out->behalf), "%s", p.login);
	int n = snprintf(out->person, sizeof(out->person), "%s+%s", self->person, p.person);
	return n > 0 && (size_t)n < sizeof(out->person) ? FJ_OK : fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "the users %s and %s are malformed", self->login, p.login);
}

enum fj_rc dlg_principals(struct sto *db, const struct iss_actor *self, fj_time now, struct iss_principals *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	struct iss_actor as;
	bool row;

	out->n = 0;
	out->roles = self->roles;
	if (self->behalf[0] != '\0' || self->scope != NULL)
		return FJ_OK;
	FJ_TRY(sto_query(db, STO_DELEGATION_OF, &q, err, "tii", self->login, (int64_t)now, (int64_t)now));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row || out->n == ISS_MAX_PRINCIPALS)
			return FJ_OK;
		if (dlg_actor(db, self, sto_text(&q, 0), now, &as, NULL) != FJ_OK)
			continue; /* he has left, or moved to another organisation */
		snprintf(out->login[out->n++], sizeof(out->login[0]), "%s", as.behalf);
		out->roles |= as.roles;
	}
}

/* --- making --- */

static enum fj_rc check_days(const json_t *p, fj_time now, fj_time *from, fj_time *to, struct fj_err *err)
{
	FJ_TRY(fj_date_parse(fj_json_text(p, "from"), from, err));
	FJ_TRY(fj_date_parse(fj_json_text(p, "to"), to, err));
	*to += DAY;
	if (*to > now && *from < *to && *to - *from <= (fj_time)MAX_DAYS * DAY)
		return FJ_OK;
	return no(err, "domain.md decision 10", "a delegation lasts from a day to the same or a later one, 366 days at most, and is not over yet",
	    "代理期限应自某日起至同日或其后某日止，最长 366 天，且不得已经届满");
}

static enum fj_rc check_pair(const struct iss_actor *p, const struct iss_actor *d, struct fj_err *err)
{
	if (strcmp(p->org, d->org) != 0)
		return no(err, "domain.md decision 10", "a deputy is an officer of the same organisation", "代理人应为同一单位的经办人");
	if (iss_persons_meet(p->person, d->person))
		return no(err, "R22", "nobody is the own deputy", "本人不得为自己的代理人");
	if ((p->roles ^ d->roles) & ISS_AUDITOR)
		return no(err, "domain.md 6", "an auditor only reads: an auditor deputises for an auditor, and nobody else", "审计人员只读，仅可由审计人员代理，亦不得代理其他人员");
	return FJ_OK;
}

/* no chains: whoever is a deputy in these days has none, and whoever has one is none */
static enum fj_rc check_free(struct iss_call *c, const char *principal, const char *deputy, fj_time from, fj_time to, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(sto_q) same = {0};
	bool row;

	FJ_TRY(sto_query(c->db, STO_DELEGATION_CLASH, &q, err, "iitt", (int64_t)to, (int64_t)from, principal, deputy));
	FJ_TRY(sto_step(&q, &row, err));
	if (row)
		return no(err, "domain.md decision 10", "a deputy can't deputise: in these days the principal is a deputy, or the deputy has one", "代理人不得转委托：在此期间委托人本身是代理人，或代理人已另有代理人");
	FJ_TRY(sto_query(c->db, STO_DELEGATION_SAME, &same, err, "iitt", (int64_t)to, (int64_t)from, principal, deputy));
	FJ_TRY(sto_step(&same, &row, err));
	return !row ? FJ_OK : no(err, "domain.md decision 10", "this deputy stands in for this principal in these days already", "该代理关系在此期间已存在");
}

/* looked at when asked, and again when approved */
static enum fj_rc check(struct iss_call *c, const json_t *p, struct iss_actor *deputy, struct fj_err *err)
{
	struct iss_actor principal;
	fj_time from, to;

	FJ_TRY(usr_actor(c->db, fj_json_text(p, "login"), "system", &principal, err));
	FJ_TRY(usr_actor(c->db, fj_json_text(p, "deputy"), "system", deputy, err));
	FJ_TRY(check_days(p, c->now, &from, &to, err));
	FJ_TRY(check_pair(&principal, deputy, err));
	return check_free(c, principal.login, deputy->login, from, to, err);
}

enum fj_rc cmd_user_deputise(struct iss_call *c, struct fj_err *err)
{
	const json_t *p = c->params;
	struct iss_actor deputy;
	char keeper[19];

	if (c->actor->behalf[0] != '\0')
		return no(err, "domain.md decision 10", "a deputy can't deputise", "代理人不得转委托");
	FJ_TRY(check(c, p, &deputy, err));
	if (iss_persons_meet(deputy.person, c->actor->person))
		return no(err, "R22", "nobody asks for powers for himself; the principal or another officer does", "不得为本人申请代理权限，请由委托人或其他经办人办理");
	FJ_TRY(usr_office(c, deputy.org, c->actor->org, keeper, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "login", fj_json_text(p, "login"), "deputy", fj_json_text(p, "deputy"),
	    "from", fj_json_text(p, "from"),
	    "to", fj_json_text(p, "to"), "reason", fj_json_text(p, "reason"), "org", deputy.org, "not_by", deputy.person);
	return apr_request(c, "user.deputise", fj_json_text(p, "login"), keeper, payload, err);
}

enum fj_rc apr_user_deputise(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	struct iss_actor deputy;
	char id[40];

	FJ_TRY(check(c, a->payload, &deputy, err));
	FJ_TRY(usr_office(c, deputy.org, c->actor->org, NULL, err));
	iss_new_id("DG-", 12, id);
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:s}", "principal", fj_json_text(a->payload, "login"), "deputy", fj_json_text(a->payload, "deputy"),
	    "from", fj_json_text(a->payload, "from"), "to", fj_json_text(a->payload, "to"), "reason", fj_json_text(a->payload, "reason"));
	FJ_TRY(evt_append(c, "delegation.made", id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s}", "id", a->id, "state", "APPROVED", "delegation", id);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- ending --- */

static enum fj_rc live(struct iss_call *c, const char *id, char org[19], struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	struct iss_actor p;

	FJ_TRY(sto_first(c->db, STO_DELEGATION_GET, &q, id, err, "t", id));
	if (sto_int(&q, 4) != 0 || sto_int(&q, 3) <= c->now) {
		enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md decision 10", "the delegation %.40s is over already", id);
		fj_err_zh(err, "代理 %.40s 已经终止", id);
		return rc;
	}
	enum fj_rc rc = usr_actor(c->db, sto_text(&q, 0), "system", &p, err);
	snprintf(org, 19, "%s", p.org);
	return rc == FJ_E_AUTH ? FJ_OK : rc;
}

enum fj_rc cmd_user_undeputise(struct iss_call *c, struct fj_err *err)
{
	const char *id = fj_json_text(c->params, "id");
	char org[19], keeper[19];

	FJ_TRY(live(c, id, org, err));
	FJ_TRY(usr_office(c, org, c->actor->org, keeper, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s}", "delegation", id, "reason", fj_json_text(c->params, "reason"), "org", org);
	return apr_request(c, "user.undeputise", id, keeper, payload, err);
}

static enum fj_rc end_one(struct iss_call *c, const char *id, const char *reason, struct fj_err *err)
{
	FJ_AUTO(json) body = json_pack("{s:s}", "reason", reason);

	return evt_append(c, "delegation.ended", id, body, err);
}

enum fj_rc apr_user_undeputise(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	char org[19];

	FJ_TRY(live(c, a->object, org, err));
	FJ_TRY(usr_office(c, org, c->actor->org, NULL, err));
	return end_one(c, a->object, fj_json_text(a->payload, "reason"), err);
}

enum fj_rc dlg_end_all(struct iss_call *c, const char *login, const char *reason, json_t *ended, struct fj_err *err)
{
	size_t i;
	json_t *v;
	{
		FJ_AUTO(sto_q) q = {0};
		bool row;
		FJ_TRY(sto_query(c->db, STO_DELEGATION_WITH, &q, err, "tti", login, login, (int64_t)c->now));
		for (;;) {
			FJ_TRY(sto_step(&q, &row, err));
			if (!row)
				break;
			json_array_append_new(ended, json_string(sto_text(&q, 0)));
		}
	}
	json_array_foreach(ended, i, v)
		FJ_TRY(end_one(c, json_string_value(v), reason, err));
	return FJ_OK;
}

/* --- reading --- */

static json_t *to_json(const struct sto_q *q, fj_time now)
{
	char from[FJ_TIME_CAP], to[FJ_TIME_CAP], ended[FJ_TIME_CAP];
	int64_t end = sto_int(q, 5);

	fj_date_china(sto_int(q, 3), from);
	fj_date_china(sto_int(q, 4) - 1, to);
	fj_time_utc(end, ended);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s?}", "id", sto_text(q, 0), "principal", sto_text(q, 1), "deputy", sto_text(q, 2), "from", from, "to", to,
	    "state", end != 0 ? "ENDED" : now >= sto_int(q, 4) ? "EXPIRED" : now < sto_int(q, 3) ? "FUTURE" : "ACTIVE", "ended_at", end != 0 ? ended : NULL);
}

enum fj_rc cmd_delegation_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *after, *login = fj_json_text(c->params, "login");
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, STO_DELEGATION_LIST, &q, err, "tti", login, after, limit));
	return dom_list_page(c, &q, to_json, "id", limit, err);
}
