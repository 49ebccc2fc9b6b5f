/*
 * revenue.c - 收益: booked, held, cleared or refused, countered.
 *
 * A booking is of one kind, from one payer, for one period, in fen.  What R06 finds is
 * not refused but held, with every reason, and counts nowhere until two finance
 * officers clear it with evidence; they may refuse it.  What is booked is shared by the
 * agreement (revenue_split.c) and never changed: a correction is a counter-entry that
 * negates each row, asked for by who booked it or by the finance department, approved
 * by the latter.  Nobody clears or refuses what he booked, nor approves countering it.
 */
#include "issuer/revenue.h"

#include "base/jws.h"
#include "issuer/agreement.h"
#include "issuer/profile.h"
#include "issuer/shape.h"
#include "issuer/state.h"

static const char *const kinds[] = {"USE_FEE", "OPERATOR_SALE", "REDEV_SALE", "DISPOSAL", NULL};
static const char *const funds[] = {"OWN", "FISCAL", "DEBT", NULL};
static const char *const states[] = {"HELD", "BOOKED", "REFUSED", "COUNTERED", "COUNTER", NULL};

#define PAGE {"after", ISS_F_STR, false, 64, "起始", "start after this one"}, ISS_FIELD_LIMIT
#define ID {"id", ISS_F_STR, true, 40, "收益编号", "revenue"}
#define REASON {"reason", ISS_F_STR, true, 400, "理由", "reason, for the record"}
const struct iss_field fld_revenue_book[] = {
	{"authorisation", ISS_F_STR, false, 40, "授权（除处置收入外须填）", "authorisation (needed, except of a disposal)", .noun = "authorisation"},
	{"product", ISS_F_STR, false, DOM_MAX_PRODUCT, "产品标识（运营服务费、再开发收益须填）", "product or service (needed for a sale)", .noun = "sold"},
	{"asset", ISS_F_STR, false, DOM_MAX_ASSET_NO, "资产编号（处置收入须填）", "asset (needed of a disposal)"},
	{"kind", ISS_F_STR, true, 16, "收益类别", "kind of revenue", kinds, "domain.md 4.11"},
	{"payer", ISS_F_STR, true, 18, "付款方", "payer: name, or USCC", .noun = "organisation"},
	{"payer_name", ISS_F_STR, false, DOM_MAX_NAME, "付款方名称（未在本系统登记的须填）", "payer's name (needed where it is not registered here)"},
	{"gross_fen", ISS_F_INT, true, SHR_MAX_FEN, "收入总额（分）", "gross, in fen"},
	{"tax_fen", ISS_F_INT, false, SHR_MAX_FEN, "税额（分）", "tax in it, in fen; 0 by default"},
	{"period_from", ISS_F_STR, true, 10, "所属期间起", "first day of the period, ISO"},
	{"period_to", ISS_F_STR, true, 10, "所属期间止", "last day of the period, ISO"},
	{"paid_on", ISS_F_STR, false, 10, "收款日期", "day of the payment, ISO; today by default"},
	{"funded_by", ISS_F_STR, true, 8, "付款资金来源", "where the payer's money comes from", funds, "167·四(三)"},
	{"gov_platform", ISS_F_BOOL, false, 1, "付款方为政府平台公司", "the payer is a platform of the government"},
	{"evidence", ISS_F_JSON, false, 1, "凭据", "receipts, deliveries, invoice, materials", .members = shp_evidence},
	{"note", ISS_F_STR, false, 400, "说明", "note"},
	{0},
};
const struct iss_field fld_revenue_compute[] = {
	{"authorisation", ISS_F_STR, false, 40, "授权编号", "authorisation; none for a disposal", .noun = "authorisation"},
	{"asset", ISS_F_STR, false, DOM_MAX_ASSET_NO, "资产编号", "DISPOSAL: the asset"},
	{"kind", ISS_F_STR, true, 16, "收益类别", "kind of revenue", kinds, "domain.md 4.11"},
	{"gross_fen", ISS_F_INT, true, SHR_MAX_FEN, "收入总额（分）", "gross, in fen"},
	{"tax_fen", ISS_F_INT, false, SHR_MAX_FEN, "税额（分）", "tax in it, in fen; 0 by default"},
	{0},
};
const struct iss_field fld_revenue_clear[] = {ID, {"evidence", ISS_F_JSON, true, 1, "凭据", "what shows that it is revenue", .members = shp_evidence}, REASON, {0}};
const struct iss_field fld_revenue_reason[] = {ID, REASON, {0}};
const struct iss_field fld_revenue_list[] = {
	PAGE,
	{"state", ISS_F_STR, false, 12, "状态", "only those in this state", states, "domain.md 4.11"},
	{"kind", ISS_F_STR, false, 16, "收益类别", "only this kind", kinds, "domain.md 4.11"},
	{"authorisation", ISS_F_STR, false, 40, "授权编号", "only of this authorisation"},
	{"payer", ISS_F_STR, false, 18, "付款方代码", "only from this payer"},
	{"period_from", ISS_F_STR, false, 10, "期间起", "periods that end on or after this day"},
	{"period_to", ISS_F_STR, false, 10, "期间止", "periods that begin on or before this day"},
	{0},
};

static enum fj_rc bad(struct fj_err *err, enum fj_rc rc, const char *cite, const char *en, const char *zh)
{
	return fj_refuse(err, rc, "issuer", cite, en, zh);
}

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

void rev_release(struct rev *r)
{
	json_decref(r->reasons);
	json_decref(r->evidence);
	r->reasons = r->evidence = NULL;
}

const char *rev_finance(const struct dom_org *o)
{
	return o->finance[0] != '\0' ? o->finance : o->usci;
}

bool rev_public(const char *kind)
{
	return iss_kind_no_collateral(kind);
}

enum fj_rc rev_agreement(struct sto *db, const struct rev *r, json_t **out, struct fj_err *err)
{
	*out = NULL;
	if (r->authorisation[0] == '\0')
		return FJ_OK;
	enum fj_rc rc = dom_agreement_get(db, r->authorisation, out, err);
	return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
}

/* --- rows and bodies --- */

static enum fj_rc from_row(const struct sto_q *q, struct rev *r, struct fj_err *err)
{
	const struct sto_copy texts[] = {STO_COPY(0, r->id), STO_COPY(1, r->authorisation), STO_COPY(2, r->asset_no), STO_COPY(3, r->product), STO_COPY(4, r->payer),
		STO_COPY(5, r->payer_name), STO_COPY(6, r->kind), STO_COPY(10, r->period_from), STO_COPY(11, r->period_to), STO_COPY(12, r->paid_on), STO_COPY(14, r->funds),
		STO_COPY(16, r->state), STO_COPY(19, r->invoice), STO_COPY(20, r->holder), STO_COPY(21, r->implementer), STO_COPY(22, r->operator_), STO_COPY(23, r->finance),
		STO_COPY(24, r->booked_by), STO_COPY(25, r->person), STO_COPY(26, r->counters), STO_COPY(27, r->countered_by)};

	FJ_TRY(sto_copy(q, texts, FJ_ARRAY_LEN(texts), "a revenue", err));
	r->gross = sto_int(q, 7);
	r->tax = sto_int(q, 8);
	r->net = sto_int(q, 9);
	r->year = sto_int(q, 13);
	r->platform = sto_int(q, 15) != 0;
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(q, 17)), REV_MAX_EVIDENCE, &r->reasons, err));
	return fj_json_parse(fj_slice_str(sto_text(q, 18)), REV_MAX_EVIDENCE, &r->evidence, err);
}

enum fj_rc rev_get(struct sto *db, const char *id, struct rev *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	memset(out, 0, sizeof(*out));
	FJ_TRY(sto_first(db, STO_REV_GET, &q, id, err, "t", id));
	return from_row(&q, out, err);
}

json_t *rev_body(const struct rev *r)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:s, s:I, s:s, s:b, s:O, s:O, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
	    "authorisation", r->authorisation, "asset_no", r->asset_no, "product", r->product, "payer", r->payer, "payer_name", r->payer_name, "kind", r->kind,
	    "gross_fen", (json_int_t)r->gross, "tax_fen", (json_int_t)r->tax, "net_fen", (json_int_t)r->net, "period_from", r->period_from, "period_to", r->period_to, "paid_on",
	    r->paid_on, "budget_year", (json_int_t)r->year, "funded_by", r->funds, "gov_platform", r->platform, "reasons", r->reasons, "evidence", r->evidence, "invoice", r->invoice,
	    "holder", r->holder, "implementer", r->implementer, "operator", r->operator_, "finance", r->finance, "booked_by", r->booked_by, "person", r->person, "counters", r->counters);
}

static enum fj_rc text_of(const json_t *j, struct fj_buf *out, struct fj_err *err)
{
	return fj_json_canonical(j, out, err);
}

/* "revenue.held", "revenue.booked": the row; shares and entries of what is booked */
enum fj_rc apply_revenue_booked(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	FJ_AUTO(buf) reasons = FJ_BUF_INIT(REV_MAX_EVIDENCE);
	FJ_AUTO(buf) evidence = FJ_BUF_INIT(REV_MAX_EVIDENCE);

	FJ_TRY(text_of(json_object_get(b, "reasons"), &reasons, err));
	FJ_TRY(text_of(json_object_get(b, "evidence"), &evidence, err));
	FJ_TRY(sto_run(e->db, STO_REV_ADD, NULL, err, "ttttttt" "iii" "ttt" "iti" "ttttt" "tttt" "tttt" "ii", e->object, fj_json_text(b, "authorisation"),
	    fj_json_text(b, "asset_no"), fj_json_text(b, "product"), fj_json_text(b, "payer"), fj_json_text(b, "payer_name"), fj_json_text(b, "kind"),
	    fj_json_num(b, "gross_fen"), fj_json_num(b, "tax_fen"), fj_json_num(b, "net_fen"), fj_json_text(b, "period_from"), fj_json_text(b, "period_to"), fj_json_text(b, "paid_on"),
	    fj_json_num(b, "budget_year"), fj_json_text(b, "funded_by"), (int64_t)json_is_true(json_object_get(b, "gov_platform")), fj_json_text(b, "state"), fj_buf_str(&reasons),
	    fj_buf_str(&evidence), fj_json_text(b, "invoice"), fj_json_text(json_object_get(b, "evidence"), "trade"), fj_json_text(b, "holder"), fj_json_text(b, "implementer"), fj_json_text(b, "operator"), fj_json_text(b, "finance"),
	    fj_json_text(b, "booked_by"), fj_json_text(b, "person"), fj_json_text(b, "counters"), fj_json_text(b, "note"), (int64_t)e->at, e->seq));
	return rev_apply_split(e, e->object, fj_json_text(b, "kind"), err);
}

/* "revenue.cleared", "revenue.refused" */
enum fj_rc apply_revenue_decided(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	FJ_AUTO(buf) evidence = FJ_BUF_INIT(REV_MAX_EVIDENCE);

	FJ_TRY(text_of(json_object_get(b, "evidence"), &evidence, err));
	FJ_TRY(sto_run(e->db, STO_REV_STATE, NULL, err, "tttit", fj_json_text(b, "to"), fj_buf_str(&evidence), fj_json_text(b, "reason"), e->seq, e->object));
	return rev_apply_split(e, e->object, fj_json_text(b, "kind"), err);
}

enum fj_rc apply_revenue_countered(const struct evt *e, struct fj_err *err)
{
	FJ_TRY(sto_run(e->db, STO_REV_COUNTERED, NULL, err, "tttit", fj_json_text(e->body, "to"), fj_json_text(e->body, "by"), fj_json_text(e->body, "reason"), e->seq, e->object));
	return sto_run(e->db, STO_REM_COUNTER, NULL, err, "t", e->object);
}

/* --- booking --- */

static enum fj_rc read_day(const json_t *p, const char *key, const char *otherwise, char out[11], struct fj_err *err)
{
	const char *s = fj_json_peek(p, key);
	fj_time t;

	s = s == NULL ? otherwise : s;
	FJ_TRY(fj_date_parse(s, &t, err));
	return fj_strcopy(out, 11, s);
}

static enum fj_rc read_days(struct iss_call *c, struct rev *r, struct fj_err *err)
{
	char today[FJ_TIME_CAP];

	fj_date_china(c->now, today);
	FJ_TRY(read_day(c->params, "period_from", "", r->period_from, err));
	FJ_TRY(read_day(c->params, "period_to", "", r->period_to, err));
	FJ_TRY(read_day(c->params, "paid_on", today, r->paid_on, err));
	r->year = strtol(r->paid_on, NULL, 10);
	if (strcmp(r->period_from, r->period_to) > 0)
		return bad(err, FJ_E_INVALID, "domain.md 4.11", "the period ends before it begins", "所属期间的截止日早于起始日");
	return strcmp(r->paid_on, today) <= 0 ? FJ_OK : bad(err, FJ_E_INVALID, "domain.md 4.11", "the payment lies in the future; book it when it has come", "收款日期在今天之后；请在收款后入账");
}

/* of a payer that the register knows the name is the register's */
static enum fj_rc read_payer(struct iss_call *c, struct rev *r, struct fj_err *err)
{
	const char *usci = fj_json_peek(c->params, "payer"), *name = fj_json_peek(c->params, "payer_name");
	FJ_AUTO(dom_org) o = {.affiliates = NULL};

	if (!iss_usci_form(usci))
		return bad(err, FJ_E_INVALID, "GB 32100", "the payer is named by its unified social credit code, 18 characters", "付款方应填 18 位统一社会信用代码");
	FJ_TRY(fj_strcopy(r->payer, sizeof(r->payer), usci));
	enum fj_rc rc = dom_org_get(c->db, usci, &o, err);
	if (rc == FJ_OK)
		return fj_strcopy(r->payer_name, sizeof(r->payer_name), o.name);
	if (rc != FJ_E_NOTFOUND)
		return rc;
	if (!iss_said(name))
		return bad(err, FJ_E_INVALID, "domain.md 4.11", "the register does not know this payer; give its name (payer_name)", "登记簿中没有该付款方，请填写其名称（payer_name）");
	FJ_TRY(rev_no_disguise(c, usci, name, err));
	return fj_strcopy(r->payer_name, sizeof(r->payer_name), name);
}

static enum fj_rc not_yours(struct fj_err *err)
{
	return bad(err, FJ_E_FORBIDDEN, "domain.md 6", "revenue is booked by holder, implementer or operator of its authorisation, a re-developer's own sale by a developer licensed under it",
	    "收益由该授权的持有单位、实施机构或运营机构入账；再开发收入由其下获许可的再开发主体入账");
}

static enum fj_rc check_booker(struct iss_call *c, const struct rev *r, struct fj_err *err)
{
	const char *org = c->actor->org;
	FJ_AUTO(sto_q) q = {0};
	bool row;

	if (!is(r->kind, "REDEV_SALE"))
		return ((c->acting & ISS_HOLDER) && is(org, r->holder)) || ((c->acting & ISS_IMPLEMENTER) && is(org, r->implementer)) ||
		    ((c->acting & ISS_OPERATOR) && is(org, r->operator_)) ? FJ_OK : not_yours(err);
	FJ_TRY(sto_query(c->db, STO_REV_DEVELOPER, &q, err, "tt", r->authorisation, org));
	FJ_TRY(sto_step(&q, &row, err));
	return row && (c->acting & (ISS_DEVELOPER | ISS_USER)) ? FJ_OK : not_yours(err);
}

/* whose revenue it is: by the authorisation, the asset that was disposed of, or only by who books it */
static enum fj_rc read_parties(struct iss_call *c, struct rev *r, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	FJ_AUTO(dom_asset) asset = {.card = NULL};
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	bool disposal = is(r->kind, "DISPOSAL");

	if (disposal != (r->asset_no[0] != '\0') || (disposal && r->authorisation[0] != '\0'))
		return bad(err, FJ_E_INVALID, "domain.md 4.11", "a disposal names its asset, other revenue its authorisation", "处置收入应填资产编号，其他收入应填授权编号");
	if (r->authorisation[0] != '\0') {
		FJ_TRY(dom_auth_get(c->db, r->authorisation, &a, err));
		FJ_TRY(fj_strcopy(r->holder, sizeof(r->holder), a.holder));
		FJ_TRY(fj_strcopy(r->implementer, sizeof(r->implementer), a.implementer));
		FJ_TRY(fj_strcopy(r->operator_, sizeof(r->operator_), a.operator_));
	} else if (disposal) {
		FJ_TRY(dom_asset_get(c->db, r->asset_no, &asset, err));
		FJ_TRY(fj_strcopy(r->holder, sizeof(r->holder), asset.holder));
	} else {
		FJ_TRY(fj_strcopy(r->holder, sizeof(r->holder), c->actor->org));
	}
	FJ_TRY(dom_org_get(c->db, r->holder, &holder, err));
	FJ_TRY(fj_strcopy(r->finance, sizeof(r->finance), rev_finance(&holder)));
	return check_booker(c, r, err);
}

static enum fj_rc read_money(struct iss_call *c, struct rev *r, struct fj_err *err)
{
	r->gross = fj_json_num(c->params, "gross_fen");
	r->tax = fj_json_num(c->params, "tax_fen");
	FJ_TRY(shr_net(r->gross, r->tax, &r->net, err));
	if (r->product[0] == '\0' && (is(r->kind, "OPERATOR_SALE") || is(r->kind, "REDEV_SALE")))
		return bad(err, FJ_E_INVALID, "domain.md 4.11", "a sale names the product or service that was sold", "销售收入应填写所售产品和服务");
	return FJ_OK;
}

static enum fj_rc once(struct iss_call *c, const struct rev *r, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	if (r->invoice[0] == '\0')
		return FJ_OK;
	FJ_TRY(sto_query(c->db, STO_REV_INVOICE, &q, err, "ttt", r->invoice, r->booked_by, r->authorisation));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", "domain.md 4.11", "invoice %.80s is booked already: %s", r->invoice, sto_text(&q, 0));
	fj_err_zh(err, "发票 %.80s 已入账：%s", r->invoice, sto_text(&q, 0));
	return rc;
}

static enum fj_rc read_booking(struct iss_call *c, struct rev *r, struct fj_err *err)
{
	const json_t *p = c->params, *evidence = json_object_get(p, "evidence");

	memset(r, 0, sizeof(*r));
	r->reasons = json_array();
	r->evidence = json_is_object(evidence) ? json_incref((json_t *)(uintptr_t)evidence) : json_object();
	r->platform = json_is_true(json_object_get(p, "gov_platform"));
	const struct {
		const char *from;
		char *to;
		size_t cap;
	} texts[] = {{fj_json_text(p, "authorisation"), r->authorisation, sizeof(r->authorisation)}, {fj_json_text(p, "product"), r->product, sizeof(r->product)},
		{fj_json_text(p, "asset"), r->asset_no, sizeof(r->asset_no)}, {fj_json_text(p, "kind"), r->kind, sizeof(r->kind)}, {fj_json_text(p, "funded_by"), r->funds, sizeof(r->funds)},
		{c->actor->org, r->booked_by, sizeof(r->booked_by)}, {c->actor->person, r->person, sizeof(r->person)},
		{fj_json_text(json_object_get(evidence, "invoice"), "number"), r->invoice, sizeof(r->invoice)}};
	for (size_t i = 0; i < FJ_ARRAY_LEN(texts); i++)
		if (fj_strcopy(texts[i].to, texts[i].cap, texts[i].from) != FJ_OK)
			return bad(err, FJ_E_INVALID, "domain.md 4.11", "a text is too long", "文本过长");
	FJ_TRY(rev_tidy_invoice(r, err));
	FJ_TRY(read_money(c, r, err));
	FJ_TRY(read_days(c, r, err));
	FJ_TRY(read_payer(c, r, err));
	FJ_TRY(read_parties(c, r, err));
	return once(c, r, err);
}

/* who would get what; nothing else of a booking is asked for or judged yet */
enum fj_rc cmd_revenue_compute(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(rev) r = {.reasons = NULL};
	const json_t *p = c->params;

	if (fj_strcopy(r.kind, sizeof(r.kind), fj_json_text(p, "kind")) != FJ_OK || fj_strcopy(r.authorisation, sizeof(r.authorisation), fj_json_text(p, "authorisation")) != FJ_OK ||
	    fj_strcopy(r.asset_no, sizeof(r.asset_no), fj_json_text(p, "asset")) != FJ_OK || fj_strcopy(r.booked_by, sizeof(r.booked_by), c->actor->org) != FJ_OK)
		return bad(err, FJ_E_INVALID, "domain.md 4.11", "a text is too long", "文本过长");
	r.gross = fj_json_num(p, "gross_fen");
	r.tax = fj_json_num(p, "tax_fen");
	FJ_TRY(shr_net(r.gross, r.tax, &r.net, err));
	FJ_TRY(read_parties(c, &r, err));
	return rev_computed(c, &r, &c->answer, err);
}

/* R06 as the answer says it: the booking is on record, and refused as revenue for now */
static enum fj_rc answer_held(struct iss_call *c, const struct rev *r, const json_t *reasons, struct fj_err *err)
{
	FJ_AUTO(buf) en = FJ_BUF_INIT(4096);
	FJ_AUTO(buf) zh = FJ_BUF_INIT(4096);
	struct fj_err why = {0};
	size_t i;
	json_t *v;

	FJ_TRY(fj_buf_puts(&en, "held, two finance officers clear it with evidence (revenue clear) or refuse it:"));
	FJ_TRY(fj_buf_puts(&zh, "涉嫌变相虚增财政收入，已暂挂，须两名财政经办人凭证据解除（revenue clear）或予以否决："));
	json_array_foreach(reasons, i, v) {
		FJ_TRY(fj_buf_printf(&en, "%s %s", i > 0 ? ";" : "", fj_json_text(v, "en")));
		FJ_TRY(fj_buf_printf(&zh, "%s%s", i > 0 ? "；" : "", fj_json_text(v, "zh")));
	}
	iss_rule_fail(&why, fj_json_text(json_array_get(reasons, 0), "rule"), fj_buf_str(&en), fj_buf_str(&zh));
	c->answer = fj_err_json(&why);
	FJ_AUTO(json) more = json_pack("{s:b, s:s, s:s, s:O}", "refused", 1, "id", r->id, "state", "HELD", "reasons", reasons);
	return c->answer != NULL && json_object_update(c->answer, more) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc note_reasons(struct rev *r, const json_t *reasons, struct fj_err *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(reasons, i, v)
		if (json_array_append(r->reasons, json_object_get(v, "code")) != 0)
			return fj_no_memory(err, "issuer");
	return FJ_OK;
}

enum fj_rc cmd_revenue_book(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(rev) r = {.reasons = NULL};
	json_t *list = NULL;

	FJ_TRY(read_booking(c, &r, err));
	FJ_TRY(rev_judge(c, &r, &list, err));
	FJ_AUTO(json) reasons = list;
	bool held = json_array_size(reasons) > 0;
	FJ_TRY(note_reasons(&r, reasons, err));
	iss_new_id("RV-", 12, r.id);
	FJ_AUTO(json) body = rev_body(&r);
	FJ_TRY(fj_json_set(body, "state", json_string(held ? "HELD" : "BOOKED")));
	FJ_TRY(fj_json_set(body, "note", json_string(fj_json_text(c->params, "note"))));
	if (!held)
		FJ_TRY(rev_split(c, &r, body, err));
	FJ_TRY(evt_append(c, held ? "revenue.held" : "revenue.booked", r.id, body, err));
	if (held)
		return answer_held(c, &r, reasons, err);
	c->answer = json_pack("{s:s, s:s, s:I, s:O}", "id", r.id, "state", "BOOKED", "net_fen", (json_int_t)r.net, "shares", json_object_get(body, "shares"));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- clearing and refusing --- */

static enum fj_rc load_for(struct iss_call *c, const char *id, const char *act, struct rev *r, const char **to, struct fj_err *err)
{
	FJ_TRY(rev_get(c->db, id, r, err));
	return iss_state_next(ISS_OBJ_REVENUE, r->state, act, to, err);
}

static enum fj_rc shows_something(const json_t *evidence, struct fj_err *err)
{
	bool some = json_array_size(json_object_get(evidence, "documents")) > 0 || json_array_size(json_object_get(evidence, "materials")) > 0 ||
	    json_array_size(json_object_get(evidence, "delivery")) > 0;

	return iss_rule_no_inflated_revenue(some, "what is held is cleared by evidence: documents, materials or deliveries", "解除暂挂须提供证据：文件、材料或交付凭据", err);
}

/* the booking's evidence and what was added; lists grow */
static enum fj_rc merged(const json_t *old, const json_t *more, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) all = json_deep_copy(old);
	const char *key;
	json_t *v, *have;

	json_object_foreach((json_t *)(uintptr_t)more, key, v) {
		have = json_object_get(all, key);
		if ((json_is_array(have) ? json_array_extend(have, v) : json_object_set(all, key, v)) != 0)
			return fj_no_memory(err, "issuer");
	}
	*out = fj_move(all);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* what evidence can't replace: an authorisation that it is about, and an agreement that shares it */
static enum fj_rc clearable(struct iss_call *c, const struct rev *r, struct fj_err *err)
{
	json_t *agreement = NULL;

	if (is(r->kind, "DISPOSAL") || is(r->kind, "REDEV_SALE"))
		return FJ_OK;
	FJ_TRY(iss_rule_no_inflated_revenue(r->authorisation[0] != '\0', "it names no authorisation: refuse it, and have it booked under one", "未填写授权，不能解除；请否决后按授权重新入账", err));
	FJ_TRY(rev_agreement(c->db, r, &agreement, err));
	FJ_AUTO(json) owned = agreement;
	return iss_rule_no_shares_without_agreement(owned != NULL, err);
}

enum fj_rc cmd_revenue_clear(struct iss_call *c, struct fj_err *err)
{
	const char *id = fj_json_peek(c->params, "id"), *to;
	json_t *evidence = json_object_get(c->params, "evidence");
	FJ_AUTO(rev) r = {.reasons = NULL};

	FJ_TRY(load_for(c, id, "clear", &r, &to, err));
	FJ_TRY(iss_rule_no_foreign_issuer(r.finance, c->actor->org, err));
	FJ_TRY(iss_rule_no_two_roles_of_one_person(r.person, c->actor->person, err));
	FJ_TRY(iss_rule_no_inflated_revenue(json_object_get(evidence, "trade") == NULL, "a trade is named when it is booked, it clears nothing: refuse this one, and have it booked with the trade",
	    "成交应在入账时列明，不能用于解除暂挂；请否决后按成交重新入账", err));
	FJ_TRY(rev_evidence(c, &r, evidence, err));
	FJ_TRY(shows_something(evidence, err));
	FJ_TRY(clearable(c, &r, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:O, s:s, s:O, s:I, s:s}", "id", id, "evidence", evidence, "reason", fj_json_text(c->params, "reason"), "reasons", r.reasons,
	    "gross_fen", (json_int_t)r.gross, "not_by", r.person);
	return apr_request(c, "revenue.clear", id, r.finance, payload, err);
}

enum fj_rc apr_revenue_clear(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(rev) r = {.reasons = NULL};
	json_t *all = NULL;
	const char *to;

	FJ_TRY(load_for(c, a->object, "clear", &r, &to, err));
	FJ_TRY(clearable(c, &r, err));
	FJ_TRY(merged(r.evidence, json_object_get(a->payload, "evidence"), &all, err));
	FJ_AUTO(json) evidence = all;
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:O, s:s}", "to", to, "kind", r.kind, "evidence", evidence, "reason", fj_json_text(a->payload, "reason"));
	FJ_TRY(rev_split(c, &r, body, err));
	FJ_TRY(evt_append(c, "revenue.cleared", r.id, body, err));
	FJ_TRY(apr_void(c, "revenue.refuse", r.id, "cleared", err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s, s:O}", "id", a->id, "state", "APPROVED", "revenue", r.id, "revenue_state", to, "shares", json_object_get(body, "shares"));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_revenue_refuse(struct iss_call *c, struct fj_err *err)
{
	const char *id = fj_json_peek(c->params, "id"), *to;
	FJ_AUTO(rev) r = {.reasons = NULL};

	FJ_TRY(load_for(c, id, "refuse", &r, &to, err));
	FJ_TRY(iss_rule_no_foreign_issuer(r.finance, c->actor->org, err));
	FJ_TRY(iss_rule_no_two_roles_of_one_person(r.person, c->actor->person, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:O, s:I, s:s}", "id", id, "reason", fj_json_text(c->params, "reason"), "reasons", r.reasons, "gross_fen",
	    (json_int_t)r.gross, "not_by", r.person);
	return apr_request(c, "revenue.refuse", id, r.finance, payload, err);
}

enum fj_rc apr_revenue_refuse(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(rev) r = {.reasons = NULL};
	const char *to;

	FJ_TRY(load_for(c, a->object, "refuse", &r, &to, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:O, s:s}", "to", to, "kind", r.kind, "evidence", r.evidence, "reason", fj_json_text(a->payload, "reason"));
	FJ_TRY(evt_append(c, "revenue.refused", r.id, body, err));
	FJ_TRY(apr_void(c, "revenue.clear", r.id, "refused", err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s}", "id", a->id, "state", "APPROVED", "revenue", r.id, "revenue_state", to);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- counter-entries --- */

enum fj_rc cmd_revenue_counter(struct iss_call *c, struct fj_err *err)
{
	const char *id = fj_json_peek(c->params, "id"), *to;
	FJ_AUTO(rev) r = {.reasons = NULL};

	FJ_TRY(load_for(c, id, "counter", &r, &to, err));
	if (!is(c->actor->org, r.booked_by) && !((c->acting & ISS_FINANCE) && is(c->actor->org, r.finance)))
		return bad(err, FJ_E_FORBIDDEN, "domain.md 6", "a counter-entry is asked for by who booked the revenue, or by its finance department", "冲销由入账单位或本级财政部门提出");
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:I, s:s}", "id", id, "reason", fj_json_text(c->params, "reason"), "gross_fen", (json_int_t)r.gross, "not_by", r.person);
	return apr_request(c, "revenue.counter", id, r.finance, payload, err);
}

/* the one that negates it: dated today */
static enum fj_rc counter_of(struct iss_call *c, const struct rev *r, struct rev *out, struct fj_err *err)
{
	char today[FJ_TIME_CAP];

	*out = *r;
	out->evidence = json_object();
	out->reasons = json_array();
	out->gross = -r->gross;
	out->tax = -r->tax;
	out->net = -r->net;
	fj_date_china(c->now, today);
	FJ_TRY(fj_strcopy(out->paid_on, sizeof(out->paid_on), today));
	out->year = strtol(today, NULL, 10);
	FJ_TRY(fj_strcopy(out->counters, sizeof(out->counters), r->id));
	FJ_TRY(fj_strcopy(out->booked_by, sizeof(out->booked_by), c->actor->org));
	FJ_TRY(fj_strcopy(out->person, sizeof(out->person), c->actor->person));
	out->invoice[0] = '\0';
	iss_new_id("RV-", 12, out->id);
	return out->evidence != NULL && out->reasons != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apr_revenue_counter(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(rev) r = {.reasons = NULL};
	FJ_AUTO(rev) back = {.reasons = NULL};
	const char *to, *reason = fj_json_text(a->payload, "reason");

	FJ_TRY(load_for(c, a->object, "counter", &r, &to, err));
	FJ_TRY(counter_of(c, &r, &back, err));
	FJ_AUTO(json) body = rev_body(&back);
	FJ_TRY(fj_json_set(body, "state", json_string("COUNTER")));
	FJ_TRY(fj_json_set(body, "note", json_string(reason)));
	FJ_TRY(rev_negate(c->db, r.id, body, err));
	FJ_TRY(evt_append(c, "revenue.booked", back.id, body, err));
	FJ_AUTO(json) closed = json_pack("{s:s, s:s, s:s}", "to", to, "by", back.id, "reason", reason);
	FJ_TRY(evt_append(c, "revenue.countered", r.id, closed, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s, s:s, s:O}", "id", a->id, "state", "APPROVED", "revenue", r.id, "revenue_state", to, "counter", back.id, "shares",
	    json_object_get(body, "shares"));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- reading --- */

const char *rev_scope(const struct iss_call *c)
{
	return c->actor->roles & (ISS_AUDITOR | ISS_MOF | ISS_LOCAL | ISS_SYSTEM) ? "" : c->actor->org;
}

enum fj_rc rev_may_read(struct iss_call *c, const char *id, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(c->db, STO_REV_SEEN, &q, err, "tt", rev_scope(c), id));
	FJ_TRY(sto_step(&q, &row, err));
	return row ? FJ_OK : bad(err, FJ_E_FORBIDDEN, "domain.md 6", "revenue is read by its parties, their superior and finance departments, and auditors",
	    "收益仅限各参与方、主管部门、财政部门和审计人员查阅");
}

static enum fj_rc to_json(const struct sto_q *q, json_t **out, struct fj_err *err)
{
	FJ_AUTO(rev) r = {.reasons = NULL};
	json_t *shares = NULL;
	char at[FJ_TIME_CAP];

	FJ_TRY(from_row(q, &r, err));
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(q, 30)), REV_MAX_EVIDENCE, &shares, err));
	FJ_AUTO(json) owned = shares;
	fj_time_utc(sto_int(q, 29), at);
	*out = rev_body(&r);
	FJ_AUTO(json) more = json_pack("{s:s, s:s, s:s, s:s, s:s, s:O}", "id", r.id, "state", r.state, "countered_by", r.countered_by, "note", sto_text(q, 28), "at", at,
	    "shares", owned);
	json_object_del(*out, "person");
	return *out != NULL && json_object_update(*out, more) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

/* in a list without its evidence */
static enum fj_rc line(const struct sto_q *q, json_t **out, struct fj_err *err)
{
	FJ_TRY(to_json(q, out, err));
	json_object_del(*out, "evidence");
	return FJ_OK;
}

enum fj_rc cmd_revenue_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const json_t *p = c->params;
	const char *after;
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, STO_REV_LIST, &q, err, "ttttttt" "ti", rev_scope(c), after, fj_json_text(p, "state"), fj_json_text(p, "kind"), fj_json_text(p, "authorisation"),
	    fj_json_text(p, "payer"), fj_json_text(p, "period_from"), fj_json_text(p, "period_to"), limit));
	return dom_list_items(c, &q, line, "id", limit, err);
}

static enum fj_rc entries_of(struct sto *db, const char *id, json_t *list, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_REV_ENTRIES, &q, err, "t", id));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		if (json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:I}", "seq", (json_int_t)sto_int(&q, 0), "account", sto_text(&q, 2), "party", sto_text(&q, 3), "amount_fen",
		    (json_int_t)sto_int(&q, 4))) != 0)
			return fj_no_memory(err, "issuer");
	}
}

enum fj_rc cmd_revenue_show(struct iss_call *c, struct fj_err *err)
{
	const char *id = fj_json_peek(c->params, "id");
	FJ_AUTO(json) entries = json_array();
	json_t *remittances = NULL, *rows = NULL;

	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(c->db, STO_REV_GET, &q, id, err, "t", id));
		FJ_TRY(rev_may_read(c, id, err));
		FJ_TRY(to_json(&q, &c->answer, err));
	}
	FJ_TRY(entries_of(c->db, id, entries, err));
	FJ_TRY(rem_of(c, id, &remittances, err));
	FJ_AUTO(json) owned = remittances;
	FJ_TRY(st_rows_of(c->db, id, &rows, err));
	FJ_AUTO(json) proof = rows;
	return json_object_set(c->answer, "entries", entries) == 0 && json_object_set(c->answer, "remittances", owned) == 0 &&
	    json_object_set(c->answer, "statements", proof) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}
