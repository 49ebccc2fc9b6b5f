/* The forms of a year's archive (docs/formats.md 44): what is read is what would be written, and leads nowhere else. */
#include "base/archive.h"
#include "tests/unit/test.h"

#define H "0000000000000000000000000000000000000000000000000000000000000001"
#define FILE_OF(kind, id) "{\"id\":\"" id "\",\"kind\":\"" kind "\",\"octets\":5,\"sha256\":\"" H "\",\"sm3\":\"" H "\"}"
#define PACKAGE_OF(kind, id) "{\"id\":\"" id "\",\"kind\":\"" kind "\",\"octets\":5,\"seq\":7,\"sha256\":\"" H "\",\"sm3\":\"" H "\",\"state\":\"ACTIVE\",\"years\":30}"

static bool reads(const char *line)
{
	struct fj_archive_entry e;

	return fj_archive_entry_read(fj_slice_str(line), &e, NULL) == FJ_OK;
}

TEST("a line that is read is written again octet by octet, and names its file")
{
	static const struct {
		const char *line, *path;
	} good[] = {{PACKAGE_OF("certificate", "DAC-420000-202604-000001-2"), "certificate/DAC-420000-202604-000001-2.tar"}, {PACKAGE_OF("report", "RP-HY-2026H1-11420000DEMA00013M-2"), "report/RP-HY-2026H1-11420000DEMA00013M-2.tar"},
		{FILE_OF("trust", "crl/1.crl"), "trust/crl/1.crl"}, {FILE_OF("schema", "archive.xsd"), "archive.xsd"}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(good); i++) {
		FJ_AUTO(buf) again = FJ_BUF_INIT(FJ_ARCHIVE_LINE);
		struct fj_archive_entry e;
		char path[FJ_ARCHIVE_PATH];
		struct fj_err err;
		CHECK_OK(fj_archive_entry_read(fj_slice_str(good[i].line), &e, &err));
		CHECK_OK(fj_archive_entry_write(&e, &again, &err));
		CHECK(strcmp(fj_buf_str(&again), good[i].line) == 0);
		fj_archive_path(&e, path);
		CHECK(strcmp(path, good[i].path) == 0);
	}
}

TEST("a name that leads elsewhere, another spelling, a member too many or too few: none is a line")
{
	static const char *const bad[] = {FILE_OF("trust", "../root.pem"), FILE_OF("trust", "/root.pem"), FILE_OF("trust", "a/b/c"), FILE_OF("trust", ".hidden"), FILE_OF("trust", "crl/.1"), FILE_OF("trust", ""),
		FILE_OF("trust", "a b"), FILE_OF("schema", "x/archive.xsd"), PACKAGE_OF("certificate", "a/b"), PACKAGE_OF("certificate", ".."), FILE_OF("certificate", "DAC"), PACKAGE_OF("trust", "root.pem"),
		PACKAGE_OF("certificat", "x"), " " FILE_OF("trust", "root.pem"), FILE_OF("trust", "root.pem") "\n", "{}", "[]", ""};

	CHECK(reads(FILE_OF("trust", "root.pem")));
	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++)
		CHECK(!reads(bad[i]));
	CHECK(!reads("{\"kind\":\"trust\",\"id\":\"root.pem\",\"octets\":5,\"sha256\":\"" H "\",\"sm3\":\"" H "\"}")); /* not canonical */
	CHECK(!reads("{\"id\":\"root.pem\",\"kind\":\"trust\",\"octets\":5,\"sha256\":\"" H "\",\"sm3\":\"x\"}"));
}

TEST("lines are in order of kind and number, and each changes what they come to")
{
	struct fj_archive_entry a, b, c;
	struct fj_hash one = {{0}}, two = {{0}};
	struct fj_err err;

	CHECK_OK(fj_archive_entry_read(fj_slice_str(PACKAGE_OF("registration", "RG-2")), &a, &err));
	CHECK_OK(fj_archive_entry_read(fj_slice_str(PACKAGE_OF("certificate", "DAC-1")), &b, &err));
	CHECK_OK(fj_archive_entry_read(fj_slice_str(PACKAGE_OF("certificate", "DAC-2")), &c, &err));
	CHECK(fj_archive_order(&a, &b) < 0 && fj_archive_order(&b, &c) < 0 && fj_archive_order(&c, &a) > 0 && fj_archive_order(&b, &b) == 0);
	fj_archive_chain(&one, fj_slice_str("x"));
	fj_archive_chain(&one, fj_slice_str("y"));
	fj_archive_chain(&two, fj_slice_str("y"));
	fj_archive_chain(&two, fj_slice_str("x"));
	CHECK(!fj_hash_eq(&one, &two));
}

TEST("the head and the two documents have exactly their members")
{
	static const char *const docs[] = {"{\"base\":\"http://a\",\"chain\":\"" H "\",\"counts\":{\"trust\":2},\"fonds\":{\"name\":\"x\",\"usci\":\"y\"},\"format\":\"urn:fujie:archive:1\",\"lines\":2,\"over\":true,\"year\":2026}"},
		*const wrong[] = {"{\"base\":\"http://a\",\"chain\":\"" H "\",\"counts\":{\"trust\":1},\"fonds\":{\"name\":\"x\",\"usci\":\"y\"},\"format\":\"urn:fujie:archive:1\",\"lines\":2,\"over\":true,\"year\":2026}",
		"{\"base\":\"http://a\",\"chain\":\"" H "\",\"counts\":{\"x\":2},\"fonds\":{\"name\":\"x\",\"usci\":\"y\"},\"format\":\"urn:fujie:archive:1\",\"lines\":2,\"over\":true,\"year\":2026}",
		"{\"base\":\"http://a\",\"chain\":\"" H "\",\"counts\":{\"trust\":2},\"fonds\":{\"name\":\"x\",\"usci\":\"y\"},\"format\":\"urn:fujie:archive:1\",\"lines\":2,\"over\":1,\"year\":2026}",
		"{\"base\":\"http://a\",\"chain\":\"" H "\",\"counts\":{\"trust\":2},\"fonds\":{\"name\":\"x\",\"usci\":\"y\"},\"format\":\"urn:fujie:archive:2\",\"lines\":2,\"over\":true,\"year\":2026}"};
	struct fj_archive_head h;
	struct fj_err err;

	CHECK_OK(fj_archive_head_read(fj_slice_str("{\"base\":\"http://a\",\"format\":\"urn:fujie:archive-index:1\",\"year\":2026}"), &h, &err));
	CHECK(h.year == 2026 && strcmp(h.base, "http://a") == 0);
	CHECK(fj_archive_head_read(fj_slice_str("{\"base\":\"http://a\",\"format\":\"urn:fujie:archive-index:1\",\"year\":26}"), &h, &err) != FJ_OK);
	for (size_t i = 0; i < FJ_ARRAY_LEN(docs); i++) {
		FJ_AUTO(json) j = NULL;
		CHECK_OK(fj_json_parse(fj_slice_str(docs[i]), FJ_ARCHIVE_DOC, &j, &err));
		CHECK_OK(fj_archive_doc_check(j, &err));
	}
	for (size_t i = 0; i < FJ_ARRAY_LEN(wrong); i++) {
		FJ_AUTO(json) j = NULL;
		CHECK_OK(fj_json_parse(fj_slice_str(wrong[i]), FJ_ARCHIVE_DOC, &j, &err));
		CHECK(fj_archive_doc_check(j, &err) != FJ_OK && err.en[0] != '\0');
	}
}

TEST_MAIN
