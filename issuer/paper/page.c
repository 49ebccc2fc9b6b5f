/*
 * page.c - what the pages of a certificate, an authorisation and a license token share:
 * words in both languages, the address that they are checked at, and the sentences that
 * say what paper is worth.
 *
 * Paper can't be revoked.  So it leads to the register: ?h= names the signed credential
 * that it was made of, &c= the copy, and the public page says when either is not what
 * the register has now.
 */
#include "base/jws.h"
#include "ca/ca.h"
#include "issuer/find.h"
#include "issuer/paper/paper.h"
#include "issuer/token.h"

static const struct {
	const char *code, *text;
} words[] = {
	{"WHOLE", "整体授权 Whole"}, {"DOMAIN", "分领域授权 By domain"}, {"SCENE", "依场景授权 By scenario"},
	{"HOLD", "数据持有权 Right to hold data"}, {"USE", "数据使用权 Right to use data"}, {"OPER", "数据经营权 Right to operate data"},
	{"PUBGOV", "公共治理 Public governance"}, {"WELFARE", "公益事业 Public welfare"}, {"INDUSTRY", "产业发展 Industry"}, {"SECTOR", "行业发展 Sector"},
	{"QUERY", "查询 Query"}, {"VERIFY", "核验 Verification"}, {"MODEL_CALL", "模型调用 Model calls"}, {"DOWNLOAD_PRODUCT", "下载产品 Download of products"},
	{"REDEVELOP", "再开发 Re-development"}, {"CALLS", "次调用 calls"}, {"ROWS", "行 rows"},
	{"PENDING", "待签发 Pending"}, {"ACTIVE", "有效 In force"}, {"SUSPENDED", "已暂停 Suspended"}, {"ENDING", "已暂停（收回待确认）Suspended, ending"}, {"EXPIRED", "已到期 Expired"},
	{"RECLAIMED", "已收回 Reclaimed"}, {"TERMINATED", "已退出 Surrendered"}, {"ABANDONED", "未签发 Not issued"},
	{"NOT_BEGUN", "尚未生效 Not begun"}, {"UNCERTIFIED", "数据资产证书无效 Certificate not in force"},
	{"REVOKING", "已冻结（撤销待确认）Suspended, ending"}, {"WITHDRAWN", "已撤销 Withdrawn"}, {"CANCELLED", "已注销 Cancelled"}, {"SUPERSEDED", "已换发 Superseded"},
	{"REVOKED", "已吊销 Revoked"}, {"EXHAUSTED", "额度已用尽 Used up"}, {"STOPPED", "已停用（所依据的授权或证书无效）Stopped with its authorisation or certificate"},
	{"free", "有条件无偿 Free, on conditions"}, {"paid", "有条件有偿 Paid, on conditions"},
	{"ADMIN", "行政单位 Administrative body"}, {"INST", "事业单位 Public institution"}, {"MASS", "人民团体 Mass organisation"}, {"SOE", "国有企业 State-owned enterprise"},
	{"UTIL", "公用企业 Public utility"}, {"ENT", "其他企业 Other enterprise"},
	{"key", "密钥绑定 Bound to a key"}, {"mtls", "客户端证书绑定 Bound to a client certificate"}, {"named", "具名绑定 Bound to a name"},
	{"operator", "运营机构产品 Operator's product"}, {"redeveloped", "再开发产品 Re-developed product"},
	{"STOP", "停止使用 Stop using"}, {"DELETE", "删除数据 Delete"}, {"RETAIN_DERIVED", "可留存衍生成果 May keep what was derived"},
};

const char *ppr_word(const char *code)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(words); i++)
		if (strcmp(words[i].code, code) == 0)
			return words[i].text;
	return code;
}

void ppr_section(json_t *sections, const char *heading, json_t *blocks)
{
	json_array_append_new(sections, json_pack("{s:s*, s:o}", "heading", heading, "blocks", blocks));
}

enum fj_rc ppr_joined(const json_t *list, bool codes, const char *none, struct fj_buf *out)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v) {
		FJ_TRY(fj_buf_puts(out, i > 0 ? "；" : ""));
		FJ_TRY(fj_buf_puts(out, codes ? ppr_word(json_string_value(v)) : json_string_value(v)));
	}
	return json_array_size(list) > 0 ? FJ_OK : fj_buf_puts(out, none);
}

enum fj_rc ppr_territory(struct sto *db, const json_t *list, struct fj_buf *out, struct fj_err *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v) {
		FJ_AUTO(sto_q) q = {0};
		bool known;
		FJ_TRY(sto_query(db, STO_DIVISION_GET, &q, err, "t", json_string_value(v)));
		FJ_TRY(sto_step(&q, &known, err));
		FJ_TRY(fj_buf_printf(out, "%s%s %s", i > 0 ? "；" : "", json_string_value(v), strcmp(json_string_value(v), "100000") == 0 ? "全国 Nationwide" : known ? sto_text(&q, 0) : ""));
	}
	return FJ_OK;
}

void ppr_limits(const json_t *grant, char out[400])
{
	const json_t *quota = json_object_get(grant, "quota");
	char most[64] = "不限数量 no quota";

	if (json_is_object(quota))
		snprintf(most, sizeof(most), "不超过 at most %lld %s", (long long)fj_json_num(quota, "limit"), ppr_word(fj_json_text(quota, "unit")));
	snprintf(out, 400, "%s；%s；不得用于质押等担保，不得转售、出境提供或交付原始数据 No collateral, resale, export or delivery of raw data", most,
	    fj_json_num(grant, "depth") == 0 ? "不得转授权 no sub-authorisation" : "可转授权 sub-authorisation allowed");
}

void ppr_term(fj_time from, fj_time to, char out[200])
{
	char a[FJ_TIME_CAP], b[FJ_TIME_CAP];

	fj_date_china(from, a);
	fj_date_china(to, b);
	snprintf(out, 200, "%s 至 %s（含首末日 first and last day included）", a, b);
}

void ppr_address(struct iss_call *c, const struct ppr_subject *s, const struct ppr_copy *copy, bool code, char out[260])
{
	int n = snprintf(out, 260, "%.160s/v/%.40s", iss_base(c->iss), s->number);

	if (code && s->sha256[0] != '\0' && n > 0)
		n += snprintf(out + n, 260 - (size_t)n, "?h=%.16s", s->sha256);
	if (code && s->sha256[0] != '\0' && copy != NULL && n > 0)
		snprintf(out + n, 260 - (size_t)n, "&c=%lld", (long long)copy->n);
}

void ppr_state_text(struct iss_call *c, const struct ppr_subject *s, const struct ppr_copy *copy, const char *more, char out[240])
{
	char at[FJ_TIME_CAP];

	fj_time_china(copy != NULL ? copy->at : c->now, at);
	snprintf(out, 240, "%.120s%s%.40s（%s %s）", ppr_word(copy != NULL ? "ACTIVE" : s->state), more[0] != '\0' ? " " : "", more, copy != NULL ? "制作时 as made out:" : "打印时 as printed:", at);
}

json_t *ppr_notes(const struct ppr_copy *copy, const char *first)
{
	static const char common[] = "本件记载事项以登记簿为准，与登记簿不一致的，以登记簿为准；当前状态请扫码或访问核验地址查询。\nThe register prevails over this paper. Its present state: scan the code, or see the address.";
	static const char lost[] = "\n本件按份编号，遗失、毁损应及时向颁发机构申报作废、申请补发。Each copy is numbered. Report a lost or damaged one to the issuing authority, which declares it void and makes out another.";

	return json_pack("{s:s+++}", "note", common, first[0] != '\0' ? "\n" : "", first, copy != NULL ? lost : "");
}

/* what a file says of itself, for programs */
static json_t *facts(struct iss_call *c, const struct ppr_subject *s, const struct ppr_copy *copy, const char *finance)
{
	static const char *const kinds[] = {"certificate", "authorisation", "token"};
	char n[24] = "", url[260];

	if (copy != NULL)
		snprintf(n, sizeof(n), "%lld", (long long)copy->n);
	ppr_address(c, s, copy, true, url);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "Kind", kinds[s->kind], "Number", s->number, "Copy", n, "Holder", s->holder, "Issuer", s->finance, "IssuerName", finance,
	    "CredentialSHA256", s->sha256, "VerifyAddress", url, "Prevails", "登记簿为准");
}

/* over the page: that it is not in force, that its register is a demo's; of a copy the second alone */
static enum fj_rc set_mark(struct iss_call *c, const struct ppr_subject *s, const struct ppr_copy *copy, json_t *model)
{
	bool demo = iss_ca_home(c->iss)->demo, live = copy != NULL || strcmp(s->state, "ACTIVE") == 0;
	char text[120];

	if (live && !demo)
		return FJ_OK;
	snprintf(text, sizeof(text), "%s%s%.90s", demo ? "演示 DEMO" : "", demo && !live ? "\n" : "", live ? "" : ppr_word(s->state));
	return fj_json_set(model, "mark", json_string(text));
}

enum fj_rc ppr_finish(struct iss_call *c, const struct ppr_subject *s, const struct ppr_copy *copy, const char *title, const char *subtitle, const char *finance, json_t *sections, json_t **model,
    struct fj_err *err)
{
	char number[160], made[FJ_TIME_CAP];

	if (copy != NULL)
		snprintf(number, sizeof(number), "编号 No. %.63s　　第 %lld 份 Copy %lld", s->number, (long long)copy->n, (long long)copy->n);
	else
		snprintf(number, sizeof(number), "编号 No. %.63s　　打印件，未编份号 Print, not a numbered copy", s->number);
	fj_time_utc(copy != NULL ? copy->at : c->now, made);
	*model = json_pack("{s:s, s:s, s:b, s:s, s:s, s:s, s:o, s:[], s:o}", "title", title, "subtitle", subtitle, "formal", 1, "number", number, "author", finance, "made", made, "facts",
	    facts(c, s, copy, finance), "meta", "sections", sections);
	if (*model == NULL)
		return fj_no_memory(err, "issuer");
	return set_mark(c, s, copy, *model);
}

/* --- of what --- */

static enum fj_rc with_finance(struct iss_call *c, struct ppr_subject *s, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};

	FJ_TRY(dom_org_get(c->db, s->holder, &holder, err));
	return fj_strcopy(s->finance, sizeof(s->finance), holder.finance);
}

static enum fj_rc of_certificate(struct iss_call *c, struct ppr_subject *s, struct fj_err *err)
{
	struct dom_cert t;

	FJ_TRY(dom_cert_get(c->db, s->number, &t, err));
	s->kind = PPR_CERTIFICATE;
	FJ_TRY(fj_strcopy(s->state, sizeof(s->state), fnd_state(t.state, t.not_after, c->now)));
	FJ_TRY(fj_strcopy(s->sha256, sizeof(s->sha256), t.sha256));
	return fj_strcopy(s->holder, sizeof(s->holder), t.holder);
}

static enum fj_rc of_authorisation(struct iss_call *c, struct ppr_subject *s, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	const char *state;

	FJ_TRY(dom_auth_get(c->db, s->number, &a, err));
	s->kind = PPR_AUTHORISATION;
	FJ_TRY(ppr_authorisation_state(c, &a, NULL, &state, err));
	FJ_TRY(fj_strcopy(s->state, sizeof(s->state), state));
	FJ_TRY(fj_strcopy(s->sha256, sizeof(s->sha256), a.sha256));
	return fj_strcopy(s->holder, sizeof(s->holder), a.holder);
}

/* a token is worth what its authorisation and its asset's certificate are */
static enum fj_rc token_state(struct iss_call *c, const struct token *t, const struct dom_auth *a, struct ppr_subject *s, struct fj_err *err)
{
	const char *own = fnd_state(t->state, t->not_after, c->now), *above;

	FJ_TRY(ppr_authorisation_state(c, a, NULL, &above, err));
	if (strcmp(own, "ACTIVE") == 0)
		own = strcmp(above, "ACTIVE") != 0 ? "STOPPED" : c->now < t->not_before ? "NOT_BEGUN" : own;
	return fj_strcopy(s->state, sizeof(s->state), own);
}

static enum fj_rc of_token(struct iss_call *c, struct ppr_subject *s, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	FJ_AUTO(buf) compact = FJ_BUF_INIT(FJ_TOKEN_MAX);
	struct token t;
	struct fj_hash h;

	FJ_TRY(tok_get(c->db, s->number, &t, err));
	s->kind = PPR_TOKEN;
	FJ_TRY(dom_auth_get(c->db, t.authorisation, &a, err));
	FJ_TRY(token_state(c, &t, &a, s, err));
	if (dom_credential(c->db, PIPE_TOKEN, t.id, &compact, NULL) == FJ_OK) {
		fj_sha256(fj_buf_slice(&compact), &h);
		fj_hex(h.b, FJ_SHA256_LEN, s->sha256);
	}
	return fj_strcopy(s->holder, sizeof(s->holder), a.holder);
}

enum fj_rc ppr_subject(struct iss_call *c, const char *number, struct ppr_subject *s, struct fj_err *err)
{
	memset(s, 0, sizeof(*s));
	if (fj_strcopy(s->number, sizeof(s->number), number) != FJ_OK || (strncmp(number, "DAC-", 4) != 0 && strncmp(number, "DAU-", 4) != 0 && strncmp(number, "LT-", 3) != 0))
		return fj_refuse(err, FJ_E_INVALID, "issuer", "formats.md 4", "a paper is of a certificate (DAC-…), an authorisation (DAU-…) or a license token (LT-…)",
		    "应填写证书编号（DAC-…）、授权编号（DAU-…）或许可令牌编号（LT-…）");
	if (number[0] == 'D')
		FJ_TRY(num_check(number, err));
	FJ_TRY(number[0] == 'L' ? of_token(c, s, err) : number[2] == 'C' ? of_certificate(c, s, err) : of_authorisation(c, s, err));
	return with_finance(c, s, err);
}

enum fj_rc ppr_document(struct iss_call *c, const struct ppr_subject *s, const struct ppr_copy *copy, json_t **out, struct fj_err *err)
{
	switch (s->kind) {
	case PPR_CERTIFICATE:
		return ppr_certificate(c, s, copy, out, err);
	case PPR_AUTHORISATION:
		return ppr_authorisation(c, s, copy, out, err);
	default:
		return ppr_token(c, s, copy, out, err);
	}
}
