#include "base/datefmt.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ucal.h>
#include <unicode/udat.h>
#include <unicode/unum.h>
#include <unicode/ustring.h>

static const char *const style_names[DATEFMT_STYLES] = { "day", "moment",
	"short", "time" };

static const struct {
	const char *lang;
	const char *locale;
	const UChar *patterns[DATEFMT_STYLES];
} languages[] = {
	{ "en", "en_GB",
	    { u"EEEE d MMMM y", u"EEEE d MMMM y, HH:mm", u"d MMMM",
		u"HH:mm" } },
	{ "nl", "nl_NL",
	    { u"EEEE d MMMM y", u"EEEE d MMMM y, HH.mm 'uur'", u"d MMMM",
		u"HH.mm" } },
};
#define LANGUAGES (sizeof(languages) / sizeof(languages[0]))

/* Opening a formatter costs a hundred times what using one does. */
static UDateFormat *dates[LANGUAGES][DATEFMT_STYLES];
static UNumberFormat *numbers[LANGUAGES];
static pthread_once_t opened = PTHREAD_ONCE_INIT;

static void
open_formatters(void)
{
	UErrorCode ec = U_ZERO_ERROR;

	for (size_t l = 0; l < LANGUAGES; l++) {
		for (size_t s = 0; s < DATEFMT_STYLES; s++)
			dates[l][s] = udat_open(UDAT_PATTERN, UDAT_PATTERN,
			    languages[l].locale, u"UTC", -1,
			    languages[l].patterns[s], -1, &ec);
		numbers[l] = unum_open(UNUM_DECIMAL, NULL, 0,
		    languages[l].locale, NULL, &ec);
	}
	if (U_FAILURE(ec)) /* ICU without its data: a broken installation */
		abort();
}

static size_t
language(const char *lang)
{
	(void)pthread_once(&opened, open_formatters);
	for (size_t l = 0; l < LANGUAGES; l++)
		if (strcmp(languages[l].lang, lang) == 0)
			return l;
	return 0;
}

static void
to_utf8(const UChar *s, int32_t len, char out[DATEFMT_MAX])
{
	UErrorCode ec = U_ZERO_ERROR;

	(void)u_strToUTF8(out, DATEFMT_MAX, NULL, s, len, &ec);
	if (U_FAILURE(ec) || ec == U_STRING_NOT_TERMINATED_WARNING)
		abort();
}

int
datefmt_style_of(const char *name)
{
	for (int s = 0; s < DATEFMT_STYLES; s++)
		if (strcmp(style_names[s], name) == 0)
			return s;
	return -1;
}

/* Milliseconds since 1970 as if the wall clock showed UTC. */
static int
parse(const char *s, UDate *ret)
{
	int year, month, day, hour = 0, minute = 0, n = 0;
	UErrorCode ec = U_ZERO_ERROR;

	if (sscanf(s, "%4d-%2d-%2d%n", &year, &month, &day, &n) != 3 || n != 10)
		return -1;
	if (s[10] != '\0' &&
	    ((s[10] != 'T' && s[10] != 't' && s[10] != ' ') ||
		sscanf(s + 11, "%2d:%2d%n", &hour, &minute, &n) != 2 || n != 5))
		return -1;
	UCalendar *c = ucal_open(u"UTC", -1, "en", UCAL_GREGORIAN, &ec);
	/* Strict: the 30th of February is no date. */
	ucal_setAttribute(c, UCAL_LENIENT, 0);
	ucal_setDateTime(c, year, month - 1, day, hour, minute, 0, &ec);
	*ret = ucal_getMillis(c, &ec);
	ucal_close(c);
	return U_FAILURE(ec) ? -1 : 0;
}

int
datefmt_date(const char *lang, enum datefmt_style style, const char *rfc3339,
    char out[DATEFMT_MAX])
{
	UChar text[DATEFMT_MAX / 3];
	UErrorCode ec = U_ZERO_ERROR;
	UDate date;
	int32_t n;

	if (parse(rfc3339, &date) == -1)
		return -1;
	n = udat_format(dates[language(lang)][style], date, text,
	    sizeof(text) / sizeof(text[0]), NULL, &ec);
	if (U_FAILURE(ec))
		return -1;
	to_utf8(text, n, out);
	return 0;
}

void
datefmt_number(const char *lang, long long n, char out[DATEFMT_MAX])
{
	UChar text[DATEFMT_MAX / 3];
	UErrorCode ec = U_ZERO_ERROR;
	int32_t len = unum_formatInt64(numbers[language(lang)], n, text,
	    sizeof(text) / sizeof(text[0]), NULL, &ec);

	to_utf8(text, len, out);
}
