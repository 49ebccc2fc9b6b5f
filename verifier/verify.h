/*
 * verify.h - libfujie-verify: the verdict on a license token, an authorisation
 * credential, a data asset certificate, a signed report, a status list or a CRL.
 *
 * Pure: credential, trust, use and time in; report out.  No clock, no network;
 * only what names a folder reads files.  It does NOT check: that the person
 * presenting a token is the holder (unless a proof is given), quota already
 * used elsewhere, or that nothing newer was published than the trust it has.
 * Formats: docs/formats.md.  A ver_trust is read-only after loading and may be
 * shared by threads.
 */
#ifndef FJ_VERIFY_H
#define FJ_VERIFY_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/jws.h"

/* where the keys lie by which a credential stands, by the trust's attestation (docs/formats.md 23) */
enum ver_tpm { VER_TPM_NONE, VER_TPM_SOFTWARE, VER_TPM_HARDWARE };
const char *ver_tpm_name(enum ver_tpm tpm); /* "none", "software", "hardware" */
const char *ver_tpm_text(enum ver_tpm tpm, bool chinese); /* one sentence */

struct ver_trust; /* root, chain, status lists, CRLs, authorisation credentials, certificates */

/* The anchors and lists of dir (docs/formats.md section 7, D/publish/trust): CAs, CRLs and
 * status lists are checked against the root when they are loaded; one that is not
 * authentic is skipped with a warning in `notes` (JSON array of strings, may be NULL).
 * Authorisations and certificates are not loaded: ver_verify_in reads those that a verdict
 * wants.  Without a root and an issuing CA under it the folder is refused. */
enum fj_rc ver_trust_load_dir(int dirfd, const char *dir, struct ver_trust **out, json_t **notes, struct fj_err *err) FJ_MUST_USE;
/* The same by one root alone, whose fingerprint is known: other generations in root.pem count as far as this one leads to
 * them (docs/formats.md 31).  FJ_E_SIGNATURE when it is not there.  Of the SM2 hierarchy nothing is believed but under the root
 * whose fingerprint is named for it: the other root says nothing of it. */
struct ver_pins {
	struct fj_hash root, sm2;
	bool has_sm2;
};
enum fj_rc ver_trust_load_under(int dirfd, const char *dir, const struct ver_pins *pins, struct ver_trust **out, json_t **notes, struct fj_err *err) FJ_MUST_USE;
/* The SM2 hierarchy beside that of P-256, from PEM: its root, and the CAs under it.  Both belong to whoever gave the trust its
 * first root: nothing here says that the two are one issuer's.  only: the fingerprint of the one root of the file that is
 * believed; NULL: all of them.  FJ_E_INVALID or FJ_E_SIGNATURE, and nothing of it is believed. */
enum fj_rc ver_trust_sm2(struct ver_trust *t, struct fj_slice root, const struct fj_hash *only, struct fj_slice chain, struct fj_err *err) FJ_MUST_USE;
/* The first root certificate of a file (PEM) as DER: self-signed, a CA.  FJ_E_INVALID with the section otherwise. */
enum fj_rc ver_root_read(struct fj_slice pem, struct fj_buf *der, struct fj_err *err) FJ_MUST_USE;
/* The same for the one of a file's roots that has this fingerprint: FJ_E_SIGNATURE when none has. */
enum fj_rc ver_root_is(struct fj_slice pem, const struct fj_hash *fingerprint, struct fj_buf *der, struct fj_err *err) FJ_MUST_USE;
/* Does the root of t lead to each root of this file at this time, by certificates of which a current list says that they are not revoked?  FJ_E_SIGNATURE. */
enum fj_rc ver_roots_led_to(const struct ver_trust *t, struct fj_slice pem, fj_time at, struct fj_err *err) FJ_MUST_USE;
/* SHA-256 of a root's DER as people write it: 64 hex digits of either case, with colons and
 * spaces between; FJ_E_USAGE otherwise. */
enum fj_rc ver_fingerprint_read(const char *text, struct fj_hash *out, struct fj_err *err) FJ_MUST_USE;
/* A trust of one root (DER) and one issuing CA under it, without any list: for what brings its own. */
enum fj_rc ver_trust_of(struct fj_slice root, struct fj_slice issuing, struct ver_trust **out, struct fj_err *err) FJ_MUST_USE;
/* Is every issuing CA of it a demo's, by the policy in its certificate? */
bool ver_trust_demo(const struct ver_trust *t);
/* Where all the keys of its certificates lie, by the attestation in the folder that it was loaded from (docs/formats.md 23). */
enum ver_tpm ver_trust_attested(const struct ver_trust *t);
/* A trust over another, whose anchors it shares: what is added to it is looked for first, or
 * beside the other's versions.  base stays the caller's and outlives it. */
enum fj_rc ver_trust_over(const struct ver_trust *base, struct ver_trust **out, struct fj_err *err) FJ_MUST_USE;
enum ver_item { VER_STATUS_LIST, VER_CRL, VER_AUTHORISATION, VER_CERTIFICATE, VER_LOG, VER_LOG_KEY, VER_LOG_POLICY, VER_CA };
/* One more status list (compact JWS), CRL (DER), authorisation credential (with "~") or certificate (PEM), the last two by
 * their number; checked under the root, a certificate only read and hashed: a verdict compares its hash with a signed
 * one.  Or a certificate of the public log (PEM, one block; checked under the root), the log's Ed25519 key (verifier-key
 * form, one line) or the policy of its witnesses: these two are what the caller believes, one of each, FJ_E_LIMIT for a
 * second.  Or CA certificates (PEM, one block or more) of a trust that has its own anchors: issuing CAs and certificates between
 * generations of the root (docs/formats.md 31), each of which has to lead to the root by what is there.  Nobody else may use t
 * meanwhile.  FJ_E_EXISTS: it has this version already; anything else: it is not
 * authentic, or another's, and is not kept. */
enum fj_rc ver_trust_add(struct ver_trust *t, enum ver_item kind, const char *number, struct fj_slice data, struct fj_err *err) FJ_MUST_USE;
void ver_trust_free(struct ver_trust *t);
FJ_DEFINE_AUTO_PTR(ver_trust, struct ver_trust, ver_trust_free)

/* A use: the keys of docs/formats.md section 8.  From "k=v,k=v" or a JSON object of
 * strings; an unknown key or malformed value is FJ_E_USAGE. */
struct ver_use;
enum fj_rc ver_use_parse(const char *text, struct ver_use **out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc ver_use_from_json(const json_t *obj, struct ver_use **out, struct fj_err *err) FJ_MUST_USE;
void ver_use_free(struct ver_use *u);
FJ_DEFINE_AUTO_PTR(ver_use, struct ver_use, ver_use_free)

struct ver_input {
	struct fj_slice credential;  /* kind told by content: JWS, SD-JWT, JSON (a signed report), PEM, DER; at most 16 KiB a token, 1 MiB a list, 8 MiB a CRL, 16 MiB a report */
	const struct ver_use *use;   /* NULL: scope is not applicable */
	fj_time now;
	const char *nonce;           /* holder proof: expected nonce of a kb+jwt; NULL: not asked */
	const char *x5t;             /* base64url SHA-256 of the client certificate seen (mtls); NULL: not asked */
	const char *number;          /* the number it was looked up by: another one in it is a deny; NULL: none */
	int64_t max_age;             /* seconds that the status it rests on may be old; 0: not asked */
	bool past;                   /* now is meant to lie in the past: ver_verify_in reads lists of then */
	struct fj_slice log_proof;   /* proof of logging (docs/formats.md 19); empty: none */
	bool logged;                 /* it is asked for: a credential without one is indeterminate */
	bool log_proof_found;        /* it lay under the credential's number, nobody gave it: of another version it is as good as none */
};

/* Judge at this time (RFC 3339) instead of in->now: "was it good on that day"; NULL changes nothing.  It is said
 * apart from the use: a use's own "at" is a claim of who uses, and never takes a verdict back in time.  FJ_E_USAGE. */
enum fj_rc ver_input_at(struct ver_input *in, const char *at, struct fj_err *err) FJ_MUST_USE;

enum ver_verdict { VER_PERMIT, VER_DENY, VER_INDETERMINATE };
enum ver_outcome { VER_PASS, VER_FAIL, VER_UNKNOWN, VER_NOT_REQUESTED, VER_NOT_APPLICABLE };
#define VER_MAX_CHECKS 20
#define VER_MAX_WANTED 32
/* what the trust lacked: the address of a list or CRL that is current at the time, or a number */
struct ver_wanted {
	enum ver_item kind;
	char name[201];
};
#define VER_MAX_PATH 6 /* an issuing CA, what lies between, the root; of a longer one the middle is left out */
struct ver_link {
	char name[201], sha256[65]; /* CN; of the certificate, hex */
};
struct ver_check {
	const char *name;   /* static */
	enum ver_outcome outcome;
	char clause[64];
	char evidence[256];
	char en[256], zh[384];
};
struct ver_report {
	enum ver_verdict verdict;
	const char *kind;    /* "token" ... ; "unknown" when nothing could be read */
	fj_time at;
	bool past;           /* at is meant to lie in the past */
	enum ver_tpm tpm;
	json_t *subject;     /* what the credential says, public fields; owned */
	size_t n;
	struct ver_check check[VER_MAX_CHECKS];
	fj_time as_of, until; /* beginning of the oldest list or CRL that it rests on, end of the first to end; 0: it rests on none */
	size_t n_wanted;
	struct ver_wanted wanted[VER_MAX_WANTED];
	size_t n_path;       /* CAs that it hangs on, from its own up to the trusted root; 0: none is known */
	struct ver_link path[VER_MAX_PATH];
};
void ver_report_release(struct ver_report *r);
FJ_DEFINE_AUTO(ver_report, struct ver_report, ver_report_release)

/* A nonce of 1 to 256 octets, an x5t of 32 octets in base64url (either may be NULL): what could
 * never match is a slip of the caller, not a holder who fails.  FJ_E_USAGE. */
enum fj_rc ver_proof_form(const char *nonce, const char *x5t, struct fj_err *err) FJ_MUST_USE;
/* Always a report, whatever the input: hostile bytes are a `deny` with the failed
 * check.  FJ_E_NOMEM is the only failure. */
enum fj_rc ver_verify(const struct ver_trust *t, const struct ver_input *in, struct ver_report *out, struct fj_err *err) FJ_MUST_USE;
/* The first check that decided it: a failure, else one that is unknown; NULL of a permit. */
const struct ver_check *ver_report_worst(const struct ver_report *r);
bool ver_report_passed(const struct ver_report *r, const char *check);
/* The verdict document of docs/formats.md section 8; owned by the caller. */
json_t *ver_report_json(const struct ver_report *r);
const char *ver_verdict_name(enum ver_verdict v);

/* What a paper's digest h says of the credential (a certificate as PEM or DER): "" when there is none, "same", "other",
 * "no digest" (not 16 to 64 hex digits).  Static. */
const char *ver_paper(const char *h, struct fj_slice credential);

/* --- a trust folder as what may be asked for (folder.c reads files; nothing else here does) --- */
/* ver_verify, and again with what it wanted and the folder has, added to `over`, a trust of the caller's over the
 * loaded one: further verdicts need not read it again.  For a past time the folder ../history beside it is
 * looked at, too.  Without a proof of logging, the one that is published for a certificate or authorisation. */
enum fj_rc ver_verify_in(int dir, struct ver_trust *over, const struct ver_input *in, struct ver_report *out, struct fj_err *err) FJ_MUST_USE;
/* The authorisation credential, or the certificate in PEM, that is published under a number, not verified;
 * FJ_E_NOTFOUND.  out is the caller's, empty. */
enum fj_rc ver_folder_find(int dir, const char *number, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* Nothing published bears this number (FJ_E_NOTFOUND), or its check character shows a slip. */
enum fj_rc ver_no_such(const char *number, struct fj_err *err) FJ_MUST_USE;
/* In a folder of history/…: the path of the file whose name is the greatest time that is not after t; false: there
 * is none. */
bool ver_history_at(int dir, const char *folder, const char *suffix, fj_time t, char out[200]);

/* --- key.c --- */
/* Is it a signature (DER) over that by this SubjectPublicKeyInfo, ECDSA on P-256 or SM2? */
bool ver_spki_signed(struct fj_slice spki, struct fj_slice data, struct fj_slice der);

/* --- attestation.c --- */
/* Of a challenge "issuing" (formats.md 22): do the TPM's statements in `made` say that the key in the structure was made in it,
 * under the storage key of one attestation key, can't leave it and signs by that algorithm alone; for this plan, session and
 * structure?  *ak: TPMT_PUBLIC of the attestation key; whose TPM has that one is for a bond to say (formats.md 29).
 * FJ_E_REFUSED names what is not so. */
struct fj_challenge;
enum fj_rc ver_made_judge(const struct fj_challenge *c, struct fj_buf *ak, struct fj_err *err) FJ_MUST_USE;

#endif
