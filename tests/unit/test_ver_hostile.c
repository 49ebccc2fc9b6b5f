/*
 * test_ver_hostile.c - forged, broken and hostile credentials: never a permit,
 * never a crash.
 */
#include "tests/unit/test.h"
#include "tests/unit/ver_pki.h"

#define MAKE(w)                                  \
	struct fj_err err;                       \
	FJ_AUTO(world) w = world_make();         \
	CHECK_OK(world_load(w, &err))

static const char *plain(const struct world *w, struct fj_slice s)
{
	return verdict(w, s, &(struct asked){.use = NULL});
}

static bool permits(const struct world *w, struct fj_slice s)
{
	return strcmp(plain(w, s), "permit") == 0;
}

static bool flips_never_permit(const struct world *w, struct fj_buf *b, size_t step)
{
	static const uint8_t masks[] = {0x01, 0x20, 0x80};

	for (size_t i = 0; i < b->len * FJ_ARRAY_LEN(masks); i += step) {
		uint8_t *at = b->data + i / FJ_ARRAY_LEN(masks), mask = masks[i % FJ_ARRAY_LEN(masks)];
		*at ^= mask;
		bool bad = permits(w, fj_buf_slice(b));
		*at ^= mask;
		if (bad) {
			printf("# octet %zu of %zu, mask %02x\n", i / FJ_ARRAY_LEN(masks), b->len, mask);
			return false;
		}
	}
	return permits(w, fj_buf_slice(b));
}

TEST("no change of a single octet of a good token permits")
{
	MAKE(w);
	CHECK(flips_never_permit(w, &w->token_jwt, 1));
}

TEST("no change of a single octet of an authorisation, certificate, list or CRL permits")
{
	MAKE(w);
	struct fj_slice all[] = {fj_buf_slice(&w->auth_jwt), slice(&w->dac), slice(&w->shard), fj_buf_slice(&w->list_jwt)};

	for (size_t i = 0; i < FJ_ARRAY_LEN(all); i++) {
		FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_STATUS_JWT_MAX);
		CHECK_OK(fj_buf_put(&b, all[i].p, all[i].len));
		CHECK(flips_never_permit(w, &b, i == 0 ? 4 : 1));
	}
}

TEST("no truncation and no octet more permits")
{
	MAKE(w);
	static const char *const tails[] = {"~", "x", "=", ".", "~~", "~e30~", "\xc3\xa9"};
	struct fj_slice all[] = {fj_buf_slice(&w->token_jwt), slice(&w->dac), slice(&w->shard)};

	for (size_t k = 0; k < FJ_ARRAY_LEN(all); k++) {
		for (size_t n = 0; n < all[k].len; n++)
			CHECK(!permits(w, FJ_SLICE(all[k].p, n)));
		for (size_t t = 0; t < FJ_ARRAY_LEN(tails); t++) {
			FJ_AUTO(buf) b = FJ_BUF_INIT(65536);
			CHECK_OK(fj_buf_put(&b, all[k].p, all[k].len));
			CHECK_OK(fj_buf_puts(&b, tails[t]));
			CHECK(!permits(w, fj_buf_slice(&b)));
		}
	}
}

TEST("white space around a token is transport; within, it is a refusal")
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(65536);
	MAKE(w);

	CHECK_OK(fj_buf_printf(&b, " \n%s\r\n", fj_buf_str(&w->token_jwt)));
	CHECK(permits(w, fj_buf_slice(&b)));
	b.data[b.len - 3] = ' ';
	CHECK(!permits(w, fj_buf_slice(&b)));
}

static void header_of(const struct world *w, const char *alg, const char *more, char *out, size_t cap)
{
	FJ_AUTO(buf) a = FJ_BUF_INIT(24000);
	FJ_AUTO(buf) c = FJ_BUF_INIT(24000);

	if (fj_b64_put(&a, slice(&w->token_cert)) != FJ_OK || fj_b64_put(&c, slice(&w->issuing)) != FJ_OK)
		exit(1);
	snprintf(out, cap, "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"dc+sd-jwt\",\"x5c\":[\"%s\",\"%s\"]%s}", alg, kid_of(w->token_key), fj_buf_str(&a), fj_buf_str(&c), more);
}

TEST("a header with another algorithm, a foreign member or one twice is refused, though signed well (RFC 8725)")
{
	static const struct {
		const char *alg, *more, *want;
	} cases[] = {
		{"ES256", "", "permit"}, {"none", "", "deny algorithm"}, {"HS256", "", "deny algorithm"}, {"ES384", "", "deny algorithm"}, {"es256", "", "deny algorithm"},
		{"ES256", ",\"jku\":\"https://evil.example\"", "deny form"}, {"ES256", ",\"jwk\":{\"kty\":\"EC\"}", "deny form"},
		{"ES256", ",\"x5u\":\"https://evil.example\"", "deny form"}, {"ES256", ",\"crit\":[\"b64\"]", "deny form"},
		{"ES256", ",\"alg\":\"ES256\"", "deny form"}, {"ES256", ",\"typ\":\"statuslist+jwt\"", "deny form"}, {"ES256", ",\"b64\":false", "deny form"},
	};
	FJ_AUTO(buf) b = FJ_BUF_INIT(65536);
	char header[8192];
	MAKE(w);

	for (size_t i = 0; i < FJ_ARRAY_LEN(cases); i++) {
		header_of(w, cases[i].alg, cases[i].more, header, sizeof(header));
		jws_text(header, w->token, w->token_key, &b);
		CHECK_OK(fj_buf_puts(&b, "~"));
		CHECK_STR(plain(w, fj_buf_slice(&b)), cases[i].want);
	}
	/* alg none with an empty signature */
	header_of(w, "none", "", header, sizeof(header));
	jws_text(header, w->token, w->token_key, &b);
	b.len = (size_t)((uint8_t *)memrchr(b.data, '.', b.len) - b.data) + 1;
	CHECK_OK(fj_buf_puts(&b, "~"));
	CHECK(!permits(w, fj_buf_slice(&b)));
}

TEST("a payload with a member too many, missing, twice or of the wrong type is refused, though signed well")
{
	static const char *const members[] = {"iss", "vct", "jti", "iat", "nbf", "exp", "binding", "cnf", "holder", "asset", "product", "grant", "terms",
		"parent", "duties", "status"};
	MAKE(w);
	FJ_AUTO(json) good = json_deep_copy(w->token);

	for (size_t i = 0; i < FJ_ARRAY_LEN(members); i++) {
		json_object_del(w->token, members[i]);
		world_sign_token(w);
		CHECK(!permits(w, fj_buf_slice(&w->token_jwt)));
		json_object_set_new(w->token, members[i], json_pack("[]"));
		world_sign_token(w);
		CHECK(strcmp(members[i], "duties") == 0 || !permits(w, fj_buf_slice(&w->token_jwt)));
		json_object_update(w->token, good);
	}
	json_object_set_new(w->token, "sub", json_string("x"));
	world_sign_token(w);
	CHECK_STR(token_verdict(w, NULL), "deny form");
	json_object_del(w->token, "sub");
	json_object_set_new(json_object_get(w->token, "grant"), "region", json_string("x"));
	world_sign_token(w);
	CHECK_STR(token_verdict(w, NULL), "deny form");
	json_object_del(json_object_get(w->token, "grant"), "region");
	json_object_set_new(json_object_get(w->token, "grant"), "depth", json_integer(1));
	world_sign_token(w);
	CHECK_STR(token_verdict(w, NULL), "deny form");
}

TEST("a token is no authorisation and no status list, nor the reverse")
{
	MAKE(w);

	json_object_set_new(w->token, "vct", json_string(FJ_VCT_AUTHORISATION));
	world_sign_token(w);
	CHECK_STR(token_verdict(w, NULL), "deny form");
	json_object_set_new(w->token, "vct", json_string("urn:fujie:license-token:2"));
	world_sign_token(w);
	CHECK_STR(token_verdict(w, NULL), "deny form");
	json_object_set_new(w->token, "vct", json_string(FJ_VCT_TOKEN));
	jws(FJ_TYP_STATUS, w->token, &w->token_cert, &w->issuing, w->token_key, &w->token_jwt);
	CHECK(!permits(w, fj_buf_slice(&w->token_jwt)));
	jws(FJ_TYP_TOKEN, w->token, &w->token_cert, &w->issuing, w->token_key, &w->token_jwt);
	CHECK_STR(plain(w, fj_buf_slice(&w->token_jwt)), "deny form"); /* without ~ */
}

/* token under another leaf certificate and its key */
static const char *under(struct world *w, const struct spec *s, EVP_PKEY *key)
{
	struct bytes leaf;
	FJ_AUTO(buf) b = FJ_BUF_INIT(65536);

	X509_free(world_cert(w, s, key, &leaf));
	jws(FJ_TYP_TOKEN, w->token, &leaf, &w->issuing, key, &b);
	return fj_buf_puts(&b, "~") == FJ_OK ? plain(w, fj_buf_slice(&b)) : "";
}

TEST("only a token-signer certificate for this very address signs tokens")
{
	struct spec s;
	MAKE(w);

	CHECK_STR(under(w, &w->token_s, w->token_key), "permit");
	CHECK_STR(under(w, &w->status_s, w->token_key), "deny signer");
	CHECK_STR(under(w, &w->dac_s, w->holder_key), "deny signer"); /* a holder's own certificate */
	s = w->token_s;
	s.eku = "OCSPSigning";
	CHECK_STR(under(w, &s, w->token_key), "deny signer");
	s.eku = ARC ".2.1";
	CHECK_STR(under(w, &s, w->token_key), "deny signer");
	s.eku = ARC ".2.5"; /* who signs heads of the log signs nothing else */
	CHECK_STR(under(w, &s, w->token_key), "deny signer");
	s.eku = ARC ".2.3," ARC ".2.5";
	CHECK_STR(under(w, &s, w->token_key), "deny chain");
	s.eku = "1.3.6.1.4.1.32474.2.3"; /* another arc */
	CHECK_STR(under(w, &s, w->token_key), "deny signer");
	s.eku = ARC ".2.3," ARC ".2.4";
	CHECK_STR(under(w, &s, w->token_key), "deny chain");
	s = w->token_s;
	s.san = "URI:http://127.0.0.1:8445";
	CHECK_STR(under(w, &s, w->token_key), "deny signer");
	s.san = "DNS:example.com";
	CHECK_STR(under(w, &s, w->token_key), "deny chain");
}

TEST("a signer that is a CA, has another key usage, policy, critical extension, or is out of date does not count")
{
	struct spec s;
	MAKE(w);

	s = w->token_s;
	s.bc = "critical,CA:TRUE,pathlen:0";
	CHECK_STR(under(w, &s, w->token_key), "deny chain");
	s = w->token_s;
	s.ku = "critical,digitalSignature,keyCertSign";
	CHECK_STR(under(w, &s, w->token_key), "deny chain");
	s.ku = "digitalSignature";
	CHECK_STR(under(w, &s, w->token_key), "deny chain");
	s = w->token_s;
	s.policy = ARC ".3.2";
	CHECK_STR(under(w, &s, w->token_key), "deny chain");
	s = w->token_s;
	s.extra_critical = "1.2.3.4";
	CHECK_STR(under(w, &s, w->token_key), "deny chain");
	s = w->token_s;
	s.to = NOW - 1;
	CHECK_STR(under(w, &s, w->token_key), "deny chain");
	s.to = NOW;
	CHECK_STR(under(w, &s, w->token_key), "permit");
	s.from = NOW + 1;
	s.to = NOW + DAY;
	CHECK_STR(under(w, &s, w->token_key), "deny chain");
}

TEST("a foreign chain, a foreign key under our names, and the wrong kid are refused")
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(65536);
	MAKE(w);
	FJ_AUTO(world) other = world_make(); /* the same names, other keys */

	CHECK_STR(plain(w, fj_buf_slice(&other->token_jwt)), "deny chain");
	jws(FJ_TYP_TOKEN, w->token, &other->token_cert, &w->issuing, other->token_key, &b); /* leaf not signed by our CA */
	CHECK_OK(fj_buf_puts(&b, "~"));
	CHECK_STR(plain(w, fj_buf_slice(&b)), "deny chain");
	jws(FJ_TYP_TOKEN, w->token, &w->token_cert, &w->root, w->token_key, &b); /* the root in the place of the issuing CA */
	CHECK_OK(fj_buf_puts(&b, "~"));
	CHECK_STR(plain(w, fj_buf_slice(&b)), "deny chain");
	jws(FJ_TYP_TOKEN, w->token, &w->token_cert, &w->issuing, w->holder_key, &b); /* kid and signature of another key */
	CHECK_OK(fj_buf_puts(&b, "~"));
	CHECK_STR(plain(w, fj_buf_slice(&b)), "deny signer");
	EVP_PKEY *key = w->token_key;
	w->token_key = w->holder_key; /* right kid, another key's signature */
	char header[8192];
	FJ_AUTO(buf) signed_by_other = FJ_BUF_INIT(65536);
	w->token_key = key;
	header_of(w, "ES256", "", header, sizeof(header));
	jws_text(header, w->token, w->holder_key, &signed_by_other);
	CHECK_OK(fj_buf_puts(&signed_by_other, "~"));
	CHECK_STR(plain(w, fj_buf_slice(&signed_by_other)), "deny signature");
}

TEST("signatures with r or s of zero, of the group's order or above, or of another length are refused")
{
	static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
		0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
	MAKE(w);
	size_t stem = (size_t)((uint8_t *)memrchr(w->token_jwt.data, '.', w->token_jwt.len) - w->token_jwt.data) + 1;

	for (int c = 0; c < 7; c++) {
		uint8_t sig[65] = {0};
		FJ_AUTO(buf) b = FJ_BUF_INIT(65536);
		if (c < 2)
			memset(sig + 32 * c, 1, 32); /* the other half zero */
		else if (c < 4) {
			memcpy(sig, order, 32);
			memcpy(sig + 32, order, 32);
			sig[31] -= (uint8_t)(c == 3);
		} else
			memset(sig, c == 4 ? 0xff : 1, sizeof(sig));
		CHECK_OK(fj_buf_put(&b, w->token_jwt.data, stem));
		CHECK_OK(fj_b64u_put(&b, FJ_SLICE(sig, c == 5 ? 63 : c == 6 ? 65 : 64)));
		CHECK_OK(fj_buf_puts(&b, "~"));
		CHECK(!permits(w, fj_buf_slice(&b)));
	}
}

TEST("size, nesting and encoding bombs are refused")
{
	MAKE(w);
	FJ_AUTO(mem) big = fj_alloc(20u << 20, 1);
	FJ_AUTO(buf) b = FJ_BUF_INIT(65536);
	char deep[200], header[8192];

	CHECK(big != NULL);
	memset(big, 'A', 20u << 20);
	CHECK_STR(plain(w, FJ_SLICE(big, 20u << 20)), "deny form");
	CHECK_STR(plain(w, FJ_SLICE(big, 17000)), "deny form");
	memset(big, '.', 17000);
	CHECK_STR(plain(w, FJ_SLICE(big, 17000)), "deny form");
	memset(big, '~', 17000);
	CHECK_STR(plain(w, FJ_SLICE(big, 17000)), "deny form");
	memset(big, 0x30, 17000);
	CHECK_STR(plain(w, FJ_SLICE(big, 17000)), "deny form");
	CHECK_STR(plain(w, FJ_SLICE(NULL, 0)), "deny form");
	CHECK_STR(plain(w, FJ_SLICE("-----BEGIN CERTIFICATE-----", 27)), "deny form");
	CHECK_STR(plain(w, fj_slice_str("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")), "deny form");
	memset(deep, '[', 100);
	memset(deep + 100, ']', 100);
	header_of(w, "ES256", "", header, sizeof(header));
	CHECK_OK(fj_b64u_put(&b, fj_slice_str(header)));
	CHECK_OK(fj_buf_puts(&b, "."));
	CHECK_OK(fj_b64u_put(&b, FJ_SLICE(deep, 200)));
	sign_tail(w->token_key, &b, 0);
	CHECK_OK(fj_buf_puts(&b, "~"));
	CHECK_STR(plain(w, fj_buf_slice(&b)), "deny form");
}

TEST("random octets are refused, and texts in a report are well-formed and printable")
{
	static const char *const heads[] = {"", "0\x82", "-----BEGIN ", "eyJ"};
	MAKE(w);

	for (int i = 0; i < 2000; i++) {
		uint8_t junk[300];
		FJ_AUTO(ver_report) r = {.subject = NULL};
		size_t n = strlen(heads[i % 4]);
		fj_random(junk, sizeof(junk));
		memcpy(junk, heads[i % 4], n);
		CHECK_OK(judge(w, FJ_SLICE(junk, 1 + fj_random_below(sizeof(junk) - 1)), &(struct asked){.use = NULL}, &r, &err));
		CHECK(r.verdict == VER_DENY);
		FJ_AUTO(json) d = ver_report_json(&r);
		CHECK(d != NULL);
	}
}

TEST_MAIN
