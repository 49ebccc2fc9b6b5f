/*
 * public.c - what anybody sees without an account: the front page, the public notices,
 * and objecting to one.
 *
 * An objection is lodged by who gives a real name; the register takes it in (issuer/
 * lodged.c) and answers with a receipt: number and secret, shown once.  The form carries
 * a key, so that a second click, or reloading the answer, shows the same receipt and
 * lodges nothing again.
 */
#include "web/portal/internal.h"

enum fj_rc portal_public(struct web_req *q, const char *command, const json_t *params, json_t **out, struct fj_err *err)
{
	static const struct iss_actor anybody = {.login = "local", .roles = ISS_LOCAL, .via = "public"};
	FJ_AUTO(json) none = json_object();

	return iss_command(portal_of(q)->i, &anybody, command, params == NULL ? none : params, out, err);
}

/* --- the front page --- */

static void door(struct fj_buf *b, const char *to, const char *title, const char *text)
{
	web_print(b, "<li><a href=\"/%s\"><strong>%s</strong></a><br><span class=\"small\">%s</span></li>", to, title, text);
}

void portal_public_front(struct web_req *q, struct web_res *r)
{
	struct fj_buf *b = &r->body;

	portal_top(q, b, web_tr(q, "Data assets: registration, certificates, verification"));
	portal_ended(q, b);
	web_print(b, "<p class=\"lead\">%s</p>", web_tr(q, "Here a finance department registers data assets, issues Data Asset Certificates, and keeps what is authorised and licensed under them. Anybody can check a certificate, an authorisation or a license token; no account is needed, and nothing of what is asked is stored."));
	web_print(b, "<section class=\"card big\"><h2>%s</h2>", web_tr(q, "Check a certificate, authorisation or license token"));
	web_verify_form(q, b, "/verify", NULL, WEB_VERIFY_FILES | WEB_VERIFY_PICTURES | WEB_VERIFY_SHORT);
	web_print(b, "</section><h2>%s</h2><ul class=\"doors\">", web_tr(q, "More"));
	door(b, "notices", web_tr(q, "Public notices"), web_tr(q, "registrations under notice now, and how to object to one"));
	door(b, "disclosure", web_tr(q, "Disclosure of authorised operation"), web_tr(q, "who is authorised, for what, how long; products and fees"));
	door(b, "check", web_tr(q, "Verify independently"), web_tr(q, "root fingerprint, public log, and commands to run on your own machine"));
	door(b, "basis", web_tr(q, "Rules and what they rest on"), web_tr(q, "each rule in one sentence, with the words of the document"));
	door(b, "help", web_tr(q, "Help"), web_tr(q, "by role, with a ten-minute tour and a glossary"));
	door(b, "login", web_tr(q, "Sign in"), web_tr(q, "for officers of holders, operators, departments and auditors"));
	web_html(b, "</ul>");
	web_page_end(b);
}

/* --- notices --- */

static void notice_fields(struct web_req *q, struct fj_buf *b, const json_t *n)
{
	const struct {
		const char *label, *value;
	} rows[] = {{web_tr(q, "Who registers"), fj_json_text(n, "holder")}, {web_tr(q, "Type of registration"), web_word(q, WEB_KIND, fj_json_text(n, "type"))},
		{web_tr(q, "Name of the data"), fj_json_text(n, "name")}, {web_tr(q, "What the data is, in short"), fj_json_text(n, "overview")},
		{web_tr(q, "Where to object"), fj_json_text(n, "office")}};

	web_html(b, "<dl>");
	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++)
		web_print(b, "<div><dt>%s</dt><dd><bdi>%s</bdi></dd></div>", rows[i].label, rows[i].value);
	web_print(b, "<div><dt>%s</dt><dd><time>%s</time> – <time>%s</time></dd></div></dl>", web_tr(q, "Days of the notice"), fj_json_text(n, "from"), fj_json_text(n, "to"));
}

static void notice_card(struct web_req *q, struct fj_buf *b, const json_t *n)
{
	web_print(b, "<section class=\"card\"><h2><a href=\"/notices/%s\">%s</a></h2>", fj_json_text(n, "id"), fj_json_text(n, "name"));
	notice_fields(q, b, n);
	web_html(b, "</section>");
}

/* what can be done all the same, and by whom */
static void no_notice(struct web_req *q, struct fj_buf *b)
{
	web_print(b, "<p class=\"notice\">%s</p><h2>%s</h2><ul>", web_tr(q, "No registration is under public notice today."), web_tr(q, "What can be done all the same"));
	web_print(b, "<li>%s</li>", web_tr(q, "Data that is registered already and ought not to be: write to the finance department that stands in its certificate; it can have the registration withdrawn. Look the certificate up by its number first."));
	web_print(b, "<li>%s</li>", web_tr(q, "Something wrong in how data is operated or charged for: complain to the operating institution named in the disclosure, then to the implementing institution."));
	web_print(b, "<li><a href=\"/verify\">%s</a> · <a href=\"/disclosure\">%s</a></li></ul>", web_tr(q, "Look up a number"), web_tr(q, "Disclosure of authorised operation"));
}

void portal_get_notices(struct web_req *q, struct web_res *r)
{
	struct fj_buf *b = &r->body;
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) params = json_object();
	struct fj_err err = {0};
	const json_t *n;
	size_t i;

	if (web_field(q, "after")[0] != '\0')
		json_object_set_new(params, "after", json_string(web_field(q, "after")));
	if (portal_public(q, "notice.list", params, &answer, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	portal_top(q, b, web_tr(q, "Public notices"));
	web_print(b, "<p>%s</p>", web_tr(q, "Registrations that are under public notice now (Interim Measures for the Registration of Public Data Resources, Measures No. 26, art. 12). Whoever thinks that one of them is wrong can object until its last day; the finance department looks into it before it decides."));
	if (json_array_size(json_object_get(answer, "items")) == 0)
		no_notice(q, b);
	json_array_foreach(json_object_get(answer, "items"), i, n)
		notice_card(q, b, n);
	if (fj_json_peek(answer, "next") != NULL)
		web_print(b, "<p class=\"pager\"><a href=\"/notices?after=%s\">%s</a></p>", fj_json_peek(answer, "next"), web_tr(q, "Next page"));
	web_print(b, "<p><a href=\"/objections\">%s</a></p>", web_tr(q, "How does my objection stand?"));
	web_page_end(b);
}

/* --- objecting --- */

static void input(struct web_req *q, struct fj_buf *b, const char *name, const char *label, const char *hint, int max)
{
	web_print(b, "<label for=\"o-%s\">%s</label><input type=\"text\" id=\"o-%s\" name=\"%s\" maxlength=\"%d\" required aria-describedby=\"h-%s\" value=\"%s\"><p class=\"small hint\" id=\"h-%s\">%s</p>", name,
	    label, name, name, max, name, web_is_post(q) ? web_field(q, name) : "", name, hint);
}

static void objection_form(struct web_req *q, struct fj_buf *b, const char *id)
{
	char key[ONCE_KEY];

	once_key(key);
	web_print(b, "<section class=\"card\"><h2 id=\"object\">%s</h2><p>%s</p>", web_tr(q, "Object to this registration"),
	    web_tr(q, "An objection is made under a real name and with evidence (Measures No. 26, art. 12). Name, address and text are read by the finance department that decides and by auditors only; they stand apart from the record and can be erased. You get a receipt with a number and a secret, by which you see how it stands."));
	web_print(b, "<form method=\"post\" action=\"/notices/%s/object\"><input type=\"hidden\" name=\"once\" value=\"%s\">", id, key);
	input(q, b, "name", web_tr(q, "Your name, or that of your organisation"), web_tr(q, "the real one; an anonymous objection is not taken up"), 60);
	input(q, b, "contact", web_tr(q, "How we reach you"), web_tr(q, "telephone, e-mail or postal address"), 120);
	web_print(b, "<label for=\"o-evidence\">%s</label><textarea class=\"prose\" id=\"o-evidence\" name=\"evidence\" rows=\"6\" maxlength=\"800\" required aria-describedby=\"h-evidence\">%s</textarea><p class=\"small hint\" id=\"h-evidence\">%s</p>",
	    web_tr(q, "What is wrong, and the evidence for it"), web_is_post(q) ? web_field(q, "evidence") : "", web_tr(q, "at most 800 characters; say where the evidence can be seen"));
	web_print(b, "<p><button>%s</button></p></form></section>", web_tr(q, "Lodge the objection"));
}

static void notice_page(struct web_req *q, struct web_res *r, const struct fj_err *refusal)
{
	struct fj_buf *b = &r->body;
	FJ_AUTO(json) params = json_pack("{s:s}", "id", web_param(q, "id"));
	FJ_AUTO(json) n = NULL;
	struct fj_err err = {0};

	if (portal_public(q, "notice.show", params, &n, &err) != FJ_OK) {
		web_fail(q, r, refusal != NULL ? refusal : &err);
		return;
	}
	portal_top(q, b, web_tr(q, "Public notice"));
	web_print(b, "<p class=\"mono\">%s</p>", fj_json_text(n, "id"));
	portal_tell(q, r, refusal);
	notice_fields(q, b, n);
	objection_form(q, b, fj_json_text(n, "id"));
	web_print(b, "<p><a href=\"/notices\">%s</a> · <a href=\"/objections\">%s</a></p>", web_tr(q, "All notices"), web_tr(q, "How does my objection stand?"));
	web_page_end(b);
}

void portal_get_notice(struct web_req *q, struct web_res *r)
{
	notice_page(q, r, NULL);
}

/* one line: the register keeps texts without control characters */
static json_t *line(const char *text)
{
	FJ_AUTO(str) s = fj_strdup(text);
	size_t n = 0;

	for (const char *p = s; p != NULL && *p != '\0'; p++) {
		bool blank = strchr(" \t\r\n", *p) != NULL;
		if (!blank || (n > 0 && s[n - 1] != ' '))
			s[n++] = blank ? ' ' : *p;
	}
	return s == NULL ? NULL : json_stringn(s, n > 0 && s[n - 1] == ' ' ? n - 1 : n);
}

static void add(json_t *params, const char *key, const char *text)
{
	json_t *v = line(text);

	if (json_string_length(v) > 0)
		json_object_set(params, key, v);
	json_decref(v);
}

/* how the objection of this key stands */
static enum fj_rc told(struct once *once, json_t **out, struct fj_err *err)
{
	*out = once->answer;
	if (once->state == ONCE_DONE)
		return FJ_OK;
	if (once->state == ONCE_RUNNING)
		return fj_refuse(err, FJ_E_BUSY, "portal", NULL, "this objection is being taken in; load the page again", "该异议正在提交，请刷新页面");
	*err = once->err;
	return err->rc;
}

static enum fj_rc too_often(int64_t seconds, struct fj_err *err)
{
	long long minutes = (seconds + 59) / 60;
	enum fj_rc rc = fj_fail(err, FJ_E_BUSY, "portal", NULL, "too many objections came from this address; try again in %lld minutes, or write to the department named in the notice", minutes);

	fj_err_zh(err, "该地址提交异议过于频繁，请于 %lld 分钟后再试，或以书面形式向公示所列部门提出", minutes);
	return rc;
}

/* The limit comes before a place for the answer is taken: the key is whatever a stranger sends. */
static enum fj_rc lodge(struct web_req *q, json_t **out, struct fj_err *err)
{
	static const char *const fields[] = {"name", "contact", "evidence"};
	FJ_AUTO(json) params = json_pack("{s:s}", "id", web_param(q, "id"));
	const char *key;
	struct once once;

	FJ_TRY(portal_own_form(q, err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(fields); i++)
		add(params, fields[i], web_field(q, fields[i]));
	FJ_TRY(once_sent(q, &key, err));
	if (once_find(ONCE_PUBLIC, key, &once))
		return told(&once, out, err);
	int64_t wait = web_limited(q, portal_of(q)->lodging, 1440);
	if (wait > 0)
		return too_often(wait, err);
	once_begin(ONCE_PUBLIC, key, "objection.lodge", "", &once);
	if (once.state != ONCE_NEW)
		return told(&once, out, err);
	enum fj_rc rc = portal_public(q, "objection.lodge", params, out, err);
	once_end(ONCE_PUBLIC, key, *out, rc == FJ_OK ? NULL : err);
	return rc;
}

static void receipt(struct web_req *q, struct fj_buf *b, const json_t *o)
{
	web_print(b, "<p class=\"notice ok\" role=\"status\">%s</p>", web_tr(q, "Your objection was lodged. Keep this receipt: the secret is shown this once and can't be found again."));
	web_print(b, "<dl class=\"plain\"><div><dt>%s</dt><dd class=\"mono\">%s</dd></div>", web_tr(q, "Number of the objection"), fj_json_text(o, "id"));
	web_print(b, "<div><dt>%s</dt><dd class=\"mono\">%s</dd></div>", web_tr(q, "Secret of the receipt"), fj_json_text(o, "secret"));
	web_print(b, "<div><dt>%s</dt><dd>", web_tr(q, "To be looked into by"));
	web_text_times(b, fj_json_text(o, "due"));
	web_print(b, "</dd></div></dl><p>%s</p>", web_tr(q, "An officer of the finance department first confirms that it has a real name and evidence, then looks into it. While it waits, the registration is not decided."));
	web_print(b, "<p><a href=\"/objections\">%s</a></p>", web_tr(q, "How does my objection stand?"));
}

void portal_post_objection(struct web_req *q, struct web_res *r)
{
	struct fj_err err = {0};
	json_t *out = NULL;
	enum fj_rc rc = lodge(q, &out, &err);
	FJ_AUTO(json) answer = out;

	if (rc != FJ_OK) {
		notice_page(q, r, &err);
		return;
	}
	portal_top(q, &r->body, web_tr(q, "Receipt of an objection"));
	receipt(q, &r->body, answer);
	web_page_end(&r->body);
}

/* --- how one stands --- */

static void state_of(struct web_req *q, struct fj_buf *b, const json_t *o)
{
	const char *state = fj_json_text(o, "state");

	web_print(b, "<dl class=\"plain\"><div><dt>%s</dt><dd class=\"mono\">%s</dd></div>", web_tr(q, "Number of the objection"), fj_json_text(o, "id"));
	web_print(b, "<div><dt>%s</dt><dd><span class=\"state %s\">%s</span></dd></div>", web_tr(q, "State"), state, web_word(q, WEB_STATE, portal_state_of("objection", state)));
	if (fj_json_text(o, "reason")[0] != '\0')
		web_print(b, "<div><dt>%s</dt><dd>%s</dd></div>", web_tr(q, "Reason"), fj_json_text(o, "reason"));
	web_print(b, "<div><dt>%s</dt><dd>", web_tr(q, "Lodged"));
	web_text_times(b, fj_json_text(o, "at"));
	web_print(b, "</dd></div><div><dt>%s</dt><dd>", web_tr(q, "To be looked into by"));
	web_text_times(b, fj_json_text(o, "due"));
	web_html(b, "</dd></div></dl>");
}

static void receipt_form(struct web_req *q, struct fj_buf *b)
{
	web_html(b, "<form class=\"narrow\" method=\"post\" action=\"/objections\">");
	web_print(b, "<label for=\"o-id\">%s</label><input type=\"text\" id=\"o-id\" name=\"id\" maxlength=\"40\" required autocomplete=\"off\" spellcheck=\"false\" value=\"%s\">", web_tr(q, "Number of the objection"),
	    web_is_post(q) ? web_field(q, "id") : "");
	web_print(b, "<label for=\"o-secret\">%s</label><input type=\"text\" id=\"o-secret\" name=\"secret\" maxlength=\"40\" required autocomplete=\"off\" spellcheck=\"false\">", web_tr(q, "Secret of the receipt"));
	web_print(b, "<p><button>%s</button></p></form>", web_tr(q, "Show"));
}

void portal_get_objections(struct web_req *q, struct web_res *r)
{
	portal_top(q, &r->body, web_tr(q, "How an objection stands"));
	web_print(&r->body, "<p>%s</p>", web_tr(q, "Both stand on the receipt that you got when you lodged it."));
	receipt_form(q, &r->body);
	web_page_end(&r->body);
}

void portal_post_objections(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(json) params = json_object();
	FJ_AUTO(json) o = NULL;
	struct fj_err err = {0};

	add(params, "id", web_field(q, "id"));
	add(params, "secret", web_field(q, "secret"));
	enum fj_rc rc = portal_public(q, "objection.receipt", params, &o, &err);
	portal_top(q, &r->body, web_tr(q, "How an objection stands"));
	if (rc == FJ_OK)
		state_of(q, &r->body, o);
	else
		portal_tell(q, r, &err);
	receipt_form(q, &r->body);
	web_page_end(&r->body);
}
