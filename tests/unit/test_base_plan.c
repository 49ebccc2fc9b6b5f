/*
 * test_base_plan.c - plans, challenges and answers: one right one of each, and one with each
 * member changed, left out or added, which is refused at that member.
 */
#include <fcntl.h>

#include "base/approval.h"
#include "base/file.h"
#include "base/transcript.h"
#include "tests/unit/altered.h"
#include "tests/unit/test.h"

#define PLAN PLAN_WITH("")
#define SIG "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ"
#define SIGNED(sigs) "{\"plan\":" PLAN ",\"signatures\":[" sigs "]}"
#define BY(who) "{\"officer\":\"" who "\",\"sig\":\"" SIG "\"}"

static enum fj_rc any(void *ctx, const uint8_t xy[64], const struct fj_hash *digest, const uint8_t sig[64], struct fj_err *err)
{
	unsigned *asked = ctx;

	(*asked)++;
	return xy[63] == 0 && digest != NULL && sig[0] == 1 ? FJ_OK : fj_fail(err, FJ_E_SIGNATURE, "test", NULL, "another officer");
}

TEST("a plan is read, whatever order its members have, and its hash is of the canonical form")
{
	struct fj_plan p, q;
	struct fj_hash want;
	struct fj_err err = {0};
	FJ_AUTO(json) j = NULL;
	FJ_AUTO(buf) canonical = FJ_BUF_INIT(FJ_PLAN_MAX);
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_PLAN_MAX);

	CHECK_OK(plan_of(fj_slice_str(PLAN), &p, &err));
	CHECK(p.demo && p.sm2 && p.n == 3 && p.root == 2 && p.expiration == 600 && p.made == 1773648000);
	CHECK_STR(p.officer[2].login, "c");
	CHECK_STR(p.officer[1].name, "乙");
	CHECK(p.officer[0].xy[0] == 0 && fj_plan_officer(&p, "b") == 1 && fj_plan_officer(&p, "d") == -1 && fj_plan_officer_by_key(&p, p.officer[2].xy) == 2);
	CHECK_OK(fj_json_parse(fj_slice_str(PLAN), FJ_PLAN_MAX, &j, &err));
	CHECK_OK(fj_json_canonical(j, &canonical, &err));
	fj_sha256(fj_buf_slice(&canonical), &want);
	CHECK(fj_hash_eq(&p.hash, &want));
	CHECK_OK(plan_of(fj_buf_slice(&canonical), &q, &err));
	CHECK(fj_hash_eq(&p.hash, &q.hash) && fj_hash_eq(&p.to_sign, &q.to_sign) && !fj_hash_eq(&p.hash, &p.to_sign));
	CHECK_OK(plan_of(with(&b, PLAN, ",\"SM2\"", ""), &q, &err));
	CHECK(!q.sm2 && !fj_hash_eq(&p.hash, &q.hash));
}

TEST("a plan with a member changed, left out or added is refused at that member")
{
	static const struct {
		const char *from, *to, *field;
	} rows[] = {
		{"\"version\":1", "\"version\":2", "version"}, {"\"version\":1,", "", "version"},
		{"\"quorum\"", "\"unseal\":null,\"quorum\"", "unseal"}, {"\"quorum\"", "\"unseal\":2,\"quorum\"", "unseal"}, {"\"quorum\"", "\"unseal\":{},\"quorum\"", "m"},
		{"\"quorum\"", "\"unseal\":{\"m\":0},\"quorum\"", "m"}, {"\"quorum\"", "\"unseal\":{\"m\":4},\"quorum\"", "m"}, {"\"quorum\"", "\"unseal\":{\"m\":1,\"n\":3},\"quorum\"", "n"},
		 {"\"expiration\"", "\"move\":null,\"expiration\"", "move"},
		{"\"demo\":true", "\"demo\":1", "demo"}, {"\"demo\":true,", "", "demo"}, {"\"demo\"", "\"x\":1,\"demo\"", "x"},
		{"1.3.6.1.4.1.1", "1.3.x", "arc"}, {"1.3.6.1.4.1.1", "", "arc"},
		{"http://127.0.0.1:8444", "ftp://a", "base"}, {"http://127.0.0.1:8444", "http://a/", "base"}, {"http://127.0.0.1:8444", "http://", "base"}, {"http://127", "http:// 127", "base"},
		{"财政局", "", "operator"}, {"财政局", "\\n", "operator"},
		{"\"P-256\",\"SM2\"", "\"SM2\"", "algorithms"}, {"\"P-256\",\"SM2\"", "\"P-256\",\"P-256\"", "algorithms"}, {"\"P-256\",\"SM2\"", "\"P-256\",3", "algorithms"},
		{"\"P-256\",\"SM2\"", "", "algorithms"}, {"\"P-256\",", "\"P-256\",\"P-384\",", "algorithms"},
		{"\"login\":\"a\"", "\"login\":\"a b\"", "login"}, {"\"login\":\"a\"", "\"login\":\"b\"", "officers"}, {"\"login\":\"a\"", "\"login\":\"a\",\"role\":1", "role"},
		{"\"甲\"", "\"\"", "name"}, {KEY("AAAAAA"), KEY("BAAAAA"), "officers"}, {KEY("AAAAAA"), "MFkw", "key"}, {KEY("AAAAAA"), KEY("AAAAAA") "AA", "key"}, {"\"key\":\"M", "\"key\":\"N", "key"},
		{"\"root\":2", "\"root\":0", "root"}, {"\"root\":2", "\"root\":4", "root"}, {"\"root\":2", "\"root\":-1", "root"}, {"\"root\":2", "\"root\":2,\"unseal\":2", "unseal"},
		{"\"expiration\":600", "\"expiration\":0", "expiration"}, {"\"expiration\":600", "\"expiration\":-600", "expiration"}, {"\"expiration\":600", "\"expiration\":86401", "expiration"},
		{"\"expiration\":600", "\"expiration\":\"600\"", "expiration"}, {"2026-03-16T08:00:00Z", "2026-03-16", "made"},
	};
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_PLAN_MAX);
	struct fj_plan p;

	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++) {
		struct fj_err err = {0};
		enum fj_rc rc = plan_of(with(&b, PLAN, rows[i].from, rows[i].to), &p, &err);

		if (rc == FJ_OK || strcmp(err.field, rows[i].field) != 0)
			printf("# %s for %s: %s, at \"%s\"\n", rows[i].to, rows[i].from, fj_rc_name(rc), err.field);
		CHECK(rc == FJ_E_INVALID || rc == FJ_E_PARSE);
		CHECK_STR(err.field, rows[i].field);
	}
}

TEST("a plan has one to eight officers")
{
	FJ_AUTO(json) j = NULL;
	struct fj_plan p;
	struct fj_err err = {0};

	CHECK_OK(fj_json_parse(fj_slice_str(PLAN), FJ_PLAN_MAX, &j, &err));
	json_t *officers = json_object_get(j, "officers");
	for (uint8_t i = 3; i < 9; i++) {
		FJ_AUTO(buf) spki = FJ_BUF_INIT(200);
		FJ_AUTO(buf) text = FJ_BUF_INIT(200);
		uint8_t xy[64] = {0xff, i};
		char login[4] = {'o', (char)('0' + i), '\0'};

		CHECK(fj_p256_spki_put(&spki, xy) == FJ_OK && fj_b64u_put(&text, fj_buf_slice(&spki)) == FJ_OK);
		CHECK((fj_plan_read(j, &p, &err) == FJ_OK) == (i <= 8));
		CHECK(json_array_append_new(officers, json_pack("{s:s, s:s, s:s}", "login", login, "name", "n", "key", fj_buf_str(&text))) == 0);
	}
	CHECK_RC(fj_plan_read(j, &p, &err), FJ_E_INVALID);
	CHECK(json_array_clear(officers) == 0);
	CHECK_RC(fj_plan_read(j, &p, &err), FJ_E_INVALID);
	CHECK_STR(err.field, "officers");
}

TEST("a signed plan says who signed, and is in force when all did")
{
	struct fj_plan p;
	unsigned by, asked = 0;
	struct fj_err err = {0};

	CHECK_OK(fj_plan_signed_read(fj_slice_str(SIGNED("")), any, &asked, &p, &by, &err));
	CHECK(by == 0 && asked == 0);
	CHECK_RC(fj_plan_all(&p, by, &err), FJ_E_SIGNATURE);
	CHECK_OK(fj_plan_signed_read(fj_slice_str(SIGNED(BY("a") "," BY("c"))), any, &asked, &p, &by, &err));
	CHECK(by == 5 && asked == 2);
	CHECK_RC(fj_plan_all(&p, by, &err), FJ_E_SIGNATURE);
	CHECK(strstr(err.en, "officer b ") != NULL);
	CHECK_OK(fj_plan_signed_read(fj_slice_str(SIGNED(BY("a") "," BY("b") "," BY("c"))), any, &asked, &p, &by, &err));
	CHECK_OK(fj_plan_all(&p, by, &err));
}

TEST("a signed plan is refused for a foreign, second, disordered, malformed or wrong signature, and an unknown member")
{
	static const struct {
		const char *text;
		enum fj_rc rc;
	} rows[] = {
		{SIGNED(BY("d")), FJ_E_INVALID}, {SIGNED(BY("a") "," BY("a")), FJ_E_INVALID}, {SIGNED(BY("b") "," BY("a")), FJ_E_INVALID},
		{SIGNED("{\"officer\":\"a\",\"sig\":\"AQEB\"}"), FJ_E_INVALID}, {SIGNED("{\"officer\":\"a\"}"), FJ_E_INVALID}, {SIGNED("{\"officer\":\"a\",\"sig\":\"" SIG "\",\"at\":1}"), FJ_E_INVALID},
		{SIGNED("{\"officer\":\"a\",\"sig\":\"AgEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ\"}"), FJ_E_SIGNATURE},
		{"{\"plan\":" PLAN "}", FJ_E_INVALID}, {"{\"plan\":" PLAN ",\"signatures\":[],\"x\":1}", FJ_E_INVALID}, {"{\"signatures\":[]}", FJ_E_INVALID}, {PLAN, FJ_E_INVALID}, {"[]", FJ_E_INVALID},
	};
	struct fj_plan p;
	unsigned by, asked = 0;

	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++)
		CHECK_RC(fj_plan_signed_read(fj_slice_str(rows[i].text), any, &asked, &p, &by, NULL), rows[i].rc);
}

TEST("signatures are added in the officers' order, whoever signs first")
{
	FJ_AUTO(buf) one = FJ_BUF_INIT(FJ_PLAN_MAX);
	FJ_AUTO(buf) two = FJ_BUF_INIT(FJ_PLAN_MAX);
	uint8_t sig[64];
	struct fj_plan p;
	unsigned by, asked = 0;
	struct fj_err err = {0};

	memset(sig, 1, sizeof(sig));
	CHECK_OK(fj_plan_add_signature(fj_slice_str(SIGNED("")), 2, sig, &one, &err));
	CHECK_OK(fj_plan_add_signature(fj_buf_slice(&one), 0, sig, &two, &err));
	CHECK_OK(fj_plan_signed_read(fj_buf_slice(&two), any, &asked, &p, &by, &err));
	CHECK(by == 5);
	CHECK_RC(fj_plan_add_signature(fj_buf_slice(&two), 3, sig, &one, &err), FJ_E_INVALID);
}

TEST("the root's quorum is the plan's officers and number, its reference ends with the plan's hash")
{
	struct fj_plan p;
	struct fj_quorum q;
	struct fj_err err = {0};

	CHECK_OK(plan_of(fj_slice_str(PLAN), &p, &err));
	fj_plan_root_quorum(&p, &q);
	CHECK(q.m == 2 && q.n == 3 && q.ref_len == 47 && memcmp(q.ref, "fujie-root-sign", 15) == 0 && memcmp(q.ref + 15, p.hash.b, 32) == 0);
	CHECK(memcmp(q.officer[1], p.officer[1].xy, 64) == 0);
}

TEST("a root key's public area is the one with which the TPM signed")
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);
	FJ_AUTO(json) v = NULL;
	struct fj_err err = {0};
	json_t *q;
	size_t i;

	CHECK_OK(fj_file_read(AT_FDCWD, "tests/fixtures/tpm2.json", &text, &err));
	CHECK_OK(fj_json_parse(fj_buf_slice(&text), text.len, &v, &err));
	json_array_foreach(json_object_get(v, "quorums"), i, q) {
		FJ_AUTO(buf) made = FJ_BUF_INIT(FJ_ROOT_PUBLIC_LEN);
		uint8_t pub[FJ_ROOT_PUBLIC_LEN], xy[64];
		struct fj_hash policy;
		const char *hex = fj_json_text(json_object_get(q, "signed"), "public");

		CHECK(strlen(hex) == 2 * sizeof(pub) && fj_unhex(hex, strlen(hex), pub) == FJ_OK);
		CHECK(fj_unhex(fj_json_text(q, "policy"), 64, policy.b) == FJ_OK);
		memcpy(xy, pub + 54, 32);
		memcpy(xy + 32, pub + 88, 32);
		CHECK(fj_tpm_root_public(FJ_ES256, false, false, &policy, xy, &made) == FJ_OK);
		CHECK(fj_slice_eq(fj_buf_slice(&made), FJ_SLICE(pub, sizeof(pub))));
	}
	CHECK(i == 7);
}

/* --- challenges and answers --- */

/* a challenge of that plan, as the appliance writes it */
static enum fj_rc challenge_text(const struct fj_plan *p, enum fj_alg alg, bool sm3, struct fj_buf *out, struct fj_err *err)
{
	struct fj_challenge c = {.plan = p->hash, .step = FJ_STEP_ROOT, .alg = alg, .structure = FJ_BUF_INIT(64), .key = FJ_BUF_INIT(200), .nonce = {1, 2}, .expiration = 600};
	struct fj_quorum q;
	struct fj_hash policy;
	uint8_t xy[64] = {7};

	fj_plan_root_quorum(p, &q);
	FJ_TRY(fj_quorum_policy(&q, &policy));
	enum fj_rc rc = fj_buf_puts(&c.structure, "tbs");
	if (rc == FJ_OK)
		rc = fj_tpm_root_public(alg, sm3, false, &policy, xy, &c.key);
	FJ_AUTO(json) j = rc == FJ_OK ? fj_challenge_json(&c) : NULL;
	fj_buf_release(&c.structure);
	fj_buf_release(&c.key);
	return j == NULL ? FJ_E_NOMEM : fj_json_canonical(j, out, err);
}

TEST("a challenge is read alone and in a list, and is the plan's")
{
	FJ_AUTO(buf) one = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	FJ_AUTO(buf) list = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	struct fj_round r;
	struct fj_plan p;
	struct fj_tpm_name name;
	struct fj_err err = {0};

	CHECK_OK(plan_of(fj_slice_str(PLAN), &p, &err));
	for (int way = 0; way < 3; way++) {
		enum fj_alg alg = way == 0 ? FJ_ES256 : FJ_SM2;

		fj_buf_clear(&one);
		CHECK_OK(challenge_text(&p, alg, way == 2, &one, &err));
		CHECK_OK(fj_round_read(fj_buf_slice(&one), &r, &err));
		CHECK(r.n == 1 && r.c[0].step == FJ_STEP_ROOT && r.c[0].alg == alg && r.c[0].nonce[1] == 2 && r.c[0].structure.len == 3);
		CHECK_OK(fj_challenge_check(&r.c[0], &p, &name, &err));
		fj_round_release(&r);
	}
	CHECK(fj_buf_printf(&list, "{\"challenges\":[%s,%s]}", fj_buf_str(&one), fj_buf_str(&one)) == FJ_OK);
	CHECK_OK(fj_round_read(fj_buf_slice(&list), &r, &err));
	CHECK(r.n == 2);
	fj_round_release(&r);
}

TEST("what a TPM states of an issuing key stands in its challenge and in no other, and comes back octet by octet")
{
	static const char made[] = "{\"objects\":[],\"version\":1}";
	FJ_AUTO(buf) one = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	FJ_AUTO(buf) text = FJ_BUF_INIT(512);
	struct fj_challenge c = {.step = FJ_STEP_ISSUING, .alg = FJ_ES256, .structure = FJ_BUF_INIT(64), .key = FJ_BUF_INIT(200), .made = FJ_BUF_INIT(FJ_MADE_MAX), .nonce = {1, 2}, .expiration = 600};
	struct fj_round r;
	struct fj_err err = {0};

	CHECK(fj_buf_puts(&c.structure, "tbs") == FJ_OK && fj_buf_puts(&c.key, "key") == FJ_OK && fj_buf_puts(&c.made, made) == FJ_OK);
	for (int way = 0; way < 4; way++) {
		FJ_AUTO(json) j = fj_challenge_json(&c);
		fj_buf_clear(&one);
		if (way == 1)
			json_object_del(j, "made");
		if (way == 2)
			json_object_set_new(j, "made", json_string("x"));
		if (way == 3)
			json_object_set_new(j, "step", json_string("root-crl"));
		CHECK_OK(fj_json_canonical(j, &one, &err));
		err = (struct fj_err){0};
		CHECK((fj_round_read(fj_buf_slice(&one), &r, &err) == FJ_OK) == (way == 0) && (way == 0 || strcmp(err.field, "made") == 0));
		CHECK(way != 0 || (fj_slice_eq(fj_buf_slice(&r.c[0].made), fj_slice_str(made)) && fj_challenge_made_text(&r.c[0], &text) == FJ_OK));
		fj_round_release(&r);
	}
	CHECK(text.len == 13 + 3 * 65 && memcmp(text.data, "fujie-made-1\n0000", 17) == 0 && memcmp(text.data + 78, "0102000", 7) == 0);
	fj_buf_release(&c.structure);
	fj_buf_release(&c.key);
	fj_buf_release(&c.made);
}

TEST("a challenge with a member changed, left out or added is refused at that member")
{
	static const struct {
		const char *from, *to, *field;
	} rows[] = {
		{"\"version\":1", "\"version\":2", "version"}, {"\"alg\":\"P-256\",", "", "alg"}, {"P-256", "P-384", "alg"}, {"P-256", "sm2", "alg"},
		{"\"expiration\":600", "\"expiration\":0", "expiration"}, {"\"expiration\":600", "\"expiration\":-600", "expiration"}, {"\"expiration\":600", "\"expiration\":4294967295", "expiration"},
		{"\"expiration\":600", "\"expiration\":600.5", ""},
		{"\"kind\":\"fujie-root-sign\"", "\"kind\":\"fujie-root-move\"", "kind"}, {"\"kind\"", "\"cphash\":\"00\",\"kind\"", "cphash"}, {"\"kind\"", "\"digest\":\"00\",\"kind\"", "digest"},
		{"\"nonce\":\"AQI", "\"nonce\":\"\",\"x\":\"", "x"}, {"AQIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "", "nonce"}, {"AQIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "AQIAAAAAAAAAAAAAAAAAAA", "nonce"},
		{"AQIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "AQIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "nonce"}, {"AQIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "!QIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "nonce"},
		{"\"structure\":\"", "\"structure\":\"=", "structure"}, {"\"structure\":\"dGJz\"", "\"structure\":\"\"", "structure"}, {"\"step\":\"root\"", "\"step\":\"leaf\"", "step"}, {"\"plan\":\"", "\"plan\":\"0", "plan"},
	};
	FJ_AUTO(buf) one = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	struct fj_plan p;
	struct fj_err err = {0};

	CHECK_OK(plan_of(fj_slice_str(PLAN), &p, &err));
	CHECK_OK(challenge_text(&p, FJ_ES256, false, &one, &err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++) {
		struct fj_round r;

		err = (struct fj_err){0};
		enum fj_rc rc = fj_round_read(with(&b, fj_buf_str(&one), rows[i].from, rows[i].to), &r, &err);

		fj_round_release(&r);
		if (rc == FJ_OK || strcmp(err.field, rows[i].field) != 0)
			printf("# %s for %s: %s, at \"%s\"\n", rows[i].to, rows[i].from, fj_rc_name(rc), err.field);
		CHECK(rc == FJ_E_INVALID || rc == FJ_E_PARSE);
		CHECK_STR(err.field, rows[i].field);
	}
	struct fj_round r;

	CHECK_RC(fj_round_read(fj_slice_str("{\"challenges\":[]}"), &r, NULL), FJ_E_INVALID);
	CHECK_RC(fj_round_read(fj_slice_str("{\"challenges\":[1]}"), &r, NULL), FJ_E_INVALID);
	CHECK_RC(fj_round_read(fj_slice_str("{\"challenges\":[],\"x\":1}"), &r, NULL), FJ_E_INVALID);
}

TEST("a challenge of another plan, above its expiration, of SM2 where there is none, or with any other key is refused")
{
	FJ_AUTO(buf) one = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_PLAN_MAX);
	struct fj_plan p, other;
	struct fj_round r;
	struct fj_tpm_name name;
	struct fj_err err = {0};

	CHECK_OK(plan_of(fj_slice_str(PLAN), &p, &err));
	CHECK_OK(challenge_text(&p, FJ_SM2, false, &one, &err));
	CHECK_OK(fj_round_read(fj_buf_slice(&one), &r, &err));
	struct fj_challenge *c = &r.c[0];
	CHECK_OK(plan_of(with(&b, PLAN, "\"root\":2", "\"root\":1"), &other, &err));
	CHECK_RC(fj_challenge_check(c, &other, &name, &err), FJ_E_REFUSED);
	CHECK_STR(err.field, "plan");
	c->plan = other.hash; /* a key of another quorum under the right plan's name */
	CHECK_RC(fj_challenge_check(c, &other, &name, &err), FJ_E_REFUSED);
	CHECK_STR(err.field, "key");
	CHECK_OK(plan_of(with(&b, PLAN, ",\"SM2\"", ""), &other, &err));
	c->plan = other.hash;
	CHECK_RC(fj_challenge_check(c, &other, &name, &err), FJ_E_REFUSED);
	CHECK_STR(err.field, "alg");
	c->plan = p.hash;
	c->expiration = 601;
	CHECK_RC(fj_challenge_check(c, &p, &name, &err), FJ_E_REFUSED);
	CHECK_STR(err.field, "expiration");
	c->expiration = 600;
	CHECK_OK(fj_challenge_check(c, &p, &name, &err));
	for (size_t i = 0; i < c->key.len; i++) { /* every octet but the point's own */
		bool point = (i >= 54 && i < 86) || i >= 88;

		c->key.data[i] ^= 1;
		CHECK((fj_challenge_check(c, &p, &name, &err) == FJ_OK) == point);
		c->key.data[i] ^= 1;
	}
	c->alg = FJ_ES256;
	CHECK_RC(fj_challenge_check(c, &p, &name, &err), FJ_E_REFUSED);
	c->alg = FJ_SM2;
	c->key.len--;
	CHECK_RC(fj_challenge_check(c, &p, &name, &err), FJ_E_REFUSED);
	fj_round_release(&r);
}

TEST("a plan may seal the issuing keys under so many of its officers, who approve for that and nothing else")
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_PLAN_MAX);
	struct fj_plan p, plain;
	struct fj_quorum root, unseal;
	struct fj_hash one, two;
	struct fj_err err = {0};

	CHECK_OK(plan_of(fj_slice_str(PLAN), &plain, &err));
	CHECK(plain.unseal == 0);
	CHECK_OK(plan_of(with(&b, PLAN, "\"quorum\"", "\"unseal\":{\"m\":2},\"quorum\""), &p, &err));
	CHECK(p.unseal == 2 && p.root == 2 && !fj_hash_eq(&p.hash, &plain.hash));
	fj_plan_root_quorum(&p, &root);
	fj_plan_unseal_quorum(&p, &unseal);
	CHECK(unseal.m == 2 && unseal.n == 3 && unseal.ref_len == 44 && memcmp(unseal.ref, "fujie-unseal", 12) == 0 && memcmp(unseal.ref + 12, p.hash.b, 32) == 0);
	CHECK(fj_quorum_policy(&root, &one) == FJ_OK && fj_quorum_policy(&unseal, &two) == FJ_OK && !fj_hash_eq(&one, &two));
	fj_plan_unseal_quorum(&plain, &unseal);
	CHECK_RC(fj_quorum_policy(&unseal, &two), FJ_E_INVALID);
}

/* as challenge_text, to unseal */
static enum fj_rc unseal_text(const struct fj_plan *p, struct fj_buf *out, struct fj_err *err)
{
	struct fj_challenge c = {.plan = p->hash, .step = FJ_STEP_UNSEAL, .alg = FJ_ES256, .key = FJ_BUF_INIT(200), .nonce = {1, 2}, .expiration = 600};
	const uint8_t unique[32] = {9};
	struct fj_quorum q;
	struct fj_hash policy;

	fj_plan_unseal_quorum(p, &q);
	FJ_TRY(fj_quorum_policy(&q, &policy));
	enum fj_rc rc = fj_tpm_sealed_public(&policy, unique, &c.key);
	FJ_AUTO(json) j = rc == FJ_OK ? fj_challenge_json(&c) : NULL;
	fj_buf_release(&c.key);
	return j == NULL ? FJ_E_NOMEM : fj_json_canonical(j, out, err);
}

TEST("a challenge to unseal has no structure and no algorithm, and names what is sealed under this plan, to the octet")
{
	static const struct {
		const char *from, *to, *field;
	} rows[] = {
		{"\"kind\":\"fujie-unseal\"", "\"kind\":\"fujie-root-sign\"", "kind"}, {"\"step\":\"unseal\"", "\"alg\":\"P-256\",\"step\":\"unseal\"", "alg"},
		{"\"step\":\"unseal\"", "\"structure\":\"dGJz\",\"step\":\"unseal\"", "structure"}, {"\"step\":\"unseal\"", "\"step\":\"root\"", "alg"},
		{"AQIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "", "nonce"}, {"\"expiration\":600", "\"expiration\":-600", "expiration"},
	};
	FJ_AUTO(buf) one = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	struct fj_plan p, plain;
	struct fj_round r;
	struct fj_tpm_name name;
	struct fj_hash cphash, want, to_sign;
	uint8_t xy[64] = {1};
	struct fj_err err = {0};

	CHECK_OK(plan_of(with(&b, PLAN, "\"quorum\"", "\"unseal\":{\"m\":2},\"quorum\""), &p, &err));
	CHECK_OK(plan_of(fj_slice_str(PLAN), &plain, &err));
	CHECK_OK(unseal_text(&p, &one, &err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++) {
		err = (struct fj_err){0};
		CHECK_RC(fj_round_read(with(&b, fj_buf_str(&one), rows[i].from, rows[i].to), &r, &err), FJ_E_INVALID);
		CHECK_STR(err.field, rows[i].field);
		fj_round_release(&r);
	}
	CHECK_OK(fj_round_read(fj_buf_slice(&one), &r, &err));
	struct fj_challenge *c = &r.c[0];
	CHECK(r.n == 1 && c->step == FJ_STEP_UNSEAL && c->structure.len == 0 && c->key.len == FJ_SEALED_PUBLIC_LEN);
	CHECK_OK(fj_challenge_check(c, &p, &name, &err));
	fj_challenge_xy(c, xy);
	CHECK(xy[0] == 0);
	fj_challenge_approval(c, &p, &name, NULL, &cphash, &to_sign);
	fj_tpm_cphash_unseal(&name, &want);
	CHECK(fj_hash_eq(&cphash, &want));
	for (size_t i = 0; i < c->key.len; i++) { /* every octet but the TPM's own hash */
		c->key.data[i] ^= 1;
		CHECK((fj_challenge_check(c, &p, &name, &err) == FJ_OK) == (i >= 46));
		c->key.data[i] ^= 1;
	}
	c->plan = plain.hash; /* a plan that seals nothing */
	CHECK_RC(fj_challenge_check(c, &plain, &name, &err), FJ_E_REFUSED);
	CHECK_STR(err.field, "step");
	c->plan = p.hash;
	c->key.len--;
	CHECK_RC(fj_challenge_check(c, &p, &name, &err), FJ_E_REFUSED);
	c->key.len++;
	c->step = FJ_STEP_ROOT; /* an approval of a signature is not to be had for it */
	CHECK_RC(fj_challenge_check(c, &p, &name, &err), FJ_E_REFUSED);
	fj_round_release(&r);
}

#define OF "\"0000000000000000000000000000000000000000000000000000000000000001\""

TEST("a plan may follow another: its hash and its generation, exactly")
{
	static const struct {
		const char *more, *field; /* NULL: right */
	} rows[] = {
		{",\"follows\":{\"generation\":2,\"plan\":" OF "}", NULL}, {",\"follows\":{\"generation\":8,\"plan\":" OF "}", NULL},
		{",\"follows\":{\"generation\":1,\"plan\":" OF "}", "generation"}, {",\"follows\":{\"generation\":9,\"plan\":" OF "}", "generation"}, {",\"follows\":{\"plan\":" OF "}", "generation"},
		{",\"follows\":{\"generation\":2}", "plan"}, {",\"follows\":{\"generation\":2,\"plan\":\"00\"}", "plan"}, {",\"follows\":{\"generation\":2,\"plan\":" OF ",\"x\":1}", "x"},
		{",\"follows\":null", "follows"}, {",\"follows\":" OF, "follows"},
	};
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_PLAN_MAX);
	struct fj_plan p;

	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++) {
		struct fj_err err = {0};
		fj_buf_clear(&text);
		CHECK(fj_buf_printf(&text, "%.*s%s}", (int)strlen(PLAN) - 1, PLAN, rows[i].more) == FJ_OK);
		enum fj_rc rc = plan_of(fj_buf_slice(&text), &p, &err);
		CHECK((rc == FJ_OK) == (rows[i].field == NULL));
		CHECK_STR(err.field, rows[i].field != NULL ? rows[i].field : "");
		CHECK(rc != FJ_OK || (p.generation == (i == 0 ? 2u : 8u) && p.former.b[31] == 1));
	}
	CHECK(plan_of(fj_slice_str(PLAN), &p, NULL) == FJ_OK);
	CHECK(p.generation == 1 && p.former.b[31] == 0);
}

TEST("a plan follows the one whose hash it names, of the same home, the generation after it")
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_PLAN_MAX);
	struct fj_plan p, next;
	struct fj_err err = {0};

	CHECK_OK(plan_of(fj_slice_str(PLAN), &p, &err));
	CHECK_RC(fj_plan_follows(&p, &p, &err), FJ_E_REFUSED);
	next = p;
	next.generation = 2;
	next.former = p.hash;
	CHECK_OK(fj_plan_follows(&next, &p, &err));
	next.generation = 3;
	CHECK_RC(fj_plan_follows(&next, &p, &err), FJ_E_REFUSED);
	CHECK_STR(err.field, "generation");
	next.generation = 2;
	next.former.b[0] ^= 1;
	CHECK_RC(fj_plan_follows(&next, &p, &err), FJ_E_REFUSED);
	static const char *const homes[][2] = {{"\"demo\":true", "\"demo\":false"}, {"1.3.6.1.4.1.1", "1.3.6.1.4.1.2"}, {"127.0.0.1:8444", "127.0.0.1:8445"}, {"财政局", "他局"}, {",\"SM2\"", ""}};
	for (size_t i = 0; i < FJ_ARRAY_LEN(homes); i++) {
		CHECK_OK(plan_of(with(&b, PLAN, homes[i][0], homes[i][1]), &next, &err));
		next.generation = 2;
		next.former = p.hash;
		CHECK_RC(fj_plan_follows(&next, &p, &err), FJ_E_REFUSED);
		CHECK_STR(err.field, "home");
	}
	next = p;
	next.generation = 2;
	next.former = p.hash;
	next.unseal = 2;
	CHECK_RC(fj_plan_follows(&next, &p, &err), FJ_E_REFUSED);
	CHECK_STR(err.field, "unseal");
}

TEST("where one root certifies the other the challenge has that one's key, and no other challenge has one")
{
	static const enum fj_step steps[] = {FJ_STEP_OLD_WITH_NEW, FJ_STEP_ROOT};
	FJ_AUTO(buf) one = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	struct fj_round r;

	for (size_t i = 0; i < FJ_ARRAY_LEN(steps); i++)
		for (int way = 0; way < 3; way++) {
			struct fj_challenge c = {.step = steps[i], .alg = FJ_ES256, .structure = FJ_BUF_INIT(64), .key = FJ_BUF_INIT(200), .other = FJ_BUF_INIT(FJ_ROOT_PUBLIC_LEN), .nonce = {1, 2}, .expiration = 600};
			struct fj_err err = {0};
			CHECK(fj_buf_puts(&c.structure, "tbs") == FJ_OK && fj_buf_puts(&c.key, "key") == FJ_OK && fj_buf_puts(&c.other, "other") == FJ_OK);
			FJ_AUTO(json) j = fj_challenge_json(&c);
			CHECK((json_object_get(j, "other") != NULL) == fj_step_cross(steps[i]));
			if (way == 1)
				json_object_del(j, "other");
			if (way == 2)
				json_object_set_new(j, "other", json_string("b3RoZXI"));
			fj_buf_clear(&one);
			CHECK_OK(fj_json_canonical(j, &one, &err));
			bool right = fj_step_cross(steps[i]) ? way != 1 : way != 2;
			CHECK((fj_round_read(fj_buf_slice(&one), &r, &err) == FJ_OK) == right);
			CHECK_STR(err.field, right ? "" : "other");
			fj_round_release(&r);
			fj_buf_release(&c.structure);
			fj_buf_release(&c.key);
			fj_buf_release(&c.other);
		}
}

TEST("answers are read as they were written; another form is refused")
{
	struct fj_answer a[2] = {{.step = FJ_STEP_ISSUING, .alg = FJ_ES256, .officer = "a"}, {.step = FJ_STEP_ROOT_CRL, .alg = FJ_SM2, .officer = "b"}}, back[FJ_ROUND_MAX];
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	static const char *const changes[][2] = {{"\"version\":1", "\"version\":2"}, {"\"officer\":\"a\",", ""}, {"\"sig\":\"AA", "\"sig\":\""}, {"\"cphash\":\"00", "\"cphash\":\"0"},
		{"\"sig\"", "\"nonce\":\"\",\"sig\""}, {"issuing", "leaf"}, {"P-256", "ES256"}};
	struct fj_err err = {0};
	size_t n;

	memset(a[1].sig, 9, 64);
	CHECK_OK(fj_answers_put(a, 2, &text, &err));
	CHECK_OK(fj_answers_read(fj_buf_slice(&text), back, &n, &err));
	CHECK(n == 2 && back[0].step == FJ_STEP_ISSUING && back[0].alg == FJ_ES256 && back[1].step == FJ_STEP_ROOT_CRL && back[1].alg == FJ_SM2 && back[1].sig[63] == 9);
	CHECK_STR(back[1].officer, "b");
	for (size_t i = 0; i < FJ_ARRAY_LEN(changes); i++)
		CHECK_RC(fj_answers_read(with(&b, fj_buf_str(&text), changes[i][0], changes[i][1]), back, &n, &err), FJ_E_INVALID);
	a[0].step = FJ_STEP_UNSEAL;
	fj_buf_clear(&text);
	CHECK_OK(fj_answers_put(a, 1, &text, &err));
	CHECK(strstr(fj_buf_str(&text), "alg") == NULL);
	CHECK_OK(fj_answers_read(fj_buf_slice(&text), back, &n, &err));
	CHECK(n == 1 && back[0].step == FJ_STEP_UNSEAL);
	CHECK_RC(fj_answers_read(with(&b, fj_buf_str(&text), "\"officer\"", "\"alg\":\"P-256\",\"officer\""), back, &n, &err), FJ_E_INVALID);
}

#define HEX(c) c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c
#define LAST HEX("ab")

TEST("a transcript's signatures are read, each of an officer over plan and last line, and as many as the root needs are enough")
{
	struct fj_plan p;
	struct fj_hash last, other, to_sign, again;
	struct fj_err err = {0};
	unsigned asked = 0, by;
	const uint8_t sig[64] = {1};
	FJ_AUTO(buf) one = FJ_BUF_INIT(FJ_TRANSCRIPT_SIGNATURES_MAX);
	FJ_AUTO(buf) two = FJ_BUF_INIT(FJ_TRANSCRIPT_SIGNATURES_MAX);

	CHECK_OK(plan_of(fj_slice_str(PLAN), &p, &err));
	CHECK_OK(fj_unhex(LAST, 64, last.b));
	other = last;
	other.b[31] ^= 1;
	fj_transcript_to_sign(&p, &last, &to_sign);
	fj_transcript_to_sign(&p, &other, &again);
	CHECK(!fj_hash_eq(&to_sign, &again) && !fj_hash_eq(&to_sign, &p.to_sign) && !fj_hash_eq(&to_sign, &last));
	CHECK_OK(fj_transcript_add_signature(FJ_SLICE(NULL, 0), &p, &last, 2, sig, &one, &err));
	CHECK_OK(fj_transcript_signatures_read(fj_buf_slice(&one), &p, &last, any, &asked, &by, &err));
	CHECK(by == 4 && asked == 1 && fj_transcript_quorum(&p, by, &err) == FJ_E_SIGNATURE && strstr(err.en, "1 of the plan's officers (c), and 2 are needed") != NULL);
	CHECK_OK(fj_transcript_add_signature(fj_buf_slice(&one), &p, &last, 0, sig, &two, &err));
	CHECK_OK(fj_transcript_signatures_read(fj_buf_slice(&two), &p, &last, any, &asked, &by, &err));
	CHECK(by == 5);
	CHECK_OK(fj_transcript_quorum(&p, by, &err));
	CHECK(fj_transcript_signatures_read(fj_buf_slice(&two), &p, &other, any, &asked, &by, &err) == FJ_E_REFUSED);
	CHECK_STR(err.field, "last");
	p.hash.b[0] ^= 1;
	CHECK(fj_transcript_signatures_read(fj_buf_slice(&two), &p, &last, any, &asked, &by, &err) == FJ_E_REFUSED);
	CHECK_STR(err.field, "plan");
}

TEST("a transcript's signatures with a member changed, left out or added are refused at that member")
{
	static const struct {
		const char *from, *to, *field;
	} rows[] = {
		{"\"version\":1", "\"version\":2", "version"}, {"\"last\":\"ab", "\"last\":\"xy", "last"}, {"\"last\":\"abab", "\"last\":\"ab", "last"},
		{"\"version\"", "\"x\":1,\"version\"", "x"}, {"\"officer\":\"a\"", "\"officer\":\"d\"", "officer"}, {"\"officer\":\"a\"", "\"officer\":\"b\"", "signatures"},
		{"\"sig\":\"AQE", "\"sig\":\"AQ\",\"x\":\"", "x"}, {"\"signatures\":[", "\"signatures\":[1,", NULL},
	};
	struct fj_plan p;
	struct fj_hash last;
	struct fj_err err = {0};
	unsigned asked = 0, by;
	uint8_t sig[64];
	FJ_AUTO(buf) one = FJ_BUF_INIT(FJ_TRANSCRIPT_SIGNATURES_MAX);
	FJ_AUTO(buf) two = FJ_BUF_INIT(FJ_TRANSCRIPT_SIGNATURES_MAX);
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_TRANSCRIPT_SIGNATURES_MAX);

	memset(sig, 1, sizeof(sig));
	CHECK_OK(plan_of(fj_slice_str(PLAN), &p, &err));
	CHECK_OK(fj_unhex(LAST, 64, last.b));
	CHECK_OK(fj_transcript_add_signature(FJ_SLICE(NULL, 0), &p, &last, 0, sig, &one, &err));
	CHECK_OK(fj_transcript_add_signature(fj_buf_slice(&one), &p, &last, 1, sig, &two, &err));
	CHECK_OK(fj_transcript_signatures_read(fj_buf_slice(&two), &p, &last, any, &asked, &by, &err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++) {
		err = (struct fj_err){0};
		CHECK(fj_transcript_signatures_read(with(&b, fj_buf_str(&two), rows[i].from, rows[i].to), &p, &last, any, &asked, &by, &err) != FJ_OK);
		if (rows[i].field != NULL)
			CHECK_STR(err.field, rows[i].field);
	}
}

TEST_MAIN
