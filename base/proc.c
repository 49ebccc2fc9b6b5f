/*
 * proc.c - starting children with exactly the descriptors they are to have.
 *
 * Between fork and exec only async-signal-safe calls are made.  The wanted
 * descriptors are first copied above all others, then put at 3, 4, 5...; what
 * lies behind them is closed by range, so nothing of ours leaks, whatever a
 * library opened.  A failing exec comes back through a pipe as its errno.
 */
#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define HIGH 200 /* above anything we open */
#define LOCKED_MAX (512u << 20) /* octets of memory that a child of another user may lock */

/* In the child.  Returns only when something failed; errno says what. */
static void become(const struct fj_spawn *s, int report, pid_t parent)
{
	int n = 0;
	sigset_t none;

	/* what root could lock in memory its user can; where root itself may not say so, the limit stays */
	if (s->user.uid != 0)
		(void)setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){LOCKED_MAX, LOCKED_MAX});
	/* the parent-death signal is forgotten when the user changes: it is set after that */
	if (s->user.uid != 0 && (setgroups(1, &s->user.gid) != 0 || setresgid(s->user.gid, s->user.gid, s->user.gid) != 0 ||
		setresuid(s->user.uid, s->user.uid, s->user.uid) != 0))
		return;
	if (s->die_with_parent && (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent))
		return;
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	report = fcntl(report, F_DUPFD_CLOEXEC, HIGH + 32);
	int out = s->stdout_fd >= 0 ? fcntl(s->stdout_fd, F_DUPFD, HIGH + 16) : -1;
	while (n < FJ_PROC_MAX_FDS && s->fds[n] >= 0) {
		if (dup2(s->fds[n], HIGH + n) < 0)
			return;
		n++;
	}
	if (out >= 0 && dup2(out, 1) < 0)
		return;
	int nowhere = s->quiet ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
	if (s->quiet && dup2(nowhere, 2) < 0)
		return;
	for (int i = 0; i < n; i++)
		if (dup2(HIGH + i, 3 + i) < 0)
			return;
	close_range((unsigned)(3 + n), (unsigned)report - 1, 0);
	close_range((unsigned)report + 1, ~0u, 0);
	if (s->search)
		execvp(s->path, (char *const *)(uintptr_t)s->argv);
	else
		execv(s->path, (char *const *)(uintptr_t)s->argv);
}

enum fj_rc fj_spawn(const struct fj_spawn *s, pid_t *pid, struct fj_err *err)
{
	int pipefd[2], failed = 0;
	pid_t parent = getpid();

	if (pipe2(pipefd, O_CLOEXEC) != 0)
		return fj_fail_errno(err, "base", "pipe");
	FJ_AUTO(fd) from = pipefd[0];
	FJ_AUTO(fd) to = pipefd[1];
	pid_t child = fork();
	if (child < 0)
		return fj_fail_errno(err, "base", "fork");
	if (child == 0) {
		become(s, to, parent);
		failed = errno;
		/* the pipe was moved, or not yet: one of the two is open */
		(void)!write(HIGH + 32, &failed, sizeof(failed));
		(void)!write(to, &failed, sizeof(failed));
		_exit(127);
	}
	fj_fd_close(&to);
	ssize_t n;
	do
		n = read(from, &failed, sizeof(failed));
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(failed)) {
		waitpid(child, NULL, 0);
		errno = failed;
		return fj_fail_errno(err, "base", "start %s", s->path);
	}
	*pid = child;
	return FJ_OK;
}

enum fj_rc fj_reap(pid_t pid, int timeout_ms, int *status, struct fj_err *err)
{
	int64_t end = fj_boot_ms() + timeout_ms;

	for (;;) {
		pid_t got = waitpid(pid, status, timeout_ms < 0 ? 0 : WNOHANG);
		if (got == pid)
			return FJ_OK;
		if (got < 0 && errno != EINTR)
			return fj_fail_errno(err, "base", "wait for process %ld", (long)pid);
		if (timeout_ms >= 0 && got == 0) {
			if (fj_boot_ms() >= end)
				return fj_fail(err, FJ_E_TIMEOUT, "base", NULL, "process %ld still runs", (long)pid);
			usleep(5000);
		}
	}
}

static enum fj_rc self_dir(char *out, size_t cap, struct fj_err *err)
{
	ssize_t n = readlink("/proc/self/exe", out, cap);

	if (n < 0)
		return fj_fail_errno(err, "base", "read /proc/self/exe");
	if ((size_t)n >= cap)
		return fj_fail(err, FJ_E_LIMIT, "base", NULL, "the executable's path is longer than %zu octets", cap - 1);
	out[n] = '\0';
	char *slash = strrchr(out, '/');
	if (slash != NULL)
		*slash = '\0';
	return FJ_OK;
}

enum fj_rc fj_sibling(const char *name, char *out, size_t cap, struct fj_err *err)
{
	static const char *const places[] = {"", "../libexec/fujie/", "../../bin/"};
	char dir[3900];
	int n = -1;

	FJ_TRY(self_dir(dir, sizeof(dir), err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(places); i++) {
		n = snprintf(out, cap, "%s/%s%s", dir, places[i], name);
		if (n < 0 || (size_t)n >= cap)
			return fj_fail(err, FJ_E_LIMIT, "base", NULL, "the folder of the executables has too long a name");
		if (access(out, X_OK) == 0)
			return FJ_OK;
	}
	(void)snprintf(out, cap, "%s/%s", dir, name);
	return FJ_OK;
}
