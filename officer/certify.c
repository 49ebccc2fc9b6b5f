/*
 * certify.c - what an approval of another appliance's CA lets be signed (root.certify, in a home without a plan;
 * docs/formats.md 25, 27).
 *
 * The payload has the other appliance's request and the limits that are to be set; what the signer looks for
 * is keys[].content, a hash.  Here the request is read and its keys' signatures are verified, limits are
 * compared with those that it asks for, each hash is computed anew, and the limits are shown in words.  An approval
 * with a hash that is not the one computed is not signed.
 */
#include "base/content.h"
#include "officer/officer.h"
#include "verifier/verify.h"

#define CITE "formats.md 27"

static enum fj_rc no(struct fj_err *err, const char *en, const char *zh)
{
	(void)!fj_fail(err, FJ_E_REFUSED, OFC_LAYER, CITE, "nothing was signed: %s. Ask who runs the appliance how this came about", en);
	fj_err_zh(err, "未作签名：%s。请向设备负责人查明缘由", zh);
	return FJ_E_REFUSED;
}
#define MUST(cond, en, zh) FJ_ENSURE(cond, no(err, en, zh))

static enum fj_alg last_alg(const struct fj_ca_request *r)
{
	return r->sm2 ? FJ_SM2 : FJ_ES256;
}

/* for what it asks, and that it has the keys */
static enum fj_rc read_request(const json_t *payload, struct fj_ca_request *r, struct fj_limits *l, struct fj_err *err)
{
	FJ_TRY(fj_ca_request_read(fj_slice_str(fj_json_text(payload, "request")), r, err));
	for (enum fj_alg a = FJ_ES256; a <= last_alg(r); a++)
		MUST(ver_spki_signed(fj_buf_slice(&r->spki[a]), fj_buf_slice(&r->text), fj_buf_slice(&r->sig[a])), "the other appliance's request was changed after its keys signed it", "另一系统的申请在其密钥签名后被改动");
	FJ_TRY(fj_limits_make(fj_json_text(payload, "division"), fj_json_text(payload, "holders"), fj_json_text(payload, "base"), l, err));
	MUST(fj_limits_within(l, &r->limits), "the limits are wider than the other appliance asked for, or of another address", "所定限制比对方申请的更宽，或地址不同");
	MUST(strcmp(fj_json_text(payload, "operator"), r->operator_) == 0, "the operator that is shown is not the one of the request", "所示运营机构与申请不符");
	int64_t years = fj_json_num(payload, "years");
	MUST(years >= 1 && years <= 12, "it would be valid for other than 1 to 12 years", "有效期应为 1 至 12 年");
	return FJ_OK;
}

/* one for each key of the request, in its order, and each the hash that the signer will compute */
static enum fj_rc check_keys(const json_t *payload, const struct fj_ca_request *r, const struct fj_limits *l, struct fj_err *err)
{
	static const char *const members[] = {"alg", "content", "spki_sha256", NULL};
	const json_t *keys = json_object_get(payload, "keys");
	struct fj_hash h;
	char content[65], spki[65];

	MUST(json_array_size(keys) == (size_t)(r->sm2 ? 2 : 1), "it would let other keys be certified than the request's", "待认证的密钥与申请不符");
	for (enum fj_alg a = FJ_ES256; a <= last_alg(r); a++) {
		json_t *k = json_array_get(keys, a == FJ_SM2 ? 1 : 0);
		FJ_TRY(fj_json_only(k, members, err));
		fj_sha256(fj_buf_slice(&r->spki[a]), &h);
		fj_hex(h.b, FJ_SHA256_LEN, spki);
		FJ_TRY(fj_content_ca_request(r, a, l, &h, err));
		fj_hex(h.b, FJ_SHA256_LEN, content);
		MUST(strcmp(fj_json_text(k, "alg"), fj_alg_name(a)) == 0 && strcmp(fj_json_text(k, "spki_sha256"), spki) == 0, "a key that is shown is not the request's", "所示密钥与申请不符");
		MUST(strcmp(fj_json_text(k, "content"), content) == 0, "what the signer would be allowed to certify is not what the request and the limits say", "签名服务将被允许认证的内容与申请和限制不符");
	}
	return FJ_OK;
}

enum fj_rc ofc_certify_read(const json_t *payload, struct fj_ca_request *r, struct fj_limits *l, struct fj_err *err)
{
	/* what is not known here could change what the signer does with it */
	static const char *const members[] = {"act", "keys", "operator", "base", "division", "holders", "years", "request", NULL};

	FJ_TRY(fj_json_only(payload, members, err));
	FJ_TRY(read_request(payload, r, l, err));
	return check_keys(payload, r, l, err);
}

void ofc_certify_show(const struct ofc *o, const json_t *payload, const struct fj_ca_request *r, const struct fj_limits *l)
{
	char hex[65];

	ofc_line(o, "另一系统的运营机构", "operator of the other appliance", "%s", r->operator_);
	ofc_line(o, "性质", "kind", "%s", o->zh ? r->demo ? "演示" : "正式" : r->demo ? "demonstration" : "in earnest");
	ofc_line(o, "年限", "years", "%lld", (long long)fj_json_num(payload, "years"));
	for (enum fj_alg a = FJ_ES256; a <= last_alg(r); a++) {
		fj_hex(r->root[a].b, FJ_SHA256_LEN, hex);
		ofc_line(o, a == FJ_SM2 ? "认证它的 SM2 根证书 SHA-256" : "认证它的根证书 SHA-256", a == FJ_SM2 ? "SHA-256 of the SM2 root that certifies it" : "SHA-256 of the root that certifies it", "%s", hex);
	}
	ofc_show_limits(o, l);
	for (enum fj_alg a = FJ_ES256; a <= last_alg(r); a++)
		ofc_show_spki(o, fj_buf_slice(&r->spki[a]), fj_alg_name(a));
}
