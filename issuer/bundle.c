/*
 * bundle.c - the bundle of a credential (docs/formats.md 15): what somebody without a network
 * needs beside it to judge it.
 *
 * The credential comes from the register by its number, or as a file from whoever has it; all
 * else is read from D/publish, by the verifier's own code: what a bundle needs is what its
 * verdict lacks.  Nothing is signed and nothing changes.  A credential that is not of this
 * appliance is refused; one that is revoked is not: its bundle proves that.
 */
#include "verifier/bundle.h"

#include <fcntl.h>

#include "base/file.h"
#include "issuer/domain.h"
#include "issuer/find.h"
#include "issuer/token.h"

#define MAX_CREDENTIAL 65536

const struct iss_field fld_bundle_create[] = {
	{"id", ISS_F_STR, false, 40, "证书、授权或许可令牌编号", "number of a certificate or authorisation, or id of a license token"},
	{"credential", ISS_F_FILE, false, MAX_CREDENTIAL, "凭证文件", "or the credential as a file"},
	{"log_proof", ISS_F_FILE, false, FJ_LOG_PROOF_MAX, "公开日志证明文件", "and the proof that it is in the public log, of a credential that is given as a file"},
	{"at", ISS_F_STR, false, 20, "时间", "of the status of then: RFC 3339 in UTC; none: now"},
	{0},
};

/* its bytes as issued, by number, and the proof that it is in the public log */
static enum fj_rc by_number(struct iss_call *c, const char *id, struct fj_buf *out, struct fj_buf *proof, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	struct dom_cert cert;
	struct token t;
	bool may;

	if (strncmp(id, "LT-", 3) == 0) {
		FJ_TRY(tok_get(c->db, id, &t, err));
		FJ_TRY(tok_may_have(c, &t, &may, err));
		if (!may)
			return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "a license token is handed to whom it was made for, its parties and auditors; give its file, if you have it",
			    "许可令牌仅向使用单位、授权各方和审计人员提供；如持有令牌文件，请改为提供文件");
		return log_credential(c->iss, c->db, PIPE_TOKEN, id, out, proof, err);
	}
	if (strncmp(id, "DAU-", 4) == 0) {
		FJ_TRY(dom_auth_get(c->db, id, &a, err));
		return log_credential(c->iss, c->db, PIPE_AUTHORISATION, a.credential, out, proof, err);
	}
	FJ_TRY(dom_cert_get(c->db, id, &cert, err));
	return log_credential(c->iss, c->db, PIPE_CERTIFICATE, id, out, proof, err);
}

static enum fj_rc credential(struct iss_call *c, struct fj_buf *out, struct fj_buf *proof, struct fj_err *err)
{
	const char *id = fj_json_peek(c->params, "id");

	if ((id == NULL) == (json_object_get(c->params, "credential") == NULL))
		return fj_refuse(err, FJ_E_USAGE, "issuer", "formats.md 15", "name a number, or give a credential's file: one of them", "请给出编号或凭证文件之一");
	if (id != NULL)
		return by_number(c, id, out, proof, err);
	if (json_object_get(c->params, "log_proof") != NULL)
		FJ_TRY(iss_param_file(c, "log_proof", proof, err));
	return iss_param_file(c, "credential", out, err);
}

static enum fj_rc time_of(struct iss_call *c, fj_time *at, bool *past, struct fj_err *err)
{
	const char *text = fj_json_peek(c->params, "at");

	*at = c->now;
	*past = text != NULL;
	if (text == NULL)
		return FJ_OK;
	FJ_TRY(fj_time_parse(text, at, err));
	return *at <= c->now ? FJ_OK
	    : fj_refuse(err, FJ_E_INVALID, "issuer", "formats.md 15", "there is no status of a time that has not come", "所给时间尚未到来，没有当时的状态资料");
}

enum fj_rc cmd_bundle_create(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) bytes = FJ_BUF_INIT(MAX_CREDENTIAL);
	FJ_AUTO(buf) proof = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);
	FJ_AUTO(buf) bundle = FJ_BUF_INIT(VER_BUNDLE_MAX);
	FJ_AUTO(fd) dir = -1;
	const char *id = fj_json_peek(c->params, "id");
	char name[64];
	fj_time at;
	bool past;

	FJ_TRY(time_of(c, &at, &past, err));
	FJ_TRY(credential(c, &bytes, &proof, err));
	FJ_TRY(fj_dir_open(AT_FDCWD, "publish/trust", &dir, err));
	FJ_TRY(ver_bundle_make(dir, fj_buf_slice(&bytes), fj_buf_slice(&proof), at, past, &bundle, err));
	snprintf(name, sizeof(name), "bundle%s%.40s.json", id != NULL ? "-" : "", id != NULL ? id : "");
	return fnd_file(c, name, "application/json", &bundle, err);
}
