/*
 * adjust.c - 调整: a running authorisation is made narrower (27号 art. 11; 167·三(三)).
 *
 * The implementing institution says what is left: fewer purposes, acts, divisions,
 * scenarios, domains or environments, or an earlier end; the finance department
 * confirms.  What is wider in anything is refused: a large change goes through the
 * whole course again.  The narrowed scope is a new version of the credential.  When
 * it is in force, each token that no longer lies within it is revoked in the same
 * transaction, so that also a verifier which has not seen the new version denies it;
 * the others go on under the version that they name.  From the confirmation until
 * then nothing is licensed under the authorisation.  The same holds for a version
 * that a plan gives another scope (authorisation.c), wider or not.
 */
#include "base/jws.h"
#include "issuer/plan.h"
#include "issuer/state.h"
#include "issuer/supervision.h"
#include "issuer/task.h"

#define PAGE 256

static const char *const purposes[] = {"INDUSTRY", "PUBGOV", "SECTOR", "WELFARE", NULL};
static const char *const actions[] = {"DOWNLOAD_PRODUCT", "MODEL_CALL", "QUERY", "REDEVELOP", "VERIFY", NULL};
const struct iss_field fld_authorisation_adjust[] = {
	{"number", ISS_F_STR, true, 40, "授权编号", "authorisation"},
	{"purposes", ISS_F_LIST, false, 4, "保留用途（全不选为不变）", "purposes that are left; none: as they are", purposes, "docs/formats.md 5.1"},
	{"actions", ISS_F_LIST, false, 5, "保留行为（全不选为不变）", "acts that are left; none: as they are", actions, "docs/formats.md 5.1"},
	{"territory", ISS_F_LIST, false, 256, "保留地域（全不选为不变）", "divisions that are left; none: as they are", .as = ISS_AS_NAMES},
	{"scenarios", ISS_F_LIST, false, 256, "保留场景（不填为不变）", "scenarios that are left; none: as they are"},
	{"domains", ISS_F_LIST, false, 256, "保留领域（不填为不变）", "domains that are left; none: as they are"},
	{"environment", ISS_F_LIST, false, 256, "保留环境（不填为不变）", "environments that are left; none: as they are"},
	{"to", ISS_F_STR, false, 10, "提前截止", "last day, earlier than now"},
	{"reason", ISS_F_STR, true, 400, "理由", "reason, for the record"},
	{0},
};

static enum fj_rc no(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, "issuer", "27号 art. 11", en, zh);
}

/* --- what is left --- */

static const struct left {
	const char *key, *zh, *en;
} lists[] = {{"purposes", "保留用途", "purposes"}, {"actions", "保留行为", "acts"}, {"territory", "保留地域", "divisions"}, {"scenarios", "保留场景", "scenarios"}, {"domains", "保留领域", "domains"},
	{"environment", "保留环境", "environments"}};

/* what is no list of this kind at all, in words for who filled it in */
static enum fj_rc ill(const struct left *l, const json_t *left, const json_t *old, struct fj_err *err)
{
	bool regions = strcmp(l->key, "territory") == 0, none = json_array_size(json_object_get(old, l->key)) == 0;
	const char *wrong = "";
	size_t i;
	json_t *v;

	json_array_foreach(left, i, v)
		if (regions && wrong[0] == '\0' && !fj_div6_ok(json_string_value(v)))
			wrong = json_string_value(v);
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "27号 art. 11", "%s that are left: %.60s%s", l->en, wrong,
	    regions ? " is no division; give its name as the list has it, or its six digits" : none ? "this authorisation names none; leave it out" : "one is not written as it should be");
	fj_err_zh(err, "“%s”：%s%.60s%s", l->zh, regions ? "没有行政区划“" : "", wrong, regions ? "”，请填列表中的名称或六位代码" : none ? "本授权未限定此项，请留空" : "有一项填写不符合规定");
	return fj_err_at(err, rc, l->key);
}

/* one list after the other, so that a refusal is of the one that it is about */
static enum fj_rc narrowed_grant(const json_t *params, const json_t *old, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) grant = json_deep_copy(old);
	struct fj_err why = {0};

	for (size_t i = 0; i < FJ_ARRAY_LEN(lists); i++) {
		const json_t *left = json_object_get(params, lists[i].key);
		if (json_array_size(left) == 0)
			continue;
		if (fj_json_set(grant, lists[i].key, dom_sorted(left)) != FJ_OK)
			return fj_no_memory(err, "issuer");
		enum fj_rc rc = fj_grant_within(grant, old, &why);
		if (rc == FJ_E_REFUSED)
			return fj_err_at(err, iss_rule_no_widening(why.en, why.zh, err), lists[i].key);
		if (rc != FJ_OK)
			return rc == FJ_E_INVALID ? ill(&lists[i], left, old, err) : fj_no_memory(err, "issuer");
	}
	*out = fj_move(grant);
	return FJ_OK;
}

static enum fj_rc narrowed_end(const struct iss_call *c, const char *to, const struct dom_auth *a, fj_time *exp, struct fj_err *err)
{
	*exp = a->not_after;
	if (to == NULL)
		return FJ_OK;
	FJ_TRY(fj_date_parse(to, exp, err));
	*exp += 86399;
	if (*exp > a->not_after)
		return iss_rule_no_widening("the end is later than that of the authorisation", "截止日晚于授权的截止日", err);
	return *exp >= c->now ? FJ_OK : no(err, FJ_E_INVALID, "an authorisation that is to end now is reclaimed", "需立即终止的授权应予收回");
}

/* --- tokens that no longer fit --- */

struct hit {
	char id[64];
	int64_t list, idx;
};

bool adj_names_asset(const json_t *payload, const char *asset_no)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(payload, "assets"), i, v)
		if (strcmp(fj_json_text(v, "id"), asset_no) == 0)
			return true;
	return false;
}

/* for public governance and welfare, and nothing else */
static bool only_public(const json_t *grant)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(grant, "purposes"), i, v)
		if (strcmp(json_string_value(v), "PUBGOV") != 0 && strcmp(json_string_value(v), "WELFARE") != 0)
			return false;
	return true;
}

/* a paid authorisation gives no free license but for public governance and welfare */
static bool terms_fit(const json_t *payload, const char *terms, const json_t *grant)
{
	bool paid = strcmp(fj_json_text(json_object_get(payload, "terms"), "kind"), "paid") == 0;

	return !paid || strcmp(terms, "free") != 0 || only_public(grant);
}

/* what a verifier asks that has the version with this payload (verifier/narrow.c) */
static enum fj_rc fits(const struct sto_q *q, const json_t *payload, bool *out, struct fj_err *err)
{
	FJ_AUTO(json) own = NULL;

	*out = false;
	if (sto_int(q, 3) > fj_json_num(payload, "exp") || !adj_names_asset(payload, sto_text(q, 5)))
		return FJ_OK;
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(q, 4)), 65536, &own, err));
	enum fj_rc rc = fj_grant_within(own, json_object_get(payload, "grant"), NULL);
	*out = rc == FJ_OK && terms_fit(payload, sto_text(q, 6), own);
	return rc == FJ_E_NOMEM ? fj_fail(err, rc, "issuer", NULL, "out of memory") : FJ_OK;
}

/* one page of tokens after `after`, which moves on: those beyond into hit[PAGE] */
static enum fj_rc look(struct sto *db, const char *number, fj_time now, const json_t *payload, char after[64], struct hit *hit, size_t *hits, size_t *rows, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row, fit;

	*hits = *rows = 0;
	FJ_TRY(sto_query(db, STO_ADJUST_TOKENS, &q, err, "ttii", number, after, (int64_t)now, (int64_t)PAGE));
	for (;; (*rows)++) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(fj_strcopy(after, 64, sto_text(&q, 0)));
		FJ_TRY(fits(&q, payload, &fit, err));
		if (fit)
			continue;
		hit[*hits].list = sto_int(&q, 1);
		hit[*hits].idx = sto_int(&q, 2);
		memcpy(hit[(*hits)++].id, after, 64);
	}
}

/* e NULL: only counted; else revoked.  A page at a time, whatever their number. */
static enum fj_rc beyond(struct sto *db, const struct evt *e, const char *number, fj_time now, const json_t *payload, int64_t *n, struct fj_err *err)
{
	struct hit hit[PAGE];
	char after[64] = "";
	size_t hits, rows;

	*n = 0;
	do {
		FJ_TRY(look(db, number, now, payload, after, hit, &hits, &rows, err));
		for (size_t k = 0; e != NULL && k < hits; k++) {
			FJ_TRY(log_changed(e, PIPE_TOKEN, hit[k].id, STS_INVALID, err));
			FJ_TRY(sts_apply_set(e, hit[k].list, (uint32_t)hit[k].idx, STS_INVALID, err));
			FJ_TRY(sto_run(db, STO_TOKEN_STATE, NULL, err, "tit", "REVOKED", e->seq, hit[k].id));
		}
		*n += (int64_t)hits;
	} while (rows == PAGE);
	return FJ_OK;
}

/* --- asking and confirming --- */

enum fj_rc adj_none_pending(struct iss_call *c, const char *authorisation, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(c->db, STO_VERSION_PENDING, &q, err, "t", authorisation));
	FJ_TRY(sto_step(&q, &row, err));
	return !row ? FJ_OK : no(err, FJ_E_STATE, "a new version of the authorisation is being made; ask again when it is in force", "正在生成该授权的新版本，生效后再办理");
}

enum fj_rc adj_record(struct iss_call *c, const struct dom_auth *a, const json_t *payload, int64_t version, const char *reason, struct fj_err *err)
{
	FJ_AUTO(json) body = json_pack("{s:I, s:O, s:O, s:O, s:I, s:s}", "version", (json_int_t)version, "grant", json_object_get(payload, "grant"), "exp",
	    json_object_get(payload, "exp"), "was", json_object_get(a->body, "grant"), "was_exp", (json_int_t)a->not_after, "reason", reason);

	return evt_append(c, "authorisation.adjusted", a->number, body, err);
}

/* what is left for public governance and welfare alone is free (R07) */
static enum fj_rc narrowed_payload(struct iss_call *c, const struct dom_auth *a, const json_t *grant, fj_time exp, json_t **out, struct fj_err *err)
{
	FJ_TRY(dom_auth_current(c, a, out, err));
	if (only_public(grant))
		FJ_TRY(fj_json_set(*out, "terms", json_pack("{s:s}", "kind", "free")));
	return json_object_set(*out, "grant", (json_t *)(uintptr_t)grant) == 0 && json_object_set_new(*out, "exp", json_integer((json_int_t)exp)) == 0 ? FJ_OK
	    : fj_no_memory(err, "issuer");
}

/* what is on sale under it for a purpose that is not left */
static enum fj_rc products_beyond(struct sto *db, const char *number, const json_t *grant, json_t **out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) list = json_array();
	bool row;

	FJ_TRY(sto_query(db, STO_PRODUCT_PUBLIC, &q, err, "t", number));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		if (!fj_list_has(json_object_get(grant, "purposes"), sto_text(&q, 5)))
			json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "product", sto_text(&q, 0), "name", sto_text(&q, 4), "purpose", sto_text(&q, 5)));
	}
	*out = fj_move(list);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* what follows from a narrowing, beside what was asked for: into the request and its answer */
static enum fj_rc follows(struct iss_call *c, const struct dom_auth *a, const json_t *scope, json_t *out, struct fj_err *err)
{
	json_t *products = NULL;
	int64_t n;
	bool was_free = strcmp(fj_json_text(json_object_get(a->body, "terms"), "kind"), "free") == 0;

	FJ_TRY(beyond(c->db, NULL, a->number, c->now, scope, &n, err));
	FJ_TRY(products_beyond(c->db, a->number, json_object_get(scope, "grant"), &products, err));
	FJ_TRY(fj_json_set(out, "products_beyond", products));
	if (!was_free && strcmp(fj_json_text(json_object_get(scope, "terms"), "kind"), "free") == 0)
		FJ_TRY(fj_json_set(out, "becomes_free", json_string("R07")));
	return fj_json_set(out, "tokens_beyond", json_integer((json_int_t)n));
}

static enum fj_rc check(struct iss_call *c, const struct dom_auth *a, struct fj_err *err)
{
	const char *to;

	FJ_TRY(iss_state_next(ISS_OBJ_AUTHORISATION, a->state, "adjust", &to, err));
	return adj_none_pending(c, a->number, err);
}

enum fj_rc cmd_authorisation_adjust(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	FJ_AUTO(json) grant = NULL;
	FJ_AUTO(json) scope = NULL;
	enum iss_party by;
	fj_time exp;
	char content[65];

	FJ_TRY(sup_authorisation(c, &a, err));
	FJ_TRY(dom_party(c, &a, &by, err));
	FJ_TRY(check(c, &a, err));
	FJ_TRY(sup_said(c, "reason", "say why", "应写明理由", err));
	FJ_TRY(narrowed_grant(c->params, json_object_get(a.body, "grant"), &grant, err));
	FJ_TRY(narrowed_end(c, fj_json_peek(c->params, "to"), &a, &exp, err));
	if (exp == a.not_after && json_equal(grant, json_object_get(a.body, "grant")))
		return no(err, FJ_E_INVALID, "nothing would be narrower than it is", "未缩小任何范围");
	FJ_TRY(narrowed_payload(c, &a, grant, exp, &scope, err));
	FJ_AUTO(json) then = json_object();
	FJ_TRY(follows(c, &a, scope, then, err));
	FJ_TRY(dom_org_get(c->db, a.holder, &holder, err));
	FJ_TRY(dom_claims_content(scope, content, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:O, s:I, s:s, s:s}", "number", a.number, "grant", grant, "exp", (json_int_t)exp, "reason", fj_json_text(c->params, "reason"), "content", content);
	if (payload == NULL || json_object_update(payload, then) != 0)
		return fj_no_memory(err, "issuer");
	FJ_TRY(apr_request(c, "authorisation.adjust", a.number, holder.finance, payload, err));
	return json_object_update(c->answer, then) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apr_authorisation_adjust(struct iss_call *c, const struct apr *p, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	FJ_AUTO(json) payload = NULL;
	const json_t *grant = json_object_get(p->payload, "grant");
	fj_time exp = fj_json_num(p->payload, "exp");
	struct fj_err why = {0};
	int64_t version;

	FJ_TRY(dom_auth_get(c->db, p->object, &a, err));
	FJ_TRY(check(c, &a, err));
	/* it may have been narrowed since: what was asked for still has to lie within it */
	enum fj_rc rc = fj_grant_within(grant, json_object_get(a.body, "grant"), &why);
	if (rc != FJ_OK || exp > a.not_after)
		return iss_rule_no_widening(rc != FJ_OK ? why.en : "the end is later than that of the authorisation", rc != FJ_OK ? why.zh : "截止日晚于授权的截止日", err);
	FJ_TRY(narrowed_payload(c, &a, grant, exp, &payload, err));
	FJ_TRY(dom_content_approved(p->payload, payload, err));
	FJ_TRY(dom_auth_renew(c, &a, payload, NULL, &version, err));
	FJ_TRY(adj_record(c, &a, payload, version, fj_json_text(p->payload, "reason"), err));
	c->dirty_status = true;
	c->answer = json_pack("{s:s, s:s, s:s, s:I}", "id", p->id, "state", "APPROVED", "authorisation", a.number, "version", (json_int_t)version);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc adj_preview(struct iss_call *c, const char *number, const json_t *approved, json_t **out, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	json_t *claims = NULL;
	struct fj_err why = {0};

	FJ_TRY(dom_auth_get(c->db, number, &a, err));
	FJ_TRY(narrowed_payload(c, &a, json_object_get(approved, "grant"), fj_json_num(approved, "exp"), &claims, err));
	enum fj_rc rc = check(c, &a, &why);
	if (rc == FJ_OK)
		rc = dom_content_approved(approved, claims, &why);
	*out = json_pack("{s:o, s:O, s:o*}", "claims", claims, "was", a.body, "refused", rc != FJ_OK ? tsk_aside(number, &why) : NULL);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_authorisation_adjusted(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	FJ_AUTO(buf) grant = FJ_BUF_INIT(65536);
	FJ_AUTO(buf) was = FJ_BUF_INIT(65536);

	FJ_TRY(fj_json_canonical(json_object_get(b, "grant"), &grant, err));
	FJ_TRY(fj_json_canonical(json_object_get(b, "was"), &was, err));
	return sto_run(e->db, STO_ADJUST_ADD, NULL, err, "titi" "titi", e->object, fj_json_num(b, "version"), fj_buf_str(&grant), fj_json_num(b, "exp"), fj_buf_str(&was),
	    fj_json_num(b, "was_exp"), fj_json_text(b, "reason"), (int64_t)e->at);
}

enum fj_rc adj_apply(const struct evt *e, const char *authorisation, const json_t *payload, bool issued, struct fj_err *err)
{
	int64_t revoked = 0;

	if (issued)
		FJ_TRY(beyond(e->db, e, authorisation, e->at, payload, &revoked, err));
	return sto_run(e->db, STO_ADJUST_DONE, NULL, err, "titi", issued ? "ISSUED" : "ABANDONED", revoked, authorisation, fj_json_num(payload, "version"));
}

enum fj_rc adj_of(struct sto *db, const char *authorisation, json_t **out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) list = json_array();
	char at[FJ_TIME_CAP], to[FJ_TIME_CAP], was_to[FJ_TIME_CAP];
	bool row;

	FJ_TRY(sto_query(db, STO_ADJUST_OF, &q, err, "t", authorisation));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		fj_date_china(sto_int(&q, 3), to);
		fj_date_china(sto_int(&q, 4), was_to);
		fj_time_utc(sto_int(&q, 6), at);
		json_array_append_new(list, json_pack("{s:I, s:s, s:I, s:s, s:s, s:s, s:s}", "version", (json_int_t)sto_int(&q, 0), "state", sto_text(&q, 1), "revoked",
		    (json_int_t)sto_int(&q, 2), "to", to, "was_to", was_to, "reason", sto_text(&q, 5), "at", at));
	}
	*out = fj_move(list);
	return FJ_OK;
}
