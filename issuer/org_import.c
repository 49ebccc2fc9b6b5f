/*
 * org_import.c - lists of organisations: one file, one approval over all of it.
 *
 * Headings in Chinese or English, in any order, further columns are passed over.
 * Every row is checked as if it were entered alone; faulty ones are set aside with
 * line and reason, the others wait for one second officer, whose digest covers every
 * row.  A finance department may stand in the same list as those it answers for.
 * An empty finance department is the one that imports.  The pilot units of 167·二(一)
 * come with the product: the names are real, the codes are invented and say so.
 */
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/sheet/sheet.h"
#include "issuer/task.h"

#define MAX_ROWS 2000

/* a pilot list as it stands in data/ */
__asm__(".section .rodata\norg_pilot_units:\n.incbin \"data/pilot-units.csv\"\n.byte 0\n.previous\n");
extern const char org_pilot_units[];

enum column { C_USCI, C_NAME, C_KIND, C_LEVEL, C_DIV, C_DEPT, C_FINANCE, C_ROLES, C_AFFILIATES, C_DISHONEST, C_MLPS, C_NOTE, C_OVERRIDE, COLUMNS };
static const struct {
	const char *zh, *en;
	bool required;
	size_t max;
} columns[COLUMNS] = {
	{"统一社会信用代码", "usci", true, 18}, {"单位名称", "name", true, DOM_MAX_NAME}, {"主体类型", "kind", true, 8}, {"财政级次", "level", true, 4},
	{"行政区划", "div6", true, 6}, {"主管部门", "dept", false, 18}, {"本级财政部门", "finance", false, 18}, {"角色", "roles", true, 200},
	{"关联方", "affiliates", false, 2000}, {"失信", "dishonest", false, 8}, {"等级保护", "mlps", false, 1}, {"备注", "note", false, 400},
	{"校验说明", "override", false, 400},
};
static const struct {
	const char *zh, *code;
} kinds[] = {{"行政单位", "ADMIN"}, {"事业单位", "INST"}, {"人民团体", "MASS"}, {"群团", "MASS"}, {"国有企业", "SOE"}, {"公用企业", "UTIL"}, {"其他企业", "ENT"}};

struct import {
	struct iss_call *c;
	struct sheet_row row;
	int of[COLUMNS];              /* column of the file, -1 absent */
	json_t *rows, *aside, *peers; /* peers: finance departments of the file, by USCC */
	json_t *seen;
	bool finance;                 /* this round takes finance departments, the next the others */
};

static enum fj_rc bad(struct fj_err *err, const char *cite, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, "issuer", cite, en, zh);
}

static const char *cell(const struct import *im, enum column k)
{
	return im->of[k] < 0 || (size_t)im->of[k] >= im->row.n ? "" : im->row.cell[im->of[k]];
}

/* the column that the title names, COLUMNS for another; blanks, * and remarks in it don't count */
static int column_of(const char *title)
{
	FJ_AUTO(buf) key = FJ_BUF_INIT(1024);
	FJ_AUTO(buf) name = FJ_BUF_INIT(256);

	if (sheet_heading(title, &key) != FJ_OK)
		return COLUMNS;
	for (int k = 0; k < COLUMNS; k++) {
		fj_buf_clear(&name);
		if (strcmp(columns[k].en, fj_buf_str(&key)) == 0 || (sheet_heading(columns[k].zh, &name) == FJ_OK && strcmp(fj_buf_str(&name), fj_buf_str(&key)) == 0))
			return k;
	}
	return COLUMNS;
}

static enum fj_rc read_heading(struct import *im, struct fj_err *err)
{
	for (int k = 0; k < COLUMNS; k++)
		im->of[k] = -1;
	for (size_t f = 0; f < im->row.n; f++) {
		int k = column_of(im->row.cell[f]);
		if (k == COLUMNS)
			continue;
		if (im->of[k] >= 0)
			return bad(err, "domain.md 4.1", "a column stands twice in the heading", "标题行中有重复列");
		im->of[k] = (int)f;
	}
	for (int k = 0; k < COLUMNS; k++) {
		if (im->of[k] >= 0 || !columns[k].required)
			continue;
		enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 4.1", "the column \"%s\" is missing; `fujie organisation template` prints a list", columns[k].en);
		fj_err_zh(err, "缺少“%s”列；请参照单位清单模板", columns[k].zh);
		return rc;
	}
	return FJ_OK;
}

/* "A、B;C" as a list */
static json_t *split(const char *s)
{
	static const char *const between[] = {"、", "；", "，", ";", ",", "|", "+", " "};
	json_t *list = json_array();
	const char *from = s;

	while (list != NULL) {
		size_t skip = 0;
		for (size_t i = 0; i < FJ_ARRAY_LEN(between) && skip == 0; i++)
			if (strncmp(s, between[i], strlen(between[i])) == 0)
				skip = strlen(between[i]);
		if ((skip > 0 || *s == '\0') && s > from)
			json_array_append_new(list, json_stringn(from, (size_t)(s - from)));
		if (*s == '\0')
			break;
		s += skip > 0 ? skip : 1;
		from = skip > 0 ? s : from;
	}
	return list;
}

static enum fj_rc check_cells(const struct import *im, struct fj_err *err)
{
	const char *flag = cell(im, C_DISHONEST), *mlps = cell(im, C_MLPS);

	for (int k = 0; k < COLUMNS; k++)
		if (fj_utf8_count(cell(im, (enum column)k)) > columns[k].max) {
			enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 4.1", "the cell \"%s\" is longer than %zu characters", columns[k].en, columns[k].max);
			fj_err_zh(err, "“%s”超过 %zu 字", columns[k].zh, columns[k].max);
			return rc;
		}
	if (flag[0] != '\0' && strcmp(flag, "是") != 0 && strcmp(flag, "否") != 0 && strcmp(flag, "yes") != 0 && strcmp(flag, "no") != 0)
		return bad(err, "27号 art. 12", "whether it is on a list of dishonest bodies is 是 or 否", "“失信”应填“是”或“否”");
	return mlps[0] == '\0' || (strspn(mlps, "01234") == 1 && mlps[1] == '\0') ? FJ_OK
	    : bad(err, "35号 art. 7(六)", "the level of cyber security protection is 0 to 4", "网络安全等级保护应为 0 至 4");
}

static const char *kind_of(const char *s)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].zh, s) == 0)
			return kinds[i].code;
	return s;
}

static enum fj_rc not_there(const struct import *im, const char *usci, struct fj_err *err)
{
	FJ_AUTO(dom_org) there = {.affiliates = NULL};
	bool twice = json_object_get(im->seen, usci) != NULL;

	if (!twice && dom_org_get(im->c->db, usci, &there, NULL) == FJ_E_NOTFOUND)
		return fj_json_set(im->seen, usci, json_true());
	enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", NULL, twice ? "%s stands twice in the file" : "the organisation %s is entered already", usci);
	fj_err_zh(err, twice ? "%s 在文件中重复" : "单位 %s 已登记", usci);
	return rc;
}

/* a row as the body of its event; what speaks against it is the reason why it is set aside */
static enum fj_rc take(struct import *im, json_t *roles, json_t **body, struct fj_err *err)
{
	const char *flag = cell(im, C_DISHONEST), *mlps = cell(im, C_MLPS), *finance = cell(im, C_FINANCE);
	FJ_AUTO(json) affiliates = split(cell(im, C_AFFILIATES));
	const struct dom_org_in in = {.usci = cell(im, C_USCI), .name = cell(im, C_NAME), .kind = kind_of(cell(im, C_KIND)), .level = cell(im, C_LEVEL),
		.div6 = cell(im, C_DIV), .dept = cell(im, C_DEPT), .finance = finance[0] == '\0' && !im->finance ? im->c->actor->org : finance,
		.note = cell(im, C_NOTE), .override = cell(im, C_OVERRIDE), .roles = roles, .affiliates = affiliates,
		.dishonest = strcmp(flag, "是") == 0 || strcmp(flag, "yes") == 0, .mlps = mlps[0] == '\0' ? 0 : mlps[0] - '0'};

	FJ_TRY(check_cells(im, err));
	FJ_TRY(dom_organisation_body(&in, body, err));
	FJ_TRY(not_there(im, in.usci, err));
	FJ_TRY(dom_organisation_enterer(im->c, *body, im->peers, im->c->actor->org, err));
	return dom_organisation_warn(im->c->db, *body, err);
}

static enum fj_rc set_aside(struct import *im, const struct fj_err *why, struct fj_err *err)
{
	json_t *o = tsk_aside(cell(im, C_USCI), why);

	json_object_set_new(o, "line", json_integer((json_int_t)im->row.line));
	return json_array_append_new(im->aside, o) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc take_record(struct import *im, struct fj_err *err)
{
	FJ_AUTO(json) roles = split(cell(im, C_ROLES));
	FJ_AUTO(json) body = NULL;
	json_t *made = NULL;
	struct fj_err why = {0};
	uint32_t bits = 0;

	bool finance = iss_roles_parse(roles, &bits, NULL) == FJ_OK && (bits & ISS_FINANCE);
	if (finance != im->finance)
		return FJ_OK;
	enum fj_rc rc = take(im, roles, &made, &why);
	body = made;
	if (rc != FJ_OK)
		return fj_rc_exit(rc) == 1 ? set_aside(im, &why, err) : rc;
	if (json_array_size(im->rows) == MAX_ROWS)
		return fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "a list has %d organisations at most; split it", MAX_ROWS);
	if (finance)
		json_object_set(im->peers, cell(im, C_USCI), body);
	return json_array_append(im->rows, body) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

/* one time over the file: finance departments, or the others */
static enum fj_rc read_round(struct import *im, struct fj_slice file, bool finance, struct fj_err *err)
{
	FJ_AUTO(sheet) s = NULL;
	bool more = true;

	im->finance = finance;
	FJ_TRY(sheet_open(file, &s, err));
	FJ_TRY(sheet_next(s, &im->row, &more, err));
	if (!more)
		return bad(err, "domain.md 4.1", "the file is empty", "文件是空的");
	FJ_TRY(read_heading(im, err));
	while (more) {
		struct fj_err why = {0};
		enum fj_rc rc = sheet_next(s, &im->row, &more, &why);
		if (rc == FJ_OK && more)
			FJ_TRY(take_record(im, err));
		if (rc != FJ_OK && rc != FJ_E_INVALID) {
			if (err != NULL)
				*err = why;
			return rc;
		}
		im->row.n = rc == FJ_OK ? im->row.n : 0; /* nothing of a broken row is repeated */
		if (rc != FJ_OK && !finance)
			FJ_TRY(set_aside(im, &why, err));
	}
	return FJ_OK;
}

/* the rows that contradict themselves, for the approver to confirm by name */
static enum fj_rc gather_odd(const json_t *rows, json_t *payload, struct fj_err *err)
{
	FJ_AUTO(buf) en = FJ_BUF_INIT(1u << 20);
	FJ_AUTO(buf) zh = FJ_BUF_INIT(1u << 20);
	size_t i;
	json_t *v;

	json_array_foreach(rows, i, v) {
		const json_t *odd = json_object_get(v, "contradiction");
		if (odd == NULL)
			continue;
		FJ_TRY(fj_buf_printf(&en, "%s%s", en.len > 0 ? "; " : "", fj_json_peek(odd, "en")));
		FJ_TRY(fj_buf_printf(&zh, "%s%s", zh.len > 0 ? "；" : "", fj_json_peek(odd, "zh")));
	}
	(void)err;
	return en.len == 0 ? FJ_OK : fj_json_set(payload, "contradiction", json_pack("{s:s, s:s}", "en", fj_buf_str(&en), "zh", fj_buf_str(&zh)));
}

/* the same file asked for twice is one request */
static enum fj_rc request(struct import *im, struct fj_err *err)
{
	FJ_AUTO(buf) all = FJ_BUF_INIT(4u << 20);
	struct fj_hash h;
	char hex[65], object[40];

	FJ_TRY(fj_json_canonical(im->rows, &all, err));
	fj_sha256(fj_buf_slice(&all), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	snprintf(object, sizeof(object), "list-%.16s", hex);
	FJ_AUTO(json) payload = json_pack("{s:O, s:s}", "rows", im->rows, "asked_by", im->c->actor->org);
	FJ_TRY(gather_odd(im->rows, payload, err));
	FJ_TRY(apr_request(im->c, "organisation.import", object, im->c->actor->org, payload, err));
	FJ_TRY(fj_json_set(im->c->answer, "digest", json_string(hex)));
	json_object_set_new(im->c->answer, "rows", json_integer((json_int_t)json_array_size(im->rows)));
	json_object_set(im->c->answer, "set_aside", im->aside);
	return FJ_OK;
}

enum fj_rc cmd_organisation_import(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(4u << 20);
	FJ_AUTO(json) rows = json_array();
	FJ_AUTO(json) aside = json_array();
	FJ_AUTO(json) peers = json_object();
	FJ_AUTO(json) seen = json_object();
	struct import im = {.c = c, .rows = rows, .aside = aside, .peers = peers, .seen = seen};

	FJ_TRY(iss_param_file(c, "file", &file, err));
	FJ_TRY(read_round(&im, fj_buf_slice(&file), true, err));
	FJ_TRY(read_round(&im, fj_buf_slice(&file), false, err));
	if (!json_is_true(json_object_get(c->params, "dry_run")) && json_array_size(rows) > 0)
		return request(&im, err);
	c->answer = json_pack("{s:b, s:O, s:O}", "refused", json_array_size(rows) == 0, "organisations", rows, "set_aside", aside);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* in the order of the list: finance departments stand before those they answer for */
enum fj_rc apr_organisation_import(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(json) aside = json_array();
	int64_t n = 0;
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(a->payload, "rows"), i, v) {
		FJ_AUTO(dom_org) there = {.affiliates = NULL};
		const char *usci = fj_json_peek(v, "usci");
		struct fj_err why = {0};
		enum fj_rc rc = dom_org_get(c->db, usci, &there, NULL) == FJ_E_NOTFOUND ? dom_organisation_enterer(c, v, NULL, c->actor->org, &why)
		    : bad(&why, NULL, "entered meanwhile", "其间已登记");
		if (rc != FJ_OK) {
			json_array_append_new(aside, tsk_aside(usci, &why));
			continue;
		}
		FJ_TRY(evt_append(c, "organisation.added", usci, v, err));
		n++;
	}
	c->answer = json_pack("{s:s, s:s, s:I, s:O}", "id", a->id, "state", "APPROVED", "entered", (json_int_t)n, "set_aside", aside);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_organisation_template(struct iss_call *c, struct fj_err *err)
{
	c->answer = json_pack("{s:s}", "csv", org_pilot_units);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
