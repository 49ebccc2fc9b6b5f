/*
 * usage.c - 用量: how much of a license was used, day by day.
 *
 * The delivering gateway reports totals of days, never single calls, through its
 * operator: by file or API, as often as it likes.  The same total again changes
 * nothing; another total is a correction, and the one before is kept beside it.
 * The user countersigns a day or disputes it, and a correction asks anew.  When
 * the totals reach the quota the token is used up at once, whatever is disputed:
 * it denies, until its operator opens it again with two officers after a
 * correction.  Totals of days after a suspension are taken too: what was used is
 * a fact, and evidence.
 */
#include "issuer/usage.h"

#include "issuer/iss.h"
#include "issuer/shape.h"
#include "issuer/sheet/sheet.h"
#include "issuer/state.h"
#include "issuer/task.h"
#include "issuer/token.h"

#define MAX_ROWS 50000
#define MAX_TOTAL INT64_C(1000000000000) /* of a day: their sum over a year fits an int64 */
#define CHUNK 500

enum part { P_TOKEN, P_DAY, P_COUNT, PARTS };
static const struct {
	const char *key, *heading[3];
} columns[PARTS] = {
	{"token", {"令牌编号", "token", NULL}}, {"day", {"日期", "day", NULL}}, {"count", {"数量", "count", NULL}},
};

static const char *const usage_states[] = {"REPORTED", "COUNTERSIGNED", "DISPUTED", NULL};
#define U_ID {"id", ISS_F_STR, false, 40, "用量编号", "token and day: LT-….2026-05-12"}, {"ids", ISS_F_LIST, false, 5000, "所选用量", "a selection of days, as one task"}
const struct iss_field fld_usage_report[] = {
	{"file", ISS_F_FILE, false, 16 << 20, "用量文件", "CSV or XLSX: token, day, count"},
	{"totals", ISS_F_JSON, false, 1, "每日用量（不上传文件时）", "totals of days, instead of a file", .members = shp_totals, .shape = ISS_ROWS},
	{"dry_run", ISS_F_BOOL, false, 1, "试报送", "check only"},
	{0},
};
const struct iss_field fld_usage_list[] = {
	{"after", ISS_F_STR, false, 64, "起始", "start after this one"},
	ISS_FIELD_LIMIT,
	{"token", ISS_F_STR, false, 40, "令牌编号", "of this license token"},
	{"authorisation", ISS_F_STR, false, 40, "授权编号", "under this authorisation"},
	{"user", ISS_F_STR, false, 18, "使用单位", "of this user (unified social credit code)"},
	{"state", ISS_F_STR, false, 16, "状态", "in this state", usage_states, "domain.md 4.10"},
	{0},
};
const struct iss_field fld_usage_show[] = {{"id", ISS_F_STR, true, 40, "用量编号", "token and day: LT-….2026-05-12"}, {0}};
const struct iss_field fld_usage_countersign[] = {
	U_ID,
	{"count", ISS_F_INT, false, MAX_TOTAL, "所见数量", "the total as it was seen: another one, reported meanwhile, is not signed"},
	{0},
};
const struct iss_field fld_usage_dispute[] = {
	U_ID,
	{"reason", ISS_F_STR, true, 400, "理由", "what is wrong with the total"},
	{"claimed", ISS_F_INT, false, MAX_TOTAL, "主张数量", "what it should be, for one day"},
	{0},
};

static enum fj_rc bad(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 4.10", en, zh);
}

/* --- a day's newest total --- */

struct day {
	char token[64], day[16], state[16], reason[DOM_CAP(400)], user[19], operator_[19];
	int64_t rev, count, claimed; /* rev from 1; claimed -1 none */
};

static enum fj_rc get_day(struct sto *db, const char *token, const char *day, struct day *d, bool *there, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	memset(d, 0, sizeof(*d));
	FJ_TRY(sto_query(db, STO_USAGE_GET, &q, err, "tt", token, day));
	FJ_TRY(sto_step(&q, there, err));
	if (!*there)
		return FJ_OK;
	const struct sto_copy texts[] = {STO_COPY(0, d->token), STO_COPY(1, d->day), STO_COPY(4, d->state), STO_COPY(6, d->reason), STO_COPY(10, d->user), STO_COPY(12, d->operator_)};
	FJ_TRY(sto_copy(&q, texts, FJ_ARRAY_LEN(texts), "a day's usage", err));
	d->rev = sto_int(&q, 2);
	d->count = sto_int(&q, 3);
	d->claimed = sto_int(&q, 7);
	return FJ_OK;
}

/* "LT-….2026-05-12" */
static void split_id(const char *id, char token[64], const char **day)
{
	const char *dot = strrchr(id, '.');

	snprintf(token, 64, "%.*s", dot == NULL ? 0 : (int)(dot - id), id);
	*day = dot == NULL ? "" : dot + 1;
}

static enum fj_rc no_such(struct fj_err *err, const char *id)
{
	enum fj_rc rc = fj_fail(err, FJ_E_NOTFOUND, "issuer", NULL, "no usage is reported as \"%.60s\"; it is named by token and day, such as LT-….2026-05-12", id);

	fj_err_zh(err, "没有用量记录“%.60s”；用量编号由令牌编号和日期组成，如 LT-….2026-05-12", id);
	return rc;
}

static enum fj_rc day_of(struct sto *db, const char *id, struct day *d, struct fj_err *err)
{
	char token[64];
	const char *day;
	bool there;

	split_id(id, token, &day);
	FJ_TRY(get_day(db, token, day, d, &there, err));
	return there ? FJ_OK : no_such(err, id);
}

/* --- reporting --- */

struct row {
	char token[41], day[11];
	int64_t count, line;
};
struct reading {
	struct iss_call *c;
	struct row *row;
	size_t n, at;           /* good rows; those that are entered */
	json_t *seen, *faults;
	int64_t read, n_faults, entered, corrected, unchanged, exhausted;
	int of[PARTS];
	bool dry;
};

static enum fj_rc fault(struct reading *g, int64_t line, int column, const struct fj_err *why, struct fj_err *err)
{
	g->n_faults++;
	if (json_array_size(g->faults) == TOK_MAX_TOLD)
		return FJ_OK;
	FJ_AUTO(json) one = fj_err_json(why);
	FJ_TRY(fj_json_set(one, "line", json_integer((json_int_t)line)));
	FJ_TRY(fj_json_set(one, "column", json_integer(column)));
	json_object_del(one, "layer");
	json_object_del(one, "error");
	return json_array_append(g->faults, one) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc check_token(struct reading *g, const char *id, struct token *t, struct fj_err *err)
{
	enum fj_rc rc = tok_get(g->c->db, id, t, err);
	if (rc != FJ_OK)
		return rc == FJ_E_NOTFOUND ? bad(err, "there is no such license token", "没有该许可令牌") : rc;
	if (strcmp(t->operator_, g->c->actor->org) != 0)
		return bad(err, "this token is another operator's: each reports what its own gateway delivered", "该令牌属于其他运营机构，只能报送本机构网关交付的用量");
	return strcmp(t->state, "PENDING") != 0 && strcmp(t->state, "ABANDONED") != 0 ? FJ_OK : bad(err, "this token was not issued", "该令牌未签发");
}

/* within the days of the token's validity, and over */
static enum fj_rc check_day(const struct reading *g, const struct token *t, const char *day, struct fj_err *err)
{
	fj_time from;

	if (strlen(day) != 10 || fj_date_parse(day, &from, NULL) != FJ_OK)
		return bad(err, "the day is a date like 2026-05-12", "日期格式应为 2026-05-12");
	if (from > g->c->now)
		return bad(err, "the day lies in the future", "日期晚于今日");
	return from + 86399 >= t->not_before && from <= t->not_after ? FJ_OK : bad(err, "the token is not valid on this day; what was delivered then is no use of it", "该日不在令牌有效期内，不属于该令牌的用量");
}

static enum fj_rc check_once(struct reading *g, const char *token, const char *day, struct fj_err *err)
{
	char key[64];

	snprintf(key, sizeof(key), "%.40s.%.10s", token, day);
	if (json_object_get(g->seen, key) != NULL)
		return bad(err, "this day of the token stands in the file already", "该令牌当日用量在文件中重复");
	return fj_json_set(g->seen, key, json_true());
}

/* good, or set aside at the column that it is about */
static enum fj_rc take(struct reading *g, int64_t line, const char *token, const char *day, int64_t n, struct fj_err *err)
{
	struct fj_err why = {0};
	struct token t;
	int part = P_TOKEN;

	enum fj_rc rc = check_token(g, token, &t, &why);
	if (rc == FJ_OK) {
		part = P_DAY;
		rc = check_day(g, &t, day, &why);
	}
	if (rc == FJ_OK && (n < 0 || n > MAX_TOTAL)) {
		part = P_COUNT;
		rc = bad(&why, "the total is a whole number from 0 to 1,000,000,000,000", "数量应为 0 至 1,000,000,000,000 的整数");
	}
	if (rc == FJ_OK) {
		part = P_DAY;
		rc = check_once(g, token, day, &why);
	}
	if (fj_rc_exit(rc) == 3) { /* the machine failed, not the row */
		if (err != NULL)
			*err = why;
		return rc;
	}
	if (rc != FJ_OK)
		return fault(g, line, g->of[part] + 1, &why, err);
	struct row *r = &g->row[g->n++];
	r->count = n;
	r->line = line;
	FJ_TRY(fj_strcopy(r->token, sizeof(r->token), token));
	return fj_strcopy(r->day, sizeof(r->day), day);
}

static enum fj_rc too_many(struct fj_err *err)
{
	enum fj_rc rc = fj_fail(err, FJ_E_LIMIT, "issuer", "domain.md 4.10", "one report has at most %d rows; send several", MAX_ROWS);

	fj_err_zh(err, "一次至多报送 %d 行，请分次报送", MAX_ROWS);
	return rc;
}

static enum fj_rc read_json(struct reading *g, const json_t *totals, struct fj_err *err)
{
	size_t i;
	json_t *v;

	if (!json_is_array(totals))
		return bad(err, "\"totals\" is a list of {token, day, count}", "totals 应为 {token, day, count} 的列表");
	if (json_array_size(totals) > MAX_ROWS)
		return too_many(err);
	json_array_foreach(totals, i, v) {
		const json_t *n = json_object_get(v, "count");
		FJ_TRY(take(g, (int64_t)i + 1, fj_json_text(v, "token"), fj_json_text(v, "day"), json_is_integer(n) ? json_integer_value(n) : -1, err));
	}
	g->read = (int64_t)json_array_size(totals);
	return FJ_OK;
}

static enum fj_rc read_heading(void *arg, const struct sheet_row *row, bool *is, struct fj_err *err)
{
	struct reading *g = arg;

	g->of[P_TOKEN] = g->of[P_DAY] = g->of[P_COUNT] = -1;
	for (size_t i = 0; i < row->n; i++) {
		FJ_AUTO(buf) key = FJ_BUF_INIT(1024);
		if (sheet_heading(row->cell[i], &key) != FJ_OK)
			continue;
		for (int k = 0; k < PARTS; k++)
			for (int h = 0; columns[k].heading[h] != NULL; h++)
				if (strcmp(columns[k].heading[h], fj_buf_str(&key)) == 0)
					FJ_TRY(sheet_place(row, i, &g->of[k], err));
	}
	*is = g->of[P_TOKEN] >= 0 && g->of[P_DAY] >= 0 && g->of[P_COUNT] >= 0;
	return FJ_OK;
}

static const char *cell(const struct reading *g, const struct sheet_row *row, enum part k)
{
	return (size_t)g->of[k] >= row->n ? "" : row->cell[g->of[k]];
}

static int64_t number_of(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 13 && strspn(s, "0123456789") == n ? strtoll(s, NULL, 10) : -1;
}

static enum fj_rc take_row(void *arg, const struct sheet_row *row, const struct fj_err *broken, struct fj_err *err)
{
	struct reading *g = arg;

	return broken != NULL ? fault(g, (int64_t)row->line, (int)row->column, broken, err)
	    : take(g, (int64_t)row->line, cell(g, row, P_TOKEN), cell(g, row, P_DAY), number_of(cell(g, row, P_COUNT)), err);
}

static enum fj_rc read_sheet(struct reading *g, struct fj_slice file, struct fj_err *err)
{
	FJ_AUTO(sheet) s = NULL;
	bool found;

	FJ_TRY(sheet_open(file, &s, err));
	FJ_TRY(sheet_find_heading(s, read_heading, g, &found, err));
	if (!found)
		return bad(err, "no heading with 令牌编号 (token), 日期 (day) and 数量 (count) in the first ten rows", "前十行中没有含“令牌编号”“日期”“数量”的标题行");
	return sheet_rows(s, MAX_ROWS, "domain.md 4.10", take_row, g, &g->read, err);
}

static enum fj_rc read_report(struct reading *g, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(16u << 20);
	const json_t *totals = json_object_get(g->c->params, "totals");
	bool given = json_object_get(g->c->params, "file") != NULL;

	if (given == (totals != NULL))
		return bad(err, "give either \"file\" or \"totals\"", "“file”与“totals”应填且只填一项");
	if (totals != NULL)
		return read_json(g, totals, err);
	FJ_TRY(iss_param_file(g->c, "file", &file, err));
	return read_sheet(g, fj_buf_slice(&file), err);
}

/* --- entering --- */

static enum fj_rc exhaust(struct iss_call *c, const char *id, int64_t *exhausted, struct fj_err *err)
{
	struct token t;
	const char *to;

	FJ_TRY(tok_get(c->db, id, &t, err));
	if (strcmp(t.state, "ACTIVE") != 0 || !tok_used_up(&t))
		return FJ_OK;
	FJ_TRY(iss_state_next(ISS_OBJ_TOKEN, t.state, "exhaust", &to, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:I, s:I}", "to", to, "used", (json_int_t)t.used, "quota", (json_int_t)t.quota);
	FJ_TRY(evt_append(c, "token.exhausted", id, body, err));
	c->dirty_status = true;
	(*exhausted)++;
	return FJ_OK;
}

static enum fj_rc enter_row(struct iss_call *c, struct reading *g, const struct row *r, struct fj_err *err)
{
	struct day d;
	bool there;

	FJ_TRY(get_day(c->db, r->token, r->day, &d, &there, err));
	if (there && d.count == r->count) {
		g->unchanged++;
		return FJ_OK;
	}
	FJ_AUTO(json) body = json_pack("{s:s, s:I, s:I, s:I}", "day", r->day, "count", (json_int_t)r->count, "rev", (json_int_t)d.rev + 1, "was", (json_int_t)d.count);
	FJ_TRY(evt_append(c, "usage.reported", r->token, body, err));
	g->entered++;
	g->corrected += there;
	return exhaust(c, r->token, &g->exhausted, err);
}

/* all of a step, or what was before it */
static enum fj_rc enter_chunk(struct iss_call *c, void *arg, struct fj_err *err)
{
	struct reading *g = arg, before = *g;
	enum fj_rc rc = FJ_OK;

	for (size_t n = 0; rc == FJ_OK && n < CHUNK && g->at < g->n; n++)
		rc = enter_row(c, g, &g->row[g->at++], err);
	if (rc != FJ_OK)
		*g = before;
	return rc;
}

static enum fj_rc answer(const struct reading *g, struct fj_err *err)
{
	g->c->answer = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:O, s:I, s:b, s:b}", "rows", (json_int_t)g->read, "good", (json_int_t)g->n, "entered", (json_int_t)g->entered,
	    "corrected", (json_int_t)g->corrected, "unchanged", (json_int_t)g->unchanged, "exhausted", (json_int_t)g->exhausted, "faults", g->faults, "faults_total",
	    (json_int_t)g->n_faults, "dry_run", g->dry, "refused", g->n == 0);
	return g->c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_usage_report(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) seen = json_object();
	FJ_AUTO(json) faults = json_array();
	FJ_AUTO(mem) rows = fj_alloc(MAX_ROWS, sizeof(struct row));
	struct reading g = {.c = c, .row = rows, .seen = seen, .faults = faults, .of = {-1, -1, -1}, .dry = json_is_true(json_object_get(c->params, "dry_run"))};

	if (rows == NULL || seen == NULL || faults == NULL)
		return fj_no_memory(err, "issuer");
	FJ_TRY(read_report(&g, err));
	while (!g.dry && g.at < g.n)
		FJ_TRY(iss_step(c, enter_chunk, &g, err));
	return answer(&g, err);
}

enum fj_rc apply_usage_reported(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	const char *day = fj_json_text(b, "day");

	FJ_TRY(sto_run(e->db, STO_USAGE_OLD, NULL, err, "tt", e->object, day));
	FJ_TRY(sto_run(e->db, STO_USAGE_ADD, NULL, err, "ttiitii", e->object, day, fj_json_num(b, "rev"), fj_json_num(b, "count"), e->actor, (int64_t)e->at, e->seq));
	return sto_run(e->db, STO_TOKEN_USED, NULL, err, "it", fj_json_num(b, "count") - fj_json_num(b, "was"), e->object);
}

/* --- what the user says --- */

struct saying {
	const char *act, *event, *reason;
	int64_t claimed, seen; /* -1 not said */
};

static enum fj_rc say(struct iss_call *c, const char *id, const void *arg, struct fj_err *err)
{
	const struct saying *s = arg;
	struct day d;
	const char *to;

	FJ_TRY(day_of(c->db, id, &d, err));
	if (strcmp(d.user, c->actor->org) != 0)
		return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md 4.10", "a day's usage is countersigned or disputed by the licensed user",
		    "用量只能由持有该令牌的用数主体确认或提出异议");
	FJ_TRY(iss_state_next(ISS_OBJ_USAGE, d.state, s->act, &to, err));
	if (s->seen >= 0 && s->seen != d.count) {
		enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md 4.10", "the total was corrected meanwhile: it is %lld now; look at it again", (long long)d.count);
		fj_err_zh(err, "该日用量已更正为 %lld，请重新核对", (long long)d.count);
		return rc;
	}
	FJ_AUTO(json) body = json_pack("{s:s, s:I, s:s, s:s, s:I}", "day", d.day, "rev", (json_int_t)d.rev, "to", to, "reason", s->reason, "claimed", (json_int_t)s->claimed);
	FJ_TRY(evt_append(c, s->event, d.token, body, err));
	c->answer = json_pack("{s:s, s:s, s:I, s:I}", "id", id, "state", to, "count", (json_int_t)d.count, "rev", (json_int_t)d.rev);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_usage_countersign(struct iss_call *c, struct fj_err *err)
{
	struct saying s = {"countersign", "usage.countersigned", "", -1, -1};

	FJ_TRY(fj_json_opt_int(c->params, "count", 0, MAX_TOTAL, &s.seen, err));
	return tsk_run(c, "id", "ids", say, &s, err);
}

enum fj_rc cmd_usage_dispute(struct iss_call *c, struct fj_err *err)
{
	struct saying s = {"dispute", "usage.disputed", fj_json_text(c->params, "reason"), -1, -1};

	if (!iss_said(s.reason))
		return bad(err, "a dispute says what is wrong (\"reason\")", "提出异议须说明理由（reason）");
	FJ_TRY(fj_json_opt_int(c->params, "claimed", 0, MAX_TOTAL, &s.claimed, err));
	return tsk_run(c, "id", "ids", say, &s, err);
}

enum fj_rc apply_usage_said(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;

	return sto_run(e->db, STO_USAGE_SAID, NULL, err, "ttiiitti", fj_json_text(b, "to"), fj_json_text(b, "reason"), fj_json_num(b, "claimed"), (int64_t)e->at, e->seq, e->object,
	    fj_json_text(b, "day"), fj_json_num(b, "rev"));
}

/* --- reading --- */

/* columns of STO_USAGE_*: token, day, rev, count, state, by, reason, claimed, at, said_at, user, user_name, operator, authorisation, product, quota unit */
static json_t *to_json(const struct sto_q *q)
{
	char at[FJ_TIME_CAP], said[FJ_TIME_CAP] = "", id[80];

	snprintf(id, sizeof(id), "%s.%s", sto_text(q, 0), sto_text(q, 1));
	fj_time_utc(sto_int(q, 8), at);
	if (sto_int(q, 9) > 0)
		fj_time_utc(sto_int(q, 9), said);
	json_t *o = json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:s}", "id", id, "token", sto_text(q, 0), "day", sto_text(q, 1), "count",
	    (json_int_t)sto_int(q, 3), "rev", (json_int_t)sto_int(q, 2), "state", sto_text(q, 4), "by", sto_text(q, 5), "at", at, "said_at", said, "user", "usci", sto_text(q, 10),
	    "name", sto_text(q, 11), "authorisation", sto_text(q, 13), "product", sto_text(q, 14));
	if (o != NULL && sto_text(q, 6)[0] != '\0')
		json_object_set_new(o, "reason", json_string(sto_text(q, 6)));
	if (o != NULL && sto_int(q, 7) >= 0)
		json_object_set_new(o, "claimed", json_integer((json_int_t)sto_int(q, 7)));
	return o;
}

static enum fj_rc collect(struct sto_q *q, json_t *items, struct fj_err *err)
{
	bool row;

	for (;;) {
		FJ_TRY(sto_step(q, &row, err));
		if (!row)
			return FJ_OK;
		if (json_array_append_new(items, to_json(q)) != 0)
			return fj_no_memory(err, "issuer");
	}
}

enum fj_rc cmd_usage_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();
	const char *after, *day = "", *only = fj_json_text(c->params, "token");
	char token[64] = "";
	int64_t limit;

	iss_page(c, &after, &limit);
	split_id(after, token, &day);
	if (only[0] != '\0')
		FJ_TRY(sto_query(c->db, STO_USAGE_OF, &q, err, "ttti", only, day, fj_json_text(c->params, "state"), limit));
	else
		FJ_TRY(sto_query(c->db, STO_USAGE_LIST, &q, err, "ttttti", token, day, fj_json_text(c->params, "state"), fj_json_text(c->params, "authorisation"),
		    fj_json_text(c->params, "user"), limit));
	FJ_TRY(collect(&q, items, err));
	return dom_list_answer(c, items, "id", limit, err);
}

/* the day as it counts, and what it was before */
enum fj_rc cmd_usage_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) all = json_array();
	char token[64];
	const char *day;

	split_id(fj_json_peek(c->params, "id"), token, &day);
	FJ_TRY(sto_query(c->db, STO_USAGE_REVISIONS, &q, err, "tt", token, day));
	FJ_TRY(collect(&q, all, err));
	if (json_array_size(all) == 0)
		return no_such(err, fj_json_peek(c->params, "id"));
	c->answer = json_deep_copy(json_array_get(all, json_array_size(all) - 1));
	return c->answer != NULL ? fj_json_set(c->answer, "revisions", json_incref(all)) : fj_no_memory(err, "issuer");
}

enum fj_rc dom_usage_paid(struct sto *db, const char *authorisation, const char *product, const char *user, const char *from, const char *to,
    struct dom_usage *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_USAGE_PAID, &q, "total", err, "ttttt", authorisation, product, user, from, to));
	out->count = sto_int(&q, 0);
	return fj_strcopy(out->first, sizeof(out->first), sto_text(&q, 1));
}

enum fj_rc dom_usage_of(struct sto *db, const char *token, const char *from, const char *to, int64_t *count, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_USAGE_BETWEEN, &q, "total", err, "ttt", token, from, to));
	*count = sto_int(&q, 0);
	return FJ_OK;
}
