/*
 * tty.h - one line from a terminal: a secret without echo, or an answer; and the language of who sits there.
 */
#ifndef FJ_BASE_TTY_H
#define FJ_BASE_TTY_H

#include <stdbool.h>
#include <stddef.h>

/* The controlling terminal for reading and writing, or -1 when there is none. */
int fj_tty_open(void);
/* The answer to a question, without its end, into out[cap], NUL-terminated; what does not fit is read and
 * left out, and so is what was typed before the question was there.  False when it ended before a line
 * did. */
bool fj_tty_ask(int tty, const char *question, bool echo, char *out, size_t cap);
/* Chinese, where the system's messages are: LC_ALL, LC_MESSAGES, LANG, the first that is not empty (POSIX 8.2). */
bool fj_tty_chinese(void);

#endif
