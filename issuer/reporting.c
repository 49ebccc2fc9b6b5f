/*
 * reporting.c - the kinds of reports, their periods, and the document of a draft.
 *
 * All kinds are one machine: a row says which figures a report has, whose it is and
 * what it rests on.  A document holds nothing that changes from one asking to the
 * next: the same events and texts give the same octets, so its hash says that two
 * people see the same report.
 */
#include "issuer/reporting.h"

#include "issuer/profile.h"

const struct rpt_kind rpt_kinds[] = {
	{"half-year", "HY", FIG_HALF_YEAR, true, false, "unit", ISS_FINANCE | ISS_SUPERIOR | ISS_HOLDER, "数据资产全过程管理试点半年报告", "Half-year pilot report", "167·四(一)", "财资〔2024〕167号《数据资产全过程管理试点方案》四（一）",
	    "report.due_h1", "report.due_h2"},
	{"state-asset", "SA", FIG_STATE_ASSETS, false, false, "holder", ISS_FINANCE, "国有资产报告（数据资产部分）", "State-owned asset report, data assets", "167·三(二)", "财资〔2024〕167号《数据资产全过程管理试点方案》三（二）",
	    "report.due_state_asset", NULL},
	{"implementer-disclosure", "ID", FIG_IMPLEMENTER, false, true, NULL, ISS_IMPLEMENTER, "公共数据资源授权运营信息披露（实施机构）", "Disclosure by the implementing institution", "27号 art. 18", "发改数据规〔2025〕27号《公共数据资源授权运营实施规范（试行）》第十八条",
	    "report.due_disclosure", NULL},
	{"operator-disclosure", "OD", FIG_OPERATOR, false, true, NULL, ISS_OPERATOR, "公共数据资源授权运营信息披露（运营机构）", "Disclosure by the operator", "27号 art. 19",
	    "发改数据规〔2025〕27号《公共数据资源授权运营实施规范（试行）》第十九条", "report.due_disclosure", NULL},
	{"operator-year", "OY", FIG_OPERATOR_YEAR, false, true, NULL, ISS_OPERATOR, "公共数据资源授权运营年度报告", "Operator's yearly report", "65号 五", "发改价格〔2025〕65号 五",
	    "report.due_disclosure", NULL},
};

const struct rpt_section rpt_sections[] = {
	{"summary", "总体情况", FIG_HALF_YEAR | FIG_STATE_ASSETS | FIG_OPERATOR_YEAR, true},
	{"pilot_plan", "试点方案、负责人和联系人", FIG_HALF_YEAR, true},
	{"self", "本单位基本情况", FIG_IMPLEMENTER | FIG_OPERATOR | FIG_OPERATOR_YEAR, true},
	{"data_use", "数据使用情况", FIG_OPERATOR, false},
	{"fee_caps", "收费上限标准", FIG_IMPLEMENTER, false},
	{"fees", "实际收费标准", FIG_OPERATOR | FIG_OPERATOR_YEAR, false},
	{"accounts", "成本、收入和利润", FIG_OPERATOR_YEAR, false},
	{"deviation", "与最高准许收入的偏离和收费调整", FIG_OPERATOR_YEAR, false},
	{"rules", "制度建设", FIG_HALF_YEAR, false},
	{"cases", "典型案例", FIG_HALF_YEAR, false},
	{"risks", "风险防控情况说明", FIG_HALF_YEAR, false},
	{"problems", "存在的问题", FIG_HALF_YEAR | FIG_STATE_ASSETS | FIG_OPERATOR_YEAR, false},
	{"corrected", "问题整改", FIG_STATE_ASSETS, false},
	{"proposals", "意见建议和下一步安排", FIG_HALF_YEAR, false},
	{NULL, NULL, 0, false},
};

size_t rpt_kind_count(void)
{
	return FJ_ARRAY_LEN(rpt_kinds);
}

enum fj_rc rpt_kind_find(const char *name, const struct rpt_kind **out, struct fj_err *err)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(rpt_kinds); i++)
		if (strcmp(rpt_kinds[i].name, name) == 0) {
			*out = &rpt_kinds[i];
			return FJ_OK;
		}
	return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 9", "a report is half-year, state-asset, implementer-disclosure, operator-disclosure or operator-year",
	    "报告类别应为 half-year、state-asset、implementer-disclosure、operator-disclosure 或 operator-year");
}

/* --- periods --- */

enum fj_rc rpt_period(const struct rpt_kind *kind, const char *text, struct rpt_key *out, struct fj_err *err)
{
	size_t n = strlen(text);
	bool form = n >= 4 && strspn(text, "0123456789") == 4 && text[0] == '2' && (kind->half ? n == 6 && text[4] == 'H' && (text[5] == '1' || text[5] == '2') : n == 4);

	if (!form) {
		enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 9", kind->half ? "the period is a half-year, such as 2026H1" : "the period is a year, such as 2026");
		fj_err_zh(err, kind->half ? "报告期应为半年，如 2026H1" : "报告期应为年度，如 2026");
		return rc;
	}
	int year = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0');
	bool second = kind->half && text[5] == '2', to_july = kind->half && !second;
	out->kind = kind;
	out->from = fj_time_of((struct fj_date){year, second ? 7 : 1, 1}, 0, 0, 0, FJ_CHINA_OFFSET);
	out->to = fj_time_of((struct fj_date){to_july ? year : year + 1, to_july ? 7 : 1, 1}, 0, 0, 0, FJ_CHINA_OFFSET);
	return fj_strcopy(out->period, sizeof(out->period), text);
}

void rpt_period_name(const struct rpt_key *k, char out[48])
{
	snprintf(out, 48, k->kind->half ? "%.4s年%s" : "%.4s年度", k->period, k->period[4] == '\0' ? "" : k->period[5] == '1' ? "上半年" : "下半年");
}

void rpt_id(const struct rpt_key *k, int64_t version, char out[RPT_ID_CAP])
{
	char behind[16] = "";

	if (version > 1)
		snprintf(behind, sizeof(behind), "-%d", (int)version);
	snprintf(out, RPT_ID_CAP, "RP-%.2s-%.6s-%.18s%s", k->kind->code, k->period, k->unit, behind);
}

/* what an id says: kind, period, unit; false: it is none of a report */
static bool read_id(const char *id, struct rpt_key *k)
{
	const struct rpt_kind *kind = NULL;
	char period[8] = "";

	memset(k, 0, sizeof(*k));
	for (size_t i = 0; strlen(id) > 10 && i < FJ_ARRAY_LEN(rpt_kinds); i++)
		if (strncmp(id, "RP-", 3) == 0 && strncmp(id + 3, rpt_kinds[i].code, 2) == 0)
			kind = &rpt_kinds[i];
	if (kind == NULL)
		return false;
	size_t n = kind->half ? 6 : 4;
	snprintf(period, sizeof(period), "%.*s", (int)n, id + 6);
	snprintf(k->unit, sizeof(k->unit), "%.18s", strlen(id) > 7 + n ? id + 7 + n : "");
	return rpt_period(kind, period, k, NULL) == FJ_OK;
}

void rpt_title(const char *id, char zh[160], char en[160])
{
	struct rpt_key k;
	char name[48];

	snprintf(zh, 160, "%.60s", id);
	snprintf(en, 160, "%.60s", id);
	if (!read_id(id, &k))
		return;
	rpt_period_name(&k, name);
	snprintf(zh, 160, "%s %.80s", name, k.kind->zh);
	snprintf(en, 160, "%.80s, %s", k.kind->en, k.period);
}

bool iss_report_of(const char *id, const char **kind, char period[8], char unit[19])
{
	struct rpt_key k;

	if (!read_id(id, &k))
		return false;
	*kind = k.kind->name;
	memcpy(period, k.period, sizeof(k.period));
	memcpy(unit, k.unit, sizeof(k.unit));
	return true;
}

enum fj_rc rpt_due(struct iss_call *c, const char *finance, const struct rpt_key *k, fj_time *out, struct fj_err *err)
{
	bool second = k->kind->half && k->period[5] == '2';
	struct fj_date end = fj_date_of(k->to, FJ_CHINA_OFFSET); /* the first day after the period */
	int64_t day;

	FJ_TRY(prf_int(c, finance, second ? k->kind->due_key2 : k->kind->due_key, &day, err));
	*out = fj_time_of((struct fj_date){end.y, (int)(day / 100), (int)(day % 100)}, 0, 0, 0, FJ_CHINA_OFFSET);
	return FJ_OK;
}

/* --- parts of a document --- */

enum fj_rc rpt_hash(const json_t *doc, char hex[65], struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(RPT_MAX_DOC);
	struct fj_hash h;

	if (fj_json_canonical(doc, &text, err) != FJ_OK) {
		enum fj_rc rc = fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "the report is larger than %u MiB; ask for one unit at a time", RPT_MAX_DOC >> 20);
		fj_err_zh(err, "报告超过 %u MiB；请按单位分别生成", RPT_MAX_DOC >> 20);
		return rc;
	}
	fj_sha256(fj_buf_slice(&text), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	return FJ_OK;
}

static json_t *counted(const struct fig *f)
{
	return json_pack("{s:s, s:s}", "zh", f->how_zh, "en", f->how_en);
}

static json_t *section_of(const struct fig *f)
{
	const char *zh, *en;

	fig_section_names(f->section, &zh, &en);
	return json_string(zh);
}

/* every figure with its value, its name and how it is counted; amounts apart from counts */
static json_t *explained(const json_t *values, enum fig_unit unit)
{
	json_t *list = json_array();

	for (size_t i = 0; i < fig_count(); i++) {
		const struct fig *f = &fig_table[i];
		const json_t *v = json_object_get(values, f->key);
		if (v != NULL && f->columns == NULL && f->unit == unit)
			json_array_append_new(list, json_pack("{s:s, s:o, s:s, s:s, s:O, s:o}", "key", f->key, "section", section_of(f), "zh", f->zh, "en", f->en,
			    unit == FIG_UNIT_FEN ? "value_fen" : "value", v, "counted", counted(f)));
	}
	return list;
}

static json_t *listed(const json_t *lists)
{
	json_t *out = json_array();

	for (size_t i = 0; i < fig_count(); i++) {
		const struct fig *f = &fig_table[i];
		const json_t *rows = json_object_get(lists, f->key);
		if (rows != NULL)
			json_array_append_new(out, json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:O}", "key", f->key, "section", section_of(f), "zh", f->zh, "en", f->en,
			    "counted", counted(f), "columns", fig_columns(f), "rows", rows));
	}
	return out;
}

static enum fj_rc texts_of(struct sto *db, const struct rpt_key *k, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) texts = json_object();
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_REPORT_TEXTS, &q, err, "ttt", k->kind->name, k->period, k->unit));
	for (;;) {
		json_t *list = NULL;
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 1)), RPT_MAX_DOC, &list, err));
		FJ_AUTO(json) owned = list;
		if (json_array_size(list) > 0 && json_object_set(texts, sto_text(&q, 0), list) != 0) /* an empty one was taken away */
			return fj_no_memory(err, "issuer");
	}
	*out = fj_move(texts);
	return FJ_OK;
}

/* the main figures of each unit beside the others */
static enum fj_rc side_by_side(struct sto *db, const struct rpt_key *k, const struct fig_of *of, json_t *out, struct fj_err *err)
{
	bool holders = strcmp(k->kind->by, "holder") == 0;
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(holders ? sto_query(db, STO_REPORT_HOLDERS, &q, err, "t", k->unit) : sto_query(db, STO_REPORT_UNITS, &q, err, ""));
	for (;;) {
		FJ_AUTO(json) values = NULL;
		char unit[20];
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		snprintf(unit, sizeof(unit), "%s%.18s", holders || sto_int(&q, 2) == 0 ? "=" : "", sto_text(&q, 0));
		struct fig_of one = *of;
		one.unit = unit;
		one.report |= FIG_MAIN;
		FJ_TRY(fig_values(db, &one, &values, err));
		if (json_array_append_new(out, json_pack("{s:s, s:s, s:b, s:O}", "usci", sto_text(&q, 0), "name", sto_text(&q, 1), "pilot", (int)sto_int(&q, 2), "values", values)) != 0)
			return fj_no_memory(err, "issuer");
	}
}

/* own figures and those of the returns, added up: what is counted by distinct values may count twice */
static json_t *added_up(const json_t *values, const json_t *returns)
{
	json_t *sum = json_deep_copy(values), *r, *v;
	const char *key;
	size_t i;

	json_array_foreach(returns, i, r)
		json_object_foreach(json_object_get(r, "values"), key, v)
			if (json_object_get(sum, key) != NULL)
				json_object_set_new(sum, key, json_integer(fj_json_num(sum, key) + json_integer_value(v)));
	return sum;
}

/* every figure that both reports have */
static json_t *differences(const json_t *before, const json_t *now)
{
	json_t *list = json_array(), *v;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)now, key, v) {
		const struct fig *f = fig_find(key);
		bool fen = f != NULL && f->unit == FIG_UNIT_FEN;
		json_int_t was = fj_json_num(before, key), is = json_integer_value(v);
		if (f != NULL && json_object_get(before, key) != NULL)
			json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I, s:I}", "key", key, "zh", f->zh, fen ? "before_fen" : "before", was, fen ? "now_fen" : "now", is,
			    fen ? "change_fen" : "change", is - was));
	}
	return list;
}

static enum fj_rc compare(struct sto *db, const struct rpt_key *k, json_t *doc, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) old = NULL;
	bool row;

	FJ_TRY(fj_json_set(doc, "previous", json_null()));
	FJ_TRY(fj_json_set(doc, "difference", json_array()));
	if (k->unit[0] == '\0')
		return FJ_OK;
	FJ_TRY(sto_query(db, STO_REPORT_BEFORE, &q, err, "ttt", k->kind->name, k->unit, k->period));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 6)), RPT_MAX_DOC, &old, err));
	FJ_TRY(fj_json_set(doc, "previous", json_pack("{s:s, s:s, s:s}", "id", sto_text(&q, 0), "period", sto_text(&q, 2), "sha256", sto_text(&q, 7))));
	return fj_json_set(doc, "difference", differences(json_object_get(old, "values"), json_object_get(doc, "values")));
}

/* --- the document --- */

static enum fj_rc unit_json(struct sto *db, const struct rpt_key *k, json_t **out, struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};

	*out = json_null();
	if (k->unit[0] == '\0')
		return FJ_OK;
	FJ_TRY(dom_org_get(db, k->unit, &o, err));
	*out = json_pack("{s:s, s:s}", "usci", o.usci, "name", o.name);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc count_all(struct iss_call *c, const struct rpt_key *k, fj_time upto, json_t *doc, struct fj_err *err)
{
	FJ_AUTO(fig_past) past = {.own = false};
	FJ_AUTO(json) units = json_array();
	struct fig_of of = {.report = k->kind->figures, .from = k->from, .to = upto, .unit = k->unit};
	json_t *values = NULL, *lists = NULL;

	FJ_TRY(fig_past(c, k->from, upto, &past, err));
	FJ_TRY(fig_values(past.db, &of, &values, err));
	FJ_TRY(fj_json_set(doc, "values", values));
	FJ_TRY(fig_lists(past.db, &of, &lists, err));
	FJ_AUTO(json) owned = lists;
	if (k->kind->by != NULL && (k->unit[0] == '\0' || strcmp(k->kind->by, "holder") == 0))
		FJ_TRY(side_by_side(past.db, k, &of, units, err));
	FJ_TRY(fj_json_set(doc, "figures", explained(values, FIG_UNIT_COUNT)));
	FJ_TRY(fj_json_set(doc, "amounts", explained(values, FIG_UNIT_FEN)));
	FJ_TRY(fj_json_set(doc, "lists", listed(owned)));
	return fj_json_set(doc, "units", json_incref(units));
}

/* what was locked: the figures alone, whatever is written around them */
static enum fj_rc seal(json_t *doc, struct fj_err *err)
{
	FJ_AUTO(json) part = json_pack("{s:O, s:O, s:O, s:O, s:O, s:O}", "kind", json_object_get(doc, "kind"), "period", json_object_get(doc, "period"), "unit",
	    json_object_get(doc, "unit"), "values", json_object_get(doc, "values"), "lists", json_object_get(doc, "lists"), "units", json_object_get(doc, "units"));
	char hex[65];

	FJ_TRY(rpt_hash(part, hex, err));
	return fj_json_set(doc, "figures_sha256", json_string(hex));
}

enum fj_rc rpt_draft(struct iss_call *c, const struct rpt_key *k, fj_time upto, json_t **out, struct fj_err *err)
{
	char from[FJ_TIME_CAP], to[FJ_TIME_CAP], name[48];
	json_t *unit = NULL, *texts = NULL, *returns = NULL;

	FJ_TRY(unit_json(c->db, k, &unit, err));
	fj_date_china(k->from, from);
	fj_date_china(k->to - 1, to);
	rpt_period_name(k, name);
	FJ_AUTO(json) doc = json_pack("{s:s, s:{s:s, s:s}, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "kind", k->kind->name, "name", "zh", k->kind->zh, "en", k->kind->en, "clause", k->kind->basis,
	    "document", k->kind->basis_zh, "period", k->period, "period_name", name, "from", from, "to", to, "unit", unit);
	if (doc == NULL)
		return fj_no_memory(err, "issuer");
	FJ_TRY(count_all(c, k, upto, doc, err));
	FJ_TRY(texts_of(c->db, k, &texts, err));
	FJ_TRY(fj_json_set(doc, "texts", texts));
	FJ_TRY(rpt_returns(c->db, k, &returns, err));
	FJ_TRY(fj_json_set(doc, "returns", returns));
	if (json_array_size(returns) > 0)
		FJ_TRY(fj_json_set(doc, "consolidated", added_up(json_object_get(doc, "values"), returns)));
	FJ_TRY(compare(c->db, k, doc, err));
	FJ_TRY(seal(doc, err));
	*out = fj_move(doc);
	return FJ_OK;
}

enum fj_rc rpt_stored(struct sto *db, const struct sto_q *q, json_t **out, struct fj_err *err)
{
	json_t *doc = NULL, *signature = NULL;
	char at[FJ_TIME_CAP];

	FJ_TRY(rpt_signature(db, sto_text(q, 0), sto_text(q, 5), &signature, err));
	FJ_AUTO(json) made = signature;
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(q, 6)), RPT_MAX_DOC, &doc, err));
	fj_time_utc(sto_int(q, 9), at);
	FJ_AUTO(json) more = json_pack("{s:O, s:s, s:s, s:b, s:I, s:s, s:s, s:s}", "signature", made, "id", sto_text(q, 0), "state", sto_text(q, 5), "draft", strcmp(sto_text(q, 5), "FIXED") != 0, "version",
	    (json_int_t)sto_int(q, 4), "sha256", sto_text(q, 7), "submitted_at", at, "fixed_under", sto_text(q, 11));
	int bad = more == NULL || json_object_update(doc, more) != 0;
	if (!bad && sto_int(q, 10) > 0) {
		fj_time_utc(sto_int(q, 10), at);
		bad = json_object_set_new(doc, "fixed_at", json_string(at));
	}
	*out = doc;
	return bad ? fj_no_memory(err, "issuer") : FJ_OK;
}
