/*
 * approval.c - challenges and answers, read and written, and the root key's public area.
 *
 * The appliance that asks is not trusted: a nonce of another length, or none, would make an
 * approval that holds in every session for ever; an expiration that the TPM reads as negative
 * would make a ticket in the officer's place.  Neither can be expressed past this reader.
 * The key is not parsed but written anew and compared, so no attribute can hide.
 */
#include "base/approval.h"

#define CITE "formats.md 22"

static const char *const steps[] = {[FJ_STEP_ROOT] = "root", [FJ_STEP_ISSUING] = "issuing", [FJ_STEP_ROOT_CRL] = "root-crl", [FJ_STEP_SUBORDINATE] = "subordinate", [FJ_STEP_MOVE] = "move", [FJ_STEP_PROOF] = "proof", [FJ_STEP_UNSEAL] = "unseal",
	[FJ_STEP_NEW_WITH_OLD] = "new-with-old", [FJ_STEP_OLD_WITH_NEW] = "old-with-new"};

const char *fj_step_name(enum fj_step s)
{
	return s < FJ_STEP_END ? steps[s] : "";
}

enum fj_rc fj_tpm_root_public(enum fj_alg alg, bool sm3, bool moves, const struct fj_hash *policy, const uint8_t xy[64], struct fj_buf *out)
{
	const uint8_t head[] = {
		0x00, 0x23,             /* type: ECC */
		0x00, 0x0b,             /* nameAlg: SHA-256 */
		0x00, 0x04, 0x04, moves ? 0x20 : 0x32, /* objectAttributes: sensitiveDataOrigin, noDA, sign; fixedTPM, fixedParent */
		0x00, 0x20,             /* authPolicy, 32 octets */
	};
	const uint8_t parameters[] = {
		0x00, 0x10,                                                    /* symmetric: NULL */
		0x00, alg == FJ_SM2 ? 0x1b : 0x18, 0x00, sm3 ? 0x12 : 0x0b,    /* scheme: SM2 or ECDSA; SM3_256 or SHA-256 */
		0x00, alg == FJ_SM2 ? 0x20 : 0x03,                             /* curve: SM2_P256 or NIST P-256 */
		0x00, 0x10,                                                    /* kdf: NULL */
		0x00, 0x20,                                                    /* x, 32 octets */
	};

	FJ_TRY(fj_buf_put(out, head, sizeof(head)));
	FJ_TRY(fj_buf_put(out, policy->b, sizeof(policy->b)));
	FJ_TRY(fj_buf_put(out, parameters, sizeof(parameters)));
	FJ_TRY(fj_buf_put(out, xy, 32));
	FJ_TRY(fj_buf_put(out, (const uint8_t[]){0x00, 0x20}, 2));
	return fj_buf_put(out, xy + 32, 32);
}

enum fj_rc fj_tpm_sealed_public(const struct fj_hash *policy, const uint8_t unique[32], struct fj_buf *out)
{
	static const uint8_t head[] = {
		0x00, 0x08,             /* type: KEYEDHASH */
		0x00, 0x0b,             /* nameAlg: SHA-256 */
		0x00, 0x00, 0x04, 0x12, /* objectAttributes: fixedTPM, fixedParent, noDA */
		0x00, 0x20,             /* authPolicy, 32 octets */
	};

	FJ_TRY(fj_buf_put(out, head, sizeof(head)));
	FJ_TRY(fj_buf_put(out, policy->b, sizeof(policy->b)));
	FJ_TRY(fj_buf_put(out, (const uint8_t[]){0x00, 0x10, 0x00, 0x20}, 4)); /* scheme: NULL; unique, 32 octets */
	return fj_buf_put(out, unique, 32);
}

void fj_round_release(struct fj_round *r)
{
	for (size_t i = 0; i < FJ_ROUND_MAX; i++) {
		fj_buf_release(&r->c[i].structure);
		fj_buf_release(&r->c[i].key);
		fj_buf_release(&r->c[i].other);
		fj_buf_release(&r->c[i].made);
	}
	r->n = 0;
}

static enum fj_rc bad(struct fj_err *err, const char *field, const char *en, const char *zh)
{
	return fj_err_at(err, fj_refuse(err, FJ_E_INVALID, "approval", CITE, en, zh), field);
}

static enum fj_rc refused(struct fj_err *err, const char *field, const char *en, const char *zh)
{
	return fj_err_at(err, fj_refuse(err, FJ_E_REFUSED, "approval", CITE, en, zh), field);
}

/* base64url into out, whose max is the limit */
static enum fj_rc octets(const json_t *o, const char *key, struct fj_buf *out, struct fj_err *err)
{
	const char *s;

	FJ_TRY(fj_json_str(o, key, out->max / 3 * 4 + 4, &s, err));
	return fj_b64u_get(s, strlen(s), out) == FJ_OK ? FJ_OK : bad(err, key, "a member is not base64url of at most as many octets as it may have", "成员不是长度允许的 base64url");
}

static enum fj_rc hash(const json_t *o, const char *key, struct fj_hash *out, struct fj_err *err)
{
	const char *s;

	FJ_TRY(fj_json_str(o, key, 64, &s, err));
	return strlen(s) == 64 && fj_unhex(s, 64, out->b) == FJ_OK ? FJ_OK : bad(err, key, "a hash is 64 hexadecimal digits", "散列值应为 64 位十六进制数字");
}

/* what challenge and answer have in common */
static enum fj_rc read_head(const json_t *o, struct fj_hash *plan, enum fj_step *step, enum fj_alg *alg, struct fj_err *err)
{
	const char *name, *of;
	int64_t version;

	FJ_TRY(fj_json_int(o, "version", 1, 1, &version, err));
	FJ_TRY(hash(o, "plan", plan, err));
	FJ_TRY(fj_json_str(o, "step", 32, &name, err));
	for (*step = 0; *step < FJ_STEP_END && strcmp(steps[*step], name) != 0;)
		(*step)++;
	if (*step == FJ_STEP_END)
		return bad(err, "step", "the step is none that this program knows: root, issuing, root-crl, subordinate, move, proof, unseal, new-with-old, old-with-new", "步骤不在本程序所知之列：root、issuing、root-crl、subordinate、move、proof、unseal、new-with-old、old-with-new");
	*alg = FJ_ES256;
	if (*step == FJ_STEP_UNSEAL)
		return json_object_get(o, "alg") == NULL ? FJ_OK : bad(err, "alg", "what is unsealed has no algorithm", "解封没有算法可言");
	FJ_TRY(fj_json_str(o, "alg", 16, &of, err));
	*alg = strcmp(of, fj_alg_name(FJ_SM2)) == 0 ? FJ_SM2 : FJ_ES256;
	return strcmp(of, fj_alg_name(*alg)) == 0 ? FJ_OK : bad(err, "alg", "the algorithm is neither P-256 nor SM2", "算法应为 P-256 或 SM2");
}

static enum fj_rc read_nonce(const json_t *o, uint8_t out[FJ_TPM_NONCE_LEN], struct fj_err *err)
{
	FJ_AUTO(buf) nonce = FJ_BUF_INIT(FJ_TPM_NONCE_LEN);
	const char *s = fj_json_peek(o, "nonce");

	if (s == NULL || fj_b64u_get(s, strlen(s), &nonce) != FJ_OK || nonce.len != FJ_TPM_NONCE_LEN)
		return bad(err, "nonce", "the nonce is not 32 octets: without a fresh one an approval would hold in every session for ever. Don't approve; have the appliance ask anew",
		    "随机数不是 32 字节：没有新随机数的批准会在任何会话中永久有效。请勿批准，请设备重新发起");
	memcpy(out, nonce.data, FJ_TPM_NONCE_LEN);
	return FJ_OK;
}

/* an approval of one kind is none of the other: each has a branch of the key's policy */
static const char *kind_of(enum fj_step step)
{
	if (step == FJ_STEP_UNSEAL)
		return FJ_REF_UNSEAL;
	return step == FJ_STEP_MOVE ? FJ_REF_ROOT_MOVE : FJ_REF_ROOT_SIGN;
}

static enum fj_rc read_other(const json_t *o, struct fj_challenge *c, struct fj_err *err)
{
	if (fj_step_cross(c->step))
		return octets(o, "other", &c->other, err);
	return json_object_get(o, "other") == NULL ? FJ_OK : bad(err, "other", "another root's key stands where one root certifies the other, and nowhere else", "只有一代根认证另一代根时才附有另一根密钥");
}

/* its form is looked at here, what it says by who can verify signatures */
static enum fj_rc read_made(const json_t *o, struct fj_challenge *c, struct fj_err *err)
{
	json_t *made;

	if (!fj_step_made(c->step))
		return json_object_get(o, "made") == NULL ? FJ_OK : bad(err, "made", "how a key was made is stated of an issuing key and of a root that follows another, and of nothing else", "只对签发密钥与继任根密钥附有密钥生成声明");
	FJ_TRY(fj_json_obj(o, "made", &made, err));
	return fj_json_canonical(made, &c->made, NULL) == FJ_OK ? FJ_OK : bad(err, "made", "what the TPM states of the issuing key is longer than 32768 octets", "关于签发密钥的声明超过 32768 字节");
}

static enum fj_rc read_challenge(const json_t *o, struct fj_challenge *c, struct fj_err *err)
{
	static const char *const keys[] = {"version", "plan", "step", "alg", "structure", "key", "nonce", "expiration", "kind", "made", "other", NULL};
	const char *kind;
	int64_t expiration;

	FJ_TRY(fj_json_only(o, keys, err));
	FJ_TRY(read_head(o, &c->plan, &c->step, &c->alg, err));
	if (c->step != FJ_STEP_UNSEAL)
		FJ_TRY(octets(o, "structure", &c->structure, err));
	else if (json_object_get(o, "structure") != NULL)
		return bad(err, "structure", "unsealing signs no structure", "解封不签署任何结构");
	FJ_TRY(octets(o, "key", &c->key, err));
	FJ_TRY(read_other(o, c, err));
	FJ_TRY(read_made(o, c, err));
	FJ_TRY(read_nonce(o, c->nonce, err));
	FJ_TRY(fj_json_int(o, "expiration", 1, FJ_PLAN_EXPIRATION, &expiration, err));
	c->expiration = (uint32_t)expiration;
	FJ_TRY(fj_json_str(o, "kind", 32, &kind, err));
	return strcmp(kind, kind_of(c->step)) == 0 ? FJ_OK : bad(err, "kind", "the kind of approval is not the one of its step: fujie-root-move of \"move\", fujie-unseal of \"unseal\", fujie-root-sign of all others", "批准种类与步骤不符：“move”应为 fujie-root-move，“unseal”应为 fujie-unseal，其他步骤应为 fujie-root-sign");
}

/* the list under `name`, or the one object for itself */
static enum fj_rc list_of(struct fj_slice file, const char *name, json_t **out, struct fj_err *err)
{
	const char *const keys[] = {name, NULL};
	FJ_AUTO(json) j = NULL;
	json_t *list;

	FJ_TRY(fj_json_parse(file, FJ_ROUND_OCTETS, &j, err));
	if (json_object_get(j, name) == NULL) {
		*out = json_pack("[O]", j);
		return *out != NULL ? FJ_OK : fj_no_memory(err, "approval");
	}
	FJ_TRY(fj_json_only(j, keys, err));
	FJ_TRY(fj_json_arr(j, name, FJ_ROUND_MAX, &list, err));
	if (json_array_size(list) == 0)
		return bad(err, name, "the file's list is empty", "文件中的列表为空");
	*out = json_incref(list);
	return FJ_OK;
}

enum fj_rc fj_round_read(struct fj_slice file, struct fj_round *r, struct fj_err *err)
{
	FJ_AUTO(json) list = NULL;
	json_t *o;
	size_t i;

	memset(r, 0, sizeof(*r));
	for (i = 0; i < FJ_ROUND_MAX; i++) {
		fj_buf_init(&r->c[i].structure, FJ_STRUCTURE_MAX);
		fj_buf_init(&r->c[i].key, FJ_ROOT_PUBLIC_LEN);
		fj_buf_init(&r->c[i].other, FJ_ROOT_PUBLIC_LEN);
		fj_buf_init(&r->c[i].made, FJ_MADE_MAX);
	}
	FJ_TRY(list_of(file, "challenges", &list, err));
	json_array_foreach(list, i, o)
		FJ_TRY(read_challenge(o, &r->c[r->n++], err));
	return FJ_OK;
}

json_t *fj_challenge_json(const struct fj_challenge *c)
{
	FJ_AUTO(buf) structure = FJ_BUF_INIT(FJ_STRUCTURE_MAX * 2);
	FJ_AUTO(buf) key = FJ_BUF_INIT(400);
	FJ_AUTO(buf) nonce = FJ_BUF_INIT(100);
	FJ_AUTO(buf) other = FJ_BUF_INIT(400);
	char plan[65];

	fj_hex(c->plan.b, sizeof(c->plan.b), plan);
	if (fj_b64u_put(&structure, fj_buf_slice(&c->structure)) != FJ_OK || fj_b64u_put(&key, fj_buf_slice(&c->key)) != FJ_OK ||
	    fj_b64u_put(&nonce, FJ_SLICE(c->nonce, sizeof(c->nonce))) != FJ_OK || fj_b64u_put(&other, fj_buf_slice(&c->other)) != FJ_OK)
		return NULL;
	bool sign = c->step != FJ_STEP_UNSEAL;
	json_t *made = NULL;
	if (c->made.len > 0 && fj_json_parse(fj_buf_slice(&c->made), FJ_MADE_MAX, &made, NULL) != FJ_OK)
		return NULL;
	return json_pack("{s:i, s:s, s:s, s:s*, s:s*, s:s, s:s, s:I, s:s, s:o*, s:s*}", "version", 1, "plan", plan, "step", fj_step_name(c->step), "alg", sign ? fj_alg_name(c->alg) : NULL,
	    "structure", sign ? fj_buf_str(&structure) : NULL, "key", fj_buf_str(&key), "nonce", fj_buf_str(&nonce), "expiration", (json_int_t)c->expiration, "kind", kind_of(c->step), "made", made,
	    "other", fj_step_cross(c->step) ? fj_buf_str(&other) : NULL);
}

enum fj_rc fj_challenge_made_text(const struct fj_challenge *c, struct fj_buf *out)
{
	char plan[65], nonce[2 * FJ_TPM_NONCE_LEN + 1], structure[65];
	struct fj_hash h;

	fj_hex(c->plan.b, sizeof(c->plan.b), plan);
	fj_hex(c->nonce, sizeof(c->nonce), nonce);
	fj_sha256(fj_buf_slice(&c->structure), &h);
	fj_hex(h.b, sizeof(h.b), structure);
	return fj_buf_printf(out, "fujie-made-1\n%s\n%s\n%s\n", plan, nonce, structure);
}

void fj_tpm_root_xy(struct fj_slice area, uint8_t xy[64])
{
	memset(xy, 0, 64);
	if (area.len != FJ_ROOT_PUBLIC_LEN)
		return;
	memcpy(xy, area.p + FJ_ROOT_PUBLIC_LEN - 66, 32);
	memcpy(xy + 32, area.p + FJ_ROOT_PUBLIC_LEN - 32, 32);
}

void fj_challenge_xy(const struct fj_challenge *c, uint8_t xy[64])
{
	fj_tpm_root_xy(fj_buf_slice(&c->key), xy);
}

static bool area_is(const struct fj_plan *p, enum fj_alg alg, bool sm3, const struct fj_hash *policy, struct fj_slice area)
{
	FJ_AUTO(buf) want = FJ_BUF_INIT(FJ_ROOT_PUBLIC_LEN);
	uint8_t xy[64];

	fj_tpm_root_xy(area, xy);
	return fj_tpm_root_public(alg, sm3, p->move > 0, policy, xy, &want) == FJ_OK && fj_slice_eq(fj_buf_slice(&want), area);
}

bool fj_plan_root_is(const struct fj_plan *p, enum fj_alg alg, struct fj_slice area)
{
	struct fj_hash policy;

	return area.len == FJ_ROOT_PUBLIC_LEN && fj_plan_root_policy(p, &policy) == FJ_OK &&
	    (area_is(p, alg, false, &policy, area) || (alg == FJ_SM2 && area_is(p, alg, true, &policy, area)));
}

/* written anew from the plan and the point, it must be what was sent */
static enum fj_rc check_key(const struct fj_challenge *c, const struct fj_plan *p, struct fj_err *err)
{
	if (fj_plan_root_is(p, c->alg, fj_buf_slice(&c->key)))
		return FJ_OK;
	return refused(err, "key", "the key is not this plan's root key: its attributes, its algorithm or the officers in its policy differ. Don't approve; such a key could sign without this plan's officers",
	    "该密钥不是本方案的根密钥：其属性、算法或策略中的官员与方案不符。请勿批准：这样的密钥可能无须本方案官员即可签名");
}

/* likewise from the plan and what the TPM alone knows the inside of */
static enum fj_rc check_sealed(const struct fj_challenge *c, const struct fj_plan *p, struct fj_err *err)
{
	FJ_AUTO(buf) want = FJ_BUF_INIT(FJ_SEALED_PUBLIC_LEN);
	struct fj_quorum q;
	struct fj_hash policy;

	if (p->unseal == 0)
		return refused(err, "step", "the plan seals no keys. Don't approve", "方案没有封存任何密钥。请勿批准");
	fj_plan_unseal_quorum(p, &q);
	FJ_TRY(fj_quorum_policy(&q, &policy));
	if (c->key.len == FJ_SEALED_PUBLIC_LEN && fj_tpm_sealed_public(&policy, c->key.data + FJ_SEALED_PUBLIC_LEN - 32, &want) == FJ_OK && fj_slice_eq(fj_buf_slice(&want), fj_buf_slice(&c->key)))
		return FJ_OK;
	return refused(err, "key", "what is to be unsealed is not this plan's: its attributes or the officers in its policy differ. Don't approve",
	    "要解封的对象不属于本方案：其属性或策略中的官员与方案不符。请勿批准");
}

/* what a move and a proof are about is the plan's to say, octet by octet */
static enum fj_rc check_own(const struct fj_challenge *c, const struct fj_plan *p, const struct fj_tpm_name *name, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(1024);

	if (c->step == FJ_STEP_MOVE && p->move == 0)
		return refused(err, "step", "the plan lets the root leave its TPM for none. Don't approve", "方案不允许根密钥离开其 TPM。请勿批准");
	if (c->step == FJ_STEP_MOVE && !fj_slice_eq(fj_buf_slice(&c->structure), FJ_SLICE(p->parent, p->parent_len)))
		return refused(err, "structure", "the root would go to another TPM than the plan's spare. Don't approve", "根密钥将移往方案备机以外的 TPM。请勿批准");
	if (c->step != FJ_STEP_PROOF)
		return FJ_OK;
	FJ_TRY(fj_proof_text(p, name, &text));
	return fj_slice_eq(fj_buf_slice(&c->structure), fj_buf_slice(&text)) ? FJ_OK
	    : refused(err, "structure", "the text is not the one by which a moved root of this plan shows that it signs. Don't approve", "该文本不是本方案迁移后根密钥的验证文本。请勿批准");
}

enum fj_rc fj_proof_text(const struct fj_plan *p, const struct fj_tpm_name *root, struct fj_buf *out)
{
	char plan[65], name[2 * FJ_TPM_NAME_LEN + 1];

	fj_hex(p->hash.b, sizeof(p->hash.b), plan);
	fj_hex(root->b, sizeof(root->b), name);
	return fj_buf_printf(out, "fujie-spare-proof-1\n%s\n%s\n", plan, name);
}

enum fj_rc fj_challenge_check(const struct fj_challenge *c, const struct fj_plan *p, struct fj_tpm_name *name, struct fj_err *err)
{
	if (!fj_hash_eq(&c->plan, &p->hash))
		return refused(err, "plan", "the challenge is of another plan. Don't approve; ask for one that names your plan's hash", "质询属于另一方案。请勿批准，请索取本方案散列值的质询");
	if (c->step != FJ_STEP_UNSEAL && c->alg == FJ_SM2 && !p->sm2)
		return refused(err, "alg", "the plan has no SM2 keys. Don't approve", "方案不含 SM2 密钥。请勿批准");
	if (c->expiration > p->expiration)
		return refused(err, "expiration", "the approval would hold longer than the plan allows. Don't approve; have the appliance ask anew", "批准的有效时间超过方案所允许。请勿批准，请设备重新发起");
	FJ_TRY(c->step == FJ_STEP_UNSEAL ? check_sealed(c, p, err) : check_key(c, p, err));
	fj_tpm_name_of(fj_buf_slice(&c->key), name);
	return check_own(c, p, name, err);
}

enum fj_rc fj_challenge_cross(const struct fj_challenge *c, const struct fj_plan *p, const struct fj_plan *with, struct fj_err *err)
{
	bool old_signs = c->step == FJ_STEP_NEW_WITH_OLD;
	struct fj_x509 x;
	uint8_t xy[64];

	FJ_TRY(fj_plan_follows(old_signs ? with : p, old_signs ? p : with, err));
	if (!fj_plan_root_is(with, c->alg, fj_buf_slice(&c->other)))
		return refused(err, "other", "the root that is to be certified is not of the other plan: its attributes, its algorithm or the officers in its policy differ. Don't approve; such a root could sign without that plan's officers",
		    "要认证的根密钥不属于另一份方案：其属性、算法或策略中的官员不符。请勿批准：这样的根可能无须该方案官员即可签名");
	FJ_TRY(fj_x509_read_tbs(fj_buf_slice(&c->structure), &x, err));
	fj_tpm_root_xy(fj_buf_slice(&c->other), xy);
	return x.key.len == 65 && memcmp(x.key.p + 1, xy, 64) == 0 ? FJ_OK : refused(err, "structure", "the certificate is of another key than the root of the other plan. Don't approve", "证书中的密钥不是另一份方案的根密钥。请勿批准");
}

void fj_challenge_approval(const struct fj_challenge *c, const struct fj_plan *p, const struct fj_tpm_name *name,
    const struct fj_hash *digest, struct fj_hash *cphash, struct fj_hash *to_sign)
{
	struct fj_tpm_name parent;
	struct fj_quorum q;

	if (c->step == FJ_STEP_MOVE) {
		fj_plan_move_quorum(p, &q);
		fj_plan_parent_name(p, &parent);
		fj_tpm_namehash_move(name, &parent, cphash);
		fj_tpm_approval_move_digest(c->nonce, c->expiration, FJ_SLICE(q.ref, q.ref_len), to_sign);
		return;
	}
	if (c->step == FJ_STEP_UNSEAL) {
		fj_plan_unseal_quorum(p, &q);
		fj_tpm_cphash_unseal(name, cphash);
	} else {
		fj_plan_root_quorum(p, &q);
		fj_tpm_cphash_sign(name, digest, cphash);
	}
	fj_tpm_approval_digest(c->nonce, c->expiration, cphash, FJ_SLICE(q.ref, q.ref_len), to_sign);
}

/* --- answers --- */

static enum fj_rc read_answer(const json_t *o, struct fj_answer *a, struct fj_err *err)
{
	static const char *const keys[] = {"version", "plan", "step", "alg", "officer", "cphash", "sig", NULL};
	FJ_AUTO(buf) sig = FJ_BUF_INIT(sizeof(a->sig));
	const char *officer;

	FJ_TRY(fj_json_only(o, keys, err));
	FJ_TRY(read_head(o, &a->plan, &a->step, &a->alg, err));
	FJ_TRY(fj_json_str(o, "officer", FJ_PLAN_LOGIN, &officer, err));
	FJ_TRY(hash(o, "cphash", &a->cphash, err));
	FJ_TRY(octets(o, "sig", &sig, err));
	if (fj_strcopy(a->officer, sizeof(a->officer), officer) != FJ_OK || sig.len != sizeof(a->sig))
		return bad(err, "sig", "an answer's signature is 64 octets, r and s, and its officer a login", "答复的签名应为 64 字节（r 与 s），官员应为用户名");
	memcpy(a->sig, sig.data, sizeof(a->sig));
	return FJ_OK;
}

enum fj_rc fj_answers_read(struct fj_slice file, struct fj_answer out[FJ_ROUND_MAX], size_t *n, struct fj_err *err)
{
	FJ_AUTO(json) list = NULL;
	json_t *o;
	size_t i;

	*n = 0;
	FJ_TRY(list_of(file, "answers", &list, err));
	json_array_foreach(list, i, o)
		FJ_TRY(read_answer(o, &out[(*n)++], err));
	return FJ_OK;
}

static json_t *answer_json(const struct fj_answer *a)
{
	FJ_AUTO(buf) sig = FJ_BUF_INIT(100);
	char plan[65], cphash[65];

	fj_hex(a->plan.b, sizeof(a->plan.b), plan);
	fj_hex(a->cphash.b, sizeof(a->cphash.b), cphash);
	if (fj_b64u_put(&sig, FJ_SLICE(a->sig, sizeof(a->sig))) != FJ_OK)
		return NULL;
	return json_pack("{s:i, s:s, s:s, s:s*, s:s, s:s, s:s}", "version", 1, "plan", plan, "step", fj_step_name(a->step), "alg", a->step != FJ_STEP_UNSEAL ? fj_alg_name(a->alg) : NULL,
	    "officer", a->officer, "cphash", cphash, "sig", fj_buf_str(&sig));
}

enum fj_rc fj_answers_put(const struct fj_answer *a, size_t n, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(json) doc = json_pack("{s:[]}", "answers");

	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(json_object_get(doc, "answers"), answer_json(&a[i])) != 0)
			return fj_no_memory(err, "approval");
	if (doc == NULL)
		return fj_no_memory(err, "approval");
	FJ_TRY(fj_json_canonical(doc, out, err));
	return fj_buf_puts(out, "\n") == FJ_OK ? FJ_OK : fj_no_memory(err, "approval");
}
