/*
 * verdict_plain.c - a verdict in plain words: what was judged, for whom it is, what for,
 * until when, and what to do now.
 *
 * Whoever reads it knows neither chains nor lists.  The advice follows from the check
 * that decided; it is the same on the portal and on the public verifier, which is why
 * it stands here.
 */
#include "web/http/http.h"

#include "base/clock.h"
#include "base/jws.h"

static bool is(const json_t *o, const char *key, const char *value)
{
	return strcmp(fj_json_text(o, key), value) == 0;
}

static const char *party(const json_t *s, const char *who)
{
	return fj_json_text(json_object_get(s, who), "name");
}

/* --- lists of codes in words --- */

static void words(struct web_req *q, struct fj_buf *b, enum web_form form, const json_t *list, const char *none)
{
	size_t i;
	json_t *v;

	if (json_array_size(list) == 0)
		web_text(b, none);
	json_array_foreach(list, i, v) {
		if (i > 0)
			web_text(b, web_either(q, "、", ", "));
		web_text(b, web_word(q, form, json_string_value(v)));
	}
}

static void territory(struct web_req *q, struct fj_buf *b, const json_t *list)
{
	size_t i;
	json_t *v;

	if (json_array_size(list) == 0)
		web_say(q, b, "—");
	json_array_foreach(list, i, v) {
		if (i > 0)
			web_text(b, web_either(q, "、", ", "));
		web_region(q, b, json_string_value(v));
	}
}

/* --- what for, by kind --- */

static void of_authorisation(struct web_req *q, struct fj_buf *b, const json_t *s)
{
	const json_t *g = json_object_get(s, "grant");

	web_text(b, party(s, "holder"));
	web_say(q, b, " authorises ");
	web_text(b, party(s, "operator"));
	web_say(q, b, ", within ");
	territory(q, b, json_object_get(g, "territory"));
	web_say(q, b, ", for ");
	words(q, b, WEB_PURPOSE, json_object_get(g, "purposes"), web_tr(q, "no purpose"));
	web_say(q, b, ", to make available by ");
	words(q, b, WEB_ACTION, json_object_get(g, "actions"), web_tr(q, "no action"));
	web_say(q, b, " the data assets below (");
	web_text(b, web_word(q, WEB_MODE, fj_json_text(g, "mode")));
	web_say(q, b, "; ");
	words(q, b, WEB_RIGHT, json_object_get(g, "rights"), web_tr(q, "—"));
	web_say(q, b, "). ");
	web_text(b, fj_json_num(g, "depth") > 0 ? web_tr(q, "It may be sub-authorised. ") : web_tr(q, "It may not be sub-authorised. "));
	web_text(b, is(json_object_get(s, "terms"), "kind", "free") ? web_tr(q, "Use is free, on conditions.") : web_tr(q, "Use is paid, on conditions."));
}

static void of_certificate(struct web_req *q, struct fj_buf *b, const json_t *s)
{
	web_text(b, party(s, "holder"));
	web_say(q, b, " has, in this data asset: ");
	words(q, b, WEB_RIGHT, json_object_get(s, "rights"), web_tr(q, "—"));
	web_say(q, b, "; modes of authorisation: ");
	words(q, b, WEB_MODE, json_object_get(s, "modes"), web_tr(q, "any, none is singled out"));
	web_say(q, b, "; prohibited: ");
	words(q, b, WEB_RESTRICTION, json_object_get(s, "restrictions"), web_tr(q, "nothing"));
	web_say(q, b, ".");
}

static void of_token(struct web_req *q, struct fj_buf *b, const json_t *s)
{
	const json_t *g = json_object_get(s, "grant"), *quota = json_object_get(g, "quota");
	long long limit = (long long)fj_json_num(quota, "limit");

	web_say(q, b, "May be used, for ");
	words(q, b, WEB_PURPOSE, json_object_get(g, "purposes"), web_tr(q, "no purpose"));
	web_say(q, b, ", within the territory of ");
	territory(q, b, json_object_get(g, "territory"));
	web_say(q, b, ", to do this: ");
	words(q, b, WEB_ACTION, json_object_get(g, "actions"), web_tr(q, "no action"));
	if (json_is_object(quota) && is(quota, "unit", "ROWS"))
		web_say(q, b, "; at most %lld rows", limit);
	else if (json_is_object(quota))
		web_say(q, b, "; at most %lld calls", limit);
	web_say(q, b, ".");
}

/* --- until when --- */

static void moment(struct fj_buf *b, const json_t *s, const char *epoch, const char *text)
{
	char at[FJ_TIME_CAP];

	if (json_is_integer(json_object_get(s, epoch))) {
		fj_time_utc(fj_json_num(s, epoch), at);
		web_text_times(b, at);
	} else {
		web_text_times(b, fj_json_text(s, text));
	}
}

static void term(struct web_req *q, struct fj_buf *b, const json_t *s)
{
	moment(b, s, "nbf", "not_before");
	web_text(b, web_either(q, " 至 ", " to "));
	moment(b, s, "exp", "not_after");
}

/* --- what to do --- */

struct advice {
	const char *check, *text, *kind; /* of one kind of credential: before the row of all */
};
static const struct advice denied[] = {
	{"form", WEB_N("The text is incomplete or was changed. Get the whole file from whoever issued it; don't type it in by hand.")},
	{"algorithm", WEB_N("This was not issued here, or was tampered with. Don't use or hand out data on it; ask for the original, and tell the issuing department if you suspect a forgery.")},
	{"chain", WEB_N("This was not issued here, or was tampered with. Don't use or hand out data on it; ask for the original, and tell the issuing department if you suspect a forgery.")},
	{"signer", WEB_N("This was not issued here, or was tampered with. Don't use or hand out data on it; ask for the original, and tell the issuing department if you suspect a forgery.")},
	{"signer status", WEB_N("Whoever signed it may not sign any more. Ask the issuing department for a new one.")},
	{"signature", WEB_N("This was not issued here, or was tampered with. Don't use or hand out data on it; ask for the original, and tell the issuing department if you suspect a forgery.")},
	{"time", WEB_N("It is not yet, or not any more, within its term. Ask for the one that is in force now.")},
	{"status", WEB_N("Stop using data on it. A license that is suspended may come back, one that is revoked or replaced does not; its user can ask the operating institution that issued it why."), "token"},
	{"status", WEB_N("Stop using data on it. An authorisation that is suspended may come back, one that is reclaimed, over or replaced does not; ask the implementing institution why."), "authorisation"},
	{"status", WEB_N("Stop using data on it. One that is suspended may come back, one that is revoked or replaced does not; its holder can ask the issuing department why.")},
	{"asset status", WEB_N("The data asset's certificate is suspended or revoked. Stop using the data; the holder can ask the issuing department why.")},
	{"authorisation status", WEB_N("The authorisation that it rests on is suspended, reclaimed or over. Stop using the data; ask the operating institution.")},
	{"narrowing", WEB_N("It goes beyond what it rests on. Ask the operating institution to issue a right one.")},
	{"scope", WEB_N("The authorisation does not cover this use, so no license under it can. Check what you filled in as the use; if that is right, only another authorisation by the implementing institution would cover it."), "authorisation"},
	{"scope", WEB_N("A certificate shows who holds the data asset; it allows no use. For a use, verify the license token that was issued for it."), "certificate"},
	{"scope", WEB_N("This license does not cover this use. Check what you filled in as the use; if that is right, ask the operating institution whether its authorisation covers it, and for a license for it.")},
	{"restrictions", WEB_N("This act is prohibited for this data asset, whoever asks; no license can allow it.")},
	{"holder", WEB_N("Whoever presents it is not shown to be its holder. Don't hand out data to them.")},
	{"quota", WEB_N("Its quota is used up. Ask the operating institution for another license.")},
	{"freshness", WEB_N("The status at hand is too old for what was asked. Check again in a few minutes.")},
	{"logged", WEB_N("The proof of logging is false. Don't rely on this credential, and tell the issuing department.")},
};
static const struct advice unclear[] = {
	{"holder", WEB_N("This license names its user and is no proof of who presents it. Establish who that is, fill in its code (user) and your service's address (audience) as the intended use, and check again.")},
	{"status", WEB_N("The status at hand has ended or is missing. Don't take it as valid; check again in a few minutes.")},
	{"asset status", WEB_N("The status at hand has ended or is missing. Don't take it as valid; check again in a few minutes.")},
	{"authorisation status", WEB_N("The status at hand has ended or is missing. Don't take it as valid; check again in a few minutes.")},
};

static const char *look_up(const struct advice *table, size_t n, const char *check, const char *kind, const char *other)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i].check, check) == 0 && (table[i].kind == NULL || strcmp(table[i].kind, kind) == 0))
			return table[i].text;
	return other;
}

static const char *advice_for(const json_t *verdict, const json_t *decisive)
{
	static const struct advice good[] = {
		{"token", WEB_N("It may be used, by this user, for this purpose and in this term only. Check again before each use: it can be suspended at any time.")},
		{"authorisation", WEB_N("The authorisation is in force. Whoever uses the data also needs a license token issued by the operating institution.")},
		{"certificate", WEB_N("The certificate is genuine and in force. It shows who holds the data asset; to use the data takes a license token.")},
	};
	const char *check = fj_json_text(decisive, "name"), *kind = fj_json_text(verdict, "kind");

	if (is(verdict, "verdict", "permit"))
		return look_up(good, FJ_ARRAY_LEN(good), kind, kind, WEB_N("It is genuine and current."));
	if (is(verdict, "verdict", "deny"))
		return look_up(denied, FJ_ARRAY_LEN(denied), check, kind, WEB_N("Don't rely on it; ask whoever presented it for one that is in force."));
	return look_up(unclear, FJ_ARRAY_LEN(unclear), check, kind, WEB_N("Don't take it as valid. Bring what is missing, and check again."));
}

/* --- the list --- */

static void begin_row(struct fj_buf *b, const char *label)
{
	web_print(b, "<div><dt>%s</dt><dd>", label);
}

static void names(struct web_req *q, struct fj_buf *b, const char *kind, const json_t *s)
{
	const char *number = fj_json_peek(s, "number") != NULL ? fj_json_text(s, "number") : fj_json_text(s, "jti");
	const char *whom = strcmp(kind, "authorisation") == 0 ? party(s, "operator") : party(s, "holder");

	begin_row(b, web_tr(q, "What it is"));
	web_print(b, "%s <span class=\"mono\">%s</span>%s%s</dd></div>", web_word(q, WEB_CREDENTIAL, kind), number, fj_json_text(s, "name")[0] != '\0' ? " · " : "", fj_json_text(s, "name"));
	if (whom[0] == '\0')
		return;
	begin_row(b, strcmp(kind, "certificate") == 0 ? web_tr(q, "Who holds it") : web_tr(q, "For whom"));
	web_print(b, "<bdi>%s</bdi></dd></div>", whom);
}

/* which data: by number, and the certificate that it has; names_known: those that the portal, where they lead on, has names of */
static void assets(struct web_req *q, struct fj_buf *b, const json_t *list, const json_t *names_known)
{
	size_t i;
	json_t *v;

	begin_row(b, web_tr(q, "Data assets"));
	json_array_foreach(list, i, v) {
		const char *number = fj_json_text(v, "certificate"), *name = fj_json_text(names_known, number);
		web_print(b, "%s<bdi>%s</bdi> <bdi>%s</bdi> ", i == 0 ? "" : "; ", fj_json_text(v, "id"), name);
		web_print(b, name[0] != '\0' ? "<a class=\"mono\" href=\"/verify?number=%s\">%s</a>" : "<span class=\"mono\">%s</span>", number, number);
	}
	web_html(b, "</dd></div>");
}

static bool came_out(const json_t *verdict, const char *check, const char *outcome)
{
	bool so = false;
	size_t i;
	json_t *c;

	json_array_foreach(json_object_get(verdict, "checks"), i, c)
		so = so || (is(c, "name", check) && is(c, "outcome", outcome));
	return so;
}

void web_verdict_since(json_t *verdict, web_since_fn find, void *ctx)
{
	const json_t *s = json_object_get(verdict, "subject");
	const char *own = fj_json_text(s, is(verdict, "kind", "certificate") ? "number" : "jti");
	const char *const above[] = {fj_json_text(json_object_get(s, "parent"), "authorisation"), fj_json_text(json_object_get(s, "asset"), "certificate")};
	char first[FJ_TIME_CAP] = "", at[FJ_TIME_CAP];

	if (is(verdict, "verdict", "permit") || !came_out(verdict, "signature", "pass")) /* what a forgery names is nothing to tell of */
		return;
	if (!find(ctx, own, first) && came_out(verdict, "status", "fail"))
		return;
	for (size_t i = 0; i < FJ_ARRAY_LEN(above); i++)
		if (above[i][0] != '\0' && find(ctx, above[i], at) && (first[0] == '\0' || strcmp(at, first) < 0))
			memcpy(first, at, sizeof(first));
	if (first[0] != '\0')
		json_object_set_new(verdict, "since", json_string(first));
}

/* where who shows it knows more of the state than the lists have */
static void since(struct web_req *q, struct fj_buf *b, const json_t *verdict)
{
	const char *at = fj_json_text(verdict, "since");

	if (at[0] == '\0')
		return;
	begin_row(b, web_tr(q, "Not in force since"));
	web_text_times(b, at);
	web_html(b, "</dd></div>");
}

static void what_to_do(struct web_req *q, struct fj_buf *b, const json_t *verdict, const json_t *decisive)
{
	begin_row(b, web_tr(q, "What to do"));
	web_print(b, "<strong>%s</strong></dd></div>", web_tr(q, advice_for(verdict, decisive)));
}

/* Domains and scenarios are in their parties' words, not in codes: a use can't name them, and no check compares them.  true: there are some */
static bool bounds(struct web_req *q, struct fj_buf *b, const json_t *s)
{
	static const struct {
		const char *key, *label;
	} of[] = {{"domains", WEB_N("Only within the domains")}, {"scenarios", WEB_N("Only for the scenarios")}};
	bool any = false;
	size_t i;
	json_t *v;

	for (size_t k = 0; k < FJ_ARRAY_LEN(of); k++) {
		const json_t *list = json_object_get(json_object_get(s, "grant"), of[k].key);
		if (json_array_size(list) == 0)
			continue;
		begin_row(b, web_tr(q, of[k].label));
		json_array_foreach(list, i, v)
			web_print(b, "%s<bdi>%s</bdi>", i == 0 ? "" : web_either(q, "、", ", "), json_string_value(v));
		web_print(b, "<br>%s</dd></div>", web_tr(q, "No check compares this with a use: do that yourself."));
		any = true;
	}
	return any;
}

void web_verdict_plain(struct web_req *q, struct fj_buf *b, const json_t *verdict, const json_t *decisive)
{
	const json_t *s = json_object_get(verdict, "subject");
	const char *kind = fj_json_text(verdict, "kind");
	bool token = strcmp(kind, "token") == 0, auth = strcmp(kind, "authorisation") == 0, cert = strcmp(kind, "certificate") == 0;
	bool good = is(verdict, "verdict", "permit"), bound = false;
	bool denied_now = came_out(verdict, "status", "fail") || came_out(verdict, "authorisation status", "fail") || came_out(verdict, "asset status", "fail");

	web_html(b, "<dl class=\"plain\">");
	if (!good)
		what_to_do(q, b, verdict, decisive);
	if ((token || auth || cert) && json_object_size(s) > 0) {
		names(q, b, kind, s);
		begin_row(b, cert ? web_tr(q, "What it says") : denied_now ? web_tr(q, "What it was for (not in force)") : web_tr(q, "What for"));
		(token ? of_token : auth ? of_authorisation : of_certificate)(q, b, s);
		web_html(b, "</dd></div>");
		bound = bounds(q, b, s);
		if (auth)
			assets(q, b, json_object_get(s, "assets"), json_object_get(verdict, "names"));
		begin_row(b, denied_now ? web_tr(q, "Term as issued (not in force)") : web_tr(q, "Term"));
		term(q, b, s);
		web_html(b, "</dd></div>");
	}
	if (fj_json_peek(verdict, "authority") != NULL) {
		begin_row(b, web_tr(q, "Issued by"));
		web_print(b, "<bdi>%s</bdi></dd></div>", fj_json_text(verdict, "authority"));
	}
	since(q, b, verdict);
	if (good && came_out(verdict, "scope", "pass")) {
		begin_row(b, web_tr(q, "The intended use"));
		web_print(b, "%s</dd></div>", bound ? web_tr(q, "covered in what was named; compare it yourself with the domains or scenarios above.") : web_tr(q, "covered: everything that was named is granted."));
	}
	if (good)
		what_to_do(q, b, verdict, decisive);
	web_html(b, "</dl>");
}

/* --- how old --- */

/* "5 minutes", "3 days" */
static void age_words(bool en, int64_t seconds, char out[48])
{
	static const struct {
		int64_t of, from;
		const char *zh, *en;
	} units[] = {{86400, 2 * 86400, "%lld 天", "%lld days"}, {3600, 2 * 3600, "%lld 小时", "%lld hours"}, {60, 0, "%lld 分钟", "%lld minutes"}};
	size_t k = 0;

	seconds = seconds < 0 ? 0 : seconds;
	while (seconds < units[k].from)
		k++;
	snprintf(out, 48, en ? units[k].en : units[k].zh, (long long)(seconds / units[k].of));
}

void web_status_age(struct web_req *q, struct fj_buf *b, const json_t *verdict)
{
	const json_t *s = json_object_get(verdict, "status");
	fj_time from = 0;
	char age[48];

	if (s == NULL || fj_time_parse(fj_json_text(s, "as_of"), &from, NULL) != FJ_OK)
		return;
	web_html(b, "<p class=\"small\">");
	age_words(web_lang(q)[0] == 'e', fj_now() - from, age);
	web_say(q, b, "Of the status files that this rests on the oldest was published ");
	web_text_times(b, fj_json_text(s, "as_of"));
	web_say(q, b, " (");
	web_text(b, age);
	web_say(q, b, " ago), and the first to end is valid until ");
	web_text_times(b, fj_json_text(s, "until"));
	web_say(q, b, ".");
	web_html(b, "</p>");
}

/* --- what the paper says --- */

void web_paper_notice(struct web_req *q, struct fj_buf *b, const char *paper)
{
	bool same = strcmp(paper, "same") == 0, other = strcmp(paper, "other") == 0;

	if (paper[0] == '\0')
		return;
	web_html(b, same ? "<p class=\"notice ok\">" : "<p class=\"error\" role=\"alert\">");
	web_text(b, same ? web_tr(q, "✔ The digest on the paper is that of the credential in the register.")
	    : other ? web_tr(q, "✘ Paper and register differ: this paper is no print of the present version of this credential. The register prevails.")
	    : web_tr(q, "? h in the address is no digest (16 to 64 hex digits): nothing was compared."));
	web_html(b, "</p>");
}
