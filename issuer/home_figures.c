/*
 * home_figures.c - the home page's figures, and whose they are.
 *
 * Rows of tally are kept by triggers in the transaction that changes what they count
 * (store/tally.def), so that a figure costs its rows and nothing else.  What ends by
 * the clock is counted under its last day, and told apart here: no row has to change
 * when a day is over.  Money is whole fen.
 */
#include "issuer/home.h"

#define DAY 86400
#define MONTHS 12     /* of a figure by months */
#define CLASSES 12    /* that are told apart; the others are one row */

/* --- whose --- */

/* widest first; LEVEL: the finance department of the reader's own level, whose assets its lists show anyway */
enum org_of { NOBODY, OWN, LEVEL };
#define ALL {ISS_MOF | ISS_AUDITOR | ISS_LOCAL | ISS_SYSTEM, 'A', NOBODY}
#define OF_LEVEL {ISS_GOV | ISS_DATA_BUREAU | ISS_DRC, 'F', LEVEL}
static const struct whose {
	uint32_t roles;
	char whose;
	enum org_of org;
} scopes[HOM_ABOUTS][8] = {
	[HOM_ASSETS] = {ALL, {ISS_FINANCE, 'F', OWN}, {ISS_SUPERIOR, 'D', OWN}, {ISS_HOLDER, 'H', OWN}, OF_LEVEL},
	[HOM_CERTIFICATES] = {ALL, {ISS_FINANCE, 'F', OWN}, {ISS_SUPERIOR, 'D', OWN}, {ISS_HOLDER, 'H', OWN}, OF_LEVEL},
	[HOM_AUTHORISATIONS] = {ALL, {ISS_FINANCE, 'F', OWN}, {ISS_SUPERIOR, 'D', OWN}, {ISS_HOLDER, 'H', OWN}, {ISS_IMPLEMENTER, 'I', OWN}, {ISS_OPERATOR, 'O', OWN}, OF_LEVEL},
	[HOM_TOKENS] = {ALL, {ISS_FINANCE, 'F', OWN}, {ISS_SUPERIOR, 'D', OWN}, {ISS_HOLDER, 'H', OWN}, {ISS_IMPLEMENTER, 'I', OWN}, {ISS_OPERATOR, 'O', OWN}, {ISS_DEVELOPER | ISS_USER, 'U', OWN}},
	/* revenue.list and remittance.list: parties, superior and finance departments, auditors */
	[HOM_REVENUE] = {ALL, {ISS_FINANCE, 'F', OWN}, {ISS_SUPERIOR, 'D', OWN}, {ISS_HOLDER, 'H', OWN}, {ISS_IMPLEMENTER, 'I', OWN}, {ISS_OPERATOR, 'O', OWN}},
	[HOM_REMITTED] = {ALL, {ISS_FINANCE, 'F', OWN}, {ISS_SUPERIOR, 'D', OWN}, {ISS_HOLDER | ISS_IMPLEMENTER | ISS_OPERATOR, 'H', OWN}},
};

void hom_scope_of(uint32_t roles, const char *org, const char *finance, enum hom_about about, struct hom_scope *out)
{
	*out = (struct hom_scope){.whose = 0};
	for (size_t i = 0; i < FJ_ARRAY_LEN(scopes[about]); i++) {
		const struct whose *w = &scopes[about][i];
		const char *of = w->org == OWN ? org : w->org == LEVEL ? finance : "";
		if (!(roles & w->roles) || (w->org != NOBODY && of[0] == '\0'))
			continue;
		out->whose = w->whose;
		snprintf(out->scope, sizeof(out->scope), "%s", of);
		return;
	}
}

static const char *filter_of(char whose, const char *noun)
{
	/* which filter of the noun's list is a scope's; those that are not here have none */
	static const struct {
		char whose;
		const char *filter, *nouns;
	} filters[] = {
		{'F', "finance", " ledger asset registration certificate authorisation plan "}, {'H', "holder", " ledger asset registration certificate authorisation plan "},
		{'D', "superior", " ledger asset registration certificate authorisation plan "},
		{'I', "implementer", " authorisation plan "}, {'O', "operator", " authorisation plan token bulk "}, {'U', "user", " token "},
	};
	char name[40];

	snprintf(name, sizeof(name), " %.36s ", noun);
	for (size_t i = 0; i < FJ_ARRAY_LEN(filters); i++)
		if (filters[i].whose == whose && strstr(filters[i].nouns, name) != NULL)
			return filters[i].filter;
	return NULL;
}

json_t *hom_filter(const struct hom_scope *of, const char *noun)
{
	const char *filter = filter_of(of->whose, noun);

	return filter == NULL ? json_object() : json_pack("{s:s}", filter, of->scope);
}

const char *iss_own_filter(const struct iss_actor *a, const char *noun)
{
	struct hom_scope of;

	hom_scope_of(a->roles, a->org, "", strcmp(noun, "token") == 0 || strcmp(noun, "bulk") == 0 ? HOM_TOKENS : strcmp(noun, "authorisation") == 0 ? HOM_AUTHORISATIONS : HOM_ASSETS, &of);
	return strcmp(of.scope, a->org) == 0 && of.scope[0] != '\0' ? filter_of(of.whose, noun) : NULL;
}

static json_t *scope_json(const struct hom_scope *of)
{
	static const struct {
		char whose;
		const char *name;
	} names[] = {{'A', "all"}, {'F', "finance"}, {'D', "superior"}, {'H', "holder"}, {'I', "implementer"}, {'O', "operator"}, {'U', "user"}};
	size_t k = 0;

	while (k + 1 < FJ_ARRAY_LEN(names) && names[k].whose != of->whose)
		k++;
	return json_pack("{s:s, s:s}", "whose", names[k].name, "usci", of->scope);
}

/* --- rows of tally --- */

typedef enum fj_rc (*each_fn)(void *ctx, const char *code, int64_t n, struct fj_err *err);

static enum fj_rc each(struct sto *db, const struct hom_scope *of, const char *what, each_fn fn, void *ctx, struct fj_err *err)
{
	const char whose[2] = {of->whose, '\0'};
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_TALLY_GET, &q, err, "ttt", whose, of->scope, what));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(fn(ctx, sto_text(&q, 0), sto_int(&q, 1), err));
	}
}

struct counted {
	const char *state;
	int64_t n;
};

static enum fj_rc count_state(void *ctx, const char *code, int64_t n, struct fj_err *err)
{
	struct counted *c = ctx;

	(void)err;
	if (strcmp(code, c->state) == 0)
		c->n += n;
	return FJ_OK;
}

enum fj_rc hom_count(const struct hom *h, const struct hom_scope *of, const char *what, const char *state, int64_t *n, struct fj_err *err)
{
	struct counted c = {state, 0};

	FJ_TRY(each(h->c->db, of, what, count_state, &c, err));
	*n = c.n;
	return FJ_OK;
}

/* "MODE ACTIVE 2027-01-31", "REVOKED": the last word is a day when it begins with a digit */
struct code {
	char mode[16], state[16], day[12];
};

static void code_of(const char *text, bool with_mode, struct code *out)
{
	*out = (struct code){.mode = ""};
	if (with_mode) {
		size_t n = strcspn(text, " ");
		snprintf(out->mode, sizeof(out->mode), "%.*s", (int)n, text);
		text += n + (text[n] == ' ');
	}
	size_t n = strcspn(text, " ");
	snprintf(out->state, sizeof(out->state), "%.*s", (int)n, text);
	if (text[n] == ' ')
		snprintf(out->day, sizeof(out->day), "%s", text + n + 1);
}

/* the state that people see on this day */
static const char *state_on(const struct code *c, const char *today)
{
	bool lasts = strcmp(c->state, "ACTIVE") == 0 || strcmp(c->state, "STOPPED") == 0;

	return lasts && c->day[0] != '\0' && strcmp(c->day, today) < 0 ? "EXPIRED" : c->state;
}

struct in_force {
	bool with_mode;
	char today[FJ_TIME_CAP];
	int64_t n;
};

static enum fj_rc count_in_force(void *ctx, const char *text, int64_t n, struct fj_err *err)
{
	struct in_force *f = ctx;
	struct code c;

	(void)err;
	code_of(text, f->with_mode, &c);
	if (strcmp(state_on(&c, f->today), "ACTIVE") == 0)
		f->n += n;
	return FJ_OK;
}

enum fj_rc hom_in_force(const struct hom *h, const struct hom_scope *of, const char *what, int64_t *n, struct fj_err *err)
{
	struct in_force f = {.with_mode = strcmp(what, "authorisation") == 0};

	fj_date_china(h->c->now, f.today);
	FJ_TRY(each(h->c->db, of, what, count_in_force, &f, err));
	*n = f.n;
	return FJ_OK;
}

/* --- what ends soon --- */

static const int spans[] = {7, 30, 90};
struct ending {
	bool with_mode;
	char today[FJ_TIME_CAP], until[FJ_ARRAY_LEN(spans)][FJ_TIME_CAP];
	int64_t n[FJ_ARRAY_LEN(spans)];
};

static enum fj_rc count_ending(void *ctx, const char *text, int64_t n, struct fj_err *err)
{
	struct ending *e = ctx;
	struct code c;

	(void)err;
	code_of(text, e->with_mode, &c);
	for (size_t i = 0; i < FJ_ARRAY_LEN(spans); i++)
		if (c.day[0] != '\0' && strcmp(c.day, e->today) >= 0 && strcmp(c.day, e->until[i]) <= 0)
			e->n[i] += n;
	return FJ_OK;
}

/* a user's tokens are counted by themselves */
static const char *what_of(const struct hom *h, enum hom_about about, const char *what)
{
	return about == HOM_TOKENS && h->of[about].whose == 'U' ? "held" : what;
}

static enum fj_rc ending_of(const struct hom *h, const char *noun, enum hom_about about, json_t *list, struct fj_err *err)
{
	struct ending e = {.with_mode = about == HOM_AUTHORISATIONS};
	FJ_AUTO(json) within = json_array();

	if (h->of[about].whose == 0)
		return FJ_OK;
	fj_date_china(h->c->now, e.today);
	for (size_t i = 0; i < FJ_ARRAY_LEN(spans); i++)
		fj_date_china(h->c->now + spans[i] * DAY, e.until[i]);
	FJ_TRY(each(h->c->db, &h->of[about], what_of(h, about, noun), count_ending, &e, err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(spans); i++)
		json_array_append_new(within, json_pack("{s:i, s:I, s:s, s:s}", "days", spans[i], "count", (json_int_t)e.n[i], "from", e.today, "to", e.until[i]));
	if (e.n[FJ_ARRAY_LEN(spans) - 1] == 0)
		return FJ_OK;
	return json_array_append_new(list, json_pack("{s:s, s:o, s:O}", "noun", noun, "filter", hom_filter(&h->of[about], noun), "within", within)) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc hom_ending(const struct hom *h, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();

	FJ_TRY(ending_of(h, "certificate", HOM_CERTIFICATES, list, err));
	FJ_TRY(ending_of(h, "authorisation", HOM_AUTHORISATIONS, list, err));
	FJ_TRY(ending_of(h, "token", HOM_TOKENS, list, err));
	*out = fj_move(list);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- rows of figures --- */

/* rows by code, in the order in which they come */
struct rows {
	json_t *list;
	const char *const *series;
	char today[FJ_TIME_CAP];
	int64_t others;
};

static enum fj_rc add(json_t *list, const char *const *series, const char *code, const char *key, int64_t n, struct fj_err *err)
{
	json_t *row;
	size_t i;

	json_array_foreach(list, i, row)
		if (strcmp(fj_json_text(row, "code"), code) == 0)
			return fj_json_set(row, key, json_integer(fj_json_num(row, key) + n));
	row = json_pack("{s:s}", "code", code);
	for (const char *const *s = series; *s != NULL; s++)
		json_object_set_new(row, *s, json_integer(strcmp(*s, key) == 0 ? (json_int_t)n : 0));
	return row != NULL && json_array_append_new(list, row) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static const char *const counts[] = {"count", NULL}, *const states[] = {"active", "suspended", "ended", NULL}, *const money[] = {"shared_fen", "remitted_fen", NULL};

static enum fj_rc as_it_is(void *ctx, const char *code, int64_t n, struct fj_err *err)
{
	struct rows *r = ctx;

	return add(r->list, r->series, code, "count", n, err);
}

static enum fj_rc by_state(void *ctx, const char *text, int64_t n, struct fj_err *err)
{
	struct rows *r = ctx;
	struct code c;

	code_of(text, false, &c);
	return add(r->list, r->series, state_on(&c, r->today), "count", n, err);
}

static enum fj_rc by_mode(void *ctx, const char *text, int64_t n, struct fj_err *err)
{
	struct rows *r = ctx;
	struct code c;

	code_of(text, true, &c);
	const char *s = state_on(&c, r->today);
	return add(r->list, r->series, c.mode, strcmp(s, "ACTIVE") == 0 ? "active" : strcmp(s, "SUSPENDED") == 0 || strcmp(s, "ENDING") == 0 ? "suspended" : "ended", n, err);
}

/* the largest first; what is beyond CLASSES is one row "*" */
static enum fj_rc by_class(void *ctx, const char *code, int64_t n, struct fj_err *err)
{
	struct rows *r = ctx;
	size_t at = 0, size = json_array_size(r->list);

	while (at < size && fj_json_num(json_array_get(r->list, at), "count") >= n)
		at++;
	if (json_array_insert_new(r->list, at, json_pack("{s:s, s:I}", "code", code, "count", (json_int_t)n)) != 0)
		return fj_no_memory(err, "issuer");
	if (size == CLASSES) {
		r->others += fj_json_num(json_array_get(r->list, CLASSES), "count");
		json_array_remove(r->list, CLASSES);
	}
	return FJ_OK;
}

/* --- by months, oldest first --- */

struct monthly {
	int first;  /* months since year 0 of the first */
	bool ends;  /* codes are states with their last day */
	char today[FJ_TIME_CAP];
	int64_t n[MONTHS];
};

/* the first of them is so many months from now */
static void months(struct monthly *m, fj_time now, int from)
{
	struct fj_date d = fj_date_of(now, FJ_CHINA_OFFSET);

	m->first = d.y * 12 + d.m - 1 + from;
	fj_date_china(now, m->today);
}

/* "2026-03" or a day of it */
static enum fj_rc by_month(void *ctx, const char *text, int64_t n, struct fj_err *err)
{
	struct monthly *m = ctx;
	struct code c = {.mode = ""};

	(void)err;
	if (m->ends)
		code_of(text, false, &c);
	const char *day = m->ends ? c.day : text;
	if (m->ends && strcmp(day, m->today) < 0)
		return FJ_OK;
	long at = strlen(day) >= 7 ? strtol(day, NULL, 10) * 12 + strtol(day + 5, NULL, 10) - 1 - m->first : -1;
	if (at >= 0 && at < MONTHS)
		m->n[at] += n;
	return FJ_OK;
}

/* what was counted, one list or two beside each other */
static enum fj_rc month_rows(const struct monthly *list, size_t n, const char *const *series, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) rows = json_array();

	for (int k = 0; k < MONTHS; k++) {
		char code[24];
		snprintf(code, sizeof(code), "%04d-%02d", (list->first + k) / 12, (list->first + k) % 12 + 1);
		json_t *row = json_pack("{s:s}", "code", code);
		for (size_t s = 0; s < n; s++)
			json_object_set_new(row, series[s], json_integer((json_int_t)list[s].n[k]));
		if (json_array_append_new(rows, row) != 0)
			return fj_no_memory(err, "issuer");
	}
	*out = fj_move(rows);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- the figures --- */

struct made {
	const struct hom *h;
	json_t *list;
};

static enum fj_rc put(struct made *m, const char *figure, enum hom_about about, const char *unit, const char *const *series, json_t *rows, struct fj_err *err)
{
	FJ_AUTO(json) keys = json_array();

	for (const char *const *s = series; *s != NULL; s++)
		json_array_append_new(keys, json_string(*s));
	return json_array_append_new(m->list, json_pack("{s:s, s:o, s:s, s:O, s:O}", "figure", figure, "of", scope_json(&m->h->of[about]), "unit", unit, "series", keys,
	    "rows", rows)) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static const struct plain {
	const char *figure, *what;
	enum hom_about about;
	const char *const *series;
	each_fn row;
} plains[] = {
	{"assets.state", "asset", HOM_ASSETS, counts, as_it_is}, {"assets.industry", "industry", HOM_ASSETS, counts, as_it_is}, {"assets.class", "class", HOM_ASSETS, counts, by_class},
	{"certificates.state", "certificate", HOM_CERTIFICATES, counts, by_state}, {"authorisations.mode", "authorisation", HOM_AUTHORISATIONS, states, by_mode},
	{"tokens.state", "token", HOM_TOKENS, counts, by_state},
};

static enum fj_rc plain(struct made *m, const struct plain *p, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	struct rows r = {.list = list, .series = p->series};

	if (m->h->of[p->about].whose == 0)
		return FJ_OK;
	fj_date_china(m->h->c->now, r.today);
	FJ_TRY(each(m->h->c->db, &m->h->of[p->about], what_of(m->h, p->about, p->what), p->row, &r, err));
	if (r.others > 0)
		FJ_TRY(add(list, p->series, "*", "count", r.others, err));
	return put(m, p->figure, p->about, "count", p->series, list, err);
}

static enum fj_rc monthly(struct made *m, const char *figure, const char *what, bool ends, struct fj_err *err)
{
	const struct hom *h = m->h;
	const struct hom_scope *of = &h->of[HOM_CERTIFICATES];
	struct monthly ctx = {.ends = ends};
	json_t *rows = NULL;

	if (of->whose == 0)
		return FJ_OK;
	months(&ctx, h->c->now, ends ? 0 : 1 - MONTHS);
	FJ_TRY(each(h->c->db, of, what, by_month, &ctx, err));
	FJ_TRY(month_rows(&ctx, 1, counts, &rows, err));
	FJ_AUTO(json) owned = rows;
	return put(m, figure, HOM_CERTIFICATES, "count", counts, owned, err);
}

static enum fj_rc revenue(struct made *m, struct fj_err *err)
{
	const struct hom *h = m->h;
	struct monthly both[2] = {{.first = 0}, {.first = 0}}; /* shared, remitted */
	json_t *rows = NULL;

	if (h->of[HOM_REVENUE].whose == 0)
		return FJ_OK;
	for (int k = 0; k < 2; k++)
		months(&both[k], h->c->now, 1 - MONTHS);
	FJ_TRY(each(h->c->db, &h->of[HOM_REVENUE], "shared", by_month, &both[0], err));
	FJ_TRY(each(h->c->db, &h->of[HOM_REMITTED], "remitted", by_month, &both[1], err));
	FJ_TRY(month_rows(both, 2, money, &rows, err));
	FJ_AUTO(json) owned = rows;
	return put(m, "revenue.months", HOM_REVENUE, "fen", money, owned, err);
}

enum fj_rc hom_figures(const struct hom *h, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	struct made m = {h, list};

	for (size_t i = 0; i < FJ_ARRAY_LEN(plains); i++)
		FJ_TRY(plain(&m, &plains[i], err));
	FJ_TRY(monthly(&m, "certificates.issued", "issued", false, err));
	FJ_TRY(monthly(&m, "certificates.ending", "certificate", true, err));
	FJ_TRY(revenue(&m, err));
	*out = fj_move(list);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
