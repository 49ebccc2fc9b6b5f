/*
 * root_crl.c - `fujie ceremony root-crl`: the root's CRLs anew.
 *
 * In a home whose root is under officers the challenges lie in D/ceremony/root-crl.challenges, or
 * where --out says; each officer's answers are put to D/ceremony/root-crl.NAME.answers and handed in
 * as they come, until there are enough or the time is over.  In other homes the request is an
 * approval that a second officer decides.
 */
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/approval.h"
#include "base/clock.h"
#include "base/file.h"
#include "issuer/cli/cli.h"

#define ROUND "root-crl."
#define ANSWERS ".answers"
#define POLL_MS 100
#define ALIVE_MS 20000 /* the register ends a connection that is silent for a minute */

/* one officer's file; FJ_OK also when it was refused, which is told */
static enum fj_rc hand_in(struct cli_link *l, int dir, const char *name, bool *done, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) refusal = NULL;
	struct fj_err why = {0};
	char to[300];

	FJ_TRY(fj_file_read(dir, name, &text, err));
	enum fj_rc rc = cli_ask(l, "root.answer", json_pack("{s:s}", "file", fj_buf_str(&text)), json_null(), FJ_SLICE(NULL, 0), &answer, &refusal, &why);
	bool refused = rc != FJ_OK && fj_rc_exit(rc) == 1;
	snprintf(to, sizeof(to), "%.200s.%s", name, refused ? "refused" : "taken");
	if (rc != FJ_OK && !refused) {
		if (err != NULL)
			*err = why;
		return rc;
	}
	if (renameat(dir, name, dir, to) != 0)
		return fj_fail_errno(err, "cli", "rename %s", name);
	*done = json_is_true(json_object_get(answer, "signed"));
	fprintf(stderr, "%s: %s%s%s\n", name, refused ? "refused / 被拒绝: " : "taken / 已接受", refused ? why.en : "", refused && why.zh[0] != '\0' ? why.zh : "");
	return FJ_OK;
}

static bool is_answers(const char *name)
{
	size_t n = strlen(name), end = strlen(ANSWERS);

	return n < 200 && n > strlen(ROUND) + end - 1 && strncmp(name, ROUND, strlen(ROUND)) == 0 && strcmp(name + n - end, ANSWERS) == 0;
}

static enum fj_rc look(struct cli_link *l, int dir, bool *done, struct fj_err *err)
{
	FJ_AUTO(dir) d = NULL;
	const struct dirent *e;

	FJ_TRY(fj_dir_list(l->home.dir, "ceremony", &d, err));
	while (!*done && (e = readdir(d)) != NULL)
		if (is_answers(e->d_name))
			FJ_TRY(hand_in(l, dir, e->d_name, done, err));
	return FJ_OK;
}

static enum fj_rc stay(struct cli_link *l, struct fj_err *err)
{
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) refusal = NULL;

	return cli_ask(l, "help", json_pack("{s:s}", "name", "root.answer"), json_null(), FJ_SLICE(NULL, 0), &answer, &refusal, err);
}

static enum fj_rc wait_for_officers(struct cli_link *l, int64_t seconds, struct fj_err *err)
{
	int64_t end = fj_boot_ms() + seconds * 1000, alive = fj_boot_ms();
	FJ_AUTO(fd) dir = -1;
	bool done = false;

	FJ_TRY(fj_dir_open(l->home.dir, "ceremony", &dir, err));
	for (;;) {
		FJ_TRY(look(l, dir, &done, err));
		if (done)
			return FJ_OK;
		if (fj_boot_ms() > end)
			return fj_refuse(err, FJ_E_REFUSED, "cli", "formats.md 22", "the officers' time is over and nothing was signed; begin again, and have the new challenges approved", "已超过批准时限，未作签名；请重新开始，并批准新的质询");
		if (fj_boot_ms() - alive > ALIVE_MS) {
			FJ_TRY(stay(l, err));
			alive = fj_boot_ms();
		}
		usleep(POLL_MS * 1000);
	}
}

static enum fj_rc write_challenges(struct cli_link *l, const struct cli_args *a, const json_t *challenges, struct fj_err *err)
{
	FJ_AUTO(json) file = json_pack("{s:O}", "challenges", challenges);
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ROUND_OCTETS);

	FJ_TRY(fj_json_canonical(file, &text, err));
	FJ_TRY(fj_put_u8(&text, '\n'));
	FJ_TRY(a->out != NULL ? fj_file_replace(AT_FDCWD, a->out, fj_buf_slice(&text), 0644, err) : fj_file_replace(l->home.dir, "ceremony/" ROUND "challenges", fj_buf_slice(&text), 0644, err));
	fprintf(stderr, "Challenges: %s%s; each officer: fujie-officer approve CHALLENGES --plan %s/ceremony/plan.json --key FILE --out %s/ceremony/" ROUND "NAME" ANSWERS "\n质询已写入；请官员批准\n",
	    a->out != NULL ? a->out : a->dir, a->out != NULL ? "" : "/ceremony/" ROUND "challenges", a->dir, a->dir);
	return FJ_OK;
}

enum fj_rc cli_root_crl(const struct cli_args *a, struct fj_err *err)
{
	static const char *const known[] = {NULL};
	FJ_AUTO(cli_link) l = {.fd = -1, .home = {.dir = -1, .run = -1, .lock = -1}};
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) refusal = NULL;
	json_t *as = NULL;

	FJ_ENSURE(a->dir != NULL, fj_fail(err, FJ_E_USAGE, "cli", NULL, "--dir D is missing: which home?"));
	FJ_TRY(cli_opt_only(a, known, err));
	FJ_TRY(cli_link_open(&l, a->dir, true, err));
	FJ_TRY(cli_identity(a, &as, err));
	FJ_TRY(cli_ask(&l, "root.renew", json_object(), as, FJ_SLICE(NULL, 0), &answer, &refusal, err));
	const json_t *challenges = json_object_get(answer, "challenges");
	if (challenges == NULL) {
		cli_print_answer(answer, a->json);
		return FJ_OK;
	}
	FJ_TRY(write_challenges(&l, a, challenges, err));
	FJ_TRY(wait_for_officers(&l, fj_json_num(answer, "seconds"), err));
	puts(a->json ? "{\"signed\":true}" : "The root's CRL is signed anew and published.\n根吊销列表已重新签名并发布。");
	return FJ_OK;
}
