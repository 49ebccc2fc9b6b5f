/*
 * authorisation.c - 授权: a signed object of its own, proposed by the implementing
 * institution, approved by the finance department, held by an operator.
 *
 * Its line has one status entry for all versions and all tokens under it, so
 * taking it back is one entry, whatever the number of tokens (R26).  Suspending
 * is one officer's act, lifted by the same or a higher party only (decision 8);
 * reclaim and surrender suspend at once and are final with the second party;
 * refused twice, the former state returns.
 */
#include "base/content.h"
#include "base/jws.h"
#include "issuer/agreement.h"
#include "issuer/plan.h"
#include "issuer/profile.h"
#include "issuer/rules/rules.h"
#include "issuer/state.h"
#include "issuer/supervision.h"
#include "issuer/task.h"

static int by_octets(const void *a, const void *b)
{
	return strcmp(json_string_value(*(json_t *const *)a), json_string_value(*(json_t *const *)b));
}

json_t *dom_sorted(const json_t *list)
{
	size_t n = json_array_size(list), i;
	json_t **v = fj_alloc(n + 1, sizeof(json_t *)), *out = json_array(), *one;

	json_array_foreach(list, i, one) {
		if (v != NULL && json_is_string(one))
			v[i] = one;
		else
			n = 0;
	}
	if (v != NULL && n > 0)
		qsort(v, n, sizeof(json_t *), by_octets);
	for (i = 0; v != NULL && i < n; i++)
		if (i == 0 || strcmp(json_string_value(v[i - 1]), json_string_value(v[i])) != 0)
			json_array_append(out, v[i]);
	fj_free(v);
	return out;
}

void dom_auth_release(struct dom_auth *a)
{
	json_decref(a->body);
	a->body = NULL;
}

static enum fj_rc from_row(const struct sto_q *q, struct dom_auth *a, struct fj_err *err)
{
	const struct sto_copy texts[] = {STO_COPY(0, a->number), STO_COPY(1, a->state), STO_COPY(2, a->former), STO_COPY(3, a->holder),
		STO_COPY(4, a->implementer), STO_COPY(5, a->operator_), STO_COPY(6, a->holder_name), STO_COPY(7, a->operator_name), STO_COPY(15, a->sha256),
		STO_COPY(16, a->suspended_by), STO_COPY(17, a->credential)};

	FJ_TRY(sto_copy(q, texts, FJ_ARRAY_LEN(texts), "an authorisation's row", err));
	a->not_before = sto_int(q, 8);
	a->not_after = sto_int(q, 9);
	a->line_list = sto_int(q, 11);
	a->line_idx = sto_int(q, 12);
	a->own_list = sto_int(q, 13);
	a->own_idx = sto_int(q, 14);
	return fj_json_parse(fj_slice_str(sto_text(q, 10)), 65536, &a->body, err);
}

enum fj_rc dom_auth_get(struct sto *db, const char *number, struct dom_auth *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	memset(out, 0, sizeof(*out));
	FJ_TRY(sto_first(db, STO_AUTH_GET, &q, number, err, "t", number));
	return from_row(&q, out, err);
}

enum fj_rc dom_auth_lost(struct iss_call *c, const struct dom_auth *a, struct dom_cert *out, struct fj_err *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(a->body, "assets"), i, v) {
		FJ_TRY(dom_cert_get(c->db, fj_json_text(v, "certificate"), out, err));
		if (strcmp(out->state, "ACTIVE") != 0 || c->now > out->not_after)
			return FJ_OK;
	}
	memset(out, 0, sizeof(*out));
	return FJ_OK;
}

/* --- proposing --- */

static const char *const known[] = {"certificates", "operator", "grant", "terms", "from", "to", "documents", "shared", "selection",
	"operator_conditions", "agreement", "adjusts", NULL};

static enum fj_rc check_on_file(const json_t *docs, struct fj_err *err)
{
	static const struct {
		const char *key, *en, *zh;
	} need[] = {{"feasibility", "feasibility study", "可研论证"}, {"due_diligence", "due diligence", "尽职调查"}, {"risk_evaluation", "risk evaluation", "评估"},
		{"security_rules", "security rules", "安全制度"}, {"emergency_plan", "emergency plan", "应急预案"}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(need); i++)
		if (!iss_said(fj_json_peek(docs, need[i].key)))
			return iss_rule_no_authorisation_without_documents(need[i].en, need[i].zh, err);
	return FJ_OK;
}

static bool expired(fj_time not_after, fj_time now)
{
	return now > not_after;
}

static bool same_holder(const char *first, const char *now)
{
	return first[0] == '\0' || strcmp(first, now) == 0;
}

enum fj_rc dom_grant_on_card(const json_t *grant, const json_t *card, struct fj_err *err)
{
	const json_t *r = json_object_get(card, "rights"), *v;
	size_t i;

	json_array_foreach(json_object_get(grant, "rights"), i, v)
		if (!fj_list_has(json_object_get(r, "rights"), json_string_value(v)))
			return iss_rule_fail(err, "R13", "a right goes beyond those on the asset's card", "授权权利超出资产卡片的权利配置");
	if (json_array_size(json_object_get(r, "modes")) > 0 && !fj_list_has(json_object_get(r, "modes"), fj_json_peek(grant, "mode")))
		return iss_rule_fail(err, "R13", "the mode is not one that the asset's card allows", "授权模式不在资产卡片允许范围内");
	return FJ_OK;
}

/* each certificate in force, of one holder, whose rights and modes contain the grant (R01, R13) */
static enum fj_rc check_certificate(struct iss_call *c, const char *number, const json_t *grant, fj_time to, struct dom_scope *out, struct fj_err *err)
{
	struct dom_cert t;
	struct dom_ledger l;
	FJ_AUTO(dom_asset) a = {.card = NULL};

	FJ_TRY(num_check(number, err));
	enum fj_rc rc = dom_cert_get(c->db, number, &t, err);
	if (rc == FJ_E_NOTFOUND) /* not issued yet: R01, not a spelling mistake */
		return iss_rule_no_authorisation_without_certificate("", false, err);
	FJ_TRY(rc);
	FJ_TRY(iss_rule_no_authorisation_without_certificate(t.state, expired(t.not_after, c->now), err));
	FJ_TRY(fj_err_at(err, iss_rule_no_term_beyond(to, t.not_after, "certificate", err), "proposal.to"));
	FJ_TRY(dom_asset_get(c->db, t.asset_no, &a, err));
	FJ_TRY(dom_grant_on_card(grant, a.card, err));
	FJ_TRY(iss_rule_no_raw_personal_data(dom_card_text(a.card, "rights", "personal_info"), dom_card_text(a.card, "rights", "legal_basis")[0] != '\0', err));
	if (!same_holder(out->holder, t.holder)) {
		rc = fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 4.8", "the certificates of one authorisation are of one holder");
		fj_err_zh(err, "一项授权所列证书应属于同一持有单位");
		return rc;
	}
	FJ_TRY(dom_ledger_get(c->db, a.ledger, &l, err));
	const json_t *worth = json_object_get(json_object_get(a.card, "basic"), "book_value");
	out->shared = out->shared || l.shared_from[0] != '\0'; /* the proposer can't leave it out (R16) */
	out->public_data = out->public_data || json_is_true(json_object_get(json_object_get(a.card, "rights"), "public_data"));
	out->important = out->important || strcmp(dom_card_text(a.card, "management", "data_level"), "IMPORTANT") == 0;
	out->valued = out->valued && json_is_integer(worth);
	out->value_fen += json_integer_value(worth); /* 64 at most, each far below the range */
	if (t.not_after < out->certificates_end)
		out->certificates_end = t.not_after;
	return fj_strcopy(out->holder, sizeof(out->holder), t.holder);
}

enum fj_rc dom_operator_check(struct iss_call *c, const char *implementer, const char *usci, const char *finance, struct dom_org *op, struct fj_err *err)
{
	FJ_AUTO(dom_org) own = {.affiliates = NULL};
	int64_t least;

	FJ_TRY(dom_org_get(c->db, usci, op, err));
	if (!(op->roles & ISS_OPERATOR)) {
		enum fj_rc rc = fj_fail(err, FJ_E_REFUSED, "issuer", "27号 art. 3", "%s is not entered as an operator", op->name);
		fj_err_zh(err, "该单位未登记为运营机构");
		return rc;
	}
	/* either side may have declared the other */
	FJ_TRY(dom_org_get(c->db, implementer, &own, err));
	FJ_TRY(iss_rule_no_implementer_as_operator(strcmp(usci, implementer) == 0 || fj_list_has(op->affiliates, implementer) || fj_list_has(own.affiliates, usci), err));
	FJ_TRY(iss_rule_no_unfit_operator(true, op->dishonest, err));
	FJ_TRY(prf_int(c, finance, "operator.mlps", &least, err));
	return iss_rule_no_operator_below_protection(op->mlps, least, err);
}

static enum fj_rc read_terms(const json_t *p, const json_t *grant, bool *paid, struct fj_err *err)
{
	const char *kind;
	size_t i;
	json_t *v;

	FJ_TRY(fj_json_str(p, "terms", 8, &kind, err));
	*paid = strcmp(kind, "paid") == 0;
	if (!*paid && strcmp(kind, "free") != 0)
		return fj_refuse(err, FJ_E_INVALID, "issuer", "167·三(五)", "terms are free or paid", "条件应为 free（有条件无偿）或 paid（有条件有偿）");
	bool only_welfare = true;
	json_array_foreach(json_object_get(grant, "purposes"), i, v)
		only_welfare = only_welfare && (strcmp(json_string_value(v), "PUBGOV") == 0 || strcmp(json_string_value(v), "WELFARE") == 0);
	return only_welfare ? iss_rule_no_fee_for_welfare("WELFARE", *paid, err) : FJ_OK;
}

static enum fj_rc read_days(const json_t *p, fj_time now, bool late, struct dom_scope *out, struct fj_err *err)
{
	const char *from, *to;
	fj_time begin;

	FJ_TRY(fj_json_str(p, "from", 10, &from, err));
	FJ_TRY(fj_json_str(p, "to", 10, &to, err));
	FJ_TRY(fj_date_parse(from, &begin, err));
	FJ_TRY(fj_date_parse(to, &out->to, err));
	out->to += 86399; /* the last day counts whole */
	out->from = begin;
	if (begin < now)
		out->from = late || begin + 86400 > now ? now : 0;
	if (out->from == 0 || out->to < out->from)
		return fj_err_at(err, fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 5.3", "an authorisation begins today or later and ends after it begins",
		    "授权应自今日或以后起，且截止日不早于起始日"), out->from == 0 ? "proposal.from" : "proposal.to");
	return fj_err_at(err, iss_rule_no_term_over_five_years(late ? begin : out->from, out->to, err), "proposal.to");
}

/* A new authorisation bears the division of the holder's finance department, which may have changed since the certificates were
 * issued: where the root has limited this home's CA it is asked for now, before anybody approves what the signer would refuse. */
static enum fj_rc check_limits(struct iss_call *c, const struct dom_scope *s, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	FJ_AUTO(dom_org) finance = {.affiliates = NULL};

	if (iss_limits(c->iss) == NULL || json_object_get(s->p, "adjusts") != NULL)
		return FJ_OK;
	FJ_TRY(dom_org_get(c->db, s->holder, &holder, err));
	FJ_TRY(dom_org_get(c->db, holder.finance, &finance, err));
	return fj_limits_region(iss_limits(c->iss), finance.div6, err);
}

enum fj_rc dom_scope_check(struct iss_call *c, const json_t *p, bool late, struct dom_scope *out, struct fj_err *err)
{
	json_t *grant, *certs, *v;
	size_t i;

	*out = (struct dom_scope){.p = p, .certificates_end = FJ_TIME_MAX, .valued = true, .shared = json_is_true(json_object_get(p, "shared"))};
	FJ_TRY(fj_json_obj(p, "grant", &grant, err));
	out->grant = grant;
	FJ_TRY(fj_grant_check(grant, err));
	FJ_TRY(iss_rule_no_sub_authorisation(fj_json_num(grant, "depth"), err));
	FJ_TRY(read_days(p, c->now, late, out, err));
	FJ_TRY(read_terms(p, grant, &out->paid, err));
	FJ_TRY(fj_json_arr(p, "certificates", 64, &certs, err));
	if (json_array_size(certs) == 0)
		return fj_refuse(err, FJ_E_INVALID, "issuer", "R01", "an authorisation names at least one certificate", "授权至少应列明一张证书");
	json_array_foreach(certs, i, v)
		FJ_TRY(check_certificate(c, json_is_string(v) ? json_string_value(v) : "", grant, out->to, out, err));
	return check_limits(c, out, err);
}

/* --- a large change runs the course again, and gives a further version (27号 art. 11) --- */

static enum fj_rc check_adjusted(struct iss_call *c, const struct dom_scope *s, const char *implementer, struct dom_auth *a, struct fj_err *err)
{
	const char *number = fj_json_text(s->p, "adjusts");
	bool live;

	FJ_TRY(num_check(number, err));
	FJ_TRY(dom_auth_get(c->db, number, a, err));
	live = (strcmp(a->state, "ACTIVE") == 0 || strcmp(a->state, "SUSPENDED") == 0) && !expired(a->not_after, c->now);
	if (live && strcmp(a->implementer, implementer) == 0 && strcmp(a->holder, s->holder) == 0)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, live ? FJ_E_FORBIDDEN : FJ_E_STATE, "issuer", "27号 art. 11", "what is adjusted is a running authorisation of your institution, on the same holder's data");
	fj_err_zh(err, "调整的应为本实施机构正在执行、且属同一持有单位的授权");
	return rc;
}

/* --- the short course: all at once --- */

static enum fj_rc check_agreement(struct iss_call *c, const struct dom_scope *s, const char *finance, struct fj_err *err)
{
	const json_t *a = json_object_get(s->p, "agreement");
	struct dom_agreement_term term;
	struct dom_agreement_bounds within = {.certificates = json_object_get(s->p, "certificates"), .purposes = json_object_get(s->grant, "purposes"), .to = s->to,
		.certificates_end = s->certificates_end};

	if (a == NULL)
		return FJ_OK;
	FJ_TRY(prf_int(c, finance, "agreement.evaluation_months", &within.months, err));
	return dom_agreement_check(a, &within, &term, err);
}

/* documents, operator and, where there is one, the agreement */
static enum fj_rc check_rest(struct iss_call *c, const struct dom_scope *s, const char *implementer, struct dom_org *op, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	const char *usci;
	json_t *docs;

	FJ_TRY(fj_json_only(s->p, known, err));
	FJ_TRY(fj_json_obj(s->p, "documents", &docs, err));
	FJ_TRY(check_on_file(docs, err));
	FJ_TRY(iss_rule_no_shared_data_without_consent(s->shared, iss_said(fj_json_peek(docs, "consent")), err));
	FJ_TRY(fj_json_str(s->p, "operator", 18, &usci, err));
	FJ_TRY(dom_org_get(c->db, s->holder, &holder, err));
	FJ_TRY(dom_operator_check(c, implementer, usci, holder.finance, op, err));
	FJ_TRY(sup_may_grant(c, json_object_get(s->p, "certificates"), usci, s->from, err));
	FJ_TRY(iss_rule_no_unfit_operator(iss_said(fj_json_peek(s->p, "operator_conditions")), false, err));
	FJ_TRY(iss_rule_no_operator_without_competition(iss_said(fj_json_peek(s->p, "selection")), err));
	return check_agreement(c, s, holder.finance, err);
}

static enum fj_rc propose_short(struct iss_call *c, const struct dom_scope *s, struct fj_err *err)
{
	FJ_AUTO(dom_org) op = {.affiliates = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	char id[32], content[65];

	FJ_TRY(check_rest(c, s, c->actor->org, &op, err));
	FJ_TRY(dom_org_get(c->db, s->holder, &holder, err));
	FJ_TRY(dom_plan_begin(c, s, "SHORT", id, err));
	FJ_TRY(dom_grant_content(c, s, c->actor->org, op.usci, content, err));
	FJ_AUTO(json) payload = json_pack("{s:O, s:s, s:s}", "proposal", (json_t *)(uintptr_t)s->p, "implementer", c->actor->org, "content", content);
	/* important data has its superior department as a level before the finance department (R17) */
	bool superior = s->important && holder.dept[0] != '\0';
	FJ_TRY(apr_request_first(c, "authorisation.grant", id, holder.finance, superior ? ISS_SUPERIOR : 0, holder.dept, payload, err));
	return fj_json_set(c->answer, "plan", json_string(id));
}

/* --- the full course begins --- */

static enum fj_rc propose_full(struct iss_call *c, const struct dom_scope *s, struct fj_err *err)
{
	static const char *const first[] = {"certificates", "grant", "terms", "from", "to", "shared", "adjusts", NULL};
	static const struct {
		const char *key, *path;
	} later[] = {{"operator", "proposal.operator"}, {"selection", "proposal.selection"}, {"operator_conditions", "proposal.operator_conditions"}, {"documents", "proposal.documents"},
		{"agreement", "proposal.agreement"}};
	char id[32];

	for (size_t i = 0; i < FJ_ARRAY_LEN(later); i++) {
		if (json_object_get(s->p, later[i].key) == NULL)
			continue;
		enum fj_rc rc = iss_rule_fail(err, "R39", "this data takes the full course, where this comes later: operator and selection after the plan is deliberated, documents with the study, the agreement after that; leave it out now",
		    "该数据资产走完整程序，此项在后续环节填报：备查材料随可研论证提交，运营机构在实施方案审议后选定，协议随后签订；提出时请留空");
		return fj_err_at(err, rc, later[i].path);
	}
	FJ_TRY(fj_json_only(s->p, first, err));
	FJ_TRY(dom_plan_begin(c, s, "FULL", id, err));
	c->answer = json_pack("{s:s, s:s, s:s}", "plan", id, "course", "FULL", "state", "PROPOSED");
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc dom_course_brief(struct iss_call *c, const char *finance, bool public_data, bool *brief, struct fj_err *err)
{
	return prf_flag(c, finance, public_data ? "short_course.public" : "short_course.other", brief, err);
}

enum fj_rc cmd_authorisation_propose(struct iss_call *c, struct fj_err *err)
{
	const json_t *p = json_object_get(c->params, "proposal");
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	FJ_AUTO(dom_auth) adjusted = {.body = NULL};
	struct dom_scope s;
	bool brief;

	FJ_TRY(fj_json_only(p, known, err));
	FJ_TRY(dom_scope_check(c, p, false, &s, err));
	FJ_TRY(dom_org_get(c->db, s.holder, &holder, err));
	if (json_object_get(p, "adjusts") != NULL)
		FJ_TRY(check_adjusted(c, &s, c->actor->org, &adjusted, err));
	FJ_TRY(dom_course_brief(c, holder.finance, s.public_data, &brief, err));
	return brief ? propose_short(c, &s, err) : propose_full(c, &s, err);
}

static enum fj_rc asset_entry(struct iss_call *c, const char *number, json_t *list, struct fj_err *err)
{
	struct dom_cert t;
	FJ_AUTO(dom_asset) a = {.card = NULL};
	FJ_AUTO(buf) der = FJ_BUF_INIT(16384);
	FJ_AUTO(buf) hash = FJ_BUF_INIT(64);
	struct fj_hash h;
	char uri[240];

	FJ_TRY(dom_cert_get(c->db, number, &t, err));
	FJ_TRY(dom_asset_get(c->db, t.asset_no, &a, err));
	FJ_TRY(dom_credential(c->db, PIPE_CERTIFICATE, number, &der, err));
	fj_sha256(fj_buf_slice(&der), &h);
	FJ_TRY(fj_b64u_put(&hash, FJ_SLICE(h.b, FJ_SHA256_LEN)));
	snprintf(uri, sizeof(uri), "%s/status/%lld", iss_base(c->iss), (long long)a.status_list);
	return json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}", "id", t.asset_no, "certificate", t.number, "certificate_sha256",
	    fj_buf_str(&hash), "status", sts_json(uri, (uint32_t)a.status_idx))) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc party(struct sto *db, const char *usci, json_t **out, struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};

	FJ_TRY(dom_org_get(db, usci, &o, err));
	*out = json_pack("{s:s, s:s}", "usci", o.usci, "name", o.name);
	return FJ_OK;
}

enum fj_rc dom_claims_content(const json_t *claims, char hex[65], struct fj_err *err)
{
	struct fj_hash h;

	FJ_TRY(fj_content_claims(claims, &h, err));
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	return FJ_OK;
}

/* what a version would say that has these certificates */
static enum fj_rc entries_of(struct iss_call *c, const json_t *certificates, json_t *assets, struct fj_err *err)
{
	FJ_AUTO(json) sorted = dom_sorted(certificates);
	size_t i;
	json_t *v;

	json_array_foreach(sorted, i, v)
		FJ_TRY(asset_entry(c, json_string_value(v), assets, err));
	return FJ_OK;
}

/* the claims of a first version, without those that are drawn */
static enum fj_rc claims_of(struct iss_call *c, const struct dom_scope *x, const char *implementer, const char *operator_, json_t **out, struct fj_err *err)
{
	json_t *holder = NULL, *impl = NULL, *op = NULL;
	FJ_AUTO(json) assets = json_array();

	FJ_TRY(entries_of(c, json_object_get(x->p, "certificates"), assets, err));
	FJ_TRY(party(c->db, x->holder, &holder, err));
	FJ_TRY(party(c->db, implementer, &impl, err));
	FJ_TRY(party(c->db, operator_, &op, err));
	*out = json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:O, s:O, s:{s:s}}", "iss", iss_base(c->iss), "vct", FJ_VCT_AUTHORISATION, "exp", (json_int_t)x->to, "holder", holder,
	    "implementer", impl, "operator", op, "assets", assets, "grant", (json_t *)(uintptr_t)x->grant, "terms", "kind", x->paid ? "paid" : "free");
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* the payload as it will be signed */
static enum fj_rc payload_of(struct iss_call *c, const struct dom_scope *x, const char *implementer, const char *operator_, const char *number, const struct sts_ref *st,
    json_t **out, struct fj_err *err)
{
	FJ_TRY(claims_of(c, x, implementer, operator_, out, err));
	FJ_AUTO(json) more = json_pack("{s:s, s:i, s:I, s:I, s:n, s:o, s:{s:o}}", "jti", number, "version", 1, "iat", (json_int_t)c->now, "nbf", (json_int_t)x->from, "previous",
	    "authorisation_status", sts_json(st[0].uri, st[0].idx), "status", "status_list", sts_json(st[1].uri, st[1].idx));
	if (more == NULL || json_object_update(*out, more) != 0)
		return fj_no_memory(err, "issuer");
	return fj_authorisation_check(*out, err);
}

/* R20: public data is registered under 26号 within so many working days after its authorised
 * operation began; who has the query code by then puts it on the card */
static enum fj_rc first_due(struct iss_call *c, const char *finance, fj_time from, json_t *body, struct fj_err *err)
{
	int64_t days;
	fj_time due;

	FJ_TRY(prf_int(c, finance, "days.first_registration", &days, err));
	FJ_TRY(prf_term(c, finance, from, days, &due, NULL, err));
	return fj_json_set(body, "first_due", json_integer((json_int_t)due));
}

static enum fj_rc adjust(struct iss_call *c, const struct dom_scope *s, const char *id, const char *implementer, const struct dom_org *op, char number[41], struct fj_err *err);
static enum fj_rc grant_claims(struct iss_call *c, const struct dom_scope *s, const char *implementer, const char *operator_, json_t **out, json_t **was, struct fj_err *err);

enum fj_rc dom_grant(struct iss_call *c, const struct dom_scope *s, const char *id, const char *implementer, const struct dom_org *op, char number[41],
    struct fj_err *err)
{
	if (json_object_get(s->p, "adjusts") != NULL)
		return adjust(c, s, id, implementer, op, number, err);

	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	FJ_AUTO(dom_org) finance = {.affiliates = NULL};
	FJ_AUTO(dom_plan) plan = {.doc = NULL};
	struct sts_ref st[2];
	json_t *payload = NULL;
	char series[40];
	int64_t n;

	FJ_TRY(dom_plan_get(c->db, id, &plan, err));
	FJ_TRY(dom_org_get(c->db, s->holder, &holder, err));
	FJ_TRY(dom_org_get(c->db, holder.finance, &finance, err));
	struct fj_date d = fj_date_of(c->now, FJ_CHINA_OFFSET);
	snprintf(series, sizeof(series), "DAU-%s-%04d%02d", finance.div6, d.y, d.m);
	FJ_TRY(ser_next(c, series, &n, err));
	FJ_TRY(num_make("DAU", finance.div6, c->now, n, number, err));
	FJ_TRY(sts_allot(c, "register", st, 2, err));
	FJ_TRY(payload_of(c, s, implementer, op->usci, number, st, &payload, err));
	FJ_AUTO(json) owned = payload;
	FJ_AUTO(json) body = json_pack("{s:O, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:s}", "payload", owned, "series", series, "series_n", (json_int_t)n,
	    "holder", s->holder, "implementer", implementer, "operator", op->usci, "holder_name", holder.name, "operator_name", op->name,
	    "line_list", (json_int_t)st[0].list, "line_idx", (json_int_t)st[0].idx, "own_list", (json_int_t)st[1].list, "own_idx", (json_int_t)st[1].idx, "plan", id);
	FJ_TRY(first_due(c, holder.finance, s->from, body, err));
	FJ_TRY(evl_first(c, holder.finance, json_object_get(plan.doc, "agreement"), s->from, body, err));
	return pipe_intend(c, PIPE_AUTHORISATION, number, body, err);
}

/* a grant that waits for its approval, with all that it rests on */
struct granting {
	struct dom_plan plan;
	struct dom_org op;
	json_t *effective;  /* the scope that an agreement leaves */
	struct dom_scope s; /* borrows from plan or effective */
};
static void granting_release(struct granting *g)
{
	dom_plan_release(&g->plan);
	dom_org_release(&g->op);
	json_decref(g->effective);
}
FJ_DEFINE_AUTO(granting, struct granting, granting_release)

/* checked again, now: things may have changed since it was proposed or agreed */
static enum fj_rc grant_check(struct iss_call *c, const char *plan, struct granting *g, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	const char *to;

	FJ_TRY(dom_plan_get(c->db, plan, &g->plan, err));
	FJ_TRY(dom_plan_next(&g->plan, "activate", &to, err));
	if (strcmp(g->plan.course, "SHORT") == 0) {
		FJ_TRY(dom_scope_check(c, json_object_get(g->plan.doc, "proposal"), false, &g->s, err));
		return check_rest(c, &g->s, g->plan.implementer, &g->op, err);
	}
	FJ_TRY(dom_plan_scope(c, &g->plan, &g->effective, &g->s, err));
	FJ_TRY(dom_org_get(c->db, g->s.holder, &holder, err));
	FJ_TRY(dom_operator_check(c, g->plan.implementer, g->plan.operator_, holder.finance, &g->op, err));
	return sup_may_grant(c, json_object_get(g->s.p, "certificates"), g->op.usci, g->s.from, err);
}

enum fj_rc dom_content_approved(const json_t *payload, const json_t *claims, struct fj_err *err)
{
	const char *approved = fj_json_peek(payload, "content");
	char now[65];

	FJ_TRY(dom_claims_content(claims, now, err));
	if (approved == NULL || strcmp(approved, now) == 0) /* one from before contents were hashed has none */
		return FJ_OK;
	return fj_refuse(err, FJ_E_STATE, "issuer", "R22", "what the authorisation would say is not what was approved: a party or a certificate changed since; reject this and ask again",
	    "授权凭证内容与送审时不一致（当事方或证书在送审后已变更）；请驳回后重新申请");
}

enum fj_rc apr_authorisation_grant(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(granting) g = {.effective = NULL};
	json_t *claims = NULL;
	char number[41];

	FJ_TRY(grant_check(c, a->object, &g, err));
	FJ_TRY(grant_claims(c, &g.s, g.plan.implementer, g.op.usci, &claims, NULL, err));
	FJ_AUTO(json) owned = claims;
	FJ_TRY(dom_content_approved(a->payload, owned, err));
	FJ_TRY(dom_grant(c, &g.s, g.plan.id, g.plan.implementer, &g.op, number, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s}", "id", a->id, "state", "APPROVED", "authorisation", number, "plan", g.plan.id);
	return FJ_OK;
}

enum fj_rc dom_grant_preview(struct iss_call *c, const char *plan, const json_t *payload, json_t **out, struct fj_err *err)
{
	FJ_AUTO(granting) g = {.effective = NULL};
	struct fj_err why = {0};
	json_t *claims = NULL, *was = NULL;

	enum fj_rc rc = grant_check(c, plan, &g, &why);
	if (g.s.grant != NULL && g.s.holder[0] != '\0' && g.op.usci[0] != '\0') {
		enum fj_rc made = grant_claims(c, &g.s, g.plan.implementer, g.op.usci, &claims, &was, rc == FJ_OK ? &why : NULL);
		rc = rc == FJ_OK ? made : rc;
	}
	if (claims != NULL && g.s.from > c->now && json_object_get(claims, "nbf") == NULL) /* else it is the moment of signing */
		json_object_set_new(claims, "nbf", json_integer((json_int_t)g.s.from));
	if (rc == FJ_OK)
		rc = dom_content_approved(payload, claims, &why);
	*out = json_pack("{s:o*, s:o*, s:o*}", "claims", claims, "was", was, "refused", rc != FJ_OK ? tsk_aside(plan, &why) : NULL);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* of the full course only the disclosure is to be mended and asked for again */
enum fj_rc apr_authorisation_grant_refused(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(dom_plan) plan = {.doc = NULL};
	struct dom_plan_step step = {.event = "plan.refused"};

	FJ_TRY(dom_plan_get(c->db, a->object, &plan, err));
	if (strcmp(plan.course, "SHORT") != 0)
		return FJ_OK;
	FJ_TRY(dom_plan_next(&plan, "refuse", &step.to, err));
	return dom_plan_step(c, &plan, &step, err);
}

static bool is_version(const json_t *intent);
static enum fj_rc intended_version(const struct evt *e, struct fj_err *err);

enum fj_rc apply_authorisation_intended(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body, *p = json_object_get(b, "payload");
	FJ_AUTO(buf) payload = FJ_BUF_INIT(65536);
	FJ_AUTO(dom_auth) again = {.body = NULL};

	if (is_version(b))
		return intended_version(e, err);
	FJ_TRY(fj_json_canonical(p, &payload, err));
	FJ_TRY(ser_apply(e, fj_json_text(b, "series"), fj_json_num(b, "series_n"), err));
	FJ_TRY(sts_apply_allot(e, "register", fj_json_num(b, "line_list"), (uint32_t)fj_json_num(b, "line_idx"), err));
	FJ_TRY(sts_apply_allot(e, "register", fj_json_num(b, "own_list"), (uint32_t)fj_json_num(b, "own_idx"), err));
	FJ_TRY(sto_run(e->db, STO_AUTH_ADD, NULL, err, "tttttt" "iitiiiiii", e->object, fj_json_text(b, "holder"), fj_json_text(b, "implementer"),
	    fj_json_text(b, "operator"),
	    fj_json_text(b, "holder_name"), fj_json_text(b, "operator_name"), fj_json_num(p, "nbf"), fj_json_num(p, "exp"), fj_buf_str(&payload),
	    fj_json_num(b, "line_list"),
	    fj_json_num(b, "line_idx"), fj_json_num(b, "own_list"), fj_json_num(b, "own_idx"), e->seq, fj_json_num(b, "first_due")));
	FJ_TRY(sto_run(e->db, STO_PLAN_GRANTED, NULL, err, "tit", e->object, e->seq, fj_json_text(b, "plan")));
	FJ_TRY(evl_apply_first(e, b, err));
	return dom_auth_get(e->db, e->object, &again, err); /* what can't be read could never be taken back */
}

/* --- a new version: a certificate that it names has a successor, or it was adjusted --- */

static enum fj_rc current_assets(struct iss_call *c, const json_t *assets, json_t *out, struct fj_err *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(assets, i, v) {
		FJ_AUTO(dom_asset) a = {.card = NULL};
		FJ_TRY(dom_asset_get(c->db, fj_json_peek(v, "id"), &a, err));
		/* an asset that lost its certificate keeps the entry of the one that it had: its status says so */
		if (a.certificate[0] == '\0')
			json_array_append(out, v);
		else
			FJ_TRY(asset_entry(c, a.certificate, out, err));
	}
	return FJ_OK;
}

/* the next version that nothing was intended for: one that was given up is not used again */
static enum fj_rc free_version(struct iss_call *c, const struct dom_auth *a, int64_t *version, char object[64], struct fj_err *err)
{
	bool used = true;

	for (*version = fj_json_num(a->body, "version"); used;) {
		FJ_AUTO(sto_q) q = {0};
		snprintf(object, 64, "%s~%lld", a->number, (long long)++*version);
		FJ_TRY(sto_query(c->db, STO_INTENT_GET, &q, err, "it", (int64_t)PIPE_AUTHORISATION, object));
		FJ_TRY(sto_step(&q, &used, err));
	}
	return FJ_OK;
}

/* other licenses may fit it than fitted the one before */
static bool rescoped(const json_t *was, const json_t *now)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(was, "assets"), i, v)
		if (!adj_names_asset(now, fj_json_text(v, "id")))
			return true;
	return !json_equal(json_object_get(was, "grant"), json_object_get(now, "grant")) || !json_equal(json_object_get(was, "terms"), json_object_get(now, "terms")) ||
	    fj_json_num(was, "exp") != fj_json_num(now, "exp");
}

enum fj_rc dom_auth_renew(struct iss_call *c, const struct dom_auth *a, json_t *payload, const char *plan, int64_t *version, struct fj_err *err)
{
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(64);
	uint8_t hash[FJ_SHA256_LEN];
	struct sts_ref own;
	char object[64];

	FJ_TRY(adj_none_pending(c, a->number, err));
	FJ_TRY(free_version(c, a, version, object, err));
	FJ_TRY(sts_allot(c, "register", &own, 1, err));
	FJ_TRY(fj_unhex(a->sha256, 64, hash));
	FJ_TRY(fj_b64u_put(&b64, FJ_SLICE(hash, sizeof(hash))));
	int bad = json_object_set_new(payload, "version", json_integer((json_int_t)*version)) | json_object_set_new(payload, "iat", json_integer((json_int_t)c->now)) |
	    json_object_set_new(payload, "previous", json_string(fj_buf_str(&b64))) |
	    json_object_set_new(payload, "status", json_pack("{s:o}", "status_list", sts_json(own.uri, own.idx)));
	if (bad != 0)
		return fj_no_memory(err, "issuer");
	FJ_TRY(fj_authorisation_check(payload, err));
	FJ_AUTO(json) body = json_pack("{s:O, s:s, s:I, s:I, s:s*, s:b}", "payload", payload, "number", a->number, "own_list", (json_int_t)own.list, "own_idx",
	    (json_int_t)own.idx, "plan", plan, "rescoped", rescoped(a->body, payload));
	if (body == NULL)
		return fj_no_memory(err, "issuer");
	return pipe_intend(c, PIPE_AUTHORISATION, object, body, err);
}

enum fj_rc dom_auth_current(struct iss_call *c, const struct dom_auth *a, json_t **payload, struct fj_err *err)
{
	FJ_AUTO(json) assets = json_array();
	FJ_AUTO(json) copy = json_deep_copy(a->body);

	FJ_TRY(current_assets(c, json_object_get(a->body, "assets"), assets, err));
	if (json_object_set(copy, "assets", assets) != 0)
		return fj_no_memory(err, "issuer");
	*payload = fj_move(copy);
	return FJ_OK;
}

static enum fj_rc rebind_one(struct iss_call *c, const char *number, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	FJ_AUTO(json) payload = NULL;
	int64_t version;

	FJ_TRY(dom_auth_get(c->db, number, &a, err));
	FJ_TRY(dom_auth_current(c, &a, &payload, err));
	return dom_auth_renew(c, &a, payload, NULL, &version, err);
}

/* a version keeps number, status entry, first second and parties of its line */
static enum fj_rc version_claims(struct iss_call *c, const struct dom_scope *s, const struct dom_auth *a, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) assets = json_array();
	FJ_AUTO(json) payload = json_deep_copy(a->body);

	FJ_TRY(entries_of(c, json_object_get(s->p, "certificates"), assets, err));
	int bad = json_object_set(payload, "assets", assets) | json_object_set(payload, "grant", (json_t *)(uintptr_t)s->grant) |
	    json_object_set_new(payload, "terms", json_pack("{s:s}", "kind", s->paid ? "paid" : "free")) | json_object_set_new(payload, "exp", json_integer((json_int_t)s->to));
	if (bad != 0)
		return fj_no_memory(err, "issuer");
	*out = fj_move(payload);
	return FJ_OK;
}

/* what the grant's credential would say, but for what is drawn; *was, unless NULL: the claims of the version before, where there is one */
static enum fj_rc grant_claims(struct iss_call *c, const struct dom_scope *s, const char *implementer, const char *operator_, json_t **out, json_t **was, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};

	if (json_object_get(s->p, "adjusts") == NULL)
		return claims_of(c, s, implementer, operator_, out, err);
	FJ_TRY(check_adjusted(c, s, implementer, &a, err));
	if (was != NULL)
		*was = json_incref(a.body);
	return version_claims(c, s, &a, out, err);
}

enum fj_rc dom_grant_content(struct iss_call *c, const struct dom_scope *s, const char *implementer, const char *operator_, char hex[65], struct fj_err *err)
{
	json_t *claims = NULL;

	FJ_TRY(grant_claims(c, s, implementer, operator_, &claims, NULL, err));
	FJ_AUTO(json) owned = claims;
	return dom_claims_content(owned, hex, err);
}

static enum fj_rc adjust(struct iss_call *c, const struct dom_scope *s, const char *id, const char *implementer, const struct dom_org *op, char number[41], struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	json_t *claims = NULL;
	int64_t version;

	FJ_TRY(check_adjusted(c, s, implementer, &a, err));
	FJ_TRY(iss_rule_no_other_operator(a.operator_, op->usci, err));
	FJ_TRY(fj_strcopy(number, 41, a.number));
	FJ_TRY(version_claims(c, s, &a, &claims, err));
	FJ_AUTO(json) payload = claims;
	FJ_TRY(iss_rule_no_term_over_five_years(a.not_before, s->to, err));
	FJ_TRY(dom_auth_renew(c, &a, payload, id, &version, err));
	return adj_record(c, &a, payload, version, id, err);
}

enum fj_rc dom_rebind(struct iss_call *c, bool *more, struct fj_err *err)
{
	char number[41];
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_query(c->db, STO_REBIND_NEXT, &q, err, ""));
		FJ_TRY(sto_step(&q, more, err));
		if (!*more)
			return FJ_OK;
		snprintf(number, sizeof(number), "%s", sto_text(&q, 0));
		snprintf(c->approval, sizeof(c->approval), "%s", sto_text(&q, 1));
	}
	return rebind_one(c, number, err);
}

static bool is_version(const json_t *intent)
{
	return json_object_get(intent, "number") != NULL;
}

static enum fj_rc intended_version(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	FJ_TRY(sts_apply_allot(e, "register", fj_json_num(b, "own_list"), (uint32_t)fj_json_num(b, "own_idx"), err));
	FJ_TRY(sto_run(e->db, STO_PLAN_GRANTED, NULL, err, "tit", fj_json_text(b, "number"), e->seq, fj_json_text(b, "plan")));
	return sto_run(e->db, STO_REBIND_DONE, NULL, err, "t", fj_json_text(b, "number"));
}

/* a version's own entry */
static enum fj_rc set_own(const struct evt *e, const char *credential, int64_t list, int64_t idx, enum sts_value v, struct fj_err *err)
{
	FJ_TRY(log_changed(e, PIPE_AUTHORISATION, credential, v, err));
	return sts_apply_set(e, list, (uint32_t)idx, v, err);
}

/* the version before is superseded; a suspended authorisation's new version is suspended too */
static enum fj_rc issued_version(const struct evt *e, const json_t *b, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	FJ_AUTO(buf) payload = FJ_BUF_INIT(65536);

	FJ_TRY(dom_auth_get(e->db, fj_json_text(b, "number"), &a, err));
	FJ_TRY(fj_json_canonical(json_object_get(b, "payload"), &payload, err));
	bool active = strcmp(a.state, "ACTIVE") == 0;
	bool ended = !active && strcmp(a.state, "SUSPENDED") != 0 && strcmp(a.state, "ENDING") != 0;
	if (!ended)
		FJ_TRY(set_own(e, a.credential, a.own_list, a.own_idx, STS_SUPERSEDED, err));
	if (!active)
		FJ_TRY(set_own(e, e->object, fj_json_num(b, "own_list"), fj_json_num(b, "own_idx"), ended ? STS_INVALID : STS_SUSPENDED, err));
	if (json_object_get(b, "plan") != NULL)
		FJ_TRY(sto_run(e->db, STO_PLAN_ACTIVE, NULL, err, "it", e->seq, a.number));
	FJ_TRY(sto_run(e->db, STO_AUTH_VERSION, NULL, err, "tiittiit", fj_buf_str(&payload), fj_json_num(b, "own_list"), fj_json_num(b, "own_idx"),
	    fj_json_text(e->body, "sha256"), e->object, fj_json_num(json_object_get(b, "payload"), "exp"), e->seq, a.number));
	return json_is_true(json_object_get(b, "rescoped")) ? adj_apply(e, a.number, json_object_get(b, "payload"), true, err) : FJ_OK;
}

/* the intent's body; "" none */
static enum fj_rc intent_of(struct sto *db, const char *object, json_t **out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_INTENT_GET, &q, object, err, "it", (int64_t)PIPE_AUTHORISATION, object));
	return fj_json_parse(fj_slice_str(sto_text(&q, 2)), 262144, out, err);
}

enum fj_rc apply_authorisation_issued(const struct evt *e, struct fj_err *err)
{
	FJ_AUTO(json) intent = NULL;

	FJ_TRY(intent_of(e->db, e->object, &intent, err));
	if (is_version(intent))
		return issued_version(e, intent, err);
	FJ_TRY(sto_run(e->db, STO_PLAN_ACTIVE, NULL, err, "it", e->seq, e->object));
	return sto_run(e->db, STO_AUTH_ISSUED, NULL, err, "tit", fj_json_text(e->body, "sha256"), e->seq, e->object);
}

static enum fj_rc abandoned_version(const struct evt *e, const json_t *intent, struct fj_err *err)
{
	if (json_object_get(intent, "plan") != NULL)
		FJ_TRY(sto_run(e->db, STO_PLAN_NOT_GRANTED, NULL, err, "it", e->seq, fj_json_text(intent, "number")));
	return adj_apply(e, fj_json_text(intent, "number"), json_object_get(intent, "payload"), false, err);
}

enum fj_rc apply_authorisation_abandoned(const struct evt *e, struct fj_err *err)
{
	FJ_AUTO(json) intent = NULL;

	FJ_TRY(intent_of(e->db, e->object, &intent, err));
	if (is_version(intent)) /* the version before stays; why is in the event and the log */
		return abandoned_version(e, intent, err);
	FJ_TRY(sto_run(e->db, STO_PLAN_NOT_GRANTED, NULL, err, "it", e->seq, e->object));
	return sto_run(e->db, STO_AUTH_STATE, NULL, err, "tit", "ABANDONED", e->seq, e->object);
}

/* --- taking back --- */

enum fj_rc dom_party(struct iss_call *c, const struct dom_auth *a, enum iss_party *out, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	const char *org = c->actor->org;

	FJ_TRY(dom_org_get(c->db, a->holder, &holder, err));
	*out = (c->acting & ISS_FINANCE) && strcmp(holder.finance, org) == 0 ? ISS_PARTY_FINANCE
	    : (c->acting & ISS_IMPLEMENTER) && strcmp(a->implementer, org) == 0 ? ISS_PARTY_IMPLEMENTER
	    : (c->acting & ISS_OPERATOR) && strcmp(a->operator_, org) == 0 ? ISS_PARTY_OPERATOR : ISS_PARTY_NONE;
	if (*out != ISS_PARTY_NONE)
		return FJ_OK;
	return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md 7.3", "your organisation is no party of this authorisation in that role",
	    "您所在单位不是该授权的相应当事方");
}

static enum fj_rc party_check(struct iss_call *c, struct dom_auth *a, enum iss_party *out, struct fj_err *err)
{
	const char *number = fj_json_peek(c->params, "number");

	FJ_TRY(num_check(number, err));
	FJ_TRY(dom_auth_get(c->db, number, a, err));
	return dom_party(c, a, out, err);
}

/* While its end waits for the second party it denies already, but that may be refused: a suspension
 * that comes meanwhile is what it then goes back to. */
enum fj_rc dom_auth_suspend(struct iss_call *c, const struct dom_auth *a, enum iss_party by, const char *reason, struct fj_err *err)
{
	const char *to = a->state;
	bool stopped = strcmp(to, "SUSPENDED") == 0 || strcmp(to, "ENDING") == 0;

	bool raise = stopped && by > iss_party_of(a->suspended_by);
	if (!raise)
		FJ_TRY(iss_state_next(ISS_OBJ_AUTHORISATION, a->state, "suspend", &to, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s}", "to", to, "reason", reason, "by", iss_party_name(by));
	FJ_TRY(evt_append(c, raise ? "authorisation.suspension-raised" : "authorisation.suspended", a->number, body, err));
	c->dirty_status = true;
	return raise ? apr_void(c, "authorisation.resume", a->number, "suspended by a higher party 由更高一方暂停", err) : FJ_OK;
}

bool dom_auth_suspended_by(const struct dom_auth *a, enum iss_party by)
{
	return (strcmp(a->state, "SUSPENDED") == 0 || strcmp(a->state, "ENDING") == 0) && by <= iss_party_of(a->suspended_by);
}

enum fj_rc cmd_authorisation_suspend(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	enum iss_party by;

	FJ_TRY(party_check(c, &a, &by, err));
	FJ_TRY(dom_auth_suspend(c, &a, by, fj_json_peek(c->params, "reason"), err));
	c->answer = json_pack("{s:s, s:s}", "number", a.number, "state", strcmp(a.state, "ENDING") == 0 ? a.state : "SUSPENDED");
	return FJ_OK;
}

/* the line's entry: every token carries it; and the version's own */
static enum fj_rc set_entries(const struct evt *e, const struct dom_auth *a, enum sts_value v, struct fj_err *err)
{
	FJ_TRY(sts_apply_set(e, a->line_list, (uint32_t)a->line_idx, v, err));
	return set_own(e, a->credential, a->own_list, a->own_idx, v, err);
}

static enum fj_rc apply_change(const struct evt *e, enum sts_value v, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};

	FJ_TRY(dom_auth_get(e->db, e->object, &a, err));
	FJ_TRY(set_entries(e, &a, v, err));
	return sto_run(e->db, STO_AUTH_STATE, NULL, err, "tit", fj_json_text(e->body, "to"), e->seq, e->object);
}

/* who suspended it, and so who may lift that; "" nobody */
static enum fj_rc apply_by(const struct evt *e, const char *by, struct fj_err *err)
{
	return sto_run(e->db, STO_AUTH_BY, NULL, err, "tt", by, e->object);
}

enum fj_rc apply_authorisation_suspended(const struct evt *e, struct fj_err *err)
{
	FJ_TRY(apply_change(e, STS_SUSPENDED, err));
	return apply_by(e, fj_json_text(e->body, "by"), err);
}

enum fj_rc apply_authorisation_suspension_raised(const struct evt *e, struct fj_err *err)
{
	FJ_TRY(sto_run(e->db, STO_AUTH_ENDING_HELD, NULL, err, "it", e->seq, e->object));
	return apply_by(e, fj_json_text(e->body, "by"), err);
}

enum fj_rc cmd_authorisation_resume(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	const char *to;

	enum iss_party by;

	FJ_TRY(party_check(c, &a, &by, err));
	FJ_TRY(iss_state_next(ISS_OBJ_AUTHORISATION, a.state, "resume", &to, err));
	FJ_TRY(iss_rule_no_resumption_by_lower_party(iss_party_of(a.suspended_by), by, err));
	FJ_TRY(sup_may_resume(c, a.number, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s}", "number", a.number, "reason", fj_json_peek(c->params, "reason"), "by", iss_party_name(by));
	return apr_request(c, "authorisation.resume", a.number, c->actor->org, payload, err);
}

static enum fj_rc move(struct iss_call *c, const char *number, const char *act, const char *event, const char *final, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	const char *to;

	FJ_TRY(dom_auth_get(c->db, number, &a, err));
	FJ_TRY(iss_state_next(ISS_OBJ_AUTHORISATION, a.state, act, &to, err));
	FJ_AUTO(json) body = json_pack("{s:s}", "to", strcmp(to, "FORMER") == 0 ? a.former : final != NULL ? final : to);
	c->dirty_status = true;
	return evt_append(c, event, number, body, err);
}

enum fj_rc apr_authorisation_resume(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(dom_auth) now = {.body = NULL};
	enum iss_party by;

	/* it may have been raised since; both officers are of the party that may */
	FJ_TRY(dom_auth_get(c->db, a->object, &now, err));
	FJ_TRY(dom_party(c, &now, &by, err));
	FJ_TRY(sup_may_resume(c, now.number, err));
	FJ_TRY(iss_rule_no_resumption_by_lower_party(iss_party_of(now.suspended_by), by, err));
	FJ_TRY(iss_rule_no_resumption_by_lower_party(iss_party_of(now.suspended_by), iss_party_of(fj_json_text(a->payload, "by")), err));
	return move(c, a->object, "resume", "authorisation.resumed", NULL, err);
}

enum fj_rc apply_authorisation_resumed(const struct evt *e, struct fj_err *err)
{
	FJ_TRY(apply_change(e, STS_VALID, err));
	return apply_by(e, "", err);
}

enum fj_rc dom_auth_reclaim(struct iss_call *c, const struct dom_auth *a, const char *finance, json_t *payload, struct fj_err *err)
{
	const char *to;

	FJ_TRY(iss_state_next(ISS_OBJ_AUTHORISATION, a->state, "end-request", &to, err));
	return apr_request(c, "authorisation.reclaim", a->number, finance, payload, err);
}

/* reclaim: the implementer decides, the holder's finance department confirms */
enum fj_rc cmd_authorisation_reclaim(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	enum iss_party by;

	FJ_TRY(party_check(c, &a, &by, err));
	FJ_TRY(dom_org_get(c->db, a.holder, &holder, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:s}", "number", a.number, "reason", fj_json_peek(c->params, "reason"));
	return dom_auth_reclaim(c, &a, holder.finance, payload, err);
}

/* surrender: the operator asks, the implementer confirms */
enum fj_rc cmd_authorisation_surrender(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	const char *to;
	enum iss_party by;

	FJ_TRY(party_check(c, &a, &by, err));
	FJ_TRY(iss_state_next(ISS_OBJ_AUTHORISATION, a.state, "end-request", &to, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:s}", "number", a.number, "reason", fj_json_peek(c->params, "reason"));
	return apr_request(c, "authorisation.surrender", a.number, a.implementer, payload, err);
}

enum fj_rc apr_authorisation_end_request(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	return move(c, a->object, "end-request", "authorisation.ending-requested", NULL, err);
}

enum fj_rc apply_authorisation_ending_requested(const struct evt *e, struct fj_err *err)
{
	return apply_change(e, STS_SUSPENDED, err);
}

enum fj_rc apr_authorisation_end(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	bool reclaim = strcmp(a->kind, "authorisation.reclaim") == 0;
	FJ_AUTO(dom_auth) now = {.body = NULL};

	FJ_TRY(move(c, a->object, "end", reclaim ? "authorisation.reclaimed" : "authorisation.terminated", reclaim ? "RECLAIMED" : "TERMINATED", err));
	FJ_TRY(dom_auth_get(c->db, a->object, &now, err));
	return ext_open(c, &now, now.state, err);
}

enum fj_rc apply_authorisation_ended(const struct evt *e, struct fj_err *err)
{
	return apply_change(e, STS_INVALID, err);
}

enum fj_rc apr_authorisation_end_refused(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(dom_auth) now = {.body = NULL};

	FJ_TRY(move(c, a->object, "keep", "authorisation.ending-refused", NULL, err));
	FJ_TRY(dom_auth_get(c->db, a->object, &now, err));
	if (strcmp(now.state, "ACTIVE") != 0 || sup_may_resume(c, now.number, NULL) == FJ_OK)
		return FJ_OK;
	/* a supervisor ordered the suspension meanwhile */
	return dom_auth_suspend(c, &now, ISS_PARTY_FINANCE, "an order of suspension stands 监管指令要求暂停", err);
}

enum fj_rc apply_authorisation_ending_refused(const struct evt *e, struct fj_err *err)
{
	return apply_change(e, strcmp(fj_json_text(e->body, "to"), "SUSPENDED") == 0 ? STS_SUSPENDED : STS_VALID, err);
}

/* --- reading --- */

static json_t *auth_json(const struct dom_auth *a, fj_time now)
{
	char from[FJ_TIME_CAP], to[FJ_TIME_CAP];
	const json_t *g = json_object_get(a->body, "grant");
	bool over = strcmp(a->state, "ACTIVE") == 0 && expired(a->not_after, now);

	fj_time_utc(a->not_before, from);
	fj_time_utc(a->not_after, to);
	return json_pack("{s:s, s:s, s:I, s:s, s:{s:s, s:s}, s:{s:s, s:s}, s:O, s:s, s:s, s:O, s:O}", "number", a->number, "state", over ? "EXPIRED" : a->state,
	    "version", (json_int_t)fj_json_num(a->body, "version"), "mode", fj_json_peek(g, "mode"), "operator", "usci", a->operator_, "name", a->operator_name, "holder", "usci", a->holder, "name",
	    a->holder_name, "implementer", json_object_get(a->body, "implementer"), "not_before", from, "not_after", to, "grant", g, "assets",
	    json_object_get(a->body, "assets"));
}

/* what the agreement lists to be offered, [] where there is none */
static enum fj_rc agreed_into(struct sto *db, const char *number, const json_t *grant, json_t *out, struct fj_err *err)
{
	static const char *const keys[] = {"id", "name", "purpose", "level"};
	json_t *agreement = NULL, *list = json_array(), *v;
	enum fj_rc rc = dom_agreement_get(db, number, &agreement, err);
	FJ_AUTO(json) owned = agreement;
	size_t i;

	json_array_foreach(json_object_get(owned, "products"), i, v) {
		json_t *one = json_object();
		for (size_t k = 0; k < FJ_ARRAY_LEN(keys); k++)
			json_object_set(one, keys[k], json_object_get(v, keys[k]));
		if (!fj_list_has(json_object_get(grant, "purposes"), fj_json_text(v, "purpose")))
			json_object_set_new(one, "beyond_scope", json_true()); /* the authorisation was made narrower */
		json_array_append_new(list, one);
	}
	FJ_TRY(fj_json_set(out, "agreed_products", list));
	return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
}

/* its terms, and the plan that it goes by */
static enum fj_rc plan_into(struct sto *db, const struct dom_auth *a, json_t *out, struct fj_err *err)
{
	FJ_AUTO(dom_plan) p = {.doc = NULL};
	enum fj_rc rc = dom_plan_of(db, a->number, &p, err);

	if (rc == FJ_OK)
		FJ_TRY(fj_json_set(out, "plan", json_string(p.id)));
	FJ_TRY(fj_json_set(out, "terms", json_string(fj_json_text(json_object_get(a->body, "terms"), "kind"))));
	return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
}

enum fj_rc dom_since(struct sto *db, const char *number, json_t *o, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char at[FJ_TIME_CAP];

	FJ_TRY(sto_first(db, STO_STATE_SINCE, &q, number, err, "t", number));
	if (sto_int(&q, 0) == 0)
		return FJ_OK;
	fj_time_utc(sto_int(&q, 0), at);
	return fj_json_set(o, "revoked_at", json_string(at));
}

enum fj_rc cmd_authorisation_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	FJ_AUTO(buf) compact = FJ_BUF_INIT(FJ_TOKEN_MAX);
	FJ_AUTO(buf) proof = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);

	FJ_TRY(dom_auth_get(c->db, fj_json_peek(c->params, "number"), &a, err));
	c->answer = auth_json(&a, c->now);
	FJ_TRY(dom_since(c->db, a.number, c->answer, err));
	if (log_credential(c->iss, c->db, PIPE_AUTHORISATION, a.credential, &compact, &proof, NULL) == FJ_OK) {
		json_object_set_new(c->answer, "compact", json_string(fj_buf_str(&compact)));
		json_object_set_new(c->answer, "log_proof", json_string(fj_buf_str(&proof)));
	}
	FJ_AUTO(sto_q) q = {0};
	FJ_TRY(sto_first(c->db, STO_TOKEN_COUNT, &q, "count", err, "t", a.number));
	json_object_set_new(c->answer, "tokens", json_integer((json_int_t)sto_int(&q, 0)));
	json_t *adjustments = NULL;
	FJ_TRY(adj_of(c->db, a.number, &adjustments, err));
	json_object_set_new(c->answer, "adjustments", adjustments);
	FJ_TRY(agreed_into(c->db, a.number, json_object_get(a.body, "grant"), c->answer, err));
	FJ_TRY(plan_into(c->db, &a, c->answer, err));
	FJ_TRY(evl_into(c->db, a.number, c->now, c->answer, err));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
