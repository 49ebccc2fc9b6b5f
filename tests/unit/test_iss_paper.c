/*
 * test_iss_paper.c - official paper: the same page is the same file, a page is a page's formats only,
 * and the readers of what comes back sealed take nothing twice and nothing hidden.
 */
#include "issuer/paper/sealed.h"
#include "issuer/report/report.h"
#include "tests/unit/test.h"

static const char page[] = "{\"title\":\"数据资产证书\",\"subtitle\":\"Data Asset Certificate\",\"formal\":true,\"number\":\"编号 No. X\",\"author\":\"某财政局\",\"made\":\"2026-03-16T00:00:00Z\","
			   "\"facts\":{\"Number\":\"X\",\"Copy\":\"1\"},\"meta\":[],\"sections\":[{\"blocks\":[{\"text\":\"依据文件，颁发此证。\"},{\"grid\":[[\"持有单位\\nHolder\",\"某<b>单位\"],"
			   "[\"类型\\nKind\",\"a\",\"期限\\nTerm\",\"b\"]]},{\"note\":\"登记簿为准\"},{\"seals\":[{\"role\":\"颁发机构（盖章）\",\"who\":\"某财政局\",\"on\":\"2026\"}],\"note\":\"核验\",\"qr\":\"http://x/v/1\"}]}]}";

static json_t *parsed(const char *text)
{
	return json_loads(text, 0, NULL);
}

TEST("the same page makes the same PDF and the same OFD, octet for octet")
{
	static const enum rep_format formats[] = {REP_PDF, REP_OFD};
	struct fj_err err = {0};

	for (size_t i = 0; i < FJ_ARRAY_LEN(formats); i++) {
		FJ_AUTO(json) m = parsed(page);
		FJ_AUTO(buf) a = FJ_BUF_INIT(REP_MAX_FILE);
		FJ_AUTO(buf) b = FJ_BUF_INIT(REP_MAX_FILE);
		CHECK_OK(rep_write(m, formats[i], &a, &err));
		CHECK_OK(rep_write(m, formats[i], &b, &err));
		CHECK(a.len > 1000 && a.len == b.len && memcmp(a.data, b.data, a.len) == 0);
	}
}

TEST("a certificate's page is HTML, PDF or OFD, and no spreadsheet")
{
	static const enum rep_format no[] = {REP_CSV, REP_XLSX, REP_DOCX};
	FJ_AUTO(json) m = parsed(page);
	FJ_AUTO(buf) html = FJ_BUF_INIT(1 << 20);
	struct fj_err err = {0};

	for (size_t i = 0; i < FJ_ARRAY_LEN(no); i++) {
		FJ_AUTO(buf) b = FJ_BUF_INIT(1 << 20);
		CHECK_RC(rep_write(m, no[i], &b, NULL), FJ_E_INVALID);
	}
	CHECK_OK(rep_fragment(m, &html, &err));
	CHECK(strstr(fj_buf_str(&html), "某&lt;b&gt;单位") != NULL && strstr(fj_buf_str(&html), "<b>") == NULL && strstr(fj_buf_str(&html), "<style") == NULL);
	CHECK(strstr(fj_buf_str(&html), "登记簿为准") != NULL && strstr(fj_buf_str(&html), "<svg") != NULL);
}

TEST("grids, seals and facts that are none are refused")
{
	static const char *const bad[] = {"{\"title\":\"x\",\"sections\":[{\"blocks\":[{\"grid\":[[\"a\"]]}]}]}", "{\"title\":\"x\",\"sections\":[{\"blocks\":[{\"grid\":[]}]}]}",
		"{\"title\":\"x\",\"sections\":[{\"blocks\":[{\"grid\":[[\"a\",1]]}]}]}", "{\"title\":\"x\",\"sections\":[{\"blocks\":[{\"seals\":[]}]}]}",
		"{\"title\":\"x\",\"sections\":[{\"blocks\":[{\"seals\":[{\"who\":\"x\"}]}]}]}", "{\"title\":\"x\",\"facts\":{\"a b\":\"c\"},\"sections\":[]}", "{\"title\":\"x\",\"facts\":{\"a\":1},\"sections\":[]}"};

	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++) {
		FJ_AUTO(json) m = parsed(bad[i]);
		FJ_AUTO(buf) b = FJ_BUF_INIT(1 << 20);
		CHECK_RC(rep_write(m, REP_HTML, &b, NULL), FJ_E_INVALID);
	}
}

/* --- PDF --- */

static bool reads(const char *text, struct pdf_dict *d)
{
	struct pdf p = {.file = fj_slice_str(text)};

	return pdf_dict(&p, d);
}

TEST("a PDF dictionary is read by its keys, whatever its values are")
{
	struct pdf_dict d;
	int64_t n = 0;

	CHECK(reads("<< /A 1 /B [ 1 (x\\)y) <41> << /C 2 >> ] % no /D\n /E 12 0 R /F(x)/G/H >>", &d));
	CHECK(d.n == 5 && pdf_get(&d, "C") == NULL && pdf_get(&d, "D") == NULL);
	CHECK(pdf_get(&d, "E") != NULL && pdf_ref(*pdf_get(&d, "E"), &n) && n == 12);
	CHECK(pdf_get(&d, "G") != NULL && pdf_is(*pdf_get(&d, "G"), "/H") && !pdf_ref(*pdf_get(&d, "A"), &n));
}

TEST("a key twice, a key with an escape, and a dictionary without an end are none")
{
	static const char *const bad[] = {"<< /A 1 /A 2 >>", "<< /A 1 /#41 2 >>", "<< /A 1", "<< A 1 >>", "[ /A ]", "", "<< /A (x >>", "<< /A << /B [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ >> >>"};
	struct pdf_dict d;

	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++)
		CHECK(!reads(bad[i], &d));
}

TEST("two values are the same but for white space")
{
	CHECK(pdf_same(fj_slice_str("[ 1 2 3 ]"), fj_slice_str("[1 2\n3]")));
	CHECK(!pdf_same(fj_slice_str("[ 12 3 ]"), fj_slice_str("[ 1 23 ]")));
	CHECK(!pdf_same(fj_slice_str("[ 12 ]"), fj_slice_str("[ 1 2 ]")));
	CHECK(!pdf_same(fj_slice_str("/A"), fj_slice_str("/A B")));
	CHECK(pdf_same(fj_slice_str("5 0 R"), fj_slice_str("5  0 R")));
}

TEST("the exported file itself, a changed octet, an added word: no seal")
{
	FJ_AUTO(json) m = parsed(page);
	FJ_AUTO(buf) own = FJ_BUF_INIT(REP_MAX_FILE);
	FJ_AUTO(buf) ofd = FJ_BUF_INIT(REP_MAX_FILE);
	FJ_AUTO(buf) more = FJ_BUF_INIT(REP_MAX_FILE);
	struct fj_err err = {0};

	CHECK_OK(rep_write(m, REP_PDF, &own, &err));
	CHECK_OK(rep_write(m, REP_OFD, &ofd, &err));
	CHECK_RC(sealed_pdf(fj_buf_slice(&own), fj_buf_slice(&own), &err), FJ_E_INVALID);
	CHECK_OK(fj_buf_put(&more, own.data, own.len));
	more.data[100] ^= 1;
	CHECK_RC(sealed_pdf(fj_buf_slice(&own), fj_buf_slice(&more), &err), FJ_E_INVALID);
	CHECK(strstr(err.en, ": 100") != NULL && err.zh[0] != '\0');
	more.data[100] ^= 1;
	CHECK_OK(fj_buf_puts(&more, "\nxref\n"));
	CHECK(sealed_pdf(fj_buf_slice(&own), fj_buf_slice(&more), &err) != FJ_OK);
	CHECK_RC(sealed_ofd(fj_buf_slice(&ofd), fj_buf_slice(&ofd), &err), FJ_E_INVALID);
	CHECK_RC(sealed_ofd(fj_buf_slice(&ofd), fj_buf_slice(&own), &err), FJ_E_PARSE);
	ofd.data[ofd.len / 2] ^= 1;
	CHECK(sealed_ofd(fj_buf_slice(&ofd), fj_buf_slice(&ofd), &err) != FJ_OK);
}

TEST_MAIN
