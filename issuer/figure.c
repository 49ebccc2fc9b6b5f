/*
 * figure.c - figures counted over the register as it stood.
 *
 * What a table says today is no figure of a period that is over, and a state has more
 * causes than one event (a successor's issuance supersedes its predecessor).  So the
 * events up to the period's end are replayed by the same functions that made the
 * register, and counted by the SQL of figures.def.  While no event lies behind the end
 * that is the register itself, and nothing is replayed.
 */
#include "issuer/figure.h"

#include <unistd.h>

#include "base/secret.h"

#define MAX_ROWS 5000          /* of one list */
#define MAX_IN_MEMORY 200000   /* events; more are replayed into a file under run/ */

const struct fig fig_table[] = {
#define FIGURE(id, reports, section, key, unit, zh, en, how_zh, how_en, sql) {STO_FIG_##id, reports, FIG_SECTION_##section, key, FIG_UNIT_##unit, NULL, zh, en, how_zh, how_en},
#define LISTING(id, reports, section, key, columns, zh, en, how_zh, how_en, sql) {STO_FIG_##id, reports, FIG_SECTION_##section, key, FIG_UNIT_COUNT, columns, zh, en, how_zh, how_en},
#include "issuer/store/figures.def"
#undef FIGURE
#undef LISTING
};

size_t fig_count(void)
{
	return FJ_ARRAY_LEN(fig_table);
}

const struct fig *fig_find(const char *key)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(fig_table); i++)
		if (strcmp(fig_table[i].key, key) == 0)
			return &fig_table[i];
	return NULL;
}

void fig_section_names(enum fig_section s, const char **zh, const char **en)
{
	static const struct {
		const char *zh, *en;
	} names[FIG_SECTIONS] = {
		[FIG_SECTION_LEDGER] = {"数据资产台账", "Ledger"}, [FIG_SECTION_REGISTRATION] = {"数据资产登记", "Registration"}, [FIG_SECTION_CERTIFICATE] = {"数据资产证书", "Certificates"},
		[FIG_SECTION_AUTHORISATION] = {"授权运营", "Authorised operation"}, [FIG_SECTION_REVENUE] = {"收益分配", "Revenue"}, [FIG_SECTION_CIRCULATION] = {"交易流通", "Circulation"},
		[FIG_SECTION_RISK] = {"风险防控", "Risks"}, [FIG_SECTION_DISPOSAL] = {"使用和处置", "Use and disposal"}, [FIG_SECTION_DISCLOSURE] = {"授权和产品", "Authorisations and products"},
	};

	*zh = names[s].zh;
	*en = names[s].en;
}

const char *iss_report_section(const char *zh)
{
	const char *name, *en;

	for (int s = 0; s < FIG_SECTIONS; s++) {
		fig_section_names((enum fig_section)s, &name, &en);
		if (strcmp(name, zh) == 0)
			return en;
	}
	return zh;
}

/* --- the register as it stood --- */

static enum fj_rc last_event(struct sto *db, int64_t *seq, fj_time *at, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_EVENT_LIST, &q, "event", err, "ii", (int64_t)INT64_MAX, (int64_t)1));
	*seq = sto_int(&q, 0);
	*at = sto_int(&q, 1);
	return FJ_OK;
}

static enum fj_rc open_scratch(struct fig_past *p, int64_t events, struct fj_err *err)
{
	uint8_t name[8];
	char hex[17];

	if (events > MAX_IN_MEMORY) {
		fj_random(name, sizeof(name));
		fj_hex(name, sizeof(name), hex);
		snprintf(p->file, sizeof(p->file), "run/past-%s.db", hex);
	}
	FJ_TRY(sto_open(p->file[0] != '\0' ? p->file : ":memory:", true, &p->db, err));
	p->own = true;
	return sto_begin(p->db, err);
}

enum fj_rc fig_past(struct iss_call *c, fj_time from, fj_time to, struct fig_past *out, struct fj_err *err)
{
	int64_t seq;
	fj_time at;

	*out = (struct fig_past){.own = false};
	FJ_TRY(last_event(c->db, &seq, &at, err));
	if (at < to) {
		out->db = c->db;
		return FJ_OK;
	}
	enum fj_rc rc = open_scratch(out, seq, err);
	if (rc == FJ_OK)
		rc = evt_replay(c->db, out->db, from, to, err);
	if (rc != FJ_OK)
		fig_past_drop(out);
	return rc;
}

void fig_past_drop(struct fig_past *p)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char name[64];

	if (!p->own)
		return;
	p->own = false;
	if (p->db != NULL)
		sto_rollback(p->db);
	sto_close(p->db);
	for (size_t i = 0; p->file[0] != '\0' && i < FJ_ARRAY_LEN(ends); i++) {
		snprintf(name, sizeof(name), "%s%s", p->file, ends[i]);
		unlink(name);
	}
}

/* --- counting --- */

static bool belongs(const struct fig *f, unsigned report)
{
	return (f->reports & report & ~(unsigned)FIG_MAIN) != 0 && (!(report & FIG_MAIN) || (f->reports & FIG_MAIN));
}

enum fj_rc fig_values(struct sto *db, const struct fig_of *of, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) values = json_object();

	for (size_t i = 0; i < FJ_ARRAY_LEN(fig_table); i++) {
		const struct fig *f = &fig_table[i];
		FJ_AUTO(sto_q) q = {0};
		if (f->columns != NULL || !belongs(f, of->report))
			continue;
		FJ_TRY(sto_first(db, f->sql, &q, f->key, err, "iit", (int64_t)of->from, (int64_t)of->to, of->unit));
		if (fj_json_set(values, f->key, json_integer((json_int_t)sto_int(&q, 0))) != FJ_OK)
			return fj_no_memory(err, "issuer");
	}
	*out = fj_move(values);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* "key|zh|type;key|zh|type" */
json_t *fig_columns(const struct fig *f)
{
	json_t *list = json_array();

	for (const char *s = f->columns; s != NULL && *s != '\0';) {
		size_t a = strcspn(s, "|"), b = strcspn(s + a + 1, "|"), n = strcspn(s, ";");
		json_array_append_new(list, json_pack("{s:s%, s:s%, s:s%}", "key", s, a, "zh", s + a + 1, b, "type", s + a + b + 2, n - a - b - 2));
		s += n + (s[n] == ';');
	}
	return list;
}

static json_t *list_row(const struct sto_q *q, const json_t *columns)
{
	json_t *row = json_object(), *c;
	size_t i;

	json_array_foreach(columns, i, c) {
		const char *type = fj_json_text(c, "type");
		bool number = strcmp(type, "integer") == 0 || strcmp(type, "fen") == 0;
		json_object_set_new(row, fj_json_text(c, "key"), number ? json_integer((json_int_t)sto_int(q, (int)i)) : json_string(sto_text(q, (int)i)));
	}
	return row;
}

static enum fj_rc one_list(struct sto *db, const struct fig *f, const struct fig_of *of, json_t *rows, struct fj_err *err)
{
	FJ_AUTO(json) columns = fig_columns(f);
	FJ_AUTO(sto_q) q = {0};
	bool more;

	FJ_TRY(sto_query(db, f->sql, &q, err, "iit", (int64_t)of->from, (int64_t)of->to, of->unit));
	for (;;) {
		FJ_TRY(sto_step(&q, &more, err));
		if (!more)
			return FJ_OK;
		if (json_array_size(rows) == MAX_ROWS) {
			enum fj_rc rc = fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "the list \"%s\" of this report has more than %d rows; ask for one unit at a time", f->en, MAX_ROWS);
			fj_err_zh(err, "报告中“%s”超过 %d 行；请按单位分别生成", f->zh, MAX_ROWS);
			return rc;
		}
		if (json_array_append_new(rows, list_row(&q, columns)) != 0)
			return fj_no_memory(err, "issuer");
	}
}

enum fj_rc fig_lists(struct sto *db, const struct fig_of *of, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) lists = json_object();

	for (size_t i = 0; i < FJ_ARRAY_LEN(fig_table); i++) {
		FJ_AUTO(json) rows = json_array();
		if (fig_table[i].columns == NULL || !belongs(&fig_table[i], of->report))
			continue;
		FJ_TRY(one_list(db, &fig_table[i], of, rows, err));
		if (fj_json_set(lists, fig_table[i].key, json_incref(rows)) != FJ_OK)
			return fj_no_memory(err, "issuer");
	}
	*out = fj_move(lists);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
