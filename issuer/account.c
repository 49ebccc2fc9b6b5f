/*
 * account.c - what a user sees to himself: password, telephone, recovery codes; and
 * enrolment for whoever has no session yet.
 *
 * Whatever opens a way in, or closes one, asks for the present password once more:
 * a session that was left open, or stolen, can't be made into an account.  A new
 * telephone takes over only when it has shown a code, so that nobody locks himself
 * out; the other sessions end with each change.  Recovery codes are ten, stand once
 * each in place of the second factor, and are shown once.
 */
#include "base/secret.h"
#include "issuer/domain.h"
#include "issuer/iss.h"

#define CODES 10
#define PENDING (15 * 60)

/* --- for other files --- */

enum fj_rc acc_totp_uri(const char *login, struct fj_slice secret, struct fj_buf *out, struct fj_err *err)
{
	char b32[40];

	totp_base32(secret, b32, sizeof(b32));
	enum fj_rc rc = fj_buf_printf(out, "otpauth://totp/Fujie:%s?secret=%s&issuer=Fujie&algorithm=SHA1&digits=6&period=30", login, b32);
	fj_wipe(b32, sizeof(b32));
	return rc == FJ_OK ? FJ_OK : fj_no_memory(err, "issuer");
}

/* "9f3k-2m7q-x0zt": 60 bits */
static enum fj_rc one_code(struct sto *db, const char *login, json_t *list, struct fj_err *err)
{
	char raw[13], shown[16];
	struct fj_hash h;

	iss_new_id("", 12, raw);
	snprintf(shown, sizeof(shown), "%.4s-%.4s-%.4s", raw, raw + 4, raw + 8);
	acc_recovery_hash(login, raw, &h);
	FJ_TRY(sto_run(db, STO_RECOVERY_ADD, NULL, err, "tb", login, FJ_SLICE(h.b, FJ_SHA256_LEN)));
	return json_array_append_new(list, json_string(shown)) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc acc_recovery_make(struct sto *db, const char *login, json_t **codes, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();

	FJ_TRY(sto_run(db, STO_RECOVERY_CLEAR, NULL, err, "t", login));
	for (int k = 0; k < CODES; k++)
		FJ_TRY(one_code(db, login, list, err));
	*codes = fj_move(list);
	return *codes != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc acc_about(struct sto *db, const char *login, struct pwd_about *about, char store[4][200], struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	struct usr u;

	memset(store, 0, 4 * 200);
	FJ_TRY(usr_get(db, login, &u, err));
	snprintf(store[0], 200, "%s", u.a.login);
	snprintf(store[1], 200, "%.199s", u.a.name);
	snprintf(store[2], 200, "%s", u.a.org);
	if (dom_org_get(db, u.a.org, &o, NULL) == FJ_OK)
		snprintf(store[3], 200, "%.199s", o.name);
	*about = (struct pwd_about){store[0], store[1], store[2], store[3]};
	return FJ_OK;
}

/* --- enrolment without a session --- */

enum fj_rc iss_enrol(struct iss *i, const struct iss_try *t, const json_t *params, json_t **answer, struct fj_err *err)
{
	static const struct iss_actor nobody = {.login = "local", .person = "local", .name = "local", .roles = ISS_LOCAL, .via = "portal"};

	int64_t wait = thr_address(t->address, acc_now());
	if (wait > 0)
		return acc_too_soon(err, wait);
	FJ_TRY(iss_command(i, &nobody, "user.enrol", params, answer, err));
	thr_forgive(t->address);
	return FJ_OK;
}

/* --- showing --- */

const struct iss_field fld_account_show[] = {{"login", ISS_F_STR, false, 63, "用户名", "of this user; your own by default"}, {0}};
const struct iss_field fld_account_password[] = {
	{"current", ISS_F_STR, true, PWD_MAX, "当前密码", "your present password"},
	{"password", ISS_F_STR, true, PWD_MAX, "新密码", "new password, at least 12 characters"},
	{0},
};
const struct iss_field fld_account_factor[] = {
	{"current", ISS_F_STR, true, PWD_MAX, "当前密码", "your present password"},
	{"code", ISS_F_STR, false, 20, "动态口令", "a one-time code of the present telephone, or a recovery code; not needed when you signed in by UKey or recovery code"},
	{0},
};
const struct iss_field fld_account_confirm[] = {{"code", ISS_F_STR, true, 6, "新动态口令", "a one-time code that the new telephone shows"}, {0}};
const struct iss_field fld_account_recovery[] = {{"current", ISS_F_STR, true, PWD_MAX, "当前密码", "your present password"}, {0}};

static enum fj_rc put_secrets(struct iss_call *c, const char *login, json_t *out, struct fj_err *err)
{
	struct acc_secret s;
	char set_at[FJ_TIME_CAP];
	json_t *keys = NULL;
	FJ_AUTO(sto_q) q = {0};

	bool enrolled = acc_secret_get(c->db, login, &s, NULL) == FJ_OK;
	acc_time(s.set_at, set_at);
	FJ_TRY(fj_json_set(out, "telephone", json_boolean(enrolled && s.totp_len > 0)));
	FJ_TRY(fj_json_set(out, "password_set", json_string(set_at)));
	FJ_TRY(fj_json_set(out, "must_change", json_boolean(s.must[0] != '\0')));
	fj_wipe(&s, sizeof(s));
	FJ_TRY(cky_list(c->db, login, &keys, err));
	FJ_TRY(fj_json_set(out, "keys", keys));
	FJ_TRY(sto_first(c->db, STO_RECOVERY_LEFT, &q, "count", err, "t", login));
	return fj_json_set(out, "recovery_left", json_integer(sto_int(&q, 0)));
}

/* how many there are, and when he last came in before this time */
static enum fj_rc put_counts(struct iss_call *c, const char *login, json_t *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) sessions = {0};
	FJ_AUTO(sto_q) tokens = {0};
	FJ_AUTO(sto_q) before = {0};
	int64_t now = acc_now(), n = 0;
	char at[FJ_TIME_CAP];
	bool row;

	FJ_TRY(sto_query(c->db, STO_SESSION_OF, &sessions, err, "tii", login, now - ISS_SESSION_WHOLE, now - ISS_SESSION_IDLE));
	for (;;) {
		FJ_TRY(sto_step(&sessions, &row, err));
		if (!row)
			break;
		n++;
	}
	FJ_TRY(fj_json_set(out, "sessions", json_integer(n)));
	FJ_TRY(sto_first(c->db, STO_APITOKEN_COUNT, &tokens, "count", err, "ti", login, now));
	FJ_TRY(fj_json_set(out, "api_tokens", json_integer(sto_int(&tokens, 0))));
	FJ_TRY(sto_query(c->db, STO_SIGNIN_BEFORE, &before, err, "t", login));
	FJ_TRY(sto_step(&before, &row, err));
	if (!row)
		return FJ_OK;
	acc_time(sto_int(&before, 1), at);
	FJ_TRY(fj_json_set(out, "last_in", json_string(at)));
	return fj_json_set(out, "last_address", json_string(sto_text(&before, 7)));
}

enum fj_rc cmd_account_show(struct iss_call *c, struct fj_err *err)
{
	char login[64];
	struct usr u;

	FJ_TRY(acc_whose(c, true, login, err));
	FJ_TRY(usr_get(c->db, login, &u, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s, s:o}", "login", login, "name", u.a.name, "org", u.a.org, "state", u.state, "roles", iss_roles_json(u.a.roles));
	if (c->answer == NULL)
		return fj_no_memory(err, "issuer");
	FJ_TRY(put_secrets(c, login, c->answer, err));
	return put_counts(c, login, c->answer, err);
}

/* --- password --- */

static enum fj_rc set_password(struct iss_call *c, void *arg, struct fj_err *err)
{
	const char *hash = arg, *login = c->actor->login;
	int64_t n = 0;

	FJ_TRY(sto_run(c->db, STO_SECRET_PASSWORD, NULL, err, "tit", hash, acc_now(), login));
	FJ_TRY(sto_run(c->db, STO_SESSION_CLEAR, &n, err, "tt", login, c->actor->by));
	FJ_TRY(sgn_did(c, login, "PASSWORD", err));
	c->answer = json_pack("{s:s, s:b, s:I}", "login", login, "changed", 1, "sessions_ended", (json_int_t)n);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_account_password(struct iss_call *c, struct fj_err *err)
{
	const char *current = fj_json_text(c->params, "current"), *fresh = fj_json_text(c->params, "password");
	char hash[crypto_pwhash_STRBYTES], store[4][200];
	struct pwd_about about;

	FJ_TRY(acc_prove(c, current, err));
	if (strcmp(current, fresh) == 0)
		return fj_refuse(err, FJ_E_INVALID, "issuer", NULL, "this is the password that you have; take another one", "新密码与当前密码相同，请另设密码");
	FJ_TRY(acc_about(c->db, c->actor->login, &about, store, err));
	FJ_TRY(pwd_check(c->iss, fresh, &about, err));
	FJ_TRY(pwd_hash(fresh, hash, err));
	return iss_step(c, set_password, hash, err);
}

/* another's, by who answers for him: at once, and he learns of it when he signs in */
enum fj_rc cmd_user_expire(struct iss_call *c, struct fj_err *err)
{
	const char *login = fj_json_text(c->params, "login");
	struct usr u;
	int64_t n = 0;

	FJ_TRY(usr_get(c->db, login, &u, err));
	FJ_TRY(usr_office(c, u.a.org, c->actor->org, NULL, err));
	FJ_TRY(sto_run(c->db, STO_SECRET_MUST, &n, err, "tt", "OFFICER", login));
	if (n == 0)
		return fj_refuse(err, FJ_E_STATE, "issuer", NULL, "this user has no password yet", "该用户尚未设置密码");
	FJ_TRY(sgn_did(c, login, "MUST_CHANGE", err));
	c->answer = json_pack("{s:s, s:b}", "login", login, "must_change", 1);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- a new telephone --- */

static enum fj_rc bad_code(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_AUTH, "issuer", NULL, "this code is wrong, or was used already; each works once, and the telephone's clock has to be right", "动态口令有误或已使用；每个口令只能使用一次，且手机时间应准确");
}

/* the present telephone, a recovery code, or that one of the two or the UKey opened this session */
static enum fj_rc check_present(struct iss_call *c, const struct acc_secret *s, struct fj_err *err)
{
	const char *factor;

	if (s->totp_len == 0 || (c->actor->factor != NULL && strcmp(c->actor->factor, "totp") != 0))
		return FJ_OK;
	FJ_TRY(acc_use_code(c->db, c->actor->login, s, fj_json_text(c->params, "code"), &factor, err));
	return factor != NULL ? FJ_OK : bad_code(err);
}

static enum fj_rc begin_factor(struct iss_call *c, void *arg, struct fj_err *err)
{
	uint8_t fresh[TOTP_SECRET];
	FJ_AUTO(buf) uri = FJ_BUF_INIT(400);
	struct acc_secret s;
	char until[FJ_TIME_CAP];
	const char *login = c->actor->login;

	(void)arg;
	FJ_TRY(acc_secret_get(c->db, login, &s, err));
	enum fj_rc rc = check_present(c, &s, err);
	fj_wipe(&s, sizeof(s));
	FJ_TRY(rc);
	fj_random(fresh, sizeof(fresh));
	FJ_TRY(sto_run(c->db, STO_SECRET_PENDING, NULL, err, "bit", FJ_SLICE(fresh, sizeof(fresh)), acc_now() + PENDING, login));
	FJ_TRY(acc_totp_uri(login, FJ_SLICE(fresh, sizeof(fresh)), &uri, err));
	fj_wipe(fresh, sizeof(fresh));
	acc_time(acc_now() + PENDING, until);
	c->answer = json_pack("{s:s, s:s, s:s}", "login", login, "totp", fj_buf_str(&uri), "confirm_until", until);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_account_factor(struct iss_call *c, struct fj_err *err)
{
	FJ_TRY(acc_prove(c, fj_json_text(c->params, "current"), err));
	FJ_TRY(acc_turn(c, "code", err));
	FJ_TRY(iss_step(c, begin_factor, NULL, err));
	return acc_calm(c, "code", err);
}

static enum fj_rc end_factor(struct iss_call *c, void *arg, struct fj_err *err)
{
	const char *login = c->actor->login;
	struct acc_secret s;
	int64_t n = 0;

	(void)arg;
	FJ_TRY(acc_secret_get(c->db, login, &s, err));
	bool late = s.pending_len == 0 || s.pending_end < acc_now();
	int64_t step = acc_step(FJ_SLICE(s.pending, s.pending_len), 0, fj_json_text(c->params, "code"));
	fj_wipe(&s, sizeof(s));
	if (late)
		return fj_refuse(err, FJ_E_STATE, "issuer", NULL, "no new telephone waits to be confirmed; begin again", "没有待确认的新动态口令，请重新开始");
	if (step == 0)
		return bad_code(err);
	FJ_TRY(sto_run(c->db, STO_SECRET_CONFIRM, NULL, err, "it", step, login));
	FJ_TRY(sto_run(c->db, STO_SESSION_CLEAR, &n, err, "tt", login, c->actor->by));
	FJ_TRY(sgn_did(c, login, "FACTOR", err));
	c->answer = json_pack("{s:s, s:b, s:I}", "login", login, "changed", 1, "sessions_ended", (json_int_t)n);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_account_confirm(struct iss_call *c, struct fj_err *err)
{
	return iss_step(c, end_factor, NULL, err);
}

/* --- recovery codes --- */

static enum fj_rc fresh_codes(struct iss_call *c, void *arg, struct fj_err *err)
{
	json_t *codes = NULL;

	(void)arg;
	FJ_TRY(acc_recovery_make(c->db, c->actor->login, &codes, err));
	c->answer = json_pack("{s:s, s:o}", "login", c->actor->login, "recovery_codes", codes);
	FJ_TRY(sgn_did(c, c->actor->login, "RECOVERY", err));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_account_recovery(struct iss_call *c, struct fj_err *err)
{
	FJ_TRY(acc_prove(c, fj_json_text(c->params, "current"), err));
	return iss_step(c, fresh_codes, NULL, err);
}
