/*
 * Asset cards: JSON through the dictionary, and each line of other input as a cell
 * of every field.
 *
 * Properties: what the dictionary gave it gives again unchanged; every value it
 * gave has a cell, and a cell that is read gives a value that passes; what is
 * refused has a reason in both languages.
 */
#include "issuer/card.h"
#include "issuer/sheet/sheet.h"
#include "tests/fuzz/fuzz.h"

static void whole(const json_t *in)
{
	struct fj_err err = {.rc = FJ_OK};
	json_t *once = NULL, *twice = NULL;
	size_t n;
	const struct card_field *f = card_fields(&n), *bad;
	enum fj_rc rc = card_normalise(in, &once, &bad, &err);

	HOLDS(rc == FJ_OK || (err.rc == rc && err.en[0] != '\0'));
	if (rc != FJ_OK)
		return;
	FJ_AUTO(json) first = once;
	HOLDS(card_normalise(first, &twice, NULL, NULL) == FJ_OK && json_equal(first, twice));
	json_decref(twice);
	for (size_t i = 0; i < n; i++) {
		FJ_AUTO(buf) cell = FJ_BUF_INIT(CARD_MAX);
		const json_t *v = card_get(first, &f[i]);
		HOLDS(v == NULL || card_cell(&f[i], v, &cell, NULL) == FJ_OK);
		HOLDS(!card_has_column(&f[i]) || cell.len <= SHEET_MAX_CELL);
	}
	FJ_AUTO(json) lines = iss_card_lines(first, true);
	HOLDS(lines != NULL);
}

static void cells(const char *text)
{
	size_t n;
	const struct card_field *f = card_fields(&n);

	for (size_t i = 0; i < n; i++) {
		struct fj_err err = {.rc = FJ_OK};
		json_t *value = NULL, *again = NULL;
		enum fj_rc rc = card_uncell(&f[i], text, &value, &err);
		FJ_AUTO(json) owned = value;
		HOLDS(rc == FJ_OK || (value == NULL && err.en[0] != '\0' && err.zh[0] != '\0'));
		if (value == NULL)
			continue;
		HOLDS(card_value(&f[i], value, &again, NULL) == FJ_OK && json_equal(value, again));
		json_decref(again);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *card = NULL;

	if (size > 100000)
		return 0;
	if (size > 0 && data[0] == '{') {
		if (fj_json_parse(FJ_SLICE(data, size), size, &card, NULL) == FJ_OK)
			whole(card);
		json_decref(card);
		return 0;
	}
	FJ_AUTO(str) text = fj_utf8_valid(FJ_SLICE(data, size)) ? fj_strndup((const char *)data, size) : NULL;
	if (text != NULL)
		cells(text);
	return 0;
}
