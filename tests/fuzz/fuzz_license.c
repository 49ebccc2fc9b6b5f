/*
 * License tokens that officers sign: what an approval says of them, a token's claims, and the
 * signer's record of the rule.
 *
 * Input: u8 how; how % 3 is 0: {"authorisation": claims, "license", "users"}; 1: a token's claims;
 * 2: the body of a RULE record.
 * Properties: an item for each user, and the same users in another order are the same items; the
 * content of claims is that of what officers would be shown of them, and is another than its twin's;
 * a rule that was recorded reads the same again.
 */
#include "hsm/signer.h"
#include "tests/fuzz/fuzz.h"

#define MOST 50

static void approval(const json_t *j)
{
	const json_t *users = json_object_get(j, "users");
	struct hsm_items t = {.h = NULL}, again = {.h = NULL};
	FJ_AUTO(json) turned = json_copy((json_t *)(uintptr_t)j);
	FJ_AUTO(json) back = json_array();
	struct fj_err err = {0};

	enum fj_rc rc = license_read(j, json_object_get(j, "authorisation"), MOST, &t, &err);
	HOLDS(rc == FJ_OK ? t.n == json_array_size(users) && t.n <= MOST : err.en[0] != '\0');
	for (size_t i = json_array_size(users); i-- > 0;)
		json_array_append(back, json_array_get(users, i));
	if (rc == FJ_OK) {
		json_object_set(turned, "users", back);
		HOLDS(license_read(turned, json_object_get(j, "authorisation"), MOST, &again, NULL) == FJ_OK && again.n == t.n);
		for (uint32_t i = 0; i < t.n; i++)
			HOLDS(fj_hash_eq(&t.h[i], &again.h[t.n - 1 - i]));
	}
	fj_free(t.h);
	fj_free(again.h);
}

static void claims(const json_t *j)
{
	json_t *content = NULL;
	struct fj_hash one, same, twin;

	if (fj_content_twin(j, &twin, NULL) != FJ_OK || fj_content_token_json(j, &content, NULL) != FJ_OK)
		return;
	FJ_AUTO(json) owned = content;
	if (fj_content_token(j, &one, NULL) != FJ_OK)
		return;
	HOLDS(fj_content_token_hash(content, &same, NULL) == FJ_OK && fj_hash_eq(&one, &same));
	HOLDS(!fj_hash_eq(&one, &twin) && json_object_get(content, "jti") == NULL);
}

static void rule(struct fj_slice body)
{
	struct hsm_memory m;

	HOLDS(mem_init(&m, NULL) == FJ_OK);
	if (rule_replay(&m, body, NULL) == FJ_OK)
		HOLDS(m.n_intents == 1 && rule_name(&m) != NULL);
	mem_release(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FJ_AUTO(json) j = NULL;

	if (size < 1)
		return 0;
	struct fj_slice rest = FJ_SLICE(data + 1, size - 1);
	if (data[0] % 3 == 2) {
		rule(rest);
		return 0;
	}
	if (fj_json_parse(rest, 65536, &j, NULL) != FJ_OK || !json_is_object(j))
		return 0;
	if (data[0] % 3 == 0)
		approval(j);
	else
		claims(j);
	return 0;
}
