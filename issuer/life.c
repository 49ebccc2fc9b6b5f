/*
 * life.c - freezing, the endings that an application leads to, and expiry.
 *
 * Freezing is one officer's act of the finance department or the superior and
 * bites at once, the certificate's suspension with it; lifting takes two
 * officers of whoever froze, or of the finance department (35号 art. 23).  A
 * cancellation, destruction or transfer that was decided ends the certificate
 * with a second officer (R22): the certificate leaves ACTIVE before the data
 * does (R29), and the receiver's asset stands registered at once.  What the
 * clock ends is an event like any other.
 */
#include "issuer/life.h"

#include "issuer/registration.h"
#include "issuer/rules/rules.h"
#include "issuer/state.h"
#include "issuer/task.h"

/* --- freezing --- */

static enum fj_rc suspend_certificate(struct iss_call *c, const char *number, const char *reason, bool *held, struct fj_err *err)
{
	struct dom_cert t;
	const char *to;

	*held = false;
	if (number[0] == '\0')
		return FJ_OK;
	FJ_TRY(dom_cert_get(c->db, number, &t, err));
	if (strcmp(t.state, "ACTIVE") != 0)
		return FJ_OK;
	FJ_TRY(iss_state_next(ISS_OBJ_CERTIFICATE, t.state, "suspend", &to, err));
	FJ_TRY(apr_void(c, "certificate.resume", t.number, "suspended anew 已重新冻结", err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s}", "to", to, "reason", reason);
	FJ_TRY(evt_append(c, "certificate.suspended", t.number, body, err));
	c->dirty_status = true;
	*held = true;
	return FJ_OK;
}

enum fj_rc dom_freeze(struct iss_call *c, const struct dom_asset *a, const char *reason, struct fj_err *err)
{
	const char *to;
	bool held;

	FJ_TRY(iss_state_next(ISS_OBJ_ASSET, a->state, "freeze", &to, err));
	/* one asked for before was about another freezing, perhaps another party's */
	FJ_TRY(apr_void(c, "asset.unfreeze", a->asset_no, "frozen anew 已重新冻结", err));
	FJ_TRY(suspend_certificate(c, a->certificate, reason, &held, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:s}", "to", to, "former", a->state, "by", c->actor->org, "reason", reason, "held", held ? a->certificate : "");
	return evt_append(c, "asset.frozen", a->asset_no, body, err);
}

enum fj_rc dom_may_freeze(struct iss_call *c, const struct dom_asset *a, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};

	FJ_TRY(dom_org_get(c->db, a->holder, &holder, err));
	if ((c->acting & ISS_FINANCE) && strcmp(holder.finance, c->actor->org) == 0)
		return FJ_OK;
	if ((c->acting & ISS_SUPERIOR) && strcmp(holder.dept, c->actor->org) == 0)
		return FJ_OK;
	if (c->acting & ISS_FINANCE)
		return iss_rule_fail(err, "R40", "an asset is frozen by the finance department or the superior department of its holder", "资产冻结应由持有单位的本级财政部门或主管部门作出");
	return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md 7.1", "an asset is frozen by the finance department or the superior department of its holder",
	    "资产冻结应由持有单位的本级财政部门或主管部门作出");
}

static enum fj_rc freeze_one(struct iss_call *c, const char *asset_no, const void *arg, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};

	(void)arg;
	FJ_TRY(dom_asset_get(c->db, asset_no, &a, err));
	FJ_TRY(dom_may_freeze(c, &a, err));
	FJ_TRY(dom_freeze(c, &a, fj_json_text(c->params, "reason"), err));
	c->answer = json_pack("{s:s, s:s, s:s}", "asset_no", a.asset_no, "state", "FROZEN", "former", a.state);
	return FJ_OK;
}

enum fj_rc cmd_asset_freeze(struct iss_call *c, struct fj_err *err)
{
	return tsk_run(c, "asset", "assets", freeze_one, NULL, err);
}

enum fj_rc apply_asset_frozen(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	return sto_run(e->db, STO_ASSET_FREEZE, NULL, err, "ttttit", fj_json_text(b, "to"), fj_json_text(b, "former"), fj_json_text(b, "by"),
	    fj_json_text(b, "held"), e->seq, e->object);
}

enum fj_rc cmd_asset_unfreeze(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	const char *to;

	FJ_TRY(dom_asset_get(c->db, fj_json_peek(c->params, "asset"), &a, err));
	FJ_TRY(dom_may_freeze(c, &a, err));
	FJ_TRY(iss_state_next(ISS_OBJ_ASSET, a.state, "unfreeze", &to, err));
	FJ_TRY(dom_org_get(c->db, a.holder, &holder, err));
	if (strcmp(a.frozen_by, c->actor->org) != 0 && strcmp(holder.finance, c->actor->org) != 0)
		return iss_rule_fail(err, "domain.md decision 8", "this was frozen by a higher party; that party or the finance department lifts it", "该资产由更高一方冻结，应由该方或财政部门解除");
	FJ_AUTO(json) payload = json_pack("{s:s, s:s}", "asset_no", a.asset_no, "reason", fj_json_text(c->params, "reason"));
	return apr_request(c, "asset.unfreeze", a.asset_no, c->actor->org, payload, err);
}

/* the certificate that freezing suspended comes back with the finance department's officers only (7.2) */
static enum fj_rc resume_held(struct iss_call *c, const struct dom_asset *a, const char *finance, struct fj_err *err)
{
	struct dom_cert t;
	const char *to;

	if (a->held[0] == '\0' || strcmp(finance, c->actor->org) != 0)
		return FJ_OK;
	FJ_TRY(dom_cert_get(c->db, a->held, &t, err));
	if (strcmp(t.state, "SUSPENDED") != 0)
		return FJ_OK;
	FJ_TRY(iss_state_next(ISS_OBJ_CERTIFICATE, t.state, "resume", &to, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s}", "to", to, "reason", "the asset's freezing was lifted");
	FJ_TRY(evt_append(c, "certificate.resumed", t.number, body, err));
	c->dirty_status = true;
	return FJ_OK;
}

enum fj_rc apr_asset_unfreeze(struct iss_call *c, const struct apr *p, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	const char *to;

	FJ_TRY(dom_asset_get(c->db, p->object, &a, err));
	FJ_TRY(dom_org_get(c->db, a.holder, &holder, err));
	FJ_TRY(iss_state_next(ISS_OBJ_ASSET, a.state, "unfreeze", &to, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s}", "to", a.former, "reason", fj_json_text(p->payload, "reason"));
	FJ_TRY(evt_append(c, "asset.unfrozen", a.asset_no, body, err));
	return resume_held(c, &a, holder.finance, err);
}

enum fj_rc apply_asset_unfrozen(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_ASSET_FREEZE, NULL, err, "ttttit", fj_json_text(e->body, "to"), "", "", "", e->seq, e->object);
}

/* --- endings: cancellation, destruction, transfer, withdrawal of a registration --- */

static enum fj_rc load_end(struct iss_call *c, const char *id, struct dom_reg *r, struct dom_asset *a, struct dom_org *holder, struct fj_err *err)
{
	FJ_TRY(dom_reg_get(c->db, id, r, err));
	FJ_TRY(dom_asset_get(c->db, r->asset_no, a, err));
	FJ_TRY(dom_org_get(c->db, a->holder, holder, err));
	return iss_rule_no_foreign_issuer(holder->finance, c->actor->org, err);
}

static enum fj_rc check_end(struct iss_call *c, const struct dom_reg *r, const struct dom_asset *a, struct fj_err *err)
{
	const struct dom_reg_type *t = dom_reg_type(r->type);

	if (t->ends == NULL || strcmp(r->state, "REGISTERED") != 0 || strcmp(a->registration, r->id) != 0) {
		enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md 7.1", "registration %s is no cancellation, destruction or transfer that was decided and waits to be carried out", r->id);
		fj_err_zh(err, "登记 %s 不是已决定待执行的注销、销毁或转移登记", r->id);
		return rc;
	}
	if (strcmp(a->state, "FROZEN") == 0)
		return iss_rule_fail(err, "R19", "the asset is frozen; nothing moves until that is lifted", "该资产已冻结，解除冻结前不得办理");
	return dom_no_live_authorisation(c->db, a->holder, a->asset_no, c->now, err);
}

/* the ending of a decided application: the one who asks and the one who approves had no part in it
 * (decision and execution apart, DB33/T 1329) */
enum fj_rc cmd_registration_execute(struct iss_call *c, struct fj_err *err)
{
	struct dom_reg r;
	FJ_AUTO(dom_asset) a = {.card = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};

	FJ_TRY(load_end(c, fj_json_peek(c->params, "id"), &r, &a, &holder, err));
	FJ_TRY(check_end(c, &r, &a, err));
	FJ_TRY(dom_reg_apart(&r, c->actor->person, err));
	FJ_AUTO(buf) not_by = FJ_BUF_INIT(4096);
	FJ_TRY(dom_reg_persons(&r, &not_by, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s, s:s, s:s}", "registration", r.id, "asset_no", a.asset_no, "type", r.type, "card_hash", a.card_hash, "not_by", fj_buf_str(&not_by));
	return apr_request(c, "registration.execute", r.id, c->actor->org, payload, err);
}

static enum fj_rc end_certificate(struct iss_call *c, const struct dom_asset *a, const struct dom_reg_type *t, struct fj_err *err)
{
	struct dom_cert cert;

	if (a->certificate[0] == '\0')
		return FJ_OK;
	FJ_TRY(dom_cert_get(c->db, a->certificate, &cert, err));
	if (strcmp(cert.state, "ACTIVE") != 0 && strcmp(cert.state, "SUSPENDED") != 0) {
		enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md 7.2", "certificate %s is %s; that comes first", cert.number, cert.state);
		fj_err_zh(err, "证书 %s 当前状态为 %s，应先行办结", cert.number, cert.state);
		return rc;
	}
	FJ_TRY(dom_drop_successor(c, &cert, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:I, s:s, s:s}", "to", "CANCELLED", "code", (json_int_t)(strcmp(t->ends, "affiliationChanged") == 0 ? 3 : 5), "reason", t->ends,
	    "asset_to", t->final);
	c->dirty_status = true;
	return evt_append(c, "certificate.revoked", cert.number, body, err);
}

/* The receiver's asset: the card that was registered, under the new number, registered.  The ban of
 * R04 follows the asset from the first public body that held it (domain.md 5.2, decision 2). */
static enum fj_rc hand_over(struct iss_call *c, const struct dom_reg *r, const struct dom_asset *a, const char *kind, struct fj_err *err)
{
	const char *origin = !iss_kind_no_collateral(a->origin) && iss_kind_no_collateral(kind) ? kind : a->origin;
	json_t *registered = NULL;
	FJ_TRY(dom_card_at(c->db, a->asset_no, r->version, &registered, err));
	FJ_AUTO(json) card = registered;
	FJ_AUTO(buf) canonical = FJ_BUF_INIT(1u << 18);
	struct fj_hash h;
	char hex[65], ledger[40];

	if (fj_json_set(json_object_get(card, "basic"), "asset_no", json_string(r->new_no)) != FJ_OK)
		return fj_no_memory(err, "issuer");
	FJ_TRY(fj_json_canonical(card, &canonical, err));
	fj_sha256(fj_buf_slice(&canonical), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	iss_new_id("LG-", 12, ledger);
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O, s:s, s:s}", "asset_no", r->new_no, "ledger", ledger, "from_ledger", a->ledger, "holder", r->receiver,
	    "name", dom_card_text(card, "basic", "name"), "origin", origin, "hash", hex, "card", card, "came_from", a->asset_no, "registration", r->id);
	return evt_append(c, "asset.received", r->new_no, body, err);
}

enum fj_rc apr_registration_execute(struct iss_call *c, const struct apr *p, struct fj_err *err)
{
	struct dom_reg r;
	FJ_AUTO(dom_asset) a = {.card = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};

	FJ_TRY(load_end(c, p->object, &r, &a, &holder, err));
	FJ_TRY(check_end(c, &r, &a, err));
	FJ_TRY(dom_reg_apart(&r, c->actor->person, err));
	const struct dom_reg_type *t = dom_reg_type(r.type);
	FJ_TRY(end_certificate(c, &a, t, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:b}", "asset_no", a.asset_no, "to", "REGISTERED", "asset_to", t->final, "note", "", "closed", 1);
	FJ_TRY(evt_append(c, "registration.executed", r.id, body, err));
	return strcmp(r.type, "TRANSFER") == 0 ? hand_over(c, &r, &a, holder.kind, err) : FJ_OK;
}

enum fj_rc apply_asset_received(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	FJ_AUTO(buf) card = FJ_BUF_INIT(1u << 18);
	FJ_AUTO(dom_asset) again = {.card = NULL};

	FJ_TRY(fj_json_canonical(json_object_get(b, "card"), &card, err));
	FJ_TRY(sto_run(e->db, STO_LEDGER_COPY, NULL, err, "tttit", fj_json_text(b, "ledger"), fj_json_text(b, "holder"), e->object, e->seq,
	    fj_json_text(b, "from_ledger")));
	FJ_TRY(sto_run(e->db, STO_ASSET_ADD, NULL, err, "ttttti", e->object, fj_json_text(b, "ledger"), fj_json_text(b, "holder"), fj_json_text(b, "name"),
	    fj_json_text(b, "origin"), e->seq));
	FJ_TRY(sto_run(e->db, STO_CARD_ADD, NULL, err, "titt", e->object, (int64_t)1, fj_json_text(b, "hash"), fj_buf_str(&card)));
	FJ_TRY(sto_run(e->db, STO_ASSET_FROM, NULL, err, "ttt", "REGISTERED", fj_json_text(b, "came_from"), e->object));
	return dom_asset_get(e->db, e->object, &again, err);
}

/* R23 before there is a certificate: a registration that rests on concealment or forgery */
enum fj_rc cmd_registration_withdraw(struct iss_call *c, struct fj_err *err)
{
	struct dom_reg r;
	FJ_AUTO(dom_asset) a = {.card = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	const char *to;

	FJ_TRY(load_end(c, fj_json_peek(c->params, "id"), &r, &a, &holder, err));
	FJ_TRY(iss_state_next(ISS_OBJ_REGISTRATION, r.state, "withdraw", &to, err));
	if (r.certificate[0] != '\0' || (strcmp(r.type, "INITIAL") == 0 && strcmp(a.state, "REGISTERED") != 0)) {
		return fj_refuse(err, FJ_E_STATE, "issuer", "26号 art. 20", "a certificate was issued on this registration; withdraw that (certificate revoke, privilegeWithdrawn)",
		    "该登记已颁发证书，应撤销证书（certificate revoke，privilegeWithdrawn）");
	}
	FJ_AUTO(json) payload = json_pack("{s:s, s:s}", "registration", r.id, "reason", fj_json_text(c->params, "reason"));
	return apr_request(c, "registration.withdraw", r.id, c->actor->org, payload, err);
}

enum fj_rc apr_registration_withdraw(struct iss_call *c, const struct apr *p, struct fj_err *err)
{
	struct dom_reg r;
	FJ_AUTO(dom_asset) a = {.card = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	const char *to;

	FJ_TRY(load_end(c, p->object, &r, &a, &holder, err));
	FJ_TRY(iss_state_next(ISS_OBJ_REGISTRATION, r.state, "withdraw", &to, err));
	bool initial = strcmp(r.type, "INITIAL") == 0;
	if (r.certificate[0] != '\0' || (initial && strcmp(a.state, "REGISTERED") != 0))
		return fj_refuse(err, FJ_E_STATE, "issuer", "26号 art. 20", "a certificate was issued on this registration meanwhile", "该登记在此期间已颁发证书");
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:b}", "asset_no", a.asset_no, "to", to, "asset_to", initial ? "CARDED" : a.state, "note",
	    fj_json_text(p->payload, "reason"),
	    "closed", 1);
	return evt_append(c, "registration.withdrawn", r.id, body, err);
}

/* --- expiry --- */

enum fj_rc dom_end_application(struct iss_call *c, const struct dom_asset *a, const char *asset_to, const char *why, struct fj_err *err)
{
	if (a->registration[0] == '\0')
		return FJ_OK;
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:b}", "asset_no", a->asset_no, "to", "TERMINATED", "asset_to", asset_to, "note", why,
	    "closed", 1);
	return evt_append(c, "registration.terminated", a->registration, body, err);
}

static enum fj_rc expire_one(struct iss_call *c, const char *number, struct fj_err *err)
{
	struct dom_cert t;
	FJ_AUTO(dom_asset) a = {.card = NULL};
	struct dom_reg last;
	bool waits;

	FJ_TRY(dom_cert_get(c->db, number, &t, err));
	FJ_TRY(dom_asset_get(c->db, t.asset_no, &a, err));
	bool current = strcmp(a.certificate, t.number) == 0;
	FJ_TRY(dom_drop_successor(c, &t, err));
	FJ_TRY(dom_reg_uncertified(c->db, t.asset_no, &last, &waits, err));
	/* a successor was decided and not issued: the asset stands registered, on that card */
	bool decided = waits && dom_reg_type(last.type)->ends == NULL;
	const char *to = !current ? "" : decided ? "REGISTERED" : "CARDED";
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:I}", "to", "EXPIRED", "asset_no", current ? a.asset_no : "", "asset_to", to, "version",
	    (json_int_t)(decided ? last.version : a.newest));
	FJ_TRY(evt_append(c, "certificate.expired", t.number, body, err));
	if (!current)
		return FJ_OK;
	return dom_end_application(c, &a, strcmp(a.state, "FROZEN") == 0 ? a.state : to, "the certificate has expired 证书已到期", err);
}

enum fj_rc dom_expire(struct iss_call *c, size_t most, bool *more, struct fj_err *err)
{
	static const struct iss_actor clock = {.login = "system", .person = "", .name = "", .org = "", .via = "system"};
	const struct iss_actor *who = c->actor;
	char number[41];
	enum fj_rc rc = FJ_OK;

	*more = true;
	for (bool row = true; rc == FJ_OK && *more && most > 0; most--) {
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_query(c->db, STO_CERT_OVER, &q, err, "i", (int64_t)c->now));
		FJ_TRY(sto_step(&q, &row, err));
		snprintf(number, sizeof(number), "%s", row ? sto_text(&q, 0) : "");
		sto_done(&q);
		c->actor = &clock;
		if (row)
			rc = expire_one(c, number, err);
		c->actor = who;
		*more = row;
	}
	c->policy_hash[0] = '\0';
	return rc;
}

enum fj_rc apply_certificate_expired(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	const char *asset_no = fj_json_text(b, "asset_no"), *to = fj_json_text(b, "asset_to");
	FJ_AUTO(json) card = NULL;

	FJ_TRY(sto_run(e->db, STO_CERT_TO, NULL, err, "tit", fj_json_text(b, "to"), e->seq, e->object));
	if (asset_no[0] == '\0')
		return FJ_OK;
	int64_t version = fj_json_num(b, "version");
	FJ_TRY(dom_card_at(e->db, asset_no, version, &card, err));
	/* a frozen asset stays frozen; what it comes back to changes */
	FJ_TRY(sto_run(e->db, STO_ASSET_EXPIRED, NULL, err, "tit", to, e->seq, asset_no));
	return sto_run(e->db, STO_ASSET_ADOPT, NULL, err, "ittit", version, dom_card_text(card, "basic", "name"), "", e->seq, asset_no);
}
