/*
 * ver_pki.h - a home made by hand for the verifier's tests: keys, certificates and
 * CRLs by OpenSSL alone (never by ca/), tokens and lists signed here, written as
 * the trust folder of docs/formats.md section 7 into a temporary directory.
 *
 * world_make gives one in which everything is right.  A test spoils one thing in
 * it, calls world_load, and looks at what changed.
 */
#ifndef FJ_TEST_VER_PKI_H
#define FJ_TEST_VER_PKI_H

#include <fcntl.h>
#include <ftw.h>
#include <openssl/conf.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/secret.h"
#include "base/x509.h"
#include "verifier/verify.h"

#define UNUSED __attribute__((unused))
#define BASE "http://127.0.0.1:8444"
#define ARC "1.3.6.1.4.1.32473"
#define POLICY ARC ".3.1"
#define NOW INT64_C(1795000000) /* 2026-11-18T11:06:40Z */
#define DAY 86400
#define USER "91440300MA5DEMO01X"
#define DAC "DAC-440300-202611-000001-S"
#define DAU "DAU-440300-202611-000001-T"

struct bytes {
	uint8_t p[16384];
	size_t n;
};

static UNUSED struct fj_slice slice(const struct bytes *b)
{
	return FJ_SLICE(b->p, b->n);
}

/* --- certificates --- */

struct spec {
	const char *cn, *bc, *ku, *eku, *policy, *crldp, *san;
	const struct fj_asset *asset;
	const struct fj_limits *limits; /* of a subordinate CA */
	const char *limits_oid;         /* ARC.1.2 when NULL */
	const char *extra_critical; /* OID of one more critical extension */
	fj_time from, to;
	uint8_t serial;
};

static UNUSED EVP_PKEY *new_key(void)
{
	return EVP_EC_gen("P-256");
}

static void ext(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;

	if (value == NULL)
		return;
	CONF *none = NCONF_new(NULL); /* policies ask for one */
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	X509V3_set_nconf(&ctx, none);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	NCONF_free(none);
	if (e == NULL) {
		printf("# extension %d: %s\n", nid, value);
		exit(1);
	}
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
}

static void raw_ext(X509 *x, const char *oid, bool critical, struct fj_slice value)
{
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();

	ASN1_OCTET_STRING_set(s, value.p, (int)value.len);
	X509_EXTENSION *e = X509_EXTENSION_create_by_OBJ(NULL, o, critical, s);
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(s);
	ASN1_OBJECT_free(o);
}

static void rdn(X509_NAME *n, const char *oid, const char *value)
{
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);

	X509_NAME_add_entry_by_OBJ(n, o, MBSTRING_UTF8, (const uint8_t *)value, -1, -1, 0);
	ASN1_OBJECT_free(o);
}

/* issuer NULL: itself */
static UNUSED X509 *cert(const struct spec *s, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
	X509 *x = X509_new(), *parent = issuer == NULL ? x : issuer;
	uint8_t serial[16] = {0x42, [15] = s->serial};
	BIGNUM *bn = BN_bin2bn(serial, sizeof(serial), NULL);

	X509_set_version(x, 2);
	BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x));
	BN_free(bn);
	ASN1_TIME_set(X509_getm_notBefore(x), (time_t)s->from);
	ASN1_TIME_set(X509_getm_notAfter(x), (time_t)s->to);
	rdn(X509_get_subject_name(x), FJ_OID_C, "CN");
	rdn(X509_get_subject_name(x), FJ_OID_O, "某数据中心");
	if (s->asset != NULL) {
		rdn(X509_get_subject_name(x), FJ_OID_ORGID, "NTRCN-" USER);
		rdn(X509_get_subject_name(x), FJ_OID_SERIALNUMBER, s->asset->number);
	}
	rdn(X509_get_subject_name(x), FJ_OID_CN, s->cn);
	X509_set_issuer_name(x, X509_get_subject_name(parent));
	X509_set_pubkey(x, key);
	ext(x, parent, NID_subject_key_identifier, "hash");
	ext(x, parent, NID_authority_key_identifier, issuer == NULL ? NULL : "keyid:always");
	ext(x, parent, NID_basic_constraints, s->bc);
	ext(x, parent, NID_key_usage, s->ku);
	ext(x, parent, NID_ext_key_usage, s->eku);
	ext(x, parent, NID_certificate_policies, s->policy);
	ext(x, parent, NID_crl_distribution_points, s->crldp);
	if (s->crldp != NULL)
		ext(x, parent, NID_info_access, s->bc != NULL ? "caIssuers;URI:" BASE "/ca/root.cer" : "OCSP;URI:" BASE "/ocsp,caIssuers;URI:" BASE "/ca/issuing.cer");
	ext(x, parent, NID_subject_alt_name, s->san);
	if (s->asset != NULL) {
		FJ_AUTO(buf) b = FJ_BUF_INIT(4096);
		if (fj_asset_write(s->asset, &b) != FJ_OK)
			exit(1);
		raw_ext(x, ARC ".1.1", false, fj_buf_slice(&b));
	}
	if (s->limits != NULL) {
		FJ_AUTO(buf) b = FJ_BUF_INIT(4096);
		if (fj_limits_write(s->limits, &b) != FJ_OK)
			exit(1);
		raw_ext(x, s->limits_oid != NULL ? s->limits_oid : ARC ".1.2", false, fj_buf_slice(&b));
	}
	if (s->extra_critical != NULL)
		raw_ext(x, s->extra_critical, true, FJ_SLICE("\x05\x00", 2));
	X509_sign(x, issuer_key, EVP_sha256());
	return x;
}

static UNUSED void der_of(X509 *x, struct bytes *out)
{
	uint8_t *p = out->p;

	out->n = (size_t)i2d_X509(x, &p);
}

/* --- CRLs --- */

struct crl_spec {
	const char *uri;
	long number;
	fj_time from, to;
	uint8_t revoked; /* last octet of one serial; 0: none */
	int reason;
};

static void crl_entry(X509_CRL *c, const struct crl_spec *s)
{
	X509_REVOKED *r = X509_REVOKED_new();
	uint8_t serial[16] = {0x42, [15] = s->revoked};
	BIGNUM *bn = BN_bin2bn(serial, sizeof(serial), NULL);
	ASN1_INTEGER *n = BN_to_ASN1_INTEGER(bn, NULL);
	ASN1_TIME *at = ASN1_TIME_set(NULL, (time_t)s->from);
	ASN1_ENUMERATED *e = ASN1_ENUMERATED_new();

	X509_REVOKED_set_serialNumber(r, n);
	X509_REVOKED_set_revocationDate(r, at);
	ASN1_ENUMERATED_set(e, s->reason);
	X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, e, 0, 0);
	X509_CRL_add0_revoked(c, r);
	ASN1_ENUMERATED_free(e);
	ASN1_TIME_free(at);
	ASN1_INTEGER_free(n);
	BN_free(bn);
}

static UNUSED void crl(const struct crl_spec *s, X509 *issuer, EVP_PKEY *key, struct bytes *out)
{
	X509_CRL *c = X509_CRL_new();
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)s->from), *to = ASN1_TIME_set(NULL, (time_t)s->to);
	X509V3_CTX ctx;
	char idp[300];
	uint8_t *p = out->p;

	X509_CRL_set_version(c, 1);
	X509_CRL_set_issuer_name(c, X509_get_subject_name(issuer));
	X509_CRL_set1_lastUpdate(c, from);
	X509_CRL_set1_nextUpdate(c, to);
	if (s->revoked != 0)
		crl_entry(c, s);
	X509V3_set_ctx(&ctx, issuer, NULL, NULL, c, 0);
	snprintf(idp, sizeof(idp), "critical,fullname:URI:%s", s->uri);
	ASN1_INTEGER *n = ASN1_INTEGER_new();
	ASN1_INTEGER_set(n, s->number);
	X509_EXTENSION *a = X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid:always");
	X509_EXTENSION *b = X509V3_EXT_conf_nid(NULL, &ctx, NID_issuing_distribution_point, idp);
	if (a == NULL || b == NULL) {
		printf("# CRL extensions\n");
		exit(1);
	}
	X509_CRL_add_ext(c, a, -1);
	X509_CRL_add1_ext_i2d(c, NID_crl_number, n, 0, 0);
	X509_CRL_add_ext(c, b, -1);
	X509_CRL_sign(c, key, EVP_sha256());
	out->n = (size_t)i2d_X509_CRL(c, &p);
	X509_EXTENSION_free(a);
	X509_EXTENSION_free(b);
	ASN1_INTEGER_free(n);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	X509_CRL_free(c);
}

/* --- signed JSON --- */

static UNUSED void point_of(EVP_PKEY *key, uint8_t point[65])
{
	size_t n = 0;

	if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, 65, &n) != 1 || n != 65)
		exit(1);
}

static UNUSED const char *b64u(struct fj_slice in)
{
	static char out[8][1024];
	static int turn;
	FJ_AUTO(buf) b = FJ_BUF_INIT(1000);

	turn = (turn + 1) % 8;
	if (fj_b64u_put(&b, in) != FJ_OK)
		exit(1);
	snprintf(out[turn], sizeof(out[turn]), "%s", fj_buf_str(&b));
	return out[turn];
}

static UNUSED const char *hash_b64u(struct fj_slice in)
{
	struct fj_hash h;

	fj_sha256(in, &h);
	return b64u(FJ_SLICE(h.b, sizeof(h.b)));
}

static UNUSED const char *kid_of(EVP_PKEY *key)
{
	uint8_t pt[65];
	char text[256];

	point_of(key, pt);
	snprintf(text, sizeof(text), "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", b64u(FJ_SLICE(pt + 1, 32)), b64u(FJ_SLICE(pt + 33, 32)));
	return hash_b64u(fj_slice_str(text));
}

/* "." and the signature over what out holds from `from` on */
static UNUSED void sign_tail(EVP_PKEY *key, struct fj_buf *out, size_t from)
{
	uint8_t der[128], raw[64];
	size_t n = sizeof(der);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 || EVP_DigestSign(ctx, der, &n, out->data + from, out->len - from) != 1 ||
	    fj_ecdsa_der_to_raw(FJ_SLICE(der, n), raw, NULL) != FJ_OK || fj_buf_puts(out, ".") != FJ_OK || fj_b64u_put(out, FJ_SLICE(raw, 64)) != FJ_OK)
		exit(1);
	EVP_MD_CTX_free(ctx);
}

/* header text as given: hostile headers too */
static UNUSED void jws_text(const char *header, const json_t *payload, EVP_PKEY *key, struct fj_buf *out)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_STATUS_JWT_MAX);

	fj_buf_clear(out);
	if (fj_json_canonical(payload, &text, NULL) != FJ_OK || fj_b64u_put(out, fj_slice_str(header)) != FJ_OK || fj_buf_puts(out, ".") != FJ_OK ||
	    fj_b64u_put(out, fj_buf_slice(&text)) != FJ_OK)
		exit(1);
	sign_tail(key, out, 0);
}

static UNUSED void jws(const char *typ, const json_t *payload, const struct bytes *leaf, const struct bytes *issuing, EVP_PKEY *key, struct fj_buf *out)
{
	struct fj_slice x5c[2] = {slice(leaf), slice(issuing)};

	fj_buf_clear(out);
	if (fj_jws_write_input(FJ_ES256, typ, kid_of(key), x5c, payload, out, NULL) != FJ_OK)
		exit(1);
	sign_tail(key, out, 0);
}

/* --- the world --- */

struct world {
	EVP_PKEY *root_key, *issuing_key, *token_key, *holder_key;
	X509 *root_x, *issuing_x;
	struct spec root_s, issuing_s, token_s, status_s, dac_s;
	struct bytes root, issuing, token_cert, status_cert, dac;
	struct crl_spec root_crl_s, shard_s;
	struct bytes root_crl, shard;
	struct fj_asset asset;
	json_t *list, *auth, *token; /* payloads; list without lst */
	uint8_t map[FJ_LIST_OCTETS];
	struct fj_buf list_jwt, auth_jwt, token_jwt;
	bool no_list, no_crl, no_auth, no_dac;
	char home[32], dir[40]; /* the trust folder lies in a folder of its own */
	struct ver_trust *trust;
	json_t *notes;
};

static json_t *ref(int idx)
{
	return json_pack("{s:i, s:s}", "idx", idx, "uri", BASE "/status/0");
}

static json_t *grant_of(const char *action2, int depth)
{
	return json_pack("{s:s, s:[s], s:[], s:[s], s:[s], s:[s, s], s:[s], s:[s], s:{s:s, s:i}, s:i}", "mode", "DOMAIN", "domains", "气象", "scenarios",
	    "rights", "USE", "purposes", "INDUSTRY", "actions", "QUERY", action2, "territory", "440000", "environment", "sandbox-1",
	    "quota", "unit", "CALLS", "limit", 1000, "depth", depth);
}

#define SPEC_SIGNER(name, eku_, n) {.cn = name, .ku = "critical,digitalSignature", .eku = eku_, .policy = POLICY, \
	.crldp = "URI:" BASE "/crl/1.crl", .san = "URI:" BASE, .from = NOW - 100 * DAY, .to = NOW + 1000 * DAY, .serial = n}

static void world_specs(struct world *w)
{
	w->root_s = (struct spec){.cn = "Fujie Root", .bc = "critical,CA:TRUE,pathlen:1", .ku = "critical,keyCertSign,cRLSign", .from = NOW - 400 * DAY,
		.to = NOW + 4000 * DAY, .serial = 1};
	w->issuing_s = (struct spec){.cn = "Fujie Issuing CA 1", .bc = "critical,CA:TRUE,pathlen:0", .ku = "critical,keyCertSign,cRLSign", .policy = POLICY,
		.crldp = "URI:" BASE "/crl/root.crl", .from = NOW - 300 * DAY, .to = NOW + 3000 * DAY, .serial = 2};
	w->token_s = (struct spec)SPEC_SIGNER("Fujie Token Signer", ARC ".2.3", 3);
	w->status_s = (struct spec)SPEC_SIGNER("Fujie Status Signer", ARC ".2.4", 4);
	w->dac_s = (struct spec)SPEC_SIGNER("气象数据", ARC ".2.1", 5);
	w->dac_s.san = NULL;
	w->asset = (struct fj_asset){.number = DAC, .asset_no = "SZ-0001", .asset_name = "气象数据", .card_version = 1, .class_scheme = "demo", .class_code = "01",
		.holder_kind = 1, .rights = 7, .modes = 2, .restrictions = 1 | 4, .region = "440300", .status_index = 10, .status_uri = BASE "/status/0"};
	w->dac_s.asset = &w->asset;
	w->root_crl_s = (struct crl_spec){.uri = BASE "/crl/root.crl", .number = 1, .from = NOW - DAY, .to = NOW + 300 * DAY};
	w->shard_s = (struct crl_spec){.uri = BASE "/crl/1.crl", .number = 7, .from = NOW - 3600, .to = NOW + 2 * DAY - 3600};
}

static UNUSED X509 *world_cert(struct world *w, const struct spec *s, EVP_PKEY *key, struct bytes *out)
{
	X509 *x = cert(s, key, w->issuing_x, w->issuing_key);

	der_of(x, out);
	return x;
}

/* certificates and CRLs from the specs */
static UNUSED void world_certs(struct world *w)
{
	X509_free(w->root_x);
	X509_free(w->issuing_x);
	w->root_x = cert(&w->root_s, w->root_key, NULL, w->root_key);
	w->issuing_x = cert(&w->issuing_s, w->issuing_key, w->root_x, w->root_key);
	der_of(w->root_x, &w->root);
	der_of(w->issuing_x, &w->issuing);
	X509_free(world_cert(w, &w->token_s, w->token_key, &w->token_cert));
	X509_free(world_cert(w, &w->status_s, w->token_key, &w->status_cert));
	X509_free(world_cert(w, &w->dac_s, w->holder_key, &w->dac));
	crl(&w->root_crl_s, w->root_x, w->root_key, &w->root_crl);
	crl(&w->shard_s, w->issuing_x, w->issuing_key, &w->shard);
}

static json_t *asset_entry(const struct world *w)
{
	return json_pack("{s:s, s:s, s:s, s:o}", "id", w->asset.asset_no, "certificate", DAC, "certificate_sha256", hash_b64u(slice(&w->dac)), "status", ref(11));
}

static void world_auth_payload(struct world *w)
{
	json_decref(w->auth);
	w->auth = json_pack("{s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:{s:s,s:s}, s:{s:s,s:s}, s:{s:s,s:s}, s:[o], s:o, s:{s:s}, s:n, s:o, s:{s:o}}",
	    "iss", BASE, "vct", FJ_VCT_AUTHORISATION, "jti", DAU, "version", 1, "iat", (json_int_t)(NOW - 50 * DAY), "nbf", (json_int_t)(NOW - 50 * DAY),
	    "exp", (json_int_t)(NOW + 700 * DAY), "holder", "usci", USER, "name", "甲", "implementer", "usci", USER, "name", "乙",
	    "operator", "usci", "91440300MA5DEMO02X", "name", "丙", "assets", asset_entry(w), "grant", grant_of("VERIFY", 0), "terms", "kind", "paid",
	    "previous", "authorisation_status", ref(12), "status", "status_list", ref(13));
}

/* binding key */
static void world_token_payload(struct world *w)
{
	uint8_t pt[65];

	point_of(w->holder_key, pt);
	json_decref(w->token);
	w->token = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:{s:{s:s,s:s,s:s,s:s}}, s:{s:s,s:s}, s:o, s:{s:s,s:s,s:s}, s:o, s:{s:s}, "
	    "s:{s:s,s:i,s:s,s:o}, s:[s], s:{s:o}}",
	    "iss", BASE, "vct", FJ_VCT_TOKEN, "jti", "LT-0123456789abcdefghjkmnpqrs", "iat", (json_int_t)(NOW - DAY), "nbf", (json_int_t)(NOW - DAY),
	    "exp", (json_int_t)(NOW + 30 * DAY), "binding", "key", "cnf", "jwk", "kty", "EC", "crv", "P-256", "x", b64u(FJ_SLICE(pt + 1, 32)),
	    "y", b64u(FJ_SLICE(pt + 33, 32)), "holder", "usci", USER, "name", "丁", "asset", asset_entry(w), "product", "id", "P-1", "version", "1.0",
	    "kind", "operator", "grant", grant_of("VERIFY", 0), "terms", "kind", "paid", "parent", "authorisation", DAU, "version", 1,
	    "sha256", hash_b64u(fj_buf_slice(&w->auth_jwt)), "status", ref(12), "duties", "STOP", "status", "status_list", ref(14));
}

static UNUSED void world_sign_list(struct world *w)
{
	FJ_AUTO(buf) lst = FJ_BUF_INIT(FJ_STATUS_JWT_MAX);

	if (fj_list_deflate(w->map, &lst, NULL) != FJ_OK)
		exit(1);
	json_object_set_new(w->list, "status_list", json_pack("{s:i, s:s}", "bits", 2, "lst", fj_buf_str(&lst)));
	jws(FJ_TYP_STATUS, w->list, &w->status_cert, &w->issuing, w->token_key, &w->list_jwt);
}

static UNUSED void world_sign_auth(struct world *w)
{
	jws(FJ_TYP_TOKEN, w->auth, &w->token_cert, &w->issuing, w->token_key, &w->auth_jwt);
	if (fj_buf_puts(&w->auth_jwt, "~") != FJ_OK)
		exit(1);
}

static UNUSED void world_sign_token(struct world *w)
{
	jws(FJ_TYP_TOKEN, w->token, &w->token_cert, &w->issuing, w->token_key, &w->token_jwt);
	if (fj_buf_puts(&w->token_jwt, "~") != FJ_OK)
		exit(1);
}

/* payloads and signatures after the certificates */
static UNUSED void world_sign(struct world *w)
{
	json_decref(w->list);
	w->list = json_pack("{s:s, s:s, s:I, s:I, s:i}", "iss", BASE, "sub", BASE "/status/0", "iat", (json_int_t)(NOW - 600),
	    "exp", (json_int_t)(NOW - 600 + 2 * DAY), "ttl", 300);
	world_sign_list(w);
	world_auth_payload(w);
	world_sign_auth(w);
	world_token_payload(w);
	world_sign_token(w);
}

static UNUSED struct world *world_make(void)
{
	static const char template[] = "/tmp/fj-ver-XXXXXX";
	struct world *w = fj_alloc(1, sizeof(*w));

	if (w == NULL)
		exit(1);
	memcpy(w->home, template, sizeof(template));
	if (mkdtemp(w->home) == NULL || snprintf(w->dir, sizeof(w->dir), "%s/trust", w->home) < 0 || mkdir(w->dir, 0700) != 0)
		exit(1);
	fj_buf_init(&w->list_jwt, 2 * FJ_STATUS_JWT_MAX);
	fj_buf_init(&w->auth_jwt, 65536);
	fj_buf_init(&w->token_jwt, 65536);
	w->root_key = new_key();
	w->issuing_key = new_key();
	w->token_key = new_key();
	w->holder_key = new_key();
	world_specs(w);
	world_certs(w);
	world_sign(w);
	return w;
}

static int drop(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st;
	(void)flag;
	(void)f;
	return remove(path);
}

static UNUSED void world_free(struct world *w)
{
	nftw(w->home, drop, 8, FTW_DEPTH | FTW_PHYS);
	ver_trust_free(w->trust);
	json_decref(w->notes);
	json_decref(w->list);
	json_decref(w->auth);
	json_decref(w->token);
	fj_buf_release(&w->list_jwt);
	fj_buf_release(&w->auth_jwt);
	fj_buf_release(&w->token_jwt);
	X509_free(w->root_x);
	X509_free(w->issuing_x);
	EVP_PKEY_free(w->root_key);
	EVP_PKEY_free(w->issuing_key);
	EVP_PKEY_free(w->token_key);
	EVP_PKEY_free(w->holder_key);
	fj_free(w);
}

FJ_DEFINE_AUTO_PTR(world, struct world, world_free)

/* --- as a folder --- */

static UNUSED void put_file(const struct world *w, const char *name, struct fj_slice data)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	FJ_AUTO(fd) fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || fj_write_all(fd, data.p, data.len, NULL) != FJ_OK)
		exit(1);
}

static void put_dir(const struct world *w, const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	mkdir(path, 0700);
}

static UNUSED void pem_of(const char *label, struct fj_slice der, struct fj_buf *out)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(65536);

	if (fj_b64_put(&b, der) != FJ_OK || fj_buf_printf(out, "-----BEGIN %s-----\n", label) != FJ_OK)
		exit(1);
	for (size_t i = 0; i < b.len; i += 64)
		if (fj_buf_printf(out, "%.64s\n", fj_buf_str(&b) + i) != FJ_OK)
			exit(1);
	if (fj_buf_printf(out, "-----END %s-----\n", label) != FJ_OK)
		exit(1);
}

static UNUSED void put_pem(const struct world *w, const char *name, const struct bytes *a, const struct bytes *b)
{
	FJ_AUTO(buf) pem = FJ_BUF_INIT(65536);

	pem_of("CERTIFICATE", slice(a), &pem);
	if (b != NULL)
		pem_of("CERTIFICATE", slice(b), &pem);
	put_file(w, name, fj_buf_slice(&pem));
}

static UNUSED void world_write(struct world *w)
{
	static const char *const dirs[] = {"crl", "status", "authorisations", "certificates"};

	for (size_t i = 0; i < FJ_ARRAY_LEN(dirs); i++)
		put_dir(w, dirs[i]);
	put_pem(w, "root.pem", &w->root, NULL);
	put_pem(w, "chain.pem", &w->issuing, &w->root);
	put_file(w, "crl/root.crl", slice(&w->root_crl));
	if (!w->no_crl)
		put_file(w, "crl/1.crl", slice(&w->shard));
	if (!w->no_list)
		put_file(w, "status/0.jwt", fj_buf_slice(&w->list_jwt));
	if (!w->no_auth)
		put_file(w, "authorisations/" DAU ".jwt", fj_buf_slice(&w->auth_jwt));
	if (!w->no_dac)
		put_pem(w, "certificates/" DAC ".pem", &w->dac, NULL);
}

static UNUSED enum fj_rc world_load(struct world *w, struct fj_err *err)
{
	world_write(w);
	ver_trust_free(w->trust);
	w->trust = NULL;
	json_decref(w->notes);
	w->notes = NULL;
	return ver_trust_load_dir(AT_FDCWD, w->dir, &w->trust, &w->notes, err);
}

/* --- judging --- */

struct asked {
	const char *use, *nonce, *x5t;
	fj_time now; /* 0: NOW */
	bool past;
	int64_t max_age;
	struct fj_slice log_proof;
	bool logged;
};

static UNUSED enum fj_rc judge(const struct world *w, struct fj_slice credential, const struct asked *a, struct ver_report *r, struct fj_err *err)
{
	FJ_AUTO(ver_use) use = NULL;

	if (a->use != NULL)
		FJ_TRY(ver_use_parse(a->use, &use, err));
	struct ver_input in = {.credential = credential, .use = use, .now = a->now == 0 ? NOW : a->now, .nonce = a->nonce, .x5t = a->x5t};
	struct ver_trust *made = NULL;
	FJ_TRY(ver_trust_over(w->trust, &made, err));
	FJ_AUTO(ver_trust) over = made;
	FJ_AUTO(fd) dir = -1;
	FJ_TRY(fj_dir_open(AT_FDCWD, w->dir, &dir, err));
	in.past = a->past;
	in.max_age = a->max_age;
	in.log_proof = a->log_proof;
	in.logged = a->logged;
	return ver_verify_in(dir, over, &in, r, err);
}

/* "permit", or "deny chain" with the first check that fails, or "indeterminate status" */
static UNUSED const char *brief(const struct ver_report *r)
{
	static char out[64];
	enum ver_outcome o = r->verdict == VER_DENY ? VER_FAIL : VER_UNKNOWN;

	if (r->verdict == VER_PERMIT)
		return "permit";
	snprintf(out, sizeof(out), "%s", ver_verdict_name(r->verdict));
	for (size_t i = 0; i < r->n; i++)
		if (r->check[i].outcome == o) {
			snprintf(out, sizeof(out), "%s %s", ver_verdict_name(r->verdict), r->check[i].name);
			break;
		}
	return out;
}

static UNUSED enum ver_outcome outcome_of(const struct ver_report *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->check[i].name, name) == 0)
			return r->check[i].outcome;
	return VER_FAIL;
}

static UNUSED const char *verdict(const struct world *w, struct fj_slice credential, const struct asked *a)
{
	FJ_AUTO(ver_report) r = {.subject = NULL};
	static struct fj_err err;

	return judge(w, credential, a, &r, &err) == FJ_OK ? brief(&r) : err.en;
}

static UNUSED const char *token_verdict(const struct world *w, const char *use)
{
	return verdict(w, fj_buf_slice(&w->token_jwt), &(struct asked){.use = use});
}

#endif
