/*
 * room.c - the process that jobs are forked from, and how they are asked.
 *
 * A request is one octet with two descriptors: a file in memory with what was
 * asked, and the pipe for the answer.  The room ends when its socket does.
 */
#include "base/room.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

#define CHUNK 65536

#if defined(__SANITIZE_ADDRESS__)
#define MEASURED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEASURED 0
#endif
#endif
#ifndef MEASURED
#define MEASURED 1
#endif

/* --- in the job --- */

bool fj_room_limit(const struct fj_room_bounds *b)
{
	struct rlimit memory = {b->memory, b->memory}, cpu = {b->cpu_s, b->cpu_s}, none = {0, 0};
	struct itimerval wall = {.it_value.tv_sec = b->wall_s};

	signal(SIGALRM, SIG_DFL);
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && (!MEASURED || setrlimit(RLIMIT_AS, &memory) == 0) && setrlimit(RLIMIT_CPU, &cpu) == 0 &&
	    setrlimit(RLIMIT_CORE, &none) == 0 && setitimer(ITIMER_REAL, &wall, NULL) == 0;
}

bool fj_room_map(int in, size_t max, struct fj_slice *out)
{
	struct stat st;

	if (fstat(in, &st) != 0 || st.st_size < 1 || (size_t)st.st_size > max)
		return false;
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, in, 0);
	if (p == MAP_FAILED)
		return false;
	*out = FJ_SLICE(p, (size_t)st.st_size);
	return true;
}

/* --- in the room --- */

/* false: whoever asks has ended */
static bool receive(int sock, int fds[2])
{
	char octet, control[CMSG_SPACE(2 * sizeof(int))];
	struct iovec iov = {&octet, 1};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	ssize_t n;

	do
		n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (c == NULL || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(2 * sizeof(int)))
		return false;
	memcpy(fds, CMSG_DATA(c), 2 * sizeof(int));
	return true;
}

static void serve(const struct fj_room *r, int sock)
{
	int fds[2], jobs = 0;

	while (receive(sock, fds)) {
		while (jobs > 0 && waitpid(-1, NULL, jobs >= r->jobs ? 0 : WNOHANG) > 0)
			jobs--;
		pid_t child = fork();
		if (child == 0) {
			close(sock);
			r->work(fds[0], fds[1]);
			_exit(0);
		}
		jobs += child > 0;
		close(fds[0]);
		close(fds[1]);
	}
}

static void become_room(const struct fj_room *r, int sock)
{
	struct fj_err err;
	bool landlock;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, r->name);
	signal(SIGTERM, SIG_IGN); /* it ends when its socket does */
	signal(SIGINT, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(sock, 3) < 0)
		return;
	close_range(4, ~0u, 0);
	if (fj_sandbox_enter(r->box, &landlock, &err) == FJ_OK)
		serve(r, 3);
}

/* --- whoever asks --- */

static enum fj_rc start(struct fj_room *r, struct fj_err *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return fj_fail_errno(err, "base", "make a socket for %s", r->what);
	FJ_AUTO(fd) ours = pair[0];
	FJ_AUTO(fd) theirs = pair[1];
	pid_t child = fork();
	if (child < 0)
		return fj_fail_errno(err, "base", "start %s", r->what);
	if (child == 0) {
		become_room(r, theirs);
		_exit(0);
	}
	r->sock = ours;
	ours = -1;
	return FJ_OK;
}

enum fj_rc fj_room_start(struct fj_room *r, struct fj_err *err)
{
	pthread_mutex_lock(&r->lock);
	enum fj_rc rc = r->sock >= 0 ? FJ_OK : start(r, err);
	pthread_mutex_unlock(&r->lock);
	return rc;
}

static enum fj_rc hand_over(const struct fj_room *r, int file, int pipe_end, struct fj_err *err)
{
	char octet = 1, control[CMSG_SPACE(2 * sizeof(int))] = {0};
	int fds[2] = {file, pipe_end};
	struct iovec iov = {&octet, 1};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	if (sendmsg(r->sock, &m, MSG_NOSIGNAL) == 1)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_UNAVAILABLE, "base", NULL, "%s is gone; restart the service", r->what);
	fj_err_zh(err, "文件处理进程已退出；请重启服务");
	return rc;
}

enum fj_rc fj_room_ask(struct fj_room *r, struct fj_slice in, int *from, struct fj_err *err)
{
	int ends[2];
	FJ_AUTO(fd) copy = memfd_create(r->name, MFD_CLOEXEC);

	FJ_TRY(fj_room_start(r, err));
	if (copy < 0)
		return fj_fail_errno(err, "base", "make room for the file");
	FJ_TRY(fj_write_all(copy, in.p, in.len, err));
	if (pipe2(ends, O_CLOEXEC) != 0)
		return fj_fail_errno(err, "base", "make a pipe to %s", r->what);
	FJ_AUTO(fd) reads = ends[0];
	FJ_AUTO(fd) writes = ends[1];
	FJ_TRY(hand_over(r, copy, writes, err));
	*from = reads;
	reads = -1;
	return FJ_OK;
}

enum fj_rc fj_room_read(int from, int silence_ms, struct fj_buf *out, bool *more, struct fj_err *err)
{
	for (;;) {
		struct pollfd p = {.fd = from, .events = POLLIN};
		uint8_t *to = fj_buf_reserve(out, CHUNK);
		int ready = poll(&p, 1, silence_ms);

		if (ready < 0 && errno == EINTR)
			continue;
		if (to == NULL)
			return fj_fail(err, FJ_E_LIMIT, "base", NULL, "the answer is larger than %zu octets", out->max);
		if (ready <= 0)
			return fj_fail(err, FJ_E_TIMEOUT, "base", NULL, "no answer came in time");
		ssize_t got = read(from, to, CHUNK);
		if (got < 0 && errno == EINTR)
			continue;
		*more = got > 0;
		if (got > 0)
			out->len += (size_t)got;
		return got >= 0 ? FJ_OK : fj_fail_errno(err, "base", "read an answer");
	}
}
