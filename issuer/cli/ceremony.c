/*
 * ceremony.c - `fujie ceremony`: a plan to be signed by officers, a ceremony that waits for them,
 * what the root signs afterwards.
 *
 * plan writes what the officers sign with fujie-officer, each on a machine of his own.  run makes the
 * home: challenges lie in D/ceremony/ROUND.challenges, answers are put beside as ROUND.NAME.answers;
 * it may be ended at any moment and begun again with the same words.  root-crl, issuing and certify ask the register
 * for a challenge, wait for answers, and hand them in (root_crl.c).  replay and transcript are fujie-verify's, which
 * needs nothing of the appliance.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/spare.h"
#include "issuer/cli/cli.h"

#define KEY_MAX 4096
#define EXPIRATION "600"

static enum fj_rc usage(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_USAGE, "cli", "formats.md 22", en, zh);
}

/* --- plan --- */

/* what `fujie-officer public --json` printed, or base64url of the SubjectPublicKeyInfo alone */
static enum fj_rc read_key(const char *path, json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(KEY_MAX);
	FJ_AUTO(buf) spki = FJ_BUF_INIT(256);
	FJ_AUTO(json) doc = NULL;
	uint8_t xy[64];

	FJ_TRY(fj_file_read(AT_FDCWD, path, &text, err));
	const char *key = fj_buf_str(&text);
	if (fj_json_parse(fj_buf_slice(&text), KEY_MAX, &doc, NULL) == FJ_OK)
		key = fj_json_text(doc, "key");
	size_t n = strcspn(key, "\r\n");
	if (fj_b64u_get(key, n, &spki) != FJ_OK || !fj_p256_spki_read(fj_buf_slice(&spki), xy))
		return fj_fail(err, FJ_E_USAGE, "cli", "formats.md 22", "%s has no officer's public key; `fujie-officer public --json` prints one", path);
	*out = json_stringn(key, n);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "cli");
}

/* LOGIN:NAME:KEYFILE */
static enum fj_rc plan_officer(const char *text, json_t *list, struct fj_err *err)
{
	const char *name = strchr(text, ':'), *file = name != NULL ? strchr(name + 1, ':') : NULL;
	json_t *key = NULL;

	if (file == NULL)
		return usage(err, "--officer takes LOGIN:NAME:KEYFILE; `fujie-officer public --json` prints what the file holds", "--officer 的格式为 登录名:姓名:公钥文件；fujie-officer public --json 可输出公钥文件的内容");
	FJ_TRY(read_key(file + 1, &key, err));
	json_t *o = json_object();
	if (fj_json_set(o, "key", key) != FJ_OK || fj_json_set(o, "login", json_stringn(text, (size_t)(name - text))) != FJ_OK ||
	    fj_json_set(o, "name", json_stringn(name + 1, (size_t)(file - name - 1))) != FJ_OK || json_array_append_new(list, o) != 0)
		return usage(err, "--officer is not UTF-8", "--officer 不是 UTF-8 文本");
	return FJ_OK;
}

enum fj_rc cli_plan_move(const char *path, int64_t m, json_t *plan, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_SPARE_REQUEST_MAX);
	FJ_AUTO(buf) parent = FJ_BUF_INIT(FJ_STORAGE_PUBLIC_MAX);
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(200);
	FJ_AUTO(json) doc = NULL;
	json_t *attestation;

	FJ_TRY(fj_file_read(AT_FDCWD, path, &text, err));
	FJ_TRY(fj_spare_request_read(fj_buf_slice(&text), &parent, &doc, &attestation, err));
	FJ_TRY(fj_b64u_put(&b64, fj_buf_slice(&parent)));
	return fj_json_set(plan, "move", json_pack("{s:I, s:s}", "m", (json_int_t)m, "parent", fj_buf_str(&b64))) == FJ_OK
	    ? FJ_OK : fj_no_memory(err, "cli");
}

/* --move REQUEST [--move-quorum M] */
static enum fj_rc plan_move(const struct cli_args *a, json_t *plan, struct fj_err *err)
{
	const char *path = cli_opt(a, "move", NULL);

	if (path == NULL)
		return cli_opt(a, "move-quorum", NULL) == NULL ? FJ_OK : usage(err, "--move-quorum goes with --move REQUEST", "--move-quorum 须与 --move 请求 一起使用");
	return cli_plan_move(path, strtoll(cli_opt(a, "move-quorum", cli_opt(a, "quorum", "")), NULL, 10), plan, err);
}

/* --follows SIGNED: the plan that is in force */
static enum fj_rc plan_follows(const struct cli_args *a, json_t *plan, struct fj_err *err)
{
	const char *path = cli_opt(a, "follows", NULL);
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_PLAN_MAX);
	FJ_AUTO(json) file = NULL;
	struct fj_plan before, p;
	char hex[65];

	if (path == NULL)
		return FJ_OK;
	FJ_TRY(fj_file_read(AT_FDCWD, path, &text, err));
	FJ_TRY(fj_json_parse(fj_buf_slice(&text), FJ_PLAN_MAX, &file, err));
	FJ_TRY(fj_plan_read(json_object_get(file, "plan"), &before, err)); /* whether it is in force, who takes the new one compares */
	fj_hex(before.hash.b, FJ_SHA256_LEN, hex);
	if (fj_json_set(plan, "follows", json_pack("{s:I, s:s}", "generation", (json_int_t)before.generation + 1, "plan", hex)) != FJ_OK)
		return fj_no_memory(err, "cli");
	FJ_TRY(fj_plan_read(plan, &p, err));
	return fj_plan_follows(&p, &before, err);
}

static enum fj_rc make_plan(const struct cli_args *a, json_t **out, struct fj_err *err)
{
	const char *arc = cli_opt(a, "arc", NULL), *base = cli_opt(a, "base", NULL), *who = cli_opt(a, "operator", NULL), *m = cli_opt(a, "quorum", NULL), *unseal = cli_opt(a, "unseal", NULL);
	FJ_AUTO(json) officers = json_array();
	FJ_AUTO(json) algs = json_pack("[s]", fj_alg_name(FJ_ES256));
	char now[FJ_TIME_CAP];
	struct fj_plan p;

	if (arc == NULL || base == NULL || who == NULL || m == NULL || a->out == NULL)
		return usage(err, "a plan needs --arc, --base, --operator, --officer LOGIN:NAME:KEYFILE for each officer, --quorum M and --out FILE",
		    "方案需要 --arc、--base、--operator、每名官员的 --officer 登录名:姓名:公钥文件、--quorum M 和 --out 文件");
	for (size_t i = 0; i < a->n_opt; i++)
		if (strcmp(a->opt[i].key, "officer") == 0)
			FJ_TRY(plan_officer(a->opt[i].value != NULL ? a->opt[i].value : "", officers, err));
	if (cli_opt(a, "sm2", NULL) != NULL)
		json_array_append_new(algs, json_string(fj_alg_name(FJ_SM2)));
	fj_time_utc(fj_now(), now);
	FJ_AUTO(json) plan = json_pack("{s:i, s:{s:b, s:s, s:s, s:s}, s:O, s:O, s:{s:I}, s:I, s:s}", "version", 1, "home", "demo", cli_opt(a, "demo", NULL) != NULL, "arc", arc, "base", base, "operator", who,
	    "algorithms", algs, "officers", officers, "quorum", "root", (json_int_t)strtoll(m, NULL, 10), "expiration", (json_int_t)strtoll(cli_opt(a, "expiration", EXPIRATION), NULL, 10), "made", now);
	if (plan == NULL || (unseal != NULL && fj_json_set(plan, "unseal", json_pack("{s:I}", "m", (json_int_t)strtoll(unseal, NULL, 10))) != FJ_OK))
		return usage(err, "the plan's texts are not UTF-8", "方案中的文本不是 UTF-8");
	FJ_TRY(plan_move(a, plan, err));
	FJ_TRY(plan_follows(a, plan, err));
	FJ_TRY(fj_plan_read(plan, &p, err));
	*out = json_pack("{s:O, s:[]}", "plan", plan, "signatures");
	return *out != NULL ? FJ_OK : fj_no_memory(err, "cli");
}

static enum fj_rc plan(const struct cli_args *a, struct fj_err *err)
{
	static const char *const known[] = {"arc", "base", "operator", "officer", "quorum", "unseal", "sm2", "expiration", "move", "move-quorum", "follows", "demo", NULL};
	FJ_AUTO(json) file = NULL;
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_PLAN_MAX);

	FJ_TRY(cli_opt_only(a, known, err));
	FJ_TRY(make_plan(a, &file, err));
	FJ_TRY(fj_json_canonical(file, &text, err));
	FJ_TRY(fj_put_u8(&text, '\n'));
	FJ_AUTO(fd) fd = open(a->out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return fj_fail_errno(err, "cli", "create %s (it must not be there yet)", a->out);
	FJ_TRY(fj_write_all(fd, text.data, text.len, err));
	if (a->json)
		printf("{\"saved\":true}\n");
	else
		printf("%s: the plan.  Every officer signs it: fujie-officer plan sign %s --key FILE\n方案已写入；请每名官员签署：fujie-officer plan sign %s --key 密钥文件\n", a->out, a->out, a->out);
	return FJ_OK;
}

/* --- run --- */

struct watcher {
	const struct cli_args *a;
};

/* what a person at the terminal is told; with --json a line of JSON on standard error */
static enum fj_rc tell(void *user, const json_t *progress, struct fj_err *err)
{
	const struct watcher *w = user;
	const char *waits = fj_json_peek(progress, "waits"), *taken = fj_json_peek(progress, "taken"), *refused = fj_json_peek(progress, "refused"), *done = fj_json_peek(progress, "signed");
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);

	if (w->a->json) {
		FJ_TRY(fj_json_canonical(progress, &text, err));
		fprintf(stderr, "%s\n", fj_buf_str(&text));
		return FJ_OK;
	}
	if (waits != NULL && strcmp(waits, "bond") == 0)
		printf("The TPM has an endorsement certificate: %lld officers see whether the attestation key is in it.  Each: fujie-officer bond %s/%s --plan SIGNED --key FILE --vendors PEM --out CREDENTIAL; put it to %s/ceremony/bond.NAME.credential\n"
		       "TPM 有背书证书：请 %lld 名官员核对证明密钥是否在该 TPM 内\n", (long long)fj_json_num(progress, "needs"), w->a->dir, fj_json_text(progress, "challenges"), w->a->dir, (long long)fj_json_num(progress, "needs"));
	else if (waits != NULL)
		printf("Round %s: %s/%s awaits %lld officers, for %lld s.  Each: fujie-officer approve CHALLENGES --plan SIGNED --key FILE --out ANSWERS; put it to %s/ceremony/%s.NAME.answers\n"
		       "%s 轮：等待 %lld 名官员批准上述质询\n", waits, w->a->dir, fj_json_text(progress, "challenges"), (long long)fj_json_num(progress, "needs"), (long long)fj_json_num(progress, "seconds"),
		    w->a->dir, waits, waits, (long long)fj_json_num(progress, "needs"));
	else if (taken != NULL)
		printf("  %s approves %s (%s) / 已批准\n", taken, fj_json_text(progress, "step"), fj_json_text(progress, "alg"));
	else if (refused != NULL)
		printf("  %s: refused: %s\n  被拒绝：%s\n", refused, fj_json_text(progress, "en"), fj_json_text(progress, "zh"));
	else if (done != NULL)
		printf("  signed: %s (%s) / 已签名\n", done, fj_json_text(progress, "alg"));
	fflush(stdout);
	return FJ_OK;
}

static enum fj_rc read_plan(const char *path, json_t **file, struct fj_plan *p, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_PLAN_MAX);

	FJ_TRY(fj_file_read(AT_FDCWD, path, &text, err));
	FJ_TRY(fj_json_parse(fj_buf_slice(&text), FJ_PLAN_MAX, file, err));
	return fj_plan_read(json_object_get(*file, "plan"), p, err); /* its signatures are the register's to verify */
}

static enum fj_rc make(const struct cli_args *a, const struct cli_conf *conf, const json_t *in, json_t **answer, struct fj_err *err)
{
	FJ_AUTO(cli_home) h = {.dir = -1, .run = -1, .lock = -1};
	struct watcher w = {a};
	struct cli_follow follow = {tell, &w};

	FJ_TRY(cli_home_ceremony(a->dir, conf, &h, err));
	FJ_TRY(cli_init_put(&h, in, err));
	{
		FJ_AUTO(cli_parts) p = {.home = NULL};
		FJ_TRY(cli_parts_init(&p, &h, err));
		p.signer = true;
		FJ_TRY(cli_start_signer(&p, err));
		FJ_TRY(cli_run_init(&p, &follow, answer, err));
	}
	unlinkat(h.dir, "run/init.json", 0);
	return cli_home_done(&h, err);
}

static void print_made(const struct cli_args *a, const json_t *answer)
{
	cli_print_officers(a->dir, answer);
	printf("The officers sign the transcript of the ceremony: fujie-officer transcript sign %s/ceremony/transcript --plan %s/ceremony/plan.json --key FILE\n"
	       "请官员签署密钥仪式记录：fujie-officer transcript sign %s/ceremony/transcript --plan %s/ceremony/plan.json --key 密钥文件\n", a->dir, a->dir, a->dir, a->dir);
}

static enum fj_rc run(const struct cli_args *a, struct fj_err *err)
{
	static const char *const known[] = {"plan", "portal", "verifier", "tpm", "org-usci", "org-name", "org-div6", "org-level", "org-kind", "officer", "second-officer", "without-bonds", NULL};
	struct cli_conf conf;
	struct fj_plan p;
	FJ_AUTO(json) file = NULL;
	FJ_AUTO(json) in = NULL;
	FJ_AUTO(json) answer = NULL;

	FJ_TRY(cli_opt_only(a, known, err));
	if (a->dir == NULL || cli_opt(a, "plan", NULL) == NULL)
		return usage(err, "fujie ceremony run --plan SIGNED --dir D, and who uses the home: --org-usci, --org-name, --org-div6, --org-level, --officer, --second-officer",
		    "用法：fujie ceremony run --plan 已签方案 --dir D，以及机构和首批经办人：--org-usci、--org-name、--org-div6、--org-level、--officer、--second-officer");
	FJ_TRY(read_plan(cli_opt(a, "plan", ""), &file, &p, err));
	FJ_TRY(cli_conf_from(a, p.demo, &conf, err));
	if (fj_strcopy(conf.base, sizeof(conf.base), p.base) != FJ_OK)
		return usage(err, "the plan's base is too long", "方案中的地址过长");
	FJ_TRY(cli_init_request(a, &conf, &p, &in, err));
	if (fj_json_set(in, "plan", json_incref(file)) != FJ_OK || fj_json_set(in, "bonds", json_boolean(cli_opt(a, "without-bonds", NULL) == NULL)) != FJ_OK)
		return fj_no_memory(err, "cli");
	FJ_TRY(make(a, &conf, in, &answer, err));
	if (a->json)
		cli_print_answer(answer, true);
	else
		print_made(a, answer);
	return FJ_OK;
}

int cli_ceremony(const struct cli_args *a, char **argv)
{
	const char *verb = a->verb != NULL ? a->verb : "";
	struct fj_err err = {0};
	enum fj_rc rc;

	if (strcmp(verb, "replay") == 0 || strcmp(verb, "transcript") == 0)
		return cli_become("fujie-verify", argv);
	if (strcmp(verb, "statement") == 0 || strcmp(verb, "endorsement") == 0 || strcmp(verb, "bond") == 0)
		return cli_command(a); /* the register's */
	if (strcmp(verb, "plan") == 0)
		rc = plan(a, &err);
	else if (strcmp(verb, "run") == 0)
		rc = run(a, &err);
	else if (strcmp(verb, "root-crl") == 0)
		rc = cli_root_crl(a, &err);
	else if (strcmp(verb, "issuing") == 0)
		rc = cli_issuing(a, &err);
	else if (strcmp(verb, "certify") == 0)
		rc = cli_certify(a, &err);
	else if (strcmp(verb, "parent-crl") == 0)
		rc = cli_parent_crl(a, &err);
	else if (strcmp(verb, "succeed") == 0)
		rc = cli_root_succeed(a, &err);
	else if (strcmp(verb, "move") == 0)
		rc = cli_root_move(a, &err);
	else
		rc = usage(&err, "fujie ceremony plan|run|root-crl|issuing|certify|succeed|parent-crl|move|statement|replay|transcript; `fujie help` says more", "用法：fujie ceremony plan|run|root-crl|issuing|certify|succeed|parent-crl|move|statement|replay|transcript；详见 fujie help");
	return rc == FJ_OK ? 0 : cli_print_error(&err, NULL, a->json);
}
