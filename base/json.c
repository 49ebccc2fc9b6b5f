/*
 * json.c - strict JSON in, canonical JSON out.
 *
 * jansson reads; what it would let pass is refused before or after: nesting and
 * values (counted before parsing, so a bomb costs one pass), U+0000, real numbers.
 * Duplicate names are refused by jansson when asked.  Canonical form sorts names
 * by octets, so that everybody hashes the same bytes.
 */
#include "base/json.h"

#define FEW 32 /* members that are sorted without memory of their own */

static enum fj_rc bad(struct fj_err *err, const char *what)
{
	enum fj_rc rc = fj_fail(err, FJ_E_PARSE, "base", "RFC 8259", "the JSON text is refused: %s", what);

	fj_err_zh(err, "JSON 文本无效：%s", what);
	return rc;
}

/* nesting and values outside strings, what is wrong with them or NULL; jansson itself
 * checks that brackets match */
static const char *too_much(struct fj_slice in)
{
	int depth = 0;
	size_t values = 0;
	bool string = false;

	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.p[i];

		if (string && c == '\\')
			i++;
		else if (c == '"')
			string = !string;
		else if (!string && (c == '{' || c == '[') && ++depth > FJ_JSON_DEPTH)
			return "it nests deeper than 16";
		else if (!string && (c == '}' || c == ']'))
			depth--;
		if (!string && (c == '{' || c == '[' || c == ',') && ++values > FJ_JSON_VALUES)
			return "it has more than 100000 values";
	}
	return NULL;
}

static bool has_real(const json_t *j)
{
	const char *key;
	json_t *v;
	size_t i;

	if (json_is_real(j))
		return true;
	json_object_foreach((json_t *)(uintptr_t)j, key, v)
		if (has_real(v))
			return true;
	json_array_foreach(j, i, v)
		if (has_real(v))
			return true;
	return false;
}

enum fj_rc fj_json_parse(struct fj_slice in, size_t max, json_t **out, struct fj_err *err)
{
	json_error_t e;

	if (in.len > max)
		return fj_fail(err, FJ_E_LIMIT, "base", NULL, "the JSON text has %zu octets; %zu are allowed", in.len, max);
	if (in.len == 0)
		return bad(err, "it is empty");
	if (!fj_utf8_valid(in))
		return bad(err, "it is not UTF-8 (or holds U+0000)");
	const char *much = too_much(in);
	if (much != NULL)
		return bad(err, much);
	FJ_AUTO(json) j = json_loadb((const char *)in.p, in.len, JSON_REJECT_DUPLICATES, &e);
	if (j == NULL) {
		char text[200];
		snprintf(text, sizeof(text), "%.120s (line %d, column %d)", e.text, e.line, e.column);
		return bad(err, text);
	}
	if (has_real(j))
		return bad(err, "it has a number that is not whole");
	*out = fj_move(j);
	return FJ_OK;
}

static enum fj_rc field(struct fj_err *err, const char *key, const char *want, const char *want_zh)
{
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "base", NULL, "the field \"%s\" %s", key, want);

	fj_err_zh(err, "字段“%s”%s", key, want_zh);
	return fj_err_at(err, rc, key);
}

enum fj_rc fj_json_only(const json_t *obj, const char *const *keys, struct fj_err *err)
{
	const char *key;
	json_t *v;

	if (!json_is_object(obj))
		return fj_fail(err, FJ_E_INVALID, "base", NULL, "a JSON object was expected");
	json_object_foreach((json_t *)(uintptr_t)obj, key, v) {
		size_t i = 0;
		while (keys[i] != NULL && (keys[i][0] != key[0] || strcmp(keys[i], key) != 0))
			i++;
		if (keys[i] == NULL)
			return field(err, key, "is not known here; leave it out", "不在允许之列，请去掉");
	}
	return FJ_OK;
}

static bool control(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

enum fj_rc fj_json_str(const json_t *obj, const char *key, size_t max, const char **out, struct fj_err *err)
{
	const json_t *v = json_object_get(obj, key);

	if (!json_is_string(v))
		return field(err, key, v == NULL ? "is missing" : "must be a text", v == NULL ? "缺失" : "应为文本");
	const char *s = json_string_value(v);
	if (s[0] == '\0')
		return field(err, key, "is empty", "为空");
	if (fj_utf8_count(s) > max) {
		char en[64], zh[64];
		snprintf(en, sizeof(en), "is longer than %zu characters", max);
		snprintf(zh, sizeof(zh), "超过 %zu 个字符", max);
		return field(err, key, en, zh);
	}
	if (control(s))
		return field(err, key, "holds a control character", "含有控制字符");
	*out = s;
	return FJ_OK;
}

enum fj_rc fj_json_int(const json_t *obj, const char *key, int64_t min, int64_t max, int64_t *out, struct fj_err *err)
{
	const json_t *v = json_object_get(obj, key);
	char en[96], zh[96];

	if (!json_is_integer(v))
		return field(err, key, v == NULL ? "is missing" : "must be a whole number", v == NULL ? "缺失" : "应为整数");
	int64_t n = json_integer_value(v);
	if (n < min || n > max) {
		snprintf(en, sizeof(en), "must be between %lld and %lld", (long long)min, (long long)max);
		snprintf(zh, sizeof(zh), "应在 %lld 与 %lld 之间", (long long)min, (long long)max);
		return field(err, key, en, zh);
	}
	*out = n;
	return FJ_OK;
}

enum fj_rc fj_json_obj(const json_t *obj, const char *key, json_t **out, struct fj_err *err)
{
	json_t *v = json_object_get(obj, key);

	if (!json_is_object(v))
		return field(err, key, v == NULL ? "is missing" : "must be an object", v == NULL ? "缺失" : "应为对象");
	*out = v;
	return FJ_OK;
}

enum fj_rc fj_json_arr(const json_t *obj, const char *key, size_t max, json_t **out, struct fj_err *err)
{
	json_t *v = json_object_get(obj, key);

	if (!json_is_array(v))
		return field(err, key, v == NULL ? "is missing" : "must be a list", v == NULL ? "缺失" : "应为列表");
	if (json_array_size(v) > max)
		return field(err, key, "has too many entries", "条目过多");
	*out = v;
	return FJ_OK;
}

static bool absent(const json_t *obj, const char *key)
{
	const json_t *v = json_object_get(obj, key);

	return v == NULL || json_is_null(v);
}

enum fj_rc fj_json_opt_str(const json_t *obj, const char *key, size_t max, const char **out, struct fj_err *err)
{
	return absent(obj, key) ? FJ_OK : fj_json_str(obj, key, max, out, err);
}

enum fj_rc fj_json_opt_int(const json_t *obj, const char *key, int64_t min, int64_t max, int64_t *out, struct fj_err *err)
{
	return absent(obj, key) ? FJ_OK : fj_json_int(obj, key, min, max, out, err);
}

const char *fj_json_peek(const json_t *obj, const char *key)
{
	return json_string_value(json_object_get(obj, key));
}

const char *fj_json_text(const json_t *obj, const char *key)
{
	const char *s = fj_json_peek(obj, key);

	return s == NULL ? "" : s;
}

int64_t fj_json_num(const json_t *obj, const char *key)
{
	return json_integer_value(json_object_get(obj, key));
}

/* --- canonical form --- */

/* octets from s on that stand as they are */
static size_t plain(const char *s)
{
	size_t n = 0;

	while ((unsigned char)s[n] >= 0x20 && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

static enum fj_rc put_string(struct fj_buf *out, const char *s)
{
	static const char *const shorts[] = {['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n",
		['\f'] = "\\f", ['\r'] = "\\r"};

	FJ_TRY(fj_buf_put(out, "\"", 1));
	for (;; s++) {
		size_t n = plain(s);
		FJ_TRY(fj_buf_put(out, s, n));
		s += n;
		unsigned char c = (unsigned char)*s;
		if (c == '\0')
			return fj_buf_put(out, "\"", 1);
		if (c == '"' || c == '\\')
			FJ_TRY(fj_buf_printf(out, "\\%c", c));
		else if (c < FJ_ARRAY_LEN(shorts) && shorts[c] != NULL)
			FJ_TRY(fj_buf_puts(out, shorts[c]));
		else
			FJ_TRY(fj_buf_printf(out, "\\u%04x", c));
	}
}

struct member {
	const char *name;
	const json_t *value;
};

static int by_octets(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->name, ((const struct member *)b)->name);
}

static enum fj_rc put_value(struct fj_buf *out, const json_t *j);

static enum fj_rc put_object(struct fj_buf *out, const json_t *j)
{
	size_t n = json_object_size(j), i = 0;
	struct member few[FEW];
	FJ_AUTO(mem) mem = n > FEW ? fj_alloc(n, sizeof(few[0])) : NULL;
	struct member *m = n > FEW ? mem : few;
	const char *key;
	json_t *v;

	if (m == NULL)
		return FJ_E_NOMEM;
	json_object_foreach((json_t *)(uintptr_t)j, key, v)
		m[i++] = (struct member){key, v};
	qsort(m, n, sizeof(*m), by_octets);
	FJ_TRY(fj_buf_put(out, "{", 1));
	for (i = 0; i < n; i++) {
		if (i > 0)
			FJ_TRY(fj_buf_put(out, ",", 1));
		FJ_TRY(put_string(out, m[i].name));
		FJ_TRY(fj_buf_put(out, ":", 1));
		FJ_TRY(put_value(out, m[i].value));
	}
	return fj_buf_put(out, "}", 1);
}

static enum fj_rc put_array(struct fj_buf *out, const json_t *j)
{
	size_t i;
	json_t *v;

	FJ_TRY(fj_buf_puts(out, "["));
	json_array_foreach(j, i, v) {
		if (i > 0)
			FJ_TRY(fj_buf_puts(out, ","));
		FJ_TRY(put_value(out, v));
	}
	return fj_buf_puts(out, "]");
}

static enum fj_rc put_value(struct fj_buf *out, const json_t *j)
{
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		return put_object(out, j);
	case JSON_ARRAY:
		return put_array(out, j);
	case JSON_STRING:
		return put_string(out, json_string_value(j));
	case JSON_INTEGER:
		return fj_buf_printf(out, "%lld", (long long)json_integer_value(j));
	case JSON_TRUE:
		return fj_buf_puts(out, "true");
	case JSON_FALSE:
		return fj_buf_puts(out, "false");
	case JSON_NULL:
		return fj_buf_puts(out, "null");
	default:
		return FJ_E_INVALID;
	}
}

enum fj_rc fj_json_canonical(const json_t *j, struct fj_buf *out, struct fj_err *err)
{
	enum fj_rc rc = j == NULL ? FJ_E_NOMEM : put_value(out, j);

	if (rc == FJ_OK)
		return FJ_OK;
	return fj_fail(err, rc, "base", NULL, rc == FJ_E_INVALID ? "canonical JSON has whole numbers only"
	    : rc == FJ_E_LIMIT ? "the JSON text is over its maximum size" : "out of memory");
}

enum fj_rc fj_json_set(json_t *obj, const char *key, json_t *value)
{
	return json_object_set_new(obj, key, value) == 0 ? FJ_OK : FJ_E_NOMEM;
}

/* a text that can't be had is left out: the refusal itself matters more */
static void put_text(json_t *o, const char *key, const char *value)
{
	if (value[0] != '\0')
		json_object_set_new(o, key, json_string(value));
}

json_t *fj_json_bits(unsigned bits, const char *const *names)
{
	json_t *list = json_array();

	for (unsigned i = 0; names[i] != NULL; i++)
		if (bits & 1u << i)
			json_array_append_new(list, json_string(names[i]));
	return list;
}

json_t *fj_err_json(const struct fj_err *err)
{
	FJ_AUTO(json) o = json_pack("{s:s, s:s, s:{s:s}}", "error", fj_rc_name(err->rc), "layer", err->layer,
	    "detail", "en", err->en);

	if (o == NULL) /* text that is no UTF-8 came into the reason */
		return json_pack("{s:s, s:s, s:{s:s}}", "error", fj_rc_name(err->rc), "layer", "base",
		    "detail", "en", "refused; the reason holds bytes that are not UTF-8");
	put_text(o, "rule", err->cite);
	put_text(o, "basis", err->basis);
	put_text(o, "clause", err->clause);
	put_text(o, "field", err->field);
	put_text(json_object_get(o, "detail"), "zh", err->zh);
	return fj_move(o);
}

json_t *fj_err_reply(const struct fj_err *err)
{
	return json_pack("{s:b, s:i, s:o}", "ok", 0, "rc", (int)err->rc, "error", fj_err_json(err));
}

void fj_err_tell(const struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(8192);
	FJ_AUTO(json) reply = fj_err_reply(err);

	if (reply != NULL && fj_json_canonical(reply, &text, NULL) == FJ_OK)
		puts(fj_buf_str(&text));
	fflush(stdout);
}

static void take_text(char *out, size_t cap, const char *s)
{
	if (s == NULL || fj_strcopy(out, cap, s) != FJ_OK)
		out[0] = '\0';
}

enum fj_rc fj_err_replied(const json_t *reply, struct fj_err *err)
{
	const json_t *e = json_object_get(reply, "error"), *detail = json_object_get(e, "detail");
	const char *en = fj_json_peek(detail, "en"), *zh = fj_json_peek(detail, "zh"), *layer = fj_json_peek(e, "layer");
	json_int_t rc = json_integer_value(json_object_get(reply, "rc"));

	if (rc <= 0 || rc >= FJ_RC_COUNT)
		rc = FJ_E_INTERNAL;
	fj_fail(err, (enum fj_rc)rc, layer != NULL ? layer : "base", fj_json_peek(e, "rule"), "%s", en != NULL ? en : "refused");
	if (err == NULL)
		return (enum fj_rc)rc;
	if (zh != NULL)
		fj_err_zh(err, "%s", zh);
	take_text(err->basis, sizeof(err->basis), fj_json_peek(e, "basis"));
	take_text(err->clause, sizeof(err->clause), fj_json_peek(e, "clause"));
	take_text(err->field, sizeof(err->field), fj_json_peek(e, "field"));
	return (enum fj_rc)rc;
}
