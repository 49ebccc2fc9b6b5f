/*
 * proto.h - the signer's request table and the numbers on the wire; shared by
 * the signer and its clients.  Bodies are base/buf.h wire fields:
 *
 * SIGN      u8 role, u8 kind, raw[32] intent, u32 n, n x {str officer, str role,
 *           u64 at, bytes sig}, u32 m, m x {raw[16] id, bytes tbs}
 * answer    u32 m, m x {u8 rc, str why, bytes sig}
 * PUBKEY    u8 key (a role, or HSM_NEWER of one)       answer: bytes spki
 * STATUS    (empty)                                    answer: bytes json
 * CEREMONY_OPEN bytes policy json {demo, arc, base, operator, sm2?, plan? | parent?}; CEREMONY_CLOSE (empty)  answer: (empty)
 * CLOCK_OFFSET u64 two's complement                    answer: (empty)
 * CLOCK_RESET  approvals as in SIGN                    answer: (empty)
 * CHECKPOINT   bytes text, u32 n, n x raw[32] consistency proof from the head that
 *              is remembered                            answer: raw[64] Ed25519 over
 *              the text, u32 n, n x {raw[4] key id (of a note's line), bytes DER ECDSA over its
 *              SHA-256}: by each of the role's keys
 * LOG_HEAD     (empty)                                 answer: u64 size, raw[32] root
 * RESTORE      approvals as in SIGN                    answer: (empty)
 * ATTEST       bytes the asker's, 32 at most, u8 key (0: the storage key, and what is
 *              of the platform)                        answer: u32 n, n x {str name, bytes
 *              TPMT_PUBLIC, bytes TPMS_CREATION_DATA, bytes TPMS_ATTEST, bytes DER
 *              signature}, bytes TPMS_ATTEST of the quote, bytes DER signature, bytes
 *              register values, u32 e, e x {u32 NV index, bytes certificate}, u32 m,
 *              m x str what is missing and why; a statement that is missing is empty
 * QUORUM_BEGIN u8 key, u8 kind, bytes tbs              answer: u8 id, raw[32] nonce,
 *              bytes TPMT_PUBLIC of the key, u32 seconds until it ends
 * QUORUM_SIGN  u8 id, u32 n, n x {u8 officer (the plan's, from 0), raw[64] r||s}
 *                                                      answer: bytes DER signature
 * UNSEAL_BEGIN (empty)                                 answer: u8 id, raw[32] nonce, bytes
 *              TPMT_PUBLIC of what is sealed, u32 seconds until it ends
 * UNSEAL       u8 id, approvals as in QUORUM_SIGN       answer: (empty)
 * SEAL         approvals as in SIGN                     answer: (empty)
 * ENROL        as INTENT, then approvals as in SIGN     answer: (empty)
 * INTENT       u8 flags (1: refused, not approved; 2: only look at it), bytes payload
 *              (canonical JSON), u32 n, n x {raw[32] SHA-256 of the key's
 *              SubjectPublicKeyInfo, bytes signature, bytes authenticatorData, bytes
 *              clientDataJSON}, the last two empty of a key file    answer: (empty)
 * CA_CERT      u8 algorithm, bytes certificate of the issuing CA, by the root that a home
 *              without one was opened for, or by one that followed it: then, up to that one, each
 *              newer root by the one before, to the end n x bytes certificate   answer: (empty)
 * FORMER       bytes request text, u8 n, n x {bytes signature, bytes signature by the key before}, one an algorithm
 *                                                      answer: (empty); the CA of that address may be certified with
 *              the request's keys until another request comes, or the signer ends
 * KEY_NEW      u8 role, approvals as in SIGN           answer: bytes spki of the role's newer key, which is
 *              made where there is none
 * KEY_END      u8 role, u8 generation, approvals as in SIGN    answer: (empty); the older of the role's two
 *              keys is destroyed, or was
 * EKS          (empty)                                 answer: bytes TPMT_PUBLIC of the attestation key,
 *              u32 n, n x bytes TPMT_PUBLIC of an endorsement key, u32 m, m x {u32 NV index, bytes certificate}
 * ACTIVATE     bytes TPMT_PUBLIC of the endorsement key, bytes TPMS_ID_OBJECT, bytes encrypted seed
 *                                                      answer: bytes the credential's secret
 * SPARE        (empty): an empty signer becomes a spare   answer: bytes TPMT_PUBLIC of its storage key
 * IMPORT       bytes signed plan, u32 n, n x {u8 role, bytes TPMT_PUBLIC, bytes private, bytes seed}, as
 *              TPM2_Duplicate answered the last two           answer: (empty)
 * MOVE_BEGIN   u8 role                                 answer: as of QUORUM_BEGIN
 * MOVE         u8 role, u8 id, approvals as in QUORUM_SIGN  answer: bytes TPMT_PUBLIC, bytes private, bytes seed;
 *              of a root that was moved the same again, whatever id and approvals
 * SUCCESSOR    bytes signed plan, which follows the one of now   answer: (empty); its root keys are HSM_NEWER(ROOT)
 * PASS         u32 n, n x bytes certificate: of each algorithm the new root, new-with-old, old-with-new
 *                                                      answer: (empty); the new plan's officers rule the root
 * RULE         as ENROL: which acts officers sign       answer: (empty)
 * INHERIT      as ENROL: a spare takes in the copied log in its folder, and makes keys      answer: (empty)
 * An answer has the kind of its request; HSM_MSG_ERROR (u8 rc, str cite, str why, str why in Chinese or "")
 * answers a well-formed request that is refused as a whole.  A malformed frame,
 * or a kind that this socket may not send, ends the connection.
 */
#ifndef FJ_HSM_PROTO_H
#define FJ_HSM_PROTO_H

enum hsm_msg {
	HSM_MSG_SIGN = 1, HSM_MSG_PUBKEY, HSM_MSG_STATUS, HSM_MSG_CEREMONY_OPEN,
	HSM_MSG_CEREMONY_CLOSE, HSM_MSG_CLOCK_OFFSET, HSM_MSG_CLOCK_RESET,
	HSM_MSG_CHECKPOINT, HSM_MSG_LOG_HEAD, HSM_MSG_RESTORE, HSM_MSG_ATTEST, HSM_MSG_QUORUM_BEGIN,
	HSM_MSG_QUORUM_SIGN, HSM_MSG_ENROL, HSM_MSG_INTENT,
	HSM_MSG_CA_CERT = 20,
	HSM_MSG_KEY_NEW = 16, HSM_MSG_KEY_END = 17,
	HSM_MSG_UNSEAL_BEGIN = 29, HSM_MSG_UNSEAL = 30, HSM_MSG_SEAL = 31,
	HSM_MSG_SPARE = 23, HSM_MSG_IMPORT = 24, HSM_MSG_MOVE_BEGIN = 25, HSM_MSG_MOVE = 26,
	HSM_MSG_SUCCESSOR = 38, HSM_MSG_PASS = 39,
	HSM_MSG_EKS = 27, HSM_MSG_ACTIVATE = 28, HSM_MSG_RULE = 32, HSM_MSG_FORMER = 33, HSM_MSG_INHERIT = 35,
	HSM_MSG_ERROR = 255,
};
/* One key a role; what each is made of stands in hsm/roles.c.  The SM2 hierarchy has roles of its own. */
enum hsm_role {
	HSM_ROOT = 1, HSM_ISSUING, HSM_TOKEN, HSM_OCSP, HSM_LOG, HSM_NOTE,
	HSM_ROOT_SM2, HSM_ISSUING_SM2, HSM_TOKEN_SM2, HSM_OCSP_SM2,
	HSM_AK, /* the attestation key: it signs what the TPM states, on HSM_MSG_ATTEST alone */
	HSM_SEAL, /* no key: 32 octets under the plan's officers, which open the issuing keys */
	HSM_ROLE_END
};
/* A role that is rolled over has two keys for a while, and what it signs names the one by which it is to be signed: the
 * older is known by the role's number, the newer by this one. */
#define HSM_NEWER(role) ((role) + HSM_ROLE_END)
#define HSM_KEY_END (2 * HSM_ROLE_END)
enum hsm_kind {
	HSM_CERT_ROOT = 1,    /* TBSCertificate, self-signed root        (ROOT, ceremony) */
	HSM_CERT_ISSUING,     /* TBSCertificate of the issuing CA        (ROOT, ceremony; of a newer key after it, two approvals or the plan's) */
	HSM_CRL_ROOT,         /* TBSCertList                             (ROOT, ceremony; after it two approvals) */
	HSM_CERT_DATA_ASSET,  /* TBSCertificate                          (ISSUING, two approvals) */
	HSM_CERT_DELEGATED,   /* TBSCertificate token/status/ocsp/log signer (ISSUING) */
	HSM_CRL,              /* TBSCertList of a shard                  (ISSUING) */
	HSM_JWS_TOKEN,        /* JWS signing input                       (TOKEN, one approval or more) */
	HSM_JWS_AUTHORISATION,/* JWS signing input                       (TOKEN, two approvals) */
	HSM_JWS_STATUS,       /* JWS signing input                       (TOKEN) */
	HSM_OCSP_RESPONSE,    /* ResponseData                            (OCSP; verifier socket only) */
	HSM_JWS_MANIFEST,     /* JWS signing input                       (TOKEN, one approval or more; a report's two) */
	HSM_JWS_PACKAGE,      /* JWS signing input                       (TOKEN) */
	HSM_CHECKPOINT,       /* text of a note                          (LOG and NOTE; by its own request only) */
	HSM_PROOF = 20,       /* text by which a moved root shows that it signs (ROOT; in a spare) */
	HSM_CERT_SUBORDINATE = 21, /* TBSCertificate of another appliance's CA (ROOT, after the ceremony, two approvals or the plan's) */
	HSM_CA_REQUEST = 22,  /* text of a request for that       (ISSUING of a home without a root, in its ceremony or for newer keys) */
	HSM_CERT_NEW_WITH_OLD = 23, /* TBSCertificate of the successor root's key, by the root (ROOT, the plan's officers) */
	HSM_CERT_OLD_WITH_NEW = 24, /* TBSCertificate of the root's key, by its successor (HSM_NEWER(ROOT), the new plan's officers) */
	HSM_KIND_END
};
#define HSM_MAX_PAYLOAD (4u << 20) /* octets of an approval's payload */
#define HSM_STATUS_MAX (512u << 10) /* of the answer to STATUS, with all officers' keys */
#define HSM_SINGLE_MOST 100 /* license tokens that one officer of the operator signs in one approval */
#define HSM_SAID_REFUSE 1u
#define HSM_SAID_DRY 2u
/* kinds of approvals that the signer knows by name */
#define HSM_ACT_ENROL "officer-key.change"
#define HSM_ACT_RULE "officer-key.require"
#define HSM_ACT_INHERIT "spare.enter"
#define HSM_ACT_CLOCK "clock.reset"
#define HSM_ACT_RESTORE "log.restore"
#define HSM_ACT_ROLL "key.roll" /* payload's "key": a role's name */
#define HSM_ACT_CERTIFY "key.certify" /* of an approval of HSM_ACT_ROLL for an issuing key: the root certifies the newer one */
#define HSM_ACT_END "key.end"   /* a role's name, '.' and the generation */
#define HSM_SOCK_REGISTRY "registry.sock"
#define HSM_SOCK_VERIFIER "verifier.sock"

#endif
