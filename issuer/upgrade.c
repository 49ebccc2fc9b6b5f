/*
 * upgrade.c - the register of an older program becomes one of this program.
 *
 * The steps are the store's (store/migrate.c); here the event is added that says
 * so, in the same transaction: a register says that it was upgraded or it was
 * not.  No officer does it, since a service has to come up at night; the
 * actor is the system, and the program's version stands in the event.  Nothing is signed, so
 * neither signer nor clock is asked: the event's time is not before the last one's.
 */
#include <sys/stat.h>

#include "base/version.h"
#include "issuer/domain.h"
#include "issuer/init.h"
#include "issuer/iss.h"

#define COMPARE_EVENTS 20000 /* so many are replayed in some seconds and in memory: it is done unasked */
#define TELL_MS 2000

/* --- events --- */

static enum fj_rc note(const struct evt *e, int64_t from, int64_t to, struct fj_err *err)
{
	return sto_run(e->db, STO_UPGRADE_ADD, NULL, err, "iiiit", e->seq, (int64_t)e->at, from, to, fj_json_text(e->body, "program"));
}

enum fj_rc apply_appliance_made(const struct evt *e, struct fj_err *err)
{
	/* one made before version 13 does not say by which program */
	return fj_json_peek(e->body, "program") != NULL ? note(e, 0, fj_json_num(e->body, "register"), err) : FJ_OK;
}

enum fj_rc apply_register_upgraded(const struct evt *e, struct fj_err *err)
{
	return note(e, fj_json_num(e->body, "from"), fj_json_num(e->body, "to"), err);
}

/* --- the act --- */

struct telling {
	const struct iss_conf *conf;
	const char *stage;
	int64_t next; /* boot clock, ms */
};

static bool tell(void *user, const char *stage, int64_t done, int64_t of)
{
	struct telling *t = user;
	int64_t now = fj_boot_ms();

	if (t->conf->ending != NULL && *t->conf->ending)
		return false;
	if (t->conf->progress == NULL || (now < t->next && t->stage == stage))
		return true;
	t->stage = stage;
	t->next = now + TELL_MS;
	FJ_AUTO(json) what = json_pack("{s:s, s:I, s:I}", "stage", stage, "done", (json_int_t)done, "of", (json_int_t)of);
	if (what != NULL)
		t->conf->progress(what);
	return true;
}

static enum fj_rc append(struct iss *i, int64_t from, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	struct iss_call c;
	bool row;

	iss_system_call(i, &c);
	FJ_TRY(sto_query(i->db, STO_EVENT_LAST_AT, &q, err, ""));
	FJ_TRY(sto_step(&q, &row, err));
	if (row && sto_int(&q, 0) > c.now)
		c.now = sto_int(&q, 0);
	sto_done(&q);
	FJ_AUTO(json) body = json_pack("{s:I, s:i, s:s}", "from", (json_int_t)from, "to", FJ_REGISTER_VERSION, "program", FJ_PROGRAM);
	return body != NULL ? evt_append(&c, "register.upgraded", "register", body, err) : fj_no_memory(err, "issuer");
}

static enum fj_rc compare(struct iss *i, struct telling *t, int64_t *rows, struct fj_err *err)
{
	struct sto *into;
	int64_t events;

	tell(t, "events", 0, 0);
	FJ_TRY(sto_open(":memory:", true, &into, err));
	enum fj_rc rc = evt_rebuild_check(i->db, into, &events, rows, err);
	sto_close(into);
	return rc;
}

/* the record itself is not true: no fault of the upgrade, which is not the time to go on over it */
static enum fj_rc untrue(enum fj_rc rc, struct fj_err *err)
{
	struct fj_err why = err != NULL ? *err : (struct fj_err){.rc = rc};

	if (rc != FJ_E_CORRUPT)
		return rc;
	fj_fail(err, rc, "issuer", NULL, "%.*s; the register was not upgraded; the program before serves it: `fujie audit verify` there, then restore a backup", (int)fj_utf8_prefix(why.en, 90), why.en);
	fj_err_zh(err, "有一张表与事件记录不一致；未升级，原版本程序仍可服务：请用原版本执行 fujie audit verify，并从备份恢复");
	return rc;
}

/* within the transaction of sto_upgrade; *rows -1: not compared */
static enum fj_rc finish(struct iss *i, struct telling *t, int64_t from, bool check, int64_t *rows, struct fj_err *err)
{
	int64_t events;

	*rows = -1;
	FJ_TRY(append(i, from, err));
	FJ_TRY(sto_settle(i->db, err));
	FJ_TRY(evt_last(i->db, &events, err));
	return check || events <= COMPARE_EVENTS ? untrue(compare(i, t, rows, err), err) : FJ_OK;
}

static enum fj_rc answer(bool upgraded, bool dry_run, int64_t from, int64_t events, int64_t rows, json_t **out, struct fj_err *err)
{
	int64_t kept = sto_copy_newest();
	char name[40];

	snprintf(name, sizeof(name), "register.db.v%lld", (long long)kept);
	*out = json_pack("{s:I, s:i, s:s, s:b, s:b, s:o, s:I, s:o}", "from", (json_int_t)from, "to", FJ_REGISTER_VERSION, "program", FJ_PROGRAM, "upgraded", upgraded,
	    "dry_run", dry_run, "copy", kept > 0 ? json_string(name) : json_null(), "events", (json_int_t)events, "compared", rows >= 0 ? json_integer(rows) : json_null());
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc nothing_to_do(bool dry_run, bool check, struct iss *i, struct telling *t, json_t **out, struct fj_err *err)
{
	int64_t events, rows = -1;

	FJ_TRY(sto_open("register.db", false, &i->db, err));
	FJ_TRY(evt_last(i->db, &events, err));
	if (check) {
		FJ_TRY(sto_begin(i->db, err));
		FJ_TRY(compare(i, t, &rows, err));
		sto_rollback(i->db);
	}
	if (!dry_run)
		sto_copies_remove(sto_copy_newest());
	return answer(false, dry_run, FJ_REGISTER_VERSION, events, rows, out, err);
}

static enum fj_rc upgrade(struct iss *i, bool dry_run, bool check, json_t **out, struct fj_err *err)
{
	struct telling t = {.conf = &i->conf};
	const struct sto_upgrade u = {.trial = dry_run, .tell = tell, .user = &t};
	int64_t from, rows, events;

	FJ_TRY(sto_upgrade("register.db", &u, &from, &i->db, err));
	if (i->db == NULL)
		return nothing_to_do(dry_run, check, i, &t, out, err);
	FJ_TRY(finish(i, &t, from, check, &rows, err));
	FJ_TRY(evt_last(i->db, &events, err));
	if (dry_run) {
		sto_rollback(i->db);
		return answer(false, true, from, events - 1, rows, out, err);
	}
	FJ_TRY(sto_commit(i->db, err));
	sto_copies_remove(from);
	return answer(true, false, from, events, rows, out, err);
}

enum fj_rc iss_upgrade(const struct iss_conf *conf, bool dry_run, bool check, json_t **out, struct fj_err *err)
{
	struct iss *i;
	struct stat st;

	*out = NULL;
	if (stat("register.db", &st) != 0)
		return fj_fail(err, FJ_E_NOTFOUND, "issuer", NULL, "there is no register in this home");
	FJ_TRY(iss_new(conf, &i, err));
	enum fj_rc rc = upgrade(i, dry_run, check, out, err);
	iss_close(i);
	return rc;
}
