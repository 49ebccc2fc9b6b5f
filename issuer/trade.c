/*
 * trade.c - 场内交易: an exchange's file of trades, matched to listings and products
 * (167·三(五)).
 *
 * What was traded is a fact that the register takes down, not a request: a row that
 * can't be read or matched is set aside with row and column, everything that a rule
 * has to say about the rest is a mark on the trade.  A trade is known by the
 * exchange's number for it, so the same file again changes nothing; the same number
 * with other content is a fault, since facts do not change.  Amounts are fen.
 * Whoever imports is the exchange, or a seller for its own listings.
 */
#include "issuer/exchange.h"
#include "issuer/listing.h"
#include "issuer/rules/rules.h"
#include "issuer/shape.h"

#define MAX_TOLD 1000
#define MAX_COLUMN 60
#define MAX_AMOUNT INT64_C(100000000000000) /* a trillion yuan */

#define EXCHANGE {"exchange", ISS_F_STR, false, 18, "数据交易所", "data exchange's USCC; the own organisation by default"}
const struct iss_field fld_trade_map[] = {EXCHANGE, {"mapping", ISS_F_JSON, true, 1, "字段对照表", "mapping", .members = shp_trade_map}, {0}};
const struct iss_field fld_trade_mapping[] = {EXCHANGE, {0}};
const struct iss_field fld_trade_import[] = {
	EXCHANGE,
	{"file", ISS_F_FILE, true, 48 << 20, "成交文件", "CSV, XLSX or XML"},
	{"dry_run", ISS_F_BOOL, false, 1, "试导入", "check only"},
	{0},
};
const struct iss_field fld_trade_list[] = {
	{"after", ISS_F_STR, false, 64, "起始", "start after this one"},
	ISS_FIELD_LIMIT,
	{"exchange", ISS_F_STR, false, 18, "数据交易所", "at this exchange"},
	{"listing", ISS_F_STR, false, 40, "挂牌编号", "of this listing"},
	{"from", ISS_F_STR, false, 10, "成交日期起", "traded on or after this day"},
	{"to", ISS_F_STR, false, 10, "成交日期止", "traded on or before this day"},
	{"unbooked", ISS_F_BOOL, false, 1, "仅未入账", "only what no booking of revenue stands for"},
	{0},
};
const struct iss_field fld_trade_show[] = {{"id", ISS_F_STR, true, 40, "编号", "trade"}, {0}};

static enum fj_rc bad(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, "issuer", "docs/formats.md 13", en, zh);
}

/* --- the mapping of an exchange --- */

enum column { T_TRADE_NO, T_LISTING_NO, T_PRODUCT, T_ON, T_BUYER, T_BUYER_USCI, T_QUANTITY, T_AMOUNT, COLUMNS };
static const struct {
	const char *key, *title; /* by default */
	bool needed;
} columns[COLUMNS] = {
	{"trade_no", "成交编号", true}, {"listing_no", "挂牌编号", true}, {"product", "产品编号", false}, {"traded_on", "成交日期", true},
	{"buyer", "买方名称", true}, {"buyer_usci", "买方代码", true}, {"quantity", "成交数量", true}, {"amount", "成交金额（元）", true},
};
struct map {
	json_t *doc; /* {"unit": "YUAN" | "FEN", "columns": {key: heading}}; owned */
	int64_t version;
	const char *title[COLUMNS]; /* NULL: the file has none */
	bool fen;
};

static void map_release(struct map *m)
{
	json_decref(m->doc);
	m->doc = NULL;
}
FJ_DEFINE_AUTO(map, struct map, map_release)

static enum fj_rc read_map(struct map *m, struct fj_err *err)
{
	static const char *const keys[] = {"columns", "unit", NULL};
	const char *unit, *names[COLUMNS + 1] = {NULL};
	json_t *titles;

	FJ_TRY(fj_json_only(m->doc, keys, err));
	FJ_TRY(fj_json_str(m->doc, "unit", 4, &unit, err));
	m->fen = strcmp(unit, "FEN") == 0;
	if (!m->fen && strcmp(unit, "YUAN") != 0)
		return bad(err, "amounts are in YUAN or FEN", "金额单位应为 YUAN（元）或 FEN（分）");
	FJ_TRY(fj_json_obj(m->doc, "columns", &titles, err));
	for (size_t i = 0; i < COLUMNS; i++)
		names[i] = columns[i].key;
	FJ_TRY(fj_json_only(titles, names, err));
	for (size_t i = 0; i < COLUMNS; i++) {
		FJ_TRY(columns[i].needed ? fj_json_str(titles, columns[i].key, MAX_COLUMN, &m->title[i], err) : fj_json_opt_str(titles, columns[i].key, MAX_COLUMN, &m->title[i], err));
		for (size_t k = 0; k < i; k++)
			if (m->title[i] != NULL && m->title[k] != NULL && xch_heading(m->title[i], m->title[k]))
				return bad(err, "two of our columns have one heading of theirs", "两项内容对应同一列名");
	}
	return FJ_OK;
}

static json_t *default_map(void)
{
	json_t *titles = json_object();

	for (size_t i = 0; i < COLUMNS; i++)
		json_object_set_new(titles, columns[i].key, json_string(columns[i].title));
	return json_pack("{s:s, s:o}", "unit", "YUAN", "columns", titles);
}

/* An exchange says what its files look like; what a seller says of them is for its own imports
 * only, and stands under both names. */
static void map_key(const char *exchange, const char *org, char out[40])
{
	bool own = strcmp(exchange, org) == 0;

	snprintf(out, 40, "%.18s%s%.18s", exchange, own ? "" : "/", own ? "" : org);
}

/* the importer's own, else the exchange's, else ours */
static enum fj_rc map_load(struct sto *db, const char *exchange, const char *org, struct map *m, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char key[40];
	bool row;

	memset(m, 0, sizeof(*m));
	map_key(exchange, org, key);
	FJ_TRY(sto_query(db, STO_TMAP_GET, &q, err, "tt", key, exchange));
	FJ_TRY(sto_step(&q, &row, err));
	m->version = row ? sto_int(&q, 0) : 0;
	if (row)
		FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 1)), 65536, &m->doc, err));
	else
		m->doc = default_map();
	return m->doc == NULL ? fj_no_memory(err, "issuer") : read_map(m, err);
}

/* the exchange that a call is about: named, or the own organisation where it is one */
static enum fj_rc exchange_of(struct iss_call *c, struct dom_org *o, struct fj_err *err)
{
	const char *named = fj_json_peek(c->params, "exchange");
	enum fj_rc rc;

	if (named == NULL && !(c->actor->roles & ISS_EXCHANGE))
		return bad(err, "name the exchange", "请指明数据交易所");
	if ((c->acting & ISS_EXCHANGE) && !(c->acting & LST_SELLERS) && named != NULL && strcmp(named, c->actor->org) != 0) {
		rc = fj_fail(err, FJ_E_FORBIDDEN, "issuer", "domain.md 4.13", "an exchange speaks for itself alone");
		fj_err_zh(err, "交易所只能办理本所事项");
		return rc;
	}
	FJ_TRY(dom_org_get(c->db, named == NULL ? c->actor->org : named, o, err));
	return o->roles & ISS_EXCHANGE ? FJ_OK : bad(err, "the organisation is not entered as a data exchange", "该单位未登记为数据交易所");
}

enum fj_rc cmd_trade_map(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	FJ_AUTO(map) now = {.doc = NULL};
	FJ_AUTO(map) m = {.doc = json_incref(json_object_get(c->params, "mapping"))};
	char key[40];

	FJ_TRY(exchange_of(c, &o, err));
	FJ_TRY(read_map(&m, err));
	FJ_TRY(map_load(c->db, o.usci, c->actor->org, &now, err));
	map_key(o.usci, c->actor->org, key);
	bool same = json_equal(now.doc, m.doc) != 0;
	int64_t version = same ? now.version : now.version + 1;
	FJ_AUTO(json) body = json_pack("{s:I, s:O}", "version", (json_int_t)version, "mapping", m.doc);
	if (!same)
		FJ_TRY(evt_append(c, "trade.mapped", key, body, err));
	c->answer = json_pack("{s:s, s:I, s:b}", "exchange", o.usci, "version", (json_int_t)version, "unchanged", same);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_trade_mapped(const struct evt *e, struct fj_err *err)
{
	FJ_AUTO(buf) doc = FJ_BUF_INIT(65536);

	FJ_TRY(fj_json_canonical(json_object_get(e->body, "mapping"), &doc, err));
	return sto_run(e->db, STO_TMAP_ADD, NULL, err, "titi", e->object, fj_json_num(e->body, "version"), fj_buf_str(&doc), (int64_t)e->at);
}

enum fj_rc cmd_trade_mapping(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(map) m = {.doc = NULL};
	const char *exchange = fj_json_peek(c->params, "exchange");

	FJ_TRY(map_load(c->db, exchange == NULL ? c->actor->org : exchange, c->actor->org, &m, err));
	c->answer = json_pack("{s:I, s:O}", "version", (json_int_t)m.version, "mapping", m.doc);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- a row --- */

struct import {
	struct iss_call *c;
	const struct map *map;
	const char *exchange;
	int of[COLUMNS];  /* cells, from 0; -1 absent */
	json_t *trades, *faults, *seen;
	int64_t read, unchanged, n_faults, amount_fen;
};

static enum fj_rc read_heading(void *arg, const struct sheet_row *row, bool *is, struct fj_err *err)
{
	struct import *im = arg;

	memset(im->of, 0xff, sizeof(im->of));
	for (size_t i = 0; i < row->n; i++)
		for (int k = 0; k < COLUMNS; k++) {
			if (im->map->title[k] != NULL && xch_heading(row->cell[i], im->map->title[k]))
				FJ_TRY(sheet_place(row, i, &im->of[k], err));
		}
	*is = true;
	for (int k = 0; k < COLUMNS; k++)
		*is = *is && (im->of[k] >= 0 || !columns[k].needed);
	return FJ_OK;
}

static enum fj_rc find_heading(struct import *im, struct sheet *s, struct fj_err *err)
{
	bool found;

	FJ_TRY(sheet_find_heading(s, read_heading, im, &found, err));
	return found ? FJ_OK : bad(err, "no heading with all needed columns in the first ten rows; the mapping says what the exchange calls them (trade map)",
	    "前十行中没有含全部必需列的标题行；列名由对照表规定（trade map）");
}

static const char *cell(const struct sheet_row *row, int column)
{
	return column < 0 || (size_t)column >= row->n ? "" : row->cell[column];
}

/* digits, and in yuan at most two decimals; never through floating point */
static enum fj_rc read_number(const char *s, unsigned decimals, int64_t *out, struct fj_err *err)
{
	int64_t v = 0;
	size_t n = strspn(s, "0123456789"), d = 0;

	if (n > 0 && n <= 15 && s[n] == '.' && decimals > 0)
		d = strspn(s + n + 1, "0123456789");
	size_t end = d > 0 ? n + 1 + d : n;
	if (n == 0 || n > 15 || s[end] != '\0' || d > decimals)
		return bad(err, decimals > 0 ? "is no amount in yuan: digits, and at most two decimals" : "is no whole number",
		    decimals > 0 ? "应为金额（元）：数字，至多两位小数" : "应为整数");
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (s[i] - '0');
	for (size_t i = 0; i < decimals; i++)
		v = v * 10 + (i < d ? s[n + 1 + i] - '0' : 0);
	*out = v;
	return v <= MAX_AMOUNT ? FJ_OK : bad(err, "is too large", "数值过大");
}

static enum fj_rc read_text(const char *s, size_t max, struct fj_err *err)
{
	return iss_said(s) && fj_utf8_count(s) <= max ? FJ_OK : bad(err, "is empty or too long", "为空或过长");
}

static enum fj_rc read_day(const char *s, fj_time now, struct fj_err *err)
{
	fj_time at;

	FJ_TRY(fj_date_parse(s, &at, err));
	return at <= now ? FJ_OK : bad(err, "lies in the future", "日期晚于今日");
}

/* what the row says, by itself; *column: of a fault, from 0 */
static enum fj_rc read_trade(const struct import *im, const struct sheet_row *row, json_t **out, int *column, struct fj_err *err)
{
	const char *v[COLUMNS];
	int64_t quantity = 0, amount = 0;

	for (int k = 0; k < COLUMNS; k++)
		v[k] = cell(row, im->of[k]);
	for (int k = 0; k < COLUMNS; k++) {
		*column = im->of[k];
		if (k == T_TRADE_NO || k == T_LISTING_NO)
			FJ_TRY(read_text(v[k], LST_MAX_NO, err));
		else if (k == T_BUYER)
			FJ_TRY(read_text(v[k], DOM_MAX_NAME, err));
		else if (k == T_ON)
			FJ_TRY(read_day(v[k], im->c->now, err));
		else if (k == T_BUYER_USCI && !iss_usci_form(v[k]))
			return bad(err, "is no unified social credit code", "统一社会信用代码格式不正确");
		else if (k == T_QUANTITY)
			FJ_TRY(read_number(v[k], 0, &quantity, err));
		else if (k == T_AMOUNT)
			FJ_TRY(read_number(v[k], im->map->fen ? 0 : 2, &amount, err));
	}
	*column = im->of[T_QUANTITY];
	if (quantity == 0)
		return bad(err, "nothing was traded: the quantity is 0", "成交数量为 0");
	*out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "trade_no", v[T_TRADE_NO], "listing_no", v[T_LISTING_NO], "product", v[T_PRODUCT], "traded_on", v[T_ON],
	    "buyer", v[T_BUYER], "buyer_usci", v[T_BUYER_USCI], "quantity", (json_int_t)quantity, "amount_fen", (json_int_t)amount);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- a trade against the register --- */

/* follows from exchange and number: the same trade has the same id in every file */
static enum fj_rc identify(const char *exchange, const char *trade_no, char id[32], struct fj_err *err)
{
	FJ_AUTO(buf) all = FJ_BUF_INIT(512);
	struct fj_hash h;

	FJ_TRY(fj_buf_printf(&all, "%s %s", exchange, trade_no) == FJ_OK ? FJ_OK : fj_no_memory(err, "issuer"));
	fj_sha256(fj_buf_slice(&all), &h);
	snprintf(id, 32, "TR-");
	fj_hex(h.b, 10, id + 3);
	return FJ_OK;
}

static enum fj_rc find_listing(const struct import *im, const json_t *t, struct lst *l, int *column, struct fj_err *err)
{
	enum fj_rc rc = lst_by_number(im->c->db, im->exchange, fj_json_text(t, "listing_no"), im->c->now, l, err);

	if (rc == FJ_E_NOTFOUND)
		return bad(err, "is no listing of this exchange", "该交易所没有此挂牌编号");
	FJ_TRY(rc);
	if (strcmp(im->exchange, im->c->actor->org) != 0 && strcmp(l->seller, im->c->actor->org) != 0)
		return bad(err, "is another seller's listing", "该挂牌属于其他销售方");
	*column = im->of[T_PRODUCT] >= 0 ? im->of[T_PRODUCT] : im->of[T_LISTING_NO];
	if (fj_json_text(t, "product")[0] != '\0' && strcmp(fj_json_text(t, "product"), l->product) != 0)
		return bad(err, "is not the product of this listing", "不是该挂牌的产品");
	return FJ_OK;
}

/* per unit of the charge basis, without a product that could overflow */
static bool above(int64_t amount, int64_t quantity, int64_t cap)
{
	return amount / quantity > cap || (amount / quantity == cap && amount % quantity > 0);
}

/* what is to be said about it, though it happened */
static enum fj_rc mark(struct sto *db, const json_t *t, const struct lst *l, json_t *marks, struct fj_err *err)
{
	const char *on = fj_json_text(t, "traded_on");
	struct dom_product p;
	int failed = 0;

	if (strcmp(on, l->listed_on) < 0)
		failed |= json_array_append_new(marks, json_string("BEFORE_LISTING"));
	if (l->ended_on[0] != '\0' && strcmp(on, l->ended_on) > 0)
		failed |= json_array_append_new(marks, json_string("AFTER_DELISTING"));
	enum fj_rc rc = dom_product_get(db, l->authorisation, l->product, &p, err);
	if (rc == FJ_OK && strcmp(p.price_form, "FREE") == 0 && fj_json_num(t, "amount_fen") > 0)
		failed |= json_array_append_new(marks, json_string("PAID_THOUGH_FREE")); /* R07 */
	if (rc == FJ_OK && strcmp(p.price_form, "GUIDED") == 0 && p.cap_fen >= 0 && above(fj_json_num(t, "amount_fen"), fj_json_num(t, "quantity"), p.cap_fen))
		failed |= json_array_append_new(marks, json_string("ABOVE_CAP")); /* R08 */
	if (rc != FJ_OK && rc != FJ_E_NOTFOUND)
		return rc;
	return failed == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static bool as_known(const struct sto_q *q, const json_t *t, const struct lst *l)
{
	return strcmp(sto_text(q, 3), l->id) == 0 && strcmp(sto_text(q, 6), fj_json_text(t, "traded_on")) == 0 && strcmp(sto_text(q, 7), fj_json_text(t, "buyer")) == 0 &&
	    strcmp(sto_text(q, 8), fj_json_text(t, "buyer_usci")) == 0 && sto_int(q, 9) == fj_json_num(t, "quantity") && sto_int(q, 10) == fj_json_num(t, "amount_fen");
}

/* *known: it stands here as the row says it */
static enum fj_rc match(const struct import *im, json_t *t, char id[32], bool *known, int *column, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) marks = json_array();
	struct lst l;

	*column = im->of[T_LISTING_NO];
	FJ_TRY(find_listing(im, t, &l, column, err));
	*column = im->of[T_TRADE_NO];
	FJ_TRY(identify(im->exchange, fj_json_text(t, "trade_no"), id, err));
	FJ_TRY(sto_query(im->c->db, STO_TRADE_GET, &q, err, "t", id));
	FJ_TRY(sto_step(&q, known, err));
	if (*known && !as_known(&q, t, &l)) {
		enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", "docs/formats.md 13", "the trade of this number stands here with other content (%s); a correction has a number of its own", id);
		fj_err_zh(err, "该成交编号已登记且内容不同（%s）；更正应使用新的成交编号", id);
		return rc;
	}
	FJ_TRY(mark(im->c->db, t, &l, marks, err));
	FJ_AUTO(json) more = json_pack("{s:s, s:s, s:s, s:s, s:O}", "exchange", im->exchange, "listing", l.id, "authorisation", l.authorisation, "product", l.product,
	    "marks", marks);
	return more != NULL && json_object_update(t, more) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc add_fault(struct import *im, size_t line, int column, const struct fj_err *why, struct fj_err *err)
{
	im->n_faults++;
	if (json_array_size(im->faults) >= MAX_TOLD)
		return FJ_OK;
	json_t *o = fj_err_json(why);
	json_object_set_new(o, "line", json_integer((json_int_t)line));
	json_object_set_new(o, "column", json_integer(column));
	return json_array_append_new(im->faults, o) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc check_row(struct import *im, const struct sheet_row *row, json_t **t, char id[32], bool *known, int *column, struct fj_err *err)
{
	FJ_TRY(read_trade(im, row, t, column, err));
	FJ_TRY(match(im, *t, id, known, column, err));
	if (json_object_get(im->seen, id) != NULL)
		return fj_refuse(err, FJ_E_EXISTS, "issuer", "docs/formats.md 13", "the trade's number stands in two rows of this file",
		    "成交编号在文件中出现两次");
	return fj_json_set(im->seen, id, json_true());
}

static enum fj_rc take_row(void *arg, const struct sheet_row *row, const struct fj_err *broken, struct fj_err *err)
{
	struct import *im = arg;
	struct fj_err why = {0};
	json_t *t = NULL;
	bool known = false;
	int column = 0;
	char id[32];

	if (broken != NULL)
		return add_fault(im, row->line, (int)row->column, broken, err);
	enum fj_rc rc = check_row(im, row, &t, id, &known, &column, &why);
	FJ_AUTO(json) owned = t;
	if (rc != FJ_OK && fj_rc_exit(rc) == 3) {
		*err = why;
		return rc;
	}
	if (rc != FJ_OK)
		return add_fault(im, row->line, column + 1, &why, err);
	im->unchanged += known;
	if (known)
		return FJ_OK;
	im->amount_fen += fj_json_num(owned, "amount_fen");
	FJ_TRY(fj_json_set(owned, "id", json_string(id)));
	return json_array_append(im->trades, owned) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- the file --- */

static enum fj_rc record(struct import *im, const char *sha, struct fj_err *err)
{
	size_t i;
	json_t *t;

	json_array_foreach(im->trades, i, t) {
		FJ_AUTO(json) body = json_copy(t);
		FJ_TRY(fj_json_set(body, "file", json_string(sha)));
		FJ_TRY(evt_append(im->c, "trade.recorded", fj_json_text(t, "id"), body, err));
	}
	return FJ_OK;
}

static enum fj_rc run(struct import *im, struct fj_slice file, bool dry, struct fj_err *err)
{
	FJ_AUTO(sheet) s = NULL;
	struct fj_hash h;
	char sha[65];

	fj_sha256(file, &h);
	fj_hex(h.b, FJ_SHA256_LEN, sha);
	FJ_TRY(sheet_open(file, &s, err));
	FJ_TRY(find_heading(im, s, err));
	FJ_TRY(sheet_rows(s, XCH_MAX_ROWS, NULL, take_row, im, &im->read, err));
	if (!dry)
		FJ_TRY(record(im, sha, err));
	int64_t good = (int64_t)json_array_size(im->trades);
	im->c->answer = json_pack("{s:s, s:s, s:b, s:b, s:I, s:I, s:I, s:I, s:O, s:O, s:I}", "exchange", im->exchange, "sha256", sha, "dry_run", dry, "refused",
	    good == 0 && im->unchanged == 0 && im->n_faults > 0, "rows", (json_int_t)im->read, "good", (json_int_t)good, "unchanged", (json_int_t)im->unchanged,
	    "amount_fen", (json_int_t)im->amount_fen, "items", im->trades, "faults", im->faults, "faults_total", (json_int_t)im->n_faults);
	return im->c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_trade_import(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(XCH_MAX_FILE);
	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	FJ_AUTO(map) m = {.doc = NULL};
	FJ_AUTO(json) trades = json_array();
	FJ_AUTO(json) faults = json_array();
	FJ_AUTO(json) seen = json_object();
	struct import im = {.c = c, .map = &m, .exchange = o.usci, .trades = trades, .faults = faults, .seen = seen};

	FJ_TRY(iss_param_file(c, "file", &file, err));
	FJ_TRY(exchange_of(c, &o, err));
	FJ_TRY(map_load(c->db, o.usci, c->actor->org, &m, err));
	return run(&im, fj_buf_slice(&file), json_is_true(json_object_get(c->params, "dry_run")), err);
}

enum fj_rc apply_trade_recorded(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	FJ_AUTO(buf) marks = FJ_BUF_INIT(4096);

	FJ_TRY(fj_json_canonical(json_object_get(b, "marks"), &marks, err));
	return sto_run(e->db, STO_TRADE_ADD, NULL, err, "tttttttttii" "ttii", e->object, fj_json_text(b, "exchange"), fj_json_text(b, "trade_no"), fj_json_text(b, "listing"),
	    fj_json_text(b, "authorisation"), fj_json_text(b, "product"), fj_json_text(b, "traded_on"), fj_json_text(b, "buyer"), fj_json_text(b, "buyer_usci"),
	    fj_json_num(b, "quantity"), fj_json_num(b, "amount_fen"), fj_buf_str(&marks), fj_json_text(b, "file"), (int64_t)e->at, e->seq);
}

/* --- reading: an exchange and a seller see their own, whoever oversees all of them --- */

#define OVERSEERS (ISS_MOF | ISS_FINANCE | ISS_SUPERIOR | ISS_HOLDER | ISS_IMPLEMENTER | ISS_DATA_BUREAU | ISS_DRC | ISS_AUDITOR | ISS_LOCAL)

static const char *only_of(const struct iss_call *c)
{
	return c->actor->roles & OVERSEERS ? "" : c->actor->org;
}

static enum fj_rc to_json(const struct sto_q *q, json_t **out, struct fj_err *err)
{
	json_t *marks = NULL;

	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(q, 11)), 4096, &marks, err));
	*out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:s, s:s, s:s}", "id", sto_text(q, 0), "exchange", sto_text(q, 1), "trade_no", sto_text(q, 2),
	    "listing", sto_text(q, 3), "authorisation", sto_text(q, 4), "product", sto_text(q, 5), "traded_on", sto_text(q, 6), "buyer", sto_text(q, 7), "buyer_usci",
	    sto_text(q, 8), "quantity", (json_int_t)sto_int(q, 9), "amount_fen", (json_int_t)sto_int(q, 10), "marks", marks, "sha256", sto_text(q, 12),
	    "revenue", sto_text(q, 14), "revenue_state", sto_text(q, 15));
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_trade_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const json_t *p = c->params;
	const char *after, *to = fj_json_peek(p, "to");
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, STO_TRADE_LIST, &q, err, "tttttt" "ii", after, only_of(c), fj_json_text(p, "exchange"), fj_json_text(p, "listing"), fj_json_text(p, "from"),
	    to == NULL ? "9999" : to, limit, (int64_t)json_is_true(json_object_get(p, "unbooked"))));
	return dom_list_items(c, &q, to_json, "id", limit, err);
}

enum fj_rc cmd_trade_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *id = fj_json_text(c->params, "id"), *own = only_of(c);

	FJ_TRY(sto_first(c->db, STO_TRADE_GET, &q, id, err, "t", id));
	if (own[0] != '\0' && strcmp(own, sto_text(&q, 1)) != 0 && strcmp(own, sto_text(&q, 13)) != 0)
		return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md 4.13", "the trade is another seller's, at another exchange",
		    "该成交属于其他销售方和交易所");
	return to_json(&q, &c->answer, err);
}
