/*
 * tpm2.h - the arithmetic of TPM 2.0 that needs no TPM: Names, command parameter hashes,
 * policy digests, m of n officers as a policy, and what moves a key to one other TPM.
 *
 * The signer makes keys and sessions by it, an officer's tool and a verifier compute the
 * same from a plan and compare.  Sources: TCG, TPM 2.0 Library, Part 1 "Names" and "Command
 * Parameter Hash (cpHash)", Part 2 TPMT_PUBLIC, Part 3 TPM2_PolicySigned (23.3),
 * TPM2_PolicyOR (23.6) and TPM2_PolicyDuplicationSelect (23.15); hash algorithm SHA-256 throughout.  It checks no signature, and
 * does not look whether 64 octets are a point of the curve: whoever reads an officer's key
 * does that.
 */
#ifndef FJ_BASE_TPM2_H
#define FJ_BASE_TPM2_H

#include "base/buf.h"

#define FJ_TPM_NAME_LEN 34
#define FJ_TPM_NONCE_LEN 32
struct fj_tpm_name {
	uint8_t b[FJ_TPM_NAME_LEN];
};
/* 000b || SHA-256(TPMT_PUBLIC as marshalled, without the size before it) */
void fj_tpm_name_of(struct fj_slice tpmt_public, struct fj_tpm_name *out);
/* Appended: the one public area that an officer's P-256 key has (sign and userWithAuth, ECDSA with
 * SHA-256, nameAlg SHA-256, no policy); xy: the point's coordinates, 32 octets each. */
enum fj_rc fj_tpm_officer_public(const uint8_t xy[64], struct fj_buf *tpmt_public) FJ_MUST_USE;

/* cpHash of TPM2_Sign(key, digest, scheme NULL, the null ticket): what an approval is bound to */
void fj_tpm_cphash_sign(const struct fj_tpm_name *key, const struct fj_hash *digest, struct fj_hash *out);
/* cpHash of TPM2_Unseal(obj) */
void fj_tpm_cphash_unseal(const struct fj_tpm_name *obj, struct fj_hash *out);

/* Policy digests, in place; a new policy begins as 32 zero octets. */
void fj_tpm_policy_signed(struct fj_hash *d, const struct fj_tpm_name *officer, struct fj_slice ref);
/* n: 2 to 8.  TPM2_PolicyOR forgets what was before: *d is only written. */
void fj_tpm_policy_or(struct fj_hash *d, const struct fj_hash *branch, size_t n);
/* TPM2_PolicyDuplicationSelect with includeObject NO: any object of this policy, to that parent alone */
void fj_tpm_policy_duplication(struct fj_hash *d, const struct fj_tpm_name *parent);
/* nameHash of TPM2_Duplicate(object, parent): what that command binds its session to */
void fj_tpm_namehash_move(const struct fj_tpm_name *object, const struct fj_tpm_name *parent, struct fj_hash *out);

/* A storage key as ours are made: ECC P-256, nameAlg SHA-256, restricted and decrypt, fixedTPM, fixedParent,
 * sensitiveDataOrigin, userWithAuth, noDA, no policy, AES-128-CFB, neither scheme nor kdf.  True: the public
 * area is octet for octet of that form, with a point of at most 32 octets a coordinate and nothing behind. */
#define FJ_STORAGE_PUBLIC_MAX 90
bool fj_tpm_storage_public(struct fj_slice tpmt_public);

/*
 * m of n officers (1 <= m <= n <= 8, n different keys).  A branch for each set of m officers, in
 * it one PolicySigned an officer, ascending; the sets in the order of their bits as a number.
 * Branches in groups of eight, each under an OR, the groups likewise until one OR is left (one
 * to three levels); a group of one names its branch twice, since an OR needs two.
 */
#define FJ_QUORUM_MAX 8
#define FJ_QUORUM_LEVELS 3
struct fj_quorum {
	unsigned m, n;
	uint8_t officer[FJ_QUORUM_MAX][64]; /* x || y */
	uint8_t ref[64];                    /* policyRef */
	size_t ref_len;
};
/* the policy's digest; FJ_E_INVALID for numbers out of range or two equal officers */
enum fj_rc fj_quorum_policy(const struct fj_quorum *q, struct fj_hash *out) FJ_MUST_USE;
/* What a session needs after the m PolicySigned of `set` (bit i: officer i): the ORs, innermost
 * first.  *n: room in out, then how many were written.  FJ_E_INVALID also when set is no m of
 * the n; FJ_E_LIMIT when there is not enough room. */
struct fj_or {
	size_t n;
	struct fj_hash branch[8];
};
enum fj_rc fj_quorum_path(const struct fj_quorum *q, unsigned set, struct fj_or *out, size_t *n) FJ_MUST_USE;

/*
 * What an officer signs (Part 3, TPM2_PolicySigned, aHash):
 * SHA-256(nonceTPM || expiration, i32 big endian || cpHash || policyRef).
 * The lengths of all but the last are fixed here, so no two approvals have the same octets;
 * neither an approval without nonce nor one without cpHash can be expressed.  expiration_s: 1 to
 * INT32_MAX, which the caller has checked: 0 is without end, and what the TPM reads as negative
 * asks it for a ticket that replaces the officer in other sessions.
 */
void fj_tpm_approval_digest(const uint8_t nonce[FJ_TPM_NONCE_LEN], uint32_t expiration_s,
    const struct fj_hash *cphash, struct fj_slice ref, struct fj_hash *out);
/* The same without cpHash, for a branch that TPM2_PolicyDuplicationSelect follows: it binds the session in cpHash's
 * place (Part 3, 23.15), so an approval can't.  SHA-256(nonceTPM || expiration || policyRef); its policyRef is its own. */
void fj_tpm_approval_move_digest(const uint8_t nonce[FJ_TPM_NONCE_LEN], uint32_t expiration_s, struct fj_slice ref, struct fj_hash *out);

/* of a TPM's structures: big-endian u16, and a TPM2B of at most `max` octets, borrowed */
enum fj_rc fj_tpm_u16(struct fj_rd *r, uint16_t *out) FJ_MUST_USE;
enum fj_rc fj_tpm_2b(struct fj_rd *r, size_t max, struct fj_slice *out) FJ_MUST_USE;

#endif
