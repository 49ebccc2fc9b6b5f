/*
 * rules.c - the rules.  Where each one stands is data: basis.def.
 *
 * Nothing here reads a clock, a database or a configuration.
 */
#include "issuer/rules/rules.h"

#include "base/buf.h"
#include "base/mem.h"
#include "issuer/issuer.h"

static const struct iss_rule table[] = {
#define RULE(id, basis, clause, en, zh, quote) {id, basis, clause, en, zh, quote},
#define CLAUSE(cite, words)
#include "issuer/rules/basis.def"
#undef RULE
#undef CLAUSE
};

static const struct iss_clause clauses[] = {
#define RULE(id, basis, clause, en, zh, quote)
#define CLAUSE(cite, words) {cite, words},
#include "issuer/rules/basis.def"
#undef RULE
#undef CLAUSE
};

size_t iss_rules(const struct iss_rule **out)
{
	*out = table;
	return FJ_ARRAY_LEN(table);
}

size_t iss_clauses(const struct iss_clause **out)
{
	*out = clauses;
	return FJ_ARRAY_LEN(clauses);
}

void iss_rule_cite(struct fj_err *err)
{
	if (err == NULL || err->basis[0] != '\0')
		return;
	for (size_t i = 0; i < FJ_ARRAY_LEN(table); i++)
		if (strcmp(table[i].id, err->cite) == 0) {
			snprintf(err->basis, sizeof(err->basis), "%s", table[i].basis);
			snprintf(err->clause, sizeof(err->clause), "%s", table[i].clause);
		}
}

enum fj_rc iss_rule_fail(struct fj_err *err, const char *id, const char *en, const char *zh)
{
	fj_refuse(err, FJ_E_REFUSED, "rules", id, en, zh);
	iss_rule_cite(err);
	return FJ_E_REFUSED;
}

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* octets of the blank that s begins with, 0: none */
static size_t blank(const char *s)
{
	static const char *const wide[] = {"\xc2\xa0", "\xe2\x80\x8b", "\xe2\x80\xaf", "\xe3\x80\x80", "\xef\xbb\xbf"};

	if ((unsigned char)*s <= 0x20 || *s == 0x7f)
		return *s != '\0';
	for (size_t i = 0; i < FJ_ARRAY_LEN(wide); i++)
		if (strncmp(s, wide[i], strlen(wide[i])) == 0)
			return strlen(wide[i]);
	/* U+2000 to U+200A */
	return strncmp(s, "\xe2\x80", 2) == 0 && (unsigned char)s[2] <= 0x8a && s[2] != '\0' ? 3 : 0;
}

bool iss_said(const char *text)
{
	size_t n;

	if (text == NULL)
		return false;
	while ((n = blank(text)) > 0)
		text += n;
	return *text != '\0';
}

bool iss_kind_no_collateral(const char *kind)
{
	return is(kind, "ADMIN") || is(kind, "INST") || is(kind, "MASS");
}

enum fj_rc iss_rule_no_authorisation_without_certificate(const char *state, bool expired, struct fj_err *err)
{
	return is(state, "ACTIVE") && !expired ? FJ_OK : iss_rule_fail(err, "R01",
	    "an asset is authorised outward only with a data asset certificate in force; have one issued, or its suspension lifted",
	    "未登记并持有有效数据资产证书的数据资产不得对外授权；请先颁证或解除冻结");
}

enum fj_rc iss_rule_no_registration_without_decision(const char *state, const char *catalog_ref, struct fj_err *err)
{
	return is(state, "CONFIRMED") && catalog_ref[0] != '\0' ? FJ_OK : iss_rule_fail(err, "R02",
	    "a card rests on a ledger entry that comes from the resource catalogue and whose recognition is confirmed; have it recognised and confirmed first",
	    "资产卡片须以来自数据资源目录且已确认的台账条目为基础；请先完成确认");
}

enum fj_rc iss_rule_no_certificate_for_memo(const char *result, struct fj_err *err)
{
	return is(result, "ASSET") ? FJ_OK : iss_rule_fail(err, "R03",
	    "what was recognised as memorandum or as no asset gets no card and no certificate",
	    "确认结论为备查簿或非资产的，不得填报卡片、不得颁证");
}

enum fj_rc iss_rule_no_collateral(const char *kind, struct fj_err *err)
{
	return !iss_kind_no_collateral(kind) ? FJ_OK : iss_rule_fail(err, "R04",
	    "data assets of administrative bodies, public institutions and mass organisations must not secure a debt in any form; the attempt is recorded",
	    "严禁利用行政事业单位数据资产进行担保，新增政府隐性债务；本次申请已留痕");
}

enum fj_rc iss_rule_no_secured_card(bool secures, const char *kind, struct fj_err *err)
{
	return !secures || !iss_kind_no_collateral(kind) ? FJ_OK : iss_rule_fail(err, "R04",
	    "data assets of administrative bodies, public institutions and mass organisations secure no debt: have the pledge or guarantee released, and leave it out of the card",
	    "严禁利用行政事业单位数据资产进行担保；请先解除，并删除卡片中质押、抵押、担保、增信、信托等记载");
}

enum fj_rc iss_rule_no_hidden_encumbrance(bool disclosed, struct fj_err *err)
{
	return disclosed ? FJ_OK : iss_rule_fail(err, "R05", "an enterprise's encumbrance is disclosed on the card first; add it and have the certificate issued again",
	    "企业数据资产设定权利负担须先在卡片上披露并换发证书");
}

enum fj_rc iss_rule_no_override(const char *id, struct fj_err *err)
{
	static const char *const open[] = {"R05", "R10"}; /* of kind O, among the rules that stand here */
	char en[160], zh[160];

	for (size_t i = 0; i < FJ_ARRAY_LEN(open); i++)
		if (is(open[i], id))
			return FJ_OK;
	snprintf(en, sizeof(en), "%.8s is a hard block: nobody overrides it, whatever the reason", id);
	snprintf(zh, sizeof(zh), "%.8s 为强制性规则，任何人不得以任何理由突破", id);
	return iss_rule_fail(err, id, en, zh);
}

enum fj_rc iss_rule_no_fee_for_welfare(const char *purpose, bool paid, struct fj_err *err)
{
	return !paid || (!is(purpose, "PUBGOV") && !is(purpose, "WELFARE")) ? FJ_OK : iss_rule_fail(err, "R07",
	    "use for public governance and public welfare is free of charge; set the terms to free",
	    "用于公共治理、公益事业的，应有条件无偿使用；请将条件改为无偿");
}

/* fen as yuan, for sentences */
static const char *yuan(int64_t fen, char out[32])
{
	snprintf(out, 32, "%lld.%02lld", (long long)(fen / 100), (long long)(fen % 100));
	return out;
}

enum fj_rc iss_rule_no_fee_above_cap(int64_t fee_fen, int64_t cap_fen, struct fj_err *err)
{
	char en[240], zh[300], fee[32], cap[32];

	if (cap_fen < 0)
		return iss_rule_fail(err, "R08", "an operator's fee has an approved cap; the implementing institution or the finance department records the price first (price.record), with its document, and the finance department approves it",
		    "运营机构收费应有核定的上限收费标准；请先由该授权的实施机构或本级财政部门补录核定价格文件，经财政部门批准后再登记产品");
	if (fee_fen <= cap_fen)
		return FJ_OK;
	snprintf(en, sizeof(en), "the fee of %s yuan is above the cap of %s yuan; lower it", yuan(fee_fen, fee), yuan(cap_fen, cap));
	snprintf(zh, sizeof(zh), "收费 %s 元超过上限收费标准 %s 元，请降低收费", fee, cap);
	return iss_rule_fail(err, "R08", en, zh);
}

enum fj_rc iss_rule_no_license_above_fee(int64_t asked_fen, int64_t fee_fen, struct fj_err *err)
{
	char en[240], zh[300], asked[32], fee[32];

	if (asked_fen <= fee_fen)
		return FJ_OK;
	snprintf(en, sizeof(en), "the license's fee of %s yuan is above the product's registered fee of %s yuan; lower it", yuan(asked_fen, asked), yuan(fee_fen, fee));
	snprintf(zh, sizeof(zh), "许可费 %s 元超过产品登记的收费标准 %s 元，请降低", asked, fee);
	return iss_rule_fail(err, "R08", en, zh);
}

enum fj_rc iss_rule_no_caps_above_revenue(bool known, int64_t total_fen, int64_t limit_fen, struct fj_err *err)
{
	char en[240], zh[300], total[32], limit[32];

	if (!known)
		return iss_rule_fail(err, "R08", "caps and volumes come to more than any permitted revenue; correct them", "上限收费标准与预计业务量之积过大，请更正");
	if (total_fen <= limit_fen)
		return FJ_OK;
	snprintf(en, sizeof(en), "caps and volumes come to %s yuan, above the maximum permitted revenue of %s yuan; lower caps or expected volumes, or, where the document says another maximum, correct that", yuan(total_fen, total), yuan(limit_fen, limit));
	snprintf(zh, sizeof(zh), "各产品上限收费标准乘以预计业务量合计 %s 元，超过最高准许收入 %s 元，请调低上限收费标准或预计业务量；核定文件载明的最高准许收入与此不同的，请更正该项", total, limit);
	return iss_rule_fail(err, "R08", en, zh);
}

enum fj_rc iss_rule_no_profit_above_bond(int64_t profit_bp, int64_t bond_bp, int64_t points, struct fj_err *err)
{
	char en[240], zh[300];

	if (profit_bp <= bond_bp + points)
		return FJ_OK;
	snprintf(en, sizeof(en), "a rate of profit of %lld basis points is above the bond average of %lld and %lld points; lower it", (long long)profit_bp, (long long)bond_bp, (long long)points);
	snprintf(zh, sizeof(zh), "准许利润率 %lld 个基点超过国债平均收益率 %lld 个基点加 %lld 个基点，请降低", (long long)profit_bp, (long long)bond_bp, (long long)points);
	return iss_rule_fail(err, "R08", en, zh);
}

enum fj_rc iss_rule_no_market_price_for_operator(bool redeveloped, const char *price_form, struct fj_err *err)
{
	if (!redeveloped && is(price_form, "MARKET"))
		return iss_rule_fail(err, "R09", "an operator's own product has a government-guided price or is free; only re-developed products have a market price",
		    "运营机构自身的产品和服务实行政府指导价或免费，市场调节价仅适用于再开发的产品和服务");
	return !redeveloped || !is(price_form, "GUIDED") ? FJ_OK : iss_rule_fail(err, "R09", "a re-developed product has a market price or is free; no cap is approved for it",
	    "再开发的产品和服务由市场决定价格或者免费，不适用政府指导价");
}

enum fj_rc iss_rule_no_charge_on_public(bool borne, bool shown, struct fj_err *err)
{
	return !borne || shown ? FJ_OK : iss_rule_fail(err, "R10",
	    "a charge that the public bears is refused unless shown not to be an unreasonable cost: give the cost breakdown, and have the finance department let it through once (rule.override R10)",
	    "不得向社会公众转嫁不合理成本；请提供成本构成，并由财政部门两名经办人突破一次（rule.override R10）");
}

enum fj_rc iss_rule_no_product_without_disclosure(bool data_use, bool conditions, struct fj_err *err)
{
	return data_use && conditions ? FJ_OK : iss_rule_fail(err, "R32",
	    "a product is disclosed with the data that it uses and the conditions of its use, also when it is free; state both", "产品和服务应披露数据资源使用情况和使用条件（无偿的亦同），请填写");
}

enum fj_rc iss_rule_no_redevelopment_by_operator(bool redevelop, bool own, struct fj_err *err)
{
	return !redevelop || !own ? FJ_OK : iss_rule_fail(err, "R11",
	    "an operator and its affiliates take no part in re-developing what is delivered under its own authorisation; license another developer",
	    "运营机构及其关联方不得直接或间接参与授权范围内产品和服务的再开发");
}

enum fj_rc iss_rule_no_sub_authorisation(int64_t depth, struct fj_err *err)
{
	return depth == 0 ? FJ_OK : iss_rule_fail(err, "R12",
	    "sub-authorisation is not open here (it needs a named sub-holder in the agreement and the finance department); set depth to 0",
	    "未约定且未经财政部门批准，不得转授权；请将层级设为 0");
}

enum fj_rc iss_rule_no_term_beyond(fj_time not_after, fj_time limit, const char *limit_of, struct fj_err *err)
{
	char en[200], zh[200], day[FJ_TIME_CAP];

	if (not_after <= limit)
		return FJ_OK;
	fj_date_china(limit, day);
	snprintf(en, sizeof(en), "the term goes beyond that of the %s, which ends on %s; shorten it", limit_of, day);
	snprintf(zh, sizeof(zh), "期限超出其上级授权或证书的有效期（至 %s），请缩短期限", day);
	return iss_rule_fail(err, "R13", en, zh);
}

enum fj_rc iss_rule_no_term_over_five_years(fj_time from, fj_time to, struct fj_err *err)
{
	return to <= fj_term_end(from, 5) ? FJ_OK : iss_rule_fail(err, "R14",
	    "an authorisation lasts five years at most (2026-03-16 to 2031-03-15 is five years); shorten it",
	    "授权运营期限最长不超过 5 年；请缩短期限");
}

enum fj_rc iss_rule_no_shared_data_without_consent(bool shared, bool consent, struct fj_err *err)
{
	return !shared || consent ? FJ_OK : iss_rule_fail(err, "R16",
	    "data obtained by government sharing needs the supplying unit's consent; attach it",
	    "以政务共享方式获得的数据，应附数据提供单位同意文件");
}

enum fj_rc iss_rule_no_core_data(const char *level, bool assessed, struct fj_err *err)
{
	if (is(level, "CORE"))
		return iss_rule_fail(err, "R17", "core data is not registered here", "核心数据不得登记");
	return !is(level, "IMPORTANT") || assessed ? FJ_OK : iss_rule_fail(err, "R17",
	    "important data needs a security risk assessment; attach it", "重要数据应附安全风险评估报告");
}

enum fj_rc iss_rule_no_raw_data_product(bool raw, struct fj_err *err)
{
	return !raw ? FJ_OK : iss_rule_fail(err, "R18",
	    "raw public data that was not opened by law is no object of a license; name a product or service",
	    "未依法依规公开的原始公共数据不得直接作为许可客体；请指明产品或服务");
}

enum fj_rc iss_rule_no_registration_in_dispute(bool dispute, struct fj_err *err)
{
	return !dispute ? FJ_OK : iss_rule_fail(err, "R19",
	    "an asset whose ownership is disputed or that is seized is not registered; settle it first",
	    "权属存在争议或被查封的，不予登记");
}

bool iss_persons_meet(const char *a, const char *b)
{
	for (size_t n; *a != '\0'; a += n + (a[n] == '+')) {
		n = strcspn(a, "+");
		for (size_t m, at = 0; b[at] != '\0'; at += m + (b[at + m] == '+')) {
			m = strcspn(b + at, "+");
			if (m == n && n > 0 && memcmp(a, b + at, n) == 0)
				return true;
		}
	}
	return false;
}

enum fj_rc iss_rule_no_two_roles_of_one_person(const char *a, const char *b, struct fj_err *err)
{
	return !iss_persons_meet(a, b) ? FJ_OK : iss_rule_fail(err, "R22",
	    "applicant, reviewer and issuer are different natural persons; ask another officer",
	    "申请人、审核人、颁证人不得为同一人，请由其他经办人办理");
}

enum fj_rc iss_rule_no_way_back_from_final(const char *state, struct fj_err *err)
{
	static const char *const final[] = {"WITHDRAWN", "CANCELLED", "SUPERSEDED", "RECLAIMED", "TERMINATED", "REVOKED", "TRANSFERRED", "DESTROYED"};

	for (size_t i = 0; i < FJ_ARRAY_LEN(final); i++) {
		if (!is(state, final[i]))
			continue;
		iss_rule_fail(err, "R23", "what was revoked or taken back does not come back; issue anew", "已撤销、注销或收回的不可恢复，请重新办理");
		if (err != NULL && i > 0) /* art. 20 says it of what was withdrawn; of the others it is concluded */
			snprintf(err->basis, sizeof(err->basis), "inferred");
		return FJ_E_REFUSED;
	}
	return FJ_OK;
}

enum fj_rc iss_rule_no_token_under_dead_authorisation(const char *state, bool expired, struct fj_err *err)
{
	return is(state, "ACTIVE") && !expired ? FJ_OK : iss_rule_fail(err, "R26",
	    "the authorisation is not in force; no license is issued under it", "授权未处于有效状态，不得在其下签发许可令牌");
}

enum fj_rc iss_rule_no_authorisation_without_documents(const char *en_missing, const char *zh_missing, struct fj_err *err)
{
	char en[240], zh[300];

	if (en_missing == NULL)
		return FJ_OK;
	snprintf(en, sizeof(en), "before an authorisation feasibility study, due diligence, risk evaluation, security rules and emergency plan are on file; missing: %s", en_missing);
	snprintf(zh, sizeof(zh), "授权运营前应完成可研论证、尽职调查、评估，并有安全制度和应急预案；缺少：%s", zh_missing);
	return iss_rule_fail(err, "R30", en, zh);
}

enum fj_rc iss_rule_no_sj_number_on_duty_data(const char *sj, const char *kind, struct fj_err *err)
{
	return sj[0] == '\0' || !is(kind, "ADMIN") ? FJ_OK : iss_rule_fail(err, "R33",
	    "data that Party and government organs obtain in their duties gets no data property right registration; leave the SJ number out",
	    "党政机关履职数据不予数据产权登记，请勿填写 SJ 编号");
}

enum fj_rc iss_rule_no_appraisal_as_book_value(const char *basis, bool booked, int64_t book, struct fj_err *err)
{
	bool fits = is(basis, "COST") ? booked : is(basis, "NOMINAL") ? booked && book == 100 : (basis[0] == '\0' || is(basis, "UNBOOKED")) && !booked;

	return fits ? FJ_OK : iss_rule_fail(err, "R36",
	    "a book value is booked at cost or at the nominal amount of 1 yuan, or is absent (COST, NOMINAL, UNBOOKED); an appraisal is no basis of booking: correct basis and value",
	    "账面原值应按成本或名义金额（1元）计价，未入账的不填；评估值不得作为入账依据，请更正计价依据和账面原值");
}

enum fj_rc iss_rule_no_raw_personal_data(const char *personal, bool basis, struct fj_err *err)
{
	return !is(personal, "RAW") || basis ? FJ_OK : iss_rule_fail(err, "R37",
	    "raw personal information is not authorised outward without a recorded legal basis", "未经处理的个人信息，无合法性依据不得对外授权");
}

enum fj_rc iss_rule_no_unfit_operator(bool conditions, bool dishonest, struct fj_err *err)
{
	return conditions && !dishonest ? FJ_OK : iss_rule_fail(err, "R38",
	    "an operator shows funds, management, technology, service and security, and good credit", "运营机构应具备资金、管理、技术、服务、安全条件且信用良好");
}

enum fj_rc iss_rule_no_operator_without_competition(bool evidence, struct fj_err *err)
{
	return evidence ? FJ_OK : iss_rule_fail(err, "R39",
	    "an operator is chosen by fair competition; attach the evidence of the selection", "应以公平竞争方式选择运营机构，请附选择过程的证明材料");
}

enum fj_rc iss_rule_no_implementer_as_operator(bool own_or_affiliate, struct fj_err *err)
{
	return !own_or_affiliate ? FJ_OK : iss_rule_fail(err, "domain.md 6",
	    "the implementing institution is neither the operator nor its affiliate; choose another operator", "实施机构不得为运营机构或其关联方，请另选运营机构");
}

enum fj_rc iss_rule_no_operator_below_protection(int64_t level, int64_t least, struct fj_err *err)
{
	char en[200], zh[240];

	if (level >= least)
		return FJ_OK;
	snprintf(en, sizeof(en), "the operator's level of cyber security protection is %lld, and the policy profile asks for %lld; have it recorded with the organisation, or choose another operator",
	    (long long)level, (long long)least);
	snprintf(zh, sizeof(zh), "运营机构网络安全等级保护为 %lld 级，低于政策配置要求的 %lld 级；请更新单位信息或另选运营机构", (long long)level, (long long)least);
	return iss_rule_fail(err, "R38", en, zh);
}

enum fj_rc iss_rule_no_exclusive_dealing(bool exclusive, struct fj_err *err)
{
	return !exclusive ? FJ_OK : iss_rule_fail(err, "R39", "exclusive terms of supply are not agreed with an operator; leave them out", "不得约定排他性条款，请删除");
}

enum fj_rc iss_rule_no_other_operator(const char *operator_, const char *other, struct fj_err *err)
{
	return is(operator_, other) ? FJ_OK : iss_rule_fail(err, "R39",
	    "another operator does not take over a running authorisation; have it reclaimed or surrendered, and grant a new one", "运营机构变更的，应先收回或退出原授权，再重新授权");
}

enum fj_rc iss_rule_no_shares_but_the_whole(int64_t bp, struct fj_err *err)
{
	char en[160], zh[160];

	if (bp == 10000)
		return FJ_OK;
	snprintf(en, sizeof(en), "the shares of an agreement are 10000 basis points together, and these are %lld; mend them", (long long)bp);
	snprintf(zh, sizeof(zh), "协议约定的分配比例合计应为 10000 基点，现为 %lld，请更正", (long long)bp);
	return iss_rule_fail(err, "R27", en, zh);
}

enum fj_rc iss_rule_no_foreign_issuer(const char *finance, const char *issuer, struct fj_err *err)
{
	return is(finance, issuer) ? FJ_OK : iss_rule_fail(err, "R40",
	    "a finance department decides for the holders of its own level and division only", "财政部门只能为本级单位办理");
}

/* --- revenue --- */

size_t iss_hold_revenue(const struct iss_revenue_facts *f, struct iss_hold out[ISS_MAX_HOLDS])
{
	const struct {
		bool is;
		struct iss_hold h;
	} all[ISS_MAX_HOLDS] = {
		{f->no_authorisation, {"NO_AUTHORISATION", "R06", "no authorisation in force covers it", "没有有效授权"}},
		{f->no_agreement, {"NO_AGREEMENT", "R06", "no clause of an agreement covers it: there is none, or it does not list this product", "没有协议条款依据：没有协议，或协议所列产品和服务中没有该项"}},
		{f->no_delivery, {"NO_DELIVERY", "R06", "there is no receipt of use and no evidence of delivery", "没有使用回执或交付凭据"}},
		{f->same_budget, {"SAME_BUDGET", "R06", "the payer is a unit of the same level's budget", "付款方为同级预算单位"}},
		{f->lump_sum, {"LUMP_SUM", "R06", "it was paid before anything was delivered, or for time to come", "先于交付一次性付款，或为以后期间付款"}},
		{f->platform, {"PLATFORM", "R06", "the payer is a platform of the government", "付款方为政府平台公司"}},
		{f->debt_funded, {"DEBT_FUNDED", "R06", "the payer pays out of debt", "付款资金来自举债"}},
		{f->circular, {"CIRCULAR", "R06", "the payer got money from a party of this authorisation, or pays itself", "付款方近期收到本授权各方资金，或向自身付款"}},
		{f->evidence_used, {"EVIDENCE_USED", "R06", "its evidence of delivery supports another booking already", "交付凭据已用于另一笔入账"}},
		{f->no_disposal, {"NO_DISPOSAL", "R29", "the disposal has no approval on file", "处置未见批准文件"}},
	};
	size_t n = 0;

	for (size_t i = 0; i < ISS_MAX_HOLDS; i++)
		if (all[i].is)
			out[n++] = all[i].h;
	return n;
}

enum fj_rc iss_rule_no_inflated_revenue(bool fine, const char *en, const char *zh, struct fj_err *err)
{
	return fine ? FJ_OK : iss_rule_fail(err, "R06", en, zh);
}

enum fj_rc iss_rule_no_backdated_revenue(const char *first, const char *last, const char *begun, const char *locked, struct fj_err *err)
{
	char en[200], zh[240];

	if (strcmp(first, begun) < 0) {
		snprintf(en, sizeof(en), "revenue is not booked for days before its authorisation began (%.10s); correct period or day of payment", begun);
		snprintf(zh, sizeof(zh), "不得将收入倒签至授权生效（%.10s）之前；请更正所属期间或收款日期", begun);
		iss_rule_fail(err, "R06", en, zh);
		if (err != NULL) /* the clause bans what this would lead to */
			snprintf(err->basis, sizeof(err->basis), "inferred");
		return FJ_E_REFUSED;
	}
	if (strcmp(last, locked) > 0)
		return FJ_OK;
	snprintf(en, sizeof(en), "periods up to %.10s are closed; book it in an open period, or correct what was booked by a counter-entry", locked);
	snprintf(zh, sizeof(zh), "截至 %.10s 的期间已关账；请记入未关账期间，或对已入账收入作冲销", locked);
	return iss_rule_fail(err, "domain.md 4.11", en, zh);
}

enum fj_rc iss_rule_no_shares_without_agreement(bool agreement, struct fj_err *err)
{
	return agreement ? FJ_OK : iss_rule_fail(err, "R27", "revenue is shared by an agreement only, and this authorisation has none; conclude one first",
	    "收益分配比例只能来自授权运营协议，该授权没有协议；请先签订协议");
}

enum fj_rc iss_rule_no_short_remittance(int64_t paid, int64_t due, struct fj_err *err)
{
	char en[200], zh[240];

	if (paid == due)
		return FJ_OK;
	if (paid > due) {
		snprintf(en, sizeof(en), "only %lld fen are still due; pay no more, a correction of the revenue is a counter-entry", (long long)due);
		snprintf(zh, sizeof(zh), "应缴余额为 %lld 分，不得多缴；收入更正请用冲销", (long long)due);
	} else {
		snprintf(en, sizeof(en), "%lld fen less than is due: recorded as a short remittance and reported; pay the rest", (long long)(due - paid));
		snprintf(zh, sizeof(zh), "少缴 %lld 分：已记为短缴并列入报告；请补缴", (long long)(due - paid));
	}
	return iss_rule_fail(err, "R28", en, zh);
}

/* --- supervision --- */

enum fj_rc iss_rule_no_charge_without_breakdown(bool charge, bool shown, bool paid_back, struct fj_err *err)
{
	if (!charge || shown || paid_back)
		return FJ_OK;
	iss_rule_fail(err, "R10", "a charge that users bear stands only when its cost is shown item by item; give the items, or pay back all that was charged and enter it",
	    "不得向用户收取不合理费用；请逐项列明成本构成，或者全额退还并填写退还金额");
	if (err != NULL) /* the clause bans the charge; that its cost is listed is concluded */
		snprintf(err->basis, sizeof(err->basis), "inferred");
	return FJ_E_REFUSED;
}

enum fj_rc iss_rule_no_license_without_evaluation(bool overdue, struct fj_err *err)
{
	return !overdue ? FJ_OK : iss_rule_fail(err, "R25",
	    "the authorisation's evaluation is overdue: no new license is issued until it is evaluated (evaluation add)",
	    "该授权的运营成效评价已逾期，完成评价前不得签发新的许可令牌");
}

enum fj_rc iss_rule_no_renewal_without_evaluation(const char *number, bool missing, bool reclaim, struct fj_err *err)
{
	char en[240], zh[240];

	if (!missing && !reclaim)
		return FJ_OK;
	snprintf(en, sizeof(en), reclaim ? "the evaluation of %.40s concluded that it is to be taken back; it is not renewed" :
	    "%.40s of the same operator is not evaluated as agreed; a renewal rests on its evaluation (evaluation add)", number);
	snprintf(zh, sizeof(zh), reclaim ? "授权 %.40s 的评价结论为收回，不得续约" : "同一运营机构的授权 %.40s 未按约定评价，完成评价后方可续约", number);
	return iss_rule_fail(err, "R25", en, zh);
}

enum fj_rc iss_rule_no_evaluation_by_the_evaluated(bool own_or_affiliate, struct fj_err *err)
{
	return !own_or_affiliate ? FJ_OK : iss_rule_fail(err, "domain.md 6",
	    "the operator and its affiliates do not evaluate the operation; choose another assessor", "运营机构及其关联方不得评价本授权的运营成效，请另选评估机构");
}

enum fj_rc iss_rule_no_disqualified_operator(const char *order, struct fj_err *err)
{
	char en[200], zh[200];

	if (order == NULL)
		return FJ_OK;
	snprintf(en, sizeof(en), "the operator is disqualified by order %.40s; choose another, or have the order closed", order);
	snprintf(zh, sizeof(zh), "该运营机构已被监管指令 %.40s 取消资格，请另选运营机构", order);
	return iss_rule_fail(err, "R38", en, zh);
}

enum fj_rc iss_rule_no_resumption_under_order(const char *order, struct fj_err *err)
{
	char en[200], zh[200];

	if (order == NULL)
		return FJ_OK;
	snprintf(en, sizeof(en), "order %.40s suspends it; who gave the order closes it first", order);
	snprintf(zh, sizeof(zh), "该授权因监管指令 %.40s 暂停，应先由作出单位办结指令", order);
	return iss_rule_fail(err, "domain.md 4.13", en, zh);
}

enum fj_rc iss_rule_no_widening(const char *en, const char *zh, struct fj_err *err)
{
	char en_text[400], zh_text[400];

	if (en == NULL)
		return FJ_OK;
	snprintf(en_text, sizeof(en_text), "an adjustment only narrows; what is wider goes through the whole course again, as a new plan (%.200s)", en);
	snprintf(zh_text, sizeof(zh_text), "调整只能缩小范围；扩大范围属于重大变更，应按原程序重新办理（%.200s）", zh);
	return iss_rule_fail(err, "domain.md 7.3", en_text, zh_text);
}

static const char *const parties[] = {"", "OPERATOR", "IMPLEMENTER", "FINANCE"};

const char *iss_party_name(enum iss_party p)
{
	return parties[p];
}

enum iss_party iss_party_of(const char *name)
{
	for (size_t i = FJ_ARRAY_LEN(parties) - 1; i > 0; i--)
		if (is(parties[i], name))
			return (enum iss_party)i;
	return ISS_PARTY_NONE;
}

enum fj_rc iss_rule_no_resumption_by_lower_party(enum iss_party suspended, enum iss_party now, struct fj_err *err)
{
	static const char *const zh[] = {"", "运营机构", "实施机构", "财政部门"};
	char en[200], zh_text[240];

	if (now >= suspended)
		return FJ_OK;
	snprintf(en, sizeof(en), "it was suspended as %s, and only the same or a higher party lifts that; ask two of its officers", parties[suspended]);
	snprintf(zh_text, sizeof(zh_text), "该暂停由%s作出，只能由同级或更高一方的两名经办人解除", zh[suspended]);
	return iss_rule_fail(err, "domain.md decision 8", en, zh_text);
}

/* --- warnings --- */

static bool has_any(const char *s, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strstr(s, *words) != NULL)
			return true;
	return false;
}

size_t iss_warn_name(const char *name, const char *overview, struct iss_warning out[ISS_MAX_NAME_WARNINGS])
{
	static const char *const when[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "年", "月", "季", "历史", "实时", NULL},
	    *const where[] = {"全国", "全省", "全市", "国", "省", "市", "县", "区", "州", "盟", "旗", "乡", "镇", "流域", "江", "河", "湖", "海", NULL},
	    *const what[] = {"数据", "信息", "记录", "资料", "目录", "名录", "档案", "指数", "台账", "图", "库", "表", "集", NULL};
	const struct {
		bool found;
		struct iss_warning w;
	} all[ISS_MAX_NAME_WARNINGS] = {
		{fj_utf8_count(name) > 40, {"R34", "the name has more than 40 characters", "名称超过 40 个字符"}},
		{fj_utf8_count(overview) > 400, {"R34", "the overview has more than 400 characters", "概述超过 400 个字符"}},
		{!has_any(name, when), {"R34", "the name does not say of what time the data is", "名称未体现时间"}},
		{!has_any(name, where), {"R34", "the name does not say of what region the data is", "名称未体现地域"}},
		{!has_any(name, what), {"R34", "the name does not say what the data is", "名称未体现数据内容"}},
	};
	size_t n = 0;

	for (size_t i = 0; i < ISS_MAX_NAME_WARNINGS; i++)
		if (all[i].found)
			out[n++] = all[i].w;
	return n;
}

static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

bool iss_usci_form(const char *usci)
{
	return strlen(usci) == 18 && strspn(usci, alphabet) == 18;
}

bool iss_usci_check(const char *usci)
{
	static const int weight[17] = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
	int sum = 0;

	if (!iss_usci_form(usci))
		return false;
	for (int i = 0; i < 17; i++)
		sum += (int)(strchr(alphabet, usci[i]) - alphabet) * weight[i];
	return alphabet[(31 - sum % 31) % 31] == usci[17];
}

const char *iss_warn_usci(const char *usci)
{
	return iss_usci_check(usci) ? NULL : "R35: the check character of the unified social credit code does not fit";
}

enum fj_rc iss_person_check(const char *person, struct fj_err *err)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	if (person[0] != '\0' && person[strspn(person, allowed)] == '\0')
		return FJ_OK;
	return fj_refuse(err, FJ_E_INVALID, "issuer", "R22", "a person is identified by letters, digits, dot, hyphen and underscore only",
	    "人员标识只能含英文字母、数字、点、连字符和下划线");
}
