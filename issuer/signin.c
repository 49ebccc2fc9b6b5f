/*
 * signin.c - proving who one is, and sessions.
 *
 * Wrong login, password and code are one answer, after the same work.  Every try
 * counts as a failure before it is judged, and success takes it back; from the
 * sixth on each has to wait, twice as long each time up to a minute.  Counters
 * stand beside each user's secret, so nobody can push one out; logins that do not
 * exist have a small table of their own, so that they look the same.  Whoever is
 * let in to the home itself (the control socket) does not wait: he must be able to
 * revoke while somebody rattles at the portal's door.  Passwords are hashed
 * without the writer's lock, two at a time at most: signing in never stops the
 * register.
 */
#include <sodium.h>

#include "base/log.h"
#include "base/secret.h"
#include "issuer/iss.h"

#define STEP 30
#define IDLE (30 * 60)
#define WHOLE (12 * 3600)
#define FREE_TRIES 5
#define WAIT_MAX 60
#define HASHES 2
#define SLOTS 256

struct secret_row {
	char hash[crypto_pwhash_STRBYTES];
	uint8_t totp[64];
	size_t totp_len;
	int64_t step, failures, failed_at;
};

static enum fj_rc load_secret(struct sto *db, const char *login, struct secret_row *s, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	memset(s, 0, sizeof(*s));
	FJ_TRY(sto_first(db, STO_SECRET_GET, &q, login, err, "t", login));
	struct fj_slice totp = sto_blob(&q, 1);
	if (fj_strcopy(s->hash, sizeof(s->hash), sto_text(&q, 0)) != FJ_OK || totp.len > sizeof(s->totp))
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "a stored secret is malformed");
	if (totp.len > 0)
		memcpy(s->totp, totp.p, totp.len);
	s->totp_len = totp.len;
	s->step = sto_int(&q, 2);
	s->failures = sto_int(&q, 5);
	s->failed_at = sto_int(&q, 6);
	return FJ_OK;
}

static enum fj_rc denied(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_AUTH, "issuer", NULL, "login, password or one-time code are wrong", "用户名、密码或动态口令有误");
}

/* seconds that must have passed since the last try */
static int64_t wait_after(int64_t failures)
{
	int64_t n = failures - FREE_TRIES;

	return n < 0 ? 0 : n > 5 ? WAIT_MAX : (int64_t)2 << n;
}

static enum fj_rc too_soon(struct fj_err *err, int64_t wait)
{
	enum fj_rc rc = fj_fail(err, FJ_E_AUTH, "issuer", NULL, "too many failures; try again in %lld seconds", (long long)wait);

	fj_err_zh(err, "失败次数过多，请 %lld 秒后再试", (long long)wait);
	return rc;
}

/* logins that do not exist, in memory; they may push each other out */
static enum fj_rc count_unknown(const char *login, int64_t now, struct fj_err *err)
{
	static struct {
		struct fj_hash login;
		int64_t failures, at;
	} slots[SLOTS];
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct fj_hash h;

	fj_sha256(fj_slice_str(login), &h);
	size_t k = h.b[0] % SLOTS;
	pthread_mutex_lock(&lock);
	if (!fj_hash_eq(&slots[k].login, &h)) {
		slots[k].login = h;
		slots[k].failures = 0;
	}
	int64_t wait = slots[k].at + wait_after(slots[k].failures) - now;
	if (wait <= 0 || slots[k].failures < FREE_TRIES) {
		slots[k].failures++;
		slots[k].at = now;
		wait = 0;
	}
	pthread_mutex_unlock(&lock);
	return wait > 0 ? too_soon(err, wait) : FJ_OK;
}

/* the user's secret, this try counted; FJ_E_NOTFOUND when there is no such user */
static enum fj_rc take_try(struct iss *i, enum iss_door door, const char *login, struct secret_row *s, struct fj_err *err)
{
	int64_t now = fj_real_ms() / 1000;

	if (load_secret(i->db, login, s, NULL) != FJ_OK || s->hash[0] == '\0') {
		FJ_TRY(count_unknown(login, now, err));
		return FJ_E_NOTFOUND;
	}
	int64_t wait = s->failed_at + wait_after(s->failures) - now;
	if (door == ISS_DOOR_PORTAL && wait > 0 && s->failures >= FREE_TRIES)
		return too_soon(err, wait > WAIT_MAX ? WAIT_MAX : wait);
	return sto_run(i->db, STO_SECRET_TRY, NULL, err, "it", now, login);
}

/* at most HASHES at once: each takes 64 MiB and a tenth of a second */
static bool hash_gate(bool enter)
{
	static int busy;
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&lock);
	bool ok = !enter || busy < HASHES;
	if (ok)
		busy += enter ? 1 : -1;
	pthread_mutex_unlock(&lock);
	return ok;
}

static enum fj_rc check_password(const struct secret_row *s, bool known, const char *password, struct fj_err *err)
{
	char dummy[crypto_pwhash_STRBYTES];

	if (!hash_gate(true)) {
		return fj_refuse(err, FJ_E_BUSY, "issuer", NULL, "too many people sign in at this moment; try again in a second", "当前登录人数过多，请稍后再试");
	}
	bool right = known ? crypto_pwhash_str_verify(s->hash, password, strlen(password)) == 0
	    : crypto_pwhash_str(dummy, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0 && known;
	hash_gate(false);
	return right ? FJ_OK : denied(err);
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

/* the code is used up and the failures are forgotten, or nothing changes */
static enum fj_rc let_in(struct iss *i, const struct secret_row *s, const char *login, const char *totp, struct iss_actor *out, struct fj_err *err)
{
	/* nobody is ACTIVE without a factor; a record that has none lets nobody in */
	int64_t n = 0, step = s->totp_len == 0 ? 0 : matching_step(s, totp);

	if (step == 0 || usr_actor(i->db, login, "api", out, NULL) != FJ_OK)
		return denied(err);
	FJ_TRY(sto_run(i->db, STO_SECRET_STEP, &n, err, "iti", step, login, step));
	return n == 1 ? FJ_OK : denied(err);
}

enum fj_rc iss_authenticate(struct iss *i, enum iss_door door, const char *login, const char *password, const char *totp,
    struct iss_actor *out, struct fj_err *err)
{
	struct secret_row s;

	if (strlen(login) > 63 || strlen(password) > 255)
		return denied(err);
	pthread_mutex_lock(&i->lock);
	enum fj_rc rc = take_try(i, door, login, &s, err);
	pthread_mutex_unlock(&i->lock);
	bool known = rc == FJ_OK;
	if (known || rc == FJ_E_NOTFOUND)
		rc = check_password(&s, known, password, err);
	if (rc != FJ_OK)
		return rc;
	pthread_mutex_lock(&i->lock);
	rc = let_in(i, &s, login, totp, out, err);
	pthread_mutex_unlock(&i->lock);
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
		return fj_no_memory(err, "issuer");
	token_hash(out->token, &h);
	pthread_mutex_lock(&i->lock);
	enum fj_rc rc = sto_run(i->db, STO_SESSION_CLEAN, NULL, err, "iit", now - WHOLE, now - IDLE, "");
	if (rc == FJ_OK)
		rc = sto_run(i->db, STO_SESSION_ADD, NULL, err, "bttii", FJ_SLICE(h.b, FJ_SHA256_LEN), a->login, out->csrf, now, now);
	pthread_mutex_unlock(&i->lock);
	return rc;
}

static enum fj_rc find_session(struct sto *db, const struct fj_hash *h, struct iss_session *out, int64_t *used, struct fj_err *err)
{
	int64_t now = fj_real_ms() / 1000;
	char login[64];
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(db, STO_SESSION_GET, &q, "session", err, "b", FJ_SLICE(h->b, FJ_SHA256_LEN)));
		*used = sto_int(&q, 3);
		if (now - sto_int(&q, 2) > WHOLE || now - *used > IDLE || fj_strcopy(login, sizeof(login), sto_text(&q, 0)) != FJ_OK ||
		    fj_strcopy(out->csrf, sizeof(out->csrf), sto_text(&q, 1)) != FJ_OK)
			return FJ_E_NOTFOUND;
	}
	return usr_actor(db, login, "portal", &out->actor, err);
}

/* Not a write for every click; one that fails (a full disk) ends nobody's session. */
static void note_use(struct iss *i, const struct fj_hash *h, int64_t used)
{
	int64_t now = fj_real_ms() / 1000;
	struct fj_err err = {0};

	if (now - used < 60)
		return;
	pthread_mutex_lock(&i->lock);
	enum fj_rc rc = sto_run(i->db, STO_SESSION_USE, NULL, &err, "ib", now, FJ_SLICE(h->b, FJ_SHA256_LEN));
	pthread_mutex_unlock(&i->lock);
	if (rc != FJ_OK)
		fj_log_err(FJ_LOG_WARN, "the use of a session could not be noted", &err);
}

enum fj_rc iss_session_find(struct iss *i, const char *token, struct iss_session *out, struct fj_err *err)
{
	struct fj_hash h;
	struct sto *db;
	int64_t used = 0;

	memset(out, 0, sizeof(*out));
	if (strlen(token) != 43)
		return fj_fail(err, FJ_E_AUTH, "issuer", NULL, "sign in first");
	memcpy(out->token, token, 44);
	token_hash(token, &h);
	FJ_TRY(iss_reader_take(i, &db, err));
	enum fj_rc rc = find_session(db, &h, out, &used, NULL);
	if (rc == FJ_OK)
		rc = dlg_principals(db, &out->actor, fj_now(), &out->today, NULL);
	iss_reader_give(i, db);
	if (rc == FJ_OK) {
		note_use(i, &h, used);
		return FJ_OK;
	}
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
