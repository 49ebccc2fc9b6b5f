/*
 * revenue_split.c - who gets what of net income, and where it has to go.
 *
 * Shares come from the agreement (R27); what was disposed of, and a re-developer's own
 * sale, is one party's whole.  Where a share goes follows from what the party is (R28):
 * an administrative body's to the treasury as non-tax revenue, a public institution's
 * by the rule of its finance department, a mass organisation's as the profile says,
 * enterprises' by their own rules, a disposal by any public body to the treasury.
 * What goes to the treasury is due in working days.  The rest of rounding goes to whom
 * the agreement names, else to the first public party.
 */
#include "issuer/revenue.h"

#include "base/jws.h"
#include "issuer/profile.h"

struct split {
	size_t n, remainder;
	struct {
		const char *party, *role;        /* borrowed */
		char name[DOM_CAP(DOM_MAX_NAME)], kind[8], finance[19];
		const char *fund;
		fj_time due;                     /* 0: nothing is remitted */
	} of[SHR_MAX];
	int64_t bp[SHR_MAX], fen[SHR_MAX];
};

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* --- shares --- */

static enum fj_rc from_agreement(const json_t *agreement, struct split *s, struct fj_err *err)
{
	const json_t *income = json_object_get(agreement, "income"), *list = json_object_get(income, "shares");
	const char *rest = fj_json_text(income, "remainder");
	size_t i;
	json_t *v;

	FJ_TRY(iss_rule_no_shares_without_agreement(agreement != NULL, err));
	s->n = json_array_size(list);
	s->remainder = s->n;
	if (s->n > SHR_MAX)
		return shr_check(s->bp, s->n, 0, err);
	json_array_foreach(list, i, v) {
		s->of[i].party = fj_json_text(v, "party");
		s->of[i].role = fj_json_text(v, "role");
		s->bp[i] = fj_json_num(v, "bp");
		if (s->remainder == s->n && is(s->of[i].party, rest))
			s->remainder = i;
	}
	return rest[0] == '\0' || s->remainder < s->n ? FJ_OK : shr_check(s->bp, s->n, s->n, err);
}

static void whole(const char *party, const char *role, struct split *s)
{
	s->n = 1;
	s->remainder = 0;
	s->of[0].party = party;
	s->of[0].role = role;
	s->bp[0] = SHR_WHOLE;
}

/* --- where each goes (R28) --- */

static enum fj_rc fund_of(struct iss_call *c, const char *kind, const char *finance, bool disposal, const char **out, struct fj_err *err)
{
	bool nontax = true, capital = false;
	const char *as = kind;

	if (is(kind, "MASS")) {
		bool like_inst;
		FJ_TRY(prf_flag(c, finance, "mass_as_inst", &like_inst, err));
		as = like_inst ? "INST" : "ADMIN";
	}
	if (is(as, "INST") && !disposal)
		FJ_TRY(prf_flag(c, finance, "revenue.inst_nontax", &nontax, err));
	if (is(as, "SOE"))
		FJ_TRY(prf_flag(c, finance, "revenue.soe_capital", &capital, err));
	*out = rev_public(as) ? nontax ? "NONTAX" : "UNIT" : capital ? "CAPITAL" : "OWN";
	return FJ_OK;
}

static enum fj_rc unknown_party(const char *party, struct fj_err *err)
{
	char en[160], zh[200];

	snprintf(en, sizeof(en), "the register does not know the party %.18s, so nobody can say where its share goes; enter the organisation", party);
	snprintf(zh, sizeof(zh), "登记簿中没有分配方 %.18s，无法确定其收益缴库方式；请先登记单位", party);
	return iss_rule_fail(err, "R28", en, zh);
}

static enum fj_rc place(struct iss_call *c, const struct rev *r, size_t i, struct split *s, struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	int64_t days;
	enum fj_rc rc = dom_org_get(c->db, s->of[i].party, &o, err);

	if (rc == FJ_E_NOTFOUND)
		return unknown_party(s->of[i].party, err);
	FJ_TRY(rc);
	memcpy(s->of[i].kind, o.kind, sizeof(s->of[i].kind));
	FJ_TRY(fj_strcopy(s->of[i].name, sizeof(s->of[i].name), o.name));
	FJ_TRY(fj_strcopy(s->of[i].finance, sizeof(s->of[i].finance), rev_finance(&o)));
	FJ_TRY(fund_of(c, o.kind, s->of[i].finance, is(r->kind, "DISPOSAL"), &s->of[i].fund, err));
	if (is(s->of[i].fund, "UNIT") || is(s->of[i].fund, "OWN"))
		return FJ_OK;
	FJ_TRY(prf_int(c, s->of[i].finance, "revenue.days_remit", &days, err));
	return prf_term(c, s->of[i].finance, c->now, days, &s->of[i].due, NULL, err);
}

static void first_public(struct split *s)
{
	for (size_t i = 0; i < s->n && s->remainder == s->n; i++)
		if (rev_public(s->of[i].kind))
			s->remainder = i;
	if (s->remainder == s->n)
		s->remainder = 0;
}

/* --- into the body --- */

static enum fj_rc put_share(const struct split *s, size_t i, json_t *list, struct fj_err *err)
{
	char id[32];

	if (s->fen[i] == 0)
		return FJ_OK;
	FJ_AUTO(json) one = json_pack("{s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:s}", "n", (json_int_t)i, "party", s->of[i].party, "name", s->of[i].name, "role", s->of[i].role, "kind",
	    s->of[i].kind, "bp", (json_int_t)s->bp[i], "amount_fen", (json_int_t)s->fen[i], "fund", s->of[i].fund);
	if (s->of[i].due != 0) {
		iss_new_id("RM-", 12, id);
		FJ_TRY(fj_json_set(one, "remittance", json_pack("{s:s, s:s, s:I}", "id", id, "finance", s->of[i].finance, "due", (json_int_t)s->of[i].due)));
	}
	return one != NULL && json_array_append(list, one) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc put_entries(const struct rev *r, const struct split *s, json_t *list, struct fj_err *err)
{
	struct shr_entry e[SHR_MAX_ENTRIES];
	bool remit[SHR_MAX];
	size_t n;

	for (size_t i = 0; i < s->n; i++)
		remit[i] = s->of[i].due != 0;
	FJ_TRY(shr_entries(r->gross, r->tax, s->fen, remit, s->n, e, &n, err));
	for (size_t i = 0; i < n; i++) {
		const char *party = e[i].account == SHR_RECEIVED || e[i].account == SHR_TAX ? r->booked_by : s->of[e[i].share].party;
		if (json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "account", shr_account_name(e[i].account), "party", party, "amount_fen", (json_int_t)e[i].fen)) != 0)
			return fj_no_memory(err, "issuer");
	}
	return FJ_OK;
}

/* s borrows from r and the agreement */
static enum fj_rc compute(struct iss_call *c, const struct rev *r, const json_t *agreement, struct split *s, struct fj_err *err)
{
	if (is(r->kind, "DISPOSAL"))
		whole(r->holder, "持有单位", s);
	else if (is(r->kind, "REDEV_SALE"))
		whole(r->booked_by, "再开发", s);
	else
		FJ_TRY(from_agreement(agreement, s, err));
	for (size_t i = 0; i < s->n; i++)
		FJ_TRY(place(c, r, i, s, err));
	first_public(s);
	return shr_split(r->net, s->bp, s->n, s->remainder, s->fen, err);
}

enum fj_rc rev_computed(struct iss_call *c, const struct rev *r, json_t **out, struct fj_err *err)
{
	struct split s = {0};
	json_t *agreement = NULL;
	FJ_AUTO(json) shares = json_array();

	FJ_TRY(rev_agreement(c->db, r, &agreement, err));
	FJ_AUTO(json) owned = agreement;
	FJ_TRY(compute(c, r, owned, &s, err));
	for (size_t i = 0; i < s.n; i++) {
		char due[FJ_TIME_CAP] = "";
		if (s.of[i].due != 0)
			fj_time_utc(s.of[i].due, due);
		if (json_array_append_new(shares, json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:b}", "party", s.of[i].party, "name", s.of[i].name, "role", s.of[i].role, "bp",
		    (json_int_t)s.bp[i], "amount_fen", (json_int_t)s.fen[i], "fund", s.of[i].fund, "due", due, "remainder", i == s.remainder)) != 0)
			return fj_no_memory(err, "issuer");
	}
	*out = json_pack("{s:I, s:I, s:I, s:O}", "gross_fen", (json_int_t)r->gross, "tax_fen", (json_int_t)r->tax, "net_fen", (json_int_t)r->net, "shares", shares);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc rev_split(struct iss_call *c, const struct rev *r, json_t *body, struct fj_err *err)
{
	struct split s = {0};
	json_t *agreement = NULL;
	FJ_AUTO(json) shares = json_array();
	FJ_AUTO(json) entries = json_array();

	FJ_TRY(rev_agreement(c->db, r, &agreement, err));
	FJ_AUTO(json) owned = agreement;
	FJ_TRY(compute(c, r, owned, &s, err));
	for (size_t i = 0; i < s.n; i++)
		FJ_TRY(put_share(&s, i, shares, err));
	FJ_TRY(put_entries(r, &s, entries, err));
	return json_object_set(body, "shares", shares) == 0 && json_object_set(body, "entries", entries) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- counter-entry --- */

static enum fj_rc negated_shares(struct sto *db, const char *of, json_t *list, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_REV_SHARES, &q, err, "t", of));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		if (json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:s}", "n", (json_int_t)sto_int(&q, 0), "party", sto_text(&q, 1), "name", sto_text(&q, 2),
		    "role", sto_text(&q, 3), "kind", sto_text(&q, 4), "bp", (json_int_t)sto_int(&q, 5), "amount_fen", (json_int_t)-sto_int(&q, 6), "fund", sto_text(&q, 7))) != 0)
			return fj_no_memory(err, "issuer");
	}
}

/* the booking's own rows: what a remittance paid meanwhile stays, and is to be refunded */
static enum fj_rc negated_entries(struct sto *db, const char *of, json_t *list, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	int64_t first = -1;
	bool row;

	FJ_TRY(sto_query(db, STO_REV_ENTRIES, &q, err, "t", of));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row || (first >= 0 && sto_int(&q, 0) != first))
			return FJ_OK;
		first = sto_int(&q, 0);
		if (json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "account", sto_text(&q, 2), "party", sto_text(&q, 3), "amount_fen", (json_int_t)-sto_int(&q, 4))) != 0)
			return fj_no_memory(err, "issuer");
	}
}

enum fj_rc rev_negate(struct sto *db, const char *of, json_t *body, struct fj_err *err)
{
	FJ_AUTO(json) shares = json_array();
	FJ_AUTO(json) entries = json_array();

	FJ_TRY(negated_shares(db, of, shares, err));
	FJ_TRY(negated_entries(db, of, entries, err));
	return json_object_set(body, "shares", shares) == 0 && json_object_set(body, "entries", entries) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- into the tables --- */

static enum fj_rc add_share(const struct evt *e, const char *id, const char *kind, const json_t *s, struct fj_err *err)
{
	const json_t *rem = json_object_get(s, "remittance");

	FJ_TRY(sto_run(e->db, STO_REV_SHARE_ADD, NULL, err, "tittttiit", id, fj_json_num(s, "n"), fj_json_text(s, "party"), fj_json_text(s, "name"), fj_json_text(s, "role"),
	    fj_json_text(s, "kind"), fj_json_num(s, "bp"), fj_json_num(s, "amount_fen"), fj_json_text(s, "fund")));
	return rem == NULL ? FJ_OK : sto_run(e->db, STO_REM_ADD, NULL, err, "ttittttiii", fj_json_text(rem, "id"), id, fj_json_num(s, "n"), fj_json_text(s, "party"),
	    fj_json_text(rem, "finance"), fj_json_text(s, "fund"), kind, fj_json_num(s, "amount_fen"), fj_json_num(rem, "due"), (int64_t)e->at);
}

enum fj_rc rev_apply_split(const struct evt *e, const char *id, const char *kind, struct fj_err *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(e->body, "shares"), i, v)
		FJ_TRY(add_share(e, id, kind, v, err));
	json_array_foreach(json_object_get(e->body, "entries"), i, v)
		FJ_TRY(sto_run(e->db, STO_REV_ENTRY_ADD, NULL, err, "iittti", e->seq, (int64_t)i, id, fj_json_text(v, "account"), fj_json_text(v, "party"), fj_json_num(v, "amount_fen")));
	return FJ_OK;
}
