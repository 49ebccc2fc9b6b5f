/*
 * test_iss_exchange.c - tables as XML, in and out; what may be an element's name; provisional
 * numbers; the words and values of a mapping.  Numbers and names are illustrative.
 */
#include "issuer/exchange.h"
#include "issuer/sheet/xmltab.h"
#include "tests/unit/test.h"

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"

struct seen { /* rows as "line:cell|cell;" */
	struct fj_buf text;
	size_t broken;
};

static enum fj_rc look(void *arg, const struct sheet_row *row, const struct fj_err *why)
{
	struct seen *s = arg;

	s->broken += why != NULL;
	if (fj_buf_printf(&s->text, why != NULL ? "%zu!%zu" : "%zu:", row->line, row->column) != FJ_OK)
		return FJ_E_NOMEM;
	for (size_t i = 0; why == NULL && i < row->n; i++)
		FJ_TRY(fj_buf_printf(&s->text, "%s%s", i > 0 ? "|" : "", row->cell[i]));
	return fj_buf_puts(&s->text, ";");
}

static enum fj_rc read_xml(const char *xml, struct seen *s, struct fj_err *err)
{
	fj_buf_clear(&s->text);
	s->broken = 0;
	return xmltab_read(fj_slice_str(xml), look, s, err);
}

TEST("records are rows under the names of their fields, in the order in which those come")
{
	struct seen s = {.text = FJ_BUF_INIT(65536)};
	struct fj_err err = {0};
	CHECK(xmltab_is(fj_slice_str(XML "<a/>")) && xmltab_is(fj_slice_str("\xef\xbb\xbf" XML)) && !xmltab_is(fj_slice_str("<a/>")) && !xmltab_is(fj_slice_str("<?xm")));
	CHECK_OK(read_xml(XML "<l v=\"2\"><r><资产编号>A-1</资产编号><n> x &lt;&amp;\n</n></r><r><k>2</k><资产编号><![CDATA[A-2]]></资产编号></r><r/></l>", &s, &err));
	CHECK_STR(fj_buf_str(&s.text), "1:资产编号|n|k;2:A-1|x <&;3:A-2||2;");
	CHECK_OK(read_xml(XML "<x:l xmlns:x=\"urn:x\"><x:r><x:a>1</x:a></x:r></x:l>", &s, &err));
	CHECK_STR(fj_buf_str(&s.text), "1:a;2:1;");
	CHECK_OK(read_xml(XML "<l/>", &s, &err));
	CHECK_STR(fj_buf_str(&s.text), "");
	fj_buf_release(&s.text);
}

TEST("a field given twice breaks its record and no other")
{
	struct seen s = {.text = FJ_BUF_INIT(65536)};
	struct fj_err err = {0};
	CHECK_OK(read_xml(XML "<l><r><a>1</a><b>2</b><b>3</b></r><r><a>4</a></r></l>", &s, &err));
	CHECK_STR(fj_buf_str(&s.text), "1:a|b;2!2;3:4;");
	CHECK(s.broken == 1);
	fj_buf_release(&s.text);
}

TEST("what a table has no need for is refused with record and field, in both languages")
{
	static const char *const bad[] = {
		XML "<!DOCTYPE l><l/>", XML "<!DOCTYPE l [<!ENTITY x \"y\">]><l><r><a>&x;</a></r></l>", XML "<!DOCTYPE l SYSTEM \"file:///x\"><l/>", XML "<l><r><a><b/></a></r></l>",
		XML "<l><r i=\"1\"/></l>", XML "<l><r><a i=\"1\">x</a></r></l>", XML "<l>x</l>", XML "<l><r>x</r></l>", XML "<?p x?><l/>", XML "<l><r>", XML "<l><r></l>", XML,
		"<?xml version=\"1.0\" encoding=\"GB18030\"?><l/>", XML "<l><r><a>&nbsp;</a></r></l>", XML "<l><r><a>\x01</a></r></l>", "",
	};
	struct seen s = {.text = FJ_BUF_INIT(65536)};
	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++) {
		struct fj_err err = {0};
		enum fj_rc rc = read_xml(bad[i], &s, &err);
		if (rc != FJ_E_PARSE)
			printf("# %s\n", bad[i]);
		CHECK_RC(rc, FJ_E_PARSE);
		CHECK(strncmp(err.en, "record ", 7) == 0 && strstr(err.zh, "条记录") != NULL);
		CHECK_STR(err.cite, "XML 1.0");
	}
	fj_buf_release(&s.text);
}

TEST("a name of an element is letters, Chinese, digits, _ - and .; a heading is made one")
{
	char plain[64];
	CHECK(xch_xml_name("ZCBH") && xch_xml_name("资产编号") && xch_xml_name("_a-1.b"));
	CHECK(!xch_xml_name("") && !xch_xml_name("1a") && !xch_xml_name("a b") && !xch_xml_name("a:b") && !xch_xml_name("金额（元）") && !xch_xml_name("a>b"));
	xch_xml_plain("账面原值（元）", plain, sizeof(plain));
	CHECK_STR(plain, "账面原值");
	xch_xml_plain("权利负担、查封和管制", plain, sizeof(plain));
	CHECK_STR(plain, "权利负担查封和管制");
}

TEST("what the XML writer writes is read as the same cells, and a bad title is refused")
{
	static const struct sheet_column columns[] = {{.title = "编号"}, {.title = "name"}, {.title = "空"}}, bad[] = {{.title = "a b"}};
	const struct xch_layout l = {.name = "x", .root = "Assets", .record = "Asset", .columns = columns, .n = 3}, refused = {.name = "x", .root = "a", .record = "b", .columns = bad, .n = 1};
	struct seen s = {.text = FJ_BUF_INIT(65536)};
	FJ_AUTO(xch_out) o = NULL;
	FJ_AUTO(buf) file = FJ_BUF_INIT(65536);
	struct fj_err err = {0};
	CHECK_OK(xch_out_new(XCH_XML, &l, &o, &err));
	CHECK_OK(xch_out_row(o, (const char *const[]){"A-1", "a<b>&\"c\" ]]> 中", NULL}, &err));
	CHECK_OK(xch_out_row(o, (const char *const[]){"A-2", "", "x\x01y"}, &err));
	CHECK_OK(xch_out_finish(&o, &file, &err));
	CHECK(o == NULL);
	CHECK_OK(read_xml(fj_buf_str(&file), &s, &err));
	CHECK_STR(fj_buf_str(&s.text), "1:编号|name|空;2:A-1|a<b>&\"c\" ]]> 中;3:A-2||x y;");
	CHECK_RC(xch_out_new(XCH_XML, &refused, &o, &err), FJ_E_INVALID);
	CHECK(strstr(err.zh, "a b") != NULL);
	CHECK_OK(xch_out_new(XCH_CSV, &refused, &o, &err));
	fj_buf_release(&s.text);
}

TEST("a provisional number is W- and twelve characters of its alphabet, nothing else")
{
	char made[XCH_PROVISIONAL_CAP];
	iss_new_id("W-", 12, made);
	CHECK(xch_provisional(made) && xch_provisional("W-0123456789ab"));
	CHECK(!xch_provisional("W-0123456789a") && !xch_provisional("W-0123456789abc") && !xch_provisional("W-0123456789AB") && !xch_provisional("W-0123456789al") && !xch_provisional("HB-2026-0001"));
}

TEST("values are compared as values, texts in NFKC and trimmed")
{
	const struct xch_field money = {.own = XCH_OWN, .name = "basic.book_value", .column = "x", .card = card_field("basic", "book_value")};
	const struct xch_field fen = {.own = XCH_OWN, .name = "basic.book_value", .column = "x", .card = card_field("basic", "book_value"), .as = XCH_FEN};
	const struct xch_field level = {.own = XCH_OWN, .name = "management.data_level", .column = "x", .card = card_field("management", "data_level")};
	const struct xch_field name = {.own = XCH_OWN, .name = "basic.name", .column = "x", .card = card_field("basic", "name")};
	CHECK(xch_same(&money, "1234.50", "1,234.5") && !xch_same(&money, "1234.50", "1234.51") && !xch_same(&money, "1234.50", ""));
	CHECK(xch_same(&fen, "123450", " 123450 ") && !xch_same(&fen, "123450", "1,234.50"));
	CHECK(xch_same(&level, "一般数据", "GENERAL") && xch_same(&level, "一般数据", "一般") && !xch_same(&level, "一般数据", "重要"));
	CHECK(xch_same(&name, "水文 A", "水文　Ａ ") && !xch_same(&name, "水文", "水位") && xch_same(&name, "", " "));
	CHECK(xch_heading("账面原值（元）*", "账面原值") && xch_heading("ZCBH", "zcbh ") && !xch_heading("", ""));
}

TEST("what an asset says is told in their codes, and a code without translation is refused")
{
	FJ_AUTO(json) codes = json_pack("{s:s, s:s}", "HOLD", "1", "USE", "2");
	FJ_AUTO(json) yes = json_pack("{s:s, s:s}", "true", "Y", "false", "N");
	struct xch_asset a = {.card = json_pack("{s:{s:s, s:I}, s:{s:[s,s], s:b}}", "basic", "acquired_on", "2026-03-16", "book_value", (json_int_t)150, "rights", "rights", "HOLD", "USE",
	    "public_data", 1)};
	const struct {
		struct xch_field f;
		const char *says;
	} cases[] = {
		{{.own = XCH_OWN, .name = "a", .card = card_field("rights", "rights"), .codes = codes}, "1;2"},
		{{.own = XCH_OWN, .name = "a", .card = card_field("rights", "rights"), .as = XCH_CODE}, "HOLD;USE"},
		{{.own = XCH_OWN, .name = "a", .card = card_field("rights", "public_data"), .codes = yes}, "Y"},
		{{.own = XCH_OWN, .name = "a", .card = card_field("basic", "acquired_on"), .as = XCH_DATE8}, "20260316"},
		{{.own = XCH_OWN, .name = "a", .card = card_field("basic", "book_value"), .as = XCH_FEN}, "150"},
		{{.own = XCH_OWN, .name = "a", .card = card_field("basic", "book_value")}, "1.50"},
		{{.own = XCH_OWN, .name = "a", .card = card_field("basic", "name")}, ""},
	};
	FJ_AUTO(buf) out = FJ_BUF_INIT(4096);
	struct fj_err err = {0};
	for (size_t i = 0; i < FJ_ARRAY_LEN(cases); i++) {
		fj_buf_clear(&out);
		CHECK_OK(xch_text(&cases[i].f, &a, &out, &err));
		CHECK_STR(fj_buf_str(&out), cases[i].says);
	}
	json_object_del(codes, "USE");
	CHECK_RC(xch_text(&cases[0].f, &a, &out, &err), FJ_E_INVALID);
	CHECK(err.zh[0] != '\0');
	xch_asset_release(&a);
}

TEST_MAIN
