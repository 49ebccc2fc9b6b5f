/*
 * backup.c - an officer's part of a backup: a key of his own, and his share, opened for one restore (docs/formats.md 41).
 *
 * The key is X25519, for sealed boxes, and signs nothing; it lies in a file under a passphrase as the other does.  A share that is opened
 * leaves this program only sealed to the key of a request, so that files with shares may travel as they like.  What the officer is asked
 * about comes from the backup's header: which home, of when, and whether its TPM's state, hence its keys, is in it.
 */
#include <fcntl.h>
#include <openssl/evp.h>

#include "base/backup.h"
#include "officer/officer.h"

static enum fj_rc print_key(const struct ofc *o, const struct ofc_file *f, struct fj_err *err)
{
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(64);
	FJ_AUTO(secret) secret = FJ_SECRET_INIT;
	uint8_t public[crypto_box_PUBLICKEYBYTES];
	char print[FJ_BACKUP_PRINT];

	FJ_TRY(ofc_file_x25519(f, public, &secret, err));
	FJ_TRY(fj_b64u_put(&b64, FJ_SLICE(public, sizeof(public))));
	fj_backup_print(public, print);
	if (o->json)
		return ofc_print(json_pack("{s:s, s:s}", "key", fj_buf_str(&b64), "fingerprint", print), err);
	printf(o->zh ? "备份公钥：%s\n指纹：%s（请与登记的内容口头核对）\n" : "backup key: %s\nfingerprint: %s (compare it aloud with what is registered)\n", fj_buf_str(&b64), print);
	return FJ_OK;
}

static enum fj_rc by_file(const struct ofc *o, struct fj_err *err)
{
	return o->key != NULL ? FJ_OK : fj_refuse(err, FJ_E_USAGE, OFC_LAYER, FJ_BACKUP_CITE, "a backup key lies in a file: --key FILE", "备份密钥存放在文件中：--key 文件");
}

enum fj_rc ofc_backup_new(struct ofc *o, struct fj_err *err)
{
	FJ_AUTO(ofc_file) f = NULL;

	FJ_TRY(by_file(o, err));
	FJ_TRY(ofc_file_make(o, "X25519", &f, err));
	return print_key(o, f, err);
}

enum fj_rc ofc_backup_public(struct ofc *o, struct fj_err *err)
{
	FJ_AUTO(ofc_file) f = NULL;

	FJ_TRY(by_file(o, err));
	FJ_TRY(ofc_file_open(o, &f, err));
	return print_key(o, f, err);
}

/* --- a share --- */

static enum fj_rc read_header(const char *path, struct fj_backup *b, struct fj_err *err)
{
	FJ_AUTO(fd) fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 ? fj_backup_read(fd, b, err) : fj_fail_errno(err, OFC_LAYER, "open %s", path);
}

static enum fj_rc find_own(const struct fj_backup *b, const uint8_t public[crypto_box_PUBLICKEYBYTES], unsigned *out, struct fj_err *err)
{
	for (*out = 0; *out < b->n; ++*out)
		if (memcmp(b->officer[*out].key, public, crypto_box_PUBLICKEYBYTES) == 0)
			return FJ_OK;
	return fj_refuse(err, FJ_E_AUTH, OFC_LAYER, FJ_BACKUP_CITE, "no share of this backup is sealed to your key: it was made for others, or you have another key file for it", "该备份没有封装给您的密钥的份额：它是为他人所作，或者您应使用另一密钥文件");
}

static void show(const struct ofc *o, const struct fj_backup *b, unsigned who, const uint8_t request[crypto_box_PUBLICKEYBYTES])
{
	char at[FJ_TIME_CAP], print[FJ_BACKUP_PRINT];

	fj_time_china(b->at, at);
	fj_backup_print(request, print);
	ofc_title(o, "打开备份的一份密钥", "A share of a backup's key is opened");
	ofc_line(o, "系统", "home", "%s", b->base);
	ofc_line(o, "公开日志", "its public log", "%s", b->log.name);
	ofc_line(o, "备份时间", "made", "%s", at);
	ofc_line(o, "截至事件", "as of event", "%lld", (long long)b->events);
	ofc_line(o, "保管人", "share of", "%s", b->officer[who].name);
	ofc_line(o, "须几人", "opened by", o->zh ? "%u 人中的 %u 人" : "%u of %u", o->zh ? b->n : b->need, o->zh ? b->need : b->n);
	ofc_line(o, "请求指纹", "the request's fingerprint", "%s", print);
	if (b->software)
		ofc_line(o, "注意", "note", "%s", o->zh ? "备份含软件 TPM 的状态，即签名密钥" : "the state of a software TPM is in it, hence the signing keys");
}

static enum fj_rc reseal(const struct fj_backup *b, unsigned who, const uint8_t public[crypto_box_PUBLICKEYBYTES], const struct fj_secret *secret, const uint8_t to[crypto_box_PUBLICKEYBYTES],
    uint8_t out[FJ_BACKUP_SEALED], struct fj_err *err)
{
	FJ_AUTO(secret) share = FJ_SECRET_INIT;
	struct fj_hash check;

	FJ_TRY(fj_secret_new(&share, FJ_BACKUP_SHARE, err));
	bool opens = crypto_box_seal_open(share.p, b->officer[who].sealed, FJ_BACKUP_SEALED, public, secret->p) == 0;
	fj_backup_share_check(b->id, share.p, &check);
	if (!opens || !fj_hash_eq(&check, &b->officer[who].check))
		return fj_refuse(err, FJ_E_SIGNATURE, OFC_LAYER, FJ_BACKUP_CITE, "your share in this backup was changed; bring another copy of it", "该备份中您的份额已被改动；请提供另一份副本");
	return crypto_box_seal(out, share.p, FJ_BACKUP_SHARE, to) == 0 ? FJ_OK : fj_refuse(err, FJ_E_INVALID, OFC_LAYER, FJ_BACKUP_CITE, "the request's key is none that something can be sealed to", "请求中的密钥不能用于封装");
}

enum fj_rc ofc_share_open(struct ofc *o, struct fj_err *err)
{
	FJ_AUTO(ofc_file) f = NULL;
	FJ_AUTO(secret) secret = FJ_SECRET_INIT;
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_BACKUP_FILE_MAX);
	FJ_AUTO(buf) out = FJ_BUF_INIT(FJ_BACKUP_FILE_MAX);
	uint8_t public[crypto_box_PUBLICKEYBYTES], to[crypto_box_PUBLICKEYBYTES], id[16], sealed[FJ_BACKUP_SEALED];
	struct fj_backup b;
	unsigned who;

	FJ_TRY(by_file(o, err));
	FJ_TRY(read_header(o->file, &b, err));
	FJ_TRY(ofc_read(o->request, &text, err));
	FJ_TRY(fj_backup_request_read(fj_buf_slice(&text), id, to, err));
	if (memcmp(id, b.id, sizeof(id)) != 0)
		return fj_refuse(err, FJ_E_REFUSED, OFC_LAYER, FJ_BACKUP_CITE, "the request is of another backup than this file; ask who gave it to you", "请求所指的备份不是该文件；请询问请求的来源");
	FJ_TRY(ofc_file_open(o, &f, err));
	FJ_TRY(ofc_file_x25519(f, public, &secret, err));
	FJ_TRY(find_own(&b, public, &who, err));
	FJ_TRY(ofc_words(o, err));
	show(o, &b, who, to);
	FJ_TRY(ofc_ask(o, "是否为此请求打开您的份额？核对请求指纹后输入“是”：", "Open your share for this request? Compare its fingerprint, then type yes: ", err));
	FJ_TRY(reseal(&b, who, public, &secret, to, sealed, err));
	FJ_TRY(fj_backup_share_put(b.id, b.officer[who].name, sealed, &out, err));
	FJ_TRY(ofc_write_new(o->out, fj_buf_slice(&out), 0600, err));
	return o->json ? ofc_print(json_pack("{s:s, s:s}", "share", o->out, "name", b.officer[who].name), err) : FJ_OK;
}
