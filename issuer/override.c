/*
 * override.c - rules of kind O let through once, by two finance officers with a
 * recorded reason (domain.md section 8).
 *
 * One officer of the finance department that answers for the asset's holder (R40)
 * asks, another approves.  The override is an event, is listed, is used up by the
 * one act that it lets through, and is shown wherever that act's result is.  A
 * rule of kind R is refused here whatever the reason, R04 before all: so is R05
 * for an asset that R04 bans.  R05 is about an asset; R10 about a product, by
 * "authorisation/id", which need not be registered yet: it is let in by it.
 */
#include "issuer/card.h"
#include "issuer/rules/rules.h"

static enum fj_rc check_asset(struct iss_call *c, const char *asset_no, struct dom_org *holder, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};

	FJ_TRY(dom_asset_get(c->db, asset_no, &a, err));
	FJ_TRY(dom_org_get(c->db, a.holder, holder, err));
	FJ_TRY(iss_rule_no_foreign_issuer(holder->finance, c->actor->org, err));
	FJ_TRY(iss_rule_no_collateral(a.origin, err));
	return iss_rule_no_collateral(holder->kind, err);
}

static enum fj_rc check_product(struct iss_call *c, const char *key, struct dom_org *holder, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	size_t n = strcspn(key, "/");
	char number[41];

	if (n >= sizeof(number) || key[n] == '\0' || key[n + 1] == '\0')
		return fj_refuse(err, FJ_E_INVALID, "issuer", "R10", "name the product as authorisation/id", "产品编号应写作 授权编号/产品标识");
	snprintf(number, sizeof(number), "%.*s", (int)n, key);
	FJ_TRY(dom_auth_get(c->db, number, &a, err));
	FJ_TRY(dom_org_get(c->db, a.holder, holder, err));
	return iss_rule_no_foreign_issuer(holder->finance, c->actor->org, err);
}

static enum fj_rc check(struct iss_call *c, const char *rule, const char *object, struct dom_org *holder, struct fj_err *err)
{
	FJ_TRY(iss_rule_no_override(rule, err));
	return strcmp(rule, "R10") == 0 ? check_product(c, object, holder, err) : check_asset(c, object, holder, err);
}

enum fj_rc cmd_rule_override(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	const char *rule = fj_json_peek(c->params, "rule"), *reason = fj_json_peek(c->params, "reason");
	const char *object = fj_json_peek(c->params, strcmp(rule, "R10") == 0 ? "product" : "asset");

	FJ_TRY(iss_rule_no_override(rule, err));
	if (object == NULL)
		return fj_refuse(err, FJ_E_INVALID, "issuer", rule, "R05 is let through for an asset, R10 for a product: name it",
		    "突破 R05 应填写资产编号，突破 R10 应填写产品编号");
	FJ_TRY(check(c, rule, object, &holder, err));
	if (!iss_said(reason))
		return fj_refuse(err, FJ_E_INVALID, "issuer", rule, "an override has a reason that says something", "突破规则应写明理由");
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s}", "rule", rule, "object", object, "reason", reason);
	return apr_request(c, "rule.override", object, holder.finance, payload, err);
}

enum fj_rc apr_rule_override(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	const char *rule = fj_json_peek(a->payload, "rule");
	char id[40];

	FJ_TRY(check(c, rule, a->object, &holder, err));
	iss_new_id("OV-", 12, id);
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", id, "rule", rule, "object", a->object, "reason", fj_json_peek(a->payload, "reason"),
	    "finance", holder.finance, "applicant", a->applicant, "approver", c->actor->login);
	FJ_TRY(evt_append(c, "rule.overridden", a->object, body, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", a->id, "state", "APPROVED", "kind", a->kind, "object", a->object, "override", id);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_rule_overridden(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	return sto_run(e->db, STO_OVERRIDE_ADD, NULL, err, "tttttt" "tti", fj_json_peek(b, "id"), fj_json_peek(b, "rule"), e->object, fj_json_peek(b, "reason"),
	    fj_json_peek(b, "finance"), fj_json_peek(b, "applicant"), fj_json_peek(b, "approver"), e->approval, (int64_t)e->at);
}

static json_t *to_json(const struct sto_q *q, fj_time now)
{
	char at[FJ_TIME_CAP];

	(void)now;
	fj_time_utc(sto_int(q, 8), at);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", sto_text(q, 0), "rule", sto_text(q, 1), "object", sto_text(q, 2), "reason", sto_text(q, 3),
	    "finance", sto_text(q, 4), "applicant", sto_text(q, 5), "approver", sto_text(q, 6), "approval", sto_text(q, 7), "at", at, "state", sto_text(q, 9), "used_by", sto_text(q, 10));
}

enum fj_rc cmd_override_list(struct iss_call *c, struct fj_err *err)
{
	return dom_list_rows(c, STO_OVERRIDE_LIST, to_json, "id", err);
}
