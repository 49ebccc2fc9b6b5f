/*
 * sandbox.h - giving rights up: no_new_privs, Landlock (the calling thread
 * only: call it before any thread starts), seccomp.  Without Landlock in the
 * kernel it goes on and says so in `landlock`; seccomp must succeed.
 */
#ifndef FJ_BASE_SANDBOX_H
#define FJ_BASE_SANDBOX_H

#include <stdbool.h>

#include "base/err.h"

enum fj_sandbox_role {
	FJ_SANDBOX_SIGNER,   /* no open, socket, connect, exec, fork after this */
	FJ_SANDBOX_REGISTRY, /* files below rw[]/ro[]; sockets yes; no exec, fork */
	FJ_SANDBOX_VERIFIER, /* files below ro[] read-only; sockets yes; no exec, fork */
	FJ_SANDBOX_FILER,    /* files below rw[]/ro[]; no socket, exec, fork */
	FJ_SANDBOX_GATEWAY,  /* files below rw[], its own folder, and ro[]; sockets yes; no exec, fork */
	FJ_SANDBOX_FORKER,   /* as the signer, but it may fork: it only starts workers */
	FJ_SANDBOX_PRINTER,  /* as the forker, and opens files below ro[] for reading: fonts */
	FJ_SANDBOX_WORKER,   /* computes, reads and writes what is open; nothing else at all */
};
#define FJ_SANDBOX_MAX_PATHS 16
struct fj_sandbox {
	enum fj_sandbox_role role;
	const char *rw[FJ_SANDBOX_MAX_PATHS]; /* NULL-terminated */
	const char *ro[FJ_SANDBOX_MAX_PATHS]; /* NULL-terminated */
};
/* *landlock tells whether the kernel has it.  After return the function has
 * itself tried a forbidden act and seen it refused (FJ_E_INTERNAL otherwise). */
enum fj_rc fj_sandbox_enter(const struct fj_sandbox *s, bool *landlock, struct fj_err *err) FJ_MUST_USE;

#endif
