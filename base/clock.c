/*
 * clock.c - one type for time, the product clock, and the calendar.
 *
 * The calendar is our own arithmetic (days from a civil date, Gregorian, any
 * year 1970 to 9999): the C library's depends on locale, zone files and static
 * state.  China's offset is +08:00 all year.
 */
#include "base/clock.h"

#include <stdatomic.h>

static atomic_int_least64_t offset;

static int64_t ms_of(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t fj_real_ms(void)
{
	return ms_of(CLOCK_REALTIME);
}

int64_t fj_boot_ms(void)
{
	return ms_of(CLOCK_BOOTTIME);
}

int64_t fj_now_ms(void)
{
	return fj_real_ms() + atomic_load(&offset) * 1000;
}

fj_time fj_now(void)
{
	return fj_now_ms() / 1000;
}

void fj_clock_set_offset(int64_t seconds)
{
	atomic_store(&offset, seconds);
}

int64_t fj_clock_offset(void)
{
	return atomic_load(&offset);
}

/* Days since 1970-01-01 of a civil date, and back: years counted from March so
 * that the leap day is the last of its year; 400 years are 146097 days. */
static int64_t days_of(int64_t y, int m, int d)
{
	y -= m <= 2;
	int64_t era = y / 400, yoe = y - era * 400;
	int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static struct fj_date civil_of(int64_t days)
{
	days += 719468;
	int64_t era = days / 146097, doe = days - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	int m = (int)(mp < 10 ? mp + 3 : mp - 9);

	return (struct fj_date){(int)(yoe + era * 400 + (m <= 2)), m, (int)(doy - (153 * mp + 2) / 5 + 1)};
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

struct fj_date fj_date_of(fj_time t, int offset_seconds)
{
	return civil_of(floor_div(t + offset_seconds, 86400));
}

fj_time fj_time_of(struct fj_date d, int hh, int mm, int ss, int offset_seconds)
{
	return days_of(d.y, d.m, d.d) * 86400 + hh * 3600 + mm * 60 + ss - offset_seconds;
}

static int leap(int y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int month_days(int y, int m)
{
	static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return m == 2 && leap(y) ? 29 : days[m - 1];
}

fj_time fj_term_end(fj_time from, int years)
{
	struct fj_date d = fj_date_of(from, FJ_CHINA_OFFSET);

	d.y += years;
	if (d.d > month_days(d.y, d.m)) {
		d.m = 3;
		d.d = 1;
	}
	return fj_time_of(d, 0, 0, 0, FJ_CHINA_OFFSET) - 1;
}

void fj_time_utc(fj_time t, char out[FJ_TIME_CAP])
{
	struct fj_date d = fj_date_of(t, 0);
	int s = (int)(t - fj_time_of(d, 0, 0, 0, 0));

	snprintf(out, FJ_TIME_CAP, "%04d-%02d-%02dT%02d:%02d:%02dZ", d.y, d.m, d.d, s / 3600, s / 60 % 60, s % 60);
}

void fj_time_china(fj_time t, char out[FJ_TIME_CAP])
{
	struct fj_date d = fj_date_of(t, FJ_CHINA_OFFSET);
	int s = (int)(t - fj_time_of(d, 0, 0, 0, FJ_CHINA_OFFSET));

	snprintf(out, FJ_TIME_CAP, "%04d-%02d-%02d %02d:%02d:%02d +08:00", d.y, d.m, d.d, s / 3600, s / 60 % 60, s % 60);
}

void fj_date_china(fj_time t, char out[FJ_TIME_CAP])
{
	struct fj_date d = fj_date_of(t, FJ_CHINA_OFFSET);

	snprintf(out, FJ_TIME_CAP, "%04d-%02d-%02d", d.y, d.m, d.d);
}

/* `form` has a digit place for each '0'; every other character stands for itself */
static int matches(const char *s, const char *form)
{
	for (; *form != '\0'; s++, form++)
		if (*form == '0' ? *s < '0' || *s > '9' : *s != *form)
			return 0;
	return *s == '\0';
}

static int number(const char *s, int n)
{
	int v = 0;

	while (n-- > 0)
		v = v * 10 + (*s++ - '0');
	return v;
}

static int read_date(const char *s, struct fj_date *d)
{
	d->y = number(s, 4);
	d->m = number(s + 5, 2);
	d->d = number(s + 8, 2);
	return d->y >= 1970 && d->m >= 1 && d->m <= 12 && d->d >= 1 && d->d <= month_days(d->y, d->m);
}

enum fj_rc fj_time_parse(const char *s, fj_time *out, struct fj_err *err)
{
	struct fj_date d;

	if (matches(s, "0000-00-00T00:00:00Z") && read_date(s, &d)) {
		int hh = number(s + 11, 2), mm = number(s + 14, 2), ss = number(s + 17, 2);
		if (hh < 24 && mm < 60 && ss < 60) {
			*out = fj_time_of(d, hh, mm, ss, 0);
			return FJ_OK;
		}
	}
	enum fj_rc rc = fj_fail(err, FJ_E_PARSE, "base", "RFC 3339 5.6",
	    "\"%.40s\" is not a time in UTC with whole seconds, such as 2026-03-16T08:00:00Z", s);
	fj_err_zh(err, "“%.40s”不是 UTC 时间，应形如 2026-03-16T08:00:00Z", s);
	return rc;
}

enum fj_rc fj_date_parse(const char *s, fj_time *out, struct fj_err *err)
{
	struct fj_date d;

	if (matches(s, "0000-00-00") && read_date(s, &d)) {
		*out = fj_time_of(d, 0, 0, 0, FJ_CHINA_OFFSET);
		return FJ_OK;
	}
	enum fj_rc rc = fj_fail(err, FJ_E_PARSE, "base", "ISO 8601", "\"%.40s\" is not a date such as 2026-03-16", s);
	fj_err_zh(err, "“%.40s”不是日期，应形如 2026-03-16", s);
	return rc;
}
