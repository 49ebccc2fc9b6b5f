/*
 * xmltab.c - a table as XML, strictly.
 *
 * The document is read twice: first the names of all fields are collected, in the
 * order in which they come, since a record may leave empty ones out; then its
 * records are rows under that heading.  Names are local names.  It takes exactly
 * three levels: root, record, field.  A document type is refused where it begins,
 * so no entity is ever declared, and nothing outside of the document is read.
 * Refused too: what an exchange of tables has no need for (processing
 * instructions, attributes below the root, nesting, text between fields).
 */
#include "issuer/sheet/xmltab.h"

#include <expat.h>

#include "base/mem.h"

#define CHUNK (1u << 20)
#define MAX_NAME 400     /* octets of a field's name */

struct table {
	XML_Parser parser;
	xlsx_row_fn fn;       /* NULL while names are collected */
	void *arg;
	struct fj_err *err;
	enum fj_rc rc;        /* why it was stopped */
	int depth;
	struct fj_buf names;  /* NUL between */
	size_t name_at[SHEET_MAX_COLUMNS], columns;
	struct fj_buf text;   /* cells of the record, NUL between, one octet before the first */
	size_t at[SHEET_MAX_COLUMNS]; /* where a cell begins; 0: empty */
	size_t record, field, begin;  /* record and field at hand, from 1 */
	struct fj_err why;    /* the row is broken: rc is not FJ_OK */
	size_t bad_column;
};

bool xmltab_is(struct fj_slice file)
{
	size_t skip = file.len >= 3 && memcmp(file.p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	return file.len >= skip + 5 && memcmp(file.p + skip, "<?xml", 5) == 0;
}

static void stop(struct table *t, enum fj_rc rc, const char *en, const char *zh)
{
	if (t->rc != FJ_OK)
		return;
	t->rc = fj_fail(t->err, rc, "sheet", "XML 1.0", "record %zu, field %zu: %s", t->record, t->field, en);
	fj_err_zh(t->err, "第 %zu 条记录第 %zu 个字段：%s", t->record, t->field, zh);
	XML_StopParser(t->parser, XML_FALSE);
}

static void break_row(struct table *t, const char *en, const char *zh)
{
	if (t->why.rc != FJ_OK)
		return;
	fj_fail(&t->why, FJ_E_INVALID, "sheet", "XML 1.0", "%s", en);
	fj_err_zh(&t->why, "%s", zh);
	t->bad_column = t->field == 0 ? 1 : t->field;
}

/* the column of this name, from 1; 0: there is no room for another */
static size_t column_of(struct table *t, const char *name)
{
	for (size_t i = 0; i < t->columns; i++)
		if (strcmp((const char *)t->names.data + t->name_at[i], name) == 0)
			return i + 1;
	if (t->columns == SHEET_MAX_COLUMNS)
		return 0;
	t->name_at[t->columns] = t->names.len;
	return fj_buf_put(&t->names, name, strlen(name) + 1) == FJ_OK ? ++t->columns : 0;
}

static const char *local(const char *name)
{
	const char *bar = strrchr(name, '|');

	return bar == NULL ? name : bar + 1;
}

static void begin_field(struct table *t, const char *name)
{
	if (strlen(name) > MAX_NAME) {
		stop(t, FJ_E_PARSE, "the name of a field is too long", "字段名过长");
		return;
	}
	t->field = column_of(t, name);
	if (t->field == 0)
		stop(t, FJ_E_LIMIT, "there are more than 200 fields", "字段超过 200 个");
	else if (t->fn != NULL && t->at[t->field - 1] != 0)
		break_row(t, "a field stands twice in its record", "同一记录中字段重复");
	t->begin = t->text.len;
}

static void begin_record(struct table *t)
{
	t->record++;
	t->field = 0;
	memset(t->at, 0, sizeof(t->at));
	fj_buf_clear(&t->text);
	t->why.rc = FJ_OK;
	if (fj_buf_put(&t->text, "", 1) != FJ_OK)
		stop(t, FJ_E_NOMEM, "out of memory", "内存不足");
}

static void XMLCALL on_start(void *arg, const char *name, const char **atts)
{
	struct table *t = arg;

	if (t->rc != FJ_OK)
		return;
	if (++t->depth > 3)
		stop(t, FJ_E_PARSE, "an element stands within a field", "字段内不得再嵌套元素");
	else if (t->depth == 2)
		begin_record(t);
	else if (t->depth == 3)
		begin_field(t, local(name));
	if (t->depth > 1 && atts[0] != NULL)
		stop(t, FJ_E_PARSE, "records and fields have no attributes here", "记录和字段不得带属性");
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void XMLCALL on_text(void *arg, const char *s, int n)
{
	struct table *t = arg;

	if (t->rc != FJ_OK)
		return;
	if (t->depth != 3) {
		for (int i = 0; i < n; i++)
			if (!is_space(s[i])) {
				stop(t, FJ_E_PARSE, "text stands outside of a field", "字段之外有文本");
				return;
			}
		return;
	}
	if (t->fn == NULL || t->why.rc != FJ_OK)
		return;
	if (t->text.len - t->begin + (size_t)n > SHEET_MAX_CELL || fj_buf_put(&t->text, s, (size_t)n) != FJ_OK)
		break_row(t, "a field is longer than 8000 octets", "字段内容超过 8000 字节");
}

/* white space around a value is how the document is laid out, not part of it */
static void end_field(struct table *t)
{
	char *from = (char *)t->text.data + t->begin;
	size_t n = t->text.len - t->begin, skip = 0;

	while (n > 0 && is_space(from[n - 1]))
		n--;
	while (skip < n && is_space(from[skip]))
		skip++;
	memmove(from, from + skip, n - skip);
	t->text.len = t->begin + n - skip;
	if (n == skip || t->why.rc != FJ_OK)
		return;
	t->at[t->field - 1] = t->begin;
	if (fj_buf_put(&t->text, "", 1) != FJ_OK)
		break_row(t, "a record has more than 1 MiB", "一条记录超过 1 MiB");
}

static void send(struct table *t, struct sheet_row *row, bool broken)
{
	enum fj_rc rc = t->fn(t->arg, row, broken ? &t->why : NULL);

	if (rc == FJ_OK || t->rc != FJ_OK)
		return;
	t->rc = rc;
	XML_StopParser(t->parser, XML_FALSE);
}

static void end_record(struct table *t)
{
	struct sheet_row row = {.line = t->record + 1};

	for (size_t i = 0; i < t->columns; i++)
		if (t->at[i] != 0)
			row.n = i + 1;
	for (size_t i = 0; i < row.n; i++)
		row.cell[i] = t->at[i] == 0 ? "" : (const char *)t->text.data + t->at[i];
	row.column = t->why.rc != FJ_OK ? t->bad_column : 0;
	if (row.n > 0 || t->why.rc != FJ_OK)
		send(t, &row, t->why.rc != FJ_OK);
}

static void XMLCALL on_end(void *arg, const char *name)
{
	struct table *t = arg;

	(void)name;
	if (t->rc != FJ_OK)
		return;
	if (t->depth == 3 && t->fn != NULL)
		end_field(t);
	if (t->depth == 2 && t->fn != NULL)
		end_record(t);
	t->depth--;
}

static void XMLCALL on_doctype(void *arg, const char *name, const char *sys, const char *pub, int inner)
{
	(void)name, (void)sys, (void)pub, (void)inner;
	stop(arg, FJ_E_PARSE, "the document declares a document type or entities", "XML 中声明了文档类型或实体");
}

static void XMLCALL on_instruction(void *arg, const char *target, const char *data)
{
	(void)target, (void)data;
	stop(arg, FJ_E_PARSE, "the document has a processing instruction", "XML 中含有处理指令");
}

static enum fj_rc feed(struct table *t, struct fj_slice file)
{
	for (size_t at = 0; at < file.len || at == 0;) {
		size_t n = file.len - at < CHUNK ? file.len - at : CHUNK;
		enum XML_Status st = XML_Parse(t->parser, (const char *)file.p + at, (int)n, at + n == file.len);

		if (t->rc != FJ_OK)
			return t->rc;
		if (st == XML_STATUS_OK && n > 0) {
			at += n;
			continue;
		}
		enum XML_Error e = XML_GetErrorCode(t->parser);
		if (e == XML_ERROR_NO_MEMORY)
			stop(t, FJ_E_LIMIT, "the document takes too much memory", "占用内存过多");
		else if (e == XML_ERROR_UNKNOWN_ENCODING)
			stop(t, FJ_E_PARSE, "the document is in an encoding that is not read here; save it in UTF-8", "文件编码不受支持；请另存为 UTF-8 编码");
		else
			stop(t, FJ_E_PARSE, "the document is malformed, or cut short", "XML 格式错误或文件不完整");
		return t->rc;
	}
	return FJ_OK;
}

static enum fj_rc pass(struct table *t, struct fj_slice file)
{
	t->parser = XML_ParserCreateNS(NULL, '|');
	if (t->parser == NULL)
		return fj_fail(t->err, FJ_E_NOMEM, "sheet", NULL, "out of memory");
	t->depth = 0;
	t->record = t->field = 0;
	XML_SetUserData(t->parser, t);
	XML_SetElementHandler(t->parser, on_start, on_end);
	XML_SetCharacterDataHandler(t->parser, on_text);
	XML_SetStartDoctypeDeclHandler(t->parser, on_doctype);
	XML_SetProcessingInstructionHandler(t->parser, on_instruction);
	enum fj_rc rc = feed(t, file);
	XML_ParserFree(t->parser);
	return rc;
}

static enum fj_rc send_names(struct table *t)
{
	struct sheet_row row = {.line = 1, .n = t->columns};

	for (size_t i = 0; i < t->columns; i++)
		row.cell[i] = (const char *)t->names.data + t->name_at[i];
	return t->columns == 0 ? FJ_OK : t->fn(t->arg, &row, NULL);
}

enum fj_rc xmltab_read(struct fj_slice file, xlsx_row_fn fn, void *arg, struct fj_err *err)
{
	struct fj_err mine = {0};
	struct table t = {.arg = arg, .err = err != NULL ? err : &mine};

	fj_buf_init(&t.names, SHEET_MAX_COLUMNS * (MAX_NAME + 1));
	fj_buf_init(&t.text, XLSX_MAX_ROW);
	enum fj_rc rc = pass(&t, file);
	t.fn = fn;
	if (rc == FJ_OK)
		rc = send_names(&t);
	if (rc == FJ_OK)
		rc = pass(&t, file);
	fj_buf_release(&t.names);
	fj_buf_release(&t.text);
	return rc;
}
