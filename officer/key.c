/*
 * key.c - an officer's key, in a file or on a card.
 *
 * Whatever made a signature, it is verified here before it leaves: a faulty card or a flipped
 * bit must not give a signature from which the key could be computed.
 */
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/der.h"
#include "officer/officer.h"

struct ofc_key {
	struct ofc_file *file;
	struct ofc_card *card;
	uint8_t xy[64];
};

void ofc_key_close(struct ofc_key *k)
{
	ofc_file_close(k->file);
	ofc_card_close(k->card);
	fj_free(k);
}

const uint8_t *ofc_key_xy(const struct ofc_key *k)
{
	return k->xy;
}

enum fj_rc ofc_key_open(const struct ofc *o, bool make, struct ofc_key **out, struct fj_err *err)
{
	FJ_AUTO(ofc_key) k = fj_alloc(1, sizeof(*k));

	if (k == NULL)
		return fj_no_memory(err, OFC_LAYER);
	if ((o->key == NULL) == (o->card == NULL))
		return fj_refuse(err, FJ_E_USAGE, OFC_LAYER, NULL, "name your key: --key FILE, or --card MODULE --token LABEL --object LABEL", "请指明密钥：--key 文件，或 --card 模块 --token 标签 --object 标签");
	if (o->card != NULL)
		FJ_TRY(ofc_card_open(o, make, &k->card, err));
	else
		FJ_TRY(make ? ofc_file_make(o, "P-256", &k->file, err) : ofc_file_open(o, &k->file, err));
	FJ_TRY(k->card != NULL ? ofc_card_xy(k->card, k->xy, err) : ofc_file_xy(k->file, k->xy, err));
	*out = fj_move(k);
	return FJ_OK;
}

enum fj_rc ofc_key_sign(const struct ofc_key *k, const struct fj_hash *digest, uint8_t sig[64], struct fj_err *err)
{
	FJ_TRY(k->card != NULL ? ofc_card_sign(k->card, digest, sig, err) : ofc_file_sign(k->file, digest, sig, err));
	if (ofc_verify(NULL, k->xy, digest, sig, NULL) == FJ_OK)
		return FJ_OK;
	fj_wipe(sig, 64);
	return fj_refuse(err, FJ_E_CRYPTO, OFC_LAYER, NULL, "the signature just made does not verify under its own key; nothing was handed out. The card's private and public key may be two keys", "刚作出的签名未能由本密钥验证，未予输出。卡上的私钥与公钥可能并非一对");
}

static EVP_PKEY *public_of(const uint8_t xy[64])
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(FJ_P256_SPKI);
	const uint8_t *p;

	if (fj_p256_spki_put(&spki, xy) != FJ_OK)
		return NULL;
	p = spki.data;
	return d2i_PUBKEY(NULL, &p, (long)spki.len);
}

enum fj_rc ofc_verify(void *unused, const uint8_t xy[64], const struct fj_hash *digest, const uint8_t sig[64], struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(80);
	EVP_PKEY *key = public_of(xy);
	EVP_PKEY_CTX *ctx = key == NULL ? NULL : EVP_PKEY_CTX_new(key, NULL);
	bool ok = ctx != NULL && fj_ecdsa_raw_to_der(sig, &der) == FJ_OK && EVP_PKEY_verify_init(ctx) == 1 &&
	    EVP_PKEY_verify(ctx, der.data, der.len, digest->b, sizeof(digest->b)) == 1;

	(void)unused;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok ? FJ_OK : fj_refuse(err, FJ_E_SIGNATURE, OFC_LAYER, "formats.md 22", "a signature on the plan is not its officer's. Don't go on; ask who gave you the plan", "方案上的签名不是所称官员的签名。请勿继续，请询问方案来源");
}
