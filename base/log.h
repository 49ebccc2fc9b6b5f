/*
 * log.h - one line a message on stderr: time, role, level, text.  Never a
 * secret, a password, a token or who asked for a verification.
 */
#ifndef FJ_BASE_LOG_H
#define FJ_BASE_LOG_H

#include "base/err.h"

enum fj_log_level { FJ_LOG_ERROR, FJ_LOG_WARN, FJ_LOG_INFO, FJ_LOG_DEBUG };
/* role: "registry", "signer"...; borrowed for ever.  max: least severe level shown. */
void fj_log_open(const char *role, enum fj_log_level max);
void fj_log(enum fj_log_level level, const char *fmt, ...) FJ_PRINTF(2, 3);
/* "what: <en text> [cite]" from an error */
void fj_log_err(enum fj_log_level level, const char *what, const struct fj_err *err);

#endif
