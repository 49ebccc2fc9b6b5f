/*
 * proc.h - starting children with exactly the descriptors they are to have.
 */
#ifndef FJ_BASE_PROC_H
#define FJ_BASE_PROC_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

#define FJ_PROC_MAX_FDS 8
/* whom a child runs as; uid 0: as the caller */
struct fj_user {
	uid_t uid;
	gid_t gid;
};
struct fj_spawn {
	const char *path;         /* executable, absolute, or found by `search` */
	bool search;              /* look it up in PATH (swtpm) */
	const char *const *argv;  /* NULL-terminated, argv[0] included */
	int fds[FJ_PROC_MAX_FDS]; /* become 3, 4, 5... in the child; -1 ends */
	int stdout_fd;            /* -1: ours; else becomes 1 in the child */
	bool quiet;               /* standard error goes nowhere */
	bool die_with_parent;     /* PR_SET_PDEATHSIG SIGKILL */
	struct fj_user user;      /* with its own group alone; capabilities go with the uid */
};
/* all other descriptors from 3 on are closed; the signal mask is emptied and
 * handlers reset; *pid is the caller's to wait for */
enum fj_rc fj_spawn(const struct fj_spawn *s, pid_t *pid, struct fj_err *err) FJ_MUST_USE;
/* wait up to timeout_ms; *status as waitpid; FJ_E_TIMEOUT when it still runs */
enum fj_rc fj_reap(pid_t pid, int timeout_ms, int *status, struct fj_err *err) FJ_MUST_USE;
/* Path of another executable of ours: beside the running one (a build tree), or where `make install` puts the two
 * kinds: PREFIX/bin has what people type, PREFIX/libexec/fujie what those start.  One that is nowhere gets the first
 * of these paths, so that a message has a name. */
enum fj_rc fj_sibling(const char *name, char *out, size_t cap, struct fj_err *err) FJ_MUST_USE;

#endif
