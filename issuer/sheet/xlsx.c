/*
 * xlsx.c - the package: a ZIP file in memory (libzip), its parts through expat.
 *
 * Only parts that are asked for are inflated, in pieces; the sum of what was
 * inflated is bounded, and so is its ratio to what was packed, so that a ZIP bomb
 * costs little.  A document type (and with it every entity declaration, inner or
 * outer) is refused, and so are encryption and packings other than deflate: no
 * office program writes them.
 */
#include "issuer/sheet/xlsx_parts.h"

#define MAX_DEPTH 64
#define FREE_RATIO (16u << 20) /* octets that a part may have whatever it was packed into */
#define MAX_RATIO 400

enum fj_rc xlsx_bad(struct xlsx *x, const char *en, const char *zh)
{
	fj_fail(x->err, FJ_E_PARSE, "sheet", "ISO/IEC 29500", "the XLSX file is refused: %s", en);
	fj_err_zh(x->err, "XLSX 文件无法读取：%s", zh);
	return FJ_E_PARSE;
}

enum fj_rc xlsx_much(struct xlsx *x, const char *en, const char *zh)
{
	fj_fail(x->err, FJ_E_LIMIT, "sheet", "ISO/IEC 29500", "the XLSX file is refused: %s; split it, or save it as CSV", en);
	fj_err_zh(x->err, "XLSX 文件无法读取：%s；请拆分文件或另存为 CSV", zh);
	return FJ_E_LIMIT;
}

void xml_stop(struct xml *p, enum fj_rc rc)
{
	if (p->rc == FJ_OK)
		p->rc = rc;
	XML_StopParser(p->parser, XML_FALSE);
}

/* names come as namespace|local */
static const char *local(const char *name)
{
	const char *bar = strrchr(name, '|');

	return bar == NULL ? name : bar + 1;
}

const char *xml_att(const char **atts, const char *name)
{
	for (; atts[0] != NULL; atts += 2)
		if (strcmp(local(atts[0]), name) == 0)
			return atts[1];
	return NULL;
}

static void XMLCALL on_start(void *arg, const char *name, const char **atts)
{
	struct xml *p = arg;

	if (p->rc != FJ_OK)
		return;
	if (++p->depth > MAX_DEPTH)
		xml_stop(p, xlsx_bad(p->x, "its XML nests too deep", "XML 嵌套过深"));
	else
		p->start(p, local(name), atts);
}

static void XMLCALL on_end(void *arg, const char *name)
{
	struct xml *p = arg;

	p->depth--;
	if (p->rc == FJ_OK && p->end != NULL)
		p->end(p, local(name));
}

static void XMLCALL on_text(void *arg, const char *s, int n)
{
	struct xml *p = arg;

	if (p->rc == FJ_OK && p->text != NULL)
		p->text(p, s, (size_t)n);
}

static void XMLCALL on_doctype(void *arg, const char *name, const char *sys, const char *pub, int inner)
{
	struct xml *p = arg;

	(void)name, (void)sys, (void)pub, (void)inner;
	xml_stop(p, xlsx_bad(p->x, "its XML declares a document type or entities", "XML 中声明了文档类型或实体"));
}

static enum fj_rc feed(struct xml *p, zip_file_t *f, uint64_t packed)
{
	struct xlsx *x = p->x;
	uint64_t sum = 0;

	for (;;) {
		void *chunk = XML_GetBuffer(p->parser, 65536);
		if (chunk == NULL)
			return xlsx_much(x, "it takes too much memory", "占用内存过多");
		zip_int64_t n = zip_fread(f, chunk, 65536);
		if (n < 0)
			return xlsx_bad(x, "a part of it is damaged", "文件已损坏");
		sum += (uint64_t)n;
		x->inflated += (uint64_t)n;
		if (x->inflated > XLSX_MAX_INFLATED || (sum > FREE_RATIO && sum / MAX_RATIO > packed))
			return xlsx_much(x, "it unpacks to far more than it should", "解压后内容异常庞大");
		enum XML_Status st = XML_ParseBuffer(p->parser, (int)n, n == 0);
		if (p->rc != FJ_OK)
			return p->rc;
		if (st != XML_STATUS_OK)
			return XML_GetErrorCode(p->parser) == XML_ERROR_NO_MEMORY ? xlsx_much(x, "it takes too much memory", "占用内存过多")
			    : xlsx_bad(x, "its XML is malformed", "XML 格式错误");
		if (n == 0)
			return FJ_OK;
	}
}

static enum fj_rc open_part(struct xlsx *x, const char *part, zip_file_t **out, uint64_t *packed)
{
	zip_stat_t st;

	if (zip_stat(x->zip, part, 0, &st) != 0)
		return FJ_E_NOTFOUND;
	if ((st.valid & ZIP_STAT_ENCRYPTION_METHOD) && st.encryption_method != ZIP_EM_NONE)
		return xlsx_bad(x, "it is encrypted", "文件已加密");
	if (!(st.valid & ZIP_STAT_COMP_METHOD) || (st.comp_method != ZIP_CM_STORE && st.comp_method != ZIP_CM_DEFLATE))
		return xlsx_bad(x, "a part is packed in an unusual way", "压缩方式不受支持");
	*packed = (st.valid & ZIP_STAT_COMP_SIZE) ? st.comp_size : 0;
	*out = zip_fopen(x->zip, part, 0);
	return *out != NULL ? FJ_OK : xlsx_bad(x, "a part of it is damaged", "文件已损坏");
}

enum fj_rc xml_part(struct xml *p, const char *part)
{
	zip_file_t *f;
	uint64_t packed;

	FJ_TRY(open_part(p->x, part, &f, &packed));
	p->parser = XML_ParserCreateNS(NULL, '|');
	enum fj_rc rc = p->parser == NULL ? xlsx_much(p->x, "it takes too much memory", "占用内存过多") : FJ_OK;
	if (rc == FJ_OK) {
		XML_SetUserData(p->parser, p);
		XML_SetElementHandler(p->parser, on_start, on_end);
		XML_SetCharacterDataHandler(p->parser, on_text);
		XML_SetStartDoctypeDeclHandler(p->parser, on_doctype);
		rc = feed(p, f, packed);
		XML_ParserFree(p->parser);
	}
	zip_fclose(f);
	return rc;
}

static enum fj_rc open_zip(struct xlsx *x, struct fj_slice file)
{
	zip_error_t e;

	zip_error_init(&e);
	zip_source_t *src = zip_source_buffer_create(file.p, file.len, 0, &e);
	if (src != NULL)
		x->zip = zip_open_from_source(src, ZIP_RDONLY, &e);
	if (x->zip == NULL)
		zip_source_free(src);
	zip_error_fini(&e);
	if (x->zip == NULL)
		return xlsx_bad(x, "it is no ZIP package, or cut short", "不是完整的 ZIP 文件");
	if (zip_get_num_entries(x->zip, 0) > XLSX_MAX_PARTS)
		return xlsx_much(x, "it has more than 2000 parts", "包含的部件超过 2000 个");
	return FJ_OK;
}

enum fj_rc xlsx_read(struct fj_slice file, xlsx_row_fn fn, void *arg, struct fj_err *err)
{
	struct fj_err mine = {0};
	struct xlsx x = {.err = err != NULL ? err : &mine};

	fj_buf_init(&x.strings, XLSX_MAX_STRINGS);
	fj_buf_init(&x.at, XLSX_MAX_STRINGS);
	fj_buf_init(&x.is_date, 65536);
	enum fj_rc rc = open_zip(&x, file);
	if (rc == FJ_OK)
		rc = xlsx_book(&x);
	if (rc == FJ_OK)
		rc = xlsx_rows(&x, fn, arg);
	if (x.zip != NULL)
		zip_discard(x.zip);
	fj_buf_release(&x.strings);
	fj_buf_release(&x.at);
	fj_buf_release(&x.is_date);
	return rc;
}
