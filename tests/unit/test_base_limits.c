/*
 * test_base_limits.c - caLimits and the request of a subordinate CA: one right one of each, and one
 * with each member changed, left out or added, which is refused.
 */
#include "base/limits.h"
#include "tests/unit/altered.h"
#include "tests/unit/test.h"

#define SPKI "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEe0jEWWD6XeujXS/1Zbe/qYSvY2T9ia64PVjvOEjXrKkOzGP2LgIBE0KaEunn969U6WEwJ+B9vtZEj9rNm7SNXQ=="
#define SM2 "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAE2H5ov8E+ltkN5C/F4qvxqIaNuyilcgMf1S6ZScExxgbxQS8o9s0TuzZ7ER+qC2OkoO3cUB5maSzz1ZDdZ0zQeA=="
#define ROOT "d5afe8cd49bdd11e5c5b4fc3f37cbb2280d8ff430c2a6bd0aeb17959f3466412"
#define SIG "MEUCIQDHTjDg5tD1ZKczLzkS3llAVbgk9P2DMgviJNKq7B8NSwIgW+AW5e44omnL2hr5VnYdrAZEIOqx7dXapzIX4pAJt3o="
#define REQUEST                                                                                                                                    \
	"{\"request\":{\"home\":{\"arc\":\"1.3.6.1.4.1.1\",\"base\":\"http://127.0.0.1:8445\",\"demo\":true,\"operator\":\"市财政局\"},"              \
	"\"keys\":[{\"alg\":\"P-256\",\"root\":\"" ROOT "\",\"spki\":\"" SPKI "\"},{\"alg\":\"SM2\",\"root\":\"" ROOT "\",\"spki\":\"" SM2 "\"}]," \
	"\"limits\":{\"division\":\"4201\",\"holders\":\"ADMIN,INST\"},\"made\":\"2026-11-29T20:09:01Z\",\"version\":1},"                             \
	"\"signatures\":[{\"alg\":\"P-256\",\"sig\":\"" SIG "\"},{\"alg\":\"SM2\",\"sig\":\"" SIG "\"}]}"

static const struct fj_limits some = {.division = "4201", .holders = 3, .base = "http://127.0.0.1:8445"};

TEST("limits are written and read again, and every changed octet is another thing or none")
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(1024);
	struct fj_limits l;
	struct fj_err err;

	CHECK_OK(fj_limits_write(&some, &b));
	CHECK_OK(fj_limits_read(fj_buf_slice(&b), &l, &err));
	CHECK(fj_limits_same(&l, &some));
	for (size_t i = 0; i < b.len; i++)
		for (unsigned bit = 1; bit < 256; bit <<= 1) {
			b.data[i] ^= (uint8_t)bit;
			CHECK(fj_limits_read(fj_buf_slice(&b), &l, &err) != FJ_OK || !fj_limits_same(&l, &some));
			b.data[i] ^= (uint8_t)bit;
		}
	for (size_t n = 0; n < b.len; n++)
		CHECK(fj_limits_read(FJ_SLICE(b.data, n), &l, &err) != FJ_OK);
}

TEST("limits that people give: digits of a division, kinds, an address; nothing else")
{
	static const struct {
		const char *division, *holders, *base;
		bool ok;
	} cases[] = {
		{"42", "ADMIN", "https://a.example", true}, {"4201", "INST,SOE,ENT", "https://a.example/x", true}, {"420100", "UTIL", "http://a:1", true},
		{"", "ADMIN", "https://a.example", false}, {"4", "ADMIN", "https://a.example", false}, {"420", "ADMIN", "https://a.example", false}, {"4x", "ADMIN", "https://a.example", false},
		{"42010000", "ADMIN", "https://a.example", false}, {"42", "", "https://a.example", false}, {"42", "ADMIN,ADMIN", "https://a.example", false}, {"42", "admin", "https://a.example", false},
		{"42", "ADMIN INST", "https://a.example", false}, {"42", "ADMIN", "https://a.example/", false}, {"42", "ADMIN", "ftp://a.example", false}, {"42", "ADMIN", "", false}, {"42", "ADMIN", "https://a b", false},
	};
	struct fj_limits l;
	struct fj_err err = {0};
	char holders[64];

	for (size_t i = 0; i < FJ_ARRAY_LEN(cases); i++)
		CHECK((fj_limits_make(cases[i].division, cases[i].holders, cases[i].base, &l, &err) == FJ_OK) == cases[i].ok);
	CHECK_OK(fj_limits_make("42", "ENT,ADMIN", "https://a.example", &l, &err));
	fj_limits_holders(&l, holders);
	CHECK_STR(holders, "ADMIN,ENT");
}

TEST("what is beyond a limit is refused, and what is just within is not")
{
	struct fj_err err;

	CHECK_OK(fj_limits_region(&some, "420100", &err));
	CHECK_OK(fj_limits_region(&some, "420111", &err));
	CHECK_RC(fj_limits_region(&some, "420000", &err), FJ_E_REFUSED);
	CHECK(strstr(err.en, "4201") != NULL && strstr(err.en, "420000") != NULL && strstr(err.zh, "4201") != NULL);
	CHECK_RC(fj_limits_region(&some, "", &err), FJ_E_REFUSED);
	CHECK_OK(fj_limits_holder(&some, 1, &err));
	CHECK_RC(fj_limits_holder(&some, 2, &err), FJ_E_REFUSED);
	CHECK_RC(fj_limits_holder(&some, 40, &err), FJ_E_REFUSED);
	CHECK_OK(fj_limits_number(&some, "DAC-420100-202611-000001-S", &err));
	CHECK_RC(fj_limits_number(&some, "DAC-440300-202611-000001-S", &err), FJ_E_REFUSED);
	CHECK_RC(fj_limits_number(&some, NULL, &err), FJ_E_REFUSED);
	CHECK_OK(fj_limits_address(&some, fj_slice_str("http://127.0.0.1:8445"), &err));
	CHECK_OK(fj_limits_address(&some, fj_slice_str("http://127.0.0.1:8445/crl/1.crl"), &err));
	CHECK_RC(fj_limits_address(&some, fj_slice_str("http://127.0.0.1:84456/crl/1.crl"), &err), FJ_E_REFUSED);
	CHECK_RC(fj_limits_address(&some, fj_slice_str("http://127.0.0.1:844"), &err), FJ_E_REFUSED);
	CHECK_RC(fj_limits_address(&some, FJ_SLICE(NULL, 0), &err), FJ_E_REFUSED);
}

TEST("a request is read, and what its keys sign is its canonical text")
{
	FJ_AUTO(fj_ca_request) r = {0};
	FJ_AUTO(fj_ca_request) again = {0};
	FJ_AUTO(fj_ca_request) copy = {0};
	struct fj_err err;

	CHECK_OK(fj_ca_request_read(fj_slice_str(REQUEST), &r, &err));
	CHECK(r.demo && r.sm2 && r.made == 1795982941 && r.limits.holders == 3);
	CHECK_STR(r.limits.base, "http://127.0.0.1:8445");
	CHECK_STR(r.operator_, "市财政局");
	CHECK_OK(fj_ca_request_read_text(fj_buf_slice(&r.text), &again, &err));
	CHECK(fj_slice_eq(fj_buf_slice(&again.text), fj_buf_slice(&r.text)));
	CHECK_OK(fj_ca_request_copy(&r, &copy, &err));
	CHECK(fj_slice_eq(fj_buf_slice(&copy.sig[FJ_SM2]), fj_buf_slice(&r.sig[FJ_SM2])) && copy.sig[FJ_SM2].data != r.sig[FJ_SM2].data);
	FJ_AUTO(json) j = fj_ca_request_json(&r);
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_CA_REQUEST_MAX);
	CHECK_OK(fj_json_canonical(j, &text, &err));
	CHECK(fj_slice_eq(fj_buf_slice(&text), FJ_SLICE(r.text.data + strlen(FJ_CA_REQUEST_HEAD), r.text.len - strlen(FJ_CA_REQUEST_HEAD))));
}

TEST("a request for a newer key has the signatures of the former ones, over a text with a head of its own")
{
	static const char former[] = ",\"former\":[{\"alg\":\"P-256\",\"sig\":\"" SIG "\"},{\"alg\":\"SM2\",\"sig\":\"" SIG "\"}]}";
	static const char *const bad[] = {",\"former\":[]}", ",\"former\":[{\"alg\":\"P-256\",\"sig\":\"" SIG "\"}]}", ",\"former\":null}", ",\"former\":[{\"alg\":\"SM2\",\"sig\":\"" SIG "\"},{\"alg\":\"P-256\",\"sig\":\"" SIG "\"}]}"};
	FJ_AUTO(fj_ca_request) r = {0};
	FJ_AUTO(fj_ca_request) copy = {0};
	FJ_AUTO(fj_ca_request) by = {0};
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_CA_REQUEST_MAX);
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_CA_REQUEST_MAX);
	struct fj_err err;

	size_t n = strlen(REQUEST) - 1; /* its last brace */
	CHECK(fj_buf_put(&b, REQUEST, n) == FJ_OK && fj_buf_puts(&b, former) == FJ_OK);
	CHECK_OK(fj_ca_request_read(fj_buf_slice(&b), &r, &err));
	CHECK(r.follows && r.former[FJ_ES256].len > 0 && r.former[FJ_SM2].len > 0);
	CHECK_OK(fj_ca_request_copy(&r, &copy, &err));
	CHECK(copy.follows && fj_slice_eq(fj_buf_slice(&copy.former[FJ_SM2]), fj_buf_slice(&r.former[FJ_SM2])));
	CHECK_OK(fj_ca_request_former_text(&r, &text, &err));
	CHECK(text.len == r.text.len - strlen(FJ_CA_REQUEST_HEAD) + strlen(FJ_CA_FORMER_HEAD) && !fj_slice_eq(fj_buf_slice(&text), fj_buf_slice(&r.text)));
	CHECK_OK(fj_ca_request_read_text(fj_buf_slice(&text), &by, &err));
	CHECK(by.by_former && !r.by_former && fj_slice_eq(fj_buf_slice(&by.text), fj_buf_slice(&text)));
	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++) {
		struct fj_ca_request no;
		fj_buf_clear(&b);
		CHECK(fj_buf_put(&b, REQUEST, n) == FJ_OK && fj_buf_puts(&b, bad[i]) == FJ_OK);
		CHECK(fj_ca_request_read(fj_buf_slice(&b), &no, NULL) != FJ_OK);
	}
}

TEST("a request with a member changed, left out or added is none")
{
	static const char *const changes[][2] = {
		{"\"version\":1", "\"version\":2"}, {"\"version\":1", "\"version\":1,\"more\":1"}, {"\"demo\":true,", ""}, {"\"demo\":true", "\"demo\":\"true\""},
		{"1.3.6.1.4.1.1\"", "1.3.x\""}, {"http://127.0.0.1:8445", "http://127.0.0.1:8445/"}, {"\"operator\":\"市财政局\"", "\"operator\":\"\""},
		{"\"alg\":\"P-256\"", "\"alg\":\"ES256\""}, {"\"alg\":\"P-256\"", "\"alg\":\"SM2\""}, {ROOT, "d5"}, {SPKI, "AAAA"}, {SPKI, SM2}, {SM2, SPKI},
		{"4201", "420"}, {"ADMIN,INST", "ADMIN,INST,"}, {"ADMIN,INST", "BANK"}, {"\"holders\":\"ADMIN,INST\"", "\"holders\":\"ADMIN\",\"depth\":1"},
		{"2026-11-29T20:09:01Z", "yesterday"}, {",\"signatures\"", ",\"by\":1,\"signatures\""}, {SIG, "AAAA"}, {",{\"alg\":\"SM2\",\"sig\":\"" SIG "\"}", ""},
	};
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_CA_REQUEST_MAX);
	struct fj_ca_request r;

	for (size_t i = 0; i < FJ_ARRAY_LEN(changes); i++) {
		struct fj_slice text = with(&b, REQUEST, changes[i][0], changes[i][1]);
		enum fj_rc rc = text.len > 0 ? fj_ca_request_read(text, &r, NULL) : FJ_OK;
		if (rc == FJ_OK)
			printf("# %s as %s\n", changes[i][0], changes[i][1]);
		CHECK(rc != FJ_OK);
	}
}

TEST_MAIN
