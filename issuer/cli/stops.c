/*
 * stops.c - what would stop, told before a taking-back is sent.
 *
 * For people only: a program that wants to know asks `stops show` itself.  At a
 * terminal the officer is asked whether to go on; without one the list is told and
 * the command is sent.
 */
#include <unistd.h>

#include "issuer/cli/cli.h"

static bool takes_back(const char *command)
{
	static const char *const all[] = {"certificate.suspend", "certificate.revoke", "authorisation.suspend", "authorisation.reclaim", "authorisation.surrender", "asset.freeze"};

	for (size_t i = 0; i < FJ_ARRAY_LEN(all); i++)
		if (strcmp(all[i], command) == 0)
			return true;
	return false;
}

static bool goes_on(void)
{
	char line[16] = "";

	if (!isatty(STDIN_FILENO))
		return true;
	fprintf(stderr, "继续办理请输入 yes。Type yes to go on: ");
	return fgets(line, sizeof(line), stdin) != NULL && strcmp(line, "yes\n") == 0;
}

enum fj_rc cli_stops(struct cli_link *l, const char *command, const json_t *params, struct fj_err *err)
{
	const char *number = fj_json_peek(params, "number") != NULL ? fj_json_peek(params, "number") : fj_json_peek(params, "asset");
	FJ_AUTO(json) request = json_pack("{s:s, s:{s:s?}, s:n, s:s}", "command", "stops.show", "params", "number", number, "as", "via", "cli");
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) refusal = NULL;

	if (!takes_back(command) || number == NULL || cli_request(l, request, FJ_SLICE(NULL, 0), &answer, &refusal, NULL) != FJ_OK)
		return FJ_OK; /* a number that is wrong is refused by the command itself */
	fprintf(stderr, "将停止 What stops:\n");
	cli_print_answer(answer, false);
	return goes_on() ? FJ_OK : fj_fail(err, FJ_E_USAGE, "cli", NULL, "nothing was done");
}
