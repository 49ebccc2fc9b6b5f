/* buffers, wire fields, base64, UTF-8 */
#include "base/buf.h"
#include "tests/unit/test.h"

TEST("a buffer takes its maximum and not one octet more, and stays as it was")
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(4);
	CHECK_RC(fj_buf_put(&b, "abcd", 4), FJ_OK);
	CHECK_RC(fj_buf_put(&b, "e", 1), FJ_E_LIMIT);
	CHECK_STR(fj_buf_str(&b), "abcd");
}

TEST("base64url follows RFC 4648 10 without padding, both ways")
{
	static const char *const pairs[][2] = {{"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"foob", "Zm9vYg"}, {"\xff\xfe", "__4"}};
	for (size_t i = 0; i < FJ_ARRAY_LEN(pairs); i++) {
		FJ_AUTO(buf) e = FJ_BUF_INIT(64);
		FJ_AUTO(buf) d = FJ_BUF_INIT(64);
		CHECK_RC(fj_b64u_put(&e, fj_slice_str(pairs[i][0])), FJ_OK);
		CHECK_STR(fj_buf_str(&e), pairs[i][1]);
		CHECK_RC(fj_b64u_get(pairs[i][1], strlen(pairs[i][1]), &d), FJ_OK);
		CHECK_STR(fj_buf_str(&d), pairs[i][0]);
	}
}

TEST("base64url refuses padding, white space, foreign letters, stray bits and high octets")
{
	static const char *const bad[] = {"Zg==", "Zg=", "Z g", "Zg\n", "Z+", "Z/", "Zh", "Zm9", "A", "\xa0g", "Zm\xe1v"};
	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++) {
		FJ_AUTO(buf) d = FJ_BUF_INIT(64);
		CHECK_RC(fj_b64u_get(bad[i], strlen(bad[i]), &d), FJ_E_PARSE);
	}
}

TEST("base64 has its padding, all of it and nothing else; the same octets have one spelling")
{
	static const char *const pairs[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"\xff\xfe\xff", "//7/"}, {"\xfb\xef\xbe", "++++"}};
	static const char *const bad[] = {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm9v====", "-_-_", "Zm=v", "Zm8=\n", "Zm9vA"};
	for (size_t i = 0; i < FJ_ARRAY_LEN(pairs); i++) {
		FJ_AUTO(buf) e = FJ_BUF_INIT(64);
		FJ_AUTO(buf) d = FJ_BUF_INIT(64);
		CHECK_RC(fj_b64_put(&e, fj_slice_str(pairs[i][0])), FJ_OK);
		CHECK_STR(fj_buf_str(&e), pairs[i][1]);
		CHECK_RC(fj_b64_get(pairs[i][1], strlen(pairs[i][1]), &d), FJ_OK);
		CHECK_STR(fj_buf_str(&d), pairs[i][0]);
	}
	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++) {
		FJ_AUTO(buf) d = FJ_BUF_INIT(64);
		CHECK_RC(fj_buf_puts(&d, "x"), FJ_OK);
		CHECK_RC(fj_b64_get(bad[i], strlen(bad[i]), &d), FJ_E_PARSE);
		CHECK_STR(fj_buf_str(&d), "x");
	}
	FJ_AUTO(buf) small = FJ_BUF_INIT(2);
	CHECK_RC(fj_b64_get("Zm9v", 4, &small), FJ_E_LIMIT);
	CHECK_RC(fj_b64_get("Zm8=", 4, &small), FJ_OK);
}

TEST("every octet outside the alphabet is refused in every place")
{
	for (int c = 1; c < 256; c++) {
		char s[5] = "Zm9v";
		FJ_AUTO(buf) d = FJ_BUF_INIT(64);
		bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
		s[1] = (char)c;
		CHECK((fj_b64u_get(s, 4, &d) == FJ_OK) == letter);
	}
}

TEST("UTF-8 is well-formed by RFC 3629 4: no overlong form, surrogate, or code beyond U+10FFFF")
{
	static const char *const good[] = {"", "a", "数据", "\xf4\x8f\xbf\xbf"}, *const bad[] = {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe6\x95", "\x80", "\xff"};
	for (size_t i = 0; i < FJ_ARRAY_LEN(good); i++)
		CHECK(fj_utf8_valid(fj_slice_str(good[i])));
	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++)
		CHECK(!fj_utf8_valid(fj_slice_str(bad[i])));
	CHECK(!fj_utf8_valid(FJ_SLICE("a\0b", 3)));
	CHECK(fj_slice_eq(fj_utf8_unmarked(fj_slice_str("\xef\xbb\xbf" "a")), fj_slice_str("a")) && fj_utf8_unmarked(fj_slice_str("\xef\xbb")).len == 2);
	CHECK(fj_utf8_count("数据a") == 3 && fj_utf8_prefix("数据a", 2) == 6);
}

TEST("wire fields come back as they went; a short source is malformed")
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(256);
	struct fj_rd r;
	struct fj_slice s;
	uint8_t a;
	uint32_t n;
	uint64_t w;
	char text[8];
	CHECK(fj_put_u8(&b, 7) == FJ_OK && fj_put_u32(&b, 70000) == FJ_OK && fj_put_u64(&b, UINT64_MAX) == FJ_OK && fj_put_str(&b, "名") == FJ_OK);
	for (size_t cut = 0; cut <= b.len; cut++) {
		fj_rd_init(&r, FJ_SLICE(b.data, cut));
		enum fj_rc rc = fj_get_u8(&r, &a);
		if (rc == FJ_OK)
			rc = fj_get_u32(&r, &n);
		if (rc == FJ_OK)
			rc = fj_get_u64(&r, &w);
		if (rc == FJ_OK)
			rc = fj_get_str(&r, text, sizeof(text));
		CHECK((rc == FJ_OK) == (cut == b.len));
	}
	CHECK(a == 7 && n == 70000 && w == UINT64_MAX);
	CHECK_STR(text, "名");
	fj_rd_init(&r, fj_buf_slice(&b));
	CHECK_RC(fj_get_bytes(&r, 10, &s), FJ_E_PARSE);
}

TEST_MAIN
