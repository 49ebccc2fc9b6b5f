/*
 * export.c - any list as a file: CSV, XLSX or JSON.
 *
 * The same filters as the list's, read page by page in one transaction, so that
 * a file is of one moment; 200,000 rows or 64 MiB at most, and more is refused,
 * never cut.  In CSV and XLSX every cell is text and none can be a formula
 * (issuer/sheet); times are in +08:00; an organisation takes two columns, code
 * and name.  JSON is the list's own items.  Refused: a filter that the list does
 * not have.
 */
#include "issuer/domain.h"
#include "issuer/find.h"
#include "issuer/sheet/sheet.h"

#define PAGE_ROWS 1000
#define MAX_COLUMNS 24

static const char *const nouns[] = {"organisation", "ledger", "asset", "registration", "certificate", "authorisation", "token", "user", "plan", "product", NULL};
static const char *const format_names[] = {"csv", "xlsx", "json", NULL};
static const char *const languages[] = {"zh", "en", NULL};

/* every filter that one of these lists has, of its length at least (find.c) */
#define F(name, max, zh, en) {name, ISS_F_STR, false, max, zh, en}
const struct iss_field fld_find_export[] = {
	{"noun", ISS_F_STR, true, 16, "列表", "list", nouns},
	{"format", ISS_F_STR, false, 4, "格式（不填为 CSV）", "format (CSV by default)", format_names},
	{"lang", ISS_F_STR, false, 2, "表头语言（不填为中文）", "language of the headings (Chinese by default)", languages},
	F("state", 24, "状态", "state"), F("holder", 18, "持有单位", "holder"), F("superior", 18, "主管部门", "superior department"), F("org", 18, "所属单位", "organisation of a user"),
	F("user", 18, "使用单位", "user of a license"), F("finance", 18, "本级财政部门", "finance department"), F("division", 6, "行政区划", "division, and what lies below it"), F("class", 16, "资产分类", "asset class"),
	F("kind", 12, "主体类型或产品类别", "kind of an organisation or product"), F("result", 8, "确认结论", "recognition"), F("confirmer", 18, "待其确认", "department that has to confirm"), F("turn", 18, "待其办理", "unit whose turn it is"), F("issuing", 18, "待其颁证", "department that has to issue the certificate"), F("assessor", 18, "可由其评价", "assessor who may evaluate it"), F("offering", 18, "待其登记产品", "operator who has products of its agreement to register"), F("bureau", 18, "待其备案", "data bureau that it is to be filed with"), F("mode", 8, "授权模式", "mode of authorisation"),
	F("industry", 64, "行业", "industry"), F("asset", DOM_MAX_ASSET_NO, "资产编号", "asset"), F("authorisation", 40, "授权编号", "authorisation"), F("operator", 18, "运营机构", "operator"),
	F("implementer", 18, "实施机构", "implementing institution"), F("seller", 18, "销售方", "seller"), F("created_from", 10, "登记起", "entered on this day or later"), F("created_to", 10, "登记止", "entered on this day or before"),
	F("expires_from", 10, "到期起", "ends on this day or later"), F("expires_to", 10, "到期止", "ends on this day or before"), F("due_from", 10, "时限起", "term ends on this day or later"),
	F("due_to", 10, "时限止", "term ends on this day or before"),
	{0},
};
#undef F

struct export {
	struct sheet_out *sheet; /* NULL: JSON */
	struct fj_buf *json;
	fj_time now;
	int64_t rows;
};

/* --- cells --- */

struct cells {
	struct fj_buf text;          /* NUL-ended, one behind the other */
	size_t at[MAX_COLUMNS], n;
};

static enum fj_rc put_cell(struct cells *r, const char *text)
{
	if (r->n == MAX_COLUMNS)
		return FJ_E_LIMIT;
	r->at[r->n++] = r->text.len;
	/* what a cell does not hold is cut where a character ends, and shows it */
	size_t n = strlen(text), max = SHEET_MAX_CELL - 4;
	if (n > max) {
		while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
			max--;
		FJ_TRY(fj_buf_put(&r->text, text, max));
		text = "…";
		n = strlen(text);
	}
	return fj_buf_put(&r->text, text, n + 1);
}

static enum fj_rc put_value(struct cells *r, const json_t *v)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(1u << 20);
	size_t i;
	json_t *item;

	if (json_is_string(v))
		return put_cell(r, json_string_value(v));
	if (json_is_array(v) && json_is_string(json_array_get(v, 0))) {
		json_array_foreach(v, i, item)
			FJ_TRY(fj_buf_printf(&b, "%s%s", i > 0 ? " " : "", json_is_string(item) ? json_string_value(item) : ""));
	} else if (!json_is_null(v) && json_array_size(v) + json_object_size(v) + (size_t)(json_is_integer(v) || json_is_boolean(v)) > 0) {
		FJ_TRY(fj_json_canonical(v, &b, NULL));
	}
	return put_cell(r, fj_buf_str(&b));
}

static enum fj_rc put_cells(struct cells *r, const struct fnd_list *l, const json_t *item)
{
	char at[FJ_TIME_CAP];
	fj_time t;

	for (const struct fnd_column *c = l->columns; c->key != NULL; c++) {
		const json_t *v = json_object_get(item, c->key);
		if (c->kind == FND_PARTY) {
			FJ_TRY(put_value(r, json_object_get(v, "usci")));
			FJ_TRY(put_value(r, json_object_get(v, "name")));
		} else if (c->kind == FND_TIME && fj_time_parse(json_string_value(v), &t, NULL) == FJ_OK) {
			fj_time_china(t, at);
			FJ_TRY(put_cell(r, at));
		} else {
			FJ_TRY(put_value(r, v));
		}
	}
	return FJ_OK;
}

static enum fj_rc sheet_line(struct export *x, const struct fnd_list *l, const json_t *item, struct fj_err *err)
{
	struct cells r = {.text = FJ_BUF_INIT(MAX_COLUMNS * (SHEET_MAX_CELL + 1))};
	const char *cells[MAX_COLUMNS];

	enum fj_rc rc = put_cells(&r, l, item);
	for (size_t i = 0; i < r.n; i++)
		cells[i] = fj_buf_str(&r.text) + r.at[i];
	rc = rc == FJ_OK ? sheet_out_row(x->sheet, cells, err) : fj_fail(err, rc, "issuer", NULL, "a row is too long for a table");
	fj_buf_release(&r.text);
	return rc;
}

static enum fj_rc too_much(struct fj_err *err)
{
	enum fj_rc rc = fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "a file takes %d rows and %u MiB at most; narrow the filters and export in parts",
	    SHEET_MAX_ROWS, SHEET_MAX_FILE >> 20);
	fj_err_zh(err, "一个文件最多 %d 行、%u MiB；请缩小筛选范围，分批导出", SHEET_MAX_ROWS, SHEET_MAX_FILE >> 20);
	return rc;
}

static enum fj_rc json_line(struct export *x, const json_t *item, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(4u << 20);

	FJ_TRY(fj_json_canonical(item, &text, err));
	return fj_buf_printf(x->json, "%s%s", x->rows > 0 ? ",\n" : "[\n", fj_buf_str(&text)) == FJ_OK ? FJ_OK : too_much(err);
}

static enum fj_rc line(void *ctx, const struct fnd_list *l, const struct sto_q *q, struct fj_err *err)
{
	struct export *x = ctx;
	FJ_AUTO(json) item = fnd_item(l, q, x->now);

	if (x->rows == SHEET_MAX_ROWS)
		return too_much(err);
	FJ_TRY(x->sheet != NULL ? sheet_line(x, l, item, err) : json_line(x, item, err));
	x->rows++;
	return FJ_OK;
}

/* --- the file --- */

static size_t headings(const struct fnd_list *l, bool en, struct sheet_column out[MAX_COLUMNS], char text[MAX_COLUMNS][64])
{
	size_t n = 0;

	for (const struct fnd_column *c = l->columns; c->key != NULL && n + 1 < MAX_COLUMNS; c++) {
		if (c->kind == FND_PARTY) {
			snprintf(text[n], sizeof(text[n]), en ? "%s: code" : "%s代码", en ? c->en : c->zh);
			out[n] = (struct sheet_column){.title = text[n], .width = 22};
			n++;
		}
		out[n++] = (struct sheet_column){.title = en ? c->en : c->zh, .width = c->kind == FND_TEXT || c->kind == FND_PARTY ? 24 : 0};
	}
	return n;
}

/* every filter is one of the list's */
static enum fj_rc check_filters(const json_t *params, const struct fnd_list *l, struct fj_err *err)
{
	static const char *const own[] = {"noun", "format", "lang", NULL};
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)params, key, v) {
		const struct iss_field *f = l->fields;
		const char *const *o = own;
		while (*o != NULL && strcmp(*o, key) != 0)
			o++;
		while (f->name != NULL && strcmp(f->name, key) != 0)
			f++;
		if (*o == NULL && f->name == NULL) {
			enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", NULL, "the list of \"%s\" has no filter \"%s\"", l->name, key);
			fj_err_zh(err, "%s 列表没有筛选条件“%s”", l->name, key);
			return rc;
		}
	}
	return FJ_OK;
}

static const struct format {
	const char *name, *type;
	bool sheet;
	enum sheet_format kind;
} formats[] = {
	{"csv", "text/csv; charset=utf-8", true, SHEET_CSV},
	{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", true, SHEET_XLSX},
	{"json", "application/json", false, SHEET_CSV},
};

static enum fj_rc format_of(const json_t *params, const struct format **out, bool *en, struct fj_err *err)
{
	const char *name = fj_json_peek(params, "format"), *lang = fj_json_peek(params, "lang");

	*en = lang != NULL && strcmp(lang, "en") == 0;
	for (size_t i = 0; i < FJ_ARRAY_LEN(formats); i++)
		if (strcmp(formats[i].name, name == NULL ? "csv" : name) == 0) {
			*out = &formats[i];
			return FJ_OK;
		}
	return fj_refuse(err, FJ_E_INVALID, "issuer", NULL, "\"format\" is csv, xlsx or json", "格式应为 csv、xlsx 或 json");
}

static enum fj_rc all_rows(struct iss_call *c, struct fnd_query *q, struct export *x, struct fj_err *err)
{
	int64_t rows = PAGE_ROWS;

	q->limit = PAGE_ROWS;
	while (rows == PAGE_ROWS)
		FJ_TRY(fnd_page(c->db, q, line, x, &rows, err));
	return FJ_OK;
}

static enum fj_rc write_sheet(struct iss_call *c, struct fnd_query *q, const struct format *f, bool en, struct export *x, struct fj_buf *file, struct fj_err *err)
{
	struct sheet_column columns[MAX_COLUMNS] = {{0}};
	char text[MAX_COLUMNS][64];
	FJ_AUTO(sheet_out) out = NULL;
	const struct fnd_list *l = fnd_list_of(q->noun);

	FJ_TRY(sheet_out_new(f->kind, l->name, columns, headings(l, en, columns, text), &out, err));
	x->sheet = out;
	FJ_TRY(all_rows(c, q, x, err));
	return sheet_out_finish(&out, file, err);
}

static enum fj_rc write_json(struct iss_call *c, struct fnd_query *q, struct export *x, struct fj_buf *file, struct fj_err *err)
{
	x->json = file;
	FJ_TRY(all_rows(c, q, x, err));
	return fj_buf_puts(file, x->rows > 0 ? "\n]\n" : "[]\n") == FJ_OK ? FJ_OK : too_much(err);
}

enum fj_rc fnd_file(struct iss_call *c, const char *name, const char *type, const struct fj_buf *file, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(SHEET_MAX_FILE / 3 * 4 + 8);

	FJ_TRY(fj_b64u_put(&text, fj_buf_slice(file)));
	c->answer = json_pack("{s:{s:s, s:s, s:s#}}", "file", "name", name, "type", type, "base64url", fj_buf_str(&text), (int)text.len);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_find_export(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(SHEET_MAX_FILE);
	struct export x = {.now = c->now};
	const struct format *f = NULL;
	struct fnd_query q;
	enum fnd_noun noun;
	char name[80], day[FJ_TIME_CAP];
	bool en;

	FJ_TRY(fnd_noun_of(fj_json_peek(c->params, "noun"), &noun, err));
	FJ_TRY(format_of(c->params, &f, &en, err));
	FJ_TRY(check_filters(c->params, fnd_list_of(noun), err));
	FJ_TRY(fnd_query(noun, c->params, c->now, c->actor->person, &q, err));
	FJ_TRY(f->sheet ? write_sheet(c, &q, f, en, &x, &file, err) : write_json(c, &q, &x, &file, err));
	fj_date_china(c->now, day);
	snprintf(name, sizeof(name), "%s-%.10s.%s", fnd_list_of(noun)->name, day, f->name);
	FJ_TRY(fnd_file(c, name, f->type, &file, err));
	json_object_set_new(c->answer, "rows", json_integer((json_int_t)x.rows));
	return FJ_OK;
}
