/*
 * signin_log.c - who tried to sign in, whence, by what, and what became of it; and
 * what changed in accounts.
 *
 * For the user, who sees what he did not do, and for whoever answers for him.  It is
 * personal and no act on the register, so it stands beside the events, for a bounded
 * time (fujie.ini; six months at least are kept for network logs in China [M]) and a
 * bounded number: failures that are alike are one line with a count, and 500 lines of
 * them a login.  What was typed as a login that does not exist is not kept: it may be
 * a password.
 */
#include "issuer/domain.h"
#include "issuer/iss.h"

#define ALIKE 3600
#define AGENT 120

int64_t acc_now(void)
{
	return fj_real_ms() / 1000;
}

void acc_time(int64_t t, char out[FJ_TIME_CAP])
{
	out[0] = '\0';
	if (t > 0)
		fj_time_utc(t, out);
}

void acc_agent(const char *text, char out[121])
{
	size_t n = 0;

	for (const char *p = fj_utf8_valid(fj_slice_str(text)) ? text : "?"; *p != '\0' && n < AGENT; p++)
		if ((uint8_t)*p >= ' ' && *p != 0x7f)
			out[n++] = *p;
	out[n] = '\0';
	while (n > 0 && !fj_utf8_valid(fj_slice_str(out))) /* cut within a character */
		out[--n] = '\0';
}

/* --- writing --- */

struct last {
	int64_t n, at, times;
	bool alike;
};

static enum fj_rc last_of(struct sto *db, const struct sgn_note *note, struct last *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	memset(out, 0, sizeof(*out));
	FJ_TRY(sto_query(db, STO_SIGNIN_LAST, &q, err, "t", note->login));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	*out = (struct last){.n = sto_int(&q, 0), .at = sto_int(&q, 4), .times = sto_int(&q, 5)};
	out->alike = strcmp(sto_text(&q, 1), note->what) == 0 && strcmp(sto_text(&q, 2), note->door) == 0 && strcmp(sto_text(&q, 3), note->address) == 0;
	return FJ_OK;
}

static enum fj_rc insert(struct iss *i, struct sto *db, const struct sgn_note *note, int64_t *n, struct fj_err *err)
{
	char agent[121];
	int64_t now = acc_now();
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(db, STO_SIGNIN_NEXT, &q, "number", err, ""));
		*n = sto_int(&q, 0);
	}
	acc_agent(note->agent, agent);
	FJ_TRY(sto_run(db, STO_SIGNIN_ADD, NULL, err, "iittttttt", *n, now, note->login, note->what, note->door, note->address, agent, note->factor, note->by));
	FJ_TRY(sto_run(db, STO_SIGNIN_CUT, NULL, err, "t", note->login));
	int64_t days = i->conf.signin_days > 0 ? i->conf.signin_days : ISS_SIGNIN_DAYS;
	return sto_run(db, STO_SIGNIN_OLD, NULL, err, "i", now - days * 86400);
}

enum fj_rc sgn_add(struct iss *i, struct sto *db, const struct sgn_note *note, int64_t *n, struct fj_err *err)
{
	bool failure = strcmp(note->what, "WRONG") == 0 || strcmp(note->what, "WAIT") == 0;
	int64_t now = acc_now(), at;
	struct last l;

	FJ_TRY(last_of(db, note, &l, err));
	if (!failure || !l.alike || now - l.at > ALIKE || now < l.at)
		return insert(i, db, note, n != NULL ? n : &at, err);
	if (n != NULL)
		*n = l.n;
	/* a flood of what was refused anyway, or of logins that do not exist, is not a flood of writes */
	if ((note->what[1] == 'A' && now - l.at < 60) || (note->login[0] == '\0' && now == l.at))
		return FJ_OK;
	return sto_run(db, STO_SIGNIN_AGAIN, NULL, err, "iii", now, (int64_t)1, l.n);
}

enum fj_rc sgn_was(struct iss *i, struct sto *db, int64_t n, const struct sgn_note *note, struct fj_err *err)
{
	int64_t done = 0, at;

	FJ_TRY(sto_run(db, STO_SIGNIN_TAKE, &done, err, "i", n)); /* it was counted with other failures: those stay */
	if (done == 0) {
		char agent[121];
		acc_agent(note->agent, agent);
		FJ_TRY(sto_run(db, STO_SIGNIN_WHAT, &done, err, "ttti", note->what, note->factor, agent, n));
		if (done > 0)
			return FJ_OK;
	}
	return insert(i, db, note, &at, err);
}

enum fj_rc sgn_did(struct iss_call *c, const char *login, const char *what, struct fj_err *err)
{
	const struct iss_actor *a = c->actor;
	bool self = strcmp(a->login, login) == 0;

	return sgn_add(c->iss, c->db, &(struct sgn_note){.login = login, .what = what, .door = strcmp(a->via, "cli") == 0 ? "local" : a->via, .address = "", .agent = "",
	    .factor = self && a->factor != NULL ? a->factor : "", .by = self ? a->by : a->login}, NULL, err);
}

/* --- whose account --- */

/* an officer of the office that answers for him (R40) */
bool acc_keeps(struct iss_call *c, const char *login)
{
	struct usr u;
	char keeper[19];

	return (c->actor->roles & ISS_FINANCE) && usr_get(c->db, login, &u, NULL) == FJ_OK && usr_office(c, u.a.org, u.a.org, keeper, NULL) == FJ_OK &&
	    strcmp(keeper, c->actor->org) == 0;
}

enum fj_rc acc_whose(struct iss_call *c, bool reads, char login[64], struct fj_err *err)
{
	const char *asked = fj_json_peek(c->params, "login");
	bool self = asked == NULL || strcmp(asked, c->actor->login) == 0;
	struct usr u;

	FJ_TRY(fj_strcopy(login, 64, asked == NULL ? c->actor->login : asked));
	if (self && !(c->actor->roles & ISS_LOCAL))
		return FJ_OK;
	if (asked != NULL)
		FJ_TRY(usr_get(c->db, login, &u, err));
	if (asked != NULL && ((reads && (c->actor->roles & (ISS_AUDITOR | ISS_LOCAL))) || acc_keeps(c, login)))
		return FJ_OK;
	if (asked == NULL)
		return fj_refuse(err, FJ_E_USAGE, "issuer", NULL, "whose account? give --login, or sign in", "请指明用户名，或先登录");
	return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "R40", "this is another user's account: that user sees to it, and the finance department that answers for it",
	    "这是其他用户的账户：仅本人及负责的财政部门可以办理");
}

/* --- reading --- */

const struct iss_field fld_signin_list[] = {
	{"login", ISS_F_STR, false, 63, "用户名", "of this user; your own by default"},
	{"unknown", ISS_F_BOOL, false, 1, "不存在的用户名", "tries with logins that do not exist"},
	{"before", ISS_F_INT, false, INT64_MAX, "之前", "those before this number"},
	ISS_FIELD_LIMIT,
	{0},
};

static json_t *note_json(const struct sto_q *q)
{
	char at[FJ_TIME_CAP], last[FJ_TIME_CAP];

	acc_time(sto_int(q, 1), at);
	acc_time(sto_int(q, 2), last);
	return json_pack("{s:I, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "n", (json_int_t)sto_int(q, 0), "at", at, "last_at", last, "times", (json_int_t)sto_int(q, 3),
	    "login", sto_text(q, 4), "happened", sto_text(q, 5), "door", sto_text(q, 6), "from_address", sto_text(q, 7), "browser", sto_text(q, 8), "factor", sto_text(q, 9), "done_by", sto_text(q, 10));
}

/* logins that do not exist are nobody's: who keeps the appliance, and who audits */
static enum fj_rc may_see_unknown(struct iss_call *c, struct fj_err *err)
{
	bool keeper = (c->actor->roles & ISS_FINANCE) && strcmp(c->actor->org, c->iss->keeper) == 0;

	return keeper || (c->actor->roles & (ISS_AUDITOR | ISS_LOCAL)) ? FJ_OK
	    : fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "R40", "these are for auditors and the department that made this appliance", "仅审计人员和本系统的建设财政部门可以查看");
}

enum fj_rc cmd_signin_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) items = json_array();
	FJ_AUTO(sto_q) q = {0};
	char login[64] = "";
	const char *after;
	int64_t limit, before = INT64_MAX;
	bool row;

	iss_page(c, &after, &limit);
	FJ_TRY(fj_json_opt_int(c->params, "before", 0, INT64_MAX, &before, err));
	if (json_is_true(json_object_get(c->params, "unknown")))
		FJ_TRY(may_see_unknown(c, err));
	else
		FJ_TRY(acc_whose(c, true, login, err));
	FJ_TRY(sto_query(c->db, STO_SIGNIN_LIST, &q, err, "tii", login, before, limit));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		if (json_array_append_new(items, note_json(&q)) != 0)
			return fj_no_memory(err, "issuer");
	}
	c->answer = json_pack("{s:s, s:O, s:n}", "login", login, "items", items, "next");
	if ((int64_t)json_array_size(items) >= limit && limit > 0)
		json_object_set(c->answer, "before", json_object_get(json_array_get(items, json_array_size(items) - 1), "n"));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
