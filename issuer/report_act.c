/*
 * report_act.c - reports asked for, written around, submitted, approved, fixed.
 *
 * A figure has no field: what can be written are the texts.  A report is submitted
 * when its period is over; then neither texts nor returns change until it is decided.
 * Approving fixes the very octets that were submitted and has them signed; a refusal
 * opens the draft again.  What is fixed stays; a later version of the same period stands beside it and
 * says what differs.
 */
#include "issuer/reporting.h"


#define MAX_PARAGRAPHS 200

static const char *const kinds[] = {"half-year", "state-asset", "implementer-disclosure", "operator-disclosure", "operator-year", NULL};
static const char *const formats[] = {"json", "csv", "html", "pdf", "docx", "xlsx", NULL};
static const char *const texts[] = {"summary", "pilot_plan", "self", "data_use", "fee_caps", "fees", "accounts", "deviation", "rules", "cases", "risks", "problems", "corrected", "proposals", NULL};
#define KIND {"kind", ISS_F_STR, true, 24, "报告类别", "kind of the report", kinds, "domain.md 9"}
#define PERIOD {"period", ISS_F_STR, true, 6, "报告期", "period: 2026H1, or a year: 2026"}
#define FORMAT {"format", ISS_F_STR, false, 4, "格式", "format, json by default", formats, "domain.md 9"}
const struct iss_field fld_report_make[] = {
	PERIOD,
	{"unit", ISS_F_STR, false, 18, "试点单位或报告单位", "unit's USCC; all pilot units by default"},
	FORMAT,
	{"draft", ISS_F_BOOL, false, 1, "重新生成草稿", "a new draft although a report is fixed"},
	{0},
};
static const char *const all_formats[] = {"json", "signed", "csv", "html", "pdf", "docx", "xlsx", NULL};
const struct iss_field fld_report_show[] = {
	{"id", ISS_F_STR, true, RPT_ID_CAP, "报告编号", "report"},
	{"format", ISS_F_STR, false, 6, "格式", "format, json by default; signed: the file to hand on, with signature", all_formats, "domain.md 9"},
	{0},
};
const struct iss_field fld_report_text[] = {
	KIND,
	PERIOD,
	{"section", ISS_F_STR, true, 24, "栏目", "section that the text stands in", texts, "domain.md 9.1"},
	{"text", ISS_F_LIST, true, MAX_PARAGRAPHS, "正文（每段一行）", "paragraphs, one a line; an empty list takes the text away"},
	{0},
};
const struct iss_field fld_report_submit[] = {
	KIND,
	PERIOD,
	{"dry_run", ISS_F_BOOL, false, 1, "试提交", "check only; answers the report as it would be submitted"},
	{"seen", ISS_F_STR, false, 64, "预览时的报告摘要", "the dry run's \"seen\": refused when the report is not the same any more"},
	{0},
};

/* --- who --- */

enum fj_rc rpt_key_of(struct iss_call *c, const char *kind, struct rpt_key *out, struct fj_err *err)
{
	const struct rpt_kind *k = NULL;

	memset(out, 0, sizeof(*out));
	FJ_TRY(rpt_kind_find(kind, &k, err));
	FJ_TRY(rpt_period(k, fj_json_text(c->params, "period"), out, err));
	return fj_strcopy(out->unit, sizeof(out->unit), c->actor->org);
}

enum fj_rc rpt_writer(struct iss_call *c, const struct rpt_key *k, struct fj_err *err)
{
	if (c->acting & k->kind->roles)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "your role does not write the %s; that is the reporting unit's", k->kind->en);
	fj_err_zh(err, "您的角色不负责编报“%s”", k->kind->zh);
	return rc;
}

enum fj_rc rpt_open(struct iss_call *c, const struct rpt_key *k, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(c->db, STO_REPORT_OF, &q, err, "tttt", k->kind->name, k->unit, k->period, "SUBMITTED"));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md 9", "the report %s waits for its approval and does not change meanwhile; have it decided first", sto_text(&q, 0));
	fj_err_zh(err, "报告 %s 待审批，期间不得修改；请先办结审批", sto_text(&q, 0));
	return rc;
}

/* A report that is not fixed is the unit's own, and for those whom it goes to. */
static enum fj_rc check_reader(struct iss_call *c, const struct rpt_key *k, struct fj_err *err)
{
	FJ_AUTO(dom_org) unit = {.affiliates = NULL};
	FJ_AUTO(dom_org) mine = {.affiliates = NULL};
	const char *org = c->actor->org;

	if (c->actor->roles & (ISS_LOCAL | ISS_AUDITOR | ISS_MOF))
		return FJ_OK;
	FJ_TRY(dom_org_get(c->db, org, &mine, err));
	if (k->unit[0] == '\0' ? strcmp(mine.finance, "") == 0 || strcmp(mine.finance, org) == 0 : strcmp(k->unit, org) == 0)
		return FJ_OK; /* of all units: a finance department */
	if (k->unit[0] != '\0') {
		FJ_TRY(dom_org_get(c->db, k->unit, &unit, err));
		if (strcmp(unit.finance, org) == 0 || strcmp(unit.dept, org) == 0 || strcmp(mine.finance, k->unit) == 0 || strcmp(mine.dept, k->unit) == 0)
			return FJ_OK;
	}
	return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "a report that is not fixed yet is read by its unit, its superior and finance department, and auditors; name your own unit in \"unit\"",
	    "尚未定稿的报告仅限本单位、主管部门、财政部门和审计人员查阅；请在“unit”中填写本单位");
}

/* --- asking --- */

static enum fj_rc fixed_one(struct iss_call *c, const struct rpt_key *k, json_t **out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	*out = NULL;
	if (k->unit[0] == '\0' || json_is_true(json_object_get(c->params, "draft")))
		return FJ_OK;
	FJ_TRY(sto_query(c->db, STO_REPORT_OF, &q, err, "tttt", k->kind->name, k->unit, k->period, "FIXED"));
	FJ_TRY(sto_step(&q, &row, err));
	return row ? rpt_stored(c->db, &q, out, err) : FJ_OK;
}

static enum fj_rc make_draft(struct iss_call *c, const struct rpt_key *k, json_t **out, struct fj_err *err)
{
	fj_time upto = c->now < k->to ? c->now + 1 : k->to;
	char at[FJ_TIME_CAP];

	FJ_TRY(check_reader(c, k, err));
	if (c->now < k->from) {
		enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 9", "the period %s has not begun", k->period);
		fj_err_zh(err, "报告期 %s 尚未开始", k->period);
		return rc;
	}
	FJ_TRY(rpt_draft(c, k, upto, out, err));
	fj_time_utc(c->now, at);
	FJ_AUTO(json) more = json_pack("{s:s, s:b, s:s*}", "state", "DRAFT", "draft", 1, "as_of", c->now < k->to ? at : NULL);
	return more != NULL && json_object_update(*out, more) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_report_make(struct iss_call *c, struct fj_err *err)
{
	const char *unit = fj_json_peek(c->params, "unit"), *kind = strchr(c->command, '.') + 1;
	struct rpt_key k;
	json_t *doc = NULL;

	FJ_TRY(rpt_key_of(c, kind, &k, err));
	FJ_TRY(fj_strcopy(k.unit, sizeof(k.unit), unit != NULL ? unit : k.kind->needs_unit ? c->actor->org : ""));
	if (k.kind->needs_unit && k.unit[0] == '\0')
		return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 9.3", "whose report? name the organisation in \"unit\"",
		    "请在“unit”中填写报告单位的统一社会信用代码");
	FJ_TRY(fixed_one(c, &k, &doc, err));
	enum fj_rc rc = doc != NULL ? FJ_OK : make_draft(c, &k, &doc, err);
	FJ_AUTO(json) owned = doc;
	FJ_TRY(rc);
	return rpt_answer(c, owned, fj_json_peek(c->params, "format"), err);
}

enum fj_rc cmd_report_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) doc = NULL;
	struct rpt_key k = {.kind = NULL};
	const char *id = fj_json_peek(c->params, "id"), *format = fj_json_peek(c->params, "format");

	FJ_TRY(sto_first(c->db, STO_REPORT_GET, &q, id, err, "t", id));
	FJ_TRY(fj_strcopy(k.unit, sizeof(k.unit), sto_text(&q, 3)));
	if (strcmp(sto_text(&q, 5), "FIXED") != 0)
		FJ_TRY(check_reader(c, &k, err));
	if (format != NULL && strcmp(format, "signed") == 0)
		return rpt_signed_file(c, id, sto_text(&q, 6), err);
	FJ_TRY(rpt_stored(c->db, &q, &doc, err));
	return rpt_answer(c, doc, format, err);
}

static json_t *row_json(const struct sto_q *q, fj_time now)
{
	char submitted[FJ_TIME_CAP], fixed[FJ_TIME_CAP] = "";

	(void)now;
	fj_time_utc(sto_int(q, 9), submitted);
	if (sto_int(q, 10) > 0)
		fj_time_utc(sto_int(q, 10), fixed);
	return json_pack("{s:s, s:s, s:s, s:{s:s, s:s}, s:I, s:s, s:s, s:s, s:s, s:s}", "id", sto_text(q, 0), "kind", sto_text(q, 1), "period", sto_text(q, 2), "unit", "usci", sto_text(q, 3),
	    "name", sto_text(q, 12), "version", (json_int_t)sto_int(q, 4), "state", sto_text(q, 5), "sha256", sto_text(q, 7), "previous", sto_text(q, 8), "submitted_at", submitted, "fixed_at", fixed);
}

enum fj_rc cmd_report_list(struct iss_call *c, struct fj_err *err)
{
	return dom_list_rows(c, STO_REPORT_LIST, row_json, "id", err);
}

/* --- writing around the figures --- */

static bool section_is(const struct rpt_key *k, const char *key)
{
	for (const struct rpt_section *s = rpt_sections; s->key != NULL; s++)
		if (strcmp(s->key, key) == 0)
			return (s->kinds & k->kind->figures) != 0;
	return false;
}

enum fj_rc cmd_report_text(struct iss_call *c, struct fj_err *err)
{
	const char *section = fj_json_peek(c->params, "section");
	const json_t *text = json_object_get(c->params, "text");
	struct rpt_key k;
	char id[RPT_ID_CAP];
	size_t i;
	json_t *v;

	FJ_TRY(rpt_key_of(c, fj_json_peek(c->params, "kind"), &k, err));
	FJ_TRY(rpt_writer(c, &k, err));
	FJ_TRY(rpt_open(c, &k, err));
	if (!section_is(&k, section)) {
		enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 9", "the %s has no section \"%s\"", k.kind->en, section);
		fj_err_zh(err, "“%s”没有“%s”栏目", k.kind->zh, section);
		return rc;
	}
	FJ_AUTO(json) kept = json_array();
	json_array_foreach(text, i, v)
		if (iss_said(json_string_value(v)))
			json_array_append(kept, v);
	rpt_id(&k, 1, id);
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:O}", "kind", k.kind->name, "period", k.period, "unit", k.unit, "section", section, "text", kept);
	FJ_TRY(evt_append(c, "report.text-set", id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s, s:i}", "kind", k.kind->name, "period", k.period, "unit", k.unit, "section", section, "paragraphs", (int)json_array_size(kept));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_report_text(const struct evt *e, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(RPT_MAX_DOC);
	const json_t *b = e->body;

	FJ_TRY(fj_json_canonical(json_object_get(b, "text"), &text, err));
	return sto_run(e->db, STO_REPORT_TEXT_SET, NULL, err, "ttttt" "ti", fj_json_text(b, "kind"), fj_json_text(b, "period"), fj_json_text(b, "unit"), fj_json_text(b, "section"),
	    fj_buf_str(&text), e->actor, (int64_t)e->at);
}

/* --- submitting --- */

struct submission {
	struct rpt_key k;
	json_t *doc;
	char id[RPT_ID_CAP], hash[65];
	int64_t version;
};

static enum fj_rc check_over(struct iss_call *c, const struct rpt_key *k, struct fj_err *err)
{
	if (c->now >= k->to)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md 9", "the period %s is not over: its figures still change; submit it afterwards", k->period);
	fj_err_zh(err, "报告期 %s 尚未结束，指标仍在变化；请在期满后提交", k->period);
	return rc;
}

static enum fj_rc next_version(struct sto *db, struct submission *s, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_REPORT_VERSIONS, &q, "version", err, "ttt", s->k.kind->name, s->k.unit, s->k.period));
	s->version = sto_int(&q, 0) + 1;
	rpt_id(&s->k, s->version, s->id);
	return FJ_OK;
}

/* with the writer: the draft that was made without its lock, unless somebody wrote meanwhile */
static enum fj_rc record(struct iss_call *c, void *arg, struct fj_err *err)
{
	struct submission *s = arg;
	FJ_AUTO(json) payload = NULL;

	FJ_TRY(rpt_open(c, &s->k, err));
	FJ_TRY(next_version(c->db, s, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:I, s:O, s:s, s:s}", "kind", s->k.kind->name, "period", s->k.period, "unit", s->k.unit, "version", (json_int_t)s->version,
	    "doc", s->doc, "sha256", s->hash, "previous", fj_json_text(json_object_get(s->doc, "previous"), "id"));
	FJ_TRY(evt_append(c, "report.submitted", s->id, body, err));
	payload = json_pack("{s:s, s:s, s:s, s:s, s:s, s:O, s:s}", "id", s->id, "kind", s->k.kind->name, "period", s->k.period, "org", s->k.unit, "sha256", s->hash, "figures_sha256",
	    json_object_get(s->doc, "figures_sha256"), "title", s->k.kind->zh);
	FJ_TRY(apr_request(c, "report.approve", s->id, s->k.unit, payload, err));
	FJ_TRY(fj_json_set(c->answer, "id", json_string(s->id)));
	return fj_json_set(c->answer, "sha256", json_string(s->hash));
}

/* the report is what the preview showed; nothing was asked where there was none */
static enum fj_rc check_seen(struct iss_call *c, const struct submission *s, struct fj_err *err)
{
	const char *seen = fj_json_peek(c->params, "seen");

	if (seen == NULL || strcmp(seen, s->hash) == 0)
		return FJ_OK;
	return fj_refuse(err, FJ_E_STATE, "issuer", "domain.md 9", "a figure or text of the report changed after the preview, so it was not submitted; preview it again",
	    "预览之后报告的指标或文字有变动，未提交；请重新预览，核对后再提交");
}

enum fj_rc cmd_report_submit(struct iss_call *c, struct fj_err *err)
{
	struct submission s = {.doc = NULL};

	FJ_TRY(rpt_key_of(c, fj_json_peek(c->params, "kind"), &s.k, err));
	FJ_TRY(rpt_writer(c, &s.k, err));
	FJ_TRY(check_over(c, &s.k, err));
	FJ_TRY(rpt_open(c, &s.k, err));
	FJ_TRY(sto_begin(c->db, err)); /* one moment for all that is counted */
	enum fj_rc rc = rpt_draft(c, &s.k, s.k.to, &s.doc, err);
	sto_rollback(c->db);
	FJ_AUTO(json) doc = s.doc;
	FJ_TRY(rc);
	FJ_TRY(rpt_hash(doc, s.hash, err));
	FJ_TRY(check_seen(c, &s, err));
	if (!json_is_true(json_object_get(c->params, "dry_run")))
		return iss_step(c, record, &s, err);
	c->answer = json_pack("{s:b, s:O, s:s}", "dry_run", 1, "report", doc, "seen", s.hash);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_report_submitted(const struct evt *e, struct fj_err *err)
{
	FJ_AUTO(buf) doc = FJ_BUF_INIT(RPT_MAX_DOC);
	const json_t *b = e->body;

	FJ_TRY(fj_json_canonical(json_object_get(b, "doc"), &doc, err));
	return sto_run(e->db, STO_REPORT_ADD, NULL, err, "ttttitttii", e->object, fj_json_text(b, "kind"), fj_json_text(b, "period"), fj_json_text(b, "unit"), fj_json_num(b, "version"),
	    fj_buf_str(&doc), fj_json_text(b, "sha256"), fj_json_text(b, "previous"), (int64_t)e->at, e->seq);
}

/* --- deciding --- */

/* the stored octets have the hash that was approved */
enum fj_rc apr_report_approve(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	const char *hash = fj_json_text(a->payload, "sha256");
	struct rpt_key k;

	memset(&k, 0, sizeof(k));
	FJ_TRY(rpt_kind_find(fj_json_text(a->payload, "kind"), &k.kind, err));
	if (!(c->actor->roles & k.kind->roles)) {
		enum fj_rc rc = fj_fail(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "your role does not approve the %s", k.kind->en);
		fj_err_zh(err, "您的角色不负责审批“%s”", k.kind->zh);
		return rc;
	}
	{
		FJ_AUTO(sto_q) q = {0};
		struct fj_hash h;
		char hex[65];
		FJ_TRY(sto_first(c->db, STO_REPORT_GET, &q, a->object, err, "t", a->object));
		fj_sha256(fj_slice_str(sto_text(&q, 6)), &h);
		fj_hex(h.b, FJ_SHA256_LEN, hex);
		if (strcmp(sto_text(&q, 5), "SUBMITTED") != 0 || strcmp(hex, hash) != 0)
			return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "the report %s is not the one that was submitted", a->object);
		FJ_TRY(fj_strcopy(k.period, sizeof(k.period), sto_text(&q, 2)));
		FJ_TRY(fj_strcopy(k.unit, sizeof(k.unit), sto_text(&q, 3)));
	}
	FJ_AUTO(json) body = json_pack("{s:s, s:s}", "to", "FIXED", "sha256", hash);
	FJ_TRY(evt_append(c, "report.fixed", a->object, body, err));
	FJ_TRY(rpt_seal(c, a->object, &k, hash, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s}", "id", a->id, "state", "APPROVED", "report", a->object, "sha256", hash);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apr_report_reopened(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(json) body = json_pack("{s:s}", "to", "REOPENED");

	return evt_append(c, "report.reopened", a->object, body, err);
}

enum fj_rc apply_report_decided(const struct evt *e, struct fj_err *err)
{
	bool fixed = strcmp(e->kind, "report.fixed") == 0;

	return sto_run(e->db, STO_REPORT_STATE, NULL, err, "titit", fj_json_text(e->body, "to"), fixed ? (int64_t)e->at : (int64_t)0, fixed ? e->approval : "", e->seq, e->object);
}
