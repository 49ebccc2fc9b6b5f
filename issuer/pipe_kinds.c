/*
 * pipe_kinds.c - how each of the three credentials, and the manifest of a listing's
 * pack, of a report or of a year's packages, is built from its intent, and checked when it comes back signed.
 */
#include "base/content.h"
#include "base/jws.h"
#include "ca/ca.h"
#include "issuer/domain.h"
#include "issuer/iss.h"

static enum fj_rc put(char *out, size_t cap, const json_t *b, const char *key, struct fj_err *err)
{
	const char *s = fj_json_peek(b, key);

	return s != NULL && fj_strcopy(out, cap, s) == FJ_OK ? FJ_OK
	    : fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "an intent's \"%s\" is missing or too long", key);
}

static enum fj_rc asset_of(const json_t *b, struct fj_asset *a, struct fj_err *err)
{
	char hex[65];

	memset(a, 0, sizeof(*a));
	FJ_TRY(put(a->asset_no, sizeof(a->asset_no), b, "asset_no", err));
	FJ_TRY(put(a->asset_name, sizeof(a->asset_name), b, "asset_name", err));
	FJ_TRY(put(a->class_scheme, sizeof(a->class_scheme), b, "class_scheme", err));
	FJ_TRY(put(a->class_code, sizeof(a->class_code), b, "class_code", err));
	FJ_TRY(put(a->region, sizeof(a->region), b, "region", err));
	FJ_TRY(put(hex, sizeof(hex), b, "card_hash", err));
	if (strlen(hex) != 64 || fj_unhex(hex, 64, a->card_hash.b) != FJ_OK)
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "an intent has no card hash");
	a->card_version = (uint32_t)fj_json_num(b, "card_version");
	a->holder_kind = (unsigned)fj_json_num(b, "holder_kind");
	a->rights = (unsigned)fj_json_num(b, "rights");
	a->modes = (unsigned)fj_json_num(b, "modes");
	a->restrictions = (unsigned)fj_json_num(b, "restrictions");
	a->key_origin = (unsigned)fj_json_num(b, "key_origin");
	return FJ_OK;
}

enum fj_rc dom_cert_content(const json_t *b, enum fj_alg alg, int years, fj_time ends, struct fj_slice spki, char hex[65], struct fj_err *err)
{
	struct fj_asset a;
	struct fj_hash h;
	const char *whole = fj_json_text(b, "holder_name");
	char name[260];

	FJ_TRY(asset_of(b, &a, err));
	snprintf(name, sizeof(name), "%.*s", (int)fj_utf8_prefix(whole, 64), whole); /* as the subject has it (RFC 5280 A.1, ub-organization-name) */
	struct fj_cert_content c = {.alg = alg, .asset = &a, .holder = fj_json_text(b, "holder"), .holder_name = name, .years = years, .ends = ends, .spki = spki};
	FJ_TRY(fj_content_certificate(&c, &h, err));
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	return FJ_OK;
}

static enum fj_rc build_certificate(struct iss *i, const struct pipe_intent *in, struct fj_buf *tbs, struct fj_err *err)
{
	const json_t *b = in->body;
	const char *serial = fj_json_peek(b, "serial"), *spki64 = fj_json_peek(b, "spki");
	FJ_AUTO(buf) spki = FJ_BUF_INIT(1024);
	const struct iss_issuing *g = iss_issuing_at(i, in->alg, in->seq);
	struct ca_cert_in c = {.profile = CA_DATA_ASSET, .not_before = fj_json_num(b, "not_before"), .not_after = fj_json_num(b, "not_after"),
		.issuer_cert = fj_buf_slice(&g->cert), .generation = iss_issuing_generation(i, in->alg, g), .shard = (unsigned)fj_json_num(b, "shard")};

	if (serial == NULL || strlen(serial) != 32 || fj_unhex(serial, 32, c.serial.b) != FJ_OK || spki64 == NULL ||
	    fj_b64u_get(spki64, strlen(spki64), &spki) != FJ_OK)
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "an intent has no serial number or key");
	c.spki = fj_buf_slice(&spki);
	FJ_TRY(put(c.holder_name, sizeof(c.holder_name), b, "holder_name", err));
	FJ_TRY(put(c.usci, sizeof(c.usci), b, "holder", err));
	FJ_TRY(asset_of(b, &c.asset, err));
	FJ_TRY(put(c.asset.number, sizeof(c.asset.number), b, "number", err));
	FJ_TRY(put(c.asset.status_uri, sizeof(c.asset.status_uri), b, "uri", err));
	c.asset.status_index = (uint32_t)fj_json_num(b, "idx");
	return ca_cert_tbs(iss_ca_home(i), &c, tbs, err);
}

static enum fj_rc finish_certificate(struct iss *i, const struct pipe_intent *in, struct fj_slice tbs, struct fj_slice sig,
    struct fj_buf *credential, struct fj_err *err)
{
	FJ_TRY(ca_assemble(tbs, sig, credential, err));
	return ca_trust_check(iss_issuing_at(i, in->alg, in->seq)->trust, fj_buf_slice(credential), fj_now(), err);
}

static enum fj_rc build_jws(struct iss *i, const struct pipe_intent *in, struct fj_buf *tbs, struct fj_err *err)
{
	const json_t *p = json_object_get(in->body, "payload");

	FJ_TRY(in->kind == PIPE_TOKEN || in->kind == PIPE_TOKEN_SM2 ? fj_token_check(p, err) : fj_authorisation_check(p, err));
	return iss_jws_input(i, in->alg, in->seq, FJ_TYP_TOKEN, p, tbs, err);
}

/* under the token certificate, which is checked against the chain when it is made */
static bool jws_verifies(const struct iss *i, enum fj_alg alg, struct fj_slice input, struct fj_slice raw)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(96);

	return raw.len == 64 && fj_ecdsa_raw_to_der(raw.p, &der) == FJ_OK &&
	    iss_token_verify(i, alg, input, fj_buf_slice(&der), NULL) == FJ_OK;
}

static enum fj_rc build_manifest(struct iss *i, const struct pipe_intent *in, struct fj_buf *tbs, struct fj_err *err)
{
	const json_t *p = json_object_get(in->body, "payload");

	FJ_TRY(fj_manifest_check(p, err));
	return iss_jws_input(i, in->alg, in->seq, FJ_TYP_MANIFEST, p, tbs, err);
}

/* credentials are SD-JWT without disclosures, which end in "~"; a manifest is a compact JWS */
static enum fj_rc finish_jws(struct iss *i, const struct pipe_intent *in, struct fj_slice tbs, struct fj_slice sig, struct fj_buf *credential, struct fj_err *err)
{
	if (!jws_verifies(i, in->alg, tbs, sig))
		return fj_fail(err, FJ_E_SIGNATURE, "issuer", "RFC 7515 5.2", "the signature does not verify");
	enum fj_rc rc = fj_buf_put(credential, tbs.p, tbs.len);
	if (rc == FJ_OK)
		rc = fj_buf_puts(credential, ".");
	if (rc == FJ_OK)
		rc = fj_b64u_put(credential, sig);
	if (rc == FJ_OK && !pipe_is_manifest(in->kind))
		rc = fj_buf_puts(credential, "~");
	if (rc != FJ_OK || credential->len > FJ_TOKEN_MAX)
		return fj_fail(err, FJ_E_LIMIT, "issuer", "standards.md", "the credential is over %d octets", FJ_TOKEN_MAX);
	return FJ_OK;
}

const struct pipe_ops pipe_table[PIPE_END] = {
	[PIPE_CERTIFICATE] = {"certificate", FJ_ES256, HSM_ISSUING, HSM_CERT_DATA_ASSET, build_certificate, finish_certificate},
	[PIPE_AUTHORISATION] = {"authorisation", FJ_ES256, HSM_TOKEN, HSM_JWS_AUTHORISATION, build_jws, finish_jws},
	[PIPE_TOKEN] = {"token", FJ_ES256, HSM_TOKEN, HSM_JWS_TOKEN, build_jws, finish_jws},
	[PIPE_PACK] = {"pack", FJ_ES256, HSM_TOKEN, HSM_JWS_MANIFEST, build_manifest, finish_jws},
	[PIPE_REPORT] = {"report-seal", FJ_ES256, HSM_TOKEN, HSM_JWS_MANIFEST, build_manifest, finish_jws},
	[PIPE_CERTIFICATE_SM2] = {"certificate-sm2", FJ_SM2, HSM_ISSUING_SM2, HSM_CERT_DATA_ASSET, build_certificate, finish_certificate},
	[PIPE_TOKEN_SM2] = {"token-sm2", FJ_SM2, HSM_TOKEN_SM2, HSM_JWS_TOKEN, build_jws, finish_jws},
	[PIPE_ARCHIVE] = {"archive", FJ_ES256, HSM_TOKEN, HSM_JWS_MANIFEST, build_manifest, finish_jws},
};
