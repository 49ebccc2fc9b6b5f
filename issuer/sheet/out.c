/*
 * out.c - tables written: CSV as Excel opens it (UTF-8 with BOM, CRLF), or XLSX
 * by libxlsxwriter.
 *
 * Every cell is text, and its column is formatted as text, so that a code keeps
 * its leading zeros and a value can't become a formula; only the amounts of a column
 * that says so are numbers, which can be added up.  A drop-down's list stands
 * in its rule, or where it is longer than the 255 characters that a rule may have, in
 * a hidden sheet; what is to be written in a column, in a second one.  XLSX goes
 * row by row to temporary files, which lie in run/ where the process has such a
 * folder and are gone when they are closed, and then to a file in memory.
 */
#include <sys/mman.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "base/file.h"
#include "issuer/sheet/csv.h"

#define HIDDEN "choices"
#define MAX_CSV (64u << 20)
#define DIGITS "0123456789"
#define EXACT 15 /* digits that a number of a workbook has */

struct sheet_out {
	enum sheet_format format;
	size_t n;
	bool number[SHEET_MAX_COLUMNS];
	struct fj_buf csv;
	int fd;               /* XLSX: the file in memory */
	lxw_workbook *book;
	lxw_worksheet *sheet;
	lxw_row_t row;
};

static enum fj_rc out_of(struct fj_err *err, enum fj_rc rc)
{
	fj_fail(err, rc, "sheet", NULL, rc == FJ_E_LIMIT ? "the table would be larger than 64 MiB; ask for less at once" : "out of memory for a table");
	fj_err_zh(err, rc == FJ_E_LIMIT ? "表格将超过 64 MiB；请减少一次导出的数量" : "内存不足，无法生成表格");
	return rc;
}

/* -12.50: no program takes it for a formula */
static bool is_number(const char *s)
{
	s += *s == '-';
	size_t n = strspn(s, DIGITS), more = s[n] == '.' ? strspn(s + n + 1, DIGITS) : 0;

	return n > 0 && s[more > 0 ? n + 1 + more : n] == '\0';
}

/* --- CSV --- */

enum fj_rc sheet_csv_cell(struct fj_buf *b, const char *s)
{
	bool lead = csv_is_led(s) && !is_number(s);
	bool quote = strpbrk(s, ",\"\r\n") != NULL;
	FJ_TRY(fj_buf_printf(b, "%s%s", quote ? "\"" : "", lead ? "'" : ""));
	for (; *s != '\0'; s++)
		FJ_TRY(fj_buf_put(b, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1));
	return quote ? fj_buf_puts(b, "\"") : FJ_OK;
}

static enum fj_rc csv_row(struct sheet_out *o, const char *const *cells)
{
	for (size_t i = 0; i < o->n; i++) {
		if (i > 0)
			FJ_TRY(fj_buf_puts(&o->csv, ","));
		FJ_TRY(sheet_csv_cell(&o->csv, cells[i] == NULL ? "" : cells[i]));
	}
	return fj_buf_puts(&o->csv, "\r\n");
}

/* --- XLSX --- */

static enum fj_rc xlsx_row(struct sheet_out *o, const char *const *cells, lxw_format *f)
{
	for (size_t i = 0; i < o->n; i++) {
		if (cells[i] == NULL || cells[i][0] == '\0')
			continue;
		bool number = o->number[i] && is_number(cells[i]) && strlen(cells[i]) <= EXACT;
		lxw_error e = number ? worksheet_write_number(o->sheet, o->row, (lxw_col_t)i, strtod(cells[i], NULL), f) : worksheet_write_string(o->sheet, o->row, (lxw_col_t)i, cells[i], f);
		if (e != LXW_NO_ERROR)
			return e == LXW_ERROR_MEMORY_MALLOC_FAILED ? FJ_E_NOMEM : FJ_E_LIMIT;
	}
	o->row++;
	return FJ_OK;
}

static size_t count(const char *const *list)
{
	size_t n = 0;

	while (list != NULL && list[n] != NULL)
		n++;
	return n;
}

/* a list that can stand in the rule itself, where commas part it */
static bool is_short(const char *const *list)
{
	size_t sum = 0;

	for (; list != NULL && *list != NULL; list++) {
		sum += fj_utf8_count(*list) + 1;
		if (strchr(*list, ',') != NULL)
			return false;
	}
	return sum <= 255;
}

/* the long lists, one column each: rows are written in order only */
static bool write_choices(lxw_worksheet *hidden, const struct sheet_column *columns, size_t n)
{
	bool more = true;

	for (size_t row = 0; more; row++) {
		more = false;
		for (size_t i = 0; i < n; i++)
			if (row < count(columns[i].choices) && !is_short(columns[i].choices)) {
				more = true;
				if (worksheet_write_string(hidden, (lxw_row_t)row, (lxw_col_t)i, columns[i].choices[row], NULL) != LXW_NO_ERROR)
					return false;
			}
	}
	return true;
}

/* a second sheet: per column what goes there, and what it may be */
static bool write_notes(lxw_workbook *book, const struct sheet_column *columns, size_t n)
{
	static const char *const heads[] = {"列名", "填写要求", "可选值"};
	lxw_worksheet *s = NULL;
	lxw_row_t row = 0;
	bool ok = true;

	for (size_t i = 0; i < n && ok; i++) {
		FJ_AUTO(buf) list = FJ_BUF_INIT(4096);
		if (columns[i].note == NULL)
			continue;
		if (s == NULL) {
			s = workbook_add_worksheet(book, "填写说明");
			ok = s != NULL && worksheet_set_column(s, 0, 2, 40, NULL) == LXW_NO_ERROR;
			for (lxw_col_t k = 0; ok && k < 3; k++)
				ok = worksheet_write_string(s, 0, k, heads[k], NULL) == LXW_NO_ERROR;
		}
		for (size_t k = 0; k < count(columns[i].choices) && ok; k++)
			ok = fj_buf_printf(&list, "%s%s", k > 0 ? "、" : "", columns[i].choices[k]) == FJ_OK;
		row++;
		ok = ok && worksheet_write_string(s, row, 0, columns[i].title, NULL) == LXW_NO_ERROR && worksheet_write_string(s, row, 1, columns[i].note, NULL) == LXW_NO_ERROR &&
		    worksheet_write_string(s, row, 2, fj_buf_str(&list), NULL) == LXW_NO_ERROR;
	}
	return ok;
}

static bool add_drop_down(struct sheet_out *o, size_t column, const char *const *list)
{
	char range[64], cell[LXW_MAX_CELL_NAME_LENGTH], last[LXW_MAX_CELL_NAME_LENGTH];
	lxw_data_validation v = {.validate = LXW_VALIDATION_TYPE_LIST, .value_list = (char **)(uintptr_t)list};
	size_t n = count(list);

	if (is_short(list))
		return worksheet_data_validation_range(o->sheet, 1, (lxw_col_t)column, SHEET_MAX_ROWS, (lxw_col_t)column, &v) == LXW_NO_ERROR;
	v = (lxw_data_validation){.validate = LXW_VALIDATION_TYPE_LIST_FORMULA, .value_formula = range};
	lxw_rowcol_to_cell_abs(cell, 0, (lxw_col_t)column, LXW_TRUE, LXW_TRUE);
	lxw_rowcol_to_cell_abs(last, (lxw_row_t)n - 1, (lxw_col_t)column, LXW_TRUE, LXW_TRUE);
	snprintf(range, sizeof(range), "=" HIDDEN "!%s:%s", cell, last);
	return worksheet_data_validation_range(o->sheet, 1, (lxw_col_t)column, SHEET_MAX_ROWS, (lxw_col_t)column, &v) == LXW_NO_ERROR;
}

static bool set_columns(struct sheet_out *o, const struct sheet_column *columns, lxw_format *text, lxw_format *amount)
{
	for (size_t i = 0; i < o->n; i++) {
		bool list = count(columns[i].choices) > 0;
		double width = columns[i].width > 0 ? columns[i].width : 16;

		lxw_row_col_options opt = {.hidden = columns[i].width < 0};
		if (worksheet_set_column_opt(o->sheet, (lxw_col_t)i, (lxw_col_t)i, width, columns[i].number ? amount : text, &opt) != LXW_NO_ERROR || (list && !add_drop_down(o, i, columns[i].choices)))
			return false;
	}
	return true;
}

static enum fj_rc xlsx_begin(struct sheet_out *o, const char *name, const struct sheet_column *columns, const char *const *titles)
{
	static char run[] = "run";
	char path[64];
	lxw_workbook_options opt = {.constant_memory = LXW_TRUE, .tmpdir = access(run, W_OK) == 0 ? run : NULL};

	o->fd = memfd_create("sheet", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", o->fd);
	o->book = o->fd < 0 ? NULL : workbook_new_opt(path, &opt);
	o->sheet = o->book == NULL ? NULL : workbook_add_worksheet(o->book, name);
	lxw_worksheet *hidden = o->sheet == NULL ? NULL : workbook_add_worksheet(o->book, HIDDEN);
	lxw_format *text = hidden == NULL ? NULL : workbook_add_format(o->book);
	lxw_format *amount = text == NULL ? NULL : workbook_add_format(o->book);
	lxw_format *head = amount == NULL ? NULL : workbook_add_format(o->book);
	if (head == NULL)
		return FJ_E_NOMEM;
	format_set_num_format_index(text, 49); /* @ */
	format_set_num_format_index(amount, 2); /* 0.00 */
	format_set_bold(head);
	worksheet_hide(hidden);
	worksheet_freeze_panes(o->sheet, 1, 0);
	if (!set_columns(o, columns, text, amount) || !write_choices(hidden, columns, o->n) || !write_notes(o->book, columns, o->n))
		return FJ_E_NOMEM;
	return xlsx_row(o, titles, head);
}

/* closing writes the file; it is closed whatever becomes of it */
static lxw_error xlsx_close(struct sheet_out *o)
{
	lxw_error e = o->book == NULL ? LXW_ERROR_MEMORY_MALLOC_FAILED : workbook_close(o->book);

	o->book = NULL;
	return e;
}

static enum fj_rc xlsx_end(struct sheet_out *o, struct fj_buf *file, struct fj_err *err)
{
	lxw_error e = xlsx_close(o);

	if (e != LXW_NO_ERROR)
		return fj_fail_code(err, FJ_E_IO, "sheet", (long)e, "the XLSX file can't be written: %s", lxw_strerror(e));
	off_t n = lseek(o->fd, 0, SEEK_END);
	uint8_t *to = n <= 0 || lseek(o->fd, 0, SEEK_SET) != 0 ? NULL : fj_buf_reserve(file, (size_t)n);
	if (to == NULL)
		return out_of(err, FJ_E_LIMIT);
	FJ_TRY(fj_read_all(o->fd, to, (size_t)n, err));
	file->len += (size_t)n;
	to[n] = 0;
	return FJ_OK;
}

/* --- both --- */

void sheet_out_drop(struct sheet_out *o)
{
	if (o == NULL)
		return;
	if (o->format == SHEET_XLSX && o->book != NULL)
		(void)xlsx_close(o);
	fj_fd_close(&o->fd);
	fj_buf_release(&o->csv);
	fj_free(o);
}

enum fj_rc sheet_out_new(enum sheet_format f, const char *name, const struct sheet_column *columns, size_t n, struct sheet_out **out, struct fj_err *err)
{
	const char *titles[SHEET_MAX_COLUMNS];
	FJ_AUTO(sheet_out) o = fj_alloc(1, sizeof(*o));

	if (o == NULL)
		return out_of(err, FJ_E_NOMEM);
	o->fd = -1; /* before anything fails: what is dropped closes it */
	if (n < 1 || n > SHEET_MAX_COLUMNS)
		return out_of(err, FJ_E_LIMIT);
	o->format = f;
	o->n = n;
	fj_buf_init(&o->csv, MAX_CSV);
	for (size_t i = 0; i < n; i++) {
		titles[i] = columns[i].title;
		o->number[i] = columns[i].number;
	}
	enum fj_rc rc = f == SHEET_XLSX ? xlsx_begin(o, name, columns, titles) : fj_buf_puts(&o->csv, "\xef\xbb\xbf");
	if (rc == FJ_OK && f == SHEET_CSV)
		rc = csv_row(o, titles);
	if (rc != FJ_OK)
		return out_of(err, rc);
	*out = fj_move(o);
	return FJ_OK;
}

enum fj_rc sheet_out_row(struct sheet_out *o, const char *const *cells, struct fj_err *err)
{
	enum fj_rc rc = o->format == SHEET_XLSX ? xlsx_row(o, cells, NULL) : csv_row(o, cells);

	return rc == FJ_OK ? FJ_OK : out_of(err, rc);
}

enum fj_rc sheet_out_finish(struct sheet_out **out, struct fj_buf *file, struct fj_err *err)
{
	FJ_AUTO(sheet_out) o = fj_move(*out);

	if (o->format == SHEET_XLSX)
		return xlsx_end(o, file, err);
	enum fj_rc rc = fj_buf_put(file, o->csv.data, o->csv.len);
	return rc == FJ_OK ? FJ_OK : out_of(err, rc);
}
