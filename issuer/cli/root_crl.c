/*
 * root_crl.c - what the root signs after the ceremony: `fujie ceremony root-crl`, its CRLs anew, and
 * `fujie ceremony certify`, another appliance's CA; and `parent-crl`, the list of a root that is elsewhere.
 *
 * In a home whose root is under officers the challenges lie in D/ceremony/ROUND.challenges, or
 * where --out says; each officer's answers are put to D/ceremony/ROUND.NAME.answers and handed in
 * as they come, until there are enough or the time is over.  ROUND is root-crl or certify.  In other
 * homes the request is an approval that a second officer decides.
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

struct round {
	struct cli_link *l;
	const char *name; /* of the round's files */
	int dir;          /* D/ceremony */
};

/* one officer's file; FJ_OK also when it was refused, which is told */
static enum fj_rc hand_in(const struct round *r, const char *name, bool *done, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) refusal = NULL;
	struct fj_err why = {0};
	char to[300];

	FJ_TRY(fj_file_read(r->dir, name, &text, err));
	enum fj_rc rc = cli_ask(r->l, "root.answer", json_pack("{s:s}", "file", fj_buf_str(&text)), json_null(), FJ_SLICE(NULL, 0), &answer, &refusal, &why);
	bool refused = rc != FJ_OK && fj_rc_exit(rc) == 1;
	snprintf(to, sizeof(to), "%.200s.%s", name, refused ? "refused" : "taken");
	if (rc != FJ_OK && !refused) {
		if (err != NULL)
			*err = why;
		return rc;
	}
	if (renameat(r->dir, name, r->dir, to) != 0)
		return fj_fail_errno(err, "cli", "rename %s", name);
	*done = json_is_true(json_object_get(answer, "signed"));
	fprintf(stderr, "%s: %s%s%s\n", name, refused ? "refused / 被拒绝: " : "taken / 已接受", refused ? why.en : "", refused && why.zh[0] != '\0' ? why.zh : "");
	return FJ_OK;
}

/* ROUND.NAME.answers */
static bool is_answers(const struct round *r, const char *name)
{
	size_t n = strlen(name), end = strlen(ANSWERS), head = strlen(r->name);

	return n < 200 && n > head + end && strncmp(name, r->name, head) == 0 && name[head] == '.' && strcmp(name + n - end, ANSWERS) == 0;
}

static enum fj_rc look(const struct round *r, bool *done, struct fj_err *err)
{
	FJ_AUTO(dir) d = NULL;
	const struct dirent *e;

	FJ_TRY(fj_dir_list(r->l->home.dir, "ceremony", &d, err));
	while (!*done && (e = readdir(d)) != NULL)
		if (is_answers(r, e->d_name))
			FJ_TRY(hand_in(r, e->d_name, done, err));
	return FJ_OK;
}

static enum fj_rc stay(struct cli_link *l, struct fj_err *err)
{
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) refusal = NULL;

	return cli_ask(l, "help", json_pack("{s:s}", "name", "root.answer"), json_null(), FJ_SLICE(NULL, 0), &answer, &refusal, err);
}

static enum fj_rc wait_for_officers(struct cli_link *l, const char *round, int64_t seconds, struct fj_err *err)
{
	int64_t end = fj_boot_ms() + seconds * 1000, alive = fj_boot_ms();
	FJ_AUTO(fd) dir = -1;
	bool done = false;

	FJ_TRY(fj_dir_open(l->home.dir, "ceremony", &dir, err));
	struct round r = {l, round, dir};
	for (;;) {
		FJ_TRY(look(&r, &done, err));
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

static enum fj_rc write_challenges(struct cli_link *l, const struct cli_args *a, const char *round, const json_t *challenges, struct fj_err *err)
{
	FJ_AUTO(json) file = json_pack("{s:O}", "challenges", challenges);
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	char path[64];

	snprintf(path, sizeof(path), "ceremony/%s.challenges", round);
	FJ_TRY(fj_json_canonical(file, &text, err));
	FJ_TRY(fj_put_u8(&text, '\n'));
	FJ_TRY(a->out != NULL ? fj_file_replace(AT_FDCWD, a->out, fj_buf_slice(&text), 0644, err) : fj_file_replace(l->home.dir, path, fj_buf_slice(&text), 0644, err));
	fprintf(stderr, "Challenges: %s%s%s; each officer: fujie-officer approve CHALLENGES --plan %s/ceremony/plan.json --key FILE --out %s/ceremony/%s.NAME" ANSWERS "\n质询已写入；请官员批准\n",
	    a->out != NULL ? a->out : a->dir, a->out != NULL ? "" : "/", a->out != NULL ? "" : path, a->dir, a->dir, round);
	return FJ_OK;
}

/* the command begins; with a plan its officers are waited for, else it has asked a second officer */
static enum fj_rc hold_round(struct cli_link *l, const struct cli_args *a, const char *round, const char *command, json_t *params, bool *signed_, struct fj_err *err)
{
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) refusal = NULL;
	json_t *as = NULL;

	*signed_ = false;
	enum fj_rc rc = cli_identity(a, &as, err);
	if (rc != FJ_OK) {
		json_decref(params);
		return rc;
	}
	FJ_TRY(cli_ask(l, command, params, as, FJ_SLICE(NULL, 0), &answer, &refusal, err));
	const json_t *challenges = json_object_get(answer, "challenges");
	if (challenges == NULL) {
		cli_print_answer(answer, a->json);
		return FJ_OK;
	}
	FJ_TRY(write_challenges(l, a, round, challenges, err));
	FJ_TRY(wait_for_officers(l, round, fj_json_num(answer, "seconds"), err));
	*signed_ = true;
	return FJ_OK;
}

static enum fj_rc link_home(struct cli_link *l, const struct cli_args *a, const char *const *known, struct fj_err *err)
{
	FJ_ENSURE(a->dir != NULL, fj_fail(err, FJ_E_USAGE, "cli", NULL, "--dir D is missing: which home?"));
	FJ_TRY(cli_opt_only(a, known, err));
	return cli_link_open(l, a->dir, true, err);
}

/* an option's whole number; 0 where it is not given */
static enum fj_rc number_of(const struct cli_args *a, const char *key, json_int_t *out, struct fj_err *err)
{
	const char *v = cli_opt(a, key, NULL);
	char *end;

	*out = 0;
	if (v == NULL)
		return FJ_OK;
	*out = strtoll(v, &end, 10);
	return *out > 0 && *end == '\0' ? FJ_OK : fj_fail(err, FJ_E_USAGE, "cli", NULL, "--%s takes a number from 1", key);
}

enum fj_rc cli_root_crl(const struct cli_args *a, struct fj_err *err)
{
	static const char *const known[] = {"revoke", "reason", NULL};
	FJ_AUTO(cli_link) l = {.fd = -1, .home = {.dir = -1, .run = -1, .lock = -1}};
	const char *reason = cli_opt(a, "reason", NULL);
	json_int_t revoke;
	bool done;

	FJ_TRY(number_of(a, "revoke", &revoke, err));
	FJ_TRY(link_home(&l, a, known, err));
	json_t *params = json_pack("{s:s*}", "reason", reason);
	if (revoke > 0 && fj_json_set(params, "revoke", json_integer(revoke)) != FJ_OK)
		return fj_no_memory(err, "cli");
	FJ_TRY(hold_round(&l, a, "root-crl", "root.renew", params, &done, err));
	if (done)
		puts(a->json ? "{\"signed\":true}" : "The root's CRL is signed anew and published.\n根吊销列表已重新签名并发布。");
	return FJ_OK;
}

static enum fj_rc file_param(const struct cli_args *a, const char *what, json_t **params, struct fj_err *err)
{
	const char *path = a->id != NULL ? a->id : cli_opt(a, "file", NULL);
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 18);
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(1u << 19);

	if (path == NULL)
		return fj_fail(err, FJ_E_USAGE, "cli", "formats.md 27", "--file FILE is missing: %s", what);
	FJ_TRY(fj_file_read(AT_FDCWD, path, &text, err));
	FJ_TRY(fj_b64u_put(&b64, fj_buf_slice(&text)));
	*params = json_pack("{s:{s:s}}", "file", "base64url", fj_buf_str(&b64));
	return *params != NULL ? FJ_OK : fj_no_memory(err, "cli");
}

enum fj_rc cli_certify(const struct cli_args *a, struct fj_err *err)
{
	static const char *const known[] = {"file", "division", "holders", "years", NULL}, *const texts[] = {"division", "holders"};
	FJ_AUTO(cli_link) l = {.fd = -1, .home = {.dir = -1, .run = -1, .lock = -1}};
	FJ_AUTO(json) params = NULL;
	json_int_t years;
	bool done;

	FJ_TRY(number_of(a, "years", &years, err));
	FJ_TRY(link_home(&l, a, known, err));
	FJ_TRY(file_param(a, "the other appliance's request, ceremony/ca-request.json of its home", &params, err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(texts); i++)
		if (cli_opt(a, texts[i], NULL) != NULL && fj_json_set(params, texts[i], json_string(cli_opt(a, texts[i], NULL))) != FJ_OK)
			return fj_fail(err, FJ_E_USAGE, "cli", NULL, "--%s is not UTF-8", texts[i]);
	if (years > 0 && fj_json_set(params, "years", json_integer(years)) != FJ_OK)
		return fj_no_memory(err, "cli");
	FJ_TRY(hold_round(&l, a, "certify", "root.certify", json_incref(params), &done, err));
	if (!done)
		return FJ_OK;
	if (a->json)
		puts("{\"signed\":true}");
	else
		printf("The CA is certified.  Give its appliance the newest %s/publish/ca/subordinate-N.pem; there: fujie init --dir D --subordinate --certificate FILE\n下级签发机构已认证；请将最新的 subordinate-N.pem 交给对方，由其执行 fujie init --subordinate --certificate\n", a->dir);
	return FJ_OK;
}

enum fj_rc cli_parent_crl(const struct cli_args *a, struct fj_err *err)
{
	static const char *const known[] = {"file", NULL};
	FJ_AUTO(cli_link) l = {.fd = -1, .home = {.dir = -1, .run = -1, .lock = -1}};
	FJ_AUTO(json) params = NULL;
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) refusal = NULL;
	json_t *as = NULL;

	FJ_TRY(link_home(&l, a, known, err));
	FJ_TRY(file_param(a, "the parent's newest list, its ca/subordinate-N.pem or crl/root.crl", &params, err));
	FJ_TRY(cli_identity(a, &as, err));
	FJ_TRY(cli_ask(&l, "root.take", json_incref(params), as, FJ_SLICE(NULL, 0), &answer, &refusal, err));
	cli_print_answer(answer, a->json);
	return FJ_OK;
}
