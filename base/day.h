/*
 * day - dates as people write them, absolute or counted from today
 *
 *	2027-03-01   2027-01-14T10:00   2027-01-14 10:00   +30d   +30d 10:00
 *
 * Threads: no state.
 */
#ifndef BASE_DAY_H
#define BASE_DAY_H

#include <stdbool.h>

#define DAY_TEXT_SIZE 17 /* YYYY-MM-DDTHH:MM and its NUL */

/*
 * Writes YYYY-MM-DD, or YYYY-MM-DDTHH:MM when with_time, to out.  today is
 * YYYY-MM-DD.  False: not a date of 1970 to 2999 that exists, or the time is
 * missing, or too much.
 */
bool day_parse(char out[DAY_TEXT_SIZE], const char *s, const char *today,
    bool with_time);

#endif
