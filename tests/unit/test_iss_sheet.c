/*
 * test_iss_sheet.c - tables read and written: encodings, workbooks put together
 * here part by part, hostile ones, and what the writer gives read again.
 */
#include <zip.h>

#include <fcntl.h>
#include <unistd.h>

#include "issuer/sheet/sheet.h"
#include "tests/unit/test.h"

/* --- a workbook of these parts; NULL ends --- */

struct part {
	const char *name, *text;
	size_t len; /* 0: of the text */
};
#define BOOK {"xl/workbook.xml", "<workbook xmlns=\"m\" xmlns:r=\"r\"><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>", 0}
#define RELS {"xl/_rels/workbook.xml.rels", "<Relationships><Relationship Id=\"rId1\" Target=\"worksheets/sheet1.xml\"/></Relationships>", 0}
#define SHEET(text) {"xl/worksheets/sheet1.xml", "<worksheet><sheetData>" text "</worksheet>", 0}

static enum fj_rc pack(const struct part *parts, struct fj_buf *out)
{
	zip_error_t e;
	zip_source_t *to = zip_source_buffer_create(NULL, 0, 0, &e);
	zip_t *z = to == NULL ? NULL : zip_open_from_source(to, ZIP_TRUNCATE, &e);

	if (z == NULL)
		return FJ_E_IO;
	zip_source_keep(to);
	for (; parts->name != NULL; parts++) {
		zip_source_t *s = zip_source_buffer(z, parts->text, parts->len > 0 ? parts->len : strlen(parts->text), 0);
		if (zip_file_add(z, parts->name, s, 0) < 0)
			return FJ_E_IO;
	}
	if (zip_close(z) != 0 || zip_source_open(to) != 0)
		return FJ_E_IO;
	char chunk[4096];
	zip_int64_t n;
	enum fj_rc rc = FJ_OK;
	while (rc == FJ_OK && (n = zip_source_read(to, chunk, sizeof(chunk))) > 0)
		rc = fj_buf_put(out, chunk, (size_t)n);
	zip_source_close(to);
	zip_source_free(to);
	return rc;
}

/* rows as "line:a|b;line:c|d;", broken ones as "line!column;", then the failure's name */
static const char *told(struct fj_slice file, struct fj_err *err)
{
	static char text[8192];
	struct sheet_row row;
	FJ_AUTO(sheet) s = NULL;
	size_t n = 0;
	bool more = true;

	text[0] = '\0';
	if (sheet_open(file, &s, err) != FJ_OK)
		return fj_rc_name(err->rc);
	while (n < 4000) {
		enum fj_rc rc = sheet_next(s, &row, &more, err);
		if (rc == FJ_E_INVALID)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%zu!%zu;", row.line, row.column);
		else if (rc != FJ_OK) {
			snprintf(text + n, sizeof(text) - n, "%s", fj_rc_name(rc));
			return text;
		} else if (!more)
			return text;
		else {
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%zu:", row.line);
			for (size_t i = 0; i < row.n; i++)
				n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i > 0 ? "|" : "", row.cell[i]);
			n += (size_t)snprintf(text + n, sizeof(text) - n, ";");
		}
	}
	return text;
}
#define READS(octets, want) CHECK_STR(told(FJ_SLICE((octets), sizeof(octets) - 1), &err), want)
#define BOOK_READS(want, ...)                                            \
	do {                                                             \
		const struct part parts_[] = {__VA_ARGS__, {NULL, NULL, 0}}; \
		FJ_AUTO(buf) file_ = FJ_BUF_INIT(8u << 20);              \
		CHECK_RC(pack(parts_, &file_), FJ_OK);                   \
		CHECK_STR(told(fj_buf_slice(&file_), &err), want);       \
	} while (0)

/* --- text --- */

TEST("UTF-8, UTF-8 with a mark, and GB18030 are told apart, and read to the same")
{
	struct fj_err err;
	FJ_AUTO(sheet) s = NULL;
	READS("名称,编号\r\n甲,1\r\n", "1:名称|编号;2:甲|1;");
	READS("\xef\xbb\xbf名称,编号\r\n甲,1\r\n", "1:名称|编号;2:甲|1;");
	READS("\xc3\xfb\xb3\xc6,\xb1\xe0\xba\xc5\r\n\xbc\xd7,1\r\n", "1:名称|编号;2:甲|1;");
	READS("\xc3\xfb,\x82\x35\x87\x38\r\n", "1:名|䶵;"); /* four octets: no GBK */
	CHECK_OK(sheet_open(FJ_SLICE("\xc3\xfb\xb3\xc6\n", 5), &s, &err));
	CHECK_STR(sheet_encoding(s), "GB18030");
}

TEST("an octet that its encoding does not know breaks the one row in which it stands")
{
	struct fj_err err;
	READS("\xc3\xfb\xb3\xc6,b\r\n\xc3\xfb,\xff\r\n\xc3\xfb,c\r\n", "1:名称|b;2!2;3:名|c;");
	READS("名称,编号,概述\n甲乙丙,\xe5\x8f,丁\n戊己庚,辛,壬\n", "1:名称|编号|概述;2!2;3:戊己庚|辛|壬;");
	READS("\xef\xbb\xbf" "a,\xc3\xfb\n", "1!2;");
}

TEST("what is no such table is refused with what to do: UTF-16, .xls, NUL octets, no package")
{
	struct fj_err err;
	READS("\xff\xfe" "a\0", "invalid");
	READS("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "invalid");
	CHECK(strstr(err.en, ".xlsx") != NULL && strstr(err.zh, ".xlsx") != NULL);
	READS("a,b\0c\n", "invalid");
	READS("PK\x03\x04", "malformed");
	CHECK(err.zh[0] != '\0');
	READS("", "");
}

TEST("empty rows are no rows, and lines go on counting")
{
	struct fj_err err;
	READS("a,b\n\n,,\n1,2\n", "1:a|b;4:1|2;");
}

TEST("200,000 rows are read, one more is too many")
{
	struct fj_err err;
	struct sheet_row row;
	FJ_AUTO(buf) text = FJ_BUF_INIT(4u << 20);
	bool more = true;
	size_t n = 0;
	for (int i = 0; i < 200001; i++)
		CHECK_RC(fj_buf_puts(&text, "x\n"), FJ_OK);
	for (size_t cut = 2; cut-- > 0; n = 0) {
		FJ_AUTO(sheet) s = NULL;
		CHECK_OK(sheet_open(FJ_SLICE(text.data, text.len - 2 * cut), &s, &err));
		enum fj_rc rc;
		while ((rc = sheet_next(s, &row, &more, &err)) == FJ_OK && more)
			n++;
		CHECK(n == 200000);
		CHECK_RC(rc, cut == 1 ? FJ_OK : FJ_E_LIMIT);
	}
}

/* --- workbooks --- */

TEST("inline and shared strings, numbers as written, booleans, formulas' values, missing cells")
{
	struct fj_err err;
	BOOK_READS("1:甲|乙丙|0012|1.50|TRUE|x;3:||y;", BOOK, RELS,
	    {"xl/sharedStrings.xml", "<sst><si><t>no</t></si><si><r><t>乙</t></r><rPh><t>yi</t></rPh><r><t>丙</t></r></si></sst>", 0},
	    SHEET("<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>甲</t></is></c><c r=\"B1\" t=\"s\"><v>1</v></c><c r=\"C1\"><v>0012</v></c>"
		  "<c r=\"D1\"><v>1.50</v></c><c r=\"E1\" t=\"b\"><v>1</v></c><c t=\"str\"><f>A1&amp;B1</f><v>x</v></c></row>"
		  "<row r=\"2\"><c r=\"A2\" s=\"1\"/></row><row r=\"3\"><c r=\"C3\" t=\"str\"><v>y</v></c></row></sheetData>"));
}

TEST("a date style makes ISO dates, with 1900's 29 February and with 1904; other numbers stay")
{
	struct fj_err err;
	static const struct part styles = {"xl/styles.xml", "<styleSheet><numFmts><numFmt numFmtId=\"170\" formatCode=\"yyyy&quot;年&quot;m\"/>"
		"<numFmt numFmtId=\"171\" formatCode=\"0.00&quot;d&quot;\\d[Red]\"/></numFmts><cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs>"
		"<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"170\"/><xf numFmtId=\"171\"/></cellXfs></styleSheet>", 0};
	BOOK_READS("1:46082|2026-03-01|2026-03-01|46082|1900-02-28|1900-03-01|2026-03-01T12:00:00|12:00:00;", BOOK, RELS, styles,
	    SHEET("<row><c><v>46082</v></c><c s=\"1\"><v>46082</v></c><c s=\"2\"><v>46082</v></c><c s=\"3\"><v>46082</v></c>"
		  "<c s=\"1\"><v>59</v></c><c s=\"1\"><v>61</v></c><c s=\"1\"><v>46082.5</v></c><c s=\"1\"><v>0.5</v></c></row></sheetData>"));
	BOOK_READS("1:2026-03-01|x;", {"xl/workbook.xml", "<workbook xmlns:r=\"r\"><workbookPr date1904=\"1\"/><sheets><sheet r:id=\"rId1\"/></sheets></workbook>", 0},
	    RELS, styles, SHEET("<row><c s=\"1\"><v>44620</v></c><c s=\"1\" t=\"str\"><v>x</v></c></row></sheetData>"));
}

TEST("a merged value belongs to its whole span, in rows that have something of their own")
{
	struct fj_err err;
	BOOK_READS("1:编号|管理|管理;2:编号|级|密;5:1|x;", BOOK, RELS,
	    SHEET("<row r=\"1\"><c r=\"A1\" t=\"str\"><v>编号</v></c><c r=\"B1\" t=\"str\"><v>管理</v></c><c r=\"C1\" s=\"1\"/></row>"
		  "<row r=\"2\"><c r=\"B2\" t=\"str\"><v>级</v></c><c r=\"C2\" t=\"str\"><v>密</v></c></row>"
		  "<row r=\"5\"><c r=\"A5\"><v>1</v></c><c r=\"B5\" t=\"str\"><v>x</v></c></row><row r=\"6\"><c r=\"B6\"/></row></sheetData>"
		  "<mergeCells><mergeCell ref=\"B1:C1\"/><mergeCell ref=\"A1:A2\"/><mergeCell ref=\"A5:A6\"/></mergeCells>"));
}

TEST("the first sheet that is shown is read, from wherever its relation points")
{
	struct fj_err err;
	BOOK_READS("1:ok;", {"xl/workbook.xml", "<x:workbook xmlns:x=\"m\" xmlns:r=\"r\"><x:sheets><x:sheet state=\"hidden\" r:id=\"rId1\"/><x:sheet r:id=\"b\"/></x:sheets></x:workbook>", 0},
	    {"xl/_rels/workbook.xml.rels", "<R><Relationship Id=\"rId1\" Target=\"no.xml\"/><Relationship Id=\"b\" Target=\"/xl/b.xml\"/></R>", 0},
	    {"xl/b.xml", "<x:worksheet xmlns:x=\"m\"><x:sheetData><x:row><x:c t=\"str\"><x:v>ok</x:v></x:c></x:row></x:sheetData></x:worksheet>", 0});
}

TEST("a broken row is told with its column, and the others are read")
{
	struct fj_err err;
	static char text[20000];
	int n = snprintf(text, sizeof(text), "<worksheet><sheetData><row><c/><c t=\"str\"><v>");
	memset(text + n, 'x', 8001);
	snprintf(text + n + 8001, 1000, "</v></c></row><row><c r=\"GS2\" t=\"str\"><v>a</v></c></row>"
	    "<row r=\"3\"><c r=\"B3\"><v>1</v></c><c r=\"A3\"><v>2</v></c></row><row r=\"4\"><c r=\"GR4\"/><c r=\"ZZZ4\"/></row><row><c><v>5</v></c></row></sheetData></worksheet>");
	BOOK_READS("1!2;2!201;3!2;5:5;", BOOK, RELS, {"xl/worksheets/sheet1.xml", text, 0});
}

TEST("hostile workbooks are refused whole: DTD, entities, missing parts, rows out of order, XML cut short")
{
	struct fj_err err;
	BOOK_READS("malformed", BOOK, RELS, {"xl/worksheets/sheet1.xml", "<!DOCTYPE w [<!ENTITY a \"b\">]><w>&a;</w>", 0});
	CHECK(strstr(err.en, "entities") != NULL);
	BOOK_READS("malformed", BOOK, RELS, {"xl/worksheets/sheet1.xml", "<!DOCTYPE w SYSTEM \"file:///etc/passwd\"><w/>", 0});
	BOOK_READS("malformed", BOOK, RELS, {"xl/sharedStrings.xml", "<!DOCTYPE l [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><l>&b;</l>", 0}, SHEET("</sheetData>"));
	BOOK_READS("malformed", RELS, SHEET("</sheetData>"));
	BOOK_READS("malformed", BOOK, SHEET("</sheetData>"));
	BOOK_READS("malformed", BOOK, RELS);
	BOOK_READS("malformed", {"hello.txt", "x", 0});
	BOOK_READS("malformed", BOOK, RELS, SHEET("<row><c t=\"s\"><v>0</v></c></row></sheetData>"));
	BOOK_READS("malformed", BOOK, RELS, SHEET("<row r=\"2\"/><row r=\"1\"/></sheetData>"));
	BOOK_READS("malformed", BOOK, RELS, {"xl/worksheets/sheet1.xml", "<worksheet><sheetData><row>", 0});
}

TEST("a ZIP bomb is refused by its ratio; a million empty cells are nothing")
{
	struct fj_err err;
	size_t n = 100u << 20;
	FJ_AUTO(mem) mem = fj_alloc(n, 1);
	char *bomb = mem;
	CHECK(bomb != NULL);
	memset(bomb, ' ', n);
	memcpy(bomb, "<w>", 3);
	memcpy(bomb + n - 4, "</w>", 4);
	BOOK_READS("too-large", BOOK, RELS, {"xl/worksheets/sheet1.xml", bomb, n});
	FJ_AUTO(buf) cells = FJ_BUF_INIT(64u << 20);
	CHECK_RC(fj_buf_puts(&cells, "<worksheet><sheetData>"), FJ_OK);
	for (int i = 1; i <= 100000; i++)
		CHECK_RC(fj_buf_printf(&cells, "<row r=\"%d\"><c r=\"A%d\" s=\"1\"/><c s=\"1\"/><c s=\"1\"/><c s=\"1\"/><c s=\"1\"/><c s=\"1\"/><c s=\"1\"/><c s=\"1\"/><c s=\"1\"/><c s=\"1\"/></row>", i, i), FJ_OK);
	CHECK_RC(fj_buf_puts(&cells, "<row><c><v>7</v></c></row></sheetData></worksheet>"), FJ_OK);
	BOOK_READS("100001:7;", BOOK, RELS, {"xl/worksheets/sheet1.xml", fj_buf_str(&cells), 0});
}

TEST("every beginning of a workbook is refused, or told as damaged")
{
	struct fj_err err;
	static const struct part parts[] = {BOOK, RELS, SHEET("<row><c><v>7</v></c></row></sheetData>"), {NULL, NULL, 0}};
	FJ_AUTO(buf) file = FJ_BUF_INIT(1u << 20);
	CHECK_RC(pack(parts, &file), FJ_OK);
	for (size_t n = 2; n < file.len; n += 7)
		CHECK_STR(told(FJ_SLICE(file.data, n), &err), "malformed");
	CHECK_STR(told(fj_buf_slice(&file), &err), "1:7;");
}

/* --- written --- */

TEST("what is written is read again: CSV and XLSX, formulas as the texts they are")
{
	struct fj_err err;
	static const char *const choices[] = {"是", "否", NULL};
	static const struct sheet_column columns[] = {{"编号", NULL, 0}, {"名称", NULL, 30}, {"涉密", choices, 8}};
	static const char *const row[] = {"0012", "=1+1", "否"}, *const other[] = {"'-a,\"b\"\n", NULL, "@x"};
	for (int f = SHEET_CSV; f <= SHEET_XLSX; f++) {
		FJ_AUTO(sheet_out) o = NULL;
		FJ_AUTO(buf) file = FJ_BUF_INIT(1u << 20);
		CHECK_OK(sheet_out_new((enum sheet_format)f, "台账", columns, 3, &o, &err));
		CHECK_OK(sheet_out_row(o, row, &err));
		CHECK_OK(sheet_out_row(o, other, &err));
		CHECK_OK(sheet_out_finish(&o, &file, &err));
		CHECK(o == NULL);
		CHECK_STR(told(fj_buf_slice(&file), &err), "1:编号|名称|涉密;2:0012|=1+1|否;3:'-a,\"b\"\n||@x;");
		CHECK(f == SHEET_XLSX || strstr(fj_buf_str(&file), "0012,'=1+1,") != NULL);
	}
}

TEST("a line end and full-width signs before a formula are led by ', and are as they were when they are read; a negative number is no formula")
{
	struct fj_err err;
	static const struct sheet_column columns[] = {{.title = "a"}, {.title = "b"}, {.title = "c"}};
	static const char *const rows[][3] = {{"\n=1+1", "＝1+1", "＋1"}, {"－1", "＠x", "'＝1"}, {"-12.50", "-1-2", "'-12"}, {"-7", "-1.2.3", "-"}};
	FJ_AUTO(sheet_out) o = NULL;
	FJ_AUTO(buf) file = FJ_BUF_INIT(1u << 20);
	CHECK_OK(sheet_out_new(SHEET_CSV, "x", columns, 3, &o, &err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++)
		CHECK_OK(sheet_out_row(o, rows[i], &err));
	CHECK_OK(sheet_out_finish(&o, &file, &err));
	CHECK_STR(fj_buf_str(&file), "\xef\xbb\xbf" "a,b,c\r\n\"'\n=1+1\",'＝1+1,'＋1\r\n'－1,'＠x,''＝1\r\n-12.50,'-1-2,''-12\r\n-7,'-1.2.3,'-\r\n");
	CHECK_STR(told(fj_buf_slice(&file), &err), "1:a|b|c;2:\n=1+1|＝1+1|＋1;4:－1|＠x|'＝1;5:-12.50|-1-2|'-12;6:-7|-1.2.3|-;");
}

TEST("in a workbook the amounts of a column that says so are numbers, and nothing else is")
{
	struct fj_err err;
	static const struct sheet_column columns[] = {{.title = "amount", .number = true}, {.title = "code"}};
	static const char *const rows[][2] = {{"-12.50", "0012"}, {"1234567.00", "-12.50"}, {"12345678901234567.89", "x"}, {"1,5", "x"}, {"=1+1", "x"}};
	FJ_AUTO(sheet_out) o = NULL;
	FJ_AUTO(buf) file = FJ_BUF_INIT(1u << 20);
	CHECK_OK(sheet_out_new(SHEET_XLSX, "x", columns, 2, &o, &err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++)
		CHECK_OK(sheet_out_row(o, rows[i], &err));
	CHECK_OK(sheet_out_finish(&o, &file, &err));
	/* numbers come back as a workbook keeps them, texts as they were written */
	CHECK_STR(told(fj_buf_slice(&file), &err), "1:amount|code;2:-12.5|0012;3:1234567|-12.50;4:12345678901234567.89|x;5:1,5|x;6:=1+1|x;");
}

#ifndef __SANITIZE_ADDRESS__ /* libxlsxwriter 1.1.4 leaks the formula of a rule */
TEST("a table without columns is refused, and nothing of somebody else's is closed")
{
	const struct sheet_column none[1] = {{.title = ""}};
	struct sheet_out *o = NULL;
	struct fj_err err = {0};
	int open = dup(1);

	CHECK(open >= 0 && dup2(open, 0) == 0);
	CHECK_RC(sheet_out_new(SHEET_CSV, "x", none, 0, &o, &err), FJ_E_LIMIT);
	CHECK(o == NULL && fcntl(0, F_GETFD) >= 0);
	close(open);
}

TEST("a drop-down whose list is too long for a rule has it in a hidden sheet; the first sheet is still the table")
{
	struct fj_err err;
	static char names[60][24];
	static const char *choices[61];
	const struct sheet_column columns[] = {{"编号", NULL, 0}, {"行业", choices, 8}};
	static const char *const row[] = {"1", "N76"};
	FJ_AUTO(sheet_out) o = NULL;
	FJ_AUTO(buf) file = FJ_BUF_INIT(1u << 20);
	for (size_t i = 0; i < 60; i++)
		snprintf(names[i], sizeof(names[i]), "choice, number %zu", i), choices[i] = names[i];
	CHECK_OK(sheet_out_new(SHEET_XLSX, "台账", columns, 2, &o, &err));
	CHECK_OK(sheet_out_row(o, row, &err));
	CHECK_OK(sheet_out_finish(&o, &file, &err));
	CHECK_STR(told(fj_buf_slice(&file), &err), "1:编号|行业;2:1|N76;");
}
#endif

TEST("keys and headings: full-width forms, white space, brackets, marks")
{
	static const char *const keys[][2] = {{"　ＡＢ－１ ", "AB-1"}, {"a \t b", "a b"}, {"\xe2\x80\x8b（甲）\xef\xbb\xbf", "(甲)"}, {"", ""}};
	static const char *const heads[][2] = {{" * 名 称\n（必填）", "名称"}, {"Ledger_No", "ledger_no"}, {"(甲)", "(甲)"}, {"", ""}, {"＊密级", "密级"}};
	for (size_t i = 0; i < FJ_ARRAY_LEN(keys); i++) {
		FJ_AUTO(buf) b = FJ_BUF_INIT(256);
		CHECK_RC(sheet_key(keys[i][0], &b), FJ_OK);
		CHECK_STR(fj_buf_str(&b), keys[i][1]);
	}
	for (size_t i = 0; i < FJ_ARRAY_LEN(heads); i++) {
		FJ_AUTO(buf) b = FJ_BUF_INIT(256);
		CHECK_RC(sheet_heading(heads[i][0], &b), FJ_OK);
		CHECK_STR(fj_buf_str(&b), heads[i][1]);
	}
}

TEST("a number of a workbook is what its office shows: binary digits are none of it, whole numbers are as written")
{
	static const struct part p[] = {BOOK, RELS,
		SHEET("<row><c><v>0.28999999999999998</v></c><c><v>1234567.8899999999</v></c><c><v>1.23456789E7</v></c><c><v>12345678901234567890</v></c><c><v>-3.1400000000000001</v></c>"
		      "<c><v>1.5E300</v></c><c><v>0.29</v></c></row></sheetData>"), {0}};
	FJ_AUTO(buf) file = FJ_BUF_INIT(1 << 16);
	struct fj_err err = {0};
	CHECK_OK(pack(p, &file));
	CHECK_STR(told(fj_buf_slice(&file), &err), "1:0.29|1234567.89|12345678.9|12345678901234567890|-3.14|1.5E300|0.29;");
}

TEST_MAIN
