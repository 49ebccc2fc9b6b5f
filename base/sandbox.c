/*
 * sandbox.c - giving rights up for good: no_new_privs, Landlock, seccomp.
 *
 * The seccomp filter names what a role may never do and answers EPERM; a
 * foreign architecture ends the process.  No role may start a program, look
 * into another process, or change mounts, modules, keys or its own limits of
 * this kind.  The signer may also open no file and make no socket: all it needs
 * it holds.  A worker, which reads hostile files, has the list the other way
 * round: what it may do is named, and the rest is refused.  After the rights are gone we try a forbidden act and expect to be
 * refused: a sandbox that is believed and not seen is none.
 */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#else
#error "sandbox.c: name this machine's audit architecture"
#endif

/* no role */
static const int never[] = {
	__NR_execve, __NR_execveat, __NR_ptrace, __NR_process_vm_readv, __NR_process_vm_writev,
	__NR_mount, __NR_umount2, __NR_pivot_root, __NR_chroot, __NR_unshare, __NR_setns,
	__NR_bpf, __NR_keyctl, __NR_add_key, __NR_request_key, __NR_init_module, __NR_finit_module,
	__NR_delete_module, __NR_kexec_load, __NR_reboot, __NR_swapon, __NR_swapoff, __NR_acct,
	__NR_settimeofday, __NR_clock_settime, __NR_adjtimex, __NR_sethostname, __NR_perf_event_open,
	__NR_userfaultfd, __NR_personality, __NR_pidfd_getfd,
#ifdef __NR_fork
	__NR_fork, __NR_vfork,
#endif
};
/* the signer neither */
static const int signer_never[] = {
	__NR_openat, __NR_openat2, __NR_socket, __NR_socketpair, __NR_connect, __NR_bind, __NR_listen,
	__NR_unlinkat, __NR_renameat2, __NR_mkdirat, __NR_linkat, __NR_symlinkat, __NR_fchmodat, __NR_fchownat,
	__NR_kill, __NR_tkill,
#ifdef __NR_open
	__NR_open, __NR_creat, __NR_unlink, __NR_rename, __NR_mkdir, __NR_link, __NR_symlink,
#endif
};

/* who works on files alone */
static const int filer_never[] = {__NR_socket, __NR_socketpair, __NR_connect, __NR_bind, __NR_listen, __NR_accept4};

/* all that a worker may */
static const int worker_may[] = {
	__NR_read, __NR_pread64, __NR_write, __NR_close, __NR_fstat, __NR_lseek, __NR_mmap, __NR_munmap, __NR_mremap,
	__NR_mprotect, __NR_madvise, __NR_brk, __NR_futex, __NR_sched_yield, __NR_getrandom, __NR_clock_gettime, __NR_getpid,
	__NR_gettid, __NR_rt_sigreturn, __NR_rt_sigprocmask, __NR_rt_sigaction, __NR_sigaltstack, __NR_exit, __NR_exit_group,
};

#define MAX_FILTER 160
struct filter {
	struct sock_filter op[MAX_FILTER];
	unsigned short n;
};

static void op(struct filter *f, struct sock_filter o)
{
	if (f->n < MAX_FILTER)
		f->op[f->n++] = o;
}

/* an answer other than going on to the next call of the list */
static void deny(struct filter *f, int nr, unsigned answer)
{
	op(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)nr, 0, 1));
	op(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, answer));
}

/* clone is how threads start: allowed with CLONE_THREAD, else a fork.  clone3
 * hides its flags behind a pointer: ENOSYS makes libc use clone. */
static void deny_fork(struct filter *f)
{
	deny(f, __NR_clone3, SECCOMP_RET_ERRNO | ENOSYS);
	op(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 0, 4));
	op(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])));
	op(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0));
	op(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
	op(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
}

/* files are opened for reading only, by the one call that libc has for it */
static void deny_writing(struct filter *f)
{
	op(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat, 0, 4));
	op(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])));
	op(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC, 0, 1));
	op(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
	op(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
}

static bool is_fork(int nr)
{
#ifdef __NR_fork
	return nr == __NR_fork || nr == __NR_vfork;
#else
	(void)nr;
	return false;
#endif
}

/* roles that open nothing */
static bool holds_all(enum fj_sandbox_role role)
{
	return role == FJ_SANDBOX_SIGNER || role == FJ_SANDBOX_FORKER || role == FJ_SANDBOX_WORKER;
}

/* roles that start workers */
static bool forks(enum fj_sandbox_role role)
{
	return role == FJ_SANDBOX_FORKER || role == FJ_SANDBOX_PRINTER;
}

static void build(struct filter *f, enum fj_sandbox_role role)
{
	f->n = 0;
	op(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
	op(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0));
	op(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
	op(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
#ifdef __x86_64__
	/* x32 calls carry bit 30 */
	op(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1));
	op(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
#endif
	if (role == FJ_SANDBOX_WORKER) {
		for (size_t i = 0; i < FJ_ARRAY_LEN(worker_may); i++)
			deny(f, worker_may[i], SECCOMP_RET_ALLOW);
		op(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
		return;
	}
	for (size_t i = 0; i < FJ_ARRAY_LEN(never); i++)
		if (!forks(role) || !is_fork(never[i]))
			deny(f, never[i], SECCOMP_RET_ERRNO | EPERM);
	if (role == FJ_SANDBOX_PRINTER)
		deny_writing(f);
	for (size_t i = 0; role == FJ_SANDBOX_FILER && i < FJ_ARRAY_LEN(filer_never); i++)
		deny(f, filer_never[i], SECCOMP_RET_ERRNO | EPERM);
	for (size_t i = 0; (holds_all(role) || forks(role)) && i < FJ_ARRAY_LEN(signer_never); i++)
		deny(f, signer_never[i], SECCOMP_RET_ERRNO | EPERM);
	if (!forks(role))
		deny_fork(f);
	op(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
}

static enum fj_rc filter_calls(enum fj_sandbox_role role, struct fj_err *err)
{
	struct filter f;

	build(&f, role);
	if (f.n == MAX_FILTER)
		return fj_fail(err, FJ_E_INTERNAL, "base", NULL, "the seccomp filter is too long");
	struct sock_fprog prog = {.len = f.n, .filter = f.op};
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) != 0)
		return fj_fail_errno(err, "base", "set the seccomp filter");
	return FJ_OK;
}

/* --- Landlock --- */

#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITING                                                                                     \
	(READING | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                 \
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | \
	    LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_MAKE_SOCK)
#define ALL (WRITING | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | \
	LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK)

static enum fj_rc allow_path(int rules, const char *path, uint64_t access, struct fj_err *err)
{
	FJ_AUTO(fd) fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return FJ_OK; /* what is not there needs no right */
	if (fd < 0)
		return fj_fail_errno(err, "base", "open %s for the sandbox", path);
	struct stat st;
	if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode)) /* folders' rights on a file are an error */
		access &= LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;
	struct landlock_path_beneath_attr a = {.allowed_access = access, .parent_fd = fd};
	if (syscall(__NR_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &a, 0) != 0)
		return fj_fail_errno(err, "base", "allow %s in the sandbox", path);
	return FJ_OK;
}

static enum fj_rc landlock(const struct fj_sandbox *s, bool *have, struct fj_err *err)
{
	long abi = syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	*have = abi >= 1;
	if (!*have)
		return FJ_OK;
	struct landlock_ruleset_attr attr = {.handled_access_fs = ALL};
	FJ_AUTO(fd) rules = (int)syscall(__NR_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (rules < 0)
		return fj_fail_errno(err, "base", "make a Landlock rule set");
	for (size_t i = 0; s->rw[i] != NULL; i++)
		FJ_TRY(allow_path(rules, s->rw[i], WRITING, err));
	for (size_t i = 0; s->ro[i] != NULL; i++)
		FJ_TRY(allow_path(rules, s->ro[i], READING, err));
	if (syscall(__NR_landlock_restrict_self, rules, 0) != 0)
		return fj_fail_errno(err, "base", "enter Landlock");
	return FJ_OK;
}

static enum fj_rc prove(const struct fj_sandbox *s, bool locked, struct fj_err *err)
{
	static char none[] = "";
	char *argv[] = {none, NULL};

	if (execv("/proc/self/exe", argv) == 0 || (errno != EPERM && errno != EACCES))
		return fj_fail(err, FJ_E_INTERNAL, "base", NULL, "the sandbox let a program start");
	if (s->role == FJ_SANDBOX_FILER && (socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0 || errno != EPERM))
		return fj_fail(err, FJ_E_INTERNAL, "base", NULL, "the sandbox let a socket be made");
	if (holds_all(s->role) && (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0 || errno != EPERM))
		return fj_fail(err, FJ_E_INTERNAL, "base", NULL, "the sandbox let a file be opened");
	if ((locked || s->role == FJ_SANDBOX_PRINTER) && !holds_all(s->role) && open("/etc/passwd", O_WRONLY | O_CLOEXEC) >= 0)
		return fj_fail(err, FJ_E_INTERNAL, "base", NULL, "the sandbox let a foreign file be opened for writing");
	return FJ_OK;
}

enum fj_rc fj_sandbox_enter(const struct fj_sandbox *s, bool *have_landlock, struct fj_err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return fj_fail_errno(err, "base", "give up new privileges");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return fj_fail_errno(err, "base", "forbid core dumps");
	FJ_TRY(landlock(s, have_landlock, err));
	FJ_TRY(filter_calls(s->role, err));
	return prove(s, *have_landlock, err);
}
