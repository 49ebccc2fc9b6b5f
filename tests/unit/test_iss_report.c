/*
 * test_iss_report.c - documents as files: every format holds what the document says, texts stay
 * texts, amounts are exact, and a document that is none is refused before a file is begun.
 */
#include <zip.h>

#include "issuer/report/report.h"
#include "tests/unit/test.h"

static const char small[] =
    "{\"title\":\"半年报告\",\"subtitle\":\"2026年上半年\",\"mark\":\"草稿\",\"meta\":[[\"单位\",\"湖北省财政厅\"]],"
    "\"sections\":[{\"heading\":\"一、台账 <&>\",\"blocks\":[{\"text\":\"总体情况。\"},{\"table\":{\"caption\":\"表一\",\"columns\":"
    "[{\"title\":\"指标\",\"type\":\"text\",\"width\":4},{\"title\":\"数量\",\"type\":\"integer\",\"width\":2},{\"title\":\"金额\",\"type\":\"money\",\"width\":3},"
    "{\"title\":\"日期\",\"type\":\"date\",\"width\":2}],\"rows\":[[\"=1+1\",1234567,67901235,\"2026-06-30\"],[\"退回\",-3,-5,null]]}},{\"note\":\"计数口径\"}]},"
    "{\"heading\":\"二、分单位\",\"apart\":\"分单位\",\"blocks\":[{\"text\":\"on a sheet of its own\"}]},"
    "{\"sheet\":\"数据\",\"blocks\":[{\"table\":{\"columns\":[{\"title\":\"key\",\"type\":\"text\"}],\"rows\":[[\"only.in.workbooks\"]]}}]}],\"foot\":\"摘要\"}";

static json_t *parsed(const char *text)
{
	return json_loads(text, 0, NULL);
}

/* a part of a ZIP; "" when it is not there */
static const char *part(const struct fj_buf *file, const char *name, char *out, size_t cap)
{
	zip_error_t e;
	zip_source_t *s = zip_source_buffer_create(file->data, file->len, 0, &e);
	zip_t *z = s == NULL ? NULL : zip_open_from_source(s, ZIP_RDONLY, &e);
	zip_file_t *f = z == NULL ? NULL : zip_fopen(z, name, 0);
	zip_int64_t n = f == NULL ? 0 : zip_fread(f, out, cap - 1);

	out[n > 0 ? n : 0] = '\0';
	if (f != NULL)
		zip_fclose(f);
	if (z != NULL)
		zip_discard(z);
	return out;
}

TEST("an amount is written to the fen, with and without commas")
{
	static const struct {
		int64_t fen;
		bool grouped;
		const char *want;
	} cases[] = {{0, true, "0.00"}, {5, false, "0.05"}, {-5, true, "-0.05"}, {67901235, true, "679,012.35"}, {67901235, false, "679012.35"}, {100000, true, "1,000.00"},
		{99999, true, "999.99"}, {INT64_MAX, true, "92,233,720,368,547,758.07"}, {INT64_MIN, false, "-92233720368547758.08"}};
	char out[REP_MONEY_CAP];

	for (size_t i = 0; i < FJ_ARRAY_LEN(cases); i++) {
		rep_money(cases[i].fen, cases[i].grouped, out);
		CHECK_STR(out, cases[i].want);
	}
}

TEST("CSV guards texts against formulas and leaves numbers as they are")
{
	struct fj_err err = {0};
	FJ_AUTO(json) m = parsed(small);
	FJ_AUTO(buf) b = FJ_BUF_INIT(1 << 20);

	CHECK_OK(rep_write(m, REP_CSV, &b, &err));
	CHECK(strstr(fj_buf_str(&b), "\r\n'=1+1,1234567,679012.35,2026-06-30\r\n") != NULL);
	CHECK(strstr(fj_buf_str(&b), "\r\n退回,-3,-0.05,\r\n") != NULL);
	CHECK(strstr(fj_buf_str(&b), "only.in.workbooks") == NULL);
}

TEST("HTML escapes every text and groups numbers")
{
	struct fj_err err = {0};
	FJ_AUTO(json) m = parsed(small);
	FJ_AUTO(buf) b = FJ_BUF_INIT(1 << 20);

	CHECK_OK(rep_write(m, REP_HTML, &b, &err));
	CHECK(strstr(fj_buf_str(&b), "一、台账 &lt;&amp;&gt;") != NULL);
	CHECK(strstr(fj_buf_str(&b), "<td class=\"n\">679,012.35</td>") != NULL);
	CHECK(strstr(fj_buf_str(&b), "<script") == NULL && strstr(fj_buf_str(&b), "only.in.workbooks") == NULL);
}

TEST("a workbook has numbers as numbers, texts as texts, and the sheets for machines")
{
	struct fj_err err = {0};
	FJ_AUTO(json) m = parsed(small);
	FJ_AUTO(buf) b = FJ_BUF_INIT(1 << 20);
	static char text[1 << 18];

	CHECK_OK(rep_write(m, REP_XLSX, &b, &err));
	CHECK(strstr(part(&b, "xl/worksheets/sheet1.xml", text, sizeof(text)), "<v>679012.35</v>") != NULL);
	CHECK(strstr(text, "<f>") == NULL);
	CHECK(strstr(text, "=1+1</t>") != NULL);
	CHECK(strstr(text, "on a sheet of its own") == NULL);
	CHECK(strstr(part(&b, "xl/worksheets/sheet2.xml", text, sizeof(text)), "on a sheet of its own") != NULL);
	CHECK(strstr(part(&b, "xl/worksheets/sheet3.xml", text, sizeof(text)), "only.in.workbooks") != NULL);
}

TEST("a DOCX repeats a table's heading, does not split rows, and is the same octets every time")
{
	struct fj_err err = {0};
	FJ_AUTO(json) m = parsed(small);
	FJ_AUTO(buf) b = FJ_BUF_INIT(1 << 20);
	FJ_AUTO(buf) again = FJ_BUF_INIT(1 << 20);
	static char text[1 << 18];

	CHECK_OK(rep_write(m, REP_DOCX, &b, &err));
	CHECK_OK(rep_write(m, REP_DOCX, &again, &err));
	CHECK(fj_slice_eq(fj_buf_slice(&b), fj_buf_slice(&again)));
	CHECK(strstr(part(&b, "word/document.xml", text, sizeof(text)), "<w:tblHeader/>") != NULL);
	CHECK(strstr(text, "<w:cantSplit/>") != NULL && strstr(text, "679,012.35") != NULL && strstr(text, "一、台账 &lt;&amp;&gt;") != NULL);
	CHECK(strstr(part(&b, "word/footer1.xml", text, sizeof(text)), "NUMPAGES") != NULL);
}

TEST("PDF pages are drawn by another process, with their fonts inside")
{
	struct fj_err err = {0};
	FJ_AUTO(json) m = parsed(small);
	FJ_AUTO(buf) b = FJ_BUF_INIT(1 << 22);

	CHECK_OK(rep_write(m, REP_PDF, &b, &err));
	CHECK(b.len > 4000 && memcmp(b.data, "%PDF-1.", 7) == 0);
	CHECK(memmem(b.data, b.len, "%%EOF", 5) != NULL);
	CHECK(memmem(b.data, b.len, "/FontFile3", 10) != NULL || memmem(b.data, b.len, "/FontFile2", 10) != NULL || memmem(b.data, b.len, "/ObjStm", 7) != NULL);
}

TEST("a document that is none is refused in every format")
{
	static const char *const bad[] = {"{}", "{\"title\":1,\"sections\":[]}", "{\"title\":\"x\"}", "{\"title\":\"x\",\"sections\":[{}]}",
		"{\"title\":\"x\",\"sections\":[{\"blocks\":[{}]}]}", "{\"title\":\"x\",\"meta\":[[1]],\"sections\":[]}",
		"{\"title\":\"x\",\"sections\":[{\"blocks\":[{\"table\":{\"columns\":[],\"rows\":[]}}]}]}",
		"{\"title\":\"x\",\"sections\":[{\"blocks\":[{\"table\":{\"columns\":[{\"title\":\"a\",\"type\":\"text\"}],\"rows\":[[1]]}}]}]}",
		"{\"title\":\"x\",\"sections\":[{\"blocks\":[{\"table\":{\"columns\":[{\"title\":\"a\",\"type\":\"money\"}],\"rows\":[[true]]}}]}]}",
		"{\"title\":\"x\",\"sections\":[{\"blocks\":[{\"table\":{\"columns\":[{\"title\":\"a\",\"type\":\"text\"}],\"rows\":[[\"a\",\"b\"]]}}]}]}"};

	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++)
		for (int f = 0; f < REP_FORMATS; f++) {
			FJ_AUTO(json) m = parsed(bad[i]);
			FJ_AUTO(buf) b = FJ_BUF_INIT(1 << 20);
			CHECK_RC(rep_write(m, (enum rep_format)f, &b, NULL), FJ_E_INVALID);
			CHECK(b.len == 0);
		}
}

TEST("formats have names, and another name is refused with all of them")
{
	struct fj_err err = {0};
	enum rep_format f;

	CHECK_OK(rep_format("docx", &f, &err));
	CHECK(f == REP_DOCX);
	CHECK_RC(rep_format("doc", &f, &err), FJ_E_INVALID);
	CHECK(strstr(err.en, "pdf") != NULL && err.zh[0] != '\0');
}

TEST_MAIN
