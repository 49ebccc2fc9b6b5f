/*
 * command.c - the one command table, and the way of one command.
 *
 * Role and typed fields are checked here for every command, before its handler;
 * the handler holds the rules.  A writing command is one transaction; when it
 * left intents they are made; when it changed what the public sees that is
 * published, both before the answer and both without the writer's lock.  A
 * publication that can't be finished is said ("published": false) and retried,
 * never forgotten.  What writes many thousands of rows does it in steps, each a
 * transaction of its own, and nothing of it may need the pipeline.
 */
#include <unistd.h>

#include "base/log.h"
#include "base/version.h"
#include "issuer/course.h"
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/life.h"
#include "issuer/operation.h"
#include "issuer/profile.h"
#include "issuer/rules/rules.h"
#include "issuer/shape.h"

#define MAX_ITEMS 5000
#define MAX_PREVIEW 200      /* events that a preview names */
#define MAX_OCTETS (16u << 20) /* of event bodies in one answer: one may have 4 MiB */

const struct iss_field iss_fld_behalf = {"behalf", ISS_F_STR, false, 63, "被代理人", "act as today's deputy of this officer"};
const struct iss_field iss_fld_preview = {"preview", ISS_F_BOOL, false, 1, "预览", "what would be done, without doing it"};
const struct iss_field iss_fld_none[] = {{0}};
const struct iss_field iss_fld_list[] = {
	{"after", ISS_F_STR, false, 64, "起始", "start after this one"},
	ISS_FIELD_LIMIT,
	{0},
};
static const char *const approval_states[] = {"OPEN", "APPROVED", "REFUSED", NULL};
static const struct iss_field fld_approval_list[] = {
	{"after", ISS_F_STR, false, 64, "起始", "start after this one"},
	ISS_FIELD_LIMIT,
	{"state", ISS_F_STR, false, 12, "状态", "OPEN (default), APPROVED or REFUSED", approval_states, "R22"},
	{"kind", ISS_F_STR, false, 40, "事项", "only this kind"},
	{"mine", ISS_F_BOOL, false, 1, "待我审批", "only what waits for me, or for whom I am today's deputy"},
	{"applicant", ISS_F_STR, false, 63, "申请人", "asked for by this officer (login)"},
	{"brief", ISS_F_BOOL, false, 1, "摘要", "without what is asked for"},
	{0},
};
static const struct iss_field fld_core_id[] = {{"id", ISS_F_STR, true, 40, "编号", "approval"}, {0}};
static const struct iss_field fld_decide[] = {
	{"id", ISS_F_STR, true, 40, "编号", "approval"},
	{"note", ISS_F_STR, false, 400, "意见", "reason, for the record"},
	{"confirm", ISS_F_BOOL, false, 1, "确认", "I have seen what contradicts itself in it, and confirm"},
	{"digest", ISS_F_STR, false, 64, "申请内容摘要", "SHA-256 of what I decide on, as approval.show tells it"},
	{0},
};
static const struct iss_field fld_login[] = {{"login", ISS_F_STR, true, 63, "用户名", "user name"}, {0}};
static const struct iss_field fld_user_add[] = {
	{"login", ISS_F_STR, true, 63, "用户名", "user name"},
	{"name", ISS_F_STR, true, 40, "姓名", "name as shown"},
	{"person", ISS_F_STR, true, 63, "人员标识", "the person, by the number that the office knows him by"},
	{"org", ISS_F_STR, true, 18, "所属单位", "organisation's unified social credit code"},
	{"roles", ISS_F_LIST, true, 8, "角色", "roles", iss_role_names, "domain.md 6"},
	{0},
};
#define WHY {"reason", ISS_F_STR, false, 400, "理由", "reason, for the record"}
static const struct iss_field fld_user_move[] = {
	{"login", ISS_F_STR, true, 63, "用户名", "user name"},
	{"org", ISS_F_STR, false, 18, "调入单位", "new organisation's code; the same one by default"},
	{"roles", ISS_F_LIST, true, 8, "角色", "roles from now on", iss_role_names, "domain.md 6"},
	WHY,
	{0},
};
static const struct iss_field fld_user_deputise[] = {
	{"login", ISS_F_STR, true, 63, "委托人", "principal"},
	{"deputy", ISS_F_STR, true, 63, "代理人", "deputy, of the same organisation"},
	{"from", ISS_F_STR, true, 10, "起始日", "first day, 2026-03-16"},
	{"to", ISS_F_STR, true, 10, "截止日", "last day"},
	WHY,
	{0},
};
static const struct iss_field fld_user_undeputise[] = {{"id", ISS_F_STR, true, 40, "代理编号", "delegation"}, WHY, {0}};
static const struct iss_field fld_user_handover[] = {
	{"login", ISS_F_STR, true, 63, "离任人", "who leaves: disabled in the same act"},
	{"to", ISS_F_STR, true, 63, "接任人", "who takes over, of the same organisation"},
	WHY,
	{0},
};
static const char *const suspension_causes[] = {"FALSE_REGISTRATION", "TAMPERING", "LEAKING", "PROFITEERING", NULL};
static const struct iss_field fld_user_suspend[] = {
	{"login", ISS_F_STR, true, 63, "用户名", "user name"},
	{"cause", ISS_F_STR, true, 20, "情形", "what was found", suspension_causes, "26号 art. 19"},
	{"reason", ISS_F_STR, true, 400, "事由", "what was found, for the record"},
	{0},
};
static const struct iss_field fld_user_reinstate[] = {
	{"login", ISS_F_STR, true, 63, "用户名", "user name"},
	{"reason", ISS_F_STR, true, 400, "理由", "reason, for the record"},
	{0},
};
static const char *const secret_kinds[] = {"password", "factor", NULL};
static const struct iss_field fld_user_reset[] = {
	{"login", ISS_F_STR, true, 63, "用户名", "user name"},
	{"what", ISS_F_STR, true, 8, "重置内容", "what is set anew", secret_kinds, "domain.md decision 10"},
	WHY,
	{0},
};
static const struct iss_field fld_delegation_list[] = {
	{"after", ISS_F_STR, false, 64, "起始", "start after this one"},
	ISS_FIELD_LIMIT,
	{"login", ISS_F_STR, false, 63, "用户名", "of this principal or deputy"},
	{0},
};
static const struct iss_field fld_access_review[] = {
	{"day", ISS_F_STR, true, 10, "日期", "day of +08:00, 2026-03-16"},
	{"after", ISS_F_STR, false, 64, "起始", "start after this login"},
	ISS_FIELD_LIMIT,
	{0},
};
static const char *const enrol_factors[] = {"totp", "certificate", NULL};
static const struct iss_field fld_enrol[] = {
	{"login", ISS_F_STR, true, 63, "用户名", "user name"},
	{"code", ISS_F_STR, true, 40, "一次性注册码", "one-time code"},
	{"password", ISS_F_STR, true, 128, "新密码", "new password, at least 12 characters"},
	{"factor", ISS_F_STR, false, 12, "第二因素", "totp (a telephone, the default), or certificate (a UKey that is bound already)", enrol_factors, "issue 8"},
	{0},
};
static const struct iss_field fld_event_list[] = {
	{"object", ISS_F_STR, false, 64, "对象", "events of this number or id"},
	{"before", ISS_F_INT, false, INT64_MAX, "之前", "events before this sequence"},
	ISS_FIELD_LIMIT,
	{0},
};

static const struct iss_field fld_clock_demo[] = {{"at", ISS_F_STR, false, 20, "时间", "RFC 3339 in UTC; none: the present"}, {0}};
static const struct iss_field fld_audit[] = {{"kept", ISS_F_STR, false, 90, "此前记录的事件链位置（序号:散列）", "what an earlier audit showed as \"event_head\""}, {0}};
static const struct iss_field fld_rebuild[] = {{"check", ISS_F_BOOL, false, 1, "只核对", "only compare; the only thing that it does"}, {0}};
static const struct iss_field fld_profile_show[] = {
	{"finance", ISS_F_STR, false, 18, "财政部门", "finance department's USCC; the own one by default"},
	{"version", ISS_F_INT, false, INT32_MAX, "版本", "version; the newest by default, 0 the defaults"},
	{0},
};
static const struct iss_field fld_profile_propose[] = {
	{"profile", ISS_F_JSON, true, 1, "配置项（只填要变更的）", "the keys to change, with their values", .members = shp_profile},
	{0},
};

struct command {
	struct iss_command_info info;
	iss_handler run;
};
#define READ ISS_READ
#define WRITE ISS_WRITE
#define WRITE_ANY_TIME ISS_WRITE_ANY_TIME
#define WRITE_STEPS ISS_WRITE_STEPS
#define OWN ISS_OWN
#define CMD(ident, name, kind, roles, fields, handler, zh, en) {{name, kind, roles, fields, zh, en}, handler},
static const struct command table[] = {
#include "issuer/commands_core.def"
#include "issuer/commands_domain.def"
};
#undef CMD

const struct iss_command_info *const *iss_commands(size_t *n)
{
	static const struct iss_command_info *list[FJ_ARRAY_LEN(table)];

	for (size_t i = 0; i < FJ_ARRAY_LEN(table); i++)
		list[i] = &table[i].info;
	*n = FJ_ARRAY_LEN(table);
	return list;
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(table); i++)
		if (strcmp(table[i].info.name, name) == 0)
			return &table[i];
	return NULL;
}

const struct iss_command_info *iss_command_find(const char *name)
{
	const struct command *c = find(name);

	return c == NULL ? NULL : &c->info;
}

/* --- fields --- */

static enum fj_rc bad_field(struct fj_err *err, const struct iss_field *f, const char *en, const char *zh)
{
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", NULL, "the field \"%s\" %s", f->name, en);

	fj_err_zh(err, "“%s”（%s）%s", f->zh, f->name, zh);
	return fj_err_at(err, rc, f->name);
}

static enum fj_rc not_a_choice(const struct iss_field *f, struct fj_err *err)
{
	FJ_AUTO(buf) list = FJ_BUF_INIT(160); /* as much as a sentence holds */
	FJ_AUTO(buf) zh = FJ_BUF_INIT(160);

	for (const char *const *c = f->choices; *c != NULL; c++)
		if (fj_buf_printf(&list, "%s%s", c == f->choices ? "" : ", ", *c) != FJ_OK || fj_buf_printf(&zh, "%s%s", c == f->choices ? "" : "、", *c) != FJ_OK)
			break;
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", f->rule, "the field \"%s\" is one of: %s", f->name, fj_buf_str(&list));
	fj_err_zh(err, "“%s”（%s）应为下列之一：%s", f->zh, f->name, fj_buf_str(&zh));
	return fj_err_at(err, rc, f->name);
}

static bool is_choice(const struct iss_field *f, const char *s)
{
	for (const char *const *c = f->choices; c != NULL && *c != NULL; c++)
		if (strcmp(*c, s) == 0)
			return true;
	return f->choices == NULL;
}

static enum fj_rc check_text(const json_t *params, const struct iss_field *f, struct fj_err *err)
{
	const char *s;
	char zh[120];

	if (fj_json_str(params, f->name, (size_t)f->max, &s, err) != FJ_OK) {
		snprintf(zh, sizeof(zh), "应为 1 至 %lld 个字符的文本，不含控制字符", (long long)f->max);
		return bad_field(err, f, "is a text that is not empty, not too long, and without control characters", zh);
	}
	return is_choice(f, s) ? FJ_OK : not_a_choice(f, err);
}

static enum fj_rc check_int(const json_t *params, const struct iss_field *f, struct fj_err *err)
{
	int64_t n;
	char zh[96];

	if (fj_json_int(params, f->name, 0, f->max, &n, err) == FJ_OK)
		return FJ_OK;
	snprintf(zh, sizeof(zh), "应为 0 至 %lld 的整数", (long long)f->max);
	return bad_field(err, f, "is a whole number within its bounds", zh);
}

static enum fj_rc check_strings(const json_t *list, const struct iss_field *f, struct fj_err *err)
{
	size_t i;
	json_t *v;

	if (!json_is_array(list) || (int64_t)json_array_size(list) > f->max)
		return bad_field(err, f, "must be a list that is not too long", "应为列表且不超过条数上限");
	json_array_foreach(list, i, v)
		if (!json_is_string(v) || json_string_length(v) == 0 || json_string_length(v) > ISS_MAX_ITEM)
			return bad_field(err, f, "holds something that is no text", "含有非文本内容");
		else if (!is_choice(f, json_string_value(v)))
			return not_a_choice(f, err);
	return FJ_OK;
}

static enum fj_rc check_field(const json_t *params, const struct iss_field *f, struct fj_err *err)
{
	const json_t *v = json_object_get(params, f->name);

	if (v == NULL || json_is_null(v))
		return f->required ? bad_field(err, f, "is missing", "缺失") : FJ_OK;
	switch (f->type) {
	case ISS_F_STR:
		return check_text(params, f, err);
	case ISS_F_INT:
		return check_int(params, f, err);
	case ISS_F_BOOL:
		return json_is_boolean(v) ? FJ_OK : bad_field(err, f, "must be true or false", "应为 true 或 false");
	case ISS_F_LIST:
		return check_strings(v, f, err);
	case ISS_F_FILE:
		return fj_json_peek(v, "base64url") != NULL || json_is_string(v) ? FJ_OK
		    : bad_field(err, f, "must be a file", "应为文件");
	case ISS_F_JSON:
		return json_is_object(v) || json_is_array(v) ? FJ_OK : bad_field(err, f, "must be a JSON document", "应为 JSON");
	}
	return FJ_E_INTERNAL;
}

static enum fj_rc check_fields(const struct iss_field *fields, const json_t *params, struct fj_err *err)
{
	const char *key;
	json_t *v;

	if (!json_is_object(params))
		return fj_fail(err, FJ_E_USAGE, "issuer", NULL, "parameters are a JSON object");
	json_object_foreach((json_t *)(uintptr_t)params, key, v) {
		const struct iss_field *f = fields;
		while (f->name != NULL && strcmp(f->name, key) != 0)
			f++;
		if (f->name == NULL) {
			enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", NULL, "the field \"%.60s\" is not known to this command", key);
			fj_err_zh(err, "字段“%.60s”不是该命令的字段", key);
			return rc;
		}
	}
	for (const struct iss_field *f = fields; f->name != NULL; f++)
		FJ_TRY(check_field(params, f, err));
	return FJ_OK;
}

enum fj_rc iss_param_file(const struct iss_call *c, const char *key, struct fj_buf *out, struct fj_err *err)
{
	const json_t *v = json_object_get(c->params, key);
	const char *b64 = fj_json_peek(v, "base64url");

	if (json_is_string(v))
		return fj_buf_put(out, json_string_value(v), json_string_length(v)) == FJ_OK ? FJ_OK
		    : fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "the file \"%s\" is larger than %zu octets", key, out->max);
	if (b64 == NULL)
		return fj_fail(err, FJ_E_NOTFOUND, "issuer", NULL, "the file \"%s\" is missing", key);
	enum fj_rc rc = fj_b64u_get(b64, strlen(b64), out);
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "issuer", NULL, "the file \"%s\" is not base64url, or larger than %zu octets", key, out->max);
}

void iss_page(const struct iss_call *c, const char **after, int64_t *limit)
{
	const json_t *n = json_object_get(c->params, "limit");

	*after = fj_json_peek(c->params, "after");
	if (*after == NULL)
		*after = "";
	*limit = json_is_integer(n) && json_integer_value(n) > 0 ? json_integer_value(n) : 100;
}

/* --- running --- */

bool iss_command_allowed(const struct iss_command_info *info, uint32_t roles)
{
	if (roles & ISS_AUDITOR)
		return info->kind == ISS_READ || (info->kind == ISS_OWN && (info->roles & ISS_AUDITOR));
	return (roles & (info->roles | ISS_SYSTEM)) != 0;
}

static enum fj_rc check_role(const struct iss_actor *a, const struct iss_command_info *info, struct fj_err *err)
{
	if (iss_command_allowed(info, a->roles))
		return FJ_OK;
	FJ_AUTO(buf) en = FJ_BUF_INIT(1024);
	FJ_AUTO(buf) zh = FJ_BUF_INIT(1024);
	bool nobody = a->login[0] == '\0' || strcmp(a->login, "local") == 0;
	enum fj_rc rc;

	if (nobody) {
		rc = fj_fail(err, FJ_E_AUTH, "issuer", "domain.md 6", "%s changes something: sign in (--as LOGIN)", info->name);
		fj_err_zh(err, "请先登录（--as 用户名）");
		return rc;
	}
	FJ_TRY(iss_roles_words(info->roles, &en, &zh));
	rc = fj_fail(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "your role may not do %s; %s: %s", info->name, info->kind == ISS_READ ? "it is read by" : "it is done by", fj_buf_str(&en));
	fj_err_zh(err, info->kind == ISS_READ ? "您的角色无权查阅；可查阅的是%s" : "您的角色无权执行此操作；该事项由%s办理", fj_buf_str(&zh));
	return rc;
}

enum fj_rc iss_reader_take(struct iss *i, struct sto **out, struct fj_err *err)
{
	*out = NULL;
	pthread_mutex_lock(&i->readers_lock);
	for (size_t k = 0; k < ISS_READERS && *out == NULL; k++)
		if (i->reader[k] != NULL) {
			*out = i->reader[k];
			i->reader[k] = NULL;
		}
	pthread_mutex_unlock(&i->readers_lock);
	return *out != NULL ? FJ_OK : sto_open("register.db", false, out, err);
}

void iss_reader_give(struct iss *i, struct sto *s)
{
	pthread_mutex_lock(&i->readers_lock);
	for (size_t k = 0; k < ISS_READERS && s != NULL; k++)
		if (i->reader[k] == NULL) {
			i->reader[k] = s;
			s = NULL;
		}
	pthread_mutex_unlock(&i->readers_lock);
	sto_close(s);
}

static enum fj_rc run_read(const struct command *cmd, struct iss_call *c, struct fj_err *err)
{
	FJ_TRY(iss_reader_take(c->iss, &c->db, err));
	enum fj_rc rc = sto_begin(c->db, err);
	if (rc == FJ_OK)
		rc = cmd->run(c, err);
	sto_rollback(c->db);
	iss_reader_give(c->iss, c->db);
	return rc;
}

/* how many of this call's intents were issued, given up, or still wait */
static enum fj_rc outcome(struct iss_call *c, bool *waits, struct fj_err *err)
{
	static const struct {
		const char *state, *key;
	} names[] = {{"ISSUED", "issued"}, {"ABANDONED", "abandoned"}, {"PENDING", "pending"}};
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(c->db, STO_INTENT_OUTCOME, &q, err, "ii", c->first_seq, c->last_seq));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		for (size_t k = 0; k < FJ_ARRAY_LEN(names); k++)
			if (strcmp(sto_text(&q, 0), names[k].state) == 0)
				json_object_set_new(c->answer, names[k].key, json_integer(sto_int(&q, 1)));
		*waits = *waits || strcmp(sto_text(&q, 0), "PENDING") == 0;
	}
}

/* in the log, and the first such reason in the answer too */
static void unfinished(struct iss_call *c, const char *what, const struct fj_err *err)
{
	fj_log_err(FJ_LOG_ERROR, what, err);
	if (json_object_get(c->answer, "waits_because") == NULL)
		json_object_set_new(c->answer, "waits_because", fj_err_json(err));
}

/* What was erased lies in the register's log until that is taken over: whoever reads from before is waited for.  It lies in the
 * copy of before an upgrade too, which goes: since acts were done it is no way back any more. */
static void empty_log(struct iss_call *c)
{
	struct fj_err err = {0};

	pthread_mutex_lock(&c->iss->lock);
	enum fj_rc rc = sto_checkpoint(c->iss->db, &err);
	sto_copies_remove(0);
	pthread_mutex_unlock(&c->iss->lock);
	if (rc != FJ_OK)
		unfinished(c, "what was erased is still in the register's log, which empties itself when the service is started anew", &err);
}

/* After the commit, without the writer's lock: the act is done; what follows is
 * reported, not undone. */
static void follow_up(struct iss_call *c)
{
	struct fj_err err = {0};
	int64_t seq = c->last_seq;
	bool waits = false;

	if (c->has_intents) {
		if (pipe_make(c->iss, seq, &err) != FJ_OK)
			unfinished(c, "issuing is not finished and will be tried again", &err);
		json_object_set_new(c->answer, "issued", json_integer(0));
		pthread_mutex_lock(&c->iss->lock);
		if (outcome(c, &waits, &err) != FJ_OK)
			fj_log_err(FJ_LOG_ERROR, "what was issued can't be counted", &err);
		FJ_AUTO(sto_q) q = {0};
		if (sto_first(c->db, STO_EVENT_LAST, &q, "event", &err, "") == FJ_OK)
			seq = sto_int(&q, 0); /* that it was issued is an event after this call's */
		sto_done(&q);
		pthread_mutex_unlock(&c->iss->lock);
		iss_sealed(c->iss, &err);
		if (waits && err.rc != FJ_OK)
			unfinished(c, "issuing waits", &err);
	}
	if (c->has_intents || c->dirty_status) {
		bool published = pub_publish(c->iss, seq, &err) == FJ_OK;
		if (!published)
			unfinished(c, "publication is not finished and will be tried again", &err);
		json_object_set_new(c->answer, "published", json_boolean(published && !waits));
		waits = waits || !published;
	}
	if (waits)
		iss_behind(c->iss);
	if (c->has_job)
		iss_jobs(c->iss);
	if (c->scrubbed)
		empty_log(c);
}

/* what an approval that would be asked for would sign, as approval.preview tells it; NULL: there is none, or it can't be told yet */
static json_t *asked_content(const struct iss_call *c, const char *approval)
{
	const struct command *look = approval == NULL ? NULL : find("approval.preview");
	FJ_AUTO(json) params = json_pack("{s:s*}", "id", approval);
	struct iss_call asked = *c;

	asked.params = params;
	asked.answer = NULL;
	if (look == NULL || look->run(&asked, NULL) == FJ_OK)
		return asked.answer;
	json_decref(asked.answer);
	return NULL;
}

/* what a preview answers: the answer as it would be, what its approval would sign, and the events that would be written; nothing of it stays */
static enum fj_rc previewed(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) events = json_array();
	FJ_AUTO(json) would = c->answer;
	bool row = c->first_seq != 0;

	c->answer = NULL;
	for (int64_t seq = c->first_seq; row && seq <= c->last_seq && json_array_size(events) < MAX_PREVIEW; seq++) {
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(c->db, STO_EVENT_AT, &q, "event", err, "i", seq));
		json_array_append_new(events, json_pack("{s:s, s:s}", "kind", sto_text(&q, 0), "object", sto_text(&q, 1)));
	}
	c->answer = json_pack("{s:b, s:O?, s:o*, s:O, s:I}", "preview", 1, "would", would, "content", asked_content(c, fj_json_peek(would, "approval")), "events", events, "events_total",
	    c->first_seq == 0 ? (json_int_t)0 : (json_int_t)(c->last_seq - c->first_seq + 1));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc write_locked(const struct command *cmd, struct iss_call *c, struct fj_err *err)
{
	c->db = c->iss->db;
	c->now = fj_now();
	enum fj_rc rc = iss_may_act(c->iss, err);
	bool trusted = rc == FJ_OK, more;
	if (!trusted && cmd->info.kind != ISS_WRITE_ANY_TIME)
		return rc;
	FJ_TRY(sto_begin(c->db, err));
	rc = trusted ? dom_expire(c, SIZE_MAX, &more, err) : FJ_OK; /* a clock that has jumped ends nothing */
	c->first_seq = c->trial ? 0 : c->first_seq;
	if (rc == FJ_OK)
		rc = cmd->run(c, err);
	if (rc == FJ_OK)
		rc = c->trial ? previewed(c, err) : sto_commit(c->db, err);
	if (rc != FJ_OK || c->trial)
		sto_rollback(c->db);
	return rc;
}

enum fj_rc iss_step(struct iss_call *c, iss_step_fn fn, void *arg, struct fj_err *err)
{
	struct sto *reader = c->db;

	pthread_mutex_lock(&c->iss->lock);
	c->db = c->iss->db;
	c->now = fj_now();
	enum fj_rc rc = c->own ? FJ_OK : iss_may_act(c->iss, err);
	if (rc == FJ_OK)
		rc = sto_begin(c->db, err);
	if (rc == FJ_OK) {
		rc = fn(c, arg, err);
		if (rc == FJ_OK)
			rc = sto_commit(c->db, err);
		if (rc != FJ_OK)
			sto_rollback(c->db);
	}
	c->db = reader;
	pthread_mutex_unlock(&c->iss->lock);
	usleep(1000); /* the lock is not fair: whoever waits gets it now */
	return rc;
}

static enum fj_rc run_steps(const struct command *cmd, struct iss_call *c, struct fj_err *err)
{
	FJ_TRY(iss_reader_take(c->iss, &c->db, err));
	enum fj_rc rc = cmd->run(c, err);
	iss_reader_give(c->iss, c->db);
	c->db = c->iss->db;
	if (rc == FJ_OK)
		follow_up(c);
	else if (c->dirty_status) /* some steps were done */
		iss_behind(c->iss);
	return rc;
}

static enum fj_rc run_write(const struct command *cmd, struct iss_call *c, struct fj_err *err)
{
	if (!c->iss->conf.with_signer)
		return fj_fail(err, FJ_E_UNAVAILABLE, "issuer", NULL, "this register was opened for reading only");
	if (cmd->info.kind == ISS_WRITE_STEPS || cmd->info.kind == ISS_OWN)
		return run_steps(cmd, c, err);
	pthread_mutex_lock(&c->iss->lock);
	enum fj_rc rc = write_locked(cmd, c, err);
	pthread_mutex_unlock(&c->iss->lock);
	if (rc == FJ_OK && !c->trial)
		follow_up(c);
	return rc;
}

/* What may be previewed is undone by the transaction alone: not what sets the clock, and not a decision, which may. */
static bool can_preview(const struct iss_command_info *info)
{
	size_t n = strlen(info->name);

	return info->kind == ISS_WRITE && !(info->roles & ISS_LOCAL) && !(n > 8 && strcmp(info->name + n - 8, ".approve") == 0);
}

static enum fj_rc try_only(struct iss_call *c, const struct iss_command_info *info, json_t **own, struct fj_err *err)
{
	const json_t *v = json_object_get(c->params, iss_fld_preview.name);

	if (v == NULL)
		return FJ_OK;
	if (!json_is_boolean(v))
		return bad_field(err, &iss_fld_preview, "must be true or false", "应为 true 或 false");
	if (json_is_true(v) && !can_preview(info))
		return fj_refuse(err, FJ_E_UNSUPPORTED, "issuer", NULL, "this command has no preview; what enters a file has \"dry_run\"", "该命令不支持预览；导入类命令请使用 dry_run");
	c->trial = json_is_true(v);
	if (*own == NULL)
		*own = json_copy((json_t *)(uintptr_t)c->params);
	json_object_del(*own, iss_fld_preview.name);
	c->params = *own;
	return *own != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* "behalf": the deputy of today acts as his principal; the command sees its own fields only */
static enum fj_rc stand_in(struct iss_call *c, struct iss_actor *as, json_t **own, struct fj_err *err)
{
	const char *principal;
	struct sto *db;

	if (json_object_get(c->params, "behalf") == NULL)
		return FJ_OK;
	if (c->actor->scope != NULL)
		return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md decision 10", "a token is nobody's deputy: the officer does this himself, signed in", "API 令牌不得代理他人，请本人登录后办理");
	FJ_TRY(fj_json_str(c->params, "behalf", (size_t)iss_fld_behalf.max, &principal, err));
	FJ_TRY(iss_reader_take(c->iss, &db, err));
	enum fj_rc rc = dlg_actor(db, c->actor, principal, c->now, as, err);
	iss_reader_give(c->iss, db);
	FJ_TRY(rc);
	c->actor = as;
	c->params = *own = json_copy((json_t *)(uintptr_t)c->params);
	json_object_del(*own, "behalf");
	return *own != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* what an API token was made for, and a password that has to be changed first */
static enum fj_rc check_bounds(const struct iss_actor *a, const struct iss_command_info *info, struct fj_err *err)
{
	bool first = strcmp(info->name, "account.password") == 0 || strcmp(info->name, "account.show") == 0 || strncmp(info->name, "session.", 8) == 0;

	if (a->scope != NULL && !apt_scope_allows(a->scope, info)) {
		enum fj_rc rc = fj_fail(err, FJ_E_FORBIDDEN, "issuer", NULL, "the scope of this token does not name %s; its user can make one that does", info->name);
		fj_err_zh(err, "该令牌的权限不包括 %s，可由其用户另建令牌", info->name);
		return rc;
	}
	if (a->held && !first)
		return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "NIST SP 800-63B 5.1.1", "your password has to be changed before anything else (account password)", "请先更换密码，再办理其他事项");
	return FJ_OK;
}

static enum fj_rc run(struct iss *i, const struct iss_actor *actor, const char *name, const json_t *params, json_t **answer, struct fj_err *err)
{
	const struct command *cmd = find(name);
	struct iss_call c = {.iss = i, .actor = actor, .params = params, .now = fj_now(), .command = cmd == NULL ? "" : cmd->info.name};

	if (cmd == NULL) {
		enum fj_rc rc = fj_fail(err, FJ_E_USAGE, "issuer", NULL, "there is no command \"%.60s\"; `fujie help` lists them", name);
		fj_err_zh(err, "没有命令“%.60s”", name);
		return rc;
	}
	struct iss_actor as;
	FJ_AUTO(json) own = NULL;
	FJ_TRY(stand_in(&c, &as, &own, err));
	FJ_TRY(check_role(c.actor, &cmd->info, err));
	FJ_TRY(check_bounds(c.actor, &cmd->info, err));
	FJ_TRY(try_only(&c, &cmd->info, &own, err));
	FJ_TRY(check_fields(cmd->info.fields, c.params, err));
	c.acting = c.actor->roles & cmd->info.roles;
	c.own = cmd->info.kind == ISS_OWN;
	enum fj_rc rc = cmd->info.kind == ISS_READ ? run_read(cmd, &c, err) : run_write(cmd, &c, err);
	prf_release(&c);
	if (rc == FJ_OK && c.answer == NULL)
		rc = fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory for the answer");
	if (rc != FJ_OK) {
		json_decref(c.answer);
		return rc;
	}
	*answer = c.answer;
	return FJ_OK;
}

enum fj_rc iss_command(struct iss *i, const struct iss_actor *actor, const char *name, const json_t *params, json_t **answer, struct fj_err *err)
{
	enum fj_rc rc = run(i, actor, name, params, answer, err);

	if (rc != FJ_OK)
		iss_rule_cite(err);
	return rc;
}

/* --- events and state --- */

static json_t *event_json(const struct iss_call *c, const struct sto_q *q)
{
	char at[FJ_TIME_CAP];
	json_t *body = NULL;

	fj_time_utc(sto_int(q, 1), at);
	if (fj_json_parse(fj_slice_str(sto_text(q, 7)), 4u << 20, &body, NULL) != FJ_OK)
		body = json_null();
	if (!evt_body_open(c->actor, sto_text(q, 4), sto_text(q, 3), body)) {
		json_decref(body);
		body = json_null();
	}
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "seq", (json_int_t)sto_int(q, 0), "at", at, "actor", sto_text(q, 2),
	    "org", sto_text(q, 3), "kind", sto_text(q, 4), "object", sto_text(q, 5), "approval", sto_text(q, 6), "policy", sto_text(q, 8), "body", body);
}

enum fj_rc cmd_event_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();
	const char *object = fj_json_peek(c->params, "object"), *after;
	int64_t limit, before = INT64_MAX;
	size_t octets = 0;
	bool row;

	iss_page(c, &after, &limit);
	FJ_TRY(fj_json_opt_int(c->params, "before", 1, INT64_MAX, &before, err));
	FJ_TRY(object != NULL ? sto_query(c->db, STO_EVENT_OF, &q, err, "t", object)
	    : sto_query(c->db, STO_EVENT_LIST, &q, err, "ii", before, limit));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row || json_array_size(items) >= MAX_ITEMS || octets > MAX_OCTETS)
			break;
		octets += strlen(sto_text(&q, 7));
		FJ_AUTO(json) one = event_json(c, &q);
		FJ_TRY(evt_word_into(sto_text(&q, 4), one, err));
		json_array_append(items, one);
	}
	c->answer = json_pack("{s:O, s:n}", "items", items, "next");
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_status_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) g = {0};
	int64_t events = 0, generation = 0;
	json_t *keys = NULL, *faults = NULL;
	bool row;
	char now[FJ_TIME_CAP];
	FJ_AUTO(json) queue = NULL;

	FJ_TRY(pipe_queue(c, &queue, err));
	FJ_TRY(evt_last(c->db, &events, err));
	FJ_TRY(sto_query(c->db, STO_PUB_GET, &g, err, "t", "generation"));
	FJ_TRY(sto_step(&g, &row, err));
	if (row)
		generation = sto_int(&g, 0);
	fj_time_utc(fj_now(), now);
	FJ_TRY(opn_faults(c->iss, &faults, err));
	FJ_AUTO(json) owned = faults;
	FJ_TRY(key_warnings(c->db, c->now, &keys, err));
	c->answer = json_pack("{s:s, s:i, s:b, s:I, s:I, s:s, s:s, s:b, s:O, s:s, s:o, s:o, s:O}", "program", FJ_PROGRAM, "register", FJ_REGISTER_VERSION, "demo", c->iss->conf.demo, "events", (json_int_t)events, "generation",
	    (json_int_t)generation, "base", iss_base(c->iss), "now", now, "behind", (bool)c->iss->behind, "queue", queue,
	    "approvals", c->iss->log.checked ? "checked by the signer" : "enforced by software", "keys_ending", keys, "sealed", c->iss->log.seals ? json_boolean(c->iss->sealed) : json_null(), "faults", faults);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}


enum fj_rc cmd_db_rebuild(struct iss_call *c, struct fj_err *err)
{
	struct sto *into = NULL;
	int64_t events, rows;

	FJ_TRY(sto_open(":memory:", true, &into, err));
	enum fj_rc rc = evt_rebuild_check(c->db, into, &events, &rows, err);
	sto_close(into);
	FJ_TRY(rc);
	c->answer = json_pack("{s:b, s:I, s:I}", "same", 1, "events", (json_int_t)events, "rows", (json_int_t)rows);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
