/*
 * clock.c - the register's clock watch (design.md 4).
 *
 * The wall clock may not leave CLOCK_BOOTTIME by more than five minutes.  When it
 * has, nothing is accepted or signed until it is right again, or until two
 * officers of the department that made this appliance confirm the new time; the
 * signer has a watch of its own and is told in the same act, with the names of
 * both.  Asking for that and approving it are the only acts under a jumped clock, but
 * for what takes a way in away; people sign in, and see to their own accounts.
 * What the clock did while the machine was off nobody here can see.
 */
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/rules/rules.h"

#define CLOCK_JUMP 300 /* seconds */

static int64_t drift_of(const struct iss *i)
{
	return ((fj_real_ms() - i->clock_real0) - (fj_boot_ms() - i->clock_boot0)) / 1000;
}

void iss_clock_trust(struct iss *i)
{
	i->clock_real0 = fj_real_ms();
	i->clock_boot0 = fj_boot_ms();
}

enum fj_rc iss_clock_check(const struct iss *i, struct fj_err *err)
{
	int64_t drift = drift_of(i);

	if (drift <= CLOCK_JUMP && drift >= -CLOCK_JUMP)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_CLOCK, "issuer", "design.md 4",
	    "the clock has jumped by %lld s; nothing is signed until it is right again, or two officers confirm the new time (fujie clock reset)", (long long)drift);
	fj_err_zh(err, "系统时钟跳变 %lld 秒；在时钟恢复正常或两名经办人确认新时间（fujie clock reset）之前不予签发", (long long)drift);
	return rc;
}

enum fj_rc iss_may_act(struct iss *i, struct fj_err *err)
{
	FJ_TRY(iss_clock_check(i, err));
	return log_check_open(&i->log, err);
}

enum fj_rc cmd_clock_reset(struct iss_call *c, struct fj_err *err)
{
	char now[FJ_TIME_CAP];

	FJ_TRY(iss_rule_no_foreign_issuer(c->iss->keeper, c->actor->org, err));
	fj_time_utc(c->now, now);
	FJ_AUTO(json) payload = json_pack("{s:s, s:I}", "asked_at", now, "drift", (json_int_t)drift_of(c->iss));
	return apr_request(c, "clock.reset", "clock", c->actor->org, payload, err);
}

enum fj_rc apr_clock_reset(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL; /* its own: the two that there are belong to other locks */
	struct hsm_approval who[HSM_MAX_APPROVALS];
	struct fj_hash digest;
	size_t n = 0;

	FJ_TRY(apr_for_signer(c->db, a->id, who, &n, &digest, err));
	FJ_TRY(iss_signer(c->iss, &conn, err));
	FJ_TRY(hsm_clock_reset(conn, who, n, err));
	FJ_AUTO(json) body = json_pack("{s:I}", "drift", (json_int_t)drift_of(c->iss));
	FJ_TRY(evt_append(c, "clock.reset", "clock", body, err));
	iss_clock_trust(c->iss);
	return FJ_OK;
}

enum fj_rc apply_clock_reset(const struct evt *e, struct fj_err *err)
{
	(void)e;
	(void)err;
	return FJ_OK; /* no table changes; the event is the record */
}

/* Demo homes only, and only for whoever may read the home: the day on which a sample case plays. */
enum fj_rc cmd_clock_demo(struct iss_call *c, struct fj_err *err)
{
	const char *at = fj_json_peek(c->params, "at");
	char now[FJ_TIME_CAP];
	fj_time t = 0;

	if (at != NULL)
		FJ_TRY(fj_time_parse(at, &t, err));
	FJ_TRY(iss_demo_clock_keep(c->iss, t, err));
	c->dirty_status = true; /* the lists of another day are none of this one: published anew, though nothing has happened */
	c->last_seq = INT64_MAX;
	fj_time_utc(fj_now(), now);
	c->answer = json_pack("{s:s}", "now", now);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
