/*
 * ca.h - the X.509 core: to-be-signed bytes by profile, lint, assembly, chains,
 * CRLs, OCSP.  It holds no key but a throw-away one per process; it never
 * talks to SQLite, HTTP or the TPM.  OpenSSL types stay inside this room.
 *
 * Flow: ca_*_tbs builds with the profile and the throw-away key, lints the
 * result and compares it with the input; the caller has the bytes signed;
 * ca_assemble joins TBS, algorithm and signature; ca_verify_signed_by checks it.
 */
#ifndef FJ_CA_H
#define FJ_CA_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/x509.h"

enum ca_profile { CA_ROOT = 1, CA_ISSUING, CA_DATA_ASSET, CA_TOKEN_SIGNER, CA_STATUS_SIGNER, CA_OCSP, CA_LOG_SIGNER, CA_SUBORDINATE, CA_CROSS, CA_PROFILE_END };

/* What all certificates of a home share. */
struct ca_home {
	bool demo;
	char arc[64];       /* dotted */
	char base[160];     /* BASE, no final slash */
	char operator_[200];/* O of CA certificates */
};

struct ca_serial {
	uint8_t b[16];
};
void ca_serial_new(struct ca_serial *s); /* fj_random; top bit clear, first octet not zero */

struct ca_cert_in {
	enum ca_profile profile;
	struct ca_serial serial;
	fj_time not_before, not_after;
	struct fj_slice spki;        /* subject key, DER; a root's decides the algorithm, else the issuer's key does */
	struct fj_slice issuer_cert; /* DER; empty for CA_ROOT */
	unsigned shard;              /* leaves */
	unsigned generation;         /* of the issuer's key, from 1; 0 is 1: it stands in the address of its certificate */
	/* CA_DATA_ASSET only: */
	char holder_name[484], usci[19];
	struct fj_asset asset;
	/* CA_SUBORDINATE only: another appliance's issuing CA, whose operator it is, and its limits */
	const char *operator_;
	const struct fj_limits *limits;
};
/* TBSCertificate into tbs (max 16 KiB); lints, and compares with `in`: anything
 * that differs or breaks RFC 5280 or the profile is FJ_E_INVALID with the section; what is beyond the
 * limits in the issuer's certificate is FJ_E_REFUSED with the limit. */
enum fj_rc ca_cert_tbs(const struct ca_home *h, const struct ca_cert_in *in, struct fj_buf *tbs, struct fj_err *err) FJ_MUST_USE;
/* A key made in memory, for the algorithm, whose private half is destroyed at once (keyOrigin none): its
 * SubjectPublicKeyInfo. */
enum fj_rc ca_ephemeral_spki(enum fj_alg alg, struct fj_buf *spki, struct fj_err *err) FJ_MUST_USE;
/* A holder's key from PKCS#10 (PEM or DER, 16 KiB at most; RFC 2986), with proof of
 * possession; refuses CA:TRUE or any requested extension that would decide CA flag or
 * EKU, and any key but P-256 and P-384, or with FJ_SM2 any but one of SM2, whose request
 * is signed with SM3 and the id 1234567812345678 (GM/T 0009-2012 10). */
enum fj_rc ca_request_key(struct fj_slice csr, enum fj_alg alg, struct fj_buf *spki, struct fj_err *err) FJ_MUST_USE;

/* A holder's key from what already bears it: a certificate (PEM or DER), a public key (PEM,
 * SubjectPublicKeyInfo) or a JWK (RFC 7517; EC, P-256 or P-384); 16 KiB at most.  Possession is
 * proved apart, by ca_proof_check. */
enum fj_rc ca_public_key(struct fj_slice file, struct fj_buf *spki, struct fj_err *err) FJ_MUST_USE;
/* Whatever was found of a key (found_key.c): a certificate, a request, a public or private key in PEM or DER, a JWK; 16 KiB at
 * most.  spki_sha256 is of the key as this house encodes it, of whatever form it came in.  No private half is kept anywhere;
 * `file` itself is the caller's to wipe.  FJ_E_INVALID: nothing of these, encrypted, or another curve. */
struct ca_found {
	bool read;                 /* false: nothing was */
	bool private_half;         /* it was in the file */
	bool certificate;          /* it was one, with this hash of the whole (x5t#S256) */
	struct fj_hash spki_sha256, certificate_sha256;
};
enum fj_rc ca_found_key(struct fj_slice file, struct ca_found *out, struct fj_err *err) FJ_MUST_USE;
/* the same of a P-256 point, x and y */
enum fj_rc ca_p256_hash(const uint8_t xy[64], struct fj_hash *out, struct fj_err *err) FJ_MUST_USE;
/* ECDSA with SHA-256 over text by that key; sig: DER ECDSA-Sig-Value.  FJ_E_SIGNATURE otherwise. */
enum fj_rc ca_proof_check(struct fj_slice spki, const char *text, struct fj_slice sig, struct fj_err *err) FJ_MUST_USE;

/* SEQUENCE { tbs, the algorithm that the TBS names, BIT STRING sig }: certificates and CRLs. */
enum fj_rc ca_assemble(struct fj_slice tbs, struct fj_slice der_sig, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* DER SEQUENCE{r,s} over text under a key, by the algorithm of the key.  FJ_E_SIGNATURE when it is not this key's. */
enum fj_rc ca_spki_verify(struct fj_slice spki, struct fj_slice text, struct fj_slice sig, struct fj_err *err) FJ_MUST_USE;
/* Signature of a certificate or CRL (DER) under the key of issuer_cert, by the algorithm of that key, which is the one it names. */
enum fj_rc ca_verify_signed_by(struct fj_slice signed_der, struct fj_slice issuer_cert, struct fj_err *err) FJ_MUST_USE;
/* The two CAs of a home, read and checked against each other once (RFC 5280 6.1: names,
 * key identifiers, CA flags, path length, key usage, signatures).  Owned by the caller;
 * used by several threads at once, since nothing in it changes. */
struct ca_trust;
/* roots: the one that is trusted, and where the issuing CA is under one that followed it, up to that one each as the one before
 * certified it; 1 to FJ_MAX_ROOTS */
enum fj_rc ca_trust_open(struct fj_slice issuing, const struct fj_slice *roots, size_t n, struct ca_trust **out, struct fj_err *err) FJ_MUST_USE;
void ca_trust_close(struct ca_trust *t);
FJ_DEFINE_AUTO_PTR(ca_trust, struct ca_trust, ca_trust_close)
/* A leaf under them at `now`: its signature, names, dates (the CAs' too).  Not checked:
 * revocation, and the profile (ca_lint). */
enum fj_rc ca_trust_check(const struct ca_trust *t, struct fj_slice leaf, fj_time now, struct fj_err *err) FJ_MUST_USE;
/* The key of a certificate, decoded once, to verify many signatures with. */
struct ca_key;
enum fj_rc ca_key_open(struct fj_slice cert, struct ca_key **out, struct fj_err *err) FJ_MUST_USE;
void ca_key_close(struct ca_key *k);
FJ_DEFINE_AUTO_PTR(ca_key, struct ca_key, ca_key_close)
enum fj_alg ca_key_alg(const struct ca_key *k);
/* By the key's algorithm over data; sig: DER SEQUENCE{r,s}.  FJ_E_SIGNATURE when it is not this key's. */
enum fj_rc ca_key_verify(const struct ca_key *k, struct fj_slice data, struct fj_slice sig, struct fj_err *err) FJ_MUST_USE;
/* What a TPM is given to sign: SHA-256, or SM3 over Z of the key xy and the data (GM/T 0003.2-2012 5.5). */
enum fj_rc ca_digest(enum fj_alg alg, const uint8_t xy[64], struct fj_slice data, struct fj_hash *out, struct fj_err *err) FJ_MUST_USE;
/* ECDSA (r || s) over a digest under a point of P-256; a fj_verify_fn (base/plan.h).  FJ_E_SIGNATURE, also for what is no point. */
enum fj_rc ca_point_verify(void *unused, const uint8_t xy[64], const struct fj_hash *digest, const uint8_t sig[64], struct fj_err *err);
/* RFC 5280 and the profile on a whole certificate; FJ_E_INVALID names the section. */
enum fj_rc ca_lint(const struct ca_home *h, enum ca_profile profile, struct fj_slice cert, struct fj_err *err) FJ_MUST_USE;
/* A canary of every profile is built and linted: run at start (lesson 3). */
enum fj_rc ca_canary(const struct ca_home *h, struct fj_err *err) FJ_MUST_USE;

struct ca_info { /* what a stored certificate says, for lists and pages */
	struct ca_serial serial;
	fj_time not_before, not_after;
	struct fj_hash sha256, spki_sha256;
	char subject_cn[260];
};
enum fj_rc ca_cert_info(struct fj_slice cert, struct ca_info *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc ca_pem(const char *label, struct fj_slice der, struct fj_buf *pem, struct fj_err *err) FJ_MUST_USE;
/* first PEM block of that label; FJ_E_PARSE when none */
enum fj_rc ca_unpem(const char *label, struct fj_slice pem, struct fj_buf *der, struct fj_err *err) FJ_MUST_USE;

/* --- profiles as data (profile.c): what building and linting read, and the practice statement prints --- */
struct ca_profile_row {
	enum ca_profile id;
	const char *name;
	int years;            /* validity at most; 0: `days` */
	int days;
	bool ca;
	int pathlen;          /* -1: none */
	unsigned ku;
	const char *eku;      /* ".2.1" under the arc, or a whole OID, or NULL */
	unsigned wants;       /* FJ_X_ bits that must be there; nothing else may */
	const char *cn, *cn_demo; /* NULL: from the asset */
};
const struct ca_profile_row *ca_profile_find(enum ca_profile id); /* NULL: none */
/* the purpose and the policy of a home, dotted */
enum fj_rc ca_profile_eku(const struct ca_home *h, const struct ca_profile_row *p, char *out, size_t cap) FJ_MUST_USE;
enum fj_rc ca_profile_policy(const struct ca_home *h, char *out, size_t cap) FJ_MUST_USE;
/* an extension by its FJ_X_ bit; oid ".1.1" is under the arc */
struct ca_extension {
	unsigned bit;
	const char *name, *oid;
	bool critical;
};
const struct ca_extension *ca_extension_find(unsigned bit, bool ca); /* ca: as a CA certificate has it; NULL: none */
/* AlgorithmIdentifier of signatures, whole: a SEQUENCE of one OID */
struct fj_slice ca_algorithm(enum fj_alg alg);

/* --- term.c --- */
/* What of an appliance's own ends: "root", "issuing", "subordinate", "token", "status", "log", "ocsp" (certificates), "root.crl". */
struct ca_term {
	const char *what;
	int64_t soon, urgent; /* seconds before its end */
	const char *clause;   /* where a practice statement promises it */
};
enum ca_level { CA_FINE, CA_SOON, CA_URGENT, CA_OVER };
const struct ca_term *ca_term_of(const char *what); /* NULL: there is none of that name */
/* of what has so many seconds left: over only when less than none is left, since an end is the last valid second */
enum ca_level ca_term_level(const struct ca_term *t, int64_t left);

/* CRL */
struct ca_revoked {
	struct ca_serial serial;
	fj_time at;
	unsigned reason; /* RFC 5280 5.3.1, never 0 or 8 */
};
struct ca_crl_in {
	struct fj_slice issuer_cert;
	uint64_t number;
	fj_time this_update, next_update;
	char uri[201]; /* IDP fullName */
	const struct ca_revoked *revoked;
	size_t n_revoked;
};
enum fj_rc ca_crl_tbs(const struct ca_crl_in *in, struct fj_buf *tbs, struct fj_err *err) FJ_MUST_USE;

/* OCSP (RFC 6960, 9919, 9654).  A request is parsed once; the caller looks every
 * serial up; the response data is built, signed elsewhere, and assembled. */
#define CA_OCSP_MAX_IDS 16
#define CA_OCSP_LIFE 3600 /* seconds that an answer is good for */
enum ca_ocsp_state { CA_OCSP_GOOD, CA_OCSP_REVOKED, CA_OCSP_UNKNOWN };
struct ca_ocsp_id {
	bool our_issuer;         /* name and key hash match issuer_cert */
	bool serial_ok;          /* 16 octets: could be ours */
	struct ca_serial serial;
	struct fj_slice raw;     /* CertID as sent, borrowed from the request */
	/* filled by the caller: */
	enum ca_ocsp_state state;
	fj_time revoked_at;
	unsigned reason;
};
struct ca_ocsp_req {
	struct ca_ocsp_id id[CA_OCSP_MAX_IDS];
	size_t n;
	struct fj_slice nonce; /* 1..128 octets or empty */
};
enum fj_rc ca_ocsp_parse(struct fj_slice der, struct fj_slice issuer_cert, struct ca_ocsp_req *out, struct fj_err *err) FJ_MUST_USE;
/* ResponseData (to-be-signed) */
enum fj_rc ca_ocsp_tbs(const struct ca_ocsp_req *r, struct fj_slice responder_cert, fj_time produced,
    fj_time next_update, struct fj_buf *tbs, struct fj_err *err) FJ_MUST_USE;
/* OCSPResponse(successful) with the responder certificate inside */
enum fj_rc ca_ocsp_assemble(struct fj_slice tbs, struct fj_slice der_sig, struct fj_slice responder_cert, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* unsigned: 1 malformedRequest, 2 internalError, 3 tryLater, 6 unauthorized */
enum fj_rc ca_ocsp_error(int status, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;

#endif
