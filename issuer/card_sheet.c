/*
 * card_sheet.c - the round trip: a holder's cards out as a sheet, edited, back in.
 *
 * One row a card, one column a field of the dictionary, drop-downs for what has a
 * closed list, and three key columns that tell which version of which card the row
 * was made from.  Ledger entries that are confirmed as assets and have no card yet
 * are rows to be filled in.  Coming back, a member changes only where its cell
 * does; a row without a change changes nothing, one whose card has meanwhile got a
 * newer version is set aside, so is every faulty one, with row, column and rule.
 * All others are one task (task.h).  What a cell can't hold (rights_table) stays
 * as it is.
 */
#include "issuer/card.h"
#include "issuer/sheet/sheet.h"
#include "issuer/task.h"

#define MAX_ROWS 5000
#define MAX_FILE (48u << 20)
#define MAX_TOLD 1000 /* faulty rows, and rows with warnings, that are told one by one */

enum key_column { K_LEDGER, K_VERSION, K_HASH, KEYS };
static const char *const key_titles[KEYS] = {"台账标识", "卡片版本", "卡片哈希"};
#define MAX_COLUMNS (CARD_MAX_FIELDS + KEYS)
#define MAX_WORDS 12

/* --- out --- */

struct layout {
	size_t n;
	struct sheet_column column[MAX_COLUMNS];
	const struct card_field *field[MAX_COLUMNS]; /* NULL: a key column */
	char title[MAX_COLUMNS][96];
	const char *word[MAX_COLUMNS][MAX_WORDS];
};

static void lay_field(struct layout *l, const struct card_field *f)
{
	static const char *const yes_no[] = {"是", "否", NULL};
	size_t i = l->n++, k = 0;

	snprintf(l->title[i], sizeof(l->title[i]), "%s%s", f->zh, f->need & CARDING ? "*" : "");
	l->field[i] = f;
	l->column[i] = (struct sheet_column){.title = l->title[i], .width = f->type == CARD_TEXT || f->type == CARD_TEXTS ? 24 : 14};
	if (f->type == CARD_BOOL)
		l->column[i].choices = yes_no;
	if (f->type != CARD_CODE)
		return;
	for (; k + 1 < MAX_WORDS && f->choices[k].code != NULL; k++)
		l->word[i][k] = f->choices[k].zh;
	l->column[i].choices = l->word[i];
}

static void lay_out(struct layout *l)
{
	size_t n;
	const struct card_field *f = card_fields(&n);

	memset(l, 0, sizeof(*l));
	for (; l->n < KEYS; l->n++)
		l->column[l->n] = (struct sheet_column){.title = key_titles[l->n], .width = -1};
	for (size_t i = 0; i < n; i++)
		if (card_has_column(&f[i]))
			lay_field(l, &f[i]);
}

struct export {
	struct iss_call *c;
	struct layout layout;
	struct sheet_out *out;
	struct fj_buf *text;     /* of one row, NUL between */
	int64_t rows;
	char last[DOM_CAP(DOM_MAX_ASSET_NO)];
};

static enum fj_rc put_row(struct export *x, const char *const keys[KEYS], const json_t *card, struct fj_err *err)
{
	size_t at[MAX_COLUMNS] = {0};
	const char *cells[MAX_COLUMNS];
	const struct layout *l = &x->layout;

	fj_buf_clear(x->text);
	for (size_t i = KEYS; i < l->n; i++) {
		const json_t *v = card_get(card, l->field[i]);
		at[i] = x->text->len;
		if (v != NULL)
			FJ_TRY(card_cell(l->field[i], v, x->text, err));
		if (fj_buf_put(x->text, "", 1) != FJ_OK)
			return fj_no_memory(err, "issuer");
	}
	for (size_t i = 0; i < l->n; i++)
		cells[i] = i < KEYS ? keys[i] : (const char *)x->text->data + at[i];
	x->rows++;
	return sheet_out_row(x->out, cells, err);
}

/* asset_no, ledger, newest, hash, card */
static enum fj_rc put_card(struct export *x, const struct sto_q *q, struct fj_err *err)
{
	json_t *card = NULL;
	char version[24];

	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(q, 4)), CARD_MAX, &card, err));
	FJ_AUTO(json) owned = card;
	snprintf(version, sizeof(version), "%lld", (long long)sto_int(q, 2));
	snprintf(x->last, sizeof(x->last), "%s", sto_text(q, 0));
	return put_row(x, (const char *const[KEYS]){sto_text(q, 1), version, sto_text(q, 3)}, owned, err);
}

static enum fj_rc named_assets(struct export *x, const json_t *assets, struct fj_err *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(assets, i, v) {
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(x->c->db, STO_CARD_NEWEST, &q, json_string_value(v), err, "tt", json_string_value(v), x->c->actor->org));
		FJ_TRY(put_card(x, &q, err));
	}
	return FJ_OK;
}

static enum fj_rc all_cards(struct export *x, const char *after, const char *state, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(x->c->db, STO_CARD_OF_HOLDER, &q, err, "ttti", x->c->actor->org, after, state, (int64_t)MAX_ROWS));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(put_card(x, &q, err));
	}
}

/* what waits for its first card */
static enum fj_rc empty_rows(struct export *x, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(x->c->db, STO_LEDGER_UNCARDED, &q, err, "ti", x->c->actor->org, (int64_t)MAX_ROWS - x->rows));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_AUTO(json) card = json_pack("{s:{s:s}}", "basic", "name", sto_text(&q, 1));
		FJ_TRY(put_row(x, (const char *const[KEYS]){sto_text(&q, 0), "", ""}, card, err));
	}
}

static enum fj_rc put_all(struct export *x, struct fj_err *err)
{
	const json_t *assets = json_object_get(x->c->params, "assets");
	const char *state = fj_json_peek(x->c->params, "state"), *after = fj_json_peek(x->c->params, "after");

	if (assets != NULL)
		return named_assets(x, assets, err);
	FJ_TRY(all_cards(x, after == NULL ? "" : after, state == NULL ? "" : state, err));
	return state == NULL && x->rows < MAX_ROWS ? empty_rows(x, err) : FJ_OK;
}

static enum fj_rc file_answer(struct iss_call *c, enum sheet_format f, const struct export *x, const struct fj_buf *file, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(96u << 20);

	FJ_TRY(fj_b64u_put(&text, fj_buf_slice(file)));
	c->answer = json_pack("{s:{s:s, s:s, s:s}, s:I, s:s?}", "file", "name", f == SHEET_XLSX ? "cards.xlsx" : "cards.csv", "type",
	    f == SHEET_XLSX ? "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" : "text/csv; charset=utf-8", "base64url", fj_buf_str(&text),
	    "rows", (json_int_t)x->rows, "next", x->rows == MAX_ROWS ? x->last : NULL);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_asset_export(struct iss_call *c, struct fj_err *err)
{
	const char *format = fj_json_peek(c->params, "format");
	enum sheet_format f = format != NULL && strcmp(format, "csv") == 0 ? SHEET_CSV : SHEET_XLSX;
	FJ_AUTO(buf) file = FJ_BUF_INIT(64u << 20);
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);
	FJ_AUTO(sheet_out) out = NULL;
	struct export x = {.c = c, .text = &text};

	lay_out(&x.layout);
	FJ_TRY(sheet_out_new(f, "资产卡片", x.layout.column, x.layout.n, &out, err));
	x.out = out;
	FJ_TRY(put_all(&x, err));
	FJ_TRY(sheet_out_finish(&out, &file, err));
	return file_answer(c, f, &x, &file, err);
}

/* --- in --- */

struct import {
	struct iss_call *c;
	int key[KEYS];                /* columns; -1: absent */
	int field[CARD_MAX_FIELDS];
	json_t *rows;                 /* "line": {"ledger","base","card","fault"?,"column"} */
	json_t *items;                /* the lines that change something, in their order */
	json_t *seen;                 /* asset numbers and ledger entries, as names */
	json_t *faults, *warned;
	const char *note;
	int64_t read, unchanged, faulty;
};

static bool matches(const char *heading, const char *title)
{
	FJ_AUTO(buf) a = FJ_BUF_INIT(4096);
	FJ_AUTO(buf) b = FJ_BUF_INIT(4096);

	return sheet_heading(heading, &a) == FJ_OK && sheet_heading(title, &b) == FJ_OK && a.len > 0 && strcmp(fj_buf_str(&a), fj_buf_str(&b)) == 0;
}

static int *column_for(struct import *im, const char *heading)
{
	size_t n;
	const struct card_field *f = card_fields(&n);

	for (size_t k = 0; k < KEYS; k++)
		if (matches(heading, key_titles[k]))
			return &im->key[k];
	for (size_t i = 0; i < n; i++)
		if (card_has_column(&f[i]) && (matches(heading, f[i].zh) || matches(heading, f[i].en) || matches(heading, f[i].key)))
			return &im->field[i];
	return NULL;
}

/* is this row the heading?  FJ_E_INVALID: it is, and names a column twice */
static enum fj_rc read_heading(void *arg, const struct sheet_row *row, bool *is, struct fj_err *err)
{
	struct import *im = arg;

	memset(im->key, 0xff, sizeof(im->key));
	memset(im->field, 0xff, sizeof(im->field));
	for (size_t i = 0; i < row->n; i++) {
		int *to = column_for(im, row->cell[i]);
		if (to != NULL)
			FJ_TRY(sheet_place(row, i, to, err));
	}
	*is = im->field[card_field("basic", "asset_no") - card_fields(&(size_t){0})] >= 0 && im->key[K_LEDGER] >= 0;
	return FJ_OK;
}

static enum fj_rc find_heading(struct import *im, struct sheet *s, struct fj_err *err)
{
	bool found;

	FJ_TRY(sheet_find_heading(s, read_heading, im, &found, err));
	if (found)
		return FJ_OK;
	return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 4.3", "the sheet has no heading with the asset number and the key columns; take the file that `asset export` writes",
	    "表格缺少含资产编号和标识列的标题行；请使用“asset export”导出的文件");
}

static const char *cell(const struct sheet_row *row, int column)
{
	return column < 0 || (size_t)column >= row->n ? "" : row->cell[column];
}

/* One row on its way: what it starts from, what it says. */
struct row {
	const char *asset_no, *ledger;
	char known_ledger[40];
	int64_t base, newest;  /* versions; 0: none yet */
	char newest_hash[65];
	json_t *card;          /* owned */
	int column;            /* of the fault, from 1; 0 none */
	bool changed;
};

static enum fj_rc stale(const struct import *im, struct row *r, struct fj_err *err)
{
	enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md 4.3",
	    "this row was made from version %lld and the newest card is version %lld; export again and enter the change there", (long long)r->base, (long long)r->newest);

	fj_err_zh(err, "本行基于第 %lld 版，卡片最新为第 %lld 版；请重新导出后再修改", (long long)r->base, (long long)r->newest);
	r->column = im->key[K_VERSION] + 1;
	return rc;
}

static enum fj_rc own(const struct import *im, const char *holder, struct row *r, struct fj_err *err)
{
	if (strcmp(holder, im->c->actor->org) == 0)
		return FJ_OK;
	r->column = im->key[K_LEDGER] + 1;
	return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "this row is another holder's", "该行属于其他单位");
}

/* the version that the row was made from, with its hash where the row tells one */
static enum fj_rc begin_version(struct import *im, const char *told, struct row *r, struct fj_err *err)
{
	char hash[65];
	enum fj_rc rc = card_version(im->c->db, r->asset_no, r->base, hash, &r->card, err);

	if (rc == FJ_E_NOTFOUND || (rc == FJ_OK && told[0] != '\0' && strcmp(told, hash) != 0))
		return stale(im, r, err);
	return rc;
}

/* a row without a card: what the export filled in of the ledger entry */
static enum fj_rc begin_first(struct import *im, struct row *r, struct fj_err *err)
{
	struct dom_ledger l;

	r->base = 0;
	r->column = im->key[K_LEDGER] + 1;
	if (r->ledger[0] == '\0') {
		enum fj_rc rc = fj_fail(err, FJ_E_NOTFOUND, "issuer", "domain.md 4.3", "there is no asset \"%.*s\", and the row names no ledger entry", CARD_SAID(r->asset_no));
		fj_err_zh(err, "没有编号为“%.*s”的资产，本行也未填台账标识", CARD_SAID(r->asset_no));
		return rc;
	}
	FJ_TRY(dom_ledger_get(im->c->db, r->ledger, &l, err));
	r->column = 0;
	FJ_TRY(own(im, l.holder, r, err));
	r->card = json_pack("{s:{s:s}, s:{}, s:{}, s:{}}", "basic", "name", l.name, "rights", "use", "management");
	return r->card != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc begin_row(struct import *im, const struct sheet_row *s, struct row *r, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};
	enum fj_rc rc = r->asset_no[0] == '\0' ? FJ_E_NOTFOUND : dom_asset_get(im->c->db, r->asset_no, &a, err);

	if (rc != FJ_OK)
		return rc == FJ_E_NOTFOUND ? begin_first(im, r, err) : rc;
	snprintf(r->known_ledger, sizeof(r->known_ledger), "%s", a.ledger);
	if (r->ledger[0] == '\0')
		r->ledger = r->known_ledger;
	r->newest = a.newest;
	FJ_TRY(own(im, a.holder, r, err));
	json_t *card = NULL;
	FJ_TRY(card_version(im->c->db, r->asset_no, a.newest, r->newest_hash, &card, err));
	json_decref(card); /* its hash is what counts */
	r->base = strtoll(cell(s, im->key[K_VERSION]), NULL, 10);
	return r->base > 0 ? begin_version(im, cell(s, im->key[K_HASH]), r, err) : begin_first(im, r, err);
}

/* the cells that differ from the card */
static enum fj_rc take_cells(struct import *im, const struct sheet_row *s, struct row *r, struct fj_err *err)
{
	size_t n;
	const struct card_field *f = card_fields(&n);
	FJ_AUTO(buf) text = FJ_BUF_INIT(CARD_MAX);

	for (size_t i = 0; i < n; i++) {
		const json_t *old = card_get(r->card, &f[i]);
		const char *now = cell(s, im->field[i]);
		json_t *v;
		if (im->field[i] < 0)
			continue;
		fj_buf_clear(&text);
		if (old != NULL)
			FJ_TRY(card_cell(&f[i], old, &text, err));
		if (strcmp(fj_buf_str(&text), now) == 0)
			continue;
		r->column = im->field[i] + 1;
		FJ_TRY(card_uncell(&f[i], now, &v, err));
		r->column = 0;
		if (v == old || json_equal(v, old)) {
			json_decref(v);
			continue;
		}
		r->changed = true;
		if (card_set(r->card, &f[i], v) != FJ_OK)
			return fj_no_memory(err, "issuer");
	}
	return FJ_OK;
}

static enum fj_rc once(struct import *im, const struct row *r, struct fj_err *err)
{
	const char *names[] = {r->asset_no, r->ledger};

	for (size_t i = 0; i < FJ_ARRAY_LEN(names); i++) {
		if (names[i][0] != '\0' && json_object_get(im->seen, names[i]) != NULL) {
			enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", "domain.md 4.3", "%.*s stands in two rows of this sheet", CARD_SAID(names[i]));
			fj_err_zh(err, "%.*s 在表格中出现两次", CARD_SAID(names[i]));
			return rc;
		}
		if (names[i][0] != '\0' && fj_json_set(im->seen, names[i], json_true()) != FJ_OK)
			return fj_no_memory(err, "issuer");
	}
	return FJ_OK;
}

/* where the column of this field is, from 1; 0 none */
static int column_of(const struct import *im, const struct card_field *f)
{
	size_t n;

	return f == NULL ? 0 : im->field[f - card_fields(&n)] + 1;
}

static enum fj_rc add_fault(struct import *im, int64_t line, int column, const struct fj_err *why, struct fj_err *err)
{
	json_t *o = fj_err_json(why);

	if (o == NULL || json_object_set_new(o, "line", json_integer(line)) != 0 || json_object_set_new(o, "column", json_integer(column)) != 0 ||
	    (json_object_get(o, "rule") == NULL && json_object_set_new(o, "rule", json_string(why->cite)) != 0)) {
		json_decref(o);
		return fj_no_memory(err, "issuer");
	}
	return json_array_append_new(im->faults, o) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

/* A row of an older version changes nothing when it says what the newest card says already: the
 * same file a second time. */
static enum fj_rc check_base(struct import *im, struct row *r, struct fj_err *err)
{
	const struct card_field *bad = NULL;
	json_t *clean = NULL;
	char hash[65];

	if (r->newest == r->base)
		return FJ_OK;
	enum fj_rc rc = card_normalise(r->card, &clean, &bad, err);
	FJ_AUTO(json) owned = clean;
	r->column = column_of(im, bad);
	FJ_TRY(rc);
	FJ_TRY(dom_card_hash(owned, hash, err));
	r->changed = strcmp(hash, r->newest_hash) != 0;
	return r->changed ? stale(im, r, err) : FJ_OK;
}

static enum fj_rc tell_warnings(struct import *im, size_t line, const json_t *warnings, struct fj_err *err)
{
	size_t i;
	json_t *w;

	json_array_foreach(warnings, i, w)
		if (json_array_size(im->warned) < MAX_TOLD &&
		    json_array_append_new(im->warned, json_pack("{s:I, s:O, s:{s:O, s:O}}", "line", (json_int_t)line, "rule", json_object_get(w, "rule"), "detail", "en",
			json_object_get(w, "en"), "zh", json_object_get(w, "zh"))) != 0)
			return fj_no_memory(err, "issuer");
	return FJ_OK;
}

static enum fj_rc check_row(struct import *im, const struct sheet_row *s, struct row *r, struct fj_err *err)
{
	FJ_AUTO(card_ready) ready = {.card = NULL};

	FJ_TRY(begin_row(im, s, r, err));
	FJ_TRY(take_cells(im, s, r, err));
	if (r->changed)
		FJ_TRY(check_base(im, r, err));
	if (!r->changed)
		return FJ_OK;
	FJ_TRY(once(im, r, err));
	const struct card_in in = {.ledger = r->ledger, .card = r->card, .base = r->base};
	enum fj_rc rc = card_check(im->c, &in, &ready, err);
	r->column = column_of(im, ready.bad);
	return rc == FJ_OK ? tell_warnings(im, s->line, ready.warnings, err) : rc;
}

/* A faulty row keeps its reason: the task sets it aside with it.  Of thousands the first are told. */
static enum fj_rc keep_row(struct import *im, size_t line, const struct row *r, const struct fj_err *why, struct fj_err *err)
{
	char name[24];

	im->faulty += why != NULL;
	if (im->faulty > MAX_TOLD && why != NULL)
		return FJ_OK;
	FJ_AUTO(json) fault = why == NULL ? NULL : fj_err_reply(why);
	json_t *o = json_pack("{s:s, s:I, s:O?, s:O*}", "ledger", r->ledger, "base", (json_int_t)r->base, "card", r->card, "fault", fault);

	snprintf(name, sizeof(name), "%zu", line);
	if (fj_json_set(im->rows, name, o) != FJ_OK || json_array_append_new(im->items, json_string(name)) != 0)
		return fj_no_memory(err, "issuer");
	return why == NULL ? FJ_OK : add_fault(im, (int64_t)line, r->column, why, err);
}

static enum fj_rc take_row(void *arg, const struct sheet_row *s, const struct fj_err *broken, struct fj_err *err)
{
	struct import *im = arg;
	size_t unused;
	struct row r = {.asset_no = cell(s, im->field[card_field("basic", "asset_no") - card_fields(&unused)]), .ledger = cell(s, im->key[K_LEDGER])};
	struct fj_err why = {0};

	if (broken != NULL)
		return keep_row(im, s->line, &(struct row){.ledger = "", .column = (int)s->column}, broken, err);
	enum fj_rc rc = check_row(im, s, &r, &why);
	FJ_AUTO(json) owned = r.card;

	if (rc != FJ_OK && fj_rc_exit(rc) == 3) { /* the machine failed, not the row */
		if (err != NULL)
			*err = why;
		return rc;
	}
	if (rc == FJ_OK && !r.changed) {
		im->unchanged++;
		return FJ_OK;
	}
	return keep_row(im, s->line, &r, rc == FJ_OK ? NULL : &why, err);
}

static enum fj_rc import_one(struct iss_call *c, const char *item, const void *arg, struct fj_err *err)
{
	const struct import *im = arg;
	const json_t *o = json_object_get(im->rows, item), *fault = json_object_get(o, "fault");

	if (fault != NULL)
		return fj_err_replied(fault, err);
	const struct card_in in = {.ledger = fj_json_peek(o, "ledger"), .card = json_object_get(o, "card"), .base = fj_json_num(o, "base"),
		.note = im->note};
	FJ_TRY(card_put(c, &in, err));
	json_object_set_new(c->answer, "line", json_integer(strtoll(item, NULL, 10)));
	json_object_del(c->answer, "warnings"); /* they stand in the event, and apart in the answer */
	return FJ_OK;
}

/* a file of faults only is told, and is no task */
static enum fj_rc run(struct import *im, bool dry, struct fj_err *err)
{
	json_int_t good = (json_int_t)(json_array_size(im->items) - json_array_size(im->faults));
	struct iss_call *c = im->c;

	if (!dry && good > 0)
		FJ_TRY(tsk_each(c, c->command, im->items, import_one, im, err));
	if (c->answer == NULL)
		c->answer = json_pack("{s:i}", "done", 0);
	FJ_AUTO(json) more = json_pack("{s:b, s:b, s:I, s:I, s:I, s:I, s:O, s:O}", "dry_run", dry, "refused", good == 0 && im->unchanged == 0 && im->faulty > 0, "rows", (json_int_t)im->read, "unchanged",
	    (json_int_t)im->unchanged, "good", good, "faulty", (json_int_t)im->faulty, "faults", im->faults, "warnings", im->warned);
	return c->answer != NULL && json_object_update(c->answer, more) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_asset_import(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(MAX_FILE);
	FJ_AUTO(sheet) s = NULL;
	FJ_AUTO(json) rows = json_object();
	FJ_AUTO(json) items = json_array();
	FJ_AUTO(json) seen = json_object();
	FJ_AUTO(json) faults = json_array();
	FJ_AUTO(json) warned = json_array();
	struct import im = {.c = c, .rows = rows, .items = items, .seen = seen, .faults = faults, .warned = warned, .note = fj_json_peek(c->params, "note")};

	FJ_TRY(iss_param_file(c, "file", &file, err));
	FJ_TRY(sheet_open(fj_buf_slice(&file), &s, err));
	FJ_TRY(find_heading(&im, s, err));
	FJ_TRY(sheet_rows(s, MAX_ROWS, NULL, take_row, &im, &im.read, err));
	return run(&im, json_is_true(json_object_get(c->params, "dry_run")), err);
}
