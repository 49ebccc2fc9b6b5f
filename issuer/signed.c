/*
 * signed.c - see signed.h; and the officers' keys themselves.
 *
 * The register verifies nothing of a signature: it asks the signer whether it is one, so that
 * there is one reader of it.  It keeps no list of keys either: the signer has the only one.  What
 * it stores is the event that somebody signed, with the signature; whoever brings a signature
 * that verifies need not have signed in.
 *
 * Events: approval.signed  id  {"officer","person","key","kind","refuse","signature","authenticator_data","client_data"};
 * officer-key.changed  login  {"op","key","kind"}; officer-key.required  tokens  {"tokens"}.
 */
#include "issuer/signed.h"

#include "base/content.h"
#include "hsm/proto.h"
#include "issuer/domain.h"
#include "issuer/token.h"

#define HOLDS_DAYS 30
#define HOLDS_SINGLE 1 /* of a license that whoever asks for it signs himself: there may be hundreds a day, and the signer remembers each until it ends */
#define MAX_PAYLOAD HSM_MAX_PAYLOAD
#define MAX_SIGNED 16

static enum fj_rc no(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, "issuer", "R22", en, zh);
}

/* --- what a decision lifts --- */

static enum fj_rc put_entry(struct iss_call *c, json_t *lifts, int64_t list, int64_t idx, struct fj_err *err)
{
	char uri[240];

	for (enum fj_alg alg = FJ_ES256; alg <= fj_last_alg(c->iss->sm2); alg++) {
		snprintf(uri, sizeof(uri), "%s/status/%s%lld", iss_base(c->iss), fj_alg_prefix((enum fj_alg)alg), (long long)list);
		if (json_array_append_new(lifts, sts_json(uri, (uint32_t)idx)) != 0)
			return fj_no_memory(err, "issuer");
	}
	return FJ_OK;
}

static enum fj_rc put_serial(json_t *lifts, const char *serial, struct fj_err *err)
{
	return json_array_append_new(lifts, json_pack("{s:s}", "serial", serial)) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc of_certificate(struct iss_call *c, const char *number, json_t *lifts, struct fj_err *err)
{
	struct dom_cert t;
	FJ_AUTO(dom_asset) a = {.card = NULL};
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(dom_cert_get(c->db, number, &t, err));
	FJ_TRY(dom_asset_get(c->db, t.asset_no, &a, err));
	FJ_TRY(put_entry(c, lifts, t.list, t.idx, err));
	if (strcmp(a.certificate, t.number) == 0 && a.status_list >= 0)
		FJ_TRY(put_entry(c, lifts, a.status_list, a.status_idx, err));
	FJ_TRY(put_serial(lifts, t.serial, err));
	FJ_TRY(sto_query(c->db, STO_TWIN_SERIALS, &q, err, "t", t.serial));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(put_serial(lifts, sto_text(&q, 0), err));
	}
}

static enum fj_rc of_authorisation(struct iss_call *c, const char *number, json_t *lifts, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};

	FJ_TRY(dom_auth_get(c->db, number, &a, err));
	FJ_TRY(put_entry(c, lifts, a.line_list, a.line_idx, err));
	return put_entry(c, lifts, a.own_list, a.own_idx, err);
}

static enum fj_rc of_token(struct iss_call *c, const char *id, json_t *lifts, struct fj_err *err)
{
	struct token t;

	FJ_TRY(tok_get(c->db, id, &t, err));
	return put_entry(c, lifts, t.list, t.idx, err);
}

static enum fj_rc of_asset(struct iss_call *c, const char *asset_no, json_t *lifts, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};

	FJ_TRY(dom_asset_get(c->db, asset_no, &a, err));
	return a.held[0] != '\0' ? of_certificate(c, a.held, lifts, err) : FJ_OK;
}

/* as the signer knows them (hsm/intent.c) */
static const struct sealed {
	const char *kind;
	bool refuse; /* the refusal is what it checks */
	enum fj_rc (*lifts)(struct iss_call *c, const char *object, json_t *lifts, struct fj_err *err);
	bool tokens; /* where license tokens are signed */
	int days;    /* that it holds; 0: HOLDS_DAYS */
} sealed[] = {
	{"certificate.issue", false, NULL, false, 0}, {"certificate.sm2", false, NULL, false, 0}, {"root.certify", false, NULL, false, 0}, {"authorisation.grant", false, NULL, false, 0}, {"authorisation.adjust", false, NULL, false, 0},
	{"certificate.resume", false, of_certificate, false, 0}, {"authorisation.resume", false, of_authorisation, false, 0}, {"token.resume", false, of_token, false, 0}, {"asset.unfreeze", false, of_asset, false, 0},
	{"certificate.revoke", true, of_certificate, false, 0}, {"authorisation.reclaim", true, of_authorisation, false, 0}, {"authorisation.surrender", true, of_authorisation, false, 0},
	{"token.issue", false, NULL, true, HOLDS_SINGLE}, {"token.bulk", false, NULL, true, 0}, {"token.sm2", false, NULL, true, HOLDS_SINGLE},
	{HSM_ACT_ROLL, false, NULL, false, 0}, {HSM_ACT_END, false, NULL, false, 0},
	{HSM_ACT_CLOCK, false, NULL, false, 0}, {HSM_ACT_RESTORE, false, NULL, false, 0},
};

static const struct sealed *sealed_find(const char *kind)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(sealed); i++)
		if (strcmp(sealed[i].kind, kind) == 0)
			return &sealed[i];
	return NULL;
}

/* a register by itself, as in tests of rules, has no signer */
static bool checked(const struct iss *i)
{
	return i != NULL && i->log.checked;
}

void sgn_take(struct iss_log *l, const json_t *status)
{
	const char *tokens = fj_json_text(status, "tokens");

	l->checked = strcmp(fj_json_text(status, "approvals"), "signer") == 0;
	l->tokens = strcmp(tokens, "two") == 0 ? 2 : strcmp(tokens, "one") == 0;
}

int sgn_tokens(const struct iss *i)
{
	return checked(i) ? i->log.tokens : 0;
}

/* are approvals of this kind signed here? */
static bool signs(const struct iss *i, const struct sealed *s)
{
	return s != NULL && (s->tokens ? sgn_tokens(i) > 0 : checked(i));
}

bool sgn_checked(const struct iss *i, const char *kind, bool refuse)
{
	const struct sealed *s = sealed_find(kind);

	return signs(i, s) && s->refuse == refuse;
}

static enum fj_rc lifts_of(struct iss_call *c, const char *kind, const char *object, json_t **out, struct fj_err *err)
{
	const struct sealed *s = sealed_find(kind);
	FJ_AUTO(json) lifts = NULL;

	*out = NULL;
	if (s == NULL || s->lifts == NULL)
		return FJ_OK;
	lifts = json_array();
	FJ_TRY(s->lifts(c, object, lifts, err));
	*out = fj_move(lifts);
	return FJ_OK;
}

/* kinds that change the signer itself, by a request of their own */
static const struct change {
	const char *kind;
	enum fj_rc (*bring)(struct hsm_conn *c, const struct fj_buf *said, const struct hsm_approval *a, size_t n, struct fj_err *err);
} changes[] = {{HSM_ACT_ENROL, hsm_enrol}, {HSM_ACT_RULE, hsm_rule}, {HSM_ACT_INHERIT, hsm_inherit}};

static const struct change *change_of(const char *kind)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(changes); i++)
		if (strcmp(changes[i].kind, kind) == 0)
			return &changes[i];
	return NULL;
}

enum fj_rc sgn_seal(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	const struct sealed *s = sealed_find(a->kind);
	json_t *lifts = NULL;
	json_int_t until = c->now + (s != NULL && s->days > 0 ? s->days : HOLDS_DAYS) * 86400;

	if (change_of(a->kind) == NULL && !signs(c->iss, s))
		return FJ_OK;
	if (s != NULL && s->lifts == of_token)
		FJ_TRY(tok_shown(c->db, a->object, a->payload, err));
	FJ_TRY(lifts_of(c, a->kind, a->object, &lifts, err));
	if (lifts != NULL)
		FJ_TRY(fj_json_set(a->payload, "lifts", lifts));
	return fj_json_set(a->payload, "act", json_pack("{s:s, s:s, s:I}", "approval", a->id, "kind", a->kind, "until", until));
}

/* --- what stands behind an approval --- */

struct by {
	struct hsm_said_by by[MAX_SIGNED];
	struct fj_buf text[MAX_SIGNED][3];
	size_t n;
};
static void by_release(struct by *b)
{
	for (size_t i = 0; i < b->n; i++)
		for (int k = 0; k < 3; k++)
			fj_buf_release(&b->text[i][k]);
}
FJ_DEFINE_AUTO(by, struct by, by_release)

static enum fj_rc put_by(struct by *b, const json_t *e, struct fj_err *err)
{
	static const char *const keys[] = {"signature", "authenticator_data", "client_data"};
	const char *key = fj_json_text(e, "key");

	if (b->n == MAX_SIGNED)
		return FJ_OK;
	struct hsm_said_by *one = &b->by[b->n];
	struct fj_buf *text = b->text[b->n++];
	for (int k = 0; k < 3; k++) {
		const char *s = fj_json_text(e, keys[k]);
		fj_buf_init(&text[k], 8192);
		if (fj_b64u_get(s, strlen(s), &text[k]) != FJ_OK)
			return fj_fail(err, FJ_E_INVALID, "issuer", "RFC 4648 5", "\"%s\" is no base64url", keys[k]);
	}
	if (strlen(key) != 64 || fj_unhex(key, 64, one->key.b) != FJ_OK)
		return fj_fail(err, FJ_E_INVALID, "issuer", NULL, "\"key\" is not the SHA-256 of a public key in hexadecimal");
	one->sig = fj_buf_slice(&text[0]);
	one->auth = fj_buf_slice(&text[1]);
	one->client = fj_buf_slice(&text[2]);
	return FJ_OK;
}

static enum fj_rc load_by(struct sto *db, const char *id, bool refuse, struct by *b, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_APPROVAL_SIGNED, &q, err, "t", id));
	for (;;) {
		FJ_AUTO(json) e = NULL;
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 0)), 65536, &e, err));
		if (json_is_true(json_object_get(e, "refuse")) == refuse)
			FJ_TRY(put_by(b, e, err));
	}
}

static enum fj_rc write_said(struct sto *db, const char *id, bool refuse, struct fj_buf *said, struct fj_err *err)
{
	FJ_AUTO(by) b = {.n = 0};
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(load_by(db, id, refuse, &b, err));
	FJ_TRY(sto_first(db, STO_APPROVAL_GET, &q, id, err, "t", id));
	fj_buf_release(said);
	fj_buf_init(said, MAX_PAYLOAD + (1u << 18));
	return hsm_said_write(refuse ? HSM_SAID_REFUSE : 0, fj_slice_str(sto_text(&q, 4)), b.by, b.n, said) == FJ_OK ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc sgn_load(struct iss *i, struct sto *db, const char *id, bool refuse, struct fj_buf *said, struct fj_err *err)
{
	char kind[40];
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(db, STO_APPROVAL_GET, &q, id, err, "t", id));
		FJ_TRY(fj_strcopy(kind, sizeof(kind), sto_text(&q, 1)));
	}
	return sgn_checked(i, kind, refuse) ? write_said(db, id, refuse, said, err) : FJ_OK;
}

enum fj_rc sgn_bring(struct iss *i, const struct fj_buf *said, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL;

	if (said->len == 0)
		return FJ_OK;
	FJ_TRY(iss_signer(i, &conn, err));
	return hsm_intent(conn, said, err);
}

enum fj_rc sgn_decide(struct iss_call *c, const struct apr *a, bool refuse, struct fj_err *err)
{
	FJ_AUTO(buf) said = FJ_BUF_INIT(0);
	json_t *lifts = NULL;

	if (!sgn_checked(c->iss, a->kind, refuse))
		return FJ_OK;
	if (json_object_get(a->payload, "act") == NULL)
		return no(err, FJ_E_STATE, "this was asked for before officers' keys were enrolled, and can't be signed; reject it and ask anew", "该申请在启用官员密钥之前提出，无法签名；请驳回后重新申请");
	FJ_TRY(lifts_of(c, a->kind, a->object, &lifts, err));
	FJ_AUTO(json) owned = lifts;
	if (lifts != NULL && !json_equal(lifts, json_object_get(a->payload, "lifts")))
		return no(err, FJ_E_STATE, "the entries that would be lifted are not those that were asked for; reject this and ask anew", "将要解除的状态条目与送审时不一致；请驳回后重新申请");
	if (lifts != NULL && json_array_size(lifts) == 0)
		return FJ_OK;
	FJ_TRY(write_said(c->db, a->id, refuse, &said, err));
	return sgn_bring(c->iss, &said, err);
}

/* --- signing --- */

const struct iss_field fld_approval_signature[] = {
	{"id", ISS_F_STR, true, 40, "编号", "approval"},
	{"key", ISS_F_STR, true, 64, "密钥指纹", "SHA-256 of the officer's public key"},
	{"signature", ISS_F_STR, true, 128, "签名", "base64url: r and s of a key file, DER of a passkey"},
	{"authenticator_data", ISS_F_STR, false, 400, "验证器数据", "of a passkey, base64url"},
	{"client_data", ISS_F_STR, false, 5600, "客户端数据", "of a passkey, base64url"},
	{"refuse", ISS_F_BOOL, false, 1, "驳回", "it is the refusal that is signed"},
	{0},
};

static enum fj_rc signer_status(struct iss *i, json_t **out, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL;

	FJ_TRY(iss_signer(i, &conn, err));
	FJ_TRY(hsm_status(conn, out, err));
	sgn_take(&i->log, *out);
	return FJ_OK;
}

/* whose key it is: enrolled, or the one that this approval would enrol */
static const json_t *owner(const json_t *status, const json_t *payload, const char *key)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(status, "officers"), i, v)
		if (strcmp(fj_json_text(v, "key"), key) == 0)
			return v;
	return json_object_get(payload, "enrolment");
}

/* the signer alone says whether it is a signature */
static enum fj_rc look(struct iss *i, const char *kind, struct fj_slice payload, const struct by *b, bool refuse, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL;
	FJ_AUTO(buf) said = FJ_BUF_INIT(MAX_PAYLOAD + 65536);

	if (hsm_said_write(HSM_SAID_DRY | (refuse ? HSM_SAID_REFUSE : 0), payload, b->by, b->n, &said) != FJ_OK)
		return fj_no_memory(err, "issuer");
	FJ_TRY(iss_signer(i, &conn, err));
	const struct change *ch = change_of(kind);
	return ch != NULL ? ch->bring(conn, &said, NULL, 0, err) : hsm_intent(conn, &said, err);
}

static enum fj_rc signable(const char *kind, const char *state, const json_t *payload, bool refuse, struct fj_err *err)
{
	const struct sealed *s = sealed_find(kind);

	if (strcmp(state, "OPEN") != 0)
		return no(err, FJ_E_STATE, "this approval is decided already", "该审批已办结");
	if (json_object_get(payload, "act") == NULL)
		return no(err, FJ_E_STATE, "this approval needs no signature", "该审批无需签名");
	if (refuse != (s != NULL && s->refuse))
		return no(err, FJ_E_STATE, refuse ? "refusing this needs no signature" : "approving this needs no signature; its refusal does", refuse ? "驳回该申请无需签名" : "批准该申请无需签名；驳回时须签名");
	return FJ_OK;
}

static enum fj_rc signed_before(struct iss_call *c, const char *id, bool refuse, struct fj_err *err)
{
	FJ_AUTO(by) before = {.n = 0};
	char hex[65];

	FJ_TRY(load_by(c->db, id, refuse, &before, err));
	for (size_t i = 0; i < before.n; i++) {
		fj_hex(before.by[i].key.b, FJ_SHA256_LEN, hex);
		if (strcmp(hex, fj_json_text(c->params, "key")) == 0)
			return no(err, FJ_E_EXISTS, "this key has signed it already", "该密钥已签名");
	}
	return FJ_OK;
}

enum fj_rc cmd_approval_signature(struct iss_call *c, struct fj_err *err)
{
	const char *id = fj_json_text(c->params, "id");
	bool refuse = json_is_true(json_object_get(c->params, "refuse"));
	FJ_AUTO(by) b = {.n = 0};
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) payload = NULL;
	FJ_AUTO(json) status = NULL;

	FJ_TRY(sto_first(c->db, STO_APPROVAL_GET, &q, id, err, "t", id));
	struct fj_slice text = fj_slice_str(sto_text(&q, 4));
	FJ_TRY(fj_json_parse(text, MAX_PAYLOAD, &payload, err));
	FJ_TRY(signable(sto_text(&q, 1), sto_text(&q, 10), payload, refuse, err));
	FJ_TRY(signed_before(c, id, refuse, err));
	FJ_TRY(put_by(&b, c->params, err));
	FJ_TRY(look(c->iss, sto_text(&q, 1), text, &b, refuse, err));
	FJ_TRY(signer_status(c->iss, &status, err));
	const json_t *o = owner(status, payload, fj_json_text(c->params, "key"));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:s}", "officer", fj_json_text(o, "login"), "person", fj_json_text(o, "person"), "key", fj_json_text(c->params, "key"),
	    "kind", fj_json_text(o, "kind"), "refuse", refuse, "signature", fj_json_text(c->params, "signature"), "authenticator_data", fj_json_text(c->params, "authenticator_data"), "client_data",
	    fj_json_text(c->params, "client_data"));
	FJ_TRY(evt_append(c, "approval.signed", id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s}", "id", id, "officer", fj_json_text(o, "login"), "signed", refuse ? "reject" : "approve");
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_approval_signed(const struct evt *e, struct fj_err *err)
{
	(void)e;
	(void)err;
	return FJ_OK; /* no table changes; the event is the record */
}

/* --- what a page needs of it --- */

static void put_passkey(json_t *list, const struct iss_call *c, const json_t *o, const char *key)
{
	if (strcmp(fj_json_text(o, "login"), c->actor->login) == 0 && strcmp(fj_json_text(o, "kind"), "passkey") == 0)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "credential", fj_json_text(o, "credential"), "key", key, "rp", fj_json_text(o, "rp")));
}

/* the reader's own, and one that this very approval enrols */
static json_t *passkeys_of(struct iss_call *c, const char *object, const json_t *payload)
{
	const json_t *e = json_object_get(payload, "enrolment");
	FJ_AUTO(json) status = NULL;
	json_t *list = json_array(), *v;
	size_t i;

	if (signer_status(c->iss, &status, NULL) == FJ_OK)
		json_array_foreach(json_object_get(status, "officers"), i, v)
			put_passkey(list, c, v, fj_json_text(v, "key"));
	if (strcmp(fj_json_text(e, "op"), "add") == 0)
		put_passkey(list, c, e, object);
	return list;
}

static json_t *signers_of(struct sto *db, const char *id, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	json_t *list = json_array();
	bool row = true;

	for (enum fj_rc rc = sto_query(db, STO_APPROVAL_SIGNED, &q, err, "t", id); rc == FJ_OK && row;) {
		FJ_AUTO(json) e = NULL;
		rc = sto_step(&q, &row, err);
		if (rc == FJ_OK && row && fj_json_parse(fj_slice_str(sto_text(&q, 0)), 65536, &e, NULL) == FJ_OK)
			json_array_append(list, json_object_get(e, "officer"));
	}
	return list;
}

enum fj_rc sgn_into(struct iss_call *c, const char *id, const char *kind, const json_t *payload, const struct fj_hash *digest, json_t *out, struct fj_err *err)
{
	const struct sealed *s = sealed_find(kind);
	FJ_AUTO(buf) challenge = FJ_BUF_INIT(64);
	bool refuse = s != NULL && s->refuse;
	struct fj_hash d;

	if (json_object_get(payload, "act") == NULL)
		return FJ_OK;
	fj_act_digest(refuse, digest, &d);
	FJ_TRY(fj_b64u_put(&challenge, FJ_SLICE(d.b, FJ_SHA256_LEN)));
	json_t *keys = passkeys_of(c, fj_json_text(out, "object"), payload);
	int64_t persons = fj_json_num(payload, "persons");
	return fj_json_set(out, "signing", json_pack("{s:s, s:b, s:b, s:o, s:o, s:I, s:b}", "challenge", fj_buf_str(&challenge), "refuse", refuse, "checked", checked(c->iss), "signed_by", signers_of(c->db, id, err),
	    "passkeys", keys, "persons", (json_int_t)(persons > 0 ? persons : 2), "license", s != NULL && s->tokens));
}

/* --- officers' keys --- */

static const char *const kinds[] = {"file", "passkey", NULL};
static const char *const purposes[] = {"approvals", "licenses", NULL};
const struct iss_field fld_officer_key_add[] = {
	{"kind", ISS_F_STR, true, 8, "种类", "file or passkey", kinds, "R22"},
	{"for", ISS_F_STR, false, 9, "用途", "what it signs: approvals, or licenses of an operator; by your role", purposes, "R22"},
	{"public", ISS_F_STR, true, 200, "公钥", "SubjectPublicKeyInfo of a P-256 key, base64url"},
	{"rp", ISS_F_STR, false, 253, "依赖方标识", "of a passkey: the portal's host name"},
	{"origin", ISS_F_STR, false, 261, "来源", "of a passkey: the portal's address"},
	{"credential", ISS_F_STR, false, 344, "凭据编号", "of a passkey, base64url"},
	{0},
};
const struct iss_field fld_officer_key_remove[] = {{"key", ISS_F_STR, true, 64, "密钥指纹", "SHA-256 of the public key, as officer-key list shows it"}, {0}};

/* what is asked for, and on whose word it will be accepted */
static enum fj_rc ask(struct iss_call *c, json_t *enrolment, const char *fingerprint, struct fj_err *err)
{
	FJ_AUTO(json) payload = json_pack("{s:O}", "enrolment", enrolment);
	FJ_AUTO(json) status = NULL;
	char keeper[19];

	FJ_TRY(usr_office(c, c->actor->org, c->actor->org, keeper, err));
	FJ_TRY(signer_status(c->iss, &status, err));
	FJ_TRY(apr_request(c, HSM_ACT_ENROL, fingerprint, keeper, payload, err));
	FJ_TRY(fj_json_set(c->answer, "fingerprint", json_string(fingerprint)));
	return fj_json_set(c->answer, "accepted_on", c->iss->log.checked ? json_pack("{s:s, s:s}", "en", "the signatures of two officers whose keys are enrolled", "zh", "两名已登记密钥的官员签名")
	    : json_pack("{s:s, s:s}", "en", "the names of two officers, as in a ceremony: compare the fingerprint with the one that the officer reads from his key", "zh", "两名官员的姓名（与建立仪式相同）：请与官员从其密钥读出的指纹核对"));
}

/* An operator's people sign its license tokens, and are none of the two who stand behind a certificate (decision 531). */
static enum fj_rc purpose(struct iss_call *c, json_t *enrolment, struct fj_err *err)
{
	const char *asked = fj_json_text(c->params, "for");
	bool may = (c->actor->roles & ISS_OPERATOR) != 0, alone = may && !(c->actor->roles & (ISS_FINANCE | ISS_SUPERIOR | ISS_HOLDER | ISS_IMPLEMENTER));
	bool licenses = asked[0] == '\0' ? alone : strcmp(asked, "licenses") == 0;

	if (licenses && !may)
		return no(err, FJ_E_FORBIDDEN, "license tokens are signed by officers of an operator, and your organisation is none", "许可令牌由运营机构的经办人签名，您的单位不是运营机构");
	if (!licenses && alone)
		return no(err, FJ_E_FORBIDDEN, "an operator's officers sign its license tokens (\"licenses\"), and none of what the department approves", "运营机构经办人的密钥只签本单位的许可令牌（licenses），不签财政部门的审批事项");
	return licenses ? fj_json_set(enrolment, "operator", json_string(c->actor->org)) : FJ_OK;
}

enum fj_rc cmd_officer_key_add(struct iss_call *c, struct fj_err *err)
{
	const char *kind = fj_json_text(c->params, "kind"), *public = fj_json_text(c->params, "public");
	bool passkey = strcmp(kind, "passkey") == 0;
	FJ_AUTO(buf) spki = FJ_BUF_INIT(256);
	struct fj_hash h;
	char hex[65];

	if (fj_b64u_get(public, strlen(public), &spki) != FJ_OK || spki.len == 0)
		return no(err, FJ_E_INVALID, "the public key is no base64url", "公钥不是 base64url 编码");
	fj_sha256(fj_buf_slice(&spki), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	FJ_AUTO(json) e = json_pack("{s:s, s:s, s:s, s:s, s:s}", "op", "add", "login", c->actor->login, "person", c->actor->person, "kind", kind, "key", public);
	FJ_TRY(purpose(c, e, err));
	static const char *const of_passkey[] = {"rp", "origin", "credential"};
	for (size_t i = 0; passkey && i < FJ_ARRAY_LEN(of_passkey); i++)
		FJ_TRY(fj_json_set(e, of_passkey[i], json_string(fj_json_text(c->params, of_passkey[i]))));
	return ask(c, e, hex, err);
}

enum fj_rc cmd_officer_key_remove(struct iss_call *c, struct fj_err *err)
{
	const char *key = fj_json_text(c->params, "key");
	FJ_AUTO(json) e = json_pack("{s:s, s:s}", "op", "remove", "key", key);

	return ask(c, e, key, err);
}

enum fj_rc sgn_change(struct iss_call *c, const struct apr *a, sgn_change_fn send, json_t **officers, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL;
	FJ_AUTO(buf) said = FJ_BUF_INIT(0);
	FJ_AUTO(json) status = NULL;
	struct hsm_approval who[HSM_MAX_APPROVALS];
	struct fj_hash digest;
	size_t n = 0;

	FJ_TRY(apr_for_signer(c->db, a->id, who, &n, &digest, err));
	FJ_TRY(write_said(c->db, a->id, false, &said, err));
	FJ_TRY(iss_signer(c->iss, &conn, err));
	FJ_TRY(send(conn, &said, who, n, err));
	if (officers != NULL)
		*officers = json_array();
	for (size_t k = 0; officers != NULL && k < n; k++)
		json_array_append_new(*officers, json_string(who[k].officer));
	return signer_status(c->iss, &status, err);
}

/* what officers change in the signer, and what the register knows of it afterwards */
static enum fj_rc change(struct iss_call *c, const struct apr *a, sgn_change_fn send, struct fj_err *err)
{
	return sgn_change(c, a, send, NULL, err);
}

enum fj_rc apr_officer_key_change(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	const json_t *e = json_object_get(a->payload, "enrolment");

	FJ_TRY(change(c, a, hsm_enrol, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s}", "op", fj_json_text(e, "op"), "key", a->object, "kind", fj_json_text(e, "kind"));
	return evt_append(c, "officer-key.changed", fj_json_peek(e, "login") != NULL ? fj_json_text(e, "login") : a->object, body, err);
}

/* --- by whom license tokens are signed --- */

static const char *const rules[] = {"names", "one", "two", NULL};
const struct iss_field fld_officer_key_require[] = {
	{"tokens", ISS_F_STR, true, 5, "许可令牌由谁签名", "by whom license tokens are signed", rules, "R22"},
	{0},
};

/* tokens of a job that was approved on names could not be signed any more */
static enum fj_rc no_job_by_names(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	if (sgn_tokens(c->iss) > 0)
		return FJ_OK;
	FJ_TRY(sto_query(c->db, STO_JOB_NEXT, &q, err, "t", ""));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", "R22", "the job %s issues licenses that were approved on names: let it end, or have it stopped (bulk stop), and decide this then", sto_text(&q, 0));
	fj_err_zh(err, "批次 %s 按姓名审批，尚未签完：请待其结束，或由运营机构停止（bulk stop）后再办", sto_text(&q, 0));
	return rc;
}

enum fj_rc cmd_officer_key_require(struct iss_call *c, struct fj_err *err)
{
	const char *tokens = fj_json_text(c->params, "tokens");
	FJ_AUTO(json) payload = json_pack("{s:s}", "tokens", tokens);
	FJ_AUTO(json) status = NULL;
	char keeper[19];

	FJ_TRY(usr_office(c, c->actor->org, c->actor->org, keeper, err));
	FJ_TRY(signer_status(c->iss, &status, err));
	if (!checked(c->iss))
		return no(err, FJ_E_STATE, "two officers of the department have keys before anybody is asked to sign; enrol theirs first (officer-key add)", "须先有两名官员登记签名密钥（officer-key add），方可要求签名");
	if (strcmp(fj_json_text(status, "tokens"), tokens) == 0)
		return no(err, FJ_E_STATE, "that is the rule already", "现行规则即为如此");
	FJ_TRY(no_job_by_names(c, err));
	return apr_request(c, HSM_ACT_RULE, "tokens", keeper, payload, err);
}

enum fj_rc apr_officer_key_require(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_TRY(no_job_by_names(c, err));
	FJ_TRY(change(c, a, hsm_rule, err));
	FJ_AUTO(json) body = json_pack("{s:s}", "tokens", fj_json_text(a->payload, "tokens"));
	return evt_append(c, "officer-key.required", "tokens", body, err);
}

enum fj_rc apply_officer_key_changed(const struct evt *e, struct fj_err *err)
{
	(void)e;
	(void)err;
	return FJ_OK; /* the signer has the keys */
}

enum fj_rc cmd_officer_key_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) status = NULL;

	FJ_TRY(signer_status(c->iss, &status, err));
	c->answer = json_pack("{s:s, s:s, s:O}", "approvals", c->iss->log.checked ? "checked by the signer" : "enforced by software", "tokens", fj_json_text(status, "tokens"), "items",
	    json_object_get(status, "officers"));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
