/*
 * csv.c - the reader of RFC 4180 records.
 *
 * A broken record is told with line and column, and reading goes on with the
 * line after the one in which it began: whoever mends a file wants all its faults
 * at once, and a quote left open must not swallow the records behind it.
 */
#include "issuer/sheet/csv.h"

enum fj_rc csv_init(struct csv *c, struct fj_slice text)
{
	memset(c, 0, sizeof(*c));
	fj_buf_init(&c->text, 1u << 18);
	c->line = 1;
	c->p = text.len == 0 ? "" : (const char *)text.p;
	c->end = c->p + text.len;
	if (text.len >= 3 && memcmp(c->p, "\xef\xbb\xbf", 3) == 0)
		c->p += 3;
	if (fj_utf8_valid(FJ_SLICE(c->p, (size_t)(c->end - c->p))))
		return FJ_OK;
	c->bad_column = 1;
	c->why = "the file is not UTF-8; save it as \"CSV UTF-8\"";
	c->why_zh = "文件不是 UTF-8 编码；请另存为“CSV UTF-8”格式";
	return FJ_E_PARSE;
}

void csv_release(struct csv *c)
{
	fj_buf_release(&c->text);
}

static enum fj_rc broken(struct csv *c, const char *en, const char *zh)
{
	c->bad_column = (int)c->n + 1;
	c->why = en;
	c->why_zh = zh;
	return FJ_E_PARSE;
}

/* to the beginning of the next line */
static void skip_line(struct csv *c)
{
	while (c->p < c->end && *c->p != '\n')
		c->p++;
	if (c->p < c->end) {
		c->p++;
		c->line++;
	}
}

static enum fj_rc read_quoted(struct csv *c, size_t *len)
{
	c->p++;
	for (; c->p < c->end; c->p++) {
		if (*c->p == '"' && (c->p + 1 == c->end || c->p[1] != '"')) {
			c->p++;
			if (c->p == c->end || *c->p == ',' || *c->p == '\n' || *c->p == '\r')
				return FJ_OK;
			return broken(c, "a quoted field is followed by text (RFC 4180 2)", "引号字段后有多余字符");
		}
		if (*c->p == '"')
			c->p++;
		if (*c->p == '\n')
			c->line++;
		if (++*len > CSV_MAX_FIELD)
			return broken(c, "a field is longer than 8000 octets", "字段过长");
		FJ_TRY(fj_buf_put(&c->text, c->p, 1));
	}
	return broken(c, "a quote is not closed (RFC 4180 2)", "引号未闭合");
}

static enum fj_rc read_plain(struct csv *c, size_t *len)
{
	for (; c->p < c->end && *c->p != ',' && *c->p != '\n' && *c->p != '\r'; c->p++) {
		if (*c->p == '"')
			return broken(c, "a quote stands inside an unquoted field (RFC 4180 2)", "未加引号的字段中出现引号");
		if (++*len > CSV_MAX_FIELD)
			return broken(c, "a field is longer than 8000 octets", "字段过长");
		FJ_TRY(fj_buf_put(&c->text, c->p, 1));
	}
	return FJ_OK;
}

static enum fj_rc read_field(struct csv *c, size_t *start)
{
	size_t len = 0;

	*start = c->text.len;
	FJ_TRY(c->p < c->end && *c->p == '"' ? read_quoted(c, &len) : read_plain(c, &len));
	return fj_buf_put(&c->text, "", 1);
}

static enum fj_rc read_record(struct csv *c, size_t start[CSV_MAX_FIELDS])
{
	for (;;) {
		if (c->n == CSV_MAX_FIELDS)
			return broken(c, "a record has more than 200 fields", "列数超过 200");
		FJ_TRY(read_field(c, &start[c->n]));
		c->n++;
		if (c->p == c->end || *c->p != ',')
			break;
		c->p++;
	}
	if (c->p < c->end && *c->p == '\r')
		c->p++;
	if (c->p < c->end && *c->p != '\n')
		return broken(c, "a record does not end with a line end", "记录未以换行结束");
	return FJ_OK;
}

enum fj_rc csv_next(struct csv *c, bool *more)
{
	size_t start[CSV_MAX_FIELDS];

	while (c->p < c->end && (*c->p == '\n' || *c->p == '\r')) /* empty lines */
		if (*c->p++ == '\n')
			c->line++;
	*more = c->p < c->end;
	c->n = 0;
	c->at = c->line;
	fj_buf_clear(&c->text);
	if (!*more)
		return FJ_OK;
	const char *begin = c->p;
	enum fj_rc rc = read_record(c, start);
	if (rc != FJ_OK) {
		c->p = begin;
		c->line = c->at;
	}
	skip_line(c);
	if (rc != FJ_OK)
		return rc == FJ_E_LIMIT ? broken(c, "a record is too long", "记录过长") : rc;
	for (size_t i = 0; i < c->n; i++)
		c->field[i] = (const char *)c->text.data + start[i];
	return FJ_OK;
}

bool csv_is_led(const char *cell)
{
	static const char *const begins[] = {"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"};

	cell += strspn(cell, "'");
	for (size_t i = 0; i < FJ_ARRAY_LEN(begins); i++)
		if (strncmp(cell, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}
