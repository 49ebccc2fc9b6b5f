/*
 * key_roll.c - rollover of the keys that sign tokens, lists, OCSP answers and the log's heads, and the end of former ones
 * (docs/formats.md 26).
 *
 * Two officers roll a key over.  The signer makes the newer key, the issuing CA certifies it, and from this event on
 * what is intended is signed by it; what was intended before is signed by the former one, so nothing is signed twice or
 * given up.  Former certificates are kept and shown: what they signed verifies as before.  In a second act two officers
 * have the former key destroyed.  A CA's own key is not rolled over here: its certificate is the root's to sign.
 *
 * What the signer did and the register did not keep, because it ended in between, is done again with the same key.
 */
#include "base/x509.h"
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/rules/rules.h"

#define LAYER "issuer"
#define CITE "formats.md 26"

static const struct roll {
	const char *key;
	enum hsm_role role;
	const char *certs[2]; /* of the keyring; the first bears the key's name */
} rolls[] = {
	{"token", HSM_TOKEN, {"token", "status"}}, {"ocsp", HSM_OCSP, {"ocsp", NULL}}, {"log", HSM_LOG, {"log", NULL}},
	{"token-sm2", HSM_TOKEN_SM2, {"token-sm2", "status-sm2"}}, {"ocsp-sm2", HSM_OCSP_SM2, {"ocsp-sm2", NULL}},
};
static const char *const names[] = {"token", "ocsp", "log", "token-sm2", "ocsp-sm2", NULL};

static const struct roll *find(const char *key, size_t len)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(rolls); i++)
		if (strlen(rolls[i].key) == len && memcmp(rolls[i].key, key, len) == 0)
			return &rolls[i];
	return NULL;
}

static enum fj_rc no(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, LAYER, CITE, en, zh);
}

struct former {
	int64_t generation, until; /* generation 0: there is none */
	bool ended;
};

/* the newest */
static enum fj_rc former(struct sto *db, const char *key, struct former *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	memset(out, 0, sizeof(*out));
	FJ_TRY(sto_query(db, STO_PAST_KEYS, &q, err, "t", key));
	FJ_TRY(sto_step(&q, &row, err));
	if (row)
		*out = (struct former){.generation = sto_int(&q, 0), .until = sto_int(&q, 2), .ended = sto_int(&q, 3) != 0};
	return FJ_OK;
}

static enum fj_rc with(struct iss_call *c, const struct apr *a, struct hsm_conn **conn, struct hsm_approval *who, size_t *n, json_t *officers, struct fj_err *err)
{
	struct fj_hash digest;

	FJ_TRY(apr_for_signer(c->db, a->id, who, n, &digest, err));
	for (size_t k = 0; k < *n; k++)
		json_array_append_new(officers, json_string(who[k].officer));
	return iss_signer(c->iss, conn, err);
}

/* --- the newer key --- */

const struct iss_field fld_key_roll[] = {{"key", ISS_F_STR, true, 16, "密钥", "token, ocsp, log, token-sm2 or ocsp-sm2", names, CITE}, {0}};

static enum fj_rc may_roll(struct iss_call *c, const struct roll *r, struct fj_err *err)
{
	struct former f;

	if (strstr(r->key, fj_alg_suffix(FJ_SM2)) != NULL && !c->iss->sm2)
		return no(err, FJ_E_STATE, "this home was made without an SM2 hierarchy, so there is no such key", "本机构未建立 SM2 体系，没有该密钥");
	FJ_TRY(former(c->db, r->key, &f, err));
	return f.generation == 0 || f.ended ? FJ_OK
	    : no(err, FJ_E_STATE, "the signer has two of these keys already: have the former one destroyed first (key end)", "签名服务中已有两代该密钥：请先销毁旧的一代（key end）");
}

enum fj_rc cmd_key_roll(struct iss_call *c, struct fj_err *err)
{
	const char *key = fj_json_text(c->params, "key");
	FJ_AUTO(json) payload = json_pack("{s:s}", "key", key);

	FJ_TRY(iss_rule_no_foreign_issuer(c->iss->keeper, c->actor->org, err));
	FJ_TRY(may_roll(c, find(key, strlen(key)), err));
	return apr_request(c, HSM_ACT_ROLL, key, c->actor->org, payload, err);
}

static enum fj_rc replace(struct iss_call *c, struct hsm_conn *conn, const char *what, const struct fj_buf *spki, json_t *serials, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(buf) cert = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(buf) old = FJ_BUF_INIT(FJ_X509_MAX);
	struct ca_info info;
	char serial[33];

	FJ_TRY(pub_delegate(c->iss, conn, what, spki, &cert, err));
	FJ_TRY(sto_first(c->db, STO_KEYRING_GET, &q, what, err, "t", what));
	FJ_TRY(fj_buf_put(&old, sto_blob(&q, 0).p, sto_blob(&q, 0).len));
	sto_done(&q);
	/* up to the next event, which is this act's own */
	FJ_TRY(sto_run(c->db, STO_PAST_KEY_ADD, NULL, err, "tbi", what, fj_buf_slice(&old), c->last_seq + 1));
	FJ_TRY(sto_run(c->db, STO_KEYRING_SET, NULL, err, "tb", what, fj_buf_slice(&cert)));
	FJ_TRY(ca_cert_info(fj_buf_slice(&cert), &info, err));
	fj_hex(info.serial.b, sizeof(info.serial.b), serial);
	return fj_json_set(serials, what, json_string(serial));
}

enum fj_rc apr_key_roll(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	const struct roll *r = find(a->object, strlen(a->object));
	FJ_AUTO(hsm_conn) conn = NULL; /* its own: the others belong to other locks */
	FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
	FJ_AUTO(json) officers = json_array();
	FJ_AUTO(json) serials = json_object();
	struct hsm_approval who[HSM_MAX_APPROVALS];
	struct fj_hash h;
	char hex[65];
	size_t n = 0;

	if (r == NULL)
		return fj_fail(err, FJ_E_CORRUPT, LAYER, NULL, "an approval names a key that there is not");
	FJ_TRY(may_roll(c, r, err));
	if (c->trial)
		return FJ_OK;
	FJ_TRY(with(c, a, &conn, who, &n, officers, err));
	FJ_TRY(hsm_key_new(conn, r->role, who, n, &spki, err));
	for (size_t k = 0; k < FJ_ARRAY_LEN(r->certs) && r->certs[k] != NULL; k++)
		FJ_TRY(replace(c, conn, r->certs[k], &spki, serials, err));
	fj_sha256(fj_buf_slice(&spki), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	FJ_AUTO(json) body = json_pack("{s:O, s:s, s:O}", "serials", serials, "spki_sha256", hex, "officers", officers);
	FJ_TRY(evt_append(c, "key.rolled", r->key, body, err));
	c->iss->rolled = true;
	c->dirty_status = true;
	return FJ_OK;
}

/* --- the end of a former one --- */

const struct iss_field fld_key_end[] = {{"key", ISS_F_STR, true, 24, "原密钥", "a former key as key.list names it, such as token.1", NULL, CITE}, {0}};

/* "token.1" */
static enum fj_rc read_name(const char *name, const struct roll **r, int64_t *generation, struct fj_err *err)
{
	const char *dot = strchr(name, '.');
	char *end = NULL;

	*r = dot == NULL ? NULL : find(name, (size_t)(dot - name));
	*generation = dot == NULL || dot[1] < '1' || dot[1] > '9' ? 0 : strtoll(dot + 1, &end, 10);
	if (*r == NULL || *generation < 1 || *generation > UINT8_MAX || *end != '\0')
		return no(err, FJ_E_INVALID, "a former key is called like \"token.1\": its name in key.list", "原密钥的名称形如 token.1，见 key.list");
	return FJ_OK;
}

static enum fj_rc may_end(struct iss_call *c, const struct roll *r, int64_t generation, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	struct former f;

	FJ_TRY(former(c->db, r->key, &f, err));
	if (f.generation != generation || f.ended)
		return no(err, f.generation == 0 || generation > f.generation ? FJ_E_NOTFOUND : FJ_E_STATE, "this is no former key that the signer still has; key.list shows those", "签名服务中没有这一代原密钥，现存的见 key.list");
	FJ_TRY(sto_first(c->db, STO_INTENT_BEFORE, &q, "count", err, "i", f.until));
	return sto_int(&q, 0) == 0 ? FJ_OK
	    : no(err, FJ_E_BUSY, "something that was approved before the rollover still waits to be signed by this key; try again when it is made", "更换前批准的事项尚待以该密钥签名，请在办结后重试");
}

enum fj_rc cmd_key_end(struct iss_call *c, struct fj_err *err)
{
	const char *key = fj_json_text(c->params, "key");
	FJ_AUTO(json) payload = json_pack("{s:s}", "key", key);
	const struct roll *r;
	int64_t generation;

	FJ_TRY(iss_rule_no_foreign_issuer(c->iss->keeper, c->actor->org, err));
	FJ_TRY(read_name(key, &r, &generation, err));
	FJ_TRY(may_end(c, r, generation, err));
	return apr_request(c, HSM_ACT_END, key, c->actor->org, payload, err);
}

enum fj_rc apr_key_end(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL;
	FJ_AUTO(json) officers = json_array();
	struct hsm_approval who[HSM_MAX_APPROVALS];
	const struct roll *r;
	int64_t generation;
	size_t n = 0;

	FJ_TRY(read_name(a->object, &r, &generation, err));
	FJ_TRY(may_end(c, r, generation, err));
	if (c->trial)
		return FJ_OK;
	FJ_TRY(with(c, a, &conn, who, &n, officers, err));
	FJ_TRY(hsm_key_end(conn, r->role, (uint8_t)generation, who, n, err));
	for (size_t k = 0; k < FJ_ARRAY_LEN(r->certs) && r->certs[k] != NULL; k++)
		FJ_TRY(sto_run(c->db, STO_PAST_KEY_END, NULL, err, "iti", (int64_t)c->now, r->certs[k], generation));
	FJ_AUTO(json) body = json_pack("{s:O}", "officers", officers);
	FJ_TRY(evt_append(c, "key.ended", a->object, body, err));
	c->iss->rolled = true;
	c->dirty_status = true;
	return FJ_OK;
}

enum fj_rc apply_key_rolled(const struct evt *e, struct fj_err *err)
{
	(void)e;
	(void)err;
	return FJ_OK; /* the keyring is not rebuilt; the event is the record */
}

enum fj_rc apply_key_ended(const struct evt *e, struct fj_err *err)
{
	(void)e;
	(void)err;
	return FJ_OK;
}
