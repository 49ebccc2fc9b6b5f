/*
 * exchange_file.c - files out in the formats that offices exchange: CSV and XLSX by
 * the sheet writer, XML by this one.
 *
 * XML has three levels, as its reader takes them (sheet/xmltab.c): root, record,
 * one element a field, empty ones left out.  Text is escaped; control characters
 * that XML 1.0 has no way to write were refused when they were entered, and are a
 * space here.  A title that is no element's name is refused with the title.
 */
#include "issuer/exchange.h"

#include "base/mem.h"

struct xch_out {
	struct sheet_out *sheet; /* NULL: XML */
	struct fj_buf xml;
	struct xch_layout l;
};

static const char *const formats[] = {[XCH_CSV] = "csv", [XCH_XLSX] = "xlsx", [XCH_XML] = "xml"};

const char *xch_format_name(enum xch_format f)
{
	return formats[f];
}

enum fj_rc xch_format_of(const char *word, enum xch_format *out, struct fj_err *err)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(formats); i++)
		if (strcmp(formats[i], word) == 0) {
			*out = (enum xch_format)i;
			return FJ_OK;
		}
	return fj_refuse(err, FJ_E_INVALID, "issuer", NULL, "the format is csv, xlsx or xml", "文件格式应为 csv、xlsx 或 xml");
}

/* the next code point of valid UTF-8; 0 at the end */
static uint32_t next_point(const unsigned char **p)
{
	const unsigned char *s = *p;
	size_t n = *s < 0x80 ? 1 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;
	uint32_t c = n == 1 ? *s : n == 2 ? *s & 0x1fu : n == 3 ? *s & 0x0fu : *s & 0x07u;

	if (*s == '\0')
		return 0;
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (s[i] & 0x3fu);
	*p += n;
	return c;
}

/* of the names that every edition of XML 1.0 has, those in ASCII and in Chinese characters */
static bool name_start(uint32_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == 0x3007 || (c >= 0x4e00 && c <= 0x9fa5);
}

static bool name_part(uint32_t c)
{
	return name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

void xch_xml_plain(const char *title, char *out, size_t cap)
{
	const unsigned char *p = (const unsigned char *)title, *from = p;
	size_t n = 0;

	for (uint32_t c; (c = next_point(&p)) != 0 && c != 0xff08; from = p)
		if (name_part(c) && n + (size_t)(p - from) < cap) {
			memcpy(out + n, from, (size_t)(p - from));
			n += (size_t)(p - from);
		}
	out[n] = '\0';
}

bool xch_xml_name(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	uint32_t c = next_point(&p);

	if (!name_start(c))
		return false;
	while ((c = next_point(&p)) != 0)
		if (!name_part(c))
			return false;
	return true;
}

static enum fj_rc check_names(const struct xch_layout *l, struct fj_err *err)
{
	const char *bad = !xch_xml_name(l->root) ? l->root : !xch_xml_name(l->record) ? l->record : NULL;

	for (size_t i = 0; i < l->n && bad == NULL; i++)
		if (!xch_xml_name(l->columns[i].title))
			bad = l->columns[i].title;
	if (bad == NULL)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "XML 1.0", "\"%.80s\" is no name of an XML element; map the field to another, or take csv or xlsx", bad);
	fj_err_zh(err, "“%.80s”不能作为 XML 元素名；请在对照表中改名，或使用 csv、xlsx 格式", bad);
	return rc;
}

enum fj_rc xch_out_new(enum xch_format f, const struct xch_layout *l, struct xch_out **out, struct fj_err *err)
{
	FJ_AUTO(xch_out) o = fj_alloc(1, sizeof(*o));

	if (o == NULL)
		return fj_no_memory(err, "issuer");
	o->l = *l;
	fj_buf_init(&o->xml, XCH_MAX_FILE);
	if (f == XCH_XML) {
		FJ_TRY(check_names(l, err));
		FJ_TRY(fj_buf_printf(&o->xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<%s>\n", l->root));
	} else
		FJ_TRY(sheet_out_new(f == XCH_XLSX ? SHEET_XLSX : SHEET_CSV, l->name, l->columns, l->n, &o->sheet, err));
	*out = fj_move(o);
	return FJ_OK;
}

static enum fj_rc put_escaped(struct fj_buf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		const char *e = *s == '&' ? "&amp;" : *s == '<' ? "&lt;" : *s == '>' ? "&gt;" : *s == '\r' ? "&#13;" : NULL;

		if (e != NULL)
			FJ_TRY(fj_buf_puts(out, e));
		else
			FJ_TRY(fj_buf_put(out, (unsigned char)*s < 0x20 && *s != '\n' && *s != '\t' ? " " : s, 1));
	}
	return FJ_OK;
}

static enum fj_rc put_record(struct xch_out *o, const char *const *cells)
{
	FJ_TRY(fj_buf_printf(&o->xml, " <%s>", o->l.record));
	for (size_t i = 0; i < o->l.n; i++) {
		if (cells[i] == NULL || cells[i][0] == '\0')
			continue;
		FJ_TRY(fj_buf_printf(&o->xml, "<%s>", o->l.columns[i].title));
		FJ_TRY(put_escaped(&o->xml, cells[i]));
		FJ_TRY(fj_buf_printf(&o->xml, "</%s>", o->l.columns[i].title));
	}
	return fj_buf_printf(&o->xml, "</%s>\n", o->l.record);
}

static enum fj_rc too_large(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_LIMIT, "issuer", NULL, "the file grows too large; select fewer assets", "导出文件过大，请缩小范围");
}

enum fj_rc xch_out_row(struct xch_out *o, const char *const *cells, struct fj_err *err)
{
	if (o->sheet != NULL)
		return sheet_out_row(o->sheet, cells, err);
	return put_record(o, cells) == FJ_OK ? FJ_OK : too_large(err);
}

enum fj_rc xch_out_finish(struct xch_out **o, struct fj_buf *file, struct fj_err *err)
{
	FJ_AUTO(xch_out) mine = *o;

	*o = NULL;
	if (mine->sheet != NULL)
		return sheet_out_finish(&mine->sheet, file, err);
	if (fj_buf_printf(&mine->xml, "</%s>\n", mine->l.root) != FJ_OK || fj_buf_put(file, mine->xml.data, mine->xml.len) != FJ_OK)
		return too_large(err);
	return FJ_OK;
}

void xch_out_drop(struct xch_out *o)
{
	if (o == NULL)
		return;
	sheet_out_drop(o->sheet);
	fj_buf_release(&o->xml);
	fj_free(o);
}

enum fj_rc xch_attach(json_t *answer, const char *name, enum xch_format f, const struct fj_buf *file, struct fj_err *err)
{
	static const char *const types[] = {[XCH_CSV] = "text/csv; charset=utf-8", [XCH_XLSX] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		[XCH_XML] = "application/xml"};
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(96u << 20);
	char full[80];

	FJ_TRY(fj_b64u_put(&b64, fj_buf_slice(file)));
	snprintf(full, sizeof(full), "%s.%s", name, formats[f]);
	return fj_json_set(answer, "file", json_pack("{s:s, s:s, s:s}", "name", full, "type", types[f], "base64url", fj_buf_str(&b64))) == FJ_OK ? FJ_OK
	    : fj_no_memory(err, "issuer");
}
