/*
 * archive_pack.c - the package of one object: what was decided about it, by whom, on what papers,
 * and what was signed, in one archive that is checked without the appliance (docs/formats.md 44).
 *
 * Everything is as of the object's last event, its pages too: whoever exports it again gets the
 * same octets, until something happens to it or the public log has grown, whose proofs it
 * holds.  Files that were filed lie beside the packages, each once, and are named by their hash:
 * rules of a unit stand behind hundreds of its registrations.
 */
#include "base/jws.h"
#include "ca/ca.h"
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/archive.h"
#include "issuer/opening.h"
#include "issuer/registration.h"

#define MAX_DOCUMENT (4u << 20)

struct pack {
	struct iss_call *c;
	struct arc_subject s;
	struct folio f;
	json_t *originals;
};

/* --- commands of the register, asked as of the object's last event --- */

static enum fj_rc ask(struct pack *p, iss_handler handler, json_t *params, json_t **answer, struct fj_err *err)
{
	FJ_AUTO(json) owned = params;
	struct iss_call c = *p->c;

	if (owned == NULL)
		return fj_no_memory(err, "issuer");
	c.params = owned;
	c.now = p->s.at;
	c.answer = NULL;
	enum fj_rc rc = handler(&c, err);
	*answer = c.answer;
	return rc == FJ_OK && c.answer == NULL ? fj_no_memory(err, "issuer") : rc;
}

static enum fj_rc add_record(struct pack *p, iss_handler handler, const char *param, struct fj_err *err)
{
	json_t *answer = NULL;

	enum fj_rc rc = ask(p, handler, json_pack("{s:s}", param, p->s.id), &answer, err);
	FJ_AUTO(json) record = answer;
	FJ_TRY(rc);
	return fol_json(&p->f, "record.json", record, err);
}

/* what a command gives as a file; name: of it in the package */
static enum fj_rc add_file(struct pack *p, iss_handler handler, const char *param, const char *format, const char *name, struct fj_err *err)
{
	FJ_AUTO(buf) bytes = FJ_BUF_INIT(FOL_MAX);
	json_t *answer = NULL;

	enum fj_rc rc = ask(p, handler, json_pack("{s:s, s:s}", param, p->s.id, "format", format), &answer, err);
	FJ_AUTO(json) owned = answer;
	FJ_TRY(rc);
	const char *b64 = fj_json_text(json_object_get(owned, "file"), "base64url");
	FJ_TRY(fj_b64u_get(b64, strlen(b64), &bytes));
	return fol_add(&p->f, name, fj_buf_slice(&bytes), err);
}

static enum fj_rc add_paper(struct pack *p, iss_handler handler, const char *param, struct fj_err *err)
{
	FJ_TRY(add_file(p, handler, param, "pdf", "paper.pdf", err));
	return add_file(p, handler, param, "ofd", "paper.ofd", err);
}

/* --- files that were filed --- */

static bool has_original(const struct pack *p, const char *sha256)
{
	size_t i;
	json_t *o;

	json_array_foreach(p->originals, i, o)
		if (strcmp(fj_json_text(o, "sha256"), sha256) == 0)
			return true;
	return false;
}

static enum fj_rc add_original(struct pack *p, const char *name, const char *kind, const char *sha256, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_ARCHIVE_ORIGINAL);
	char own[65], sm3[65];

	if (sha256[0] == '\0' || has_original(p, sha256))
		return FJ_OK;
	FJ_TRY(dom_material_read(sha256, &file, err));
	FJ_TRY(fol_hashes(fj_buf_slice(&file), own, sm3, err));
	return json_array_append_new(p->originals, json_pack("{s:s, s:s, s:I, s:s, s:s}", "name", name, "kind", kind, "octets", (json_int_t)file.len, "sha256", own, "sm3", sm3)) == 0
	    ? FJ_OK : fj_no_memory(err, "issuer");
}

/* of the asset, and of its holder for all of its assets */
static enum fj_rc add_materials(struct pack *p, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(p->c->db, STO_HISTORY_MATERIALS, &q, err, "tt", p->s.usci, p->s.asset_no));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		if (strcmp(sto_text(&q, 3), "REVENUE") != 0 && strcmp(sto_text(&q, 3), "TOKENS") != 0)
			FJ_TRY(add_original(p, sto_text(&q, 4), sto_text(&q, 3), sto_text(&q, 5), err));
	}
}

/* materials that the record names, wherever in it */
static enum fj_rc add_named(struct pack *p, const json_t *j, struct fj_err *err)
{
	const char *key;
	json_t *v;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)j, i, v)
		FJ_TRY(add_named(p, v, err));
	json_object_foreach((json_t *)(uintptr_t)j, key, v) {
		FJ_AUTO(sto_q) q = {0};
		bool row;
		if (strcmp(key, "material") != 0 || !json_is_string(v)) {
			FJ_TRY(add_named(p, v, err));
			continue;
		}
		FJ_TRY(sto_query(p->c->db, STO_MATERIAL_GET, &q, err, "t", json_string_value(v)));
		FJ_TRY(sto_step(&q, &row, err));
		if (row)
			FJ_TRY(add_original(p, sto_text(&q, 4), sto_text(&q, 3), sto_text(&q, 5), err));
	}
	return FJ_OK;
}

/* copies on paper that were made out of it, and what came back sealed */
static enum fj_rc add_copies(struct pack *p, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(p->c->db, STO_COPY_OF, &q, err, "ttti", "", "", p->s.id, (int64_t)1000));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(add_original(p, sto_text(&q, 0), "COPY_PDF", sto_text(&q, 9), err));
		FJ_TRY(add_original(p, sto_text(&q, 0), "COPY_OFD", sto_text(&q, 10), err));
		FJ_TRY(add_original(p, sto_text(&q, 0), "SEALED_PDF", sto_text(&q, 13), err));
		FJ_TRY(add_original(p, sto_text(&q, 0), "SEALED_OFD", sto_text(&q, 14), err));
	}
}

/* --- credentials --- */

static enum fj_rc add_proof(struct pack *p, const char *name, const struct fj_buf *proof, struct fj_err *err)
{
	return proof->len == 0 ? FJ_OK : fol_add(&p->f, name, fj_buf_slice(proof), err);
}

static enum fj_rc add_certificate(struct pack *p, const char *name, struct fj_slice der, struct fj_err *err)
{
	FJ_AUTO(buf) pem = FJ_BUF_INIT(2 * FJ_X509_MAX);

	FJ_TRY(ca_pem("CERTIFICATE", der, &pem, err));
	return fol_add(&p->f, name, fj_buf_slice(&pem), err);
}

static enum fj_rc fill_certificate(struct pack *p, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(buf) proof = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);
	FJ_AUTO(buf) twin = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(buf) twin_proof = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);

	FJ_TRY(add_record(p, cmd_certificate_show, "number", err));
	FJ_TRY(log_credential(p->c->iss, p->c->db, PIPE_CERTIFICATE, p->s.id, &der, &proof, err));
	FJ_TRY(add_certificate(p, "certificate.pem", fj_buf_slice(&der), err));
	FJ_TRY(add_proof(p, "certificate.tlog-proof", &proof, err));
	FJ_TRY(dom_twin(p->c->iss, p->c->db, PIPE_CERTIFICATE, p->s.id, &twin, &twin_proof, err));
	if (twin.len > 0)
		FJ_TRY(add_certificate(p, "certificate-sm2.pem", fj_buf_slice(&twin), err));
	FJ_TRY(add_proof(p, "certificate-sm2.tlog-proof", &twin_proof, err));
	FJ_TRY(add_paper(p, cmd_certificate_print, "number", err));
	return add_copies(p, err);
}

/* its newest version, and the certificates that it covers, without which nobody can judge it */
static enum fj_rc fill_authorisation(struct pack *p, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	FJ_AUTO(buf) jwt = FJ_BUF_INIT(FJ_TOKEN_MAX);
	FJ_AUTO(buf) proof = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);
	char name[96];
	size_t i;
	json_t *v;

	FJ_TRY(add_record(p, cmd_authorisation_show, "number", err));
	FJ_TRY(dom_auth_get(p->c->db, p->s.id, &a, err));
	FJ_TRY(log_credential(p->c->iss, p->c->db, PIPE_AUTHORISATION, a.credential, &jwt, &proof, err));
	FJ_TRY(fol_add(&p->f, "authorisation.jwt", fj_buf_slice(&jwt), err));
	FJ_TRY(add_proof(p, "authorisation.tlog-proof", &proof, err));
	json_array_foreach(json_object_get(a.body, "assets"), i, v) {
		FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
		const char *number = fj_json_text(v, "certificate");
		FJ_TRY(dom_credential(p->c->db, PIPE_CERTIFICATE, number, &der, err));
		snprintf(name, sizeof(name), "certificates/%.40s.pem", number);
		FJ_TRY(add_certificate(p, name, fj_buf_slice(&der), err));
	}
	FJ_TRY(add_paper(p, cmd_authorisation_print, "number", err));
	return add_copies(p, err);
}

/* who objected, by what the events hold commitments to; what was erased is not there */
static enum fj_rc add_openings(struct pack *p, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) list = json_array();
	bool row;

	FJ_TRY(sto_query(p->c->db, STO_ARCHIVE_OPENINGS, &q, err, "t", p->s.id));
	for (;;) {
		json_t *one = NULL;
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return json_array_size(list) == 0 ? FJ_OK : fol_json(&p->f, "openings.json", list, err);
		FJ_TRY(opn_json(&q, &one, err));
		if (json_array_append_new(list, one) != 0)
			return fj_no_memory(err, "issuer");
	}
}

static enum fj_rc add_card(struct pack *p, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char name[64];
	bool row;

	FJ_TRY(sto_query(p->c->db, STO_ARCHIVE_CARD, &q, err, "t", p->s.id));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	snprintf(name, sizeof(name), "card-%lld.json", (long long)sto_int(&q, 0));
	return fol_add(&p->f, name, fj_slice_str(sto_text(&q, 1)), err);
}

static enum fj_rc fill_registration(struct pack *p, struct fj_err *err)
{
	FJ_TRY(add_record(p, cmd_registration_show, "id", err));
	FJ_TRY(add_card(p, err));
	FJ_TRY(add_openings(p, err));
	return add_materials(p, err);
}

static enum fj_rc fill_bulk(struct pack *p, struct fj_err *err)
{
	FJ_TRY(add_record(p, cmd_bulk_show, "id", err));
	return add_file(p, cmd_token_archive, "bulk", "tar.gz", "tokens.tar.gz", err);
}

static enum fj_rc add_record_named(struct pack *p, iss_handler handler, struct fj_err *err)
{
	json_t *answer = NULL;

	enum fj_rc rc = ask(p, handler, json_pack("{s:s}", "id", p->s.id), &answer, err);
	FJ_AUTO(json) record = answer;
	FJ_TRY(rc);
	FJ_TRY(fol_json(&p->f, "record.json", record, err));
	return add_named(p, record, err);
}

static enum fj_rc fill_revenue(struct pack *p, struct fj_err *err)
{
	return add_record_named(p, cmd_revenue_show, err);
}

static enum fj_rc fill_order(struct pack *p, struct fj_err *err)
{
	return add_record_named(p, cmd_order_show, err);
}

/* the document as it was fixed; its signature, unless it is from before reports were signed */
static enum fj_rc fill_report(struct pack *p, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_first(p->c->db, STO_ARCHIVE_REPORT_FACTS, &q, p->s.id, err, "t", p->s.id));
	FJ_TRY(fol_add(&p->f, "record.json", fj_slice_str(sto_text(&q, 5)), err));
	sto_done(&q);
	FJ_TRY(sto_query(p->c->db, STO_CREDENTIAL_GET, &q, err, "it", (int64_t)PIPE_REPORT, p->s.id));
	FJ_TRY(sto_step(&q, &row, err));
	if (row)
		FJ_TRY(fol_add(&p->f, "report.jws", sto_blob(&q, 0), err));
	sto_done(&q);
	return add_paper(p, cmd_report_show, "id", err);
}

/* --- the kinds --- */

#define AGENCY "机关文件材料归档范围和文书档案保管期限规定（国家档案局令第8号）"
#define ACCOUNTS "会计档案管理办法（财政部、国家档案局令第79号）附表"
static const struct {
	struct arc_kind kind;
	enum fj_rc (*fill)(struct pack *p, struct fj_err *err);
} kinds[] = {
	{{FJ_AR_REGISTRATION, "数据资产登记", "Registration of a data asset", true, AGENCY "：永久〔类推〕", STO_ARCHIVE_REGISTRATION, STO_ARCHIVE_REGISTRATION_FACTS}, fill_registration},
	{{FJ_AR_CERTIFICATE, "数据资产证书", "Data asset certificate", true, AGENCY "：永久〔类推〕", STO_ARCHIVE_CERTIFICATE, STO_ARCHIVE_CERTIFICATE_FACTS}, fill_certificate},
	{{FJ_AR_AUTHORISATION, "授权运营", "Authorised operation", false, AGENCY "：30年〔类推〕", STO_ARCHIVE_AUTHORISATION, STO_ARCHIVE_AUTHORISATION_FACTS}, fill_authorisation},
	{{FJ_AR_BULK, "许可令牌批次", "Job of license tokens", false, AGENCY "：30年〔类推〕", STO_ARCHIVE_BULK, STO_ARCHIVE_BULK_FACTS}, fill_bulk},
	{{FJ_AR_REVENUE, "收益", "Revenue", false, ACCOUNTS "：会计凭证30年", STO_ARCHIVE_REVENUE, STO_ARCHIVE_REVENUE_FACTS}, fill_revenue},
	{{FJ_AR_REPORT, "报告", "Report", true, AGENCY "：永久〔类推〕", STO_ARCHIVE_REPORT, STO_ARCHIVE_REPORT_FACTS}, fill_report},
	{{FJ_AR_ORDER, "监管指令", "Supervision order", false, AGENCY "：30年〔类推〕", STO_ARCHIVE_ORDER, STO_ARCHIVE_ORDER_FACTS}, fill_order},
};
_Static_assert(FJ_ARRAY_LEN(kinds) == FJ_AR_SCHEMA, "every package has a row");

const struct arc_kind *arc_kind(enum fj_archive_kind k)
{
	return &kinds[k].kind;
}

/* --- one package --- */

static enum fj_rc subject(struct iss_call *c, const struct arc_kind *k, const char *id, struct arc_subject *s, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(sto_q) last = {0};

	FJ_TRY(sto_first(c->db, k->facts, &q, id, err, "t", id));
	const struct sto_copy texts[] = {STO_COPY(0, s->state), STO_COPY(1, s->title), STO_COPY(2, s->usci), STO_COPY(3, s->org), STO_COPY(4, s->asset_no)};
	FJ_TRY(sto_copy(&q, texts, FJ_ARRAY_LEN(texts), "an object of the archive", err));
	FJ_TRY(sto_first(c->db, STO_ARCHIVE_LAST, &last, id, err, "t", id));
	s->kind = k;
	s->seq = sto_int(&last, 0);
	s->at = sto_int(&last, 1);
	FJ_TRY(fj_strcopy(s->id, sizeof(s->id), id));
	return arc_years(c, k, &s->years, err);
}

static enum fj_rc add_metadata(struct pack *p, struct fj_err *err)
{
	FJ_AUTO(buf) xml = FJ_BUF_INIT(FOL_MAX);
	FJ_AUTO(dom_org) keeper = {.affiliates = NULL};

	FJ_TRY(dom_org_get(p->c->db, p->c->iss->keeper, &keeper, err));
	FJ_TRY(arc_metadata(&p->s, &p->f, p->originals, keeper.name, &xml, err));
	return fol_add(&p->f, "metadata.xml", fj_buf_slice(&xml), err);
}

/* last: it names the others */
static enum fj_rc add_list(struct pack *p, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ARCHIVE_LIST);
	FJ_AUTO(json) doc = json_pack("{s:s, s:s, s:s, s:s, s:{s:I, s:s}, s:I, s:O, s:O}", "format", FJ_FORMAT_ARCHIVE_PACKAGE, "kind", fj_archive_kind_name(p->s.kind->kind), "id", p->s.id,
	    "state", p->s.state, "retention", "years", (json_int_t)p->s.years, "basis", p->s.kind->basis, "seq", (json_int_t)p->s.seq, "files", p->f.files, "originals", p->originals);

	FJ_TRY(doc == NULL ? fj_no_memory(err, "issuer") : fj_archive_package_check(doc, err));
	FJ_TRY(fj_json_canonical(doc, &text, err));
	FJ_TRY(fj_tar_add(&p->f.tar, "package.json", fj_buf_slice(&text), err));
	return fj_tar_end(&p->f.tar, err);
}

static enum fj_rc fill(struct pack *p, struct fj_err *err)
{
	FJ_TRY(kinds[p->s.kind->kind].fill(p, err));
	FJ_TRY(fol_events(&p->f, p->s.id, err));
	FJ_TRY(fol_approvals(&p->f, true, err));
	FJ_TRY(add_metadata(p, err));
	return add_list(p, err);
}

static enum fj_rc line_of(const struct arc_subject *s, struct fj_archive_entry *e, struct fj_err *err)
{
	memset(e, 0, sizeof(*e));
	e->kind = s->kind->kind;
	e->years = s->years;
	e->seq = s->seq;
	if (fj_strcopy(e->id, sizeof(e->id), s->id) != FJ_OK || fj_strcopy(e->state, sizeof(e->state), s->state) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "the number %.40s is too long for a file", s->id);
	return FJ_OK;
}

enum fj_rc arc_package(struct iss_call *c, const struct arc_kind *k, const char *id, int64_t year, struct fj_buf *out, struct fj_archive_entry *e, json_t **originals, struct fj_err *err)
{
	FJ_AUTO(json) filed = json_array();
	struct pack p = {.c = c, .originals = filed};

	FJ_TRY(filed == NULL ? fj_no_memory(err, "issuer") : subject(c, k, id, &p.s, err));
	p.s.year = year;
	FJ_TRY(line_of(&p.s, e, err));
	enum fj_rc rc = fol_new(&p.f, c, true, p.s.at, err);
	if (rc == FJ_OK)
		rc = fill(&p, err);
	if (rc == FJ_OK && fj_buf_put(out, p.f.tar.out.data, p.f.tar.out.len) != FJ_OK)
		rc = fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "the package of %.40s is larger than %u MiB", id, FJ_ARCHIVE_PACKAGE >> 20);
	fol_release(&p.f);
	if (rc == FJ_OK)
		*originals = fj_move(filed);
	return rc;
}
