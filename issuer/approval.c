/*
 * approval.c - what a second officer has to decide (R22).
 *
 * A request stores its payload and the payload's hash: what is approved is what
 * is executed.  The applicant can't decide, nor can the same natural person
 * under another login, nor anybody twice.  Approving executes in the same
 * transaction.  Taking back suspends when it is requested (on_request); refusing
 * lifts that, so such a kind asks for two refusals.
 */
#include "issuer/domain.h"
#include "issuer/iss.h"

struct kind {
	const char *name;
	uint32_t request, approve;
	apr_fn on_request, execute, on_refuse;
	int refusals;
};
#define APPROVAL(name, request, approve, on_request, execute, on_refuse, refusals) \
	{name, request, approve, on_request, execute, on_refuse, refusals},
static const struct kind kinds[] = {
#include "issuer/approvals.def"
#include "issuer/approvals_core.def"
};

static const struct kind *kind_find(const char *name)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

static enum fj_rc no(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	fj_fail(err, rc, "issuer", "R22", "%s", en);
	fj_err_zh(err, "%s", zh);
	if (err != NULL)
		snprintf(err->basis, sizeof(err->basis), "profile");
	return rc;
}

/* the first role of the actor that may do this, as text */
static const char *role_for(const struct iss_actor *a, uint32_t roles)
{
	for (uint32_t bit = 1; bit != 0 && bit <= ISS_SYSTEM; bit <<= 1)
		if (a->roles & roles & bit)
			return iss_role_name((enum iss_role)bit);
	return "";
}

enum fj_rc apr_open_for(struct iss_call *c, const char *kind, const char *object, char out[32], struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	out[0] = '\0';
	FJ_TRY(sto_query(c->db, STO_APPROVAL_OPEN, &q, err, "tt", kind, object));
	FJ_TRY(sto_step(&q, &row, err));
	if (row)
		snprintf(out, 32, "%s", sto_text(&q, 0));
	return FJ_OK;
}

static enum fj_rc digest_of(const json_t *payload, struct fj_buf *text, struct fj_hash *digest, struct fj_err *err)
{
	FJ_TRY(fj_json_canonical(payload, text, err));
	fj_sha256(fj_buf_slice(text), digest);
	return FJ_OK;
}

enum fj_rc apr_request(struct iss_call *c, const char *kind, const char *object, const char *org, json_t *payload, struct fj_err *err)
{
	const struct kind *k = kind_find(kind);
	char id[32], open[32], hex[65];
	FJ_AUTO(buf) text = FJ_BUF_INIT(2u << 20);
	struct fj_hash digest;

	if (k == NULL)
		return fj_fail(err, FJ_E_INTERNAL, "issuer", NULL, "there is no approval \"%s\"", kind);
	FJ_TRY(apr_open_for(c, kind, object, open, err));
	if (open[0] != '\0') {
		enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", NULL, "this waits for a decision already: %s", open);
		fj_err_zh(err, "该事项已有待审批申请：%s", open);
		return rc;
	}
	FJ_TRY(digest_of(payload, &text, &digest, err));
	fj_hex(digest.b, FJ_SHA256_LEN, hex);
	iss_new_id("AP-", 12, id);
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:O, s:s, s:s, s:s, s:s}", "id", id, "kind", kind, "object", object,
	    "org", org, "payload", payload, "digest", hex, "applicant", c->actor->login, "person", c->actor->person,
	    "role", role_for(c->actor, k->request));
	FJ_TRY(evt_append(c, "approval.requested", id, body, err));
	struct apr a = {.kind = kind, .object = object, .org = org, .payload = payload, .applicant = c->actor->login};
	snprintf(a.id, sizeof(a.id), "%s", id);
	if (k->on_request != NULL)
		FJ_TRY(k->on_request(c, &a, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:{s:s}}", "approval", id, "kind", kind, "object", object,
	    "waiting_for", "role", k->approve & ISS_FINANCE ? "FINANCE" : k->approve & ISS_IMPLEMENTER ? "IMPLEMENTER" : "OPERATOR");
	return c->answer != NULL ? FJ_OK : fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
}

enum fj_rc apply_approval_requested(const struct evt *e, struct fj_err *err)
{
	FJ_AUTO(buf) payload = FJ_BUF_INIT(2u << 20);
	const char *hex = fj_json_peek(e->body, "digest");
	uint8_t digest[FJ_SHA256_LEN];

	FJ_TRY(fj_json_canonical(json_object_get(e->body, "payload"), &payload, err));
	if (hex == NULL || strlen(hex) != 64 || fj_unhex(hex, 64, digest) != FJ_OK)
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "an approval has no digest");
	return sto_run(e->db, STO_APPROVAL_ADD, NULL, err, "tttttbttti", e->object, fj_json_peek(e->body, "kind"),
	    fj_json_peek(e->body, "object"), fj_json_peek(e->body, "org"), fj_buf_str(&payload), FJ_SLICE(digest, sizeof(digest)),
	    fj_json_peek(e->body, "applicant"), fj_json_peek(e->body, "person"), fj_json_peek(e->body, "role"), (int64_t)e->at);
}

enum fj_rc apply_approval_decided(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	FJ_TRY(sto_run(e->db, STO_DECISION_ADD, NULL, err, "ttttt" "ti", e->object, fj_json_peek(b, "officer"), fj_json_peek(b, "person"),
	    fj_json_peek(b, "role"), fj_json_peek(b, "verdict"), fj_json_peek(b, "note"), (int64_t)e->at));
	return sto_run(e->db, STO_APPROVAL_STATE, NULL, err, "tt", fj_json_peek(b, "state"), e->object);
}

/* --- reading --- */

struct stored {
	char id[32], kind[40], object[DOM_CAP(DOM_MAX_ASSET_NO)], org[19], applicant[64], person[64], role[24], state[12];
	fj_time at;
	json_t *payload;
	struct fj_hash digest;
};
static void stored_release(struct stored *s)
{
	json_decref(s->payload);
}
FJ_DEFINE_AUTO(stored, struct stored, stored_release)

static enum fj_rc from_row(const struct sto_q *q, struct stored *s, struct fj_err *err)
{
	const struct sto_copy texts[] = {STO_COPY(0, s->id), STO_COPY(1, s->kind), STO_COPY(2, s->object), STO_COPY(3, s->org),
		STO_COPY(6, s->applicant), STO_COPY(7, s->person), STO_COPY(8, s->role), STO_COPY(10, s->state)};

	FJ_TRY(sto_copy(q, texts, FJ_ARRAY_LEN(texts), "an approval", err));
	s->at = sto_int(q, 9);
	struct fj_hash again;
	fj_sha256(fj_slice_str(sto_text(q, 4)), &again);
	if (!fj_slice_eq(sto_blob(q, 5), FJ_SLICE(again.b, FJ_SHA256_LEN)))
		return fj_fail(err, FJ_E_CORRUPT, "issuer", "R22", "approval %s was changed after it was requested", s->id);
	s->digest = again;
	return fj_json_parse(fj_slice_str(sto_text(q, 4)), 2u << 20, &s->payload, err);
}

static enum fj_rc load(struct sto *db, const char *id, struct stored *s, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_APPROVAL_GET, &q, id, err, "t", id));
	return from_row(&q, s, err);
}

static bool may_decide(const struct iss_actor *a, const struct stored *s, const struct kind *k)
{
	return k != NULL && (a->roles & k->approve) && (s->org[0] == '\0' || strcmp(s->org, a->org) == 0) &&
	    strcmp(a->person, s->person) != 0;
}

static enum fj_rc decisions_json(struct sto *db, const char *id, json_t **out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) list = json_array();
	bool row;
	char at[FJ_TIME_CAP];

	FJ_TRY(sto_query(db, STO_DECISION_LIST, &q, err, "t", id));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		fj_time_utc(sto_int(&q, 5), at);
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "officer", sto_text(&q, 0), "role", sto_text(&q, 2),
		    "verdict", sto_text(&q, 3), "note", sto_text(&q, 4), "at", at));
	}
	*out = fj_move(list);
	return FJ_OK;
}

static enum fj_rc to_json(struct iss_call *c, const struct stored *s, json_t **out, struct fj_err *err)
{
	json_t *decisions = NULL;
	char at[FJ_TIME_CAP];
	const struct kind *k = kind_find(s->kind);

	FJ_TRY(decisions_json(c->db, s->id, &decisions, err));
	fj_time_utc(s->at, at);
	*out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:O, s:o}", "id", s->id, "kind", s->kind, "object", s->object,
	    "applicant", s->applicant, "requested_at", at, "state", s->state,
	    "mine", strcmp(s->state, "OPEN") == 0 && may_decide(c->actor, s, k), "payload", s->payload, "decisions", decisions);
	return *out != NULL ? FJ_OK : fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
}

enum fj_rc cmd_approval_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(stored) s = {0};

	FJ_TRY(load(c->db, fj_json_peek(c->params, "id"), &s, err));
	return to_json(c, &s, &c->answer, err);
}

enum fj_rc cmd_approval_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();
	const char *after, *state = fj_json_peek(c->params, "state");
	char last[32] = "";
	int64_t limit, n = 0;
	bool row;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, STO_APPROVAL_LIST, &q, err, "tti", state == NULL ? "OPEN" : state, after, limit));
	for (;; n++) {
		FJ_AUTO(stored) s = {0};
		json_t *one = NULL;
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		FJ_TRY(from_row(&q, &s, err));
		memcpy(last, s.id, sizeof(last));
		FJ_TRY(to_json(c, &s, &one, err));
		json_array_append_new(items, one);
	}
	c->answer = json_pack("{s:O, s:s?}", "items", items, "next", n == limit ? last : NULL);
	return c->answer != NULL ? FJ_OK : fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
}

/* --- deciding --- */

static enum fj_rc check_decider(struct iss_call *c, const struct stored *s, const struct kind *k, struct fj_err *err)
{
	if (strcmp(s->state, "OPEN") != 0)
		return no(err, FJ_E_STATE, "this approval is decided already", "该审批已办结");
	if (strcmp(c->actor->person, s->person) == 0)
		return no(err, FJ_E_REFUSED, "nobody decides the own request; ask another officer", "申请人不得审批本人的申请，请由其他经办人审批");
	if (k == NULL || !(c->actor->roles & k->approve))
		return no(err, FJ_E_FORBIDDEN, "your role may not decide this", "您的角色无权审批此事项");
	if (s->org[0] != '\0' && strcmp(s->org, c->actor->org) != 0)
		return no(err, FJ_E_FORBIDDEN, "this is for the officers of another organisation to decide", "此事项应由其他单位的经办人审批");
	return FJ_OK;
}

static enum fj_rc decide(struct iss_call *c, const struct stored *s, const struct kind *k, const char *verdict, const char *state, struct fj_err *err)
{
	const char *note = fj_json_peek(c->params, "note");
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "officer", c->actor->login, "person", c->actor->person,
	    "role", role_for(c->actor, k->approve), "verdict", verdict, "note", note == NULL ? "" : note, "state", state);

	enum fj_rc rc = evt_append(c, "approval.decided", s->id, body, err);
	return rc == FJ_E_EXISTS ? no(err, FJ_E_EXISTS, "you have decided this already; another officer is needed", "您已作出过决定，须由另一名经办人审批") : rc;
}

static void as_apr(const struct stored *s, struct apr *a)
{
	*a = (struct apr){.kind = s->kind, .object = s->object, .org = s->org, .payload = s->payload, .applicant = s->applicant};
	snprintf(a->id, sizeof(a->id), "%s", s->id);
}

enum fj_rc cmd_approval_approve(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(stored) s = {0};
	struct apr a;

	FJ_TRY(load(c->db, fj_json_peek(c->params, "id"), &s, err));
	const struct kind *k = kind_find(s.kind);
	FJ_TRY(check_decider(c, &s, k, err));
	if (k->execute != apr_clock_reset)
		FJ_TRY(iss_clock_check(c->iss, err));
	FJ_TRY(decide(c, &s, k, "approve", "APPROVED", err));
	as_apr(&s, &a);
	snprintf(c->approval, sizeof(c->approval), "%s", s.id);
	FJ_TRY(k->execute(c, &a, err));
	if (c->answer == NULL)
		c->answer = json_pack("{s:s, s:s, s:s, s:s}", "id", s.id, "state", "APPROVED", "kind", s.kind, "object", s.object);
	return c->answer != NULL ? FJ_OK : fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
}

enum fj_rc cmd_approval_reject(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(stored) s = {0};
	struct apr a;
	int64_t refused;

	FJ_TRY(load(c->db, fj_json_peek(c->params, "id"), &s, err));
	const struct kind *k = kind_find(s.kind);
	FJ_TRY(check_decider(c, &s, k, err));
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(c->db, STO_DECISION_COUNT, &q, "count", err, "tt", s.id, "reject"));
		refused = sto_int(&q, 0) + 1;
	}
	bool final = refused >= k->refusals;
	FJ_TRY(decide(c, &s, k, "reject", final ? "REFUSED" : "OPEN", err));
	as_apr(&s, &a);
	snprintf(c->approval, sizeof(c->approval), "%s", s.id);
	if (final && k->on_refuse != NULL)
		FJ_TRY(k->on_refuse(c, &a, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:I}", "id", s.id, "state", final ? "REFUSED" : "OPEN", "object", s.object,
	    "refusals_missing", (json_int_t)(final ? 0 : k->refusals - refused));
	return c->answer != NULL ? FJ_OK : fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
}

enum fj_rc apr_void(struct iss_call *c, const char *kind, const char *object, const char *note, struct fj_err *err)
{
	char id[32];

	FJ_TRY(apr_open_for(c, kind, object, id, err));
	if (id[0] == '\0')
		return FJ_OK;
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "officer", c->actor->login, "person", c->actor->person,
	    "role", role_for(c->actor, c->acting), "verdict", "reject", "note", note, "state", "REFUSED");
	return evt_append(c, "approval.decided", id, body, err);
}

/* --- for the signer --- */

static void put(struct hsm_approval *out, const char *officer, const char *role, fj_time at)
{
	memset(out, 0, sizeof(*out));
	snprintf(out->officer, sizeof(out->officer), "%s", officer);
	snprintf(out->role, sizeof(out->role), "%s", role);
	out->at = at;
}

enum fj_rc apr_for_signer(struct sto *db, const char *id, struct hsm_approval *out, size_t *n, struct fj_hash *digest, struct fj_err *err)
{
	FJ_AUTO(stored) s = {0};
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(load(db, id, &s, err));
	const struct kind *k = kind_find(s.kind);
	*digest = s.digest;
	*n = 0;
	/* for refusing a taking-back the applicant is not one who wants it lifted */
	if (strcmp(s.state, "APPROVED") == 0 || k == NULL)
		put(&out[(*n)++], s.applicant, s.role, s.at);
	FJ_TRY(sto_query(db, STO_DECISION_LIST, &q, err, "t", id));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row || *n == HSM_MAX_APPROVALS)
			return FJ_OK;
		put(&out[(*n)++], sto_text(&q, 0), sto_text(&q, 2), sto_int(&q, 5));
	}
}
