/*
 * main.c - fujie-backup: `fujie backup` and `fujie restore` (docs/formats.md 41, 42).
 *
 *   fujie backup --dir D --out FILE|- [--json]
 *   fujie restore --dir NEW --file BACKUP [--json]                                   the request
 *   fujie restore --dir NEW --file BACKUP --share S... --mirror FOLDER|--no-mirror   the home
 *   fujie restore --dir NEW --file BACKUP --share S... --verify                      a rehearsal: nothing is unpacked
 *
 * Exit: 0 done, 1 refused, 2 wrong use, 3 failure.  With --json there is exactly one document on standard output, or on standard error
 * where the backup itself goes to standard output.
 */
#include <signal.h>

#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/log.h"
#include "issuer/backup/bak.h"

static enum fj_rc wrong(struct fj_err *err, const char *what)
{
	return bak_no(err, FJ_E_USAGE, "\"%.80s\" is not an option here, or it lacks its value, or it is given twice; `fujie help` lists them", "“%.80s”不是此处的选项，或者缺少取值，或者重复；见 fujie help", what);
}

static enum fj_rc take_value(struct bak_args *a, bool restores, const char *key, const char *value, struct fj_err *err)
{
	const struct {
		const char *key;
		bool restores, makes;
		const char **slot;
	} rows[] = {{"--dir", true, true, &a->dir}, {"--out", false, true, &a->out}, {"--file", true, false, &a->file}, {"--mirror", true, false, &a->mirror}};

	if (value == NULL)
		return wrong(err, key);
	if (restores && strcmp(key, "--share") == 0) {
		if (a->n_shares == BAK_SHARES)
			return fj_refuse(err, FJ_E_LIMIT, BAK_LAYER, FJ_BACKUP_CITE, "a backup has at most 16 officers", "备份至多有 16 名保管人");
		a->share[a->n_shares++] = value;
		return FJ_OK;
	}
	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++)
		if (strcmp(key, rows[i].key) == 0 && (restores ? rows[i].restores : rows[i].makes) && *rows[i].slot == NULL) {
			*rows[i].slot = value;
			return FJ_OK;
		}
	return wrong(err, key);
}

static enum fj_rc args_read(int argc, char **argv, bool restores, struct bak_args *a, struct fj_err *err)
{
	for (int i = 1; i < argc; i++) {
		const char *w = argv[i];
		if (strcmp(w, "--json") == 0)
			a->json = true;
		else if (restores && strcmp(w, "--verify") == 0)
			a->verify = true;
		else if (restores && strcmp(w, "--no-mirror") == 0)
			a->no_mirror = true;
		else
			FJ_TRY(take_value(a, restores, w, ++i < argc ? argv[i] : NULL, err));
	}
	return FJ_OK;
}

/* --- words --- */

static const char *text(const json_t *j, const char *key)
{
	return fj_json_text(j, key);
}

static void tell_made(FILE *to, const json_t *j)
{
	fprintf(to, "%s: the backup, whole: %lld octets, %lld files, as of event %lld, %s.\nSHA-256 %s\nIt is opened by %lld of its %lld officers: fujie restore.\n备份已完成；由保管人共同打开：fujie restore。\n", text(j, "file"),
	    (long long)fj_json_num(j, "octets"), (long long)fj_json_num(j, "files"), (long long)fj_json_num(j, "events"), text(j, "at"), text(j, "sha256"), (long long)fj_json_num(j, "need"), (long long)fj_json_num(j, "officers"));
	if (json_is_true(json_object_get(j, "tpm_state")))
		fprintf(to, "The TPM is a program, and its state is in the backup: who opens it has the keys.\nTPM 为软件，其状态也在备份中：打开备份者即持有密钥。\n");
}

static void tell_officers(const json_t *j)
{
	size_t k;
	json_t *o;

	json_array_foreach(json_object_get(j, "officers"), k, o)
		printf("  %s   %s\n", text(o, "fingerprint"), text(o, "name"));
}

static void tell_request(const struct bak_args *a, const json_t *j)
{
	printf("A backup of %s, made %s, as of event %lld.  %lld of these open it:\n", text(j, "base"), text(j, "at"), (long long)fj_json_num(j, "events"), (long long)fj_json_num(j, "need"));
	tell_officers(j);
	printf("Each of them, on his own machine, with this backup (or its first 64 KiB) and %s, whose fingerprint is %s: compare it aloud:\n"
	       "  fujie-officer share open BACKUP --request restore.request --key KEY --out SHARE\n"
	       "Then here: fujie restore --dir %s --file %s --share SHARE --share SHARE --mirror FOLDER\n"
	       "请各保管人在自己的机器上以该备份及请求文件打开份额（核对上述指纹），再在此处执行 fujie restore --share。\n",
	    text(j, "request"), text(j, "fingerprint"), a->dir, a->file);
}

static void tell_lost(const json_t *j)
{
	size_t k;
	json_t *l;

	if (fj_json_num(j, "lost_total") > 0)
		printf("Known by the public log alone, %lld leaves (all in restored.json):\n仅公开日志有记载的条目：\n", (long long)fj_json_num(j, "lost_total"));
	json_array_foreach(json_object_get(j, "lost"), k, l) {
		if (k == 20) {
			printf("  ...\n");
			break;
		}
		printf("  %s  %s %s %s\n", text(l, "at"), text(l, "kind"), text(l, "event"), text(l, "id"));
	}
}

static void tell_restored(const json_t *j)
{
	printf("%s: the home as of %s, event %lld.  What was done after that is lost, but for what was published.\n", text(j, "restored"), text(j, "at"), (long long)fj_json_num(j, "events"));
	tell_lost(j);
	printf("It is closed: nothing is signed until two finance officers have taken it as it is.  Make sure that the former one never comes back; then:\n"
	       "  fujie serve --dir %s\n  fujie log restore --dir %s --as LOGIN, and a second officer approves it\n"
	       "Sessions and API tokens are over; people, roles and passwords are those of then: fujie access review.\n"
	       "Where its TPM is gone: fujie spare adopt --dir D2 --home %s\n"
	       "系统已恢复但处于关闭状态：须两名财政经办人执行 fujie log restore 后方可签发。请确保原系统不再启动；人员、角色与密码为备份时的状态，请执行 fujie access review 复核。\n",
	    text(j, "restored"), text(j, "restored"), text(j, "restored"));
	if (!json_is_true(json_object_get(j, "mirror")))
		printf("No publication of after the backup was brought: what was revoked since is valid again here. Revoke it anew from the paper.\n未提供备份之后公布的内容：此后吊销的凭证在此重新有效，请依据书面材料重新吊销。\n");
}

static void tell(const struct bak_args *a, bool restores, const json_t *j)
{
	FILE *to = !restores && strcmp(a->out, "-") == 0 ? stderr : stdout;
	FJ_AUTO(buf) out = FJ_BUF_INIT(8u << 20);

	if (a->json && fj_json_canonical(j, &out, NULL) == FJ_OK)
		fprintf(to, "%s\n", fj_buf_str(&out));
	else if (!restores)
		tell_made(to, j);
	else if (a->verify && a->n_shares > 0)
		printf("The backup opens and is whole: %lld files, %lld octets, of %s, made %s.  Nothing was unpacked.\n备份可打开且完整，未解出任何文件。\n", (long long)fj_json_num(j, "files"), (long long)fj_json_num(j, "octets"), text(j, "base"),
		    text(j, "at"));
	else if (a->n_shares == 0)
		tell_request(a, j);
	else
		tell_restored(j);
}

static int refuse(const struct bak_args *a, bool restores, const struct fj_err *err)
{
	FJ_AUTO(json) j = a->json ? fj_err_json(err) : NULL;
	FJ_AUTO(buf) out = FJ_BUF_INIT(8192);
	bool piped = !restores && a->out != NULL && strcmp(a->out, "-") == 0;

	if (j != NULL && fj_json_canonical(j, &out, NULL) == FJ_OK)
		fprintf(piped ? stderr : stdout, "%s\n", fj_buf_str(&out));
	else
		fprintf(stderr, "fujie: %s%s%s\n", err->en, err->zh[0] != '\0' ? "\n" : "", err->zh);
	return fj_rc_exit(err->rc);
}

int main(int argc, char **argv)
{
	static const struct rlimit none = {0, 0};
	bool restores = argc > 0 && strcmp(argv[0], "restore") == 0;
	struct bak_args a = {.dir = NULL};
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};

	fj_sodium_init();
	fj_log_open("backup", FJ_LOG_INFO);
	signal(SIGPIPE, SIG_IGN);
	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) { /* keys will be in its memory */
		perror("fujie-backup");
		return 3;
	}
	for (int i = 1; i < argc; i++)
		a.json |= strcmp(argv[i], "--json") == 0;
	enum fj_rc rc = args_read(argc, argv, restores, &a, &err);
	if (rc == FJ_OK)
		rc = restores ? bak_take(&a, &answer, &err) : bak_make(&a, &answer, &err);
	if (rc != FJ_OK)
		return refuse(&a, restores, &err);
	tell(&a, restores, answer);
	return fflush(stdout) == 0 ? 0 : 3;
}
