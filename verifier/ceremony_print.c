/*
 * ceremony_print.c - `fujie-verify ceremony`: a transcript replayed, or printed for a file of paper.
 *
 * Only what was replayed without a fault is printed; at the first fault the reason follows, and
 * nothing after it is shown.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>

#include "base/file.h"
#include "base/transcript.h"
#include "base/tty.h"
#include "verifier/ceremony.h"
#include "verifier/internal.h"

struct ask {
	const char *plan, *other, *lang, *file, *signatures;
	bool json, print, zh, unsigned_;
};
struct told {
	const struct ask *a;
	json_t *signed_; /* [{step, alg, sha256}] */
};

static void line(const struct told *t, const char *zh, const char *en, const char *value)
{
	printf("      %s%s%s\n", t->a->zh ? zh : en, t->a->zh ? "：" : ": ", value);
}

static const char *name_of(const struct told *t, enum fj_step step)
{
	static const char *const names[][2] = {[FJ_STEP_ROOT] = {"根证书", "root certificate"}, [FJ_STEP_ISSUING] = {"签发 CA 证书", "issuing CA's certificate"}, [FJ_STEP_ROOT_CRL] = {"根吊销列表", "root's CRL"},
		[FJ_STEP_NEW_WITH_OLD] = {"由原根认证继任根", "new root, certified by the former one"}, [FJ_STEP_OLD_WITH_NEW] = {"由继任根认证原根", "former root, certified by the new one"}};

	return step < FJ_ARRAY_LEN(names) && names[step][0] != NULL ? names[step][!t->a->zh] : "";
}

static void what(const struct told *t, const json_t *o, char out[80])
{
	enum fj_step s = 0;

	while (s < FJ_STEP_END && strcmp(fj_step_name(s), fj_json_text(o, "step")) != 0)
		s++;
	snprintf(out, 80, "%s (%s)", s < FJ_STEP_END ? name_of(t, s) : "", fj_json_text(o, "alg"));
}

static void hash_of(const json_t *o, const char *key, char hex[65])
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_STRUCTURE_MAX);
	const char *text = fj_json_text(o, key);
	struct fj_hash h;

	hex[0] = '\0';
	if (fj_b64u_get(text, strlen(text), &b) != FJ_OK)
		return;
	fj_sha256(fj_buf_slice(&b), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
}

/* by name; whoever is none of the plan's officers as he is called there */
static void print_officer(const struct told *t, const struct ver_line *l, const char *zh, const char *en, const char *login)
{
	int officer = fj_plan_officer(l->plan, login);

	line(t, zh, en, officer >= 0 ? l->plan->officer[officer].name : login);
}

static void print_challenge(const struct told *t, const struct ver_line *l)
{
	char text[80], hex[65];

	what(t, l->out, text);
	line(t, "待批准", "to be approved", text);
	hash_of(l->out, "structure", hex);
	line(t, "其 SHA-256", "its SHA-256", hex);
	line(t, "随机数", "nonce", fj_json_text(l->out, "nonce"));
	if (json_object_get(l->out, "made") != NULL)
		line(t, "所认证的密钥", "the key that it certifies", t->a->zh ? "据 TPM 的声明在其中生成，不能离开" : "made in the TPM by its statement, and can't leave it");
}

static void print_answer(const struct told *t, const struct ver_line *l)
{
	const json_t *a = json_object_get(l->in, "answer");
	char text[80];

	line(t, "文件", "file", fj_json_text(l->in, "file"));
	if (a != NULL && !json_is_null(a)) {
		what(t, a, text);
		line(t, "答复", "of", text);
		print_officer(t, l, "官员", "officer", fj_json_text(a, "officer"));
	}
	if (json_is_true(json_object_get(l->out, "taken")))
		line(t, "命令散列 cpHash", "cpHash", fj_json_text(a, "cphash"));
	else
		line(t, "拒绝，原因", "refused", fj_json_text(l->out, t->a->zh ? "zh" : "en"));
}

static void print_signature(const struct told *t, const struct ver_line *l)
{
	size_t k;
	json_t *login;
	char text[80], hex[65];

	what(t, l->in, text);
	line(t, "已签名", "signed", text);
	json_array_foreach(json_object_get(l->in, "officers"), k, login)
		print_officer(t, l, "批准官员", "approved by", json_string_value(login));
	hash_of(l->out, "signed", hex);
	line(t, "其 SHA-256", "its SHA-256", hex);
}

static void print_bond(const struct told *t, const struct ver_line *l)
{
	const json_t *c = json_object_get(l->in, "challenge");
	char hex[65];

	print_officer(t, l, "官员", "officer", fj_json_text(c, "officer"));
	hash_of(c, "ek", hex);
	line(t, "背书密钥 SHA-256", "SHA-256 of the endorsement key", hex);
	hash_of(c, "ak", hex);
	line(t, "证明密钥 SHA-256", "SHA-256 of the attestation key", hex);
	if (!json_is_true(json_object_get(l->out, "taken")))
		line(t, "拒绝，原因", "refused", fj_json_text(l->out, t->a->zh ? "zh" : "en"));
}

static void print_line(const struct told *t, const struct ver_line *l)
{
	static const struct {
		const char *step, *zh, *en;
		void (*more)(const struct told *t, const struct ver_line *l);
	} rows[] = {
		{"open", "开始：密钥已在 TPM 中生成", "opened: the keys are made in the TPM", NULL}, {"go-on", "中断后继续", "gone on with after an end", NULL},
		{"challenge", "发出质询", "challenge", print_challenge}, {"answer", "收到答复", "answer", print_answer}, {"signature", "签名", "signature", print_signature},
		{"bond", "官员核对证明密钥与背书密钥的绑定", "an officer's credential for the endorsement key", print_bond},
		{"expired", "批准超时，重新质询", "the approvals' time is over; challenged anew", NULL}, {"close", "结束：根密钥此后仅凭官员批准使用", "closed: the root's key is used with its officers' approvals only", NULL},
	};
	char at[FJ_TIME_CAP];

	fj_time_china(l->at, at);
	for (size_t k = 0; k < FJ_ARRAY_LEN(rows); k++) {
		if (strcmp(rows[k].step, l->step) != 0)
			continue;
		printf("%4llu  %s  %s\n", (unsigned long long)l->n, at, t->a->zh ? rows[k].zh : rows[k].en);
		if (rows[k].more != NULL)
			rows[k].more(t, l);
	}
}

static void on_line(void *user, const struct ver_line *l)
{
	const struct told *t = user;
	char hex[65];

	if (t->a->print)
		print_line(t, l);
	if (strcmp(l->step, "signature") != 0)
		return;
	hash_of(l->out, "signed", hex);
	json_array_append_new(t->signed_, json_pack("{s:s, s:s, s:s}", "step", fj_json_text(l->in, "step"), "alg", fj_json_text(l->in, "alg"), "sha256", hex));
}

static void print_plan(const struct ask *a, const struct fj_plan *p)
{
	struct fj_tpm_name parent;
	char hex[65], name[2 * FJ_TPM_NAME_LEN + 1];

	fj_hex(p->hash.b, FJ_SHA256_LEN, hex);
	printf(a->zh ? "密钥仪式记录\n运营者：%s\n方案 SHA-256：%s\n根密钥须 %u 名官员中的 %u 名批准：\n" : "Transcript of a key ceremony\noperator: %s\nSHA-256 of the plan: %s\nthe root needs, of its %u officers, %u:\n",
	    p->operator_, hex, p->n, p->root);
	for (unsigned k = 0; k < p->n; k++)
		printf("      %s (%s)\n", p->officer[k].name, p->officer[k].login);
	if (p->move > 0) {
		fj_plan_parent_name(p, &parent);
		fj_hex(parent.b, sizeof(parent.b), name);
		printf(a->zh ? "根密钥不固定于其 TPM：经 %u 名官员批准，可迁往且仅可迁往一台备机的 TPM，其存储密钥名称（Name）为\n      %s\n" : "the root's keys are not fixed to their TPM: %u officers may move them to one other TPM and no further, the spare whose storage key has the Name\n      %s\n", p->move, name);
	}
	if (p->unseal > 0)
		printf(a->zh ? "签发密钥在每次启动后须由其中 %u 名解封\n" : "the issuing keys are unsealed after each start by %u of them\n", p->unseal);
	putchar('\n');
}

static enum fj_rc options_read(int argc, char **argv, struct ask *a, struct fj_err *err)
{
	static const struct option longs[] = {{"plan", required_argument, NULL, 'p'}, {"other", required_argument, NULL, 'o'}, {"lang", required_argument, NULL, 'l'}, {"signatures", required_argument, NULL, 's'}, {"unsigned", no_argument, NULL, 'u'}, {"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};
	int c;

	opterr = 0;
	a->zh = fj_tty_chinese();
	while ((c = getopt_long(argc, argv, ":", longs, NULL)) != -1) {
		if (c == '?' || c == ':')
			return fj_fail(err, FJ_E_USAGE, "verify", NULL, c == ':' ? "\"%s\" needs a value" : "\"%s\" is not an option", argv[optind - 1]);
		if (c == 'j')
			a->json = true;
		else if (c == 'u')
			a->unsigned_ = true;
		else
			*(c == 'p' ? &a->plan : c == 'o' ? &a->other : c == 's' ? &a->signatures : &a->lang) = optarg;
	}
	if (a->lang != NULL)
		a->zh = strcmp(a->lang, "zh") == 0;
	a->print = argc > optind && strcmp(argv[optind], "transcript") == 0 && !a->json;
	if (argc - optind != 2 || a->plan == NULL || (a->unsigned_ && a->signatures != NULL) || (!a->print && strcmp(argv[optind], "replay") != 0 && strcmp(argv[optind], "transcript") != 0))
		return fj_refuse(err, FJ_E_USAGE, "verify", NULL, "fujie-verify ceremony replay|transcript FILE --plan SIGNED [--other PLAN] [--signatures FILE | --unsigned] [--lang zh|en] [--json]", "用法：fujie-verify ceremony replay|transcript 记录 --plan 已签方案 [--other 前一方案] [--signatures 签名文件 | --unsigned] [--lang zh|en] [--json]");
	a->file = argv[optind + 1];
	return FJ_OK;
}

/* who signed: FILE.signatures, or the file that is named; logins into list */
static enum fj_rc officers_signed(const struct ask *a, const struct fj_plan *p, const struct fj_hash *last, json_t *list, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_TRANSCRIPT_SIGNATURES_MAX);
	FJ_AUTO(buf) path = FJ_BUF_INIT(8192);
	unsigned by = 0;

	if (a->unsigned_)
		return FJ_OK;
	FJ_TRY(a->signatures != NULL ? fj_buf_puts(&path, a->signatures) : fj_buf_printf(&path, "%s" FJ_TRANSCRIPT_SIGNATURES, a->file));
	enum fj_rc rc = fj_file_read(AT_FDCWD, fj_buf_str(&path), &file, err);
	if (rc == FJ_E_NOTFOUND)
		return fj_refuse(err, FJ_E_SIGNATURE, "verify", "formats.md 29", "the officers' signatures are missing: they belong beside the transcript, named as it is and .signatures, or are named by --signatures; `fujie-officer transcript sign` makes them. --unsigned replays without",
		    "缺少官员签名：签名文件应与记录放在一起，名为 记录名.signatures，或以 --signatures 指明；由 fujie-officer transcript sign 生成。--unsigned 仅核验记录本身");
	FJ_TRY(rc);
	FJ_TRY(ver_transcript_signed(fj_buf_slice(&file), p, last, &by, err));
	for (unsigned k = 0; k < p->n; k++)
		if ((by >> k & 1) && json_array_append_new(list, json_string(p->officer[k].login)) != 0)
			return fj_no_memory(err, "verify");
	if (!a->print)
		return FJ_OK;
	printf(a->zh ? "\n签署本记录的官员：\n" : "\nsigned by its officers:\n");
	for (unsigned k = 0; k < p->n; k++)
		if (by >> k & 1)
			printf("      %s (%s)\n", p->officer[k].name, p->officer[k].login);
	return FJ_OK;
}

static enum fj_rc replay(const struct ask *a, json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) transcript = FJ_BUF_INIT(VER_TRANSCRIPT_MAX);
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_PLAN_MAX);
	FJ_AUTO(buf) other = FJ_BUF_INIT(FJ_PLAN_MAX);
	FJ_AUTO(json) done = json_array();
	FJ_AUTO(json) by_whom = json_array();
	struct fj_plan plan;
	struct fj_hash last;
	struct told t = {a, done};
	char hex[65], of[65];
	unsigned by;

	FJ_TRY(fj_file_read(AT_FDCWD, a->file, &transcript, err));
	FJ_TRY(fj_file_read(AT_FDCWD, a->plan, &file, err));
	FJ_TRY(ver_plan(fj_buf_slice(&file), &plan, &by, err));
	if (a->print)
		print_plan(a, &plan);
	if (a->other != NULL)
		FJ_TRY(fj_file_read(AT_FDCWD, a->other, &other, err));
	FJ_TRY(ver_replay(fj_buf_slice(&transcript), fj_buf_slice(&file), fj_buf_slice(&other), &plan, &last, on_line, &t, err));
	FJ_TRY(officers_signed(a, &plan, &last, by_whom, err));
	fj_hex(plan.hash.b, FJ_SHA256_LEN, of);
	fj_hex(last.b, FJ_SHA256_LEN, hex);
	*out = json_pack("{s:b, s:s, s:s, s:O, s:O}", "replayed", 1, "plan", of, "last", hex, "signed", done, "signed_by", by_whom);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "verify");
}

static int refuse(const struct ask *a, const struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(8192);
	FJ_AUTO(json) doc = fj_err_json(err);

	fprintf(stderr, "fujie-verify: %s%s%s\n", err->en, err->zh[0] != '\0' ? " / " : "", err->zh);
	if (a->json && doc != NULL && fj_json_canonical(doc, &text, NULL) == FJ_OK)
		puts(fj_buf_str(&text));
	return fj_rc_exit(err->rc);
}

/* the end of what is printed */
static void tell(const struct ask *a, const json_t *out)
{
	size_t k;
	json_t *login;

	printf(a->zh ? "\n核验无误：每一行均与方案、批准和签名相符。末行 SHA-256：%s\n" : "\nReplayed without a fault: each line agrees with the plan, the approvals and the signatures.  SHA-256 of the last line: %s\n", fj_json_text(out, "last"));
	printf("%s", a->unsigned_ ? a->zh ? "未核对官员对本记录的签名" : "Not asked: whether its officers signed this transcript" : a->zh ? "已签署的官员：" : "Signed by the officers:");
	json_array_foreach(json_object_get(out, "signed_by"), k, login)
		printf("%s%s", k == 0 ? a->zh ? "" : " " : a->zh ? "、" : ", ", json_string_value(login));
	putchar('\n');
}

int ver_ceremony(int argc, char **argv)
{
	struct ask a = {.plan = NULL};
	struct fj_err err = {0};
	FJ_AUTO(json) out = NULL;
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);

	enum fj_rc rc = options_read(argc, argv, &a, &err);
	if (rc == FJ_OK)
		rc = replay(&a, &out, &err);
	if (rc == FJ_OK && a.json)
		rc = fj_json_canonical(out, &text, &err);
	if (rc != FJ_OK)
		return refuse(&a, &err);
	if (a.json)
		puts(fj_buf_str(&text));
	else
		tell(&a, out);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 3;
}
