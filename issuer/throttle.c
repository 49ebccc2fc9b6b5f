/*
 * throttle.c - slowing down who tries to sign in, without locking out anybody else.
 *
 * Three things are slowed, each for itself: a login's strangers (signin.c counts
 * them beside the user's secret), an address, and all of them together by the places
 * for hashing.  Who has signed in before, by a browser's cookie or a bound key, is no
 * stranger: he has a counter and a place of his own, so whatever others do at the
 * same login, from the same address or to the whole door does not reach him.  The
 * tables, of addresses and of logins that do not exist, are of a fixed size, their
 * slots chosen by a keyed hash: nobody can pick one to collide with, and nobody can
 * read from them who asked.  What still runs is never pushed out: when a whole set of
 * slots runs, who comes in addition shares one.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <unistd.h>

#include "base/secret.h"
#include "issuer/account.h"

#define SLOTS 4096
#define WAYS 8 /* slots of a set */
#define BURST 30
#define EACH 60 /* seconds in which one try is forgotten */
#define STRANGERS 2
#define KNOWN 2
#define WAITING 8 /* strangers who wait for a place: as many as get one within a second */

int64_t thr_wait(int64_t failures, int64_t at, int64_t now)
{
	int64_t n = failures - THR_FREE;

	if (n < 0)
		return 0;
	int64_t pause = n >= 5 ? THR_WAIT_MAX : (int64_t)2 << n, wait = at + pause - now;
	return wait < 0 || wait > pause ? 0 : wait; /* a clock that was set back makes nobody wait */
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* --- tables; the lock is held --- */

struct slot {
	uint64_t who; /* keyed hash */
	int64_t at, n;
};
typedef bool (*runs_fn)(const struct slot *s, int64_t now); /* does it still count for anything? */

static uint64_t keyed(const void *what, size_t n)
{
	static uint8_t key[crypto_shorthash_KEYBYTES];
	static bool ready;
	uint8_t h[crypto_shorthash_BYTES];
	uint64_t who;

	if (!ready)
		fj_random(key, sizeof(key));
	ready = true;
	crypto_shorthash(h, what, n, key);
	memcpy(&who, h, sizeof(who));
	return who;
}

static struct slot *set_of(struct slot *table, uint64_t who)
{
	return table + who % (SLOTS / WAYS) * WAYS;
}

static struct slot *found(struct slot *table, uint64_t who)
{
	struct slot *set = set_of(table, who);

	for (size_t k = 0; k < WAYS; k++)
		if (set[k].who == who)
			return &set[k];
	return NULL;
}

/* his own, or that which has been quiet for longest, or one that he shares */
static struct slot *slot_of(struct slot *table, uint64_t who, int64_t now, runs_fn runs)
{
	struct slot *set = set_of(table, who), *s = found(table, who);

	for (size_t k = 0; s == NULL && k < WAYS; k++)
		if (!runs(&set[k], now))
			s = &set[k];
	for (size_t k = 0; s != NULL && s->who != who && k < WAYS; k++)
		if (!runs(&set[k], now) && set[k].at < s->at)
			s = &set[k];
	if (s == NULL)
		return &set[(who >> 32) % WAYS];
	if (s->who != who)
		*s = (struct slot){.who = who};
	return s;
}

/* --- addresses: what is not forgotten yet, in seconds of forgetting --- */

static struct slot addresses[SLOTS];

/* the network: 4 octets, or the first 8 of IPv6; 0: none that is slowed.  What can't be read is one network together. */
static size_t network(const char *address, uint8_t out[16])
{
	struct in6_addr six;

	if (inet_pton(AF_INET, address, out) == 1)
		return out[0] == 127 ? 0 : 4;
	out[0] = '?';
	if (inet_pton(AF_INET6, address, &six) != 1)
		return address[0] == '\0' ? 0 : 1;
	if (IN6_IS_ADDR_LOOPBACK(&six))
		return 0;
	bool mapped = IN6_IS_ADDR_V4MAPPED(&six) != 0;
	memcpy(out, six.s6_addr + (mapped ? 12 : 0), mapped ? 4 : 8);
	return mapped && out[0] == 127 ? 0 : mapped ? 4 : 8;
}

static int64_t level(const struct slot *s, int64_t now)
{
	int64_t past = now > s->at ? now - s->at : 0;

	return s->n > past ? s->n - past : 0;
}

static bool not_forgotten(const struct slot *s, int64_t now)
{
	return level(s, now) > 0;
}

/* the time until there is room for one more */
static int64_t above(const struct slot *s, int64_t now)
{
	int64_t wait = level(s, now) - (BURST - 1) * EACH;

	return wait > 0 ? wait : 0;
}

int64_t thr_address(const char *address, int64_t now)
{
	uint8_t net[16];
	size_t n = network(address, net);

	if (n == 0)
		return 0;
	pthread_mutex_lock(&lock);
	struct slot *s = slot_of(addresses, keyed(net, n), now, not_forgotten);
	int64_t wait = above(s, now);
	s->n = level(s, now) + (wait > 0 ? 0 : EACH);
	s->at = now;
	pthread_mutex_unlock(&lock);
	return wait;
}

int64_t thr_address_wait(const char *address, int64_t now)
{
	uint8_t net[16];
	size_t n = network(address, net);

	pthread_mutex_lock(&lock);
	const struct slot *s = n == 0 ? NULL : found(addresses, keyed(net, n));
	int64_t wait = s == NULL ? 0 : above(s, now);
	pthread_mutex_unlock(&lock);
	return wait;
}

void thr_forgive(const char *address)
{
	uint8_t net[16];
	size_t n = network(address, net);

	if (n == 0)
		return;
	pthread_mutex_lock(&lock);
	struct slot *s = found(addresses, keyed(net, n));
	if (s != NULL)
		s->n = s->n > EACH ? s->n - EACH : 0;
	pthread_mutex_unlock(&lock);
}

/* --- logins that do not exist: failures --- */

static struct slot logins[SLOTS];

static bool waits(const struct slot *s, int64_t now)
{
	return thr_wait(s->n, s->at, now) > 0;
}

int64_t thr_unknown_wait(const char *login, int64_t now)
{
	pthread_mutex_lock(&lock);
	const struct slot *s = found(logins, keyed(login, strlen(login)));
	int64_t wait = s == NULL ? 0 : thr_wait(s->n, s->at, now);
	pthread_mutex_unlock(&lock);
	return wait;
}

int64_t thr_unknown(const char *login, int64_t now)
{
	pthread_mutex_lock(&lock);
	struct slot *s = slot_of(logins, keyed(login, strlen(login)), now, waits);
	int64_t wait = thr_wait(s->n, s->at, now);
	if (wait == 0) {
		s->n++;
		s->at = now;
	}
	pthread_mutex_unlock(&lock);
	return wait;
}

/* --- places for hashing --- */

static struct {
	int known, waiting;
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

/* A stranger waits only where not too many do: each is a thread of the server's. */
static bool queue(bool known, int by)
{
	if (known)
		return true;
	pthread_mutex_lock(&lock);
	bool room = by < 0 || places.waiting < WAITING;
	places.waiting += room ? by : 0;
	pthread_mutex_unlock(&lock);
	return room;
}

bool thr_enter(bool known, const char *address, int wait_ms)
{
	bool in = try_enter(known, address);

	if (in || wait_ms <= 0 || !queue(known, 1))
		return in;
	for (int waited = 0; !in && waited < wait_ms; waited += 10) {
		usleep(10000);
		in = try_enter(known, address);
	}
	queue(known, -1);
	return in;
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
