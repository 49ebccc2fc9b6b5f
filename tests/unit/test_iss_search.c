/*
 * test_iss_search.c - lists and search over a register in memory: what is found
 * and what is not, pages while others write, hostile words, and that no list
 * statement walks through a table.
 */
#include <sqlite3.h>
#include <unistd.h>

#include "issuer/domain.h"
#include "issuer/find.h"
#include "issuer/iss.h"
#include "issuer/profile.h"
#include "tests/unit/test.h"

#define FIN "11420000DEMA00013M"
#define HOLDER "12420000DEMA00099D"
#define OTHER "12100000DEMA000804"

static const struct iss_actor officer = {.login = "hb-fin1", .person = "p-1", .org = FIN, .roles = ISS_FINANCE, .via = "cli"};
static fj_time now = 1773619200;

static enum fj_rc put(struct sto *db, const char *kind, const char *object, json_t *body, struct fj_err *err)
{
	struct iss_call c = {.actor = &officer, .db = db, .now = now, .acting = ISS_FINANCE};
	FJ_AUTO(json) owned = body;

	enum fj_rc rc = sto_begin(db, err);
	if (rc == FJ_OK)
		rc = evt_append(&c, kind, object, owned, err);
	if (rc == FJ_OK)
		return sto_commit(db, err);
	sto_rollback(db);
	return rc;
}

static enum fj_rc ask(struct sto *db, iss_handler handler, json_t *params, json_t **answer, struct fj_err *err)
{
	struct iss_call c = {.actor = &officer, .db = db, .params = params, .now = now, .acting = ISS_FINANCE};

	enum fj_rc rc = handler(&c, err);
	*answer = c.answer;
	json_decref(params);
	return rc;
}

static enum fj_rc organisation(struct sto *db, const char *usci, const char *name, const char *div6, struct fj_err *err)
{
	return put(db, "organisation.added", usci, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:[s], s:[], s:b, s:i}", "name", name, "kind", "INST", "level", "省",
	    "div6", div6, "dept", "", "finance", FIN, "roles", "HOLDER", "affiliates", "dishonest", 0, "mlps", 0), err);
}

static enum fj_rc entry(struct sto *db, const char *id, const char *holder, const char *name, struct fj_err *err)
{
	return put(db, "ledger.entered", id, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{}}", "holder", holder, "ledger_no", id, "catalog_ref", "CAT-7",
	    "name", name, "summary", "", "formed_by", "自主采集", "shared_from", "", "industry", "N76", "class_code", "C3", "no_key", id, "more"), err);
}

static enum fj_rc carded(struct sto *db, const char *no, const char *ledger, const char *holder, const char *name, const char *class_, struct fj_err *err)
{
	return put(db, "asset.carded", no, json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:{s:{s:s, s:s}}, s:s}", "asset_no", no, "ledger", ledger, "holder", holder,
	    "name", name, "version", 1, "hash", "00", "card", "basic", "class_code", class_, "industry", "N76", "origin", "INST"), err);
}

/* two organisations, three entries, two assets */
static enum fj_rc fill(struct sto *db, struct fj_err *err)
{
	FJ_TRY(organisation(db, HOLDER, "湖北省水文水资源中心", "420100", err));
	FJ_TRY(organisation(db, OTHER, "国家气象信息中心", "110000", err));
	FJ_TRY(entry(db, "LG-1", HOLDER, "全国重要江河水文水位数据集", err));
	FJ_TRY(entry(db, "LG-2", OTHER, "农业气象观测数据", err));
	FJ_TRY(entry(db, "LG-3", HOLDER, "Ｒain　gauge readings (2024)", err));
	now += 86400;
	FJ_TRY(carded(db, "HB-SW-0001", "LG-1", HOLDER, "江河水位流量", "A1", err));
	return carded(db, "QX-0001", "LG-2", OTHER, "农业气象", "B2", err);
}

#define REGISTER()               \
	struct fj_err err = {0}; \
	struct sto *db = NULL;   \
	json_t *answer __attribute__((unused)) = NULL; \
	now = 1773619200;        \
	CHECK_OK(sto_open(":memory:", true, &db, &err)); \
	CHECK_OK(fill(db, &err))

/* keys of an answer, joined by spaces */
static const char *keys(json_t *answer, const char *key)
{
	static char out[2000];
	size_t i, n = 0;
	json_t *v;

	out[0] = '\0';
	json_array_foreach(json_object_get(answer, "items"), i, v)
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s", n > 0 ? " " : "", fj_json_peek(v, key));
	json_decref(answer);
	return out;
}

#define FOUND(words, want)                                                                     \
	do {                                                                                   \
		CHECK_OK(ask(db, cmd_find_search, json_pack("{s:s}", "q", words), &answer, &err)); \
		CHECK_STR(keys(answer, "key"), want);                                          \
	} while (0)
#define LISTED(handler, key, filter, value, want)                                              \
	do {                                                                                   \
		CHECK_OK(ask(db, handler, json_pack("{s:s}", filter, value), &answer, &err));  \
		CHECK_STR(keys(answer, key), want);                                            \
	} while (0)

TEST("a word of two Chinese characters is found wherever it stands, a pair that only meets elsewhere is not")
{
	REGISTER();
	FOUND("水位", "LG-1 HB-SW-0001");
	FOUND("水文", HOLDER " LG-1 LG-3 HB-SW-0001"); /* the holder's name counts */
	FOUND("江河水文", "LG-1");
	FOUND("文位", "");
	FOUND("水位 流量", "HB-SW-0001");
	FOUND("水位 气象", "");
	FOUND("蔗", "");
	FOUND("湖", HOLDER " LG-1 LG-3 HB-SW-0001"); /* one character: a prefix */
	FOUND("象", OTHER " LG-2 QX-0001");
	sto_close(db);
}

TEST("numbers, codes and catalogue references are found, in either width and case")
{
	REGISTER();
	FOUND(HOLDER, HOLDER " LG-1 LG-3 HB-SW-0001");
	FOUND("hb-sw-0001", "HB-SW-0001");
	FOUND("ＨＢ－ＳＷ", "HB-SW-0001");
	FOUND("cat-7 气象", "LG-2 QX-0001");
	FOUND("rain　ＧＡＵＧＥ", "LG-3");
	FOUND("gauge rain", "LG-3");
	FOUND("HB-0001", "");
	sto_close(db);
}

TEST("a search is narrowed to one noun, and unknown nouns are refused")
{
	REGISTER();
	CHECK_OK(ask(db, cmd_find_search, json_pack("{s:s, s:s}", "q", "水文", "noun", "asset"), &answer, &err));
	CHECK_STR(keys(answer, "key"), "HB-SW-0001");
	CHECK_RC(ask(db, cmd_find_search, json_pack("{s:s, s:s}", "q", "水文", "noun", "secret"), &answer, &err), FJ_E_INVALID);
	CHECK(err.zh[0] != '\0');
	sto_close(db);
}

TEST("what is typed never is grammar: quotes, operators, columns and stars find what they say, or nothing")
{
	static const char *const typed[] = {"\"", "水位\"", "\" OR noun:asset", "水位 OR 气象", "NOT 水位", "水位 NEAR(气象)", "noun:\"asset\"", "body:水位*",
		"水位*", "^水位", "{noun} : asset", "- 水位", "水+位", "(水位", "'; DROP TABLE event; --", "\\", "%", "水\"位"};
	REGISTER();
	for (size_t i = 0; i < FJ_ARRAY_LEN(typed); i++) {
		enum fj_rc rc = ask(db, cmd_find_search, json_pack("{s:s}", "q", typed[i]), &answer, &err);
		if (rc != FJ_OK && rc != FJ_E_INVALID)
			printf("# %s: %s\n", typed[i], err.en);
		CHECK(rc == FJ_OK || rc == FJ_E_INVALID);
		if (rc == FJ_OK)
			json_decref(answer);
	}
	FOUND("水位*", "LG-1 HB-SW-0001");
	FOUND("水位 OR 气象", "");
	FOUND("noun:asset", "");
	CHECK_RC(ask(db, cmd_find_search, json_pack("{s:s}", "q", "—— ，。"), &answer, &err), FJ_E_INVALID);
	CHECK_RC(ask(db, cmd_find_search, json_pack("{s:s}", "q", "a b c d e f g h i j k l m n o p q"), &answer, &err), FJ_E_LIMIT);
	sto_close(db);
}

TEST("ten thousand octets of anything become one expression or a refusal, never a failure")
{
	char typed[10241];
	struct fj_err err = {0};
	for (unsigned seed = 1; seed < 200; seed++) {
		FJ_AUTO(buf) out = FJ_BUF_INIT(1u << 17);
		static const char *const parts[] = {"水", "\"", " ", "a", "　", "𠀀", "OR", "*", "\xc2\xa0", "！"};
		size_t n = 0;
		for (unsigned k = seed; n + 5 < sizeof(typed); k = k * 1103515245 + 12345)
			n += (size_t)snprintf(typed + n, sizeof(typed) - n, "%s", parts[k / 65536 % (seed % 10 + 1)]);
		enum fj_rc rc = fnd_expression(typed, "asset", &out, &err);
		CHECK(rc == FJ_OK || rc == FJ_E_INVALID || rc == FJ_E_LIMIT);
		size_t quotes = 0;
		for (size_t i = 0; i < out.len; i++)
			quotes += out.data[i] == '"';
		CHECK(quotes % 2 == 0);
	}
}

TEST("a list is filtered by holder, state, finance department, division, class, industry and day, alone and together")
{
	REGISTER();
	LISTED(cmd_ledger_list, "id", "holder", HOLDER, "LG-1 LG-3");
	LISTED(cmd_ledger_list, "id", "state", "LEDGERED", "LG-1 LG-2 LG-3");
	LISTED(cmd_ledger_list, "id", "state", "CONFIRMED", "");
	LISTED(cmd_ledger_list, "id", "class", "C3", "LG-1 LG-2 LG-3");
	LISTED(cmd_ledger_list, "id", "industry", "A01", "");
	LISTED(cmd_ledger_list, "id", "result", "ASSET", "");
	LISTED(cmd_asset_list, "asset_no", "finance", FIN, "HB-SW-0001 QX-0001");
	LISTED(cmd_asset_list, "asset_no", "class", "A1", "HB-SW-0001");
	LISTED(cmd_asset_list, "asset_no", "industry", "N76", "HB-SW-0001 QX-0001");
	LISTED(cmd_asset_list, "asset_no", "division", "42", "HB-SW-0001");
	LISTED(cmd_asset_list, "asset_no", "division", "420000", "HB-SW-0001");
	LISTED(cmd_asset_list, "asset_no", "division", "420100", "HB-SW-0001");
	LISTED(cmd_asset_list, "asset_no", "division", "4202", "");
	LISTED(cmd_asset_list, "asset_no", "division", "110000", "QX-0001");
	LISTED(cmd_asset_list, "asset_no", "created_from", "2026-03-17", "HB-SW-0001 QX-0001");
	LISTED(cmd_asset_list, "asset_no", "created_to", "2026-03-16", "");
	LISTED(cmd_ledger_list, "id", "created_to", "2026-03-16", "LG-1 LG-2 LG-3");
	LISTED(cmd_organisation_list, "usci", "kind", "INST", OTHER " " HOLDER);
	CHECK_OK(ask(db, cmd_asset_list, json_pack("{s:s, s:s, s:s, s:s}", "holder", HOLDER, "state", "CARDED", "class", "A1", "division", "42"), &answer, &err));
	CHECK_STR(keys(answer, "asset_no"), "HB-SW-0001");
	CHECK_OK(ask(db, cmd_asset_list, json_pack("{s:s, s:s}", "holder", HOLDER, "class", "B2"), &answer, &err));
	CHECK_STR(keys(answer, "asset_no"), "");
	CHECK_RC(ask(db, cmd_asset_list, json_pack("{s:s}", "division", "42x"), &answer, &err), FJ_E_INVALID);
	CHECK_RC(ask(db, cmd_asset_list, json_pack("{s:s}", "created_from", "yesterday"), &answer, &err), FJ_E_INVALID);
	CHECK_RC(ask(db, cmd_asset_list, json_pack("{s:s}", "after", "42~A"), &answer, &err), FJ_E_INVALID);
	CHECK_RC(ask(db, cmd_asset_list, json_pack("{s:s, s:s}", "created_from", "2026-03-16", "after", "HB-SW-0001"), &answer, &err), FJ_E_INVALID);
	sto_close(db);
}

/* a certificate's way, with its end on the given second */
static enum fj_rc certified(struct sto *db, const char *number, const char *asset, int n, fj_time end, struct fj_err *err)
{
	char id[40];

	snprintf(id, sizeof(id), "0011223344556677889900000000%04d", n);
	FJ_TRY(put(db, "certificate.intended", number, json_pack("{s:s, s:s, s:i, s:s, s:s, s:i, s:s, s:s, s:s, s:I, s:I, s:i, s:i, s:i, s:i, s:i, s:i, s:b}", "id", id,
	    "series", "DAC-420000-202604", "series_n", n, "serial", id, "asset_no", asset, "card_version", 1, "asset_name", "江河水位流量", "holder", HOLDER,
	    "holder_name", "湖北省水文水资源中心", "not_before", (json_int_t)now, "not_after", (json_int_t)end, "shard", 1, "list", 0, "idx", 8 + 2 * n, "restrictions", 1,
	    "asset_list", 0, "asset_idx", 9 + 2 * n, "asset_fresh", 1), err));
	return put(db, "certificate.issued", number, json_pack("{s:s}", "sha256", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"), err);
}

TEST("a certificate is listed and found once it is issued; EXPIRED is ACTIVE and over")
{
	REGISTER();
	fj_time end = now + 100 * 86400;
	CHECK_OK(certified(db, "DAC-420000-202604-000001-2", "HB-SW-0001", 1, end, &err));
	CHECK_OK(certified(db, "DAC-420000-202604-000002-X", "QX-0001", 2, end + 400 * 86400, &err));
	FOUND("DAC-420000-202604-000001-2", "DAC-420000-202604-000001-2");
	LISTED(cmd_certificate_list, "number", "asset", "HB-SW-0001", "DAC-420000-202604-000001-2");
	LISTED(cmd_certificate_list, "state", "state", "ACTIVE", "ACTIVE ACTIVE");
	LISTED(cmd_asset_list, "asset_no", "expires_to", "2026-08-01", "HB-SW-0001");
	now = end + 1;
	LISTED(cmd_certificate_list, "number", "state", "ACTIVE", "DAC-420000-202604-000002-X");
	LISTED(cmd_certificate_list, "number", "state", "EXPIRED", "DAC-420000-202604-000001-2");
	LISTED(cmd_certificate_list, "state", "holder", HOLDER, "EXPIRED ACTIVE");
	sto_close(db);
}

TEST("pages hold each item once while others write before and behind the cursor")
{
	char id[24], after[100] = "", seen[60][24];
	size_t n = 0;
	REGISTER();
	for (int i = 0; i < 40; i++) {
		snprintf(id, sizeof(id), "PG-%03d", 2 * i);
		CHECK_OK(entry(db, id, OTHER, "page", &err));
	}
	for (int page = 0;; page++) {
		json_t *v;
		size_t i;
		FJ_AUTO(json) params = json_pack("{s:s, s:i, s:s}", "holder", OTHER, "limit", 7, "after", after[0] == '\0' ? "LG-2" : after);
		CHECK_OK(ask(db, cmd_ledger_list, json_incref(params), &answer, &err));
		json_array_foreach(json_object_get(answer, "items"), i, v)
			snprintf(seen[n++], sizeof(seen[0]), "%s", fj_json_peek(v, "id"));
		bool more = fj_json_peek(answer, "next") != NULL;
		snprintf(after, sizeof(after), "%s", more ? fj_json_peek(answer, "next") : "");
		json_decref(answer);
		if (!more)
			break;
		snprintf(id, sizeof(id), "PG-%03d", 2 * page + 1); /* behind */
		CHECK_OK(entry(db, id, OTHER, "late", &err));
		CHECK_OK(put(db, "ledger.recognised", "PG-060", json_pack("{s:s, s:s, s:s, s:s, s:s}", "to", "RECOGNISED", "result", "MEMO", "person", "p", "tests", "", "decision", ""), &err));
	}
	CHECK(n == 40);
	for (size_t i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "PG-%03zu", 2 * i);
		CHECK_STR(seen[i], id);
	}
	sto_close(db);
}

TEST("pages by day have a cursor of day and key")
{
	REGISTER();
	CHECK_OK(ask(db, cmd_ledger_list, json_pack("{s:s, s:i}", "created_from", "2026-03-16", "limit", 2), &answer, &err));
	FJ_AUTO(json) first = answer;
	CHECK(json_array_size(json_object_get(first, "items")) == 2);
	CHECK_OK(ask(db, cmd_ledger_list, json_pack("{s:s, s:i, s:s}", "created_from", "2026-03-16", "limit", 2, "after", fj_json_peek(first, "next")), &answer, &err));
	CHECK_STR(keys(answer, "id"), "LG-3");
	sto_close(db);
}

TEST("a holder's new name reaches what it holds, and replay gives the same rows and texts")
{
	struct sto *again = NULL;
	int64_t events, rows;
	REGISTER();
	CHECK_OK(certified(db, "DAC-420000-202604-000001-2", "HB-SW-0001", 1, now + 86400, &err));
	CHECK_OK(sto_open(":memory:", true, &again, &err));
	CHECK_OK(evt_rebuild_check(db, again, &events, &rows, &err));
	CHECK(events == 9 && rows > 10);
	sto_close(again);
	sto_close(db);
}

TEST("the index is brought into one piece, step by step, and finds the same")
{
	char id[24];
	bool done = false;
	int steps = 0;
	REGISTER();
	for (int i = 0; i < 40; i++) {
		snprintf(id, sizeof(id), "TD-%03d", i);
		CHECK_OK(entry(db, id, HOLDER, i == 7 ? "甘蔗产量" : "产量", &err));
	}
	for (; !done && steps < 50; steps++)
		CHECK_OK(fnd_tidy(db, &done, &err));
	CHECK(done && steps > 1);
	FOUND("甘蔗", "TD-007");
	CHECK_OK(fnd_tidy(db, &done, &err));
	CHECK(done);
	sto_close(db);
}

/* kinds of an object's history */
static const char *history(struct sto *db, const char *object)
{
	struct fj_err err = {0};
	json_t *answer = NULL;

	return ask(db, cmd_find_history, json_pack("{s:s}", "object", object), &answer, &err) == FJ_OK ? keys(answer, "kind") : "";
}

TEST("an asset's history has its ledger entry, its certificate, and a request for several assets that was refused")
{
	REGISTER();
	FJ_AUTO(json) payload = json_pack("{s:[s, {s:s}]}", "assets", "HB-SW-0001", "asset_no", "QX-0001");
	struct iss_call c = {.actor = &officer, .db = db, .now = now, .acting = ISS_FINANCE};
	CHECK_OK(apr_request(&c, "certificate.issue", "2 assets", FIN, payload, &err));
	char id[32];
	snprintf(id, sizeof(id), "%s", fj_json_peek(c.answer, "approval"));
	json_decref(c.answer);
	prf_release(&c);
	CHECK_OK(put(db, "approval.decided", id, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "officer", "hb-fin2", "person", "p-2", "role", "FINANCE", "verdict",
	    "reject", "note", "", "state", "REFUSED"), &err));
	CHECK_STR(history(db, "QX-0001"), "ledger.entered asset.carded approval.requested approval.decided");
	CHECK_OK(certified(db, "DAC-420000-202604-000001-2", "HB-SW-0001", 1, now + 86400, &err));
	CHECK_STR(history(db, "HB-SW-0001"), "ledger.entered asset.carded approval.requested approval.decided certificate.intended certificate.issued");
	CHECK_STR(history(db, "LG-3"), "ledger.entered");
	CHECK_STR(history(db, "nothing"), "");
	sto_close(db);
}

TEST("no list, search or history statement walks through a table")
{
	static const struct {
		const char *name, *sql;
	} all[] = {
#define STMT(id, text) {#id, text},
#include "issuer/store/statements_find.def"
#undef STMT
	};
	char dir[] = "/tmp/fujie-search-XXXXXX";
	struct fj_err err = {0};
	struct sto *db = NULL;
	sqlite3 *plain = NULL;
	CHECK(mkdtemp(dir) != NULL && chdir(dir) == 0);
	CHECK_OK(sto_open("register.db", true, &db, &err));
	CHECK(sqlite3_open("register.db", &plain) == SQLITE_OK);
	for (size_t i = 0; i < FJ_ARRAY_LEN(all); i++) {
		char explain[8000];
		sqlite3_stmt *q = NULL;
		snprintf(explain, sizeof(explain), "EXPLAIN QUERY PLAN %s", all[i].sql);
		CHECK(sqlite3_prepare_v2(plain, explain, -1, &q, NULL) == SQLITE_OK);
		while (sqlite3_step(q) == SQLITE_ROW) {
			const char *step = (const char *)sqlite3_column_text(q, 3);
			bool scan = strncmp(step, "SCAN", 4) == 0 && strstr(step, "VIRTUAL TABLE") == NULL && strstr(step, "CONSTANT ROW") == NULL;
			/* what one event touched; the few objects of one history */
			if (strncmp(all[i].name, "FIND_SRC", 8) == 0 || strstr(all[i].name, "TOUCH") != NULL || strcmp(all[i].name, "FIND_SETTLE") == 0)
				scan = scan && strcmp(step, "SCAN t") != 0 && strcmp(step, "SCAN find_touched") != 0 && strcmp(step, "SCAN find_pending") != 0;
			if (strcmp(all[i].name, "HISTORY_SEQS") == 0 || strcmp(all[i].name, "HISTORY_PLANS") == 0 || strcmp(all[i].name, "HISTORY_PRODUCTS") == 0)
				scan = scan && strcmp(step, "SCAN a") != 0 && strcmp(step, "SCAN l") != 0 && strcmp(step, "SCAN o") != 0 && strcmp(step, "SCAN p") != 0;
			if (strncmp(all[i].name, "FIND_UNDER", 10) == 0) /* the units under a superior, or those that a department confirms for, and so many rows of each */
				scan = scan && strcmp(step, "SCAN u") != 0;
			bool sort = strncmp(all[i].name, "FIND_TOUCHED", 12) != 0 && strncmp(all[i].name, "FIND_UNDER", 10) != 0 && strncmp(all[i].name, "FIND_SRC", 8) != 0 && strncmp(all[i].name, "HISTORY", 7) != 0 &&
			    strstr(step, "TEMP B-TREE") != NULL;
			if (scan || sort)
				printf("# %s: %s\n", all[i].name, step);
			CHECK(!scan && !sort);
			if (strcmp(all[i].name, "FIND_CREATED") == 0 && strstr(step, "find_created") != NULL)
				CHECK(strstr(step, "(created,key)>(?,?)") != NULL || strstr(step, "(noun=? AND (created,key)>(?,?) AND created<?)") != NULL);
		}
		sqlite3_finalize(q);
	}
	sqlite3_close(plain);
	sto_close(db);
	static const char *const left[] = {"register.db", "register.db-wal", "register.db-shm"};
	for (size_t i = 0; i < 3; i++)
		unlink(left[i]);
	CHECK(rmdir(dir) == 0);
}

TEST_MAIN
