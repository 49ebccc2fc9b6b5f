/*
 * ical.c - what is due as a file for calendars (RFC 5545): whole days, each with
 * what it is about and, while it is not done, a reminder.
 */
#include "issuer/ical.h"

/* a content line, folded after 75 octets where a character ends (RFC 5545 3.1) */
static enum fj_rc fold(struct fj_buf *b, const char *name, const char *text)
{
	FJ_AUTO(buf) line = FJ_BUF_INIT(4096);
	size_t column = 0;

	FJ_TRY(fj_buf_printf(&line, "%s:", name));
	for (const char *s = text; *s != '\0'; s++) { /* RFC 5545 3.3.11 */
		if (*s == '\\' || *s == ';' || *s == ',')
			FJ_TRY(fj_buf_puts(&line, "\\"));
		FJ_TRY(*s == '\n' ? fj_buf_puts(&line, "\\n") : fj_buf_put(&line, s, 1));
	}
	for (const char *s = fj_buf_str(&line); *s != '\0';) {
		size_t n = 1;
		while (((unsigned char)s[n] & 0xc0) == 0x80)
			n++;
		if (column + n > 75) {
			FJ_TRY(fj_buf_puts(b, "\r\n "));
			column = 1;
		}
		FJ_TRY(fj_buf_put(b, s, n));
		column += n;
		s += n;
	}
	return fj_buf_puts(b, "\r\n");
}

enum fj_rc ical_begin(struct fj_buf *b, const char *about)
{
	return fj_buf_printf(b, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Fujie//%s//ZH\r\nCALSCALE:GREGORIAN\r\n", about);
}

enum fj_rc ical_put(struct fj_buf *b, const struct ical_day *d, fj_time now)
{
	char at[FJ_TIME_CAP];

	fj_time_utc(now, at);
	FJ_TRY(fj_buf_puts(b, "BEGIN:VEVENT\r\n"));
	FJ_TRY(fold(b, "UID", d->uid));
	FJ_TRY(fj_buf_printf(b, "DTSTAMP:%.4s%.2s%.2sT%.2s%.2s%.2sZ\r\nDTSTART;VALUE=DATE:%.4s%.2s%.2s\r\nTRANSP:TRANSPARENT\r\n", at, at + 5, at + 8, at + 11, at + 14, at + 17,
	    d->day, d->day + 5, d->day + 8));
	FJ_TRY(fold(b, "SUMMARY", d->summary));
	FJ_TRY(fold(b, "DESCRIPTION", d->text));
	if (d->alarm)
		FJ_TRY(fj_buf_puts(b, "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-P14D\r\nDESCRIPTION:Fujie\r\nEND:VALARM\r\n"));
	return fj_buf_puts(b, "END:VEVENT\r\n");
}

enum fj_rc ical_end(struct fj_buf *b)
{
	return fj_buf_puts(b, "END:VCALENDAR\r\n");
}
