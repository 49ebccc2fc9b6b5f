/*
 * test_base_tpm2.c - Names, cpHashes and policies against what a software TPM answered
 * (tests/fixtures/tpm2.json, made by tests/model/tpm2_make.py), and quorums that are none.
 */
#include <fcntl.h>

#include "base/file.h"
#include "base/json.h"
#include "base/tpm2.h"
#include "tests/unit/test.h"

static const json_t *given(void)
{
	static json_t *v;
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);
	struct fj_err err = {0};

	if (v == NULL && (fj_file_read(AT_FDCWD, "tests/fixtures/tpm2.json", &text, &err) != FJ_OK || fj_json_parse(fj_buf_slice(&text), text.len, &v, &err) != FJ_OK))
		printf("# %s\n", err.en);
	return v;
}

/* the octets of a member, as many as are expected */
static bool octets(const json_t *obj, const char *name, void *out, size_t n)
{
	const char *hex = fj_json_text(obj, name);

	return strlen(hex) == 2 * n && fj_unhex(hex, 2 * n, out) == FJ_OK;
}

static bool quorum_of(const json_t *given_quorum, struct fj_quorum *q)
{
	const json_t *officers = json_object_get(given(), "officers");

	*q = (struct fj_quorum){.m = (unsigned)fj_json_num(given_quorum, "m"), .n = (unsigned)fj_json_num(given_quorum, "n"), .ref_len = 47};
	if (!octets(given(), "ref", q->ref, q->ref_len))
		return false;
	for (unsigned i = 0; i < q->n; i++)
		if (!octets(json_array_get(officers, i), "xy", q->officer[i], 64))
			return false;
	return true;
}

TEST("an officer's public area has the Name that the TPM gives it")
{
	const json_t *officers = json_object_get(given(), "officers");

	CHECK(json_array_size(officers) == 8);
	for (size_t i = 0; i < 8; i++) {
		FJ_AUTO(buf) pub = FJ_BUF_INIT(200);
		uint8_t xy[64], want[FJ_TPM_NAME_LEN];
		struct fj_tpm_name name;

		CHECK(octets(json_array_get(officers, i), "xy", xy, sizeof(xy)));
		CHECK(octets(json_array_get(officers, i), "name", want, sizeof(want)));
		CHECK(fj_tpm_officer_public(xy, &pub) == FJ_OK);
		fj_tpm_name_of(fj_buf_slice(&pub), &name);
		CHECK(memcmp(name.b, want, sizeof(want)) == 0);
	}
}

TEST("a quorum's policy is the TPM's: 1 of 1, 1 of 2, 2 of 3, 3 of 5, 4 of 7, 4 of 8, 8 of 8")
{
	const json_t *quorums = json_object_get(given(), "quorums");

	CHECK(json_array_size(quorums) == 7);
	for (size_t i = 0; i < json_array_size(quorums); i++) {
		struct fj_quorum q;
		struct fj_hash policy;
		uint8_t want[32];

		CHECK(quorum_of(json_array_get(quorums, i), &q) && octets(json_array_get(quorums, i), "policy", want, sizeof(want)));
		CHECK(fj_quorum_policy(&q, &policy) == FJ_OK);
		CHECK(memcmp(policy.b, want, sizeof(want)) == 0);
	}
}

/* the digest that m PolicySigned of `set` leave */
static bool branch_of(const struct fj_quorum *q, unsigned set, struct fj_hash *d)
{
	*d = (struct fj_hash){{0}};
	for (unsigned i = 0; i < q->n; i++) {
		FJ_AUTO(buf) pub = FJ_BUF_INIT(200);
		struct fj_tpm_name name;

		if (!(set >> i & 1))
			continue;
		if (fj_tpm_officer_public(q->officer[i], &pub) != FJ_OK)
			return false;
		fj_tpm_name_of(fj_buf_slice(&pub), &name);
		fj_tpm_policy_signed(d, &name, FJ_SLICE(q->ref, q->ref_len));
	}
	return true;
}

/* as the TPM walks: each OR must hold the digest that is there, and replaces it */
static bool walk(const struct fj_quorum *q, unsigned set, const json_t *branches, size_t at, size_t levels)
{
	struct fj_or path[FJ_QUORUM_LEVELS];
	struct fj_hash d, policy;
	size_t n = FJ_QUORUM_LEVELS;
	char hex[65];

	if (!branch_of(q, set, &d) || fj_quorum_path(q, set, path, &n) != FJ_OK || n != levels)
		return false;
	fj_hex(d.b, sizeof(d.b), hex);
	if (strcmp(hex, json_string_value(json_array_get(branches, at))) != 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		bool there = false;

		for (size_t j = 0; j < path[i].n; j++)
			there |= fj_hash_eq(&path[i].branch[j], &d);
		if (!there || path[i].n < 2 || path[i].n > 8)
			return false;
		fj_tpm_policy_or(&d, path[i].branch, path[i].n);
	}
	return fj_quorum_policy(q, &policy) == FJ_OK && fj_hash_eq(&d, &policy);
}

TEST("the path of every set of m officers begins at the TPM's branch and ends in the policy")
{
	const json_t *quorums = json_object_get(given(), "quorums");
	size_t paths = 0;

	for (size_t i = 0; i < json_array_size(quorums); i++) {
		const json_t *g = json_array_get(quorums, i);
		struct fj_quorum q;
		size_t at = 0;

		CHECK(quorum_of(g, &q));
		for (unsigned set = 1; set < 1u << q.n; set++)
			if ((unsigned)__builtin_popcount(set) == q.m)
				CHECK(walk(&q, set, json_object_get(g, "branches"), at++, (size_t)fj_json_num(g, "levels")));
		CHECK(at == json_array_size(json_object_get(g, "branches")));
		paths += at;
	}
	CHECK(paths == 1 + 2 + 3 + 10 + 35 + 70 + 1);
}

TEST("the cpHash and the approval are those under which the TPM signed")
{
	const json_t *quorums = json_object_get(given(), "quorums");

	for (size_t i = 0; i < json_array_size(quorums); i++) {
		const json_t *s = json_object_get(json_array_get(quorums, i), "signed");
		struct fj_tpm_name name;
		struct fj_hash digest, cphash, approval;
		uint8_t pub[120], want_name[34], want[32], ref[47], nonce[32];

		CHECK(octets(s, "public", pub, sizeof(pub)));
		CHECK(octets(s, "name", want_name, sizeof(want_name)) && octets(s, "digest", digest.b, sizeof(digest.b)));
		fj_tpm_name_of(FJ_SLICE(pub, sizeof(pub)), &name);
		CHECK(memcmp(name.b, want_name, sizeof(want_name)) == 0);
		fj_tpm_cphash_sign(&name, &digest, &cphash);
		CHECK(octets(s, "cphash", want, sizeof(want)) && memcmp(cphash.b, want, sizeof(want)) == 0);
		CHECK(octets(given(), "ref", ref, sizeof(ref)) && octets(s, "nonce", nonce, sizeof(nonce)));
		fj_tpm_approval_digest(nonce, (uint32_t)fj_json_num(s, "expiration"), &cphash, FJ_SLICE(ref, sizeof(ref)), &approval);
		CHECK(octets(s, "approval", want, sizeof(want)) && memcmp(approval.b, want, sizeof(want)) == 0);
	}
}

TEST("the cpHash of unsealing is that under which the TPM unsealed")
{
	const json_t *s = json_object_get(given(), "unsealed");
	struct fj_tpm_name name;
	struct fj_hash cphash;
	uint8_t want[32];

	CHECK(octets(s, "name", name.b, sizeof(name.b)) && octets(s, "cphash", want, sizeof(want)));
	fj_tpm_cphash_unseal(&name, &cphash);
	CHECK(memcmp(cphash.b, want, sizeof(want)) == 0);
}

TEST("an empty reference is hashed too, and another reference is another policy")
{
	struct fj_quorum q = {.m = 1, .n = 1};
	struct fj_hash none, one;
	struct fj_tpm_name name = {{0}};
	struct fj_hash d = {{0}}, e = {{0}};

	CHECK(fj_quorum_policy(&q, &none) == FJ_OK);
	q.ref_len = 1;
	CHECK(fj_quorum_policy(&q, &one) == FJ_OK && !fj_hash_eq(&none, &one));
	fj_tpm_policy_signed(&d, &name, FJ_SLICE(NULL, 0));
	fj_tpm_policy_signed(&e, &name, FJ_SLICE("x", 1));
	CHECK(!fj_hash_eq(&d, &e));
}

TEST("no quorum: none of some, more than there are, nine officers, one officer twice, a reference of 65 octets")
{
	struct fj_quorum q = {.m = 1, .n = 2};
	struct fj_hash d;

	q.officer[1][0] = 1;
	CHECK(fj_quorum_policy(&q, &d) == FJ_OK);
	q.officer[1][0] = 0;
	CHECK_RC(fj_quorum_policy(&q, &d), FJ_E_INVALID);
	q.officer[1][0] = 1;
	q.m = 0;
	CHECK_RC(fj_quorum_policy(&q, &d), FJ_E_INVALID);
	q.m = 3;
	CHECK_RC(fj_quorum_policy(&q, &d), FJ_E_INVALID);
	q.m = 1;
	q.n = 9;
	CHECK_RC(fj_quorum_policy(&q, &d), FJ_E_INVALID);
	q.n = 2;
	q.ref_len = 65;
	CHECK_RC(fj_quorum_policy(&q, &d), FJ_E_INVALID);
}

TEST("no path for fewer or more officers than m, nor for one who is none, nor without room")
{
	struct fj_quorum q = {.m = 2, .n = 3};
	struct fj_or path[FJ_QUORUM_LEVELS];
	size_t n = FJ_QUORUM_LEVELS;

	q.officer[1][0] = 1;
	q.officer[2][0] = 2;
	CHECK(fj_quorum_path(&q, 3, path, &n) == FJ_OK && n == 1 && path[0].n == 3);
	n = FJ_QUORUM_LEVELS;
	CHECK_RC(fj_quorum_path(&q, 1, path, &n), FJ_E_INVALID);
	CHECK_RC(fj_quorum_path(&q, 7, path, &n), FJ_E_INVALID);
	CHECK_RC(fj_quorum_path(&q, 9, path, &n), FJ_E_INVALID);
	CHECK_RC(fj_quorum_path(&q, 0, path, &n), FJ_E_INVALID);
	n = 0;
	CHECK_RC(fj_quorum_path(&q, 3, path, &n), FJ_E_LIMIT);
}

TEST_MAIN
