/*
 * docx.c - the document for a word processor (ISO/IEC 29500): our own XML parts in a ZIP.
 *
 * Styles carry the looks, so that an office can change them in one place.  A table's
 * heading is repeated on each page, rows are not split, numbers stand to the right; the
 * footer counts the pages.  The same document gives the same octets: no date stands in
 * it but those of its text.
 */
#include "issuer/report/parts.h"

#define A4_TWIPS 9070 /* between the margins, in twentieths of a point */
#define A4_TWIPS_WIDE 14000
#define DIGIT_TWIPS 112     /* a digit or capital of a cell, and the room at its sides */
#define CELL_TWIPS 180
#define MAX_PART (24u << 20)

/* --- text --- */

static enum fj_rc run(struct fj_buf *b, const char *text)
{
	const char *end;

	for (;; text = end + 1) { /* a new line within a paragraph */
		end = strchr(text, '\n');
		FJ_AUTO(str) part = end == NULL ? NULL : fj_strndup(text, (size_t)(end - text));
		if (end != NULL && part == NULL)
			return FJ_E_NOMEM;
		FJ_TRY(fj_buf_puts(b, "<w:r><w:t xml:space=\"preserve\">"));
		FJ_TRY(rep_escape(b, end == NULL ? text : part));
		FJ_TRY(fj_buf_puts(b, end == NULL ? "</w:t></w:r>" : "</w:t><w:br/></w:r>"));
		if (end == NULL)
			return FJ_OK;
	}
}

static enum fj_rc paragraph(struct fj_buf *b, const char *look, const char *text)
{
	FJ_TRY(fj_buf_printf(b, "<w:p><w:pPr><w:pStyle w:val=\"%s\"/></w:pPr>", look));
	FJ_TRY(run(b, text));
	return fj_buf_puts(b, "</w:p>\n");
}

static enum fj_rc labelled(struct fj_buf *b, const char *label, const char *text)
{
	FJ_TRY(fj_buf_puts(b, "<w:p><w:pPr><w:pStyle w:val=\"Meta\"/></w:pPr><w:r><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\">"));
	FJ_TRY(rep_escape(b, label));
	FJ_TRY(fj_buf_puts(b, "：</w:t></w:r>"));
	FJ_TRY(run(b, text));
	return fj_buf_puts(b, "</w:p>\n");
}

/* --- tables --- */

static enum fj_rc cell(struct fj_buf *b, const char *text, bool number, bool head, int width)
{
	FJ_TRY(fj_buf_printf(b, "<w:tc><w:tcPr><w:tcW w:w=\"%d\" w:type=\"dxa\"/>%s<w:vAlign w:val=\"center\"/></w:tcPr><w:p><w:pPr><w:pStyle w:val=\"%s\"/>%s</w:pPr>", width,
	    head ? "<w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"EEF1F5\"/>" : "", head ? "CellHead" : "Cell", number ? "<w:jc w:val=\"right\"/>" : ""));
	FJ_TRY(run(b, text));
	return fj_buf_puts(b, "</w:p></w:tc>");
}

/* as measure() of pages.c, by counting characters: each column has its share, what is not to be
 * broken has room, and columns of text give it */
static void widths(const json_t *t, int all, int out[REP_MAX_COLUMNS])
{
	const json_t *columns = json_object_get(t, "columns");
	int sum = 0, texts = 0, excess = 0, least[REP_MAX_COLUMNS];
	size_t i;
	json_t *c;

	json_array_foreach(columns, i, c)
		sum += rep_column_width(c);
	json_array_foreach(columns, i, c) {
		size_t n = rep_unbroken(json_object_get(t, "rows"), i, rep_column_type(c));
		out[i] = all * rep_column_width(c) / (sum > 0 ? sum : 1);
		least[i] = n > 0 ? (int)n * DIGIT_TWIPS + CELL_TWIPS : 0;
		texts += least[i] == 0 ? out[i] : 0;
		excess += least[i] > out[i] ? least[i] - out[i] : 0;
	}
	excess = excess > texts * 6 / 10 ? texts * 6 / 10 : excess;
	json_array_foreach(columns, i, c)
		out[i] = least[i] == 0 ? out[i] - (texts > 0 ? (int)((int64_t)excess * out[i] / texts) : 0) : least[i] > out[i] ? least[i] : out[i];
}

static enum fj_rc head_row(struct fj_buf *b, const json_t *columns, const int *width)
{
	size_t i;
	json_t *c;

	FJ_TRY(fj_buf_puts(b, "<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>"));
	json_array_foreach(columns, i, c)
		FJ_TRY(cell(b, fj_json_peek(c, "title"), rep_is_number(rep_column_type(c)), true, width[i]));
	return fj_buf_puts(b, "</w:tr>\n");
}

static enum fj_rc table(struct fj_buf *b, const json_t *t, int all)
{
	const json_t *columns = json_object_get(t, "columns");
	char room[REP_MONEY_CAP];
	int width[REP_MAX_COLUMNS];
	size_t i, k;
	json_t *row, *v;

	widths(t, all, width);
	if (fj_json_peek(t, "caption") != NULL)
		FJ_TRY(paragraph(b, "Caption", fj_json_peek(t, "caption")));
	FJ_TRY(fj_buf_printf(b, "<w:tbl><w:tblPr><w:tblStyle w:val=\"Grid\"/><w:tblW w:w=\"%d\" w:type=\"dxa\"/><w:tblLayout w:type=\"fixed\"/></w:tblPr><w:tblGrid>", all));
	for (i = 0; i < json_array_size(columns); i++)
		FJ_TRY(fj_buf_printf(b, "<w:gridCol w:w=\"%d\"/>", width[i]));
	FJ_TRY(fj_buf_puts(b, "</w:tblGrid>"));
	FJ_TRY(head_row(b, columns, width));
	json_array_foreach(json_object_get(t, "rows"), i, row) {
		FJ_TRY(fj_buf_puts(b, "<w:tr><w:trPr><w:cantSplit/></w:trPr>"));
		json_array_foreach(row, k, v) {
			enum rep_cell type = rep_column_type(json_array_get(columns, k));
			FJ_TRY(cell(b, rep_cell_text(v, type, true, room), rep_is_number(type), false, width[k]));
		}
		FJ_TRY(fj_buf_puts(b, "</w:tr>\n"));
	}
	return fj_buf_puts(b, "</w:tbl>\n<w:p><w:pPr><w:pStyle w:val=\"Note\"/></w:pPr></w:p>\n");
}

/* --- the parts --- */

static enum fj_rc section(struct fj_buf *b, const json_t *s, int all)
{
	size_t i;
	json_t *block;

	if (fj_json_peek(s, "heading") != NULL)
		FJ_TRY(paragraph(b, "Heading1", fj_json_peek(s, "heading")));
	json_array_foreach(json_object_get(s, "blocks"), i, block) {
		const json_t *t = json_object_get(block, "table");
		const char *text = fj_json_peek(block, "text");
		FJ_TRY(t != NULL ? table(b, t, all) : paragraph(b, text != NULL ? "BodyText" : "Note", text != NULL ? text : fj_json_text(block, "note")));
	}
	return FJ_OK;
}

#define W_NS "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\""
#define R_NS "xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\""
#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"

static enum fj_rc body(struct fj_buf *b, const json_t *model)
{
	bool wide = json_is_true(json_object_get(model, "wide"));
	size_t i;
	json_t *v;

	FJ_TRY(fj_buf_puts(b, XML "<w:document " W_NS " " R_NS "><w:body>\n"));
	FJ_TRY(paragraph(b, "Title", fj_json_peek(model, "title")));
	if (fj_json_peek(model, "subtitle") != NULL)
		FJ_TRY(paragraph(b, "Subtitle", fj_json_peek(model, "subtitle")));
	if (fj_json_peek(model, "mark") != NULL)
		FJ_TRY(paragraph(b, "Mark", fj_json_peek(model, "mark")));
	json_array_foreach(json_object_get(model, "meta"), i, v)
		FJ_TRY(labelled(b, json_string_value(json_array_get(v, 0)), json_string_value(json_array_get(v, 1))));
	json_array_foreach(json_object_get(model, "sections"), i, v)
		if (!rep_only_sheet(v))
			FJ_TRY(section(b, v, wide ? A4_TWIPS_WIDE : A4_TWIPS));
	if (fj_json_peek(model, "foot") != NULL)
		FJ_TRY(paragraph(b, "Note", fj_json_peek(model, "foot")));
	return fj_buf_printf(b, "<w:sectPr><w:footerReference w:type=\"default\" r:id=\"rId2\"/><w:pgSz w:w=\"%d\" w:h=\"%d\"%s/>"
	    "<w:pgMar w:top=\"1418\" w:right=\"1418\" w:bottom=\"1418\" w:left=\"1418\" w:header=\"851\" w:footer=\"851\" w:gutter=\"0\"/></w:sectPr></w:body></w:document>\n",
	    wide ? 16838 : 11906, wide ? 11906 : 16838, wide ? " w:orient=\"landscape\"" : "");
}

#define FONTS(east) "<w:rFonts w:ascii=\"Times New Roman\" w:hAnsi=\"Times New Roman\" w:cs=\"Times New Roman\" w:eastAsia=\"" east "\"/>"
#define STYLE(id, name, ppr, rpr) "<w:style w:type=\"paragraph\" w:styleId=\"" id "\"><w:name w:val=\"" name "\"/><w:basedOn w:val=\"Normal\"/><w:pPr>" ppr "</w:pPr><w:rPr>" rpr "</w:rPr></w:style>\n"
#define SIZE(half) "<w:sz w:val=\"" half "\"/><w:szCs w:val=\"" half "\"/>"
#define EDGE(side) "<w:" side " w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"777777\"/>"

static const char styles[] = XML "<w:styles " W_NS "><w:docDefaults><w:rPrDefault><w:rPr>" FONTS("宋体") SIZE("22")
    "<w:lang w:val=\"en-US\" w:eastAsia=\"zh-CN\"/></w:rPr></w:rPrDefault></w:docDefaults>\n"
    "<w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/></w:style>\n"
    STYLE("Title", "Title", "<w:spacing w:before=\"240\" w:after=\"120\"/><w:jc w:val=\"center\"/>", FONTS("黑体") SIZE("36"))
    STYLE("Subtitle", "Subtitle", "<w:spacing w:after=\"200\"/><w:jc w:val=\"center\"/>", SIZE("24"))
    STYLE("Mark", "Mark", "<w:spacing w:after=\"120\"/><w:jc w:val=\"center\"/>", "<w:b/><w:color w:val=\"BB0000\"/>" SIZE("24"))
    STYLE("Meta", "Meta", "<w:spacing w:after=\"40\"/>", "")
    STYLE("Heading1", "heading 1", "<w:keepNext/><w:spacing w:before=\"320\" w:after=\"120\"/><w:outlineLvl w:val=\"0\"/>", FONTS("黑体") "<w:b/>" SIZE("28"))
    STYLE("BodyText", "Body Text", "<w:spacing w:line=\"380\" w:lineRule=\"auto\" w:after=\"80\"/><w:ind w:firstLineChars=\"200\" w:firstLine=\"440\"/>", "")
    STYLE("Note", "Note", "<w:spacing w:after=\"60\"/>", "<w:color w:val=\"444444\"/>" SIZE("18"))
    STYLE("Caption", "caption", "<w:keepNext/><w:spacing w:before=\"120\" w:after=\"60\"/>", "<w:b/>" SIZE("21"))
    STYLE("Cell", "Cell", "<w:spacing w:before=\"20\" w:after=\"20\"/>", SIZE("20"))
    STYLE("CellHead", "Cell head", "<w:keepNext/><w:spacing w:before=\"20\" w:after=\"20\"/>", FONTS("黑体") "<w:b/>" SIZE("20"))
    STYLE("Footer", "footer", "<w:jc w:val=\"center\"/>", SIZE("18"))
    "<w:style w:type=\"table\" w:styleId=\"Grid\"><w:name w:val=\"Table Grid\"/><w:tblPr><w:tblBorders>" EDGE("top") EDGE("left") EDGE("bottom") EDGE("right") EDGE("insideH")
    EDGE("insideV") "</w:tblBorders><w:tblCellMar><w:left w:w=\"80\" w:type=\"dxa\"/><w:right w:w=\"80\" w:type=\"dxa\"/></w:tblCellMar></w:tblPr></w:style></w:styles>\n";

#define FIELD(name) "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText xml:space=\"preserve\"> " name " </w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>" \
	"<w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r>"
static const char footer[] = XML "<w:ftr " W_NS "><w:p><w:pPr><w:pStyle w:val=\"Footer\"/></w:pPr>" FIELD("PAGE") "<w:r><w:t xml:space=\"preserve\"> / </w:t></w:r>" FIELD("NUMPAGES")
    "</w:p></w:ftr>\n";

static const struct {
	const char *name, *text;
} fixed[] = {
	{"[Content_Types].xml", XML "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" "
	    "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/>"
	    "<Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/>"
	    "<Override PartName=\"/word/styles.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml\"/>"
	    "<Override PartName=\"/word/footer1.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml\"/></Types>\n"},
	{"_rels/.rels", XML "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" "
	    "Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/></Relationships>\n"},
	{"word/_rels/document.xml.rels", XML "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" "
	    "Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles\" Target=\"styles.xml\"/><Relationship Id=\"rId2\" "
	    "Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer\" Target=\"footer1.xml\"/></Relationships>\n"},
	{"word/styles.xml", styles},
	{"word/footer1.xml", footer},
};

/* --- the package --- */

static enum fj_rc package(const struct fj_buf *document, struct fj_buf *file)
{
	struct rep_part parts[FJ_ARRAY_LEN(fixed) + 1];
	size_t n = 0;

	for (; n < FJ_ARRAY_LEN(fixed); n++)
		parts[n] = (struct rep_part){fixed[n].name, fj_slice_str(fixed[n].text)};
	parts[n] = (struct rep_part){"word/document.xml", fj_buf_slice(document)};
	return rep_zip(parts, n + 1, file);
}

enum fj_rc rep_docx(const json_t *model, struct fj_buf *file, struct fj_err *err)
{
	FJ_AUTO(buf) document = FJ_BUF_INIT(MAX_PART);

	enum fj_rc rc = body(&document, model);
	if (rc == FJ_OK)
		rc = package(&document, file);
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "report", NULL, "the document can't be written, or is larger than %zu octets", file->max);
}
