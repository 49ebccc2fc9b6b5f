/*
 * verify.c - from bytes to a report: what kind of credential it is, and the
 * steps that all signed JSON shares.
 *
 * The kind is told by the content and never by the caller, and the checks of a
 * kind follow from the signed typ and vct: a token can't be passed off as an
 * authorisation (RFC 8725 3.11).  Whatever can't be read is a deny.
 */
#include "verifier/internal.h"

static bool space(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static struct fj_slice trim(struct fj_slice s)
{
	while (s.len > 0 && space(s.p[0]))
		s = FJ_SLICE(s.p + 1, s.len - 1);
	while (s.len > 0 && space(s.p[s.len - 1]))
		s.len--;
	return s;
}

static void refuse_form(struct ver_job *j, enum fj_rc rc, const struct fj_err *err)
{
	j->nomem = j->nomem || rc == FJ_E_NOMEM;
	ver_report_expect(j->r, "unknown", (1u << CK_NARROWING) - 1);
	ver_say_err(j->r, rc == FJ_E_UNSUPPORTED ? CK_ALGORITHM : CK_FORM, VER_FAIL, err);
}

/* --- the signer of a JWS --- */

static bool check_signer(struct ver_job *j, const char *suffix)
{
	const struct ver_signer *s = j->signer.s;
	const char *iss = fj_json_peek(j->jws.payload, "iss");

	if (j->jws.alg != fj_alg_of(s->x.curve))
		ver_say(j->r, CK_SIGNER, VER_FAIL, "RFC 8725 3.1", "alg is another than the signer's key has", "alg 与签名证书的密钥算法不符");
	else if (!ver_signer_is(s, suffix))
		ver_say(j->r, CK_SIGNER, VER_FAIL, "RFC 5280 4.2.1.12", "the signer's certificate is not for this kind of credential", "签名证书的扩展密钥用途与凭证种类不符");
	else if (iss == NULL || strcmp(s->iss, iss) != 0)
		ver_say(j->r, CK_SIGNER, VER_FAIL, "RFC 5280 4.2.1.6", "iss is not the address in the signer's certificate", "iss 与签名证书中的地址不一致");
	else if (strcmp(s->kid, j->jws.kid) != 0)
		ver_say(j->r, CK_SIGNER, VER_FAIL, "RFC 7638", "kid is not what the signer's key is called", "kid 不是签名公钥的指纹");
	else
		ver_say(j->r, CK_SIGNER, VER_PASS, "RFC 5280 4.2.1.12", "the right signer for this kind, and for this issuer's address", "签名证书的用途与签发地址相符");
	ver_evidence(j->r, CK_SIGNER, "%s, %s", s->x.eku, s->iss);
	return j->r->check[CK_SIGNER].outcome == VER_PASS;
}

/* claims of tokens and authorisations, under a CA that the root has limited */
static void check_limits(struct ver_job *j, const struct ver_ca *ca)
{
	const char *vct = fj_json_text(j->jws.payload, "vct");
	struct fj_err err;
	char words[512];

	if (!ca->limited || j->r->check[CK_CHAIN].outcome == VER_FAIL || (strcmp(vct, FJ_VCT_TOKEN) != 0 && strcmp(vct, FJ_VCT_AUTHORISATION) != 0))
		return;
	if (fj_limits_claims(&ca->limits, j->jws.payload, &err) != FJ_OK) {
		ver_say_err(j->r, CK_CHAIN, VER_FAIL, &err);
		return;
	}
	fj_limits_words(&ca->limits, false, words);
	ver_evidence(j->r, CK_CHAIN, "a subordinate CA, within its limits / 下级签发机构，未超出限制: %s", words);
}

bool ver_job_signer(struct ver_job *j, const char *suffix)
{
	struct ver_finding f;

	ver_say_alg(j->r, j->jws.alg);
	if (j->signer.s == NULL) {
		ver_say_err(j->r, CK_CHAIN, VER_FAIL, &j->chain);
		return false;
	}
	const struct ver_signer *s = j->signer.s;
	ver_dates(&s->x, s->ca, j->in->now, &f);
	ver_say_finding(j->r, CK_CHAIN, &f);
	check_limits(j, s->ca);
	bool right = check_signer(j, suffix);
	ver_path_revoked(j->t, &s->x, s->ca, j->in->now, &f);
	ver_say_finding(j->r, CK_SIGNER_STATUS, &f);
	if (!ver_jws_verify(j->t, &j->jws, &j->signer)) {
		ver_say(j->r, CK_SIGNATURE, VER_FAIL, "RFC 7515 5.2", "the signature does not verify: the credential was changed or is not this signer's", "签名不成立：凭证被改动，或并非该签名者所签");
		return false;
	}
	ver_say(j->r, CK_SIGNATURE, VER_PASS, "RFC 7515 5.2", "verifies under the signer's key", "签名经签名者公钥验证成立");
	ver_evidence(j->r, CK_SIGNATURE, "kid %s", s->kid);
	return right;
}

/* --- JWS --- */

/* <jws>~ or <jws>~<kb+jwt>: no disclosures (docs/formats.md 5) */
static bool split(struct ver_job *j, struct fj_slice *compact, struct fj_err *err)
{
	const uint8_t *tilde = memchr(j->credential.p, '~', j->credential.len);

	*compact = j->credential;
	if (tilde == NULL)
		return true;
	compact->len = (size_t)(tilde - j->credential.p);
	j->proof = FJ_SLICE(tilde + 1, j->credential.len - compact->len - 1);
	if (j->credential.len > FJ_TOKEN_MAX)
		return fj_fail(err, FJ_E_LIMIT, "verify", "standards.md", "a token has %zu octets; %d are allowed", j->credential.len, FJ_TOKEN_MAX) == FJ_OK;
	if (j->proof.len > 0 && memchr(j->proof.p, '~', j->proof.len) != NULL)
		return fj_fail(err, FJ_E_PARSE, "verify", "RFC 9901 4", "there are disclosures, and this profile has none") == FJ_OK;
	return true;
}

static void verify_jws(struct ver_job *j)
{
	struct fj_err err = {.rc = FJ_OK};
	struct fj_slice compact;

	if (!split(j, &compact, &err)) {
		refuse_form(j, err.rc, &err);
		return;
	}
	bool sd = compact.len != j->credential.len;
	enum fj_rc rc = ver_jws_read(j->t, compact, sd ? FJ_TOKEN_MAX : FJ_STATUS_JWT_MAX, &j->jws, &j->signer, &j->chain, &err);
	if (rc == FJ_OK && strcmp(j->jws.typ, sd ? FJ_TYP_TOKEN : FJ_TYP_STATUS) != 0)
		rc = fj_fail(&err, FJ_E_PARSE, "verify", "RFC 8725 3.11", "the type \"%s\" and the form do not belong together (dc+sd-jwt ends in ~, statuslist+jwt does not)", j->jws.typ);
	if (rc != FJ_OK)
		refuse_form(j, rc, &err);
	else if (sd)
		ver_verify_sd_jwt(j);
	else
		ver_verify_list(j);
}

/* --- X.509 --- */

/* a CRL's TBS begins with an INTEGER, a certificate's with [0] */
static bool looks_like_crl(struct fj_slice der)
{
	struct fj_der d, signed_part, tbs;

	fj_der_init(&d, der);
	return fj_der_enter(&d, FJ_DER_SEQ, &signed_part, NULL) == FJ_OK && fj_der_enter(&signed_part, FJ_DER_SEQ, &tbs, NULL) == FJ_OK &&
	    fj_der_peek(&tbs) == FJ_DER_INTEGER;
}

static void verify_der(struct ver_job *j, struct fj_slice der)
{
	if (looks_like_crl(der))
		ver_verify_crl(j, der);
	else
		ver_verify_certificate(j, der);
}

static void verify_pem(struct ver_job *j)
{
	struct fj_err err = {.rc = FJ_OK};
	struct fj_slice in = j->credential;
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_CRL_MAX);

	bool crl = in.len > 20 && memcmp(in.p, "-----BEGIN X509 CRL-", 20) == 0;
	enum fj_rc rc = ver_pem_next(&in, crl ? "X509 CRL" : "CERTIFICATE", &der, &err);
	if (rc == FJ_OK && trim(in).len > 0)
		rc = fj_fail(&err, FJ_E_PARSE, "verify", "RFC 7468 3", "something follows the PEM block; give one credential at a time");
	if (rc == FJ_OK && memcmp(j->credential.p, "-----BEGIN", 10) != 0)
		rc = fj_fail(&err, FJ_E_PARSE, "verify", "RFC 7468 3", "something precedes the PEM block");
	if (rc == FJ_OK && looks_like_crl(fj_buf_slice(&der)) != crl)
		rc = fj_fail(&err, FJ_E_PARSE, "verify", "RFC 7468 3", "the PEM label does not fit what is inside");
	if (rc != FJ_OK)
		refuse_form(j, rc, &err);
	else
		verify_der(j, fj_buf_slice(&der));
}

static void dispatch(struct ver_job *j)
{
	struct fj_err err;
	struct fj_slice in = j->in->credential;

	j->credential = trim(in);
	if (j->credential.len == 0)
		refuse_form(j, fj_fail(&err, FJ_E_PARSE, "verify", "formats.md 8", "there is nothing to verify: the credential is empty"), &err);
	else if (in.len > 2 * FJ_CRL_MAX)
		refuse_form(j, fj_fail(&err, FJ_E_LIMIT, "verify", "formats.md 8", "the credential has %zu octets; more than any kind may have", in.len), &err);
	else if (in.p[0] == FJ_DER_SEQ)
		verify_der(j, in);
	else if (j->credential.p[0] == '{')
		ver_verify_report(j);
	else if (j->credential.len >= 10 && memcmp(j->credential.p, "-----BEGIN", 10) == 0)
		verify_pem(j);
	else
		verify_jws(j);
}

enum fj_rc ver_proof_form(const char *nonce, const char *x5t, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(64);

	if (nonce != NULL && (nonce[0] == '\0' || strlen(nonce) > 256))
		return fj_fail(err, FJ_E_USAGE, "verify", "RFC 9901 4.3", "the nonce is 1 to 256 octets");
	if (x5t != NULL && (fj_b64u_get(x5t, strlen(x5t), &b) != FJ_OK || b.len != FJ_SHA256_LEN))
		return fj_fail(err, FJ_E_USAGE, "verify", "RFC 8705 3.1", "x5t is base64url of 32 octets");
	return FJ_OK;
}

enum fj_rc ver_input_at(struct ver_input *in, const char *at, struct fj_err *err)
{
	fj_time now = in->now;

	if (at == NULL)
		return FJ_OK;
	if (fj_time_parse(at, &in->now, err) != FJ_OK)
		return fj_refuse(err, FJ_E_USAGE, "verify", "RFC 3339", "the time to judge at is not of the form 2026-03-16T08:00:00Z", "核验时间格式应为 2026-03-16T08:00:00Z");
	in->past = in->now < now;
	return FJ_OK;
}

/* a file's name is nobody's signature: what is inside has to bear the number that was asked for */
static void check_number(struct ver_job *j)
{
	const char *got = fj_json_peek(j->r->subject, "number");

	if (got == NULL) /* of signed JSON */
		got = fj_json_peek(j->r->subject, "jti");
	if (j->in->number != NULL && (got == NULL || strcmp(got, j->in->number) != 0))
		ver_say(j->r, CK_FORM, VER_FAIL, "formats.md 7", "what is published under this number is another credential", "以该编号公开的内容是另一份凭证");
}

/* from the CA that it hangs on up to the root that is trusted */
static void keep_path(const struct ver_ca *ca, struct ver_report *out)
{
	for (; out->n_path < VER_MAX_PATH; ca = ca->above) {
		struct ver_link *l = &out->path[out->n_path++];
		const struct ver_ca *at = out->n_path == VER_MAX_PATH ? ver_root_of(ca) : ca;
		memcpy(l->name, at->name, sizeof(l->name));
		memcpy(l->sha256, at->sha256, sizeof(l->sha256));
		if (at == at->above)
			break;
	}
}

enum fj_rc ver_verify(const struct ver_trust *t, const struct ver_input *in, struct ver_report *out, struct fj_err *err)
{
	struct ver_job j = {.t = t, .in = in, .r = out};

	ver_report_begin(out, in->now);
	out->past = in->past;
	dispatch(&j);
	check_number(&j);
	fj_jws_release(&j.jws);
	const struct ver_ca *ca = j.signer.s != NULL ? j.signer.s->ca : j.ca;
	if (ver_report_passed(out, "signature"))
		out->tpm = ver_trust_tpm(t, ca, j.signer.s);
	if (ver_report_passed(out, "signature") && ca != NULL)
		keep_path(ca, out);
	ver_signer_release(&j.signer);
	if (out->subject == NULL)
		out->subject = json_object();
	ver_report_end(out, in->max_age);
	if (!j.nomem && out->subject != NULL)
		return FJ_OK;
	ver_report_release(out);
	out->verdict = VER_DENY;
	return fj_no_memory(err, "verify");
}
