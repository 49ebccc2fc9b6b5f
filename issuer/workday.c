/*
 * workday.c - terms in working days (26号 arts. 9 to 12; domain.md 5.4).
 *
 * The tables come from the policy profile: which days are holidays is announced
 * every year and is not ours to know.  A term ends with its last working day;
 * the day on which it starts does not count (民法典 art. 201 [M]) unless the
 * profile says so (35号 art. 24).
 */
#include "issuer/workday.h"

#define DAY 86400

static bool listed(const json_t *list, const char *day)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (json_is_string(v) && strcmp(json_string_value(v), day) == 0)
			return true;
	return false;
}

bool wd_is_workday(fj_time t, const json_t *holidays, const json_t *workdays)
{
	char day[FJ_TIME_CAP];
	int weekday = (int)(((t + FJ_CHINA_OFFSET) / DAY + 4) % 7); /* 1970-01-01 was a Thursday; 0: Sunday */

	fj_date_china(t, day);
	if (listed(workdays, day))
		return true;
	return weekday != 0 && weekday != 6 && !listed(holidays, day);
}

bool wd_year_known(fj_time t, const json_t *holidays)
{
	char day[FJ_TIME_CAP];
	size_t i;
	json_t *v;

	fj_date_china(t, day);
	json_array_foreach(holidays, i, v)
		if (json_is_string(v) && strncmp(json_string_value(v), day, 5) == 0)
			return true;
	return false;
}

fj_time wd_term(fj_time from, int64_t n, bool day_one, const json_t *holidays, const json_t *workdays)
{
	struct fj_date d = fj_date_of(from, FJ_CHINA_OFFSET);
	fj_time noon = fj_time_of(d, 12, 0, 0, FJ_CHINA_OFFSET);

	if (!day_one)
		noon += DAY;
	for (int64_t left = n;; noon += DAY)
		if (wd_is_workday(noon, holidays, workdays) && --left <= 0)
			return noon + 12 * 3600 - 1;
}

int64_t wd_left(fj_time from, fj_time to, const json_t *holidays, const json_t *workdays)
{
	fj_time first = from < to ? from : to, last = from < to ? to : from;
	fj_time noon = fj_time_of(fj_date_of(first, FJ_CHINA_OFFSET), 12, 0, 0, FJ_CHINA_OFFSET), end = fj_time_of(fj_date_of(last, FJ_CHINA_OFFSET), 12, 0, 0, FJ_CHINA_OFFSET);
	int64_t n = 0;

	for (noon += DAY; noon <= end && n < 400; noon += DAY)
		n += wd_is_workday(noon, holidays, workdays);
	return from < to ? n : -n;
}
