/*
 * attest_ek.c - does an endorsement certificate come from a vendor of TPMs?  (TCG EK Credential Profile 2.5)
 *
 * Whose roots are vendors' is the caller's to say: names are forgeable both ways, and what lies in a trust folder was put
 * there by the appliance.  A chain that swtpm's tools made is a software TPM's whoever vouches for it.  Dates are
 * not asked for: the certificate says who made the chip, and the chip outlives it.
 */
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "verifier/attestation.h"
#include "verifier/internal.h"

#define MAX_VENDORS 2000 /* certificates of a vendors' file */

static void x509_release(X509 **x)
{
	X509_free(*x);
}
FJ_DEFINE_AUTO(x509, X509 *, x509_release)

static X509 *parse(struct fj_slice der)
{
	const uint8_t *p = der.p;
	X509 *x = der.len == 0 ? NULL : d2i_X509(NULL, &p, (long)der.len);

	if (x != NULL && p == der.p + der.len)
		return x;
	X509_free(x);
	return NULL;
}

/* as RFC 4514 writes it, without control characters */
static void name_text(const X509_NAME *n, char *out, size_t cap)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *p = NULL;
	long len = b != NULL && X509_NAME_print_ex(b, n, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0 ? BIO_get_mem_data(b, &p) : 0;
	size_t k = 0;

	for (long i = 0; i < len && k + 1 < cap; i++)
		out[k++] = (unsigned char)p[i] < 0x20 || p[i] == 0x7f ? '?' : p[i];
	out[k] = '\0';
	while (k > 0 && !fj_utf8_valid(fj_slice_str(out)))
		out[--k] = '\0';
	BIO_free(b);
}

static bool swtpm(const X509 *x)
{
	char subject[400], issuer[400];

	name_text(X509_get_subject_name(x), subject, sizeof(subject));
	name_text(X509_get_issuer_name(x), issuer, sizeof(issuer));
	return strcasestr(subject, "swtpm") != NULL || strcasestr(issuer, "swtpm") != NULL;
}

/* tcg-kp-EKCertificate, where it says a purpose at all; no CA */
static bool is_ek(X509 *x)
{
	EXTENDED_KEY_USAGE *eku = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
	bool found = eku == NULL;
	char oid[64];

	for (int i = 0; eku != NULL && i < sk_ASN1_OBJECT_num(eku); i++)
		found = found || (OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(eku, i), 1) > 0 && strcmp(oid, "2.23.133.8.1") == 0);
	EXTENDED_KEY_USAGE_free(eku);
	return found && X509_check_ca(x) == 0;
}

/* self-signed ones are trusted, the others may lie between */
static void add_vendors(struct fj_slice pem, X509_STORE *roots, STACK_OF(X509) *between)
{
	for (int i = 0; i < MAX_VENDORS; i++) {
		FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
		enum fj_rc rc = ver_pem_next(&pem, "CERTIFICATE", &der, NULL);
		if (rc == FJ_E_NOTFOUND)
			return;
		X509 *x = rc == FJ_OK ? parse(fj_buf_slice(&der)) : NULL;
		if (x != NULL && X509_self_signed(x, 1) == 1)
			X509_STORE_add_cert(roots, x);
		else if (x != NULL && sk_X509_push(between, x) > 0)
			continue; /* the stack's */
		X509_free(x);
	}
}

/* true: a path to a root; *soft: with a certificate of swtpm in it */
static bool leads_to_vendor(X509 *ek, struct fj_slice vendors, bool *soft)
{
	X509_STORE *roots = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *between = sk_X509_new_null();
	bool ok = roots != NULL && ctx != NULL && between != NULL;

	if (ok)
		add_vendors(vendors, roots, between);
	ok = ok && X509_STORE_CTX_init(ctx, roots, ek, between) == 1;
	if (ok)
		X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_NO_CHECK_TIME);
	ok = ok && X509_verify_cert(ctx) == 1;
	const STACK_OF(X509) *chain = ok ? X509_STORE_CTX_get0_chain(ctx) : NULL;
	for (int i = 0; ok && i < sk_X509_num(chain); i++)
		*soft = *soft || swtpm(sk_X509_value(chain, i));
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(roots);
	sk_X509_pop_free(between, X509_free);
	return ok;
}

/* the parameters of a public key: modulus and exponent, or curve and point */
static bool push_key(OSSL_PARAM_BLD *b, const struct fj_ek *k, BIGNUM **n, BIGNUM **e)
{
	uint8_t point[1 + 2 * 48] = {4};
	size_t size = k->curve == 4 ? 48 : 32;

	if (k->rsa) {
		*n = BN_bin2bn(k->modulus.p, (int)k->modulus.len, NULL);
		*e = BN_new();
		return *n != NULL && *e != NULL && BN_set_word(*e, RSA_F4) == 1 && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, *n) == 1 && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, *e) == 1;
	}
	memcpy(point + 1 + size - k->x.len, k->x.p, k->x.len);
	memcpy(point + 1 + 2 * size - k->y.len, k->y.p, k->y.len);
	return OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, k->curve == 4 ? "P-384" : "P-256", 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * size) == 1;
}

enum fj_rc ver_ek_key(const struct fj_ek *k, EVP_PKEY **out, struct fj_err *err)
{
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, k->rsa ? "RSA" : "EC", NULL);
	BIGNUM *n = NULL, *e = NULL;
	OSSL_PARAM *params = b != NULL && push_key(b, k, &n, &e) ? OSSL_PARAM_BLD_to_param(b) : NULL;

	*out = NULL;
	bool ok = params != NULL && ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, out, EVP_PKEY_PUBLIC_KEY, params) == 1;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	BN_free(n);
	BN_free(e);
	EVP_PKEY_CTX_free(ctx);
	return ok ? FJ_OK : fj_refuse(err, FJ_E_INVALID, "verify", "TPM 2.0 Part 2, 12.2.3.5", "the endorsement key is no key of its algorithm", "背书密钥不是其算法的有效密钥");
}

bool ver_ek_of(const struct fj_ek *k, struct fj_slice der)
{
	FJ_AUTO(x509) x = parse(der);
	EVP_PKEY *key = NULL;
	bool same = x != NULL && X509_get0_pubkey(x) != NULL && ver_ek_key(k, &key, NULL) == FJ_OK && EVP_PKEY_eq(key, X509_get0_pubkey(x)) == 1;

	EVP_PKEY_free(key);
	return same;
}

bool ver_vendors_any(struct fj_slice pem)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(x509) x = ver_pem_next(&pem, "CERTIFICATE", &der, NULL) == FJ_OK ? parse(fj_buf_slice(&der)) : NULL;

	return x != NULL;
}

enum fj_rc ver_endorsed(struct ver_endorsement *e, struct fj_slice vendors, struct fj_err *err)
{
	FJ_AUTO(x509) ek = parse(fj_buf_slice(&e->der));

	if (ek == NULL)
		return fj_refuse(err, FJ_E_INVALID, "verify", "TCG EK Credential Profile 3.2", "what the TPM has for an endorsement certificate is no certificate", "TPM 中的背书证书不是合规的证书");
	name_text(X509_get_issuer_name(ek), e->issuer, sizeof(e->issuer));
	if (!is_ek(ek))
		return fj_refuse(err, FJ_E_INVALID, "verify", "TCG EK Credential Profile 3.2", "the certificate is not for an endorsement key", "该证书不是背书密钥证书");
	bool soft = swtpm(ek);
	e->vendor = !soft && leads_to_vendor(ek, vendors, &soft) && !soft;
	if (soft)
		return fj_refuse(err, FJ_E_NOTFOUND, "verify", "formats.md 23", "the endorsement certificate is a software TPM's (swtpm)", "背书证书出自软件 TPM（swtpm）");
	return e->vendor ? FJ_OK
	    : fj_refuse(err, FJ_E_NOTFOUND, "verify", "formats.md 23", "the endorsement certificate does not lead to a vendor's root that is known here; name one with --vendors", "背书证书未能上溯至已知厂商的根证书；可用 --vendors 指定");
}
