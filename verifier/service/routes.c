/*
 * routes.c - what the public verifier answers: verdicts, published files, pages.
 *
 * Everything here is public and nothing is written.  Who asks is neither logged
 * nor stored.
 */
#include <dirent.h>
#include <fcntl.h>

#include "base/file.h"
#include "verifier/ask.h"
#include "verifier/service/outbox.h"
#include "verifier/service/service.h"

/* --- verdicts --- */

struct judging {
	const struct ver_view *view;
	struct ver_trust *over; /* shared by the items: what one of them wanted is there for the next */
};

static enum fj_rc judge_item(void *arg, const struct ver_input *in, struct ver_report *out, struct fj_err *err)
{
	const struct judging *j = arg;

	return ver_verify_in(j->view->dir, j->over, in, out, err);
}

static enum fj_rc verify_json(struct svc *s, struct fj_slice body, json_t **out, struct fj_err *err)
{
	struct judging j = {.over = NULL};
	struct ver_view *v;

	FJ_TRY(svc_view_take(s, &v, err));
	j.view = v;
	enum fj_rc rc = ver_trust_over(v->trust, &j.over, err);
	if (rc == FJ_OK)
		rc = ver_ask(body, judge_item, &j, out, err);
	ver_trust_free(j.over);
	svc_view_give(s, v);
	return rc;
}

static void post_verify(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(json) out = NULL;
	struct fj_err err = {0};

	r->cors = true;
	if (verify_json(web_app(q), web_body(q), &out, &err) == FJ_OK)
		web_json(r, 200, out);
	else
		web_problem(r, &err);
}

/* --- pages --- */

static void top(struct web_req *q, struct fj_buf *b, const char *zh, const char *en)
{
	web_page_begin(q, b, zh, en);
	web_html(b, "<header><a class=\"brand\" href=\"/\">符节 Fujie</a><a href=\"/?lang=zh\">中文</a><a href=\"/?lang=en\">English</a></header><main><h1>");
	web_both(q, b, zh, en);
	web_html(b, "</h1>");
}

static void error_page(struct web_req *q, struct web_res *r, const struct fj_err *err)
{
	top(q, &r->body, "无法处理", "This did not work");
	web_html(&r->body, "<p class=\"error\" role=\"alert\">");
	web_text(&r->body, web_lang(q)[0] == 'e' || err->zh[0] == '\0' ? err->en : err->zh);
	web_html(&r->body, "</p>");
	web_page_end(&r->body);
}

static void form(struct web_req *q, struct fj_buf *b)
{
	web_html(b, "<form method=\"post\" action=\"/\"><label for=\"c\">");
	web_both(q, b, "粘贴许可令牌、授权凭证或证书（PEM），或输入证书编号 / 授权编号", "Paste a license token, an authorisation credential or a certificate (PEM), or enter a certificate or authorisation number");
	web_html(b, "</label><textarea id=\"c\" name=\"credential\" required></textarea><label for=\"u\">");
	web_both(q, b, "用途（可选），如 action=QUERY,purpose=PUBGOV", "Use (optional), such as action=QUERY,purpose=PUBGOV");
	web_html(b, "</label><input type=\"text\" id=\"u\" name=\"use\" autocomplete=\"off\"><br><button>");
	web_both(q, b, "核验", "Verify");
	web_html(b, "</button></form>");
}

static void get_home(struct web_req *q, struct web_res *r)
{
	top(q, &r->body, "数据资产凭证核验", "Check a data asset credential");
	form(q, &r->body);
	web_page_end(&r->body);
}

static bool is_number(const char *s)
{
	return (strncmp(s, "DAC-", 4) == 0 || strncmp(s, "DAU-", 4) == 0) && strlen(s) < 41;
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

/* what was pasted, or what was published under a number */
static enum fj_rc verdict_for(struct svc *s, const char *text, const char *use_text, json_t **out, struct fj_err *err)
{
	FJ_AUTO(ver_use) use = NULL;
	FJ_AUTO(ver_report) report = {.n = 0};
	FJ_AUTO(buf) found = FJ_BUF_INIT(FJ_X509_MAX + FJ_TOKEN_MAX);
	struct ver_input in = {.now = fj_now(), .credential = fj_slice_str(text)};
	struct ver_view *v;

	if (is_number(text))
		in.number = text;
	if (strncmp(text, "DAC-", 4) == 0) {
		FJ_TRY(svc_certificate(s, text, &found, err));
		in.credential = fj_buf_slice(&found);
	}
	if (use_text[0] != '\0')
		FJ_TRY(ver_use_parse(use_text, &use, err));
	in.use = use;
	FJ_TRY(svc_view_take(s, &v, err));
	enum fj_rc rc = judge(v, &in, strncmp(text, "DAU-", 4) == 0 ? text : NULL, &found, &report, err);
	svc_view_give(s, v);
	FJ_TRY(rc);
	*out = ver_report_json(&report);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "verifier");
}

static char *trimmed(const char *s)
{
	size_t n = strlen(s);

	while (n > 0 && strchr(" \t\r\n", s[n - 1]) != NULL)
		n--;
	while (n > 0 && strchr(" \t\r\n", *s) != NULL) {
		s++;
		n--;
	}
	return fj_strndup(s, n);
}

static void show_verdict(struct web_req *q, struct web_res *r, const char *text, const char *use)
{
	FJ_AUTO(json) verdict = NULL;
	FJ_AUTO(str) clean = trimmed(text);
	struct fj_err err = {0};

	if (clean == NULL || verdict_for(web_app(q), clean, use, &verdict, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	if (web_wants_json(q)) {
		r->cors = true;
		web_json(r, 200, verdict);
		return;
	}
	top(q, &r->body, "核验结果", "Verdict");
	web_verdict(q, &r->body, verdict);
	form(q, &r->body);
	web_page_end(&r->body);
}

static void post_home(struct web_req *q, struct web_res *r)
{
	show_verdict(q, r, web_field(q, "credential"), web_field(q, "use"));
}

static void get_number(struct web_req *q, struct web_res *r)
{
	show_verdict(q, r, is_number(web_param(q, "number")) ? web_param(q, "number") : "DAC-", "");
}

/* --- published files --- */

static void send_file(struct web_req *q, struct web_res *r, const char *path, const char *type, long age)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(0);
	struct fj_err err = {0};
	struct svc *s = web_app(q);
	int64_t generation = svc_generation(s);

	if ((r->kept = svc_kept(s, fj_slice_str(path), generation)) != NULL)
		return;
	if (svc_file(path, &b, &err) != FJ_OK) {
		fj_fail(&err, FJ_E_NOTFOUND, "verifier", NULL, "nothing is published at this address");
		fj_err_zh(&err, "该地址没有已发布的内容");
		web_fail(q, r, &err);
		return;
	}
	r->cors = true;
	web_bytes(r, type, fj_buf_slice(&b), age);
	svc_keep(s, fj_slice_str(path), generation, FJ_TIME_MAX, q, r);
}

static bool plain_name(const char *s)
{
	return s[0] != '\0' && strspn(s, "0123456789abcdefghijklmnopqrstuvwxyz") == strlen(s) && strlen(s) < 16;
}

/* a name in a path, with its ending taken off */
static void named(struct web_req *q, struct web_res *r, const char *form, const char *ending, const char *type, long age)
{
	char name[64], path[128];
	size_t n = strlen(web_param(q, "name")), e = strlen(ending);

	snprintf(name, sizeof(name), "%s", web_param(q, "name"));
	if (n <= e || n >= sizeof(name) || strcmp(name + n - e, ending) != 0)
		name[0] = '\0';
	else
		name[n - e] = '\0';
	snprintf(path, sizeof(path), form, plain_name(name) ? name : "-");
	send_file(q, r, path, type, age);
}

static void get_crl(struct web_req *q, struct web_res *r)
{
	named(q, r, "trust/crl/%s.crl", ".crl", "application/pkix-crl", 300);
}

static void get_status(struct web_req *q, struct web_res *r)
{
	named(q, r, "trust/status/%s.jwt", "", "application/statuslist+jwt", 300);
}

static void get_ca(struct web_req *q, struct web_res *r)
{
	named(q, r, "ca/%s.cer", ".cer", "application/pkix-cert", 86400);
}

static void get_signer(struct web_req *q, struct web_res *r)
{
	named(q, r, "signer/%s.pem", ".pem", "application/x-pem-file", 3600);
}

static void get_issuer(struct web_req *q, struct web_res *r)
{
	send_file(q, r, "jwt-vc-issuer.json", "application/json", 300);
}

static void get_style(struct web_req *q, struct web_res *r)
{
	(void)q;
	web_bytes(r, "text/css; charset=utf-8", fj_slice_str(web_style_css), 3600);
}

/* --- trust.tar: ustar (POSIX.1-1988), regular files only --- */

static enum fj_rc tar_entry(struct fj_buf *out, const char *name, struct fj_slice data)
{
	char head[512] = {0};
	static const char zero[512];
	unsigned sum = 0;

	if (snprintf(head, 100, "%s", name) >= 100)
		return FJ_E_LIMIT;
	snprintf(head + 100, 8, "%07o", 0644);
	snprintf(head + 108, 8, "%07o", 0);
	snprintf(head + 116, 8, "%07o", 0);
	snprintf(head + 124, 12, "%011lo", (unsigned long)data.len);
	snprintf(head + 136, 12, "%011lo", (unsigned long)fj_now());
	memset(head + 148, ' ', 8);
	head[156] = '0';
	snprintf(head + 257, 6, "ustar");
	memset(head + 263, '0', 2);
	for (size_t i = 0; i < sizeof(head); i++)
		sum += (unsigned char)head[i];
	snprintf(head + 148, 8, "%06o", sum);
	FJ_TRY(fj_buf_put(out, head, sizeof(head)));
	FJ_TRY(fj_buf_put(out, data.p, data.len));
	return fj_buf_put(out, zero, (512 - data.len % 512) % 512);
}

static enum fj_rc tar_folder(struct fj_buf *out, const char *folder, struct fj_err *err)
{
	char path[200], name[200];
	DIR *d;

	snprintf(path, sizeof(path), "publish/trust/%s", folder);
	d = opendir(path);
	if (d == NULL)
		return FJ_OK;
	enum fj_rc rc = FJ_OK;
	for (struct dirent *e; rc == FJ_OK && (e = readdir(d)) != NULL;) {
		FJ_AUTO(buf) b = FJ_BUF_INIT(8u << 20);
		if (e->d_type != DT_REG || strstr(e->d_name, ".tmp") != NULL)
			continue;
		snprintf(path, sizeof(path), "publish/trust/%.20s%.120s", folder, e->d_name);
		snprintf(name, sizeof(name), "trust/%.20s%.120s", folder, e->d_name);
		rc = fj_file_read(AT_FDCWD, path, &b, err);
		if (rc == FJ_OK)
			rc = tar_entry(out, name, fj_buf_slice(&b));
	}
	closedir(d);
	return rc;
}

static void get_tar(struct web_req *q, struct web_res *r)
{
	static const char *const folders[] = {"", "crl/", "status/", "authorisations/", "certificates/"};
	struct fj_err err = {0};
	static const char end[1024];

	for (size_t i = 0; i < FJ_ARRAY_LEN(folders); i++)
		if (tar_folder(&r->body, folders[i], &err) != FJ_OK) {
			fj_fail(&err, FJ_E_LIMIT, "verifier", NULL, "the trust folder is larger than 32 MiB; take the files one by one");
			web_fail(q, r, &err);
			return;
		}
	r->type = "application/x-tar";
	r->cors = true;
	if (fj_buf_put(&r->body, end, sizeof(end)) != FJ_OK)
		r->status = 500;
}

static void get_health(struct web_req *q, struct web_res *r)
{
	struct svc *s = web_app(q);
	struct ver_view *v;
	struct fj_err err = {0};

	if (svc_view_take(s, &v, &err) != FJ_OK) {
		web_problem(r, &err);
		return;
	}
	FJ_AUTO(json) j = json_pack("{s:b, s:I, s:s}", "ok", 1, "generation", (json_int_t)v->generation, "base", svc_base(s));
	svc_view_give(s, v);
	web_json(r, 200, j);
}

const struct web_route svc_routes[] = {
	{WEB_POST, "/v1/verify", post_verify, WEB_PUBLIC, WEB_CSRF_NONE, 4u << 20, "verdict on one credential, or on up to 1000"},
	{WEB_GET, "/", get_home, WEB_PUBLIC, WEB_CSRF_NONE, 0, "form"},
	{WEB_POST, "/", post_home, WEB_PUBLIC, WEB_CSRF_NONE, 65536, "verdict as a page"},
	{WEB_GET, "/v/{number}", get_number, WEB_PUBLIC, WEB_CSRF_NONE, 0, "verdict on a published number"},
	{WEB_POST, "/ocsp", svc_ocsp_post, WEB_PUBLIC, WEB_CSRF_NONE, 8192, "OCSP, RFC 6960"},
	{WEB_GET, "/ocsp/{request*}", svc_ocsp_get, WEB_PUBLIC, WEB_CSRF_NONE, 0, "OCSP by GET"},
	{WEB_GET, "/crl/{name}", get_crl, WEB_PUBLIC, WEB_CSRF_NONE, 0, "CRL"},
	{WEB_GET, "/status/{name}", get_status, WEB_PUBLIC, WEB_CSRF_NONE, 0, "status list"},
	{WEB_GET, "/ca/{name}", get_ca, WEB_PUBLIC, WEB_CSRF_NONE, 0, "CA certificates"},
	{WEB_GET, "/signer/{name}", get_signer, WEB_PUBLIC, WEB_CSRF_NONE, 0, "delegated signers' certificates"},
	{WEB_GET, "/v1/trust.tar", get_tar, WEB_PUBLIC, WEB_CSRF_NONE, 0, "the trust folder"},
	{WEB_GET, "/.well-known/jwt-vc-issuer", get_issuer, WEB_PUBLIC, WEB_CSRF_NONE, 0, "issuer metadata, SD-JWT VC"},
	{WEB_GET, "/healthz", get_health, WEB_PUBLIC, WEB_CSRF_NONE, 0, "health"},
	{WEB_GET, "/style.css", get_style, WEB_PUBLIC, WEB_CSRF_NONE, 0, "style sheet"},
	{WEB_GET, "/v1/outbox", svc_outbox_index, WEB_PUBLIC, WEB_CSRF_NONE, 0, "which packages there are for mirrors"},
	{WEB_GET, "/v1/outbox/{seq}", svc_outbox_package, WEB_PUBLIC, WEB_CSRF_NONE, 0, "a package of what a publication changed"},
	{WEB_GET, "/v1/outbox/{seq}/{part}", svc_outbox_snapshot, WEB_PUBLIC, WEB_CSRF_NONE, 0, "a part of the newest snapshot"},
	{WEB_GET, NULL, NULL, WEB_PUBLIC, WEB_CSRF_NONE, 0, NULL},
};

void (*const svc_error_page)(struct web_req *q, struct web_res *r, const struct fj_err *err) = error_page;
