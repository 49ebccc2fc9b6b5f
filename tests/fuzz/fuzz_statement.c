/*
 * Statements of banks, lists of invoices and files of payment slips (对账), each file as
 * each of the three.
 *
 * Properties: there is an answer for every file; a good row has a day, an amount of 1 fen
 * to the largest, a direction, and an id that no other row has; a fault has row and
 * column and both sentences; an amount that is read is written to the same again.
 */
#include "issuer/revenue.h"
#include "tests/fuzz/fuzz.h"

static void look(const json_t *rows, bool bank)
{
	FJ_AUTO(json) seen = json_object();
	size_t i;
	json_t *v;

	json_array_foreach(rows, i, v) {
		const char *id = fj_json_text(v, "id"), *way = fj_json_text(v, "direction");
		int64_t fen = fj_json_num(v, "amount_fen"), again;
		char text[SHR_YUAN_CAP];
		fj_time day;

		HOLDS(fj_date_parse(fj_json_text(v, "day"), &day, NULL) == FJ_OK && fen >= 1 && fen <= SHR_MAX_FEN);
		HOLDS(strcmp(way, "IN") == 0 || strcmp(way, "OUT") == 0);
		HOLDS(id[0] != '\0' && json_object_get(seen, id) == NULL && (bank || fj_json_text(v, "number")[0] != '\0'));
		HOLDS(json_object_set_new(seen, id, json_true()) == 0);
		shr_yuan_text(fen, text);
		HOLDS(shr_yuan(text, &again) && again == fen);
	}
}

static void blame(const json_t *faults)
{
	size_t i;
	json_t *f;

	json_array_foreach(faults, i, f) {
		const json_t *d = json_object_get(f, "detail");
		HOLDS(json_integer_value(json_object_get(f, "line")) >= 1 && json_integer_value(json_object_get(f, "column")) >= 0);
		HOLDS(fj_json_text(d, "en")[0] != '\0' && fj_json_text(d, "zh")[0] != '\0');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if ((size >= 2 && memcmp(data, "PK", 2) == 0) || (size >= 2 && memchr(data, '<', 8 < size ? 8 : size) != NULL))
		return 0; /* read in another process: fuzz_sheet and fuzz_xmltab have them */
	for (int k = 0; k < ST_KINDS; k++) {
		FJ_AUTO(json) rows = json_array();
		FJ_AUTO(json) faults = json_array();
		struct st_read in = {.kind = (enum st_kind)k, .owner = "91420100DEMA001011", .rows = rows, .faults = faults};
		struct fj_err err = {.rc = FJ_OK};

		enum fj_rc rc = st_read_file(&in, FJ_SLICE(data, size), &err);
		HOLDS(rc == FJ_OK || err.en[0] != '\0');
		look(rows, k == ST_BANK);
		blame(faults);
	}
	return 0;
}
