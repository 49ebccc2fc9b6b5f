/*
 * pipeline.c - credentials of three kinds, signed packs and reports, one way to be made, in four steps.
 *
 *   1 the intent, with everything the structure is built from, is an event;
 *   2 the structure is built, linted and compared with the intent (pipe_table);
 *   3 the signer signs it; the result is verified against the chain;
 *   4 the bytes are stored with the event that they were issued, in one
 *     transaction; only then does anybody see them.
 *
 * Steps 2 to 4 run in rounds: while the signer works on one, the next is built.
 * A round holds as many credentials as the TPM signs in a third of a second, and two
 * of them while something is published, so that what else needs a signature, a revocation
 * above all, waits no longer than that.  The writer's lock is held to read intents and to store, never while
 * something is built, signed or verified.  Whoever needs a credential made makes
 * all that wait; who comes meanwhile finds his done.  What was PENDING when a
 * process ended is taken up again with the same id and the same bytes, and is
 * finished, or abandoned with its reason.
 */
#include "base/log.h"
#include "base/secret.h"
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/signed.h"

#define ROUND_MS 350
#define ROUND_MIN 4
#define ROUND_FIRST 32
#define MAX_INTENT (1u << 20)
#define MAX_FRAMES 8
_Static_assert(2 * MAX_FRAMES <= HSM_PIPELINE, "two rounds are under way at once");

struct job {
	struct pipe_intent in;
	char object[64], approval[32], actor[64];
	json_t *body;
	struct fj_buf tbs, credential;
	struct fj_hash hash; /* of the credential */
	struct hsm_item *item; /* NULL: not sent */
	bool refused;
	char why[400];
};
/* jobs that share kind and approval, or without approval the actor, are one request */
struct frame {
	struct hsm_request req;
	struct hsm_approval who[HSM_MAX_APPROVALS];
	size_t first, n; /* jobs */
	struct fj_buf said; /* what officers signed, for the signer to hold first */
};
struct round {
	struct job *job;
	struct hsm_item *item;
	size_t n;
	struct frame frame[MAX_FRAMES];
	size_t n_frames;
	int64_t last_seq;
	size_t issued, abandoned;
};

static void round_release(struct round *r)
{
	for (size_t k = 0; k < r->n; k++) {
		json_decref(r->job[k].body);
		fj_buf_release(&r->job[k].tbs);
		fj_buf_release(&r->job[k].credential);
	}
	for (size_t k = 0; k < r->n_frames; k++)
		fj_buf_release(&r->frame[k].said);
	fj_free(r->job);
	fj_free(r->item);
	memset(r, 0, sizeof(*r));
}
FJ_DEFINE_AUTO(round, struct round, round_release)

static enum fj_rc nomem(struct fj_err *err)
{
	return fj_no_memory(err, "issuer");
}

/* --- what waits --- */

static enum fj_rc waiting(struct iss_call *c, int64_t *n, fj_time *oldest, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(c->db, STO_INTENT_WAITING, &q, "intent", err, ""));
	*n = sto_int(&q, 0);
	*oldest = sto_int(&q, 1);
	return FJ_OK;
}

enum fj_rc pipe_queue(struct iss_call *c, json_t **out, struct fj_err *err)
{
	int64_t n;
	fj_time oldest;
	struct fj_err why = {.rc = FJ_OK};
	char at[FJ_TIME_CAP];

	FJ_TRY(waiting(c, &n, &oldest, err));
	fj_time_utc(oldest, at);
	iss_waits_for(c->iss, &why);
	bool signing = pthread_mutex_trylock(&c->iss->make.lock) != 0;
	size_t a_second = c->iss->make.batch * 1000 / ROUND_MS;
	if (!signing)
		pthread_mutex_unlock(&c->iss->make.lock);
	*out = json_pack("{s:I, s:i, s:s?, s:b, s:I, s:o?}", "waiting", (json_int_t)n, "most", PIPE_QUEUE, "oldest", oldest == 0 ? NULL : at, "signing", signing,
	    "a_second", (json_int_t)a_second, "because", why.rc == FJ_OK ? NULL : fj_err_json(&why));
	return *out != NULL ? FJ_OK : nomem(err);
}

/* the first of a call: what it asks for has to wait behind what waits already */
static enum fj_rc room(struct iss_call *c, struct fj_err *err)
{
	int64_t n;
	fj_time oldest;
	char at[FJ_TIME_CAP];

	if (c->has_intents)
		return FJ_OK;
	FJ_TRY(waiting(c, &n, &oldest, err));
	if (n < PIPE_QUEUE)
		return FJ_OK;
	fj_time_utc(oldest, at);
	(void)!fj_fail(err, FJ_E_BUSY, "issuer", NULL, "%lld credentials wait to be signed, the first since %s: more are taken when these are done; fujie status show says what the signer does",
	    (long long)n, at);
	fj_err_zh(err, "待签名的凭证已有 %lld 件，最早的自 %s 起等待：请待其签完再办；签名服务的情况见 fujie status show", (long long)n, at);
	return FJ_E_BUSY;
}

/* --- step 1, in the caller's transaction --- */

enum fj_rc pipe_intend(struct iss_call *c, enum pipe_kind kind, const char *object, const json_t *body, struct fj_err *err)
{
	uint8_t id[16];
	char hex[33], event[40];
	FJ_AUTO(json) full = json_copy((json_t *)(uintptr_t)body); /* only its own members change */

	FJ_TRY(room(c, err));
	fj_random(id, sizeof(id));
	fj_hex(id, sizeof(id), hex);
	if (full == NULL || fj_json_set(full, "id", json_string(hex)) != FJ_OK)
		return nomem(err);
	snprintf(event, sizeof(event), "%s.intended", pipe_table[kind].name);
	FJ_TRY(evt_append(c, event, object, full, err));
	c->has_intents = true;
	return FJ_OK;
}

static int kind_of_event(const char *event, const char **what)
{
	for (int k = PIPE_CERTIFICATE; k < PIPE_END; k++) {
		size_t n = strlen(pipe_table[k].name);
		if (strncmp(event, pipe_table[k].name, n) == 0 && event[n] == '.') {
			*what = event + n + 1;
			return k;
		}
	}
	return 0;
}

static enum fj_rc apply_intended(const struct evt *e, int kind, struct fj_err *err)
{
	const char *hex = fj_json_peek(e->body, "id");
	uint8_t id[16];

	if (hex == NULL || strlen(hex) != 32 || fj_unhex(hex, 32, id) != FJ_OK)
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "an intent has no id");
	if (strlen(e->text) > MAX_INTENT)
		return fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "an intent has more than %u octets", MAX_INTENT);
	return sto_run(e->db, STO_INTENT_ADD, NULL, err, "bitttt" "ti", FJ_SLICE(id, 16), (int64_t)kind, e->object,
	    fj_json_peek(e->body, "serial"), e->text, e->approval, e->actor, e->seq);
}

static enum fj_rc enter_log(const struct evt *e, enum pipe_kind kind, struct fj_err *err)
{
	FJ_AUTO(json) intent = NULL;
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(e->db, STO_INTENT_GET, &q, e->object, err, "it", (int64_t)kind, e->object));
		FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 2)), MAX_INTENT, &intent, err));
	}
	return log_issued(e, kind, intent, err);
}

enum fj_rc pipe_apply(const struct evt *e, struct fj_err *err)
{
	const char *what = "", *reason = fj_json_peek(e->body, "reason");
	int kind = kind_of_event(e->kind, &what);
	int64_t n = 0;

	if (kind == 0)
		return FJ_OK;
	if (strcmp(what, "intended") == 0)
		return apply_intended(e, kind, err);
	bool issued = strcmp(what, "issued") == 0;
	if (!issued && strcmp(what, "abandoned") != 0)
		return FJ_OK;
	FJ_TRY(sto_run(e->db, STO_INTENT_STATE, &n, err, "ttit", issued ? "ISSUED" : "ABANDONED",
	    issued || reason == NULL ? "" : reason, (int64_t)kind, e->object));
	if (n != 1)
		return fj_fail(err, FJ_E_STATE, "issuer", NULL, "%s is not pending", e->object);
	return issued ? enter_log(e, (enum pipe_kind)kind, err) : FJ_OK;
}

/* --- step 2 --- */

static enum fj_rc read_job(const struct sto_q *q, struct job *j, struct fj_err *err)
{
	memset(j, 0, sizeof(*j));
	fj_buf_init(&j->tbs, 65536);
	fj_buf_init(&j->credential, 65536);
	if (sto_blob(q, 0).len != 16 || fj_strcopy(j->object, sizeof(j->object), sto_text(q, 2)) != FJ_OK ||
	    fj_strcopy(j->approval, sizeof(j->approval), sto_text(q, 4)) != FJ_OK ||
	    fj_strcopy(j->actor, sizeof(j->actor), sto_text(q, 5)) != FJ_OK)
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "an intent is malformed");
	memcpy(j->in.id, sto_blob(q, 0).p, 16);
	j->in.kind = (enum pipe_kind)sto_int(q, 1);
	j->in.alg = pipe_table[j->in.kind].alg;
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(q, 3)), MAX_INTENT, &j->body, err));
	j->in.object = j->object;
	j->in.approval = j->approval;
	j->in.body = j->body;
	j->in.seq = sto_int(q, 6);
	return FJ_OK;
}

static bool same_frame(const struct job *a, const struct job *b)
{
	return a->in.kind == b->in.kind && strcmp(a->approval, b->approval) == 0 && strcmp(a->actor, b->actor) == 0;
}

/* the next pending intents after r->last_seq, `max` and MAX_FRAMES at most */
static enum fj_rc fetch_rows(struct iss *i, int64_t until, size_t max, struct round *r, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(i->db, STO_INTENT_NEXT, &q, err, "iii", r->last_seq, until, (int64_t)max));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		struct job *j = &r->job[r->n++];
		FJ_TRY(read_job(&q, j, err));
		if (r->n == 1 || !same_frame(j, j - 1)) {
			if (r->n_frames == MAX_FRAMES) {
				json_decref(j->body);
				r->n--;
				return FJ_OK;
			}
			r->frame[r->n_frames++].first = r->n - 1;
		}
		r->frame[r->n_frames - 1].n++;
		r->last_seq = sto_int(&q, 6);
	}
}

/* once while the pipeline runs: a signer that was started anew meanwhile breaks its connection */
static enum fj_rc bring_once(struct iss *i, const char *approval, struct frame *f, struct fj_err *err)
{
	if (strcmp(i->make.brought, approval) == 0)
		return FJ_OK;
	FJ_TRY(sgn_load(i, i->db, approval, false, &f->said, err));
	return fj_strcopy(i->make.brought, sizeof(i->make.brought), approval);
}

/* an approval that something is signed for is decided for good */
static enum fj_rc behind(struct iss *i, const char *approval, struct frame *f, struct fj_err *err)
{
	struct iss_behind *b = &i->make.behind;

	if (strcmp(b->approval, approval) != 0) {
		b->approval[0] = '\0';
		FJ_TRY(apr_for_signer(i->db, approval, b->who, &b->n, &b->intent, err));
		FJ_TRY(fj_strcopy(b->approval, sizeof(b->approval), approval));
	}
	memcpy(f->who, b->who, sizeof(f->who));
	f->req.n_approvals = b->n;
	f->req.intent = b->intent;
	return FJ_OK;
}

static enum fj_rc approvals_of(struct iss *i, const struct job *j, struct frame *f, struct fj_err *err)
{
	f->req.approvals = f->who;
	if (strncmp(j->approval, "AP-", 3) == 0) { /* a task has one officer */
		FJ_TRY(bring_once(i, j->approval, f, err));
		return behind(i, j->approval, f, err);
	}
	/* who he was when the intent was accepted; he may have left since */
	snprintf(f->who[0].officer, sizeof(f->who[0].officer), "%s", j->actor);
	snprintf(f->who[0].role, sizeof(f->who[0].role), "OPERATOR");
	f->who[0].at = fj_now();
	f->req.n_approvals = 1;
	return FJ_OK;
}

static enum fj_rc fetch_locked(struct iss *i, int64_t until, size_t max, struct round *r, struct fj_err *err)
{
	FJ_TRY(fetch_rows(i, until, max, r, err));
	for (size_t k = 0; k < r->n_frames; k++)
		FJ_TRY(approvals_of(i, &r->job[r->frame[k].first], &r->frame[k], err));
	return FJ_OK;
}

static enum fj_rc fetch(struct iss *i, int64_t after, int64_t until, struct round *r, struct fj_err *err)
{
	size_t max = i->hurry > 0 ? ROUND_MIN / 2 : i->make.batch;

	memset(r, 0, sizeof(*r));
	r->last_seq = after;
	r->job = fj_alloc(max, sizeof(*r->job));
	r->item = fj_alloc(max, sizeof(*r->item));
	if (r->job == NULL || r->item == NULL)
		return nomem(err);
	pthread_mutex_lock(&i->lock);
	enum fj_rc rc = fetch_locked(i, until, max, r, err);
	pthread_mutex_unlock(&i->lock);
	return rc;
}

static void give_up(struct job *j, const char *why)
{
	j->refused = true;
	snprintf(j->why, sizeof(j->why), "%s", why);
}

static enum fj_rc build_frame(struct iss *i, struct round *r, struct frame *f, struct fj_err *err)
{
	const struct pipe_ops *ops = &pipe_table[r->job[f->first].in.kind];

	f->req.role = (enum hsm_role)ops->hsm_role;
	f->req.kind = (enum hsm_kind)ops->hsm_kind;
	f->req.items = &r->item[f->first];
	for (size_t k = f->first; k < f->first + f->n; k++) {
		struct job *j = &r->job[k];
		struct fj_err why = {0};
		enum fj_rc rc = ops->build(i, &j->in, &j->tbs, &why);
		if (rc == FJ_E_NOMEM)
			return fj_fail(err, rc, "issuer", NULL, "%s", why.en);
		if (rc != FJ_OK) {
			give_up(j, why.en);
			continue;
		}
		j->item = &f->req.items[f->req.n_items++];
		memcpy(j->item->id, j->in.id, 16);
		j->item->tbs = fj_buf_slice(&j->tbs);
	}
	return FJ_OK;
}

/* An approval that the signer does not take any more is no reason to stop: it says so of each that rests on it. */
static enum fj_rc bring(struct iss *i, const struct frame *f, struct fj_err *err)
{
	struct fj_err why = {0};
	enum fj_rc rc = sgn_bring(i, &f->said, &why);

	if (rc == FJ_OK || fj_rc_exit(rc) != 3)
		return FJ_OK;
	if (err != NULL)
		*err = why;
	return rc;
}

static enum fj_rc build_and_send(struct iss *i, struct round *r, struct fj_err *err)
{
	for (size_t k = 0; k < r->n_frames; k++) {
		struct frame *f = &r->frame[k];
		FJ_TRY(build_frame(i, r, f, err));
		if (f->req.n_items == 0)
			continue;
		FJ_TRY(bring(i, f, err));
		FJ_TRY(iss_signer(i, &i->make.signer, err));
		FJ_TRY(hsm_send(i->make.signer, &f->req, err));
	}
	return FJ_OK;
}

/* --- steps 3 and 4 --- */

static enum fj_rc receive_frame(struct iss *i, struct frame *f, struct fj_err *err)
{
	if (f->req.n_items == 0)
		return FJ_OK;
	FJ_TRY(iss_signer(i, &i->make.signer, err));
	enum fj_rc rc = hsm_recv(i->make.signer, &f->req, err);
	/* a request refused as a whole by policy is refused for each */
	if (rc != FJ_E_POLICY || err == NULL)
		return rc;
	for (size_t k = 0; k < f->req.n_items; k++) {
		f->req.items[k].rc = rc;
		memcpy(f->req.items[k].why, err->en, sizeof(f->req.items[k].why));
	}
	return FJ_OK;
}

/* whole credential, verified; or the reason why there is none */
static void finish(struct iss *i, struct job *j)
{
	struct fj_err why = {0};

	if (j->item == NULL)
		return;
	if (j->item->rc != FJ_OK)
		give_up(j, j->item->why);
	else if (pipe_table[j->in.kind].finish(i, &j->in, j->item->tbs, FJ_SLICE(j->item->sig, j->item->sig_len), &j->credential, &why) != FJ_OK)
		give_up(j, why.en);
	else
		fj_sha256(fj_buf_slice(&j->credential), &j->hash);
}

/* given up meanwhile, since what it rests on has ended: its signature is for nothing */
static enum fj_rc still_pending(struct iss_call *c, const struct job *j, bool *yes, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(c->db, STO_INTENT_GET, &q, j->object, err, "it", (int64_t)j->in.kind, j->object));
	*yes = strcmp(sto_text(&q, 0), "PENDING") == 0;
	return FJ_OK;
}

/* under which the public log has its holder */
static enum fj_rc put_salt(json_t *body, struct fj_err *err)
{
	uint8_t salt[16];
	char hex[33];

	fj_random(salt, sizeof(salt));
	fj_hex(salt, sizeof(salt), hex);
	return fj_json_set(body, "salt", json_string(hex)) == FJ_OK ? FJ_OK : nomem(err);
}

static enum fj_rc store_one(struct iss_call *c, const struct job *j, struct fj_err *err)
{
	bool pending;

	FJ_TRY(still_pending(c, j, &pending, err));
	if (!pending)
		return FJ_OK;
	char hex[65], event[40];

	snprintf(event, sizeof(event), "%s.%s", pipe_table[j->in.kind].name, j->refused ? "abandoned" : "issued");
	snprintf(c->approval, sizeof(c->approval), "%s", j->approval);
	fj_hex(j->hash.b, FJ_SHA256_LEN, hex);
	FJ_AUTO(json) body = json_pack("{s:s}", j->refused ? "reason" : "sha256", j->refused ? j->why : hex);
	if (!j->refused && (j->in.kind == PIPE_TOKEN || j->in.kind == PIPE_TOKEN_SM2))
		FJ_TRY(put_salt(body, err));
	if (!j->refused)
		FJ_TRY(sto_run(c->db, STO_CREDENTIAL_ADD, NULL, err, "itbb", (int64_t)j->in.kind, j->object,
		    FJ_SLICE(j->hash.b, FJ_SHA256_LEN), fj_buf_slice(&j->credential)));
	return evt_append(c, event, j->object, body, err);
}

static enum fj_rc store_round(struct iss_call *c, void *round, struct fj_err *err)
{
	const struct round *r = round;

	for (size_t k = 0; k < r->n; k++)
		FJ_TRY(store_one(c, &r->job[k], err));
	return FJ_OK;
}

static enum fj_rc receive(struct iss *i, struct round *r, struct fj_err *err)
{
	for (size_t k = 0; k < r->n_frames; k++)
		FJ_TRY(receive_frame(i, &r->frame[k], err));
	for (size_t k = 0; k < r->n; k++)
		finish(i, &r->job[k]);
	FJ_TRY(iss_write(i, store_round, r, err));
	for (size_t k = 0; k < r->n; k++)
		if (r->job[k].refused)
			fj_log(FJ_LOG_WARN, "%s %s was given up: %s", pipe_table[r->job[k].in.kind].name, r->job[k].object, r->job[k].why);
	return FJ_OK;
}

/* as many a round as were made in ROUND_MS, at most twice as many as before */
static void adapt(struct iss_make *m, size_t n, int64_t ms)
{
	size_t want = n * ROUND_MS / (size_t)(ms < 1 ? 1 : ms);

	if (n <= ROUND_MIN / 2 || (n < m->batch && want > m->batch))
		return; /* the round was not full: it says little */
	want = want > 2 * m->batch ? 2 * m->batch : want;
	m->batch = want < ROUND_MIN ? ROUND_MIN : want > HSM_MAX_ITEMS ? HSM_MAX_ITEMS : want;
}

static enum fj_rc run(struct iss *i, int64_t until, struct fj_err *err)
{
	FJ_AUTO(round) before = {0};
	int64_t seq = 0, from = fj_boot_ms();

	FJ_TRY(iss_may_act(i, err));
	for (;;) {
		FJ_AUTO(round) r = {0};
		FJ_TRY(fetch(i, seq, until, &r, err));
		FJ_TRY(build_and_send(i, &r, err));
		if (before.n > 0) {
			FJ_TRY(receive(i, &before, err));
			adapt(&i->make, before.n, fj_boot_ms() - from);
			from = fj_boot_ms();
		}
		round_release(&before);
		if (r.n == 0)
			return FJ_OK;
		seq = r.last_seq;
		before = r;
		for (size_t k = 0; k < before.n_frames; k++)
			before.frame[k].req.approvals = before.frame[k].who;
		memset(&r, 0, sizeof(r));
	}
}

static enum fj_rc last_event(struct iss *i, int64_t *seq, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	pthread_mutex_lock(&i->lock);
	enum fj_rc rc = sto_first(i->db, STO_EVENT_LAST, &q, "event", err, "");
	*seq = rc == FJ_OK ? sto_int(&q, 0) : 0;
	sto_done(&q);
	pthread_mutex_unlock(&i->lock);
	return rc;
}

/* new versions of the authorisations whose certificate was succeeded, as intents; *any: there were some */
static enum fj_rc rebind(struct iss_call *c, void *any, struct fj_err *err)
{
	bool *some = any;

	*some = false;
	for (bool more = true; more; *some = *some || more)
		FJ_TRY(dom_rebind(c, &more, err));
	return FJ_OK;
}

static enum fj_rc make(struct iss *i, struct fj_err *err)
{
	int64_t until;

	if (i->make.batch == 0)
		i->make.batch = ROUND_FIRST;
	i->make.brought[0] = '\0';
	FJ_TRY(log_advance(i, err)); /* a log that can't be written has nothing signed for it */
	FJ_TRY(last_event(i, &until, err));
	enum fj_rc rc = run(i, until, err);
	for (bool more = true; rc == FJ_OK && more;) { /* what was issued may call for more */
		rc = iss_write(i, rebind, &more, err);
		if (rc == FJ_OK && more)
			rc = last_event(i, &until, err);
		if (rc == FJ_OK && more)
			rc = run(i, until, err);
	}
	if (rc == FJ_OK)
		rc = log_advance(i, err);
	if (rc == FJ_OK)
		i->make.done = until;
	else
		iss_signer_drop(&i->make.signer); /* answers that are still to come belong to nobody */
	return rc;
}

size_t pipe_second(struct iss *i)
{
	pthread_mutex_lock(&i->make.lock);
	size_t batch = i->make.batch == 0 ? ROUND_FIRST : i->make.batch;
	pthread_mutex_unlock(&i->make.lock);
	return batch * 1000 / ROUND_MS;
}

enum fj_rc pipe_make(struct iss *i, int64_t seq, struct fj_err *err)
{
	pthread_mutex_lock(&i->make.lock);
	enum fj_rc rc = iss_take_keys(i, true, err);
	if (rc == FJ_OK && i->make.done < seq)
		rc = make(i, err);
	pthread_mutex_unlock(&i->make.lock);
	return rc;
}
