/* strict JSON in, canonical JSON out */
#include "base/json.h"
#include "tests/unit/test.h"

TEST("what RFC 8259 or this house does not allow is refused")
{
	static const char *const bad[] = {"", "{", "{\"a\":1,\"a\":2}", "{\"a\":1.5}", "{\"a\":1e2}", "[1,]", "{\"a\":1}x", "{\"a\":\"\\u0000\"}", "\"\xff\"", "nul",
		"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]"};
	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++) {
		json_t *j = NULL;
		CHECK(fj_json_parse(fj_slice_str(bad[i]), 1000, &j, NULL) != FJ_OK);
	}
	json_t *j = NULL;
	CHECK_RC(fj_json_parse(FJ_SLICE("{\"a\":\"x\0y\"}", 11), 1000, &j, NULL), FJ_E_PARSE);
	CHECK_RC(fj_json_parse(fj_slice_str("[1,2,3]"), 6, &j, NULL), FJ_E_LIMIT);
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
