/*
 * copy_read.c - numbered copies looked at: lists, one copy with who collected it, its files,
 * and the sheet that collectors sign (领取登记表).
 */
#include "base/jws.h"
#include "issuer/find.h"
#include "issuer/opening.h"
#include "issuer/paper/copy.h"
#include "issuer/registration.h"

static const char *const file_formats[] = {"pdf", "ofd", "html", "json", "sealed-pdf", "sealed-ofd", NULL};
static const char *const sheet_formats[] = {"pdf", "html", "docx", NULL};
static const char *const states[] = {"READY", "COLLECTED", "VOID", NULL};
const struct iss_field fld_copy_list[] = {
	{"number", ISS_F_STR, false, 40, "证书、授权或许可令牌编号", "copies of this certificate, authorisation or license token"},
	{"state", ISS_F_STR, false, 10, "状态", "state", states, "docs/paper.md"},
	{"after", ISS_F_STR, false, 64, "起始", "start after this one"},
	ISS_FIELD_LIMIT,
	{0},
};
const struct iss_field fld_copy_file[] = {
	{"id", ISS_F_STR, true, PPR_ID_CAP - 1, "纸质件编号", "copy: CP-number-nn"},
	{"format", ISS_F_STR, false, 10, "格式", "format, pdf by default; sealed-…: what came back with the seal", file_formats, "docs/paper.md"},
	{0},
};
const struct iss_field fld_copy_sheet[] = {
	{"number", ISS_F_STR, true, 40, "证书、授权或许可令牌编号", "number of a certificate or authorisation, or id of a license token"},
	{"format", ISS_F_STR, false, 4, "格式", "format, pdf by default", sheet_formats, "docs/paper.md"},
	{0},
};
const struct iss_field fld_copy_id[] = {
	{"id", ISS_F_STR, true, PPR_ID_CAP - 1, "纸质件编号", "copy: CP-number-nn"},
	{0},
};

/* --- as JSON --- */

static json_t *row_json(const struct sto_q *q, fj_time now)
{
	char at[FJ_TIME_CAP], collected[FJ_TIME_CAP] = "", ended[FJ_TIME_CAP] = "";

	(void)now;
	fj_time_utc(sto_int(q, 7), at);
	if (sto_int(q, 16) > 0)
		fj_time_utc(sto_int(q, 16), collected);
	if (sto_int(q, 19) > 0)
		fj_time_utc(sto_int(q, 19), ended);
	return json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "id", sto_text(q, 0), "number", sto_text(q, 1), "copy_no", (json_int_t)sto_int(q, 2), "state", sto_text(q, 6),
	    "at", at, "collected_at", collected, "checked_by", sto_text(q, 17), "void_at", ended, "reason", sto_text(q, 12), "note", sto_text(q, 18), "replaces", sto_text(q, 11), "replaced_by",
	    sto_text(q, 20), "sealed", sto_text(q, 13)[0] != '\0' || sto_text(q, 14)[0] != '\0');
}

enum fj_rc cmd_copy_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *number = fj_json_peek(c->params, "number"), *state = fj_json_peek(c->params, "state"), *after;
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, number != NULL ? STO_COPY_OF : STO_COPY_LIST, &q, err, "ttti", after, state != NULL ? state : "", number != NULL ? number : "", limit));
	return dom_list_page(c, &q, row_json, "id", limit, err);
}

/* the department that keeps it, the holder that it was made out for, and auditors */
static bool names_known(const struct iss_call *c, const struct cpy *y)
{
	return (c->actor->roles & (ISS_AUDITOR | ISS_LOCAL)) != 0 || strcmp(c->actor->org, y->finance) == 0 || strcmp(c->actor->org, y->holder) == 0;
}

static enum fj_rc put_who(struct iss_call *c, const struct cpy *y, json_t *out, struct fj_err *err)
{
	json_t *who = NULL;

	if (!names_known(c, y))
		return FJ_OK;
	FJ_TRY(opn_read(c->db, y->id, &who, err));
	FJ_AUTO(json) owned = who;
	return who == NULL || json_object_update(out, who) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_copy_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *id = fj_json_text(c->params, "id");
	struct cpy y;

	FJ_TRY(sto_first(c->db, STO_COPY_GET, &q, id, err, "t", id));
	FJ_TRY(cpy_from_row(&q, &y, err));
	c->answer = row_json(&q, c->now);
	FJ_AUTO(json) more = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "kind", y.kind, "holder", y.holder, "finance", y.finance, "document", sto_text(&q, 15), "pdf_sha256", y.pdf, "ofd_sha256",
	    y.ofd, "sealed_pdf_sha256", y.sealed_pdf, "sealed_ofd_sha256", y.sealed_ofd);
	if (c->answer == NULL || json_object_update(c->answer, more) != 0)
		return fj_no_memory(err, "issuer");
	return put_who(c, &y, c->answer, err);
}

/* --- its files --- */

static enum fj_rc kept(struct iss_call *c, const struct cpy *y, const char *sha256, const char *format, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(REP_MAX_FILE);
	bool sealed = strncmp(format, "sealed-", 7) == 0;
	enum rep_format f;
	char name[96];

	if (sha256[0] == '\0')
		return fj_refuse(err, FJ_E_NOTFOUND, "issuer", "docs/paper.md", "no sealed file of this kind came back yet; enter it with `fujie copy seal`", "尚未收到该格式的盖章文件；请用 copy seal 导入");
	FJ_TRY(rep_format(sealed ? format + 7 : format, &f, err));
	FJ_TRY(dom_material_read(sha256, &file, err));
	snprintf(name, sizeof(name), "%.56s-%lld%s.%s", y->number, (long long)y->n, sealed ? "-sealed" : "", rep_name(f));
	return fnd_file(c, name, rep_type(f), &file, err);
}

/* what was made out is given as it was made out; a page for the screen is drawn anew */
static enum fj_rc drawn(struct iss_call *c, const struct cpy *y, const char *format, struct fj_err *err)
{
	const struct ppr_copy copy = {.n = y->n, .at = y->at};
	FJ_AUTO(json) document = NULL;
	struct ppr_subject s;

	FJ_TRY(ppr_subject(c, y->number, &s, err));
	FJ_TRY(ppr_document(c, &s, &copy, &document, err));
	if (strcmp(y->state, "VOID") == 0)
		FJ_TRY(fj_json_set(document, "mark", json_string("作废 VOID")));
	return ppr_answer(c, document, y->id, format, err);
}

enum fj_rc cmd_copy_file(struct iss_call *c, struct fj_err *err)
{
	const char *format = fj_json_peek(c->params, "format");
	struct cpy y;

	FJ_TRY(cpy_get(c->db, fj_json_text(c->params, "id"), &y, err));
	if (format == NULL || strcmp(format, "pdf") == 0)
		return kept(c, &y, y.pdf, "pdf", err);
	if (strcmp(format, "ofd") == 0)
		return kept(c, &y, y.ofd, format, err);
	if (strncmp(format, "sealed-", 7) == 0)
		return kept(c, &y, strcmp(format, "sealed-pdf") == 0 ? y.sealed_pdf : y.sealed_ofd, format, err);
	return drawn(c, &y, format, err);
}

/* --- the sheet that collectors sign --- */

static json_t *column(const char *name, int width)
{
	return json_pack("{s:s, s:s, s:i}", "title", name, "type", "text", "width", width);
}

static const char *document_word(const char *code)
{
	static const char *const words[][2] = {{"ID_CARD", "居民身份证"}, {"PASSPORT", "护照"}, {"WORK_CARD", "工作证"}, {"LETTER", "介绍信"}, {"OTHER", "其他"}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(words); i++)
		if (strcmp(words[i][0], code) == 0)
			return words[i][1];
	return code;
}

/* a copy that waits leaves room to write; one that is void says so */
static enum fj_rc sheet_row(struct iss_call *c, const struct sto_q *q, json_t *rows, struct fj_err *err)
{
	FJ_AUTO(json) who = json_object();
	char n[24], made[FJ_TIME_CAP], got[FJ_TIME_CAP] = "", shown[200] = "";
	bool collected = sto_int(q, 16) > 0;
	struct cpy y;

	FJ_TRY(cpy_from_row(q, &y, err));
	FJ_TRY(put_who(c, &y, who, err));
	snprintf(n, sizeof(n), "%lld", (long long)y.n);
	fj_date_china(y.at, made);
	if (collected) {
		fj_date_china(sto_int(q, 16), got);
		snprintf(shown, sizeof(shown), "%s %.120s", document_word(sto_text(q, 15)), fj_json_text(who, "document_no"));
	}
	const char *end = strcmp(y.state, "VOID") == 0 ? "作废 Void" : y.replaces[0] != '\0' ? "补发 Reissued" : "";
	json_array_append_new(rows, json_pack("[s, s, s, s, s, s, s, s]", n, made, collected ? fj_json_text(who, "name") : "\n\n", shown, "", got, sto_text(q, 17), end));
	return FJ_OK;
}

static enum fj_rc sheet_rows_of(struct iss_call *c, const char *number, json_t *rows, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(c->db, STO_COPY_OF, &q, err, "ttti", "", "", number, (int64_t)1000));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(sheet_row(c, &q, rows, err));
	}
}

static enum fj_rc facts_of(struct iss_call *c, const struct ppr_subject *s, json_t *meta, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	FJ_AUTO(dom_org) finance = {.affiliates = NULL};
	char now[FJ_TIME_CAP];

	FJ_TRY(dom_org_get(c->db, s->holder, &holder, err));
	FJ_TRY(dom_org_get(c->db, s->finance, &finance, err));
	fj_time_china(c->now, now);
	json_array_append_new(meta, json_pack("[s, s]", "编号 No.", s->number));
	json_array_append_new(meta, json_pack("[s, s]", "持有单位 Holder", holder.name));
	json_array_append_new(meta, json_pack("[s, s]", "颁发机构 Issuer", finance.name));
	json_array_append_new(meta, json_pack("[s, s]", "打印时间 Printed", now));
	return FJ_OK;
}

enum fj_rc cmd_copy_sheet(struct iss_call *c, struct fj_err *err)
{
	static const char note[] = "领取人签字前请核对份号；经办人核对领取人身份后在系统办理领取登记（copy collect），再请领取人签字。本表按年归档，以登记系统为准。\n"
				   "Compare the copy's number before signing. The officer compares the person with the document, enters the collection, and then has the sheet signed. The register prevails.";
	FJ_AUTO(json) rows = json_array();
	FJ_AUTO(json) meta = json_array();
	const char *format = fj_json_peek(c->params, "format");
	struct ppr_subject s;
	char name[64];

	FJ_TRY(ppr_subject(c, fj_json_text(c->params, "number"), &s, err));
	FJ_TRY(sheet_rows_of(c, s.number, rows, err));
	if (json_array_size(rows) == 0)
		return fj_refuse(err, FJ_E_NOTFOUND, "issuer", "docs/paper.md", "no copy was made out yet; make one out first (copy issue)", "尚未制作纸质件；请先制作（copy issue）");
	FJ_TRY(facts_of(c, &s, meta, err));
	FJ_AUTO(json) model = json_pack("{s:s, s:s, s:b, s:O, s:[{s:[{s:{s:[o, o, o, o, o, o, o, o], s:O}}, {s:s}]}]}", "title", "纸质凭证领取登记表", "subtitle", "Collection of Paper Copies: Signature Sheet", "wide", 1,
	    "meta", meta, "sections", "blocks", "table", "columns", column("份号\nCopy", 2), column("制作日期\nMade out", 3), column("领取人\nCollected by", 4), column("证件种类及号码\nDocument", 6),
	    column("领取人签字\nSignature", 5), column("领取日期\nDate", 3), column("经办人\nOfficer", 3), column("备注\nRemarks", 4), "rows", rows, "note", note);
	snprintf(name, sizeof(name), "%.40s-sheet", s.number);
	return model == NULL ? fj_no_memory(err, "issuer") : ppr_answer(c, model, name, format != NULL ? format : "pdf", err);
}
