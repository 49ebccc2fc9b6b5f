/*
 * statement_match.c - which booking or remittance a row of a statement proves.
 *
 * A row that names its booking, invoice or remittance and has its amount proves that one.
 * Otherwise payer and amount decide, within the profile's days, and only where exactly
 * one fits: a guess between two is nobody's proof.  A payment slip that fits records the
 * payment.  Money that went out to somebody who paid in is matched as CIRCULAR: after a
 * booking it can hold nothing any more, but it is seen (R06).
 */
#include "base/jws.h"
#include "issuer/profile.h"
#include "issuer/revenue.h"

#define DAY 86400

struct row {
	char id[40], kind[8], owner[19], day[11], direction[4], party[19], name[DOM_CAP(ST_MAX_TEXT)], number[DOM_CAP(ST_MAX_TEXT)], subject[DOM_CAP(ST_MAX_TEXT)],
	    receipt[DOM_CAP(ST_MAX_TEXT)], reference[DOM_CAP(ST_MAX_TEXT)];
	int64_t fen, tax;
	char from[FJ_TIME_CAP], to[FJ_TIME_CAP]; /* days in which it looks */
};
struct match {
	char to[32];
	const char *how; /* NULL: none */
};

static enum fj_rc from_row(const struct sto_q *q, struct row *r, struct fj_err *err)
{
	const struct sto_copy texts[] = {STO_COPY(0, r->id), STO_COPY(3, r->kind), STO_COPY(4, r->owner), STO_COPY(5, r->day), STO_COPY(6, r->direction), STO_COPY(9, r->party),
		STO_COPY(10, r->name), STO_COPY(11, r->number), STO_COPY(12, r->subject), STO_COPY(13, r->receipt), STO_COPY(14, r->reference)};

	r->fen = sto_int(q, 7);
	r->tax = sto_int(q, 8);
	return sto_copy(q, texts, FJ_ARRAY_LEN(texts), "a row of a statement", err);
}

static enum fj_rc window(struct iss_call *c, const char *key, struct row *r, struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	int64_t days;
	fj_time t;

	FJ_TRY(dom_org_get(c->db, r->owner, &o, err));
	FJ_TRY(prf_int(c, rev_finance(&o), key, &days, err));
	FJ_TRY(fj_date_parse(r->day, &t, err));
	fj_date_china(t > days * DAY ? t - days * DAY : 0, r->from);
	fj_date_china(t + days * DAY, r->to);
	return FJ_OK;
}

/* a counterparty that is only named: the register's organisation of exactly that name */
static enum fj_rc named(struct iss_call *c, struct row *r, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char first[19];
	bool row;

	if (r->party[0] != '\0' || r->name[0] == '\0')
		return FJ_OK;
	FJ_TRY(sto_query(c->db, STO_ORG_NAMED, &q, err, "t", r->name));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	FJ_TRY(fj_strcopy(first, sizeof(first), sto_text(&q, 0)));
	FJ_TRY(sto_step(&q, &row, err));
	return row ? FJ_OK : fj_strcopy(r->party, sizeof(r->party), first);
}

/* the one candidate that the row names, or the only one */
static enum fj_rc choose(struct sto_q *q, struct match *m, struct fj_err *err)
{
	bool row;

	m->how = NULL;
	FJ_TRY(sto_step(q, &row, err));
	if (!row)
		return FJ_OK;
	bool by_number = sto_int(q, 1) != 0;
	FJ_TRY(fj_strcopy(m->to, sizeof(m->to), sto_text(q, 0)));
	FJ_TRY(sto_step(q, &row, err));
	if (!row || (by_number && sto_int(q, 1) == 0))
		m->how = by_number ? "NUMBER" : "PAYER";
	return FJ_OK;
}

static enum fj_rc look_bank(struct iss_call *c, const struct row *r, struct match *m, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_query(c->db, STO_MATCH_BANK, &q, err, "itttttt", r->fen, r->party, r->name, r->owner, r->reference, r->from, r->to));
	return choose(&q, m, err);
}

static enum fj_rc look_invoice(struct iss_call *c, const struct row *r, struct match *m, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_query(c->db, STO_MATCH_INVOICE, &q, err, "ittttttti", r->fen, r->party, r->name, r->owner, r->reference, r->from, r->to, r->number, r->tax));
	return choose(&q, m, err);
}

static enum fj_rc look_out(struct iss_call *c, struct row *r, struct match *m, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row, coded = r->party[0] != '\0';

	m->how = NULL;
	if (!coded && r->name[0] == '\0')
		return FJ_OK;
	FJ_TRY(window(c, "revenue.days_circular", r, err));
	FJ_TRY(sto_query(c->db, coded ? STO_MATCH_OUT : STO_MATCH_OUT_NAMED, &q, err, "tttt", coded ? r->party : r->name, r->from, r->to, r->owner));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	m->how = "CIRCULAR";
	return fj_strcopy(m->to, sizeof(m->to), sto_text(&q, 0));
}

/* a payment that was entered by hand under this slip, or a remittance that it pays: recorded then */
static enum fj_rc look_slip(struct iss_call *c, const struct row *r, struct match *m, struct fj_err *err)
{
	struct rem owed;
	int64_t left;

	{
		FJ_AUTO(sto_q) q = {0};
		bool row;
		FJ_TRY(sto_query(c->db, STO_MATCH_SLIP_PAID, &q, err, "tit", r->number, r->fen, r->owner));
		FJ_TRY(sto_step(&q, &row, err));
		m->how = row ? "NUMBER" : NULL;
		if (row)
			return fj_strcopy(m->to, sizeof(m->to), sto_text(&q, 0));
	}
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_query(c->db, STO_MATCH_SLIP, &q, err, "itttt", r->fen, r->party, r->name, r->owner, r->reference));
		FJ_TRY(choose(&q, m, err));
	}
	if (m->how == NULL)
		return FJ_OK;
	FJ_TRY(rem_get(c, m->to, &owed, err));
	struct fj_err why = {0};
	struct rem_payment pay = {.fen = r->fen, .slip = r->number, .subject = r->subject, .paid_on = r->day, .receipt = r->receipt, .row = r->id};
	enum fj_rc rc = rem_pay(c, &owed, &pay, &left, &why);
	if (rc != FJ_OK)
		m->how = NULL; /* such as a subject that is not in the table: somebody looks at it */
	if (rc != FJ_OK && fj_rc_exit(rc) == 3) {
		*err = why;
		return rc;
	}
	return FJ_OK;
}

static enum fj_rc look(struct iss_call *c, struct row *r, struct match *m, struct fj_err *err)
{
	FJ_TRY(named(c, r, err));
	FJ_TRY(window(c, "revenue.days_match", r, err));
	if (strcmp(r->kind, "SLIP") == 0)
		return look_slip(c, r, m, err);
	if (strcmp(r->direction, "OUT") == 0)
		return look_out(c, r, m, err);
	return strcmp(r->kind, "BANK") == 0 ? look_bank(c, r, m, err) : look_invoice(c, r, m, err);
}

static enum fj_rc next_row(struct sto *db, const char *owner, const char *after, struct row *r, bool *more, char file[40], struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_query(db, STO_STR_OPEN, &q, err, "tt", owner, after));
	FJ_TRY(sto_step(&q, more, err));
	if (!*more)
		return FJ_OK;
	FJ_TRY(fj_strcopy(file, 40, sto_text(&q, 1)));
	return from_row(&q, r, err);
}

enum fj_rc st_match_open(struct iss_call *c, const char *only, json_t *answer, struct fj_err *err)
{
	FJ_AUTO(json) round = json_array();
	char after[40] = "", file[40];
	int64_t matched = 0, open = 0;
	bool more = true;

	for (;;) {
		struct row r = {{0}};
		struct match m = {{0}, NULL};
		FJ_TRY(next_row(c->db, c->actor->org, after, &r, &more, file, err));
		if (!more)
			break;
		memcpy(after, r.id, sizeof(after));
		if (only[0] != '\0' && strcmp(only, file) != 0)
			continue;
		FJ_TRY(look(c, &r, &m, err));
		matched += m.how != NULL;
		open += m.how == NULL;
		if (m.how == NULL)
			continue;
		FJ_AUTO(json) body = json_pack("{s:s, s:s}", "to", m.to, "how", m.how);
		FJ_TRY(evt_append(c, "statement.matched", r.id, body, err));
		if (strcmp(m.how, "CIRCULAR") == 0 && !fj_list_has(round, m.to))
			json_array_append_new(round, json_string(m.to));
	}
	FJ_AUTO(json) counts = json_pack("{s:I, s:I, s:O}", "matched", (json_int_t)matched, "unmatched", (json_int_t)open, "circular", round);
	return counts != NULL && json_object_update(answer, counts) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}
