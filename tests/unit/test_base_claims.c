/*
 * test_base_claims.c - when one GRANT lies within another: every pair of modes,
 * with and without domains and scenarios.
 */
#include "base/jws.h"
#include "tests/unit/test.h"

enum list { NONE, A, B, AB, LISTS };

static json_t *list_json(enum list l, const char *a, const char *b)
{
	json_t *out = json_array();

	if (l == A || l == AB)
		json_array_append_new(out, json_string(a));
	if (l == B || l == AB)
		json_array_append_new(out, json_string(b));
	return out;
}

static json_t *grant(const char *mode, enum list domains, enum list scenarios)
{
	return json_pack("{s:s, s:o, s:o, s:[s], s:[s], s:[s], s:[s], s:[], s:n, s:i}", "mode", mode, "domains", list_json(domains, "da", "db"),
	    "scenarios", list_json(scenarios, "sa", "sb"), "rights", "USE", "purposes", "INDUSTRY", "actions", "QUERY", "territory", "420000",
	    "environment", "quota", "depth", 0);
}

/* modes from the widest; lists that a grant of this mode may have */
static const char *const modes[] = {"WHOLE", "DOMAIN", "SCENE"};

static bool well_formed(int mode, enum list domains, enum list scenarios)
{
	return mode == 0 ? domains == NONE && scenarios == NONE : mode == 1 ? domains != NONE : scenarios != NONE;
}

/* what formats.md 5.1 says, written a second time: subset of a named list, never empty */
static bool list_fits(enum list child, enum list parent, bool open)
{
	if (parent == NONE)
		return open || child == NONE;
	return child != NONE && (child == parent || parent == AB);
}

static bool fits(int cm, enum list cd, enum list cs, int pm, enum list pd, enum list ps)
{
	return cm >= pm && list_fits(cd, pd, pm == 0) && list_fits(cs, ps, pm <= 1);
}

struct kind {
	int mode;
	enum list domains, scenarios;
};

static size_t kinds(struct kind *out)
{
	size_t n = 0;

	for (int m = 0; m < 3; m++)
		for (int d = NONE; d < LISTS; d++)
			for (int s = NONE; s < LISTS; s++)
				if (well_formed(m, (enum list)d, (enum list)s))
					out[n++] = (struct kind){m, (enum list)d, (enum list)s};
	return n;
}

static enum fj_rc within(const struct kind *c, const struct kind *p, struct fj_err *err)
{
	json_t *child = grant(modes[c->mode], c->domains, c->scenarios), *parent = grant(modes[p->mode], p->domains, p->scenarios);

	enum fj_rc rc = fj_grant_within(child, parent, err);
	json_decref(child);
	json_decref(parent);
	return rc;
}

TEST("every pair of modes with every pair of lists: within, or beyond")
{
	struct fj_err err = {0};
	struct kind k[48];
	size_t n = kinds(k), yes = 0;
	CHECK(n == 1 + 12 + 12);
	for (size_t c = 0; c < n; c++)
		for (size_t p = 0; p < n; p++) {
			bool want = fits(k[c].mode, k[c].domains, k[c].scenarios, k[p].mode, k[p].domains, k[p].scenarios);
			enum fj_rc rc = within(&k[c], &k[p], &err);
			if (rc != (want ? FJ_OK : FJ_E_REFUSED))
				printf("# %s %d %d in %s %d %d\n", modes[k[c].mode], k[c].domains, k[c].scenarios, modes[k[p].mode], k[p].domains, k[p].scenarios);
			CHECK_RC(rc, want ? FJ_OK : FJ_E_REFUSED);
			yes += want;
		}
	CHECK(yes > n && yes < n * n / 2);
}

TEST("a list that the parent names is not left out, in words")
{
	static const struct {
		struct kind child, parent;
		enum fj_rc want;
	} cases[] = {
		{{2, NONE, A}, {2, A, A}, FJ_E_REFUSED},   /* the scenario, in any domain */
		{{1, A, NONE}, {1, A, A}, FJ_E_REFUSED},   /* the domain, in any scenario */
		{{2, A, B}, {1, A, A}, FJ_E_REFUSED},      /* the domain, in another scenario */
		{{2, A, A}, {1, A, A}, FJ_OK}, {{2, A, B}, {1, A, NONE}, FJ_OK}, {{2, NONE, A}, {0, NONE, NONE}, FJ_OK},
		{{2, NONE, A}, {1, A, NONE}, FJ_E_REFUSED},
	};
	struct fj_err err = {0};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_RC(within(&cases[i].child, &cases[i].parent, &err), cases[i].want);
}

TEST("within is transitive: two steps reach nothing that one does not")
{
	struct fj_err err = {0};
	struct kind k[48];
	size_t n = kinds(k);
	for (size_t a = 0; a < n; a++)
		for (size_t b = 0; b < n; b++)
			for (size_t c = 0; c < n && within(&k[a], &k[b], NULL) == FJ_OK; c++)
				if (within(&k[b], &k[c], NULL) == FJ_OK)
					CHECK_OK(within(&k[a], &k[c], &err));
}

TEST("a manifest has exactly its members, and the hash of what it covers")
{
	static const struct {
		const char *key, *json;
	} wrong[] = {{"sha256", "\"AAAA\""}, {"sha256", "null"}, {"kind", "\"\""}, {"iat", "\"now\""}, {"grant", "{}"}, {"exp", "1"}};
	struct fj_err err = {0};
	json_t *good = json_pack("{s:s, s:s, s:s, s:i, s:s, s:s}", "iss", "http://127.0.0.1:1", "vct", FJ_VCT_MANIFEST, "jti", "LS-1~1", "iat", 1, "kind", "listing-pack",
	    "sha256", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");

	CHECK_OK(fj_manifest_check(good, &err));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		json_t *bad = json_deep_copy(good);
		json_object_set_new(bad, wrong[i].key, json_loads(wrong[i].json, JSON_DECODE_ANY, NULL));
		CHECK_RC(fj_manifest_check(bad, &err), FJ_E_INVALID);
		json_decref(bad);
	}
	CHECK_RC(fj_token_check(good, &err), FJ_E_INVALID);
	CHECK_RC(fj_authorisation_check(good, &err), FJ_E_INVALID);
	json_decref(good);
}

TEST("a report's manifest names kind, period and unit, and nothing else does")
{
	static const char *const wrong[] = {"{}", "null", "{\"kind\":\"half-year\",\"period\":\"2026H1\"}", "{\"kind\":\"half-year\",\"period\":\"2026H1\",\"unit\":\"\"}",
		"{\"kind\":\"half-year\",\"period\":\"2026H1\",\"unit\":\"x\",\"more\":1}", "{\"kind\":1,\"period\":\"2026H1\",\"unit\":\"x\"}"};
	struct fj_err err = {0};
	json_t *good = json_pack("{s:s, s:s, s:s, s:i, s:s, s:{s:s, s:s, s:s}, s:s}", "iss", "http://127.0.0.1:1", "vct", FJ_VCT_MANIFEST, "jti", "RP-1", "iat", 1, "kind", FJ_MANIFEST_REPORT,
	    "report", "kind", "half-year", "period", "2026H1", "unit", "11520000DEMA000217", "sha256", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");

	CHECK_OK(fj_manifest_check(good, &err));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		json_t *bad = json_deep_copy(good);
		json_object_set_new(bad, "report", json_loads(wrong[i], JSON_DECODE_ANY, NULL));
		CHECK_RC(fj_manifest_check(bad, &err), FJ_E_INVALID);
		json_decref(bad);
	}
	json_object_set_new(good, "kind", json_string(FJ_MANIFEST_PACK));
	CHECK_RC(fj_manifest_check(good, &err), FJ_E_INVALID);
	json_object_set_new(good, "kind", json_string("other"));
	CHECK_RC(fj_manifest_check(good, &err), FJ_E_INVALID);
	json_decref(good);
}

TEST_MAIN
