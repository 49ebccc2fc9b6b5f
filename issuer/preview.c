/*
 * preview.c - approval.preview: what will be signed when an approval is given, what differs
 * from what is in force, and which entries of the published status change.
 *
 * The content is made as carrying out would make it, from the register as it is now, and
 * nothing is stored.  For certificates the structure itself is built, linted and read back.
 * What the register would refuse to carry out stands beside it, with its rule: an approval
 * is bound to the content that was asked for (its payload's "content"), so a change in
 * between shows here before it refuses there.
 */
#include "issuer/preview.h"

#include "issuer/card.h"
#include "issuer/domain.h"
#include "issuer/plan.h"
#include "issuer/profile.h"
#include "issuer/reporting.h"
#include "issuer/supervision.h"
#include "issuer/token.h"

#define PAGE 20 /* certificates built for one answer */
#define USUAL 5 /* what a page of at most 100 kB holds */

const struct iss_field fld_approval_preview[] = {
	{"id", ISS_F_STR, true, 40, "编号", "approval"},
	{"after", ISS_F_STR, false, 64, "起始", "of several certificates: start after this asset"},
	{"limit", ISS_F_INT, false, PAGE, "条数", "how many of several certificates, 5 by default"},
	{0},
};

struct look {
	struct iss_call *c;
	const char *kind, *object, *name;
	const json_t *payload;
	json_t *documents, *status, *differences; /* what the answer has */
	json_t *job; /* of a job of tokens: for whom, and the fee; of a report: all of it; of a plan: the authorisation that it adjusts; owned */
	char next[DOM_CAP(DOM_MAX_ASSET_NO)];
};

/* --- certificates --- */

static enum fj_rc read_rows(struct fj_slice der, bool tbs, bool own_key, bool end_known, json_t *rows, struct fj_err *err)
{
	struct fj_x509 x;

	FJ_TRY(tbs ? fj_x509_read_tbs(der, &x, err) : fj_x509_read(der, &x, err));
	return prv_certificate(&x, own_key, end_known, rows, err);
}

static enum fj_rc built_rows(struct look *l, const json_t *intent, bool end_known, json_t *rows, struct fj_err *err)
{
	FJ_AUTO(buf) tbs = FJ_BUF_INIT(FJ_X509_MAX);
	struct pipe_intent in = {.kind = PIPE_CERTIFICATE, .alg = pipe_table[PIPE_CERTIFICATE].alg, .object = fj_json_text(intent, "number"), .body = intent, .approval = ""};

	FJ_TRY(pipe_table[PIPE_CERTIFICATE].build(l->c->iss, &in, &tbs, err));
	return read_rows(fj_buf_slice(&tbs), true, fj_json_num(intent, "key_origin") != 0, end_known, rows, err);
}

/* the certificate that it succeeds, and what the two cards say differently */
static enum fj_rc former(struct look *l, const char *number, const json_t *intent, json_t *rows, json_t *doc, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(json) before = json_array();
	FJ_AUTO(json) items = json_array();
	struct dom_cert old;

	FJ_TRY(dom_cert_get(l->c->db, number, &old, err));
	FJ_TRY(dom_credential(l->c->db, PIPE_CERTIFICATE, number, &der, err));
	FJ_TRY(read_rows(fj_buf_slice(&der), false, fj_json_num(intent, "key_origin") != 0, true, before, err));
	FJ_TRY(prv_compare(rows, before, err));
	FJ_TRY(card_differences(l->c->db, old.asset_no, old.version, fj_json_num(intent, "card_version"), items, err));
	return fj_json_set(doc, "card", json_pack("{s:I, s:I, s:O}", "from", (json_int_t)old.version, "to", (json_int_t)fj_json_num(intent, "card_version"), "items", items));
}

static enum fj_rc one_certificate(struct look *l, const json_t *item, struct fj_err *err)
{
	FJ_AUTO(json) doc = NULL;
	FJ_AUTO(json) rows = json_array();
	json_t *seen = NULL;

	FJ_TRY(dom_certificate_preview(l->c, l->payload, fj_json_text(item, "asset_no"), &seen, err));
	FJ_AUTO(json) owned = seen;
	const json_t *intent = json_object_get(seen, "intent");
	const char *succeeds = fj_json_text(seen, "succeeds");
	doc = json_pack("{s:s, s:s, s:s, s:s, s:O, s:O*, s:O*}", "credential", "certificate", "object", fj_json_text(item, "asset_no"), "name", fj_json_text(intent, "asset_name"), "succeeds", succeeds,
	    "fields", rows, "content", json_object_get(item, "content"), "refused", json_object_get(seen, "refused"));
	if (doc == NULL)
		return fj_no_memory(err, "issuer");
	if (intent != NULL) {
		FJ_TRY(built_rows(l, intent, json_is_true(json_object_get(seen, "keeps_end")), rows, err));
		if (succeeds[0] != '\0')
			FJ_TRY(former(l, succeeds, intent, rows, doc, err));
	}
	return json_array_append(l->documents, doc) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc certificates(struct look *l, struct fj_err *err)
{
	const char *after = fj_json_text(l->c->params, "after");
	int64_t limit = USUAL, n = 0;
	size_t i;
	json_t *item;

	FJ_TRY(fj_json_opt_int(l->c->params, "limit", 1, PAGE, &limit, err));
	json_array_foreach(json_object_get(l->payload, "assets"), i, item) { /* sorted when they were asked for */
		if (strcmp(fj_json_text(item, "asset_no"), after) <= 0)
			continue;
		if (n == limit) {
			const char *last = fj_json_text(json_array_get(json_object_get(l->payload, "assets"), i - 1), "asset_no");
			snprintf(l->next, sizeof(l->next), "%s", last);
			return FJ_OK;
		}
		FJ_TRY(one_certificate(l, item, err));
		n++;
	}
	return FJ_OK;
}

/* --- authorisations --- */

static enum fj_rc add_claims(struct look *l, const json_t *seen, struct fj_err *err)
{
	FJ_AUTO(json) rows = json_array();
	FJ_AUTO(json) before = json_array();
	const json_t *claims = json_object_get(seen, "claims"), *was = json_object_get(seen, "was");

	if (claims != NULL)
		FJ_TRY(prv_claims(claims, rows, err));
	if (claims != NULL && was != NULL) {
		FJ_TRY(prv_claims(was, before, err));
		FJ_TRY(prv_compare(rows, before, err));
	}
	json_t *doc = json_pack("{s:s, s:s, s:s, s:s, s:O, s:O*, s:O*}", "credential", "authorisation", "object", l->object, "name", l->name, "succeeds", fj_json_text(was, "jti"), "fields", rows,
	    "content", json_object_get(l->payload, "content"), "refused", json_object_get(seen, "refused"));
	return json_array_append_new(l->documents, doc) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc grant(struct look *l, struct fj_err *err)
{
	json_t *seen = NULL;

	FJ_TRY(dom_grant_preview(l->c, l->object, l->payload, &seen, err));
	FJ_AUTO(json) owned = seen;
	return add_claims(l, owned, err);
}

static enum fj_rc narrowed(struct look *l, struct fj_err *err)
{
	json_t *seen = NULL;

	FJ_TRY(adj_preview(l->c, l->object, l->payload, &seen, err));
	FJ_AUTO(json) owned = seen;
	return add_claims(l, owned, err);
}

/* --- published status --- */

static const char *const words[] = {"ACTIVE", "REVOKED", "SUSPENDED", "SUPERSEDED"};

static enum fj_rc entry(struct look *l, const char *what, int64_t list, int64_t idx, enum sts_value then, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char uri[240];

	FJ_TRY(sto_first(l->c->db, STO_ENTRY_GET, &q, what, err, "ii", list, idx));
	snprintf(uri, sizeof(uri), "%s/status/%lld", iss_base(l->c->iss), (long long)list);
	json_t *row = json_pack("{s:s, s:s, s:I, s:s, s:s}", "object", what, "list", uri, "idx", (json_int_t)idx, "from_state", words[sto_int(&q, 0) & 3], "to_state", words[then & 3]);
	return json_array_append_new(l->status, row) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc of_certificate(struct look *l, const char *number, enum sts_value then, struct fj_err *err)
{
	struct dom_cert t;
	FJ_AUTO(dom_asset) a = {.card = NULL};
	char uri[240];

	FJ_TRY(dom_cert_get(l->c->db, number, &t, err));
	FJ_TRY(dom_asset_get(l->c->db, t.asset_no, &a, err));
	FJ_TRY(entry(l, t.number, t.list, t.idx, then, err));
	if (strcmp(a.certificate, t.number) == 0 && a.status_list >= 0)
		FJ_TRY(entry(l, t.asset_no, a.status_list, a.status_idx, then, err));
	snprintf(uri, sizeof(uri), "%s/crl/%lld.crl", iss_base(l->c->iss), (long long)t.shard);
	json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s}", "object", t.number, "list", uri, "serial", t.serial, "from_state", t.reason == 6 ? words[STS_SUSPENDED] : t.reason == 0 ? words[STS_VALID] : words[STS_INVALID],
	    "to_state", words[then & 3]);
	return json_array_append_new(l->status, row) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc of_authorisation(struct look *l, enum sts_value then, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};

	FJ_TRY(dom_auth_get(l->c->db, l->object, &a, err));
	FJ_TRY(entry(l, a.number, a.line_list, a.line_idx, then, err));
	return entry(l, a.credential, a.own_list, a.own_idx, then, err);
}

static enum fj_rc resume_certificate(struct look *l, struct fj_err *err)
{
	return of_certificate(l, l->object, STS_VALID, err);
}

static enum fj_rc end_certificate(struct look *l, struct fj_err *err)
{
	return of_certificate(l, l->object, STS_INVALID, err);
}

static enum fj_rc resume_authorisation(struct look *l, struct fj_err *err)
{
	return of_authorisation(l, STS_VALID, err);
}

static enum fj_rc end_authorisation(struct look *l, struct fj_err *err)
{
	return of_authorisation(l, STS_INVALID, err);
}

/* of what a report of a key found, the first: the certificates' entries and CRLs, the tokens' entries */
static enum fj_rc end_of_key(struct look *l, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	struct token t;
	bool row;

	FJ_TRY(sto_query(l->c->db, STO_KEY_HITS_OWN, &q, err, "t", l->object));
	for (int n = 0; n < PAGE; n++) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		const char *kind = sto_text(&q, 0), *object = sto_text(&q, 1), *state = sto_text(&q, 2);
		bool live = strcmp(state, "ACTIVE") == 0 || strcmp(state, "SUSPENDED") == 0 || strcmp(state, "REVOKING") == 0 || strcmp(state, "EXHAUSTED") == 0;
		if (live && strcmp(kind, "certificate") == 0)
			FJ_TRY(of_certificate(l, object, STS_INVALID, err));
		if (!live || strcmp(kind, "token") != 0)
			continue;
		FJ_TRY(tok_get(l->c->db, object, &t, err));
		FJ_TRY(entry(l, t.id, t.list, t.idx, STS_INVALID, err));
	}
	return FJ_OK;
}

static enum fj_rc resume_token(struct look *l, struct fj_err *err)
{
	struct token t;

	FJ_TRY(tok_get(l->c->db, l->object, &t, err));
	return entry(l, t.id, t.list, t.idx, STS_VALID, err);
}

static enum fj_rc thawed(struct look *l, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};

	FJ_TRY(dom_asset_get(l->c->db, l->object, &a, err));
	return a.held[0] != '\0' ? of_certificate(l, a.held, STS_VALID, err) : FJ_OK;
}

static enum fj_rc executed(struct look *l, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};

	FJ_TRY(dom_asset_get(l->c->db, fj_json_text(l->payload, "asset_no"), &a, err));
	return a.certificate[0] != '\0' ? of_certificate(l, a.certificate, STS_INVALID, err) : FJ_OK;
}

/* --- differences of what is entered, not signed --- */

static enum fj_rc differs(struct look *l, const char *key, const json_t *was, const json_t *is, struct fj_err *err)
{
	const char *zh, *en;

	if (json_equal(was, is))
		return FJ_OK;
	prf_words(key, &zh, &en);
	json_t *row = json_pack("{s:s, s:s, s:s, s:O?, s:O?}", "key", key, "zh", zh, "en", en, "was", was, "value", is);
	return json_array_append_new(l->differences, row) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc organisation(struct look *l, struct fj_err *err)
{
	const char *field;
	json_t *change;

	json_object_foreach(json_object_get(l->payload, "changes"), field, change)
		FJ_TRY(differs(l, field, json_object_get(change, "from"), json_object_get(change, "to"), err));
	return FJ_OK;
}

static enum fj_rc moved(struct look *l, struct fj_err *err)
{
	const json_t *was = json_object_get(l->payload, "was");

	FJ_TRY(differs(l, "org", json_object_get(was, "org"), json_object_get(l->payload, "org"), err));
	return differs(l, "roles", json_object_get(was, "roles"), json_object_get(l->payload, "roles"), err);
}

static enum fj_rc profile(struct look *l, struct fj_err *err)
{
	const char *key;
	json_t *is;

	json_object_foreach(json_object_get(l->payload, "change"), key, is)
		FJ_TRY(differs(l, key, json_object_get(json_object_get(l->payload, "was"), key), is, err));
	return FJ_OK;
}

/* --- a plan that adjusts an authorisation --- */

static enum fj_rc plan(struct look *l, struct fj_err *err)
{
	FJ_AUTO(dom_plan) p = {.doc = NULL};
	const json_t *items = json_object_get(l->payload, "items"), *agreement = json_object_get(l->payload, "agreement");
	json_t *changes = NULL;

	FJ_TRY(dom_plan_get(l->c->db, l->object, &p, err));
	FJ_TRY(dom_plan_changes(l->c->db, &p, items != NULL ? items : json_object_get(p.doc, "items"), agreement != NULL ? agreement : json_object_get(p.doc, "agreement"), &changes, err));
	FJ_AUTO(json) owned = changes;
	if (changes == NULL)
		return FJ_OK;
	l->job = json_pack("{s:O}", "adjusts", json_object_get(changes, "authorisation"));
	return l->job != NULL && json_array_extend(l->differences, json_object_get(changes, "rows")) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- a job of license tokens --- */

static enum fj_rc users(struct look *l, struct fj_err *err)
{
	json_t *list = NULL;

	FJ_TRY(tok_users_kept(fj_json_text(l->payload, "sha256"), &list, err));
	l->job = json_pack("{s:o, s:O, s:O*, s:O*}", "users", list, "users_total", json_object_get(l->payload, "rows"), "rows_left_out",
	    json_object_get(l->payload, "rows_left_out"), "users_left_out", json_object_get(l->payload, "users_left_out"));
	if (l->job == NULL)
		return fj_no_memory(err, "issuer");
	return tok_told(l->c, json_object_get(l->payload, "request"), l->job, err);
}

/* licenses that are signed whole: whose they are stands in what is signed */
static enum fj_rc licensed(struct look *l, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	const json_t *users = json_object_get(l->payload, "users");

	for (size_t i = 0; i < json_array_size(users) && i < TOK_USERS_TOLD; i++) {
		const json_t *holder = json_object_get(json_array_get(users, i), "holder");
		if (json_array_append_new(list, json_pack("{s:I, s:s, s:s}", "line", (json_int_t)i + 1, "usci", fj_json_text(holder, "usci"), "name", fj_json_text(holder, "name"))) != 0)
			return fj_no_memory(err, "issuer");
	}
	l->job = json_pack("{s:O, s:I}", "users", list, "users_total", (json_int_t)json_array_size(users));
	if (l->job == NULL)
		return fj_no_memory(err, "issuer");
	return tok_told(l->c, json_object_get(l->payload, "request"), l->job, err);
}

/* --- a report --- */

static enum fj_rc report(struct look *l, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	json_t *doc = NULL;

	FJ_TRY(sto_first(l->c->db, STO_REPORT_GET, &q, l->object, err, "t", l->object));
	FJ_TRY(rpt_stored(l->c->db, &q, &doc, err));
	l->job = json_pack("{s:o}", "report", doc);
	return l->job != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- the answer --- */

static const struct kind {
	const char *kind, *signs;
	enum fj_rc (*fn)(struct look *l, struct fj_err *err);
} kinds[] = {
	{"certificate.issue", "certificate", certificates}, {"authorisation.grant", "authorisation", grant}, {"authorisation.adjust", "authorisation", narrowed},
	{"certificate.resume", "status", resume_certificate}, {"certificate.revoke", "status", end_certificate}, {"authorisation.resume", "status", resume_authorisation},
	{"key.compromised", "status", end_of_key}, {"authorisation.reclaim", "status", end_authorisation}, {"authorisation.surrender", "status", end_authorisation}, {"token.resume", "status", resume_token},
	{"asset.unfreeze", "status", thawed}, {"registration.execute", "status", executed}, {"token.bulk", "token", users}, {"token.issue", "token", licensed}, {"report.approve", "report", report},
	{"plan.approve", "record", plan}, {"plan.deliberate", "record", plan}, {"plan.agree", "record", plan}, {"organisation.change", "record", organisation}, {"user.move", "record", moved}, {"profile.adopt", "record", profile},
};

static const struct kind *kind_of(const char *name)
{
	static const struct kind plain = {"", "record", NULL};

	for (size_t i = 0; i < FJ_ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].kind, name) == 0)
			return &kinds[i];
	return &plain;
}

enum fj_rc cmd_approval_preview(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) shown = NULL;
	FJ_AUTO(json) documents = json_array();
	FJ_AUTO(json) status = json_array();
	FJ_AUTO(json) differences = json_array();

	FJ_TRY(apr_show(c, fj_json_text(c->params, "id"), &shown, err));
	struct look l = {.c = c, .kind = fj_json_text(shown, "kind"), .object = fj_json_text(shown, "object"), .name = fj_json_text(shown, "object_name"), .payload = json_object_get(shown, "payload"), .documents = documents,
		.status = status, .differences = differences};
	const struct kind *k = kind_of(l.kind);
	enum fj_rc rc = FJ_OK;
	bool open = strcmp(fj_json_text(shown, "state"), "OPEN") == 0; /* what was decided is in the record: nothing will be signed any more */
	if (open && k->fn != NULL && json_object_size(l.payload) > 0)
		rc = k->fn(&l, err);
	FJ_AUTO(json) job = l.job;
	FJ_TRY(rc);
	c->answer = json_pack("{s:s, s:s, s:s, s:s, s:O, s:s, s:O, s:O, s:O, s:s?}", "id", fj_json_text(shown, "id"), "kind", l.kind, "object", l.object, "state", fj_json_text(shown, "state"), "digest",
	    json_object_get(shown, "digest"), "signs", k->signs, "documents", documents, "status", status, "differences", differences, "next", l.next[0] != '\0' ? l.next : NULL);
	return c->answer != NULL && (job == NULL || json_object_update(c->answer, job) == 0) ? FJ_OK : fj_no_memory(err, "issuer");
}
