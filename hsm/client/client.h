/*
 * client.h - what other rooms link to ask the signer for a signature.
 *
 * A connection is one Unix stream to the signer's socket for that caller
 * ("registry.sock" or "verifier.sock" in D/run).  Not thread-safe: one
 * connection a thread.  Requests may be pipelined: send twice, then receive in
 * order (HSM_PIPELINE at most).  A lost signer is FJ_E_UNAVAILABLE, one that does
 * not answer within a minute FJ_E_TIMEOUT; the caller closes, reconnects and asks
 * again with the same item ids: a signature that was released once for an id is
 * answered again, never made anew.
 */
#ifndef FJ_HSM_CLIENT_H
#define FJ_HSM_CLIENT_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/x509.h"
#include "base/json.h"
#include "hsm/proto.h"

struct hsm_conn;

/* Connect to dirfd/name and be greeted; FJ_E_TIMEOUT when the signer does not answer
 * soon, FJ_E_UNAVAILABLE when nobody runs the appliance. */
enum fj_rc hsm_connect(int dirfd, const char *name, struct hsm_conn **out, struct fj_err *err) FJ_MUST_USE;
/* Has the signer ended it, while no answer is awaited on it?  One with answers to come tells so when they are received. */
bool hsm_ended(const struct hsm_conn *c);
void hsm_close(struct hsm_conn *c);
FJ_DEFINE_AUTO_PTR(hsm_conn, struct hsm_conn, hsm_close)

/* One structure to be signed.  id: 16 octets, the intent's; all zero: no
 * memory of it (CRLs, lists, OCSP, CA ceremony). tbs: whole to-be-signed bytes,
 * or a JWS signing input.  Answer: rc and reason of this item; sig is DER
 * ECDSA-Sig-Value for X.509 kinds and 64 octets r||s for JWS kinds. */
struct hsm_item {
	uint8_t id[16];
	struct fj_slice tbs;
	/* answer: */
	enum fj_rc rc;
	char why[320]; /* signer's reason, English, with the clause */
	uint8_t sig[80];
	size_t sig_len;
};
#define HSM_MAX_ITEMS 256
#define HSM_MAX_APPROVALS 16
#define HSM_PIPELINE 16 /* two rounds of eight; their answers fit into the socket together */

struct hsm_approval {
	char officer[64]; /* login */
	char role[24];
	fj_time at;
	uint8_t sig[128]; /* officer's signature over the intent's hash; empty until officers have keys */
	size_t sig_len;
};

struct hsm_request {
	enum hsm_role role;
	enum hsm_kind kind;
	struct fj_hash intent; /* over what the officers approved; zero when nobody had to */
	const struct hsm_approval *approvals;
	size_t n_approvals;
	struct hsm_item *items;
	size_t n_items; /* 1..HSM_MAX_ITEMS, together below FJ_IPC_MAX */
};
/* Send, receive; sign = both.  FJ_OK when an answer came: look at each item's rc. */
enum fj_rc hsm_send(struct hsm_conn *c, const struct hsm_request *r, struct fj_err *err) FJ_MUST_USE;
enum fj_rc hsm_recv(struct hsm_conn *c, struct hsm_request *r, struct fj_err *err) FJ_MUST_USE;
enum fj_rc hsm_sign(struct hsm_conn *c, struct hsm_request *r, struct fj_err *err) FJ_MUST_USE;

/* the role of that algorithm's hierarchy that does what the P-256 one does: of ROOT, ISSUING, TOKEN and OCSP */
static inline enum hsm_role hsm_role_by(enum hsm_role p256, enum fj_alg alg)
{
	return alg == FJ_SM2 ? (enum hsm_role)((int)p256 + HSM_ROOT_SM2 - HSM_ROOT) : p256;
}
/* SubjectPublicKeyInfo (DER) of a role's key, or with HSM_NEWER of its newer one (HSM_NOTE: RFC 8410, 44 octets);
 * FJ_E_NOTFOUND before the ceremony, or when the role has one key. */
enum fj_rc hsm_public_key(struct hsm_conn *c, unsigned key, struct fj_buf *spki, struct fj_err *err) FJ_MUST_USE;

/* A newer key of the role beside the one that there is, made when there is none yet; what names it is signed by it from
 * now on.  Two officers.  FJ_E_POLICY: the role is none that is rolled over, or they did not approve it. */
enum fj_rc hsm_key_new(struct hsm_conn *c, enum hsm_role role, const struct hsm_approval *a, size_t n, struct fj_buf *spki, struct fj_err *err) FJ_MUST_USE;
/* The older of the role's two keys is destroyed, by its generation; FJ_OK when it was already.  Two officers.
 * FJ_E_STATE: it is the one key that there is. */
enum fj_rc hsm_key_end(struct hsm_conn *c, enum hsm_role role, uint8_t generation, const struct hsm_approval *a, size_t n, struct fj_err *err) FJ_MUST_USE;

/* --- the public log --- */
struct hsm_checkpoint {
	uint8_t ed25519[64];
	struct {
		uint8_t id[4];   /* of the key, as a note's line has it */
		uint8_t der[80]; /* ECDSA-Sig-Value over SHA-256 of the text */
		size_t len;
	} ecdsa[2];              /* by the newer key too, while there are two */
	size_t n;
};
/* Both signatures over the text of a checkpoint (three lines, ours).  proof: the way from the head
 * that was signed last, n hashes, 0 for the same head again or the first one.  FJ_E_POLICY: the
 * text is no such, or would not be the same history. */
enum fj_rc hsm_checkpoint(struct hsm_conn *c, struct fj_slice text, const struct fj_hash *proof, size_t n, struct hsm_checkpoint *out, struct fj_err *err) FJ_MUST_USE;
/* The head that was signed last; size 0: none. */
enum fj_rc hsm_log_head(struct hsm_conn *c, uint64_t *size, struct fj_hash *root, struct fj_err *err) FJ_MUST_USE;

/* Opens a signer that closed itself because its folder or the TPM's state was put back: two
 * officers.  FJ_E_STATE when it is not closed. */
enum fj_rc hsm_restore(struct hsm_conn *c, const struct hsm_approval *a, size_t n, struct fj_err *err) FJ_MUST_USE;

/* --- what the root signs in a home with a plan: its officers approve it (docs/formats.md, ceremony) --- */
struct hsm_challenge {
	uint8_t id;            /* of the structure, until it is signed or its time is over */
	uint8_t nonce[32];
	struct fj_buf public;  /* TPMT_PUBLIC of the root's key; the caller releases it */
	uint32_t expiration;   /* seconds */
};
struct hsm_officer_approval {
	uint8_t officer;       /* the plan's, from 0 */
	uint8_t sig[64];       /* r || s over the approval's digest (base/tpm2.h) */
};
/* key: of a root, or HSM_NEWER of one that follows it.  FJ_E_POLICY: the structure is none that this key signs.  Two are open at most: FJ_E_BUSY; a further one of the
 * same kind and key takes the earlier one's place. */
enum fj_rc hsm_quorum_begin(struct hsm_conn *c, unsigned key, enum hsm_kind kind, struct fj_slice tbs, struct hsm_challenge *out, struct fj_err *err) FJ_MUST_USE;
/* DER signature.  FJ_E_SIGNATURE, FJ_E_POLICY: an approval is none, or there are too few; the structure stays
 * open.  FJ_E_STATE: it is not open any more.  FJ_E_TPM: the TPM refused, and it is closed. */
enum fj_rc hsm_quorum_sign(struct hsm_conn *c, uint8_t id, const struct hsm_officer_approval *a, size_t n, struct fj_buf *der, struct fj_err *err) FJ_MUST_USE;

/* --- a root that follows the one of now (docs/formats.md 33) --- */
/* A signed plan that follows: its root keys are made, HSM_NEWER of the root's roles; again FJ_OK when they are, and when the root has passed on
 * to it.  FJ_E_REFUSED, FJ_E_SIGNATURE, FJ_E_POLICY: it does not follow, or not all its officers signed it. */
enum fj_rc hsm_successor(struct hsm_conn *c, struct fj_slice signed_plan, struct fj_err *err) FJ_MUST_USE;
/* The root passes on: of each algorithm the new root's certificate, new-with-old, old-with-new.  FJ_E_POLICY: they are not those that were signed. */
enum fj_rc hsm_pass(struct hsm_conn *c, const struct fj_slice *certs, size_t n, struct fj_err *err) FJ_MUST_USE;

/* --- a root's way to the plan's spare (docs/formats.md 28) --- */
struct fj_moved; /* base/spare.h */
struct fj_move_file;
/* An empty signer becomes a spare, or says again that it is one: TPMT_PUBLIC of its storage key. */
enum fj_rc hsm_spare(struct hsm_conn *c, struct fj_buf *parent, struct fj_err *err) FJ_MUST_USE;
/* The spare takes in what was moved, under the signed plan.  FJ_E_POLICY, FJ_E_SIGNATURE: it is not what the plan says, or this TPM can't open it;
 * FJ_E_EXISTS: it has it already. */
enum fj_rc hsm_import(struct hsm_conn *c, struct fj_slice signed_plan, const struct fj_move_file *f, struct fj_err *err) FJ_MUST_USE;
/* As hsm_quorum_begin, for leaving.  FJ_E_EXISTS: it has left. */
enum fj_rc hsm_move_begin(struct hsm_conn *c, enum hsm_role role, struct hsm_challenge *out, struct fj_err *err) FJ_MUST_USE;
/* What leaves, by these approvals, or what has left before: then id 0 and none do.  The parts of *out are the caller's,
 * initialised. */
enum fj_rc hsm_move(struct hsm_conn *c, enum hsm_role role, uint8_t id, const struct hsm_officer_approval *a, size_t n, struct fj_moved *out, struct fj_err *err) FJ_MUST_USE;

/* --- what opens the issuing keys, in a home whose plan has "unseal" (docs/formats.md 30) --- */
/* As hsm_quorum_begin; public is of what is sealed.  FJ_E_POLICY: there is none here; FJ_E_STATE: it is unsealed. */
enum fj_rc hsm_unseal_begin(struct hsm_conn *c, struct hsm_challenge *out, struct fj_err *err) FJ_MUST_USE;
/* From now on the issuing keys sign, until the signer ends.  Refusals as of hsm_quorum_sign. */
enum fj_rc hsm_unseal(struct hsm_conn *c, uint8_t id, const struct hsm_officer_approval *a, size_t n, struct fj_err *err) FJ_MUST_USE;
/* They sign no more; a: who wants it, for the signer's log. */
enum fj_rc hsm_seal(struct hsm_conn *c, const struct hsm_approval *a, size_t n, struct fj_err *err) FJ_MUST_USE;

/* --- attestation --- */
#define HSM_MAX_OBJECTS 64
#define HSM_MAX_ENDORSEMENTS 16
/* what the TPM says of a key, as it marshals it (TPM 2.0 Part 2); borrowed from the answer */
struct hsm_attested {
	char name[32];               /* "storage", "ak", or the key's role */
	struct fj_slice pub, creation; /* TPMT_PUBLIC; TPMS_CREATION_DATA, empty of the storage key */
	struct fj_slice attest, sig; /* TPMS_ATTEST, and the attestation key's signature (DER) over it; empty: it could not be said */
};
struct hsm_attestation {
	struct fj_buf answer[HSM_KEY_END]; /* what all slices are of */
	size_t n, n_ek, n_missing;
	struct hsm_attested object[HSM_MAX_OBJECTS];
	struct hsm_attested quote;   /* attest and sig; empty: there is none */
	struct fj_slice registers;
	struct { uint32_t index; struct fj_slice der; } ek[HSM_MAX_ENDORSEMENTS];
	char missing[HSM_MAX_OBJECTS][400]; /* what could not be said, and why */
};
void hsm_attestation_release(struct hsm_attestation *a);
FJ_DEFINE_AUTO(hsm_attestation, struct hsm_attestation, hsm_attestation_release)
/* Has the TPM state what it holds; data: 32 octets at most of the asker's that each statement repeats.  A key that nothing
 * could be said of is there without; FJ_E_NOTFOUND before the ceremony. */
enum fj_rc hsm_attest(struct hsm_conn *c, struct fj_slice data, struct hsm_attestation *out, struct fj_err *err) FJ_MUST_USE;
/* Of these keys alone (a role, HSM_NEWER of one; 0: the storage key, with what is of the platform), in this order. */
enum fj_rc hsm_attest_keys(struct hsm_conn *c, struct fj_slice data, const unsigned *keys, size_t n, struct hsm_attestation *out, struct fj_err *err) FJ_MUST_USE;
/* attestation.json of it (docs/formats.md 23); qualifying: the text whose SHA-256 was `data`.  The caller's; NULL when memory is out. */
json_t *hsm_attestation_json(const struct hsm_attestation *a, const char *qualifying);

/* --- endorsement keys (docs/formats.md 29) --- */
struct hsm_endorsement {
	struct fj_buf answer;        /* what the slices are of */
	struct fj_slice ak;          /* TPMT_PUBLIC of the attestation key */
	size_t n, n_certificates;
	struct fj_slice key[HSM_MAX_ENDORSEMENTS], certificate[HSM_MAX_ENDORSEMENTS]; /* TPMT_PUBLIC; DER */
};
void hsm_endorsement_release(struct hsm_endorsement *e);
FJ_DEFINE_AUTO(hsm_endorsement, struct hsm_endorsement, hsm_endorsement_release)
enum fj_rc hsm_endorsement_keys(struct hsm_conn *c, struct hsm_endorsement *out, struct fj_err *err) FJ_MUST_USE;
/* The TPM opens a credential; secret: 32 octets.  FJ_E_REFUSED, FJ_E_TPM: it is not for this TPM's keys. */
enum fj_rc hsm_activate(struct hsm_conn *c, struct fj_slice ek, struct fj_slice credential, struct fj_slice seed, struct fj_buf *secret, struct fj_err *err) FJ_MUST_USE;

/* --- approvals that officers have signed (docs/formats.md 25) --- */
struct hsm_said_by {
	struct fj_hash key;                /* SHA-256 of the SubjectPublicKeyInfo */
	struct fj_slice sig, auth, client; /* r || s; of a passkey DER, authenticatorData and clientDataJSON */
};
/* What both requests begin with.  flags: HSM_SAID_REFUSE, HSM_SAID_DRY; payload: canonical JSON with "act". */
enum fj_rc hsm_said_write(unsigned flags, struct fj_slice payload, const struct hsm_said_by *by, size_t n, struct fj_buf *out) FJ_MUST_USE;
/* The signer verifies the signatures and holds what the payload lets be signed; again after it was started anew.
 * FJ_E_SIGNATURE, FJ_E_POLICY: it was not signed so by two officers, its time is over. */
enum fj_rc hsm_intent(struct hsm_conn *c, const struct fj_buf *said, struct fj_err *err) FJ_MUST_USE;
/* An officer's key is enrolled or removed; a: the names that count while fewer than two officers have keys. */
enum fj_rc hsm_enrol(struct hsm_conn *c, const struct fj_buf *said, const struct hsm_approval *a, size_t n, struct fj_err *err) FJ_MUST_USE;
/* A spare is taken into service; a: as of hsm_enrol (docs/formats.md 32). */
enum fj_rc hsm_inherit(struct hsm_conn *c, const struct fj_buf *said, const struct hsm_approval *a, size_t n, struct fj_err *err) FJ_MUST_USE;
/* By whom license tokens are signed, on the signatures of two enrolled officers; a: their names, for the log. */
enum fj_rc hsm_rule(struct hsm_conn *c, const struct fj_buf *said, const struct hsm_approval *a, size_t n, struct fj_err *err) FJ_MUST_USE;

/* A request that the former keys have signed: the CA that it is of may be certified with the newer ones from now on. */
struct fj_ca_request;
enum fj_rc hsm_former(struct hsm_conn *c, const struct fj_ca_request *r, struct fj_err *err) FJ_MUST_USE;
/* The certificate that a parent's root gave this home, one an algorithm, for its newest issuing key; newer: where that root has
 * passed on, up to the one that signed, each by the one before.  FJ_E_POLICY: another root's, for another key, of another home. */
enum fj_rc hsm_ca_cert(struct hsm_conn *c, enum fj_alg alg, struct fj_slice cert, const struct fj_slice *newer, size_t n, struct fj_err *err) FJ_MUST_USE;

/* JSON: {"tpm":"software"|"hardware","manufacturer","demo":bool,"ceremony":"none"|"open"|"closed",
 * "keys":[{role,alg,where,handle}],"signed":{kind:count},"audit":{"seq","hash"},"log":{"size","root"},
 * "counter","closed":null|why,"now","plan":null|SHA-256 of the plan whose officers hold the root,
 * "whole":bool, all its keys are made,"sealed":null|bool: the issuing keys wait for their officers (null: they never do),
 * "approvals":"software"|"signer" (who checks them), "revoked":[serial number in hex, on the root's lists],
 * "tokens":"names"|"one"|"two" (by whom license tokens are signed),
 * "officers":[{login,person,kind,key,operator?,rp?,origin?,credential?}],"move":null|{"parent":Name of the plan's spare in
 * hex,"root":bool,"root-sm2":bool: they have left for it},"inherits":null|{"records","sha256","until","why":null|text,"why_zh"}:
 * of a spare that waits, the copied log, and why it can't be taken in},"took":null|{"records","sha256"} of one in service; "ceremony" of a spare is "spare" */
enum fj_rc hsm_status(struct hsm_conn *c, json_t **out, struct fj_err *err) FJ_MUST_USE; /* the caller's */

/* Ceremony on an empty signer: makes all keys.  policy_json (canonical, kept for
 * ever): {"demo":bool,"arc":"1.3...","base":"http...","operator":text}, and "plan" where officers hold the root,
 * "parent" (its root certificates, base64) where another appliance has it.
 * While open, CERT_ROOT, CERT_ISSUING and CRL_ROOT may be signed; close ends that. */
enum fj_rc hsm_ceremony_open(struct hsm_conn *c, struct fj_slice policy_json, struct fj_err *err) FJ_MUST_USE;
enum fj_rc hsm_ceremony_close(struct hsm_conn *c, struct fj_err *err) FJ_MUST_USE;

/* Demo homes only: offset of the signer's clock in seconds; the resulting time may
 * not lie before the last signature. */
enum fj_rc hsm_clock_offset(struct hsm_conn *c, int64_t offset, struct fj_err *err) FJ_MUST_USE;
/* After a refused step of the clock: two approvals. */
enum fj_rc hsm_clock_reset(struct hsm_conn *c, const struct hsm_approval *a, size_t n, struct fj_err *err) FJ_MUST_USE;

#endif
