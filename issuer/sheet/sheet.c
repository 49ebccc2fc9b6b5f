/*
 * sheet.c - what a table's file is, and its rows one by one.
 *
 * Offices save CSV in GB18030 (what Excel calls "CSV") or in UTF-8, and no mark
 * says which.  Text that is valid UTF-8 is UTF-8; otherwise the reading with
 * fewer wrong octets is taken.  An octet sequence that its encoding does not know
 * breaks the one row in which it stands, and is told with its column; it is never
 * replaced silently.  The encodings are glibc's iconv.  Refused, with what to do:
 * UTF-16, the old binary .xls (and .xlsx with a password, which has its shape),
 * what has NUL octets.
 */
#include "issuer/sheet/sheet.h"

#include <errno.h>
#include <iconv.h>

#include "issuer/sheet/csv.h"
#include "issuer/sheet/room.h"
#include "issuer/sheet/xmltab.h"

#define MAX_BROKEN 10000
static const char lost[] = "\xef\xbf\xbd"; /* U+FFFD */

struct sheet {
	const char *encoding;
	struct fj_buf text;  /* of a file that was not in UTF-8 */
	struct csv csv;
	bool is_csv, damaged;
	size_t rows, broken;
	struct room_reader *xlsx;
};

static enum fj_rc refuse(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, "sheet", NULL, en, zh);
}

/* The file in UTF-8, U+FFFD for what the encoding does not know; *wrong counts those.
 * out NULL: only count. */
static enum fj_rc decode(const char *charset, struct fj_slice in, struct fj_buf *out, size_t *wrong, struct fj_err *err)
{
	char chunk[16384], *from = (char *)(uintptr_t)in.p;
	size_t left = in.len;
	iconv_t cd = iconv_open("UTF-8", charset);
	enum fj_rc rc = FJ_OK;

	if (cd == (iconv_t)-1)
		return fj_fail_errno(err, "sheet", "load the encoding %s", charset);
	*wrong = 0;
	while (left > 0 && rc == FJ_OK) {
		char *to = chunk;
		size_t room = sizeof(chunk);
		size_t n = iconv(cd, &from, &left, &to, &room);
		int e = errno;

		if (out != NULL)
			rc = fj_buf_put(out, chunk, (size_t)(to - chunk));
		if (n != (size_t)-1 || e == E2BIG)
			continue;
		(*wrong)++;
		from++;
		left--;
		if (out != NULL && rc == FJ_OK)
			rc = fj_buf_puts(out, lost);
	}
	iconv_close(cd);
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "sheet", NULL, "out of memory for the text of the file");
}

enum fj_rc sheet_room_start(struct fj_err *err)
{
	static iconv_t kept; /* glibc keeps a module as long as somebody has it open */

	if (kept == NULL)
		kept = iconv_open("UTF-8", "GB18030");
	if (kept == (iconv_t)-1)
		return fj_fail_errno(err, "sheet", "load the encoding GB18030");
	return room_start(err);
}

static enum fj_rc open_csv(struct sheet *s, struct fj_slice file, struct fj_err *err)
{
	size_t utf8 = 0, gb = 0;
	bool bom = file.len >= 3 && memcmp(file.p, "\xef\xbb\xbf", 3) == 0;

	s->is_csv = true;
	s->encoding = bom ? "UTF-8 BOM" : "UTF-8";
	if (!fj_utf8_valid(file)) {
		FJ_TRY(decode("UTF-8", file, NULL, &utf8, err));
		FJ_TRY(decode("GB18030", file, NULL, &gb, err));
		bool is_gb = !bom && gb < utf8;
		if (is_gb)
			s->encoding = "GB18030";
		s->damaged = (is_gb ? gb : utf8) > 0;
		FJ_TRY(decode(is_gb ? "GB18030" : "UTF-8", file, &s->text, &gb, err));
		file = fj_buf_slice(&s->text);
	}
	return csv_init(&s->csv, file) == FJ_OK ? FJ_OK : refuse(err, FJ_E_INVALID, s->csv.why, s->csv.why_zh);
}

static bool begins(struct fj_slice file, const char *with, size_t n)
{
	return file.len >= n && memcmp(file.p, with, n) == 0;
}

static enum fj_rc open_any(struct sheet *s, struct fj_slice file, struct fj_err *err)
{
	if (file.len > SHEET_MAX_FILE)
		return refuse(err, FJ_E_LIMIT, "the file is larger than 64 MiB; split it", "文件超过 64 MiB，请拆分后再导入");
	if (begins(file, "PK", 2)) {
		s->encoding = "XLSX";
		return room_open(file, &s->xlsx, err);
	}
	if (xmltab_is(file)) {
		s->encoding = "XML";
		return room_open(file, &s->xlsx, err);
	}
	if (begins(file, "\xd0\xcf\x11\xe0", 4))
		return refuse(err, FJ_E_INVALID, "this is an old .xls file, or one with a password; save it as .xlsx without a password",
		    "这是旧版 .xls 文件或带密码的文件；请另存为不带密码的 .xlsx 文件");
	if (begins(file, "\xff\xfe", 2) || begins(file, "\xfe\xff", 2))
		return refuse(err, FJ_E_INVALID, "the file is UTF-16; save it as \"CSV UTF-8\" or .xlsx", "文件为 UTF-16 编码；请另存为“CSV UTF-8”或 .xlsx 格式");
	if (file.len > 0 && memchr(file.p, 0, file.len) != NULL)
		return refuse(err, FJ_E_INVALID, "the file has NUL octets and is no table; save it as CSV or .xlsx", "文件含有空字节，不是表格文件；请另存为 CSV 或 .xlsx 格式");
	return open_csv(s, file, err);
}

enum fj_rc sheet_open(struct fj_slice file, struct sheet **out, struct fj_err *err)
{
	FJ_AUTO(sheet) s = fj_alloc(1, sizeof(*s));

	if (s == NULL)
		return fj_no_memory(err, "sheet");
	fj_buf_init(&s->text, 2 * (size_t)SHEET_MAX_FILE);
	FJ_TRY(open_any(s, file, err));
	*out = fj_move(s);
	return FJ_OK;
}

void sheet_close(struct sheet *s)
{
	if (s == NULL)
		return;
	csv_release(&s->csv);
	fj_buf_release(&s->text);
	room_close(s->xlsx);
	fj_free(s);
}

const char *sheet_encoding(const struct sheet *s)
{
	return s->encoding;
}

/* '=1+1 is how formula-safe CSV writes the text =1+1 (out.c) */
static const char *plain(const char *cell)
{
	return cell[0] == '\'' && csv_is_led(cell) ? cell + 1 : cell;
}

static bool empty(const struct csv *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->field[i][0] != '\0')
			return false;
	return true;
}

static enum fj_rc next_csv(struct sheet *s, struct sheet_row *row, bool *more, struct fj_err *err)
{
	enum fj_rc rc;

	do
		rc = csv_next(&s->csv, more);
	while (rc == FJ_OK && *more && empty(&s->csv));
	row->line = (size_t)s->csv.at;
	if (rc != FJ_OK) {
		row->column = (size_t)s->csv.bad_column;
		*more = true;
		return refuse(err, FJ_E_INVALID, s->csv.why, s->csv.why_zh);
	}
	row->n = *more ? s->csv.n : 0;
	for (size_t i = 0; i < row->n; i++) {
		row->cell[i] = plain(s->csv.field[i]);
		row->column = i + 1;
		if (s->damaged && strstr(row->cell[i], lost) != NULL)
			return refuse(err, FJ_E_INVALID, "a cell holds octets that the file's encoding does not know; write it anew",
			    "单元格含有无法识别的字节（乱码），请重新填写");
	}
	row->column = 0;
	return FJ_OK;
}

enum fj_rc sheet_next(struct sheet *s, struct sheet_row *row, bool *more, struct fj_err *err)
{
	row->n = row->line = row->column = 0;
	*more = true;
	enum fj_rc rc = s->is_csv ? next_csv(s, row, more, err) : room_next(s->xlsx, row, more, err);
	if (rc == FJ_E_INVALID && ++s->broken > MAX_BROKEN)
		return refuse(err, FJ_E_LIMIT, "the file has more than 10000 broken rows; it is probably no table, or in another encoding",
		    "文件中损坏的行超过 10000 行，可能不是表格文件或编码有误");
	if ((rc == FJ_OK && *more) || rc == FJ_E_INVALID)
		if (++s->rows > SHEET_MAX_ROWS)
			return refuse(err, FJ_E_LIMIT, "the file has more than 200000 rows; split it", "文件超过 200000 行，请拆分后再导入");
	return rc;
}

/* --- headings --- */

enum fj_rc sheet_find_heading(struct sheet *s, sheet_heading_fn fn, void *arg, bool *found, struct fj_err *err)
{
	struct sheet_row row;
	bool more = true;

	*found = false;
	for (int i = 0; i < SHEET_TITLES && more && !*found; i++) {
		FJ_TRY(sheet_next(s, &row, &more, err));
		if (more)
			FJ_TRY(fn(arg, &row, found, err));
	}
	return FJ_OK;
}

enum fj_rc sheet_rows(struct sheet *s, int64_t most, const char *cite, sheet_row_fn fn, void *arg, int64_t *read, struct fj_err *err)
{
	struct sheet_row row;
	bool more = true;

	for (;;) {
		struct fj_err why = {0};
		enum fj_rc rc = sheet_next(s, &row, &more, &why);
		if (rc != FJ_OK && rc != FJ_E_INVALID) {
			if (err != NULL)
				*err = why;
			return rc;
		}
		if (!more)
			return FJ_OK;
		if (++*read > most) {
			rc = fj_fail(err, FJ_E_LIMIT, "issuer", cite, "a file has at most %lld rows; split it (row %zu)", (long long)most, row.line);
			fj_err_zh(err, "一个文件至多 %lld 行，请拆分（第 %zu 行）", (long long)most, row.line);
			return rc;
		}
		FJ_TRY(fn(arg, &row, rc == FJ_OK ? NULL : &why, err));
	}
}

enum fj_rc sheet_place(const struct sheet_row *row, size_t i, int *to, struct fj_err *err)
{
	if (*to < 0) {
		*to = (int)i;
		return FJ_OK;
	}
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 4", "row %zu, column %zu: the heading names \"%.60s\" twice", row->line, i + 1, row->cell[i]);
	fj_err_zh(err, "第 %zu 行第 %zu 列：标题“%.60s”重复", row->line, i + 1, row->cell[i]);
	return rc;
}
