/*
 * ceremony.c - replaying a ceremony by somebody who was not there.
 *
 * A step is a row: its name, and what has to be true of it after all the steps before.  Nothing is
 * taken from the appliance but its transcript: digests, policy, the key's Name, cpHashes and what each
 * officer signed are computed here from the signed plan and the structures.
 */
#include "verifier/ceremony.h"

#include <openssl/evp.h>

#include "base/bond.h"
#include "base/transcript.h"
#include "verifier/attestation.h"
#include "verifier/internal.h"

#define LAYER "ceremony"
#define CITE "formats.md 22"
#define MAX_NONCES 512
#define MAX_LINE (512u << 10)

struct piece {                 /* what the root signs: a step of an algorithm */
	bool challenged, done;
	fj_time at;            /* of the challenge */
	struct fj_challenge c;
	struct fj_hash cphash, to_sign;
	unsigned set;          /* officers whose approvals were taken */
	struct fj_buf out;     /* certificate or CRL */
};
struct replay {
	struct fj_plan *plan;
	uint64_t n;
	struct fj_hash before;
	fj_time at;
	bool open, closed;
	uint8_t root[FJ_ALG_END][64], issuing[FJ_ALG_END][64]; /* points, by the first line */
	struct piece piece[FJ_STEP_END][FJ_ALG_END];
	struct fj_plan former;         /* of a succession (formats.md 33): the plan that this one follows; generation 0: it is none */
	uint8_t former_root[FJ_ALG_END][64];
	struct fj_buf former_cert[FJ_ALG_END];
	uint8_t nonce[MAX_NONCES][FJ_TPM_NONCE_LEN];
	size_t n_nonces;
	struct fj_buf ak;      /* TPMT_PUBLIC of the attestation key: it states how issuing keys were made, and officers' credentials are for it */
};

static enum fj_rc no(const struct replay *r, struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	(void)!fj_fail(err, rc, LAYER, CITE, "line %llu of the transcript: %s", (unsigned long long)r->n, en);
	fj_err_zh(err, "会议记录第 %llu 行：%s", (unsigned long long)r->n, zh);
	return rc;
}

#define MUST(cond, en, zh) FJ_ENSURE(cond, no(r, err, FJ_E_REFUSED, en, zh))

/* --- arithmetic --- */

static bool sm3(struct fj_slice a, struct fj_slice b, uint8_t out[FJ_SHA256_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sm3(), NULL) == 1 && EVP_DigestUpdate(ctx, a.p, a.len) == 1 &&
	    EVP_DigestUpdate(ctx, b.p, b.len) == 1 && EVP_DigestFinal_ex(ctx, out, NULL) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

/* what the TPM was given to sign: SHA-256, or SM3(Z || structure) */
static enum fj_rc digest_of(enum fj_alg alg, const uint8_t xy[64], struct fj_slice structure, struct fj_hash *out, struct fj_err *err)
{
	uint8_t z[FJ_SHA256_LEN];

	if (alg != FJ_SM2) {
		fj_sha256(structure, out);
		return FJ_OK;
	}
	return sm3(fj_sm2_head, FJ_SLICE(xy, 64), z) && sm3(FJ_SLICE(z, sizeof(z)), structure, out->b) ? FJ_OK : fj_fail(err, FJ_E_CRYPTO, LAYER, NULL, "SM3 could not be computed");
}

static bool octets(const json_t *o, const char *key, struct fj_buf *out)
{
	const char *text = fj_json_text(o, key);

	return text[0] != '\0' && fj_b64u_get(text, strlen(text), out) == FJ_OK;
}

static bool succession(const struct replay *r)
{
	return r->former.generation > 0;
}

/* what is signed in a ceremony, or where a root passes on */
static bool belongs(const struct replay *r, enum fj_step s)
{
	return succession(r) ? s == FJ_STEP_ROOT || s == FJ_STEP_ROOT_CRL || fj_step_cross(s) : s < FJ_STEP_LATER;
}

/* whose officers approve it, and which root key signs it */
static const struct fj_plan *plan_of(const struct replay *r, enum fj_step s)
{
	return s == FJ_STEP_NEW_WITH_OLD ? &r->former : r->plan;
}

static const uint8_t *key_of(const struct replay *r, enum fj_step s, enum fj_alg alg)
{
	return s == FJ_STEP_NEW_WITH_OLD ? r->former_root[alg] : r->root[alg];
}

static bool piece_of(struct replay *r, const json_t *o, struct piece **out)
{
	enum fj_step s = 0;
	enum fj_alg alg = strcmp(fj_json_text(o, "alg"), fj_alg_name(FJ_SM2)) == 0 ? FJ_SM2 : FJ_ES256;

	while (s < FJ_STEP_END && strcmp(fj_step_name(s), fj_json_text(o, "step")) != 0)
		s++;
	bool ours = s < FJ_STEP_END && belongs(r, s);
	*out = ours ? &r->piece[s][alg] : NULL;
	return ours && (alg != FJ_SM2 || r->plan->sm2) && strcmp(fj_json_text(o, "alg"), fj_alg_name(alg)) == 0;
}

/* --- open --- */

static bool point_of(const json_t *keys, const char *name, enum fj_alg alg, uint8_t xy[64])
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(256);
	struct fj_slice point;
	enum fj_curve curve;

	if (!octets(keys, name, &spki) || fj_spki_read(fj_buf_slice(&spki), &curve, &point, NULL) != FJ_OK || fj_alg_of(curve) != alg || point.len != 65)
		return false;
	memcpy(xy, point.p + 1, 64);
	return true;
}

/* the root that is followed: its certificate is its own, and its point what the rest is compared with */
static enum fj_rc former_of(struct replay *r, const json_t *list, const char *name, enum fj_alg alg, struct fj_err *err)
{
	struct fj_buf *der = &r->former_cert[alg];
	struct ver_ca root;

	fj_buf_release(der);
	fj_buf_init(der, FJ_X509_MAX);
	MUST(octets(list, name, der), "the root that is followed is missing", "缺少原根证书");
	bool is = ver_ca_root(fj_buf_slice(der), &root, NULL) == FJ_OK && root.x.alg == alg && root.x.key.len == 65;
	if (is)
		memcpy(r->former_root[alg], root.x.key.p + 1, 64);
	ver_ca_release(&root);
	MUST(is, "what is followed is no root of this algorithm", "所接续的证书不是该算法的根证书");
	return FJ_OK;
}

static enum fj_rc open_succession(struct replay *r, const struct ver_line *l, struct fj_err *err)
{
	const json_t *keys = json_object_get(l->out, "keys"), *former = json_object_get(l->out, "former");
	char hex[65];

	fj_hex(r->former.hash.b, FJ_SHA256_LEN, hex);
	MUST(strcmp(fj_json_text(l->in, "follows"), hex) == 0, "it follows another plan", "所接续的方案不同");
	MUST(point_of(keys, "root", FJ_ES256, r->root[FJ_ES256]) && (!r->plan->sm2 || point_of(keys, "root-sm2", FJ_SM2, r->root[FJ_SM2])), "a key is missing or malformed", "缺少密钥或者密钥格式有误");
	FJ_TRY(former_of(r, former, "root", FJ_ES256, err));
	if (r->plan->sm2)
		FJ_TRY(former_of(r, former, "root-sm2", FJ_SM2, err));
	r->open = true;
	return FJ_OK;
}

static enum fj_rc step_open(struct replay *r, const struct ver_line *l, struct fj_err *err)
{
	const json_t *keys = json_object_get(l->out, "keys");
	char hex[65];

	fj_hex(r->plan->hash.b, FJ_SHA256_LEN, hex);
	MUST(!r->open, "the ceremony is opened twice", "密钥仪式重复开始");
	MUST(strcmp(fj_json_text(l->in, "plan"), hex) == 0, "it was held under another plan", "所依据的方案不同");
	if (succession(r))
		return open_succession(r, l, err);
	MUST(point_of(keys, "root", FJ_ES256, r->root[FJ_ES256]) && point_of(keys, "issuing", FJ_ES256, r->issuing[FJ_ES256]), "a key is missing or malformed", "缺少密钥或者密钥格式有误");
	MUST(!r->plan->sm2 || (point_of(keys, "root-sm2", FJ_SM2, r->root[FJ_SM2]) && point_of(keys, "issuing-sm2", FJ_SM2, r->issuing[FJ_SM2])), "an SM2 key is missing or malformed", "缺少 SM2 密钥或者密钥格式有误");
	r->open = true;
	return FJ_OK;
}

/* --- challenge --- */

static enum fj_rc fresh(struct replay *r, const uint8_t nonce[FJ_TPM_NONCE_LEN], struct fj_err *err)
{
	for (size_t k = 0; k < r->n_nonces; k++)
		MUST(memcmp(r->nonce[k], nonce, FJ_TPM_NONCE_LEN) != 0, "a nonce stands twice", "随机数重复");
	MUST(r->n_nonces < MAX_NONCES, "there are more challenges than a ceremony can have", "质询过多");
	memcpy(r->nonce[r->n_nonces++], nonce, FJ_TPM_NONCE_LEN);
	return FJ_OK;
}

/* one root by the other: issued to its own name, and the new one by the old one last */
static enum fj_rc cross_fits(struct replay *r, const struct piece *p, struct fj_err *err)
{
	bool old_signs = p->c.step == FJ_STEP_NEW_WITH_OLD;
	struct fj_slice old = fj_buf_slice(&r->former_cert[p->c.alg]), new = fj_buf_slice(&r->piece[FJ_STEP_ROOT][p->c.alg].out);
	struct fj_x509 x, issuer, other;
	uint8_t xy[64];

	FJ_TRY(fj_x509_read_tbs(fj_buf_slice(&p->c.structure), &x, err));
	FJ_TRY(fj_x509_read(old_signs ? old : new, &issuer, err));
	FJ_TRY(fj_x509_read(old_signs ? new : old, &other, err));
	fj_tpm_root_xy(fj_buf_slice(&p->c.other), xy);
	MUST(x.alg == p->c.alg && fj_slice_eq(x.spki, other.spki) && memcmp(xy, other.key.p + 1, 64) == 0, "the certificate is for another key than the root that is certified", "证书的公钥不是被认证的根的密钥");
	MUST(fj_slice_eq(x.issuer, issuer.subject) && fj_slice_eq(x.subject, x.issuer) && fj_slice_eq(x.aki, issuer.ski), "what one root says of the other is not issued to its own name, or by another key", "两代根的互认证书名称或颁发密钥不符");
	MUST(x.ca && x.pathlen == 1, "the certificate is of no CA, or has another path length", "证书不是 CA 证书，或者路径长度不符");
	MUST(!old_signs || (r->piece[FJ_STEP_OLD_WITH_NEW][p->c.alg].done && r->piece[FJ_STEP_ROOT_CRL][p->c.alg].done), "the root would pass on before its successor is ready", "继任根尚未准备完毕即移交根");
	return FJ_OK;
}

static enum fj_rc certificate_fits(struct replay *r, const struct piece *p, struct fj_err *err)
{
	struct fj_x509 x, root;
	bool own = p->c.step == FJ_STEP_ROOT;
	const uint8_t *key = own ? r->root[p->c.alg] : r->issuing[p->c.alg];

	if (fj_step_cross(p->c.step))
		return cross_fits(r, p, err);
	FJ_TRY(fj_x509_read_tbs(fj_buf_slice(&p->c.structure), &x, err));
	MUST(x.alg == p->c.alg && x.key.len == 65 && memcmp(x.key.p + 1, key, 64) == 0, "the certificate is for another key than the ceremony made", "证书的公钥不是本次仪式生成的密钥");
	MUST(x.ca && x.pathlen == (own ? 1 : 0), "the certificate is of no CA, or has another path length", "证书不是 CA 证书，或者路径长度不符");
	if (own) {
		MUST(fj_slice_eq(x.issuer, x.subject), "a root is its own issuer", "根证书的颁发者应为其自身");
		if (succession(r))
			FJ_TRY(fj_x509_read(fj_buf_slice(&r->former_cert[p->c.alg]), &root, err));
		MUST(!succession(r) || fj_slice_eq(x.subject, root.subject), "the new root has another name than the one that it follows", "继任根与原根名称不同");
		return FJ_OK;
	}
	FJ_TRY(fj_x509_read(fj_buf_slice(&r->piece[FJ_STEP_ROOT][p->c.alg].out), &root, err));
	MUST(fj_slice_eq(x.issuer, root.subject) && fj_slice_eq(x.aki, root.ski), "the certificate names another issuer", "证书的颁发者不符");
	return FJ_OK;
}

static enum fj_rc crl_fits(struct replay *r, const struct piece *p, struct fj_err *err)
{
	struct fj_x509 root;
	struct fj_crl crl;

	FJ_TRY(fj_crl_read_tbs(fj_buf_slice(&p->c.structure), &crl, err));
	FJ_TRY(fj_x509_read(fj_buf_slice(&r->piece[FJ_STEP_ROOT][p->c.alg].out), &root, err));
	MUST(crl.alg == p->c.alg && fj_slice_eq(crl.issuer, root.subject) && fj_slice_eq(crl.aki, root.ski), "the CRL names another issuer", "吊销列表的颁发者不符");
	return FJ_OK;
}

/* one attestation key for the whole ceremony: what it states of issuing keys, and what officers bind */
static enum fj_rc same_ak(struct replay *r, struct fj_slice ak, struct fj_err *err)
{
	MUST(r->ak.len == 0 || fj_slice_eq(fj_buf_slice(&r->ak), ak), "it is of another attestation key than what was before", "证明密钥与此前的不同");
	fj_buf_clear(&r->ak);
	return fj_buf_put(&r->ak, ak.p, ak.len);
}

static enum fj_rc made_fits(struct replay *r, const struct piece *p, struct fj_err *err)
{
	FJ_AUTO(buf) ak = FJ_BUF_INIT(FJ_BOND_PART);

	if (!fj_step_made(p->c.step))
		return FJ_OK;
	FJ_TRY(ver_made_judge(&p->c, &ak, err));
	return same_ak(r, fj_buf_slice(&ak), err);
}

static enum fj_rc step_challenge(struct replay *r, const struct ver_line *l, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(MAX_LINE);
	FJ_AUTO(round) round = {0};
	struct fj_tpm_name name;
	struct fj_hash digest;
	struct piece *p;
	uint8_t xy[64];

	MUST(piece_of(r, l->out, &p), "it is for no step of the plan", "不属于方案的任何步骤");
	MUST(!p->done || (succession(r) && p->c.step == FJ_STEP_ROOT_CRL), "what was signed already is challenged again", "已签名的结构再次质询"); /* the root of now may have signed a newer list meanwhile */
	FJ_TRY(fj_json_canonical(l->out, &text, err));
	FJ_TRY(fj_round_read(fj_buf_slice(&text), &round, err));
	MUST(round.n == 1, "it is no challenge", "不是质询");
	fj_buf_release(&p->c.structure);
	fj_buf_release(&p->c.key);
	fj_buf_release(&p->c.other);
	fj_buf_release(&p->c.made);
	p->c = round.c[0];
	memset(&round.c[0], 0, sizeof(round.c[0])); /* its buffers are the piece's now */
	FJ_TRY(fj_challenge_check(&p->c, plan_of(r, p->c.step), &name, err));
	if (fj_step_cross(p->c.step))
		FJ_TRY(fj_challenge_cross(&p->c, plan_of(r, p->c.step), p->c.step == FJ_STEP_NEW_WITH_OLD ? r->plan : &r->former, err));
	fj_challenge_xy(&p->c, xy);
	MUST(memcmp(xy, key_of(r, p->c.step, p->c.alg), 64) == 0, "the challenge names another root key than the ceremony made", "质询中的根密钥不是本次仪式生成的密钥");
	MUST(p->c.step == FJ_STEP_ROOT || r->piece[FJ_STEP_ROOT][p->c.alg].done, "it comes before the root it depends on", "先于其所依赖的根证书");
	FJ_TRY(fresh(r, p->c.nonce, err));
	FJ_TRY(p->c.step == FJ_STEP_ROOT_CRL ? crl_fits(r, p, err) : certificate_fits(r, p, err));
	FJ_TRY(made_fits(r, p, err));
	FJ_TRY(digest_of(p->c.alg, xy, fj_buf_slice(&p->c.structure), &digest, err));
	fj_challenge_approval(&p->c, plan_of(r, p->c.step), &name, &digest, &p->cphash, &p->to_sign);
	p->challenged = true;
	p->done = false;
	p->at = l->at;
	p->set = 0;
	return FJ_OK;
}

/* --- answer --- */

static enum fj_rc taken(struct replay *r, const struct ver_line *l, const json_t *answer, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(8192);
	struct fj_answer a[FJ_ROUND_MAX];
	struct piece *p;
	size_t n = 0;

	FJ_TRY(fj_json_canonical(answer, &text, err));
	FJ_TRY(fj_answers_read(fj_buf_slice(&text), a, &n, err));
	MUST(n == 1 && piece_of(r, answer, &p) && p->challenged && !p->done, "an approval was taken of what did not await any", "接受了并未等待批准的结构的批准");
	const struct fj_plan *plan = plan_of(r, p->c.step);
	int officer = fj_plan_officer(plan, a[0].officer);
	MUST(fj_hash_eq(&a[0].plan, &plan->hash), "an approval was taken that is for another plan", "接受了另一方案的批准");
	MUST(officer >= 0, "an approval was taken of somebody who is no officer of the plan", "接受了方案之外人员的批准");
	MUST(!(p->set & 1u << officer), "an officer's approval was taken twice", "重复接受同一官员的批准");
	MUST(l->at - p->at <= (fj_time)p->c.expiration, "an approval was taken after its time", "接受了超时的批准");
	MUST(fj_hash_eq(&a[0].cphash, &p->cphash), "an approval was taken that is of another command", "接受了对另一命令的批准");
	if (ver_point_verify(NULL, plan->officer[officer].xy, &p->to_sign, a[0].sig, NULL) != FJ_OK)
		return no(r, err, FJ_E_SIGNATURE, "an approval was taken whose signature is not the officer's", "接受了签名不符的批准");
	p->set |= 1u << officer;
	return FJ_OK;
}

static enum fj_rc step_answer(struct replay *r, const struct ver_line *l, struct fj_err *err)
{
	if (json_is_true(json_object_get(l->out, "taken")))
		return taken(r, l, json_object_get(l->in, "answer"), err);
	MUST(fj_json_text(l->out, "en")[0] != '\0', "an answer was refused without a reason", "拒绝答复而未说明理由");
	return FJ_OK;
}

/* --- signature --- */

static bool names_are(const struct fj_plan *plan, const json_t *list, unsigned set)
{
	size_t k;
	json_t *name;
	unsigned named = 0;

	json_array_foreach(list, k, name) {
		int officer = fj_plan_officer(plan, json_string_value(name) != NULL ? json_string_value(name) : "");
		if (officer < 0)
			return false;
		named |= 1u << officer;
	}
	return named == set && json_array_size(list) == (size_t)__builtin_popcount(set);
}

static enum fj_rc read_signed(const struct piece *p, struct fj_slice *tbs, struct fj_slice *sig, struct fj_err *err)
{
	struct fj_x509 x;
	struct fj_crl crl;

	if (p->c.step == FJ_STEP_ROOT_CRL) {
		FJ_TRY(fj_crl_read(fj_buf_slice(&p->out), &crl, err));
		*tbs = crl.tbs;
		*sig = crl.sig;
		return FJ_OK;
	}
	FJ_TRY(fj_x509_read(fj_buf_slice(&p->out), &x, err));
	*tbs = x.tbs;
	*sig = x.sig;
	return FJ_OK;
}

static enum fj_rc root_signed(const struct replay *r, const struct piece *p, struct fj_slice tbs, struct fj_slice sig, bool *ok, struct fj_err *err)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(FJ_P256_SPKI);
	EVP_PKEY *key = NULL;

	FJ_TRY(fj_p256_spki_put(&spki, key_of(r, p->c.step, p->c.alg)));
	if (p->c.alg == FJ_SM2) /* the curve's name has eight octets, like the other's (RFC 5480 2.1.1.1) */
		memcpy(spki.data + 15, (const uint8_t[]){0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d}, 8);
	FJ_TRY(ver_key_read(fj_buf_slice(&spki), &key, err));
	*ok = ver_signed_der(key, p->c.alg, tbs, sig);
	EVP_PKEY_free(key);
	return FJ_OK;
}

static enum fj_rc step_signature(struct replay *r, const struct ver_line *l, struct fj_err *err)
{
	struct piece *p;
	struct fj_slice tbs, sig;
	bool ok = false;

	MUST(piece_of(r, l->in, &p) && p->challenged && !p->done, "something was signed that did not await approvals", "签署了并未等待批准的结构");
	MUST((unsigned)__builtin_popcount(p->set) >= plan_of(r, p->c.step)->root && names_are(plan_of(r, p->c.step), json_object_get(l->in, "officers"), p->set), "it was signed without the officers that the plan asks for", "签名时批准的官员不足，或者与记录不符");
	MUST(l->at - p->at <= (fj_time)p->c.expiration, "it was signed after the approvals' time", "签名时批准已超时");
	fj_buf_release(&p->out);
	fj_buf_init(&p->out, FJ_STRUCTURE_MAX);
	MUST(octets(l->out, "signed", &p->out), "what was signed is missing", "缺少已签名的内容");
	FJ_TRY(read_signed(p, &tbs, &sig, err));
	MUST(fj_slice_eq(tbs, fj_buf_slice(&p->c.structure)), "what was signed is not what the officers approved", "签名的内容不是官员批准的内容");
	FJ_TRY(root_signed(r, p, tbs, sig, &ok, err));
	if (!ok)
		return no(r, err, FJ_E_SIGNATURE, "the signature is not the root's", "签名不是根密钥的签名");
	p->done = true;
	return FJ_OK;
}

/* --- the attestation key's bond --- */

static enum fj_rc step_bond(struct replay *r, const struct ver_line *l, struct fj_err *err)
{
	FJ_AUTO(json) both = json_pack("{s:O, s:O}", "challenge", json_object_get(l->in, "challenge"), "answer", json_object_get(l->out, "answer"));
	FJ_AUTO(bond) b;
	int who;

	fj_bond_init(&b);
	if (!json_is_true(json_object_get(l->out, "taken"))) {
		MUST(fj_json_text(l->out, "en")[0] != '\0', "a credential was refused without a reason", "拒绝凭据而未说明理由");
		return FJ_OK;
	}
	FJ_TRY(fj_bonded_read(both, &b, err));
	FJ_TRY(fj_bond_check(&b, r->plan, ver_point_verify, NULL, &who, err));
	return same_ak(r, fj_buf_slice(&b.ak), err);
}

/* --- the rest --- */

/* sessions are gone: what was approved and not signed is void */
static enum fj_rc step_void(struct replay *r, const struct ver_line *l, struct fj_err *err)
{
	(void)l;
	(void)err;
	for (int s = 0; s < FJ_STEP_END; s++)
		for (int a = 0; a < FJ_ALG_END; a++)
			r->piece[s][a].challenged = r->piece[s][a].challenged && r->piece[s][a].done;
	return FJ_OK;
}

static enum fj_rc step_expired(struct replay *r, const struct ver_line *l, struct fj_err *err)
{
	(void)l;
	MUST(r->n_nonces > 0, "a time is over before there was a challenge", "尚无质询而称超时");
	return FJ_OK; /* whatever is challenged anew has a nonce of its own */
}

static enum fj_rc step_close(struct replay *r, const struct ver_line *l, struct fj_err *err)
{
	(void)l;
	for (int s = 0; s < FJ_STEP_END; s++)
		MUST(!belongs(r, s) || (r->piece[s][FJ_ES256].done && (!r->plan->sm2 || r->piece[s][FJ_SM2].done)), "the ceremony ends before all that the plan asks for is signed", "方案要求的内容尚未全部签名，仪式即告结束");
	r->closed = true;
	return FJ_OK;
}

static const struct {
	const char *name;
	enum fj_rc (*run)(struct replay *r, const struct ver_line *l, struct fj_err *err);
} steps[] = {
	{"open", step_open}, {"go-on", step_void}, {"challenge", step_challenge}, {"answer", step_answer}, {"bond", step_bond}, {"signature", step_signature}, {"expired", step_expired}, {"close", step_close},
};

/* a step's own reader says what is wrong; here it is said where */
static enum fj_rc run_step(struct replay *r, const struct ver_line *l, struct fj_err *err)
{
	size_t k = 0;

	while (k < FJ_ARRAY_LEN(steps) && strcmp(steps[k].name, l->step) != 0)
		k++;
	MUST(k < FJ_ARRAY_LEN(steps), "it is no step of a ceremony", "不是密钥仪式的步骤");
	MUST(!r->closed, "something follows after the end", "结束之后还有内容");
	MUST(r->open || k == 0, "the ceremony is not opened yet", "密钥仪式尚未开始");
	struct fj_err why = {0};
	enum fj_rc rc = steps[k].run(r, l, &why);
	if (rc == FJ_OK || strncmp(why.en, "line ", 5) == 0) {
		if (rc != FJ_OK && err != NULL)
			*err = why;
		return rc;
	}
	char en[240], zh[360];
	snprintf(en, sizeof(en), "%.230s", why.en);
	snprintf(zh, sizeof(zh), "%.350s", why.zh[0] != '\0' ? why.zh : why.en);
	return no(r, err, rc, en, zh);
}

/* whose officers an answer or a signature names; all else is of the plan of the ceremony */
static const struct fj_plan *judged_by(struct replay *r, const struct ver_line *l)
{
	const json_t *answer = json_object_get(l->in, "answer");
	struct piece *p;

	return piece_of(r, answer != NULL ? answer : l->in, &p) ? plan_of(r, p->c.step) : r->plan;
}

static enum fj_rc take(struct replay *r, struct fj_slice line, ver_line_fn fn, void *user, struct fj_err *err)
{
	static const char *const keys[] = {"n", "at", "step", "in", "out", "before", NULL};
	FJ_AUTO(json) j = NULL;
	FJ_AUTO(buf) again = FJ_BUF_INIT(MAX_LINE);
	struct ver_line l;
	char before[65];

	r->n++;
	fj_hex(r->before.b, FJ_SHA256_LEN, before);
	if (fj_json_parse(line, MAX_LINE, &j, NULL) != FJ_OK || fj_json_only(j, keys, NULL) != FJ_OK || fj_json_canonical(j, &again, NULL) != FJ_OK || !fj_slice_eq(fj_buf_slice(&again), line))
		return no(r, err, FJ_E_PARSE, "it is no canonical line", "格式不规范");
	MUST(fj_json_num(j, "n") == (int64_t)r->n, "a line is missing, or stands in another place", "缺少一行，或者顺序不符");
	if (strcmp(fj_json_text(j, "before"), before) != 0)
		return no(r, err, FJ_E_SIGNATURE, r->n == 1 ? "it does not begin with this plan" : "it does not follow from the line before, which was changed", r->n == 1 ? "不是从本方案开始" : "与前一行不相衔接，前一行已被改动");
	MUST(fj_time_parse(fj_json_text(j, "at"), &l.at, NULL) == FJ_OK && l.at >= r->at, "its time is malformed, or before that of the line before", "时间格式有误，或者早于前一行");
	l.n = r->n;
	l.step = fj_json_text(j, "step");
	l.in = json_object_get(j, "in");
	l.out = json_object_get(j, "out");
	fj_sha256(line, &l.hash);
	FJ_TRY(run_step(r, &l, err));
	r->before = l.hash;
	r->at = l.at;
	l.plan = judged_by(r, &l);
	if (fn != NULL)
		fn(user, &l);
	return FJ_OK;
}

static enum fj_rc run(struct replay *r, struct fj_slice all, ver_line_fn fn, void *user, struct fj_err *err)
{
	const uint8_t *end;

	for (size_t at = 0; at < all.len; at = (size_t)(end - all.p) + 1) {
		end = memchr(all.p + at, '\n', all.len - at);
		if (end == NULL) {
			r->n++;
			return no(r, err, FJ_E_PARSE, "it is cut", "被截断");
		}
		FJ_TRY(take(r, FJ_SLICE(all.p + at, (size_t)(end - (all.p + at))), fn, user, err));
	}
	if (r->closed)
		return FJ_OK;
	return fj_refuse(err, FJ_E_REFUSED, LAYER, CITE, "the transcript ends before the ceremony does: it is not finished, or its last lines were taken away", "会议记录在密钥仪式结束之前中断：仪式未完成，或者末尾各行被删去");
}

enum fj_rc ver_plan(struct fj_slice file, struct fj_plan *out, unsigned *by, struct fj_err *err)
{
	return fj_plan_signed_read(file, ver_point_verify, NULL, out, by, err);
}

enum fj_rc ver_transcript_signed(struct fj_slice signatures, const struct fj_plan *plan, const struct fj_hash *last, unsigned *by, struct fj_err *err)
{
	FJ_TRY(fj_transcript_signatures_read(signatures, plan, last, ver_point_verify, NULL, by, err));
	return fj_transcript_quorum(plan, *by, err);
}

/* the plan that a succession's follows */
static enum fj_rc read_former(struct replay *r, const struct fj_plan *plan, struct fj_slice other, struct fj_err *err)
{
	unsigned by;

	if (plan->generation == 1)
		return FJ_OK;
	if (other.len == 0)
		return fj_refuse(err, FJ_E_USAGE, LAYER, "formats.md 33", "this plan follows another one; name that one too, signed as it was in force: --other FILE", "本方案接续另一方案：请以 --other 文件 指明前一方案（已签署）");
	FJ_TRY(ver_plan(other, &r->former, &by, err));
	FJ_TRY(fj_plan_all(&r->former, by, err));
	return fj_plan_follows(plan, &r->former, err);
}

enum fj_rc ver_replay(struct fj_slice transcript, struct fj_slice signed_plan, struct fj_slice other, struct fj_plan *plan, struct fj_hash *last, ver_line_fn fn, void *user, struct fj_err *err)
{
	unsigned by;

	FJ_TRY(ver_plan(signed_plan, plan, &by, err));
	FJ_TRY(fj_plan_all(plan, by, err));
	FJ_AUTO(mem) mem = fj_alloc(1, sizeof(struct replay));
	struct replay *r = mem;
	if (r == NULL)
		return fj_no_memory(err, LAYER);
	r->plan = plan;
	fj_buf_init(&r->ak, FJ_BOND_PART);
	r->before = plan->hash;
	enum fj_rc rc = read_former(r, plan, other, err);
	if (rc == FJ_OK)
		rc = run(r, transcript, fn, user, err);
	*last = r->before;
	fj_buf_release(&r->ak);
	for (int a = 0; a < FJ_ALG_END; a++)
		fj_buf_release(&r->former_cert[a]);
	for (int s = 0; s < FJ_STEP_END; s++)
		for (int a = 0; a < FJ_ALG_END; a++) {
			fj_buf_release(&r->piece[s][a].c.other);
			fj_buf_release(&r->piece[s][a].c.structure);
			fj_buf_release(&r->piece[s][a].c.key);
			fj_buf_release(&r->piece[s][a].c.made);
			fj_buf_release(&r->piece[s][a].out);
		}
	return rc;
}
