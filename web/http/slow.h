/*
 * slow.h - connections on which a request is awaited, and the end of those that take too long.
 */
#ifndef FJ_WEB_SLOW_H
#define FJ_WEB_SLOW_H

#include "base/buf.h"

struct web_slow;
struct web_conn;
/* Ends each connection whose request has not come within ms (8 or more) of its beginning, or of
 * the end of the request before.  Starts a thread; NULL: no memory, or no thread. */
struct web_slow *web_slow_new(int64_t ms);
void web_slow_free(struct web_slow *s); /* NULL is fine; its connections have ended before */
/* A connection, on which a request is awaited from now on; NULL: no memory, it is not watched.
 * web_slow_end comes before its socket is closed. */
struct web_conn *web_slow_begin(struct web_slow *s, int fd);
void web_slow_end(struct web_slow *s, struct web_conn *c);  /* NULL is fine, here and below */
void web_slow_waits(struct web_slow *s, struct web_conn *c); /* for the next request */
void web_slow_came(struct web_slow *s, struct web_conn *c);  /* it is here: nothing is awaited */

#endif
