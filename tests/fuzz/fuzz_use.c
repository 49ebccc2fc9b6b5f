/*
 * The text of a use (docs/formats.md 8), as key=value pairs and as JSON.
 *
 * Properties: an accepted use has 1 to 32 values a key, a positive quantity and
 * a time in range; the same values as a JSON object are accepted too and say the
 * same.
 */
#include "tests/fuzz/fuzz.h"
#include "verifier/internal.h"

static void look(const struct ver_use *u)
{
	for (int k = 0; k < USE_COUNT; k++) {
		size_t n = json_array_size(u->v[k]);
		HOLDS(u->v[k] == NULL || (n >= 1 && n <= 32));
		HOLDS((u->v[k] == NULL) == (ver_use_one(u, (enum ver_use_key)k) == NULL));
	}
	HOLDS(u->v[USE_QUANTITY] == NULL ? u->quantity == 0 : u->quantity >= 1);
	HOLDS(u->at >= 0 && u->at <= FJ_TIME_MAX);
}

/* the pairs of an accepted text, as an object: no value holds a comma */
static json_t *as_object(const char *text)
{
	json_t *o = json_object();

	while (*text != '\0') {
		size_t n = strcspn(text, ","), key = strcspn(text, "=");
		HOLDS(json_object_setn_new(o, text, key, json_stringn(text + key + 1, n - key - 1)) == 0);
		text += n + (text[n] == ',');
	}
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FJ_AUTO(str) text = fj_strndup((const char *)data, size);
	FJ_AUTO(json) o = NULL;
	FJ_AUTO(ver_use) u = NULL;
	FJ_AUTO(ver_use) v = NULL;
	FJ_AUTO(ver_use) w = NULL;

	HOLDS(text != NULL);
	if (ver_use_parse(text, &u, NULL) == FJ_OK) {
		look(u);
		FJ_AUTO(json) pairs = as_object(text);
		HOLDS(ver_use_from_json(pairs, &v, NULL) == FJ_OK && u->at == v->at && u->quantity == v->quantity);
		for (int k = 0; k < USE_COUNT; k++)
			HOLDS(u->v[k] == NULL ? v->v[k] == NULL : json_equal(u->v[k], v->v[k]));
	}
	if (fj_json_parse(FJ_SLICE(data, size), 65536, &o, NULL) == FJ_OK && ver_use_from_json(o, &w, NULL) == FJ_OK)
		look(w);
	return 0;
}
