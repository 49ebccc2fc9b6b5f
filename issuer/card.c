/*
 * card.c - 资产卡片: the four blocks named by 167·三(二), versions for ever.
 *
 * A card is a JSON object with exactly the blocks basic, rights, use and
 * management, each with known members; its hash over the canonical form stands
 * in the certificate.  A new version is possible until the asset is applied for.
 */
#include "base/jws.h"
#include "issuer/domain.h"
#include "issuer/rules/rules.h"
#include "issuer/state.h"

static const char *const basic[] = {"asset_no", "name", "overview", "class_scheme", "class_code", "accounting_subject", "industry",
	"source_kind", "source_note", "geo_scope", "geo_codes", "time_from", "time_to", "update_freq", "volume_rows", "volume_bytes",
	"form", "structure", "schema_ref", "dictionary_ref", "sample_hash", "storage", "acquired_on", "book_value", "value_basis", NULL};
static const char *const rights[] = {"rights", "modes", "source_authority", "personal_info", "legal_basis", "dispute", "encumbrance",
	"third_party_consent", "restrictions", "public_data", "public_data_basis", NULL};
static const char *const use[] = {"use_state", "scenes", "products", "restrict", NULL};
static const char *const management[] = {"data_level", "mgr_dept", "mgr_person", "sec_policy", "emergency_plan", "risk_assessment",
	"evidence_no", "nda_query_code", "sj_cert_no", "quality_score", "inventory_on", NULL};
static const struct {
	const char *block;
	const char *const *keys;
} blocks[] = {{"basic", basic}, {"rights", rights}, {"use", use}, {"management", management}};

const char *dom_card_text(const json_t *card, const char *block, const char *key)
{
	const char *s = fj_json_peek(json_object_get(card, block), key);

	return s == NULL ? "" : s;
}

enum fj_rc dom_asset_no_check(const char *asset_no, struct fj_err *err)
{
	size_t n = strlen(asset_no);

	if (n > 0 && n <= DOM_MAX_ASSET_NO && strspn(asset_no, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._") == n)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 4.3", "an asset number has letters, digits, hyphen, dot and underscore only");
	fj_err_zh(err, "资产编号只能由字母、数字、连字符、点和下划线组成，至多 64 位");
	return rc;
}

static enum fj_rc check_shape(const json_t *card, struct fj_err *err)
{
	static const char *const top[] = {"basic", "rights", "use", "management", NULL};
	json_t *b;
	const char *s;

	FJ_TRY(fj_json_only(card, top, err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(blocks); i++) {
		FJ_TRY(fj_json_obj(card, blocks[i].block, &b, err));
		FJ_TRY(fj_json_only(b, blocks[i].keys, err));
	}
	b = json_object_get(card, "basic");
	FJ_TRY(fj_json_str(b, "asset_no", DOM_MAX_ASSET_NO, &s, err));
	FJ_TRY(dom_asset_no_check(s, err));
	FJ_TRY(fj_json_str(b, "name", DOM_MAX_NAME, &s, err));
	FJ_TRY(fj_json_str(b, "class_scheme", 32, &s, err));
	FJ_TRY(fj_json_str(b, "class_code", 16, &s, err));
	b = json_object_get(card, "management");
	FJ_TRY(fj_json_str(b, "data_level", 10, &s, err));
	if (strcmp(s, "GENERAL") != 0 && strcmp(s, "IMPORTANT") != 0 && strcmp(s, "CORE") != 0)
		return fj_fail(err, FJ_E_INVALID, "issuer", "GB/T 43697", "the data level is GENERAL, IMPORTANT or CORE");
	FJ_TRY(fj_json_str(b, "mgr_dept", 120, &s, err));
	return fj_json_str(b, "mgr_person", 40, &s, err);
}

static enum fj_rc check_rules(const json_t *card, const struct dom_org *holder, struct fj_err *err)
{
	const json_t *r = json_object_get(card, "rights");

	FJ_TRY(iss_rule_no_core_data(dom_card_text(card, "management", "data_level"), dom_card_text(card, "management", "risk_assessment")[0] != '\0', err));
	FJ_TRY(iss_rule_no_sj_number_on_duty_data(dom_card_text(card, "management", "sj_cert_no"), holder->kind, err));
	FJ_TRY(iss_rule_no_raw_personal_data(dom_card_text(card, "rights", "personal_info"), dom_card_text(card, "rights", "legal_basis")[0] != '\0', err));
	if (!json_is_boolean(json_object_get(r, "public_data")) || !json_is_boolean(json_object_get(r, "dispute")))
		return fj_fail(err, FJ_E_INVALID, "issuer", "domain.md decision 3", "the rights block says public_data and dispute, true or false");
	return FJ_OK;
}

enum fj_rc dom_card_hash(const json_t *card, char hex[65], struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(1u << 18);
	struct fj_hash h;

	FJ_TRY(fj_json_canonical(card, &b, err));
	fj_sha256(fj_buf_slice(&b), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	return FJ_OK;
}

/* Version of the new card, after the state of an asset that is there.  While a certificate stands
 * on the card in force, a new version is a draft for the registration of a change. */
static enum fj_rc next_version(struct iss_call *c, const char *asset_no, const char *ledger, int64_t *version, bool *draft, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};
	const char *to;

	*version = 1;
	*draft = false;
	enum fj_rc rc = dom_asset_get(c->db, asset_no, &a, err);
	if (rc == FJ_E_NOTFOUND)
		return FJ_OK;
	FJ_TRY(rc);
	if (strcmp(a.ledger, ledger) != 0)
		return fj_fail(err, FJ_E_EXISTS, "issuer", "domain.md 4.3", "the asset number is used by another asset; numbers are never used twice");
	if (a.registration[0] != '\0') {
		rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md 7.1", "registration %s is open on this asset; its card can't change until that is decided or returned", a.registration);
		fj_err_zh(err, "该资产有在办登记 %s，办结或退回前不得修改卡片", a.registration);
		return rc;
	}
	*version = a.newest + 1;
	*draft = strcmp(a.state, "CARDED") != 0;
	return iss_state_next(ISS_OBJ_ASSET, a.state, "card", &to, err);
}

enum fj_rc cmd_asset_card(struct iss_call *c, struct fj_err *err)
{
	const json_t *card = json_object_get(c->params, "card");
	struct dom_ledger l;
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	int64_t version;
	bool draft;
	char hash[65];

	FJ_TRY(dom_ledger_get(c->db, fj_json_peek(c->params, "ledger"), &l, err));
	if (strcmp(l.holder, c->actor->org) != 0)
		return fj_fail(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "this entry is another holder's");
	FJ_TRY(iss_rule_no_registration_without_decision(l.state, l.catalog_ref, err));
	FJ_TRY(iss_rule_no_certificate_for_memo(l.result, err));
	FJ_TRY(check_shape(card, err));
	FJ_TRY(dom_org_get(c->db, l.holder, &holder, err));
	FJ_TRY(check_rules(card, &holder, err));
	const char *asset_no = dom_card_text(card, "basic", "asset_no"), *name = dom_card_text(card, "basic", "name");
	FJ_TRY(next_version(c, asset_no, l.id, &version, &draft, err));
	FJ_TRY(dom_card_hash(card, hash, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:O, s:s, s:b}", "asset_no", asset_no, "ledger", l.id, "holder", l.holder, "name", name,
	    "version", (json_int_t)version, "hash", hash, "card", card, "origin", holder.kind, "draft", draft);
	FJ_TRY(evt_append(c, "asset.carded", asset_no, body, err));
	const char *warn = iss_warn_name(name, dom_card_text(card, "basic", "overview"));
	c->answer = json_pack("{s:s, s:I, s:s, s:s?}", "asset_no", asset_no, "version", (json_int_t)version, "hash", hash, "warning", warn);
	return FJ_OK;
}

enum fj_rc apply_asset_carded(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	int64_t version = json_integer_value(json_object_get(b, "version"));
	FJ_AUTO(buf) card = FJ_BUF_INIT(1u << 18);
	FJ_AUTO(dom_asset) again = {.card = NULL};

	FJ_TRY(fj_json_canonical(json_object_get(b, "card"), &card, err));
	if (version == 1)
		FJ_TRY(sto_run(e->db, STO_ASSET_ADD, NULL, err, "ttttti", e->object, fj_json_peek(b, "ledger"), fj_json_peek(b, "holder"), fj_json_peek(b, "name"),
		    fj_json_peek(b, "origin"), e->seq));
	else if (json_is_true(json_object_get(b, "draft")))
		FJ_TRY(sto_run(e->db, STO_ASSET_DRAFT, NULL, err, "iit", version, e->seq, e->object));
	else
		FJ_TRY(sto_run(e->db, STO_ASSET_CARD, NULL, err, "tiiit", fj_json_peek(b, "name"), version, version, e->seq, e->object));
	FJ_TRY(sto_run(e->db, STO_CARD_ADD, NULL, err, "titt", e->object, version, fj_json_peek(b, "hash"), fj_buf_str(&card)));
	return dom_asset_get(e->db, e->object, &again, err);
}

void dom_asset_release(struct dom_asset *a)
{
	json_decref(a->card);
	a->card = NULL;
}

static enum fj_rc from_row(const struct sto_q *q, struct dom_asset *a, struct fj_err *err)
{
	const struct sto_copy texts[] = {STO_COPY(0, a->asset_no), STO_COPY(1, a->ledger), STO_COPY(2, a->holder), STO_COPY(3, a->name),
		STO_COPY(4, a->state), STO_COPY(6, a->certificate), STO_COPY(9, a->former), STO_COPY(10, a->frozen_by), STO_COPY(12, a->origin),
		STO_COPY(13, a->registration), STO_COPY(14, a->came_from), STO_COPY(15, a->held)};

	FJ_TRY(sto_copy(q, texts, FJ_ARRAY_LEN(texts), "an asset", err));
	a->version = sto_int(q, 5);
	a->status_list = sto_int(q, 7);
	a->status_idx = sto_int(q, 8);
	a->newest = sto_int(q, 11);
	return FJ_OK;
}

enum fj_rc dom_asset_get(struct sto *db, const char *asset_no, struct dom_asset *out, struct fj_err *err)
{
	memset(out, 0, sizeof(*out));
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(db, STO_ASSET_GET, &q, asset_no, err, "t", asset_no));
		FJ_TRY(from_row(&q, out, err));
	}
	FJ_AUTO(sto_q) q = {0};
	FJ_TRY(sto_first(db, STO_CARD_GET, &q, "card", err, "ti", asset_no, out->version));
	if (fj_strcopy(out->card_hash, sizeof(out->card_hash), sto_text(&q, 0)) != FJ_OK)
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "a card is malformed");
	return fj_json_parse(fj_slice_str(sto_text(&q, 1)), 1u << 18, &out->card, err);
}

static json_t *asset_json(const struct dom_asset *a)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s}", "asset_no", a->asset_no, "name", a->name, "holder", a->holder, "state", a->state,
	    "version", (json_int_t)a->version, "certificate", a->certificate, "ledger", a->ledger);
}

enum fj_rc cmd_asset_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};

	FJ_TRY(dom_asset_get(c->db, fj_json_peek(c->params, "asset"), &a, err));
	c->answer = asset_json(&a);
	json_object_set(c->answer, "card", a.card);
	json_object_set_new(c->answer, "card_hash", json_string(a.card_hash));
	return c->answer != NULL ? FJ_OK : fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
}

enum fj_rc cmd_asset_history(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();
	bool row;

	FJ_TRY(sto_query(c->db, STO_CARD_LIST, &q, err, "t", fj_json_peek(c->params, "asset")));
	for (;;) {
		json_t *card = NULL;
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return dom_list_answer(c, items, "hash", INT64_MAX, err);
		FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 2)), 1u << 18, &card, err));
		json_array_append_new(items, json_pack("{s:I, s:s, s:o}", "version", (json_int_t)sto_int(&q, 0), "hash", sto_text(&q, 1), "card", card));
	}
}

/* --- collateral --- */

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
	enum fj_rc rc = fj_fail(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "only the asset's holder, or the operator or implementer of an authorisation that covers it, may ask");
	fj_err_zh(err, "只有该资产的持有单位，或其有效授权的运营机构、实施机构可以申请");
	return rc;
}

/* does the card name an encumbrance: a list, or one text */
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
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) card = NULL;
	struct dom_cert t;
	json_t *parsed = NULL;

	*out = false;
	if (a->certificate[0] == '\0')
		return FJ_OK;
	FJ_TRY(dom_cert_get(c->db, a->certificate, &t, err));
	if (strcmp(t.state, "ACTIVE") != 0 || c->now > t.not_after)
		return FJ_OK;
	FJ_TRY(sto_first(c->db, STO_CARD_GET, &q, "card", err, "ti", a->asset_no, t.version));
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 1)), 1u << 18, &parsed, err));
	card = parsed;
	*out = card_discloses(card);
	return FJ_OK;
}

/* A refusal here is itself an event: attempts stand in the half-year report
 * (167·四(三)).  So the answer says "refused" and the transaction is kept. */
enum fj_rc cmd_collateral_request(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	struct fj_err why = {0};
	bool on_card;

	FJ_TRY(dom_asset_get(c->db, fj_json_peek(c->params, "asset"), &a, err));
	FJ_TRY(check_asker(c, &a, err));
	FJ_TRY(disclosed(c, &a, &on_card, err));
	FJ_TRY(dom_org_get(c->db, a.holder, &holder, err));
	enum fj_rc rc = iss_rule_no_collateral(holder.kind, &why);
	if (rc == FJ_OK)
		rc = iss_rule_no_hidden_encumbrance(on_card, &why);
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s}", "asset_no", a.asset_no, "creditor", fj_json_peek(c->params, "creditor"), "rule",
	    rc == FJ_OK ? "" : why.cite);
	FJ_TRY(evt_append(c, rc == FJ_OK ? "collateral.disclosed" : "collateral.refused", a.asset_no, body, err));
	c->answer = rc == FJ_OK ? json_pack("{s:b, s:s}", "refused", 0, "asset_no", a.asset_no) : fj_err_json(&why);
	if (rc != FJ_OK)
		json_object_set_new(c->answer, "refused", json_true());
	return FJ_OK;
}

enum fj_rc apply_collateral(const struct evt *e, struct fj_err *err)
{
	(void)e;
	(void)err;
	return FJ_OK; /* the event is the record; reports count it */
}
