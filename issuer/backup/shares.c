/*
 * shares.c - a backup's key in shares, m of which give it again (Shamir's, over GF(2^8) octet by octet: libgfshare).
 *
 * The library takes its randomness from a function that the caller names, and none from anywhere else; its threshold is the number of
 * shares that are needed.  Whatever shares it is given it computes something from, so each share has a hash in the header, which
 * tells whose is wrong, and the key has one, which tells that it is the key.
 */
#include <fcntl.h>
#include <libgfshare.h>

#include "base/file.h"
#include "issuer/backup/bak.h"

static void fill(unsigned char *p, unsigned int n)
{
	randombytes_buf(p, n);
}

static void numbers(unsigned n, unsigned char out[BAK_SHARES])
{
	for (unsigned i = 0; i < n; i++)
		out[i] = (unsigned char)(i + 1);
}

static enum fj_rc seal_one(struct fj_backup *b, gfshare_ctx *ctx, unsigned i, struct fj_secret *share, struct fj_err *err)
{
	share->p[0] = (uint8_t)(i + 1);
	gfshare_ctx_enc_getshare(ctx, (unsigned char)i, share->p + 1);
	fj_backup_share_check(b->id, share->p, &b->officer[i].check);
	return crypto_box_seal(b->officer[i].sealed, share->p, FJ_BACKUP_SHARE, b->officer[i].key) == 0 ? FJ_OK
	    : bak_no(err, FJ_E_CRYPTO, "the share of %.80s can't be sealed to the key that stands for it", "无法用登记的密钥封装 %.80s 的份额", b->officer[i].name);
}

enum fj_rc bak_split(struct fj_backup *b, const uint8_t key[FJ_BACKUP_KEY], struct fj_err *err)
{
	unsigned char nr[BAK_SHARES], secret[FJ_BACKUP_KEY];
	FJ_AUTO(secret) share = FJ_SECRET_INIT;
	enum fj_rc rc = FJ_OK;

	gfshare_fill_rand = fill;
	FJ_TRY(fj_secret_new(&share, FJ_BACKUP_SHARE, err));
	numbers(b->n, nr);
	gfshare_ctx *ctx = gfshare_ctx_init_enc(nr, b->n, (unsigned char)b->need, FJ_BACKUP_KEY);
	if (ctx == NULL)
		return fj_no_memory(err, BAK_LAYER);
	memcpy(secret, key, sizeof(secret));
	gfshare_ctx_enc_setsecret(ctx, secret);
	fj_wipe(secret, sizeof(secret));
	for (unsigned i = 0; rc == FJ_OK && i < b->n; i++)
		rc = seal_one(b, ctx, i, &share, err);
	gfshare_ctx_free(ctx); /* which overwrites it */
	fj_backup_key_check(b->id, key, &b->check);
	return rc;
}

/* --- joining --- */

struct opened {
	struct fj_secret share[BAK_SHARES];
	unsigned of[BAK_SHARES]; /* whose */
	size_t n;
};
static void opened_release(struct opened *o)
{
	for (size_t i = 0; i < o->n; i++)
		fj_secret_release(&o->share[i]);
}
FJ_DEFINE_AUTO(opened, struct opened, opened_release)

static enum fj_rc whose(const struct fj_backup *b, const char *name, unsigned *out, struct fj_err *err)
{
	for (*out = 0; *out < b->n; ++*out)
		if (strcmp(b->officer[*out].name, name) == 0)
			return FJ_OK;
	return bak_no(err, FJ_E_AUTH, "%.80s is none of the officers of this backup; leave that share out", "%.80s 不是该备份的保管人，请去掉该份额", name);
}

static enum fj_rc take_share(const struct fj_backup *b, const char *path, const uint8_t *public, const struct fj_secret *secret, struct opened *o, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_BACKUP_FILE_MAX);
	uint8_t id[16], sealed[FJ_BACKUP_SEALED];
	char name[FJ_BACKUP_NAME * 4 + 1];
	struct fj_hash check;
	unsigned who;

	FJ_TRY(fj_file_read(AT_FDCWD, path, &text, err));
	FJ_TRY(fj_backup_share_read(fj_buf_slice(&text), id, name, sealed, err));
	if (memcmp(id, b->id, sizeof(id)) != 0)
		return bak_no(err, FJ_E_AUTH, "the share of %.80s was opened for another backup; have it opened from this file", "%.80s 的份额是为另一份备份打开的；请就本文件重新打开", name);
	FJ_TRY(whose(b, name, &who, err));
	for (size_t i = 0; i < o->n; i++)
		if (o->of[i] == who)
			return bak_no(err, FJ_E_AUTH, "the share of %.80s is given twice; each counts once", "%.80s 的份额给出了两次；每人只计一次", name);
	FJ_TRY(fj_secret_new(&o->share[o->n], FJ_BACKUP_SHARE, err));
	o->of[o->n] = who;
	struct fj_secret *share = &o->share[o->n++];
	if (crypto_box_seal_open(share->p, sealed, sizeof(sealed), public, secret->p) != 0)
		return bak_no(err, FJ_E_AUTH, "the share of %.80s was not opened for this request; give its officer the request that lies here now", "%.80s 的份额不是为本次请求打开的；请将此处现有的请求文件交给该保管人", name);
	fj_backup_share_check(b->id, share->p, &check);
	return fj_hash_eq(&check, &b->officer[who].check) && share->p[0] == who + 1 ? FJ_OK
	    : bak_no(err, FJ_E_AUTH, "what is given as the share of %.80s is not that share", "作为 %.80s 的份额给出的内容并非其份额", name);
}

static enum fj_rc join(const struct fj_backup *b, struct opened *o, struct fj_secret *key, struct fj_err *err)
{
	unsigned char nr[BAK_SHARES];

	gfshare_fill_rand = fill;
	for (unsigned i = 0; i < b->need; i++)
		nr[i] = o->share[i].p[0];
	gfshare_ctx *ctx = gfshare_ctx_init_dec(nr, b->need, FJ_BACKUP_KEY);
	if (ctx == NULL)
		return fj_no_memory(err, BAK_LAYER);
	for (unsigned i = 0; i < b->need; i++)
		gfshare_ctx_dec_giveshare(ctx, (unsigned char)i, o->share[i].p + 1);
	gfshare_ctx_dec_extract(ctx, key->p);
	gfshare_ctx_free(ctx);
	return FJ_OK;
}

enum fj_rc bak_join(const struct fj_backup *b, const struct bak_args *a, const uint8_t public[crypto_box_PUBLICKEYBYTES], const struct fj_secret *secret, struct fj_secret *key,
    struct fj_err *err)
{
	FJ_AUTO(opened) o = {.n = 0};

	for (size_t i = 0; i < a->n_shares; i++)
		FJ_TRY(take_share(b, a->share[i], public, secret, &o, err));
	if (o.n < b->need) {
		enum fj_rc rc = fj_fail(err, FJ_E_AUTH, BAK_LAYER, FJ_BACKUP_CITE, "%zu of the %u officers that this backup needs have opened their shares; have the others do it too: fujie-officer share open", o.n, b->need);
		fj_err_zh(err, "打开该备份须 %u 人，现有 %zu 人打开份额；请其余保管人执行 fujie-officer share open", b->need, o.n);
		return rc;
	}
	FJ_TRY(fj_secret_new(key, FJ_BACKUP_KEY, err));
	return join(b, &o, key, err);
}
