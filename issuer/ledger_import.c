/*
 * ledger_import.c - a holder's catalogue into the ledger (167·三(一), R02).
 *
 * The file is read twice: first every row is checked, by itself, against the
 * file and against the register, and every fault is told by row and column; then,
 * when nothing hinders (or `partial` is asked for), the good rows are entered, 500
 * in a transaction, so that a suspension never waits behind an import.  An import
 * that was killed is resumed by the same file: what is in is known by its number,
 * so nothing is lost or doubled, and the same file once more changes nothing.  An entry
 * that stands there with another content is a fault, unless `update` asks that the file
 * count: then it is changed, as long as nobody has recognised what it said, nor changed
 * it since the preview (`seen`, the last event when that was made).  Its
 * id follows from holder and file.  A row marked 涉密 is not stored and not
 * repeated (domain.md decision 12): only its number is told.  Memory holds one
 * chunk, a bit a row, and 16 octets a row to find what stands twice.
 */
#include <sodium.h>
#include <stdatomic.h>

#include "issuer/ledger_sheet.h"
#include "issuer/sheet/room.h"

#define CHUNK 500
#define MAX_TOLD 5000     /* faults, and corrected rows */
#define MAX_SECRET 20000  /* numbers of secret rows */
#define SLOTS (1u << 19)  /* more than twice SHEET_MAX_ROWS */

struct keys { /* hashes of what was seen in the file; 0: free */
	uint64_t *slot;
	uint8_t key[crypto_shorthash_KEYBYTES];
};

struct import {
	struct iss_call *c;
	const char *holder;
	struct fj_slice file;
	char id[40], sha[65];
	json_t *map, *faults, *warnings, *secret, *kinds, *changes;
	struct led_layout lay;
	struct led_record rec;
	struct keys no, same_data;
	uint8_t *good;          /* a bit a row: to be entered */
	size_t rows, n_good, left, same, n_faults, n_secret, n_changes, entered, changed, last_line;
	bool headed, damaged;   /* damaged: the file ends before its end */
	struct sheet_out *corrected;
	struct fj_buf why;      /* faults of the row at hand, for the corrected file */
	size_t n_corrected;
	const char *encoding;
	json_t *chunk;
	bool update, begun, last;
	int64_t seen;           /* the last event that the preview knew; of a dry run, that there was */
};

/* the template's name of a column, which the file's own heading may say otherwise; NULL: none of ours */
static const char *heading_of(const struct led_layout *lay, size_t column)
{
	for (size_t i = 0; i < lay->n_secret; i++)
		if ((size_t)lay->secret[i] + 1 == column)
			return led_cols[LED_SECRET].zh;
	for (int k = 0; k < LED_SECRET && lay->width > 0; k++)
		if (lay->of[k] >= 0 && (size_t)lay->of[k] + 1 == column)
			return led_cols[k].zh;
	return NULL;
}

static json_t *told(const struct led_layout *lay, size_t line, size_t column, const struct led_fault_kind *f)
{
	return json_pack("{s:I, s:I, s:s*, s:s, s:s, s:{s:s, s:s}}", "line", (json_int_t)line, "column", (json_int_t)column, "heading", heading_of(lay, column), "rule", f->rule,
	    "kind", f->kind, "detail", "en", f->en, "zh", f->zh);
}

static void tell(void *arg, size_t line, size_t column, const struct led_fault_kind *f)
{
	struct import *im = arg;

	im->n_faults++;
	if (json_array_size(im->faults) < MAX_TOLD)
		json_array_append_new(im->faults, told(&im->lay, line, column, f));
	json_object_set_new(im->kinds, f->kind, json_integer(fj_json_num(im->kinds, f->kind) + 1));
	if (im->corrected != NULL) /* what does not fit is left out: the row is there */
		(void)!fj_buf_printf(&im->why, "%s第 %zu 列：%s", im->why.len > 0 ? "；" : "", column, f->zh);
}

static void warn(void *arg, size_t line, size_t column, const struct led_fault_kind *f)
{
	struct import *im = arg;

	if (json_array_size(im->warnings) < MAX_TOLD / 5)
		json_array_append_new(im->warnings, told(&im->lay, line, column, f));
}

static void tell_nobody(void *arg, size_t line, size_t column, const struct led_fault_kind *f)
{
	(void)arg, (void)line, (void)column, (void)f;
}

static void tell_err(struct import *im, size_t line, size_t column, enum led_fault kind, const struct fj_err *why)
{
	struct led_fault_kind f = led_faults[kind];

	f.en = why->en;
	f.zh = why->zh[0] != '\0' ? why->zh : f.zh;
	if (why->cite[0] != '\0')
		f.rule = why->cite;
	tell(im, line, column, &f);
}

/* --- what the file has had already --- */

static bool keys_open(struct keys *k)
{
	k->slot = fj_alloc(SLOTS, sizeof(*k->slot));
	crypto_shorthash_keygen(k->key);
	return k->slot != NULL;
}

/* false: it was there */
static bool keys_add(struct keys *k, const char *text)
{
	uint64_t h;

	crypto_shorthash((uint8_t *)&h, (const uint8_t *)text, strlen(text), k->key);
	h |= 1;
	for (size_t i = (size_t)(h >> 1) % SLOTS;; i = (i + 1) % SLOTS) {
		if (k->slot[i] == h)
			return false;
		if (k->slot[i] == 0) {
			k->slot[i] = h;
			return true;
		}
	}
}

/* --- what the register has already --- */

/* as people write it: for what is stored as a code, its choice */
static const char *written(int k, const char *stored)
{
	for (size_t i = 0; led_cols[k].codes != NULL && led_cols[k].codes[i] != NULL; i++)
		if (strcmp(led_cols[k].codes[i], stored) == 0)
			return led_cols[k].choices[i];
	return stored;
}

static enum fj_rc more_json(const struct led_record *r, struct fj_buf *text, struct fj_err *err)
{
	FJ_AUTO(json) more = json_object();

	for (int k = LED_MORE; k < LED_SECRET; k++)
		if (r->v[k][0] != '\0')
			json_object_set_new(more, led_cols[k].field, json_string(r->v[k]));
	return fj_json_canonical(more, text, err);
}

enum known { NEW, SAME, OTHER };

/* columns of STO_LEDGER_NO behind those that are compared */
enum { K_MORE = 7, K_ID, K_STATE, K_FIRST /* LED_NO, LED_CATALOG, LED_NAME */, K_SEQ = K_FIRST + 3 };

/* nobody has recognised it: what it says may still change */
static bool is_open(const struct sto_q *q)
{
	return strcmp(sto_text(q, K_STATE), "LEDGERED") == 0;
}

struct standing {
	enum known is;
	enum led_column column; /* the first in which the entry of the register differs */
	bool open;              /* it may still change */
	int64_t seq;            /* the event that made it what it is */
};

static enum fj_rc known(struct sto *db, const char *holder, const struct led_record *r, struct standing *out, struct fj_err *err)
{
	static const enum led_column kept[] = {LED_SUMMARY, LED_FORMED, LED_SHARED, LED_INDUSTRY, LED_SCHEME, LED_CLASS};
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(buf) more = FJ_BUF_INIT(65536);
	bool row;

	*out = (struct standing){.is = NEW, .column = LED_NO};
	FJ_TRY(sto_query(db, STO_LEDGER_NO, &q, err, "tt", holder, r->no_key));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	out->open = is_open(&q);
	out->seq = sto_int(&q, K_SEQ);
	out->is = strcmp(sto_text(&q, 0), r->same_key) == 0 ? SAME : OTHER;
	for (size_t i = 0; out->is == SAME && i < FJ_ARRAY_LEN(kept); i++)
		if (strcmp(sto_text(&q, (int)i + 1), r->v[kept[i]]) != 0) {
			out->is = OTHER;
			out->column = kept[i];
		}
	FJ_TRY(more_json(r, &more, err));
	if (out->is == SAME && strcmp(sto_text(&q, K_MORE), fj_buf_str(&more)) != 0) {
		out->is = OTHER;
		out->column = LED_MORE;
	}
	return FJ_OK;
}

/* the catalogue number and name stand under another ledger number */
static enum fj_rc same_data(struct sto *db, const char *holder, const char *same_key, const char *no_key, bool *is, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_query(db, STO_LEDGER_SAME, &q, err, "ttt", holder, same_key, no_key));
	return sto_step(&q, is, err);
}

static void fault_at(struct import *im, const struct sheet_row *row, enum led_column k, enum led_fault f)
{
	tell(im, row->line, led_cell(&im->lay, k), &led_faults[f]);
}

/* what would change, cell by cell: {"line", "ledger_no", "heading", "was", "value"} */
static enum fj_rc tell_changes(struct import *im, const struct sheet_row *row, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	json_t *more = NULL;

	FJ_TRY(sto_first(im->c->db, STO_LEDGER_NO, &q, im->rec.no_key, err, "tt", im->holder, im->rec.no_key));
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, K_MORE)), 65536, &more, err));
	FJ_AUTO(json) owned = more;
	for (int k = LED_NO; k < LED_SECRET; k++) {
		const char *was = k >= LED_MORE ? fj_json_text(more, led_cols[k].field) : sto_text(&q, k <= LED_NAME ? K_FIRST + k : k - LED_NAME), *now = im->rec.v[k];
		if (strcmp(was, now) != 0 && json_array_size(im->changes) < MAX_TOLD)
			json_array_append_new(im->changes, json_pack("{s:I, s:s, s:s, s:s, s:s}", "line", (json_int_t)row->line, "ledger_no", im->rec.v[LED_NO], "heading", led_cols[k].zh,
			    "was", written(k, was), "value", written(k, now)));
	}
	im->n_changes++;
	return FJ_OK;
}

/* against the file and the register; *take: to be entered, or changed */
static enum fj_rc compare(struct import *im, const struct sheet_row *row, bool *take, struct fj_err *err)
{
	const struct led_record *r = &im->rec;
	size_t before = im->n_faults;
	struct standing s;
	bool is = false;

	if (r->no_key[0] != '\0' && !keys_add(&im->no, r->no_key))
		fault_at(im, row, LED_NO, LED_F_TWICE);
	else if (r->same_key[0] != '\0' && !keys_add(&im->same_data, r->same_key))
		fault_at(im, row, LED_CATALOG, LED_F_SAME_DATA);
	if (!*take || im->n_faults > before) {
		*take = false;
		return FJ_OK;
	}
	FJ_TRY(known(im->c->db, im->holder, r, &s, err));
	bool change = s.is == OTHER && im->update && s.open && s.seq <= im->seen;
	if (s.is == OTHER && !change)
		fault_at(im, row, im->update && s.open ? LED_NO : s.column, im->update ? s.open ? LED_F_CHANGED : LED_F_DECIDED : s.column == LED_NO ? LED_F_TAKEN : LED_F_DIFFERS);
	if (s.is == NEW || change)
		FJ_TRY(same_data(im->c->db, im->holder, r->same_key, r->no_key, &is, err));
	if (is)
		fault_at(im, row, LED_CATALOG, LED_F_SAME_DATA);
	im->same += s.is == SAME;
	*take = (s.is == NEW || change) && !is;
	return change && *take ? tell_changes(im, row, err) : FJ_OK;
}

/* --- the rows of the file --- */

typedef enum fj_rc (*row_fn)(struct import *im, size_t n, const struct sheet_row *row, const struct fj_err *broken, struct fj_err *err);

/* fn for each row below the heading; n from 0 */
static enum fj_rc each_row(struct import *im, row_fn fn, struct fj_err *err)
{
	FJ_AUTO(sheet) s = NULL;
	struct sheet_row row;
	struct fj_err why = {0};
	bool more = true;

	FJ_TRY(sheet_open(im->file, &s, err));
	for (size_t n = 0;;) {
		enum fj_rc rc = sheet_next(s, &row, &more, &why);
		if (rc != FJ_OK && rc != FJ_E_INVALID) {
			*err = why;
			return rc;
		}
		if (!more)
			return FJ_OK;
		if (row.line <= im->lay.last)
			continue;
		im->last_line = row.line;
		FJ_TRY(fn(im, n++, &row, rc == FJ_OK ? NULL : &why, err));
	}
}

/* the row at hand into the corrected file; content only where it is certainly no secret */
static enum fj_rc correct(struct import *im, const struct sheet_row *row, bool content, struct fj_err *err)
{
	const char *cells[LED_COLUMNS + 2] = {NULL};
	char line[24];

	if (im->corrected == NULL || im->why.len == 0 || im->n_corrected == MAX_TOLD)
		return FJ_OK;
	snprintf(line, sizeof(line), "%zu", row->line);
	for (int k = 0; content && k < LED_SECRET; k++)
		if (im->lay.of[k] >= 0 && (size_t)im->lay.of[k] < row->n)
			cells[k] = row->cell[im->lay.of[k]];
	if (content && im->lay.n_secret > 0)
		cells[LED_SECRET] = "否";
	cells[LED_COLUMNS] = line;
	cells[LED_COLUMNS + 1] = fj_buf_str(&im->why);
	im->n_corrected++;
	return sheet_out_row(im->corrected, cells, err);
}

/* what stood in the cells that are told of: of a row that is certainly no secret */
static void say_values(struct import *im, const struct sheet_row *row, size_t from)
{
	for (size_t i = from; i < json_array_size(im->faults); i++) {
		json_t *f = json_array_get(im->faults, i);
		int64_t column = fj_json_num(f, "column");
		const char *cell = column > 0 && (size_t)column <= row->n ? row->cell[column - 1] : "";
		if (cell[0] != '\0')
			json_object_set_new(f, "value", json_stringn(cell, fj_utf8_prefix(cell, 120)));
	}
}

static enum fj_rc check_row(struct import *im, size_t n, const struct sheet_row *row, const struct fj_err *broken, struct fj_err *err)
{
	enum led_verdict v = LED_HIDDEN;
	size_t told_before = json_array_size(im->faults);

	im->rows = n + 1;
	fj_buf_clear(&im->why);
	if (broken != NULL)
		tell_err(im, row->line, row->column, LED_F_BROKEN, broken);
	else if (led_read(&im->lay, row, &im->rec, &v, tell, warn, im) != FJ_OK)
		return fj_no_memory(err, "issuer");
	if (v == LED_SECRET_ROW) {
		im->n_secret++;
		if (json_array_size(im->secret) < MAX_SECRET)
			json_array_append_new(im->secret, json_integer((json_int_t)row->line));
		return FJ_OK;
	}
	bool take = v == LED_GOOD;
	if (v != LED_HIDDEN) {
		FJ_TRY(compare(im, row, &take, err));
		say_values(im, row, told_before);
	}
	if (take) {
		im->good[n / 8] |= (uint8_t)(1u << (n % 8));
		im->n_good++;
	}
	return correct(im, row, v != LED_HIDDEN, err);
}

/* closed again before the rows are read: an import has one reader at a time */
static enum fj_rc read_head(struct import *im, struct fj_err *err)
{
	FJ_AUTO(sheet) s = NULL;

	FJ_TRY(sheet_open(im->file, &s, err));
	im->encoding = sheet_encoding(s);
	return led_layout_read(s, im->map, &im->lay, &im->headed, tell, im, err);
}

/* FJ_OK also when the file as a whole is refused: that is a fault in row and column */
static enum fj_rc check_file(struct import *im, struct fj_err *err)
{
	enum fj_rc rc = read_head(im, err);

	if (rc == FJ_OK && im->headed)
		rc = each_row(im, check_row, err);
	if (rc != FJ_E_INVALID && rc != FJ_E_PARSE)
		return rc;
	im->damaged = true;
	tell_err(im, im->last_line + 1, 1, LED_F_FILE, err);
	return FJ_OK;
}

/* --- entering --- */

static enum fj_rc begin_import(struct import *im, struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:I, s:I}", "holder", im->holder, "sha256", im->sha, "rows", (json_int_t)im->rows, "good", (json_int_t)im->n_good);

	im->begun = true;
	return evt_append(c, "ledger.import-begun", im->id, body, err);
}

/* the entry as the file says it now; its number and where it came from stay */
static enum fj_rc change_one(struct import *im, struct iss_call *c, const char *id, const json_t *r, struct fj_err *err)
{
	FJ_AUTO(json) body = json_copy((json_t *)(uintptr_t)r);

	if (body == NULL || json_object_del(body, "id") != 0)
		return fj_no_memory(err, "issuer");
	FJ_TRY(evt_append(c, "ledger.changed", id, body, err));
	im->changed++;
	return FJ_OK;
}

static enum fj_rc changed_since(const char *ledger_no, struct fj_err *err)
{
	enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md 4.2", "somebody changed the entry %s after the preview; preview the file again", ledger_no);

	fj_err_zh(err, "预览之后条目 %s 有变动；请重新预览，核对后再导入", ledger_no);
	return rc;
}

/* in the meantime another import may have brought the same entry, or the same data under another number, or somebody has recognised it, or changed
 * what the preview showed: then nothing of these rows is entered */
static enum fj_rc enter_one(struct import *im, struct iss_call *c, const json_t *r, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char id[40] = "";
	bool row, is;

	FJ_TRY(same_data(c->db, im->holder, fj_json_text(r, "same_key"), fj_json_text(r, "no_key"), &is, err));
	if (is)
		return FJ_OK;
	FJ_TRY(sto_query(c->db, STO_LEDGER_NO, &q, err, "tt", im->holder, fj_json_peek(r, "no_key")));
	FJ_TRY(sto_step(&q, &row, err));
	if (row && im->update && is_open(&q) && sto_int(&q, K_SEQ) > im->seen)
		return changed_since(fj_json_text(r, "ledger_no"), err);
	if (row && im->update && is_open(&q))
		FJ_TRY(fj_strcopy(id, sizeof(id), sto_text(&q, K_ID)));
	sto_done(&q);
	if (row)
		return id[0] == '\0' ? FJ_OK : change_one(im, c, id, r, err);
	FJ_TRY(evt_append(c, "ledger.entered", fj_json_peek(r, "id"), r, err));
	im->entered++;
	return FJ_OK;
}

static enum fj_rc enter_chunk(struct iss_call *c, void *arg, struct fj_err *err)
{
	struct import *im = arg;
	size_t before = im->entered, changed = im->changed, i;
	json_t *r;

	enum fj_rc rc = im->begun ? FJ_OK : begin_import(im, c, err);
	json_array_foreach(im->chunk, i, r)
		if (rc == FJ_OK)
			rc = enter_one(im, c, r, err);
	FJ_AUTO(json) none = json_object();
	if (rc == FJ_OK && im->last)
		rc = evt_append(c, "ledger.import-done", im->id, none, err);
	if (rc != FJ_OK) {
		im->entered = before;
		im->changed = changed;
	}
	return rc;
}

static enum fj_rc flush(struct import *im, struct fj_err *err)
{
	size_t before = im->entered + im->changed;
	enum fj_rc rc = iss_step(im->c, enter_chunk, im, err);

	json_array_clear(im->chunk);
	if (rc == FJ_OK || before == 0)
		return rc;
	char en[sizeof(err->en)]; /* "nothing was changed" would not be true */
	snprintf(en, sizeof(en), "%s", err->en);
	int code = (int)err->code;
	fj_fail(err, rc, "issuer", NULL, "%zu entries are in the ledger, then: %.200s; import the same file again to go on", before, en);
	fj_err_zh(err, "已导入 %zu 条后中断（%s）；请重新导入同一文件以继续", before, fj_rc_name(rc));
	err->code = code;
	return rc;
}

static json_t *entry(struct import *im, struct fj_err *err)
{
	const char *const *v = im->rec.v;
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);
	json_t *more = NULL;
	char id[40];

	if (more_json(&im->rec, &text, err) != FJ_OK || fj_json_parse(fj_buf_slice(&text), 65536, &more, err) != FJ_OK)
		return NULL;
	iss_new_id("LG-", 12, id);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s}", "id", id, "holder", im->holder, "ledger_no", v[LED_NO],
	    "catalog_ref", v[LED_CATALOG], "name", v[LED_NAME], "summary", v[LED_SUMMARY], "formed_by", v[LED_FORMED], "shared_from", v[LED_SHARED],
	    "industry", v[LED_INDUSTRY], "class_scheme", v[LED_SCHEME], "class_code", v[LED_CLASS], "more", more, "no_key", im->rec.no_key,
	    "same_key", im->rec.same_key, "import", im->id);
}

static enum fj_rc enter_row(struct import *im, size_t n, const struct sheet_row *row, const struct fj_err *broken, struct fj_err *err)
{
	enum led_verdict v;

	if (broken != NULL || n >= SHEET_MAX_ROWS || !(im->good[n / 8] & (1u << (n % 8))))
		return FJ_OK;
	if (led_read(&im->lay, row, &im->rec, &v, tell_nobody, tell_nobody, im) != FJ_OK || json_array_append_new(im->chunk, entry(im, err)) != 0)
		return fj_no_memory(err, "issuer");
	im->last = --im->left == 0;
	return im->last || json_array_size(im->chunk) == CHUNK ? flush(im, err) : FJ_OK;
}

/* --- the command --- */

static enum fj_rc import_holder(struct iss_call *c, const char **holder, struct fj_err *err)
{
	const char *org = fj_json_peek(c->params, "org");
	bool dry = json_is_true(json_object_get(c->params, "dry_run"));
	enum fj_rc rc = FJ_OK;

	*holder = c->actor->org[0] != '\0' ? c->actor->org : org == NULL ? "" : org;
	if (!(c->actor->roles & ISS_HOLDER) && !dry) {
		rc = fj_fail(err, FJ_E_AUTH, "issuer", "domain.md 6", "importing needs a holder's officer (--as LOGIN); --dry-run does not");
		fj_err_zh(err, "导入台账须由持有单位经办人进行（--as 用户名）；试导入（--dry-run）除外");
	} else if (org != NULL && c->actor->org[0] != '\0' && strcmp(org, c->actor->org) != 0) {
		rc = fj_fail(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "a holder's officer imports the own organisation's ledger only");
		fj_err_zh(err, "持有单位经办人只能导入本单位的台账");
	}
	return rc;
}

static enum fj_rc load_map(struct sto *db, const char *holder, json_t *map, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_MAP_OF, &q, err, "t", holder));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		json_object_set_new(map, sto_text(&q, 0), json_string(sto_text(&q, 1)));
	}
}

static const struct {
	const char *zh, *en;
} notes[LED_COLUMNS] = {
	[LED_NO] = {"必填。本单位自编的台账编号，同一单位内不得重复，至多 40 字", "Required. The ledger number of your own; once in a unit, 40 characters at most"},
	[LED_CATALOG] = {"必填。该资源在数据资源目录中的编号", "Required. The resource's number in the data resource catalogue"},
	[LED_NAME] = {"必填。写明时间、区域和内容，一般不超过 40 字", "Required. Tells time, region and content, 40 characters at most as a rule"},
	[LED_SUMMARY] = {"选填。不超过 400 字", "Optional. 400 characters at most"},
	[LED_FORMED] = {"必填。从可选值中选一项", "Required. One of the values"},
	[LED_SHARED] = {"形成方式为“共享取得”时必填，其他情形不填。写提供单位全称", "Required where it was obtained by sharing, else empty: the full name of the unit that shared it"},
	[LED_INDUSTRY] = {"选填。GB/T 4754-2017 的门类字母加两位大类代码，如 N76（水利管理业）", "Optional. Section letter and two digits of the division in GB/T 4754-2017, such as N76 (water conservancy)"},
	[LED_SCHEME] = {"填写资产分类的必填。从可选值中选一项", "Required where a class is given. One of the values"},
	[LED_CLASS] = {"选填。上列分类标准中的代码，1 至 16 位大写字母、数字和点", "Optional. The code in that scheme: 1 to 16 capital letters, digits and dots"},
	[LED_FROM] = {"选填。数据起始日期，如 2026-03-01", "Optional. First day of the data, such as 2026-03-01"},
	[LED_TO] = {"选填。数据截止日期，如 2026-03-31，不早于时域起", "Optional. Last day of the data, such as 2026-03-31, not before the first"},
	[LED_FREQUENCY] = {"选填。从可选值中选一项", "Optional. One of the values"},
	[LED_SCOPE] = {"选填。从可选值中选一项", "Optional. One of the values"},
	[LED_SOURCE] = {"选填。从可选值中选一项", "Optional. One of the values"},
	[LED_STRUCTURE] = {"选填。从可选值中选一项", "Optional. One of the values"},
	[LED_LEVEL] = {"选填。GB/T 43697-2024 的级别，从可选值中选一项；核心数据不得登记", "Optional. The level of GB/T 43697-2024, one of the values; core data is not registered"},
	[LED_VOLUME] = {"选填。记录条数，整数，不写单位", "Optional. Number of records, a whole number without a unit"},
	[LED_PERSONAL] = {"选填。从可选值中选一项", "Optional. One of the values"},
	[LED_DEPT] = {"选填。本单位内负责管理该数据的部门", "Optional. The department of your unit that manages the data"},
	[LED_SECRET] = {"标注为“是”的行不导入，也不留存内容", "A row marked 是 (yes) is neither imported nor kept"},
};

/* the columns of template and corrected file */
static void columns_of(struct sheet_column out[LED_COLUMNS + 2])
{
	for (int k = 0; k < LED_COLUMNS; k++)
		out[k] = (struct sheet_column){led_cols[k].zh, led_cols[k].choices, led_cols[k].width, notes[k].zh};
	out[LED_COLUMNS] = (struct sheet_column){"原行号", NULL, 8, NULL};
	out[LED_COLUMNS + 1] = (struct sheet_column){"问题", NULL, 60, NULL};
}

/* "xlsx", or "csv" as when absent */
static enum sheet_format format_of(const struct iss_call *c, const char *key)
{
	const char *s = fj_json_peek(c->params, key);

	return s != NULL && strcmp(s, "xlsx") == 0 ? SHEET_XLSX : SHEET_CSV;
}

/* {"name","base64url"} */
static enum fj_rc file_json(struct sheet_out **o, const char *name, enum sheet_format f, json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) bytes = FJ_BUF_INIT(SHEET_MAX_FILE);
	FJ_AUTO(buf) text = FJ_BUF_INIT(SHEET_MAX_FILE / 3 * 4 + 8);
	char full[64];

	FJ_TRY(sheet_out_finish(o, &bytes, err));
	if (fj_b64u_put(&text, fj_buf_slice(&bytes)) != FJ_OK)
		return fj_no_memory(err, "issuer");
	snprintf(full, sizeof(full), "%s.%s", name, f == SHEET_XLSX ? "xlsx" : "csv");
	*out = json_pack("{s:s, s:s}", "name", full, "base64url", fj_buf_str(&text));
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static void identify(struct import *im)
{
	FJ_AUTO(buf) both = FJ_BUF_INIT(128);
	struct fj_hash h;

	fj_sha256(im->file, &h);
	fj_hex(h.b, FJ_SHA256_LEN, im->sha);
	if (fj_buf_printf(&both, "%s %s", im->holder, im->sha) == FJ_OK)
		fj_sha256(fj_buf_slice(&both), &h);
	snprintf(im->id, sizeof(im->id), "LI-");
	fj_hex(h.b, 10, im->id + 3);
}

static enum fj_rc import_new(struct import *im, enum sheet_format f, bool correcting, struct fj_err *err)
{
	struct sheet_column columns[LED_COLUMNS + 2];

	im->map = json_object();
	im->faults = json_array();
	im->warnings = json_array();
	im->secret = json_array();
	im->kinds = json_object();
	im->changes = json_array();
	im->chunk = json_array();
	im->encoding = "";
	im->good = fj_alloc(SHEET_MAX_ROWS / 8 + 1, 1);
	fj_buf_init(&im->rec.text, SHEET_MAX_COLUMNS * (SHEET_MAX_CELL + 1));
	fj_buf_init(&im->why, 8000);
	if (!keys_open(&im->no) || !keys_open(&im->same_data) || im->good == NULL || im->map == NULL || im->faults == NULL || im->chunk == NULL || im->changes == NULL)
		return fj_no_memory(err, "issuer");
	identify(im);
	columns_of(columns);
	return correcting ? sheet_out_new(f, "台账更正", columns, LED_COLUMNS + 2, &im->corrected, err) : FJ_OK;
}

static void import_release(struct import *im)
{
	json_t *const owned[] = {im->map, im->faults, im->warnings, im->secret, im->kinds, im->chunk, im->changes};

	for (size_t i = 0; i < FJ_ARRAY_LEN(owned); i++)
		json_decref(owned[i]);
	led_layout_release(&im->lay);
	led_record_release(&im->rec);
	fj_buf_release(&im->why);
	fj_free(im->no.slot);
	fj_free(im->same_data.slot);
	fj_free(im->good);
	sheet_out_drop(im->corrected);
}

static enum fj_rc answer(struct import *im, bool dry, bool refused, enum sheet_format f, struct fj_err *err)
{
	json_t *file = NULL;

	if (im->n_corrected > 0)
		FJ_TRY(file_json(&im->corrected, "ledger-corrected", f, &file, err));
	FJ_AUTO(json) owned = file;
	im->c->answer = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:b, s:b}", "import", im->id, "sha256", im->sha, "encoding", im->encoding,
	    "rows", (json_int_t)im->rows, "imported", (json_int_t)im->entered, "good", (json_int_t)im->n_good, "unchanged", (json_int_t)im->same,
	    "dry_run", dry, "refused", refused);
	json_t *a = im->c->answer;
	if (a == NULL)
		return fj_no_memory(err, "issuer");
	json_object_set(a, "faults", im->faults);
	if (im->update) {
		json_object_set_new(a, "rewritten", json_integer((json_int_t)(dry || refused ? im->n_changes : im->changed)));
		json_object_set(a, "differences", im->changes);
		if (dry)
			json_object_set_new(a, "seen", json_integer((json_int_t)im->seen));
	}
	json_object_set_new(a, "faults_total", json_integer((json_int_t)im->n_faults));
	json_object_set(a, "kinds", im->kinds);
	json_object_set(a, "warnings", im->warnings);
	json_object_set(a, "secret_lines", im->secret);
	json_object_set_new(a, "secret_total", json_integer((json_int_t)im->n_secret));
	json_object_set_new(a, "ignored", im->lay.ignored != NULL ? json_incref(im->lay.ignored) : json_array());
	if (owned != NULL) {
		json_object_set(a, "corrected", owned);
		json_object_set_new(a, "corrected_rows", json_integer((json_int_t)im->n_corrected));
	}
	return FJ_OK;
}

static enum fj_rc run_import(struct import *im, enum sheet_format f, struct fj_err *err)
{
	bool dry = json_is_true(json_object_get(im->c->params, "dry_run")), partial = json_is_true(json_object_get(im->c->params, "partial"));

	im->update = json_is_true(json_object_get(im->c->params, "update"));
	im->seen = INT64_MAX;
	FJ_TRY(fj_json_opt_int(im->c->params, "seen", 0, INT64_MAX, &im->seen, err));
	if (dry && json_object_get(im->c->params, "seen") == NULL)
		FJ_TRY(evt_last(im->c->db, &im->seen, err)); /* before the first row is compared: what changes meanwhile counts as later */
	FJ_TRY(load_map(im->c->db, im->holder, im->map, err));
	FJ_TRY(check_file(im, err));
	im->left = im->n_good;
	bool refused = im->damaged || !im->headed || (im->n_faults + im->n_secret > 0 && !partial);
	if (!dry && !refused && im->n_good > 0)
		FJ_TRY(each_row(im, enter_row, err));
	return answer(im, dry, refused, f, err);
}

/* An import waits for the writer's lock with its reader open; whoever holds that lock may need a
 * reader too.  So imports never have all readers. */
static bool import_gate(bool enter)
{
	static atomic_int running;
	bool ok = !enter || atomic_fetch_add(&running, 1) < ROOM_READERS - 1;

	if (!enter || !ok)
		atomic_fetch_sub(&running, 1);
	return ok;
}

static enum fj_rc import_run(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) decoded = FJ_BUF_INIT(SHEET_MAX_FILE);
	struct import im = {.c = c};
	const json_t *file = json_object_get(c->params, "file");
	enum sheet_format f = format_of(c, "corrected");

	FJ_TRY(import_holder(c, &im.holder, err));
	if (json_is_string(file)) /* not copied: it may be large */
		im.file = FJ_SLICE(json_string_value(file), json_string_length(file));
	else {
		FJ_TRY(iss_param_file(c, "file", &decoded, err));
		im.file = fj_buf_slice(&decoded);
	}
	enum fj_rc rc = import_new(&im, f, json_object_get(c->params, "corrected") != NULL, err);
	if (rc == FJ_OK)
		rc = run_import(&im, f, err);
	import_release(&im);
	return rc;
}

enum fj_rc cmd_ledger_import(struct iss_call *c, struct fj_err *err)
{
	if (!import_gate(true)) {
		return fj_refuse(err, FJ_E_BUSY, "issuer", NULL, "other imports are running; try again when one has ended (ledger import-status)",
		    "其他导入正在进行，请稍后重试");
	}
	enum fj_rc rc = import_run(c, err);
	import_gate(false);
	return rc;
}

enum fj_rc apply_ledger_import_begun(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	return sto_run(e->db, STO_IMPORT_BEGIN, NULL, err, "tttiiti", e->object, fj_json_text(b, "holder"), fj_json_text(b, "sha256"),
	    fj_json_num(b, "rows"), fj_json_num(b, "good"), e->actor, (int64_t)e->at);
}

enum fj_rc apply_ledger_import_done(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_IMPORT_DONE, NULL, err, "t", e->object);
}

enum fj_rc cmd_ledger_import_status(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *id = fj_json_peek(c->params, "id");
	char at[FJ_TIME_CAP];

	FJ_TRY(sto_first(c->db, STO_IMPORT_GET, &q, id, err, "t", id));
	fj_time_utc(sto_int(&q, 8), at);
	c->answer = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:s}", "id", sto_text(&q, 0), "holder", sto_text(&q, 1), "sha256", sto_text(&q, 2),
	    "rows", (json_int_t)sto_int(&q, 3), "good", (json_int_t)sto_int(&q, 4), "entered", (json_int_t)sto_int(&q, 5), "state", sto_text(&q, 6),
	    "actor", sto_text(&q, 7), "at", at);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- template, empty or with what is in --- */

#define PAGE_ROWS 1000

/* columns of STO_LEDGER_ROWS: no_key, then LED_NO to LED_CLASS, then more */
static enum fj_rc entry_row(struct sheet_out *o, const struct sto_q *q, struct fj_err *err)
{
	const char *cells[LED_COLUMNS];
	json_t *more = NULL;

	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(q, LED_MORE + 1)), 65536, &more, err));
	FJ_AUTO(json) owned = more;
	for (int k = 0; k < LED_MORE; k++)
		cells[k] = sto_text(q, k + 1);
	for (int k = LED_MORE; k < LED_SECRET; k++)
		cells[k] = written(k, fj_json_text(more, led_cols[k].field));
	cells[LED_SECRET] = led_cols[LED_SECRET].choices[0]; /* others are never kept */
	return sheet_out_row(o, cells, err);
}

static enum fj_rc entries_of(struct sto *db, const char *holder, struct sheet_out *o, struct fj_err *err)
{
	char after[DOM_CAP(DOM_MAX_LEDGER_NO) * 2] = "";
	int64_t n = PAGE_ROWS;
	bool row;

	while (n == PAGE_ROWS) {
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_query(db, STO_LEDGER_ROWS, &q, err, "tti", holder, after, (int64_t)PAGE_ROWS));
		for (n = 0;; n++) {
			FJ_TRY(sto_step(&q, &row, err));
			if (!row)
				break;
			FJ_TRY(entry_row(o, &q, err));
			FJ_TRY(fj_strcopy(after, sizeof(after), sto_text(&q, 0)));
		}
	}
	return FJ_OK;
}

/* [{field, title, note, choices}]: what the workbook's second sheet tells, for who fills in CSV */
static json_t *columns_told(void)
{
	json_t *out = json_array();

	for (size_t k = 0; k < LED_COLUMNS; k++) {
		const struct led_col *col = &led_cols[k];
		json_t *choices = json_array();
		for (size_t i = 0; col->choices != NULL && col->choices[i] != NULL; i++)
			json_array_append_new(choices, json_string(col->choices[i]));
		json_array_append_new(out, json_pack("{s:s, s:s, s:{s:s, s:s}, s:o}", "field", col->field, "title", col->zh, "note", "zh", notes[k].zh, "en", notes[k].en, "choices", choices));
	}
	return out;
}

enum fj_rc cmd_ledger_template(struct iss_call *c, struct fj_err *err)
{
	struct sheet_column columns[LED_COLUMNS + 2];
	FJ_AUTO(sheet_out) o = NULL;
	enum sheet_format f = format_of(c, "format");
	json_t *file = NULL;

	columns_of(columns);
	bool filled = json_is_true(json_object_get(c->params, "entries"));
	FJ_TRY(sheet_out_new(f, "台账", columns, LED_COLUMNS, &o, err));
	if (filled)
		FJ_TRY(entries_of(c->db, c->actor->org, o, err));
	FJ_TRY(file_json(&o, filled ? "ledger" : "ledger-template", f, &file, err));
	c->answer = json_pack("{s:o, s:o}", "file", file, "columns", columns_told());
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- what a sender's headings mean --- */

static enum fj_rc bad_map(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 4.2", en, zh);
}

static enum fj_rc take_map(const json_t *in, json_t *out, struct fj_err *err)
{
	const char *heading;
	json_t *field;
	char key[256];

	if (!json_is_object(in) || json_object_size(in) > SHEET_MAX_COLUMNS)
		return bad_map(err, "a mapping is {heading of your tables: field}, of 200 at most", "列对应关系应为 {本单位列名: 字段}，至多 200 项");
	json_object_foreach((json_t *)(uintptr_t)in, heading, field) {
		led_heading_key(heading, key);
		if (key[0] == '\0' || !json_is_string(field) || led_column_of(json_string_value(field)) < 0)
			return bad_map(err, "a mapping names a heading and one of the fields of the template (ledger_no, name, ...)",
			    "列对应关系应由列名和模板字段名（如 ledger_no、name）组成");
		for (int k = 0; k < 7 && led_cols[LED_SECRET].also[k] != NULL; k++)
			if (strcmp(key, led_cols[LED_SECRET].also[k]) == 0)
				return bad_map(err, "a mark of secrecy can't be made to mean something else (domain.md decision 12)", "涉密标识列不得对应为其他字段");
		if (json_object_get(out, key) != NULL || json_object_set(out, key, field) != 0)
			return bad_map(err, "a mapping names a heading twice", "列对应关系中有重复列名");
	}
	return FJ_OK;
}

enum fj_rc cmd_ledger_map(struct iss_call *c, struct fj_err *err)
{
	const char *org = fj_json_peek(c->params, "org");
	FJ_AUTO(json) map = json_object();

	if (org != NULL && strcmp(org, c->actor->org) != 0)
		return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "a holder's officer says what the own organisation's headings mean",
		    "只能设定本单位台账的列对应关系");
	FJ_TRY(take_map(json_object_get(c->params, "mapping"), map, err));
	FJ_AUTO(json) body = json_pack("{s:O}", "mapping", map);
	FJ_TRY(evt_append(c, "ledger.mapped", c->actor->org, body, err));
	c->answer = json_pack("{s:s, s:O}", "holder", c->actor->org, "mapping", map);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_ledger_mapped(const struct evt *e, struct fj_err *err)
{
	const char *heading;
	json_t *field;

	FJ_TRY(sto_run(e->db, STO_MAP_END, NULL, err, "t", e->object));
	json_object_foreach(json_object_get(e->body, "mapping"), heading, field)
		FJ_TRY(sto_run(e->db, STO_MAP_ADD, NULL, err, "ttt", e->object, heading, json_string_value(field)));
	return FJ_OK;
}
