/*
 * An endorsement file, an officer's credential, and one with its answer (docs/formats.md 29): what an officer's tool
 * reads of an appliance, the appliance of an officer, and a verifier of both.
 *
 * Properties: no file is of two kinds; what is read and written is read again and signs the same octets; an
 * endorsement key that was read has sizes that a credential can be made for; what was answered has the answer's hash.
 */
#include "base/bond.h"
#include "tests/fuzz/fuzz.h"

static void key(struct fj_slice area)
{
	struct fj_ek k;

	HOLDS(fj_ek_read(area, &k, NULL) == FJ_OK);
	HOLDS((k.hash == 0x000b || k.hash == 0x000c) && (k.sym_bits == 128 || k.sym_bits == 256));
	HOLDS(k.rsa ? k.modulus.len >= 256 && k.modulus.len <= 512 : k.x.len > 0 && k.x.len <= 48 && k.y.len > 0 && k.y.len <= 48);
}

static bool endorsement(struct fj_slice in)
{
	FJ_AUTO(endorsement) e;
	FJ_AUTO(endorsement) back;
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ENDORSEMENT_OCTETS);

	fj_endorsement_init(&e);
	fj_endorsement_init(&back);
	if (fj_endorsement_read(in, &e, NULL) != FJ_OK)
		return false;
	HOLDS(e.n >= 1 && e.n <= FJ_BOND_KEYS && e.n_certificates <= FJ_BOND_KEYS);
	for (size_t k = 0; k < e.n; k++)
		key(fj_buf_slice(&e.key[k]));
	FJ_AUTO(json) j = fj_endorsement_json(&e);
	HOLDS(j != NULL && fj_json_canonical(j, &text, NULL) == FJ_OK && fj_endorsement_read(fj_buf_slice(&text), &back, NULL) == FJ_OK);
	HOLDS(back.n == e.n && fj_slice_eq(fj_buf_slice(&back.ak), fj_buf_slice(&e.ak)));
	return true;
}

static bool challenge(const json_t *in)
{
	FJ_AUTO(bond) b;
	FJ_AUTO(bond) back;
	struct fj_hash one, two;

	fj_bond_init(&b);
	fj_bond_init(&back);
	if (fj_bond_read(in, &b, NULL) != FJ_OK)
		return false;
	key(fj_buf_slice(&b.ek));
	FJ_AUTO(json) j = fj_bond_json(&b);
	HOLDS(j != NULL && fj_bond_read(j, &back, NULL) == FJ_OK);
	HOLDS(fj_bond_to_sign(&b, &one, NULL) == FJ_OK && fj_bond_to_sign(&back, &two, NULL) == FJ_OK && fj_hash_eq(&one, &two));
	return true;
}

static bool bonded(const json_t *in)
{
	FJ_AUTO(bond) b;
	FJ_AUTO(buf) secret = FJ_BUF_INIT(64);
	const char *answer = fj_json_text(in, "answer");
	struct fj_hash h;

	fj_bond_init(&b);
	if (fj_bonded_read(in, &b, NULL) != FJ_OK)
		return false;
	HOLDS(fj_b64u_get(answer, strlen(answer), &secret) == FJ_OK && secret.len == FJ_BOND_SECRET);
	fj_bond_expect(secret.data, &h);
	HOLDS(fj_hash_eq(&h, &b.expects));
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FJ_AUTO(json) j = NULL;
	struct fj_ek k;

	if (fj_json_parse(FJ_SLICE(data, size), FJ_ENDORSEMENT_OCTETS, &j, NULL) != FJ_OK) {
		if (fj_ek_read(FJ_SLICE(data, size), &k, NULL) == FJ_OK)
			key(FJ_SLICE(data, size));
		return 0;
	}
	HOLDS(endorsement(FJ_SLICE(data, size)) + challenge(j) + bonded(j) <= 1);
	return 0;
}
