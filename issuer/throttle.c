/*
 * throttle.c - slowing down who tries to sign in, without locking out anybody else.
 *
 * Three things are slowed, each for itself: a login's strangers (signin.c counts
 * them beside the user's secret), an address, and all of them together by the places
 * for hashing.  Who has signed in before, by a browser's cookie or a bound key, is no
 * stranger: he has a counter and a place of his own, so whatever others do at the
 * same login, from the same address or to the whole door does not reach him.  The
 * table of addresses is of a fixed size, its slots chosen by a keyed hash: nobody can
 * pick one to collide with, and nobody can read from it who asked.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <unistd.h>

#include "base/secret.h"
#include "issuer/account.h"

#define SLOTS 4096
#define BURST 30
#define EACH 60 /* seconds in which one try is forgotten */
#define STRANGERS 2
#define KNOWN 2

int64_t thr_wait(int64_t failures, int64_t at, int64_t now)
{
	int64_t n = failures - THR_FREE;

	if (n < 0)
		return 0;
	int64_t pause = n >= 5 ? THR_WAIT_MAX : (int64_t)2 << n, wait = at + pause - now;
	return wait < 0 || wait > pause ? 0 : wait; /* a clock that was set back makes nobody wait */
}

/* --- addresses --- */

/* the network: 4 octets, or the first 8 of IPv6; 0: none that is slowed */
static size_t network(const char *address, uint8_t out[16])
{
	struct in6_addr six;

	if (inet_pton(AF_INET, address, out) == 1)
		return out[0] == 127 ? 0 : 4;
	if (inet_pton(AF_INET6, address, &six) != 1 || IN6_IS_ADDR_LOOPBACK(&six))
		return 0;
	bool mapped = IN6_IS_ADDR_V4MAPPED(&six) != 0;
	memcpy(out, six.s6_addr + (mapped ? 12 : 0), mapped ? 4 : 8);
	return mapped && out[0] == 127 ? 0 : mapped ? 4 : 8;
}

bool thr_is_local(const char *address)
{
	uint8_t net[16];

	return network(address, net) == 0;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct slot {
	int64_t at, level; /* tries that are not forgotten yet, in seconds of forgetting */
};

/* the lock is held; NULL: this address is not slowed */
static struct slot *slot_of(const char *address)
{
	static struct slot slots[SLOTS];
	static uint8_t key[crypto_shorthash_KEYBYTES];
	static bool ready;
	uint8_t net[16], h[crypto_shorthash_BYTES];
	size_t n = network(address, net);

	if (n == 0)
		return NULL;
	if (!ready)
		fj_random(key, sizeof(key));
	ready = true;
	crypto_shorthash(h, net, n, key);
	return &slots[((unsigned)h[0] << 8 | h[1]) % SLOTS];
}

static void forget(struct slot *s, int64_t now)
{
	if (now > s->at)
		s->level = s->level > now - s->at ? s->level - (now - s->at) : 0;
	s->at = now;
}

int64_t thr_address(const char *address, int64_t now)
{
	int64_t wait = 0;

	pthread_mutex_lock(&lock);
	struct slot *s = slot_of(address);
	if (s != NULL) {
		forget(s, now);
		if (s->level > (BURST - 1) * EACH)
			wait = s->level - (BURST - 1) * EACH;
		else
			s->level += EACH;
	}
	pthread_mutex_unlock(&lock);
	return wait;
}

void thr_forgive(const char *address)
{
	pthread_mutex_lock(&lock);
	struct slot *s = slot_of(address);
	if (s != NULL)
		s->level = s->level > EACH ? s->level - EACH : 0;
	pthread_mutex_unlock(&lock);
}

/* --- places for hashing --- */

static struct {
	int strangers, known;
	uint8_t net[STRANGERS][16]; /* of the strangers inside */
	size_t len[STRANGERS];      /* 0: a free place, or this machine's */
	bool taken[STRANGERS];
} places;

static bool stranger_in(const char *address)
{
	uint8_t net[16];
	size_t n = network(address, net);
	int free_place = -1;

	for (int k = 0; k < STRANGERS; k++) {
		if (!places.taken[k])
			free_place = k;
		else if (n > 0 && places.len[k] == n && memcmp(places.net[k], net, n) == 0)
			return false;
	}
	if (free_place < 0)
		return false;
	places.taken[free_place] = true;
	places.len[free_place] = n;
	memcpy(places.net[free_place], net, n);
	return true;
}

static bool try_enter(bool known, const char *address)
{
	pthread_mutex_lock(&lock);
	bool in = known ? places.known < KNOWN : stranger_in(address);
	if (in && known)
		places.known++;
	pthread_mutex_unlock(&lock);
	return in;
}

bool thr_enter(bool known, const char *address, int wait_ms)
{
	for (int waited = 0;; waited += 10) {
		if (try_enter(known, address))
			return true;
		if (!known || waited >= wait_ms)
			return false;
		usleep(10000);
	}
}

void thr_leave(bool known, const char *address)
{
	uint8_t net[16];
	size_t n = network(address, net);

	pthread_mutex_lock(&lock);
	if (known)
		places.known--;
	for (int k = 0; !known && k < STRANGERS; k++)
		if (places.taken[k] && places.len[k] == n && memcmp(places.net[k], net, n) == 0) {
			places.taken[k] = false;
			break;
		}
	pthread_mutex_unlock(&lock);
}
