/* The server on a real socket: who does not come to the end of a request is not waited for. */
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/unit/test.h"
#include "web/http/http.h"

static void hello(struct web_req *q, struct web_res *r)
{
	(void)q;
	web_bytes(r, "text/plain", fj_slice_str("hello"), 0);
}

static const struct web_route routes[] = {{WEB_POST, "/", hello, WEB_PUBLIC, WEB_CSRF_NONE, 1u << 20, "test"}, {WEB_GET, "/", hello, WEB_PUBLIC, WEB_CSRF_NONE, 0, "test"}, {.path = NULL}};

FJ_DEFINE_AUTO_PTR(server, struct web_server, web_stop)

static void *session_of(struct web_req *q, const char *token, bool cookie, const char **csrf)
{
	static int somebody;

	(void)q, (void)cookie;
	*csrf = "";
	return strcmp(token, "mine") == 0 ? &somebody : NULL;
}

static void session_end(void *session)
{
	(void)session;
}

static struct web_server *begin(bool open)
{
	const struct web_conf conf = {.routes = routes, .threads = 1, .open = open, .slow_ms = 200, .hooks = {.session = session_of, .session_free = session_end, .cookie = "s"}};
	struct web_server *s = NULL;
	struct fj_err err;

	if (web_bind("127.0.0.1:0", &conf, &s, &err) != FJ_OK || web_start(s, &err) != FJ_OK)
		return NULL;
	return s;
}

static int to(const struct web_server *s)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)web_port(s)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		fj_fd_close(&fd);
	return fd;
}

static bool says(int fd, const char *text)
{
	return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

/* an octet every 20 ms: true when the other end hangs up, false when it takes a thousand */
static bool ends(int fd, const char *head)
{
	if (!says(fd, head))
		return false;
	for (int i = 0; i < 1000; i++) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		char c;
		if (poll(&p, 1, 20) > 0 && recv(fd, &c, 1, 0) <= 0)
			return true;
		if (!says(fd, "x"))
			return true;
	}
	return false;
}

static bool answers(int fd, const char *request)
{
	char got[4096];
	size_t n = 0;
	ssize_t k;

	if (!says(fd, request))
		return false;
	while (n + 1 < sizeof(got) && (k = recv(fd, got + n, sizeof(got) - n - 1, 0)) > 0) {
		n += (size_t)k;
		got[n] = '\0';
		if (strstr(got, "hello") != NULL)
			return strncmp(got, "HTTP/1.1 200", 12) == 0;
	}
	return false;
}

TEST("a request whose line, header or body comes octet by octet for good is cut, and so is the second of a connection")
{
	FJ_AUTO(server) s = begin(true);
	static const char *const heads[] = {"G", "GET /", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"};

	CHECK(s != NULL);
	for (size_t i = 0; i < FJ_ARRAY_LEN(heads); i++) {
		FJ_AUTO(fd) fd = to(s);
		CHECK(fd >= 0 && ends(fd, heads[i]));
	}
	FJ_AUTO(fd) again = to(s);
	CHECK(again >= 0 && answers(again, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
	CHECK(ends(again, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "));
	FJ_AUTO(fd) other = to(s);
	CHECK(other >= 0 && answers(other, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
}

TEST("where bodies are large a slow one may come of who has signed in, a stranger's or a slow header not")
{
	FJ_AUTO(server) s = begin(false);

	CHECK(s != NULL);
	FJ_AUTO(fd) slow = to(s);
	CHECK(slow >= 0 && ends(slow, "POST / HTTP/1.1\r\nHost: x\r\nX-Slow: "));
	FJ_AUTO(fd) strange = to(s);
	CHECK(strange >= 0 && ends(strange, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"));
	FJ_AUTO(fd) fd = to(s);
	CHECK(fd >= 0 && says(fd, "POST / HTTP/1.1\r\nHost: x\r\nCookie: s=mine\r\nContent-Length: 6\r\n\r\n"));
	for (int i = 0; i < 5; i++) {
		CHECK(says(fd, "x"));
		usleep(100000);
	}
	CHECK(answers(fd, "x"));
}

TEST_MAIN
