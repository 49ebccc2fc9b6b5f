/*
 * test_iss_csv.c - RFC 4180 records: what is read, and what a broken file is
 * told with which line and column.
 */
#include "base/mem.h"
#include "issuer/sheet/csv.h"
#include "tests/unit/test.h"

#define OPEN(text)                    \
	FJ_AUTO(csv) c = {.p = NULL}; \
	bool more = false;            \
	CHECK_RC(csv_init(&c, FJ_SLICE((text), sizeof(text) - 1)), FJ_OK)
#define RECORD(fields, line)                       \
	do {                                       \
		CHECK_RC(csv_next(&c, &more), FJ_OK); \
		CHECK(more);                       \
		CHECK(c.n == (fields));            \
		CHECK(c.at == (line));             \
	} while (0)
#define BROKEN(in_line, column)                          \
	do {                                             \
		CHECK_RC(csv_next(&c, &more), FJ_E_PARSE); \
		CHECK(c.at == (in_line));                \
		CHECK(c.bad_column == (column));         \
		CHECK(c.why != NULL && c.why_zh != NULL); \
	} while (0)
#define END()                                      \
	do {                                       \
		CHECK_RC(csv_next(&c, &more), FJ_OK); \
		CHECK(!more);                      \
	} while (0)

TEST("fields, empty fields, a last line without line end")
{
	OPEN("a,b,c\r\n,,\nx,y,z");
	RECORD(3, 1);
	CHECK_STR(c.field[0], "a");
	CHECK_STR(c.field[2], "c");
	RECORD(3, 2);
	CHECK_STR(c.field[0], "");
	CHECK_STR(c.field[2], "");
	RECORD(3, 3);
	CHECK_STR(c.field[2], "z");
	END();
}

TEST("a byte order mark at the beginning is passed over, and nowhere else")
{
	OPEN("\xef\xbb\xbf" "a,b\n\xef\xbb\xbf" "c,d\n");
	RECORD(2, 1);
	CHECK_STR(c.field[0], "a");
	RECORD(2, 2);
	CHECK_STR(c.field[0], "\xef\xbb\xbf" "c");
	END();
}

TEST("quotes hold commas, doubled quotes and line ends; lines go on counting")
{
	OPEN("\"a,b\",\"say \"\"yes\"\"\",\"two\r\nlines\"\nnext,1,2\n");
	RECORD(3, 1);
	CHECK_STR(c.field[0], "a,b");
	CHECK_STR(c.field[1], "say \"yes\"");
	CHECK_STR(c.field[2], "two\r\nlines");
	RECORD(3, 3);
	END();
}

TEST("an empty file has no record")
{
	OPEN("");
	END();
}

TEST("a file of line ends only has no record")
{
	OPEN("\xef\xbb\xbf\r\n\n\r\n");
	END();
}

TEST("text after a closing quote, and a quote inside a plain field: line and column, then on")
{
	OPEN("a,\"b\"c,d\ne,f\"g,h\ni,j,k\n");
	BROKEN(1, 2);
	BROKEN(2, 2);
	RECORD(3, 3);
	CHECK_STR(c.field[0], "i");
	END();
}

TEST("a quote that is never closed breaks the record where it stands, and hides none behind it")
{
	OPEN("a,b\nc,\"d\ne,f\ng,h\n");
	RECORD(2, 1);
	BROKEN(2, 2);
	RECORD(2, 3);
	CHECK_STR(c.field[1], "f");
	RECORD(2, 4);
	END();
}

TEST("a carriage return alone ends no record")
{
	OPEN("a,b\rc,d\ne,f\n");
	BROKEN(1, 3);
	RECORD(2, 2);
	END();
}

TEST("200 fields are read, the 201st is refused")
{
	char text[520];
	size_t n = 0;
	FJ_AUTO(csv) c = {.p = NULL};
	bool more;
	memset(text, ',', sizeof(text));
	n = 199, text[n++] = '\n';
	n += 200, text[n++] = '\n';
	text[n++] = 'x', text[n++] = '\n';
	CHECK_RC(csv_init(&c, FJ_SLICE(text, n)), FJ_OK);
	RECORD(200, 1);
	BROKEN(2, 201);
	RECORD(1, 3);
	END();
}

TEST("a field has 8000 octets at most, plain or quoted")
{
	static char text[8 * 4096];
	FJ_AUTO(csv) c = {.p = NULL};
	bool more;
	size_t n = 0;
	memset(text, 'x', sizeof(text));
	n = 8000, text[n++] = '\n';          /* fits */
	n += 8001, text[n++] = '\n';         /* does not */
	text[n++] = '"', n += 8001, text[n++] = '"', text[n++] = '\n';
	text[n++] = 'y', text[n++] = '\n';
	CHECK_RC(csv_init(&c, FJ_SLICE(text, n)), FJ_OK);
	RECORD(1, 1);
	CHECK(strlen(c.field[0]) == 8000);
	BROKEN(2, 1);
	BROKEN(3, 1);
	RECORD(1, 4);
	END();
}

TEST("what is not UTF-8 is refused whole: GBK, overlong, surrogate, cut short, UTF-16")
{
	static const char *const bad[] = {"\xc3\xfb\xb3\xc6,b\n", "\xc0\xaf\n", "\xed\xa0\x80\n", "a,\xe6\x95", "\xff\xfe" "a"};
	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++) {
		FJ_AUTO(csv) c = {.p = NULL};
		CHECK_RC(csv_init(&c, FJ_SLICE(bad[i], strlen(bad[i]))), FJ_E_PARSE);
		CHECK(c.why != NULL && c.why_zh != NULL && c.bad_column == 1);
	}
}

TEST("a NUL octet is refused whole: it would cut a field short unseen")
{
	static const char text[] = "a,b\0c,d\n";
	FJ_AUTO(csv) c = {.p = NULL};
	CHECK_RC(csv_init(&c, FJ_SLICE(text, sizeof(text) - 1)), FJ_E_PARSE);
}

TEST("every beginning of a hostile file comes to an end")
{
	static const char text[] = "\"a\"\"\",\r\n\"\n\",b\"\r\r\n,,\"\"\"x,y\n\"";
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		FJ_AUTO(csv) c = {.p = NULL};
		bool more = true;
		size_t steps = 0;
		CHECK_RC(csv_init(&c, FJ_SLICE(text, n)), FJ_OK);
		while (more && steps++ < 64)
			if (csv_next(&c, &more) != FJ_OK)
				more = true;
		CHECK(!more);
	}
}

TEST_MAIN
