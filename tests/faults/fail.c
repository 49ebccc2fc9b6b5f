/*
 * fail.c - the n-th call of a kind fails, in one role of the appliance: for tests alone, by LD_PRELOAD.
 *
 * The test maps a page (FUJIE_FAULT names its file) and so does every process that is started
 * with this library, before it gives its rights up: a role that may open no file is reached as
 * well, and a served home needs no new start for the next point.  The page says which program,
 * which kinds of call, from which count on, how many of them, and what happens: an errno, a write
 * of half of the octets, or SIGKILL in place of the call.  Calls are counted while it is armed.
 * Where the fault struck is left in the page as offsets into the program, for addr2line.
 *
 * What libc does within itself (stdio, the resolver) is not seen here; the product's files go
 * through the calls below, and so do SQLite's, and every allocation.  Writes and reads count on
 * regular files only: what goes from process to process has a kind of its own.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { K_OPEN = 1, K_READ = 2, K_WRITE = 4, K_SYNC = 8, K_NAME = 16, K_CUT = 32, K_MAP = 64, K_FRAME = 128, K_ALLOC = 256 };
enum { A_ERRNO, A_SHORT, A_KILL };
#define MAX_FRAMES 24

/* sweep_test.py writes and reads it by the same offsets */
struct page {
	_Atomic uint32_t armed;
	uint32_t kinds, action, error;
	uint64_t first, many;
	_Atomic uint64_t count, hits;
	char role[24];
	uint64_t frame[MAX_FRAMES]; /* of the first that failed: offsets into the program; 0: a library */
	_Atomic uint64_t each[16];  /* calls of each kind, asked for or not */
};

static struct page *page;
static uintptr_t base, end; /* where the program lies */
static _Thread_local bool within;

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

static int extent(struct dl_phdr_info *i, size_t size, void *none)
{
	(void)size;
	(void)none;
	base = i->dlpi_addr;
	for (int k = 0; k < i->dlpi_phnum; k++)
		if (i->dlpi_phdr[k].p_type == PT_LOAD && base + i->dlpi_phdr[k].p_vaddr + i->dlpi_phdr[k].p_memsz > end)
			end = base + i->dlpi_phdr[k].p_vaddr + i->dlpi_phdr[k].p_memsz;
	return 1; /* the program is the first */
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("FUJIE_FAULT");
	int fd = path == NULL ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
	void *warm[2];

	if (fd < 0)
		return;
	backtrace(warm, 2); /* loads what it needs while files may be opened */
	dl_iterate_phdr(extent, NULL);
	long p = syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	syscall(SYS_close, fd);
	page = p == -1 ? NULL : (struct page *)p;
}

static void remember(void)
{
	void *at[MAX_FRAMES];

	int n = backtrace(at, MAX_FRAMES);
	for (int i = 0; i < n; i++)
		page->frame[i] = (uintptr_t)at[i] >= base && (uintptr_t)at[i] < end ? (uintptr_t)at[i] - base : 0;
}

/* is this call one that fails? */
static bool struck(uint32_t kind)
{
	if (page == NULL || within || !page->armed || strcmp(page->role, program_invocation_short_name) != 0)
		return false;
	atomic_fetch_add(&page->each[__builtin_ctz(kind)], 1);
	if ((page->kinds & kind) == 0)
		return false;
	const uint64_t n = atomic_fetch_add(&page->count, 1) + 1;
	if (n < page->first || n - page->first >= page->many)
		return false;
	within = true;
	if (atomic_fetch_add(&page->hits, 1) == 0)
		remember();
	within = false;
	if (page->action == A_KILL)
		raise(SIGKILL);
	errno = (int)page->error;
	return true;
}

static bool on_file(int fd)
{
	struct stat st;

	return page != NULL && page->armed && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* a write of n octets: all of them, half of them, or -1 */
static size_t part(int fd, uint32_t kind, size_t n)
{
	if (!on_file(fd) || !struck(kind))
		return n;
	return page->action == A_SHORT && n > 1 ? n / 2 : 0;
}

/* --- the calls, by the kernel itself --- */

#define MODE(mode, flags)                              \
	do {                                           \
		va_list a;                             \
		va_start(a, flags);                    \
		if ((flags) & (O_CREAT | __O_TMPFILE)) \
			(mode) = va_arg(a, unsigned);  \
		va_end(a);                             \
	} while (0)

int open(const char *path, int flags, ...)
{
	unsigned mode = 0;

	MODE(mode, flags);
	return struck(K_OPEN) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	unsigned mode = 0;

	MODE(mode, flags);
	return struck(K_OPEN) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
	unsigned mode = 0;

	MODE(mode, flags);
	return struck(K_OPEN) ? -1 : (int)syscall(SYS_openat, dir, path, flags, mode);
}

ssize_t read(int fd, void *buf, size_t n)
{
	return on_file(fd) && struck(K_READ) ? -1 : syscall(SYS_read, fd, buf, n);
}

ssize_t pread(int fd, void *buf, size_t n, off_t at)
{
	return on_file(fd) && struck(K_READ) ? -1 : syscall(SYS_pread64, fd, buf, n, at);
}

ssize_t pread64(int fd, void *buf, size_t n, off64_t at)
{
	return pread(fd, buf, n, at);
}

ssize_t write(int fd, const void *buf, size_t n)
{
	const size_t k = part(fd, K_WRITE, n);

	return k == 0 && n > 0 ? -1 : syscall(SYS_write, fd, buf, k);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t at)
{
	const size_t k = part(fd, K_WRITE, n);

	return k == 0 && n > 0 ? -1 : syscall(SYS_pwrite64, fd, buf, k, at);
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t at)
{
	return pwrite(fd, buf, n, at);
}

int fsync(int fd)
{
	return struck(K_SYNC) ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return struck(K_SYNC) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int syncfs(int fd)
{
	return struck(K_SYNC) ? -1 : (int)syscall(SYS_syncfs, fd);
}

int rename(const char *old, const char *new)
{
	return struck(K_NAME) ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, old, AT_FDCWD, new, 0);
}

int renameat(int from, const char *old, int to, const char *new)
{
	return struck(K_NAME) ? -1 : (int)syscall(SYS_renameat2, from, old, to, new, 0);
}

int unlink(const char *path)
{
	return struck(K_NAME) ? -1 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int unlinkat(int dir, const char *path, int flags)
{
	return struck(K_NAME) ? -1 : (int)syscall(SYS_unlinkat, dir, path, flags);
}

int mkdir(const char *path, mode_t mode)
{
	return struck(K_NAME) ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
	return struck(K_NAME) ? -1 : (int)syscall(SYS_mkdirat, dir, path, mode);
}

int symlink(const char *to, const char *path)
{
	return struck(K_NAME) ? -1 : (int)syscall(SYS_symlinkat, to, AT_FDCWD, path);
}

int ftruncate(int fd, off_t n)
{
	return struck(K_CUT) ? -1 : (int)syscall(SYS_ftruncate, fd, n);
}

int ftruncate64(int fd, off64_t n)
{
	return struck(K_CUT) ? -1 : (int)syscall(SYS_ftruncate, fd, n);
}

void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	return struck(K_MAP) ? MAP_FAILED : (void *)syscall(SYS_mmap, at, n, prot, flags, fd, offset);
}

void *mmap64(void *at, size_t n, int prot, int flags, int fd, off64_t offset)
{
	return mmap(at, n, prot, flags, fd, offset);
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	return struck(K_FRAME) ? -1 : syscall(SYS_sendmsg, fd, m, flags);
}

ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
	return struck(K_FRAME) ? -1 : syscall(SYS_recvmsg, fd, m, flags);
}

ssize_t recv(int fd, void *buf, size_t n, int flags)
{
	return struck(K_FRAME) ? -1 : syscall(SYS_recvfrom, fd, buf, n, flags, NULL, NULL);
}

void *malloc(size_t n)
{
	return struck(K_ALLOC) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return struck(K_ALLOC) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return n > 0 && struck(K_ALLOC) ? NULL : __libc_realloc(p, n);
}

void *reallocarray(void *p, size_t n, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(n, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, all);
}
