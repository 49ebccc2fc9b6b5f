/*
 * test_base_spare.c - a plan with a spare, the policy of its roots, the challenges of a move and of a proof,
 * the spare's request and what is moved: one right one of each, and what is changed is refused at its place.
 */
#include "base/spare.h"
#include "tests/unit/altered.h"
#include "tests/unit/test.h"

/* a storage key of our form with the point 0101…, 0202… */
#define PARENT "ACMACwADBHIAAAAGAIAAQwAQAAMAEAAgAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEAIAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC"
#define PLAN PLAN_WITH(",\"move\":{\"m\":3,\"parent\":\"" PARENT "\"}")

TEST("a plan with a spare has its parent and its number of officers")
{
	struct fj_plan p;
	struct fj_tpm_name name;
	struct fj_quorum q;
	struct fj_err err = {0};

	CHECK_OK(plan_of(fj_slice_str(PLAN), &p, &err));
	CHECK(p.move == 3 && p.root == 2 && p.parent_len == 90 && p.parent[89] == 2);
	fj_plan_move_quorum(&p, &q);
	CHECK(q.m == 3 && q.n == 3 && q.ref_len == 47 && memcmp(q.ref, "fujie-root-move", 15) == 0 && memcmp(q.ref + 15, p.hash.b, 32) == 0);
	fj_plan_parent_name(&p, &name);
	CHECK(name.b[0] == 0 && name.b[1] == 0x0b);
}

TEST("the log's key may go to the plan's spare, and is of one form")
{
	static const uint8_t head[] = {0x00, 0x08, 0x00, 0x0b, 0x00, 0x00, 0x04, 0x40, 0x00, 0x20}, tail[] = {0x00, 0x10, 0x00, 0x20};
	struct fj_plan p, fixed;
	struct fj_hash policy, want = {{0}};
	struct fj_tpm_name parent;
	uint8_t area[78];
	struct fj_err err = {0};

	CHECK_OK(plan_of(fj_slice_str(PLAN), &p, &err));
	CHECK_OK(plan_of(fj_slice_str(PLAN_WITH("")), &fixed, &err));
	fj_plan_note_policy(&p, &policy);
	fj_plan_parent_name(&p, &parent);
	fj_tpm_policy_duplication(&want, &parent);
	CHECK(fj_hash_eq(&policy, &want));
	memset(area, 7, sizeof(area));
	memcpy(area, head, sizeof(head));
	memcpy(area + 10, policy.b, 32);
	memcpy(area + 42, tail, sizeof(tail));
	CHECK(fj_plan_note_is(&p, FJ_SLICE(area, sizeof(area))));
	CHECK(!fj_plan_note_is(&fixed, FJ_SLICE(area, sizeof(area))));
	CHECK(!fj_plan_note_is(&p, FJ_SLICE(area, sizeof(area) - 1)));
	for (size_t i = 0; i < sizeof(head) + 32 + sizeof(tail); i++) { /* each octet but the unique ones */
		area[i] ^= 1;
		CHECK(!fj_plan_note_is(&p, FJ_SLICE(area, sizeof(area))));
		area[i] ^= 1;
	}
	area[77] ^= 1;
	CHECK(fj_plan_note_is(&p, FJ_SLICE(area, sizeof(area))));
}

TEST("a spare that is changed, and any parent but a storage key that is fixed to its TPM, is refused at its member")
{
	static const struct {
		const char *from, *to, *field;
	} rows[] = {
		{"\"m\":3", "\"m\":4", "m"}, {"\"m\":3", "\"m\":0", "m"}, {"\"m\":3,", "", "m"}, {"\"m\":3", "\"m\":3,\"x\":1", "x"},
		{"{\"m\":3,\"parent\":\"" PARENT "\"}", "null", "move"}, {"{\"m\":3,\"parent\":\"" PARENT "\"}", "[]", "move"}, {"\"parent\":\"" PARENT "\"", "\"parent\":\"\"", "parent"},
		{"ACMACwADBHI", "ACMACwADBHA", "parent"} /* not fixedTPM */, {"ACMACwADBHI", "ACMACwADBGI", "parent"} /* not fixedParent */, {"ACMACwADBHI", "ACMACwACBHI", "parent"} /* not restricted */,
		{"ACMACwADBHI", "ACMACwAHBHI", "parent"} /* signs */, {"ACMACwADBHI", "ACMADAADBHI", "parent"} /* nameAlg */, {"ACMACwADBHI", "ACIACwADBHI", "parent"} /* type */,
		{"AgICAgIC\"", "AgICAg\"", "parent"} /* cut */, {"AgICAgIC\"", "AgICAgICAgIC\"", "parent"} /* more */, {"AgICAgIC\"", "AgICAgI!\"", "parent"},
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

/* what a session's digest is after approvals of a set: one PolicySigned an officer, ascending */
static struct fj_hash after(const struct fj_quorum *q, unsigned set)
{
	struct fj_hash d = {{0}};

	for (unsigned i = 0; i < q->n; i++) {
		FJ_AUTO(buf) public = FJ_BUF_INIT(256);
		struct fj_tpm_name name;

		if (!(set >> i & 1) || fj_tpm_officer_public(q->officer[i], &public) != FJ_OK)
			continue;
		fj_tpm_name_of(fj_buf_slice(&public), &name);
		fj_tpm_policy_signed(&d, &name, FJ_SLICE(q->ref, q->ref_len));
	}
	return d;
}

static bool holds(const struct fj_or *o, const struct fj_hash *d)
{
	for (size_t i = 0; i < o->n; i++)
		if (fj_hash_eq(&o->branch[i], d))
			return true;
	return false;
}

/* as a TPM goes: each OR has to have the session's digest among its branches */
static bool leads(const struct fj_plan *p, bool move, unsigned set, bool select, struct fj_hash *end)
{
	struct fj_or or[FJ_ROOT_LEVELS];
	struct fj_tpm_name parent;
	struct fj_quorum q;
	size_t n = FJ_ROOT_LEVELS;

	if (fj_plan_root_path(p, move, set, or, &n) != FJ_OK)
		return false;
	if (move)
		fj_plan_move_quorum(p, &q);
	else
		fj_plan_root_quorum(p, &q);
	*end = after(&q, set);
	fj_plan_parent_name(p, &parent);
	for (size_t i = 0; i < n; i++) {
		if (i + 1 == n && select)
			fj_tpm_policy_duplication(end, &parent);
		if (!holds(&or[i], end))
			return false;
		fj_tpm_policy_or(end, or[i].branch, or[i].n);
	}
	return true;
}

TEST("both quorums lead to the roots' policy, a move through its one parent only")
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_PLAN_MAX);
	struct fj_plan p, fixed;
	struct fj_hash policy, end;
	struct fj_quorum q;
	struct fj_err err = {0};
	struct fj_or or[FJ_ROOT_LEVELS];
	size_t n = FJ_ROOT_LEVELS;

	CHECK_OK(plan_of(fj_slice_str(PLAN), &p, &err));
	CHECK(fj_plan_root_policy(&p, &policy) == FJ_OK);
	for (unsigned set = 0; set < 8; set++) {
		CHECK(leads(&p, false, set, false, &end) == (__builtin_popcount(set) == 2) && (__builtin_popcount(set) != 2 || fj_hash_eq(&end, &policy)));
		CHECK(leads(&p, true, set, true, &end) == (set == 7) && (set != 7 || fj_hash_eq(&end, &policy)));
		CHECK(!leads(&p, true, set, false, &end) && !leads(&p, false, set, true, &end));
	}
	CHECK_OK(plan_of(with(&b, PLAN, ",\"move\":{\"m\":3,\"parent\":\"" PARENT "\"}", ""), &fixed, &err));
	CHECK(fj_plan_root_policy(&fixed, &policy) == FJ_OK);
	fj_plan_root_quorum(&fixed, &q);
	CHECK(fj_quorum_policy(&q, &end) == FJ_OK && fj_hash_eq(&end, &policy)); /* as ever */
	CHECK_RC(fj_plan_root_path(&fixed, true, 7, or, &n), FJ_E_INVALID);
	n = 1;
	CHECK_RC(fj_plan_root_path(&p, false, 3, or, &n), FJ_E_LIMIT);
}

static enum fj_rc challenge_of(const struct fj_plan *p, enum fj_step step, bool moves, struct fj_slice structure, struct fj_buf *out, struct fj_err *err)
{
	struct fj_challenge c = {.plan = p->hash, .step = step, .alg = FJ_ES256, .structure = FJ_BUF_INIT(1024), .key = FJ_BUF_INIT(200), .nonce = {1, 2}, .expiration = 600};
	struct fj_hash policy;
	uint8_t xy[64] = {7};

	FJ_TRY(fj_plan_root_policy(p, &policy));
	enum fj_rc rc = fj_buf_put(&c.structure, structure.p, structure.len);
	if (rc == FJ_OK)
		rc = fj_tpm_root_public(FJ_ES256, false, moves, &policy, xy, &c.key);
	FJ_AUTO(json) j = rc == FJ_OK ? fj_challenge_json(&c) : NULL;
	fj_buf_release(&c.structure);
	fj_buf_release(&c.key);
	return j == NULL ? FJ_E_NOMEM : fj_json_canonical(j, out, err);
}

/* FJ_OK, or what reader and check say */
static enum fj_rc consider(const struct fj_plan *p, struct fj_slice text, struct fj_hash *to_sign, struct fj_err *err)
{
	FJ_AUTO(round) r = {0};
	struct fj_hash digest = {{9}}, cphash;
	struct fj_tpm_name name;

	FJ_TRY(fj_round_read(text, &r, err));
	FJ_TRY(fj_challenge_check(&r.c[0], p, &name, err));
	fj_challenge_approval(&r.c[0], p, &name, &digest, &cphash, to_sign);
	return FJ_OK;
}

TEST("a move is challenged for the plan's parent alone, a proof for its text alone, each by its own kind")
{
	FJ_AUTO(buf) one = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	FJ_AUTO(buf) key = FJ_BUF_INIT(200);
	FJ_AUTO(buf) text = FJ_BUF_INIT(1024);
	struct fj_plan p, fixed;
	struct fj_tpm_name name;
	struct fj_hash policy, move, proof;
	struct fj_err err = {0};
	uint8_t xy[64] = {7};

	CHECK_OK(plan_of(fj_slice_str(PLAN), &p, &err));
	struct fj_slice parent = FJ_SLICE(p.parent, p.parent_len);
	CHECK_OK(challenge_of(&p, FJ_STEP_MOVE, true, parent, &one, &err));
	CHECK(strstr(fj_buf_str(&one), "\"kind\":\"fujie-root-move\"") != NULL && strstr(fj_buf_str(&one), "\"step\":\"move\"") != NULL);
	CHECK_OK(consider(&p, fj_buf_slice(&one), &move, &err));
	CHECK_RC(consider(&p, with(&b, fj_buf_str(&one), "fujie-root-move", "fujie-root-sign"), &move, &err), FJ_E_INVALID);
	CHECK_STR(err.field, "kind");
	CHECK_RC(consider(&p, with(&b, fj_buf_str(&one), "\"step\":\"move\"", "\"step\":\"root\""), &move, &err), FJ_E_INVALID);
	fj_buf_clear(&one);
	CHECK_OK(challenge_of(&p, FJ_STEP_MOVE, true, FJ_SLICE(p.parent, p.parent_len - 1), &one, &err));
	CHECK_RC(consider(&p, fj_buf_slice(&one), &move, &err), FJ_E_REFUSED);
	CHECK_STR(err.field, "structure");
	fj_buf_clear(&one);
	CHECK_OK(challenge_of(&p, FJ_STEP_MOVE, false, parent, &one, &err)); /* a root that is fixed is none of this plan */
	CHECK_RC(consider(&p, fj_buf_slice(&one), &move, &err), FJ_E_REFUSED);
	CHECK_STR(err.field, "key");
	CHECK_OK(plan_of(with(&b, PLAN, ",\"move\":{\"m\":3,\"parent\":\"" PARENT "\"}", ""), &fixed, &err));
	fj_buf_clear(&one);
	CHECK_OK(challenge_of(&fixed, FJ_STEP_MOVE, false, parent, &one, &err));
	CHECK_RC(consider(&fixed, fj_buf_slice(&one), &move, &err), FJ_E_REFUSED);
	CHECK_STR(err.field, "step");

	CHECK(fj_plan_root_policy(&p, &policy) == FJ_OK && fj_tpm_root_public(FJ_ES256, false, true, &policy, xy, &key) == FJ_OK);
	fj_tpm_name_of(fj_buf_slice(&key), &name);
	CHECK(fj_proof_text(&p, &name, &text) == FJ_OK && text.data[0] == 'f');
	fj_buf_clear(&one);
	CHECK_OK(challenge_of(&p, FJ_STEP_PROOF, true, fj_buf_slice(&text), &one, &err));
	CHECK(strstr(fj_buf_str(&one), "\"kind\":\"fujie-root-sign\"") != NULL);
	CHECK_OK(consider(&p, fj_buf_slice(&one), &proof, &err));
	CHECK(!fj_hash_eq(&move, &proof));
	fj_buf_clear(&one);
	CHECK_OK(challenge_of(&p, FJ_STEP_PROOF, true, parent, &one, &err));
	CHECK_RC(consider(&p, fj_buf_slice(&one), &proof, &err), FJ_E_REFUSED);
	CHECK_STR(err.field, "structure");
}

TEST("the spare's request has a storage key and an attestation, and nothing else")
{
	static const struct {
		const char *text;
		bool ok;
	} rows[] = {
		{"{\"version\":1,\"parent\":\"" PARENT "\",\"attestation\":{}}", true}, {"{\"version\":2,\"parent\":\"" PARENT "\",\"attestation\":{}}", false},
		{"{\"version\":1,\"parent\":\"" PARENT "\"}", false}, {"{\"version\":1,\"parent\":\"" PARENT "\",\"attestation\":[]}", false}, {"{\"version\":1,\"attestation\":{}}", false},
		{"{\"version\":1,\"parent\":\"" PARENT "\",\"attestation\":{},\"x\":1}", false}, {"{\"version\":1,\"parent\":\"AAAA\",\"attestation\":{}}", false}, {"[]", false}, {"", false},
	};

	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++) {
		FJ_AUTO(buf) parent = FJ_BUF_INIT(FJ_STORAGE_PUBLIC_MAX);
		FJ_AUTO(json) doc = NULL;
		json_t *attestation;
		struct fj_err err = {0};

		CHECK((fj_spare_request_read(fj_slice_str(rows[i].text), &parent, &doc, &attestation, &err) == FJ_OK) == rows[i].ok);
	}
}

#define MOVED(alg) "{\"alg\":\"" alg "\",\"private\":\"AQID\",\"public\":\"BAUG\",\"seed\":\"BwgJ\"}"
#define HASH "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define FILE_OF(list) "{\"moved\":[" list "],\"plan\":\"" HASH "\",\"version\":1}"

TEST("what is moved is read as it is written; algorithms in their order, each once")
{
	static const struct {
		const char *text;
		bool ok;
	} rows[] = {
		{FILE_OF(MOVED("P-256")), true}, {FILE_OF(MOVED("P-256") "," MOVED("SM2")), true}, {FILE_OF(MOVED("SM2")), false}, {FILE_OF(MOVED("SM2") "," MOVED("P-256")), false},
		{FILE_OF(MOVED("P-256") "," MOVED("P-256")), false}, {FILE_OF(""), false}, {FILE_OF(MOVED("P-384")), false}, {FILE_OF("1"), false},
		{FILE_OF(MOVED("P-256") "," MOVED("SM2") "," MOVED("SM2")), false}, {FILE_OF("{\"alg\":\"P-256\",\"private\":\"AQID\",\"public\":\"BAUG\"}"), false},
		{FILE_OF("{\"alg\":\"P-256\",\"private\":\"AQID\",\"public\":\"BAUG\",\"seed\":\"BwgJ\",\"key\":\"AA\"}"), false}, {"{\"moved\":[" MOVED("P-256") "],\"plan\":\"00\",\"version\":1}", false},
		{"{\"moved\":[" MOVED("P-256") "],\"version\":1}", false},
	};

	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++) {
		FJ_AUTO(move_file) f;
		FJ_AUTO(buf) again = FJ_BUF_INIT(FJ_MOVE_FILE_MAX);
		FJ_AUTO(buf) want = FJ_BUF_INIT(FJ_MOVE_FILE_MAX);
		struct fj_err err = {0};

		fj_move_file_init(&f);
		bool ok = fj_move_file_read(fj_slice_str(rows[i].text), &f, &err) == FJ_OK;
		CHECK(ok == rows[i].ok);
		if (!ok)
			continue;
		CHECK_OK(fj_move_file_put(&f, &again, &err));
		CHECK(fj_buf_printf(&want, "%s\n", rows[i].text) == FJ_OK && fj_slice_eq(fj_buf_slice(&want), fj_buf_slice(&again)));
	}
}
TEST_MAIN
