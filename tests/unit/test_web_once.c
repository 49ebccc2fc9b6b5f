/* A form that is sent twice is done once: the places behind /done. */
#include "tests/unit/test.h"
#include "web/portal/internal.h"

#define ME "session-of-one-officer"
#define OTHER "session-of-another"

static enum once_state begin(const char *session, const char *key)
{
	struct once o;

	once_begin(session, key, "ledger.import", "/show/asset/X", &o);
	json_decref(o.answer);
	return o.state;
}

TEST("the first runs; who comes meanwhile is told so; who comes later gets the answer")
{
	char key[ONCE_KEY];
	struct once o;
	FJ_AUTO(json) answer = json_pack("{s:i}", "imported", 2);

	once_key(key);
	CHECK(begin(ME, key) == ONCE_NEW);
	CHECK(begin(ME, key) == ONCE_RUNNING);
	once_end(ME, key, answer, NULL);
	CHECK(begin(ME, key) == ONCE_DONE);
	CHECK(once_find(ME, key, &o));
	CHECK(o.state == ONCE_DONE && json_equal(o.answer, answer));
	CHECK_STR(o.command, "ledger.import");
	CHECK_STR(o.back, "/show/asset/X");
	json_decref(o.answer);
}

TEST("a refusal is told again, with its rule")
{
	char key[ONCE_KEY];
	struct once o;
	struct fj_err err = {0};

	once_key(key);
	CHECK(begin(ME, key) == ONCE_NEW);
	fj_fail(&err, FJ_E_REFUSED, "rules", "R23", "there is no way back");
	once_end(ME, key, NULL, &err);
	CHECK(once_find(ME, key, &o) && o.state == ONCE_REFUSED && o.answer == NULL);
	CHECK_STR(o.err.cite, "R23");
}

TEST("another session does not find it, and its own form with that key runs")
{
	char key[ONCE_KEY];
	struct once o;

	once_key(key);
	CHECK(begin(ME, key) == ONCE_NEW);
	CHECK(!once_find(OTHER, key, &o));
	CHECK(begin(OTHER, key) == ONCE_NEW);
}

TEST("answers make room for newer ones, what is running does not")
{
	char running[ONCE_KEY], key[ONCE_KEY], first[ONCE_KEY] = "";
	struct once o;
	FJ_AUTO(json) answer = json_object();

	once_key(running);
	CHECK(begin(ME, running) == ONCE_NEW);
	for (int i = 0; i < 300; i++) {
		once_key(key);
		CHECK(begin(ME, key) == ONCE_NEW);
		once_end(ME, key, answer, NULL);
		if (i == 0)
			memcpy(first, key, sizeof(first));
	}
	CHECK(!once_find(ME, first, &o));
	CHECK(begin(ME, running) == ONCE_RUNNING);
	CHECK(begin(ME, key) == ONCE_DONE);
}

TEST("a stranger empties nobody's places but a stranger's")
{
	char mine[ONCE_KEY], key[ONCE_KEY], first[ONCE_KEY] = "";
	struct once o;
	FJ_AUTO(json) answer = json_object();

	once_key(mine);
	CHECK(begin(ME, mine) == ONCE_NEW);
	once_end(ME, mine, answer, NULL);
	for (int i = 0; i < 300; i++) {
		once_key(key);
		CHECK(begin(ONCE_PUBLIC, key) == ONCE_NEW);
		once_end(ONCE_PUBLIC, key, answer, NULL);
		if (i == 300 - 33)
			memcpy(first, key, sizeof(first));
	}
	CHECK(begin(ME, mine) == ONCE_DONE);
	CHECK(begin(ONCE_PUBLIC, key) == ONCE_DONE);
	CHECK(!once_find(ONCE_PUBLIC, first, &o));
}

TEST_MAIN
