/*
 * test_iss_card.c - asset cards: each kind of field with what it takes and what it
 * refuses, the rules before a card, class tables, versions and their differences,
 * the way to a sheet and back (as CSV), collateral and overrides.  The register is
 * in memory; organisations and numbers are illustrative.
 */
#include "issuer/card.h"
#include "issuer/iss.h"
#include "issuer/profile.h"
#include "tests/unit/test.h"

#define FINANCE "11420000DEMA00013M"
#define INST "12420000DEMA00099D"
#define ORGAN "11100000DEMA00064H"
#define FIRM "91450100DEMA00144T"
#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const struct iss_actor inst = {.login = "hold1", .person = "p-1", .org = INST, .roles = ISS_HOLDER, .via = "cli"};
static const struct iss_actor organ = {.login = "hold2", .person = "p-2", .org = ORGAN, .roles = ISS_HOLDER, .via = "cli"};
static const struct iss_actor firm = {.login = "hold3", .person = "p-3", .org = FIRM, .roles = ISS_HOLDER, .via = "cli"};
static const struct iss_actor fin1 = {.login = "fin1", .person = "p-4", .org = FINANCE, .roles = ISS_FINANCE, .via = "cli"};
static const struct iss_actor fin2 = {.login = "fin2", .person = "p-5", .org = FINANCE, .roles = ISS_FINANCE, .via = "cli"};

/* --- the dictionary --- */

static json_t *parse(const char *text)
{
	return json_loads(text, JSON_DECODE_ANY, NULL);
}

TEST("each kind of field takes its values, in their codes, and refuses others")
{
	static const struct {
		const char *block, *key, *in, *kept, *refused;
	} cases[] = {
		{"basic", "name", "\"水文数据集\"", "\"水文数据集\"", "7"},
		{"basic", "name", "\" \"", NULL, "\"a\\u0001b\""},
		{"basic", "asset_no", "\"HB-2026_1.a\"", "\"HB-2026_1.a\"", "\"HB/1\""},
		{"basic", "class_scheme", "\"LOCAL\"", "\"LOCAL\"", "\"MINE\""},
		{"basic", "class_code", "\"A08.06\"", "\"A08.06\"", "\"a08\""},
		{"basic", "industry", "\"N76\"", "\"N76\"", "\"Z76\""},
		{"basic", "source_kind", "\"采集生成\"", "\"COLLECTED\"", "\"捡到\""},
		{"basic", "geo_scope", "\"全国\"", "\"NATIONAL\"", "\"火星\""},
		{"basic", "geo_codes", "[\"420000\",\"420100\",\"420000\"]", "[\"420000\",\"420100\"]", "[\"42\"]"},
		{"basic", "time_from", "\"2015-01-01\"", "\"2015-01-01\"", "\"2015-13-01\""},
		{"basic", "update_freq", "\"按天\"", "\"DAY\"", "\"有时\""},
		{"basic", "volume_rows", "9223372036854775807", "9223372036854775807", "-1"},
		{"basic", "volume_bytes", "0", "0", "\"0\""},
		{"basic", "form", "\"表格\"", "\"TABLE\"", "\"纸\""},
		{"basic", "structure", "\"半结构化\"", "\"SEMI\"", "\"\\u4e71\""},
		{"basic", "sample_hash", "\"" HASH "\"", "\"" HASH "\"", "\"0011\""},
		{"basic", "book_value", "123456", "123456", "12.5"},
		{"basic", "value_basis", "\"名义金额1元\"", "\"NOMINAL\"", "\"评估值\""},
		{"basic", "appraisal_method", "\"收益法\"", "\"INCOME\"", "\"guess\""},
		{"basic", "card_ver", "null", "refused", "1"},
		{"rights", "rights", "[\"数据持有权\",\"OPER\"]", "[\"HOLD\",\"OPER\"]", "[\"OWN\"]"},
		{"rights", "rights", "\"HOLD\"", "[\"HOLD\"]", "{}"},
		{"rights", "modes", "[\"整体授权\"]", "[\"WHOLE\"]", "[7]"},
		{"rights", "restrictions", "[\"noExport\",\"不得转售\"]", "[\"noExport\",\"noResale\"]", "[\"noFun\"]"},
		{"rights", "personal_info", "\"去标识化\"", "\"DEIDENTIFIED\"", "\"some\""},
		{"rights", "dispute", "false", "false", "\"no\""},
		{"rights", "encumbrance", "[\"质押：示例银行（虚构）\",\"\"]", "[\"质押：示例银行（虚构）\"]", "[{}]"},
		{"rights", "encumbrance", "[]", NULL, "3"},
		{"rights", "rights_table", "[{\"right\":\"使用权\"}]", "refused", "[{\"right\":\"USE\",\"holder\":\"x\"}]"},
		{"rights", "rights_table", "[{\"right\":\"数据使用权\",\"holder\":\"" FIRM "\",\"from\":\"2026-01-01\",\"to\":\"2028-12-31\"}]",
			"[{\"right\":\"USE\",\"holder\":\"" FIRM "\",\"from\":\"2026-01-01\",\"to\":\"2028-12-31\"}]",
			"[{\"right\":\"USE\",\"holder\":\"" FIRM "\",\"from\":\"2028-01-01\",\"to\":\"2026-12-31\"}]"},
		{"rights", "third_party_consent", "\"" HASH "\"", "\"" HASH "\"", "\"yes\""},
		{"use", "use_state", "\"授权运营\"", "\"OPERATED\"", "\"忙\""},
		{"use", "scenes", "[\"洪水预警\"]", "[\"洪水预警\"]", "[\"\\t\\u0007x\"]"},
		{"management", "data_level", "\"重要\"", "\"IMPORTANT\"", "\"SECRET\""},
		{"management", "sj_cert_no", "\"SJ4212026030001\"", "\"SJ4212026030001\"", "\"SJ42\""},
		{"management", "inventory_on", "\"2026-02-28\"", "\"2026-02-28\"", "\"28.2.2026\""},
	};

	for (size_t i = 0; i < FJ_ARRAY_LEN(cases); i++) {
		const struct card_field *f = card_field(cases[i].block, cases[i].key);
		struct fj_err err = {0};
		FJ_AUTO(json) in = parse(cases[i].in);
		FJ_AUTO(json) refused = parse(cases[i].refused);
		FJ_AUTO(json) want = cases[i].kept == NULL || strcmp(cases[i].kept, "refused") == 0 ? NULL : parse(cases[i].kept);
		json_t *out = NULL;
		CHECK(f != NULL && in != NULL && refused != NULL);
		enum fj_rc rc = card_value(f, in, &out, &err);
		FJ_AUTO(json) owned = out;
		if ((rc != FJ_OK) != (cases[i].kept != NULL && strcmp(cases[i].kept, "refused") == 0) || (want != NULL && !json_equal(out, want)) || (want == NULL && out != NULL))
			printf("# %s.%s: %s\n", cases[i].block, cases[i].key, cases[i].in);
		CHECK((rc != FJ_OK) == (cases[i].kept != NULL && strcmp(cases[i].kept, "refused") == 0));
		CHECK(want != NULL ? json_equal(out, want) : out == NULL);
		rc = card_value(f, refused, &out, &err);
		if (rc == FJ_OK)
			printf("# %s.%s takes %s\n", cases[i].block, cases[i].key, cases[i].refused);
		CHECK(rc == FJ_E_INVALID || rc == FJ_E_REFUSED);
		CHECK(err.en[0] != '\0' && err.zh[0] != '\0');
	}
}

TEST("no two fields of the dictionary share a heading, a key or a wording")
{
	size_t n;
	const struct card_field *f = card_fields(&n);
	CHECK(n > 60);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = i + 1; k < n; k++) {
			CHECK(strcmp(f[i].zh, f[k].zh) != 0);
			CHECK(strcmp(f[i].en, f[k].en) != 0);
			CHECK(strcmp(f[i].key, f[k].key) != 0);
		}
		for (const struct iss_choice *a = f[i].choices; a != NULL && a->code != NULL; a++)
			CHECK(card_choice(&f[i], a->zh) == a && card_choice(&f[i], a->code) == a);
		CHECK((f[i].type == CARD_CODE || f[i].type == CARD_CODES || f[i].type == CARD_RIGHTS) == (f[i].choices != NULL));
	}
}

/* a card that passes; `change` is "block.key" and a JSON value, or NULL */
static json_t *card(const char *no, const char *where, const char *value)
{
	json_t *c = json_pack("{s:{s:s, s:s, s:s, s:s}, s:{s:b, s:b}, s:{}, s:{s:s, s:s, s:s}}", "basic", "asset_no", no, "name", "2024年全国水文数据集", "class_scheme", "LOCAL",
	    "class_code", "1", "rights", "dispute", 0, "public_data", 0, "use", "management", "data_level", "GENERAL", "mgr_dept", "数据处", "mgr_person", "王三");

	if (where != NULL) {
		char block[20];
		snprintf(block, sizeof(block), "%.*s", (int)strcspn(where, "."), where);
		json_object_set_new(json_object_get(c, block), strchr(where, '.') + 1, parse(value));
	}
	return c;
}

static enum fj_rc normal(json_t *in, const struct card_field **bad, struct fj_err *err)
{
	FJ_AUTO(json) owned = in;
	json_t *out = NULL;

	enum fj_rc rc = card_normalise(owned, &out, bad, err);
	json_decref(out);
	return rc;
}

TEST("a card is whole: required members, dates in order, nothing both allowed and prohibited")
{
	struct fj_err err = {0};
	const struct card_field *bad;
	CHECK_OK(normal(card("A-1", NULL, NULL), &bad, &err));
	CHECK_RC(normal(card("A-1", "management.mgr_dept", "\"　\""), &bad, &err), FJ_E_INVALID);
	CHECK(bad != NULL && strcmp(bad->key, "mgr_dept") == 0);
	CHECK_RC(normal(card("A-1", "basic.colour", "\"red\""), &bad, &err), FJ_E_INVALID);
	CHECK_RC(normal(card("A-1", "rights.public_data", "true"), &bad, &err), FJ_E_INVALID);
	CHECK(bad != NULL && strcmp(bad->key, "public_data_basis") == 0);
	json_t *c = card("A-1", "rights.public_data", "true");
	json_object_set_new(json_object_get(c, "rights"), "public_data_basis", json_string("示例条例（虚构）"));
	CHECK_OK(normal(c, &bad, &err));
	c = card("A-1", "basic.time_from", "\"2024-02-01\"");
	json_object_set_new(json_object_get(c, "basic"), "time_to", json_string("2024-01-31"));
	CHECK_RC(normal(c, &bad, &err), FJ_E_INVALID);
	CHECK(bad != NULL && strcmp(bad->key, "time_to") == 0);
	c = card("A-1", "use.resale", "true");
	CHECK_OK(normal(json_incref(c), &bad, &err));
	json_object_set_new(json_object_get(c, "rights"), "restrictions", json_pack("[s]", "noResale"));
	CHECK_RC(normal(c, &bad, &err), FJ_E_INVALID);
	CHECK_RC(normal(json_pack("{s:{}, s:{}, s:{}, s:{}, s:{}}", "basic", "rights", "use", "management", "more"), &bad, &err), FJ_E_INVALID);
	FJ_AUTO(json) whole = card("A-1", NULL, NULL);
	FJ_AUTO(json) missing = card_missing(whole, CERT);
	CHECK(json_array_size(missing) == 2);
	CHECK_STR(fj_json_peek(json_array_get(missing, 0), "field"), "management.sec_policy");
}

TEST("a value goes into a cell and comes back the same")
{
	static const struct {
		const char *block, *key, *value, *cell;
	} cases[] = {
		{"basic", "book_value", "123456", "1234.56"}, {"basic", "book_value", "5", "0.05"}, {"basic", "volume_rows", "420000000", "420000000"},
		{"basic", "geo_scope", "\"NATIONAL\"", "全国"}, {"rights", "rights", "[\"HOLD\",\"USE\"]", "数据持有权；数据使用权"}, {"rights", "dispute", "false", "否"},
		{"use", "scenes", "[\"洪水预警\",\"水电调度\"]", "洪水预警；水电调度"}, {"basic", "geo_codes", "[\"420000\"]", "420000"}, {"basic", "time_to", "\"2024-12-31\"", "2024-12-31"},
	};
	for (size_t i = 0; i < FJ_ARRAY_LEN(cases); i++) {
		const struct card_field *f = card_field(cases[i].block, cases[i].key);
		struct fj_err err = {0};
		FJ_AUTO(json) value = parse(cases[i].value);
		FJ_AUTO(buf) cell = FJ_BUF_INIT(1000);
		json_t *back = NULL;
		CHECK_OK(card_cell(f, value, &cell, &err));
		CHECK_STR(fj_buf_str(&cell), cases[i].cell);
		CHECK_OK(card_uncell(f, cases[i].cell, &back, &err));
		FJ_AUTO(json) owned = back;
		CHECK(json_equal(back, value));
	}
}

TEST("a list fits into a cell: so many items, so many octets")
{
	const struct card_field *f = card_field("use", "scenes");
	struct fj_err err = {0};
	json_t *out = NULL;
	char text[201 * 3] = "";
	FJ_AUTO(json) list = json_array();
	for (int i = 0; i < 197; i++)
		memcpy(text + 3 * i, "景", 4);
	for (int i = 0; i < 10; i++) {
		text[0] = (char)('a' + i);
		text[1] = text[2] = 'x';
		json_array_append_new(list, json_string(text));
	}
	CHECK_OK(card_value(f, list, &out, &err));
	json_decref(out);
	json_array_append_new(list, json_string("one more of a good length, so that all of them together are longer than a cell may be in the end"));
	CHECK_RC(card_value(f, list, &out, &err), FJ_E_INVALID);
	json_array_clear(list);
	for (int i = 0; i <= CARD_MAX_ITEMS; i++)
		json_array_append_new(list, json_sprintf("%d", i));
	CHECK_RC(card_value(f, list, &out, &err), FJ_E_INVALID);
}

TEST("a card is lines for people, in either language")
{
	FJ_AUTO(json) c = parse("{\"basic\":{\"geo_scope\":\"NATIONAL\",\"book_value\":100},\"rights\":{\"dispute\":false,\"rights_table\":"
	    "[{\"right\":\"USE\",\"holder\":\"" FIRM "\",\"from\":\"2026-01-01\",\"to\":\"2028-12-31\"}]},\"use\":{},\"management\":{}}");
	FJ_AUTO(json) zh = iss_card_lines(c, false);
	FJ_AUTO(json) en = iss_card_lines(c, true);
	CHECK(json_array_size(zh) == 4 && json_array_size(en) == 4);
	CHECK_STR(fj_json_peek(json_array_get(zh, 0), "label"), "地域范围");
	CHECK_STR(fj_json_peek(json_array_get(zh, 0), "text"), "全国");
	CHECK_STR(fj_json_peek(json_array_get(en, 0), "text"), "national");
	CHECK_STR(fj_json_peek(json_array_get(zh, 1), "text"), "1.00");
	CHECK_STR(fj_json_peek(json_array_get(zh, 2), "text"), "数据使用权 " FIRM " 2026-01-01—2028-12-31");
	CHECK_STR(fj_json_peek(json_array_get(en, 3), "text"), "no");
}

TEST("cells as offices write them are read, others refused")
{
	static const struct {
		const char *block, *key, *cell, *value;
	} cases[] = {
		{"basic", "book_value", "1,234.5", "123450"}, {"basic", "book_value", "1234.567", NULL}, {"basic", "book_value", "-1", NULL}, {"basic", "book_value", "1.2.3", NULL},
		{"basic", "book_value", "92233720368547758070", NULL}, {"basic", "volume_rows", "1,000", "1000"}, {"basic", "volume_rows", "1.5", NULL},
		{"rights", "dispute", "TRUE", "true"}, {"rights", "dispute", "也许", NULL}, {"use", "scenes", "a;b\nc", "[\"a\",\"b\",\"c\"]"}, {"basic", "geo_scope", "NATIONAL", "\"NATIONAL\""},
		{"basic", "geo_scope", "国", NULL}, {"rights", "rights", "数据持有权;没有", NULL},
	};
	for (size_t i = 0; i < FJ_ARRAY_LEN(cases); i++) {
		struct fj_err err = {0};
		json_t *back = NULL;
		enum fj_rc rc = card_uncell(card_field(cases[i].block, cases[i].key), cases[i].cell, &back, &err);
		FJ_AUTO(json) owned = back;
		FJ_AUTO(json) want = cases[i].value == NULL ? NULL : parse(cases[i].value);
		if ((rc == FJ_OK) != (want != NULL))
			printf("# %s.%s: %s\n", cases[i].block, cases[i].key, cases[i].cell);
		CHECK((rc == FJ_OK) == (want != NULL));
		CHECK(want == NULL ? err.zh[0] != '\0' : json_equal(back, want));
	}
}

/* --- a register in memory --- */

struct reg {
	struct sto *db;
	struct iss *i;
	json_t *answer;
};
static void reg_release(struct reg *r)
{
	json_decref(r->answer);
	sto_close(r->db);
}
FJ_DEFINE_AUTO(reg, struct reg, reg_release)

/* one act; params is stolen, the answer kept in r */
static enum fj_rc act(struct reg *r, const struct iss_actor *who, iss_handler run, json_t *params, struct fj_err *err)
{
	static struct iss none;
	struct iss_call c = {.iss = &none, .actor = who, .db = r->db, .params = params, .now = 1773619200, .acting = who->roles, .command = "test"};

	iss_clock_trust(&none);
	json_decref(r->answer);
	r->answer = NULL;
	enum fj_rc rc = sto_begin(r->db, err);
	if (rc == FJ_OK)
		rc = run(&c, err);
	if (rc == FJ_OK)
		rc = sto_commit(r->db, err);
	else
		sto_rollback(r->db);
	prf_release(&c);
	json_decref(params);
	r->answer = c.answer;
	return rc;
}

/* the event that the call's parameters are: {"kind","object","body"} */
static enum fj_rc just_append(struct iss_call *c, struct fj_err *err)
{
	return evt_append(c, fj_json_peek(c->params, "kind"), fj_json_peek(c->params, "object"), json_object_get(c->params, "body"), err);
}

static enum fj_rc event(struct reg *r, const char *kind, const char *object, json_t *body, struct fj_err *err)
{
	return act(r, &fin1, just_append, json_pack("{s:s, s:s, s:o}", "kind", kind, "object", object, "body", body), err);
}

static enum fj_rc entry(struct reg *r, const char *id, const char *holder, const char *shared, struct fj_err *err)
{
	FJ_TRY(event(r, "ledger.entered", id, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{}, s:s, s:s}", "id", id, "holder", holder, "ledger_no", id, "catalog_ref", "C-1", "name",
	    "2024年全国水文数据集", "summary", "", "formed_by", "自主采集", "shared_from", shared, "more", "no_key", id, "same_key", id), err));
	FJ_TRY(event(r, "ledger.recognised", id, json_pack("{s:s, s:s, s:s}", "to", "RECOGNISED", "result", "ASSET", "person", "p-9"), err));
	return event(r, "ledger.confirmed", id, json_pack("{s:s, s:s, s:s}", "to", "CONFIRMED", "result", "ASSET", "person", "p-9"), err);
}

static enum fj_rc organisation(struct reg *r, const char *usci, const char *kind, struct fj_err *err)
{
	return event(r, "organisation.added", usci, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:[s], s:[], s:b, s:i}", "usci", usci, "name", usci, "kind", kind, "level", "省", "div6",
	    "420000", "dept", "", "finance", FINANCE, "roles", "HOLDER", "affiliates", "dishonest", 0, "mlps", 3), err);
}

static enum fj_rc reg_open(struct reg *r, struct fj_err *err)
{
	FJ_TRY(sto_open(":memory:", true, &r->db, err));
	FJ_TRY(organisation(r, FINANCE, "ADMIN", err));
	FJ_TRY(organisation(r, INST, "INST", err));
	FJ_TRY(organisation(r, ORGAN, "ADMIN", err));
	return organisation(r, FIRM, "ENT", err);
}

static enum fj_rc fill(struct reg *r, const struct iss_actor *who, const char *ledger, json_t *c, struct fj_err *err)
{
	return act(r, who, cmd_asset_card, json_pack("{s:s, s:o}", "ledger", ledger, "card", c), err);
}

#define OPEN()                     \
	struct fj_err err = {0};   \
	FJ_AUTO(reg) r = {0};      \
	CHECK_OK(reg_open(&r, &err))

static bool warned(const struct reg *r, const char *rule)
{
	size_t i;
	json_t *w;

	json_array_foreach(json_object_get(r->answer, "warnings"), i, w)
		if (strcmp(fj_json_peek(w, "rule"), rule) == 0)
			return true;
	return false;
}

TEST("rules before a card: R17, R33, R36 refuse, R16, R34, R36 warn; R37 waits for the authorisation")
{
	OPEN();
	CHECK_OK(entry(&r, "LG-1", INST, "", &err));
	CHECK_OK(entry(&r, "LG-2", ORGAN, "某局（虚构）", &err));
	CHECK_RC(fill(&r, &inst, "LG-1", card("A-1", "management.data_level", "\"CORE\""), &err), FJ_E_REFUSED);
	CHECK_STR(err.cite, "R17");
	CHECK_RC(fill(&r, &inst, "LG-1", card("A-1", "management.data_level", "\"IMPORTANT\""), &err), FJ_E_REFUSED);
	CHECK_STR(err.cite, "R17");
	CHECK_RC(fill(&r, &organ, "LG-2", card("A-2", "management.sj_cert_no", "\"SJ4212026030001\""), &err), FJ_E_REFUSED);
	CHECK_STR(err.cite, "R33");
	CHECK_RC(fill(&r, &inst, "LG-1", card("A-1", "basic.value_basis", "\"评估\""), &err), FJ_E_REFUSED);
	CHECK_STR(err.cite, "R36");
	CHECK_RC(fill(&r, &inst, "LG-1", card("A-1", "basic.book_value", "5000000"), &err), FJ_E_REFUSED);
	CHECK_STR(err.cite, "R36");
	CHECK_RC(fill(&r, &firm, "LG-1", card("A-1", NULL, NULL), &err), FJ_E_FORBIDDEN);
	CHECK_OK(fill(&r, &inst, "LG-1", card("A-1", "rights.personal_info", "\"RAW\""), &err));
	CHECK_OK(fill(&r, &inst, "LG-1", card("A-1", "management.sj_cert_no", "\"SJ4212026030001\""), &err));
	CHECK(!warned(&r, "R34") && !warned(&r, "R16"));
	CHECK_OK(fill(&r, &organ, "LG-2", card("A-2", "basic.name", "\"x\""), &err));
	CHECK(warned(&r, "R34") && warned(&r, "R16"));
	json_t *c = card("A-1", "basic.book_value", "5000000");
	json_object_update_new(json_object_get(c, "basic"), json_pack("{s:s, s:i}", "value_basis", "成本", "appraisal_value", 5000000));
	CHECK_OK(fill(&r, &inst, "LG-1", c, &err));
	CHECK(warned(&r, "R36"));
}

TEST("R02, R03: no card without a confirmed entry, none for a memorandum")
{
	OPEN();
	CHECK_OK(entry(&r, "LG-1", INST, "", &err));
	CHECK_OK(event(&r, "ledger.recognised", "LG-1", json_pack("{s:s, s:s, s:s}", "to", "RECOGNISED", "result", "ASSET", "person", "p"), &err));
	CHECK_RC(fill(&r, &inst, "LG-1", card("A-1", NULL, NULL), &err), FJ_E_REFUSED);
	CHECK_STR(err.cite, "R02");
	CHECK_OK(event(&r, "ledger.recognised", "LG-1", json_pack("{s:s, s:s, s:s}", "to", "RECOGNISED", "result", "MEMO", "person", "p"), &err));
	CHECK_OK(event(&r, "ledger.confirmed", "LG-1", json_pack("{s:s, s:s, s:s}", "to", "CONFIRMED", "result", "MEMO", "person", "p"), &err));
	CHECK_RC(fill(&r, &inst, "LG-1", card("A-1", NULL, NULL), &err), FJ_E_REFUSED);
	CHECK_STR(err.cite, "R03");
}

TEST("class codes are held against the table that the finance department loaded")
{
	OPEN();
	CHECK_OK(entry(&r, "LG-1", INST, "", &err));
	CHECK_RC(fill(&r, &inst, "LG-1", card("A-1", "basic.class_code", "\"4\""), &err), FJ_E_INVALID);
	CHECK_OK(fill(&r, &inst, "LG-1", card("A-1", "basic.class_scheme", "\"GPC-2022\""), &err));
	CHECK(warned(&r, "domain.md 3.2"));
	CHECK_OK(event(&r, "profile.adopted", FINANCE, json_pack("{s:s, s:i, s:s, s:{s:{s:[[s, s]]}}}", "finance", FINANCE, "version", 1, "hash", HASH, "profile", "class_tables",
	    "GPC-2022", "A08060200", "数据"), &err));
	CHECK_RC(fill(&r, &inst, "LG-1", card("A-1", "basic.class_scheme", "\"GPC-2022\""), &err), FJ_E_INVALID);
	json_t *c = card("A-1", "basic.class_scheme", "\"GPC-2022\"");
	json_object_set_new(json_object_get(c, "basic"), "class_code", json_string("A08060200"));
	CHECK_OK(fill(&r, &inst, "LG-1", c, &err));
	CHECK(!warned(&r, "domain.md 3.2"));
	CHECK_OK(act(&r, &inst, cmd_class_list, json_object(), &err));
	CHECK(json_array_size(json_object_get(r.answer, "items")) == 4);
}

TEST("a list of codes is compared as a set, a list of texts as it stands")
{
	FJ_AUTO(json) a = json_pack("{s:{s:[s,s,s]}, s:{s:[s,s]}}", "rights", "rights", "HOLD", "USE", "OPER", "use", "scenes", "甲", "乙");
	FJ_AUTO(json) b = json_pack("{s:{s:[s,s,s]}, s:{s:[s,s]}}", "rights", "rights", "OPER", "HOLD", "USE", "use", "scenes", "乙", "甲");
	FJ_AUTO(json) c = json_pack("{s:{s:[s,s]}}", "rights", "rights", "HOLD", "USE");

	CHECK(iss_card_same(a, b, "rights", "rights"));
	CHECK(!iss_card_same(a, b, "use", "scenes"));
	CHECK(!iss_card_same(a, c, "rights", "rights") && !iss_card_same(c, a, "rights", "rights"));
	CHECK(!iss_card_same(a, c, "use", "scenes") && iss_card_same(c, c, "use", "scenes"));
}

TEST("versions stay, their differences are told field by field, a number is never used twice")
{
	OPEN();
	CHECK_OK(entry(&r, "LG-1", INST, "", &err));
	CHECK_OK(entry(&r, "LG-2", INST, "", &err));
	CHECK_OK(fill(&r, &inst, "LG-1", card("A-1", NULL, NULL), &err));
	CHECK_RC(fill(&r, &inst, "LG-2", card("A-1", NULL, NULL), &err), FJ_E_EXISTS);
	CHECK_RC(fill(&r, &inst, "LG-1", card("A-9", NULL, NULL), &err), FJ_E_EXISTS);
	CHECK_OK(act(&r, &inst, cmd_asset_card, json_pack("{s:s, s:o, s:s}", "ledger", "LG-1", "card", card("A-1", "basic.geo_scope", "\"省级\""), "note", "补充地域"), &err));
	CHECK_OK(act(&r, &inst, cmd_asset_diff, json_pack("{s:s}", "asset", "A-1"), &err));
	const json_t *d = json_object_get(r.answer, "items");
	CHECK(json_array_size(d) == 1);
	CHECK_STR(fj_json_peek(json_array_get(d, 0), "zh"), "地域范围");
	CHECK_STR(fj_json_peek(json_array_get(d, 0), "new"), "PROVINCE");
	CHECK_STR(fj_json_peek(json_array_get(d, 0), "new_text"), "省级");
	CHECK_STR(fj_json_peek(json_array_get(d, 0), "old_text"), "");
	CHECK_RC(act(&r, &inst, cmd_asset_diff, json_pack("{s:s, s:i}", "asset", "A-1", "to", 7), &err), FJ_E_NOTFOUND);
	CHECK_OK(act(&r, &inst, cmd_asset_history, json_pack("{s:s}", "asset", "A-1"), &err));
	const json_t *h = json_object_get(r.answer, "items");
	CHECK(json_array_size(h) == 2);
	CHECK_STR(fj_json_peek(json_array_get(h, 1), "by"), "hold1");
	CHECK_STR(fj_json_peek(json_array_get(h, 1), "note"), "补充地域");
	CHECK_OK(act(&r, &inst, cmd_asset_show, json_pack("{s:s, s:i}", "asset", "A-1", "version", 1), &err));
	CHECK(json_object_get(json_object_get(json_object_get(r.answer, "card"), "basic"), "geo_scope") == NULL);
}

/* --- sheets --- */

static char *exported(struct reg *r, json_t *params, struct fj_err *err)
{
	FJ_AUTO(buf) out = FJ_BUF_INIT(8u << 20);

	json_object_set_new(params, "format", json_string("csv"));
	if (act(r, &inst, cmd_asset_export, params, err) != FJ_OK)
		return NULL;
	const char *b64 = fj_json_peek(json_object_get(r->answer, "file"), "base64url");
	return b64 != NULL && fj_b64u_get(b64, strlen(b64), &out) == FJ_OK ? fj_strdup(fj_buf_str(&out)) : NULL;
}

/* text with the first `from` after `mark` replaced by `to` */
static char *replaced(const char *text, const char *mark, const char *from, const char *to)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(8u << 20);
	const char *at = strstr(text, mark), *p = at == NULL ? NULL : strstr(at, from);

	if (p == NULL || fj_buf_put(&b, text, (size_t)(p - text)) != FJ_OK || fj_buf_puts(&b, to) != FJ_OK || fj_buf_puts(&b, p + strlen(from)) != FJ_OK)
		return NULL;
	return fj_strdup(fj_buf_str(&b));
}

static json_int_t said(const struct reg *r, const char *key)
{
	return json_integer_value(json_object_get(r->answer, key));
}

static enum fj_rc import(struct reg *r, const char *text, bool dry, struct fj_err *err)
{
	return act(r, &inst, cmd_asset_import, json_pack("{s:s, s:b, s:s}", "file", text, "dry_run", dry, "note", "表格"), err);
}

TEST("cards out as a sheet and back: only what was edited changes, once")
{
	OPEN();
	CHECK_OK(entry(&r, "LG-1", INST, "", &err));
	CHECK_OK(entry(&r, "LG-2", INST, "", &err));
	CHECK_OK(entry(&r, "LG-3", FIRM, "", &err));
	CHECK_OK(fill(&r, &inst, "LG-1", card("A-1", "rights.rights_table", "[{\"right\":\"USE\",\"holder\":\"" FIRM "\"}]"), &err));
	FJ_AUTO(str) sheet = exported(&r, json_object(), &err);
	CHECK(sheet != NULL && strstr(sheet, "资产编号*") != NULL && strstr(sheet, "LG-3") == NULL);
	CHECK(said(&r, "rows") == 2);
	CHECK_OK(import(&r, sheet, false, &err));
	CHECK(said(&r, "unchanged") == 2 && said(&r, "done") == 0 && json_array_size(json_object_get(r.answer, "faults")) == 0);
	FJ_AUTO(str) edited = replaced(sheet, "A-1", "数据处", "信息处");
	CHECK(edited != NULL);
	CHECK_OK(import(&r, edited, true, &err));
	CHECK(said(&r, "good") == 1 && said(&r, "done") == 0);
	CHECK_OK(import(&r, edited, false, &err));
	CHECK(said(&r, "done") == 1 && said(&r, "unchanged") == 1);
	CHECK_OK(act(&r, &inst, cmd_asset_diff, json_pack("{s:s}", "asset", "A-1"), &err));
	CHECK(json_array_size(json_object_get(r.answer, "items")) == 1);
	CHECK_OK(import(&r, edited, false, &err)); /* the same file again */
	CHECK(said(&r, "done") == 0 && said(&r, "unchanged") == 2);
	FJ_AUTO(str) other = replaced(sheet, "A-1", "王三", "李四"); /* made from version 1, which is not the newest any more */
	CHECK(other != NULL);
	CHECK_OK(import(&r, other, false, &err));
	CHECK(said(&r, "done") == 0 && json_array_size(json_object_get(r.answer, "faults")) == 1);
	const json_t *fault = json_array_get(json_object_get(r.answer, "faults"), 0);
	CHECK(json_integer_value(json_object_get(fault, "line")) == 2 && json_integer_value(json_object_get(fault, "column")) == 2);
	CHECK_OK(act(&r, &inst, cmd_asset_show, json_pack("{s:s}", "asset", "A-1"), &err));
	CHECK(json_array_size(json_object_get(json_object_get(json_object_get(r.answer, "card"), "rights"), "rights_table")) == 1);
}

TEST("an entry without a card is filled in on the sheet; a faulty row is set aside with row, column and rule")
{
	OPEN();
	char id[16];
	for (int i = 1; i <= 3; i++) {
		snprintf(id, sizeof(id), "LG-%d", i);
		CHECK_OK(entry(&r, id, INST, "", &err));
	}
	static const char head[] = "填报单位：示例（虚构）\r\n台账标识,资产编号,名称,分类体系,分类代码,权属争议,公共数据,数据分级,管理部门,责任人,计价依据,账面原值,随便\r\n";
	FJ_AUTO(buf) text = FJ_BUF_INIT(8192);
	CHECK(fj_buf_printf(&text, "%sLG-1,A-1,2024年全国甲数据,本级分类,1,否,否,一般,处,王,成本,12.34,x\r\nLG-2,A-2,2024年全国乙数据,本级分类,1,否,否,核心,处,王,,,x\r\n"
	    "LG-3,A-3,2024年全国丙数据,本级分类,1,也许,否,一般,处,王,,,x\r\n", head) == FJ_OK);
	CHECK_OK(import(&r, fj_buf_str(&text), false, &err));
	CHECK(said(&r, "done") == 1 && said(&r, "rows") == 3);
	const json_t *f = json_object_get(r.answer, "faults"), *aside = json_object_get(r.answer, "set_aside");
	CHECK(json_array_size(f) == 2 && json_array_size(aside) == 2);
	CHECK(json_integer_value(json_object_get(json_array_get(f, 0), "line")) == 4 && json_integer_value(json_object_get(json_array_get(f, 0), "column")) == 8);
	CHECK_STR(fj_json_peek(json_array_get(f, 0), "rule"), "R17");
	CHECK(json_integer_value(json_object_get(json_array_get(f, 1), "line")) == 5 && json_integer_value(json_object_get(json_array_get(f, 1), "column")) == 6);
	CHECK_STR(fj_json_peek(json_array_get(aside, 1), "item"), "5");
	fj_buf_clear(&text);
	CHECK(fj_buf_printf(&text, "%sLG-2,A-5,2024年全国乙数据,本级分类,1,否,否,一般,处,王,,,x\r\nLG-3,A-5,2024年全国丙数据,本级分类,1,否,否,一般,处,王,,,x\r\n,A-77,n,本级分类,1,否,否,一般,处,王,,,x\r\n", head) == FJ_OK);
	CHECK_OK(import(&r, fj_buf_str(&text), false, &err));
	CHECK(said(&r, "done") == 1 && json_array_size(json_object_get(r.answer, "faults")) == 2);
	CHECK_RC(import(&r, "名称,资产编号\r\nx,y\r\n", false, &err), FJ_E_INVALID);
	CHECK_RC(import(&r, "台账标识,资产编号,名称,名称\r\nx,y,z,z\r\n", false, &err), FJ_E_INVALID);
}

TEST("a thousand cards are one act; a sheet has five thousand rows")
{
	OPEN();
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);
	char id[16];
	CHECK(fj_buf_puts(&text, "台账标识,资产编号,名称,分类体系,分类代码,权属争议,公共数据,数据分级,管理部门,责任人\r\n") == FJ_OK);
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "LG-%04d", i);
		CHECK_OK(entry(&r, id, INST, "", &err));
		CHECK(fj_buf_printf(&text, "%s,A-%04d,2024年全国数据,本级分类,1,否,否,一般,处,王\r\n", id, i) == FJ_OK);
	}
	CHECK_OK(import(&r, fj_buf_str(&text), false, &err));
	CHECK(said(&r, "done") == 1000);
	FJ_AUTO(str) sheet = exported(&r, json_object(), &err);
	CHECK(sheet != NULL && said(&r, "rows") == 1000);
	CHECK_OK(import(&r, sheet, false, &err));
	CHECK(said(&r, "unchanged") == 1000);
	for (int i = 0; i < 4001; i++)
		CHECK(fj_buf_printf(&text, ",B-%d,x,本级分类,1,否,否,一般,处,王\r\n", i) == FJ_OK);
	CHECK_RC(import(&r, fj_buf_str(&text), false, &err), FJ_E_LIMIT);
}

TEST("of thousands of faulty rows the first thousand are told, all are counted, the good ones are done")
{
	OPEN();
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);
	CHECK_OK(entry(&r, "LG-1", INST, "", &err));
	CHECK(fj_buf_puts(&text, "台账标识,资产编号,名称,分类体系,分类代码,权属争议,公共数据,数据分级,管理部门,责任人\r\n") == FJ_OK);
	for (int i = 0; i < 1500; i++)
		CHECK(fj_buf_printf(&text, ",没有台账的资产没有台账的资产没有台账的资产没有台账的资产没有台账的资产没有台账的资产%d,n,本级分类,1,否,否,一般,处,王\r\n", i) == FJ_OK);
	CHECK(fj_buf_puts(&text, "LG-1,A-1,x,本级分类,1,否,否,一般,处,王\r\n") == FJ_OK);
	CHECK_OK(import(&r, fj_buf_str(&text), false, &err));
	CHECK(said(&r, "done") == 1 && said(&r, "faulty") == 1500);
	const json_t *f = json_object_get(r.answer, "faults");
	CHECK(json_array_size(f) == 1000 && json_array_size(json_object_get(r.answer, "warnings")) == 3);
	const char *zh = fj_json_peek(json_object_get(json_array_get(f, 0), "detail"), "zh");
	CHECK(zh != NULL && strstr(zh, "没有台账的资产") != NULL); /* whole, though it was cut */
}

/* --- collateral --- */

static enum fj_rc request(struct reg *r, const struct iss_actor *who, const char *asset, struct fj_err *err)
{
	return act(r, who, cmd_collateral_request, json_pack("{s:s, s:s}", "asset", asset, "creditor", "示例银行（虚构）"), err);
}

TEST("R04 follows the asset's origin and has no override; R05 is let through once by two officers")
{
	OPEN();
	struct sto *again = NULL;
	int64_t events, rows;
	CHECK_OK(entry(&r, "LG-1", INST, "", &err));
	CHECK_OK(entry(&r, "LG-2", FIRM, "", &err));
	CHECK_OK(fill(&r, &inst, "LG-1", card("A-1", NULL, NULL), &err));
	CHECK_OK(fill(&r, &firm, "LG-2", card("A-2", "rights.encumbrance", "[\"质押\"]"), &err));
	CHECK_OK(request(&r, &inst, "A-1", &err));
	CHECK(json_is_true(json_object_get(r.answer, "refused")));
	CHECK_STR(fj_json_peek(r.answer, "rule"), "R04");
	CHECK_OK(request(&r, &firm, "A-2", &err)); /* on the card, but no certificate was issued on it */
	CHECK_STR(fj_json_peek(r.answer, "rule"), "R05");
	CHECK_RC(request(&r, &firm, "A-1", &err), FJ_E_FORBIDDEN);
	CHECK_RC(act(&r, &firm, cmd_collateral_request, json_pack("{s:s, s:s, s:s}", "basis", "authorisation", "number", "DAU-1", "creditor", "x"), &err), FJ_E_NOTFOUND);
	CHECK_RC(act(&r, &fin1, cmd_rule_override, json_pack("{s:s, s:s, s:s}", "rule", "R04", "asset", "A-1", "reason", "x"), &err), FJ_E_REFUSED);
	CHECK_STR(err.cite, "R04");
	CHECK_RC(act(&r, &fin1, cmd_rule_override, json_pack("{s:s, s:s, s:s}", "rule", "R05", "asset", "A-1", "reason", "x"), &err), FJ_E_REFUSED);
	CHECK_STR(err.cite, "R04");
	CHECK_RC(act(&r, &fin1, cmd_rule_override, json_pack("{s:s, s:s, s:s}", "rule", "R05", "asset", "A-2", "reason", "　"), &err), FJ_E_INVALID);
	CHECK_OK(act(&r, &fin1, cmd_rule_override, json_pack("{s:s, s:s, s:s}", "rule", "R05", "asset", "A-2", "reason", "换证期间，已公告（示例）"), &err));
	FJ_AUTO(json) asked = json_incref(r.answer);
	CHECK_RC(act(&r, &fin1, cmd_approval_approve, json_pack("{s:s}", "id", fj_json_peek(asked, "approval")), &err), FJ_E_REFUSED);
	CHECK_OK(act(&r, &fin2, cmd_approval_approve, json_pack("{s:s}", "id", fj_json_peek(asked, "approval")), &err));
	CHECK_OK(request(&r, &firm, "A-2", &err));
	CHECK(json_is_false(json_object_get(r.answer, "refused")));
	char id[40];
	snprintf(id, sizeof(id), "%s", json_string_value(json_array_get(json_object_get(r.answer, "collateral"), 0)));
	CHECK_OK(act(&r, &firm, cmd_asset_show, json_pack("{s:s}", "asset", "A-2"), &err));
	const json_t *e = json_array_get(json_object_get(r.answer, "collateral"), 0);
	CHECK_STR(fj_json_peek(json_object_get(e, "override"), "reason"), "换证期间，已公告（示例）");
	CHECK_OK(act(&r, &firm, cmd_collateral_request, json_pack("{s:s, s:s}", "asset", "A-2", "creditor", "another"), &err)); /* used up */
	CHECK_STR(fj_json_peek(r.answer, "rule"), "R05");
	CHECK_RC(act(&r, &inst, cmd_collateral_release, json_pack("{s:s, s:s}", "id", id, "reason", "x"), &err), FJ_E_FORBIDDEN);
	CHECK_OK(act(&r, &firm, cmd_collateral_release, json_pack("{s:s, s:s}", "id", id, "reason", "清偿（示例）"), &err));
	CHECK_RC(act(&r, &firm, cmd_collateral_release, json_pack("{s:s, s:s}", "id", id, "reason", "x"), &err), FJ_E_STATE);
	CHECK_OK(act(&r, &firm, cmd_collateral_list, json_pack("{s:s}", "asset", "A-2"), &err));
	CHECK(json_array_size(json_object_get(r.answer, "items")) == 3);
	CHECK_OK(sto_open(":memory:", true, &again, &err));
	enum fj_rc rc = evt_rebuild_check(r.db, again, &events, &rows, &err);
	sto_close(again);
	CHECK_OK(rc);
}

TEST_MAIN
