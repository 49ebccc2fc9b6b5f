/*
 * org_change.c - what changes about an organisation.
 *
 * Two finance officers, as for entering it (R40): the present finance department asks;
 * where the organisation passes to another one, officers of that one approve, so that
 * neither gives nor takes alone.  All facts are checked again as for a new
 * organisation.  A change of kind lifts or lays on the collateral ban, so it stands in
 * the approval as something to be confirmed, with the certificates that bear the former
 * kind.  Refused: changes that change nothing, a finance department that others still
 * name as theirs giving up its role, and facts that were changed meanwhile.
 */
#include "base/jws.h"
#include "issuer/domain.h"
#include "issuer/iss.h"

static const char *const facts[] = {"name", "kind", "level", "div6", "dept", "finance", "roles", "affiliates", "dishonest", "mlps", "note", "override"};

/* what is asked for, over what is there */
static enum fj_rc wanted(const json_t *now, const json_t *params, json_t **body, struct fj_err *err)
{
	FJ_AUTO(json) all = json_deep_copy(now);
	json_t *v;

	for (size_t i = 0; i < FJ_ARRAY_LEN(facts); i++)
		if ((v = json_object_get(params, facts[i])) != NULL && !json_is_null(v))
			json_object_set(all, facts[i], v);
	if (strcmp(fj_json_text(all, "dept"), "none") == 0)
		json_object_set_new(all, "dept", json_string(""));
	const struct dom_org_in in = {.usci = fj_json_text(all, "usci"), .name = fj_json_text(all, "name"), .kind = fj_json_text(all, "kind"),
	    .level = fj_json_text(all, "level"),
		.div6 = fj_json_text(all, "div6"), .dept = fj_json_text(all, "dept"), .finance = fj_json_text(all, "finance"), .note = fj_json_text(all, "note"),
		.override = fj_json_text(all, "override"), .roles = json_object_get(all, "roles"), .affiliates = json_object_get(all, "affiliates"),
		.dishonest = json_is_true(json_object_get(all, "dishonest")), .mlps = fj_json_num(all, "mlps")};
	return dom_organisation_body(&in, body, err);
}

static bool same(const json_t *a, const json_t *b)
{
	FJ_AUTO(json) x = json_is_array(a) ? dom_sorted(a) : NULL;
	FJ_AUTO(json) y = json_is_array(b) ? dom_sorted(b) : NULL;

	return x != NULL && y != NULL ? json_equal(x, y) == 1 : json_equal(a, b) == 1;
}

/* {field: {"from","to"}} */
static enum fj_rc compare(const json_t *now, json_t *body, struct fj_err *err)
{
	json_t *changes = json_object();

	for (size_t i = 0; i < FJ_ARRAY_LEN(facts) && changes != NULL; i++)
		if (!same(json_object_get(now, facts[i]), json_object_get(body, facts[i])))
			json_object_set_new(changes, facts[i], json_pack("{s:O, s:O}", "from", json_object_get(now, facts[i]), "to", json_object_get(body, facts[i])));
	bool none = json_object_size(changes) == 0;
	FJ_TRY(fj_json_set(body, "changes", changes));
	if (!none)
		return FJ_OK;
	return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 4.1", "this changes nothing", "内容没有变化");
}

static enum fj_rc count(struct sto *db, enum sto_id id, const char *usci, int64_t *n, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, id, &q, usci, err, "t", usci));
	*n = sto_int(&q, 0);
	return FJ_OK;
}

static enum fj_rc mark_kind(struct iss_call *c, const json_t *now, json_t *body, struct fj_err *err)
{
	const char *from = fj_json_text(now, "kind"), *to = fj_json_text(body, "kind"), *usci = fj_json_text(now, "usci");
	const json_t *odd = json_object_get(body, "contradiction");
	char en[600], zh[600];
	int64_t n;

	if (strcmp(from, to) == 0)
		return FJ_OK;
	FJ_TRY(count(c->db, STO_ORG_CERTIFICATES, usci, &n, err));
	snprintf(en, sizeof(en), "%s: the kind changes from %s to %s, on which the collateral ban and the revenue path hang; %lld certificates bear the former kind%s%s",
	    usci, from, to, (long long)n, odd == NULL ? "" : "; ", fj_json_text(odd, "en"));
	snprintf(zh, sizeof(zh), "%s：主体类型由 %s 变更为 %s，关系到担保禁令和收益路径；%lld 份证书仍载明原类型%s%s", usci, from, to, (long long)n,
	    odd == NULL ? "" : "；", fj_json_text(odd, "zh"));
	return fj_json_set(body, "contradiction", json_pack("{s:s, s:s}", "en", en, "zh", zh));
}

/* a role that people or other organisations lean on */
static enum fj_rc check_roles(struct iss_call *c, const json_t *now, json_t *body, struct fj_err *err)
{
	const char *usci = fj_json_text(now, "usci");
	uint32_t bits;
	int64_t below;
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(iss_roles_parse(json_object_get(body, "roles"), &bits, err));
	FJ_TRY(count(c->db, STO_ORG_BELOW, usci, &below, err));
	if (!(bits & ISS_FINANCE) && (below > 0 || strcmp(usci, c->iss->keeper) == 0))
		return iss_rule_fail(err, "R40", "other organisations name this finance department as theirs; move them to another one first",
		    "仍有单位以其为本级财政部门，请先将这些单位转至其他财政部门");
	FJ_TRY(sto_first(c->db, STO_ORG_LOSERS, &q, usci, err, "ti", usci, (int64_t)bits));
	if (sto_int(&q, 0) == 0)
		return FJ_OK;
	char en[120], zh[120];
	snprintf(en, sizeof(en), "%lld users lose a role with the organisation", (long long)sto_int(&q, 0));
	snprintf(zh, sizeof(zh), "%lld 名用户将随单位失去相应角色", (long long)sto_int(&q, 0));
	return json_array_append_new(json_object_get(body, "warnings"), json_pack("{s:s, s:s, s:s}", "rule", "domain.md 6", "en", en, "zh", zh)) == 0 ? FJ_OK
	    : fj_no_memory(err, "issuer");
}

/* Who asks: whoever may enter it as it stands.  Who approves: whoever may enter what it becomes. */
static enum fj_rc offices(struct iss_call *c, const json_t *now, const json_t *body, const char *asker, char approver[19], struct fj_err *err)
{
	const json_t *was = json_object_get(now, "roles"), *is = json_object_get(body, "roles");
	static const char *const upper[] = {"FINANCE", "MOF", "AUDITOR"};
	bool above = false;

	for (size_t i = 0; i < FJ_ARRAY_LEN(upper); i++)
		above = above || fj_list_has(was, upper[i]) || fj_list_has(is, upper[i]);
	FJ_TRY(iss_rule_no_foreign_issuer(above ? c->iss->keeper : fj_json_text(now, "finance"), asker, err));
	if (above)
		return fj_strcopy(approver, 19, c->iss->keeper);
	FJ_TRY(dom_organisation_enterer(c, body, NULL, fj_json_text(body, "finance"), err));
	bool stays = strcmp(fj_json_text(now, "finance"), fj_json_text(body, "finance")) == 0;
	return stays ? fj_strcopy(approver, 19, asker) : usr_keeper(c, fj_json_text(body, "finance"), approver, err);
}

static enum fj_rc prepare(struct iss_call *c, const json_t *now, json_t *body, const char *asker, char approver[19], struct fj_err *err)
{
	FJ_TRY(offices(c, now, body, asker, approver, err));
	FJ_TRY(check_roles(c, now, body, err));
	FJ_TRY(dom_organisation_warn(c->db, body, err));
	return mark_kind(c, now, body, err);
}

enum fj_rc cmd_organisation_change(struct iss_call *c, struct fj_err *err)
{
	json_t *there = NULL, *made = NULL;
	char approver[19];

	FJ_TRY(dom_organisation_json(c->db, fj_json_text(c->params, "usci"), &there, err));
	FJ_AUTO(json) now = there;
	FJ_TRY(wanted(now, c->params, &made, err));
	FJ_AUTO(json) body = made;
	FJ_TRY(compare(now, body, err));
	FJ_TRY(prepare(c, now, body, c->actor->org, approver, err));
	FJ_TRY(fj_json_set(body, "asked_by", json_string(c->actor->org)));
	FJ_TRY(apr_request(c, "organisation.change", fj_json_text(now, "usci"), approver, body, err));
	json_object_set(c->answer, "changes", json_object_get(body, "changes"));
	json_object_set(c->answer, "warnings", json_object_get(body, "warnings"));
	return FJ_OK;
}

/* what it was when asked is what it is, and the same offices still answer for it */
enum fj_rc apr_organisation_change(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	json_t *there = NULL, *change;
	const char *field;
	char approver[19];

	FJ_TRY(dom_organisation_json(c->db, a->object, &there, err));
	FJ_AUTO(json) now = there;
	json_object_foreach(json_object_get(a->payload, "changes"), field, change)
		if (!same(json_object_get(now, field), json_object_get(change, "from"))) {
			enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", NULL, "the organisation %s was changed meanwhile; ask again", a->object);
			fj_err_zh(err, "单位 %s 的信息已变更，请重新申请", a->object);
			return rc;
		}
	FJ_AUTO(json) again = json_deep_copy(a->payload);
	json_object_del(again, "contradiction"); /* it was confirmed as it stands in the payload */
	FJ_TRY(prepare(c, now, again, fj_json_text(a->payload, "asked_by"), approver, err));
	return evt_append(c, "organisation.changed", a->object, a->payload, err);
}
