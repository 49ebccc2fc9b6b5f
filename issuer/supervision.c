/*
 * supervision.c - what evaluations, orders, incidents, complaints and exits share:
 * who supervises whom (R40), files that an act rests on, sums in fen, pages.
 *
 * Nothing here decides; each file states its own rules.  Amounts are integers of
 * fen and their sums are checked, so that no list of items overflows.
 */
#include "issuer/supervision.h"

#include "base/jws.h"
#include "issuer/profile.h"
#include "issuer/registration.h"

#define MAX_ITEMS 100

enum fj_rc sup_supervisor(struct iss_call *c, const struct dom_org *o, const char **role, struct fj_err *err)
{
	FJ_AUTO(dom_org) own = {.affiliates = NULL};
	const char *org = c->actor->org;

	FJ_TRY(dom_org_get(c->db, org, &own, err));
	*role = c->acting & ISS_MOF ? "MOF"
	    : (c->acting & ISS_FINANCE) && strcmp(o->finance, org) == 0 ? "FINANCE"
	    : (c->acting & ISS_SUPERIOR) && strcmp(o->dept[0] != '\0' ? o->dept : o->usci, org) == 0 ? "SUPERIOR" /* a top department is its own */
	    : (c->acting & ISS_DATA_BUREAU) && own.finance[0] != '\0' && strcmp(o->finance, own.finance) == 0 ? "DATA_BUREAU" : NULL;
	return *role != NULL ? FJ_OK : iss_rule_fail(err, "R40",
	    "orders are given by the finance department, superior department or data bureau of the same level, or by the Ministry of Finance",
	    "监管指令应由同级财政部门、主管部门、数据管理部门或者财政部作出");
}

enum fj_rc sup_authorisation(struct iss_call *c, struct dom_auth *a, struct fj_err *err)
{
	const char *number = fj_json_text(c->params, "number");

	FJ_TRY(num_check(number, err));
	return dom_auth_get(c->db, number, a, err);
}

enum fj_rc sup_said(const struct iss_call *c, const char *key, const char *en, const char *zh, struct fj_err *err)
{
	if (iss_said(fj_json_text(c->params, key)))
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 4.13", "%s", en);
	fj_err_zh(err, "%s", zh);
	return rc;
}

enum fj_rc sup_keep(struct iss_call *c, const char *key, const char *kind, const char *name, struct sup_file *out, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(SUP_FILE + 1);
	struct dom_material m = {.holder = c->actor->org, .asset_no = "", .kind = kind, .name = name};

	memset(out, 0, sizeof(*out));
	if (json_object_get(c->params, key) == NULL)
		return FJ_OK;
	FJ_TRY(iss_param_file(c, key, &file, err));
	FJ_TRY(dom_material_size(c, m.holder, file.len, err));
	FJ_TRY(dom_material_file(c, &m, &file, err));
	FJ_TRY(fj_strcopy(out->id, sizeof(out->id), m.id));
	return fj_strcopy(out->sha256, sizeof(out->sha256), m.sha256);
}

static enum fj_rc bad_items(struct fj_err *err)
{
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "R10", "the items are a list of 1 to %d {\"item\": what it is for, \"amount_fen\": integer}, together %lld fen at most", MAX_ITEMS, (long long)SUP_MAX_FEN);

	fj_err_zh(err, "明细应为 1 至 %d 项 {\"item\": 项目, \"amount_fen\": 金额（分，整数）}，合计不超过 %lld 分", MAX_ITEMS, (long long)SUP_MAX_FEN);
	return rc;
}

enum fj_rc sup_sum(const json_t *items, int64_t *total_fen, struct fj_err *err)
{
	static const char *const known[] = {"amount_fen", "item", NULL};
	size_t i;
	json_t *v;

	*total_fen = 0;
	if (!json_is_array(items) || json_array_size(items) == 0 || json_array_size(items) > MAX_ITEMS)
		return bad_items(err);
	json_array_foreach(items, i, v) {
		const char *what;
		int64_t fen;
		if (fj_json_only(v, known, NULL) != FJ_OK || fj_json_str(v, "item", 120, &what, NULL) != FJ_OK || !iss_said(what) ||
		    fj_json_int(v, "amount_fen", 0, SUP_MAX_FEN - *total_fen, &fen, NULL) != FJ_OK)
			return bad_items(err);
		*total_fen += fen;
	}
	return FJ_OK;
}

enum fj_rc sup_list(struct iss_call *c, enum sto_id id, dom_row_fn row, const char *key, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *after;
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, id, &q, err, "tti", after, fj_json_text(c->params, "number"), limit));
	return dom_list_page(c, &q, row, key, limit, err);
}

enum fj_rc sup_turns(struct iss_call *c, enum sto_id id, const char *of, dom_row_fn row, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *after;
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, id, &q, err, "ttitt", after, fj_json_text(c->params, of), limit, fj_json_text(c->params, "state"), fj_json_text(c->params, "turn")));
	return dom_list_page(c, &q, row, "id", limit, err);
}

json_t *sup_json(const char *text)
{
	json_t *v = NULL;

	return fj_json_parse(fj_slice_str(text), 262144, &v, NULL) == FJ_OK ? v : NULL;
}

enum fj_rc sup_term(struct iss_call *c, const char *finance, const char *key, fj_time *due, struct fj_err *err)
{
	int64_t days;

	FJ_TRY(prf_int(c, finance, key, &days, err));
	return prf_term(c, finance, c->now, days, due, NULL, err);
}
