/*
 * key_roll.c - rollover of the keys that sign certificates, tokens, lists, OCSP answers and the log's heads, and the end of former
 * ones (docs/formats.md 26).
 *
 * Two officers roll a key over.  The signer makes the newer key, the issuing CA certifies it, and from this event on
 * what is intended is signed by it; what was intended before is signed by the former one, so nothing is signed twice or
 * given up.  Former certificates are kept and shown: what they signed verifies as before.  In a second act two officers
 * have the former key destroyed.
 *
 * A newer issuing key is the root's to certify: at once where two officers are enough for the root, else in a second act
 * (root.issue), under the plan's officers.  It is a CA of the same name, and certificates from then on are under it, in CRLs of
 * their own.  Signers of tokens, lists and the log stay under the former one until they are rolled over themselves, and it ends no
 * sooner.
 *
 * What the signer did and the register did not keep, because it ended in between, is done again with the same key.
 */
#include "base/x509.h"
#include "issuer/ceremony.h"
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/rules/rules.h"
#include "issuer/spare.h"

#define LAYER "issuer"
#define CITE "formats.md 26"

static const struct roll {
	const char *key;
	enum hsm_role role;
	enum fj_alg alg;
	const char *certs[2]; /* of the keyring; the first bears the key's name */
} rolls[] = {
	{"issuing", HSM_ISSUING, FJ_ES256, {"issuing", NULL}}, {"issuing-sm2", HSM_ISSUING_SM2, FJ_SM2, {"issuing-sm2", NULL}},
	{"root", HSM_ROOT, FJ_ES256, {"root", NULL}}, {"root-sm2", HSM_ROOT_SM2, FJ_SM2, {"root-sm2", NULL}},
	{"token", HSM_TOKEN, FJ_ES256, {"token", "status"}}, {"ocsp", HSM_OCSP, FJ_ES256, {"ocsp", NULL}}, {"log", HSM_LOG, FJ_ES256, {"log", NULL}},
	{"token-sm2", HSM_TOKEN_SM2, FJ_SM2, {"token-sm2", "status-sm2"}}, {"ocsp-sm2", HSM_OCSP_SM2, FJ_SM2, {"ocsp-sm2", NULL}},
};
static const char *const names[] = {"issuing", "token", "ocsp", "log", "issuing-sm2", "token-sm2", "ocsp-sm2", NULL};

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

const struct iss_field fld_key_roll[] = {{"key", ISS_F_STR, true, 16, "要更换的密钥", "which key is rolled over", names, CITE}, {0}};

static bool is_ca(const struct roll *r)
{
	return r->role == HSM_ISSUING || r->role == HSM_ISSUING_SM2;
}

static enum fj_rc may_roll(struct iss_call *c, const struct roll *r, struct fj_err *err)
{
	struct former f;

	if (strstr(r->key, fj_alg_suffix(FJ_SM2)) != NULL && !c->iss->sm2)
		return no(err, FJ_E_STATE, "this home was made without an SM2 hierarchy, so there is no such key", "本机构未建立 SM2 体系，没有该密钥");
	if (c->iss->rolled && !c->trial)
		return no(err, FJ_E_BUSY, "the rollover before is being taken up; try again", "上一次密钥更换正在生效，请稍后重试");
	if (is_ca(r) && c->iss->ca[r->alg].n_issuing == FJ_MAX_CAS)
		return no(err, FJ_E_LIMIT, "an issuing CA of one name has eight keys at most, one after the other, and this one has had them; a new home, or a subordinate one, has a CA of another name", "同名签发机构最多先后有八把密钥，现已用完；请另建系统或下级系统");
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

static enum fj_rc keyring_copy(struct sto *db, const char *what, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_KEYRING_GET, &q, what, err, "t", what));
	return fj_buf_put(out, sto_blob(&q, 0).p, sto_blob(&q, 0).len) == FJ_OK ? FJ_OK : fj_no_memory(err, LAYER);
}

enum fj_rc rol_take_place(struct iss_call *c, const char *what, const struct fj_buf *cert, int64_t until, json_t *serials, struct fj_err *err)
{
	FJ_AUTO(buf) old = FJ_BUF_INIT(FJ_X509_MAX);
	struct ca_info info;
	char serial[33];

	FJ_TRY(keyring_copy(c->db, what, &old, err));
	FJ_TRY(sto_run(c->db, STO_PAST_KEY_ADD, NULL, err, "tbi", what, fj_buf_slice(&old), until));
	FJ_TRY(sto_run(c->db, STO_KEYRING_SET, NULL, err, "tb", what, fj_buf_slice(cert)));
	FJ_TRY(ca_cert_info(fj_buf_slice(cert), &info, err));
	fj_hex(info.serial.b, sizeof(info.serial.b), serial);
	return fj_json_set(serials, what, json_string(serial));
}

/* up to the next event, which is this act's own */
static enum fj_rc take_place(struct iss_call *c, const char *what, const struct fj_buf *cert, json_t *serials, struct fj_err *err)
{
	return rol_take_place(c, what, cert, c->last_seq + 1, serials, err);
}

static enum fj_rc replace(struct iss_call *c, struct hsm_conn *conn, const char *what, const struct fj_buf *spki, json_t *serials, struct fj_err *err)
{
	FJ_AUTO(buf) cert = FJ_BUF_INIT(FJ_X509_MAX);

	FJ_TRY(pub_delegate(c->iss, conn, what, spki, NULL, &cert, err));
	return take_place(c, what, &cert, serials, err);
}

/* the responder's newer key, under former generations of the CA too */
static enum fj_rc responders(struct iss_call *c, struct hsm_conn *conn, enum fj_alg alg, const char *what, const struct fj_buf *spki, struct fj_err *err)
{
	const struct iss_ca *ca = &c->iss->ca[alg];

	for (size_t k = 0; k + 1 < ca->n_issuing; k++) {
		FJ_AUTO(buf) cert = FJ_BUF_INIT(FJ_X509_MAX);
		struct pub_issuer by;
		char row[24];
		if (ca->issuing[k].ocsp.len == 0)
			continue;
		pub_issuer_of(c->iss, alg, &ca->issuing[k], &by);
		iss_responder_row(alg, (unsigned)k + 1, row);
		FJ_TRY(pub_delegate(c->iss, conn, what, spki, &by, &cert, err));
		FJ_TRY(sto_run(c->db, STO_KEYRING_SET, NULL, err, "tb", row, fj_buf_slice(&cert)));
	}
	return FJ_OK;
}

static enum fj_rc note(struct iss_call *c, const char *kind, const char *key, struct fj_slice spki, const json_t *serials, const json_t *officers, struct fj_err *err)
{
	struct fj_hash h;
	char hex[65];

	fj_sha256(spki, &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	FJ_AUTO(json) body = json_pack("{s:O*, s:s, s:O}", "serials", serials, "spki_sha256", hex, "officers", officers);
	FJ_TRY(evt_append(c, kind, key, body, err));
	c->iss->rolled = true;
	c->dirty_status = true;
	return FJ_OK;
}

/* --- the issuing CA --- */

void rol_made_setting(enum fj_alg alg, char out[40])
{
	snprintf(out, 40, "made.%s", iss_ca_key(alg));
}

enum fj_rc rol_made(struct sto *db, enum fj_alg alg, struct fj_buf *spki, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char key[40];

	rol_made_setting(alg, key);
	if (sto_first(db, STO_SETTING_GET, &q, key, NULL, "t", key) != FJ_OK)
		return no(err, FJ_E_STATE, "no newer issuing key waits for the root: have one made first (key roll issuing)", "没有等待根认证的新签发密钥：请先执行 key roll issuing");
	size_t n = strlen(sto_text(&q, 0));
	return fj_b64u_get(sto_text(&q, 0), n, spki) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_CORRUPT, LAYER, NULL, "the newer issuing key of the register is malformed");
}

/* the responder of now stays for what is under the CA of now, and gets a second certificate */
static enum fj_rc second_responder(struct iss_call *c, struct hsm_conn *conn, enum fj_alg alg, const struct pub_issuer *next, json_t *serials, struct fj_err *err)
{
	FJ_AUTO(buf) now = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(buf) cert = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
	char what[24], former_row[24], serial[33];
	struct ca_info info;
	struct fj_x509 x;

	iss_responder_row(alg, 0, what);
	iss_responder_row(alg, next->generation - 1, former_row);
	FJ_TRY(keyring_copy(c->db, what, &now, err));
	FJ_TRY(fj_x509_read(fj_buf_slice(&now), &x, err));
	FJ_TRY(fj_buf_put(&spki, x.spki.p, x.spki.len));
	FJ_TRY(pub_delegate(c->iss, conn, what, &spki, next, &cert, err));
	FJ_TRY(sto_run(c->db, STO_KEYRING_MOVE, NULL, err, "tt", what, former_row));
	FJ_TRY(sto_run(c->db, STO_KEYRING_SET, NULL, err, "tb", what, fj_buf_slice(&cert)));
	FJ_TRY(ca_cert_info(fj_buf_slice(&cert), &info, err));
	fj_hex(info.serial.b, sizeof(info.serial.b), serial);
	return fj_json_set(serials, what, json_string(serial));
}

enum fj_rc rol_certified(struct iss_call *c, enum fj_alg alg, const struct fj_buf *der, const json_t *officers, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL; /* its own: the others belong to other locks */
	FJ_AUTO(json) serials = json_object();
	FJ_AUTO(crm_newer) up = {.n = 0};
	struct pub_issuer next = {fj_buf_slice(der), (unsigned)c->iss->ca[alg].n_issuing + 1, 0};
	struct fj_x509 x;
	char key[40];
	bool gone;

	if (!c->iss->limited) /* a parent's has the parent's addresses, and the signer has compared it */
		FJ_TRY(ca_lint(iss_ca_home(c->iss), CA_ISSUING, next.cert, err));
	FJ_TRY(c->iss->limited ? crm_parent_signed(c, alg, next.cert, &up, err) : ca_verify_signed_by(next.cert, fj_buf_slice(&c->iss->ca[alg].root), err));
	FJ_TRY(fj_x509_read(next.cert, &x, err));
	FJ_TRY(iss_signer(c->iss, &conn, err));
	iss_shard_setting(alg, next.generation, key);
	FJ_TRY(crl_shard_begin(c->db, key, &next.shard, err));
	FJ_TRY(spr_former_gone(c, conn, alg, &gone, err));
	if (gone) {
		FJ_TRY(spr_certified(c, conn, alg, &next, serials, err));
	} else {
		FJ_TRY(second_responder(c, conn, alg, &next, serials, err));
		FJ_TRY(take_place(c, iss_ca_key(alg), der, serials, err));
	}
	rol_made_setting(alg, key);
	FJ_TRY(sto_run(c->db, STO_SETTING_DROP, NULL, err, "t", key));
	return note(c, "key.rolled", iss_ca_key(alg), x.spki, serials, officers, err);
}

/* Two officers are enough for the root of a home without a plan; else its officers are asked next, or the parent's, by a request. */
static enum fj_rc roll_ca(struct iss_call *c, const struct apr *a, const struct roll *r, struct hsm_conn *conn, const struct hsm_approval *by, size_t n, const struct fj_buf *spki, const json_t *officers, struct fj_err *err)
{
	enum fj_alg alg = r->alg;
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(1024);
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(json) who = NULL;
	struct fj_plan plan;
	char key[40];
	bool planned;

	FJ_TRY(crm_home_plan(&plan, &planned, err));
	if (planned || c->iss->limited) {
		rol_made_setting(alg, key);
		FJ_TRY(fj_b64u_put(&b64, fj_buf_slice(spki)));
		FJ_TRY(sto_run(c->db, STO_SETTING_ADD, NULL, err, "tt", key, fj_buf_str(&b64)));
		if (c->iss->limited)
			FJ_TRY(crm_request_newer(c, conn, by, n, err));
		return note(c, "key.made", r->key, fj_buf_slice(spki), NULL, officers, err);
	}
	FJ_TRY(crm_once_by_two(c, a, alg, HSM_CERT_ISSUING, crm_issuing_tbs, spki, &der, &who, err));
	return rol_certified(c, alg, &der, officers, err);
}

/* nothing that signs now is under this generation */
enum fj_rc rol_leaves_nobody(struct iss_call *c, enum fj_alg alg, int64_t generation, struct fj_err *err)
{
	static const char *const under[] = {"token", "status", "log"};
	struct fj_x509 ca, x;
	char what[24];

	FJ_TRY(fj_x509_read(fj_buf_slice(&c->iss->ca[alg].issuing[generation - 1].cert), &ca, err));
	for (size_t k = 0; k < (alg == FJ_SM2 ? 2 : FJ_ARRAY_LEN(under)); k++) {
		FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
		snprintf(what, sizeof(what), "%s%s", under[k], fj_alg_suffix(alg));
		FJ_TRY(keyring_copy(c->db, what, &der, err));
		FJ_TRY(fj_x509_read(fj_buf_slice(&der), &x, err));
		if (fj_slice_eq(x.aki, ca.ski))
			return no(err, FJ_E_STATE, "the token or log key of now is certified under this CA key: roll those over first (key roll token, key roll log), then end or revoke it", "现用的令牌或日志签名密钥仍由该签发密钥认证：请先更换这些密钥（key roll token、key roll log），再销毁或吊销");
	}
	return FJ_OK;
}

enum fj_rc apr_key_roll(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	const struct roll *r = find(a->object, strlen(a->object));
	FJ_AUTO(hsm_conn) conn = NULL; /* its own: the others belong to other locks */
	FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
	FJ_AUTO(json) officers = json_array();
	FJ_AUTO(json) serials = json_object();
	struct hsm_approval who[HSM_MAX_APPROVALS];
	size_t n = 0;

	if (r == NULL)
		return fj_fail(err, FJ_E_CORRUPT, LAYER, NULL, "an approval names a key that there is not");
	FJ_TRY(may_roll(c, r, err));
	if (c->trial)
		return FJ_OK;
	FJ_TRY(with(c, a, &conn, who, &n, officers, err));
	FJ_TRY(hsm_key_new(conn, r->role, who, n, &spki, err));
	if (is_ca(r))
		return roll_ca(c, a, r, conn, who, n, &spki, officers, err);
	if (r->role == HSM_OCSP || r->role == HSM_OCSP_SM2)
		FJ_TRY(responders(c, conn, r->alg, r->certs[0], &spki, err));
	for (size_t k = 0; k < FJ_ARRAY_LEN(r->certs) && r->certs[k] != NULL; k++)
		FJ_TRY(replace(c, conn, r->certs[k], &spki, serials, err));
	return note(c, "key.rolled", r->key, fj_buf_slice(&spki), serials, officers, err);
}

/* --- the end of a former one --- */

const struct iss_field fld_key_end[] = {{"key", ISS_F_STR, true, 24, "要销毁的原密钥（编号见本机密钥清单，如 token.1）", "former key to be destroyed, by its number in the list of own keys, such as token.1", NULL, CITE}, {0}};

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
	if (is_ca(r))
		FJ_TRY(rol_leaves_nobody(c, r->alg, generation, err));
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
	if (is_ca(r)) { /* no responder is made under it any more */
		char row[24];
		iss_responder_row(r->alg, (unsigned)generation, row);
		FJ_TRY(sto_run(c->db, STO_KEYRING_DROP, NULL, err, "t", row));
	}
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

enum fj_rc apply_key_made(const struct evt *e, struct fj_err *err)
{
	(void)e;
	(void)err;
	return FJ_OK;
}

enum fj_rc apply_key_ended(const struct evt *e, struct fj_err *err)
{
	(void)e;
	(void)err;
	return FJ_OK;
}
