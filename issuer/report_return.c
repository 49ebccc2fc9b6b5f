/*
 * report_return.c - figures of units that keep their own register, taken into a report.
 *
 * 167·四(二) lets a pilot name subordinate units and cities; what they count reaches the
 * report as a file: the JSON of another register's report, or a table of keys and
 * values.  It is kept apart, with its source and the file's hash, and added up beside
 * the own figures, never into them.  A report that the other register signed is verified
 * (peer.c) and marked with its signer; what is not signed is marked so.  What carries a
 * signature is verified or refused, never taken as if it had none.  Refused: a key that
 * the report does not have, a value that is no number, a file of another kind or period,
 * the unit's own figures.
 */
#include "issuer/find.h"
#include "issuer/peer.h"
#include "issuer/reporting.h"
#include "issuer/rules/rules.h"
#include "issuer/sheet/sheet.h"

#define MAX_FILE (4u << 20)
#define MAX_RETURNS 200
#define MAX_VALUE 9000000000000000 /* sums of 200 of them stay whole */

static const char *const kinds[] = {"half-year", "state-asset", NULL};
static const char *const formats[] = {"xlsx", "csv", NULL};
#define KIND {"kind", ISS_F_STR, true, 24, "报告类别", "kind of the report", kinds, "domain.md 9"}
const struct iss_field fld_report_return[] = {
	KIND,
	{"period", ISS_F_STR, true, 6, "报告期", "period: 2026H1, or a year: 2026"},
	{"source", ISS_F_STR, true, 18, "报送单位代码", "USCC of whose figures they are"},
	{"name", ISS_F_STR, true, DOM_MAX_NAME, "报送单位名称", "its name"},
	{"file", ISS_F_FILE, true, RPT_MAX_SIGNED, "报表文件", "another register's report, signed or as JSON, or CSV or XLSX of `report return-template`"},
	{"replace", ISS_F_BOOL, false, 1, "替换较新的报表", "although a newer or a signed one of this source was taken in"},
	{0},
};
const struct iss_field fld_report_template[] = {KIND, {"format", ISS_F_STR, false, 4, "格式", "format of the file, xlsx by default", formats, "domain.md 9"}, {0}};

static enum fj_rc bad(struct fj_err *err, size_t line, const char *en, const char *zh)
{
	char at_en[40] = "", at_zh[40] = "";

	if (line > 0) {
		snprintf(at_en, sizeof(at_en), "row %zu: ", line);
		snprintf(at_zh, sizeof(at_zh), "第 %zu 行：", line);
	}
	fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 9", "%s%s", at_en, en);
	fj_err_zh(err, "%s%s", at_zh, zh);
	return FJ_E_INVALID;
}

/* one figure of the report: known, a number, once */
static enum fj_rc take(const struct rpt_key *k, json_t *values, const char *key, int64_t v, size_t line, struct fj_err *err)
{
	const struct fig *f = fig_find(key);

	if (f == NULL || f->columns != NULL || !(f->reports & k->kind->figures))
		return bad(err, line, "this is no figure of the report; `fujie report return-template` prints the keys", "不是该报告的指标代码；请使用报表模板");
	if (v < 0 || v > MAX_VALUE)
		return bad(err, line, "a figure is 0 or more", "指标数值应不小于 0，且不得过大");
	if (json_object_get(values, key) != NULL)
		return bad(err, line, "this figure stands twice", "指标重复");
	return fj_json_set(values, key, json_integer((json_int_t)v));
}

/* --- JSON --- */

static bool differs(const json_t *doc, const char *key, const char *want)
{
	const char *s = fj_json_peek(doc, key);

	return s != NULL && strcmp(s, want) != 0;
}

static enum fj_rc from_doc(const struct rpt_key *k, const json_t *doc, json_t *values, struct fj_err *err)
{
	const char *key;
	json_t *v;

	if (differs(doc, "kind", k->kind->name) || differs(doc, "period", k->period))
		return bad(err, 0, "the file is a report of another kind or period", "文件的报告类别或报告期不符");
	if (!json_is_object(json_object_get(doc, "values")))
		return bad(err, 0, "the file has no \"values\": give the JSON of another register's report", "文件没有“values”；请提供其他登记系统生成的 JSON 报告");
	json_object_foreach(json_object_get(doc, "values"), key, v) {
		if (!json_is_integer(v))
			return bad(err, 0, "a figure is a whole number; amounts are in fen", "指标应为整数，金额以分为单位");
		FJ_TRY(take(k, values, key, json_integer_value(v), 0, err));
	}
	return FJ_OK;
}

/* --- a report that its register signed --- */

struct taken {
	const char *source, *name; /* of whom; a signed one says itself what the unit is called */
	const char *format;
	json_t *values, *signer;   /* signer NULL: it was not signed */
	json_t *file;              /* parsed, when it is JSON */
};

static void taken_release(struct taken *t)
{
	json_decref(t->values);
	json_decref(t->signer);
	json_decref(t->file);
}
FJ_DEFINE_AUTO(taken, struct taken, taken_release)

static enum fj_rc from_signed(struct iss_call *c, const struct rpt_key *k, struct fj_slice file, struct taken *t, struct fj_err *err)
{
	const json_t *doc = json_object_get(t->file, "document"), *unit = json_object_get(doc, "unit");

	if (!json_is_object(unit) || differs(unit, "usci", t->source))
		return bad(err, 0, "the signed report is another unit's than the source that you name", "签名报告的单位与所填报送单位不符");
	FJ_TRY(peer_verify(c, k->unit, t->source, t->file, file, &t->signer, err));
	if (fj_json_str(unit, "name", DOM_MAX_NAME, &t->name, err) != FJ_OK)
		return bad(err, 0, "the signed report names its unit by no text that this register would take: empty, too long, or with control characters", "签名报告所载单位名称为空、过长或含有控制字符");
	t->format = "signed";
	return from_doc(k, doc, t->values, err);
}

/* as `report show` gives it: the signature is there, but the file is not what was signed */
static bool shown_with_signature(const json_t *file)
{
	return fj_json_peek(json_object_get(file, "signature"), "jws") != NULL;
}

static enum fj_rc from_json(struct iss_call *c, const struct rpt_key *k, struct fj_slice file, struct taken *t, struct fj_err *err)
{
	t->format = "json";
	FJ_TRY(fj_json_parse(file, RPT_MAX_SIGNED, &t->file, err));
	if (json_is_string(json_object_get(t->file, "signature")))
		return from_signed(c, k, file, t, err);
	if (shown_with_signature(t->file))
		return bad(err, 0, "this report has a signature, which does not cover the file in this form: give the one of `report show --format signed`",
		    "该报告已签名，但此文件不是签名文件；请提供以“signed”格式导出的签名文件");
	if (file.len > MAX_FILE)
		return bad(err, 0, "the file is larger than 4 MiB", "文件超过 4 MiB");
	return from_doc(k, t->file, t->values, err);
}

/* --- tables --- */

struct table {
	const struct rpt_key *k;
	json_t *values;
	int key, value;
};

static enum fj_rc heading(void *arg, const struct sheet_row *row, bool *is, struct fj_err *err)
{
	struct table *t = arg;

	t->key = t->value = -1;
	for (size_t i = 0; i < row->n; i++) {
		FJ_AUTO(buf) name = FJ_BUF_INIT(1024);
		if (sheet_heading(row->cell[i], &name) != FJ_OK)
			continue;
		if (strcmp(fj_buf_str(&name), "指标代码") == 0 || strcmp(fj_buf_str(&name), "key") == 0)
			FJ_TRY(sheet_place(row, i, &t->key, err));
		if (strcmp(fj_buf_str(&name), "数值") == 0 || strcmp(fj_buf_str(&name), "value") == 0)
			FJ_TRY(sheet_place(row, i, &t->value, err));
	}
	*is = t->key >= 0 && t->value >= 0;
	return FJ_OK;
}

/* digits, with or without commas between them; -1: something else */
static int64_t whole(const char *s)
{
	int64_t n = 0;

	if (*s == '\0')
		return -1;
	for (; *s != '\0'; s++) {
		if (*s == ',')
			continue;
		if (*s < '0' || *s > '9' || n > MAX_VALUE)
			return -1;
		n = n * 10 + (*s - '0');
	}
	return n;
}

static const char *cell(const struct sheet_row *row, int i)
{
	return i < 0 || (size_t)i >= row->n ? "" : row->cell[i];
}

static enum fj_rc from_table(const struct rpt_key *k, struct fj_slice file, json_t *values, struct fj_err *err)
{
	FJ_AUTO(sheet) s = NULL;
	struct sheet_row row;
	struct table t = {.k = k, .values = values};
	bool more = false;

	FJ_TRY(sheet_open(file, &s, err));
	FJ_TRY(sheet_find_heading(s, heading, &t, &more, err));
	if (!more)
		return bad(err, 0, "the table has no heading with 指标代码 (key) and 数值 (value)", "表格缺少“指标代码”和“数值”列");
	for (;;) {
		FJ_TRY(sheet_next(s, &row, &more, err));
		if (!more)
			return FJ_OK;
		if (cell(&row, t.value)[0] == '\0')
			continue; /* not filled in */
		int64_t v = whole(cell(&row, t.value));
		if (v < 0)
			return bad(err, row.line, "the value is no whole number (amounts are in fen)", "数值应为整数（金额以分为单位）");
		FJ_TRY(take(k, values, cell(&row, t.key), v, row.line, err));
	}
}

/* --- taking in --- */

/* the own figures hold what units of this register below the reporting one have */
static enum fj_rc counted_here(struct iss_call *c, const struct rpt_key *k, const char *source, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row = true;

	FJ_TRY(sto_query(c->db, STO_REPORT_HOLDERS, &q, err, "t", k->unit));
	while (row) {
		FJ_TRY(sto_step(&q, &row, err));
		if (row && strcmp(sto_text(&q, 0), source) == 0)
			return fj_refuse(err, FJ_E_INVALID, "issuer", "167·四(二)", "this unit's ledger and assets are in this register: its figures are counted already", "该单位的台账和资产在本登记系统内，其指标已计入本单位指标");
	}
	return FJ_OK;
}

static enum fj_rc check_source(struct iss_call *c, const struct rpt_key *k, const char *source, struct fj_err *err)
{
	json_t *there = NULL;

	if (!iss_usci_form(source) || strcmp(source, k->unit) == 0)
		return fj_refuse(err, FJ_E_INVALID, "issuer", "167·四(二)", "a return is another organisation's, named by its unified social credit code",
		    "报表应由其他单位报送，请填写其统一社会信用代码");
	FJ_TRY(counted_here(c, k, source, err));
	FJ_TRY(rpt_returns(c->db, k, &there, err));
	size_t n = json_array_size(there);
	json_decref(there);
	if (n < MAX_RETURNS)
		return FJ_OK;
	return fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "a report takes in %d returns at most", MAX_RETURNS);
}

/* RP-…-period-unit is version 1, RP-…-period-unit-3 the third */
static long version_of(const char *report, const char *unit)
{
	const char *at = strstr(report, unit);

	return at == NULL || at[strlen(unit)] != '-' ? 1 : strtol(at + strlen(unit) + 1, NULL, 10);
}

static enum fj_rc newer(const char *source, const json_t *there, const struct taken *t, struct fj_err *err)
{
	const char *report = fj_json_text(there, "report"), *at = fj_json_text(there, "signed_at"), *now = fj_json_text(t->signer, "report"), *now_at = fj_json_text(t->signer, "signed_at");
	enum fj_rc rc;

	if (t->signer == NULL) {
		rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md 9", "of this source the signed report %s of %s was taken in, and this file has no signature; to take it all the same, say so (replace)", report, at);
		fj_err_zh(err, "已收到该单位的签名报告 %s（签名时间 %s），而此文件没有签名；确需替换的，请勾选“替换较新的报表”", report, at);
		return rc;
	}
	int order = strcmp(at, now_at); /* in UTC, of one length */
	if (order < 0 || (order == 0 && version_of(report, source) <= version_of(now, source)))
		return FJ_OK;
	rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md 9", "%s, signed %s, was taken in and is newer than this file: %s, signed %s; to go back to it, say so (replace)", report, at, now, now_at);
	fj_err_zh(err, "已收到的报告 %s（签名时间 %s）比此文件 %s（签名时间 %s）更新；确需替换的，请勾选“替换较新的报表”", report, at, now, now_at);
	return rc;
}

/* What was signed is not undone by what is older, or by what anybody could have written. */
static enum fj_rc check_newer(struct iss_call *c, const struct rpt_key *k, const struct taken *t, struct fj_err *err)
{
	json_t *list = NULL, *v;
	size_t i;

	if (json_is_true(json_object_get(c->params, "replace")))
		return FJ_OK;
	FJ_TRY(rpt_returns(c->db, k, &list, err));
	FJ_AUTO(json) there = list;
	json_array_foreach(there, i, v)
		if (strcmp(fj_json_text(v, "unit"), t->source) == 0 && json_object_get(v, "signer") != NULL)
			return newer(t->source, json_object_get(v, "signer"), t, err);
	return FJ_OK;
}

static enum fj_rc record(struct iss_call *c, const struct rpt_key *k, const struct taken *t, struct fj_slice file, struct fj_err *err)
{
	char hex[65], id[RPT_ID_CAP];
	struct fj_hash h;

	fj_sha256(file, &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	rpt_id(k, 1, id);
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O, s:O*}", "kind", k->kind->name, "period", k->period, "unit", k->unit, "source", t->source, "name", t->name,
	    "format", t->format, "sha256", hex, "values", t->values, "signer", t->signer);
	FJ_TRY(evt_append(c, "report.return-taken", id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:b, s:O*}", "kind", k->kind->name, "period", k->period, "unit", k->unit, "source", t->source, "sha256", hex, "figures",
	    (int)json_object_size(t->values), "signed", t->signer != NULL, "signer", t->signer);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_report_return(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(RPT_MAX_SIGNED + 1);
	FJ_AUTO(taken) t = {.values = json_object(), .source = fj_json_peek(c->params, "source"), .name = fj_json_peek(c->params, "name"), .format = "sheet"};
	struct rpt_key k;

	FJ_TRY(rpt_key_of(c, fj_json_peek(c->params, "kind"), &k, err));
	FJ_TRY(rpt_writer(c, &k, err));
	FJ_TRY(rpt_open(c, &k, err));
	FJ_TRY(check_source(c, &k, t.source, err));
	FJ_TRY(iss_param_file(c, "file", &file, err));
	bool json = file.len > 0 && file.data[0] == '{';
	FJ_TRY(json ? from_json(c, &k, fj_buf_slice(&file), &t, err) : from_table(&k, fj_buf_slice(&file), t.values, err));
	if (json_object_size(t.values) == 0)
		return bad(err, 0, "the file holds no figure", "文件没有任何指标");
	FJ_TRY(check_newer(c, &k, &t, err));
	return record(c, &k, &t, fj_buf_slice(&file), err);
}

enum fj_rc apply_report_return(const struct evt *e, struct fj_err *err)
{
	FJ_AUTO(buf) values = FJ_BUF_INIT(1u << 20);
	FJ_AUTO(buf) signer = FJ_BUF_INIT(65536);
	const json_t *b = e->body;

	FJ_TRY(fj_json_canonical(json_object_get(b, "values"), &values, err));
	if (json_object_get(b, "signer") != NULL)
		FJ_TRY(fj_json_canonical(json_object_get(b, "signer"), &signer, err));
	return sto_run(e->db, STO_REPORT_RETURN_SET, NULL, err, "ttttt" "ttt" "tti", fj_json_text(b, "kind"), fj_json_text(b, "period"), fj_json_text(b, "unit"), fj_json_text(b, "source"),
	    fj_json_text(b, "name"), fj_json_text(b, "format"), fj_json_text(b, "sha256"), fj_buf_str(&values), fj_buf_str(&signer), e->actor, (int64_t)e->at);
}

enum fj_rc rpt_returns(struct sto *db, const struct rpt_key *k, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_REPORT_RETURNS, &q, err, "ttt", k->kind->name, k->period, k->unit));
	for (;;) {
		FJ_AUTO(json) values = NULL;
		FJ_AUTO(json) signer = NULL;
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 4)), 1u << 20, &values, err));
		if (sto_text(&q, 5)[0] != '\0')
			FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 5)), 65536, &signer, err));
		if (json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:O, s:b, s:O*}", "unit", sto_text(&q, 0), "name", sto_text(&q, 1), "format", sto_text(&q, 2), "sha256",
		    sto_text(&q, 3), "values", values, "signed", signer != NULL, "signer", signer)) != 0)
			return fj_no_memory(err, "issuer");
	}
	*out = fj_move(list);
	return FJ_OK;
}

/* --- the template --- */

enum fj_rc cmd_report_template(struct iss_call *c, struct fj_err *err)
{
	static const struct sheet_column columns[] = {{"指标代码", NULL, 34}, {"指标", NULL, 30}, {"数值", NULL, 16}, {"计量单位", NULL, 10}, {"计数口径", NULL, 60}};
	const char *format = fj_json_peek(c->params, "format");
	bool csv = format != NULL && strcmp(format, "csv") == 0;
	const struct rpt_kind *kind = NULL;
	FJ_AUTO(sheet_out) out = NULL;
	FJ_AUTO(buf) file = FJ_BUF_INIT(MAX_FILE);

	FJ_TRY(rpt_kind_find(fj_json_peek(c->params, "kind"), &kind, err));
	FJ_TRY(sheet_out_new(csv ? SHEET_CSV : SHEET_XLSX, "报表", columns, FJ_ARRAY_LEN(columns), &out, err));
	for (size_t i = 0; i < fig_count(); i++) {
		const struct fig *f = &fig_table[i];
		const char *const cells[] = {f->key, f->zh, "", f->unit == FIG_UNIT_FEN ? "分" : "个", f->how_zh};
		if (f->columns == NULL && (f->reports & kind->figures))
			FJ_TRY(sheet_out_row(out, cells, err));
	}
	FJ_TRY(sheet_out_finish(&out, &file, err));
	return fnd_file(c, csv ? "return.csv" : "return.xlsx", rep_type(csv ? REP_CSV : REP_XLSX), &file, err);
}
