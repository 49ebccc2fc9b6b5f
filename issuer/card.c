/*
 * card.c - 资产卡片 into the register: the rules before a card, versions for ever.
 *
 * What a card may hold is the dictionary's matter (card_fields.c); here it meets
 * the rules, the class tables of the holder's finance department, and what is open
 * on the asset.  Its hash over the canonical form stands in the certificate.  A
 * new version is possible while no registration is open; above the one that a
 * certificate stands on it is a draft for the registration of a change.  A card
 * that was made from an older version than the newest is refused: what another
 * officer entered meanwhile would be lost.
 */
#include "base/jws.h"
#include "issuer/card.h"
#include "issuer/exchange.h"
#include "issuer/legacy.h"
#include "issuer/registration.h"
#include "issuer/rules/rules.h"
#include "issuer/state.h"

const char *dom_card_text(const json_t *card, const char *block, const char *key)
{
	return fj_json_text(json_object_get(card, block), key);
}

enum fj_rc dom_asset_no_check(const char *asset_no, struct fj_err *err)
{
	size_t n = strlen(asset_no);

	if (n > 0 && n <= DOM_MAX_ASSET_NO && strspn(asset_no, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._") == n)
		return FJ_OK;
	return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 4.3", "an asset number has letters, digits, hyphen, dot and underscore only",
	    "资产编号只能由字母、数字、连字符、点和下划线组成，至多 64 位");
}

enum fj_rc dom_card_hash(const json_t *card, char hex[65], struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(CARD_MAX);
	struct fj_hash h;

	FJ_TRY(fj_json_canonical(card, &b, err));
	fj_sha256(fj_buf_slice(&b), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	return FJ_OK;
}

void card_ready_release(struct card_ready *r)
{
	json_decref(r->card);
	json_decref(r->warnings);
	r->card = r->warnings = NULL;
}

static enum fj_rc warn(struct card_ready *r, const char *rule, const char *en, const char *zh, struct fj_err *err)
{
	return json_array_append_new(r->warnings, json_pack("{s:s, s:s, s:s}", "rule", rule, "en", en, "zh", zh)) == 0 ? FJ_OK
	    : fj_no_memory(err, "issuer");
}

/* --- rules --- */

/* the rule's refusal is this field's */
static enum fj_rc at(struct card_ready *r, const char *block, const char *key, enum fj_rc rc, struct fj_err *err)
{
	if (rc == FJ_OK)
		return FJ_OK;
	r->bad = card_field(block, key);
	return card_err_at(err, rc, r->bad);
}

static enum fj_rc check_value(struct card_ready *r, struct fj_err *err)
{
	const json_t *basic = json_object_get(r->card, "basic"), *book = json_object_get(basic, "book_value"), *appraisal = json_object_get(basic, "appraisal_value");
	const char *basis = dom_card_text(r->card, "basic", "value_basis");

	FJ_TRY(at(r, "basic", "value_basis", iss_rule_no_appraisal_as_book_value(basis, book != NULL, json_integer_value(book), err), err));
	if (strcmp(basis, "COST") != 0 || appraisal == NULL || !json_equal(book, appraisal))
		return FJ_OK;
	return warn(r, "R36", "the book value is just the appraisal value: keep the records of the cost", "账面原值与评估值相同，请留存成本核算资料", err);
}

bool card_secures(const json_t *card)
{
	static const char *const words[] = {"质押", "抵押", "担保", "保证", "增信", "信托", "pledge", "mortgage", "guarantee", "collateral"};
	const json_t *list = json_object_get(json_object_get(card, "rights"), "encumbrance");
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		for (size_t k = 0; k < FJ_ARRAY_LEN(words); k++)
			if (strstr(json_string_value(v), words[k]) != NULL)
				return true;
	return false;
}

static enum fj_rc check_rules(struct card_ready *r, const struct dom_org *holder, struct fj_err *err)
{
	const json_t *card = r->card;
	const char *sj = dom_card_text(card, "management", "sj_cert_no");

	FJ_TRY(at(r, "management", "data_level", iss_rule_no_core_data(dom_card_text(card, "management", "data_level"),
	    dom_card_text(card, "management", "risk_assessment")[0] != '\0', err), err));
	FJ_TRY(at(r, "management", "sj_cert_no", iss_rule_no_sj_number_on_duty_data(sj, holder->kind, err), err));
	FJ_TRY(at(r, "management", "sj_cert_no", iss_rule_no_sj_number_on_duty_data(sj, r->origin, err), err));
	FJ_TRY(at(r, "rights", "encumbrance", iss_rule_no_secured_card(card_secures(card), holder->kind, err), err));
	FJ_TRY(at(r, "rights", "encumbrance", iss_rule_no_secured_card(card_secures(card), r->origin, err), err));
	return check_value(r, err);
}

static enum fj_rc check_class(struct iss_call *c, struct card_ready *r, const char *finance, struct fj_err *err)
{
	bool without;

	FJ_TRY(at(r, "basic", "class_code", card_class_check(c, finance, dom_card_text(r->card, "basic", "class_scheme"),
	    dom_card_text(r->card, "basic", "class_code"), &without, err), err));
	return !without ? FJ_OK : warn(r, "domain.md 3.2", "the finance department has loaded no table of this class scheme; the code is not checked",
	    "本级财政部门尚未加载该分类体系的代码表，分类代码未经核对", err);
}

static enum fj_rc add_warnings(struct card_ready *r, const struct dom_ledger *l, struct fj_err *err)
{
	struct iss_warning name[ISS_MAX_NAME_WARNINGS];
	size_t n = iss_warn_name(dom_card_text(r->card, "basic", "name"), dom_card_text(r->card, "basic", "overview"), name);

	for (size_t i = 0; i < n; i++)
		FJ_TRY(warn(r, name[i].rule, name[i].en, name[i].zh, err));
	if (l->shared_from[0] == '\0' || dom_card_text(r->card, "rights", "third_party_consent")[0] != '\0')
		return FJ_OK;
	return warn(r, "R16", "the data was obtained by government sharing: the supplying unit's consent is needed before it is authorised",
	    "以政务共享方式获得的数据，授权运营前应取得数据提供单位同意", err);
}

/* --- what is there already --- */

static enum fj_rc number_used(struct card_ready *r, struct fj_err *err)
{
	enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", "domain.md 4.3", "the asset number %.64s is used by another asset; numbers are never used twice", r->asset_no);

	fj_err_zh(err, "资产编号 %.64s 已被其他资产使用，编号不得重复使用", r->asset_no);
	return at(r, "basic", "asset_no", rc, err);
}

/* A first card: the entry has none yet. */
static enum fj_rc check_first(struct iss_call *c, const struct card_in *in, struct card_ready *r, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	r->version = 1;
	FJ_TRY(sto_query(c->db, STO_ASSET_OF_LEDGER, &q, err, "t", r->ledger));
	FJ_TRY(sto_step(&q, &row, err));
	if (row) {
		enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", "domain.md 4.3", "this ledger entry has the asset number %s; it does not change", sto_text(&q, 0));
		fj_err_zh(err, "该台账条目已有资产编号 %s，编号不得更改", sto_text(&q, 0));
		return at(r, "basic", "asset_no", rc, err);
	}
	if (in->base <= 0 && (r->provisional || !xch_provisional(r->asset_no)))
		return FJ_OK;
	if (in->base <= 0)
		return number_used(r, err); /* the register gives provisional numbers itself */
	enum fj_rc rc = fj_fail(err, FJ_E_NOTFOUND, "issuer", "domain.md 4.3", "there is no asset %.64s of which this could be a further version", r->asset_no);
	fj_err_zh(err, "没有编号为 %.64s 的资产卡片", r->asset_no);
	return at(r, "basic", "asset_no", rc, err);
}

static enum fj_rc check_further(const struct dom_asset *a, const struct card_in *in, struct card_ready *r, struct fj_err *err)
{
	const char *to;
	enum fj_rc rc;

	if (strcmp(a->ledger, r->ledger) != 0)
		return number_used(r, err);
	if (a->registration[0] != '\0') {
		rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md 7.1", "registration %s is open on this asset; its card can't change until that is decided or returned", a->registration);
		fj_err_zh(err, "该资产有在办登记 %s，办结或退回前不得修改卡片", a->registration);
		return rc;
	}
	if (in->base >= 0 && in->base != a->newest) {
		rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md 4.3", "the newest card is version %lld, and this was made from version %lld; take the newest and enter the change there",
		    (long long)a->newest, (long long)in->base);
		fj_err_zh(err, "卡片最新版本为第 %lld 版，本次修改基于第 %lld 版；请导出最新卡片后重新修改", (long long)a->newest, (long long)in->base);
		return rc;
	}
	r->version = a->newest + 1;
	r->draft = strcmp(a->state, "CARDED") != 0 && strcmp(a->state, "AWAITING_NUMBER") != 0;
	return iss_state_next(ISS_OBJ_ASSET, a->state, "card", &to, err);
}

static enum fj_rc check_place(struct iss_call *c, const struct card_in *in, struct card_ready *r, struct dom_ledger *l, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};
	const char *no = dom_card_text(in->card, "basic", "asset_no");
	enum fj_rc rc = dom_asset_get(c->db, no, &a, err);

	if (rc != FJ_OK && (rc != FJ_E_NOTFOUND || in->ledger[0] == '\0'))
		return rc;
	bool further = rc == FJ_OK;
	snprintf(r->asset_no, sizeof(r->asset_no), "%s", no);
	snprintf(r->ledger, sizeof(r->ledger), "%s", in->ledger[0] != '\0' ? in->ledger : a.ledger);
	FJ_TRY(dom_ledger_get(c->db, r->ledger, l, err));
	snprintf(r->holder, sizeof(r->holder), "%s", l->holder);
	if (strcmp(r->holder, c->actor->org) != 0) {
		rc = fj_fail(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "this entry is another holder's");
		fj_err_zh(err, "该条目属于其他单位");
		return rc;
	}
	FJ_TRY(iss_rule_no_registration_without_decision(l->state, l->catalog_ref, err));
	FJ_TRY(iss_rule_no_certificate_for_memo(l->result, err));
	snprintf(r->origin, sizeof(r->origin), "%s", further ? a.origin : "");
	return further ? check_further(&a, in, r, err) : check_first(c, in, r, err);
}

enum fj_rc card_check(struct iss_call *c, const struct card_in *in, struct card_ready *out, struct fj_err *err)
{
	struct dom_ledger l;
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};

	memset(out, 0, sizeof(*out));
	out->warnings = json_array();
	json_t *numbered = NULL;
	enum fj_rc rc = xch_card_number(c->db, in->ledger, in->card, &numbered, &out->provisional, err);
	FJ_AUTO(json) owned = numbered;
	FJ_TRY(rc);
	FJ_TRY(card_normalise(owned, &out->card, &out->bad, err));
	struct card_in clean = *in;
	clean.card = out->card;
	FJ_TRY(check_place(c, &clean, out, &l, err));
	FJ_TRY(dom_org_get(c->db, out->holder, &holder, err));
	FJ_TRY(check_rules(out, &holder, err));
	FJ_TRY(check_class(c, out, holder.finance, err));
	FJ_TRY(add_warnings(out, &l, err));
	if (out->origin[0] == '\0')
		memcpy(out->origin, holder.kind, sizeof(out->origin));
	return dom_card_hash(out->card, out->hash, err);
}

enum fj_rc card_put(struct iss_call *c, const struct card_in *in, struct fj_err *err)
{
	FJ_AUTO(card_ready) r = {.card = NULL};

	FJ_TRY(card_check(c, in, &r, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:O, s:s, s:b, s:O, s:s*}", "asset_no", r.asset_no, "ledger", r.ledger, "holder", r.holder, "name",
	    dom_card_text(r.card, "basic", "name"), "version", (json_int_t)r.version, "hash", r.hash, "card", r.card, "origin", r.origin, "draft", r.draft,
	    "warnings", r.warnings, "note", in->note);
	FJ_TRY(evt_append(c, "asset.carded", r.asset_no, body, err));
	c->answer = json_pack("{s:s, s:I, s:s, s:b, s:O}", "asset_no", r.asset_no, "version", (json_int_t)r.version, "hash", r.hash, "draft", r.draft,
	    "warnings", r.warnings);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_asset_card(struct iss_call *c, struct fj_err *err)
{
	const struct card_in in = {.ledger = fj_json_peek(c->params, "ledger"), .card = json_object_get(c->params, "card"), .base = -1,
		.note = fj_json_peek(c->params, "note")};

	return card_put(c, &in, err);
}

enum fj_rc apply_asset_carded(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	int64_t version = fj_json_num(b, "version");
	FJ_AUTO(buf) card = FJ_BUF_INIT(CARD_MAX);
	FJ_AUTO(dom_asset) again = {.card = NULL};

	FJ_TRY(fj_json_canonical(json_object_get(b, "card"), &card, err));
	if (version == 1) {
		FJ_TRY(sto_run(e->db, STO_ASSET_ADD, NULL, err, "ttttti", e->object, fj_json_peek(b, "ledger"), fj_json_peek(b, "holder"), fj_json_peek(b, "name"),
		    fj_json_peek(b, "origin"), e->seq));
		if (xch_provisional(e->object))
			FJ_TRY(sto_run(e->db, STO_ASSET_STATE, NULL, err, "tit", "AWAITING_NUMBER", e->seq, e->object));
	} else if (json_is_true(json_object_get(b, "draft")))
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

enum fj_rc card_version(struct sto *db, const char *asset_no, int64_t version, char hash[65], json_t **card, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_CARD_GET, &q, "card", err, "ti", asset_no, version));
	if (fj_strcopy(hash, 65, sto_text(&q, 0)) != FJ_OK)
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "a card is malformed");
	return fj_json_parse(fj_slice_str(sto_text(&q, 1)), CARD_MAX, card, err);
}

enum fj_rc dom_asset_get(struct sto *db, const char *asset_no, struct dom_asset *out, struct fj_err *err)
{
	memset(out, 0, sizeof(*out));
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(db, STO_ASSET_GET, &q, asset_no, err, "t", asset_no));
		FJ_TRY(from_row(&q, out, err));
	}
	return card_version(db, asset_no, out->version, out->card_hash, &out->card, err);
}

static json_t *asset_json(const struct dom_asset *a)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s}", "asset_no", a->asset_no, "name", a->name, "holder", a->holder, "state", a->state,
	    "version", (json_int_t)a->version, "certificate", a->certificate, "ledger", a->ledger);
}

enum fj_rc cmd_asset_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};
	FJ_AUTO(json) card = NULL;
	FJ_AUTO(json) encumbrances = NULL;
	json_t *found = NULL;
	const char *no = fj_json_peek(c->params, "asset");
	int64_t version = 0;
	char hash[65];

	FJ_TRY(dom_asset_get(c->db, no, &a, err));
	FJ_TRY(fj_json_opt_int(c->params, "version", 1, INT32_MAX, &version, err));
	version = version == 0 ? a.version : version;
	FJ_TRY(card_version(c->db, no, version, hash, &found, err));
	card = found;
	FJ_TRY(dom_collateral_of(c->db, no, &found, err));
	encumbrances = found;
	if (a.registration[0] == '\0')
		FJ_TRY(dom_reg_returned(c->db, no, &found, err));
	else
		found = NULL;
	FJ_AUTO(json) returned = found;
	FJ_AUTO(json) more = json_pack("{s:I, s:I, s:b, s:s, s:s, s:O, s:s, s:O, s:O*}", "newest", (json_int_t)a.newest, "card_version", (json_int_t)version, "draft",
	    version > a.version, "origin", a.origin, "registration", a.registration, "card", card, "card_hash", hash, "collateral", encumbrances, "returned", returned);
	c->answer = asset_json(&a);
	if (c->answer == NULL || json_object_update(c->answer, more) != 0)
		return fj_no_memory(err, "issuer");
	return dom_legacy_mark(c->db, no, NULL, c->answer, err);
}

