/*
 * registry.h - what the files of fujie-registry share.
 */
#ifndef FJ_WEB_REGISTRY_H
#define FJ_WEB_REGISTRY_H

#include "issuer/issuer.h"
#include "web/portal/portal.h"

/* --- line.c: to the supervisor --- */
struct line;
/* Takes what comes before the start, 10 s at most; fd -1: nobody is there. */
enum fj_rc line_open(int fd, struct line **out, struct fj_err *err) FJ_MUST_USE;
/* The register is open, and the portal (NULL: none) bound: they hear what came. */
enum fj_rc line_join(struct line *l, struct iss *i, struct portal *portal, struct fj_err *err) FJ_MUST_USE;
int line_fd(const struct line *l); /* to be watched; -1: none */
void line_take(struct line *l);    /* something came */
void line_close(struct line *l);   /* NULL is fine */

/* --- control.c: the command line's socket --- */
/* listens on run/control.sock; FJ_E_IO when it can't */
enum fj_rc control_listen(int *out, struct fj_err *err) FJ_MUST_USE;
/* answers until *ending; each connection has its own thread, 16 at most.  What comes over the line is taken between two. */
enum fj_rc control_serve(int listener, struct iss *i, struct line *line, const volatile int *ending, struct fj_err *err) FJ_MUST_USE;
/* --- commands.c: the command table on standard output, for manual pages and completion --- */
void commands_print(void);

#endif
