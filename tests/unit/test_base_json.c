/* strict JSON in, canonical JSON out */
#include "base/json.h"
#include "tests/unit/test.h"

TEST("what RFC 8259 or this house does not allow is refused")
{
	static const char *const bad[] = {"", "{", "{\"a\":1,\"a\":2}", "{\"a\":1.5}", "{\"a\":1e2}", "[1,]", "{\"a\":1}x", "{\"a\":\"\\u0000\"}", "\"\xff\"", "nul",
		"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", " ", "1", "\"a\"", "null", "[nul]", "[True]", "[01]", "[-]", "[+1]", "[1e400]", "[.5]", "[9223372036854775808]",
		"[-9223372036854775809]", "[99999999999999999999999]", "[1 2]", "[1}", "{\"a\"}", "{\"a\",1}", "{a:1}", "{'a':1}", "{\"a\":1,}", "{,}", "[,]", "[\"a]", "[\"\\x\"]",
		"[\"\\u12g4\"]", "[\"\\u12\"]", "[\"\\ud800\"]", "[\"\\ud800\\u0041\"]", "[\"\\udc00\"]", "[\"\\ud800\\ud800\"]", "[\"a\nb\"]", "[\"a\tb\"]", "[\"\\", "[\"\\u",
		"{\"a\":1,\"\\u0061\":2}", "[1]\n[2]", "[1]//", "\xef\xbb\xbf[1]", "[\f1]", "{\"a\":{\"b\":1,\"b\":1}}", "]", "[[1]"};
	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++) {
		json_t *j = NULL;
		CHECK(fj_json_parse(fj_slice_str(bad[i]), 1000, &j, NULL) != FJ_OK);
	}
	json_t *j = NULL;
	CHECK_RC(fj_json_parse(FJ_SLICE("{\"a\":\"x\0y\"}", 11), 1000, &j, NULL), FJ_E_PARSE);
	CHECK_RC(fj_json_parse(fj_slice_str("[1,2,3]"), 6, &j, NULL), FJ_E_LIMIT);
}

TEST("what RFC 8259 allows is read as it is meant, the smallest and the largest number too")
{
	static const char *const pairs[][2] = {{"[]", "[]"}, {" {\t} \r\n", "{}"}, {"[-0, 0, -1]", "[0,0,-1]"},
		{"[9223372036854775807,-9223372036854775808]", "[9223372036854775807,-9223372036854775808]"},
		{"{\"\":\"\",\"\\u0061\":true}", "{\"\":\"\",\"a\":true}"}, {"[\"\\u0041\\u00e9\\u6570\\ud83d\\ude00\\/\\b\\f\\n\\r\\t\\\"\\\\z\"]", "[\"Aé数😀/\\b\\f\\n\\r\\t\\\"\\\\z\"]"},
		{"[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"}, {"[[[[]]],[[[]]]]", "[[[[]]],[[[]]]]"}};
	struct fj_err err = {0};
	for (size_t i = 0; i < FJ_ARRAY_LEN(pairs); i++) {
		FJ_AUTO(json) j = NULL;
		FJ_AUTO(buf) b = FJ_BUF_INIT(1000);
		CHECK_OK(fj_json_parse(fj_slice_str(pairs[i][0]), 1000, &j, &err));
		CHECK_OK(fj_json_canonical(j, &b, &err));
		CHECK_STR(fj_buf_str(&b), pairs[i][1]);
	}
}

TEST("100000 values and not one more")
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(1u << 20);
	FJ_AUTO(json) j = NULL;
	json_t *none = NULL;
	CHECK_RC(fj_buf_puts(&b, "[1"), FJ_OK);
	for (int i = 1; i < FJ_JSON_VALUES; i++)
		CHECK_RC(fj_buf_puts(&b, ",1"), FJ_OK);
	CHECK_RC(fj_buf_puts(&b, "]"), FJ_OK);
	CHECK_RC(fj_json_parse(fj_buf_slice(&b), 1u << 20, &j, NULL), FJ_OK);
	b.len--;
	CHECK_RC(fj_buf_puts(&b, ",1]"), FJ_OK);
	CHECK_RC(fj_json_parse(fj_buf_slice(&b), 1u << 20, &none, NULL), FJ_E_PARSE);
}

TEST("canonical form sorts names by octets and escapes as little as it may")
{
	FJ_AUTO(json) j = NULL;
	FJ_AUTO(buf) b = FJ_BUF_INIT(1000);
	struct fj_err err = {0};
	CHECK_OK(fj_json_parse(fj_slice_str("{ \"b\" : [1, -2, null, true], \"a\\n\" : \"数\\u0001\\\"\\\\/\", \"B\" : {} }"), 1000, &j, &err));
	CHECK_OK(fj_json_canonical(j, &b, &err));
	CHECK_STR(fj_buf_str(&b), "{\"B\":{},\"a\\n\":\"数\\u0001\\\"\\\\/\",\"b\":[1,-2,null,true]}");
}

TEST("getters name the field that is wrong")
{
	FJ_AUTO(json) j = NULL;
	struct fj_err err = {0};
	const char *s;
	int64_t n;
	static const char *const known[] = {"s", "n", NULL};
	CHECK_OK(fj_json_parse(fj_slice_str("{\"s\":\"\",\"n\":11,\"x\":1}"), 100, &j, &err));
	CHECK_RC(fj_json_str(j, "s", 5, &s, &err), FJ_E_INVALID);
	CHECK(strstr(err.en, "\"s\"") != NULL);
	CHECK_RC(fj_json_int(j, "n", 0, 10, &n, &err), FJ_E_INVALID);
	CHECK_RC(fj_json_only(j, known, &err), FJ_E_INVALID);
	CHECK(strstr(err.en, "\"x\"") != NULL);
}

TEST_MAIN
