/*
 * form.c - reading forms: application/x-www-form-urlencoded and, for files,
 * multipart/form-data.
 *
 * The body is whole and no larger than its route allows when it comes here; files
 * are slices of it, never copied.  Reading is strict: what another reader could
 * read otherwise (a preamble, a transfer encoding, an unknown header, a name
 * without quotes) is refused, not repaired; and a form of which a part can't be
 * read is refused whole, since a selection that lost a line is another selection.
 */
#include "web/http/form.h"

#include <string.h>
#include <strings.h>

#define MAX_BOUNDARY 70 /* RFC 2046 5.1.1 */
#define MAX_HEAD 4096   /* the headers of one part */

void web_form_release(struct web_form_data *f)
{
	while (f->n > 0) {
		f->n--;
		fj_free(f->pair[f->n].name);
		fj_free(f->pair[f->n].value);
	}
	while (f->n_files > 0) {
		f->n_files--;
		fj_free(f->file[f->n_files].field);
		fj_free(f->file[f->n_files].filename);
	}
	fj_free(f->pair);
	f->pair = NULL;
	f->cap = 0;
}

static enum fj_rc malformed(struct fj_err *err, const char *en, const char *zh)
{
	enum fj_rc rc = fj_fail(err, FJ_E_PARSE, "http", "RFC 7578", "the form can't be read: %s", en);

	fj_err_zh(err, "表单无法读取：%s", zh);
	return rc;
}

static enum fj_rc too_many(struct fj_err *err, size_t max)
{
	enum fj_rc rc = fj_fail(err, FJ_E_LIMIT, "http", NULL, "a form has more than %zu fields or files", max);

	fj_err_zh(err, "表单的字段或文件超过 %zu 个", max);
	return rc;
}

static enum fj_rc too_long(struct fj_err *err)
{
	enum fj_rc rc = fj_fail(err, FJ_E_LIMIT, "http", NULL, "the text in a field is larger than %u MB; send it as a file", WEB_MAX_VALUE >> 20);

	fj_err_zh(err, "填写的文本超过 %u MB，请以文件形式上传", WEB_MAX_VALUE >> 20);
	return rc;
}

/* name and value are stolen */
static enum fj_rc add(struct web_form_data *f, char *name, char *value, struct fj_err *err)
{
	FJ_AUTO(str) n = name;
	FJ_AUTO(str) v = value;

	FJ_ENSURE(n != NULL && v != NULL, fj_no_memory(err, "http"));
	FJ_ENSURE(f->n < WEB_MAX_FIELDS, too_many(err, WEB_MAX_FIELDS));
	if (f->n == f->cap) {
		size_t cap = f->cap == 0 ? 32 : f->cap * 2;
		struct web_pair *more = fj_realloc(f->pair, cap, sizeof(*more));
		FJ_ENSURE(more != NULL, fj_no_memory(err, "http"));
		f->pair = more;
		f->cap = cap;
	}
	f->pair[f->n++] = (struct web_pair){fj_move(n), fj_move(v)};
	return FJ_OK;
}

enum fj_rc web_form_add(struct web_form_data *f, const char *name, const char *value, struct fj_err *err)
{
	return add(f, fj_strdup(name), fj_strdup(value), err);
}

/* --- application/x-www-form-urlencoded --- */

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static enum fj_rc decode(const char *s, size_t n, char **out, struct fj_err *err)
{
	FJ_ENSURE(n <= 3 * WEB_MAX_VALUE, too_long(err));
	FJ_AUTO(str) text = fj_alloc(n + 1, 1);
	size_t k = 0;

	FJ_ENSURE(text != NULL, fj_no_memory(err, "http"));
	for (size_t i = 0; i < n; i++) {
		char c = s[i] == '+' ? ' ' : s[i];
		if (s[i] == '%') {
			int hi = i + 2 < n ? hex(s[i + 1]) : -1, lo = i + 2 < n ? hex(s[i + 2]) : -1;
			FJ_ENSURE(hi >= 0 && lo >= 0, malformed(err, "an escape is broken", "转义不完整"));
			c = (char)(hi << 4 | lo);
			i += 2;
		}
		FJ_ENSURE(c != '\0', malformed(err, "it holds U+0000", "含有空字符"));
		text[k++] = c;
	}
	FJ_ENSURE(k <= WEB_MAX_VALUE, too_long(err));
	FJ_ENSURE(fj_utf8_valid(fj_slice_str(text)), malformed(err, "it is not UTF-8", "不是 UTF-8 编码"));
	*out = fj_move(text);
	return FJ_OK;
}

static enum fj_rc one_pair(struct web_form_data *f, const char *p, size_t n, struct fj_err *err)
{
	const char *eq = memchr(p, '=', n);
	FJ_AUTO(str) name = NULL;
	FJ_AUTO(str) value = NULL;

	if (eq == NULL)
		return FJ_OK;
	FJ_TRY(decode(p, (size_t)(eq - p), &name, err));
	FJ_TRY(decode(eq + 1, n - (size_t)(eq - p) - 1, &value, err));
	return add(f, fj_move(name), fj_move(value), err);
}

enum fj_rc web_form_urlencoded(struct web_form_data *f, struct fj_slice body, struct fj_err *err)
{
	if (body.len == 0)
		return FJ_OK;
	const char *p = (const char *)body.p, *end = p + body.len;
	while (p < end) {
		const char *amp = memchr(p, '&', (size_t)(end - p));
		if (amp == NULL)
			amp = end;
		FJ_TRY(one_pair(f, p, (size_t)(amp - p), err));
		p = amp + 1;
	}
	return FJ_OK;
}

/* --- multipart/form-data --- */

/* "--" and the boundary, as it stands between parts */
static enum fj_rc boundary_of(const char *content_type, char out[MAX_BOUNDARY + 3], struct fj_err *err)
{
	const char *at = strcasestr(content_type, "boundary=");
	bool quoted = at != NULL && at[9] == '"';
	const char *from = at == NULL ? "" : at + (quoted ? 10 : 9);
	size_t n = quoted ? strcspn(from, "\"") : strcspn(from, "; \t");

	FJ_ENSURE(n >= 1 && n <= MAX_BOUNDARY && strspn(from, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'()+_,-./:=?") >= n,
	    malformed(err, "it has no boundary", "缺少分隔标记"));
	snprintf(out, MAX_BOUNDARY + 3, "--%.*s", (int)n, from);
	return FJ_OK;
}

/* name="…" inside a disposition; *out NULL when it is not there.  Browsers write a quote as %22
 * and line ends as %0D%0A (WHATWG): only those three are undone. */
static enum fj_rc parameter(const char *line, const char *key, char **out, struct fj_err *err)
{
	char begin[24];
	size_t k = 0;

	snprintf(begin, sizeof(begin), "; %s=\"", key);
	const char *at = strstr(line, begin);
	*out = NULL;
	if (at == NULL)
		return FJ_OK;
	at += strlen(begin);
	size_t n = strcspn(at, "\"");
	FJ_ENSURE(at[n] == '"', malformed(err, "a name has no end", "名称没有结束"));
	FJ_AUTO(str) text = fj_alloc(n + 1, 1);
	FJ_ENSURE(text != NULL, fj_no_memory(err, "http"));
	for (size_t i = 0; i < n; i++) {
		bool escaped = i + 2 < n && at[i] == '%' && (strncmp(at + i, "%22", 3) == 0 || strncmp(at + i, "%0D", 3) == 0 || strncmp(at + i, "%0A", 3) == 0);
		text[k++] = escaped ? (char)(hex(at[i + 1]) << 4 | hex(at[i + 2])) : at[i];
		i += escaped ? 2 : 0;
	}
	*out = fj_move(text);
	return FJ_OK;
}

struct part {
	char *name, *filename; /* owned; filename NULL: a field */
};
static void part_release(struct part *p)
{
	fj_free(p->name);
	fj_free(p->filename);
}
FJ_DEFINE_AUTO(part, struct part, part_release)

static enum fj_rc header_line(const char *line, struct part *p, struct fj_err *err)
{
	static const char disposition[] = "Content-Disposition: form-data; ";

	if (strncasecmp(line, "Content-Type:", 13) == 0)
		return FJ_OK; /* what a file is, its octets say */
	FJ_ENSURE(strncasecmp(line, disposition, sizeof(disposition) - 1) == 0 && p->name == NULL,
	    malformed(err, "a part has a header that is not taken", "存在不接受的头部"));
	FJ_TRY(parameter(line, "name", &p->name, err));
	FJ_TRY(parameter(line, "filename", &p->filename, err));
	FJ_ENSURE(p->name != NULL && p->name[0] != '\0', malformed(err, "a part has no name", "存在没有名称的部分"));
	return FJ_OK;
}

/* the headers of a part; *body is moved behind them */
static enum fj_rc part_head(const char **body, const char *end, struct part *p, struct fj_err *err)
{
	size_t room = (size_t)(end - *body) < MAX_HEAD ? (size_t)(end - *body) : MAX_HEAD;
	const char *stop = memmem(*body, room, "\r\n\r\n", 4);

	FJ_ENSURE(stop != NULL, malformed(err, "a part has no end of its head", "部分的头部没有结束"));
	FJ_AUTO(str) head = fj_strndup(*body, (size_t)(stop - *body));
	FJ_ENSURE(head != NULL, fj_no_memory(err, "http"));
	FJ_ENSURE(strlen(head) == (size_t)(stop - *body) && fj_utf8_valid(fj_slice_str(head)), malformed(err, "a head is not UTF-8", "头部不是 UTF-8 编码"));
	*body = stop + 4;
	for (char *line = head; line != NULL;) {
		char *next = strstr(line, "\r\n");
		if (next != NULL)
			*next = '\0';
		FJ_TRY(header_line(line, p, err));
		line = next == NULL ? NULL : next + 2;
	}
	FJ_ENSURE(p->name != NULL, malformed(err, "a part has no name", "存在没有名称的部分"));
	return FJ_OK;
}

static enum fj_rc keep_part(struct web_form_data *f, struct part *p, struct fj_slice bytes, struct fj_err *err)
{
	if (p->filename == NULL) {
		FJ_ENSURE(bytes.len <= WEB_MAX_VALUE, too_long(err));
		FJ_AUTO(str) value = fj_strndup((const char *)bytes.p, bytes.len);
		FJ_ENSURE(value != NULL, fj_no_memory(err, "http"));
		FJ_ENSURE(strlen(value) == bytes.len && fj_utf8_valid(bytes), malformed(err, "a field is not UTF-8", "字段不是 UTF-8 编码"));
		return add(f, fj_move(p->name), fj_move(value), err);
	}
	if (p->filename[0] == '\0' && bytes.len == 0)
		return FJ_OK; /* nothing was chosen */
	FJ_ENSURE(f->n_files < WEB_MAX_FILES, too_many(err, WEB_MAX_FILES));
	struct web_upload *u = &f->file[f->n_files++];
	u->field = fj_move(p->name);
	u->filename = fj_move(p->filename);
	u->bytes = bytes;
	return FJ_OK;
}

enum fj_rc web_form_multipart(struct web_form_data *f, struct fj_slice body, const char *content_type, struct fj_err *err)
{
	char mark[MAX_BOUNDARY + 5] = "\r\n";

	FJ_TRY(boundary_of(content_type, mark + 2, err));
	size_t n = strlen(mark);
	const char *p = (const char *)body.p, *end = body.len < n ? p : p + body.len;
	FJ_ENSURE(body.len >= n && memcmp(p, mark + 2, n - 2) == 0, malformed(err, "it does not begin with its boundary", "开头不是分隔标记"));
	p += n - 2;
	while (end - p >= 2 && memcmp(p, "\r\n", 2) == 0) {
		FJ_AUTO(part) one = {NULL, NULL};
		p += 2;
		FJ_TRY(part_head(&p, end, &one, err));
		const char *stop = memmem(p, (size_t)(end - p), mark, n);
		FJ_ENSURE(stop != NULL, malformed(err, "a part has no end", "部分没有结束"));
		FJ_TRY(keep_part(f, &one, FJ_SLICE(p, stop - p), err));
		p = stop + n;
	}
	FJ_ENSURE((end - p == 2 || (end - p == 4 && memcmp(p + 2, "\r\n", 2) == 0)) && memcmp(p, "--", 2) == 0,
	    malformed(err, "it does not end with its boundary", "结尾不是分隔标记"));
	return FJ_OK;
}
