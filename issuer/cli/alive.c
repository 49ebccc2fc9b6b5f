/*
 * alive.c - does each part that runs answer?  What the watchdog's pings say.
 *
 * A part that ended is started again by us and is no reason for the service
 * manager to act; one that runs and answers nobody is, since we would wait for it
 * for ever.  The signer is greeted on its own socket, the registry asked on the
 * control socket, the verifier sent one request over HTTP: any answer counts.  A
 * part gets a few seconds.  A signer that was started just now is not asked, it may
 * have a long audit log to read; the others were waited for until they were ready.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ipc.h"
#include "hsm/client/client.h"
#include "issuer/cli/cli.h"

#define ANSWER_MS 5000
#define YOUNG_MS 120000

static enum fj_rc ask_signer(const struct cli_parts *p, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) c = NULL;

	return hsm_connect(p->home->run, HSM_SOCK_REGISTRY, &c, err);
}

static enum fj_rc ask_registry(const struct cli_parts *p, struct fj_err *err)
{
	static const char request[] = "{\"as\":null,\"command\":\"help\",\"params\":{\"name\":\"status.show\"},\"via\":\"cli\"}";
	FJ_AUTO(fd) fd = -1;
	FJ_AUTO(frame) f = {0};

	FJ_TRY(fj_ipc_connect(p->home->run, "control.sock", &fd, err));
	FJ_TRY(fj_ipc_send(fd, 1, 1, fj_slice_str(request), err));
	return fj_ipc_recv(fd, &f, ANSWER_MS, err);
}

/* where it listens: at the socket that was given, or at the address; "unix:PATH" has no number */
static enum fj_rc address(int given, const char *bind, struct sockaddr_storage *a, socklen_t *len, struct fj_err *err)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)a;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)a;
	struct sockaddr_un *un = (struct sockaddr_un *)a;
	const char *colon = strrchr(bind, ':');
	char host[64];

	memset(a, 0, sizeof(*a));
	*len = sizeof(*a);
	if (given >= 0)
		return getsockname(given, (struct sockaddr *)a, len) == 0 ? FJ_OK : fj_fail_errno(err, "cli", "ask for the verifier's address");
	if (strncmp(bind, "unix:", 5) == 0) {
		un->sun_family = AF_UNIX;
		*len = sizeof(*un);
		return fj_strcopy(un->sun_path, sizeof(un->sun_path), bind + 5);
	}
	uint16_t port = colon == NULL ? 0 : htons((uint16_t)strtoul(colon + 1, NULL, 10));
	bool six = bind[0] == '[';
	snprintf(host, sizeof(host), "%.*s", (int)(colon == NULL ? 0 : colon - bind - (six ? 2 : 0)), bind + (six ? 1 : 0));
	*len = six ? sizeof(*v6) : sizeof(*v4);
	if (six) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = port;
	} else {
		v4->sin_family = AF_INET;
		v4->sin_port = port;
	}
	return inet_pton(six ? AF_INET6 : AF_INET, host, six ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr) == 1 ? FJ_OK
	    : fj_fail(err, FJ_E_INVALID, "cli", NULL, "%s is no address", bind);
}

static enum fj_rc wait_for(int fd, short what, struct fj_err *err)
{
	struct pollfd f = {.fd = fd, .events = what};

	return poll(&f, 1, ANSWER_MS) > 0 ? FJ_OK : fj_fail(err, FJ_E_TIMEOUT, "cli", NULL, "it does not answer");
}

enum fj_rc cli_verifier_answers(int given, const char *bind, struct fj_err *err)
{
	static const char request[] = "GET /healthz HTTP/1.0\r\nConnection: close\r\n\r\n";
	struct sockaddr_storage a;
	socklen_t len;
	char answer[7];

	FJ_TRY(address(given, bind, &a, &len, err));
	FJ_AUTO(fd) fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fj_fail_errno(err, "cli", "socket");
	if (connect(fd, (struct sockaddr *)&a, len) != 0)
		FJ_TRY(wait_for(fd, POLLOUT, err));
	if (send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) < 0)
		return fj_fail_errno(err, "cli", "ask the verifier");
	FJ_TRY(wait_for(fd, POLLIN, err));
	return recv(fd, answer, sizeof(answer), 0) > 0 ? FJ_OK : fj_fail(err, FJ_E_PROTO, "cli", NULL, "it ended the connection without an answer");
}

static enum fj_rc ask_verifier(const struct cli_parts *p, struct fj_err *err)
{
	return cli_verifier_answers(p->given_verifier, p->verifier, err);
}

bool cli_parts_answer(const struct cli_parts *p, enum cli_part_id *which, struct fj_err *err)
{
	static const struct {
		enum cli_part_id id;
		enum fj_rc (*ask)(const struct cli_parts *p, struct fj_err *err);
	} asked[] = {{CLI_SIGNER, ask_signer}, {CLI_REGISTRY, ask_registry}, {CLI_VERIFIER, ask_verifier}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(asked); i++) {
		const struct cli_part *part = &p->part[asked[i].id];
		bool young = asked[i].id == CLI_SIGNER && fj_boot_ms() - part->started < YOUNG_MS;
		*which = asked[i].id;
		if (part->pid != 0 && !young && asked[i].ask(p, err) != FJ_OK)
			return false;
	}
	return true;
}
