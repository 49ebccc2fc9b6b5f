/*
 * registry.h - what the files of fujie-registry share.
 */
#ifndef FJ_WEB_REGISTRY_H
#define FJ_WEB_REGISTRY_H

#include "issuer/issuer.h"

/* --- control.c: the command line's socket --- */
/* listens on run/control.sock; FJ_E_IO when it can't */
enum fj_rc control_listen(int *out, struct fj_err *err) FJ_MUST_USE;
/* --- commands.c: the command table on standard output, for manual pages and completion --- */
void commands_print(void);

/* answers until *ending; each connection has its own thread, 16 at most */
enum fj_rc control_serve(int listener, struct iss *i, const volatile int *ending, struct fj_err *err) FJ_MUST_USE;

#endif
