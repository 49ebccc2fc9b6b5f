/*
 * compromise.c - 密钥泄露: a key that somebody else has too, in whatever form it was found (lessons.md 9).
 *
 * One finance officer reports it, and at once nothing new is issued to it or bound to it anywhere here, and
 * what stands on it of the own department's holders, users and operators is stopped: certificates
 * suspended, license tokens suspended, sign-in keys ended.  The second officer's approval makes it
 * final: the certificates are revoked with keyCompromise, the tokens revoked, the key blocked for ever.
 * Refused by two officers, everything that the report stopped comes back.
 *
 * R40 holds here too: one department suspends nothing of another's.  What a report finds there it tells
 * that department, whose own report stops it; the block on new use is everybody's, since taking a
 * reported key in helps nobody.  The appliance's own keys are no matter of a report: a ceremony replaces
 * them (RFC 3647 5.7.3).  Only hashes are kept; a private half is wiped with the file that it came in.
 *
 * Tables: key_report; key_thumb, hashes of certificates of a reported key; key_hit, what a report found;
 * bound_key, whose key by which hash.
 */
#include "issuer/compromise.h"

#include "base/secret.h"
#include "ca/ca.h"
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/life.h"
#include "issuer/state.h"
#include "issuer/token.h"

#define MAX_KEY 16384
#define SHOWN 10 /* objects that a request names */

const struct iss_field fld_key_compromised[] = {
	{"key", ISS_F_FILE, false, MAX_KEY, "密钥文件", "the key as it was found: certificate, request, public or private key (PEM or DER), JWK; P-256, P-384, SM2"},
	{"spki_sha256", ISS_F_STR, false, 64, "公钥指纹", "or SHA-256 of its SubjectPublicKeyInfo, hex"},
	{"reason", ISS_F_STR, true, 400, "事由", "how it became known, for the record"},
	{0},
};
const struct iss_field fld_compromise_list[] = {
	{"after", ISS_F_STR, false, 64, "起始", "start after this one"},
	ISS_FIELD_LIMIT,
	{"turn", ISS_F_STR, false, 18, "待处理单位", "only reports of others that found something of this department's, which it has not reported itself"},
	{0},
};

/* --- keys that come in --- */

enum fj_rc cmp_key_free(struct sto *db, const char *hex, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_KEY_BLOCKED, &q, err, "t", hex));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_REFUSED, "issuer", "lessons.md 9", "this key was reported compromised (%s); make a new one", sto_text(&q, 0));
	fj_err_zh(err, "该密钥已被报告泄露（%s），请生成新密钥", sto_text(&q, 0));
	return rc;
}

enum fj_rc cmp_bind(struct sto *db, const char *hex, const char *kind, const char *object, struct fj_err *err)
{
	return sto_run(db, STO_BOUND_KEY_ADD, NULL, err, "ttt", hex, kind, object);
}

enum fj_rc cmp_bind_spki(struct sto *db, const char *spki64, const char *kind, const char *object, struct fj_err *err)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(1024);
	char hex[65];

	if (fj_b64u_get(spki64, strlen(spki64), &spki) != FJ_OK)
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "an intent has no key");
	dom_spki_hash(fj_buf_slice(&spki), hex);
	return cmp_bind(db, hex, kind, object, err);
}

/* --- what stands on a key --- */

struct hit {
	char kind[12], object[64], finance[19], state[16], name[DOM_CAP(DOM_MAX_NAME)];
	bool own; /* the reporter's to stop */
};

static bool is(const struct hit *h, const char *kind)
{
	return strcmp(h->kind, kind) == 0;
}

static enum fj_rc hit_from_row(struct iss_call *c, const char *org, const struct sto_q *q, struct hit *h, struct fj_err *err)
{
	const struct sto_copy texts[] = {STO_COPY(0, h->kind), STO_COPY(1, h->object), STO_COPY(2, h->finance), STO_COPY(3, h->state), STO_COPY(4, h->name)};

	FJ_TRY(sto_copy(q, texts, FJ_ARRAY_LEN(texts), "what stands on a key", err));
	h->own = is(h, "user") ? usr_office(c, sto_text(q, 5), org, NULL, NULL) == FJ_OK : strcmp(h->finance, org) == 0;
	return FJ_OK;
}

/* "certificates", "tokens", "sign_in_keys": how many; first: the first of them by name */
struct count {
	json_int_t certificates, tokens, users;
	json_t *first;
};

static enum fj_rc count_one(struct count *n, const struct hit *h, struct fj_err *err)
{
	*(is(h, "certificate") ? &n->certificates : is(h, "token") ? &n->tokens : &n->users) += 1;
	if (json_array_size(n->first) >= SHOWN)
		return FJ_OK;
	json_t *one = json_pack("{s:s, s:s, s:s}", is(h, "user") ? "login" : is(h, "token") ? "id" : "number", h->object, "name", h->name, "state", h->state);
	return json_array_append_new(n->first, one) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static json_t *count_json(const struct count *n)
{
	return json_pack("{s:I, s:I, s:I, s:O}", "certificates_hit", n->certificates, "tokens_hit", n->tokens, "sign_in_keys", n->users, "first", n->first);
}

/* of a key: what is the actor's to stop, what is others'; *found: something at all; logins: of the own sign-in keys */
static enum fj_rc look(struct iss_call *c, const char *spki, const char *x5t, json_t *payload, json_int_t *own, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) mine = json_array();
	FJ_AUTO(json) theirs = json_array();
	FJ_AUTO(json) logins = json_array();
	struct count n[2] = {{.first = theirs}, {.first = mine}};
	bool row;

	FJ_TRY(sto_query(c->db, STO_KEY_STANDS_ON, &q, err, "tt", spki, x5t));
	for (;;) {
		struct hit h;
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		FJ_TRY(hit_from_row(c, c->actor->org, &q, &h, err));
		FJ_TRY(count_one(&n[h.own], &h, err));
		if (h.own && is(&h, "user") && json_array_append_new(logins, json_string(h.object)) != 0)
			return fj_no_memory(err, "issuer");
	}
	*own = n[1].certificates + n[1].tokens + n[1].users;
	FJ_TRY(fj_json_set(payload, "stops", count_json(&n[1])));
	if (n[0].certificates + n[0].tokens + n[0].users > 0)
		FJ_TRY(fj_json_set(payload, "others", count_json(&n[0])));
	return fj_json_set(payload, "logins", json_incref(logins));
}

/* --- reporting --- */

static enum fj_rc no_key(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_INVALID, "issuer", "lessons.md 9", "give the key as it was found, or SHA-256 of its SubjectPublicKeyInfo as 64 hex digits", "请提交密钥文件，或填写公钥（SubjectPublicKeyInfo）的 SHA-256（64 位十六进制）");
}

/* the octets as they came, which nobody reads again */
static void wipe_param(const struct iss_call *c)
{
	const json_t *v = json_object_get(c->params, "key"), *s = json_is_object(v) ? json_object_get(v, "base64url") : v;

	if (json_is_string(s))
		fj_wipe((void *)(uintptr_t)json_string_value(s), json_string_length(s));
}

static enum fj_rc read_file(struct iss_call *c, struct ca_found *out, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(MAX_KEY);

	if (fj_buf_reserve(&file, MAX_KEY) == NULL) /* all at once: what grows leaves copies */
		return fj_no_memory(err, "issuer");
	enum fj_rc rc = iss_param_file(c, "key", &file, err);
	if (rc == FJ_OK)
		rc = ca_found_key(fj_buf_slice(&file), out, err);
	fj_wipe(file.data, file.cap);
	wipe_param(c);
	return rc;
}

static enum fj_rc read_key(struct iss_call *c, char spki[65], char x5t[65], struct fj_err *err)
{
	const char *hex = fj_json_peek(c->params, "spki_sha256");
	struct ca_found found;
	uint8_t raw[FJ_SHA256_LEN];

	x5t[0] = '\0';
	if (hex != NULL && (strlen(hex) != 64 || fj_unhex(hex, 64, raw) != FJ_OK))
		return no_key(err);
	if (hex != NULL)
		fj_hex(raw, sizeof(raw), spki);
	if (json_object_get(c->params, "key") == NULL)
		return hex != NULL ? FJ_OK : no_key(err);
	FJ_TRY(read_file(c, &found, err));
	if (hex != NULL && memcmp(raw, found.spki_sha256.b, sizeof(raw)) != 0)
		return fj_refuse(err, FJ_E_INVALID, "issuer", "lessons.md 9", "the file's key is not the one with this SHA-256; give one of the two", "文件中的密钥与所填公钥指纹不符，请只提交其中之一");
	fj_hex(found.spki_sha256.b, FJ_SHA256_LEN, spki);
	if (found.certificate)
		fj_hex(found.certificate_sha256.b, FJ_SHA256_LEN, x5t);
	return FJ_OK;
}

/* of the keyring, or former keys; CRLs bear none */
static enum fj_rc check_not_of(struct iss_call *c, enum sto_id which, int der, const char *spki, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	struct ca_info info;
	char hex[65];
	bool row;

	FJ_TRY(sto_query(c->db, which, &q, err, ""));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		if (ca_cert_info(sto_blob(&q, der), &info, NULL) != FJ_OK)
			continue;
		fj_hex(info.spki_sha256.b, FJ_SHA256_LEN, hex);
		if (strcmp(hex, spki) != 0)
			continue;
		enum fj_rc rc = fj_fail(err, FJ_E_REFUSED, "issuer", "RFC 3647 5.7.3", "this is the appliance's own key \"%s\": a report stops nothing of it; take the public service off the net; it is rolled over (key roll); a former issuing key is then revoked by the root (ceremony root-crl --revoke issuing.1 --reason keyCompromise); a root's has a successor", sto_text(&q, 0));
		fj_err_zh(err, "这是本机自身的密钥“%s”，不能以报告处置：请停止对外服务；以 key roll 更换密钥；原签发密钥随后由根吊销（ceremony root-crl --revoke issuing.1 --reason keyCompromise）；根密钥以后继根接替", sto_text(&q, 0));
		return rc;
	}
}

static enum fj_rc check_not_own(struct iss_call *c, const char *spki, struct fj_err *err)
{
	FJ_TRY(check_not_of(c, STO_KEYRING_ALL, 1, spki, err));
	return check_not_of(c, STO_PAST_KEY_ALL, 2, spki, err);
}

/* once, unless it would stop more than before */
static enum fj_rc check_new(struct iss_call *c, const char *spki, json_int_t own, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(c->db, STO_KEY_REPORT_OF, &q, err, "tt", spki, c->actor->org));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row || (strcmp(sto_text(&q, 1), "CONFIRMED") == 0 && own > 0))
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", "lessons.md 9", "this key was reported already (%s, approval %s)", sto_text(&q, 0), sto_text(&q, 2));
	fj_err_zh(err, "该密钥已报告（%s，审批 %s）", sto_text(&q, 0), sto_text(&q, 2));
	return rc;
}

enum fj_rc cmd_key_compromised(struct iss_call *c, struct fj_err *err)
{
	char spki[65], x5t[65], id[32];
	json_int_t own = 0;

	FJ_TRY(read_key(c, spki, x5t, err));
	FJ_TRY(check_not_own(c, spki, err));
	iss_new_id("KC-", 12, id);
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s*, s:s}", "id", id, "spki_sha256", spki, "x5t", x5t[0] != '\0' ? x5t : NULL, "reason", fj_json_text(c->params, "reason"));
	if (payload == NULL)
		return fj_no_memory(err, "issuer");
	FJ_TRY(look(c, spki, x5t, payload, &own, err));
	FJ_TRY(check_new(c, spki, own, err));
	FJ_AUTO(json) stops = json_incref(json_object_get(payload, "stops"));
	FJ_AUTO(json) others = json_incref(json_object_get(payload, "others"));
	FJ_TRY(apr_request(c, "key.compromised", id, c->actor->org, payload, err));
	FJ_TRY(fj_json_set(c->answer, "compromise", json_string(id)));
	FJ_TRY(fj_json_set(c->answer, "spki_sha256", json_string(spki)));
	FJ_TRY(fj_json_set(c->answer, "stops", json_incref(stops)));
	return others == NULL ? FJ_OK : fj_json_set(c->answer, "others", json_incref(others));
}

/* --- stopping, and back --- */

static enum fj_rc stop_certificate(struct iss_call *c, const struct hit *h, struct fj_err *err)
{
	FJ_AUTO(json) why = json_pack("{s:s}", "reason", "its key was reported compromised");

	if (strcmp(h->state, "PENDING") == 0)
		return evt_append(c, "certificate.abandoned", h->object, why, err);
	if (strcmp(h->state, "REVOKING") == 0)
		return FJ_OK;
	FJ_TRY(apr_void(c, "certificate.resume", h->object, "its key was reported compromised 密钥已被报告泄露", err));
	return dom_certificate_revoking(c, h->object, "keyCompromise", err);
}

static enum fj_rc stop_token(struct iss_call *c, const struct hit *h, struct fj_err *err)
{
	FJ_AUTO(json) why = json_pack("{s:s}", "reason", "its key was reported compromised");
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s}", "to", "SUSPENDED", "reason", "its key was reported compromised 密钥已被报告泄露", "by", iss_party_name(ISS_PARTY_FINANCE));

	c->dirty_status = true;
	if (strcmp(h->state, "PENDING") == 0)
		return evt_append(c, "token.abandoned", h->object, why, err);
	FJ_TRY(apr_void(c, "token.resume", h->object, "its key was reported compromised 密钥已被报告泄露", err));
	return strcmp(h->state, "SUSPENDED") == 0 ? FJ_OK : evt_append(c, "token.suspended", h->object, body, err);
}

static enum fj_rc stop_user(struct iss_call *c, const char *spki, const struct hit *h, struct fj_err *err)
{
	FJ_AUTO(json) body = json_pack("{s:s, s:s}", "spki_sha256", spki, "reason", "reported compromised 密钥已被报告泄露");

	FJ_TRY(evt_append(c, "user.key-ended", h->object, body, err));
	return ses_end_all(c, h->object, "", err);
}

struct report {
	char id[32], spki[65], org[19], state[12];
};

static enum fj_rc report_get(struct sto *db, const char *id, struct report *r, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_KEY_REPORT_GET, &q, id, err, "t", id));
	const struct sto_copy texts[] = {STO_COPY(0, r->id), STO_COPY(1, r->spki), STO_COPY(2, r->org), STO_COPY(3, r->state)};
	return sto_copy(&q, texts, FJ_ARRAY_LEN(texts), "a report of a key", err);
}

/* fn for everything of the report that is its own department's, with its state as it is now */
typedef enum fj_rc (*hit_fn)(struct iss_call *c, const struct report *r, const struct hit *h, struct fj_err *err);
static enum fj_rc each_hit(struct iss_call *c, const char *id, hit_fn fn, struct fj_err *err)
{
	struct report r;
	FJ_AUTO(buf) all = FJ_BUF_INIT(64u << 20);
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(report_get(c->db, id, &r, err));
	FJ_TRY(sto_query(c->db, STO_KEY_HITS_OWN, &q, err, "t", id));
	for (;;) { /* read first: what is done changes what is read */
		struct hit h = {.own = true};
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		const struct sto_copy texts[] = {STO_COPY(0, h.kind), STO_COPY(1, h.object), STO_COPY(2, h.state)};
		FJ_TRY(sto_copy(&q, texts, FJ_ARRAY_LEN(texts), "what a report found", err));
		FJ_TRY(fj_buf_put(&all, &h, sizeof(h)));
	}
	sto_done(&q);
	for (size_t at = 0; at < all.len; at += sizeof(struct hit)) {
		struct hit h;
		memcpy(&h, all.data + at, sizeof(h));
		FJ_TRY(fn(c, &r, &h, err));
	}
	return FJ_OK;
}

static enum fj_rc stop(struct iss_call *c, const struct report *r, const struct hit *h, struct fj_err *err)
{
	return is(h, "certificate") ? stop_certificate(c, h, err) : is(h, "token") ? stop_token(c, h, err) : stop_user(c, r->spki, h, err);
}

enum fj_rc apr_key_compromised_request(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	const json_t *p = a->payload;
	FJ_AUTO(json) body = json_pack("{s:O, s:O*, s:s, s:O, s:O, s:s}", "spki_sha256", json_object_get(p, "spki_sha256"), "x5t", json_object_get(p, "x5t"), "org", a->org, "reason", json_object_get(p, "reason"),
	    "logins", json_object_get(p, "logins"), "approval", a->id);

	FJ_TRY(evt_append(c, "key.reported", a->object, body, err));
	return each_hit(c, a->object, stop, err);
}

static enum fj_rc end(struct iss_call *c, const struct report *r, const struct hit *h, struct fj_err *err)
{
	bool live = strcmp(h->state, "ACTIVE") == 0 || strcmp(h->state, "SUSPENDED") == 0;

	(void)r;
	if (is(h, "token")) {
		if (!live && strcmp(h->state, "EXHAUSTED") != 0)
			return FJ_OK;
		FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s}", "to", "REVOKED", "reason", "its key was reported compromised 密钥已被报告泄露", "by", iss_party_name(ISS_PARTY_FINANCE));
		c->dirty_status = true;
		return evt_append(c, "token.revoked", h->object, body, err);
	}
	if (!is(h, "certificate") || (!live && strcmp(h->state, "REVOKING") != 0))
		return FJ_OK;
	FJ_TRY(apr_void(c, "certificate.revoke", h->object, "its key was reported compromised 密钥已被报告泄露", err));
	if (live) /* another request was refused meanwhile */
		FJ_TRY(dom_certificate_revoking(c, h->object, "keyCompromise", err));
	return dom_certificate_end(c, h->object, "keyCompromise", err);
}

static enum fj_rc conclude(struct iss_call *c, const char *event, const char *id, const char *to, struct fj_err *err)
{
	FJ_AUTO(json) body = json_pack("{s:s}", "to", to);

	return evt_append(c, event, id, body, err);
}

enum fj_rc apr_key_compromised(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_TRY(conclude(c, "key.confirmed", a->object, "CONFIRMED", err));
	return each_hit(c, a->object, end, err);
}

static enum fj_rc back_user(struct iss_call *c, const struct report *r, const char *login, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	struct usr u;
	bool bound;

	FJ_TRY(usr_get(c->db, login, &u, err));
	FJ_TRY(cky_bound(c->db, login, r->spki, &bound, err));
	if (bound || strcmp(u.state, "DISABLED") == 0)
		return FJ_OK;
	FJ_TRY(sto_first(c->db, STO_USERKEY_ROW, &q, login, err, "tt", login, r->spki));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:I}", "spki_sha256", r->spki, "label", sto_text(&q, 0), "until", (json_int_t)sto_int(&q, 1));
	sto_done(&q);
	return evt_append(c, "user.key-bound", login, body, err);
}

static enum fj_rc back(struct iss_call *c, const struct report *r, const struct hit *h, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	struct token t;

	FJ_TRY(sto_first(c->db, STO_KEY_HIT_GET, &q, h->object, err, "ttt", r->id, h->kind, h->object));
	bool stopped = sto_int(&q, 0) != 0;
	sto_done(&q);
	if (!stopped)
		return FJ_OK;
	if (is(h, "user"))
		return back_user(c, r, h->object, err);
	if (is(h, "certificate"))
		return strcmp(h->state, "REVOKING") == 0 ? dom_certificate_kept(c, h->object, err) : FJ_OK;
	if (strcmp(h->state, "SUSPENDED") != 0)
		return FJ_OK;
	FJ_TRY(tok_get(c->db, h->object, &t, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s}", "to", tok_used_up(&t) || t.spent ? "EXHAUSTED" : "ACTIVE", "reason", "the report of its key was refused 密钥泄露报告未获批准");
	c->dirty_status = true;
	return evt_append(c, "token.resumed", h->object, body, err);
}

enum fj_rc apr_key_compromised_refused(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_TRY(conclude(c, "key.cleared", a->object, "REFUSED", err));
	return each_hit(c, a->object, back, err);
}

/* --- events --- */

enum fj_rc apply_key_reported(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	const char *spki = fj_json_text(b, "spki_sha256"), *x5t = fj_json_text(b, "x5t"), *org = fj_json_text(b, "org");
	FJ_AUTO(buf) logins = FJ_BUF_INIT(1u << 20);

	FJ_TRY(fj_json_canonical(json_object_get(b, "logins"), &logins, err));
	FJ_TRY(sto_run(e->db, STO_KEY_REPORT_ADD, NULL, err, "ttttt" "ii", e->object, spki, org, fj_json_text(b, "reason"), fj_json_text(b, "approval"), (int64_t)e->at, e->seq));
	if (x5t[0] != '\0')
		FJ_TRY(sto_run(e->db, STO_KEY_THUMB_ADD, NULL, err, "tt", x5t, spki));
	FJ_TRY(sto_run(e->db, STO_KEY_THUMBS_OWN, NULL, err, "t", spki));
	return sto_run(e->db, STO_KEY_HIT_ADD, NULL, err, "ttttt", spki, x5t, e->object, org, fj_buf_str(&logins));
}

enum fj_rc apply_key_decided(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_KEY_REPORT_STATE, NULL, err, "tit", fj_json_text(e->body, "to"), e->seq, e->object);
}

/* --- reading --- */

static json_t *to_json(const struct sto_q *q, fj_time now)
{
	char at[FJ_TIME_CAP];

	(void)now;
	fj_time_utc(sto_int(q, 6), at);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "id", sto_text(q, 0), "state", sto_text(q, 3), "spki_sha256", sto_text(q, 1), "org", sto_text(q, 2), "reason", sto_text(q, 4),
	    "approval", sto_text(q, 5), "at", at, "certificates_hit", (json_int_t)sto_int(q, 7), "tokens_hit", (json_int_t)sto_int(q, 8), "sign_in_keys", (json_int_t)sto_int(q, 9));
}

enum fj_rc cmd_compromise_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *after;
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, STO_KEY_REPORT_LIST, &q, err, "tti", after, fj_json_text(c->params, "turn"), limit));
	return dom_list_page(c, &q, to_json, "id", limit, err);
}

#define MAX_TOLD 200
static json_t *hit_json(const struct sto_q *q, fj_time now)
{
	const char *kind = sto_text(q, 0);

	(void)now;
	return json_pack("{s:s, s:s, s:s, s:b}", strcmp(kind, "user") == 0 ? "login" : strcmp(kind, "token") == 0 ? "id" : "number", sto_text(q, 1), "state", sto_text(q, 2), "finance", sto_text(q, 3),
	    "stopped_by_it", sto_int(q, 4) != 0);
}

enum fj_rc cmd_compromise_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(sto_q) hits = {0};
	FJ_AUTO(sto_q) told = {0};
	FJ_AUTO(json) items = json_array();
	const char *id = fj_json_text(c->params, "id");

	FJ_TRY(sto_first(c->db, STO_KEY_REPORT_SHOW, &q, id, err, "t", id));
	c->answer = to_json(&q, c->now);
	FJ_TRY(sto_first(c->db, STO_KEY_TOLD_TO, &told, id, err, "tt", c->actor->org, id));
	FJ_TRY(fj_json_set(c->answer, "waits", json_boolean(sto_int(&told, 0) != 0)));
	FJ_TRY(sto_query(c->db, STO_KEY_HITS, &hits, err, "ti", id, (int64_t)MAX_TOLD));
	FJ_TRY(dom_rows(&hits, c->now, hit_json, items, err));
	return fj_json_set(c->answer, "found", json_incref(items));
}
