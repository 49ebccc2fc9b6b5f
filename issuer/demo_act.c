/*
 * demo_act.c - how the sample cases act: through iss_command, by the right officers.
 *
 * A card, a registration, a plan and a token come about as in an office, with two
 * officers where two are needed.  What the register refuses fails here, with its
 * sentence; what it has to refuse is checked by rule.
 */
#include "issuer/demo_act.h"

#include <fcntl.h>

#include "base/file.h"
#include "base/jws.h"
#include "ca/ca.h"
#include "issuer/demo_plan.h"

json_t *dmo_split(const char *s)
{
	json_t *list = json_array();

	while (*s != '\0') {
		size_t n = strcspn(s, ",");
		json_array_append_new(list, json_stringn(s, n));
		s += n + (s[n] == ',');
	}
	return list;
}

/* --- acting --- */

struct dmo_user *dmo_user(struct dmo *d, const char *login)
{
	for (size_t k = 0; k < d->n; k++)
		if (strcmp(d->user[k].login, login) == 0)
			return &d->user[k];
	return &d->user[0];
}

enum fj_rc dmo_act(struct dmo *d, const char *login, const char *command, json_t *params, json_t **answer, struct fj_err *err)
{
	FJ_AUTO(json) p = params;
	json_t *out = NULL;

	if (p == NULL)
		return fj_fail(err, FJ_E_INTERNAL, "demo", NULL, "%s: parameters could not be made", command);
	enum fj_rc rc = iss_command(d->i, &dmo_user(d, login)->actor, command, p, &out, err);
	if (rc != FJ_OK && err != NULL) {
		char why[sizeof(err->en)];
		memcpy(why, err->en, sizeof(why));
		snprintf(err->en, sizeof(err->en), "%s by %s: %.260s", command, login, why);
	}
	if (answer != NULL)
		*answer = out;
	else
		json_decref(out);
	return rc;
}

enum fj_rc dmo_act2(struct dmo *d, const char *first, const char *second, const char *command, json_t *params, json_t **answer, struct fj_err *err)
{
	json_t *asked = NULL;

	FJ_TRY(dmo_act(d, first, command, params, &asked, err));
	FJ_AUTO(json) owned = asked;
	return dmo_act(d, second, "approval.approve", json_pack("{s:s}", "id", fj_json_peek(owned, "approval")), answer, err);
}

enum fj_rc dmo_at(struct dmo *d, const char *when, struct fj_err *err)
{
	fj_time t;

	FJ_TRY(fj_time_parse(when, &t, err));
	return iss_demo_clock(d->i, t, err);
}

enum fj_rc dmo_must_refuse(enum fj_rc rc, const struct fj_err *got, const char *rule, struct fj_err *err)
{
	if (rc != FJ_OK && strcmp(got->cite, rule) == 0)
		return FJ_OK;
	return fj_fail(err, FJ_E_INTERNAL, "demo", rule, "an act that %s forbids was not refused by it: %s", rule, rc == FJ_OK ? "it was done" : got->en);
}

/* --- an asset on its way to a certificate --- */

static json_t *card_of(const struct dmo_asset *a)
{
	return json_pack("{s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i}, s:{s:o, s:o, s:s, s:s, s:b, s:b, s:s, s:o, s:[s]}, s:{s:s, s:[s], s:[s]}, "
	    "s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s}}",
	    "basic", "asset_no", a->no, "name", a->name, "overview", "示例数据资产，字段与数量均为虚构", "class_scheme", "LOCAL", "class_code", "1",
	    "industry", a->industry, "geo_scope", "全国", "update_freq", "按天", "structure", "结构化", "form", "表格", "volume_rows", 420000000,
	    "rights", "rights", dmo_split("HOLD,OPER,USE"), "modes", dmo_split(a->modes), "source_authority", "履职采集（示例）", "personal_info", "DEIDENTIFIED",
	    "dispute", 0, "public_data", a->public_data, "public_data_basis", "示例", "encumbrance", dmo_split(a->pledge ? "质押：示例银行（虚构）" : ""), "restrictions", "noExport",
	    "use", "use_state", "授权运营", "scenes", "示例场景", "products", "示例产品",
	    "management", "data_level", "GENERAL", "mgr_dept", "数据处（虚构）", "mgr_person", "王三（虚构）", "sec_policy", "安全制度（示例）2026-01",
	    "emergency_plan", "应急预案（示例）2026-01", "evidence_no", "EV-DEMO-1",
	    "risk_assessment", "安全风险评估报告（示例）");
}

static enum fj_rc import_one(struct dmo *d, const struct dmo_asset *a, char ledger[40], struct fj_err *err)
{
	FJ_AUTO(buf) csv = FJ_BUF_INIT(4096);
	json_t *list = NULL, *row;
	size_t i;

	if (fj_buf_printf(&csv, "台账编号,数据资源目录编号,名称,概述,形成方式,共享来源单位,是否涉密\r\nL-%s,CAT-%s,%s,示例,%s,%s,否\r\n", a->no, a->no, a->name,
	    a->shared[0] != '\0' ? "共享取得" : "自主采集", a->shared) != FJ_OK)
		return fj_no_memory(err, "demo");
	FJ_TRY(dmo_act(d, a->holder, "ledger.import", json_pack("{s:s}", "file", fj_buf_str(&csv)), NULL, err));
	FJ_TRY(dmo_act(d, a->holder, "ledger.list", json_pack("{s:i}", "limit", 1000), &list, err));
	FJ_AUTO(json) owned = list;
	json_array_foreach(json_object_get(owned, "items"), i, row)
		if (strcmp(fj_json_peek(row, "name"), a->name) == 0)
			return fj_strcopy(ledger, 40, fj_json_peek(row, "id"));
	return fj_fail(err, FJ_E_INTERNAL, "demo", NULL, "the ledger entry of %s is not there", a->no);
}

static json_t *id_of(const struct dmo *d, const struct dmo_asset *a)
{
	return json_pack("{s:s, s:b}", "id", fj_json_peek(d->registrations, a->no), "accept", 1);
}

/* ledger to the application, endorsed where there is a superior department */
static enum fj_rc apply_for(struct dmo *d, const struct dmo_asset *a, struct fj_err *err)
{
	char ledger[40];
	json_t *reg = NULL;

	FJ_TRY(import_one(d, a, ledger, err));
	FJ_TRY(dmo_act(d, a->holder, "ledger.recognise", json_pack("{s:s, s:s, s:s}", "id", ledger, "result", "ASSET", "decision", "党组会纪要（示例）"), NULL, err));
	FJ_TRY(dmo_act(d, a->superior, "ledger.confirm", json_pack("{s:s}", "id", ledger), NULL, err));
	FJ_TRY(dmo_act(d, a->holder, "asset.card", json_pack("{s:s, s:o}", "ledger", ledger, "card", card_of(a)), NULL, err));
	FJ_TRY(dmo_act(d, a->holder, "registration.submit", json_pack("{s:s}", "asset", a->no), &reg, err));
	FJ_AUTO(json) owned = reg;
	json_object_set(d->registrations, a->no, json_object_get(owned, "id"));
	return a->reviewer[0] == '\0' ? FJ_OK : dmo_act(d, a->reviewer, "registration.endorse", id_of(d, a), NULL, err);
}

enum fj_rc dmo_notice(struct dmo *d, const struct dmo_asset *a, struct fj_err *err)
{
	const char *id;

	FJ_TRY(apply_for(d, a, err));
	id = fj_json_peek(d->registrations, a->no);
	FJ_TRY(dmo_act(d, a->fin3, "registration.accept", json_pack("{s:s}", "id", id), NULL, err));
	FJ_TRY(dmo_act(d, a->fin3, "registration.review", id_of(d, a), NULL, err));
	return dmo_act(d, a->fin3, "registration.notice", json_pack("{s:s, s:s, s:s, s:s}", "id", id, "place", "财政部门门户网站（示例）", "address",
	    "https://notice.example/2026/1", "confidentiality", "保密审查通过（示例）"), NULL, err);
}

/* a public data resource was applied for before; the others take the short path in one day */
static enum fj_rc register_asset(struct dmo *d, const struct dmo_asset *a, struct fj_err *err)
{
	if (!a->public_data)
		FJ_TRY(apply_for(d, a, err));
	return dmo_act(d, a->fin3, "registration.decide", id_of(d, a), NULL, err);
}

static enum fj_rc certify(struct dmo *d, const struct dmo_asset *a, const char *expected, char number[41], struct fj_err *err)
{
	json_t *made = NULL;

	FJ_TRY(dmo_act2(d, a->fin1, a->fin2, "certificate.issue", json_pack("{s:[s], s:i}", "assets", a->no, "years", a->years > 0 ? a->years : 3), &made, err));
	FJ_AUTO(json) owned = made;
	const char *got = json_string_value(json_array_get(json_object_get(owned, "certificates"), 0));
	if (got == NULL || fj_strcopy(number, 41, got) != FJ_OK || fj_json_num(owned, "issued") != 1)
		return fj_fail(err, FJ_E_INTERNAL, "demo", NULL, "the certificate of %s was not issued", a->no);
	if (expected != NULL && strcmp(number, expected) != 0)
		return fj_fail(err, FJ_E_INTERNAL, "demo", NULL, "the certificate of %s is %s and should be %s", a->no, number, expected);
	return FJ_OK;
}

enum fj_rc dmo_certified(struct dmo *d, const struct dmo_asset *a, const char *expected, char number[41], struct fj_err *err)
{
	FJ_TRY(register_asset(d, a, err));
	return certify(d, a, expected, number, err);
}

/* --- authorisations, by the full course, and tokens --- */

static json_t *grant_json(const struct dmo_grant *g)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:[], s:n, s:i}", "mode", g->mode, "domains", dmo_split(g->domains), "scenarios",
	    dmo_split(g->scenarios), "rights", dmo_split(g->rights), "purposes", dmo_split(g->purposes), "actions", dmo_split(g->actions), "territory",
	    dmo_split(g->territory), "environment", "quota", "depth", 0);
}

static json_t *on_paper(const char *id, const char *body, const char *doc_no)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", id, "body", body, "doc_no", doc_no, "doc_date", "2026-03-02", "scan", "扫描件（示例）");
}

/* from the proposal to what superior and finance department approved */
static enum fj_rc plan_approved(struct dmo *d, const struct dmo_authorisation *a, const struct dmo_plan *w, char id[32], struct fj_err *err)
{
	json_t *begun = NULL, *asked = NULL;
	json_t *p = json_pack("{s:[s], s:o, s:s, s:s, s:s, s:b}", "certificates", w->certificate, "grant", grant_json(a->grant), "terms", a->terms, "from", a->from, "to",
	    a->to, "shared", a->shared);

	FJ_TRY(dmo_act(d, a->implementer, "authorisation.propose", json_pack("{s:o}", "proposal", p), &begun, err));
	FJ_AUTO(json) plan = begun;
	FJ_TRY(fj_strcopy(id, 32, fj_json_text(plan, "plan")));
	FJ_TRY(dmo_act(d, a->implementer, "plan.study", json_pack("{s:s, s:o}", "id", id, "study", dmo_study(w)), NULL, err));
	FJ_TRY(dmo_act(d, a->implementer, "plan.submit", json_pack("{s:s}", "id", id), &asked, err));
	FJ_AUTO(json) approval = asked;
	if (a->superior[0] != '\0')
		FJ_TRY(dmo_act(d, a->superior, "approval.approve", json_pack("{s:s}", "id", fj_json_text(approval, "approval")), NULL, err));
	return dmo_act(d, a->fin1, "approval.approve", json_pack("{s:s}", "id", fj_json_text(approval, "approval")), NULL, err);
}

/* the approved price, and the products that the agreement lists */
static enum fj_rc sell(struct dmo *d, const struct dmo_authorisation *a, const struct dmo_plan *w, const char *number, struct fj_err *err)
{
	bool query = strstr(a->grant->actions, "QUERY") != NULL;
	FJ_AUTO(json) products = dmo_products(w, number, query ? "API" : "VERIFY");
	size_t i;
	json_t *v;

	FJ_TRY(dmo_act2(d, a->implementer, a->fin1, "price.record", dmo_price(w, number), NULL, err));
	json_array_foreach(products, i, v)
		FJ_TRY(dmo_act(d, a->signer, "product.add", json_incref(v), NULL, err));
	return FJ_OK;
}

enum fj_rc dmo_authorise(struct dmo *d, const struct dmo_authorisation *a, const struct dmo_asset *asset, const char *certificate, char number[41], struct fj_err *err)
{
	const struct dmo_plan w = {.certificate = certificate, .from = a->from, .to = a->to, .priced_to = a->priced_to != NULL ? a->priced_to : a->to, .products = a->products, .holder = dmo_user(d, asset->holder)->org,
		.implementer = dmo_user(d, a->implementer)->org, .operator_ = dmo_user(d, a->signer)->org, .shared = a->shared, .bp = {a->bp[0], a->bp[1], a->bp[2]}};
	json_t *made = NULL, *paper;
	char id[32];

	FJ_TRY(plan_approved(d, a, &w, id, err));
	paper = on_paper(id, "本级人民政府（示例）", "示例政办〔2026〕1号");
	json_object_set_new(paper, "items", dmo_items(&w, a->grant->mode));
	FJ_TRY(dmo_act2(d, a->implementer, a->second, "plan.deliberate", paper, NULL, err));
	FJ_TRY(dmo_act(d, a->implementer, "plan.select", json_pack("{s:s, s:o}", "id", id, "selection", dmo_selection(&w)), NULL, err));
	FJ_TRY(dmo_act2(d, a->implementer, a->signer, "plan.agree", json_pack("{s:s, s:o}", "id", id, "agreement", dmo_agreement(&w)), NULL, err));
	paper = on_paper(id, "省级数据管理部门（示例）", "示例数备〔2026〕1号");
	json_object_set_new(paper, "filing_no", json_string("备2026-1（示例）"));
	FJ_TRY(dmo_act2(d, a->implementer, a->second, "plan.file", paper, NULL, err));
	FJ_TRY(dmo_act2(d, a->implementer, a->fin2, "plan.activate", json_pack("{s:s, s:s, s:s}", "id", id, "place", "实施机构门户网站（示例）", "address",
	    "https://disclosure.example/2026/1"), &made, err));
	FJ_AUTO(json) owned = made;
	const char *got = fj_json_peek(owned, "authorisation");
	if (got == NULL || fj_json_num(owned, "issued") != 1)
		return fj_fail(err, FJ_E_INTERNAL, "demo", NULL, "an authorisation was not issued");
	FJ_TRY(fj_strcopy(number, 41, got));
	return sell(d, a, &w, number, err);
}

json_t *dmo_jwk(void)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(256);
	FJ_AUTO(buf) x = FJ_BUF_INIT(64);
	FJ_AUTO(buf) y = FJ_BUF_INIT(64);

	if (ca_ephemeral_spki(FJ_ES256, &spki, NULL) != FJ_OK || spki.len != 91 || fj_b64u_put(&x, FJ_SLICE(spki.data + 27, 32)) != FJ_OK ||
	    fj_b64u_put(&y, FJ_SLICE(spki.data + 59, 32)) != FJ_OK)
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:s}", "kty", "EC", "crv", "P-256", "x", fj_buf_str(&x), "y", fj_buf_str(&y));
}

json_t *dmo_license_request(const struct dmo_license *l, const char *authorisation, json_t *users)
{
	json_t *r = json_pack("{s:s, s:{s:s, s:s, s:s}, s:o, s:s, s:i, s:s, s:[s], s:o}", "authorisation", authorisation, "product", "id", l->product,
	    "version", "1.0", "kind", l->kind, "grant", grant_json(l->grant), "terms", l->terms, "days", l->days, "binding",
	    l->audience != NULL ? "named" : "key", "duties", "STOP", "users", users);

	if (r != NULL && l->audience != NULL)
		json_object_set_new(r, "audience", json_string(l->audience));
	return r;
}

enum fj_rc dmo_license(struct dmo *d, const struct dmo_license *l, const char *authorisation, char id[64], struct fj_err *err)
{
	json_t *made = NULL, *user = json_pack("{s:s, s:s}", "usci", l->user, "name", l->user_name);

	if (user != NULL && l->audience == NULL)
		json_object_set_new(user, "jwk", dmo_jwk());
	FJ_TRY(dmo_act(d, l->operator_, "token.issue", json_pack("{s:o}", "request", dmo_license_request(l, authorisation, json_pack("[o]", user))), &made, err));
	FJ_AUTO(json) owned = made;
	const char *got = json_string_value(json_array_get(json_object_get(owned, "tokens"), 0));
	if (got == NULL || fj_json_num(owned, "issued") != 1)
		return fj_fail(err, FJ_E_INTERNAL, "demo", NULL, "a token was not issued");
	return fj_strcopy(id, 64, got);
}

/* --- demo.json --- */

static enum fj_rc note(json_t *list, const char *key, const char *id, const char *file, const char *expect, const char *use, struct fj_err *err)
{
	json_t *o = json_pack("{s:s, s:s, s:s}", key, id, "file", file, "expect", expect);

	if (o != NULL && use != NULL) {
		json_t *u = json_object();
		for (const char *p = use; *p != '\0';) {
			size_t n = strcspn(p, ","), k = strcspn(p, "=");
			char name[32];
			snprintf(name, sizeof(name), "%.*s", (int)k, p);
			json_object_set_new(u, name, json_stringn(p + k + 1, n - k - 1));
			p += n + (p[n] == ',');
		}
		json_object_set_new(o, "use", u);
	}
	return json_array_append_new(list, o) == 0 ? FJ_OK : fj_no_memory(err, "demo");
}

static enum fj_rc save(struct dmo *d, enum pipe_kind kind, const char *object, char file[96], struct fj_err *err)
{
	FJ_AUTO(buf) raw = FJ_BUF_INIT(65536);
	FJ_AUTO(buf) proof = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);
	FJ_AUTO(buf) pem = FJ_BUF_INIT(65536);
	bool certificate = kind == PIPE_CERTIFICATE || kind == PIPE_CERTIFICATE_SM2;
	const char *suffix = fj_alg_suffix(pipe_table[kind].alg);

	FJ_TRY(log_credential(d->i, d->i->db, kind, object, &raw, &proof, err));
	snprintf(file, 96, "demo/%.60s%s.tlog-proof", object, suffix);
	FJ_TRY(fj_file_replace(AT_FDCWD, file, fj_buf_slice(&proof), 0644, err));
	snprintf(file, 96, "demo/%.60s%s.%s", object, suffix, certificate ? "pem" : "jwt");
	if (!certificate)
		return fj_file_replace(AT_FDCWD, file, fj_buf_slice(&raw), 0644, err);
	FJ_TRY(ca_pem("CERTIFICATE", fj_buf_slice(&raw), &pem, err));
	return fj_file_replace(AT_FDCWD, file, fj_buf_slice(&pem), 0644, err);
}

enum fj_rc dmo_show_certificate(struct dmo *d, const char *number, const char *expect, struct fj_err *err)
{
	char file[96];

	FJ_TRY(save(d, PIPE_CERTIFICATE, number, file, err));
	return note(d->certificates, "number", number, file, expect, NULL, err);
}

enum fj_rc dmo_show_authorisation(struct dmo *d, const char *number, const char *expect, struct fj_err *err)
{
	char file[96];

	FJ_TRY(save(d, PIPE_AUTHORISATION, number, file, err));
	return note(d->authorisations, "number", number, file, expect, NULL, err);
}

enum fj_rc dmo_show_token(struct dmo *d, const char *id, const char *expect, const char *use, struct fj_err *err)
{
	char file[96];

	FJ_TRY(save(d, PIPE_TOKEN, id, file, err));
	return note(d->tokens, "id", id, file, expect, use, err);
}

enum fj_rc dmo_sm2_certificate(struct dmo *d, const char *first, const char *second, const char *number, const char *expect, struct fj_err *err)
{
	char file[96];

	FJ_TRY(dmo_act2(d, first, second, "certificate.sm2", json_pack("{s:[s]}", "certificates", number), NULL, err));
	FJ_TRY(save(d, PIPE_CERTIFICATE_SM2, number, file, err));
	return note(d->certificates_sm2, "number", number, file, expect, NULL, err);
}

enum fj_rc dmo_sm2_token(struct dmo *d, const char *login, const char *id, const char *expect, const char *use, struct fj_err *err)
{
	char file[96];

	FJ_TRY(dmo_act(d, login, "token.sm2", json_pack("{s:s}", "id", id), NULL, err));
	FJ_TRY(save(d, PIPE_TOKEN_SM2, id, file, err));
	return note(d->tokens_sm2, "id", id, file, expect, use, err);
}
