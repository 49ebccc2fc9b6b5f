/*
 * log.c - one line a message on standard error.
 *
 * A line is written with one write(2), so lines of several processes do not
 * mix.  Control characters are replaced: text from outside can't forge a line.
 */
#include "base/log.h"

#include <stdarg.h>
#include <unistd.h>

#include "base/clock.h"

static const char *log_role = "fujie";
static enum fj_log_level log_max = FJ_LOG_INFO;

void fj_log_open(const char *role, enum fj_log_level max)
{
	log_role = role;
	log_max = max;
}

void fj_log(enum fj_log_level level, const char *fmt, ...)
{
	static const char *const names[] = {"error", "warn", "info", "debug"};
	char line[1400], when[FJ_TIME_CAP];
	va_list ap;

	if (level > log_max)
		return;
	fj_time_utc(fj_real_ms() / 1000, when);
	int n = snprintf(line, sizeof(line), "%s %s %s ", when, log_role, names[level]);
	va_start(ap, fmt);
	int m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);
	va_end(ap);
	size_t len = strlen(line);
	(void)m;
	for (size_t i = (size_t)n; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0)
		return; /* there is nobody to tell */
}

void fj_log_err(enum fj_log_level level, const char *what, const struct fj_err *err)
{
	if (err->cite[0] != '\0')
		fj_log(level, "%s: %s [%s]", what, err->en, err->cite);
	else
		fj_log(level, "%s: %s", what, err->en);
}
