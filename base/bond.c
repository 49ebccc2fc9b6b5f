/*
 * bond.c - endorsement keys' public areas, challenges to them, and their answers: read and written.
 *
 * A TPM's structures are big-endian; a TPM2B is u16 length and octets.  Only what a challenge can be made
 * for is read: RSA of 2048 to 4096 bits, P-256 and P-384, AES in CFB, SHA-256 and SHA-384.
 */
#include "base/bond.h"

#include <sodium.h>

#define CITE "formats.md 29"
#define PREFIX "fujie-bond-1\n"
#define SECRET_PREFIX "fujie-credential-1\n"
#define ALG_NULL 0x0010

static enum fj_rc bad(struct fj_err *err, const char *field, const char *en, const char *zh)
{
	return fj_err_at(err, fj_refuse(err, FJ_E_INVALID, "bond", CITE, en, zh), field);
}

/* --- public areas --- */

#define EK_MUST 0x00030032u  /* fixedTPM, fixedParent, sensitiveDataOrigin, restricted, decrypt */
#define EK_NEVER 0x00040804u /* stClear, encryptedDuplication, sign */

static bool read_head(struct fj_rd *r, struct fj_ek *k)
{
	uint16_t type, alg, bits, mode, scheme;
	uint32_t attributes;
	struct fj_slice policy;

	if (fj_tpm_u16(r, &type) != FJ_OK || fj_tpm_u16(r, &k->hash) != FJ_OK || fj_get_u32(r, &attributes) != FJ_OK || fj_tpm_2b(r, 48, &policy) != FJ_OK ||
	    fj_tpm_u16(r, &alg) != FJ_OK || fj_tpm_u16(r, &bits) != FJ_OK || fj_tpm_u16(r, &mode) != FJ_OK || fj_tpm_u16(r, &scheme) != FJ_OK)
		return false;
	k->rsa = type == 0x0001;
	k->sym_bits = bits;
	return (type == 0x0001 || type == 0x0023) && (k->hash == 0x000b || k->hash == 0x000c) && (attributes & EK_MUST) == EK_MUST && (attributes & EK_NEVER) == 0 &&
	    alg == 0x0006 && (bits == 128 || bits == 256) && mode == 0x0043 && scheme == ALG_NULL;
}

static bool read_rsa(struct fj_rd *r, struct fj_ek *k)
{
	uint16_t bits;
	uint32_t exponent;

	return fj_tpm_u16(r, &bits) == FJ_OK && fj_get_u32(r, &exponent) == FJ_OK && fj_tpm_2b(r, 512, &k->modulus) == FJ_OK && (exponent == 0 || exponent == 65537) &&
	    bits >= 2048 && bits % 8 == 0 && k->modulus.len == bits / 8u && (k->modulus.p[0] & 0x80) != 0;
}

static bool read_ecc(struct fj_rd *r, struct fj_ek *k)
{
	uint16_t curve, kdf;

	if (fj_tpm_u16(r, &curve) != FJ_OK || fj_tpm_u16(r, &kdf) != FJ_OK)
		return false;
	k->curve = curve;
	size_t size = curve == 4 ? 48 : 32;
	return (curve == 3 || curve == 4) && kdf == ALG_NULL && fj_tpm_2b(r, size, &k->x) == FJ_OK && fj_tpm_2b(r, size, &k->y) == FJ_OK && k->x.len > 0 && k->y.len > 0;
}

enum fj_rc fj_ek_read(struct fj_slice in, struct fj_ek *out, struct fj_err *err)
{
	struct fj_rd r;

	memset(out, 0, sizeof(*out));
	fj_rd_init(&r, in);
	if (!read_head(&r, out) || !(out->rsa ? read_rsa(&r, out) : read_ecc(&r, out)) || fj_rd_end(&r) != FJ_OK)
		return bad(err, "ek", "the endorsement key is none that a credential can be made for: a restricted decryption key of a TPM, RSA or on P-256 or P-384",
		    "背书密钥不是可据以生成凭据的密钥：应为 TPM 的受限解密密钥，RSA 或者 P-256、P-384");
	return FJ_OK;
}

/* --- members --- */

static enum fj_rc octets(const json_t *o, const char *key, struct fj_buf *out, struct fj_err *err)
{
	const json_t *v = json_object_get(o, key);

	fj_buf_clear(out);
	if (json_is_string(v) && json_string_length(v) <= out->max / 3 * 4 + 4 && fj_b64u_get(json_string_value(v), json_string_length(v), out) == FJ_OK && out->len > 0)
		return FJ_OK;
	return bad(err, key, "a member is not base64url of at most as many octets as it may have", "成员不是长度允许的 base64url");
}

static enum fj_rc hash(const json_t *o, const char *key, struct fj_hash *out, struct fj_err *err)
{
	const char *s;

	FJ_TRY(fj_json_str(o, key, 64, &s, err));
	return strlen(s) == 64 && fj_unhex(s, 64, out->b) == FJ_OK ? FJ_OK : bad(err, key, "a hash is 64 hexadecimal digits", "散列值应为 64 位十六进制数字");
}

static json_t *b64u(struct fj_slice data)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(2 * FJ_BOND_CERTIFICATE);

	return fj_b64u_put(&text, data) == FJ_OK ? json_stringn(fj_buf_str(&text), text.len) : NULL;
}

/* --- what an appliance shows --- */

void fj_endorsement_init(struct fj_endorsement *e)
{
	memset(e, 0, sizeof(*e));
	fj_buf_init(&e->ak, FJ_BOND_PART);
	for (size_t k = 0; k < FJ_BOND_KEYS; k++) {
		fj_buf_init(&e->key[k], FJ_BOND_PART);
		fj_buf_init(&e->certificate[k], FJ_BOND_CERTIFICATE);
	}
}

void fj_endorsement_release(struct fj_endorsement *e)
{
	fj_buf_release(&e->ak);
	for (size_t k = 0; k < FJ_BOND_KEYS; k++) {
		fj_buf_release(&e->key[k]);
		fj_buf_release(&e->certificate[k]);
	}
}

/* a list of base64url */
static enum fj_rc list_of(const json_t *o, const char *key, struct fj_buf *out, size_t *n, struct fj_err *err)
{
	json_t *list, *v;
	size_t i;

	FJ_TRY(fj_json_arr(o, key, FJ_BOND_KEYS, &list, err));
	json_array_foreach(list, i, v)
		if (!json_is_string(v) || json_string_length(v) > out[i].max / 3 * 4 + 4 || fj_b64u_get(json_string_value(v), json_string_length(v), &out[i]) != FJ_OK || out[i].len == 0)
			return bad(err, key, "a member is not a list of base64url of at most as many octets as they may have", "成员不是长度允许的 base64url 列表");
	*n = json_array_size(list);
	return FJ_OK;
}

enum fj_rc fj_endorsement_read(struct fj_slice file, struct fj_endorsement *e, struct fj_err *err)
{
	static const char *const keys[] = {"version", "plan", "ak", "keys", "certificates", NULL};
	FJ_AUTO(json) j = NULL;
	int64_t version;
	struct fj_ek ek;

	FJ_TRY(fj_json_parse(file, FJ_ENDORSEMENT_OCTETS, &j, err));
	FJ_TRY(fj_json_only(j, keys, err));
	FJ_TRY(fj_json_int(j, "version", 1, 1, &version, err));
	FJ_TRY(hash(j, "plan", &e->plan, err));
	FJ_TRY(octets(j, "ak", &e->ak, err));
	FJ_TRY(list_of(j, "keys", e->key, &e->n, err));
	FJ_TRY(list_of(j, "certificates", e->certificate, &e->n_certificates, err));
	for (size_t k = 0; k < e->n; k++)
		FJ_TRY(fj_ek_read(fj_buf_slice(&e->key[k]), &ek, err));
	return e->n > 0 ? FJ_OK : bad(err, "keys", "the TPM shows no endorsement key", "TPM 未出示背书密钥");
}

static json_t *list_json(const struct fj_buf *of, size_t n)
{
	FJ_AUTO(json) list = json_array();

	for (size_t k = 0; k < n; k++)
		if (json_array_append_new(list, b64u(fj_buf_slice(&of[k]))) != 0)
			return NULL;
	return fj_move(list);
}

json_t *fj_endorsement_json(const struct fj_endorsement *e)
{
	char plan[65];

	fj_hex(e->plan.b, sizeof(e->plan.b), plan);
	return json_pack("{s:i, s:s, s:o, s:o, s:o}", "version", 1, "plan", plan, "ak", b64u(fj_buf_slice(&e->ak)), "keys", list_json(e->key, e->n), "certificates", list_json(e->certificate, e->n_certificates));
}

/* --- challenges --- */

void fj_bond_init(struct fj_bond *b)
{
	memset(b, 0, sizeof(*b));
	fj_buf_init(&b->ak, FJ_BOND_PART);
	fj_buf_init(&b->ek, FJ_BOND_PART);
	fj_buf_init(&b->credential, FJ_BOND_PART);
	fj_buf_init(&b->seed, FJ_BOND_PART);
}

void fj_bond_release(struct fj_bond *b)
{
	fj_buf_release(&b->ak);
	fj_buf_release(&b->ek);
	fj_buf_release(&b->credential);
	fj_buf_release(&b->seed);
}

enum fj_rc fj_bond_read(const json_t *o, struct fj_bond *b, struct fj_err *err)
{
	static const char *const keys[] = {"version", "plan", "officer", "made", "ak", "ek", "credential", "seed", "expects", "sig", NULL};
	FJ_AUTO(buf) sig = FJ_BUF_INIT(64);
	const char *officer, *made;
	int64_t version;
	struct fj_ek ek;

	FJ_TRY(fj_json_only(o, keys, err));
	FJ_TRY(fj_json_int(o, "version", 1, 1, &version, err));
	FJ_TRY(hash(o, "plan", &b->plan, err));
	FJ_TRY(fj_json_str(o, "officer", FJ_PLAN_LOGIN, &officer, err));
	FJ_TRY(fj_json_str(o, "made", FJ_TIME_CAP, &made, err));
	FJ_TRY(fj_err_at(err, fj_time_parse(made, &b->made, err), "made"));
	FJ_TRY(octets(o, "ak", &b->ak, err));
	FJ_TRY(octets(o, "ek", &b->ek, err));
	FJ_TRY(octets(o, "credential", &b->credential, err));
	FJ_TRY(octets(o, "seed", &b->seed, err));
	FJ_TRY(hash(o, "expects", &b->expects, err));
	FJ_TRY(octets(o, "sig", &sig, err));
	FJ_TRY(fj_ek_read(fj_buf_slice(&b->ek), &ek, err));
	if (sig.len != sizeof(b->sig) || fj_strcopy(b->officer, sizeof(b->officer), officer) != FJ_OK)
		return bad(err, "sig", "a signature is base64url of 64 octets, r and s", "签名应为 64 字节（r 与 s）的 base64url");
	memcpy(b->sig, sig.data, sizeof(b->sig));
	return FJ_OK;
}

static json_t *unsigned_json(const struct fj_bond *b)
{
	char plan[65], expects[65], made[FJ_TIME_CAP];

	fj_hex(b->plan.b, sizeof(b->plan.b), plan);
	fj_hex(b->expects.b, sizeof(b->expects.b), expects);
	fj_time_utc(b->made, made);
	return json_pack("{s:i, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s}", "version", 1, "plan", plan, "officer", b->officer, "made", made, "ak", b64u(fj_buf_slice(&b->ak)),
	    "ek", b64u(fj_buf_slice(&b->ek)), "credential", b64u(fj_buf_slice(&b->credential)), "seed", b64u(fj_buf_slice(&b->seed)), "expects", expects);
}

json_t *fj_bond_json(const struct fj_bond *b)
{
	FJ_AUTO(json) j = unsigned_json(b);

	return fj_json_set(j, "sig", b64u(FJ_SLICE(b->sig, sizeof(b->sig)))) == FJ_OK ? fj_move(j) : NULL;
}

enum fj_rc fj_bond_to_sign(const struct fj_bond *b, struct fj_hash *out, struct fj_err *err)
{
	FJ_AUTO(json) j = unsigned_json(b);
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_BOND_OCTETS);
	crypto_hash_sha256_state h;

	if (j == NULL)
		return fj_no_memory(err, "bond");
	FJ_TRY(fj_json_canonical(j, &text, err));
	crypto_hash_sha256_init(&h);
	crypto_hash_sha256_update(&h, (const uint8_t *)PREFIX, strlen(PREFIX));
	crypto_hash_sha256_update(&h, text.data, text.len);
	crypto_hash_sha256_final(&h, out->b);
	return FJ_OK;
}

void fj_bond_expect(const uint8_t secret[FJ_BOND_SECRET], struct fj_hash *out)
{
	crypto_hash_sha256_state h;

	crypto_hash_sha256_init(&h);
	crypto_hash_sha256_update(&h, (const uint8_t *)SECRET_PREFIX, strlen(SECRET_PREFIX));
	crypto_hash_sha256_update(&h, secret, FJ_BOND_SECRET);
	crypto_hash_sha256_final(&h, out->b);
}

enum fj_rc fj_bond_check(const struct fj_bond *b, const struct fj_plan *p, fj_verify_fn verify, void *ctx, int *who, struct fj_err *err)
{
	struct fj_hash to_sign;

	*who = fj_plan_officer(p, b->officer);
	if (!fj_hash_eq(&b->plan, &p->hash))
		return fj_err_at(err, fj_refuse(err, FJ_E_REFUSED, "bond", CITE, "the credential is of another plan; make one with this appliance's plan", "凭据属于另一方案；请以本系统的方案生成"), "plan");
	if (*who < 0)
		return fj_err_at(err, fj_refuse(err, FJ_E_REFUSED, "bond", CITE, "the credential is by somebody who is no officer of the plan", "凭据的生成者不是方案所列官员"), "officer");
	FJ_TRY(fj_bond_to_sign(b, &to_sign, err));
	if (verify(ctx, p->officer[*who].xy, &to_sign, b->sig, NULL) != FJ_OK)
		return fj_err_at(err, fj_refuse(err, FJ_E_SIGNATURE, "bond", CITE, "the credential's signature is not this officer's, or the credential was changed", "凭据的签名不是该官员的，或者凭据已被改动"), "sig");
	return FJ_OK;
}

enum fj_rc fj_bond_answered(const struct fj_bond *b, struct fj_slice secret, struct fj_err *err)
{
	struct fj_hash h;

	if (secret.len == FJ_BOND_SECRET) {
		fj_bond_expect(secret.p, &h);
		if (fj_hash_eq(&h, &b->expects))
			return FJ_OK;
	}
	return fj_err_at(err, fj_refuse(err, FJ_E_REFUSED, "bond", CITE, "the answer is not what the officer put into the credential: it is another credential's, or this TPM does not hold both keys",
	    "应答不是官员置入凭据的内容：属于另一凭据，或者该 TPM 并不同时持有两个密钥"), "answer");
}

enum fj_rc fj_bonded_read(const json_t *o, struct fj_bond *b, struct fj_err *err)
{
	static const char *const keys[] = {"challenge", "answer", NULL};
	FJ_AUTO(buf) secret = FJ_BUF_INIT(FJ_BOND_SECRET);
	json_t *challenge;

	FJ_TRY(fj_json_only(o, keys, err));
	FJ_TRY(fj_json_obj(o, "challenge", &challenge, err));
	FJ_TRY(fj_bond_read(challenge, b, err));
	FJ_TRY(octets(o, "answer", &secret, err));
	return fj_bond_answered(b, fj_buf_slice(&secret), err);
}

json_t *fj_bonded_json(const struct fj_bond *b, struct fj_slice secret)
{
	return json_pack("{s:o, s:o}", "challenge", fj_bond_json(b), "answer", b64u(secret));
}
