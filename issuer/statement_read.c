/*
 * statement_read.c - rows of bank statements, invoice lists and 缴款书 files.
 *
 * Every bank calls its columns otherwise: a heading is one of those below, in Chinese or
 * English, or what the caller says it means.  An amount stands in one column with a
 * direction, or in two.  A row is known again by its own number, where it has one, else
 * by all that it says and how often the file has said that already, so that the same
 * statement, or one that overlaps it, brings nothing twice.  Faulty rows are set aside
 * with row and column.
 */
#include "issuer/revenue.h"
#include "issuer/sheet/sheet.h"

#define MAX_TOLD 1000

const char *const st_kinds[] = {"BANK", "INVOICE", "SLIP", NULL};

enum field { F_NUMBER, F_DAY, F_AMOUNT, F_IN, F_OUT, F_DIRECTION, F_TAX, F_CODE, F_NAME, F_SUBJECT, F_RECEIPT, F_REFERENCE, FIELDS };
static const struct {
	const char *key;
	const char *titles[8];
} fields[FIELDS] = {
	[F_NUMBER] = {"number", {"交易流水号", "流水号", "发票号码", "缴款书号", "缴款书号码", "票据号码", NULL}},
	[F_DAY] = {"day", {"交易日期", "日期", "开票日期", "缴款日期", "记账日期", NULL}},
	[F_AMOUNT] = {"amount", {"金额", "交易金额", "价税合计", "缴款金额", "发生额", NULL}},
	[F_IN] = {"in", {"收入金额", "贷方发生额", "贷方金额", NULL}},
	[F_OUT] = {"out", {"支出金额", "借方发生额", "借方金额", NULL}},
	[F_DIRECTION] = {"direction", {"借贷标志", "收支方向", "收支", "借贷", "借贷方向", "收付标志", "收付方向", NULL}},
	[F_TAX] = {"tax", {"税额", NULL}},
	[F_CODE] = {"counterparty", {"对方代码", "对方统一社会信用代码", "购买方识别号", "购买方统一社会信用代码", "缴款单位代码", "执收单位代码", NULL}},
	[F_NAME] = {"counterparty_name", {"对方户名", "对方名称", "购买方名称", "缴款人", "缴款单位", NULL}},
	[F_SUBJECT] = {"subject", {"收入科目", "收入科目代码", "预算科目", "预算科目编码", NULL}},
	[F_RECEIPT] = {"receipt", {"国库回单号", "回单号", NULL}},
	[F_REFERENCE] = {"reference", {"摘要", "附言", "用途", "备注", NULL}},
};

struct reading {
	struct st_read *in;
	int of[FIELDS]; /* cells, from 0; -1 absent */
	json_t *seen;   /* how often the file has said this */
};

static enum fj_rc bad(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 4.11", en, zh);
}

enum fj_rc st_kind_of(const char *word, enum st_kind *out, struct fj_err *err)
{
	for (int k = 0; k < ST_KINDS; k++)
		if (strcmp(st_kinds[k], word) == 0) {
			*out = (enum st_kind)k;
			return FJ_OK;
		}
	return bad(err, "the kind is BANK, INVOICE or SLIP", "文件类别应为 BANK（银行流水）、INVOICE（发票）或 SLIP（缴款书）");
}

/* --- the heading --- */

static bool same_heading(const char *a, const char *b)
{
	FJ_AUTO(buf) x = FJ_BUF_INIT(4096);
	FJ_AUTO(buf) y = FJ_BUF_INIT(4096);

	return sheet_heading(a, &x) == FJ_OK && sheet_heading(b, &y) == FJ_OK && x.len > 0 && strcmp(fj_buf_str(&x), fj_buf_str(&y)) == 0;
}

static int field_named(const char *key)
{
	for (int f = 0; f < FIELDS; f++)
		if (strcmp(fields[f].key, key) == 0)
			return f;
	return -1;
}

static int field_of(const struct st_read *in, const char *title)
{
	const char *own;
	json_t *v;

	if (in->mapping != NULL)
		json_object_foreach((json_t *)(uintptr_t)in->mapping, own, v)
			if (same_heading(own, title))
				return field_named(json_string_value(v));
	for (int f = 0; f < FIELDS; f++) {
		if (same_heading(fields[f].key, title))
			return f;
		for (int i = 0; fields[f].titles[i] != NULL; i++)
			if (same_heading(fields[f].titles[i], title))
				return f;
	}
	return -1;
}

static enum fj_rc check_mapping(const json_t *mapping, struct fj_err *err)
{
	const char *key;
	json_t *v;

	if (mapping == NULL)
		return FJ_OK;
	if (!json_is_object(mapping) || json_object_size(mapping) > 50)
		return bad(err, "the mapping is {heading: field}", "列对应关系应为 {列名: 字段}");
	json_object_foreach((json_t *)(uintptr_t)mapping, key, v)
		if (!json_is_string(v) || field_named(json_string_value(v)) < 0)
			return bad(err, "the mapping names a field that there is not: number, day, amount, in, out, direction, tax, counterparty, counterparty_name, subject, receipt, reference",
			    "列对应关系含未知字段；可用：number、day、amount、in、out、direction、tax、counterparty、counterparty_name、subject、receipt、reference");
	return FJ_OK;
}

static enum fj_rc read_heading(void *arg, const struct sheet_row *row, bool *is, struct fj_err *err)
{
	struct reading *r = arg;

	memset(r->of, 0xff, sizeof(r->of));
	for (size_t i = 0; i < row->n; i++) {
		int f = field_of(r->in, row->cell[i]);
		if (f >= 0)
			FJ_TRY(sheet_place(row, i, &r->of[f], err));
	}
	*is = r->of[F_DAY] >= 0 && (r->of[F_AMOUNT] >= 0 || r->of[F_IN] >= 0 || r->of[F_OUT] >= 0) && (r->in->kind == ST_BANK || r->of[F_NUMBER] >= 0);
	return FJ_OK;
}

/* --- a row --- */

static const char *cell(const struct reading *r, const struct sheet_row *row, enum field f)
{
	return r->of[f] < 0 || (size_t)r->of[f] >= row->n ? "" : row->cell[r->of[f]];
}

static enum fj_rc money(const struct reading *r, const struct sheet_row *row, enum field f, int64_t *out, int *column, struct fj_err *err)
{
	const char *s = cell(r, row, f);

	if (!iss_said(s)) {
		*out = 0;
		return FJ_OK;
	}
	*column = r->of[f];
	return shr_yuan(s, out) ? FJ_OK : bad(err, "is no amount in yuan with two decimals at most", "应为金额（元），至多两位小数");
}

static const char *const outs[] = {"借", "支", "支出", "付", "付款", "D", "OUT", "出", NULL}, *const ins[] = {"贷", "收", "收入", "收款", "C", "IN", "入", NULL};

/* a column that says which way money went, under a heading that nobody knows */
static bool unknown_direction(const struct reading *r, const struct sheet_row *row)
{
	for (size_t i = 0; i < row->n; i++) {
		bool ours = false;
		for (int f = 0; f < FIELDS; f++)
			ours = ours || r->of[f] == (int)i;
		if (!ours && (fj_among(row->cell[i], outs) || fj_among(row->cell[i], ins)))
			return true;
	}
	return false;
}

/* which way the amount of one column went: what nobody says is not taken for income */
static enum fj_rc read_direction(const struct reading *r, const struct sheet_row *row, int64_t *fen, const char **direction, int *column, struct fj_err *err)
{
	const char *way = cell(r, row, F_DIRECTION);

	if (iss_said(way)) {
		*column = r->of[F_DIRECTION];
		if (!fj_among(way, outs) && !fj_among(way, ins))
			return bad(err, "the direction is 收 or 支, 贷 or 借, IN or OUT", "收支方向应为收、支（贷、借）");
		*direction = fj_among(way, outs) ? "OUT" : "IN";
		return FJ_OK;
	}
	if (r->in->kind != ST_BANK)
		return FJ_OK;
	if (*fen < 0) { /* signed */
		*fen = -*fen;
		*direction = "OUT";
		return FJ_OK;
	}
	return r->of[F_DIRECTION] < 0 && !unknown_direction(r, row) ? FJ_OK
	    : bad(err, "it is not said whether this came in or went out; give the direction, or say which column has it (mapping)", "未说明收支方向；请填写收支方向，或用 mapping 指明方向列");
}

/* amount and direction: of a statement either way; an invoice and a payment slip only come in */
static enum fj_rc read_amount(const struct reading *r, const struct sheet_row *row, int64_t *fen, const char **direction, int *column, struct fj_err *err)
{
	int64_t in = 0, out = 0;

	*direction = "IN";
	FJ_TRY(money(r, row, F_AMOUNT, fen, column, err));
	FJ_TRY(money(r, row, F_IN, &in, column, err));
	FJ_TRY(money(r, row, F_OUT, &out, column, err));
	if (r->of[F_AMOUNT] < 0 || (r->of[F_DIRECTION] < 0 && (in != 0 || out != 0))) {
		if ((in != 0) == (out != 0))
			return bad(err, "either the amount that came in or the one that went out is given", "收入金额与支出金额应填且只填一项");
		*fen = in != 0 ? in : out;
		*direction = in != 0 ? "IN" : "OUT";
	} else
		FJ_TRY(read_direction(r, row, fen, direction, column, err));
	return *fen > 0 ? FJ_OK : bad(err, "an amount is more than 0", "金额应大于 0");
}

static enum fj_rc read_day(const char *s, char out[11], struct fj_err *err)
{
	char iso[11];
	fj_time t;

	if (strlen(s) == 8 && strspn(s, "0123456789") == 8)
		snprintf(iso, sizeof(iso), "%.4s-%.2s-%.2s", s, s + 4, s + 6);
	else
		snprintf(iso, sizeof(iso), "%.10s", s);
	for (char *p = iso; *p != '\0'; p++)
		if (*p == '/' || *p == '.')
			*p = '-';
	if (fj_date_parse(iso, &t, NULL) != FJ_OK)
		return bad(err, "is no day such as 2026-03-16 or 20260316", "日期应形如 2026-03-16 或 20260316");
	return fj_strcopy(out, 11, iso);
}

/* texts that are kept: short, in NFKC, trimmed */
static enum fj_rc put_text(json_t *o, const char *key, const char *s, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(4 * SHEET_MAX_CELL);

	enum fj_rc rc = sheet_key(s, &text);
	if (rc == FJ_E_NOMEM)
		return fj_no_memory(err, "issuer");
	if (rc != FJ_OK || fj_utf8_count(fj_buf_str(&text)) > ST_MAX_TEXT)
		return bad(err, "the text is longer than 120 characters", "文本超过 120 字");
	return fj_json_set(o, key, json_string(fj_buf_str(&text))) == FJ_OK ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc put_texts(const struct reading *r, const struct sheet_row *row, json_t *o, int *column, struct fj_err *err)
{
	static const struct {
		const char *key;
		enum field f;
	} texts[] = {{"number", F_NUMBER}, {"counterparty", F_CODE}, {"counterparty_name", F_NAME}, {"subject", F_SUBJECT}, {"receipt", F_RECEIPT}, {"reference", F_REFERENCE}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(texts); i++) {
		*column = r->of[texts[i].f];
		FJ_TRY(put_text(o, texts[i].key, cell(r, row, texts[i].f), err));
	}
	*column = r->of[F_CODE];
	const char *code = fj_json_text(o, "counterparty");
	if (code[0] != '\0' && !iss_usci_form(code))
		return bad(err, "is no unified social credit code", "不是统一社会信用代码");
	*column = r->of[F_NUMBER];
	if (r->in->kind != ST_BANK && fj_json_text(o, "number")[0] == '\0')
		return bad(err, "the row has no number", "缺少号码");
	return FJ_OK;
}

/* its id: of kind, owner and its number; without one of all that it says, and how often that came before */
static enum fj_rc identify(struct reading *r, json_t *o, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);
	FJ_AUTO(json) before = NULL;
	const char *number = fj_json_text(o, "number");
	struct fj_hash h;
	char id[40] = "SR-";

	FJ_TRY(fj_buf_printf(&text, "%s %s ", st_kinds[r->in->kind], r->in->owner));
	if (number[0] != '\0')
		FJ_TRY(fj_buf_puts(&text, number));
	else
		FJ_TRY(fj_json_canonical(o, &text, err));
	before = json_incref(json_object_get(r->seen, fj_buf_str(&text)));
	json_int_t times = json_integer_value(before);
	if (number[0] != '\0' && times > 0)
		return bad(err, "the number stands in two rows of this file", "号码在文件中出现两次");
	if (fj_json_set(r->seen, fj_buf_str(&text), json_integer(times + 1)) != FJ_OK)
		return fj_no_memory(err, "issuer");
	FJ_TRY(fj_buf_printf(&text, " %lld", (long long)times));
	fj_sha256(fj_buf_slice(&text), &h);
	fj_hex(h.b, 10, id + 3);
	return fj_json_set(o, "id", json_string(id)) == FJ_OK ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc read_row(struct reading *r, const struct sheet_row *row, json_t **out, int *column, struct fj_err *err)
{
	FJ_AUTO(json) o = json_object();
	const char *direction;
	int64_t fen = 0, tax = 0;
	char day[11];

	*column = r->of[F_DAY];
	FJ_TRY(read_day(cell(r, row, F_DAY), day, err));
	*column = r->of[F_AMOUNT] >= 0 ? r->of[F_AMOUNT] : r->of[F_IN];
	FJ_TRY(read_amount(r, row, &fen, &direction, column, err));
	FJ_TRY(money(r, row, F_TAX, &tax, column, err));
	if (!iss_said(cell(r, row, F_TAX)))
		tax = -1;
	FJ_AUTO(json) base = json_pack("{s:s, s:s, s:I, s:I}", "day", day, "direction", direction, "amount_fen", (json_int_t)fen, "tax_fen", (json_int_t)tax);
	if (o == NULL || base == NULL || json_object_update(o, base) != 0)
		return fj_no_memory(err, "issuer");
	FJ_TRY(put_texts(r, row, o, column, err));
	FJ_TRY(identify(r, o, err));
	FJ_TRY(fj_json_set(o, "line", json_integer((json_int_t)row->line)));
	*out = fj_move(o);
	return FJ_OK;
}

/* --- the file --- */

static enum fj_rc add_fault(struct reading *r, size_t line, int column, const struct fj_err *why, struct fj_err *err)
{
	r->in->n_faults++;
	if (json_array_size(r->in->faults) >= MAX_TOLD)
		return FJ_OK;
	json_t *o = fj_err_json(why);
	json_object_set_new(o, "line", json_integer((json_int_t)line));
	json_object_set_new(o, "column", json_integer(column));
	return json_array_append_new(r->in->faults, o) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc take_row(void *arg, const struct sheet_row *row, const struct fj_err *broken, struct fj_err *err)
{
	struct reading *r = arg;
	struct fj_err why = {0};
	json_t *o = NULL;
	int column = 0;

	if (broken != NULL)
		return add_fault(r, row->line, (int)row->column, broken, err);
	enum fj_rc rc = read_row(r, row, &o, &column, &why);
	if (rc == FJ_OK)
		return json_array_append_new(r->in->rows, o) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
	if (fj_rc_exit(rc) == 3) {
		*err = why;
		return rc;
	}
	return add_fault(r, row->line, column + 1, &why, err);
}

enum fj_rc st_read_file(struct st_read *in, struct fj_slice file, struct fj_err *err)
{
	FJ_AUTO(sheet) s = NULL;
	FJ_AUTO(json) seen = json_object();
	struct reading r = {.in = in, .seen = seen};
	bool found;

	FJ_TRY(check_mapping(in->mapping, err));
	FJ_TRY(sheet_open(file, &s, err));
	in->format = sheet_encoding(s);
	FJ_TRY(sheet_find_heading(s, read_heading, &r, &found, err));
	if (!found)
		return bad(err, "no heading with a day and an amount (and for invoices and payment slips a number) in the first ten rows; say what the columns mean (mapping)",
		    "前十行中没有含日期和金额（发票、缴款书还应含号码）的标题行；可用 mapping 说明各列含义");
	return sheet_rows(s, ST_MAX_ROWS, NULL, take_row, &r, &in->read, err);
}
