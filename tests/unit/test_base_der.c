/* strict DER (X.690) */
#include "base/der.h"
#include "tests/unit/test.h"

#define D(bytes) FJ_SLICE(bytes, sizeof(bytes) - 1)

TEST("a number is minimal, positive and below 2^63")
{
	static const struct {
		struct fj_slice in;
		int64_t want; /* -1: refused */
	} t[] = {{D("\x02\x01\x00"), 0}, {D("\x02\x02\x00\x80"), 128}, {D("\x02\x01\x7f"), 127}, {D("\x02\x02\x00\x7f"), -1}, {D("\x02\x01\x80"), -1},
		{D("\x02\x00"), -1}, {D("\x02\x02\x01"), -1}, {D("\x02\x81\x01\x05"), -1}, {D("\x02\x80\x05\x00\x00"), -1}, {D("\x03\x01\x05"), -1},
		{D("\x02\x09\x00\x80\x00\x00\x00\x00\x00\x00\x00"), -1}};
	for (size_t i = 0; i < FJ_ARRAY_LEN(t); i++) {
		struct fj_der d;
		uint64_t v = 0;
		fj_der_init(&d, t[i].in);
		enum fj_rc rc = fj_der_uint(&d, &v, NULL);
		CHECK((rc == FJ_OK) == (t[i].want >= 0));
		CHECK(rc != FJ_OK || v == (uint64_t)t[i].want);
	}
}

TEST("a BOOLEAN is 00 or FF")
{
	struct fj_der d;
	bool v;
	fj_der_init(&d, D("\x01\x01\xff"));
	CHECK_RC(fj_der_bool(&d, &v, NULL), FJ_OK);
	CHECK(v);
	fj_der_init(&d, D("\x01\x01\x01"));
	CHECK_RC(fj_der_bool(&d, &v, NULL), FJ_E_PARSE);
}

TEST("a time before 2050 is UTCTime, later GeneralizedTime, always with Z and seconds (RFC 5280 4.1.2.5)")
{
	static const struct {
		struct fj_slice in;
		bool ok;
	} t[] = {{D("\x17\x0d" "260316080000Z"), true}, {D("\x18\x0f" "20500101000000Z"), true}, {D("\x18\x0f" "20260316080000Z"), false},
		{D("\x17\x0b" "2603160800Z"), false}, {D("\x17\x11" "260316080000+0800"), false}, {D("\x17\x0d" "261316080000Z"), false},
		{D("\x18\x11" "20500101000000.5Z"), false}};
	for (size_t i = 0; i < FJ_ARRAY_LEN(t); i++) {
		struct fj_der d;
		fj_time v;
		fj_der_init(&d, t[i].in);
		CHECK((fj_der_time(&d, false, &v, NULL) == FJ_OK) == t[i].ok);
	}
}

TEST("object identifiers come back as they went; a padded arc is refused")
{
	static const char *const oids[] = {"1.2.840.10045.4.3.2", "2.5.29.15", "1.3.6.1.4.1.32473.1.1", "2.999.3", "0.39"};
	for (size_t i = 0; i < FJ_ARRAY_LEN(oids); i++) {
		FJ_AUTO(buf) c = FJ_BUF_INIT(64);
		FJ_AUTO(buf) e = FJ_BUF_INIT(64);
		struct fj_der d;
		char out[64];
		CHECK_RC(fj_der_oid_encode(oids[i], &c), FJ_OK);
		CHECK_RC(fj_der_put(&e, FJ_DER_OID, fj_buf_slice(&c)), FJ_OK);
		fj_der_init(&d, fj_buf_slice(&e));
		CHECK_RC(fj_der_oid(&d, out, sizeof(out), NULL), FJ_OK);
		CHECK_STR(out, oids[i]);
	}
	struct fj_der d;
	char out[64];
	fj_der_init(&d, D("\x06\x03\x2a\x80\x01"));
	CHECK_RC(fj_der_oid(&d, out, sizeof(out), NULL), FJ_E_PARSE);
}

TEST("r and s of 32 octets come back; zero, negative, long and padded ones are refused")
{
	uint8_t raw[64], again[64];
	for (int i = 0; i < 64; i++)
		raw[i] = (uint8_t)(0x80 + i);
	raw[32] = 0;
	raw[33] = 0;
	FJ_AUTO(buf) der = FJ_BUF_INIT(96);
	CHECK_RC(fj_ecdsa_raw_to_der(raw, &der), FJ_OK);
	CHECK_RC(fj_ecdsa_der_to_raw(fj_buf_slice(&der), again, NULL), FJ_OK);
	CHECK(memcmp(raw, again, 64) == 0);
	CHECK_RC(fj_ecdsa_der_to_raw(D("\x30\x06\x02\x01\x00\x02\x01\x01"), again, NULL), FJ_E_PARSE);
	CHECK_RC(fj_ecdsa_der_to_raw(D("\x30\x06\x02\x01\x81\x02\x01\x01"), again, NULL), FJ_E_PARSE);
	CHECK_RC(fj_ecdsa_der_to_raw(D("\x30\x07\x02\x02\x00\x01\x02\x01\x01"), again, NULL), FJ_E_PARSE);
	CHECK_RC(fj_ecdsa_der_to_raw(D("\x30\x06\x02\x01\x01\x02\x01\x01\x00"), again, NULL), FJ_E_PARSE);
}

TEST_MAIN
