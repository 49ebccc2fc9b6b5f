/*
 * token.c - 许可令牌 as an A4 page: what a license token says, for people.
 *
 * The token itself has some three thousand octets, more than a code on paper holds, and is
 * its user's to show; it is not on the page.  The code leads to the token's id at the
 * public service, which knows of a token only where a copy was made out for it, and then
 * neither user nor product: whether it is in force, by the signed lists.
 */
#include "base/jws.h"
#include "issuer/paper/paper.h"
#include "issuer/token.h"

#define MAX_TEXT 65536

struct face {
	struct iss_call *c;
	const struct ppr_subject *subject;
	const struct ppr_copy *copy;
	const json_t *p; /* payload of the token */
	struct dom_org finance;
	struct dom_auth auth;
};
static void face_release(struct face *f)
{
	dom_org_release(&f->finance);
	dom_auth_release(&f->auth);
}
FJ_DEFINE_AUTO(face, struct face, face_release)

static void full(json_t *grid, const char *name, const char *text)
{
	json_array_append_new(grid, json_pack("[s, s]", name, text[0] != '\0' ? text : "—"));
}

static void half(json_t *grid, const char *a, const char *left, const char *b, const char *right)
{
	json_array_append_new(grid, json_pack("[s, s, s, s]", a, left[0] != '\0' ? left : "—", b, right[0] != '\0' ? right : "—"));
}

static void who(const struct face *f, json_t *grid)
{
	const json_t *user = json_object_get(f->p, "holder"), *asset = json_object_get(f->p, "asset"), *product = json_object_get(f->p, "product");
	char what[400];

	full(grid, "被许可方\nLicensed user", fj_json_text(user, "name"));
	half(grid, "统一社会信用代码\nUSCC", fj_json_text(user, "usci"), "绑定方式\nBinding", ppr_word(fj_json_text(f->p, "binding")));
	full(grid, "许可方（运营机构）\nLicensor (operator)", f->auth.operator_name);
	snprintf(what, sizeof(what), "%.280s　版本 version %.40s　%s", fj_json_text(product, "id"), fj_json_text(product, "version"), ppr_word(fj_json_text(product, "kind")));
	full(grid, "产品和服务\nProduct or service", what);
	half(grid, "授权编号\nAuthorisation", f->auth.number, "数据资产证书\nCertificate", fj_json_text(asset, "certificate"));
	half(grid, "资产编号\nAsset number", fj_json_text(asset, "id"), "价格\nTerms", ppr_word(fj_json_text(json_object_get(f->p, "terms"), "kind")));
}

static enum fj_rc scope(const struct face *f, json_t *grid, struct fj_err *err)
{
	static const struct {
		const char *key, *name, *none;
		bool codes;
	} lists[] = {{"rights", "权利\nRights", "—", true}, {"purposes", "用途\nPurposes", "—", true}, {"actions", "行为\nActions", "—", true}, {"scenarios", "场景\nScenarios", "未指定 not named", false},
		{"environment", "环境\nEnvironment", "不限 any", false}};
	const json_t *g = json_object_get(f->p, "grant");
	FJ_AUTO(buf) text = FJ_BUF_INIT(MAX_TEXT);
	char limits[400];

	for (size_t i = 0; i < FJ_ARRAY_LEN(lists); i++) {
		fj_buf_clear(&text);
		FJ_TRY(ppr_joined(json_object_get(g, lists[i].key), lists[i].codes, lists[i].none, &text));
		full(grid, lists[i].name, fj_buf_str(&text));
	}
	fj_buf_clear(&text);
	FJ_TRY(ppr_territory(f->c->db, json_object_get(g, "territory"), &text, err));
	full(grid, "地域\nTerritory", fj_buf_str(&text));
	ppr_limits(g, limits);
	full(grid, "限制\nLimits", limits);
	fj_buf_clear(&text);
	FJ_TRY(ppr_joined(json_object_get(f->p, "duties"), true, "—", &text));
	full(grid, "吊销后义务\nDuties on revocation", fj_buf_str(&text));
	return FJ_OK;
}

static void validity(const struct face *f, json_t *grid)
{
	char term[200], state[240];

	ppr_term(fj_json_num(f->p, "nbf"), fj_json_num(f->p, "exp"), term);
	full(grid, "有效期\nValidity", term);
	full(grid, "令牌摘要\nSHA-256 of the token", f->subject->sha256);
	if (f->copy != NULL)
		return;
	ppr_state_text(f->c, f->subject, NULL, "", state);
	full(grid, "状态\nState", state);
}

static json_t *foot(const struct face *f)
{
	char on[60], url[260], address[260], note[400];
	struct fj_date d = fj_date_of(f->copy != NULL ? f->copy->at : f->c->now, FJ_CHINA_OFFSET);

	snprintf(on, sizeof(on), "%d 年 %d 月 %d 日", d.y, d.m, d.d);
	ppr_address(f->c, f->subject, f->copy, true, url);
	ppr_address(f->c, f->subject, f->copy, false, address);
	snprintf(note, sizeof(note), "核验地址 Verify at：\n%s\n扫码查验当前状态 Scan for its present state", address);
	return json_pack("{s:[{s:s, s:s, s:s}], s:s, s:s*}", "seals", "role", "登记财政部门（盖章）\nFinance department of the register (seal)", "who", f->finance.name, "on", on, "note", note, "qr",
	    f->copy != NULL ? url : NULL); /* of a token without a copy the public service knows nothing */
}

static enum fj_rc rows(const struct face *f, json_t *grid, struct fj_err *err)
{
	who(f, grid);
	FJ_TRY(scope(f, grid, err));
	validity(f, grid);
	return FJ_OK;
}

static enum fj_rc read_token(struct iss_call *c, const char *id, struct fj_buf *compact, struct fj_jws *out, struct fj_err *err)
{
	if (dom_credential(c->db, PIPE_TOKEN, id, compact, NULL) != FJ_OK)
		return fj_refuse(err, FJ_E_STATE, "issuer", "domain.md 7.4", "the license token is not issued yet; there is nothing to print", "该许可令牌尚未签发，不能打印");
	return fj_jws_read(FJ_SLICE(compact->data, compact->len > 0 ? compact->len - 1 : 0), FJ_TOKEN_MAX, out, err); /* without its "~" */
}

enum fj_rc ppr_token(struct iss_call *c, const struct ppr_subject *s, const struct ppr_copy *copy, json_t **model, struct fj_err *err)
{
	static const char opening[] = "运营机构依据下列授权，许可下列单位在所列范围内使用数据产品和服务。";
	static const char second[] = "Under the authorisation below the operator licenses the user below, within the scope below.";
	static const char not[] = "本件为许可令牌的纸质说明，不能代替令牌使用；使用时须出示令牌并证明身份。This page describes a license token and can't be used in its place: a user shows the token itself and proves who it is.";
	FJ_AUTO(face) f = {.c = c, .subject = s, .copy = copy};
	FJ_AUTO(buf) compact = FJ_BUF_INIT(FJ_TOKEN_MAX);
	FJ_AUTO(jws) jws = {.payload = NULL};
	FJ_AUTO(json) grid = json_array();

	FJ_TRY(read_token(c, s->number, &compact, &jws, err));
	f.p = jws.payload;
	FJ_TRY(dom_org_get(c->db, s->finance, &f.finance, err));
	FJ_TRY(dom_auth_get(c->db, fj_json_text(json_object_get(f.p, "parent"), "authorisation"), &f.auth, err));
	FJ_TRY(rows(&f, grid, err));
	json_t *sections = json_pack("[{s:[{s:s}, {s:s}, {s:O}, o, o]}]", "blocks", "text", opening, "note", second, "grid", grid, ppr_notes(copy, not), foot(&f));
	return sections == NULL ? fj_no_memory(err, "issuer") : ppr_finish(c, s, copy, "数据资产使用许可", "License to Use a Data Asset Product", f.finance.name, sections, model, err);
}
