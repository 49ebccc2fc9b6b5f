/*
 * The import of a ledger (台账) into a register in memory, dry.
 *
 * Properties: there is an answer for every file; each fault has line, column,
 * rule and both sentences; with a fault nothing is taken; of a line that is marked
 * secret nothing is said but its number (domain.md decision 12).
 */
#include "issuer/domain.h"
#include "tests/fuzz/fuzz.h"

static const struct iss_actor officer = {.login = "qx1", .person = "p-1", .name = "示例", .org = "12100000DEMA000804", .roles = ISS_HOLDER, .via = "cli"};

static struct sto *store(void)
{
	static struct sto *db;

	if (db == NULL)
		HOLDS(sto_open(":memory:", true, &db, NULL) == FJ_OK);
	return db;
}

static bool is_secret(const json_t *a, const json_t *line)
{
	size_t i;
	json_t *n;

	json_array_foreach(json_object_get(a, "secret_lines"), i, n)
		if (json_equal(n, line))
			return true;
	return false;
}

static void look(const json_t *a)
{
	size_t i;
	json_t *f;

	json_array_foreach(json_object_get(a, "faults"), i, f) {
		const json_t *d = json_object_get(f, "detail");
		HOLDS(json_integer_value(json_object_get(f, "line")) >= 1 && json_integer_value(json_object_get(f, "column")) >= 1);
		HOLDS(fj_json_peek(f, "rule")[0] != '\0' && fj_json_peek(d, "en")[0] != '\0' && fj_json_peek(d, "zh")[0] != '\0');
	}
	json_array_foreach(json_object_get(a, "faults"), i, f)
		HOLDS(!is_secret(a, json_object_get(f, "line")));
	bool clean = i == 0 && json_array_size(json_object_get(a, "secret_lines")) == 0;
	HOLDS(json_is_true(json_object_get(a, "refused")) == !clean);
	HOLDS(json_integer_value(json_object_get(a, "imported")) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fj_err err = {.rc = FJ_OK};
	FJ_AUTO(json) params = json_pack("{s:o, s:b}", "file", json_stringn_nocheck((const char *)data, size), "dry_run", 1);
	struct iss_call c = {.actor = &officer, .params = params, .db = store(), .now = INT64_C(1773619200), .acting = ISS_HOLDER};

	HOLDS(params != NULL && sto_begin(c.db, &err) == FJ_OK);
	enum fj_rc rc = cmd_ledger_import(&c, &err);
	sto_rollback(c.db);
	if (rc == FJ_OK)
		look(c.answer);
	else
		HOLDS(err.en[0] != '\0');
	json_decref(c.answer);
	return 0;
}
