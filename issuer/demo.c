/*
 * demo.c - the sample cases as a script of commands.
 *
 * Nothing is put into a table from here: users, organisations, cards,
 * certificates, authorisations and tokens come about as they would in an
 * office, with two officers where two are needed, so the demo is also a test of
 * the rules.  Names of pilot units are real; every number, operator, code and
 * person is invented (illustrative, 虚构).
 */
#include "issuer/demo.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/secret.h"
#include "ca/ca.h"
#include "issuer/demo_plan.h"
#include "issuer/domain.h"
#include "issuer/iss.h"

#define DEMO_ARC "1.3.6.1.4.1.32473"
#define MAX_USERS 64
#define BULK 3140
#define DELIVERIES "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" /* SHA-256 of a delivery record: illustrative */

struct demo_user {
	const char *login, *org, *roles;
	struct usr_demo secret;
	struct iss_actor actor;
};
struct demo {
	struct iss *i;
	struct demo_user user[MAX_USERS];
	size_t n;
	json_t *certificates, *tokens, *authorisations; /* for demo.json */
	json_t *registrations; /* of each asset number */
	int person;
	bool cases;
};

/* --- organisations --- */

static const struct {
	const char *usci, *name, *kind, *level, *div6, *dept, *finance, *roles, *affiliates;
} organisations[] = {
	/* the first is made by init */
	{"11420000DEMA00013M", "湖北省财政厅", "ADMIN", "省", "420000", "", "", "FINANCE", ""},
	{"11520000DEMA000217", "贵州省财政厅", "ADMIN", "省", "520000", "", "", "FINANCE,HOLDER,IMPLEMENTER,SUPERIOR", ""},
	{"11450000DEMA0003XL", "广西壮族自治区财政厅", "ADMIN", "省", "450000", "", "", "FINANCE", ""},
	{"11440300DEMA000480", "深圳市财政局", "ADMIN", "市", "440300", "", "", "FINANCE", ""},
	{"11100000DEMA00064H", "水利部", "ADMIN", "中央", "100000", "", "11100000DEMA00056N", "SUPERIOR,IMPLEMENTER", ""},
	{"12100000DEMA000729", "水利部信息中心", "INST", "中央", "100000", "11100000DEMA00064H", "11100000DEMA00056N", "HOLDER", ""},
	{"12100000DEMA000804", "国家气象信息中心", "INST", "中央", "100000", "", "11100000DEMA00056N", "HOLDER,IMPLEMENTER,SUPERIOR", ""},
	{"12420000DEMA00099D", "湖北省水文水资源中心", "INST", "省", "420000", "", "11420000DEMA00013M", "HOLDER,IMPLEMENTER,SUPERIOR", ""},
	{"91420100DEMA001011", "荆楚数据运营（虚构）", "SOE", "省", "420000", "", "11420000DEMA00013M", "OPERATOR", "91420100DEMA00136K"},
	{"91520100DEMA0011XF", "黔数运营（虚构）", "SOE", "省", "520000", "", "11520000DEMA000217", "OPERATOR", ""},
	{"91440300DEMA00128B", "鹏城数据科技（虚构）", "ENT", "市", "440300", "", "11440300DEMA000480", "HOLDER,USER,SUPERIOR", ""},
	{"91420100DEMA00136K", "江城保险科技（虚构）", "ENT", "省", "420000", "", "11420000DEMA00013M", "USER,DEVELOPER", ""},
	{"91450100DEMA00144T", "邕江数据集团（虚构）", "SOE", "省", "450000", "", "11450000DEMA0003XL", "HOLDER,OPERATOR,IMPLEMENTER,SUPERIOR", ""},
};

#define MOF "11100000DEMA00056N"
#define HUBEI "11420000DEMA00013M"
#define GUIZHOU "11520000DEMA000217"
#define GUANGXI "11450000DEMA0003XL"
#define SHENZHEN "11440300DEMA000480"
#define MWR "11100000DEMA00064H"
#define MWR_IC "12100000DEMA000729"
#define METEO "12100000DEMA000804"
#define HUBEI_WATER "12420000DEMA00099D"
#define JINGCHU "91420100DEMA001011"
#define QIANSHU "91520100DEMA0011XF"
#define PENGCHENG "91440300DEMA00128B"
#define JIANGCHENG "91420100DEMA00136K"
#define YONGJIANG "91450100DEMA00144T"

static const struct {
	const char *login, *org, *roles;
} people[] = {
	{"hb-fin1", HUBEI, "FINANCE"}, {"hb-fin2", HUBEI, "FINANCE"}, {"hb-fin3", HUBEI, "FINANCE"},
	{"gz-fin1", GUIZHOU, "FINANCE"}, {"gz-fin2", GUIZHOU, "FINANCE"}, {"gz-fin3", GUIZHOU, "FINANCE"},
	{"gx-fin1", GUANGXI, "FINANCE"}, {"gx-fin2", GUANGXI, "FINANCE"}, {"gx-fin3", GUANGXI, "FINANCE"},
	{"sz-fin1", SHENZHEN, "FINANCE"}, {"sz-fin2", SHENZHEN, "FINANCE"}, {"sz-fin3", SHENZHEN, "FINANCE"},
	{"mof3", MOF, "FINANCE"},
	{"slb1", MWR, "SUPERIOR,IMPLEMENTER"}, {"slb2", MWR, "SUPERIOR,IMPLEMENTER"},
	{"slxx1", MWR_IC, "HOLDER"},
	{"qx1", METEO, "HOLDER,IMPLEMENTER"}, {"qx2", METEO, "HOLDER,IMPLEMENTER"}, {"qx-sup", METEO, "SUPERIOR"},
	{"hbsw1", HUBEI_WATER, "HOLDER,IMPLEMENTER"}, {"hbsw2", HUBEI_WATER, "HOLDER,IMPLEMENTER"}, {"hbsw-sup", HUBEI_WATER, "SUPERIOR"},
	{"jc1", JINGCHU, "OPERATOR"}, {"jc2", JINGCHU, "OPERATOR"},
	{"qs1", QIANSHU, "OPERATOR"}, {"qs2", QIANSHU, "OPERATOR"},
	{"gz-hold1", GUIZHOU, "HOLDER,IMPLEMENTER"}, {"gz-hold2", GUIZHOU, "IMPLEMENTER"}, {"gz-sup", GUIZHOU, "SUPERIOR"},
	{"pc1", PENGCHENG, "HOLDER"}, {"pc-dev", PENGCHENG, "USER"}, {"pc-sup", PENGCHENG, "SUPERIOR"},
	{"yj1", YONGJIANG, "HOLDER,OPERATOR,IMPLEMENTER"}, {"yj2", YONGJIANG, "HOLDER,OPERATOR,IMPLEMENTER"}, {"yj-sup", YONGJIANG, "SUPERIOR"},
	{"auditor", MOF, "AUDITOR"},
};

/* "A,B" as a list; "" is an empty one */
static json_t *split(const char *s)
{
	json_t *list = json_array();

	while (*s != '\0') {
		size_t n = strcspn(s, ",");
		json_array_append_new(list, json_stringn(s, n));
		s += n + (s[n] == ',');
	}
	return list;
}

enum fj_rc iss_demo_request(json_t *in, struct fj_err *err)
{
	json_t *more = json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:[s, s]}, s:[{s:s, s:s, s:s}, {s:s, s:s, s:s}]}", "arc", DEMO_ARC,
	    "operator", "Fujie DEMO (illustrative)", "at", "2026-01-05T01:00:00Z", "organisation", "usci", MOF, "name", "财政部资产管理司", "kind", "ADMIN",
	    "level", "中央", "div6", "100000", "roles", "FINANCE", "AUDITOR", "officers", "login", "mof1", "name", "张一（虚构）", "person", "demo-person-1",
	    "login", "mof2", "name", "李二（虚构）", "person", "demo-person-2");

	int bad = more == NULL || json_object_update(in, more) != 0;
	json_decref(more);
	return bad ? fj_no_memory(err, "demo") : FJ_OK;
}

/* --- acting --- */

static struct demo_user *user_of(struct demo *d, const char *login)
{
	for (size_t k = 0; k < d->n; k++)
		if (strcmp(d->user[k].login, login) == 0)
			return &d->user[k];
	return &d->user[0];
}

/* params is stolen */
static enum fj_rc act(struct demo *d, const char *login, const char *command, json_t *params, json_t **answer, struct fj_err *err)
{
	FJ_AUTO(json) p = params;
	json_t *out = NULL;

	if (p == NULL)
		return fj_fail(err, FJ_E_INTERNAL, "demo", NULL, "%s: parameters could not be made", command);
	enum fj_rc rc = iss_command(d->i, &user_of(d, login)->actor, command, p, &out, err);
	if (rc != FJ_OK && err != NULL) {
		char why[sizeof(err->en)];
		memcpy(why, err->en, sizeof(why));
		snprintf(err->en, sizeof(err->en), "%s by %s: %.260s", command, login, why);
	}
	if (answer != NULL)
		*answer = out;
	else
		json_decref(out);
	return rc;
}

/* command, and the approval it asks for */
static enum fj_rc act2(struct demo *d, const char *first, const char *second, const char *command, json_t *params, json_t **answer, struct fj_err *err)
{
	json_t *asked = NULL;

	FJ_TRY(act(d, first, command, params, &asked, err));
	FJ_AUTO(json) owned = asked;
	return act(d, second, "approval.approve", json_pack("{s:s}", "id", fj_json_peek(owned, "approval")), answer, err);
}

static enum fj_rc at(struct demo *d, const char *when, struct fj_err *err)
{
	fj_time t;

	FJ_TRY(fj_time_parse(when, &t, err));
	return iss_demo_clock(d->i, t, err);
}

static enum fj_rc add_user(struct demo *d, const char *login, const char *org, const char *roles, struct fj_err *err)
{
	struct demo_user *u = &d->user[d->n];

	if (d->n == MAX_USERS)
		return fj_fail(err, FJ_E_LIMIT, "demo", NULL, "too many users");
	*u = (struct demo_user){.login = login, .org = org, .roles = roles};
	FJ_TRY(usr_demo_enrol(d->i, login, &u->secret, err));
	FJ_TRY(usr_actor(d->i->db, login, "cli", &u->actor, err));
	d->n++;
	return FJ_OK;
}

/* who answers for an organisation: the k-th officer of its finance department, or while that
 * has not two, of the one that made the appliance (R40) */
static const char *office_of(const struct demo *d, const char *org, int k)
{
	const char *finance = org, *first[2] = {"", ""};
	int n = 0;

	for (size_t i = 0; i < FJ_ARRAY_LEN(organisations); i++)
		if (strcmp(organisations[i].usci, org) == 0 && organisations[i].finance[0] != '\0')
			finance = organisations[i].finance;
	for (size_t i = 0; i < d->n && n < 2; i++)
		if (strcmp(d->user[i].org, finance) == 0 && strcmp(d->user[i].roles, "FINANCE") == 0)
			first[n++] = d->user[i].login;
	return n == 2 ? first[k] : d->user[k].login;
}

static enum fj_rc hire(struct demo *d, const char *login, const char *org, const char *roles, struct fj_err *err)
{
	char name[64], person[32];

	snprintf(name, sizeof(name), "%s（虚构人员）", login);
	snprintf(person, sizeof(person), "demo-person-%d", d->person++);
	FJ_TRY(act2(d, office_of(d, org, 0), office_of(d, org, 1), "user.add", json_pack("{s:s, s:s, s:s, s:s, s:o}", "login", login, "name", name, "person", person, "org", org,
	    "roles", split(roles)), NULL, err));
	return add_user(d, login, org, roles, err);
}

static json_t *organisation(size_t k)
{
	json_t *p = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:i}", "usci", organisations[k].usci, "name", organisations[k].name,
	    "kind", organisations[k].kind, "level", organisations[k].level, "div6", organisations[k].div6, "roles",
	    split(organisations[k].roles), "affiliates", split(organisations[k].affiliates), "mlps", 3);

	if (organisations[k].dept[0] != '\0')
		json_object_set_new(p, "dept", json_string(organisations[k].dept));
	if (organisations[k].finance[0] != '\0')
		json_object_set_new(p, "finance", json_string(organisations[k].finance));
	return p;
}

static enum fj_rc set_up(struct demo *d, struct fj_err *err)
{
	d->person = 3;
	FJ_TRY(add_user(d, "mof1", MOF, "FINANCE", err));
	FJ_TRY(add_user(d, "mof2", MOF, "FINANCE", err));
	/* departments of finance and their officers first: they enter the others */
	for (size_t k = 0; k < FJ_ARRAY_LEN(organisations); k++)
		if (organisations[k].finance[0] == '\0')
			FJ_TRY(act2(d, "mof1", "mof2", "organisation.add", organisation(k), NULL, err));
	for (int finance = 1; finance >= 0; finance--) {
		for (size_t k = 0; k < FJ_ARRAY_LEN(organisations) && !finance; k++)
			if (organisations[k].finance[0] != '\0')
				FJ_TRY(act2(d, office_of(d, organisations[k].usci, 0), office_of(d, organisations[k].usci, 1), "organisation.add",
				    organisation(k), NULL, err));
		for (size_t k = 0; k < FJ_ARRAY_LEN(people); k++)
			if ((strcmp(people[k].roles, "FINANCE") == 0) == (finance != 0))
				FJ_TRY(hire(d, people[k].login, people[k].org, people[k].roles, err));
	}
	return FJ_OK;
}

/* --- an asset on its way to a certificate --- */

struct asset {
	const char *no, *name, *industry, *holder, *superior, *reviewer; /* logins */
	const char *fin1, *fin2, *fin3;
	const char *shared;      /* supplying unit, "" none */
	const char *modes;
	bool public_data, pledge;
};

static json_t *card_of(const struct asset *a)
{
	return json_pack("{s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i}, s:{s:o, s:o, s:s, s:s, s:b, s:b, s:s, s:o, s:[s]}, s:{s:s, s:[s], s:[s]}, "
	    "s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s}}",
	    "basic", "asset_no", a->no, "name", a->name, "overview", "示例数据资产，字段与数量均为虚构", "class_scheme", "LOCAL", "class_code", "1",
	    "industry", a->industry, "geo_scope", "全国", "update_freq", "按天", "structure", "结构化", "form", "表格", "volume_rows", 420000000,
	    "rights", "rights", split("HOLD,OPER,USE"), "modes", split(a->modes), "source_authority", "履职采集（示例）", "personal_info", "DEIDENTIFIED",
	    "dispute", 0, "public_data", a->public_data, "public_data_basis", "示例", "encumbrance", split(a->pledge ? "质押：示例银行（虚构）" : ""), "restrictions", "noExport",
	    "use", "use_state", "授权运营", "scenes", "示例场景", "products", "示例产品",
	    "management", "data_level", "GENERAL", "mgr_dept", "数据处（虚构）", "mgr_person", "王三（虚构）", "sec_policy", "安全制度（示例）2026-01",
	    "emergency_plan", "应急预案（示例）2026-01", "evidence_no", "EV-DEMO-1",
	    "risk_assessment", "安全风险评估报告（示例）");
}

static enum fj_rc import_one(struct demo *d, const struct asset *a, char ledger[40], struct fj_err *err)
{
	FJ_AUTO(buf) csv = FJ_BUF_INIT(4096);
	json_t *list = NULL, *row;
	size_t i;

	if (fj_buf_printf(&csv, "台账编号,数据资源目录编号,名称,概述,形成方式,共享来源单位,是否涉密\r\nL-%s,CAT-%s,%s,示例,%s,%s,否\r\n", a->no, a->no, a->name,
	    a->shared[0] != '\0' ? "共享取得" : "自主采集", a->shared) != FJ_OK)
		return fj_no_memory(err, "demo");
	FJ_TRY(act(d, a->holder, "ledger.import", json_pack("{s:s}", "file", fj_buf_str(&csv)), NULL, err));
	FJ_TRY(act(d, a->holder, "ledger.list", json_pack("{s:i}", "limit", 1000), &list, err));
	FJ_AUTO(json) owned = list;
	json_array_foreach(json_object_get(owned, "items"), i, row)
		if (strcmp(fj_json_peek(row, "name"), a->name) == 0)
			return fj_strcopy(ledger, 40, fj_json_peek(row, "id"));
	return fj_fail(err, FJ_E_INTERNAL, "demo", NULL, "the ledger entry of %s is not there", a->no);
}

static json_t *id_of(const struct demo *d, const struct asset *a)
{
	return json_pack("{s:s, s:b}", "id", fj_json_peek(d->registrations, a->no), "accept", 1);
}

/* ledger to the application, endorsed where there is a superior department */
static enum fj_rc apply_for(struct demo *d, const struct asset *a, struct fj_err *err)
{
	char ledger[40];
	json_t *reg = NULL;

	FJ_TRY(import_one(d, a, ledger, err));
	FJ_TRY(act(d, a->holder, "ledger.recognise", json_pack("{s:s, s:s, s:s}", "id", ledger, "result", "ASSET", "decision", "党组会纪要（示例）"), NULL, err));
	FJ_TRY(act(d, a->superior, "ledger.confirm", json_pack("{s:s}", "id", ledger), NULL, err));
	FJ_TRY(act(d, a->holder, "asset.card", json_pack("{s:s, s:o}", "ledger", ledger, "card", card_of(a)), NULL, err));
	FJ_TRY(act(d, a->holder, "registration.submit", json_pack("{s:s}", "asset", a->no), &reg, err));
	FJ_AUTO(json) owned = reg;
	json_object_set(d->registrations, a->no, json_object_get(owned, "id"));
	return a->reviewer[0] == '\0' ? FJ_OK : act(d, a->reviewer, "registration.endorse", id_of(d, a), NULL, err);
}

/* 26号's course up to the public notice, which runs for ten working days */
static enum fj_rc notice_of(struct demo *d, const struct asset *a, struct fj_err *err)
{
	const char *id;

	FJ_TRY(apply_for(d, a, err));
	id = fj_json_peek(d->registrations, a->no);
	FJ_TRY(act(d, a->fin3, "registration.accept", json_pack("{s:s}", "id", id), NULL, err));
	FJ_TRY(act(d, a->fin3, "registration.review", id_of(d, a), NULL, err));
	return act(d, a->fin3, "registration.notice", json_pack("{s:s, s:s, s:s, s:s}", "id", id, "place", "财政部门门户网站（示例）", "address",
	    "https://notice.example/2026/1", "confidentiality", "保密审查通过（示例）"), NULL, err);
}

/* a public data resource was applied for before; the others take the short path in one day */
static enum fj_rc register_asset(struct demo *d, const struct asset *a, struct fj_err *err)
{
	if (!a->public_data)
		FJ_TRY(apply_for(d, a, err));
	return act(d, a->fin3, "registration.decide", id_of(d, a), NULL, err);
}

/* --- the public data resources: applied for in February, under notice until March --- */

static const struct asset
	asset_water = {"SL-2026-0001", "2015—2024年全国重要江河控制站水文水位流量数据集", "N76", "slxx1", "slb1", "slb2", "mof1", "mof2", "mof3", "省级水文站（示例）", "DOMAIN,SCENE", true, false},
	asset_weather = {"QX-2026-0001", "2016—2025年全国农业气象要素格点数据集", "M74", "qx1", "mof1", "", "mof1", "mof2", "mof3", "", "DOMAIN,SCENE", true, false},
	asset_hubei = {"HB-2026-0001", "2018—2025年湖北省水资源监测数据集", "N76", "hbsw1", "hb-fin1", "", "hb-fin1", "hb-fin2", "hb-fin3", "", "", true, false},
	asset_second = {"HB-2026-0002", "2020—2025年湖北省水文站点基础数据集", "N76", "hbsw1", "hb-fin1", "", "hb-fin1", "hb-fin2", "hb-fin3", "", "", true, false},
	asset_finance = {"GZ-2026-0001", "2019—2025年贵州省普惠金融财政公共数据集", "S92", "gz-hold1", "gz-fin1", "", "gz-fin1", "gz-fin2", "gz-fin3", "", "SCENE", true, false},
	asset_fresh = {"HB-2026-0003", "2026年湖北省水库蓄水动态数据集", "N76", "hbsw1", "hb-fin1", "", "hb-fin1", "hb-fin2", "hb-fin3", "", "", true, false};

static enum fj_rc apply_for_all(struct demo *d, struct fj_err *err)
{
	static const struct asset *const all[] = {&asset_water, &asset_weather, &asset_hubei, &asset_second, &asset_finance, &asset_fresh};

	FJ_TRY(at(d, "2026-02-24T01:00:00Z", err));
	for (size_t k = 0; k < FJ_ARRAY_LEN(all); k++)
		FJ_TRY(notice_of(d, all[k], err));
	return FJ_OK;
}

static enum fj_rc certify(struct demo *d, const struct asset *a, const char *expected, int years, char number[41], struct fj_err *err)
{
	json_t *made = NULL;

	FJ_TRY(act2(d, a->fin1, a->fin2, "certificate.issue", json_pack("{s:[s], s:i}", "assets", a->no, "years", years), &made, err));
	FJ_AUTO(json) owned = made;
	const char *got = json_string_value(json_array_get(json_object_get(owned, "certificates"), 0));
	if (got == NULL || fj_strcopy(number, 41, got) != FJ_OK || fj_json_num(owned, "issued") != 1)
		return fj_fail(err, FJ_E_INTERNAL, "demo", NULL, "the certificate of %s was not issued", a->no);
	if (expected != NULL && strcmp(number, expected) != 0)
		return fj_fail(err, FJ_E_INTERNAL, "demo", NULL, "the certificate of %s is %s and should be %s", a->no, number, expected);
	return FJ_OK;
}

static enum fj_rc asset_and_certificate(struct demo *d, const struct asset *a, const char *expected, char number[41], struct fj_err *err)
{
	FJ_TRY(register_asset(d, a, err));
	return certify(d, a, expected, 3, number, err);
}

/* --- authorisations, by the full course, and tokens --- */

struct grant {
	const char *mode, *domains, *scenarios, *rights, *purposes, *actions, *territory;
};

static json_t *grant_json(const struct grant *g)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:[], s:n, s:i}", "mode", g->mode, "domains", split(g->domains), "scenarios",
	    split(g->scenarios), "rights", split(g->rights), "purposes", split(g->purposes), "actions", split(g->actions), "territory",
	    split(g->territory), "environment", "quota", "depth", 0);
}

struct authorisation {
	const char *implementer, *second;  /* logins of the institution */
	const char *superior;              /* login, "" no department above the holder */
	const char *fin1, *fin2;           /* logins: who approves the plan, and who the grant */
	const char *signer;                /* login of the operator */
	const char *from, *to, *terms, *products;
	const struct grant *grant;
	bool shared;
};

static json_t *on_paper(const char *id, const char *body, const char *doc_no)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", id, "body", body, "doc_no", doc_no, "doc_date", "2026-03-02", "scan", "扫描件（示例）");
}

/* from the proposal to what superior and finance department approved */
static enum fj_rc plan_approved(struct demo *d, const struct authorisation *a, const struct dmo_plan *w, char id[32], struct fj_err *err)
{
	json_t *begun = NULL, *asked = NULL;
	json_t *p = json_pack("{s:[s], s:o, s:s, s:s, s:s, s:b}", "certificates", w->certificate, "grant", grant_json(a->grant), "terms", a->terms, "from", a->from, "to",
	    a->to, "shared", a->shared);

	FJ_TRY(act(d, a->implementer, "authorisation.propose", json_pack("{s:o}", "proposal", p), &begun, err));
	FJ_AUTO(json) plan = begun;
	FJ_TRY(fj_strcopy(id, 32, fj_json_text(plan, "plan")));
	FJ_TRY(act(d, a->implementer, "plan.study", json_pack("{s:s, s:o}", "id", id, "study", dmo_study(w)), NULL, err));
	FJ_TRY(act(d, a->implementer, "plan.submit", json_pack("{s:s}", "id", id), &asked, err));
	FJ_AUTO(json) approval = asked;
	if (a->superior[0] != '\0')
		FJ_TRY(act(d, a->superior, "approval.approve", json_pack("{s:s}", "id", fj_json_text(approval, "approval")), NULL, err));
	return act(d, a->fin1, "approval.approve", json_pack("{s:s}", "id", fj_json_text(approval, "approval")), NULL, err);
}

/* the approved price, and the products that the agreement lists */
static enum fj_rc sell(struct demo *d, const struct authorisation *a, const struct dmo_plan *w, const char *number, struct fj_err *err)
{
	bool query = strstr(a->grant->actions, "QUERY") != NULL;
	FJ_AUTO(json) products = dmo_products(w, number, query ? "API" : "VERIFY");
	size_t i;
	json_t *v;

	FJ_TRY(act2(d, a->implementer, a->fin1, "price.record", dmo_price(w, number), NULL, err));
	json_array_foreach(products, i, v)
		FJ_TRY(act(d, a->signer, "product.add", json_incref(v), NULL, err));
	return FJ_OK;
}

static enum fj_rc authorise(struct demo *d, const struct authorisation *a, const struct asset *asset, const char *certificate, char number[41], struct fj_err *err)
{
	const struct dmo_plan w = {.certificate = certificate, .from = a->from, .to = a->to, .products = a->products, .holder = user_of(d, asset->holder)->org,
		.implementer = user_of(d, a->implementer)->org, .operator_ = user_of(d, a->signer)->org, .shared = a->shared};
	json_t *made = NULL, *paper;
	char id[32];

	FJ_TRY(plan_approved(d, a, &w, id, err));
	paper = on_paper(id, "本级人民政府（示例）", "示例政办〔2026〕1号");
	json_object_set_new(paper, "items", dmo_items(&w, a->grant->mode));
	FJ_TRY(act2(d, a->implementer, a->second, "plan.deliberate", paper, NULL, err));
	FJ_TRY(act(d, a->implementer, "plan.select", json_pack("{s:s, s:o}", "id", id, "selection", dmo_selection(&w)), NULL, err));
	FJ_TRY(act2(d, a->implementer, a->signer, "plan.agree", json_pack("{s:s, s:o}", "id", id, "agreement", dmo_agreement(&w)), NULL, err));
	paper = on_paper(id, "省级数据管理部门（示例）", "示例数备〔2026〕1号");
	json_object_set_new(paper, "filing_no", json_string("备2026-1（示例）"));
	FJ_TRY(act2(d, a->implementer, a->second, "plan.file", paper, NULL, err));
	FJ_TRY(act2(d, a->implementer, a->fin2, "plan.activate", json_pack("{s:s, s:s, s:s}", "id", id, "place", "实施机构门户网站（示例）", "address",
	    "https://disclosure.example/2026/1"), &made, err));
	FJ_AUTO(json) owned = made;
	const char *got = fj_json_peek(owned, "authorisation");
	if (got == NULL || fj_json_num(owned, "issued") != 1)
		return fj_fail(err, FJ_E_INTERNAL, "demo", NULL, "an authorisation was not issued");
	FJ_TRY(fj_strcopy(number, 41, got));
	return sell(d, a, &w, number, err);
}

struct license {
	const char *operator_; /* login */
	const char *product, *kind, *terms;
	int days;
	const struct grant *grant;
	const char *user, *user_name;
	const char *audience;  /* NULL: bound to a key */
};

/* a public key for the demo's users: nobody has its private half */
static json_t *demo_jwk(void)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(256);
	FJ_AUTO(buf) x = FJ_BUF_INIT(64);
	FJ_AUTO(buf) y = FJ_BUF_INIT(64);

	if (ca_ephemeral_spki(&spki, NULL) != FJ_OK || spki.len != 91 || fj_b64u_put(&x, FJ_SLICE(spki.data + 27, 32)) != FJ_OK ||
	    fj_b64u_put(&y, FJ_SLICE(spki.data + 59, 32)) != FJ_OK)
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:s}", "kty", "EC", "crv", "P-256", "x", fj_buf_str(&x), "y", fj_buf_str(&y));
}

static json_t *license_json(const struct license *l, const char *authorisation, json_t *users)
{
	json_t *r = json_pack("{s:s, s:{s:s, s:s, s:s}, s:o, s:s, s:i, s:s, s:[s], s:o}", "authorisation", authorisation, "product", "id", l->product,
	    "version", "1.0", "kind", l->kind, "grant", grant_json(l->grant), "terms", l->terms, "days", l->days, "binding",
	    l->audience != NULL ? "named" : "key", "duties", "STOP", "users", users);

	if (r != NULL && l->audience != NULL)
		json_object_set_new(r, "audience", json_string(l->audience));
	return r;
}

static enum fj_rc license(struct demo *d, const struct license *l, const char *authorisation, char id[64], struct fj_err *err)
{
	json_t *made = NULL, *user = json_pack("{s:s, s:s}", "usci", l->user, "name", l->user_name);

	if (user != NULL && l->audience == NULL)
		json_object_set_new(user, "jwk", demo_jwk());
	FJ_TRY(act(d, l->operator_, "token.issue", json_pack("{s:o}", "request", license_json(l, authorisation, json_pack("[o]", user))), &made, err));
	FJ_AUTO(json) owned = made;
	const char *got = json_string_value(json_array_get(json_object_get(owned, "tokens"), 0));
	if (got == NULL || fj_json_num(owned, "issued") != 1)
		return fj_fail(err, FJ_E_INTERNAL, "demo", NULL, "a token was not issued");
	return fj_strcopy(id, 64, got);
}

/* what has to be refused is refused, by that rule */
static enum fj_rc must_refuse(enum fj_rc rc, const struct fj_err *got, const char *rule, struct fj_err *err)
{
	if (rc != FJ_OK && strcmp(got->cite, rule) == 0)
		return FJ_OK;
	return fj_fail(err, FJ_E_INTERNAL, "demo", rule, "an act that %s forbids was not refused by it: %s", rule, rc == FJ_OK ? "it was done" : got->en);
}

/* --- demo.json --- */

static enum fj_rc note(json_t *list, const char *key, const char *id, const char *file, const char *expect, const char *use, struct fj_err *err)
{
	json_t *o = json_pack("{s:s, s:s, s:s}", key, id, "file", file, "expect", expect);

	if (o != NULL && use != NULL) {
		json_t *u = json_object();
		for (const char *p = use; *p != '\0';) {
			size_t n = strcspn(p, ","), k = strcspn(p, "=");
			char name[32];
			snprintf(name, sizeof(name), "%.*s", (int)k, p);
			json_object_set_new(u, name, json_stringn(p + k + 1, n - k - 1));
			p += n + (p[n] == ',');
		}
		json_object_set_new(o, "use", u);
	}
	return json_array_append_new(list, o) == 0 ? FJ_OK : fj_no_memory(err, "demo");
}

static enum fj_rc save(struct demo *d, enum pipe_kind kind, const char *object, char file[96], struct fj_err *err)
{
	FJ_AUTO(buf) raw = FJ_BUF_INIT(65536);
	FJ_AUTO(buf) pem = FJ_BUF_INIT(65536);

	FJ_TRY(dom_credential(d->i->db, kind, object, &raw, err));
	snprintf(file, 96, "demo/%.60s.%s", object, kind == PIPE_CERTIFICATE ? "pem" : "jwt");
	if (kind != PIPE_CERTIFICATE)
		return fj_file_replace(AT_FDCWD, file, fj_buf_slice(&raw), 0644, err);
	FJ_TRY(ca_pem("CERTIFICATE", fj_buf_slice(&raw), &pem, err));
	return fj_file_replace(AT_FDCWD, file, fj_buf_slice(&pem), 0644, err);
}

static enum fj_rc show_certificate(struct demo *d, const char *number, const char *expect, struct fj_err *err)
{
	char file[96];

	FJ_TRY(save(d, PIPE_CERTIFICATE, number, file, err));
	return note(d->certificates, "number", number, file, expect, NULL, err);
}

static enum fj_rc show_authorisation(struct demo *d, const char *number, const char *expect, struct fj_err *err)
{
	char file[96];

	FJ_TRY(save(d, PIPE_AUTHORISATION, number, file, err));
	return note(d->authorisations, "number", number, file, expect, NULL, err);
}

static enum fj_rc show_token(struct demo *d, const char *id, const char *expect, const char *use, struct fj_err *err)
{
	char file[96];

	FJ_TRY(save(d, PIPE_TOKEN, id, file, err));
	return note(d->tokens, "id", id, file, expect, use, err);
}

static enum fj_rc write_json(struct demo *d, struct fj_err *err)
{
	FJ_AUTO(json) logins = json_array();
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);
	char portal[96], verifier[96];

	for (size_t k = 0; k < d->n; k++)
		json_array_append_new(logins, json_pack("{s:s, s:s, s:s, s:o, s:s}", "login", d->user[k].login, "password", d->user[k].secret.password,
		    "totp", d->user[k].secret.totp_uri, "roles", split(d->user[k].roles), "org", d->user[k].org));
	snprintf(portal, sizeof(portal), "http://%s", d->i->conf.portal);
	snprintf(verifier, sizeof(verifier), "http://%s", d->i->conf.verifier);
	FJ_AUTO(json) all = json_pack("{s:s, s:s, s:s, s:O, s:O, s:O, s:O}", "note", "illustrative 虚构示例; DEMO keys, never to be trusted", "portal", portal,
	    "verifier", verifier, "logins", logins, "certificates", d->certificates, "tokens", d->tokens, "authorisations", d->authorisations);
	FJ_TRY(fj_json_canonical(all, &text, err));
	return fj_file_replace(AT_FDCWD, "demo.json", fj_buf_slice(&text), 0600, err);
}

/* --- the cases --- */

/* case 1: 水利部 hydrology, by scenario */
static enum fj_rc case1(struct demo *d, struct fj_err *err)
{
	static const struct grant scene = {"SCENE", "", "水电调度,洪水预警", "OPER,USE", "SECTOR,WELFARE", "DOWNLOAD_PRODUCT,MODEL_CALL,QUERY", "100000"};
	static const struct grant flood = {"SCENE", "", "洪水预警", "USE", "WELFARE", "QUERY", "420000"};
	static const struct grant power = {"SCENE", "", "水电调度", "USE", "SECTOR", "MODEL_CALL", "520000"};
	static const struct authorisation auth = {"slb1", "slb2", "slb2", "mof1", "mof2", "jc1", "2026-03-17", "2029-03-14", "paid", "P-FLOOD=WELFARE,P-POWER=SECTOR",
		&scene, true};
	static const struct license free_one = {"jc1", "P-FLOOD", "operator", "free", 360, &flood, HUBEI_WATER, "湖北省水文水资源中心", NULL};
	static const struct license paid_one = {"jc1", "P-POWER", "operator", "paid", 30, &power, PENGCHENG, "鹏城数据科技（虚构）", NULL};
	char number[41], dau[41], id[64];

	FJ_TRY(at(d, "2026-03-16T01:00:00Z", err));
	FJ_TRY(asset_and_certificate(d, &asset_water, "DAC-100000-202603-000001-F", number, err));
	FJ_TRY(at(d, "2026-03-17T01:00:00Z", err));
	FJ_TRY(authorise(d, &auth, &asset_water, number, dau, err));
	FJ_TRY(license(d, &free_one, dau, id, err));
	FJ_TRY(show_token(d, id, "permit", "action=QUERY,purpose=WELFARE,territory=420100", err));
	FJ_TRY(show_token(d, id, "deny", "action=DOWNLOAD_PRODUCT,purpose=WELFARE", err)); /* out of scope */
	FJ_TRY(show_token(d, id, "deny", "action=PLEDGE", err));
	FJ_TRY(license(d, &paid_one, dau, id, err));
	FJ_TRY(show_token(d, id, "deny", "action=MODEL_CALL,purpose=SECTOR", err)); /* expired */
	FJ_TRY(show_certificate(d, number, "permit", err));
	return show_authorisation(d, dau, "permit", err);
}

/* case 2: 气象, by domain; the operator's affiliate may not re-develop */
static enum fj_rc case2(struct demo *d, struct fj_err *err)
{
	static const struct grant domain = {"DOMAIN", "农业气象", "", "OPER,USE", "INDUSTRY,WELFARE", "DOWNLOAD_PRODUCT,QUERY,REDEVELOP", "100000"};
	static const struct grant relief = {"DOMAIN", "农业气象", "", "USE", "WELFARE", "QUERY", "420000"};
	static const struct grant index = {"DOMAIN", "农业气象", "", "USE", "INDUSTRY", "REDEVELOP", "420000"};
	static const struct authorisation auth = {"qx1", "qx2", "", "mof1", "mof2", "jc1", "2026-03-18", "2029-03-15", "paid", "P-RELIEF=WELFARE,P-INDEX=INDUSTRY", &domain,
		false};
	static const struct license free_one = {"jc1", "P-RELIEF", "operator", "free", 360, &relief, HUBEI_WATER, "湖北省水文水资源中心", NULL};
	static const struct license own = {"jc1", "P-INDEX", "operator", "paid", 300, &index, JIANGCHENG, "江城保险科技（虚构）", NULL};
	static const struct license other = {"jc1", "P-INDEX", "operator", "paid", 300, &index, PENGCHENG, "鹏城数据科技（虚构）", NULL};
	char number[41], dau[41], id[64];
	struct fj_err refused = {0};

	FJ_TRY(at(d, "2026-03-18T01:00:00Z", err));
	FJ_TRY(asset_and_certificate(d, &asset_weather, "DAC-100000-202603-000002-D", number, err));
	FJ_TRY(authorise(d, &auth, &asset_weather, number, dau, err));
	FJ_TRY(license(d, &free_one, dau, id, err));
	FJ_TRY(show_token(d, id, "permit", "action=QUERY,purpose=WELFARE,environment=any", err));
	FJ_TRY(must_refuse(license(d, &own, dau, id, &refused), &refused, "R11", err));
	FJ_TRY(license(d, &other, dau, id, err));
	FJ_TRY(show_token(d, id, "permit", "action=REDEVELOP,purpose=INDUSTRY,user=" PENGCHENG, err));
	FJ_TRY(license(d, &free_one, dau, id, err));
	FJ_TRY(act(d, "jc2", "token.suspend", json_pack("{s:s, s:s}", "id", id, "reason", "核查（示例）"), NULL, err));
	FJ_TRY(show_token(d, id, "deny", "action=QUERY,purpose=WELFARE", err)); /* suspended */
	FJ_TRY(license(d, &free_one, dau, id, err));
	FJ_TRY(act(d, "jc1", "token.revoke", json_pack("{s:s, s:s}", "id", id, "reason", "用户退出（示例）"), NULL, err));
	FJ_TRY(show_token(d, id, "deny", "action=QUERY,purpose=WELFARE", err)); /* revoked */
	FJ_TRY(show_certificate(d, number, "permit", err));
	return show_authorisation(d, dau, "permit", err);
}

/* case 3: 湖北, whole */
static enum fj_rc case3(struct demo *d, char dau[41], char id[64], struct fj_err *err)
{
	static const struct grant whole = {"WHOLE", "", "", "OPER,USE", "INDUSTRY,PUBGOV", "DOWNLOAD_PRODUCT,QUERY,VERIFY", "420000"};
	static const struct grant city = {"SCENE", "", "防汛调度", "USE", "PUBGOV", "QUERY", "420100"};
	static const struct authorisation auth = {"hbsw1", "hbsw2", "", "hb-fin1", "hb-fin2", "jc1", "2026-04-02", "2029-03-30", "paid", "P-WATER=PUBGOV,P-REPORT=INDUSTRY",
		&whole, false};
	static const struct license one = {"jc1", "P-WATER", "operator", "free", 300, &city, HUBEI, "湖北省财政厅", NULL};
	char number[41], other[41];

	FJ_TRY(at(d, "2026-04-02T01:00:00Z", err));
	FJ_TRY(asset_and_certificate(d, &asset_hubei, "DAC-420000-202604-000001-2", number, err));
	FJ_TRY(asset_and_certificate(d, &asset_second, NULL, other, err));
	FJ_TRY(authorise(d, &auth, &asset_hubei, number, dau, err));
	FJ_TRY(license(d, &one, dau, id, err));
	FJ_TRY(act(d, "hb-fin2", "certificate.suspend", json_pack("{s:s, s:s}", "number", other, "reason", "权属核查（示例）"), NULL, err));
	FJ_TRY(show_certificate(d, other, "deny", err)); /* suspended */
	return show_certificate(d, number, "permit", err);
}

/* its income of May, shared by the agreement; then it is suspended */
static enum fj_rc case3_money(struct demo *d, const char *dau, const char *id, struct fj_err *err)
{
	json_t *made = NULL;

	FJ_TRY(at(d, "2026-06-02T01:00:00Z", err));
	FJ_TRY(act(d, "jc1", "revenue.book", json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:{s:[{s:i, s:s, s:s, s:s}]}, s:s}", "authorisation", dau, "product", "P-REPORT",
	    "kind", "OPERATOR_SALE", "payer", PENGCHENG, "gross_fen", 123456789, "period_from", "2026-05-01", "period_to", "2026-05-31", "paid_on", "2026-06-02", "funded_by", "OWN",
	    "evidence", "delivery", "count", 1200, "from", "2026-05-01", "to", "2026-05-31", "sha256", DELIVERIES, "note", "5月运营服务费（示例）"), &made, err));
	FJ_AUTO(json) owned = made;
	if (strcmp(fj_json_text(owned, "state"), "BOOKED") != 0)
		return fj_fail(err, FJ_E_INTERNAL, "demo", "R06", "the income of case 3 was not booked");
	FJ_TRY(act(d, "hb-fin1", "authorisation.suspend", json_pack("{s:s, s:s}", "number", dau, "reason", "安全检查（示例）"), NULL, err));
	FJ_TRY(show_authorisation(d, dau, "deny", err)); /* suspended */
	return show_token(d, id, "deny", "action=QUERY,purpose=PUBGOV", err);
}

static json_t *many_users(void)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	json_t *users = json_array(), *jwk = demo_jwk();
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
static enum fj_rc case4(struct demo *d, struct fj_err *err)
{
	static const struct grant scene = {"SCENE", "", "普惠金融", "OPER,USE", "INDUSTRY", "VERIFY", "520000"};
	static const struct authorisation auth = {"gz-hold1", "gz-hold2", "", "gz-fin1", "gz-fin2", "qs1", "2026-04-08", "2029-04-05", "paid", "P-VERIFY=INDUSTRY", &scene,
		false};
	static const struct license many = {"qs1", "P-VERIFY", "operator", "paid", 360, &scene, "", "", NULL};
	char number[41], dau[41];
	json_t *made = NULL;

	FJ_TRY(at(d, "2026-04-08T01:00:00Z", err));
	FJ_TRY(asset_and_certificate(d, &asset_finance, "DAC-520000-202604-000001-F", number, err));
	FJ_TRY(authorise(d, &auth, &asset_finance, number, dau, err));
	FJ_TRY(act(d, "qs1", "token.issue", json_pack("{s:o}", "request", license_json(&many, dau, many_users())), &made, err));
	FJ_AUTO(json) owned = made;
	const json_t *ids = json_object_get(owned, "tokens");
	if (fj_json_num(owned, "issued") != BULK)
		return fj_fail(err, FJ_E_INTERNAL, "demo", NULL, "of %d tokens %lld were issued", BULK, (long long)fj_json_num(owned, "issued"));
	FJ_TRY(at(d, "2026-05-06T01:00:00Z", err));
	FJ_TRY(act(d, "gz-hold1", "evaluation.add", json_pack("{s:s, s:s, s:s, s:[{s:s, s:i, s:i}, {s:s, s:i, s:i}, {s:s, s:i, s:i}], s:s, s:s}", "number", dau, "from", "2026-04-08",
	    "to", "2026-05-05", "indicators", "name", "服务成效", "weight_bp", 4000, "score", 55, "name", "合规", "weight_bp", 3500, "score", 40, "name", "安全",
	    "weight_bp", 2500, "score", 64, "conclusion", "RECLAIM", "report", "评价报告（示例）"), NULL, err));
	FJ_TRY(act(d, "gz-hold1", "authorisation.suspend", json_pack("{s:s, s:s}", "number", dau, "reason", "评估 52/100，超范围使用（示例）"), NULL, err));
	FJ_TRY(act2(d, "gz-hold1", "gz-fin1", "authorisation.reclaim", json_pack("{s:s, s:s}", "number", dau, "reason", "市场运营效果差，收回（示例）"), NULL, err));
	FJ_TRY(show_authorisation(d, dau, "deny", err)); /* reclaimed */
	FJ_TRY(show_token(d, json_string_value(json_array_get(ids, 0)), "deny", "action=VERIFY,purpose=INDUSTRY", err));
	FJ_TRY(show_token(d, json_string_value(json_array_get(ids, BULK - 1)), "deny", "action=VERIFY,purpose=INDUSTRY", err));
	return show_certificate(d, number, "permit", err);
}

/* case 5: 广西 and 深圳: whose assets may secure a debt */
static enum fj_rc case5(struct demo *d, struct fj_err *err)
{
	static const char *const names[] = {"2021—2025年广西甘蔗种植遥感数据集", "2021—2025年广西糖料价格数据集", "2022—2025年广西用电趋势指数"};
	static const char *const numbers[] = {NULL, NULL, "DAC-450000-202605-000003-7"};
	static const struct asset index = {"SZ-2026-0001", "2023—2025年鹏城消费指数数据集", "I65", "pc1", "sz-fin1", "", "sz-fin1", "sz-fin2",
		"sz-fin3", "", "WHOLE", false, true};
	char number[41], no[24];
	json_t *answer = NULL;

	FJ_TRY(at(d, "2026-05-12T01:00:00Z", err));
	for (int k = 0; k < 3; k++) {
		snprintf(no, sizeof(no), "GX-2026-000%d", k + 1);
		struct asset a = {no, names[k], k == 2 ? "D44" : "A01", "yj1", "gx-fin1", "", "gx-fin1", "gx-fin2", "gx-fin3", "", "WHOLE", false, true};
		FJ_TRY(asset_and_certificate(d, &a, numbers[k], number, err));
		if (k == 0) { /* withdrawn for false information */
			FJ_TRY(act2(d, "gx-fin1", "gx-fin2", "certificate.revoke", json_pack("{s:s, s:s, s:s}", "number", number, "reason", "privilegeWithdrawn",
			    "note", "隐瞒事实（示例）"), NULL, err));
			FJ_TRY(show_certificate(d, number, "deny", err)); /* revoked */
		}
	}
	FJ_TRY(show_certificate(d, number, "permit", err));
	/* R05: an enterprise may, disclosed; R04: a public institution may not, and the attempt is on record */
	FJ_TRY(act(d, "yj1", "collateral.request", json_pack("{s:s, s:s}", "asset", "GX-2026-0003", "creditor", "示例银行（虚构）"), &answer, err));
	bool passed = json_is_false(json_object_get(answer, "refused"));
	json_decref(answer);
	if (!passed)
		return fj_fail(err, FJ_E_INTERNAL, "demo", "R05", "an encumbrance that the certified card discloses was refused");
	FJ_TRY(act(d, "hbsw1", "collateral.request", json_pack("{s:s, s:s}", "asset", "HB-2026-0001", "creditor", "示例银行（虚构）"), &answer, err));
	FJ_AUTO(json) owned = answer;
	if (fj_json_peek(owned, "rule") == NULL || strcmp(fj_json_peek(owned, "rule"), "R04") != 0)
		return fj_fail(err, FJ_E_INTERNAL, "demo", "R04", "a pledge by a public institution was not refused");
	FJ_TRY(asset_and_certificate(d, &index, "DAC-440300-202605-000001-S", number, err));
	return show_certificate(d, number, "permit", err);
}

/* now: what is in force today */
static enum fj_rc present(struct demo *d, struct fj_err *err)
{
	static const struct grant whole = {"WHOLE", "", "", "OPER,USE", "INDUSTRY,PUBGOV", "DOWNLOAD_PRODUCT,QUERY,VERIFY", "420000"};
	static const struct grant city = {"SCENE", "", "防汛调度", "USE", "PUBGOV", "QUERY", "420100"};
	static const struct license keyed = {"jc1", "P-RESERVOIR", "operator", "free", 300, &city, HUBEI, "湖北省财政厅", NULL};
	static const struct license named = {"jc1", "P-RESERVOIR", "operator", "free", 60, &city, HUBEI, "湖北省财政厅", "https://gateway.example"};
	struct authorisation auth = {"hbsw1", "hbsw2", "", "hb-fin1", "hb-fin2", "jc1", NULL, NULL, "paid", "P-RESERVOIR=PUBGOV,P-REPORT=INDUSTRY", &whole, false};
	char number[41], dau[41], id[64], from[FJ_TIME_CAP], to[FJ_TIME_CAP];

	FJ_TRY(iss_demo_clock(d->i, 0, err));
	FJ_TRY(asset_and_certificate(d, &asset_fresh, NULL, number, err));
	fj_date_china(fj_now(), from);
	fj_date_china(fj_now() + 700 * 86400, to);
	auth.from = from;
	auth.to = to;
	FJ_TRY(authorise(d, &auth, &asset_fresh, number, dau, err));
	FJ_TRY(license(d, &keyed, dau, id, err));
	FJ_TRY(show_token(d, id, "permit", "action=QUERY,purpose=PUBGOV,territory=420106", err));
	FJ_TRY(show_token(d, id, "deny", "action=QUERY,purpose=PUBGOV,territory=440300", err)); /* elsewhere */
	FJ_TRY(license(d, &named, dau, id, err));
	FJ_TRY(show_token(d, id, "permit", "action=QUERY,purpose=PUBGOV,user=" HUBEI ",audience=https://gateway.example", err));
	FJ_TRY(show_token(d, id, "indeterminate", "action=QUERY,purpose=PUBGOV", err));
	FJ_TRY(show_certificate(d, number, "permit", err));
	return show_authorisation(d, dau, "permit", err);
}

static enum fj_rc run(struct demo *d, struct fj_err *err)
{
	char whole[41], token[64]; /* case 3's authorisation and a license under it */

	FJ_TRY(fj_dir_make(AT_FDCWD, "demo", 0755, err));
	FJ_TRY(set_up(d, err));
	if (!d->cases) { /* organisations and officers in January: the cases are for somebody else to play */
		FJ_TRY(iss_demo_clock_keep(d->i, fj_now(), err));
		return write_json(d, err);
	}
	FJ_TRY(apply_for_all(d, err));
	FJ_TRY(case1(d, err));
	FJ_TRY(case2(d, err));
	FJ_TRY(case3(d, whole, token, err));
	FJ_TRY(case4(d, err));
	FJ_TRY(case5(d, err));
	FJ_TRY(case3_money(d, whole, token, err));
	FJ_TRY(present(d, err));
	return write_json(d, err);
}

enum fj_rc iss_demo(struct iss *i, bool cases, struct fj_err *err)
{
	FJ_AUTO(mem) mem = fj_alloc(1, sizeof(struct demo));
	struct demo *d = mem;
	fj_time earliest;

	if (d == NULL)
		return fj_no_memory(err, "demo");
	FJ_TRY(fj_time_parse("2026-06-03T00:00:00Z", &earliest, err));
	if (fj_real_ms() / 1000 < earliest)
		return fj_fail(err, FJ_E_CLOCK, "demo", NULL, "the sample cases end in June 2026; this machine's clock is before that: set it right");
	*d = (struct demo){.i = i, .cases = cases, .certificates = json_array(), .tokens = json_array(), .authorisations = json_array(),
	    .registrations = json_object()};
	enum fj_rc rc = run(d, err);
	json_decref(d->certificates);
	json_decref(d->tokens);
	json_decref(d->authorisations);
	json_decref(d->registrations);
	fj_wipe(d, sizeof(*d));
	return rc;
}
