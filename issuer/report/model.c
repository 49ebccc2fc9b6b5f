/*
 * model.c - the document checked, once for all writers, and its cells as text.
 *
 * Writers don't ask what they were given: a member that is missing, a cell of
 * another type, a row of another length, or more than the bounds is refused here,
 * before a file is begun.
 */
#include "issuer/report/parts.h"

#define MAX_TEXT 60000 /* octets of one paragraph or cell */

static const struct {
	const char *name, *type;
} formats[REP_FORMATS] = {
	[REP_CSV] = {"csv", "text/csv; charset=utf-8"},
	[REP_HTML] = {"html", "text/html; charset=utf-8"},
	[REP_XLSX] = {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	[REP_DOCX] = {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
	[REP_PDF] = {"pdf", "application/pdf"},
	[REP_OFD] = {"ofd", "application/ofd"},
};

const char *rep_name(enum rep_format f)
{
	return formats[f].name;
}

const char *rep_type(enum rep_format f)
{
	return formats[f].type;
}

enum fj_rc rep_format(const char *name, enum rep_format *out, struct fj_err *err)
{
	for (int f = 0; f < REP_FORMATS; f++)
		if (strcmp(formats[f].name, name) == 0) {
			*out = (enum rep_format)f;
			return FJ_OK;
		}
	return fj_refuse(err, FJ_E_INVALID, "report", NULL, "a report's format is json, csv, html, xlsx, docx, pdf or ofd",
	    "报告格式应为 json、csv、html、xlsx、docx、pdf 或 ofd");
}

/* --- cells --- */

static const char *const types[] = {[REP_TEXT] = "text", [REP_INTEGER] = "integer", [REP_AMOUNT] = "money", [REP_DATE] = "date"};

enum rep_cell rep_column_type(const json_t *column)
{
	const char *name = fj_json_text(column, "type");

	for (size_t i = 0; i < FJ_ARRAY_LEN(types); i++)
		if (strcmp(types[i], name) == 0)
			return (enum rep_cell)i;
	return REP_TEXT;
}

int rep_column_width(const json_t *column)
{
	int64_t w = fj_json_num(column, "width");

	return w < 1 ? 1 : w > 100 ? 100 : (int)w;
}

bool rep_is_code(const char *text)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

	return n > 0 && n <= 26 && text[n] == '\0';
}

size_t rep_unbroken(const json_t *rows, size_t column, enum rep_cell type)
{
	char room[REP_MONEY_CAP];
	size_t i, most = 0;
	json_t *row;

	json_array_foreach(rows, i, row) {
		const char *text = rep_cell_text(json_array_get(row, column), type, true, room);
		if ((type != REP_TEXT || rep_is_code(text)) && strlen(text) > most)
			most = strlen(text);
	}
	return most;
}

bool rep_only_sheet(const json_t *section)
{
	return fj_json_peek(section, "sheet") != NULL;
}

/* digits of n with a comma before each three, from the end of out[cap] */
static char *digits(uint64_t n, bool grouped, char *end)
{
	int k = 0;

	*--end = '\0';
	do {
		if (grouped && k > 0 && k % 3 == 0)
			*--end = ',';
		*--end = (char)('0' + n % 10);
		n /= 10;
		k++;
	} while (n > 0);
	return end;
}

void rep_money(int64_t fen, bool grouped, char out[REP_MONEY_CAP])
{
	uint64_t u = fen < 0 ? (uint64_t)-(fen + 1) + 1 : (uint64_t)fen;
	char yuan[REP_MONEY_CAP];

	snprintf(out, REP_MONEY_CAP, "%s%s.%02d", fen < 0 ? "-" : "", digits(u / 100, grouped, yuan + sizeof(yuan)), (int)(u % 100));
}

const char *rep_cell_text(const json_t *cell, enum rep_cell type, bool grouped, char room[REP_MONEY_CAP])
{
	json_int_t n = json_integer_value(cell);
	char text[REP_MONEY_CAP];

	if (json_is_string(cell))
		return json_string_value(cell);
	if (!json_is_integer(cell))
		return "";
	if (type == REP_AMOUNT)
		rep_money(n, grouped, room);
	else
		snprintf(room, REP_MONEY_CAP, "%s%s", n < 0 ? "-" : "", digits(n < 0 ? (uint64_t)-(n + 1) + 1 : (uint64_t)n, grouped, text + sizeof(text)));
	return room;
}

/* --- checking --- */

static enum fj_rc bad(struct fj_err *err, enum fj_rc rc, const char *what)
{
	return fj_fail(err, rc, "report", NULL, "a document for printing %s", what);
}

static enum fj_rc check_text(const json_t *o, const char *key, bool required, struct fj_err *err)
{
	const json_t *v = json_object_get(o, key);

	if (v == NULL && !required)
		return FJ_OK;
	if (!json_is_string(v) || json_string_length(v) != strlen(json_string_value(v)))
		return bad(err, FJ_E_INVALID, "lacks a text");
	return json_string_length(v) <= MAX_TEXT ? FJ_OK : bad(err, FJ_E_LIMIT, "has a text that is too long");
}

static enum fj_rc check_row(const json_t *row, const json_t *columns, struct fj_err *err)
{
	size_t i;
	json_t *cell;

	if (json_array_size(row) != json_array_size(columns))
		return bad(err, FJ_E_INVALID, "has a row of another length");
	json_array_foreach(row, i, cell) {
		bool number = rep_is_number(rep_column_type(json_array_get(columns, i)));
		if (!json_is_null(cell) && !json_is_string(cell) && !(number && json_is_integer(cell)))
			return bad(err, FJ_E_INVALID, "has a cell of another type than its column");
		if (json_string_length(cell) > MAX_TEXT)
			return bad(err, FJ_E_LIMIT, "has a cell that is too long");
	}
	return FJ_OK;
}

static enum fj_rc check_table(const json_t *table, size_t *rows, struct fj_err *err)
{
	const json_t *columns = json_object_get(table, "columns"), *list = json_object_get(table, "rows");
	size_t i;
	json_t *v;

	FJ_TRY(check_text(table, "caption", false, err));
	if (json_array_size(columns) < 1 || json_array_size(columns) > REP_MAX_COLUMNS || !json_is_array(list))
		return bad(err, FJ_E_INVALID, "has a table without columns or rows, or with too many columns");
	json_array_foreach(columns, i, v)
		FJ_TRY(check_text(v, "title", true, err));
	json_array_foreach(list, i, v) {
		FJ_TRY(check_row(v, columns, err));
		if (++*rows > REP_MAX_ROWS)
			return bad(err, FJ_E_LIMIT, "has too many rows; ask for one unit, or for CSV");
	}
	return FJ_OK;
}

/* a list of lists of texts, in pairs */
static enum fj_rc check_grid(const json_t *grid, struct fj_err *err)
{
	size_t i, k;
	json_t *row, *text;

	json_array_foreach(grid, i, row) {
		if (json_array_size(row) != 2 && json_array_size(row) != 4)
			return bad(err, FJ_E_INVALID, "has a row that is no pair of names and values");
		json_array_foreach(row, k, text)
			if (!json_is_string(text) || json_string_length(text) > MAX_TEXT)
				return bad(err, FJ_E_INVALID, "has a name or value that is no text, or too long");
	}
	return i > 0 && i <= REP_MAX_ROWS ? FJ_OK : bad(err, FJ_E_INVALID, "has a grid without rows, or with too many");
}

static enum fj_rc check_seals(const json_t *block, struct fj_err *err)
{
	const json_t *seals = json_object_get(block, "seals");
	size_t i;
	json_t *v;

	if (json_array_size(seals) < 1 || json_array_size(seals) > 3)
		return bad(err, FJ_E_INVALID, "has seals of nobody, or of more than three");
	FJ_TRY(check_text(block, "note", false, err));
	json_array_foreach(seals, i, v) {
		FJ_TRY(check_text(v, "role", true, err));
		FJ_TRY(check_text(v, "who", true, err));
		FJ_TRY(check_text(v, "on", false, err));
	}
	return FJ_OK;
}

static enum fj_rc check_block(const json_t *block, size_t *rows, struct fj_err *err)
{
	const json_t *table = json_object_get(block, "table"), *grid = json_object_get(block, "grid");

	FJ_TRY(check_text(block, "qr", false, err));
	if (table != NULL)
		return check_table(table, rows, err);
	if (grid != NULL)
		return check_grid(grid, err);
	if (json_object_get(block, "seals") != NULL)
		return check_seals(block, err);
	return check_text(block, json_object_get(block, "note") != NULL ? "note" : "text", true, err);
}

static enum fj_rc check_section(const json_t *section, size_t *rows, struct fj_err *err)
{
	size_t i;
	json_t *block;

	FJ_TRY(check_text(section, "heading", false, err));
	FJ_TRY(check_text(section, "sheet", false, err));
	FJ_TRY(check_text(section, "apart", false, err));
	if (!json_is_array(json_object_get(section, "blocks")))
		return bad(err, FJ_E_INVALID, "has a section without blocks");
	json_array_foreach(json_object_get(section, "blocks"), i, block)
		FJ_TRY(check_block(block, rows, err));
	return FJ_OK;
}

/* names are this program's: letters and digits */
static enum fj_rc check_facts(const json_t *facts, struct fj_err *err)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)facts, key, v)
		if (key[strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")] != '\0' || !json_is_string(v) || json_string_length(v) > MAX_TEXT)
			return bad(err, FJ_E_INVALID, "says of itself what is no name and text");
	return FJ_OK;
}

enum fj_rc rep_check(const json_t *model, struct fj_err *err)
{
	static const char *const texts[] = {"subtitle", "mark", "foot", "number", "author", "made"};
	size_t i, rows = 0;
	json_t *v;

	FJ_TRY(check_text(model, "title", true, err));
	for (i = 0; i < FJ_ARRAY_LEN(texts); i++)
		FJ_TRY(check_text(model, texts[i], false, err));
	json_array_foreach(json_object_get(model, "meta"), i, v)
		if (json_array_size(v) != 2 || !json_is_string(json_array_get(v, 0)) || !json_is_string(json_array_get(v, 1)))
			return bad(err, FJ_E_INVALID, "has a line above its text that is no pair");
	FJ_TRY(check_facts(json_object_get(model, "facts"), err));
	if (!json_is_array(json_object_get(model, "sections")))
		return bad(err, FJ_E_INVALID, "has no sections");
	json_array_foreach(json_object_get(model, "sections"), i, v)
		FJ_TRY(check_section(v, &rows, err));
	return FJ_OK;
}

/* --- writing --- */

enum fj_rc rep_escape(struct fj_buf *b, const char *text)
{
	for (const char *s = text; *s != '\0'; s++) {
		if (strncmp(s, "\xef\xbf\xbe", 3) == 0 || strncmp(s, "\xef\xbf\xbf", 3) == 0) { /* no characters of XML */
			FJ_TRY(fj_buf_puts(b, "\xef\xbf\xbd"));
			s += 2;
			continue;
		}
		const char *as = *s == '&' ? "&amp;" : *s == '<' ? "&lt;" : *s == '>' ? "&gt;" : *s == '"' ? "&quot;" : *s == '\'' ? "&#39;"
		    : (unsigned char)*s < 0x20 && *s != '\n' && *s != '\t' ? "\xef\xbf\xbd" : NULL;
		FJ_TRY(as != NULL ? fj_buf_puts(b, as) : fj_buf_put(b, s, 1));
	}
	return FJ_OK;
}

enum fj_rc rep_write(const json_t *model, enum rep_format f, struct fj_buf *file, struct fj_err *err)
{
	bool formal = json_is_true(json_object_get(model, "formal"));

	FJ_TRY(rep_check(model, err));
	if (formal && f != REP_HTML && f != REP_PDF && f != REP_OFD)
		return fj_refuse(err, FJ_E_INVALID, "report", NULL, "a certificate's page is html, pdf or ofd", "证书版式文件格式应为 html、pdf 或 ofd");
	switch (f) {
	case REP_XLSX:
		return rep_xlsx(model, file, err);
	case REP_DOCX:
		return rep_docx(model, file, err);
	case REP_PDF:
		return rep_pdf(model, file, err);
	case REP_OFD:
		return rep_ofd(model, file, err);
	default:
		break;
	}
	enum fj_rc rc = f == REP_CSV ? rep_csv(model, file) : rep_html(model, file);
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "report", NULL, "the file would be larger than %zu octets, or memory is out", file->max);
}
