/*
 * test_iss_agreement.c - the thirteen items of an agreement: what the machine checks, each item
 * left out, and each bound by one.
 */
#include "issuer/agreement.h"
#include "issuer/demo_plan.h"
#include "tests/unit/test.h"

static const struct dmo_plan sample = {.certificate = "DAC-420000-202604-000001-2", .from = "2026-03-16", .to = "2031-03-14", .products = "P-1=PUBGOV,P-2=INDUSTRY",
	.holder = "12420000DEMA00099D", .implementer = "12420000DEMA00099D", .operator_ = "91420100DEMA001011", .bp = {5500, 2500, 2000}};

static fj_time day(const char *s)
{
	fj_time t = 0;

	return fj_date_parse(s, &t, NULL) == FJ_OK ? t : -1;
}

static enum fj_rc check(const json_t *a, struct dom_agreement_term *term, struct fj_err *err)
{
	FJ_AUTO(json) certificates = json_pack("[s, s]", "DAC-420000-202604-000001-2", "DAC-420000-202604-000002-0");
	FJ_AUTO(json) purposes = json_pack("[s, s]", "INDUSTRY", "PUBGOV");
	const struct dom_agreement_bounds b = {.certificates = certificates, .purposes = purposes, .from = day("2026-03-16"), .to = day("2031-03-16") + 86399,
		.certificates_end = day("2031-03-16") + 86399, .months = 12};

	return dom_agreement_check(a, &b, term, err);
}

TEST("an agreement with its thirteen items passes, and lasts whole days")
{
	struct fj_err err = {0};
	struct dom_agreement_term t;
	FJ_AUTO(json) a = dmo_agreement(&sample);

	CHECK(json_object_size(a) == 13);
	CHECK_OK(check(a, &t, &err));
	CHECK(t.from == day("2026-03-16") && t.to == day("2031-03-14") + 86399);
}

TEST("each of the thirteen items left out is refused by R15, under its number")
{
	FJ_AUTO(json) whole = dmo_agreement(&sample);
	struct dom_agreement_term t;
	const char *key;
	json_t *v;
	int n = 0;

	json_object_foreach(whole, key, v) {
		struct fj_err err = {0};
		FJ_AUTO(json) a = json_deep_copy(whole);
		json_object_del(a, key);
		CHECK_RC(check(a, &t, &err), FJ_E_REFUSED);
		CHECK_STR(err.cite, "R15");
		CHECK_STR(err.basis, "text");
		CHECK(strstr(err.zh, "缺少：（") != NULL);
		n++;
	}
	CHECK(n == 13);
}

TEST("an agreement of nothing is told all that is missing, as far as a sentence goes")
{
	struct fj_err err = {0};
	struct dom_agreement_term t;
	FJ_AUTO(json) a = json_object();

	CHECK_RC(check(a, &t, &err), FJ_E_REFUSED);
	CHECK(strstr(err.zh, "（1）") != NULL && strstr(err.zh, "（13）") != NULL);
	CHECK(fj_utf8_valid(fj_slice_str(err.zh)) && fj_utf8_valid(fj_slice_str(err.en)));
}

/* the sample with one member of an object replaced; refused by this rule */
#define CHECK_CHANGED(object, key, value, rule)                                    \
	do {                                                                       \
		struct fj_err err = {0};                                           \
		struct dom_agreement_term t;                                       \
		FJ_AUTO(json) a = dmo_agreement(&sample);                          \
		json_object_set_new(json_object_get(a, object), key, value);       \
		CHECK(check(a, &t, &err) != FJ_OK);                                \
		CHECK_STR(err.cite, rule);                                         \
	} while (0)

TEST("terms, clause, evaluation and remainder have their bounds")
{
	CHECK_CHANGED("term", "to", json_string("2031-03-16"), "R14"); /* five years and one day */
	CHECK_CHANGED("term", "from", json_string("2026-03-15"), "R13");
	CHECK_CHANGED("term", "to", json_string("2026-03-15"), "27号 art. 14");
	CHECK_CHANGED("evaluation", "months", json_integer(13), "domain.md 4.7");
	CHECK_CHANGED("evaluation", "months", json_integer(0), "domain.md 4.7");
	CHECK_CHANGED("disclosure", "no_redevelopment", json_string("运营机构可以参与再开发"), "R11");
	CHECK_CHANGED("income", "remainder", json_string("11420000DEMA00013M"), "R27");
	CHECK_CHANGED("income", "shares", json_array(), "R15");
}

TEST("shares are the whole, to the basis point")
{
	for (int bp = 1999; bp <= 2001; bp++) {
		struct fj_err err = {0};
		struct dom_agreement_term t;
		FJ_AUTO(json) a = dmo_agreement(&sample);
		json_object_set_new(json_array_get(json_object_get(json_object_get(a, "income"), "shares"), 2), "bp", json_integer(bp));
		CHECK_RC(check(a, &t, &err), bp == 2000 ? FJ_OK : FJ_E_REFUSED);
		CHECK_STR(err.cite, bp == 2000 ? "" : "R27");
	}
}

TEST("the clause is compared by its hash")
{
	struct fj_hash h;
	char hex[65];

	fj_sha256(fj_slice_str(DOM_NO_REDEVELOPMENT), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	CHECK_STR(hex, DOM_NO_REDEVELOPMENT_SHA256);
}

TEST_MAIN
