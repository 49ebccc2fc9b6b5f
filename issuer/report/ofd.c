/*
 * ofd.c - the document as an OFD file (GB/T 33190-2016): a ZIP package of XML.
 *
 * Pages come drawn from the drawing process; here they become a package: OFD.xml with
 * what the document says of itself (7.4: DocInfo, with the register's facts as
 * CustomDatas), Doc_0/Document.xml with the page tree (7.5), the fonts and the colour space
 * in PublicRes.xml, the document's own resources in DocumentRes.xml, and a Content.xml
 * for each page (7.7).  Ids are unique in the document, and MaxUnitID is the last.
 * The same document makes the same octets; its DocID is the beginning of its hash.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "issuer/report/parts.h"

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define NS " xmlns:ofd=\"http://www.ofdspec.org/2016\""
#define MAX_PAGES 200
#define MAX_ID 50000000
#define MAX_XML (24u << 20)

static const char public_res[] = XML "<ofd:Res" NS " BaseLoc=\"Res\">\n<ofd:ColorSpaces><ofd:ColorSpace ID=\"5\" Type=\"RGB\" BitsPerComponent=\"8\"/></ofd:ColorSpaces>\n"
    "<ofd:Fonts>\n<ofd:Font ID=\"1\" FontName=\"宋体\" FamilyName=\"SimSun\" Serif=\"true\"/>\n<ofd:Font ID=\"2\" FontName=\"宋体\" FamilyName=\"SimSun\" Bold=\"true\" Serif=\"true\"/>\n"
    "<ofd:Font ID=\"3\" FontName=\"黑体\" FamilyName=\"SimHei\"/>\n<ofd:Font ID=\"4\" FontName=\"黑体\" FamilyName=\"SimHei\" Bold=\"true\"/>\n</ofd:Fonts>\n</ofd:Res>\n";
static const char document_res[] = XML "<ofd:Res" NS " BaseLoc=\"Res\">\n<ofd:DrawParams><ofd:DrawParam ID=\"6\" LineWidth=\"0.176\"/></ofd:DrawParams>\n</ofd:Res>\n";
_Static_assert(OFD_FONT == 1 && OFD_COLOURS == 5 && OFD_FIRST > 6, "the ids above");

struct package {
	struct fj_buf root, document;
	struct fj_buf pages[MAX_PAGES];
	char names[MAX_PAGES][40];
	int ids[MAX_PAGES], last;
	size_t n;
	int width, height; /* mm */
};

/* --- what was drawn --- */

/* "ID LF objects NUL" for each page, and "ID LF NUL" of the last */
static bool take_page(struct package *k, const char **at, const char *end)
{
	const char *stop = memchr(*at, 0, (size_t)(end - *at)), *text = stop == NULL ? NULL : memchr(*at, '\n', (size_t)(stop - *at));
	char *tail;

	if (text == NULL)
		return false;
	long id = strtol(*at, &tail, 10);
	if (tail != text || id < OFD_FIRST || id > MAX_ID)
		return false;
	k->last = (int)id;
	*at = stop + 1;
	if (text + 1 == stop)
		return *at == end;
	if (k->n == MAX_PAGES)
		return false;
	struct fj_buf *page = &k->pages[k->n];
	fj_buf_init(page, MAX_XML);
	k->ids[k->n] = (int)id;
	snprintf(k->names[k->n], sizeof(k->names[0]), "Doc_0/Pages/Page_%zu/Content.xml", k->n);
	k->n++;
	return fj_buf_printf(page, XML "<ofd:Page" NS ">\n<ofd:Area><ofd:PhysicalBox>0 0 %d %d</ofd:PhysicalBox></ofd:Area>\n<ofd:Content>\n<ofd:Layer Type=\"Body\" ID=\"", k->width, k->height) == FJ_OK;
}

static enum fj_rc end_page(struct fj_buf *page, int layer, const char *text)
{
	FJ_TRY(fj_buf_printf(page, "%d\">\n", layer));
	FJ_TRY(fj_buf_puts(page, text));
	return fj_buf_puts(page, "</ofd:Layer>\n</ofd:Content>\n</ofd:Page>\n");
}

static bool take_pages(struct package *k, const struct fj_buf *drawn)
{
	const char *at = (const char *)drawn->data, *end = at + drawn->len;
	const char *texts[MAX_PAGES];

	while (at < end) {
		const char *text = memchr(at, '\n', (size_t)(end - at));
		size_t before = k->n;
		if (text == NULL || !take_page(k, &at, end))
			return false;
		if (k->n > before)
			texts[before] = text + 1;
	}
	for (size_t i = 0; i < k->n; i++) /* a page's layer gets an id behind all objects */
		if (end_page(&k->pages[i], ++k->last, texts[i]) != FJ_OK)
			return false;
	return k->n > 0;
}

/* --- what it says of itself --- */

static enum fj_rc element(struct fj_buf *b, const char *name, const char *text)
{
	if (text == NULL)
		return FJ_OK;
	FJ_TRY(fj_buf_printf(b, "<ofd:%s>", name));
	FJ_TRY(rep_escape(b, text));
	return fj_buf_printf(b, "</ofd:%s>\n", name);
}

static enum fj_rc facts(struct fj_buf *b, const json_t *model)
{
	const char *key;
	json_t *v;

	if (json_object_size(json_object_get(model, "facts")) == 0)
		return FJ_OK;
	FJ_TRY(fj_buf_puts(b, "<ofd:CustomDatas>\n"));
	json_object_foreach(json_object_get(model, "facts"), key, v) {
		FJ_TRY(fj_buf_printf(b, "<ofd:CustomData Name=\"%s\">", key));
		FJ_TRY(rep_escape(b, json_string_value(v)));
		FJ_TRY(fj_buf_puts(b, "</ofd:CustomData>\n"));
	}
	return fj_buf_puts(b, "</ofd:CustomDatas>\n");
}

static enum fj_rc root(struct package *k, const json_t *model, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(REP_MAX_MODEL);
	const char *made = fj_json_peek(model, "made");
	char id[33], day[11];
	struct fj_hash h;

	FJ_TRY(fj_json_canonical(model, &text, err));
	fj_sha256(fj_buf_slice(&text), &h);
	fj_hex(h.b, 16, id);
	snprintf(day, sizeof(day), "%.10s", made != NULL ? made : "");
	FJ_TRY(fj_buf_puts(&k->root, XML "<ofd:OFD" NS " Version=\"1.0\" DocType=\"OFD\">\n<ofd:DocBody>\n<ofd:DocInfo>\n"));
	FJ_TRY(element(&k->root, "DocID", id));
	FJ_TRY(element(&k->root, "Title", fj_json_peek(model, "title")));
	FJ_TRY(element(&k->root, "Author", fj_json_peek(model, "author")));
	FJ_TRY(element(&k->root, "Subject", fj_json_peek(model, "number")));
	FJ_TRY(element(&k->root, "CreationDate", made != NULL ? day : NULL));
	FJ_TRY(element(&k->root, "Creator", "Fujie 符节"));
	FJ_TRY(facts(&k->root, model));
	return fj_buf_puts(&k->root, "</ofd:DocInfo>\n<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>\n</ofd:DocBody>\n</ofd:OFD>\n");
}

static enum fj_rc document(struct package *k)
{
	FJ_TRY(fj_buf_printf(&k->document, XML "<ofd:Document" NS ">\n<ofd:CommonData>\n<ofd:MaxUnitID>%d</ofd:MaxUnitID>\n<ofd:PageArea><ofd:PhysicalBox>0 0 %d %d</ofd:PhysicalBox></ofd:PageArea>\n"
	    "<ofd:PublicRes>PublicRes.xml</ofd:PublicRes>\n<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes>\n<ofd:DefaultCS>%d</ofd:DefaultCS>\n</ofd:CommonData>\n<ofd:Pages>\n", k->last, k->width,
	    k->height, OFD_COLOURS));
	for (size_t i = 0; i < k->n; i++)
		FJ_TRY(fj_buf_printf(&k->document, "<ofd:Page ID=\"%d\" BaseLoc=\"%s\"/>\n", k->ids[i], k->names[i] + strlen("Doc_0/")));
	return fj_buf_puts(&k->document, "</ofd:Pages>\n</ofd:Document>\n");
}

static enum fj_rc zip(const struct package *k, struct fj_buf *file)
{
	struct rep_part parts[MAX_PAGES + 4] = {{"OFD.xml", fj_buf_slice(&k->root)}, {"Doc_0/Document.xml", fj_buf_slice(&k->document)}, {"Doc_0/PublicRes.xml", fj_slice_str(public_res)},
		{"Doc_0/DocumentRes.xml", fj_slice_str(document_res)}};

	for (size_t i = 0; i < k->n; i++)
		parts[4 + i] = (struct rep_part){k->names[i], fj_buf_slice(&k->pages[i])};
	return rep_zip(parts, 4 + k->n, file);
}

static enum fj_rc make(struct package *k, const json_t *model, const struct fj_buf *drawn, struct fj_buf *file, struct fj_err *err)
{
	bool wide = json_is_true(json_object_get(model, "wide"));

	k->width = wide ? 297 : 210;
	k->height = wide ? 210 : 297;
	if (!take_pages(k, drawn))
		return fj_fail(err, FJ_E_LIMIT, "report", "GB/T 33190", "the pages could not be drawn, or are more than %d", MAX_PAGES);
	FJ_TRY(root(k, model, err));
	enum fj_rc rc = document(k);
	if (rc == FJ_OK)
		rc = zip(k, file);
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "report", "GB/T 33190", "the file can't be written, or is larger than %zu octets", file->max);
}

enum fj_rc rep_ofd(const json_t *model, struct fj_buf *file, struct fj_err *err)
{
	FJ_AUTO(buf) drawn = FJ_BUF_INIT(REP_MAX_FILE);
	struct package *k = fj_alloc(1, sizeof(*k));

	if (k == NULL)
		return fj_no_memory(err, "report");
	fj_buf_init(&k->root, MAX_XML);
	fj_buf_init(&k->document, MAX_XML);
	enum fj_rc rc = rep_drawn(model, true, &drawn, err);
	if (rc == FJ_OK)
		rc = make(k, model, &drawn, file, err);
	for (size_t i = 0; i < k->n; i++)
		fj_buf_release(&k->pages[i]);
	fj_buf_release(&k->root);
	fj_buf_release(&k->document);
	fj_free(k);
	return rc;
}
