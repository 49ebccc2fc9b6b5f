/*
 * approval.c - one approval as a page: what will be signed, what a reader cares about
 * first; what differs from what is in force and what stops; the two decisions; then,
 * folded, every field as it will be signed, the request, and what was said so far.
 *
 * The content is approval.preview's: made as carrying out would make it.  A decision names
 * the hash of what was shown, so that nobody decides on something else.  A difference has a
 * word and a sign, not a colour alone.
 */
#include "web/portal/internal.h"

/* --- words --- */

static const struct {
	const char *code, *text;
} parts[] = {
	{"certificate", WEB_N("Certificate")}, {"issuer", WEB_N("Issuer")}, {"validity", WEB_N("Validity")}, {"subject", WEB_N("Subject")}, {"key", WEB_N("Public key")},
	{"extensions", WEB_N("Extensions")}, {"asset", WEB_N("Extension dataAsset")}, {"credential", WEB_N("Credential")}, {"parties", WEB_N("Parties")}, {"grant", WEB_N("What is granted")},
	{"terms", WEB_N("Terms of use")}, {"proposal", WEB_N("Scope and term")}, {"items", WEB_N("The plan's twelve items")}, {"agreement", WEB_N("Agreement")}, {"assets", WEB_N("Data assets")}, {"status", WEB_N("Status entries")},
}, signed_words[] = {
	{"certificate", WEB_N("Approving signs Data Asset Certificates with the key of the issuing CA. Each field is shown as it will stand in the certificate.")},
	{"authorisation", WEB_N("Approving signs an authorisation credential. Each claim is shown as it will stand in it.")},
	{"token", WEB_N("Approving lets the license tokens of the list be signed, one for each of its rows.")},
	{"status", WEB_N("Approving signs new status lists, and where a certificate is concerned its revocation list. The entries that change are shown.")},
	{"report", WEB_N("Approving makes the report final and signs it: nothing of it can be changed afterwards.")},
	{"record", WEB_N("Approving signs no credential: it is entered in the record, in the officers' names.")},
};

/* where the kind says more than what is signed: the signer, the root or the register itself changes */
static const struct {
	const char *kind, *text;
} entered_words[] = {
	{"root.renew", WEB_N("Approving signs the root's revocation list anew. A CA that is added to it is revoked for good.")},
	{"root.certify", WEB_N("Approving has the root sign the subordinate CA's certificate, within the limits that are shown.")},
	{"spare.enter", WEB_N("Approving takes this spare into service in the place of the appliance whose TPM is gone: it goes on from the copied record and makes keys of its own. What was issued before stays valid. There is no way back.")},
	{"log.restore", WEB_N("Approving lets the register sign again: numbers go on above all that its public log shows, and what was revoked stays revoked.")},
	{"backup.recipients", WEB_N("Approving names who opens backups that are made from now on. Backups of before stay with whom they were made for. Compare each key's fingerprint with its holder.")},
	{"clock.reset", WEB_N("Approving confirms the clock as it is now, and the appliance signs again.")},
	{"key.roll", WEB_N("Approving makes the newer key at once. From then on it signs what comes later, and the former one what was approved before; what was issued stays as it is. A newer key of the issuing CA signs once the root has certified it.")},
	{"key.end", WEB_N("Approving destroys the former key: nothing is signed with it any more, and there is no way back. What it signed stays valid.")},
	{"officer-key.require", WEB_N("Approving changes the rule at once, for all operators. Requests that wait are judged by the new rule.")},
	{"officer-key.change", WEB_N("Approving enrols or removes the key at once. What was signed with it before stays as it is.")},
};

static const char *word_of(struct web_req *q, const char *code, bool part)
{
	for (size_t i = 0; part && i < FJ_ARRAY_LEN(parts); i++)
		if (strcmp(parts[i].code, code) == 0)
			return web_tr(q, parts[i].text);
	for (size_t i = 0; !part && i < FJ_ARRAY_LEN(signed_words); i++)
		if (strcmp(signed_words[i].code, code) == 0)
			return web_tr(q, signed_words[i].text);
	return code;
}

/* --- fields with what they were --- */

static void difference(struct web_req *q, struct fj_buf *b, const char *key, const json_t *was, const json_t *is)
{
	web_print(b, "<div class=\"was\"><span class=\"tag\">− %s</span> <del>", web_tr(q, "before"));
	web_value(q, b, key, was, portal_links);
	web_print(b, "</del></div><div class=\"now\"><span class=\"tag\">✚ %s</span> <ins>", web_tr(q, "now"));
	if (is == NULL || json_is_null(is))
		web_say(q, b, "taken away");
	else
		web_value(q, b, key, is, portal_links);
	web_html(b, "</ins></div>");
}

/* plain: by the word of pages, not by the name of the field in its structure */
static void field_row(struct web_req *q, struct fj_buf *b, const json_t *f, bool plain)
{
	const char *key = fj_json_text(f, "key"), *label = plain ? "" : web_either(q, fj_json_text(f, "zh"), fj_json_text(f, "en"));
	const json_t *v = json_object_get(f, "value"), *was = json_object_get(f, "was");
	bool drawn = json_is_true(json_object_get(f, "drawn"));

	if (label[0] == '\0')
		label = web_label(q, key);
	web_print(b, was != NULL ? "<tr class=\"changed\"><th scope=\"row\">%s</th><td data-label=\"%s\"><div>" : "<tr><th scope=\"row\">%s</th><td data-label=\"%s\"><div>", label, web_tr(q, "Content"));
	if (drawn)
		web_print(b, "<span class=\"tag\">%s</span> ", web_tr(q, "given when signed"));
	if (was != NULL) {
		difference(q, b, key, was, v);
	} else if (v != NULL && drawn) {
		web_print(b, "<span class=\"small\">%s</span> <span class=\"example\">", web_tr(q, "signed now it would be"));
		web_value(q, b, key, v, NULL);
		web_html(b, "</span>");
	} else if (v != NULL) {
		web_value(q, b, key, v, portal_links);
	}
	web_html(b, "</div></td></tr>");
}

/* what a reader cares about, in this order; a part without key: all of it */
static const struct telling {
	const char *part, *key;
	bool plain;
} telling[] = {
	{"asset", "asset_name"}, {"subject", "holder_name", true}, {"subject", "holder_code"}, {"parties", NULL}, {"assets", NULL}, {"asset", "modes"}, {"asset", "restrictions"}, {"asset", "rights"}, {"grant", NULL}, {"terms", NULL},
	{"validity", "not_before", true}, {"validity", "not_after", true}, {"credential", "nbf"}, {"credential", "exp"}, {"asset", "class_scheme"}, {"asset", "class_code"}, {"asset", "kind"}, {"asset", "region"},
	{"asset", "asset_no"}, {"asset", "card_version"},
};

static bool tells(const struct telling *t, const json_t *f)
{
	return strcmp(t->part, fj_json_text(f, "part")) == 0 && (t->key == NULL || strcmp(t->key, fj_json_text(f, "key")) == 0);
}

/* those rows, and of the others what differs */
static void main_fields(struct web_req *q, struct fj_buf *b, const json_t *list)
{
	size_t i;
	json_t *f;

	web_print(b, "<table class=\"sheet\"><thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead><tbody>", web_tr(q, "Field"), web_tr(q, "Content"));
	for (size_t k = 0; k < FJ_ARRAY_LEN(telling); k++)
		json_array_foreach(list, i, f)
			if (tells(&telling[k], f))
				field_row(q, b, f, telling[k].plain);
	json_array_foreach(list, i, f) {
		bool told = json_object_get(f, "was") == NULL;
		for (size_t k = 0; k < FJ_ARRAY_LEN(telling); k++)
			told = told || tells(&telling[k], f);
		if (!told)
			field_row(q, b, f, false);
	}
	web_html(b, "</tbody></table>");
}

static void fields(struct web_req *q, struct fj_buf *b, const json_t *list)
{
	const char *part = "";
	size_t i;
	json_t *f;

	web_print(b, "<table class=\"sheet\"><thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead>", web_tr(q, "Field"), web_tr(q, "Content"));
	json_array_foreach(list, i, f) {
		if (strcmp(part, fj_json_text(f, "part")) != 0) {
			web_print(b, part[0] != '\0' ? "</tbody><tbody><tr class=\"part\"><th colspan=\"2\" scope=\"rowgroup\">%s</th></tr>" : "<tbody><tr class=\"part\"><th colspan=\"2\" scope=\"rowgroup\">%s</th></tr>",
			    word_of(q, fj_json_text(f, "part"), true));
			part = fj_json_text(f, "part");
		}
		field_row(q, b, f, false);
	}
	web_html(b, part[0] != '\0' ? "</tbody></table>" : "</table>");
}

static size_t changed(const json_t *list)
{
	size_t n = 0, i;
	json_t *f;

	json_array_foreach(list, i, f)
		n += json_object_get(f, "was") != NULL;
	return n;
}

static void card_differences(struct web_req *q, struct fj_buf *b, const json_t *items)
{
	size_t i;
	json_t *v;

	web_print(b, "<table class=\"sheet\"><thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead><tbody>", web_tr(q, "Field"), web_tr(q, "Content"));
	json_array_foreach(items, i, v) {
		web_print(b, "<tr class=\"changed\"><th scope=\"row\">%s</th><td data-label=\"%s\"><div>", web_either(q, fj_json_peek(v, "zh"), fj_json_text(v, "en")), web_tr(q, "Content"));
		difference(q, b, "text", json_object_get(v, "old_text"), json_object_get(v, "new_text"));
		web_html(b, "</div></td></tr>");
	}
	web_html(b, "</tbody></table>");
}

/* --- a document that will be signed --- */

static void refusal(struct web_req *q, struct fj_buf *b, const json_t *r)
{
	const json_t *detail = json_object_get(r, "detail");

	if (r == NULL)
		return;
	web_print(b, "<div class=\"error\"><p><strong>%s</strong> ", web_tr(q, "As things stand this can't be signed."));
	portal_capital(b, web_either(q, fj_json_peek(detail, "zh"), fj_json_text(detail, "en")));
	web_say(q, b, ".");
	web_html(b, "</p><p class=\"small\">");
	portal_rule(q, b, fj_json_text(r, "rule"));
	web_say(q, b, ", ");
	portal_basis(q, b, fj_json_text(r, "basis"), fj_json_text(r, "clause"));
	web_html(b, "</p></div>");
}

static void document(struct web_req *q, struct fj_buf *b, const json_t *d, bool open)
{
	const json_t *list = json_object_get(d, "fields"), *card = json_object_get(d, "card");
	const char *succeeds = fj_json_text(d, "succeeds"), *content = fj_json_text(d, "content");
	size_t n = changed(list);

	web_print(b, open ? "<details class=\"doc\" open><summary>%s <bdi>%s</bdi> <span class=\"mono small\">%s</span>" : "<details class=\"doc\"><summary>%s <bdi>%s</bdi> <span class=\"mono small\">%s</span>",
	    web_word(q, WEB_CREDENTIAL, fj_json_text(d, "credential")), fj_json_text(d, "name"), fj_json_text(d, "object"));
	if (n > 0) {
		web_html(b, " <span class=\"tag\">▲ ");
		web_say(q, b, "%zu fields differ", n);
		web_html(b, "</span>");
	}
	if (json_object_get(d, "refused") != NULL)
		web_print(b, " <span class=\"tag\">✘ %s</span>", web_tr(q, "can't be signed"));
	web_html(b, "</summary>");
	refusal(q, b, json_object_get(d, "refused"));
	if (succeeds[0] != '\0') {
		FJ_AUTO(json) number = json_string(succeeds);
		web_print(b, "<p class=\"small\">%s ", web_tr(q, "Compared with what it replaces:"));
		web_value(q, b, "number", number, portal_links);
		web_html(b, "</p>");
	}
	if (json_array_size(list) > 0)
		main_fields(q, b, list);
	if (json_array_size(json_object_get(card, "items")) > 0) {
		web_html(b, "<h4>");
		web_say(q, b, "The asset card, version %lld against version %lld", (long long)fj_json_num(card, "to"), (long long)fj_json_num(card, "from"));
		web_html(b, "</h4>");
		card_differences(q, b, json_object_get(card, "items"));
	}
	if (json_array_size(list) > 0) {
		web_print(b, "<details><summary>%s</summary>", web_tr(q, "Every field as it will be signed"));
		fields(q, b, list);
		if (content[0] != '\0')
			web_print(b, "<p class=\"small\">%s <span class=\"mono\">%s</span></p>", web_tr(q, "The approval is bound to this content, SHA-256:"), content);
		web_html(b, "</details>");
	}
	web_html(b, "</details>");
}

static void status(struct web_req *q, struct fj_buf *b, const json_t *list)
{
	static const char *const states[] = {"from_state", "to_state"};
	const char *heads[] = {web_label(q, "object"), web_tr(q, "List"), web_tr(q, "Place"), web_tr(q, "Entry now"), web_tr(q, "Entry then")};
	size_t i;
	json_t *v;

	web_print(b, "<details><summary>%s</summary><table><thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead><tbody>",
	    web_tr(q, "Entries that change"), heads[0], heads[1], heads[2], heads[3], heads[4]);
	json_array_foreach(list, i, v) {
		web_print(b, "<tr><td data-label=\"%s\"><div>", heads[0]);
		web_value(q, b, "object", json_object_get(v, "object"), portal_links);
		web_print(b, "</div></td><td data-label=\"%s\" class=\"mono\"><div>%s</div></td><td data-label=\"%s\" class=\"mono\"><div>", heads[1], fj_json_text(v, "list"), heads[2]);
		if (json_object_get(v, "serial") != NULL)
			web_text(b, fj_json_text(v, "serial"));
		else
			web_print(b, "%lld", (long long)fj_json_num(v, "idx"));
		for (size_t k = 0; k < 2; k++) {
			web_print(b, "</div></td><td data-label=\"%s\"><div>", heads[3 + k]);
			web_value(q, b, "state", json_object_get(v, states[k]), NULL);
		}
		web_html(b, "</div></td></tr>");
	}
	web_html(b, "</tbody></table></details>");
}

static void differences(struct web_req *q, struct fj_buf *b, const json_t *list, bool settings)
{
	FJ_AUTO(json) change = json_object();
	FJ_AUTO(json) was = json_object();
	size_t i;
	json_t *v;

	web_print(b, "<h3>%s</h3>", web_tr(q, "What changes against what is in force"));
	if (!settings) {
		fields(q, b, list);
		return;
	}
	json_array_foreach(list, i, v) {
		json_object_set(change, fj_json_text(v, "key"), json_object_get(v, "value"));
		json_object_set(was, fj_json_text(v, "key"), json_object_get(v, "was"));
	}
	portal_settings_changed(q, b, change, was);
}

void portal_changes(struct web_req *q, struct fj_buf *b, const char *authorisation, const json_t *rows)
{
	web_print(b, "<p class=\"notice\">%s <a class=\"mono\" href=\"/show/authorisation/%s\">%s</a>%s</p>", web_tr(q, "This adjusts a running authorisation:"), authorisation, authorisation, web_either(q, "。", "."));
	if (json_array_size(rows) > 0)
		differences(q, b, rows, false);
	else
		web_print(b, "<p class=\"small\">%s</p>", web_tr(q, "So far nothing differs from what is in force."));
}

static void users(struct web_req *q, struct fj_buf *b, const json_t *p)
{
	const json_t *list = json_object_get(p, "users");
	long long all = (long long)fj_json_num(p, "users_total");
	static const char *const columns[] = {"line", "usci", "name", NULL};

	web_print(b, "<h3>%s <span class=\"count\">%lld</span></h3>", web_tr(q, "For these users"), all);
	if (json_object_get(p, "fee_fen") != NULL) {
		FJ_AUTO(json) fee = json_pack("{s:O, s:O}", "fee_fen", json_object_get(p, "fee_fen"), "charge_basis", json_object_get(p, "charge_basis"));
		web_fields(q, b, fee, NULL);
	}
	web_table(q, b, list, portal_links, columns);
	if (all > (long long)json_array_size(list)) {
		web_html(b, "<p class=\"small\">");
		web_say(q, b, "and %lld more", all - (long long)json_array_size(list));
		web_html(b, "</p>");
	}
	portal_left_out(q, b, all, p);
}

void portal_content(struct web_req *q, struct fj_buf *b, const char *kind, const json_t *p, bool whole)
{
	const json_t *documents = json_object_get(p, "documents");
	size_t i;
	json_t *d;

	const char *text = word_of(q, fj_json_text(p, "signs"), false);
	for (size_t k = 0; k < FJ_ARRAY_LEN(entered_words); k++)
		if (strcmp(entered_words[k].kind, kind) == 0)
			text = web_tr(q, entered_words[k].text);
	web_print(b, "<p>%s</p>", text);
	json_array_foreach(documents, i, d)
		document(q, b, d, whole && i == 0);
	if (json_array_size(json_object_get(p, "status")) > 0)
		status(q, b, json_object_get(p, "status"));
	if (fj_json_text(p, "adjusts")[0] != '\0')
		portal_changes(q, b, fj_json_text(p, "adjusts"), json_object_get(p, "differences"));
	else if (json_array_size(json_object_get(p, "differences")) > 0)
		differences(q, b, json_object_get(p, "differences"), strcmp(fj_json_text(p, "kind"), "profile.adopt") == 0);
	if (json_array_size(json_object_get(p, "users")) > 0)
		users(q, b, p);
	if (json_object_get(p, "report") != NULL)
		portal_report_told(q, b, json_object_get(p, "report"), !whole);
}

/* --- the approval itself --- */

/* "token", "token.1": a key of the appliance */
static const char *key_word(struct web_req *q, const char *name)
{
	char role[24];

	snprintf(role, sizeof(role), "%.*s", (int)strcspn(name, "."), name);
	const char *word = web_tr_in(q, "choice", role);
	return word != NULL ? word : name;
}

/* the payload of an act of the signer's, in words */
static void signer_words(struct web_req *q, const char *kind, json_t *payload)
{
	if (strcmp(kind, "officer-key.require") == 0) {
		json_object_set_new(payload, "tokens_rule", json_string(portal_tokens_rule(q, fj_json_text(payload, "tokens"))));
		json_object_del(payload, "tokens");
	}
	if (strcmp(kind, "key.roll") == 0 || strcmp(kind, "key.end") == 0) {
		json_object_set_new(payload, "signing_key", json_string(key_word(q, fj_json_text(payload, "key"))));
		json_object_del(payload, "key");
	}
}

/* what the signer itself is asked for is about no object that has a page */
static bool signer_object(struct web_req *q, struct fj_buf *b, const char *kind, const char *id)
{
	bool end = strcmp(kind, "key.end") == 0;

	if (strcmp(kind, "officer-key.require") == 0) {
		web_text(b, web_tr(q, "Rule for license tokens"));
		return true;
	}
	if (!end && strcmp(kind, "key.roll") != 0)
		return false;
	web_print(b, end ? "%s <span class=\"mono small\">%s</span>" : "%s", key_word(q, id), id);
	return true;
}

void portal_object(struct web_req *q, struct fj_buf *b, const json_t *a)
{
	const char *kind = fj_json_text(a, "kind"), *id = fj_json_text(a, "object"), *name = fj_json_text(a, "object_name");
	char noun[PORTAL_NOUN], prefix[80];
	const struct web_link self[] = {{"object", prefix}, {NULL, NULL}};
	FJ_AUTO(json) text = json_string(id);
	bool named = strncmp(id, "DAC-", 4) == 0 || strncmp(id, "DAU-", 4) == 0 || strncmp(id, "LT-", 3) == 0 || (id[0] != '\0' && id[1] != '\0' && id[2] == '-');

	if (signer_object(q, b, kind, id))
		return;
	/* "certificate.revoke" is about a certificate, its issuing about an asset */
	portal_noun_in(kind, noun);
	if (strcmp(kind, "certificate.issue") == 0)
		snprintf(noun, sizeof(noun), "asset");
	if (strcmp(noun, "asset") == 0 && strstr(id, " assets ") != NULL) { /* "12 assets HASH" */
		char number[12];
		snprintf(number, sizeof(number), "%.*s", (int)strcspn(id, " "), id);
		web_say(q, b, "%s assets", number);
		return;
	}
	snprintf(prefix, sizeof(prefix), "/show/%s/", noun);
	if (name[0] != '\0')
		web_print(b, "<bdi>%s</bdi> ", name);
	web_html(b, name[0] != '\0' ? "<span class=\"mono small\">" : "<span class=\"mono\">");
	web_value(q, b, "object", text, named && strcmp(noun, "asset") != 0 ? portal_links : portal_key_of(noun) != NULL ? self : NULL);
	web_html(b, "</span>");
}

static void head(struct web_req *q, struct fj_buf *b, const json_t *a)
{
	const json_t *w = json_object_get(a, "waiting_for");

	web_html(b, "<div class=\"face\"><p class=\"name\">");
	portal_object(q, b, a);
	web_print(b, "</p><p><span class=\"mono\">%s</span> ", fj_json_text(a, "id"));
	web_value(q, b, "state", json_object_get(a, "state"), NULL);
	web_html(b, "</p></div><dl>");
	web_print(b, "<div><dt>%s</dt><dd>%s", web_label(q, "applicant"), fj_json_text(a, "applicant"));
	if (fj_json_text(a, "behalf")[0] != '\0') {
		web_html(b, " ");
		web_say(q, b, "on behalf of %s", fj_json_text(a, "behalf"));
	}
	web_print(b, "</dd></div><div><dt>%s</dt><dd>", web_label(q, "requested_at"));
	web_value(q, b, "requested_at", json_object_get(a, "requested_at"), NULL);
	web_html(b, "</dd></div>");
	if (json_is_object(w)) {
		web_print(b, "<div><dt>%s</dt><dd>%s ", web_label(q, "waiting_for"), web_word(q, WEB_ROLE, fj_json_text(w, "role")));
		web_value(q, b, "org", json_object_get(w, "org"), portal_links);
		web_html(b, " ");
		web_say(q, b, "(level %lld of %lld)", (long long)fj_json_num(w, "level"), (long long)fj_json_num(w, "levels"));
		web_html(b, "</dd></div>");
	}
	web_html(b, "</dl>");
}

/* why it is asked for is never folded away */
static void why(struct web_req *q, struct fj_buf *b, const json_t *a)
{
	const json_t *payload = json_object_get(a, "payload");
	FJ_AUTO(json) said = json_pack("{s:O*, s:O*}", "reason", json_object_get(payload, "reason"), "note", json_object_get(payload, "note"));

	web_fields(q, b, said, NULL);
}

static void asked_for(struct web_req *q, struct fj_buf *b, const json_t *a, bool folded)
{
	FJ_AUTO(json) payload = json_copy(json_object_get(a, "payload"));

	if (json_object_size(payload) == 0)
		return;
	if (strcmp(fj_json_text(a, "state"), "OPEN") != 0) /* else beside those who get one */
		portal_left_out(q, b, fj_json_num(payload, "rows"), payload);
	json_object_del(payload, "users_left_out");
	json_object_del(payload, "act"); /* told with the signatures; entries that are lifted, with what will be signed */
	json_object_del(payload, "lifts");
	static const char *const shown[] = {"license", "users", "persons", "parent", "token"}; /* by its request */
	for (size_t i = 0; i < FJ_ARRAY_LEN(shown); i++)
		json_object_del(payload, shown[i]);
	json_object_del(payload, "not_by"); /* persons by their codes: who decides, and who may not, stands below by name */
	signer_words(q, fj_json_text(a, "kind"), payload);
	if (json_object_get(payload, "title") != NULL) {
		json_object_set(payload, "report_title", json_object_get(payload, "title"));
		json_object_del(payload, "title");
	}
	web_print(b, folded ? "<details><summary>%s</summary>" : "<section><h3>%s</h3>", web_tr(q, "The request as it was made"));
	if (strcmp(fj_json_text(a, "kind"), "profile.adopt") == 0) { /* in words, not as the document that follows from it */
		portal_settings_changed(q, b, json_object_get(payload, "change"), json_object_get(payload, "was"));
		json_object_del(payload, "change");
		json_object_del(payload, "was");
		json_object_del(payload, "profile");
	}
	web_fields(q, b, payload, portal_links);
	web_technical(q, b, payload);
	web_html(b, folded ? "</details>" : "</section>");
	web_print(b, "<p class=\"small\">%s <span class=\"mono\">%s</span></p>", web_tr(q, "The approval is bound to this request, SHA-256:"), fj_json_text(a, "digest"));
}

/* --- what was said, and who may say something --- */

static void decided(struct web_req *q, struct fj_buf *b, const json_t *d)
{
	bool yes = strcmp(fj_json_text(d, "verdict"), "approve") == 0;

	web_print(b, "<li class=\"%s\"><p><strong>%s %s</strong> · %s %s", yes ? "done" : "ended", yes ? "✔" : "✘", yes ? web_tr(q, "Approved") : web_tr(q, "Rejected"), web_word(q, WEB_ROLE, fj_json_text(d, "role")),
	    fj_json_text(d, "officer"));
	if (fj_json_text(d, "behalf")[0] != '\0') {
		web_html(b, " ");
		web_say(q, b, "on behalf of %s", fj_json_text(d, "behalf"));
	}
	web_html(b, " · ");
	web_value(q, b, "at", json_object_get(d, "at"), NULL);
	web_print(b, fj_json_text(d, "note")[0] != '\0' ? "</p><p>%s</p></li>" : "</p>%s</li>", fj_json_text(d, "note"));
}

static void officers(struct web_req *q, struct fj_buf *b, const char *text, const json_t *list)
{
	size_t i;
	json_t *v;

	if (json_array_size(list) == 0)
		return;
	web_print(b, "<p class=\"small\">%s ", text);
	json_array_foreach(list, i, v)
		web_print(b, "%s%s", i > 0 ? web_either(q, "、", ", ") : "", fj_json_text(v, "name")[0] != '\0' ? fj_json_text(v, "name") : fj_json_text(v, "login"));
	web_html(b, "</p>");
}

static void levels_to_come(struct web_req *q, struct fj_buf *b, const json_t *a)
{
	const json_t *chain = json_object_get(a, "chain");
	size_t i;
	json_t *level;

	json_array_foreach(chain, i, level) {
		bool now = (json_int_t)i + 1 == fj_json_num(a, "level");
		if ((json_int_t)i + 1 < fj_json_num(a, "level"))
			continue;
		web_print(b, now ? "<li class=\"now\"><p><strong>● %s</strong> · " : "<li class=\"next\"><p><strong>○ %s</strong> · ", now ? web_tr(q, "To decide now") : web_tr(q, "After that"));
		web_print(b, "%s ", web_word(q, WEB_ROLE, fj_json_text(level, "role")));
		web_value(q, b, "org", json_object_get(level, "org"), portal_links);
		web_html(b, "</p>");
		if (now)
			officers(q, b, web_tr(q, "May decide:"), json_object_get(a, "deciders"));
		if (now)
			officers(q, b, web_tr(q, "May not, having had a part in it:"), json_object_get(a, "barred"));
		web_html(b, "</li>");
	}
}

static void history(struct web_req *q, struct fj_buf *b, const json_t *a)
{
	size_t i;
	json_t *d;

	web_print(b, "<h2 id=\"history\">%s</h2><ol class=\"timeline\"><li class=\"done\"><p><strong>✔ %s</strong> · %s · ", web_tr(q, "Course of the approval"), web_tr(q, "Asked for"), fj_json_text(a, "applicant"));
	web_value(q, b, "requested_at", json_object_get(a, "requested_at"), NULL);
	web_html(b, "</p></li>");
	json_array_foreach(json_object_get(a, "decisions"), i, d)
		decided(q, b, d);
	if (strcmp(fj_json_text(a, "state"), "OPEN") == 0)
		levels_to_come(q, b, a);
	web_html(b, "</ol>");
}

/* --- deciding --- */

/* what contradicts itself is approved only with the box ticked (domain.md 3.4) */
static void confirm_box(struct web_req *q, struct fj_buf *b, const json_t *odd)
{
	if (!json_is_object(odd))
		return;
	web_html(b, "<p class=\"notice\">");
	web_value(q, b, "detail", odd, NULL);
	web_html(b, "</p><label class=\"box\"><input type=\"checkbox\" name=\"confirm\" value=\"true\" required> ");
	web_say(q, b, "I have seen this contradiction and confirm it");
	web_html(b, "</label>");
}

static void decide(struct web_req *q, struct fj_buf *b, const json_t *a)
{
	const char *id = fj_json_text(a, "id"), *typed = web_field(q, "note");

	web_print(b, "<section class=\"card\" id=\"decide\"><h2>%s</h2>", web_tr(q, "Your decision"));
	if (fj_json_text(a, "mine_as")[0] != '\0') {
		web_html(b, "<p class=\"notice\">");
		web_say(q, b, "You decide as deputy of %s.", fj_json_text(a, "mine_as"));
		web_html(b, "</p>");
	}
	web_print(b, "<form method=\"post\" action=\"/approvals/%s/approve\" class=\"fill\">", id);
	portal_csrf(q, b);
	portal_hidden(b, "digest", fj_json_text(a, "digest"));
	confirm_box(q, b, json_object_get(a, "to_confirm"));
	web_print(b, "<p><button>%s</button></p></form><form method=\"post\" action=\"/approvals/%s/reject\" class=\"fill\">", web_tr(q, "Approve"), id);
	portal_csrf(q, b);
	portal_hidden(b, "digest", fj_json_text(a, "digest"));
	web_print(b, "<label for=\"note\">%s</label><textarea class=\"prose\" id=\"note\" name=\"note\" maxlength=\"400\" required>%s</textarea><p><button class=\"danger\">%s</button></p></form></section>",
	    web_tr(q, "Reason for rejecting (the applicant reads it)"), typed, web_tr(q, "Reject"));
}

static void not_yours(struct web_req *q, struct fj_buf *b, const json_t *a)
{
	bool own = strcmp(fj_json_text(a, "applicant"), portal_actor(q)->login) == 0;
	char office[PORTAL_NAME];

	web_html(b, "<p class=\"notice\">");
	if (portal_decider(q, json_object_get(a, "waiting_for"), office))
		web_say(q, b, "Waits for the decision of %s.", office);
	else if (own)
		web_say(q, b, "Waits for another officer: nobody decides the own request (R22).");
	else
		web_say(q, b, "Waits for others: neither its applicant nor another organisation's officer decides it (R22).");
	web_html(b, "</p>");
}

static void more(struct web_req *q, struct fj_buf *b, const json_t *a, const json_t *p)
{
	const char *next = fj_json_peek(p, "next");

	if (next == NULL && web_field(q, "after")[0] == '\0')
		return;
	web_html(b, "<p class=\"pager\">");
	if (web_field(q, "after")[0] != '\0')
		web_print(b, "<a href=\"/approvals/%s\">%s</a> ", fj_json_text(a, "id"), web_tr(q, "First page"));
	if (next != NULL)
		web_print(b, "<a href=\"/approvals/%s?after=%s\">%s</a>", fj_json_text(a, "id"), next, web_tr(q, "The next documents"));
	web_html(b, "</p>");
}

/* what became of the act that led here; who decides now, by name */
static void asked_of(struct web_req *q, struct fj_buf *b, const json_t *a)
{
	char office[PORTAL_NAME];

	if (strcmp(web_field(q, "done"), "suspended") == 0 && portal_ends_by(q, b, json_object_get(a, "waiting_for")))
		return;
	if (strcmp(web_field(q, "done"), "waiting") != 0 || !portal_decider(q, json_object_get(a, "waiting_for"), office)) {
		portal_done(q, b);
		return;
	}
	web_html(b, "<p class=\"notice ok\" role=\"status\">");
	web_say(q, b, "Handed in: %s decides.", office);
	web_html(b, "</p>");
}

#define ISSUED 10 /* so many by name */

/* what was issued, and what is usually done with it next */
static void one_issued(struct web_req *q, struct fj_buf *b, const char *show, const char *key, const char *object, const char *member)
{
	const struct iss_command_info *copy = iss_command_find("copy.issue");
	FJ_AUTO(json) params = json_pack("{s:s}", key, object);
	FJ_AUTO(json) o = NULL;
	bool certificate = strcmp(member, "certificate") == 0;

	if (portal_command(q, show, params, &o, NULL) != FJ_OK || fj_json_text(o, member)[0] == '\0')
		return;
	const char *number = fj_json_text(o, member);
	web_print(b, "<li><a class=\"button\" href=\"/show/%s/%s\">%s <span class=\"mono\">%s</span></a>", member, number, certificate ? web_tr(q, "To the certificate") : web_tr(q, "To the authorisation"), number);
	if (certificate && portal_may(q, copy))
		web_print(b, " <a href=\"/do/copy/issue?number=%s\">%s</a>", number, web_tr(q, "Make a copy on paper"));
	web_html(b, "</li>");
}

static void issued(struct web_req *q, struct fj_buf *b, const json_t *a)
{
	const char *kind = fj_json_text(a, "kind");
	const json_t *assets = json_object_get(json_object_get(a, "payload"), "assets");
	bool certificate = strcmp(kind, "certificate.issue") == 0;

	if (!certificate && strcmp(kind, "authorisation.grant") != 0)
		return;
	web_html(b, "<ul class=\"choices\">");
	for (size_t i = 0; certificate && i < json_array_size(assets) && i < ISSUED; i++)
		one_issued(q, b, "asset.show", "asset", fj_json_text(json_array_get(assets, i), "asset_no"), "certificate");
	if (!certificate)
		one_issued(q, b, "plan.show", "id", fj_json_text(a, "object"), "authorisation");
	web_html(b, "</ul>");
}

/* where what was approved goes on, when that is neither the object itself nor done */
static void goes_on(struct web_req *q, struct fj_buf *b, const json_t *a)
{
	if (strcmp(fj_json_text(a, "state"), "APPROVED") != 0)
		return;
	issued(q, b, a);
	if (strcmp(fj_json_text(a, "kind"), "token.bulk") == 0)
		web_print(b, "<p class=\"acts first\"><a class=\"button\" href=\"/show/bulk/%s\">%s</a></p>", fj_json_text(a, "object"), web_tr(q, "To the batch: how far it is, and its download"));
	if (strcmp(fj_json_text(a, "kind"), "token.issue") == 0)
		web_print(b, "<p class=\"acts first\"><a class=\"button\" href=\"/show/authorisation/%s\">%s</a></p>", fj_json_text(json_object_get(a, "payload"), "authorisation"), web_tr(q, "To the authorisation and its licenses"));
}

static void to_be_done(struct web_req *q, struct fj_buf *b, const json_t *a, const json_t *p)
{
	const char *kind = fj_json_text(a, "kind");

	if (strcmp(kind, "price.record") == 0)
		portal_price_told(q, b, json_object_get(a, "payload"));
	if (portal_takes_back(kind) && !portal_stops_something(kind))
		portal_returns_told(q, b, fj_json_text(a, "object"));
	web_print(b, "<h2>%s</h2>", strcmp(fj_json_text(p, "signs"), "record") == 0 ? web_tr(q, "What will be entered") : web_tr(q, "What will be signed"));
	portal_content(q, b, kind, p, true);
	more(q, b, a, p);
	if (portal_stops_something(kind)) {
		portal_consequence(q, b, iss_command_find(kind));
		portal_stops_told(q, b, fj_json_text(a, "object"));
	}
}

static void page(struct web_req *q, struct web_res *r, const json_t *a, const json_t *p, const struct fj_err *err)
{
	struct fj_buf *b = &r->body;
	bool open = strcmp(fj_json_text(a, "state"), "OPEN") == 0, mine = json_is_true(json_object_get(a, "mine"));
	size_t n = json_object_get(p, "adjusts") != NULL ? 0 : json_array_size(json_object_get(p, "differences")); /* a plan is read whole */
	bool shown = json_array_size(json_object_get(p, "documents")) + json_array_size(json_object_get(p, "status")) + n > 0 || json_object_get(p, "report") != NULL;

	fj_buf_clear(b);
	portal_top(q, b, web_word(q, WEB_MATTER, fj_json_text(a, "kind")));
	portal_tell(q, r, err);
	asked_of(q, b, a);
	head(q, b, a);
	goes_on(q, b, a);
	if (open && mine)
		web_print(b, "<p><a href=\"#decide\">%s</a></p>", web_tr(q, "To the decision"));
	if (open && shown)
		why(q, b, a);
	if (open)
		to_be_done(q, b, a, p);
	if (strcmp(fj_json_text(a, "state"), "APPROVED") == 0 && portal_stops_something(fj_json_text(a, "kind"))) {
		bool party;
		FJ_AUTO(json) stops = portal_stops(q, fj_json_text(a, "object"), &party);
		portal_stopped(q, b, stops);
	}
	if (!open || !shown)
		asked_for(q, b, a, false);
	if (open)
		portal_signing(q, b, a);
	if (open && mine)
		decide(q, b, a);
	else if (open)
		not_yours(q, b, a);
	if (open && shown)
		asked_for(q, b, a, true);
	history(q, b, a);
	web_print(b, "<p class=\"pager\"><a href=\"/inbox\">%s</a></p>", web_tr(q, "Back to the inbox"));
	web_page_end(b);
}

/* the approval and what it would sign; false: the answer is made */
static bool load(struct web_req *q, struct web_res *r, const char *id, json_t **a, json_t **p)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "id", id);
	struct fj_err err = {0};

	if (portal_command(q, "approval.show", params, a, &err) == FJ_OK) {
		if (web_field(q, "after")[0] != '\0')
			json_object_set_new(params, "after", json_string(web_field(q, "after")));
		if (portal_command(q, "approval.preview", params, p, &err) == FJ_OK)
			return true;
	}
	web_fail(q, r, &err);
	return false;
}

void portal_get_approval(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(json) a = NULL;
	FJ_AUTO(json) p = NULL;

	if (load(q, r, web_param(q, "id"), &a, &p))
		page(q, r, a, p, NULL);
}

/* the second half of a new user's one-time code is told once, to who approved, and never
 * stored; who asked for the user has the first half */
static void show_code(struct web_req *q, struct web_res *r, const json_t *answer)
{
	struct fj_buf *b = &r->body;

	portal_top(q, b, web_tr(q, "The user is entered"));
	web_print(b, "<p>%s</p>", web_tr(q, "This is the second half of the one-time code: hand it to the user in person. The applicant hands over the first half. It can't be shown again."));
	web_print(b, "<dl><div><dt>%s</dt><dd class=\"mono\">%s</dd></div>", web_tr(q, "User name"), fj_json_text(answer, "login"));
	web_print(b, "<div><dt>%s</dt><dd class=\"mono\">%s</dd></div></dl>", web_tr(q, "Second half of the code"), fj_json_text(answer, "code_second"));
	web_page_end(b);
}

static void refused(struct web_req *q, struct web_res *r, const struct fj_err *err)
{
	FJ_AUTO(json) a = NULL;
	FJ_AUTO(json) p = NULL;

	if (err->rc == FJ_E_FORBIDDEN) /* whoever decides nothing */
		web_fail(q, r, err);
	else if (load(q, r, web_param(q, "id"), &a, &p))
		page(q, r, a, p, err);
}

enum fj_rc portal_decide(struct web_req *q, const char *command, const char *id, const char *digest, json_t **answer, struct fj_err *err)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "id", id);

	if (strcmp(web_field(q, "confirm"), "true") == 0)
		json_object_set_new(params, "confirm", json_true());
	if (web_field(q, "note")[0] != '\0')
		json_object_set_new(params, "note", json_string(web_field(q, "note")));
	if (digest[0] != '\0')
		json_object_set_new(params, "digest", json_string(digest));
	return portal_command(q, command, params, answer, err);
}

static void one(struct web_req *q, struct web_res *r, const char *command, const char *done, const char *passed)
{
	json_t *out = NULL;
	struct fj_err err = {0};
	FJ_AUTO(buf) to = FJ_BUF_INIT(512);

	if (portal_decide(q, command, web_param(q, "id"), web_field(q, "digest"), &out, &err) != FJ_OK) {
		refused(q, r, &err);
		return;
	}
	FJ_AUTO(json) answer = out;
	if (fj_json_peek(answer, "code_second") != NULL) {
		show_code(q, r, answer);
		return;
	}
	bool open = strcmp(fj_json_text(answer, "state"), "OPEN") == 0; /* another level, or another refusal, is needed */
	web_html(&to, "/approvals/");
	web_url(&to, web_param(q, "id"));
	web_html(&to, "?done=");
	web_url(&to, json_is_false(json_object_get(answer, "published")) ? "unpublished" : open ? passed : done);
	web_redirect(r, fj_buf_str(&to));
}

void portal_post_approve(struct web_req *q, struct web_res *r)
{
	one(q, r, "approval.approve", "approved", "passed");
}

void portal_post_reject(struct web_req *q, struct web_res *r)
{
	one(q, r, "approval.reject", "rejected", "refused-once");
}
