/*
 * disclosure.c - 信息披露: what everybody may know of authorised operation (R32).
 *
 * Of the implementing institution: whom it authorised, for what content, in what
 * scope, for how long, and the caps (27号 art. 18), and where it disclosed that
 * itself (plan.activate).  Of the operator: its products, the data that they use,
 * their fees (art. 19).  Only authorisations that were
 * issued, and of each only these members: what is added to an authorisation, card
 * or product elsewhere does not become public by that.  Data level and names of
 * persons are never among them (domain.md decision 12).
 */
#include "issuer/price.h"
#include "issuer/product.h"

#define MAX_BODY 65536

const struct iss_field fld_disclosure_list[] = {
	{"after", ISS_F_STR, false, 64, "起始", "start after this one"},
	{"limit", ISS_F_INT, false, 100, "条数", "how many, 100 by default"},
	{0},
};

/* the assets by number, name and certificate */
static enum fj_rc assets_of(struct sto *db, const json_t *body, json_t *out, struct fj_err *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(body, "assets"), i, v) {
		struct dom_cert t;
		FJ_TRY(dom_cert_get(db, fj_json_text(v, "certificate"), &t, err));
		if (json_array_append_new(out, json_pack("{s:s, s:s, s:s}", "asset_no", t.asset_no, "name", t.asset_name, "certificate", t.number)) != 0)
			return fj_no_memory(err, "issuer");
	}
	return FJ_OK;
}

/* the caps in force, with the document that approved them; {} none */
static enum fj_rc caps_of(struct sto *db, const char *authorisation, json_t *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) caps = json_array();
	bool row;

	FJ_TRY(sto_query(db, STO_PRICE_PUBLIC, &q, err, "t", authorisation));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		if (json_array_append_new(caps, json_pack("{s:s, s:I}", "id", sto_text(&q, 0), "cap_fen", (json_int_t)sto_int(&q, 1))) != 0 ||
		    json_object_set_new(out, "doc_no", json_string(sto_text(&q, 2))) != 0 || json_object_set_new(out, "doc_date", json_string(sto_text(&q, 3))) != 0 ||
		    json_object_set_new(out, "authority", json_string(sto_text(&q, 4))) != 0)
			return fj_no_memory(err, "issuer");
	}
	return json_array_size(caps) == 0 || json_object_set(out, "caps", caps) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

/* where and when the institution disclosed it (R32), of the plan in force; {} of the short course.  What it
 * said then stands in the members, as it is today. */
static enum fj_rc record_of(struct sto *db, const char *authorisation, json_t **out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char on[FJ_TIME_CAP];
	bool row;

	FJ_TRY(sto_query(db, STO_PLAN_DISCLOSURE, &q, err, "t", authorisation));
	FJ_TRY(sto_step(&q, &row, err));
	if (row)
		fj_date_china(sto_int(&q, 2), on);
	*out = row ? json_pack("{s:s, s:s, s:s}", "place", sto_text(&q, 0), "address", sto_text(&q, 1), "on", on) : json_object();
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc one(struct iss_call *c, const struct sto_q *q, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) body = NULL;
	FJ_AUTO(json) assets = json_array();
	FJ_AUTO(json) caps = json_object();
	FJ_AUTO(json) products = NULL;
	FJ_AUTO(json) record = NULL;
	const char *number = sto_text(q, 0), *state = sto_text(q, 1);
	char from[FJ_TIME_CAP], to[FJ_TIME_CAP], updated[FJ_TIME_CAP];

	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(q, 2)), MAX_BODY, &body, err));
	FJ_TRY(assets_of(c->db, body, assets, err));
	FJ_TRY(caps_of(c->db, number, caps, err));
	FJ_TRY(dom_products_public(c->db, number, &products, err));
	FJ_TRY(record_of(c->db, number, &record, err));
	fj_date_china(fj_json_num(body, "nbf"), from);
	fj_date_china(fj_json_num(body, "exp"), to);
	fj_time_utc(sto_int(q, 3), updated);
	const json_t *g = json_object_get(body, "grant");
	bool over = strcmp(state, "ACTIVE") == 0 && c->now > fj_json_num(body, "exp");
	*out = json_pack("{s:s, s:s, s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:s, s:s, s:O, s:O, s:O, s:s}", "authorisation", number, "state",
	    over ? "EXPIRED" : strcmp(state, "ENDING") == 0 ? "SUSPENDED" : state, "operator", json_object_get(body, "operator"), "implementer",
	    json_object_get(body, "implementer"), "holder", json_object_get(body, "holder"), "assets", assets, "mode", json_object_get(g, "mode"), "domains",
	    json_object_get(g, "domains"), "scenarios", json_object_get(g, "scenarios"), "rights", json_object_get(g, "rights"), "purposes",
	    json_object_get(g, "purposes"), "actions", json_object_get(g, "actions"), "territory", json_object_get(g, "territory"), "from", from, "to", to,
	    "disclosed", record, "price", caps, "products", products, "updated", updated);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_disclosure_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();
	const char *after;
	int64_t limit;
	bool row;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, STO_DISCLOSED, &q, err, "ti", after, limit));
	for (;;) {
		json_t *item = NULL;
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return dom_list_answer(c, items, "authorisation", limit, err);
		FJ_TRY(one(c, &q, &item, err));
		if (json_array_append_new(items, item) != 0)
			return fj_no_memory(err, "issuer");
	}
}
