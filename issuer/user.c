/*
 * user.c - people: who they are, and how they come to a password.
 *
 * A user is made by two officers (R22), of the office that answers for the
 * user's organisation (R40), with roles that the organisation has; he sets
 * password and second factor with a one-time code; there is no default password.
 * Moving, resets and handing over on leaving are lifecycle.c's.
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

/* --- events --- */

enum fj_rc apply_user_added(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	uint32_t bits;

	FJ_TRY(iss_roles_parse(json_object_get(b, "roles"), &bits, err));
	return sto_run(e->db, STO_USER_SET, NULL, err, "ttttit", e->object, fj_json_peek(b, "person"), fj_json_peek(b, "name"),
	    fj_json_peek(b, "org"), (int64_t)bits, fj_json_peek(b, "state"));
}

enum fj_rc apply_user_changed(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_USER_STATE, NULL, err, "tt", fj_json_peek(e->body, "state"), e->object);
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
	return sto_run(db, STO_SECRET_CODE, NULL, err, "tbi", login, FJ_SLICE(h.b, FJ_SHA256_LEN), (int64_t)fj_now() + CODE_LIFE);
}

static enum fj_rc set_secrets(struct sto *db, const char *login, const char *hash, struct fj_slice totp, int64_t step, struct fj_err *err)
{
	return sto_run(db, STO_SECRET_SET, NULL, err, "ttbii", login, hash, totp, step, acc_now());
}

static enum fj_rc from_row(const struct sto_q *q, struct usr *u, struct fj_err *err)
{
	const struct sto_copy texts[] = {STO_COPY(0, u->a.login), STO_COPY(1, u->a.person), STO_COPY(2, u->a.name), STO_COPY(3, u->a.org), STO_COPY(5, u->state)};

	memset(u, 0, sizeof(*u));
	FJ_TRY(sto_copy(q, texts, FJ_ARRAY_LEN(texts), "a user", err));
	u->a.roles = (uint32_t)sto_int(q, 4);
	u->a.via = "system";
	return FJ_OK;
}

enum fj_rc usr_get(struct sto *db, const char *login, struct usr *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_USER_GET, &q, login, err, "t", login));
	return from_row(&q, out, err);
}

enum fj_rc usr_actor(struct sto *db, const char *login, const char *via, struct iss_actor *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	struct usr u;

	memset(out, 0, sizeof(*out));
	FJ_TRY(sto_first(db, STO_USER_GET, &q, login, err, "t", login));
	FJ_TRY(from_row(&q, &u, err));
	*out = u.a;
	out->roles &= (uint32_t)sto_int(&q, 6); /* what the organisation has lost its people have not */
	out->via = via;
	if (strcmp(u.state, "ACTIVE") == 0)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_AUTH, "issuer", NULL, "the user %s is not active", login);
	fj_err_zh(err, "用户 %s 未启用或已停用", login);
	return rc;
}

enum fj_rc usr_end_sessions(struct iss_call *c, const char *login, struct fj_err *err)
{
	FJ_TRY(sto_run(c->db, STO_APITOKEN_END_ALL, NULL, err, "it", acc_now(), login));
	return ses_end_all(c, login, "", err);
}

enum fj_rc usr_forget_ways(struct iss_call *c, const char *login, struct fj_err *err)
{
	FJ_TRY(sto_run(c->db, STO_RECOVERY_CLEAR, NULL, err, "t", login));
	FJ_TRY(sto_run(c->db, STO_SLOT_END, NULL, err, "t", login));
	return usr_end_sessions(c, login, err);
}

/* --- who answers for an organisation's people (R40) --- */

static enum fj_rc officers_of(struct sto *db, const char *org, int64_t *n, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_USER_OFFICERS, &q, "count", err, "ti", org, (int64_t)ISS_FINANCE));
	*n = sto_int(&q, 0);
	return FJ_OK;
}

enum fj_rc usr_keeper(struct iss_call *c, const char *finance, char keeper[19], struct fj_err *err)
{
	int64_t n;

	FJ_TRY(officers_of(c->db, finance, &n, err));
	return fj_strcopy(keeper, 19, n >= 2 ? finance : c->iss->keeper);
}

enum fj_rc usr_office(struct iss_call *c, const char *org, const char *asker, char keeper[19], struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	char office[19];

	FJ_TRY(dom_org_get(c->db, org, &o, err));
	FJ_TRY(usr_keeper(c, o.finance, office, err));
	if (keeper != NULL)
		memcpy(keeper, office, sizeof(office));
	return strcmp(asker, o.usci) == 0 ? FJ_OK : iss_rule_no_foreign_issuer(office, asker, err);
}

enum fj_rc usr_leaves_two(struct iss_call *c, const struct usr *u, struct fj_err *err)
{
	int64_t n;

	if (strcmp(u->a.org, c->iss->keeper) != 0 || !(u->a.roles & ISS_FINANCE) || strcmp(u->state, "DISABLED") == 0 || strcmp(u->state, "SUSPENDED") == 0)
		return FJ_OK;
	FJ_TRY(officers_of(c->db, u->a.org, &n, err));
	return n > 2 ? FJ_OK : iss_rule_fail(err, "R22", "the department that made this appliance keeps two officers at least: nobody could approve anything without them; enter another one first",
	    "本系统的建设财政部门须至少保留两名经办人，否则任何事项均无人审批；请先登记新的经办人");
}

enum fj_rc usr_check_roles(const struct dom_org *o, const json_t *list, struct fj_err *err)
{
	uint32_t bits;

	FJ_TRY(iss_roles_parse(list, &bits, err));
	if ((bits & ISS_AUDITOR) && bits != ISS_AUDITOR) {
		return fj_refuse(err, FJ_E_REFUSED, "issuer", "domain.md 6", "an auditor only reads and has no other role; decision, execution and supervision are apart",
		    "审计人员只读，不得兼任其他角色；决策、执行、监督相互分离");
	}
	if ((bits & ~o->roles) == 0)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_REFUSED, "issuer", "domain.md 6", "a user has only roles that the organisation has; %s lacks one of these", o->name);
	fj_err_zh(err, "用户的角色不得超出其单位的角色范围；%s 不具备其中某一角色", o->name);
	return rc;
}

/* --- commands --- */

/* organisation, roles and office are looked at when asked, and again when approved */
static enum fj_rc check_user(struct iss_call *c, const json_t *p, const char *asker_org, char keeper[19], struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(dom_org_get(c->db, fj_json_peek(p, "org"), &o, err));
	FJ_TRY(usr_check_roles(&o, json_object_get(p, "roles"), err));
	FJ_TRY(usr_office(c, o.usci, asker_org, keeper, err));
	FJ_TRY(sto_query(c->db, STO_USER_PERSON, &q, err, "t", fj_json_peek(p, "person")));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	char en[200], zh[200];
	snprintf(en, sizeof(en), "one natural person is one officer: this person is \"%.63s\" already; move that user, or disable it first", sto_text(&q, 0));
	snprintf(zh, sizeof(zh), "一名自然人只能对应一个经办人账号：该人员已有账号“%.63s”；请办理调动，或先停用原账号", sto_text(&q, 0));
	return iss_rule_fail(err, "R22", en, zh);
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
	struct usr u;
	char keeper[19];

	FJ_TRY(usr_get(c->db, fj_json_peek(c->params, "login"), &u, err)); /* an invitation can be taken back too */
	FJ_TRY(usr_office(c, u.a.org, c->actor->org, keeper, err));
	FJ_TRY(usr_leaves_two(c, &u, err));
	return apr_request(c, "user.disable", u.a.login, keeper, payload, err);
}

enum fj_rc apr_user_disable(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(json) ended = json_array();
	struct usr u;

	FJ_TRY(usr_get(c->db, a->object, &u, err));
	FJ_TRY(usr_leaves_two(c, &u, err));
	FJ_TRY(evt_append(c, "user.changed", a->object, a->payload, err));
	FJ_TRY(dlg_end_all(c, a->object, "user.disable", ended, err));
	FJ_TRY(sto_run(c->db, STO_SECRET_END, NULL, err, "t", a->object));
	return usr_forget_ways(c, a->object, err);
}

/* what a reset has left: a factor, or a password; a new user has neither */
struct kept {
	char hash[crypto_pwhash_STRBYTES];
	uint8_t totp[64];
	size_t totp_len;
	int64_t step;
};

static enum fj_rc check_code(struct iss_call *c, const char *login, struct kept *k, struct fj_err *err)
{
	const char *code = fj_json_peek(c->params, "code"), *dash = strchr(code, '-');
	size_t n = dash == NULL ? 0 : (size_t)(dash - code);
	struct fj_hash first, h;
	char hex[65];
	FJ_AUTO(sto_q) q = {0};

	memset(k, 0, sizeof(*k));
	fj_sha256(FJ_SLICE((const uint8_t *)code, n), &first);
	fj_hex(first.b, FJ_SHA256_LEN, hex);
	code_hash(hex, dash == NULL ? "" : dash + 1, &h);
	if (strlen(code) == USR_CODE_FIRST + 1 + USR_CODE_SECOND && sto_first(c->db, STO_SECRET_GET, &q, login, NULL, "t", login) == FJ_OK && fj_now() <= sto_int(&q, 4) &&
	    sto_blob(&q, 3).len == FJ_SHA256_LEN && sodium_memcmp(sto_blob(&q, 3).p, h.b, FJ_SHA256_LEN) == 0 &&
	    fj_strcopy(k->hash, sizeof(k->hash), sto_text(&q, 0)) == FJ_OK && sto_blob(&q, 1).len <= sizeof(k->totp)) {
		k->totp_len = sto_blob(&q, 1).len;
		if (k->totp_len > 0)
			memcpy(k->totp, sto_blob(&q, 1).p, k->totp_len);
		k->step = sto_int(&q, 2);
		return FJ_OK;
	}
	return fj_refuse(err, FJ_E_AUTH, "issuer", NULL, "login or one-time code are wrong, or the code was used or is over a week old; ask your officers for a new one",
	    "用户名或一次性注册码有误、已使用或已过期，请联系经办人重新获取");
}

/* a code lets nobody back in who was suspended since it was handed out (R24) */
static enum fj_rc check_invited(struct iss_call *c, const char *login, struct fj_err *err)
{
	struct usr u;

	FJ_TRY(usr_get(c->db, login, &u, err));
	return strcmp(u.state, "INVITED") == 0 ? FJ_OK : iss_rule_fail(err, "R24", "this user is not invited to enrol: suspended meanwhile, or enrolled already; ask your officers",
	    "该用户当前不在注册状态（已被暂停职责或已完成注册），请联系经办人");
}

/* a new password; or after a reset of the factor the one that was kept, which has to be known */
static enum fj_rc check_new_password(struct iss_call *c, const struct kept *k, const char *login, const char *password, struct fj_err *err)
{
	struct pwd_about about;
	char store[4][200];

	if (k->hash[0] != '\0' && crypto_pwhash_str_verify(k->hash, password, strlen(password)) != 0)
		return fj_refuse(err, FJ_E_AUTH, "issuer", NULL, "only the factor was reset: give the password that you have", "仅重置了动态口令：请输入原密码");
	if (k->hash[0] != '\0')
		return FJ_OK;
	FJ_TRY(acc_about(c->db, login, &about, store, err));
	return pwd_check(c->iss, password, &about, err);
}

/* a UKey in place of a telephone: officers have bound it already */
static enum fj_rc check_factor(struct iss_call *c, const char *login, bool *key, struct fj_err *err)
{
	bool bound = false;
	json_t *keys = NULL;

	*key = strcmp(fj_json_text(c->params, "factor"), "certificate") == 0;
	if (!*key)
		return FJ_OK;
	FJ_TRY(cky_list(c->db, login, &keys, err));
	bound = json_array_size(keys) > 0;
	json_decref(keys);
	return bound ? FJ_OK : fj_refuse(err, FJ_E_INVALID, "issuer", NULL, "no UKey is bound to you yet: your officers do that first (user bind), or enrol with a telephone",
	    "尚未绑定 UKey：请先由经办人办理绑定（user bind），或使用手机动态口令注册");
}

/* the answer: the factor's address, or that the old one stays; and recovery codes, which nobody sees again */
static enum fj_rc enrolled(struct iss_call *c, const char *login, struct fj_slice secret, bool kept, struct fj_err *err)
{
	FJ_AUTO(buf) uri = FJ_BUF_INIT(400);
	json_t *codes = NULL;

	c->answer = json_pack("{s:s}", "login", login);
	if (kept)
		FJ_TRY(fj_json_set(c->answer, "factor_kept", json_true()));
	else if (secret.len == 0)
		FJ_TRY(fj_json_set(c->answer, "factor", json_string("certificate")));
	else
		FJ_TRY(acc_totp_uri(login, secret, &uri, err));
	if (uri.len > 0)
		FJ_TRY(fj_json_set(c->answer, "totp", json_string(fj_buf_str(&uri))));
	FJ_TRY(acc_recovery_make(c->db, login, &codes, err));
	return fj_json_set(c->answer, "recovery_codes", codes);
}

enum fj_rc cmd_user_enrol(struct iss_call *c, struct fj_err *err)
{
	const char *login = fj_json_peek(c->params, "login"), *password = fj_json_peek(c->params, "password");
	uint8_t fresh[TOTP_SECRET];
	char hash[crypto_pwhash_STRBYTES];
	bool key;
	struct kept k;

	FJ_TRY(check_code(c, login, &k, err));
	FJ_TRY(check_invited(c, login, err));
	FJ_TRY(check_new_password(c, &k, login, password, err));
	FJ_TRY(check_factor(c, login, &key, err));
	bool keep = k.totp_len > 0;
	fj_random(fresh, sizeof(fresh));
	struct fj_slice secret = keep ? FJ_SLICE(k.totp, k.totp_len) : FJ_SLICE(fresh, key ? 0 : sizeof(fresh));
	if (k.hash[0] != '\0') { /* what is to become of the password that was kept is as it was */
		FJ_TRY(sto_run(c->db, STO_SECRET_FACTOR, NULL, err, "bit", secret, k.step, login));
	} else {
		FJ_TRY(pwd_hash(password, hash, err));
		FJ_TRY(set_secrets(c->db, login, hash, secret, k.step, err));
	}
	FJ_AUTO(json) body = json_pack("{s:s}", "state", "ACTIVE");
	FJ_TRY(evt_append(c, "user.changed", login, body, err));
	FJ_TRY(enrolled(c, login, secret, keep, err));
	FJ_TRY(sgn_did(c, login, "ENROLLED", err));
	fj_wipe(fresh, sizeof(fresh));
	fj_wipe(&k, sizeof(k));
	return FJ_OK;
}

static json_t *user_json(const struct sto_q *q)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "login", sto_text(q, 0), "name", sto_text(q, 2), "org", sto_text(q, 3),
	    "state", sto_text(q, 5), "roles", iss_roles_json((uint32_t)sto_int(q, 4)));
}

enum fj_rc cmd_user_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *login = fj_json_peek(c->params, "login");

	FJ_TRY(sto_first(c->db, STO_USER_GET, &q, login, err, "t", login));
	c->answer = user_json(&q);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

struct demo_enrolment {
	const char *login, *password;
	struct fj_slice secret;
};

static enum fj_rc demo_enrol(struct iss_call *c, void *arg, struct fj_err *err)
{
	const struct demo_enrolment *d = arg;
	char hash[crypto_pwhash_STRBYTES];
	FJ_AUTO(json) body = json_pack("{s:s}", "state", "ACTIVE");

	/* 120 random bits need no slow hash */
	if (crypto_pwhash_str(hash, d->password, strlen(d->password), crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN) != 0)
		return fj_no_memory(err, "issuer");
	FJ_TRY(set_secrets(c->db, d->login, hash, d->secret, 0, err));
	return evt_append(c, "user.changed", d->login, body, err);
}

enum fj_rc usr_demo_enrol(struct iss *i, const char *login, struct usr_demo *out, struct fj_err *err)
{
	uint8_t secret[TOTP_SECRET];

	memset(out, 0, sizeof(*out));
	if (!i->conf.demo)
		return fj_fail(err, FJ_E_REFUSED, "issuer", NULL, "only a demo home enrols users by itself");
	iss_new_id("", 24, out->password);
	fj_random(secret, sizeof(secret));
	totp_base32(FJ_SLICE(secret, sizeof(secret)), out->secret_b32, sizeof(out->secret_b32));
	FJ_AUTO(buf) uri = FJ_BUF_INIT(sizeof(out->totp_uri) - 1);
	FJ_TRY(acc_totp_uri(login, FJ_SLICE(secret, sizeof(secret)), &uri, err));
	FJ_TRY(fj_strcopy(out->totp_uri, sizeof(out->totp_uri), fj_buf_str(&uri)));
	return iss_write(i, demo_enrol, &(struct demo_enrolment){login, out->password, FJ_SLICE(secret, sizeof(secret))}, err);
}
