/*
 * approval.h - what an appliance asks of an officer, and what the officer answers
 * (docs/formats.md 22): a challenge names the structure to be signed, the TPM's key and the
 * session's nonce; an answer holds a signature over what the officer's own tool computed.  Or
 * (docs/formats.md 30) it is not a signature that is asked for but that the TPM unseals what opens
 * the issuing keys: then there is no structure and no algorithm, and the key is the sealed object.
 *
 * A challenge carries no digest and no cpHash.  Whoever has it computes them from the
 * structure, and compares the key with the one that the plan's officers have, octet by
 * octet.  What the structure says is not looked at here, and no signature is verified.
 */
#ifndef FJ_BASE_APPROVAL_H
#define FJ_BASE_APPROVAL_H

#include "base/plan.h"
#include "base/x509.h"

#define FJ_ROUND_MAX 8               /* challenges in a file, answers of one officer */
#define FJ_ROUND_OCTETS (1u << 20)   /* of such a file */
#define FJ_STRUCTURE_MAX 65536       /* octets of a structure to be signed */
#define FJ_MADE_MAX 32768            /* octets of what a TPM states of an issuing key */
#define FJ_ROOT_PUBLIC_LEN 120
#define FJ_SEALED_PUBLIC_LEN 78

/* what a challenge asks for; names as in the file */
enum fj_step { FJ_STEP_ROOT, FJ_STEP_ISSUING, FJ_STEP_ROOT_CRL, FJ_STEP_MOVE, FJ_STEP_PROOF, FJ_STEP_SUBORDINATE, FJ_STEP_UNSEAL, FJ_STEP_NEW_WITH_OLD, FJ_STEP_OLD_WITH_NEW, FJ_STEP_END };
#define FJ_STEP_LATER FJ_STEP_MOVE /* from here on: no steps of a ceremony */
const char *fj_step_name(enum fj_step s); /* "root", "issuing", "root-crl", "move", "proof", "subordinate", "unseal", "new-with-old", "old-with-new" */

/* one generation of the root certifies another (formats.md 33): the new one by the old one's officers, or the reverse */
static inline bool fj_step_cross(enum fj_step s)
{
	return s == FJ_STEP_NEW_WITH_OLD || s == FJ_STEP_OLD_WITH_NEW;
}

/* a key of our own is certified: the TPM states how it was made */
static inline bool fj_step_made(enum fj_step s)
{
	return s == FJ_STEP_ISSUING || s == FJ_STEP_NEW_WITH_OLD;
}

struct fj_challenge {
	struct fj_hash plan;
	enum fj_step step;
	enum fj_alg alg;
	struct fj_buf structure;     /* TBSCertificate or TBSCertList; of a move the new parent's TPMT_PUBLIC; of a proof its text; empty of "unseal", whose alg says nothing */
	struct fj_buf key;           /* TPMT_PUBLIC */
	struct fj_buf other;         /* TPMT_PUBLIC of the root of another generation that is certified; of fj_step_cross alone, else empty */
	struct fj_buf made;          /* of fj_step_made what the TPM states of the key in the structure, as attestation.json (formats.md 23), canonical; else empty */
	uint8_t nonce[FJ_TPM_NONCE_LEN];
	uint32_t expiration;         /* seconds from when the session began */
};
struct fj_round {
	size_t n;
	struct fj_challenge c[FJ_ROUND_MAX];
};
void fj_round_release(struct fj_round *r);
FJ_DEFINE_AUTO(round, struct fj_round, fj_round_release)

/* A file: {"challenges":[…]} or one challenge.  FJ_E_INVALID names the member: a nonce that is
 * not 32 octets, an expiration that is not 1 to 86400, anything unknown. */
enum fj_rc fj_round_read(struct fj_slice file, struct fj_round *out, struct fj_err *err) FJ_MUST_USE;
/* One challenge as JSON, owned by the caller; NULL when out of memory. */
json_t *fj_challenge_json(const struct fj_challenge *c);

/* Against the plan: its hash, its algorithms, at most its expiration, and the key, which must be
 * the plan's root key (of "unseal": its sealed object) and no other: FJ_E_REFUSED otherwise, with what to do.  *name: the key's. */
enum fj_rc fj_challenge_check(const struct fj_challenge *c, const struct fj_plan *p, struct fj_tpm_name *name, struct fj_err *err) FJ_MUST_USE;
/* Of fj_step_cross, after fj_challenge_check, `p` again the plan of whoever signs and `with` that of the root that is certified: one of
 * the two follows the other as the step has it, `other` is the root key of `with`, and the structure is a certificate of it.
 * FJ_E_REFUSED otherwise. */
enum fj_rc fj_challenge_cross(const struct fj_challenge *c, const struct fj_plan *p, const struct fj_plan *with, struct fj_err *err) FJ_MUST_USE;
/* the root key's point, of a challenge that was checked; zeros of "unseal" */
void fj_challenge_xy(const struct fj_challenge *c, uint8_t xy[64]);
/* Of fj_step_made: the text whose SHA-256 the statements in `made` repeat, of this plan, session and structure alone. */
enum fj_rc fj_challenge_made_text(const struct fj_challenge *c, struct fj_buf *out) FJ_MUST_USE;
/* cpHash of the one TPM2_Sign of that digest (P-256: SHA-256 of the structure; SM2: SM3(Z || structure))
 * by that key, of "unseal" (digest NULL) of TPM2_Unseal, and what the officer signs for it in this session.  Of a move no digest is looked at, and *cphash is the
 * nameHash of TPM2_Duplicate of that key to the plan's parent: it names what was approved, the signature can't cover it. */
void fj_challenge_approval(const struct fj_challenge *c, const struct fj_plan *p, const struct fj_tpm_name *name,
    const struct fj_hash *digest, struct fj_hash *cphash, struct fj_hash *to_sign);

struct fj_answer {
	struct fj_hash plan, cphash; /* of a move: nameHash */
	enum fj_step step;
	enum fj_alg alg;
	char officer[FJ_PLAN_LOGIN + 1];
	uint8_t sig[64];             /* r || s */
};
/* A file: {"answers":[…]} or one answer. */
enum fj_rc fj_answers_read(struct fj_slice file, struct fj_answer out[FJ_ROUND_MAX], size_t *n, struct fj_err *err) FJ_MUST_USE;
/* {"answers":[…]}, canonical and a newline */
enum fj_rc fj_answers_put(const struct fj_answer *a, size_t n, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;

/* The one public area that a plan's root key has: fixedTPM and fixedParent (unless the plan lets it move), sensitiveDataOrigin,
 * noDA and sign, neither userWithAuth nor adminWithPolicy; ECDSA with SHA-256, SM2 with SM3 where the TPM has it, else
 * with SHA-256 (sm3: which of the two; the digest comes from outside either way); policy: fj_plan_root_policy. */
enum fj_rc fj_tpm_root_public(enum fj_alg alg, bool sm3, bool moves, const struct fj_hash *policy, const uint8_t xy[64], struct fj_buf *tpmt_public) FJ_MUST_USE;
/* the point of such an area; zeros of one of another length */
void fj_tpm_root_xy(struct fj_slice tpmt_public, uint8_t xy[64]);
/* is it that, of this plan and algorithm? */
bool fj_plan_root_is(const struct fj_plan *p, enum fj_alg alg, struct fj_slice tpmt_public);

/* What a moved root signs in its new TPM under its officers, to show that it does (formats.md 28): a text, and nothing
 * that any reader takes for a certificate or a list. */
enum fj_rc fj_proof_text(const struct fj_plan *p, const struct fj_tpm_name *root, struct fj_buf *out) FJ_MUST_USE;
/* The one public area of what opens the issuing keys: octets that were sealed (KEYEDHASH, no scheme), fixedTPM, fixedParent and
 * noDA, neither userWithAuth nor adminWithPolicy; policy: fj_quorum_policy; unique: the TPM's hash of the octets and a seed of its own. */
enum fj_rc fj_tpm_sealed_public(const struct fj_hash *policy, const uint8_t unique[32], struct fj_buf *tpmt_public) FJ_MUST_USE;

#endif
