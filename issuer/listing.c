/*
 * listing.c - 场内挂牌: from the pack that a seller prepares to the end of the
 * listing, and what exchanges are told to take off (167·三(五); 27号 arts. 18, 19).
 *
 * Who sells a product, its operator or who re-develops, prepares a listing of it for
 * one exchange; the exchange, or the seller for it, enters the number under which it
 * stands; either takes it off.  Whether a listing may still stand is never stored: it
 * follows from product, authorisation and certificates as they are when somebody asks,
 * so no act that ends one can forget a listing.  Final there: DELISTING; suspended:
 * HALTED.
 */
#include "issuer/listing.h"

#include "base/jws.h"
#include "issuer/exchange.h"
#include "issuer/rules/rules.h"
#include "issuer/state.h"

static const char *const states[] = {"PREPARED", "LISTED", "HALTED", "DELISTING", "DELISTED", NULL};
static const char *const formats[] = {"csv", "xlsx", "xml", NULL};

#define ID {"id", ISS_F_STR, true, 40, "挂牌编号", "listing"}
#define EXCHANGE(required) {"exchange", ISS_F_STR, required, 18, "数据交易所", "data exchange's USCC"}
#define DISCLOSURE {"disclosure", ISS_F_STR, true, LST_MAX_TEXT, "披露信息", "what the seller discloses: product, use of data, fees"}
const struct iss_field fld_listing_prepare[] = {
	{"authorisation", ISS_F_STR, true, 40, "授权", "authorisation's number"},
	{"product", ISS_F_STR, true, DOM_MAX_PRODUCT, "产品编号", "product"},
	{"name", ISS_F_STR, false, DOM_MAX_NAME, "产品名称", "the product's name; a registered one has it"},
	EXCHANGE(true), DISCLOSURE, {0}};
const struct iss_field fld_listing_refresh[] = {ID, DISCLOSURE, {0}};
const struct iss_field fld_listing_admit[] = {
	ID,
	{"listing_no", ISS_F_STR, true, LST_MAX_NO, "场内挂牌编号", "the exchange's number of the listing"},
	{"on", ISS_F_STR, true, 10, "挂牌日期", "day of the listing"},
	{0},
};
const struct iss_field fld_listing_delist[] = {
	ID,
	{"on", ISS_F_STR, true, 10, "摘牌日期", "day on which it was taken off"},
	{"reason", ISS_F_STR, true, 400, "理由", "reason, for the record"},
	{0},
};
const struct iss_field fld_listing_id[] = {ID, {0}};
#define PAGE {"after", ISS_F_STR, false, 64, "起始", "start after this one"}, ISS_FIELD_LIMIT
const struct iss_field fld_listing_list[] = {
	PAGE, EXCHANGE(false),
	{"authorisation", ISS_F_STR, false, 40, "授权", "under this authorisation"},
	{"state", ISS_F_STR, false, 12, "状态", "only those in this state", states, "domain.md 4.13"},
	{0},
};
const struct iss_field fld_listing_feed[] = {
	EXCHANGE(false), {"format", ISS_F_STR, false, 4, "格式", "also as a file of this format", formats, "docs/formats.md 12"}, {0}};

/* --- a row, and what it amounts to now --- */

static void judge(const struct sto_q *q, struct lst *l)
{
	const char *auth = sto_text(q, 14), *lost = sto_text(q, 16), *frozen = sto_text(q, 17);
	bool open = strcmp(auth, "ACTIVE") == 0, held = strcmp(auth, "SUSPENDED") == 0 || strcmp(auth, "ENDING") == 0;
	bool over = sto_int(q, 15) != 0 || (!open && !held), withdrawn = sto_int(q, 20) != 0, final = over || lost[0] != '\0' || withdrawn;

	l->now = l->state;
	if (open && !final && frozen[0] == '\0')
		return;
	l->cause = over ? "authorisation" : lost[0] != '\0' ? "certificate" : withdrawn ? "product" : held ? "authorisation" : "certificate";
	snprintf(l->cause_of, sizeof(l->cause_of), "%s", l->cause[0] == 'a' ? l->authorisation : l->cause[0] == 'p' ? l->product : lost[0] != '\0' ? lost : frozen);
	if (strcmp(l->state, "LISTED") == 0)
		l->now = final ? "DELISTING" : "HALTED";
}

static enum fj_rc from_row(const struct sto_q *q, struct lst *l, struct fj_err *err)
{
	const struct sto_copy texts[] = {STO_COPY(0, l->id), STO_COPY(1, l->authorisation), STO_COPY(2, l->product), STO_COPY(3, l->name), STO_COPY(4, l->exchange),
		STO_COPY(5, l->seller), STO_COPY(6, l->listing_no), STO_COPY(7, l->listed_on), STO_COPY(8, l->ended_on), STO_COPY(9, l->state),
		STO_COPY(10, l->manifest)};

	memset(l, 0, sizeof(*l));
	FJ_TRY(sto_copy(q, texts, FJ_ARRAY_LEN(texts), "a listing's row", err));
	l->version = sto_int(q, 11);
	l->is_signed = sto_int(q, 12);
	l->at = sto_int(q, 13);
	judge(q, l);
	return FJ_OK;
}

enum fj_rc lst_get(struct sto *db, const char *id, fj_time now, struct lst *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_LISTING_GET, &q, id, err, "it", (int64_t)now, id));
	return from_row(&q, out, err);
}

enum fj_rc lst_by_number(struct sto *db, const char *exchange, const char *listing_no, fj_time now, struct lst *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_LISTING_NUMBER, &q, listing_no, err, "itt", (int64_t)now, exchange, listing_no));
	return from_row(&q, out, err);
}

/* --- preparing --- */

static enum fj_rc exchange_get(struct sto *db, const char *usci, struct dom_org *out, struct fj_err *err)
{
	FJ_TRY(dom_org_get(db, usci, out, err));
	if (out->roles & ISS_EXCHANGE)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "167·三(五)", "%s is not entered as a data exchange", out->name);
	fj_err_zh(err, "该单位未登记为数据交易所");
	return rc;
}

/* in force, on certificates in force */
static enum fj_rc check_authorisation(struct iss_call *c, const char *number, struct dom_auth *a, struct fj_err *err)
{
	struct dom_cert lost;

	FJ_TRY(num_check(number, err));
	FJ_TRY(dom_auth_get(c->db, number, a, err));
	if (strcmp(a->state, "ACTIVE") != 0 || c->now > a->not_after || c->now < a->not_before) {
		enum fj_rc rc = fj_fail(err, FJ_E_REFUSED, "issuer", "167·三(三)", "the authorisation is not in force (%s); nothing is listed under it", a->state);
		fj_err_zh(err, "授权当前不在有效状态（%s），不得挂牌", a->state);
		return rc;
	}
	FJ_TRY(dom_auth_lost(c, a, &lost, err));
	return lost.number[0] == '\0' ? FJ_OK : iss_rule_no_authorisation_without_certificate(lost.state, c->now > lost.not_after, err);
}

static enum fj_rc other_seller(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md 4.13", "only who sells the product lists it", "只有该产品的销售方可以挂牌");
}

static enum fj_rc any_registered(struct sto *db, const char *authorisation, bool *any, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_PRODUCT_COUNT, &q, authorisation, err, "t", authorisation));
	*any = sto_int(&q, 0) > 0;
	return FJ_OK;
}

/* registered, on sale and the asker's; under an authorisation without registered products (an older
 * one) the operator's by its word */
static enum fj_rc check_product(struct iss_call *c, const struct dom_auth *a, const char *id, struct dom_product *p, bool *registered, struct fj_err *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(a->body, "assets"), i, v)
		FJ_TRY(iss_rule_no_raw_data_product(strcmp(id, fj_json_text(v, "id")) == 0 || strcmp(id, fj_json_text(v, "certificate")) == 0, err));
	FJ_TRY(any_registered(c->db, a->number, registered, err));
	if (!*registered)
		return strcmp(a->operator_, c->actor->org) == 0 ? FJ_OK : other_seller(err);
	FJ_TRY(dom_product_get(c->db, a->number, id, p, err));
	if (strcmp(p->seller, c->actor->org) != 0)
		return other_seller(err);
	if (strcmp(p->state, "ON_SALE") == 0)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_REFUSED, "issuer", "domain.md 4.13", "the product is not on sale (%s)", p->state);
	fj_err_zh(err, "该产品已下架，不得挂牌");
	return rc;
}

static enum fj_rc check_name(const struct lst_pack_in *in, struct fj_err *err)
{
	if (iss_said(in->name))
		return FJ_OK;
	return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 4.13", "a product that is not registered is listed with its name", "未登记的产品应填写产品名称");
}

static enum fj_rc check_disclosure(const char *text, struct fj_err *err)
{
	if (iss_said(text))
		return FJ_OK;
	return fj_refuse(err, FJ_E_INVALID, "issuer", "27号 art. 19", "the disclosure says nothing: product, use of data and fees are disclosed",
	    "披露信息为空：应披露产品和服务清单、数据使用情况、收费情况");
}

static enum fj_rc check_once(struct sto *db, const char *authorisation, const char *product, const char *exchange, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_LISTING_SAME, &q, err, "ttt", authorisation, product, exchange));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", "domain.md 4.13", "the product has an open listing at this exchange: %s; refresh its pack, or take it off first", sto_text(&q, 0));
	fj_err_zh(err, "该产品在该交易所已有未摘牌的挂牌 %s；请更新材料包，或先摘牌", sto_text(&q, 0));
	return rc;
}

/* the pack, its event, and what is to be signed */
static enum fj_rc offer(struct iss_call *c, const struct lst_pack_in *in, const char *event, struct fj_err *err)
{
	json_t *files = NULL;
	char manifest[65], object[48];

	enum fj_rc rc = lst_pack_make(c, in, &files, manifest, err);
	FJ_AUTO(json) owned = files;
	FJ_TRY(rc);
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:O}", "authorisation", in->auth->number, "product", in->product, "name", in->name,
	    "exchange", in->exchange->usci, "seller", in->seller, "version", (json_int_t)in->version, "manifest", manifest, "files", owned);
	FJ_TRY(body == NULL ? fj_no_memory(err, "issuer") : evt_append(c, event, in->id, body, err));
	FJ_AUTO(json) intent = json_pack("{s:o}", "payload", lst_pack_payload(c, in->id, in->version, manifest));
	snprintf(object, sizeof(object), "%s~%lld", in->id, (long long)in->version);
	FJ_TRY(intent == NULL ? fj_no_memory(err, "issuer") : pipe_intend(c, PIPE_PACK, object, intent, err));
	c->answer = json_pack("{s:s, s:I, s:s, s:O}", "id", in->id, "version", (json_int_t)in->version, "manifest", manifest, "files", owned);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_listing_prepare(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	FJ_AUTO(dom_org) exchange = {.affiliates = NULL};
	const json_t *p = c->params;
	struct dom_product sold;
	bool registered;
	char id[32];
	struct lst_pack_in in = {.id = id, .product = fj_json_text(p, "product"), .name = fj_json_text(p, "name"), .seller = c->actor->org,
		.text = fj_json_text(p, "disclosure"), .version = 1, .auth = &a, .exchange = &exchange};

	FJ_TRY(check_authorisation(c, fj_json_text(p, "authorisation"), &a, err));
	FJ_TRY(check_product(c, &a, in.product, &sold, &registered, err));
	in.registered = registered ? &sold : NULL;
	in.name = registered ? sold.name : in.name;
	FJ_TRY(check_name(&in, err));
	FJ_TRY(exchange_get(c->db, fj_json_text(p, "exchange"), &exchange, err));
	FJ_TRY(check_disclosure(in.text, err));
	FJ_TRY(check_once(c->db, a.number, in.product, exchange.usci, err));
	iss_new_id("LS-", 12, id);
	FJ_TRY(offer(c, &in, "listing.prepared", err));
	return fj_json_set(c->answer, "state", json_string("PREPARED"));
}

enum fj_rc cmd_listing_refresh(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	FJ_AUTO(dom_org) exchange = {.affiliates = NULL};
	struct dom_product sold;
	bool registered;
	struct lst l;
	const char *to, *text = fj_json_text(c->params, "disclosure");

	FJ_TRY(lst_get(c->db, fj_json_text(c->params, "id"), c->now, &l, err));
	FJ_TRY(check_authorisation(c, l.authorisation, &a, err));
	FJ_TRY(check_product(c, &a, l.product, &sold, &registered, err));
	FJ_TRY(iss_state_next(ISS_OBJ_LISTING, l.state, "refresh", &to, err));
	FJ_TRY(check_disclosure(text, err));
	FJ_TRY(dom_org_get(c->db, l.exchange, &exchange, err));
	const struct lst_pack_in in = {.id = l.id, .product = l.product, .name = registered ? sold.name : l.name, .seller = c->actor->org, .text = text,
		.version = l.version + 1, .auth = &a, .exchange = &exchange, .registered = registered ? &sold : NULL};
	FJ_TRY(offer(c, &in, "listing.refreshed", err));
	return fj_json_set(c->answer, "state", json_string(to));
}

static enum fj_rc files_text(const struct evt *e, struct fj_buf *out, struct fj_err *err)
{
	return fj_json_canonical(json_object_get(e->body, "files"), out, err);
}

enum fj_rc apply_listing_prepared(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	FJ_AUTO(buf) files = FJ_BUF_INIT(1u << 20);

	FJ_TRY(files_text(e, &files, err));
	return sto_run(e->db, STO_LISTING_ADD, NULL, err, "tttttt" "ittii", e->object, fj_json_text(b, "authorisation"), fj_json_text(b, "product"), fj_json_text(b, "name"),
	    fj_json_text(b, "exchange"), fj_json_text(b, "seller"), fj_json_num(b, "version"), fj_json_text(b, "manifest"), fj_buf_str(&files), (int64_t)e->at, e->seq);
}

enum fj_rc apply_listing_refreshed(const struct evt *e, struct fj_err *err)
{
	FJ_AUTO(buf) files = FJ_BUF_INIT(1u << 20);

	FJ_TRY(files_text(e, &files, err));
	return sto_run(e->db, STO_LISTING_PACK, NULL, err, "ittiit", fj_json_num(e->body, "version"), fj_json_text(e->body, "manifest"), fj_buf_str(&files), (int64_t)e->at,
	    e->seq, e->object);
}

/* the pipeline's: LS-…~version */
enum fj_rc apply_pack_intended(const struct evt *e, struct fj_err *err)
{
	(void)e; /* the intent is the pipeline's; listing.prepared said what the pack is */
	(void)err;
	return FJ_OK;
}

enum fj_rc apply_pack_issued(const struct evt *e, struct fj_err *err)
{
	const char *tilde = strchr(e->object, '~');
	char id[32];

	if (tilde == NULL || (size_t)(tilde - e->object) >= sizeof(id))
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "\"%.40s\" names no pack", e->object);
	snprintf(id, sizeof(id), "%.*s", (int)(tilde - e->object), e->object);
	return sto_run(e->db, STO_LISTING_SIGNED, NULL, err, "tit", tilde + 1, e->seq, id);
}

enum fj_rc apply_pack_abandoned(const struct evt *e, struct fj_err *err)
{
	return apply_pack_intended(e, err); /* the listing keeps the pack that was signed before */
}

/* --- on and off --- */

static enum fj_rc check_party(struct iss_call *c, const struct lst *l, struct fj_err *err)
{
	const char *org = c->actor->org;

	if (((c->acting & ISS_EXCHANGE) && strcmp(org, l->exchange) == 0) || ((c->acting & LST_SELLERS) && strcmp(org, l->seller) == 0))
		return FJ_OK;
	return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md 4.13", "the listing is another seller's, at another exchange", "该挂牌属于其他销售方和交易所");
}

static enum fj_rc check_day(struct iss_call *c, const char *day, const char *not_before, struct fj_err *err)
{
	fj_time at;

	FJ_TRY(fj_date_parse(day, &at, err));
	if (at <= c->now && strcmp(day, not_before) >= 0)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 4.13", "the day is today or before%s%s", not_before[0] != '\0' ? ", and not before " : "", not_before);
	fj_err_zh(err, "日期不得晚于今日%s%s", not_before[0] != '\0' ? "，且不得早于 " : "", not_before);
	return rc;
}

static enum fj_rc check_number(struct iss_call *c, const struct lst *l, const char *listing_no, struct fj_err *err)
{
	struct lst other = {.id = ""};

	if (!iss_said(listing_no))
		return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 4.13", "the exchange's number says nothing", "场内挂牌编号为空");
	enum fj_rc rc = lst_by_number(c->db, l->exchange, listing_no, c->now, &other, err);
	if (rc != FJ_OK)
		return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
	rc = fj_fail(err, FJ_E_EXISTS, "issuer", "domain.md 4.13", "the exchange has another listing of this number: %s", other.id);
	fj_err_zh(err, "该交易所已有同号挂牌：%s", other.id);
	return rc;
}

static const char *cause_zh(const char *cause)
{
	return cause[0] == 'a' ? "授权" : cause[0] == 'p' ? "产品" : "证书";
}

/* what may not be sold any more is not listed; what waits for a signature neither */
static enum fj_rc check_standing(const struct lst *l, struct fj_err *err)
{
	enum fj_rc rc;

	if (l->cause != NULL) {
		rc = fj_fail(err, FJ_E_REFUSED, "issuer", "167·三(三)", "the %s %s is not in force; the product is not listed", l->cause, l->cause_of);
		fj_err_zh(err, "%s %s 当前不在有效状态，不得挂牌", cause_zh(l->cause), l->cause_of);
		return rc;
	}
	if (l->is_signed == l->version)
		return FJ_OK;
	rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md 4.13", "its pack has no signature yet; refresh it when this stays so");
	fj_err_zh(err, "材料包尚未签名；如长时间如此，请更新材料包");
	return rc;
}

enum fj_rc cmd_listing_admit(struct iss_call *c, struct fj_err *err)
{
	struct lst l;
	const char *to, *listing_no = fj_json_text(c->params, "listing_no"), *on = fj_json_text(c->params, "on");

	FJ_TRY(lst_get(c->db, fj_json_text(c->params, "id"), c->now, &l, err));
	FJ_TRY(check_party(c, &l, err));
	FJ_TRY(iss_state_next(ISS_OBJ_LISTING, l.state, "admit", &to, err));
	FJ_TRY(check_standing(&l, err));
	FJ_TRY(check_day(c, on, "", err));
	FJ_TRY(check_number(c, &l, listing_no, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s}", "to", to, "listing_no", listing_no, "on", on);
	FJ_TRY(evt_append(c, "listing.listed", l.id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s}", "id", l.id, "state", to, "listing_no", listing_no);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_listing_listed(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	return sto_run(e->db, STO_LISTING_LISTED, NULL, err, "tttit", fj_json_text(b, "to"), fj_json_text(b, "listing_no"), fj_json_text(b, "on"), e->seq, e->object);
}

enum fj_rc cmd_listing_delist(struct iss_call *c, struct fj_err *err)
{
	struct lst l;
	const char *to, *on = fj_json_text(c->params, "on");

	FJ_TRY(lst_get(c->db, fj_json_text(c->params, "id"), c->now, &l, err));
	FJ_TRY(check_party(c, &l, err));
	FJ_TRY(iss_state_next(ISS_OBJ_LISTING, l.state, "delist", &to, err));
	FJ_TRY(check_day(c, on, l.listed_on, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s}", "to", to, "on", on, "reason", fj_json_text(c->params, "reason"));
	FJ_TRY(evt_append(c, "listing.delisted", l.id, body, err));
	c->answer = json_pack("{s:s, s:s}", "id", l.id, "state", to);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_listing_delisted(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	return sto_run(e->db, STO_LISTING_ENDED, NULL, err, "tttit", fj_json_text(b, "to"), fj_json_text(b, "on"), fj_json_text(b, "reason"), e->seq, e->object);
}

/* --- reading --- */

static json_t *to_json(const struct lst *l)
{
	char at[FJ_TIME_CAP];

	fj_time_utc(l->at, at);
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:b, s:s}", "id", l->id, "state", l->now, "authorisation", l->authorisation,
	    "product", l->product, "name", l->name, "exchange", l->exchange, "seller", l->seller, "listing_no", l->listing_no, "listed_on", l->listed_on,
	    "ended_on", l->ended_on, "version", (json_int_t)l->version, "signed", l->is_signed == l->version, "at", at);
	if (l->cause != NULL)
		json_object_set_new(o, "cause", json_pack("{s:s, s:s}", "basis", l->cause, "number", l->cause_of));
	return o;
}

enum fj_rc cmd_listing_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *id = fj_json_text(c->params, "id");
	json_t *files = NULL;
	struct lst l;

	FJ_TRY(sto_first(c->db, STO_LISTING_GET, &q, id, err, "it", (int64_t)c->now, id));
	FJ_TRY(from_row(&q, &l, err));
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 18)), 1u << 20, &files, err));
	FJ_AUTO(json) owned = files;
	c->answer = to_json(&l);
	FJ_AUTO(json) more = json_pack("{s:s, s:s, s:O}", "reason", sto_text(&q, 19), "manifest", l.manifest, "files", owned);
	return c->answer != NULL && more != NULL && json_object_update(c->answer, more) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

/* listings of the exchange ("" any) and authorisation ("" any), in what they amount to now; a
 * state NULL is HALTED or DELISTING */
static enum fj_rc collect(struct iss_call *c, const char *const what[3], const char *after, int64_t limit, json_t *items, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(c->db, STO_LISTING_LIST, &q, err, "ittt", (int64_t)c->now, after, what[0], what[1]));
	while ((int64_t)json_array_size(items) < limit) {
		struct lst l;
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(from_row(&q, &l, err));
		bool wanted = what[2] == NULL ? l.now != l.state : what[2][0] == '\0' || strcmp(what[2], l.now) == 0;
		if (wanted && json_array_append_new(items, to_json(&l)) != 0)
			return fj_no_memory(err, "issuer");
	}
	return FJ_OK;
}

enum fj_rc cmd_listing_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) items = json_array();
	const char *const what[3] = {fj_json_text(c->params, "exchange"), fj_json_text(c->params, "authorisation"), fj_json_text(c->params, "state")};
	const char *after;
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(collect(c, what, after, limit, items, err));
	return dom_list_answer(c, items, "id", limit, err);
}

/* --- what exchanges take off --- */

static enum fj_rc feed_file(struct iss_call *c, const json_t *items, const char *format, struct fj_err *err)
{
	static const char *const keys[] = {"id", "listing_no", "state", "exchange", "authorisation", "product", "name"};
	static const struct sheet_column columns[] = {{"本系统挂牌编号"}, {"挂牌编号"}, {"处置"}, {"交易所"}, {"授权编号"}, {"产品编号"}, {"产品名称"}, {"原因"}, {"原因编号"}};
	const struct xch_layout l = {.name = "停牌摘牌", .root = "Delistings", .record = "Listing", .columns = columns, .n = FJ_ARRAY_LEN(columns)};
	FJ_AUTO(xch_out) out = NULL;
	FJ_AUTO(buf) file = FJ_BUF_INIT(XCH_MAX_FILE);
	enum xch_format f;
	size_t i;
	json_t *v;

	FJ_TRY(xch_format_of(format, &f, err));
	FJ_TRY(xch_out_new(f, &l, &out, err));
	json_array_foreach(items, i, v) {
		const char *cells[FJ_ARRAY_LEN(columns)];
		for (size_t k = 0; k < FJ_ARRAY_LEN(keys); k++)
			cells[k] = fj_json_text(v, keys[k]);
		cells[2] = strcmp(cells[2], "HALTED") == 0 ? "停牌" : "摘牌";
		cells[7] = cause_zh(fj_json_text(json_object_get(v, "cause"), "basis"));
		cells[8] = fj_json_text(json_object_get(v, "cause"), "number");
		FJ_TRY(xch_out_row(out, cells, err));
	}
	FJ_TRY(xch_out_finish(&out, &file, err));
	return xch_attach(c->answer, "delisting", f, &file, err);
}

enum fj_rc cmd_listing_feed(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) items = json_array();
	const char *exchange = fj_json_peek(c->params, "exchange"), *format = fj_json_peek(c->params, "format");
	const char *const what[3] = {exchange != NULL ? exchange : (c->actor->roles & ISS_EXCHANGE) ? c->actor->org : "", "", NULL};

	FJ_TRY(collect(c, what, "", XCH_MAX_ROWS, items, err));
	c->answer = json_pack("{s:O}", "items", items);
	if (c->answer == NULL)
		return fj_no_memory(err, "issuer");
	return format == NULL ? FJ_OK : feed_file(c, items, format, err);
}
