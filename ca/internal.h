/*
 * internal.h - what the files of ca/ share.  OpenSSL types stay here.
 */
#ifndef FJ_CA_INTERNAL_H
#define FJ_CA_INTERNAL_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "ca/ca.h"

FJ_DEFINE_AUTO_PTR(x509, X509, X509_free)
FJ_DEFINE_AUTO_PTR(x509_crl, X509_CRL, X509_CRL_free)
FJ_DEFINE_AUTO_PTR(x509_req, X509_REQ, X509_REQ_free)
FJ_DEFINE_AUTO_PTR(x509_name, X509_NAME, X509_NAME_free)
FJ_DEFINE_AUTO_PTR(evp_pkey, EVP_PKEY, EVP_PKEY_free)
FJ_DEFINE_AUTO_PTR(asn1_time, ASN1_TIME, ASN1_TIME_free)
FJ_DEFINE_AUTO_PTR(asn1_int, ASN1_INTEGER, ASN1_INTEGER_free)

/* FJ_E_CRYPTO with OpenSSL's own code, its queue emptied */
enum fj_rc ca_fail_ssl(struct fj_err *err, const char *what);
/* the process's throw-away key of an algorithm: signs what the TPM will sign again */
EVP_PKEY *ca_throwaway(enum fj_alg alg);
/* A context that signs (or verifies) by the algorithm of the key, with the distinguishing identifier for SM2; NULL: the
 * key is none of ours, or memory is out.  ca_context_free frees it. */
EVP_MD_CTX *ca_context(EVP_PKEY *key, bool sign);
void ca_context_free(EVP_MD_CTX *ctx);
FJ_DEFINE_AUTO_PTR(ca_context, EVP_MD_CTX, ca_context_free)
/* SHA-1 of the key bits: RFC 5280 4.2.1.2 (1) */
void ca_key_id(struct fj_slice key_bits, uint8_t out[20]);

/* last second that a certificate of this profile from not_before may be valid */
fj_time ca_profile_end(const struct ca_profile_row *p, fj_time not_before);

/* lint of what was read; the intent's comparison is ca_compare */
enum fj_rc ca_lint_view(const struct ca_home *h, const struct ca_profile_row *p, const struct fj_x509 *x, struct fj_err *err) FJ_MUST_USE;
/* a data asset certificate within the limits of its issuer */
enum fj_rc ca_limits_view(const struct fj_limits *l, const struct fj_x509 *x, struct fj_err *err) FJ_MUST_USE;
/* text cut to n code points */
void ca_cut(const char *in, size_t n, char *out, size_t cap);

#endif
