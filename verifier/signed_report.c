/*
 * signed_report.c - a report as another office hands it on (docs/formats.md 14): the
 * document, a manifest that signs its hash, and revocation lists of the day.
 *
 * The signature is over the document's hash, so a file whose document was touched fails
 * as one whose signature does not hold.  What the manifest says of kind, period and unit
 * has to be what the document says, and its id has to be of them: nobody has to look at
 * two places.  The file's own revocation lists speak only where the trust has none that
 * is current, and never against it: they are signed by the same CAs, and whoever made
 * the file chose them.
 */
#include "verifier/internal.h"

#define BAD(cite, what) fj_fail(err, FJ_E_INVALID, "verify", cite, "%s", what)

static const char *text(const json_t *o, const char *key)
{
	const char *s = fj_json_peek(o, key);

	return s == NULL ? "" : s;
}

/* both say which report it is, and agree */
static enum fj_rc check_names(const json_t *manifest, const json_t *doc, struct fj_err *err)
{
	const json_t *r = json_object_get(manifest, "report");
	char behind[40];

	if (strcmp(text(r, "kind"), text(doc, "kind")) != 0 || strcmp(text(r, "period"), text(doc, "period")) != 0 ||
	    strcmp(text(r, "unit"), text(json_object_get(doc, "unit"), "usci")) != 0)
		return BAD("formats.md 14", "the manifest is of another report than the document: kind, period or unit differ");
	snprintf(behind, sizeof(behind), "-%.8s-%.18s", text(r, "period"), text(r, "unit"));
	const char *jti = text(manifest, "jti"), *at = strstr(jti, behind);
	return strncmp(jti, "RP-", 3) == 0 && at != NULL && (at[strlen(behind)] == '\0' || at[strlen(behind)] == '-') ? FJ_OK
	    : BAD("formats.md 14", "the manifest's jti is not the id of this report");
}

/* hash of the document in canonical form is the one that was signed */
static enum fj_rc check_hash(const json_t *manifest, const json_t *doc, struct fj_err *err)
{
	FJ_AUTO(buf) canonical = FJ_BUF_INIT(VER_REPORT_MAX);
	char hash[44];

	FJ_TRY(fj_json_canonical(doc, &canonical, err));
	if (ver_sha256_b64u(fj_buf_slice(&canonical), hash) != FJ_OK)
		return fj_no_memory(err, "verify");
	return strcmp(hash, text(manifest, "sha256")) == 0 ? FJ_OK
	    : fj_fail(err, FJ_E_SIGNATURE, "verify", "formats.md 14", "the document is not the one that was signed: it was changed, or is another");
}

static enum fj_rc read_manifest(struct ver_job *j, const json_t *file, struct fj_err *err)
{
	const char *compact = fj_json_peek(file, "signature");

	FJ_TRY(ver_jws_read(j->t, fj_slice_str(compact), FJ_TOKEN_MAX, &j->jws, &j->signer, &j->chain, err));
	if (strcmp(j->jws.typ, FJ_TYP_MANIFEST) != 0)
		return BAD("RFC 8725 3.11", "the signature is not a manifest's (typ manifest+jwt)");
	if (j->jws.alg != FJ_ES256)
		return BAD("formats.md 21", "reports are signed under P-256 alone");
	FJ_TRY(fj_manifest_check(j->jws.payload, err));
	if (strcmp(text(j->jws.payload, "vct"), FJ_VCT_MANIFEST) != 0 || strcmp(text(j->jws.payload, "kind"), FJ_MANIFEST_REPORT) != 0)
		return BAD("RFC 8725 3.11", "the signature is not a report's");
	return check_names(j->jws.payload, json_object_get(file, "document"), err);
}

/* the lists that came with the file, beside those that are at hand */
static enum fj_rc brought(const struct ver_job *j, const json_t *file, struct ver_trust **out, struct fj_err *err)
{
	size_t i;
	json_t *v;

	FJ_TRY(ver_trust_over(j->t, out, err));
	json_array_foreach(json_object_get(file, "crls"), i, v) {
		FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_CRL_MAX);
		const char *s = json_string_value(v);
		if (fj_b64_get(s, strlen(s), &der) == FJ_OK)
			FJ_ENSURE(ver_trust_add(*out, VER_CRL, "", fj_buf_slice(&der), err) != FJ_E_NOMEM, FJ_E_NOMEM); /* what is not authentic is left out */
	}
	return FJ_OK;
}

static void signer_status(struct ver_job *j, const json_t *file)
{
	struct fj_err err = {.rc = FJ_OK};
	FJ_AUTO(ver_trust) own = NULL;
	struct ver_finding f;

	if (j->signer.s == NULL || j->r->check[CK_SIGNER_STATUS].outcome != VER_UNKNOWN || json_array_size(json_object_get(file, "crls")) == 0)
		return;
	if (brought(j, file, &own, &err) != FJ_OK) {
		j->nomem = j->nomem || err.rc == FJ_E_NOMEM;
		return;
	}
	ver_path_revoked(own, &j->signer.s->x, j->signer.s->ca, j->in->now, &f);
	ver_say_finding(j->r, CK_SIGNER_STATUS, &f);
}

static void check_time(struct ver_job *j)
{
	fj_time at = fj_json_num(j->jws.payload, "iat");
	char when[FJ_TIME_CAP];

	if (j->in->now + VER_SKEW >= at)
		ver_say(j->r, CK_TIME, VER_PASS, "RFC 7519 4.1.6", "was signed before this time; a report has no end", "签名时间不晚于核验时间；报告本身无有效期");
	else
		ver_say(j->r, CK_TIME, VER_FAIL, "RFC 7519 4.1.6", "would have been signed after this time", "签名时间晚于核验时间");
	fj_time_utc(at, when);
	ver_evidence(j->r, CK_TIME, "signed %s", when);
}

static json_t *subject(const struct ver_job *j, const json_t *doc)
{
	const json_t *p = j->jws.payload, *r = json_object_get(p, "report");

	return json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:I, s:s}", "iss", text(p, "iss"), "report", text(p, "jti"), "kind", text(r, "kind"), "period", text(r, "period"),
	    "unit", "usci", text(r, "unit"), "name", text(json_object_get(doc, "unit"), "name"), "iat", (json_int_t)fj_json_num(p, "iat"), "sha256", text(p, "sha256"));
}

void ver_verify_report(struct ver_job *j)
{
	struct fj_err err = {.rc = FJ_OK};
	FJ_AUTO(json) file = NULL;

	ver_report_expect(j->r, "report", 1u << CK_FORM | 1u << CK_ALGORITHM | 1u << CK_CHAIN | 1u << CK_SIGNER | 1u << CK_SIGNER_STATUS | 1u << CK_SIGNATURE | 1u << CK_TIME);
	enum fj_rc rc = fj_json_parse(j->credential, VER_REPORT_FILE_MAX, &file, &err);
	if (rc == FJ_OK)
		rc = fj_signed_report_check(file, &err);
	if (rc == FJ_OK)
		rc = read_manifest(j, file, &err);
	if (rc != FJ_OK) {
		j->nomem = rc == FJ_E_NOMEM;
		ver_say_err(j->r, rc == FJ_E_UNSUPPORTED ? CK_ALGORITHM : CK_FORM, VER_FAIL, &err);
		return;
	}
	ver_say(j->r, CK_FORM, VER_PASS, "formats.md 14", "a signed report; document and manifest name the same kind, period and unit", "格式合规的签名报告，文件与清单所载类别、报告期、单位一致");
	j->r->subject = subject(j, json_object_get(file, "document"));
	bool right = ver_job_signer(j, ".2.3");
	signer_status(j, file);
	if (!right)
		return;
	rc = check_hash(j->jws.payload, json_object_get(file, "document"), &err);
	j->nomem = j->nomem || rc == FJ_E_NOMEM;
	if (rc != FJ_OK) {
		fj_err_zh(&err, "%s", "签名不成立：报告内容被改动，或并非所签的那一份");
		ver_say_err(j->r, CK_SIGNATURE, VER_FAIL, &err);
	}
	check_time(j);
}
