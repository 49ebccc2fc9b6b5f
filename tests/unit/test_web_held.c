/* Files between a preview and the act: whose place is taken when there are too many. */
#include "tests/unit/test.h"
#include "web/portal/internal.h"

static bool there(const char *session, const char *key)
{
	char name[161];
	FJ_AUTO(json) bytes = held_get(session, "scan", key, name);

	return bytes != NULL;
}

static bool put(const char *session, const char *text, char key[ONCE_KEY])
{
	return held_put(session, "scan", "scan.pdf", fj_slice_str(text), key);
}

TEST("a file is found by its session, field and key, until it is dropped")
{
	char key[ONCE_KEY], name[161];

	CHECK(put("one", "octets", key));
	FJ_AUTO(json) bytes = held_get("one", "scan", key, name);
	CHECK_STR(json_string_value(bytes), "octets");
	CHECK_STR(name, "scan.pdf");
	FJ_AUTO(json) other = held_get("one", "file", key, name);
	CHECK(other == NULL && !there("another", key));
	held_drop("one", "scan", key);
	CHECK(!there("one", key));
}

TEST("a session with four loses its own oldest, and no other's")
{
	char quiet[ONCE_KEY], keys[30][ONCE_KEY];

	CHECK(put("quiet", "q", quiet));
	for (size_t i = 0; i < 30; i++)
		CHECK(put("busy", "b", keys[i]));
	CHECK(there("quiet", quiet));
	for (size_t i = 0; i < 30; i++)
		CHECK(there("busy", keys[i]) == (i >= 26));
}

TEST("with all places taken the oldest of all makes room")
{
	char first[ONCE_KEY], key[ONCE_KEY], session[16];

	CHECK(put("first", "f", first));
	for (size_t i = 0; i < 24; i++) {
		snprintf(session, sizeof(session), "s%zu", i);
		CHECK(put(session, "s", key));
	}
	CHECK(!there("first", first) && there(session, key));
}

TEST_MAIN
