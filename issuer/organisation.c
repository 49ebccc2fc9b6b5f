/*
 * organisation.c - 单位: who holds, supervises, operates and uses.
 *
 * The holder's kind decides the collateral ban and the revenue path, so it is
 * compared with the first characters of the code: a contradiction is refused unless
 * a note says why, and then every approver has to confirm it expressly (domain.md
 * 3.4).  A wrong check character never refuses for good: real legacy codes fail it;
 * it is taken when `override` says why (R35).  What the register does not know yet,
 * such as a division or a superior department, is a warning.  Changing is
 * org_change.c's, lists of organisations org_import.c's.
 */
#include "base/jws.h"
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/rules/rules.h"

void dom_org_release(struct dom_org *o)
{
	json_decref(o->affiliates);
	o->affiliates = NULL;
}

static enum fj_rc from_row(const struct sto_q *q, struct dom_org *o, struct fj_err *err)
{
	char *to[] = {o->usci, o->name, o->kind, o->level, o->div6, o->dept, o->finance};
	static const size_t cap[] = {19, 484, 8, 16, 7, 19, 19};

	for (int i = 0; i < 7; i++)
		if (fj_strcopy(to[i], cap[i], sto_text(q, i)) != FJ_OK)
			return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "an organisation is malformed");
	o->roles = (uint32_t)sto_int(q, 7);
	o->dishonest = sto_int(q, 9) != 0;
	o->mlps = sto_int(q, 10);
	return fj_json_parse(fj_slice_str(sto_text(q, 8)), 65536, &o->affiliates, err);
}

enum fj_rc dom_org_get(struct sto *db, const char *usci, struct dom_org *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	memset(out, 0, sizeof(*out));
	FJ_TRY(sto_first(db, STO_ORG_GET, &q, usci, err, "t", usci));
	return from_row(&q, out, err);
}

static enum fj_rc bad(struct fj_err *err, const char *cite, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, "issuer", cite, en, zh);
}

/* The first two characters of the code and the kinds that go with them (GB 32100, domain.md 3.4
 * [M]).  close: what is not said by the code but is found; every other kind contradicts it. */
static const struct {
	const char *prefix, *fits, *close, *zh, *en;
} prefixes[] = {
	{"11", "ADMIN", "INST MASS", "机关", "an organ of the state"}, {"12", "INST", "ADMIN MASS", "事业单位", "a public institution"},
	{"13", "MASS", "ADMIN INST", "编办管理的群团", "a mass organisation"}, {"19", "ADMIN INST MASS", "", "编办管理的其他单位", "another public body"},
	{"51", "MASS ENT", "", "社会团体", "an association"}, {"52", "ENT", "MASS", "民办非企业单位", "a private non-enterprise unit"},
	{"53", "ENT", "MASS", "基金会", "a foundation"}, {"91", "SOE UTIL ENT", "", "企业", "an enterprise"},
	{"92", "ENT", "", "个体工商户", "a self-employed trader"}, {"93", "ENT", "", "农民专业合作社", "a farmers' cooperative"},
	{"Y1", "ADMIN INST MASS SOE UTIL ENT", "", "其他", "another body"},
};

enum fit { FITS, CLOSE, CONTRADICTS, UNKNOWN };
static enum fit kind_fit(const char *usci, const char *kind, size_t *row)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(prefixes); i++)
		if (strncmp(usci, prefixes[i].prefix, 2) == 0) {
			*row = i;
			return strstr(prefixes[i].fits, kind) != NULL ? FITS : strstr(prefixes[i].close, kind) != NULL ? CLOSE : CONTRADICTS;
		}
	return UNKNOWN;
}

static enum fj_rc check_codes(const struct dom_org_in *in, struct fj_err *err)
{
	size_t i, row;
	json_t *v;

	if ((in->dept[0] != '\0' && !iss_usci_form(in->dept)) || (in->finance[0] != '\0' && !iss_usci_form(in->finance)))
		return bad(err, "GB 32100", "superior department and finance department are named by their 18-character codes", "主管部门和本级财政部门应填写 18 位统一社会信用代码");
	if (strcmp(in->dept, in->usci) == 0)
		return bad(err, "domain.md 4.1", "an organisation is not its own superior department; leave it empty", "单位不得为自己的主管部门，请留空");
	json_array_foreach(in->affiliates, i, v)
		if (!json_is_string(v) || !iss_usci_form(json_string_value(v)) || strcmp(json_string_value(v), in->usci) == 0)
			return bad(err, "27号 art. 6", "affiliates are other organisations, named by their 18-character codes", "关联方应为其他单位的 18 位统一社会信用代码");
	if (!iss_usci_check(in->usci) && !iss_said(in->override))
		return iss_rule_fail(err, "R35", "the check character of the code does not fit; look at the original, and if it is printed so, say in \"override\" why it is taken",
		    "统一社会信用代码校验位不符；请核对证照原件，确系如此的，请填写校验说明（override）");
	if (kind_fit(in->usci, in->kind, &row) == CONTRADICTS && !iss_said(in->note))
		return iss_rule_fail(err, "domain.md 3.4", "the kind contradicts the first characters of the code, and the collateral ban hangs on it: say why in \"note\"; a second officer confirms it",
		    "主体类型与信用代码前两位不符，关系到担保禁令；请在备注中说明理由，并由第二名经办人确认");
	return FJ_OK;
}

static enum fj_rc check_facts(const struct dom_org_in *in, struct fj_err *err)
{
	static const char *const levels[] = {"中央", "省", "市", "县", "乡", NULL};
	size_t i;
	json_t *v;
	uint32_t bit;

	if (in->usci == NULL || !iss_usci_form(in->usci))
		return bad(err, "GB 32100", "the unified social credit code has 18 characters, digits and capitals without I O S V Z", "统一社会信用代码应为 18 位");
	if (!iss_said(in->name) || fj_utf8_count(in->name) > DOM_MAX_NAME)
		return bad(err, "domain.md 4.1", "the name is missing or longer than 120 characters", "单位名称缺失或超过 120 字");
	if (in->kind == NULL || !fj_among(in->kind, fj_holder_kinds))
		return bad(err, "domain.md 3.1", "the kind is ADMIN, INST, MASS, SOE, UTIL or ENT", "主体类型无效");
	if (in->level == NULL || !fj_among(in->level, levels))
		return bad(err, "domain.md 4.1", "the level is 中央, 省, 市, 县 or 乡", "财政级次无效");
	if (in->div6 == NULL || !fj_div6_ok(in->div6))
		return bad(err, "GB/T 2260", "the division is six digits", "行政区划应为 6 位数字");
	if (json_array_size(in->roles) == 0)
		return bad(err, "domain.md 6", "an organisation has at least one role", "至少应有一个角色");
	json_array_foreach(in->roles, i, v)
		FJ_TRY(iss_role_parse(json_is_string(v) ? json_string_value(v) : "", &bit, err));
	return check_codes(in, err);
}

static enum fj_rc warn(json_t *list, const char *rule, const char *en, const char *zh, struct fj_err *err)
{
	return json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "rule", rule, "en", en, "zh", zh)) == 0 ? FJ_OK
	    : fj_no_memory(err, "issuer");
}

static enum fj_rc mark_kind(const struct dom_org_in *in, json_t *body, json_t *warnings, struct fj_err *err)
{
	size_t row = 0;
	char en[200], zh[200];
	enum fit fit = kind_fit(in->usci, in->kind, &row);

	if (fit == FITS)
		return FJ_OK;
	if (fit == UNKNOWN)
		return warn(warnings, "domain.md 3.4", "the first two characters of the code are not known here; compare the kind with the original", "信用代码前两位未收录，请核对主体类型", err);
	snprintf(en, sizeof(en), "%s: the code is that of %s, the kind is %s", in->usci, prefixes[row].en, in->kind);
	snprintf(zh, sizeof(zh), "%s：代码属于%s，而主体类型为 %s", in->usci, prefixes[row].zh, in->kind);
	return fit == CLOSE ? warn(warnings, "domain.md 3.4", en, zh, err) : fj_json_set(body, "contradiction", json_pack("{s:s, s:s}", "en", en, "zh", zh));
}

enum fj_rc dom_organisation_body(const struct dom_org_in *in, json_t **body, struct fj_err *err)
{
	FJ_TRY(check_facts(in, err));
	const char *finance = in->finance;
	FJ_AUTO(json) none = json_array();
	FJ_AUTO(json) warnings = json_array();
	bool odd = !iss_usci_check(in->usci);

	if (finance[0] == '\0' && fj_list_has(in->roles, "FINANCE"))
		finance = in->usci;
	if (odd)
		FJ_TRY(warn(warnings, "R35", "the check character of the code does not fit", "统一社会信用代码校验位不符", err));
	FJ_AUTO(json) made = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O, s:O, s:b, s:I, s:s, s:s, s:O}", "usci", in->usci, "name", in->name,
	    "kind", in->kind, "level", in->level, "div6", in->div6, "dept", in->dept, "finance", finance, "roles", in->roles,
	    "affiliates", in->affiliates != NULL ? in->affiliates : none, "dishonest", in->dishonest, "mlps", (json_int_t)in->mlps,
	    "note", in->note, "override", odd ? in->override : "", "warnings", warnings);
	if (made == NULL)
		return bad(err, NULL, "a text is not UTF-8", "文本不是 UTF-8");
	FJ_TRY(mark_kind(in, made, warnings, err));
	*body = fj_move(made);
	return FJ_OK;
}

static enum fj_rc known(struct sto *db, enum sto_id id, const char *key, bool *yes, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_query(db, id, &q, err, "t", key));
	return sto_step(&q, yes, err);
}

enum fj_rc dom_organisation_warn(struct sto *db, json_t *body, struct fj_err *err)
{
	json_t *warnings = json_object_get(body, "warnings");
	bool division, dept = true, finance = true;

	FJ_TRY(known(db, STO_DIVISION_GET, fj_json_text(body, "div6"), &division, err));
	if (fj_json_text(body, "dept")[0] != '\0')
		FJ_TRY(known(db, STO_ORG_GET, fj_json_text(body, "dept"), &dept, err));
	if (strcmp(fj_json_text(body, "finance"), fj_json_text(body, "usci")) != 0)
		FJ_TRY(known(db, STO_ORG_GET, fj_json_text(body, "finance"), &finance, err));
	if (!division)
		FJ_TRY(warn(warnings, "GB/T 2260", "the division is not in the table that is loaded", "行政区划代码不在已加载的区划表中", err));
	if (!dept)
		FJ_TRY(warn(warnings, "domain.md 4.1", "the superior department is not entered yet", "主管部门尚未登记", err));
	return finance ? FJ_OK : warn(warnings, "domain.md 4.1", "the finance department is not entered yet", "本级财政部门尚未登记", err);
}

/* the finance department's level and division, from the register or from the same list */
static enum fj_rc finance_of(struct sto *db, const char *usci, const json_t *peers, struct dom_org *out, struct fj_err *err)
{
	const json_t *peer = json_object_get(peers, usci);

	if (peer == NULL)
		return dom_org_get(db, usci, out, err);
	memset(out, 0, sizeof(*out));
	FJ_TRY(fj_strcopy(out->level, sizeof(out->level), fj_json_text(peer, "level")));
	FJ_TRY(fj_strcopy(out->div6, sizeof(out->div6), fj_json_text(peer, "div6")));
	return iss_roles_parse(json_object_get(peer, "roles"), &out->roles, err);
}

/* its own level, and a division that lies within its own */
static enum fj_rc check_level(struct iss_call *c, const json_t *body, const json_t *peers, struct fj_err *err)
{
	FJ_AUTO(dom_org) finance = {.affiliates = NULL};

	FJ_TRY(finance_of(c->db, fj_json_text(body, "finance"), peers, &finance, err));
	FJ_AUTO(json) area = json_pack("[s]", finance.div6);
	if (!(finance.roles & ISS_FINANCE) || strcmp(finance.level, fj_json_text(body, "level")) != 0 || !fj_territory_has(area, fj_json_text(body, "div6")))
		return iss_rule_fail(err, "R40", "the organisation's level or division is not this finance department's; its own finance department enters it",
		    "单位的财政级次或行政区划与本财政部门不符，应由其本级财政部门登记");
	return FJ_OK;
}

/* A finance department enters the organisations of its own level; departments of finance, and
 * what audits or stands above them, are entered by the one that made the appliance. */
enum fj_rc dom_organisation_enterer(struct iss_call *c, const json_t *body, const json_t *peers, const char *asker, struct fj_err *err)
{
	const json_t *list = json_object_get(body, "roles");
	bool above = fj_list_has(list, "FINANCE") || fj_list_has(list, "MOF") || fj_list_has(list, "AUDITOR");

	FJ_TRY(iss_rule_no_foreign_issuer(above ? c->iss->keeper : fj_json_text(body, "finance"), asker, err));
	return above ? FJ_OK : check_level(c, body, peers, err);
}

enum fj_rc cmd_organisation_add(struct iss_call *c, struct fj_err *err)
{
	const json_t *p = c->params;
	struct dom_org_in in = {.usci = fj_json_text(p, "usci"), .name = fj_json_text(p, "name"), .kind = fj_json_text(p, "kind"), .level = fj_json_text(p, "level"),
		.div6 = fj_json_text(p, "div6"), .dept = fj_json_text(p, "dept"), .finance = fj_json_text(p, "finance"), .note = fj_json_text(p, "note"),
		.override = fj_json_text(p, "override"),
		.roles = json_object_get(p, "roles"), .affiliates = json_object_get(p, "affiliates"),
		.dishonest = json_is_true(json_object_get(p, "dishonest")), .mlps = fj_json_num(p, "mlps")};
	json_t *body = NULL;
	struct dom_org there;

	if (dom_org_get(c->db, in.usci, &there, NULL) == FJ_OK) {
		dom_org_release(&there);
		enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", NULL, "the organisation %s is entered already", in.usci);
		fj_err_zh(err, "单位 %s 已登记", in.usci);
		return rc;
	}
	FJ_TRY(dom_organisation_body(&in, &body, err));
	FJ_AUTO(json) owned = body;
	FJ_TRY(dom_organisation_enterer(c, owned, NULL, c->actor->org, err));
	FJ_TRY(dom_organisation_warn(c->db, owned, err));
	FJ_TRY(apr_request(c, "organisation.add", in.usci, c->actor->org, owned, err));
	json_object_set(c->answer, "warnings", json_object_get(owned, "warnings"));
	return FJ_OK;
}

enum fj_rc apr_organisation_add(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_TRY(dom_organisation_enterer(c, a->payload, NULL, c->actor->org, err));
	return evt_append(c, "organisation.added", a->object, a->payload, err);
}

enum fj_rc apply_organisation_set(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	FJ_AUTO(buf) affiliates = FJ_BUF_INIT(65536);
	uint32_t bits;

	FJ_TRY(iss_roles_parse(json_object_get(b, "roles"), &bits, err));
	FJ_TRY(fj_json_canonical(json_object_get(b, "affiliates"), &affiliates, err));
	return sto_run(e->db, STO_ORG_SET, NULL, err, "ttttttti" "tiitt", e->object, fj_json_text(b, "name"), fj_json_text(b, "kind"), fj_json_text(b, "level"),
	    fj_json_text(b, "div6"), fj_json_text(b, "dept"), fj_json_text(b, "finance"), (int64_t)bits, fj_buf_str(&affiliates),
	    (int64_t)json_is_true(json_object_get(b, "dishonest")), fj_json_num(b, "mlps"),
	    fj_json_text(b, "note"), fj_json_text(b, "override"));
}

static enum fj_rc row_json(const struct sto_q *q, json_t **out, struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};

	FJ_TRY(from_row(q, &o, err));
	*out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:O, s:b, s:I, s:s, s:s}", "usci", o.usci, "name", o.name, "kind", o.kind,
	    "level", o.level, "div6", o.div6, "dept", o.dept, "finance", o.finance, "roles", iss_roles_json(o.roles), "affiliates", o.affiliates,
	    "dishonest", o.dishonest, "mlps", (json_int_t)o.mlps, "note", sto_text(q, 11), "override", sto_text(q, 12));
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc dom_organisation_json(struct sto *db, const char *usci, json_t **out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_ORG_GET, &q, usci, err, "t", usci));
	return row_json(&q, out, err);
}

/* who declares this organisation as its affiliate: an affiliation binds both (R11) */
static enum fj_rc declared_by(struct sto *db, const char *usci, json_t *list, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_ORG_DECLARED_BY, &q, err, "t", usci));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		json_array_append_new(list, json_string(sto_text(&q, 0)));
	}
}

enum fj_rc cmd_organisation_show(struct iss_call *c, struct fj_err *err)
{
	const char *usci = fj_json_peek(c->params, "usci");
	FJ_AUTO(json) others = json_array();
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(dom_organisation_json(c->db, usci, &c->answer, err));
	FJ_TRY(declared_by(c->db, usci, others, err));
	FJ_TRY(sto_query(c->db, STO_DIVISION_GET, &q, err, "t", fj_json_text(c->answer, "div6")));
	FJ_TRY(sto_step(&q, &row, err));
	FJ_TRY(fj_json_set(c->answer, "division", json_string(row ? sto_text(&q, 0) : "")));
	return json_object_set(c->answer, "affiliate_of", others) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}
