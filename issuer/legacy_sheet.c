/*
 * legacy_sheet.c - what predates the appliance, as a table (domain.md decision 11).
 *
 * One row an asset: whose it is, its ledger number, the card by the dictionary's
 * headings, and how it was registered: date, document number, hash of the scan,
 * the former certificate.  Rules report here instead of refusing, since the act
 * was done by others long ago; what the law forbids without exception still
 * refuses the row: core data, collateral on an administrative unit's asset, a
 * property right number on duty data, an appraisal as book value, holders of
 * another finance department.  Rows marked 涉密 are never repeated (decision 12).
 */
#include <sodium.h>

#include "issuer/legacy.h"
#include "issuer/ledger_sheet.h"
#include "issuer/rules/rules.h"

#define MAX_SECRET 8

enum column { C_HOLDER, C_LEDGER, C_CATALOG, C_DECISION, C_DATE, C_DOC, C_DOC_DATE, C_SCAN, C_OLD, C_OLD_FROM, C_OLD_TO, C_COLLATERAL, COLUMNS };
enum form { F_TEXT, F_USCI, F_DATE, F_HASH, F_YES_NO };
static const struct {
	const char *field, *zh;
	size_t max;      /* code points */
	enum form form;
	bool required;
} columns[COLUMNS] = {
	{"holder", "持有单位代码", 18, F_USCI, true},
	{"ledger_no", "台账编号", DOM_MAX_LEDGER_NO, F_TEXT, true},
	{"catalog_ref", "数据资源目录编号", DOM_MAX_CATALOG_REF, F_TEXT, false},
	{"decision", "确认依据", 200, F_TEXT, false},
	{"registered_on", "登记日期", 10, F_DATE, true},
	{"doc_no", "登记文号", 80, F_TEXT, true},
	{"doc_date", "文件日期", 10, F_DATE, false},
	{"scan", "扫描件哈希", 64, F_HASH, true},
	{"old_number", "原证书编号", 80, F_TEXT, false},
	{"old_from", "原证书起始日", 10, F_DATE, false},
	{"old_to", "原证书截止日", 10, F_DATE, false},
	{"collateral", "是否设定担保", 8, F_YES_NO, false},
};

struct reading {
	struct iss_call *c;
	struct leg_file *f;
	int of[COLUMNS], field[CARD_MAX_FIELDS], secret[MAX_SECRET]; /* cells, from 0; -1 absent */
	size_t n_secret;
	json_t *seen;          /* asset numbers, and holders' ledger numbers */
};
struct row { /* one on its way */
	const struct sheet_row *cells;
	json_t *out, *card;    /* owned by out once it is whole */
	int column;            /* of the fault, from 1; 0 none */
};

enum fj_rc leg_new(struct leg_file *f, const char *finance, struct fj_err *err)
{
	*f = (struct leg_file){.finance = finance, .rows = json_object(), .lines = json_array(), .faults = json_array(), .warnings = json_array(),
		.secret = json_array(), .encoding = ""};
	return f->rows != NULL && f->lines != NULL && f->faults != NULL && f->warnings != NULL && f->secret != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

void leg_release(struct leg_file *f)
{
	json_t *const owned[] = {f->rows, f->lines, f->faults, f->warnings, f->secret};

	for (size_t i = 0; i < FJ_ARRAY_LEN(owned); i++)
		json_decref(owned[i]);
}

enum fj_rc leg_fault(struct leg_file *f, int64_t line, int column, const struct fj_err *why, struct fj_err *err)
{
	json_t *o = fj_err_json(why);

	if (o == NULL || json_object_set_new(o, "line", json_integer(line)) != 0 || json_object_set_new(o, "column", json_integer(column)) != 0) {
		json_decref(o);
		return fj_no_memory(err, "issuer");
	}
	return json_array_append_new(f->faults, o) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc warn(struct reading *g, const struct row *r, const char *rule, const char *en, const char *zh)
{
	g->f->n_warnings++;
	if (json_array_size(g->f->warnings) >= LEG_MAX_TOLD)
		return FJ_OK;
	return json_array_append_new(g->f->warnings, json_pack("{s:I, s:s, s:{s:s, s:s}}", "line", (json_int_t)r->cells->line, "rule", rule, "detail", "en", en, "zh", zh)) == 0
	    ? FJ_OK : FJ_E_NOMEM;
}

/* what would be refused of a new asset is told of an old one */
static enum fj_rc told(struct reading *g, const struct row *r, enum fj_rc rc, const struct fj_err *why)
{
	return rc == FJ_OK ? FJ_OK : warn(g, r, why->cite, why->en, why->zh);
}

/* --- the heading --- */

static bool matches(const char *heading, const char *title)
{
	FJ_AUTO(buf) a = FJ_BUF_INIT(4096);
	FJ_AUTO(buf) b = FJ_BUF_INIT(4096);

	return title != NULL && sheet_heading(heading, &a) == FJ_OK && sheet_heading(title, &b) == FJ_OK && a.len > 0 && strcmp(fj_buf_str(&a), fj_buf_str(&b)) == 0;
}

static bool is_secret_column(const char *heading)
{
	const struct led_col *k = &led_cols[LED_SECRET];

	for (size_t i = 0; i < FJ_ARRAY_LEN(k->also); i++)
		if (matches(heading, k->also[i]))
			return true;
	return matches(heading, k->zh) || matches(heading, k->field);
}

static int *column_for(struct reading *g, const char *heading)
{
	size_t n;
	const struct card_field *f = card_fields(&n);

	for (size_t k = 0; k < COLUMNS; k++)
		if (matches(heading, columns[k].zh) || matches(heading, columns[k].field))
			return &g->of[k];
	for (size_t i = 0; i < n; i++)
		if (card_has_column(&f[i]) && (matches(heading, f[i].zh) || matches(heading, f[i].key)))
			return &g->field[i];
	return NULL;
}

static enum fj_rc too_many_marks(struct fj_err *err)
{
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "domain.md decision 12", "the heading has more than %d columns about secrecy; one says it: 是否涉密", MAX_SECRET);

	fj_err_zh(err, "标题行中关于涉密的列超过 %d 个；请只保留“是否涉密”一列", MAX_SECRET);
	return rc;
}

static enum fj_rc read_heading(void *arg, const struct sheet_row *row, bool *is, struct fj_err *err)
{
	struct reading *g = arg;
	size_t n;

	memset(g->of, 0xff, sizeof(g->of));
	memset(g->field, 0xff, sizeof(g->field));
	g->n_secret = 0;
	for (size_t i = 0; i < row->n; i++) {
		bool secret = is_secret_column(row->cell[i]);
		int *to = secret ? NULL : column_for(g, row->cell[i]);
		if (secret && g->n_secret < MAX_SECRET)
			g->secret[g->n_secret++] = (int)i;
		else if (secret)
			return too_many_marks(err);
		if (to != NULL)
			FJ_TRY(sheet_place(row, i, to, err));
	}
	*is = g->of[C_HOLDER] >= 0 && g->of[C_DATE] >= 0 && g->field[card_field("basic", "asset_no") - card_fields(&n)] >= 0;
	return FJ_OK;
}

static enum fj_rc find_heading(struct reading *g, struct sheet *s, struct fj_err *err)
{
	bool found;

	FJ_TRY(sheet_find_heading(s, read_heading, g, &found, err));
	if (found && g->n_secret == 0)
		return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md decision 12", "the heading has no column 是否涉密: each row has to say that it is no state secret",
		    "标题行缺少“是否涉密”列；每一行均须标明不涉密");
	if (found)
		return FJ_OK;
	return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md decision 11", "no heading with 持有单位代码, 登记日期 and 资产编号 in the first ten rows; take the file of `legacy template`",
	    "前十行中没有含“持有单位代码”“登记日期”“资产编号”的标题行；请使用“legacy template”导出的模板");
}

/* --- one row --- */

static const char *cell(const struct row *r, int column)
{
	return column < 0 || (size_t)column >= r->cells->n ? "" : r->cells->cell[column];
}

static enum fj_rc bad_cell(const struct reading *g, struct row *r, enum column k, struct fj_err *err, const char *en, const char *zh)
{
	r->column = g->of[k] + 1;
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "domain.md decision 11", "%s (%s) %s", columns[k].field, columns[k].zh, en);
	fj_err_zh(err, "“%s”%s", columns[k].zh, zh);
	return rc;
}

static bool past_day(const char *s, fj_time now, bool *date)
{
	fj_time t = 0;

	*date = fj_date_parse(s, &t, NULL) == FJ_OK;
	return *date && t <= now;
}

static enum fj_rc check_form(struct reading *g, struct row *r, enum column k, const char *s, struct fj_err *err)
{
	bool date;

	switch (columns[k].form) {
	case F_USCI:
		return iss_usci_form(s) ? FJ_OK : bad_cell(g, r, k, err, "is a unified social credit code", "应为统一社会信用代码");
	case F_HASH:
		return strlen(s) == 64 && strspn(s, "0123456789abcdef") == 64 ? FJ_OK
		    : bad_cell(g, r, k, err, "is the SHA-256 of the scan, 64 hexadecimal digits in lower case", "应为扫描件的 SHA-256 值（64 位小写十六进制）");
	case F_YES_NO:
		return led_mark_of(s) != LED_MARK_UNCLEAR ? FJ_OK : bad_cell(g, r, k, err, "is 是 or 否", "应为“是”或“否”");
	case F_DATE:
		if (past_day(s, k == C_OLD_TO ? FJ_TIME_MAX : g->c->now, &date))
			return FJ_OK;
		return date ? bad_cell(g, r, k, err, "lies in the future", "晚于今日") : bad_cell(g, r, k, err, "is a date like 2024-03-16", "应为日期，如 2024-03-16");
	case F_TEXT:
		break;
	}
	for (const unsigned char *p = (const unsigned char *)s; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f)
			return bad_cell(g, r, k, err, "has control characters", "含控制字符");
	return fj_utf8_count(s) <= columns[k].max ? FJ_OK : bad_cell(g, r, k, err, "is too long", "超长");
}

static enum fj_rc take_columns(struct reading *g, struct row *r, struct fj_err *err)
{
	for (int k = 0; k < COLUMNS; k++) {
		const char *s = cell(r, g->of[k]);
		if (!iss_said(s) && columns[k].required)
			return bad_cell(g, r, (enum column)k, err, "is required", "为必填项");
		if (iss_said(s))
			FJ_TRY(check_form(g, r, (enum column)k, s, err));
		if (fj_json_set(r->out, columns[k].field, json_string(iss_said(s) ? s : "")) != FJ_OK)
			return fj_no_memory(err, "issuer");
	}
	if (strcmp(fj_json_peek(r->out, "old_from"), fj_json_peek(r->out, "old_to")) > 0 && fj_json_peek(r->out, "old_to")[0] != '\0')
		return bad_cell(g, r, C_OLD_TO, err, "is not before the day where it begins", "不得早于起始日");
	return FJ_OK;
}

static int column_of(const struct reading *g, const struct card_field *f)
{
	size_t n;

	return f == NULL ? 0 : g->field[f - card_fields(&n)] + 1;
}

static enum fj_rc take_card(struct reading *g, struct row *r, struct fj_err *err)
{
	size_t n;
	const struct card_field *f = card_fields(&n), *bad = NULL;
	FJ_AUTO(json) raw = json_pack("{s:{}, s:{}, s:{}, s:{}}", "basic", "rights", "use", "management");
	json_t *v;

	for (size_t i = 0; i < n; i++) {
		if (g->field[i] < 0)
			continue;
		r->column = g->field[i] + 1;
		FJ_TRY(card_uncell(&f[i], cell(r, g->field[i]), &v, err));
		r->column = 0;
		if (v != NULL && card_set(raw, &f[i], v) != FJ_OK)
			return fj_no_memory(err, "issuer");
	}
	enum fj_rc rc = card_normalise(raw, &r->card, &bad, err);
	r->column = column_of(g, bad);
	FJ_TRY(rc);
	return fj_json_set(r->out, "card", r->card) == FJ_OK ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- the rules --- */

/* words of security over property in the disclosed encumbrances: a seizure is none */
/* no override, no age: these stand whenever the act was done */
enum fj_rc leg_prohibitions(const json_t *row, const struct dom_org *holder, const char *finance, struct leg_where *w, struct fj_err *err)
{
	const json_t *card = json_object_get(row, "card"), *book = json_object_get(json_object_get(card, "basic"), "book_value");
	bool declared = led_mark_of(fj_json_peek(row, "collateral")) == LED_MARK_SECRET; /* 是 */

	*w = (struct leg_where){NULL, "holder"};
	FJ_TRY(iss_rule_no_foreign_issuer(holder->finance, finance, err));
	*w = (struct leg_where){"management", "data_level"};
	FJ_TRY(iss_rule_no_core_data(dom_card_text(card, "management", "data_level"), true, err));
	*w = (struct leg_where){"management", "sj_cert_no"};
	FJ_TRY(iss_rule_no_sj_number_on_duty_data(dom_card_text(card, "management", "sj_cert_no"), holder->kind, err));
	*w = (struct leg_where){"basic", "value_basis"};
	FJ_TRY(iss_rule_no_appraisal_as_book_value(dom_card_text(card, "basic", "value_basis"), book != NULL, json_integer_value(book), err));
	*w = declared ? (struct leg_where){NULL, "collateral"} : (struct leg_where){"rights", "encumbrance"};
	return declared || card_secures(card) ? iss_rule_no_collateral(holder->kind, err) : FJ_OK;
}

static enum fj_rc check_prohibitions(struct reading *g, struct row *r, const struct dom_org *holder, struct fj_err *err)
{
	struct leg_where w;

	enum fj_rc rc = leg_prohibitions(r->out, holder, g->f->finance, &w, err);
	if (rc != FJ_OK)
		r->column = w.block != NULL ? column_of(g, card_field(w.block, w.key)) : g->of[strcmp(w.key, "holder") == 0 ? C_HOLDER : C_COLLATERAL] + 1;
	return rc;
}

static enum fj_rc warn_row(struct reading *g, const struct row *r, struct fj_err *err)
{
	struct iss_warning name[ISS_MAX_NAME_WARNINGS];
	const json_t *card = r->card;
	struct fj_err why = {0};
	size_t n = iss_warn_name(dom_card_text(card, "basic", "name"), dom_card_text(card, "basic", "overview"), name);
	bool without;

	for (size_t i = 0; i < n; i++)
		FJ_TRY(warn(g, r, name[i].rule, name[i].en, name[i].zh));
	if (!iss_said(fj_json_peek(r->out, "catalog_ref")) || !iss_said(fj_json_peek(r->out, "decision")))
		FJ_TRY(warn(g, r, "R02", "the catalogue reference or the recognition decision is not stated", "未填写数据资源目录编号或确认依据"));
	if (json_is_true(json_object_get(json_object_get(card, "rights"), "dispute")))
		FJ_TRY(warn(g, r, "R19", "its ownership is in dispute: it is entered frozen", "权属存在争议：补录后即处于冻结状态"));
	FJ_TRY(told(g, r, iss_rule_no_core_data(dom_card_text(card, "management", "data_level"), dom_card_text(card, "management", "risk_assessment")[0] != '\0', &why), &why));
	FJ_TRY(told(g, r, iss_rule_no_raw_personal_data(dom_card_text(card, "rights", "personal_info"), dom_card_text(card, "rights", "legal_basis")[0] != '\0', &why), &why));
	FJ_TRY(told(g, r, card_class_check(g->c, g->f->finance, dom_card_text(card, "basic", "class_scheme"), dom_card_text(card, "basic", "class_code"), &without, &why), &why));
	FJ_AUTO(json) missing = card_missing(card, PATH26);
	if (json_is_true(json_object_get(json_object_get(card, "rights"), "public_data")) && json_array_size(missing) > 0)
		FJ_TRY(warn(g, r, "26号 art. 9(一)", "the card lacks what the registration of public data asks for today", "卡片缺少现行公共数据登记要求的内容"));
	(void)err;
	return FJ_OK;
}

/* --- against the other rows --- */

static enum fj_rc once(struct reading *g, struct row *r, struct fj_err *err)
{
	char name[2][DOM_CAP(DOM_MAX_ASSET_NO) + 400];
	char key[DOM_CAP(DOM_MAX_LEDGER_NO) * 2];

	if (led_put_key(fj_json_peek(r->out, "ledger_no"), NULL, key, sizeof(key)) != FJ_OK)
		return bad_cell(g, r, C_LEDGER, err, "is too long", "超长");
	snprintf(name[0], sizeof(name[0]), "A %s", dom_card_text(r->card, "basic", "asset_no"));
	snprintf(name[1], sizeof(name[1]), "L %s %s", fj_json_peek(r->out, "holder"), key);
	for (size_t i = 0; i < FJ_ARRAY_LEN(name); i++) {
		if (json_object_get(g->seen, name[i]) != NULL) {
			r->column = i == 0 ? column_of(g, card_field("basic", "asset_no")) : g->of[C_LEDGER] + 1;
			return fj_refuse(err, FJ_E_EXISTS, "issuer", "domain.md 4.3", "the number stands in two rows of this file", "编号在文件中出现两次");
		}
		if (fj_json_set(g->seen, name[i], json_true()) != FJ_OK)
			return fj_no_memory(err, "issuer");
	}
	return FJ_OK;
}

static enum fj_rc read_row(struct reading *g, struct row *r, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};

	FJ_TRY(take_columns(g, r, err));
	r->column = g->of[C_HOLDER] + 1;
	FJ_TRY(dom_org_get(g->c->db, fj_json_peek(r->out, "holder"), &holder, err));
	if (!(holder.roles & ISS_HOLDER))
		return bad_cell(g, r, C_HOLDER, err, "is an organisation that holds no data assets", "不是数据资产持有单位");
	r->column = 0;
	FJ_TRY(take_card(g, r, err));
	FJ_TRY(check_prohibitions(g, r, &holder, err));
	FJ_TRY(once(g, r, err));
	FJ_TRY(warn_row(g, r, err));
	return fj_json_set(r->out, "origin", json_string(holder.kind)) == FJ_OK ? FJ_OK : fj_no_memory(err, "issuer");
}

/* A mark of secrecy is looked at before anything else of the row. */
static enum fj_rc is_open(struct reading *g, const struct sheet_row *cells, bool *open, struct fj_err *err)
{
	*open = true;
	for (size_t i = 0; i < g->n_secret && *open; i++) {
		enum led_mark m = led_mark_of((size_t)g->secret[i] < cells->n ? cells->cell[g->secret[i]] : "");
		*open = m == LED_MARK_OPEN;
		if (!*open && json_array_append_new(g->f->secret, json_integer((json_int_t)cells->line)) != 0)
			return fj_no_memory(err, "issuer");
	}
	return FJ_OK;
}

static enum fj_rc take_row(void *arg, const struct sheet_row *cells, const struct fj_err *broken, struct fj_err *err)
{
	struct reading *g = arg;
	struct row r = {.cells = cells};
	struct fj_err why = {0};
	char name[24];
	bool open;

	if (broken != NULL) /* it may hide a mark */
		return json_array_append_new(g->f->secret, json_integer((json_int_t)cells->line)) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
	FJ_TRY(is_open(g, cells, &open, err));
	if (!open)
		return FJ_OK;
	FJ_AUTO(json) out = json_object();
	r.out = out;
	enum fj_rc rc = read_row(g, &r, &why);
	if (rc != FJ_OK && fj_rc_exit(rc) == 3) {
		*err = why;
		return rc;
	}
	if (rc != FJ_OK)
		return leg_fault(g->f, (int64_t)cells->line, r.column, &why, err);
	snprintf(name, sizeof(name), "%zu", cells->line);
	return json_object_set(g->f->rows, name, out) == 0 && json_array_append_new(g->f->lines, json_string(name)) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc leg_read(struct iss_call *c, struct fj_slice file, struct leg_file *out, struct fj_err *err)
{
	FJ_AUTO(sheet) s = NULL;
	FJ_AUTO(json) seen = json_object();
	struct reading g = {.c = c, .f = out, .seen = seen};

	FJ_TRY(sheet_open(file, &s, err));
	out->encoding = sheet_encoding(s);
	FJ_TRY(find_heading(&g, s, err));
	return sheet_rows(s, LEG_MAX_ROWS, "domain.md decision 11", take_row, &g, &out->read, err);
}

/* --- digests --- */

enum fj_rc leg_row_hash(const json_t *row, char hex[65], struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(2 * CARD_MAX);
	struct fj_hash h;

	FJ_TRY(fj_json_canonical(row, &text, err));
	fj_sha256(fj_buf_slice(&text), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	return FJ_OK;
}

enum fj_rc leg_digest(const struct leg_file *f, const json_t *lines, char hex[65], struct fj_err *err)
{
	crypto_hash_sha256_state st;
	uint8_t out[FJ_SHA256_LEN];
	size_t i;
	json_t *v;

	crypto_hash_sha256_init(&st);
	json_array_foreach(lines, i, v) {
		const json_t *row = json_object_get(f->rows, json_string_value(v));
		if (row == NULL)
			return fj_fail(err, FJ_E_CORRUPT, "issuer", "R22", "the file has no good row %.20s any more", json_string_value(v));
		FJ_TRY(leg_row_hash(row, hex, err));
		crypto_hash_sha256_update(&st, (const uint8_t *)hex, 64);
	}
	crypto_hash_sha256_final(&st, out);
	fj_hex(out, FJ_SHA256_LEN, hex);
	return FJ_OK;
}

/* --- what is kept --- */

enum fj_rc leg_keep(const struct leg_file *f, const json_t *lines, struct fj_buf *out, struct fj_err *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(lines, i, v) {
		FJ_AUTO(buf) one = FJ_BUF_INIT(2 * CARD_MAX);
		FJ_AUTO(json) line = json_pack("{s:O, s:O}", "line", v, "row", json_object_get(f->rows, json_string_value(v)));
		FJ_TRY(fj_json_canonical(line, &one, err));
		if (fj_buf_puts(out, fj_buf_str(&one)) != FJ_OK || fj_buf_puts(out, "\n") != FJ_OK) {
			enum fj_rc rc = fj_fail(err, FJ_E_LIMIT, "issuer", "domain.md decision 11", "the rows take more than %zu octets; split the file", out->max);
			fj_err_zh(err, "行内容超过 %zu 字节，请拆分文件", out->max);
			return rc;
		}
	}
	return FJ_OK;
}

enum fj_rc leg_kept(struct fj_slice kept, struct leg_file *out, struct fj_err *err)
{
	const char *p = (const char *)kept.p, *end = p + kept.len;

	while (p < end) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));
		FJ_AUTO(json) line = NULL;
		size_t n = stop == NULL ? (size_t)(end - p) : (size_t)(stop - p);
		FJ_TRY(fj_json_parse(FJ_SLICE((const uint8_t *)p, n), 2 * CARD_MAX, &line, err));
		if (json_object_set(out->rows, fj_json_peek(line, "line"), json_object_get(line, "row")) != 0)
			return fj_no_memory(err, "issuer");
		p += n + 1;
	}
	return FJ_OK;
}

/* --- template --- */

enum fj_rc leg_template(enum sheet_format format, struct fj_buf *out, struct fj_err *err)
{
	static const char *const yes_no[] = {"否", "是", NULL};
	struct sheet_column col[COLUMNS + 1 + CARD_MAX_FIELDS] = {{0}};
	FJ_AUTO(sheet_out) o = NULL;
	size_t n = 0, fields;
	const struct card_field *f = card_fields(&fields);

	for (; n < COLUMNS; n++)
		col[n] = (struct sheet_column){.title = columns[n].zh, .choices = columns[n].form == F_YES_NO ? yes_no : NULL};
	col[n++] = (struct sheet_column){.title = led_cols[LED_SECRET].zh, .choices = yes_no};
	for (size_t i = 0; i < fields; i++)
		if (card_has_column(&f[i]))
			col[n++] = (struct sheet_column){.title = f[i].zh, .choices = f[i].type == CARD_BOOL ? yes_no : NULL};
	FJ_TRY(sheet_out_new(format, "历史补录", col, n, &o, err));
	return sheet_out_finish(&o, out, err);
}
