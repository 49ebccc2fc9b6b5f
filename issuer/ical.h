/*
 * ical.h - calendar files (RFC 5545).
 */
#ifndef FJ_ISSUER_ICAL_H
#define FJ_ISSUER_ICAL_H

#include "base/buf.h"
#include "base/clock.h"

/* A whole day.  `uid` stays the same from file to file, so that a calendar takes a new file as an
 * update; with `alarm` it reminds 14 days before.  Texts in any characters; text may have lines. */
struct ical_day {
	const char *uid, *day, *summary, *text; /* day: ISO */
	bool alarm;
};
/* begin, one ical_put a day, end.  `about`: ASCII, of PRODID.  FJ_E_LIMIT when the buffer is full. */
enum fj_rc ical_begin(struct fj_buf *b, const char *about) FJ_MUST_USE;
enum fj_rc ical_put(struct fj_buf *b, const struct ical_day *d, fj_time now) FJ_MUST_USE;
enum fj_rc ical_end(struct fj_buf *b) FJ_MUST_USE;

#endif
