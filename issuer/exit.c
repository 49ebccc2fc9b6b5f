/*
 * exit.c - 退出: what an operator owes when its authorisation has been reclaimed or
 * surrendered (27号 arts. 9, 14(九)).
 *
 * The exit opens with the act that makes the end final, in its transaction, with
 * five matters: data returned, deletion proved, refunds, products delisted, users
 * told.  The operator ticks each with evidence, the implementing institution
 * accepts it or sends it back; with the fifth accepted the exit is done.  A proof of
 * deletion has a hash: of the file that is given, or said.  A matter that does not
 * apply is ticked all the same, and its evidence says why.  What is late is listed.
 */
#include "base/jws.h"
#include "issuer/state.h"
#include "issuer/supervision.h"

static const char *const matters[] = {"DATA_RETURNED", "DELETION", "REFUND", "DELISTED", "USERS_TOLD", NULL};
const struct iss_field fld_exit_list[] = {
	{"after", ISS_F_STR, false, 64, "起始", "start after this one"},
	ISS_FIELD_LIMIT,
	{"number", ISS_F_STR, false, 40, "授权编号", "of this authorisation"},
	{"turn", ISS_F_STR, false, 18, "待其办理", "that wait for this organisation: the operator that leaves, or the implementing institution where matters are to be accepted"},
	{0},
};
const struct iss_field fld_exit_tick[] = {
	{"number", ISS_F_STR, true, 40, "授权编号", "authorisation"},
	{"matter", ISS_F_STR, true, 16, "退出事项", "matter", matters, "27号 art. 14(九)"},
	{"text", ISS_F_STR, true, 800, "证明", "evidence: what was done, or why it does not apply"},
	{"file", ISS_F_FILE, false, SUP_FILE, "附件", "proof"},
	{"sha256", ISS_F_STR, false, 64, "删除证明 SHA-256", "DELETION: SHA-256 of the proof, hex, where its file is not given"},
	{"amount_fen", ISS_F_INT, false, INT64_C(1) << 53, "退款金额（分）", "REFUND: what was paid back, in fen"},
	{0},
};
const struct iss_field fld_exit_accept[] = {
	{"number", ISS_F_STR, true, 40, "授权编号", "authorisation"},
	{"matter", ISS_F_STR, true, 16, "退出事项", "matter", matters, "27号 art. 14(九)"},
	{"accept", ISS_F_BOOL, true, 1, "同意", "true: done; false: it goes back to the operator"},
	{"note", ISS_F_STR, false, 400, "意见", "reason; required for a no"},
	{0},
};

static enum fj_rc no(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, "issuer", "27号 art. 14(九)", en, zh);
}

/* --- opening --- */

enum fj_rc ext_open(struct iss_call *c, const struct dom_auth *a, const char *how, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	FJ_AUTO(json) list = json_array();
	fj_time due;

	FJ_TRY(dom_org_get(c->db, a->holder, &holder, err));
	FJ_TRY(sup_term(c, holder.finance, "exit.days", &due, err));
	for (const char *const *m = matters; *m != NULL; m++)
		json_array_append_new(list, json_string(*m));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:O, s:I}", "operator", a->operator_, "implementer", a->implementer, "how", how, "matters", list, "due", (json_int_t)due);
	return evt_append(c, "exit.opened", a->number, body, err);
}

enum fj_rc apply_exit_opened(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	size_t i;
	json_t *v;

	FJ_TRY(sto_run(e->db, STO_EXIT_ADD, NULL, err, "ttttiii", e->object, fj_json_text(b, "operator"), fj_json_text(b, "implementer"), fj_json_text(b, "how"),
	    fj_json_num(b, "due"), (int64_t)e->at, e->seq));
	json_array_foreach(json_object_get(b, "matters"), i, v)
		FJ_TRY(sto_run(e->db, STO_EXIT_MATTER_ADD, NULL, err, "tti", e->object, json_string_value(v), (int64_t)i));
	return FJ_OK;
}

/* --- ticking, accepting --- */

struct leaving {
	const char *number, *matter;
	char operator_[19], implementer[19], state[12], matter_state[12], person[ISS_PERSON_CAP];
	int64_t left; /* matters that are not confirmed */
};

static enum fj_rc load(struct iss_call *c, struct leaving *x, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	x->number = fj_json_text(c->params, "number");
	x->matter = fj_json_text(c->params, "matter");
	FJ_TRY(num_check(x->number, err));
	FJ_TRY(sto_first(c->db, STO_EXIT_MATTER_GET, &q, x->number, err, "tt", x->number, x->matter));
	const struct sto_copy texts[] = {STO_COPY(0, x->operator_), STO_COPY(1, x->implementer), STO_COPY(2, x->state), STO_COPY(3, x->matter_state), STO_COPY(4, x->person)};
	x->left = sto_int(&q, 5);
	return sto_copy(&q, texts, FJ_ARRAY_LEN(texts), "an exit", err);
}

/* a proof of deletion has a hash */
static enum fj_rc proof(const struct iss_call *c, const struct leaving *x, struct sup_file *file, struct fj_err *err)
{
	const char *hex = fj_json_text(c->params, "sha256");
	uint8_t octets[FJ_SHA256_LEN];

	if (hex[0] != '\0' && (strlen(hex) != 64 || fj_unhex(hex, 64, octets) != FJ_OK))
		return no(err, FJ_E_INVALID, "a SHA-256 is 64 hexadecimal digits", "SHA-256 应为 64 位十六进制数");
	if (file->sha256[0] != '\0' && hex[0] != '\0' && strcmp(hex, file->sha256) != 0)
		return no(err, FJ_E_INVALID, "the file does not have this SHA-256", "附件与所填 SHA-256 不符");
	if (file->sha256[0] == '\0')
		snprintf(file->sha256, sizeof(file->sha256), "%.64s", hex);
	return strcmp(x->matter, "DELETION") != 0 || file->sha256[0] != '\0' ? FJ_OK
	    : no(err, FJ_E_INVALID, "a proof of deletion has a hash: give its file or its SHA-256", "删除证明应提供附件或其 SHA-256");
}

enum fj_rc cmd_exit_tick(struct iss_call *c, struct fj_err *err)
{
	struct leaving x;
	struct sup_file file;
	const char *to;
	bool refund;

	FJ_TRY(load(c, &x, err));
	if (strcmp(x.operator_, c->actor->org) != 0)
		return no(err, FJ_E_FORBIDDEN, "the exit's matters are ticked by the operator that leaves", "退出事项应由退出的运营机构办理");
	FJ_TRY(iss_state_next(ISS_OBJ_EXIT, x.matter_state, "tick", &to, err));
	FJ_TRY(sup_said(c, "text", "evidence says what was done", "应写明办理情况", err));
	refund = json_is_integer(json_object_get(c->params, "amount_fen"));
	if (refund != (strcmp(x.matter, "REFUND") == 0))
		return no(err, FJ_E_INVALID, "a refund has an amount in fen (0 where nothing was owed), the other matters have none", "退款事项应填写退款金额（无应退款填 0），其他事项不填");
	FJ_TRY(sup_keep(c, "file", "EXIT", "退出证明", &file, err));
	FJ_TRY(proof(c, &x, &file, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "matter", x.matter, "to", to, "text", fj_json_text(c->params, "text"), "material", file.id, "sha256",
	    file.sha256, "amount_fen", (json_int_t)fj_json_num(c->params, "amount_fen"), "person", c->actor->person);
	FJ_TRY(evt_append(c, "exit.ticked", x.number, body, err));
	c->answer = json_pack("{s:s, s:s, s:s}", "number", x.number, "matter", x.matter, "state", to);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_exit_ticked(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	return sto_run(e->db, STO_EXIT_TICK, NULL, err, "tttti" "titt", fj_json_text(b, "to"), fj_json_text(b, "text"), fj_json_text(b, "material"), fj_json_text(b, "sha256"),
	    fj_json_num(b, "amount_fen"), fj_json_text(b, "person"), (int64_t)e->at, e->object, fj_json_text(b, "matter"));
}

enum fj_rc cmd_exit_accept(struct iss_call *c, struct fj_err *err)
{
	struct leaving x;
	bool yes = json_is_true(json_object_get(c->params, "accept"));
	const char *to;

	FJ_TRY(load(c, &x, err));
	if (strcmp(x.implementer, c->actor->org) != 0)
		return no(err, FJ_E_FORBIDDEN, "the exit's matters are accepted by the implementing institution", "退出事项应由实施机构确认");
	FJ_TRY(iss_state_next(ISS_OBJ_EXIT, x.matter_state, yes ? "accept" : "return", &to, err));
	FJ_TRY(iss_rule_no_two_roles_of_one_person(x.person, c->actor->person, err));
	if (!yes)
		FJ_TRY(sup_said(c, "note", "a no is reasoned", "不同意应说明理由", err));
	const char *whole = yes && x.left == 1 ? "DONE" : "RUNNING";
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s}", "matter", x.matter, "to", to, "note", fj_json_text(c->params, "note"), "exit", whole);
	FJ_TRY(evt_append(c, yes ? "exit.accepted" : "exit.returned", x.number, body, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s}", "number", x.number, "matter", x.matter, "state", to, "exit_state", whole);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_exit_decided(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	FJ_TRY(sto_run(e->db, STO_EXIT_DECIDE, NULL, err, "tttt", fj_json_text(b, "to"), fj_json_text(b, "note"), e->object, fj_json_text(b, "matter")));
	return sto_run(e->db, STO_EXIT_STATE, NULL, err, "tit", fj_json_text(b, "exit"), e->seq, e->object);
}

/* --- reading --- */

static json_t *to_json(const struct sto_q *q, fj_time now)
{
	char due[FJ_TIME_CAP], at[FJ_TIME_CAP];

	fj_date_china(sto_int(q, 5), due);
	fj_time_utc(sto_int(q, 6), at);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:s}", "number", sto_text(q, 0), "operator", sto_text(q, 1), "implementer", sto_text(q, 2), "how", sto_text(q, 3),
	    "state", sto_text(q, 4), "due", due, "overdue", strcmp(sto_text(q, 4), "DONE") != 0 && now > sto_int(q, 5), "left", (json_int_t)sto_int(q, 7), "at", at);
}

static json_t *matter_json(const struct sto_q *q)
{
	char at[FJ_TIME_CAP] = "";

	if (sto_int(q, 7) > 0)
		fj_time_utc(sto_int(q, 7), at);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s}", "matter", sto_text(q, 0), "state", sto_text(q, 1), "text", sto_text(q, 2), "material", sto_text(q, 3), "sha256",
	    sto_text(q, 4), "amount_fen", (json_int_t)sto_int(q, 5), "note", sto_text(q, 6), "at", at);
}

enum fj_rc cmd_exit_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(sto_q) m = {0};
	FJ_AUTO(json) list = json_array();
	const char *number = fj_json_text(c->params, "number");
	bool row;

	FJ_TRY(sto_first(c->db, STO_EXIT_GET, &q, number, err, "t", number));
	FJ_TRY(sto_query(c->db, STO_EXIT_MATTERS, &m, err, "t", number));
	for (;;) {
		FJ_TRY(sto_step(&m, &row, err));
		if (!row)
			break;
		json_array_append_new(list, matter_json(&m));
	}
	c->answer = to_json(&q, c->now);
	return fj_json_set(c->answer, "matters", json_incref(list));
}

enum fj_rc cmd_exit_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *after;
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, STO_EXIT_LIST, &q, err, "ttit", after, fj_json_text(c->params, "number"), limit, fj_json_text(c->params, "turn")));
	return dom_list_page(c, &q, to_json, "number", limit, err);
}
