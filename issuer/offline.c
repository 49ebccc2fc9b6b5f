/*
 * offline.c - 线下: acts on paper, and of bodies that have no accounts here (domain.md
 * decision 10).
 *
 * A finance officer enters who did what, by which document of which date, with a
 * scan; a second one compares and approves; then the step is carried out by the
 * step's own code, as that body, and each of its events says "offline" with
 * document and date beside the day of entry.  What the body could not have done
 * itself is refused, so is a document of tomorrow, and what another finance
 * department's holders are about.  The officer who entered it stands where the
 * body's officer would (R22): no later step and no part in the certificate.  Who
 * approved the entry vouches for the scan only: kept apart from the applicant, and
 * from nothing later, else paper would need five officers where three suffice
 * without.  An entry that can't be carried out is refused when it is made.
 */
#include "base/jws.h"
#include "issuer/life.h"
#include "issuer/registration.h"
#include "issuer/rules/rules.h"
#include "issuer/task.h"

#define MAX_SCAN (8u << 20)

struct act {
	const char *name, *one, *many; /* members of {"act", ...} that name the items */
	uint32_t role;                 /* of the body */
	tsk_item run;
};
struct doing {
	const struct act *act;
	const json_t *params;          /* {"act", ...} */
	const char *finance, *usci;
	const char *recorder, *persons; /* who entered; all who stand behind the entry so far */
};

static enum fj_rc refuse(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, "issuer", "domain.md decision 10", en, zh);
}

/* --- one item --- */

static enum fj_rc own_holder(struct iss_call *c, const struct doing *d, const char *holder, struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};

	FJ_TRY(dom_org_get(c->db, holder, &o, err));
	return iss_rule_no_foreign_issuer(o.finance, d->finance, err);
}

/* the handler as if the body's officer had called it; params are stolen */
static enum fj_rc as_body(struct iss_call *c, const struct doing *d, iss_handler fn, json_t *params, struct fj_err *err)
{
	const struct iss_actor *who = c->actor;
	const json_t *before = c->params;
	uint32_t acting = c->acting;
	struct iss_actor body = *who;

	snprintf(body.org, sizeof(body.org), "%s", d->usci);
	snprintf(body.person, sizeof(body.person), "%s", d->recorder);
	body.roles = d->act->role;
	c->actor = &body;
	c->params = params;
	c->acting = d->act->role;
	enum fj_rc rc = params == NULL ? fj_no_memory(err, "issuer") : fn(c, err);
	c->actor = who;
	c->params = before;
	c->acting = acting;
	json_decref(params);
	return rc;
}

static enum fj_rc endorse_one(struct iss_call *c, const char *id, const void *arg, struct fj_err *err)
{
	const struct doing *d = arg;
	struct dom_reg r;

	FJ_TRY(dom_reg_get(c->db, id, &r, err));
	FJ_TRY(own_holder(c, d, r.holder, err));
	FJ_TRY(iss_rule_no_two_roles_of_one_person(r.applicant, d->persons, err));
	return as_body(c, d, cmd_registration_endorse, json_pack("{s:s, s:b, s:s}", "id", id, "accept", json_is_true(json_object_get(d->params, "accept")),
	    "note", fj_json_text(d->params, "note")), err);
}

static enum fj_rc confirm_one(struct iss_call *c, const char *id, const void *arg, struct fj_err *err)
{
	const struct doing *d = arg;
	struct dom_ledger l;

	FJ_TRY(dom_ledger_get(c->db, id, &l, err));
	FJ_TRY(own_holder(c, d, l.holder, err));
	FJ_TRY(iss_rule_no_two_roles_of_one_person(l.person, d->persons, err));
	return as_body(c, d, cmd_ledger_confirm, json_pack("{s:s}", "id", id), err);
}

static enum fj_rc load_asset(struct iss_call *c, const struct doing *d, const char *no, struct dom_asset *a, struct fj_err *err)
{
	FJ_TRY(dom_asset_get(c->db, no, a, err));
	return own_holder(c, d, a->holder, err);
}

/* a seizure, dispute or security order (35号 art. 23): any body may have ordered it */
static enum fj_rc freeze_as(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};

	FJ_TRY(dom_asset_get(c->db, fj_json_text(c->params, "asset"), &a, err));
	return dom_freeze(c, &a, fj_json_text(c->params, "reason"), err);
}

static enum fj_rc freeze_one(struct iss_call *c, const char *no, const void *arg, struct fj_err *err)
{
	const struct doing *d = arg;
	FJ_AUTO(dom_asset) a = {.card = NULL};

	FJ_TRY(load_asset(c, d, no, &a, err));
	FJ_TRY(as_body(c, d, freeze_as, json_pack("{s:s, s:s}", "asset", no, "reason", fj_json_text(d->params, "reason")), err));
	c->answer = json_pack("{s:s, s:s, s:s}", "asset_no", no, "state", "FROZEN", "former", a.state);
	return FJ_OK;
}

/* By the body that had it frozen.  Its two recorders are the finance department's, so the
 * certificate that the freezing suspended comes back with it (domain.md 7.2). */
static enum fj_rc unfreeze_one(struct iss_call *c, const char *no, const void *arg, struct fj_err *err)
{
	const struct doing *d = arg;
	FJ_AUTO(dom_asset) a = {.card = NULL};

	FJ_TRY(load_asset(c, d, no, &a, err));
	if (strcmp(a.frozen_by, d->usci) != 0)
		return refuse(err, FJ_E_STATE, "the asset is not frozen by this body", "该资产并非由该单位冻结");
	FJ_AUTO(json) payload = json_pack("{s:s}", "reason", fj_json_text(d->params, "reason"));
	const struct apr lift = {.kind = "asset.unfreeze", .object = no, .org = d->finance, .payload = payload, .applicant = c->actor->login};
	FJ_TRY(apr_asset_unfreeze(c, &lift, err));
	c->answer = json_pack("{s:s, s:s}", "asset_no", no, "state", a.former);
	return FJ_OK;
}

static enum fj_rc note_one(struct iss_call *c, const char *object, const void *arg, struct fj_err *err)
{
	const struct doing *d = arg;
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(c->db, STO_EVENT_OF, &q, err, "t", object));
	FJ_TRY(sto_step(&q, &row, err));
	sto_done(&q);
	if (!row)
		return refuse(err, FJ_E_NOTFOUND, "the register knows no object of this number to note the act on", "登记系统中没有该编号的对象");
	FJ_AUTO(json) body = json_pack("{s:s}", "note", fj_json_text(d->params, "note"));
	FJ_TRY(evt_append(c, "offline.noted", object, body, err));
	c->answer = json_pack("{s:s}", "object", object);
	return FJ_OK;
}

enum fj_rc apply_offline_noted(const struct evt *e, struct fj_err *err)
{
	(void)e;
	(void)err;
	return FJ_OK; /* the event is the record */
}

static const struct act acts[] = {
	{"registration.endorse", "id", "ids", ISS_SUPERIOR, endorse_one},
	{"ledger.confirm", "id", "ids", ISS_SUPERIOR, confirm_one},
	{"asset.freeze", "asset", "assets", ISS_GOV, freeze_one},
	{"asset.unfreeze", "asset", "assets", ISS_GOV, unfreeze_one},
	{"note", "object", "objects", ISS_GOV, note_one},
};

/* --- what is recorded --- */

static enum fj_rc act_of(const json_t *params, const struct act **out, struct fj_err *err)
{
	static const char *const keys[] = {"act", "id", "ids", "asset", "assets", "object", "objects", "accept", "note", "reason", NULL};
	const char *s;

	FJ_TRY(fj_json_only(params, keys, err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(acts); i++)
		if (strcmp(acts[i].name, fj_json_text(params, "act")) == 0) {
			*out = &acts[i];
			FJ_TRY(fj_json_opt_str(params, "note", 400, &s, err));
			return fj_json_opt_str(params, "reason", 400, &s, err);
		}
	return refuse(err, FJ_E_INVALID, "what can be recorded: registration.endorse, ledger.confirm, asset.freeze, asset.unfreeze, note",
	    "可以补录的线下办理事项：registration.endorse、ledger.confirm、asset.freeze、asset.unfreeze、note");
}

/* the items that the act names, each once; the caller's */
static enum fj_rc items_of(const json_t *params, const struct act *a, json_t **out, struct fj_err *err)
{
	const json_t *one = json_object_get(params, a->one), *many = json_object_get(params, a->many);
	FJ_AUTO(json) list = one != NULL ? json_pack("[O]", one) : json_incref((json_t *)(uintptr_t)many);
	size_t i;
	json_t *v;

	if ((one == NULL) == (many == NULL) || !json_is_array(list) || json_array_size(list) == 0 || json_array_size(list) > 5000)
		return refuse(err, FJ_E_INVALID, "the act names what it is about: one, or a list of up to 5000", "应列明所涉对象：一项，或至多 5000 项的列表");
	json_array_foreach(list, i, v)
		if (!json_is_string(v) || json_string_length(v) == 0 || json_string_length(v) > 256)
			return refuse(err, FJ_E_INVALID, "the act's list holds something that is no number of an object", "列表中含有非编号内容");
	*out = fj_move(list);
	return FJ_OK;
}

static enum fj_rc check_reasons(const struct act *a, const json_t *params, struct fj_err *err)
{
	bool freeze = strncmp(a->name, "asset.", 6) == 0;

	if (iss_said(fj_json_text(params, freeze ? "reason" : "note")) || (!freeze && strcmp(a->name, "note") != 0))
		return FJ_OK;
	return refuse(err, FJ_E_INVALID, freeze ? "give the reason that the document states in \"reason\"" : "say in \"note\" what the document decides",
	    freeze ? "请在“reason”中填写文书载明的理由" : "请在“note”中填写文件内容");
}

static enum fj_rc check_document(struct iss_call *c, const struct act *a, struct fj_err *err)
{
	const char *usci = fj_json_text(c->params, "usci");
	fj_time day;

	if (!iss_said(fj_json_text(c->params, "body")) || !iss_said(fj_json_text(c->params, "doc_no")))
		return refuse(err, FJ_E_INVALID, "an act on paper has a body and a document number", "线下办理应填写办理单位和文号");
	if ((usci[0] != '\0' || strcmp(a->name, "note") != 0) && !iss_usci_form(usci))
		return refuse(err, FJ_E_INVALID, "the body's unified social credit code (18 characters) is needed, since the act is carried out as its own",
		    "应填写办理单位的统一社会信用代码（18 位），该事项以其名义办理");
	FJ_TRY(fj_date_parse(fj_json_text(c->params, "doc_date"), &day, err));
	return day <= c->now ? FJ_OK : refuse(err, FJ_E_REFUSED, "the document's date lies in the future; record it when it has been made", "文件日期晚于今日；请在文件作出后补录");
}

/* Each item is tried and undone: what can't be carried out is not asked for. */
static enum fj_rc try_one(struct iss_call *c, const struct doing *d, const char *item, bool *good, struct fj_err *why, struct fj_err *err)
{
	const int64_t first = c->first_seq, last = c->last_seq;
	const bool dirty = c->dirty_status;

	FJ_TRY(sto_savepoint(c->db, err));
	enum fj_rc rc = d->act->run(c, item, d, why);
	json_decref(c->answer);
	c->answer = NULL;
	c->first_seq = first;
	c->last_seq = last;
	c->dirty_status = dirty;
	FJ_TRY(sto_undo(c->db, err));
	*good = rc == FJ_OK;
	if (rc != FJ_OK && fj_rc_exit(rc) == 3) {
		*err = *why;
		return rc;
	}
	return FJ_OK;
}

static enum fj_rc try_all(struct iss_call *c, const struct doing *d, const json_t *items, json_t *good, json_t *aside, struct fj_err *err)
{
	struct fj_err first = {0};
	size_t i;
	json_t *v;

	json_array_foreach(items, i, v) {
		struct fj_err why = {0};
		bool ok = false;
		if (fj_list_has(good, json_string_value(v)))
			return refuse(err, FJ_E_INVALID, "the list names an item twice", "列表中有重复项");
		FJ_TRY(try_one(c, d, json_string_value(v), &ok, &why, err));
		if ((ok ? json_array_append(good, v) : json_array_append_new(aside, tsk_aside(json_string_value(v), &why))) != 0)
			return fj_no_memory(err, "issuer");
		if (!ok && first.rc == FJ_OK)
			first = why;
	}
	if (json_array_size(good) > 0)
		return FJ_OK;
	if (err != NULL)
		*err = first;
	return first.rc;
}

static enum fj_rc keep_scan(struct iss_call *c, struct dom_material *m, struct fj_err *err)
{
	FJ_AUTO(buf) scan = FJ_BUF_INIT(MAX_SCAN + 1);

	FJ_TRY(iss_param_file(c, "scan", &scan, err));
	FJ_TRY(dom_material_size(c, c->actor->org, scan.len, err));
	return dom_material_file(c, m, &scan, err);
}

enum fj_rc cmd_offline_record(struct iss_call *c, struct fj_err *err)
{
	const json_t *params = json_object_get(c->params, "act");
	struct doing d = {.params = params, .finance = c->actor->org, .usci = fj_json_text(c->params, "usci"), .recorder = c->actor->person,
	    .persons = c->actor->person};
	struct dom_material scan = {.holder = c->actor->org, .asset_no = "", .kind = "OFFLINE", .name = fj_json_text(c->params, "doc_no")};
	FJ_AUTO(json) good = json_array();
	FJ_AUTO(json) aside = json_array();
	json_t *items = NULL;
	char id[40];

	FJ_TRY(act_of(params, &d.act, err));
	FJ_TRY(items_of(params, d.act, &items, err));
	FJ_AUTO(json) owned = items;
	FJ_TRY(check_reasons(d.act, params, err));
	FJ_TRY(check_document(c, d.act, err));
	FJ_TRY(try_all(c, &d, items, good, aside, err));
	FJ_TRY(keep_scan(c, &scan, err));
	iss_new_id("OF-", 12, id);
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O, s:O}", "finance", c->actor->org, "body", fj_json_text(c->params, "body"),
	    "usci", d.usci,
	    "doc_no", fj_json_text(c->params, "doc_no"), "doc_date", fj_json_text(c->params, "doc_date"), "material", scan.id, "sha256", scan.sha256, "act",
	    params, "items", good);
	FJ_TRY(apr_request(c, "offline.record", id, c->actor->org, payload, err));
	return json_object_set(c->answer, "set_aside", aside) == 0 && json_object_set_new(c->answer, "warning", json_string(d.usci[0] == '\0' ? "" :
	    iss_warn_usci(d.usci) == NULL ? "" : iss_warn_usci(d.usci))) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- approved --- */

static enum fj_rc carry_out(struct iss_call *c, const struct doing *d, const json_t *items, struct fj_err *err)
{
	if (json_array_size(items) == 1)
		return d->act->run(c, json_string_value(json_array_get(items, 0)), d, err);
	return tsk_each(c, "offline.record", items, d->act->run, d, err);
}

enum fj_rc apr_offline_record(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	const json_t *p = a->payload;
	char entered[ISS_PERSON_CAP];
	FJ_AUTO(buf) all = FJ_BUF_INIT(4096);
	struct doing d = {.params = json_object_get(p, "act"), .finance = fj_json_text(p, "finance"), .usci = fj_json_text(p, "usci"), .recorder = entered};

	FJ_TRY(apr_applicant(c->db, a->id, entered, err));
	FJ_TRY(apr_persons(c->db, a->id, &all, err));
	d.persons = fj_buf_str(&all);
	FJ_TRY(act_of(d.params, &d.act, err));
	FJ_AUTO(json) mark = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "mark", "线下", "record", a->object, "body", fj_json_text(p, "body"), "usci", d.usci,
	    "doc_no",
	    fj_json_text(p, "doc_no"), "doc_date", fj_json_text(p, "doc_date"));
	FJ_AUTO(json) body = json_copy((json_t *)(uintptr_t)p);
	if (mark == NULL || body == NULL || json_object_set_new(body, "recorder", json_string(a->applicant)) != 0)
		return fj_no_memory(err, "issuer");
	FJ_TRY(evt_append(c, "offline.recorded", a->object, body, err));
	c->offline = mark;
	enum fj_rc rc = carry_out(c, &d, json_object_get(p, "items"), err);
	c->offline = NULL;
	FJ_TRY(rc);
	FJ_AUTO(json) done = c->answer;
	c->answer = json_pack("{s:s, s:s, s:s, s:s, s:O}", "id", a->id, "state", "APPROVED", "kind", a->kind, "object", a->object, "done", done);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_offline_recorded(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	FJ_AUTO(buf) act = FJ_BUF_INIT(4u << 20);

	FJ_TRY(fj_json_canonical(json_object_get(b, "act"), &act, err));
	return sto_run(e->db, STO_OFFLINE_ADD, NULL, err, "ttttttttttti", e->object, fj_json_text(b, "finance"), fj_json_text(b, "body"),
	    fj_json_text(b, "usci"), fj_json_text(b, "doc_no"),
	    fj_json_text(b, "doc_date"), fj_buf_str(&act), fj_json_text(b, "material"), fj_json_text(b, "sha256"), fj_json_text(b, "recorder"), e->actor,
	    (int64_t)e->at);
}

/* --- reading --- */

static enum fj_rc to_json(const struct sto_q *q, json_t **out, struct fj_err *err)
{
	char at[FJ_TIME_CAP];
	json_t *act = NULL;

	fj_time_utc(sto_int(q, 11), at);
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(q, 6)), 4u << 20, &act, err));
	*out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "id", sto_text(q, 0), "mark", "线下", "finance", sto_text(q, 1), "body",
	    sto_text(q, 2), "usci", sto_text(q, 3), "doc_no", sto_text(q, 4), "doc_date", sto_text(q, 5), "material", sto_text(q, 7), "sha256", sto_text(q, 8), "recorder",
	    sto_text(q, 9), "confirmer", sto_text(q, 10), "entered_at", at, "act", act);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_offline_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *id = fj_json_peek(c->params, "id");

	FJ_TRY(sto_first(c->db, STO_OFFLINE_GET, &q, id, err, "t", id));
	return to_json(&q, &c->answer, err);
}

enum fj_rc cmd_offline_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *after;
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, STO_OFFLINE_LIST, &q, err, "ti", after, limit));
	return dom_list_items(c, &q, to_json, "id", limit, err);
}
