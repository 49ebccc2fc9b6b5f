/*
 * use.c - what somebody wants to do: the keys of docs/formats.md section 8, read
 * strictly, because a misspelt condition that is ignored is a condition lost.
 */
#include "verifier/internal.h"

#define MAX_TEXT 4096
#define MAX_ENTRIES 32
#define MAX_ENTRY 200

static const char *const keys[USE_COUNT] = {"asset", "product", "action", "purpose", "territory", "environment", "at", "quantity",
	"user", "audience"};
static const char *const restricted[] = {"PLEDGE", "SUBLICENSE", "EXPORT", "RESELL", "RAW"}; /* bits 0 to 4 of restrictions */

int ver_restricted(const char *action)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(restricted); i++)
		if (strcmp(action, restricted[i]) == 0)
			return (int)i;
	return -1;
}

void ver_use_free(struct ver_use *u)
{
	if (u == NULL)
		return;
	for (size_t k = 0; k < USE_COUNT; k++)
		json_decref(u->v[k]);
	fj_free(u);
}

const char *ver_use_one(const struct ver_use *u, enum ver_use_key k)
{
	return u == NULL ? NULL : json_string_value(json_array_get(u->v[k], 0));
}

static enum fj_rc wrong(struct fj_err *err, const char *key, const char *en, const char *zh)
{
	enum fj_rc rc = fj_fail(err, FJ_E_USAGE, "verify", "formats.md 8", "use: \"%.40s\" %s", key, en);

	fj_err_zh(err, "用途：“%.40s” %s", key, zh);
	return rc;
}

static bool usci_form(const char *s)
{
	return strlen(s) == 18 && strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 18;
}

static enum fj_rc check_entry(enum ver_use_key k, const char *s, struct fj_err *err)
{
	static const char *const actions[] = {"QUERY", "VERIFY", "MODEL_CALL", "DOWNLOAD_PRODUCT", "REDEVELOP", NULL};
	static const char *const purposes[] = {"PUBGOV", "WELFARE", "INDUSTRY", "SECTOR", NULL};

	if (k == USE_ACTION && !fj_among(s, actions) && ver_restricted(s) < 0)
		return wrong(err, keys[k], "is QUERY, VERIFY, MODEL_CALL, DOWNLOAD_PRODUCT, REDEVELOP, PLEDGE, RESELL, EXPORT, SUBLICENSE or RAW", "不是已知的行为");
	if (k == USE_PURPOSE && !fj_among(s, purposes))
		return wrong(err, keys[k], "is PUBGOV, WELFARE, INDUSTRY or SECTOR", "不是已知的目的");
	if (k == USE_TERRITORY && !fj_div6_ok(s))
		return wrong(err, keys[k], "is six digits (GB/T 2260)", "应为六位行政区划代码");
	if (k == USE_USER && !usci_form(s))
		return wrong(err, keys[k], "is a unified social credit code of 18 characters", "应为 18 位统一社会信用代码");
	return FJ_OK;
}

static bool splits(enum ver_use_key k)
{
	return k != USE_AT && k != USE_QUANTITY && k != USE_USER && k != USE_AUDIENCE;
}

static enum fj_rc add_entry(struct ver_use *u, enum ver_use_key k, const char *p, size_t n, struct fj_err *err)
{
	FJ_AUTO(str) s = fj_strndup(p, n);

	if (s == NULL)
		return fj_no_memory(err, "verify");
	if (n == 0 || fj_utf8_count(s) > MAX_ENTRY)
		return wrong(err, keys[k], "has an entry that is empty or over 200 characters", "有空值或超过 200 个字符的值");
	if (json_array_size(u->v[k]) >= MAX_ENTRIES)
		return wrong(err, keys[k], "has more than 32 entries", "超过 32 个值");
	FJ_TRY(check_entry(k, s, err));
	return json_array_append_new(u->v[k], json_string(s)) == 0 ? FJ_OK : fj_no_memory(err, "verify");
}

static enum fj_rc set_number(struct ver_use *u, const char *s, struct fj_err *err)
{
	size_t n = strlen(s);

	if (n == 0 || n > 15 || strspn(s, "0123456789") != n || s[0] == '0')
		return wrong(err, "quantity", "is a whole number from 1", "应为不小于 1 的整数");
	for (; *s != '\0'; s++)
		u->quantity = u->quantity * 10 + (*s - '0');
	return FJ_OK;
}

/* value of n octets, NUL-free UTF-8 */
static enum fj_rc set(struct ver_use *u, const char *key, const char *p, size_t n, struct fj_err *err)
{
	size_t k = 0;

	while (k < USE_COUNT && strcmp(keys[k], key) != 0)
		k++;
	if (k == USE_COUNT)
		return wrong(err, key, "is not a key of a use (asset product action purpose territory environment at quantity user audience)", "不是已知的键");
	if (u->v[k] != NULL)
		return wrong(err, key, "is given twice", "重复");
	if ((u->v[k] = json_array()) == NULL)
		return fj_no_memory(err, "verify");
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f)
			return wrong(err, key, "holds a control character", "含有控制字符");
	for (size_t i = 0, from = 0; i <= n; i++)
		if (i == n || (splits((enum ver_use_key)k) && p[i] == '+')) {
			FJ_TRY(add_entry(u, (enum ver_use_key)k, p + from, i - from, err));
			from = i + 1;
		}
	const char *one = ver_use_one(u, (enum ver_use_key)k);
	if (k == USE_AT && fj_time_parse(one, &u->at, NULL) != FJ_OK)
		return wrong(err, key, "is a time in UTC such as 2026-03-16T08:00:00Z", "应为 UTC 时间，形如 2026-03-16T08:00:00Z");
	return k == USE_QUANTITY ? set_number(u, one, err) : FJ_OK;
}

static enum fj_rc set_pair(struct ver_use *u, const char *p, size_t n, struct fj_err *err)
{
	const char *eq = n == 0 ? NULL : memchr(p, '=', n);
	char key[32];

	if (eq == NULL || eq == p || (size_t)(eq - p) >= sizeof(key))
		return wrong(err, "use", "is written key=value,key=value", "应写作 键=值,键=值");
	memcpy(key, p, (size_t)(eq - p));
	key[eq - p] = '\0';
	return set(u, key, eq + 1, n - (size_t)(eq - p) - 1, err);
}

enum fj_rc ver_use_parse(const char *text, struct ver_use **out, struct fj_err *err)
{
	size_t n = strnlen(text, MAX_TEXT + 1);
	FJ_AUTO(ver_use) u = fj_alloc(1, sizeof(*u));

	if (u == NULL)
		return fj_no_memory(err, "verify");
	if (n > MAX_TEXT || !fj_utf8_valid(FJ_SLICE(text, n)))
		return wrong(err, "use", "is longer than 4096 octets, or not UTF-8", "过长或不是 UTF-8 文本");
	for (size_t i = 0, from = 0; i <= n; i++)
		if (i == n || text[i] == ',') {
			FJ_TRY(set_pair(u, text + from, i - from, err));
			from = i + 1;
		}
	*out = fj_move(u);
	return FJ_OK;
}

enum fj_rc ver_use_from_json(const json_t *obj, struct ver_use **out, struct fj_err *err)
{
	FJ_AUTO(ver_use) u = fj_alloc(1, sizeof(*u));
	const char *key;
	json_t *v;

	if (u == NULL)
		return fj_no_memory(err, "verify");
	if (!json_is_object(obj))
		return wrong(err, "use", "is an object of texts", "应为文本值的对象");
	json_object_foreach((json_t *)(uintptr_t)obj, key, v) {
		if (!json_is_string(v) || json_string_length(v) > MAX_TEXT || strlen(json_string_value(v)) != json_string_length(v))
			return wrong(err, key, "is a text of at most 4096 octets", "应为不超过 4096 字节的文本");
		FJ_TRY(set(u, key, json_string_value(v), json_string_length(v), err));
	}
	*out = fj_move(u);
	return FJ_OK;
}
