/*
 * x509.h - a strict reader for certificates and CRLs of RFC 5280 as this house
 * uses them: ECDSA with SHA-256 or SM2 with SM3, keys on P-256, P-384 or SM2's
 * curve, each extension at most once, and only the extensions named below.
 *
 * It checks syntax, not trust: no signature, no date, no chain, no policy.  The
 * signer, the CA's lint and the verifier each hold their own policy over what
 * is read here; building is OpenSSL's, so reader and writer are two programs.
 * Everything in a result is borrowed from the input.
 */
#ifndef FJ_BASE_X509_H
#define FJ_BASE_X509_H

#include "base/der.h"

/* object identifiers, dotted */
#define FJ_OID_ECDSA_SHA256 "1.2.840.10045.4.3.2"
#define FJ_OID_SM2_SM3 "1.2.156.10197.1.501" /* GB/T 33560, GM/T 0006 */
#define FJ_OID_OCSP_SIGNING "1.3.6.1.5.5.7.3.9"
#define FJ_OID_CN "2.5.4.3"
#define FJ_OID_SERIALNUMBER "2.5.4.5"
#define FJ_OID_C "2.5.4.6"
#define FJ_OID_O "2.5.4.10"
#define FJ_OID_ORGID "2.5.4.97"

/* extensions, as bits of seen and critical */
enum {
	FJ_X_SKI = 1 << 0, FJ_X_AKI = 1 << 1, FJ_X_KU = 1 << 2, FJ_X_BC = 1 << 3, FJ_X_EKU = 1 << 4,
	FJ_X_POLICY = 1 << 5, FJ_X_CRLDP = 1 << 6, FJ_X_AIA = 1 << 7, FJ_X_SAN = 1 << 8,
	FJ_X_NOCHECK = 1 << 9, FJ_X_PRIVATE = 1 << 10, /* exactly one of another OID */
};
#define FJ_KU_SIGN (1u << 0) /* digitalSignature; bit i of RFC 5280 4.2.1.3 */
#define FJ_KU_CERT (1u << 5)
#define FJ_KU_CRL (1u << 6)
#define FJ_X509_MAX 16384 /* octets of a certificate */

/* The two algorithms of this house; a key signs by the one of its curve, and a signature that names the
 * other one is nobody's.  SM2 with the distinguishing identifier that GM/T 0009-2012 10 gives where none is agreed. */
enum fj_alg { FJ_ES256 = 1, FJ_SM2, FJ_ALG_END };
#define FJ_SM2_ID "1234567812345678"
/* What Z = SM3(this || x || y) begins with, the same for every key: SM2 signs e = SM3(Z || M) (GM/T 0003.2-2012 5.5). */
extern const struct fj_slice fj_sm2_head;
enum fj_curve { FJ_CURVE_OTHER = 0, FJ_CURVE_P256, FJ_CURVE_P384, FJ_CURVE_SM2 };
/* 0: none of ours signs with keys on it */
enum fj_alg fj_alg_of(enum fj_curve c);
/* "P-256", "SM2": names of a hierarchy, for people */
const char *fj_alg_name(enum fj_alg a);
/* What tells a hierarchy's files and addresses apart: "sm2-" before a number (crl/sm2-1.crl), "-sm2" after a name (root-sm2.pem);
 * both "" of P-256. */
const char *fj_alg_prefix(enum fj_alg a);
const char *fj_alg_suffix(enum fj_alg a);
/* the hierarchies of a home: FJ_ES256, and up to this one */
static inline enum fj_alg fj_last_alg(bool sm2)
{
	return sm2 ? FJ_SM2 : FJ_ES256;
}
/* Keys that an issuing CA can have, one after the other; and where below an appliance's address the certificate of each stands:
 * "/ca/issuing.cer", from the second generation on "/ca/issuing-2.cer", "/ca/issuing-sm2-2.cer". */
#define FJ_MAX_CAS 8
#define FJ_CA_FILE_CAP 40
void fj_ca_file(enum fj_alg a, unsigned generation, char out[FJ_CA_FILE_CAP]);
/* The same for whatever has generations: head, the algorithm's suffix, from the second on -N, tail: "/ca/root-sm2-2.cer". */
#define FJ_MAX_ROOTS 8 /* of a root */
void fj_generation_name(const char *head, enum fj_alg a, unsigned n, const char *tail, char out[FJ_CA_FILE_CAP]);

struct fj_x509 {
	enum fj_alg alg;                  /* that it is signed with */
	enum fj_curve curve;              /* of its key; FJ_CURVE_OTHER: a key that is no EC key */
	struct fj_slice tbs, sig;         /* whole TBSCertificate; DER SEQUENCE{r,s}, empty for a TBS alone */
	struct fj_slice serial;           /* INTEGER contents */
	struct fj_slice issuer, subject;  /* whole Name */
	fj_time not_before, not_after;
	struct fj_slice spki, key;        /* whole SubjectPublicKeyInfo; uncompressed point */
	unsigned seen, critical;
	struct fj_slice ski, aki;
	unsigned ku;
	bool ca;
	int pathlen;                      /* -1: none */
	char eku[64], policy[64];         /* the one purpose, the one policy */
	struct fj_slice crldp, ocsp, ca_issuers, san; /* URIs */
	char private_oid[64];
	struct fj_slice private_value;    /* contents of the extension's OCTET STRING */
};
/* FJ_E_PARSE with the section otherwise; two EKUs, two policies, a GeneralName that is
 * no URI, any other extension beyond one are not this house's and refused here. */
enum fj_rc fj_x509_read(struct fj_slice cert, struct fj_x509 *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_x509_read_tbs(struct fj_slice tbs, struct fj_x509 *out, struct fj_err *err) FJ_MUST_USE;
/* A SubjectPublicKeyInfo alone: its curve and point, by the same reader. */
enum fj_rc fj_spki_read(struct fj_slice spki, enum fj_curve *curve, struct fj_slice *key, struct fj_err *err) FJ_MUST_USE;
/* Of a certificate of anybody, whatever its algorithms and extensions: the whole SubjectPublicKeyInfo and the end of its
 * validity.  Nothing else of it is looked at. */
enum fj_rc fj_x509_key(struct fj_slice cert, struct fj_slice *spki, fj_time *not_after, struct fj_err *err) FJ_MUST_USE;
/* Value of the one attribute `oid` in a Name; FJ_E_NOTFOUND when absent, FJ_E_PARSE when
 * there are two or the text is over cap - 1 octets or not UTF-8. */
enum fj_rc fj_x509_name(struct fj_slice name, const char *oid, char *out, size_t cap, struct fj_err *err) FJ_MUST_USE;

/* dataAsset, docs/formats.md section 3 */
struct fj_asset {
	char number[41], asset_no[200], asset_name[804];
	uint32_t card_version;
	struct fj_hash card_hash;
	char class_scheme[33], class_code[17];
	unsigned holder_kind;                   /* 0..5 */
	unsigned rights, modes, restrictions;   /* bit i = named bit i */
	char region[7];
	unsigned key_origin;
	uint32_t status_index;
	char status_uri[201];
};
/* The codes of its numbers and named bits, in their order; each list ends with NULL. */
extern const char *const fj_holder_kinds[], *const fj_asset_rights[], *const fj_asset_modes[], *const fj_asset_restrictions[];
#define FJ_HOLDER_KINDS 6
enum fj_rc fj_asset_read(struct fj_slice value, struct fj_asset *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_asset_write(const struct fj_asset *a, struct fj_buf *out) FJ_MUST_USE;

/* CRL */
#define FJ_CRL_MAX FJ_DER_MAX
struct fj_crl {
	enum fj_alg alg;
	struct fj_slice tbs, sig, issuer;
	fj_time this_update, next_update;
	struct fj_slice aki, uri; /* URI of the critical issuingDistributionPoint, the only field in it */
	uint64_t number;
	struct fj_der entries;    /* walk a copy with fj_crl_next */
	size_t n;
};
struct fj_crl_entry {
	struct fj_slice serial;
	fj_time at;
	unsigned reason; /* RFC 5280 5.3.1; always given */
};
enum fj_rc fj_crl_read(struct fj_slice crl, struct fj_crl *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_crl_read_tbs(struct fj_slice tbs, struct fj_crl *out, struct fj_err *err) FJ_MUST_USE;
/* next entry; false at the end.  Entries were checked when the list was read. */
bool fj_crl_next(struct fj_der *walk, struct fj_crl_entry *e);

#endif
