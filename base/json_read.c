/*
 * json_read.c - strict JSON in: one pass, by recursive descent, into jansson's values.
 *
 * Refuses what RFC 8259 leaves to the reader and what this house has no use for: duplicate
 * names, a document that is no object or list, real numbers, numbers beyond 64 bits, U+0000,
 * half a surrogate pair, more depth or values than json.h says.  Depth and values are counted
 * as they are read, so that a bomb costs no more than its octets; recursion ends at the depth.
 * The text is checked to be UTF-8 first: what is read of it then needs no further look.
 */
#include "base/json.h"

struct reader {
	const uint8_t *from, *p, *end;
	int depth;
	size_t values;
	const char *en, *zh; /* what is wrong; NULL: no memory */
};

static json_t *value(struct reader *r);

static bool stop(struct reader *r, const char *en, const char *zh)
{
	r->en = en;
	r->zh = zh;
	return false;
}

static void space(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t'))
		r->p++;
}

static bool take(struct reader *r, uint8_t c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

/* --- texts --- */

static bool hex4(struct reader *r, uint32_t *out)
{
	uint8_t b[2];

	if (r->end - r->p < 4 || fj_unhex((const char *)r->p, 4, b) != FJ_OK)
		return stop(r, "\\u is not followed by four hexadecimal digits", "\\u 之后不是四位十六进制数");
	*out = (uint32_t)b[0] << 8 | b[1];
	r->p += 4;
	return true;
}

/* behind \u: one code point, or the two halves of a pair (RFC 8259 7) */
static bool code_point(struct reader *r, uint32_t *c)
{
	uint32_t low;

	if (!hex4(r, c))
		return false;
	if (*c == 0)
		return stop(r, "it holds U+0000", "含有 U+0000");
	if (*c < 0xd800 || *c > 0xdfff)
		return true;
	if (*c > 0xdbff || !take(r, '\\') || !take(r, 'u'))
		return stop(r, "it holds half a surrogate pair", "含有不成对的代理码点");
	if (!hex4(r, &low))
		return false;
	if (low < 0xdc00 || low > 0xdfff)
		return stop(r, "it holds half a surrogate pair", "含有不成对的代理码点");
	*c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

static bool put_utf8(struct fj_buf *b, uint32_t c)
{
	uint8_t o[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		o[i] = (uint8_t)(0x80 | (c & 0x3f));
	o[0] = (uint8_t)(lead[n] | c);
	return fj_buf_put(b, o, n) == FJ_OK;
}

static bool escape(struct reader *r, struct fj_buf *b)
{
	static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	uint32_t c;

	if (take(r, 'u'))
		return code_point(r, &c) && put_utf8(b, c);
	const char *at = r->p == r->end ? NULL : memchr(names, *r->p, sizeof(names) - 1);
	if (at == NULL)
		return stop(r, "a text has an escape that there is not", "文本含有不存在的转义");
	r->p++;
	return fj_buf_put(b, &means[at - names], 1) == FJ_OK;
}

/* what stands between quotes: as it is in the text, or in b when it has escapes */
static bool text(struct reader *r, struct fj_buf *b, struct fj_slice *out)
{
	const uint8_t *from = ++r->p;

	for (;; r->p++) {
		if (r->p == r->end)
			return stop(r, "a text has no end", "文本没有结束引号");
		if (*r->p < 0x20)
			return stop(r, "a text has a control character that is not escaped", "文本含有未转义的控制字符");
		if (*r->p != '"' && *r->p != '\\')
			continue;
		if (b->len == 0 && *r->p == '"') {
			*out = FJ_SLICE(from, (size_t)(r->p++ - from));
			return true;
		}
		if (fj_buf_put(b, from, (size_t)(r->p - from)) != FJ_OK)
			return false;
		if (*r->p++ == '"') {
			*out = fj_buf_slice(b);
			return true;
		}
		if (!escape(r, b))
			return false;
		from = r->p--;
	}
}

static json_t *string(struct reader *r)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT((size_t)(r->end - r->p));
	struct fj_slice s;

	return text(r, &b, &s) ? json_stringn_nocheck((const char *)s.p, s.len) : NULL;
}

/* --- the other values --- */

static json_t *number(struct reader *r)
{
	bool minus = take(r, '-');
	const uint8_t *first = r->p;
	int64_t v = 0; /* below zero: there is one more there */
	bool fits = true;

	for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++)
		fits = fits && !__builtin_mul_overflow(v, 10, &v) && !__builtin_sub_overflow(v, *r->p - '0', &v);
	if (r->p == first || (*first == '0' && r->p - first > 1)) {
		stop(r, "a value is none of JSON's", "含有 JSON 没有的值");
		return NULL;
	}
	if (r->p < r->end && (*r->p == '.' || *r->p == 'e' || *r->p == 'E')) {
		stop(r, "it has a number that is not whole", "含有非整数");
		return NULL;
	}
	if (!fits || (!minus && v == INT64_MIN)) {
		stop(r, "it has a number beyond 64 bits", "含有超出 64 位的数");
		return NULL;
	}
	return json_integer(minus ? v : -v);
}

static json_t *word(struct reader *r)
{
	static const struct {
		const char *name;
		json_t *(*make)(void);
	} words[] = {{"true", json_true}, {"false", json_false}, {"null", json_null}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(words); i++) {
		size_t n = strlen(words[i].name);
		if ((size_t)(r->end - r->p) < n || memcmp(r->p, words[i].name, n) != 0)
			continue;
		r->p += n;
		return words[i].make();
	}
	stop(r, "a value is none of JSON's", "含有 JSON 没有的值");
	return NULL;
}

/* --- objects and lists --- */

/* before each entry */
static bool count(struct reader *r)
{
	return ++r->values <= FJ_JSON_VALUES || stop(r, "it has more than 100000 values", "超过 100000 个值");
}

static bool enter(struct reader *r)
{
	r->p++;
	if (++r->depth > FJ_JSON_DEPTH)
		return stop(r, "it nests deeper than 16", "嵌套超过 16 层");
	return count(r);
}

/* true: one more entry follows; *end: the closing bracket was there */
static bool more(struct reader *r, uint8_t close, bool *end)
{
	space(r);
	*end = take(r, close);
	if (*end)
		r->depth--;
	else if (!take(r, ','))
		return stop(r, "a comma or a closing bracket is missing", "缺少逗号或结束括号");
	return !*end && count(r);
}

static bool member(struct reader *r, json_t *o)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT((size_t)(r->end - r->p));
	struct fj_slice name;
	size_t before = json_object_size(o);

	space(r);
	if (r->p == r->end || *r->p != '"')
		return stop(r, "the name of a member is missing", "缺少字段名");
	if (!text(r, &b, &name))
		return false;
	space(r);
	if (!take(r, ':'))
		return stop(r, "a name is not followed by a colon", "字段名之后缺少冒号");
	json_t *v = value(r);
	if (v == NULL || json_object_setn_new_nocheck(o, (const char *)name.p, name.len, v) != 0)
		return false;
	return json_object_size(o) > before || stop(r, "a name stands twice in one object", "同一对象中字段名重复");
}

static bool entry(struct reader *r, json_t *a)
{
	json_t *v = value(r);

	return v != NULL && json_array_append_new(a, v) == 0;
}

static json_t *entries(struct reader *r, json_t *into, uint8_t close, bool (*one)(struct reader *, json_t *))
{
	FJ_AUTO(json) j = into;
	bool end;

	if (j == NULL || !enter(r))
		return NULL;
	space(r);
	if (take(r, close)) {
		r->depth--;
		return fj_move(j);
	}
	do
		if (!one(r, j))
			return NULL;
	while (more(r, close, &end));
	return end ? fj_move(j) : NULL;
}

static json_t *value(struct reader *r)
{
	space(r);
	if (r->p == r->end) {
		stop(r, "it ends too early", "不完整");
		return NULL;
	}
	switch (*r->p) {
	case '{':
		return entries(r, json_object(), '}', member);
	case '[':
		return entries(r, json_array(), ']', entry);
	case '"':
		return string(r);
	case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
		return number(r);
	default:
		return word(r);
	}
}

/* --- the document --- */

static json_t *document(struct reader *r)
{
	space(r);
	if (r->p == r->end || (*r->p != '{' && *r->p != '[')) {
		stop(r, "it is neither an object nor a list", "不是对象或列表");
		return NULL;
	}
	FJ_AUTO(json) j = value(r);
	space(r);
	if (j != NULL && r->p != r->end) {
		stop(r, "something follows its end", "结尾之后还有内容");
		return NULL;
	}
	return fj_move(j);
}

static enum fj_rc bad(struct fj_err *err, const char *en, const char *zh)
{
	enum fj_rc rc = fj_fail(err, FJ_E_PARSE, "base", "RFC 8259", "the JSON text is refused: %s", en);

	fj_err_zh(err, "JSON 文本无效：%s", zh);
	return rc;
}

/* with the place, as an editor counts it */
static enum fj_rc bad_at(const struct reader *r, struct fj_err *err)
{
	size_t line = 1, column = 1;
	char en[200], zh[200];

	for (const uint8_t *p = r->from; p < r->p; p++) {
		column = *p == '\n' ? 1 : column + ((*p & 0xc0) != 0x80);
		line += *p == '\n';
	}
	snprintf(en, sizeof(en), "%s (line %zu, column %zu)", r->en, line, column);
	snprintf(zh, sizeof(zh), "%s（第 %zu 行第 %zu 列）", r->zh, line, column);
	return bad(err, en, zh);
}

enum fj_rc fj_json_parse(struct fj_slice in, size_t max, json_t **out, struct fj_err *err)
{
	struct reader r = {.from = in.p, .p = in.p, .end = in.p + in.len};

	if (in.len > max)
		return fj_fail(err, FJ_E_LIMIT, "base", NULL, "the JSON text has %zu octets; %zu are allowed", in.len, max);
	if (in.len == 0)
		return bad(err, "it is empty", "为空");
	if (!fj_utf8_valid(in))
		return bad(err, "it is not UTF-8 (or holds U+0000)", "不是 UTF-8 编码（或含有 U+0000）");
	*out = document(&r);
	if (*out != NULL)
		return FJ_OK;
	return r.en != NULL ? bad_at(&r, err) : fj_no_memory(err, "base");
}
