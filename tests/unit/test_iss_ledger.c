/*
 * test_iss_ledger.c - the import of a ledger into a register in memory: all or
 * none, the good lines when asked, every fault with line and column, and no
 * trace of a line that is marked secret.
 */
#include "issuer/iss.h"
#include "issuer/ledger_sheet.h"
#include "tests/unit/test.h"

#define HEAD "台账编号,数据资源目录编号,名称,概述,形成方式,共享来源单位,是否涉密\r\n"
#define HOLDER "12100000DEMA000804"

static const struct iss_actor officer = {.login = "qx1", .person = "p-1", .name = "示例", .org = HOLDER, .roles = ISS_HOLDER, .via = "cli"};
static const struct iss_actor nobody = {.login = "", .roles = ISS_LOCAL, .via = "cli"};

static json_t *command(struct iss *i, const struct iss_actor *who, const char *name, json_t *params, enum fj_rc *rc, struct fj_err *err)
{
	json_t *answer = NULL;

	*rc = iss_command(i, who, name, params, &answer, err);
	json_decref(params);
	return answer;
}

static json_t *ask(struct iss *i, const struct iss_actor *who, json_t *params, enum fj_rc *rc, struct fj_err *err)
{
	return command(i, who, "ledger.import", params, rc, err);
}

/* a register in memory: one connection writes and reads */
static enum fj_rc open_register(struct iss **out, struct fj_err *err)
{
	static const struct iss_conf conf = {.with_signer = true};

	FJ_TRY(iss_new(&conf, out, err));
	FJ_TRY(sto_open(":memory:", true, &(*out)->db, err));
	(*out)->reader[0] = (*out)->db;
	return FJ_OK;
}

static void close_register(struct iss *i)
{
	i->reader[0] = NULL;
	iss_close(i);
}

#define REGISTER()                                            \
	struct fj_err err = {0};                              \
	struct iss *db = NULL;                                \
	enum fj_rc rc;                                        \
	CHECK_OK(open_register(&db, &err))
#define IMPORT(name, ...)                                                       \
	FJ_AUTO(json) name = ask(db, &officer, json_pack(__VA_ARGS__), &rc, &err); \
	CHECK_OK(rc);                                                           \
	CHECK((name) != NULL)
#define RUN(name, what, ...)                                                    \
	FJ_AUTO(json) name = command(db, &officer, what, json_pack(__VA_ARGS__), &rc, &err); \
	CHECK_OK(rc)

static int64_t number(const json_t *a, const char *key)
{
	return json_integer_value(json_object_get(a, key));
}

static size_t count(const json_t *a, const char *key)
{
	return json_array_size(json_object_get(a, key));
}

static bool fault_is(const json_t *a, size_t i, int line, int column, const char *rule)
{
	const json_t *f = json_array_get(json_object_get(a, "faults"), i);
	const json_t *d = json_object_get(f, "detail");

	return number(f, "line") == line && number(f, "column") == column && strcmp(fj_json_peek(f, "rule"), rule) == 0 &&
	    fj_json_peek(d, "en")[0] != '\0' && fj_json_peek(d, "zh")[0] != '\0';
}

/* the corrected file, CSV, as text */
static const char *corrected(const json_t *a)
{
	static struct fj_buf b = FJ_BUF_INIT(1u << 20);
	const char *b64 = fj_json_peek(json_object_get(a, "corrected"), "base64url");

	fj_buf_clear(&b);
	return b64 == NULL || fj_b64u_get(b64, strlen(b64), &b) != FJ_OK ? "" : fj_buf_str(&b);
}

static int64_t stored(struct iss *i)
{
	FJ_AUTO(sto_q) q = {0};
	int64_t n = 0;
	bool row = true;

	if (sto_query(i->db, STO_REB_LEDGER, &q, NULL, "") != FJ_OK)
		return -1;
	while (sto_step(&q, &row, NULL) == FJ_OK && row)
		n++;
	return row ? -1 : n;
}

TEST("a good file is taken, with the events' hand only; the same again changes nothing")
{
	REGISTER();
	IMPORT(a, "{s:s}", "file", "\xef\xbb\xbf" HEAD "L-1,CAT-1,甲,概述,自主采集,,否\r\nL-2,CAT-2,乙,\"含,逗号\",共享取得,某局,否\r\n");
	CHECK(number(a, "imported") == 2 && count(a, "faults") == 0);
	IMPORT(b, "{s:s}", "file", HEAD "L-1,CAT-1,甲,概述,自主采集,,否\r\n");
	CHECK(number(b, "imported") == 0 && number(b, "unchanged") == 1 && count(b, "faults") == 0);
	CHECK(stored(db) == 2);
	close_register(db);
}

TEST("one broken line: none is taken; with partial the others are")
{
	REGISTER();
	static const char text[] = HEAD "L-1,CAT-1,甲,,自主采集,,\r\nL-2,CAT-2,\"乙\"x,,自主采集,,\r\nL-3,CAT-3,丙,,自主采集,,\r\n";
	IMPORT(a, "{s:s}", "file", text);
	CHECK(number(a, "imported") == 0 && json_is_true(json_object_get(a, "refused")));
	CHECK(count(a, "faults") == 1 && fault_is(a, 0, 3, 3, "RFC 4180 2"));
	CHECK(stored(db) == 0);
	IMPORT(b, "{s:s, s:b}", "file", text, "partial", 1);
	CHECK(number(b, "imported") == 2 && count(b, "faults") == 1);
	CHECK(stored(db) == 2);
	close_register(db);
}

TEST("every fault of a file is told at once, with its cell and rule")
{
	REGISTER();
	IMPORT(a, "{s:s}", "file", HEAD "L-1,,甲,,自主采集,,\r\n,CAT-2,乙,,自主采集,,\r\nL-3,CAT-3,丙,,偷来,,\r\nL-4,CAT-4,丁,,共享取得,,\r\n");
	CHECK(count(a, "faults") == 4);
	CHECK(fault_is(a, 0, 2, 2, "R02"));
	CHECK(fault_is(a, 1, 3, 1, "domain.md 4.2"));
	CHECK(fault_is(a, 2, 4, 5, "1号(三) [M]"));
	CHECK(fault_is(a, 3, 5, 5, "R16"));
	close_register(db);
}

TEST("a number twice in a file, and one that another entry has, are faults")
{
	REGISTER();
	IMPORT(a, "{s:s}", "file", HEAD "L-1,CAT-1,甲,,自主采集,,\r\nL-1,CAT-1,甲,,自主采集,,\r\n");
	CHECK(count(a, "faults") == 1 && fault_is(a, 0, 3, 1, "domain.md 4.2"));
	IMPORT(b, "{s:s}", "file", HEAD "L-1,CAT-1,甲,,自主采集,,\r\n");
	CHECK(number(b, "imported") == 1);
	IMPORT(d, "{s:s}", "file", HEAD "L-1,CAT-9,别的,,自主采集,,\r\n");
	CHECK(count(d, "faults") == 1 && number(d, "imported") == 0);
	CHECK(stored(db) == 1);
	close_register(db);
}

TEST("a secret line is not stored, and of it only the number is repeated")
{
	REGISTER();
	static const char text[] = HEAD "L-1,CAT-1,甲,,自主采集,,否\r\nL-2,CAT-2,绝密名称,,自主采集,,是\r\n";
	IMPORT(a, "{s:s}", "file", text);
	CHECK(number(a, "imported") == 0 && count(a, "secret_lines") == 1);
	IMPORT(b, "{s:s, s:b}", "file", text, "partial", 1);
	CHECK(number(b, "imported") == 1);
	CHECK(json_integer_value(json_array_get(json_object_get(b, "secret_lines"), 0)) == 3);
	FJ_AUTO(buf) out = FJ_BUF_INIT(65536);
	CHECK_OK(fj_json_canonical(b, &out, &err));
	CHECK(strstr(fj_buf_str(&out), "绝密") == NULL && strstr(fj_buf_str(&out), "L-2") == NULL);
	CHECK(stored(db) == 1);
	close_register(db);
}

TEST("a mark that is neither yes nor no is a fault: nothing secret slips in by another word")
{
	static const char *const marks[] = {"待定", "?", "2", "是否", "x"};
	REGISTER();
	for (size_t i = 0; i < FJ_ARRAY_LEN(marks); i++) {
		char text[400];
		snprintf(text, sizeof(text), HEAD "L-1,CAT-1,甲,,自主采集,,%s\r\n", marks[i]);
		IMPORT(a, "{s:s, s:b, s:s}", "file", text, "partial", 1, "corrected", "csv");
		CHECK(number(a, "imported") == 0);
		CHECK(count(a, "faults") == 1 && fault_is(a, 0, 2, 7, "domain.md decision 12"));
		CHECK(strstr(corrected(a), "甲") == NULL);
	}
	CHECK(stored(db) == 0);
	close_register(db);
}

TEST("a mark of secrecy is seen in every column that may hold one, and in every spelling")
{
	static const char *const marks[] = {"是", " Ｙes ", "机密", "秘密★5年", "绝密级（长期）", "TRUE", "１", "涉密", "√"};
	static const char *const open[] = {"", "否", "ＮＯ", "公开", "非涉密", "内部", " "};
	REGISTER();
	for (size_t i = 0; i < FJ_ARRAY_LEN(marks); i++) {
		char text[600];
		snprintf(text, sizeof(text), "台账编号,数据资源目录编号,名称,形成方式,涉密,密级\r\nL-%zu,CAT-%zu,甲,自主采集,否,%s\r\n", i, i, marks[i]);
		IMPORT(a, "{s:s, s:b, s:s}", "file", text, "partial", 1, "corrected", "csv");
		CHECK(number(a, "imported") == 0 && count(a, "faults") == 0 && number(a, "secret_total") == 1);
		CHECK(json_object_get(a, "corrected") == NULL);
	}
	for (size_t i = 0; i < FJ_ARRAY_LEN(open); i++) {
		char text[600];
		snprintf(text, sizeof(text), "台账编号,数据资源目录编号,名称,形成方式,涉密,密级\r\nL-%zu,CAT-%zu,甲,自主采集,否,%s\r\n", i, i, open[i]);
		IMPORT(a, "{s:s}", "file", text);
		CHECK(number(a, "imported") == 1);
	}
	close_register(db);
}

TEST("a line with more or fewer fields than the heading is a fault: its cells can't be told apart")
{
	REGISTER();
	/* an unquoted comma moves the secret mark beyond the last column */
	IMPORT(a, "{s:s, s:b}", "file", HEAD "L-1,CAT-1,甲,概述,分列,自主采集,,是\r\nL-2,CAT-2,乙\r\n", "partial", 1);
	CHECK(number(a, "imported") == 0 && count(a, "faults") == 2);
	CHECK(fault_is(a, 0, 2, 8, "RFC 4180 2"));
	CHECK(fault_is(a, 1, 3, 4, "RFC 4180 2"));
	CHECK(stored(db) == 0);
	close_register(db);
}

TEST("a file that can't be read is line 1, column 1")
{
	REGISTER();
	IMPORT(a, "{s:{s:s}}", "file", "base64url", "__5hAAo"); /* UTF-16 */
	CHECK(count(a, "faults") == 1 && fault_is(a, 0, 1, 1, "ISO/IEC 29500"));
	IMPORT(b, "{s:s}", "file", "");
	CHECK(count(b, "faults") == 1 && fault_is(b, 0, 1, 1, "domain.md 4.2"));
	IMPORT(d, "{s:s}", "file", "名称\r\n甲\r\n");
	CHECK(count(d, "faults") == 3 && fault_is(d, 0, 1, 1, "domain.md 4.2"));
	CHECK(stored(db) == 0);
	close_register(db);
}

TEST("a dry run needs no officer and stores nothing; an import needs the holder's own")
{
	REGISTER();
	FJ_AUTO(json) dry = ask(db, &nobody, json_pack("{s:s, s:b}", "file", HEAD "L-1,CAT-1,甲,,自主采集,,\r\n", "dry_run", 1), &rc, &err);
	CHECK_OK(rc);
	CHECK(number(dry, "good") == 1 && number(dry, "imported") == 0 && stored(db) == 0);
	FJ_AUTO(json) no = ask(db, &nobody, json_pack("{s:s}", "file", HEAD), &rc, &err);
	CHECK_RC(rc, FJ_E_AUTH);
	FJ_AUTO(json) other = ask(db, &officer, json_pack("{s:s, s:s}", "file", HEAD, "org", "12100000DEMA000729"), &rc, &err);
	CHECK_RC(rc, FJ_E_FORBIDDEN);
	CHECK(stored(db) == 0);
	close_register(db);
}

TEST("every kind of fault of a row is found where it is")
{
	static const struct {
		enum led_fault kind;
		int column;
		const char *row;
	} rows[] = {
		{LED_F_COLUMNS, 21, "L-1,C-1,甲,,自主采集,,,,,,,,,,,,,,,,"},
		{LED_F_COLUMNS, 2, "L-1"},
		{LED_F_BROKEN, 3, "L-1,C-1,甲\",,自主采集,,,,,,,,,,,,,,,"},
		{LED_F_SECRET_UNCLEAR, 20, "L-1,C-1,甲,,自主采集,,,,,,,,,,,,,,,也许"},
		{LED_F_REQUIRED, 1, " ,C-1,甲,,自主采集,,,,,,,,,,,,,,,"},
		{LED_F_REQUIRED, 3, "L-1,C-1,　,,自主采集,,,,,,,,,,,,,,,"},
		{LED_F_REQUIRED, 5, "L-1,C-1,甲,,,,,,,,,,,,,,,,,"},
		{LED_F_CATALOG_EMPTY, 2, "L-1,,甲,,自主采集,,,,,,,,,,,,,,,"},
		{LED_F_TOO_LONG, 1, "12345678901234567890123456789012345678901,C-1,甲,,自主采集,,,,,,,,,,,,,,,"},
		{LED_F_CONTROL, 4, "L-1,C-1,甲,a\x01,自主采集,,,,,,,,,,,,,,,"},
		{LED_F_ERROR_VALUE, 7, "L-1,C-1,甲,,自主采集,,#REF!,,,,,,,,,,,,,"},
		{LED_F_DIGITS_LOST, 1, "4.20100E+11,C-1,甲,,自主采集,,,,,,,,,,,,,,,"},
		{LED_F_SJ_NUMBER, 2, "L-1,SJ2611000000001,甲,,自主采集,,,,,,,,,,,,,,,"},
		{LED_F_FORMED, 5, "L-1,C-1,甲,,捡来,,,,,,,,,,,,,,,"},
		{LED_F_SHARED_UNIT, 5, "L-1,C-1,甲,,共享取得,,,,,,,,,,,,,,,"},
		{LED_F_NOT_SHARED, 6, "L-1,C-1,甲,,购置,某局,,,,,,,,,,,,,,"},
		{LED_F_INDUSTRY, 7, "L-1,C-1,甲,,购置,,N80,,,,,,,,,,,,,"},
		{LED_F_SCHEME, 8, "L-1,C-1,甲,,购置,,,自定,1,,,,,,,,,,,"},
		{LED_F_CLASS, 9, "L-1,C-1,甲,,购置,,,LOCAL,a-1,,,,,,,,,,,"},
		{LED_F_CLASS_ALONE, 9, "L-1,C-1,甲,,购置,,,,A1,,,,,,,,,,,"},
		{LED_F_SCHEME_ALONE, 8, "L-1,C-1,甲,,购置,,,LOCAL,,,,,,,,,,,,"},
		{LED_F_DATE, 10, "L-1,C-1,甲,,购置,,,,,2026-02-29,,,,,,,,,,"},
		{LED_F_DATE, 11, "L-1,C-1,甲,,购置,,,,,,长期,,,,,,,,,"},
		{LED_F_DATE_ORDER, 11, "L-1,C-1,甲,,购置,,,,,2026-03-01,2026年2月1日,,,,,,,,,"},
		{LED_F_FREQUENCY, 12, "L-1,C-1,甲,,购置,,,,,,,有时,,,,,,,,"},
		{LED_F_SCOPE, 13, "L-1,C-1,甲,,购置,,,,,,,,本市,,,,,,,"},
		{LED_F_SOURCE, 14, "L-1,C-1,甲,,购置,,,,,,,,,网络,,,,,,"},
		{LED_F_STRUCTURE, 15, "L-1,C-1,甲,,购置,,,,,,,,,,图,,,,,"},
		{LED_F_LEVEL, 16, "L-1,C-1,甲,,购置,,,,,,,,,,,高,,,,"},
		{LED_F_CORE, 16, "L-1,C-1,甲,,购置,,,,,,,,,,,核心,,,,"},
		{LED_F_NUMBER, 17, "L-1,C-1,甲,,购置,,,,,,,,,,,,约十万,,,"},
		{LED_F_PERSONAL, 18, "L-1,C-1,甲,,购置,,,,,,,,,,,,,有,,"},
		{LED_F_TWICE, 1, "Ｌ－0,C-1,甲,,购置,,,,,,,,,,,,,,,"},
		{LED_F_SAME_DATA, 2, "L-1,Ｃ-0, 首条,,购置,,,,,,,,,,,,,,,"},
	};
	REGISTER();
	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++) {
		FJ_AUTO(buf) text = FJ_BUF_INIT(8192);
		const json_t *f;
		for (int k = 0; k < LED_COLUMNS; k++)
			CHECK_RC(fj_buf_printf(&text, "%s%s", k > 0 ? "," : "", k % 2 ? led_cols[k].field : led_cols[k].zh), FJ_OK);
		CHECK_RC(fj_buf_printf(&text, "\r\nL-0,C-0,首条,,自主采集,,N76 水利管理业,LOCAL,A.1,2015/1/1,20241231,按天,全国,采集生成,结构化,一般,\"4,200\",不涉及,处,否\r\n%s\r\n", rows[i].row), FJ_OK);
		IMPORT(a, "{s:s, s:b}", "file", fj_buf_str(&text), "dry_run", 1);
		f = json_array_get(json_object_get(a, "faults"), 0);
		CHECK(count(a, "faults") == 1 && number(f, "line") == 3 && number(a, "good") == 1);
		CHECK_STR(fj_json_peek(f, "kind"), led_faults[rows[i].kind].kind);
		CHECK(number(f, "column") == rows[i].column);
	}
	close_register(db);
}

TEST("what was written is kept, dates and choices in one form; more of a card than before is kept beside")
{
	REGISTER();
	IMPORT(a, "{s:s}", "file", "资产名称,台账编号,目录编号,形成方式,所属行业,时域起,数据分级,数据量,分类标准,分类代码,备注,密级\r\n"
	    "（甲）　乙\t丙 ,L－1,C,自主采集,N76 水利管理业,2015年1月1日,重要,\"4,200\",LOCAL,A.1,随便,公开\r\n");
	CHECK(number(a, "imported") == 1 && count(a, "ignored") == 1);
	FJ_AUTO(json) list = command(db, &officer, "ledger.list", json_object(), &rc, &err);
	const char *id = fj_json_peek(json_array_get(json_object_get(list, "items"), 0), "id");
	RUN(e, "ledger.show", "{s:s}", "id", id);
	CHECK_STR(fj_json_peek(e, "name"), "（甲） 乙 丙");
	CHECK_STR(fj_json_peek(e, "ledger_no"), "L－1");
	CHECK_STR(fj_json_peek(e, "industry"), "N76");
	CHECK_STR(fj_json_peek(e, "class_code"), "A.1");
	CHECK_STR(fj_json_peek(json_object_get(e, "more"), "time_from"), "2015-01-01");
	CHECK_STR(fj_json_peek(json_object_get(e, "more"), "data_level"), "IMPORTANT");
	CHECK_STR(fj_json_peek(json_object_get(e, "more"), "volume_rows"), "4200");
	IMPORT(b, "{s:s}", "file", "台账编号,数据资源目录编号,名称,形成方式\r\nL-1,C,（甲） 乙 丙,自主采集\r\n");
	CHECK(count(b, "faults") == 1 && fault_is(b, 0, 2, 1, "domain.md 4.2"));
	CHECK_STR(fj_json_peek(json_array_get(json_object_get(b, "faults"), 0), "kind"), "differs");
	close_register(db);
}

TEST("a title above, a heading of two rows, columns in any order; a heading that stands twice is refused")
{
	REGISTER();
	IMPORT(a, "{s:s}", "file", "某单位数据资源目录,,,,,\r\n台账编号,目录编号,名称,形成方式,时域范围,\r\n,,,,起,止\r\nL-1,C-1,甲,购置,2020-01-01,2021-01-01\r\n");
	CHECK(number(a, "imported") == 1 && count(a, "faults") == 0 && count(a, "ignored") == 0);
	IMPORT(b, "{s:s}", "file", "台账编号,目录编号,名称,形成方式,资产名称\r\nL-2,C-2,乙,购置,丙\r\n");
	CHECK(number(b, "imported") == 0 && count(b, "faults") == 1 && fault_is(b, 0, 1, 5, "domain.md 4.2"));
	close_register(db);
}

TEST("what a sender's headings mean is learned once, and kept; marks of secrecy keep their meaning")
{
	static const char file[] = "序号,我方代码,目录,叫法,怎么来的,密级\r\n1,L-1,C-1,甲,购置,公开\r\n2,L-2,C-2,乙,购置,机密\r\n";
	REGISTER();
	IMPORT(a, "{s:s}", "file", file);
	CHECK(count(a, "faults") == 4 && number(a, "imported") == 0);
	RUN(m, "ledger.map", "{s:{s:s, s:s, s:s, s:s}}", "mapping", " 我方 代码", "ledger_no", "目录", "catalog_ref", "叫法", "name", "怎么来的", "formed_by");
	IMPORT(b, "{s:s, s:b}", "file", file, "partial", 1);
	CHECK(number(b, "imported") == 1 && number(b, "secret_total") == 1 && count(b, "ignored") == 1);
	FJ_AUTO(json) no = command(db, &officer, "ledger.map", json_pack("{s:{s:s}}", "mapping", "密级", "name"), &rc, &err);
	CHECK_RC(rc, FJ_E_INVALID);
	FJ_AUTO(json) none = command(db, &officer, "ledger.map", json_pack("{s:{s:s}}", "mapping", "叫法", "nobody"), &rc, &err);
	CHECK_RC(rc, FJ_E_INVALID);
	FJ_AUTO(json) other = command(db, &officer, "ledger.map", json_pack("{s:s, s:{}}", "org", "12100000DEMA000729", "mapping"), &rc, &err);
	CHECK_RC(rc, FJ_E_FORBIDDEN);
	RUN(end, "ledger.map", "{s:{}}", "mapping");
	IMPORT(d, "{s:s}", "file", file);
	CHECK(count(d, "faults") == 4);
	close_register(db);
}

TEST("the faulty rows come back as a file, never a secret one; corrected, it is imported")
{
	for (int f = 0; f < 2; f++) {
		REGISTER();
		IMPORT(a, "{s:s, s:b, s:s}", "file", HEAD "L-1,C-1,甲,,捡来,,否\r\nL-2,C-2,机要名,,自主采集,,是\r\nL-3,C-3,丙,,自主采集,,\r\nL-4,C-4,\r\n", "partial", 1,
		    "corrected", f ? "xlsx" : "csv");
		CHECK(number(a, "imported") == 1 && number(a, "corrected_rows") == 2);
		FJ_AUTO(buf) file = FJ_BUF_INIT(1u << 20);
		FJ_AUTO(sheet) s = NULL;
		struct sheet_row row;
		bool more;
		const char *b64 = fj_json_peek(json_object_get(a, "corrected"), "base64url");
		CHECK_RC(fj_b64u_get(b64, strlen(b64), &file), FJ_OK);
		CHECK_OK(sheet_open(fj_buf_slice(&file), &s, &err));
		CHECK_OK(sheet_next(s, &row, &more, &err));
		CHECK_STR(row.cell[LED_NO], "台账编号");
		CHECK_STR(row.cell[LED_COLUMNS + 1], "问题");
		CHECK_OK(sheet_next(s, &row, &more, &err));
		CHECK_STR(row.cell[LED_NO], "L-1");
		CHECK_STR(row.cell[LED_COLUMNS], "2");
		CHECK(strstr(row.cell[LED_COLUMNS + 1], "形成方式") != NULL);
		CHECK_OK(sheet_next(s, &row, &more, &err));
		CHECK_STR(row.cell[LED_NO], ""); /* its cells can't be told apart */
		CHECK_STR(row.cell[LED_COLUMNS], "5");
		CHECK_OK(sheet_next(s, &row, &more, &err));
		CHECK(!more);
		IMPORT(b, "{s:o, s:b}", "file", json_stringn_nocheck((const char *)file.data, file.len), "dry_run", 1);
		CHECK(number(b, "rows") == 2 && count(b, "ignored") == 2 && fault_is(b, 0, 2, 5, "1号(三) [M]"));
		close_register(db);
	}
}

TEST("a workbook is imported as a CSV is, and the template of either kind names every column")
{
	REGISTER();
	for (int f = 0; f < 2; f++) {
		RUN(t, "ledger.template", "{s:s}", "format", f ? "xlsx" : "csv");
		FJ_AUTO(buf) file = FJ_BUF_INIT(1u << 20);
		const char *b64 = fj_json_peek(json_object_get(t, "file"), "base64url");
		CHECK_RC(fj_b64u_get(b64, strlen(b64), &file), FJ_OK);
		IMPORT(a, "{s:o}", "file", json_stringn_nocheck((const char *)file.data, file.len));
		CHECK(count(a, "faults") == 0 && count(a, "ignored") == 0 && number(a, "rows") == 0);
		CHECK_STR(fj_json_peek(a, "encoding"), f ? "XLSX" : "UTF-8 BOM");
	}
	FJ_AUTO(json) no = command(db, &officer, "ledger.template", json_pack("{s:s}", "format", "ods"), &rc, &err);
	CHECK_RC(rc, FJ_E_INVALID);
	close_register(db);
}

TEST("200,000 lines are checked; one more is too many")
{
	REGISTER();
	FJ_AUTO(buf) text = FJ_BUF_INIT(16u << 20);
	CHECK_RC(fj_buf_puts(&text, HEAD), FJ_OK);
	for (int i = 0; i < 199999; i++)
		CHECK_RC(fj_buf_printf(&text, "L-%d,CAT-%d,n%d,,自主采集,,\r\n", i, i, i), FJ_OK);
	IMPORT(a, "{s:s, s:b}", "file", fj_buf_str(&text), "dry_run", 1);
	CHECK(number(a, "good") == 199999);
	CHECK_RC(fj_buf_puts(&text, "L-x,CAT-x,x,,自主采集,,\r\n"), FJ_OK);
	FJ_AUTO(json) b = ask(db, &officer, json_pack("{s:s}", "file", fj_buf_str(&text)), &rc, &err);
	CHECK_RC(rc, FJ_E_LIMIT);
	CHECK(stored(db) == 0);
	close_register(db);
}

TEST("an import goes in steps, and one that was broken off is taken up again without loss or doubling")
{
	REGISTER();
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);
	CHECK_RC(fj_buf_puts(&text, HEAD), FJ_OK);
	for (int i = 0; i < 1200; i++)
		CHECK_RC(fj_buf_printf(&text, "L-%d,CAT-%d,n%d,,自主采集,,\r\n", i, i, i), FJ_OK);
	IMPORT(part, "{s:s}", "file", HEAD "L-7,CAT-7,n7,,自主采集,,\r\n");
	IMPORT(a, "{s:s}", "file", fj_buf_str(&text));
	CHECK(number(a, "imported") == 1199 && number(a, "unchanged") == 1 && stored(db) == 1200);
	RUN(st, "ledger.import-status", "{s:s}", "id", fj_json_peek(a, "import"));
	CHECK(number(st, "entered") == 1199 && number(st, "good") == 1199 && number(st, "rows") == 1200);
	CHECK_STR(fj_json_peek(st, "state"), "DONE");
	IMPORT(again, "{s:s}", "file", fj_buf_str(&text));
	CHECK(number(again, "imported") == 0 && number(again, "unchanged") == 1200 && count(again, "faults") == 0);
	struct sto *into = NULL;
	int64_t events, rows;
	CHECK_OK(sto_open(":memory:", true, &into, &err));
	CHECK_OK(evt_rebuild_check(db->db, into, &events, &rows, &err));
	sto_close(into);
	CHECK(events == 1200 + 4);
	close_register(db);
}

TEST("a selection is recognised at once, with its conditions; what is not held is no asset; counts follow")
{
	REGISTER();
	IMPORT(a, "{s:s}", "file", "台账编号,目录编号,名称,形成方式,行业\r\nL-1,C-1,甲,购置,N76\r\nL-2,C-2,乙,购置,N76\r\nL-3,C-3,丙,购置,\r\n");
	FJ_AUTO(json) list = command(db, &officer, "ledger.list", json_object(), &rc, &err);
	const json_t *items = json_object_get(list, "items");
	FJ_AUTO(json) ids = json_array();
	for (size_t i = 0; i < 2; i++)
		json_array_append_new(ids, json_string(fj_json_peek(json_array_get(items, i), "id")));
	json_array_append_new(ids, json_string("LG-none"));
	FJ_AUTO(json) no = command(db, &officer, "ledger.recognise", json_pack("{s:O, s:s, s:s, s:b}", "ids", ids, "result", "ASSET", "decision", "x", "held", 0), &rc, &err);
	CHECK_RC(rc, FJ_E_INVALID);
	RUN(r, "ledger.recognise", "{s:O, s:s, s:s, s:b, s:b}", "ids", ids, "result", "ASSET", "decision", "纪要", "held", 1, "measurable", 0);
	CHECK(number(r, "done") == 2 && count(r, "set_aside") == 1);
	RUN(e, "ledger.show", "{s:s}", "id", json_string_value(json_array_get(ids, 0)));
	CHECK(json_is_true(json_object_get(e, "held")) && json_is_false(json_object_get(e, "measurable")) && json_object_get(e, "benefit") == NULL);
	CHECK_STR(fj_json_peek(e, "decision"), "纪要");
	RUN(n, "ledger.counts", "{s:s}", "by", "industry");
	const json_t *t = json_object_get(n, "total");
	CHECK(number(t, "entries") == 3 && number(t, "undecided") == 1 && number(t, "unconfirmed") == 2 && json_is_null(json_object_get(t, "registered_bp")));
	CHECK(count(n, "items") == 2);
	FJ_AUTO(json) bad = command(db, &officer, "ledger.counts", json_pack("{s:s}", "by", "colour"), &rc, &err);
	CHECK_RC(rc, FJ_E_INVALID);
	close_register(db);
}

TEST_MAIN
