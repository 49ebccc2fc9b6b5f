/*
 * ledger_heading.c - which column of an office's table means what.
 *
 * Headings are field names of domain.md 4.2 and 4.3, Chinese or English, in any
 * order, or what the sender once said that its own headings mean.  A title may
 * stand above them, and a heading may have two rows, the upper one merged over
 * several columns.  Two columns of one meaning are refused, since they may
 * disagree; only marks of secrecy may be several, and each of them counts.  No
 * mapping can make a mark of secrecy mean something else.
 */
#include "issuer/ledger_sheet.h"

#define ROWS 10

static const char *const formed[] = {"自主采集", "生产加工", "购置", "接受划转", "捐赠", "共享取得", NULL};
static const char *const schemes[] = {"GBT47949-2026", "GBT35416-2017", "GPC-2022", "LOCAL", NULL};
static const char *const frequencies[] = {"实时更新", "按天", "按周", "按月", "按年", "按需", "其他", NULL};
static const char *const scopes[] = {"国际", "全国", "省级", "市级", "区县级", "区县级以下", NULL};
static const char *const sources[] = {"采集生成", "通过自动化程序收集公开数据", "协议取得", "衍生创造", NULL};
static const char *const structures[] = {"结构化", "半结构化", "非结构化", NULL};
static const char *const levels[] = {"核心", "重要", "一般", NULL}, *const level_codes[] = {"CORE", "IMPORTANT", "GENERAL", NULL};
static const char *const personals[] = {"不涉及", "去标识化", "匿名化", "原始", NULL};
static const char *const personal_codes[] = {"none", "de-identified", "anonymised", "raw", NULL};
static const char *const yes_no[] = {"否", "是", NULL};

const struct led_col led_cols[LED_COLUMNS] = {
	[LED_NO] = {"ledger_no", "台账编号", {"ledger_id", "台账号", NULL}, NULL, NULL, DOM_MAX_LEDGER_NO, true, 16},
	[LED_CATALOG] = {"catalog_ref", "数据资源目录编号", {"目录编号", "资源目录编号", "数据目录编号", NULL}, NULL, NULL, DOM_MAX_CATALOG_REF, true, 20},
	[LED_NAME] = {"name", "名称", {"数据资产名称", "数据资源名称", "资产名称", "资源名称", "数据名称", NULL}, NULL, NULL, DOM_MAX_NAME, true, 40},
	[LED_SUMMARY] = {"summary", "概述", {"overview", "数据概述", "摘要", "数据资源摘要", "内容概述", NULL}, NULL, NULL, 800, false, 40},
	[LED_FORMED] = {"formed_by", "形成方式", {NULL}, formed, NULL, 16, true, 12},
	[LED_SHARED] = {"shared_from", "共享来源单位", {"数据提供单位", NULL}, NULL, NULL, DOM_MAX_SHARED_FROM, false, 20},
	[LED_INDUSTRY] = {"industry", "所属行业", {"行业", "行业代码", NULL}, NULL, NULL, 40, false, 10},
	[LED_SCHEME] = {"class_scheme", "分类标准", {"资产分类标准", NULL}, schemes, NULL, 16, false, 16},
	[LED_CLASS] = {"class_code", "资产分类", {"资产分类代码", "分类代码", NULL}, NULL, NULL, 40, false, 12},
	[LED_FROM] = {"time_from", "时域起", {"时域范围起", "起始日期", "开始日期", NULL}, NULL, NULL, 40, false, 12},
	[LED_TO] = {"time_to", "时域止", {"时域范围止", "截止日期", "结束日期", NULL}, NULL, NULL, 40, false, 12},
	[LED_FREQUENCY] = {"update_freq", "更新频率", {"更新周期", NULL}, frequencies, NULL, 16, false, 10},
	[LED_SCOPE] = {"geo_scope", "地域范围", {NULL}, scopes, NULL, 16, false, 10},
	[LED_SOURCE] = {"source_kind", "数据来源", {NULL}, sources, NULL, 40, false, 14},
	[LED_STRUCTURE] = {"structure", "数据结构", {"结构类型", NULL}, structures, NULL, 16, false, 10},
	[LED_LEVEL] = {"data_level", "数据分级", {"数据级别", NULL}, levels, level_codes, 16, false, 10},
	[LED_VOLUME] = {"volume_rows", "数据量", {"记录数", "数据条数", NULL}, NULL, NULL, 40, false, 12},
	[LED_PERSONAL] = {"personal_info", "涉及个人信息", {"个人信息", NULL}, personals, personal_codes, 20, false, 12},
	[LED_DEPT] = {"mgr_dept", "管理部门", {"责任部门", NULL}, NULL, NULL, 120, false, 20},
	[LED_SECRET] = {"secret", "是否涉密", {"密级", "涉密", "涉密标识", "涉密情况", "保密级别", "secret_level", NULL}, yes_no, NULL, 40, false, 8},
};

int led_column_of(const char *field)
{
	for (int k = 0; field != NULL && k < LED_COLUMNS; k++)
		if (strcmp(led_cols[k].field, field) == 0)
			return k;
	return -1;
}

void led_heading_key(const char *title, char out[256])
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(255);

	if (sheet_heading(title, &b) != FJ_OK || fj_strcopy(out, 256, fj_buf_str(&b)) != FJ_OK)
		out[0] = '\0';
}

/* column by a heading's key; -1 none */
static int by_key(const char *key, const json_t *mapping)
{
	if (key[0] == '\0')
		return -1;
	for (int k = LED_COLUMNS - 1; k >= 0; k--) { /* secrecy first: a mapping can't take it away */
		bool is = strcmp(key, led_cols[k].field) == 0 || strcmp(key, led_cols[k].zh) == 0;
		for (size_t i = 0; !is && led_cols[k].also[i] != NULL; i++)
			is = strcmp(key, led_cols[k].also[i]) == 0;
		const char *mapped = is && k == LED_SECRET ? NULL : fj_json_peek(mapping, key);
		if (mapped != NULL)
			return led_column_of(mapped);
		if (is)
			return k;
	}
	return -1;
}

struct head {
	size_t line, n;
	char *key[SHEET_MAX_COLUMNS], *title[SHEET_MAX_COLUMNS]; /* owned; "" as NULL */
};

static void head_release(struct head *h)
{
	for (size_t i = 0; i < h->n; i++) {
		fj_free(h->key[i]);
		fj_free(h->title[i]);
	}
}

static enum fj_rc head_take(struct head *h, const struct sheet_row *row)
{
	char key[256];

	h->line = row->line;
	for (size_t i = 0; i < row->n; i++) {
		led_heading_key(row->cell[i], key);
		h->key[i] = fj_strdup(key);
		h->title[i] = fj_strdup(row->cell[i]);
		h->n = i + 1;
		if (h->key[i] == NULL || h->title[i] == NULL)
			return FJ_E_NOMEM;
	}
	return FJ_OK;
}

/* what cell i of a heading means: of the lower row, of the upper, of both read together */
static int meaning(const struct head *upper, const struct head *lower, size_t i, const json_t *mapping)
{
	const char *u = i < upper->n ? upper->key[i] : "", *l = lower != NULL && i < lower->n ? lower->key[i] : "";
	char both[512];

	if (lower == NULL || l[0] == '\0' || strcmp(u, l) == 0)
		return by_key(u, mapping);
	for (size_t j = i; u[0] == '\0' && j-- > 0;) /* CSV keeps a merged value in its first cell only */
		u = upper->key[j < upper->n ? j : upper->n - 1];
	snprintf(both, sizeof(both), "%s%s", u, l);
	int k = by_key(both, mapping);
	return k >= 0 ? k : by_key(l, mapping);
}

/* different columns that this heading has */
static size_t score(const struct head *upper, const struct head *lower, const json_t *mapping)
{
	bool have[LED_COLUMNS] = {false};
	size_t n = lower != NULL && lower->n > upper->n ? lower->n : upper->n, sum = 0;

	for (size_t i = 0; i < n; i++) {
		int k = meaning(upper, lower, i, mapping);
		if (k >= 0 && !have[k]) {
			have[k] = true;
			sum++;
		}
	}
	return sum;
}

static void missing(int k, size_t line, led_tell tell, void *arg)
{
	char en[160], zh[160];
	struct led_fault_kind f = led_faults[LED_F_HEADING_MISSING];

	snprintf(en, sizeof(en), "the column \"%s\" is missing; take the template, or say what your headings mean (ledger.map)", led_cols[k].field);
	snprintf(zh, sizeof(zh), "缺少“%s”列；请使用模板，或用 ledger.map 说明各列含义", led_cols[k].zh);
	f.en = en;
	f.zh = zh;
	tell(arg, line, 1, &f);
}

struct pick {
	const struct head *upper, *lower; /* lower NULL: one row */
};

static void ignore(struct led_layout *l, const struct pick *p, size_t i)
{
	const char *title = p->lower != NULL && i < p->lower->n && p->lower->title[i][0] != '\0' ? p->lower->title[i]
	    : i < p->upper->n ? p->upper->title[i] : "";

	if (title[0] != '\0')
		json_array_append_new(l->ignored, json_pack("{s:I, s:s%}", "column", (json_int_t)i + 1, "title", title, fj_utf8_prefix(title, 80)));
}

static bool same_title(const struct pick *p, size_t i)
{
	const struct head *h = p->lower != NULL ? p->lower : p->upper;

	return i < h->n && strcmp(h->key[i], h->key[i - 1]) == 0;
}

static bool settle(struct led_layout *l, const struct pick *p, const json_t *mapping, led_tell tell, void *arg)
{
	bool ok = true;

	l->last = p->lower != NULL ? p->lower->line : p->upper->line;
	l->width = p->lower != NULL && p->lower->n > p->upper->n ? p->lower->n : p->upper->n;
	for (int k = 0; k < LED_COLUMNS; k++)
		l->of[k] = -1;
	for (size_t i = 0; i < l->width; i++) {
		int k = meaning(p->upper, p->lower, i, mapping);
		if (k < 0)
			ignore(l, p, i);
		else if (k == LED_SECRET && l->n_secret < LED_MAX_SECRET)
			l->secret[l->n_secret++] = (int)i;
		else if (k != LED_SECRET && !l->is_csv && i > 0 && l->of[k] == (int)i - 1 && same_title(p, i))
			ignore(l, p, i); /* one heading merged over two columns */
		else if (k == LED_SECRET || l->of[k] >= 0) {
			tell(arg, l->last, i + 1, &led_faults[LED_F_HEADING_TWICE]);
			ok = false;
		} else
			l->of[k] = (int)i;
	}
	for (int k = 0; k < LED_COLUMNS; k++)
		if (led_cols[k].required && l->of[k] < 0) {
			missing(k, l->last, tell, arg);
			ok = false;
		}
	return ok;
}

/* the row, or the two rows, with most columns; of equals the first, and one before two */
static struct pick choose(const struct head *h, size_t n, const json_t *mapping)
{
	struct pick best = {&h[0], NULL};
	size_t most = score(&h[0], NULL, mapping);

	for (size_t i = 0; i < n; i++)
		for (size_t two = 0; two < 2 && i + two < n; two++) {
			size_t s = score(&h[i], two ? &h[i + 1] : NULL, mapping);
			if (s > most) {
				most = s;
				best = (struct pick){&h[i], two ? &h[i + 1] : NULL};
			}
		}
	return best;
}

/* up to ten rows; a broken one among them is told later, if it stands below the heading */
static enum fj_rc take_heads(struct sheet *s, struct head *h, size_t *n, struct fj_err *broken, struct fj_err *err)
{
	struct sheet_row row;
	bool more = true;

	for (*n = 0; *n < ROWS;) {
		enum fj_rc rc = sheet_next(s, &row, &more, broken);
		if (rc == FJ_E_INVALID)
			continue;
		if (rc != FJ_OK) {
			*err = *broken;
			return rc;
		}
		broken->rc = FJ_OK;
		if (!more)
			return FJ_OK;
		if (head_take(&h[(*n)++], &row) != FJ_OK)
			return fj_no_memory(err, "issuer");
	}
	return FJ_OK;
}

void led_layout_release(struct led_layout *l)
{
	json_decref(l->ignored);
}

enum fj_rc led_layout_read(struct sheet *s, const json_t *mapping, struct led_layout *l, bool *ok, led_tell tell, void *arg, struct fj_err *err)
{
	FJ_AUTO(mem) mem = fj_alloc(ROWS, sizeof(struct head));
	struct head *h = mem;
	struct fj_err broken = {0};
	size_t n = 0;

	memset(l, 0, sizeof(*l));
	*ok = false;
	l->ignored = json_array();
	l->is_csv = strcmp(sheet_encoding(s), "XLSX") != 0;
	if (h == NULL || l->ignored == NULL)
		return fj_no_memory(err, "issuer");
	enum fj_rc rc = take_heads(s, h, &n, &broken, err);
	if (rc == FJ_OK && n == 0)
		tell(arg, 1, 1, &led_faults[LED_F_NO_HEADING]);
	if (rc == FJ_OK && n > 0) {
		struct pick p = choose(h, n, mapping);
		*ok = settle(l, &p, mapping, tell, arg);
	}
	for (size_t i = 0; i < n; i++)
		head_release(&h[i]);
	return rc;
}
