/*
 * narrow.c - token within authorisation within certificate (R13), on signed
 * bytes where the trust has them; and no token for its operator to re-develop (R11).
 *
 * A token names its authorisation by version and hash.  When the trust holds that
 * version the bytes must be those; when it holds a later one, the token must fit
 * the later one.  When it holds none, or an older one, nobody but the issuer
 * vouches for the narrowing: the check does not apply and says so.
 */
#include "verifier/internal.h"

static enum fj_rc beyond(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_REFUSED, "verify", "R13", en, zh);
}

/* --- within a certificate --- */

#define NO_SUB_LICENCE (1u << 1)

static unsigned right_bit(const char *right)
{
	return strcmp(right, "USE") == 0 ? 1u << 1 : 1u << 2;
}

/* a mode that is allowed allows every narrower one; no mode at all allows any */
static bool mode_allowed(unsigned modes, const char *mode)
{
	unsigned wide = strcmp(mode, "WHOLE") == 0 ? 1 : strcmp(mode, "DOMAIN") == 0 ? 3 : 7;

	return modes == 0 || (modes & wide) != 0;
}

/* an authorisation is its certificate's holder's to give */
static bool holder_is(const json_t *payload, const struct fj_x509 *x)
{
	const char *usci = fj_json_peek(json_object_get(payload, "holder"), "usci");
	char of[64];

	return json_object_get(payload, "operator") == NULL ||
	    (fj_x509_name(x->subject, FJ_OID_ORGID, of, sizeof(of), NULL) == FJ_OK && strncmp(of, "NTRCN-", 6) == 0 && strcmp(of + 6, usci) == 0);
}

/* a later version keeps the line's start; it is signed after its certificate begins */
static enum fj_rc term_within(const json_t *payload, const struct fj_x509 *x, struct fj_err *err)
{
	if (fj_json_num(payload, fj_json_num(payload, "version") > 1 ? "iat" : "nbf") < x->not_before)
		return beyond(err, "begins before the certificate", "期限早于证书生效日");
	return fj_json_num(payload, "exp") <= x->not_after ? FJ_OK : beyond(err, "ends after the certificate", "期限晚于证书终止日");
}

/* the entry {id, certificate, certificate_sha256}, the holder, the grant and its term against the bytes */
static enum fj_rc within_certificate(const struct ver_ca *ca, const struct ver_cert *c, const json_t *entry, const json_t *payload, struct fj_err *err)
{
	const json_t *grant = json_object_get(payload, "grant");
	struct fj_x509 x;
	struct fj_asset a;
	size_t i;
	json_t *v;

	if (strcmp(c->sha256, fj_json_peek(entry, "certificate_sha256")) != 0)
		return beyond(err, "the published certificate of this number has another hash than the one signed for", "已公开证书的摘要与所签不一致");
	FJ_TRY(fj_x509_read(fj_buf_slice(&c->der), &x, err));
	FJ_TRY(fj_asset_read(x.private_value, &a, err));
	if (strcmp(a.number, fj_json_peek(entry, "certificate")) != 0 || strcmp(a.asset_no, fj_json_peek(entry, "id")) != 0)
		return beyond(err, "the certificate is another asset's", "证书属于另一数据资产");
	if (!holder_is(payload, &x))
		return beyond(err, "the certificate is another holder's", "证书属于另一持有单位");
	json_array_foreach(json_object_get(grant, "rights"), i, v)
		if (!(a.rights & right_bit(json_string_value(v))))
			return beyond(err, "a right goes beyond the certificate's", "所授权利超出证书载明的权利");
	if (!mode_allowed(a.modes, fj_json_peek(grant, "mode")))
		return beyond(err, "the mode is not one that the certificate allows", "授权模式不在证书允许范围内");
	if (fj_json_num(grant, "depth") > 0 && (a.restrictions & NO_SUB_LICENCE))
		return beyond(err, "the certificate forbids sub-licensing", "证书禁止再许可、再授权");
	if (ca->limited) { /* it vouches for its own certificates alone */
		FJ_TRY(fj_limits_address(&ca->limits, x.crldp, err));
		FJ_TRY(fj_limits_asset(&ca->limits, &a, err));
	}
	return term_within(payload, &x, err);
}

/* --- within an authorisation --- */

/* The same entry: of a list that is signed in both hierarchies either address names it. */
static bool same_entry(const json_t *a, const json_t *b)
{
	const char *x = fj_json_peek(a, "uri"), *y = fj_json_peek(b, "uri"), *of[2] = {x, y};
	size_t cut[2];

	if (x == NULL || y == NULL || !json_equal(json_object_get(a, "idx"), json_object_get(b, "idx")))
		return false;
	for (int i = 0; i < 2; i++) {
		const char *at = strstr(of[i], "/status/");
		cut[i] = at != NULL ? (size_t)(at - of[i]) + 8 : strlen(of[i]);
		of[i] += at != NULL && strncmp(at + 8, "sm2-", 4) == 0 ? cut[i] + 4 : cut[i];
	}
	return cut[0] == cut[1] && strncmp(x, y, cut[0]) == 0 && strcmp(of[0], of[1]) == 0;
}

static bool same_asset(const json_t *a, const json_t *b)
{
	static const char *const keys[] = {"id", "certificate", "certificate_sha256"};

	for (size_t i = 0; i < FJ_ARRAY_LEN(keys); i++)
		if (!json_equal(json_object_get(a, keys[i]), json_object_get(b, keys[i])))
			return false;
	return true;
}

/* In a later version the asset may stand under a successor's certificate; its entry is kept. */
static bool asset_in(const json_t *auth, const json_t *asset, bool same_version)
{
	size_t i;
	json_t *a;

	json_array_foreach(json_object_get(auth, "assets"), i, a)
		if ((same_version ? same_asset(a, asset) : json_equal(json_object_get(a, "id"), json_object_get(asset, "id"))) &&
		    same_entry(json_object_get(a, "status"), json_object_get(asset, "status")))
			return true;
	return false;
}

static bool only_welfare(const json_t *grant)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(grant, "purposes"), i, v)
		if (strcmp(json_string_value(v), "PUBGOV") != 0 && strcmp(json_string_value(v), "WELFARE") != 0)
			return false;
	return true;
}

static enum fj_rc terms_within(const json_t *token, const json_t *auth, struct fj_err *err)
{
	bool paid = strcmp(fj_json_peek(json_object_get(auth, "terms"), "kind"), "paid") == 0;
	bool child_free = strcmp(fj_json_peek(json_object_get(token, "terms"), "kind"), "free") == 0;

	if (paid && child_free && !only_welfare(json_object_get(token, "grant")))
		return beyond(err, "a paid authorisation gives no free license but for public governance and welfare", "有条件有偿的授权不得给予无偿许可（公共治理、公益事业除外）");
	return FJ_OK;
}

/* R11; affiliates stand in no credential, the issuer refuses those */
static enum fj_rc no_redevelopment_by_operator(const json_t *token, const json_t *auth, struct fj_err *err)
{
	const char *user = fj_json_peek(json_object_get(token, "holder"), "usci");

	if (!fj_list_has(json_object_get(json_object_get(token, "grant"), "actions"), "REDEVELOP") ||
	    strcmp(user, fj_json_peek(json_object_get(auth, "operator"), "usci")) != 0)
		return FJ_OK;
	return fj_refuse(err, FJ_E_REFUSED, "verify", "R11", "the authorisation's operator may not re-develop what it delivers",
	    "运营机构不得参与其授权范围内产品和服务的再开发");
}

/* the hash of a version as this one knows it: its own, or that of the one before; NULL: it does not say */
static const char *hash_of_version(const struct ver_auth *a, int64_t version)
{
	int64_t mine = fj_json_num(a->payload, "version");

	return version == mine ? a->sha256 : version + 1 == mine ? fj_json_peek(a->payload, "previous") : NULL;
}

static enum fj_rc within_authorisation(const json_t *token, const struct ver_auth *a, struct fj_err *err)
{
	const json_t *parent = json_object_get(token, "parent"), *auth = a->payload;
	const char *hash = hash_of_version(a, fj_json_num(parent, "version"));

	bool same = fj_json_num(parent, "version") == fj_json_num(auth, "version");
	if (hash != NULL && strcmp(fj_json_peek(parent, "sha256"), hash) != 0)
		return beyond(err, "the published authorisation of this version has another hash than the one signed for", "已公开授权凭证的摘要与所签不一致");
	if (strcmp(fj_json_peek(token, "iss"), fj_json_peek(auth, "iss")) != 0)
		return beyond(err, "token and authorisation have different issuers", "令牌与授权的签发方不同");
	if (!same_entry(json_object_get(parent, "status"), json_object_get(auth, "authorisation_status")))
		return beyond(err, "the token names another status entry than its authorisation", "令牌引用的授权状态项与授权凭证不一致");
	if (fj_json_num(token, "nbf") < fj_json_num(auth, "nbf") || fj_json_num(token, "exp") > fj_json_num(auth, "exp"))
		return beyond(err, "the token's term goes beyond its authorisation's", "令牌期限超出授权期限");
	if (!asset_in(auth, json_object_get(token, "asset"), same))
		return beyond(err, "the token's asset is not among its authorisation's", "令牌所涉资产不在授权范围内");
	FJ_TRY(terms_within(token, auth, err));
	FJ_TRY(no_redevelopment_by_operator(token, auth, err));
	return fj_grant_within(json_object_get(token, "grant"), json_object_get(auth, "grant"), err);
}

/* the authorisation itself within the token's certificate, where it stands on the same */
static enum fj_rc parent_within(const struct ver_auth *a, const struct ver_cert *c, struct fj_err *err)
{
	size_t i;
	json_t *entry;

	json_array_foreach(json_object_get(a->payload, "assets"), i, entry)
		if (c != NULL && strcmp(fj_json_peek(entry, "certificate"), c->number) == 0)
			FJ_TRY(within_certificate(a->signer->ca, c, entry, a->payload, err));
	return FJ_OK;
}

/* --- the check --- */

static void said_by_issuer(struct ver_job *j, const char *why)
{
	ver_say(j->r, CK_NARROWING, VER_NOT_APPLICABLE, "R13", "asserted by the issuer alone: the parent is not in this trust", "仅由签发方声明：信任资料中没有上级凭证");
	ver_evidence(j->r, CK_NARROWING, "asserted by the issuer%s", why);
}

static void failed(struct ver_job *j, const struct fj_err *err)
{
	j->nomem = j->nomem || err->rc == FJ_E_NOMEM;
	ver_say_err(j->r, CK_NARROWING, VER_FAIL, err);
}

/* its own CRL may be what is lacking: the token's is another, when it is of the other hierarchy */
static void no_signer(struct ver_job *j, const struct ver_auth *a)
{
	struct fj_slice crl = a->signer->x.crldp;
	char uri[201];

	ver_say(j->r, CK_NARROWING, VER_UNKNOWN, "RFC 5280 6.3", "the authorisation's signer can't be trusted at this time", "授权凭证的签名者此时不可信");
	snprintf(uri, sizeof(uri), "%.*s", (int)crl.len, (const char *)crl.p);
	ver_want(j->r, VER_CRL, uri);
}

static void token_narrowing(struct ver_job *j)
{
	const json_t *p = j->jws.payload, *parent = json_object_get(p, "parent"), *asset = json_object_get(p, "asset");
	const char *number = fj_json_peek(parent, "authorisation");
	const struct ver_auth *a = ver_trust_auth(j->t, number, j->in->now);
	const struct ver_cert *c = ver_trust_cert(j->t, fj_json_peek(asset, "certificate"));
	struct fj_err err = {.rc = FJ_OK};

	if (a == NULL || (j->in->past && fj_json_num(a->payload, "iat") > j->in->now + VER_SKEW))
		ver_want(j->r, VER_AUTHORISATION, number);
	if (c == NULL)
		ver_want(j->r, VER_CERTIFICATE, fj_json_peek(asset, "certificate"));
	if (c != NULL && within_certificate(j->signer.s->ca, c, asset, p, &err) != FJ_OK) {
		failed(j, &err);
		return;
	}
	if (a == NULL || fj_json_num(a->payload, "version") < fj_json_num(parent, "version")) {
		said_by_issuer(j, a == NULL ? "" : " (the trust has an older version of the authorisation)");
		return;
	}
	if (within_authorisation(p, a, &err) != FJ_OK || parent_within(a, c, &err) != FJ_OK) {
		failed(j, &err);
		return;
	}
	if (ver_signer_good(j->t, a->signer, j->in->now))
		ver_say(j->r, CK_NARROWING, VER_PASS, "R13", c != NULL ? "within its authorisation and its certificate, on signed bytes" : "within its authorisation, on signed bytes",
		    c != NULL ? "经签名字节核对，未超出授权与证书" : "经签名字节核对，未超出授权");
	else
		no_signer(j, a);
	ver_evidence(j->r, CK_NARROWING, "%s version %lld%s%s", a->number, (long long)fj_json_num(a->payload, "version"),
	    c != NULL ? ", certificate present" : ", certificate asserted by the issuer", j->jws.alg != a->signer->x.alg ? "; they are signed under the P-256 root" : "");
}

static void authorisation_narrowing(struct ver_job *j)
{
	const json_t *p = j->jws.payload;
	struct fj_err err = {.rc = FJ_OK};
	size_t i, seen = 0, n = json_array_size(json_object_get(p, "assets"));
	json_t *asset;

	json_array_foreach(json_object_get(p, "assets"), i, asset) {
		const struct ver_cert *c = ver_trust_cert(j->t, fj_json_peek(asset, "certificate"));
		if (c == NULL) {
			ver_want(j->r, VER_CERTIFICATE, fj_json_peek(asset, "certificate"));
			continue;
		}
		seen++;
		if (within_certificate(j->signer.s->ca, c, asset, p, &err) != FJ_OK) {
			failed(j, &err);
			return;
		}
	}
	if (seen < n) {
		said_by_issuer(j, seen == 0 ? "" : " for some of the certificates");
		return;
	}
	ver_say(j->r, CK_NARROWING, VER_PASS, "R13", "within its certificates, on signed bytes", "经签名字节核对，未超出证书");
	ver_evidence(j->r, CK_NARROWING, "%zu certificates present", n);
}

void ver_narrowing(struct ver_job *j)
{
	if (j->token)
		token_narrowing(j);
	else
		authorisation_narrowing(j);
}
