/*
 * history.c - everything that happened to an object, in order.
 *
 * An asset's history is that of its ledger entry, cards, registrations,
 * certificates and authorisations too, of the asset that it was before a
 * transfer, and of the approvals and tasks by which each came about; any other
 * object's is its own with its approvals.  Nothing is stored for it: the links
 * are those of the tables and of find_link.  Each event is shown with who acted
 * for whom, by which policy and approval, and its place in the chain: its hash is
 * computed anew over the hash before it.
 */
#include "issuer/course.h"
#include "issuer/domain.h"
#include "issuer/find.h"

#define PAGE_EVENTS 200
#define MAX_BODY 65536 /* a larger one is in event.list and in the dossier */

const struct iss_field fld_find_history[] = {
	{"object", ISS_F_STR, true, 80, "对象", "number or id: asset, certificate, registration, authorisation, token, approval, USCC, login"},
	{"after", ISS_F_INT, false, INT64_MAX, "起始", "after this event"},
	{"limit", ISS_F_INT, false, PAGE_EVENTS, "条数", "how many, 100 by default"},
	{0},
};

enum fj_rc fnd_events(struct sto *db, const char *object, int64_t after, int64_t limit, fnd_event_fn fn, void *ctx, int64_t *last, struct fj_err *err)
{
	static const uint8_t first[FJ_SHA256_LEN];
	FJ_AUTO(sto_q) seqs = {0};
	bool row;

	*last = after;
	FJ_TRY(sto_query(db, STO_HISTORY_SEQS, &seqs, err, "tii", object, after, limit));
	for (;;) {
		FJ_AUTO(sto_q) e = {0};
		FJ_TRY(sto_step(&seqs, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(sto_first(db, STO_HISTORY_EVENT, &e, "event", err, "i", sto_int(&seqs, 0)));
		FJ_TRY(fn(ctx, &e, sto_null(&e, 10) ? FJ_SLICE(first, sizeof(first)) : sto_blob(&e, 10), err));
		*last = sto_int(&e, 0);
	}
}

static enum fj_rc decisions(struct sto *db, const char *id, json_t *list, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char at[FJ_TIME_CAP];
	bool row;

	FJ_TRY(sto_query(db, STO_HISTORY_DECISIONS, &q, err, "t", id));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		fj_time_utc(sto_int(&q, 4), at);
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "officer", sto_text(&q, 0), "behalf", sto_text(&q, 5), "role", sto_text(&q, 1), "verdict",
		    sto_text(&q, 2), "note", sto_text(&q, 3), "at", at));
	}
}

enum fj_rc fnd_approval(struct sto *db, const char *id, json_t **out, struct fj_buf *payload, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) list = json_array();
	char at[FJ_TIME_CAP], hex[65] = "";
	bool row;

	*out = NULL;
	FJ_TRY(sto_query(db, STO_HISTORY_APPROVAL, &q, err, "t", id));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	if (payload != NULL && fj_buf_puts(payload, sto_text(&q, 4)) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "what approval %s was asked for is too large", id);
	if (sto_blob(&q, 5).len == FJ_SHA256_LEN)
		fj_hex(sto_blob(&q, 5).p, FJ_SHA256_LEN, hex);
	fj_time_utc(sto_int(&q, 8), at);
	FJ_TRY(decisions(db, id, list, err));
	*out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O}", "id", sto_text(&q, 0), "kind", sto_text(&q, 1), "object", sto_text(&q, 2),
	    "org", sto_text(&q, 3), "digest", hex, "applicant", sto_text(&q, 6), "behalf", sto_text(&q, 10), "role", sto_text(&q, 7), "requested_at", at, "state", sto_text(&q, 9),
	    "decisions", list);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

struct collect {
	struct sto *db;
	const struct iss_actor *reader;
	json_t *items;
	json_t *approvals; /* by id: each is asked for once */
};

static enum fj_rc approved(struct collect *c, const char *id, json_t *item, struct fj_err *err)
{
	json_t *a = json_object_get(c->approvals, id);

	if (a == NULL) {
		FJ_TRY(fnd_approval(c->db, id, &a, NULL, err));
		if (a != NULL)
			json_object_set_new(c->approvals, id, a);
	}
	if (a != NULL)
		json_object_set(item, "approved", a);
	return FJ_OK;
}

static enum fj_rc add_event(void *ctx, const struct sto_q *q, struct fj_slice before, struct fj_err *err)
{
	struct collect *c = ctx;
	char at[FJ_TIME_CAP], hash[65] = "", previous[65] = "";
	FJ_AUTO(json) body = NULL;

	fj_time_utc(sto_int(q, 1), at);
	if (sto_blob(q, 8).len == FJ_SHA256_LEN)
		fj_hex(sto_blob(q, 8).p, FJ_SHA256_LEN, hash);
	if (before.len == FJ_SHA256_LEN)
		fj_hex(before.p, FJ_SHA256_LEN, previous);
	if (strlen(sto_text(q, 7)) <= MAX_BODY)
		FJ_TRY(fj_json_parse(fj_slice_str(sto_text(q, 7)), MAX_BODY, &body, err));
	bool open = evt_body_open(c->reader, sto_text(q, 4), sto_text(q, 3), body);
	FJ_AUTO(json) item = json_pack("{s:I, s:s, s:{s:s, s:s}, s:{s:s, s:s}, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:O?}", "seq", (json_int_t)sto_int(q, 0), "at", at,
	    "actor", "login", sto_text(q, 2), "name", sto_text(q, 11), "org", "usci", sto_text(q, 3), "name", sto_text(q, 12), "kind", sto_text(q, 4),
	    "object", sto_text(q, 5), "approval", sto_text(q, 6), "policy", sto_text(q, 9), "hash", hash, "previous", previous, "verified",
	    evt_row_true(q, before), "behalf", fj_json_peek(body, "behalf") != NULL ? fj_json_peek(body, "behalf") : "", "body", open ? body : NULL);
	/* what the public lodged is made by its objector; the officer of the event took it on */
	bool taken_on = strcmp(sto_text(q, 4), "objection.made") == 0 && fj_json_text(body, "person")[0] == '\0';
	FJ_TRY(evt_word_into(taken_on ? "objection.confirmed" : sto_text(q, 4), item, err));
	if (sto_text(q, 6)[0] != '\0')
		FJ_TRY(approved(c, sto_text(q, 6), item, err));
	return json_array_append(c->items, item) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_find_history(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) items = json_array();
	FJ_AUTO(json) approvals = json_object();
	struct collect ctx = {c->db, c->actor, items, approvals};
	int64_t after = 0, limit = 100, last;

	FJ_TRY(fj_json_opt_int(c->params, "after", 0, INT64_MAX, &after, err));
	FJ_TRY(fj_json_opt_int(c->params, "limit", 1, PAGE_EVENTS, &limit, err));
	FJ_TRY(fnd_events(c->db, fj_json_peek(c->params, "object"), after, limit, add_event, &ctx, &last, err));
	if (json_array_size(items) == 0 && after == 0) {
		enum fj_rc rc = fj_fail(err, FJ_E_NOTFOUND, "issuer", NULL, "nothing happened to \"%.80s\"; give its number or id", fj_json_peek(c->params, "object"));
		fj_err_zh(err, "没有“%.80s”的办理记录；请填写编号", fj_json_peek(c->params, "object"));
		return rc;
	}
	FJ_AUTO(json) next = (int64_t)json_array_size(items) == limit ? json_integer((json_int_t)last) : json_null();
	c->answer = json_pack("{s:O, s:O}", "items", items, "next", next);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
