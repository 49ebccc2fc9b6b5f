/*
 * A TPM's structures and attestation.json (verifier/attest_read.c, attestation.c), judged with the trust of
 * tests/fuzz/attest, whose appliance made the seed `pass-demo`; and challenges with what a TPM states of a key that is certified.
 *
 * Properties: there is always a result, with a text for each step; nobody here can sign, so what is not `none` says what
 * the seed says, octet by octet: each object, each statement, the text that they are bound to and the registers; it is
 * never `hardware`; nor does a challenge show a key of which the seeds `challenge-…` say nothing, be it an issuing one or the root of a
 * plan that follows (which root that is the plan says).  A public area's name is the hash of its octets, and what was read of a structure
 * lies within it.
 */
#include <fcntl.h>

#include "base/approval.h"
#include "base/file.h"
#include "tests/fuzz/fuzz.h"
#include "verifier/attestation.h"
#include "verifier/internal.h"

#define TRUST "tests/fuzz/attest"
#define SEED "tests/fuzz/corpus/attest/pass-demo"
#define CHALLENGE "tests/fuzz/corpus/attest/challenge-"

static struct ver_trust *trust;
static struct fj_buf seed = FJ_BUF_INIT(VER_ATTEST_MAX);
static struct ver_attestation known;

static void judge(struct fj_slice json, struct ver_attestation *a)
{
	const struct ver_attest_in in = {.json = json, .now = FJ_TIME_MAX};

	HOLDS(ver_attestation_judge(trust, &in, a, NULL) == FJ_OK);
	HOLDS(a->tpm != VER_TPM_HARDWARE && (a->tpm == VER_TPM_NONE || a->tpm == a->stated));
	for (size_t k = 0; k < AT_COUNT; k++)
		HOLDS(a->check[k].name != NULL && a->check[k].en[0] != '\0' && a->check[k].zh[0] != '\0' && (a->tpm == VER_TPM_NONE || a->check[k].outcome != VER_FAIL));
	FJ_AUTO(json) doc = ver_attestation_json(a);
	HOLDS(doc != NULL);
}

/* seeds: challenges with what their TPM states, of each algorithm and step */
static const char *const asked[] = {CHALLENGE "p256", CHALLENGE "sm2", CHALLENGE "new-with-old"};
static struct fj_round shown[FJ_ARRAY_LEN(asked)];

static void begin(void)
{
	HOLDS(ver_trust_load_dir(AT_FDCWD, TRUST, &trust, NULL, NULL) == FJ_OK && fj_file_read(AT_FDCWD, SEED, &seed, NULL) == FJ_OK);
	judge(fj_buf_slice(&seed), &known);
	HOLDS(known.tpm == VER_TPM_SOFTWARE && known.n > 8);
	for (size_t i = 0; i < FJ_ARRAY_LEN(asked); i++) {
		FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ROUND_OCTETS);
		HOLDS(fj_file_read(AT_FDCWD, asked[i], &text, NULL) == FJ_OK && fj_round_read(fj_buf_slice(&text), &shown[i], NULL) == FJ_OK);
		for (size_t k = 0; k < shown[i].n; k++) {
			FJ_AUTO(buf) ak = FJ_BUF_INIT(1024);
			HOLDS(!fj_step_made(shown[i].c[k].step) || ver_made_judge(&shown[i].c[k], &ak, NULL) == FJ_OK);
		}
	}
}

static bool same(const struct fj_buf *a, const struct fj_buf *b)
{
	return fj_slice_eq(fj_buf_slice(a), fj_buf_slice(b));
}

/* an object of the seed, or one of which nothing was said */
static bool is_known(const struct ver_object *o)
{
	for (size_t i = 0; i < known.n; i++)
		if (same(&known.object[i].pub, &o->pub) && same(&known.object[i].creation, &o->creation) && same(&known.object[i].attest, &o->attest))
			return true;
	return o->said.type == 0;
}

static void as_document(struct fj_slice in)
{
	FJ_AUTO(ver_attestation) a;

	judge(in, &a);
	if (a.stated == VER_TPM_NONE)
		return;
	bool any = a.quote.said.type != 0;
	for (size_t i = 0; i < a.n; i++) {
		HOLDS(is_known(&a.object[i]));
		any = any || a.object[i].said.type != 0;
	}
	HOLDS(a.quote.said.type == 0 || (same(&a.quote.attest, &known.quote.attest) && same(&a.registers, &known.registers)));
	HOLDS(!any || same(&a.qualifying, &known.qualifying));
}

/* of a seed; of a root also that it is the seed's: whose plan it is of is not for its TPM to say */
static bool is_shown(const struct fj_challenge *c)
{
	bool root = c->step == FJ_STEP_NEW_WITH_OLD, any = false, same_root = false;

	for (size_t i = 0; i < FJ_ARRAY_LEN(asked); i++)
		for (size_t k = 0; k < shown[i].n; k++) {
			const struct fj_challenge *s = &shown[i].c[k];
			any = any || (same(&c->structure, &s->structure) && same(&c->made, &s->made));
			same_root = same_root || (root && same(&c->other, &s->other));
		}
	return any || (root && !same_root);
}

static void as_challenge(struct fj_slice in)
{
	FJ_AUTO(round) r;

	if (fj_round_read(in, &r, NULL) != FJ_OK)
		return;
	for (size_t i = 0; i < r.n; i++) {
		FJ_AUTO(buf) ak = FJ_BUF_INIT(1024);
		struct fj_err err = {0};
		if (!fj_step_made(r.c[i].step))
			continue;
		if (ver_made_judge(&r.c[i], &ak, &err) == FJ_OK)
			HOLDS(is_shown(&r.c[i]) && ak.len > 0);
		else
			HOLDS(err.en[0] != '\0' && ak.len == 0);
	}
}

static void as_structure(struct fj_slice in)
{
	struct ver_area a;
	struct ver_statement s;
	struct ver_creation c;
	struct fj_hash h;

	if (ver_area_read(in, &a, NULL) == FJ_OK) {
		fj_sha256(in, &h);
		HOLDS(within(a.policy, in) && a.name[1] == VER_TPM_SHA256 && memcmp(a.name + 2, h.b, sizeof(h.b)) == 0);
		HOLDS(a.kind == VER_AREA_SEALED ? a.curve == 0 && a.scheme == 0 : a.curve != 0 && (a.kind == VER_AREA_SIGNING) == (a.scheme != 0));
	}
	if (ver_statement_read(in, &s, NULL) == FJ_OK)
		HOLDS(in.len > 4 && memcmp(in.p, "\xff\x54\x43\x47", 4) == 0 && within(s.signer, in) && within(s.data, in) && within(s.name, in) && within(s.qualified, in) && within(s.creation, in) &&
		    within(s.digest, in) && (s.type == VER_TPM_QUOTE) == (s.registers != 0));
	if (ver_creation_read(in, &c, NULL) == FJ_OK)
		HOLDS(c.parent.len == VER_TPM_NAME && c.parent_qualified.len == VER_TPM_NAME && within(c.parent, in) && within(c.parent_qualified, in) && within(c.outside, in));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fj_slice in = FJ_SLICE(data, size);

	if (trust == NULL)
		begin();
	as_structure(in);
	as_document(in);
	as_challenge(in);
	return 0;
}
