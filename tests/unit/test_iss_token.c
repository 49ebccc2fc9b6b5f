/*
 * test_iss_token.c - license tokens apart from a running appliance: lists of users
 * with their faults, the archive's octets, daily totals, and which state leads where.
 */
#include <zlib.h>

#include "issuer/state.h"
#include "base/tar.h"
#include "issuer/token.h"
#include "issuer/usage.h"
#include "tests/unit/test.h"

#define AUTH "DAU-420000-202604-000001-X"
#define USER "91440300DEMA00128B"
#define HASH "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const struct iss_actor officer = {.login = "jc1", .person = "p-1", .org = USER, .roles = ISS_OPERATOR, .via = "cli"};

#define REGISTER()               \
	struct fj_err err = {0}; \
	struct sto *db = NULL;   \
	CHECK_OK(sto_open(":memory:", true, &db, &err))

static enum fj_rc put(struct sto *db, const char *kind, const char *object, json_t *body, struct fj_err *err)
{
	struct iss_call c = {.actor = &officer, .db = db, .now = 1773619200};
	FJ_AUTO(json) owned = body;

	enum fj_rc rc = sto_begin(db, err);
	if (rc == FJ_OK)
		rc = evt_append(&c, kind, object, owned, err);
	if (rc == FJ_OK)
		return sto_commit(db, err);
	sto_rollback(db);
	return rc;
}

/* --- lists of users --- */

struct list {
	struct iss_call c;
	struct issuing w;
	json_t *request;
	struct tok_list l;
};

static void list_open(struct list *t, struct sto *db, int days)
{
	memset(t, 0, sizeof(*t));
	t->c = (struct iss_call){.actor = &officer, .db = db};
	t->request = json_pack("{s:s, s:i, s:s}", "binding", "mtls", "days", days, "audience", "https://gateway.example");
	t->w = (struct issuing){.c = &t->c, .r = t->request};
	snprintf(t->w.op.usci, sizeof(t->w.op.usci), "91420100DEMA001011");
}

static void list_close(struct list *t)
{
	tok_list_release(&t->l);
	json_decref(t->request);
}

static bool fault_is(const struct list *t, size_t i, int64_t line, int64_t column, const char *rule)
{
	const json_t *f = json_array_get(t->l.faults, i);

	return fj_json_num(f, "line") == line && fj_json_num(f, "column") == column && strcmp(fj_json_text(f, "rule"), rule) == 0 &&
	    fj_json_text(json_object_get(f, "detail"), "zh")[0] != '\0';
}

TEST("a list of users: each fault at its row and column, and the good rows beside them")
{
	static const char file[] = "title\r\nname,usci,x5t,binding,jwk\r\n"
	    "good," USER "," HASH ",,\r\n"
	    "," USER "," HASH ",mtls,\r\n"
	    "no code,x," HASH "," "wrong,\r\n"
	    "by name," USER ",,named,\r\n"
	    "short," USER ",AAAA,,\r\n"
	    "twice," USER "," HASH ",mtls,\r\n"
	    "key," USER ",,key,\"{\"\"kty\"\":\"\"EC\"\",\"\"crv\"\":\"\"P-256\"\",\"\"x\"\":\"\"" HASH "\"\",\"\"y\"\":\"\"" HASH "\"\"}\"\r\n"
	    "broken key," USER ",,key,{\r\n";
	struct list t;
	REGISTER();
	list_open(&t, db, 90);
	CHECK_OK(tok_read(&t.w, fj_slice_str(file), &t.l, &err));
	CHECK(json_array_size(t.l.lines) == 3);
	CHECK(t.l.read == 8);
	CHECK(json_array_size(t.l.faults) == 6);
	CHECK(fault_is(&t, 0, 4, 1, "domain.md 4.10"));
	CHECK(fault_is(&t, 1, 5, 2, "GB 32100"));
	CHECK(fault_is(&t, 2, 5, 4, "domain.md decision 7"));
	CHECK(fault_is(&t, 3, 7, 3, "domain.md decision 7"));
	CHECK(fault_is(&t, 4, 8, 2, "domain.md 4.10"));
	CHECK(fault_is(&t, 5, 10, 5, "domain.md 4.10"));
	CHECK_STR(fj_json_text(json_array_get(t.l.lines, 1), "line"), "6");
	list_close(&t);
	sto_close(db);
}

TEST("bound by name a user is licensed for 90 days, not for 91")
{
	FJ_AUTO(json) users = json_pack("[{s:s, s:s, s:s}]", "usci", USER, "name", "u", "binding", "named");
	struct list t;
	REGISTER();
	list_open(&t, db, 90);
	CHECK_OK(tok_read_json(&t.w, users, &t.l, &err));
	CHECK(json_array_size(t.l.lines) == 1);
	list_close(&t);
	list_open(&t, db, 91);
	CHECK_OK(tok_read_json(&t.w, users, &t.l, &err));
	CHECK(json_array_size(t.l.lines) == 0);
	CHECK(fault_is(&t, 0, 1, 0, "domain.md decision 7"));
	list_close(&t);
	sto_close(db);
}

static enum fj_rc add_row(struct fj_buf *file, int i)
{
	FJ_AUTO(buf) hash = FJ_BUF_INIT(64);
	uint8_t bytes[32] = {(uint8_t)i, (uint8_t)(i >> 8)};

	FJ_TRY(fj_b64u_put(&hash, FJ_SLICE(bytes, sizeof(bytes))));
	return fj_buf_printf(file, "%s,u,%s\r\n", USER, fj_buf_str(&hash));
}

TEST("a list without codes is none; one of 10,000 users is read, one of 10,001 is refused")
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(4u << 20);
	struct list t;
	REGISTER();
	list_open(&t, db, 90);
	CHECK_RC(tok_read(&t.w, fj_slice_str("name,x5t\r\na," HASH "\r\n"), &t.l, &err), FJ_E_INVALID);
	list_close(&t);
	CHECK_OK(fj_buf_puts(&file, "usci,name,x5t\r\n"));
	for (int i = 0; i < TOK_BULK; i++)
		CHECK_OK(add_row(&file, i));
	list_open(&t, db, 90);
	CHECK_OK(tok_read(&t.w, fj_buf_slice(&file), &t.l, &err));
	CHECK(json_array_size(t.l.lines) == TOK_BULK);
	CHECK(t.l.n_faults == 0);
	list_close(&t);
	CHECK_OK(add_row(&file, TOK_BULK));
	list_open(&t, db, 90);
	CHECK_RC(tok_read(&t.w, fj_buf_slice(&file), &t.l, &err), FJ_E_LIMIT);
	list_close(&t);
	sto_close(db);
}

TEST("re-development is no matter of the operator itself, in any row (R11)")
{
	FJ_AUTO(json) users = json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:s}]", "usci", USER, "name", "u", "x5t", HASH, "usci", "91420100DEMA001011", "name", "o", "x5t", HASH);
	FJ_AUTO(json) grant = json_pack("{s:[s]}", "actions", "REDEVELOP");
	struct list t;
	REGISTER();
	list_open(&t, db, 90);
	t.w.grant = grant;
	CHECK_OK(tok_read_json(&t.w, users, &t.l, &err));
	CHECK(json_array_size(t.l.lines) == 1);
	CHECK(fault_is(&t, 0, 2, 0, "R11"));
	list_close(&t);
	sto_close(db);
}

/* --- the archive --- */

static size_t unpack(struct fj_slice in, uint8_t *out, size_t cap)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)in.p, .avail_in = (uInt)in.len, .next_out = out, .avail_out = (uInt)cap};

	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return 0;
	int code = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	return code == Z_STREAM_END ? cap - z.avail_out : 0;
}

TEST("an archive packed holds the octets of the same archive plain")
{
	static uint8_t big[70000], out[200000];
	FJ_AUTO(tar) plain = {.pack = NULL};
	FJ_AUTO(tar) packed = {.pack = NULL};
	struct fj_tar *both[] = {&plain, &packed};
	struct fj_err err = {0};

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * i >> 3);
	CHECK_OK(fj_tar_new(&plain, 1u << 20, 1773619200, false, &err));
	CHECK_OK(fj_tar_new(&packed, 1u << 20, 1773619200, true, &err));
	for (int k = 0; k < 2; k++) {
		CHECK_OK(fj_tar_add(both[k], "a.txt", fj_slice_str("abc"), &err));
		CHECK_OK(fj_tar_add(both[k], "tokens/big", FJ_SLICE(big, sizeof(big)), &err));
		CHECK_OK(fj_tar_end(both[k], &err));
	}
	CHECK(plain.out.len % 512 == 0);
	CHECK(memcmp(plain.out.data + 257, "ustar", 6) == 0);
	CHECK(memcmp(plain.out.data + 512, "abc", 4) == 0);
	CHECK(unpack(fj_buf_slice(&packed.out), out, sizeof(out)) == plain.out.len);
	CHECK(memcmp(out, plain.out.data, plain.out.len) == 0);
}

TEST("an archive over its maximum, and a name over 99 octets, are refused")
{
	char name[FJ_TAR_NAME + 2];
	FJ_AUTO(tar) t = {.pack = NULL};
	struct fj_err err = {0};

	memset(name, 'n', sizeof(name));
	name[FJ_TAR_NAME + 1] = '\0';
	CHECK_OK(fj_tar_new(&t, 1500, 0, false, &err));
	CHECK_RC(fj_tar_add(&t, name, fj_slice_str("x"), &err), FJ_E_INTERNAL);
	CHECK_OK(fj_tar_add(&t, name + 1, fj_slice_str("x"), &err));
	CHECK_RC(fj_tar_end(&t, &err), FJ_E_LIMIT);
}

/* --- usage --- */

static json_t *token_body(const char *id, int idx, const char *user, const char *product, int fee)
{
	return json_pack("{s:s, s:s, s:s, s:i, s:s, s:i, s:i, s:{s:i, s:i, s:{s:s}, s:{s:s, s:s}, s:{s:s}, s:{s:{s:s, s:i}}}}", "id", id, "authorisation", AUTH, "operator", USER,
	    "fee_fen", fee, "charge_basis", fee > 0 ? "CALLS" : "", "list", 0, "idx", idx, "payload", "nbf", 1, "exp", 2, "asset", "id", "A-1", "holder", "usci", user, "name", "u", "product", "id", product, "grant", "quota", "unit",
	    "CALLS", "limit", 100);
}

static enum fj_rc report(struct sto *db, const char *token, const char *day, int rev, int count, int was, struct fj_err *err)
{
	return put(db, "usage.reported", token, json_pack("{s:s, s:i, s:i, s:i}", "day", day, "rev", rev, "count", count, "was", was), err);
}

TEST("usage as evidence: the newest total of each day, of a user's paid licenses, by product and period, without what is disputed")
{
	static const char other[] = "91420100DEMA00136K";
	struct dom_usage u;
	struct token t;
	int64_t n;
	REGISTER();
	CHECK_OK(put(db, "token.intended", "LT-1", token_body("00112233445566778899aabbccddeeff", 7, USER, "P-1", 900), &err));
	CHECK_OK(put(db, "token.intended", "LT-2", token_body("00112233445566778899aabbccddeef0", 8, other, "P-2", -1), &err));
	CHECK_OK(put(db, "token.intended", "LT-3", token_body("00112233445566778899aabbccddeef1", 9, USER, "P-2", 0), &err));
	CHECK_OK(report(db, "LT-1", "2026-05-01", 1, 0, 0, &err));
	CHECK_OK(report(db, "LT-1", "2026-05-02", 1, 20, 0, &err));
	CHECK_OK(report(db, "LT-1", "2026-05-02", 2, 25, 20, &err));
	CHECK_OK(report(db, "LT-1", "2026-05-09", 1, 10, 0, &err));
	CHECK_OK(report(db, "LT-1", "2026-06-01", 1, 50, 0, &err));
	CHECK_OK(report(db, "LT-2", "2026-05-31", 1, 7, 0, &err));
	CHECK_OK(report(db, "LT-3", "2026-05-31", 1, 99, 0, &err)); /* free: shows no paid use */
	CHECK_OK(dom_usage_paid(db, AUTH, "", USER, "2026-05-01", "2026-05-31", &u, &err));
	CHECK(u.count == 35);
	CHECK_STR(u.first, "2026-05-02"); /* a total of 0 is no use */
	CHECK_OK(dom_usage_paid(db, AUTH, "P-2", USER, "2026-05-01", "2026-05-31", &u, &err));
	CHECK(u.count == 0);
	CHECK_STR(u.first, "");
	CHECK_OK(dom_usage_paid(db, AUTH, "P-2", other, "2026-05-31", "2026-05-31", &u, &err));
	CHECK(u.count == 7);
	CHECK_OK(dom_usage_paid(db, "DAU-other", "", USER, "2026-05-01", "2026-05-31", &u, &err));
	CHECK(u.count == 0);
	CHECK_OK(put(db, "usage.disputed", "LT-1", json_pack("{s:s, s:i, s:s, s:s, s:i}", "day", "2026-05-02", "rev", 2, "to", "DISPUTED", "reason", "x", "claimed", 5), &err));
	CHECK_OK(dom_usage_paid(db, AUTH, "", USER, "2026-05-01", "2026-05-31", &u, &err));
	CHECK(u.count == 10);
	CHECK_STR(u.first, "2026-05-09");
	CHECK_OK(dom_usage_of(db, "LT-1", "2026-05-02", "2026-06-01", &n, &err));
	CHECK(n == 60);
	CHECK_OK(dom_usage_of(db, "LT-1", "2026-05-10", "2026-05-31", &n, &err));
	CHECK(n == 0);
	CHECK_OK(tok_get(db, "LT-1", &t, &err)); /* the quota counts it all the same */
	CHECK(t.used == 85 && t.quota == 100 && !tok_used_up(&t));
	CHECK(t.fee.fen == 900);
	CHECK_STR(t.fee.basis, "CALLS");
	CHECK_OK(report(db, "LT-1", "2026-06-02", 1, 15, 0, &err));
	CHECK_OK(tok_get(db, "LT-1", &t, &err));
	CHECK(tok_used_up(&t));
	sto_close(db);
}

/* --- states --- */

#define GOES(object, from, act, to)                                          \
	do {                                                                 \
		const char *next = "";                                       \
		CHECK_OK(iss_state_next(object, from, act, &next, &err));    \
		CHECK_STR(next, to);                                         \
	} while (0)
#define NO_WAY(object, from, act)                                            \
	do {                                                                 \
		const char *next = "";                                       \
		CHECK(iss_state_next(object, from, act, &next, &err) != FJ_OK); \
	} while (0)

TEST("a token that is used up denies until it is opened again, and what is revoked stays so")
{
	struct fj_err err = {0};

	GOES(ISS_OBJ_TOKEN, "ACTIVE", "exhaust", "EXHAUSTED");
	GOES(ISS_OBJ_TOKEN, "EXHAUSTED", "resume", "ACTIVE");
	GOES(ISS_OBJ_TOKEN, "EXHAUSTED", "suspend", "SUSPENDED");
	GOES(ISS_OBJ_TOKEN, "EXHAUSTED", "revoke", "REVOKED");
	NO_WAY(ISS_OBJ_TOKEN, "SUSPENDED", "exhaust");
	NO_WAY(ISS_OBJ_TOKEN, "REVOKED", "exhaust");
	NO_WAY(ISS_OBJ_TOKEN, "EXHAUSTED", "exhaust");
}

TEST("requests, jobs and days of usage end where they end")
{
	struct fj_err err = {0};

	GOES(ISS_OBJ_TOKEN_REQUEST, "REQUESTED", "accept", "REVIEWED");
	GOES(ISS_OBJ_TOKEN_REQUEST, "REQUESTED", "refuse", "REFUSED");
	NO_WAY(ISS_OBJ_TOKEN_REQUEST, "REVIEWED", "refuse");
	NO_WAY(ISS_OBJ_TOKEN_REQUEST, "REFUSED", "accept");
	GOES(ISS_OBJ_TOKEN_JOB, "RUNNING", "hold", "HELD");
	GOES(ISS_OBJ_TOKEN_JOB, "HELD", "go-on", "RUNNING");
	NO_WAY(ISS_OBJ_TOKEN_JOB, "HELD", "finish");
	NO_WAY(ISS_OBJ_TOKEN_JOB, "DONE", "stop");
	NO_WAY(ISS_OBJ_TOKEN_JOB, "STOPPED", "go-on");
	GOES(ISS_OBJ_USAGE, "DISPUTED", "countersign", "COUNTERSIGNED");
	NO_WAY(ISS_OBJ_USAGE, "COUNTERSIGNED", "dispute");
}

TEST_MAIN
