/*
 * incident.c - 安全事件: reported by who is concerned, closed by who supervises.
 *
 * A report names the authorisation or the asset, what happened and how severe it
 * is.  Who may suspend may do so with the report, and what was suspended stands in
 * it: an authorisation (implementing institution, finance department) or an asset
 * with its certificate (finance department, superior).  Closing tells what was
 * done; it lifts no suspension, which takes two officers as always (decision 8).
 */
#include "issuer/life.h"
#include "issuer/state.h"
#include "issuer/supervision.h"

static const char *const kinds[] = {"LEAK", "TAMPER", "OUTAGE", "ABUSE", "OTHER", NULL};
static const char *const severities[] = {"EXTREME", "MAJOR", "SERIOUS", "MINOR", NULL};
const struct iss_field fld_incident_report[] = {
	{"number", ISS_F_STR, false, 40, "授权编号", "authorisation"},
	{"asset", ISS_F_STR, false, DOM_MAX_ASSET_NO, "资产编号", "or the asset"},
	{"kind", ISS_F_STR, true, 8, "事件类型", "kind of the incident", kinds, "domain.md 4.13"},
	{"severity", ISS_F_STR, true, 8, "事件级别", "severity", severities, "domain.md 4.13"},
	{"occurred", ISS_F_STR, true, 20, "发生时间", "when it happened, RFC 3339 in UTC"},
	{"text", ISS_F_STR, true, 800, "事件情况", "what happened; no personal information"},
	{"suspend", ISS_F_BOOL, false, 1, "立即暂停", "suspend the authorisation, or freeze the asset, at once"},
	{0},
};
const struct iss_field fld_incident_close[] = {
	{"id", ISS_F_STR, true, 40, "事件编号", "incident"},
	{"measures", ISS_F_STR, true, 800, "处置结果", "what was done"},
	{0},
};

static enum fj_rc no(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, "issuer", "167·四(三)", en, zh);
}

struct about {
	struct dom_auth auth;   /* number "": an asset */
	struct dom_asset asset;
	struct dom_org holder;
};
static void about_release(struct about *a)
{
	dom_auth_release(&a->auth);
	dom_asset_release(&a->asset);
	dom_org_release(&a->holder);
}
FJ_DEFINE_AUTO(about, struct about, about_release)

static enum fj_rc load_about(struct iss_call *c, const char *number, const char *asset, struct about *a, struct fj_err *err)
{
	if ((number[0] == '\0') == (asset[0] == '\0'))
		return no(err, FJ_E_INVALID, "name the authorisation or the asset", "应填写授权编号或资产编号，二者填一");
	if (number[0] != '\0')
		FJ_TRY(dom_auth_get(c->db, number, &a->auth, err));
	else
		FJ_TRY(dom_asset_get(c->db, asset, &a->asset, err));
	return dom_org_get(c->db, number[0] != '\0' ? a->auth.holder : a->asset.holder, &a->holder, err);
}

/* the parties, and who supervises the holder */
static enum fj_rc check_concerned(struct iss_call *c, const struct about *a, struct fj_err *err)
{
	const char *org = c->actor->org, *role;
	bool party = strcmp(org, a->holder.usci) == 0 || strcmp(org, a->auth.implementer) == 0 || strcmp(org, a->auth.operator_) == 0;

	if (party || sup_supervisor(c, &a->holder, &role, NULL) == FJ_OK)
		return FJ_OK;
	return no(err, FJ_E_FORBIDDEN, "this is for the holder, implementing institution, operator, or who supervises them", "应由持有单位、实施机构、运营机构或其监管部门办理");
}

/* what is suspended: its number, "" nothing */
static enum fj_rc suspend(struct iss_call *c, const struct about *a, const char **what, struct fj_err *err)
{
	/* of what is suspended already: who asked to lift that did not know of this */
	static const char unknown[] = "an incident was reported meanwhile 其间报告了安全事件";
	const char *reason = fj_json_text(c->params, "text");
	enum iss_party by;

	*what = "";
	if (!json_is_true(json_object_get(c->params, "suspend")))
		return FJ_OK;
	if (a->auth.number[0] == '\0') {
		*what = a->asset.asset_no;
		FJ_TRY(dom_may_freeze(c, &a->asset, err));
		return strcmp(a->asset.state, "FROZEN") != 0 ? dom_freeze(c, &a->asset, reason, err)
		    : apr_void(c, "asset.unfreeze", a->asset.asset_no, unknown, err);
	}
	*what = a->auth.number;
	FJ_TRY(dom_party(c, &a->auth, &by, err));
	if (by < ISS_PARTY_IMPLEMENTER)
		return no(err, FJ_E_FORBIDDEN, "an authorisation is suspended by its implementing institution or the finance department; report without suspending",
		    "授权应由实施机构或财政部门暂停；请仅报告事件");
	if (!dom_auth_suspended_by(&a->auth, by))
		return dom_auth_suspend(c, &a->auth, by, reason, err);
	return apr_void(c, "authorisation.resume", a->auth.number, unknown, err);
}

enum fj_rc cmd_incident_report(struct iss_call *c, struct fj_err *err)
{
	const json_t *p = c->params;
	FJ_AUTO(about) a = {.auth = {.body = NULL}};
	const char *suspended;
	fj_time occurred;
	char id[32];

	FJ_TRY(sup_said(c, "text", "a report says what happened", "应写明事件情况", err));
	FJ_TRY(load_about(c, fj_json_text(p, "number"), fj_json_text(p, "asset"), &a, err));
	FJ_TRY(check_concerned(c, &a, err));
	FJ_TRY(fj_time_parse(fj_json_text(p, "occurred"), &occurred, err));
	if (occurred > c->now)
		return no(err, FJ_E_INVALID, "it can't have happened in the future", "发生时间不得晚于当前时间");
	FJ_TRY(suspend(c, &a, &suspended, err));
	iss_new_id("SI-", 12, id);
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s}", "authorisation", a.auth.number, "asset_no", a.asset.asset_no, "kind", fj_json_text(p, "kind"),
	    "severity", fj_json_text(p, "severity"), "occurred", (json_int_t)occurred, "text", fj_json_text(p, "text"), "suspended", suspended, "org", c->actor->org);
	FJ_TRY(evt_append(c, "incident.reported", id, body, err));
	c->answer = json_pack("{s:s, s:s, s:s}", "id", id, "state", "REPORTED", "suspended", suspended);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_incident_reported(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	return sto_run(e->db, STO_INCIDENT_ADD, NULL, err, "ttttt" "itttii", e->object, fj_json_text(b, "authorisation"), fj_json_text(b, "asset_no"), fj_json_text(b, "kind"),
	    fj_json_text(b, "severity"), fj_json_num(b, "occurred"), fj_json_text(b, "text"), fj_json_text(b, "suspended"), fj_json_text(b, "org"), (int64_t)e->at, e->seq);
}

enum fj_rc cmd_incident_close(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(about) a = {.auth = {.body = NULL}};
	const char *id = fj_json_text(c->params, "id"), *to, *role;
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(c->db, STO_INCIDENT_GET, &q, id, err, "t", id));
		FJ_TRY(iss_state_next(ISS_OBJ_INCIDENT, sto_text(&q, 9), "close", &to, err));
		FJ_TRY(load_about(c, sto_text(&q, 1), sto_text(&q, 2), &a, err));
	}
	bool implementer = (c->acting & ISS_IMPLEMENTER) && strcmp(a.auth.implementer, c->actor->org) == 0;
	if (!implementer)
		FJ_TRY(sup_supervisor(c, &a.holder, &role, err));
	FJ_TRY(sup_said(c, "measures", "closing says what was done", "应写明处置结果", err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s}", "to", to, "measures", fj_json_text(c->params, "measures"));
	FJ_TRY(evt_append(c, "incident.closed", id, body, err));
	c->answer = json_pack("{s:s, s:s}", "id", id, "state", to);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_incident_closed(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_INCIDENT_CLOSE, NULL, err, "ttiit", fj_json_text(e->body, "to"), fj_json_text(e->body, "measures"), (int64_t)e->at, e->seq, e->object);
}

/* --- reading --- */

static json_t *to_json(const struct sto_q *q, fj_time now)
{
	char at[FJ_TIME_CAP], occurred[FJ_TIME_CAP], closed[FJ_TIME_CAP] = "";

	(void)now;
	fj_time_utc(sto_int(q, 5), occurred);
	fj_time_utc(sto_int(q, 11), at);
	if (sto_int(q, 12) > 0)
		fj_time_utc(sto_int(q, 12), closed);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", sto_text(q, 0), "authorisation", sto_text(q, 1), "asset_no", sto_text(q, 2), "kind",
	    sto_text(q, 3), "severity", sto_text(q, 4), "occurred", occurred, "text", sto_text(q, 6), "suspended", sto_text(q, 7), "org", sto_text(q, 8), "state", sto_text(q, 9),
	    "measures", sto_text(q, 10), "at", at, "closed_at", closed);
}

enum fj_rc cmd_incident_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *id = fj_json_peek(c->params, "id");

	FJ_TRY(sto_first(c->db, STO_INCIDENT_GET, &q, id, err, "t", id));
	c->answer = to_json(&q, c->now);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_incident_list(struct iss_call *c, struct fj_err *err)
{
	return sup_list(c, STO_INCIDENT_LIST, to_json, "id", err);
}
