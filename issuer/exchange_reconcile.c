/*
 * exchange_reconcile.c - their list against ours: what is missing here, what is
 * missing there, which fields differ.  It changes nothing.
 *
 * Their list is any file that the sheet reader takes, under the headings of the
 * department's mapping; a column that the list does not have is not compared.
 * Assets are found by number, also by a provisional one that was replaced.  What
 * has ended here (transferred, cancelled, destroyed) need not be there.  The
 * differences come as JSON, the first thousand, and whole as a file.
 */
#include "base/jws.h"
#include "issuer/exchange.h"

#define MAX_TOLD 1000
#define MAX_DIFFERENCES 100000

enum kind { MISSING_HERE, MISSING_THERE, DIFFERS, FAULTY, KINDS };
static const struct {
	const char *name, *zh;
} kinds[KINDS] = {{"missing_here", "本系统缺失"}, {"missing_there", "对方缺失"}, {"differing", "字段不一致"}, {"faulty", "行有误"}};

struct reconcile {
	struct iss_call *c;
	const struct xch_map *map;
	int of[XCH_MAX_FIELDS];   /* their columns, by field; -1 absent */
	size_t number;            /* the field that is the number */
	json_t *seen;             /* numbers of ours that their list has */
	json_t *told;             /* differences, the first ones */
	int64_t count[KINDS], rows, same;
	struct xch_out *out;
};

struct difference {
	enum kind kind;
	const char *asset_no, *field, *ours, *theirs;
	size_t line, column;
};

static enum fj_rc tell(struct reconcile *r, const struct difference *d, struct fj_err *err)
{
	char line[24] = "";
	int64_t all = 0;

	for (int k = 0; k < KINDS; k++)
		all += r->count[k];
	r->count[d->kind]++;
	if (all >= MAX_DIFFERENCES)
		return FJ_OK;
	if (json_array_size(r->told) < MAX_TOLD &&
	    json_array_append_new(r->told, json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "kind", kinds[d->kind].name, "asset_no", d->asset_no, "field", d->field, "ours", d->ours,
	        "theirs", d->theirs, "line", (json_int_t)d->line, "column", (json_int_t)d->column)) != 0)
		return fj_no_memory(err, "issuer");
	if (d->line != 0)
		snprintf(line, sizeof(line), "%zu", d->line);
	return xch_out_row(r->out, (const char *const[]){kinds[d->kind].zh, d->asset_no, d->field, d->ours, d->theirs, line}, err);
}

/* --- their list --- */

static enum fj_rc read_heading(void *arg, const struct sheet_row *row, bool *is, struct fj_err *err)
{
	struct reconcile *r = arg;
	memset(r->of, 0xff, sizeof(r->of));
	for (size_t i = 0; i < row->n; i++)
		for (size_t k = 0; k < r->map->n; k++) {
			if (xch_heading(row->cell[i], r->map->field[k].column))
				FJ_TRY(sheet_place(row, i, &r->of[k], err));
		}
	*is = r->of[r->number] >= 0;
	return FJ_OK;
}

static enum fj_rc find_heading(struct reconcile *r, struct sheet *s, struct fj_err *err)
{
	bool found;

	FJ_TRY(sheet_find_heading(s, read_heading, r, &found, err));
	if (found)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "167·三(二)", "no heading with \"%.60s\" in the first ten rows", r->map->field[r->number].column);
	fj_err_zh(err, "前十行中没有含“%.60s”的标题行", r->map->field[r->number].column);
	return rc;
}

static const char *cell(const struct sheet_row *row, int column)
{
	return column < 0 || (size_t)column >= row->n ? "" : row->cell[column];
}

static enum fj_rc compare(struct reconcile *r, const struct sheet_row *row, const struct xch_asset *a, struct fj_err *err)
{
	FJ_AUTO(buf) ours = FJ_BUF_INIT(CARD_MAX);
	int64_t before = r->count[DIFFERS];

	for (size_t k = 0; k < r->map->n; k++) {
		const struct xch_field *f = &r->map->field[k];
		struct fj_err untranslated;
		if (r->of[k] < 0 || k == r->number)
			continue;
		fj_buf_clear(&ours);
		if (xch_text(f, a, &ours, &untranslated) != FJ_OK)
			fj_buf_clear(&ours); /* then theirs can only be empty to be the same */
		const char *theirs = cell(row, r->of[k]);
		if (!xch_same(f, fj_buf_str(&ours), theirs))
			FJ_TRY(tell(r, &(struct difference){DIFFERS, a->own[XCH_NUMBER], f->name, fj_buf_str(&ours), theirs, row->line, (size_t)r->of[k] + 1}, err));
	}
	r->same += r->count[DIFFERS] == before;
	return FJ_OK;
}

static enum fj_rc find_asset(struct reconcile *r, const char *number, bool *there, struct xch_asset *a, struct fj_err *err)
{
	char now[DOM_CAP(DOM_MAX_ASSET_NO)];
	FJ_AUTO(sto_q) q = {0};

	*there = false;
	enum fj_rc rc = xch_number_now(r->c->db, number, now, NULL);
	if (rc == FJ_E_NOTFOUND || rc == FJ_E_LIMIT)
		return FJ_OK;
	FJ_TRY(rc);
	FJ_TRY(sto_query(r->c->db, STO_XCH_ASSET, &q, err, "tt", r->c->actor->org, now));
	FJ_TRY(sto_step(&q, there, err));
	return *there ? xch_asset_from_row(&q, a, err) : FJ_OK;
}

static enum fj_rc take_row(void *arg, const struct sheet_row *row, const struct fj_err *broken, struct fj_err *err)
{
	struct reconcile *r = arg;
	FJ_AUTO(xch_asset) a = {.card = NULL};
	const char *number = cell(row, r->of[r->number]);
	size_t column = (size_t)r->of[r->number] + 1;
	bool there;

	if (broken != NULL)
		return tell(r, &(struct difference){FAULTY, "", "", "", broken->zh, row->line, row->column}, err);
	if (!iss_said(number))
		return tell(r, &(struct difference){FAULTY, "", r->map->field[r->number].name, "", "没有编号 no number", row->line, column}, err);
	FJ_TRY(find_asset(r, number, &there, &a, err));
	if (!there)
		return tell(r, &(struct difference){MISSING_HERE, number, "", "", "", row->line, column}, err);
	if (json_object_get(r->seen, a.own[XCH_NUMBER]) != NULL)
		return tell(r, &(struct difference){FAULTY, number, r->map->field[r->number].name, "", "编号重复 number stands twice", row->line, column}, err);
	if (fj_json_set(r->seen, a.own[XCH_NUMBER], json_true()) != FJ_OK)
		return fj_no_memory(err, "issuer");
	return compare(r, row, &a, err);
}

/* --- what they have not --- */

static bool has_ended(const char *state)
{
	return strcmp(state, "TRANSFERRED") == 0 || strcmp(state, "CANCELLED") == 0 || strcmp(state, "DESTROYED") == 0;
}

static enum fj_rc missing_there(struct reconcile *r, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(r->c->db, STO_XCH_NUMBERS, &q, err, "t", r->c->actor->org));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		if (!has_ended(sto_text(&q, 1)) && json_object_get(r->seen, sto_text(&q, 0)) == NULL)
			FJ_TRY(tell(r, &(struct difference){MISSING_THERE, sto_text(&q, 0), "asset.state", sto_text(&q, 1), "", 0, 0}, err));
	}
}

/* --- the command --- */

static enum fj_rc answer(struct reconcile *r, enum xch_format f, const struct fj_buf *file, struct fj_err *err)
{
	json_t *o = json_pack("{s:I, s:I, s:I, s:O}", "rows", (json_int_t)r->rows, "same", (json_int_t)r->same, "mapping", (json_int_t)r->map->version, "differences", r->told);
	int64_t all = 0;

	for (int k = 0; k < KINDS; k++) {
		all += r->count[k];
		json_object_set_new(o, kinds[k].name, json_integer((json_int_t)r->count[k]));
	}
	json_object_set_new(o, "total", json_integer((json_int_t)all));
	json_object_set_new(o, "file_is_whole", json_boolean(all <= MAX_DIFFERENCES));
	r->c->answer = o;
	return o != NULL ? xch_attach(o, "differences", f, file, err) : fj_no_memory(err, "issuer");
}

static enum fj_rc run(struct reconcile *r, struct fj_slice file, enum xch_format f, struct fj_err *err)
{
	static const struct sheet_column columns[] = {{.title = "差异类型"}, {.title = "资产编号"}, {.title = "字段"}, {.title = "本系统"}, {.title = "对方"}, {.title = "对方行号"}};
	static const struct xch_layout l = {.name = "差异清单", .root = "Differences", .record = "Difference", .columns = columns, .n = FJ_ARRAY_LEN(columns)};
	FJ_AUTO(sheet) s = NULL;
	FJ_AUTO(xch_out) out = NULL;
	FJ_AUTO(buf) bytes = FJ_BUF_INIT(XCH_MAX_FILE);

	FJ_TRY(sheet_open(file, &s, err));
	FJ_TRY(find_heading(r, s, err));
	FJ_TRY(xch_out_new(f, &l, &out, err));
	r->out = out;
	FJ_TRY(sheet_rows(s, INT64_MAX, NULL, take_row, r, &r->rows, err));
	FJ_TRY(missing_there(r, err));
	FJ_TRY(xch_out_finish(&out, &bytes, err));
	return answer(r, f, &bytes, err);
}

enum fj_rc cmd_exchange_reconcile(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(XCH_MAX_FILE);
	FJ_AUTO(xch_map) m = {.doc = NULL};
	FJ_AUTO(json) seen = json_object();
	FJ_AUTO(json) told = json_array();
	struct reconcile r = {.c = c, .map = &m, .seen = seen, .told = told};
	const char *format = fj_json_peek(c->params, "format");
	enum xch_format f;

	FJ_TRY(xch_format_of(format == NULL ? "xlsx" : format, &f, err));
	FJ_TRY(iss_param_file(c, "file", &file, err));
	FJ_TRY(xch_map_load(c->db, c->actor->org, &m, err));
	for (r.number = 0; m.field[r.number].own != XCH_NUMBER; r.number++)
		;
	return run(&r, fj_buf_slice(&file), f, err);
}
