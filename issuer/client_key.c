/*
 * client_key.c - signing in with a UKey: the key of a TLS client certificate, bound
 * to a user.
 *
 * TLS proves that the browser holds the key, and that the certificate comes from an
 * authority that the operator accepts and is in date; here it stands whose key it
 * is.  Two officers bind it, as they make every other change of factors (design.md
 * 5); what is bound is the key (SHA-256 of the SubjectPublicKeyInfo), so a renewed
 * certificate of the same UKey goes on.  Taking one away is one officer's act, or
 * the user's own, and bites at once.
 */
#include "base/secret.h"
#include "base/x509.h"
#include "issuer/compromise.h"
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/rules/rules.h"

#define MAX_KEYS 5

/* --- reading a certificate --- */

/* the first certificate of a PEM text */
static enum fj_rc from_pem(struct fj_slice file, struct fj_buf *der, struct fj_err *err)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(2 * FJ_X509_MAX);
	FJ_AUTO(buf) text = FJ_BUF_INIT(4 * FJ_X509_MAX);

	enum fj_rc rc = memchr(file.p, '\0', file.len) == NULL ? fj_buf_put(&text, file.p, file.len) : FJ_E_PARSE;
	const char *from = strstr(fj_buf_str(&text), begin), *to = from == NULL ? NULL : strstr(from, end);
	for (const char *p = to == NULL ? NULL : from + sizeof(begin) - 1; p != NULL && p < to && rc == FJ_OK; p++)
		if (strchr(" \t\r\n", *p) == NULL)
			rc = fj_buf_put(&b64, p, 1);
	if (rc == FJ_OK && to != NULL)
		rc = fj_b64_get(fj_buf_str(&b64), b64.len, der);
	return rc == FJ_OK && to != NULL ? FJ_OK : fj_refuse(err, FJ_E_PARSE, "issuer", "RFC 7468", "this is no certificate in PEM or DER", "该文件不是 PEM 或 DER 格式的证书");
}

enum fj_rc cky_of_certificate(struct fj_slice file, char spki[65], fj_time *until, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	struct fj_slice key, cert = file;

	if (file.len == 0 || file.p[0] != FJ_DER_SEQ) {
		FJ_TRY(from_pem(file, &der, err));
		cert = fj_buf_slice(&der);
	}
	if (fj_x509_key(cert, &key, until, NULL) != FJ_OK)
		return fj_refuse(err, FJ_E_PARSE, "issuer", "RFC 5280 4.1", "this is no certificate in PEM or DER", "该文件不是 PEM 或 DER 格式的证书");
	dom_spki_hash(key, spki);
	return FJ_OK;
}

/* --- what is bound --- */

enum fj_rc cky_bound(struct sto *db, const char *login, const char *spki, bool *bound, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_query(db, STO_USERKEY_HAS, &q, err, "tt", login, spki));
	return sto_step(&q, bound, err);
}

enum fj_rc cky_list(struct sto *db, const char *login, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	FJ_AUTO(sto_q) q = {0};
	char until[FJ_TIME_CAP], at[FJ_TIME_CAP];
	bool row;

	FJ_TRY(sto_query(db, STO_USERKEY_OF, &q, err, "t", login));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		acc_time(sto_int(&q, 2), until);
		acc_time(sto_int(&q, 3), at);
		if (json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "spki_sha256", sto_text(&q, 0), "label", sto_text(&q, 1), "until", until, "at", at)) != 0)
			return fj_no_memory(err, "issuer");
	}
	*out = fj_move(list);
	return FJ_OK;
}

enum fj_rc apply_user_key_bound(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_USERKEY_ADD, NULL, err, "tttii", e->object, fj_json_text(e->body, "spki_sha256"), fj_json_text(e->body, "label"),
	    fj_json_num(e->body, "until"), (int64_t)e->at);
}

enum fj_rc apply_user_key_ended(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_USERKEY_END, NULL, err, "itt", (int64_t)e->at, e->object, fj_json_text(e->body, "spki_sha256"));
}

/* --- binding: two officers --- */

const struct iss_field fld_user_bind[] = {
	{"login", ISS_F_STR, true, 63, "用户名", "user name"},
	{"certificate", ISS_F_FILE, false, FJ_X509_MAX, "客户端证书", "the client certificate, PEM or DER"},
	{"spki_sha256", ISS_F_STR, false, 64, "公钥指纹", "or SHA-256 of its SubjectPublicKeyInfo, hex"},
	{"label", ISS_F_STR, true, 60, "UKey 标识", "what the UKey is known by, such as its number"},
	{0},
};
const struct iss_field fld_user_unbind[] = {
	{"login", ISS_F_STR, true, 63, "用户名", "user name"},
	{"spki_sha256", ISS_F_STR, true, 64, "公钥指纹", "SHA-256 of the SubjectPublicKeyInfo, hex"},
	{"reason", ISS_F_STR, false, 400, "理由", "reason, for the record"},
	{0},
};

static enum fj_rc no_key(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_INVALID, "issuer", NULL, "give the certificate, or the SHA-256 of its SubjectPublicKeyInfo as 64 hex digits", "请提供客户端证书，或其公钥（SubjectPublicKeyInfo）的 SHA-256（64 位十六进制）");
}

static enum fj_rc read_key(struct iss_call *c, char spki[65], fj_time *until, struct fj_err *err)
{
	const char *hex = fj_json_peek(c->params, "spki_sha256");
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_X509_MAX);
	uint8_t raw[FJ_SHA256_LEN];

	*until = 0;
	if (json_object_get(c->params, "certificate") != NULL) {
		FJ_TRY(iss_param_file(c, "certificate", &file, err));
		FJ_TRY(cky_of_certificate(fj_buf_slice(&file), spki, until, err));
		if (*until < c->now)
			return fj_refuse(err, FJ_E_INVALID, "issuer", "RFC 5280 4.1.2.5", "this certificate is over", "该证书已过期");
		return hex == NULL || strcasecmp(hex, spki) == 0 ? FJ_OK : no_key(err);
	}
	if (hex == NULL || strlen(hex) != 64 || fj_unhex(hex, 64, raw) != FJ_OK)
		return no_key(err);
	fj_hex(raw, sizeof(raw), spki);
	return FJ_OK;
}

/* one key is one person's: looked at when asked, and again when approved */
static enum fj_rc check_key(struct iss_call *c, const char *login, const char *spki, struct fj_err *err)
{
	FJ_AUTO(json) keys = NULL;
	FJ_AUTO(sto_q) q = {0};
	struct usr u;
	bool row;

	FJ_TRY(cmp_key_free(c->db, spki, err));
	FJ_TRY(usr_get(c->db, login, &u, err));
	if (strcmp(u.state, "DISABLED") == 0)
		return fj_refuse(err, FJ_E_STATE, "issuer", NULL, "this user is disabled for good; enter a new user", "该用户已停用且不可恢复，请登记新用户");
	FJ_TRY(sto_query(c->db, STO_USERKEY_WHOSE, &q, err, "tt", spki, login));
	FJ_TRY(sto_step(&q, &row, err));
	if (row) {
		enum fj_rc rc = fj_fail(err, FJ_E_REFUSED, "issuer", "R22", "this key is bound to \"%.63s\": one key is one person's", sto_text(&q, 0));
		fj_err_zh(err, "该密钥已绑定用户“%.63s”：一把密钥只能由一人使用", sto_text(&q, 0));
		return rc;
	}
	bool bound;
	FJ_TRY(cky_bound(c->db, login, spki, &bound, err));
	if (bound)
		return fj_refuse(err, FJ_E_EXISTS, "issuer", NULL, "this key is bound to this user already", "该密钥已绑定该用户");
	json_t *list = NULL;
	FJ_TRY(cky_list(c->db, login, &list, err));
	keys = list;
	return json_array_size(keys) < MAX_KEYS ? FJ_OK : fj_refuse(err, FJ_E_LIMIT, "issuer", NULL, "a user has five keys at most; take one away first", "每名用户最多绑定五把密钥，请先解除不用的密钥");
}

enum fj_rc cmd_user_bind(struct iss_call *c, struct fj_err *err)
{
	struct usr u;
	char keeper[19], spki[65];
	fj_time until;

	FJ_TRY(usr_get(c->db, fj_json_text(c->params, "login"), &u, err));
	FJ_TRY(usr_office(c, u.a.org, c->actor->org, keeper, err));
	FJ_TRY(read_key(c, spki, &until, err));
	FJ_TRY(check_key(c, u.a.login, spki, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "login", u.a.login, "not_by", u.a.person, "org", u.a.org, "spki_sha256", spki,
	    "label", fj_json_text(c->params, "label"), "until", (json_int_t)until);
	return apr_request(c, "user.bind", u.a.login, keeper, payload, err);
}

enum fj_rc apr_user_bind(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_TRY(check_key(c, a->object, fj_json_text(a->payload, "spki_sha256"), err));
	FJ_AUTO(json) body = json_pack("{s:O, s:O, s:O}", "spki_sha256", json_object_get(a->payload, "spki_sha256"), "label", json_object_get(a->payload, "label"),
	    "until", json_object_get(a->payload, "until"));
	return evt_append(c, "user.key-bound", a->object, body, err);
}

/* --- taking away --- */

/* nothing else is left to sign in with */
static enum fj_rc is_last(struct iss_call *c, const char *login, bool *last, struct fj_err *err)
{
	struct acc_secret s;
	json_t *keys = NULL;

	bool phone = acc_secret_get(c->db, login, &s, NULL) == FJ_OK && s.totp_len > 0;
	fj_wipe(&s, sizeof(s));
	FJ_TRY(cky_list(c->db, login, &keys, err));
	*last = !phone && json_array_size(keys) <= 1;
	json_decref(keys);
	return FJ_OK;
}

enum fj_rc cmd_user_unbind(struct iss_call *c, struct fj_err *err)
{
	const char *spki = fj_json_text(c->params, "spki_sha256");
	struct usr u;
	bool bound, last;

	FJ_TRY(usr_get(c->db, fj_json_text(c->params, "login"), &u, err));
	bool self = strcmp(u.a.login, c->actor->login) == 0;
	if (self && c->actor->scope != NULL) /* who has stolen a token shuts nobody out of his own account */
		return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md decision 10", "a token does not take away its own user's key: he does this himself, signed in", "API 令牌不得解除其用户本人的 UKey 绑定，请本人登录后办理");
	if (!self)
		FJ_TRY(usr_office(c, u.a.org, c->actor->org, NULL, err));
	FJ_TRY(cky_bound(c->db, u.a.login, spki, &bound, err));
	if (!bound)
		return fj_refuse(err, FJ_E_NOTFOUND, "issuer", NULL, "this user has no such key", "该用户未绑定此密钥");
	FJ_TRY(is_last(c, u.a.login, &last, err));
	if (last)
		FJ_TRY(usr_leaves_two(c, &u, err)); /* without it nobody could approve that he gets another */
	FJ_AUTO(json) body = json_pack("{s:s, s:s}", "spki_sha256", spki, "reason", fj_json_text(c->params, "reason"));
	FJ_TRY(evt_append(c, "user.key-ended", u.a.login, body, err));
	FJ_TRY(ses_end_all(c, u.a.login, "", err));
	c->answer = json_pack("{s:s, s:s, s:b}", "login", u.a.login, "spki_sha256", spki, "ended", 1);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
