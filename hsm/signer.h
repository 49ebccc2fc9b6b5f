/*
 * signer.h - what the files of the signer share.
 *
 * One request goes through: frame -> request table (request.c) -> policy of the
 * kind (policy_*.c: reads the structure whole, compares every field) -> audit
 * record -> TPM -> own verification -> audit record with the signatures ->
 * answer.  A policy changes nothing itself: it appends what is to be remembered
 * to a delta, which is written with the audit record and then applied; replaying
 * the audit log applies the same deltas.
 */
#ifndef FJ_HSM_SIGNER_H
#define FJ_HSM_SIGNER_H

#include <openssl/evp.h>

#include "base/clock.h"
#include "base/content.h"
#include "base/ipc.h"
#include "base/jws.h"
#include "base/limits.h"
#include "base/note.h"
#include "base/plan.h"
#include "base/spare.h"
#include "base/webauthn.h"
#include "base/x509.h"
#include "hsm/client/client.h"
#include "hsm/tpm.h"

#define HSM_LAYER "signer"

/* --- roles.c: what the key of each role is --- */
/* loaded for one use; at a handle; 32 octets that sign in our memory; octets that officers unseal (unseal.c) */
enum hsm_where { HSM_LOADED = 1, HSM_PERSISTENT, HSM_SEALED, HSM_OFFICERS };
struct hsm_role_row {
	const char *name;
	enum fj_alg alg;    /* 0: Ed25519 */
	enum hsm_where where;
	enum hsm_role as;   /* the P-256 role that the request table and the policies know it by */
	bool rolls;         /* it may have a newer key beside it (rollover.c) */
};
/* of a key: a role, 1 to HSM_ROLE_END - 1, or HSM_NEWER of one */
const struct hsm_role_row *hsm_role(unsigned key);
/* of that algorithm, the key that does what this P-256 role does; 0: there is none */
enum hsm_role hsm_role_of(enum hsm_role as, enum fj_alg alg);

/* --- what is remembered (memory.c) --- */
#define HSM_RECENT 4096
#define HSM_RECENT_SLOTS (4 * HSM_RECENT) /* a power of two */
#define HSM_MAX_CRLS 1024
#define HSM_MAX_LISTS 1024
struct mem_entry {
	uint8_t serial[16];
	fj_time at;
	uint8_t reason;
};
struct mem_crl {
	char uri[201];
	uint64_t number;
	struct mem_entry *entry; /* sorted by serial */
	size_t n, cap;
};
struct mem_list {
	char uri[201];
	fj_time iat;
	uint8_t *map; /* FJ_LIST_OCTETS */
};
struct mem_recent {
	uint8_t id[16];
	struct fj_hash tbs;
	uint8_t sig[80];
	uint8_t sig_len; /* 0: not released */
};
struct mem_key {
	bool used, ended;         /* ended: destroyed, and its slot is never used again */
	uint8_t role, generation; /* role 0: the storage key */
	uint32_t handle;          /* 0: loaded when it is used */
	struct fj_hash blob;      /* of its slot's content */
};
#define HSM_MAX_OFFICERS 256 /* keys, the operators' among them */
struct mem_officer {
	char login[64], person[256];
	char operator_[19];               /* USCC: the key signs this operator's license tokens and nothing else; "": what the department approves */
	bool passkey;
	struct fj_hash id;                /* SHA-256 of the SubjectPublicKeyInfo */
	uint8_t xy[64];
	char rp[254], origin[262];        /* of a passkey, as its credential */
	uint8_t credential[256];
	size_t credential_len;
};
#define HSM_MAX_INTENTS 32768
#define HSM_MAX_CONTENTS 20000 /* of one approval */
#define HSM_MAX_HELD 2000000   /* of all, about */
enum { HSM_LETS_CERTIFICATE = 1, HSM_LETS_AUTHORISATION = 2, HSM_LETS_SUBORDINATE = 4, HSM_LETS_TOKEN = 8, HSM_LETS_LIFT = 16, HSM_LETS_ACT = 32 };
struct mem_intent {
	struct fj_hash hash;              /* of the payload */
	fj_time until;
	uint32_t n;                       /* 0: it was used up as a whole */
	uint8_t *used;                    /* bit k: item k */
	uint32_t next;                    /* where the search begins */
	struct fj_hash *item;             /* NULL: the payload was not brought since the start */
	unsigned lets;                    /* of what the items are; with them */
};
/* a root that is to follow the one of now, under its own plan (successor.c): its keys are HSM_NEWER of the root's roles */
struct mem_next {
	bool there;
	struct fj_plan plan;
	struct fj_quorum quorum, moving, unseal;
	struct fj_buf root_tbs[FJ_ALG_END], new_with_old[FJ_ALG_END], old_with_new[FJ_ALG_END]; /* as signed */
};
#define HSM_MAX_SUBS 64 /* keys of other appliances that a root has certified */
struct mem_sub {
	enum fj_alg alg;
	struct fj_hash key, name, tbs;    /* SHA-256 of SubjectPublicKeyInfo, of the subject, and of what was signed */
	struct fj_limits limits;
	uint8_t spki[128], serial[16];
	size_t spki_len;
};
/* who stands behind a license token: whoever the register names; one officer of its operator who signed it, of a list two; two always */
enum mem_tokens { MEM_TOKENS_NAMES, MEM_TOKENS_ONE, MEM_TOKENS_TWO };
enum mem_ceremony { MEM_NONE, MEM_OPEN, MEM_CLOSED, MEM_SPARE /* no home: it waits for another's root, or has it (spare.c) */ };
struct hsm_memory {
	enum mem_ceremony ceremony;
	bool demo, sm2; /* sm2: the SM2 hierarchy was made too */
	char arc[64], base[161], operator_[201];
	struct fj_buf policy;             /* canonical JSON of the ceremony */
	bool planned;                     /* the root is under the plan's officers (quorum.c) */
	struct fj_plan plan;
	struct fj_quorum quorum, moving;  /* of the root, by the plan: to sign, and to move it (where the plan lets it) */
	struct fj_quorum unseal;          /* of what opens the issuing keys; m 0 where nothing is to be unsealed */
	struct fj_moved moved[FJ_ALG_END]; /* what left for the plan's spare; its private empty: nothing */
	struct mem_note {                  /* the log's Ed25519 key, which left with them; likewise */
		struct fj_moved m;
		uint8_t key[32];           /* the public one */
	} note;
	bool inherited;                    /* a spare in service: it has a home's memory, and keys of its own */
	uint64_t took;                     /* records of that home, and the head of its log */
	struct fj_hash took_head;
	uint8_t former[HSM_ROLE_END];      /* generations that the home's roles had before, in the TPM that is gone */
	struct fj_buf root_tbs[FJ_ALG_END]; /* as signed; by the algorithm that it is signed with */
	struct fj_buf ca[FJ_ALG_END][FJ_MAX_CAS]; /* issuing CAs as they were signed, of one name, by generation (ca.c) */
	size_t n_ca[FJ_ALG_END];
	struct mem_next next;
	bool parent;                      /* the root is another appliance's (subordinate.c); root_tbs is that one's */
	struct fj_hash parent_root[FJ_ALG_END]; /* SHA-256 of its certificates */
	bool limited;                     /* what is signed is bounded by the issuing CA's limits */
	struct fj_limits limits;
	struct mem_sub sub[HSM_MAX_SUBS];
	size_t n_subs;
	struct mem_key key[HSM_MAX_KEYS];
	uint8_t slot[HSM_KEY_END];        /* of a role's key, and of its newer one; 0: there is none */
	struct mem_crl *crl;
	size_t n_crl;
	struct mem_list *list;
	size_t n_list;
	struct mem_recent *recent;        /* ring of HSM_RECENT */
	size_t n_recent;                  /* ever */
	uint16_t *recent_at;              /* its index by id: place + 1, 0 is free; open addressing */
	fj_time last;                     /* time of the last record */
	uint64_t package, snapshot;       /* numbers of the last package and snapshot */
	struct fj_hash package_input;     /* of the last package's signing input */
	uint64_t log_size;                /* head of the public log, as it was last signed */
	struct fj_hash log_root;
	uint64_t counter;                 /* of the TPM, as it was last announced; 0: never */
	uint64_t count[HSM_KIND_END];
	struct mem_officer officer[HSM_MAX_OFFICERS];
	size_t n_officers;
	enum mem_tokens tokens;           /* license.c */
	struct mem_intent *intent;        /* of HSM_MAX_INTENTS */
	size_t n_intents;
};
enum fj_rc mem_init(struct hsm_memory *m, struct fj_err *err) FJ_MUST_USE;
void mem_release(struct hsm_memory *m);
/* Deltas: u8 op and its fields; written by policies, applied live and in replay. */
enum mem_op { MEM_OP_ROOT = 1, MEM_OP_ISSUING, MEM_OP_CRL, MEM_OP_LIST, MEM_OP_PACKAGE, MEM_OP_LOG, MEM_OP_USE, MEM_OP_SUBORDINATE = 20,
	MEM_OP_NEXT_ROOT = 33, MEM_OP_NEW_WITH_OLD = 34, MEM_OP_OLD_WITH_NEW = 35 };
enum fj_rc mem_apply(struct hsm_memory *m, struct fj_slice delta, struct fj_err *err) FJ_MUST_USE;
struct mem_crl *mem_crl_find(struct hsm_memory *m, struct fj_slice uri);
struct mem_list *mem_list_find(struct hsm_memory *m, const char *uri);
const struct mem_entry *mem_revoked(const struct hsm_memory *m, const uint8_t serial[16]);
struct mem_recent *mem_recent_find(struct hsm_memory *m, const uint8_t id[16]);
struct mem_recent *mem_recent_put(struct hsm_memory *m, const uint8_t id[16], const struct fj_hash *tbs);

/* --- audit log (audit.c) --- */
enum audit_type { AUDIT_CEREMONY_OPEN = 1, AUDIT_CEREMONY_CLOSE, AUDIT_SIGN, AUDIT_RELEASE, AUDIT_CLOCK, AUDIT_COUNTER, AUDIT_RESTORE, AUDIT_KEY, AUDIT_ENROL, AUDIT_INTENT, AUDIT_USE,
	AUDIT_KEY_END = 12, AUDIT_CA = 15, AUDIT_SPARE = 17, AUDIT_MOVE = 18, AUDIT_IMPORT = 19, AUDIT_UNSEAL = 22, AUDIT_SEAL = 23, AUDIT_RULE = 24,
	AUDIT_INHERIT = 27, AUDIT_NOTE = 28, AUDIT_SUCCESSOR = 30, AUDIT_PASS = 31 };
struct hsm_audit {
	int fd;
	bool copy; /* another signer's, which is only read */
	uint64_t seq;
	off_t size;
	struct fj_hash last;
};
struct audit_record {
	enum audit_type type;
	uint64_t seq;
	fj_time at;
	struct fj_slice body;
};
typedef enum fj_rc (*audit_fn)(void *user, const struct audit_record *r, struct fj_err *err);
/* Opens dirfd/audit.log, verifies the chain from the first record and hands each to fn.  A
 * last record that is cut is removed; any other fault is FJ_E_CORRUPT naming its position. */
enum fj_rc audit_open(struct hsm_audit *a, int dirfd, audit_fn fn, void *user, struct fj_err *err) FJ_MUST_USE;
/* Reads another signer's log from fd in the same way, up to the `most`-th record; one that is cut at the end is left alone. */
enum fj_rc audit_copy(struct hsm_audit *a, int fd, uint64_t most, audit_fn fn, void *user, struct fj_err *err) FJ_MUST_USE;
/* Appends and makes durable; on failure the log is as before. */
enum fj_rc audit_append(struct hsm_audit *a, enum audit_type type, fj_time at, struct fj_slice body, struct fj_err *err) FJ_MUST_USE;
/* The log's version is what stands in it (docs/formats.md 40): a record, structure or change of a number that this signer does
 * not have was written by a newer one, since the chain is true.  FJ_E_UNSUPPORTED, with what to do. */
enum fj_rc audit_newer(const char *what, unsigned number, struct fj_err *err);

/* --- the signer --- */
/* an x5c pair that was checked, and when both its certificates are valid */
struct hsm_pair {
	struct fj_hash hash;
	fj_time from, until;
};
#define HSM_OPEN 2
struct hsm_kind_row;
struct hsm_signer {
	struct hsm_memory mem;
	struct hsm_audit audit;
	struct hsm_tpm *tpm;
	uint32_t items; /* of the signing request that was served last; 0: it was no such */
	void (*meanwhile)(void *arg); /* called while the TPM signs, to return when it has; no TPM may be used in it.  NULL: nothing */
	void *meanwhile_arg;
	int keys_fd;                     /* keystore.c */
	EVP_PKEY *pub[HSM_KEY_END];      /* to verify with; those of OCSP hold the private key */
	struct fj_buf spki[HSM_KEY_END];
	struct fj_secret note;           /* libsodium's secret key of HSM_NOTE */
	struct fj_secret auth;           /* what opens the issuing keys, where officers unseal it; empty: they have not yet */
	int copy_fd;                     /* the audit log of the home that this spare stands in for; 0 or less: there is none */
	struct hsm_heir *heir;           /* what it says, while this spare waits to be taken into service (inherit.c) */
	bool hardware, demo_allowed;
	struct hsm_watch {               /* counter.c */
		bool due;                /* to be raised before anything more is recorded */
		char closed[320];        /* why nothing is signed; empty: open */
		uint64_t seq;            /* record and time of the last raise */
		int64_t boot;
	} watch;
	bool fatal;                      /* memory and log may differ: answer and end */
	int64_t real0, boot0;            /* clocks when they were last found to agree */
	struct hsm_pair x5c_ok[4];       /* ring */
	unsigned x5c_next;
	struct hsm_open {                /* structures that await approvals (quorum.c) */
		uint8_t id;              /* 0: free */
		const struct hsm_kind_row *row; /* NULL: a move, not a signature; of kind 0: HSM_SEAL is to be unsealed */
		unsigned role;           /* a key: HSM_NEWER of a root too */
		struct fj_buf tbs;
		struct fj_hash digest, cphash;
		uint32_t session;        /* of the TPM */
		uint8_t nonce[FJ_TPM_NONCE_LEN];
		fj_time at;
		int64_t until;           /* boot clock, ms */
	} open[HSM_OPEN];
	uint8_t opened;                  /* the last id */
	struct fj_hash follows[FJ_ALG_END]; /* SHA-256 of the key that may take the name of a CA which this root certified before: its own has signed that (subordinate.c) */
};
/* what a policy gets */
struct hsm_job {
	struct hsm_signer *s;
	enum hsm_kind kind;
	unsigned role;      /* a role; of a root that follows another, HSM_NEWER of one */
	enum fj_alg alg;    /* of the key */
	unsigned approvals; /* different officers, by name */
	fj_time now;
	struct fj_slice intent;  /* the approval that the request names */
	struct fj_buf *uses;     /* delta: items of approvals that it uses */
	unsigned *key;           /* of the role's keys the one that signs: the policy finds which the structure names; NULL: the role has one */
	struct fj_hash *content; /* of a license token that officers sign: from its policy, which has read it, to intent_bind */
};
typedef enum fj_rc (*hsm_policy)(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err);
struct hsm_kind_row { /* of the request table */
	enum hsm_kind kind;
	enum hsm_role role;
	unsigned sockets;
	bool ceremony;      /* while the ceremony is open, afterwards with approvals only; else only when it is closed */
	unsigned approvals; /* different officers */
	bool raw;           /* answer r || s and not DER */
	bool sm2;           /* by the SM2 key of that role too (docs/formats.md 21) */
	hsm_policy policy;
};
enum fj_rc policy_proof(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err);      /* spare.c */
enum fj_rc policy_ca(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err);         /* policy_x509.c */
enum fj_rc policy_cross(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err);      /* successor.c */
enum fj_rc policy_leaf(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err);
enum fj_rc policy_crl(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err);        /* policy_crl.c */
enum fj_rc policy_token(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err);      /* policy_jws.c */
enum fj_rc policy_authorisation(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err);
enum fj_rc policy_manifest(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err);
enum fj_rc policy_status(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err);
enum fj_rc policy_package(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err);     /* policy_package.c */
enum fj_rc policy_ocsp(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err);       /* policy_ocsp.c */
/* A JWS signing input of ours: canonical, typ, kid, x5c of this purpose (".2.4"), issuer; *w is the caller's. */
enum fj_rc policy_jws_read(const struct hsm_job *j, struct fj_slice tbs, const char *typ, const char *purpose, struct fj_jws *w, struct fj_err *err);
/* The text of a checkpoint, and the way from the head that is remembered. */
enum fj_rc policy_log(const struct hsm_memory *m, struct fj_slice text, const struct fj_path *proof, struct fj_buf *delta, struct fj_err *err); /* policy_log.c */
/* what all certificates have in common; whether a key is one of the appliance's; term, addresses, policy and flags of a CA below the root */
enum fj_rc policy_common(const struct hsm_job *j, const struct fj_x509 *x, struct fj_err *err) FJ_MUST_USE;
bool policy_own_key(const struct hsm_job *j, const struct fj_x509 *x);
enum fj_rc policy_ca_frame(const struct hsm_job *j, const struct fj_x509 *x, struct fj_err *err) FJ_MUST_USE;
/* the same of another path length and other years */
enum fj_rc policy_ca_fields(const struct hsm_job *j, const struct fj_x509 *x, int pathlen, int years, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_POLICY with its section */
enum fj_rc policy_no(struct fj_err *err, const char *cite, const char *what);
/* SHA-1 of key bits */
void policy_key_id(struct fj_slice key, uint8_t out[20]);
/* a key's SubjectPublicKeyInfo; empty: there is none */
struct fj_slice signer_spki(const struct hsm_signer *s, unsigned key);
/* What the TPM signs of it with a key: SHA-256, or SM3 over Z of the key and the data (GM/T 0009-2012 8.1) */
enum fj_rc signer_digest(const struct hsm_signer *s, unsigned key, struct fj_slice data, struct fj_hash *out, struct fj_err *err);
/* DER SEQUENCE{r,s} over data under a key, by its algorithm */
bool signer_verifies(const struct hsm_signer *s, unsigned key, struct fj_slice data, struct fj_slice der_sig);
/* the same under a key that is not ours */
bool signer_key_verifies(EVP_PKEY *key, enum fj_alg alg, struct fj_slice data, struct fj_slice der_sig);
/* with a sealed key, r || s */
enum fj_rc signer_sign_soft(const struct hsm_signer *s, unsigned key, struct fj_slice data, uint8_t raw[64], struct fj_err *err);
/* Ed25519 over a text under the key of HSM_NOTE */
bool signer_note_verifies(const struct hsm_signer *s, struct fj_slice text, const uint8_t sig[64]);
/* "a" + "b" equals the slice */
bool policy_uri_is(struct fj_slice uri, const char *a, const char *b);
/* it is that path of this appliance, "%s" standing for the hierarchy's suffix: "/ca/root%s.cer" */
bool policy_path_is(const struct hsm_job *j, struct fj_slice uri, const char *path);
/* It is something numbered in that folder of this appliance and hierarchy ("/crl/1.crl", "/crl/sm2-1.crl"): where the number begins; else 0. */
size_t policy_numbered(const struct hsm_job *j, struct fj_slice uri, const char *folder);

/* --- request.c: one frame from a socket, one answer --- */
enum hsm_socket { HSM_FROM_REGISTRY = 1, HSM_FROM_VERIFIER = 2 };
/* NULL: this socket may not ask for it */
const struct hsm_kind_row *signer_row(uint8_t kind, uint8_t key, enum hsm_socket from);
/* keys, counter, ceremony, approvals, clock, for a key of that role: before anything of the kind is looked at */
enum fj_rc signer_may(const struct hsm_signer *s, const struct hsm_kind_row *row, unsigned key, unsigned officers, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_PROTO: end the connection.  `answer` is the frame's body, *kind its kind. */
enum fj_rc signer_answer(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f,
    uint16_t *kind, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
/* the body of HSM_MSG_ERROR */
enum fj_rc signer_say(const struct fj_err *err, struct fj_buf *answer) FJ_MUST_USE;
/* replay of one audit record */
enum fj_rc signer_replay(void *signer, const struct audit_record *r, struct fj_err *err);
/* what a ceremony's policy says, into the memory; the ceremony is open then */
enum fj_rc signer_set_policy(struct hsm_signer *s, struct fj_slice json, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_PROTO */
enum fj_rc signer_broken(struct fj_err *err, const char *what);
/* a record that is on the disk before what it speaks of happens */
enum fj_rc signer_record(struct hsm_signer *s, enum audit_type type, struct fj_slice body, struct fj_err *err) FJ_MUST_USE;
/* --- checkpoint.c: the public log's two requests --- */
enum fj_rc signer_checkpoint(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
enum fj_rc signer_log_head(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
/* --- ek.c --- */
enum fj_rc signer_eks(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
enum fj_rc signer_activate(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;

/* --- ca.c: the issuing CAs, of one name, a key each --- */
/* to-be-signed bytes; empty: there is none yet */
struct fj_slice ca_newest(const struct hsm_memory *m, enum fj_alg alg);
/* the newest issuing key, whether a CA has it yet or not */
unsigned ca_newest_key(const struct hsm_memory *m, enum fj_alg alg);
/* has the newest CA the newest key? */
bool ca_keeps_up(const struct hsm_signer *s, enum fj_alg alg);
/* a signed one, at its key's place, or as the newest */
enum fj_rc ca_put(struct hsm_memory *m, enum fj_alg alg, struct fj_slice tbs, struct fj_err *err) FJ_MUST_USE;
/* The CA of this key identifier into *ca, which borrows, and the key that signs for it; FJ_E_POLICY: there is none; FJ_E_STATE: its key
 * is gone, or it is revoked: the newest one signs. */
enum fj_rc ca_named(const struct hsm_signer *s, enum fj_alg alg, struct fj_slice ski, struct fj_x509 *ca, unsigned *generation, unsigned *key, struct fj_err *err) FJ_MUST_USE;
/* a certificate that one of them signed, whether its key is still here or not */
bool ca_verifies(const struct hsm_signer *s, enum fj_alg alg, const struct fj_x509 *x);
bool ca_is(const struct hsm_memory *m, enum fj_alg alg, struct fj_slice tbs);

/* --- attest.c --- */
/* endorsement certificates as {u32 NV index, bytes DER}, *n of them; what can't be read is left out */
enum fj_rc signer_endorsements(struct hsm_signer *s, struct fj_buf *out, uint32_t *n, struct fj_err *err) FJ_MUST_USE;
enum fj_rc signer_attest(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
/* --- rollover.c --- */
enum fj_rc signer_key_new(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
enum fj_rc signer_key_end(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
/* the approvals of a request by name: how many different officers; *raw for the log */
enum fj_rc signer_names(struct fj_rd *r, struct fj_slice *raw, unsigned *officers, struct fj_err *err) FJ_MUST_USE;
/* --- intent.c, officers.c: approvals that officers have signed --- */
#define HSM_MAX_SIGNATURES 16
struct hsm_said {
	bool refuse, dry;             /* they refuse; it is only looked at */
	struct fj_slice payload, raw; /* raw: the signatures */
	struct fj_hash hash, digest;  /* of the payload; what was signed */
	json_t *json;
	struct fj_act act;
	uint32_t n;
	struct hsm_signature {
		struct fj_slice key;          /* SHA-256 of the SubjectPublicKeyInfo */
		struct fj_slice sig;          /* r || s; of a passkey DER */
		struct fj_slice auth, client; /* of a passkey */
	} s[HSM_MAX_SIGNATURES];
};
void said_release(struct hsm_said *q);
FJ_DEFINE_AUTO(said, struct hsm_said, said_release)
/* u8 flags, bytes payload, signatures */
enum fj_rc intent_read(struct fj_rd *r, struct hsm_said *q, struct fj_err *err) FJ_MUST_USE;
/* its time is not over, and it was not used up */
enum fj_rc intent_fresh(const struct hsm_memory *m, const struct hsm_said *q, fj_time now, struct fj_err *err) FJ_MUST_USE;
enum fj_rc signer_intent(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
enum fj_rc intent_replay(struct hsm_memory *m, struct fj_slice body, struct fj_err *err) FJ_MUST_USE;
enum fj_rc intent_apply_use(struct hsm_memory *m, struct fj_rd *r, struct fj_err *err) FJ_MUST_USE;
/* remembered as used up */
enum fj_rc intent_spent(struct hsm_memory *m, const struct fj_hash *hash, fj_time until, struct fj_err *err) FJ_MUST_USE;
void intents_release(struct hsm_memory *m);
/* what is held is to be brought again, and judged anew */
void intents_let_go(struct hsm_memory *m);
/* Certificates and authorisations, in a home whose approvals are checked: what is to be signed is an item of the approval that is named. */
enum fj_rc intent_bind(const struct hsm_job *j, struct fj_slice tbs, struct fj_err *err) FJ_MUST_USE;
/* An entry that leaves a CRL or is good again: two names, or where approvals are checked an item of any that was signed. */
enum fj_rc intent_lift(const struct hsm_job *j, const struct fj_hash *content, struct fj_err *err) FJ_MUST_USE;
/* An act of the signer's own, where approvals are checked; it is recorded before the act. */
enum fj_rc intent_act(struct hsm_signer *s, const char *kind, struct fj_err *err) FJ_MUST_USE;
/* Are approvals checked here: have two persons keys? */
bool officers_check(const struct hsm_memory *m);
const struct mem_officer *officer_find(const struct hsm_memory *m, struct fj_slice id);
/* whose signatures count */
struct hsm_whose {
	bool department;      /* keys that sign approvals */
	char operator_[19];   /* and those that sign this operator's license tokens; "": none do */
	unsigned persons;     /* that are needed */
};
/* Verifies all; *who: how many different persons with such keys.  A signature by another key is refused.  *self: `also`, which is
 * not enrolled yet, signed too. */
enum fj_rc officers_signed(const struct hsm_memory *m, const struct hsm_said *q, const struct hsm_whose *of, const struct mem_officer *also, unsigned *who, bool *self, struct fj_err *err) FJ_MUST_USE;
/* only that each signature is one, by the department's */
enum fj_rc officers_look(const struct hsm_memory *m, const struct hsm_said *q, struct fj_err *err) FJ_MUST_USE;
/* on whose word officers' keys and rules change: two officers' names while fewer than two have keys, else their signatures; `also` as above */
enum fj_rc officers_agree(const struct hsm_memory *m, const struct hsm_said *q, const struct mem_officer *also, unsigned names, struct fj_err *err) FJ_MUST_USE;
/* --- license.c: license tokens that officers of their operators sign --- */
struct hsm_items {            /* what an approval lets be signed, and who has to sign it */
	struct fj_hash *h;
	uint32_t n, cap;
	unsigned lets;
	struct hsm_whose of;
};
enum fj_rc items_put(struct hsm_items *t, const struct fj_hash *h, struct fj_err *err) FJ_MUST_USE;
/* "license" and "users" of a payload under an authorisation's claims: an item each, `most` at most; nothing is verified here */
enum fj_rc license_read(const json_t *payload, const json_t *authorisation, size_t most, struct hsm_items *t, struct fj_err *err) FJ_MUST_USE;
enum fj_rc license_single(const struct hsm_signer *s, const json_t *payload, struct hsm_items *t, struct fj_err *err) FJ_MUST_USE;
enum fj_rc license_bulk(const struct hsm_signer *s, const json_t *payload, struct hsm_items *t, struct fj_err *err) FJ_MUST_USE;
enum fj_rc license_twin(const struct hsm_signer *s, const json_t *payload, struct hsm_items *t, struct fj_err *err) FJ_MUST_USE;
/* the entries of a token that is shown: its operator's officers may lift them, as the department's */
enum fj_rc license_lifts(const struct hsm_signer *s, const json_t *payload, struct hsm_items *t, struct fj_err *err) FJ_MUST_USE;
/* RULE: by whom license tokens are signed, from now on */
enum fj_rc signer_rule(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
enum fj_rc rule_replay(struct hsm_memory *m, struct fj_slice body, struct fj_err *err) FJ_MUST_USE;
const char *rule_name(const struct hsm_memory *m);
/* ECDSA on P-256 over a digest */
bool officer_verifies(const uint8_t xy[64], const struct fj_hash *digest, struct fj_slice der);
/* A change by officers of what the signer knows of them (ENROL, RULE): read, judged, recorded (payload, signatures, names), and
 * memory learns from the record. */
struct hsm_change {
	enum audit_type type;
	enum fj_rc (*judge)(const struct hsm_signer *s, const struct hsm_said *q, unsigned officers, struct fj_err *err);
	enum fj_rc (*replay)(struct hsm_memory *m, struct fj_slice record, struct fj_err *err);
};
enum fj_rc officers_change(struct hsm_signer *s, const struct fj_frame *f, const struct hsm_change *c, struct fj_err *err) FJ_MUST_USE;
/* the body of a record of what officers said, and by whom by name; the reverse is said_recorded */
enum fj_rc said_record(const struct hsm_said *q, struct fj_slice names, struct fj_buf *b, struct fj_err *err) FJ_MUST_USE;
/* the payload of such a record */
enum fj_rc said_recorded(struct fj_slice record, struct fj_slice *payload, struct fj_err *err) FJ_MUST_USE;
enum fj_rc signer_enrol(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
enum fj_rc officers_replay(struct hsm_memory *m, struct fj_slice body, struct fj_err *err) FJ_MUST_USE;
/* "approvals" and "officers" of the status */
enum fj_rc officers_into(const struct hsm_memory *m, json_t *status, struct fj_err *err) FJ_MUST_USE;
/* --- keystore.c --- */
enum fj_rc store_open(struct hsm_signer *s, int dirfd, struct fj_err *err) FJ_MUST_USE;
enum fj_rc store_replay(struct hsm_memory *m, struct fj_slice body, struct fj_err *err) FJ_MUST_USE;
/* in the ceremony: those that are not there yet, and the counter */
enum fj_rc store_make(struct hsm_signer *s, struct fj_err *err) FJ_MUST_USE;
/* the attestation key of a home that was made before there were any */
enum fj_rc store_make_ak(struct hsm_signer *s, struct fj_err *err) FJ_MUST_USE;
/* a key that came from another TPM: kept as this role's */
enum fj_rc store_keep(struct hsm_signer *s, unsigned role, const struct hsm_blob *b, struct fj_err *err) FJ_MUST_USE;
/* where the next key goes; HSM_MAX_KEYS: nowhere */
unsigned store_free(const struct hsm_memory *m);
/* the blob of a slot; FJ_E_CORRUPT when it is not what the audit log says */
enum fj_rc store_read(const struct hsm_signer *s, unsigned slot, struct hsm_blob *b, struct fj_err *err) FJ_MUST_USE;
/* in the root's succession: a key for HSM_NEWER of its role, where there is none */
enum fj_rc store_make_next(struct hsm_signer *s, unsigned role, struct fj_err *err) FJ_MUST_USE;
/* a newer key of a role that has one: FJ_E_STATE where it has two */
enum fj_rc store_make_newer(struct hsm_signer *s, unsigned role, struct fj_err *err) FJ_MUST_USE;
/* KEY_END's record: u8 slot.  The older of a role's two keys has ended, the newer takes its place; of a root one that has passed on. */
enum fj_rc store_replay_end(struct hsm_memory *m, struct fj_slice body, struct fj_err *err) FJ_MUST_USE;
/* what has ended, by the record, is taken out of the TPM and its blob overwritten: as often as need be */
enum fj_rc store_destroy(struct hsm_signer *s, unsigned slot, struct fj_err *err) FJ_MUST_USE;
/* a ceremony that was cut goes on: are all there? */
bool store_whole(const struct hsm_memory *m);
/* is a key of this role made in this home? */
bool store_has(const struct hsm_memory *m, unsigned role);
/* at the start: each in its place.  FJ_E_TPM: another TPM, or something else at a handle */
enum fj_rc store_find(struct hsm_signer *s, struct fj_err *err) FJ_MUST_USE;
/* --- keys.c: public keys and those that are sealed, after the TPM has keys --- */
enum fj_rc signer_load_keys(struct hsm_signer *s, struct fj_err *err) FJ_MUST_USE;

/* --- counter.c --- */
#define COUNTER_RECORDS 4096 /* audit records, or seconds in which there were any, after which the TPM's counter rises */
#define COUNTER_S 3600
/* At start, with keys: compares, and raises.  FJ_OK too when the signer is closed then, or when the
 * disk had no room for the record: then it is tried again before anything is signed. */
enum fj_rc counter_start(struct hsm_signer *s, struct fj_err *err) FJ_MUST_USE;
/* in the ceremony */
enum fj_rc counter_begin(struct hsm_signer *s, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_STATE: closed */
enum fj_rc counter_open(const struct hsm_signer *s, struct fj_err *err) FJ_MUST_USE;
/* before anything of a request is remembered: raises what is due */
enum fj_rc counter_ready(struct hsm_signer *s, struct fj_err *err) FJ_MUST_USE;
/* between two requests: raises when the interval has passed */
enum fj_rc counter_tick(struct hsm_signer *s, struct fj_err *err) FJ_MUST_USE;
enum fj_rc counter_replay(struct hsm_memory *m, const struct audit_record *r, struct fj_err *err) FJ_MUST_USE;
/* two officers: the TPM's value is taken for the record's */
enum fj_rc counter_restore(struct hsm_signer *s, struct fj_slice approvals, struct fj_err *err) FJ_MUST_USE;
/* --- quorum.c: the root under its officers --- */
/* The ceremony's policy may have a plan: it says the same of the home, and its officers hold the root. */
enum fj_rc quorum_plan(struct hsm_memory *m, const json_t *policy, struct fj_err *err) FJ_MUST_USE;
/* is a row of the request table theirs? */
bool quorum_rules(const struct hsm_memory *m, const struct hsm_kind_row *row);
/* the policy that a role's key is made under; false: none */
bool quorum_policy(const struct hsm_memory *m, unsigned key, struct fj_hash *out);
/* whose officers rule a root's key: of the plan of now, or of the one that follows */
const struct fj_plan *quorum_plan_of(const struct hsm_memory *m, unsigned key);
/* a structure was signed and its signature recorded; one that was not may be signed anew, or another in its place */
bool quorum_final(struct hsm_memory *m, const struct fj_buf *tbs);
/* ends what waited too long */
void quorum_tick(struct hsm_signer *s);
enum fj_rc signer_quorum_begin(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
enum fj_rc signer_quorum_sign(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;

/* --- successor.c: a root that follows this one, under other officers (docs/formats.md 33) --- */
enum fj_rc signer_successor(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
enum fj_rc signer_pass(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
enum fj_rc successor_replay(struct hsm_memory *m, const struct audit_record *r, struct fj_err *err) FJ_MUST_USE;
/* may this key of the root sign this kind, as things stand between the two generations? */
enum fj_rc successor_may(const struct hsm_memory *m, const struct hsm_kind_row *row, unsigned key, struct fj_err *err) FJ_MUST_USE;
/* a successor that was begun elsewhere, with keys that are not here */
void successor_forget(struct hsm_memory *m);
/* the root certificate of that key, as signed; empty: not yet */
const struct fj_buf *mem_root_tbs(const struct hsm_memory *m, unsigned key);
/* "successor" of the status: null, or the plan that follows */
enum fj_rc successor_into(const struct hsm_memory *m, json_t *status, struct fj_err *err) FJ_MUST_USE;

/* --- subordinate.c: CAs of other appliances under our root; a home whose root is elsewhere --- */
enum fj_rc policy_subordinate(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err);
enum fj_rc policy_ca_request(const struct hsm_job *j, struct fj_slice text, struct fj_buf *delta, struct fj_err *err);
enum fj_rc sub_apply(struct hsm_memory *m, struct fj_rd *r, struct fj_err *err) FJ_MUST_USE;
/* the ceremony's policy may name a parent: its roots, DER in base64, one for each algorithm */
enum fj_rc sub_parent(struct hsm_memory *m, const json_t *policy, struct fj_err *err) FJ_MUST_USE;
enum fj_rc signer_ca_cert(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
enum fj_rc signer_former(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
enum fj_rc sub_replay(struct hsm_memory *m, struct fj_slice body, struct fj_err *err) FJ_MUST_USE;
/* it has its own root, or all certificates that it awaits */
bool sub_certified(const struct hsm_memory *m);
/* FJ_OK too where the issuing CA has no limits */
enum fj_rc limits_asset(const struct hsm_job *j, const struct fj_asset *a, struct fj_err *err) FJ_MUST_USE;
enum fj_rc limits_claims(const struct hsm_job *j, const json_t *claims, struct fj_err *err) FJ_MUST_USE;

/* approvals of one open structure or move, each verified */
struct quorum_approvals {
	unsigned set;                        /* bit i: officer i */
	uint8_t sig[FJ_QUORUM_MAX][64];
	struct fj_buf raw;                   /* as a signing request has them: for the log */
};
/* In a free place, or that of one of its kind and key: *o is moved there, with a session of its own; *public: the key's. */
enum fj_rc quorum_open(struct hsm_signer *s, struct hsm_open *o, const struct fj_buf *public, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
/* one that is open; move: and is a move, else a signature.  FJ_E_STATE */
enum fj_rc quorum_find(struct hsm_signer *s, uint8_t id, bool move, struct hsm_open **out, struct fj_err *err) FJ_MUST_USE;
void quorum_forget(struct hsm_signer *s, struct hsm_open *o);
/* u32 n, n x {u8 officer, raw[64]}, to the end; as many as the plan asks for are left */
enum fj_rc quorum_read(struct hsm_signer *s, const struct hsm_open *o, struct fj_rd *r, struct quorum_approvals *a, struct fj_err *err) FJ_MUST_USE;
/* the TPM gets them: then its session may do the one thing */
enum fj_rc quorum_satisfy(struct hsm_signer *s, const struct hsm_open *o, const struct quorum_approvals *a, struct fj_err *err) FJ_MUST_USE;
/* a record that is replayed at once: memory is what the log says */
enum fj_rc quorum_record(struct hsm_signer *s, enum audit_type type, enum fj_rc made, const struct fj_buf *b, struct fj_err *err) FJ_MUST_USE;
/* a fj_verify_fn; a point that is none verifies nothing */
enum fj_rc quorum_verifies(void *unused, const uint8_t xy[64], const struct fj_hash *digest, const uint8_t sig[64], struct fj_err *err);

/* --- spare.c: a root leaves for the plan's spare, and arrives (docs/formats.md 28) --- */
enum fj_rc signer_spare(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
enum fj_rc signer_import(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
enum fj_rc signer_move_begin(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
enum fj_rc signer_move(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
enum fj_rc spare_replay(struct hsm_signer *s, const struct audit_record *r, struct fj_err *err) FJ_MUST_USE;
/* what a spare may sign: FJ_E_POLICY unless it is a proof, and its root is there */
enum fj_rc spare_may(const struct hsm_signer *s, const struct hsm_kind_row *row, enum hsm_role role, struct fj_err *err) FJ_MUST_USE;
/* "move" of the status: null, or the plan's parent and what was moved */
enum fj_rc spare_into(const struct hsm_memory *m, json_t *status, struct fj_err *err) FJ_MUST_USE;

/* the log's key leaves with the roots: nothing while one of them has not, or where it can't */
enum fj_rc spare_note_leaves(struct hsm_signer *s, struct fj_err *err) FJ_MUST_USE;
/* --- inherit.c: a spare is taken into service with a home's memory (docs/formats.md 32) --- */
/* inherited.log of the signer's folder, where there is one: before the own log is read, and, in a spare that waits, what it says */
enum fj_rc inherit_open(struct hsm_signer *s, int dirfd, struct fj_err *err) FJ_MUST_USE;
void inherit_look(struct hsm_signer *s);
enum fj_rc inherit_replay(struct hsm_signer *s, struct fj_slice body, struct fj_err *err) FJ_MUST_USE;
enum fj_rc signer_inherit(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
/* the log's key, from what left with the roots */
enum fj_rc inherit_note(struct hsm_signer *s, struct hsm_blob *b, struct fj_err *err) FJ_MUST_USE;
/* whose officers decide: those of the home that a spare waits to stand in for, else our own */
const struct hsm_memory *inherit_whose(const struct hsm_signer *s);
/* "inherits" of the status: null, or the copy's records and head, and why it can't be taken in */
enum fj_rc inherit_into(const struct hsm_signer *s, json_t *status, struct fj_err *err) FJ_MUST_USE;

/* --- unseal.c: what opens the issuing keys, under the same officers --- */
/* does it open the key of this role? */
bool unseal_rules(const struct hsm_memory *m, unsigned role);
/* FJ_E_BUSY: a key of this role waits for its officers */
enum fj_rc unseal_open(const struct hsm_signer *s, unsigned role, struct fj_err *err) FJ_MUST_USE;
/* has this home what is to be unsealed, and was it not yet? */
bool unseal_waits(const struct hsm_signer *s);
enum fj_rc unseal_replay(enum audit_type type, struct fj_slice body, struct fj_err *err) FJ_MUST_USE;
enum fj_rc signer_unseal_begin(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
enum fj_rc signer_unseal(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;
enum fj_rc signer_seal(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err) FJ_MUST_USE;

/* --- clockwatch.c --- */
#define CLOCK_BACK 120  /* seconds that the clock may go back behind the last record */
#define CLOCK_JUMP 300  /* seconds by which it may leave CLOCK_BOOTTIME */
enum fj_rc clock_check(const struct hsm_signer *s, struct fj_err *err) FJ_MUST_USE;
void clock_trust(struct hsm_signer *s);

#endif
