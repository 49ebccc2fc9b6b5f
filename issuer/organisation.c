/*
 * organisation.c - 单位: who holds, supervises, operates and uses.
 *
 * The holder's kind decides the collateral ban and the revenue path, so it is
 * compared with the first characters of the code; a contradiction is refused
 * unless a note says why (a second officer approves either way).  A wrong check
 * character warns and does not refuse: real legacy codes fail it (R35).
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

static bool among(const char *s, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, s) == 0)
			return true;
	return false;
}

static enum fj_rc bad(struct fj_err *err, const char *cite, const char *en, const char *zh)
{
	fj_fail(err, FJ_E_INVALID, "issuer", cite, "%s", en);
	fj_err_zh(err, "%s", zh);
	return FJ_E_INVALID;
}

/* 11 and 12 are public bodies' codes, 91 to 93 enterprises' (GB 32100, domain.md 3.4) */
static bool kind_contradicts(const char *usci, const char *kind)
{
	bool public_code = strncmp(usci, "11", 2) == 0 || strncmp(usci, "12", 2) == 0 || strncmp(usci, "13", 2) == 0;
	bool company_code = usci[0] == '9';

	return (public_code && !iss_kind_no_collateral(kind)) || (company_code && iss_kind_no_collateral(kind));
}

static enum fj_rc check_facts(const struct dom_org_in *in, struct fj_err *err)
{
	static const char *const kinds[] = {"ADMIN", "INST", "MASS", "SOE", "UTIL", "ENT", NULL},
		*const levels[] = {"中央", "省", "市", "县", "乡", NULL};
	size_t i;
	json_t *v;
	uint32_t bit;

	if (in->usci == NULL || !iss_usci_form(in->usci))
		return bad(err, "GB 32100", "the unified social credit code has 18 characters, digits and capitals without I O S V Z", "统一社会信用代码应为 18 位");
	if (in->name == NULL || fj_utf8_count(in->name) > 120)
		return bad(err, "domain.md 4.1", "the name is missing or longer than 120 characters", "单位名称缺失或超过 120 字");
	if (in->kind == NULL || !among(in->kind, kinds))
		return bad(err, "domain.md 3.1", "the kind is ADMIN, INST, MASS, SOE, UTIL or ENT", "主体类型无效");
	if (in->level == NULL || !among(in->level, levels))
		return bad(err, "domain.md 4.1", "the level is 中央, 省, 市, 县 or 乡", "财政级次无效");
	if (in->div6 == NULL || !fj_div6_ok(in->div6))
		return bad(err, "GB/T 2260", "the division is six digits", "行政区划应为 6 位数字");
	if ((in->dept[0] != '\0' && !iss_usci_form(in->dept)) || (in->finance[0] != '\0' && !iss_usci_form(in->finance)))
		return bad(err, "GB 32100", "superior department and finance department are named by their 18-character codes", "主管部门和本级财政部门应填写 18 位统一社会信用代码");
	if (json_array_size(in->roles) == 0)
		return bad(err, "domain.md 6", "an organisation has at least one role", "至少应有一个角色");
	json_array_foreach(in->roles, i, v)
		FJ_TRY(iss_role_parse(json_is_string(v) ? json_string_value(v) : "", &bit, err));
	if (kind_contradicts(in->usci, in->kind) && in->note[0] == '\0')
		return bad(err, "domain.md 3.4", "the kind contradicts the first characters of the code; the collateral ban hangs on it: say why in \"note\"",
		    "主体类型与信用代码前两位不符；请在备注中说明理由");
	return FJ_OK;
}

enum fj_rc dom_organisation_body(const struct dom_org_in *in, json_t **body, struct fj_err *err)
{
	FJ_TRY(check_facts(in, err));
	const char *finance = in->finance[0] != '\0' ? in->finance : "";
	size_t i;
	json_t *v;

	json_array_foreach(in->roles, i, v)
		if (finance[0] == '\0' && strcmp(json_string_value(v), "FINANCE") == 0)
			finance = in->usci;
	FJ_AUTO(json) none = json_array();
	FJ_AUTO(json) warnings = json_array();
	if (iss_warn_usci(in->usci) != NULL)
		json_array_append_new(warnings, json_string(iss_warn_usci(in->usci)));
	*body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O, s:O, s:b, s:I, s:s, s:O}", "usci", in->usci, "name", in->name,
	    "kind", in->kind, "level", in->level, "div6", in->div6, "dept", in->dept, "finance", finance, "roles", in->roles,
	    "affiliates", in->affiliates != NULL ? in->affiliates : none, "dishonest", in->dishonest, "mlps", (json_int_t)in->mlps,
	    "note", in->note, "warnings", warnings);
	return *body != NULL ? FJ_OK : bad(err, NULL, "a text is not UTF-8", "文本不是 UTF-8");
}

static const char *text(const json_t *p, const char *key)
{
	const char *s = fj_json_peek(p, key);

	return s == NULL ? "" : s;
}

/* its own level, and a division that lies within its own */
static enum fj_rc check_level(struct iss_call *c, const json_t *body, struct fj_err *err)
{
	FJ_AUTO(dom_org) finance = {.affiliates = NULL};

	FJ_TRY(dom_org_get(c->db, text(body, "finance"), &finance, err));
	FJ_AUTO(json) area = json_pack("[s]", finance.div6);
	if (!(finance.roles & ISS_FINANCE) || strcmp(finance.level, text(body, "level")) != 0 || !fj_territory_has(area, text(body, "div6")))
		return iss_rule_fail(err, "R40", "the organisation's level or division is not this finance department's; its own finance department enters it",
		    "单位的财政级次或行政区划与本财政部门不符，应由其本级财政部门登记");
	return FJ_OK;
}

/* R40: a finance department enters the organisations of its own level; departments of finance,
 * and what audits or stands above them, are entered by the one that made the appliance. */
static enum fj_rc check_enterer(struct iss_call *c, const json_t *body, struct fj_err *err)
{
	const json_t *list = json_object_get(body, "roles");
	bool above = fj_list_has(list, "FINANCE") || fj_list_has(list, "MOF") || fj_list_has(list, "AUDITOR");

	FJ_TRY(iss_rule_no_foreign_issuer(above ? c->iss->keeper : text(body, "finance"), c->actor->org, err));
	return above ? FJ_OK : check_level(c, body, err);
}

enum fj_rc cmd_organisation_add(struct iss_call *c, struct fj_err *err)
{
	const json_t *p = c->params;
	struct dom_org_in in = {.usci = text(p, "usci"), .name = text(p, "name"), .kind = text(p, "kind"), .level = text(p, "level"),
		.div6 = text(p, "div6"), .dept = text(p, "dept"), .finance = text(p, "finance"), .note = text(p, "note"),
		.roles = json_object_get(p, "roles"), .affiliates = json_object_get(p, "affiliates"),
		.dishonest = json_is_true(json_object_get(p, "dishonest")), .mlps = json_integer_value(json_object_get(p, "mlps"))};
	json_t *body = NULL;
	struct dom_org there;

	if (dom_org_get(c->db, in.usci, &there, NULL) == FJ_OK) {
		dom_org_release(&there);
		return fj_fail(err, FJ_E_EXISTS, "issuer", NULL, "the organisation %s is entered already", in.usci);
	}
	FJ_TRY(dom_organisation_body(&in, &body, err));
	FJ_AUTO(json) owned = body;
	FJ_TRY(check_enterer(c, owned, err));
	FJ_TRY(apr_request(c, "organisation.add", in.usci, c->actor->org, owned, err));
	json_object_set(c->answer, "warnings", json_object_get(owned, "warnings"));
	return FJ_OK;
}

enum fj_rc apr_organisation_add(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_TRY(check_enterer(c, a->payload, err));
	return evt_append(c, "organisation.added", a->object, a->payload, err);
}

enum fj_rc apply_organisation_added(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	FJ_AUTO(buf) affiliates = FJ_BUF_INIT(65536);
	uint32_t bits = 0, bit;
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(b, "roles"), i, v) {
		FJ_TRY(iss_role_parse(json_string_value(v), &bit, err));
		bits |= bit;
	}
	FJ_TRY(fj_json_canonical(json_object_get(b, "affiliates"), &affiliates, err));
	return sto_run(e->db, STO_ORG_ADD, NULL, err, "ttttttti" "tii", e->object, text(b, "name"), text(b, "kind"), text(b, "level"),
	    text(b, "div6"), text(b, "dept"), text(b, "finance"), (int64_t)bits, fj_buf_str(&affiliates),
	    (int64_t)json_is_true(json_object_get(b, "dishonest")), (int64_t)json_integer_value(json_object_get(b, "mlps")));
}

static json_t *org_json(const struct dom_org *o)
{
	json_t *roles = json_array();

	for (uint32_t bit = 1; bit <= ISS_AUDITOR; bit <<= 1)
		if (o->roles & bit)
			json_array_append_new(roles, json_string(iss_role_name((enum iss_role)bit)));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:O, s:b, s:I}", "usci", o->usci, "name", o->name, "kind", o->kind,
	    "level", o->level, "div6", o->div6, "dept", o->dept, "finance", o->finance, "roles", roles, "affiliates", o->affiliates,
	    "dishonest", o->dishonest, "mlps", (json_int_t)o->mlps);
}

enum fj_rc cmd_organisation_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};

	FJ_TRY(dom_org_get(c->db, fj_json_peek(c->params, "usci"), &o, err));
	c->answer = org_json(&o);
	return c->answer != NULL ? FJ_OK : fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
}

/* items and where the next page starts */
enum fj_rc dom_list_answer(struct iss_call *c, json_t *items, const char *key, int64_t limit, struct fj_err *err)
{
	const char *last = fj_json_peek(json_array_get(items, json_array_size(items) - 1), key);

	c->answer = json_pack("{s:O, s:s?}", "items", items, "next", (int64_t)json_array_size(items) >= limit ? last : NULL);
	return c->answer != NULL ? FJ_OK : fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
}
