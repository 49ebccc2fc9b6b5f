/* serials, canaries, holders' requests, CRLs */
#include "ca/internal.h"
#include "tests/unit/test.h"

#include <openssl/rsa.h>
#include <openssl/x509v3.h>

static const struct ca_home home = {.demo = true, .arc = "1.3.6.1.4.1.32473", .base = "http://v.example", .operator_ = "test (illustrative)"};

static int by_octets(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ca_serial));
}

TEST("100,000 serials: 16 octets, positive, no leading zero, each once (lesson 1)")
{
	enum { N = 100000 };
	FJ_AUTO(mem) mem = fj_alloc(N, sizeof(struct ca_serial));
	struct ca_serial *s = mem;
	CHECK(s != NULL);
	for (int i = 0; i < N; i++) {
		ca_serial_new(&s[i]);
		CHECK(s[i].b[0] > 0 && s[i].b[0] < 0x80);
	}
	qsort(s, N, sizeof(*s), by_octets);
	for (int i = 1; i < N; i++)
		CHECK(by_octets(&s[i - 1], &s[i]) != 0);
}

TEST("a canary of every profile is built and passes the lint (lesson 3)")
{
	struct fj_err err = {0};
	CHECK_OK(ca_canary(&home, &err));
}

TEST("a validity one second longer than the profile allows is refused, exactly five years are not (lesson 4)")
{
	struct fj_err err = {0};
	FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
	FJ_AUTO(buf) tbs = FJ_BUF_INIT(FJ_X509_MAX);
	struct ca_cert_in in = {.profile = CA_ROOT};
	CHECK_OK(ca_ephemeral_spki(FJ_ES256, &spki, &err));
	CHECK_OK(fj_time_parse("2026-03-16T01:00:00Z", &in.not_before, &err));
	CHECK_OK(fj_time_parse("2046-03-16T00:59:59Z", &in.not_after, &err));
	in.spki = fj_buf_slice(&spki);
	ca_serial_new(&in.serial);
	CHECK_OK(ca_cert_tbs(&home, &in, &tbs, &err));
	in.not_after++;
	fj_buf_clear(&tbs);
	CHECK_RC(ca_cert_tbs(&home, &in, &tbs, &err), FJ_E_INVALID);
}

/* a certificate of a profile under `issuer` (none: a root), with a signature of form */
static enum fj_rc make_cert(enum ca_profile profile, struct fj_slice issuer, struct fj_buf *cert, struct fj_err *err)
{
	static const uint8_t sig[] = {0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01};
	FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
	FJ_AUTO(buf) tbs = FJ_BUF_INIT(FJ_X509_MAX);
	struct ca_cert_in in = {.profile = profile, .not_before = fj_now(), .not_after = fj_now() + 86400, .issuer_cert = issuer, .shard = 1};

	FJ_TRY(ca_ephemeral_spki(FJ_ES256, &spki, err));
	in.spki = fj_buf_slice(&spki);
	ca_serial_new(&in.serial);
	FJ_TRY(ca_cert_tbs(&home, &in, &tbs, err));
	return ca_assemble(fj_buf_slice(&tbs), FJ_SLICE(sig, sizeof(sig)), cert, err);
}

/* the same for another appliance, whose address that is, within these limits */
static enum fj_rc make_sub(struct fj_slice root, const struct fj_limits *limits, struct fj_buf *cert, struct fj_err *err)
{
	static const uint8_t sig[] = {0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01};
	FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
	FJ_AUTO(buf) tbs = FJ_BUF_INIT(FJ_X509_MAX);
	struct ca_cert_in in = {.profile = CA_SUBORDINATE, .not_before = fj_now(), .not_after = fj_now() + 86400, .issuer_cert = root, .operator_ = "sub", .limits = limits};

	FJ_TRY(ca_ephemeral_spki(FJ_ES256, &spki, err));
	in.spki = fj_buf_slice(&spki);
	ca_serial_new(&in.serial);
	FJ_TRY(ca_cert_tbs(&home, &in, &tbs, err));
	return ca_assemble(fj_buf_slice(&tbs), FJ_SLICE(sig, sizeof(sig)), cert, err);
}

TEST("under a CA with limits the lint takes a certificate within them, and names the limit of one beyond each (formats.md 27)")
{
	static const struct fj_limits limits = {.division = "42", .holders = 1u << 1, .base = "http://sub.example"};
	static const struct {
		const char *base, *number, *region;
		unsigned kind;
		const char *words; /* NULL: within */
	} rows[] = {
		{"http://sub.example", "DAC-420100-202604-000001-0", "420100", 1, NULL},
		{"http://sub.example", "DAC-430100-202604-000001-0", "420100", 1, "divisions that begin with 42"},
		{"http://sub.example", "DAC-420100-202604-000001-0", "430100", 1, "division codes begin with 42"},
		{"http://sub.example", "DAC-420100-202604-000001-0", "420100", 0, "holder kinds are INST"},
		{"http://v.example", "DAC-420100-202604-000001-0", "420100", 1, "addresses are under http://sub.example"},
		{"http://sub.example.evil", "DAC-420100-202604-000001-0", "420100", 1, "addresses are under http://sub.example"},
	};
	FJ_AUTO(buf) root = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(buf) ca = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
	struct fj_err err = {0};

	CHECK_OK(make_cert(CA_ROOT, FJ_SLICE(NULL, 0), &root, &err));
	CHECK_OK(make_sub(fj_buf_slice(&root), &limits, &ca, &err));
	CHECK_OK(ca_ephemeral_spki(FJ_ES256, &spki, &err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++) {
		FJ_AUTO(buf) tbs = FJ_BUF_INIT(FJ_X509_MAX);
		struct ca_home sub = home;
		struct ca_cert_in in = {.profile = CA_DATA_ASSET, .not_before = fj_now(), .not_after = fj_now() + 86400, .issuer_cert = fj_buf_slice(&ca), .shard = 1, .spki = fj_buf_slice(&spki),
			.holder_name = "holder", .usci = "12420000DEMA00099D", .asset = {.asset_no = "A-1", .asset_name = "asset", .card_version = 1, .class_scheme = "LOCAL", .class_code = "1", .restrictions = 1, .holder_kind = rows[i].kind}};
		snprintf(sub.base, sizeof(sub.base), "%s", rows[i].base);
		snprintf(in.asset.number, sizeof(in.asset.number), "%s", rows[i].number);
		snprintf(in.asset.region, sizeof(in.asset.region), "%s", rows[i].region);
		snprintf(in.asset.status_uri, sizeof(in.asset.status_uri), "%s/status/1", rows[i].base);
		ca_serial_new(&in.serial);
		err = (struct fj_err){0};
		CHECK_RC(ca_cert_tbs(&sub, &in, &tbs, &err), rows[i].words == NULL ? FJ_OK : FJ_E_REFUSED);
		CHECK(rows[i].words == NULL || (strstr(err.en, rows[i].words) != NULL && err.zh[0] != '\0'));
	}
}

TEST("a delegated certificate passes the lint of its own profile and of no other's (lesson 3)")
{
	static const enum ca_profile all[] = {CA_TOKEN_SIGNER, CA_STATUS_SIGNER, CA_LOG_SIGNER, CA_OCSP};
	struct fj_err err = {0};
	FJ_AUTO(buf) issuer = FJ_BUF_INIT(FJ_X509_MAX);

	CHECK_OK(make_cert(CA_ROOT, FJ_SLICE(NULL, 0), &issuer, &err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(all); i++) {
		FJ_AUTO(buf) cert = FJ_BUF_INIT(FJ_X509_MAX);
		CHECK_OK(make_cert(all[i], fj_buf_slice(&issuer), &cert, &err));
		for (size_t k = 0; k < FJ_ARRAY_LEN(all); k++)
			CHECK_RC(ca_lint(&home, all[k], fj_buf_slice(&cert), &err), i == k ? FJ_OK : FJ_E_INVALID);
	}
}

/* a request for `key`, asking for the extension `ext` when there is one */
static void make_request(EVP_PKEY *key, int nid, const char *ext, struct fj_buf *out)
{
	X509_REQ *r = X509_REQ_new();
	uint8_t *der = NULL;

	X509_REQ_set_version(r, 0);
	X509_REQ_set_pubkey(r, key);
	if (ext != NULL) {
		STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
		sk_X509_EXTENSION_push(list, X509V3_EXT_conf_nid(NULL, NULL, nid, ext));
		X509_REQ_add_extensions(r, list);
		sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	}
	X509_REQ_sign(r, key, EVP_sha256());
	int n = i2d_X509_REQ(r, &der);
	if (n > 0 && fj_buf_put(out, der, (size_t)n) != FJ_OK)
		fj_buf_clear(out);
	OPENSSL_free(der);
	X509_REQ_free(r);
}

TEST("from a request only the key is taken; CA:TRUE, purposes and weak keys are refused")
{
	FJ_AUTO(evp_pkey) good = EVP_EC_gen("P-256");
	FJ_AUTO(evp_pkey) weak = EVP_RSA_gen(2048);
	FJ_AUTO(evp_pkey) odd = EVP_EC_gen("P-521");
	const struct {
		EVP_PKEY *key;
		int nid;
		const char *ext;
		enum fj_rc want;
	} t[] = {{good, 0, NULL, FJ_OK}, {good, NID_basic_constraints, "critical,CA:TRUE", FJ_E_INVALID}, {good, NID_basic_constraints, "CA:FALSE", FJ_E_INVALID},
		{good, NID_ext_key_usage, "serverAuth", FJ_E_INVALID}, {good, NID_key_usage, "keyCertSign", FJ_E_INVALID},
		{weak, 0, NULL, FJ_E_INVALID}, {odd, 0, NULL, FJ_E_INVALID}};
	for (size_t i = 0; i < FJ_ARRAY_LEN(t); i++) {
		FJ_AUTO(buf) csr = FJ_BUF_INIT(16384);
		FJ_AUTO(buf) spki = FJ_BUF_INIT(2048);
		struct fj_err err = {0};
		make_request(t[i].key, t[i].nid, t[i].ext, &csr);
		CHECK_RC(ca_request_key(fj_buf_slice(&csr), FJ_ES256, &spki, &err), t[i].want);
		CHECK(t[i].want == FJ_OK || err.cite[0] != '\0');
	}
}

TEST("every single changed octet of a request is refused")
{
	FJ_AUTO(evp_pkey) key = EVP_EC_gen("P-256");
	FJ_AUTO(buf) csr = FJ_BUF_INIT(16384);
	make_request(key, 0, NULL, &csr);
	for (size_t i = 0; i < csr.len; i++) {
		FJ_AUTO(buf) spki = FJ_BUF_INIT(2048);
		csr.data[i] ^= 1;
		CHECK(ca_request_key(fj_buf_slice(&csr), FJ_ES256, &spki, NULL) != FJ_OK);
		csr.data[i] ^= 1;
	}
}

TEST_MAIN
