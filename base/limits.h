/*
 * limits.h - the limits of a subordinate issuing CA, as its root has set them (docs/formats.md 27):
 * the extension caLimits of its certificate, and the request by which it asks for one.
 *
 * One reader and one set of comparisons for all who have to hold a CA to its limits: the register
 * and the signer of the subordinate, the lint, every verifier, the officer's tool.  A refusal names
 * the limit.  Nothing is verified here but form: the certificate's signature and the request's are
 * the caller's to check.
 */
#ifndef FJ_BASE_LIMITS_H
#define FJ_BASE_LIMITS_H

#include "base/json.h"
#include "base/x509.h"

struct fj_limits {
	char division[7];   /* 2, 4 or 6 digits: the division's code of GB/T 2260 begins with them */
	unsigned holders;   /* bit i: holder kind i (fj_holder_kinds); at least one */
	char base[161];     /* the one address under which all that the CA vouches for is published */
};
/* Contents of the extension.  FJ_E_PARSE with what is wrong. */
enum fj_rc fj_limits_read(struct fj_slice value, struct fj_limits *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_limits_write(const struct fj_limits *l, struct fj_buf *out) FJ_MUST_USE;
/* Of a CA certificate that was read: *there is false when it has no private extension, which sets no limit.  Any other
 * private extension than ARC.1.2, ARC by the certificate's policy, is FJ_E_INVALID. */
enum fj_rc fj_limits_of(const struct fj_x509 *ca, bool *there, struct fj_limits *out, struct fj_err *err) FJ_MUST_USE;
/* Holders are given by their kinds' codes: "ADMIN,INST". */
enum fj_rc fj_limits_make(const char *division, const char *holders, const char *base, struct fj_limits *out, struct fj_err *err) FJ_MUST_USE;
/* "ADMIN,INST" again */
void fj_limits_holders(const struct fj_limits *l, char out[64]);
bool fj_limits_same(const struct fj_limits *a, const struct fj_limits *b);
/* nothing that `wide` does not allow, at the same address */
bool fj_limits_within(const struct fj_limits *l, const struct fj_limits *wide);
/* For people, in one line each language. */
void fj_limits_words(const struct fj_limits *l, bool zh, char out[512]);

/* What the CA may do; FJ_E_REFUSED with the limit in both languages. */
enum fj_rc fj_limits_region(const struct fj_limits *l, const char *div6, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_limits_holder(const struct fj_limits *l, unsigned kind, struct fj_err *err) FJ_MUST_USE;
/* a certificate's or authorisation's number has the division of its issuer */
enum fj_rc fj_limits_number(const struct fj_limits *l, const char *number, struct fj_err *err) FJ_MUST_USE;
/* the address itself, or something below it */
enum fj_rc fj_limits_address(const struct fj_limits *l, struct fj_slice uri, struct fj_err *err) FJ_MUST_USE;
/* a whole dataAsset: number, region, holder kind, status list */
enum fj_rc fj_limits_asset(const struct fj_limits *l, const struct fj_asset *a, struct fj_err *err) FJ_MUST_USE;
/* claims of a token or an authorisation: issuer, and every number in them */
enum fj_rc fj_limits_claims(const struct fj_limits *l, const json_t *claims, struct fj_err *err) FJ_MUST_USE;

/* --- the request --- */
#define FJ_CA_REQUEST_MAX 16384
#define FJ_CA_REQUEST_HEAD "fujie-ca-request-1\n"
#define FJ_CA_FORMER_HEAD "fujie-ca-former-1\n" /* before what the former key signs, when a CA asks for its newer one */
struct fj_ca_request {
	bool demo, sm2;
	char arc[64], base[161], operator_[64 * 4 + 1];
	struct fj_hash root[FJ_ALG_END];        /* SHA-256 of the root certificates that are to certify it */
	struct fj_limits limits;
	fj_time made;
	struct fj_buf spki[FJ_ALG_END], sig[FJ_ALG_END]; /* of the issuing keys; DER over what is signed */
	bool follows;                           /* of a CA that was certified before: its former keys have signed too */
	struct fj_buf former[FJ_ALG_END];       /* their signatures */
	struct fj_buf text;                     /* what each key signs: FJ_CA_REQUEST_HEAD and the canonical request */
	bool by_former;                         /* what a signer was given is for its former key: the text has FJ_CA_FORMER_HEAD */
};
void fj_ca_request_release(struct fj_ca_request *r);
FJ_DEFINE_AUTO(fj_ca_request, struct fj_ca_request, fj_ca_request_release)
/* {"request":{…},"signatures":[{"alg","sig"}],"former":[…]}: exactly the members, the last one optional; a signature by each key,
 * and by each that there was before, which the caller verifies. */
enum fj_rc fj_ca_request_read(struct fj_slice file, struct fj_ca_request *out, struct fj_err *err) FJ_MUST_USE;
/* what the former keys have signed of it */
enum fj_rc fj_ca_request_former_text(const struct fj_ca_request *r, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* What a signer is given: one of the heads and the request, canonical; no signatures. */
enum fj_rc fj_ca_request_read_text(struct fj_slice text, struct fj_ca_request *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_ca_request_copy(const struct fj_ca_request *r, struct fj_ca_request *out, struct fj_err *err) FJ_MUST_USE;
/* the object "request" of what r says (spki, not sig); the caller's, NULL when memory is out */
json_t *fj_ca_request_json(const struct fj_ca_request *r);

#endif
