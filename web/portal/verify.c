/*
 * verify.c - the public page: a pasted credential, or a number, and its verdict,
 * by the same code as tool and service.
 *
 * Nothing of what is asked is stored.  What was pasted stays in the form, so that
 * another use can be tried or a fault corrected.
 */
#include "base/note.h"
#include "base/x509.h"
#include "web/portal/internal.h"

void portal_get_verify(struct web_req *q, struct web_res *r)
{
	portal_top(q, &r->body, web_tr(q, "Check a data asset credential"));
	web_verify_form(q, &r->body, "/verify", false);
	web_page_end(&r->body);
}

static struct fj_slice trimmed(const char *text)
{
	text += strspn(text, " \t\r\n");
	size_t n = strlen(text);
	while (n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL)
		n--;
	return (struct fj_slice){(const uint8_t *)text, n};
}

/* a short text that begins so: a number, not a credential */
static bool number_of(struct fj_slice s, const char *begin, char out[41])
{
	if (s.len > 40 || s.len < strlen(begin) || memcmp(s.p, begin, strlen(begin)) != 0)
		return false;
	snprintf(out, 41, "%.*s", (int)s.len, (const char *)s.p);
	return true;
}

/* certificates are in the register: the trust folder has only those that are authorised */
static enum fj_rc certificate_of(struct iss *i, const char *number, json_t **shown, struct fj_err *err)
{
	static const struct iss_actor anybody = {.login = "local", .roles = ISS_LOCAL, .via = "public"};
	FJ_AUTO(json) params = json_pack("{s:s}", "number", number);

	FJ_TRY(iss_command(i, &anybody, "certificate.show", params, shown, err));
	if (fj_json_peek(*shown, "pem") != NULL)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_NOTFOUND, "portal", "formats.md 7", "no published certificate bears the number \"%s\"", number);
	fj_err_zh(err, "没有编号为“%s”的已公开证书", number);
	return rc;
}

static enum fj_rc verdict_of(struct iss *i, const struct ver_view *v, const char *text, const char *use_text, struct fj_slice proof, json_t **out, struct fj_err *err)
{
	FJ_AUTO(ver_use) use = NULL;
	FJ_AUTO(ver_report) report = {.n = 0};
	FJ_AUTO(json) shown = NULL;
	FJ_AUTO(buf) found = FJ_BUF_INIT(FJ_X509_MAX + FJ_TOKEN_MAX);
	struct ver_trust *made = NULL;
	struct ver_input in = {.now = fj_now(), .credential = trimmed(text), .log_proof = proof};
	char number[41];

	if (use_text[0] != '\0')
		FJ_TRY(ver_use_parse(use_text, &use, err));
	in.use = use;
	if (number_of(in.credential, "LT-", number)) {
		return fj_refuse(err, FJ_E_NOTFOUND, "portal", NULL, "license tokens are not published by their number; paste the whole token",
		    "许可令牌不按编号公开，请粘贴令牌全文");
	}
	if (number_of(in.credential, "DAU-", number)) {
		FJ_TRY(ver_folder_find(v->dir, number, &found, err));
		in.credential = fj_buf_slice(&found);
		in.number = number;
	} else if (number_of(in.credential, "DAC-", number)) {
		FJ_TRY(certificate_of(i, number, &shown, err));
		in.credential = fj_slice_str(fj_json_peek(shown, "pem"));
		in.number = number;
	}
	FJ_TRY(ver_trust_over(v->trust, &made, err));
	FJ_AUTO(ver_trust) over = made;
	FJ_TRY(ver_verify_in(v->dir, over, &in, &report, err));
	*out = ver_report_json(&report);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "portal");
}

static enum fj_rc verdict_now(struct portal *p, struct web_req *q, json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) proof = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);
	struct ver_view *v;

	FJ_TRY(web_pasted_proof(q, &proof, err));
	FJ_TRY(ver_view_take(p->published, &v, err));
	enum fj_rc rc = verdict_of(p->i, v, web_field(q, "credential"), web_field(q, "use"), fj_buf_slice(&proof), out, err);
	ver_view_give(p->published, v);
	return rc;
}

void portal_post_verify(struct web_req *q, struct web_res *r)
{
	json_t *out = NULL;
	struct fj_err err = {0};
	enum fj_rc rc = verdict_now(portal_of(q), q, &out, &err);
	FJ_AUTO(json) verdict = out;

	if (rc != FJ_OK && web_wants_json(q)) {
		web_fail(q, r, &err);
		return;
	}
	if (rc == FJ_OK) {
		portal_top(q, &r->body, web_tr(q, "Verdict"));
		web_verdict(q, &r->body, verdict);
		web_html(&r->body, "<h2>");
		web_say(q, &r->body, "Check again");
		web_html(&r->body, "</h2>");
	} else {
		r->status = fj_rc_http(rc);
		portal_top(q, &r->body, web_tr(q, "This was not checked"));
		portal_error(q, &r->body, &err);
	}
	web_verify_form(q, &r->body, "/verify", false);
	web_page_end(&r->body);
}
