/*
 * cert.c - to-be-signed certificates by profile.
 *
 * The structure is built by OpenSSL, signed with the throw-away key so that the
 * algorithm is encoded as it will be, taken apart again by our own reader,
 * linted against the profile and compared with the intent field by field.  What
 * the officers approved is then what the TPM is asked to sign, or nothing is.
 */
#include "ca/internal.h"

#include <openssl/asn1.h>

#include "base/secret.h"

static enum fj_rc add_ext(X509 *x, const char *oid, bool critical, const struct fj_buf *der, struct fj_err *err)
{
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *v = ASN1_OCTET_STRING_new();
	X509_EXTENSION *e = NULL;

	bool ok = o != NULL && v != NULL && ASN1_OCTET_STRING_set(v, der->data, (int)der->len) == 1 &&
	    (e = X509_EXTENSION_create_by_OBJ(NULL, o, critical, v)) != NULL && X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(v);
	ASN1_OBJECT_free(o);
	return ok ? FJ_OK : ca_fail_ssl(err, "add an extension");
}

/* wraps what b holds into one element of `tag` */
static enum fj_rc wrap(struct fj_buf *b, int tag)
{
	FJ_AUTO(buf) tmp = FJ_BUF_INIT(FJ_X509_MAX);

	FJ_TRY(fj_der_put(&tmp, tag, fj_buf_slice(b)));
	fj_buf_clear(b);
	return fj_buf_put(b, tmp.data, tmp.len);
}

static enum fj_rc put_oid(struct fj_buf *b, const char *dotted)
{
	FJ_AUTO(buf) c = FJ_BUF_INIT(128);

	FJ_TRY(fj_der_oid_encode(dotted, &c));
	return fj_der_put(b, FJ_DER_OID, fj_buf_slice(&c));
}

static enum fj_rc der_constraints(const struct ca_profile_row *p, struct fj_buf *b)
{
	static const uint8_t yes = 0xff;

	FJ_TRY(fj_der_put(b, FJ_DER_BOOLEAN, FJ_SLICE(&yes, 1)));
	FJ_TRY(fj_der_put_uint(b, (uint64_t)p->pathlen));
	return wrap(b, FJ_DER_SEQ);
}

static enum fj_rc der_usage(unsigned ku, struct fj_buf *b)
{
	static const uint8_t sign[] = {7, 0x80}, ca[] = {1, 0x06};

	return fj_der_put(b, FJ_DER_BITS, ku == FJ_KU_SIGN ? FJ_SLICE(sign, 2) : FJ_SLICE(ca, 2));
}

static enum fj_rc der_oids(const char *oid, int depth, struct fj_buf *b)
{
	FJ_TRY(put_oid(b, oid));
	while (depth-- > 0)
		FJ_TRY(wrap(b, FJ_DER_SEQ));
	return FJ_OK;
}

static enum fj_rc der_point(const char *uri, struct fj_buf *b)
{
	FJ_TRY(fj_der_put(b, FJ_DER_CTXP(6), fj_slice_str(uri)));
	FJ_TRY(wrap(b, FJ_DER_CTX(0)));
	FJ_TRY(wrap(b, FJ_DER_CTX(0)));
	FJ_TRY(wrap(b, FJ_DER_SEQ));
	return wrap(b, FJ_DER_SEQ);
}

static enum fj_rc der_access(const char *ocsp, const char *issuers, struct fj_buf *b)
{
	const char *oid[] = {"1.3.6.1.5.5.7.48.1", "1.3.6.1.5.5.7.48.2"}, *uri[] = {ocsp, issuers};

	for (int i = 0; i < 2; i++) {
		FJ_AUTO(buf) one = FJ_BUF_INIT(1024);
		if (uri[i] == NULL)
			continue;
		FJ_TRY(put_oid(&one, oid[i]));
		FJ_TRY(fj_der_put(&one, FJ_DER_CTXP(6), fj_slice_str(uri[i])));
		FJ_TRY(fj_der_put(b, FJ_DER_SEQ, fj_buf_slice(&one)));
	}
	return wrap(b, FJ_DER_SEQ);
}

struct building {
	const struct ca_home *h;
	const struct ca_cert_in *in;
	const struct ca_profile_row *p;
	struct fj_x509 issuer; /* read from in->issuer_cert; root: unused */
	bool limited;          /* the issuer is a subordinate CA, with these limits */
	struct fj_limits limits;
	enum fj_alg alg;
	uint8_t ski[20];
	X509 *x;
};

static enum fj_rc issuer_uris(const struct building *w, char crl[240], char ca[240])
{
	const char *suffix = fj_alg_suffix(w->alg);
	int n = w->p->ca ? snprintf(crl, 240, "%s/crl/root%s.crl", w->h->base, suffix)
	    : snprintf(crl, 240, "%s/crl/%s%u.crl", w->h->base, fj_alg_prefix(w->alg), w->in->shard);
	char file[FJ_CA_FILE_CAP];

	fj_generation_name(w->p->ca ? "/ca/root" : "/ca/issuing", w->alg, w->in->generation, ".cer", file);
	int m = snprintf(ca, 240, "%s%s", w->h->base, file);

	return n > 0 && n < 201 && m > 0 && m < 201 ? FJ_OK : FJ_E_LIMIT;
}

/* the value of one extension */
static enum fj_rc ext_value(const struct building *w, unsigned bit, struct fj_buf *b)
{
	char crl[240], ca[240], ocsp[240], oid[80];

	FJ_TRY(issuer_uris(w, crl, ca));
	snprintf(ocsp, sizeof(ocsp), "%s/ocsp", w->h->base);
	switch (bit) {
	case FJ_X_SKI:
		return fj_der_put(b, FJ_DER_OCTETS, FJ_SLICE(w->ski, 20));
	case FJ_X_AKI:
		FJ_TRY(fj_der_put(b, FJ_DER_CTXP(0), w->issuer.ski));
		return wrap(b, FJ_DER_SEQ);
	case FJ_X_KU:
		return der_usage(w->p->ku, b);
	case FJ_X_BC:
		return der_constraints(w->p, b);
	case FJ_X_EKU:
		FJ_TRY(ca_profile_eku(w->h, w->p, oid, sizeof(oid)));
		return der_oids(oid, 1, b);
	case FJ_X_POLICY:
		FJ_TRY(ca_profile_policy(w->h, oid, sizeof(oid)));
		return der_oids(oid, 2, b);
	case FJ_X_CRLDP:
		return der_point(crl, b);
	case FJ_X_AIA:
		return der_access(w->p->ca ? NULL : ocsp, ca, b);
	case FJ_X_SAN:
		FJ_TRY(fj_der_put(b, FJ_DER_CTXP(6), fj_slice_str(w->h->base)));
		return wrap(b, FJ_DER_SEQ);
	default: /* FJ_X_NOCHECK */
		return fj_der_put(b, FJ_DER_NULL, FJ_SLICE("", 0));
	}
}

static enum fj_rc add_extensions(const struct building *w, struct fj_err *err)
{
	for (unsigned bit = 1; bit < FJ_X_PRIVATE; bit <<= 1) {
		FJ_AUTO(buf) b = FJ_BUF_INIT(4096);
		const struct ca_extension *e = ca_extension_find(bit, w->p->ca);
		if (!(w->p->wants & bit) || e == NULL)
			continue;
		if (ext_value(w, bit, &b) != FJ_OK)
			return fj_fail(err, FJ_E_INVALID, "ca", "RFC 5280 4.2", "the public base address is longer than 160 octets, or memory is out");
		FJ_TRY(add_ext(w->x, e->oid, e->critical, &b, err));
	}
	if (!(w->p->wants & FJ_X_PRIVATE))
		return FJ_OK;
	FJ_AUTO(buf) b = FJ_BUF_INIT(4096);
	char oid[80];
	int n = snprintf(oid, sizeof(oid), "%s%s", w->h->arc, ca_extension_find(FJ_X_PRIVATE, w->p->ca)->oid);
	enum fj_rc rc = w->p->ca ? fj_limits_write(w->in->limits, &b) : fj_asset_write(&w->in->asset, &b);
	if (n < 0 || (size_t)n >= sizeof(oid) || rc != FJ_OK)
		return fj_fail(err, FJ_E_INVALID, "ca", "formats.md 3", "what the private extension says does not fit into it");
	return add_ext(w->x, oid, false, &b, err);
}

static bool add_rdn(X509_NAME *n, const char *oid, int type, const char *value)
{
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
	bool ok = o != NULL && X509_NAME_add_entry_by_OBJ(n, o, type, (const uint8_t *)value, -1, -1, 0) == 1;

	ASN1_OBJECT_free(o);
	return ok;
}

static enum fj_rc own_issuer(const struct building *w, struct fj_err *err)
{
	const uint8_t *p = w->issuer.subject.p;
	FJ_AUTO(x509_name) name = d2i_X509_NAME(NULL, &p, (long)w->issuer.subject.len);

	return name != NULL && X509_set_subject_name(w->x, name) == 1 ? FJ_OK : ca_fail_ssl(err, "set the subject");
}

static enum fj_rc set_subject(const struct building *w, struct fj_err *err)
{
	X509_NAME *n = X509_get_subject_name(w->x);
	char o[64 * 4 + 1], cn[64 * 4 + 1], orgid[40];
	const struct ca_cert_in *in = w->in;
	bool leaf = w->p->id == CA_DATA_ASSET, other = w->p->id == CA_SUBORDINATE;

	ca_cut(leaf ? in->holder_name : other ? in->operator_ : w->h->operator_, 64, o, sizeof(o));
	ca_cut(leaf ? in->asset.asset_name : w->h->demo ? w->p->cn_demo : w->p->cn, 64, cn, sizeof(cn));
	if (other)
		snprintf(cn + strlen(cn), sizeof(cn) - strlen(cn), " %s", in->limits->division);
	if (!leaf && w->alg == FJ_SM2 && strlen(cn) + 4 < sizeof(cn))
		memcpy(cn + strlen(cn), " SM2", 5);
	snprintf(orgid, sizeof(orgid), "NTRCN-%s", in->usci);
	if (w->p->id == CA_CROSS) /* the issuer's own name: it is issued to itself (RFC 5280 3.2) */
		return own_issuer(w, err);
	bool ok = add_rdn(n, FJ_OID_C, V_ASN1_PRINTABLESTRING, "CN") && add_rdn(n, FJ_OID_O, V_ASN1_UTF8STRING, o);
	if (ok && leaf)
		ok = add_rdn(n, FJ_OID_ORGID, V_ASN1_UTF8STRING, orgid) &&
		    add_rdn(n, FJ_OID_SERIALNUMBER, V_ASN1_PRINTABLESTRING, in->asset.number);
	return ok && add_rdn(n, FJ_OID_CN, V_ASN1_UTF8STRING, cn) ? FJ_OK : ca_fail_ssl(err, "set the subject");
}

static enum fj_rc set_issuer(const struct building *w, struct fj_err *err)
{
	if (w->p->id == CA_ROOT)
		return X509_set_issuer_name(w->x, X509_get_subject_name(w->x)) == 1 ? FJ_OK : ca_fail_ssl(err, "set the issuer");
	const uint8_t *p = w->issuer.subject.p;
	FJ_AUTO(x509_name) name = d2i_X509_NAME(NULL, &p, (long)w->issuer.subject.len);
	return name != NULL && X509_set_issuer_name(w->x, name) == 1 ? FJ_OK : ca_fail_ssl(err, "set the issuer");
}

/* The key as it stands in the intent, without a decoder between: the strict reader
 * looks at it before anything is signed, and ca_request_key or ca_ephemeral_spki made it. */
static bool set_key(X509 *x, struct fj_slice spki)
{
	X509_PUBKEY *key = X509_get_X509_PUBKEY(x);
	struct fj_der d, s, alg;
	struct fj_slice bits, curve;
	unsigned unused;

	fj_der_init(&d, spki);
	if (fj_der_enter(&d, FJ_DER_SEQ, &s, NULL) != FJ_OK || fj_der_enter(&s, FJ_DER_SEQ, &alg, NULL) != FJ_OK ||
	    fj_der_get(&alg, FJ_DER_OID, NULL, NULL, NULL) != FJ_OK || fj_der_get(&alg, FJ_DER_OID, NULL, &curve, NULL) != FJ_OK ||
	    fj_der_bits(&s, &bits, &unused, NULL) != FJ_OK)
		return false;
	const uint8_t *p = curve.p;
	ASN1_OBJECT *group = d2i_ASN1_OBJECT(NULL, &p, (long)curve.len);
	uint8_t *point = OPENSSL_memdup(bits.p, bits.len);
	if (group == NULL || point == NULL ||
	    X509_PUBKEY_set0_param(key, OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT, group, point, (int)bits.len) != 1) {
		ASN1_OBJECT_free(group);
		OPENSSL_free(point);
		return false;
	}
	return true; /* both belong to the certificate now */
}

static enum fj_rc set_basics(const struct building *w, struct fj_err *err)
{
	const struct ca_cert_in *in = w->in;
	BIGNUM *bn = BN_bin2bn(in->serial.b, sizeof(in->serial.b), NULL);

	bool ok = bn != NULL && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(w->x)) != NULL &&
	    X509_set_version(w->x, 2) == 1 && set_key(w->x, in->spki) &&
	    ASN1_TIME_set(X509_getm_notBefore(w->x), (time_t)in->not_before) != NULL &&
	    ASN1_TIME_set(X509_getm_notAfter(w->x), (time_t)in->not_after) != NULL;
	BN_free(bn);
	return ok ? FJ_OK : ca_fail_ssl(err, "set serial, key or dates");
}

static enum fj_rc same(bool equal, const char *cite, const char *what, struct fj_err *err)
{
	return equal ? FJ_OK : fj_fail(err, FJ_E_INVALID, "ca", cite, "the certificate that was built has another %s than the intent", what);
}

/* field by field: what was read, and not what the same writer would write again */
static bool same_asset(const struct fj_asset *a, const struct fj_asset *b)
{
	return strcmp(a->number, b->number) == 0 && strcmp(a->asset_no, b->asset_no) == 0 && strcmp(a->asset_name, b->asset_name) == 0 &&
	    a->card_version == b->card_version && fj_hash_eq(&a->card_hash, &b->card_hash) && strcmp(a->class_scheme, b->class_scheme) == 0 &&
	    strcmp(a->class_code, b->class_code) == 0 && a->holder_kind == b->holder_kind && a->rights == b->rights && a->modes == b->modes &&
	    a->restrictions == b->restrictions && strcmp(a->region, b->region) == 0 && a->key_origin == b->key_origin &&
	    a->status_index == b->status_index && strcmp(a->status_uri, b->status_uri) == 0;
}

static enum fj_rc compare_asset(const struct building *w, const struct fj_x509 *x, struct fj_err *err)
{
	struct fj_asset a;
	char text[512], cut[260], orgid[40];

	FJ_TRY(fj_asset_read(x->private_value, &a, err));
	FJ_TRY(same(same_asset(&a, &w->in->asset), "formats.md 3", "dataAsset extension", err));
	snprintf(orgid, sizeof(orgid), "NTRCN-%s", w->in->usci);
	FJ_TRY(fj_x509_name(x->subject, FJ_OID_ORGID, text, sizeof(text), err));
	FJ_TRY(same(strcmp(text, orgid) == 0, "RFC 5280 4.1.2.6", "holder code", err));
	FJ_TRY(fj_x509_name(x->subject, FJ_OID_O, text, sizeof(text), err));
	ca_cut(w->in->holder_name, 64, cut, sizeof(cut));
	return same(strcmp(text, cut) == 0, "RFC 5280 4.1.2.6", "holder name", err);
}

/* what the root allows the issuer, if it limits it */
static enum fj_rc within_limits(const struct building *w, const struct fj_x509 *x, struct fj_err *err)
{
	if (!w->limited)
		return FJ_OK;
	FJ_TRY(fj_limits_address(&w->limits, fj_slice_str(w->h->base), err));
	return w->p->id == CA_DATA_ASSET ? ca_limits_view(&w->limits, x, err) : FJ_OK;
}

/* the same limits, whoever reads them */
static enum fj_rc compare_limits(const struct building *w, const struct fj_x509 *x, struct fj_err *err)
{
	struct fj_limits l;

	FJ_TRY(fj_limits_read(x->private_value, &l, err));
	return same(fj_limits_same(&l, w->in->limits), "formats.md 27", "caLimits extension", err);
}

static enum fj_rc compare(const struct building *w, const struct fj_x509 *x, struct fj_err *err)
{
	const struct ca_cert_in *in = w->in;

	FJ_TRY(same(fj_slice_eq(x->serial, FJ_SLICE(in->serial.b, 16)), "RFC 5280 4.1.2.2", "serial number", err));
	FJ_TRY(same(x->not_before == in->not_before && x->not_after == in->not_after, "RFC 5280 4.1.2.5", "validity", err));
	FJ_TRY(same(fj_slice_eq(x->spki, in->spki), "RFC 5280 4.1.2.7", "public key", err));
	FJ_TRY(same(fj_slice_eq(x->issuer, w->p->id == CA_ROOT ? x->subject : w->issuer.subject), "RFC 5280 4.1.2.4", "issuer", err));
	FJ_TRY(within_limits(w, x, err));
	if (w->p->id == CA_SUBORDINATE)
		return compare_limits(w, x, err);
	return w->p->id == CA_DATA_ASSET ? compare_asset(w, x, err) : FJ_OK;
}

/* signs with the throw-away key, and gives the exact to-be-signed bytes */
static enum fj_rc encode(X509 *x, enum fj_alg alg, struct fj_buf *tbs, struct fj_err *err)
{
	uint8_t *der = NULL;
	FJ_AUTO(ca_context) ctx = ca_context(ca_throwaway(alg), true);

	if (ctx == NULL || X509_sign_ctx(x, ctx) <= 0)
		return ca_fail_ssl(err, "sign with the throw-away key");
	int n = i2d_re_X509_tbs(x, &der);
	if (n <= 0)
		return ca_fail_ssl(err, "encode the certificate");
	enum fj_rc rc = fj_buf_put(tbs, der, (size_t)n);
	OPENSSL_free(der);
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "ca", NULL, "the certificate is over %d octets", FJ_X509_MAX);
}

static enum fj_rc build(struct building *w, struct fj_buf *tbs, struct fj_err *err)
{
	struct fj_x509 x;

	FJ_TRY(set_basics(w, err));
	FJ_TRY(set_subject(w, err));
	FJ_TRY(set_issuer(w, err));
	FJ_TRY(add_extensions(w, err));
	FJ_TRY(encode(w->x, w->alg, tbs, err));
	FJ_TRY(fj_x509_read_tbs(fj_buf_slice(tbs), &x, err));
	FJ_TRY(ca_lint_view(w->h, w->p, &x, err));
	return compare(w, &x, err);
}

/* its identifier; and whose key decides the algorithm: a root's own, else the issuer's */
static enum fj_rc subject_key(struct building *w, struct fj_err *err)
{
	struct fj_slice point;
	enum fj_curve curve;

	FJ_TRY(fj_spki_read(w->in->spki, &curve, &point, err));
	ca_key_id(point, w->ski);
	w->alg = fj_alg_of(w->p->id == CA_ROOT ? curve : w->issuer.curve);
	return w->alg != 0 ? FJ_OK : fj_fail(err, FJ_E_UNSUPPORTED, "ca", "formats.md 2", "a CA's key is on neither P-256 nor SM2's curve");
}

enum fj_rc ca_cert_tbs(const struct ca_home *h, const struct ca_cert_in *in, struct fj_buf *tbs, struct fj_err *err)
{
	struct building w = {.h = h, .in = in, .p = ca_profile_find(in->profile)};

	if (w.p == NULL)
		return fj_fail(err, FJ_E_UNSUPPORTED, "ca", NULL, "there is no certificate profile %d", (int)in->profile);
	if (in->profile != CA_ROOT) {
		FJ_TRY(fj_x509_read(in->issuer_cert, &w.issuer, err));
		FJ_TRY(fj_limits_of(&w.issuer, &w.limited, &w.limits, err));
	}
	FJ_TRY(subject_key(&w, err));
	FJ_AUTO(x509) x = X509_new();
	if (x == NULL)
		return ca_fail_ssl(err, "make a certificate");
	w.x = x;
	return build(&w, tbs, err);
}

void ca_serial_new(struct ca_serial *s)
{
	do {
		fj_random(s->b, sizeof(s->b));
		s->b[0] &= 0x7f;
	} while (s->b[0] == 0);
}
