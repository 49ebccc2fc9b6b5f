/*
 * folder.c - a log's folder, its keys, and the checkpoint that says what has to be there.
 *
 * A line by a known key that is not true makes the whole note untrue, whatever stands
 * beside it; of keys that are not known nothing is said.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "verifier/internal.h"
#include "verifier/log/log.h"

void vlg_release(struct vlg_log *l)
{
	for (size_t i = 0; i < l->n_certs; i++)
		EVP_PKEY_free(l->cert[i].key);
	l->n_certs = 0;
	fj_buf_release(&l->text);
	fj_fd_close(&l->dir);
}

enum fj_rc vlg_open_at(struct vlg_log *l, int dir, const char *path, struct fj_err *err)
{
	*l = (struct vlg_log){.dir = -1};
	fj_buf_init(&l->text, FJ_NOTE_MAX);
	return fj_dir_open(dir, path, &l->dir, err);
}

enum fj_rc vlg_open(struct vlg_log *l, const char *path, struct fj_err *err)
{
	static const char *const below[] = {".", "publish/log", "log"};

	FJ_TRY(vlg_open_at(l, AT_FDCWD, path, err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(below); i++) {
		FJ_AUTO(fd) fd = openat(l->dir, below[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || (faccessat(fd, "checkpoint", F_OK, 0) != 0 && faccessat(fd, "tile", F_OK, 0) != 0))
			continue;
		fj_fd_close(&l->dir);
		l->dir = fd;
		fd = -1;
		return FJ_OK;
	}
	fj_fail(err, FJ_E_NOTFOUND, "log", "formats.md 19", "%s holds no public log: name a home, or the folder with \"checkpoint\" and \"tile\"", path);
	fj_err_zh(err, "%s 中没有公开日志：请指明主目录，或含有 checkpoint 与 tile 的文件夹", path);
	return FJ_E_NOTFOUND;
}

/* --- keys --- */

static enum fj_rc take_vkey(struct vlg_log *l, struct fj_slice text, struct fj_err *err)
{
	while (text.len > 0 && (text.p[text.len - 1] == '\n' || text.p[text.len - 1] == '\r'))
		text.len--;
	FJ_TRY(fj_vkey_read(text, &l->vkey, err));
	if (l->vkey.type != FJ_NOTE_ED25519)
		return fj_refuse(err, FJ_E_INVALID, "log", "C2SP signed-note", "this verifier key is a witness's, not a log's", "该验证密钥属于见证方，而非日志");
	l->by_vkey = true;
	return FJ_OK;
}

static enum fj_rc vkey_file(struct vlg_log *l, int dir, const char *path, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(VLG_KEY_MAX);

	FJ_TRY(fj_file_read(dir, path, &text, err));
	return take_vkey(l, fj_buf_slice(&text), err);
}

static enum fj_rc cert_file(struct vlg_log *l, int dir, const char *path, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(VLG_KEY_MAX);
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	struct fj_x509 x;
	EVP_PKEY *key;

	FJ_TRY(fj_file_read(dir, path, &text, err));
	struct fj_slice rest = fj_buf_slice(&text);
	for (enum fj_rc rc = ver_pem_next(&rest, "CERTIFICATE", &der, err); rc != FJ_E_NOTFOUND || l->n_certs == 0; rc = ver_pem_next(&rest, "CERTIFICATE", &der, NULL)) {
		FJ_TRY(rc);
		if (l->n_certs == VLG_CERTS)
			return fj_refuse(err, FJ_E_LIMIT, "log", "formats.md 19", "there are more log certificates than this program takes", "日志证书的数量超过本程序的上限");
		FJ_TRY(fj_x509_read(fj_buf_slice(&der), &x, err));
		FJ_TRY(ver_key_read(x.spki, &key, err));
		fj_ecdsa_id(x.spki, l->cert[l->n_certs].id);
		l->cert[l->n_certs++].key = key;
		fj_buf_clear(&der);
	}
	l->by_cert = true;
	return FJ_OK;
}

/* absent is no fault: the other key may be there */
static enum fj_rc beside(enum fj_rc rc, struct fj_err *err)
{
	if (rc == FJ_E_NOTFOUND && err != NULL)
		memset(err, 0, sizeof(*err));
	return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
}

enum fj_rc vlg_keys(struct vlg_log *l, const char *vkey, const char *cert, struct fj_err *err)
{
	if (vkey != NULL)
		FJ_TRY(strchr(vkey, '+') != NULL && access(vkey, F_OK) != 0 ? take_vkey(l, fj_slice_str(vkey), err) : vkey_file(l, AT_FDCWD, vkey, err));
	if (cert != NULL)
		FJ_TRY(cert_file(l, AT_FDCWD, cert, err));
	if (vkey == NULL && cert == NULL) {
		FJ_TRY(beside(vkey_file(l, l->dir, "../trust/log.vkey", err), err));
		FJ_TRY(beside(cert_file(l, l->dir, "../trust/log.pem", err), err));
	}
	l->by_hand = vkey != NULL || cert != NULL;
	if (l->by_vkey || l->by_cert)
		return FJ_OK;
	return fj_refuse(err, FJ_E_USAGE, "log", "formats.md 19", "by which key? there is none beside the log: --vkey (log.vkey, a file or its text) or --cert (log.pem)",
	    "以哪个公钥核验？日志旁没有公钥文件：请给出 --vkey（log.vkey 文件或其内容）或 --cert（log.pem）");
}

/* --- the checkpoint --- */

/* every line by a key of log.pem is true, and there is one; a former key that was destroyed writes none */
static enum fj_rc by_cert(const struct vlg_log *l, const struct fj_note *n, const char *origin, struct fj_err *err)
{
	bool any = false;

	for (size_t i = 0; i < l->n_certs; i++) {
		const struct fj_note_line *line = fj_note_line_of(n, origin, l->cert[i].id);
		if (line == NULL)
			continue;
		any = true;
		if (!ver_signed_der(l->cert[i].key, FJ_ES256, n->text, FJ_SLICE(line->sig, line->sig_len)))
			return fj_refuse(err, FJ_E_SIGNATURE, "log", "formats.md 19", "the checkpoint's line by the key of log.pem does not verify", "检查点上 log.pem 所载密钥的签名不成立");
	}
	return any ? FJ_OK : fj_refuse(err, FJ_E_SIGNATURE, "log", "formats.md 19", "the checkpoint has no line by the key of log.pem", "检查点没有 log.pem 所载密钥的签名行");
}

static enum fj_rc by_vkey(const struct vlg_log *l, const struct fj_note *n, const char *origin, struct fj_err *err)
{
	if (strcmp(l->vkey.name, origin) != 0)
		return fj_refuse(err, FJ_E_SIGNATURE, "log", "C2SP tlog-checkpoint", "the checkpoint is of another log than the key's name says", "检查点所属日志与密钥名称不符");
	enum fj_rc rc = fj_note_verify(n, &l->vkey, NULL, NULL);
	if (rc == FJ_E_NOTFOUND)
		return fj_refuse(err, FJ_E_SIGNATURE, "log", "C2SP signed-note", "the checkpoint has no line by the log's Ed25519 key", "检查点没有日志 Ed25519 密钥的签名行");
	if (rc != FJ_OK)
		return fj_refuse(err, rc, "log", "C2SP signed-note", "the checkpoint's line by the log's Ed25519 key does not verify", "检查点上日志 Ed25519 密钥的签名不成立");
	return FJ_OK;
}

enum fj_rc vlg_note(const struct vlg_log *l, struct fj_slice text, struct fj_note *note, struct fj_checkpoint *c, struct fj_err *err)
{
	enum fj_rc rc = fj_note_read(text, note, err);

	if (rc == FJ_OK)
		rc = fj_checkpoint_read(note->text, c, err);
	if (rc != FJ_OK) {
		fj_err_zh(err, "检查点的格式不正确");
		return rc;
	}
	if (l->by_vkey)
		FJ_TRY(by_vkey(l, note, c->origin, err));
	return l->by_cert ? by_cert(l, note, c->origin, err) : FJ_OK;
}

static bool of_cert(const struct vlg_log *l, const struct fj_note_line *line)
{
	for (size_t i = 0; i < l->n_certs; i++)
		if (memcmp(line->id, l->cert[i].id, 4) == 0)
			return true;
	return false;
}

/* What this log writes and no more: three lines of text, and one line by each of its keys: the note's, the one of log.pem,
 * and in a rollover the one before it. */
static enum fj_rc only_ours(const struct vlg_log *l, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_NOTE_MAX);

	FJ_TRY(fj_checkpoint_put(&text, &l->head));
	bool ours = fj_slice_eq(fj_buf_slice(&text), l->note.text) && l->note.n <= 3;
	size_t strangers = 0;

	for (size_t i = 0; i < l->note.n && ours; i++)
		ours = fj_slice_eq(l->note.line[i].name, fj_slice_str(l->head.origin));
	if (l->by_vkey)
		ours = ours && memcmp(l->note.line[0].id, l->vkey.id, 4) == 0;
	for (size_t i = 1; i < l->note.n; i++) {
		strangers += l->by_cert && !of_cert(l, &l->note.line[i]);
		for (size_t k = 0; k < i; k++)
			ours = ours && memcmp(l->note.line[k].id, l->note.line[i].id, 4) != 0;
	}
	ours = ours && (!l->by_cert || l->note.n >= 2) && strangers <= (l->by_hand ? 1 : 0);
	if (!ours)
		return fj_refuse(err, FJ_E_INVALID, "log", "formats.md 19", "the checkpoint has a line that the log does not write", "检查点含有日志不会写入的行");
	return FJ_OK;
}

enum fj_rc vlg_head(struct vlg_log *l, struct vlg_fault *f, struct fj_err *err)
{
	fj_buf_clear(&l->text);
	enum fj_rc rc = fj_file_read(l->dir, "checkpoint", &l->text, err);
	if (rc == FJ_E_NOTFOUND)
		return vlg_bad(f, rc, "missing", "checkpoint", -1, -1, err, "there is no checkpoint", "没有检查点文件");
	if (rc == FJ_OK)
		rc = vlg_note(l, fj_buf_slice(&l->text), &l->note, &l->head, err);
	if (rc == FJ_OK)
		rc = only_ours(l, err);
	if (rc != FJ_OK && fj_rc_exit(rc) == 1 && f != NULL) {
		*f = (struct vlg_fault){.what = "checkpoint", .file = "checkpoint", .leaf = -1, .octet = -1};
		return rc;
	}
	return rc;
}
