/* what a service manager gives, and is told: sd_notify(3), sd_listen_fds(3) */
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/systemd.h"
#include "tests/unit/test.h"

static void clear(void)
{
	static const char *const names[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"};

	for (size_t i = 0; i < FJ_ARRAY_LEN(names); i++)
		unsetenv(names[i]);
}

/* a listening socket at descriptor fd */
static bool listen_at(int fd)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	FJ_AUTO(fd) low = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FJ_AUTO(fd) s = fcntl(low, F_DUPFD_CLOEXEC, 50);

	/* an address of two octets: the kernel chooses an abstract name */
	return s >= 0 && bind(s, (struct sockaddr *)&a, sizeof(a.sun_family)) == 0 && listen(s, 1) == 0 && dup2(s, fd) == fd && (low != fd || (low = -1) < 0);
}

static void give(const char *n, const char *names)
{
	char pid[24];

	clear();
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", n, 1);
	setenv("LISTEN_FDNAMES", names, 1);
}

TEST("without a service manager nothing is given and nothing is told")
{
	struct fj_systemd s;
	struct fj_err err = {0};

	clear();
	CHECK_OK(fj_systemd_read(&s, &err));
	CHECK(s.n == 0 && s.watchdog_ms == 0 && s.notify[0] == '\0');
	CHECK(fj_systemd_socket(&s, "portal") == -1);
	fj_systemd_tell(&s, "READY=1");
}

TEST("sockets are found by their name, are not inherited, and the environment is cleared")
{
	struct fj_systemd s;
	struct fj_err err = {0};
	int three = fcntl(3, F_DUPFD_CLOEXEC, 50), four = fcntl(4, F_DUPFD_CLOEXEC, 50);

	CHECK(listen_at(3) && listen_at(4));
	give("2", "portal:verifier");
	CHECK_OK(fj_systemd_read(&s, &err));
	CHECK(s.n == 2 && fj_systemd_socket(&s, "portal") == 3 && fj_systemd_socket(&s, "verifier") == 4);
	CHECK(fj_systemd_socket(&s, "other") == -1);
	CHECK((fcntl(3, F_GETFD) & FD_CLOEXEC) != 0 && (fcntl(4, F_GETFD) & FD_CLOEXEC) != 0);
	CHECK(getenv("LISTEN_FDS") == NULL && getenv("LISTEN_PID") == NULL && getenv("LISTEN_FDNAMES") == NULL);
	close(3);
	close(4);
	if (three >= 0 && four >= 0)
		CHECK(dup2(three, 3) == 3 && dup2(four, 4) == 4);
}

TEST("what was given to another process is not ours")
{
	struct fj_systemd s;
	struct fj_err err = {0};

	give("1", "portal");
	setenv("LISTEN_PID", "1", 1);
	setenv("WATCHDOG_PID", "1", 1);
	setenv("WATCHDOG_USEC", "1000000", 1);
	CHECK_OK(fj_systemd_read(&s, &err));
	CHECK(s.n == 0 && s.watchdog_ms == 0);
}

TEST("a descriptor that does not listen, two of one name, and too many are refused")
{
	struct fj_systemd s;
	struct fj_err err = {0};
	int pipefd[2];

	CHECK(pipe2(pipefd, O_CLOEXEC) == 0 && dup2(pipefd[0], 3) == 3);
	give("1", "portal");
	CHECK_RC(fj_systemd_read(&s, &err), FJ_E_INVALID);
	CHECK(strstr(err.en, "no listening stream socket") != NULL && err.zh[0] != '\0');
	CHECK(listen_at(3) && listen_at(4));
	give("2", "portal:portal");
	CHECK_RC(fj_systemd_read(&s, &err), FJ_E_INVALID);
	give("99", "portal");
	CHECK_RC(fj_systemd_read(&s, &err), FJ_E_INVALID);
	CHECK(getenv("LISTEN_FDS") == NULL);
	close(3);
	close(4);
}

TEST("readiness arrives at the socket that was named, abstract or a file")
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct fj_systemd s;
	struct fj_err err = {0};
	char got[64];
	FJ_AUTO(fd) fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	clear();
	int n = snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "fujie-test-%ld", (long)getpid());
	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)) == 0);
	snprintf(got, sizeof(got), "@fujie-test-%ld", (long)getpid());
	setenv("NOTIFY_SOCKET", got, 1);
	setenv("WATCHDOG_USEC", "3000000", 1);
	CHECK_OK(fj_systemd_read(&s, &err));
	CHECK(s.watchdog_ms == 3000);
	fj_systemd_tell(&s, "READY=1\nSTATUS=serves");
	ssize_t len = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);
	CHECK(len > 0);
	got[len] = '\0';
	CHECK_STR(got, "READY=1\nSTATUS=serves");
}

TEST_MAIN
