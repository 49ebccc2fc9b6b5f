/*
 * test_iss_migrate.c - which texts of a schema count as the same, and what a register of
 * another version is told.  The upgrade itself: tests/integration/upgrade_test.py, on stored registers.
 */
#include <sqlite3.h>
#include <unistd.h>

#include "base/version.h"
#include "issuer/store/inside.h"
#include "tests/unit/test.h"

static bool same(const char *a, const char *b)
{
	FJ_AUTO(buf) x = FJ_BUF_INIT(4096);
	FJ_AUTO(buf) y = FJ_BUF_INIT(4096);

	return sto_sql_words(a, &x) == FJ_OK && sto_sql_words(b, &y) == FJ_OK && fj_slice_eq(fj_buf_slice(&x), fj_buf_slice(&y));
}

TEST("comments, spaces and quotes around a name don't count; everything else does")
{
	static const char table[] = "CREATE TABLE t (a TEXT, b INTEGER) STRICT";

	CHECK(same(table, "CREATE TABLE t(a TEXT,-- a, of b\n b INTEGER) STRICT"));
	CHECK(same(table, "CREATE  TABLE \"t\" ( a TEXT /* b\n */ , b INTEGER )STRICT"));
	CHECK(!same(table, "CREATE TABLE t (a TEXT, b INTEGER)"));
	CHECK(!same(table, "CREATE TABLE t (b INTEGER, a TEXT) STRICT"));
	CHECK(!same(table, "CREATE TABLE t (a TEXT, bINTEGER) STRICT"));
	CHECK(!same(table, "CREATE TABLE T (a TEXT, b INTEGER) STRICT"));
	CHECK(same("a '--' b", "a\n'--'\nb") && !same("a '--' b", "a") && !same("'a  b'", "'a b'") && !same("'a'", "a") && !same("\"a b\"", "a b"));
	CHECK(same("'it''s' x", "'it''s'x") && !same("'it''s'", "'it' 's'"));
	CHECK(same("a-b", "a - b") && same("[a b]", "[a b]") && same("\"\"", "\"\"") && !same("\"\"", ""));
	CHECK(same("x'", "x '") && same("\"x", "\"x") && same("/* x", "") && same("-- x", ""));
}

static enum fj_rc open_as(const char *sql, bool writer, struct fj_err *err)
{
	sqlite3 *db = NULL;
	struct sto *s = NULL;

	unlink("register.db");
	bool made = sqlite3_open_v2("register.db", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK && sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
	sqlite3_close(db);
	if (!made)
		return FJ_E_INTERNAL;
	enum fj_rc rc = sto_open("register.db", writer, &s, err);
	sto_close(s);
	return rc;
}

TEST("a register of another version is refused with both versions and what to do, and stays as it is")
{
	static const struct {
		const char *sql, *say[3];
	} rows[] = {
		{"PRAGMA user_version=99; CREATE TABLE upgrade (seq, program); INSERT INTO upgrade VALUES (1, '2.0'), (2, '3.1~rc2')", {"version 99", "newer Fujie 3.1~rc2", "install"}},
		{"PRAGMA user_version=99; CREATE TABLE upgrade (seq, program); INSERT INTO upgrade VALUES (2, 'x; rm -rf /')", {"version 99", "a newer Fujie, and", "install"}},
		{"PRAGMA user_version=99", {"version 99", "a newer Fujie, and", "install"}},
		{"PRAGMA user_version=12", {"version 12", "fujie upgrade --dir", "start the service"}},
		{"PRAGMA user_version=11", {"version 11", "no release", "restore a backup"}},
		{"PRAGMA user_version=-1", {"version -1", "no release", "restore a backup"}},
	};
	char dir[] = "/tmp/fujie-migrate-XXXXXX";

	CHECK(mkdtemp(dir) != NULL && chdir(dir) == 0);
	for (size_t i = 0; i < FJ_ARRAY_LEN(rows) * 2; i++) {
		struct fj_err err = {0};
		CHECK(open_as(rows[i / 2].sql, i % 2 == 0, &err) == FJ_E_UNSUPPORTED);
		for (size_t k = 0; k < 3; k++)
			CHECK(strstr(err.en, rows[i / 2].say[k]) != NULL);
		CHECK(strstr(err.en, FJ_PROGRAM) != NULL && err.zh[0] != '\0');
	}
	CHECK(unlink("register.db") == 0 && chdir("/") == 0);
	unlink("register.db-wal");
	rmdir(dir);
}

TEST_MAIN
