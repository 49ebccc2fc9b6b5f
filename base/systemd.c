/*
 * systemd.c - readiness, watchdog and given sockets, over the environment.
 *
 * The manager names a datagram socket (an abstract one begins with @) and the
 * number of descriptors that lie from 3 on.  All of it is checked as if somebody
 * else had written it: a variable that was left over from another process names
 * another pid, a descriptor that is no listening socket is refused, and nothing of
 * it reaches the processes that we start.
 */
#include "base/systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"

#define FIRST 3 /* SD_LISTEN_FDS_START */

/* a whole number in the environment; -1: none is there, or it is no number */
static long long number(const char *name)
{
	const char *text = getenv(name);
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	long long v = strtoll(text, &end, 10);
	return errno == 0 && *end == '\0' ? v : -1;
}

static enum fj_rc bad(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, "base", "sd_listen_fds(3)", en, zh);
}

/* the names stand in one text, with colons between */
static void take_name(const char **names, char *out, size_t cap)
{
	size_t n = strcspn(*names, ":");

	snprintf(out, cap, "%.*s", (int)(n < cap ? n : cap - 1), *names);
	*names += n + ((*names)[n] == ':');
}

static enum fj_rc take_socket(struct fj_systemd *s, int fd, const char **names, struct fj_err *err)
{
	int listens = 0, type = 0;
	socklen_t a = sizeof(listens), b = sizeof(type);
	char name[64];

	take_name(names, name, sizeof(name));
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &a) != 0 || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &b) != 0 || listens == 0 || type != SOCK_STREAM)
		return bad(err, "the service manager gave a descriptor that is no listening stream socket; the socket unit needs ListenStream=", "服务管理器传入的描述符不是监听中的流式套接字；socket 单元应使用 ListenStream=");
	if (fj_systemd_socket(s, name) >= 0)
		return bad(err, "the service manager gave two sockets of one name; each socket unit has one ListenStream= and a FileDescriptorName= of its own",
		    "服务管理器传入两个同名套接字；每个 socket 单元应只有一个 ListenStream=，且 FileDescriptorName= 互不相同");
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		return fj_fail_errno(err, "base", "keep descriptor %d to ourselves", fd);
	s->given[s->n].fd = fd;
	return fj_strcopy(s->given[s->n++].name, sizeof(name), name);
}

static enum fj_rc take_sockets(struct fj_systemd *s, struct fj_err *err)
{
	long long n = number("LISTEN_PID") == (long long)getpid() ? number("LISTEN_FDS") : 0;
	const char *names = getenv("LISTEN_FDNAMES");

	if (names == NULL)
		names = "";
	if (n > FJ_SYSTEMD_SOCKETS)
		return bad(err, "the service manager gave more sockets than we serve", "服务管理器传入的套接字过多");
	for (int i = 0; i < n; i++)
		FJ_TRY(take_socket(s, FIRST + i, &names, err));
	return FJ_OK;
}

enum fj_rc fj_systemd_read(struct fj_systemd *s, struct fj_err *err)
{
	static const char *const ours[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"};
	const char *to = getenv("NOTIFY_SOCKET");
	long long us = number("WATCHDOG_USEC"), pid = number("WATCHDOG_PID");

	memset(s, 0, sizeof(*s));
	if (to != NULL && (to[0] == '/' || to[0] == '@') && fj_strcopy(s->notify, sizeof(s->notify), to) != FJ_OK)
		return bad(err, "NOTIFY_SOCKET is longer than the address of a socket", "NOTIFY_SOCKET 过长，不是有效的套接字地址");
	if (us > 0 && (pid < 0 || pid == (long long)getpid()))
		s->watchdog_ms = us / 1000;
	enum fj_rc rc = take_sockets(s, err);
	for (size_t i = 0; i < FJ_ARRAY_LEN(ours); i++)
		unsetenv(ours[i]);
	return rc;
}

int fj_systemd_socket(const struct fj_systemd *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->given[i].name, name) == 0)
			return s->given[i].fd;
	return -1;
}

void fj_systemd_tell(const struct fj_systemd *s, const char *state)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	size_t n = strlen(s->notify);

	if (n == 0)
		return;
	FJ_AUTO(fd) fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	memcpy(a.sun_path, s->notify, n);
	if (s->notify[0] == '@')
		a.sun_path[0] = '\0';
	(void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
}
