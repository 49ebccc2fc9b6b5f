/*
 * holder.c - who may present the credential (domain.md decision 7).
 *
 * key: a Key Binding JWT over this very token with the nonce and audience that
 * the caller expects (RFC 9901 7.3, 4.3).  mtls: the thumbprint of the client
 * certificate that the caller saw (RFC 8705 3.1).  named: the user that the
 * caller has authenticated itself, and the one audience.  A proof that is asked
 * for in a form that the binding does not have leaves the verdict open.
 */
#include "verifier/internal.h"

#define PROOF_AGE 300 /* seconds that a proof stays fresh */
#define CLAUSE "domain.md decision 7"

static enum fj_rc bad(struct fj_err *err, const char *cite, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, "verify", cite, en, zh);
}

/* --- Key Binding JWT --- */

static enum fj_rc read_part(struct fj_slice part, json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_TOKEN_MAX);

	if (fj_b64u_get((const char *)part.p, part.len, &b) != FJ_OK)
		return bad(err, "RFC 7515 2", "a part of the proof is not base64url without padding", "持有证明不是规范的 base64url");
	return fj_json_parse(fj_buf_slice(&b), FJ_TOKEN_MAX, out, err);
}

static enum fj_rc read_header(struct fj_slice part, struct fj_err *err)
{
	static const char *const known[] = {"alg", "typ", NULL};
	FJ_AUTO(json) h = NULL;
	const char *alg, *typ;

	FJ_TRY(read_part(part, &h, err));
	FJ_TRY(fj_json_only(h, known, err));
	FJ_TRY(fj_json_str(h, "alg", 16, &alg, err));
	FJ_TRY(fj_json_str(h, "typ", 16, &typ, err));
	return strcmp(alg, "ES256") == 0 && strcmp(typ, "kb+jwt") == 0 ? FJ_OK
	    : bad(err, "RFC 9901 4.3", "the proof is not a kb+jwt with ES256", "持有证明不是采用 ES256 的 kb+jwt");
}

static enum fj_rc read_proof(struct fj_slice kb, struct fj_slice *input, uint8_t sig[64], json_t **payload, struct fj_err *err)
{
	static const char *const known[] = {"aud", "iat", "nonce", "sd_hash", NULL};
	const uint8_t *a = memchr(kb.p, '.', kb.len), *b = memrchr(kb.p, '.', kb.len);
	FJ_AUTO(buf) raw = FJ_BUF_INIT(128);

	if (a == NULL || a == b || !ver_visible(kb))
		return bad(err, "RFC 7515 7.1", "the proof is not a compact JWS", "持有证明不是紧凑序列化的 JWS");
	*input = FJ_SLICE(kb.p, (size_t)(b - kb.p));
	if (fj_b64u_get((const char *)b + 1, kb.len - input->len - 1, &raw) != FJ_OK || raw.len != 64)
		return bad(err, "RFC 7518 3.4", "the proof's signature is not 64 octets in base64url", "持有证明的签名不是 64 字节");
	memcpy(sig, raw.data, 64);
	FJ_TRY(read_header(FJ_SLICE(kb.p, (size_t)(a - kb.p)), err));
	FJ_TRY(read_part(FJ_SLICE(a + 1, (size_t)(b - a) - 1), payload, err));
	return fj_json_only(*payload, known, err);
}

static enum fj_rc holder_key(const json_t *cnf, EVP_PKEY **out, struct fj_err *err)
{
	const json_t *jwk = json_object_get(cnf, "jwk");
	const char *x = fj_json_peek(jwk, "x"), *y = fj_json_peek(jwk, "y");
	FJ_AUTO(buf) xy = FJ_BUF_INIT(128);

	if (x == NULL || y == NULL || fj_b64u_get(x, strlen(x), &xy) != FJ_OK || fj_b64u_get(y, strlen(y), &xy) != FJ_OK || xy.len != 64)
		return bad(err, "RFC 7517", "the token's holder key is malformed", "令牌中的持有人公钥格式错误");
	return ver_key_point(xy.data, out, err);
}

/* signature and binding to this token; what the caller expects comes after */
static enum fj_rc check_proof(struct ver_job *j, json_t **payload, struct fj_err *err)
{
	struct fj_slice input, token = FJ_SLICE(j->credential.p, j->credential.len - j->proof.len);
	uint8_t sig[64];
	char want[44];
	const char *got;
	EVP_PKEY *key = NULL;

	FJ_TRY(read_proof(j->proof, &input, sig, payload, err));
	FJ_TRY(holder_key(json_object_get(j->jws.payload, "cnf"), &key, err));
	bool ok = ver_signed_raw(key, FJ_ES256, input, sig);
	EVP_PKEY_free(key);
	if (!ok)
		return bad(err, "RFC 9901 7.3", "the proof's signature does not verify under the holder's key", "持有证明的签名经持有人公钥验证不成立");
	FJ_TRY(fj_json_str(*payload, "sd_hash", 43, &got, err));
	FJ_TRY(ver_sha256_b64u(token, want));
	return strcmp(got, want) == 0 ? FJ_OK : bad(err, "RFC 9901 4.3.1", "the proof was made for another token", "持有证明对应另一令牌");
}

static enum fj_rc check_expected(struct ver_job *j, const json_t *payload, struct fj_err *err)
{
	const char *nonce, *aud, *want = ver_use_one(j->in->use, USE_AUDIENCE);
	int64_t iat;

	FJ_TRY(fj_json_str(payload, "nonce", 256, &nonce, err));
	FJ_TRY(fj_json_str(payload, "aud", 256, &aud, err));
	FJ_TRY(fj_json_int(payload, "iat", 0, FJ_TIME_MAX, &iat, err));
	if (strcmp(nonce, j->in->nonce) != 0)
		return bad(err, "RFC 9901 7.3", "the proof has another nonce", "持有证明的随机数不符");
	if (iat > j->in->now + VER_SKEW || iat < j->in->now - PROOF_AGE)
		return bad(err, "RFC 9901 7.3", "the proof was not made just now", "持有证明不是刚刚生成的");
	if (want != NULL && strcmp(aud, want) != 0)
		return bad(err, "RFC 9901 7.3", "the proof is for another audience", "持有证明面向另一受众");
	return FJ_OK;
}

static void key_bound(struct ver_job *j)
{
	FJ_AUTO(json) payload = NULL;
	struct fj_err err = {.rc = FJ_OK};

	/* a proof that comes unasked is still no place for a forgery */
	if (j->proof.len > 0 && (check_proof(j, &payload, &err) != FJ_OK || (j->in->nonce != NULL && check_expected(j, payload, &err) != FJ_OK))) {
		j->nomem = j->nomem || err.rc == FJ_E_NOMEM;
		ver_say_err(j->r, CK_HOLDER, VER_FAIL, &err);
	} else if (j->in->nonce != NULL && j->proof.len == 0) {
		ver_say(j->r, CK_HOLDER, VER_FAIL, "RFC 9901 7.3", "a proof of the holder's key was asked for and is missing", "要求提供持有证明，但未提供");
	} else if (j->in->nonce != NULL && ver_use_one(j->in->use, USE_AUDIENCE) == NULL) {
		ver_say(j->r, CK_HOLDER, VER_UNKNOWN, "RFC 9901 7.3", "say which audience the proof should name (use audience=...)", "请说明持有证明应面向的受众（audience）");
	} else if (j->in->nonce != NULL) {
		ver_say(j->r, CK_HOLDER, VER_PASS, "RFC 9901 7.3", "the holder's key signed the nonce for this audience and this token", "持有人公钥已就本随机数、受众与令牌签名");
	} else if (j->in->x5t != NULL) {
		ver_say(j->r, CK_HOLDER, VER_UNKNOWN, CLAUSE, "the token is bound to a key, not to a client certificate; ask for a proof", "令牌绑定公钥而非客户端证书，请要求持有证明");
	} else if (ver_use_one(j->in->use, USE_AUDIENCE) != NULL) {
		ver_say(j->r, CK_HOLDER, VER_UNKNOWN, CLAUSE, "only a proof names an audience; ask for one with a nonce", "仅持有证明载明受众，请提供随机数要求持有证明");
	} else {
		ver_say(j->r, CK_HOLDER, VER_NOT_REQUESTED, CLAUSE, "bound to a key; no proof was asked for", "绑定公钥，未要求持有证明");
	}
}

/* --- client certificate, named user --- */

static void mtls_bound(struct ver_job *j)
{
	const char *want = fj_json_peek(json_object_get(j->jws.payload, "cnf"), "x5t#S256");

	if (j->in->x5t != NULL && want != NULL && strcmp(j->in->x5t, want) == 0 && ver_use_one(j->in->use, USE_AUDIENCE) != NULL)
		ver_say(j->r, CK_HOLDER, VER_UNKNOWN, CLAUSE, "a token bound to a client certificate names no audience; leave audience out", "绑定客户端证书的令牌不载明受众，请去掉 audience");
	else if (j->in->x5t != NULL && want != NULL && strcmp(j->in->x5t, want) == 0)
		ver_say(j->r, CK_HOLDER, VER_PASS, "RFC 8705 3.1", "the client certificate is the one the token is bound to", "客户端证书与令牌绑定一致");
	else if (j->in->x5t != NULL)
		ver_say(j->r, CK_HOLDER, VER_FAIL, "RFC 8705 3.1", "the client certificate is not the one the token is bound to", "客户端证书与令牌绑定不一致");
	else if (j->in->nonce != NULL || ver_use_one(j->in->use, USE_AUDIENCE) != NULL)
		ver_say(j->r, CK_HOLDER, VER_UNKNOWN, CLAUSE, "the token is bound to a client certificate and proves neither nonce nor audience", "令牌绑定客户端证书，无法就随机数或受众提供证明");
	else
		ver_say(j->r, CK_HOLDER, VER_NOT_REQUESTED, CLAUSE, "bound to a client certificate; none was given", "绑定客户端证书，未提供");
}

static void named(struct ver_job *j)
{
	const char *user = ver_use_one(j->in->use, USE_USER), *audience = ver_use_one(j->in->use, USE_AUDIENCE);
	const char *want = fj_json_peek(j->jws.payload, "audience");

	if (audience != NULL && (want == NULL || strcmp(audience, want) != 0))
		ver_say(j->r, CK_HOLDER, VER_FAIL, CLAUSE, "the token is for another audience", "令牌面向另一受众");
	else if (j->in->nonce != NULL || j->in->x5t != NULL)
		ver_say(j->r, CK_HOLDER, VER_UNKNOWN, CLAUSE, "a named token is bound to neither key nor certificate, so nothing can be proved; leave nonce and x5t out",
		    "记名令牌未绑定公钥或证书，无法提供证明，请去掉 nonce 与 x5t");
	else if (user == NULL || audience == NULL)
		ver_say(j->r, CK_HOLDER, VER_UNKNOWN, CLAUSE, "a named token needs the user that you authenticated and your audience (use user=..., audience=...)",
		    "记名令牌须由核验方提供已认证的用户（user）与受众（audience）");
	else
		ver_say(j->r, CK_HOLDER, VER_PASS, CLAUSE, "the user and the audience are those that the token names", "用户与受众均与令牌载明一致");
}

void ver_holder(struct ver_job *j)
{
	const json_t *p = j->jws.payload;
	const char *user = ver_use_one(j->in->use, USE_USER), *binding = fj_json_peek(p, "binding");
	const char *usci = fj_json_peek(json_object_get(p, j->token ? "holder" : "operator"), "usci");

	if (user != NULL && (usci == NULL || strcmp(user, usci) != 0))
		ver_say(j->r, CK_HOLDER, VER_FAIL, CLAUSE, j->token ? "the token is another user's" : "the authorisation is another operator's",
		    j->token ? "令牌属于另一用户" : "授权属于另一运营机构");
	else if (!j->token && (j->in->nonce != NULL || j->in->x5t != NULL || ver_use_one(j->in->use, USE_AUDIENCE) != NULL))
		ver_say(j->r, CK_HOLDER, VER_UNKNOWN, CLAUSE, "an authorisation is bound to no key, certificate or audience; leave nonce, x5t and audience out",
		    "授权凭证不绑定公钥、证书或受众，请去掉 nonce、x5t 与 audience");
	else if (!j->token && user == NULL)
		ver_say(j->r, CK_HOLDER, VER_NOT_REQUESTED, CLAUSE, "no user was named", "未要求核对持有人");
	else if (!j->token)
		ver_say(j->r, CK_HOLDER, VER_PASS, CLAUSE, "the named user is the authorised operator", "所指用户即被授权的运营机构");
	else if (strcmp(binding, "key") == 0)
		key_bound(j);
	else if (j->proof.len > 0)
		ver_say(j->r, CK_HOLDER, VER_FAIL, "RFC 9901 7.3", "there is a proof of a key, and the token is bound to none", "附有持有证明，但令牌未绑定公钥");
	else if (strcmp(binding, "mtls") == 0)
		mtls_bound(j);
	else
		named(j);
	ver_evidence(j->r, CK_HOLDER, "%s%s", j->token ? "binding " : "", j->token ? binding : usci);
}
