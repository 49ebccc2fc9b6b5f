/*
 * plan.c - keys made and shown, plans shown and signed; and files in and out.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "officer/officer.h"

enum fj_rc ofc_refuse(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh, const char *what)
{
	(void)fj_fail(err, rc, OFC_LAYER, NULL, en, what);
	fj_err_zh(err, zh, what);
	return rc;
}

enum fj_rc ofc_read(const char *path, struct fj_buf *out, struct fj_err *err)
{
	enum fj_rc rc = fj_file_read(AT_FDCWD, path, out, err);

	return rc == FJ_E_NOTFOUND ? ofc_refuse(err, rc, "there is no file %s", "没有文件 %s", path) : rc;
}

enum fj_rc ofc_write_new(const char *path, struct fj_slice data, mode_t mode, struct fj_err *err)
{
	FJ_AUTO(fd) fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);

	if (fd < 0 && access(path, F_OK) == 0)
		return ofc_refuse(err, FJ_E_EXISTS, "%s is there already; choose another name", "%s 已存在，请另取文件名", path);
	if (fd < 0)
		return fj_fail_errno(err, OFC_LAYER, "create %s", path);
	enum fj_rc rc = fj_write_all(fd, data.p, data.len, err);
	if (rc == FJ_OK && fsync(fd) != 0)
		rc = fj_fail_errno(err, OFC_LAYER, "write %s", path);
	if (rc != FJ_OK)
		unlink(path); /* half a file is none */
	return rc;
}

enum fj_rc ofc_print(json_t *doc, struct fj_err *err)
{
	FJ_AUTO(json) j = doc;
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);

	if (j == NULL)
		return fj_no_memory(err, OFC_LAYER);
	FJ_TRY(fj_json_canonical(j, &text, err));
	return puts(fj_buf_str(&text)) >= 0 ? FJ_OK : fj_fail_errno(err, OFC_LAYER, "print");
}

/* --- keys --- */

/* base64url of the SubjectPublicKeyInfo, as a plan has it, and its SHA-256 to compare by telephone */
static enum fj_rc show_key(struct ofc *o, const uint8_t xy[64], struct fj_err *err)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(FJ_P256_SPKI);
	FJ_AUTO(buf) text = FJ_BUF_INIT(200);
	struct fj_hash h;
	char hex[65];

	if (fj_p256_spki_put(&spki, xy) != FJ_OK || fj_b64u_put(&text, fj_buf_slice(&spki)) != FJ_OK)
		return fj_no_memory(err, OFC_LAYER);
	fj_sha256(fj_buf_slice(&spki), &h);
	fj_hex(h.b, sizeof(h.b), hex);
	if (o->json)
		return ofc_print(json_pack("{s:s, s:s}", "key", fj_buf_str(&text), "sha256", hex), err);
	o->words = stdout;
	ofc_line(o, "公钥（写入方案）", "key (for the plan)", "%s", fj_buf_str(&text));
	ofc_line(o, "其 SHA-256（口头核对）", "its SHA-256 (to compare aloud)", "%s", hex);
	return FJ_OK;
}

enum fj_rc ofc_new(struct ofc *o, struct fj_err *err)
{
	FJ_AUTO(ofc_key) k = NULL;

	FJ_TRY(ofc_key_open(o, true, &k, err));
	return show_key(o, ofc_key_xy(k), err);
}

enum fj_rc ofc_public(struct ofc *o, struct fj_err *err)
{
	FJ_AUTO(ofc_key) k = NULL;

	FJ_TRY(ofc_key_open(o, false, &k, err));
	return show_key(o, ofc_key_xy(k), err);
}

/* --- plans --- */

static enum fj_rc plan_json(const struct fj_plan *p, unsigned by, struct fj_err *err)
{
	FJ_AUTO(json) signed_by = json_array();
	struct fj_tpm_name parent;
	char hash[65], name[2 * FJ_TPM_NAME_LEN + 1];

	for (unsigned i = 0; i < p->n; i++)
		if ((by >> i & 1) && json_array_append_new(signed_by, json_string(p->officer[i].login)) != 0)
			return fj_no_memory(err, OFC_LAYER);
	fj_hex(p->hash.b, sizeof(p->hash.b), hash);
	fj_plan_parent_name(p, &parent);
	fj_hex(parent.b, sizeof(parent.b), name);
	return ofc_print(json_pack("{s:s, s:o, s:i, s:i, s:O, s:b}", "plan", hash, "move", p->move > 0 ? json_pack("{s:i, s:s}", "m", (int)p->move, "parent", name) : json_null(), "officers", (int)p->n, "root", (int)p->root, "signed_by", signed_by,
	    "in_force", by == (1u << p->n) - 1), err);
}

static enum fj_rc read_plan(const struct ofc *o, struct fj_buf *text, struct fj_plan *p, unsigned *by, struct fj_err *err)
{
	FJ_TRY(ofc_read(o->file, text, err));
	return fj_plan_signed_read(fj_buf_slice(text), ofc_verify, NULL, p, by, err);
}

enum fj_rc ofc_plan_show(struct ofc *o, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_PLAN_MAX);
	struct fj_plan p;
	unsigned by;

	FJ_TRY(read_plan(o, &text, &p, &by, err));
	if (o->json)
		return plan_json(&p, by, err);
	o->words = stdout;
	ofc_show_plan(o, &p, by);
	return FJ_OK;
}

enum fj_rc ofc_plan_sign(struct ofc *o, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_PLAN_MAX);
	FJ_AUTO(buf) out = FJ_BUF_INIT(2 * FJ_PLAN_MAX);
	FJ_AUTO(ofc_key) k = NULL;
	struct fj_plan p;
	unsigned by;
	uint8_t sig[64];

	FJ_TRY(read_plan(o, &text, &p, &by, err));
	FJ_TRY(ofc_words(o, err));
	ofc_show_plan(o, &p, by);
	FJ_TRY(ofc_ask(o, "\n与其他官员核对过方案 SHA-256 与公钥了吗？签署方案请输入“是”：", "\nHave you compared the plan's SHA-256 and the keys with the other officers? To sign the plan type \"yes\": ", err));
	FJ_TRY(ofc_key_open(o, false, &k, err));
	int who = fj_plan_officer_by_key(&p, ofc_key_xy(k));
	if (who < 0)
		return fj_refuse(err, FJ_E_REFUSED, OFC_LAYER, "formats.md 22", "your key is not in the plan; nothing was signed. `fujie-officer public` prints what the plan should have", "方案中没有您的公钥，未作签名。fujie-officer public 会显示应写入方案的公钥");
	if (by >> who & 1)
		return fj_refuse(err, FJ_E_EXISTS, OFC_LAYER, "formats.md 22", "you have signed this plan already", "您已签署过此方案");
	FJ_TRY(ofc_key_sign(k, &p.to_sign, sig, err));
	FJ_TRY(fj_plan_add_signature(fj_buf_slice(&text), (unsigned)who, sig, &out, err));
	FJ_TRY(o->out != NULL ? ofc_write_new(o->out, fj_buf_slice(&out), 0644, err) : fj_file_replace(AT_FDCWD, o->file, fj_buf_slice(&out), 0644, err));
	return o->json ? plan_json(&p, by | 1u << who, err) : FJ_OK;
}
