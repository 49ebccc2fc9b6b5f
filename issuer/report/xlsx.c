/*
 * xlsx.c - the document as a workbook: one sheet to read, and one for each table that
 * a program reads.
 *
 * Texts are strings and can't become formulas.  Amounts are numbers with two decimals,
 * so that an office can go on calculating with them: a double holds every amount below
 * 10^15 fen to the fen, a larger one is written as text.  The file goes row by row to
 * temporary files under run/, and then to a file in memory, as in issuer/sheet/out.c.
 */
#include <sys/mman.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "base/file.h"
#include "issuer/report/parts.h"

#define COLUMNS 6            /* that titles and paragraphs are merged over */
#define LINE 17.0            /* height of a line in points */
#define EXACT 1000000000000000 /* fen */

enum look { TITLE, SUBTITLE, MARK, HEADING, LABEL, LEFT, BODY, NOTE, HEAD, HEAD_N, TEXT, INTEGER, AMOUNT, LOOKS };

struct book {
	lxw_workbook *wb;
	lxw_worksheet *sheet;
	lxw_format *look[LOOKS];
	lxw_row_t row;
	int width[REP_MAX_COLUMNS]; /* of the sheet's columns, in characters */
	bool failed; /* a write that did not succeed */
};

static void did(struct book *b, lxw_error e)
{
	b->failed = b->failed || e != LXW_NO_ERROR;
}

/* --- looks --- */

static void borders(lxw_format *f)
{
	format_set_border(f, LXW_BORDER_THIN);
	format_set_border_color(f, 0x777777);
	format_set_align(f, LXW_ALIGN_VERTICAL_TOP);
	format_set_text_wrap(f);
}

static void dress_tables(struct book *b)
{
	const enum look all[] = {HEAD, HEAD_N, TEXT, INTEGER, AMOUNT};

	for (size_t i = 0; i < FJ_ARRAY_LEN(all); i++)
		borders(b->look[all[i]]);
	for (enum look k = HEAD; k <= HEAD_N; k++) {
		format_set_bold(b->look[k]);
		format_set_bg_color(b->look[k], 0xEEF1F5);
	}
	format_set_align(b->look[HEAD_N], LXW_ALIGN_RIGHT);
	format_set_num_format_index(b->look[TEXT], 49); /* @ */
	format_set_num_format(b->look[INTEGER], "#,##0");
	format_set_num_format(b->look[AMOUNT], "#,##0.00");
	for (enum look k = INTEGER; k <= AMOUNT; k++)
		format_set_align(b->look[k], LXW_ALIGN_RIGHT);
}

static bool dress(struct book *b)
{
	for (int k = 0; k < LOOKS; k++) {
		b->look[k] = workbook_add_format(b->wb);
		if (b->look[k] == NULL)
			return false;
		format_set_font_name(b->look[k], k == TITLE || k == HEADING || k == HEAD || k == HEAD_N ? "黑体" : "宋体");
		format_set_font_size(b->look[k], k == TITLE ? 18 : k == HEADING ? 13 : k == NOTE ? 9 : 11);
		format_set_align(b->look[k], LXW_ALIGN_VERTICAL_CENTER);
	}
	for (enum look k = TITLE; k <= MARK; k++)
		format_set_align(b->look[k], LXW_ALIGN_CENTER);
	format_set_font_color(b->look[MARK], 0xBB0000);
	format_set_bold(b->look[HEADING]);
	format_set_bold(b->look[LABEL]);
	for (enum look k = BODY; k <= NOTE; k++) {
		format_set_text_wrap(b->look[k]);
		format_set_align(b->look[k], LXW_ALIGN_VERTICAL_TOP);
	}
	dress_tables(b);
	return true;
}

/* --- lines over the whole width --- */

/* columns that a text takes, a Chinese character two */
static size_t width_of(const char *s)
{
	size_t w = 0;

	for (; *s != '\0'; s++)
		if (((unsigned char)*s & 0xc0) != 0x80)
			w += (unsigned char)*s >= 0xe3 ? 2 : 1;
	return w;
}

static size_t lines_of(const char *s, size_t width)
{
	size_t n = 1 + width_of(s) / (width > 0 ? width : 1);

	for (; *s != '\0'; s++)
		n += *s == '\n';
	return n;
}

static void wide(struct book *b, const char *text, enum look k)
{
	size_t all = 0;

	for (int i = 0; i < COLUMNS; i++)
		all += (size_t)b->width[i];
	size_t lines = lines_of(text, all);

	did(b, worksheet_set_row(b->sheet, b->row, k == TITLE ? 30.0 : k == HEADING ? 24.0 : LINE * (double)(lines > 20 ? 20 : lines), NULL));
	did(b, worksheet_merge_range(b->sheet, b->row, 0, b->row, COLUMNS - 1, text, b->look[k]));
	b->row++;
}

static void pair(struct book *b, const char *label, const char *text)
{
	did(b, worksheet_write_string(b->sheet, b->row, 0, label, b->look[LABEL]));
	did(b, worksheet_write_string(b->sheet, b->row, 1, text, b->look[LEFT]));
	b->row++;
}

/* --- tables --- */

static void cell(struct book *b, lxw_col_t col, const json_t *v, enum rep_cell type)
{
	char room[REP_MONEY_CAP];
	json_int_t n = json_integer_value(v);
	lxw_format *f = b->look[type == REP_AMOUNT ? AMOUNT : type == REP_INTEGER ? INTEGER : TEXT];

	if (json_is_integer(v) && n > -EXACT && n < EXACT)
		did(b, worksheet_write_number(b->sheet, b->row, col, type == REP_AMOUNT ? (double)n / 100.0 : (double)n, f));
	else if (json_is_null(v))
		did(b, worksheet_write_blank(b->sheet, b->row, col, f));
	else
		did(b, worksheet_write_string(b->sheet, b->row, col, rep_cell_text(v, type, false, room), f));
}

static void row_height(struct book *b, const json_t *row)
{
	size_t i, lines = 1;
	json_t *v;

	json_array_foreach(row, i, v) {
		size_t n = json_is_string(v) ? lines_of(json_string_value(v), (size_t)b->width[i]) : 1;
		lines = n > lines ? n : lines;
	}
	if (lines > 1)
		did(b, worksheet_set_row(b->sheet, b->row, LINE * (double)(lines > 20 ? 20 : lines), NULL));
}

static void table(struct book *b, const json_t *t)
{
	const json_t *columns = json_object_get(t, "columns");
	size_t i, k;
	json_t *row, *v;

	if (fj_json_peek(t, "caption") != NULL)
		wide(b, fj_json_peek(t, "caption"), LABEL);
	json_array_foreach(columns, i, v)
		did(b, worksheet_write_string(b->sheet, b->row, (lxw_col_t)i, fj_json_peek(v, "title"), b->look[rep_is_number(rep_column_type(v)) ? HEAD_N : HEAD]));
	b->row++;
	json_array_foreach(json_object_get(t, "rows"), i, row) {
		row_height(b, row);
		json_array_foreach(row, k, v)
			cell(b, (lxw_col_t)k, v, rep_column_type(json_array_get(columns, k)));
		b->row++;
	}
	b->row++;
}

/* --- sheets --- */

static void section(struct book *b, const json_t *s)
{
	size_t i;
	json_t *block;

	if (fj_json_peek(s, "heading") != NULL)
		wide(b, fj_json_peek(s, "heading"), HEADING);
	json_array_foreach(json_object_get(s, "blocks"), i, block) {
		const json_t *t = json_object_get(block, "table");
		const char *text = fj_json_peek(block, "text");
		if (t != NULL)
			table(b, t);
		else
			wide(b, text != NULL ? text : fj_json_text(block, "note"), text != NULL ? BODY : NOTE);
	}
}

/* a column is as wide as the widest share that a table of the sheet gives it */
static void widen(struct book *b, const json_t *section)
{
	size_t i, k;
	json_t *block, *c;

	json_array_foreach(json_object_get(section, "blocks"), i, block)
		json_array_foreach(json_object_get(json_object_get(block, "table"), "columns"), k, c) {
			int w = 6 * rep_column_width(c), least = 2 + (int)rep_unbroken(json_object_get(json_object_get(block, "table"), "rows"), k, rep_column_type(c));
			w = w > 50 ? 50 : w;
			w = least > w ? least : w;
			b->width[k] = w > b->width[k] ? w : b->width[k];
		}
}

/* the name of the section's own sheet; NULL: it stands with the others */
static const char *own_sheet(const json_t *section)
{
	const char *name = fj_json_peek(section, "sheet");

	return name != NULL ? name : fj_json_peek(section, "apart");
}

/* for the section `only`, or all that stand together */
static bool begin_sheet(struct book *b, const char *name, const json_t *sections, const json_t *only)
{
	size_t i;
	json_t *v;

	b->sheet = workbook_add_worksheet(b->wb, name);
	b->row = 0;
	if (b->sheet == NULL)
		return false;
	for (i = 0; i < REP_MAX_COLUMNS; i++)
		b->width[i] = i == 0 ? 24 : 13;
	json_array_foreach(sections, i, v)
		if (only != NULL ? v == only : own_sheet(v) == NULL)
			widen(b, v);
	for (i = 0; i < REP_MAX_COLUMNS; i++)
		did(b, worksheet_set_column(b->sheet, (lxw_col_t)i, (lxw_col_t)i, (double)b->width[i], NULL));
	worksheet_set_paper(b->sheet, 9); /* A4 */
	worksheet_set_landscape(b->sheet);
	worksheet_fit_to_pages(b->sheet, 1, 0);
	did(b, worksheet_set_footer(b->sheet, "&C&P / &N"));
	return true;
}

static bool reading_sheet(struct book *b, const json_t *model)
{
	size_t i;
	json_t *v;

	if (!begin_sheet(b, "报告", json_object_get(model, "sections"), NULL))
		return false;
	wide(b, fj_json_peek(model, "title"), TITLE);
	if (fj_json_peek(model, "subtitle") != NULL)
		wide(b, fj_json_peek(model, "subtitle"), SUBTITLE);
	if (fj_json_peek(model, "mark") != NULL)
		wide(b, fj_json_peek(model, "mark"), MARK);
	json_array_foreach(json_object_get(model, "meta"), i, v)
		pair(b, json_string_value(json_array_get(v, 0)), json_string_value(json_array_get(v, 1)));
	b->row++;
	json_array_foreach(json_object_get(model, "sections"), i, v)
		if (own_sheet(v) == NULL)
			section(b, v);
	if (fj_json_peek(model, "foot") != NULL)
		wide(b, fj_json_peek(model, "foot"), NOTE);
	return true;
}

static bool all_sheets(struct book *b, const json_t *model)
{
	size_t i;
	json_t *v;

	if (!dress(b) || !reading_sheet(b, model))
		return false;
	json_array_foreach(json_object_get(model, "sections"), i, v)
		if (own_sheet(v) != NULL) {
			if (!begin_sheet(b, own_sheet(v), json_object_get(model, "sections"), v))
				return false;
			section(b, v);
		}
	return !b->failed;
}

static enum fj_rc take(int fd, struct fj_buf *file, struct fj_err *err)
{
	off_t n = lseek(fd, 0, SEEK_END);
	uint8_t *to = n <= 0 || lseek(fd, 0, SEEK_SET) != 0 ? NULL : fj_buf_reserve(file, (size_t)n);

	if (to == NULL)
		return fj_fail(err, FJ_E_LIMIT, "report", NULL, "the workbook is larger than %zu octets", file->max);
	FJ_TRY(fj_read_all(fd, to, (size_t)n, err));
	file->len += (size_t)n;
	to[n] = 0;
	return FJ_OK;
}

enum fj_rc rep_xlsx(const json_t *model, struct fj_buf *file, struct fj_err *err)
{
	static char run[] = "run";
	char path[64];
	lxw_workbook_options opt = {.constant_memory = LXW_TRUE, .tmpdir = access(run, W_OK) == 0 ? run : NULL};
	FJ_AUTO(fd) fd = memfd_create("report", MFD_CLOEXEC);
	struct book b = {.failed = false};

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	b.wb = fd < 0 ? NULL : workbook_new_opt(path, &opt);
	if (b.wb == NULL)
		return fj_fail(err, FJ_E_NOMEM, "report", NULL, "out of memory for a workbook");
	bool whole = all_sheets(&b, model);
	lxw_error e = workbook_close(b.wb); /* whatever was written: it is freed with it */
	if (!whole || e != LXW_NO_ERROR)
		return fj_fail_code(err, FJ_E_IO, "report", (long)e, "the workbook can't be written: %s", lxw_strerror(e));
	return take(fd, file, err);
}
