/*
 * signin.c - proving who one is: the password, and one thing that one has.
 *
 * That thing is a telephone (a one-time code), a key in a client certificate that TLS
 * has checked and officers have bound to the user, or, once each, a recovery code.
 * Wrong login, password and code are one answer, after the same work in the same
 * order: a place for hashing, one write that notes the try, one hash, one answer; or
 * one write and the answer, where it has to wait, so that such tries hold no place.
 * Every try that has a place counts as a failure before it is judged, and success
 * takes it back; from the sixth on each has to wait, twice as long each time up to a
 * minute.  Who finds no place has not tried.  Strangers to a login are counted beside its secret, so nobody can push the count
 * out; a browser that has signed in before, and a bound key, have counts of their
 * own, so that no stranger can make them wait.  Logins that do not exist are counted
 * in memory (throttle.c), so that they look the same.  Whoever is let in to the home
 * itself (the control socket) does not wait: he must be able to revoke while somebody
 * rattles at the portal's door.  Passwords are hashed without the writer's lock:
 * signing in never stops the register.
 */
#include "base/log.h"
#include "base/secret.h"
#include "issuer/domain.h"
#include "issuer/iss.h"

#define STEP 30
#define PLACE_MS 1000
#define DEVICE_DAYS 90
#define SHOWN_CODE 12 /* characters of a recovery code, without hyphens */

/* --- secrets --- */

static void take(struct fj_slice s, uint8_t *to, size_t cap, size_t *len)
{
	*len = s.len <= cap ? s.len : 0;
	if (*len > 0)
		memcpy(to, s.p, *len);
}

enum fj_rc acc_secret_get(struct sto *db, const char *login, struct acc_secret *s, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	memset(s, 0, sizeof(*s));
	FJ_TRY(sto_first(db, STO_SECRET_GET, &q, login, err, "t", login));
	if (fj_strcopy(s->hash, sizeof(s->hash), sto_text(&q, 0)) != FJ_OK || fj_strcopy(s->must, sizeof(s->must), sto_text(&q, 8)) != FJ_OK)
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "a stored secret is malformed");
	take(sto_blob(&q, 1), s->totp, sizeof(s->totp), &s->totp_len);
	take(sto_blob(&q, 9), s->pending, sizeof(s->pending), &s->pending_len);
	s->step = sto_int(&q, 2);
	s->failures = sto_int(&q, 5);
	s->failed_at = sto_int(&q, 6);
	s->set_at = sto_int(&q, 7);
	s->pending_end = sto_int(&q, 10);
	return s->hash[0] != '\0' ? FJ_OK : fj_fail(err, FJ_E_NOTFOUND, "issuer", NULL, "%s has not enrolled", login);
}

int64_t acc_step(struct fj_slice totp, int64_t after, const char *code)
{
	int64_t now = acc_now() / STEP, found = 0;
	char want[16];

	if (totp.len == 0 || strlen(code) != 6)
		return 0;
	for (int64_t t = now - 1; t <= now + 1; t++) {
		snprintf(want, sizeof(want), "%06u", totp_at(totp, t));
		if (t > after && sodium_memcmp(want, code, 6) == 0)
			found = t;
	}
	return found;
}

void acc_recovery_hash(const char *login, const char *code, struct fj_hash *out)
{
	char text[64 + SHOWN_CODE + 2];
	size_t n = (size_t)snprintf(text, sizeof(text), "%.63s:", login), end = n + SHOWN_CODE;

	for (; *code != '\0' && n < end; code++)
		if (*code != '-' && *code != ' ')
			text[n++] = *code >= 'A' && *code <= 'Z' ? (char)(*code - 'A' + 'a') : *code;
	text[n] = '\0';
	fj_sha256(fj_slice_str(text), out);
	fj_wipe(text, sizeof(text));
}

static enum fj_rc denied(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_AUTH, "issuer", NULL, "login, password or second factor are wrong; if you have lost the telephone or UKey, use a recovery code or ask your officers",
	    "用户名、密码或第二因素有误；如手机或 UKey 遗失，请使用恢复码或联系经办人");
}

enum fj_rc acc_too_soon(struct fj_err *err, int64_t wait)
{
	enum fj_rc rc = fj_fail(err, FJ_E_AUTH, "issuer", NULL, "too many failures; try again in %lld seconds", (long long)wait);

	fj_err_zh(err, "失败次数过多，请 %lld 秒后再试", (long long)wait);
	return rc;
}

/* --- counting --- */

struct attempt {
	const struct iss_try *t;
	struct acc_secret s;
	bool exists;          /* there is such a user, who has enrolled */
	bool known;           /* by a browser that signed in before, by a bound key, or at the local door */
	bool key, slot;       /* the certificate is bound to this user; a count of his own is kept under `hash` */
	struct fj_hash hash;
	int64_t n;            /* number of the note */
	struct fj_err *err;
	enum fj_rc rc;
};

static const char *door_name(enum iss_door d)
{
	return d == ISS_DOOR_PORTAL ? "portal" : d == ISS_DOOR_API ? "api" : "local";
}

static struct sgn_note note_of(const struct attempt *a, const char *what, const char *factor)
{
	return (struct sgn_note){.login = a->exists ? a->t->login : "", .what = what, .door = door_name(a->t->door), .address = a->t->address, .agent = a->t->agent,
		.factor = factor, .by = ""};
}

/* What is counted apart has a name that nobody can give to something else: a browser's cookie is not a key's name. */
static void slot_hash(const char *kind, const char *name, struct fj_hash *out)
{
	char text[120];

	snprintf(text, sizeof(text), "%s:%.100s", kind, name);
	fj_sha256(fj_slice_str(text), out);
}

/* a count of his own: that of this browser, or of the bound key */
static enum fj_rc find_slot(struct sto *db, struct attempt *a, int64_t *failures, int64_t *at, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row = false;

	*failures = *at = 0; /* a key that is used for the first time */
	if (a->t->spki[0] != '\0')
		FJ_TRY(cky_bound(db, a->t->login, a->t->spki, &a->key, err));
	slot_hash(a->key ? "key" : "browser", a->key ? a->t->spki : a->t->device, &a->hash);
	if (!a->key && a->t->device[0] == '\0')
		return FJ_OK;
	FJ_TRY(sto_query(db, STO_SLOT_GET, &q, err, "tb", a->t->login, FJ_SLICE(a->hash.b, FJ_SHA256_LEN)));
	FJ_TRY(sto_step(&q, &row, err));
	if (row) {
		*failures = sto_int(&q, 0);
		*at = sto_int(&q, 1);
	}
	a->slot = row || a->key;
	return FJ_OK;
}

/* who it is, as far as that can be told before anything is proved; the count that the try falls under */
static enum fj_rc look(struct sto *db, struct attempt *a, int64_t *failures, int64_t *at, struct fj_err *err)
{
	a->key = a->slot = false;
	a->exists = acc_secret_get(db, a->t->login, &a->s, NULL) == FJ_OK;
	if (a->exists)
		FJ_TRY(find_slot(db, a, failures, at, err));
	a->known = a->slot || a->t->door == ISS_DOOR_LOCAL;
	if (!a->slot) {
		*failures = a->s.failures;
		*at = a->s.failed_at;
	}
	return FJ_OK;
}

static enum fj_rc count(struct sto *db, struct attempt *a, int64_t now, int64_t *wait, struct fj_err *err)
{
	int64_t failures, at;

	FJ_TRY(look(db, a, &failures, &at, err));
	if (a->t->door == ISS_DOOR_LOCAL)
		return FJ_OK; /* he could read the register itself: counting him would only help strangers */
	*wait = a->exists ? thr_wait(failures, at, now) : thr_unknown(a->t->login, now);
	if (*wait > 0 || !a->exists)
		return FJ_OK;
	return a->slot ? sto_run(db, STO_SLOT_TRY, NULL, err, "tbi", a->t->login, FJ_SLICE(a->hash.b, FJ_SHA256_LEN), now) : sto_run(db, STO_SECRET_TRY, NULL, err, "it", now, a->t->login);
}

/* The try is counted and noted as the failure that it is until it is judged, in one transaction whether there is such a
 * user or not. */
static enum fj_rc begin_try(struct iss_call *c, void *arg, struct fj_err *err)
{
	struct attempt *a = arg;
	int64_t now = acc_now(), wait = 0;

	FJ_TRY(count(c->db, a, now, &wait, err));
	if (wait == 0 && !a->known)
		wait = thr_address(a->t->address, now);
	struct sgn_note note = note_of(a, wait > 0 ? "WAIT" : "WRONG", "");
	FJ_TRY(sgn_add(c->iss, c->db, &note, &a->n, err));
	a->rc = wait > 0 ? acc_too_soon(a->err, wait) : FJ_OK;
	return FJ_OK;
}

/* --- judging --- */

/* what an unknown login's password is compared with, so that it takes as long */
static const char *dummy_hash(void)
{
	static char hash[crypto_pwhash_STRBYTES];
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	char text[44];

	pthread_mutex_lock(&lock);
	if (hash[0] == '\0') {
		iss_new_id("", 40, text);
		if (pwd_hash(text, hash, NULL) != FJ_OK)
			hash[0] = '\0';
	}
	pthread_mutex_unlock(&lock);
	return hash;
}

static enum fj_rc check_password(const struct attempt *a, struct fj_err *err)
{
	const char *password = a->t->password, *hash = a->exists ? a->s.hash : dummy_hash();

	return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0 && a->exists ? FJ_OK : denied(err);
}

/* what the try would have to wait, with nothing counted yet */
static enum fj_rc ask_wait(struct iss *i, struct attempt *a, int64_t *wait, struct fj_err *err)
{
	int64_t failures, at, now = acc_now();
	struct sto *db;

	*wait = 0;
	FJ_TRY(iss_reader_take(i, &db, err));
	enum fj_rc rc = look(db, a, &failures, &at, err);
	iss_reader_give(i, db);
	if (rc != FJ_OK || a->t->door == ISS_DOOR_LOCAL)
		return rc;
	*wait = a->exists ? thr_wait(failures, at, now) : thr_unknown_wait(a->t->login, now);
	if (*wait == 0 && !a->known)
		*wait = thr_address_wait(a->t->address, now);
	return FJ_OK;
}

static enum fj_rc note_wait(struct iss_call *c, void *arg, struct fj_err *err)
{
	struct sgn_note note = note_of(arg, "WAIT", "");

	return sgn_add(c->iss, c->db, &note, NULL, err);
}

/* Whoever gets no place has not tried: the place is there before the try counts, and until it is judged. */
static enum fj_rc try_password(struct iss *i, struct attempt *a, struct fj_err *err)
{
	int64_t wait;

	FJ_TRY(ask_wait(i, a, &wait, err));
	if (wait > 0) {
		FJ_TRY(iss_write(i, note_wait, a, err));
		return acc_too_soon(err, wait);
	}
	bool known = a->known; /* what the place is kept under, whatever the try finds */
	if (!thr_enter(known, a->t->address, a->t->door == ISS_DOOR_LOCAL ? 10 * PLACE_MS : PLACE_MS))
		return fj_refuse(err, FJ_E_BUSY, "issuer", NULL, "too many people sign in at this moment; try again in a second", "当前登录人数过多，请稍后再试");
	enum fj_rc rc = iss_write(i, begin_try, a, err);
	if (rc == FJ_OK)
		rc = a->rc;
	if (rc == FJ_OK)
		rc = check_password(a, err);
	thr_leave(known, a->t->address);
	return rc;
}

enum fj_rc acc_use_code(struct sto *db, const char *login, const struct acc_secret *s, const char *code, const char **factor, struct fj_err *err)
{
	int64_t n = 0, step = acc_step(FJ_SLICE(s->totp, s->totp_len), s->step, code);

	*factor = NULL;
	if (step != 0) {
		FJ_TRY(sto_run(db, STO_SECRET_STEP, &n, err, "iti", step, login, step));
		*factor = n == 1 ? "totp" : NULL;
	} else if (strlen(code) >= SHOWN_CODE) {
		struct fj_hash h;
		acc_recovery_hash(login, code, &h);
		FJ_TRY(sto_run(db, STO_RECOVERY_USE, &n, err, "itb", acc_now(), login, FJ_SLICE(h.b, FJ_SHA256_LEN)));
		*factor = n == 1 ? "recovery" : NULL;
	}
	return FJ_OK;
}

/* a browser that has none gets a name; the counts begin anew */
static enum fj_rc remember(struct sto *db, struct attempt *a, struct iss_entry *out, struct fj_err *err)
{
	const char *login = a->t->login;
	int64_t now = acc_now();

	if (a->t->door == ISS_DOOR_LOCAL)
		return FJ_OK;
	if (!a->slot && a->t->door == ISS_DOOR_API)
		return sto_run(db, STO_SECRET_CALM, NULL, err, "t", login);
	if (!a->slot) {
		FJ_TRY(acc_random_text(out->device, err));
		slot_hash("browser", out->device, &a->hash);
		FJ_TRY(sto_run(db, STO_SECRET_CALM, NULL, err, "t", login));
	}
	FJ_TRY(sto_run(db, STO_SLOT_SET, NULL, err, "tbi", login, FJ_SLICE(a->hash.b, FJ_SHA256_LEN), now));
	return sto_run(db, STO_SLOT_TRIM, NULL, err, "ti", login, now - (int64_t)DEVICE_DAYS * 86400);
}

static enum fj_rc recovery_left(struct sto *db, const char *login, int64_t *left, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_RECOVERY_LEFT, &q, "count", err, "t", login));
	*left = sto_int(&q, 0);
	return FJ_OK;
}

struct judged {
	struct attempt *a;
	struct iss_entry *out;
};

/* all of it, or nothing changes */
static enum fj_rc let_in(struct iss_call *c, void *arg, struct fj_err *err)
{
	struct judged *j = arg;
	struct attempt *a = j->a;
	const char *login = a->t->login, *factor;

	FJ_TRY(acc_use_code(c->db, login, &a->s, a->t->code, &factor, err));
	if (factor == NULL && a->t->code[0] == '\0' && a->key)
		factor = "certificate";
	/* nobody is ACTIVE without a factor; a record that has none lets nobody in */
	if (factor == NULL || usr_actor(c->db, login, "api", &j->out->actor, NULL) != FJ_OK)
		return denied(err);
	j->out->actor.factor = factor;
	FJ_TRY(remember(c->db, a, j->out, err));
	if (strcmp(factor, "recovery") == 0)
		FJ_TRY(recovery_left(c->db, login, &j->out->recovery_left, err));
	j->out->actor.held = a->s.must[0] != '\0';
	struct sgn_note note = note_of(a, "IN", factor);
	return sgn_was(c->iss, c->db, a->n, &note, err);
}

/* --- what is known of a password only while it is here --- */

struct refreshed {
	const struct attempt *a;
	char hash[crypto_pwhash_STRBYTES];
	bool leaked;
};

static enum fj_rc keep_fresh(struct iss_call *c, void *arg, struct fj_err *err)
{
	const struct refreshed *f = arg;

	if (f->hash[0] != '\0')
		FJ_TRY(sto_run(c->db, STO_SECRET_REHASH, NULL, err, "ttt", f->hash, f->a->t->login, f->a->s.hash));
	return f->leaked ? sto_run(c->db, STO_SECRET_MUST, NULL, err, "tt", "LEAKED", f->a->t->login) : FJ_OK;
}

/* It is kept in the strength of today, and has to be changed when it has leaked since.  Who is in stays in, whatever
 * becomes of it.  What a demo gave its people has 120 random bits (user.c), and stays as it is. */
static void refresh(struct iss *i, const struct attempt *a, struct iss_entry *out)
{
	struct refreshed f = {.a = a, .leaked = pwd_leaked(&i->leaks, a->t->password)};
	struct fj_err err = {0};

	if (!i->home.demo && crypto_pwhash_str_needs_rehash(a->s.hash, PWD_OPS, PWD_MEMORY) != 0 && thr_enter(true, "", PLACE_MS)) {
		if (pwd_hash(a->t->password, f.hash, NULL) != FJ_OK)
			f.hash[0] = '\0';
		thr_leave(true, "");
	}
	if ((f.leaked || f.hash[0] != '\0') && iss_write(i, keep_fresh, &f, &err) != FJ_OK)
		fj_log_err(FJ_LOG_WARN, "a password could not be kept anew", &err);
	out->actor.held = out->actor.held || f.leaked;
}

enum fj_rc iss_authenticate(struct iss *i, const struct iss_try *t, struct iss_entry *out, struct fj_err *err)
{
	struct attempt a = {.t = t, .err = err};

	memset(out, 0, sizeof(*out));
	out->recovery_left = -1;
	if (strlen(t->login) > 63 || strlen(t->password) > 4 * PWD_MAX)
		return denied(err);
	enum fj_rc rc = try_password(i, &a, err);
	if (rc == FJ_OK)
		rc = iss_write(i, let_in, &(struct judged){&a, out}, err);
	if (rc == FJ_OK)
		refresh(i, &a, out);
	if (rc == FJ_OK && !a.known)
		thr_forgive(t->address);
	fj_wipe(&a.s, sizeof(a.s));
	return rc;
}

/* --- once more --- */

struct turn {
	const char *login;
	struct fj_hash slot;
};

static enum fj_rc check_turn(struct sto *db, const struct turn *t, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_SLOT_GET, &q, err, "tb", t->login, FJ_SLICE(t->slot.b, FJ_SHA256_LEN)));
	FJ_TRY(sto_step(&q, &row, err));
	int64_t wait = row ? thr_wait(sto_int(&q, 0), sto_int(&q, 1), acc_now()) : 0;
	return wait > 0 ? acc_too_soon(err, wait) : FJ_OK;
}

static enum fj_rc begin_turn(struct iss_call *c, void *arg, struct fj_err *err)
{
	const struct turn *t = arg;

	FJ_TRY(check_turn(c->db, t, err));
	return sto_run(c->db, STO_SLOT_TRY, NULL, err, "tbi", t->login, FJ_SLICE(t->slot.b, FJ_SHA256_LEN), acc_now());
}

static enum fj_rc end_turn(struct iss_call *c, void *arg, struct fj_err *err)
{
	const struct turn *t = arg;

	return sto_run(c->db, STO_SLOT_SET, NULL, err, "tbi", t->login, FJ_SLICE(t->slot.b, FJ_SHA256_LEN), acc_now());
}

enum fj_rc acc_turn(struct iss_call *c, const char *of, struct fj_err *err)
{
	struct turn t = {.login = c->actor->login};

	slot_hash("own", of, &t.slot);
	return iss_step(c, begin_turn, &t, err);
}

enum fj_rc acc_calm(struct iss_call *c, const char *of, struct fj_err *err)
{
	struct turn t = {.login = c->actor->login};

	slot_hash("own", of, &t.slot);
	return iss_step(c, end_turn, &t, err);
}

enum fj_rc acc_prove(struct iss_call *c, const char *password, struct fj_err *err)
{
	struct turn t = {.login = c->actor->login};
	struct acc_secret s;

	slot_hash("own", "password", &t.slot);
	FJ_TRY(check_turn(c->db, &t, err)); /* who has to wait holds no place */
	if (!thr_enter(true, "", PLACE_MS))
		return fj_refuse(err, FJ_E_BUSY, "issuer", NULL, "too many passwords are being checked at this moment; try again in a second", "当前校验密码人数过多，请稍后再试");
	enum fj_rc rc = acc_turn(c, "password", err);
	if (rc == FJ_OK)
		rc = acc_secret_get(c->db, c->actor->login, &s, err);
	bool right = rc == FJ_OK && crypto_pwhash_str_verify(s.hash, password, strlen(password)) == 0;
	thr_leave(true, "");
	fj_wipe(&s, sizeof(s));
	FJ_TRY(rc);
	if (right)
		return acc_calm(c, "password", err);
	return fj_refuse(err, FJ_E_AUTH, "issuer", NULL, "your present password is wrong", "当前密码有误");
}
