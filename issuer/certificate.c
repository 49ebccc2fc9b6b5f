/*
 * certificate.c - 数据资产证书: issued, suspended, resumed, revoked.
 *
 * Issuing takes one officer to ask and a second to approve, neither of whom had a
 * part in the registration (R22), for up to 5,000 assets as one act; every asset is checked when asked and again when approved
 * (lesson 5).  Suspending is one officer's act and bites at once: the own status
 * entry, the asset's entry (which every token carries), and the CRL change in one
 * transaction.  Revoking suspends at once and is final with the second officer;
 * its reason decides what becomes of the asset: corrected and registered again,
 * certified again, or ended.
 */
#include "base/content.h"
#include "base/jws.h"
#include "ca/ca.h"
#include "issuer/domain.h"
#include "issuer/life.h"
#include "issuer/plan.h"
#include "issuer/profile.h"
#include "issuer/registration.h"
#include "issuer/revenue.h"
#include "issuer/rules/rules.h"
#include "issuer/state.h"
#include "issuer/task.h"


static const struct reason {
	const char *name;
	int64_t code;
	const char *state;
	const char *asset_act; /* what becomes of the asset */
} reasons[] = {
	{"privilegeWithdrawn", 9, "WITHDRAWN", "withdraw"}, {"cessationOfOperation", 5, "CANCELLED", "cancel"},
	{"superseded", 4, "SUPERSEDED", "replace"}, {"affiliationChanged", 3, "CANCELLED", "transfer"},
	{"keyCompromise", 1, "WITHDRAWN", "replace"},
};

const char *dom_revocation_reason(size_t k)
{
	return k < FJ_ARRAY_LEN(reasons) ? reasons[k].name : NULL;
}

static const struct reason *reason_find(const char *name)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(reasons); i++)
		if (name != NULL && strcmp(reasons[i].name, name) == 0)
			return &reasons[i];
	return NULL;
}

static enum fj_rc from_row(const struct sto_q *q, struct dom_cert *t, struct fj_err *err)
{
	const struct sto_copy texts[] = {STO_COPY(0, t->number), STO_COPY(1, t->serial), STO_COPY(2, t->asset_no), STO_COPY(4, t->asset_name),
		STO_COPY(5, t->holder), STO_COPY(6, t->holder_name), STO_COPY(7, t->state), STO_COPY(8, t->former), STO_COPY(17, t->sha256),
		STO_COPY(18, t->succeeds), STO_COPY(19, t->registration)};

	FJ_TRY(sto_copy(q, texts, FJ_ARRAY_LEN(texts), "a certificate's row", err));
	t->version = sto_int(q, 3);
	t->not_before = sto_int(q, 9);
	t->not_after = sto_int(q, 10);
	t->revoked_at = sto_int(q, 11);
	t->reason = sto_int(q, 12);
	t->shard = sto_int(q, 13);
	t->list = sto_int(q, 14);
	t->idx = sto_int(q, 15);
	t->restrictions = sto_int(q, 16);
	return FJ_OK;
}

enum fj_rc dom_cert_get(struct sto *db, const char *number, struct dom_cert *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	memset(out, 0, sizeof(*out));
	FJ_TRY(sto_first(db, STO_CERT_GET, &q, number, err, "t", number));
	return from_row(&q, out, err);
}

/* --- issuing --- */

/* what is issued for one asset, and on what */
struct issuing {
	const char *issuer;    /* USCC of the finance department */
	const char *persons;   /* who asked and approved so far, NULL while asking */
	const json_t *payload; /* what was approved */
	bool own_key;          /* the holder's */
	int years;             /* that are asked for */
	struct dom_asset asset; /* with the card that is certified */
	struct dom_org holder;
	struct dom_reg reg;    /* the registration it rests on */
	struct dom_cert old;   /* the certificate that it succeeds; number "" none */
};
static void issuing_release(struct issuing *w)
{
	dom_asset_release(&w->asset);
	dom_org_release(&w->holder);
}
FJ_DEFINE_AUTO(issuing, struct issuing, issuing_release)

/* its own last one; a received asset's first certificate rests on the transfer */
static enum fj_rc last_registration(struct sto *db, const struct dom_asset *a, struct dom_reg *r, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_REG_LAST, &q, err, "t", a->asset_no));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row) {
		sto_done(&q);
		FJ_TRY(sto_first(db, STO_REG_LAST, &q, a->asset_no, err, "t", a->came_from));
	}
	return dom_reg_from_row(&q, r, err);
}

/* A certificate in force gets a successor on a change, correction or renewal that was registered
 * and not certified yet. */
static enum fj_rc check_successor(struct iss_call *c, struct issuing *w, struct fj_err *err)
{
	const struct dom_reg_type *t = dom_reg_type(w->reg.type);

	if (!t->on_certificate || t->ends != NULL || w->reg.certificate[0] != '\0') {
		enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", "167·三(二)", "asset %s has certificate %s already; one card, one certificate", w->asset.asset_no, w->asset.certificate);
		fj_err_zh(err, "资产 %s 已有证书 %s，一卡一证", w->asset.asset_no, w->asset.certificate);
		return rc;
	}
	FJ_TRY(dom_cert_get(c->db, w->asset.certificate, &w->old, err));
	if (strcmp(w->old.state, "ACTIVE") != 0) { /* a successor would lift the suspension */
		enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md 7.2", "certificate %s is %s; a successor follows when it is in force again", w->old.number, w->old.state);
		fj_err_zh(err, "证书 %s 当前状态为 %s，恢复有效后方可换发", w->old.number, w->old.state);
		return rc;
	}
	if (w->asset.version == w->reg.version)
		return FJ_OK;
	dom_asset_release(&w->asset);
	w->asset.version = w->reg.version;
	FJ_TRY(dom_card_at(c->db, w->asset.asset_no, w->reg.version, &w->asset.card, err));
	FJ_TRY(dom_card_hash(w->asset.card, w->asset.card_hash, err));
	return fj_strcopy(w->asset.name, sizeof(w->asset.name), dom_card_text(w->asset.card, "basic", "name"));
}

/* security rules and emergency plan, on the card or filed for the unit (decision 5) */
static enum fj_rc check_documents(struct iss_call *c, const struct dom_asset *a, struct fj_err *err)
{
	FJ_AUTO(buf) names = FJ_BUF_INIT(1024);
	FJ_AUTO(buf) names_zh = FJ_BUF_INIT(1024);
	json_t *lacks = NULL;

	FJ_TRY(dom_material_uncertified(c->db, a, &lacks, err));
	FJ_AUTO(json) owned = lacks;
	if (json_array_size(lacks) == 0)
		return FJ_OK;
	dom_material_names(lacks, true, &names);
	dom_material_names(lacks, false, &names_zh);
	char en[200], zh[300];
	snprintf(en, sizeof(en), "no certificate without the unit's security rules and emergency plan; missing: %.90s", fj_buf_str(&names));
	snprintf(zh, sizeof(zh), "颁发证书前应具备安全制度和应急预案，缺少：%.90s；请由持有单位补填资产卡片或提交材料", fj_buf_str(&names_zh));
	return iss_rule_fail(err, "R30", en, zh);
}

/* what rests on the old certificate has to lie within the new card too (R13) */
static enum fj_rc check_rebinding(struct iss_call *c, const struct issuing *w, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	if (w->old.number[0] == '\0')
		return FJ_OK;
	FJ_TRY(sto_query(c->db, STO_AUTH_ON, &q, err, "tti", w->old.holder, w->old.number, (int64_t)c->now));
	for (;;) {
		FJ_AUTO(dom_auth) a = {.body = NULL};
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(dom_auth_get(c->db, sto_text(&q, 0), &a, err));
		struct fj_err why = {0};
		if (dom_grant_on_card(json_object_get(a.body, "grant"), w->asset.card, &why) == FJ_OK)
			continue;
		if (err != NULL) {
			*err = why;
			snprintf(err->en, sizeof(err->en), "authorisation %s goes beyond the new card (%.160s); adjust it or have it reclaimed first", a.number, why.en);
			snprintf(err->zh, sizeof(err->zh), "授权 %s 超出新卡片（%.200s）；请先调整或收回该授权", a.number, why.zh);
		}
		return why.rc;
	}
}

static unsigned holder_code(const char *kind)
{
	unsigned i = 0;

	while (i < FJ_HOLDER_KINDS - 1 && strcmp(fj_holder_kinds[i], kind) != 0)
		i++;
	return i;
}

/* what the root allows this home's CA, before anybody approves (the signer and every verifier hold it to it too) */
static enum fj_rc check_limits(struct iss_call *c, const struct issuing *w, struct fj_err *err)
{
	const struct fj_limits *l = iss_limits(c->iss);
	struct dom_org issuer;

	if (l == NULL)
		return FJ_OK;
	FJ_TRY(dom_org_get(c->db, w->issuer, &issuer, err));
	FJ_TRY(fj_limits_region(l, issuer.div6, err));
	FJ_TRY(fj_limits_region(l, w->holder.div6, err));
	return fj_limits_holder(l, holder_code(w->holder.kind), err);
}

static enum fj_rc check_issuable(struct iss_call *c, const char *asset_no, struct issuing *w, struct fj_err *err)
{
	const char *to;

	FJ_TRY(dom_asset_get(c->db, asset_no, &w->asset, err));
	FJ_TRY(dom_org_get(c->db, w->asset.holder, &w->holder, err));
	FJ_TRY(iss_rule_no_foreign_issuer(w->holder.finance, w->issuer, err));
	FJ_TRY(check_limits(c, w, err));
	bool again = strcmp(w->asset.state, "CERTIFICATED") == 0 && w->asset.certificate[0] != '\0';
	FJ_TRY(iss_state_next(ISS_OBJ_ASSET, w->asset.state, again ? "succeed" : "certify", &to, err));
	FJ_TRY(last_registration(c->db, &w->asset, &w->reg, err));
	if (strcmp(w->asset.registration, w->reg.id) == 0) {
		enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md 7.1", "the ending of asset %s is decided (%s); no certificate is issued any more", asset_no, w->reg.id);
		fj_err_zh(err, "资产 %s 的注销、销毁或转移已决定（%s），不再颁发证书", asset_no, w->reg.id);
		return rc;
	}
	if (again)
		FJ_TRY(check_successor(c, w, err));
	FJ_TRY(dom_reg_apart(&w->reg, c->actor->person, err));
	FJ_TRY(w->persons != NULL ? dom_reg_apart(&w->reg, w->persons, err) : FJ_OK);
	FJ_TRY(iss_rule_no_core_data(dom_card_text(w->asset.card, "management", "data_level"), dom_card_text(w->asset.card, "management", "risk_assessment")[0] != '\0', err));
	/* the holder may have become an administrative body since the card was taken */
	FJ_TRY(iss_rule_no_sj_number_on_duty_data(dom_card_text(w->asset.card, "management", "sj_cert_no"), w->holder.kind, err));
	FJ_TRY(check_documents(c, &w->asset, err));
	return check_rebinding(c, w, err);
}

/* --- asking --- */

struct asking {
	json_t *items; /* {"asset_no","card_hash","registration","content", of a successor "succeeds" and "rebinds"}: what the approval's digest covers */
	json_t *key;   /* the holder's own: "spki", as the payload has it */
	bool own_key;
	int years;
	struct fj_buf *not_by; /* of one asset, who had a part in its registration (R22); of several the others may be issued */
};

static enum fj_rc item_of(struct iss_call *c, const struct issuing *w, json_t **out, struct fj_err *err);

static enum fj_rc ask_one(struct iss_call *c, const char *asset_no, const void *arg, struct fj_err *err)
{
	const struct asking *x = arg;
	FJ_AUTO(issuing) w = {.issuer = c->actor->org, .own_key = x->own_key, .payload = x->key, .years = x->years};
	json_t *item = NULL;

	FJ_TRY(check_issuable(c, asset_no, &w, err));
	FJ_TRY(item_of(c, &w, &item, err));
	if (json_array_append_new(x->items, item) != 0)
		return fj_no_memory(err, "issuer");
	if (x->not_by != NULL)
		FJ_TRY(dom_reg_persons(&w.reg, x->not_by, err));
	return FJ_OK;
}

static enum fj_rc add_request(struct iss_call *c, const json_t *assets, json_t *payload, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};

	if (json_array_size(assets) != 1)
		return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md decision 7", "a request has one key, and a key belongs to one certificate: name one asset",
		    "证书请求只含一把密钥，一把密钥只属于一张证书；请只选一项资产");
	FJ_TRY(dom_asset_get(c->db, json_string_value(json_array_get(assets, 0)), &a, err));
	return dom_key_into(c, &a, payload, err);
}

/* each asset is checked (lesson 5); a faulty one is set aside, and the others wait for approval */
static enum fj_rc ask_each(struct iss_call *c, const json_t *assets, const struct asking *x, json_t *aside, struct fj_err *err)
{
	struct fj_err first = {0};
	size_t i;
	json_t *v;

	json_array_foreach(assets, i, v) {
		struct fj_err why = {0};
		enum fj_rc rc = ask_one(c, json_string_value(v), x, &why);
		if (rc != FJ_OK && fj_rc_exit(rc) == 3) {
			*err = why;
			return rc;
		}
		if (rc != FJ_OK && json_array_append_new(aside, tsk_aside(json_string_value(v), &why)) == 0 && first.rc == FJ_OK)
			first = why;
	}
	if (json_array_size(x->items) > 0)
		return FJ_OK;
	if (err != NULL)
		*err = first;
	return first.rc;
}

static enum fj_rc object_of(const json_t *items, char *out, size_t cap, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(2u << 20);
	struct fj_hash h;
	char hex[17];

	FJ_TRY(fj_json_canonical(items, &text, err));
	fj_sha256(fj_buf_slice(&text), &h);
	fj_hex(h.b, 8, hex);
	if (json_array_size(items) == 1)
		snprintf(out, cap, "%.64s", fj_json_peek(json_array_get(items, 0), "asset_no"));
	else
		snprintf(out, cap, "%zu assets %.16s", json_array_size(items), hex);
	return FJ_OK;
}

/* A request for a card or a registration that another decision has overtaken can't be approved any
 * more; it does not stand in the way of the next. */
static enum fj_rc void_overtaken(struct iss_call *c, const char *object, const json_t *items, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char id[32];
	json_t *payload = NULL;

	FJ_TRY(apr_open_for(c, "certificate.issue", object, id, err));
	if (id[0] == '\0')
		return FJ_OK;
	FJ_TRY(sto_first(c->db, STO_APPROVAL_GET, &q, id, err, "t", id));
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 4)), 2u << 20, &payload, err));
	FJ_AUTO(json) owned = payload;
	sto_done(&q);
	return json_equal(json_object_get(payload, "assets"), items) ? FJ_OK
	    : apr_void(c, "certificate.issue", object, "overtaken by a later decision 已被后续决定取代", err);
}

static enum fj_rc years_of(struct iss_call *c, json_int_t *years, struct fj_err *err)
{
	const json_t *y = json_object_get(c->params, "years");
	int64_t n;

	FJ_TRY(prf_int(c, c->actor->org, "years.certificate", &n, err));
	*years = json_is_integer(y) ? json_integer_value(y) : (json_int_t)n;
	if (*years >= 1)
		return FJ_OK;
	return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 5.3", "a certificate is valid for 1 to 5 years", "证书有效期为 1 至 5 年");
}

enum fj_rc cmd_certificate_issue(struct iss_call *c, struct fj_err *err)
{
	const json_t *assets = json_object_get(c->params, "assets");
	FJ_AUTO(json) items = json_array();
	FJ_AUTO(json) aside = json_array();
	FJ_AUTO(buf) not_by = FJ_BUF_INIT(4096);
	struct asking x = {.items = items, .not_by = json_array_size(assets) == 1 ? &not_by : NULL, .own_key = json_object_get(c->params, "request") != NULL || json_object_get(c->params, "key") != NULL};
	FJ_AUTO(json) key = json_object();
	json_int_t years;
	char object[80];

	FJ_AUTO(json) sorted = dom_sorted(assets);
	if (json_array_size(assets) == 0 || json_array_size(sorted) != json_array_size(assets))
		return fj_refuse(err, FJ_E_INVALID, "issuer", "lesson 6", "no asset is named, or one stands twice in the list", "未选择资产，或列表中有重复");
	FJ_TRY(years_of(c, &years, err));
	x.years = (int)years;
	x.key = key;
	if (x.own_key)
		FJ_TRY(add_request(c, sorted, key, err));
	FJ_TRY(ask_each(c, sorted, &x, aside, err));
	FJ_AUTO(json) payload = json_pack("{s:O, s:I, s:s, s:s*}", "assets", items, "years", years, "issuer", c->actor->org, "not_by", not_by.len > 0 ? fj_buf_str(&not_by) : NULL);
	if (payload == NULL || json_object_update(payload, key) != 0)
		return fj_no_memory(err, "issuer");
	FJ_TRY(object_of(items, object, sizeof(object), err));
	FJ_TRY(void_overtaken(c, object, items, err));
	FJ_TRY(apr_request(c, "certificate.issue", object, c->actor->org, payload, err));
	if (json_array_size(aside) > 0)
		json_object_set(c->answer, "set_aside", aside);
	return FJ_OK;
}

/* bit i for the i-th name that the list holds */
static unsigned flags_of(const json_t *list, const char *const *names)
{
	unsigned out = 0;

	for (unsigned i = 0; names[i] != NULL; i++)
		if (fj_list_has(list, names[i]))
			out |= 1u << i;
	return out;
}

static unsigned restrictions_of(const struct dom_asset *a, const struct dom_org *holder)
{
	unsigned out = flags_of(json_object_get(json_object_get(a->card, "rights"), "restrictions"), fj_asset_restrictions);

	/* R04 follows the asset's origin and its holder's kind, R12 and R18 from its being public data */
	if (iss_kind_no_collateral(holder->kind) || iss_kind_no_collateral(a->origin))
		out |= 1u;
	if (json_is_true(json_object_get(json_object_get(a->card, "rights"), "public_data")))
		out |= 1u << 1 | 1u << 4;
	return out;
}

static enum fj_rc status_of(struct iss_call *c, const struct dom_asset *a, struct sts_ref *own, struct sts_ref *asset, struct fj_err *err)
{
	struct sts_ref two[2];
	bool fresh = a->status_list < 0;

	FJ_TRY(sts_allot(c, "register", two, fresh ? 2 : 1, err));
	*own = two[0];
	if (fresh) {
		*asset = two[1];
		return FJ_OK;
	}
	asset->list = a->status_list;
	asset->idx = (uint32_t)a->status_idx;
	snprintf(asset->uri, sizeof(asset->uri), "%s/status/%lld", iss_base(c->iss), (long long)a->status_list);
	return FJ_OK;
}

/* A change or correction keeps the end of what it succeeds; a renewal and a first certificate run
 * for the years approved, never to an earlier end than before (domain.md 5.3: no date moves back). */
static bool keeps_end(const struct issuing *w)
{
	return w->old.number[0] != '\0' && strcmp(w->reg.type, "RENEWAL") != 0;
}

static enum fj_rc end_of(struct iss_call *c, const struct issuing *w, fj_time *end, struct fj_err *err)
{
	*end = keeps_end(w) ? w->old.not_after : fj_term_end(c->now, w->years);
	if (*end >= w->old.not_after || w->old.number[0] == '\0')
		return FJ_OK;
	return fj_refuse(err, FJ_E_REFUSED, "issuer", "domain.md 5.3", "the successor would end before the certificate that it renews; give more years",
	    "续展证书的到期日早于原证书，请增加年限");
}

/* What is approved of an intent: everything but what is drawn, counted or taken from the clock when it
 * is issued (number, serial, status entries, a key that nobody has, the dates, which follow from "years"
 * or from the certificate that it succeeds). */
static enum fj_rc content_of(const struct issuing *w, json_t **out, struct fj_err *err)
{
	const struct dom_asset *a = &w->asset;
	const struct dom_org *holder = &w->holder;
	const json_t *r = json_object_get(a->card, "rights");

	*out = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:s, s:i, s:s, s:s}", "asset_no", a->asset_no, "asset_name", a->name, "holder", holder->usci,
	    "holder_name", holder->name, "card_version", (json_int_t)a->version, "card_hash", a->card_hash, "class_scheme", dom_card_text(a->card, "basic", "class_scheme"),
	    "class_code", dom_card_text(a->card, "basic", "class_code"), "holder_kind", (int)holder_code(holder->kind), "rights", (int)flags_of(json_object_get(r, "rights"), fj_asset_rights),
	    "modes", (int)flags_of(json_object_get(r, "modes"), fj_asset_modes), "restrictions", (int)restrictions_of(a, holder), "region", holder->div6, "key_origin", (int)w->own_key,
	    "succeeds", w->old.number, "registration", w->reg.id);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc content_hash(const struct issuing *w, char hex[65], struct fj_err *err)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(1024);
	const char *spki64 = fj_json_text(w->payload, "spki");
	json_t *content = NULL;

	FJ_TRY(content_of(w, &content, err));
	FJ_AUTO(json) owned = content;
	FJ_TRY(fj_b64u_get(spki64, strlen(spki64), &spki));
	return dom_cert_content(owned, FJ_ES256, w->years, keeps_end(w) ? w->old.not_after : 0, fj_buf_slice(&spki), hex, err);
}

/* the authorisations that get a new version, which says the same but for this certificate */
static enum fj_rc rebinds_of(struct iss_call *c, const struct issuing *w, json_t **out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) list = json_array();
	bool row;

	FJ_TRY(sto_query(c->db, STO_AUTH_ON, &q, err, "tti", w->old.holder, w->old.number, (int64_t)c->now));
	for (;;) {
		FJ_AUTO(dom_auth) a = {.body = NULL};
		struct fj_hash h;
		char hex[65];
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		FJ_TRY(dom_auth_get(c->db, sto_text(&q, 0), &a, err));
		FJ_TRY(fj_content_rebound(a.body, &h, err));
		fj_hex(h.b, FJ_SHA256_LEN, hex);
		json_array_append_new(list, json_string(hex));
	}
	*out = dom_sorted(list);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* what is approved of one asset */
static enum fj_rc item_of(struct iss_call *c, const struct issuing *w, json_t **out, struct fj_err *err)
{
	char content[65];
	json_t *rebinds = NULL;

	FJ_TRY(content_hash(w, content, err));
	*out = json_pack("{s:s, s:s, s:s, s:s}", "asset_no", w->asset.asset_no, "card_hash", w->asset.card_hash, "registration", w->reg.id, "content", content);
	if (w->old.number[0] == '\0')
		return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
	FJ_TRY(rebinds_of(c, w, &rebinds, err));
	FJ_TRY(fj_json_set(*out, "rebinds", rebinds));
	/* a renewal says nothing of what it renews, which may end while it waits */
	return keeps_end(w) ? fj_json_set(*out, "succeeds", json_string(w->old.number)) : FJ_OK;
}

static enum fj_rc key_of(struct iss_call *c, const struct issuing *w, struct fj_buf *spki64, struct fj_err *err)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(1024);

	if (w->own_key) {
		FJ_TRY(dom_key_usable(c->db, fj_json_peek(w->payload, "spki_sha256"), w->holder.usci, err));
		return fj_buf_puts(spki64, fj_json_text(w->payload, "spki"));
	}
	FJ_TRY(ca_ephemeral_spki(FJ_ES256, &spki, err));
	return fj_b64u_put(spki64, fj_buf_slice(&spki));
}

/* everything the certificate is built from */
static enum fj_rc intent_of(struct iss_call *c, const struct issuing *w, char number[41], json_t **out, struct fj_err *err)
{
	struct ca_serial serial;
	struct sts_ref own, asset;
	FJ_AUTO(dom_org) issuer = {.affiliates = NULL};
	FJ_AUTO(buf) spki64 = FJ_BUF_INIT(2048);
	FJ_AUTO(json) drawn = NULL;
	fj_time not_after;
	char series[40], hex[33];
	int64_t n, shard;

	FJ_TRY(crl_shard_next(c->db, &shard, err));
	FJ_TRY(dom_org_get(c->db, w->holder.finance, &issuer, err));
	struct fj_date d = fj_date_of(c->now, FJ_CHINA_OFFSET);
	snprintf(series, sizeof(series), "DAC-%s-%04d%02d", issuer.div6, d.y, d.m);
	FJ_TRY(ser_next(c, series, &n, err));
	FJ_TRY(num_make("DAC", issuer.div6, c->now, n, number, err));
	FJ_TRY(status_of(c, &w->asset, &own, &asset, err));
	FJ_TRY(end_of(c, w, &not_after, err));
	ca_serial_new(&serial);
	fj_hex(serial.b, sizeof(serial.b), hex);
	FJ_TRY(key_of(c, w, &spki64, err));
	drawn = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:I, s:s, s:b}", "number", number, "series", series, "serial", hex, "series_n", (json_int_t)n,
	    "not_before", (json_int_t)c->now, "not_after", (json_int_t)not_after, "shard", (json_int_t)shard, "list", (json_int_t)own.list, "idx", (json_int_t)own.idx, "uri", own.uri,
	    "asset_list", (json_int_t)asset.list, "asset_idx", (json_int_t)asset.idx, "spki", fj_buf_str(&spki64), "asset_fresh", w->asset.status_list < 0);
	FJ_TRY(content_of(w, out, err));
	return drawn != NULL && json_object_update(*out, drawn) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static const json_t *approved_item(const json_t *payload, const char *asset_no)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(payload, "assets"), i, v)
		if (strcmp(fj_json_peek(v, "asset_no"), asset_no) == 0)
			return v;
	return NULL;
}

/* What is signed is what was approved, whatever changed meanwhile: the holder's name, its kind, the ban
 * that follows from it, the authorisations that rest on it. */
static enum fj_rc check_content(struct iss_call *c, const struct issuing *w, const json_t *item, struct fj_err *err)
{
	json_t *now = NULL;

	FJ_TRY(item_of(c, w, &now, err));
	FJ_AUTO(json) owned = now;
	if (json_equal(owned, item))
		return FJ_OK;
	return fj_refuse(err, FJ_E_STATE, "issuer", "R22", "what the certificate would say is not what was approved: the holder's entry changed since; reject this and ask again",
	    "证书内容与送审时不一致（持有单位信息在送审后已变更）；请驳回后重新申请");
}

/* checked again, now: and it is still the card and the registration that were approved */
static enum fj_rc issue_one(struct iss_call *c, const char *asset_no, const void *arg, struct fj_err *err)
{
	const struct issuing *base = arg;
	FJ_AUTO(issuing) w = *base;
	const json_t *item = approved_item(base->payload, asset_no);
	char number[41];
	json_t *body = NULL;

	FJ_TRY(check_issuable(c, asset_no, &w, err));
	if (strcmp(fj_json_peek(item, "card_hash"), w.asset.card_hash) != 0 || strcmp(fj_json_peek(item, "registration"), w.reg.id) != 0) {
		return fj_refuse(err, FJ_E_STATE, "issuer", "lesson 5", "the card is not the one that was approved; ask again", "资产卡片与送审时不一致，请重新申请");
	}
	FJ_TRY(check_content(c, &w, item, err));
	enum fj_rc rc = intent_of(c, &w, number, &body, err);
	FJ_AUTO(json) owned = body;
	FJ_TRY(rc);
	FJ_TRY(pipe_intend(c, PIPE_CERTIFICATE, number, owned, err));
	c->answer = json_pack("{s:s, s:s, s:s}", "asset_no", asset_no, "certificate", number, "card_hash", w.asset.card_hash);
	return FJ_OK;
}

static json_t *numbers_of(const json_t *lines)
{
	json_t *out = json_array(), *v;
	size_t i;

	json_array_foreach(lines, i, v)
		json_array_append(out, json_object_get(v, "certificate"));
	return out;
}

enum fj_rc apr_certificate_issue(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	struct issuing w = {.issuer = fj_json_peek(a->payload, "issuer"), .payload = a->payload, .years = (int)fj_json_num(a->payload, "years"), .own_key = json_object_get(a->payload, "spki") != NULL};
	FJ_AUTO(json) names = json_array();
	FJ_AUTO(buf) persons = FJ_BUF_INIT(65536);
	size_t i;
	json_t *v;

	FJ_TRY(apr_persons(c->db, a->id, &persons, err));
	w.persons = fj_buf_str(&persons);
	json_array_foreach(json_object_get(a->payload, "assets"), i, v)
		json_array_append(names, json_object_get(v, "asset_no"));
	bool one = json_array_size(names) == 1;
	FJ_TRY(one ? issue_one(c, json_string_value(json_array_get(names, 0)), &w, err) : tsk_each(c, "certificate.issue", names, issue_one, &w, err));
	FJ_AUTO(json) line = c->answer;
	FJ_AUTO(json) lines = one ? json_pack("[O]", line) : json_incref(json_object_get(line, "items"));
	c->answer = json_pack("{s:s, s:s, s:o}", "id", a->id, "state", "APPROVED", "certificates", numbers_of(lines));
	if (!one) {
		json_object_set(c->answer, "task", json_object_get(line, "task"));
		json_object_set(c->answer, "set_aside", json_object_get(line, "set_aside"));
	}
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* As issue_one goes, up to the intent, which is given and not stored. */
enum fj_rc dom_certificate_preview(struct iss_call *c, const json_t *payload, const char *asset_no, json_t **out, struct fj_err *err)
{
	FJ_AUTO(issuing) w = {.issuer = fj_json_peek(payload, "issuer"), .payload = payload, .years = (int)fj_json_num(payload, "years"), .own_key = json_object_get(payload, "spki") != NULL};
	const json_t *item = approved_item(payload, asset_no);
	struct fj_err why = {0};
	json_t *intent = NULL;
	char number[41];

	enum fj_rc rc = check_issuable(c, asset_no, &w, &why);
	if (rc == FJ_OK)
		rc = check_content(c, &w, item, &why);
	if (fj_rc_exit(rc) == 3) {
		*err = why;
		return rc;
	}
	struct fj_err unbuilt = {0};
	if (w.reg.id[0] != '\0' && intent_of(c, &w, number, &intent, &unbuilt) != FJ_OK && rc == FJ_OK) {
		rc = unbuilt.rc;
		why = unbuilt;
	}
	*out = json_pack("{s:s, s:s, s:b, s:o*, s:o*}", "asset_no", asset_no, "succeeds", w.old.number, "keeps_end", w.old.number[0] != '\0' && strcmp(w.reg.type, "RENEWAL") != 0, "intent", intent, "refused", rc != FJ_OK ? tsk_aside(asset_no, &why) : NULL);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_certificate_intended(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	bool fresh = json_is_true(json_object_get(b, "asset_fresh"));
	const char *spki64 = fj_json_text(b, "spki");
	FJ_AUTO(buf) spki = FJ_BUF_INIT(1024);
	struct dom_cert t;
	char key[65];

	if (fj_b64u_get(spki64, strlen(spki64), &spki) != FJ_OK)
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "an intent has no key");
	dom_spki_hash(fj_buf_slice(&spki), key);
	FJ_TRY(ser_apply(e, fj_json_text(b, "series"), fj_json_num(b, "series_n"), err));
	FJ_TRY(sts_apply_allot(e, "register", fj_json_num(b, "list"), (uint32_t)fj_json_num(b, "idx"), err));
	if (fresh)
		FJ_TRY(sts_apply_allot(e, "register", fj_json_num(b, "asset_list"), (uint32_t)fj_json_num(b, "asset_idx"), err));
	FJ_TRY(sto_run(e->db, STO_CERT_ADD, NULL, err, "tttittt" "iiiiii" "ittt", e->object, fj_json_text(b, "serial"), fj_json_text(b, "asset_no"),
	    fj_json_num(b, "card_version"),
	    fj_json_text(b, "asset_name"), fj_json_text(b, "holder"), fj_json_text(b, "holder_name"), fj_json_num(b, "not_before"),
	    fj_json_num(b, "not_after"), fj_json_num(b, "shard"),
	    fj_json_num(b, "list"), fj_json_num(b, "idx"), fj_json_num(b, "restrictions"), e->seq, key, fj_json_text(b, "succeeds"),
	    fj_json_text(b, "registration")));
	FJ_TRY(dom_cert_get(e->db, e->object, &t, err)); /* what can't be read could never be revoked */
	FJ_TRY(sto_run(e->db, STO_REG_CERT, NULL, err, "tit", e->object, e->seq, fj_json_text(b, "registration")));
	if (t.succeeds[0] != '\0') /* the one before stays in force until this one is issued */
		return FJ_OK;
	/* the card is taken at once: no second certificate can be asked for meanwhile */
	return sto_run(e->db, STO_ASSET_CERT, NULL, err, "ttiiit", "CERTIFICATED", e->object, fj_json_num(b, "asset_list"), fj_json_num(b, "asset_idx"),
	    e->seq, fj_json_text(b, "asset_no"));
}

/* asset without certificate; it keeps its status entry, or the next certificate brings another */
static enum fj_rc free_asset(const struct evt *e, const struct dom_cert *t, const char *state, bool keep_entry, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};

	FJ_TRY(dom_asset_get(e->db, t->asset_no, &a, err));
	bool frozen = strcmp(a.state, "FROZEN") == 0;
	FJ_TRY(sto_run(e->db, STO_ASSET_CERT, NULL, err, "ttiiit", frozen ? a.state : state, "", keep_entry ? a.status_list : -1,
	    keep_entry ? a.status_idx : 0, e->seq, t->asset_no));
	/* a frozen asset stays frozen; what it comes back to has changed */
	return frozen ? sto_run(e->db, STO_ASSET_FREEZE, NULL, err, "ttttit", a.state, state, a.frozen_by, "", e->seq, t->asset_no) : FJ_OK;
}

enum fj_rc apply_certificate_abandoned(const struct evt *e, struct fj_err *err)
{
	struct dom_cert t;

	FJ_TRY(dom_cert_get(e->db, e->object, &t, err));
	FJ_TRY(sto_run(e->db, STO_CERT_STATE, NULL, err, "tniit", "ABANDONED", (int64_t)0, e->seq, e->object));
	FJ_TRY(sto_run(e->db, STO_REG_CERT, NULL, err, "tit", "", e->seq, t.registration)); /* it can be asked for again */
	return t.succeeds[0] != '\0' ? FJ_OK : free_asset(e, &t, "REGISTERED", true, err);
}

/* --- taking back --- */

static enum fj_rc own_certificate(struct iss_call *c, struct dom_cert *t, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	const char *number = fj_json_peek(c->params, "number");

	FJ_TRY(num_check(number, err));
	FJ_TRY(dom_cert_get(c->db, number, t, err));
	FJ_TRY(dom_org_get(c->db, t->holder, &holder, err));
	return iss_rule_no_foreign_issuer(holder.finance, c->actor->org, err);
}

/* suspended with its asset's freezing, and now by itself: that outlives the freezing */
static enum fj_rc keep_suspended(struct iss_call *c, const struct dom_cert *t, struct fj_err *err)
{
	FJ_AUTO(json) body = json_pack("{s:s, s:s}", "asset_no", t->asset_no, "reason", fj_json_peek(c->params, "reason"));

	FJ_TRY(evt_append(c, "certificate.suspension-kept", t->number, body, err));
	c->answer = json_pack("{s:s, s:s}", "number", t->number, "state", t->state);
	return FJ_OK;
}

enum fj_rc apply_certificate_suspension_kept(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_ASSET_HELD, NULL, err, "ttt", "", fj_json_text(e->body, "asset_no"), e->object);
}

enum fj_rc cmd_certificate_suspend(struct iss_call *c, struct fj_err *err)
{
	struct dom_cert t;
	FJ_AUTO(dom_asset) a = {.card = NULL};
	const char *to;

	FJ_TRY(own_certificate(c, &t, err));
	FJ_TRY(dom_asset_get(c->db, t.asset_no, &a, err));
	if (strcmp(t.state, "SUSPENDED") == 0 && strcmp(a.held, t.number) == 0)
		return keep_suspended(c, &t, err);
	FJ_TRY(iss_state_next(ISS_OBJ_CERTIFICATE, t.state, "suspend", &to, err));
	FJ_TRY(apr_void(c, "certificate.resume", t.number, "suspended anew 已重新冻结", err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s}", "to", to, "reason", fj_json_peek(c->params, "reason"));
	FJ_TRY(evt_append(c, "certificate.suspended", t.number, body, err));
	c->dirty_status = true;
	c->answer = json_pack("{s:s, s:s}", "number", t.number, "state", to);
	return FJ_OK;
}

/* own entry, asset's entry and CRL to "suspended" */
static enum fj_rc set_hold(const struct evt *e, const struct dom_cert *t, struct fj_err *err)
{
	struct dom_asset a;

	FJ_TRY(dom_asset_get(e->db, t->asset_no, &a, err));
	FJ_AUTO(json) card = a.card;
	FJ_TRY(log_changed(e, PIPE_CERTIFICATE, t->number, STS_SUSPENDED, err));
	FJ_TRY(sts_apply_set(e, t->list, (uint32_t)t->idx, STS_SUSPENDED, err));
	if (strcmp(a.certificate, t->number) == 0 && a.status_list >= 0)
		FJ_TRY(sts_apply_set(e, a.status_list, (uint32_t)a.status_idx, STS_SUSPENDED, err));
	return crl_apply_set(e, t->serial, t->shard, 6, err);
}

static enum fj_rc lift_hold(const struct evt *e, const struct dom_cert *t, struct fj_err *err)
{
	struct dom_asset a;

	FJ_TRY(dom_asset_get(e->db, t->asset_no, &a, err));
	FJ_AUTO(json) card = a.card;
	FJ_TRY(log_changed(e, PIPE_CERTIFICATE, t->number, STS_VALID, err));
	FJ_TRY(sts_apply_set(e, t->list, (uint32_t)t->idx, STS_VALID, err));
	if (strcmp(a.certificate, t->number) == 0 && a.status_list >= 0)
		FJ_TRY(sts_apply_set(e, a.status_list, (uint32_t)a.status_idx, STS_VALID, err));
	return crl_apply_lift(e, t->serial, err);
}

/* What was suspended, or is about to be revoked, while its successor was being made: the
 * successor starts suspended. */
static enum fj_rc inherit_hold(const struct evt *e, const struct dom_cert *t, const struct dom_cert *old, struct fj_err *err)
{
	FJ_TRY(sto_run(e->db, STO_ASSET_HELD, NULL, err, "ttt", t->number, t->asset_no, old->number));
	FJ_TRY(set_hold(e, t, err));
	return sto_run(e->db, STO_CERT_STATE, NULL, err, "tiiit", "SUSPENDED", (int64_t)e->at, (int64_t)6, e->seq, t->number);
}

static enum fj_rc end_old(const struct evt *e, const struct dom_cert *old, struct fj_err *err)
{
	if (strcmp(old->state, "REVOKING") == 0)
		return FJ_OK;
	FJ_TRY(log_changed(e, PIPE_CERTIFICATE, old->number, STS_SUPERSEDED, err));
	FJ_TRY(sts_apply_set(e, old->list, (uint32_t)old->idx, STS_SUPERSEDED, err));
	FJ_TRY(crl_apply_set(e, old->serial, old->shard, 4, err));
	return sto_run(e->db, STO_CERT_STATE, NULL, err, "tiiit", "SUPERSEDED", (int64_t)e->at, (int64_t)4, e->seq, old->number);
}

/* The successor is in force: the one before is superseded, the asset stands on the new card, and
 * each authorisation that names the old certificate gets a new version. */
static enum fj_rc supersede(const struct evt *e, const struct dom_cert *t, struct fj_err *err)
{
	struct dom_cert old;
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(dom_cert_get(e->db, t->succeeds, &old, err));
	FJ_TRY(sto_run(e->db, STO_ASSET_ADOPT, NULL, err, "ittit", t->version, t->asset_name, t->number, e->seq, t->asset_no));
	FJ_TRY(end_old(e, &old, err));
	if (strcmp(old.state, "ACTIVE") != 0)
		FJ_TRY(inherit_hold(e, t, &old, err));
	FJ_TRY(sto_query(e->db, STO_AUTH_ON, &q, err, "tti", old.holder, old.number, (int64_t)e->at));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(sto_run(e->db, STO_REBIND_ADD, NULL, err, "tt", sto_text(&q, 0), e->approval));
	}
}

enum fj_rc apply_certificate_issued(const struct evt *e, struct fj_err *err)
{
	struct dom_cert t;

	FJ_TRY(sto_run(e->db, STO_CERT_ISSUED, NULL, err, "tit", fj_json_text(e->body, "sha256"), e->seq, e->object));
	FJ_TRY(dom_cert_get(e->db, e->object, &t, err));
	return t.succeeds[0] != '\0' ? supersede(e, &t, err) : FJ_OK;
}

enum fj_rc apply_certificate_suspended(const struct evt *e, struct fj_err *err)
{
	struct dom_cert t;

	FJ_TRY(dom_cert_get(e->db, e->object, &t, err));
	FJ_TRY(set_hold(e, &t, err));
	return sto_run(e->db, STO_CERT_STATE, NULL, err, "tiiit", fj_json_text(e->body, "to"), (int64_t)e->at, (int64_t)6, e->seq, e->object);
}

static enum fj_rc check_thawed(struct iss_call *c, const struct dom_cert *t, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};

	FJ_TRY(dom_asset_get(c->db, t->asset_no, &a, err));
	return strcmp(a.state, "FROZEN") != 0 ? FJ_OK : iss_rule_fail(err, "R19", "the asset is frozen; nothing moves until that is lifted (asset unfreeze)",
	    "该资产已冻结，解除冻结前不得办理");
}

enum fj_rc cmd_certificate_resume(struct iss_call *c, struct fj_err *err)
{
	struct dom_cert t;
	const char *to;

	FJ_TRY(own_certificate(c, &t, err));
	FJ_TRY(check_thawed(c, &t, err));
	FJ_TRY(iss_state_next(ISS_OBJ_CERTIFICATE, t.state, "resume", &to, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:s}", "number", t.number, "reason", fj_json_peek(c->params, "reason"));
	return apr_request(c, "certificate.resume", t.number, c->actor->org, payload, err);
}

enum fj_rc apr_certificate_resume(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	struct dom_cert t;
	const char *to;

	FJ_TRY(dom_cert_get(c->db, a->object, &t, err));
	FJ_TRY(check_thawed(c, &t, err));
	FJ_TRY(iss_state_next(ISS_OBJ_CERTIFICATE, t.state, "resume", &to, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s}", "to", to, "reason", fj_json_peek(a->payload, "reason"));
	c->dirty_status = true;
	return evt_append(c, "certificate.resumed", t.number, body, err);
}

enum fj_rc apply_certificate_resumed(const struct evt *e, struct fj_err *err)
{
	struct dom_cert t;

	FJ_TRY(dom_cert_get(e->db, e->object, &t, err));
	FJ_TRY(lift_hold(e, &t, err));
	return sto_run(e->db, STO_CERT_LIFT, NULL, err, "tit", fj_json_text(e->body, "to"), e->seq, e->object);
}

enum fj_rc cmd_certificate_revoke(struct iss_call *c, struct fj_err *err)
{
	struct dom_cert t;
	const char *to, *note = fj_json_peek(c->params, "note");
	const struct reason *r = reason_find(fj_json_peek(c->params, "reason"));

	FJ_TRY(own_certificate(c, &t, err));
	if (r == NULL)
		return fj_refuse(err, FJ_E_INVALID, "issuer", "RFC 5280 5.3.1", "the reason is privilegeWithdrawn, cessationOfOperation, superseded, affiliationChanged or keyCompromise",
		    "撤销原因应为 privilegeWithdrawn（撤销）、cessationOfOperation（注销）、superseded（变更）、affiliationChanged（划转）或 keyCompromise（密钥泄露）");
	FJ_TRY(iss_state_next(ISS_OBJ_CERTIFICATE, t.state, "revoke", &to, err));
	if (r->code == 5 || r->code == 3)
		FJ_TRY(dom_no_live_authorisation(c->db, t.holder, t.asset_no, c->now, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s}", "number", t.number, "reason", r->name, "note", note == NULL ? "" : note);
	FJ_TRY(apr_void(c, "certificate.resume", t.number, "its revocation was asked for 已申请撤销", err));
	return apr_request(c, "certificate.revoke", t.number, c->actor->org, payload, err);
}

enum fj_rc dom_certificate_revoking(struct iss_call *c, const char *number, const char *reason, struct fj_err *err)
{
	FJ_AUTO(json) body = json_pack("{s:s, s:s}", "to", "REVOKING", "reason", reason);

	c->dirty_status = true;
	return evt_append(c, "certificate.revocation-requested", number, body, err);
}

enum fj_rc apr_certificate_revoke_request(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	return dom_certificate_revoking(c, a->object, fj_json_text(a->payload, "reason"), err);
}

enum fj_rc apply_certificate_revocation_requested(const struct evt *e, struct fj_err *err)
{
	return apply_certificate_suspended(e, err);
}

enum fj_rc dom_drop_successor(struct iss_call *c, const struct dom_cert *t, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char number[41];
	bool row;

	FJ_TRY(sto_query(c->db, STO_CERT_COMING, &q, err, "tt", t->asset_no, t->number));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	FJ_TRY(fj_strcopy(number, sizeof(number), sto_text(&q, 0)));
	sto_done(&q);
	FJ_AUTO(json) body = json_pack("{s:s}", "reason", "the certificate that it succeeds ended before it was issued");
	return evt_append(c, "certificate.abandoned", number, body, err);
}

enum fj_rc dom_certificate_end(struct iss_call *c, const char *number, const char *reason, struct fj_err *err)
{
	struct dom_cert t;
	FJ_AUTO(dom_asset) asset = {.card = NULL};
	const char *to, *asset_to;
	const struct reason *r = reason_find(reason);

	FJ_TRY(dom_cert_get(c->db, number, &t, err));
	FJ_TRY(iss_state_next(ISS_OBJ_CERTIFICATE, t.state, "end", &to, err));
	FJ_TRY(dom_drop_successor(c, &t, err));
	FJ_TRY(dom_asset_get(c->db, t.asset_no, &asset, err));
	bool current = strcmp(asset.certificate, t.number) == 0;
	asset_to = "";
	if (current)
		FJ_TRY(iss_state_next(ISS_OBJ_ASSET, strcmp(asset.state, "FROZEN") == 0 ? asset.former : asset.state, r->asset_act, &asset_to, err));
	if (r->code == 5 || r->code == 3)
		FJ_TRY(dom_no_live_authorisation(c->db, t.holder, t.asset_no, c->now, err));
	if (current)
		FJ_TRY(dom_end_application(c, &asset, strcmp(asset.state, "FROZEN") == 0 ? asset.state : asset_to, "the certificate was revoked 证书已撤销或注销", err));
	int64_t version = asset.version;
	if (strcmp(asset_to, "REGISTERED") == 0) { /* it stands on the card that was registered and not certified yet */
		struct dom_reg last;
		bool waits;
		FJ_TRY(dom_reg_uncertified(c->db, t.asset_no, &last, &waits, err));
		version = waits ? last.version : version;
	}
	FJ_AUTO(json) body = json_pack("{s:s, s:I, s:s, s:s, s:I}", "to", r->state, "code", (json_int_t)r->code, "reason", r->name, "asset_to", asset_to, "version",
	    (json_int_t)version);
	c->dirty_status = true;
	return evt_append(c, "certificate.revoked", t.number, body, err);
}

enum fj_rc apr_certificate_revoke(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	return dom_certificate_end(c, a->object, fj_json_text(a->payload, "reason"), err);
}

enum fj_rc apply_certificate_revoked(const struct evt *e, struct fj_err *err)
{
	struct dom_cert t;
	struct dom_asset a;
	int64_t code = fj_json_num(e->body, "code");

	FJ_TRY(dom_cert_get(e->db, e->object, &t, err));
	FJ_TRY(dom_asset_get(e->db, t.asset_no, &a, err));
	FJ_AUTO(json) card = a.card;
	FJ_TRY(log_changed(e, PIPE_CERTIFICATE, t.number, STS_INVALID, err));
	FJ_TRY(sts_apply_set(e, t.list, (uint32_t)t.idx, STS_INVALID, err));
	FJ_TRY(crl_apply_set(e, t.serial, t.shard, (unsigned)code, err));
	FJ_TRY(sto_run(e->db, STO_CERT_STATE, NULL, err, "tiiit", fj_json_text(e->body, "to"), (int64_t)e->at, code, e->seq, e->object));
	if (strcmp(a.certificate, t.number) != 0)
		return FJ_OK;
	if (a.status_list >= 0)
		FJ_TRY(sts_apply_set(e, a.status_list, (uint32_t)a.status_idx, STS_INVALID, err));
	const char *asset_to = fj_json_text(e->body, "asset_to"); /* absent from older events */
	FJ_TRY(free_asset(e, &t, asset_to[0] != '\0' ? asset_to : "REGISTERED", false, err));
	int64_t version = fj_json_num(e->body, "version");
	if (version == 0 || version == a.version)
		return FJ_OK;
	FJ_AUTO(json) new_card = NULL;
	FJ_TRY(dom_card_at(e->db, t.asset_no, version, &new_card, err));
	return sto_run(e->db, STO_ASSET_ADOPT, NULL, err, "ittit", version, dom_card_text(new_card, "basic", "name"), "", e->seq, t.asset_no);
}

enum fj_rc dom_certificate_kept(struct iss_call *c, const char *number, struct fj_err *err)
{
	struct dom_cert t;
	FJ_AUTO(dom_asset) asset = {.card = NULL};
	const char *to;

	FJ_TRY(dom_cert_get(c->db, number, &t, err));
	FJ_TRY(iss_state_next(ISS_OBJ_CERTIFICATE, t.state, "keep", &to, err));
	/* frozen meanwhile: suspended, until that is lifted */
	FJ_TRY(dom_asset_get(c->db, t.asset_no, &asset, err));
	bool held = strcmp(t.former, "ACTIVE") == 0 && strcmp(asset.state, "FROZEN") == 0 && strcmp(asset.certificate, t.number) == 0;
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s}", "to", held ? "SUSPENDED" : t.former, "asset_no", t.asset_no, "held", held ? t.number : "");
	c->dirty_status = true;
	return evt_append(c, "certificate.revocation-refused", t.number, body, err);
}

enum fj_rc apr_certificate_revoke_refused(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	return dom_certificate_kept(c, a->object, err);
}

enum fj_rc apply_certificate_revocation_refused(const struct evt *e, struct fj_err *err)
{
	struct dom_cert t;

	FJ_TRY(dom_cert_get(e->db, e->object, &t, err));
	if (fj_json_text(e->body, "held")[0] != '\0')
		FJ_TRY(sto_run(e->db, STO_ASSET_HELD, NULL, err, "ttt", t.number, fj_json_text(e->body, "asset_no"), ""));
	if (strcmp(fj_json_text(e->body, "to"), "SUSPENDED") == 0)
		return sto_run(e->db, STO_CERT_STATE, NULL, err, "tiiit", "SUSPENDED", t.revoked_at, (int64_t)6, e->seq, e->object);
	FJ_TRY(lift_hold(e, &t, err));
	return sto_run(e->db, STO_CERT_LIFT, NULL, err, "tit", fj_json_text(e->body, "to"), e->seq, e->object);
}

/* --- reading --- */

static json_t *cert_json(const struct dom_cert *t, fj_time now)
{
	char from[FJ_TIME_CAP], to[FJ_TIME_CAP];
	bool expired = strcmp(t->state, "ACTIVE") == 0 && now > t->not_after;

	fj_time_utc(t->not_before, from);
	fj_time_utc(t->not_after, to);
	return json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:s, s:o}", "number", t->number, "state", expired ? "EXPIRED" : t->state,
	    "asset_no", t->asset_no, "asset_name", t->asset_name, "holder", "usci", t->holder, "name", t->holder_name,
	    "not_before", from, "not_after", to, "serial", t->serial, "restrictions", fj_json_bits((unsigned)t->restrictions, fj_asset_restrictions));
}

enum fj_rc dom_credential(struct sto *db, enum pipe_kind kind, const char *object, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_CREDENTIAL_GET, &q, object, err, "it", (int64_t)kind, object));
	struct fj_slice s = sto_blob(&q, 0);
	return fj_buf_put(out, s.p, s.len) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "a stored credential is too large");
}

/* which version of the card it is of, on which registration, and whose it is to issue */
static enum fj_rc put_origin(struct iss_call *c, const struct dom_cert *t, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	FJ_AUTO(dom_org) finance = {.affiliates = NULL};
	FJ_AUTO(dom_asset) asset = {.card = NULL};
	bool brief;

	FJ_TRY(dom_org_get(c->db, t->holder, &holder, err));
	FJ_TRY(dom_org_get(c->db, rev_finance(&holder), &finance, err));
	FJ_TRY(dom_asset_get(c->db, t->asset_no, &asset, err));
	FJ_TRY(dom_course_brief(c, holder.finance, json_is_true(json_object_get(json_object_get(asset.card, "rights"), "public_data")), &brief, err));
	json_object_set_new(c->answer, "authorisation_course", json_string(brief ? "SHORT" : "FULL"));
	json_object_set_new(c->answer, "card_version", json_integer((json_int_t)t->version));
	json_object_set_new(c->answer, "registration", json_string(t->registration));
	json_object_set_new(c->answer, "authority", json_pack("{s:s, s:s}", "usci", finance.usci, "name", finance.name));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* "sm2_pem", "sm2_log_proof": what was signed once more of it */
static enum fj_rc put_twin(struct iss_call *c, const struct dom_cert *t, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(buf) pem = FJ_BUF_INIT(2 * FJ_X509_MAX);
	FJ_AUTO(buf) proof = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);

	if (dom_twin(c->iss, c->db, PIPE_CERTIFICATE_SM2, t->number, &der, &proof, NULL) != FJ_OK || der.len == 0)
		return FJ_OK;
	FJ_TRY(ca_pem("CERTIFICATE", fj_buf_slice(&der), &pem, err));
	json_object_set_new(c->answer, "sm2_pem", json_string(fj_buf_str(&pem)));
	return fj_json_set(c->answer, "sm2_log_proof", json_string(fj_buf_str(&proof)));
}

enum fj_rc cmd_certificate_show(struct iss_call *c, struct fj_err *err)
{
	struct dom_cert t;
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(buf) pem = FJ_BUF_INIT(2 * FJ_X509_MAX);
	FJ_AUTO(buf) proof = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);

	FJ_TRY(dom_cert_get(c->db, fj_json_peek(c->params, "number"), &t, err));
	c->answer = cert_json(&t, c->now);
	FJ_TRY(put_origin(c, &t, err));
	json_object_set_new(c->answer, "sha256", json_string(t.sha256));
	json_object_set_new(c->answer, "reason", json_integer((json_int_t)t.reason));
	if (t.reason != 0) { /* as the revocation list says */
		char since[FJ_TIME_CAP];
		fj_time_utc(t.revoked_at, since);
		json_object_set_new(c->answer, "revoked_at", json_string(since));
	}
	if (log_credential(c->iss, c->db, PIPE_CERTIFICATE, t.number, &der, &proof, NULL) == FJ_OK) {
		FJ_TRY(ca_pem("CERTIFICATE", fj_buf_slice(&der), &pem, err));
		json_object_set_new(c->answer, "pem", json_string(fj_buf_str(&pem)));
		json_object_set_new(c->answer, "log_proof", json_string(fj_buf_str(&proof)));
	}
	FJ_TRY(put_twin(c, &t, err));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
