/*
 * tty.c - one line from a terminal.
 *
 * Octet by octet, so that nothing of what was typed stays in a buffer of stdio's; the
 * terminal's own settings are put back.
 */
#include "base/tty.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"

int fj_tty_open(void)
{
	return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

bool fj_tty_ask(int tty, const char *question, bool echo, char *out, size_t cap)
{
	struct termios old, quiet;
	bool silenced = !echo && tcgetattr(tty, &old) == 0, whole = false;
	size_t n = 0;
	char c;

	if (silenced) {
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(tty, TCSAFLUSH, &quiet);
	}
	tcflush(tty, TCIFLUSH);
	dprintf(tty, "%s", question);
	while (!whole && read(tty, &c, 1) == 1)
		if (c == '\n')
			whole = true;
		else if (n + 1 < cap)
			out[n++] = c;
	out[n] = '\0';
	if (silenced) {
		dprintf(tty, "\n");
		tcsetattr(tty, TCSAFLUSH, &old);
	}
	return whole;
}

bool fj_tty_chinese(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < FJ_ARRAY_LEN(names); i++) {
		const char *v = getenv(names[i]);
		if (v != NULL && v[0] != '\0')
			return strncmp(v, "zh", 2) == 0;
	}
	return false;
}
