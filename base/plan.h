/*
 * plan.h - the plan of a ceremony, and the same with its officers' signatures
 * (docs/formats.md 22): who the officers are, how many of them a root needs, which
 * algorithms there are.
 *
 * Read strictly: exactly the members, numbers in their bounds, logins and keys each once.
 * The signer, the command line, an officer's tool and a verifier use this one reader.  No
 * signature is verified here, since this room has no cryptography but hashes: the caller
 * hands in who does it.  Not checked: that a key is a point of its curve.
 */
#ifndef FJ_BASE_PLAN_H
#define FJ_BASE_PLAN_H

#include "base/clock.h"
#include "base/json.h"
#include "base/tpm2.h"

#define FJ_PLAN_MAX 65536           /* octets of a plan, signed or not */
#define FJ_PLAN_EXPIRATION 86400    /* seconds that an approval may hold, at most */
#define FJ_PLAN_LOGIN 64
#define FJ_PLAN_NAME 64             /* code points */
#define FJ_P256_SPKI 91             /* octets of a SubjectPublicKeyInfo with an uncompressed point */

struct fj_officer {
	char login[FJ_PLAN_LOGIN + 1];
	char name[FJ_PLAN_NAME * 4 + 1];
	uint8_t xy[64];
};
struct fj_plan {
	bool demo, sm2;                   /* sm2: a second hierarchy beside P-256 */
	char arc[64], base[161], operator_[64 * 4 + 1];
	unsigned n, root;                 /* officers; how many of them the root needs */
	unsigned unseal;                  /* how many of them unseal what opens the issuing keys; 0: nothing has to be unsealed */
	struct fj_officer officer[FJ_QUORUM_MAX];
	unsigned move;                    /* officers that moving the roots to the spare needs; 0: they can't leave their TPM */
	uint8_t parent[FJ_STORAGE_PUBLIC_MAX]; /* TPMT_PUBLIC of the spare's storage key */
	size_t parent_len;
	uint32_t expiration;              /* seconds, 1 to FJ_PLAN_EXPIRATION */
	unsigned generation;              /* of the roots that are made under it: 1, or of a plan that follows another one more than that one's */
	struct fj_hash former;            /* that plan's hash; zeros of a first plan */
	fj_time made;
	struct fj_hash hash;              /* SHA-256 of the canonical plan */
	struct fj_hash to_sign;           /* SHA-256 of "fujie-plan-1\n" and the canonical plan */
};
/* The object "plan" alone; FJ_E_INVALID names the member. */
enum fj_rc fj_plan_read(const json_t *plan, struct fj_plan *out, struct fj_err *err) FJ_MUST_USE;
/* Is `next` the plan that follows `p` (formats.md 33): does it name p's hash and the generation after p's, and say the same of the
 * home, its algorithms and whether issuing keys are unsealed?  FJ_E_REFUSED names what differs. */
enum fj_rc fj_plan_follows(const struct fj_plan *next, const struct fj_plan *p, struct fj_err *err) FJ_MUST_USE;
/* index of the officer, or -1 */
int fj_plan_officer(const struct fj_plan *p, const char *login);
int fj_plan_officer_by_key(const struct fj_plan *p, const uint8_t xy[64]);

/* {"plan","signatures":[{"officer","sig"}]}, signatures in the officers' order, each officer
 * at most once.  verify is asked for each; FJ_E_SIGNATURE names whose does not match.
 * *by: who signed (bit i: officer i); a plan is in force only when all n did, which the
 * caller compares (fj_plan_all). */
typedef enum fj_rc (*fj_verify_fn)(void *ctx, const uint8_t xy[64], const struct fj_hash *digest, const uint8_t sig[64], struct fj_err *err);
enum fj_rc fj_plan_signed_read(struct fj_slice file, fj_verify_fn verify, void *ctx, struct fj_plan *out, unsigned *by, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_plan_all(const struct fj_plan *p, unsigned by, struct fj_err *err) FJ_MUST_USE;
/* The file again, canonical and a newline, with one officer's signature in its place. */
enum fj_rc fj_plan_add_signature(struct fj_slice file, unsigned officer, const uint8_t sig[64], struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;

/* [{"officer","sig"}] over that digest, in the officers' order, each at most once; and one more put into its place */
enum fj_rc fj_officers_signed(const json_t *list, const struct fj_plan *p, const struct fj_hash *digest, fj_verify_fn verify, void *ctx, unsigned *by, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_officer_signature_put(json_t *list, const struct fj_plan *p, unsigned officer, const uint8_t sig[64]) FJ_MUST_USE;
/* those of another list that are not there yet; both were read */
enum fj_rc fj_officers_join(json_t *list, const json_t *more, const struct fj_plan *p) FJ_MUST_USE;

/* The root's quorum: the plan's officers, its number, policyRef "fujie-root-sign" || hash. */
#define FJ_REF_ROOT_SIGN "fujie-root-sign"
void fj_plan_root_quorum(const struct fj_plan *p, struct fj_quorum *q);
/* What opens the issuing keys, where the plan has "unseal": the same officers, its own number, policyRef "fujie-unseal" || hash. */
#define FJ_REF_UNSEAL "fujie-unseal"
void fj_plan_unseal_quorum(const struct fj_plan *p, struct fj_quorum *q);
/* Of a plan with "move" (formats.md 28): who moves the roots, policyRef "fujie-root-move" || hash; and where to. */
#define FJ_REF_ROOT_MOVE "fujie-root-move"
void fj_plan_move_quorum(const struct fj_plan *p, struct fj_quorum *q);
void fj_plan_parent_name(const struct fj_plan *p, struct fj_tpm_name *out);
/* of the log's Ed25519 key, sealed: it leaves for that parent alone, and for no signature that a command could bind */
void fj_plan_note_policy(const struct fj_plan *p, struct fj_hash *out);
/* Is this TPMT_PUBLIC the log's sealed key of that plan, octet for octet but for what is unique? */
bool fj_plan_note_is(const struct fj_plan *p, struct fj_slice tpmt_public);
/* The policy of the roots' keys: the signing quorum's; where they may move, an OR of it and of the moving quorum's with
 * PolicyDuplicationSelect of that one parent. */
enum fj_rc fj_plan_root_policy(const struct fj_plan *p, struct fj_hash *out) FJ_MUST_USE;
/* The ORs after the approvals of `set`, for signing or for moving, innermost first; where the roots may move the last is
 * that of both branches, and a move has its PolicyDuplicationSelect before it.  *n: as of fj_quorum_path. */
#define FJ_ROOT_LEVELS (FJ_QUORUM_LEVELS + 1)
enum fj_rc fj_plan_root_path(const struct fj_plan *p, bool move, unsigned set, struct fj_or *out, size_t *n) FJ_MUST_USE;

/* SubjectPublicKeyInfo of a P-256 key with an uncompressed point, and back: one form only. */
enum fj_rc fj_p256_spki_put(struct fj_buf *out, const uint8_t xy[64]) FJ_MUST_USE;
bool fj_p256_spki_read(struct fj_slice spki, uint8_t xy[64]);

#endif
