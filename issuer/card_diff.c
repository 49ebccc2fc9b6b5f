/*
 * card_diff.c - the versions of a card, and what differs between two of them.
 *
 * Who entered a version, when and why stands in its event; differences are told
 * field by field with the dictionary's labels and wordings.  A member that an
 * older card has and the dictionary no longer knows is told under its own key.
 * A list of codes is a set: in another order it says the same.
 */
#include "issuer/card.h"

/* the value in Chinese; of a member that is unknown, as JSON */
static enum fj_rc text_of(const struct card_field *f, const json_t *v, struct fj_buf *out, struct fj_err *err)
{
	if (v == NULL)
		return fj_buf_puts(out, "");
	if (f != NULL)
		return card_cell(f, v, out, err);
	return json_is_string(v) ? fj_buf_puts(out, json_string_value(v)) : fj_json_canonical(v, out, err);
}

static bool has_item(const json_t *list, const json_t *item)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (json_equal(v, item))
			return true;
	return false;
}

static bool has_all(const json_t *list, const json_t *items)
{
	size_t i;
	json_t *v;

	json_array_foreach(items, i, v)
		if (!has_item(list, v))
			return false;
	return true;
}

static bool same(const struct card_field *f, const json_t *a, const json_t *b)
{
	if (f != NULL && (f->type == CARD_CODES || f->type == CARD_DIVISIONS) && json_is_array(a) && json_is_array(b))
		return has_all(a, b) && has_all(b, a);
	return a == b || json_equal(a, b);
}

bool iss_card_same(const json_t *a, const json_t *b, const char *block, const char *key)
{
	return same(card_field(block, key), json_object_get(json_object_get(a, block), key), json_object_get(json_object_get(b, block), key));
}

struct sides {
	const json_t *old, *new;
	json_t *items;
};

static enum fj_rc tell(struct sides *s, const char *block, const char *key, struct fj_err *err)
{
	const json_t *old = json_object_get(json_object_get(s->old, block), key), *new = json_object_get(json_object_get(s->new, block), key);
	const struct card_field *f = card_field(block, key);
	FJ_AUTO(buf) a = FJ_BUF_INIT(CARD_MAX);
	FJ_AUTO(buf) b = FJ_BUF_INIT(CARD_MAX);

	if (same(f, old, new))
		return FJ_OK;
	FJ_TRY(text_of(f, old, &a, err));
	FJ_TRY(text_of(f, new, &b, err));
	json_t *one = json_pack("{s:s, s:s, s:s, s:s, s:O?, s:O?, s:s, s:s}", "block", block, "key", key, "zh", f == NULL ? key : f->zh, "en", f == NULL ? key : f->en,
	    "old", old, "new", new, "old_text", fj_buf_str(&a), "new_text", fj_buf_str(&b));
	return json_array_append_new(s->items, one) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc unknown_members(struct sides *s, const json_t *card, const json_t *other, struct fj_err *err)
{
	const char *block, *key;
	json_t *members, *v;

	json_object_foreach((json_t *)(uintptr_t)card, block, members)
		json_object_foreach(members, key, v)
			if (card_field(block, key) == NULL && (other == NULL || json_object_get(json_object_get(other, block), key) == NULL))
				FJ_TRY(tell(s, block, key, err));
	return FJ_OK;
}

static enum fj_rc compare(struct sides *s, struct fj_err *err)
{
	size_t n;
	const struct card_field *f = card_fields(&n);

	for (size_t i = 0; i < n; i++)
		FJ_TRY(tell(s, f[i].block, f[i].key, err));
	FJ_TRY(unknown_members(s, s->new, NULL, err));
	return unknown_members(s, s->old, s->new, err);
}

enum fj_rc card_differences(struct sto *db, const char *asset_no, int64_t from, int64_t to, json_t *items, struct fj_err *err)
{
	json_t *card = NULL;
	char hash[65];

	FJ_TRY(card_version(db, asset_no, from, hash, &card, err));
	FJ_AUTO(json) old = card;
	FJ_TRY(card_version(db, asset_no, to, hash, &card, err));
	FJ_AUTO(json) new = card;
	return compare(&(struct sides){old, new, items}, err);
}

enum fj_rc cmd_asset_diff(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};
	FJ_AUTO(json) items = json_array();
	json_t *card = NULL;
	const char *no = fj_json_peek(c->params, "asset");
	int64_t from = 0, to = 0;
	char old_hash[65], new_hash[65];

	FJ_TRY(dom_asset_get(c->db, no, &a, err));
	FJ_TRY(fj_json_opt_int(c->params, "from", 1, INT32_MAX, &from, err));
	FJ_TRY(fj_json_opt_int(c->params, "to", 1, INT32_MAX, &to, err));
	to = to > 0 ? to : a.newest;
	/* by default what a change would change: a draft against the card in force, else the last step */
	from = from > 0 ? from : to > a.version ? a.version : to > 1 ? to - 1 : 1;
	FJ_TRY(card_version(c->db, no, from, old_hash, &card, err));
	FJ_AUTO(json) old = card;
	FJ_TRY(card_version(c->db, no, to, new_hash, &card, err));
	FJ_AUTO(json) new = card;
	FJ_TRY(compare(&(struct sides){old, new, items}, err));
	c->answer = json_pack("{s:s, s:I, s:I, s:s, s:s, s:O, s:n}", "asset_no", no, "from", (json_int_t)from, "to", (json_int_t)to, "from_hash", old_hash, "to_hash", new_hash,
	    "items", items, "next");
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_asset_history(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();
	const char *no = fj_json_peek(c->params, "asset");
	char when[FJ_TIME_CAP];
	bool row;

	FJ_TRY(dom_asset_get(c->db, no, &a, err));
	FJ_TRY(sto_query(c->db, STO_CARD_LIST, &q, err, "t", no));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return dom_list_answer(c, items, "hash", INT64_MAX, err);
		fj_time_utc(sto_int(&q, 2), when);
		json_array_append_new(items, json_pack("{s:I, s:s, s:s, s:s, s:s, s:b, s:b}", "version", (json_int_t)sto_int(&q, 0), "hash", sto_text(&q, 1), "by", sto_text(&q, 3),
		    "at", sto_null(&q, 2) ? "" : when, "note", sto_text(&q, 4), "draft", sto_int(&q, 0) > a.version, "in_force", sto_int(&q, 0) == a.version));
	}
}
