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

TEST("a clause is cited as laws are in either language, and has its place on the page of bases")
{
	static const struct {
		const char *cite, *zh, *en, *id;
	} cases[] = {{"27号 art. 9", "27号第9条", "Rules No. 27, art. 9", "d27"}, {"27号 arts. 11, 13", "27号第11、13条", "Rules No. 27, arts. 11, 13", "d27"},
		{"27号 art. 14(九)", "27号第14条(九)", "Rules No. 27, art. 14(9)", "d27"}, {"26号 arts. 9(四), 20", "26号第9(四)、20条", "Measures No. 26, arts. 9(4), 20", "d26"},
		{"26号 arts. 10 to 12, 15", "26号第10至12、15条", "Measures No. 26, arts. 10 to 12, 15", "d26"},
		{"167·三(三); 27号 art. 14(九)", "167号三(三)；27号第14条(九)", "Plan No. 167, section 3(3); Rules No. 27, art. 14(9)", "167-3-3"}, {"167·三(五)", "167号三(五)", "Plan No. 167, section 3(5)", "167-3-5"},
		{"65号 二、三", "65号二、三", "Notice No. 65, sections 2, 3", "d65"}, {"65号 三(二)", "65号三(二)", "Notice No. 65, section 3(2)", "d65"}, {"65号", "65号", "Notice No. 65", "d65"},
		{"1号(六) [M]", "1号(六)（未核原文）", "Notice No. 1, item 6 (text not checked)", "d1"}, {"141(十一) [M]", "141号(十一)（未核原文）", "Opinions No. 141, item 11 (text not checked)", "d141"},
		{"财资〔2021〕127号 art. 5 [E]", "财资〔2021〕127号第5条（据节录）", "MoF Caizi [2021] No. 127, art. 5 (from an excerpt)", "d127"},
		{"35号 art. 19, annex 1", "35号第19条、附件1", "Guide No. 35, art. 19, annex 1", "d35"}, {"35号 annex 1", "35号附件1", "Guide No. 35, annex 1", "d35"},
		{"167·四(三) [D]", "167号四(三)（本系统设计）", "Plan No. 167, section 4(3) (by design)", "167-4-3"}, {"domain.md 7.3", "业务规则 7.3", "business rules 7.3", "own-7.3"},
		{"domain.md decision 8", "业务规则 决定8", "business rules, decision 8", "own-d8"}, {"docs/formats.md 8", "格式规范 8", "format rules 8", ""}, {"RFC 5280 6.1.3", "RFC 5280 6.1.3", "RFC 5280 6.1.3", ""},
		{"R22", "规则 R22", "R22", "R22"}, {"", "", "", ""}, {"26号 art. ", "26号第条", "Measures No. 26, art. ", "d26"}};
	char out[240], small[8], id[WEB_CLAUSE_ID];

	for (size_t i = 0; i < FJ_ARRAY_LEN(cases); i++) {
		web_clause_text(false, cases[i].cite, out, sizeof(out));
		CHECK_STR(out, cases[i].zh);
		web_clause_text(true, cases[i].cite, out, sizeof(out));
		CHECK_STR(out, cases[i].en);
		web_clause_id(cases[i].cite, id);
		CHECK_STR(id, cases[i].id);
	}
	web_clause_text(false, "27号 art. 9", small, sizeof(small));
	CHECK(strlen(small) < sizeof(small));
}

TEST_MAIN
