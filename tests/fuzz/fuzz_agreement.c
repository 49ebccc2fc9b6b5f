/*
 * What parties hand in about an operation: agreements, indicators of evaluations, lists of
 * charges and costs.
 *
 * Properties: what passes has the bounds that it was checked against, and sums that fit;
 * what is refused has a reason in English, and by a rule also in Chinese.
 */
#include "issuer/agreement.h"
#include "issuer/supervision.h"
#include "tests/fuzz/fuzz.h"

#define FROM 1773590400 /* 2026-03-16, +08:00 */
#define TO (FROM + 5 * 365 * 86400)

static void agreement(const json_t *doc)
{
	FJ_AUTO(json) certificates = json_pack("[s, s]", "DAC-420000-202604-000001-2", "DAC-420000-202604-000002-0");
	FJ_AUTO(json) purposes = json_pack("[s, s]", "INDUSTRY", "PUBGOV");
	const struct dom_agreement_bounds b = {.certificates = certificates, .purposes = purposes, .from = FROM, .to = TO, .certificates_end = TO, .months = 12};
	struct dom_agreement_term term = {0, 0};
	struct fj_err err = {.rc = FJ_OK};
	int64_t sum = 0;
	size_t i;
	json_t *v;

	enum fj_rc rc = dom_agreement_check(doc, &b, &term, &err);
	HOLDS(rc == FJ_OK || (err.rc == rc && err.en[0] != '\0'));
	HOLDS(rc != FJ_E_REFUSED || (err.zh[0] != '\0' && err.cite[0] != '\0'));
	if (rc != FJ_OK)
		return;
	HOLDS(json_object_size(doc) == 13 && term.from >= FROM && term.to <= TO && term.from < term.to);
	json_array_foreach(json_object_get(json_object_get(doc, "income"), "shares"), i, v)
		sum += json_integer_value(json_object_get(v, "bp"));
	HOLDS(sum == 10000);
}

static void lists(const json_t *doc)
{
	struct fj_err err = {.rc = FJ_OK};
	int64_t n = -1;

	enum fj_rc rc = evl_score(doc, &n, &err);
	HOLDS(rc == FJ_OK ? n >= 0 && n <= 10000 : err.en[0] != '\0' && err.zh[0] != '\0');
	rc = sup_sum(doc, &n, &err);
	HOLDS(rc == FJ_OK ? n >= 0 : err.en[0] != '\0' && err.zh[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *doc = NULL;

	if (size > 100000 || fj_json_parse(FJ_SLICE(data, size), size, &doc, NULL) != FJ_OK)
		return 0;
	agreement(doc);
	lists(doc);
	json_decref(doc);
	return 0;
}
