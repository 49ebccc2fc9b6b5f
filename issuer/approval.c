/*
 * approval.c - what other officers have to decide, level by level (R22, decision 10).
 *
 * A request stores its payload, the payload's hash and its chain of levels: what is
 * approved is what is executed.  Every level is decided by another natural person,
 * and none of them stands behind the request, under whatever login or as whose deputy.
 * The last approval executes in the same transaction; a refusal at any level ends it.
 * Taking back suspends when it is requested (on_request); refusing lifts that, so such
 * a kind asks for two refusals, of officers whom the last level names.
 * A contradiction that the payload shows has to be confirmed expressly (domain.md 3.4).
 */
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/signed.h"

#define MAX_PAYLOAD (4u << 20)
#define MAX_LISTED (16u << 20) /* octets of the payloads of one page */

struct kind {
	const char *name;
	uint32_t request, approve;
	apr_fn on_request, on_level, execute, on_refuse;
	int refusals;
};
#define APPROVAL(name, request, approve, on_request, on_level, execute, on_refuse, refusals) \
	{name, request, approve, on_request, on_level, execute, on_refuse, refusals},
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
	return fj_refuse(err, rc, "issuer", "R22", en, zh);
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

/* as whom it decides: of the level's roles one that the organisation has */
static const char *deciding_role(struct sto *db, const struct apr_level *l)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	uint32_t own = dom_org_get(db, l->org, &o, NULL) == FJ_OK ? l->roles & o.roles : 0, of = own != 0 ? own : l->roles;

	return iss_role_name((enum iss_role)(of & ISS_FINANCE ? ISS_FINANCE : of & ISS_IMPLEMENTER ? ISS_IMPLEMENTER : of & (~of + 1)));
}

static json_t *waiting_json(struct sto *db, const struct apr_chain *ch, int level)
{
	const struct apr_level *l = &ch->level[level - 1];

	return json_pack("{s:s, s:o, s:s, s:i, s:i}", "role", deciding_role(db, l), "roles", iss_roles_json(l->roles), "org", l->org,
	    "level", level, "levels", ch->n);
}

static enum fj_rc refuse_second(struct iss_call *c, const char *kind, const char *object, struct fj_err *err)
{
	char open[32];

	FJ_TRY(apr_open_for(c, kind, object, open, err));
	if (open[0] == '\0')
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", NULL, "this waits for a decision already: %s; whose turn it is stands there", open);
	fj_err_zh(err, "该事项已有待审批申请 %s，请打开该申请查看由谁审批", open);
	return rc;
}

static enum fj_rc ask(struct iss_call *c, const struct kind *k, struct apr *a, const struct apr_chain *chain, struct fj_err *err)
{
	char hex[65];
	FJ_AUTO(buf) text = FJ_BUF_INIT(MAX_PAYLOAD);
	struct fj_hash digest;

	iss_new_id("AP-", 12, a->id);
	FJ_TRY(sgn_seal(c, a, err));
	FJ_TRY(digest_of(a->payload, &text, &digest, err));
	fj_hex(digest.b, FJ_SHA256_LEN, hex);
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:O, s:s, s:s, s:s, s:s, s:o}", "id", a->id, "kind", a->kind, "object", a->object,
	    "org", a->org, "payload", a->payload, "digest", hex, "applicant", c->actor->login, "person", c->actor->person,
	    "role", role_for(c->actor, k->request), "chain", chn_json(chain));
	FJ_TRY(evt_append(c, "approval.requested", a->id, body, err));
	if (k->on_request != NULL)
		FJ_TRY(k->on_request(c, a, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:o}", "approval", a->id, "kind", a->kind, "object", a->object, "waiting_for", waiting_json(c->db, chain, 1));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc put_first(struct apr_chain *ch, uint32_t roles, const char *org, struct fj_err *err)
{
	for (int i = 0; i < ch->n; i++)
		if (ch->level[i].roles == roles && strcmp(ch->level[i].org, org) == 0)
			return FJ_OK;
	if (ch->n == APR_MAX_LEVELS)
		return fj_refuse(err, FJ_E_LIMIT, "issuer", "domain.md decision 10", "an approval has six levels at most; shorten the chain in the profile", "审批链最多六级，请在管理规则中缩短审批链");
	memmove(&ch->level[1], &ch->level[0], (size_t)ch->n++ * sizeof(ch->level[0]));
	ch->level[0].roles = roles;
	return fj_strcopy(ch->level[0].org, sizeof(ch->level[0].org), org);
}

enum fj_rc apr_request_first(struct iss_call *c, const char *kind, const char *object, const char *org, uint32_t first, const char *first_org, json_t *payload,
    struct fj_err *err)
{
	const struct kind *k = kind_find(kind);
	struct apr a = {.kind = kind, .object = object, .org = org, .payload = payload, .applicant = c->actor->login};
	struct apr_level demanded = {.roles = k == NULL ? 0 : k->approve};
	struct apr_chain chain;

	if (k == NULL || fj_strcopy(demanded.org, sizeof(demanded.org), org) != FJ_OK)
		return fj_fail(err, FJ_E_INTERNAL, "issuer", NULL, "there is no approval \"%s\" for \"%s\"", kind, org);
	FJ_TRY(refuse_second(c, kind, object, err));
	FJ_TRY(chn_make(c, &a, &demanded, &chain, err));
	if (first != 0)
		FJ_TRY(put_first(&chain, first, first_org, err));
	return ask(c, k, &a, &chain, err);
}

enum fj_rc apr_request(struct iss_call *c, const char *kind, const char *object, const char *org, json_t *payload, struct fj_err *err)
{
	return apr_request_first(c, kind, object, org, 0, NULL, payload, err);
}

enum fj_rc apr_request_levels(struct iss_call *c, const char *kind, const char *object, const json_t *levels, json_t *payload, struct fj_err *err)
{
	const struct kind *k = kind_find(kind);
	struct apr_chain chain;

	if (k == NULL)
		return fj_fail(err, FJ_E_INTERNAL, "issuer", NULL, "there is no approval \"%s\"", kind);
	FJ_TRY(refuse_second(c, kind, object, err));
	FJ_TRY(chn_parse(levels, &chain, err));
	struct apr a = {.kind = kind, .object = object, .org = chain.level[chain.n - 1].org, .payload = payload, .applicant = c->actor->login};
	return ask(c, k, &a, &chain, err);
}

static enum fj_rc apply_turn(const struct evt *e, const struct apr_level *l, int64_t level, struct fj_err *err)
{
	return sto_run(e->db, STO_APPROVAL_TURN, NULL, err, "itit", level, l->org, (int64_t)l->roles, e->object);
}

enum fj_rc apply_approval_requested(const struct evt *e, struct fj_err *err)
{
	FJ_AUTO(buf) payload = FJ_BUF_INIT(MAX_PAYLOAD);
	FJ_AUTO(buf) levels = FJ_BUF_INIT(4096);
	const char *hex = fj_json_peek(e->body, "digest");
	uint8_t digest[FJ_SHA256_LEN];
	struct apr_chain chain;

	FJ_TRY(chn_parse(json_object_get(e->body, "chain"), &chain, err));
	FJ_TRY(fj_json_canonical(json_object_get(e->body, "chain"), &levels, err));
	FJ_TRY(fj_json_canonical(json_object_get(e->body, "payload"), &payload, err));
	if (hex == NULL || strlen(hex) != 64 || fj_unhex(hex, 64, digest) != FJ_OK)
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "an approval has no digest");
	FJ_TRY(sto_run(e->db, STO_APPROVAL_ADD, NULL, err, "tttttb" "tttitt", e->object, fj_json_peek(e->body, "kind"),
	    fj_json_peek(e->body, "object"), fj_json_peek(e->body, "org"), fj_buf_str(&payload), FJ_SLICE(digest, sizeof(digest)),
	    fj_json_peek(e->body, "applicant"), fj_json_peek(e->body, "person"), fj_json_peek(e->body, "role"), (int64_t)e->at, fj_buf_str(&levels),
	    fj_json_text(e->body, "behalf")));
	return apply_turn(e, &chain.level[0], 1, err);
}

enum fj_rc apply_approval_decided(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body, *next = json_object_get(b, "next");
	struct apr_chain chain;

	FJ_TRY(sto_run(e->db, STO_DECISION_ADD, NULL, err, "ttttt" "tiit", e->object, fj_json_peek(b, "officer"), fj_json_peek(b, "person"),
	    fj_json_peek(b, "role"), fj_json_peek(b, "verdict"), fj_json_peek(b, "note"), (int64_t)e->at, fj_json_num(b, "level"),
	    fj_json_text(e->body, "behalf")));
	if (next == NULL)
		return sto_run(e->db, STO_APPROVAL_STATE, NULL, err, "tt", fj_json_peek(b, "state"), e->object);
	FJ_AUTO(json) one = json_pack("[O]", next);
	FJ_TRY(chn_parse(one, &chain, err));
	return apply_turn(e, &chain.level[0], fj_json_num(b, "level") + 1, err);
}

/* --- reading --- */

struct stored {
	char id[32], kind[40], object[DOM_CAP(DOM_MAX_ASSET_NO)], org[19], applicant[64], person[ISS_PERSON_CAP], role[24], state[12], behalf[64], owner[64];
	fj_time at;
	json_t *payload, *name; /* name: what the object is called, "" it is not */
	struct fj_hash digest;
	struct apr_chain chain;
	int level;           /* the one that decides next, or decided last */
	json_t *decisions;   /* as people see them */
	struct fj_buf behind; /* persons behind the decisions, joined by "+" */
};
static void stored_release(struct stored *s)
{
	json_decref(s->payload);
	json_decref(s->name);
	json_decref(s->decisions);
	fj_buf_release(&s->behind);
}
FJ_DEFINE_AUTO(stored, struct stored, stored_release)

static enum fj_rc read_chain(const struct sto_q *q, struct stored *s, struct fj_err *err)
{
	FJ_AUTO(json) levels = NULL;

	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(q, 11)), 4096, &levels, err));
	FJ_TRY(chn_parse(levels, &s->chain, err));
	s->level = (int)sto_int(q, 12);
	return s->level >= 1 && s->level <= s->chain.n ? FJ_OK : fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "approval %s is at no level of its chain", s->id);
}

static enum fj_rc from_row(const struct sto_q *q, struct stored *s, struct fj_err *err)
{
	const struct sto_copy texts[] = {STO_COPY(0, s->id), STO_COPY(1, s->kind), STO_COPY(2, s->object), STO_COPY(3, s->org),
		STO_COPY(6, s->applicant), STO_COPY(7, s->person), STO_COPY(8, s->role), STO_COPY(10, s->state), STO_COPY(13, s->behalf), STO_COPY(14, s->owner)};

	fj_buf_init(&s->behind, 64 * ISS_PERSON_CAP);
	FJ_TRY(sto_copy(q, texts, FJ_ARRAY_LEN(texts), "an approval", err));
	s->at = sto_int(q, 9);
	s->name = json_string(sto_text(q, 15));
	struct fj_hash again;
	fj_sha256(fj_slice_str(sto_text(q, 4)), &again);
	if (!fj_slice_eq(sto_blob(q, 5), FJ_SLICE(again.b, FJ_SHA256_LEN)))
		return fj_fail(err, FJ_E_CORRUPT, "issuer", "R22", "approval %s was changed after it was requested", s->id);
	s->digest = again;
	FJ_TRY(read_chain(q, s, err));
	return fj_json_parse(fj_slice_str(sto_text(q, 4)), MAX_PAYLOAD, &s->payload, err);
}

static enum fj_rc load_decisions(struct sto *db, struct stored *s, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;
	char at[FJ_TIME_CAP];

	s->decisions = json_array();
	FJ_TRY(sto_query(db, STO_DECISION_LIST, &q, err, "t", s->id));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		fj_time_utc(sto_int(&q, 5), at);
		json_array_append_new(s->decisions, json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "officer", sto_text(&q, 0), "role", sto_text(&q, 2),
		    "verdict", sto_text(&q, 3), "note", sto_text(&q, 4), "at", at, "level", (json_int_t)sto_int(&q, 6), "behalf", sto_text(&q, 7)));
		FJ_TRY(fj_buf_printf(&s->behind, "+%s", sto_text(&q, 1)));
	}
}

static enum fj_rc load(struct sto *db, const char *id, struct stored *s, struct fj_err *err)
{
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(db, STO_APPROVAL_GET, &q, id, err, "t", id));
		FJ_TRY(from_row(&q, s, err));
	}
	return load_decisions(db, s, err);
}

enum fj_rc apr_persons(struct sto *db, const char *id, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(stored) s = {0};

	FJ_TRY(load(db, id, &s, err));
	return fj_buf_printf(out, "%s%s", s.person, fj_buf_str(&s.behind));
}

enum fj_rc apr_applicant(struct sto *db, const char *id, char person[ISS_PERSON_CAP], struct fj_err *err)
{
	FJ_AUTO(stored) s = {0};

	FJ_TRY(load(db, id, &s, err));
	memcpy(person, s.person, ISS_PERSON_CAP);
	return FJ_OK;
}

/* --- who decides --- */

enum fj_rc apr_waits_for(struct iss_call *c, const char *id, json_t **out, struct fj_err *err)
{
	FJ_AUTO(stored) s = {.payload = NULL};

	FJ_TRY(load(c->db, id, &s, err));
	*out = waiting_json(c->db, &s.chain, s.level);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* one officer's own act, asked for only because he signs it: nobody else has to look at it (R22 asks for no second) */
static bool own_act(const struct stored *s)
{
	return strncmp(s->kind, "token.", 6) == 0 && fj_json_num(s->payload, "persons") == 1;
}

static enum fj_rc check_decider(const struct iss_actor *a, const struct stored *s, const struct apr_level *l, struct fj_err *err)
{
	const char *concerned = fj_json_peek(s->payload, "not_by");

	if (!(a->roles & l->roles))
		return no(err, FJ_E_FORBIDDEN, "your role may not decide this, or not at this level", "您的角色无权审批此事项或此层级");
	if (l->org[0] != '\0' && strcmp(l->org, a->org) != 0)
		return no(err, FJ_E_FORBIDDEN, "this is for the officers of another organisation to decide", "此事项应由其他单位的经办人审批");
	if (!own_act(s) && iss_persons_meet(a->person, s->person))
		return no(err, FJ_E_REFUSED, "nobody decides the own request, nor as a deputy; ask another officer", "申请人不得审批本人的申请，亦不得通过代理审批，请由其他经办人审批");
	if (concerned != NULL && iss_persons_meet(a->person, concerned))
		return no(err, FJ_E_REFUSED, "nobody approves what concerns himself; ask another officer", "不得审批涉及本人的事项，请由其他经办人审批");
	if (iss_persons_meet(a->person, fj_buf_str(&s->behind)))
		return no(err, FJ_E_REFUSED, "one person decides once, also as a deputy; another officer is needed", "同一人（含代理关系）不得重复审批，须由另一名经办人审批");
	return FJ_OK;
}

/* As whom: oneself, or the first principal whose deputy one is today.  R22 says more than that a
 * role is missing. */
static enum fj_rc find_decider(struct iss_call *c, const struct stored *s, const struct apr_level *l, struct iss_actor *out, struct fj_err *err)
{
	struct fj_err second = {0};
	struct iss_principals list;

	*out = *c->actor;
	enum fj_rc rc = check_decider(out, s, l, err);
	if (rc == FJ_OK)
		return rc;
	FJ_TRY(dlg_principals(c->db, c->actor, c->now, &list, err));
	for (size_t i = 0; i < list.n; i++) {
		if (dlg_actor(c->db, c->actor, list.login[i], c->now, out, NULL) != FJ_OK)
			continue;
		enum fj_rc as = check_decider(out, s, l, &second);
		if (as == FJ_OK)
			return FJ_OK;
		if (rc == FJ_E_FORBIDDEN && as == FJ_E_REFUSED) {
			rc = as;
			if (err != NULL)
				*err = second;
		}
	}
	return rc;
}

/* --- showing --- */

static json_t *levels_json(struct sto *db, const struct stored *s)
{
	json_t *list = chn_json(&s->chain), *v, *d;
	size_t i, k;

	json_array_foreach(list, i, v) {
		json_object_set_new(v, "role", json_string(deciding_role(db, &s->chain.level[i])));
		json_array_foreach(s->decisions, k, d)
			if (fj_json_num(d, "level") == (json_int_t)i + 1 && strcmp(fj_json_peek(d, "verdict"), "approve") == 0)
				json_object_set(v, "approved_by", json_object_get(d, "officer"));
	}
	return list;
}

static enum fj_rc to_json(struct iss_call *c, const struct stored *s, json_t **out, struct fj_err *err)
{
	char at[FJ_TIME_CAP], hex[65];
	struct iss_actor as;
	bool open = strcmp(s->state, "OPEN") == 0;
	bool mine = open && find_decider(c, s, &s->chain.level[s->level - 1], &as, NULL) == FJ_OK;

	const char *org = strcmp(s->applicant, c->actor->login) == 0 ? c->actor->org : "";
	for (int i = 0; i < s->chain.n; i++)
		org = strcmp(s->chain.level[i].org, c->actor->org) == 0 ? c->actor->org : org;
	FJ_AUTO(json) none = json_object();
	json_t *payload = evt_body_open(c->actor, s->kind, org, NULL) ? s->payload : none;

	fj_time_utc(s->at, at);
	fj_hex(s->digest.b, FJ_SHA256_LEN, hex);
	*out = json_pack("{s:s, s:s, s:s, s:O, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:O, s:O, s:i, s:i, s:o, s:o, s:O?}", "id", s->id, "kind", s->kind, "object", s->object, "object_name", s->name, "digest", hex,
	    "applicant", s->applicant, "behalf", s->behalf, "owner", s->owner, "requested_at", at, "state", s->state,
	    "mine", mine, "mine_as", mine ? as.behalf : "", "payload", payload, "decisions", s->decisions,
	    "level", s->level, "levels", s->chain.n, "chain", levels_json(c->db, s), "waiting_for", open ? waiting_json(c->db, &s->chain, s->level) : json_null(),
	    "to_confirm", json_object_get(s->payload, "contradiction"));
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* Officers who may decide at the level whose turn it is, of the organisation that it names; those on whose
 * behalf nobody could (R22) are left out, and told in `barred` where the request itself bars them. */
static enum fj_rc deciders(struct iss_call *c, const struct stored *s, json_t *list, json_t *barred, struct fj_err *err)
{
	const char *concerned = fj_json_text(s->payload, "not_by");
	const struct apr_level *l = &s->chain.level[s->level - 1];
	FJ_AUTO(sto_q) q = {0};
	struct iss_actor a;
	bool row;

	FJ_TRY(sto_query(c->db, STO_USER_DECIDERS, &q, err, "ti", l->org, (int64_t)l->roles));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(usr_actor(c->db, sto_text(&q, 0), "system", &a, err));
		bool may = check_decider(&a, s, l, NULL) == FJ_OK;
		if ((may || (concerned[0] != '\0' && iss_persons_meet(a.person, concerned))) && json_array_append_new(may ? list : barred, json_pack("{s:s, s:s}", "login", a.login, "name", a.name)) != 0)
			return fj_no_memory(err, "issuer");
	}
}

enum fj_rc apr_show(struct iss_call *c, const char *id, json_t **out, struct fj_err *err)
{
	FJ_AUTO(stored) s = {0};
	FJ_AUTO(json) list = json_array();
	FJ_AUTO(json) barred = json_array();

	FJ_TRY(load(c->db, id, &s, err));
	if (strcmp(s.state, "OPEN") == 0)
		FJ_TRY(deciders(c, &s, list, barred, err));
	FJ_TRY(to_json(c, &s, out, err));
	if (strcmp(s.state, "OPEN") == 0)
		FJ_TRY(sgn_into(c, s.id, s.kind, s.payload, &s.digest, *out, err));
	FJ_TRY(fj_json_set(*out, "barred", json_incref(barred)));
	return fj_json_set(*out, "deciders", json_incref(list));
}

enum fj_rc cmd_approval_show(struct iss_call *c, struct fj_err *err)
{
	return apr_show(c, fj_json_peek(c->params, "id"), &c->answer, err);
}

static enum fj_rc open_list(struct iss_call *c, bool mine, const char *after, struct sto_q *q, struct fj_err *err)
{
	const char *state = fj_json_peek(c->params, "state"), *kind = fj_json_peek(c->params, "kind");
	struct iss_principals today;

	kind = kind == NULL ? "" : kind;
	if (!mine)
		return sto_query(c->db, STO_APPROVAL_LIST, q, err, "tttt", state == NULL ? "OPEN" : state, after, kind, fj_json_text(c->params, "applicant"));
	FJ_TRY(dlg_principals(c->db, c->actor, c->now, &today, err));
	return sto_query(c->db, STO_APPROVAL_MINE, q, err, "ttti", c->actor->org, after, kind, (int64_t)today.roles);
}

enum fj_rc cmd_approval_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();
	const char *after;
	bool row = true, mine = json_is_true(json_object_get(c->params, "mine")), brief = json_is_true(json_object_get(c->params, "brief"));
	int64_t limit;
	size_t octets = 0;

	iss_page(c, &after, &limit);
	FJ_TRY(open_list(c, mine, after, &q, err));
	while ((int64_t)json_array_size(items) < limit) {
		FJ_AUTO(stored) s = {0};
		FJ_AUTO(json) one = NULL;
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		FJ_TRY(from_row(&q, &s, err));
		FJ_TRY(load_decisions(c->db, &s, err));
		FJ_TRY(to_json(c, &s, &one, err));
		if (mine && !json_is_true(json_object_get(one, "mine")))
			continue;
		if (brief)
			json_object_del(one, "payload");
		json_array_append(items, one);
		octets += strlen(sto_text(&q, 4));
		if (octets > MAX_LISTED) /* a shorter page; the next begins here */
			limit = (int64_t)json_array_size(items);
	}
	return dom_list_answer(c, items, "id", limit, err);
}

/* rows that are looked at: a page is made of the first few that are the reader's to decide */
#define MAX_LOOKED_AT 64

enum fj_rc apr_waiting(struct iss_call *c, size_t limit, json_t *items, bool *more, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	struct iss_principals today;
	struct iss_actor as;
	char at[FJ_TIME_CAP];

	*more = false;
	FJ_TRY(dlg_principals(c->db, c->actor, c->now, &today, err));
	FJ_TRY(sto_query(c->db, STO_APPROVAL_MINE, &q, err, "ttti", c->actor->org, "", "", (int64_t)today.roles));
	for (int seen = 0;; seen++) {
		FJ_AUTO(stored) s = {0};
		bool row;
		FJ_TRY(sto_step(&q, &row, err));
		*more = row && (seen == MAX_LOOKED_AT || json_array_size(items) == limit);
		if (!row || *more)
			return FJ_OK;
		FJ_TRY(from_row(&q, &s, err));
		FJ_TRY(load_decisions(c->db, &s, err));
		if (find_decider(c, &s, &s.chain.level[s.level - 1], &as, NULL) != FJ_OK)
			continue;
		fj_time_utc(s.at, at);
		if (json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:O, s:s, s:s, s:s}", "id", s.id, "kind", s.kind, "object", s.object, "object_name", s.name, "applicant", s.applicant,
		    "behalf", s.behalf, "requested_at", at)) != 0)
			return fj_no_memory(err, "issuer");
	}
}

/* --- deciding --- */

static enum fj_rc check_open(const struct stored *s, const struct kind *k, struct fj_err *err)
{
	if (strcmp(s->state, "OPEN") != 0)
		return no(err, FJ_E_STATE, "this approval is decided already", "该审批已办结");
	return k != NULL ? FJ_OK : fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "there is no approval \"%s\"", s->kind);
}

/* next: the level that decides now, NULL when none does */
static enum fj_rc decide(struct iss_call *c, const struct stored *s, int level, const char *verdict, const char *state, const struct apr_level *next, struct fj_err *err)
{
	const char *note = fj_json_peek(c->params, "note");
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i}", "officer", c->actor->login, "person", c->actor->person,
	    "role", role_for(c->actor, s->chain.level[level - 1].roles), "verdict", verdict, "note", note == NULL ? "" : note, "state", state, "level", level);

	if (next != NULL)
		FJ_TRY(fj_json_set(body, "next", json_pack("{s:o, s:s}", "roles", iss_roles_json(next->roles), "org", next->org)));
	return evt_append(c, "approval.decided", s->id, body, err);
}

static void as_apr(const struct stored *s, struct apr *a)
{
	*a = (struct apr){.kind = s->kind, .object = s->object, .org = s->org, .payload = s->payload, .applicant = s->applicant};
	snprintf(a->id, sizeof(a->id), "%s", s->id);
}

/* what the payload says against itself is seen by whoever approves, and he says so */
static enum fj_rc check_confirmed(const struct iss_call *c, const struct stored *s, struct fj_err *err)
{
	const json_t *odd = json_object_get(s->payload, "contradiction");

	if (odd == NULL || json_is_true(json_object_get(c->params, "confirm")))
		return FJ_OK;
	const char *en = fj_json_peek(odd, "en"), *zh = fj_json_peek(odd, "zh");
	en = en == NULL ? "" : en;
	zh = zh == NULL ? "" : zh;
	enum fj_rc rc = fj_fail(err, FJ_E_REFUSED, "issuer", "domain.md 3.4", "%.*s; look at it and approve with \"confirm\"", (int)fj_utf8_prefix(en, 220), en);
	fj_err_zh(err, "%.*s；请核实并在批准时明确确认（confirm）", (int)fj_utf8_prefix(zh, 120), zh);
	if (err != NULL)
		snprintf(err->basis, sizeof(err->basis), "inferred");
	return rc;
}

static enum fj_rc check_not_suspended(struct iss_call *c, const char *login, struct fj_err *err)
{
	struct usr u;

	enum fj_rc rc = usr_get(c->db, login, &u, err);
	if (rc == FJ_E_NOTFOUND || (rc == FJ_OK && strcmp(u.state, "SUSPENDED") != 0)) /* the machine itself is no user */
		return FJ_OK;
	FJ_TRY(rc);
	return iss_rule_fail(err, "R24", "an officer behind this request is suspended; reject it and ask anew, or lift that first (user reinstate)",
	    "该申请的申请人或前序审批人已被暂停职责；请驳回后重新申请，或先解除暂停（user reinstate）");
}

/* What a suspended registrar asked for or let pass gives nothing (R24); what he had taken back
 * may still be made final, since refusing that would lift it. */
static enum fj_rc check_standing(struct iss_call *c, const struct stored *s, const struct kind *k, struct fj_err *err)
{
	size_t i;
	json_t *d;

	if (k->refusals > 1)
		return FJ_OK;
	FJ_TRY(check_not_suspended(c, s->applicant, err));
	json_array_foreach(s->decisions, i, d)
		FJ_TRY(check_not_suspended(c, fj_json_text(d, "officer"), err));
	return FJ_OK;
}

static enum fj_rc approve(struct iss_call *c, const struct stored *s, const struct kind *k, struct fj_err *err)
{
	bool last = s->level == s->chain.n;
	struct apr a;

	if (k->execute != apr_clock_reset && k->execute != apr_log_restore && k->execute != apr_spare_enter)
		FJ_TRY(iss_may_act(c->iss, err));
	FJ_TRY(check_standing(c, s, k, err));
	FJ_TRY(check_confirmed(c, s, err));
	FJ_TRY(decide(c, s, s->level, "approve", last ? "APPROVED" : "OPEN", last ? NULL : &s->chain.level[s->level], err));
	if (!last && k->on_level != NULL) {
		as_apr(s, &a);
		snprintf(c->approval, sizeof(c->approval), "%s", s->id);
		FJ_TRY(k->on_level(c, &a, err));
	}
	if (!last) {
		c->answer = json_pack("{s:s, s:s, s:s, s:s, s:o}", "id", s->id, "state", "OPEN", "kind", s->kind, "object", s->object,
		    "waiting_for", waiting_json(c->db, &s->chain, s->level + 1));
		return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
	}
	as_apr(s, &a);
	snprintf(c->approval, sizeof(c->approval), "%s", s->id);
	FJ_TRY(sgn_decide(c, &a, false, err));
	FJ_TRY(k->execute(c, &a, err));
	if (c->answer == NULL)
		c->answer = json_pack("{s:s, s:s, s:s, s:s}", "id", s->id, "state", "APPROVED", "kind", s->kind, "object", s->object);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc reject(struct iss_call *c, const struct stored *s, const struct kind *k, int level, struct fj_err *err)
{
	struct apr a;
	int64_t refused;

	if (!iss_said(fj_json_text(c->params, "note")))
		return fj_refuse(err, FJ_E_INVALID, "issuer", "R22", "a refusal is reasoned in writing: the applicant has to know what to mend; give \"note\"", "驳回应书面说明理由，便于申请人更正；请填写意见");
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(c->db, STO_DECISION_COUNT, &q, "count", err, "tt", s->id, "reject"));
		refused = sto_int(&q, 0) + 1;
	}
	bool final = refused >= k->refusals;
	FJ_TRY(decide(c, s, level, "reject", final ? "REFUSED" : "OPEN", NULL, err));
	as_apr(s, &a);
	snprintf(c->approval, sizeof(c->approval), "%s", s->id);
	if (final && k->on_refuse != NULL) {
		FJ_TRY(sgn_decide(c, &a, true, err));
		FJ_TRY(k->on_refuse(c, &a, err));
	}
	c->answer = json_pack("{s:s, s:s, s:s, s:I}", "id", s->id, "state", final ? "REFUSED" : "OPEN", "object", s->object,
	    "refusals_missing", (json_int_t)(final ? 0 : k->refusals - refused));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* who decides may say by its hash what he decides on */
static enum fj_rc check_seen(const struct iss_call *c, const struct stored *s, struct fj_err *err)
{
	const char *seen = fj_json_peek(c->params, "digest");
	char hex[65];

	fj_hex(s->digest.b, FJ_SHA256_LEN, hex);
	if (seen == NULL || strcmp(seen, hex) == 0)
		return FJ_OK;
	return no(err, FJ_E_REFUSED, "the hash that you name is not of what this approval asks for; look at it again", "所列摘要与本审批的申请内容不符，请重新查看后审批");
}

/* the call goes on as whoever decides: oneself, or for a principal */
static enum fj_rc decide_as(struct iss_call *c, bool yes, struct fj_err *err)
{
	FJ_AUTO(stored) s = {0};
	const struct iss_actor *self = c->actor;
	struct iss_actor as;

	FJ_TRY(load(c->db, fj_json_peek(c->params, "id"), &s, err));
	const struct kind *k = kind_find(s.kind);
	FJ_TRY(check_open(&s, k, err));
	FJ_TRY(check_seen(c, &s, err));
	int level = !yes && k->refusals > 1 ? s.chain.n : s.level;
	FJ_TRY(find_decider(c, &s, &s.chain.level[level - 1], &as, err));
	c->actor = &as;
	c->acting = as.roles & s.chain.level[level - 1].roles;
	enum fj_rc rc = yes ? approve(c, &s, k, err) : reject(c, &s, k, level, err);
	c->actor = self;
	return rc;
}

enum fj_rc cmd_approval_approve(struct iss_call *c, struct fj_err *err)
{
	return decide_as(c, true, err);
}

enum fj_rc cmd_approval_reject(struct iss_call *c, struct fj_err *err)
{
	return decide_as(c, false, err);
}

enum fj_rc apr_void(struct iss_call *c, const char *kind, const char *object, const char *note, struct fj_err *err)
{
	char id[32];

	FJ_TRY(apr_open_for(c, kind, object, id, err));
	if (id[0] == '\0')
		return FJ_OK;
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i}", "officer", c->actor->login, "person", c->actor->person,
	    "role", role_for(c->actor, c->acting), "verdict", "reject", "note", note, "state", "REFUSED", "level", 0);
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

/* who wants it: applicant and approvers, or for a taking-back that is refused the refusers */
enum fj_rc apr_for_signer(struct sto *db, const char *id, struct hsm_approval *out, size_t *n, struct fj_hash *digest, struct fj_err *err)
{
	FJ_AUTO(stored) s = {0};
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(load(db, id, &s, err));
	bool approved = strcmp(s.state, "APPROVED") == 0;
	*digest = s.digest;
	*n = 0;
	if (approved || kind_find(s.kind) == NULL)
		put(&out[(*n)++], s.applicant, s.role, s.at);
	FJ_TRY(sto_query(db, STO_DECISION_LIST, &q, err, "t", id));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row || *n == HSM_MAX_APPROVALS)
			return FJ_OK;
		if (strcmp(sto_text(&q, 3), approved ? "approve" : "reject") == 0)
			put(&out[(*n)++], sto_text(&q, 0), sto_text(&q, 2), sto_int(&q, 5));
	}
}

json_t *apr_kinds_of(uint32_t role, bool asks)
{
	json_t *list = json_array();

	for (size_t i = 0; i < FJ_ARRAY_LEN(kinds) && list != NULL; i++)
		if ((asks ? kinds[i].request : kinds[i].approve) & role)
			json_array_append_new(list, json_string(kinds[i].name));
	return list;
}
