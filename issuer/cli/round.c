/*
 * round.c - `fujie ceremony root-crl`, the root's CRLs anew, and `fujie signer unseal`, the issuing keys after a start:
 * what the officers of the ceremony's plan approve while the appliance runs.
 *
 * The challenges lie in D/ceremony/ROUND.challenges, or where --out says; each officer's answers are put to
 * D/ceremony/ROUND.NAME.answers and handed in as they come, until there are enough or the time is over.  In a home whose
 * root is under no officers the root's CRL is an approval that a second officer decides.
 */
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/approval.h"
#include "base/clock.h"
#include "base/file.h"
#include "issuer/cli/cli.h"

#define ANSWERS ".answers"
#define POLL_MS 100
#define ALIVE_MS 20000 /* the register ends a connection that is silent for a minute */

static const struct round {
	const char *name, *ask, *answer, *done; /* the commands, and what their answer says at the end */
	const char *en, *zh;
} root_crl = {"root-crl.", "root.renew", "root.answer", "signed", "The root's CRL is signed anew and published.", "根吊销列表已重新签名并发布。"},
  unseal = {"unseal.", "signer.unseal", "signer.answer", "unsealed", "The issuing keys are unsealed until the signer ends.", "签发密钥已解封，直至签名服务停止。"};

/* one officer's file; FJ_OK also when it was refused, which is told */
static enum fj_rc hand_in(struct cli_link *l, const struct round *r, int dir, const char *name, bool *done, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) refusal = NULL;
	struct fj_err why = {0};
	char to[300];

	FJ_TRY(fj_file_read(dir, name, &text, err));
	enum fj_rc rc = cli_ask(l, r->answer, json_pack("{s:s}", "file", fj_buf_str(&text)), json_null(), FJ_SLICE(NULL, 0), &answer, &refusal, &why);
	bool refused = rc != FJ_OK && fj_rc_exit(rc) == 1;
	snprintf(to, sizeof(to), "%.200s.%s", name, refused ? "refused" : "taken");
	if (rc != FJ_OK && !refused) {
		if (err != NULL)
			*err = why;
		return rc;
	}
	if (renameat(dir, name, dir, to) != 0)
		return fj_fail_errno(err, "cli", "rename %s", name);
	*done = json_is_true(json_object_get(answer, r->done));
	fprintf(stderr, "%s: %s%s%s\n", name, refused ? "refused / 被拒绝: " : "taken / 已接受", refused ? why.en : "", refused && why.zh[0] != '\0' ? why.zh : "");
	return FJ_OK;
}

static bool is_answers(const struct round *r, const char *name)
{
	size_t n = strlen(name), end = strlen(ANSWERS);

	return n < 200 && n > strlen(r->name) + end - 1 && strncmp(name, r->name, strlen(r->name)) == 0 && strcmp(name + n - end, ANSWERS) == 0;
}

static enum fj_rc look(struct cli_link *l, const struct round *r, int dir, bool *done, struct fj_err *err)
{
	FJ_AUTO(dir) d = NULL;
	const struct dirent *e;

	FJ_TRY(fj_dir_list(l->home.dir, "ceremony", &d, err));
	while (!*done && (e = readdir(d)) != NULL)
		if (is_answers(r, e->d_name))
			FJ_TRY(hand_in(l, r, dir, e->d_name, done, err));
	return FJ_OK;
}

static enum fj_rc stay(struct cli_link *l, const struct round *r, struct fj_err *err)
{
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) refusal = NULL;

	return cli_ask(l, "help", json_pack("{s:s}", "name", r->answer), json_null(), FJ_SLICE(NULL, 0), &answer, &refusal, err);
}

static enum fj_rc wait_for_officers(struct cli_link *l, const struct round *r, int64_t seconds, struct fj_err *err)
{
	int64_t end = fj_boot_ms() + seconds * 1000, alive = fj_boot_ms();
	FJ_AUTO(fd) dir = -1;
	bool done = false;

	FJ_TRY(fj_dir_open(l->home.dir, "ceremony", &dir, err));
	for (;;) {
		FJ_TRY(look(l, r, dir, &done, err));
		if (done)
			return FJ_OK;
		if (fj_boot_ms() > end)
			return fj_refuse(err, FJ_E_REFUSED, "cli", "formats.md 22", "the officers' time is over and nothing was done; begin again, and have the new challenges approved", "已超过批准时限，未作任何操作；请重新开始，并批准新的质询");
		if (fj_boot_ms() - alive > ALIVE_MS) {
			FJ_TRY(stay(l, r, err));
			alive = fj_boot_ms();
		}
		usleep(POLL_MS * 1000);
	}
}

static enum fj_rc write_challenges(struct cli_link *l, const struct round *r, const struct cli_args *a, const json_t *challenges, struct fj_err *err)
{
	FJ_AUTO(json) file = json_pack("{s:O}", "challenges", challenges);
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	char path[64];

	FJ_TRY(fj_json_canonical(file, &text, err));
	FJ_TRY(fj_put_u8(&text, '\n'));
	snprintf(path, sizeof(path), "ceremony/%schallenges", r->name);
	FJ_TRY(a->out != NULL ? fj_file_replace(AT_FDCWD, a->out, fj_buf_slice(&text), 0644, err) : fj_file_replace(l->home.dir, path, fj_buf_slice(&text), 0644, err));
	fprintf(stderr, "Challenges: %s%s%s; each officer: fujie-officer approve CHALLENGES --plan %s/ceremony/plan.json --key FILE --out %s/ceremony/%sNAME" ANSWERS "\n质询已写入；请官员批准\n",
	    a->out != NULL ? a->out : a->dir, a->out != NULL ? "" : "/", a->out != NULL ? "" : path, a->dir, a->dir, r->name);
	return FJ_OK;
}

/* as: stolen */
static enum fj_rc run(struct cli_link *l, const struct round *r, const struct cli_args *a, json_t *as, struct fj_err *err)
{
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) refusal = NULL;

	FJ_TRY(cli_ask(l, r->ask, json_object(), as, FJ_SLICE(NULL, 0), &answer, &refusal, err));
	const json_t *challenges = json_object_get(answer, "challenges");
	if (challenges == NULL) {
		cli_print_answer(answer, a->json);
		return FJ_OK;
	}
	FJ_TRY(write_challenges(l, r, a, challenges, err));
	FJ_TRY(wait_for_officers(l, r, fj_json_num(answer, "seconds"), err));
	if (a->json)
		printf("{\"%s\":true}\n", r->done);
	else
		printf("%s\n%s\n", r->en, r->zh);
	return FJ_OK;
}

static enum fj_rc reach(struct cli_link *l, const struct cli_args *a, struct fj_err *err)
{
	static const char *const known[] = {NULL};

	FJ_ENSURE(a->dir != NULL, fj_fail(err, FJ_E_USAGE, "cli", NULL, "--dir D is missing: which home?"));
	FJ_TRY(cli_opt_only(a, known, err));
	return cli_link_open(l, a->dir, true, err);
}

enum fj_rc cli_root_crl(const struct cli_args *a, struct fj_err *err)
{
	FJ_AUTO(cli_link) l = {.fd = -1, .home = {.dir = -1, .run = -1, .lock = -1}};
	json_t *as = NULL;

	FJ_TRY(reach(&l, a, err));
	FJ_TRY(cli_identity(a, &as, err));
	return run(&l, &root_crl, a, as, err);
}

static enum fj_rc unseal_running(const struct cli_args *a, struct fj_err *err)
{
	FJ_AUTO(cli_link) l = {.fd = -1, .home = {.dir = -1, .run = -1, .lock = -1}};
	json_t *as = json_null(); /* who reads the home may ask; the officers' signatures decide */

	FJ_TRY(reach(&l, a, err));
	if (l.own)
		return fj_refuse(err, FJ_E_STATE, "cli", "formats.md 30", "the appliance does not run: what is unsealed lasts as long as its signer does; start it first (fujie serve --dir D), then unseal",
		    "系统没有运行：解封只在签名服务运行期间有效；请先启动（fujie serve --dir D），再解封");
	if (a->as != NULL)
		FJ_TRY(cli_identity(a, &as, err));
	return run(&l, &unseal, a, as, err);
}

int cli_unseal(const struct cli_args *a)
{
	struct fj_err err = {0};

	return unseal_running(a, &err) == FJ_OK ? 0 : cli_print_error(&err, NULL, a->json);
}
