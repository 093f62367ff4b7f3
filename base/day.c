#include "base/day.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAYS_AHEAD_MAX 3660
#define SECONDS_A_DAY ((time_t)24 * 60 * 60)

/* Exactly n digits. */
static bool
number(const char **s, int n, int *ret)
{
	int v = 0;

	for (int i = 0; i < n; i++, (*s)++) {
		if (!isdigit((unsigned char)**s))
			return false;
		v = v * 10 + (**s - '0');
	}
	*ret = v;
	return true;
}

static bool
literal(const char **s, char c)
{
	if (**s != c)
		return false;
	(*s)++;
	return true;
}

static bool
calendar_date(const char **s, struct tm *ret)
{
	int y, m, d;

	if (!number(s, 4, &y) || !literal(s, '-') || !number(s, 2, &m) ||
	    !literal(s, '-') || !number(s, 2, &d) || y < 1970 || y > 2999)
		return false;
	*ret =
	    (struct tm){ .tm_year = y - 1900, .tm_mon = m - 1, .tm_mday = d };
	struct tm normal = *ret;
	(void)timegm(&normal);
	/* 30 February comes back as 2 March. */
	return normal.tm_mday == d && normal.tm_mon == m - 1;
}

static bool
days_from(const char **s, const char *today, struct tm *ret)
{
	int days = 0;
	time_t t;

	(*s)++;
	if (!isdigit((unsigned char)**s))
		return false;
	for (; isdigit((unsigned char)**s); (*s)++) {
		days = days * 10 + (**s - '0');
		if (days > DAYS_AHEAD_MAX)
			return false;
	}
	if (!literal(s, 'd') || !calendar_date(&today, ret))
		return false;
	t = timegm(ret) + days * SECONDS_A_DAY;
	return gmtime_r(&t, ret) != NULL;
}

bool
day_parse(char out[DAY_TEXT_SIZE], const char *s, const char *today,
    bool with_time)
{
	struct tm tm;
	int hour = 0, minute = 0;

	if (!(*s == '+' ? days_from(&s, today, &tm) : calendar_date(&s, &tm)))
		return false;
	if (with_time) {
		if ((!literal(&s, 'T') && !literal(&s, ' ')) ||
		    !number(&s, 2, &hour) || !literal(&s, ':') ||
		    !number(&s, 2, &minute) || hour > 23 || minute > 59)
			return false;
	}
	if (*s != '\0')
		return false;
	(void)strftime(out, DAY_TEXT_SIZE, "%Y-%m-%d", &tm);
	if (with_time)
		(void)snprintf(out + 10, DAY_TEXT_SIZE - 10, "T%02d:%02d", hour,
		    minute);
	return true;
}
