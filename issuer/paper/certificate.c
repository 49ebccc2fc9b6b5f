/*
 * certificate.c - 数据资产证书 as an A4 page: what 167·三(二) wants registered, in the
 * order of 35号's certificate (annex 6), with what may be done and what may not.
 *
 * From the card that the certificate is of, not from today's.  Neither the data's
 * level nor any value stands on it: the level is not published, and a certificate
 * says nothing of worth (domain.md 10).
 */
#include "issuer/find.h"
#include "issuer/paper/paper.h"
#include "issuer/registration.h"

#define MAX_TEXT 65536
#define OVERVIEW 200 /* code points; the register has the rest */

struct face {
	struct iss_call *c;
	const struct ppr_subject *subject;
	const struct ppr_copy *copy;
	struct dom_cert t;
	struct dom_org holder, finance;
	json_t *card, *zh, *en; /* the card, and its lines in both languages */
};
static void face_release(struct face *f)
{
	dom_org_release(&f->holder);
	dom_org_release(&f->finance);
	json_decref(f->card);
	json_decref(f->zh);
	json_decref(f->en);
}
FJ_DEFINE_AUTO(face, struct face, face_release)

static const char *line_of(const json_t *lines, const char *block, const char *key)
{
	size_t i;
	json_t *l;

	json_array_foreach(lines, i, l)
		if (strcmp(fj_json_text(l, "block"), block) == 0 && strcmp(fj_json_text(l, "key"), key) == 0)
			return fj_json_text(l, "text");
	return "";
}

/* a field of the card in words, in the second language too where that says it otherwise */
static enum fj_rc field(const struct face *f, const char *block, const char *key, struct fj_buf *out)
{
	const char *zh = line_of(f->zh, block, key), *en = line_of(f->en, block, key);

	FJ_TRY(fj_buf_puts(out, zh));
	return strcmp(zh, en) == 0 ? FJ_OK : fj_buf_printf(out, " %s", en);
}

struct cell {
	const char *name;         /* "zh\nen" */
	const char *block, *keys[2];
	const char *between;
};

static enum fj_rc cell_text(const struct face *f, const struct cell *e, struct fj_buf *out)
{
	fj_buf_clear(out);
	for (size_t i = 0; i < FJ_ARRAY_LEN(e->keys) && e->keys[i] != NULL; i++) {
		if (out->len > 0 && line_of(f->zh, e->block, e->keys[i])[0] != '\0')
			FJ_TRY(fj_buf_puts(out, e->between));
		FJ_TRY(field(f, e->block, e->keys[i], out));
	}
	return out->len > 0 ? FJ_OK : fj_buf_puts(out, "—");
}

/* two fields side by side */
static enum fj_rc pair(const struct face *f, json_t *grid, const struct cell *a, const struct cell *b)
{
	FJ_AUTO(buf) left = FJ_BUF_INIT(MAX_TEXT);
	FJ_AUTO(buf) right = FJ_BUF_INIT(MAX_TEXT);

	FJ_TRY(cell_text(f, a, &left));
	FJ_TRY(cell_text(f, b, &right));
	json_array_append_new(grid, json_pack("[s, s, s, s]", a->name, fj_buf_str(&left), b->name, fj_buf_str(&right)));
	return FJ_OK;
}

static void full(json_t *grid, const char *name, const char *text)
{
	json_array_append_new(grid, json_pack("[s, s]", name, text[0] != '\0' ? text : "—"));
}

/* --- its rows --- */

static void who(const struct face *f, json_t *grid)
{
	full(grid, "持有单位\nHolder", f->t.holder_name);
	json_array_append_new(grid, json_pack("[s, s, s, s]", "统一社会信用代码\nUSCC", f->t.holder, "主体类型\nKind of holder", ppr_word(f->holder.kind)));
	full(grid, "资产名称\nName of the data asset", f->t.asset_name);
}

static enum fj_rc basics(const struct face *f, json_t *grid)
{
	static const struct cell pairs[][2] = {
		{{"资产编号\nAsset number", "basic", {"asset_no"}, ""}, {"资产分类\nClass", "basic", {"class_scheme", "class_code"}, "　"}},
		{{"所属行业\nIndustry", "basic", {"industry"}, ""}, {"数据形态\nForm", "basic", {"structure", "form"}, "；"}},
		{{"数据来源\nSource", "basic", {"source_kind"}, ""}, {"更新频率\nUpdates", "basic", {"update_freq"}, ""}},
		{{"地域范围\nGeographic scope", "basic", {"geo_scope", "geo_codes"}, "；"}, {"时域范围\nTime span", "basic", {"time_from", "time_to"}, " 至 "}},
		{{"数据量（行）\nRows", "basic", {"volume_rows"}, ""}, {"涉及个人信息\nPersonal information", "rights", {"personal_info"}, ""}},
	};

	for (size_t i = 0; i < FJ_ARRAY_LEN(pairs); i++)
		FJ_TRY(pair(f, grid, &pairs[i][0], &pairs[i][1]));
	return FJ_OK;
}

/* the first characters of the overview; the certificate stays one page */
static enum fj_rc overview(const struct face *f, json_t *grid)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(MAX_TEXT);
	const char *all = line_of(f->zh, "basic", "overview"), *at = all;
	size_t n = 0;

	while (*at != '\0' && n < OVERVIEW) {
		for (at++; ((unsigned char)*at & 0xc0) == 0x80; at++) {
		}
		n++;
	}
	if (all[0] == '\0')
		return FJ_OK;
	FJ_TRY(fj_buf_put(&text, all, (size_t)(at - all)));
	FJ_TRY(*at != '\0' ? fj_buf_puts(&text, "……（余见登记簿 more in the register）") : FJ_OK);
	full(grid, "概述\nOverview", fj_buf_str(&text));
	return FJ_OK;
}

/* who has which right; where the card has no table, the holder has those it names */
static enum fj_rc rights(const struct face *f, json_t *grid)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(MAX_TEXT);
	const json_t *card = json_object_get(f->card, "rights");

	FJ_TRY(ppr_joined(json_object_get(card, "rights"), true, "—", &text));
	full(grid, "权利种类\nRights", fj_buf_str(&text));
	if (line_of(f->zh, "rights", "rights_table")[0] != '\0')
		full(grid, "权利配置说明\nAllocation of rights", line_of(f->zh, "rights", "rights_table"));
	fj_buf_clear(&text);
	FJ_TRY(ppr_joined(json_object_get(card, "modes"), true, "—", &text));
	full(grid, "可用授权模式\nModes of authorisation", fj_buf_str(&text));
	return FJ_OK;
}

static enum fj_rc prohibited(const struct face *f, json_t *grid)
{
	static const char *const words[] = {"不得用于担保、质押 no collateral or pledge", "不得转授权 no sub-authorisation", "不得出境 no export", "不得转售 no resale", "不得交付原始数据 no delivery of raw data"};
	FJ_AUTO(buf) text = FJ_BUF_INIT(MAX_TEXT);

	for (unsigned i = 0; i < FJ_ARRAY_LEN(words); i++)
		if (f->t.restrictions & (1 << i))
			FJ_TRY(fj_buf_printf(&text, "%s%s", text.len > 0 ? "；" : "", words[i]));
	full(grid, "禁止事项\nProhibited", text.len > 0 ? fj_buf_str(&text) : "无 none");
	return FJ_OK;
}

/* what else the register has of it elsewhere: numbers of the other two registrations, and what it succeeds */
static enum fj_rc remarks(const struct face *f, json_t *grid)
{
	static const struct {
		const char *key, *zh;
	} numbers[] = {{"nda_query_code", "公共数据资源登记查询码 NDRC/NDA query code："}, {"sj_cert_no", "数据产权登记凭证编号 property right certificate："}, {"evidence_no", "存证编号 evidence deposit："}};
	FJ_AUTO(buf) text = FJ_BUF_INIT(MAX_TEXT);

	if (f->t.succeeds[0] != '\0')
		FJ_TRY(fj_buf_printf(&text, "换发自 succeeds：%s", f->t.succeeds));
	for (size_t i = 0; i < FJ_ARRAY_LEN(numbers); i++)
		if (dom_card_text(f->card, "management", numbers[i].key)[0] != '\0')
			FJ_TRY(fj_buf_printf(&text, "%s%s%s", text.len > 0 ? "；" : "", numbers[i].zh, dom_card_text(f->card, "management", numbers[i].key)));
	if (text.len > 0)
		full(grid, "备注\nRemarks", fj_buf_str(&text));
	return FJ_OK;
}

static enum fj_rc validity(const struct face *f, json_t *grid, struct fj_err *err)
{
	char term[200], state[240], version[100], hash[65];

	ppr_term(f->t.not_before, f->t.not_after, term);
	full(grid, "有效期\nValidity", term);
	FJ_TRY(dom_card_hash(f->card, hash, err));
	snprintf(version, sizeof(version), "第 %lld 版 v%lld（%.16s）", (long long)f->t.version, (long long)f->t.version, hash);
	json_array_append_new(grid, json_pack("[s, s, s, s]", "登记编号\nRegistration", f->t.registration[0] != '\0' ? f->t.registration : "—", "资产卡片\nAsset card", version));
	full(grid, "证书摘要\nSHA-256 of the certificate", f->t.sha256);
	FJ_TRY(remarks(f, grid));
	if (f->copy != NULL)
		return FJ_OK;
	ppr_state_text(f->c, f->subject, NULL, "", state);
	full(grid, "状态\nState", state);
	return FJ_OK;
}

/* --- the page --- */

static json_t *foot(const struct face *f)
{
	char on[80], url[260], address[260], note[400];
	struct fj_date d = fj_date_of(f->t.not_before, FJ_CHINA_OFFSET);

	snprintf(on, sizeof(on), "颁发日期 Date of issue\n%d 年 %d 月 %d 日", d.y, d.m, d.d);
	ppr_address(f->c, f->subject, f->copy, true, url);
	ppr_address(f->c, f->subject, f->copy, false, address);
	snprintf(note, sizeof(note), "核验地址 Verify at：\n%s\n扫码查验当前状态 Scan for its present state", address);
	return json_pack("{s:[{s:s, s:s, s:s}], s:s, s:s}", "seals", "role", "颁发机构（盖章）\nIssuing authority (seal)", "who", f->finance.name, "on", on, "note", note, "qr", url);
}

static enum fj_rc load(struct face *f, struct fj_err *err)
{
	FJ_TRY(dom_cert_get(f->c->db, f->subject->number, &f->t, err));
	FJ_TRY(dom_org_get(f->c->db, f->t.holder, &f->holder, err));
	FJ_TRY(dom_org_get(f->c->db, f->holder.finance, &f->finance, err));
	FJ_TRY(dom_card_at(f->c->db, f->t.asset_no, f->t.version, &f->card, err));
	f->zh = iss_card_lines(f->card, false);
	f->en = iss_card_lines(f->card, true);
	return f->zh != NULL && f->en != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc rows(const struct face *f, json_t *grid, struct fj_err *err)
{
	who(f, grid);
	FJ_TRY(basics(f, grid));
	FJ_TRY(overview(f, grid));
	FJ_TRY(rights(f, grid));
	FJ_TRY(prohibited(f, grid));
	return validity(f, grid, err);
}

enum fj_rc ppr_certificate(struct iss_call *c, const struct ppr_subject *s, const struct ppr_copy *copy, json_t **model, struct fj_err *err)
{
	static const char opening[] = "依据财政部《数据资产全过程管理试点方案》（财资〔2024〕167号），下列数据资产已予登记，颁发此证，作为数据资产对外授权使用的凭证。";
	static const char second[] = "Under 财资〔2024〕167号 the data asset below is registered; this certificate is the credential for its outward authorised use.";
	static const char not[] = "本证书不是数据产权登记凭证，不对数据资产的价值作任何认定或保证。It is no property right certificate, and says nothing of the asset's value.";
	FJ_AUTO(face) f = {.c = c, .subject = s, .copy = copy};
	FJ_AUTO(json) grid = json_array();

	FJ_TRY(load(&f, err));
	FJ_TRY(rows(&f, grid, err));
	json_t *sections = json_pack("[{s:[{s:s}, {s:s}, {s:O}, o, o]}]", "blocks", "text", opening, "note", second, "grid", grid, ppr_notes(copy, not), foot(&f));
	return sections == NULL ? fj_no_memory(err, "issuer") : ppr_finish(c, s, copy, "数据资产证书", "Data Asset Certificate", f.finance.name, sections, model, err);
}
