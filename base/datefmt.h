/*
 * datefmt - dates, times and numbers as people in each language write them
 *
 *   DAY     donderdag 10 december 2026             Thursday 10 December 2026
 *   MOMENT  donderdag 10 december 2026, 10.00 uur  Thursday ... 2026, 10:00
 *   SHORT   10 december                            10 December
 *   TIME    10.00                                  10:00
 *   number  1.204                                  1,204
 *
 * Dates come as RFC 3339 text in local time: the clock on the wall is shown as
 * it stands, a zone offset behind it is ignored.
 *
 * Errors: -1 when the text is no date; out is untouched.
 * Limits: DATEFMT_MAX bytes of output; an unknown language is written as
 *   English.
 * Threads: safe; the formatters are opened once and shared (ICU's formatting
 *   functions are const).
 */
#ifndef BASE_DATEFMT_H
#define BASE_DATEFMT_H

#define DATEFMT_MAX 128

enum datefmt_style {
	DATEFMT_DAY,
	DATEFMT_MOMENT,
	DATEFMT_SHORT,
	DATEFMT_TIME,
	DATEFMT_STYLES
};

/* "day", "moment", "short", "time"; -1 for any other name. */
int datefmt_style_of(const char *name);

int datefmt_date(const char *lang, enum datefmt_style style,
    const char *rfc3339, char out[DATEFMT_MAX]);
void datefmt_number(const char *lang, long long n, char out[DATEFMT_MAX]);

#endif
