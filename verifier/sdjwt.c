/*
 * sdjwt.c - license tokens (许可令牌) and authorisation credentials (授权凭证):
 * SD-JWT VC without disclosures, docs/formats.md 5.1 and 5.2.
 *
 * A token stands on three entries: its own, its asset's and its authorisation's.
 * Any of them other than valid denies, any that is missing leaves the verdict
 * open.  Checks go on after a failure where they still mean something, so that
 * one report says all that is wrong; after a signature that fails, nothing does.
 */
#include "verifier/internal.h"

static enum fj_rc check_form(struct ver_job *j, struct fj_err *err)
{
	const char *vct = fj_json_peek(j->jws.payload, "vct");

	if (vct != NULL && strcmp(vct, FJ_VCT_TOKEN) == 0)
		j->token = true;
	else if (vct == NULL || strcmp(vct, FJ_VCT_AUTHORISATION) != 0)
		return fj_fail(err, FJ_E_INVALID, "verify", "RFC 8725 3.11", "vct is neither a license token's nor an authorisation credential's");
	FJ_TRY(j->token ? fj_token_check(j->jws.payload, err) : fj_authorisation_check(j->jws.payload, err));
	if (!j->token && j->proof.len > 0)
		return fj_fail(err, FJ_E_INVALID, "verify", "formats.md 5.2", "an authorisation credential carries no proof of a holder");
	return FJ_OK;
}

static void check_time(struct ver_job *j)
{
	const json_t *p = j->jws.payload;
	fj_time from = fj_json_num(p, "nbf"), to = fj_json_num(p, "exp"), now = j->in->now;
	char a[FJ_TIME_CAP], b[FJ_TIME_CAP];

	if (now < from)
		ver_say(j->r, CK_TIME, VER_FAIL, "RFC 7519 4.1.5", "is not valid yet", "尚未生效");
	else if (now > to)
		ver_say(j->r, CK_TIME, VER_FAIL, "RFC 7519 4.1.4", "has expired", "已过期");
	else
		ver_say(j->r, CK_TIME, VER_PASS, "RFC 7519 4.1", "within its validity, first and last second included", "在有效期内（含首末秒）");
	fj_time_utc(from, a);
	fj_time_utc(to, b);
	ver_evidence(j->r, CK_TIME, "%s to %s", a, b);
}

static const char *iss_of(const struct ver_job *j)
{
	return fj_json_peek(j->jws.payload, "iss");
}

static void say_status(struct ver_job *j, enum ver_ck k, const json_t *ref)
{
	struct ver_finding f;

	ver_status_of(j->t, j->jws.alg, iss_of(j), ref, j->in->now, &f);
	if (j->token && k == CK_STATUS)
		ver_status_token(&f);
	if (k == CK_AUTH_STATUS || (k == CK_STATUS && !j->token))
		ver_status_authorisation(&f);
	ver_say_finding(j->r, k, &f);
}

/* the worst of an authorisation's assets */
static void all_assets(struct ver_job *j)
{
	struct ver_finding worst, f;
	size_t i;
	json_t *a;

	ver_find(&worst, VER_PASS, "formats.md 5.2", "every asset is in force", "各数据资产状态均有效");
	json_array_foreach(json_object_get(j->jws.payload, "assets"), i, a) {
		ver_status_of(j->t, j->jws.alg, iss_of(j), json_object_get(a, "status"), j->in->now, &f);
		ver_worse(&worst, &f);
	}
	ver_say_finding(j->r, CK_ASSET_STATUS, &worst);
}

static void check_status(struct ver_job *j)
{
	const json_t *p = j->jws.payload;

	say_status(j, CK_STATUS, json_object_get(json_object_get(p, "status"), "status_list"));
	if (j->token) {
		say_status(j, CK_ASSET_STATUS, json_object_get(json_object_get(p, "asset"), "status"));
		say_status(j, CK_AUTH_STATUS, json_object_get(json_object_get(p, "parent"), "status"));
	} else {
		all_assets(j);
		say_status(j, CK_AUTH_STATUS, json_object_get(p, "authorisation_status"));
	}
}

void ver_verify_sd_jwt(struct ver_job *j)
{
	struct fj_err err = {.rc = FJ_OK};

	enum fj_rc rc = check_form(j, &err);
	ver_report_expect(j->r, j->token ? "token" : "authorisation", (1u << CK_COUNT) - 1);
	j->r->subject = json_incref(j->jws.payload);
	if (rc != FJ_OK) {
		j->nomem = rc == FJ_E_NOMEM;
		ver_say_err(j->r, CK_FORM, VER_FAIL, &err);
		return;
	}
	ver_say(j->r, CK_FORM, VER_PASS, "formats.md 5", "well-formed: exactly the members that are allowed", "格式合规，字段与规定一致");
	if (!j->token && j->jws.alg != FJ_ES256) {
		ver_say(j->r, CK_ALGORITHM, VER_FAIL, "formats.md 21", "authorisation credentials are signed under P-256 alone", "授权凭证仅以 P-256 体系签名");
		return;
	}
	if (!ver_job_signer(j, ".2.3"))
		return;
	check_time(j);
	check_status(j);
	ver_narrowing(j);
	ver_scope_grant(j);
	ver_restrictions_grant(j);
	ver_holder(j);
	ver_quota(j);
	ver_logged_grant(j);
}
