/*
 * token.c - 许可令牌: a data user's license, issued by the operator under its
 * authorisation.
 *
 * One request issues to many users: everything is checked for every one before
 * the first is intended.  Scope, term, rights and conditions lie within the
 * authorisation (R13); an operator licenses neither itself nor an affiliate to
 * re-develop (R11).  Operator, implementer or finance department revoke at once;
 * a suspension is lifted by the same or a higher party (decision 8).  A token whose
 * quota is used up denies like a suspended one until its operator opens it again.
 */
#include "base/jws.h"
#include "ca/ca.h"
#include "issuer/compromise.h"
#include "issuer/product.h"
#include "issuer/profile.h"
#include "issuer/rules/rules.h"
#include "issuer/signed.h"
#include "issuer/state.h"
#include "issuer/supervision.h"
#include "issuer/token.h"

#define MAX_USERS 5000
#define DAY 86400

static enum fj_rc from_row(const struct sto_q *q, struct token *t, struct fj_err *err)
{
	const struct sto_copy texts[] = {STO_COPY(0, t->id), STO_COPY(1, t->authorisation), STO_COPY(2, t->operator_), STO_COPY(3, t->asset_no),
		STO_COPY(4, t->user), STO_COPY(5, t->user_name), STO_COPY(6, t->product), STO_COPY(7, t->state),
		STO_COPY(12, t->suspended_by), STO_COPY(17, t->fee.basis)};

	FJ_TRY(sto_copy(q, texts, FJ_ARRAY_LEN(texts), "a token's row", err));
	t->not_before = sto_int(q, 8);
	t->not_after = sto_int(q, 9);
	t->list = sto_int(q, 10);
	t->idx = sto_int(q, 11);
	t->quota = sto_int(q, 13);
	t->used = sto_int(q, 14);
	t->spent = sto_int(q, 15) != 0;
	t->fee.fen = sto_int(q, 16);
	return FJ_OK;
}

enum fj_rc tok_get(struct sto *db, const char *id, struct token *t, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	memset(t, 0, sizeof(*t));
	FJ_TRY(sto_first(db, STO_TOKEN_GET, &q, id, err, "t", id));
	return from_row(&q, t, err);
}

bool tok_used_up(const struct token *t)
{
	return t->quota >= 0 && t->used >= t->quota;
}

/* --- issuing --- */

static const char *const known[] = {"authorisation", "certificate", "product", "grant", "terms", "days", "binding", "audience",
	"duties", "users", "fee_fen", NULL};

void tok_release(struct issuing *w)
{
	dom_auth_release(&w->auth);
	dom_org_release(&w->op);
}

static enum fj_rc check_conditions(struct issuing *w, struct fj_err *err)
{
	const char *kind, *parent = fj_json_peek(json_object_get(w->auth.body, "terms"), "kind");
	size_t i;
	json_t *v;
	bool free_for_all = true;

	FJ_TRY(fj_json_str(w->r, "terms", 8, &kind, err));
	bool paid = strcmp(kind, "paid") == 0;
	if (!paid && strcmp(kind, "free") != 0)
		return fj_refuse(err, FJ_E_INVALID, "issuer", "167·三(五)", "terms are free or paid", "条件应为 free（有条件无偿）或 paid（有条件有偿）");
	json_array_foreach(json_object_get(w->grant, "purposes"), i, v) {
		FJ_TRY(iss_rule_no_fee_for_welfare(json_string_value(v), paid, err));
		free_for_all = free_for_all && (strcmp(json_string_value(v), "PUBGOV") == 0 || strcmp(json_string_value(v), "WELFARE") == 0);
	}
	if (!paid && strcmp(parent, "paid") == 0 && !free_for_all)
		return iss_rule_fail(err, "R13", "a paid authorisation gives no free license but for public governance and welfare", "有条件有偿的授权不得签发无偿许可（公共治理、公益事业除外）");
	return FJ_OK;
}

static enum fj_rc check_product(struct issuing *w, struct fj_err *err)
{
	json_t *p;
	const char *id, *version, *kind;
	static const char *const keys[] = {"id", "version", "kind", "raw", NULL};

	FJ_TRY(fj_json_obj(w->r, "product", &p, err));
	FJ_TRY(fj_json_only(p, keys, err));
	FJ_TRY(fj_json_str(p, "id", DOM_MAX_PRODUCT, &id, err));
	FJ_TRY(fj_json_str(p, "version", 32, &version, err));
	FJ_TRY(fj_json_str(p, "kind", 16, &kind, err));
	FJ_TRY(iss_rule_no_raw_data_product(json_is_true(json_object_get(p, "raw")) || strcmp(id, fj_json_peek(w->asset, "id")) == 0, err));
	return dom_product_licensed(w->c, &w->auth, w->r, &w->fee, err);
}

/* the certificate that the license is for: named, or the only one */
static enum fj_rc choose_asset(struct issuing *w, struct fj_err *err)
{
	const char *number = fj_json_peek(w->r, "certificate");
	const json_t *assets = json_object_get(w->auth.body, "assets");
	struct dom_cert t;
	size_t i;
	json_t *a;

	json_array_foreach(assets, i, a)
		if (number == NULL ? json_array_size(assets) == 1 : strcmp(fj_json_peek(a, "certificate"), number) == 0)
			w->asset = a;
	if (w->asset == NULL)
		return iss_rule_fail(err, "R13", "name one of the authorisation's certificates", "请指明该授权项下的一张证书");
	FJ_TRY(dom_cert_get(w->c->db, fj_json_peek(w->asset, "certificate"), &t, err));
	FJ_TRY(iss_rule_no_authorisation_without_certificate(t.state, w->c->now > t.not_after, err));
	return iss_rule_no_term_beyond(w->to, t.not_after, "certificate", err);
}

static enum fj_rc check_term(struct issuing *w, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	int64_t days = 0, most;

	FJ_TRY(dom_org_get(w->c->db, w->auth.holder, &holder, err));
	FJ_TRY(prf_int(w->c, holder.finance, "token.days", &most, err));
	if (fj_json_int(w->r, "days", 1, most, &days, NULL) != FJ_OK) {
		enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 4.10", "a license is issued for 1 to %lld days (\"days\")", (long long)most);
		fj_err_zh(err, "许可期限应为 1 至 %lld 天（days）", (long long)most);
		return rc;
	}
	w->to = w->c->now + days * DAY - 1;
	return iss_rule_no_term_beyond(w->to, w->auth.not_after, "authorisation", err);
}

static enum fj_rc check_issuer(const struct issuing *w, struct fj_err *err)
{
	if (w->by == NULL || strcmp(w->auth.operator_, w->by) == 0)
		return FJ_OK;
	return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md 7.4", "only the authorisation's operator issues licenses under it",
	    "只有该授权的运营机构可以在其下签发许可令牌");
}

static enum fj_rc check_request(struct issuing *w, struct fj_err *err)
{
	const char *number;
	json_t *grant;

	FJ_TRY(fj_json_only(w->r, known, err));
	FJ_TRY(fj_json_str(w->r, "authorisation", 40, &number, err));
	FJ_TRY(num_check(number, err));
	FJ_TRY(dom_auth_get(w->c->db, number, &w->auth, err));
	FJ_TRY(check_issuer(w, err));
	FJ_TRY(iss_rule_no_token_under_dead_authorisation(w->auth.state, w->c->now > w->auth.not_after || w->c->now < w->auth.not_before, err));
	FJ_TRY(sup_may_license(w->c, &w->auth, err));
	FJ_TRY(check_term(w, err));
	FJ_TRY(fj_json_obj(w->r, "grant", &grant, err));
	w->grant = grant;
	FJ_TRY(iss_rule_no_sub_authorisation(fj_json_num(grant, "depth"), err));
	FJ_TRY(fj_grant_within(grant, json_object_get(w->auth.body, "grant"), err));
	FJ_TRY(check_conditions(w, err));
	FJ_TRY(choose_asset(w, err));
	FJ_TRY(check_product(w, err));
	return dom_org_get(w->c->db, w->auth.operator_, &w->op, err);
}

static enum fj_rc hash_parent(struct issuing *w, struct fj_err *err)
{
	FJ_AUTO(buf) parent = FJ_BUF_INIT(FJ_TOKEN_MAX);
	FJ_AUTO(buf) hash = FJ_BUF_INIT(64);
	struct fj_hash h;

	FJ_TRY(dom_credential(w->c->db, PIPE_AUTHORISATION, w->auth.credential, &parent, err));
	fj_sha256(fj_buf_slice(&parent), &h);
	FJ_TRY(fj_b64u_put(&hash, FJ_SLICE(h.b, FJ_SHA256_LEN)));
	return fj_strcopy(w->parent_hash, sizeof(w->parent_hash), fj_buf_str(&hash));
}

/* --- the user --- */

const char *tok_binding(const struct issuing *w, const json_t *u)
{
	return fj_json_peek(u, "binding") != NULL ? fj_json_peek(u, "binding") : fj_json_text(w->r, "binding");
}

static enum fj_rc bad_binding(struct fj_err *err, enum tok_part *part, enum tok_part which, const char *en, const char *zh)
{
	*part = which;
	fj_fail(err, FJ_E_INVALID, "issuer", "domain.md decision 7", "%s", en);
	fj_err_zh(err, "%s", zh);
	return FJ_E_INVALID;
}

static bool is_hash(const char *s)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(64);

	return s != NULL && fj_b64u_get(s, strlen(s), &b) == FJ_OK && b.len == FJ_SHA256_LEN;
}

static bool is_key(const json_t *k)
{
	return json_object_size(k) == 4 && strcmp(fj_json_text(k, "kty"), "EC") == 0 && strcmp(fj_json_text(k, "crv"), "P-256") == 0 &&
	    is_hash(fj_json_peek(k, "x")) && is_hash(fj_json_peek(k, "y"));
}

/* what a token is bound to, as reports of compromised keys name it: SHA-256 of the key's SubjectPublicKeyInfo, or of the
 * gateway's certificate, hex; "" bound by name */
static enum fj_rc bound_to(const json_t *jwk, const char *x5t, char hex[65], struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(64);
	struct fj_hash h;

	hex[0] = '\0';
	if (x5t != NULL) {
		FJ_TRY(fj_b64u_get(x5t, strlen(x5t), &b));
		fj_hex(b.data, b.len > FJ_SHA256_LEN ? 0 : b.len, hex);
		return FJ_OK;
	}
	if (jwk == NULL)
		return FJ_OK;
	const char *x = fj_json_text(jwk, "x"), *y = fj_json_text(jwk, "y");
	FJ_TRY(fj_b64u_get(x, strlen(x), &b));
	FJ_TRY(fj_b64u_get(y, strlen(y), &b));
	if (b.len != 64)
		return fj_fail(err, FJ_E_INVALID, "issuer", "RFC 7518 6.2.1", "a coordinate is not of 32 octets");
	FJ_TRY(ca_p256_hash(b.data, &h, err));
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	return FJ_OK;
}

static enum fj_rc key_free(const struct issuing *w, const json_t *jwk, const char *x5t, enum tok_part *part, enum tok_part which, struct fj_err *err)
{
	char hex[65];

	*part = which;
	FJ_TRY(bound_to(jwk, x5t, hex, err));
	return cmp_key_free(w->c->db, hex, err);
}

/* decision 7: key, mtls or named, and each brings what it needs */
static enum fj_rc check_binding(const struct issuing *w, const json_t *u, enum tok_part *part, struct fj_err *err)
{
	const char *binding = tok_binding(w, u);

	if (strcmp(binding, "named") == 0) {
		if (fj_json_num(w->r, "days") > TOK_NAMED_DAYS)
			return bad_binding(err, part, TOK_BINDING, "a token bound by name is valid for 90 days at most; shorten \"days\"", "记名许可最长 90 天，请缩短期限");
		return w->asked || iss_said(fj_json_peek(w->r, "audience")) ? FJ_OK
		    : bad_binding(err, part, TOK_BINDING, "a license bound by name says the address of the one service that it is for", "记名许可须填写适用服务地址，且只填一个");
	}
	if (strcmp(binding, "key") == 0)
		return is_key(json_object_get(u, "jwk")) ? key_free(w, json_object_get(u, "jwk"), NULL, part, TOK_JWK, err)
		    : bad_binding(err, part, TOK_JWK, "binding key needs the user's public key as JWK: kty EC, crv P-256, x, y, and no other member", "绑定方式为持有人公钥的，须提供用户公钥 JWK（kty 为 EC、crv 为 P-256、x、y，不含其他成员）");
	if (strcmp(binding, "mtls") == 0)
		return is_hash(fj_json_peek(u, "x5t")) ? key_free(w, NULL, fj_json_peek(u, "x5t"), part, TOK_X5T, err)
		    : bad_binding(err, part, TOK_X5T, "binding mtls needs the SHA-256 of the gateway's client certificate, base64url (x5t)", "绑定方式为网关客户端证书的，须提供该证书的 SHA-256（base64url）");
	return bad_binding(err, part, TOK_BINDING, "the binding is key (jwk), mtls (x5t) or named, and each user brings what it needs", "绑定方式应为“记名”“持有人公钥”或“网关客户端证书”");
}

/* a code that is entered here was looked at then (R35): its check character is not asked again */
static enum fj_rc check_usci(const struct issuing *w, const json_t *u, struct fj_err *err)
{
	static const char *const keys[] = {"usci", "name", "binding", "jwk", "x5t", NULL};
	const char *usci = fj_json_text(u, "usci");
	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	enum fj_rc rc;

	FJ_TRY(fj_json_only(u, keys, err));
	if (!iss_usci_form(usci)) {
		rc = fj_fail(err, FJ_E_INVALID, "issuer", "GB 32100", "\"%.40s\" is not a unified social credit code", usci);
		fj_err_zh(err, "统一社会信用代码格式不正确");
		return rc;
	}
	if (iss_usci_check(usci))
		return FJ_OK;
	rc = dom_org_get(w->c->db, usci, &o, err);
	if (rc != FJ_E_NOTFOUND)
		return rc;
	rc = fj_fail(err, FJ_E_INVALID, "issuer", "GB 32100", "the check character of \"%s\" does not fit; compare it with the user's licence", usci);
	fj_err_zh(err, "统一社会信用代码“%s”校验位不符，请与用户证照核对", usci);
	return rc;
}

static enum fj_rc check_name(const json_t *u, struct fj_err *err)
{
	const char *name;

	if (fj_json_str(u, "name", DOM_MAX_NAME, &name, NULL) == FJ_OK && iss_said(name))
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 4.10", "a user has a name, of %d characters at most and without control characters", DOM_MAX_NAME);
	fj_err_zh(err, "用户名称为必填项，至多 %d 字，不含控制字符", DOM_MAX_NAME);
	return rc;
}

/* Who is entered here: the operator or an affiliate of it, either side may have declared the other (R11);
 * and nobody gets a license under another's name.  Who is not entered has declared nothing. */
static enum fj_rc check_entered(const struct issuing *w, const json_t *u, struct fj_err *err)
{
	const char *usci = fj_json_text(u, "usci"), *name = fj_json_text(u, "name");
	bool redevelop = fj_list_has(json_object_get(w->grant, "actions"), "REDEVELOP");
	FJ_AUTO(dom_org) o = {.affiliates = NULL};

	bool own = strcmp(usci, w->op.usci) == 0 || fj_list_has(w->op.affiliates, usci);
	enum fj_rc rc = dom_org_get(w->c->db, usci, &o, err);
	if (rc != FJ_OK && rc != FJ_E_NOTFOUND)
		return rc;
	FJ_TRY(iss_rule_no_redevelopment_by_operator(redevelop, own || fj_list_has(o.affiliates, w->op.usci), err));
	if (rc == FJ_E_NOTFOUND || name[0] == '\0' || strcmp(o.name, name) == 0)
		return FJ_OK;
	rc = fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 4.10", "this code is entered here as \"%s\": correct code or name", o.name);
	fj_err_zh(err, "该代码在本系统登记的单位名称为“%s”，请更正代码或名称", o.name);
	return rc;
}

enum fj_rc tok_user_step(const struct issuing *w, const json_t *user, int step, enum tok_part *part, struct fj_err *err)
{
	*part = step == 1 ? TOK_NAME : step == 2 ? TOK_BINDING : TOK_USCI;
	switch (step) {
	case 0:
		return check_usci(w, user, err);
	case 1:
		return check_name(user, err);
	case 2:
		return check_binding(w, user, part, err);
	default:
		return check_entered(w, user, err);
	}
}

enum fj_rc tok_user(const struct issuing *w, const json_t *user, struct fj_err *err)
{
	enum tok_part part;

	for (int step = 0; step < TOK_USER_STEPS; step++)
		FJ_TRY(tok_user_step(w, user, step, &part, err));
	return FJ_OK;
}

static enum fj_rc bind(struct issuing *w, const json_t *u, json_t *p, struct fj_err *err)
{
	const char *binding = tok_binding(w, u);

	FJ_TRY(fj_json_set(p, "binding", json_string(binding)));
	if (strcmp(binding, "named") == 0)
		return fj_json_set(p, "audience", json_incref(json_object_get(w->r, "audience")));
	if (strcmp(binding, "key") == 0)
		return fj_json_set(p, "cnf", json_pack("{s:O}", "jwk", json_object_get(u, "jwk")));
	(void)err;
	return fj_json_set(p, "cnf", json_pack("{s:s}", "x5t#S256", fj_json_text(u, "x5t")));
}

enum fj_rc tok_claims(struct issuing *w, const json_t *u, const char *id, const struct sts_ref *own, json_t **out, struct fj_err *err)
{
	struct iss_call *c = w->c;
	const json_t *product = json_object_get(w->r, "product"), *duties = json_object_get(w->r, "duties");
	FJ_AUTO(json) sorted = dom_sorted(duties);
	FJ_AUTO(json) p = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:{s:s, s:s}, s:O, s:{s:s, s:s, s:s}, s:O, s:{s:s}, s:{s:s, s:O, s:s, s:O}, s:O, s:{s:o}}",
	    "iss", iss_base(c->iss), "vct", FJ_VCT_TOKEN, "jti", id, "iat", (json_int_t)c->now, "nbf", (json_int_t)c->now, "exp", (json_int_t)w->to,
	    "holder", "usci", fj_json_peek(u, "usci"), "name", fj_json_peek(u, "name"), "asset", w->asset,
	    "product", "id", fj_json_peek(product, "id"), "version", fj_json_peek(product, "version"), "kind", fj_json_peek(product, "kind"),
	    "grant", w->grant, "terms", "kind", fj_json_peek(w->r, "terms"),
	    "parent", "authorisation", w->auth.number, "version", json_object_get(w->auth.body, "version"), "sha256", w->parent_hash, "status", json_object_get(w->auth.body, "authorisation_status"),
	    "duties", sorted, "status", "status_list", sts_json(own->uri, own->idx));

	if (p == NULL)
		return fj_no_memory(err, "issuer");
	FJ_TRY(bind(w, u, p, err));
	FJ_TRY(fj_token_check(p, err));
	*out = fj_move(p);
	return FJ_OK;
}

/* What no token could hold is refused before anybody decides on it, not at the first of its users
 * (a job would stand still there): the token of a user who brings all that a user has to. */
static enum fj_rc check_form(struct issuing *w, struct fj_err *err)
{
	static const char hash[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"; /* 32 octets of 0 */
	const struct sts_ref own = {.uri = "-"};
	const json_t *duties = json_object_get(w->r, "duties");
	FJ_AUTO(json) sorted = dom_sorted(duties);
	FJ_AUTO(json) user = json_pack("{s:s, s:s, s:s, s:s}", "usci", w->op.usci, "name", w->op.usci, "binding", "mtls", "x5t", hash);
	json_t *payload = NULL;
	const char *audience;

	if (user == NULL)
		return fj_no_memory(err, "issuer");
	if (duties != NULL && (!json_is_array(duties) || json_array_size(sorted) != json_array_size(duties)))
		return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 4.10", "\"duties\" is a list of STOP, DELETE and RETAIN_DERIVED, each once at most", "duties 应为 STOP、DELETE、RETAIN_DERIVED 的列表，不得重复");
	FJ_TRY(fj_json_opt_str(w->r, "audience", TOK_MAX_AUDIENCE, &audience, err));
	enum fj_rc rc = tok_claims(w, user, "LT-", &own, &payload, err);
	json_decref(payload);
	if (rc == FJ_E_INVALID && err != NULL && err->zh[0] == '\0')
		fj_err_zh(err, "许可令牌的内容不符合格式要求（docs/formats.md 5）");
	return rc;
}

enum fj_rc tok_check(struct issuing *w, struct fj_err *err)
{
	FJ_TRY(check_request(w, err));
	FJ_TRY(hash_parent(w, err));
	return check_form(w, err);
}

enum fj_rc tok_price(const struct issuing *w, json_t *out, struct fj_err *err)
{
	if (w->fee.fen >= 0)
		FJ_TRY(fj_json_set(out, "fee_fen", json_integer((json_int_t)w->fee.fen)));
	if (w->fee.fen >= 0 && w->fee.basis[0] != '\0')
		FJ_TRY(fj_json_set(out, "charge_basis", json_string(w->fee.basis)));
	return out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc tok_told(struct iss_call *c, const json_t *request, json_t *out, struct fj_err *err)
{
	struct issuing w = {.c = c, .r = request};
	struct fj_err why = {0};
	json_t *grant;

	enum fj_rc rc = tok_check(&w, &why); /* a refusal is told when somebody says yes */
	rc = rc == FJ_OK ? tok_price(&w, out, err) : FJ_OK;
	grant = json_object_get(w.auth.body, "grant");
	if (rc == FJ_OK && grant != NULL)
		rc = fj_json_set(out, "permitted", json_incref(grant));
	tok_release(&w);
	return rc == FJ_OK ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc tok_intend(struct issuing *w, const json_t *u, char id[40], struct fj_err *err)
{
	struct sts_ref own;
	json_t *payload = NULL;

	iss_new_id("LT-", 26, id);
	FJ_TRY(sts_allot(w->c, w->auth.number, &own, 1, err));
	FJ_TRY(tok_claims(w, u, id, &own, &payload, err));
	FJ_AUTO(json) owned = payload;
	FJ_AUTO(json) body = json_pack("{s:O, s:s, s:I, s:I, s:s, s:I, s:s}", "payload", owned, "operator", w->auth.operator_, "list", (json_int_t)own.list,
	    "idx", (json_int_t)own.idx, "authorisation", w->auth.number, "fee_fen", (json_int_t)w->fee.fen, "charge_basis", w->fee.basis);
	if (w->job != NULL) {
		FJ_TRY(fj_json_set(body, "job", json_string(w->job)));
		FJ_TRY(fj_json_set(body, "line", json_integer((json_int_t)w->line)));
	}
	return pipe_intend(w->c, PIPE_TOKEN, id, body, err);
}

enum fj_rc tok_intend_all(struct issuing *w, const json_t *users, json_t *ids, struct fj_err *err)
{
	char id[40];
	size_t i;
	json_t *u;

	json_array_foreach(users, i, u) {
		FJ_TRY(tok_intend(w, u, id, err));
		if (json_array_append_new(ids, json_string(id)) != 0)
			return fj_no_memory(err, "issuer");
	}
	return FJ_OK;
}

static enum fj_rc issue_all(struct issuing *w, struct fj_err *err)
{
	FJ_AUTO(json) ids = json_array();
	json_t *users, *u;
	size_t i;

	FJ_TRY(tok_check(w, err));
	FJ_TRY(fj_json_arr(w->r, "users", MAX_USERS, &users, err));
	if (json_array_size(users) == 0)
		return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 4.10", "a license has a user", "许可令牌应有用户");
	json_array_foreach(users, i, u)
		FJ_TRY(tok_user(w, u, err));
	if (sgn_tokens(w->c->iss) > 0)
		return tok_ask(w, users, NULL, "", err);
	FJ_TRY(tok_intend_all(w, users, ids, err));
	w->c->answer = json_pack("{s:O, s:s}", "tokens", ids, "authorisation", w->auth.number);
	return w->c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_token_issue(struct iss_call *c, struct fj_err *err)
{
	struct issuing w = {.c = c, .r = json_object_get(c->params, "request"), .by = c->actor->org};

	enum fj_rc rc = issue_all(&w, err);
	tok_release(&w);
	return rc;
}

/* calls or rows of the grant; -1 none */
static int64_t quota_of(const json_t *payload)
{
	const json_t *q = json_object_get(json_object_get(payload, "grant"), "quota");

	return json_is_object(q) ? fj_json_num(q, "limit") : -1;
}

enum fj_rc apply_token_intended(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body, *p = json_object_get(b, "payload"), *h = json_object_get(p, "holder");
	const char *authorisation = fj_json_peek(b, "authorisation");
	struct token t;

	FJ_TRY(sts_apply_allot(e, authorisation, fj_json_num(b, "list"), (uint32_t)fj_json_num(b, "idx"), err));
	FJ_TRY(sto_run(e->db, STO_TOKEN_ADD, NULL, err, "ttttttt" "iiiii" "tii" "it", e->object, authorisation, fj_json_peek(b, "operator"),
	    fj_json_peek(json_object_get(p, "asset"), "id"), fj_json_peek(h, "usci"), fj_json_peek(h, "name"),
	    fj_json_peek(json_object_get(p, "product"), "id"), fj_json_num(p, "nbf"), fj_json_num(p, "exp"), fj_json_num(b, "list"), fj_json_num(b, "idx"), e->seq,
	    fj_json_text(b, "job"), fj_json_num(b, "line"), quota_of(p), fj_json_num(b, "fee_fen"), fj_json_text(b, "charge_basis")));
	const json_t *cnf = json_object_get(p, "cnf");
	char key[65];
	FJ_TRY(bound_to(json_object_get(cnf, "jwk"), fj_json_peek(cnf, "x5t#S256"), key, err));
	if (key[0] != '\0')
		FJ_TRY(cmp_bind(e->db, key, "token", e->object, err));
	if (fj_json_peek(b, "job") != NULL)
		FJ_TRY(sto_run(e->db, STO_JOB_TAKEN, NULL, err, "t", fj_json_peek(b, "job")));
	return tok_get(e->db, e->object, &t, err); /* what can't be read could never be taken back */
}

enum fj_rc apply_token_issued(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_TOKEN_STATE, NULL, err, "tit", "ACTIVE", e->seq, e->object);
}

enum fj_rc apply_token_abandoned(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_TOKEN_STATE, NULL, err, "tit", "ABANDONED", e->seq, e->object);
}

/* --- taking back --- */

static enum fj_rc party_check(struct iss_call *c, const char *id, struct token *t, enum iss_party *out, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};

	FJ_TRY(tok_get(c->db, id, t, err));
	FJ_TRY(dom_auth_get(c->db, t->authorisation, &a, err));
	return dom_party(c, &a, out, err);
}

static enum fj_rc change(struct iss_call *c, const char *act, const char *event, struct fj_err *err)
{
	struct token t;
	const char *to = "SUSPENDED";
	enum iss_party by;

	FJ_TRY(party_check(c, fj_json_peek(c->params, "id"), &t, &by, err));
	bool raise = strcmp(act, "suspend") == 0 && strcmp(t.state, to) == 0 && by > iss_party_of(t.suspended_by);
	if (!raise)
		FJ_TRY(iss_state_next(ISS_OBJ_TOKEN, t.state, act, &to, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s}", "to", to, "reason", fj_json_peek(c->params, "reason"), "by", iss_party_name(by));
	FJ_TRY(evt_append(c, raise ? "token.suspension-raised" : event, t.id, body, err));
	if (raise)
		FJ_TRY(apr_void(c, "token.resume", t.id, "suspended by a higher party 由更高一方暂停", err));
	c->dirty_status = true;
	c->answer = json_pack("{s:s, s:s}", "id", t.id, "state", to);
	return FJ_OK;
}

enum fj_rc cmd_token_suspend(struct iss_call *c, struct fj_err *err)
{
	return change(c, "suspend", "token.suspended", err);
}

enum fj_rc cmd_token_revoke(struct iss_call *c, struct fj_err *err)
{
	return change(c, "revoke", "token.revoked", err);
}

static enum fj_rc payload_get(struct sto *db, const char *id, json_t **out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) body = NULL;

	FJ_TRY(sto_first(db, STO_INTENT_GET, &q, id, err, "it", (int64_t)PIPE_TOKEN, id));
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 2)), 1u << 20, &body, err));
	*out = json_incref(json_object_get(body, "payload"));
	return FJ_OK;
}

/* what was bound to a key that was reported compromised stays stopped */
static enum fj_rc check_key(struct sto *db, const char *id, struct fj_err *err)
{
	FJ_AUTO(json) p = NULL;
	char hex[65];

	FJ_TRY(payload_get(db, id, &p, err));
	const json_t *cnf = json_object_get(p, "cnf");
	FJ_TRY(bound_to(json_object_get(cnf, "jwk"), fj_json_peek(cnf, "x5t#S256"), hex, err));
	return cmp_key_free(db, hex, err);
}

/* A suspension is lifted by the same or a higher party (decision 8); what was used up comes back
 * only by the operator, and only when the reported use lies below the quota again. */
static enum fj_rc may_resume(const struct token *t, enum iss_party by, const char **to, struct fj_err *err)
{
	bool used_up = tok_used_up(t);

	FJ_TRY(iss_state_next(ISS_OBJ_TOKEN, t->state, "resume", to, err));
	FJ_TRY(iss_rule_no_resumption_by_lower_party(iss_party_of(t->suspended_by), by, err));
	if (strcmp(t->state, "EXHAUSTED") != 0) {
		*to = used_up || t->spent ? "EXHAUSTED" : *to;
		return FJ_OK;
	}
	if (!used_up && by == ISS_PARTY_OPERATOR)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, used_up ? FJ_E_STATE : FJ_E_FORBIDDEN, "issuer", "domain.md 7.4", used_up ? "its quota is used up (%lld of %lld); have the daily totals corrected, or issue another license"
	    : "a quota that was used up (%lld of %lld) is opened again by the operator, with two officers", (long long)t->used, (long long)t->quota);
	fj_err_zh(err, used_up ? "限额已用尽（%lld/%lld）；请更正每日用量，或另行签发许可" : "限额用尽后（%lld/%lld）须由运营机构两名经办人恢复", (long long)t->used, (long long)t->quota);
	return rc;
}

enum fj_rc cmd_token_resume(struct iss_call *c, struct fj_err *err)
{
	struct token t;
	const char *to;
	enum iss_party by;

	FJ_TRY(party_check(c, fj_json_peek(c->params, "id"), &t, &by, err));
	FJ_TRY(check_key(c->db, t.id, err));
	FJ_TRY(may_resume(&t, by, &to, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s}", "id", t.id, "reason", fj_json_peek(c->params, "reason"), "by", iss_party_name(by));
	return apr_request(c, "token.resume", t.id, c->actor->org, payload, err);
}

enum fj_rc apr_token_resume(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	struct token t;
	const char *to, *asked = fj_json_text(a->payload, "by");
	enum iss_party by;

	/* it may have been raised, or used up, since; both officers are of the party that may */
	FJ_TRY(party_check(c, a->object, &t, &by, err));
	FJ_TRY(check_key(c->db, t.id, err));
	FJ_TRY(may_resume(&t, by, &to, err));
	FJ_TRY(iss_rule_no_resumption_by_lower_party(iss_party_of(t.suspended_by), iss_party_of(asked), err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s}", "to", to, "reason", fj_json_peek(a->payload, "reason"));
	c->dirty_status = true;
	return evt_append(c, "token.resumed", t.id, body, err);
}

static enum fj_rc apply_change(const struct evt *e, enum sts_value v, struct fj_err *err)
{
	struct token t;

	FJ_TRY(tok_get(e->db, e->object, &t, err));
	FJ_TRY(log_changed(e, PIPE_TOKEN, t.id, v, err));
	FJ_TRY(sts_apply_set(e, t.list, (uint32_t)t.idx, v, err));
	return sto_run(e->db, STO_TOKEN_STATE, NULL, err, "tit", fj_json_peek(e->body, "to"), e->seq, e->object);
}

/* who suspended it, and so who may lift that; "" nobody */
static enum fj_rc apply_by(const struct evt *e, const char *by, struct fj_err *err)
{
	return sto_run(e->db, STO_TOKEN_BY, NULL, err, "tt", by == NULL ? "" : by, e->object);
}

enum fj_rc apply_token_suspended(const struct evt *e, struct fj_err *err)
{
	FJ_TRY(apply_change(e, STS_SUSPENDED, err));
	return apply_by(e, fj_json_peek(e->body, "by"), err);
}

enum fj_rc apply_token_suspension_raised(const struct evt *e, struct fj_err *err)
{
	return apply_by(e, fj_json_peek(e->body, "by"), err);
}

enum fj_rc apply_token_resumed(const struct evt *e, struct fj_err *err)
{
	bool spent = strcmp(fj_json_text(e->body, "to"), "EXHAUSTED") == 0;

	FJ_TRY(apply_change(e, spent ? STS_SUSPENDED : STS_VALID, err));
	FJ_TRY(sto_run(e->db, STO_TOKEN_SPENT, NULL, err, "it", (int64_t)spent, e->object));
	return apply_by(e, "", err);
}

/* its entry says suspended, the value that can be lifted: a correction may bring it back */
enum fj_rc apply_token_exhausted(const struct evt *e, struct fj_err *err)
{
	FJ_TRY(apply_change(e, STS_SUSPENDED, err));
	return sto_run(e->db, STO_TOKEN_SPENT, NULL, err, "it", (int64_t)1, e->object);
}

enum fj_rc apply_token_revoked(const struct evt *e, struct fj_err *err)
{
	return apply_change(e, STS_INVALID, err);
}

/* --- reading --- */

static json_t *token_json(const struct token *t, fj_time now)
{
	char from[FJ_TIME_CAP], to[FJ_TIME_CAP];
	bool over = strcmp(t->state, "ACTIVE") == 0 && now > t->not_after;

	fj_time_utc(t->not_before, from);
	fj_time_utc(t->not_after, to);
	return json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:s}", "id", t->id, "state", over ? "EXPIRED" : t->state, "authorisation",
	    t->authorisation, "asset_no", t->asset_no, "user", "usci", t->user, "name", t->user_name, "product", t->product, "not_before", from, "not_after", to);
}

static bool holds(const json_t *list, const char *text)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (strcmp(json_string_value(v), text) == 0)
			return true;
	return false;
}

enum fj_rc tok_audiences(struct sto *db, const char *authorisation, const char *product, json_t *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_TOKEN_NEWEST_OF_PRODUCT, &q, err, "tt", product, authorisation));
	for (;;) {
		FJ_AUTO(json) p = NULL;
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		if (payload_get(db, sto_text(&q, 0), &p, NULL) != FJ_OK)
			continue; /* it says no address */
		const char *at = fj_json_text(p, "audience");
		if (at[0] != '\0' && !holds(out, at) && json_array_append_new(out, json_string(at)) != 0)
			return fj_no_memory(err, "issuer");
	}
}

/* what its holder has to keep: scope, binding, and what to do when it ends */
static enum fj_rc put_terms(struct sto *db, const struct token *t, json_t *out, struct fj_err *err)
{
	static const char *const keys[] = {"grant", "terms", "binding", "audience", "duties"};
	FJ_AUTO(json) p = NULL;

	FJ_TRY(payload_get(db, t->id, &p, err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(keys); i++)
		if (json_object_get(p, keys[i]) != NULL)
			FJ_TRY(fj_json_set(out, keys[i], json_incref(json_object_get(p, keys[i]))));
	FJ_TRY(fj_json_set(out, "used", json_integer((json_int_t)t->used)));
	FJ_TRY(fj_json_set(out, "fee_fen", t->fee.fen < 0 ? json_null() : json_integer((json_int_t)t->fee.fen)));
	FJ_TRY(fj_json_set(out, "charge_basis", json_string(t->fee.basis)));
	return t->suspended_by[0] == '\0' ? FJ_OK : fj_json_set(out, "suspended_by", json_string(t->suspended_by));
}

static enum fj_rc put_stop(json_t *list, const char *number, const char *state, fj_time not_after, fj_time now, struct fj_err *err)
{
	bool active = strcmp(state, "ACTIVE") == 0;

	if (number[0] == '\0' || (active && now <= not_after))
		return FJ_OK;
	return json_array_append_new(list, json_pack("{s:s, s:s}", "number", number, "state", active ? "EXPIRED" : state)) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

/* what its own entries deny beyond that: an asset that was certified anew after it lost its
 * certificate has another entry, and the tokens from before keep the one that is gone */
static enum fj_rc put_entry(struct iss_call *c, json_t *list, const json_t *ref, const char *number, struct fj_err *err)
{
	static const char *const states[] = {"ACTIVE", "REVOKED", "SUSPENDED", "SUPERSEDED"};
	FJ_AUTO(sto_q) q = {0};
	int64_t no;

	FJ_TRY(sts_list_of(fj_json_peek(ref, "uri"), &no, err));
	FJ_TRY(sto_first(c->db, STO_ENTRY_GET, &q, number, err, "ii", no, fj_json_num(ref, "idx")));
	return json_array_size(list) > 0 ? FJ_OK : put_stop(list, number, states[sto_int(&q, 0) & 3], INT64_MAX, c->now, err);
}

/* what keeps it from being used: itself, its authorisation, its asset's certificate.  Its own state
 * stays as it is when a parent ends: their entries deny it (R26) */
static enum fj_rc put_stops(struct iss_call *c, const struct token *t, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	FJ_AUTO(json) p = NULL;
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(payload_get(c->db, t->id, &p, err));
	FJ_TRY(put_stop(list, t->id, t->state, t->not_after, c->now, err));
	FJ_TRY(sto_first(c->db, STO_TOKEN_PARENTS, &q, t->id, err, "t", t->id));
	FJ_TRY(put_stop(list, sto_text(&q, 0), sto_text(&q, 1), sto_int(&q, 2), c->now, err));
	FJ_TRY(put_stop(list, sto_text(&q, 3), sto_text(&q, 4), sto_int(&q, 5), c->now, err));
	const json_t *asset = json_object_get(p, "asset");
	FJ_TRY(put_entry(c, list, json_object_get(asset, "status"), fj_json_text(asset, "certificate"), err));
	FJ_TRY(put_entry(c, list, json_object_get(json_object_get(p, "parent"), "status"), t->authorisation, err));
	FJ_TRY(put_entry(c, list, json_object_get(json_object_get(p, "status"), "status_list"), t->id, err));
	FJ_TRY(fj_json_set(c->answer, "usable", json_boolean(json_array_size(list) == 0)));
	return json_object_set(c->answer, "stopped_by", list) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc tok_may_have(struct iss_call *c, const struct token *t, bool *out, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};

	*out = strcmp(c->actor->org, t->user) == 0 || (c->acting & (ISS_AUDITOR | ISS_MOF | ISS_LOCAL | ISS_SYSTEM)) != 0;
	if (*out)
		return FJ_OK;
	FJ_TRY(dom_auth_get(c->db, t->authorisation, &a, err));
	return sup_is_party(c, a.holder, a.implementer, a.operator_, out, err);
}

/* "sm2_compact", "sm2_log_proof": what was signed once more of it */
static void put_twin(struct iss_call *c, const char *id)
{
	FJ_AUTO(buf) compact = FJ_BUF_INIT(FJ_TOKEN_MAX);
	FJ_AUTO(buf) proof = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);

	if (dom_twin(c->iss, c->db, PIPE_TOKEN_SM2, id, &compact, &proof, NULL) != FJ_OK || compact.len == 0)
		return;
	json_object_set_new(c->answer, "sm2_compact", json_string(fj_buf_str(&compact)));
	json_object_set_new(c->answer, "sm2_log_proof", json_string(fj_buf_str(&proof)));
}

enum fj_rc cmd_token_show(struct iss_call *c, struct fj_err *err)
{
	bool may;
	struct token t;
	FJ_AUTO(buf) compact = FJ_BUF_INIT(FJ_TOKEN_MAX);
	FJ_AUTO(buf) proof = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);

	FJ_TRY(tok_get(c->db, fj_json_peek(c->params, "id"), &t, err));
	c->answer = token_json(&t, c->now);
	FJ_TRY(dom_since(c->db, t.id, c->answer, err));
	FJ_TRY(put_terms(c->db, &t, c->answer, err));
	FJ_TRY(put_stops(c, &t, err));
	FJ_TRY(tok_may_have(c, &t, &may, err));
	if (may && log_credential(c->iss, c->db, PIPE_TOKEN, t.id, &compact, &proof, NULL) == FJ_OK) {
		json_object_set_new(c->answer, "compact", json_string(fj_buf_str(&compact)));
		json_object_set_new(c->answer, "log_proof", json_string(fj_buf_str(&proof)));
	}
	if (may)
		put_twin(c, t.id);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
