/* What the public's pages take and show: addresses out of QR codes, and the manual as pages of help. */
#include "tests/unit/test.h"
#include "web/portal/help_text.h"
#include "web/portal/picture.h"

TEST("number and digest are taken from an address as our papers carry it")
{
	char number[41], h[65], base[161];

	CHECK(picture_address("https://v.example/v/DAC-420000-202604-000001-2?h=0123456789abcdef", number, h, base));
	CHECK_STR(number, "DAC-420000-202604-000001-2");
	CHECK_STR(h, "0123456789abcdef");
	CHECK_STR(base, "https://v.example");
	CHECK(picture_address("http://127.0.0.1:8480/sub/v/DAU-420000-202604-000001-C", number, h, base));
	CHECK_STR(number, "DAU-420000-202604-000001-C");
	CHECK_STR(h, "");
	CHECK_STR(base, "http://127.0.0.1:8480/sub");
}

TEST("any other text is no such address")
{
	static const char *const cases[] = {"", "DAC-420000-202604-000001-2", "https://v.example/", "https://v.example/v/", "https:///v/DAC-1", "ftp://v.example/v/DAC-1", "javascript:/v/DAC-1",
		"https://v.example/v/LT-1", "https://v.example/v/dac-1", "https://v.example/v/DAC-1/../x", "https://v.example/v/DAC-1?h=xyz", "https://v.example/v/DAC-1?h=", "https://v.example/v/DAC-1?h=00&x=1",
		"https://v.example/v/DAC-1#x", "https://a@v.example/v/DAC-1", "https://v.example?x=/v/DAC-1", "https://v.example\\@x/v/DAC-1", "https://v.example/v/DAC-1 ", " https://v.example/v/DAC-1",
		"https://v.example/v/DAC-00000000000000000000000000000000000000000000", "https://v.example/v/DAC-1?h=00000000000000000000000000000000000000000000000000000000000000000"};
	char number[41], h[65], base[161];

	for (size_t i = 0; i < FJ_ARRAY_LEN(cases); i++)
		CHECK(!picture_address(cases[i], number, h, base));
}

TEST("a picture is told by its first octets")
{
	CHECK(picture_is(fj_slice_str("\x89PNG\r\n\x1a\n0")));
	CHECK(picture_is(fj_slice_str("\xff\xd8\xff\xe0")));
	CHECK(!picture_is(fj_slice_str("\x89PNG")));
	CHECK(!picture_is(fj_slice_str("GIF89a")));
	CHECK(!picture_is(fj_slice_str("")));
}

TEST("a page of help is the manual's markup, and nothing in it is markup of its own")
{
	static const char *const cases[][2] = {
		{"\nA `b` **c** [d](#tour) [e](/verify).\n", "<p>A <code>b</code> <strong>c</strong> <a href=\"/help/tour\">d</a> <a href=\"/verify\">e</a>.</p>"},
		{"### H\n- a\n- b\n\n1. c\n2. d\n", "<h2>H</h2><ul><li>a</li><li>b</li></ul><ol><li>c</li><li>d</li></ol>"},
		{"| a | b |\n| --- | --- |\n| c | d |\n", "<table><thead><tr><th scope=\"col\">a</th><th scope=\"col\">b</th></tr></thead><tbody><tr><td data-label=\"a\"><div>c</div></td><td data-label=\"b\"><div>d</div></td></tr></tbody></table>"},
		{"```\n<x>\n```\n", "<pre>&lt;x&gt;\n</pre>"},
		{"![p](manual/p.zh.png)\n<b>x</b> [y](javascript:alert(1))\n", "<p>&lt;b&gt;x&lt;/b&gt; <a href=\"#\">y</a>)</p>"},
		{"a * b [c] `d", "<p>a * b [c] `d</p>"},
		{"by R07, XR08 R9 R101 (R22)", "<p>by <a href=\"/basis#R07\">R07</a>, XR08 R9 R101 (<a href=\"/basis#R22\">R22</a>)</p>"},
	};

	for (size_t i = 0; i < FJ_ARRAY_LEN(cases); i++) {
		FJ_AUTO(buf) b = FJ_BUF_INIT(8192);
		help_render(&b, fj_slice_str(cases[i][0]));
		CHECK_STR(fj_buf_str(&b), cases[i][1]);
	}
}

TEST("both manuals have the same sections in the same order")
{
	struct help_section zh, en;
	size_t at = 0, also = 0, n = 0;

	while (help_next(help_manual(false), &at, &zh)) {
		CHECK(help_next(help_manual(true), &also, &en));
		CHECK(zh.id.len > 0 && fj_slice_eq(zh.id, en.id) && zh.text.len > 20 && en.text.len > 20);
		n++;
	}
	CHECK(!help_next(help_manual(true), &also, &en) && n > 10);
}

TEST_MAIN
