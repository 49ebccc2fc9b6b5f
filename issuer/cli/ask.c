/*
 * ask.c - secrets for the command line: from the environment (scripts), or
 * from the controlling terminal without echo.  Never from an argument.
 */
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "issuer/cli/cli.h"

static void read_quietly(int tty, char *out, size_t cap)
{
	struct termios old, quiet;
	bool echo_off = tcgetattr(tty, &old) == 0;
	size_t n = 0;
	char c;

	if (echo_off) {
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(tty, TCSAFLUSH, &quiet);
	}
	while (read(tty, &c, 1) == 1 && c != '\n')
		if (n + 1 < cap)
			out[n++] = c;
	out[n] = '\0';
	if (echo_off)
		tcsetattr(tty, TCSAFLUSH, &old);
}

enum fj_rc cli_ask_secret(const char *env, const char *prompt, char *out, size_t cap, struct fj_err *err)
{
	const char *given = getenv(env);

	out[0] = '\0';
	if (given != NULL) {
		if (fj_strcopy(out, cap, given) != FJ_OK)
			return fj_fail(err, FJ_E_LIMIT, "cli", NULL, "%s is longer than %zu octets", env, cap - 1);
		return FJ_OK;
	}
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (tty < 0)
		return FJ_OK;
	dprintf(tty, "%s: ", prompt);
	read_quietly(tty, out, cap);
	dprintf(tty, "\n");
	close(tty);
	return FJ_OK;
}
