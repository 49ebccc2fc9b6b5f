/*
 * verify.c - the public page: a number, a pasted credential, a file, a picture of a QR
 * code, and its verdict, by the same code as tool and service.
 *
 * Nothing of what is asked is stored, and no address that stands in a QR code is
 * asked: number and digest are taken from it and looked up here.  A bundle brings its
 * own lists; they are left aside, since this page has newer ones.  What was pasted
 * stays in the form, so that another use can be tried or a fault corrected.
 */
#include "base/note.h"
#include "base/x509.h"
#include "web/portal/internal.h"
#include "web/portal/picture.h"

#define MAX_NAMES 20

/* what is asked, from whichever field it came */
struct asked {
	struct web_sent sent;
	char h[65], base[161]; /* of a QR code or address; "" */
};
static void asked_release(struct asked *a)
{
	web_sent_release(&a->sent);
}
FJ_DEFINE_AUTO(asked, struct asked, asked_release)

/* --- what was sent --- */

/* a number, an address as our papers carry it, or the credential itself */
static enum fj_rc take_text(struct asked *a, struct fj_slice text, struct fj_err *err)
{
	char number[41];

	FJ_TRY(web_sent_text(&a->sent, text, err));
	return picture_address(a->sent.text, number, a->h, a->base) ? web_sent_text(&a->sent, fj_slice_str(number), err) : FJ_OK;
}

/* the first code that is an address of ours; else the first one */
static enum fj_rc take_picture(struct asked *a, struct fj_slice file, struct fj_err *err)
{
	FJ_AUTO(picture_codes) codes = {.n = 0};
	char number[41], h[65], base[161];
	size_t k = 0;

	FJ_TRY(picture_read(file, &codes, err));
	while (k < codes.n && !picture_address(codes.text[k], number, h, base))
		k++;
	return take_text(a, fj_slice_str(codes.text[k < codes.n ? k : 0]), err);
}

static enum fj_rc take_file(struct portal *p, struct web_req *q, struct asked *a, struct fj_slice file, struct fj_err *err)
{
	if (!picture_is(file)) {
		FJ_TRY(web_sent_file(&a->sent, file, err));
		if (a->sent.text == NULL || a->sent.bundle)
			return FJ_OK;
		FJ_TRY(take_text(a, fj_slice_str(a->sent.text), err));
		a->sent.file_of_number = web_is_number(a->sent.text); /* also of an address */
		return FJ_OK;
	}
	if (web_limited(q, p->pictures, 3) == 0)
		return take_picture(a, file, err);
	return fj_refuse(err, FJ_E_BUSY, "portal", NULL, "too many pictures were sent from this address; try again in half a minute, or type in the number", "该地址上传图片过于频繁，请半分钟后再试，或直接输入编号");
}

static enum fj_rc take(struct web_req *q, struct asked *a, struct fj_err *err)
{
	const struct web_upload *file = web_file(q, "file");
	const char *number = web_field(q, "number"), *text = web_field(q, "credential");

	if (file != NULL && file->bytes.len > 0) {
		FJ_TRY(take_file(portal_of(q), q, a, file->bytes, err));
	} else {
		FJ_TRY(take_text(a, fj_slice_str(number[0] != '\0' ? number : text), err));
		if (a->h[0] == '\0')
			snprintf(a->h, sizeof(a->h), "%.64s", web_field(q, "h"));
	}
	return web_sent_proof(q, &a->sent, err);
}

/* --- the verdict --- */

/* a short text that begins so: a number, not a credential */
static bool number_of(struct fj_slice s, const char *begin, char out[41])
{
	if (s.len > 40 || s.len < strlen(begin) || memcmp(s.p, begin, strlen(begin)) != 0)
		return false;
	snprintf(out, 41, "%.*s", (int)s.len, (const char *)s.p);
	return true;
}

static const struct iss_actor anybody = {.login = "local", .roles = ISS_LOCAL, .via = "public"};

/* certificates are in the register: the trust folder has only those that are authorised */
static enum fj_rc certificate_of(struct iss *i, const char *number, json_t **shown, struct fj_err *err)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "number", number);

	if (!fj_number_ok(number))
		return ver_no_such(number, err);
	FJ_TRY(iss_command(i, &anybody, "certificate.show", params, shown, err));
	if (fj_json_peek(*shown, "pem") != NULL)
		return FJ_OK;
	return ver_no_such(number, err);
}

/* since when it is not in force, by the register */
static bool since(void *ctx, const char *number, char at[FJ_TIME_CAP])
{
	bool token = strncmp(number, "LT-", 3) == 0;
	FJ_AUTO(json) params = json_pack("{s:s}", token ? "id" : "number", number);
	FJ_AUTO(json) shown = NULL;

	if (iss_command(ctx, &anybody, token ? "token.show" : strncmp(number, "DAU-", 4) == 0 ? "authorisation.show" : "certificate.show", params, &shown, NULL) != FJ_OK)
		return false;
	return fj_strcopy(at, FJ_TIME_CAP, fj_json_text(shown, "revoked_at")) == FJ_OK && at[0] != '\0';
}

/* the names of an authorisation's data, which it does not say itself */
static void put_names(struct iss *i, json_t *verdict)
{
	FJ_AUTO(json) names = json_object();
	size_t k;
	json_t *a;

	json_array_foreach(json_object_get(json_object_get(verdict, "subject"), "assets"), k, a) {
		FJ_AUTO(json) shown = NULL;
		const char *number = fj_json_text(a, "certificate");
		if (k < MAX_NAMES && certificate_of(i, number, &shown, NULL) == FJ_OK)
			json_object_set(names, number, json_object_get(shown, "asset_name"));
	}
	json_object_set(verdict, "names", names);
}

static enum fj_rc verdict_of(struct iss *i, const struct ver_view *v, const struct asked *a, const char *use_text, json_t **out, struct fj_err *err)
{
	FJ_AUTO(ver_use) use = NULL;
	FJ_AUTO(ver_report) report = {.n = 0};
	FJ_AUTO(json) shown = NULL;
	FJ_AUTO(buf) found = FJ_BUF_INIT(FJ_X509_MAX + FJ_TOKEN_MAX);
	struct ver_trust *made = NULL;
	struct ver_input in = {.now = fj_now(), .credential = web_sent_slice(&a->sent), .log_proof = fj_buf_slice(&a->sent.proof)};
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
	put_names(i, *out);
	web_verdict_since(*out, since, i);
	if (shown != NULL)
		json_object_set(*out, "authority", json_object_get(json_object_get(shown, "authority"), "name"));
	return *out == NULL ? fj_no_memory(err, "portal") : fj_json_set(*out, "paper", json_string(ver_paper(a->h, in.credential)));
}

static enum fj_rc verdict_now(struct portal *p, struct web_req *q, struct asked *a, json_t **out, struct fj_err *err)
{
	struct ver_view *v;

	FJ_TRY(take(q, a, err));
	FJ_TRY(ver_view_take(p->published, &v, err));
	FJ_AUTO(buf) use = FJ_BUF_INIT(8192);
	enum fj_rc rc = web_use_text(q, &use, err);
	if (rc == FJ_OK)
		rc = verdict_of(p->i, v, a, fj_buf_str(&use), out, err);
	ver_view_give(p->published, v);
	return rc;
}

size_t portal_place(struct web_req *q, const char *name, char code[7])
{
	FJ_AUTO(json) params = json_pack("{s:s}", "name", name);
	FJ_AUTO(json) list = NULL;

	if (portal_public(q, "division.list", params, &list, NULL) != FJ_OK)
		return 0;
	const json_t *items = json_object_get(list, "items");
	snprintf(code, 7, "%s", json_array_size(items) == 1 ? fj_json_text(json_array_get(items, 0), "code") : "");
	return json_array_size(items);
}

/* --- pages --- */

/* a: what was judged, so that a file need not be chosen again; NULL: nothing was */
static void form(struct web_req *q, struct fj_buf *b, const struct asked *a, unsigned with)
{
	const struct web_upload *file = web_file(q, "file");
	FJ_AUTO(buf) text = FJ_BUF_INIT(2 * FJ_X509_MAX);

	bool again = a != NULL && file != NULL && file->bytes.len > 0 && web_sent_again(&a->sent, &text);
	web_verify_form(q, b, "/verify", again ? fj_buf_str(&text) : NULL, WEB_VERIFY_FILES | WEB_VERIFY_PICTURES | with);
}

/* a paper whose address is another's: its number is looked up here all the same, and its page is not to be trusted */
static void foreign_base(struct web_req *q, struct fj_buf *b, const char *base)
{
	FJ_AUTO(json) anchor = NULL;

	if (base[0] == '\0' || portal_public(q, "status.anchor", NULL, &anchor, NULL) != FJ_OK || strcmp(fj_json_text(anchor, "base"), base) == 0)
		return;
	web_print(b, "<p class=\"error\" role=\"alert\">%s <span class=\"mono\">%s</span></p>",
	    web_tr(q, "The QR code's address is not that of this register's verifier: don't open it. Its number was looked up here. The address:"), base);
}

/* numbers are published with more than the verdict: bundle, feed, assets */
static void more(struct web_req *q, struct fj_buf *b, const json_t *verdict)
{
	const json_t *s = json_object_get(verdict, "subject");
	const char *kind = fj_json_text(verdict, "kind"), *number = fj_json_peek(s, "number") != NULL ? fj_json_text(s, "number") : fj_json_text(s, "jti");
	FJ_AUTO(json) anchor = NULL;

	if ((strcmp(kind, "certificate") != 0 && strcmp(kind, "authorisation") != 0) || portal_public(q, "status.anchor", NULL, &anchor, NULL) != FJ_OK)
		return;
	web_print(b, "<p><a href=\"%s/v/%s\">%s</a> · <a href=\"/check?number=%s\">%s</a></p>", fj_json_text(anchor, "base"), number, strcmp(kind, "authorisation") == 0 ? web_tr(q, "Its assets and products, downloads, and a feed of its changes, at the verifier") : web_tr(q, "Downloads of this certificate, at the verifier"),
	    number, web_tr(q, "Verify independently"));
}

static void show(struct web_req *q, struct web_res *r, const struct asked *a, json_t *verdict)
{
	struct fj_buf *b = &r->body;

	portal_top(q, b, web_tr(q, "Verdict"));
	foreign_base(q, b, a->base);
	web_paper_notice(q, b, fj_json_text(verdict, "paper"));
	web_sent_notice(q, b, &a->sent);
	web_verdict(q, b, verdict);
	more(q, b, verdict);
	web_print(b, "<details><summary>%s</summary>", web_tr(q, "Check again, or for an intended use"));
	form(q, b, a, WEB_VERIFY_USE);
	web_html(b, "</details>");
	web_page_end(b);
}

static void answer(struct web_req *q, struct web_res *r)
{
	json_t *out = NULL;
	struct fj_err err = {0};
	FJ_AUTO(asked) a = {.h = ""};
	enum fj_rc rc = verdict_now(portal_of(q), q, &a, &out, &err);
	FJ_AUTO(json) verdict = out;

	if (rc == FJ_OK) {
		show(q, r, &a, verdict);
		return;
	}
	if (web_wants_json(q)) {
		web_fail(q, r, &err);
		return;
	}
	if (err.rc == FJ_E_USAGE)
		err.rc = FJ_E_INVALID; /* of what was filled in, not of the address */
	r->status = fj_rc_http(err.rc);
	portal_top(q, &r->body, web_tr(q, "This was not checked"));
	portal_error(q, &r->body, &err);
	form(q, &r->body, &a, 0);
	web_page_end(&r->body);
}

void portal_get_verify(struct web_req *q, struct web_res *r)
{
	if (web_field(q, "number")[0] != '\0') {
		answer(q, r);
		return;
	}
	portal_top(q, &r->body, web_tr(q, "Check a data asset credential"));
	web_print(&r->body, "<p>%s</p>", web_tr(q, "Type in a number, paste a credential, or choose a picture of its QR code. Nothing of it is stored, and no account is needed."));
	form(q, &r->body, NULL, 0);
	web_page_end(&r->body);
}

/* a number and nothing beside it: its verdict has an address, to be kept and sent on */
static bool number_alone(struct web_req *q, char number[41])
{
	const struct web_upload *file = web_file(q, "file");
	FJ_AUTO(web_sent) s = {.text = NULL};
	FJ_AUTO(buf) use = FJ_BUF_INIT(8192);

	return web_sent_text(&s, fj_slice_str(web_field(q, "credential")), NULL) == FJ_OK && (file == NULL || file->bytes.len == 0) && web_field(q, "log_proof")[0] == '\0' && web_use_text(q, &use, NULL) == FJ_OK && use.len == 0
	    && (number_of(web_sent_slice(&s), "DAC-", number) || number_of(web_sent_slice(&s), "DAU-", number)) && fj_number_ok(number);
}

void portal_post_verify(struct web_req *q, struct web_res *r)
{
	char to[PORTAL_TO] = "/verify", number[41];

	if (web_wants_json(q) || !number_alone(q, number)) {
		answer(q, r);
		return;
	}
	portal_to(to, "number", number);
	web_redirect(r, to);
}
