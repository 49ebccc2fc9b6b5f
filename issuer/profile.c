/*
 * profile.c - the policy profile: days, validity, switches, tables, as data.
 *
 * 167 fixes no validity and no number of days, so each finance department sets
 * them: a document with the keys of profile.def, versioned, proposed by one of
 * its officers and adopted with the approval of another.  A document holds what
 * differs from the defaults.  Keys that are unknown, values out of bounds, and
 * tables of another shape are refused when proposed; nothing is refused later
 * because of a profile that can't be read.
 */
#include "issuer/profile.h"

#include <pthread.h>

#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/shape.h"
#include "issuer/workday.h"

#define MAX_DOC (1u << 20)
#define MAX_LEVELS 6
#define MAX_DATES 2000
#define MAX_CODES 5000

enum kind { INT, FLAG, MMDD, DATES, CLASSES, CHAINS, AUTHORITY, CODES18 };
#define PROFILE(...)
#define PROFILE_GROUP(id, zh, en) GROUP_##id,
enum group {
#include "issuer/profile.def"
};
#undef PROFILE_GROUP
#define PROFILE_GROUP(id, zh, en) {zh, en},
static const struct {
	const char *zh, *en;
} groups[] = {
#include "issuer/profile.def"
};
#undef PROFILE_GROUP
#undef PROFILE
#define PROFILE_GROUP(id, zh, en)
#define PROFILE(group, key, kind, unit, least, most, def, zh, en, clause) {GROUP_##group, key, kind, least, most, def, zh, en, clause},
static const struct {
	enum group group;
	const char *key;
	enum kind kind;
	int64_t least, most;
	const char *def, *zh, *en, *clause;
} keys[] = {
#include "issuer/profile.def"
};
#undef PROFILE
#undef PROFILE_GROUP

/* the defaults, parsed once; hash of the empty document, which leaves all of them */
static json_t *defaults;
static char default_hash[65];

static enum fj_rc hash_of(const json_t *doc, char hex[65], struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(MAX_DOC);
	struct fj_hash h;

	FJ_TRY(fj_json_canonical(doc, &text, err));
	fj_sha256(fj_buf_slice(&text), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	return FJ_OK;
}

static void make_defaults(void)
{
	FJ_AUTO(json) none = json_object();

	defaults = json_object();
	for (size_t i = 0; i < FJ_ARRAY_LEN(keys); i++)
		json_object_set_new(defaults, keys[i].key, json_loads(keys[i].def, JSON_DECODE_ANY, NULL));
	if (hash_of(none, default_hash, NULL) != FJ_OK)
		default_hash[0] = '\0';
}

static enum fj_rc ready(struct fj_err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_defaults);
	return default_hash[0] != '\0' && json_object_size(defaults) == FJ_ARRAY_LEN(keys) ? FJ_OK
	    : fj_fail(err, FJ_E_INTERNAL, "issuer", NULL, "the default profile can't be read");
}

/* --- asking --- */

void prf_release(struct iss_call *c)
{
	json_decref(c->policy);
	c->policy = NULL;
}

static enum fj_rc consult(struct iss_call *c, const char *finance, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(ready(err));
	if (c->policy != NULL && strcmp(c->policy_of, finance) == 0)
		return FJ_OK;
	prf_release(c);
	FJ_TRY(sto_query(c->db, STO_PROFILE_LAST, &q, err, "t", finance));
	FJ_TRY(sto_step(&q, &row, err));
	if (row)
		FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 2)), MAX_DOC, &c->policy, err));
	else
		c->policy = json_object();
	snprintf(c->policy_of, sizeof(c->policy_of), "%s", finance);
	snprintf(c->policy_hash, sizeof(c->policy_hash), "%s", row ? sto_text(&q, 1) : default_hash);
	return c->policy != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc prf_json(struct iss_call *c, const char *finance, const char *key, const json_t **out, struct fj_err *err)
{
	FJ_TRY(consult(c, finance, err));
	*out = json_object_get(c->policy, key);
	if (*out == NULL)
		*out = json_object_get(defaults, key);
	return *out != NULL ? FJ_OK : fj_fail(err, FJ_E_INTERNAL, "issuer", NULL, "a profile has no key \"%s\"", key);
}

enum fj_rc prf_int(struct iss_call *c, const char *finance, const char *key, int64_t *out, struct fj_err *err)
{
	const json_t *v;

	FJ_TRY(prf_json(c, finance, key, &v, err));
	*out = json_integer_value(v);
	return FJ_OK;
}

enum fj_rc prf_flag(struct iss_call *c, const char *finance, const char *key, bool *out, struct fj_err *err)
{
	const json_t *v;

	FJ_TRY(prf_json(c, finance, key, &v, err));
	*out = json_is_true(v);
	return FJ_OK;
}

enum fj_rc prf_hash(struct iss_call *c, const char **hex, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(ready(err));
	*hex = c->policy_hash;
	if (c->policy_hash[0] != '\0')
		return FJ_OK;
	FJ_TRY(sto_query(c->db, STO_PROFILE_OF, &q, err, "t", c->actor->org));
	FJ_TRY(sto_step(&q, &row, err));
	snprintf(c->policy_hash, sizeof(c->policy_hash), "%s", row ? sto_text(&q, 0) : default_hash);
	return FJ_OK;
}

enum fj_rc prf_term(struct iss_call *c, const char *finance, fj_time from, int64_t n, fj_time *end, bool *known, struct fj_err *err)
{
	const json_t *holidays, *workdays;
	bool first;

	FJ_TRY(prf_flag(c, finance, "day_one_counts", &first, err));
	FJ_TRY(prf_json(c, finance, "holidays", &holidays, err));
	FJ_TRY(prf_json(c, finance, "workdays", &workdays, err));
	*end = wd_term(from, n, first, holidays, workdays);
	if (known != NULL)
		*known = wd_year_known(from, holidays) && wd_year_known(*end, holidays);
	return FJ_OK;
}

void prf_words(const char *key, const char **zh, const char **en)
{
	*zh = *en = "";
	for (size_t k = 0; k < FJ_ARRAY_LEN(keys); k++)
		if (strcmp(keys[k].key, key) == 0) {
			*zh = keys[k].zh;
			*en = keys[k].en;
		}
}

/* --- proposing --- */

static enum fj_rc bad(struct fj_err *err, const char *key, const char *en, const char *zh)
{
	fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 10", "the profile's \"%.60s\" %s", key, en);
	fj_err_zh(err, "政策配置项“%.60s”%s", key, zh);
	return FJ_E_INVALID;
}

/* 731 is the 31st of July; the day is there in every year */
static bool mmdd_ok(const json_t *v)
{
	int64_t n = json_integer_value(v);
	char day[32];
	fj_time t;

	snprintf(day, sizeof(day), "2025-%02lld-%02lld", (long long)(n / 100 % 100), (long long)(n % 100));
	return json_is_integer(v) && n >= 101 && n <= 1231 && fj_date_parse(day, &t, NULL) == FJ_OK;
}

static bool dates_ok(const json_t *list)
{
	size_t i;
	json_t *v;
	fj_time t;

	if (!json_is_array(list) || json_array_size(list) > MAX_DATES)
		return false;
	json_array_foreach(list, i, v)
		if (!json_is_string(v) || fj_date_parse(json_string_value(v), &t, NULL) != FJ_OK)
			return false;
	return true;
}

static bool code_ok(const json_t *pair)
{
	const char *code = json_string_value(json_array_get(pair, 0)), *name = json_string_value(json_array_get(pair, 1));

	return json_array_size(pair) == 2 && code != NULL && name != NULL && code[0] != '\0' && strlen(code) <= 16 &&
	    strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.") == strlen(code) && iss_said(name) && fj_utf8_count(name) <= 80;
}

static bool classes_ok(const json_t *tables)
{
	const char *scheme;
	json_t *list, *pair;
	size_t i;

	if (!json_is_object(tables) || json_object_size(tables) > 20)
		return false;
	json_object_foreach((json_t *)(uintptr_t)tables, scheme, list) {
		if (strlen(scheme) == 0 || strlen(scheme) > 32 || !json_is_array(list) || json_array_size(list) > MAX_CODES)
			return false;
		json_array_foreach(list, i, pair)
			if (!code_ok(pair))
				return false;
	}
	return true;
}

static bool codes18_ok(const json_t *list)
{
	size_t i;
	json_t *v;

	if (!json_is_array(list) || json_array_size(list) > MAX_CODES)
		return false;
	json_array_foreach(list, i, v)
		if (!json_is_string(v) || !iss_usci_form(json_string_value(v)))
			return false;
	return true;
}

static bool level_ok(const json_t *level)
{
	static const char *const orgs[] = {"own", "finance", "superior", "holder"}, *const known[] = {"role", "org", NULL};
	const char *role = fj_json_peek(level, "role"), *org = fj_json_peek(level, "org");
	uint32_t bit;

	if (role == NULL || org == NULL || fj_json_only(level, known, NULL) != FJ_OK || iss_role_parse(role, &bit, NULL) != FJ_OK)
		return false;
	for (size_t i = 0; i < FJ_ARRAY_LEN(orgs); i++)
		if (strcmp(orgs[i], org) == 0)
			return true;
	return false;
}

static bool levels_ok(const json_t *levels)
{
	size_t i;
	json_t *level;

	if (!json_is_array(levels) || json_array_size(levels) == 0 || json_array_size(levels) > MAX_LEVELS)
		return false;
	json_array_foreach(levels, i, level)
		if (!level_ok(level))
			return false;
	return true;
}

static bool chains_ok(const json_t *chains)
{
	const char *kind;
	json_t *levels;

	if (!json_is_object(chains) || json_object_size(chains) > 100)
		return false;
	json_object_foreach((json_t *)(uintptr_t)chains, kind, levels)
		if (!fj_among(kind, shp_matters) || !levels_ok(levels))
			return false;
	return true;
}

static bool kinds_ok(const json_t *kinds)
{
	size_t i;
	json_t *v;

	if (!json_is_array(kinds) || json_array_size(kinds) == 0 || json_array_size(kinds) > FJ_HOLDER_KINDS)
		return false;
	json_array_foreach(kinds, i, v)
		if (!json_is_string(v) || !fj_among(json_string_value(v), fj_holder_kinds))
			return false;
	return true;
}

/* authority.c says what the rows mean */
static bool authority_ok(const json_t *table)
{
	static const char *const known[] = {"kinds", "public", "below_fen", "levels", NULL};
	size_t i;
	json_t *row;

	if (!json_is_array(table) || json_array_size(table) == 0 || json_array_size(table) > 50)
		return false;
	json_array_foreach(table, i, row) {
		const json_t *kinds = json_object_get(row, "kinds"), *open = json_object_get(row, "public"), *below = json_object_get(row, "below_fen");
		if (fj_json_only(row, known, NULL) != FJ_OK || !levels_ok(json_object_get(row, "levels")) || (kinds != NULL && !kinds_ok(kinds)) ||
		    (open != NULL && !json_is_boolean(open)) || (below != NULL && (!json_is_integer(below) || json_integer_value(below) < 1)))
			return false;
	}
	return true;
}

static enum fj_rc check_value(size_t k, const json_t *v, struct fj_err *err)
{
	bool ok = false;

	switch (keys[k].kind) {
	case INT:
		if (json_is_integer(v) && json_integer_value(v) >= keys[k].least && json_integer_value(v) <= keys[k].most)
			return FJ_OK;
		fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 10", "\"%s\" (%s) is a whole number from %lld to %lld", keys[k].en, keys[k].key, (long long)keys[k].least, (long long)keys[k].most);
		fj_err_zh(err, "“%s”应为 %lld 至 %lld 的整数", keys[k].zh, (long long)keys[k].least, (long long)keys[k].most);
		return FJ_E_INVALID;
	case FLAG:
		return json_is_boolean(v) ? FJ_OK : bad(err, keys[k].key, "is true or false", "应为 true 或 false");
	case MMDD:
		ok = mmdd_ok(v);
		break;
	case DATES:
		ok = dates_ok(v);
		break;
	case CLASSES:
		ok = classes_ok(v);
		break;
	case CHAINS:
		ok = chains_ok(v);
		break;
	case AUTHORITY:
		ok = authority_ok(v);
		break;
	case CODES18:
		ok = codes18_ok(v);
		break;
	}
	return ok ? FJ_OK : bad(err, keys[k].key, "does not have its form; `fujie profile show` prints it", "格式不正确；请参照 profile show 的输出");
}

static enum fj_rc check_doc(const json_t *doc, struct fj_err *err)
{
	const char *key;
	json_t *v;

	if (!json_is_object(doc) || json_object_size(doc) == 0)
		return bad(err, "", "names no key", "没有任何配置项");
	json_object_foreach((json_t *)(uintptr_t)doc, key, v) {
		size_t k = 0;
		while (k < FJ_ARRAY_LEN(keys) && strcmp(keys[k].key, key) != 0)
			k++;
		if (k == FJ_ARRAY_LEN(keys))
			return bad(err, key, "is not known", "不是已知配置项");
		enum fj_rc rc = check_value(k, v, err);
		if (rc != FJ_OK) {
			char path[80];
			snprintf(path, sizeof(path), "profile.%.70s", key);
			return fj_err_at(err, rc, path);
		}
	}
	return FJ_OK;
}

static enum fj_rc last_version(struct sto *db, const char *finance, int64_t *version, json_t **doc, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	*version = 0;
	FJ_TRY(sto_query(db, STO_PROFILE_LAST, &q, err, "t", finance));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row) {
		*doc = json_object();
		return *doc != NULL ? FJ_OK : fj_no_memory(err, "issuer");
	}
	*version = sto_int(&q, 0);
	return fj_json_parse(fj_slice_str(sto_text(&q, 2)), MAX_DOC, doc, err);
}

static json_t *in_force(const json_t *doc, const char *key)
{
	json_t *own = json_object_get(doc, key);

	return own != NULL ? own : json_object_get(defaults, key);
}

/* of what was asked for that which differs from what is in force, and what that is */
static enum fj_rc differing(const json_t *doc, const json_t *asked, json_t *change, json_t *was, struct fj_err *err)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)asked, key, v)
		if (!json_equal(v, in_force(doc, key)) && (json_object_set(change, key, v) != 0 || json_object_set(was, key, in_force(doc, key)) != 0))
			return fj_no_memory(err, "issuer");
	return json_object_size(change) > 0 ? FJ_OK : fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 10", "all of this is in force already: nothing would change", "所填内容与现行设置相同，没有变更");
}

/* A proposal names the keys to change; what is approved is the whole document that follows. */
enum fj_rc cmd_profile_propose(struct iss_call *c, struct fj_err *err)
{
	const json_t *asked = json_object_get(c->params, "profile");
	FJ_AUTO(json) change = json_object();
	FJ_AUTO(json) was = json_object();
	json_t *now = NULL;
	int64_t version;

	FJ_TRY(ready(err));
	FJ_TRY(check_doc(asked, err));
	FJ_TRY(last_version(c->db, c->actor->org, &version, &now, err));
	FJ_AUTO(json) doc = now;
	FJ_TRY(differing(doc, asked, change, was, err));
	if (json_object_update(doc, change) != 0)
		return fj_no_memory(err, "issuer");
	FJ_AUTO(json) payload = json_pack("{s:s, s:I, s:O, s:O, s:O}", "finance", c->actor->org, "version", (json_int_t)version + 1, "change", change, "was", was, "profile", doc);
	return apr_request(c, "profile.adopt", c->actor->org, c->actor->org, payload, err);
}

enum fj_rc apr_profile_adopt(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	const json_t *doc = json_object_get(a->payload, "profile");
	json_t *now = NULL;
	int64_t version;
	char hex[65];

	FJ_TRY(check_doc(doc, err));
	FJ_TRY(last_version(c->db, a->object, &version, &now, err));
	json_decref(now);
	if (fj_json_num(a->payload, "version") != version + 1) {
		return fj_refuse(err, FJ_E_STATE, "issuer", "domain.md 10", "the profile was changed since this was proposed; propose it again",
		    "政策配置在提出后已有变更，请重新提出");
	}
	FJ_TRY(hash_of(doc, hex, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:I, s:s, s:O}", "finance", a->object, "version", (json_int_t)version + 1, "hash", hex, "profile", doc);
	FJ_TRY(evt_append(c, "profile.adopted", a->object, body, err));
	prf_release(c);
	c->policy_hash[0] = '\0';
	c->answer = json_pack("{s:s, s:s, s:I, s:s}", "id", a->id, "state", "APPROVED", "version", (json_int_t)version + 1, "hash", hex);
	return FJ_OK;
}

enum fj_rc cmd_profile_approve(struct iss_call *c, struct fj_err *err)
{
	const char *id = fj_json_peek(c->params, "id");
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(c->db, STO_APPROVAL_GET, &q, id, err, "t", id));
		if (strcmp(sto_text(&q, 1), "profile.adopt") != 0)
			return fj_fail(err, FJ_E_INVALID, "issuer", NULL, "%s is no proposal of a profile; approval approve decides it", id);
	}
	return cmd_approval_approve(c, err);
}

enum fj_rc apply_profile_adopted(const struct evt *e, struct fj_err *err)
{
	FJ_AUTO(buf) doc = FJ_BUF_INIT(MAX_DOC);

	FJ_TRY(fj_json_canonical(json_object_get(e->body, "profile"), &doc, err));
	return sto_run(e->db, STO_PROFILE_ADD, NULL, err, "titti", e->object, fj_json_num(e->body, "version"),
	    fj_json_peek(e->body, "hash"), fj_buf_str(&doc), (int64_t)e->at);
}

/* --- showing --- */

/* whose: named, or the finance department of the actor's organisation */
static enum fj_rc whose(struct iss_call *c, char out[19], struct fj_err *err)
{
	const char *named = fj_json_peek(c->params, "finance");
	FJ_AUTO(dom_org) o = {.affiliates = NULL};

	if (named == NULL && c->actor->org[0] == '\0')
		named = c->iss->keeper;
	FJ_TRY(dom_org_get(c->db, named != NULL ? named : c->actor->org, &o, err));
	return fj_strcopy(out, 19, named == NULL && o.finance[0] != '\0' ? o.finance : o.usci);
}

static json_t *explained(const json_t *doc)
{
	json_t *list = json_array();

	for (size_t k = 0; k < FJ_ARRAY_LEN(keys); k++)
		json_array_append_new(list, json_pack("{s:s, s:O, s:b, s:s, s:s, s:{s:s, s:s}, s:s, s:s}", "key", keys[k].key, "value", in_force(doc, keys[k].key), "default",
		    json_object_get(doc, keys[k].key) == NULL, "zh", keys[k].zh, "en", keys[k].en, "group", "zh", groups[keys[k].group].zh, "en", groups[keys[k].group].en, "basis", "profile", "clause", keys[k].clause));
	return list;
}

enum fj_rc cmd_profile_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) doc = NULL;
	int64_t want = INT64_MAX;
	char finance[19], at[FJ_TIME_CAP] = "";
	bool row;

	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	FJ_TRY(ready(err));
	FJ_TRY(whose(c, finance, err));
	FJ_TRY(dom_org_get(c->db, finance, &o, err));
	FJ_TRY(fj_json_opt_int(c->params, "version", 0, INT32_MAX, &want, err));
	FJ_TRY(sto_query(c->db, STO_PROFILE_AT, &q, err, "ti", finance, want));
	FJ_TRY(sto_step(&q, &row, err));
	if (want != INT64_MAX && want != 0 && (!row || sto_int(&q, 0) != want))
		return fj_fail(err, FJ_E_NOTFOUND, "issuer", NULL, "there is no version %lld of this profile", (long long)want);
	if (row && want != 0)
		FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 2)), MAX_DOC, &doc, err));
	if (doc != NULL)
		fj_time_utc(sto_int(&q, 3), at);
	c->answer = json_pack("{s:s, s:s, s:I, s:s, s:s, s:o}", "finance", finance, "name", o.name, "version", (json_int_t)(doc != NULL ? sto_int(&q, 0) : 0), "hash",
	    doc != NULL ? sto_text(&q, 1) : default_hash, "adopted_at", at, "profile", explained(doc));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_profile_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();
	char finance[19], at[FJ_TIME_CAP];
	bool row;

	FJ_TRY(whose(c, finance, err));
	FJ_TRY(sto_query(c->db, STO_PROFILE_LIST, &q, err, "t", finance));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return dom_list_answer(c, items, "hash", INT64_MAX, err);
		fj_time_utc(sto_int(&q, 3), at);
		json_array_append_new(items, json_pack("{s:s, s:I, s:s, s:s}", "finance", finance, "version", (json_int_t)sto_int(&q, 0), "hash",
		    sto_text(&q, 1), "adopted_at", at));
	}
}
