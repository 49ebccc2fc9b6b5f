/*
 * certificate.c - data asset certificates (数据资产证书), docs/formats.md 2 and 3.
 *
 * Two channels say whether one is in force, the CRL of its shard and its entry
 * in a status list.  Both must say so: either alone revokes.  Other certificates
 * of the home (CAs, signers) are no credentials and are refused by their purpose.
 */
#include "verifier/internal.h"

static json_t *subject(const struct fj_x509 *x, const struct fj_asset *a, const char *sha256)
{
	char o[260] = "", usci[64] = "", serial[48], card[65], from[FJ_TIME_CAP], to[FJ_TIME_CAP];

	if (fj_x509_name(x->subject, FJ_OID_O, o, sizeof(o), NULL) != FJ_OK)
		o[0] = '\0';
	if (fj_x509_name(x->subject, FJ_OID_ORGID, usci, sizeof(usci), NULL) != FJ_OK || strncmp(usci, "NTRCN-", 6) != 0)
		snprintf(usci, sizeof(usci), "NTRCN-");
	fj_hex(x->serial.p, x->serial.len, serial);
	fj_hex(a->card_hash.b, sizeof(a->card_hash.b), card);
	fj_time_utc(x->not_before, from);
	fj_time_utc(x->not_after, to);
	return json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s}, s:I, s:s, s:{s:s, s:s}, s:o, s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:{s:i, s:s}, s:s}",
	    "number", a->number, "asset", a->asset_no, "name", a->asset_name, "holder", "name", o, "usci", usci + 6, "kind", fj_holder_kinds[a->holder_kind],
	    "card_version", (json_int_t)a->card_version, "card_sha256", card, "class", "scheme", a->class_scheme, "code", a->class_code,
	    "rights", fj_json_bits(a->rights, fj_asset_rights), "modes", fj_json_bits(a->modes, fj_asset_modes), "restrictions", fj_json_bits(a->restrictions, fj_asset_restrictions),
	    "region", a->region, "key_origin", a->key_origin == 0 ? "none" : "holder", "serial", serial, "not_before", from, "not_after", to,
	    "status", "idx", (int)a->status_index, "uri", a->status_uri, "sha256", sha256);
}

/* the extension, and that name and number say the same in both places */
static enum fj_rc read_form(struct fj_slice der, struct fj_x509 *x, struct fj_asset *a, struct fj_err *err)
{
	char number[64];

	FJ_TRY(fj_x509_read(der, x, err));
	if (!(x->seen & FJ_X_PRIVATE))
		return fj_fail(err, FJ_E_INVALID, "verify", "formats.md 3", "this is no data asset certificate: it has no dataAsset extension");
	FJ_TRY(fj_asset_read(x->private_value, a, err));
	if (!ver_holder_key(x->alg, x->curve, x->key))
		return fj_fail(err, FJ_E_INVALID, "verify", "formats.md 21", "the subject's key is not a point of a curve that certificates of this algorithm bear");
	FJ_TRY(fj_x509_name(x->subject, FJ_OID_SERIALNUMBER, number, sizeof(number), err));
	if (strcmp(number, a->number) != 0)
		return fj_fail(err, FJ_E_INVALID, "verify", "formats.md 2", "the subject's number is not the extension's");
	return fj_div6_ok(a->region) ? FJ_OK : fj_fail(err, FJ_E_INVALID, "verify", "formats.md 3", "the region is not six digits");
}

static bool oid_is(const char *oid, const struct ver_ca *ca, const char *suffix)
{
	size_t n = strlen(ca->arc);

	return strncmp(oid, ca->arc, n) == 0 && strcmp(oid + n, suffix) == 0;
}

/* what the root allows the CA */
static void check_limits(struct ver_job *j, const struct ver_ca *ca, const struct fj_asset *a)
{
	struct fj_err err;
	char words[512];

	if (!ca->limited || j->r->check[CK_CHAIN].outcome == VER_FAIL)
		return;
	if (fj_limits_asset(&ca->limits, a, &err) != FJ_OK) {
		ver_say_err(j->r, CK_CHAIN, VER_FAIL, &err);
		return;
	}
	fj_limits_words(&ca->limits, false, words);
	ver_evidence(j->r, CK_CHAIN, "a subordinate CA, within its limits / 下级签发机构，未超出限制: %s", words);
}

static const struct ver_ca *check_chain(struct ver_job *j, const struct fj_x509 *x, const struct fj_asset *a)
{
	struct fj_err err;
	struct ver_finding f;

	const struct ver_ca *ca = ver_ca_of(j->t, x->issuer, x->aki);
	if (ca == NULL) {
		ver_say(j->r, CK_CHAIN, VER_FAIL, "RFC 5280 6.1.3", "the certificate's issuer is no CA of this trust", "签发者不是受信的证书机构");
		return NULL;
	}
	if (ver_leaf_check(x, ca, FJ_X_PRIVATE, &err) != FJ_OK) {
		ver_say_err(j->r, CK_CHAIN, VER_FAIL, &err);
		return NULL;
	}
	ver_dates(NULL, ca, j->in->now, &f);
	ver_say_finding(j->r, CK_CHAIN, &f);
	check_limits(j, ca, a);
	if (oid_is(x->eku, ca, ".2.1") && oid_is(x->private_oid, ca, ".1.1"))
		ver_say(j->r, CK_SIGNER, VER_PASS, "RFC 5280 4.2.1.12", "a data asset certificate by its one purpose and its extension", "扩展密钥用途与扩展项表明其为数据资产证书");
	else
		ver_say(j->r, CK_SIGNER, VER_FAIL, "RFC 5280 4.2.1.12", "the certificate is not for data assets", "该证书并非数据资产证书");
	ver_evidence(j->r, CK_SIGNER, "%s", x->eku);
	return ca;
}

/* BASE, as the distribution point BASE/crl/N.crl names it; "" when it is of another form */
static void base_of(const struct fj_x509 *x, char base[201])
{
	const uint8_t *at = x->crldp.len == 0 ? NULL : memmem(x->crldp.p, x->crldp.len, "/crl/", 5);
	size_t n = at == NULL ? 0 : (size_t)(at - x->crldp.p);

	n = n > 200 ? 0 : n;
	if (n > 0)
		memcpy(base, x->crldp.p, n);
	base[n] = '\0';
}

static void check_status(struct ver_job *j, const struct fj_x509 *x, const struct fj_asset *a, const struct ver_ca *ca, const char *base)
{
	struct ver_finding crl, list;

	ver_revoked(j->t, x, ca, j->in->now, &crl);
	if (base[0] != '\0')
		ver_status(j->t, x->alg, base, a->status_uri, a->status_index, j->in->now, &list);
	else
		ver_find(&list, VER_FAIL, "formats.md 2", "the distribution point is not of the form BASE/crl/N.crl", "吊销列表分发点格式不符");
	ver_worse(&list, &crl);
	if (list.outcome == VER_PASS) {
		list.en = "in force by the CRL and by the status list";
		list.zh = "吊销列表与状态列表均显示有效";
	}
	ver_say_finding(j->r, CK_STATUS, &list);
}

static void check_time(struct ver_job *j, const struct fj_x509 *x)
{
	fj_time now = j->in->now;
	char a[FJ_TIME_CAP], b[FJ_TIME_CAP];

	if (now < x->not_before)
		ver_say(j->r, CK_TIME, VER_FAIL, "RFC 5280 4.1.2.5", "is not valid yet", "尚未生效");
	else if (now > x->not_after)
		ver_say(j->r, CK_TIME, VER_FAIL, "RFC 5280 4.1.2.5", "has expired", "已过期");
	else
		ver_say(j->r, CK_TIME, VER_PASS, "RFC 5280 4.1.2.5", "within its validity, first and last second included", "在有效期内（含首末秒）");
	fj_time_utc(x->not_before, a);
	fj_time_utc(x->not_after, b);
	ver_evidence(j->r, CK_TIME, "%s to %s", a, b);
}

/* A certificate without a key of its holder's binds nobody; one with it has no form of proof here. */
static void check_holder(struct ver_job *j, const struct fj_asset *a)
{
	const char *want = ver_use_one(j->in->use, USE_USER), *usci = fj_json_peek(json_object_get(j->r->subject, "holder"), "usci");
	bool proof = j->in->nonce != NULL || j->in->x5t != NULL;

	if (proof && a->key_origin == 0)
		ver_say(j->r, CK_HOLDER, VER_FAIL, "domain.md decision 7", "the certificate has no key of its holder's: it proves nothing about who shows it",
		    "证书不含持有人自有公钥，不能证明出示者身份");
	else if (want != NULL && (usci == NULL || strcmp(want, usci) != 0))
		ver_say(j->r, CK_HOLDER, VER_FAIL, "domain.md decision 7", "the named user is not the certificate's holder", "所指用户不是证书持有人");
	else if (proof)
		ver_say(j->r, CK_HOLDER, VER_UNKNOWN, "domain.md decision 7", "a certificate carries no proof of its holder; leave nonce and x5t out",
		    "证书不附持有证明，请去掉 nonce 与 x5t");
	else if (want == NULL)
		ver_say(j->r, CK_HOLDER, VER_NOT_REQUESTED, "domain.md decision 7", "no user was named", "未要求核对持有人");
	else
		ver_say(j->r, CK_HOLDER, VER_PASS, "domain.md decision 7", "the named user is the certificate's holder", "所指用户即证书持有人");
}

void ver_verify_certificate(struct ver_job *j, struct fj_slice der)
{
	struct fj_err err = {.rc = FJ_OK};
	struct fj_x509 x;
	struct fj_asset a;
	char sha256[44], base[201];

	ver_report_expect(j->r, "certificate", 1u << CK_FORM | 1u << CK_ALGORITHM | 1u << CK_CHAIN | 1u << CK_SIGNER | 1u << CK_SIGNER_STATUS |
	    1u << CK_SIGNATURE | 1u << CK_TIME | 1u << CK_STATUS | 1u << CK_SCOPE | 1u << CK_RESTRICTIONS | 1u << CK_HOLDER | 1u << CK_LOGGED);
	if (read_form(der, &x, &a, &err) != FJ_OK || ver_sha256_b64u(der, sha256) != FJ_OK) {
		ver_say_err(j->r, CK_FORM, VER_FAIL, &err);
		return;
	}
	j->r->subject = subject(&x, &a, sha256);
	j->nomem = j->r->subject == NULL;
	ver_say(j->r, CK_FORM, VER_PASS, "RFC 5280 4.1", "a version 3 certificate with a well-formed dataAsset extension", "格式合规的第三版证书，含数据资产扩展");
	ver_say_alg(j->r, x.alg);
	const struct ver_ca *ca = j->ca = check_chain(j, &x, &a);
	if (ca == NULL)
		return;
	struct ver_finding f;
	ver_path_revoked(j->t, NULL, ca, j->in->now, &f);
	ver_say_finding(j->r, CK_SIGNER_STATUS, &f);
	if (!ver_leaf_signed(&x, ca)) {
		ver_say(j->r, CK_SIGNATURE, VER_FAIL, "RFC 5280 6.1.3", "the signature does not verify under the issuing CA's key", "签名经签发机构公钥验证不成立");
		return;
	}
	ver_say(j->r, CK_SIGNATURE, VER_PASS, "RFC 5280 6.1.3", "verifies under the issuing CA's key", "签名经签发机构公钥验证成立");
	check_time(j, &x);
	base_of(&x, base);
	check_status(j, &x, &a, ca, base);
	ver_scope_certificate(j, &a, &x);
	ver_restrictions_certificate(j, &a);
	check_holder(j, &a);
	ver_logged_certificate(j, base);
}
