/*
 * spare.c - the register of a spare that goes into service when the first appliance's TPM is dead (docs/formats.md 32).
 *
 * `fujie spare adopt` has laid a copy of that home beside the spare's TPM.  The register starts on it and is closed: its signer
 * is a spare's, and waits.  spare.enter is an approval of two finance officers of the department that made the appliance; what they
 * approve names the copied log by its head, and the public log by its key.  With it the signer takes the home's memory in and makes the
 * next generation of keys.  Then the plan's officers have the moved root certify the next issuing CA of the same name (root.issue), and
 * with each certificate the signers of that hierarchy are certified; the former keys are noted as ended, since they are.  With the last
 * one the register is as any, and if it is older than what was published it says so, and is restored as any (log/restore.c).
 *
 * What was intended before is signed by the newer keys, since there are no others; of what the dead signer had recorded for the same intent
 * and another structure, ours refuses the second.
 */
#include <fcntl.h>

#include "base/file.h"
#include "base/x509.h"
#include "issuer/ceremony.h"
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/rules/rules.h"
#include "issuer/signed.h"
#include "issuer/spare.h"

#define LAYER "spare"
#define CITE "formats.md 32"

static enum fj_rc no(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, LAYER, CITE, en, zh);
}

/* --- what the signer is --- */

enum fj_rc spr_has_key(struct hsm_conn *conn, enum hsm_role role, struct fj_slice cert, bool *yes, struct fj_err *err)
{
	struct fj_x509 x;

	*yes = false;
	FJ_TRY(fj_x509_read(cert, &x, err));
	for (unsigned key = role; !*yes && key < HSM_KEY_END; key += HSM_ROLE_END) {
		FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
		enum fj_rc rc = hsm_public_key(conn, (enum hsm_role)key, &spki, err);
		if (rc != FJ_E_NOTFOUND)
			FJ_TRY(rc);
		*yes = rc == FJ_OK && fj_slice_eq(fj_buf_slice(&spki), x.spki);
	}
	return FJ_OK;
}

static enum fj_rc ca_lives(struct sto *db, struct hsm_conn *conn, enum fj_alg alg, bool *yes, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_KEYRING_GET, &q, iss_ca_key(alg), err, "t", iss_ca_key(alg)));
	return spr_has_key(conn, hsm_role_by(HSM_ISSUING, alg), sto_blob(&q, 0), yes, err);
}

/* of a spare in service: do its issuing keys have their certificates, or wait for them, or does the register not know of them yet? */
static enum fj_rc certified(struct sto *db, struct hsm_conn *conn, bool sm2, enum spr_state *out, struct fj_err *err)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
	bool lives;

	*out = SPR_NONE;
	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(sm2); a++) {
		FJ_TRY(ca_lives(db, conn, a, &lives, err));
		if (lives)
			continue;
		fj_buf_clear(&spki);
		*out = rol_made(db, a, &spki, NULL) == FJ_OK ? SPR_CERTIFIES : SPR_WAITS;
		if (*out == SPR_WAITS)
			return FJ_OK;
	}
	return FJ_OK;
}

enum fj_rc spr_look(struct iss *i, struct sto *db, struct hsm_conn *conn, enum spr_state *out, struct fj_err *err)
{
	FJ_AUTO(json) status = NULL;

	FJ_TRY(hsm_status(conn, &status, err));
	*out = strcmp(fj_json_text(status, "ceremony"), "spare") == 0 ? SPR_WAITS : SPR_NONE;
	if (*out == SPR_NONE && json_is_object(json_object_get(status, "took")))
		FJ_TRY(certified(db, conn, i->sm2, out, err));
	if (*out != SPR_NONE)
		sgn_take(&i->log, status); /* whose signatures count */
	return FJ_OK;
}

void spr_why(enum spr_state state, const char **en, const char **zh)
{
	*en = state == SPR_WAITS ? "this is a spare, with a copy of the home that it stands in for; nothing is signed until two officers take it into service (fujie spare enter)"
	    : "this spare is in service and its issuing keys are not certified yet; nothing is signed until the plan's officers have the root do it (fujie ceremony issuing)";
	*zh = state == SPR_WAITS ? "这是备机，载有所接替系统的副本；在两名经办人启用备机（fujie spare enter）之前不予签发" : "备机已启用，但其签发密钥尚未由根认证；在方案官员办理（fujie ceremony issuing）之前不予签发";
}

enum fj_rc spr_may(struct iss *i, struct fj_err *err)
{
	FJ_TRY(iss_clock_check(i, err));
	return i->log.spare == SPR_CERTIFIES ? FJ_OK : log_check_open(&i->log, err);
}

/* --- two officers --- */

/* the public log's key, as it was published */
static enum fj_rc log_key_hex(char hex[65], struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(1024);
	struct fj_vkey key;

	if (fj_file_read(AT_FDCWD, "publish/trust/log.vkey", &text, NULL) != FJ_OK)
		return no(err, FJ_E_NOTFOUND, "the copy of the home lacks publish/trust/log.vkey, the public log's key; bring the whole folder publish", "系统副本缺少公开日志的密钥 publish/trust/log.vkey；请提供完整的 publish 目录");
	while (text.len > 0 && text.data[text.len - 1] == '\n')
		text.len--;
	FJ_TRY(fj_vkey_read(fj_buf_slice(&text), &key, err));
	fj_hex(key.key, 32, hex);
	return FJ_OK;
}

static enum fj_rc may_enter(struct iss_call *c, json_t **inherit, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL;
	FJ_AUTO(json) status = NULL;
	char log[65];

	FJ_TRY(iss_rule_no_foreign_issuer(c->iss->keeper, c->actor->org, err));
	FJ_TRY(iss_clock_check(c->iss, err));
	if (c->iss->log.spare != SPR_WAITS)
		return no(err, FJ_E_STATE, "this is no spare that waits to be taken into service", "此系统不是等待启用的备机");
	FJ_TRY(iss_signer(c->iss, &conn, err));
	FJ_TRY(hsm_status(conn, &status, err));
	FJ_TRY(log_key_hex(log, err));
	const json_t *copy = json_object_get(status, "inherits");
	if (fj_json_peek(copy, "why") != NULL)
		return no(err, FJ_E_REFUSED, fj_json_peek(copy, "why"), fj_json_text(copy, "why_zh"));
	if (!json_is_object(copy)) /* what was cut between the signer's part and ours goes on */
		copy = json_object_get(status, "took");
	if (!json_is_object(copy))
		return no(err, FJ_E_STATE, "the signer's folder has no copy of the home's audit log: fujie spare adopt", "签名服务目录中没有系统审计日志的副本：请先执行 fujie spare adopt");
	*inherit = json_pack("{s:I, s:s, s:s}", "records", (json_int_t)fj_json_num(copy, "records"), "sha256", fj_json_text(copy, "sha256"), "log", log);
	return *inherit != NULL ? FJ_OK : fj_no_memory(err, LAYER);
}

enum fj_rc cmd_spare_enter(struct iss_call *c, struct fj_err *err)
{
	json_t *inherit = NULL;

	FJ_TRY(may_enter(c, &inherit, err));
	FJ_AUTO(json) payload = json_pack("{s:o}", "inherit", inherit);
	return apr_request(c, HSM_ACT_INHERIT, "spare", c->actor->org, payload, err);
}

/* the keys that the root is to certify */
static enum fj_rc note_made(struct iss_call *c, struct hsm_conn *conn, enum fj_alg alg, struct fj_err *err)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(1024);
	char key[40];

	rol_made_setting(alg, key);
	FJ_TRY(hsm_public_key(conn, hsm_role_by(HSM_ISSUING, alg), &spki, err));
	FJ_TRY(fj_b64u_put(&b64, fj_buf_slice(&spki)));
	FJ_TRY(sto_run(c->db, STO_SETTING_DROP, NULL, err, "t", key)); /* one that was made in the TPM that is gone */
	return sto_run(c->db, STO_SETTING_SET, NULL, err, "tt", key, fj_buf_str(&b64));
}

/* done before, and the answer lost, is done */
static enum fj_rc take_in(struct hsm_conn *conn, const struct fj_buf *said, const struct hsm_approval *who, size_t n, struct fj_err *err)
{
	struct fj_err why = {0};
	enum fj_rc rc = hsm_inherit(conn, said, who, n, &why);

	if (rc != FJ_OK && rc != FJ_E_EXISTS)
		*err = why;
	return rc == FJ_E_EXISTS ? FJ_OK : rc;
}

enum fj_rc apr_spare_enter(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL; /* its own: the others belong to other locks */
	FJ_AUTO(json) now = NULL;
	FJ_AUTO(json) officers = NULL;
	json_t *inherit = NULL;

	FJ_TRY(may_enter(c, &inherit, err));
	now = inherit;
	if (!json_equal(now, json_object_get(a->payload, "inherit")))
		return no(err, FJ_E_STATE, "the copied audit log, or the public log's key, is not the one that was asked for; ask anew", "所复制的审计日志或者公开日志密钥与申请时不同；请重新申请");
	FJ_TRY(sgn_change(c, a, take_in, &officers, err));
	FJ_TRY(iss_signer(c->iss, &conn, err));
	for (enum fj_alg alg = FJ_ES256; alg <= fj_last_alg(c->iss->sm2); alg++)
		FJ_TRY(note_made(c, conn, alg, err));
	FJ_AUTO(json) body = json_pack("{s:O, s:O}", "inherit", now, "officers", officers);
	FJ_TRY(evt_append(c, "spare.entered", "spare", body, err));
	c->iss->log.spare = SPR_CERTIFIES;
	c->dirty_status = true;
	return FJ_OK;
}

enum fj_rc apply_spare_entered(const struct evt *e, struct fj_err *err)
{
	(void)e;
	(void)err;
	return FJ_OK; /* the signer has the memory; the event is the record */
}

/* --- the root has certified --- */

enum fj_rc spr_former_gone(struct iss_call *c, struct hsm_conn *conn, enum fj_alg alg, bool *yes, struct fj_err *err)
{
	bool lives = true;

	if (c->iss->log.spare == SPR_CERTIFIES)
		FJ_TRY(ca_lives(c->db, conn, alg, &lives, err));
	*yes = !lives;
	return FJ_OK;
}

/* the responders of former generations had their keys in the TPM that is gone */
static enum fj_rc drop_responders(struct iss_call *c, enum fj_alg alg, struct fj_err *err)
{
	const struct iss_ca *ca = &c->iss->ca[alg];
	char row[24];

	for (size_t k = 0; k + 1 < ca->n_issuing; k++) {
		iss_responder_row(alg, (unsigned)k + 1, row);
		FJ_TRY(sto_run(c->db, STO_KEYRING_DROP, NULL, err, "t", row));
	}
	return FJ_OK;
}

enum fj_rc spr_certified(struct iss_call *c, struct hsm_conn *conn, enum fj_alg alg, const struct pub_issuer *next, json_t *serials, struct fj_err *err)
{
	static const char *const own[] = {"token", "status", "ocsp", "log"};
	FJ_AUTO(buf) issuing = FJ_BUF_INIT(FJ_X509_MAX);
	char what[24];

	if (fj_buf_put(&issuing, next->cert.p, next->cert.len) != FJ_OK)
		return fj_no_memory(err, LAYER);
	FJ_TRY(drop_responders(c, alg, err));
	FJ_TRY(rol_take_place(c, iss_ca_key(alg), &issuing, ROL_NOTHING, serials, err));
	FJ_TRY(sto_run(c->db, STO_PAST_KEY_GONE, NULL, err, "it", (int64_t)c->now, iss_ca_key(alg)));
	for (size_t k = 0; k < FJ_ARRAY_LEN(own) - (alg == FJ_SM2); k++) {
		FJ_AUTO(buf) cert = FJ_BUF_INIT(FJ_X509_MAX);
		snprintf(what, sizeof(what), "%s%s", own[k], fj_alg_suffix(alg));
		FJ_TRY(pub_delegate(c->iss, conn, what, NULL, next, &cert, err));
		FJ_TRY(rol_take_place(c, what, &cert, ROL_NOTHING, serials, err));
		FJ_TRY(sto_run(c->db, STO_PAST_KEY_GONE, NULL, err, "it", (int64_t)c->now, what));
	}
	return FJ_OK;
}
