/*
 * remittance.c - 应缴: what a share owes to the treasury, and what was paid (R28).
 *
 * An obligation comes with the booking and has a due date in working days.  It is paid
 * under a 缴款书 number, with a subject code of the department's table and, when it is
 * there, the treasury's receipt.  Its state follows from amount, payments and the clock:
 * DUE, LATE, SHORT (some of it paid), PAID; COUNTERED with its revenue.  Paying less than
 * is due is a fact and recorded, and refused as fulfilment; paying more is refused.
 */
#include "base/jws.h"
#include "issuer/profile.h"
#include "issuer/revenue.h"

static const char *const states[] = {"DUE", "LATE", "SHORT", "PAID", "COUNTERED", NULL};

const struct iss_field fld_revenue_remit[] = {
	{"remittance", ISS_F_STR, true, 40, "应缴编号", "remittance, RM-..."},
	{"amount_fen", ISS_F_INT, true, SHR_MAX_FEN, "缴款金额（分）", "what was paid, in fen"},
	{"slip", ISS_F_STR, true, 60, "缴款书号", "number of the payment slip"},
	{"subject", ISS_F_STR, false, 16, "预算收入科目", "subject code of the department's table; its default by the kind of revenue"},
	{"paid_on", ISS_F_STR, false, 10, "缴款日期", "day of the payment, ISO; today by default"},
	{"receipt", ISS_F_STR, false, 80, "国库回单号", "receipt of the treasury"},
	{0},
};
const struct iss_field fld_remittance_list[] = {
	{"after", ISS_F_STR, false, 64, "起始", "start after this one"},
	ISS_FIELD_LIMIT,
	{"state", ISS_F_STR, false, 12, "状态", "only those in this state", states, "1号"},
	{"party", ISS_F_STR, false, 18, "缴款单位", "only of this unit"},
	{"finance", ISS_F_STR, false, 18, "财政部门", "only to this department"},
	{"turn", ISS_F_STR, false, 18, "待其缴纳", "not paid, or not in full, by this unit"},
	{0},
};

static enum fj_rc bad(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, "issuer", "R28", en, zh);
}

enum fj_rc rem_get(struct iss_call *c, const char *id, struct rem *m, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	memset(m, 0, sizeof(*m));
	FJ_TRY(sto_first(c->db, STO_REM_GET, &q, id, err, "ti", id, (int64_t)c->now));
	const struct sto_copy texts[] = {STO_COPY(0, m->id), STO_COPY(1, m->revenue), STO_COPY(3, m->party), STO_COPY(4, m->finance), STO_COPY(5, m->fund), STO_COPY(6, m->kind),
		STO_COPY(13, m->state)};
	m->n = sto_int(&q, 2);
	m->amount = sto_int(&q, 7);
	m->paid = sto_int(&q, 8);
	m->due = sto_int(&q, 9);
	m->countered = sto_int(&q, 11) != 0;
	return sto_copy(&q, texts, FJ_ARRAY_LEN(texts), "a remittance", err);
}

/* --- paying --- */

/* the code, checked against the table of the department; "" takes its first of the kind */
static enum fj_rc subject_of(struct iss_call *c, const struct rem *m, const char *given, char out[17], struct fj_err *err)
{
	const json_t *tables, *list;
	size_t i;
	json_t *v;

	FJ_TRY(prf_json(c, m->finance, "revenue.subjects", &tables, err));
	list = json_object_get(tables, strcmp(m->fund, "CAPITAL") == 0 ? "CAPITAL" : m->kind);
	json_array_foreach(list, i, v) {
		const char *code = json_string_value(json_array_get(v, 0));
		if (given[0] == '\0' || strcmp(code, given) == 0)
			return fj_strcopy(out, 17, code);
	}
	return bad(err, FJ_E_INVALID, "the subject code is not one of the department's table for this kind of revenue (profile show, revenue.subjects)",
	    "预算收入科目不在本级财政部门的科目表中（profile show，revenue.subjects）");
}

/* A slip may pay several remittances in parts, which people enter.  A row of a file is the whole
 * slip: beside it the slip pays nothing else. */
static enum fj_rc slip_new(struct iss_call *c, const struct rem *m, const struct rem_payment *p, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(c->db, STO_PAY_SLIP, &q, err, "tttt", m->id, p->slip, m->party, p->row));
	FJ_TRY(sto_step(&q, &row, err));
	return !row ? FJ_OK : bad(err, FJ_E_EXISTS, "this payment slip is recorded already", "该缴款书已登记");
}

static enum fj_rc payable(const struct rem *m, const struct rem_payment *p, struct fj_err *err)
{
	if (m->countered)
		return bad(err, FJ_E_STATE, "its revenue was countered: nothing is due", "该收入已冲销，无须上缴");
	if (p->fen <= 0)
		return bad(err, FJ_E_INVALID, "a payment is more than 0", "缴款金额应大于 0");
	return p->fen > m->amount - m->paid ? iss_rule_no_short_remittance(p->fen, m->amount - m->paid, err) : FJ_OK;
}

enum fj_rc rem_pay(struct iss_call *c, const struct rem *m, const struct rem_payment *p, int64_t *shortfall, struct fj_err *err)
{
	char subject[17], today[FJ_TIME_CAP];
	fj_time day;

	FJ_TRY(payable(m, p, err));
	FJ_TRY(slip_new(c, m, p, err));
	FJ_TRY(subject_of(c, m, p->subject, subject, err));
	FJ_TRY(fj_date_parse(p->paid_on, &day, err));
	fj_date_china(c->now, today);
	if (strcmp(p->paid_on, today) > 0)
		return bad(err, FJ_E_INVALID, "the payment lies in the future", "缴款日期在今天之后");
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:I, s:s, s:s, s:[{s:s, s:s, s:I}, {s:s, s:s, s:I}]}", "revenue", m->revenue, "party", m->party,
	    "amount_fen", (json_int_t)p->fen, "slip", p->slip, "subject", subject, "paid_on", p->paid_on, "day", (json_int_t)day, "receipt", p->receipt, "row", p->row, "entries",
	    "account", shr_account_name(SHR_REMIT), "party", m->party, "amount_fen", (json_int_t)p->fen,
	    "account", shr_account_name(SHR_PAID), "party", m->party, "amount_fen", (json_int_t)-p->fen);
	FJ_TRY(evt_append(c, "remittance.paid", m->id, body, err));
	*shortfall = m->amount - m->paid - p->fen;
	return FJ_OK;
}

enum fj_rc apply_remittance_paid(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	FJ_TRY(sto_run(e->db, STO_PAY_ADD, NULL, err, "ititttt" "t", e->seq, e->object, fj_json_num(b, "amount_fen"), fj_json_text(b, "slip"), fj_json_text(b, "subject"),
	    fj_json_text(b, "paid_on"), fj_json_text(b, "receipt"), fj_json_text(b, "row")));
	FJ_TRY(sto_run(e->db, STO_REM_PAID, NULL, err, "iit", fj_json_num(b, "amount_fen"), fj_json_num(b, "day"), e->object));
	return rev_apply_split(e, fj_json_text(b, "revenue"), "", err);
}

static enum fj_rc may_pay(const struct iss_call *c, const struct rem *m, struct fj_err *err)
{
	if (strcmp(c->actor->org, m->party) == 0 || ((c->acting & ISS_FINANCE) && strcmp(c->actor->org, m->finance) == 0))
		return FJ_OK;
	return bad(err, FJ_E_FORBIDDEN, "a remittance is paid by the unit that owes it, or entered by its finance department", "上缴由应缴单位办理，或由本级财政部门登记");
}

/* R28: the payment is on record; as fulfilment it is refused, and the rest stays due */
static enum fj_rc answer_short(struct iss_call *c, const struct rem *m, int64_t fen, struct fj_err *err)
{
	struct fj_err why = {0};
	enum fj_rc rc = iss_rule_no_short_remittance(fen, m->amount - m->paid, &why);

	if (rc == FJ_OK)
		return FJ_OK;
	FJ_AUTO(json) problem = fj_err_json(&why);
	return json_object_update(c->answer, problem) == 0 && json_object_set_new(c->answer, "refused", json_true()) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_revenue_remit(struct iss_call *c, struct fj_err *err)
{
	const json_t *p = c->params;
	char today[FJ_TIME_CAP];
	struct rem m;
	int64_t left;

	FJ_TRY(rem_get(c, fj_json_peek(p, "remittance"), &m, err));
	FJ_TRY(may_pay(c, &m, err));
	fj_date_china(c->now, today);
	const char *day = fj_json_peek(p, "paid_on");
	struct rem_payment pay = {.fen = fj_json_num(p, "amount_fen"), .slip = fj_json_peek(p, "slip"), .subject = fj_json_text(p, "subject"), .paid_on = day == NULL ? today : day,
		.receipt = fj_json_text(p, "receipt"), .row = ""};
	FJ_TRY(rem_pay(c, &m, &pay, &left, err));
	fj_time paid = 0;
	int64_t sum = m.paid + pay.fen;
	FJ_TRY(fj_date_parse(pay.paid_on, &paid, err));
	c->answer = json_pack("{s:s, s:s, s:I, s:I, s:b}", "id", m.id, "state", left == 0 ? "PAID" : "SHORT", "paid_fen", (json_int_t)sum, "short_fen", (json_int_t)left,
	    "late", paid > m.due);
	return c->answer != NULL ? answer_short(c, &m, pay.fen, err) : fj_no_memory(err, "issuer");
}

/* --- reading --- */

/* late: paid after it was due, or due and not paid yet */
static json_t *to_json(const struct sto_q *q, fj_time now)
{
	char due[FJ_TIME_CAP], at[FJ_TIME_CAP], paid[FJ_TIME_CAP] = "";
	int64_t amount = sto_int(q, 7), done = sto_int(q, 8);
	bool countered = sto_int(q, 11) != 0;
	int64_t left = countered ? 0 : amount - done, back = countered ? done : 0;
	bool late = (done < amount ? now : sto_int(q, 10)) > sto_int(q, 9);

	fj_time_utc(sto_int(q, 9), due);
	fj_time_utc(sto_int(q, 12), at);
	if (sto_int(q, 10) > 0)
		fj_date_china(sto_int(q, 10), paid);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:s, s:b, s:s, s:s}", "id", sto_text(q, 0), "revenue", sto_text(q, 1), "party", sto_text(q, 3),
	    "name", sto_text(q, 14), "finance", sto_text(q, 4), "fund", sto_text(q, 5), "kind", sto_text(q, 6), "amount_fen", (json_int_t)amount, "paid_fen", (json_int_t)done,
	    "short_fen", (json_int_t)left, "refund_fen", (json_int_t)back, "due", due, "paid_on", paid, "late", !countered && late,
	    "state", sto_text(q, 13), "at", at);
}

enum fj_rc rem_of(struct iss_call *c, const char *revenue, json_t **out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) list = json_array();
	bool row;

	FJ_TRY(sto_query(c->db, STO_REM_OF, &q, err, "ti", revenue, (int64_t)c->now));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		if (json_array_append_new(list, to_json(&q, c->now)) != 0)
			return fj_no_memory(err, "issuer");
	}
	*out = fj_move(list);
	return FJ_OK;
}

enum fj_rc cmd_remittance_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *after;
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, STO_REM_LIST, &q, err, "tittt" "tit", rev_scope(c), (int64_t)c->now, after, fj_json_text(c->params, "state"), fj_json_text(c->params, "party"),
	    fj_json_text(c->params, "finance"), limit, fj_json_text(c->params, "turn")));
	return dom_list_page(c, &q, to_json, "id", limit, err);
}

static enum fj_rc payments(struct sto *db, const char *id, json_t *list, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_PAY_OF, &q, err, "t", id));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		if (json_array_append_new(list, json_pack("{s:s, s:I, s:s, s:s, s:s, s:s}", "slip", sto_text(&q, 0), "amount_fen", (json_int_t)sto_int(&q, 1), "subject", sto_text(&q, 2),
		    "paid_on", sto_text(&q, 3), "receipt", sto_text(&q, 4), "row", sto_text(&q, 5))) != 0)
			return fj_no_memory(err, "issuer");
	}
}

enum fj_rc cmd_remittance_show(struct iss_call *c, struct fj_err *err)
{
	const char *id = fj_json_peek(c->params, "id");
	FJ_AUTO(json) paid = json_array();
	json_t *rows = NULL;

	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(c->db, STO_REM_GET, &q, id, err, "ti", id, (int64_t)c->now));
		FJ_TRY(rev_may_read(c, sto_text(&q, 1), err));
		c->answer = to_json(&q, c->now);
	}
	FJ_TRY(payments(c->db, id, paid, err));
	FJ_TRY(st_rows_of(c->db, id, &rows, err));
	FJ_AUTO(json) owned = rows;
	return c->answer != NULL && json_object_set(c->answer, "payments", paid) == 0 && json_object_set(c->answer, "statements", owned) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}
