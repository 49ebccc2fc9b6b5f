/*
 * The members of tokens, authorisation credentials, manifests, status lists and GRANTs, and
 * narrowing (R13).  The input is JSON: a payload, a GRANT, or a list of GRANTs.
 *
 * Properties: a payload is of one kind at most; a GRANT lies within itself; what
 * lies within a part of another lies within that other (a chain of narrowings
 * never widens).
 */
#include "base/jws.h"
#include "tests/fuzz/fuzz.h"

static void chain(const json_t *list)
{
	const json_t *a = json_array_get(list, 0), *b = json_array_get(list, 1), *c = json_array_get(list, 2);

	if (fj_grant_within(a, b, NULL) == FJ_OK && fj_grant_within(b, c, NULL) == FJ_OK)
		HOLDS(fj_grant_within(a, c, NULL) == FJ_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FJ_AUTO(json) j = NULL;
	uint32_t idx;
	const char *uri;

	if (fj_json_parse(FJ_SLICE(data, size), FJ_TOKEN_MAX, &j, NULL) != FJ_OK)
		return 0;
	int kinds = (fj_token_check(j, NULL) == FJ_OK) + (fj_authorisation_check(j, NULL) == FJ_OK) +
	    (fj_status_list_check(j, NULL) == FJ_OK) + (fj_manifest_check(j, NULL) == FJ_OK) + (fj_grant_check(j, NULL) == FJ_OK);
	HOLDS(kinds <= 1);
	if (fj_grant_check(j, NULL) == FJ_OK)
		HOLDS(fj_grant_within(j, j, NULL) == FJ_OK);
	if (fj_status_ref(j, &idx, &uri, NULL) == FJ_OK)
		HOLDS(idx < FJ_LIST_ENTRIES && strlen(uri) >= 1);
	if (json_is_array(j))
		chain(j);
	return 0;
}
