/*
 * internal.h - what the files of the verifier share: the trust as it is held in
 * memory, signers, and the report under construction.
 */
#ifndef FJ_VERIFIER_INTERNAL_H
#define FJ_VERIFIER_INTERNAL_H

#include <openssl/evp.h>
#include <pthread.h>

#include "base/limits.h"
#include "base/note.h"
#include "base/x509.h"
#include "verifier/verify.h"

#define VER_MAX_CA 160 /* of both algorithms: generations of an issuing CA, 64 subordinate ones, certificates between roots */
#define VER_MAX_ROOTS 8 /* of each algorithm that are trusted: its root's generations */
#define VER_MAX_ALL_ROOTS (2 * VER_MAX_ROOTS)
#define VER_MAX_BLOCKS (VER_MAX_CA + 2 * VER_MAX_ALL_ROOTS) /* certificates of a file or bundle */
#define VER_MAX_SIGNERS 64 /* that are kept, of CAs without limits */
#define VER_MAX_LIMITED 8  /* of each CA that the root has limited: it fills its own part alone */
#define VER_MAX_LISTS 1024
#define VER_MAX_CRLS 256
#define VER_MAX_AUTHORISATIONS 1000000
#define VER_MAX_CERTIFICATES 4000000
#define VER_MAX_LOGS 8 /* certificates of the public log, those that ended too */
#define VER_REPORT_MAX (4u << 20)       /* octets of a report's document */
#define VER_REPORT_FILE_MAX (16u << 20) /* with signature and revocation lists */
#define VER_SKEW 60 /* seconds that a list's beginning may lie ahead of our clock */

struct ver_ca {
	struct fj_buf der;
	struct fj_x509 x; /* borrows from der */
	EVP_PKEY *key;
	char name[201], sha256[65]; /* CN; of the certificate, hex */
	char says[256];             /* it and its root, for people */
	const struct ver_ca *above; /* whose key certified it; a root that is trusted: itself */
	int room;         /* CAs that may follow, self-issued ones not counted (RFC 5280 6.1.4 (l), (m)) */
	fj_time since;    /* beginning of the oldest certificate of this key: a newer key of a name begins later (RFC 4210 4.4) */
	fj_time own;      /* of a root's key: beginning of its self-signed certificate; 0: that lies nowhere, and how old the key is is not known */
	char arc[64];     /* learnt from the policy; empty for a root's key, trusted or certified by another generation */
	bool demo;
	bool limited;     /* another appliance's, with the limits that the root has set (docs/formats.md 27) */
	struct fj_limits limits;
};

/* A delegated signer whose chain holds but for time and revocation, which are asked
 * anew each time. */
struct ver_signer {
	struct fj_buf der;
	struct fj_x509 x;
	EVP_PKEY *key;
	const struct ver_ca *ca;
	char kid[44], iss[201]; /* base/jws.h; SAN URI */
	/* base64url of a header under which a signature of this signer once verified, and its
	 * typ: the same octets need not be read again.  Written once, under the pool's lock. */
	struct fj_buf header;
	char typ[24];
};
/* borrowed from the pool, or owned by this reference when the pool does not keep it */
struct ver_signer_ref {
	const struct ver_signer *s;
	struct ver_signer *owned;
};

struct ver_serial {
	uint8_t len, reason, b[20];
	fj_time at;
};
struct ver_crl {
	const struct ver_ca *ca;
	char uri[201];
	uint64_t number;
	fj_time from, to;
	struct ver_serial *revoked; /* sorted */
	size_t n;
};
struct ver_list {
	char uri[201], iss[161];
	const struct ver_signer *signer;
	fj_time from, to;
	uint8_t *map; /* FJ_LIST_OCTETS */
};
struct ver_auth {
	char number[41];
	struct fj_buf compact; /* with "~" */
	char sha256[44];       /* base64url */
	json_t *payload;
	const struct ver_signer *signer;
};
struct ver_cert {
	char number[41]; /* the file's name: not authentic until compared with the bytes */
	struct fj_buf der;
	char sha256[44];
};
struct ver_policy;
/* what is believed of the issuer's public log */
struct ver_log {
	struct ver_signer *signer[VER_MAX_LOGS];
	size_t n;
	bool has_key, unreadable; /* unreadable: key or policy is there and could not be read */
	struct fj_vkey key;
	struct ver_policy *policy;
};
struct ver_pool;
struct ver_attestation;
/* shared by a trust and all that are made over it */
struct ver_anchors {
	struct ver_ca root[VER_MAX_ALL_ROOTS], ca[VER_MAX_CA]; /* trusted by itself; and what leads to such a one */
	size_t n_root, n_ca;
	struct ver_pool *pool; /* verified signers; behind its own lock */
	struct ver_attestation *attestation; /* NULL: none was looked at */
};
struct ver_trust {
	struct ver_anchors *a;
	const struct ver_trust *base; /* asked for what is not here; NULL: the anchors are its own */
	struct ver_crl *crl;          /* each kind sorted, versions of one thing beside each other */
	struct ver_list *list;
	struct ver_auth *auth;
	struct ver_cert *cert;
	size_t n_crl, n_list, n_auth, n_cert, cap_crl, cap_list, cap_auth, cap_cert;
	struct ver_log log;
};

/* --- report.c --- */
enum ver_ck {
	CK_FORM, CK_ALGORITHM, CK_CHAIN, CK_SIGNER, CK_SIGNER_STATUS, CK_SIGNATURE, CK_TIME, CK_STATUS,
	CK_ASSET_STATUS, CK_AUTH_STATUS, CK_NARROWING, CK_SCOPE, CK_RESTRICTIONS, CK_HOLDER, CK_QUOTA, CK_FRESHNESS, CK_LOGGED, CK_COUNT
};
void ver_report_begin(struct ver_report *r, fj_time at);
/* the checks that a kind has; until reached they are unknown */
void ver_report_expect(struct ver_report *r, const char *kind, unsigned checks);
void ver_say(struct ver_report *r, enum ver_ck k, enum ver_outcome o, const char *clause, const char *en, const char *zh);
/* CK_ALGORITHM passes: what it is */
void ver_say_alg(struct ver_report *r, enum fj_alg alg);
void ver_say_err(struct ver_report *r, enum ver_ck k, enum ver_outcome o, const struct fj_err *e);
void ver_evidence(struct ver_report *r, enum ver_ck k, const char *fmt, ...) FJ_PRINTF(3, 4);
/* a text from outside into out: well-formed, printable, whole characters; at most cap - 1 octets */
void ver_keep(char *out, size_t cap, const char *in);
/* {"name","outcome","clause","evidence","text"}; the caller's, NULL when memory is out */
json_t *ver_check_json(const struct ver_check *c);
/* max_age: of ver_input */
void ver_report_end(struct ver_report *r, int64_t max_age);
/* what the trust lacked; said once each, and no more than the report has room for */
void ver_want(struct ver_report *r, enum ver_item kind, const char *name);

/* what a check of its own found, before it is put under a name */
struct ver_finding {
	enum ver_outcome outcome;
	const char *clause, *en, *zh; /* static */
	char evidence[320];           /* cut to 255 in the report */
	fj_time from, to;             /* of the list that said so; 0: none did */
	enum ver_item wanted;         /* a list or CRL that it lacked, by its address; "" nothing */
	char address[201];
};
void ver_find(struct ver_finding *f, enum ver_outcome o, const char *clause, const char *en, const char *zh);
void ver_say_finding(struct ver_report *r, enum ver_ck k, const struct ver_finding *f);
/* the worse of two stays in *a: fail, unknown, pass; it rests on the lists of both */
void ver_worse(struct ver_finding *a, const struct ver_finding *b);

/* --- key.c --- */
/* P-256 or SM2's curve, no other; FJ_E_INVALID otherwise */
enum fj_rc ver_key_read(struct fj_slice spki, EVP_PKEY **out, struct fj_err *err) FJ_MUST_USE;
/* from 32 + 32 octets */
/* ECDSA (r || s) over a digest under a point of P-256; a fj_verify_fn (base/plan.h) */
enum fj_rc ver_point_verify(void *unused, const uint8_t xy[64], const struct fj_hash *digest, const uint8_t sig[64], struct fj_err *err) FJ_MUST_USE;
enum fj_rc ver_key_point(const uint8_t xy[64], EVP_PKEY **out, struct fj_err *err) FJ_MUST_USE;
/* By the key's algorithm, which must be the one that the structure names: a signature that verifies under
 * another name than its own is refused. */
bool ver_signed_der(EVP_PKEY *key, enum fj_alg named, struct fj_slice tbs, struct fj_slice sig);
bool ver_signed_raw(EVP_PKEY *key, enum fj_alg named, struct fj_slice input, const uint8_t sig[64]);
enum fj_alg ver_key_alg(const EVP_PKEY *key);
/* A holder's key as certificates of this algorithm bear one (formats.md 2, 21): P-256 or P-384, or SM2's curve; and a point
 * of it that is not the one at infinity. */
bool ver_holder_key(enum fj_alg alg, enum fj_curve curve, struct fj_slice point);
enum fj_rc ver_sha256_b64u(struct fj_slice in, char out[44]) FJ_MUST_USE;
bool ver_visible(struct fj_slice text); /* every octet 0x21 to 0x7e */

/* --- chain.c --- */
/* a self-signed certificate as a root of this house's has it */
enum fj_rc ver_ca_root(struct fj_slice der, struct ver_ca *out, struct fj_err *err) FJ_MUST_USE;
void ver_ca_release(struct ver_ca *ca);
/* A root that is trusted from now on, before what stands under it.  Of an algorithm all have one name: they are generations of
 * one root.  FJ_E_INVALID: it is none, another's, or there already; FJ_E_LIMIT. */
enum fj_rc ver_anchor_add(struct ver_anchors *a, struct fj_slice der, struct fj_err *err) FJ_MUST_USE;
/* certificates of a file or bundle */
struct ver_blocks {
	size_t n;
	struct fj_buf der[VER_MAX_BLOCKS]; /* at most FJ_X509_MAX octets each */
};
void ver_blocks_release(struct ver_blocks *b);
FJ_DEFINE_AUTO(ver_blocks, struct ver_blocks, ver_blocks_release)
/* Where there may be some among many that do not hold, one that does not is left out and `no` is told why; where `no` is NULL, it is the
 * answer.  These two are such: it keeps the first reason in a struct fj_err whose rc was FJ_OK; it forgets all. */
void ver_keep_why(void *to, const struct fj_err *why);
void ver_pass_over(void *to, const struct fj_err *why);
/* All certificates of a PEM file; FJ_E_LIMIT when there are more than VER_MAX_BLOCKS. */
enum fj_rc ver_blocks_read(struct fj_slice pem, struct ver_blocks *out, void (*no)(void *to, const struct fj_err *why), void *to, struct fj_err *err) FJ_MUST_USE;
/* Roots of a trust folder, the newest first: the first has to hold, or nothing does.  FJ_E_NOTFOUND: there are none. */
enum fj_rc ver_anchors_add(struct ver_anchors *a, const struct ver_blocks *b, void (*no)(void *to, const struct fj_err *why), void *to, struct fj_err *err) FJ_MUST_USE;
/* What leads to the roots of this algorithm, in any order: issuing CAs, and certificates of a root's key by another generation.
 * Roots themselves are passed over. */
enum fj_rc ver_chain_add(struct ver_anchors *a, enum fj_alg alg, const struct ver_blocks *b, void (*no)(void *to, const struct fj_err *why), void *to, struct fj_err *err) FJ_MUST_USE;
/* A trust of one root and what leads to it.  ver_trust_of for one issuing CA. */
enum fj_rc ver_trust_under(struct fj_slice root, const struct ver_blocks *chain, void (*no)(void *to, const struct fj_err *why), void *to, struct ver_trust **out, struct fj_err *err) FJ_MUST_USE;
/* by its form a root's own certificate */
bool ver_self_signed(struct fj_slice der, struct fj_x509 *x);
/* Is there a certificate of this root's key by another generation?  Whether it holds at some time is not asked. */
bool ver_led_to(const struct ver_anchors *a, const struct fj_x509 *root);
/* the CA of the trust that is these octets, no root; NULL */
const struct ver_ca *ver_ca_in(const struct ver_anchors *a, struct fj_slice der);
/* is there an issuing CA, among those from this one on? */
bool ver_any_issuing(const struct ver_anchors *a, size_t from);
/* the trusted roots, then the CAs, from 0; NULL past the end */
const struct ver_ca *ver_ca_at(const struct ver_anchors *a, size_t i);
/* the first root of this algorithm, the newest of a trust folder; NULL */
const struct ver_ca *ver_root(const struct ver_trust *t, enum fj_alg alg);
/* the trusted root at the end of its path */
const struct ver_ca *ver_root_of(const struct ver_ca *ca);
/* led: a root that leads to another generation, whose time began before */
bool ver_ca_in_time(const struct ver_ca *ca, bool led, fj_time now);
/* Did the key of that root, trusted or certified by another generation, pass on to this one, itself or by generations between? */
bool ver_root_follows(const struct ver_anchors *a, const struct ver_ca *newer, const struct ver_ca *ca);
/* did another key of this name follow this CA's, as it is said there? */
bool ver_followed(const struct ver_anchors *a, const struct ver_ca *ca);
/* newWithOld: of a root's key that is known to be younger than the one that signed it, and to the end of that one's own time.
 * Else it is oldWithNew, or nobody knows. */
bool ver_passes_on(const struct ver_ca *ca);
/* of one name and one key */
bool ver_same_key(const struct fj_x509 *a, const struct fj_x509 *b);
bool ver_same_ca(const struct ver_ca *a, const struct ver_ca *b);
/* the CA of the trust that a certificate or CRL names as issuer; NULL */
const struct ver_ca *ver_ca_of(const struct ver_trust *t, struct fj_slice issuer, struct fj_slice aki);
/* an end entity under ca: names, flags, key usage, policy, extensions, signature */
enum fj_rc ver_leaf_check(const struct fj_x509 *x, const struct ver_ca *ca, unsigned wants, struct fj_err *err) FJ_MUST_USE;
bool ver_leaf_signed(const struct fj_x509 *x, const struct ver_ca *ca);
enum fj_rc ver_pool_new(struct ver_pool **out) FJ_MUST_USE;
void ver_pool_free(struct ver_pool *p);
/* x5c to a signer; FJ_E_INVALID with the section when the chain does not hold */
enum fj_rc ver_signer_get(const struct ver_trust *t, struct fj_slice leaf, struct fj_slice issuing,
    struct ver_signer_ref *out, struct fj_err *err) FJ_MUST_USE;
void ver_signer_release(struct ver_signer_ref *ref);
FJ_DEFINE_AUTO(ver_signer, struct ver_signer_ref, ver_signer_release)
/* the signer in the pool whose kept header is these octets; NULL */
const struct ver_signer *ver_signer_by_header(const struct ver_trust *t, struct fj_slice header);
/* keep the header of a JWS whose signature just verified; only signers of the pool learn */
void ver_signer_learn(const struct ver_trust *t, const struct ver_signer_ref *ref, const struct fj_jws *jws);
/* A certificate of the public log: as a signer's, with EKU ARC.2.5 and the issuer's address; FJ_E_INVALID. */
enum fj_rc ver_log_signer(const struct ver_trust *t, struct fj_slice der, struct ver_signer **out, struct fj_err *err) FJ_MUST_USE;
void ver_log_signer_free(struct ver_signer *s);
/* the one EKU ARC.2.3, ARC.2.4 or ARC.2.5 */
bool ver_signer_is(const struct ver_signer *s, const char *arc_suffix);
/* all of leaf, issuing CA, what lies between and root valid at now, inclusive */
void ver_dates(const struct fj_x509 *leaf, const struct ver_ca *ca, fj_time now, struct ver_finding *f);
/* a signer may be believed now: dates and CRLs */
bool ver_signer_good(const struct ver_trust *t, const struct ver_signer *s, fj_time now);

/* --- jws.c --- */
/* A compact JWS and its signer, chain checked but for time and revocation.  A failure of
 * form leaves *out released; FJ_E_UNSUPPORTED is the algorithm's.  When only the chain
 * fails, the JWS is there, ref->s is NULL and *chain says why. */
enum fj_rc ver_jws_read(const struct ver_trust *t, struct fj_slice compact, size_t max, struct fj_jws *out,
    struct ver_signer_ref *ref, struct fj_err *chain, struct fj_err *err) FJ_MUST_USE;
/* the signature, then the signer learns the header */
bool ver_jws_verify(const struct ver_trust *t, const struct fj_jws *jws, const struct ver_signer_ref *ref);

/* --- crl.c --- */
enum fj_rc ver_crl_read(const struct ver_trust *t, struct fj_slice der, struct ver_crl *out, struct fj_err *err) FJ_MUST_USE;
void ver_crl_release(struct ver_crl *c);
/* the certificate in the CRL of its distribution point, issued by ca */
void ver_revoked(const struct ver_trust *t, const struct fj_x509 *x, const struct ver_ca *ca, fj_time now, struct ver_finding *f);
/* leaf, its issuing CA and what lies between that and the root, the worst of all */
void ver_path_revoked(const struct ver_trust *t, const struct fj_x509 *leaf, const struct ver_ca *ca, fj_time now, struct ver_finding *f);
/* The same by what is known now of a time before: what was revoked later counted then, unless its key was lost. */
void ver_path_revoked_by(const struct ver_trust *t, const struct fj_x509 *leaf, const struct ver_ca *ca, fj_time now, fj_time then, struct ver_finding *f);
/* the address of the list that a path which is not known to hold lacks first */
struct fj_slice ver_path_lacks(const struct ver_trust *t, const struct fj_x509 *leaf, const struct ver_ca *ca, fj_time now);
/* the same for a leaf, without words: all known not to be revoked */
bool ver_path_good(const struct ver_trust *t, const struct fj_x509 *leaf, const struct ver_ca *ca, fj_time now);

/* --- list.c --- */
enum fj_rc ver_list_read(const struct ver_trust *t, struct fj_slice jwt, struct ver_list *out, struct fj_err *err) FJ_MUST_USE;
void ver_list_release(struct ver_list *l);
/* alg: of what names the entry; a list of the other hierarchy is none of its */
void ver_status(const struct ver_trust *t, enum fj_alg alg, const char *iss, const char *uri, uint32_t idx, fj_time now, struct ver_finding *f);
/* the same from {"idx","uri"} of a checked payload */
void ver_status_of(const struct ver_trust *t, enum fj_alg alg, const char *iss, const json_t *ref, fj_time now, struct ver_finding *f);
/* of a license token's own entry: suspended may be a quota that is used up */
void ver_status_token(struct ver_finding *f);
/* of an authorisation, revoked is what became of taking it back or surrendering it */
void ver_status_authorisation(struct ver_finding *f);

/* --- trust.c --- */
/* how many of n sorted items of this size come before the key, by order(item, key) */
size_t ver_first(const void *v, size_t n, size_t size, const void *key, int (*order)(const void *item, const void *key));
/* without anchors yet */
enum fj_rc ver_trust_new(struct ver_trust **out, struct fj_err *err) FJ_MUST_USE;
/* the newest version that had begun at this time, else the oldest; NULL: none at all */
const struct ver_list *ver_trust_list(const struct ver_trust *t, const char *uri, fj_time now);
const struct ver_auth *ver_trust_auth(const struct ver_trust *t, const char *number, fj_time now);
const struct ver_cert *ver_trust_cert(const struct ver_trust *t, const char *number);
/* the log's certificates from 0, NULL past the end; its Ed25519 key, its policy, NULL when there is none */
const struct ver_signer *ver_trust_log(const struct ver_trust *t, size_t i);
const struct fj_vkey *ver_trust_log_key(const struct ver_trust *t);
const struct ver_policy *ver_trust_log_policy(const struct ver_trust *t);
bool ver_trust_log_unreadable(const struct ver_trust *t);
/* one more certificate of the log, as ver_trust_add with the DER of it */
enum fj_rc ver_trust_add_log(struct ver_trust *t, struct fj_slice der, struct fj_err *err) FJ_MUST_USE;

/* Where the keys lie by which something stands that hangs on this CA, and (signer may be NULL) was signed by this signer. */
enum ver_tpm ver_trust_tpm(const struct ver_trust *t, const struct ver_ca *ca, const struct ver_signer *signer);

/* --- folder.c --- */
/* the file of what was wanted, as published; past: the one of then, when it is kept */
enum fj_rc ver_folder_read(int dir, const struct ver_wanted *w, fj_time now, bool past, struct fj_buf *out) FJ_MUST_USE;

/* the proof of logging that lies beside what was judged, by its number; FJ_E_NOTFOUND */
enum fj_rc ver_folder_proof(int dir, const struct ver_report *r, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;

/* --- pem.c --- */
/* next PEM block in *in, which moves on; FJ_E_NOTFOUND when there is no more */
enum fj_rc ver_pem_next(struct fj_slice *in, const char *label, struct fj_buf *der, struct fj_err *err) FJ_MUST_USE;

/* --- use.c --- */
enum ver_use_key {
	USE_ASSET, USE_PRODUCT, USE_ACTION, USE_PURPOSE, USE_TERRITORY, USE_ENVIRONMENT, USE_AT, USE_QUANTITY,
	USE_USER, USE_AUDIENCE, USE_COUNT
};
struct ver_use {
	json_t *v[USE_COUNT]; /* array of strings, or NULL when not given */
	fj_time at;
	int64_t quantity;
};
const char *ver_use_one(const struct ver_use *u, enum ver_use_key k); /* first value or NULL; u may be NULL */
/* bit of restrictions (formats.md 3) for PLEDGE ... RAW; -1 for an action that can be granted */
int ver_restricted(const char *action);

/* --- the kinds --- */
struct ver_job {
	const struct ver_trust *t;
	const struct ver_input *in;
	struct ver_report *r;
	struct fj_slice credential; /* without white space around it */
	struct fj_slice proof;      /* kb+jwt, empty when there is none */
	struct fj_jws jws;
	struct ver_signer_ref signer;
	struct fj_err chain;        /* why there is no signer */
	const struct ver_ca *ca;    /* that it hangs on, when it is signed by one */
	bool token;                 /* else an authorisation credential */
	bool nomem;
};
/* true: go on; otherwise the report says why not */
bool ver_job_signer(struct ver_job *j, const char *arc_suffix);
void ver_verify_sd_jwt(struct ver_job *j);
void ver_verify_list(struct ver_job *j);
void ver_verify_certificate(struct ver_job *j, struct fj_slice der);
void ver_verify_crl(struct ver_job *j, struct fj_slice der);
void ver_verify_report(struct ver_job *j);

/* --- narrow.c, scope.c, holder.c, logged.c --- */
void ver_narrowing(struct ver_job *j);
void ver_scope_grant(struct ver_job *j);
void ver_scope_certificate(struct ver_job *j, const struct fj_asset *a, const struct fj_x509 *x);
void ver_restrictions_grant(struct ver_job *j);
void ver_restrictions_certificate(struct ver_job *j, const struct fj_asset *a);
void ver_quota(struct ver_job *j);
void ver_holder(struct ver_job *j);
void ver_logged_grant(struct ver_job *j);
/* base: the issuer's address, as the certificate's distribution point names it */
void ver_logged_certificate(struct ver_job *j, const char *base);

#endif
