/*
 * limit.h - requests of an address per second, in a table of fixed size.
 */
#ifndef FJ_WEB_LIMIT_H
#define FJ_WEB_LIMIT_H

#include <sys/socket.h>

#include "base/buf.h"

struct web_limit;
/* rate (1..100,000) requests a second, burst (1..100,000) at once; NULL: no memory */
struct web_limit *web_limit_new(int64_t rate, int64_t burst);
void web_limit_free(struct web_limit *l); /* NULL is fine */
/* 0: go on; else the seconds after which to try again.  cost: requests that this one counts
 * for; more than the burst counts as the burst.  share (1..100): rate and burst are that many
 * times as large, for an address behind which many are.  Threads may share l. */
int64_t web_limit_take(struct web_limit *l, const struct sockaddr *a, int64_t cost, int64_t share);
/* Which of n (1..65,536) slots an address has, an IPv6 network of 64 bits being one: by a hash with this salt, so two may share. */
size_t web_limit_slot(const uint8_t salt[32], const struct sockaddr *a, size_t n);

#endif
