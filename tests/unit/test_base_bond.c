/*
 * test_base_bond.c - endorsement keys, credentials for them and their answers: right ones as a demo made them, and
 * each with a member changed, left out or added, which is refused at that member.
 */
#include <fcntl.h>

#include "base/bond.h"
#include "base/file.h"
#include "tests/unit/altered.h"
#include "tests/unit/test.h"

#define CORPUS "tests/fuzz/corpus/bond/"

static bool file(const char *name, struct fj_buf *out)
{
	return fj_file_read(AT_FDCWD, name, out, NULL) == FJ_OK;
}

TEST("endorsement keys of RSA, P-256 and P-384 are read; one with any octet of its form altered is not")
{
	static const struct {
		const char *name;
		bool rsa;
		unsigned hash, sym, curve;
		size_t form; /* octets before the modulus or point */
	} rows[] = {{CORPUS "ek-rsa", true, 0x0b, 128, 0, 58}, {CORPUS "ek-p256", false, 0x0b, 128, 3, 54}, {CORPUS "ek-p384", false, 0x0c, 256, 4, 70}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++) {
		FJ_AUTO(buf) area = FJ_BUF_INIT(FJ_BOND_PART);
		struct fj_err err = {0};
		struct fj_ek k;
		CHECK(file(rows[i].name, &area));
		CHECK_OK(fj_ek_read(fj_buf_slice(&area), &k, &err));
		CHECK(k.rsa == rows[i].rsa && k.hash == rows[i].hash && k.sym_bits == rows[i].sym && k.curve == rows[i].curve);
		CHECK(fj_ek_read(FJ_SLICE(area.data, area.len - 1), &k, &err) == FJ_E_INVALID);
		CHECK_STR(err.field, "ek");
		for (size_t at = 0; at < rows[i].form; at++) {
			size_t policy = area.data[9]; /* what the policy is, who holds the hierarchy knows */
			if ((at >= 10 && at < 10 + policy) || at == 4 || at == 6 || at == 7 || at == 5)
				continue;
			area.data[at] ^= 0x41;
			CHECK(fj_ek_read(fj_buf_slice(&area), &k, NULL) != FJ_OK);
			area.data[at] ^= 0x41;
		}
		for (unsigned bit = 0; bit < 32; bit++) { /* attributes that decide: fixedTPM, fixedParent, sensitiveDataOrigin, restricted, decrypt; stClear, duplication, sign */
			static const uint32_t decide = 1u << 1 | 1u << 4 | 1u << 5 | 1u << 16 | 1u << 17 | 1u << 2 | 1u << 11 | 1u << 18;
			area.data[4 + 3 - bit / 8] ^= (uint8_t)(1u << bit % 8);
			CHECK((fj_ek_read(fj_buf_slice(&area), &k, NULL) == FJ_OK) == !(decide >> bit & 1));
			area.data[4 + 3 - bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}

TEST("what an appliance shows of its TPM is read, and refused at a member that is another")
{
	static const struct {
		const char *from, *to, *field;
	} rows[] = {{"\"version\":1", "\"version\":2", "version"}, {"\"plan\":\"", "\"plan\":\"x", "plan"}, {"\"ak\":\"", "\"ak\":\"!", "ak"}, {"\"keys\":[\"ACM", "\"keys\":[\"ACN", "ek"},
		{"\"certificates\":[]", "\"certificates\":[\"\"]", "certificates"}, {"\"certificates\":[]", "\"certificates\":[],\"x\":1", "x"}, {"\"keys\":[", "\"keys\":[\"\",", "keys"}};
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ENDORSEMENT_OCTETS);
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_ENDORSEMENT_OCTETS);
	FJ_AUTO(endorsement) e;
	struct fj_err err = {0};

	fj_endorsement_init(&e);
	CHECK(file(CORPUS "endorsement", &text));
	CHECK_OK(fj_endorsement_read(fj_buf_slice(&text), &e, &err));
	CHECK(e.n == 1 && e.n_certificates == 0 && e.ak.len > 80);
	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++) {
		FJ_AUTO(endorsement) other;
		fj_endorsement_init(&other);
		err = (struct fj_err){0};
		CHECK(fj_endorsement_read(with(&b, fj_buf_str(&text), rows[i].from, rows[i].to), &other, &err) != FJ_OK);
		CHECK_STR(err.field, rows[i].field);
	}
}

static enum fj_rc any(void *ctx, const uint8_t xy[64], const struct fj_hash *digest, const uint8_t sig[64], struct fj_err *err)
{
	(void)xy, (void)sig, (void)err;
	*(struct fj_hash *)ctx = *digest;
	return FJ_OK;
}

TEST("a credential is read, checked against the plan, and answered by the secret with its hash and by no other")
{
	static const struct {
		const char *from, *to, *field;
	} rows[] = {{"\"version\":1", "\"version\":2", "version"}, {"\"officer\":\"officer1\",", "", "officer"}, {"\"made\":\"20", "\"made\":\"x", "made"}, {"\"seed\":\"", "\"seed\":\"!", "seed"},
		{"\"expects\":\"", "\"expects\":\"x", "expects"}, {"\"sig\":\"", "\"sig\":\"AA", "sig"}, {"\"version\"", "\"x\":1,\"version\"", "x"}, {"\"credential\":\"", "\"credential\":1,\"y\":\"", "y"}};
	FJ_AUTO(buf) text = FJ_BUF_INIT(2 * FJ_BOND_OCTETS);
	FJ_AUTO(buf) b = FJ_BUF_INIT(2 * FJ_BOND_OCTETS);
	FJ_AUTO(json) j = NULL;
	FJ_AUTO(bond) bond;
	struct fj_plan p = {.n = 1, .officer = {{.login = "officer1"}}};
	struct fj_hash seen, want;
	struct fj_err err = {0};
	uint8_t secret[32] = {0};
	int who;

	fj_bond_init(&bond);
	CHECK(file(CORPUS "answered", &text));
	CHECK_OK(fj_json_parse(fj_buf_slice(&text), text.len, &j, &err));
	CHECK_OK(fj_bonded_read(j, &bond, &err));
	p.hash = bond.plan;
	CHECK_OK(fj_bond_check(&bond, &p, any, &seen, &who, &err));
	CHECK_OK(fj_bond_to_sign(&bond, &want, &err));
	CHECK(who == 0 && fj_hash_eq(&seen, &want));
	bond.made++;
	CHECK_OK(fj_bond_to_sign(&bond, &want, &err));
	CHECK(!fj_hash_eq(&seen, &want));
	CHECK(fj_bond_answered(&bond, FJ_SLICE(secret, 32), &err) == FJ_E_REFUSED && fj_bond_answered(&bond, FJ_SLICE(secret, 31), &err) == FJ_E_REFUSED);
	p.hash.b[0] ^= 1;
	CHECK(fj_bond_check(&bond, &p, any, &seen, &who, &err) == FJ_E_REFUSED);
	p.hash.b[0] ^= 1;
	p.officer[0].login[0] = 'x';
	CHECK(fj_bond_check(&bond, &p, any, &seen, &who, &err) == FJ_E_REFUSED && who == -1);
	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++) {
		FJ_AUTO(json) other = NULL;
		FJ_AUTO(bond) c;
		fj_bond_init(&c);
		err = (struct fj_err){0};
		CHECK_OK(fj_json_parse(with(&b, fj_buf_str(&text), rows[i].from, rows[i].to), b.max, &other, &err));
		CHECK(fj_bonded_read(other, &c, &err) != FJ_OK);
		CHECK_STR(err.field, rows[i].field);
	}
}

TEST_MAIN
