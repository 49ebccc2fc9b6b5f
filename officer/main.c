/*
 * main.c - fujie-officer: an officer's key, and what is approved with it.
 *
 * Run on an officer's own machine; plan, challenges and answers are files that travel by
 * whatever way there is, since each is checked here and none is secret.  It talks to no TPM,
 * and with a key file the kernel lets it open no socket, start no program and write nowhere
 * but where it was told.  Exit: 0 done, 1 refused, 2 wrong use, 3 failure; with --json there is
 * exactly one document on standard output whatever happens.
 */
#include <getopt.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/sandbox.h"
#include "base/tty.h"
#include "officer/officer.h"

#define KEY 1     /* names a key */
#define FILE_ 2   /* names a file */
#define PLAN 4    /* needs --plan */
#define OUT 8     /* needs --out */
#define MAY_OUT 16 /* may have --out, else writes FILE anew */
#define VENDORS 128 /* may have --vendors */
#define OTHER 256  /* may have --other */
#define BESIDE 64  /* FILE.signatures belongs to FILE */
#define SIGNATURES 512 /* needs --signatures */
#define REQUEST 1024 /* needs --request */
#define MAKES 32   /* the key is not there yet */

static const struct {
	const char *verb, *sub;
	unsigned takes;
	enum fj_rc (*run)(struct ofc *o, struct fj_err *err);
} commands[] = {
	{"new", NULL, KEY | MAKES, ofc_new},
	{"public", NULL, KEY, ofc_public},
	{"plan", "show", FILE_, ofc_plan_show},
	{"plan", "sign", FILE_ | KEY | MAY_OUT, ofc_plan_sign},
	{"approve", NULL, FILE_ | KEY | PLAN | OUT | OTHER, ofc_approve},
	{"transcript", "sign", FILE_ | KEY | PLAN | MAY_OUT | BESIDE | OTHER, ofc_transcript_sign},
	{"transcript", "join", FILE_ | PLAN | MAY_OUT | BESIDE | OTHER | SIGNATURES, ofc_transcript_join},
	{"bond", NULL, FILE_ | KEY | PLAN | OUT | VENDORS, ofc_bond},
	{"sign", NULL, FILE_ | KEY | MAY_OUT, ofc_sign},
	{"backup-key", "new", KEY | MAKES, ofc_backup_new},
	{"backup-key", "public", KEY, ofc_backup_public},
	{"share", "open", FILE_ | KEY | REQUEST | OUT, ofc_share_open},
};

static void usage(FILE *to, bool zh)
{
	fputs(zh ? "fujie-officer new        密钥                       生成官员密钥（P-256）\n"
		   "fujie-officer public     密钥                       显示公钥，供写入方案\n"
		   "fujie-officer plan show  方案                       显示方案及其签名\n"
		   "fujie-officer plan sign  方案 密钥 [--out 文件]     签署方案（不给 --out 则写回原文件）\n"
		   "fujie-officer approve    质询 --plan 已签方案 [--other 另一方案] 密钥 --out 答复\n"
		   "                                                    批准由根签名的内容，或者解封签发密钥；根移交时\n"
		   "                                                    另以 --other 给出另一代根的方案\n"
		   "fujie-officer transcript join 记录 --plan 已签方案 [--other 前一方案] --signatures 文件 [--out 文件]\n"
		   "                                                    并入另一官员在别处所作的签名\n"
		   "fujie-officer transcript sign 记录 --plan 已签方案 [--other 前一方案] 密钥 [--out 文件]\n"
		   "                                                    逐行核验密钥仪式记录并签署（写入 记录.signatures）\n"
		   "fujie-officer bond       背书密钥 --plan 已签方案 密钥 [--vendors PEM] --out 凭据\n"
		   "                                                    核对证明密钥是否在该 TPM 内（生成凭据，由 TPM 应答）\n"
		   "fujie-officer sign       审批 密钥 [--refuse] [--out 文件]\n"
		   "                                                    为日常审批签名（审批：fujie approval show --json 的输出）\n"
		   "fujie-officer backup-key new|public 密钥            生成备份密钥（X25519），或显示其公钥供登记\n"
		   "fujie-officer share open 备份 --request 请求 密钥 --out 份额\n"
		   "                                                    为一次恢复打开您保管的备份密钥份额\n"
		   "\n"
		   "  密钥        --key 文件，或 --card 模块 --token 标签 --object 标签（PKCS#11）\n"
		   "  --yes       不询问（用于测试与演示）\n"
		   "  --passphrase-file 文件  首行为口令或 PIN（用于测试与演示）\n"
		   "  --lang zh|en  默认按系统语言\n"
		   "  --json      输出一个 JSON 文档\n"
		   "\n"
		   "退出码：0 完成，1 拒绝，2 用法错误，3 故障。\n"
		 : "fujie-officer new        KEY                        make an officer's key (P-256)\n"
		   "fujie-officer public     KEY                        print the public key, for the plan\n"
		   "fujie-officer plan show  PLAN                       show a plan and who signed it\n"
		   "fujie-officer plan sign  PLAN KEY [--out FILE]      sign a plan (without --out in place)\n"
		   "fujie-officer approve    CHALLENGES --plan SIGNED [--other PLAN] KEY --out ANSWERS\n"
		   "                                                    approve what a root is to sign, or that the\n"
		   "                                                    issuing keys are unsealed; where the root passes\n"
		   "                                                    on, --other is the other generation's plan\n"
		   "fujie-officer transcript join TRANSCRIPT --plan SIGNED [--other PLAN] --signatures FILE [--out FILE]\n"
		   "                                                    take in what an officer signed elsewhere\n"
		   "fujie-officer transcript sign TRANSCRIPT --plan SIGNED [--other PLAN] KEY [--out FILE]\n"
		   "                                                    replay a ceremony's transcript and sign it\n"
		   "                                                    (into TRANSCRIPT.signatures)\n"
		   "fujie-officer bond       ENDORSEMENT --plan SIGNED KEY [--vendors PEM] --out CREDENTIAL\n"
		   "                                                    is the attestation key in that TPM? (a credential\n"
		   "                                                    that the TPM answers)\n"
		   "fujie-officer sign       APPROVAL KEY [--refuse] [--out FILE]\n"
		   "                                                    sign an approval of everyday business\n"
		   "                                                    (what fujie approval show --json prints)\n"
		   "fujie-officer backup-key new|public KEY             make a backup key (X25519); print its public half\n"
		   "fujie-officer share open BACKUP --request REQUEST KEY --out SHARE\n"
		   "                                                    open your share of a backup's key for one restore\n"
		   "\n"
		   "  KEY         --key FILE, or --card MODULE --token LABEL --object LABEL (PKCS#11)\n"
		   "  --yes       don't ask (for tests and demonstrations)\n"
		   "  --passphrase-file FILE  passphrase or PIN in its first line (for tests and demonstrations)\n"
		   "  --lang zh|en  otherwise by the system's language\n"
		   "  --json      one JSON document\n"
		   "\n"
		   "Exit: 0 done, 1 refused, 2 wrong use, 3 failure.\n", to);
}

static enum fj_rc wrong(struct fj_err *err, const char *en, const char *zh, const char *what)
{
	return ofc_refuse(err, FJ_E_USAGE, en, zh, what);
}

static enum fj_rc options_read(int argc, char **argv, struct ofc *o, struct fj_err *err)
{
	static const struct option longs[] = {{"key", required_argument, NULL, 0}, {"card", required_argument, NULL, 0}, {"token", required_argument, NULL, 0},
		{"object", required_argument, NULL, 0}, {"plan", required_argument, NULL, 0}, {"out", required_argument, NULL, 0}, {"vendors", required_argument, NULL, 0}, {"other", required_argument, NULL, 0}, {"signatures", required_argument, NULL, 0}, {"request", required_argument, NULL, 0}, {"passphrase-file", required_argument, NULL, 0},
		{"lang", required_argument, NULL, 0}, {"json", no_argument, NULL, 'j'}, {"yes", no_argument, NULL, 'y'}, {"refuse", no_argument, NULL, 'r'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	const char **const slots[] = {&o->key, &o->card, &o->token, &o->object, &o->plan, &o->out, &o->vendors, &o->other, &o->signatures, &o->request, &o->secret_file, &o->lang};
	int c, which = 0;

	for (int i = 1; i < argc; i++) /* a refusal of what stands before it is one document too */
		o->json |= strcmp(argv[i], "--json") == 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":", longs, &which)) != -1) {
		if (c == '?' || c == ':')
			return wrong(err, c == ':' ? "\"%s\" needs a value" : "\"%s\" is not an option; see --help", c == ':' ? "“%s”缺少取值" : "没有选项“%s”，请看 --help", argv[optind - 1]);
		if (c == 0 && *slots[which] != NULL)
			return wrong(err, "--%s is given twice", "--%s 给出了两次", longs[which].name);
		if (c == 0)
			*slots[which] = optarg;
		o->yes |= c == 'y';
		o->help |= c == 'h';
		o->refuse |= c == 'r';
	}
	if (o->lang != NULL && strcmp(o->lang, "zh") != 0 && strcmp(o->lang, "en") != 0)
		return wrong(err, "--lang is zh or en, not \"%s\"", "--lang 只能是 zh 或 en，不能是“%s”", o->lang);
	if (o->lang != NULL)
		o->zh = strcmp(o->lang, "zh") == 0;
	return FJ_OK;
}

static enum fj_rc none_of(const struct ofc *o, unsigned takes, struct fj_err *err)
{
	const struct {
		unsigned for_;
		const char *name, *value;
	} rows[] = {{KEY, "--key", o->key}, {KEY, "--card", o->card}, {KEY, "--token", o->token}, {KEY, "--object", o->object}, {KEY, "--passphrase-file", o->secret_file},
		{PLAN, "--plan", o->plan}, {VENDORS, "--vendors", o->vendors}, {OTHER, "--other", o->other}, {SIGNATURES, "--signatures", o->signatures}, {REQUEST, "--request", o->request}, {OUT | MAY_OUT, "--out", o->out}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++)
		if (rows[i].value != NULL && !(takes & rows[i].for_))
			return wrong(err, "this command takes no %s", "此命令没有选项 %s", rows[i].name);
	if (o->refuse && strcmp(o->verb, "sign") != 0)
		return wrong(err, "this command takes no %s", "此命令没有选项 %s", "--refuse");
	if (o->key != NULL && (o->token != NULL || o->object != NULL))
		return wrong(err, "--token and --object go with --card, not with %s", "--token 与 --object 用于 --card，不用于 %s", "--key");
	if ((takes & PLAN) && o->plan == NULL)
		return wrong(err, "name the signed plan: %s", "请指明已签署的方案：%s", "--plan FILE");
	if ((takes & SIGNATURES) && o->signatures == NULL)
		return wrong(err, "name the other officer's file: %s", "请指明另一官员的签名文件：%s", "--signatures FILE");
	if ((takes & REQUEST) && o->request == NULL)
		return wrong(err, "name the request of who restores: %s", "请指明恢复方的请求文件：%s", "--request FILE");
	if ((takes & OUT) && o->out == NULL)
		return wrong(err, "name where the answers go: %s", "请指明答复写到哪里：%s", "--out FILE");
	return FJ_OK;
}

/* the folder of a path that is written into */
static const char *folder(const char *path, char out[4096])
{
	const char *slash = path == NULL ? NULL : strrchr(path, '/');

	if (path == NULL)
		return NULL;
	snprintf(out, 4096, "%.*s", slash == NULL ? 1 : slash == path ? 1 : (int)(slash - path), slash == NULL ? "." : path);
	return out;
}

/* No network, no other program, no file but those that were named, and of these to write only
 * what is to be made.  A card's module may need a socket to its reader's service: it runs as who
 * started this does. */
static enum fj_rc enter(const struct ofc *o, unsigned takes, struct fj_err *err)
{
	char key[4096], out[4096], file[4096], beside[4096];
	bool in_place = (takes & MAY_OUT) && o->out == NULL;
	const char *const writes[] = {"/dev/tty", takes & MAKES ? folder(o->key, key) : NULL, folder(o->out, out), in_place ? folder(o->file, file) : NULL};
	const char *const reads[] = {"/usr", "/lib", "/etc/ssl", "/dev/urandom", o->key, o->file, o->plan, o->secret_file, o->vendors, o->other, o->signatures, o->request, takes & BESIDE ? folder(o->file, beside) : NULL};
	struct fj_sandbox box = {.role = FJ_SANDBOX_FILER};
	size_t n = 0, m = 0;
	bool landlock;

	if (o->card != NULL)
		return FJ_OK;
	for (size_t i = 0; i < FJ_ARRAY_LEN(writes); i++)
		if (writes[i] != NULL)
			box.rw[n++] = writes[i];
	for (size_t i = 0; i < FJ_ARRAY_LEN(reads); i++)
		if (reads[i] != NULL)
			box.ro[m++] = reads[i];
	return fj_sandbox_enter(&box, &landlock, err);
}

static enum fj_rc run(struct ofc *o, int n, char **words, struct fj_err *err)
{
	o->verb = n > 0 ? words[0] : "";
	for (size_t i = 0; i < FJ_ARRAY_LEN(commands); i++) {
		int own = commands[i].sub != NULL ? 2 : 1, want = own + ((commands[i].takes & FILE_) != 0);

		if (strcmp(o->verb, commands[i].verb) != 0 || (own == 2 && (n < 2 || strcmp(words[1], commands[i].sub) != 0)))
			continue;
		if (n != want)
			return wrong(err, n < want ? "\"%s\" needs a file; see --help" : "there is one word too many behind \"%s\"; see --help", n < want ? "“%s”缺少文件，请看 --help" : "“%s”之后多了一个词，请看 --help", words[own - 1]);
		o->file = want > own ? words[own] : NULL;
		FJ_TRY(none_of(o, commands[i].takes, err));
		FJ_TRY(enter(o, commands[i].takes, err));
		return commands[i].run(o, err);
	}
	return wrong(err, "\"%s\" is not a command; see --help", "没有命令“%s”，请看 --help", o->verb);
}

static int refuse(const struct ofc *o, const struct fj_err *err)
{
	fprintf(stderr, "fujie-officer: %s%s%s%s\n", o->zh && err->zh[0] != '\0' ? err->zh : err->en, err->cite[0] != '\0' ? " [" : "", err->cite, err->cite[0] != '\0' ? "]" : "");
	if (o->json && ofc_print(fj_err_json(err), NULL) != FJ_OK)
		puts("{\"error\":\"internal\"}");
	return fj_rc_exit(err->rc);
}

int main(int argc, char **argv)
{
	static const struct rlimit none = {0, 0};
	struct ofc o = {.zh = fj_tty_chinese()};
	struct fj_err err = {0};

	fj_sodium_init();
	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) { /* keys will be in its memory */
		perror("fujie-officer");
		return 3;
	}
	enum fj_rc rc = options_read(argc, argv, &o, &err);
	if (rc == FJ_OK && (o.help || argc == optind)) {
		usage(o.help ? stdout : stderr, o.zh);
		return o.help ? 0 : 2;
	}
	if (rc == FJ_OK)
		rc = run(&o, argc - optind, argv + optind, &err);
	if (rc == FJ_OK && fflush(stdout) == 0)
		return 0;
	if (rc == FJ_OK)
		(void)fj_fail_errno(&err, OFC_LAYER, "print");
	return refuse(&o, &err);
}
