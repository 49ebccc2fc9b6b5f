/*
 * round.c - files that officers bring: challenges out, answers in.
 *
 * Challenges lie in D/ceremony/ROUND.challenges, or where they are wanted; each officer's answers are put to
 * D/ceremony/ROUND.NAME.answers and handed in as they come, until there are enough or the time is over.  A
 * file that was handed in gets ".taken" to its name, or ".refused", and why is told.
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

/* one officer's file; FJ_OK also when it was refused, which is told */
static enum fj_rc hand_in(const struct cli_round *r, int dir, const char *name, bool *done, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	struct fj_err why = {0};
	char to[300];

	FJ_TRY(fj_file_read(dir, name, &text, err));
	enum fj_rc rc = r->take(r->user, &text, done, &why);
	bool refused = rc != FJ_OK && fj_rc_exit(rc) == 1;
	snprintf(to, sizeof(to), "%.200s.%s", name, refused ? "refused" : "taken");
	if (rc != FJ_OK && !refused) {
		if (err != NULL)
			*err = why;
		return rc;
	}
	if (renameat(dir, name, dir, to) != 0)
		return fj_fail_errno(err, "cli", "rename %s", name);
	fprintf(stderr, "%s: %s%s%s\n", name, refused ? "refused / 被拒绝: " : "taken / 已接受", refused ? why.en : "", refused && why.zh[0] != '\0' ? why.zh : "");
	return FJ_OK;
}

static bool is_answers(const struct cli_round *r, const char *name)
{
	size_t n = strlen(name), head = strlen(r->name), end = strlen(ANSWERS);

	return n < 200 && n > head + end && strncmp(name, r->name, head) == 0 && name[head] == '.' && strcmp(name + n - end, ANSWERS) == 0;
}

static enum fj_rc look(const struct cli_round *r, int dir, bool *done, struct fj_err *err)
{
	FJ_AUTO(dir) d = NULL;
	const struct dirent *e;

	FJ_TRY(fj_dir_list(r->home, "ceremony", &d, err));
	while (!*done && (e = readdir(d)) != NULL)
		if (is_answers(r, e->d_name))
			FJ_TRY(hand_in(r, dir, e->d_name, done, err));
	return FJ_OK;
}

enum fj_rc cli_round_wait(const struct cli_round *r, int64_t seconds, struct fj_err *err)
{
	int64_t end = fj_boot_ms() + seconds * 1000, alive = fj_boot_ms();
	FJ_AUTO(fd) dir = -1;
	bool done = false;

	FJ_TRY(fj_dir_open(r->home, "ceremony", &dir, err));
	for (;;) {
		FJ_TRY(look(r, dir, &done, err));
		if (done)
			return FJ_OK;
		if (fj_boot_ms() > end)
			return fj_refuse(err, FJ_E_REFUSED, "cli", "formats.md 22", "the officers' time is over and nothing was done; begin again, and have the new challenges approved", "已超过批准时限，未作任何处理；请重新开始，并批准新的质询");
		if (r->stay != NULL && fj_boot_ms() - alive > ALIVE_MS) {
			FJ_TRY(r->stay(r->user, err));
			alive = fj_boot_ms();
		}
		usleep(POLL_MS * 1000);
	}
}

enum fj_rc cli_round_challenges(const struct cli_round *r, const char *home, const char *out, const json_t *challenges, struct fj_err *err)
{
	FJ_AUTO(json) file = json_pack("{s:O}", "challenges", challenges);
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	char path[64];

	snprintf(path, sizeof(path), "ceremony/%s.challenges", r->name);
	FJ_TRY(fj_json_canonical(file, &text, err));
	FJ_TRY(fj_put_u8(&text, '\n'));
	FJ_TRY(out != NULL ? fj_file_replace(AT_FDCWD, out, fj_buf_slice(&text), 0644, err) : fj_file_replace(r->home, path, fj_buf_slice(&text), 0644, err));
	char plans[512];
	if (r->plan == 0)
		snprintf(plans, sizeof(plans), "%.400s/ceremony/plan.json", home);
	else
		snprintf(plans, sizeof(plans), "%.180s/ceremony/plan-%d.json --other %.180s/ceremony/plan-%d.json", home, r->plan, home, r->other);
	fprintf(stderr, "Challenges: %s%s%s; each officer: fujie-officer approve CHALLENGES --plan %s --key FILE --out %s/ceremony/%s.NAME" ANSWERS "\n质询已写入；请官员批准\n",
	    out != NULL ? out : home, out != NULL ? "" : "/", out != NULL ? "" : path, plans, home, r->name);
	return FJ_OK;
}
