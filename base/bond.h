/*
 * bond.h - what binds an attestation key to a TPM's endorsement key (docs/formats.md 29): an officer makes
 * a credential that only the TPM with both can open (TPM2_MakeCredential), and its opening answers.
 *
 * The challenge says beforehand, under the officer's signature, what the answer's hash is; so
 * whoever has challenge and answer sees that it was answered.  That the credential was made for
 * that endorsement key is the officer's word: nobody else has the seed.  Read strictly; no signature
 * is verified but by what the caller hands in (plan.h), and no octets of a TPM are believed here.
 */
#ifndef FJ_BASE_BOND_H
#define FJ_BASE_BOND_H

#include "base/plan.h"

#define FJ_BOND_OCTETS 16384   /* of a challenge's file */
#define FJ_BOND_PART 1024      /* of an area, a credential, a seed */
#define FJ_BOND_SECRET 32
#define FJ_BOND_KEYS 8         /* endorsement keys of a TPM */
#define FJ_BOND_CERTIFICATE 8192
#define FJ_ENDORSEMENT_OCTETS (1u << 18)
#define FJ_BOND_MOST 32        /* that an attestation has */

/* --- the public area of an endorsement key (TPMT_PUBLIC; TCG EK Credential Profile 2.5, annex B) --- */
struct fj_ek {
	bool rsa;
	uint16_t hash;               /* nameAlg: 0x000b SHA-256, 0x000c SHA-384 */
	unsigned sym_bits;           /* AES in CFB: 128 or 256 */
	unsigned curve;              /* 3 P-256, 4 P-384 */
	struct fj_slice modulus;     /* RSA, exponent 65537 */
	struct fj_slice x, y;        /* of the curve's size at most */
};
/* Restricted and decrypting, fixed to its TPM and made in it, never signing; else FJ_E_INVALID.  Slices borrow. */
enum fj_rc fj_ek_read(struct fj_slice tpmt_public, struct fj_ek *out, struct fj_err *err) FJ_MUST_USE;

/* --- what an appliance shows of its TPM: {"version","plan","ak","keys":[…],"certificates":[…]}; which belongs to which is the
 * reader's to find --- */
struct fj_endorsement {
	struct fj_hash plan;
	struct fj_buf ak;            /* TPMT_PUBLIC of the attestation key */
	size_t n, n_certificates;
	struct fj_buf key[FJ_BOND_KEYS], certificate[FJ_BOND_KEYS]; /* TPMT_PUBLIC; DER */
};
void fj_endorsement_init(struct fj_endorsement *e);
void fj_endorsement_release(struct fj_endorsement *e);
FJ_DEFINE_AUTO(endorsement, struct fj_endorsement, fj_endorsement_release)
enum fj_rc fj_endorsement_read(struct fj_slice file, struct fj_endorsement *out, struct fj_err *err) FJ_MUST_USE;
json_t *fj_endorsement_json(const struct fj_endorsement *e); /* the caller's; NULL when out of memory */

/* --- a challenge, and its answer --- */
struct fj_bond {
	struct fj_hash plan, expects; /* expects: SHA-256 of "fujie-credential-1\n" and the secret */
	char officer[FJ_PLAN_LOGIN + 1];
	fj_time made;
	struct fj_buf ak, ek;         /* TPMT_PUBLIC */
	struct fj_buf credential, seed; /* TPMS_ID_OBJECT; what is in TPM2B_ENCRYPTED_SECRET */
	uint8_t sig[64];              /* the officer's, over to_sign */
};
void fj_bond_init(struct fj_bond *b);
void fj_bond_release(struct fj_bond *b);
FJ_DEFINE_AUTO(bond, struct fj_bond, fj_bond_release)
enum fj_rc fj_bond_read(const json_t *o, struct fj_bond *out, struct fj_err *err) FJ_MUST_USE;
json_t *fj_bond_json(const struct fj_bond *b); /* the caller's; NULL when out of memory */
/* SHA-256 of "fujie-bond-1\n" and the canonical challenge without "sig" */
enum fj_rc fj_bond_to_sign(const struct fj_bond *b, struct fj_hash *out, struct fj_err *err) FJ_MUST_USE;
void fj_bond_expect(const uint8_t secret[FJ_BOND_SECRET], struct fj_hash *out);
/* Of this plan, by one of its officers, with his signature; *who: his place.  FJ_E_REFUSED, FJ_E_SIGNATURE: why not. */
enum fj_rc fj_bond_check(const struct fj_bond *b, const struct fj_plan *p, fj_verify_fn verify, void *ctx, int *who, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_REFUSED: the secret is not the one that the officer put in */
enum fj_rc fj_bond_answered(const struct fj_bond *b, struct fj_slice secret, struct fj_err *err) FJ_MUST_USE;

/* {"challenge","answer"}: one that was answered */
enum fj_rc fj_bonded_read(const json_t *o, struct fj_bond *b, struct fj_err *err) FJ_MUST_USE;
json_t *fj_bonded_json(const struct fj_bond *b, struct fj_slice secret); /* the caller's; NULL when out of memory */

#endif
