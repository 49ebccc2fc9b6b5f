/*
 * material.c - 登记材料: files that an application rests on.
 *
 * A file lies under materials/ by its SHA-256, written before the event that
 * names it is committed: a kill in between leaves a file that nobody names, never
 * a name without its file.  A material belongs to one asset, or to the unit
 * (security rules and emergency plan are filed once per unit, decision 5).  Of
 * the seven items of 26号 art. 9(一) the card itself gives several: an item is
 * missing when neither the card nor a file gives it.  Who files which kind: a holder
 * what a registration needs, an implementing institution what a plan's study rests
 * on, and whoever books revenue the evidence of it.
 */
#include <fcntl.h>

#include "base/file.h"
#include "base/jws.h"
#include "issuer/profile.h"
#include "issuer/registration.h"
#include "issuer/rules/rules.h"

#define DIR "materials"
#define MAX_MATERIAL (8u << 20)
#define MAX_OF_ONE 200 /* of an asset or the unit; of what is filed every day, within one */
#define DAY 86400

static const struct {
	const char *kind, *zh, *en, *block, *key; /* block NULL: only a file gives it */
	bool of_nine;                        /* one of the seven of art. 9(一) */
	bool of_certificate;                 /* no certificate without it (R30) */
	uint32_t also;                       /* who files it besides holders */
} kinds[] = {
	{"SUBJECT", "主体信息", "subject information", "", "", true}, /* the organisation's own record */
	{"SOURCE", "数据合法合规性来源", "lawful source of the data", "rights", "source_authority", true},
	{"RESOURCE", "数据资源情况", "description of the data", "basic", "overview", true},
	{"EVIDENCE", "存证情况", "evidence deposit", "management", "evidence_no", true},
	{"PRODUCTS", "产品和服务信息", "products and services", "use", "products", true},
	{"SCENES", "应用场景信息", "application scenarios", "use", "scenes", true},
	{"RISK", "数据安全风险评估", "security risk assessment", "management", "risk_assessment", true},
	{"SEC_POLICY", "安全制度", "security rules", "management", "sec_policy", false, true, ISS_IMPLEMENTER},
	{"EMERGENCY_PLAN", "应急预案", "emergency plan", "management", "emergency_plan", false, true, ISS_IMPLEMENTER},
	{"FEASIBILITY", "可研论证", "feasibility study", NULL, NULL, false, false, ISS_IMPLEMENTER}, /* these three: before an authorisation, 167·四(三), 27号 art. 10 */
	{"DUE_DILIGENCE", "尽职调查", "due diligence", NULL, NULL, false, false, ISS_IMPLEMENTER},
	{"RISK_EVALUATION", "评估", "evaluation", NULL, NULL, false, false, ISS_IMPLEMENTER},
	{"REVENUE", "收益凭据", "evidence of revenue", NULL, NULL, false, false, ISS_IMPLEMENTER | ISS_OPERATOR | ISS_DEVELOPER | ISS_USER}, /* receipts, acceptance: R06 */
	{"OTHER", "其他材料", "other material", NULL, NULL, false, false, ISS_IMPLEMENTER | ISS_OPERATOR | ISS_DEVELOPER | ISS_USER},
};

static int kind_find(const char *name)
{
	for (size_t i = 0; name != NULL && i < FJ_ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].kind, name) == 0)
			return (int)i;
	return -1;
}

bool iss_material_may(const char *kind, uint32_t roles)
{
	int k = kind_find(kind);

	return k >= 0 && (roles & (ISS_HOLDER | kinds[k].also)) != 0;
}

/* --- filing --- */

enum fj_rc dom_material_size(struct iss_call *c, const char *org, size_t size, struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	int64_t max;

	FJ_TRY(dom_org_get(c->db, org, &o, err));
	FJ_TRY(prf_int(c, o.finance, "material.max", &max, err));
	if (size > 0 && (int64_t)size <= max)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_LIMIT, "issuer", "domain.md 4.4", "a material has 1 to %lld octets; this one has %zu", (long long)max, size);
	fj_err_zh(err, "单份材料应为 1 至 %lld 字节，该文件为 %zu 字节", (long long)max, size);
	return rc;
}

static enum fj_rc check_own(struct iss_call *c, const char *asset_no, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};

	if (asset_no[0] == '\0')
		return FJ_OK;
	FJ_TRY(dom_asset_get(c->db, asset_no, &a, err));
	if (strcmp(a.holder, c->actor->org) == 0)
		return FJ_OK;
	return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "this asset is another holder's", "该资产属于其他持有单位");
}

enum fj_rc dom_material_room(struct iss_call *c, const struct dom_material *m, struct fj_err *err)
{
	bool daily = strcmp(m->kind, "REVENUE") == 0 || strcmp(m->kind, "TOKENS") == 0;
	FJ_AUTO(sto_q) q = {0};

	if (daily)
		FJ_TRY(sto_first(c->db, STO_MATERIAL_DAY, &q, "count", err, "tti", m->holder, m->kind, (int64_t)c->now - DAY));
	else
		FJ_TRY(sto_first(c->db, STO_MATERIAL_COUNT, &q, "count", err, "tt", m->holder, m->asset_no));
	if (sto_int(&q, 0) < MAX_OF_ONE)
		return FJ_OK;
	enum fj_rc rc = daily ? fj_fail(err, FJ_E_LIMIT, "issuer", "domain.md 4.4", "%d of this kind were filed within a day; file the rest tomorrow", MAX_OF_ONE)
	    : fj_fail(err, FJ_E_LIMIT, "issuer", "domain.md 4.4", "%d materials are filed here already", MAX_OF_ONE);
	if (daily)
		fj_err_zh(err, "此类材料一日内已达 %d 份上限，请明日再提交", MAX_OF_ONE);
	else
		fj_err_zh(err, "材料已达 %d 份上限", MAX_OF_ONE);
	return rc;
}

enum fj_rc dom_material_keep(const struct iss_call *c, struct fj_slice file, char sha256[65], struct fj_err *err)
{
	char path[sizeof(DIR) + 70];
	struct fj_hash h;

	fj_sha256(file, &h);
	fj_hex(h.b, FJ_SHA256_LEN, sha256);
	if (c->trial)
		return FJ_OK;
	FJ_TRY(fj_dir_make(AT_FDCWD, DIR, 0700, err));
	snprintf(path, sizeof(path), DIR "/%s", sha256);
	return fj_file_replace(AT_FDCWD, path, file, 0600, err);
}

enum fj_rc dom_material_file(struct iss_call *c, struct dom_material *m, const struct fj_buf *file, struct fj_err *err)
{
	FJ_TRY(dom_material_keep(c, fj_buf_slice(file), m->sha256, err));
	iss_new_id("MT-", 12, m->id);
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "holder", m->holder, "asset_no", m->asset_no, "kind", m->kind, "name", m->name, "sha256", m->sha256,
	    "size", (json_int_t)file->len);
	return evt_append(c, "material.filed", m->id, body, err);
}

enum fj_rc cmd_material_add(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(MAX_MATERIAL + 1);
	const char *asset_no = fj_json_peek(c->params, "asset"), *kind = fj_json_peek(c->params, "kind"), *name = fj_json_peek(c->params, "name");
	struct dom_material m = {.holder = c->actor->org, .asset_no = asset_no == NULL ? "" : asset_no, .kind = kind, .name = name == NULL ? "" : name};

	if (kind_find(kind) < 0)
		return fj_refuse(err, FJ_E_INVALID, "issuer", "26号 art. 9(一)", "the kind is SUBJECT, SOURCE, RESOURCE, EVIDENCE, PRODUCTS, SCENES, RISK, SEC_POLICY, EMERGENCY_PLAN, FEASIBILITY, DUE_DILIGENCE, RISK_EVALUATION, REVENUE or OTHER",
		    "材料类别无效");
	if (!iss_material_may(kind, c->acting))
		return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "a material of this kind is a holder's to file, or an implementing institution's what a plan's study rests on; file evidence of revenue as REVENUE",
		    "此类材料由持有单位提交（方案论证材料也可由实施机构提交）；收益凭据请选“收益凭据”");
	FJ_TRY(iss_param_file(c, "file", &file, err));
	FJ_TRY(check_own(c, m.asset_no, err));
	FJ_TRY(dom_material_size(c, m.holder, file.len, err));
	FJ_TRY(dom_material_room(c, &m, err));
	FJ_TRY(dom_material_file(c, &m, &file, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:I}", "id", m.id, "asset_no", m.asset_no, "sha256", m.sha256, "size", (json_int_t)file.len);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_material_filed(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	return sto_run(e->db, STO_MATERIAL_ADD, NULL, err, "ttttttii", e->object, fj_json_peek(b, "holder"), fj_json_peek(b, "asset_no"), fj_json_peek(b, "kind"),
	    fj_json_peek(b, "name"), fj_json_peek(b, "sha256"), fj_json_num(b, "size"), (int64_t)e->at);
}

/* --- reading --- */

static json_t *to_json(const struct sto_q *q, fj_time now)
{
	char at[FJ_TIME_CAP];

	(void)now;
	fj_time_utc(sto_int(q, 7), at);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "id", sto_text(q, 0), "holder", sto_text(q, 1), "asset_no", sto_text(q, 2), "kind", sto_text(q, 3),
	    "name", sto_text(q, 4), "sha256", sto_text(q, 5), "size", (json_int_t)sto_int(q, 6), "at", at);
}

/* a report of an evaluation, an answer to an order, a proof of an exit, evidence of revenue, a plan's study: those whom it concerns */
static bool concerned(struct iss_call *c, const char *id)
{
	static const enum sto_id concerns[] = {STO_MATERIAL_CONCERNS, STO_MATERIAL_EVIDENCE, STO_MATERIAL_STUDY};
	bool row = false;

	for (size_t i = 0; i < FJ_ARRAY_LEN(concerns) && !row; i++) {
		FJ_AUTO(sto_q) q = {0};
		if (sto_query(c->db, concerns[i], &q, NULL, "tt", id, c->actor->org) != FJ_OK || sto_step(&q, &row, NULL) != FJ_OK)
			return false;
	}
	return row;
}

/* the holder's own people, its superior and its finance department: materials are not public */
static enum fj_rc may_read(struct iss_call *c, const char *id, const char *holder, struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	const char *org = c->actor->org;

	if (id != NULL && concerned(c, id))
		return FJ_OK;
	FJ_TRY(dom_org_get(c->db, holder, &o, err));
	if ((c->actor->roles & (ISS_AUDITOR | ISS_LOCAL)) || strcmp(org, holder) == 0 || strcmp(org, o.dept) == 0 || strcmp(org, o.finance) == 0)
		return FJ_OK;
	return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "materials are read by the holder, its superior, its finance department and auditors",
	    "材料仅限持有单位、主管部门、本级财政部门和审计人员查阅");
}

enum fj_rc dom_material_read(const char *sha256, struct fj_buf *out, struct fj_err *err)
{
	char path[sizeof(DIR) + 70], hex[65];
	struct fj_hash h;

	snprintf(path, sizeof(path), DIR "/%.64s", sha256);
	FJ_TRY(fj_file_read(AT_FDCWD, path, out, err));
	fj_sha256(fj_buf_slice(out), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	return strcmp(hex, sha256) == 0 ? FJ_OK : fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "a material does not have the hash %.64s that was recorded", sha256);
}

enum fj_rc cmd_material_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(buf) file = FJ_BUF_INIT(MAX_MATERIAL);
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(2 * MAX_MATERIAL);
	const char *id = fj_json_peek(c->params, "id");

	FJ_TRY(sto_first(c->db, STO_MATERIAL_GET, &q, id, err, "t", id));
	FJ_TRY(may_read(c, id, sto_text(&q, 1), err));
	FJ_TRY(dom_material_read(sto_text(&q, 5), &file, err));
	FJ_TRY(fj_b64u_put(&b64, fj_buf_slice(&file)));
	c->answer = to_json(&q, c->now);
	json_object_set_new(c->answer, "file", json_pack("{s:s, s:s, s:s}", "name", sto_text(&q, 4), "type", "application/octet-stream", "base64url", fj_buf_str(&b64)));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_material_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *asset_no = fj_json_peek(c->params, "asset"), *holder = fj_json_peek(c->params, "holder"), *after;
	FJ_AUTO(dom_asset) a = {.card = NULL};
	int64_t limit;

	iss_page(c, &after, &limit);
	if (asset_no != NULL) {
		FJ_TRY(dom_asset_get(c->db, asset_no, &a, err));
		holder = a.holder;
	} else if (holder == NULL)
		holder = c->actor->org;
	FJ_TRY(may_read(c, NULL, holder, err));
	FJ_TRY(sto_query(c->db, STO_MATERIAL_LIST, &q, err, "ttti", holder, asset_no == NULL ? "" : asset_no, after, limit));
	return dom_list_page(c, &q, to_json, "id", limit, err);
}

/* --- what is missing --- */

static bool said(const json_t *v)
{
	size_t i;
	json_t *one;

	if (json_is_string(v))
		return iss_said(json_string_value(v));
	json_array_foreach(v, i, one)
		if (json_is_string(one) ? iss_said(json_string_value(one)) : json_object_size(one) > 0)
			return true;
	return json_object_size(v) > 0;
}

static enum fj_rc filed(struct sto *db, const struct dom_asset *a, const char *kind, bool *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_query(db, STO_MATERIAL_HAS, &q, err, "ttt", a->holder, a->asset_no, kind));
	return sto_step(&q, out, err);
}

static enum fj_rc given(struct sto *db, const struct dom_asset *a, size_t k, bool *out, struct fj_err *err)
{
	*out = kinds[k].block[0] == '\0' || said(json_object_get(json_object_get(a->card, kinds[k].block), kinds[k].key));
	return *out ? FJ_OK : filed(db, a, kinds[k].kind, out, err);
}

enum fj_rc dom_material_given(struct sto *db, const struct dom_asset *a, const char *kind, bool *out, struct fj_err *err)
{
	int k = kind_find(kind);

	*out = false;
	return k < 0 || kinds[k].block == NULL ? FJ_OK : given(db, a, (size_t)k, out, err);
}

enum fj_rc dom_material_missing(struct sto *db, const char *path, const char *type, const struct dom_asset *a, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	bool there;

	for (size_t k = 0; k < FJ_ARRAY_LEN(kinds); k++) {
		if (!kinds[k].of_nine || strcmp(path, "26") != 0 || strcmp(type, "INITIAL") != 0)
			continue;
		FJ_TRY(given(db, a, k, &there, err));
		if (!there)
			json_array_append_new(list, json_string(kinds[k].zh));
	}
	*out = fj_move(list);
	return FJ_OK;
}

enum fj_rc dom_material_uncertified(struct sto *db, const struct dom_asset *a, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	bool there;

	for (size_t k = 0; k < FJ_ARRAY_LEN(kinds); k++) {
		if (!kinds[k].of_certificate)
			continue;
		FJ_TRY(given(db, a, k, &there, err));
		if (!there)
			json_array_append_new(list, json_string(kinds[k].zh));
	}
	*out = fj_move(list);
	return FJ_OK;
}

const char *iss_material_word(const char *zh, bool en)
{
	for (size_t i = 0; en && i < FJ_ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].zh, zh) == 0)
			return kinds[i].en;
	return zh;
}

void dom_material_names(const json_t *list, bool en, struct fj_buf *out)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (fj_buf_printf(out, "%s%s", i == 0 ? "" : en ? ", " : "、", iss_material_word(json_string_value(v), en)) != FJ_OK)
			return;
}
