/*
 * fujie-verify.h - libfujie-verify for other programs, C or C++: the verdict on a
 * license token 许可令牌, an authorisation credential 授权凭证, a data asset certificate
 * 数据资产证书, a signed report, a status list or a CRL of a Fujie appliance.
 *
 * Inputs, trust and time go in, a report comes out.  There is no clock, no network and no
 * state between calls.  Files are read by fjv_trust_open, and by fjv_verify over a trust
 * that fjv_trust_open made (authorisations and certificates of that folder, when a verdict
 * wants one); over a trust in memory nothing is read at all.
 *
 * What no verdict covers stands in every report (fjv_report_not_checked): that nothing newer
 * was published than the trust holds, quota used elsewhere, and that who presents a token is
 * its holder, unless a proof was asked for.
 *
 * Rules that hold for every function here
 *  - Text is UTF-8 and ends in NUL; octets are (pointer, length).  A pointer that is not said
 *    to be optional may not be NULL.  What is passed in is borrowed for the call, and copied
 *    where it is kept.
 *  - Times are seconds since 1970-01-01T00:00:00Z, from 0 to 253402300799 (year 9999).
 *  - `const char *` and octets that are returned belong to the object that they were asked of
 *    and live as long as it does.  Objects given through `**out` are the caller's, who frees
 *    them; on failure *out is NULL.  Every _free accepts NULL.
 *  - `error` is optional: NULL, or the address of a pointer that gets the reason of a failure
 *    (to be freed) and NULL otherwise.
 *  - Functions that return fjv_result fail with FJV_E_MEMORY when memory is out, beside what
 *    is said at each.
 *  - Threads: a trust that is complete and a query may be used by any number of threads at
 *    once, as long as nobody changes or frees them; an object that is being changed, and a
 *    report, by one thread at a time.
 *  - Hostile bytes are a verdict, never a failure: a credential that can't be read is a deny.
 *    A failure is no verdict: only fjv_report_permits says yes.
 */
#ifndef FUJIE_VERIFY_H
#define FUJIE_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FJV_VERSION "0.8" /* of this header; fjv_version() has the library's */

typedef enum {
	FJV_OK = 0,
	FJV_E_USAGE = 1,       /* wrong use: a value that the function does not accept */
	FJV_E_INVALID = 2,     /* malformed or not authentic: what was given can't be trusted */
	FJV_E_LIMIT = 3,       /* larger, or more, than is ever accepted */
	FJV_E_NOTFOUND = 4,    /* there is no such file, folder or number */
	FJV_E_SYSTEM = 5,      /* the operating system or a library said no */
	FJV_E_MEMORY = 6
} fjv_result;

/* 0 is none of them, so that what was never set permits nothing */
typedef enum { FJV_PERMIT = 1, FJV_DENY = 2, FJV_INDETERMINATE = 3 } fjv_verdict;
typedef enum { FJV_PASS = 1, FJV_FAIL = 2, FJV_UNKNOWN = 3, FJV_NOT_REQUESTED = 4, FJV_NOT_APPLICABLE = 5 } fjv_outcome;

typedef struct fjv_error fjv_error;   /* why a function failed */
typedef struct fjv_trust fjv_trust;   /* a root and what was published under it */
typedef struct fjv_query fjv_query;   /* what somebody wants to do, and with which proof */
typedef struct fjv_report fjv_report; /* the verdict, and each check */

/* "0.8"; static. */
const char *fjv_version(void);

/* --- errors --- */

/* English and Chinese sentence, what was wrong and what to do; the clause or section that it
 * rests on ("" if none).  Never NULL; of a NULL error they are "". */
const char *fjv_error_en(const fjv_error *error);
const char *fjv_error_zh(const fjv_error *error);
const char *fjv_error_clause(const fjv_error *error);
void fjv_error_free(fjv_error *error);

/* --- trust --- */

/* A trust folder: D/trust of an appliance, or /v1/trust.tar unpacked (docs/formats.md 7).
 * root.pem in it is what is trusted: whoever fills the folder decides.  CAs, CRLs and status
 * lists are verified now; a file that is not authentic is left out (fjv_trust_note), which can
 * only turn a permit into something else.  The folder stays open until the trust is freed.
 * What is published later is not seen: open it anew, as often as status has to be fresh.
 * FJV_E_NOTFOUND: no folder, or no root.pem in it; FJV_E_INVALID: no issuing CA under the
 * root; FJV_E_SYSTEM: it can't be read. */
fjv_result fjv_trust_open(const char *folder, fjv_trust **out, fjv_error **error);

/* The same by one root alone, whichever of root.pem has this SHA-256 of its DER (64 hex digits; case, colons and spaces are
 * free): other generations of it count as far as it leads to them (docs/formats.md 31).  root_sm2: likewise the one of
 * root-sm2.pem; NULL: nothing of the SM2 hierarchy is believed.  FJV_E_USAGE: no fingerprint; FJV_E_INVALID also: it is of no
 * root there. */
fjv_result fjv_trust_open_under(const char *folder, const char *root, const char *root_sm2, fjv_trust **out, fjv_error **error);

/* A trust in memory: one root CA and one issuing CA under it, certificates as DER or PEM, at
 * most 16 KiB each.  It holds no status yet: fjv_trust_add brings it.
 * FJV_E_INVALID: a certificate is malformed, or not in its profile, or not issued by the root. */
fjv_result fjv_trust_new(const void *root, size_t root_octets, const void *issuing, size_t issuing_octets, fjv_trust **out,
    fjv_error **error);

typedef enum {
	FJV_LIST = 1,          /* Token Status List: the JWT */
	FJV_CRL = 2,           /* DER */
	FJV_AUTHORISATION = 3, /* with its trailing ~ */
	FJV_CERTIFICATE = 4,   /* PEM */
	FJV_LOG = 5,           /* certificate of the public log, one PEM block; several may be added */
	FJV_LOG_KEY = 6,       /* its Ed25519 key in C2SP verifier-key form; one */
	FJV_LOG_POLICY = 7,    /* witnesses and quorum, C2SP tlog-policy; one */
	FJV_CA = 8             /* further issuing CAs, and certificates between generations of the root with those roots' own beside (how old a key is): PEM, one block or more; before what they signed */
} fjv_kind;

/* One more file, as it is published (docs/formats.md 7), into a trust that no other thread
 * uses yet.  name: of an authorisation or certificate its number (DAU-..., DAC-...), else
 * NULL.  Several versions of a list, CRL or authorisation may be added: for each time the
 * newest that had begun counts; the same version twice is FJV_OK.  What was added wins nothing
 * by being added: it is verified under the root now, a certificate when a verdict rests on it;
 * key and policy of a log are what you believe, and only ask for more.
 * FJV_E_USAGE: kind or name; FJV_E_INVALID: malformed or not authentic; FJV_E_LIMIT: too
 * large, or too many; the trust is then as before. */
fjv_result fjv_trust_add(fjv_trust *trust, fjv_kind kind, const char *name, const void *octets, size_t n, fjv_error **error);

/* What was left out of an opened folder, and why: n of them, from 0; NULL past the end. */
size_t fjv_trust_notes(const fjv_trust *trust);
const char *fjv_trust_note(const fjv_trust *trust, size_t i);
/* 1 when every issuing CA of it is a demo's, which proves nothing; else 0. */
int fjv_trust_is_demo(const fjv_trust *trust);
void fjv_trust_free(fjv_trust *trust);

/* --- what is asked --- */

/* Asks for nothing: no use, no proof, any age. */
fjv_result fjv_query_new(fjv_query **out, fjv_error **error);
/* What somebody wants to do: "key=value,key=value", or a JSON object of texts; keys asset
 * product action purpose territory environment at quantity user audience; several entries
 * joined by + (docs/formats.md 8).  At most 4096 octets a value.  NULL: no use, and the check
 * `scope` is not asked.  FJV_E_USAGE: an unknown key, one given twice, a malformed value; the
 * query is as before. */
fjv_result fjv_query_use(fjv_query *query, const char *text, fjv_error **error);
fjv_result fjv_query_use_json(fjv_query *query, const char *json, size_t n, fjv_error **error);
/* Ask for a holder's proof (kb+jwt) over this nonce of 1 to 256 octets; the use has to name
 * the audience.  The nonce is yours, fresh, and accepted once: this library keeps no state.
 * NULL: not asked.  FJV_E_USAGE: length. */
fjv_result fjv_query_nonce(fjv_query *query, const char *nonce, fjv_error **error);
/* The client certificate that was seen (mtls): base64url of the SHA-256 of its DER.  NULL:
 * not asked.  FJV_E_USAGE: not 32 octets in base64url. */
fjv_result fjv_query_x5t(fjv_query *query, const char *x5t, fjv_error **error);
/* The number that the credential was looked up by: another one in it is a deny.  At most 40
 * octets; NULL: none.  FJV_E_USAGE: longer. */
fjv_result fjv_query_number(fjv_query *query, const char *number, fjv_error **error);
/* 1: the time that is asked for is meant to lie in the past, and a trust of a folder looks for
 * the lists of then in the folder `history` beside it.  0, as at first: it does not. */
fjv_result fjv_query_past(fjv_query *query, int past, fjv_error **error);
/* The oldest status that is good enough, in seconds from 1 to 10 years (315360000); older is
 * `indeterminate`.  0: as old as the lists themselves allow.  FJV_E_USAGE: beyond. */
fjv_result fjv_query_max_age(fjv_query *query, int64_t seconds, fjv_error **error);
/* The proof that the credential stands in its issuer's public log (C2SP tlog-proof,
 * docs/formats.md 19), 1 to 65536 octets, for the check `logged`.  NULL: none; of a certificate or
 * authorisation an opened folder's own is used then, of a bundle the one in it.  FJV_E_USAGE: n is
 * 0; FJV_E_LIMIT: longer; the query is as before. */
fjv_result fjv_query_log_proof(fjv_query *query, const void *proof, size_t n, fjv_error **error);
/* 1: ask for such a proof, and for the quorum of the trust's policy: without them the verdict is
 * `indeterminate`.  0, as at first: a proof that is false still is a deny. */
fjv_result fjv_query_logged(fjv_query *query, int logged, fjv_error **error);
void fjv_query_free(fjv_query *query);

/* --- the verdict --- */

/* Judge one credential at a time `now`.  Its kind is told by its content: a compact JWS with
 * ~ (and a kb+jwt behind it), a status list, PEM, DER, a signed report.  query is optional.
 * A `now` in the past is judged by the newest status of then that the trust has.
 * FJV_E_USAGE: now out of range.  Everything else that is wrong with the credential is in the
 * report. */
fjv_result fjv_verify(const fjv_trust *trust, const fjv_query *query, const void *credential, size_t n, int64_t now,
    fjv_report **out, fjv_error **error);

/* Judge a bundle (docs/formats.md 15), at most 16 MiB: the credential in it, by the chain and
 * status in it, under the root whose SHA-256 (of the DER; 64 hex digits, upper or lower case,
 * colons and spaces allowed) is root.  Nothing in the bundle is believed but what verifies
 * under that root; a bundle of another root, or with anything else in it, is a deny.
 * FJV_E_USAGE: root is no fingerprint; now out of range. */
fjv_result fjv_verify_bundle(const char *root, const fjv_query *query, const void *bundle, size_t n, int64_t now,
    fjv_report **out, fjv_error **error);

/* 1 when the verdict is FJV_PERMIT, else 0; 0 for NULL. */
int fjv_report_permits(const fjv_report *report);
/* Any failed check: deny; else any unknown one: indeterminate; else permit. */
fjv_verdict fjv_report_verdict(const fjv_report *report);
/* "token" "authorisation" "certificate" "report" "status-list" "crl"; "unknown" when it could
 * not be read. */
const char *fjv_report_kind(const fjv_report *report);
/* The time that it was judged at. */
int64_t fjv_report_at(const fjv_report *report);
/* When the oldest list or CRL that the verdict rests on was made, and when the first of them
 * ends; 0 when it rests on none.  The age of the status is at - as_of. */
int64_t fjv_report_as_of(const fjv_report *report);
int64_t fjv_report_until(const fjv_report *report);
/* Where the keys lie that it stands on, its signer's and its CAs', by the attestation of an opened
 * folder (docs/formats.md 23): "software" or "none"; static.  "hardware" is never said here, since
 * no vendor of TPMs is known to this library; see fujie-verify attestation. */
const char *fjv_report_tpm(const fjv_report *report);

/* The checks in their fixed order (docs/formats.md 8; a later version may add some at the end), i from 0 to fjv_report_checks() - 1.
 * Past the end: FJV_UNKNOWN, and "". */
size_t fjv_report_checks(const fjv_report *report);
const char *fjv_check_name(const fjv_report *report, size_t i);
fjv_outcome fjv_check_outcome(const fjv_report *report, size_t i);
const char *fjv_check_clause(const fjv_report *report, size_t i);   /* clause or RFC section */
const char *fjv_check_evidence(const fjv_report *report, size_t i); /* "" if none */
const char *fjv_check_en(const fjv_report *report, size_t i);
const char *fjv_check_zh(const fjv_report *report, size_t i);
/* What this verdict does not cover, both languages; NULL past the end.  0 of them and NULL
 * when memory is out. */
size_t fjv_report_not_checked(fjv_report *report);
const char *fjv_report_not_checked_text(fjv_report *report, size_t i);
/* What the trust lacked for a fuller verdict: for FJV_LIST and FJV_CRL the address, for
 * FJV_AUTHORISATION and FJV_CERTIFICATE the number.  Fetch it, fjv_trust_add it, judge again.
 * Past the end: 0 and NULL. */
size_t fjv_report_wanted(const fjv_report *report);
fjv_kind fjv_report_wanted_kind(const fjv_report *report, size_t i);
const char *fjv_report_wanted_name(const fjv_report *report, size_t i);
/* The whole verdict as one JSON document (docs/formats.md 8), canonical; *n is its length when
 * n is not NULL.  NULL when memory is out. */
const char *fjv_report_json(fjv_report *report, size_t *n);
void fjv_report_free(fjv_report *report);

#ifdef __cplusplus
}
#endif

#endif
