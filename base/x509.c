/*
 * x509.c - the strict reader for certificates and CRLs.
 *
 * One pass, no copies.  What is not in the profile of this house is refused
 * here and not skipped: an element that a reader ignores is where a forger
 * hides.  Each refusal names the section of RFC 5280.
 */
#include "base/x509.h"

static enum fj_rc bad(struct fj_err *err, const char *cite, const char *what)
{
	return fj_fail(err, FJ_E_PARSE, "x509", cite, "%s", what);
}

static const struct {
	enum fj_curve curve;
	const char *oid;
	size_t point; /* octets of an uncompressed one */
	enum fj_alg alg;
} curves[] = {
	{FJ_CURVE_P256, "1.2.840.10045.3.1.7", 65, FJ_ES256},
	{FJ_CURVE_P384, "1.3.132.0.34", 97, 0},
	{FJ_CURVE_SM2, "1.2.156.10197.1.301", 65, FJ_SM2},
};

enum fj_alg fj_alg_of(enum fj_curve c)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(curves); i++)
		if (curves[i].curve == c)
			return curves[i].alg;
	return 0;
}

const char *fj_alg_name(enum fj_alg a)
{
	return a == FJ_SM2 ? "SM2" : "P-256";
}

const char *fj_alg_prefix(enum fj_alg a)
{
	return a == FJ_SM2 ? "sm2-" : "";
}

const char *fj_alg_suffix(enum fj_alg a)
{
	return a == FJ_SM2 ? "-sm2" : "";
}

void fj_generation_name(const char *head, enum fj_alg a, unsigned n, const char *tail, char out[FJ_CA_FILE_CAP])
{
	if (n < 2)
		snprintf(out, FJ_CA_FILE_CAP, "%s%s%s", head, fj_alg_suffix(a), tail);
	else
		snprintf(out, FJ_CA_FILE_CAP, "%s%s-%u%s", head, fj_alg_suffix(a), n, tail);
}

void fj_ca_file(enum fj_alg a, unsigned generation, char out[FJ_CA_FILE_CAP])
{
	fj_generation_name("/ca/issuing", a, generation, ".cer", out);
}

/* AlgorithmIdentifier ecdsa-with-SHA256 (RFC 5758 3.2) or SM2 with SM3 (GM/T 0015-2012 5.2.3.1), parameters absent */
static enum fj_rc read_algorithm(struct fj_der *d, enum fj_alg *out, struct fj_err *err)
{
	struct fj_der alg;
	char oid[64];

	FJ_TRY(fj_der_enter(d, FJ_DER_SEQ, &alg, err));
	FJ_TRY(fj_der_oid(&alg, oid, sizeof(oid), err));
	*out = strcmp(oid, FJ_OID_ECDSA_SHA256) == 0 ? FJ_ES256 : strcmp(oid, FJ_OID_SM2_SM3) == 0 ? FJ_SM2 : 0;
	if (*out == 0 || fj_der_more(&alg))
		return bad(err, "RFC 5758 3.2", "the signature algorithm is neither ECDSA with SHA-256 nor SM2 with SM3");
	return FJ_OK;
}

/* the length of the identifier in bits, itself, and a, b, x_G, y_G of the recommended curve (GM/T 0003.5-2012 2) */
static const uint8_t sm2_head[] = {0x00, 0x80, '1', '2', '3', '4', '5', '6', '7', '8', '1', '2', '3', '4', '5', '6', '7', '8',
	0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc,
	0x28, 0xe9, 0xfa, 0x9e, 0x9d, 0x9f, 0x5e, 0x34, 0x4d, 0x5a, 0x9e, 0x4b, 0xcf, 0x65, 0x09, 0xa7, 0xf3, 0x97, 0x89, 0xf5, 0x15, 0xab, 0x8f, 0x92, 0xdd, 0xbc, 0xbd, 0x41, 0x4d, 0x94, 0x0e, 0x93,
	0x32, 0xc4, 0xae, 0x2c, 0x1f, 0x19, 0x81, 0x19, 0x5f, 0x99, 0x04, 0x46, 0x6a, 0x39, 0xc9, 0x94, 0x8f, 0xe3, 0x0b, 0xbf, 0xf2, 0x66, 0x0b, 0xe1, 0x71, 0x5a, 0x45, 0x89, 0x33, 0x4c, 0x74, 0xc7,
	0xbc, 0x37, 0x36, 0xa2, 0xf4, 0xf6, 0x77, 0x9c, 0x59, 0xbd, 0xce, 0xe3, 0x6b, 0x69, 0x21, 0x53, 0xd0, 0xa9, 0x87, 0x7c, 0xc6, 0x2a, 0x47, 0x40, 0x02, 0xdf, 0x32, 0xe5, 0x21, 0x39, 0xf0, 0xa0};
const struct fj_slice fj_sm2_head = {sm2_head, sizeof(sm2_head)};

static enum fj_rc read_validity(struct fj_der *d, struct fj_x509 *x, struct fj_err *err)
{
	struct fj_der v;

	FJ_TRY(fj_der_enter(d, FJ_DER_SEQ, &v, err));
	FJ_TRY(fj_der_time(&v, false, &x->not_before, err));
	FJ_TRY(fj_der_time(&v, false, &x->not_after, err));
	FJ_TRY(fj_der_end(&v, err));
	return x->not_after >= x->not_before ? FJ_OK
	    : bad(err, "RFC 5280 4.1.2.5", "the validity ends before it begins");
}

/* id-ecPublicKey with a named curve and an uncompressed point (RFC 5480 2) */
static enum fj_rc read_key(struct fj_der *d, struct fj_x509 *x, struct fj_err *err)
{
	struct fj_der spki, alg;
	char oid[64], curve[64];
	unsigned unused;
	int tag;

	struct fj_der at = *d;
	FJ_TRY(fj_der_get(&at, FJ_DER_SEQ, NULL, &x->spki, err));
	FJ_TRY(fj_der_enter(d, FJ_DER_SEQ, &spki, err));
	FJ_TRY(fj_der_enter(&spki, FJ_DER_SEQ, &alg, err));
	FJ_TRY(fj_der_oid(&alg, oid, sizeof(oid), err));
	if (strcmp(oid, "1.2.840.10045.2.1") != 0) /* a holder's RSA key: bounds are ca's business */
		return fj_der_any(&spki, &tag, &x->key, NULL, err);
	FJ_TRY(fj_der_oid(&alg, curve, sizeof(curve), err));
	FJ_TRY(fj_der_end(&alg, err));
	FJ_TRY(fj_der_bits(&spki, &x->key, &unused, err));
	FJ_TRY(fj_der_end(&spki, err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(curves); i++)
		if (strcmp(curve, curves[i].oid) == 0 && unused == 0 && x->key.len == curves[i].point && x->key.p[0] == 4)
			x->curve = curves[i].curve;
	return x->curve != FJ_CURVE_OTHER ? FJ_OK : bad(err, "RFC 5480 2.2", "the key is not an uncompressed point of P-256, P-384 or SM2's curve");
}

enum fj_rc fj_spki_read(struct fj_slice spki, enum fj_curve *curve, struct fj_slice *key, struct fj_err *err)
{
	struct fj_der d;
	struct fj_x509 x = {.curve = FJ_CURVE_OTHER};

	fj_der_init(&d, spki);
	FJ_TRY(read_key(&d, &x, err));
	FJ_TRY(fj_der_end(&d, err));
	*curve = x.curve;
	*key = x.key;
	return FJ_OK;
}

/* --- extensions --- */

typedef enum fj_rc (*ext_reader)(struct fj_der *v, struct fj_x509 *x, struct fj_err *err);

static enum fj_rc ext_ski(struct fj_der *v, struct fj_x509 *x, struct fj_err *err)
{
	return fj_der_get(v, FJ_DER_OCTETS, &x->ski, NULL, err);
}

static enum fj_rc read_aki(struct fj_der *v, struct fj_slice *out, struct fj_err *err)
{
	struct fj_der s;

	FJ_TRY(fj_der_enter(v, FJ_DER_SEQ, &s, err));
	FJ_TRY(fj_der_get(&s, FJ_DER_CTXP(0), out, NULL, err));
	return fj_der_end(&s, err);
}

static enum fj_rc ext_aki(struct fj_der *v, struct fj_x509 *x, struct fj_err *err)
{
	return read_aki(v, &x->aki, err);
}

static enum fj_rc read_flags(struct fj_der *v, unsigned max, unsigned *out, struct fj_err *err)
{
	struct fj_slice bits;
	unsigned unused;

	FJ_TRY(fj_der_bits(v, &bits, &unused, err));
	*out = 0;
	if (bits.len * 8 > max + 8 || bits.len > 2)
		return bad(err, "X.690 11.2.2", "a named bit list has bits that are not defined");
	for (unsigned i = 0; i < bits.len * 8 - (bits.len > 0 ? unused : 0); i++)
		if (bits.p[i / 8] & (0x80 >> (i % 8)))
			*out |= 1u << i;
	/* trailing zero bits are removed before encoding */
	unsigned n = (unsigned)bits.len * 8 - (bits.len > 0 ? unused : 0);
	if (n > max || (n > 0 && !(*out & (1u << (n - 1)))))
		return bad(err, "X.690 11.2.2", "a named bit list is not in its shortest form");
	return FJ_OK;
}

static enum fj_rc ext_ku(struct fj_der *v, struct fj_x509 *x, struct fj_err *err)
{
	return read_flags(v, 9, &x->ku, err);
}

static enum fj_rc ext_bc(struct fj_der *v, struct fj_x509 *x, struct fj_err *err)
{
	struct fj_der s;
	uint64_t n;

	FJ_TRY(fj_der_enter(v, FJ_DER_SEQ, &s, err));
	if (fj_der_peek(&s) == FJ_DER_BOOLEAN) {
		FJ_TRY(fj_der_bool(&s, &x->ca, err));
		if (!x->ca)
			return bad(err, "X.690 11.5", "a DEFAULT value (CA:FALSE) is written out");
	}
	if (fj_der_more(&s)) {
		FJ_TRY(fj_der_uint(&s, &n, err));
		if (!x->ca || n > 16)
			return bad(err, "RFC 5280 4.2.1.9", "a path length without CA, or over 16");
		x->pathlen = (int)n;
	}
	return fj_der_end(&s, err);
}

static enum fj_rc ext_eku(struct fj_der *v, struct fj_x509 *x, struct fj_err *err)
{
	struct fj_der s;

	FJ_TRY(fj_der_enter(v, FJ_DER_SEQ, &s, err));
	FJ_TRY(fj_der_oid(&s, x->eku, sizeof(x->eku), err));
	return fj_der_more(&s) ? bad(err, "RFC 5280 4.2.1.12", "there is more than one extended key usage") : FJ_OK;
}

static enum fj_rc ext_policy(struct fj_der *v, struct fj_x509 *x, struct fj_err *err)
{
	struct fj_der s, one;

	FJ_TRY(fj_der_enter(v, FJ_DER_SEQ, &s, err));
	FJ_TRY(fj_der_enter(&s, FJ_DER_SEQ, &one, err));
	FJ_TRY(fj_der_oid(&one, x->policy, sizeof(x->policy), err));
	if (fj_der_more(&s) || fj_der_more(&one))
		return bad(err, "RFC 5280 4.2.1.4", "there is more than one certificate policy, or a qualifier");
	return FJ_OK;
}

static enum fj_rc read_uri(struct fj_der *d, struct fj_slice *out, struct fj_err *err)
{
	FJ_TRY(fj_der_get(d, FJ_DER_CTXP(6), out, NULL, err));
	if (out->len == 0 || out->len > 200)
		return bad(err, "RFC 5280 4.2.1.6", "a URI is empty or over 200 octets");
	for (size_t i = 0; i < out->len; i++)
		if (out->p[i] <= 0x20 || out->p[i] >= 0x7f)
			return bad(err, "RFC 5280 4.2.1.6", "a URI holds a character that is no visible ASCII");
	return FJ_OK;
}

/* DistributionPointName with one fullName URI */
static enum fj_rc read_point(struct fj_der *d, struct fj_slice *uri, struct fj_err *err)
{
	struct fj_der name, full;

	FJ_TRY(fj_der_enter(d, FJ_DER_CTX(0), &name, err));
	FJ_TRY(fj_der_enter(&name, FJ_DER_CTX(0), &full, err));
	FJ_TRY(read_uri(&full, uri, err));
	FJ_TRY(fj_der_end(&full, err));
	return fj_der_end(&name, err);
}

static enum fj_rc ext_crldp(struct fj_der *v, struct fj_x509 *x, struct fj_err *err)
{
	struct fj_der s, one;

	FJ_TRY(fj_der_enter(v, FJ_DER_SEQ, &s, err));
	FJ_TRY(fj_der_enter(&s, FJ_DER_SEQ, &one, err));
	FJ_TRY(read_point(&one, &x->crldp, err));
	if (fj_der_more(&s) || fj_der_more(&one))
		return bad(err, "RFC 5280 4.2.1.13", "there is more than one CRL distribution point");
	return FJ_OK;
}

static enum fj_rc ext_aia(struct fj_der *v, struct fj_x509 *x, struct fj_err *err)
{
	struct fj_der s, one;
	char oid[64];

	FJ_TRY(fj_der_enter(v, FJ_DER_SEQ, &s, err));
	while (fj_der_more(&s)) {
		FJ_TRY(fj_der_enter(&s, FJ_DER_SEQ, &one, err));
		FJ_TRY(fj_der_oid(&one, oid, sizeof(oid), err));
		struct fj_slice *to = strcmp(oid, "1.3.6.1.5.5.7.48.1") == 0 ? &x->ocsp
		    : strcmp(oid, "1.3.6.1.5.5.7.48.2") == 0 ? &x->ca_issuers : NULL;
		if (to == NULL || to->len != 0)
			return bad(err, "RFC 5280 4.2.2.1", "an access method is foreign or given twice");
		FJ_TRY(read_uri(&one, to, err));
		FJ_TRY(fj_der_end(&one, err));
	}
	return FJ_OK;
}

static enum fj_rc ext_san(struct fj_der *v, struct fj_x509 *x, struct fj_err *err)
{
	struct fj_der s;

	FJ_TRY(fj_der_enter(v, FJ_DER_SEQ, &s, err));
	FJ_TRY(read_uri(&s, &x->san, err));
	return fj_der_end(&s, err);
}

static enum fj_rc ext_nocheck(struct fj_der *v, struct fj_x509 *x, struct fj_err *err)
{
	struct fj_slice none;

	(void)x;
	FJ_TRY(fj_der_get(v, FJ_DER_NULL, &none, NULL, err));
	return none.len == 0 ? FJ_OK : bad(err, "RFC 6960 4.2.2.2.1", "ocsp-nocheck is not NULL");
}

static const struct {
	const char *oid;
	unsigned bit;
	ext_reader read;
} extensions[] = {
	{"2.5.29.14", FJ_X_SKI, ext_ski}, {"2.5.29.35", FJ_X_AKI, ext_aki}, {"2.5.29.15", FJ_X_KU, ext_ku},
	{"2.5.29.19", FJ_X_BC, ext_bc}, {"2.5.29.37", FJ_X_EKU, ext_eku}, {"2.5.29.32", FJ_X_POLICY, ext_policy},
	{"2.5.29.31", FJ_X_CRLDP, ext_crldp}, {"1.3.6.1.5.5.7.1.1", FJ_X_AIA, ext_aia},
	{"2.5.29.17", FJ_X_SAN, ext_san}, {"1.3.6.1.5.5.7.48.1.5", FJ_X_NOCHECK, ext_nocheck},
};

/* Extension: OID, critical DEFAULT FALSE, OCTET STRING */
static enum fj_rc read_ext_head(struct fj_der *list, char oid[64], bool *critical, struct fj_slice *value, struct fj_err *err)
{
	struct fj_der e;

	*critical = false;
	FJ_TRY(fj_der_enter(list, FJ_DER_SEQ, &e, err));
	FJ_TRY(fj_der_oid(&e, oid, 64, err));
	if (fj_der_peek(&e) == FJ_DER_BOOLEAN) {
		FJ_TRY(fj_der_bool(&e, critical, err));
		if (!*critical)
			return bad(err, "X.690 11.5", "critical FALSE is written out");
	}
	FJ_TRY(fj_der_get(&e, FJ_DER_OCTETS, value, NULL, err));
	return fj_der_end(&e, err);
}

static enum fj_rc read_extension(struct fj_der *list, struct fj_x509 *x, struct fj_err *err)
{
	char oid[64];
	bool critical;
	struct fj_slice value;
	struct fj_der v;
	size_t i = 0;

	FJ_TRY(read_ext_head(list, oid, &critical, &value, err));
	while (i < FJ_ARRAY_LEN(extensions) && strcmp(oid, extensions[i].oid) != 0)
		i++;
	unsigned bit = i < FJ_ARRAY_LEN(extensions) ? extensions[i].bit : FJ_X_PRIVATE;
	if (x->seen & bit)
		return bad(err, "RFC 5280 4.2", "an extension stands twice, or there is a second foreign one");
	x->seen |= bit;
	if (critical)
		x->critical |= bit;
	if (bit == FJ_X_PRIVATE) {
		x->private_value = value;
		return fj_strcopy(x->private_oid, sizeof(x->private_oid), oid);
	}
	fj_der_init(&v, value);
	FJ_TRY(extensions[i].read(&v, x, err));
	return fj_der_end(&v, err);
}

static enum fj_rc read_serial(struct fj_der *d, struct fj_x509 *x, struct fj_err *err)
{
	FJ_TRY(fj_der_integer(d, &x->serial, err));
	if (x->serial.len > 20 || x->serial.p[0] >= 0x80 || (x->serial.len == 1 && x->serial.p[0] == 0))
		return bad(err, "RFC 5280 4.1.2.2", "the serial number is not positive and at most 20 octets");
	return FJ_OK;
}

static enum fj_rc read_tbs(struct fj_slice tbs, struct fj_x509 *x, struct fj_err *err)
{
	struct fj_der d, t, v, list;
	uint64_t version;

	fj_der_init(&d, tbs);
	FJ_TRY(fj_der_enter(&d, FJ_DER_SEQ, &t, err));
	FJ_TRY(fj_der_end(&d, err));
	x->tbs = tbs;
	FJ_TRY(fj_der_enter(&t, FJ_DER_CTX(0), &v, err));
	FJ_TRY(fj_der_uint(&v, &version, err));
	if (version != 2 || fj_der_more(&v))
		return bad(err, "RFC 5280 4.1.2.1", "the version is not v3");
	FJ_TRY(read_serial(&t, x, err));
	FJ_TRY(read_algorithm(&t, &x->alg, err));
	FJ_TRY(fj_der_get(&t, FJ_DER_SEQ, NULL, &x->issuer, err));
	FJ_TRY(read_validity(&t, x, err));
	FJ_TRY(fj_der_get(&t, FJ_DER_SEQ, NULL, &x->subject, err));
	FJ_TRY(read_key(&t, x, err));
	FJ_TRY(fj_der_enter(&t, FJ_DER_CTX(3), &v, err));
	FJ_TRY(fj_der_end(&t, err));
	FJ_TRY(fj_der_enter(&v, FJ_DER_SEQ, &list, err));
	FJ_TRY(fj_der_end(&v, err));
	while (fj_der_more(&list))
		FJ_TRY(read_extension(&list, x, err));
	return FJ_OK;
}

static void blank(struct fj_x509 *x)
{
	memset(x, 0, sizeof(*x));
	x->pathlen = -1;
}

enum fj_rc fj_x509_read_tbs(struct fj_slice tbs, struct fj_x509 *x, struct fj_err *err)
{
	blank(x);
	if (tbs.len > FJ_X509_MAX)
		return fj_fail(err, FJ_E_LIMIT, "x509", NULL, "a certificate has %zu octets; %d are allowed", tbs.len, FJ_X509_MAX);
	return read_tbs(tbs, x, err);
}

/* SEQUENCE { tbs, algorithm, BIT STRING }: certificates and CRLs alike */
static enum fj_rc read_signed(struct fj_slice in, struct fj_slice *tbs, enum fj_alg *alg, struct fj_slice *sig, struct fj_err *err)
{
	struct fj_der d, s;
	unsigned unused;
	uint8_t raw[64];

	fj_der_init(&d, in);
	FJ_TRY(fj_der_enter(&d, FJ_DER_SEQ, &s, err));
	FJ_TRY(fj_der_end(&d, err));
	FJ_TRY(fj_der_get(&s, FJ_DER_SEQ, NULL, tbs, err));
	FJ_TRY(read_algorithm(&s, alg, err));
	FJ_TRY(fj_der_bits(&s, sig, &unused, err));
	FJ_TRY(fj_der_end(&s, err));
	if (unused != 0)
		return bad(err, "RFC 5280 4.1.1.3", "the signature is not whole octets");
	return fj_ecdsa_der_to_raw(*sig, raw, err);
}

enum fj_rc fj_x509_read(struct fj_slice cert, struct fj_x509 *x, struct fj_err *err)
{
	struct fj_slice tbs, sig;
	enum fj_alg alg;

	blank(x);
	if (cert.len > FJ_X509_MAX)
		return fj_fail(err, FJ_E_LIMIT, "x509", NULL, "a certificate has %zu octets; %d are allowed", cert.len, FJ_X509_MAX);
	FJ_TRY(read_signed(cert, &tbs, &alg, &sig, err));
	FJ_TRY(read_tbs(tbs, x, err));
	x->sig = sig;
	return alg == x->alg ? FJ_OK : bad(err, "RFC 5280 4.1.1.2", "inside and outside name different signature algorithms");
}

enum fj_rc fj_x509_key(struct fj_slice cert, struct fj_slice *spki, fj_time *not_after, struct fj_err *err)
{
	struct fj_der d, c, t, v;
	fj_time begins;
	int tag;

	if (cert.len > FJ_X509_MAX)
		return fj_fail(err, FJ_E_LIMIT, "x509", NULL, "a certificate has %zu octets; %d are allowed", cert.len, FJ_X509_MAX);
	fj_der_init(&d, cert);
	FJ_TRY(fj_der_enter(&d, FJ_DER_SEQ, &c, err));
	FJ_TRY(fj_der_end(&d, err));
	FJ_TRY(fj_der_enter(&c, FJ_DER_SEQ, &t, err));
	if (fj_der_peek(&t) == FJ_DER_CTX(0)) /* version */
		FJ_TRY(fj_der_any(&t, &tag, NULL, NULL, err));
	for (int i = 0; i < 3; i++) /* serial, algorithm, issuer */
		FJ_TRY(fj_der_any(&t, &tag, NULL, NULL, err));
	FJ_TRY(fj_der_enter(&t, FJ_DER_SEQ, &v, err));
	FJ_TRY(fj_der_time(&v, false, &begins, err));
	FJ_TRY(fj_der_time(&v, false, not_after, err));
	FJ_TRY(fj_der_any(&t, &tag, NULL, NULL, err)); /* subject */
	return fj_der_get(&t, FJ_DER_SEQ, NULL, spki, err);
}

enum fj_rc fj_x509_name(struct fj_slice name, const char *oid, char *out, size_t cap, struct fj_err *err)
{
	struct fj_der d, list, set, ava;
	struct fj_slice v;
	char got[64];
	int tag;
	bool found = false;

	fj_der_init(&d, name);
	FJ_TRY(fj_der_enter(&d, FJ_DER_SEQ, &list, err));
	while (fj_der_more(&list)) {
		FJ_TRY(fj_der_enter(&list, FJ_DER_SET, &set, err));
		FJ_TRY(fj_der_enter(&set, FJ_DER_SEQ, &ava, err));
		FJ_TRY(fj_der_end(&set, err));
		FJ_TRY(fj_der_oid(&ava, got, sizeof(got), err));
		FJ_TRY(fj_der_any(&ava, &tag, &v, NULL, err));
		FJ_TRY(fj_der_end(&ava, err));
		if (strcmp(got, oid) != 0)
			continue;
		if (found || (tag != FJ_DER_UTF8 && tag != FJ_DER_PRINTABLE) || v.len >= cap || !fj_utf8_valid(v))
			return bad(err, "RFC 5280 4.1.2.4", "a name's attribute stands twice, is too long or no text");
		memcpy(out, v.p, v.len);
		out[v.len] = '\0';
		found = true;
	}
	return found ? FJ_OK : fj_fail(err, FJ_E_NOTFOUND, "x509", "RFC 5280 4.1.2.4", "a name has no attribute %s", oid);
}

/* --- dataAsset --- */

static enum fj_rc text(struct fj_der *d, int tag, char *out, size_t cap, struct fj_err *err)
{
	struct fj_slice v;

	FJ_TRY(fj_der_get(d, tag, &v, NULL, err));
	if (v.len == 0 || v.len >= cap || !fj_utf8_valid(v))
		return bad(err, "formats.md 3", "a text of dataAsset is empty, too long or not UTF-8");
	memcpy(out, v.p, v.len);
	out[v.len] = '\0';
	return FJ_OK;
}

static enum fj_rc number(struct fj_der *d, bool enumerated, uint64_t max, uint64_t *out, struct fj_err *err)
{
	FJ_TRY(enumerated ? fj_der_enumerated(d, out, err) : fj_der_uint(d, out, err));
	return *out <= max ? FJ_OK : bad(err, "formats.md 3", "a number of dataAsset is out of range");
}

static enum fj_rc read_asset_ids(struct fj_der *s, struct fj_asset *a, struct fj_err *err)
{
	uint64_t n;
	struct fj_slice hash;

	FJ_TRY(number(s, false, 1, &n, err));
	if (n != 1)
		return bad(err, "formats.md 3", "dataAsset has a version that is not known");
	FJ_TRY(text(s, FJ_DER_UTF8, a->number, sizeof(a->number), err));
	FJ_TRY(text(s, FJ_DER_UTF8, a->asset_no, sizeof(a->asset_no), err));
	FJ_TRY(text(s, FJ_DER_UTF8, a->asset_name, sizeof(a->asset_name), err));
	FJ_TRY(number(s, false, UINT32_MAX, &n, err));
	a->card_version = (uint32_t)n;
	FJ_TRY(fj_der_get(s, FJ_DER_OCTETS, &hash, NULL, err));
	if (hash.len != FJ_SHA256_LEN)
		return bad(err, "formats.md 3", "the card's hash is not 32 octets");
	memcpy(a->card_hash.b, hash.p, FJ_SHA256_LEN);
	FJ_TRY(text(s, FJ_DER_UTF8, a->class_scheme, sizeof(a->class_scheme), err));
	return text(s, FJ_DER_UTF8, a->class_code, sizeof(a->class_code), err);
}

const char *const fj_holder_kinds[] = {"ADMIN", "INST", "MASS", "SOE", "UTIL", "ENT", NULL};
const char *const fj_asset_rights[] = {"HOLD", "USE", "OPER", NULL};
const char *const fj_asset_modes[] = {"WHOLE", "DOMAIN", "SCENE", NULL};
const char *const fj_asset_restrictions[] = {"noCollateral", "noSubLicence", "noExport", "noResale", "noRawDelivery", NULL};

enum fj_rc fj_asset_read(struct fj_slice value, struct fj_asset *a, struct fj_err *err)
{
	struct fj_der d, s;
	uint64_t n;

	memset(a, 0, sizeof(*a));
	fj_der_init(&d, value);
	FJ_TRY(fj_der_enter(&d, FJ_DER_SEQ, &s, err));
	FJ_TRY(fj_der_end(&d, err));
	FJ_TRY(read_asset_ids(&s, a, err));
	FJ_TRY(number(&s, true, 5, &n, err));
	a->holder_kind = (unsigned)n;
	FJ_TRY(read_flags(&s, 3, &a->rights, err));
	FJ_TRY(read_flags(&s, 3, &a->modes, err));
	FJ_TRY(read_flags(&s, 5, &a->restrictions, err));
	FJ_TRY(text(&s, FJ_DER_UTF8, a->region, sizeof(a->region), err));
	FJ_TRY(number(&s, true, 1, &n, err));
	a->key_origin = (unsigned)n;
	FJ_TRY(number(&s, false, 1048575, &n, err));
	a->status_index = (uint32_t)n;
	FJ_TRY(text(&s, FJ_DER_IA5, a->status_uri, sizeof(a->status_uri), err));
	return fj_der_end(&s, err);
}

static enum fj_rc put_text(struct fj_buf *b, int tag, const char *s)
{
	return fj_der_put(b, tag, fj_slice_str(s));
}

static enum fj_rc put_enum(struct fj_buf *b, unsigned v)
{
	uint8_t o = (uint8_t)v;

	return fj_der_put(b, FJ_DER_ENUM, FJ_SLICE(&o, 1));
}

/* fewer than nine named bits, shortest form */
static enum fj_rc put_flags(struct fj_buf *b, unsigned flags)
{
	uint8_t o[2] = {0, 0};
	unsigned n = 0;

	for (unsigned i = 0; i < 8; i++)
		if (flags & (1u << i)) {
			o[1] |= (uint8_t)(0x80 >> i);
			n = i + 1;
		}
	o[0] = (uint8_t)(n == 0 ? 0 : 8 - n);
	return fj_der_put(b, FJ_DER_BITS, FJ_SLICE(o, n == 0 ? 1 : 2));
}

enum fj_rc fj_asset_write(const struct fj_asset *a, struct fj_buf *out)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(4096);

	FJ_TRY(fj_der_put_uint(&b, 1));
	FJ_TRY(put_text(&b, FJ_DER_UTF8, a->number));
	FJ_TRY(put_text(&b, FJ_DER_UTF8, a->asset_no));
	FJ_TRY(put_text(&b, FJ_DER_UTF8, a->asset_name));
	FJ_TRY(fj_der_put_uint(&b, a->card_version));
	FJ_TRY(fj_der_put(&b, FJ_DER_OCTETS, FJ_SLICE(a->card_hash.b, FJ_SHA256_LEN)));
	FJ_TRY(put_text(&b, FJ_DER_UTF8, a->class_scheme));
	FJ_TRY(put_text(&b, FJ_DER_UTF8, a->class_code));
	FJ_TRY(put_enum(&b, a->holder_kind));
	FJ_TRY(put_flags(&b, a->rights));
	FJ_TRY(put_flags(&b, a->modes));
	FJ_TRY(put_flags(&b, a->restrictions));
	FJ_TRY(put_text(&b, FJ_DER_UTF8, a->region));
	FJ_TRY(put_enum(&b, a->key_origin));
	FJ_TRY(fj_der_put_uint(&b, a->status_index));
	FJ_TRY(put_text(&b, FJ_DER_IA5, a->status_uri));
	return fj_der_put(out, FJ_DER_SEQ, fj_buf_slice(&b));
}

/* --- CRL --- */

static enum fj_rc read_reason(struct fj_der *e, unsigned *reason, struct fj_err *err)
{
	struct fj_der list, v;
	struct fj_slice value;
	char oid[64];
	bool critical;
	uint64_t n;

	FJ_TRY(fj_der_enter(e, FJ_DER_SEQ, &list, err));
	FJ_TRY(read_ext_head(&list, oid, &critical, &value, err));
	if (strcmp(oid, "2.5.29.21") != 0 || critical || fj_der_more(&list))
		return bad(err, "RFC 5280 5.3", "a CRL entry has another extension than its reason");
	fj_der_init(&v, value);
	FJ_TRY(fj_der_enumerated(&v, &n, err));
	if (fj_der_more(&v) || n == 0 || n == 7 || n == 8 || n > 10)
		return bad(err, "RFC 5280 5.3.1", "a CRL entry's reason is not one that is given here");
	*reason = (unsigned)n;
	return FJ_OK;
}

static enum fj_rc read_entry(struct fj_der *list, struct fj_crl_entry *e, struct fj_err *err)
{
	struct fj_der s;

	FJ_TRY(fj_der_enter(list, FJ_DER_SEQ, &s, err));
	FJ_TRY(fj_der_integer(&s, &e->serial, err));
	if (e->serial.len > 20 || e->serial.p[0] >= 0x80)
		return bad(err, "RFC 5280 5.1.2.6", "a CRL entry's serial number is not positive and at most 20 octets");
	FJ_TRY(fj_der_time(&s, false, &e->at, err));
	FJ_TRY(read_reason(&s, &e->reason, err));
	return fj_der_end(&s, err);
}

static enum fj_rc read_entries(struct fj_der *t, struct fj_crl *c, struct fj_err *err)
{
	struct fj_crl_entry e;

	if (fj_der_peek(t) != FJ_DER_SEQ)
		return FJ_OK;
	FJ_TRY(fj_der_enter(t, FJ_DER_SEQ, &c->entries, err));
	struct fj_der walk = c->entries;
	if (!fj_der_more(&walk))
		return bad(err, "RFC 5280 5.1.2.6", "the list of entries is there and empty");
	while (fj_der_more(&walk)) {
		FJ_TRY(read_entry(&walk, &e, err));
		c->n++;
	}
	return FJ_OK;
}

static enum fj_rc read_idp(struct fj_der *v, struct fj_crl *c, struct fj_err *err)
{
	struct fj_der s;

	FJ_TRY(fj_der_enter(v, FJ_DER_SEQ, &s, err));
	FJ_TRY(read_point(&s, &c->uri, err));
	return fj_der_more(&s) ? bad(err, "RFC 5280 5.2.5", "an issuing distribution point says more than its one address") : FJ_OK;
}

static enum fj_rc read_crl_extension(struct fj_der *list, struct fj_crl *c, unsigned *seen, struct fj_err *err)
{
	char oid[64];
	bool critical;
	struct fj_slice value;
	struct fj_der v;

	FJ_TRY(read_ext_head(list, oid, &critical, &value, err));
	fj_der_init(&v, value);
	int k = strcmp(oid, "2.5.29.35") == 0 ? 0 : strcmp(oid, "2.5.29.20") == 0 ? 1 : strcmp(oid, "2.5.29.28") == 0 ? 2 : 3;
	if (k == 3 || (*seen & (1u << k)) || critical != (k == 2))
		return bad(err, "RFC 5280 5.2", "a CRL extension is foreign, stands twice, or is wrongly critical");
	*seen |= 1u << k;
	FJ_TRY(k == 0 ? read_aki(&v, &c->aki, err) : k == 1 ? fj_der_uint(&v, &c->number, err) : read_idp(&v, c, err));
	return fj_der_end(&v, err);
}

static enum fj_rc read_crl_tbs(struct fj_slice tbs, struct fj_crl *c, struct fj_err *err)
{
	struct fj_der d, t, v, list;
	uint64_t version;
	unsigned seen = 0;

	fj_der_init(&d, tbs);
	c->tbs = tbs;
	FJ_TRY(fj_der_enter(&d, FJ_DER_SEQ, &t, err));
	FJ_TRY(fj_der_end(&d, err));
	FJ_TRY(fj_der_uint(&t, &version, err));
	if (version != 1)
		return bad(err, "RFC 5280 5.1.2.1", "the CRL's version is not v2");
	FJ_TRY(read_algorithm(&t, &c->alg, err));
	FJ_TRY(fj_der_get(&t, FJ_DER_SEQ, NULL, &c->issuer, err));
	FJ_TRY(fj_der_time(&t, false, &c->this_update, err));
	FJ_TRY(fj_der_time(&t, false, &c->next_update, err));
	FJ_TRY(read_entries(&t, c, err));
	FJ_TRY(fj_der_enter(&t, FJ_DER_CTX(0), &v, err));
	FJ_TRY(fj_der_end(&t, err));
	FJ_TRY(fj_der_enter(&v, FJ_DER_SEQ, &list, err));
	FJ_TRY(fj_der_end(&v, err));
	while (fj_der_more(&list))
		FJ_TRY(read_crl_extension(&list, c, &seen, err));
	return seen == 7 ? FJ_OK : bad(err, "RFC 5280 5.2", "the CRL lacks key identifier, number or distribution point");
}

enum fj_rc fj_crl_read_tbs(struct fj_slice tbs, struct fj_crl *c, struct fj_err *err)
{
	memset(c, 0, sizeof(*c));
	return read_crl_tbs(tbs, c, err);
}

enum fj_rc fj_crl_read(struct fj_slice crl, struct fj_crl *c, struct fj_err *err)
{
	struct fj_slice tbs, sig;
	enum fj_alg alg;

	memset(c, 0, sizeof(*c));
	if (crl.len > FJ_CRL_MAX)
		return fj_fail(err, FJ_E_LIMIT, "x509", NULL, "a CRL has %zu octets; %u are allowed", crl.len, FJ_CRL_MAX);
	FJ_TRY(read_signed(crl, &tbs, &alg, &sig, err));
	FJ_TRY(read_crl_tbs(tbs, c, err));
	c->sig = sig;
	return alg == c->alg ? FJ_OK : bad(err, "RFC 5280 5.1.1.2", "inside and outside name different signature algorithms");
}

bool fj_crl_next(struct fj_der *walk, struct fj_crl_entry *e)
{
	return fj_der_more(walk) && read_entry(walk, e, NULL) == FJ_OK;
}
