/*
 * registration.c - 登记: what the holder applies for, on its way through the offices.
 *
 * Two courses (domain.md decision 5): the short one is 填报, 主管部门审核, 财政审核;
 * 26号's has acceptance, review, public notice and objections between.  Which one
 * is the profile's to say, by whether the data is public.  The types of table
 * `types` take the same course and differ in what they need and what the decision
 * does.  Nobody who applied takes a later step; applicant, endorser, acceptor,
 * reviewer and decider have no part in the certificate (R22; who records where a
 * notice stood judges nothing).  Every step takes one registration or a selection of
 * them; a late step is taken and marked late, since refusing it would punish the
 * holder (R20).
 */
#include "issuer/registration.h"

#include "base/jws.h"
#include "issuer/iss.h"
#include "issuer/legacy.h"
#include "issuer/objection.h"
#include "issuer/profile.h"
#include "issuer/rules/rules.h"
#include "issuer/state.h"
#include "issuer/task.h"

static const struct dom_reg_type types[] = {
	{.name = "INITIAL", .zh = "初始登记"},
	{.name = "CHANGE", .zh = "变更登记", .on_certificate = true, .on_registered = true, .new_card = true},
	{.name = "CORRECTION", .zh = "更正登记", .on_certificate = true, .on_registered = true, .new_card = true},
	{.name = "RENEWAL", .zh = "续展登记", .on_certificate = true},
	{.name = "TRANSFER", .zh = "转移登记", .on_certificate = true, .no_live = true, .disposal = true, .ends = "affiliationChanged", .final = "TRANSFERRED"},
	{.name = "CANCEL", .zh = "注销登记", .on_certificate = true, .on_registered = true, .no_live = true, .always_short = true, .days = "days.cancel",
	    .ends = "cessationOfOperation", .final = "CANCELLED"},
	{.name = "DESTROY", .zh = "销毁登记", .on_certificate = true, .no_live = true, .disposal = true, .always_short = true, .days = "days.cancel",
	    .ends = "cessationOfOperation", .final = "DESTROYED"},
};

const struct dom_reg_type *dom_reg_type(const char *name)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(types); i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

enum fj_rc dom_reg_from_row(const struct sto_q *q, struct dom_reg *r, struct fj_err *err)
{
	const struct sto_copy texts[] = {STO_COPY(0, r->id), STO_COPY(1, r->asset_no), STO_COPY(3, r->type), STO_COPY(4, r->path), STO_COPY(5, r->state),
		STO_COPY(6, r->applicant), STO_COPY(7, r->endorser), STO_COPY(8, r->acceptor), STO_COPY(9, r->reviewer), STO_COPY(10, r->decider),
		STO_COPY(11, r->receiver), STO_COPY(12, r->new_no), STO_COPY(13, r->received), STO_COPY(21, r->certificate), STO_COPY(22, r->holder)};

	FJ_TRY(sto_copy(q, texts, FJ_ARRAY_LEN(texts), "a registration", err));
	r->version = sto_int(q, 2);
	r->at = sto_int(q, 17);
	r->due = sto_int(q, 18);
	r->notice_from = sto_int(q, 19);
	r->notice_to = sto_int(q, 20);
	return FJ_OK;
}

enum fj_rc dom_reg_get(struct sto *db, const char *id, struct dom_reg *r, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_REG_GET, &q, id, err, "t", id));
	return dom_reg_from_row(&q, r, err);
}

enum fj_rc dom_reg_uncertified(struct sto *db, const char *asset_no, struct dom_reg *r, bool *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_query(db, STO_REG_LAST, &q, err, "t", asset_no));
	FJ_TRY(sto_step(&q, out, err));
	if (!*out)
		return FJ_OK;
	FJ_TRY(dom_reg_from_row(&q, r, err));
	*out = r->certificate[0] == '\0' && dom_reg_type(r->type)->on_certificate;
	return FJ_OK;
}

enum fj_rc dom_reg_returned(struct sto *db, const char *asset_no, json_t **out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	json_t *missing = NULL;
	bool row;

	*out = NULL;
	FJ_TRY(sto_query(db, STO_REG_NEWEST, &q, err, "t", asset_no));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row || strcmp(sto_text(&q, 2), "RETURNED") != 0)
		return FJ_OK;
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 3)), 65536, &missing, err));
	*out = json_pack("{s:s, s:s, s:o, s:s}", "registration", sto_text(&q, 0), "type", sto_text(&q, 1), "missing", missing, "note", sto_text(&q, 4));
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- who --- */

enum fj_rc dom_reg_apart(const struct dom_reg *r, const char *person, struct fj_err *err)
{
	const char *const had[] = {r->applicant, r->endorser, r->acceptor, r->reviewer, r->decider, r->received};

	for (size_t i = 0; i < FJ_ARRAY_LEN(had); i++)
		FJ_TRY(iss_rule_no_two_roles_of_one_person(had[i], person, err));
	return FJ_OK;
}

enum fj_rc dom_reg_persons(const struct dom_reg *r, struct fj_buf *out, struct fj_err *err)
{
	const char *const had[] = {r->applicant, r->endorser, r->acceptor, r->reviewer, r->decider, r->received};

	for (size_t i = 0; i < FJ_ARRAY_LEN(had); i++)
		if (had[i][0] != '\0' && fj_buf_printf(out, "%s%s", out->len > 0 ? "+" : "", had[i]) != FJ_OK)
			return fj_no_memory(err, "issuer");
	return FJ_OK;
}

static enum fj_rc not_yours(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "this asset is another holder's", "该资产属于其他持有单位");
}

/* --- applying --- */

struct application {
	const struct dom_reg_type *type;
	const json_t *params;
};

static enum fj_rc check_free(const struct dom_asset *a, struct fj_err *err)
{
	if (a->registration[0] == '\0')
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md 7.1", "registration %s of this asset is open; one at a time", a->registration);
	fj_err_zh(err, "该资产有在办登记 %s，一次只能办理一项登记", a->registration);
	return rc;
}

/* A card whose certificate or registration was withdrawn is corrected before it is applied for again. */
static enum fj_rc check_corrected(struct iss_call *c, const struct dom_asset *a, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(sto_q) w = {0};
	bool row, withdrawn;

	FJ_TRY(sto_query(c->db, STO_CERT_LAST_OF, &q, err, "t", a->asset_no));
	FJ_TRY(sto_step(&q, &row, err));
	FJ_TRY(sto_query(c->db, STO_REG_WITHDRAWN, &w, err, "ti", a->asset_no, a->version));
	FJ_TRY(sto_step(&w, &withdrawn, err));
	if (!withdrawn && !(row && strcmp(sto_text(&q, 0), "WITHDRAWN") == 0 && sto_int(&q, 1) == a->version))
		return FJ_OK;
	return iss_rule_fail(err, "R23", "the certificate or registration on this version of the card was withdrawn; correct the card, then apply again",
	    "依据该版本卡片的登记或证书已被撤销；请先更正资产卡片再申请登记");
}

/* No dispute on the card that is applied for nor on the newest, and no objection upheld against it.
 * Only taking off the register is possible over a dispute: it registers no right. */
static enum fj_rc check_undisputed(struct iss_call *c, const struct dom_asset *a, struct fj_err *err)
{
	FJ_AUTO(json) newest = NULL;
	FJ_AUTO(sto_q) u = {0};
	bool row;

	FJ_TRY(iss_rule_no_registration_in_dispute(json_is_true(json_object_get(json_object_get(a->card, "rights"), "dispute")), err));
	FJ_TRY(dom_card_at(c->db, a->asset_no, a->newest, &newest, err));
	FJ_TRY(iss_rule_no_registration_in_dispute(json_is_true(json_object_get(json_object_get(newest, "rights"), "dispute")), err));
	FJ_TRY(sto_query(c->db, STO_REG_UPHELD, &u, err, "ti", a->asset_no, a->version));
	FJ_TRY(sto_step(&u, &row, err));
	return !row ? FJ_OK : iss_rule_fail(err, "R19", "an objection against this version of the card was upheld; correct the card, then apply again",
	    "对该版本卡片的异议成立；请先更正资产卡片再申请登记");
}

enum fj_rc dom_no_live_authorisation(struct sto *db, const char *holder, const char *asset_no, fj_time now, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_AUTH_LIVE, &q, err, "tti", holder, asset_no, (int64_t)now));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md 7.1", "authorisation %s rests on this asset; let it end, or have it reclaimed or surrendered first", sto_text(&q, 0));
	fj_err_zh(err, "授权 %s 仍以该资产为基础；请先终止、收回或退出该授权", sto_text(&q, 0));
	return rc;
}

static enum fj_rc check_renewal(struct iss_call *c, const struct dom_asset *a, const struct dom_org *holder, struct fj_err *err)
{
	struct dom_cert t;
	int64_t days;

	FJ_TRY(dom_cert_get(c->db, a->certificate, &t, err));
	FJ_TRY(prf_int(c, holder->finance, "days.renewal", &days, err));
	/* whole days; the last one does not count */
	if (c->now > t.not_after - (days + 1) * 86400 && c->now <= t.not_after)
		return FJ_OK;
	return iss_rule_fail(err, "R20", "a certificate is renewed in the window before its end that the profile sets, 60 days by default; not earlier, and not after its end",
	    "证书续展应在政策配置规定的到期前窗口内（默认到期前 60 日）提出，不得提前，也不得逾期");
}

static enum fj_rc check_receiver(struct iss_call *c, const struct dom_asset *a, const json_t *p, struct fj_err *err)
{
	FJ_AUTO(dom_org) to = {.affiliates = NULL};
	struct dom_asset there = {.card = NULL};
	const char *new_no = fj_json_text(p, "new_asset_no");

	FJ_TRY(dom_org_get(c->db, fj_json_text(p, "receiver"), &to, err));
	if (!(to.roles & ISS_HOLDER) || strcmp(to.usci, a->holder) == 0)
		return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 7.1", "the receiver is another organisation that holds data assets",
		    "接收单位应为其他数据资产持有单位");
	FJ_TRY(dom_asset_no_check(new_no, err));
	enum fj_rc rc = dom_asset_get(c->db, new_no, &there, NULL);
	dom_asset_release(&there);
	if (rc == FJ_E_NOTFOUND)
		return FJ_OK;
	rc = fj_fail(err, FJ_E_EXISTS, "issuer", "domain.md 4.3", "the asset number %.64s is used already; numbers are never used twice", new_no);
	fj_err_zh(err, "资产编号 %.64s 已被使用，编号不得重复使用", new_no);
	return rc;
}

/* Nobody changes, renews or ends what is about to be taken back. */
static enum fj_rc check_not_revoking(struct iss_call *c, const struct dom_asset *a, struct fj_err *err)
{
	struct dom_cert t;

	if (a->certificate[0] == '\0')
		return FJ_OK;
	FJ_TRY(dom_cert_get(c->db, a->certificate, &t, err));
	if (strcmp(t.state, "REVOKING") != 0)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md decision 8", "the revocation of certificate %s waits for its decision; that comes first", t.number);
	fj_err_zh(err, "证书 %s 的撤销尚待决定，应先行办结", t.number);
	return rc;
}

/* the card in force, or the one of a change that was registered and not certified yet */
static enum fj_rc version_registered(struct sto *db, const struct dom_asset *a, int64_t *version, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	*version = a->version;
	FJ_TRY(sto_query(db, STO_REG_LAST, &q, err, "t", a->asset_no));
	FJ_TRY(sto_step(&q, &row, err));
	if (row && sto_int(&q, 2) > a->version)
		*version = sto_int(&q, 2);
	return FJ_OK;
}

/* what an application on a certificate in force needs */
static enum fj_rc check_certificated(struct iss_call *c, const struct dom_asset *a, const struct dom_org *holder, const struct application *x, struct fj_err *err)
{
	if (a->certificate[0] == '\0' && !x->type->on_registered) {
		return fj_refuse(err, FJ_E_STATE, "issuer", "domain.md 7.1", "the asset has no certificate; this application is for one that has",
		    "该资产尚无证书，不能办理此类登记");
	}
	FJ_TRY(check_not_revoking(c, a, err));
	int64_t registered;
	FJ_TRY(version_registered(c->db, a, &registered, err));
	if (x->type->new_card && a->newest == registered)
		return fj_refuse(err, FJ_E_STATE, "issuer", "domain.md 7.2", "nothing has changed: fill in a new version of the card first (asset card)",
		    "卡片没有新版本；请先填报变更后的资产卡片");
	if (strcmp(x->type->name, "RENEWAL") == 0)
		FJ_TRY(check_renewal(c, a, holder, err));
	if (x->type->no_live)
		FJ_TRY(dom_no_live_authorisation(c->db, a->holder, a->asset_no, c->now, err));
	if (x->type->disposal && !iss_said(fj_json_text(x->params, "disposal")))
		return iss_rule_fail(err, "R29", "a disposal rests on a collective decision and its approval; name both documents in \"disposal\"",
		    "资产处置须先经集体决策并履行审批程序；请在“处置批准文件”中填写文号");
	return strcmp(x->type->name, "TRANSFER") == 0 ? check_receiver(c, a, x->params, err) : FJ_OK;
}

enum fj_rc dom_card_at(struct sto *db, const char *asset_no, int64_t version, json_t **card, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_CARD_GET, &q, "card", err, "ti", asset_no, version));
	return fj_json_parse(fj_slice_str(sto_text(&q, 1)), 1u << 18, card, err);
}

static enum fj_rc check_application(struct iss_call *c, struct dom_asset *a, const struct dom_org *holder, const struct application *x, struct fj_err *err)
{
	const char *to;

	FJ_TRY(check_free(a, err));
	FJ_TRY(iss_state_next(ISS_OBJ_ASSET, a->state, x->type->on_certificate ? "register-again" : "apply", &to, err));
	FJ_TRY(x->type->on_certificate ? check_certificated(c, a, holder, x, err) : check_corrected(c, a, err));
	if (x->type->on_certificate) { /* on the newest card, or on the one that is registered */
		int64_t version = a->newest;
		if (!x->type->new_card)
			FJ_TRY(version_registered(c->db, a, &version, err));
		a->version = version;
		dom_asset_release(a);
		FJ_TRY(dom_card_at(c->db, a->asset_no, a->version, &a->card, err));
		FJ_TRY(dom_card_hash(a->card, a->card_hash, err));
	}
	return strcmp(x->type->name, "CANCEL") == 0 ? FJ_OK : check_undisputed(c, a, err);
}

static enum fj_rc path_of(struct iss_call *c, const struct dom_asset *a, const struct dom_org *holder, const struct dom_reg_type *t, const char **path, struct fj_err *err)
{
	bool open = json_is_true(json_object_get(json_object_get(a->card, "rights"), "public_data")), brief = true;

	if (!t->always_short)
		FJ_TRY(prf_flag(c, holder->finance, open ? "short_path.public" : "short_path.other", &brief, err));
	*path = brief ? "SHORT" : "26";
	return FJ_OK;
}

/* when the finance department has to have taken its next step */
static enum fj_rc due_of(struct iss_call *c, const char *finance, const char *path, const char *type, const char *state, fj_time *due, struct fj_err *err)
{
	bool full = strcmp(path, "26") == 0;
	const char *key = strcmp(state, "APPLIED") == 0 ? (full ? "days.accept" : "days.review") : strcmp(state, "ACCEPTED") == 0 ? "days.review" : NULL;
	int64_t days;

	*due = 0;
	if (key == NULL)
		return FJ_OK;
	if (dom_reg_type(type) != NULL && dom_reg_type(type)->days != NULL)
		key = dom_reg_type(type)->days;
	FJ_TRY(prf_int(c, finance, key, &days, err));
	return prf_term(c, finance, c->now, days, due, NULL, err);
}

static enum fj_rc submit_one(struct iss_call *c, const char *asset_no, const void *arg, struct fj_err *err)
{
	const struct application *x = arg;
	FJ_AUTO(dom_asset) a = {.card = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	const char *path;
	char id[40];
	fj_time due = 0;

	FJ_TRY(dom_asset_get(c->db, asset_no, &a, err));
	if (strcmp(a.holder, c->actor->org) != 0)
		return not_yours(err);
	FJ_TRY(dom_org_get(c->db, a.holder, &holder, err));
	FJ_TRY(check_application(c, &a, &holder, x, err));
	FJ_TRY(path_of(c, &a, &holder, x->type, &path, err));
	/* without a superior department there is nobody to endorse (domain.md 4.1: top departments) */
	const char *state = holder.dept[0] != '\0' ? "SUBMITTED" : "APPLIED";
	FJ_TRY(due_of(c, holder.finance, path, x->type->name, state, &due, err));
	json_t *lacks = NULL; /* what the one notice of art. 10 would name: said before it is applied for */
	FJ_TRY(dom_material_missing(c->db, path, x->type->name, &a, &lacks, err));
	FJ_AUTO(json) owned = lacks;
	json_t *later = NULL; /* and what the certificate will need */
	FJ_TRY(dom_material_uncertified(c->db, &a, &later, err));
	FJ_AUTO(json) owned_too = later;
	bool certified = x->type->ends == NULL && json_array_size(later) > 0;
	iss_new_id("RG-", 12, id);
	FJ_AUTO(json) body = json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "asset_no", a.asset_no, "version", (json_int_t)a.version,
	    "type", x->type->name, "path", path, "person", c->actor->person, "to", state, "asset_to", !x->type->on_certificate && holder.dept[0] == '\0' ? "APPLIED" : a.state,
	    "receiver", fj_json_text(x->params, "receiver"), "new_no", fj_json_text(x->params, "new_asset_no"), "disposal", fj_json_text(x->params, "disposal"),
	    "note", fj_json_text(x->params, "note"), "due", (json_int_t)due, "holder", a.holder);
	FJ_TRY(evt_append(c, "registration.submitted", id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:O*, s:O*}", "id", id, "asset_no", a.asset_no, "asset_name", a.name, "type", x->type->name, "path", path,
	    "state", state, "version", (json_int_t)a.version, "card_hash", a.card_hash, "missing", json_array_size(lacks) > 0 ? lacks : NULL,
	    "certificate_missing", certified ? later : NULL);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_registration_submit(struct iss_call *c, struct fj_err *err)
{
	const char *type = fj_json_peek(c->params, "type");
	struct application x = {.type = dom_reg_type(type == NULL ? "INITIAL" : type), .params = c->params};

	if (x.type == NULL)
		return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 3.1", "a registration's type is INITIAL, CHANGE, CORRECTION, RENEWAL, TRANSFER, CANCEL or DESTROY",
		    "登记类型应为 INITIAL（初始）、CHANGE（变更）、CORRECTION（更正）、RENEWAL（续展）、TRANSFER（转移）、CANCEL（注销）或 DESTROY（销毁）");
	return tsk_run(c, "asset", "assets", submit_one, &x, err);
}

enum fj_rc apply_registration_submitted(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	FJ_TRY(sto_run(e->db, STO_REG_ADD, NULL, err, "ttittt" "ttttt" "iiti", e->object, fj_json_text(b, "asset_no"), fj_json_num(b, "version"),
	    fj_json_text(b, "type"), fj_json_text(b, "path"),
	    fj_json_text(b, "to"), fj_json_text(b, "person"), fj_json_text(b, "receiver"), fj_json_text(b, "new_no"), fj_json_text(b, "disposal"),
	    fj_json_text(b, "note"), (int64_t)e->at, fj_json_num(b, "due"),
	    fj_json_text(b, "holder"), e->seq));
	return sto_run(e->db, STO_ASSET_REG, NULL, err, "ttit", fj_json_text(b, "asset_to"), e->object, e->seq, fj_json_text(b, "asset_no"));
}

/* --- one step --- */

struct step {
	const char *act, *event, *person; /* act of the registration's state table; whose column the officer stands in */
	bool finance;         /* the holder's finance department's; else its superior's */
	enum fj_rc (*guard)(struct iss_call *c, struct dom_reg *r, struct dom_asset *a, json_t *body, struct fj_err *err);
	bool yes;
};

static enum fj_rc check_place(struct iss_call *c, const struct dom_org *holder, const struct step *s, struct fj_err *err)
{
	if (s->finance)
		return iss_rule_no_foreign_issuer(holder->finance, c->actor->org, err);
	if (strcmp(holder->dept, c->actor->org) == 0)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "the endorsement is the holder's superior department's (%s)", holder->dept);
	fj_err_zh(err, "业务审核应由持有单位的主管部门（%s）作出", holder->dept);
	return rc;
}

static enum fj_rc check_person(struct iss_call *c, const struct dom_reg *r, struct fj_err *err)
{
	const char *me = c->actor->person;

	FJ_TRY(iss_rule_no_two_roles_of_one_person(r->applicant, me, err));
	FJ_TRY(iss_rule_no_two_roles_of_one_person(r->received, me, err)); /* who agreed to a transfer is a party to it */
	return c->acting & ISS_FINANCE ? iss_rule_no_two_roles_of_one_person(r->endorser, me, err) : FJ_OK;
}

/* what the asset becomes: an initial registration carries its asset along, the others leave it */
static enum fj_rc asset_next(const struct dom_reg *r, const struct dom_asset *a, const struct step *s, const char **to, struct fj_err *err)
{
	if (strcmp(a->state, "FROZEN") == 0)
		return iss_rule_fail(err, "R19", "the asset is frozen; nothing moves until that is lifted", "该资产已冻结，解除冻结前不得办理");
	*to = a->state;
	if (dom_reg_type(r->type)->on_certificate)
		return FJ_OK;
	return iss_state_next(ISS_OBJ_ASSET, a->state, s->act, to, err);
}

/* nothing more happens on the registration itself: a certificate may follow from it */
static bool ends_here(const struct dom_reg *r, const char *to)
{
	return dom_reg_closed(to) || (strcmp(to, "REGISTERED") == 0 && dom_reg_type(r->type)->ends == NULL);
}

/* a step that has a term and missed it; a decision has none, it only waits for the notice's end */
static bool late(const struct dom_reg *r, fj_time now)
{
	return r->due != 0 && now > r->due && strcmp(r->state, "NOTICED") != 0;
}

static enum fj_rc step_one(struct iss_call *c, const char *id, const void *arg, struct fj_err *err)
{
	const struct step *s = arg;
	struct dom_reg r;
	FJ_AUTO(dom_asset) a = {.card = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	const char *to, *asset_to;
	fj_time due;

	FJ_TRY(dom_reg_get(c->db, id, &r, err));
	FJ_TRY(dom_asset_get(c->db, r.asset_no, &a, err));
	FJ_TRY(dom_org_get(c->db, a.holder, &holder, err));
	FJ_TRY(check_place(c, &holder, s, err));
	FJ_TRY(check_person(c, &r, err));
	FJ_TRY(iss_state_next(strcmp(r.path, "26") == 0 ? ISS_OBJ_REGISTRATION : ISS_OBJ_REGISTRATION_SHORT, r.state, s->act, &to, err));
	FJ_TRY(asset_next(&r, &a, s, &asset_to, err));
	FJ_TRY(due_of(c, holder.finance, r.path, r.type, to, &due, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:b, s:b}", "asset_no", a.asset_no, "to", to, "asset_to", asset_to, s->person, c->actor->person,
	    "note", fj_json_text(c->params, "note"), "due", (json_int_t)due, "late", late(&r, c->now), "closed", ends_here(&r, to));
	if (body == NULL || (strcmp(to, "REGISTERED") == 0 && dom_reg_type(r.type)->new_card && a.certificate[0] == '\0' &&
	    json_object_set_new(body, "adopt", json_integer((json_int_t)r.version)) != 0))
		return fj_no_memory(err, "issuer");
	FJ_AUTO(json) card = NULL;
	if (a.version != r.version) {
		FJ_TRY(dom_card_at(c->db, a.asset_no, r.version, &card, err));
		json_decref(a.card);
		a.card = fj_move(card);
	}
	if (s->guard != NULL)
		FJ_TRY(s->guard(c, &r, &a, body, err));
	FJ_TRY(evt_append(c, s->event, r.id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:I, s:b, s:O*}", "id", r.id, "asset_no", a.asset_no, "state", to, "version", (json_int_t)r.version, "late", late(&r, c->now),
	    "missing", json_object_get(body, "missing"));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

bool dom_reg_closed(const char *state)
{
	static const char *const closed[] = {"REFUSED", "RETURNED", "TERMINATED", "RECALLED", "WITHDRAWN", NULL};

	for (size_t i = 0; closed[i] != NULL; i++)
		if (strcmp(closed[i], state) == 0)
			return true;
	return false;
}

/* a "no" is reasoned in writing */
static enum fj_rc reasoned(struct iss_call *c, struct fj_err *err)
{
	if (iss_said(fj_json_text(c->params, "note")))
		return FJ_OK;
	return fj_refuse(err, FJ_E_INVALID, "issuer", "26号 art. 10", "a refusal is reasoned in writing; give \"note\"", "不予同意的，应书面说明理由；请填写意见");
}

static enum fj_rc decide_step(struct iss_call *c, const struct step *yes, const struct step *no, struct fj_err *err)
{
	bool accept = json_is_true(json_object_get(c->params, "accept"));

	if (!accept)
		FJ_TRY(reasoned(c, err));
	return tsk_run(c, "id", "ids", step_one, accept ? yes : no, err);
}

/* --- the superior department --- */

enum fj_rc cmd_registration_endorse(struct iss_call *c, struct fj_err *err)
{
	static const struct step yes = {"endorse", "registration.endorsed", "endorser", false, NULL, true},
		no = {"endorse-refuse", "registration.refused", "endorser", false, NULL, false};

	return decide_step(c, &yes, &no, err);
}

/* --- acceptance, and the one notice of what is missing --- */

static enum fj_rc check_lawful(struct iss_call *c, struct dom_reg *r, struct dom_asset *a, json_t *body, struct fj_err *err)
{
	(void)c;
	(void)r;
	(void)body;
	FJ_TRY(iss_rule_no_core_data(dom_card_text(a->card, "management", "data_level"), dom_card_text(a->card, "management", "risk_assessment")[0] != '\0', err));
	return iss_rule_no_registration_in_dispute(json_is_true(json_object_get(json_object_get(a->card, "rights"), "dispute")), err);
}

static enum fj_rc check_complete(struct iss_call *c, struct dom_reg *r, struct dom_asset *a, json_t *body, struct fj_err *err)
{
	json_t *missing = NULL;

	(void)body;
	FJ_TRY(dom_material_missing(c->db, r->path, r->type, a, &missing, err));
	FJ_AUTO(json) owned = missing;
	if (json_array_size(missing) == 0)
		return FJ_OK;
	FJ_AUTO(buf) list = FJ_BUF_INIT(1024);
	FJ_AUTO(buf) zh = FJ_BUF_INIT(1024);
	dom_material_names(missing, true, &list);
	dom_material_names(missing, false, &zh);
	enum fj_rc rc = fj_fail(err, FJ_E_REFUSED, "issuer", "26号 art. 9(一)", "materials are missing: %s; return the application with the whole list (registration return)", fj_buf_str(&list));
	fj_err_zh(err, "材料不齐全：%s；请一次性告知并退回", fj_buf_str(&zh));
	return rc;
}

enum fj_rc cmd_registration_accept(struct iss_call *c, struct fj_err *err)
{
	static const struct step s = {"accept", "registration.accepted", "acceptor", true, check_complete, true};

	return tsk_run(c, "id", "ids", step_one, &s, err);
}

/* 26号 art. 10: told once, with the whole list.  Returned a second time only for what the first
 * notice named. */
static enum fj_rc check_told_once(struct iss_call *c, const struct dom_reg *r, const json_t *missing, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	json_t *before = NULL, *v;
	size_t i;
	bool row;

	FJ_TRY(sto_query(c->db, STO_REG_RETURNED, &q, err, "ttt", r->asset_no, r->type, r->id));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 0)), 65536, &before, err));
	FJ_AUTO(json) owned = before;
	json_array_foreach(missing, i, v)
		if (!fj_list_has(before, json_string_value(v))) {
			enum fj_rc rc = fj_fail(err, FJ_E_REFUSED, "issuer", "26号 art. 10", "the applicant was told once what is missing, and \"%.80s\" was not among it; accept, or refuse with reasons", json_string_value(v));
			fj_err_zh(err, "应一次性告知需要补正的全部内容，“%.80s”未在首次告知之列；请受理或说明理由不予登记", json_string_value(v));
			return rc;
		}
	return FJ_OK;
}

static enum fj_rc put_missing(struct iss_call *c, struct dom_reg *r, struct dom_asset *a, json_t *body, struct fj_err *err)
{
	json_t *missing = NULL, *v;
	size_t i;

	FJ_TRY(dom_material_missing(c->db, r->path, r->type, a, &missing, err));
	FJ_AUTO(json) owned = missing;
	json_array_foreach(json_object_get(c->params, "missing"), i, v)
		if (!fj_list_has(missing, json_string_value(v)))
			json_array_append(missing, v);
	if (json_array_size(missing) == 0) {
		return fj_refuse(err, FJ_E_INVALID, "issuer", "26号 art. 10", "an application is returned with the whole list of what is missing; name it in \"missing\"",
		    "退回应一次性告知需要补正的全部内容；请填写补正清单");
	}
	FJ_TRY(check_told_once(c, r, missing, err));
	return json_object_set(body, "missing", missing) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_registration_return(struct iss_call *c, struct fj_err *err)
{
	static const struct step s = {"return", "registration.returned", "acceptor", true, put_missing, false};

	return tsk_run(c, "id", "ids", step_one, &s, err);
}

enum fj_rc cmd_registration_review(struct iss_call *c, struct fj_err *err)
{
	static const struct step yes = {"review", "registration.reviewed", "reviewer", true, check_lawful, true},
		no = {"review-refuse", "registration.refused", "reviewer", true, NULL, false};

	return decide_step(c, &yes, &no, err);
}

/* --- public notice --- */

static enum fj_rc open_notice(struct iss_call *c, struct dom_reg *r, struct dom_asset *a, json_t *body, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	int64_t days;
	fj_time end;
	bool known;

	(void)r;
	FJ_TRY(dom_org_get(c->db, a->holder, &holder, err));
	FJ_TRY(prf_int(c, holder.finance, "days.notice", &days, err));
	FJ_TRY(prf_term(c, holder.finance, c->now, days, &end, &known, err));
	int bad = json_object_set_new(body, "notice_from", json_integer((json_int_t)c->now)) | json_object_set_new(body, "notice_to", json_integer((json_int_t)end)) |
	    json_object_set_new(body, "due", json_integer((json_int_t)end)) | json_object_set_new(body, "holidays_known", json_boolean(known)) |
	    json_object_set_new(body, "place", json_string(fj_json_text(c->params, "place"))) | json_object_set_new(body, "address",
	    json_string(fj_json_text(c->params, "address"))) |
	    json_object_set_new(body, "confidentiality", json_string(fj_json_text(c->params, "confidentiality")));
	return bad == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_registration_notice(struct iss_call *c, struct fj_err *err)
{
	static const struct step s = {"notice", "registration.noticed", "noticer", true, open_notice, true};

	if (!iss_said(fj_json_text(c->params, "place")) || !iss_said(fj_json_text(c->params, "address")) || !iss_said(fj_json_text(c->params, "confidentiality")))
		return fj_refuse(err, FJ_E_INVALID, "issuer", "26号 art. 12", "a notice is recorded with the place and the address where it stands, and who reviewed it for confidentiality",
		    "公示应登记公示载体、公示地址和保密审查情况");
	return tsk_run(c, "id", "ids", step_one, &s, err);
}

static enum fj_rc notice_line(struct iss_call *c, const struct dom_reg *r, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	FJ_AUTO(json) card = NULL;

	FJ_TRY(dom_org_get(c->db, r->holder, &holder, err));
	FJ_TRY(dom_card_at(c->db, r->asset_no, r->version, &card, err));
	enum fj_rc rc = fj_buf_printf(out, "登记主体名称：%s\n登记类型：%s\n登记数据名称：%s\n数据内容简介：%s\n\n", holder.name, dom_reg_type(r->type)->zh,
	    dom_card_text(card, "basic", "name"), dom_card_text(card, "basic", "overview"));
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "issuer", NULL, "the notice is too long; take fewer registrations");
}

/* the text to publish: the four items of 26号 art. 12 and nothing else */
enum fj_rc cmd_registration_notice_text(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) out = FJ_BUF_INIT(8u << 20);
	FJ_AUTO(json) alone = json_array();
	const char *id = fj_json_peek(c->params, "id");
	const json_t *ids = json_object_get(c->params, "ids");
	size_t i;
	json_t *v;

	if (id != NULL)
		json_array_append_new(alone, json_string(id));
	json_array_foreach(id != NULL ? alone : ids, i, v) {
		struct dom_reg r;
		FJ_TRY(dom_reg_get(c->db, json_string_value(v), &r, err));
		if (strcmp(r.state, "REVIEWED") != 0 && strcmp(r.state, "NOTICED") != 0) {
			enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", "26号 art. 12", "registration %s is %s; a notice follows the review", r.id, r.state);
			fj_err_zh(err, "登记 %s 当前状态为 %s；审核通过后方可公示", r.id, r.state);
			return rc;
		}
		FJ_TRY(notice_line(c, &r, &out, err));
	}
	c->answer = json_pack("{s:s}", "text", fj_buf_str(&out));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- the decision --- */

static enum fj_rc check_notice_over(struct iss_call *c, const struct dom_reg *r, struct fj_err *err)
{
	char end[FJ_TIME_CAP];
	FJ_AUTO(sto_q) q = {0};
	bool row;

	if (strcmp(r->path, "26") != 0)
		return FJ_OK;
	fj_date_china(r->notice_to, end);
	if (c->now <= r->notice_to) {
		enum fj_rc rc = iss_rule_fail(err, "R20", "", "");
		if (err != NULL) {
			snprintf(err->en, sizeof(err->en), "the public notice runs to the end of %s; decide after it", end);
			snprintf(err->zh, sizeof(err->zh), "公示期至 %s 届满，届满后方可作出决定", end);
		}
		return rc;
	}
	FJ_TRY(sto_query(c->db, STO_OBJECTION_OPEN, &q, err, "t", r->id));
	FJ_TRY(sto_step(&q, &row, err));
	return !row ? FJ_OK : iss_rule_fail(err, "R19", "an objection to this registration is open, or waits to be confirmed; decide on it first (objection decide; confirm or decline what the public lodged)", "该登记有未核实的异议；请先作出异议处理决定（社会公众提出的，先作受理或不予受理）");
}

static enum fj_rc check_decision(struct iss_call *c, struct dom_reg *r, struct dom_asset *a, json_t *body, struct fj_err *err)
{
	FJ_TRY(check_notice_over(c, r, err));
	FJ_TRY(check_not_revoking(c, a, err));
	if (dom_reg_type(r->type)->ends == NULL)
		FJ_TRY(check_lawful(c, r, a, body, err));
	if (strcmp(r->type, "TRANSFER") == 0 && r->received[0] == '\0')
		return fj_refuse(err, FJ_E_STATE, "issuer", "domain.md 7.1", "the receiver has not agreed yet (registration receive)", "接收单位尚未确认接收");
	return FJ_OK;
}

enum fj_rc cmd_registration_decide(struct iss_call *c, struct fj_err *err)
{
	static const struct step yes = {"decide", "registration.decided", "decider", true, check_decision, true},
		no = {"refuse", "registration.refused", "decider", true, NULL, false};

	return decide_step(c, &yes, &no, err);
}

/* --- the applicant's side --- */

static enum fj_rc recall_one(struct iss_call *c, const char *id, const void *arg, struct fj_err *err)
{
	struct dom_reg r;
	FJ_AUTO(dom_asset) a = {.card = NULL};
	const char *to, *asset_to;
	const struct step s = {.act = "recall"};

	(void)arg;
	FJ_TRY(dom_reg_get(c->db, id, &r, err));
	FJ_TRY(dom_asset_get(c->db, r.asset_no, &a, err));
	if (strcmp(a.holder, c->actor->org) != 0)
		return not_yours(err);
	FJ_TRY(iss_state_next(strcmp(r.path, "26") == 0 ? ISS_OBJ_REGISTRATION : ISS_OBJ_REGISTRATION_SHORT, r.state, "recall", &to, err));
	FJ_TRY(asset_next(&r, &a, &s, &asset_to, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:b}", "asset_no", a.asset_no, "to", to, "asset_to", asset_to, "note",
	    fj_json_text(c->params, "note"), "closed", 1);
	FJ_TRY(evt_append(c, "registration.recalled", r.id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s}", "id", r.id, "asset_no", a.asset_no, "state", to);
	return FJ_OK;
}

enum fj_rc cmd_registration_recall(struct iss_call *c, struct fj_err *err)
{
	return tsk_run(c, "id", "ids", recall_one, NULL, err);
}

enum fj_rc cmd_registration_receive(struct iss_call *c, struct fj_err *err)
{
	struct dom_reg r;

	FJ_TRY(dom_reg_get(c->db, fj_json_peek(c->params, "id"), &r, err));
	if (strcmp(r.receiver, c->actor->org) != 0)
		return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md 7.1", "the receiver named in the application agrees to a transfer",
		    "应由申请中列明的接收单位确认");
	if (dom_reg_closed(r.state) || strcmp(r.state, "REGISTERED") == 0 || r.received[0] != '\0') {
		return fj_refuse(err, FJ_E_STATE, "issuer", "domain.md 7.1", "this transfer is decided or agreed to already", "该转移登记已办结或已确认接收");
	}
	FJ_TRY(dom_reg_apart(&r, c->actor->person, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:I}", "received", c->actor->person, "to", r.state, "due", (json_int_t)r.due);
	FJ_TRY(evt_append(c, "registration.received", r.id, body, err));
	c->answer = json_pack("{s:s, s:s}", "id", r.id, "state", r.state);
	return FJ_OK;
}

/* --- what a step changes --- */

static const char *opt(const json_t *b, const char *key)
{
	return fj_json_peek(b, key); /* NULL: stays as it is */
}

enum fj_rc apply_registration_step(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body, *missing = json_object_get(b, "missing");
	FJ_AUTO(buf) list = FJ_BUF_INIT(65536);

	if (missing != NULL)
		FJ_TRY(fj_json_canonical(missing, &list, err));
	FJ_TRY(sto_run(e->db, STO_REG_STEP, NULL, err, "ttttt" "tttiiitit", fj_json_text(b, "to"), opt(b, "endorser"), opt(b, "acceptor"),
	    opt(b, "reviewer"), opt(b, "decider"),
	    opt(b, "received"), opt(b, "note"), missing != NULL ? fj_buf_str(&list) : NULL, fj_json_num(b, "due"), fj_json_num(b, "notice_from"),
	    fj_json_num(b, "notice_to"),
	    opt(b, "address"), e->seq, e->object));
	if (opt(b, "asset_to") == NULL)
		return FJ_OK;
	bool done = json_is_true(json_object_get(b, "closed"));
	if (json_object_get(b, "adopt") != NULL) { /* a registered asset without certificate: the new card is in force */
		FJ_AUTO(json) card = NULL;
		FJ_TRY(dom_card_at(e->db, fj_json_text(b, "asset_no"), fj_json_num(b, "adopt"), &card, err));
		FJ_TRY(sto_run(e->db, STO_ASSET_ADOPT, NULL, err, "ittit", fj_json_num(b, "adopt"), dom_card_text(card, "basic", "name"), "", e->seq,
		    fj_json_text(b, "asset_no")));
	}
	return sto_run(e->db, STO_ASSET_REG, NULL, err, "ttit", fj_json_text(b, "asset_to"), done ? "" : e->object, e->seq, fj_json_text(b, "asset_no"));
}

/* --- reading --- */

static json_t *to_json(const struct dom_reg *r, fj_time now)
{
	char at[FJ_TIME_CAP], due[FJ_TIME_CAP] = "", from[FJ_TIME_CAP] = "", end[FJ_TIME_CAP] = "";

	fj_time_utc(r->at, at);
	if (r->due != 0)
		fj_time_utc(r->due, due);
	if (r->notice_from != 0) {
		fj_time_utc(r->notice_from, from);
		fj_time_utc(r->notice_to, end);
	}
	return json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:s}", "id", r->id, "asset_no", r->asset_no, "holder", r->holder,
	    "version", (json_int_t)r->version, "type", r->type, "path", r->path, "state", r->state, "applied_at", at, "due", due, "overdue", late(r, now),
	    "notice_from", from, "notice_to", end, "receiver", r->receiver, "certificate", r->certificate);
}

#define MAX_ISSUERS 10 /* by name */

/* How many more of the finance department's officers have no part in it, the reader left out, the first of them by name, and whether
 * the reader has: the certificate takes two of those who have none (R22). */
static enum fj_rc put_officers(struct iss_call *c, const struct dom_reg *r, const struct dom_asset *a, json_t *out, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	FJ_AUTO(buf) persons = FJ_BUF_INIT(4096);
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) names = json_array();
	struct iss_actor o;
	bool row;
	json_int_t left = 0;

	FJ_TRY(dom_org_get(c->db, a->holder, &holder, err));
	if (strcmp(holder.finance, c->actor->org) != 0 || !(c->actor->roles & ISS_FINANCE) || dom_reg_type(r->type)->ends != NULL)
		return FJ_OK;
	FJ_TRY(dom_reg_persons(r, &persons, err));
	FJ_TRY(sto_query(c->db, STO_USER_DECIDERS, &q, err, "ti", holder.finance, (int64_t)ISS_FINANCE));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		FJ_TRY(usr_actor(c->db, sto_text(&q, 0), "system", &o, err));
		if (iss_persons_meet(o.person, fj_buf_str(&persons)) || iss_persons_meet(o.person, c->actor->person))
			continue;
		if (left++ < MAX_ISSUERS && json_array_append_new(names, json_string(o.name)) != 0)
			return fj_no_memory(err, "issuer");
	}
	FJ_TRY(fj_json_set(out, "issuers", json_incref(names)));
	FJ_TRY(fj_json_set(out, "had_part", json_boolean(iss_persons_meet(c->actor->person, fj_buf_str(&persons)))));
	return fj_json_set(out, "issuers_left", json_integer(left));
}

/* before it is taken on, what the one notice would name now; after a return, whether it can be completed and applied for again */
static enum fj_rc put_lacks(struct iss_call *c, const struct dom_reg *r, json_t *out, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};
	FJ_AUTO(json) card = NULL;
	json_t *found = NULL;

	FJ_TRY(dom_asset_get(c->db, r->asset_no, &a, err));
	FJ_TRY(fj_json_set(out, "asset_name", json_string(a.name)));
	if (strcmp(r->state, "RETURNED") == 0) {
		FJ_TRY(dom_reg_returned(c->db, r->asset_no, &found, err));
		FJ_AUTO(json) newest = found;
		return fj_json_set(out, "resubmit", json_boolean(a.registration[0] == '\0' && strcmp(fj_json_text(newest, "registration"), r->id) == 0));
	}
	if (dom_reg_closed(r->state) || r->certificate[0] != '\0')
		return FJ_OK;
	FJ_TRY(put_officers(c, r, &a, out, err));
	FJ_TRY(dom_card_at(c->db, r->asset_no, r->version, &card, err));
	json_decref(a.card);
	a.card = fj_move(card);
	FJ_TRY(dom_material_uncertified(c->db, &a, &found, err));
	FJ_AUTO(json) later = found;
	if (dom_reg_type(r->type)->ends == NULL && json_array_size(later) > 0)
		FJ_TRY(fj_json_set(out, "certificate_missing", json_incref(later)));
	if (strcmp(r->state, "SUBMITTED") != 0 && strcmp(r->state, "APPLIED") != 0)
		return FJ_OK;
	FJ_TRY(dom_material_missing(c->db, r->path, r->type, &a, &found, err));
	FJ_AUTO(json) lacks = found;
	return json_array_size(lacks) > 0 ? fj_json_set(out, "missing", json_incref(lacks)) : FJ_OK;
}

enum fj_rc cmd_registration_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *id = fj_json_peek(c->params, "id");
	struct dom_reg r;
	json_t *missing = NULL, *objections = NULL;

	FJ_TRY(sto_first(c->db, STO_REG_GET, &q, id, err, "t", id));
	FJ_TRY(dom_reg_from_row(&q, &r, err));
	c->answer = to_json(&r, c->now);
	if (sto_text(&q, 15)[0] != '\0' && fj_json_parse(fj_slice_str(sto_text(&q, 15)), 65536, &missing, NULL) == FJ_OK)
		json_object_set_new(c->answer, "missing", missing);
	json_object_set_new(c->answer, "disposal", json_string(sto_text(&q, 14)));
	json_object_set_new(c->answer, "note", json_string(sto_text(&q, 16)));
	json_object_set_new(c->answer, "notice_address", json_string(sto_text(&q, 23)));
	FJ_TRY(put_lacks(c, &r, c->answer, err));
	FJ_TRY(obj_of(c, id, &objections, err));
	FJ_AUTO(json) against = objections;
	if (json_array_size(against) > 0)
		json_object_set(c->answer, "objections", against);
	return c->answer != NULL ? dom_legacy_mark(c->db, r.asset_no, r.id, c->answer, err) : fj_no_memory(err, "issuer");
}
