/*
 * lodged.c - 社会公众提出的异议: what anybody lodges against a registration under notice
 * or a registered asset, without an account.
 *
 * It is on record at once, in time and with a receipt number, but it is no objection
 * before an officer of the finance department has confirmed that it is one: a real
 * name, an address, evidence (R21).  What is none is declined with a reason, which the
 * objector reads under the receipt's number and secret; while one waits, nothing is
 * decided about the registration (R19).  The objector's words are an opening, as
 * everywhere.  What waits is bounded: a queue that is full says so and names the way on
 * paper, since who floods it must not fill the register.
 */
#include "issuer/objection.h"
#include "issuer/opening.h"
#include "issuer/profile.h"
#include "issuer/rules/rules.h"
#include "issuer/state.h"

#include "base/secret.h"

#define MAX_WAITING 500   /* in all */
#define MAX_WAITING_OF 20 /* of one asset */
#define SECRET 16         /* characters of base32 */

#define ID {"id", ISS_F_STR, true, 40, "异议编号", "objection"}
const struct iss_field fld_objection_lodge[] = {
	{"id", ISS_F_STR, false, 40, "登记编号", "registration under notice"},
	{"asset", ISS_F_STR, false, DOM_MAX_ASSET_NO, "资产编号", "or the registered asset"},
	{"name", ISS_F_STR, true, 60, "姓名或单位名称", "real name of the person or organisation"},
	{"contact", ISS_F_STR, true, 120, "联系方式", "address, telephone or e-mail to answer to"},
	{"evidence", ISS_F_STR, true, 800, "异议事项和证据", "what is wrong, and the evidence for it"},
	{0},
};
const struct iss_field fld_objection_receipt[] = {
	ID,
	{"secret", ISS_F_STR, true, 40, "查询口令", "the secret of its receipt"},
	{0},
};
const struct iss_field fld_objection_decline[] = {
	ID,
	{"reason", ISS_F_STR, true, 400, "不予受理理由", "why it is no objection; the objector reads it"},
	{0},
};

static void secret_hash(const char *id, const char *secret, char hex[65])
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(256);
	struct fj_hash h;

	if (fj_buf_printf(&text, "%.40s/%.40s", id, secret) != FJ_OK) /* cannot be: both are bounded */
		fj_buf_clear(&text);
	fj_sha256(fj_buf_slice(&text), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
}

/* --- lodging --- */

static enum fj_rc check_room(struct iss_call *c, const char *asset_no, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(c->db, STO_OBJECTION_WAITING, &q, "the queue", err, "t", asset_no));
	if (sto_int(&q, 0) < MAX_WAITING && sto_int(&q, 1) < MAX_WAITING_OF)
		return FJ_OK;
	return fj_refuse(err, FJ_E_BUSY, "issuer", "R20", "too many objections wait to be looked at; try again tomorrow, or write to the department that publishes the notice while it runs",
	    "待核实的异议过多，暂不能在线提交；请于次日再试，或在公示期内以书面形式向公示部门提出");
}

/* Whoever asks learns nothing of what is neither under notice nor registered. */
static enum fj_rc public_subject(struct iss_call *c, struct dom_reg *r, struct dom_asset *a, struct fj_err *err)
{
	enum fj_rc rc = obj_subject(c, r, a, err);

	if (rc != FJ_E_NOTFOUND && rc != FJ_E_STATE && (rc != FJ_E_REFUSED || err == NULL || strcmp(err->cite, "R20") == 0))
		return rc;
	return fj_refuse(err, FJ_E_NOTFOUND, "issuer", "26号 art. 12", "no running public notice and no registered asset bears this number; take it from the notice, or from the certificate",
	    "没有使用该编号的公示或已登记资产，请核对公示页面或证书上的编号");
}

enum fj_rc cmd_objection_lodge(struct iss_call *c, struct fj_err *err)
{
	struct dom_reg r;
	FJ_AUTO(dom_asset) a = {.card = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	const json_t *p = c->params;
	int64_t days;
	fj_time due;
	char id[32], secret[SECRET + 1], hash[65], commitment[65], at[FJ_TIME_CAP];

	FJ_TRY(obj_check_real(p, err));
	FJ_TRY(public_subject(c, &r, &a, err));
	FJ_TRY(check_room(c, a.asset_no, err));
	FJ_TRY(dom_org_get(c->db, a.holder, &holder, err));
	FJ_TRY(prf_int(c, holder.finance, "days.objection", &days, err));
	FJ_TRY(prf_term(c, holder.finance, c->now, days, &due, NULL, err));
	iss_new_id("OB-", 12, id);
	iss_new_id("", SECRET, secret);
	secret_hash(id, secret, hash);
	FJ_AUTO(json) who = json_pack("{s:s, s:s, s:s}", "name", fj_json_text(p, "name"), "contact", fj_json_text(p, "contact"), "evidence", fj_json_text(p, "evidence"));
	FJ_TRY(opn_keep(c, id, who, commitment, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:I}", "registration", r.id, "asset_no", a.asset_no, "who", commitment, "secret", hash, "due", (json_int_t)due);
	FJ_TRY(evt_append(c, "objection.lodged", id, body, err));
	fj_time_utc(due, at);
	c->answer = json_pack("{s:s, s:s, s:s, s:s}", "id", id, "secret", secret, "state", OBJ_LODGED, "due", at);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_objection_lodged(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	return sto_run(e->db, STO_OBJECTION_LODGE, NULL, err, "tttiiit", e->object, fj_json_text(b, "registration"), fj_json_text(b, "asset_no"), (int64_t)e->at,
	    fj_json_num(b, "due"), e->seq, fj_json_text(b, "secret"));
}

/* --- the receipt --- */

static enum fj_rc no_receipt(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_NOTFOUND, "issuer", "26号 art. 12", "no objection has this number and secret; both stand on the receipt", "没有与该编号和查询口令相符的异议，请核对回执");
}

enum fj_rc cmd_objection_receipt(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *id = fj_json_text(c->params, "id");
	char hash[65], at[FJ_TIME_CAP], due[FJ_TIME_CAP];
	bool row;

	secret_hash(id, fj_json_text(c->params, "secret"), hash);
	FJ_TRY(sto_query(c->db, STO_OBJECTION_RECEIPT, &q, err, "t", id));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row || strcmp(sto_text(&q, 5), hash) != 0) /* of hashes; "" where there is no receipt */
		return no_receipt(err);
	fj_time_utc(sto_int(&q, 3), at);
	fj_time_utc(sto_int(&q, 4), due);
	c->answer = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id", id, "registration", sto_text(&q, 0), "state", sto_text(&q, 1), "reason", sto_text(&q, 2), "at", at, "due", due);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- an officer confirms, or declines --- */

static enum fj_rc lodged(struct iss_call *c, const char *act, struct dom_objection *o, struct dom_asset *a, struct fj_err *err)
{
	const char *to;

	FJ_TRY(obj_get(c->db, fj_json_text(c->params, "id"), o, err));
	FJ_TRY(obj_may_judge(c, o, a, err));
	return iss_state_next(ISS_OBJ_OBJECTION, o->state, act, &to, err);
}

/* The event is that of every objection, so that whoever counts them counts this one from now on. */
enum fj_rc cmd_objection_confirm(struct iss_call *c, struct fj_err *err)
{
	struct dom_objection o;
	FJ_AUTO(dom_asset) a = {.card = NULL};
	char commitment[65];

	FJ_TRY(lodged(c, "confirm", &o, &a, err));
	FJ_TRY(opn_commitment(c->db, o.id, commitment, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:I}", "registration", o.registration, "asset_no", o.asset_no, "who", commitment, "person", "", "due", (json_int_t)o.due);
	FJ_TRY(evt_append(c, "objection.made", o.id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s}", "id", o.id, "state", "OPEN", "asset_no", o.asset_no);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* No single officer who had a part in the registration makes an objection to it go away. */
enum fj_rc cmd_objection_decline(struct iss_call *c, struct fj_err *err)
{
	struct dom_objection o;
	FJ_AUTO(dom_asset) a = {.card = NULL};

	FJ_TRY(lodged(c, "decline", &o, &a, err));
	FJ_TRY(obj_check_part(c, &o, &a, err));
	if (!iss_said(fj_json_text(c->params, "reason")))
		return fj_refuse(err, FJ_E_INVALID, "issuer", "26号 art. 12", "say why it is no objection; the objector reads the reason", "应写明不予受理的理由，异议人可查阅");
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s}", "to", "DECLINED", "reason", fj_json_text(c->params, "reason"), "person", c->actor->person);
	FJ_TRY(evt_append(c, "objection.declined", o.id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s}", "id", o.id, "state", "DECLINED", "asset_no", o.asset_no);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
