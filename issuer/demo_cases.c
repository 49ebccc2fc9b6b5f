/*
 * demo_cases.c - cases 1 to 6 of domain.md section 12, with their dates and their money.
 *
 * The clock only goes forward, so a case's money may stand apart from its course.  What
 * a case says in figures is compared here: a demo whose amounts are not those of the
 * domain's text is not made.
 */
#include <string.h>

#include "base/clock.h"
#include "issuer/demo_act.h"

#define BULK 3140

/* --- the public data resources: applied for in February, under notice until March --- */

static const struct dmo_asset
	asset_water = {"SL-2026-0001", "2015—2024年全国重要江河控制站水文水位流量数据集", "N76", "slxx1", "slb1", "slb2", "mof1", "mof2", "mof3", "省级水文站（示例）", "DOMAIN,SCENE", true, false, 0},
	asset_weather = {"QX-2026-0001", "2016—2025年全国农业气象要素格点数据集", "M74", "qx1", "mof1", "", "mof1", "mof2", "mof3", "", "DOMAIN,SCENE", true, false, 0},
	asset_hubei = {"HB-2026-0001", "2018—2025年湖北省水资源监测数据集", "N76", "hbsw1", "hb-fin1", "", "hb-fin1", "hb-fin2", "hb-fin3", "", "", true, false, 5},
	asset_second = {"HB-2026-0002", "2020—2025年湖北省水文站点基础数据集", "N76", "hbsw1", "hb-fin1", "", "hb-fin1", "hb-fin2", "hb-fin3", "", "", true, false, 0},
	asset_finance = {"GZ-2026-0001", "2019—2025年贵州省普惠金融财政公共数据集", "S92", "gz-hold1", "gz-fin1", "", "gz-fin1", "gz-fin2", "gz-fin3", "", "SCENE", true, false, 0},
	asset_fresh = {"HB-2026-0003", "2026年湖北省水库蓄水动态数据集", "N76", "hbsw1", "hb-fin1", "", "hb-fin1", "hb-fin2", "hb-fin3", "", "", true, false, 0},
	asset_county = {"QH-2026-0001", "2023—2025年青禾县农业种植地块数据集", "A01", "qh1", "qh-fin1", "", "qh-fin1", "qh-fin2", "qh-fin3", "", "", true, false, 0};

static enum fj_rc apply_for_all(struct dmo *d, struct fj_err *err)
{
	static const struct dmo_asset *const all[] = {&asset_water, &asset_weather, &asset_hubei, &asset_second, &asset_finance, &asset_fresh};

	FJ_TRY(dmo_at(d, "2026-02-24T01:00:00Z", err));
	for (size_t k = 0; k < FJ_ARRAY_LEN(all); k++)
		FJ_TRY(dmo_notice(d, all[k], err));
	return FJ_OK;
}

/* --- the cases --- */

/* case 1: 水利部 hydrology, by scenario */
static enum fj_rc case1(struct dmo *d, struct fj_err *err)
{
	static const struct dmo_grant scene = {"SCENE", "", "水电调度,洪水预警", "OPER,USE", "SECTOR,WELFARE", "DOWNLOAD_PRODUCT,MODEL_CALL,QUERY", "100000"};
	static const struct dmo_grant flood = {"SCENE", "", "洪水预警", "USE", "WELFARE", "QUERY", "420000"};
	static const struct dmo_grant power = {"SCENE", "", "水电调度", "USE", "SECTOR", "MODEL_CALL", "520000"};
	static const struct dmo_authorisation auth = {"slb1", "slb2", "slb2", "mof1", "mof2", "jc1", "2026-03-17", "2029-03-14", "paid", "P-FLOOD=WELFARE,P-POWER=SECTOR",
		&scene, true, {5500, 2500, 2000}, NULL};
	static const struct dmo_license free_one = {"jc1", "P-FLOOD", "operator", "free", 360, &flood, HUBEI_WATER, "湖北省水文水资源中心", NULL};
	static const struct dmo_license paid_one = {"jc1", "P-POWER", "operator", "paid", 30, &power, PENGCHENG, "鹏城数据科技（虚构）", NULL};
	char number[41], dau[41], id[64];

	FJ_TRY(dmo_at(d, "2026-03-16T01:00:00Z", err));
	FJ_TRY(dmo_certified(d, &asset_water, "DAC-100000-202603-000001-F", number, err));
	FJ_TRY(dmo_at(d, "2026-03-17T01:00:00Z", err));
	FJ_TRY(dmo_authorise(d, &auth, &asset_water, number, dau, err));
	FJ_TRY(dmo_license(d, &free_one, dau, id, err));
	FJ_TRY(dmo_show_token(d, id, "permit", "action=QUERY,purpose=WELFARE,territory=420100", err));
	FJ_TRY(dmo_show_token(d, id, "deny", "action=DOWNLOAD_PRODUCT,purpose=WELFARE", err)); /* out of scope */
	FJ_TRY(dmo_show_token(d, id, "deny", "action=PLEDGE", err));
	FJ_TRY(dmo_sm2_token(d, "jc1", id, "permit", "action=QUERY,purpose=WELFARE,territory=420100", err));
	FJ_TRY(dmo_sm2_certificate(d, "mof1", "mof2", number, "permit", err));
	FJ_TRY(dmo_license(d, &paid_one, dau, id, err));
	FJ_TRY(dmo_show_token(d, id, "deny", "action=MODEL_CALL,purpose=SECTOR", err)); /* expired */
	FJ_TRY(dmo_show_certificate(d, number, "permit", err));
	return dmo_show_authorisation(d, dau, "permit", err);
}

/* case 2: 气象, by domain; the operator's affiliate may not re-develop */
static enum fj_rc case2(struct dmo *d, struct fj_err *err)
{
	static const struct dmo_grant domain = {"DOMAIN", "农业气象", "", "OPER,USE", "INDUSTRY,WELFARE", "DOWNLOAD_PRODUCT,QUERY,REDEVELOP", "100000"};
	static const struct dmo_grant relief = {"DOMAIN", "农业气象", "", "USE", "WELFARE", "QUERY", "420000"};
	static const struct dmo_grant index = {"DOMAIN", "农业气象", "", "USE", "INDUSTRY", "REDEVELOP", "420000"};
	static const struct dmo_authorisation auth = {"qx1", "qx2", "", "mof1", "mof2", "jc1", "2026-03-18", "2029-03-15", "paid", "P-RELIEF=WELFARE,P-INDEX=INDUSTRY", &domain,
		false, {5500, 2500, 2000}, NULL};
	static const struct dmo_license free_one = {"jc1", "P-RELIEF", "operator", "free", 360, &relief, HUBEI_WATER, "湖北省水文水资源中心", NULL};
	static const struct dmo_license own = {"jc1", "P-INDEX", "operator", "paid", 300, &index, JIANGCHENG, "江城保险科技（虚构）", NULL};
	static const struct dmo_license other = {"jc1", "P-INDEX", "operator", "paid", 300, &index, PENGCHENG, "鹏城数据科技（虚构）", NULL};
	char number[41], dau[41], id[64];
	struct fj_err refused = {0};

	FJ_TRY(dmo_at(d, "2026-03-18T01:00:00Z", err));
	FJ_TRY(dmo_certified(d, &asset_weather, "DAC-100000-202603-000002-D", number, err));
	FJ_TRY(dmo_authorise(d, &auth, &asset_weather, number, dau, err));
	FJ_TRY(dmo_license(d, &free_one, dau, id, err));
	FJ_TRY(dmo_show_token(d, id, "permit", "action=QUERY,purpose=WELFARE,environment=any", err));
	FJ_TRY(dmo_must_refuse(dmo_license(d, &own, dau, id, &refused), &refused, "R11", err));
	FJ_TRY(dmo_license(d, &other, dau, id, err));
	FJ_TRY(dmo_show_token(d, id, "permit", "action=REDEVELOP,purpose=INDUSTRY,user=" PENGCHENG, err));
	FJ_TRY(dmo_license(d, &free_one, dau, id, err));
	FJ_TRY(dmo_sm2_token(d, "jc1", id, "deny", "action=QUERY,purpose=WELFARE", err)); /* suspended with the other */
	FJ_TRY(dmo_act(d, "jc2", "token.suspend", json_pack("{s:s, s:s}", "id", id, "reason", "核查（示例）"), NULL, err));
	FJ_TRY(dmo_show_token(d, id, "deny", "action=QUERY,purpose=WELFARE", err)); /* suspended */
	FJ_TRY(dmo_license(d, &free_one, dau, id, err));
	FJ_TRY(dmo_act(d, "jc1", "token.revoke", json_pack("{s:s, s:s}", "id", id, "reason", "用户退出（示例）"), NULL, err));
	FJ_TRY(dmo_show_token(d, id, "deny", "action=QUERY,purpose=WELFARE", err)); /* revoked */
	FJ_TRY(dmo_show_certificate(d, number, "permit", err));
	return dmo_show_authorisation(d, dau, "permit", err);
}

/* case 3: 湖北, whole */
static enum fj_rc case3(struct dmo *d, char dau[41], char id[64], struct fj_err *err)
{
	static const struct dmo_grant whole = {"WHOLE", "", "", "OPER,USE", "INDUSTRY,PUBGOV", "DOWNLOAD_PRODUCT,QUERY,VERIFY", "420000"};
	static const struct dmo_grant city = {"SCENE", "", "防汛调度", "USE", "PUBGOV", "QUERY", "420100"};
	static const struct dmo_authorisation auth = {"sj1", "sj2", "", "hb-fin1", "hb-fin2", "jc1", "2026-04-02", "2031-04-01", "paid", "P-WATER=PUBGOV,P-REPORT=INDUSTRY",
		&whole, false, {5500, 2500, 2000}, "2029-03-30"};
	static const struct dmo_license one = {"jc1", "P-WATER", "operator", "free", 300, &city, HUBEI, "湖北省财政厅", NULL};
	char number[41], other[41];

	FJ_TRY(dmo_at(d, "2026-04-02T01:00:00Z", err));
	FJ_TRY(dmo_certified(d, &asset_hubei, "DAC-420000-202604-000001-2", number, err));
	FJ_TRY(dmo_certified(d, &asset_second, NULL, other, err));
	FJ_TRY(dmo_authorise(d, &auth, &asset_hubei, number, dau, err));
	FJ_TRY(dmo_license(d, &one, dau, id, err));
	FJ_TRY(dmo_sm2_certificate(d, "hb-fin1", "hb-fin2", other, "deny", err)); /* suspended with the other */
	FJ_TRY(dmo_act(d, "hb-fin2", "certificate.suspend", json_pack("{s:s, s:s}", "number", other, "reason", "权属核查（示例）"), NULL, err));
	FJ_TRY(dmo_show_certificate(d, other, "deny", err)); /* suspended */
	return dmo_show_certificate(d, number, "permit", err);
}

static json_t *many_users(void)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	json_t *users = json_array(), *jwk = dmo_jwk();
	char usci[19], name[64];

	for (int k = 0; k < BULK; k++) {
		snprintf(usci, sizeof(usci), "91520100DEMB%04u1", (unsigned)k % 10000u);
		int sum = 0, w = 1;
		for (int c = 0; c < 17; c++, w = w * 3 % 31)
			sum += (int)(strchr(alphabet, usci[c]) - alphabet) * w;
		usci[17] = alphabet[(31 - sum % 31) % 31];
		usci[18] = '\0';
		snprintf(name, sizeof(name), "示例用户%04d（虚构）", k);
		json_array_append_new(users, json_pack("{s:s, s:s, s:O}", "usci", usci, "name", name, "jwk", jwk));
	}
	json_decref(jwk);
	return users;
}

/* case 4: 贵州, many tokens, taken back */
static enum fj_rc case4(struct dmo *d, struct fj_err *err)
{
	static const struct dmo_grant scene = {"SCENE", "", "普惠金融", "OPER,USE", "INDUSTRY", "VERIFY", "520000"};
	static const struct dmo_authorisation auth = {"gz-hold1", "gz-hold2", "", "gz-fin1", "gz-fin2", "qs1", "2026-04-08", "2029-04-05", "paid", "P-VERIFY=INDUSTRY", &scene,
		false, {5500, 2500, 2000}, NULL};
	static const struct dmo_license many = {"qs1", "P-VERIFY", "operator", "paid", 360, &scene, "", "", NULL};
	char number[41], dau[41];
	json_t *made = NULL;

	FJ_TRY(dmo_at(d, "2026-04-08T01:00:00Z", err));
	FJ_TRY(dmo_certified(d, &asset_finance, "DAC-520000-202604-000001-F", number, err));
	FJ_TRY(dmo_authorise(d, &auth, &asset_finance, number, dau, err));
	FJ_TRY(dmo_act(d, "qs1", "token.issue", json_pack("{s:o}", "request", dmo_license_request(&many, dau, many_users())), &made, err));
	FJ_AUTO(json) owned = made;
	const json_t *ids = json_object_get(owned, "tokens");
	if (fj_json_num(owned, "issued") != BULK)
		return fj_fail(err, FJ_E_INTERNAL, "demo", NULL, "of %d tokens %lld were issued", BULK, (long long)fj_json_num(owned, "issued"));
	FJ_TRY(dmo_at(d, "2026-05-06T01:00:00Z", err));
	FJ_TRY(dmo_act(d, "gz-hold1", "evaluation.add", json_pack("{s:s, s:s, s:s, s:[{s:s, s:i, s:i}, {s:s, s:i, s:i}, {s:s, s:i, s:i}], s:s, s:s}", "number", dau, "from", "2026-04-08",
	    "to", "2026-05-05", "indicators", "name", "服务成效", "weight_bp", 4000, "score", 55, "name", "合规", "weight_bp", 3500, "score", 40, "name", "安全",
	    "weight_bp", 2500, "score", 64, "conclusion", "RECLAIM", "report", "评价报告（示例）"), NULL, err));
	FJ_TRY(dmo_act(d, "gz-hold1", "authorisation.suspend", json_pack("{s:s, s:s}", "number", dau, "reason", "评估 52/100，超范围使用（示例）"), NULL, err));
	FJ_TRY(dmo_act2(d, "gz-hold1", "gz-fin1", "authorisation.reclaim", json_pack("{s:s, s:s}", "number", dau, "reason", "市场运营效果差，收回（示例）"), NULL, err));
	FJ_TRY(dmo_show_authorisation(d, dau, "deny", err)); /* reclaimed */
	FJ_TRY(dmo_show_token(d, json_string_value(json_array_get(ids, 0)), "deny", "action=VERIFY,purpose=INDUSTRY", err));
	FJ_TRY(dmo_show_token(d, json_string_value(json_array_get(ids, BULK - 1)), "deny", "action=VERIFY,purpose=INDUSTRY", err));
	return dmo_show_certificate(d, number, "permit", err);
}

/* case 5: 广西 and 深圳: whose assets may secure a debt */
static enum fj_rc case5(struct dmo *d, struct fj_err *err)
{
	static const char *const names[] = {"2021—2025年广西甘蔗种植遥感数据集", "2021—2025年广西糖料价格数据集", "2022—2025年广西用电趋势指数"};
	static const char *const numbers[] = {NULL, NULL, "DAC-450000-202605-000003-7"};
	static const struct dmo_asset index = {"SZ-2026-0001", "2023—2025年鹏城消费指数数据集", "I65", "pc1", "sz-fin1", "", "sz-fin1", "sz-fin2",
		"sz-fin3", "", "WHOLE", false, true, 0};
	char number[41], no[24];
	json_t *answer = NULL;

	FJ_TRY(dmo_at(d, "2026-05-12T01:00:00Z", err));
	for (int k = 0; k < 3; k++) {
		snprintf(no, sizeof(no), "GX-2026-000%d", k + 1);
		struct dmo_asset a = {no, names[k], k == 2 ? "D44" : "A01", "yj1", "gx-fin1", "", "gx-fin1", "gx-fin2", "gx-fin3", "", "WHOLE", false, true, 0};
		FJ_TRY(dmo_certified(d, &a, numbers[k], number, err));
		if (k == 0) { /* withdrawn for false information */
			FJ_TRY(dmo_act2(d, "gx-fin1", "gx-fin2", "certificate.revoke", json_pack("{s:s, s:s, s:s}", "number", number, "reason", "privilegeWithdrawn",
			    "note", "隐瞒事实（示例）"), NULL, err));
			FJ_TRY(dmo_show_certificate(d, number, "deny", err)); /* revoked */
		}
	}
	FJ_TRY(dmo_show_certificate(d, number, "permit", err));
	/* R05: an enterprise may, disclosed; R04: a public institution may not, and the attempt is on record */
	FJ_TRY(dmo_act(d, "yj1", "collateral.request", json_pack("{s:s, s:s}", "asset", "GX-2026-0003", "creditor", "示例银行（虚构）"), &answer, err));
	bool passed = json_is_false(json_object_get(answer, "refused"));
	json_decref(answer);
	if (!passed)
		return fj_fail(err, FJ_E_INTERNAL, "demo", "R05", "an encumbrance that the certified card discloses was refused");
	FJ_TRY(dmo_act(d, "hbsw1", "collateral.request", json_pack("{s:s, s:s}", "asset", "HB-2026-0001", "creditor", "示例银行（虚构）"), &answer, err));
	FJ_AUTO(json) owned = answer;
	if (fj_json_peek(owned, "rule") == NULL || strcmp(fj_json_peek(owned, "rule"), "R04") != 0)
		return fj_fail(err, FJ_E_INTERNAL, "demo", "R04", "a pledge by a public institution was not refused");
	FJ_TRY(dmo_certified(d, &index, "DAC-440300-202605-000001-S", number, err));
	return dmo_show_certificate(d, number, "permit", err);
}

/* --- money --- */

struct income {
	const char *login, *product, *kind, *payer, *funds; /* product: NULL none */
	int64_t gross;
	const char *from, *to; /* the period, and that of the deliveries */
	int receipts;          /* 0: no proof of delivery */
	const char *note;
	int64_t fen[3];        /* each share that it has to give; all 0: it has to be held by R06 */
};

static enum fj_rc check_shares(const struct income *in, const json_t *answer, struct fj_err *err)
{
	const json_t *shares = json_object_get(answer, "shares");
	bool booked = strcmp(fj_json_text(answer, "state"), "BOOKED") == 0, right = booked == (in->fen[0] > 0);

	for (size_t k = 0; k < FJ_ARRAY_LEN(in->fen); k++)
		right = right && fj_json_num(json_array_get(shares, k), "amount_fen") == in->fen[k];
	if (!booked)
		right = right && strcmp(fj_json_text(answer, "state"), "HELD") == 0 && strcmp(fj_json_text(answer, "rule"), "R06") == 0;
	return right ? FJ_OK : fj_fail(err, FJ_E_INTERNAL, "demo", booked ? "R27" : "R06", "%s: neither booked with its shares nor held as it has to be", in->note);
}

/* paid on the day of the booking; id is the booking's */
static enum fj_rc book(struct dmo *d, const struct income *in, const char *dau, char id[32], struct fj_err *err)
{
	char today[FJ_TIME_CAP], receipts[2 * FJ_SHA256_LEN + 1];
	json_t *made = NULL, *evidence = json_object();
	struct fj_hash h;

	fj_date_china(fj_now(), today);
	fj_sha256(fj_slice_str(in->note), &h); /* stands for the file of receipts: illustrative */
	fj_hex(h.b, sizeof(h.b), receipts);
	if (in->receipts > 0)
		json_object_set_new(evidence, "delivery", json_pack("[{s:i, s:s, s:s, s:s}]", "count", in->receipts, "from", in->from, "to", in->to, "sha256", receipts));
	json_t *p = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:o, s:s}", "authorisation", dau, "kind", in->kind, "payer", in->payer, "gross_fen", (json_int_t)in->gross,
	    "period_from", in->from, "period_to", in->to, "paid_on", today, "funded_by", in->funds, "evidence", evidence, "note", in->note);
	if (p != NULL && in->product != NULL)
		json_object_set_new(p, "product", json_string(in->product));
	FJ_TRY(dmo_act(d, in->login, "revenue.book", p, &made, err));
	FJ_AUTO(json) owned = made;
	FJ_TRY(check_shares(in, owned, err));
	return fj_strcopy(id, 32, fj_json_text(owned, "id"));
}

/* what the booking obliges to pay into the treasury, paid whole by the unit that owes it */
static enum fj_rc remit(struct dmo *d, const char *login, const char *revenue, int64_t fen, struct fj_err *err)
{
	json_t *shown = NULL, *paid = NULL;

	FJ_TRY(dmo_act(d, login, "revenue.show", json_pack("{s:s}", "id", revenue), &shown, err));
	FJ_AUTO(json) booking = shown;
	const json_t *due = json_object_get(booking, "remittances");
	if (json_array_size(due) != 1 || fj_json_num(json_array_get(due, 0), "amount_fen") != fen)
		return fj_fail(err, FJ_E_INTERNAL, "demo", "R28", "what is to be remitted of case 3 is not the administrative body's share");
	FJ_TRY(dmo_act(d, login, "revenue.remit", json_pack("{s:s, s:I, s:s}", "remittance", fj_json_text(json_array_get(due, 0), "id"), "amount_fen", (json_int_t)fen, "slip",
	    "示例缴〔2026〕1号"), &paid, err));
	FJ_AUTO(json) owned = paid;
	return strcmp(fj_json_text(owned, "state"), "PAID") == 0 ? FJ_OK : fj_fail(err, FJ_E_INTERNAL, "demo", "R28", "a whole remittance is not taken as paid");
}

/* case 3's income of May, shared by the agreement; the bureau's share is non-tax revenue.  Then it is suspended. */
static enum fj_rc case3_money(struct dmo *d, const char *dau, const char *token, struct fj_err *err)
{
	static const struct income may = {"jc1", "P-REPORT", "OPERATOR_SALE", PENGCHENG, "OWN", 123456789, "2026-05-01", "2026-05-28", 1200, "5月运营服务费（示例）",
		{67901235, 30864197, 24691357}};
	char id[32];

	FJ_TRY(dmo_at(d, "2026-05-29T01:00:00Z", err));
	FJ_TRY(book(d, &may, dau, id, err));
	FJ_TRY(dmo_at(d, "2026-06-02T01:00:00Z", err));
	FJ_TRY(remit(d, "sj1", id, may.fen[1], err));
	FJ_TRY(dmo_act(d, "hb-fin1", "authorisation.suspend", json_pack("{s:s, s:s}", "number", dau, "reason", "安全检查（示例）"), NULL, err));
	FJ_TRY(dmo_show_authorisation(d, dau, "deny", err)); /* suspended */
	return dmo_show_token(d, token, "deny", "action=QUERY,purpose=PUBGOV", err);
}

/* case 6: a county's institution; a fee out of its own county's budget is no revenue, an enterprise's is */
static enum fj_rc case6(struct dmo *d, struct fj_err *err)
{
	static const struct dmo_grant whole = {"WHOLE", "", "", "OPER,USE", "INDUSTRY", "QUERY,VERIFY", "429090"};
	static const struct dmo_authorisation auth = {"qh1", "qh2", "", "qh-fin1", "qh-fin2", "jc1", "2026-05-21", "2029-05-18", "paid", "P-PLOTS=INDUSTRY", &whole, false,
		{4000, 0, 6000}, NULL};
	static const struct income inflated = {"qh1", NULL, "USE_FEE", COUNTY_BUREAU, "FISCAL", 5000000, "2026-05-21", "2026-05-28", 0, "数据费，无使用回执（示例）", {0}},
		earned = {"qh1", NULL, "USE_FEE", PENGCHENG, "OWN", 5000000, "2026-05-21", "2026-05-28", 1200, "数据使用费（示例）", {2000000, 3000000, 0}};
	char number[41], dau[41], id[32];

	FJ_TRY(dmo_at(d, "2026-05-21T01:00:00Z", err));
	FJ_TRY(dmo_certified(d, &asset_county, NULL, number, err));
	FJ_TRY(dmo_authorise(d, &auth, &asset_county, number, dau, err));
	FJ_TRY(dmo_show_certificate(d, number, "permit", err));
	FJ_TRY(dmo_show_authorisation(d, dau, "permit", err));
	FJ_TRY(dmo_at(d, "2026-05-29T00:00:00Z", err));
	FJ_TRY(book(d, &inflated, dau, id, err));
	return book(d, &earned, dau, id, err);
}

/* now: what is in force today */
static enum fj_rc present(struct dmo *d, struct fj_err *err)
{
	static const struct dmo_grant whole = {"WHOLE", "", "", "OPER,USE", "INDUSTRY,PUBGOV", "DOWNLOAD_PRODUCT,QUERY,VERIFY", "420000"};
	static const struct dmo_grant city = {"SCENE", "", "防汛调度", "USE", "PUBGOV", "QUERY", "420100"};
	static const struct dmo_license keyed = {"jc1", "P-RESERVOIR", "operator", "free", 300, &city, HUBEI, "湖北省财政厅", NULL};
	static const struct dmo_license named = {"jc1", "P-RESERVOIR", "operator", "free", 60, &city, HUBEI, "湖北省财政厅", "https://gateway.example"};
	struct dmo_authorisation auth = {"hbsw1", "hbsw2", "", "hb-fin1", "hb-fin2", "jc1", NULL, NULL, "paid", "P-RESERVOIR=PUBGOV,P-REPORT=INDUSTRY", &whole, false,
		{5500, 2500, 2000}, NULL};
	char number[41], dau[41], id[64], from[FJ_TIME_CAP], to[FJ_TIME_CAP];

	FJ_TRY(iss_demo_clock(d->i, 0, err));
	FJ_TRY(dmo_certified(d, &asset_fresh, NULL, number, err));
	fj_date_china(fj_now(), from);
	fj_date_china(fj_now() + 700 * 86400, to);
	auth.from = from;
	auth.to = to;
	FJ_TRY(dmo_authorise(d, &auth, &asset_fresh, number, dau, err));
	FJ_TRY(dmo_license(d, &keyed, dau, id, err));
	FJ_TRY(dmo_show_token(d, id, "permit", "action=QUERY,purpose=PUBGOV,territory=420106", err));
	FJ_TRY(dmo_show_token(d, id, "deny", "action=QUERY,purpose=PUBGOV,territory=440300", err)); /* elsewhere */
	FJ_TRY(dmo_license(d, &named, dau, id, err));
	FJ_TRY(dmo_show_token(d, id, "permit", "action=QUERY,purpose=PUBGOV,user=" HUBEI ",audience=https://gateway.example", err));
	FJ_TRY(dmo_show_token(d, id, "indeterminate", "action=QUERY,purpose=PUBGOV", err));
	FJ_TRY(dmo_show_certificate(d, number, "permit", err));
	return dmo_show_authorisation(d, dau, "permit", err);
}


enum fj_rc dmo_cases(struct dmo *d, struct fj_err *err)
{
	char whole[41], token[64]; /* case 3's authorisation and a license under it */

	FJ_TRY(apply_for_all(d, err));
	FJ_TRY(case1(d, err));
	FJ_TRY(case2(d, err));
	FJ_TRY(case3(d, whole, token, err));
	FJ_TRY(case4(d, err));
	FJ_TRY(dmo_notice(d, &asset_county, err)); /* case 6's, ten working days before */
	FJ_TRY(case5(d, err));
	FJ_TRY(case6(d, err));
	FJ_TRY(case3_money(d, whole, token, err));
	return present(d, err);
}
