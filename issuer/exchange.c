/*
 * exchange.c - files to 预算管理一体化 and receipts from it.
 *
 * Out: assets with their cards in the department's mapping, by state and since an
 * event, 5,000 a file.  In: receipts, one row a record: our number, whether it was
 * taken, the asset number that it got or the reason why not.  A number makes an
 * asset that waits for one a carded asset; nothing else of an asset changes by a
 * file.  Every file has an id that follows from department, direction and content,
 * so the same receipts again change nothing and say so.  Faulty rows are set aside
 * with row and column, all others are one task.  Each department exchanges about
 * its own holders only (R40).
 */
#include "issuer/exchange.h"

#include "base/jws.h"
#include "issuer/rules/rules.h"
#include "issuer/task.h"

#define MAX_TOLD 1000

/* id of a file, and the hash that it follows from */
static void identify(const char *direction, const char *finance, struct fj_slice file, char sha[65], char id[40])
{
	FJ_AUTO(buf) all = FJ_BUF_INIT(256);
	struct fj_hash h;

	fj_sha256(file, &h);
	fj_hex(h.b, FJ_SHA256_LEN, sha);
	if (fj_buf_printf(&all, "%s %s %s", direction, finance, sha) == FJ_OK)
		fj_sha256(fj_buf_slice(&all), &h);
	snprintf(id, 40, "EX-");
	fj_hex(h.b, 10, id + 3);
}

static enum fj_rc find_file(struct sto *db, const char *id, bool *there, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_query(db, STO_XFILE_GET, &q, err, "t", id));
	return sto_step(&q, there, err);
}

/* --- out --- */

struct export {
	struct iss_call *c;
	const struct xch_map *map;
	struct xch_out *out;
	json_t *aside;
	int64_t rows, seen;
	char last[DOM_CAP(DOM_MAX_ASSET_NO)];
	struct fj_buf cells;  /* of one row, NUL between */
};

static enum fj_rc fill_row(struct export *x, const struct xch_asset *a, size_t at[XCH_MAX_FIELDS], struct fj_err *err)
{
	fj_buf_clear(&x->cells);
	for (size_t i = 0; i < x->map->n; i++) {
		at[i] = x->cells.len;
		FJ_TRY(xch_text(&x->map->field[i], a, &x->cells, err));
		if (fj_buf_put(&x->cells, "", 1) != FJ_OK)
			return fj_no_memory(err, "issuer");
	}
	return FJ_OK;
}

/* an asset that the mapping can't tell is set aside, not told by half */
static enum fj_rc put_asset(struct export *x, const struct xch_asset *a, struct fj_err *err)
{
	size_t at[XCH_MAX_FIELDS];
	const char *cells[XCH_MAX_FIELDS];
	struct fj_err why = {0};

	x->seen++;
	memcpy(x->last, a->own[XCH_NUMBER], sizeof(x->last));
	enum fj_rc rc = fill_row(x, a, at, &why);
	if (rc != FJ_OK && fj_rc_exit(rc) == 3) {
		*err = why;
		return rc;
	}
	if (rc != FJ_OK)
		return json_array_append_new(x->aside, tsk_aside(x->last, &why)) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
	for (size_t i = 0; i < x->map->n; i++)
		cells[i] = (const char *)x->cells.data + at[i];
	x->rows++;
	return xch_out_row(x->out, cells, err);
}

static enum fj_rc put_assets(struct export *x, const char *finance, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *state = fj_json_text(x->c->params, "state"), *after = fj_json_text(x->c->params, "after");
	int64_t since = 0;
	bool row;

	FJ_TRY(fj_json_opt_int(x->c->params, "since", 0, INT64_MAX, &since, err));
	FJ_TRY(sto_query(x->c->db, STO_XCH_ASSETS, &q, err, "tttii", finance, after, state, since, (int64_t)XCH_MAX_ROWS));
	for (;;) {
		FJ_AUTO(xch_asset) a = {.card = NULL};
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(xch_asset_from_row(&q, &a, err));
		FJ_TRY(put_asset(x, &a, err));
	}
}

static enum fj_rc note_export(struct export *x, enum xch_format f, const struct fj_buf *file, struct fj_err *err)
{
	struct iss_call *c = x->c;
	char sha[65], id[40];
	int64_t seq;
	bool again;

	FJ_TRY(evt_last(c->db, &seq, err));
	identify("OUT", c->actor->org, fj_buf_slice(file), sha, id);
	FJ_TRY(find_file(c->db, id, &again, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:O}", "direction", "OUT", "finance", c->actor->org, "sha256", sha, "format",
	    xch_format_name(f), "rows", (json_int_t)x->rows, "done", (json_int_t)x->rows, "mapping", (json_int_t)x->map->version, "through", (json_int_t)seq, "faults", x->aside);
	if (!again)
		FJ_TRY(evt_append(c, "exchange.exported", id, body, err));
	c->answer = json_pack("{s:s, s:s, s:I, s:I, s:I, s:b, s:O, s:s?}", "id", id, "sha256", sha, "rows", (json_int_t)x->rows, "mapping", (json_int_t)x->map->version,
	    "through", (json_int_t)seq, "again", again, "set_aside", x->aside, "next", x->seen == XCH_MAX_ROWS ? x->last : NULL);
	return c->answer != NULL ? xch_attach(c->answer, id, f, file, err) : fj_no_memory(err, "issuer");
}

static enum fj_rc write_file(struct export *x, enum xch_format f, struct fj_buf *file, struct fj_err *err)
{
	struct sheet_column columns[XCH_MAX_FIELDS] = {{0}};
	FJ_AUTO(xch_out) out = NULL;
	const struct xch_layout l = {.name = "数据资产", .root = fj_json_peek(x->map->doc, "root"), .record = fj_json_peek(x->map->doc, "record"), .columns = columns, .n = x->map->n};

	for (size_t i = 0; i < x->map->n; i++)
		columns[i].title = x->map->field[i].column;
	FJ_TRY(xch_out_new(f, &l, &out, err));
	x->out = out;
	FJ_TRY(put_assets(x, x->c->actor->org, err));
	return xch_out_finish(&out, file, err);
}

enum fj_rc cmd_exchange_export(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(xch_map) m = {.doc = NULL};
	FJ_AUTO(json) aside = json_array();
	FJ_AUTO(buf) file = FJ_BUF_INIT(XCH_MAX_FILE);
	struct export x = {.c = c, .map = &m, .aside = aside, .cells = FJ_BUF_INIT(1u << 20)};
	enum xch_format f;

	FJ_TRY(xch_map_load(c->db, c->actor->org, &m, err));
	const char *format = fj_json_peek(c->params, "format");
	FJ_TRY(xch_format_of(format == NULL ? fj_json_peek(m.doc, "format") : format, &f, err));
	enum fj_rc rc = write_file(&x, f, &file, err);
	fj_buf_release(&x.cells);
	FJ_TRY(rc);
	return note_export(&x, f, &file, err);
}

/* --- in --- */

enum receipt_column { R_NUMBER, R_ASSET_NO, R_VERDICT, R_REASON, RECEIPT };
struct import {
	struct iss_call *c;
	const struct xch_map *map;
	char id[40];
	int of[RECEIPT];      /* cells, from 0; -1 absent */
	json_t *rows;         /* "line": {"number","asset_no","accepted","reason"} */
	json_t *lines, *faults, *seen;
	int64_t read, unchanged, n_faults;
};

static enum fj_rc read_heading(void *arg, const struct sheet_row *row, bool *is, struct fj_err *err)
{
	struct import *im = arg;
	const char *const titles[RECEIPT] = {im->map->receipt.number, im->map->receipt.asset_no, im->map->receipt.verdict, im->map->receipt.reason};

	memset(im->of, 0xff, sizeof(im->of));
	for (size_t i = 0; i < row->n; i++)
		for (int k = 0; k < RECEIPT; k++) {
			if (xch_heading(row->cell[i], titles[k]))
				FJ_TRY(sheet_place(row, i, &im->of[k], err));
		}
	*is = im->of[R_NUMBER] >= 0 && im->of[R_VERDICT] >= 0;
	return FJ_OK;
}

static enum fj_rc find_heading(struct import *im, struct sheet *s, struct fj_err *err)
{
	bool found;

	FJ_TRY(sheet_find_heading(s, read_heading, im, &found, err));
	if (found)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "167·三(二)", "no heading with \"%.60s\" and \"%.60s\" in the first ten rows; the mapping says what receipts call them (exchange map)",
	    im->map->receipt.number, im->map->receipt.verdict);
	fj_err_zh(err, "前十行中没有含“%.60s”和“%.60s”的标题行；回执列名由对照表规定（exchange map）", im->map->receipt.number, im->map->receipt.verdict);
	return rc;
}

static const char *cell(const struct sheet_row *row, int column)
{
	return column < 0 || (size_t)column >= row->n ? "" : row->cell[column];
}

static bool among(const json_t *words, const char *s)
{
	size_t i;
	json_t *v;

	json_array_foreach(words, i, v)
		if (xch_heading(json_string_value(v), s))
			return true;
	return false;
}

static enum fj_rc bad_cell(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, "issuer", "167·三(二)", en, zh);
}

/* what the row says, by itself; *column: of a fault, from 0 */
static enum fj_rc read_receipt(const struct import *im, const struct sheet_row *row, json_t **out, int *column, struct fj_err *err)
{
	const char *number = cell(row, im->of[R_NUMBER]), *asset_no = cell(row, im->of[R_ASSET_NO]), *verdict = cell(row, im->of[R_VERDICT]), *reason = cell(row, im->of[R_REASON]);
	bool yes = among(im->map->receipt.accepted, verdict), no = among(im->map->receipt.refused, verdict);

	*column = im->of[R_NUMBER];
	FJ_TRY(dom_asset_no_check(number, err));
	*column = im->of[R_VERDICT];
	if (yes == no)
		return bad_cell(err, "the verdict is none of the words that the mapping knows", "处理结果不在对照表列明的用词之内");
	*column = im->of[R_ASSET_NO];
	if (iss_said(asset_no))
		FJ_TRY(dom_asset_no_check(asset_no, err));
	*column = im->of[R_REASON];
	if (fj_utf8_count(reason) > 400)
		return bad_cell(err, "the reason is longer than 400 characters", "原因超过 400 字");
	if (no && !iss_said(reason))
		return bad_cell(err, "a record that is not taken has a reason", "未接收的记录应说明原因");
	*out = json_pack("{s:s, s:s, s:b, s:s}", "number", number, "asset_no", iss_said(asset_no) ? asset_no : "", "accepted", yes, "reason", reason);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- one receipt against the register --- */

enum outcome { KNOWN, NOTED, NUMBERED };

static enum fj_rc other_number(struct fj_err *err, const char *now, const char *theirs)
{
	enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", "domain.md 4.3", "the asset has the number %.64s, and the receipt says %.64s; numbers do not change", now, theirs);

	fj_err_zh(err, "该资产编号为 %.64s，回执为 %.64s；编号不得更改", now, theirs);
	return rc;
}

static enum fj_rc known_receipt(struct sto *db, const char *asset_no, const json_t *r, bool *same, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_query(db, STO_RECEIPT_LAST, &q, err, "t", asset_no));
	FJ_TRY(sto_step(&q, same, err));
	*same = *same && sto_int(&q, 0) == json_is_true(json_object_get(r, "accepted")) && strcmp(sto_text(&q, 1), fj_json_text(r, "reason")) == 0;
	return FJ_OK;
}

static enum fj_rc judge(struct iss_call *c, const json_t *r, struct dom_asset *a, enum outcome *out, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	const char *theirs = fj_json_text(r, "asset_no");
	char now[DOM_CAP(DOM_MAX_ASSET_NO)];
	bool same;

	FJ_TRY(xch_number_now(c->db, fj_json_text(r, "number"), now, err));
	FJ_TRY(dom_asset_get(c->db, now, a, err));
	FJ_TRY(dom_org_get(c->db, a->holder, &holder, err));
	FJ_TRY(iss_rule_no_foreign_issuer(holder.finance, c->actor->org, err));
	bool waits = strcmp(a->state, "AWAITING_NUMBER") == 0, accepted = json_is_true(json_object_get(r, "accepted"));
	if (waits && accepted && theirs[0] == '\0')
		return bad_cell(err, "the asset waits for its number, and the receipt brings none", "该资产待编号，回执未提供资产编号");
	if (waits && accepted) {
		*out = NUMBERED;
		return xch_number_free(c->db, a, theirs, err);
	}
	if (!waits && theirs[0] != '\0' && strcmp(theirs, now) != 0)
		return other_number(err, now, theirs);
	FJ_TRY(known_receipt(c->db, now, r, &same, err));
	*out = same ? KNOWN : NOTED;
	return FJ_OK;
}

static enum fj_rc receive_one(struct iss_call *c, const char *line, const void *arg, struct fj_err *err)
{
	const struct import *im = arg;
	const json_t *r = json_object_get(im->rows, line);
	FJ_AUTO(dom_asset) a = {.card = NULL};
	enum outcome o;

	FJ_TRY(judge(c, r, &a, &o, err));
	const char *no = o == NUMBERED ? fj_json_text(r, "asset_no") : a.asset_no;
	if (o == NUMBERED)
		FJ_TRY(xch_give_number(c, &a, no, im->id, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:O, s:O}", "file", im->id, "accepted", json_object_get(r, "accepted"), "reason", json_object_get(r, "reason"));
	FJ_TRY(evt_append(c, "exchange.received", no, body, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:O, s:b}", "line", line, "number", fj_json_text(r, "number"), "asset_no", no, "accepted",
	    json_object_get(r, "accepted"), "numbered", o == NUMBERED);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- the rows --- */

static enum fj_rc add_fault(struct import *im, size_t line, int column, const struct fj_err *why, struct fj_err *err)
{
	im->n_faults++;
	if (json_array_size(im->faults) >= MAX_TOLD)
		return FJ_OK;
	json_t *o = fj_err_json(why);
	json_object_set_new(o, "line", json_integer((json_int_t)line));
	json_object_set_new(o, "column", json_integer(column));
	return json_array_append_new(im->faults, o) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc once(struct import *im, const json_t *r, int *column, struct fj_err *err)
{
	static const char *const keys[] = {"number", "asset_no"};
	static const enum receipt_column cells[] = {R_NUMBER, R_ASSET_NO};

	for (size_t i = 0; i < FJ_ARRAY_LEN(keys); i++) {
		char name[DOM_CAP(DOM_MAX_ASSET_NO) + 4];
		if (fj_json_text(r, keys[i])[0] == '\0')
			continue;
		snprintf(name, sizeof(name), "%zu %s", i, fj_json_text(r, keys[i]));
		*column = im->of[cells[i]];
		if (json_object_get(im->seen, name) != NULL) {
			return fj_refuse(err, FJ_E_EXISTS, "issuer", "domain.md 4.3", "the number stands in two rows of this file; numbers are never used twice",
			    "编号在文件中出现两次，编号不得重复使用");
		}
		if (fj_json_set(im->seen, name, json_true()) != FJ_OK)
			return fj_no_memory(err, "issuer");
	}
	return FJ_OK;
}

static enum fj_rc check_row(struct import *im, const struct sheet_row *row, json_t **r, enum outcome *o, int *column, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};

	FJ_TRY(read_receipt(im, row, r, column, err));
	FJ_TRY(once(im, *r, column, err));
	*column = im->of[R_ASSET_NO] >= 0 && fj_json_text(*r, "asset_no")[0] != '\0' ? im->of[R_ASSET_NO] : im->of[R_NUMBER];
	return judge(im->c, *r, &a, o, err);
}

static enum fj_rc take_row(void *arg, const struct sheet_row *row, const struct fj_err *broken, struct fj_err *err)
{
	struct import *im = arg;
	struct fj_err why = {0};
	json_t *r = NULL;
	enum outcome o = KNOWN;
	int column = 0;
	char line[24];

	if (broken != NULL)
		return add_fault(im, row->line, (int)row->column, broken, err);
	enum fj_rc rc = check_row(im, row, &r, &o, &column, &why);
	FJ_AUTO(json) owned = r;
	if (rc != FJ_OK && fj_rc_exit(rc) == 3) {
		*err = why;
		return rc;
	}
	if (rc != FJ_OK)
		return add_fault(im, row->line, column + 1, &why, err);
	im->unchanged += o == KNOWN;
	if (o == KNOWN)
		return FJ_OK;
	snprintf(line, sizeof(line), "%zu", row->line);
	return json_object_set(im->rows, line, owned) == 0 && json_array_append_new(im->lines, json_string(line)) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc answer(struct import *im, const char *sha, bool again, bool dry, struct fj_err *err)
{
	struct iss_call *c = im->c;
	int64_t good = (int64_t)json_array_size(im->lines);
	FJ_AUTO(json) more = json_pack("{s:s, s:s, s:b, s:b, s:b, s:I, s:I, s:I, s:O, s:I}", "id", im->id, "sha256", sha, "again", again, "dry_run", dry, "refused", good == 0 &&
	    im->unchanged == 0 && im->n_faults > 0, "rows", (json_int_t)im->read, "good", (json_int_t)good, "unchanged", (json_int_t)im->unchanged, "faults", im->faults, "faults_total", (json_int_t)im->n_faults);

	if (c->answer == NULL)
		c->answer = json_pack("{s:i}", "done", 0);
	return c->answer != NULL && more != NULL && json_object_update(c->answer, more) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc take_file(struct import *im, const char *sha, const char *format, struct fj_err *err)
{
	struct iss_call *c = im->c;
	int64_t seq;

	FJ_TRY(tsk_each(c, c->command, im->lines, receive_one, im, err));
	FJ_TRY(evt_last(c->db, &seq, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:I, s:O, s:I, s:I, s:O}", "direction", "IN", "finance", c->actor->org, "sha256", sha, "format", format, "rows",
	    (json_int_t)im->read, "done", json_object_get(c->answer, "done"), "mapping", (json_int_t)im->map->version, "through", (json_int_t)seq, "faults", im->faults);
	return body != NULL ? evt_append(c, "exchange.imported", im->id, body, err) : fj_no_memory(err, "issuer");
}

static enum fj_rc run_import(struct import *im, struct fj_slice file, bool dry, struct fj_err *err)
{
	FJ_AUTO(sheet) s = NULL;
	char sha[65];
	bool again;

	identify("IN", im->c->actor->org, file, sha, im->id);
	FJ_TRY(find_file(im->c->db, im->id, &again, err));
	if (again)
		return answer(im, sha, true, dry, err);
	FJ_TRY(sheet_open(file, &s, err));
	FJ_TRY(find_heading(im, s, err));
	FJ_TRY(sheet_rows(s, XCH_MAX_ROWS, NULL, take_row, im, &im->read, err));
	if (!dry && json_array_size(im->lines) > 0)
		FJ_TRY(take_file(im, sha, sheet_encoding(s), err));
	return answer(im, sha, false, dry, err);
}

enum fj_rc cmd_exchange_import(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(XCH_MAX_FILE);
	FJ_AUTO(xch_map) m = {.doc = NULL};
	FJ_AUTO(json) rows = json_object();
	FJ_AUTO(json) lines = json_array();
	FJ_AUTO(json) faults = json_array();
	FJ_AUTO(json) seen = json_object();
	struct import im = {.c = c, .map = &m, .rows = rows, .lines = lines, .faults = faults, .seen = seen};

	FJ_TRY(iss_param_file(c, "file", &file, err));
	FJ_TRY(xch_map_load(c->db, c->actor->org, &m, err));
	return run_import(&im, fj_buf_slice(&file), json_is_true(json_object_get(c->params, "dry_run")), err);
}

/* --- the record of files and receipts --- */

enum fj_rc apply_exchange_file(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	FJ_AUTO(buf) faults = FJ_BUF_INIT(4u << 20);

	FJ_TRY(fj_json_canonical(json_object_get(b, "faults"), &faults, err));
	return sto_run(e->db, STO_XFILE_ADD, NULL, err, "tttttiiii" "tti", e->object, fj_json_text(b, "direction"), fj_json_text(b, "finance"),
	    fj_json_text(b, "sha256"), fj_json_text(b, "format"), fj_json_num(b, "rows"),
	    fj_json_num(b, "done"), fj_json_num(b, "mapping"), fj_json_num(b, "through"), fj_buf_str(&faults), e->actor, (int64_t)e->at);
}

enum fj_rc apply_exchange_received(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	return sto_run(e->db, STO_RECEIPT_ADD, NULL, err, "ttitii", e->object, fj_json_text(b, "file"),
	    (int64_t)json_is_true(json_object_get(b, "accepted")), fj_json_text(b, "reason"), (int64_t)e->at, e->seq);
}

static json_t *file_json(const struct sto_q *q, fj_time now)
{
	char at[FJ_TIME_CAP];

	(void)now;
	fj_time_utc(sto_int(q, 11), at);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:s}", "id", sto_text(q, 0), "direction", sto_text(q, 1), "finance", sto_text(q, 2), "sha256",
	    sto_text(q, 3), "format", sto_text(q, 4), "rows", (json_int_t)sto_int(q, 5), "done", (json_int_t)sto_int(q, 6), "mapping", (json_int_t)sto_int(q, 7), "through",
	    (json_int_t)sto_int(q, 8), "actor", sto_text(q, 10), "at", at);
}

enum fj_rc cmd_exchange_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *id = fj_json_peek(c->params, "id");
	json_t *faults = NULL;

	FJ_TRY(sto_first(c->db, STO_XFILE_GET, &q, id, err, "t", id));
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 9)), 4u << 20, &faults, err));
	c->answer = file_json(&q, c->now);
	return fj_json_set(c->answer, "faults", faults) == FJ_OK ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_exchange_list(struct iss_call *c, struct fj_err *err)
{
	return dom_list_rows(c, STO_XFILE_LIST, file_json, "id", err);
}

enum fj_rc cmd_exchange_receipts(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();
	char at[FJ_TIME_CAP];
	bool row;

	FJ_TRY(sto_query(c->db, STO_RECEIPT_OF, &q, err, "t", fj_json_peek(c->params, "asset")));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return dom_list_answer(c, items, "file", INT64_MAX, err);
		fj_time_utc(sto_int(&q, 3), at);
		json_array_append_new(items, json_pack("{s:s, s:b, s:s, s:s}", "file", sto_text(&q, 0), "accepted", sto_int(&q, 1) != 0, "reason", sto_text(&q, 2), "at", at));
	}
}
