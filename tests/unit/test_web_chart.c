/*
 * test_web_chart.c - charts of nothing, of zeros and of the largest numbers; hostile
 * labels; the same numbers in the picture's words and in the table.
 */
#include <stdlib.h>

#include "tests/unit/test.h"
#include "web/portal/chart.h"

static const char *draw(struct fj_buf *b, struct chart *c)
{
	c->id = "x";
	c->title = c->title == NULL ? "Title" : c->title;
	c->head = "Head";
	c->series[0] = c->series[0] == NULL ? "one" : c->series[0];
	c->series[1] = "two";
	c->series[2] = "three";
	c->n_series = c->n_series == 0 ? 1 : c->n_series;
	c->as_table = "table";
	c->none = "nothing";
	chart_draw(b, c);
	return fj_buf_str(b);
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, what)) != NULL; p += strlen(what))
		n++;
	return n;
}

TEST("a chart of no rows says so and has no picture")
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(1u << 16);
	struct chart c = {.kind = CHART_BARS};
	const char *page = draw(&b, &c);
	CHECK(strstr(page, "nothing") != NULL && strstr(page, "<svg") == NULL && strstr(page, "<table") == NULL);
}

TEST("zeros have no bar, and what is there is seen however small")
{
	static const struct chart_row rows[] = {{"big", {1000000}}, {"small", {1}}, {"none", {0}}};
	FJ_AUTO(buf) b = FJ_BUF_INIT(1u << 16);
	struct chart c = {.kind = CHART_BARS, .rows = rows, .n_rows = 3};
	const char *page = draw(&b, &c);
	CHECK(count(page, "class=\"s0\"") == 2 && count(page, "class=\"track\"") == 3);
	CHECK(strstr(page, "width=\"100.00%\"") != NULL && strstr(page, "width=\"0.25%\"") != NULL);
	FJ_AUTO(buf) again = FJ_BUF_INIT(1u << 16);
	static const struct chart_row zeros[] = {{"2026-01", {0, 0}}, {"2026-02", {0, 0}}};
	for (int k = CHART_BARS; k <= CHART_LINES; k++) {
		struct chart z = {.kind = (enum chart_kind)k, .rows = zeros, .n_rows = 2, .n_series = 2};
		page = draw(&again, &z);
		CHECK(again.max > 0 && strstr(page, "NaN") == NULL && strstr(page, "<rect class=\"s0\" x=") == NULL);
	}
}

TEST("the largest and the least numbers are drawn within the picture")
{
	static const struct chart_row rows[] = {{"2026-01", {INT64_MAX, INT64_MAX, INT64_MAX}}, {"2026-02", {INT64_MIN, 5, INT64_MIN}}, {"2026-03", {0, -1, INT64_MAX}}};
	for (int k = CHART_BARS; k <= CHART_LINES; k++) {
		FJ_AUTO(buf) b = FJ_BUF_INIT(1u << 18);
		struct chart c = {.kind = (enum chart_kind)k, .rows = rows, .n_rows = 3, .n_series = 3, .fen = k == CHART_LINES};
		const char *page = draw(&b, &c);
		for (const char *p = page; (p = strstr(p, "y=\"")) != NULL; p += 3)
			CHECK(strtoul(p + 3, NULL, 10) <= 200 || p[3] == '-');
		for (const char *p = page; (p = strstr(p, "width=\"")) != NULL; p += 7)
			CHECK(strtoul(p + 7, NULL, 10) <= 100);
		CHECK(strstr(page, k == CHART_LINES ? "92,233,720,368,547,758.07" : "9,223,372,036,854,775,807") != NULL);
		CHECK(strstr(page, k == CHART_LINES ? "-92,233,720,368,547,758.08" : "-9,223,372,036,854,775,808") != NULL);
	}
}

TEST("a hostile label is text wherever it stands")
{
	static const struct chart_row rows[] = {{"<script>alert(1)</script>\"' onload=x", {3, 2, 1}}, {"2026-0<", {1, 1, 1}}, {"a\xe2\x80\xae" "b", {1, 1, 1}}};
	for (int k = CHART_BARS; k <= CHART_LINES; k++) {
		FJ_AUTO(buf) b = FJ_BUF_INIT(1u << 18);
		struct chart c = {.kind = (enum chart_kind)k, .rows = rows, .n_rows = 3, .n_series = 3, .title = "<b>\"", .series = {"<i>"}};
		const char *page = draw(&b, &c);
		CHECK(strstr(page, "<script") == NULL && strstr(page, "<b>") == NULL && strstr(page, "<i>") == NULL && strstr(page, "\" onload") == NULL && strstr(page, "\xe2\x80\xae") == NULL);
		CHECK(strstr(page, "&lt;script&gt;") != NULL && strstr(page, "style=") == NULL && strstr(page, "2026-0<") == NULL);
	}
}

TEST("a long label is cut between characters in the picture and whole in the table")
{
	static const struct chart_row rows[] = {{"电力、热力、燃气及水生产和供应业和其他很长的名称", {3}}};
	FJ_AUTO(buf) b = FJ_BUF_INIT(1u << 16);
	struct chart c = {.kind = CHART_BARS, .rows = rows, .n_rows = 1};
	const char *page = draw(&b, &c);
	CHECK(strstr(page, ">电力、热力、燃气及水生产和供应…</text>") != NULL);
	CHECK(strstr(page, "\">电力、热力、燃气及水生产和供应业和其他很长的名称</td>") != NULL);
}

TEST("the picture has a title and all its numbers in words, the table a row for each")
{
	static const struct chart_row rows[] = {{"整体授权", {12, 3, 0}}, {"依场景授权", {1, 0, 4}}};
	FJ_AUTO(buf) b = FJ_BUF_INIT(1u << 16);
	struct chart c = {.kind = CHART_STACKED, .rows = rows, .n_rows = 2, .n_series = 3, .title = "授权"};
	const char *page = draw(&b, &c);
	CHECK(strstr(page, "role=\"img\"") != NULL && strstr(page, "aria-labelledby=\"x-t x-d\"><title id=\"x-t\">授权</title><desc id=\"x-d\">整体授权 12 / 3 / 0; 依场景授权 1 / 0 / 4</desc>") != NULL);
	CHECK(count(page, "<tr>") == 3 && count(page, "class=\"num\"") == 6 && count(page, "class=\"key s") == 3);
	CHECK(count(page, "<rect class=\"s0\"") == 2 && count(page, "<rect class=\"s1\"") == 1 && count(page, "<rect class=\"s2\"") == 1);
}

TEST("numbers are grouped by thousands, fen are yuan")
{
	char n[CHART_NUMBER_CAP];
	static const struct {
		int64_t n;
		bool fen;
		const char *text;
	} cases[] = {{0, false, "0"}, {999, false, "999"}, {1000, false, "1,000"}, {-1234567, false, "-1,234,567"}, {0, true, "0.00"}, {5, true, "0.05"}, {-5, true, "-0.05"}, {123456789, true, "1,234,567.89"}};
	for (size_t i = 0; i < FJ_ARRAY_LEN(cases); i++) {
		chart_number(cases[i].n, cases[i].fen, n);
		CHECK_STR(n, cases[i].text);
	}
}

TEST_MAIN
