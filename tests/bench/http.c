/*
 * http.c - the same octets by a bare libmicrohttpd, and how many requests a second a
 * server answers.
 *
 *   http serve FILE [sign]          prints its port; answers FILE to everything until its
 *                                   input ends; sign: with one P-256 signature each
 *   http load PORT PORT PATH [BODY] two servers in turns, CONNECTIONS at a time, the next request
 *                                   on each when it has its answer: "requests_per_s N",
 *                                   "others_per_s N"
 *
 * The bare server has the options of the appliance's (web/http/http.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

#define CONNECTIONS 8
#define TURNS 20
#define TURN_MS 200 /* short: others may be at work on this machine */
#define MAX_FILE (32u << 20)

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* --- the bare server --- */

struct bare {
	struct MHD_Response *r;
	EVP_PKEY *key; /* NULL: nothing is signed */
};

static void sign(EVP_PKEY *key)
{
	static const uint8_t text[200];
	uint8_t sig[96];
	size_t n = sizeof(sig);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 || EVP_DigestSign(ctx, sig, &n, text, sizeof(text)) != 1)
		_exit(3);
	EVP_MD_CTX_free(ctx);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *data, size_t *n, void **seen)
{
	static int once;
	const struct bare *b = cls;

	(void)url, (void)method, (void)version, (void)data;
	if (*seen == NULL) {
		*seen = &once;
		return MHD_YES;
	}
	if (*n > 0) {
		*n = 0;
		return MHD_YES;
	}
	if (b->key != NULL)
		sign(b->key);
	return MHD_queue_response(c, 200, b->r);
}

static int serve(const char *file, bool signs)
{
	FJ_AUTO(buf) octets = FJ_BUF_INIT(MAX_FILE);
	struct bare b = {.key = signs ? EVP_EC_gen("P-256") : NULL};
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char end;

	if (fj_file_read(AT_FDCWD, file, &octets, NULL) != FJ_OK || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(fd, 1024) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		return 3;
	b.r = MHD_create_response_from_buffer(octets.len, octets.data, MHD_RESPMEM_PERSISTENT);
	struct MHD_Daemon *d = MHD_start_daemon(MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, on_request, &b, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_THREAD_POOL_SIZE, 4u, MHD_OPTION_CONNECTION_LIMIT, 1024u, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)65536, MHD_OPTION_END);
	if (d == NULL)
		return 3;
	printf("%d\n", ntohs(a.sin_port));
	fflush(stdout);
	while (read(0, &end, 1) > 0)
		continue;
	MHD_stop_daemon(d);
	MHD_destroy_response(b.r);
	EVP_PKEY_free(b.key);
	return 0;
}

/* --- load --- */

struct line {
	int fd;
	size_t sent;        /* of the request */
	char head[4096];
	size_t n;           /* octets of the head */
	long long left;     /* of the body; -1: the head is not whole */
};

static bool connect_line(struct line *l, int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	*l = (struct line){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .left = -1};
	return l->fd >= 0 && connect(l->fd, (struct sockaddr *)&a, sizeof(a)) == 0 && fcntl(l->fd, F_SETFL, O_NONBLOCK) == 0;
}

/* what came of the answer; *whole when it ended with it.  false: no answer of ours */
static bool take(struct line *l, bool *whole)
{
	static char sink[1 << 17];
	ssize_t n = l->left < 0 ? read(l->fd, l->head + l->n, sizeof(l->head) - 1 - l->n) : read(l->fd, sink, sizeof(sink));

	if (n < 0)
		return errno == EAGAIN;
	if (n == 0)
		return false;
	if (l->left < 0) {
		l->n += (size_t)n;
		l->head[l->n] = '\0';
		const char *end = strstr(l->head, "\r\n\r\n"), *size = strcasestr(l->head, "\r\ncontent-length:");
		if (end == NULL)
			return l->n < sizeof(l->head) - 1;
		if (strncmp(l->head, "HTTP/1.1 200 ", 13) != 0 || size == NULL || size > end)
			return false;
		l->left = strtoll(size + 17, NULL, 10);
		n = (ssize_t)(l->n - (size_t)(end + 4 - l->head));
	}
	l->left -= n;
	*whole = l->left == 0;
	return l->left >= 0;
}

static bool turn(struct line *l, const struct fj_buf *request, short ready, long long *done)
{
	bool whole = false;

	if ((ready & POLLOUT) && l->sent < request->len) {
		ssize_t n = write(l->fd, request->data + l->sent, request->len - l->sent);
		if (n < 0 && errno != EAGAIN)
			return false;
		l->sent += n > 0 ? (size_t)n : 0;
	}
	if ((ready & (POLLIN | POLLHUP | POLLERR)) && !take(l, &whole))
		return false;
	if (whole) {
		(*done)++;
		l->sent = l->n = 0;
		l->left = -1;
	}
	return true;
}

static bool request_of(const char *path, const char *file, struct fj_buf *request)
{
	FJ_AUTO(buf) body = FJ_BUF_INIT(4u << 20);
	const char *type = strstr(path, "/v1/") == path ? "application/json" : "application/ocsp-request";

	return (file == NULL || fj_file_read(AT_FDCWD, file, &body, NULL) == FJ_OK) &&
	    fj_buf_printf(request, "%s %s HTTP/1.1\r\nHost: localhost\r\n", file != NULL ? "POST" : "GET", path) == FJ_OK &&
	    (file == NULL || fj_buf_printf(request, "Content-Type: %s\r\nContent-Length: %zu\r\n", type, body.len) == FJ_OK) &&
	    fj_buf_puts(request, "\r\n") == FJ_OK && fj_buf_put(request, body.data, body.len) == FJ_OK;
}

/* until the time is over and every line has its answer, so that the other's turn begins in quiet */
static bool one_turn(struct line *lines, const struct fj_buf *request, long long *done, int64_t *us)
{
	struct pollfd p[CONNECTIONS];
	int64_t from = now_us();
	size_t busy = CONNECTIONS;

	for (int i = 0; i < CONNECTIONS; i++)
		lines[i].sent = 0;
	while (busy > 0) {
		bool over = now_us() - from > TURN_MS * 1000;
		busy = 0;
		for (int i = 0; i < CONNECTIONS; i++) {
			bool idle = lines[i].sent == 0 && over;
			busy += idle ? 0 : 1;
			p[i] = (struct pollfd){.fd = idle ? -1 : lines[i].fd, .events = lines[i].sent < request->len ? POLLOUT : POLLIN};
		}
		if (busy > 0)
			poll(p, CONNECTIONS, 1000);
		for (int i = 0; busy > 0 && i < CONNECTIONS; i++)
			if (p[i].fd >= 0 && p[i].revents != 0 && !turn(&lines[i], request, p[i].revents, done)) {
				fprintf(stderr, "http: %.200s\n", lines[i].head);
				return false;
			}
	}
	*us += now_us() - from;
	return true;
}

static int load(const char *const ports[2], const char *path, const char *file)
{
	FJ_AUTO(buf) request = FJ_BUF_INIT(5u << 20);
	struct line lines[2][CONNECTIONS];
	long long done[2] = {0, 0};
	int64_t us[2] = {1, 1};

	if (!request_of(path, file, &request))
		return 3;
	for (int i = 0; i < 2 * CONNECTIONS; i++)
		if (!connect_line(&lines[i % 2][i / 2], (int)strtol(ports[i % 2], NULL, 10)))
			return 3;
	for (int k = 0; k < 2 * TURNS; k++)
		if (!one_turn(lines[k % 2], &request, &done[k % 2], &us[k % 2]))
			return 3;
	printf("requests_per_s %.0f\nothers_per_s %.0f\n", (double)done[0] * 1e6 / (double)us[0], (double)done[1] * 1e6 / (double)us[1]);
	return 0;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc >= 3 && strcmp(argv[1], "serve") == 0)
		return serve(argv[2], argc > 3);
	if (argc >= 5 && strcmp(argv[1], "load") == 0)
		return load((const char *const[]){argv[2], argv[3]}, argv[4], argc > 5 ? argv[5] : NULL);
	fprintf(stderr, "usage: http serve FILE [sign] | http load PORT PORT PATH [BODY]\n");
	return 2;
}
