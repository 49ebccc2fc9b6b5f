/*
 * ask.c - secrets for the command line: from the environment (scripts), or
 * from the controlling terminal without echo.  Never from an argument.
 */
#include <unistd.h>

#include "base/tty.h"
#include "issuer/cli/cli.h"

enum fj_rc cli_ask_secret(const char *env, const char *prompt, char *out, size_t cap, struct fj_err *err)
{
	const char *given = getenv(env);

	out[0] = '\0';
	if (given != NULL) {
		if (fj_strcopy(out, cap, given) != FJ_OK)
			return fj_fail(err, FJ_E_LIMIT, "cli", NULL, "%s is longer than %zu octets", env, cap - 1);
		return FJ_OK;
	}
	int tty = fj_tty_open();
	if (tty < 0)
		return FJ_OK;
	char question[128];
	snprintf(question, sizeof(question), "%s: ", prompt);
	(void)fj_tty_ask(tty, question, false, out, cap);
	close(tty);
	return FJ_OK;
}
