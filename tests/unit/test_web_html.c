/* Templates: what is put into a page is escaped by where it stands, and the texts of the catalogues are found. */
#include "tests/unit/test.h"
#include "web/http/http.h"

TEST("a value in text and attributes is escaped")
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(4096);

	web_print(&b, "<p title=\"%s\">%s</p>", "\"><script>", "a<b & 'c'");
	CHECK_STR(fj_buf_str(&b), "<p title=\"&quot;&gt;&lt;script&gt;\">a&lt;b &amp; &#39;c&#39;</p>");
}

TEST("a value inside an address is escaped as a part of it")
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(4096);

	web_print(&b, "<a href=\"/show/%s/%s?a=%s#x\" title=\"%s\">", "a/../b", "\" onclick=\"", "1&b=2", "a/b");
	CHECK_STR(fj_buf_str(&b), "<a href=\"/show/a%2F..%2Fb/%22%20onclick%3D%22?a=1%26b%3D2#x\" title=\"a/b\">");
}

TEST("a whole address is one of this site or of the web, and nothing that runs")
{
	static const char *const cases[][2] = {{"/a?b=1&c=2", "/a?b=1&amp;c=2"}, {"?x", "?x"}, {"#stop", "#stop"}, {"https://a.example/", "https://a.example/"}, {"", ""},
		{"//evil.example", "#"}, {"/\\evil.example", "#"}, {"javascript:alert(1)", "#"}, {" javascript:alert(1)", "#"}, {"data:text/html,x", "#"}, {"HTTPS://a", "#"}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(cases); i++) {
		FJ_AUTO(buf) b = FJ_BUF_INIT(4096);
		FJ_AUTO(buf) want = FJ_BUF_INIT(4096);
		web_print(&b, "<a class=\"x\" href=\"%s\">", cases[i][0]);
		CHECK(fj_buf_printf(&want, "<a class=\"x\" href=\"%s\">", cases[i][1]) == FJ_OK);
		CHECK_STR(fj_buf_str(&b), fj_buf_str(&want));
	}
}

static const char *volatile absent;
TEST("numbers stand as they are, what is absent is empty, and a percent sign is one")
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(4096);

	web_print(&b, "%d %u %zu %lld %s|%%", -3, 4u, (size_t)5, -6000000000LL, absent);
	CHECK_STR(fj_buf_str(&b), "-3 4 5 -6000000000 |%");
}

TEST("a page that does not fit is seen to be cut, never taken for a whole one")
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(8);

	web_print(&b, "<p>%s</p>", "longer than that");
	web_html(&b, "x");
	CHECK(b.max == 0);
}

TEST("a clause is cited in Chinese as laws are")
{
	static const char *const cases[][2] = {{"27号 art. 9", "27号第9条"}, {"27号 arts. 11, 13", "27号第11、13条"}, {"27号 art. 14(九)", "27号第14条(九)"}, {"26号 arts. 9(四), 20", "26号第9(四)、20条"},
	    {"26号 arts. 10 to 12, 15", "26号第10至12、15条"}, {"167·三(三); 27号 art. 14(九)", "167·三(三)；27号第14条(九)"}, {"R22", "规则 R22"}, {"167·三(三)", "167·三(三)"}, {"", ""}, {"26号 art. ", "26号第条"}};
	char out[240], small[8];

	for (size_t i = 0; i < FJ_ARRAY_LEN(cases); i++) {
		web_clause_zh(cases[i][0], out, sizeof(out));
		CHECK_STR(out, cases[i][1]);
	}
	web_clause_zh("27号 art. 9", small, sizeof(small));
	CHECK(strlen(small) < sizeof(small));
}

TEST_MAIN
