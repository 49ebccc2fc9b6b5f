/*
 * division.c - 行政区划, the table of GB/T 2260.
 *
 * Those of the pilot units are there from the beginning; a finance department that
 * needs more loads them as a table, by two officers of the one that made the appliance.
 * A code that is loaded again gets the new name; none is ever taken out, since
 * certificates name it.  Refused: codes that are not six digits or stand twice, names
 * that say nothing, and a file with any fault at all.
 */
#include "base/jws.h"
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/sheet/sheet.h"

#define MAX_DIVISIONS 5000

static enum fj_rc faulty(const struct sheet_row *row, const char *en, const char *zh, struct fj_err *err)
{
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "GB/T 2260", "line %zu: %s", row->line, en);

	fj_err_zh(err, "第 %zu 行：%s", row->line, zh);
	return rc;
}

static enum fj_rc take_row(const struct sheet_row *row, json_t *rows, json_t *seen, struct fj_err *err)
{
	if (row->n < 2 || !fj_div6_ok(row->cell[0]))
		return faulty(row, "a row is a code of six digits and a name", "每行应为 6 位代码和名称", err);
	if (!iss_said(row->cell[1]) || fj_utf8_count(row->cell[1]) > 60)
		return faulty(row, "the name is missing or longer than 60 characters", "名称缺失或超过 60 字", err);
	if (json_object_get(seen, row->cell[0]) != NULL)
		return faulty(row, "the code stands twice in the file", "代码在文件中重复", err);
	if (json_array_size(rows) == MAX_DIVISIONS)
		return faulty(row, "a file has 5,000 divisions at most; split it", "单个文件最多 5000 条，请拆分", err);
	FJ_TRY(fj_json_set(seen, row->cell[0], json_true()));
	return json_array_append_new(rows, json_pack("[s, s]", row->cell[0], row->cell[1])) == 0 ? FJ_OK
	    : fj_no_memory(err, "issuer");
}

/* a first row that holds no code is a heading */
static enum fj_rc read_rows(struct fj_slice file, json_t *rows, struct fj_err *err)
{
	FJ_AUTO(sheet) s = NULL;
	FJ_AUTO(json) seen = json_object();
	struct sheet_row row = {0};
	bool more = true;

	FJ_TRY(sheet_open(file, &s, err));
	for (size_t n = 0; more; n++) {
		FJ_TRY(sheet_next(s, &row, &more, err));
		if (more && !(n == 0 && row.n >= 2 && strspn(row.cell[0], "0123456789") == 0))
			FJ_TRY(take_row(&row, rows, seen, err));
	}
	return json_array_size(rows) > 0 ? FJ_OK : faulty(&row, "the file holds no division", "文件中没有区划", err);
}

enum fj_rc cmd_division_load(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(1u << 20);
	FJ_AUTO(json) rows = json_array();

	FJ_TRY(iss_rule_no_foreign_issuer(c->iss->keeper, c->actor->org, err));
	FJ_TRY(iss_param_file(c, "file", &file, err));
	FJ_TRY(read_rows(fj_buf_slice(&file), rows, err));
	FJ_AUTO(json) payload = json_pack("{s:O, s:s}", "rows", rows, "source", fj_json_peek(c->params, "source"));
	FJ_TRY(apr_request(c, "division.load", "GB/T 2260", c->actor->org, payload, err));
	return fj_json_set(c->answer, "rows", json_integer((json_int_t)json_array_size(rows)));
}

enum fj_rc apr_division_load(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	return evt_append(c, "division.loaded", a->object, a->payload, err);
}

enum fj_rc apply_division_loaded(const struct evt *e, struct fj_err *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(e->body, "rows"), i, v)
		FJ_TRY(sto_run(e->db, STO_DIVISION_SET, NULL, err, "tt", json_string_value(json_array_get(v, 0)), json_string_value(json_array_get(v, 1))));
	return FJ_OK;
}

static json_t *to_json(const struct sto_q *q, fj_time now)
{
	(void)now;
	return json_pack("{s:s, s:s}", "code", sto_text(q, 0), "name", sto_text(q, 1));
}

enum fj_rc cmd_division_list(struct iss_call *c, struct fj_err *err)
{
	const char *name = fj_json_peek(c->params, "name"), *after;
	FJ_AUTO(sto_q) q = {0};
	int64_t limit;

	if (name == NULL)
		return dom_list_rows(c, STO_DIVISION_LIST, to_json, "code", err);
	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, STO_DIVISION_NAMED, &q, err, "tti", name, after, limit));
	return dom_list_page(c, &q, to_json, "code", limit, err);
}
