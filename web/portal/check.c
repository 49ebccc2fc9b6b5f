/*
 * check.c - verifying independently of this server: the root's fingerprint, where else it stands,
 * what is known of the keys, the public log, and commands for one's own machine.
 *
 * The page says of itself that it proves nothing: whoever controls this server could show any
 * fingerprint.  Each block of commands is meant to be run as it stands, and a test does.
 */
#include "web/portal/internal.h"

static char upper(char c)
{
	return c >= 'a' && c <= 'f' ? (char)(c - 'a' + 'A') : c;
}

/* as openssl prints it, so that the two can be laid side by side, and two people can read it to each other */
static void pairs(struct fj_buf *b, const char *hex)
{
	web_html(b, "<p class=\"fingerprint mono\" id=\"fingerprint\">");
	for (size_t i = 0, n = strlen(hex); i + 1 < n; i += 2) {
		char pair[3] = {upper(hex[i]), upper(hex[i + 1]), '\0'};
		web_html(b, i == 0 ? "<span>" : i % 8 == 0 ? ":</span><wbr><span>" : ":"); /* a line ends between groups of four */
		web_text(b, pair);
	}
	web_html(b, "</span></p>");
}

static void root_part(struct web_req *q, struct fj_buf *b, const json_t *a)
{
	web_print(b, "<h2>%s</h2><p>%s</p>", web_tr(q, "1. The root's fingerprint"), web_tr(q, "Everything issued here hangs on one root certificate. This is its SHA-256 fingerprint:"));
	pairs(b, fj_json_text(a, "root_sha256"));
	web_print(b, "<p>%s</p><ul>", web_tr(q, "Whoever controls this server could show any fingerprint here. Compare it with what you get in at least one other way:"));
	web_print(b, "<li>%s</li>", web_tr(q, "the finance department's written notice, or by telephone at a number that you know from elsewhere; two people read it to each other, two characters at a time"));
	web_print(b, "<li>%s</li>", web_tr(q, "the record of the key ceremony, which its witnesses signed"));
	web_print(b, "<li>%s</li></ul>", web_tr(q, "a mirror or another office that got it at another time"));
}

/* what can be done without a machine of one's own */
static void telephone_part(struct web_req *q, struct fj_buf *b, const json_t *a, const char *number)
{
	const char *mirror = fj_json_text(a, "mirror");

	web_print(b, "<h2 id=\"telephone\">%s</h2><ul>", web_tr(q, "With a telephone alone"));
	web_print(b, "<li>%s <span class=\"mono\">%s/</span></li>", web_tr(q, "Scan the QR code on the paper, and look at the address before you believe the page: it begins with"), fj_json_text(a, "base"));
	web_print(b, "<li>%s <a href=\"#fingerprint\">%s</a></li>", web_tr(q, "Compare the root's fingerprint with the one that the department has published or reads to you:"), web_tr(q, "to the fingerprint"));
	if (mirror[0] != '\0' && number != NULL)
		web_print(b, "<li>%s <a href=\"%s/v/%s\">%s</a></li>", web_tr(q, "Ask a second verifier, which another office runs, for the same number:"), mirror, number, mirror);
	else if (mirror[0] != '\0')
		web_print(b, "<li>%s <a href=\"%s\">%s</a></li>", web_tr(q, "Ask a second verifier, which another office runs, for the same number:"), mirror, mirror);
	else
		web_print(b, "<li>%s</li>", web_tr(q, "A second verifier, run by another office, would be named here; none is. Ask the department whether there is one."));
	web_print(b, "<li>%s</li></ul>", web_tr(q, "Ask somebody with a computer to run what stands below, if much depends on it."));
}

static void keys_part(struct web_req *q, struct fj_buf *b, const json_t *a)
{
	const char *tpm = fj_json_text(a, "tpm");

	web_print(b, "<h2>%s</h2><p>%s</p>", web_tr(q, "2. Where the keys lie"), strcmp(tpm, "software") == 0
	    ? web_tr(q, "The keys lie in a software TPM: a program on the server itself. Its rules are enforced, but whoever copies the server's disk has the keys. Nothing is attested by hardware.")
	    : strcmp(tpm, "hardware") == 0 ? web_tr(q, "The keys lie in a hardware TPM: that they do is this server's own word until its vendor's certificate was checked, as below.")
	    : web_tr(q, "Where the keys lie is not known at this moment: the signer does not answer. Nothing is attested by hardware."));
	if (strcmp(fj_json_text(a, "attested"), "none") != 0)
		web_print(b, "<p>%s</p>", web_tr(q, "What the TPM itself states of each key is published with the trust folder; the commands below check it."));
	if (json_is_true(json_object_get(a, "demo")))
		web_print(b, "<p class=\"notice\">%s</p>", web_tr(q, "This is a demo: its certificates carry a demo policy and bind nobody."));
}

/* a block that is run as it stands */
static void block(struct fj_buf *b, const char *text)
{
	web_print(b, "<pre class=\"run\">%s</pre>", text);
}

static void log_part(struct web_req *q, struct fj_buf *b, const json_t *a)
{
	const json_t *l = json_object_get(a, "log");

	web_print(b, "<h2>%s</h2><p>%s</p>", web_tr(q, "3. The public log"), web_tr(q, "Every issuance, suspension and revocation, and every status list, is a leaf of one tree before anybody sees it. Whoever keeps a checkpoint can prove later that nothing before it was changed."));
	if (l == NULL)
		return;
	web_print(b, "<dl><div><dt>%s</dt><dd class=\"mono\">%s</dd></div>", web_tr(q, "The log's key (log.vkey)"), fj_json_text(l, "vkey"));
	web_print(b, "<div><dt>%s</dt><dd>%lld</dd></div><div><dt>%s</dt><dd class=\"mono\">%s</dd></div>", web_tr(q, "Leaves"), (long long)fj_json_num(l, "size"), web_tr(q, "Root of the tree"), fj_json_text(l, "root"));
	web_print(b, "<div><dt>%s</dt><dd>", web_tr(q, "Signed"));
	web_text_times(b, fj_json_text(l, "signed_at"));
	web_html(b, "</dd></div></dl>");
}

/* what stands in the commands for what is known here */
struct filling {
	const char *name, *value;
};
#define FILLINGS 3

static void fill(struct fj_buf *out, const char *text, const struct filling with[FILLINGS])
{
	enum fj_rc rc = FJ_OK;

	while (*text != '\0' && rc == FJ_OK) {
		size_t k = 0;
		while (k < FILLINGS && strncmp(text, with[k].name, strlen(with[k].name)) != 0)
			k++;
		rc = k < FILLINGS ? fj_buf_puts(out, with[k].value) : fj_buf_put(out, text, 1);
		text += k < FILLINGS ? strlen(with[k].name) : 1;
	}
}

static void commands(struct fj_buf *b, const char *title, const char *text, const char *what, const struct filling with[FILLINGS])
{
	FJ_AUTO(buf) filled = FJ_BUF_INIT(8192);

	fill(&filled, text, with);
	web_print(b, "<h3>%s</h3><p>%s</p>", title, what);
	block(b, fj_buf_str(&filled));
}

#define GET_TRUST "curl -sSf BASE/v1/trust.tar | tar -x\n"
#define OPENSSL \
	"openssl x509 -in trust/root.pem -noout -fingerprint -sha256\n" \
	"openssl crl -in trust/crl/root.crl -inform DER -CAfile trust/root.pem -noout\n" \
	"openssl verify -CAfile trust/root.pem trust/chain.pem\n" \
	"for c in trust/certificates/*.pem; do openssl verify -CAfile trust/root.pem -untrusted trust/chain.pem \"$c\"; done\n" \
	"for c in trust/crl/[0-9]*.crl; do openssl crl -in \"$c\" -inform DER -CAfile trust/chain.pem -noout -nextupdate; done\n"
/* NUMBER: the one that was asked about, else one that is there */
#define ANY "$(ls trust/certificates | head -n 1 | sed s/.pem$//)"
#define ONE \
	"n=NUMBER\n" \
	"curl -sSf BASE/v1/credential/$n -o one.pem\n" \
	"openssl verify -CAfile trust/root.pem -untrusted trust/chain.pem one.pem\n" \
	"openssl x509 -in one.pem -noout -subject -serial -dates\n"
#define OCSP \
	"openssl ocsp -issuer trust/chain.pem -cert one.pem -url BASE/ocsp -CAfile trust/root.pem -verify_other trust/chain.pem -no_nonce\n"
#define VERIFY \
	"n=NUMBER\n" \
	"curl -sSf BASE/v1/bundle/$n -o bundle.json\n" \
	"fujie-verify --root ROOT bundle.json\n" \
	"curl -sSf BASE/v1/credential/$n -o credential\n" \
	"fujie-verify --trust trust credential\n" \
	"fujie-verify attestation --trust trust\n"
#define LOG \
	"fujie log monitor BASE/log --vkey trust/log.vkey --dir seen --once | tail -n 1\n" \
	"curl -sSf BASE/log/checkpoint -o kept-$(date +%F)\n"
#define WITNESS \
	"fujie witness init --dir W --name witness.example.org/w1\n" \
	"fujie witness add --dir W \"$(cat trust/log.vkey)\"\n" \
	"fujie witness show --dir W\n"

/* the program is handed out by people: there is no address to get it from */
static void where_from(struct web_req *q, struct fj_buf *b)
{
	const char *tool = portal_of(q)->tool;

	web_print(b, "<p class=\"small\">%s</p>", web_tr(q, "fujie-verify and fujie are parts of this software. The department in charge hands them out; or build them from the software's source: make, then they are in the folder build. fujie-verify needs neither database nor network."));
	if (tool[0] != '\0')
		web_print(b, "<p class=\"small\">%s <span class=\"mono\">%s</span></p>", web_tr(q, "The fujie-verify that is installed with this server has this SHA-256, which sha256sum shows of the one that you were given (another build has another):"), tool);
}

/* number: the one that was asked about; NULL: none */
static void commands_part(struct web_req *q, struct fj_buf *b, const json_t *a, const char *number)
{
	bool certificate = number != NULL && strncmp(number, "DAC-", 4) == 0;
	const struct filling with[] = {{"BASE", fj_json_text(a, "base")}, {"ROOT", fj_json_text(a, "root_sha256")}, {"NUMBER", certificate ? number : ANY}};
	const struct filling whole[] = {with[0], with[1], {"NUMBER", number != NULL ? number : ANY}}; /* any kind */

	web_print(b, "<h2>%s</h2><p>%s</p>", web_tr(q, "4. On your own machine"), web_tr(q, "Each block can be run as it stands, in an empty folder, one after the other. The first needs curl and tar, the others what their heading names; none needs an account."));
	commands(b, web_tr(q, "What is published"), GET_TRUST, web_tr(q, "root, issuing CAs, lists, authorisations and the certificates they name, as a folder"), with);
	commands(b, "OpenSSL", OPENSSL, web_tr(q, "compare the fingerprint; then root, issuing CAs, certificates and revocation lists are checked without any program of ours"), with);
	web_print(b, "<p class=\"small\">%s</p>", web_tr(q, "Good is: the first line is the fingerprint above, and each other line says OK. Any line with error or fail is not."));
	commands(b, web_tr(q, "One certificate"), ONE, web_tr(q, "n is the certificate's number; put the one that you have there (n=DAC-…). Good is: one.pem: OK, then holder, serial number and term as you expect them; whether it is suspended or revoked OCSP tells, below. An authorisation (DAU-…) or license token is no certificate that OpenSSL reads: for these take fujie-verify"), with);
	commands(b, "OCSP", OCSP, web_tr(q, "ask for the state of that certificate. Good is: Response verify OK, and good behind its name; revoked there means revoked or suspended"), with);
	commands(b, "fujie-verify", VERIFY, web_tr(q, "the verdict on a bundle by the fingerprint alone, and by the folder"), whole);
	where_from(q, b);
	commands(b, "fujie log", LOG, web_tr(q, "read the whole log, check every hash, and keep a checkpoint. Look again later: the monitor tells when what you saw is not the beginning of what is there. Who has a copy of the log's files, or a mirror, checks them with fujie log verify COPY"), with);
	commands(b, "fujie witness", WITNESS, web_tr(q, "run a witness: it remembers what it saw and cosigns only what continues it. Then start it with fujie witness serve, and give the department its key and address"), with);
}

void portal_get_check(struct web_req *q, struct web_res *r)
{
	struct fj_buf *b = &r->body;
	FJ_AUTO(json) a = NULL;
	struct fj_err err = {0};
	const char *number = web_field(q, "number");

	if (portal_public(q, "status.anchor", NULL, &a, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	portal_top(q, b, web_tr(q, "Verify independently"));
	web_print(b, "<p class=\"lead\">%s</p>", web_tr(q, "You need not believe this server. What it issues can be checked by anybody, with programs that are not ours, from what is published."));
	root_part(q, b, a);
	telephone_part(q, b, a, fj_number_ok(number) ? number : NULL);
	keys_part(q, b, a);
	log_part(q, b, a);
	commands_part(q, b, a, fj_number_ok(number) ? number : NULL);
	web_page_end(b);
}
