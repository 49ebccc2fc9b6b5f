/*
 * test_iss_preview.c - what will be signed as rows, differences, and events in words.
 */
#include "issuer/course.h"
#include "issuer/preview.h"
#include "tests/unit/test.h"

static json_t *row_of(const json_t *rows, const char *key)
{
	size_t i;
	json_t *v;

	json_array_foreach(rows, i, v)
		if (strcmp(fj_json_text(v, "key"), key) == 0)
			return v;
	return NULL;
}

static json_t *claims(const char *mode, const char *purpose, const char *until)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:{s:s}, s:{s:s, s:[s]}, s:{s:s}}", "iss", "https://x", "vct", "authorisation", "jti", "DAU-1", "exp", (json_int_t)strtoll(until, NULL, 10), "holder", "usci", "H", "grant", "mode",
	    mode, "purposes", purpose, "terms", "kind", "free");
}

TEST("claims stand as rows; what comes with the signature has no value and says so")
{
	FJ_AUTO(json) c = claims("WHOLE", "WELFARE", "1000");
	FJ_AUTO(json) rows = json_array();

	CHECK(prv_claims(c, rows, NULL) == FJ_OK);
	CHECK_STR(fj_json_text(row_of(rows, "mode"), "value"), "WHOLE");
	CHECK_STR(fj_json_text(row_of(rows, "mode"), "part"), "grant");
	CHECK(json_is_true(json_object_get(row_of(rows, "jti"), "drawn")) && json_object_get(row_of(rows, "jti"), "value") == NULL);
	CHECK(row_of(rows, "operator") == NULL); /* what the claims do not say */
}

TEST("a beginning that is said will be signed as it is; else it is the moment of signing")
{
	FJ_AUTO(json) c = claims("WHOLE", "WELFARE", "1000");
	FJ_AUTO(json) rows = json_array();
	FJ_AUTO(json) said = json_array();

	CHECK(prv_claims(c, rows, NULL) == FJ_OK);
	CHECK(json_is_true(json_object_get(row_of(rows, "nbf"), "drawn")) && json_object_get(row_of(rows, "nbf"), "value") == NULL);
	json_object_set_new(c, "nbf", json_integer(500));
	CHECK(prv_claims(c, said, NULL) == FJ_OK);
	CHECK(json_object_get(row_of(said, "nbf"), "drawn") == NULL && fj_json_num(row_of(said, "nbf"), "value") == 500);
}

TEST("only what differs has what it was; a row that is gone stays, without a value")
{
	FJ_AUTO(json) a = claims("WHOLE", "WELFARE", "1000");
	FJ_AUTO(json) b = claims("WHOLE", "PUBGOV", "500");
	FJ_AUTO(json) before = json_array();
	FJ_AUTO(json) rows = json_array();

	json_object_set_new(json_object_get(a, "grant"), "quota", json_integer(7));
	CHECK(prv_claims(a, before, NULL) == FJ_OK && prv_claims(b, rows, NULL) == FJ_OK);
	CHECK(prv_compare(rows, before, NULL) == FJ_OK);
	CHECK(json_object_get(row_of(rows, "mode"), "was") == NULL);
	CHECK_STR(json_string_value(json_array_get(json_object_get(row_of(rows, "purposes"), "was"), 0)), "WELFARE");
	CHECK(fj_json_num(row_of(rows, "exp"), "was") == 1000);
	CHECK(fj_json_num(row_of(rows, "quota"), "was") == 7);
	CHECK(json_is_null(json_object_get(row_of(rows, "quota"), "value")));
	CHECK(json_object_get(row_of(rows, "jti"), "was") == NULL);
}

TEST("nothing before: nothing differs")
{
	FJ_AUTO(json) c = claims("SCENE", "SECTOR", "1");
	FJ_AUTO(json) rows = json_array();
	size_t i;
	json_t *v;

	CHECK(prv_claims(c, rows, NULL) == FJ_OK && prv_compare(rows, NULL, NULL) == FJ_OK);
	json_array_foreach(rows, i, v)
		CHECK(json_object_get(v, "was") == NULL);
}

TEST("every kind of event has words in both languages; a clause has its basis")
{
	static const char *const kinds[] = {
#define EVENT(kind, apply) kind,
#include "issuer/events_core.def"
#include "issuer/events_domain.def"
#undef EVENT
	};

	for (size_t i = 0; i < FJ_ARRAY_LEN(kinds); i++) {
		const struct evt_word *w = evt_word(kinds[i]);
		if (w == NULL)
			printf("# no words for %s\n", kinds[i]);
		CHECK(w != NULL && w->zh[0] != '\0' && (unsigned char)w->zh[0] >= 0x80 && w->en[0] != '\0');
		CHECK(w == NULL || (w->clause[0] == '\0') == (w->basis[0] == '\0'));
	}
	CHECK(evt_word("nothing.happened") == NULL);
}

TEST("the words go into an item of a history")
{
	FJ_AUTO(json) item = json_object();

	CHECK(evt_word_into("registration.accepted", item, NULL) == FJ_OK);
	CHECK_STR(fj_json_text(json_object_get(item, "what"), "zh"), "受理");
	CHECK_STR(fj_json_text(item, "clause"), "26号 art. 10");
	CHECK(evt_word_into("nothing.happened", item, NULL) == FJ_OK);
}

TEST_MAIN
