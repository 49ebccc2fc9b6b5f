/*
 * test_iss_store.c - a register of an older version is moved forward when a
 * writer opens it, and of a newer one is left alone.
 */
#include "issuer/store/store.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/test.h"

static int change(const char *text)
{
	sqlite3 *db = NULL;
	int code = sqlite3_open_v2("register.db", &db, SQLITE_OPEN_READWRITE, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_exec(db, text, NULL, NULL, NULL);
	sqlite3_close(db);
	return code;
}

/* the register of version 1, with a token that was suspended */
#define VERSION_1                                                                                                          \
	"ALTER TABLE authorisation DROP COLUMN suspended_by; ALTER TABLE token DROP COLUMN suspended_by;"                  \
	"INSERT INTO token VALUES ('LT-1','DAU-1','op','A-1','u','n','P-1','SUSPENDED',1,2,0,7,3); PRAGMA user_version=1"

TEST("version 1 is moved forward by a writer: what was suspended binds nobody yet")
{
	struct fj_err err = {0};
	struct sto *db = NULL;
	CHECK_OK(sto_open("register.db", true, &db, &err));
	sto_close(db);
	CHECK(change(VERSION_1) == SQLITE_OK);
	CHECK_RC(sto_open("register.db", false, &db, &err), FJ_E_UNSUPPORTED);
	CHECK_OK(sto_open("register.db", true, &db, &err));
	{
		FJ_AUTO(sto_q) q = {0};
		CHECK_OK(sto_first(db, STO_TOKEN_GET, &q, "LT-1", &err, "t", "LT-1"));
		CHECK_STR(sto_text(&q, 7), "SUSPENDED");
		CHECK_STR(sto_text(&q, 12), "");
	}
	sto_close(db);
	CHECK_OK(sto_open("register.db", false, &db, &err));
	sto_close(db);
}

TEST("a register of a newer version is refused, by a writer too")
{
	struct fj_err err = {0};
	struct sto *db = NULL;
	CHECK(change("PRAGMA user_version=99") == SQLITE_OK);
	CHECK_RC(sto_open("register.db", true, &db, &err), FJ_E_UNSUPPORTED);
}

int main(void)
{
	char dir[] = "/tmp/fujie-store-XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return 1;
	int code = test_run();
	unlink("register.db");
	unlink("register.db-wal");
	unlink("register.db-shm");
	return rmdir(dir) == 0 ? code : 1;
}
