/*
 * attestation.h - where the keys of a trust folder lie, by what their TPM says (docs/formats.md 23).
 *
 * A TPM's attestation key certifies each key's public area, hence its point, its scheme and that it can't leave; the
 * certificates of the trust folder have to be of those points.  Judged here: that these statements are true by that key,
 * and of this issuer.  NOT judged: that the attestation key is a TPM's.  A program can make all of it, so it shows `software`
 * and no more; `hardware` needs an endorsement certificate of a TPM's vendor, by a root that the caller or this program
 * knows, never one from the folder.  That this certificate's TPM holds the attestation key is shown by a challenge,
 * not by files.
 */
#ifndef FJ_VERIFIER_ATTESTATION_H
#define FJ_VERIFIER_ATTESTATION_H

#include "base/bond.h"
#include "base/x509.h"
#include "verifier/attest_read.h"
#include "verifier/verify.h"

#define VER_ATTEST_MAX (1u << 20)   /* octets of attestation.json */
#define VER_ATTEST_OBJECTS 32
#define VER_ATTEST_EKS 9            /* endorsement certificates */
#define VER_VENDORS_MAX (1u << 20)  /* octets of a file of vendors' certificates */

enum ver_at {
	AT_FORM, AT_KEY, AT_SIGNATURES, AT_NAMES, AT_ATTRIBUTES, AT_OFFICERS, AT_CREATION, AT_QUOTE, AT_FRESHNESS, AT_ENDORSEMENT, AT_BOND, AT_CERTIFICATES, AT_COUNT
};
struct ver_object {
	char name[25];             /* "storage", "ak", else its key's role: "root", "token-sm2" */
	struct fj_buf pub, creation, attest, sig;
	struct ver_area area;
	struct ver_statement said; /* type 0: nothing was said of it */
};
struct ver_endorsement {
	uint32_t index;            /* where the TPM has it */
	struct fj_buf der;
	char issuer[201];          /* as people read it */
	bool bound;                /* as many officers as the plan's root needs have bound the attestation key to its key */
	bool vendor;               /* its chain ends at a vendor's root that is known */
};
struct ver_attestation {
	enum ver_tpm tpm;
	enum ver_tpm stated;       /* the same but for the last step: of a key that is attested */
	struct ver_check check[AT_COUNT];
	fj_time at;                /* when it says that it was made */
	size_t n, n_ek;
	struct ver_object object[VER_ATTEST_OBJECTS];
	struct ver_endorsement ek[VER_ATTEST_EKS];
	struct fj_buf qualifying;  /* text whose SHA-256 each statement repeats */
	struct ver_object quote;   /* attest, sig and said */
	struct fj_buf registers;   /* values of SHA-256 registers, 32 octets each */
	size_t n_bonds;
	struct fj_bond bond[FJ_BOND_MOST]; /* each answered */
	unsigned bound_by;         /* officers of the plan who bound it to one endorsement key (bit i: officer i); the last of them at: */
	fj_time bound_at;
	char moves_to[2 * FJ_TPM_NAME_LEN + 1]; /* Name of the plan's spare, where its roots may go; "": none, or no plan */
	json_t *missing;           /* texts: what the TPM could not say */
	json_t *certificates;      /* [{"certificate","role","attested"}] of the trust */
};
void ver_attestation_release(struct ver_attestation *a);
FJ_DEFINE_AUTO(ver_attestation, struct ver_attestation, ver_attestation_release)

struct ver_attest_in {
	struct fj_slice json;      /* attestation.json; empty: there is none */
	struct fj_slice vendors;   /* PEM: vendors' roots and what lies between, the caller's; empty: none */
	fj_time now;
	int64_t max_age;           /* seconds that it may be old; 0: not asked */
	struct fj_slice spare;     /* not a home's but a spare's (formats.md 28): the parent of its request, TPMT_PUBLIC; then the trust is not looked at */
	const struct fj_plan *plan; /* the caller's, with every officer's signature; NULL: not asked whether it binds the roots */
};
/* t: NULL with a spare.  Always a result, whatever the input; FJ_E_NOMEM is the only failure. */
enum fj_rc ver_attestation_judge(const struct ver_trust *t, const struct ver_attest_in *in, struct ver_attestation *out, struct fj_err *err) FJ_MUST_USE;
/* the document of it; the caller's, NULL when memory is out */
json_t *ver_attestation_json(const struct ver_attestation *a);
/* Is this certificate's key an attested one of this role ("root", "issuing", "token", "log"; "" any)? */
bool ver_attested_key(const struct ver_attestation *a, const struct fj_x509 *x, const char *role);

/* a restricted signing key on P-256 that can't leave its TPM */
bool ver_area_attests(const struct ver_area *a);

/* --- folder.c --- */
/* Judges attestation/attestation.json of a trust folder (how->json is filled from it; no file: none) and keeps the result
 * with the trust, in the place of the one before.  Nobody else may use t meanwhile. */
enum fj_rc ver_folder_attest(int dir, struct ver_trust *t, const struct ver_attest_in *how, struct fj_err *err) FJ_MUST_USE;

/* what was judged of it; NULL: nothing */
const struct ver_attestation *ver_trust_attestation(const struct ver_trust *t);

/* --- attest_ek.c --- */
/* Does the endorsement certificate's chain end at one of the vendors' self-signed roots, by what else is in that file?
 * Fills issuer and vendor.  FJ_E_INVALID: it is no endorsement certificate; FJ_E_NOTFOUND with the reason: no vendor's chain,
 * or a software TPM's. */
enum fj_rc ver_endorsed(struct ver_endorsement *e, struct fj_slice vendors, struct fj_err *err) FJ_MUST_USE;
/* the endorsement key for OpenSSL (EVP_PKEY_free); FJ_E_INVALID: no point of its curve */
struct evp_pkey_st;
enum fj_rc ver_ek_key(const struct fj_ek *k, struct evp_pkey_st **out, struct fj_err *err) FJ_MUST_USE;
/* Is that certificate (DER) of this key? */
bool ver_ek_of(const struct fj_ek *k, struct fj_slice der);
/* Is there a certificate at all in such a file? */
bool ver_vendors_any(struct fj_slice pem);

#endif
