/*
 * page.c - pages of a list: a key to go on after, and a number of rows at most.
 *
 * A list goes by its key, so that no row comes twice or is missed while others are
 * written.  Lists with filters are those of find.c; here are the plain ones.
 */
#include "issuer/domain.h"

enum fj_rc dom_list_answer(struct iss_call *c, json_t *items, const char *key, int64_t limit, struct fj_err *err)
{
	const char *last = fj_json_peek(json_array_get(items, json_array_size(items) - 1), key);

	c->answer = json_pack("{s:O, s:s?}", "items", items, "next", (int64_t)json_array_size(items) >= limit ? last : NULL);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc dom_rows(struct sto_q *q, fj_time now, dom_row_fn row, json_t *items, struct fj_err *err)
{
	bool more;

	for (;;) {
		FJ_TRY(sto_step(q, &more, err));
		if (!more)
			return FJ_OK;
		if (json_array_append_new(items, row(q, now)) != 0)
			return fj_no_memory(err, "issuer");
	}
}

enum fj_rc dom_list_page(struct iss_call *c, struct sto_q *q, dom_row_fn row, const char *key, int64_t limit, struct fj_err *err)
{
	FJ_AUTO(json) items = json_array();

	FJ_TRY(dom_rows(q, c->now, row, items, err));
	return dom_list_answer(c, items, key, limit, err);
}

enum fj_rc dom_list_items(struct iss_call *c, struct sto_q *q, dom_item_fn item, const char *key, int64_t limit, struct fj_err *err)
{
	FJ_AUTO(json) items = json_array();
	bool more;

	for (;;) {
		json_t *one = NULL;
		FJ_TRY(sto_step(q, &more, err));
		if (!more)
			return dom_list_answer(c, items, key, limit, err);
		FJ_TRY(item(q, &one, err));
		if (json_array_append_new(items, one) != 0)
			return fj_no_memory(err, "issuer");
	}
}

enum fj_rc dom_list_rows(struct iss_call *c, enum sto_id id, dom_row_fn row, const char *key, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *after;
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, id, &q, err, "ti", after, limit));
	return dom_list_page(c, &q, row, key, limit, err);
}
