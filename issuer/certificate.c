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
#include "base/jws.h"
#include "ca/ca.h"
#include "issuer/domain.h"
#include "issuer/rules/rules.h"
#include "issuer/state.h"

#define SHARD 1
#define YEARS 3

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
		STO_COPY(5, t->holder), STO_COPY(6, t->holder_name), STO_COPY(7, t->state), STO_COPY(8, t->former), STO_COPY(17, t->sha256)};

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

struct issuing {
	const char *issuer;  /* USCC of the finance department */
	char applicant[64];  /* the person who asked, "" while asking */
};

static enum fj_rc check_issuable(struct iss_call *c, const char *asset_no, const struct issuing *w, struct dom_asset *a, struct dom_org *holder, struct fj_err *err)
{
	const char *to;

	FJ_TRY(dom_asset_get(c->db, asset_no, a, err));
	FJ_TRY(dom_org_get(c->db, a->holder, holder, err));
	FJ_TRY(iss_rule_no_foreign_issuer(holder->finance, w->issuer, err));
	if (a->certificate[0] != '\0' && strcmp(a->state, "CERTIFICATED") == 0) {
		enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", "167·三(二)", "asset %s has certificate %s already; one card, one certificate", asset_no, a->certificate);
		fj_err_zh(err, "资产 %s 已有证书 %s，一卡一证", asset_no, a->certificate);
		return rc;
	}
	FJ_TRY(iss_state_next(ISS_OBJ_ASSET, a->state, "certify", &to, err));
	FJ_TRY(dom_registration_apart(c->db, asset_no, c->actor->person, err));
	if (w->applicant[0] != '\0')
		FJ_TRY(dom_registration_apart(c->db, asset_no, w->applicant, err));
	FJ_TRY(iss_rule_no_core_data(dom_card_text(a->card, "management", "data_level"), dom_card_text(a->card, "management", "risk_assessment")[0] != '\0', err));
	const char *missing = dom_card_text(a->card, "management", "sec_policy")[0] == '\0' ? "security rules 安全制度"
	    : dom_card_text(a->card, "management", "emergency_plan")[0] == '\0' ? "emergency plan 应急预案" : NULL;
	return iss_rule_no_authorisation_without_documents(missing, err);
}

/* the same; the refusal names the asset */
static enum fj_rc check_one(struct iss_call *c, const char *asset_no, const struct issuing *w, struct dom_asset *a, struct dom_org *holder, struct fj_err *err)
{
	struct fj_err why = {0};

	if (check_issuable(c, asset_no, w, a, holder, &why) == FJ_OK)
		return FJ_OK;
	if (err != NULL) {
		*err = why;
		snprintf(err->en, sizeof(err->en), "asset %.64s: %.240s", asset_no, why.en);
		snprintf(err->zh, sizeof(err->zh), "资产 %.64s：%.380s", asset_no, why.zh);
	}
	return why.rc;
}

/* every asset of the list, each once (lesson 5) */
static enum fj_rc check_all(struct iss_call *c, const json_t *assets, const struct issuing *w, struct fj_err *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(assets, i, v) {
		FJ_AUTO(dom_asset) a = {.card = NULL};
		FJ_AUTO(dom_org) holder = {.affiliates = NULL};
		FJ_TRY(check_one(c, json_string_value(v), w, &a, &holder, err));
	}
	return FJ_OK;
}

static enum fj_rc add_request(struct iss_call *c, const json_t *assets, json_t *payload, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};

	if (json_array_size(assets) != 1)
		return fj_fail(err, FJ_E_INVALID, "issuer", "domain.md decision 7", "a request has one key, and a key belongs to one certificate: name one asset");
	FJ_TRY(dom_asset_get(c->db, json_string_value(json_array_get(assets, 0)), &a, err));
	return dom_key_from_request(c, a.holder, payload, err);
}

enum fj_rc cmd_certificate_issue(struct iss_call *c, struct fj_err *err)
{
	const json_t *assets = json_object_get(c->params, "assets"), *y = json_object_get(c->params, "years");
	json_int_t years = json_is_integer(y) ? json_integer_value(y) : YEARS;

	if (json_array_size(assets) == 0 || years < 1)
		return fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 5.3", "name at least one asset, and 1 to 5 years");
	FJ_AUTO(json) sorted = dom_sorted(assets);
	if (json_array_size(sorted) != json_array_size(assets))
		return fj_fail(err, FJ_E_INVALID, "issuer", "lesson 6", "an asset stands twice in the list");
	FJ_TRY(check_all(c, sorted, &(struct issuing){.issuer = c->actor->org}, err));
	FJ_AUTO(json) payload = json_pack("{s:O, s:I, s:s}", "assets", sorted, "years", years, "issuer", c->actor->org);
	if (json_object_get(c->params, "request") != NULL)
		FJ_TRY(add_request(c, sorted, payload, err));
	struct fj_hash h;
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);
	char object[80], hex[65];
	FJ_TRY(fj_json_canonical(sorted, &text, err));
	fj_sha256(fj_buf_slice(&text), &h);
	fj_hex(h.b, 8, hex);
	if (json_array_size(sorted) == 1)
		snprintf(object, sizeof(object), "%.64s", json_string_value(json_array_get(sorted, 0)));
	else
		snprintf(object, sizeof(object), "%zu assets %.16s", json_array_size(sorted), hex);
	return apr_request(c, "certificate.issue", object, c->actor->org, payload, err);
}

static unsigned holder_code(const char *kind)
{
	static const char *const kinds[] = {"ADMIN", "INST", "MASS", "SOE", "UTIL", "ENT"};

	for (unsigned i = 0; i < FJ_ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i], kind) == 0)
			return i;
	return 5;
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
	static const char *const names[] = {"noCollateral", "noSubLicence", "noExport", "noResale", "noRawDelivery", NULL};
	unsigned out = flags_of(json_object_get(json_object_get(a->card, "rights"), "restrictions"), names);

	/* R04, R12, R18: these follow from the holder's kind and from the asset being public data */
	if (iss_kind_no_collateral(holder->kind))
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

/* everything the certificate is built from */
static enum fj_rc intent_of(struct iss_call *c, const struct dom_asset *a, const struct dom_org *holder, const json_t *approved, char number[41], json_t **out, struct fj_err *err)
{
	static const char *const rights[] = {"HOLD", "USE", "OPER", NULL}, *const modes[] = {"WHOLE", "DOMAIN", "SCENE", NULL};
	struct ca_serial serial;
	struct sts_ref own, asset;
	FJ_AUTO(dom_org) issuer = {.affiliates = NULL};
	FJ_AUTO(buf) spki = FJ_BUF_INIT(1024);
	FJ_AUTO(buf) spki64 = FJ_BUF_INIT(2048);
	const json_t *r = json_object_get(a->card, "rights");
	int years = (int)json_integer_value(json_object_get(approved, "years"));
	const char *own_key = fj_json_peek(approved, "spki");
	char series[40], hex[33];
	int64_t n;

	FJ_TRY(dom_org_get(c->db, holder->finance, &issuer, err));
	struct fj_date d = fj_date_of(c->now, FJ_CHINA_OFFSET);
	snprintf(series, sizeof(series), "DAC-%s-%04d%02d", issuer.div6, d.y, d.m);
	FJ_TRY(ser_next(c, series, &n, err));
	FJ_TRY(num_make("DAC", issuer.div6, c->now, n, number, err));
	FJ_TRY(status_of(c, a, &own, &asset, err));
	ca_serial_new(&serial);
	fj_hex(serial.b, sizeof(serial.b), hex);
	if (own_key != NULL) {
		FJ_TRY(dom_key_usable(c->db, fj_json_peek(approved, "spki_sha256"), holder->usci, err));
		FJ_TRY(fj_buf_puts(&spki64, own_key));
	} else {
		FJ_TRY(ca_ephemeral_spki(&spki, err));
		FJ_TRY(fj_b64u_put(&spki64, fj_buf_slice(&spki)));
	}
	*out = json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:s, s:i, s:I, s:I, s:s, s:I, s:I, s:s, s:I, s:i}",
	    "number", number, "series", series, "serial", hex, "series_n", (json_int_t)n, "not_before", (json_int_t)c->now,
	    "asset_no", a->asset_no, "asset_name", a->name, "holder", holder->usci, "holder_name", holder->name,
	    "card_version", (json_int_t)a->version, "card_hash", a->card_hash, "class_scheme", dom_card_text(a->card, "basic", "class_scheme"),
	    "class_code", dom_card_text(a->card, "basic", "class_code"), "holder_kind", (int)holder_code(holder->kind),
	    "rights", (int)flags_of(json_object_get(r, "rights"), rights), "modes", (int)flags_of(json_object_get(r, "modes"), modes),
	    "restrictions", (int)restrictions_of(a, holder), "region", holder->div6, "shard", SHARD,
	    "list", (json_int_t)own.list, "idx", (json_int_t)own.idx, "uri", own.uri, "asset_list", (json_int_t)asset.list,
	    "asset_idx", (json_int_t)asset.idx, "spki", fj_buf_str(&spki64), "not_after", (json_int_t)fj_term_end(c->now, years),
	    "key_origin", own_key != NULL);
	if (*out == NULL || json_object_set_new(*out, "asset_fresh", json_boolean(a->status_list < 0)) != 0)
		return fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
	return FJ_OK;
}

static enum fj_rc applicant_of(struct sto *db, const char *approval, char person[64], struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_APPROVAL_GET, &q, approval, err, "t", approval));
	return fj_strcopy(person, 64, sto_text(&q, 7));
}

enum fj_rc apr_certificate_issue(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	struct issuing w = {.issuer = fj_json_peek(a->payload, "issuer")};
	const json_t *assets = json_object_get(a->payload, "assets");
	FJ_AUTO(json) numbers = json_array();
	size_t i;
	json_t *v;

	FJ_TRY(applicant_of(c->db, a->id, w.applicant, err));
	json_array_foreach(assets, i, v) { /* each is checked again, now */
		FJ_AUTO(dom_asset) asset = {.card = NULL};
		FJ_AUTO(dom_org) holder = {.affiliates = NULL};
		json_t *body = NULL;
		char number[41];
		FJ_TRY(check_one(c, json_string_value(v), &w, &asset, &holder, err));
		enum fj_rc rc = intent_of(c, &asset, &holder, a->payload, number, &body, err);
		FJ_AUTO(json) owned = body;
		FJ_TRY(rc);
		FJ_TRY(pipe_intend(c, PIPE_CERTIFICATE, number, owned, err));
		json_array_append_new(numbers, json_string(number));
	}
	c->answer = json_pack("{s:s, s:s, s:O}", "id", a->id, "state", "APPROVED", "certificates", numbers);
	return FJ_OK;
}

static int64_t num(const json_t *b, const char *key)
{
	return json_integer_value(json_object_get(b, key));
}

static const char *text(const json_t *b, const char *key)
{
	const char *s = fj_json_peek(b, key);

	return s == NULL ? "" : s;
}

enum fj_rc apply_certificate_intended(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	bool fresh = json_is_true(json_object_get(b, "asset_fresh"));
	const char *spki64 = text(b, "spki");
	FJ_AUTO(buf) spki = FJ_BUF_INIT(1024);
	struct dom_cert t;
	char key[65];

	if (fj_b64u_get(spki64, strlen(spki64), &spki) != FJ_OK)
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "an intent has no key");
	dom_spki_hash(fj_buf_slice(&spki), key);
	FJ_TRY(ser_apply(e, text(b, "series"), num(b, "series_n"), err));
	FJ_TRY(sts_apply_allot(e, "register", num(b, "list"), (uint32_t)num(b, "idx"), err));
	if (fresh)
		FJ_TRY(sts_apply_allot(e, "register", num(b, "asset_list"), (uint32_t)num(b, "asset_idx"), err));
	FJ_TRY(sto_run(e->db, STO_CERT_ADD, NULL, err, "tttittt" "iiiiii" "it", e->object, text(b, "serial"), text(b, "asset_no"), num(b, "card_version"),
	    text(b, "asset_name"), text(b, "holder"), text(b, "holder_name"), num(b, "not_before"), num(b, "not_after"), num(b, "shard"),
	    num(b, "list"), num(b, "idx"), num(b, "restrictions"), e->seq, key));
	FJ_TRY(dom_cert_get(e->db, e->object, &t, err)); /* what can't be read could never be revoked */
	/* the card is taken at once: no second certificate can be asked for meanwhile */
	return sto_run(e->db, STO_ASSET_CERT, NULL, err, "ttiiit", "CERTIFICATED", e->object, num(b, "asset_list"), num(b, "asset_idx"), e->seq, text(b, "asset_no"));
}

enum fj_rc apply_certificate_issued(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_CERT_ISSUED, NULL, err, "tit", text(e->body, "sha256"), e->seq, e->object);
}

/* asset without certificate; it keeps its status entry, or the next certificate brings another */
static enum fj_rc free_asset(const struct evt *e, const struct dom_cert *t, const char *state, bool keep_entry, struct fj_err *err)
{
	int64_t list = -1, idx = 0;

	if (keep_entry) {
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(e->db, STO_ASSET_GET, &q, t->asset_no, err, "t", t->asset_no));
		list = sto_int(&q, 7);
		idx = sto_int(&q, 8);
	}
	return sto_run(e->db, STO_ASSET_CERT, NULL, err, "ttiiit", state, "", list, idx, e->seq, t->asset_no);
}

enum fj_rc apply_certificate_abandoned(const struct evt *e, struct fj_err *err)
{
	struct dom_cert t;

	FJ_TRY(dom_cert_get(e->db, e->object, &t, err));
	FJ_TRY(sto_run(e->db, STO_CERT_STATE, NULL, err, "tniit", "ABANDONED", (int64_t)0, e->seq, e->object));
	return free_asset(e, &t, "REGISTERED", true, err);
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

enum fj_rc cmd_certificate_suspend(struct iss_call *c, struct fj_err *err)
{
	struct dom_cert t;
	const char *to;

	FJ_TRY(own_certificate(c, &t, err));
	FJ_TRY(iss_state_next(ISS_OBJ_CERTIFICATE, t.state, "suspend", &to, err));
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
	FJ_TRY(sts_apply_set(e, t->list, (uint32_t)t->idx, STS_VALID, err));
	if (strcmp(a.certificate, t->number) == 0 && a.status_list >= 0)
		FJ_TRY(sts_apply_set(e, a.status_list, (uint32_t)a.status_idx, STS_VALID, err));
	return crl_apply_lift(e, t->serial, err);
}

enum fj_rc apply_certificate_suspended(const struct evt *e, struct fj_err *err)
{
	struct dom_cert t;

	FJ_TRY(dom_cert_get(e->db, e->object, &t, err));
	FJ_TRY(set_hold(e, &t, err));
	return sto_run(e->db, STO_CERT_STATE, NULL, err, "tiiit", text(e->body, "to"), (int64_t)e->at, (int64_t)6, e->seq, e->object);
}

enum fj_rc cmd_certificate_resume(struct iss_call *c, struct fj_err *err)
{
	struct dom_cert t;
	const char *to;

	FJ_TRY(own_certificate(c, &t, err));
	FJ_TRY(iss_state_next(ISS_OBJ_CERTIFICATE, t.state, "resume", &to, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:s}", "number", t.number, "reason", fj_json_peek(c->params, "reason"));
	return apr_request(c, "certificate.resume", t.number, c->actor->org, payload, err);
}

enum fj_rc apr_certificate_resume(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	struct dom_cert t;
	const char *to;

	FJ_TRY(dom_cert_get(c->db, a->object, &t, err));
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
	return sto_run(e->db, STO_CERT_LIFT, NULL, err, "tit", text(e->body, "to"), e->seq, e->object);
}

enum fj_rc cmd_certificate_revoke(struct iss_call *c, struct fj_err *err)
{
	struct dom_cert t;
	const char *to, *note = fj_json_peek(c->params, "note");
	const struct reason *r = reason_find(fj_json_peek(c->params, "reason"));

	FJ_TRY(own_certificate(c, &t, err));
	if (r == NULL) {
		enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "RFC 5280 5.3.1",
		    "the reason is privilegeWithdrawn, cessationOfOperation, superseded, affiliationChanged or keyCompromise");
		fj_err_zh(err, "撤销原因应为 privilegeWithdrawn（撤销）、cessationOfOperation（注销）、superseded（变更）、affiliationChanged（划转）或 keyCompromise（密钥泄露）");
		return rc;
	}
	FJ_TRY(iss_state_next(ISS_OBJ_CERTIFICATE, t.state, "revoke", &to, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s}", "number", t.number, "reason", r->name, "note", note == NULL ? "" : note);
	FJ_TRY(apr_request(c, "certificate.revoke", t.number, c->actor->org, payload, err));
	return FJ_OK;
}

enum fj_rc apr_certificate_revoke_request(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(json) body = json_pack("{s:s, s:O}", "to", "REVOKING", "reason", json_object_get(a->payload, "reason"));

	c->dirty_status = true;
	return evt_append(c, "certificate.revocation-requested", a->object, body, err);
}

enum fj_rc apply_certificate_revocation_requested(const struct evt *e, struct fj_err *err)
{
	return apply_certificate_suspended(e, err);
}

enum fj_rc apr_certificate_revoke(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	struct dom_cert t;
	FJ_AUTO(dom_asset) asset = {.card = NULL};
	const char *to, *asset_to;
	const struct reason *r = reason_find(fj_json_peek(a->payload, "reason"));

	FJ_TRY(dom_cert_get(c->db, a->object, &t, err));
	FJ_TRY(iss_state_next(ISS_OBJ_CERTIFICATE, t.state, "end", &to, err));
	FJ_TRY(dom_asset_get(c->db, t.asset_no, &asset, err));
	FJ_TRY(iss_state_next(ISS_OBJ_ASSET, asset.state, r->asset_act, &asset_to, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:I, s:s, s:s}", "to", r->state, "code", (json_int_t)r->code, "reason", r->name, "asset_to", asset_to);
	c->dirty_status = true;
	return evt_append(c, "certificate.revoked", t.number, body, err);
}

enum fj_rc apply_certificate_revoked(const struct evt *e, struct fj_err *err)
{
	struct dom_cert t;
	struct dom_asset a;
	int64_t code = num(e->body, "code");

	FJ_TRY(dom_cert_get(e->db, e->object, &t, err));
	FJ_TRY(dom_asset_get(e->db, t.asset_no, &a, err));
	FJ_AUTO(json) card = a.card;
	FJ_TRY(sts_apply_set(e, t.list, (uint32_t)t.idx, STS_INVALID, err));
	FJ_TRY(crl_apply_set(e, t.serial, t.shard, (unsigned)code, err));
	FJ_TRY(sto_run(e->db, STO_CERT_STATE, NULL, err, "tiiit", text(e->body, "to"), (int64_t)e->at, code, e->seq, e->object));
	if (strcmp(a.certificate, t.number) != 0)
		return FJ_OK;
	if (a.status_list >= 0)
		FJ_TRY(sts_apply_set(e, a.status_list, (uint32_t)a.status_idx, STS_INVALID, err));
	const char *asset_to = text(e->body, "asset_to"); /* absent from older events */
	return free_asset(e, &t, asset_to[0] != '\0' ? asset_to : "REGISTERED", false, err);
}

enum fj_rc apr_certificate_revoke_refused(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	struct dom_cert t;
	const char *to;

	FJ_TRY(dom_cert_get(c->db, a->object, &t, err));
	FJ_TRY(iss_state_next(ISS_OBJ_CERTIFICATE, t.state, "keep", &to, err));
	FJ_AUTO(json) body = json_pack("{s:s}", "to", t.former);
	c->dirty_status = true;
	return evt_append(c, "certificate.revocation-refused", t.number, body, err);
}

enum fj_rc apply_certificate_revocation_refused(const struct evt *e, struct fj_err *err)
{
	struct dom_cert t;

	FJ_TRY(dom_cert_get(e->db, e->object, &t, err));
	if (strcmp(text(e->body, "to"), "SUSPENDED") == 0)
		return sto_run(e->db, STO_CERT_STATE, NULL, err, "tiiit", "SUSPENDED", t.revoked_at, (int64_t)6, e->seq, e->object);
	FJ_TRY(lift_hold(e, &t, err));
	return sto_run(e->db, STO_CERT_LIFT, NULL, err, "tit", text(e->body, "to"), e->seq, e->object);
}

/* --- reading --- */

static json_t *cert_json(const struct dom_cert *t, fj_time now)
{
	static const char *const names[] = {"noCollateral", "noSubLicence", "noExport", "noResale", "noRawDelivery"};
	char from[FJ_TIME_CAP], to[FJ_TIME_CAP];
	json_t *restrictions = json_array();
	bool expired = strcmp(t->state, "ACTIVE") == 0 && now > t->not_after;

	for (unsigned i = 0; i < FJ_ARRAY_LEN(names); i++)
		if (t->restrictions & (1 << i))
			json_array_append_new(restrictions, json_string(names[i]));
	fj_time_utc(t->not_before, from);
	fj_time_utc(t->not_after, to);
	return json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:s, s:o}", "number", t->number, "state", expired ? "EXPIRED" : t->state,
	    "asset_no", t->asset_no, "asset_name", t->asset_name, "holder", "usci", t->holder, "name", t->holder_name,
	    "not_before", from, "not_after", to, "serial", t->serial, "restrictions", restrictions);
}

enum fj_rc dom_credential(struct sto *db, enum pipe_kind kind, const char *object, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_CREDENTIAL_GET, &q, object, err, "it", (int64_t)kind, object));
	struct fj_slice s = sto_blob(&q, 0);
	return fj_buf_put(out, s.p, s.len) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "a stored credential is too large");
}

enum fj_rc cmd_certificate_show(struct iss_call *c, struct fj_err *err)
{
	struct dom_cert t;
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(buf) pem = FJ_BUF_INIT(2 * FJ_X509_MAX);

	FJ_TRY(dom_cert_get(c->db, fj_json_peek(c->params, "number"), &t, err));
	c->answer = cert_json(&t, c->now);
	json_object_set_new(c->answer, "sha256", json_string(t.sha256));
	json_object_set_new(c->answer, "reason", json_integer((json_int_t)t.reason));
	if (dom_credential(c->db, PIPE_CERTIFICATE, t.number, &der, NULL) == FJ_OK) {
		FJ_TRY(ca_pem("CERTIFICATE", fj_buf_slice(&der), &pem, err));
		json_object_set_new(c->answer, "pem", json_string(fj_buf_str(&pem)));
	}
	return c->answer != NULL ? FJ_OK : fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
}
