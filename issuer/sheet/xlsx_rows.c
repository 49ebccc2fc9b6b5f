/*
 * xlsx_rows.c - the rows of one sheet, streamed.
 *
 * The sheet is read twice: merged ranges stand behind the rows that they are
 * about.  A merged value belongs to its whole span, but a row that has nothing
 * of its own is no row.  Cells that are only styled cost nothing.  A cell over
 * its bound, beyond the last column, or out of order breaks its row; rows out of
 * order, or overlapping ranges without end, break the file.
 */
#include "issuer/sheet/xlsx_parts.h"

#define MAX_LINES 1048576
#define MAX_MERGES 20000
#define MAX_ACTIVE SHEET_MAX_COLUMNS

struct merge {
	uint32_t r1, c1, r2, c2; /* from 1 */
};
struct span { /* a range that has begun, with its value */
	struct merge m;
	char *value;
};
struct rows {
	xlsx_row_fn fn;
	void *arg;
	struct fj_buf merges; /* struct merge, by first row */
	size_t next;
	struct span active[MAX_ACTIVE];
	size_t n_active;

	struct fj_buf text;   /* cells of the row, NUL between */
	size_t at[SHEET_MAX_COLUMNS + 1]; /* where a cell begins in text; 0: empty */
	size_t line, column, n;
	struct fj_err why;    /* the row is broken: rc is not FJ_OK */
	size_t bad_column;
	char type;            /* n number, s shared, i inline, t text, b bool */
	size_t style;
	size_t begin;         /* of the cell's text */
	bool in_row, in_cell, in_value, too_long;
	int phonetic;
};

/* "AB12" to column 28 and row 12; 0 when it is none */
static void read_ref(const char *s, uint32_t *row, uint32_t *column)
{
	*row = *column = 0;
	for (; *s >= 'A' && *s <= 'Z' && *column < 20000; s++)
		*column = *column * 26 + (uint32_t)(*s - 'A' + 1);
	for (; *s >= '0' && *s <= '9' && *row <= MAX_LINES; s++)
		*row = *row * 10 + (uint32_t)(*s - '0');
	if (*s != '\0' && *s != ':')
		*row = *column = 0;
}

/* --- merged ranges --- */

static void merges_start(struct xml *p, const char *name, const char **atts)
{
	struct rows *r = p->arg;
	const char *ref = xml_att(atts, "ref");
	struct merge m;

	if (strcmp(name, "mergeCell") != 0 || ref == NULL)
		return;
	const char *colon = strchr(ref, ':');
	read_ref(ref, &m.r1, &m.c1);
	read_ref(colon == NULL ? "" : colon + 1, &m.r2, &m.c2);
	if (m.r1 == 0 || m.c1 == 0 || m.r2 < m.r1 || m.c2 < m.c1 || m.r2 > MAX_LINES)
		xml_stop(p, xlsx_bad(p->x, "a merged range is malformed", "合并单元格区域格式错误"));
	else if (fj_buf_put(&r->merges, &m, sizeof(m)) != FJ_OK)
		xml_stop(p, xlsx_much(p->x, "it has more than 20000 merged ranges", "合并单元格超过 20000 处"));
}

static int by_row(const void *a, const void *b)
{
	const struct merge *x = a, *y = b;

	return x->r1 != y->r1 ? (x->r1 < y->r1 ? -1 : 1) : x->c1 < y->c1 ? -1 : x->c1 > y->c1;
}

static enum fj_rc read_merges(struct xlsx *x, struct rows *r)
{
	struct xml pass = {.x = x, .arg = r, .start = merges_start};
	enum fj_rc rc = xml_part(&pass, x->sheet);

	if (rc == FJ_E_NOTFOUND)
		return xlsx_bad(x, "its first sheet is missing", "缺少第一个工作表");
	if (rc == FJ_OK && r->merges.len > 0)
		qsort(r->merges.data, r->merges.len / sizeof(struct merge), sizeof(struct merge), by_row);
	return rc;
}

static const char *cell(const struct rows *r, size_t column)
{
	return column > SHEET_MAX_COLUMNS || r->at[column] == 0 ? "" : (const char *)r->text.data + r->at[column];
}

static void drop_span(struct rows *r, size_t i)
{
	fj_free(r->active[i].value);
	r->active[i] = r->active[--r->n_active];
}

/* ranges that begin in this row, with the values that they have here */
static enum fj_rc begin_spans(struct xml *p, struct rows *r)
{
	const struct merge *m = (const struct merge *)(const void *)r->merges.data;

	for (size_t i = 0; i < r->n_active;)
		if (r->active[i].m.r2 < r->line)
			drop_span(r, i);
		else
			i++;
	for (; r->next < r->merges.len / sizeof(*m) && m[r->next].r1 <= r->line; r->next++) {
		if (m[r->next].r1 < r->line || cell(r, m[r->next].c1)[0] == '\0')
			continue;
		if (r->n_active == MAX_ACTIVE)
			return xlsx_bad(p->x, "too many merged ranges overlap", "合并单元格相互重叠过多");
		char *value = fj_strdup(cell(r, m[r->next].c1));
		if (value == NULL)
			return xlsx_much(p->x, "it takes too much memory", "占用内存过多");
		r->active[r->n_active++] = (struct span){m[r->next], value};
	}
	return FJ_OK;
}

static enum fj_rc fill_spans(struct xml *p, struct rows *r)
{
	for (size_t i = 0; i < r->n_active; i++)
		for (size_t c = r->active[i].m.c1; c <= r->active[i].m.c2 && c <= SHEET_MAX_COLUMNS; c++) {
			if (r->at[c] != 0)
				continue;
			size_t at = r->text.len;
			if (fj_buf_put(&r->text, r->active[i].value, strlen(r->active[i].value) + 1) != FJ_OK)
				return xlsx_much(p->x, "a row has more than 1 MiB", "一行内容超过 1 MiB");
			r->at[c] = at;
			r->n = c > r->n ? c : r->n;
		}
	return FJ_OK;
}

/* --- cells and rows --- */

static void broken(struct rows *r, const char *en, const char *zh)
{
	if (r->why.rc != FJ_OK)
		return;
	fj_fail(&r->why, FJ_E_INVALID, "sheet", "ISO/IEC 29500", "%s", en);
	fj_err_zh(&r->why, "%s", zh);
	r->bad_column = r->column < 1 ? 1 : r->column > SHEET_MAX_COLUMNS ? SHEET_MAX_COLUMNS + 1 : r->column;
}

static void begin_row(struct xml *p, struct rows *r, const char **atts)
{
	const char *ref = xml_att(atts, "r");
	size_t line = ref == NULL ? r->line + 1 : (size_t)strtoul(ref, NULL, 10);

	if (line <= r->line || line > MAX_LINES) {
		xml_stop(p, xlsx_bad(p->x, "its rows are out of order", "行号顺序错误"));
		return;
	}
	r->line = line;
	r->column = r->n = 0;
	r->why.rc = FJ_OK;
	r->in_row = true;
	memset(r->at, 0, sizeof(r->at));
	fj_buf_clear(&r->text);
	if (fj_buf_put(&r->text, "", 1) != FJ_OK) /* no cell begins at 0 */
		xml_stop(p, xlsx_much(p->x, "it takes too much memory", "占用内存过多"));
}

static char type_of(const char *t)
{
	return t == NULL || strcmp(t, "n") == 0 ? 'n' : strcmp(t, "s") == 0 ? 's' : strcmp(t, "inlineStr") == 0 ? 'i' : strcmp(t, "b") == 0 ? 'b' : 't';
}

static void begin_cell(struct rows *r, const char **atts)
{
	const char *ref = xml_att(atts, "r"), *style = xml_att(atts, "s");
	uint32_t row, column = 0;

	if (ref != NULL)
		read_ref(ref, &row, &column);
	size_t to = column > 0 ? column : r->column + 1;
	if (to <= r->column)
		broken(r, "its cells are out of order", "单元格顺序错误");
	r->column = to;
	r->type = type_of(xml_att(atts, "t"));
	r->style = style == NULL ? 0 : (size_t)strtoul(style, NULL, 10);
	r->begin = r->text.len;
	r->in_cell = true;
	r->too_long = false;
	r->phonetic = 0;
}

static void rows_start(struct xml *p, const char *name, const char **atts)
{
	struct rows *r = p->arg;

	if (strcmp(name, "row") == 0)
		begin_row(p, r, atts);
	else if (r->in_row && strcmp(name, "c") == 0)
		begin_cell(r, atts);
	else if (r->in_cell && strcmp(name, "rPh") == 0)
		r->phonetic++;
	else if (r->in_cell)
		r->in_value = r->type == 'i' ? strcmp(name, "t") == 0 && r->phonetic == 0 : strcmp(name, "v") == 0;
}

static void rows_text(struct xml *p, const char *s, size_t n)
{
	struct rows *r = p->arg;

	if (!r->in_value || r->too_long)
		return;
	if (r->text.len - r->begin + n > SHEET_MAX_CELL)
		r->too_long = true;
	else if (fj_buf_put(&r->text, s, n) != FJ_OK)
		xml_stop(p, xlsx_much(p->x, "a row has more than 1 MiB", "一行内容超过 1 MiB"));
}

/* the shared string that the cell's text names by number */
static const char *shared(struct xml *p, struct rows *r)
{
	const struct xlsx *x = p->x;
	const char *text = (const char *)r->text.data + r->begin;
	char *end;
	unsigned long i = strtoul(text, &end, 10);
	uint32_t at;

	if (end == text || *end != '\0' || i >= x->at.len / sizeof(at)) {
		xml_stop(p, xlsx_bad(p->x, "a cell names a text that is not there", "单元格引用了不存在的文本"));
		return "";
	}
	memcpy(&at, x->at.data + i * sizeof(at), sizeof(at));
	return (const char *)x->strings.data + at;
}

static void replace(struct xml *p, struct rows *r, const char *with)
{
	size_t n = strlen(with);

	r->too_long = n > SHEET_MAX_CELL;
	r->text.len = r->begin;
	if (!r->too_long && fj_buf_put(&r->text, with, n) != FJ_OK)
		xml_stop(p, xlsx_much(p->x, "a row has more than 1 MiB", "一行内容超过 1 MiB"));
}

static void end_cell(struct xml *p, struct rows *r)
{
	char date[64];

	r->in_cell = r->in_value = false;
	if (r->text.len == r->begin && !r->too_long)
		return;
	const char *text = (const char *)r->text.data + r->begin;
	if (r->type == 's')
		replace(p, r, shared(p, r));
	else if (r->type == 'b')
		replace(p, r, strcmp(text, "1") == 0 ? "TRUE" : "FALSE");
	else if (r->type == 'n' && !r->too_long && r->style < p->x->is_date.len && p->x->is_date.data[r->style]) {
		xlsx_date(p->x, text, date, sizeof(date));
		replace(p, r, date);
	} else if (r->type == 'n' && !r->too_long && xlsx_number(text, date))
		replace(p, r, date);
	if (p->rc != FJ_OK || (r->text.len == r->begin && !r->too_long))
		return;
	if (r->too_long)
		broken(r, "a cell is longer than 8000 octets", "单元格内容超过 8000 字节");
	else if (r->column > SHEET_MAX_COLUMNS)
		broken(r, "a row has more than 200 cells", "列数超过 200");
	else if (fj_buf_put(&r->text, "", 1) != FJ_OK)
		xml_stop(p, xlsx_much(p->x, "a row has more than 1 MiB", "一行内容超过 1 MiB"));
	else {
		r->at[r->column] = r->begin;
		r->n = r->column;
		return;
	}
	r->text.len = r->begin;
}

static void end_row(struct xml *p, struct rows *r)
{
	struct sheet_row row = {.line = r->line};
	bool own = r->n > 0;

	r->in_row = false;
	enum fj_rc rc = begin_spans(p, r);
	if (rc == FJ_OK && r->why.rc != FJ_OK) {
		row.column = r->bad_column;
		rc = r->fn(r->arg, &row, &r->why);
	} else if (rc == FJ_OK && own) {
		rc = fill_spans(p, r);
		row.n = r->n;
		for (size_t c = 1; c <= r->n; c++)
			row.cell[c - 1] = cell(r, c);
		if (rc == FJ_OK)
			rc = r->fn(r->arg, &row, NULL);
	}
	if (rc != FJ_OK)
		xml_stop(p, rc);
}

static void rows_end(struct xml *p, const char *name)
{
	struct rows *r = p->arg;

	if (r->in_row && strcmp(name, "row") == 0)
		end_row(p, r);
	else if (r->in_cell && strcmp(name, "c") == 0)
		end_cell(p, r);
	else if (r->in_cell && strcmp(name, "rPh") == 0)
		r->phonetic--;
	else
		r->in_value = false;
}

enum fj_rc xlsx_rows(struct xlsx *x, xlsx_row_fn fn, void *arg)
{
	struct rows *r = fj_alloc(1, sizeof(*r));
	struct xml pass = {.x = x, .arg = r, .start = rows_start, .end = rows_end, .text = rows_text};

	if (r == NULL)
		return xlsx_much(x, "it takes too much memory", "占用内存过多");
	r->fn = fn;
	r->arg = arg;
	fj_buf_init(&r->merges, MAX_MERGES * sizeof(struct merge));
	fj_buf_init(&r->text, XLSX_MAX_ROW);
	enum fj_rc rc = read_merges(x, r);
	if (rc == FJ_OK)
		rc = xml_part(&pass, x->sheet);
	while (r->n_active > 0)
		drop_span(r, 0);
	fj_buf_release(&r->merges);
	fj_buf_release(&r->text);
	fj_free(r);
	return rc;
}
