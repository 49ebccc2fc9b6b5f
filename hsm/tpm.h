/*
 * tpm.h - the keys in the TPM: made, found again, used.
 *
 * A key is known by its number (0 to HSM_MAX_KEYS - 1) and by its blob: the public area, the
 * private part that only this TPM can unwrap, and what proves how it was made.  Who keeps the
 * blobs is keystore.c.  A key with a handle is persistent: it stands there after a restart, and
 * signing needs no transient slot (a software TPM has three).  One without is loaded when it is
 * used and flushed afterwards.  What stands at a handle and is not the key of the blob is never
 * taken away: it is somebody else's, and that is an error.
 *
 * Handles are chosen among the free ones from 0x81004600 on, in the owner's range (TCG Registry of
 * Reserved TPM 2.0 Handles and Localities); 0x81010000 and above belong to endorsement keys.  NV
 * index 0x01810000 is a counter: it rises only, and whoever removes it and makes it anew finds it
 * above all that the TPM ever counted (TPM 2.0 Part 3, 31.3).  Signing keys are P-256 for ECDSA with
 * SHA-256, or on SM2's curve for SM2; they are made in the TPM, not exportable (fixedTPM, fixedParent, sensitiveDataOrigin; a root
 * whose plan has a spare may leave for that one TPM, under its officers: tpm_move.c) and without dictionary attack
 * protection (noDA: tpm.c says why).
 */
#ifndef FJ_HSM_TPM_H
#define FJ_HSM_TPM_H

#include "base/buf.h"
#include "base/secret.h"
#include "base/spare.h"
#include "base/tpm2.h"
#include "base/x509.h"
#include "hsm/proto.h"

#define HSM_MAX_KEYS 64
#define HSM_BLOB_PART 1024 /* octets that a part of a blob has at most */

/* as the TPM marshals them (TPM 2.0 Part 2): TPM2B_PUBLIC, TPM2B_PRIVATE, TPM2B_CREATION_DATA and
 * its hash, TPMT_TK_CREATION.  A storage key has its public area alone: it is made anew from it. */
struct hsm_blob {
	struct fj_buf pub, priv, creation, ticket;
	struct fj_hash creation_hash;
};
void hsm_blob_init(struct hsm_blob *b); /* keystore.c */
void hsm_blob_release(struct hsm_blob *b);
FJ_DEFINE_AUTO(hsm_blob, struct hsm_blob, hsm_blob_release)

struct hsm_tpm;
/* FJ_E_TPM with the TPM's own code; fd stays the caller's and must outlive it.  A lockout
 * that is found is lifted, where the lockout authorisation is empty. */
enum fj_rc hsm_tpm_open(int fd, struct hsm_tpm **out, struct fj_err *err) FJ_MUST_USE;
void hsm_tpm_close(struct hsm_tpm *t);
FJ_DEFINE_AUTO_PTR(hsm_tpm, struct hsm_tpm, hsm_tpm_close)
/* TPM2_Shutdown: what follows is an orderly end of a software TPM; a TPM that is gone already
 * is no error.  A hardware TPM is shut down by its kernel, not by us. */
void hsm_tpm_shutdown(struct hsm_tpm *t);
/* the stream has ended, or the TPM has not answered for half a minute: nothing will work any more; the error that
 * said so is FJ_E_UNAVAILABLE */
bool hsm_tpm_lost(const struct hsm_tpm *t);
/* A refusal that passes, by itself or by what somebody does, without a new start of TPM or signer: full, locked, writing slowly.
 * It changed nothing in the TPM. */
bool hsm_tpm_stays(const struct fj_err *err);

/* n handles that are free, ascending.  FJ_E_TPM: the TPM has not so many persistent slots left. */
enum fj_rc hsm_tpm_free_handles(struct hsm_tpm *t, uint32_t *out, size_t n, struct fj_err *err) FJ_MUST_USE;
/* The storage key under which all others are: made, or found, at its handle.  An empty blob is filled;
 * one that is there must be what this TPM makes (FJ_E_TPM: another TPM, or its owner's seed was changed). */
enum fj_rc hsm_tpm_storage(struct hsm_tpm *t, uint32_t handle, struct hsm_blob *b, struct fj_err *err) FJ_MUST_USE;
/* A signing key of the algorithm, or (`secret` of 32 octets) a sealed one; it is nowhere but in its blob yet.  Under a
 * policy (NULL: none) it signs in a session that satisfies it, and in no other way.  FJ_E_UNSUPPORTED: the TPM does
 * not know the algorithm.  moves: it is fixed neither to the TPM nor to its parent, so its policy decides whether it leaves; octets
 * that move are unsealed as ever, and their policy is for nothing else. */
enum fj_rc hsm_tpm_create(struct hsm_tpm *t, enum fj_alg alg, const struct fj_slice *secret, const struct fj_hash *policy, bool moves, struct hsm_blob *b, struct fj_err *err) FJ_MUST_USE;
/* A signing key that only a password opens: 32 octets, which are nobody's but who unseals them. */
enum fj_rc hsm_tpm_create_locked(struct hsm_tpm *t, enum fj_alg alg, const struct fj_secret *auth, struct hsm_blob *b, struct fj_err *err) FJ_MUST_USE;
/* What opens a key from now on: looked at for each signature, and with the TPM's library for no longer than that takes.
 * It stays the caller's; while it is empty the key is asked without a password, and the TPM refuses. */
void hsm_tpm_auth(struct hsm_tpm *t, unsigned key, const struct fj_secret *auth);
/* The key of a blob is number `key` from now on; handle 0: loaded when it is used.  A handle that is
 * empty is filled.  FJ_E_TPM: something else stands there; FJ_E_CORRUPT: a blob that this TPM does not know. */
enum fj_rc hsm_tpm_attach(struct hsm_tpm *t, unsigned key, const struct hsm_blob *b, uint32_t handle, struct fj_err *err) FJ_MUST_USE;

/* A key that has ended goes out of its handle, where it is the one of the blob that stands there, and out of our memory. */
enum fj_rc hsm_tpm_evict(struct hsm_tpm *t, unsigned key, const struct hsm_blob *b, uint32_t handle, struct fj_err *err) FJ_MUST_USE;
/* SubjectPublicKeyInfo of a signing key */
enum fj_rc hsm_tpm_public(const struct hsm_tpm *t, unsigned key, struct fj_buf *spki, struct fj_err *err) FJ_MUST_USE;
/* what is sealed, 32 octets, over a salted session with encryption */
enum fj_rc hsm_tpm_unseal(struct hsm_tpm *t, unsigned key, struct fj_secret *out, struct fj_err *err) FJ_MUST_USE;
/* begin signing a digest; finish it: r || s.  One at a time. */
enum fj_rc hsm_tpm_sign_start(struct hsm_tpm *t, unsigned key, const struct fj_hash *digest, struct fj_err *err) FJ_MUST_USE;
enum fj_rc hsm_tpm_sign_finish(struct hsm_tpm *t, uint8_t raw[64], struct fj_err *err) FJ_MUST_USE;
/* --- tpm_policy.c: a key that is under a policy (TPM 2.0 Part 1, 19.7) --- */
/* its TPMT_PUBLIC, marshalled */
enum fj_rc hsm_tpm_public_area(const struct hsm_tpm *t, unsigned key, struct fj_buf *tpmt_public, struct fj_err *err) FJ_MUST_USE;
/* A policy session and its nonce; one that was begun is ended, signed with or not.  0 is none.  secret: what comes out of it
 * is encrypted on its way, under a key that the storage key salts. */
enum fj_rc hsm_tpm_policy_begin(struct hsm_tpm *t, bool secret, uint32_t *session, uint8_t nonce[32], struct fj_err *err) FJ_MUST_USE;
void hsm_tpm_policy_end(struct hsm_tpm *t, uint32_t session);
/* PolicySigned: an officer's signature (r || s) that is bound to the session's nonce and to one command */
struct hsm_tpm_approval {
	struct fj_slice officer;      /* TPMT_PUBLIC */
	const uint8_t *sig, *nonce;   /* 64 and 32 octets */
	uint32_t expiration;          /* seconds after the session's begin */
	const struct fj_hash *cphash; /* NULL: none, of a move */
	struct fj_slice ref;
};
enum fj_rc hsm_tpm_policy_signed(struct hsm_tpm *t, uint32_t session, const struct hsm_tpm_approval *a, struct fj_err *err) FJ_MUST_USE;
enum fj_rc hsm_tpm_policy_or(struct hsm_tpm *t, uint32_t session, const struct fj_or *or, struct fj_err *err) FJ_MUST_USE;
/* r || s, where the session satisfies the key's policy for this digest */
enum fj_rc hsm_tpm_policy_sign(struct hsm_tpm *t, uint32_t session, unsigned key, const struct fj_hash *digest, uint8_t raw[64], struct fj_err *err) FJ_MUST_USE;
/* what is sealed under a policy, 32 octets, where the session satisfies it */
enum fj_rc hsm_tpm_policy_unseal(struct hsm_tpm *t, uint32_t session, unsigned key, struct fj_secret *out, struct fj_err *err) FJ_MUST_USE;

/* --- tpm_move.c: a key that leaves for one other TPM, and arrives --- */
/* PolicyDuplicationSelect, without the object in the policy */
enum fj_rc hsm_tpm_policy_duplication(struct hsm_tpm *t, uint32_t session, const struct fj_tpm_name *object, const struct fj_tpm_name *parent, struct fj_err *err) FJ_MUST_USE;
/* where the session satisfies the key's policy for that parent (TPMT_PUBLIC): what that parent's TPM can open */
enum fj_rc hsm_tpm_duplicate(struct hsm_tpm *t, uint32_t session, unsigned key, struct fj_slice parent, struct fj_buf *private, struct fj_buf *seed, struct fj_err *err) FJ_MUST_USE;
/* Below our storage key, into a blob without creation data.  FJ_E_SIGNATURE: it is another TPM's, or was changed. */
enum fj_rc hsm_tpm_import(struct hsm_tpm *t, const struct fj_moved *m, struct hsm_blob *b, struct fj_err *err) FJ_MUST_USE;

/* The counter's value: FJ_E_NOTFOUND before it is made.  Making one that is there leaves it. */
enum fj_rc hsm_tpm_counter(struct hsm_tpm *t, uint64_t *value, struct fj_err *err) FJ_MUST_USE;
enum fj_rc hsm_tpm_counter_make(struct hsm_tpm *t, struct fj_err *err) FJ_MUST_USE;
enum fj_rc hsm_tpm_counter_up(struct hsm_tpm *t, struct fj_err *err) FJ_MUST_USE;
/* manufacturer, four characters, as it was when the TPM was opened */
void hsm_tpm_maker(const struct hsm_tpm *t, char out[8]);

#endif
