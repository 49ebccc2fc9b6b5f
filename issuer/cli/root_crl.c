/*
 * root_crl.c - `fujie ceremony root-crl`, `issuing`, `certify`, `move`: what the root does after its ceremony; and
 * `parent-crl`, the list of a root that is elsewhere.
 *
 * In a home whose root is under officers the register answers challenges, and takes an officer's answers
 * at a time (round.c) until it has enough.  In other homes a CRL, or another appliance's
 * CA, is an approval that a second officer decides.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/plan.h"
#include "base/spare.h"
#include "issuer/cli/cli.h"

struct asked {
	struct cli_link *l;
	json_t *done; /* the last answer, with which it is signed; NULL: not yet */
};

static enum fj_rc take(void *user, const struct fj_buf *file, bool *done, struct fj_err *err)
{
	struct asked *w = user;
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) refusal = NULL;

	FJ_TRY(cli_ask(w->l, "root.answer", json_pack("{s:s}", "file", fj_buf_str(file)), json_null(), FJ_SLICE(NULL, 0), &answer, &refusal, err));
	*done = json_is_true(json_object_get(answer, "signed"));
	if (*done)
		w->done = json_incref(answer);
	return FJ_OK;
}

static enum fj_rc stay(void *user, struct fj_err *err)
{
	struct asked *w = user;
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) refusal = NULL;

	return cli_ask(w->l, "help", json_pack("{s:s}", "name", "root.answer"), json_null(), FJ_SLICE(NULL, 0), &answer, &refusal, err);
}

/* The register asks for challenges, officers approve them; *answer: its first one, the caller's; params are taken.  w->done NULL after: no
 * officers were asked. */
static enum fj_rc hold(struct asked *w, const char *name, const char *command, json_t *params, const struct cli_args *a, const char *out, json_t **answer, struct fj_err *err)
{
	FJ_AUTO(json) refusal = NULL;
	FJ_AUTO(json) with = params;
	json_t *as = NULL;

	FJ_TRY(cli_link_open(w->l, a->dir, true, err));
	FJ_TRY(cli_identity(a, &as, err));
	FJ_TRY(cli_ask(w->l, command, json_incref(with), as, FJ_SLICE(NULL, 0), answer, &refusal, err));
	struct cli_round r = {.name = name, .home = w->l->home.dir, .take = take, .stay = stay, .user = w};
	const json_t *challenges = json_object_get(*answer, "challenges");
	if (challenges == NULL)
		return FJ_OK;
	FJ_TRY(cli_round_challenges(&r, a->dir, out, challenges, err));
	return cli_round_wait(&r, fj_json_num(*answer, "seconds"), err);
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
	FJ_AUTO(json) params = json_pack("{s:s*}", "reason", cli_opt(a, "reason", NULL));
	FJ_AUTO(json) answer = NULL;
	struct asked w = {.l = &l};
	bool former = strncmp(cli_opt(a, "revoke", ""), "issuing", 7) == 0; /* issuing.1; else a subordinate's number */
	json_int_t revoke = 0;

	FJ_ENSURE(a->dir != NULL, fj_fail(err, FJ_E_USAGE, "cli", NULL, "--dir D is missing: which home?"));
	FJ_TRY(cli_opt_only(a, known, err));
	if (former && fj_json_set(params, "former", json_string(cli_opt(a, "revoke", ""))) != FJ_OK)
		return fj_no_memory(err, "cli");
	if (!former)
		FJ_TRY(number_of(a, "revoke", &revoke, err));
	if (revoke > 0 && fj_json_set(params, "revoke", json_integer(revoke)) != FJ_OK)
		return fj_no_memory(err, "cli");
	FJ_TRY(hold(&w, "root-crl", "root.renew", json_incref(params), a, a->out, &answer, err));
	FJ_AUTO(json) done = w.done;
	if (done == NULL)
		cli_print_answer(answer, a->json);
	else
		puts(a->json ? "{\"signed\":true}" : "The root's CRL is signed anew and published.\n根吊销列表已重新签名并发布。");
	return FJ_OK;
}

enum fj_rc cli_issuing(const struct cli_args *a, struct fj_err *err)
{
	static const char *const known[] = {"key", NULL};
	FJ_AUTO(cli_link) l = {.fd = -1, .home = {.dir = -1, .run = -1, .lock = -1}};
	FJ_AUTO(json) params = json_pack("{s:s}", "key", cli_opt(a, "key", "issuing"));
	FJ_AUTO(json) answer = NULL;
	struct asked w = {.l = &l};

	FJ_ENSURE(a->dir != NULL, fj_fail(err, FJ_E_USAGE, "cli", NULL, "--dir D is missing: which home?"));
	FJ_TRY(cli_opt_only(a, known, err));
	FJ_TRY(hold(&w, "issuing", "root.issue", json_incref(params), a, a->out, &answer, err));
	FJ_AUTO(json) done = w.done;
	if (done == NULL)
		cli_print_answer(answer, a->json);
	else
		puts(a->json ? "{\"signed\":true}" : "The newer issuing key is certified, and issues from now on.\n新签发密钥已获认证，即日起以其签发。");
	return FJ_OK;
}

/* Round by round: whatever is cut, or waits for too long, goes on with the same words. */
static enum fj_rc succeed_round(struct asked *w, const struct cli_args *a, const json_t *params, bool *over, int *generation, struct fj_err *err)
{
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) refusal = NULL;

	FJ_TRY(cli_ask(w->l, "root.succeed", json_incref((json_t *)(uintptr_t)params), json_null(), FJ_SLICE(NULL, 0), &answer, &refusal, err));
	*over = json_is_true(json_object_get(answer, "done"));
	*generation = (int)fj_json_num(answer, "generation");
	if (*over)
		return FJ_OK;
	struct cli_round r = {.name = fj_json_text(answer, "round"), .home = w->l->home.dir, .take = take, .stay = stay, .user = w,
		.plan = (int)fj_json_num(answer, "generation"), .other = (int)fj_json_num(answer, "other")};
	FJ_TRY(cli_round_challenges(&r, a->dir, NULL, json_object_get(answer, "challenges"), err));
	enum fj_rc rc = cli_round_wait(&r, fj_json_num(answer, "seconds"), err);
	json_decref(w->done);
	w->done = NULL;
	return rc;
}

enum fj_rc cli_root_succeed(const struct cli_args *a, struct fj_err *err)
{
	static const char *const known[] = {"plan", NULL};
	FJ_AUTO(cli_link) l = {.fd = -1, .home = {.dir = -1, .run = -1, .lock = -1}};
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_PLAN_MAX);
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(2 * FJ_PLAN_MAX);
	struct asked w = {.l = &l};
	bool over = false;
	int generation = 0;

	if (a->dir == NULL || cli_opt(a, "plan", NULL) == NULL)
		return fj_refuse(err, FJ_E_USAGE, "cli", "formats.md 33", "fujie ceremony succeed --dir D --plan SIGNED: which home, and which plan follows (fujie ceremony plan --follows, signed by all its officers)?", "用法：fujie ceremony succeed --dir D --plan 已签的接续方案（fujie ceremony plan --follows）");
	FJ_TRY(cli_opt_only(a, known, err));
	FJ_TRY(fj_file_read(AT_FDCWD, cli_opt(a, "plan", ""), &text, err));
	FJ_TRY(fj_b64u_put(&b64, fj_buf_slice(&text)));
	FJ_AUTO(json) params = json_pack("{s:{s:s}}", "file", "base64url", fj_buf_str(&b64));
	FJ_TRY(cli_link_open(&l, a->dir, true, err));
	while (!over)
		FJ_TRY(succeed_round(&w, a, params, &over, &generation, err));
	if (a->json)
		puts("{\"done\":true}");
	else
		printf("The root has passed on: the new plan's officers rule it.  trust/root.pem has the new root first.  End the former keys: fujie key end --dir D --key root.%d --as LOGIN, and with SM2 root-sm2.%d\n根已移交，由新方案官员掌管；trust/root.pem 以新根为首。请销毁原根密钥：fujie key end --dir D --key root.%d --as 登录名；有 SM2 的还有 root-sm2.%d\n",
		    generation - 1, generation - 1, generation - 1, generation - 1);
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
	FJ_AUTO(json) answer = NULL;
	struct asked w = {.l = &l};
	json_int_t years;

	FJ_ENSURE(a->dir != NULL, fj_fail(err, FJ_E_USAGE, "cli", NULL, "--dir D is missing: which home?"));
	FJ_TRY(cli_opt_only(a, known, err));
	FJ_TRY(number_of(a, "years", &years, err));
	FJ_TRY(file_param(a, "the other appliance's request, ceremony/ca-request.json of its home", &params, err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(texts); i++)
		if (cli_opt(a, texts[i], NULL) != NULL && fj_json_set(params, texts[i], json_string(cli_opt(a, texts[i], NULL))) != FJ_OK)
			return fj_fail(err, FJ_E_USAGE, "cli", NULL, "--%s is not UTF-8", texts[i]);
	if (years > 0 && fj_json_set(params, "years", json_integer(years)) != FJ_OK)
		return fj_no_memory(err, "cli");
	FJ_TRY(hold(&w, "certify", "root.certify", json_incref(params), a, a->out, &answer, err));
	FJ_AUTO(json) done = w.done;
	if (done == NULL)
		cli_print_answer(answer, a->json);
	else if (a->json)
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

	FJ_ENSURE(a->dir != NULL, fj_fail(err, FJ_E_USAGE, "cli", NULL, "--dir D is missing: which home?"));
	FJ_TRY(cli_opt_only(a, known, err));
	FJ_TRY(file_param(a, "the parent's newest list, its ca/subordinate-N.pem or crl/root.crl", &params, err));
	FJ_TRY(cli_link_open(&l, a->dir, true, err));
	FJ_TRY(cli_identity(a, &as, err));
	FJ_TRY(cli_ask(&l, "root.take", json_incref(params), as, FJ_SLICE(NULL, 0), &answer, &refusal, err));
	cli_print_answer(answer, a->json);
	return FJ_OK;
}

/* what left goes into a file that is not there yet: nobody's earlier one is lost */
enum fj_rc cli_root_move(const struct cli_args *a, struct fj_err *err)
{
	static const char *const known[] = {"challenges", NULL};
	FJ_AUTO(cli_link) l = {.fd = -1, .home = {.dir = -1, .run = -1, .lock = -1}};
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_MOVE_FILE_MAX);
	FJ_AUTO(json) answer = NULL;
	struct asked w = {.l = &l};

	if (a->dir == NULL || a->out == NULL)
		return fj_refuse(err, FJ_E_USAGE, "cli", "formats.md 28", "fujie ceremony move --dir D --as LOGIN --out FILE: which home, and where does what leaves go?", "用法：fujie ceremony move --dir D --as 用户 --out 文件（迁出的密钥写入该文件）");
	FJ_TRY(cli_opt_only(a, known, err));
	if (access(a->out, F_OK) == 0)
		return fj_fail(err, FJ_E_EXISTS, "cli", NULL, "%s is there already; name another file", a->out);
	FJ_TRY(hold(&w, "move", "root.move", json_object(), a, cli_opt(a, "challenges", NULL), &answer, err));
	FJ_AUTO(json) done = w.done;
	FJ_TRY(fj_json_canonical(json_object_get(done != NULL ? done : answer, "blob"), &text, err));
	FJ_TRY(fj_put_u8(&text, '\n'));
	FJ_TRY(fj_file_replace(AT_FDCWD, a->out, fj_buf_slice(&text), 0644, err));
	if (a->json)
		puts(done != NULL ? "{\"again\":false,\"saved\":true}" : "{\"again\":true,\"saved\":true}");
	else
		printf("%s: what left for the spare%s.  Bring it there: fujie spare import --dir D2 --plan SIGNED --blob FILE\n迁往备机的密钥已写入；请带到备机接收\n", a->out, done != NULL ? "" : " (it had left before; this is the same again)");
	return FJ_OK;
}
