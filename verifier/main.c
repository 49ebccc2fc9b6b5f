/*
 * main.c - fujie-verify: a credential or a bundle in, the verdict out.  No network,
 * no clock but this machine's, no state.
 *
 * `--listen` and `watch` are another program's, fujie-gateway, which is executed from
 * the folder of this one: what judges offline links nothing that could reach out.
 * Exit: 0 permit (or attested), 1 deny or indeterminate (or not attested), 2 wrong use, 3 failure.  With --json
 * there is exactly one JSON document on stdout whatever happens, so that a
 * caller that parses it never takes silence for consent.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <unistd.h>

#include "base/file.h"
#include "base/note.h"
#include "base/secret.h"
#include "verifier/archive.h"
#include "verifier/attestation.h"
#include "base/spare.h"
#include "verifier/bundle.h"
#include "verifier/ceremony.h"

#define INPUT_MAX VER_BUNDLE_MAX /* no less than a CRL of 8 MiB as PEM; a signed report */

struct options {
	const char *trust, *root, *root_sm2, *use, *nonce, *x5t, *at, *max_age, *log_proof, *vendors, *plan, *spare, *file;
	bool attestation, json, logged, help;
};
/* what the options say */
struct asked {
	struct ver_pins pins;
	struct ver_input in;
};

static void usage(FILE *to)
{
	fputs("fujie-verify --trust DIR FILE|-   [--root SHA256 [--root-sm2 SHA256]] [--use k=v,k=v] [--max-age 24h] [--at RFC3339]\n"
	      "fujie-verify --root SHA256 BUNDLE|-    [--nonce N] [--x5t T] [--log-proof FILE] [--logged] [--json]\n"
	      "fujie-verify attestation --trust DIR  [--vendors FILE] [--plan SIGNED] [--max-age 24h] [--json]\n"
	      "fujie-verify attestation --spare REQUEST  [--vendors FILE] [--max-age 24h] [--json]   a spare's storage key, before a plan names it\n"
	      "fujie-verify ceremony replay|transcript FILE --plan SIGNED [--other PLAN] [--signatures FILE|--unsigned]   a key ceremony by its record\n"
	      "fujie-verify archive FOLDER --root SHA256|--trust DIR [--json]   a year's archive (fujie archive export)\n"
	      "fujie-verify --listen ... | watch ...    (fujie-gateway; fujie-gateway --help)\n"
	      "\n"
	      "Judges a license token, an authorisation credential, a data asset certificate, a\n"
	      "signed report, a status list or a CRL against a trust folder (D/trust, or trust.tar\n"
	      "unpacked); or a bundle (fujie bundle create) by its root's fingerprint alone.\n"
	      "核验许可令牌、授权凭证、数据资产证书、签名报告、状态列表或吊销列表；\n"
	      "核验包只需根证书指纹即可离线核验。\n"
	      "attestation: where the keys of a trust folder lie, by what their TPM says.\n"
	      "attestation：依 TPM 声明核验信任资料中各密钥的所在。\n"
	      "\n"
	      "  --root   SHA-256 of the root certificate's DER in hex; colons and spaces may stand in it;\n"
	      "           with --trust: of the folder's roots this one alone, and those that it certified\n"
	      "  --root-sm2  the same of the SM2 root; without it --root leaves the SM2 hierarchy out\n"
	      "  --use    what somebody wants to do: asset product action purpose territory\n"
	      "           environment at quantity user audience; entries joined by +\n"
	      "  --nonce  ask for a holder's proof (kb+jwt) with this nonce; needs --use audience=...\n"
	      "  --x5t    base64url SHA-256 of the client certificate that was seen\n"
	      "  --max-age  how old the status may be: 90s 30m 24h 7d; older is indeterminate\n"
	      "  --at     judge at this time instead of now, such as 2026-03-16T08:00:00Z\n"
	      "  --log-proof  proof that it stands in the issuer's public log; without it the file beside\n"
	      "           FILE is read that ends in .tlog-proof for its last suffix, if there is one\n"
	      "  --logged  ask for such a proof, and for the witnesses of the trust's log.policy\n"
	      "  --vendors  certificates of TPM vendors (PEM): roots, and what lies between; without them no\n"
	      "           TPM counts as hardware\n"
	      "  --plan   attestation, or beside --vendors: do the roots' keys open to the officers of this plan\n"
	      "           alone, and did they bind the attestation key? without it no TPM counts as hardware\n"
	      "  --json   one JSON document (docs/formats.md sections 8 and 23)\n"
	      "\n"
	      "Exit: 0 permit, or attested; 1 deny, indeterminate, or not attested; 2 wrong use, 3 failure.\n", to);
}

static enum fj_rc once(const char **slot, const char *name, struct fj_err *err)
{
	if (*slot != NULL)
		return fj_fail(err, FJ_E_USAGE, "verify", NULL, "--%s is given twice", name);
	*slot = optarg;
	return FJ_OK;
}

static enum fj_rc attestation_options(int words, const struct options *o, struct fj_err *err)
{
	if ((o->trust == NULL) == (o->spare == NULL) || words != 0)
		return fj_fail(err, FJ_E_USAGE, "verify", NULL, "give fujie-verify attestation --trust DIR, or --spare REQUEST, and no other file; see --help");
	if (o->spare != NULL && o->plan != NULL)
		return fj_fail(err, FJ_E_USAGE, "verify", NULL, "--plan goes with --trust: a spare has no roots yet");
	return o->root == NULL && o->root_sm2 == NULL && o->use == NULL && o->nonce == NULL && o->x5t == NULL && o->at == NULL && o->log_proof == NULL && !o->logged ? FJ_OK
	    : fj_fail(err, FJ_E_USAGE, "verify", NULL, "attestation takes --trust, --vendors, --plan, --max-age and --json alone");
}

static enum fj_rc options_read(int argc, char **argv, struct options *o, struct fj_err *err)
{
	static const struct option longs[] = {{"trust", required_argument, NULL, 't'}, {"root", required_argument, NULL, 'r'}, {"root-sm2", required_argument, NULL, 'S'},
		{"max-age", required_argument, NULL, 'm'}, {"use", required_argument, NULL, 'u'},
		{"nonce", required_argument, NULL, 'n'}, {"x5t", required_argument, NULL, 'x'}, {"at", required_argument, NULL, 'a'},
		{"log-proof", required_argument, NULL, 'l'}, {"vendors", required_argument, NULL, 'v'}, {"plan", required_argument, NULL, 'p'}, {"spare", required_argument, NULL, 's'}, {"logged", no_argument, NULL, 'L'},
		{"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":", longs, NULL)) != -1)
		switch (c) {
		case 't': FJ_TRY(once(&o->trust, "trust", err)); break;
		case 'r': FJ_TRY(once(&o->root, "root", err)); break;
		case 'S': FJ_TRY(once(&o->root_sm2, "root-sm2", err)); break;
		case 'm': FJ_TRY(once(&o->max_age, "max-age", err)); break;
		case 'u': FJ_TRY(once(&o->use, "use", err)); break;
		case 'n': FJ_TRY(once(&o->nonce, "nonce", err)); break;
		case 'x': FJ_TRY(once(&o->x5t, "x5t", err)); break;
		case 'a': FJ_TRY(once(&o->at, "at", err)); break;
		case 'l': FJ_TRY(once(&o->log_proof, "log-proof", err)); break;
		case 'v': FJ_TRY(once(&o->vendors, "vendors", err)); break;
		case 'p': FJ_TRY(once(&o->plan, "plan", err)); break;
		case 's': FJ_TRY(once(&o->spare, "spare", err)); break;
		case 'L': o->logged = true; break;
		case 'j': o->json = true; break;
		case 'h': o->help = true; break;
		default:
			return fj_fail(err, FJ_E_USAGE, "verify", NULL, c == ':' ? "\"%s\" needs a value" : "\"%s\" is not an option; see --help", argv[optind - 1]);
		}
	if (o->help)
		return FJ_OK;
	if (o->attestation)
		return attestation_options(argc - optind, o, err);
	if (o->spare != NULL || (o->plan != NULL && o->vendors == NULL))
		return fj_fail(err, FJ_E_USAGE, "verify", NULL, "--plan goes with attestation, or beside --vendors, and --spare with attestation; see --help");
	if (o->vendors != NULL && o->trust == NULL && o->root != NULL)
		return fj_fail(err, FJ_E_USAGE, "verify", NULL, "--vendors goes with --trust: a bundle has no attestation");
	if (o->trust == NULL && (o->root == NULL || o->root_sm2 != NULL))
		return fj_fail(err, FJ_E_USAGE, "verify", NULL, "give --trust DIR for a credential, or --root SHA256 for a bundle; see --help");
	if (o->root_sm2 != NULL && o->root == NULL)
		return fj_fail(err, FJ_E_USAGE, "verify", NULL, "--root-sm2 goes with --trust and --root; see --help");
	if (argc - optind != 1)
		return fj_fail(err, FJ_E_USAGE, "verify", NULL, "name one file, or - for standard input; see --help");
	o->file = argv[optind];
	return FJ_OK;
}

/* "24h" in seconds: a whole number and s, m, h or d */
static enum fj_rc age_read(const char *text, int64_t *out, struct fj_err *err)
{
	static const struct {
		char letter;
		int64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	size_t n = strspn(text, "0123456789");
	int64_t v = n > 0 && n <= 9 ? strtoll(text, NULL, 10) : 0;

	for (size_t i = 0; i < FJ_ARRAY_LEN(units) && v > 0; i++)
		if (text[n] == units[i].letter && text[n + 1] == '\0') {
			*out = v * units[i].seconds;
			return FJ_OK;
		}
	return fj_refuse(err, FJ_E_USAGE, "verify", "formats.md 8", "--max-age is a whole number from 1 and s, m, h or d, such as 24h", "--max-age 为正整数加 s、m、h 或 d，如 24h");
}

static enum fj_rc options_check(const struct options *o, struct asked *a, struct fj_err *err)
{
	FJ_TRY(ver_proof_form(o->nonce, o->x5t, err));
	if (o->root != NULL)
		FJ_TRY(ver_fingerprint_read(o->root, &a->pins.root, err));
	a->pins.has_sm2 = o->root_sm2 != NULL;
	if (o->root_sm2 != NULL)
		FJ_TRY(ver_fingerprint_read(o->root_sm2, &a->pins.sm2, err));
	if (o->max_age != NULL)
		FJ_TRY(age_read(o->max_age, &a->in.max_age, err));
	a->in.nonce = o->nonce;
	a->in.x5t = o->x5t;
	a->in.logged = o->logged;
	a->in.now = fj_now();
	a->in.past = o->at != NULL;
	if (o->at != NULL && fj_time_parse(o->at, &a->in.now, err) != FJ_OK)
		return err->rc = FJ_E_USAGE;
	return FJ_OK;
}

static enum fj_rc read_input(const char *file, const char *any, struct fj_buf *out, struct fj_err *err)
{
	char chunk[16384];
	FJ_AUTO(fd) fd = strcmp(file, "-") == 0 ? dup(STDIN_FILENO) : open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fj_fail_errno(err, "verify", "open %s", file);
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fj_fail_errno(err, "verify", "read %s", file);
		if (n == 0)
			return FJ_OK;
		enum fj_rc rc = fj_buf_put(out, chunk, (size_t)n);
		if (rc == FJ_OK)
			continue;
		fj_fail(err, rc, "verify", "formats.md 8", "%s is larger than any %s", file, any);
		fj_err_zh(err, "文件 %s 过大", file);
		return rc;
	}
}

/* FILE with .tlog-proof for its last suffix; false when that would be FILE itself */
static bool beside(const char *file, char out[4096])
{
	const char *slash = strrchr(file, '/'), *name = slash == NULL ? file : slash + 1, *dot = strrchr(name, '.');
	size_t n = dot == NULL || dot == name ? strlen(file) : (size_t)(dot - file);

	return snprintf(out, 4096, "%.*s.tlog-proof", (int)n, file) < 4096 && strcmp(out, file) != 0;
}

/* the proof that was named, or the one beside FILE; what is there and can't be read is not taken for what is not there */
static enum fj_rc read_log_proof(const struct options *o, struct fj_buf *out, struct fj_err *err)
{
	char path[4096];

	if (o->log_proof == NULL && (strcmp(o->file, "-") == 0 || !beside(o->file, path) || access(path, F_OK) != 0))
		return FJ_OK;
	FJ_TRY(read_input(o->log_proof != NULL ? o->log_proof : path, "proof of logging", out, err));
	return out->len > 0 ? FJ_OK : fj_refuse(err, FJ_E_USAGE, "verify", "formats.md 19", "the proof of logging is empty", "公开日志载入证明为空");
}

/* --- people --- */

static size_t width(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		if (((unsigned char)*s & 0xc0) != 0x80)
			n += (unsigned char)*s >= 0xe3 ? 2 : 1; /* CJK and full-width forms take two columns */
	return n;
}

static void cell(const char *s, size_t columns)
{
	size_t w = width(s);

	printf("%s%*s", s, w < columns ? (int)(columns - w) : 1, "");
}

static void print_check(const struct ver_check *c)
{
	static const char *const outcomes[] = {[VER_PASS] = "通过 pass", [VER_FAIL] = "不符 fail", [VER_UNKNOWN] = "不明 unknown",
		[VER_NOT_REQUESTED] = "未要求 not requested", [VER_NOT_APPLICABLE] = "不适用 not applicable"};

	cell(outcomes[c->outcome], 24);
	cell(c->name, 22);
	cell(c->clause, 38);
	printf("%s | %s", c->zh, c->en);
	if (c->evidence[0] != '\0')
		printf(" [%s]", c->evidence);
	putchar('\n');
}

/* how old what it rests on is, in the largest unit that says it */
static void print_age(const struct ver_report *r)
{
	static const struct {
		int64_t seconds;
		const char *zh, *en;
	} units[] = {{86400, "天", "days"}, {3600, "小时", "hours"}, {60, "分钟", "minutes"}, {1, "秒", "seconds"}};
	char as_of[FJ_TIME_CAP], until[FJ_TIME_CAP];
	int64_t age = r->at > r->as_of ? r->at - r->as_of : 0;
	size_t u = 0;

	if (r->as_of == 0)
		return;
	while (u < FJ_ARRAY_LEN(units) - 1 && age < 2 * units[u].seconds)
		u++;
	long long n = (long long)(age / units[u].seconds);
	fj_time_china(r->as_of, as_of);
	fj_time_china(r->until, until);
	printf("状态截至 %s（距核验时间 %lld %s），至 %s 有效 | status as of then, %lld %s old\n", as_of, n, units[u].zh, until, n, units[u].en);
}

static void print_report(const struct ver_report *r)
{
	static const char *const verdicts[] = {[VER_PERMIT] = "准许 PERMIT", [VER_DENY] = "拒绝 DENY", [VER_INDETERMINATE] = "无法判定 INDETERMINATE"};
	char at[FJ_TIME_CAP];

	fj_time_china(r->at, at);
	printf("%s  %s  %s\n", verdicts[r->verdict], r->kind, at);
	print_age(r);
	printf("%s | %s\n", ver_tpm_text(r->tpm, true), ver_tpm_text(r->tpm, false));
	for (size_t k = 0; k < r->n; k++)
		print_check(&r->check[k]);
}

/* --- one document --- */

static enum fj_rc print_json(const json_t *doc, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(4u << 20);

	FJ_TRY(fj_json_canonical(doc, &text, err));
	puts(fj_buf_str(&text));
	return FJ_OK;
}

/* a failure is no verdict; a reader of "verdict" alone must not go on */
static int refuse(const struct options *o, const struct fj_err *err)
{
	fprintf(stderr, "fujie-verify: %s%s%s\n", err->en, err->zh[0] != '\0' ? " / " : "", err->zh);
	if (o->json) {
		FJ_AUTO(json) doc = json_pack("{s:s, s:[], s:o}", o->attestation ? "tpm" : "verdict", o->attestation ? "none" : "indeterminate", "checks", "error", fj_err_json(err));
		if (doc == NULL || print_json(doc, NULL) != FJ_OK)
			puts(o->attestation ? "{\"checks\":[],\"tpm\":\"none\"}" : "{\"checks\":[],\"verdict\":\"indeterminate\"}");
	}
	return err->rc == FJ_E_USAGE ? 2 : err->rc == FJ_E_LIMIT ? 1 : 3; /* too large to be one: no yes, and no failure */
}

/* pins: the roots of it that are believed; NULL: those that it has */
static enum fj_rc load_folder(const char *folder, const struct ver_pins *pins, struct ver_trust **out, int *dir, struct fj_err *err)
{
	FJ_AUTO(json) notes = NULL;
	size_t i;
	json_t *v;

	FJ_TRY(ver_trust_load_under(AT_FDCWD, folder, pins, out, &notes, err));
	json_array_foreach(notes, i, v)
		fprintf(stderr, "fujie-verify: left out: %s\n", json_string_value(v));
	return fj_dir_open(AT_FDCWD, folder, dir, err);
}

static enum fj_rc read_plan(const char *file, struct fj_plan *out, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_PLAN_MAX);
	unsigned by;

	FJ_TRY(read_input(file, "plan", &text, err));
	FJ_TRY(ver_plan(fj_buf_slice(&text), out, &by, err));
	return fj_plan_all(out, by, err);
}

static enum fj_rc read_vendors(const struct options *o, struct fj_buf *out, struct fj_err *err)
{
	if (o->vendors == NULL)
		return FJ_OK;
	FJ_TRY(read_input(o->vendors, "vendors' certificates", out, err));
	return ver_vendors_any(fj_buf_slice(out)) ? FJ_OK : fj_refuse(err, FJ_E_USAGE, "verify", "RFC 7468", "--vendors names no file of certificates in PEM", "--vendors 所指文件不含 PEM 证书");
}

/* the folder's attestation anew, by the vendors and the plan that were named */
static enum fj_rc attest(const struct options *o, int dir, struct ver_trust *trust, int64_t max_age, struct fj_err *err)
{
	FJ_AUTO(buf) vendors = FJ_BUF_INIT(VER_VENDORS_MAX);
	struct ver_attest_in in = {.now = fj_now(), .max_age = max_age};
	struct fj_plan plan;

	FJ_TRY(read_vendors(o, &vendors, err));
	in.vendors = fj_buf_slice(&vendors);
	if (o->plan != NULL)
		FJ_TRY(read_plan(o->plan, &plan, err));
	in.plan = o->plan != NULL ? &plan : NULL;
	return ver_folder_attest(dir, trust, &in, err);
}

static enum fj_rc judge_in_folder(const struct options *o, const struct asked *a, struct ver_report *r, struct fj_err *err)
{
	FJ_AUTO(ver_trust) trust = NULL;
	FJ_AUTO(ver_trust) over = NULL;
	FJ_AUTO(fd) dir = -1;

	FJ_TRY(load_folder(o->trust, o->root != NULL ? &a->pins : NULL, &trust, &dir, err));
	if (o->vendors != NULL)
		FJ_TRY(attest(o, dir, trust, 0, err));
	FJ_TRY(ver_trust_over(trust, &over, err));
	return ver_verify_in(dir, over, &a->in, r, err);
}

static enum fj_rc run(const struct options *o, struct ver_report *r, struct fj_err *err)
{
	FJ_AUTO(ver_use) use = NULL;
	FJ_AUTO(buf) data = FJ_BUF_INIT(INPUT_MAX);
	FJ_AUTO(buf) proof = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);
	struct asked a = {.in = {.now = 0}};

	FJ_TRY(options_check(o, &a, err));
	if (o->use != NULL)
		FJ_TRY(ver_use_parse(o->use, &use, err));
	FJ_TRY(read_input(o->file, "credential", &data, err));
	FJ_TRY(read_log_proof(o, &proof, err));
	a.in.credential = fj_utf8_unmarked(fj_buf_slice(&data));
	a.in.use = use;
	a.in.log_proof = fj_buf_slice(&proof);
	FJ_TRY(o->trust == NULL ? ver_bundle_verify(&a.pins.root, &a.in, r, err) : judge_in_folder(o, &a, r, err));
	if (!o->json) {
		print_report(r);
		return FJ_OK;
	}
	FJ_AUTO(json) doc = ver_report_json(r);
	return doc != NULL ? print_json(doc, err) : fj_no_memory(err, "verify");
}

/* --- attestation --- */

static void print_attestation(const struct ver_attestation *a)
{
	static const char *const answers[] = {[VER_TPM_NONE] = "未证明 NONE", [VER_TPM_SOFTWARE] = "软件 SOFTWARE", [VER_TPM_HARDWARE] = "硬件 HARDWARE"};
	char at[FJ_TIME_CAP] = "";
	size_t i;
	json_t *v;

	if (a->at != 0)
		fj_time_china(a->at, at);
	printf("%s  %s | %s  %s\n", answers[a->tpm], ver_tpm_text(a->tpm, true), ver_tpm_text(a->tpm, false), at);
	for (size_t k = 0; k < AT_COUNT; k++)
		print_check(&a->check[k]);
	json_array_foreach(a->certificates, i, v)
		printf("%s %s %s (%s)\n", json_is_true(json_object_get(v, "attested")) ? "已证明 attested" : json_object_get(v, "elsewhere") != NULL ? "属于另一系统，此处不作证明 another appliance's, not attested here"
		    : json_is_true(json_object_get(v, "former")) ? "前代密钥，不作证明 a former key, nothing is said of it" : "未证明 not attested",
		    fj_json_text(v, "certificate"), fj_json_text(v, "serial"), fj_json_text(v, "role"));
	json_array_foreach(a->missing, i, v)
		printf("缺少 missing: %s\n", json_string_value(v));
}

static enum fj_rc say_attestation(const struct options *o, const struct ver_attestation *a, bool *yes, struct fj_err *err)
{
	*yes = a->tpm != VER_TPM_NONE;
	if (!o->json) {
		print_attestation(a);
		return FJ_OK;
	}
	FJ_AUTO(json) doc = ver_attestation_json(a);
	return doc != NULL ? print_json(doc, err) : fj_no_memory(err, "verify");
}

/* what a spare's TPM says of the key that a plan is to name */
static enum fj_rc run_spare(const struct options *o, int64_t max_age, bool *yes, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_SPARE_REQUEST_MAX);
	FJ_AUTO(buf) parent = FJ_BUF_INIT(FJ_STORAGE_PUBLIC_MAX);
	FJ_AUTO(buf) json = FJ_BUF_INIT(VER_ATTEST_MAX);
	FJ_AUTO(buf) vendors = FJ_BUF_INIT(VER_VENDORS_MAX);
	FJ_AUTO(json) doc = NULL;
	FJ_AUTO(ver_attestation) a = {.n = 0};
	struct ver_attest_in in = {.now = fj_now(), .max_age = max_age};
	json_t *attestation;

	FJ_TRY(read_input(o->spare, "request", &file, err));
	FJ_TRY(fj_spare_request_read(fj_buf_slice(&file), &parent, &doc, &attestation, err));
	FJ_TRY(fj_json_canonical(attestation, &json, err));
	FJ_TRY(read_vendors(o, &vendors, err));
	in.json = fj_buf_slice(&json);
	in.spare = fj_buf_slice(&parent);
	in.vendors = fj_buf_slice(&vendors);
	FJ_TRY(ver_attestation_judge(NULL, &in, &a, err));
	return say_attestation(o, &a, yes, err);
}

/* *yes: the keys are shown to lie in a TPM */
static enum fj_rc run_attestation(const struct options *o, bool *yes, struct fj_err *err)
{
	FJ_AUTO(ver_trust) trust = NULL;
	FJ_AUTO(fd) dir = -1;
	int64_t max_age = 0;

	if (o->max_age != NULL)
		FJ_TRY(age_read(o->max_age, &max_age, err));
	if (o->spare != NULL)
		return run_spare(o, max_age, yes, err);
	FJ_TRY(load_folder(o->trust, NULL, &trust, &dir, err));
	FJ_TRY(attest(o, dir, trust, max_age, err));
	return say_attestation(o, ver_trust_attestation(trust), yes, err);
}

/* --- the other program --- */

/* does any word ask for it? */
static bool is_gateway(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "watch") == 0)
		return true;
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--listen") == 0 || strncmp(argv[i], "--listen=", 9) == 0)
			return true;
	return false;
}

/* it takes every word as it stands here, and this process's place */
static int gateway(const struct options *o, char **argv)
{
	char path[4096];
	struct fj_err err;
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - sizeof("fujie-gateway"));
	char *slash = n > 0 ? memrchr(path, '/', (size_t)n) : NULL;

	if (slash != NULL) {
		memcpy(slash + 1, "fujie-gateway", sizeof("fujie-gateway"));
		execv(path, argv);
	}
	fj_fail(&err, FJ_E_UNAVAILABLE, "verify", NULL, "fujie-gateway, which does this, can't be started from the folder of fujie-verify: is it installed?");
	fj_err_zh(&err, "%s", "无法启动同一目录下的 fujie-gateway，请确认已安装");
	return refuse(o, &err);
}

int main(int argc, char **argv)
{
	struct options o = {.json = false};
	struct fj_err err = {.rc = FJ_OK};
	FJ_AUTO(ver_report) r = {.subject = NULL};
	bool yes = false;

	fj_sodium_init();
	for (int i = 1; i < argc; i++) /* before anything can fail */
		o.json = o.json || strcmp(argv[i], "--json") == 0;
	if (argc > 1 && strcmp(argv[1], "ceremony") == 0)
		return ver_ceremony(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "archive") == 0)
		return ver_archive(argc - 1, argv + 1);
	if (is_gateway(argc, argv))
		return gateway(&o, argv);
	o.attestation = argc > 1 && strcmp(argv[1], "attestation") == 0;
	if (options_read(argc - o.attestation, argv + o.attestation, &o, &err) != FJ_OK)
		return refuse(&o, &err);
	if (o.help) {
		usage(stdout);
		return 0;
	}
	if ((o.attestation ? run_attestation(&o, &yes, &err) : run(&o, &r, &err)) != FJ_OK)
		return refuse(&o, &err);
	if (fflush(stdout) != 0 || ferror(stdout))
		return 3;
	return yes || (!o.attestation && r.verdict == VER_PERMIT) ? 0 : 1;
}
