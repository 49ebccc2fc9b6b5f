/*
 * clock.h - time as one type, the product clock (injectable), and the two
 * written forms we accept.  Seconds since 1970-01-01T00:00:00Z; years 1970..9999.
 */
#ifndef FJ_BASE_CLOCK_H
#define FJ_BASE_CLOCK_H

#include <stdint.h>

#include "base/err.h"

typedef int64_t fj_time;
#define FJ_TIME_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define FJ_CHINA_OFFSET 28800             /* +08:00, all year */

/* The product clock: CLOCK_REALTIME plus the process's offset. */
fj_time fj_now(void);
int64_t fj_now_ms(void);
/* Offset in seconds, for demo homes and tests; atomic. */
void fj_clock_set_offset(int64_t seconds);
int64_t fj_clock_offset(void);
/* In a demo home that is not in its own present: the offset, in seconds as decimal text. */
#define FJ_DEMO_CLOCK "run/demo.clock"
/* CLOCK_REALTIME and CLOCK_BOOTTIME in milliseconds, without offset: for the
 * watch that compares them. */
int64_t fj_real_ms(void);
int64_t fj_boot_ms(void);

#define FJ_TIME_CAP 40 /* room for any written form */
/* "2026-03-16T08:00:00Z" */
void fj_time_utc(fj_time t, char out[FJ_TIME_CAP]);
/* "2026-03-16 16:00:00 +08:00" for people */
void fj_time_china(fj_time t, char out[FJ_TIME_CAP]);
/* "2026-03-16", the date in +08:00 */
void fj_date_china(fj_time t, char out[FJ_TIME_CAP]);
/* RFC 3339 in UTC ending in Z, whole seconds; anything else FJ_E_PARSE. */
enum fj_rc fj_time_parse(const char *s, fj_time *out, struct fj_err *err) FJ_MUST_USE;
/* ISO date to 00:00:00 +08:00 of that day. */
enum fj_rc fj_date_parse(const char *s, fj_time *out, struct fj_err *err) FJ_MUST_USE;

struct fj_date {
	int y, m, d; /* proleptic Gregorian; m 1..12, d 1..31 */
};
struct fj_date fj_date_of(fj_time t, int offset_seconds);
fj_time fj_time_of(struct fj_date d, int hh, int mm, int ss, int offset_seconds);
/*
 * fj_term_end - last second of a term of `years` years that starts at `from`:
 * 23:59:59 +08:00 of the day before the anniversary; a missing 29 February
 * counts as 1 March (domain.md 5.3).
 */
fj_time fj_term_end(fj_time from, int years);

#endif
