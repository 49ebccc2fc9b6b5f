/*
 * task.c - one act over a selection of up to 5,000 items.
 *
 * Offices work in batches, and a batch of a thousand must not fail for one
 * card.  Each item runs under a savepoint: what it began is undone when it is
 * refused, and it is set aside with rule and reason.  A list that names an
 * item twice is refused whole (lessons.md 6); so is one of which nothing could
 * be done, with the reason of its first item.  The digest is over the lines of
 * all items that were done, in order.
 */
#include "issuer/task.h"

#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/rules/rules.h"

json_t *tsk_aside(const char *item, const struct fj_err *why)
{
	struct fj_err whole = *why;

	iss_rule_cite(&whole);
	json_t *o = fj_err_json(&whole);
	json_object_set_new(o, "item", json_string(item));
	return o;
}

static enum fj_rc check_list(const json_t *items, struct fj_err *err)
{
	FJ_AUTO(json) sorted = dom_sorted(items);

	if (json_array_size(items) == 0 || json_array_size(sorted) != json_array_size(items))
		return fj_refuse(err, FJ_E_INVALID, "issuer", "lesson 6", "the selection is empty, or names an item twice", "所选事项为空，或有重复");
	return FJ_OK;
}

struct run {
	json_t *done, *aside, *items;
	struct fj_err first;
};

static enum fj_rc one_item(struct iss_call *c, struct run *r, const char *item, tsk_item fn, const void *arg, struct fj_err *err)
{
	struct fj_err why = {0};
	int64_t first = c->first_seq, last = c->last_seq;

	FJ_TRY(sto_savepoint(c->db, err));
	c->answer = NULL;
	enum fj_rc rc = fn(c, item, arg, &why);
	json_t *line = c->answer;
	c->answer = NULL;
	if (rc == FJ_OK) {
		json_array_append_new(r->done, line != NULL ? line : json_string(item));
		json_array_append_new(r->items, json_string(item));
		return sto_release(c->db, err);
	}
	json_decref(line);
	c->first_seq = first;
	c->last_seq = last;
	FJ_TRY(sto_undo(c->db, err));
	if (fj_rc_exit(rc) == 3) { /* the machine failed, not the item */
		*err = why;
		return rc;
	}
	if (json_array_size(r->aside) == 0)
		r->first = why;
	json_array_append_new(r->aside, tsk_aside(item, &why));
	return FJ_OK;
}

static enum fj_rc finish(struct iss_call *c, const char *what, const struct run *r, const char *id, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(8u << 20);
	struct fj_hash h;
	char hex[65];

	FJ_TRY(fj_json_canonical(r->done, &text, err));
	fj_sha256(fj_buf_slice(&text), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:I, s:O, s:O}", "command", what, "digest", hex, "done", (json_int_t)json_array_size(r->done), "items",
	    r->items, "set_aside", r->aside);
	FJ_TRY(evt_append(c, "task.done", id, body, err));
	c->answer = json_pack("{s:s, s:s, s:I, s:O, s:O}", "task", id, "digest", hex, "done", (json_int_t)json_array_size(r->done), "items", r->done,
	    "set_aside", r->aside);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc tsk_each(struct iss_call *c, const char *what, const json_t *items, tsk_item fn, const void *arg, struct fj_err *err)
{
	FJ_AUTO(json) done = json_array();
	FJ_AUTO(json) aside = json_array();
	FJ_AUTO(json) names = json_array();
	struct run r = {.done = done, .aside = aside, .items = names};
	bool own = c->approval[0] == '\0';
	char id[32];
	size_t i;
	json_t *v;

	FJ_TRY(check_list(items, err));
	iss_new_id("TK-", 12, id);
	if (own)
		snprintf(c->approval, sizeof(c->approval), "%s", id);
	json_array_foreach(items, i, v)
		FJ_TRY(one_item(c, &r, json_string_value(v), fn, arg, err));
	if (json_array_size(done) == 0) {
		if (err != NULL)
			*err = r.first;
		return r.first.rc;
	}
	return finish(c, what, &r, id, err);
}

enum fj_rc tsk_run(struct iss_call *c, const char *one, const char *many, tsk_item fn, const void *arg, struct fj_err *err)
{
	const char *item = fj_json_peek(c->params, one);
	const json_t *items = json_object_get(c->params, many);

	if ((item == NULL) == (items == NULL)) {
		enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", NULL, "give either \"%s\" or \"%s\"", one, many);
		fj_err_zh(err, "“%s”与“%s”应填且只填一项", one, many);
		return rc;
	}
	return item != NULL ? fn(c, item, arg, err) : tsk_each(c, c->command, items, fn, arg, err);
}

/* --- the record of tasks --- */

enum fj_rc apply_task_done(const struct evt *e, struct fj_err *err)
{
	FJ_AUTO(buf) items = FJ_BUF_INIT(4u << 20);
	FJ_AUTO(buf) aside = FJ_BUF_INIT(4u << 20);

	FJ_TRY(fj_json_canonical(json_object_get(e->body, "items"), &items, err));
	FJ_TRY(fj_json_canonical(json_object_get(e->body, "set_aside"), &aside, err));
	return sto_run(e->db, STO_TASK_ADD, NULL, err, "tttittti", e->object, fj_json_peek(e->body, "command"), fj_json_peek(e->body, "digest"),
	    fj_json_num(e->body, "done"), fj_buf_str(&items), fj_buf_str(&aside), e->actor, (int64_t)e->at);
}

static json_t *task_json(const struct sto_q *q, fj_time now)
{
	char at[FJ_TIME_CAP];

	(void)now;
	fj_time_utc(sto_int(q, 5), at);
	return json_pack("{s:s, s:s, s:s, s:I, s:s, s:s}", "id", sto_text(q, 0), "command", sto_text(q, 1), "digest", sto_text(q, 2), "done",
	    (json_int_t)sto_int(q, 3), "actor", sto_text(q, 4), "at", at);
}

enum fj_rc cmd_task_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *id = fj_json_peek(c->params, "id");
	json_t *items = NULL, *aside = NULL;

	FJ_TRY(sto_first(c->db, STO_TASK_GET, &q, id, err, "t", id));
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 6)), 4u << 20, &items, err));
	FJ_AUTO(json) owned = items;
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 7)), 4u << 20, &aside, err));
	c->answer = task_json(&q, c->now);
	json_object_set(c->answer, "items", owned);
	json_object_set_new(c->answer, "set_aside", aside);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_task_list(struct iss_call *c, struct fj_err *err)
{
	return dom_list_rows(c, STO_TASK_LIST, task_json, "id", err);
}
