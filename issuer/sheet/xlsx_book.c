/*
 * xlsx_book.c - what stands beside the rows: which sheet is the first that is
 * shown, the shared strings, and which cell styles are dates.
 *
 * Shared strings are kept whole, within a bound that a file of 200,000 rows does
 * not meet; phonetic readings (rPh) are no part of a text.  A cell of a date
 * style is written as ISO 8601: what the office sees as 2026年3月1日 is stored
 * as the number 46082.  Text longer than a cell may be is kept one octet longer,
 * so that the row which uses it is refused.
 */
#include <limits.h>
#include <math.h>

#include "issuer/sheet/xlsx_parts.h"

#define MAX_FORMATS 1000

/* --- workbook.xml and its relations --- */

struct book {
	char rel[128];    /* of the first sheet that is shown */
	char target[200];
};

static void book_start(struct xml *p, const char *name, const char **atts)
{
	struct book *b = p->arg;
	const char *state = xml_att(atts, "state"), *id = xml_att(atts, "id"), *since = xml_att(atts, "date1904");

	if (strcmp(name, "workbookPr") == 0 && since != NULL)
		p->x->since_1904 = strcmp(since, "1") == 0 || strcmp(since, "true") == 0;
	if (strcmp(name, "sheet") == 0 && b->rel[0] == '\0' && id != NULL && (state == NULL || strcmp(state, "visible") == 0) &&
	    fj_strcopy(b->rel, sizeof(b->rel), id) != FJ_OK)
		xml_stop(p, xlsx_bad(p->x, "a name in it is too long", "部件名称过长"));
}

static void rels_start(struct xml *p, const char *name, const char **atts)
{
	struct book *b = p->arg;
	const char *id = xml_att(atts, "Id"), *target = xml_att(atts, "Target");

	if (strcmp(name, "Relationship") == 0 && id != NULL && target != NULL && strcmp(id, b->rel) == 0 &&
	    fj_strcopy(b->target, sizeof(b->target), target) != FJ_OK)
		xml_stop(p, xlsx_bad(p->x, "a name in it is too long", "部件名称过长"));
}

static enum fj_rc missing(struct xlsx *x, enum fj_rc rc)
{
	return rc == FJ_E_NOTFOUND ? xlsx_bad(x, "a part that every workbook has is missing", "缺少工作簿必需的部件") : rc;
}

static enum fj_rc find_sheet(struct xlsx *x)
{
	struct book b = {.rel = ""};
	struct xml book = {.x = x, .arg = &b, .start = book_start}, rels = {.x = x, .arg = &b, .start = rels_start};

	FJ_TRY(missing(x, xml_part(&book, "xl/workbook.xml")));
	if (b.rel[0] == '\0')
		return xlsx_bad(x, "it has no sheet that is shown", "没有可见的工作表");
	FJ_TRY(missing(x, xml_part(&rels, "xl/_rels/workbook.xml.rels")));
	bool whole = b.target[0] == '/';
	snprintf(x->sheet, sizeof(x->sheet), "%s%s", whole ? "" : "xl/", b.target + (whole ? 1 : 0));
	return FJ_OK;
}

/* --- sharedStrings.xml --- */

struct strings {
	bool in_text;
	int phonetic;
	size_t begin;
};

static void strings_start(struct xml *p, const char *name, const char **atts)
{
	struct strings *s = p->arg;

	(void)atts;
	if (strcmp(name, "si") == 0)
		s->begin = p->x->strings.len;
	else if (strcmp(name, "rPh") == 0)
		s->phonetic++;
	s->in_text = strcmp(name, "t") == 0 && s->phonetic == 0;
}

static void too_many_strings(struct xml *p)
{
	xml_stop(p, xlsx_much(p->x, "its texts have more than 128 MiB", "文本内容超过 128 MiB"));
}

static void strings_text(struct xml *p, const char *t, size_t n)
{
	struct strings *s = p->arg;
	size_t have = p->x->strings.len - s->begin;

	if (!s->in_text || have > SHEET_MAX_CELL)
		return;
	if (n > SHEET_MAX_CELL + 1 - have) /* the reader only sees that it is too long */
		n = SHEET_MAX_CELL + 1 - have;
	if (fj_buf_put(&p->x->strings, t, n) != FJ_OK)
		too_many_strings(p);
}

static void strings_end(struct xml *p, const char *name)
{
	struct strings *s = p->arg;
	uint32_t at = (uint32_t)s->begin;

	s->in_text = false;
	if (strcmp(name, "rPh") == 0)
		s->phonetic--;
	if (strcmp(name, "si") == 0 && (fj_buf_put(&p->x->strings, "", 1) != FJ_OK || fj_buf_put(&p->x->at, &at, sizeof(at)) != FJ_OK))
		too_many_strings(p);
}

/* --- styles.xml --- */

struct styles {
	bool in_cells;
	long dates[MAX_FORMATS]; /* ids of formats of the file's own that are dates */
	size_t n;
};

/* Does a format code show a day or a time?  Not in quotes, brackets, or after \ _ *. */
static bool shows_date(const char *f)
{
	for (; *f != '\0'; f++) {
		if (*f == '"' || *f == '[') {
			const char *end = strchr(f + 1, *f == '"' ? '"' : ']');
			if (end == NULL)
				return false;
			f = end;
		} else if ((*f == '\\' || *f == '_' || *f == '*') && f[1] != '\0')
			f++;
		else if (strchr("yYdDhHsSmM", *f) != NULL)
			return true;
	}
	return false;
}

static bool is_date(const struct styles *s, long id)
{
	if ((id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58))
		return true; /* ISO/IEC 29500-1 18.8.30, with those of Chinese */
	for (size_t i = 0; i < s->n; i++)
		if (s->dates[i] == id)
			return true;
	return false;
}

static void styles_start(struct xml *p, const char *name, const char **atts)
{
	struct styles *s = p->arg;
	const char *id = xml_att(atts, "numFmtId"), *code = xml_att(atts, "formatCode");
	long n = id == NULL ? -1 : strtol(id, NULL, 10);

	if (strcmp(name, "numFmt") == 0 && code != NULL && shows_date(code) && s->n < MAX_FORMATS)
		s->dates[s->n++] = n;
	if (strcmp(name, "cellXfs") == 0)
		s->in_cells = true;
	if (s->in_cells && strcmp(name, "xf") == 0 && fj_buf_put(&p->x->is_date, is_date(s, n) ? "\1" : "\0", 1) != FJ_OK)
		xml_stop(p, xlsx_much(p->x, "it has more than 65536 cell styles", "单元格样式超过 65536 个"));
}

static void styles_end(struct xml *p, const char *name)
{
	struct styles *s = p->arg;

	if (strcmp(name, "cellXfs") == 0)
		s->in_cells = false;
}

static enum fj_rc optional(enum fj_rc rc)
{
	return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
}

enum fj_rc xlsx_book(struct xlsx *x)
{
	struct strings s = {.in_text = false};
	struct styles t = {.n = 0};
	struct xml strings = {.x = x, .arg = &s, .start = strings_start, .end = strings_end, .text = strings_text};
	struct xml styles = {.x = x, .arg = &t, .start = styles_start, .end = styles_end};

	FJ_TRY(find_sheet(x));
	FJ_TRY(optional(xml_part(&strings, "xl/sharedStrings.xml")));
	return optional(xml_part(&styles, "xl/styles.xml"));
}

/* --- dates --- */

/* days since 1970-01-01 to a date of the Gregorian calendar */
static void civil(long days, int *y, int *m, int *d)
{
	days += 719468;
	long era = (days >= 0 ? days : days - 146096) / 146097, doe = days - era * 146097;
	long yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	long mp = (5 * doy + 2) / 153;

	*d = (int)(doy - (153 * mp + 2) / 5 + 1);
	*m = (int)(mp < 10 ? mp + 3 : mp - 9);
	*y = (int)(yoe + era * 400 + (*m <= 2));
}

void xlsx_date(const struct xlsx *x, const char *number, char *out, size_t cap)
{
	char *end;
	double v = strtod(number, &end);
	int y, m, d;

	if (end == number || *end != '\0' || !isfinite(v) || v < 0 || v >= 2958466) {
		snprintf(out, cap, "%s", number);
		return;
	}
	long days = (long)v, secs = (long)((v - (double)days) * 86400 + 0.5);
	days += secs / 86400;
	secs %= 86400;
	/* day 60 of the calendar of 1900 is a 29 February that never was */
	civil(days - (x->since_1904 ? 24107 : days < 60 ? 25568 : 25569), &y, &m, &d);
	int n = v < 1 && secs > 0 ? 0 : snprintf(out, cap, "%04d-%02d-%02d", y, m, d);
	if (secs > 0)
		snprintf(out + n, cap - (size_t)n, "%s%02ld:%02ld:%02ld", n > 0 ? "T" : "", secs / 3600, secs / 60 % 60, secs % 60);
}

/* --- numbers --- */

/* A workbook keeps numbers in binary, and offices write them with the digits that gives:
 * 0.28999999999999998 for what was typed as 0.29.  They show and count 15 digits, so those are
 * the number; a whole number is as written, since it may be a code. */
bool xlsx_number(const char *number, char out[XLSX_NUMBER_CAP])
{
	const char *e = strpbrk(number, "eE");
	size_t digits = 0;
	char *end;
	double v = strtod(number, &end);

	for (const char *s = number; *s != '\0' && s != e; s++)
		digits += *s >= '0' && *s <= '9' && (*s != '0' || digits > 0);
	if (end == number || *end != '\0' || !isfinite(v) || (e == NULL && (digits <= 15 || strchr(number, '.') == NULL)))
		return false;
	snprintf(out, XLSX_NUMBER_CAP, "%.15g", v);
	return strpbrk(out, "eE") == NULL;
}
