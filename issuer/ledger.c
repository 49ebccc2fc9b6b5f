/*
 * ledger.c - 台账: the catalogue's items that may become assets, and whether
 * they are recognised as such (167·三(一), R02, R03).
 *
 * An import tells every fault by line and column, rule and sentence.  All lines
 * or none are taken, or the good ones when asked (`partial`).  A line marked 涉密
 * is not stored and its content is not repeated: only its number is (decision 12).
 * The same file a second time changes nothing.
 */
#include "issuer/domain.h"
#include "issuer/rules/rules.h"
#include "issuer/sheet/csv.h"
#include "issuer/state.h"

#define MAX_ROWS 20000
#define MAX_FAULTS 1000

enum column { C_NO, C_CATALOG, C_NAME, C_SUMMARY, C_FORMED, C_SHARED, C_SECRET, COLUMNS };
static const struct {
	const char *zh, *en;
	bool required;
	size_t max;
} columns[COLUMNS] = {
	{"台账编号", "ledger_no", true, DOM_MAX_LEDGER_NO}, {"数据资源目录编号", "catalog_ref", true, DOM_MAX_CATALOG_REF},
	{"名称", "name", true, DOM_MAX_NAME},
	{"概述", "summary", false, 800}, {"形成方式", "formed_by", true, 16}, {"共享来源单位", "shared_from", false, DOM_MAX_SHARED_FROM},
	{"是否涉密", "secret", false, 8},
};
static const char *const formed[] = {"自主采集", "生产加工", "购置", "接受划转", "捐赠", "共享取得", NULL};

struct import {
	struct iss_call *c;
	const char *holder;
	struct csv csv;
	int of[COLUMNS];      /* column to field, -1 absent */
	json_t *faults, *secret, *rows;
	json_t *seen;         /* ledger numbers of this file, as names of an object */
	size_t same, headings;
};

static void fault(struct import *im, int line, int column, const char *rule, const char *en, const char *zh)
{
	if (json_array_size(im->faults) < MAX_FAULTS)
		json_array_append_new(im->faults, json_pack("{s:i, s:i, s:s, s:{s:s, s:s}}", "line", line, "column", column, "rule", rule,
		    "detail", "en", en, "zh", zh));
}

static const char *value(const struct import *im, enum column k)
{
	return im->of[k] < 0 || (size_t)im->of[k] >= im->csv.n ? "" : im->csv.field[im->of[k]];
}

static bool read_heading(struct import *im)
{
	bool more, ok = true;

	if (csv_next(&im->csv, &more) != FJ_OK || !more) {
		fault(im, 1, 1, "RFC 4180 2", "the file has no heading line", "文件没有标题行");
		return false;
	}
	im->headings = im->csv.n;
	for (int k = 0; k < COLUMNS; k++) {
		im->of[k] = -1;
		for (size_t f = 0; f < im->csv.n; f++)
			if (strcmp(im->csv.field[f], columns[k].zh) == 0 || strcmp(im->csv.field[f], columns[k].en) == 0) {
				if (im->of[k] >= 0) { /* two columns of one meaning may disagree, over a secret too */
					fault(im, 1, (int)f + 1, "domain.md 4.2", "a column stands twice in the heading", "标题行中有重复列");
					ok = false;
				}
				im->of[k] = (int)f;
			}
		if (im->of[k] < 0 && columns[k].required) {
			char en[120], zh[120];
			snprintf(en, sizeof(en), "the column \"%s\" is missing; take the template", columns[k].en);
			snprintf(zh, sizeof(zh), "缺少“%s”列；请使用模板", columns[k].zh);
			fault(im, 1, 1, "domain.md 4.2", en, zh);
			ok = false;
		}
	}
	return ok;
}

static bool one_of(const char *s, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, s) == 0)
			return true;
	return false;
}

static bool check_cells(struct import *im)
{
	size_t before = json_array_size(im->faults);
	int line = im->csv.at;

	for (int k = 0; k < COLUMNS; k++) {
		const char *v = value(im, (enum column)k);
		if (columns[k].required && v[0] == '\0')
			fault(im, line, im->of[k] + 1, k == C_CATALOG ? "R02" : "domain.md 4.2", "a required cell is empty", "必填项为空");
		else if (fj_utf8_count(v) > columns[k].max)
			fault(im, line, im->of[k] + 1, k == C_NAME || k == C_SUMMARY ? "R34" : "domain.md 4.2", "a cell is too long", "内容过长");
	}
	if (value(im, C_FORMED)[0] != '\0' && !one_of(value(im, C_FORMED), formed))
		fault(im, line, im->of[C_FORMED] + 1, "1号(三) [M]", "formed_by is 自主采集, 生产加工, 购置, 接受划转, 捐赠 or 共享取得", "形成方式不在可选范围内");
	if (strcmp(value(im, C_FORMED), "共享取得") == 0 && value(im, C_SHARED)[0] == '\0')
		fault(im, line, im->of[C_FORMED] + 1, "R16", "for shared data the supplying unit is named", "共享取得的，应填写共享来源单位");
	return json_array_size(im->faults) == before;
}

/* an entry of this number: the same (nothing to do), another (a fault), or none */
static enum fj_rc check_known(struct import *im, bool *take, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	*take = json_object_get(im->seen, value(im, C_NO)) == NULL;
	if (!*take) {
		fault(im, im->csv.at, im->of[C_NO] + 1, "domain.md 4.2", "this ledger number stands twice in the file", "台账编号在文件中重复");
		return FJ_OK;
	}
	if (fj_json_set(im->seen, value(im, C_NO), json_true()) != FJ_OK)
		return fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
	FJ_TRY(sto_query(im->c->db, STO_LEDGER_NO, &q, err, "tt", im->holder, value(im, C_NO)));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	*take = false;
	if (strcmp(sto_text(&q, 1), value(im, C_NAME)) == 0 && strcmp(sto_text(&q, 2), value(im, C_CATALOG)) == 0)
		im->same++;
	else
		fault(im, im->csv.at, im->of[C_NO] + 1, "domain.md 4.2", "this ledger number is used by another entry", "台账编号已被其他条目使用");
	return FJ_OK;
}

/* Is the line one whose cells may be looked at?  A mark that is neither yes nor no,
 * or cells that a stray comma has moved, could hide a secret: nothing of it is kept. */
static bool is_open(struct import *im)
{
	const char *mark = value(im, C_SECRET);

	if (im->csv.n != im->headings) {
		size_t at = im->csv.n < im->headings ? im->csv.n : im->headings;
		fault(im, im->csv.at, (int)at + 1, "RFC 4180 2", "the line has more or fewer fields than the heading", "该行列数与标题行不一致");
		return false;
	}
	if (strcmp(mark, "是") == 0 || strcmp(mark, "yes") == 0) {
		json_array_append_new(im->secret, json_integer(im->csv.at));
		return false;
	}
	if (mark[0] == '\0' || strcmp(mark, "否") == 0 || strcmp(mark, "no") == 0)
		return true;
	fault(im, im->csv.at, im->of[C_SECRET] + 1, "domain.md decision 12", "whether the data is a state secret is 是 or 否", "“是否涉密”应填“是”或“否”");
	return false;
}

static enum fj_rc take_record(struct import *im, struct fj_err *err)
{
	bool take;

	if (!is_open(im))
		return FJ_OK;
	if (!check_cells(im))
		return FJ_OK;
	FJ_TRY(check_known(im, &take, err));
	if (!take)
		return FJ_OK;
	char id[40];
	iss_new_id("LG-", 12, id);
	json_t *r = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", id, "holder", im->holder, "ledger_no", value(im, C_NO),
	    "catalog_ref", value(im, C_CATALOG), "name", value(im, C_NAME), "summary", value(im, C_SUMMARY), "formed_by", value(im, C_FORMED),
	    "shared_from", value(im, C_SHARED));
	return json_array_append_new(im->rows, r) == 0 ? FJ_OK : fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
}

static enum fj_rc read_all(struct import *im, struct fj_slice text, struct fj_err *err)
{
	bool more = true;

	if (csv_init(&im->csv, text) != FJ_OK) {
		fault(im, 1, 1, "RFC 3629", im->csv.why, im->csv.why_zh);
		return FJ_OK;
	}
	if (!read_heading(im))
		return FJ_OK;
	while (more) {
		enum fj_rc rc = csv_next(&im->csv, &more);
		if (rc != FJ_OK)
			fault(im, im->csv.at, im->csv.bad_column, "RFC 4180 2", im->csv.why, im->csv.why_zh);
		else if (more && json_array_size(im->rows) == MAX_ROWS)
			return fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "a file has more than %d lines; split it", MAX_ROWS);
		else if (more)
			FJ_TRY(take_record(im, err));
	}
	return FJ_OK;
}

static enum fj_rc store_rows(struct import *im, struct fj_err *err)
{
	size_t i;
	json_t *r;

	json_array_foreach(im->rows, i, r)
		FJ_TRY(evt_append(im->c, "ledger.entered", fj_json_peek(r, "id"), r, err));
	return FJ_OK;
}

static enum fj_rc import_holder(struct iss_call *c, const char **holder, struct fj_err *err)
{
	const char *org = fj_json_peek(c->params, "org");
	bool dry = json_is_true(json_object_get(c->params, "dry_run"));

	*holder = c->actor->org[0] != '\0' ? c->actor->org : org == NULL ? "" : org;
	if (!(c->actor->roles & ISS_HOLDER) && !dry)
		return fj_fail(err, FJ_E_AUTH, "issuer", "domain.md 6", "importing needs a holder's officer (--as LOGIN); --dry-run does not");
	if (org != NULL && c->actor->org[0] != '\0' && strcmp(org, c->actor->org) != 0)
		return fj_fail(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "a holder's officer imports the own organisation's ledger only");
	return FJ_OK;
}

enum fj_rc cmd_ledger_import(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(8u << 20);
	FJ_AUTO(json) faults = json_array();
	FJ_AUTO(json) secret = json_array();
	FJ_AUTO(json) rows = json_array();
	FJ_AUTO(json) seen = json_object();
	struct import im = {.c = c, .faults = faults, .secret = secret, .rows = rows, .seen = seen};
	bool dry = json_is_true(json_object_get(c->params, "dry_run")), partial = json_is_true(json_object_get(c->params, "partial"));

	FJ_TRY(import_holder(c, &im.holder, err));
	FJ_TRY(iss_param_file(c, "file", &file, err));
	enum fj_rc rc = read_all(&im, fj_buf_slice(&file), err);
	csv_release(&im.csv);
	FJ_TRY(rc);
	bool refused = json_array_size(faults) + json_array_size(secret) > 0 && !partial;
	if (!dry && !refused)
		FJ_TRY(store_rows(&im, err));
	c->answer = json_pack("{s:I, s:I, s:I, s:b, s:b, s:O, s:O}", "imported", (json_int_t)(dry || refused ? 0 : json_array_size(rows)),
	    "good", (json_int_t)json_array_size(rows), "unchanged", (json_int_t)im.same, "dry_run", dry, "refused", refused,
	    "faults", faults, "secret_lines", secret);
	return c->answer != NULL ? FJ_OK : fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
}

static const char *text(const json_t *p, const char *key)
{
	const char *s = fj_json_peek(p, key);

	return s == NULL ? "" : s;
}

enum fj_rc apply_ledger_entered(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	struct dom_ledger again;

	FJ_TRY(sto_run(e->db, STO_LEDGER_ADD, NULL, err, "tttttttti", e->object, text(b, "holder"), text(b, "ledger_no"), text(b, "catalog_ref"),
	    text(b, "name"), text(b, "summary"), text(b, "formed_by"), text(b, "shared_from"), e->seq));
	return dom_ledger_get(e->db, e->object, &again, err);
}

static enum fj_rc from_row(const struct sto_q *q, struct dom_ledger *l, struct fj_err *err)
{
	const struct sto_copy texts[] = {STO_COPY(0, l->id), STO_COPY(1, l->holder), STO_COPY(2, l->ledger_no), STO_COPY(3, l->catalog_ref),
		STO_COPY(4, l->name), STO_COPY(7, l->shared_from), STO_COPY(8, l->state), STO_COPY(9, l->result), STO_COPY(10, l->person)};

	return sto_copy(q, texts, FJ_ARRAY_LEN(texts), "a ledger entry", err);
}

enum fj_rc dom_ledger_get(struct sto *db, const char *id, struct dom_ledger *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_LEDGER_GET, &q, id, err, "t", id));
	return from_row(&q, out, err);
}

static json_t *ledger_json(const struct dom_ledger *l)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", l->id, "ledger_no", l->ledger_no, "name", l->name, "holder", l->holder,
	    "catalog_ref", l->catalog_ref, "shared_from", l->shared_from, "state", l->state, "result", l->result);
}

enum fj_rc cmd_ledger_show(struct iss_call *c, struct fj_err *err)
{
	struct dom_ledger l;

	FJ_TRY(dom_ledger_get(c->db, fj_json_peek(c->params, "id"), &l, err));
	c->answer = ledger_json(&l);
	return c->answer != NULL ? FJ_OK : fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
}

enum fj_rc cmd_ledger_template(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(4096);
	enum fj_rc rc = FJ_OK;

	for (int k = 0; rc == FJ_OK && k < COLUMNS; k++)
		rc = fj_buf_printf(&b, "%s%s", k > 0 ? "," : "", columns[k].zh);
	if (rc == FJ_OK)
		rc = fj_buf_puts(&b, "\r\n");
	c->answer = rc == FJ_OK ? json_pack("{s:s}", "csv", fj_buf_str(&b)) : NULL;
	return c->answer != NULL ? FJ_OK : fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
}

enum fj_rc cmd_ledger_recognise(struct iss_call *c, struct fj_err *err)
{
	const char *id = fj_json_peek(c->params, "id"), *result = fj_json_peek(c->params, "result"), *to;
	struct dom_ledger l;

	FJ_TRY(dom_ledger_get(c->db, id, &l, err));
	if (strcmp(l.holder, c->actor->org) != 0)
		return fj_fail(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "this entry is another holder's");
	if (strcmp(result, "ASSET") != 0 && strcmp(result, "MEMO") != 0 && strcmp(result, "NOT") != 0)
		return fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 4.2", "a recognition's result is ASSET, MEMO or NOT");
	FJ_TRY(iss_state_next(ISS_OBJ_LEDGER, l.state, "recognise", &to, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s}", "to", to, "result", result, "person", c->actor->person, "decision",
	    fj_json_peek(c->params, "decision"));
	FJ_TRY(evt_append(c, "ledger.recognised", id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s}", "id", id, "state", to, "result", result);
	return FJ_OK;
}

enum fj_rc apply_ledger_recognised(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_LEDGER_SET, NULL, err, "tttit", text(e->body, "to"), text(e->body, "result"), text(e->body, "person"), e->seq, e->object);
}

/* the holder's superior, or its finance department where it has no superior */
static enum fj_rc check_confirmer(struct iss_call *c, const struct dom_ledger *l, struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};

	FJ_TRY(dom_org_get(c->db, l->holder, &o, err));
	const char *who = o.dept[0] != '\0' ? o.dept : o.finance;
	if (strcmp(who, c->actor->org) != 0)
		return fj_fail(err, FJ_E_FORBIDDEN, "issuer", "domain.md 7.1", "a recognition is confirmed by the holder's superior department (%s)", who);
	return iss_rule_no_two_roles_of_one_person(l->person, c->actor->person, err);
}

enum fj_rc cmd_ledger_confirm(struct iss_call *c, struct fj_err *err)
{
	const char *id = fj_json_peek(c->params, "id"), *to;
	struct dom_ledger l;

	FJ_TRY(dom_ledger_get(c->db, id, &l, err));
	FJ_TRY(check_confirmer(c, &l, err));
	FJ_TRY(iss_state_next(ISS_OBJ_LEDGER, l.state, "confirm", &to, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s}", "to", to, "result", l.result, "person", l.person);
	FJ_TRY(evt_append(c, "ledger.confirmed", id, body, err));
	c->answer = json_pack("{s:s, s:s}", "id", id, "state", to);
	return FJ_OK;
}

enum fj_rc apply_ledger_confirmed(const struct evt *e, struct fj_err *err)
{
	return apply_ledger_recognised(e, err);
}
