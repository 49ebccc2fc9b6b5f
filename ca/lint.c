/*
 * lint.c - a certificate against RFC 5280 and its profile, with our own reader.
 *
 * It runs on every structure before it goes to the signer, on a canary of each
 * profile at start, and on what is stored.  It can't be switched off.
 */
#include "ca/internal.h"

static enum fj_rc no(struct fj_err *err, const char *cite, const char *what)
{
	return fj_fail(err, FJ_E_INVALID, "ca", cite, "lint: %s", what);
}

#define WANT(cond, cite, what) FJ_ENSURE(cond, no(err, cite, what))

static bool uri_is(struct fj_slice uri, const char *base, const char *rest)
{
	size_t n = strlen(base), m = strlen(rest);

	return uri.len == n + m && memcmp(uri.p, base, n) == 0 && memcmp(uri.p + n, rest, m) == 0;
}

/* BASE/crl/<shard>.crl, BASE/crl/sm2-<shard>.crl, shard in digits */
static bool crldp_ok(const struct ca_home *h, const struct ca_profile_row *p, enum fj_alg alg, struct fj_slice uri)
{
	size_t n = strlen(h->base);
	char name[40], begin[24];

	if (p->ca)
		return uri_is(uri, h->base, alg == FJ_SM2 ? "/crl/root-sm2.crl" : "/crl/root.crl");
	size_t head = (size_t)snprintf(begin, sizeof(begin), "/crl/%s", fj_alg_prefix(alg));
	if (uri.len < n + head + 5 || uri.len - n >= sizeof(name) || memcmp(uri.p, h->base, n) != 0)
		return false;
	memcpy(name, uri.p + n, uri.len - n);
	name[uri.len - n] = '\0';
	size_t d = strspn(name + head, "0123456789");
	return memcmp(name, begin, head) == 0 && d > 0 && d < 10 && strcmp(name + head + d, ".crl") == 0;
}

static enum fj_rc lint_names(const struct ca_profile_row *p, const struct fj_x509 *x, struct fj_err *err)
{
	char text[300];
	static const char *const oids[] = {FJ_OID_C, FJ_OID_O, FJ_OID_CN};

	for (size_t i = 0; i < FJ_ARRAY_LEN(oids); i++) {
		FJ_TRY(fj_x509_name(x->subject, oids[i], text, sizeof(text), err));
		WANT(fj_utf8_count(text) >= 1 && fj_utf8_count(text) <= 64, "RFC 5280 A.1", "a subject attribute is not 1 to 64 characters");
		WANT(i != 0 || strcmp(text, "CN") == 0, "formats.md 2", "the country is not CN");
	}
	bool self = fj_slice_eq(x->subject, x->issuer);
	WANT(self == (p->id == CA_ROOT || p->id == CA_CROSS), "RFC 5280 3.2", "only a root is its own issuer, and what one generation of it signs of another");
	return FJ_OK;
}

static enum fj_rc lint_basics(const struct ca_profile_row *p, const struct fj_x509 *x, struct fj_err *err)
{
	WANT(x->serial.len == 16 && x->serial.p[0] != 0 && x->serial.p[0] < 0x80, "RFC 5280 4.1.2.2",
	    "the serial number is not 16 octets, positive, without leading zero");
	WANT(x->not_after <= ca_profile_end(p, x->not_before), "RFC 5280 4.1.2.5", "the validity is longer than the profile allows");
	WANT(p->id == CA_DATA_ASSET || fj_alg_of(x->curve) == x->alg, "formats.md 2", "the key of one of our own is of another hierarchy than its issuer's");
	WANT((x->curve == FJ_CURVE_SM2) == (x->alg == FJ_SM2), "GB/T 20518 5.2.3.7", "the subject's key belongs to another hierarchy than its issuer's");
	WANT(x->seen == p->wants, "formats.md 2", "an extension is missing or is not in the profile");
	unsigned critical = p->wants & (FJ_X_KU | FJ_X_BC);
	WANT(x->critical == critical, "RFC 5280 4.2", "an extension is wrongly critical or not critical");
	WANT(x->ku == p->ku, "RFC 5280 4.2.1.3", "the key usage is not the profile's");
	WANT(x->ca == p->ca && x->pathlen == p->pathlen, "RFC 5280 4.2.1.9", "CA flag or path length are not the profile's");
	return FJ_OK;
}

static enum fj_rc lint_keys(const struct fj_x509 *x, struct fj_err *err)
{
	uint8_t id[20];
	struct fj_der d, s;
	struct fj_slice bits;
	unsigned unused;

	fj_der_init(&d, x->spki);
	FJ_TRY(fj_der_enter(&d, FJ_DER_SEQ, &s, err));
	FJ_TRY(fj_der_get(&s, FJ_DER_SEQ, NULL, NULL, err));
	FJ_TRY(fj_der_bits(&s, &bits, &unused, err));
	ca_key_id(bits, id);
	WANT(fj_slice_eq(x->ski, FJ_SLICE(id, 20)), "RFC 5280 4.2.1.2", "the subject key identifier is not the key's");
	return FJ_OK;
}

/* of a generation of the root, or of the issuing CA */
static bool ca_file_ok(const struct ca_home *h, const struct ca_profile_row *p, const struct fj_x509 *x)
{
	char want[FJ_CA_FILE_CAP];
	bool ok = false;

	for (unsigned g = 1; !ok && g <= (p->ca ? FJ_MAX_ROOTS : FJ_MAX_CAS); g++) {
		fj_generation_name(p->ca ? "/ca/root" : "/ca/issuing", x->alg, g, ".cer", want);
		ok = uri_is(x->ca_issuers, h->base, want);
	}
	return ok;
}

static enum fj_rc lint_extensions(const struct ca_home *h, const struct ca_profile_row *p, const struct fj_x509 *x, struct fj_err *err)
{
	char want[80];

	if (ca_profile_eku(h, p, want, sizeof(want)) != FJ_OK)
		return no(err, "formats.md 1", "the arc is too long");
	WANT(strcmp(x->eku, want) == 0, "RFC 5280 4.2.1.12", "the extended key usage is not the profile's one");
	if (p->wants & FJ_X_POLICY) {
		if (ca_profile_policy(h, want, sizeof(want)) != FJ_OK)
			return no(err, "formats.md 1", "the arc is too long");
		WANT(strcmp(x->policy, want) == 0, "RFC 5280 4.2.1.4", "the certificate policy is not this home's");
	}
	if (p->wants & FJ_X_CRLDP)
		WANT(crldp_ok(h, p, x->alg, x->crldp), "RFC 5280 4.2.1.13", "the CRL distribution point is not this home's");
	if (p->wants & FJ_X_AIA) {
		WANT(ca_file_ok(h, p, x), "RFC 5280 4.2.2.1", "caIssuers is not this home's");
		WANT(p->ca ? x->ocsp.len == 0 : uri_is(x->ocsp, h->base, "/ocsp"), "RFC 5280 4.2.2.1", "the OCSP address is not this home's");
	}
	if (p->wants & FJ_X_SAN)
		WANT(uri_is(x->san, h->base, ""), "RFC 5280 4.2.1.6", "the alternative name is not this home's address");
	return FJ_OK;
}

static enum fj_rc lint_asset(const struct ca_home *h, const struct fj_x509 *x, struct fj_err *err)
{
	struct fj_asset a;
	char oid[80], text[512], cut[260];

	snprintf(oid, sizeof(oid), "%s.1.1", h->arc);
	WANT(strcmp(x->private_oid, oid) == 0, "formats.md 1", "the private extension is not dataAsset");
	FJ_TRY(fj_asset_read(x->private_value, &a, err));
	FJ_TRY(fj_x509_name(x->subject, FJ_OID_SERIALNUMBER, text, sizeof(text), err));
	WANT(strcmp(text, a.number) == 0, "formats.md 2", "the subject's serialNumber is not the certificate's number");
	FJ_TRY(fj_x509_name(x->subject, FJ_OID_CN, text, sizeof(text), err));
	ca_cut(a.asset_name, 64, cut, sizeof(cut));
	WANT(strcmp(text, cut) == 0, "formats.md 2", "the subject's common name is not the asset's name");
	FJ_TRY(fj_x509_name(x->subject, FJ_OID_ORGID, text, sizeof(text), err));
	WANT(strlen(text) == 24 && memcmp(text, "NTRCN-", 6) == 0, "ETSI EN 319 412-1 5.1.4", "the holder's code is not NTRCN- and 18 characters");
	/* 167·四(三): the holder's kind decides, R04 */
	WANT(a.holder_kind > 2 || (a.restrictions & 1u), "R04", "a certificate of an administrative, public or mass body lacks noCollateral");
	WANT(strncmp(a.status_uri, h->base, strlen(h->base)) == 0, "formats.md 5.3", "the status list is not this home's");
	return FJ_OK;
}

static enum fj_rc lint_limits(const struct ca_home *h, const struct fj_x509 *x, struct fj_err *err)
{
	struct fj_limits l;
	char oid[80];

	snprintf(oid, sizeof(oid), "%s.1.2", h->arc);
	WANT(strcmp(x->private_oid, oid) == 0, "formats.md 1", "the private extension is not caLimits");
	FJ_TRY(fj_limits_read(x->private_value, &l, err));
	WANT(strcmp(l.base, h->base) != 0, "formats.md 27", "a subordinate CA has the address of the CA that certifies it");
	return FJ_OK;
}

enum fj_rc ca_limits_view(const struct fj_limits *l, const struct fj_x509 *x, struct fj_err *err)
{
	struct fj_asset a;

	FJ_TRY(fj_asset_read(x->private_value, &a, err));
	FJ_TRY(fj_limits_address(l, x->crldp, err));
	return fj_limits_asset(l, &a, err);
}

enum fj_rc ca_lint_view(const struct ca_home *h, const struct ca_profile_row *p, const struct fj_x509 *x, struct fj_err *err)
{
	FJ_TRY(lint_basics(p, x, err));
	FJ_TRY(lint_names(p, x, err));
	FJ_TRY(lint_keys(x, err));
	FJ_TRY(lint_extensions(h, p, x, err));
	if (p->id == CA_SUBORDINATE)
		return lint_limits(h, x, err);
	return p->wants & FJ_X_PRIVATE ? lint_asset(h, x, err) : FJ_OK;
}

enum fj_rc ca_lint(const struct ca_home *h, enum ca_profile profile, struct fj_slice cert, struct fj_err *err)
{
	const struct ca_profile_row *p = ca_profile_find(profile);
	struct fj_x509 x;

	if (p == NULL)
		return fj_fail(err, FJ_E_UNSUPPORTED, "ca", NULL, "there is no certificate profile %d", (int)profile);
	FJ_TRY(fj_x509_read(cert, &x, err));
	return ca_lint_view(h, p, &x, err);
}

/* an issuing certificate signed by the throw-away key, for the leaves' canaries */
static enum fj_rc canary_issuer(const struct ca_home *h, enum fj_alg alg, struct fj_buf *cert, struct fj_err *err)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(1024);
	FJ_AUTO(buf) tbs = FJ_BUF_INIT(FJ_X509_MAX);
	struct ca_cert_in in = {.profile = CA_ROOT, .not_before = fj_now(), .not_after = fj_now() + 86400};
	size_t n = 128;
	uint8_t sig[128];

	FJ_TRY(ca_ephemeral_spki(alg, &spki, err));
	in.spki = fj_buf_slice(&spki);
	ca_serial_new(&in.serial);
	FJ_TRY(ca_cert_tbs(h, &in, &tbs, err));
	FJ_AUTO(ca_context) ctx = ca_context(ca_throwaway(alg), true);
	if (ctx == NULL || EVP_DigestSign(ctx, sig, &n, tbs.data, tbs.len) != 1)
		return ca_fail_ssl(err, "sign a canary");
	return ca_assemble(fj_buf_slice(&tbs), FJ_SLICE(sig, n), cert, err);
}

static enum fj_rc canaries(const struct ca_home *h, enum fj_alg alg, struct fj_err *err)
{
	static const struct fj_limits limits = {.division = "42", .holders = 1, .base = "http://canary.invalid"};
	FJ_AUTO(buf) issuer = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(buf) spki = FJ_BUF_INIT(1024);

	FJ_TRY(canary_issuer(h, alg, &issuer, err));
	FJ_TRY(ca_ephemeral_spki(alg, &spki, err));
	for (int id = CA_ISSUING; id < CA_PROFILE_END; id++) {
		FJ_AUTO(buf) tbs = FJ_BUF_INIT(FJ_X509_MAX);
		struct ca_cert_in in = {.profile = (enum ca_profile)id, .not_before = fj_now(), .not_after = fj_now() + 86400,
			.spki = fj_buf_slice(&spki), .issuer_cert = fj_buf_slice(&issuer), .shard = 1, .operator_ = "canary", .limits = &limits,
			.holder_name = "canary", .usci = "11420000DEMA00013M",
			.asset = {.number = "DAC-000000-000000-000000-0", .asset_no = "canary", .asset_name = "canary",
			    .card_version = 1, .class_scheme = "LOCAL", .class_code = "1", .restrictions = 1,
			    .region = "100000"}};
		snprintf(in.asset.status_uri, sizeof(in.asset.status_uri), "%s/status/0", h->base);
		ca_serial_new(&in.serial);
		FJ_TRY(ca_cert_tbs(h, &in, &tbs, err));
	}
	return FJ_OK;
}

enum fj_rc ca_canary(const struct ca_home *h, struct fj_err *err)
{
	FJ_TRY(canaries(h, FJ_ES256, err));
	return canaries(h, FJ_SM2, err);
}
