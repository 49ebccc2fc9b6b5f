/*
 * user.c - people: who they are, and how they come to a password.
 *
 * A user is made by two officers (R22), of the office that answers for the
 * user's organisation (R40), with roles that the organisation has; he sets
 * password and second factor with a one-time code; there is no default password.
 * Whoever asked for the user gets the first half of the code and whoever approved
 * the second, so neither of the two can become the new person.
 * Public facts are events; passwords (argon2id) and factors stand beside the log
 * and never in it.  Factors are not encrypted at rest: whoever reads register.db
 * owns them.  Signing in is signin.c's.
 */
#include <sodium.h>

#include "base/secret.h"
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/rules/rules.h"

#define CODE_LIFE (7 * 86400)

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

void usr_code_first(char first[USR_CODE_FIRST + 1], char hash_hex[65])
{
	struct fj_hash h;

	iss_new_id("", USR_CODE_FIRST, first);
	fj_sha256(fj_slice_str(first), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hash_hex);
}

/* of the hash of the first half, and the second */
static void code_hash(const char *first_hash_hex, const char *second, struct fj_hash *out)
{
	char text[65 + USR_CODE_SECOND + 2];

	snprintf(text, sizeof(text), "%.64s-%.*s", first_hash_hex, USR_CODE_SECOND, second);
	fj_sha256(fj_slice_str(text), out);
}

enum fj_rc usr_invite(struct sto *db, const char *login, const char *first_hash_hex, char second[USR_CODE_SECOND + 1], struct fj_err *err)
{
	struct fj_hash h;

	iss_new_id("", USR_CODE_SECOND, second);
	code_hash(first_hash_hex, second, &h);
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

/* --- commands --- */

/* --- who answers for an organisation's people (R40) --- */

static enum fj_rc officers_of(struct sto *db, const char *org, int64_t *n, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_USER_OFFICERS, &q, "count", err, "ti", org, (int64_t)ISS_FINANCE));
	*n = sto_int(&q, 0);
	return FJ_OK;
}

/* The finance department of the organisation; while that has not two officers of its own, the
 * one that made this appliance. */
static enum fj_rc keeper_of(struct iss_call *c, const struct dom_org *o, char out[19], struct fj_err *err)
{
	int64_t n;

	FJ_TRY(officers_of(c->db, o->finance, &n, err));
	snprintf(out, 19, "%s", n >= 2 ? o->finance : c->iss->keeper);
	return FJ_OK;
}

static enum fj_rc check_roles(const struct dom_org *o, const json_t *list, struct fj_err *err)
{
	uint32_t bits;

	FJ_TRY(role_bits(list, &bits, err));
	if ((bits & ~o->roles) == 0)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_REFUSED, "issuer", "domain.md 6", "a user has only roles that the organisation has; %s lacks one of these", o->name);
	fj_err_zh(err, "用户的角色不得超出其单位的角色范围；%s 不具备其中某一角色", o->name);
	return rc;
}

/* organisation, roles and office are looked at when asked, and again when approved */
static enum fj_rc check_user(struct iss_call *c, const json_t *p, const char *asker_org, char keeper[19], struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};

	FJ_TRY(dom_org_get(c->db, fj_json_peek(p, "org"), &o, err));
	FJ_TRY(check_roles(&o, json_object_get(p, "roles"), err));
	FJ_TRY(keeper_of(c, &o, keeper, err));
	return strcmp(asker_org, o.usci) == 0 ? FJ_OK : iss_rule_no_foreign_issuer(keeper, asker_org, err);
}

enum fj_rc cmd_user_add(struct iss_call *c, struct fj_err *err)
{
	const char *login = fj_json_peek(c->params, "login");
	char keeper[19], first[USR_CODE_FIRST + 1], hash[65];
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
	FJ_TRY(iss_person_check(fj_json_peek(c->params, "person"), err));
	FJ_TRY(check_user(c, c->params, c->actor->org, keeper, err));
	usr_code_first(first, hash);
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s, s:s, s:O, s:s, s:s, s:s}", "login", login, "person", fj_json_peek(c->params, "person"),
	    "name", fj_json_peek(c->params, "name"), "org", fj_json_peek(c->params, "org"), "roles", json_object_get(c->params, "roles"),
	    "state", "INVITED", "asked_by", c->actor->org, "code_sha256", hash);
	FJ_TRY(apr_request(c, "user.add", login, keeper, payload, err));
	return fj_json_set(c->answer, "code_first", json_string(first));
}

enum fj_rc apr_user_add(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	char second[USR_CODE_SECOND + 1], keeper[19];
	const char *hash = fj_json_peek(a->payload, "code_sha256");

	FJ_TRY(check_user(c, a->payload, fj_json_peek(a->payload, "asked_by"), keeper, err));
	FJ_TRY(iss_rule_no_foreign_issuer(keeper, c->actor->org, err));
	FJ_TRY(evt_append(c, "user.added", a->object, a->payload, err));
	FJ_TRY(usr_invite(c->db, a->object, hash == NULL ? "" : hash, second, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s}", "id", a->id, "state", "APPROVED", "login", a->object, "code_second", second);
	return FJ_OK;
}

enum fj_rc cmd_user_disable(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) payload = json_pack("{s:s}", "state", "DISABLED");
	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	struct iss_actor a;
	char keeper[19];

	enum fj_rc rc = usr_actor(c->db, fj_json_peek(c->params, "login"), "system", &a, err);
	if (rc != FJ_OK && rc != FJ_E_AUTH) /* an invitation can be taken back too */
		return rc;
	FJ_TRY(dom_org_get(c->db, a.org, &o, err));
	FJ_TRY(keeper_of(c, &o, keeper, err));
	FJ_TRY(iss_rule_no_foreign_issuer(keeper, c->actor->org, err));
	return apr_request(c, "user.disable", a.login, keeper, payload, err);
}

enum fj_rc apr_user_disable(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_TRY(evt_append(c, "user.changed", a->object, a->payload, err));
	FJ_TRY(sto_run(c->db, STO_SECRET_END, NULL, err, "t", a->object));
	return sto_run(c->db, STO_SESSION_CLEAN, NULL, err, "iit", (int64_t)0, (int64_t)0, a->object);
}

static enum fj_rc check_code(struct iss_call *c, const char *login, struct fj_err *err)
{
	const char *code = fj_json_peek(c->params, "code"), *dash = strchr(code, '-');
	size_t n = dash == NULL ? 0 : (size_t)(dash - code);
	struct fj_hash first, h;
	char hex[65];
	{
		FJ_AUTO(sto_q) q = {0};
		fj_sha256(FJ_SLICE((const uint8_t *)code, n), &first);
		fj_hex(first.b, FJ_SHA256_LEN, hex);
		code_hash(hex, dash == NULL ? "" : dash + 1, &h);
		if (strlen(code) == USR_CODE_FIRST + 1 + USR_CODE_SECOND && sto_first(c->db, STO_SECRET_GET, &q, login, NULL, "t", login) == FJ_OK && fj_now() <= sto_int(&q, 4) &&
		    sto_blob(&q, 3).len == FJ_SHA256_LEN && sodium_memcmp(sto_blob(&q, 3).p, h.b, FJ_SHA256_LEN) == 0)
			return FJ_OK;
	}
	enum fj_rc rc = fj_fail(err, FJ_E_AUTH, "issuer", NULL, "login or one-time code are wrong, or the code was used or is over a week old; ask your officers for a new one");
	fj_err_zh(err, "用户名或一次性注册码有误、已使用或已过期，请联系经办人重新获取");
	return rc;
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
