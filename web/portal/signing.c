/*
 * signing.c - signatures of officers' keys: what an approval asks to be signed, with a passkey
 * or by key file, and the passkeys of an account.
 *
 * Script is needed for a passkey alone (portal.js); without it the page says how a key file signs.
 * Nothing is verified here: the signature goes to the register, and from there to the signer.
 */
#include "web/portal/internal.h"

static void who_signed(struct web_req *q, struct fj_buf *b, const json_t *s)
{
	size_t i;
	json_t *v;

	bool one = fj_json_num(s, "persons") == 1;
	if (json_array_size(json_object_get(s, "signed_by")) == 0)
		web_print(b, "<p>%s</p>", !json_is_true(json_object_get(s, "checked")) ? web_tr(q, "The key has not signed yet.") : one ? web_tr(q, "Nobody has signed yet; one officer has to.") : web_tr(q, "Nobody has signed yet; two officers have to."));
	else
		web_print(b, "<p>%s</p><ul>", web_tr(q, "Signed by:"));
	json_array_foreach(json_object_get(s, "signed_by"), i, v)
		web_print(b, "<li><bdi>%s</bdi></li>", json_string_value(v));
	if (json_array_size(json_object_get(s, "signed_by")) > 0)
		web_html(b, "</ul>");
}

static void row(struct fj_buf *b, const char *label, const char *value)
{
	if (value[0] != '\0')
		web_print(b, "<div><dt>%s</dt><dd><bdi>%s</bdi></dd></div>", label, value);
}

const char *portal_tokens_rule(struct web_req *q, const char *rule)
{
	return strcmp(rule, "two") == 0 ? web_tr(q, "License tokens are signed by two officers of their operator.")
	    : strcmp(rule, "one") == 0 ? web_tr(q, "License tokens are signed by an officer of their operator, lists by two.") : web_tr(q, "License tokens go by names.");
}

/* whose key comes or goes */
static void enrolment(struct web_req *q, struct fj_buf *b, const json_t *a)
{
	const json_t *e = json_object_get(json_object_get(a, "payload"), "enrolment");

	if (e == NULL)
		return;
	web_html(b, "<dl>");
	row(b, web_tr(q, "What is asked for"), strcmp(fj_json_text(e, "op"), "remove") == 0 ? web_tr(q, "A key is removed") : strcmp(fj_json_text(e, "kind"), "passkey") == 0 ? web_tr(q, "A passkey is enrolled") : web_tr(q, "A key file is enrolled"));
	row(b, web_tr(q, "User name"), fj_json_text(e, "login"));
	row(b, web_tr(q, "Fingerprint of the key (SHA-256)"), fj_json_text(a, "object"));
	row(b, web_tr(q, "Signs at this address alone"), fj_json_text(e, "origin"));
	row(b, web_tr(q, "Signs license tokens of this operator alone"), fj_json_text(e, "operator"));
	web_html(b, "</dl>");
}

/* what is signed lets one's own licenses be issued at once: nobody else decides */
static bool own_act(const json_t *a)
{
	const json_t *s = json_object_get(a, "signing");

	return json_is_true(json_object_get(s, "license")) && fj_json_num(s, "persons") == 1 && json_is_true(json_object_get(a, "mine"));
}

static void passkey_form(struct web_req *q, struct fj_buf *b, const json_t *a, const json_t *s)
{
	const char *id = fj_json_text(a, "id");
	FJ_AUTO(buf) credentials = FJ_BUF_INIT(65536);
	const json_t *keys = json_object_get(s, "passkeys");
	size_t i;
	json_t *v;

	if (json_array_size(keys) == 0)
		return;
	json_array_foreach(keys, i, v)
		if (fj_buf_printf(&credentials, "%s%s:%s", i == 0 ? "" : " ", fj_json_text(v, "credential"), fj_json_text(v, "key")) != FJ_OK)
			return;
	web_print(b, "<form method=\"post\" action=\"/approvals/%s/sign\" class=\"fill\" data-passkey=\"%s\" data-credentials=\"%s\" data-rp=\"%s\" hidden>", id, fj_json_text(s, "challenge"),
	    fj_buf_str(&credentials), fj_json_text(json_array_get(keys, 0), "rp"));
	portal_csrf(q, b);
	static const char *const filled[] = {"key", "signature", "authenticator_data", "client_data"};
	for (i = 0; i < FJ_ARRAY_LEN(filled); i++)
		portal_hidden(b, filled[i], "");
	portal_hidden(b, "refuse", json_is_true(json_object_get(s, "refuse")) ? "true" : "");
	portal_hidden(b, "decide", own_act(a) ? "true" : "");
	web_print(b, "<p class=\"notice bad\" role=\"alert\" hidden>%s</p><p><button>%s</button></p></form>", web_tr(q, "The passkey did not sign: it was cancelled, or is not for this address."),
	    own_act(a) ? web_tr(q, "Sign with my passkey, and issue") : json_is_true(json_object_get(s, "refuse")) ? web_tr(q, "Sign the refusal with my passkey") : web_tr(q, "Sign with my passkey"));
}

/* who has to sign, and what the signer does with it */
static const char *rule_of(struct web_req *q, const json_t *s)
{
	if (!json_is_true(json_object_get(s, "checked")))
		return web_tr(q, "The key that is enrolled signs this. The names of two officers count until two have keys: compare the fingerprint with the one that the officer reads from his key.");
	if (json_is_true(json_object_get(s, "refuse")))
		return web_tr(q, "To reject this, two different officers sign the rejection with keys of their own; the signer checks both and lifts nothing without them.");
	if (!json_is_true(json_object_get(s, "license")))
		return web_tr(q, "Two different officers sign this with keys of their own; the signer checks both and signs nothing without them.");
	return fj_json_num(s, "persons") == 1 ? web_tr(q, "An officer of the operator signs these licenses with a key of his own; the signer checks it and signs no license without it.")
	    : web_tr(q, "Two different officers of the operator sign these licenses with keys of their own; the signer checks both and signs no license without them.");
}

void portal_signing(struct web_req *q, struct fj_buf *b, const json_t *a)
{
	const json_t *s = json_object_get(a, "signing");
	bool refuse = json_is_true(json_object_get(s, "refuse"));
	const char *id = fj_json_text(a, "id");
	char until[FJ_TIME_CAP];

	if (s == NULL)
		return;
	web_print(b, "<section class=\"card\" id=\"sign\"><h2>%s</h2><p>%s</p>", web_tr(q, "Signatures"), rule_of(q, s));
	enrolment(q, b, a);
	if (strcmp(fj_json_text(a, "kind"), "officer-key.require") == 0)
		web_print(b, "<p><strong>%s</strong></p>", portal_tokens_rule(q, fj_json_text(json_object_get(a, "payload"), "tokens")));
	fj_time_china(fj_json_num(json_object_get(json_object_get(a, "payload"), "act"), "until"), until);
	web_html(b, "<p>");
	web_say(q, b, "A signature counts until %s; later the request is made anew.", until);
	web_print(b, "</p><p class=\"small\">%s <span class=\"mono\">%s</span></p>", web_tr(q, "What is signed is what this page shows, SHA-256:"), fj_json_text(a, "digest"));
	who_signed(q, b, s);
	passkey_form(q, b, a, s);
	web_print(b, "<p class=\"small\">%s</p><pre class=\"mono\">fujie approval sign %s --key %s%s --dir %s</pre></section>", web_tr(q, "With a key file, at the command line:"), id, web_tr(q, "FILE"),
	    refuse ? " --refuse" : "", web_tr(q, "HOME"));
}

void portal_post_sign(struct web_req *q, struct web_res *r)
{
	static const char *const names[] = {"key", "signature", "authenticator_data", "client_data"};
	FJ_AUTO(json) params = json_pack("{s:s}", "id", web_param(q, "id"));
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};
	char to[80];

	for (size_t i = 0; i < FJ_ARRAY_LEN(names); i++)
		json_object_set_new(params, names[i], json_string(web_field(q, names[i])));
	if (strcmp(web_field(q, "refuse"), "true") == 0)
		json_object_set_new(params, "refuse", json_true());
	if (portal_command(q, "approval.signature", params, &answer, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	if (strcmp(web_field(q, "decide"), "true") == 0) {
		portal_post_approve(q, r);
		return;
	}
	snprintf(to, sizeof(to), "/approvals/%.40s?done=signed", web_param(q, "id"));
	web_redirect(r, to);
}

/* --- keys of an account --- */

static void own_keys(struct web_req *q, struct fj_buf *b, const json_t *list)
{
	size_t i, n = 0;
	json_t *v;

	json_array_foreach(list, i, v) {
		if (strcmp(fj_json_text(v, "login"), portal_actor(q)->login) != 0)
			continue;
		web_print(b, n++ == 0 ? "<ul><li>%s <span class=\"mono small\">%s</span></li>" : "<li>%s <span class=\"mono small\">%s</span></li>",
		    strcmp(fj_json_text(v, "kind"), "passkey") == 0 ? web_tr(q, "Passkey") : web_tr(q, "Key file"), fj_json_text(v, "key"));
	}
	web_print(b, n == 0 ? "<p>%s</p>" : "</ul>", web_tr(q, "You have no key yet."));
}

/* the department that made the appliance decides, once the signer checks its officers' signatures */
static bool may_rule(struct web_req *q, bool checked)
{
	return checked && portal_may(q, iss_command_find("officer-key.require"));
}

static void keys_page(struct web_req *q, struct web_res *r, const struct fj_err *err)
{
	FJ_AUTO(json) none = json_object();
	FJ_AUTO(json) list = NULL;
	struct fj_buf *b = &r->body;
	struct fj_err why = {0};

	portal_account_top(q, b, web_tr(q, "Keys that sign approvals"));
	portal_tell(q, r, err);
	if (portal_command(q, "officer-key.list", none, &list, &why) != FJ_OK) {
		portal_error(q, b, &why);
		web_page_end(b);
		return;
	}
	web_print(b, "<p>%s</p>", strncmp(fj_json_text(list, "approvals"), "checked", 7) == 0 ? web_tr(q, "Approvals are checked by the signer: what two officers have not signed with their keys it does not sign.")
	    : web_tr(q, "Approvals are enforced by software: the signer counts the names that this register sends. From the second officer with a key on it checks signatures."));
	web_print(b, "<p>%s</p>", portal_tokens_rule(q, fj_json_text(list, "tokens")));
	if (may_rule(q, strncmp(fj_json_text(list, "approvals"), "checked", 7) == 0))
		web_print(b, "<p><a href=\"/do/officer-key/require?tokens=%s\">%s</a></p>", strcmp(fj_json_text(list, "tokens"), "names") == 0 ? "one" : "names", web_tr(q, "Decide by whom license tokens are signed"));
	if ((portal_actor(q)->roles & (ISS_OPERATOR | ISS_FINANCE | ISS_SUPERIOR | ISS_HOLDER | ISS_IMPLEMENTER)) == ISS_OPERATOR)
		web_print(b, "<p>%s</p>", web_tr(q, "Your key signs license tokens of your organisation, and nothing else."));
	own_keys(q, b, json_object_get(list, "items"));
	web_print(b, "<h2>%s</h2><p>%s</p>", web_tr(q, "Enrol a passkey"), web_tr(q, "A passkey is in a security key, a telephone or this machine, and asks for a PIN, finger or face. A finance officer approves it, and you sign that approval with it."));
	web_print(b, "<noscript><p class=\"notice\">%s</p></noscript>", web_tr(q, "A passkey needs JavaScript. Without it, use a key file."));
	web_print(b, "<form method=\"post\" action=\"/account/keys\" class=\"narrow\" data-new-passkey=\"%s\" hidden>", portal_actor(q)->login);
	portal_csrf(q, b);
	static const char *const filled[] = {"public", "rp", "origin", "credential"};
	for (size_t i = 0; i < FJ_ARRAY_LEN(filled); i++)
		portal_hidden(b, filled[i], "");
	web_print(b, "<p class=\"notice bad\" role=\"alert\" hidden>%s</p>", web_tr(q, "No passkey was made: it was cancelled, or this address can't have any (an IP address can't, nor http but for localhost)."));
	portal_button(q, b, web_tr(q, "Make a passkey"), false);
	web_print(b, "</form><h2>%s</h2><p>%s</p><pre class=\"mono\">fujie-officer new --key %s\nfujie officer-key add --kind file --public %s --as %s --dir %s</pre>", web_tr(q, "Enrol a key file"),
	    web_tr(q, "On your own machine; the first command prints the public key for the second. Then sign the approval with the file."), web_tr(q, "FILE"), web_tr(q, "PUBLIC-KEY"), portal_actor(q)->login, web_tr(q, "HOME"));
	web_page_end(b);
}

void portal_get_keys(struct web_req *q, struct web_res *r)
{
	keys_page(q, r, NULL);
}

void portal_post_keys(struct web_req *q, struct web_res *r)
{
	static const char *const names[] = {"public", "rp", "origin", "credential"};
	FJ_AUTO(json) params = json_pack("{s:s}", "kind", "passkey");
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};
	char to[80];

	for (size_t i = 0; i < FJ_ARRAY_LEN(names); i++)
		json_object_set_new(params, names[i], json_string(web_field(q, names[i])));
	if (portal_command(q, "officer-key.add", params, &answer, &err) != FJ_OK) {
		keys_page(q, r, &err);
		return;
	}
	snprintf(to, sizeof(to), "/approvals/%.40s?done=waiting", fj_json_text(answer, "approval"));
	web_redirect(r, to);
}
