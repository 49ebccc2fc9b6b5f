/*
 * secret.c - passphrases, PINs and consent.
 *
 * They come from the controlling terminal, whatever standard input is, or from a file for
 * tests and demonstrations; never from the command line or the environment, where other
 * programs of the machine could read them.  Who is asked whether to go on has seen what for:
 * words and question go to one terminal.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/tty.h"
#include "officer/officer.h"

static enum fj_rc no_terminal(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_USAGE, OFC_LAYER, NULL, "there is no terminal to ask at; run it in one (for tests: --passphrase-file FILE, and --yes)",
	    "没有可供询问的终端，请在终端中运行（测试用：--passphrase-file 文件，并加 --yes）");
}

static enum fj_rc from_file(const char *path, struct fj_secret *out, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(OFC_SECRET_MAX);

	FJ_TRY(fj_file_read(AT_FDCWD, path, &text, err));
	const uint8_t *end = text.len == 0 ? NULL : memchr(text.data, '\n', text.len);
	size_t n = end != NULL ? (size_t)(end - text.data) : text.len;
	enum fj_rc rc = n == 0 ? fj_refuse(err, FJ_E_USAGE, OFC_LAYER, NULL, "the passphrase file's first line is empty", "口令文件首行为空")
	    : fj_secret_copy(out, FJ_SLICE(text.data, n), err);
	if (text.len > 0)
		fj_wipe(text.data, text.len);
	return rc;
}

static enum fj_rc ask_once(const struct ofc *o, int tty, const char *zh, const char *en, struct fj_secret *out, struct fj_err *err)
{
	char line[OFC_SECRET_MAX];

	bool whole = fj_tty_ask(tty, o->zh ? zh : en, false, line, sizeof(line));
	enum fj_rc rc = !whole || line[0] == '\0' ? fj_refuse(err, FJ_E_AUTH, OFC_LAYER, NULL, "nothing was typed", "未输入任何内容") : fj_secret_copy(out, fj_slice_str(line), err);
	fj_wipe(line, sizeof(line));
	return rc;
}

static enum fj_rc ask(const struct ofc *o, bool pin, bool twice, struct fj_secret *out, struct fj_err *err)
{
	FJ_AUTO(fd) tty = fj_tty_open();
	FJ_AUTO(secret) again = FJ_SECRET_INIT;

	if (tty < 0)
		return no_terminal(err);
	FJ_TRY(pin ? ask_once(o, tty, "卡的 PIN：", "PIN of the card: ", out, err)
	    : twice ? ask_once(o, tty, "新口令（至少 12 个字符）：", "New passphrase (at least 12 characters): ", out, err)
	            : ask_once(o, tty, "密钥文件口令：", "Passphrase of the key file: ", out, err));
	if (!twice || pin)
		return FJ_OK;
	FJ_TRY(ask_once(o, tty, "再输一遍：", "Once more: ", &again, err));
	return fj_slice_eq(FJ_SLICE(out->p, out->len), FJ_SLICE(again.p, again.len)) ? FJ_OK
	    : fj_refuse(err, FJ_E_AUTH, OFC_LAYER, NULL, "the two passphrases differ; nothing was made", "两次输入的口令不同，未生成任何文件");
}

enum fj_rc ofc_secret(const struct ofc *o, bool pin, bool fresh, struct fj_secret *out, struct fj_err *err)
{
	FJ_TRY(o->secret_file != NULL ? from_file(o->secret_file, out, err) : ask(o, pin, fresh, out, err));
	if (pin || !fresh)
		return FJ_OK;
	size_t points = 0;
	for (size_t i = 0; i < out->len; i++)
		points += (out->p[i] & 0xc0) != 0x80;
	return points >= OFC_PASSPHRASE_MIN ? FJ_OK
	    : fj_refuse(err, FJ_E_INVALID, OFC_LAYER, NULL, "a passphrase has at least 12 characters; some words in a row are easy to keep in mind", "口令至少 12 个字符，可用几个词连在一起以便记忆");
}

enum fj_rc ofc_words(struct ofc *o, struct fj_err *err)
{
	if (o->words != NULL)
		return FJ_OK;
	if (o->yes) {
		o->words = o->json ? stderr : stdout;
		return FJ_OK;
	}
	int tty = fj_tty_open();
	o->words = tty < 0 ? NULL : fdopen(tty, "w");
	return o->words != NULL ? FJ_OK : no_terminal(err);
}

enum fj_rc ofc_ask(const struct ofc *o, const char *zh, const char *en, struct fj_err *err)
{
	FJ_AUTO(fd) tty = -1;
	char line[16];

	if (fflush(o->words) != 0)
		return fj_fail_errno(err, OFC_LAYER, "show what is to be signed");
	if (o->yes)
		return FJ_OK;
	tty = fj_tty_open();
	if (tty < 0)
		return no_terminal(err);
	return fj_tty_ask(tty, o->zh ? zh : en, true, line, sizeof(line)) && (strcmp(line, "yes") == 0 || strcmp(line, "是") == 0) ? FJ_OK
	    : fj_refuse(err, FJ_E_REFUSED, OFC_LAYER, NULL, "you did not agree; nothing was signed", "您未同意，未作任何签名");
}
