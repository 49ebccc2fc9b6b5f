/*
 * act.c - an approval of everyday business, signed with an officer's key (docs/formats.md 25).
 *
 * The file is what `fujie approval show --json` prints.  Of it only the payload counts: its canonical
 * octets are hashed here, shown member by member, and nothing that the appliance says about
 * it is believed.  Hashes in it that the signer will compute are computed here where the payload has what they
 * are of (certify.c).  What is signed names approval, kind and end, so that it is good for nothing else.
 */
#include "base/content.h"
#include "base/jws.h"
#include "officer/officer.h"

#define FILE_MAX (16u << 20)
#define ROWS 40 /* of a list that are shown; the hash is over all */

static const char *word_of(const char *kind, bool zh)
{
	static const struct {
		const char *kind, *zh, *en;
	} words[] = {
		{"certificate.issue", "颁发数据资产证书", "issue data asset certificates"}, {"certificate.sm2", "另签 SM2 证书", "sign certificates once more under SM2"},
		{"authorisation.grant", "授予授权运营", "grant an authorisation"}, {"authorisation.adjust", "缩小授权范围", "make an authorisation narrower"},
		{"certificate.resume", "恢复证书", "resume a certificate"}, {"authorisation.resume", "恢复授权", "resume an authorisation"}, {"token.resume", "恢复许可令牌", "resume a license"},
		{"asset.unfreeze", "解除资产冻结", "unfreeze an asset"}, {"certificate.revoke", "撤销证书", "revoke a certificate"}, {"authorisation.reclaim", "收回授权", "reclaim an authorisation"},
		{"authorisation.surrender", "交回授权", "surrender an authorisation"}, {"clock.reset", "确认系统时间", "confirm the appliance's clock"},
		{"key.roll", "更换本机签名密钥", "roll over a key of the appliance"}, {"key.end", "销毁已更换的原密钥", "destroy a former key of the appliance"},
		{"log.restore", "恢复登记簿与签名服务", "restore the register and open the signer"}, {"officer-key.change", "登记或注销官员密钥", "enrol or remove an officer's key"},
		{"spare.enter", "启用备机", "take the spare into service for the home whose TPM is gone"},
		{"root.certify", "由根认证另一系统的签发机构（受限）", "have the root certify another appliance's CA, with limits"},
		{"officer-key.require", "规定许可令牌由谁签名", "say by whom license tokens are signed"}, {"token.issue", "签发许可令牌", "issue license tokens"},
		{"token.bulk", "批量签发许可令牌", "issue license tokens by a list"}, {"token.sm2", "另签 SM2 许可令牌", "sign a license token once more under SM2"},
	};

	for (size_t i = 0; i < FJ_ARRAY_LEN(words); i++)
		if (strcmp(words[i].kind, kind) == 0)
			return zh ? words[i].zh : words[i].en;
	return kind;
}

/* a credential by its number and whose it is; its signature is the signer's to verify */
static bool show_credential(const struct ofc *o, const char *name, const json_t *v)
{
	FJ_AUTO(jws) w = {0};
	const char *text = json_is_string(v) ? json_string_value(v) : "";
	size_t n = strlen(text);

	if (n < 2 || text[n - 1] != '~' || fj_jws_read(FJ_SLICE(text, n - 1), FJ_TOKEN_MAX, &w, NULL) != FJ_OK)
		return false;
	const json_t *of = json_object_get(w.payload, "operator") != NULL ? json_object_get(w.payload, "operator") : json_object_get(w.payload, "holder");
	ofc_line(o, name, name, "%s · %s %s", fj_json_text(w.payload, "jti"), fj_json_text(of, "usci"), fj_json_text(of, "name"));
	return true;
}

static void show_value(const struct ofc *o, const char *name, const json_t *v, struct fj_buf *text)
{
	fj_buf_clear(text);
	if (show_credential(o, name, v))
		return;
	if (json_is_string(v))
		ofc_line(o, name, name, "%s", json_string_value(v));
	else if (fj_json_canonical(v, text, NULL) == FJ_OK)
		ofc_line(o, name, name, "%s", fj_buf_str(text));
}

static void show_member(const struct ofc *o, const char *name, const json_t *v)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FILE_MAX);
	char row[96];

	if (!json_is_array(v)) {
		show_value(o, name, v, &text);
		return;
	}
	for (size_t i = 0; i < json_array_size(v) && i < ROWS; i++) {
		snprintf(row, sizeof(row), "%.60s %zu/%zu", name, i + 1, json_array_size(v));
		show_value(o, row, json_array_get(v, i), &text);
	}
	if (json_array_size(v) > ROWS)
		ofc_line(o, name, name, "… %zu", json_array_size(v) - ROWS);
}

/* what stands for itself, member by member */
static void show_content(const struct ofc *o, const json_t *payload)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)payload, name, v)
		if (strcmp(name, "act") != 0)
			show_member(o, name, v);
}

static void show(const struct ofc *o, const struct fj_act *act, const struct fj_hash *hash)
{
	char hex[65], until[FJ_TIME_CAP];

	fj_hex(hash->b, FJ_SHA256_LEN, hex);
	fj_time_china(act->until, until);
	ofc_title(o, o->refuse ? "驳回以下申请" : "批准以下申请", o->refuse ? "To be refused" : "To be approved");
	ofc_line(o, "事项", "what", "%s", word_of(act->kind, o->zh));
	ofc_line(o, "审批编号", "approval", "%s", act->approval);
	ofc_line(o, "签名有效至", "holds until", "%s", until);
	ofc_line(o, "内容 SHA-256", "SHA-256 of the content", "%s", hex);
	ofc_title(o, "内容", "Content");
}

/* Shown, and of a CA of another appliance computed first: who refuses needs no hash that is right. */
static enum fj_rc consider(const struct ofc *o, const json_t *payload, const struct fj_act *act, const struct fj_hash *hash, struct fj_err *err)
{
	FJ_AUTO(fj_ca_request) r = {0};
	struct fj_limits l;

	if (strcmp(act->kind, "root.certify") != 0 || o->refuse) {
		show(o, act, hash);
		show_content(o, payload);
		return FJ_OK;
	}
	FJ_TRY(ofc_certify_read(payload, &r, &l, err));
	show(o, act, hash);
	ofc_certify_show(o, payload, &r, &l);
	return FJ_OK;
}

/* the document itself, or a payload alone */
static enum fj_rc read_payload(const struct ofc *o, json_t **payload, struct fj_act *act, struct fj_hash *hash, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FILE_MAX);
	FJ_AUTO(buf) canonical = FJ_BUF_INIT(FILE_MAX);
	FJ_AUTO(json) doc = NULL;

	FJ_TRY(ofc_read(o->file, &text, err));
	FJ_TRY(fj_json_parse(fj_buf_slice(&text), FILE_MAX, &doc, err));
	const json_t *p = json_object_get(doc, "payload");
	p = json_is_object(p) ? p : doc;
	if (fj_act_read(p, act, NULL) != FJ_OK)
		return fj_refuse(err, FJ_E_INVALID, OFC_LAYER, "formats.md 25", "this approval is not one that an officer's key signs; nothing was signed", "该审批无需官员密钥签名，未作签名");
	FJ_TRY(fj_json_canonical(p, &canonical, err));
	fj_sha256(fj_buf_slice(&canonical), hash);
	*payload = json_incref((json_t *)(uintptr_t)p);
	return FJ_OK;
}

static enum fj_rc report(const struct ofc *o, const struct fj_act *act, const struct ofc_key *k, const uint8_t sig[64], struct fj_err *err)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(FJ_P256_SPKI);
	FJ_AUTO(buf) sig64 = FJ_BUF_INIT(128);
	FJ_AUTO(buf) text = FJ_BUF_INIT(4096);
	struct fj_hash id;
	char hex[65];

	if (fj_p256_spki_put(&spki, ofc_key_xy(k)) != FJ_OK || fj_b64u_put(&sig64, FJ_SLICE(sig, 64)) != FJ_OK)
		return fj_no_memory(err, OFC_LAYER);
	fj_sha256(fj_buf_slice(&spki), &id);
	fj_hex(id.b, FJ_SHA256_LEN, hex);
	FJ_AUTO(json) j = json_pack("{s:s, s:s, s:s, s:b}", "id", act->approval, "key", hex, "signature", fj_buf_str(&sig64), "refuse", o->refuse);
	if (j == NULL)
		return fj_no_memory(err, OFC_LAYER);
	FJ_TRY(fj_json_canonical(j, &text, err));
	if (o->out != NULL)
		FJ_TRY(ofc_write_new(o->out, fj_buf_slice(&text), 0644, err));
	return o->json || o->out == NULL ? ofc_print(json_incref(j), err) : FJ_OK;
}

enum fj_rc ofc_sign(struct ofc *o, struct fj_err *err)
{
	FJ_AUTO(ofc_key) k = NULL;
	FJ_AUTO(json) payload = NULL;
	struct fj_act act;
	struct fj_hash hash, digest;
	uint8_t sig[64];

	FJ_TRY(read_payload(o, &payload, &act, &hash, err));
	FJ_TRY(ofc_words(o, err));
	FJ_TRY(consider(o, payload, &act, &hash, err));
	FJ_TRY(o->refuse ? ofc_ask(o, "\n驳回该申请吗？签名驳回请输入“是”：", "\nDo you refuse this? To sign that type \"yes\": ", err)
	    : ofc_ask(o, "\n批准以上内容吗？签名批准请输入“是”：", "\nDo you approve this? To sign that type \"yes\": ", err));
	FJ_TRY(ofc_key_open(o, false, &k, err));
	fj_act_digest(o->refuse, &hash, &digest);
	FJ_TRY(ofc_key_sign(k, &digest, sig, err));
	return report(o, &act, k, sig, err);
}
