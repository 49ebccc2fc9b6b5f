/*
 * test_iss_home.c - the home page's figures: whose they are, that they follow what
 * happens (in one transaction as in many), a unit that moves, months and classes,
 * and that none of its statements scans a table.
 */
#include <sqlite3.h>
#include <unistd.h>

#include "issuer/home.h"
#include "tests/unit/test.h"

#define FIN "11420000DEMA00013M"
#define FIN2 "11520000DEMA000217"
#define DEPT "11100000DEMA00064H"
#define UNIT "12420000DEMA00099D"
#define UNIT2 "12100000DEMA000729"
#define SHA256 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define NOW 1773619200 /* 2026-03-16 08:00 +08:00 */

static const struct iss_actor officer = {.login = "hb-fin1", .person = "p-1", .org = FIN, .roles = ISS_FINANCE, .via = "cli"};

static enum fj_rc put(struct sto *db, const char *kind, const char *object, json_t *body, struct fj_err *err)
{
	struct iss_call c = {.actor = &officer, .db = db, .now = NOW, .acting = ISS_FINANCE};
	FJ_AUTO(json) owned = body;

	return evt_append(&c, kind, object, owned, err);
}

static enum fj_rc organisation(struct sto *db, const char *kind, const char *usci, const char *dept, const char *finance, const char *role, struct fj_err *err)
{
	return put(db, kind, usci, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:[s], s:[], s:b, s:i}", "name", "单位", "kind", "INST", "level", "省", "div6", "420000", "dept", dept, "finance",
	    finance, "roles", role, "affiliates", "dishonest", 0, "mlps", 0), err);
}

static enum fj_rc asset(struct sto *db, int i, const char *holder, const char *class_, const char *industry, struct fj_err *err)
{
	char no[16], lg[16];

	snprintf(no, sizeof(no), "A-%d", i);
	snprintf(lg, sizeof(lg), "LG-%d", i);
	FJ_TRY(put(db, "ledger.entered", lg, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{}}", "holder", holder, "ledger_no", lg, "catalog_ref", lg, "name", "n", "summary", "",
	    "formed_by", "自主采集", "shared_from", "", "no_key", lg, "same_key", lg, "more"), err));
	return put(db, "asset.carded", no, json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:{s:{s:s, s:s}}, s:s}", "asset_no", no, "ledger", lg, "holder", holder, "name", "n", "version", 1, "hash", "00",
	    "card", "basic", "class_code", class_, "industry", industry, "origin", "INST"), err);
}

static enum fj_rc certificate(struct sto *db, int i, const char *holder, fj_time end, struct fj_err *err)
{
	char no[16], number[41], id[40];

	snprintf(no, sizeof(no), "A-%d", i);
	snprintf(number, sizeof(number), "DAC-420000-202603-%06d-X", i);
	snprintf(id, sizeof(id), "%032x", (unsigned)i);
	FJ_TRY(put(db, "certificate.intended", number, json_pack("{s:s, s:s, s:i, s:s, s:s, s:i, s:s, s:s, s:s, s:I, s:I, s:i, s:i, s:i, s:i, s:i, s:i, s:b}", "id", id, "series", "S", "series_n", i,
	    "serial", id, "asset_no", no, "card_version", 1, "asset_name", "n", "holder", holder, "holder_name", "h", "not_before", (json_int_t)NOW, "not_after", (json_int_t)end, "shard", 1, "list", 0,
	    "idx", i, "restrictions", 1, "asset_list", 0, "asset_idx", 1000 + i, "asset_fresh", 1), err));
	return put(db, "certificate.issued", number, json_pack("{s:s}", "sha256", SHA256), err);
}

#define REGISTER()                                                                     \
	struct fj_err err = {0};                                                       \
	struct sto *db = NULL;                                                         \
	CHECK_OK(sto_open(":memory:", true, &db, &err));                               \
	CHECK_OK(sto_begin(db, &err));                                                 \
	CHECK_OK(organisation(db, "organisation.added", FIN, "", FIN, "FINANCE", &err));  \
	CHECK_OK(organisation(db, "organisation.added", FIN2, "", FIN2, "FINANCE", &err)); \
	CHECK_OK(organisation(db, "organisation.added", DEPT, "", FIN, "SUPERIOR", &err)); \
	CHECK_OK(organisation(db, "organisation.added", UNIT, DEPT, FIN, "HOLDER", &err)); \
	CHECK_OK(organisation(db, "organisation.added", UNIT2, "", FIN2, "HOLDER", &err))

/* a row of tally, 0 where there is none */
static int64_t tally(struct sto *db, char whose, const char *scope, const char *what, const char *state)
{
	struct iss_call c = {.db = db, .now = NOW};
	struct hom h = {.c = &c};
	struct hom_scope of = {.whose = whose};
	int64_t n = -1;

	snprintf(of.scope, sizeof(of.scope), "%s", scope);
	return hom_count(&h, &of, what, state, &n, NULL) == FJ_OK ? n : -1;
}

TEST("each role has the widest scope of its roles, and none where its commands show nothing")
{
	static const struct {
		uint32_t roles;
		enum hom_about about;
		char whose;
		const char *scope;
	} cases[] = {
		{ISS_MOF, HOM_ASSETS, 'A', ""}, {ISS_AUDITOR, HOM_REVENUE, 'A', ""}, {ISS_FINANCE, HOM_ASSETS, 'F', UNIT}, {ISS_FINANCE | ISS_HOLDER, HOM_REMITTED, 'F', UNIT},
		{ISS_SUPERIOR, HOM_CERTIFICATES, 'D', UNIT}, {ISS_HOLDER, HOM_ASSETS, 'H', UNIT}, {ISS_HOLDER, HOM_REVENUE, 'H', UNIT}, {ISS_IMPLEMENTER, HOM_AUTHORISATIONS, 'I', UNIT},
		{ISS_IMPLEMENTER, HOM_ASSETS, 0, ""}, {ISS_OPERATOR, HOM_TOKENS, 'O', UNIT}, {ISS_OPERATOR, HOM_REMITTED, 'H', UNIT}, {ISS_OPERATOR, HOM_ASSETS, 0, ""}, {ISS_USER, HOM_TOKENS, 'U', UNIT},
		{ISS_USER, HOM_REVENUE, 0, ""}, {ISS_DATA_BUREAU, HOM_ASSETS, 'F', FIN}, {ISS_DATA_BUREAU, HOM_REVENUE, 0, ""}, {ISS_EXCHANGE, HOM_ASSETS, 0, ""}, {ISS_ASSESSOR, HOM_TOKENS, 0, ""},
	};
	struct hom_scope s;

	for (size_t i = 0; i < FJ_ARRAY_LEN(cases); i++) {
		hom_scope_of(cases[i].roles, UNIT, FIN, cases[i].about, &s);
		CHECK(s.whose == cases[i].whose);
		CHECK_STR(s.scope, cases[i].scope);
	}
	hom_scope_of(ISS_FINANCE, "", "", HOM_ASSETS, &s); /* an officer of no organisation has no scope */
	CHECK(s.whose == 0);
}

TEST("an asset counts for everybody, its holder, superior and finance department, and for nobody else")
{
	REGISTER();
	CHECK_OK(asset(db, 1, UNIT, "A1", "N76", &err));
	CHECK_OK(asset(db, 2, UNIT, "A1", "N77", &err));
	CHECK_OK(asset(db, 3, UNIT2, "B2", "I65", &err));
	CHECK_OK(sto_commit(db, &err));
	CHECK(tally(db, 'A', "", "asset", "CARDED") == 3);
	CHECK(tally(db, 'H', UNIT, "asset", "CARDED") == 2 && tally(db, 'F', FIN, "asset", "CARDED") == 2 && tally(db, 'D', DEPT, "asset", "CARDED") == 2);
	CHECK(tally(db, 'F', FIN2, "asset", "CARDED") == 1 && tally(db, 'D', UNIT2, "asset", "CARDED") == 1); /* a top unit is its own superior */
	CHECK(tally(db, 'H', UNIT2, "industry", "N") == 0 && tally(db, 'H', UNIT, "industry", "N") == 2 && tally(db, 'A', "", "class", "A1") == 2);
	CHECK(tally(db, 'I', UNIT, "asset", "CARDED") == 0 && tally(db, 'H', FIN, "asset", "CARDED") == 0);
	sto_close(db);
}

TEST("a state leaves its count when it ends, whether in the same transaction or a later one")
{
	REGISTER();
	CHECK_OK(asset(db, 1, UNIT, "A1", "N76", &err));
	CHECK_OK(certificate(db, 1, UNIT, NOW + 20 * 86400, &err));
	CHECK_OK(asset(db, 2, UNIT, "A1", "N76", &err));
	CHECK_OK(sto_commit(db, &err));
	CHECK(tally(db, 'F', FIN, "asset", "CARDED") == 1 && tally(db, 'F', FIN, "asset", "CERTIFICATED") == 1);
	CHECK(tally(db, 'F', FIN, "certificate", "ACTIVE 2026-04-05") == 1 && tally(db, 'F', FIN, "issued", "2026-03") == 1);
	CHECK_OK(sto_begin(db, &err));
	CHECK_OK(put(db, "certificate.suspended", "DAC-420000-202603-000001-X", json_pack("{s:s, s:s}", "to", "SUSPENDED", "reason", "r"), &err));
	CHECK_OK(sto_commit(db, &err));
	CHECK(tally(db, 'F', FIN, "certificate", "ACTIVE 2026-04-05") == 0 && tally(db, 'F', FIN, "certificate", "SUSPENDED 2026-04-05") == 1);
	CHECK_OK(sto_begin(db, &err));
	CHECK_OK(put(db, "certificate.resumed", "DAC-420000-202603-000001-X", json_pack("{s:s}", "to", "ACTIVE"), &err));
	sto_rollback(db); /* what is undone is not counted */
	CHECK(tally(db, 'F', FIN, "certificate", "SUSPENDED 2026-04-05") == 1 && tally(db, 'A', "", "certificate", "ACTIVE 2026-04-05") == 0);
	sto_close(db);
}

TEST("a unit that comes under another finance department takes its counts along")
{
	REGISTER();
	CHECK_OK(asset(db, 1, UNIT, "A1", "N76", &err));
	CHECK_OK(sto_commit(db, &err));
	CHECK_OK(sto_begin(db, &err));
	CHECK_OK(asset(db, 2, UNIT, "A1", "N76", &err)); /* not added up yet when the unit moves */
	CHECK_OK(organisation(db, "organisation.changed", UNIT, "", FIN2, "HOLDER", &err));
	CHECK_OK(sto_commit(db, &err));
	CHECK(tally(db, 'F', FIN, "asset", "CARDED") == 0 && tally(db, 'F', FIN2, "asset", "CARDED") == 2);
	CHECK(tally(db, 'D', DEPT, "asset", "CARDED") == 0 && tally(db, 'D', UNIT, "asset", "CARDED") == 2);
	CHECK(tally(db, 'A', "", "asset", "CARDED") == 2 && tally(db, 'H', UNIT, "asset", "CARDED") == 2);
	sto_close(db);
}

static const json_t *figure(const json_t *list, const char *name)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (strcmp(fj_json_text(v, "figure"), name) == 0)
			return json_object_get(v, "rows");
	return NULL;
}

static int64_t value(const json_t *rows, const char *code, const char *key)
{
	size_t i;
	json_t *v;

	json_array_foreach(rows, i, v)
		if (strcmp(fj_json_text(v, "code"), code) == 0)
			return fj_json_num(v, key);
	return -1;
}

TEST("figures: months are all there, what is over has expired, more classes than a chart has are one row")
{
	REGISTER();
	struct iss_call c = {.actor = &officer, .db = db, .now = NOW};
	struct hom h = {.c = &c};
	json_t *list = NULL, *ends = NULL;
	char class_[16];
	for (int i = 1; i <= 15; i++) {
		snprintf(class_, sizeof(class_), "K%d", i == 15 ? 14 : i);
		CHECK_OK(asset(db, i, UNIT, class_, "N76", &err));
	}
	CHECK_OK(certificate(db, 1, UNIT, NOW + 5 * 86400, &err));
	CHECK_OK(certificate(db, 2, UNIT, NOW + 60 * 86400, &err));
	CHECK_OK(certificate(db, 3, UNIT, NOW - 86400, &err));
	CHECK_OK(sto_commit(db, &err));
	for (int k = 0; k < HOM_ABOUTS; k++)
		hom_scope_of(ISS_FINANCE, FIN, FIN, (enum hom_about)k, &h.of[k]);
	CHECK_OK(hom_figures(&h, &list, &err));
	FJ_AUTO(json) owned = list;
	const json_t *classes = figure(list, "assets.class"), *issued = figure(list, "certificates.issued"), *ending = figure(list, "certificates.ending");
	CHECK(json_array_size(classes) == 13 && value(classes, "K14", "count") == 2 && value(classes, "*", "count") == 2);
	CHECK_STR(fj_json_text(json_array_get(classes, 0), "code"), "K14");
	CHECK(json_array_size(issued) == 12 && value(issued, "2025-04", "count") == 0 && value(issued, "2026-03", "count") == 3);
	CHECK(json_array_size(ending) == 12 && value(ending, "2026-03", "count") == 1 && value(ending, "2026-05", "count") == 1 && value(ending, "2027-02", "count") == 0);
	CHECK(value(figure(list, "certificates.state"), "EXPIRED", "count") == 1 && value(figure(list, "certificates.state"), "ACTIVE", "count") == 2);
	CHECK(value(figure(list, "revenue.months"), "2026-03", "remitted_fen") == 0);
	CHECK_OK(hom_ending(&h, &ends, &err));
	FJ_AUTO(json) too = ends;
	const json_t *within = json_object_get(json_array_get(ends, 0), "within");
	CHECK(json_array_size(ends) == 1 && fj_json_num(json_array_get(within, 0), "count") == 1 && fj_json_num(json_array_get(within, 1), "count") == 1 && fj_json_num(json_array_get(within, 2), "count") == 2);
	sto_close(db);
}

/* the macros that the home page's statements share with the lists of terms */
#define STMT(id, sql)
#include "issuer/store/statements_domain.def"
#undef STMT

TEST("no statement of the home page scans a table: each goes by an index")
{
	static const struct {
		const char *name, *sql;
	} all[] = {
#define STMT(id, sql) {#id, sql},
#include "issuer/store/statements_home.def"
#undef STMT
	};
	/* of a transaction; of what open terms name; a statement's own rows; tables of a few rows */
	static const char *const few[] = {"SCAN t", "SCAN p", "SCAN tally_pending", "SCAN j", "SCAN json_each", "SCAN pilot", "SCAN pubstate", "SCAN n", "SCAN u", "SCAN d", "SCAN profile"};
	char dir[] = "/tmp/fujie-home-XXXXXX";
	struct fj_err err = {0};
	struct sto *db = NULL;
	sqlite3 *plain = NULL;
	CHECK(mkdtemp(dir) != NULL && chdir(dir) == 0);
	CHECK_OK(sto_open("register.db", true, &db, &err));
	CHECK(sqlite3_open("register.db", &plain) == SQLITE_OK);
	for (size_t i = 0; i < FJ_ARRAY_LEN(all); i++) {
		char explain[16000];
		sqlite3_stmt *q = NULL;
		snprintf(explain, sizeof(explain), "EXPLAIN QUERY PLAN %s", all[i].sql);
		CHECK(sqlite3_prepare_v2(plain, explain, -1, &q, NULL) == SQLITE_OK);
		while (sqlite3_step(q) == SQLITE_ROW) {
			const char *step = (const char *)sqlite3_column_text(q, 3);
			bool scan = strncmp(step, "SCAN", 4) == 0 && strstr(step, "VIRTUAL TABLE") == NULL && strstr(step, "CONSTANT ROW") == NULL &&
			    strstr(step, " USING ") == NULL && strstr(step, "(subquery") == NULL && strncmp(step, "SCAN (", 6) != 0;
			for (size_t k = 0; k < FJ_ARRAY_LEN(few); k++)
				scan = scan && strcmp(step, few[k]) != 0;
			if (scan)
				printf("# %s: %s\n", all[i].name, step);
			CHECK(!scan);
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
