/*
 * copy.c - numbered copies of a certificate, an authorisation or a license token on paper:
 * made out (制证), collected (领取), made out again (补发), declared void (作废).
 *
 * The finance department of the asset's holder keeps them.  Only what is in force gets
 * a copy, and only such a copy is handed out; the number of copies of one credential only rises, and
 * a number is never used again.  A copy's PDF and OFD are made once, kept by their
 * hashes (materials/) and named in the event, so what was handed out can be told from
 * what was not.  Who collected stands in the event as a commitment and beside it in
 * words that can be erased.
 */
#include "issuer/paper/copy.h"

#include "issuer/find.h"
#include "issuer/opening.h"
#include "issuer/registration.h"

#define MAX_COPIES 99
#define BASIS "167·三(二)"

static const char *const documents[] = {"ID_CARD", "PASSPORT", "WORK_CARD", "LETTER", "OTHER", NULL};
static const char *const void_reasons[] = {"LOST", "DAMAGED", "MISPRINT", "RETURNED", "OTHER", NULL};
static const char *const reissue_reasons[] = {"LOST", "DAMAGED", "MISPRINT", "OTHER", NULL};
#define ID {"id", ISS_F_STR, true, PPR_ID_CAP - 1, "纸质件编号", "copy: CP-number-nn"}
#define NOTE {"note", ISS_F_STR, false, 400, "说明", "more about it, for the record"}
const struct iss_field fld_copy_issue[] = {
	{"number", ISS_F_STR, true, 40, "证书、授权或许可令牌编号", "number of a certificate or authorisation, or id of a license token"},
	{0},
};
const struct iss_field fld_copy_collect[] = {
	ID,
	{"name", ISS_F_STR, true, 40, "领取人姓名", "who collects it"},
	{"document", ISS_F_STR, true, 12, "证件种类", "identity document that was shown", documents, "docs/paper.md"},
	{"document_no", ISS_F_STR, true, 40, "证件号码", "its number"},
	{"contact", ISS_F_STR, false, 80, "联系方式", "how to reach who collected"},
	{"checked", ISS_F_BOOL, true, 1, "本人已核对领取人身份", "I have compared the person with the document"},
	{0},
};
const struct iss_field fld_copy_reissue[] = {
	ID,
	{"reason", ISS_F_STR, true, 8, "补发原因", "why", reissue_reasons, "docs/paper.md"},
	NOTE,
	{0},
};
const struct iss_field fld_copy_void[] = {
	ID,
	{"reason", ISS_F_STR, true, 8, "作废原因", "why", void_reasons, "docs/paper.md"},
	NOTE,
	{0},
};

/* --- a copy's row --- */

enum fj_rc cpy_from_row(const struct sto_q *q, struct cpy *out, struct fj_err *err)
{
	const struct sto_copy texts[] = {STO_COPY(0, out->id), STO_COPY(1, out->number), STO_COPY(3, out->kind), STO_COPY(4, out->holder), STO_COPY(5, out->finance), STO_COPY(6, out->state),
		STO_COPY(9, out->pdf), STO_COPY(10, out->ofd), STO_COPY(11, out->replaces), STO_COPY(12, out->reason), STO_COPY(13, out->sealed_pdf), STO_COPY(14, out->sealed_ofd)};

	memset(out, 0, sizeof(*out));
	FJ_TRY(sto_copy(q, texts, FJ_ARRAY_LEN(texts), "a copy's row", err));
	out->n = sto_int(q, 2);
	out->at = sto_int(q, 7);
	return FJ_OK;
}

enum fj_rc cpy_get(struct sto *db, const char *id, struct cpy *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_COPY_GET, &q, id, err, "t", id));
	return cpy_from_row(&q, out, err);
}

static enum fj_rc own(struct iss_call *c, const char *finance, struct fj_err *err)
{
	return iss_rule_no_foreign_issuer(finance, c->actor->org, err);
}

static enum fj_rc in_force(const struct ppr_subject *s, struct fj_err *err)
{
	if (strcmp(s->state, "ACTIVE") == 0 && s->sha256[0] != '\0')
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", BASIS, "%s is not in force (%s); paper is made out and handed out only of what is", s->number, s->state);
	fj_err_zh(err, "%s 当前不是有效状态（%s），不得制作或发放纸质件", s->number, ppr_word(s->state));
	return rc;
}

static enum fj_rc not_void(const struct cpy *y, struct fj_err *err)
{
	if (strcmp(y->state, "VOID") != 0)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", BASIS, "copy %s is void; its number is never used again, make out a new one", y->id);
	fj_err_zh(err, "第 %lld 份（%s）已作废，份号不再使用；如有需要请另行制作", (long long)y->n, y->id);
	return rc;
}

/* --- made out --- */

struct making {
	struct ppr_subject s;
	struct cpy old; /* that it replaces; id "" none */
	struct ppr_copy copy;
	char id[PPR_ID_CAP], pdf[65], ofd[65];
	size_t pdf_size, ofd_size;
};

static enum fj_rc next_number(struct sto *db, const char *number, int64_t *n, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_COPY_LAST, &q, number, err, "t", number));
	*n = sto_int(&q, 0) + 1;
	if (*n <= MAX_COPIES)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_LIMIT, "issuer", BASIS, "%s has %d copies already", number, MAX_COPIES);
	fj_err_zh(err, "%s 已制作 %d 份，达到上限", number, MAX_COPIES);
	return rc;
}

static enum fj_rc one_file(const struct iss_call *c, const json_t *document, enum rep_format f, char sha256[65], size_t *size, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(REP_MAX_FILE);

	FJ_TRY(rep_write(document, f, &file, err));
	*size = file.len;
	return dom_material_keep(c, fj_buf_slice(&file), sha256, err);
}

/* pages take a while to draw: without the writer's lock */
static enum fj_rc draw(struct iss_call *c, struct making *m, struct fj_err *err)
{
	FJ_AUTO(json) document = NULL;

	FJ_TRY(next_number(c->db, m->s.number, &m->copy.n, err));
	m->copy.at = c->now;
	FJ_TRY(ppr_document(c, &m->s, &m->copy, &document, err));
	FJ_TRY(one_file(c, document, REP_PDF, m->pdf, &m->pdf_size, err));
	FJ_TRY(one_file(c, document, REP_OFD, m->ofd, &m->ofd_size, err));
	snprintf(m->id, sizeof(m->id), "CP-%.50s-%02d", m->s.number, (int)m->copy.n);
	return FJ_OK;
}

static enum fj_rc void_one(struct iss_call *c, const struct cpy *y, const char *replaced_by, struct fj_err *err)
{
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s}", "number", y->number, "reason", fj_json_text(c->params, "reason"), "note", fj_json_text(c->params, "note"), "replaced_by", replaced_by);

	return evt_append(c, "copy.voided", y->id, body, err);
}

/* with the writer: as it was drawn, unless something happened meanwhile */
static enum fj_rc record(struct iss_call *c, void *arg, struct fj_err *err)
{
	struct making *m = arg;
	struct ppr_subject now;
	int64_t n;

	FJ_TRY(ppr_subject(c, m->s.number, &now, err));
	FJ_TRY(in_force(&now, err));
	FJ_TRY(next_number(c->db, m->s.number, &n, err));
	if (n != m->copy.n || strcmp(now.sha256, m->s.sha256) != 0)
		return fj_refuse(err, FJ_E_BUSY, "issuer", NULL, "another copy was made out, or the credential changed, while this one was being drawn; try again", "制作期间该凭证已另行制作或变更，请重试");
	if (m->old.id[0] != '\0') {
		FJ_TRY(cpy_get(c->db, m->old.id, &m->old, err));
		FJ_TRY(not_void(&m->old, err));
		FJ_TRY(void_one(c, &m->old, m->id, err));
	}
	static const char *const kinds[] = {"certificate", "authorisation", "token"};
	FJ_AUTO(json) body = json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:{s:s, s:I}, s:{s:s, s:I}}", "number", m->s.number, "n", (json_int_t)m->copy.n, "kind", kinds[m->s.kind], "holder", m->s.holder,
	    "finance", m->s.finance, "credential_sha256", m->s.sha256, "replaces", m->old.id, "made", (json_int_t)m->copy.at, "pdf", "sha256", m->pdf, "size", (json_int_t)m->pdf_size, "ofd", "sha256", m->ofd, "size",
	    (json_int_t)m->ofd_size);
	c->dirty_status = true; /* the public page learns of it */
	return evt_append(c, "copy.issued", m->id, body, err);
}

static enum fj_rc make_out(struct iss_call *c, struct making *m, struct fj_err *err)
{
	FJ_TRY(draw(c, m, err));
	FJ_TRY(iss_step(c, record, m, err));
	c->answer = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:s}", "id", m->id, "number", m->s.number, "copy_no", (json_int_t)m->copy.n, "state", "READY", "replaces", m->old.id, "pdf_sha256", m->pdf, "ofd_sha256", m->ofd);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_copy_issue(struct iss_call *c, struct fj_err *err)
{
	struct making m = {.id = ""};

	FJ_TRY(ppr_subject(c, fj_json_text(c->params, "number"), &m.s, err));
	FJ_TRY(own(c, m.s.finance, err));
	FJ_TRY(in_force(&m.s, err));
	return make_out(c, &m, err);
}

enum fj_rc cmd_copy_reissue(struct iss_call *c, struct fj_err *err)
{
	struct making m = {.id = ""};

	FJ_TRY(cpy_get(c->db, fj_json_text(c->params, "id"), &m.old, err));
	FJ_TRY(own(c, m.old.finance, err));
	FJ_TRY(not_void(&m.old, err));
	FJ_TRY(ppr_subject(c, m.old.number, &m.s, err));
	FJ_TRY(in_force(&m.s, err));
	return make_out(c, &m, err);
}

enum fj_rc apply_copy_issued(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	return sto_run(e->db, STO_COPY_ADD, NULL, err, "ttitttittti", e->object, fj_json_text(b, "number"), fj_json_num(b, "n"), fj_json_text(b, "kind"), fj_json_text(b, "holder"),
	    fj_json_text(b, "finance"), fj_json_num(b, "made"), fj_json_text(json_object_get(b, "pdf"), "sha256"), fj_json_text(json_object_get(b, "ofd"), "sha256"), fj_json_text(b, "replaces"), e->seq);
}

/* --- void --- */

enum fj_rc cmd_copy_void(struct iss_call *c, struct fj_err *err)
{
	struct cpy y;

	FJ_TRY(cpy_get(c->db, fj_json_text(c->params, "id"), &y, err));
	FJ_TRY(own(c, y.finance, err));
	FJ_TRY(not_void(&y, err));
	c->dirty_status = true;
	FJ_TRY(void_one(c, &y, "", err));
	c->answer = json_pack("{s:s, s:s, s:s}", "id", y.id, "number", y.number, "state", "VOID");
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_copy_voided(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	return sto_run(e->db, STO_COPY_VOID, NULL, err, "tttiit", fj_json_text(b, "reason"), fj_json_text(b, "note"), fj_json_text(b, "replaced_by"), (int64_t)e->at, e->seq, e->object);
}

/* --- collected --- */

static enum fj_rc check_collector(struct iss_call *c, struct fj_err *err)
{
	const json_t *p = c->params;

	if (!iss_said(fj_json_text(p, "name")) || !iss_said(fj_json_text(p, "document_no")))
		return fj_refuse(err, FJ_E_INVALID, "issuer", BASIS, "say who collects the copy, and the number of the document that was shown", "应填写领取人姓名和证件号码");
	if (!json_is_true(json_object_get(p, "checked")))
		return fj_refuse(err, FJ_E_REFUSED, "issuer", BASIS, "the officer who hands a copy out has compared the person with the document (\"checked\")", "发放前经办人应当核对领取人身份（“checked”）");
	return FJ_OK;
}

enum fj_rc cmd_copy_collect(struct iss_call *c, struct fj_err *err)
{
	const json_t *p = c->params;
	struct ppr_subject s;
	char commitment[65];
	struct cpy y;

	FJ_TRY(cpy_get(c->db, fj_json_text(p, "id"), &y, err));
	FJ_TRY(own(c, y.finance, err));
	FJ_TRY(not_void(&y, err));
	if (strcmp(y.state, "READY") != 0) {
		enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", BASIS, "copy %s was collected already; a lost one is made out again (copy reissue)", y.id);
		fj_err_zh(err, "该份（%s）已被领取；遗失的应办理补发", y.id);
		return rc;
	}
	FJ_TRY(check_collector(c, err));
	FJ_TRY(ppr_subject(c, y.number, &s, err));
	FJ_TRY(in_force(&s, err));
	FJ_AUTO(json) who = json_pack("{s:s, s:s, s:s}", "name", fj_json_text(p, "name"), "document_no", fj_json_text(p, "document_no"), "contact", fj_json_text(p, "contact"));
	FJ_TRY(opn_keep(c, y.id, who, commitment, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s}", "number", y.number, "who", commitment, "document", fj_json_text(p, "document"), "checked_by", c->actor->login);
	FJ_TRY(evt_append(c, "copy.collected", y.id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s}", "id", y.id, "number", y.number, "state", "COLLECTED");
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_copy_collected(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	return sto_run(e->db, STO_COPY_COLLECTED, NULL, err, "titit", fj_json_text(b, "document"), (int64_t)e->at, fj_json_text(b, "checked_by"), e->seq, e->object);
}
