/*
 * key_file.c - an officer's key in a file: PKCS#8, PEM, under a passphrase.
 *
 * Encrypted with scrypt (N 16384, r 8, p 8: some tenths of a second a try, 16 MiB; p 1, as OpenSSL has it, where
 * the passphrase lies in a file, for a demo: whoever has the folder needs no try) and
 * AES-256-CBC, which OpenSSL's own tools read as well.  A file in clear, or under a function
 * that a thief can try quickly, is refused and the command that mends it is told: the whole
 * quorum rests on these files.
 */
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <unistd.h>

#include "base/der.h"
#include "base/file.h"
#include "officer/officer.h"

#define FILE_MAX 16384
#define SCRYPT_N 16384
#define SCRYPT_R 8
#define SCRYPT_P 8
#define SALT 16

struct ofc_file {
	EVP_PKEY *key;
};

void ofc_file_close(struct ofc_file *f)
{
	if (f != NULL)
		EVP_PKEY_free(f->key);
	fj_free(f);
}

static enum fj_rc failed(struct fj_err *err, const char *what)
{
	return fj_fail(err, FJ_E_CRYPTO, OFC_LAYER, NULL, "libcrypto could not %s", what);
}

/* --- making one --- */

static X509_SIG *encrypted(EVP_PKEY *key, const struct fj_secret *pass, bool beside)
{
	uint8_t salt[SALT];
	PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(key);
	X509_ALGOR *how = RAND_bytes(salt, sizeof(salt)) == 1 ? PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, sizeof(salt), NULL, SCRYPT_N, SCRYPT_R, beside ? 1 : SCRYPT_P) : NULL;
	X509_SIG *out = plain == NULL || how == NULL ? NULL : PKCS8_set0_pbe((const char *)pass->p, (int)pass->len, plain, how);

	if (out == NULL)
		X509_ALGOR_free(how);
	PKCS8_PRIV_KEY_INFO_free(plain);
	return out;
}

static enum fj_rc write_file(const struct ofc *o, EVP_PKEY *key, const struct fj_secret *pass, struct fj_err *err)
{
	FJ_AUTO(buf) pem = FJ_BUF_INIT(FILE_MAX);
	X509_SIG *sig = encrypted(key, pass, o->secret_file != NULL);
	uint8_t *der = NULL;
	int n = sig == NULL ? -1 : i2d_X509_SIG(sig, &der);
	enum fj_rc rc = n > 0 ? fj_pem_put(&pem, "ENCRYPTED PRIVATE KEY", FJ_SLICE(der, (size_t)n)) : failed(err, "encrypt the key");

	X509_SIG_free(sig);
	OPENSSL_free(der);
	FJ_TRY(rc);
	return ofc_write_new(o->key, fj_buf_slice(&pem), 0600, err);
}

enum fj_rc ofc_file_make(const struct ofc *o, const char *kind, struct ofc_file **out, struct fj_err *err)
{
	FJ_AUTO(ofc_file) f = fj_alloc(1, sizeof(*f));
	FJ_AUTO(secret) pass = FJ_SECRET_INIT;

	if (f == NULL)
		return fj_no_memory(err, OFC_LAYER);
	if (access(o->key, F_OK) == 0)
		return ofc_refuse(err, FJ_E_EXISTS, "%s is there already; a key is never written over. Choose another name", "%s 已存在；密钥文件从不覆盖，请另取文件名", o->key);
	FJ_TRY(ofc_secret(o, false, true, &pass, err));
	f->key = strcmp(kind, "X25519") == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, "X25519") : EVP_EC_gen(kind);
	if (f->key == NULL)
		return failed(err, "make a key");
	FJ_TRY(write_file(o, f->key, &pass, err));
	*out = fj_move(f);
	return FJ_OK;
}

/* --- opening one --- */

static bool is(const X509_ALGOR *a, int nid)
{
	const ASN1_OBJECT *obj;

	X509_ALGOR_get0(&obj, NULL, NULL, a);
	return OBJ_obj2nid(obj) == nid;
}

static bool scrypt_is_slow(const X509_ALGOR *kdf)
{
	SCRYPT_PARAMS *s = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(SCRYPT_PARAMS), kdf->parameter);
	bool ok = s != NULL && ASN1_INTEGER_get(s->costParameter) >= SCRYPT_N && ASN1_INTEGER_get(s->blockSize) >= SCRYPT_R;

	SCRYPT_PARAMS_free(s);
	return ok;
}

/* PBES2 with scrypt, not weaker than ours in memory, and AES-256 */
static bool well_kept(const X509_SIG *sig)
{
	const X509_ALGOR *alg;

	X509_SIG_get0(sig, &alg, NULL);
	PBE2PARAM *p = is(alg, NID_pbes2) ? ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), alg->parameter) : NULL;
	bool ok = p != NULL && is(p->keyfunc, NID_id_scrypt) && scrypt_is_slow(p->keyfunc) && is(p->encryption, NID_aes_256_cbc);
	PBE2PARAM_free(p);
	return ok;
}

static enum fj_rc read_file(const char *path, X509_SIG **out, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FILE_MAX);

	FJ_TRY(ofc_read(path, &text, err));
	BIO *bio = BIO_new_mem_buf(text.len == 0 ? (const void *)"" : text.data, (int)text.len);
	*out = bio == NULL ? NULL : PEM_read_bio_PKCS8(bio, NULL, NULL, NULL);
	BIO_free(bio);
	fj_wipe(text.data, text.len); /* it may be a key in clear */
	if (*out != NULL && well_kept(*out))
		return FJ_OK;
	X509_SIG_free(*out);
	*out = NULL;
	return ofc_refuse(err, FJ_E_INVALID,
	    "%s is no key under a passphrase with scrypt and AES-256. Make one with `fujie-officer new`; a key of your own: openssl pkcs8 -topk8 -scrypt -v2 aes-256-cbc -in OLD -out NEW",
	    "%s 不是以 scrypt 与 AES-256 口令加密的密钥。请用 fujie-officer new 生成；自有密钥可用：openssl pkcs8 -topk8 -scrypt -v2 aes-256-cbc -in 旧文件 -out 新文件", path);
}

enum fj_rc ofc_file_open(const struct ofc *o, struct ofc_file **out, struct fj_err *err)
{
	FJ_AUTO(ofc_file) f = fj_alloc(1, sizeof(*f));
	FJ_AUTO(secret) pass = FJ_SECRET_INIT;
	X509_SIG *sig = NULL;

	if (f == NULL)
		return fj_no_memory(err, OFC_LAYER);
	FJ_TRY(read_file(o->key, &sig, err));
	enum fj_rc rc = ofc_secret(o, false, false, &pass, err);
	PKCS8_PRIV_KEY_INFO *plain = rc == FJ_OK ? PKCS8_decrypt(sig, (const char *)pass.p, (int)pass.len) : NULL;
	f->key = plain == NULL ? NULL : EVP_PKCS82PKEY(plain);
	PKCS8_PRIV_KEY_INFO_free(plain);
	X509_SIG_free(sig);
	FJ_TRY(rc);
	if (f->key == NULL)
		return ofc_refuse(err, FJ_E_AUTH, "the passphrase does not open %s; nothing was signed. Try again", "口令打不开 %s，未作任何签名，请重试", o->key);
	*out = fj_move(f);
	return FJ_OK;
}

/* --- using it --- */

enum fj_rc ofc_file_xy(const struct ofc_file *f, uint8_t xy[64], struct fj_err *err)
{
	uint8_t *der = NULL;
	int n = i2d_PUBKEY(f->key, &der);
	bool ok = n > 0 && fj_p256_spki_read(FJ_SLICE(der, (size_t)n), xy);

	OPENSSL_free(der);
	return ok ? FJ_OK : fj_refuse(err, FJ_E_UNSUPPORTED, OFC_LAYER, "formats.md 22", "the key is not on P-256, as an officer's key is. Make one with `fujie-officer new`", "该密钥不是官员密钥所用的 P-256 密钥，请用 fujie-officer new 生成");
}

enum fj_rc ofc_file_x25519(const struct ofc_file *f, uint8_t public[32], struct fj_secret *secret, struct fj_err *err)
{
	size_t n = 32, m = 32;

	FJ_TRY(fj_secret_new(secret, 32, err));
	return EVP_PKEY_is_a(f->key, "X25519") && EVP_PKEY_get_raw_public_key(f->key, public, &n) == 1 && EVP_PKEY_get_raw_private_key(f->key, secret->p, &m) == 1 && n == 32 && m == 32 ? FJ_OK
	    : fj_refuse(err, FJ_E_UNSUPPORTED, OFC_LAYER, "formats.md 41", "the key is no backup key (X25519). Make one with `fujie-officer backup-key new`", "该密钥不是备份密钥（X25519），请用 fujie-officer backup-key new 生成");
}

enum fj_rc ofc_file_sign(const struct ofc_file *f, const struct fj_hash *digest, uint8_t sig[64], struct fj_err *err)
{
	uint8_t der[80];
	size_t n = sizeof(der);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(f->key, NULL);
	bool ok = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_sign(ctx, der, &n, digest->b, sizeof(digest->b)) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok ? fj_ecdsa_der_to_raw(FJ_SLICE(der, n), sig, err) : failed(err, "sign");
}
