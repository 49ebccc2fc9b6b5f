/*
 * pages.c - the public verifier for people: paste a credential, choose its file, or ask for a
 * number.
 *
 * No script, nothing from elsewhere, nothing stored.
 */
#include "base/note.h"
#include "verifier/bundle.h"
#include "verifier/service/service.h"

/* what is valid here binds nobody, by the policy in the issuing CA's certificate */
static void demo_notice(struct web_req *q, struct fj_buf *b)
{
	struct svc *s = web_app(q);
	struct ver_view *v;

	if (svc_view_take(s, &v, NULL) != FJ_OK)
		return;
	if (ver_trust_demo(v->trust)) {
		web_html(b, "<div class=\"demo\">");
		web_say(q, b, "DEMO: the data is invented, the TPM is software, its credentials must not be trusted.");
		web_html(b, "</div>");
	}
	svc_view_give(s, v);
}

void svc_page_top(struct web_req *q, struct fj_buf *b, const char *title)
{
	const char *portal = svc_portal(web_app(q));

	web_page_begin(q, b, title);
	web_html(b, "<header><div><a class=\"brand\" href=\"/\">符节 Fujie</a>");
	web_html(b, "<span class=\"me lang\"><a lang=\"zh-CN\" href=\"/?lang=zh\">中文</a> <a lang=\"en\" href=\"/?lang=en\">English</a></span>");
	if (portal != NULL)
		web_print(b, "<a class=\"back\" href=\"%s\">%s</a>", portal, web_tr(q, "Portal of the issuing department"));
	web_html(b, "</div></header>");
	demo_notice(q, b);
	web_html(b, "<main><h1>");
	web_text(b, title);
	web_html(b, "</h1>");
}

void svc_error_page(struct web_req *q, struct web_res *r, const struct fj_err *err)
{
	svc_page_top(q, &r->body, web_tr(q, "This did not work"));
	web_html(&r->body, "<p class=\"error\" role=\"alert\">");
	web_text(&r->body, web_lang(q)[0] == 'e' || err->zh[0] == '\0' ? err->en : err->zh);
	web_print(&r->body, "</p><p><a href=\"/\">%s</a></p>", web_tr(q, "Check a data asset credential"));
	web_page_end(&r->body);
}

void svc_get_home(struct web_req *q, struct web_res *r)
{
	svc_page_top(q, &r->body, web_tr(q, "Check a data asset credential"));
	web_verify_form(q, &r->body, "/", NULL, SVC_FORM);
	web_page_end(&r->body);
}

/* number: of a published authorisation that is the credential; NULL: in has one */
static enum fj_rc judge(const struct ver_view *v, struct ver_input *in, const char *number, struct fj_buf *found, struct ver_report *out, struct fj_err *err)
{
	struct ver_trust *made = NULL;

	FJ_TRY(ver_trust_over(v->trust, &made, err));
	FJ_AUTO(ver_trust) over = made;
	if (number != NULL) {
		FJ_TRY(ver_folder_find(v->dir, number, found, err));
		in->credential = fj_buf_slice(found);
	}
	return ver_verify_in(v->dir, over, in, out, err);
}

/* what was sent, or what was published under a number; found: the bytes that were judged, when it was a number */
static enum fj_rc verdict_for(struct svc *s, const struct web_sent *sent, const char *use_text, const char *at, struct fj_buf *found, json_t **out, struct fj_err *err)
{
	FJ_AUTO(ver_use) use = NULL;
	FJ_AUTO(ver_report) report = {.n = 0};
	struct ver_input in = {.credential = web_sent_slice(sent), .log_proof = fj_buf_slice(&sent->proof)};
	const char *text = sent->text == NULL ? "" : sent->text;
	struct ver_view *v;

	if (web_is_number(text))
		in.number = text;
	if (strncmp(text, "DAC-", 4) == 0 && !sent->bundle) {
		FJ_TRY(svc_certificate(s, text, found, err));
		in.credential = fj_buf_slice(found);
	}
	if (use_text[0] != '\0')
		FJ_TRY(ver_use_parse(use_text, &use, err));
	in.use = use;
	FJ_TRY(svc_view_take(s, &v, err));
	in.now = fj_now(); /* after the view: a demo home's clock goes with it */
	enum fj_rc rc = ver_input_at(&in, at[0] != '\0' ? at : NULL, err);
	if (rc == FJ_OK)
		rc = judge(v, &in, strncmp(text, "DAU-", 4) == 0 && !sent->bundle ? text : NULL, found, &report, err);
	svc_view_give(s, v);
	FJ_TRY(rc);
	*out = ver_report_json(&report);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "verifier");
}

/* by the public rows: of certificates and authorisations, also those above a license token.  Of a token itself nobody says it
 * here: status lists have no days, and what is public names no user's licenses. */
static bool since(void *ctx, const char *number, char at[FJ_TIME_CAP])
{
	FJ_AUTO(json) rows = NULL;

	if (!web_is_number(number) || svc_rows(ctx, strncmp(number, "DAC-", 4) == 0 ? SVC_CERTIFICATE : SVC_AUTHORISATION, number, &rows, NULL) != FJ_OK)
		return false;
	return fj_strcopy(at, FJ_TIME_CAP, fj_json_text(json_array_get(rows, 0), "since")) == FJ_OK && at[0] != '\0';
}

static void show_verdict(struct web_req *q, struct web_res *r, const struct web_sent *sent, const char *use, const char *at)
{
	FJ_AUTO(json) verdict = NULL;
	FJ_AUTO(buf) found = FJ_BUF_INIT(FJ_X509_MAX + FJ_TOKEN_MAX);
	FJ_AUTO(buf) again = FJ_BUF_INIT(2 * FJ_X509_MAX);
	struct fj_err err = {0};

	if (verdict_for(web_app(q), sent, use, at, &found, &verdict, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	if (web_wants_json(q)) {
		r->cors = true;
		web_json(r, 200, verdict);
		return;
	}
	if (at[0] == '\0')
		web_verdict_since(verdict, since, web_app(q));
	if (sent->text != NULL && web_is_number(sent->text)) {
		svc_number_page(q, r, sent, verdict, fj_buf_slice(&found));
		return;
	}
	svc_page_top(q, &r->body, web_tr(q, "Verdict"));
	web_sent_notice(q, &r->body, sent);
	web_verdict(q, &r->body, verdict);
	web_verify_form(q, &r->body, "/", web_file(q, "file") != NULL && web_sent_again(sent, &again) ? fj_buf_str(&again) : NULL, SVC_FORM | WEB_VERIFY_USE);
	web_page_end(&r->body);
}

/* a file where one was chosen, else what was pasted */
static enum fj_rc take(struct web_req *q, struct web_sent *sent, struct fj_err *err)
{
	const struct web_upload *file = web_file(q, "file");

	if (file != NULL && file->bytes.len > 0)
		FJ_TRY(web_sent_file(sent, file->bytes, err));
	else
		FJ_TRY(web_sent_text(sent, fj_slice_str(web_field(q, "credential")), err));
	return web_sent_proof(q, sent, err);
}

void svc_post_home(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(web_sent) sent = {.text = NULL};
	FJ_AUTO(buf) use = FJ_BUF_INIT(8192);
	struct fj_err err = {0};

	if (web_use_text(q, &use, &err) != FJ_OK || take(q, &sent, &err) != FJ_OK)
		web_fail(q, r, &err);
	else
		show_verdict(q, r, &sent, fj_buf_str(&use), web_field(q, "at"));
}

void svc_get_number(struct web_req *q, struct web_res *r)
{
	const char *number = web_param(q, "number");
	FJ_AUTO(web_sent) sent = {.text = NULL};
	struct fj_err err = {0};

	if (web_is_number(number) && web_sent_text(&sent, fj_slice_str(number), &err) != FJ_OK)
		web_fail(q, r, &err);
	else if (web_is_number(number))
		show_verdict(q, r, &sent, "", web_field(q, "at"));
	else if (strncmp(number, "LT-", 3) == 0)
		svc_token_page(q, r, number);
	else
		svc_product_page(q, r, "", number);
}

/* the published bytes under a number: a certificate in PEM, a credential as it stands */
static enum fj_rc published(struct svc *s, const char *number, struct ver_view *v, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);

	if (strncmp(number, "DAC-", 4) != 0)
		return ver_folder_find(v->dir, number, out, err);
	FJ_TRY(svc_certificate(s, number, &der, err));
	return ca_pem("CERTIFICATE", fj_buf_slice(&der), out, err);
}

static void send_published(struct web_req *q, struct web_res *r, bool bundle)
{
	FJ_AUTO(buf) found = FJ_BUF_INIT(2 * FJ_X509_MAX);
	FJ_AUTO(buf) made = FJ_BUF_INIT(VER_BUNDLE_MAX);
	struct fj_err err = {0};
	const char *number = web_param(q, "number");
	struct ver_view *v;

	r->cors = true;
	enum fj_rc rc = svc_view_take(web_app(q), &v, &err);
	if (rc == FJ_OK) {
		rc = published(web_app(q), number, v, &found, &err);
		if (rc == FJ_OK && bundle)
			rc = ver_bundle_make(v->dir, fj_buf_slice(&found), FJ_SLICE(NULL, 0), fj_now(), false, &made, &err);
		svc_view_give(web_app(q), v);
	}
	if (rc != FJ_OK)
		web_fail(q, r, &err);
	else if (bundle)
		web_bytes(r, "application/json; charset=utf-8", fj_buf_slice(&made), 300);
	else
		web_bytes(r, strncmp(number, "DAC-", 4) == 0 ? "application/x-pem-file" : "application/dc+sd-jwt", fj_buf_slice(&found), 300);
}

void svc_get_credential(struct web_req *q, struct web_res *r)
{
	send_published(q, r, false);
}

void svc_get_bundle(struct web_req *q, struct web_res *r)
{
	send_published(q, r, true);
}
