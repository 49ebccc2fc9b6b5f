/*
 * report_model.c - a report's document as one to be written: which tables, in which
 * order, under which headings.
 *
 * Numbers and amounts stand in columns of their own, so that an amount is never taken
 * for a count.  A workbook gets one sheet more, with every figure under its key: that
 * is what the office above takes in as a return.
 */
#include "issuer/find.h"
#include "issuer/reporting.h"

struct making {
	const json_t *doc;
	json_t *model, *sections;
	int number;      /* of the last heading */
};

/* --- words --- */

static const struct {
	const char *code, *zh;
} words[] = {
	{"ADMIN", "行政单位"}, {"INST", "事业单位"}, {"MASS", "人民团体、群团组织"}, {"SOE", "国有企业"}, {"UTIL", "公用企业"}, {"ENT", "其他企业"},
	{"WHOLE", "整体授权"}, {"DOMAIN", "分领域授权"}, {"SCENE", "依场景授权"}, {"USE", "使用权"}, {"OPER", "经营权"}, {"HOLD", "持有权"},
	{"INITIAL", "首次登记"}, {"CHANGE", "变更登记"}, {"CORRECTION", "更正登记"}, {"RENEWAL", "续展登记"}, {"TRANSFER", "转移登记"}, {"CANCEL", "注销登记"}, {"DESTROY", "销毁"},
	{"ACTIVE", "有效"}, {"SUSPENDED", "暂停"}, {"ENDING", "暂停（收回待确认）"}, {"EXPIRED", "到期"}, {"RECLAIMED", "收回"}, {"TERMINATED", "退出"},
	{"FREE", "免费"}, {"GUIDED", "政府指导价"}, {"MARKET", "市场调节价"}, {"OPERATOR", "运营机构产品"}, {"REDEVELOPED", "再开发产品"},
	{"PUBGOV", "公共治理"}, {"WELFARE", "公益事业"}, {"INDUSTRY", "产业发展"}, {"SECTOR", "行业发展"},
	{"USE_FEE", "有偿使用"}, {"DISPOSAL", "处置"}, {"OPERATOR_SALE", "运营服务费"}, {"REDEV_SALE", "再开发销售"},
	{"NONTAX", "非税收入"}, {"UNIT", "单位预算"}, {"CAPITAL", "国有资本收益"}, {"OWN", "自有"},
	{"SELF", "自用"}, {"SHARED", "共享"}, {"OPEN", "开放"}, {"AUTHORISED", "授权使用"}, {"OPERATED", "授权运营"}, {"IDLE", "闲置"},
	{"LOCAL", "本级分类"}, {"GPC-2022", "政府采购品目分类目录（2022年）"}, {"GBT47949-2026", "GB/T 47949-2026"}, {"GBT35416-2017", "GB/T 35416-2017"},
	{"ITEMS", "产品数量"}, {"SERVICES", "服务次数"}, {"TIME", "服务时间"}, {"CALLS", "数据调用量"},
	{"DRAFT", "草稿"}, {"SUBMITTED", "已提交，待审批"}, {"FIXED", "已定稿"}, {"REOPENED", "已退回"},
};

static const char *word(const char *code)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(words); i++)
		if (strcmp(words[i].code, code) == 0)
			return words[i].zh;
	return code;
}

static void number_zh(int n, char out[16])
{
	static const char *const digits[] = {"", "一", "二", "三", "四", "五", "六", "七", "八", "九"};

	snprintf(out, 16, "%s%s%s", n >= 20 ? digits[n / 10 % 10] : "", n >= 10 ? "十" : "", digits[n % 10]);
}

/* --- blocks --- */

static json_t *column(const char *name, const char *type, int width)
{
	return json_pack("{s:s, s:s, s:i}", "title", name, "type", type, "width", width);
}

/* columns and rows are stolen; an empty table is left out */
static void add_table(json_t *blocks, const char *caption, json_t *columns, json_t *rows)
{
	json_t *t = json_pack("{s:o, s:o}", "columns", columns, "rows", rows);

	if (json_array_size(rows) > 0) {
		if (caption != NULL)
			json_object_set_new(t, "caption", json_string(caption));
		json_array_append_new(blocks, json_pack("{s:O}", "table", t));
	}
	json_decref(t);
}

static void add_section_apart(struct making *m, const char *name, const char *sheet, json_t *blocks)
{
	char n[16], heading[160];

	if (json_array_size(blocks) > 0) {
		number_zh(++m->number, n);
		snprintf(heading, sizeof(heading), "%s、%.120s", n, name);
		json_array_append_new(m->sections, json_pack("{s:s, s:s*, s:O}", "heading", heading, "apart", sheet, "blocks", blocks));
	}
	json_decref(blocks);
}

static void add_section(struct making *m, const char *name, json_t *blocks)
{
	add_section_apart(m, name, NULL, blocks);
}

static void add_texts(struct making *m, bool first)
{
	size_t i;
	json_t *p;

	for (const struct rpt_section *s = rpt_sections; s->key != NULL; s++) {
		json_t *blocks = json_array();
		json_array_foreach(json_object_get(json_object_get(m->doc, "texts"), s->key), i, p)
			if (s->first == first)
				json_array_append_new(blocks, json_pack("{s:O}", "text", p));
		add_section(m, s->zh, blocks);
	}
}

/* --- the figures of a section --- */

static void add_figures(json_t *blocks, const json_t *doc, const char *section, bool fen)
{
	json_t *rows = json_array(), *f;
	size_t i;

	json_array_foreach(json_object_get(doc, fen ? "amounts" : "figures"), i, f)
		if (strcmp(fj_json_text(f, "section"), section) == 0)
			json_array_append_new(rows, json_pack("[O, O, O]", json_object_get(f, "zh"), json_object_get(f, fen ? "value_fen" : "value"), json_object_get(json_object_get(f, "counted"), "zh")));
	add_table(blocks, NULL, json_pack("[o, o, o]", column("指标", "text", 5), fen ? column("金额（元）", "money", 3) : column("数量", "integer", 3), column("计数口径", "text", 8)), rows);
}

static json_t *list_columns(const json_t *list)
{
	json_t *columns = json_array(), *c;
	size_t i;

	json_array_foreach(json_object_get(list, "columns"), i, c) {
		const char *type = fj_json_text(c, "type");
		bool text = strcmp(type, "text") == 0, fen = strcmp(type, "fen") == 0;
		json_array_append_new(columns, column(fj_json_text(c, "zh"), fen ? "money" : strcmp(type, "code") == 0 ? "text" : type, text ? 4 : 3));
	}
	return columns;
}

static json_t *list_row(const json_t *list, const json_t *row)
{
	json_t *cells = json_array(), *c;
	size_t i;

	json_array_foreach(json_object_get(list, "columns"), i, c) {
		json_t *v = json_object_get(row, fj_json_text(c, "key"));
		json_array_append_new(cells, strcmp(fj_json_text(c, "type"), "code") == 0 ? json_string(word(json_string_value(v) == NULL ? "" : json_string_value(v))) : json_incref(v));
	}
	return cells;
}

static void add_lists(json_t *blocks, const json_t *doc, const char *section)
{
	json_t *list, *row;
	size_t i, k;

	json_array_foreach(json_object_get(doc, "lists"), i, list) {
		json_t *rows = json_array();
		if (strcmp(fj_json_text(list, "section"), section) == 0)
			json_array_foreach(json_object_get(list, "rows"), k, row)
				json_array_append_new(rows, list_row(list, row));
		add_table(blocks, fj_json_text(list, "zh"), list_columns(list), rows);
	}
}

/* --- units side by side --- */

static json_t *main_columns(const char *first, const json_t *values)
{
	json_t *columns = json_pack("[o]", column(first, "text", 5));

	for (size_t i = 0; i < fig_count() && json_array_size(columns) < REP_MAX_COLUMNS; i++)
		if ((fig_table[i].reports & FIG_MAIN) && json_object_get(values, fig_table[i].key) != NULL)
			json_array_append_new(columns, column(fig_table[i].zh, fig_table[i].unit == FIG_UNIT_FEN ? "money" : "integer", fig_table[i].unit == FIG_UNIT_FEN ? 4 : 2));
	return columns;
}

/* `like` says which figures the columns are */
static json_t *main_row(const char *name, const json_t *like, const json_t *values)
{
	json_t *row = json_pack("[s]", name);

	for (size_t i = 0; i < fig_count() && json_array_size(row) < REP_MAX_COLUMNS; i++)
		if ((fig_table[i].reports & FIG_MAIN) && json_object_get(like, fig_table[i].key) != NULL) {
			json_t *v = json_object_get(values, fig_table[i].key);
			json_array_append_new(row, v != NULL ? json_incref(v) : json_null());
		}
	return row;
}

static void add_units(struct making *m)
{
	const json_t *values = json_object_get(m->doc, "values"), *units = json_object_get(m->doc, "units");
	json_t *blocks = json_array(), *rows = json_array(), *u;
	char name[600];
	size_t i;

	json_array_foreach(units, i, u) {
		snprintf(name, sizeof(name), "%s%s", fj_json_text(u, "name"), json_is_true(json_object_get(u, "pilot")) ? "" : "（未列入试点名单）");
		json_array_append_new(rows, main_row(name, values, json_object_get(u, "values")));
	}
	if (json_array_size(rows) > 0)
		json_array_append_new(rows, main_row("合计", values, values));
	add_table(blocks, NULL, main_columns("单位", values), rows);
	add_section_apart(m, "分单位主要指标", "分单位", blocks);
}

static void add_returns(struct making *m)
{
	const json_t *values = json_object_get(m->doc, "values"), *returns = json_object_get(m->doc, "returns");
	json_t *blocks = json_array(), *rows = json_array(), *r;
	char name[700];
	size_t i;

	if (json_array_size(returns) > 0)
		json_array_append_new(rows, main_row("本登记系统", values, values));
	json_array_foreach(returns, i, r) {
		const json_t *signer = json_object_get(r, "signer");
		if (signer != NULL)
			snprintf(name, sizeof(name), "%.480s（已签名：%.48s，签名系统 %.100s）", fj_json_text(r, "name"), fj_json_text(signer, "report"), fj_json_text(signer, "iss"));
		else
			snprintf(name, sizeof(name), "%.480s（未签名报表，SHA-256 %.12s…）", fj_json_text(r, "name"), fj_json_text(r, "sha256"));
		json_array_append_new(rows, main_row(name, values, json_object_get(r, "values")));
	}
	if (json_array_size(returns) > 0)
		json_array_append_new(rows, main_row("合并", values, json_object_get(m->doc, "consolidated")));
	add_table(blocks, NULL, main_columns("数据来源", values), rows);
	if (json_array_size(blocks) > 0)
		json_array_append_new(blocks, json_pack("{s:s}", "note", "下属单位和市县报表为其自行报送的数据，本系统未核验指标；标明“已签名”的，其签名和签名系统已于接收时核验；合并数为简单相加，按“不同”计数的指标可能重复。"));
	add_section_apart(m, "下属单位和市县报表并入", "报表并入", blocks);
}

static void add_difference(struct making *m)
{
	json_t *blocks = json_array(), *rows = json_array(), *amounts = json_array(), *d;
	const json_t *before = json_object_get(m->doc, "previous");
	char note[200];
	size_t i;

	json_array_foreach(json_object_get(m->doc, "difference"), i, d) {
		bool fen = json_object_get(d, "now_fen") != NULL;
		json_array_append_new(fen ? amounts : rows, json_pack("[O, O, O, O]", json_object_get(d, "zh"), json_object_get(d, fen ? "before_fen" : "before"),
		    json_object_get(d, fen ? "now_fen" : "now"), json_object_get(d, fen ? "change_fen" : "change")));
	}
	add_table(blocks, NULL, json_pack("[o, o, o, o]", column("指标", "text", 6), column("上期", "integer", 3), column("本期", "integer", 3), column("增减", "integer", 3)), rows);
	add_table(blocks, NULL, json_pack("[o, o, o, o]", column("指标（元）", "text", 6), column("上期", "money", 3), column("本期", "money", 3), column("增减", "money", 3)), amounts);
	if (json_array_size(blocks) > 0) {
		snprintf(note, sizeof(note), "上期报告：%.60s（%.10s），SHA-256 %.64s", fj_json_text(before, "id"), fj_json_text(before, "period"), fj_json_text(before, "sha256"));
		json_array_append_new(blocks, json_pack("{s:s}", "note", note));
	}
	add_section(m, "与上期报告比较", blocks);
}

/* --- for programs --- */

static void add_machine_sheet(struct making *m)
{
	json_t *blocks = json_array(), *rows = json_array();

	for (size_t i = 0; i < fig_count(); i++) {
		const struct fig *f = &fig_table[i];
		json_t *v = json_object_get(json_object_get(m->doc, "values"), f->key);
		if (v != NULL)
			json_array_append_new(rows, json_pack("[s, s, O, s]", f->key, f->zh, v, f->unit == FIG_UNIT_FEN ? "分" : "个"));
	}
	add_table(blocks, NULL, json_pack("[o, o, o, o]", column("指标代码", "text", 4), column("指标", "text", 4), column("数值", "integer", 3), column("计量单位", "text", 1)), rows);
	json_array_append_new(m->sections, json_pack("{s:s, s:o}", "sheet", "指标数据", "blocks", blocks));
}

/* --- the whole --- */

/* of a report that is fixed: signed when, or why not */
static void add_signature(json_t *meta, const json_t *signature)
{
	char text[160], at[FJ_TIME_CAP];
	fj_time t;

	if (!json_is_object(signature))
		return;
	snprintf(text, sizeof(text), "%.120s", fj_json_text(json_object_get(signature, "why"), "zh"));
	if (strcmp(fj_json_text(signature, "state"), "SIGNED") == 0 && fj_time_parse(fj_json_text(signature, "at"), &t, NULL) == FJ_OK) {
		fj_time_china(t, at);
		snprintf(text, sizeof(text), "已签名（%s）；以签名文件（signed.json）核验", at);
	}
	json_array_append_new(meta, json_pack("[s, s]", "电子签名", text));
}

static void add_meta(struct making *m)
{
	const json_t *unit = json_object_get(m->doc, "unit");
	const char *state = fj_json_text(m->doc, "state"), *id = fj_json_peek(m->doc, "id"), *as_of = fj_json_peek(m->doc, "as_of");
	char text[700], at[FJ_TIME_CAP] = "";
	json_t *meta = json_array();
	fj_time t;

	snprintf(text, sizeof(text), "%s", json_is_object(unit) ? fj_json_text(unit, "name") : "本登记系统全部单位");
	if (json_is_object(unit))
		snprintf(text, sizeof(text), "%s（%s）", fj_json_text(unit, "name"), fj_json_text(unit, "usci"));
	json_array_append_new(meta, json_pack("[s, s]", "报告单位", text));
	snprintf(text, sizeof(text), "%s 至 %s", fj_json_text(m->doc, "from"), fj_json_text(m->doc, "to"));
	json_array_append_new(meta, json_pack("[s, s]", "报告期", text));
	json_array_append_new(meta, json_pack("[s, s]", "依据", fj_json_text(m->doc, "document")));
	if (id != NULL)
		json_array_append_new(meta, json_pack("[s, s]", "报告编号", id));
	if (as_of != NULL && fj_time_parse(as_of, &t, NULL) == FJ_OK)
		fj_time_china(t, at);
	snprintf(text, sizeof(text), "%s%s%s", word(state), at[0] != '\0' ? "，数据截至 " : "", at);
	json_array_append_new(meta, json_pack("[s, s]", "状态", text));
	add_signature(meta, json_object_get(m->doc, "signature"));
	json_object_set_new(m->model, "meta", meta);
}

static void add_figure_sections(struct making *m)
{
	for (int s = 0; s < FIG_SECTIONS; s++) {
		const char *zh, *en;
		json_t *blocks = json_array();
		fig_section_names((enum fig_section)s, &zh, &en);
		add_figures(blocks, m->doc, zh, false);
		add_figures(blocks, m->doc, zh, true);
		add_lists(blocks, m->doc, zh);
		add_section(m, zh, blocks);
	}
}

enum fj_rc rpt_model(const json_t *doc, json_t **model, struct fj_err *err)
{
	struct making m = {.doc = doc, .sections = json_array()};
	bool wide = json_array_size(json_object_get(doc, "units")) > 0 || json_array_size(json_object_get(doc, "returns")) > 0;
	const char *hash = fj_json_peek(doc, "sha256");
	char foot[480];

	snprintf(foot, sizeof(foot), "全部指标由登记系统自事件日志重放计算，不可人工填写；文字由报告单位编写。指标摘要（SHA-256）：%.64s%s%.64s", fj_json_text(doc, "figures_sha256"),
	    hash != NULL ? "；报告摘要（SHA-256）：" : "", hash != NULL ? hash : "");
	m.model = json_pack("{s:O, s:O, s:b, s:o, s:s}", "title", json_object_get(json_object_get(doc, "name"), "zh"), "subtitle", json_object_get(doc, "period_name"), "wide", wide,
	    "sections", m.sections, "foot", foot);
	if (m.model == NULL)
		return fj_no_memory(err, "report");
	if (!json_is_false(json_object_get(doc, "draft")))
		json_object_set_new(m.model, "mark", json_string("草稿"));
	add_meta(&m);
	add_texts(&m, true);
	add_figure_sections(&m);
	add_units(&m);
	add_returns(&m);
	add_difference(&m);
	add_texts(&m, false);
	add_machine_sheet(&m);
	*model = m.model;
	return FJ_OK;
}

enum fj_rc rpt_answer(struct iss_call *c, json_t *doc, const char *format, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(REP_MAX_FILE);
	FJ_AUTO(json) model = NULL;
	enum rep_format f;
	char name[120];

	if (format == NULL || strcmp(format, "json") == 0) {
		c->answer = json_incref(doc);
		return FJ_OK;
	}
	FJ_TRY(rep_format(format, &f, err));
	FJ_TRY(rpt_model(doc, &model, err));
	if (fj_json_peek(doc, "fixed_at") != NULL) /* the same pages whenever they are asked for */
		FJ_TRY(fj_json_set(model, "made", json_string(fj_json_text(doc, "fixed_at"))));
	FJ_TRY(rep_write(model, f, &file, err));
	const json_t *unit = json_object_get(doc, "unit");
	snprintf(name, sizeof(name), "%.24s-%.6s%s%.18s%s.%s", fj_json_text(doc, "kind"), fj_json_text(doc, "period"), json_is_object(unit) ? "-" : "", fj_json_text(unit, "usci"),
	    json_is_false(json_object_get(doc, "draft")) ? "" : "-draft", rep_name(f));
	FJ_TRY(fnd_file(c, name, rep_type(f), &file, err));
	return fj_json_set(c->answer, "draft", json_boolean(!json_is_false(json_object_get(doc, "draft"))));
}
