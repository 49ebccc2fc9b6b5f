/*
 * legacy.c - 历史补录: what predates the appliance comes into the register (domain.md
 * decision 11).
 *
 * A finance officer hands in one file; its faulty rows are set aside, and one
 * approval, whose digest covers every good row, lets all others in.  The rows as
 * they were read are kept by their hash, and nothing else of the file, so what is
 * entered is what was approved and nothing unread lies about.  Each row is one
 * event: ledger entry, card, registration, mark.  The registration has its real
 * date, the event the day of entry; the asset stands REGISTERED and gets its
 * certificate the normal way, never back-dated; one in dispute is entered frozen
 * (R19).  A file with a row that is or may be secret is not kept and not asked for:
 * only the row numbers are told.  Who handed the file in is the applicant (R22), and has no part in the certificates.
 */
#include "issuer/legacy.h"

#include "base/jws.h"
#include "issuer/exchange.h"
#include "issuer/iss.h"
#include "issuer/ledger_sheet.h"
#include "issuer/registration.h"
#include "issuer/task.h"

#define MAX_FILE (8u << 20)

/* --- against the register --- */

struct place {
	char ledger[40];
	bool new_ledger, set_ledger, same; /* same: this very row is in the register */
};

static enum fj_rc taken(struct fj_err *err, const char *asset_no)
{
	enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", "domain.md 4.3", "the asset number %.64s is used already; numbers are never used twice", asset_no);

	fj_err_zh(err, "资产编号 %.64s 已被使用，编号不得重复使用", asset_no);
	return rc;
}

static enum fj_rc find_same(struct sto *db, const char *asset_no, const json_t *row, bool *same, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char hex[65];
	bool there;

	FJ_TRY(sto_query(db, STO_LEGACY_GET, &q, err, "t", asset_no));
	FJ_TRY(sto_step(&q, &there, err));
	if (!there)
		return FJ_OK;
	FJ_TRY(leg_row_hash(row, hex, err));
	*same = strcmp(sto_text(&q, 11), hex) == 0;
	return FJ_OK;
}

/* a ledger entry of this number that was imported already is the asset's, unless it has one, or
 * was recognised as something else */
static enum fj_rc find_ledger(struct sto *db, const json_t *row, struct place *p, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(sto_q) a = {0};
	char key[DOM_CAP(DOM_MAX_LEDGER_NO) * 2];
	struct dom_ledger l;
	bool there;

	p->new_ledger = p->set_ledger = true;
	FJ_TRY(led_put_key(fj_json_text(row, "ledger_no"), NULL, key, sizeof(key)));
	FJ_TRY(sto_query(db, STO_LEGACY_LEDGER, &q, err, "tt", fj_json_text(row, "holder"), key));
	FJ_TRY(sto_step(&q, &there, err));
	if (!there)
		return FJ_OK;
	FJ_TRY(dom_ledger_get(db, sto_text(&q, 0), &l, err));
	FJ_TRY(sto_query(db, STO_ASSET_OF_LEDGER, &a, err, "t", l.id));
	FJ_TRY(sto_step(&a, &there, err));
	bool other = strcmp(l.state, "CONFIRMED") == 0 && strcmp(l.result, "ASSET") != 0;
	if (there || other) {
		enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", "R03", there ? "the ledger entry of this number has an asset already" : "the ledger entry of this number was recognised as no asset");
		fj_err_zh(err, there ? "该台账编号已有对应资产" : "该台账条目的确认结论不是数据资产");
		return rc;
	}
	memcpy(p->ledger, l.id, sizeof(p->ledger));
	p->new_ledger = false;
	p->set_ledger = strcmp(l.state, "CONFIRMED") != 0;
	return FJ_OK;
}

static enum fj_rc place_of(struct sto *db, const json_t *row, struct place *p, struct fj_err *err)
{
	const char *no = dom_card_text(json_object_get(row, "card"), "basic", "asset_no");
	struct dom_asset there = {.card = NULL};
	bool used;

	memset(p, 0, sizeof(*p));
	FJ_TRY(find_same(db, no, row, &p->same, err));
	if (p->same)
		return FJ_OK;
	enum fj_rc rc = dom_asset_get(db, no, &there, err);
	dom_asset_release(&there);
	if (rc != FJ_E_NOTFOUND)
		return rc == FJ_OK ? taken(err, no) : rc;
	FJ_TRY(xch_number_used(db, no, &used, err));
	return used || xch_provisional(no) ? taken(err, no) : find_ledger(db, row, p, err);
}

/* --- asking --- */

/* rows that can't be entered are set aside, those that are in already are counted */
static enum fj_rc check_places(struct iss_call *c, struct leg_file *f, json_t *lines, int64_t *unchanged, struct fj_err *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(f->lines, i, v) {
		struct fj_err why = {0};
		struct place p;
		enum fj_rc rc = place_of(c->db, json_object_get(f->rows, json_string_value(v)), &p, &why);
		if (rc != FJ_OK && fj_rc_exit(rc) == 3) {
			*err = why;
			return rc;
		}
		if (rc != FJ_OK)
			FJ_TRY(leg_fault(f, strtoll(json_string_value(v), NULL, 10), 0, &why, err));
		else if (p.same)
			(*unchanged)++;
		else if (json_array_append(lines, v) != 0)
			return fj_no_memory(err, "issuer");
	}
	return FJ_OK;
}

static enum fj_rc whose(struct iss_call *c, const char **finance, bool dry, struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	const char *org = fj_json_peek(c->params, "org");

	*finance = c->actor->org[0] != '\0' ? c->actor->org : org != NULL ? org : c->iss->keeper;
	if (!(c->actor->roles & ISS_FINANCE) && !dry) {
		return fj_refuse(err, FJ_E_AUTH, "issuer", "domain.md 6", "entering needs a finance officer (--as LOGIN); --dry-run does not",
		    "历史补录须由财政经办人提交（--as 用户名）；试导入（--dry-run）除外");
	}
	return dom_org_get(c->db, *finance, &o, err);
}

static enum fj_rc refuse_secret(const struct leg_file *f, struct fj_err *err)
{
	enum fj_rc rc = iss_rule_fail(err, "domain.md decision 12", "", "");

	if (err != NULL) {
		json_int_t first = json_integer_value(json_array_get(f->secret, 0));
		snprintf(err->en, sizeof(err->en), "%zu rows are marked as state secrets, or their mark is unclear (row %lld is the first); nothing was kept: take them out, and say 否 for the others",
		    json_array_size(f->secret), (long long)first);
		snprintf(err->zh, sizeof(err->zh), "有 %zu 行标注涉密或涉密标识不明确（首行为第 %lld 行）；未保存任何内容，请删除涉密行并将其余各行标明“否”", json_array_size(f->secret), (long long)first);
	}
	return rc;
}

static enum fj_rc report(struct iss_call *c, const struct leg_file *f, json_t *more, struct fj_err *err)
{
	FJ_AUTO(json) owned = more;
	FJ_AUTO(json) told = json_pack("{s:s, s:I, s:O, s:I, s:O, s:I, s:O}", "encoding", f->encoding, "rows", (json_int_t)f->read, "faults", f->faults, "faults_total",
	    (json_int_t)json_array_size(f->faults), "warnings", f->warnings, "warnings_total", (json_int_t)f->n_warnings, "secret_lines", f->secret);

	if (c->answer == NULL)
		c->answer = json_object();
	return told != NULL && owned != NULL && json_object_update(c->answer, told) == 0 && json_object_update(c->answer, owned) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc ask(struct iss_call *c, const struct leg_file *f, const json_t *lines, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(MAX_FILE);
	struct dom_material m = {.holder = f->finance, .asset_no = "", .kind = "LEGACY", .name = "历史补录"};
	char digest[65], id[24], object[40];

	FJ_TRY(leg_keep(f, lines, &file, err));
	FJ_TRY(dom_material_size(c, f->finance, file.len, err));
	FJ_TRY(leg_digest(f, lines, digest, err));
	FJ_TRY(dom_material_file(c, &m, &file, err));
	snprintf(object, sizeof(object), "LH-%.20s", m.sha256);
	snprintf(id, sizeof(id), "%.23s", m.id);
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:O}", "finance", f->finance, "sha256", m.sha256, "material", id, "digest", digest, "rows",
	    (json_int_t)json_array_size(lines), "set_aside", (json_int_t)json_array_size(f->faults), "warnings", (json_int_t)f->n_warnings, "lines", lines);
	if (payload == NULL)
		return fj_no_memory(err, "issuer");
	FJ_TRY(apr_request(c, "legacy.import", object, f->finance, payload, err));
	return json_object_set_new(c->answer, "digest", json_string(digest)) == 0 && json_object_set_new(c->answer, "material", json_string(id)) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_legacy_import(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(MAX_FILE + 1);
	FJ_AUTO(leg_file) f = {.rows = NULL};
	FJ_AUTO(json) lines = json_array();
	bool dry = json_is_true(json_object_get(c->params, "dry_run"));
	const char *finance;
	int64_t unchanged = 0;

	FJ_TRY(whose(c, &finance, dry, err));
	FJ_TRY(iss_param_file(c, "file", &file, err));
	FJ_TRY(leg_new(&f, finance, err));
	FJ_TRY(leg_read(c, fj_buf_slice(&file), &f, err));
	if (!dry && json_array_size(f.secret) > 0)
		return refuse_secret(&f, err);
	FJ_TRY(check_places(c, &f, lines, &unchanged, err));
	bool refused = json_array_size(lines) == 0 && unchanged == 0 && json_array_size(f.faults) > 0;
	if (!dry && json_array_size(lines) > 0)
		FJ_TRY(ask(c, &f, lines, err));
	return report(c, &f, json_pack("{s:I, s:I, s:b, s:b}", "good", (json_int_t)json_array_size(lines), "unchanged", (json_int_t)unchanged, "dry_run", dry, "refused", refused), err);
}

/* --- approved --- */

struct entering {
	const struct leg_file *file;
	const char *finance, *sha256, *recorder, *person;
};

static enum fj_rc add_ledger(const json_t *row, json_t *body, struct place *p, struct fj_err *err)
{
	char no_key[DOM_CAP(DOM_MAX_LEDGER_NO) * 2], same_key[DOM_CAP(DOM_MAX_CATALOG_REF + DOM_MAX_NAME) * 2] = "";
	const char *name = dom_card_text(json_object_get(row, "card"), "basic", "name");

	if (p->new_ledger)
		iss_new_id("LG-", 12, p->ledger);
	FJ_TRY(led_put_key(fj_json_text(row, "ledger_no"), NULL, no_key, sizeof(no_key)));
	if (iss_said(fj_json_text(row, "catalog_ref")))
		FJ_TRY(led_put_key(fj_json_text(row, "catalog_ref"), name, same_key, sizeof(same_key)));
	FJ_AUTO(json) more = json_pack("{s:s, s:b, s:b, s:s, s:s}", "ledger", p->ledger, "new_ledger", p->new_ledger, "set_ledger", p->set_ledger, "no_key", no_key, "same_key", same_key);
	return more != NULL && json_object_update(body, more) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc body_of(const struct entering *x, const json_t *row, const char *line, struct place *p, json_t *body, struct fj_err *err)
{
	char hash[65], digest[65], id[40];
	fj_time day;
	const json_t *card = json_object_get(row, "card");
	bool dispute = json_is_true(json_object_get(json_object_get(card, "rights"), "dispute"));

	FJ_TRY(dom_card_hash(card, hash, err));
	FJ_TRY(leg_row_hash(row, digest, err));
	FJ_TRY(fj_date_parse(fj_json_text(row, "registered_on"), &day, err));
	iss_new_id("RG-", 12, id);
	FJ_AUTO(json) more = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:b, s:I}", "mark", "历史补录", "finance", x->finance, "file", x->sha256, "recorder",
	    x->recorder, "person", x->person, "registration", id, "registered_at", (json_int_t)day, "hash", hash, "digest", digest, "name",
	    dom_card_text(card, "basic", "name"), "frozen", dispute, "line", (json_int_t)strtoll(line, NULL, 10));
	if (more == NULL || json_object_update(body, (json_t *)(uintptr_t)row) != 0 || json_object_update(body, more) != 0)
		return fj_no_memory(err, "issuer");
	return add_ledger(row, body, p, err);
}

static enum fj_rc enter_one(struct iss_call *c, const char *line, const void *arg, struct fj_err *err)
{
	const struct entering *x = arg;
	const json_t *row = json_object_get(x->file->rows, line);
	const char *no = dom_card_text(json_object_get(row, "card"), "basic", "asset_no");
	FJ_AUTO(json) body = json_object();
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	struct leg_where w;
	struct place p;

	FJ_TRY(dom_org_get(c->db, fj_json_text(row, "holder"), &holder, err));
	FJ_TRY(leg_prohibitions(row, &holder, x->finance, &w, err));
	FJ_TRY(place_of(c->db, row, &p, err));
	if (p.same)
		return taken(err, no);
	FJ_TRY(body_of(x, row, line, &p, body, err));
	FJ_TRY(evt_append(c, "legacy.entered", no, body, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s}", "line", line, "asset_no", no, "registration", fj_json_text(body, "registration"), "digest",
	    fj_json_text(body, "digest"));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apr_legacy_import(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	const json_t *lines = json_object_get(a->payload, "lines");
	FJ_AUTO(buf) file = FJ_BUF_INIT(MAX_FILE + 1);
	FJ_AUTO(leg_file) f = {.rows = NULL};
	char person[ISS_PERSON_CAP], digest[65];
	struct entering x = {.file = &f, .finance = fj_json_text(a->payload, "finance"), .sha256 = fj_json_text(a->payload, "sha256"),
	    .recorder = a->applicant, .person = person};

	FJ_TRY(apr_applicant(c->db, a->id, person, err));
	FJ_TRY(dom_material_read(x.sha256, &file, err));
	FJ_TRY(leg_new(&f, x.finance, err));
	FJ_TRY(leg_kept(fj_buf_slice(&file), &f, err));
	FJ_TRY(leg_digest(&f, lines, digest, err));
	if (strcmp(digest, fj_json_text(a->payload, "digest")) != 0) {
		return fj_refuse(err, FJ_E_STATE, "issuer", "R22", "the rows are not read as they were when this was asked for; hand the file in again",
		    "文件读取结果与送审时不一致，请重新提交");
	}
	FJ_TRY(tsk_each(c, "legacy.import", lines, enter_one, &x, err));
	FJ_AUTO(json) more = json_pack("{s:s, s:s, s:s, s:s}", "id", a->id, "state", "APPROVED", "kind", a->kind, "object", a->object);
	return more != NULL && json_object_update(c->answer, more) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- what an entry changes --- */

static enum fj_rc apply_ledger(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	const char *ledger = fj_json_text(b, "ledger");

	if (json_is_true(json_object_get(b, "new_ledger")))
		FJ_TRY(sto_run(e->db, STO_LEDGER_ADD, NULL, err, "tttttttttttttt" "ti", ledger, fj_json_text(b, "holder"), fj_json_text(b, "ledger_no"),
		    fj_json_text(b, "catalog_ref"), fj_json_text(b, "name"), "", "", "", "",
		    "", "", "{}", fj_json_text(b, "no_key"), fj_json_text(b, "same_key"), "", e->seq));
	if (!json_is_true(json_object_get(b, "set_ledger")))
		return FJ_OK;
	return sto_run(e->db, STO_LEDGER_SET, NULL, err, "tttttit", "CONFIRMED", "ASSET", "---", fj_json_text(b, "decision"), fj_json_text(b, "person"),
	    e->seq, ledger);
}

static enum fj_rc apply_asset(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	FJ_AUTO(buf) card = FJ_BUF_INIT(CARD_MAX);

	FJ_TRY(fj_json_canonical(json_object_get(b, "card"), &card, err));
	FJ_TRY(sto_run(e->db, STO_ASSET_ADD, NULL, err, "ttttti", e->object, fj_json_text(b, "ledger"), fj_json_text(b, "holder"), fj_json_text(b, "name"),
	    fj_json_text(b, "origin"), e->seq));
	FJ_TRY(sto_run(e->db, STO_CARD_ADD, NULL, err, "titt", e->object, (int64_t)1, fj_json_text(b, "hash"), fj_buf_str(&card)));
	if (!json_is_true(json_object_get(b, "frozen")))
		return sto_run(e->db, STO_ASSET_STATE, NULL, err, "tit", "REGISTERED", e->seq, e->object);
	return sto_run(e->db, STO_ASSET_FREEZE, NULL, err, "ttttit", "FROZEN", "REGISTERED", fj_json_text(b, "finance"), "", e->seq, e->object);
}

enum fj_rc apply_legacy_entered(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	FJ_TRY(apply_ledger(e, err));
	FJ_TRY(apply_asset(e, err));
	FJ_TRY(sto_run(e->db, STO_REG_ADD, NULL, err, "ttittt" "ttttt" "iiti", fj_json_text(b, "registration"), e->object, (int64_t)1, "INITIAL", "LEGACY",
	    "REGISTERED", fj_json_text(b, "person"), "",
	    "", "", fj_json_text(b, "doc_no"), fj_json_num(b, "registered_at"), (int64_t)0, fj_json_text(b, "holder"), e->seq));
	return sto_run(e->db, STO_LEGACY_ADD, NULL, err, "tttttttttttt" "ttii", e->object, fj_json_text(b, "registration"), fj_json_text(b, "holder"),
	    fj_json_text(b, "registered_on"), fj_json_text(b, "doc_no"),
	    fj_json_text(b, "doc_date"), fj_json_text(b, "scan"), fj_json_text(b, "old_number"), fj_json_text(b, "old_from"), fj_json_text(b, "old_to"),
	    fj_json_text(b, "file"), fj_json_text(b, "digest"), fj_json_text(b, "recorder"), e->actor,
	    fj_json_num(b, "line"), (int64_t)e->at);
}

/* --- reading --- */

static json_t *to_json(const struct sto_q *q, fj_time now)
{
	static const char *const keys[] = {"asset_no", "registration", "holder", "registered_on", "doc_no", "doc_date", "scan", "old_number", "old_from", "old_to", "file", "digest",
		"recorder", "confirmer"};
	json_t *o = json_pack("{s:s, s:I}", "mark", "历史补录", "line", (json_int_t)sto_int(q, 14));
	char at[FJ_TIME_CAP];

	(void)now;
	fj_time_utc(sto_int(q, 15), at);
	for (size_t i = 0; i < FJ_ARRAY_LEN(keys); i++)
		json_object_set_new(o, keys[i], json_string(sto_text(q, (int)i)));
	json_object_set_new(o, "entered_at", json_string(at));
	return o;
}

enum fj_rc dom_legacy_mark(struct sto *db, const char *asset_no, const char *registration, json_t *shown, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool there;

	FJ_TRY(sto_query(db, STO_LEGACY_GET, &q, err, "t", asset_no));
	FJ_TRY(sto_step(&q, &there, err));
	if (!there || (registration != NULL && strcmp(registration, sto_text(&q, 1)) != 0))
		return FJ_OK;
	return json_object_set_new(shown, "legacy", to_json(&q, 0)) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc period(struct iss_call *c, const char *key, const char *dflt, const char **out, struct fj_err *err)
{
	const char *s = fj_json_peek(c->params, key);
	fj_time t;

	*out = s == NULL ? dflt : s;
	return s == NULL ? FJ_OK : fj_date_parse(s, &t, err);
}

/* by the dates of registration: a report counts each in its real period */
enum fj_rc cmd_legacy_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *after, *from, *to;
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(period(c, "from", "", &from, err));
	FJ_TRY(period(c, "to", "9999-12-31", &to, err));
	FJ_TRY(sto_query(c->db, STO_LEGACY_LIST, &q, err, "ttti", after, from, to, limit));
	return dom_list_page(c, &q, to_json, "asset_no", limit, err);
}

enum fj_rc cmd_legacy_template(struct iss_call *c, struct fj_err *err)
{
	const char *format = fj_json_peek(c->params, "format");
	enum xch_format f;
	FJ_AUTO(buf) file = FJ_BUF_INIT(1u << 20);

	FJ_TRY(xch_format_of(format == NULL ? "xlsx" : format, &f, err));
	if (f == XCH_XML)
		return fj_fail(err, FJ_E_INVALID, "issuer", NULL, "a template is csv or xlsx");
	FJ_TRY(leg_template(f == XCH_XLSX ? SHEET_XLSX : SHEET_CSV, &file, err));
	c->answer = json_object();
	return xch_attach(c->answer, "legacy-template", f, &file, err);
}
