/*
 * upgrade.c - a home that an older program wrote.
 *
 * A service upgrades it by itself when it starts, since nobody is there at night; by hand it
 * is tried first (--dry-run), and done before the service.  Every other command refuses
 * such a home.  The home's lock is held all the while, so that neither happens twice at once.
 */
#include "base/log.h"
#include "base/systemd.h"
#include "base/version.h"
#include "issuer/cli/cli.h"

static enum fj_rc log_progress(void *user, const json_t *progress, struct fj_err *err)
{
	long long of = fj_json_num(progress, "of");

	(void)user;
	(void)err;
	if (of > 0)
		fj_log(FJ_LOG_INFO, "upgrading the register: %s, %lld of %lld", fj_json_text(progress, "stage"), (long long)fj_json_num(progress, "done"), of);
	else
		fj_log(FJ_LOG_INFO, "upgrading the register: %s", fj_json_text(progress, "stage"));
	return FJ_OK;
}

/* each time it has some minutes more: one step of the database may take long, and a service that is killed in the middle begins anew */
static enum fj_rc tell_manager(void *user, const json_t *progress, struct fj_err *err)
{
	char text[160];

	snprintf(text, sizeof(text), "EXTEND_TIMEOUT_USEC=900000000\nSTATUS=upgrades the register: %.20s", fj_json_text(progress, "stage"));
	fj_systemd_tell(user, text);
	return log_progress(NULL, progress, err);
}

enum fj_rc cli_upgrade_first(struct cli_parts *p, const struct fj_systemd *manager, struct fj_err *err)
{
	const struct cli_follow follow = {.step = tell_manager, .user = (void *)(uintptr_t)manager};
	FJ_AUTO(json) answer = NULL;

	enum fj_rc rc = cli_run_upgrade(p, false, false, &follow, &answer, err);
	if (rc != FJ_OK && err != NULL && fj_rc_exit(rc) != fj_rc_exit(FJ_E_UNAVAILABLE)) /* for who wanted to serve it is a failure: nothing runs */
		rc = err->rc = FJ_E_UNAVAILABLE;
	FJ_TRY(rc);
	if (json_is_true(json_object_get(answer, "upgraded")))
		fj_log(FJ_LOG_WARN, "the register was upgraded from version %lld to %lld; as it was it is kept as %s", (long long)fj_json_num(answer, "from"),
		    (long long)fj_json_num(answer, "to"), fj_json_text(answer, "copy"));
	return FJ_OK;
}

static enum fj_rc by_hand(const struct cli_args *a, json_t **answer, struct fj_err *err)
{
	static const char *const known[] = {"dry-run", "check", NULL};
	static const struct cli_follow follow = {.step = log_progress};
	FJ_AUTO(cli_home) h = {.dir = -1, .run = -1, .lock = -1};
	FJ_AUTO(cli_parts) p = {.home = NULL};

	FJ_TRY(cli_opt_only(a, known, err));
	FJ_ENSURE(a->dir != NULL, fj_fail(err, FJ_E_USAGE, "cli", NULL, "--dir D is missing: which home?"));
	FJ_TRY(cli_home_open(a->dir, &h, err));
	FJ_TRY(cli_home_lock(&h, err));
	FJ_TRY(cli_parts_init(&p, &h, err));
	return cli_run_upgrade(&p, cli_opt(a, "dry-run", NULL) != NULL, cli_opt(a, "check", NULL) != NULL, &follow, answer, err);
}

/* what was done, for people */
static void tell_done(const json_t *answer)
{
	long long from = fj_json_num(answer, "from"), to = fj_json_num(answer, "to");
	const char *copy = fj_json_text(answer, "copy");

	if (json_is_true(json_object_get(answer, "upgraded")))
		printf("登记库已由版本 %lld 升级为版本 %lld，升级前的副本为 %s\nThe register was upgraded from version %lld to %lld; as it was it is kept as %s\n", from, to, copy, from, to, copy);
	else if (from != to)
		printf("登记库可由版本 %lld 升级为版本 %lld；本次为试做，未作任何更改\nThe register can be upgraded from version %lld to %lld; this was tried, and nothing was changed\n", from, to, from, to);
	else
		printf("登记库已是版本 %lld，无须升级\nThe register has version %lld already: nothing is to be done\n", to, to);
	if (json_is_integer(json_object_get(answer, "compared")))
		printf("%lld rows are what %lld events say\n", (long long)fj_json_num(answer, "compared"), (long long)fj_json_num(answer, "events"));
	else
		printf("its tables were not compared with its %lld events: fujie upgrade --check does it, with the service stopped\n", (long long)fj_json_num(answer, "events"));
}

int cli_upgrade(const struct cli_args *a)
{
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};

	if (by_hand(a, &answer, &err) != FJ_OK)
		return cli_print_error(&err, NULL, a->json);
	if (a->json)
		cli_print_answer(answer, true);
	else
		tell_done(answer);
	return 0;
}

int cli_version(const struct cli_args *a)
{
	FJ_AUTO(json) answer = json_pack("{s:s, s:i, s:i}", "program", FJ_PROGRAM, "register_writes", FJ_REGISTER_VERSION, "register_reads_from", FJ_REGISTER_OLDEST);

	if (a->json)
		cli_print_answer(answer, true);
	else
		printf("fujie " FJ_PROGRAM "\nregister: writes version %d, upgrades %d and later\n", FJ_REGISTER_VERSION, FJ_REGISTER_OLDEST);
	return 0;
}
