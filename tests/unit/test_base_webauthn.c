/* A passkey's answer, each part altered; which origins go with an RP id; contents and digests that must not meet. */
#include "base/content.h"
#include "base/webauthn.h"
#include "tests/unit/test.h"

static const char good[] = "{\"type\":\"webauthn.get\",\"challenge\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"origin\":\"https://a.cn\",\"crossOrigin\":false}";

static enum fj_rc with(uint8_t flags, size_t len, const char *rp, const char *client)
{
	uint8_t auth[64] = {0};
	struct fj_hash id, zero = {{0}}, digest;

	fj_sha256(fj_slice_str(rp), &id);
	memcpy(auth, id.b, FJ_SHA256_LEN);
	auth[32] = flags;
	return fj_webauthn_read(FJ_SLICE(auth, len), fj_slice_str(client), "a.cn", "https://a.cn", &zero, &digest, NULL);
}

TEST("an assertion with presence and verification is read; backed-up passkeys too")
{
	CHECK(with(0x05, 37, "a.cn", good) == FJ_OK);
	CHECK(with(0x1d, 37, "a.cn", good) == FJ_OK);
}

TEST("every length but 37 and every other flag is refused")
{
	for (size_t n = 0; n <= 64; n++)
		CHECK((with(0x05, n, "a.cn", good) == FJ_OK) == (n == 37));
	for (unsigned f = 0; f < 256; f++)
		CHECK((with((uint8_t)f, 37, "a.cn", good) == FJ_OK) == ((f & 5) == 5 && (f & ~0x1du) == 0));
}

TEST("another relying party is refused, and client data cut anywhere")
{
	char cut[sizeof(good)];

	CHECK(with(0x05, 37, "b.cn", good) == FJ_E_SIGNATURE);
	for (size_t n = 0; n + 1 < sizeof(good); n++) {
		memcpy(cut, good, n);
		cut[n] = '\0';
		CHECK(with(0x05, 37, "a.cn", cut) == FJ_E_SIGNATURE);
	}
}

TEST("an origin goes with its host's RP id, over https, or http on localhost")
{
	CHECK(fj_webauthn_origin("https://a.cn", "a.cn") && fj_webauthn_origin("https://x.a.cn:8443", "a.cn") && fj_webauthn_origin("http://localhost:80", "localhost"));
	CHECK(!fj_webauthn_origin("http://a.cn", "a.cn") && !fj_webauthn_origin("https://xa.cn", "a.cn") && !fj_webauthn_origin("https://a.cn.evil", "a.cn"));
	CHECK(!fj_webauthn_origin("https://a.cn/x", "a.cn") && !fj_webauthn_origin("https://evil@a.cn", "a.cn") && !fj_webauthn_origin("https://a.cn:x", "a.cn") && !fj_webauthn_origin("a.cn", "a.cn"));
	CHECK(!fj_webauthn_origin("https://", "") && !fj_webauthn_origin("", ""));
}

TEST("approval and refusal of one payload are two digests")
{
	struct fj_hash payload = {{1}}, yes, refusal;

	fj_act_digest(false, &payload, &yes);
	fj_act_digest(true, &payload, &refusal);
	CHECK(!fj_hash_eq(&yes, &refusal) && !fj_hash_eq(&yes, &payload));
}

TEST("a certificate's content differs in whatever it says")
{
	struct fj_asset a = {.asset_no = "A", .asset_name = "n", .card_version = 1, .class_scheme = "LOCAL", .class_code = "1", .region = "420000"};
	struct fj_cert_content c = {.alg = FJ_ES256, .asset = &a, .holder = "h", .holder_name = "H", .years = 3};
	struct fj_hash h[6];

	CHECK(fj_content_certificate(&c, &h[0], NULL) == FJ_OK);
	a.rights = 1;
	CHECK(fj_content_certificate(&c, &h[1], NULL) == FJ_OK);
	c.years = 4;
	CHECK(fj_content_certificate(&c, &h[2], NULL) == FJ_OK);
	c.alg = FJ_SM2;
	CHECK(fj_content_certificate(&c, &h[3], NULL) == FJ_OK);
	c.ends = 1;
	CHECK(fj_content_certificate(&c, &h[4], NULL) == FJ_OK);
	snprintf(a.number, sizeof(a.number), "drawn");
	CHECK(fj_content_certificate(&c, &h[5], NULL) == FJ_OK && fj_hash_eq(&h[4], &h[5]));
	for (size_t i = 0; i < 5; i++)
		for (size_t k = 0; k < i; k++)
			CHECK(!fj_hash_eq(&h[i], &h[k]));
}

static struct fj_hash token(const char *member, json_t *value)
{
	FJ_AUTO(json) c = json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:{s:s, s:s, s:{s:i, s:s}}, s:{s:s, s:i, s:s, s:{s:i, s:s}}, s:{s:{s:i, s:s}}, s:{s:s}}", "iss", "i", "vct", "v", "jti", "LT-1", "iat", 5, "nbf", 5, "exp", 5 + 86400 - 1,
	    "asset", "id", "A", "certificate", "C", "status", "idx", 1, "uri", "u", "parent", "authorisation", "P", "version", 1, "sha256", "s", "status", "idx", 2, "uri", "u", "status", "status_list", "idx", 3, "uri", "u", "holder", "usci", "H");
	struct fj_hash h = {{0}};

	if (member != NULL)
		json_object_set_new(c, member, value);
	return fj_content_token(c, &h, NULL) == FJ_OK ? h : (struct fj_hash){{0}};
}

TEST("a token's content differs in whatever it says, and not in what is drawn")
{
	struct fj_hash one = token(NULL, NULL);
	struct fj_hash same[] = {token("jti", json_string("LT-2")), token("iat", json_integer(6)), token("status", json_null()), token("asset", json_pack("{s:s}", "id", "A")),
		token("parent", json_pack("{s:s, s:i}", "authorisation", "P", "version", 2))};
	struct fj_hash other[] = {token("iss", json_string("j")), token("holder", json_null()), token("asset", json_pack("{s:s}", "id", "B")), token("parent", json_pack("{s:s}", "authorisation", "Q")),
		token("exp", json_integer(5 + 2 * 86400 - 1)), token("cnf", json_null())};

	for (size_t i = 0; i < FJ_ARRAY_LEN(same); i++)
		CHECK(fj_hash_eq(&one, &same[i]));
	for (size_t i = 0; i < FJ_ARRAY_LEN(other); i++)
		CHECK(!fj_hash_eq(&one, &other[i]));
}

TEST("a token that is valid for part of a day has no content")
{
	FJ_AUTO(json) c = json_pack("{s:i, s:i, s:{s:s}, s:{s:s}}", "nbf", 5, "exp", 5 + 86400, "asset", "id", "A", "parent", "authorisation", "P");
	struct fj_hash h;

	CHECK(fj_content_token(c, &h, NULL) == FJ_E_INVALID);
	json_object_set_new(c, "exp", json_integer(4));
	CHECK(fj_content_token(c, &h, NULL) == FJ_E_INVALID);
	json_object_set_new(c, "exp", json_integer(5 + 86399));
	CHECK(fj_content_token(c, &h, NULL) == FJ_OK);
	json_object_del(c, "parent");
	CHECK(fj_content_token(c, &h, NULL) == FJ_E_INVALID);
}

TEST_MAIN
