/*
 * ledger.c - 台账: the entries that may become assets, whether they are
 * recognised as such (167·三(一), R02, R03), and how far 应登尽登 has come.
 *
 * How entries come in is ledger_import.c's.  Recognition records the three
 * conditions of domain.md 4.2: what is held or controlled, brings service
 * potential or economic benefit, and can be measured.  An entry of which the
 * first or second is denied is no asset.  Recognising and confirming take one
 * entry or a selection (issuer/task.h).
 */
#include "issuer/domain.h"
#include "issuer/rules/rules.h"
#include "issuer/state.h"
#include "issuer/task.h"

enum fj_rc apply_ledger_entered(const struct evt *e, struct fj_err *err)
{
	FJ_AUTO(buf) more = FJ_BUF_INIT(65536);
	const json_t *b = e->body;
	struct dom_ledger again;

	FJ_TRY(fj_json_canonical(json_object_get(b, "more"), &more, err));
	FJ_TRY(sto_run(e->db, STO_LEDGER_ADD, NULL, err, "ttttttttttt" "tttti", e->object, fj_json_text(b, "holder"), fj_json_text(b, "ledger_no"),
	    fj_json_text(b, "catalog_ref"),
	    fj_json_text(b, "name"), fj_json_text(b, "summary"), fj_json_text(b, "formed_by"), fj_json_text(b, "shared_from"), fj_json_text(b, "industry"),
	    fj_json_text(b, "class_scheme"),
	    fj_json_text(b, "class_code"), fj_buf_str(&more), fj_json_text(b, "no_key"), fj_json_text(b, "same_key"), fj_json_text(b, "import"), e->seq));
	FJ_TRY(sto_run(e->db, STO_IMPORT_ENTERED, NULL, err, "t", fj_json_text(b, "import")));
	return dom_ledger_get(e->db, e->object, &again, err);
}

enum fj_rc apply_ledger_changed(const struct evt *e, struct fj_err *err)
{
	FJ_AUTO(buf) more = FJ_BUF_INIT(65536);
	const json_t *b = e->body;
	struct dom_ledger again;

	FJ_TRY(fj_json_canonical(json_object_get(b, "more"), &more, err));
	FJ_TRY(sto_run(e->db, STO_LEDGER_CHANGE, NULL, err, "ttttttttt" "ttit", fj_json_text(b, "ledger_no"), fj_json_text(b, "catalog_ref"), fj_json_text(b, "name"), fj_json_text(b, "summary"),
	    fj_json_text(b, "formed_by"), fj_json_text(b, "shared_from"), fj_json_text(b, "industry"), fj_json_text(b, "class_scheme"), fj_json_text(b, "class_code"), fj_buf_str(&more),
	    fj_json_text(b, "same_key"), e->seq, e->object));
	FJ_TRY(sto_run(e->db, STO_IMPORT_ENTERED, NULL, err, "t", fj_json_text(b, "import")));
	return dom_ledger_get(e->db, e->object, &again, err);
}

static enum fj_rc from_row(const struct sto_q *q, struct dom_ledger *l, struct fj_err *err)
{
	const struct sto_copy texts[] = {STO_COPY(0, l->id), STO_COPY(1, l->holder), STO_COPY(2, l->ledger_no), STO_COPY(3, l->catalog_ref),
		STO_COPY(4, l->name), STO_COPY(7, l->shared_from), STO_COPY(8, l->state), STO_COPY(9, l->result), STO_COPY(10, l->person)};

	return sto_copy(q, texts, FJ_ARRAY_LEN(texts), "a ledger entry", err);
}

enum fj_rc dom_ledger_get(struct sto *db, const char *id, struct dom_ledger *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_LEDGER_GET, &q, id, err, "t", id));
	return from_row(&q, out, err);
}

static json_t *ledger_json(const struct dom_ledger *l)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", l->id, "ledger_no", l->ledger_no, "name", l->name, "holder", l->holder,
	    "catalog_ref", l->catalog_ref, "shared_from", l->shared_from, "state", l->state, "result", l->result);
}

/* "yn-" as the three conditions; what was not stated is left out */
static void put_tests(json_t *o, const char *tests)
{
	static const char *const names[] = {"held", "benefit", "measurable"};

	for (size_t i = 0; i < FJ_ARRAY_LEN(names) && tests[i] != '\0'; i++)
		if (tests[i] != '-')
			json_object_set_new(o, names[i], json_boolean(tests[i] == 'y'));
}

enum fj_rc cmd_ledger_show(struct iss_call *c, struct fj_err *err)
{
	static const struct {
		int col;
		const char *key;
	} texts[] = {{5, "summary"}, {6, "formed_by"}, {11, "industry"}, {12, "class_scheme"}, {13, "class_code"}, {15, "import"}, {17, "decision"}};
	FJ_AUTO(sto_q) q = {0};
	const char *id = fj_json_peek(c->params, "id");
	struct dom_ledger l;
	json_t *more = NULL;

	FJ_TRY(sto_first(c->db, STO_LEDGER_SHOW, &q, id, err, "t", id));
	FJ_TRY(from_row(&q, &l, err));
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 14)), 65536, &more, err));
	c->answer = ledger_json(&l);
	for (size_t i = 0; i < FJ_ARRAY_LEN(texts); i++)
		json_object_set_new(c->answer, texts[i].key, json_string(sto_text(&q, texts[i].col)));
	json_object_set_new(c->answer, "more", more);
	{
		FJ_AUTO(sto_q) carded = {0};
		bool row;
		FJ_TRY(sto_query(c->db, STO_ASSET_OF_LEDGER, &carded, err, "t", id));
		FJ_TRY(sto_step(&carded, &row, err));
		if (row)
			json_object_set_new(c->answer, "asset_no", json_string(sto_text(&carded, 0)));
	}
	put_tests(c->answer, sto_text(&q, 16));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- recognition --- */

static enum fj_rc refuse(struct fj_err *err, enum fj_rc rc, const char *rule, const char *en, const char *zh)
{
	return fj_refuse(err, rc, "issuer", rule, en, zh);
}

static char stated(const json_t *params, const char *key)
{
	const json_t *v = json_object_get(params, key);

	return json_is_true(v) ? 'y' : json_is_false(v) ? 'n' : '-';
}

static enum fj_rc recognise_one(struct iss_call *c, const char *id, const void *arg, struct fj_err *err)
{
	const char *result = fj_json_peek(c->params, "result"), *to, *tests = arg;
	struct dom_ledger l;

	FJ_TRY(dom_ledger_get(c->db, id, &l, err));
	if (strcmp(l.holder, c->actor->org) != 0)
		return refuse(err, FJ_E_FORBIDDEN, "domain.md 6", "this entry is another holder's", "该台账条目属于其他持有单位");
	/* what stands in the memorandum register may be recognised later (domain.md 4.2) */
	bool memo = strcmp(l.state, "CONFIRMED") == 0 && strcmp(l.result, "MEMO") == 0;
	FJ_TRY(iss_state_next(ISS_OBJ_LEDGER, memo ? l.result : l.state, "recognise", &to, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:s}", "to", to, "result", result, "tests", tests, "person", c->actor->person, "decision",
	    fj_json_peek(c->params, "decision"));
	FJ_TRY(evt_append(c, "ledger.recognised", id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s}", "id", id, "state", to, "result", result);
	return FJ_OK;
}

enum fj_rc cmd_ledger_recognise(struct iss_call *c, struct fj_err *err)
{
	const char *result = fj_json_peek(c->params, "result");
	const char tests[] = {stated(c->params, "held"), stated(c->params, "benefit"), stated(c->params, "measurable"), '\0'};

	if (strcmp(result, "ASSET") != 0 && strcmp(result, "MEMO") != 0 && strcmp(result, "NOT") != 0)
		return refuse(err, FJ_E_INVALID, "domain.md 4.2", "a recognition's result is ASSET, MEMO or NOT", "确认结论应为 ASSET、MEMO 或 NOT");
	if (strcmp(result, "ASSET") == 0 && (tests[0] == 'n' || tests[1] == 'n'))
		return refuse(err, FJ_E_INVALID, "domain.md 4.2", "what is not held or controlled, or brings no service potential or economic benefit, is no asset; recognise it as NOT",
		    "不持有也不控制，或不带来管理服务潜力、经济利益的，不确认为数据资产；结论应为 NOT");
	return tsk_run(c, "id", "ids", recognise_one, tests, err);
}

enum fj_rc apply_ledger_recognised(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_LEDGER_SET, NULL, err, "tttttit", fj_json_text(e->body, "to"), fj_json_text(e->body, "result"), fj_json_text(e->body, "tests"),
	    fj_json_text(e->body, "decision"), fj_json_text(e->body, "person"), e->seq, e->object);
}

/* the holder's superior, or its finance department where it has no superior */
static enum fj_rc check_confirmer(struct iss_call *c, const struct dom_ledger *l, struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};

	FJ_TRY(dom_org_get(c->db, l->holder, &o, err));
	const char *who = o.dept[0] != '\0' ? o.dept : o.finance;
	if (strcmp(who, c->actor->org) != 0 || !(c->acting & (o.dept[0] != '\0' ? ISS_SUPERIOR : ISS_FINANCE))) {
		enum fj_rc rc = fj_fail(err, FJ_E_FORBIDDEN, "issuer", "domain.md 7.1", "a recognition is confirmed by the holder's superior department (%s)", who);
		fj_err_zh(err, "确认结论应由持有单位的主管部门（%s）确认", who);
		return rc;
	}
	return iss_rule_no_two_roles_of_one_person(l->person, c->actor->person, err);
}

static enum fj_rc confirm_one(struct iss_call *c, const char *id, const void *arg, struct fj_err *err)
{
	struct dom_ledger l;
	const char *to;

	(void)arg;
	FJ_TRY(dom_ledger_get(c->db, id, &l, err));
	FJ_TRY(check_confirmer(c, &l, err));
	FJ_TRY(iss_state_next(ISS_OBJ_LEDGER, l.state, "confirm", &to, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s}", "to", to, "result", l.result, "person", l.person);
	FJ_TRY(evt_append(c, "ledger.confirmed", id, body, err));
	c->answer = json_pack("{s:s, s:s}", "id", id, "state", to);
	return FJ_OK;
}

enum fj_rc cmd_ledger_confirm(struct iss_call *c, struct fj_err *err)
{
	return tsk_run(c, "id", "ids", confirm_one, NULL, err);
}

enum fj_rc apply_ledger_confirmed(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_LEDGER_CONFIRM, NULL, err, "tit", fj_json_text(e->body, "to"), e->seq, e->object);
}

/* --- counts --- */

#define COUNTS 8
static const char *const count_names[COUNTS] = {"entries", "undecided", "unconfirmed", "assets", "memo", "not_assets", "registered", "certificated"};

/* registered of confirmed assets in basis points; null when there are none */
static json_t *counts_json(const int64_t n[COUNTS])
{
	json_t *o = json_object();

	for (size_t i = 0; i < COUNTS; i++)
		json_object_set_new(o, count_names[i], json_integer((json_int_t)n[i]));
	json_object_set_new(o, "registered_bp", n[3] > 0 ? json_integer((json_int_t)(n[6] * 10000 / n[3])) : json_null());
	return o;
}

enum fj_rc cmd_ledger_counts(struct iss_call *c, struct fj_err *err)
{
	const char *holder = fj_json_peek(c->params, "holder"), *by = fj_json_peek(c->params, "by");
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();
	int64_t sum[COUNTS] = {0}, n[COUNTS];
	bool row;

	by = by == NULL ? "holder" : by;
	FJ_TRY(sto_query(c->db, STO_LEDGER_COUNTS, &q, err, "tt", holder == NULL ? "" : holder, by));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		for (int i = 0; i < COUNTS; i++)
			sum[i] += n[i] = sto_int(&q, i + 1);
		json_t *one = counts_json(n);
		json_object_set_new(one, by, json_string(sto_text(&q, 0)));
		json_array_append_new(items, one);
	}
	c->answer = json_pack("{s:s, s:O, s:o, s:n}", "by", by, "items", items, "total", counts_json(sum), "next");
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
