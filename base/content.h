/*
 * content.h - what officers approve, as hashes: what a certificate, an authorisation or a license
 * token will say, but for what is drawn, counted or taken from the clock when it is signed; which entries
 * leave a list; and what an officer's key signs (docs/formats.md 25).
 *
 * The register writes these hashes into an approval, and the signer computes them again from
 * what it is to sign: one function for both, so that they can't differ by an oversight.
 * Nothing is checked here but form; what of it may be signed is the signer's to say.
 */
#ifndef FJ_BASE_CONTENT_H
#define FJ_BASE_CONTENT_H

#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/x509.h"

/* A data asset certificate: number, serial, status entry and begin are drawn.  Its end is the term's
 * (years from its begin, fj_term_end), or with `ends` that second. */
struct fj_cert_content {
	enum fj_alg alg;
	const struct fj_asset *asset;
	const char *holder, *holder_name; /* code, and the name as the subject has it */
	int years;
	fj_time ends;                     /* 0: by years */
	struct fj_slice spki;             /* looked at when the key is the holder's (key_origin 1) */
};
enum fj_rc fj_content_certificate(const struct fj_cert_content *c, struct fj_hash *out, struct fj_err *err) FJ_MUST_USE;
/* The claims of an authorisation without those that are drawn. */
enum fj_rc fj_content_claims(const json_t *claims, struct fj_hash *out, struct fj_err *err) FJ_MUST_USE;
/* A later version that differs from the one before in certificates alone: of the assets, only which they are. */
enum fj_rc fj_content_rebound(const json_t *claims, struct fj_hash *out, struct fj_err *err) FJ_MUST_USE;
/* Another appliance's issuing CA: its key, operator (as the subject has it) and limits; serial and dates are drawn. */
enum fj_rc fj_content_subordinate(enum fj_alg alg, struct fj_slice spki, const char *operator_, const struct fj_limits *l, struct fj_hash *out, struct fj_err *err) FJ_MUST_USE;
/* The same of what a request asks for, within these limits. */
enum fj_rc fj_content_ca_request(const struct fj_ca_request *r, enum fj_alg alg, const struct fj_limits *l, struct fj_hash *out, struct fj_err *err) FJ_MUST_USE;
/* A license token: what its claims say but for what is drawn, counted or taken from the clock, with the days that it is
 * valid; new, the caller's.  FJ_E_INVALID: not a whole number of days. */
enum fj_rc fj_content_token_json(const json_t *claims, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* The same as a hash: of that content, of claims, and of a token that says the same once more under SM2. */
enum fj_rc fj_content_token_hash(const json_t *content, struct fj_hash *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_content_token(const json_t *claims, struct fj_hash *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_content_twin(const json_t *claims, struct fj_hash *out, struct fj_err *err) FJ_MUST_USE;
/* An entry that leaves a CRL, or is good again in a status list. */
void fj_content_serial(const uint8_t serial[16], struct fj_hash *out);
void fj_content_entry(const char *uri, uint32_t idx, struct fj_hash *out);
/* An act of the signer's own: "clock.reset", "log.restore", "key.roll:token", "key.end:token-sm2.1". */
void fj_content_act(const char *kind, struct fj_hash *out);

/* Member "act" of a payload that officers sign: which approval of which kind, and until when (UTC) it may be used. */
#define FJ_ACT_DAYS 31 /* it may lie that far ahead, at most */
struct fj_act {
	char approval[32], kind[40];
	fj_time until;
};
enum fj_rc fj_act_read(const json_t *payload, struct fj_act *out, struct fj_err *err) FJ_MUST_USE;

/* What a key signs, and the challenge of a passkey: SHA-256 of "fujie-approval-1\n", or when it refuses
 * "fujie-refusal-1\n", and the SHA-256 of the payload's canonical bytes. */
void fj_act_digest(bool refuse, const struct fj_hash *payload, struct fj_hash *out);

#endif
