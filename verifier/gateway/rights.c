/*
 * rights.c - what a process of the gateway keeps of its rights: one folder to write, the
 * network, and what libcurl and its TLS read late.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sandbox.h"
#include "verifier/gateway/gateway.h"

enum fj_rc gw_enter(const char *dir, struct fj_err *err)
{
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return fj_fail_errno(err, "gateway", "make %s", dir);
	return chdir(dir) == 0 ? FJ_OK : fj_fail_errno(err, "gateway", "enter %s", dir);
}

enum fj_rc gw_rights(const char *writes, const char *reads, struct fj_err *err)
{
	struct fj_sandbox box = {.role = FJ_SANDBOX_GATEWAY, .rw = {writes, NULL},
		.ro = {"/usr", "/lib", "/etc/ssl", "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/localtime",
		    "/run/systemd/resolve", "/proc/self", "/sys/devices/system/cpu", reads, NULL}};
	bool landlock = false;

	FJ_TRY(fj_sandbox_enter(&box, &landlock, err));
	if (!landlock)
		fj_log(FJ_LOG_INFO, "this kernel has no Landlock; seccomp alone is in force");
	return FJ_OK;
}
