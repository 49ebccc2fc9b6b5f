/*
 * archive_xml.c - metadata.xml of a package, by data/archive.xsd.
 *
 * The blocks and the names of elements are those of DA/T 46-2009 (文书类电子文件元数据方案); that
 * standard is about office documents and has no element for a certificate's state or for a hash, so
 * the form is this house's own and says so by its namespace.  An archive that wants a package by
 * DA/T 48-2009 makes it from this; nothing here claims to be one.
 */
#include "issuer/domain.h"
#include "issuer/archive.h"

__asm__(".section .rodata\narc_schema_xsd:\n.incbin \"data/archive.xsd\"\n.byte 0\n.previous\n");
extern const char arc_schema_xsd[];

#define NAMESPACE "urn:fujie:archive-metadata:1"

struct fj_slice arc_schema(void)
{
	return fj_slice_str(arc_schema_xsd);
}

/* text, escaped; a character that XML 1.0 does not have is left out */
static enum fj_rc put_text(struct fj_buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		const char *as = *s == '&' ? "&amp;" : *s == '<' ? "&lt;" : *s == '>' ? "&gt;" : NULL;
		if (as == NULL && (unsigned char)*s < 0x20 && *s != '\n' && *s != '\t')
			continue;
		FJ_TRY(as != NULL ? fj_buf_puts(b, as) : fj_buf_put(b, s, 1));
	}
	return FJ_OK;
}

static enum fj_rc element(struct fj_buf *b, const char *name, const char *text)
{
	FJ_TRY(fj_buf_printf(b, "<%s>", name));
	FJ_TRY(put_text(b, text));
	return fj_buf_printf(b, "</%s>\n", name);
}

static enum fj_rc number(struct fj_buf *b, const char *name, int64_t n)
{
	return fj_buf_printf(b, "<%s>%lld</%s>\n", name, (long long)n, name);
}

/* 聚合层次, 来源, 电子文件号, 档号, 内容描述 */
static enum fj_rc put_record(struct fj_buf *b, const struct arc_subject *s, const char *fonds)
{
	char years[32] = "永久", day[FJ_TIME_CAP];

	if (s->years != FJ_ARCHIVE_PERMANENT)
		snprintf(years, sizeof(years), "%lld年", (long long)s->years);
	fj_date_china(s->at, day);
	FJ_TRY(element(b, "聚合层次", "件"));
	FJ_TRY(fj_buf_puts(b, "<来源>\n"));
	FJ_TRY(element(b, "全宗名称", fonds));
	FJ_TRY(element(b, "立档单位名称", fonds));
	FJ_TRY(fj_buf_puts(b, "</来源>\n"));
	FJ_TRY(element(b, "电子文件号", s->id));
	FJ_TRY(fj_buf_puts(b, "<档号>\n"));
	FJ_TRY(number(b, "年度", s->year));
	FJ_TRY(element(b, "保管期限", years));
	FJ_TRY(element(b, "保管期限依据", s->kind->basis));
	FJ_TRY(element(b, "类别号", fj_archive_kind_name(s->kind->kind)));
	FJ_TRY(fj_buf_puts(b, "</档号>\n<内容描述>\n"));
	FJ_TRY(element(b, "题名", s->title[0] != '\0' ? s->title : s->id));
	FJ_TRY(element(b, "文件编号", s->id));
	FJ_TRY(element(b, "责任者", s->org));
	FJ_TRY(element(b, "责任者代码", s->usci));
	FJ_TRY(element(b, "日期", day));
	FJ_TRY(element(b, "文种", s->kind->zh));
	FJ_TRY(element(b, "登记状态", s->state));
	return fj_buf_puts(b, "</内容描述>\n");
}

/* 电子属性: one file */
static enum fj_rc put_file(struct fj_buf *b, const json_t *f, const char *tag)
{
	FJ_TRY(fj_buf_printf(b, "<%s>\n", tag));
	FJ_TRY(element(b, "计算机文件名", fj_json_text(f, "name")));
	FJ_TRY(number(b, "计算机文件大小", fj_json_num(f, "octets")));
	if (fj_json_peek(f, "kind") != NULL)
		FJ_TRY(element(b, "材料类别", fj_json_text(f, "kind")));
	FJ_TRY(element(b, "SHA-256", fj_json_text(f, "sha256")));
	FJ_TRY(element(b, "SM3", fj_json_text(f, "sm3")));
	return fj_buf_printf(b, "</%s>\n", tag);
}

static enum fj_rc put_files(struct fj_buf *b, const struct folio *f, const json_t *originals)
{
	size_t i;
	json_t *v;

	FJ_TRY(fj_buf_puts(b, "<形式特征>\n"));
	FJ_TRY(number(b, "件数", (int64_t)(json_array_size(f->files) + json_array_size(originals))));
	FJ_TRY(fj_buf_puts(b, "</形式特征>\n<电子属性>\n"));
	json_array_foreach(f->files, i, v)
		FJ_TRY(put_file(b, v, "文件"));
	json_array_foreach(originals, i, v)
		FJ_TRY(put_file(b, v, "原始材料"));
	return fj_buf_puts(b, "</电子属性>\n");
}

/* 业务实体, with the 机构人员 of each act */
static enum fj_rc put_acts(struct fj_buf *b, const struct folio *f)
{
	size_t i;
	json_t *v;

	json_array_foreach(f->acts, i, v) {
		FJ_TRY(fj_buf_puts(b, "<业务实体>\n"));
		FJ_TRY(element(b, "业务行为", fj_json_text(v, "kind")));
		FJ_TRY(element(b, "行为时间", fj_json_text(v, "at")));
		FJ_TRY(element(b, "行为依据", fj_json_text(v, "approval")));
		FJ_TRY(fj_buf_puts(b, "<机构人员>\n"));
		FJ_TRY(element(b, "机构人员名称", fj_json_text(v, "actor")));
		FJ_TRY(element(b, "组织机构代码", fj_json_text(v, "org")));
		FJ_TRY(fj_buf_puts(b, "</机构人员>\n</业务实体>\n"));
	}
	return FJ_OK;
}

enum fj_rc arc_metadata(const struct arc_subject *s, const struct folio *f, const json_t *originals, const char *fonds, struct fj_buf *out, struct fj_err *err)
{
	enum fj_rc rc = fj_buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<电子文件元数据 xmlns=\"" NAMESPACE "\">\n<文件实体>\n");

	if (rc == FJ_OK)
		rc = put_record(out, s, fonds);
	if (rc == FJ_OK)
		rc = put_files(out, f, originals);
	if (rc == FJ_OK)
		rc = fj_buf_puts(out, "</文件实体>\n");
	if (rc == FJ_OK)
		rc = put_acts(out, f);
	if (rc == FJ_OK)
		rc = fj_buf_puts(out, "</电子文件元数据>\n");
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "issuer", NULL, "the metadata of %.40s are too large", s->id);
}
