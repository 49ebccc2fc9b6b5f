/*
 * plan_changes.c - what a plan changes that adjusts a running authorisation: its scope, the
 * plan's items and the agreement, each member that differs beside what is in force.
 *
 * Members, their order and their words are those of the documents' tables (shapes.c); rows are
 * compared by their first member (a product by its number), lists whose order says nothing as
 * sets.  It decides nothing: who approves, and whoever reads the plan, sees what differs.
 * Once the authorisation has the new version there is nothing to compare with any more.
 */
#include "issuer/plan.h"
#include "issuer/shape.h"

#define LABEL 1200
#define SHORT 120 /* points of a row's name */

struct rows {
	json_t *list;
	const char *part;
	bool bad;
};

static bool is_nothing(const json_t *v)
{
	return v == NULL || json_is_null(v) || json_is_false(v) || (json_is_array(v) && json_array_size(v) == 0) || (json_is_object(v) && json_object_size(v) == 0) ||
	    (json_is_string(v) && json_string_length(v) == 0);
}

static bool is_same(const struct iss_field *f, const json_t *was, const json_t *is)
{
	if (is_nothing(was) || is_nothing(is))
		return is_nothing(was) && is_nothing(is);
	if (f->type != ISS_F_LIST)
		return json_equal(was, is);
	FJ_AUTO(json) a = dom_sorted(was);
	FJ_AUTO(json) b = dom_sorted(is);
	return json_equal(a, b);
}

static void add(struct rows *r, const char *key, const char *zh, const char *en, const json_t *was, const json_t *is)
{
	json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:O?, s:O?}", "part", r->part, "key", key, "zh", zh, "en", en, "was", was, "value", is);

	r->bad = json_array_append_new(r->list, row) != 0 || r->bad;
}

/* "产品和服务清单 · P-003": a label has no remark in brackets here */
static void within(const char *outer, const char *label, const char *bracket, char out[LABEL])
{
	const char *cut = strstr(label, bracket);

	snprintf(out, LABEL, "%.*s%s%.*s", (int)fj_utf8_prefix(outer, SHORT), outer, outer[0] == '\0' ? "" : " · ", cut == NULL ? (int)fj_utf8_prefix(label, SHORT) : (int)(cut - label), label);
}

static void member(struct rows *r, const struct iss_field *f, const char *zh, const char *en, const json_t *was, const json_t *is);

static void members(struct rows *r, const struct iss_field *table, const char *zh, const char *en, const json_t *was, const json_t *is)
{
	char zh_at[LABEL], en_at[LABEL];

	for (const struct iss_field *f = table; f->name != NULL; f++) {
		within(zh, f->zh, "（", zh_at);
		within(en, f->en, " (", en_at);
		member(r, f, zh_at, en_at, json_object_get(was, f->name), json_object_get(is, f->name));
	}
}

static const json_t *row_of(const json_t *list, const char *key, const char *id)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (strcmp(fj_json_text(v, key), id) == 0)
			return v;
	return NULL;
}

/* by the first member; what was taken out stands last */
static void rows_of(struct rows *r, const struct iss_field *f, const char *zh, const char *en, const json_t *was, const json_t *is)
{
	const char *key = f->members[0].name;
	char zh_at[LABEL], en_at[LABEL];
	size_t i;
	json_t *v;

	json_array_foreach(is, i, v) {
		const char *id = fj_json_text(v, key);
		const json_t *old = row_of(was, key, id);
		within(zh, id, "\n", zh_at);
		within(en, id, "\n", en_at);
		if (old == NULL)
			add(r, f->name, zh_at, en_at, NULL, v);
		else
			members(r, f->members, zh_at, en_at, old, v);
	}
	json_array_foreach(was, i, v) {
		within(zh, fj_json_text(v, key), "\n", zh_at);
		within(en, fj_json_text(v, key), "\n", en_at);
		if (row_of(is, key, fj_json_text(v, key)) == NULL)
			add(r, f->name, zh_at, en_at, v, NULL);
	}
}

static void member(struct rows *r, const struct iss_field *f, const char *zh, const char *en, const json_t *was, const json_t *is)
{
	if ((f->as & ISS_AS_FIXED) || is_same(f, was, is))
		return;
	if (f->members != NULL && f->shape == ISS_ROWS)
		rows_of(r, f, zh, en, was, is);
	else if (f->members != NULL && !is_nothing(was) && !is_nothing(is))
		members(r, f->members, zh, en, was, is);
	else
		add(r, f->name, zh, en, was, is);
}

/* the proposal as it would read for what is in force */
static json_t *in_force(const struct dom_auth *a, const json_t *proposal)
{
	json_t *was = json_copy((json_t *)(uintptr_t)proposal), *certificates = json_array(), *v;
	char to[FJ_TIME_CAP];
	size_t i;

	json_array_foreach(json_object_get(a->body, "assets"), i, v)
		json_array_append(certificates, json_object_get(v, "certificate"));
	fj_date_china(a->not_after, to);
	json_object_set_new(was, "certificates", certificates);
	json_object_set(was, "grant", json_object_get(a->body, "grant"));
	json_object_set(was, "terms", json_object_get(json_object_get(a->body, "terms"), "kind"));
	json_object_set_new(was, "to", json_string(to));
	return was;
}

enum fj_rc dom_plan_changes(struct sto *db, const struct dom_plan *p, const json_t *items, const json_t *agreement, json_t **out, struct fj_err *err)
{
	const json_t *proposal = json_object_get(p->doc, "proposal");
	const char *number = fj_json_peek(proposal, "adjusts");
	FJ_AUTO(dom_auth) a = {.body = NULL};
	FJ_AUTO(dom_plan) old = {.doc = NULL};

	*out = NULL;
	if (number == NULL || p->authorisation[0] != '\0')
		return FJ_OK;
	FJ_TRY(dom_auth_get(db, number, &a, err));
	enum fj_rc rc = dom_plan_of(db, number, &old, err);
	if (rc != FJ_OK && rc != FJ_E_NOTFOUND)
		return rc;
	FJ_AUTO(json) list = json_array();
	FJ_AUTO(json) was = in_force(&a, proposal);
	struct rows r = {.list = list, .part = "proposal"};
	members(&r, shp_proposal, "", "", was, proposal);
	r.part = "items";
	if (items != NULL)
		members(&r, shp_items, "", "", json_object_get(old.doc, "items"), items);
	r.part = "agreement";
	if (agreement != NULL)
		members(&r, shp_agreement, "", "", json_object_get(old.doc, "agreement"), agreement);
	*out = r.bad ? NULL : json_pack("{s:s, s:O}", "authorisation", a.number, "rows", list);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
