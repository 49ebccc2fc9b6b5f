/*
 * workday.h - working days: Monday to Friday without the public holidays, and the weekend
 * days that are worked for them.
 */
#ifndef FJ_ISSUER_WORKDAY_H
#define FJ_ISSUER_WORKDAY_H

#include "base/clock.h"
#include "base/json.h"

/* 23:59:59 +08:00 of the n-th working day after the day of `from`, or counting that day when
 * day_one (if it is one).  holidays, workdays: lists of ISO dates.  n is 1 to 1000. */
fj_time wd_term(fj_time from, int64_t n, bool day_one, const json_t *holidays, const json_t *workdays);
bool wd_is_workday(fj_time t, const json_t *holidays, const json_t *workdays);
/* Working days from the day of `from` (not counted) to the day of `to` (counted, +08:00): how many are left until a
 * term ends.  0 on its day; negative once it is over, as many as have passed; 400 at most either way. */
int64_t wd_left(fj_time from, fj_time to, const json_t *holidays, const json_t *workdays);
/* does the table name a day in the year of t (+08:00)? */
bool wd_year_known(fj_time t, const json_t *holidays);

#endif
