/* Forms as they are sent: fields that stand several times, files, and what is refused. */
#include "tests/unit/test.h"
#include "web/http/form.h"

#define TYPE "multipart/form-data; boundary=----b0"
#define FIELD(name, value) "------b0\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"
#define FILE_PART(name, filename, bytes) "------b0\r\nContent-Disposition: form-data; name=\"" name "\"; filename=\"" filename "\"\r\nContent-Type: text/csv\r\n\r\n" bytes "\r\n"
#define LAST "------b0--\r\n"

static enum fj_rc multipart(struct web_form_data *f, const char *text, const char *type)
{
	memset(f, 0, sizeof(*f));
	return web_form_multipart(f, fj_slice_str(text), type, NULL);
}

static int refused(const char *text)
{
	struct web_form_data f;
	enum fj_rc rc = multipart(&f, text, TYPE);

	web_form_release(&f);
	return rc == FJ_E_PARSE;
}

TEST("a name that stands three times gives three values, in order, decoded")
{
	struct web_form_data f = {.n = 0};
	struct fj_err err = {0};

	CHECK_OK(web_form_urlencoded(&f, fj_slice_str("ids=a&ids=%E5%8F%B0+1&ids="), &err));
	CHECK(f.n == 3);
	CHECK_STR(f.pair[1].value, "台 1");
	CHECK_STR(f.pair[2].value, "");
	web_form_release(&f);
}

TEST("a form whose escape is broken, that is not UTF-8 or holds U+0000 is refused whole")
{
	static const char *const bad[] = {"a=1&b=%4", "a=%zz", "a=%FF", "a=%00"};

	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++) {
		struct web_form_data f = {.n = 0};
		struct fj_err err = {0};
		CHECK_RC(web_form_urlencoded(&f, fj_slice_str(bad[i]), &err), FJ_E_PARSE);
		CHECK(err.zh[0] != '\0');
		web_form_release(&f);
	}
}

TEST("more fields than a form may have are too large")
{
	struct web_form_data f = {.n = 0};
	FJ_AUTO(buf) b = FJ_BUF_INIT(1u << 20);
	enum fj_rc rc = FJ_OK;

	for (int i = 0; i <= WEB_MAX_FIELDS && rc == FJ_OK; i++)
		rc = fj_buf_puts(&b, "ids=x&");
	CHECK(rc == FJ_OK);
	CHECK(web_form_urlencoded(&f, fj_buf_slice(&b), NULL) == FJ_E_LIMIT);
	CHECK(f.n == WEB_MAX_FIELDS);
	web_form_release(&f);
}

TEST("a file keeps its octets, line ends and what looks like a boundary included")
{
	struct web_form_data f;

	CHECK(multipart(&f, FIELD("csrf", "abc") FILE_PART("file", "台账 %22a%22.csv", "x\r\n--b0\r\n\xff\xfe") LAST, TYPE) == FJ_OK);
	CHECK(f.n == 1 && f.n_files == 1);
	CHECK_STR(f.file[0].field, "file");
	CHECK_STR(f.file[0].filename, "台账 \"a\".csv");
	CHECK(fj_slice_eq(f.file[0].bytes, FJ_SLICE("x\r\n--b0\r\n\xff\xfe", 11)));
	web_form_release(&f);
}

TEST("a file that was not chosen is not there; a boundary may stand in quotes")
{
	struct web_form_data f;

	CHECK(multipart(&f, FILE_PART("file", "", "") FIELD("a", "1") LAST, "multipart/form-data; boundary=\"----b0\"") == FJ_OK);
	CHECK(f.n_files == 0 && f.n == 1);
	web_form_release(&f);
}

TEST("multipart without boundary, with a preamble, an epilogue or without an end is refused")
{
	struct web_form_data f;

	CHECK(multipart(&f, FIELD("a", "1") LAST, "multipart/form-data") == FJ_E_PARSE);
	CHECK(refused("preamble\r\n" FIELD("a", "1") LAST));
	CHECK(refused(FIELD("a", "1") LAST "epilogue"));
	CHECK(refused(FIELD("a", "1")));
	CHECK(refused(FIELD("a", "1") "------b0"));
	CHECK(refused(""));
}

TEST("a part without name, with another disposition or a transfer encoding, or a field that is no UTF-8 is refused")
{
	CHECK(refused("------b0\r\nContent-Type: text/plain\r\n\r\nx\r\n" LAST));
	CHECK(refused("------b0\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n" LAST));
	CHECK(refused("------b0\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n" LAST));
	CHECK(refused("------b0\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n" LAST));
	CHECK(refused("------b0\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\nx\r\n" LAST));
	CHECK(refused(FIELD("a", "\xff") LAST));
}

/* begin, so many x, end */
static bool around(struct fj_buf *b, const char *begin, size_t n, const char *end)
{
	fj_buf_clear(b);
	uint8_t *p = fj_buf_puts(b, begin) == FJ_OK ? fj_buf_reserve(b, n) : NULL;
	if (p == NULL)
		return false;
	memset(p, 'x', n);
	b->len += n;
	return fj_buf_puts(b, end) == FJ_OK;
}

TEST("a field has as many octets as it may and no more; a file may have more")
{
	static const char field[] = "------b0\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n", file[] = "------b0\r\nContent-Disposition: form-data; name=\"a\"; filename=\"x\"\r\n\r\n";
	static const struct {
		const char *begin, *end;
		size_t n;
		enum fj_rc want;
	} tried[] = {
		{"a=", "", WEB_MAX_VALUE, FJ_OK}, {"a=", "", WEB_MAX_VALUE + 1, FJ_E_LIMIT}, {"a=", "", 9u << 20, FJ_E_LIMIT},
		{field, "\r\n" LAST, WEB_MAX_VALUE, FJ_OK}, {field, "\r\n" LAST, WEB_MAX_VALUE + 1, FJ_E_LIMIT}, {file, "\r\n" LAST, WEB_MAX_VALUE + 1, FJ_OK},
	};
	FJ_AUTO(buf) b = FJ_BUF_INIT(10u << 20);

	for (size_t i = 0; i < FJ_ARRAY_LEN(tried); i++) {
		struct web_form_data f = {.n = 0};
		struct fj_err err = {0};
		CHECK(around(&b, tried[i].begin, tried[i].n, tried[i].end));
		CHECK_RC(i < 3 ? web_form_urlencoded(&f, fj_buf_slice(&b), &err) : web_form_multipart(&f, fj_buf_slice(&b), TYPE, &err), tried[i].want);
		CHECK((err.zh[0] != '\0') == (tried[i].want != FJ_OK));
		web_form_release(&f);
	}
}

TEST_MAIN
