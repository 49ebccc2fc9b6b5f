/*
 * print.c - the page of a certificate, an authorisation or a license token, as a file or as
 * a document for the portal's page.  A print, no numbered copy: it says so, and in what
 * state the credential is.
 */
#include "issuer/find.h"
#include "issuer/paper/paper.h"

static const char *const formats[] = {"pdf", "html", "ofd", "json", NULL};
#define FORMAT {"format", ISS_F_STR, false, 4, "格式", "format, pdf by default; json: the page as a document", formats, "domain.md decision 9"}
const struct iss_field fld_number_print[] = {
	{"number", ISS_F_STR, true, 40, "编号", "number"},
	FORMAT,
	{0},
};
const struct iss_field fld_token_print[] = {
	{"id", ISS_F_STR, true, 40, "令牌编号", "license token"},
	FORMAT,
	{0},
};

enum fj_rc ppr_answer(struct iss_call *c, const json_t *document, const char *name, const char *format, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(REP_MAX_FILE);
	enum rep_format f;
	char full[96];

	if (strcmp(format, "json") == 0) {
		c->answer = json_pack("{s:O}", "document", document);
		return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
	}
	FJ_TRY(rep_format(format, &f, err));
	FJ_TRY(rep_write(document, f, &file, err));
	snprintf(full, sizeof(full), "%.80s.%s", name, rep_name(f));
	return fnd_file(c, full, rep_type(f), &file, err);
}

static enum fj_rc print(struct iss_call *c, const char *number, enum ppr_kind kind, struct fj_err *err)
{
	const char *format = fj_json_peek(c->params, "format");
	FJ_AUTO(json) document = NULL;
	struct ppr_subject s;

	FJ_TRY(ppr_subject(c, number, &s, err));
	if (s.kind != kind)
		return fj_refuse(err, FJ_E_NOTFOUND, "issuer", "formats.md 4", "this is the number of another kind of credential", "该编号属于另一类凭证");
	FJ_TRY(ppr_document(c, &s, NULL, &document, err));
	return ppr_answer(c, document, number, format != NULL ? format : "pdf", err);
}

enum fj_rc cmd_certificate_print(struct iss_call *c, struct fj_err *err)
{
	return print(c, fj_json_text(c->params, "number"), PPR_CERTIFICATE, err);
}

enum fj_rc cmd_authorisation_print(struct iss_call *c, struct fj_err *err)
{
	return print(c, fj_json_text(c->params, "number"), PPR_AUTHORISATION, err);
}

enum fj_rc cmd_token_print(struct iss_call *c, struct fj_err *err)
{
	return print(c, fj_json_text(c->params, "id"), PPR_TOKEN, err);
}

enum fj_rc iss_paper_part(const json_t *document, struct fj_buf *page, struct fj_err *err)
{
	return rep_fragment(document, page, err);
}
