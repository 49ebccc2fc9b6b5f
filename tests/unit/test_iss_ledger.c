/*
 * test_iss_ledger.c - the import of a ledger into a register in memory: all or
 * none, the good lines when asked, every fault with line and column, and no
 * trace of a line that is marked secret.
 */
#include "issuer/domain.h"
#include "tests/unit/test.h"

#define HEAD "台账编号,数据资源目录编号,名称,概述,形成方式,共享来源单位,是否涉密\r\n"
#define HOLDER "12100000DEMA000804"

static const struct iss_actor officer = {.login = "qx1", .person = "p-1", .name = "示例", .org = HOLDER, .roles = ISS_HOLDER, .via = "cli"};
static const struct iss_actor nobody = {.login = "", .roles = ISS_LOCAL, .via = "cli"};

static json_t *ask(struct sto *db, const struct iss_actor *who, json_t *params, enum fj_rc *rc, struct fj_err *err)
{
	struct iss_call c = {.actor = who, .params = params, .db = db, .now = 1773619200, .acting = who->roles};

	*rc = sto_begin(db, err);
	if (*rc == FJ_OK)
		*rc = cmd_ledger_import(&c, err);
	if (*rc == FJ_OK)
		*rc = sto_commit(db, err);
	else
		sto_rollback(db);
	json_decref(params);
	return c.answer;
}

#define REGISTER()                                            \
	struct fj_err err = {0};                              \
	struct sto *db = NULL;                                \
	enum fj_rc rc;                                        \
	CHECK_OK(sto_open(":memory:", true, &db, &err))
#define IMPORT(name, ...)                                                       \
	FJ_AUTO(json) name = ask(db, &officer, json_pack(__VA_ARGS__), &rc, &err); \
	CHECK_OK(rc);                                                           \
	CHECK((name) != NULL)

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

static int64_t stored(struct sto *db)
{
	FJ_AUTO(sto_q) q = {0};
	int64_t n = 0;
	bool row = true;

	if (sto_query(db, STO_REB_LEDGER, &q, NULL, "") != FJ_OK)
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
	sto_close(db);
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
	sto_close(db);
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
	sto_close(db);
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
	sto_close(db);
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
	sto_close(db);
}

TEST("a mark that is neither yes nor no is a fault: nothing secret slips in by another word")
{
	static const char *const marks[] = {"涉密", "机密", "Y", "是 ", "Yes", "1"};
	REGISTER();
	for (size_t i = 0; i < FJ_ARRAY_LEN(marks); i++) {
		char text[400];
		snprintf(text, sizeof(text), HEAD "L-1,CAT-1,甲,,自主采集,,%s\r\n", marks[i]);
		IMPORT(a, "{s:s, s:b}", "file", text, "partial", 1);
		CHECK(number(a, "imported") == 0);
		CHECK(count(a, "faults") == 1 && fault_is(a, 0, 2, 7, "domain.md decision 12"));
	}
	CHECK(stored(db) == 0);
	sto_close(db);
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
	sto_close(db);
}

TEST("a file that can't be read is line 1, column 1")
{
	REGISTER();
	IMPORT(a, "{s:{s:s}}", "file", "base64url", "w_uzxixiCg"); /* GBK */
	CHECK(count(a, "faults") == 1 && fault_is(a, 0, 1, 1, "RFC 3629"));
	IMPORT(b, "{s:s}", "file", "");
	CHECK(count(b, "faults") == 1 && fault_is(b, 0, 1, 1, "RFC 4180 2"));
	IMPORT(d, "{s:s}", "file", "名称\r\n甲\r\n");
	CHECK(count(d, "faults") == 3 && fault_is(d, 0, 1, 1, "domain.md 4.2"));
	CHECK(stored(db) == 0);
	sto_close(db);
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
	sto_close(db);
}

TEST("20,000 lines are checked; one more is too many")
{
	REGISTER();
	FJ_AUTO(buf) text = FJ_BUF_INIT(8u << 20);
	CHECK_RC(fj_buf_puts(&text, HEAD), FJ_OK);
	for (int i = 0; i < 20000; i++)
		CHECK_RC(fj_buf_printf(&text, "L-%d,CAT-%d,n%d,,自主采集,,\r\n", i, i, i), FJ_OK);
	IMPORT(a, "{s:s, s:b}", "file", fj_buf_str(&text), "dry_run", 1);
	CHECK(number(a, "good") == 20000);
	CHECK_RC(fj_buf_puts(&text, "L-x,CAT-x,x,,自主采集,,\r\n"), FJ_OK);
	FJ_AUTO(json) b = ask(db, &officer, json_pack("{s:s}", "file", fj_buf_str(&text)), &rc, &err);
	CHECK_RC(rc, FJ_E_LIMIT);
	CHECK(stored(db) == 0);
	sto_close(db);
}

TEST_MAIN
