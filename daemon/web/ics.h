/*
 * ics - one event as a file for calendars
 *
 * A moment is a UTC date-time or, of a whole day, a date: with no rule that
 * repeats, UTC says when it is as well as a zone with its table would, and no
 * calendar program has to know that zone.
 *
 * Ownership, threads: nothing is kept.
 * Errors: the buffer's: full when it is.
 * Source: RFC 5545, 3.1 (lines fold at 75 octets, here never inside of a
 *   character), 3.3.11 (TEXT), 3.6.1 (VEVENT).
 */
#ifndef DAEMON_WEB_ICS_H
#define DAEMON_WEB_ICS_H

#include <stdbool.h>

struct buf;

/* Strings are "" for what is not known. */
struct ics {
	const char *uid;      /* for ever the same */
	const char *stamp;    /* of the last change, 20261210T090000Z */
	const char *sequence; /* grows with every change */
	bool all_day;
	const char *starts, *ends; /* 20270114T090000Z, or 20270114 */
	const char *summary, *location, *url;
};

void ics_write(const struct ics *i, struct buf *ret);

#endif
