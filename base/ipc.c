/*
 * ipc.c - frames between our own processes.
 *
 * A frame is one header and one body; it is sent whole or the connection is
 * over.  A length over the maximum, a non-zero reserved field or an end in the
 * middle is a broken protocol: a sibling that does that is broken or conquered,
 * and its reader ends the connection.
 */
#include "base/ipc.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

#define HEADER 16

void fj_frame_release(struct fj_frame *f)
{
	fj_buf_release(&f->body);
}

static void put_be(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

static uint64_t get_be(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static enum fj_rc gone(struct fj_err *err)
{
	return fj_fail(err, FJ_E_UNAVAILABLE, "base", NULL, "the other process has ended the connection");
}

static enum fj_rc send_parts(int fd, struct iovec *iov, int n, struct fj_err *err)
{
	while (n > 0) {
		struct msghdr m = {.msg_iov = iov, .msg_iovlen = (size_t)n};
		ssize_t w = sendmsg(fd, &m, MSG_NOSIGNAL);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0 && (errno == EPIPE || errno == ECONNRESET))
			return gone(err);
		if (w < 0)
			return fj_fail_errno(err, "base", "send a frame");
		while (n > 0 && (size_t)w >= iov->iov_len) {
			w -= (ssize_t)iov->iov_len;
			iov++;
			n--;
		}
		if (n > 0) {
			iov->iov_base = (uint8_t *)iov->iov_base + w;
			iov->iov_len -= (size_t)w;
		}
	}
	return FJ_OK;
}

enum fj_rc fj_ipc_send(int fd, uint16_t kind, uint64_t id, struct fj_slice body, struct fj_err *err)
{
	uint8_t head[HEADER] = {0};

	if (body.len > FJ_IPC_MAX - HEADER)
		return fj_fail(err, FJ_E_LIMIT, "base", NULL, "a frame of %zu octets is over the maximum of %u", body.len, FJ_IPC_MAX);
	put_be(head, body.len + HEADER - 4, 4);
	put_be(head + 4, kind, 2);
	put_be(head + 8, id, 8);
	struct iovec iov[2] = {{head, HEADER}, {(void *)(uintptr_t)body.p, body.len}};
	return send_parts(fd, iov, body.len > 0 ? 2 : 1, err);
}

static enum fj_rc wait_readable(int fd, int64_t end, struct fj_err *err)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = end < 0 ? -1 : end - fj_boot_ms();

		if (end >= 0 && left < 0)
			left = 0;
		int n = poll(&p, 1, (int)left);
		if (n > 0)
			return FJ_OK;
		if (n == 0)
			return fj_fail(err, FJ_E_TIMEOUT, "base", NULL, "the other process did not answer in time");
		if (errno != EINTR)
			return fj_fail_errno(err, "base", "poll");
	}
}

/* *got counts what came, so that the caller can tell an end before a frame from
 * one inside */
static enum fj_rc recv_exact(int fd, uint8_t *p, size_t n, int64_t end, struct fj_err *err)
{
	for (size_t got = 0; got < n;) {
		ssize_t r = recv(fd, p + got, n - got, MSG_DONTWAIT); /* often it is there already */

		if (r < 0 && errno == EAGAIN)
			FJ_TRY(wait_readable(fd, end, err));
		if (r < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (r < 0 && errno != ECONNRESET)
			return fj_fail_errno(err, "base", "receive a frame");
		if (r <= 0 && got == 0)
			return gone(err);
		if (r <= 0)
			return fj_fail(err, FJ_E_PROTO, "base", NULL, "a frame ended in the middle");
		got += (size_t)r;
	}
	return FJ_OK;
}

enum fj_rc fj_ipc_recv(int fd, struct fj_frame *f, int timeout_ms, struct fj_err *err)
{
	uint8_t head[HEADER];
	int64_t end = timeout_ms < 0 ? -1 : fj_boot_ms() + timeout_ms;

	FJ_TRY(recv_exact(fd, head, HEADER, end, err));
	uint64_t len = get_be(head, 4);
	if (len < HEADER - 4 || len > FJ_IPC_MAX - 4 || get_be(head + 6, 2) != 0)
		return fj_fail(err, FJ_E_PROTO, "base", NULL, "a frame has a length or a form that is not ours");
	f->kind = (uint16_t)get_be(head + 4, 2);
	f->id = get_be(head + 8, 8);
	size_t body = (size_t)len - (HEADER - 4);
	fj_buf_release(&f->body);
	fj_buf_init(&f->body, FJ_IPC_MAX);
	if (body == 0)
		return fj_buf_put(&f->body, "", 0);
	uint8_t *p = fj_buf_reserve(&f->body, body);
	if (p == NULL)
		return fj_fail(err, FJ_E_NOMEM, "base", NULL, "out of memory for a frame of %zu octets", body);
	enum fj_rc rc = recv_exact(fd, p, body, end, err);
	if (rc == FJ_E_UNAVAILABLE)
		return fj_fail(err, FJ_E_PROTO, "base", NULL, "a frame ended after its header");
	FJ_TRY(rc);
	f->body.len = body;
	p[body] = 0;
	return FJ_OK;
}

/* sun_path holds 108 octets; a home's path may be longer */
static enum fj_rc address(int dirfd, const char *name, struct sockaddr_un *a, struct fj_err *err)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	int n = snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d/%s", dirfd, name);
	return n > 0 && (size_t)n < sizeof(a->sun_path) ? FJ_OK
	    : fj_fail(err, FJ_E_LIMIT, "base", NULL, "the socket's name %.40s is too long", name);
}

enum fj_rc fj_ipc_listen(int dirfd, const char *name, int *out, struct fj_err *err)
{
	struct sockaddr_un a;
	FJ_AUTO(fd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return fj_fail_errno(err, "base", "socket");
	FJ_TRY(address(dirfd, name, &a, err));
	unlinkat(dirfd, name, 0);
	mode_t old = umask(0177);
	int bad = bind(fd, (struct sockaddr *)&a, sizeof(a));
	umask(old);
	if (bad != 0 || listen(fd, 64) != 0)
		return fj_fail_errno(err, "base", "listen on %s", name);
	*out = fd;
	fd = -1;
	return FJ_OK;
}

enum fj_rc fj_ipc_connect(int dirfd, const char *name, int *out, struct fj_err *err)
{
	struct sockaddr_un a;
	FJ_AUTO(fd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return fj_fail_errno(err, "base", "socket");
	FJ_TRY(address(dirfd, name, &a, err));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		return fj_fail(err, FJ_E_UNAVAILABLE, "base", NULL, "nobody answers at %s", name);
	*out = fd;
	fd = -1;
	return FJ_OK;
}

enum fj_rc fj_ipc_peer_uid(int fd, unsigned *uid, struct fj_err *err)
{
	struct ucred c;
	socklen_t n = sizeof(c);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &n) != 0)
		return fj_fail_errno(err, "base", "ask who the peer is");
	*uid = c.uid;
	return FJ_OK;
}
