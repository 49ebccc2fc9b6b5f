/*
 * limit.c - how many requests an address may make.
 *
 * A bucket an address (an IPv6 network of 64 bits is one): it holds so many requests
 * and fills up again at so many a second.  The table is fixed; an address is in it only
 * as a slot chosen by a hash with a salt of this process, so two addresses may share a
 * bucket, and nobody can read from it who asked.  Nothing is logged, nothing is kept
 * after the process.
 */
#include "web/http/limit.h"

#include <netinet/in.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/secret.h"

#define SLOTS 16384
#define MILLI 1000

struct bucket {
	int64_t at;      /* boot clock, ms: when it was looked at last */
	int64_t tokens;  /* thousandths of a request */
};
struct web_limit {
	pthread_mutex_t lock;
	int64_t rate, burst;
	uint8_t salt[32];
	struct bucket bucket[SLOTS];
};

struct web_limit *web_limit_new(int64_t rate, int64_t burst)
{
	struct web_limit *l = fj_alloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	pthread_mutex_init(&l->lock, NULL);
	l->rate = rate;
	l->burst = burst;
	fj_random(l->salt, sizeof(l->salt));
	return l;
}

void web_limit_free(struct web_limit *l)
{
	fj_free(l);
}

/* an IPv4 client on a socket of both kinds */
static bool mapped(const struct sockaddr *a)
{
	return IN6_IS_ADDR_V4MAPPED(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr) != 0;
}

size_t web_limit_slot(const uint8_t salt[32], const struct sockaddr *a, size_t n)
{
	uint8_t text[32 + 8] = {0};
	struct fj_hash h;

	memcpy(text, salt, 32);
	if (a->sa_family == AF_INET)
		memcpy(text + 32, &((const struct sockaddr_in *)(const void *)a)->sin_addr, 4);
	else if (a->sa_family == AF_INET6)
		memcpy(text + 32, ((const struct sockaddr_in6 *)(const void *)a)->sin6_addr.s6_addr + (mapped(a) ? 12 : 0), mapped(a) ? 4 : 8);
	fj_sha256(FJ_SLICE(text, sizeof(text)), &h);
	return ((size_t)h.b[0] << 8 | h.b[1]) % n;
}

int64_t web_limit_take(struct web_limit *l, const struct sockaddr *a, int64_t cost, int64_t share)
{
	int64_t rate = l->rate * share, burst = l->burst * share;
	int64_t now = fj_boot_ms(), full = burst * MILLI, want = (cost < burst ? cost : burst) * MILLI, wait = 0;

	pthread_mutex_lock(&l->lock);
	struct bucket *b = &l->bucket[web_limit_slot(l->salt, a, SLOTS)];
	int64_t idle = b->at == 0 ? full / rate : now - b->at;
	b->tokens = idle >= full / rate || b->tokens + idle * rate > full ? full : b->tokens + idle * rate;
	b->at = now;
	if (b->tokens >= want)
		b->tokens -= want;
	else
		wait = (want - b->tokens) / (rate * MILLI) + 1;
	pthread_mutex_unlock(&l->lock);
	return wait;
}
