/*
 * unseal.c - `fujie signer unseal`: the issuing keys after a start of the appliance.
 *
 * The register answers a challenge and takes an officer's answer at a time (round.c) until it has enough.  The appliance
 * has to run: what is unsealed lasts as long as its signer does.
 */
#include "issuer/cli/cli.h"

static enum fj_rc take(void *user, const struct fj_buf *file, bool *done, struct fj_err *err)
{
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) refusal = NULL;

	FJ_TRY(cli_ask(user, "signer.answer", json_pack("{s:s}", "file", fj_buf_str(file)), json_null(), FJ_SLICE(NULL, 0), &answer, &refusal, err));
	*done = json_is_true(json_object_get(answer, "unsealed"));
	return FJ_OK;
}

static enum fj_rc stay(void *user, struct fj_err *err)
{
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) refusal = NULL;

	return cli_ask(user, "help", json_pack("{s:s}", "name", "signer.answer"), json_null(), FJ_SLICE(NULL, 0), &answer, &refusal, err);
}

static enum fj_rc unseal(const struct cli_args *a, struct fj_err *err)
{
	static const char *const known[] = {NULL};
	FJ_AUTO(cli_link) l = {.fd = -1, .home = {.dir = -1, .run = -1, .lock = -1}};
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) refusal = NULL;
	json_t *as = NULL;

	FJ_ENSURE(a->dir != NULL, fj_fail(err, FJ_E_USAGE, "cli", NULL, "--dir D is missing: which home?"));
	FJ_TRY(cli_opt_only(a, known, err));
	FJ_TRY(cli_link_open(&l, a->dir, true, err));
	if (l.own)
		return fj_refuse(err, FJ_E_STATE, "cli", "formats.md 30", "the appliance does not run: what is unsealed lasts as long as its signer does; start it first (fujie serve --dir D), then unseal",
		    "系统没有运行：解封只在签名服务运行期间有效；请先启动（fujie serve --dir D），再解封");
	if (a->as != NULL)
		FJ_TRY(cli_identity(a, &as, err));
	else
		as = json_null(); /* who reads the home may ask; the officers' signatures decide */
	FJ_TRY(cli_ask(&l, "signer.unseal", json_object(), as, FJ_SLICE(NULL, 0), &answer, &refusal, err));
	struct cli_round r = {.name = "unseal", .home = l.home.dir, .take = take, .stay = stay, .user = &l};
	FJ_TRY(cli_round_challenges(&r, a->dir, a->out, json_object_get(answer, "challenges"), err));
	FJ_TRY(cli_round_wait(&r, fj_json_num(answer, "seconds"), err));
	puts(a->json ? "{\"unsealed\":true}" : "The issuing keys are unsealed until the signer ends.\n签发密钥已解封，直至签名服务停止。");
	return FJ_OK;
}

int cli_unseal(const struct cli_args *a)
{
	struct fj_err err = {0};

	return unseal(a, &err) == FJ_OK ? 0 : cli_print_error(&err, NULL, a->json);
}
