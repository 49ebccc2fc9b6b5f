/*
 * statement.c - 对账: files of banks, invoices and the treasury, row by row, and what each
 * row proves.
 *
 * A file is imported by the organisation that it is about, or by a finance department;
 * the same file again changes nothing and says so, and a row that another file has
 * brought already is known.  Rows are matched to bookings and remittances
 * (statement_match.c); what is not matched is listed until somebody matches it by hand.
 * A row of a bank statement proves a booking, it never makes one.
 */
#include "base/jws.h"
#include "issuer/revenue.h"
#include "issuer/shape.h"

#define CHUNK 500 /* rows of one event */
#define MAX_FILE (16u << 20)

#define PAGE {"after", ISS_F_STR, false, 64, "起始", "start after this one"}, ISS_FIELD_LIMIT
const struct iss_field fld_statement_import[] = {
	{"kind", ISS_F_STR, true, 8, "文件类别", "BANK statement, INVOICE list, SLIP: payment slips of the treasury", st_kinds, "domain.md 4.11"},
	{"file", ISS_F_FILE, true, MAX_FILE, "对账文件", "CSV (UTF-8, GB18030) or XLSX"},
	{"mapping", ISS_F_JSON, false, 1, "列对应关系（列名与模板不同时填写）", "what the headings mean, where they are others than usual", .members = shp_statement_map, .shape = ISS_MAP},
	{"dry_run", ISS_F_BOOL, false, 1, "试导入", "check only"},
	{0},
};
const struct iss_field fld_statement_list[] = {
	PAGE,
	{"kind", ISS_F_STR, false, 8, "文件类别", "only of this kind", st_kinds, "domain.md 4.11"},
	{"unmatched", ISS_F_BOOL, false, 1, "仅未匹配", "only rows that nothing is matched to"},
	{"file", ISS_F_STR, false, 40, "文件编号", "only of this file"},
	{0},
};
const struct iss_field fld_statement_match[] = {
	{"id", ISS_F_STR, true, 40, "流水编号", "row, SR-..."},
	{"to", ISS_F_STR, true, 40, "匹配对象", "revenue RV-..., or for a payment slip remittance RM-..."},
	{0},
};

static enum fj_rc bad(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, "issuer", "domain.md 4.11", en, zh);
}

/* --- importing --- */

struct import {
	struct iss_call *c;
	struct st_read in;
	char id[40], sha[65];
	json_t *fresh;
	int64_t unchanged;
};

static void identify(struct import *im, struct fj_slice file)
{
	FJ_AUTO(buf) all = FJ_BUF_INIT(256);
	struct fj_hash h;

	fj_sha256(file, &h);
	fj_hex(h.b, FJ_SHA256_LEN, im->sha);
	if (fj_buf_printf(&all, "%s %s %s", st_kinds[im->in.kind], im->in.owner, im->sha) == FJ_OK)
		fj_sha256(fj_buf_slice(&all), &h);
	snprintf(im->id, sizeof(im->id), "SF-");
	fj_hex(h.b, 10, im->id + 3);
}

static enum fj_rc imported(struct sto *db, const char *id, bool *there, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_query(db, STO_STF_GET, &q, err, "t", id));
	return sto_step(&q, there, err);
}

/* known already; a number that stands there with another day or amount is a fault */
static enum fj_rc known(struct import *im, const json_t *row, bool *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_query(im->c->db, STO_STR_GET, &q, err, "t", fj_json_text(row, "id")));
	FJ_TRY(sto_step(&q, out, err));
	if (!*out || (sto_int(&q, 7) == fj_json_num(row, "amount_fen") && strcmp(sto_text(&q, 5), fj_json_text(row, "day")) == 0))
		return FJ_OK;
	return bad(err, FJ_E_EXISTS, "this number was imported with another day or amount", "该号码已导入，但日期或金额不同");
}

static enum fj_rc sift(struct import *im, struct fj_err *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(im->in.rows, i, v) {
		struct fj_err why = {0};
		bool there = false;
		enum fj_rc rc = known(im, v, &there, &why);
		if (rc != FJ_OK && rc != FJ_E_EXISTS) {
			*err = why;
			return rc;
		}
		if (rc == FJ_E_EXISTS) {
			FJ_AUTO(json) o = fj_err_json(&why);
			json_object_set(o, "line", json_object_get(v, "line"));
			im->in.n_faults++;
			if (json_array_append(im->in.faults, o) != 0)
				return fj_no_memory(err, "issuer");
		} else if (there)
			im->unchanged++;
		else if (json_array_append(im->fresh, v) != 0)
			return fj_no_memory(err, "issuer");
	}
	return FJ_OK;
}

static enum fj_rc enter(struct import *im, struct fj_err *err)
{
	size_t n = json_array_size(im->fresh);

	for (size_t at = 0; at < n; at += CHUNK) {
		FJ_AUTO(json) part = json_array();
		for (size_t i = at; i < n && i < at + CHUNK; i++)
			if (json_array_append(part, json_array_get(im->fresh, i)) != 0)
				return fj_no_memory(err, "issuer");
		FJ_AUTO(json) body = json_pack("{s:s, s:s, s:O}", "kind", st_kinds[im->in.kind], "owner", im->in.owner, "rows", part);
		FJ_TRY(evt_append(im->c, "statement.entered", im->id, body, err));
	}
	FJ_AUTO(json) done = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:O}", "kind", st_kinds[im->in.kind], "owner", im->in.owner, "sha256", im->sha, "format", im->in.format, "rows",
	    (json_int_t)im->in.read, "entered", (json_int_t)n, "faults", im->in.faults);
	return done != NULL ? evt_append(im->c, "statement.imported", im->id, done, err) : fj_no_memory(err, "issuer");
}

static enum fj_rc answer(struct import *im, bool again, bool dry, struct fj_err *err)
{
	size_t n = json_array_size(im->fresh);

	im->c->answer = json_pack("{s:s, s:s, s:b, s:b, s:b, s:I, s:I, s:I, s:O, s:I}", "id", im->id, "sha256", im->sha, "again", again, "dry_run", dry, "refused",
	    n == 0 && im->unchanged == 0 && im->in.n_faults > 0, "rows", (json_int_t)im->in.read, "entered", (json_int_t)(again || dry ? 0 : n), "unchanged", (json_int_t)im->unchanged, "faults",
	    im->in.faults, "faults_total", (json_int_t)im->in.n_faults);
	if (dry && fj_json_set(im->c->answer, "good", json_integer((json_int_t)n)) != FJ_OK)
		return fj_no_memory(err, "issuer");
	return im->c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc run(struct import *im, struct fj_slice file, bool dry, struct fj_err *err)
{
	bool again;

	identify(im, file);
	FJ_TRY(imported(im->c->db, im->id, &again, err));
	if (again)
		return answer(im, true, dry, err);
	FJ_TRY(st_read_file(&im->in, file, err));
	FJ_TRY(sift(im, err));
	FJ_TRY(answer(im, false, dry, err));
	if (dry || json_array_size(im->fresh) == 0)
		return FJ_OK;
	FJ_TRY(enter(im, err));
	return st_match_open(im->c, im->id, im->c->answer, err);
}

enum fj_rc cmd_statement_import(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(MAX_FILE);
	FJ_AUTO(json) rows = json_array();
	FJ_AUTO(json) faults = json_array();
	FJ_AUTO(json) fresh = json_array();
	struct import im = {.c = c, .in = {.owner = c->actor->org, .mapping = json_object_get(c->params, "mapping"), .rows = rows, .faults = faults}, .fresh = fresh};

	FJ_TRY(st_kind_of(fj_json_peek(c->params, "kind"), &im.in.kind, err));
	FJ_TRY(iss_param_file(c, "file", &file, err));
	return run(&im, fj_buf_slice(&file), json_is_true(json_object_get(c->params, "dry_run")), err);
}

/* --- the record --- */

enum fj_rc apply_statement_imported(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	FJ_AUTO(buf) faults = FJ_BUF_INIT(4u << 20);

	FJ_TRY(fj_json_canonical(json_object_get(b, "faults"), &faults, err));
	return sto_run(e->db, STO_STF_ADD, NULL, err, "tttttiitti", e->object, fj_json_text(b, "kind"), fj_json_text(b, "owner"), fj_json_text(b, "sha256"),
	    fj_json_text(b, "format"), fj_json_num(b, "rows"), fj_json_num(b, "entered"), fj_buf_str(&faults), e->actor, (int64_t)e->at);
}

enum fj_rc apply_statement_entered(const struct evt *e, struct fj_err *err)
{
	const char *kind = fj_json_text(e->body, "kind"), *owner = fj_json_text(e->body, "owner");
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(e->body, "rows"), i, v)
		FJ_TRY(sto_run(e->db, STO_STR_ADD, NULL, err, "ttittttii" "ttttt" "ti", fj_json_text(v, "id"), e->object, fj_json_num(v, "line"), kind, owner, fj_json_text(v, "day"),
		    fj_json_text(v, "direction"), fj_json_num(v, "amount_fen"), fj_json_num(v, "tax_fen"), fj_json_text(v, "counterparty"), fj_json_text(v, "counterparty_name"),
		    fj_json_text(v, "number"), fj_json_text(v, "subject"), fj_json_text(v, "receipt"), fj_json_text(v, "reference"), (int64_t)e->at));
	return FJ_OK;
}

enum fj_rc apply_statement_matched(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_STR_MATCH, NULL, err, "ttt", fj_json_text(e->body, "to"), fj_json_text(e->body, "how"), e->object);
}

/* --- by hand --- */

struct row {
	char id[40], kind[8], owner[19], day[11], direction[4], number[DOM_CAP(ST_MAX_TEXT)], subject[DOM_CAP(ST_MAX_TEXT)], receipt[DOM_CAP(ST_MAX_TEXT)], matched[32];
	int64_t fen;
};

static enum fj_rc load(struct sto *db, const char *id, struct row *r, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_STR_GET, &q, id, err, "t", id));
	const struct sto_copy texts[] = {STO_COPY(0, r->id), STO_COPY(3, r->kind), STO_COPY(4, r->owner), STO_COPY(5, r->day), STO_COPY(6, r->direction), STO_COPY(11, r->number),
		STO_COPY(12, r->subject), STO_COPY(13, r->receipt), STO_COPY(15, r->matched)};
	r->fen = sto_int(&q, 7);
	return sto_copy(&q, texts, FJ_ARRAY_LEN(texts), "a row of a statement", err);
}

static enum fj_rc to_remittance(struct iss_call *c, const struct row *r, const char *to, struct fj_err *err)
{
	struct rem m;
	int64_t left;

	FJ_TRY(rem_get(c, to, &m, err));
	if (strcmp(r->owner, m.party) != 0 && strcmp(r->owner, m.finance) != 0)
		return bad(err, FJ_E_FORBIDDEN, "the remittance is neither this organisation's nor its department's", "该应缴款与本单位无关");
	struct rem_payment pay = {.fen = r->fen, .slip = r->number, .subject = r->subject, .paid_on = r->day, .receipt = r->receipt, .row = r->id};
	return rem_pay(c, &m, &pay, &left, err);
}

/* another row of its kind does: what came twice is not one booking's */
static enum fj_rc proved(struct iss_call *c, const struct row *r, const char *to, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool there;

	FJ_TRY(sto_query(c->db, STO_STR_PROVES, &q, err, "tt", to, r->kind));
	FJ_TRY(sto_step(&q, &there, err));
	return !there ? FJ_OK : bad(err, FJ_E_STATE, "another row proves this revenue already; what came twice is booked twice", "该收入已有对应流水；两笔款项应分别入账");
}

static enum fj_rc to_revenue(struct iss_call *c, const struct row *r, const char *to, struct fj_err *err)
{
	FJ_AUTO(rev) v = {.reasons = NULL};

	FJ_TRY(rev_may_read(c, to, err));
	FJ_TRY(rev_get(c->db, to, &v, err));
	if (strcmp(r->direction, "IN") != 0 || v.gross != r->fen)
		return bad(err, FJ_E_INVALID, "the row's amount is not the gross of this revenue, or it went out", "该流水金额与收入总额不一致，或为支出");
	return strcmp(v.state, "HELD") == 0 || strcmp(v.state, "BOOKED") == 0 ? proved(c, r, to, err) : bad(err, FJ_E_STATE, "this revenue was refused or countered", "该收入已否决或已冲销");
}

enum fj_rc cmd_statement_match(struct iss_call *c, struct fj_err *err)
{
	const char *id = fj_json_peek(c->params, "id"), *to = fj_json_peek(c->params, "to");
	struct row r = {{0}};

	FJ_TRY(load(c->db, id, &r, err));
	if (strcmp(r.owner, c->actor->org) != 0)
		return bad(err, FJ_E_FORBIDDEN, "a row is matched by the organisation that imported it", "流水由导入单位匹配");
	if (r.matched[0] != '\0')
		return bad(err, FJ_E_STATE, "this row is matched already", "该流水已匹配");
	FJ_TRY(strcmp(r.kind, "SLIP") == 0 ? to_remittance(c, &r, to, err) : to_revenue(c, &r, to, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s}", "to", to, "how", "HAND");
	FJ_TRY(evt_append(c, "statement.matched", id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s}", "id", id, "matched", to, "how", "HAND");
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_statement_rematch(struct iss_call *c, struct fj_err *err)
{
	c->answer = json_object();
	return c->answer != NULL ? st_match_open(c, "", c->answer, err) : fj_no_memory(err, "issuer");
}

/* --- reading --- */

json_t *st_row_json(const struct sto_q *q, fj_time now)
{
	char at[FJ_TIME_CAP];

	(void)now;
	fj_time_utc(sto_int(q, 17), at);
	json_t *o = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", sto_text(q, 0), "file", sto_text(q, 1), "line",
	    (json_int_t)sto_int(q, 2), "kind", sto_text(q, 3), "owner", sto_text(q, 4), "day", sto_text(q, 5), "direction", sto_text(q, 6), "amount_fen", (json_int_t)sto_int(q, 7),
	    "counterparty", sto_text(q, 9), "counterparty_name", sto_text(q, 10), "number", sto_text(q, 11), "subject", sto_text(q, 12), "receipt", sto_text(q, 13), "reference",
	    sto_text(q, 14), "matched", sto_text(q, 15), "how", sto_text(q, 16), "at", at);
	if (o != NULL && sto_int(q, 8) >= 0)
		json_object_set_new(o, "tax_fen", json_integer((json_int_t)sto_int(q, 8)));
	return o;
}

enum fj_rc st_rows_of(struct sto *db, const char *matched, json_t **out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) list = json_array();
	bool row;

	FJ_TRY(sto_query(db, STO_STR_OF, &q, err, "t", matched));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		if (json_array_append_new(list, st_row_json(&q, 0)) != 0)
			return fj_no_memory(err, "issuer");
	}
	*out = fj_move(list);
	return FJ_OK;
}

enum fj_rc cmd_statement_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *after;
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, STO_STR_LIST, &q, err, "tttiti", rev_scope(c), after, fj_json_text(c->params, "kind"), (int64_t)json_is_true(json_object_get(c->params, "unmatched")),
	    fj_json_text(c->params, "file"), limit));
	return dom_list_page(c, &q, st_row_json, "id", limit, err);
}

static enum fj_rc may_read(struct iss_call *c, const char *owner, struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	const char *scope = rev_scope(c);

	FJ_TRY(dom_org_get(c->db, owner, &o, err));
	return scope[0] == '\0' || strcmp(scope, owner) == 0 || strcmp(scope, o.finance) == 0 || strcmp(scope, o.dept) == 0 ? FJ_OK
	    : bad(err, FJ_E_FORBIDDEN, "a statement is read by its organisation, its superior and finance departments, and auditors", "对账流水仅限本单位、主管部门、财政部门和审计人员查阅");
}

enum fj_rc cmd_statement_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *id = fj_json_peek(c->params, "id");

	FJ_TRY(sto_first(c->db, STO_STR_GET, &q, id, err, "t", id));
	FJ_TRY(may_read(c, sto_text(&q, 4), err));
	c->answer = st_row_json(&q, c->now);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
