/*
 * event.c - the chained log under everything, and the dispatch to what it changes.
 *
 * The hash covers the previous hash and every column, each with its length, so
 * no two rows hash alike.  The apply function runs in the same transaction: an
 * event and what it means are there together or not at all.
 */
#include <sodium.h>

#include "issuer/domain.h"
#include "issuer/find.h"
#include "issuer/home.h"
#include "issuer/iss.h"
#include "issuer/profile.h"

static const struct {
	const char *kind;
	evt_apply apply;
} table[] = {
#define EVENT(kind, apply) {kind, apply},
#include "issuer/events_core.def"
#include "issuer/events_domain.def"
#undef EVENT
};

static enum fj_rc dispatch(const struct evt *e, struct fj_err *err)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(table); i++)
		if (strcmp(table[i].kind, e->kind) == 0) {
			FJ_TRY(pipe_apply(e, err));
			FJ_TRY(table[i].apply(e, err));
			FJ_TRY(fnd_note(e, err));
			return hom_note(e, err);
		}
	return fj_fail(err, FJ_E_INTERNAL, "issuer", NULL, "there is no event \"%s\"", e->kind);
}

static enum fj_rc last_event(struct sto *db, int64_t *seq, struct fj_hash *hash, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	*seq = 0;
	memset(hash, 0, sizeof(*hash));
	FJ_TRY(sto_query(db, STO_EVENT_LAST, &q, err, ""));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	*seq = sto_int(&q, 0);
	if (sto_blob(&q, 1).len != FJ_SHA256_LEN)
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "the last event has no hash");
	memcpy(hash->b, sto_blob(&q, 1).p, FJ_SHA256_LEN);
	return FJ_OK;
}

enum fj_rc evt_last(struct sto *db, int64_t *seq, struct fj_err *err)
{
	struct fj_hash hash;

	return last_event(db, seq, &hash, err);
}

enum fj_rc evt_append(struct iss_call *c, const char *kind, const char *object, const json_t *body, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(4u << 20);
	struct fj_hash before, hash;
	int64_t seq;

	const char *policy;
	FJ_AUTO(json) marked = NULL;

	if (c->actor->behalf[0] != '\0' || c->actor->scope != NULL || c->offline != NULL) { /* a deputy's act says whose, a program's by which token, one on paper by which document */
		marked = json_copy((json_t *)(uintptr_t)body);
		if (c->actor->scope != NULL)
			FJ_TRY(fj_json_set(marked, "api_token", json_string(c->actor->by)));
		if (c->actor->behalf[0] != '\0')
			FJ_TRY(fj_json_set(marked, "behalf", json_string(c->actor->behalf)));
		if (c->offline != NULL)
			FJ_TRY(fj_json_set(marked, "offline", json_incref((json_t *)(uintptr_t)c->offline)));
		body = marked;
	}
	FJ_TRY(fj_json_canonical(body, &text, err));
	FJ_TRY(prf_hash(c, &policy, err));
	FJ_TRY(last_event(c->db, &seq, &before, err));
	struct evt e = {.db = c->db, .seq = seq + 1, .at = c->now, .actor = c->actor->login, .org = c->actor->org,
		.kind = kind, .object = object, .approval = c->approval, .policy = policy, .body = body, .text = fj_buf_str(&text)};
	evt_hash(&e, FJ_SLICE(before.b, FJ_SHA256_LEN), &hash);
	FJ_TRY(sto_run(c->db, STO_EVENT_ADD, NULL, err, "iitttttttb", e.seq, (int64_t)e.at, e.actor, e.org, kind, object,
	    e.approval, policy, e.text, FJ_SLICE(hash.b, FJ_SHA256_LEN)));
	if (c->first_seq == 0)
		c->first_seq = e.seq;
	c->last_seq = e.seq;
	return dispatch(&e, err);
}

/* Who has money, buyers, drafts and materials from their own command by what he is, has them from the log by no less. */
bool evt_body_open(const struct iss_actor *a, const char *kind, const char *org, const json_t *body)
{
	static const char *const closed[] = {"material.", "remittance.", "report.return-taken", "report.submitted", "report.text-set", "revenue.", "statement.", "trade."};
	const char *about = strcmp(kind, "approval.requested") == 0 ? fj_json_text(body, "kind") : kind;
	bool open = (a->roles & (ISS_AUDITOR | ISS_MOF | ISS_LOCAL | ISS_SYSTEM)) || strcmp(a->org, org) == 0;

	for (size_t i = 0; i < FJ_ARRAY_LEN(closed) && !open; i++)
		if (strncmp(about, closed[i], strlen(closed[i])) == 0)
			return false;
	return true;
}

/* --- rebuilding --- */

static enum fj_rc replay_row(const struct sto_q *q, struct sto *into, struct fj_hash *chain, int64_t *seq, struct fj_err *err)
{
	FJ_AUTO(json) body = NULL;
	FJ_AUTO(str) text = fj_strdup(sto_text(q, 7));
	struct evt e = evt_from_row(q);
	struct fj_hash hash;

	e.db = into;

	if (text == NULL)
		return fj_no_memory(err, "issuer");
	FJ_TRY(fj_json_parse(fj_slice_str(text), 4u << 20, &body, err));
	e.body = body;
	e.text = text;
	evt_hash(&e, FJ_SLICE(chain->b, FJ_SHA256_LEN), &hash);
	if (e.seq != *seq + 1 || !fj_slice_eq(sto_blob(q, 8), FJ_SLICE(hash.b, FJ_SHA256_LEN)))
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "the event log does not match its chain at event %lld", (long long)*seq + 1);
	*seq = e.seq;
	*chain = hash;
	return dispatch(&e, err);
}

/* --- the register as it stood --- */

struct past {
	struct sto *from, *into;
	fj_time since, until;
	struct fj_hash chain;
	int64_t seq;
	bool more;
};

static enum fj_rc past_page(struct past *p, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(p->from, STO_EVENT_ALL, &q, err, "i", p->seq));
	for (p->more = false;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row || sto_int(&q, 1) >= p->until) {
			p->more = p->more && !row; /* a whole page: there may be more */
			return FJ_OK;
		}
		p->more = true;
		FJ_TRY(replay_row(&q, p->into, &p->chain, &p->seq, err));
		if (sto_int(&q, 1) >= p->since)
			FJ_TRY(sto_run(p->into, STO_EVENT_ADD, NULL, err, "iitttttttb", sto_int(&q, 0), sto_int(&q, 1), sto_text(&q, 2), sto_text(&q, 3),
			    sto_text(&q, 4), sto_text(&q, 5), sto_text(&q, 6), sto_text(&q, 9), sto_text(&q, 7), sto_blob(&q, 8)));
	}
}

enum fj_rc evt_replay(struct sto *from, struct sto *into, fj_time since, fj_time until, struct fj_err *err)
{
	struct past p = {.from = from, .into = into, .since = since, .until = until, .more = true};

	while (p.more)
		FJ_TRY(past_page(&p, err));
	return FJ_OK;
}

static enum fj_rc replay_page(struct sto *from, struct sto *into, struct fj_hash *chain, int64_t *seq, bool *more, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	*more = false;
	FJ_TRY(sto_query(from, STO_EVENT_ALL, &q, err, "i", *seq));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		*more = true;
		FJ_TRY(replay_row(&q, into, chain, seq, err));
	}
}

/* the beginning of a row for a message: whole characters, and of what is no text only what is ASCII */
static void beginning(const char *row, bool there, char out[124])
{
	size_t n = fj_utf8_valid(fj_slice_str(row)) ? fj_utf8_prefix(row, 30) : strspn(row, "0123456789|-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

	if (there)
		snprintf(out, 124, "%.*s", (int)(n < 120 ? n : 120), row);
	else
		snprintf(out, 124, "(no row)");
}

static enum fj_rc same_rows(struct sto *a, struct sto *b, enum sto_id id, int64_t *rows, struct fj_err *err)
{
	FJ_AUTO(sto_q) x = {0};
	FJ_AUTO(sto_q) y = {0};
	bool more_x, more_y;

	FJ_TRY(sto_query(a, id, &x, err, ""));
	FJ_TRY(sto_query(b, id, &y, err, ""));
	for (;;) {
		FJ_TRY(sto_step(&x, &more_x, err));
		FJ_TRY(sto_step(&y, &more_y, err));
		if (!more_x && !more_y)
			return FJ_OK;
		if (more_x != more_y || strcmp(sto_text(&x, 0), sto_text(&y, 0)) != 0) {
			char one[124], other[124];
			beginning(sto_text(&x, 0), more_x, one);
			beginning(sto_text(&y, 0), more_y, other);
			return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "a table differs from what the events say: \"%s\" against \"%s\"", one, other);
		}
		(*rows)++;
	}
}

enum fj_rc evt_rebuild_check(struct sto *from, struct sto *into, int64_t *events, int64_t *rows, struct fj_err *err)
{
	static const enum sto_id tables[] = {
#define STMT(id, sql) STO_##id,
#include "issuer/store/statements_rebuild.def"
#undef STMT
	};
	struct fj_hash chain = {{0}};
	bool more = true;

	*events = *rows = 0;
	FJ_TRY(sto_begin(into, err));
	while (more)
		FJ_TRY(replay_page(from, into, &chain, events, &more, err));
	FJ_TRY(sto_settle(into, err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(tables); i++)
		FJ_TRY(same_rows(from, into, tables[i], rows, err));
	sto_rollback(into);
	return FJ_OK;
}
