/*
 * scope.c - a use against what the credential grants, the acts that no license
 * gives, and the quota.
 *
 * Every entry of every key must be covered; the first that is not is the
 * evidence.  Pledging, reselling, exporting, sub-licensing and handing over raw
 * data are judged by the certificate's restrictions (R04 by the holder's kind as
 * well) and are never given by a token.
 */
#include "verifier/internal.h"

static void scope_fail(struct ver_job *j, enum ver_use_key k, const char *value)
{
	static const struct {
		const char *en, *zh;
	} why[USE_COUNT] = {
		[USE_ASSET] = {"the asset is another one", "数据资产不符"}, [USE_PRODUCT] = {"the product is another one", "产品不符"},
		[USE_ACTION] = {"the action is not granted", "未许可该行为"}, [USE_PURPOSE] = {"the purpose is not granted", "未许可该目的"},
		[USE_TERRITORY] = {"the territory lies outside of what is granted", "地域超出许可范围"},
		[USE_ENVIRONMENT] = {"the environment is not granted", "未许可该环境"}, [USE_AT] = {"the time lies outside of the validity", "使用时间不在有效期内"},
	};

	ver_say(j->r, CK_SCOPE, VER_FAIL, "formats.md 8", why[k].en, why[k].zh);
	ver_evidence(j->r, CK_SCOPE, "%.200s", value);
}

/* --- tokens and authorisations --- */

static bool asset_is(const json_t *a, const char *value)
{
	return strcmp(fj_json_peek(a, "id"), value) == 0 || strcmp(fj_json_peek(a, "certificate"), value) == 0;
}

static bool asset_covered(const struct ver_job *j, const char *value)
{
	const json_t *p = j->jws.payload;
	size_t i;
	json_t *a;

	if (j->token)
		return asset_is(json_object_get(p, "asset"), value);
	json_array_foreach(json_object_get(p, "assets"), i, a)
		if (asset_is(a, value))
			return true;
	return false;
}

static bool covered(const struct ver_job *j, enum ver_use_key k, const char *value)
{
	const json_t *p = j->jws.payload, *grant = json_object_get(p, "grant");
	const json_t *environment = json_object_get(grant, "environment");

	switch (k) {
	case USE_ASSET:
		return asset_covered(j, value);
	case USE_PRODUCT: /* an authorisation names none */
		return !j->token || strcmp(fj_json_peek(json_object_get(p, "product"), "id"), value) == 0;
	case USE_ACTION: /* restricted acts have a check of their own */
		return ver_restricted(value) >= 0 || fj_list_has(json_object_get(grant, "actions"), value);
	case USE_PURPOSE:
		return fj_list_has(json_object_get(grant, "purposes"), value);
	case USE_TERRITORY:
		return fj_territory_has(json_object_get(grant, "territory"), value);
	case USE_ENVIRONMENT:
		return json_array_size(environment) == 0 || fj_list_has(environment, value);
	case USE_AT:
		return j->in->use->at >= fj_json_num(p, "nbf") && j->in->use->at <= fj_json_num(p, "exp");
	default: /* quantity, user and audience: quota and holder */
		return true;
	}
}

void ver_scope_grant(struct ver_job *j)
{
	const struct ver_use *u = j->in->use;
	size_t asked = 0, i;
	json_t *v;

	if (u == NULL) {
		ver_say(j->r, CK_SCOPE, VER_NOT_APPLICABLE, "formats.md 8", "no use was described", "未说明用途");
		return;
	}
	for (int k = 0; k <= USE_AT; k++)
		json_array_foreach(u->v[k], i, v) {
			asked++;
			if (covered(j, (enum ver_use_key)k, json_string_value(v)))
				continue;
			scope_fail(j, (enum ver_use_key)k, json_string_value(v));
			return;
		}
	if (!j->token && u->v[USE_PRODUCT] != NULL)
		ver_say(j->r, CK_SCOPE, VER_UNKNOWN, "formats.md 5.2", "an authorisation names no product; ask about a token", "授权凭证不载明产品，请核验许可令牌");
	else if (asked == 0)
		ver_say(j->r, CK_SCOPE, VER_NOT_REQUESTED, "formats.md 8", "the use names nothing of the scope", "用途未涉及许可范围");
	else
		ver_say(j->r, CK_SCOPE, VER_PASS, "formats.md 8", "everything that the use names is granted", "所述用途均在许可范围内");
}

/* --- restricted acts --- */

static const struct {
	const char *clause, *en, *zh;
} acts[] = { /* by bit of restrictions */
	{"R04 167·四(三)", "pledge or other collateral is forbidden", "禁止用于质押、担保等"},
	{"R12", "sub-licensing is forbidden", "禁止再许可、再授权"},
	{"formats.md 3", "export is forbidden", "禁止出境"},
	{"formats.md 3", "resale is forbidden", "禁止转售"},
	{"27号 art. 21", "delivery of raw data is forbidden", "禁止交付原始数据"},
};

/* the first restricted act of the use within `bits`, or -1; *any: one was asked for at all */
static int forbidden(const struct ver_use *u, unsigned bits, bool *any)
{
	size_t i;
	json_t *v;

	*any = false;
	json_array_foreach(u == NULL ? NULL : u->v[USE_ACTION], i, v) {
		int bit = ver_restricted(json_string_value(v));
		if (bit < 0)
			continue;
		*any = true;
		if (bits & (1u << bit))
			return bit;
	}
	return -1;
}

static void say_restrictions(struct ver_job *j, unsigned bits)
{
	bool any;
	int bit = forbidden(j->in->use, bits, &any);

	if (bit >= 0)
		ver_say(j->r, CK_RESTRICTIONS, VER_FAIL, acts[bit].clause, acts[bit].en, acts[bit].zh);
	else if (any)
		ver_say(j->r, CK_RESTRICTIONS, VER_PASS, "formats.md 3", "the certificate does not forbid the act", "证书未禁止该行为");
	else
		ver_say(j->r, CK_RESTRICTIONS, VER_NOT_REQUESTED, "formats.md 3", "no restricted act was asked about", "未涉及受限制的行为");
}

static void restriction_evidence(struct ver_job *j, unsigned bits)
{
	char text[160] = "";
	size_t n = 0;

	for (size_t i = 0; fj_asset_restrictions[i] != NULL; i++)
		if (bits & (1u << i))
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n > 0 ? ", " : "", fj_asset_restrictions[i]);
	ver_evidence(j->r, CK_RESTRICTIONS, "%s", text);
}

/* R04 binds by the kind of holder, whatever the extension says; mass organisations
 * follow (domain.md decision 2) */
static unsigned bits_of(const struct fj_asset *a)
{
	return a->restrictions | (a->holder_kind <= 2 ? 1u : 0u);
}

void ver_restrictions_certificate(struct ver_job *j, const struct fj_asset *a)
{
	say_restrictions(j, bits_of(a));
	restriction_evidence(j, bits_of(a));
}

/* false when the trust has not the certificate that the entry was signed with */
static bool entry_bits(struct ver_job *j, const json_t *entry, unsigned *bits)
{
	const char *number = fj_json_peek(entry, "certificate");
	const struct ver_cert *c = ver_trust_cert(j->t, number);
	struct fj_x509 x;
	struct fj_asset a;

	if (c == NULL)
		ver_want(j->r, VER_CERTIFICATE, number);
	if (c == NULL || strcmp(c->sha256, fj_json_peek(entry, "certificate_sha256")) != 0)
		return false;
	if (fj_x509_read(fj_buf_slice(&c->der), &x, NULL) != FJ_OK || fj_asset_read(x.private_value, &a, NULL) != FJ_OK)
		return false;
	*bits |= bits_of(&a);
	return true;
}

/* the union over those of an authorisation's certificates that are there; false when one is not */
static bool auth_bits(struct ver_job *j, unsigned *bits)
{
	const json_t *p = j->jws.payload;
	bool all = true;
	size_t i;
	json_t *entry;

	*bits = fj_json_num(json_object_get(p, "grant"), "depth") == 0 ? 1u << 1 : 0;
	json_array_foreach(json_object_get(p, "assets"), i, entry)
		all = entry_bits(j, entry, bits) && all;
	return all;
}

void ver_restrictions_grant(struct ver_job *j)
{
	unsigned bits = 31;
	bool any, known = j->token || auth_bits(j, &bits);

	say_restrictions(j, bits);
	if (!known && forbidden(j->in->use, bits, &any) < 0 && any)
		ver_say(j->r, CK_RESTRICTIONS, VER_UNKNOWN, "formats.md 3", "the certificates that would say are not in this trust", "信任资料中没有相应证书，无法判断");
	else if (known && !j->token)
		restriction_evidence(j, bits);
	if (j->token && j->r->check[CK_RESTRICTIONS].outcome == VER_FAIL)
		ver_evidence(j->r, CK_RESTRICTIONS, "a license token never gives it / 许可令牌一律不含此项");
}

/* --- certificates --- */

void ver_scope_certificate(struct ver_job *j, const struct fj_asset *a, const struct fj_x509 *x)
{
	static const enum ver_use_key foreign[] = {USE_PRODUCT, USE_PURPOSE, USE_TERRITORY, USE_ENVIRONMENT, USE_QUANTITY, USE_AUDIENCE};
	const struct ver_use *u = j->in->use;
	size_t i;
	json_t *v;

	if (u == NULL) {
		ver_say(j->r, CK_SCOPE, VER_NOT_APPLICABLE, "formats.md 8", "no use was described", "未说明用途");
		return;
	}
	ver_say(j->r, CK_SCOPE, VER_PASS, "formats.md 8", "the use names this asset and a time of its validity, or nothing", "所指资产与时间相符");
	json_array_foreach(u->v[USE_ASSET], i, v)
		if (strcmp(json_string_value(v), a->asset_no) != 0 && strcmp(json_string_value(v), a->number) != 0)
			scope_fail(j, USE_ASSET, json_string_value(v));
	if (u->v[USE_AT] != NULL && (u->at < x->not_before || u->at > x->not_after))
		scope_fail(j, USE_AT, ver_use_one(u, USE_AT));
	bool licensed = false;
	for (i = 0; i < FJ_ARRAY_LEN(foreign); i++)
		licensed = licensed || u->v[foreign[i]] != NULL;
	json_array_foreach(u->v[USE_ACTION], i, v)
		licensed = licensed || ver_restricted(json_string_value(v)) < 0;
	if (licensed)
		ver_say(j->r, CK_SCOPE, VER_FAIL, "167·三(二)", "a certificate licenses no use; a token does", "证书本身不许可任何使用，应出示许可令牌");
}

/* --- quota --- */

void ver_quota(struct ver_job *j)
{
	const json_t *q = json_object_get(json_object_get(j->jws.payload, "grant"), "quota");
	const struct ver_use *u = j->in->use;
	int64_t limit = fj_json_num(q, "limit");

	if (json_is_null(q))
		ver_say(j->r, CK_QUOTA, VER_NOT_APPLICABLE, "formats.md 5.1", "there is no quota", "未设限额");
	else if (u == NULL || u->v[USE_QUANTITY] == NULL)
		ver_say(j->r, CK_QUOTA, VER_NOT_REQUESTED, "formats.md 5.1", "no quantity was named", "未说明数量");
	else if (u->quantity > limit)
		ver_say(j->r, CK_QUOTA, VER_FAIL, "formats.md 5.1", "the quantity is over the limit", "数量超出限额");
	else
		ver_say(j->r, CK_QUOTA, VER_PASS, "formats.md 5.1", "within the limit, as far as this one use goes", "单就本次使用而言未超限额");
	if (!json_is_null(q))
		ver_evidence(j->r, CK_QUOTA, "limit %lld %s", (long long)limit, fj_json_peek(q, "unit"));
}
