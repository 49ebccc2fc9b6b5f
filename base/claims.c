/*
 * claims.c - the members of license tokens, authorisation credentials, manifests,
 * status lists and GRANTs, and when one GRANT lies within another (R13).
 *
 * The sets of members are exact: one that is not named in docs/formats.md 5 is
 * refused, because a verifier that ignored it might ignore a limit.
 */
#include "base/clock.h"
#include "base/jws.h"

#define MAX_LIST 256
#define MAX_TEXT 200

static enum fj_rc no(struct fj_err *err, const char *what, const char *key)
{
	static const char *const names[][2] = {{"mode", "授权模式"}, {"domains", "领域"}, {"scenarios", "场景"}, {"rights", "权利"}, {"purposes", "用途"}, {"actions", "许可行为"},
		{"territory", "地域"}, {"environment", "使用环境"}, {"quota", "限额"}, {"depth", "转授权层级"}};
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "jws", "formats.md 5", "%s (\"%s\")", what, key);
	const char *name = NULL;

	for (size_t i = 0; i < FJ_ARRAY_LEN(names); i++)
		if (strcmp(names[i][0], key) == 0)
			name = names[i][1];
	fj_err_zh(err, name == NULL ? "“%s”缺失或不符合规定" : "“%s”缺失或填写不符合规定（分领域授权须填领域，依场景授权须填场景，整体授权两者均不填；权利、用途、许可行为和地域为必填）",
	    name == NULL ? key : name);
	return fj_err_at(err, rc, key);
}

bool fj_list_has(const json_t *list, const char *text)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (json_is_string(v) && strcmp(json_string_value(v), text) == 0)
			return true;
	return false;
}

/* --- numbers: DAC-420000-202604-000001-2 --- */

static int value_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : -1;
}

char fj_number_check_of(const char *s, size_t n)
{
	static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	int p = 36;

	for (size_t i = 0; i < n && s[i] != '\0'; i++) {
		if (s[i] == '-')
			continue;
		int sum = (p + value_of(s[i])) % 36;
		p = (sum == 0 ? 36 : sum) * 2 % 37;
	}
	return alphabet[(37 - p) % 36];
}

bool fj_number_form(const char *number)
{
	static const char form[] = "AAA-000000-000000-000000-X";
	bool ok = strlen(number) == FJ_NUMBER_LEN;

	for (size_t i = 0; ok && form[i] != '\0'; i++)
		ok = form[i] == '-' ? number[i] == '-' : form[i] == '0' ? number[i] >= '0' && number[i] <= '9' : value_of(number[i]) >= (form[i] == 'A' ? 10 : 0);
	return ok;
}

bool fj_number_ok(const char *number)
{
	return fj_number_form(number) && fj_number_check_of(number, FJ_NUMBER_LEN - 1) == number[FJ_NUMBER_LEN - 1];
}

bool fj_div6_ok(const char *s)
{
	return strspn(s, "0123456789") == 6 && s[6] == '\0' && s[0] != '0';
}

/* --- small checks --- */

static const char *const rights[] = {"OPER", "USE", NULL};
static const char *const purposes[] = {"INDUSTRY", "PUBGOV", "SECTOR", "WELFARE", NULL};
static const char *const actions[] = {"DOWNLOAD_PRODUCT", "MODEL_CALL", "QUERY", "REDEVELOP", "VERIFY", NULL};
static const char *const duties[] = {"DELETE", "RETAIN_DERIVED", "STOP", NULL};

static bool among(const char *const *codes, const char *s)
{
	for (; codes != NULL && *codes != NULL; codes++)
		if (strcmp(*codes, s) == 0)
			return true;
	return codes == NULL;
}

/* texts without the characters that separate values of a use, sorted, each once */
static enum fj_rc check_list(const json_t *obj, const char *key, const char *const *codes, struct fj_err *err)
{
	json_t *list, *v;
	size_t i;
	const char *before = NULL;

	FJ_TRY(fj_json_arr(obj, key, MAX_LIST, &list, err));
	json_array_foreach(list, i, v) {
		const char *s = json_string_value(v);
		if (s == NULL || s[0] == '\0' || strpbrk(s, ",+=") != NULL || fj_utf8_count(s) > MAX_TEXT)
			return no(err, "a list holds something that is no text of 1 to 200 characters without , + =", key);
		if (!among(codes, s))
			return no(err, "a list holds a code that is not known", key);
		if (before != NULL && strcmp(before, s) >= 0)
			return no(err, "a list is not sorted, or repeats an entry", key);
		before = s;
	}
	return FJ_OK;
}

static enum fj_rc check_divisions(const json_t *obj, struct fj_err *err)
{
	size_t i;
	json_t *v;

	FJ_TRY(check_list(obj, "territory", NULL, err));
	json_array_foreach(json_object_get(obj, "territory"), i, v)
		if (!fj_div6_ok(json_string_value(v)))
			return no(err, "a division is not six digits (GB/T 2260)", "territory");
	return FJ_OK;
}

static enum fj_rc not_empty(const json_t *obj, const char *key, bool filled, struct fj_err *err)
{
	return (json_array_size(json_object_get(obj, key)) > 0) == filled ? FJ_OK
	    : no(err, filled ? "a list may not be empty here" : "a list must be empty here", key);
}

static enum fj_rc check_mode(const json_t *g, struct fj_err *err)
{
	const char *mode;

	FJ_TRY(fj_json_str(g, "mode", 8, &mode, err));
	FJ_TRY(check_list(g, "domains", NULL, err));
	FJ_TRY(check_list(g, "scenarios", NULL, err));
	if (strcmp(mode, "WHOLE") == 0) {
		FJ_TRY(not_empty(g, "domains", false, err));
		return not_empty(g, "scenarios", false, err);
	}
	if (strcmp(mode, "DOMAIN") == 0)
		return not_empty(g, "domains", true, err);
	if (strcmp(mode, "SCENE") == 0)
		return not_empty(g, "scenarios", true, err);
	return no(err, "the mode is not WHOLE, DOMAIN or SCENE", "mode");
}

static enum fj_rc check_quota(const json_t *g, struct fj_err *err)
{
	static const char *const known[] = {"limit", "unit", NULL};
	const json_t *q = json_object_get(g, "quota");
	const char *unit;
	int64_t limit;

	if (json_is_null(q))
		return FJ_OK;
	FJ_TRY(fj_json_only(q, known, err));
	FJ_TRY(fj_json_str(q, "unit", 8, &unit, err));
	FJ_TRY(fj_json_int(q, "limit", 1, INT64_C(1) << 53, &limit, err));
	return strcmp(unit, "CALLS") == 0 || strcmp(unit, "ROWS") == 0 ? FJ_OK
	    : no(err, "the quota's unit is not CALLS or ROWS", "quota");
}

enum fj_rc fj_grant_check(const json_t *g, struct fj_err *err)
{
	static const char *const known[] = {"actions", "depth", "domains", "environment", "mode", "purposes",
		"quota", "rights", "scenarios", "territory", NULL};
	int64_t depth;

	FJ_TRY(fj_json_only(g, known, err));
	FJ_TRY(check_mode(g, err));
	FJ_TRY(check_list(g, "rights", rights, err));
	FJ_TRY(check_list(g, "purposes", purposes, err));
	FJ_TRY(check_list(g, "actions", actions, err));
	FJ_TRY(check_divisions(g, err));
	FJ_TRY(check_list(g, "environment", NULL, err));
	FJ_TRY(fj_json_int(g, "depth", 0, 8, &depth, err));
	FJ_TRY(not_empty(g, "rights", true, err));
	FJ_TRY(not_empty(g, "purposes", true, err));
	FJ_TRY(not_empty(g, "actions", true, err));
	FJ_TRY(not_empty(g, "territory", true, err));
	if (json_object_get(g, "quota") == NULL)
		return no(err, "a member is missing", "quota");
	return check_quota(g, err);
}

/* --- narrowing --- */

/* `"a", "b"`: as much of a list as a sentence holds */
static void listed(const json_t *list, const char *open, const char *close, const char *between, char out[160])
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(159);
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (!json_is_string(v) || fj_buf_printf(&b, "%s%s%s%s", i > 0 ? between : "", open, json_string_value(v), close) != FJ_OK)
			break;
	snprintf(out, 160, "%s", fj_buf_str(&b));
}

/* may: what the parent has there; NULL: it is no list */
static enum fj_rc beyond(struct fj_err *err, const char *key, const char *value, const json_t *may)
{
	char en[160], zh[160];

	listed(may, "\"", "\"", ", ", en);
	listed(may, "“", "”", "、", zh);
	enum fj_rc rc = fj_fail(err, FJ_E_REFUSED, "rules", "R13", "\"%.60s\" in \"%s\" goes beyond what it is derived from%s%s; narrow it", value, key, en[0] != '\0' ? ", which has " : "", en);

	fj_err_zh(err, "“%.60s”（%s）超出其上级授权范围%s%s，请缩小范围", value[0] == '(' ? "不填" : value, key, zh[0] != '\0' ? "；上级范围为" : "", zh);
	return fj_err_at(err, rc, key);
}

/* 大连 and 深圳 report to the State themselves and still lie in their provinces */
static bool division_within(const char *child, const char *parent)
{
	if (strcmp(parent, "100000") == 0 || strcmp(child, parent) == 0)
		return true;
	if (strcmp(child, "100000") == 0)
		return false;
	if (strcmp(parent + 2, "0000") == 0)
		return strncmp(child, parent, 2) == 0;
	return strcmp(parent + 4, "00") == 0 && strncmp(child, parent, 4) == 0;
}

bool fj_territory_has(const json_t *list, const char *div6)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (json_is_string(v) && division_within(div6, json_string_value(v)))
			return true;
	return false;
}

static enum fj_rc list_within(const json_t *child, const json_t *parent, const char *key, struct fj_err *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(child, key), i, v)
		if (!fj_list_has(json_object_get(parent, key), json_string_value(v)))
			return beyond(err, key, json_string_value(v), json_object_get(parent, key));
	return FJ_OK;
}

static int mode_rank(const char *mode)
{
	return strcmp(mode, "WHOLE") == 0 ? 2 : strcmp(mode, "DOMAIN") == 0 ? 1 : 0;
}

/* A list that the parent names is not left out by the child: what is in no named scenario may be
 * in any.  `open`: the parent's mode leaves an empty list to the child. */
static enum fj_rc named_within(const json_t *child, const json_t *parent, const char *key, bool open, struct fj_err *err)
{
	bool named = json_array_size(json_object_get(parent, key)) > 0;

	if (!named && open)
		return FJ_OK;
	if (named && json_array_size(json_object_get(child, key)) == 0)
		return beyond(err, key, "(none named)", json_object_get(parent, key));
	return list_within(child, parent, key, err);
}

static enum fj_rc mode_within(const json_t *child, const json_t *parent, struct fj_err *err)
{
	const char *c = fj_json_peek(child, "mode"), *p = fj_json_peek(parent, "mode");

	if (mode_rank(c) > mode_rank(p))
		return beyond(err, "mode", c, NULL);
	FJ_TRY(named_within(child, parent, "domains", mode_rank(p) == 2, err));
	return named_within(child, parent, "scenarios", mode_rank(p) >= 1, err);
}

static enum fj_rc environment_within(const json_t *child, const json_t *parent, struct fj_err *err)
{
	if (json_array_size(json_object_get(parent, "environment")) == 0)
		return FJ_OK;
	if (json_array_size(json_object_get(child, "environment")) == 0)
		return beyond(err, "environment", "(any)", json_object_get(parent, "environment"));
	return list_within(child, parent, "environment", err);
}

static enum fj_rc quota_within(const json_t *child, const json_t *parent, struct fj_err *err)
{
	const json_t *c = json_object_get(child, "quota"), *p = json_object_get(parent, "quota");

	if (json_is_null(p))
		return FJ_OK;
	if (json_is_null(c))
		return beyond(err, "quota", "(none)", NULL);
	if (strcmp(fj_json_peek(c, "unit"), fj_json_peek(p, "unit")) != 0)
		return beyond(err, "quota", fj_json_peek(c, "unit"), NULL);
	return fj_json_num(c, "limit") <= fj_json_num(p, "limit")
	    ? FJ_OK : beyond(err, "quota", "limit", NULL);
}

enum fj_rc fj_grant_within(const json_t *child, const json_t *parent, struct fj_err *err)
{
	size_t i;
	json_t *v;

	FJ_TRY(fj_grant_check(child, err));
	FJ_TRY(fj_grant_check(parent, err));
	FJ_TRY(mode_within(child, parent, err));
	FJ_TRY(list_within(child, parent, "rights", err));
	FJ_TRY(list_within(child, parent, "purposes", err));
	FJ_TRY(list_within(child, parent, "actions", err));
	json_array_foreach(json_object_get(child, "territory"), i, v)
		if (!fj_territory_has(json_object_get(parent, "territory"), json_string_value(v)))
			return beyond(err, "territory", json_string_value(v), json_object_get(parent, "territory"));
	FJ_TRY(environment_within(child, parent, err));
	FJ_TRY(quota_within(child, parent, err));
	return fj_json_num(child, "depth") <= fj_json_num(parent, "depth")
	    ? FJ_OK : beyond(err, "depth", "depth", NULL);
}

/* --- payloads --- */

static enum fj_rc need_str(const json_t *o, const char *key, size_t max, struct fj_err *err)
{
	const char *s;

	return fj_json_str(o, key, max, &s, err);
}

static enum fj_rc need_hash(const json_t *o, const char *key, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(64);
	const char *s;

	FJ_TRY(fj_json_str(o, key, 43, &s, err));
	return fj_b64u_get(s, strlen(s), &b) == FJ_OK && b.len == 32 ? FJ_OK
	    : no(err, "a hash is not base64url of 32 octets", key);
}

enum fj_rc fj_status_ref(const json_t *ref, uint32_t *idx, const char **uri, struct fj_err *err)
{
	static const char *const known[] = {"idx", "uri", NULL};
	int64_t n;

	FJ_TRY(fj_json_only(ref, known, err));
	FJ_TRY(fj_json_int(ref, "idx", 0, FJ_LIST_ENTRIES - 1, &n, err));
	FJ_TRY(fj_json_str(ref, "uri", 200, uri, err));
	*idx = (uint32_t)n;
	return FJ_OK;
}

static enum fj_rc check_ref(const json_t *o, const char *key, struct fj_err *err)
{
	uint32_t idx;
	const char *uri;
	json_t *ref;

	FJ_TRY(fj_json_obj(o, key, &ref, err));
	return fj_status_ref(ref, &idx, &uri, err);
}

static enum fj_rc check_own_status(const json_t *p, struct fj_err *err)
{
	static const char *const known[] = {"status_list", NULL};
	json_t *s;

	FJ_TRY(fj_json_obj(p, "status", &s, err));
	FJ_TRY(fj_json_only(s, known, err));
	return check_ref(s, "status_list", err);
}

static enum fj_rc check_party(const json_t *p, const char *key, struct fj_err *err)
{
	static const char *const known[] = {"name", "usci", NULL};
	json_t *o;

	FJ_TRY(fj_json_obj(p, key, &o, err));
	FJ_TRY(fj_json_only(o, known, err));
	FJ_TRY(need_str(o, "name", 120, err));
	return need_str(o, "usci", 18, err);
}

static enum fj_rc check_asset(const json_t *a, struct fj_err *err)
{
	static const char *const known[] = {"certificate", "certificate_sha256", "id", "status", NULL};

	FJ_TRY(fj_json_only(a, known, err));
	FJ_TRY(need_str(a, "id", 64, err));
	FJ_TRY(need_str(a, "certificate", 40, err));
	FJ_TRY(need_hash(a, "certificate_sha256", err));
	return check_ref(a, "status", err);
}

static enum fj_rc check_terms(const json_t *p, struct fj_err *err)
{
	static const char *const known[] = {"kind", NULL};
	json_t *t;
	const char *kind;

	FJ_TRY(fj_json_obj(p, "terms", &t, err));
	FJ_TRY(fj_json_only(t, known, err));
	FJ_TRY(fj_json_str(t, "kind", 8, &kind, err));
	return strcmp(kind, "free") == 0 || strcmp(kind, "paid") == 0 ? FJ_OK : no(err, "terms are free or paid", "terms");
}

static enum fj_rc check_times(const json_t *p, struct fj_err *err)
{
	int64_t iat, nbf, exp;

	FJ_TRY(fj_json_int(p, "iat", 0, FJ_TIME_MAX, &iat, err));
	FJ_TRY(fj_json_int(p, "nbf", 0, FJ_TIME_MAX, &nbf, err));
	FJ_TRY(fj_json_int(p, "exp", nbf, FJ_TIME_MAX, &exp, err));
	return FJ_OK;
}

static enum fj_rc check_key(const json_t *cnf, struct fj_err *err)
{
	static const char *const only[] = {"jwk", NULL}, *const known[] = {"crv", "kty", "x", "y", NULL};
	json_t *k;
	const char *kty, *crv;

	FJ_TRY(fj_json_only(cnf, only, err));
	FJ_TRY(fj_json_obj(cnf, "jwk", &k, err));
	FJ_TRY(fj_json_only(k, known, err));
	FJ_TRY(fj_json_str(k, "kty", 4, &kty, err));
	FJ_TRY(fj_json_str(k, "crv", 8, &crv, err));
	if (strcmp(kty, "EC") != 0 || strcmp(crv, "P-256") != 0)
		return no(err, "the holder's key is not EC P-256", "cnf");
	FJ_TRY(need_hash(k, "x", err));
	return need_hash(k, "y", err);
}

static enum fj_rc check_binding(const json_t *p, struct fj_err *err)
{
	static const char *const thumb[] = {"x5t#S256", NULL};
	const json_t *cnf = json_object_get(p, "cnf"), *audience = json_object_get(p, "audience");
	const char *binding;

	FJ_TRY(fj_json_str(p, "binding", 8, &binding, err));
	bool named = strcmp(binding, "named") == 0;
	if (named != (audience != NULL) || named != (cnf == NULL))
		return no(err, "a named token has an audience and no key, another a key and no audience", "binding");
	if (named) {
		int64_t nbf = fj_json_num(p, "nbf"), exp = fj_json_num(p, "exp");
		if (exp - nbf + 1 > 90 * 86400)
			return no(err, "a named token is valid for 90 days at most", "exp");
		return need_str(p, "audience", MAX_TEXT, err);
	}
	if (strcmp(binding, "key") == 0)
		return check_key(cnf, err);
	if (strcmp(binding, "mtls") != 0)
		return no(err, "the binding is not key, mtls or named", "binding");
	FJ_TRY(fj_json_only(cnf, thumb, err));
	return need_hash(cnf, "x5t#S256", err);
}

static enum fj_rc check_product(const json_t *p, struct fj_err *err)
{
	static const char *const known[] = {"id", "kind", "version", NULL};
	json_t *o;
	const char *kind;

	FJ_TRY(fj_json_obj(p, "product", &o, err));
	FJ_TRY(fj_json_only(o, known, err));
	FJ_TRY(need_str(o, "id", 64, err));
	FJ_TRY(need_str(o, "version", 32, err));
	FJ_TRY(fj_json_str(o, "kind", 16, &kind, err));
	return strcmp(kind, "operator") == 0 || strcmp(kind, "redeveloped") == 0 ? FJ_OK
	    : no(err, "a product is the operator's or redeveloped", "product");
}

static enum fj_rc check_parent(const json_t *p, struct fj_err *err)
{
	static const char *const known[] = {"authorisation", "sha256", "status", "version", NULL};
	json_t *o;
	int64_t version;

	FJ_TRY(fj_json_obj(p, "parent", &o, err));
	FJ_TRY(fj_json_only(o, known, err));
	FJ_TRY(need_str(o, "authorisation", 40, err));
	FJ_TRY(fj_json_int(o, "version", 1, 1000000, &version, err));
	FJ_TRY(need_hash(o, "sha256", err));
	return check_ref(o, "status", err);
}

static enum fj_rc check_grant_of(const json_t *p, struct fj_err *err)
{
	json_t *g;

	FJ_TRY(fj_json_obj(p, "grant", &g, err));
	return fj_grant_check(g, err);
}

enum fj_rc fj_token_check(const json_t *p, struct fj_err *err)
{
	static const char *const known[] = {"asset", "audience", "binding", "cnf", "duties", "exp", "grant", "holder",
		"iat", "iss", "jti", "nbf", "parent", "product", "status", "terms", "vct", NULL};
	json_t *asset;

	FJ_TRY(fj_json_only(p, known, err));
	FJ_TRY(need_str(p, "iss", 160, err));
	FJ_TRY(need_str(p, "vct", 64, err));
	FJ_TRY(need_str(p, "jti", 40, err));
	FJ_TRY(check_times(p, err));
	FJ_TRY(check_binding(p, err));
	FJ_TRY(check_party(p, "holder", err));
	FJ_TRY(fj_json_obj(p, "asset", &asset, err));
	FJ_TRY(check_asset(asset, err));
	FJ_TRY(check_product(p, err));
	const char *product = fj_json_peek(json_object_get(p, "product"), "id");
	if (strcmp(product, fj_json_peek(asset, "id")) == 0 || strcmp(product, fj_json_peek(asset, "certificate")) == 0)
		return no(err, "a token licenses a product, never the asset itself (R18)", "product");
	FJ_TRY(check_grant_of(p, err));
	if (fj_json_num(json_object_get(p, "grant"), "depth") != 0)
		return no(err, "a token gives no right to sub-authorise (R12)", "depth");
	FJ_TRY(check_terms(p, err));
	FJ_TRY(check_parent(p, err));
	FJ_TRY(check_list(p, "duties", duties, err));
	return check_own_status(p, err);
}

enum fj_rc fj_authorisation_check(const json_t *p, struct fj_err *err)
{
	static const char *const known[] = {"assets", "authorisation_status", "exp", "grant", "holder", "iat",
		"implementer", "iss", "jti", "nbf", "operator", "previous", "status", "terms", "vct", "version", NULL};
	json_t *assets, *a;
	size_t i;
	int64_t version;

	FJ_TRY(fj_json_only(p, known, err));
	FJ_TRY(need_str(p, "iss", 160, err));
	FJ_TRY(need_str(p, "vct", 64, err));
	FJ_TRY(need_str(p, "jti", 40, err));
	FJ_TRY(fj_json_int(p, "version", 1, 1000000, &version, err));
	FJ_TRY(check_times(p, err));
	FJ_TRY(check_party(p, "holder", err));
	FJ_TRY(check_party(p, "implementer", err));
	FJ_TRY(check_party(p, "operator", err));
	FJ_TRY(fj_json_arr(p, "assets", 64, &assets, err));
	if (json_array_size(assets) == 0)
		return no(err, "an authorisation names no asset", "assets");
	json_array_foreach(assets, i, a)
		FJ_TRY(check_asset(a, err));
	FJ_TRY(check_grant_of(p, err));
	FJ_TRY(check_terms(p, err));
	const json_t *before = json_object_get(p, "previous");
	if (before == NULL || json_is_null(before) != (version == 1))
		return no(err, "version 1 has no previous one, every other has", "previous");
	if (version > 1)
		FJ_TRY(need_hash(p, "previous", err));
	FJ_TRY(check_ref(p, "authorisation_status", err));
	return check_own_status(p, err);
}

/* what a signed report says of itself beside its id */
static enum fj_rc check_report(const json_t *p, struct fj_err *err)
{
	static const char *const known[] = {"kind", "period", "unit", NULL};
	json_t *r;

	FJ_TRY(fj_json_obj(p, "report", &r, err));
	FJ_TRY(fj_json_only(r, known, err));
	FJ_TRY(need_str(r, "kind", 24, err));
	FJ_TRY(need_str(r, "period", 8, err));
	return need_str(r, "unit", 18, err);
}

enum fj_rc fj_manifest_check(const json_t *p, struct fj_err *err)
{
	static const char *const known[] = {"iat", "iss", "jti", "kind", "sha256", "vct", NULL}, *const report[] = {"iat", "iss", "jti", "kind", "report", "sha256", "vct", NULL};
	const char *kind = fj_json_peek(p, "kind");
	bool reports = kind != NULL && strcmp(kind, FJ_MANIFEST_REPORT) == 0;
	int64_t iat;

	if (!reports && (kind == NULL || (strcmp(kind, FJ_MANIFEST_PACK) != 0 && strcmp(kind, FJ_MANIFEST_ARCHIVE) != 0)))
		return no(err, "a manifest is a listing pack's, a report's or an archive's", "kind");
	FJ_TRY(fj_json_only(p, reports ? report : known, err));
	if (reports)
		FJ_TRY(check_report(p, err));
	FJ_TRY(need_str(p, "iss", 160, err));
	FJ_TRY(need_str(p, "vct", 64, err));
	FJ_TRY(need_str(p, "jti", 48, err));
	FJ_TRY(need_str(p, "kind", 40, err));
	FJ_TRY(fj_json_int(p, "iat", 0, FJ_TIME_MAX, &iat, err));
	return need_hash(p, "sha256", err);
}

enum fj_rc fj_signed_report_check(const json_t *file, struct fj_err *err)
{
	static const char *const known[] = {"crls", "document", "format", "signature", NULL};
	json_t *list, *doc, *v;
	size_t i;

	FJ_TRY(fj_json_only(file, known, err));
	FJ_TRY(need_str(file, "format", 64, err));
	if (strcmp(fj_json_peek(file, "format"), FJ_FORMAT_REPORT) != 0)
		return no(err, "the file is of another format", "format");
	FJ_TRY(fj_json_obj(file, "document", &doc, err));
	FJ_TRY(need_str(file, "signature", FJ_TOKEN_MAX, err));
	FJ_TRY(fj_json_arr(file, "crls", FJ_REPORT_CRLS, &list, err));
	json_array_foreach(list, i, v)
		if (!json_is_string(v))
			return no(err, "a revocation list is base64 of its DER", "crls");
	return FJ_OK;
}

enum fj_rc fj_status_list_check(const json_t *p, struct fj_err *err)
{
	static const char *const known[] = {"exp", "iat", "iss", "status_list", "sub", "ttl", NULL},
		*const inner[] = {"bits", "lst", NULL};
	json_t *s;
	int64_t iat, exp, ttl, bits;

	FJ_TRY(fj_json_only(p, known, err));
	FJ_TRY(need_str(p, "iss", 160, err));
	FJ_TRY(need_str(p, "sub", 200, err));
	FJ_TRY(fj_json_int(p, "iat", 0, FJ_TIME_MAX, &iat, err));
	FJ_TRY(fj_json_int(p, "exp", iat, FJ_TIME_MAX, &exp, err));
	FJ_TRY(fj_json_int(p, "ttl", 1, 86400, &ttl, err));
	FJ_TRY(fj_json_obj(p, "status_list", &s, err));
	FJ_TRY(fj_json_only(s, inner, err));
	FJ_TRY(fj_json_int(s, "bits", 2, 2, &bits, err));
	return need_str(s, "lst", FJ_STATUS_JWT_MAX, err);
}
