/*
 * report_sign.c - a fixed report signed by the register, and handed out as a file that
 * can be checked away from here (docs/formats.md 14).
 *
 * Fixing a report intends its signature in the same transaction, under the approval of
 * the two officers, which the signer asks for.  What is signed is a manifest (hsm/): the
 * report's id, kind, period and unit, and the hash of the very document that was
 * approved.  The file brings along the two revocation lists that say whether the signer
 * may be believed, so that whoever knows this register's root needs nothing else; it is
 * judged as of the day it was handed out.  A report that was fixed before reports were
 * signed has no signature and never gets one: nobody signs afterwards what others fixed.
 */
#include <fcntl.h>

#include "base/file.h"
#include "base/jws.h"
#include "base/x509.h"
#include "issuer/domain.h"
#include "issuer/find.h"
#include "issuer/reporting.h"

#define MAX_CRL FJ_CRL_MAX

enum fj_rc rpt_seal(struct iss_call *c, const char *id, const struct rpt_key *k, const char *sha256, struct fj_err *err)
{
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(64);
	uint8_t hash[FJ_SHA256_LEN];

	FJ_TRY(fj_unhex(sha256, 64, hash));
	FJ_TRY(fj_b64u_put(&b64, FJ_SLICE(hash, sizeof(hash))));
	FJ_AUTO(json) intent = json_pack("{s:{s:s, s:s, s:s, s:I, s:s, s:{s:s, s:s, s:s}, s:s}}", "payload", "iss", iss_base(c->iss), "vct", FJ_VCT_MANIFEST, "jti", id, "iat",
	    (json_int_t)c->now, "kind", FJ_MANIFEST_REPORT, "report", "kind", k->kind->name, "period", k->period, "unit", k->unit, "sha256", fj_buf_str(&b64));
	return intent == NULL ? fj_no_memory(err, "issuer") : pipe_intend(c, PIPE_REPORT, id, intent, err);
}

/* intent, signature and what it was given up for are the pipeline's tables */
enum fj_rc apply_report_seal(const struct evt *e, struct fj_err *err)
{
	(void)e;
	(void)err;
	return FJ_OK;
}

/* --- reading --- */

static json_t *unsigned_json(const char *state, const char *en, const char *zh)
{
	return json_pack("{s:s, s:{s:s, s:s}}", "state", state, "why", "en", en, "zh", zh);
}

/* the compact JWS; NULL none, with the state that says why */
static enum fj_rc seal_of(struct sto *db, const char *id, struct fj_buf *jws, char state[16], fj_time *at, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) intent = NULL;
	bool row;

	*at = 0;
	snprintf(state, 16, "NONE");
	FJ_TRY(sto_query(db, STO_INTENT_GET, &q, err, "it", (int64_t)PIPE_REPORT, id));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	snprintf(state, 16, "%s", sto_text(&q, 0));
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 2)), 65536, &intent, err));
	*at = fj_json_num(json_object_get(intent, "payload"), "iat");
	return strcmp(state, "ISSUED") == 0 ? dom_credential(db, PIPE_REPORT, id, jws, err) : FJ_OK;
}

enum fj_rc rpt_signature(struct sto *db, const char *id, const char *state, json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) jws = FJ_BUF_INIT(FJ_TOKEN_MAX);
	char made[16], when[FJ_TIME_CAP];
	fj_time at;

	*out = json_null();
	if (strcmp(state, "FIXED") != 0)
		return FJ_OK;
	FJ_TRY(seal_of(db, id, &jws, made, &at, err));
	fj_time_utc(at, when);
	*out = jws.len > 0 ? json_pack("{s:s, s:s, s:s}", "state", "SIGNED", "at", when, "jws", fj_buf_str(&jws))
	    : strcmp(made, "PENDING") == 0 ? unsigned_json("PENDING", "its signature is being made", "正在签名")
	    : strcmp(made, "NONE") == 0 ? unsigned_json("NONE", "it was fixed before this register signed reports, and has no signature", "该报告定稿时本系统尚不对报告签名，故无签名")
	    : unsigned_json("ABANDONED", "the signer refused; submit a further version of it", "签名机拒绝签名；请另行提交新版本");
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- the file --- */

/* as published now; one that is not there is left to whoever checks */
static enum fj_rc add_crl(json_t *list, const char *path, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(MAX_CRL);
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(2 * MAX_CRL);

	enum fj_rc rc = fj_file_read(AT_FDCWD, path, &der, err);
	if (rc == FJ_E_NOTFOUND)
		return FJ_OK;
	FJ_TRY(rc);
	FJ_TRY(fj_b64_put(&b64, fj_buf_slice(&der)));
	return json_array_append_new(list, json_string(fj_buf_str(&b64))) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc no_signature(const char *id, struct fj_err *err)
{
	enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", "formats.md 14", "the report %s has no signature: `report show` says why", id);

	fj_err_zh(err, "报告 %s 没有签名；原因见“查看报告”", id);
	return rc;
}

enum fj_rc rpt_signed_file(struct iss_call *c, const char *id, const char *doc, struct fj_err *err)
{
	FJ_AUTO(buf) jws = FJ_BUF_INIT(FJ_TOKEN_MAX);
	FJ_AUTO(buf) file = FJ_BUF_INIT(RPT_MAX_SIGNED);
	FJ_AUTO(json) document = NULL;
	FJ_AUTO(json) crls = json_array();
	char state[16], name[RPT_ID_CAP + 16];
	fj_time at;

	FJ_TRY(seal_of(c->db, id, &jws, state, &at, err));
	if (jws.len == 0)
		return no_signature(id, err);
	FJ_TRY(fj_json_parse(fj_slice_str(doc), RPT_MAX_DOC, &document, err));
	FJ_TRY(add_crl(crls, "publish/trust/crl/root.crl", err));
	FJ_TRY(add_crl(crls, "publish/trust/crl/1.crl", err));
	FJ_AUTO(json) whole = json_pack("{s:s, s:O, s:s, s:O}", "format", FJ_FORMAT_REPORT, "document", document, "signature", fj_buf_str(&jws), "crls", crls);
	FJ_TRY(whole == NULL ? fj_no_memory(err, "issuer") : fj_json_canonical(whole, &file, err));
	snprintf(name, sizeof(name), "%.40s.signed.json", id);
	return fnd_file(c, name, "application/json", &file, err);
}
