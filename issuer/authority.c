/*
 * authority.c - 审批权限: who approves that an asset is authorised outward.
 *
 * 167·三(三) says "strictly by asset authority" and leaves the table to each level
 * (domain.md 6): it is the profile's "authority", a list of rows of which the first
 * that fits decides.  A row names holder kinds, public data or not, and a value
 * below which it holds; a value is the sum of book values, and where an asset has
 * none a threshold does not bite.  A holder without a superior department has
 * nobody above it but its finance department, as in registration.  Important data
 * goes by superior and finance department whatever the table says (R17).
 */
#include "base/jws.h"
#include "issuer/plan.h"
#include "issuer/profile.h"

static bool fits(const json_t *row, const struct dom_scope *s, const char *kind)
{
	const json_t *open = json_object_get(row, "public"), *kinds = json_object_get(row, "kinds"), *below = json_object_get(row, "below_fen");

	if (open != NULL && json_is_true(open) != s->public_data)
		return false;
	if (kinds != NULL && !fj_list_has(kinds, kind))
		return false;
	return below == NULL || (s->valued && s->value_fen < json_integer_value(below));
}

static const json_t *levels_of(const json_t *table, const struct dom_scope *s, const char *kind)
{
	size_t i;
	json_t *row;

	json_array_foreach(table, i, row)
		if (fits(row, s, kind))
			return json_object_get(row, "levels");
	return NULL;
}

static enum fj_rc add(json_t *list, const char *role, const char *org, struct fj_err *err)
{
	return json_array_append_new(list, json_pack("{s:[s], s:s}", "roles", role, "org", org)) == 0 ? FJ_OK
	    : fj_no_memory(err, "issuer");
}

static enum fj_rc add_level(struct iss_call *c, json_t *list, const json_t *level, const struct dom_org *holder, struct fj_err *err)
{
	const char *where = fj_json_text(level, "org"), *org = c->actor->org;

	if (strcmp(where, "superior") == 0 && holder->dept[0] == '\0')
		return FJ_OK;
	if (strcmp(where, "own") != 0)
		org = strcmp(where, "superior") == 0 ? holder->dept : strcmp(where, "finance") == 0 ? holder->finance : holder->usci;
	return add(list, fj_json_text(level, "role"), org, err);
}

enum fj_rc dom_authority(struct iss_call *c, const struct dom_scope *s, json_t **levels, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	FJ_AUTO(json) list = json_array();
	FJ_AUTO(json) both = json_pack("[{s:s, s:s}, {s:s, s:s}]", "role", "SUPERIOR", "org", "superior", "role", "FINANCE", "org", "finance");
	const json_t *table, *row = NULL;
	size_t i;
	json_t *v;

	FJ_TRY(dom_org_get(c->db, s->holder, &holder, err));
	FJ_TRY(prf_json(c, holder.finance, "authority", &table, err));
	if (!s->important)
		row = levels_of(table, s, holder.kind);
	json_array_foreach(row != NULL ? row : both, i, v)
		FJ_TRY(add_level(c, list, v, &holder, err));
	if (json_array_size(list) == 0)
		FJ_TRY(add(list, "FINANCE", holder.finance, err));
	*levels = fj_move(list);
	return FJ_OK;
}
