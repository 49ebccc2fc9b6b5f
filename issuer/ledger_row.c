/*
 * ledger_row.c - one row of a catalogue by itself: its cells as they are stored,
 * and everything that is wrong with it at once.
 *
 * Whether a row is marked 涉密 is looked at first, in every column that may say
 * so: of such a row nothing else is read (domain.md decision 12).  A mark that
 * is neither yes nor no, or cells that a stray comma has moved, could hide one;
 * of those only the fault is told.  White space is tidied; apart from that what
 * was written is kept, and only compared in NFKC.
 */
#include "issuer/ledger_sheet.h"

const struct led_fault_kind led_faults[LED_FAULTS] = {
#define FAULT(name, kind, rule, en, zh) {kind, rule, en, zh},
#include "issuer/ledger_faults.def"
#undef FAULT
};

#define DATE_ROOM 12 /* a date is at least as long as it is in ISO 8601 */

struct reading {
	const struct led_layout *l;
	const struct sheet_row *row;
	struct led_record *r;
	led_tell tell;
	void *arg;
	bool faulty;
};

size_t led_cell(const struct led_layout *l, enum led_column k)
{
	return k == LED_SECRET ? (l->n_secret > 0 ? (size_t)l->secret[0] + 1 : 1) : l->of[k] < 0 ? 1 : (size_t)l->of[k] + 1;
}

static void wrong(struct reading *g, enum led_column k, enum led_fault f)
{
	g->faulty = true;
	g->tell(g->arg, g->row->line, led_cell(g->l, k), &led_faults[f]);
}

/* --- marks of secrecy --- */

enum led_mark led_mark_of(const char *cell)
{
	static const char *const open[] = {"", "否", "no", "n", "false", "0", "×", "无", "非涉密", "不涉密", "未涉密", "非密", "公开", "内部", "一般", "普通", "不适用", "non-secret", "notsecret", NULL};
	static const char *const secret[] = {"是", "yes", "y", "true", "1", "√", "✓", "密", NULL};
	static const char *const words[] = {"绝密", "机密", "秘密", "涉密", "secret", NULL};
	char key[256];

	led_heading_key(cell, key);
	if (cell[0] != '\0' && key[0] == '\0')
		return fj_utf8_count(cell) > 40 ? LED_MARK_UNCLEAR : LED_MARK_OPEN;
	if (fj_among(key, open))
		return LED_MARK_OPEN;
	if (fj_among(key, secret))
		return LED_MARK_SECRET;
	for (size_t i = 0; words[i] != NULL; i++) /* 机密级, 秘密★5年 */
		if (strstr(key, words[i]) != NULL)
			return LED_MARK_SECRET;
	return LED_MARK_UNCLEAR;
}

static enum led_verdict look_at_marks(struct reading *g)
{
	enum led_verdict v = LED_GOOD;

	for (size_t i = 0; i < g->l->n_secret; i++) {
		size_t c = (size_t)g->l->secret[i];
		enum led_mark m = led_mark_of(c < g->row->n ? g->row->cell[c] : "");
		if (m == LED_MARK_SECRET)
			return LED_SECRET_ROW;
		if (m == LED_MARK_UNCLEAR)
			v = LED_HIDDEN;
	}
	for (size_t i = 0; v == LED_HIDDEN && i < g->l->n_secret; i++) {
		size_t c = (size_t)g->l->secret[i];
		if (led_mark_of(c < g->row->n ? g->row->cell[c] : "") == LED_MARK_UNCLEAR)
			g->tell(g->arg, g->row->line, c + 1, &led_faults[LED_F_SECRET_UNCLEAR]);
	}
	return v;
}

/* --- cells --- */

static bool is_space(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* U+00A0 and U+3000 are white space too; 0: none here */
static size_t wide_space(const char *s)
{
	return memcmp(s, "\xc2\xa0", 2) == 0 ? 2 : strlen(s) >= 3 && memcmp(s, "\xe3\x80\x80", 3) == 0 ? 3 : 0;
}

/* white space trimmed at both ends; inside, line ends and tabs become a space */
static size_t tidy(const char *s, char *out)
{
	size_t n = 0, gap = 0;

	while (*s != '\0') {
		size_t wide = s[1] != '\0' ? wide_space(s) : 0;
		if (wide == 0 && !is_space((unsigned char)*s)) {
			gap = 0;
			out[n++] = *s++;
			continue;
		}
		if (n > 0 && (gap == 0 || *s == ' ')) {
			out[n++] = ' ';
			gap++;
		}
		s += wide > 0 ? wide : 1;
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return n;
}

static enum fj_rc take_cells(struct reading *g)
{
	size_t sum = 0;

	for (size_t i = 0; i < g->row->n; i++)
		sum += strlen(g->row->cell[i]) + 1;
	fj_buf_clear(&g->r->text);
	char *to = (char *)fj_buf_reserve(&g->r->text, sum + 2 * DATE_ROOM);
	if (to == NULL)
		return FJ_E_NOMEM;
	for (int k = 0; k < LED_COLUMNS; k++) {
		int c = k == LED_SECRET ? -1 : g->l->of[k];
		g->r->v[k] = "";
		if (c < 0 || (size_t)c >= g->row->n)
			continue;
		size_t n = tidy(g->row->cell[c], to);
		g->r->v[k] = to;
		to += (k == LED_FROM || k == LED_TO) && n < DATE_ROOM ? DATE_ROOM : n + 1;
	}
	return FJ_OK;
}

static bool control(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

static bool equal_keys(const char *a, const char *b)
{
	char x[256], y[256];

	led_heading_key(a, x);
	led_heading_key(b, y);
	return x[0] != '\0' && strcmp(x, y) == 0;
}

/* the choice that was meant, or its code; NULL none */
static const char *chosen(const struct led_col *c, const char *v)
{
	for (size_t i = 0; c->choices[i] != NULL; i++)
		if (strcmp(c->choices[i], v) == 0 || equal_keys(c->choices[i], v) || (c->codes != NULL && equal_keys(c->codes[i], v)))
			return c->codes != NULL ? c->codes[i] : c->choices[i];
	return NULL;
}

/* --- forms --- */

/* 门类 and 大类 of GB/T 4754-2017: a letter, and the divisions that it has */
static bool is_industry(const char *s)
{
	static const struct {
		char letter;
		int first, last;
	} sections[] = {{'A', 1, 5}, {'B', 6, 12}, {'C', 13, 43}, {'D', 44, 46}, {'E', 47, 50}, {'F', 51, 52}, {'G', 53, 60}, {'H', 61, 62},
		{'I', 63, 65}, {'J', 66, 69}, {'K', 70, 70}, {'L', 71, 72}, {'M', 73, 75}, {'N', 76, 79}, {'O', 80, 82}, {'P', 83, 83},
		{'Q', 84, 85}, {'R', 86, 90}, {'S', 91, 96}, {'T', 97, 97}};

	if (strlen(s) < 3 || s[1] < '0' || s[1] > '9' || s[2] < '0' || s[2] > '9' || (s[3] >= '0' && s[3] <= '9'))
		return false;
	int n = (s[1] - '0') * 10 + s[2] - '0';
	for (size_t i = 0; i < FJ_ARRAY_LEN(sections); i++)
		if (sections[i].letter == s[0])
			return n >= sections[i].first && n <= sections[i].last;
	return false;
}

static bool is_class(const char *s)
{
	return s[0] != '\0' && strlen(s) <= 16 && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.") == strlen(s);
}

static const char *number_of(const char *s, int least, int most, int *out)
{
	int n = 0;

	*out = 0;
	for (; n < most && *s >= '0' && *s <= '9'; n++)
		*out = *out * 10 + (*s++ - '0');
	return n >= least ? s : NULL;
}

static const char *separator(const char *s, const char *zh)
{
	if (s == NULL)
		return NULL;
	if (strncmp(s, zh, 3) == 0)
		return s + 3;
	return *s == '-' || *s == '/' || *s == '.' ? s + 1 : NULL;
}

/* 2026-03-01, 2026/3/1, 2026.3.1, 20260301, 2026年3月1日, each also with a time behind it; as ISO into
 * out, of DATE_ROOM octets */
static bool date_of(const char *s, char *out)
{
	static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int y, m = 0, d = 0;
	const char *p = number_of(s, 4, 4, &y);

	if (p != NULL && *p >= '0' && *p <= '9') {
		p = number_of(p, 2, 2, &m);
		p = p == NULL ? NULL : number_of(p, 2, 2, &d);
	} else {
		p = separator(p, "年");
		p = p == NULL ? NULL : separator(number_of(p, 1, 2, &m), "月");
		p = p == NULL ? NULL : number_of(p, 1, 2, &d);
		if (p != NULL && strncmp(p, "日", 3) == 0)
			p += 3;
	}
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	if (p == NULL || (*p != '\0' && *p != 'T' && *p != ' ') || y < 1000 || m < 1 || m > 12 || d < 1 || d > days[m - 1] || (m == 2 && d == 29 && !leap))
		return false;
	snprintf(out, DATE_ROOM, "%04u-%02u-%02u", (unsigned)y % 10000, (unsigned)m % 100, (unsigned)d % 100);
	return true;
}

static bool is_error(const char *s)
{
	static const char *const errors[] = {"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", NULL};

	return s[0] == '#' && fj_among(s, errors);
}

/* 1.23457E+11: what a program makes of a long number */
static bool lost_digits(const char *s)
{
	size_t n = strspn(s, "0123456789.");

	return n > 0 && (s[n] == 'E' || s[n] == 'e') && s[n + 1] == '+' && s[n + 2] != '\0' && strspn(s + n + 2, "0123456789") == strlen(s + n + 2);
}

static bool is_sj(const char *s)
{
	return strncmp(s, "SJ", 2) == 0 && strlen(s) == 15 && strspn(s + 2, "0123456789") == 13;
}

/* digits in groups of three, or none */
static bool whole_number(char *s)
{
	size_t n = 0;

	for (size_t i = 0; s[i] != '\0'; i++)
		if (s[i] != ',')
			s[n++] = s[i];
	s[n] = '\0';
	return n > 0 && n <= 18 && strspn(s, "0123456789") == n;
}

/* --- checks --- */

static bool usable(struct reading *g, enum led_column k)
{
	const struct led_col *c = &led_cols[k];
	const char *v = g->r->v[k];

	if (v[0] == '\0' && c->required)
		wrong(g, k, k == LED_CATALOG ? LED_F_CATALOG_EMPTY : LED_F_REQUIRED);
	else if (control(v))
		wrong(g, k, LED_F_CONTROL);
	else if (is_error(v))
		wrong(g, k, LED_F_ERROR_VALUE);
	else if (fj_utf8_count(v) > c->max && c->choices == NULL)
		wrong(g, k, k == LED_NAME || k == LED_SUMMARY ? LED_F_TEXT_TOO_LONG : LED_F_TOO_LONG);
	else
		return v[0] != '\0';
	return false;
}

static void check_choice(struct reading *g, enum led_column k)
{
	static const enum led_fault of[LED_COLUMNS] = {[LED_FORMED] = LED_F_FORMED, [LED_SCHEME] = LED_F_SCHEME, [LED_FREQUENCY] = LED_F_FREQUENCY,
		[LED_SCOPE] = LED_F_SCOPE, [LED_SOURCE] = LED_F_SOURCE, [LED_STRUCTURE] = LED_F_STRUCTURE, [LED_LEVEL] = LED_F_LEVEL, [LED_PERSONAL] = LED_F_PERSONAL};
	const char *v = chosen(&led_cols[k], g->r->v[k]);

	if (v == NULL)
		wrong(g, k, of[k]);
	else
		g->r->v[k] = v;
	if (v != NULL && k == LED_LEVEL && strcmp(v, "CORE") == 0)
		wrong(g, k, LED_F_CORE);
}

static void check_form(struct reading *g, enum led_column k)
{
	char *v = (char *)(uintptr_t)g->r->v[k], date[16]; /* in r->text */

	switch (k) {
	case LED_NO:
	case LED_CATALOG:
		if (lost_digits(v))
			wrong(g, k, LED_F_DIGITS_LOST);
		else if (is_sj(v))
			wrong(g, k, LED_F_SJ_NUMBER);
		break;
	case LED_INDUSTRY:
		if (is_industry(v))
			v[3] = '\0';
		else
			wrong(g, k, LED_F_INDUSTRY);
		break;
	case LED_CLASS:
		if (!is_class(v))
			wrong(g, k, LED_F_CLASS);
		break;
	case LED_FROM:
	case LED_TO:
		if (!date_of(v, date))
			wrong(g, k, LED_F_DATE);
		else
			memcpy(v, date, sizeof("2026-03-01"));
		break;
	case LED_VOLUME:
		if (!whole_number(v))
			wrong(g, k, LED_F_NUMBER);
		break;
	default:
		break;
	}
}

static void check_together(struct reading *g)
{
	const char *const *v = g->r->v;
	char from[16], to[16];

	bool shared = strcmp(v[LED_FORMED], "共享取得") == 0;
	if (shared && v[LED_SHARED][0] == '\0')
		wrong(g, LED_FORMED, LED_F_SHARED_UNIT);
	if (!shared && v[LED_SHARED][0] != '\0' && fj_among(v[LED_FORMED], led_cols[LED_FORMED].choices))
		wrong(g, LED_SHARED, LED_F_NOT_SHARED);
	if (v[LED_CLASS][0] != '\0' && v[LED_SCHEME][0] == '\0')
		wrong(g, LED_CLASS, LED_F_CLASS_ALONE);
	if (v[LED_SCHEME][0] != '\0' && v[LED_CLASS][0] == '\0')
		wrong(g, LED_SCHEME, LED_F_SCHEME_ALONE);
	if (date_of(v[LED_FROM], from) && date_of(v[LED_TO], to) && strcmp(from, to) > 0)
		wrong(g, LED_TO, LED_F_DATE_ORDER);
}

enum fj_rc led_put_key(const char *a, const char *b, char *out, size_t cap)
{
	FJ_AUTO(buf) k = FJ_BUF_INIT(cap - 1);

	FJ_TRY(sheet_key(a, &k));
	if (b != NULL) {
		FJ_TRY(fj_buf_puts(&k, "\n"));
		FJ_TRY(sheet_key(b, &k));
	}
	return fj_strcopy(out, cap, fj_buf_str(&k));
}

/* what compatibility makes longer than its bound is too long */
static void make_keys(struct reading *g)
{
	struct led_record *r = g->r;

	r->no_key[0] = r->same_key[0] = '\0';
	if (fj_utf8_count(r->v[LED_NO]) <= DOM_MAX_LEDGER_NO && led_put_key(r->v[LED_NO], NULL, r->no_key, sizeof(r->no_key)) != FJ_OK)
		wrong(g, LED_NO, LED_F_TOO_LONG);
	if (r->v[LED_CATALOG][0] != '\0' && r->v[LED_NAME][0] != '\0' && fj_utf8_count(r->v[LED_CATALOG]) <= DOM_MAX_CATALOG_REF &&
	    fj_utf8_count(r->v[LED_NAME]) <= DOM_MAX_NAME && led_put_key(r->v[LED_CATALOG], r->v[LED_NAME], r->same_key, sizeof(r->same_key)) != FJ_OK)
		wrong(g, LED_NAME, LED_F_TOO_LONG);
}

void led_record_release(struct led_record *r)
{
	fj_buf_release(&r->text);
}

enum fj_rc led_read(const struct led_layout *l, const struct sheet_row *row, struct led_record *r, enum led_verdict *out, led_tell tell, led_tell warn, void *arg)
{
	struct reading g = {.l = l, .row = row, .r = r, .tell = tell, .arg = arg};

	if (l->is_csv && row->n != l->width) {
		size_t at = row->n < l->width ? row->n : l->width;
		*out = LED_HIDDEN;
		tell(arg, row->line, at + 1, &led_faults[LED_F_COLUMNS]);
		return FJ_OK;
	}
	*out = look_at_marks(&g);
	if (*out != LED_GOOD)
		return FJ_OK;
	FJ_TRY(take_cells(&g));
	for (int k = 0; k < LED_SECRET; k++) {
		if (!usable(&g, (enum led_column)k))
			continue;
		if (led_cols[k].choices != NULL)
			check_choice(&g, (enum led_column)k);
		else
			check_form(&g, (enum led_column)k);
	}
	check_together(&g);
	make_keys(&g);
	*out = g.faulty ? LED_FAULTY : LED_GOOD;
	if (*out == LED_GOOD && fj_utf8_count(r->v[LED_NAME]) > 40)
		warn(arg, row->line, led_cell(l, LED_NAME), &led_faults[LED_F_LONG_NAME]);
	if (*out == LED_GOOD && fj_utf8_count(r->v[LED_SUMMARY]) > 400)
		warn(arg, row->line, led_cell(l, LED_SUMMARY), &led_faults[LED_F_LONG_SUMMARY]);
	return FJ_OK;
}
