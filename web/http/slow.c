/*
 * slow.c - a request that does not come to its end.
 *
 * libmicrohttpd ends a connection on which nothing happens; an octet now and then keeps it
 * for good, and before a header's end nobody is told of it.  So each connection has the time
 * since which a request is awaited, and a thread shuts down the socket of those that are
 * late: libmicrohttpd reads its end and closes it.  How long an answer may take to be read
 * is not limited here.
 */
#include "web/http/slow.h"

#include <pthread.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"

struct web_conn {
	struct web_conn *prev, *next;
	int fd;
	int64_t since; /* boot clock, ms; -1: nothing is awaited */
};
struct web_slow {
	pthread_mutex_t lock;
	pthread_cond_t stopped;
	pthread_t thread;
	bool stop;
	int64_t ms;
	struct web_conn *first;
};

static void end_late(struct web_slow *s)
{
	int64_t now = fj_boot_ms();

	for (struct web_conn *c = s->first; c != NULL; c = c->next)
		if (c->since >= 0 && now - c->since > s->ms) {
			shutdown(c->fd, SHUT_RDWR);
			c->since = -1;
		}
}

static void *watch(void *arg)
{
	struct web_slow *s = arg;
	struct timespec at;

	pthread_mutex_lock(&s->lock);
	while (!s->stop) {
		clock_gettime(CLOCK_MONOTONIC, &at);
		int64_t ns = at.tv_nsec + s->ms / 8 * 1000000;
		at.tv_sec += (time_t)(ns / 1000000000);
		at.tv_nsec = (long)(ns % 1000000000);
		pthread_cond_timedwait(&s->stopped, &s->lock, &at);
		end_late(s);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

struct web_slow *web_slow_new(int64_t ms)
{
	struct web_slow *s = fj_alloc(1, sizeof(*s));
	pthread_condattr_t a;

	if (s == NULL)
		return NULL;
	s->ms = ms;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&a);
	pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
	pthread_cond_init(&s->stopped, &a);
	if (pthread_create(&s->thread, NULL, watch, s) == 0)
		return s;
	fj_free(s);
	return NULL;
}

void web_slow_free(struct web_slow *s)
{
	if (s == NULL)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->stopped);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	fj_free(s);
}

struct web_conn *web_slow_begin(struct web_slow *s, int fd)
{
	struct web_conn *c = fj_alloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	*c = (struct web_conn){.fd = fd, .since = fj_boot_ms()};
	pthread_mutex_lock(&s->lock);
	c->next = s->first;
	if (c->next != NULL)
		c->next->prev = c;
	s->first = c;
	pthread_mutex_unlock(&s->lock);
	return c;
}

void web_slow_end(struct web_slow *s, struct web_conn *c)
{
	if (c == NULL)
		return;
	pthread_mutex_lock(&s->lock);
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		s->first = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	pthread_mutex_unlock(&s->lock);
	fj_free(c);
}

static void set(struct web_slow *s, struct web_conn *c, int64_t since)
{
	if (c == NULL)
		return;
	pthread_mutex_lock(&s->lock);
	c->since = since;
	pthread_mutex_unlock(&s->lock);
}

void web_slow_waits(struct web_slow *s, struct web_conn *c)
{
	set(s, c, fj_boot_ms());
}

void web_slow_came(struct web_slow *s, struct web_conn *c)
{
	set(s, c, -1);
}
