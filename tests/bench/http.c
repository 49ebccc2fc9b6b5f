/*
 * http.c - the same octets by a bare libmicrohttpd, and how many requests a second a
 * server answers.
 *
 *   http serve FILE [sign]          prints its port; answers FILE to everything until its
 *                                   input ends; sign: with one P-256 signature each
 *   http load PORT PATH [BODY]      CONNECTIONS at a time for SECONDS, the next request on each
 *                                   when it has its answer: "requests_per_s N", "octets N"
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
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define CONNECTIONS 8
#define SECONDS 3
#define MAX_FILE (32u << 20)

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
static bool take(struct line *l, bool *whole, long long *octets)
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
		*octets = l->left = strtoll(size + 17, NULL, 10);
		n = (ssize_t)(l->n - (size_t)(end + 4 - l->head));
	}
	l->left -= n;
	*whole = l->left == 0;
	return l->left >= 0;
}

static bool turn(struct line *l, const struct fj_buf *request, short ready, long long *done, long long *octets)
{
	bool whole = false;

	if ((ready & POLLOUT) && l->sent < request->len) {
		ssize_t n = write(l->fd, request->data + l->sent, request->len - l->sent);
		if (n < 0 && errno != EAGAIN)
			return false;
		l->sent += n > 0 ? (size_t)n : 0;
	}
	if ((ready & (POLLIN | POLLHUP | POLLERR)) && !take(l, &whole, octets))
		return false;
	if (whole) {
		(*done)++;
		l->sent = l->n = 0;
		l->left = -1;
	}
	return true;
}

static int load(int port, const char *path, const char *file)
{
	FJ_AUTO(buf) body = FJ_BUF_INIT(1u << 20);
	FJ_AUTO(buf) request = FJ_BUF_INIT(2u << 20);
	struct line lines[CONNECTIONS];
	struct pollfd p[CONNECTIONS];
	long long done = 0, octets = 0;

	if ((file != NULL && fj_file_read(AT_FDCWD, file, &body, NULL) != FJ_OK) ||
	    fj_buf_printf(&request, "%s %s HTTP/1.1\r\nHost: localhost\r\n", file != NULL ? "POST" : "GET", path) != FJ_OK ||
	    (file != NULL && fj_buf_printf(&request, "Content-Type: application/ocsp-request\r\nContent-Length: %zu\r\n", body.len) != FJ_OK) ||
	    fj_buf_puts(&request, "\r\n") != FJ_OK || fj_buf_put(&request, body.data, body.len) != FJ_OK)
		return 3;
	for (int i = 0; i < CONNECTIONS; i++)
		if (!connect_line(&lines[i], port))
			return 3;
	int64_t from = fj_boot_ms();
	while (fj_boot_ms() - from < SECONDS * 1000) {
		for (int i = 0; i < CONNECTIONS; i++)
			p[i] = (struct pollfd){.fd = lines[i].fd, .events = lines[i].sent < request.len ? POLLOUT : POLLIN};
		poll(p, CONNECTIONS, 1000);
		for (int i = 0; i < CONNECTIONS; i++)
			if (p[i].revents != 0 && !turn(&lines[i], &request, p[i].revents, &done, &octets)) {
				fprintf(stderr, "http: %.200s\n", lines[i].head);
				return 3;
			}
	}
	printf("requests_per_s %.0f\noctets %lld\n", (double)done * 1000.0 / (double)(fj_boot_ms() - from), octets);
	return 0;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc >= 3 && strcmp(argv[1], "serve") == 0)
		return serve(argv[2], argc > 3);
	if (argc >= 4 && strcmp(argv[1], "load") == 0)
		return load((int)strtol(argv[2], NULL, 10), argv[3], argc > 4 ? argv[4] : NULL);
	fprintf(stderr, "usage: http serve FILE [sign] | http load PORT PATH [BODY]\n");
	return 2;
}
