/*
 * pipeline.c - credentials of three kinds, one way to be made, in four steps.
 *
 *   1 the intent, with everything the structure is built from, is an event;
 *   2 the structure is built, linted and compared with the intent (pipe_table);
 *   3 the signer signs it; the result is verified against the chain;
 *   4 the bytes are stored with the event that they were issued, in one
 *     transaction; only then does anybody see them.
 *
 * Steps 2 to 4 run for batches of up to 256; while the signer works on one, the
 * next is built.  What was PENDING when a process ended is taken up again with
 * the same id and the same bytes, and is finished, or abandoned with its reason.
 */
#include "base/log.h"
#include "base/secret.h"
#include "issuer/iss.h"

#define BATCH HSM_MAX_ITEMS

struct job {
	struct pipe_intent in;
	char object[64], approval[32], actor[64];
	json_t *body;
	struct fj_buf tbs;
	bool refused;
	char why[400];
};
struct batch {
	struct job *job;
	size_t n;
	int64_t last_seq;
	enum pipe_kind kind;
	char approval[32];
	struct hsm_request req;
	struct hsm_item *item;
	size_t *job_of; /* item to job */
	struct hsm_approval who[HSM_MAX_APPROVALS];
	bool sent;
};

static void batch_release(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		json_decref(b->job[i].body);
		fj_buf_release(&b->job[i].tbs);
	}
	fj_free(b->job);
	fj_free(b->item);
	fj_free(b->job_of);
	memset(b, 0, sizeof(*b));
}
FJ_DEFINE_AUTO(batch, struct batch, batch_release)

static enum fj_rc nomem(struct fj_err *err)
{
	return fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
}

/* --- step 1, in the caller's transaction --- */

enum fj_rc pipe_intend(struct iss_call *c, enum pipe_kind kind, const char *object, const json_t *body, struct fj_err *err)
{
	uint8_t id[16];
	char hex[33], event[40];
	FJ_AUTO(json) full = json_deep_copy(body);

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
	for (int k = PIPE_CERTIFICATE; k <= PIPE_TOKEN; k++) {
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
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);
	const char *hex = fj_json_peek(e->body, "id");
	uint8_t id[16];

	if (hex == NULL || strlen(hex) != 32 || fj_unhex(hex, 32, id) != FJ_OK)
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "an intent has no id");
	FJ_TRY(fj_json_canonical(e->body, &text, err));
	return sto_run(e->db, STO_INTENT_ADD, NULL, err, "bitttt" "ti", FJ_SLICE(id, 16), (int64_t)kind, e->object,
	    fj_json_peek(e->body, "serial"), fj_buf_str(&text), e->approval, e->actor, e->seq);
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
	return n == 1 ? FJ_OK : fj_fail(err, FJ_E_STATE, "issuer", NULL, "%s is not pending", e->object);
}

/* --- step 2 --- */

static enum fj_rc read_job(const struct sto_q *q, struct job *j, struct fj_err *err)
{
	memset(j, 0, sizeof(*j));
	if (sto_blob(q, 0).len != 16 || fj_strcopy(j->object, sizeof(j->object), sto_text(q, 2)) != FJ_OK ||
	    fj_strcopy(j->approval, sizeof(j->approval), sto_text(q, 4)) != FJ_OK ||
	    fj_strcopy(j->actor, sizeof(j->actor), sto_text(q, 5)) != FJ_OK)
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "an intent is malformed");
	memcpy(j->in.id, sto_blob(q, 0).p, 16);
	j->in.kind = (enum pipe_kind)sto_int(q, 1);
	fj_buf_init(&j->tbs, 65536);
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(q, 3)), 1u << 20, &j->body, err));
	j->in.object = j->object;
	j->in.approval = j->approval;
	j->in.body = j->body;
	return FJ_OK;
}

/* the next pending intents after `seq` that share kind and approval; a token without
 * approval shares its actor */
static enum fj_rc fetch(struct iss *i, int64_t seq, struct batch *b, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	memset(b, 0, sizeof(*b));
	b->job = fj_alloc(BATCH, sizeof(*b->job));
	b->item = fj_alloc(BATCH, sizeof(*b->item));
	b->job_of = fj_alloc(BATCH, sizeof(*b->job_of));
	if (b->job == NULL || b->item == NULL || b->job_of == NULL)
		return nomem(err);
	b->last_seq = seq;
	FJ_TRY(sto_query(i->db, STO_INTENT_NEXT, &q, err, "i", seq));
	while (b->n < BATCH) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		if (b->n > 0 && ((enum pipe_kind)sto_int(&q, 1) != b->kind || strcmp(sto_text(&q, 4), b->approval) != 0 ||
		    strcmp(sto_text(&q, 5), b->job[0].actor) != 0))
			break;
		FJ_TRY(read_job(&q, &b->job[b->n], err));
		b->kind = b->job[b->n].in.kind;
		memcpy(b->approval, b->job[b->n].approval, sizeof(b->approval));
		b->job[b->n].in.body = b->job[b->n].body;
		b->n++;
		b->last_seq = sto_int(&q, 6);
	}
	return FJ_OK;
}

static void give_up(struct job *j, const char *why)
{
	j->refused = true;
	snprintf(j->why, sizeof(j->why), "%s", why);
}

static enum fj_rc approvals_of(struct iss *i, struct batch *b, struct fj_err *err)
{
	b->req.approvals = b->who;
	if (b->approval[0] != '\0')
		return apr_for_signer(i->db, b->approval, b->who, &b->req.n_approvals, &b->req.intent, err);
	struct iss_actor a;
	FJ_TRY(usr_actor(i->db, b->job[0].actor, "system", &a, err));
	snprintf(b->who[0].officer, sizeof(b->who[0].officer), "%s", a.login);
	snprintf(b->who[0].role, sizeof(b->who[0].role), "OPERATOR");
	b->who[0].at = fj_now();
	b->req.n_approvals = 1;
	return FJ_OK;
}

static enum fj_rc build(struct iss *i, struct batch *b, struct fj_err *err)
{
	const struct pipe_ops *ops = &pipe_table[b->kind];
	size_t n = 0;

	for (size_t k = 0; k < b->n; k++) {
		struct job *j = &b->job[k];
		struct fj_err why = {0};
		enum fj_rc rc = ops->build(i, &j->in, &j->tbs, &why);
		if (rc == FJ_E_NOMEM || rc == FJ_E_DB || rc == FJ_E_BUSY)
			return fj_fail(err, rc, "issuer", NULL, "%s", why.en);
		if (rc != FJ_OK) {
			give_up(j, why.en);
			continue;
		}
		memcpy(b->item[n].id, j->in.id, 16);
		b->item[n].tbs = fj_buf_slice(&j->tbs);
		b->job_of[n++] = k;
	}
	b->req.role = (enum hsm_role)ops->hsm_role;
	b->req.kind = (enum hsm_kind)ops->hsm_kind;
	b->req.items = b->item;
	b->req.n_items = n;
	return approvals_of(i, b, err);
}

/* --- steps 3 and 4 --- */

static enum fj_rc finish_one(struct iss *i, struct iss_call *c, const struct batch *b, size_t k, struct pipe_result *out, struct fj_err *err)
{
	const struct pipe_ops *ops = &pipe_table[b->kind];
	const struct hsm_item *it = &b->item[k];
	struct job *j = &b->job[b->job_of[k]];
	FJ_AUTO(buf) credential = FJ_BUF_INIT(65536);
	struct fj_err why = {0};
	struct fj_hash hash;
	char hex[65], event[40];

	if (it->rc != FJ_OK) {
		give_up(j, it->why);
		return FJ_OK;
	}
	if (ops->finish(i, &j->in, it->tbs, FJ_SLICE(it->sig, it->sig_len), &credential, &why) != FJ_OK) {
		give_up(j, why.en);
		return FJ_OK;
	}
	fj_sha256(fj_buf_slice(&credential), &hash);
	fj_hex(hash.b, FJ_SHA256_LEN, hex);
	FJ_AUTO(json) body = json_pack("{s:s}", "sha256", hex);
	if (ops->issued != NULL)
		FJ_TRY(ops->issued(i, &j->in, fj_buf_slice(&credential), body, err));
	FJ_TRY(sto_run(c->db, STO_CREDENTIAL_ADD, NULL, err, "itbb", (int64_t)b->kind, j->object, FJ_SLICE(hash.b, FJ_SHA256_LEN), fj_buf_slice(&credential)));
	snprintf(event, sizeof(event), "%s.issued", ops->name);
	snprintf(c->approval, sizeof(c->approval), "%s", j->approval);
	out->issued++;
	return evt_append(c, event, j->object, body, err);
}

static enum fj_rc abandon(struct iss_call *c, const struct batch *b, struct pipe_result *out, struct fj_err *err)
{
	char event[40];

	snprintf(event, sizeof(event), "%s.abandoned", pipe_table[b->kind].name);
	for (size_t k = 0; k < b->n; k++) {
		const struct job *j = &b->job[k];
		if (!j->refused)
			continue;
		FJ_AUTO(json) body = json_pack("{s:s}", "reason", j->why);
		fj_log(FJ_LOG_WARN, "%s %s was given up: %s", pipe_table[b->kind].name, j->object, j->why);
		snprintf(c->approval, sizeof(c->approval), "%s", j->approval);
		FJ_TRY(evt_append(c, event, j->object, body, err));
		out->abandoned++;
	}
	return FJ_OK;
}

static enum fj_rc store(struct iss *i, struct batch *b, struct pipe_result *out, struct fj_err *err)
{
	struct iss_call c;
	struct pipe_result now = {0};

	iss_system_call(i, &c);
	FJ_TRY(sto_begin(i->db, err));
	enum fj_rc rc = FJ_OK;
	for (size_t k = 0; rc == FJ_OK && k < b->req.n_items; k++)
		rc = finish_one(i, &c, b, k, &now, err);
	if (rc == FJ_OK)
		rc = abandon(&c, b, &now, err);
	if (rc == FJ_OK)
		rc = sto_commit(i->db, err);
	if (rc != FJ_OK) {
		sto_rollback(i->db);
		return rc;
	}
	out->issued += now.issued;
	out->abandoned += now.abandoned;
	return FJ_OK;
}

static enum fj_rc receive(struct iss *i, struct batch *b, struct pipe_result *out, struct fj_err *err)
{
	struct hsm_conn *conn = NULL;

	if (b->n == 0)
		return FJ_OK;
	if (b->sent) {
		FJ_TRY(iss_signer(i, &conn, err));
		enum fj_rc rc = hsm_recv(conn, &b->req, err);
		/* a request refused as a whole by policy is refused for each */
		if (rc == FJ_E_POLICY && err != NULL)
			for (size_t k = 0; k < b->req.n_items; k++) {
				b->item[k].rc = rc;
				memcpy(b->item[k].why, err->en, sizeof(b->item[k].why));
			}
		else
			FJ_TRY(rc);
	}
	return store(i, b, out, err);
}

static enum fj_rc run(struct iss *i, struct pipe_result *out, struct fj_err *err)
{
	FJ_AUTO(batch) before = {0};
	struct hsm_conn *conn = NULL;

	FJ_TRY(iss_clock_check(i, err));
	for (int64_t seq = 0;;) {
		FJ_AUTO(batch) b = {0};
		FJ_TRY(fetch(i, seq, &b, err));
		if (b.n > 0) {
			FJ_TRY(build(i, &b, err));
			if (b.req.n_items > 0) {
				FJ_TRY(iss_signer(i, &conn, err));
				FJ_TRY(hsm_send(conn, &b.req, err));
				b.sent = true;
			}
		}
		FJ_TRY(receive(i, &before, out, err));
		batch_release(&before);
		if (b.n == 0)
			return FJ_OK;
		seq = b.last_seq;
		before = b;
		before.req.approvals = before.who;
		memset(&b, 0, sizeof(b));
	}
}

enum fj_rc pipe_run(struct iss *i, struct pipe_result *out, struct fj_err *err)
{
	memset(out, 0, sizeof(*out));
	enum fj_rc rc = run(i, out, err);
	if (rc != FJ_OK)
		iss_signer_drop(i); /* answers that are still to come belong to nobody */
	FJ_AUTO(sto_q) q = {0};
	if (sto_first(i->db, STO_INTENT_COUNT, &q, "count", NULL, "") == FJ_OK)
		out->pending = (size_t)sto_int(&q, 0);
	return rc;
}
