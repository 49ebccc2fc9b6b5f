/*
 * command.c - any command of the register from the command line.
 *
 * The register is asked for the command's field table first; options become
 * typed parameters by it.  Whether a command changes something decides if the
 * signer has to run; who may do what is decided by the register alone.
 */
#include "issuer/cli/cli.h"

static const char *noun_of(const char *noun)
{
	if (strcmp(noun, "cert") == 0)
		return "certificate";
	if (strcmp(noun, "auth") == 0)
		return "authorisation";
	return noun;
}

/* What only reads starts no signer, by the command table's own kind.  That only saves time: a
 * command that signs without a signer is refused by the register. */
static bool reads(const char *command)
{
	static const struct {
		const char *name, *kind;
	} commands[] = {
#define CMD(ident, name, kind, roles, fields, handler, zh, en) {name, #kind},
#include "issuer/commands_core.def"
#include "issuer/commands_domain.def"
#undef CMD
	};

	for (size_t i = 0; i < FJ_ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, command) == 0)
			return strcmp(commands[i].kind, "READ") == 0;
	return true;
}

enum fj_rc cli_identity(const struct cli_args *a, json_t **as, struct fj_err *err)
{
	char password[256], totp[16];

	const char *token = getenv("FUJIE_TOKEN");

	*as = json_null();
	if (a->as == NULL && token != NULL && token[0] != '\0')
		*as = json_pack("{s:s}", "token", token);
	if (a->as == NULL)
		return *as != NULL ? FJ_OK : fj_fail(err, FJ_E_USAGE, "cli", NULL, "FUJIE_TOKEN is no API token");
	FJ_TRY(cli_ask_secret("FUJIE_PASSWORD", "Password", password, sizeof(password), err));
	const char *given = getenv("FUJIE_TOTP");
	if (given != NULL || getenv("FUJIE_PASSWORD") == NULL)
		FJ_TRY(cli_ask_secret("FUJIE_TOTP", "One-time code (empty if none)", totp, sizeof(totp), err));
	else
		totp[0] = '\0';
	*as = json_pack("{s:s, s:s, s:s}", "login", a->as, "password", password, "totp", totp);
	return *as != NULL ? FJ_OK : fj_fail(err, FJ_E_USAGE, "cli", NULL, "login and password are UTF-8");
}

enum fj_rc cli_ask(struct cli_link *l, const char *name, json_t *params, json_t *as, struct fj_slice attached, json_t **answer,
    json_t **refusal, struct fj_err *err)
{
	FJ_AUTO(json) request = json_pack("{s:s, s:o, s:o, s:s}", "command", name, "params", params,
	    "as", as, "via", "cli");

	if (request == NULL)
		return fj_no_memory(err, "cli");
	return cli_request(l, request, attached, answer, refusal, err);
}

/* *printed: the answer was a file, and is written */
static enum fj_rc run(const struct cli_args *a, json_t **answer, json_t **refusal, bool *printed, struct fj_err *err)
{
	FJ_AUTO(cli_link) l = {.fd = -1, .home = {.dir = -1, .run = -1, .lock = -1}};
	FJ_AUTO(json) table = NULL;
	FJ_AUTO(buf) attached = FJ_BUF_INIT(0);
	json_t *params = NULL, *as = NULL;
	char name[96];

	FJ_ENSURE(a->dir != NULL, fj_fail(err, FJ_E_USAGE, "cli", NULL, "--dir D is missing: which home?"));
	int n = snprintf(name, sizeof(name), "%s.%s", noun_of(a->noun), a->verb);
	FJ_ENSURE(n > 0 && (size_t)n < sizeof(name),
	    fj_fail(err, FJ_E_USAGE, "cli", NULL, "there is no such command"));
	FJ_TRY(cli_link_open(&l, a->dir, !reads(name), err));
	FJ_TRY(cli_ask(&l, "help", json_pack("{s:s}", "name", name), json_null(), FJ_SLICE(NULL, 0), &table, refusal, err));
	FJ_TRY(cli_params(a, json_object_get(table, "fields"), &attached, &params, err));
	FJ_AUTO(json) owned = params;
	if (!a->json)
		FJ_TRY(cli_stops(&l, name, owned, err));
	FJ_TRY(cli_identity(a, &as, err));
	FJ_TRY(cli_ask(&l, name, json_incref(owned), as, fj_buf_slice(&attached), answer, refusal, err));
	return cli_file(*answer, fj_buf_slice(&l.file), a, printed, err);
}

int cli_command(const struct cli_args *a)
{
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) refusal = NULL;
	struct fj_err err = {0};
	bool printed = false;

	if (run(a, &answer, &refusal, &printed, &err) != FJ_OK)
		return cli_print_error(&err, refusal, a->json);
	if (!printed) /* --format json asks for a document too */
		cli_print_answer(answer, a->json || strcmp(cli_opt(a, "format", ""), "json") == 0);
	return json_is_true(json_object_get(answer, "refused")) ? 1 : 0;
}
