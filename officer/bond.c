/*
 * bond.c - a credential for a TPM's endorsement key (TPM2_MakeCredential without a TPM): Part 1, 24 and
 * annexes B.10.4 (RSA) and C.6.1 (ECC), 11.4.10 (KDFa, KDFe).
 *
 * Only the TPM that has the endorsement key recovers the seed, and it gives the secret out only
 * where it also holds a key of the attestation key's Name.  So an answer shows that both are in one TPM.
 * Hash and symmetric key sizes are the endorsement key's own.  The secret is random, is nowhere
 * but in the credential, and forgotten here: the challenge has its hash, under the officer's signature.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include "base/bond.h"
#include "officer/officer.h"
#include "verifier/attestation.h"

#define SEED_MAX 48
#define CITE "formats.md 29"

struct made {
	const EVP_MD *md;
	size_t hash, sym;          /* octets of digest and symmetric key */
	uint8_t seed[SEED_MAX];
	struct fj_tpm_name ak;
};

static enum fj_rc failed(struct fj_err *err, const char *what)
{
	return fj_fail(err, FJ_E_CRYPTO, OFC_LAYER, NULL, "the credential could not be made: %s", what);
}

/* KDFa: HMAC in counter mode (SP 800-108); one block or two are enough for every size here */
static bool kdfa(const struct made *m, const char *label, struct fj_slice context, size_t octets, uint8_t *out)
{
	uint32_t bits = (uint32_t)octets * 8;

	for (size_t at = 0, i = 1; at < octets; at += m->hash, i++) {
		FJ_AUTO(buf) in = FJ_BUF_INIT(256);
		uint8_t block[EVP_MAX_MD_SIZE];
		if (fj_put_u32(&in, (uint32_t)i) != FJ_OK || fj_buf_put(&in, label, strlen(label) + 1) != FJ_OK || (context.len > 0 && fj_buf_put(&in, context.p, context.len) != FJ_OK) || fj_put_u32(&in, bits) != FJ_OK ||
		    HMAC(m->md, m->seed, (int)m->hash, in.data, in.len, block, NULL) == NULL)
			return false;
		memcpy(out + at, block, octets - at < m->hash ? octets - at : m->hash);
	}
	return true;
}

/* KDFe: one hash, since a seed is as long as a digest */
static bool kdfe(struct made *m, struct fj_slice z, struct fj_slice u, struct fj_slice v)
{
	static const uint8_t counter[] = {0, 0, 0, 1}, label[] = "IDENTITY";
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, m->md, NULL) == 1 && EVP_DigestUpdate(ctx, counter, sizeof(counter)) == 1 && EVP_DigestUpdate(ctx, z.p, z.len) == 1 &&
	    EVP_DigestUpdate(ctx, label, sizeof(label)) == 1 && EVP_DigestUpdate(ctx, u.p, u.len) == 1 && EVP_DigestUpdate(ctx, v.p, v.len) == 1 && EVP_DigestFinal_ex(ctx, m->seed, NULL) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

static bool seed_rsa(struct made *m, EVP_PKEY *ek, struct fj_buf *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(ek, NULL);
	char *label = OPENSSL_strdup("IDENTITY");
	size_t n = out->max;
	uint8_t *room = fj_buf_reserve(out, 512);

	fj_random(m->seed, m->hash);
	bool ok = ctx != NULL && label != NULL && room != NULL && EVP_PKEY_encrypt_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, m->md) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, m->md) == 1;
	if (ok && EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, label, sizeof("IDENTITY")) == 1)
		label = NULL; /* the context's, its last zero with it (Part 1, B.4) */
	n = 512;
	ok = ok && label == NULL && EVP_PKEY_encrypt(ctx, room, &n, m->seed, m->hash) == 1;
	out->len += ok ? n : 0;
	OPENSSL_free(label);
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static bool put_2b(struct fj_buf *out, struct fj_slice s)
{
	const uint8_t n[] = {(uint8_t)(s.len >> 8), (uint8_t)s.len};

	return fj_buf_put(out, n, 2) == FJ_OK && fj_buf_put(out, s.p, s.len) == FJ_OK;
}

/* x of a key's point, as long as the field */
static bool point_x(EVP_PKEY *key, size_t size, uint8_t *x, uint8_t *y)
{
	uint8_t point[1 + 2 * SEED_MAX];
	size_t n = 0;

	if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point, sizeof(point), &n) != 1 || n != 1 + 2 * size || point[0] != 4)
		return false;
	memcpy(x, point + 1, size);
	memcpy(y, point + 1 + size, size);
	return true;
}

static bool seed_ecc(struct made *m, const struct fj_ek *k, EVP_PKEY *ek, struct fj_buf *out)
{
	size_t size = k->curve == 4 ? 48 : 32, n = size;
	uint8_t z[SEED_MAX], ux[SEED_MAX], uy[SEED_MAX], vx[SEED_MAX], vy[SEED_MAX];
	EVP_PKEY *own = EVP_PKEY_Q_keygen(NULL, NULL, "EC", k->curve == 4 ? "P-384" : "P-256");
	EVP_PKEY_CTX *ctx = own != NULL ? EVP_PKEY_CTX_new(own, NULL) : NULL;
	bool ok = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, ek) == 1 && EVP_PKEY_derive(ctx, z, &n) == 1 && n == size &&
	    point_x(own, size, ux, uy) && point_x(ek, size, vx, vy) && kdfe(m, FJ_SLICE(z, size), FJ_SLICE(ux, size), FJ_SLICE(vx, size)) &&
	    put_2b(out, FJ_SLICE(ux, size)) && put_2b(out, FJ_SLICE(uy, size));

	fj_wipe(z, sizeof(z));
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(own);
	return ok;
}

static bool encrypt(const struct made *m, const uint8_t key[32], const uint8_t *in, size_t n, uint8_t *out)
{
	static const uint8_t iv[16];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0;
	bool ok = ctx != NULL && EVP_EncryptInit_ex(ctx, m->sym == 32 ? EVP_aes_256_cfb128() : EVP_aes_128_cfb128(), NULL, key, iv) == 1 && EVP_EncryptUpdate(ctx, out, &len, in, (int)n) == 1 && (size_t)len == n;

	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

/* TPMS_ID_OBJECT: the HMAC, then the secret (a TPM2B) encrypted */
static bool seal(const struct made *m, const uint8_t secret[FJ_BOND_SECRET], struct fj_buf *out)
{
	uint8_t key[32], mac_key[SEED_MAX], mac[EVP_MAX_MD_SIZE], plain[2 + FJ_BOND_SECRET] = {0, FJ_BOND_SECRET}, sealed[2 + FJ_BOND_SECRET + FJ_TPM_NAME_LEN];

	memcpy(plain + 2, secret, FJ_BOND_SECRET);
	memcpy(sealed + sizeof(plain), m->ak.b, FJ_TPM_NAME_LEN);
	bool ok = kdfa(m, "STORAGE", FJ_SLICE(m->ak.b, FJ_TPM_NAME_LEN), m->sym, key) && encrypt(m, key, plain, sizeof(plain), sealed) &&
	    kdfa(m, "INTEGRITY", FJ_SLICE(NULL, 0), m->hash, mac_key) && HMAC(m->md, mac_key, (int)m->hash, sealed, sizeof(sealed), mac, NULL) != NULL &&
	    put_2b(out, FJ_SLICE(mac, m->hash)) && fj_buf_put(out, sealed, sizeof(plain)) == FJ_OK;
	fj_wipe(key, sizeof(key));
	fj_wipe(mac_key, sizeof(mac_key));
	fj_wipe(plain, sizeof(plain));
	return ok;
}

static enum fj_rc make(struct fj_bond *b, struct fj_err *err)
{
	uint8_t secret[FJ_BOND_SECRET];
	struct fj_ek k;
	struct made m = {0};
	EVP_PKEY *ek = NULL;

	FJ_TRY(fj_ek_read(fj_buf_slice(&b->ek), &k, err));
	FJ_TRY(ver_ek_key(&k, &ek, err));
	m.md = k.hash == 0x000c ? EVP_sha384() : EVP_sha256();
	m.hash = (size_t)EVP_MD_get_size(m.md);
	m.sym = k.sym_bits / 8;
	fj_tpm_name_of(fj_buf_slice(&b->ak), &m.ak);
	fj_random(secret, sizeof(secret));
	fj_bond_expect(secret, &b->expects);
	bool ok = (k.rsa ? seed_rsa(&m, ek, &b->seed) : seed_ecc(&m, &k, ek, &b->seed)) && seal(&m, secret, &b->credential);
	EVP_PKEY_free(ek);
	fj_wipe(secret, sizeof(secret));
	fj_wipe(&m, sizeof(m));
	return ok ? FJ_OK : failed(err, k.rsa ? "RSA-OAEP" : "ECDH");
}

/* --- which key, and what is known of it --- */

struct choice {
	size_t k;
	enum { BARE, CERTIFIED, VENDOR } rank;
	char issuer[201];
};

/* a certificate that is the key's, and what it is worth */
static enum fj_rc look_at(const struct fj_endorsement *e, size_t k, size_t c, struct fj_slice vendors, struct choice *best, struct fj_err *err)
{
	struct ver_endorsement of = {.der = e->certificate[c]}; /* borrowed */
	struct fj_err why = {0};
	struct fj_ek ek;

	FJ_TRY(fj_ek_read(fj_buf_slice(&e->key[k]), &ek, err));
	if (!ver_ek_of(&ek, fj_buf_slice(&e->certificate[c])))
		return FJ_OK;
	enum fj_rc rc = ver_endorsed(&of, vendors, &why);
	if (rc == FJ_E_NOMEM)
		return fj_no_memory(err, OFC_LAYER);
	if (rc == FJ_E_INVALID || (rc == FJ_OK ? VENDOR : CERTIFIED) <= best->rank)
		return FJ_OK;
	best->k = k;
	best->rank = rc == FJ_OK ? VENDOR : CERTIFIED;
	memcpy(best->issuer, of.issuer, sizeof(best->issuer));
	return FJ_OK;
}

/* the first with a vendor's certificate, else with any, else the first */
static enum fj_rc choose(const struct ofc *o, const struct fj_endorsement *e, struct choice *best, struct fj_err *err)
{
	FJ_AUTO(buf) vendors = FJ_BUF_INIT(VER_VENDORS_MAX);

	if (o->vendors != NULL)
		FJ_TRY(ofc_read(o->vendors, &vendors, err));
	if (o->vendors != NULL && !ver_vendors_any(fj_buf_slice(&vendors)))
		return fj_refuse(err, FJ_E_USAGE, OFC_LAYER, "RFC 7468", "--vendors names no file of certificates in PEM", "--vendors 所指文件不含 PEM 证书");
	for (size_t k = 0; k < e->n; k++)
		for (size_t c = 0; c < e->n_certificates; c++)
			FJ_TRY(look_at(e, k, c, fj_buf_slice(&vendors), best, err));
	return best->rank == VENDOR || o->vendors == NULL ? FJ_OK
	    : fj_refuse(err, FJ_E_REFUSED, OFC_LAYER, CITE, "no endorsement key of this TPM has a certificate that leads to a vendor's root of --vendors: it may be a software TPM, or the certificate is of another key. Without --vendors a credential is made all the same, and shows one TPM, not whose",
	          "该 TPM 的背书密钥均无上溯至 --vendors 所列厂商根证书的证书：可能是软件 TPM，或者证书属于另一密钥。不用 --vendors 仍可生成凭据，但只表明同一 TPM，不表明其厂商");
}

static void show(const struct ofc *o, const struct fj_plan *p, const struct fj_bond *b, const struct choice *c)
{
	struct fj_tpm_name name;
	struct fj_hash h;
	struct fj_ek k;
	char hex[2 * FJ_TPM_NAME_LEN + 1], plan[65], ek[65];

	fj_hex(p->hash.b, sizeof(p->hash.b), plan);
	fj_tpm_name_of(fj_buf_slice(&b->ak), &name);
	fj_hex(name.b, sizeof(name.b), hex);
	fj_sha256(fj_buf_slice(&b->ek), &h);
	fj_hex(h.b, sizeof(h.b), ek);
	ofc_title(o, "核对 TPM 与证明密钥的绑定", "Is the attestation key in that TPM?");
	ofc_line(o, "运营者", "operator", "%s", p->operator_);
	ofc_line(o, "方案 SHA-256", "SHA-256 of the plan", "%s", plan);
	ofc_line(o, "证明密钥名称", "the attestation key's Name", "%s", hex);
	if (fj_ek_read(fj_buf_slice(&b->ek), &k, NULL) == FJ_OK)
		ofc_line(o, "背书密钥", "endorsement key", "%s, SHA-256 %s", k.rsa ? "RSA" : k.curve == 4 ? "P-384" : "P-256", ek);
	ofc_line(o, "背书证书", "endorsement certificate", "%s%s", c->rank == BARE ? (o->zh ? "无" : "none") : c->issuer,
	    c->rank == VENDOR ? (o->zh ? "（上溯至所列厂商根证书）" : " (leads to a vendor's root that you named)") : c->rank == CERTIFIED ? (o->zh ? "（未能上溯至所列厂商根证书）" : " (leads to no vendor's root that you named)") : "");
}

static enum fj_rc read_all(const struct ofc *o, struct fj_plan *p, struct fj_endorsement *e, struct fj_err *err)
{
	FJ_AUTO(buf) plan = FJ_BUF_INIT(FJ_PLAN_MAX);
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ENDORSEMENT_OCTETS);
	struct ver_area ak;
	unsigned by;

	FJ_TRY(ofc_read(o->plan, &plan, err));
	FJ_TRY(fj_plan_signed_read(fj_buf_slice(&plan), ofc_verify, NULL, p, &by, err));
	FJ_TRY(fj_plan_all(p, by, err));
	FJ_TRY(ofc_read(o->file, &text, err));
	FJ_TRY(fj_endorsement_read(fj_buf_slice(&text), e, err));
	if (!fj_hash_eq(&e->plan, &p->hash))
		return fj_refuse(err, FJ_E_REFUSED, OFC_LAYER, CITE, "these endorsement keys are shown for another plan. Don't go on; ask for those of your plan's appliance", "所出示的背书密钥属于另一方案。请勿继续，请索取本方案系统的背书密钥");
	FJ_TRY(ver_area_read(fj_buf_slice(&e->ak), &ak, err));
	return ver_area_attests(&ak) ? FJ_OK
	    : fj_refuse(err, FJ_E_REFUSED, OFC_LAYER, "TPM 2.0 Part 1, 25.3", "the key is no attestation key: it is not restricted, or could leave its TPM, and would sign anything. Don't go on", "该密钥不是证明密钥：不受限制或可离开 TPM，可签署任意内容。请勿继续");
}

static enum fj_rc write_out(const struct ofc *o, const struct fj_bond *b, struct fj_err *err)
{
	FJ_AUTO(json) j = fj_bond_json(b);
	FJ_AUTO(buf) out = FJ_BUF_INIT(FJ_BOND_OCTETS);

	if (j == NULL)
		return fj_no_memory(err, OFC_LAYER);
	FJ_TRY(fj_json_canonical(j, &out, err));
	FJ_TRY(fj_put_u8(&out, '\n'));
	FJ_TRY(ofc_write_new(o->out, fj_buf_slice(&out), 0644, err));
	if (o->json)
		return ofc_print(json_pack("{s:s, s:s}", "officer", b->officer, "out", o->out), err);
	ofc_line(o, "凭据写入", "credential in", "%s", o->out);
	return FJ_OK;
}

static enum fj_rc bond(struct ofc *o, struct fj_plan *p, struct fj_endorsement *e, struct fj_bond *b, struct fj_err *err)
{
	FJ_AUTO(ofc_key) key = NULL;
	struct choice c = {0};
	struct fj_hash to_sign;

	FJ_TRY(read_all(o, p, e, err));
	FJ_TRY(choose(o, e, &c, err));
	b->plan = p->hash;
	b->made = fj_now();
	FJ_TRY(fj_buf_put(&b->ak, e->ak.data, e->ak.len));
	FJ_TRY(fj_buf_put(&b->ek, e->key[c.k].data, e->key[c.k].len));
	FJ_TRY(ofc_words(o, err));
	show(o, p, b, &c);
	FJ_TRY(ofc_ask(o, "\n以此生成凭据吗？请输入“是”：", "\nMake a credential for this? Type \"yes\": ", err));
	FJ_TRY(ofc_key_open(o, false, &key, err));
	int who = fj_plan_officer_by_key(p, ofc_key_xy(key));
	if (who < 0)
		return fj_refuse(err, FJ_E_REFUSED, OFC_LAYER, CITE, "your key is not of an officer of this plan; nothing was made", "您的密钥不属于本方案的官员，未生成凭据");
	memcpy(b->officer, p->officer[who].login, sizeof(b->officer));
	FJ_TRY(make(b, err));
	FJ_TRY(fj_bond_to_sign(b, &to_sign, err));
	FJ_TRY(ofc_key_sign(key, &to_sign, b->sig, err));
	return write_out(o, b, err);
}

enum fj_rc ofc_bond(struct ofc *o, struct fj_err *err)
{
	FJ_AUTO(endorsement) e;
	FJ_AUTO(bond) b;
	struct fj_plan p;

	fj_endorsement_init(&e);
	fj_bond_init(&b);
	return bond(o, &p, &e, &b, err);
}
