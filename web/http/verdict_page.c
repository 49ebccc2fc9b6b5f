/*
 * verdict_page.c - a verdict for people: the word and its reason in one sentence, then
 * what it means in plain words (verdict_plain.c); folded under it every check with
 * outcome, reason and clause, what nobody checked, and all that the credential says.
 * Colour is never the only sign.  And the form that asks for one.
 */
#include "web/http/http.h"

static const char *in_words(struct web_req *q, const json_t *text)
{
	return web_lang(q)[0] == 'e' || fj_json_text(text, "zh")[0] == '\0' ? fj_json_text(text, "en") : fj_json_text(text, "zh");
}

static bool outcome_is(const json_t *check, const char *outcome)
{
	return strcmp(fj_json_text(check, "outcome"), outcome) == 0;
}

/* the first check that decided it: for deny a failure, else what is unknown */
static const json_t *decisive(const json_t *verdict)
{
	const char *outcome = strcmp(fj_json_text(verdict, "verdict"), "deny") == 0 ? "fail" : "unknown";
	const json_t *c;
	size_t i;

	json_array_foreach(json_object_get(verdict, "checks"), i, c)
		if (outcome_is(c, outcome))
			return c;
	return NULL;
}

/* what failed is only what was asked for: the credential itself passed all that was checked of it */
static bool use_alone(const json_t *verdict)
{
	static const char *const of_use[] = {"scope", "restrictions", "quota", "holder", "freshness", "logged"}; /* the rest is of itself */
	bool bad = false;
	const json_t *c;
	size_t i, k;

	json_array_foreach(json_object_get(verdict, "checks"), i, c) {
		for (k = 0; k < FJ_ARRAY_LEN(of_use) && strcmp(fj_json_text(c, "name"), of_use[k]) != 0; k++)
			;
		bad = bad || ((outcome_is(c, "fail") && k > 2) || (outcome_is(c, "unknown") && k == FJ_ARRAY_LEN(of_use)));
	}
	return !bad;
}

static void headline(struct web_req *q, struct fj_buf *b, const json_t *verdict, const json_t *why)
{
	const char *word = fj_json_text(verdict, "verdict");
	bool of_use = strcmp(word, "deny") == 0 && use_alone(verdict);

	web_html(b, "<div class=\"verdict ");
	web_text(b, word);
	web_html(b, "\" role=\"status\"><p>");
	if (strcmp(word, "permit") == 0)
		web_say(q, b, "✔ Valid (permit)");
	else if (strcmp(word, "deny") == 0)
		web_text(b, of_use ? web_tr(q, "✘ Not for this use (deny)") : web_tr(q, "✘ Not valid (deny)"));
	else
		web_say(q, b, "? Can't be decided (indeterminate)");
	web_html(b, "</p>");
	if (of_use)
		web_print(b, "<p class=\"why\">%s</p>", web_tr(q, "The credential itself is genuine and in force; only the use that was asked about is not covered."));
	if (why != NULL) {
		web_html(b, "<p class=\"why\">");
		web_text(b, web_word(q, WEB_CHECK, fj_json_text(why, "name")));
		web_say(q, b, ": ");
		web_text(b, in_words(q, json_object_get(why, "text")));
		web_html(b, "</p>");
	}
	web_html(b, "</div>");
}

static void subject(struct web_req *q, struct fj_buf *b, const json_t *verdict)
{
	FJ_AUTO(json) s = json_copy(json_object_get(verdict, "subject"));

	if (json_object_size(s) == 0)
		return;
	if (strcmp(fj_json_text(verdict, "kind"), "token") == 0) { /* who holds a license uses data; who holds an asset is another */
		json_object_set(s, "user", json_object_get(s, "holder"));
		json_object_del(s, "holder");
	}
	web_print(b, "<details><summary>%s</summary>", web_tr(q, "All that it says"));
	web_fields(q, b, s, NULL);
	web_technical(q, b, s);
	web_html(b, "</details>");
}

static void cell(struct fj_buf *b, const char *label, const char *text)
{
	web_html(b, "<td data-label=\"");
	web_text(b, label);
	web_html(b, "\">");
	web_text(b, text);
	web_html(b, "</td>");
}

static void check_row(struct web_req *q, struct fj_buf *b, const json_t *c)
{
	const char *o = fj_json_text(c, "outcome");
	bool matters = outcome_is(c, "fail") || outcome_is(c, "unknown");

	web_html(b, "<tr>");
	cell(b, web_tr(q, "Check"), web_word(q, WEB_CHECK, fj_json_text(c, "name")));
	web_html(b, matters ? outcome_is(c, "fail") ? "<td class=\"fail\" data-label=\"" : "<td class=\"unknown\" data-label=\""
	    : outcome_is(c, "pass") ? "<td class=\"pass\" data-label=\"" : "<td data-label=\"");
	web_say(q, b, "Outcome");
	web_html(b, "\">");
	web_text(b, web_word(q, WEB_OUTCOME, o));
	web_html(b, "</td><td data-label=\"");
	web_say(q, b, "Explanation");
	web_html(b, "\">");
	web_text(b, in_words(q, json_object_get(c, "text")));
	if (matters && fj_json_text(c, "evidence")[0] != '\0') {
		web_html(b, " <span class=\"mono small\">");
		web_text_times(b, fj_json_text(c, "evidence"));
		web_html(b, "</span>");
	}
	web_html(b, "</td>");
	web_print(b, "<td data-label=\"%s\">", web_tr(q, "Clause"));
	web_clause(q, b, fj_json_text(c, "clause"));
	web_html(b, "</td></tr>");
}

static void checks_with(struct web_req *q, struct fj_buf *b, const json_t *verdict, const char *const *outcomes)
{
	const json_t *c;
	size_t i;

	for (; *outcomes != NULL; outcomes++)
		json_array_foreach(json_object_get(verdict, "checks"), i, c)
			if (outcome_is(c, *outcomes))
				check_row(q, b, c);
}

static void table(struct web_req *q, struct fj_buf *b, const json_t *verdict, const char *const *outcomes)
{
	static const char *const heads[] = {WEB_N("Check"), WEB_N("Outcome"), WEB_N("Explanation"), WEB_N("Clause")};

	web_html(b, "<table><thead><tr>");
	for (size_t i = 0; i < FJ_ARRAY_LEN(heads); i++) {
		web_html(b, "<th scope=\"col\">");
		web_text(b, web_tr(q, heads[i]));
		web_html(b, "</th>");
	}
	web_html(b, "</tr></thead><tbody>");
	checks_with(q, b, verdict, outcomes);
	web_html(b, "</tbody></table>");
}

static size_t count(const json_t *verdict, const char *outcome)
{
	const json_t *c;
	size_t i, n = 0;

	json_array_foreach(json_object_get(verdict, "checks"), i, c)
		n += outcome_is(c, outcome);
	return n;
}

static void checks(struct web_req *q, struct fj_buf *b, const json_t *verdict)
{
	static const char *const matter[] = {"fail", "unknown", "pass", NULL}, *const rest[] = {"not requested", "not applicable", NULL};
	/* once something failed, what is unknown was mostly not reached any more */
	static const char *const reached[] = {"fail", "pass", NULL}, *const others[] = {"unknown", "not requested", "not applicable", NULL};
	bool deny = strcmp(fj_json_text(verdict, "verdict"), "deny") == 0;

	web_html(b, "<details><summary>");
	web_say(q, b, "What was checked: %zu passed, %zu failed, %zu not decided", count(verdict, "pass"), count(verdict, "fail"), count(verdict, "unknown"));
	web_html(b, "</summary>");
	table(q, b, verdict, deny ? reached : matter);
	web_print(b, "<details><summary>%s</summary>", web_tr(q, "Other checks"));
	table(q, b, verdict, deny ? others : rest);
	web_html(b, "</details></details>");
}

/* entries are written "English / 中文" */
static void not_checked(struct web_req *q, struct fj_buf *b, const json_t *verdict)
{
	const json_t *v;
	size_t i;

	web_print(b, "<details><summary>%s</summary><ul>", web_tr(q, "What this does not tell"));
	json_array_foreach(json_object_get(verdict, "not_checked"), i, v) {
		const char *s = json_string_value(v), *zh = s == NULL ? NULL : strstr(s, " / ");
		if (s == NULL)
			continue;
		FJ_AUTO(str) en = fj_strndup(s, zh == NULL ? strlen(s) : (size_t)(zh - s));
		web_html(b, "<li>");
		web_text(b, web_either(q, zh == NULL ? en : zh + 3, en == NULL ? "" : en));
		web_html(b, "</li>");
	}
	web_html(b, "<li>");
	web_say(q, b, "the asset's value");
	web_html(b, "</li></ul></details>");
}

/* where the keys lie; of a signature that does not hold there is nothing to say */
static void keys_line(struct web_req *q, struct fj_buf *b, const json_t *verdict)
{
	const char *tpm = fj_json_text(verdict, "tpm");
	const json_t *c;
	size_t i;

	json_array_foreach(json_object_get(verdict, "checks"), i, c) {
		if (strcmp(fj_json_text(c, "name"), "signature") != 0 || !outcome_is(c, "pass"))
			continue;
		web_print(b, "<p class=\"small\">%s</p>", strcmp(tpm, "software") == 0 ? web_tr(q, "The keys that it stands on lie in a TPM, by the TPM's own word; nothing shows that it is hardware.")
		    : strcmp(tpm, "hardware") == 0 ? web_tr(q, "The keys that it stands on lie in a TPM that shows its vendor's certificate.")
		    : web_tr(q, "It is not shown that the keys that it stands on lie in a TPM."));
	}
}

void web_verdict(struct web_req *q, struct fj_buf *b, const json_t *verdict)
{
	const json_t *why = strcmp(fj_json_text(verdict, "verdict"), "permit") == 0 ? NULL : decisive(verdict);

	headline(q, b, verdict, why);
	web_verdict_plain(q, b, verdict, why);
	web_html(b, "<p class=\"small\">");
	web_say(q, b, "Checked at ");
	web_text_times(b, fj_json_text(verdict, "at"));
	web_html(b, "</p>");
	web_status_age(q, b, verdict);
	keys_line(q, b, verdict);
	web_html(b, "<p class=\"notice\">");
	web_say(q, b, "The issuer's own status decides; copies held by others may be up to 48 hours old.");
	web_html(b, "</p>");
	checks(q, b, verdict);
	not_checked(q, b, verdict);
	subject(q, b, verdict);
}

/* --- the form --- */

#define AGAIN_MAX 65536 /* octets of what was sent that stand in its field again; no credential has more */

/* what was sent in a field, to stand there again */
static const char *again(struct web_req *q, const char *name)
{
	const char *v = web_is_post(q) ? web_field(q, name) : strcmp(name, "credential") == 0 ? web_field(q, "number") : "";

	return strnlen(v, AGAIN_MAX + 1) > AGAIN_MAX ? "" : v;
}

static void put_sent(struct web_req *q, struct fj_buf *b, const char *name)
{
	web_text(b, again(q, name));
}

/* the keys that people fill in, by choice or as a text; each is a field use_KEY */
static const struct use_part {
	const char *key, *label, *hint;
	enum web_form form;
	const char *codes[6]; /* NULL: a text */
} use_parts[] = {
	{"action", WEB_N("What is to be done"), NULL, WEB_ACTION, {"QUERY", "VERIFY", "MODEL_CALL", "DOWNLOAD_PRODUCT", "REDEVELOP"}},
	{"purpose", WEB_N("Purpose"), NULL, WEB_PURPOSE, {"PUBGOV", "WELFARE", "INDUSTRY", "SECTOR"}},
	{"territory", WEB_N("Where: a place, or its six digits"), WEB_N("such as Hubei or 420000; a city or district by its Chinese name where this site has loaded it, else by its six digits, such as 420106"), WEB_TEXT, {NULL}},
	{"user", WEB_N("Who presents it: unified social credit code"), WEB_N("needed for a license bound by name, once you have established who it is"), WEB_TEXT, {NULL}},
	{"audience", WEB_N("Your service's address (audience)"), WEB_N("needed for a license bound by name: the address of the service that is asked, as the license has it"), WEB_TEXT, {NULL}},
};

/* "420106+420111" as it is; else how many places of this name are known, and the code of the one */
static size_t places(struct web_req *q, const char *v, char code[7])
{
	return strchr(v, '+') != NULL || web_region_code(v, code) ? 1 : web_place(q, v, code);
}

static enum fj_rc no_place(struct fj_err *err, const char *v, size_t n)
{
	if (n > 1) {
		fj_fail(err, FJ_E_INVALID, "web", "GB/T 2260", "%zu places are called \"%.40s\"; type the six digits of the one that is meant", n, v);
		fj_err_zh(err, "有 %zu 处行政区划名为“%.40s”，请填写六位行政区划代码", n, v);
		return FJ_E_INVALID;
	}
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "web", "GB/T 2260", "\"%.40s\" is no place that is known here; type the name of a province, of a city or district that this site has loaded, or the six digits of a division, such as 420106", v);

	fj_err_zh(err, "无法识别地域“%.40s”，请填写省级名称、本站已加载的市县名称或六位行政区划代码，如 420106", v);
	return rc;
}

/* what was typed, without the blanks around it */
static void sent_part(struct web_req *q, const char *name, char out[201])
{
	const char *v = web_field(q, name);

	v += strspn(v, " ");
	snprintf(out, 201, "%s", v);
	for (size_t n = strlen(out); n > 0 && out[n - 1] == ' '; n--)
		out[n - 1] = '\0';
}

static enum fj_rc put_use(enum fj_rc rc, struct fj_err *err)
{
	if (rc == FJ_E_LIMIT)
		return fj_refuse(err, FJ_E_LIMIT, "web", "formats.md 8", "the intended use is longer than any", "“拟作何用”填写的内容过长");
	return rc == FJ_OK ? FJ_OK : fj_no_memory(err, "web");
}

enum fj_rc web_use_text(struct web_req *q, struct fj_buf *out, struct fj_err *err)
{
	enum fj_rc rc = fj_buf_puts(out, web_field(q, "use"));

	for (size_t i = 0; i < FJ_ARRAY_LEN(use_parts) && rc == FJ_OK; i++) {
		char name[24], v[201], code[7] = "";
		snprintf(name, sizeof(name), "use_%s", use_parts[i].key);
		sent_part(q, name, v);
		if (v[0] == '\0')
			continue;
		size_t n = strcmp(use_parts[i].key, "territory") == 0 ? places(q, v, code) : 1;
		if (n != 1)
			return no_place(err, v, n);
		rc = fj_buf_printf(out, "%s%s=%s", out->len > 0 ? "," : "", use_parts[i].key, code[0] != '\0' ? code : v);
	}
	return put_use(rc, err);
}

static void use_part(struct web_req *q, struct fj_buf *b, const struct use_part *p)
{
	char name[24];

	snprintf(name, sizeof(name), "use_%s", p->key);
	const char *sent = again(q, name);
	web_print(b, "<label for=\"%s\">%s</label>", name, web_tr(q, p->label));
	if (p->codes[0] == NULL) {
		char v[201], code[7];
		sent_part(q, name, v);
		bool bad = web_is_post(q) && v[0] != '\0' && strcmp(p->key, "territory") == 0 && places(q, v, code) != 1;
		web_html(b, bad ? "<input aria-invalid=\"true\" autofocus" : "<input");
		web_print(b, " type=\"text\" id=\"%s\" name=\"%s\" maxlength=\"200\" spellcheck=\"false\" autocomplete=\"off\" aria-describedby=\"h-%s\" value=\"%s\"><p class=\"small hint\" id=\"h-%s\">%s</p>", name, name,
		    name, sent, name, web_tr(q, p->hint));
		return;
	}
	web_print(b, "<select id=\"%s\" name=\"%s\"><option value=\"\">%s</option>", name, name, web_tr(q, "not asked"));
	for (size_t i = 0; i < FJ_ARRAY_LEN(p->codes) && p->codes[i] != NULL; i++)
		web_print(b, strcmp(p->codes[i], sent) == 0 ? "<option value=\"%s\" selected>%s</option>" : "<option value=\"%s\">%s</option>", p->codes[i], web_word(q, p->form, p->codes[i]));
	web_html(b, "</select>");
}

static bool use_sent(struct web_req *q)
{
	bool any = web_field(q, "use")[0] != '\0';

	for (size_t i = 0; i < FJ_ARRAY_LEN(use_parts); i++) {
		char name[24];
		snprintf(name, sizeof(name), "use_%s", use_parts[i].key);
		any = any || web_field(q, name)[0] != '\0';
	}
	return any;
}

/* folded until it is asked for: it would push the button out of sight */
static void use_field(struct web_req *q, struct fj_buf *b, unsigned with)
{
	bool open = (with & WEB_VERIFY_USE) != 0 || use_sent(q);

	web_print(b, open ? "<details class=\"part\" open><summary>%s</summary>" : "<details class=\"part\"><summary>%s</summary>", web_tr(q, "Intended use (optional)"));
	for (size_t i = 0; i < FJ_ARRAY_LEN(use_parts); i++)
		use_part(q, b, &use_parts[i]);
	web_html(b, "<label for=\"u\">");
	web_say(q, b, "Or in one line");
	web_html(b, "</label><input type=\"text\" id=\"u\" name=\"use\" maxlength=\"4000\" spellcheck=\"false\" autocomplete=\"off\" aria-describedby=\"h\" value=\"");
	put_sent(q, b, "use");
	web_html(b, "\"><p class=\"small\" id=\"h\">");
	web_say(q, b, "Written key=value, separated by commas, such as ");
	web_html(b, "<span class=\"mono\">action=QUERY,purpose=PUBGOV,territory=420106</span>");
	web_say(q, b, ". Without it only authenticity, validity and status are checked.");
	web_html(b, "</p></details>");
}

static void at_field(struct web_req *q, struct fj_buf *b)
{
	web_html(b, "<label for=\"t\">");
	web_say(q, b, "Time to judge at (optional, now unless given), such as 2026-03-16T08:00:00Z");
	web_html(b, "</label><input type=\"text\" id=\"t\" name=\"at\" maxlength=\"40\" autocomplete=\"off\" value=\"");
	put_sent(q, b, "at");
	web_html(b, "\">");
}

static void proof_field(struct web_req *q, struct fj_buf *b)
{
	web_html(b, "<label for=\"p\">");
	web_say(q, b, "Proof that it stands in the public log (optional, the whole .tlog-proof)");
	web_html(b, "</label><textarea id=\"p\" name=\"log_proof\" rows=\"2\" maxlength=\"20000\" spellcheck=\"false\" autocomplete=\"off\">");
	put_sent(q, b, "log_proof");
	web_html(b, "</textarea>");
}

/* a file or picture, dropped or chosen */
static void file_field(struct web_req *q, struct fj_buf *b, bool pictures)
{
	web_print(b, "<label for=\"f\">%s</label>", pictures ? web_tr(q, "Or a file, or a picture of the QR code") : web_tr(q, "Or a file"));
	web_html(b, pictures ? "<input type=\"file\" id=\"f\" name=\"file\" accept=\"image/png,image/jpeg,.jwt,.pem,.der,.cer,.crt,.json,.txt\" aria-describedby=\"fh\">"
	    : "<input type=\"file\" id=\"f\" name=\"file\" accept=\".jwt,.pem,.der,.cer,.crt,.json,.txt\" aria-describedby=\"fh\">");
	web_print(b, "<p class=\"small hint\" id=\"fh\">%s</p>", pictures ? web_tr(q, "PNG or JPEG; .jwt, .pem, .der, or an offline bundle (.json); 8 MB at most. It can be dropped here.")
	    : web_tr(q, ".jwt, .pem, .der, or an offline bundle (.json); 8 MB at most. It can be dropped here."));
}

/* offered by the script where the browser itself can read QR codes */
static void camera(struct web_req *q, struct fj_buf *b)
{
	web_print(b, "<p class=\"camera\" hidden><button type=\"button\" class=\"quiet\" data-camera>%s</button> <span role=\"status\" data-none=\"%s\"></span></p><video class=\"camera\" hidden muted playsinline></video>",
	    web_tr(q, "Scan with the camera"), web_tr(q, "The camera can't be used: allow it in the browser, or choose a picture."));
}

static void more_fields(struct web_req *q, struct fj_buf *b, unsigned with)
{
	use_field(q, b, with);
	web_print(b, "<details><summary>%s</summary>", web_tr(q, "More"));
	proof_field(q, b);
	if (with & WEB_VERIFY_AT)
		at_field(q, b);
	web_html(b, "</details>");
}

void web_verify_form(struct web_req *q, struct fj_buf *b, const char *action, const char *credential, unsigned with)
{
	bool files = (with & WEB_VERIFY_FILES) != 0;

	if (files)
		web_print(b, "<form method=\"post\" enctype=\"multipart/form-data\" action=\"%s\"><label for=\"c\">", action);
	else
		web_print(b, "<form method=\"post\" action=\"%s\"><label for=\"c\">", action);
	web_say(q, b, "The number of a certificate (DAC-…) or authorisation (DAU-…), or the whole license token, authorisation credential or certificate (PEM)");
	web_html(b, files ? "</label><textarea id=\"c\" name=\"credential\" maxlength=\"40000\" spellcheck=\"false\" autocomplete=\"off\">"
	    : "</label><textarea id=\"c\" name=\"credential\" required maxlength=\"40000\" spellcheck=\"false\" autocomplete=\"off\">");
	if (credential != NULL)
		web_text(b, credential);
	else
		put_sent(q, b, "credential");
	web_html(b, "</textarea>");
	if (files)
		file_field(q, b, (with & WEB_VERIFY_PICTURES) != 0);
	if (!(with & WEB_VERIFY_SHORT))
		more_fields(q, b, with);
	web_html(b, "<p><button>");
	web_say(q, b, "Verify");
	web_html(b, "</button></p>");
	if (with & WEB_VERIFY_PICTURES)
		camera(q, b);
	web_html(b, "</form>");
}
