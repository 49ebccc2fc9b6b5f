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

enum fj_rc dom_list_rows(struct iss_call *c, enum sto_id id, dom_row_fn row, const char *key, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();
	const char *after;
	int64_t limit;
	bool more;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, id, &q, err, "ti", after, limit));
	for (;;) {
		FJ_TRY(sto_step(&q, &more, err));
		if (!more)
			return dom_list_answer(c, items, key, limit, err);
		if (json_array_append_new(items, row(&q, c->now)) != 0)
			return fj_no_memory(err, "issuer");
	}
}
