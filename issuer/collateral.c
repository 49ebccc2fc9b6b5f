/*
 * collateral.c - data assets as collateral: asked for, refused or registered,
 * released (R04, R05; domain.md decision 2).
 *
 * A request may name an asset, or a certificate, an authorisation, a product or a
 * receivable: it is always brought back to the assets underneath, and those decide,
 * whoever applies.  An asset whose origin or holder is an administrative body, a
 * public institution or a mass organisation secures nothing, and nobody overrides
 * that.  An enterprise's encumbrance has to stand on the card that the certificate
 * in force was issued on, or two finance officers have let it through with a reason
 * (override.c).  Attempts are events, also refused ones: they stand in the half-year
 * report (167·四(三)).
 */
#include "base/jws.h"
#include "issuer/card.h"
#include "issuer/rules/rules.h"

#define MAX_ASSETS 5000

struct request {
	struct iss_call *c;
	const char *basis, *number, *creditor, *kind;
	json_t *assets;       /* numbers of the assets underneath, each once */
	json_t *overrides;    /* asset number: id of the override that is used up */
	struct fj_err why;    /* of the refusal */
};

/* --- what lies underneath --- */

static enum fj_rc add_all(struct request *r, struct sto_q *q, struct fj_err *err)
{
	bool row;

	for (;;) {
		FJ_TRY(sto_step(q, &row, err));
		if (!row)
			return FJ_OK;
		if (json_array_size(r->assets) == MAX_ASSETS)
			return fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "more than %d assets lie under %s; ask for them one by one", MAX_ASSETS, r->number);
		if (!fj_list_has(r->assets, sto_text(q, 0)) && json_array_append_new(r->assets, json_string(sto_text(q, 0))) != 0)
			return fj_no_memory(err, "issuer");
	}
}

static enum fj_rc under(struct request *r, enum sto_id statement, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_query(r->c->db, statement, &q, err, "t", r->number));
	return add_all(r, &q, err);
}

static const struct basis {
	const char *name;
	enum sto_id look[5];
	size_t n;
} bases[] = {
	{"asset", {STO_UNDER_ASSET}, 1}, {"certificate", {STO_UNDER_CERTIFICATE}, 1}, {"authorisation", {STO_UNDER_AUTHORISATION}, 1},
	{"product", {STO_UNDER_PRODUCT}, 1},
	/* a receivable arises from any of these */
	{"receivable", {STO_UNDER_AUTHORISATION, STO_UNDER_TOKEN, STO_UNDER_PRODUCT, STO_UNDER_CERTIFICATE, STO_UNDER_ASSET}, 5},
};

static enum fj_rc resolve(struct request *r, struct fj_err *err)
{
	const struct basis *b = NULL;

	for (size_t i = 0; i < FJ_ARRAY_LEN(bases); i++)
		if (strcmp(bases[i].name, r->basis) == 0)
			b = &bases[i];
	if (b == NULL)
		return fj_fail(err, FJ_E_INVALID, "issuer", "domain.md decision 2", "the basis is asset, certificate, authorisation, product or receivable");
	for (size_t i = 0; i < b->n; i++)
		FJ_TRY(under(r, b->look[i], err));
	if (json_array_size(r->assets) > 0)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_NOTFOUND, "issuer", "domain.md decision 2", "no asset lies under the %s %.*s; for a receivable name the authorisation, token, product or certificate that it arises from",
	    r->basis, CARD_SAID(r->number));
	fj_err_zh(err, "编号 %.*s 之下没有数据资产；应收款请填写其所依据的授权、令牌、产品或证书编号", CARD_SAID(r->number));
	return rc;
}

/* --- who may ask, and what decides --- */

/* holder of the asset, or operator or implementer of an authorisation that covers it */
static enum fj_rc check_asker(struct iss_call *c, const struct dom_asset *a, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *org = c->actor->org;
	bool row;

	if ((c->acting & ISS_HOLDER) && strcmp(a->holder, org) == 0)
		return FJ_OK;
	FJ_TRY(sto_query(c->db, STO_AUTH_COVERS, &q, err, "ttit", c->acting & ISS_OPERATOR ? org : "", c->acting & ISS_IMPLEMENTER ? org : "",
	    (int64_t)c->now, a->asset_no));
	FJ_TRY(sto_step(&q, &row, err));
	if (row)
		return FJ_OK;
	return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "only the asset's holder, or the operator or implementer of an authorisation that covers it, may ask",
	    "只有该资产的持有单位，或其有效授权的运营机构、实施机构可以申请");
}

/* does the card name an encumbrance: a list, or (older cards) one text or objects */
static bool card_discloses(const json_t *card)
{
	const json_t *e = json_object_get(json_object_get(card, "rights"), "encumbrance");
	size_t i;
	json_t *v;

	if (json_is_string(e))
		return iss_said(json_string_value(e));
	json_array_foreach(e, i, v)
		if (json_is_string(v) ? iss_said(json_string_value(v)) : json_object_size(v) > 0)
			return true;
	return false;
}

/* Disclosed is what the certificate in force was issued on: that version of the card, not the
 * newest, and nobody's word (R05). */
static enum fj_rc disclosed(struct iss_call *c, const struct dom_asset *a, bool *out, struct fj_err *err)
{
	struct dom_cert t;
	json_t *card = NULL;
	char hash[65];

	*out = false;
	if (a->certificate[0] == '\0')
		return FJ_OK;
	FJ_TRY(dom_cert_get(c->db, a->certificate, &t, err));
	if (strcmp(t.state, "ACTIVE") != 0 || c->now > t.not_after)
		return FJ_OK;
	FJ_TRY(card_version(c->db, a->asset_no, t.version, hash, &card, err));
	FJ_AUTO(json) owned = card;
	*out = card_discloses(owned);
	return FJ_OK;
}

/* an override of R05 for this asset that was not used yet; "" none */
static enum fj_rc override_of(struct iss_call *c, const char *asset_no, char id[40], struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	id[0] = '\0';
	FJ_TRY(sto_query(c->db, STO_OVERRIDE_OPEN, &q, err, "tt", "R05", asset_no));
	FJ_TRY(sto_step(&q, &row, err));
	return row ? fj_strcopy(id, 40, sto_text(&q, 0)) : FJ_OK;
}

/* *rule is FJ_OK, or the refusal in r->why */
static enum fj_rc judge(struct request *r, const struct dom_asset *a, enum fj_rc *rule, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	char override[40];
	bool on_card;

	FJ_TRY(dom_org_get(r->c->db, a->holder, &holder, err));
	*rule = iss_rule_no_collateral(a->origin, &r->why);
	if (*rule == FJ_OK)
		*rule = iss_rule_no_collateral(holder.kind, &r->why);
	if (*rule == FJ_OK)
		*rule = iss_rule_no_registration_in_dispute(strcmp(a->state, "FROZEN") == 0, &r->why);
	if (*rule != FJ_OK)
		return FJ_OK;
	FJ_TRY(disclosed(r->c, a, &on_card, err));
	if (on_card)
		return FJ_OK;
	FJ_TRY(override_of(r->c, a->asset_no, override, err));
	if (override[0] == '\0')
		*rule = iss_rule_no_hidden_encumbrance(false, &r->why);
	else if (fj_json_set(r->overrides, a->asset_no, json_string(override)) != FJ_OK)
		return fj_no_memory(err, "issuer");
	return FJ_OK;
}

static enum fj_rc already(struct request *r, const char *asset_no, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(r->c->db, STO_COLLATERAL_SAME, &q, err, "ttt", asset_no, r->creditor, r->kind));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", "R05", "this encumbrance is registered already: %s", sto_text(&q, 0));
	fj_err_zh(err, "该权利负担已登记：%s", sto_text(&q, 0));
	return rc;
}

/* Every asset is judged; one that may not refuses the whole request, an absolute ban before the
 * others (R04 has no override, R05 has one). */
static enum fj_rc judge_all(struct request *r, enum fj_rc *rule, struct fj_err *err)
{
	struct fj_err worst = {0};
	size_t i;
	json_t *v;

	*rule = FJ_OK;
	json_array_foreach(r->assets, i, v) {
		FJ_AUTO(dom_asset) a = {.card = NULL};
		enum fj_rc one;
		FJ_TRY(dom_asset_get(r->c->db, json_string_value(v), &a, err));
		FJ_TRY(check_asker(r->c, &a, err));
		FJ_TRY(judge(r, &a, &one, err));
		if (one != FJ_OK && (*rule == FJ_OK || strcmp(r->why.cite, "R04") == 0)) {
			*rule = one;
			worst = r->why;
		}
		if (one == FJ_OK)
			FJ_TRY(already(r, a.asset_no, err));
	}
	r->why = worst;
	return FJ_OK;
}

/* --- recording --- */

static enum fj_rc record(struct request *r, const char *asset_no, bool registered, json_t *ids, struct fj_err *err)
{
	const char *override = registered ? fj_json_peek(r->overrides, asset_no) : NULL;
	char id[40];

	iss_new_id("CL-", 12, id);
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", id, "asset_no", asset_no, "creditor", r->creditor, "kind", r->kind,
	    "basis", r->basis, "number", r->number, "by", r->c->actor->org, "rule", registered ? "" : r->why.cite, "override", override == NULL ? "" : override,
	    "state", registered ? "REGISTERED" : "REFUSED");
	FJ_TRY(evt_append(r->c, registered ? "collateral.registered" : "collateral.refused", asset_no, body, err));
	return json_array_append_new(ids, json_string(id)) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc record_all(struct request *r, bool registered, struct fj_err *err)
{
	FJ_AUTO(json) ids = json_array();
	size_t i;
	json_t *v;

	json_array_foreach(r->assets, i, v)
		FJ_TRY(record(r, json_string_value(v), registered, ids, err));
	r->c->answer = registered ? json_object() : fj_err_json(&r->why);
	FJ_AUTO(json) more = json_pack("{s:b, s:O, s:O, s:O, s:O}", "refused", !registered, "asset_no", json_array_get(r->assets, 0), "assets", r->assets, "collateral", ids,
	    "overrides", r->overrides);
	return json_object_update(r->c->answer, more) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static const char *or(const char *s, const char *otherwise)
{
	return s == NULL ? otherwise : s;
}

enum fj_rc cmd_collateral_request(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) assets = json_array();
	FJ_AUTO(json) overrides = json_object();
	const char *asset = fj_json_peek(c->params, "asset"), *number = fj_json_peek(c->params, "number");
	struct request r = {.c = c, .basis = or(fj_json_peek(c->params, "basis"), "asset"), .number = or(number, asset), .creditor = fj_json_peek(c->params, "creditor"),
		.kind = or(fj_json_peek(c->params, "kind"), "PLEDGE"), .assets = assets, .overrides = overrides};
	enum fj_rc rule;

	if ((asset == NULL) == (number == NULL)) {
		rule = fj_fail(err, FJ_E_INVALID, "issuer", NULL, "give either the asset, or basis and number");
		fj_err_zh(err, "应填写资产编号，或者依据类别和编号，二者填一");
		return rule;
	}
	FJ_TRY(resolve(&r, err));
	FJ_TRY(judge_all(&r, &rule, err));
	/* a refusal is an event too: the answer says "refused" and the transaction is kept */
	return record_all(&r, rule == FJ_OK, err);
}

enum fj_rc apply_collateral(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	const char *id = fj_json_peek(b, "id"), *override = fj_json_peek(b, "override");

	FJ_TRY(sto_run(e->db, STO_COLLATERAL_ADD, NULL, err, "ttttt" "ttttt" "ii", id, e->object, fj_json_peek(b, "creditor"), fj_json_peek(b, "kind"), fj_json_peek(b, "basis"),
	    fj_json_peek(b, "number"), fj_json_peek(b, "by"), fj_json_peek(b, "state"), fj_json_peek(b, "rule"), override, (int64_t)e->at, e->seq));
	return override[0] == '\0' ? FJ_OK : sto_run(e->db, STO_OVERRIDE_USED, NULL, err, "tt", id, override);
}

/* --- releasing --- */

enum fj_rc cmd_collateral_release(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(dom_asset) a = {.card = NULL};
	const char *id = fj_json_peek(c->params, "id"), *reason = fj_json_peek(c->params, "reason");
	enum fj_rc rc;

	FJ_TRY(sto_first(c->db, STO_COLLATERAL_GET, &q, id, err, "t", id));
	FJ_TRY(dom_asset_get(c->db, sto_text(&q, 1), &a, err));
	if (strcmp(c->actor->org, a.holder) != 0 && strcmp(c->actor->org, sto_text(&q, 6)) != 0) {
		rc = fj_fail(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "an encumbrance is released by the asset's holder or by who asked for it");
		fj_err_zh(err, "权利负担由资产持有单位或原申请单位办理解除");
		return rc;
	}
	if (strcmp(sto_text(&q, 7), "REGISTERED") != 0) {
		rc = fj_fail(err, FJ_E_STATE, "issuer", "R05", "its state is %s; only a registered encumbrance is released", sto_text(&q, 7));
		fj_err_zh(err, "当前状态为 %s，只有已登记的权利负担可以解除", sto_text(&q, 7));
		return rc;
	}
	sto_done(&q);
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s}", "id", id, "reason", reason, "state", "RELEASED");
	FJ_TRY(evt_append(c, "collateral.released", a.asset_no, body, err));
	c->answer = json_pack("{s:s, s:s, s:s}", "id", id, "asset_no", a.asset_no, "state", "RELEASED");
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_collateral_released(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_COLLATERAL_STATE, NULL, err, "tit", fj_json_peek(e->body, "state"), e->seq, fj_json_peek(e->body, "id"));
}

/* --- reading --- */

/* with the override that let it through, where there is one */
static json_t *row_json(const struct sto_q *q)
{
	char at[FJ_TIME_CAP];
	json_t *o, *override = NULL;

	fj_time_utc(sto_int(q, 10), at);
	if (sto_text(q, 9)[0] != '\0')
		override = json_pack("{s:s, s:s, s:s, s:s}", "id", sto_text(q, 9), "reason", sto_text(q, 11), "applicant", sto_text(q, 12), "approver", sto_text(q, 13));
	o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o?}", "id", sto_text(q, 0), "asset_no", sto_text(q, 1), "creditor", sto_text(q, 2), "kind", sto_text(q, 3),
	    "basis", sto_text(q, 4), "number", sto_text(q, 5), "asked_by", sto_text(q, 6), "state", sto_text(q, 7), "rule", sto_text(q, 8), "at", at, "override", override);
	return o;
}

static enum fj_rc rows(struct sto_q *q, json_t *items, struct fj_err *err)
{
	bool row;

	for (;;) {
		FJ_TRY(sto_step(q, &row, err));
		if (!row)
			return FJ_OK;
		if (json_array_append_new(items, row_json(q)) != 0)
			return fj_no_memory(err, "issuer");
	}
}

enum fj_rc dom_collateral_of(struct sto *db, const char *asset_no, json_t **out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();

	FJ_TRY(sto_query(db, STO_COLLATERAL_OF, &q, err, "t", asset_no));
	FJ_TRY(rows(&q, items, err));
	*out = fj_move(items);
	return FJ_OK;
}

enum fj_rc cmd_collateral_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();
	const char *after, *asset = fj_json_peek(c->params, "asset"), *state = fj_json_peek(c->params, "state");
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(asset != NULL ? sto_query(c->db, STO_COLLATERAL_LIST_OF, &q, err, "ttti", after, asset, or(state, ""), limit)
	    : sto_query(c->db, STO_COLLATERAL_LIST, &q, err, "tti", after, or(state, ""), limit));
	FJ_TRY(rows(&q, items, err));
	return dom_list_answer(c, items, "id", limit, err);
}

enum fj_rc cmd_collateral_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *id = fj_json_peek(c->params, "id");

	FJ_TRY(sto_first(c->db, STO_COLLATERAL_GET, &q, id, err, "t", id));
	c->answer = row_json(&q);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
