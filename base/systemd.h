/*
 * systemd.h - what a service manager and a service tell each other: readiness,
 * watchdog (sd_notify(3), sd_watchdog_enabled(3)) and listening sockets that the
 * manager made (sd_listen_fds_with_names(3)).  Both are small protocols of the
 * environment and are spoken here without a library.  Without a manager nothing
 * is sent and nothing is given.
 */
#ifndef FJ_BASE_SYSTEMD_H
#define FJ_BASE_SYSTEMD_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define FJ_SYSTEMD_SOCKETS 8
struct fj_systemd {
	char notify[108];    /* where to tell; "": nobody asked */
	int64_t watchdog_ms; /* a ping is awaited so often; 0: none is */
	size_t n;
	struct {
		char name[64];   /* FileDescriptorName= of the socket unit */
		int fd;          /* close-on-exec from here on; ours for as long as we live */
	} given[FJ_SYSTEMD_SOCKETS];
};
/* Reads NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES and takes them
 * out of the environment: they are for this process, not for its children.  FJ_E_INVALID: what is given is no
 * listening stream socket, there are more than FJ_SYSTEMD_SOCKETS, or two have one name. */
enum fj_rc fj_systemd_read(struct fj_systemd *s, struct fj_err *err) FJ_MUST_USE;
/* the socket of that name, or -1 */
int fj_systemd_socket(const struct fj_systemd *s, const char *name);
/* Lines of assignments, such as "READY=1\nSTATUS=serves".  A manager that does not hear is no fault of ours: nothing
 * is returned. */
void fj_systemd_tell(const struct fj_systemd *s, const char *state);

#endif
