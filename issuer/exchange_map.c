/*
 * exchange_map.c - which of our fields is which of their columns, as data of each
 * finance department.
 *
 * 预算管理一体化 differs from place to place, so the mapping is a document that the
 * department sets (`exchange map`): our field, their column or element, the form
 * of the value, and a translation of codes; and what a receipt's columns are
 * called.  It is versioned, in events; a file says by which version it was made.
 * Without one the dictionary's own headings and words hold.  A document that names
 * an unknown field, a column twice, or a code that the field does not have is
 * refused: a mapping that loses data silently is worse than none.
 */
#include "issuer/exchange.h"

#include "base/jws.h"
#include "issuer/iss.h"

#define MAX_COLUMN 60
#define MAX_WORDS 20

static const struct {
	const char *name, *column;
} own[XCH_OWN] = {
	[XCH_NUMBER] = {"asset.asset_no", "资产编号"},     [XCH_HOLDER] = {"asset.holder", "持有单位代码"},
	[XCH_HOLDER_NAME] = {"asset.holder_name", "持有单位"}, [XCH_STATE] = {"asset.state", "登记状态"},
	[XCH_VERSION] = {"asset.version", "卡片版本"},     [XCH_HASH] = {"asset.card_hash", "卡片哈希"},
	[XCH_CERTIFICATE] = {"asset.certificate", "证书编号"},
};

static enum fj_rc bad(struct fj_err *err, const char *what, const char *en, const char *zh)
{
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "167·三(二)", "the mapping of \"%.80s\" %s", what, en);

	fj_err_zh(err, "对照表“%.80s”%s", what, zh);
	return rc;
}

bool xch_heading(const char *a, const char *b)
{
	FJ_AUTO(buf) x = FJ_BUF_INIT(4096);
	FJ_AUTO(buf) y = FJ_BUF_INIT(4096);

	return sheet_heading(a, &x) == FJ_OK && sheet_heading(b, &y) == FJ_OK && x.len > 0 && strcmp(fj_buf_str(&x), fj_buf_str(&y)) == 0;
}

/* --- reading a document --- */

static bool find_field(const char *name, struct xch_field *f)
{
	char block[32];
	size_t n = strcspn(name, ".");

	for (int i = 0; i < XCH_OWN; i++)
		if (strcmp(own[i].name, name) == 0) {
			f->own = (enum xch_own)i;
			return true;
		}
	if (name[n] == '\0' || n >= sizeof(block))
		return false;
	snprintf(block, sizeof(block), "%.*s", (int)n, name);
	f->own = XCH_OWN;
	f->card = card_field(block, name + n + 1);
	return f->card != NULL && card_has_column(f->card);
}

static enum fj_rc read_as(const char *word, struct xch_field *f, struct fj_err *err)
{
	static const char *const words[] = {[XCH_WORDS] = "words", [XCH_CODE] = "code", [XCH_FEN] = "fen", [XCH_DATE8] = "date8"};

	f->as = XCH_WORDS;
	if (word == NULL)
		return FJ_OK;
	for (size_t i = 0; i < FJ_ARRAY_LEN(words); i++)
		if (strcmp(words[i], word) == 0)
			f->as = (enum xch_as)i;
	bool fits = f->as == XCH_WORDS ? strcmp(word, words[XCH_WORDS]) == 0 : f->card != NULL && (f->as == XCH_CODE ? f->card->choices != NULL :
	    f->card->type == (f->as == XCH_FEN ? CARD_MONEY : CARD_DATE));
	return fits ? FJ_OK : bad(err, f->name, "has a form that does not fit: words, code (of a list), fen (of an amount), date8 (of a date)",
	    "的格式不适用：words、code（代码项）、fen（金额）、date8（日期）");
}

static enum fj_rc read_codes(const json_t *codes, struct xch_field *f, struct fj_err *err)
{
	const char *key;
	json_t *v;

	f->codes = codes;
	if (codes == NULL)
		return FJ_OK;
	if (!json_is_object(codes) || json_object_size(codes) == 0 || json_object_size(codes) > 100)
		return bad(err, f->name, "has codes that are no object {ours: theirs}", "的代码对照应为 {本系统代码: 对方代码}");
	json_object_foreach((json_t *)(uintptr_t)codes, key, v) {
		const struct iss_choice *k = f->card == NULL || f->card->choices == NULL ? NULL : card_choice(f->card, key);
		bool known = f->own == XCH_STATE || (f->card != NULL && f->card->type == CARD_BOOL && (strcmp(key, "true") == 0 || strcmp(key, "false") == 0)) ||
		    (k != NULL && strcmp(k->code, key) == 0);
		if (!known || !json_is_string(v) || !iss_said(json_string_value(v)))
			return bad(err, f->name, "translates a code that the field does not have, or to nothing", "含有该字段没有的代码或空值");
	}
	return FJ_OK;
}

static enum fj_rc read_field(const json_t *in, struct xch_map *m, struct fj_err *err)
{
	static const char *const keys[] = {"field", "column", "as", "codes", NULL};
	struct xch_field *f = &m->field[m->n];
	const char *as = NULL;

	FJ_TRY(fj_json_only(in, keys, err));
	FJ_TRY(fj_json_str(in, "field", 80, &f->name, err));
	FJ_TRY(fj_json_str(in, "column", MAX_COLUMN, &f->column, err));
	FJ_TRY(fj_json_opt_str(in, "as", 10, &as, err));
	if (!find_field(f->name, f))
		return bad(err, f->name, "names no field of ours", "不是本系统字段");
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->field[i].name, f->name) == 0 || xch_heading(m->field[i].column, f->column))
			return bad(err, f->name, "names a field or a column twice", "字段或列重复");
	FJ_TRY(read_as(as, f, err));
	FJ_TRY(read_codes(json_object_get(in, "codes"), f, err));
	m->n++;
	return FJ_OK;
}

static enum fj_rc read_words(const json_t *list, struct fj_err *err)
{
	size_t i;
	json_t *v;

	if (!json_is_array(list) || json_array_size(list) == 0 || json_array_size(list) > MAX_WORDS)
		return bad(err, "receipt", "lists the words of each verdict, 1 to 20", "应列出各处理结果的用词（1 至 20 个）");
	json_array_foreach(list, i, v)
		if (!json_is_string(v) || !iss_said(json_string_value(v)))
			return bad(err, "receipt", "lists the words of each verdict, 1 to 20", "应列出各处理结果的用词（1 至 20 个）");
	return FJ_OK;
}

static enum fj_rc read_receipt(const json_t *in, struct xch_map *m, struct fj_err *err)
{
	static const char *const keys[] = {"number", "asset_no", "verdict", "accepted", "refused", "reason", NULL};

	FJ_TRY(fj_json_only(in, keys, err));
	FJ_TRY(fj_json_str(in, "number", MAX_COLUMN, &m->receipt.number, err));
	FJ_TRY(fj_json_str(in, "asset_no", MAX_COLUMN, &m->receipt.asset_no, err));
	FJ_TRY(fj_json_str(in, "verdict", MAX_COLUMN, &m->receipt.verdict, err));
	FJ_TRY(fj_json_str(in, "reason", MAX_COLUMN, &m->receipt.reason, err));
	m->receipt.accepted = json_object_get(in, "accepted");
	m->receipt.refused = json_object_get(in, "refused");
	FJ_TRY(read_words(m->receipt.accepted, err));
	FJ_TRY(read_words(m->receipt.refused, err));
	if (xch_heading(m->receipt.number, m->receipt.asset_no))
		return bad(err, "receipt", "calls our number and theirs the same", "中本系统编号与对方编号不能是同一列");
	return FJ_OK;
}

/* m->doc is what fields will point into */
static enum fj_rc read_doc(struct xch_map *m, struct fj_err *err)
{
	static const char *const keys[] = {"format", "root", "record", "fields", "receipt", NULL};
	const char *format, *root, *record;
	enum xch_format f;
	json_t *fields, *receipt, *v;
	size_t i;

	FJ_TRY(fj_json_only(m->doc, keys, err));
	FJ_TRY(fj_json_str(m->doc, "format", 4, &format, err));
	FJ_TRY(xch_format_of(format, &f, err));
	FJ_TRY(fj_json_str(m->doc, "root", MAX_COLUMN, &root, err));
	FJ_TRY(fj_json_str(m->doc, "record", MAX_COLUMN, &record, err));
	if (!xch_xml_name(root) || !xch_xml_name(record))
		return bad(err, xch_xml_name(root) ? record : root, "is no name of an XML element", "不能作为 XML 元素名");
	FJ_TRY(fj_json_arr(m->doc, "fields", XCH_MAX_FIELDS, &fields, err));
	m->n = 0;
	json_array_foreach(fields, i, v)
		FJ_TRY(read_field(v, m, err));
	for (i = 0; i < m->n && m->field[i].own != XCH_NUMBER; i++)
		;
	if (i == m->n)
		return bad(err, own[XCH_NUMBER].name, "is missing: without the number no record is anybody's", "缺失：没有编号无法对应记录");
	FJ_TRY(fj_json_obj(m->doc, "receipt", &receipt, err));
	return read_receipt(receipt, m, err);
}

/* --- the defaults --- */

static json_t *default_doc(void)
{
	json_t *fields = json_array();
	size_t n;
	const struct card_field *f = card_fields(&n);

	for (int i = 0; i < XCH_OWN; i++)
		json_array_append_new(fields, json_pack("{s:s, s:s}", "field", own[i].name, "column", own[i].column));
	for (size_t i = 0; i < n; i++) {
		char name[64], column[128];
		if (!card_has_column(&f[i]) || f[i].type == CARD_ASSET_NO)
			continue;
		snprintf(name, sizeof(name), "%s.%s", f[i].block, f[i].key);
		xch_xml_plain(f[i].zh, column, sizeof(column));
		json_array_append_new(fields, json_pack("{s:s, s:s}", "field", name, "column", column));
	}
	return json_pack("{s:s, s:s, s:s, s:o, s:{s:s, s:s, s:s, s:s, s:[s,s,s,s,s], s:[s,s,s,s,s]}}", "format", "xlsx", "root", "Assets", "record", "Asset", "fields", fields,
	    "receipt", "number", "我方编号", "asset_no", "资产编号", "verdict", "处理结果", "reason", "原因", "accepted", "成功", "接收", "是", "1", "ACCEPTED", "refused", "失败", "退回", "否",
	    "0", "REFUSED");
}

void xch_map_release(struct xch_map *m)
{
	json_decref(m->doc);
	m->doc = NULL;
}

static enum fj_rc load_version(struct sto *db, const char *finance, int64_t version, struct xch_map *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row = false;

	memset(out, 0, sizeof(*out));
	if (version != 0) {
		FJ_TRY(sto_query(db, STO_XMAP_GET, &q, err, "ti", finance, version));
		FJ_TRY(sto_step(&q, &row, err));
		if (!row && version != INT64_MAX)
			return fj_fail(err, FJ_E_NOTFOUND, "issuer", NULL, "there is no version %lld of the mapping", (long long)version);
	}
	out->version = row ? sto_int(&q, 0) : 0;
	if (row)
		FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 1)), 1u << 20, &out->doc, err));
	else
		out->doc = default_doc();
	return out->doc == NULL ? fj_no_memory(err, "issuer") : read_doc(out, err);
}

enum fj_rc xch_map_load(struct sto *db, const char *finance, struct xch_map *out, struct fj_err *err)
{
	return load_version(db, finance, INT64_MAX, out, err);
}

/* --- commands --- */

enum fj_rc cmd_exchange_map(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(xch_map) now = {.doc = NULL};
	FJ_AUTO(xch_map) m = {.doc = json_incref(json_object_get(c->params, "mapping"))};

	FJ_TRY(read_doc(&m, err));
	FJ_TRY(xch_map_load(c->db, c->actor->org, &now, err));
	if (json_equal(now.doc, m.doc)) {
		c->answer = json_pack("{s:s, s:I, s:b}", "finance", c->actor->org, "version", (json_int_t)now.version, "unchanged", 1);
		return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
	}
	FJ_AUTO(json) body = json_pack("{s:I, s:O}", "version", (json_int_t)now.version + 1, "mapping", m.doc);
	FJ_TRY(evt_append(c, "exchange.mapped", c->actor->org, body, err));
	c->answer = json_pack("{s:s, s:I, s:b}", "finance", c->actor->org, "version", (json_int_t)now.version + 1, "unchanged", 0);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_exchange_mapped(const struct evt *e, struct fj_err *err)
{
	FJ_AUTO(buf) doc = FJ_BUF_INIT(1u << 20);

	FJ_TRY(fj_json_canonical(json_object_get(e->body, "mapping"), &doc, err));
	return sto_run(e->db, STO_XMAP_ADD, NULL, err, "titi", e->object, fj_json_num(e->body, "version"), fj_buf_str(&doc), (int64_t)e->at);
}

enum fj_rc cmd_exchange_mapping(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(xch_map) m = {.doc = NULL};
	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	const char *finance = fj_json_peek(c->params, "finance");
	int64_t version = INT64_MAX;

	FJ_TRY(fj_json_opt_int(c->params, "version", 0, INT32_MAX, &version, err));
	if (finance == NULL && c->actor->org[0] != '\0') {
		FJ_TRY(dom_org_get(c->db, c->actor->org, &o, err));
		finance = o.finance;
	}
	finance = finance == NULL ? c->iss->keeper : finance;
	FJ_TRY(load_version(c->db, finance, version, &m, err));
	c->answer = json_pack("{s:s, s:I, s:O}", "finance", finance, "version", (json_int_t)m.version, "mapping", m.doc);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- one asset in their words --- */

void xch_asset_release(struct xch_asset *a)
{
	json_decref(a->card);
	a->card = NULL;
}

enum fj_rc xch_asset_from_row(const struct sto_q *q, struct xch_asset *out, struct fj_err *err)
{
	struct sto_copy texts[XCH_OWN];

	memset(out, 0, sizeof(*out));
	for (int i = 0; i < XCH_OWN; i++)
		texts[i] = (struct sto_copy)STO_COPY(i, out->own[i]);
	FJ_TRY(sto_copy(q, texts, FJ_ARRAY_LEN(texts), "an asset", err));
	return fj_json_parse(fj_slice_str(sto_text(q, XCH_OWN)), CARD_MAX, &out->card, err);
}

static enum fj_rc translated(const struct xch_field *f, const char *code, struct fj_buf *out, struct fj_err *err)
{
	const char *theirs = f->codes == NULL ? code : fj_json_peek(f->codes, code);

	return theirs != NULL ? fj_buf_puts(out, theirs) : bad(err, f->name, "does not translate one of the asset's codes", "没有该资产所用代码的对照");
}

/* codes one by one; a list between ";" */
static enum fj_rc put_codes(const struct xch_field *f, const json_t *v, struct fj_buf *out, struct fj_err *err)
{
	size_t i;
	json_t *one;

	if (json_is_boolean(v))
		return translated(f, json_is_true(v) ? "true" : "false", out, err);
	if (json_is_string(v))
		return translated(f, json_string_value(v), out, err);
	json_array_foreach(v, i, one) {
		FJ_TRY(i > 0 ? fj_buf_puts(out, ";") : FJ_OK);
		FJ_TRY(translated(f, json_string_value(one), out, err));
	}
	return FJ_OK;
}

static enum fj_rc put_date8(const char *s, struct fj_buf *out)
{
	for (; *s != '\0'; s++)
		if (*s != '-')
			FJ_TRY(fj_buf_put(out, s, 1));
	return FJ_OK;
}

enum fj_rc xch_text(const struct xch_field *f, const struct xch_asset *a, struct fj_buf *out, struct fj_err *err)
{
	if (f->own != XCH_OWN)
		return translated(f, a->own[f->own], out, err);
	const json_t *v = card_get(a->card, f->card);
	if (v == NULL)
		return FJ_OK;
	if (f->codes != NULL || f->as == XCH_CODE)
		return put_codes(f, v, out, err);
	if (f->as == XCH_FEN)
		return fj_buf_printf(out, "%lld", (long long)json_integer_value(v));
	return f->as == XCH_DATE8 ? put_date8(json_string_value(v), out) : card_cell(f->card, v, out, err);
}

static bool same_value(const struct xch_field *f, const char *ours, const char *theirs)
{
	json_t *a = NULL, *b = NULL;
	enum fj_rc x = card_uncell(f->card, ours, &a, NULL), y = card_uncell(f->card, theirs, &b, NULL);
	FJ_AUTO(json) owned_a = a;
	FJ_AUTO(json) owned_b = b;

	return x == FJ_OK && y == FJ_OK && ((a == NULL && b == NULL) || json_equal(a, b));
}

bool xch_same(const struct xch_field *f, const char *ours, const char *theirs)
{
	FJ_AUTO(buf) a = FJ_BUF_INIT(4 * SHEET_MAX_CELL);
	FJ_AUTO(buf) b = FJ_BUF_INIT(4 * SHEET_MAX_CELL);

	if (f->own == XCH_OWN && f->codes == NULL && f->as == XCH_WORDS && same_value(f, ours, theirs))
		return true;
	return sheet_key(ours, &a) == FJ_OK && sheet_key(theirs, &b) == FJ_OK && strcmp(fj_buf_str(&a), fj_buf_str(&b)) == 0;
}
