/*
 * card_class.c - asset class codes by scheme (domain.md 3.2).
 *
 * Codes are not invented here: a finance department loads the tables of the
 * schemes that it uses into its profile (class_tables).  A code outside a loaded
 * table is refused; of a known scheme without a table any code passes with a
 * warning.  Schemes that domain.md does not name are refused by the dictionary.
 */
#include "issuer/card.h"
#include "issuer/iss.h"
#include "issuer/profile.h"

enum fj_rc card_class_check(struct iss_call *c, const char *finance, const char *scheme, const char *code, bool *warning, struct fj_err *err)
{
	const json_t *tables;
	size_t i;
	json_t *row;

	FJ_TRY(prf_json(c, finance, "class_tables", &tables, err));
	const json_t *table = json_object_get(tables, scheme);
	*warning = json_array_size(table) == 0;
	if (*warning)
		return FJ_OK;
	json_array_foreach(table, i, row) {
		const char *known = json_string_value(json_array_get(row, 0));
		if (known != NULL && strcmp(known, code) == 0)
			return FJ_OK;
	}
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 3.2", "the class code %.16s is not in the finance department's table of %.20s; `class list` shows it", code, scheme);
	fj_err_zh(err, "分类代码 %.16s 不在本级财政部门加载的 %.20s 代码表中；可用“class list”查看", code, scheme);
	return rc;
}

/* the department asked about: the one named, else the actor's, else the appliance's */
static enum fj_rc department(struct iss_call *c, char out[19], struct fj_err *err)
{
	const char *named = fj_json_peek(c->params, "finance");
	FJ_AUTO(dom_org) o = {.affiliates = NULL};

	if (named != NULL || c->actor->org[0] == '\0') {
		snprintf(out, 19, "%s", named != NULL ? named : c->iss->keeper);
		return FJ_OK;
	}
	FJ_TRY(dom_org_get(c->db, c->actor->org, &o, err));
	snprintf(out, 19, "%s", o.finance[0] != '\0' ? o.finance : o.usci);
	return FJ_OK;
}

enum fj_rc cmd_class_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) items = json_array();
	const struct card_field *f = card_field("basic", "class_scheme");
	const json_t *tables;
	char finance[19];
	size_t i;
	json_t *row;

	FJ_TRY(department(c, finance, err));
	FJ_TRY(prf_json(c, finance, "class_tables", &tables, err));
	for (const struct iss_choice *k = f->choices; k->code != NULL; k++) {
		const json_t *table = json_object_get(tables, k->code);
		if (json_array_size(table) == 0)
			json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:s, s:b}", "finance", finance, "scheme", k->code, "code", "", "name", "", "loaded", 0));
		json_array_foreach(table, i, row)
			json_array_append_new(items, json_pack("{s:s, s:s, s:O, s:O, s:b}", "finance", finance, "scheme", k->code, "code", json_array_get(row, 0), "name",
			    json_array_get(row, 1), "loaded", 1));
	}
	return dom_list_answer(c, items, "code", INT64_MAX, err);
}
