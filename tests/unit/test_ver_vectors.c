/*
 * test_ver_vectors.c - the examples of the standards themselves: RFC 7515 A.3
 * (ES256), RFC 7638 and RFC 9449 (thumbprints), RFC 9901 5.2 (SD-JWT with a Key
 * Binding JWT), draft-ietf-oauth-status-list-21 4.1 and appendix (lists).
 *
 * This profile is narrower than the examples' credentials (no disclosures, a fixed
 * header), so what is common is tried: signatures, hashes, bits.
 */
#include "tests/unit/test.h"
#include "verifier/internal.h"

/* does a JWS (header "." payload "." signature) verify under this key? */
static bool verifies(const char *x, const char *y, struct fj_slice compact)
{
	FJ_AUTO(buf) xy = FJ_BUF_INIT(64);
	FJ_AUTO(buf) sig = FJ_BUF_INIT(64);
	const uint8_t *dot = memrchr(compact.p, '.', compact.len);
	struct fj_err err;
	EVP_PKEY *key = NULL;

	if (dot == NULL || fj_b64u_get(x, strlen(x), &xy) != FJ_OK || fj_b64u_get(y, strlen(y), &xy) != FJ_OK || xy.len != 64 ||
	    ver_key_point(xy.data, &key, &err) != FJ_OK)
		return false;
	size_t n = (size_t)(dot - compact.p);
	bool ok = fj_b64u_get((const char *)dot + 1, compact.len - n - 1, &sig) == FJ_OK && sig.len == 64 &&
	    ver_signed_raw(key, FJ_ES256, FJ_SLICE(compact.p, n), sig.data);
	EVP_PKEY_free(key);
	return ok;
}

#define A3_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define A3_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
static const char a3[] = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
	".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

TEST("RFC 7515 A.3: the ES256 example verifies, with one octet changed or under another key it does not")
{
	char bad[sizeof(a3)];

	CHECK(verifies(A3_X, A3_Y, fj_slice_str(a3)));
	memcpy(bad, a3, sizeof(bad));
	bad[30] ^= 1;
	CHECK(!verifies(A3_X, A3_Y, fj_slice_str(bad)));
	CHECK(!verifies("TCAER19Zvu3OHF4j4W4vfSVoHIP1ILilDls7vCeGemc", "ZxjiWWbZMQGHVWKVQ4hbSIirsVfuecCE6t4jT9F2HZQ", fj_slice_str(a3)));
	CHECK(!verifies(A3_X, A3_X, fj_slice_str(a3))); /* no point of the curve */
}

TEST("RFC 7515 A.3 and A.5 as credentials: a header without typ, kid and x5c, and alg none, are refused")
{
	struct fj_jws j;
	struct fj_err err;

	CHECK(fj_jws_read(fj_slice_str(a3), FJ_TOKEN_MAX, &j, &err) != FJ_OK);
	CHECK(fj_jws_read(fj_slice_str("eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."),
	    FJ_TOKEN_MAX, &j, &err) != FJ_OK);
}

TEST("RFC 7638 3.1: the example's thumbprint is that of its canonical JSON")
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(1024);
	FJ_AUTO(json) jwk = json_pack("{s:s, s:s, s:s}", "kty", "RSA", "n",
	    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4H"
	    "c5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4"
	    "vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw", "e", "AQAB");
	char got[44];

	CHECK(fj_json_canonical(jwk, &text, NULL) == FJ_OK && ver_sha256_b64u(fj_buf_slice(&text), got) == FJ_OK);
	CHECK_STR(got, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

TEST("RFC 9449 6.1: the thumbprint of a key on P-256")
{
	static const char x[] = "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", y[] = "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA";
	static const uint8_t head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 4};
	FJ_AUTO(buf) spki = FJ_BUF_INIT(91);
	char got[44];

	CHECK(fj_buf_put(&spki, head, sizeof(head)) == FJ_OK && fj_b64u_get(x, strlen(x), &spki) == FJ_OK && fj_b64u_get(y, strlen(y), &spki) == FJ_OK);
	CHECK(fj_jws_kid(fj_buf_slice(&spki), got, NULL) == FJ_OK);
	CHECK_STR(got, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
}

/* RFC 9901 5.2: the SD-JWT with four disclosures and the Key Binding JWT */
static const char rfc9901[] =
	"eyJhbGciOiAiRVMyNTYiLCAidHlwIjogImV4YW1wbGUrc2Qtand0In0.eyJfc2QiOiBbIkNyUWU3UzVrcUJBSHQtbk1ZWGdjNmJkdDJTSDVhVFkxc1VfTS1QZ2tqUEkiLC"
	"AiSnpZakg0c3ZsaUgwUjNQeUVNZmVadTZKdDY5dTVxZWhabzdGN0VQWWxTRSIsICJQb3JGYnBLdVZ1Nnh5bUphZ3ZrRnNGWEFiUm9jMkpHbEFVQTJCQTRvN2NJIiwgIlRH"
	"ZjRvTGJnd2Q1SlFhSHlLVlFaVTlVZEdFMHc1cnREc3JaemZVYW9tTG8iLCAiWFFfM2tQS3QxWHlYN0tBTmtxVlI2eVoyVmE1TnJQSXZQWWJ5TXZSS0JNTSIsICJYekZyen"
	"dzY002R242Q0pEYzZ2Vks4QmtNbmZHOHZPU0tmcFBJWmRBZmRFIiwgImdiT3NJNEVkcTJ4Mkt3LXc1d1BFemFrb2I5aFYxY1JEMEFUTjNvUUw5Sk0iLCAianN1OXlWdWx3"
	"UVFsaEZsTV8zSmx6TWFTRnpnbGhRRzBEcGZheVF3TFVLNCJdLCAiaXNzIjogImh0dHBzOi8vaXNzdWVyLmV4YW1wbGUuY29tIiwgImlhdCI6IDE2ODMwMDAwMDAsICJleH"
	"AiOiAxODgzMDAwMDAwLCAic3ViIjogInVzZXJfNDIiLCAibmF0aW9uYWxpdGllcyI6IFt7Ii4uLiI6ICJwRm5kamtaX1ZDem15VGE2VWpsWm8zZGgta284YUlLUWM5RGxH"
	"emhhVllvIn0sIHsiLi4uIjogIjdDZjZKa1B1ZHJ5M2xjYndIZ2VaOGtoQXYxVTFPU2xlclAwVmtCSnJXWjAifV0sICJfc2RfYWxnIjogInNoYS0yNTYiLCAiY25mIjogey"
	"Jqd2siOiB7Imt0eSI6ICJFQyIsICJjcnYiOiAiUC0yNTYiLCAieCI6ICJUQ0FFUjE5WnZ1M09IRjRqNFc0dmZTVm9ISVAxSUxpbERsczd2Q2VHZW1jIiwgInkiOiAiWnhq"
	"aVdXYlpNUUdIVldLVlE0aGJTSWlyc1ZmdWVjQ0U2dDRqVDlGMkhaUSJ9fX0.MczwjBFGtzf-6WMT-hIvYbkb11NrV1WMO-jTijpMPNbswNzZ87wY2uHz-CXo6R04b7jYrp"
	"j9mNRAvVssXou1iw~WyJlbHVWNU9nM2dTTklJOEVZbnN4QV9BIiwgImZhbWlseV9uYW1lIiwgIkRvZSJd~WyJBSngtMDk1VlBycFR0TjRRTU9xUk9BIiwgImFkZHJlc3Mi"
	"LCB7InN0cmVldF9hZGRyZXNzIjogIjEyMyBNYWluIFN0IiwgImxvY2FsaXR5IjogIkFueXRvd24iLCAicmVnaW9uIjogIkFueXN0YXRlIiwgImNvdW50cnkiOiAiVVMifV"
	"0~WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd~WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIlVTIl0~eyJhbGciOiAiRVMyNTY"
	"iLCAidHlwIjogImtiK2p3dCJ9.eyJub25jZSI6ICIxMjM0NTY3ODkwIiwgImF1ZCI6ICJodHRwczovL3ZlcmlmaWVyLmV4YW1wbGUub3JnIiwgImlhdCI6IDE3NDg1Mzcy"
	"NDQsICJzZF9oYXNoIjogIjBfQWYtMkItRWhMV1g1eWRoX3cyeHp3bU82aU02NkJfMlFDRWFuSTRmVVkifQ.T3SIus2OidNl41nmVkTZVCKKhOAX97aOldMyHFiYjHm261e"
	"LiJ1YiuONFiMN8QlCmYzDlBLAdPvrXh52KaLgUQ";

TEST("RFC 9901 5.2: the issuer's and the holder's signature verify, and sd_hash is the hash up to the last ~")
{
	const char *kb = strrchr(rfc9901, '~') + 1, *first = strchr(rfc9901, '~'), *dot = strchr(kb, '.');
	FJ_AUTO(buf) body = FJ_BUF_INIT(1024);
	FJ_AUTO(json) payload = NULL;
	char hash[44];

	CHECK(verifies("b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ", "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8", FJ_SLICE((const uint8_t *)rfc9901, (size_t)(first - rfc9901))));
	CHECK(verifies("TCAER19Zvu3OHF4j4W4vfSVoHIP1ILilDls7vCeGemc", "ZxjiWWbZMQGHVWKVQ4hbSIirsVfuecCE6t4jT9F2HZQ", fj_slice_str(kb)));
	CHECK(ver_sha256_b64u(FJ_SLICE((const uint8_t *)rfc9901, (size_t)(kb - rfc9901)), hash) == FJ_OK);
	CHECK(fj_b64u_get(dot + 1, (size_t)(strrchr(kb, '.') - dot) - 1, &body) == FJ_OK && fj_json_parse(fj_buf_slice(&body), 1024, &payload, NULL) == FJ_OK);
	CHECK_STR(fj_json_peek(payload, "sd_hash"), hash);
	CHECK_STR(hash, "0_Af-2B-EhLWX5ydh_w2xzwmO6iM66B_2QCEanI4fUY");
	CHECK(ver_sha256_b64u(FJ_SLICE((const uint8_t *)rfc9901, (size_t)(kb - rfc9901) - 1), hash) == FJ_OK); /* without the last ~ it is another */
	CHECK(strcmp(hash, "0_Af-2B-EhLWX5ydh_w2xzwmO6iM66B_2QCEanI4fUY") != 0);
}

/* --- status lists --- */

static enum fj_rc inflate_lst(const char *lst, uint8_t *map)
{
	FJ_AUTO(json) p = json_pack("{s:{s:i, s:s}}", "status_list", "bits", 2, "lst", lst);
	struct fj_err err;

	return fj_list_inflate(p, map, &err);
}

TEST("draft-ietf-oauth-status-list-21 4.1: 12 entries of two bits are c9 44 f9, least significant bits first")
{
	static const uint8_t want[12] = {1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3};
	uint8_t map[3] = {0};

	for (uint32_t i = 0; i < 12; i++)
		fj_list_set(map, i, want[i]);
	CHECK(memcmp(map, "\xc9\x44\xf9", 3) == 0);
	for (uint32_t i = 0; i < 12; i++)
		CHECK(fj_list_get(map, i) == want[i]);
}

static const char two_bits[] =
	"eNrt2zENACEQAEEuoaBABP5VIO01fCjIHTMStt9ovGVIAAAAAABAbiEBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEB5WwIAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAID0ugQAAAAAAAAAAAAAAAAAQG12SgAAAAAAAAAAAAAAAAAAAAAA"
	"AAAAAOCSIQEAAAAAAAAAAAAAAAAAAAAAAAD8ExIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAwJEuAQAAAAAAAAAAAAAAAAAAAAAAAMB9SwIAAAAAAAAAAAAAAA"
	"AAAACoYUoAAAAAAAAAAAAAAEBqH81gAQw";
static const char one_bit[] =
	"eNrt3AENwCAMAEGogklACtKQPg9LugC9k_ACvreiogEAAKkeCQAAAAAAAAAAAAAAAAAAAIBylgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAXG"
	"9IAAAAAAAAAPwsJAAAAAAAAAAAAAAAvhsSAAAAAAAAAAAA7KpLAAAAAAAAAAAAAAAAAAAAAJsLCQAAAAAAAAAAADjelAAAAAAAAAAAKjDMAQAAAACAZC8L2AEb";

TEST("its test vector of 2^20 entries of two bits inflates to the eleven entries it names, and comes back")
{
	static const struct {
		uint32_t idx;
		unsigned v;
	} set[] = {{0, 1}, {1993, 2}, {25460, 1}, {159495, 3}, {495669, 1}, {554353, 1}, {645645, 2}, {723232, 1}, {854545, 1}, {934534, 2}, {1000345, 3}};
	static uint8_t map[FJ_LIST_OCTETS], mine[FJ_LIST_OCTETS], again[FJ_LIST_OCTETS];
	FJ_AUTO(buf) lst = FJ_BUF_INIT(FJ_STATUS_JWT_MAX);

	CHECK(inflate_lst(two_bits, map) == FJ_OK);
	for (size_t i = 0; i < FJ_ARRAY_LEN(set); i++)
		fj_list_set(mine, set[i].idx, set[i].v);
	CHECK(memcmp(map, mine, sizeof(map)) == 0);
	CHECK(fj_list_deflate(mine, &lst, NULL) == FJ_OK && inflate_lst(fj_buf_str(&lst), again) == FJ_OK);
	CHECK(memcmp(map, again, sizeof(map)) == 0);
}

TEST("its vector of one bit an entry, and its short examples, are no list of this profile")
{
	static uint8_t map[FJ_LIST_OCTETS];

	CHECK(inflate_lst(one_bit, map) != FJ_OK);
	CHECK(inflate_lst("eNrbuRgAAhcBXQ", map) != FJ_OK);
	CHECK(inflate_lst("eNo76fITAAPfAgc", map) != FJ_OK);
}

TEST_MAIN
