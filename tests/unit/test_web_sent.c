/* What is sent to be verified: what is taken of a text or a file, and what is refused. */
#include "base/note.h"
#include "tests/unit/test.h"
#include "web/http/http.h"

static enum fj_rc file(struct web_sent *s, struct fj_slice bytes, struct fj_err *err)
{
	web_sent_release(s);
	memset(s, 0, sizeof(*s));
	return web_sent_file(s, bytes, err);
}

TEST("a text is taken without the blanks around it, also in its own place")
{
	FJ_AUTO(web_sent) s = {.text = NULL};
	struct fj_err err = {0};

	CHECK_OK(web_sent_text(&s, fj_slice_str(" \r\n DAC-1 \t\n"), &err));
	CHECK_STR(s.text, "DAC-1");
	CHECK_OK(web_sent_text(&s, fj_slice_str(s.text), &err));
	CHECK_STR(s.text, "DAC-1");
	CHECK_OK(web_sent_text(&s, fj_slice_str(" \n"), &err));
	CHECK(web_sent_slice(&s).len == 0);
}

TEST("a file of text is taken as text; one that is none as its octets, and stands in a form as PEM")
{
	static const uint8_t der[] = {0x30, 0x03, 0x02, 0x01, 0x00};
	FJ_AUTO(web_sent) s = {.text = NULL};
	struct fj_err err = {0};
	FJ_AUTO(buf) text = FJ_BUF_INIT(256);

	CHECK_OK(file(&s, fj_slice_str("eyJh.eyJi.c~\n"), &err));
	CHECK_STR(s.text, "eyJh.eyJi.c~");
	CHECK_OK(file(&s, FJ_SLICE(der, sizeof(der)), &err));
	CHECK(s.text == NULL && web_sent_slice(&s).p == der && web_sent_slice(&s).len == sizeof(der));
	CHECK(web_sent_again(&s, &text));
	CHECK_STR(fj_buf_str(&text), "-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----\n");
}

TEST("what is no certificate, or too large for one, is not carried on")
{
	static const uint8_t zero[] = {0x00, 0x01};
	static uint8_t large[16385] = {0x30};
	FJ_AUTO(web_sent) s = {.text = NULL};
	struct fj_err err = {0};
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);

	CHECK_OK(file(&s, FJ_SLICE(zero, sizeof(zero)), &err));
	CHECK(!web_sent_again(&s, &text));
	CHECK_OK(file(&s, FJ_SLICE(large, sizeof(large)), &err));
	CHECK(!web_sent_again(&s, &text));
}

TEST("a file that begins with the mark of UTF-8 is what stands behind it, also a bundle or one that is refused")
{
	FJ_AUTO(web_sent) s = {.text = NULL};
	struct fj_err err = {0};

	CHECK_OK(file(&s, fj_slice_str("\xef\xbb\xbf" "eyJh.eyJi.c~\r\n"), &err));
	CHECK_STR(s.text, "eyJh.eyJi.c~");
	CHECK_OK(file(&s, fj_slice_str("\xef\xbb\xbf{\"format\":\"urn:fujie:bundle:1\",\"credential\":\"eyJ~\"}"), &err));
	CHECK(s.bundle);
	CHECK_RC(file(&s, fj_slice_str("\xef\xbb\xbf%PDF-1.7"), &err), FJ_E_UNSUPPORTED);
	CHECK_OK(file(&s, fj_slice_str("\xef\xbb\xbf"), &err));
	CHECK(web_sent_slice(&s).len == 0);
	CHECK_OK(file(&s, fj_slice_str("eyJh\xef\xbb\xbf"), &err));
	CHECK_STR(s.text, "eyJh\xef\xbb\xbf");
}

TEST("a number is no credential of a bundle; a file that holds only one is known as that")
{
	static const char *const numbers[] = {"DAC-100000-202603-000001-F", " DAU-420000-202604-000001-0 "};
	FJ_AUTO(web_sent) s = {.text = NULL};
	struct fj_err err = {0};

	for (size_t i = 0; i < FJ_ARRAY_LEN(numbers); i++) {
		FJ_AUTO(buf) text = FJ_BUF_INIT(256);
		CHECK(fj_buf_printf(&text, "{\"format\":\"urn:fujie:bundle:1\",\"credential\":\"%s\"}", numbers[i]) == FJ_OK);
		CHECK_RC(file(&s, fj_buf_slice(&text), &err), FJ_E_PARSE);
		CHECK_OK(file(&s, fj_slice_str(numbers[i]), &err));
		CHECK(s.file_of_number);
	}
	CHECK_OK(file(&s, fj_slice_str("eyJh.eyJi.c~"), &err));
	CHECK(!s.file_of_number);
	CHECK_OK(web_sent_text(&s, fj_slice_str(numbers[0]), &err));
	CHECK(!s.file_of_number);
}

TEST("a file that is larger than any text is never copied as one")
{
	FJ_AUTO(web_sent) s = {.text = NULL};
	struct fj_err err = {0};
	FJ_AUTO(buf) large = FJ_BUF_INIT(WEB_MAX_VALUE + 1);
	uint8_t *p = fj_buf_reserve(&large, WEB_MAX_VALUE + 1);

	CHECK(p != NULL);
	memset(p, 'x', WEB_MAX_VALUE + 1);
	CHECK_OK(file(&s, FJ_SLICE(p, WEB_MAX_VALUE), &err));
	CHECK(s.text != NULL);
	CHECK_OK(file(&s, FJ_SLICE(p, WEB_MAX_VALUE + 1), &err));
	CHECK(s.text == NULL && web_sent_slice(&s).len == WEB_MAX_VALUE + 1);
}

TEST("of a bundle the credential and the proof of its logging are taken; one without a credential is refused")
{
	FJ_AUTO(web_sent) s = {.text = NULL};
	struct fj_err err = {0};

	CHECK_OK(file(&s, fj_slice_str("{\"format\":\"urn:fujie:bundle:1\",\"credential\":\" eyJ~\",\"proofs\":{\"a\":7,\"b\":\"line\\n\",\"c\":\"other\\n\"}}"), &err));
	CHECK(s.bundle);
	CHECK_STR(s.text, "eyJ~");
	CHECK_STR(fj_buf_str(&s.proof), "line\n");
	CHECK_RC(file(&s, fj_slice_str("{\"format\":\"urn:fujie:bundle:1\"}"), &err), FJ_E_PARSE);
	CHECK_OK(file(&s, fj_slice_str("{\"format\":\"another\",\"credential\":\"eyJ~\"}"), &err));
	CHECK(!s.bundle);
}

TEST("what people have at hand and is no credential is refused with what to send instead")
{
	static const char *const none[] = {"%PDF-1.7", "PK\x03\x04rest", "\x1f\x8b\x08", "GIF89a", "BMxx", "RIFFxxxx", "\x89PNG\r\n", "\xff\xd8\xff\xe0", NULL};
	FJ_AUTO(web_sent) s = {.text = NULL};
	struct fj_err err = {0};

	for (size_t i = 0; none[i] != NULL; i++)
		CHECK_RC(file(&s, fj_slice_str(none[i]), &err), FJ_E_UNSUPPORTED);
	CHECK_OK(file(&s, fj_slice_str("%PD"), &err));
}

TEST_MAIN
