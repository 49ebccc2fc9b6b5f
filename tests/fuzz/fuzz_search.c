/*
 * What somebody typed, as a search of a register in memory.
 *
 * Properties: it becomes an expression that FTS5 reads, or a refusal with a
 * reason; what is indexed from the same words is found by them, where they are
 * ASCII and Chinese.
 */
#include "issuer/domain.h"
#include "issuer/find.h"
#include "tests/fuzz/fuzz.h"

static const struct iss_actor officer = {.login = "hb-fin1", .person = "p-1", .name = "示例", .org = "11420000DEMA00013M", .roles = ISS_FINANCE, .via = "cli"};

static struct sto *store(void)
{
	static struct sto *db;

	if (db == NULL)
		HOLDS(sto_open(":memory:", true, &db, NULL) == FJ_OK);
	return db;
}

static size_t found(struct sto *db, const char *typed, struct fj_err *err)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "q", typed);
	struct iss_call c = {.actor = &officer, .params = params, .db = db, .acting = ISS_FINANCE};

	enum fj_rc rc = cmd_find_search(&c, err);
	size_t n = json_array_size(json_object_get(c.answer, "items"));
	json_decref(c.answer);
	HOLDS(rc == FJ_OK || (err->en[0] != '\0' && (rc == FJ_E_INVALID || rc == FJ_E_LIMIT)));
	return rc == FJ_OK ? n : SIZE_MAX;
}

/* ASCII and common Chinese characters only */
static bool plain(const char *s)
{
	for (const unsigned char *p = (const unsigned char *)s; *p != '\0'; p += *p < 0x80 ? 1 : 3)
		if (*p >= 0x80 && (*p < 0xe5 || *p > 0xe8))
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fj_err err = {.rc = FJ_OK};
	FJ_AUTO(str) typed = fj_strndup((const char *)data, size);
	struct sto *db = store();

	HOLDS(typed != NULL);
	if (!fj_utf8_valid(fj_slice_str(typed)) || fj_utf8_count(typed) > 120)
		return 0; /* the fields let nothing else through */
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{}}", "holder", officer.org, "ledger_no", "L-1", "catalog_ref", "C-1", "name", typed,
	    "summary", "", "formed_by", "自主采集", "shared_from", "", "no_key", "L-1", "more");
	struct iss_call c = {.actor = &officer, .db = db, .now = 1773619200, .acting = ISS_FINANCE};
	HOLDS(body != NULL && sto_begin(db, &err) == FJ_OK);
	HOLDS(evt_append(&c, "ledger.entered", "LG-1", body, &err) == FJ_OK && sto_settle(db, &err) == FJ_OK);
	size_t n = found(db, typed, &err); /* or refused */
	HOLDS(n >= 1 || !plain(typed));
	sto_rollback(db);
	return 0;
}
