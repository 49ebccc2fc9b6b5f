/*
 * user.c - people: who they are, how they prove it, and their sessions.
 *
 * A user is made by two officers (R22) and sets password and second factor with
 * a one-time code; there is no default password.  Public facts are events;
 * passwords (argon2id), factors and sessions stand beside the log and never in
 * it.  Wrong login, password and code are one answer, after the same work.
 * Factors are not encrypted at rest: whoever reads register.db owns them.
 */
#include <sodium.h>

#include "base/log.h"
#include "base/secret.h"
#include "issuer/domain.h"
#include "issuer/iss.h"

#define STEP 30
#define IDLE (30 * 60)
#define WHOLE (12 * 3600)
#define CODE_LIFE (7 * 86400)
#define TRIES 5          /* failures by login within WINDOW */
#define WINDOW 300
#define SLOTS 256

static const struct {
	enum iss_role bit;
	const char *name;
} roles[] = {
	{ISS_MOF, "MOF"}, {ISS_FINANCE, "FINANCE"}, {ISS_SUPERIOR, "SUPERIOR"}, {ISS_HOLDER, "HOLDER"},
	{ISS_IMPLEMENTER, "IMPLEMENTER"}, {ISS_GOV, "GOV"}, {ISS_DATA_BUREAU, "DATA_BUREAU"}, {ISS_DRC, "DRC"},
	{ISS_OPERATOR, "OPERATOR"}, {ISS_DEVELOPER, "DEVELOPER"}, {ISS_USER, "USER"}, {ISS_EXCHANGE, "EXCHANGE"},
	{ISS_ASSESSOR, "ASSESSOR"}, {ISS_AUDITOR, "AUDITOR"}, {ISS_LOCAL, "LOCAL"}, {ISS_SYSTEM, "SYSTEM"},
};

const char *iss_role_name(enum iss_role one)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(roles); i++)
		if (roles[i].bit == one)
			return roles[i].name;
	return "";
}

enum fj_rc iss_role_parse(const char *name, uint32_t *bit, struct fj_err *err)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(roles) - 2; i++) /* LOCAL and SYSTEM are nobody's */
		if (strcmp(roles[i].name, name) == 0) {
			*bit = roles[i].bit;
			return FJ_OK;
		}
	return fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 6", "there is no role \"%.40s\"", name);
}

/* --- events --- */

static enum fj_rc role_bits(const json_t *list, uint32_t *out, struct fj_err *err)
{
	size_t i;
	json_t *v;
	uint32_t bit;

	*out = 0;
	json_array_foreach(list, i, v) {
		FJ_TRY(iss_role_parse(json_is_string(v) ? json_string_value(v) : "", &bit, err));
		*out |= bit;
	}
	return *out != 0 ? FJ_OK : fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 6", "a user has at least one role");
}

enum fj_rc apply_user_added(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	uint32_t bits;

	FJ_TRY(role_bits(json_object_get(b, "roles"), &bits, err));
	return sto_run(e->db, STO_USER_SET, NULL, err, "ttttit", e->object, fj_json_peek(b, "person"), fj_json_peek(b, "name"),
	    fj_json_peek(b, "org"), (int64_t)bits, fj_json_peek(b, "state"));
}

enum fj_rc apply_user_changed(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_USER_STATE, NULL, err, "tt", fj_json_peek(e->body, "state"), e->object);
}

enum fj_rc apply_appliance_made(const struct evt *e, struct fj_err *err)
{
	(void)e;
	(void)err;
	return FJ_OK; /* settings are beside the log; the event says when and as what */
}

/* --- secrets --- */

enum fj_rc usr_invite(struct sto *db, const char *login, char code[20], struct fj_err *err)
{
	struct fj_hash h;

	iss_new_id("", 16, code);
	fj_sha256(fj_slice_str(code), &h);
	return sto_run(db, STO_SECRET_SET, NULL, err, "ttbibi", login, "", FJ_SLICE("", 0), (int64_t)0,
	    FJ_SLICE(h.b, FJ_SHA256_LEN), (int64_t)fj_now() + CODE_LIFE);
}

static enum fj_rc set_secrets(struct sto *db, const char *login, const char *password, struct fj_slice totp, struct fj_err *err)
{
	char hash[crypto_pwhash_STRBYTES];

	if (crypto_pwhash_str(hash, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
	    crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
		return fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "not enough memory to hash a password");
	return sto_run(db, STO_SECRET_SET, NULL, err, "ttbibi", login, hash, totp, (int64_t)0, FJ_SLICE("", 0), (int64_t)0);
}

enum fj_rc usr_actor(struct sto *db, const char *login, const char *via, struct iss_actor *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	memset(out, 0, sizeof(*out));
	FJ_TRY(sto_first(db, STO_USER_GET, &q, login, err, "t", login));
	if (fj_strcopy(out->login, sizeof(out->login), sto_text(&q, 0)) != FJ_OK ||
	    fj_strcopy(out->person, sizeof(out->person), sto_text(&q, 1)) != FJ_OK ||
	    fj_strcopy(out->name, sizeof(out->name), sto_text(&q, 2)) != FJ_OK ||
	    fj_strcopy(out->org, sizeof(out->org), sto_text(&q, 3)) != FJ_OK)
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "the user %s is malformed", login);
	out->roles = (uint32_t)sto_int(&q, 4);
	out->via = via;
	return strcmp(sto_text(&q, 5), "ACTIVE") == 0 ? FJ_OK
	    : fj_fail(err, FJ_E_AUTH, "issuer", NULL, "the user %s is not active", login);
}

/* --- signing in --- */

struct secret_row {
	char hash[crypto_pwhash_STRBYTES];
	uint8_t totp[64];
	size_t totp_len;
	int64_t step, code_end;
	struct fj_hash code;
	bool has_code;
};

static enum fj_rc load_secret(struct sto *db, const char *login, struct secret_row *s, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	memset(s, 0, sizeof(*s));
	FJ_TRY(sto_first(db, STO_SECRET_GET, &q, login, err, "t", login));
	struct fj_slice totp = sto_blob(&q, 1), code = sto_blob(&q, 3);
	if (fj_strcopy(s->hash, sizeof(s->hash), sto_text(&q, 0)) != FJ_OK || totp.len > sizeof(s->totp))
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "a stored secret is malformed");
	if (totp.len > 0)
		memcpy(s->totp, totp.p, totp.len);
	s->totp_len = totp.len;
	s->step = sto_int(&q, 2);
	s->code_end = sto_int(&q, 4);
	s->has_code = code.len == FJ_SHA256_LEN;
	if (s->has_code)
		memcpy(s->code.b, code.p, FJ_SHA256_LEN);
	return FJ_OK;
}

static enum fj_rc denied(struct fj_err *err)
{
	enum fj_rc rc = fj_fail(err, FJ_E_AUTH, "issuer", NULL, "login, password or one-time code are wrong");

	fj_err_zh(err, "用户名、密码或动态口令有误");
	return rc;
}

/* failures by login, in memory: a restart forgives, five tries an attempt do not */
static struct {
	uint8_t login[8];
	fj_time from;
	int n;
} slots[SLOTS];
static pthread_mutex_t slots_lock = PTHREAD_MUTEX_INITIALIZER;

/* counts the attempt when `failed`; true when there were too many */
static bool throttled(const char *login, bool failed)
{
	struct fj_hash h;
	fj_time now = fj_boot_ms() / 1000;

	fj_sha256(fj_slice_str(login), &h);
	size_t at = h.b[8];
	pthread_mutex_lock(&slots_lock);
	if (memcmp(slots[at].login, h.b, 8) != 0 || now - slots[at].from > WINDOW) {
		memcpy(slots[at].login, h.b, 8);
		slots[at].from = now;
		slots[at].n = 0;
	}
	if (failed)
		slots[at].n++;
	bool out = slots[at].n >= TRIES;
	pthread_mutex_unlock(&slots_lock);
	return out;
}

/* a code of the step before, this one, or the next, that is later than the last used */
static int64_t matching_step(const struct secret_row *s, const char *totp)
{
	int64_t now = fj_real_ms() / 1000 / STEP; /* people's telephones show the real time */
	char want[16];

	for (int64_t t = now - 1; t <= now + 1; t++) {
		snprintf(want, sizeof(want), "%06u", totp_at(FJ_SLICE(s->totp, s->totp_len), t));
		if (t > s->step && strlen(totp) == 6 && sodium_memcmp(want, totp, 6) == 0)
			return t;
	}
	return 0;
}

static enum fj_rc check_secrets(struct iss *i, const char *login, const char *password, const char *totp, struct fj_err *err)
{
	struct secret_row s;
	int64_t n = 0;
	char dummy[crypto_pwhash_STRBYTES];

	if (load_secret(i->db, login, &s, NULL) != FJ_OK || s.hash[0] == '\0') {
		if (crypto_pwhash_str(dummy, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
			return denied(err);
		return denied(err);
	}
	if (crypto_pwhash_str_verify(s.hash, password, strlen(password)) != 0)
		return denied(err);
	if (s.totp_len == 0)
		return FJ_OK;
	int64_t step = matching_step(&s, totp);
	if (step == 0)
		return denied(err);
	FJ_TRY(sto_run(i->db, STO_SECRET_STEP, &n, err, "iti", step, login, step));
	return n == 1 ? FJ_OK : denied(err);
}

enum fj_rc iss_authenticate(struct iss *i, const char *login, const char *password, const char *totp, struct iss_actor *out, struct fj_err *err)
{
	if (strlen(login) > 63 || strlen(password) > 255)
		return denied(err);
	if (throttled(login, false)) {
		enum fj_rc rc = fj_fail(err, FJ_E_AUTH, "issuer", NULL, "too many failures; try again in five minutes");
		fj_err_zh(err, "失败次数过多，请五分钟后再试");
		return rc;
	}
	pthread_mutex_lock(&i->lock);
	enum fj_rc rc = check_secrets(i, login, password, totp, err);
	if (rc == FJ_OK && usr_actor(i->db, login, "api", out, NULL) != FJ_OK)
		rc = denied(err);
	pthread_mutex_unlock(&i->lock);
	if (rc == FJ_E_AUTH)
		throttled(login, true);
	return rc;
}

/* --- sessions --- */

static void token_hash(const char *token, struct fj_hash *h)
{
	fj_sha256(fj_slice_str(token), h);
}

static enum fj_rc random_text(char out[ISS_SESSION_CAP])
{
	uint8_t raw[32];
	FJ_AUTO(buf) b = FJ_BUF_INIT(64);

	fj_random(raw, sizeof(raw));
	FJ_TRY(fj_b64u_put(&b, FJ_SLICE(raw, sizeof(raw))));
	return fj_strcopy(out, ISS_SESSION_CAP, fj_buf_str(&b));
}

enum fj_rc iss_session_new(struct iss *i, const struct iss_actor *a, struct iss_session *out, struct fj_err *err)
{
	struct fj_hash h;
	int64_t now = fj_real_ms() / 1000;

	memset(out, 0, sizeof(*out));
	out->actor = *a;
	if (random_text(out->token) != FJ_OK || random_text(out->csrf) != FJ_OK)
		return fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
	token_hash(out->token, &h);
	pthread_mutex_lock(&i->lock);
	enum fj_rc rc = sto_run(i->db, STO_SESSION_CLEAN, NULL, err, "iit", now - WHOLE, now - IDLE, "");
	if (rc == FJ_OK)
		rc = sto_run(i->db, STO_SESSION_ADD, NULL, err, "bttii", FJ_SLICE(h.b, FJ_SHA256_LEN), a->login, out->csrf, now, now);
	pthread_mutex_unlock(&i->lock);
	return rc;
}

static enum fj_rc find_session(struct iss *i, const struct fj_hash *h, struct iss_session *out, struct fj_err *err)
{
	int64_t now = fj_real_ms() / 1000, used;
	char login[64];
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(i->db, STO_SESSION_GET, &q, "session", err, "b", FJ_SLICE(h->b, FJ_SHA256_LEN)));
		used = sto_int(&q, 3);
		if (now - sto_int(&q, 2) > WHOLE || now - used > IDLE || fj_strcopy(login, sizeof(login), sto_text(&q, 0)) != FJ_OK ||
		    fj_strcopy(out->csrf, sizeof(out->csrf), sto_text(&q, 1)) != FJ_OK)
			return FJ_E_NOTFOUND;
	}
	if (now - used >= 60) /* not a write for every click */
		FJ_TRY(sto_run(i->db, STO_SESSION_USE, NULL, err, "ib", now, FJ_SLICE(h->b, FJ_SHA256_LEN)));
	return usr_actor(i->db, login, "portal", &out->actor, err);
}

enum fj_rc iss_session_find(struct iss *i, const char *token, struct iss_session *out, struct fj_err *err)
{
	struct fj_hash h;

	memset(out, 0, sizeof(*out));
	if (strlen(token) != 43)
		return fj_fail(err, FJ_E_AUTH, "issuer", NULL, "sign in first");
	memcpy(out->token, token, 44);
	token_hash(token, &h);
	pthread_mutex_lock(&i->lock);
	enum fj_rc rc = find_session(i, &h, out, NULL);
	pthread_mutex_unlock(&i->lock);
	if (rc == FJ_OK)
		return FJ_OK;
	rc = fj_fail(err, FJ_E_AUTH, "issuer", NULL, "your session has ended; sign in again");
	fj_err_zh(err, "会话已结束，请重新登录");
	return rc;
}

void iss_session_end(struct iss *i, const char *token)
{
	struct fj_hash h;
	struct fj_err err;

	token_hash(token, &h);
	pthread_mutex_lock(&i->lock);
	enum fj_rc rc = sto_run(i->db, STO_SESSION_END, NULL, &err, "b", FJ_SLICE(h.b, FJ_SHA256_LEN));
	pthread_mutex_unlock(&i->lock);
	if (rc != FJ_OK)
		fj_log_err(FJ_LOG_WARN, "a session could not be ended", &err);
}

/* --- commands --- */

enum fj_rc cmd_user_add(struct iss_call *c, struct fj_err *err)
{
	const char *login = fj_json_peek(c->params, "login"), *org = fj_json_peek(c->params, "org");
	uint32_t bits;
	bool row;
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_query(c->db, STO_USER_GET, &q, err, "t", login));
		FJ_TRY(sto_step(&q, &row, err));
	}
	if (row)
		return fj_fail(err, FJ_E_EXISTS, "issuer", NULL, "there is a user \"%s\" already", login);
	if (strspn(login, "abcdefghijklmnopqrstuvwxyz0123456789._-") != strlen(login))
		return fj_fail(err, FJ_E_INVALID, "issuer", NULL, "a login has small letters, digits, dot, hyphen and underscore only");
	FJ_TRY(role_bits(json_object_get(c->params, "roles"), &bits, err));
	if (!(c->actor->roles & ISS_FINANCE) && strcmp(org, c->actor->org) != 0)
		return fj_fail(err, FJ_E_FORBIDDEN, "issuer", "R22", "users of another organisation are entered by the finance department");
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s, s:s, s:O, s:s}", "login", login, "person", fj_json_peek(c->params, "person"),
	    "name", fj_json_peek(c->params, "name"), "org", org, "roles", json_object_get(c->params, "roles"), "state", "INVITED");
	return apr_request(c, "user.add", login, "", payload, err);
}

enum fj_rc apr_user_add(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	char code[20];

	FJ_TRY(evt_append(c, "user.added", a->object, a->payload, err));
	FJ_TRY(usr_invite(c->db, a->object, code, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s}", "id", a->id, "state", "APPROVED", "login", a->object, "code", code);
	return FJ_OK;
}

enum fj_rc cmd_user_disable(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) payload = json_pack("{s:s}", "state", "DISABLED");
	struct iss_actor a;

	FJ_TRY(usr_actor(c->db, fj_json_peek(c->params, "login"), "system", &a, err));
	return apr_request(c, "user.disable", a.login, "", payload, err);
}

enum fj_rc apr_user_disable(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_TRY(evt_append(c, "user.changed", a->object, a->payload, err));
	return sto_run(c->db, STO_SESSION_CLEAN, NULL, err, "iit", (int64_t)0, (int64_t)0, a->object);
}

static enum fj_rc check_code(struct iss_call *c, const char *login, struct fj_err *err)
{
	struct secret_row s;
	struct fj_hash h;

	fj_sha256(fj_slice_str(fj_json_peek(c->params, "code")), &h);
	if (throttled(login, false) || load_secret(c->db, login, &s, NULL) != FJ_OK || !s.has_code || fj_now() > s.code_end || !fj_hash_eq(&h, &s.code)) {
		throttled(login, true);
		enum fj_rc rc = fj_fail(err, FJ_E_AUTH, "issuer", NULL, "login or one-time code are wrong, or the code was used or is over a week old; ask your officers for a new one");
		fj_err_zh(err, "用户名或一次性注册码有误、已使用或已过期，请联系经办人重新获取");
		return rc;
	}
	return FJ_OK;
}

enum fj_rc cmd_user_enrol(struct iss_call *c, struct fj_err *err)
{
	const char *login = fj_json_peek(c->params, "login"), *password = fj_json_peek(c->params, "password");
	uint8_t secret[TOTP_SECRET];
	char b32[40];

	FJ_TRY(check_code(c, login, err));
	if (fj_utf8_count(password) < 12) {
		enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "NIST SP 800-63B 5.1.1", "a password has at least 12 characters");
		fj_err_zh(err, "密码至少 12 个字符");
		return rc;
	}
	fj_random(secret, sizeof(secret));
	FJ_TRY(set_secrets(c->db, login, password, FJ_SLICE(secret, sizeof(secret)), err));
	FJ_AUTO(json) body = json_pack("{s:s}", "state", "ACTIVE");
	FJ_TRY(evt_append(c, "user.changed", login, body, err));
	totp_base32(FJ_SLICE(secret, sizeof(secret)), b32, sizeof(b32));
	fj_wipe(secret, sizeof(secret));
	FJ_AUTO(buf) uri = FJ_BUF_INIT(300);
	if (fj_buf_printf(&uri, "otpauth://totp/Fujie:%s?secret=%s&issuer=Fujie&algorithm=SHA1&digits=6&period=30", login, b32) != FJ_OK)
		return fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
	c->answer = json_pack("{s:s, s:s}", "login", login, "totp", fj_buf_str(&uri));
	return FJ_OK;
}

static json_t *user_json(const struct sto_q *q)
{
	json_t *list = json_array();
	uint32_t bits = (uint32_t)sto_int(q, 4);

	for (size_t i = 0; i < FJ_ARRAY_LEN(roles); i++)
		if (bits & roles[i].bit)
			json_array_append_new(list, json_string(roles[i].name));
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "login", sto_text(q, 0), "name", sto_text(q, 2), "org", sto_text(q, 3),
	    "state", sto_text(q, 5), "roles", list);
}

enum fj_rc cmd_user_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *login = fj_json_peek(c->params, "login");

	FJ_TRY(sto_first(c->db, STO_USER_GET, &q, login, err, "t", login));
	c->answer = user_json(&q);
	return c->answer != NULL ? FJ_OK : fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
}

enum fj_rc cmd_user_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();
	const char *after;
	int64_t limit;
	bool row;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, STO_USER_LIST, &q, err, "ti", after, limit));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		json_array_append_new(items, user_json(&q));
	}
	const char *last = fj_json_peek(json_array_get(items, json_array_size(items) - 1), "login");
	c->answer = json_pack("{s:O, s:s?}", "items", items, "next", (int64_t)json_array_size(items) == limit ? last : NULL);
	return c->answer != NULL ? FJ_OK : fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
}

enum fj_rc usr_demo_enrol(struct iss *i, const char *login, struct usr_demo *out, struct fj_err *err)
{
	uint8_t secret[TOTP_SECRET];
	struct iss_call c;

	memset(out, 0, sizeof(*out));
	if (!i->conf.demo)
		return fj_fail(err, FJ_E_REFUSED, "issuer", NULL, "only a demo home enrols users by itself");
	iss_new_id("", 24, out->password);
	fj_random(secret, sizeof(secret));
	totp_base32(FJ_SLICE(secret, sizeof(secret)), out->secret_b32, sizeof(out->secret_b32));
	snprintf(out->totp_uri, sizeof(out->totp_uri), "otpauth://totp/Fujie:%s?secret=%s&issuer=Fujie&algorithm=SHA1&digits=6&period=30", login, out->secret_b32);
	pthread_mutex_lock(&i->lock);
	iss_system_call(i, &c);
	FJ_AUTO(json) body = json_pack("{s:s}", "state", "ACTIVE");
	enum fj_rc rc = sto_begin(i->db, err);
	if (rc == FJ_OK)
		rc = set_secrets(i->db, login, out->password, FJ_SLICE(secret, sizeof(secret)), err);
	if (rc == FJ_OK)
		rc = evt_append(&c, "user.changed", login, body, err);
	if (rc == FJ_OK)
		rc = sto_commit(i->db, err);
	if (rc != FJ_OK)
		sto_rollback(i->db);
	pthread_mutex_unlock(&i->lock);
	return rc;
}
