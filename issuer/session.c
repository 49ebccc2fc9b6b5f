/*
 * session.c - sessions: begun after signing in, found again by their token, ended.
 *
 * The token is 32 random octets, of which only a hash is kept; it is new at every
 * signing in, so one that was put into a browser beforehand is worth nothing.  A
 * session ends 30 minutes after its last use and 12 hours after its begin, and when
 * its owner, or the office that answers for him, ends it.  One that was begun with a
 * client certificate is found only over connections that hold the same key: when the
 * UKey is drawn, the session is of no use.
 */
#include "base/log.h"
#include "base/secret.h"
#include "issuer/domain.h"
#include "issuer/iss.h"

static void token_hash(const char *token, struct fj_hash *h)
{
	fj_sha256(fj_slice_str(token), h);
}

enum fj_rc acc_random_text(char out[ISS_SESSION_CAP], struct fj_err *err)
{
	uint8_t raw[32];
	FJ_AUTO(buf) b = FJ_BUF_INIT(64);

	fj_random(raw, sizeof(raw));
	if (fj_b64u_put(&b, FJ_SLICE(raw, sizeof(raw))) != FJ_OK || fj_strcopy(out, ISS_SESSION_CAP, fj_buf_str(&b)) != FJ_OK)
		return fj_no_memory(err, "issuer");
	return FJ_OK;
}

struct fresh {
	const struct iss_try *t;
	const struct iss_entry *e;
	struct iss_session *s;
};

static enum fj_rc add(struct iss_call *c, void *arg, struct fj_err *err)
{
	const struct fresh *f = arg;
	const struct iss_actor *a = &f->e->actor;
	bool key = strcmp(a->factor, "certificate") == 0;
	struct fj_hash h;
	char agent[121];
	int64_t now = acc_now();

	token_hash(f->s->token, &h);
	acc_agent(f->t->agent, agent);
	FJ_TRY(sto_run(c->db, STO_SESSION_CLEAN, NULL, err, "ii", now - ISS_SESSION_WHOLE, now - ISS_SESSION_IDLE));
	FJ_TRY(sto_run(c->db, STO_SESSION_ADD, NULL, err, "btttiittttt", FJ_SLICE(h.b, FJ_SHA256_LEN), f->s->actor.by, a->login, f->s->csrf, now, now,
	    f->t->door == ISS_DOOR_API ? "api" : "portal", f->t->address, agent, a->factor, key ? f->t->spki : ""));
	return sto_run(c->db, STO_SESSION_CUT, NULL, err, "t", a->login);
}

enum fj_rc iss_session_new(struct iss *i, const struct iss_try *t, const struct iss_entry *e, struct iss_session *out, struct fj_err *err)
{
	memset(out, 0, sizeof(*out));
	out->actor = e->actor;
	iss_new_id("SS-", 16, out->actor.by);
	FJ_TRY(acc_random_text(out->token, err));
	FJ_TRY(acc_random_text(out->csrf, err));
	return iss_write(i, add, &(struct fresh){t, e, out}, err);
}

static const char *factor_of(const char *stored)
{
	static const char *const all[] = {"totp", "certificate", "recovery"};

	for (size_t k = 0; k < FJ_ARRAY_LEN(all); k++)
		if (strcmp(all[k], stored) == 0)
			return all[k];
	return NULL;
}

static enum fj_rc find(struct sto *db, const struct fj_hash *h, const char *spki, struct iss_session *out, int64_t *used, struct fj_err *err)
{
	int64_t now = acc_now();
	char login[64], id[32];
	const char *factor;
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(db, STO_SESSION_GET, &q, "session", err, "b", FJ_SLICE(h->b, FJ_SHA256_LEN)));
		*used = sto_int(&q, 3);
		factor = factor_of(sto_text(&q, 5));
		bool over = now - sto_int(&q, 2) > ISS_SESSION_WHOLE || now - *used > ISS_SESSION_IDLE, other = sto_text(&q, 6)[0] != '\0' && strcmp(sto_text(&q, 6), spki) != 0;
		if (over || other || factor == NULL || fj_strcopy(login, sizeof(login), sto_text(&q, 0)) != FJ_OK ||
		    fj_strcopy(out->csrf, sizeof(out->csrf), sto_text(&q, 1)) != FJ_OK || fj_strcopy(id, sizeof(id), sto_text(&q, 4)) != FJ_OK)
			return FJ_E_NOTFOUND;
	}
	FJ_TRY(usr_actor(db, login, "portal", &out->actor, err));
	out->actor.factor = factor;
	memcpy(out->actor.by, id, sizeof(id));
	FJ_AUTO(sto_q) q = {0};
	FJ_TRY(sto_first(db, STO_SECRET_GET, &q, login, err, "t", login));
	out->actor.held = sto_text(&q, 8)[0] != '\0';
	return FJ_OK;
}

/* Not a write for every click; one that fails (a full disk) ends nobody's session. */
void acc_note_use(struct iss *i, enum sto_id use, const char *id, const char *address, int64_t before)
{
	int64_t now = acc_now();
	struct fj_err err = {0};

	if (now - before < 60)
		return;
	pthread_mutex_lock(&i->lock);
	enum fj_rc rc = address == NULL ? sto_run(i->db, use, NULL, &err, "it", now, id) : sto_run(i->db, use, NULL, &err, "itt", now, address, id);
	pthread_mutex_unlock(&i->lock);
	if (rc != FJ_OK)
		fj_log_err(FJ_LOG_WARN, "the use of a session or token could not be noted", &err);
}

enum fj_rc iss_session_find(struct iss *i, const char *token, const char *spki, struct iss_session *out, struct fj_err *err)
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
	enum fj_rc rc = find(db, &h, spki, out, &used, NULL);
	if (rc == FJ_OK)
		rc = dlg_principals(db, &out->actor, fj_now(), &out->today, NULL);
	iss_reader_give(i, db);
	if (rc == FJ_OK) {
		acc_note_use(i, STO_SESSION_USE, out->actor.by, NULL, used);
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

/* --- commands --- */

const struct iss_field fld_session_list[] = {{"login", ISS_F_STR, false, 63, "用户名", "of this user; your own by default"}, {0}};
const struct iss_field fld_session_end[] = {{"id", ISS_F_STR, true, 40, "编号", "session"}, {0}};

static json_t *session_json(const struct sto_q *q, const char *mine)
{
	char begun[FJ_TIME_CAP], used[FJ_TIME_CAP], ends[FJ_TIME_CAP];
	int64_t whole = sto_int(q, 1) + ISS_SESSION_WHOLE, idle = sto_int(q, 2) + ISS_SESSION_IDLE;

	acc_time(sto_int(q, 1), begun);
	acc_time(sto_int(q, 2), used);
	acc_time(whole < idle ? whole : idle, ends);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "id", sto_text(q, 0), "login", sto_text(q, 7), "begun", begun, "last_used", used, "ends", ends,
	    "door", sto_text(q, 3), "from_address", sto_text(q, 4), "browser", sto_text(q, 5), "factor", sto_text(q, 6), "this", strcmp(sto_text(q, 0), mine) == 0);
}

enum fj_rc cmd_session_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) items = json_array();
	FJ_AUTO(sto_q) q = {0};
	char login[64];
	int64_t now = acc_now();
	bool row;

	FJ_TRY(acc_whose(c, true, login, err));
	FJ_TRY(sto_query(c->db, STO_SESSION_OF, &q, err, "tii", login, now - ISS_SESSION_WHOLE, now - ISS_SESSION_IDLE));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		if (json_array_append_new(items, session_json(&q, c->actor->by)) != 0)
			return fj_no_memory(err, "issuer");
	}
	c->answer = json_pack("{s:s, s:O, s:n}", "login", login, "items", items, "next");
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc acc_owner(struct iss_call *c, enum sto_id whose, const char *id, char login[64], struct fj_err *err)
{
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(c->db, whose, &q, id, err, "t", id));
		FJ_TRY(fj_strcopy(login, 64, sto_text(&q, 0)));
	}
	if (strcmp(login, c->actor->login) == 0 || acc_keeps(c, login))
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_NOTFOUND, "issuer", NULL, "there is no %.40s", id); /* whether there is one is nobody else's to know */
	fj_err_zh(err, "没有找到：%.40s", id);
	return rc;
}

static enum fj_rc end_one(struct iss_call *c, void *arg, struct fj_err *err)
{
	const char *id = arg;
	char login[64];

	FJ_TRY(acc_owner(c, STO_SESSION_WHOSE, id, login, err));
	FJ_TRY(sto_run(c->db, STO_SESSION_END_ID, NULL, err, "t", id));
	FJ_TRY(sgn_did(c, login, "SESSION_ENDED", err));
	c->answer = json_pack("{s:s, s:s, s:b}", "id", id, "login", login, "ended", 1);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_session_end(struct iss_call *c, struct fj_err *err)
{
	return iss_step(c, end_one, (void *)(uintptr_t)fj_json_text(c->params, "id"), err);
}

enum fj_rc ses_end_all(struct iss_call *c, const char *login, const char *except, struct fj_err *err)
{
	return sto_run(c->db, STO_SESSION_CLEAR, NULL, err, "tt", login, except);
}

static enum fj_rc end_others(struct iss_call *c, void *arg, struct fj_err *err)
{
	char login[64];
	int64_t n = 0;

	(void)arg;
	FJ_TRY(acc_whose(c, false, login, err));
	FJ_TRY(sto_run(c->db, STO_SESSION_CLEAR, &n, err, "tt", login, c->actor->by));
	if (n > 0)
		FJ_TRY(sgn_did(c, login, "SESSION_ENDED", err));
	c->answer = json_pack("{s:s, s:I}", "login", login, "sessions_ended", (json_int_t)n);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* all of the own but the one that asks, or all of another's */
enum fj_rc cmd_session_clear(struct iss_call *c, struct fj_err *err)
{
	return iss_step(c, end_others, NULL, err);
}
