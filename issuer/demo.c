/*
 * demo.c - a demo home: its organisations, its people and demo.json; the sample cases as
 * a script of commands stand in demo_cases.c.
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
#include "issuer/demo_act.h"

/* --- organisations --- */

static const struct {
	const char *usci, *name, *kind, *level, *div6, *dept, *finance, *roles, *affiliates;
} organisations[] = {
	/* the first is made by init */
	{HUBEI, "湖北省财政厅", "ADMIN", "省", "420000", "", "", "FINANCE", ""},
	{GUIZHOU, "贵州省财政厅", "ADMIN", "省", "520000", "", "", "FINANCE,HOLDER,IMPLEMENTER,SUPERIOR", ""},
	{GUANGXI, "广西壮族自治区财政厅", "ADMIN", "省", "450000", "", "", "FINANCE", ""},
	{SHENZHEN, "深圳市财政局", "ADMIN", "市", "440300", "", "", "FINANCE", ""},
	{MWR, "水利部", "ADMIN", "中央", "100000", "", MOF, "SUPERIOR,IMPLEMENTER", ""},
	{MWR_IC, "水利部信息中心", "INST", "中央", "100000", MWR, MOF, "HOLDER", ""},
	{METEO, "国家气象信息中心", "INST", "中央", "100000", "", MOF, "HOLDER,IMPLEMENTER,SUPERIOR", ""},
	{HUBEI_WATER, "湖北省水文水资源中心", "INST", "省", "420000", "", HUBEI, "HOLDER,IMPLEMENTER,SUPERIOR", ""},
	{JINGCHU, "荆楚数据运营（虚构）", "SOE", "省", "420000", "", HUBEI, "OPERATOR", JIANGCHENG},
	{QIANSHU, "黔数运营（虚构）", "SOE", "省", "520000", "", GUIZHOU, "OPERATOR", ""},
	{PENGCHENG, "鹏城数据科技（虚构）", "ENT", "市", "440300", "", SHENZHEN, "HOLDER,USER,SUPERIOR", ""},
	{JIANGCHENG, "江城保险科技（虚构）", "ENT", "省", "420000", "", HUBEI, "USER,DEVELOPER", ""},
	{HUBEI_DATA, "湖北省数据局（示例）", "ADMIN", "省", "420000", "", HUBEI, "IMPLEMENTER", ""},
	{COUNTY, "青禾县财政局（虚构）", "ADMIN", "县", "429090", "", "", "FINANCE", ""},
	{COUNTY_CENTRE, "青禾县农业数据中心（虚构）", "INST", "县", "429090", "", COUNTY, "HOLDER,IMPLEMENTER", ""},
	{COUNTY_BUREAU, "青禾县农业农村局（虚构）", "ADMIN", "县", "429090", "", COUNTY, "USER", ""},
	{YONGJIANG, "邕江数据集团（虚构）", "SOE", "省", "450000", "", GUANGXI, "HOLDER,OPERATOR,IMPLEMENTER,SUPERIOR", ""},
};

static const struct {
	const char *login, *org, *roles;
} people[] = {
	{"hb-fin1", HUBEI, "FINANCE"}, {"hb-fin2", HUBEI, "FINANCE"}, {"hb-fin3", HUBEI, "FINANCE"},
	{"gz-fin1", GUIZHOU, "FINANCE"}, {"gz-fin2", GUIZHOU, "FINANCE"}, {"gz-fin3", GUIZHOU, "FINANCE"},
	{"gx-fin1", GUANGXI, "FINANCE"}, {"gx-fin2", GUANGXI, "FINANCE"}, {"gx-fin3", GUANGXI, "FINANCE"},
	{"sz-fin1", SHENZHEN, "FINANCE"}, {"sz-fin2", SHENZHEN, "FINANCE"}, {"sz-fin3", SHENZHEN, "FINANCE"},
	{"qh-fin1", COUNTY, "FINANCE"}, {"qh-fin2", COUNTY, "FINANCE"}, {"qh-fin3", COUNTY, "FINANCE"},
	{"mof3", MOF, "FINANCE"},
	{"slb1", MWR, "SUPERIOR,IMPLEMENTER"}, {"slb2", MWR, "SUPERIOR,IMPLEMENTER"},
	{"slxx1", MWR_IC, "HOLDER"},
	{"qx1", METEO, "HOLDER,IMPLEMENTER"}, {"qx2", METEO, "HOLDER,IMPLEMENTER"}, {"qx-sup", METEO, "SUPERIOR"},
	{"hbsw1", HUBEI_WATER, "HOLDER,IMPLEMENTER"}, {"hbsw2", HUBEI_WATER, "HOLDER,IMPLEMENTER"}, {"hbsw-sup", HUBEI_WATER, "SUPERIOR"},
	{"sj1", HUBEI_DATA, "IMPLEMENTER"}, {"sj2", HUBEI_DATA, "IMPLEMENTER"},
	{"qh1", COUNTY_CENTRE, "HOLDER,IMPLEMENTER"}, {"qh2", COUNTY_CENTRE, "HOLDER,IMPLEMENTER"},
	{"jc1", JINGCHU, "OPERATOR"}, {"jc2", JINGCHU, "OPERATOR"},
	{"qs1", QIANSHU, "OPERATOR"}, {"qs2", QIANSHU, "OPERATOR"},
	{"gz-hold1", GUIZHOU, "HOLDER,IMPLEMENTER"}, {"gz-hold2", GUIZHOU, "IMPLEMENTER"}, {"gz-sup", GUIZHOU, "SUPERIOR"},
	{"pc1", PENGCHENG, "HOLDER"}, {"pc-dev", PENGCHENG, "USER"}, {"pc-sup", PENGCHENG, "SUPERIOR"},
	{"yj1", YONGJIANG, "HOLDER,OPERATOR,IMPLEMENTER"}, {"yj2", YONGJIANG, "HOLDER,OPERATOR,IMPLEMENTER"}, {"yj-sup", YONGJIANG, "SUPERIOR"},
	{"auditor", MOF, "AUDITOR"},
};

enum fj_rc iss_demo_request(json_t *in, struct fj_err *err)
{
	json_t *more = json_pack("{s:s, s:{s:s, s:s, s:s, s:s, s:s, s:[s, s]}, s:[{s:s, s:s, s:s}, {s:s, s:s, s:s}]}", "at", "2026-01-05T01:00:00Z", "organisation", "usci", MOF, "name", "财政部资产管理司", "kind", "ADMIN",
	    "level", "中央", "div6", "100000", "roles", "FINANCE", "AUDITOR", "officers", "login", "mof1", "name", "张一（虚构）", "person", "demo-person-1",
	    "login", "mof2", "name", "李二（虚构）", "person", "demo-person-2");

	if (json_object_get(in, "subordinate") != NULL)
		json_object_del(more, "at"); /* what its parent certifies is of today */
	int bad = more == NULL || json_object_update(in, more) != 0;
	json_decref(more);
	return bad ? fj_no_memory(err, "demo") : FJ_OK;
}

static enum fj_rc add_user(struct dmo *d, const char *login, const char *org, const char *roles, struct fj_err *err)
{
	struct dmo_user *u = &d->user[d->n];

	if (d->n == DMO_MAX_USERS)
		return fj_fail(err, FJ_E_LIMIT, "demo", NULL, "too many users");
	*u = (struct dmo_user){.login = login, .org = org, .roles = roles};
	FJ_TRY(usr_demo_enrol(d->i, login, &u->secret, err));
	FJ_TRY(usr_actor(d->i->db, login, "cli", &u->actor, err));
	d->n++;
	return FJ_OK;
}

/* who answers for an organisation: the k-th officer of its finance department, or while that
 * has not two, of the one that made the appliance (R40) */
static const char *office_of(const struct dmo *d, const char *org, int k)
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

static enum fj_rc hire(struct dmo *d, const char *login, const char *org, const char *roles, struct fj_err *err)
{
	char name[64], person[32];

	snprintf(name, sizeof(name), "%s（虚构人员）", login);
	snprintf(person, sizeof(person), "demo-person-%d", d->person++);
	FJ_TRY(dmo_act2(d, office_of(d, org, 0), office_of(d, org, 1), "user.add", json_pack("{s:s, s:s, s:s, s:s, s:o}", "login", login, "name", name, "person", person, "org", org,
	    "roles", dmo_split(roles)), NULL, err));
	return add_user(d, login, org, roles, err);
}

static json_t *organisation(size_t k)
{
	json_t *p = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:i}", "usci", organisations[k].usci, "name", organisations[k].name,
	    "kind", organisations[k].kind, "level", organisations[k].level, "div6", organisations[k].div6, "roles",
	    dmo_split(organisations[k].roles), "affiliates", dmo_split(organisations[k].affiliates), "mlps", 3);

	if (organisations[k].dept[0] != '\0')
		json_object_set_new(p, "dept", json_string(organisations[k].dept));
	if (organisations[k].finance[0] != '\0')
		json_object_set_new(p, "finance", json_string(organisations[k].finance));
	return p;
}

static enum fj_rc set_up(struct dmo *d, struct fj_err *err)
{
	d->person = 3;
	FJ_TRY(add_user(d, "mof1", MOF, "FINANCE", err));
	FJ_TRY(add_user(d, "mof2", MOF, "FINANCE", err));
	/* departments of finance and their officers first: they enter the others */
	for (size_t k = 0; k < FJ_ARRAY_LEN(organisations); k++)
		if (organisations[k].finance[0] == '\0')
			FJ_TRY(dmo_act2(d, "mof1", "mof2", "organisation.add", organisation(k), NULL, err));
	for (int finance = 1; finance >= 0; finance--) {
		for (size_t k = 0; k < FJ_ARRAY_LEN(organisations) && !finance; k++)
			if (organisations[k].finance[0] != '\0')
				FJ_TRY(dmo_act2(d, office_of(d, organisations[k].usci, 0), office_of(d, organisations[k].usci, 1), "organisation.add",
				    organisation(k), NULL, err));
		for (size_t k = 0; k < FJ_ARRAY_LEN(people); k++)
			if ((strcmp(people[k].roles, "FINANCE") == 0) == (finance != 0))
				FJ_TRY(hire(d, people[k].login, people[k].org, people[k].roles, err));
	}
	return FJ_OK;
}

static enum fj_rc write_json(struct dmo *d, struct fj_err *err)
{
	FJ_AUTO(json) logins = json_array();
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);
	char portal[96], verifier[96];

	for (size_t k = 0; k < d->n; k++)
		json_array_append_new(logins, json_pack("{s:s, s:s, s:s, s:o, s:s}", "login", d->user[k].login, "password", d->user[k].secret.password,
		    "totp", d->user[k].secret.totp_uri, "roles", dmo_split(d->user[k].roles), "org", d->user[k].org));
	snprintf(portal, sizeof(portal), "http://%s", d->i->conf.portal);
	snprintf(verifier, sizeof(verifier), "http://%s", d->i->conf.verifier);
	FJ_AUTO(json) all = json_pack("{s:s, s:s, s:s, s:O, s:O, s:O, s:O, s:O, s:O}", "note", "illustrative 虚构示例; DEMO keys, never to be trusted", "portal", portal,
	    "verifier", verifier, "logins", logins, "certificates", d->certificates, "tokens", d->tokens, "authorisations", d->authorisations, "certificates_sm2", d->certificates_sm2,
	    "tokens_sm2", d->tokens_sm2);
	FJ_TRY(fj_json_canonical(all, &text, err));
	return fj_file_replace(AT_FDCWD, "demo.json", fj_buf_slice(&text), 0600, err);
}

static enum fj_rc run(struct dmo *d, struct fj_err *err)
{
	FJ_TRY(fj_dir_make(AT_FDCWD, "demo", 0755, err));
	FJ_TRY(set_up(d, err));
	if (!d->cases) { /* organisations and officers in January: the cases are for somebody else to play */
		FJ_TRY(iss_demo_clock_keep(d->i, fj_now(), err));
		return write_json(d, err);
	}
	FJ_TRY(dmo_cases(d, err));
	return write_json(d, err);
}

enum fj_rc iss_demo(struct iss *i, bool cases, struct fj_err *err)
{
	FJ_AUTO(mem) mem = fj_alloc(1, sizeof(struct dmo));
	struct dmo *d = mem;
	fj_time earliest;

	if (d == NULL)
		return fj_no_memory(err, "demo");
	FJ_TRY(fj_time_parse("2026-06-03T00:00:00Z", &earliest, err));
	if (fj_real_ms() / 1000 < earliest)
		return fj_fail(err, FJ_E_CLOCK, "demo", NULL, "the sample cases end in June 2026; this machine's clock is before that: set it right");
	*d = (struct dmo){.i = i, .cases = cases, .certificates = json_array(), .tokens = json_array(), .authorisations = json_array(),
	    .certificates_sm2 = json_array(), .tokens_sm2 = json_array(),
	    .registrations = json_object()};
	enum fj_rc rc = run(d, err);
	json_decref(d->certificates);
	json_decref(d->tokens);
	json_decref(d->authorisations);
	json_decref(d->certificates_sm2);
	json_decref(d->tokens_sm2);
	json_decref(d->registrations);
	fj_wipe(d, sizeof(*d));
	return rc;
}
