/*
 * copy_seal.c - a copy comes back from the local seal platform (电子印章) with the seal on it:
 * PDF or OFD, bound to what was exported by its content (sealed_pdf.c, sealed_ofd.c).
 */
#include "issuer/paper/copy.h"
#include "issuer/registration.h"

const struct iss_field fld_copy_seal[] = {
	{"id", ISS_F_STR, true, PPR_ID_CAP - 1, "纸质件编号", "copy: CP-number-nn"},
	{"file", ISS_F_FILE, true, PPR_MAX_SEALED, "盖章文件", "the sealed file, PDF or OFD"},
	{0},
};

struct sealing {
	struct cpy y;
	const char *format;
	char sha256[65];
	size_t size;
};

static enum fj_rc usable(struct iss_call *c, struct sealing *s, struct fj_err *err)
{
	const char *had;

	FJ_TRY(cpy_get(c->db, fj_json_text(c->params, "id"), &s->y, err));
	FJ_TRY(iss_rule_no_foreign_issuer(s->y.finance, c->actor->org, err));
	if (strcmp(s->y.state, "VOID") == 0)
		return fj_refuse(err, FJ_E_STATE, "issuer", "167·三(二)", "the copy is void; no seal is taken back for it", "该份已作废，不再接收盖章文件");
	had = strcmp(s->format, "pdf") == 0 ? s->y.sealed_pdf : s->y.sealed_ofd;
	if (had[0] == '\0')
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", "167·三(二)", "a sealed %s of this copy was taken back already (SHA-256 %.16s…); a wrong one is answered by a new copy (copy reissue)", s->format, had);
	fj_err_zh(err, "该份的盖章 %s 文件已导入（SHA-256 %.16s…）；有误的应补发新的一份", s->format, had);
	return rc;
}

static enum fj_rc record(struct iss_call *c, void *arg, struct fj_err *err)
{
	struct sealing *s = arg;

	FJ_TRY(usable(c, s, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:I}", "number", s->y.number, "format", s->format, "sha256", s->sha256, "size", (json_int_t)s->size);
	return evt_append(c, "copy.sealed", s->y.id, body, err);
}

enum fj_rc cmd_copy_seal(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(PPR_MAX_SEALED);
	FJ_AUTO(buf) own = FJ_BUF_INIT(REP_MAX_FILE);
	struct sealing s = {.format = "ofd"};

	FJ_TRY(iss_param_file(c, "file", &file, err));
	if (file.len < 4 || (memcmp(file.data, "%PDF", 4) != 0 && memcmp(file.data, "PK\003\004", 4) != 0))
		return fj_refuse(err, FJ_E_INVALID, "issuer", "GB/T 33190; ISO 32000-1", "the sealed file is PDF or OFD", "盖章文件应为 PDF 或 OFD");
	s.format = file.data[0] == '%' ? "pdf" : "ofd";
	FJ_TRY(usable(c, &s, err));
	FJ_TRY(dom_material_read(s.format[0] == 'p' ? s.y.pdf : s.y.ofd, &own, err));
	FJ_TRY(ppr_sealed_check(fj_buf_slice(&own), fj_buf_slice(&file), err));
	s.size = file.len;
	FJ_TRY(dom_material_keep(c, fj_buf_slice(&file), s.sha256, err));
	FJ_TRY(iss_step(c, record, &s, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s}", "id", s.y.id, "number", s.y.number, "format", s.format, "sha256", s.sha256);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_copy_sealed(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	bool pdf = strcmp(fj_json_text(b, "format"), "pdf") == 0;

	return sto_run(e->db, pdf ? STO_COPY_SEALED_PDF : STO_COPY_SEALED_OFD, NULL, err, "tit", fj_json_text(b, "sha256"), e->seq, e->object);
}
