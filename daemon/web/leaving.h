/*
 * leaving - departures of readers, in the journal beside the database
 *
 * A line is written before the commit that makes somebody leave, and after the
 * one that brings somebody back: what a crash in between leaves behind errs on
 * the side of no mail.  A disk that is full keeps nobody from leaving; it is in
 * the log, and only a restored backup would not know.
 *
 * Where the database is away the line alone has to do, so it is on the disk
 * before anybody is told (base/departures.h).
 *
 * Errors: those of base/departures.h, from leaving_note() only.
 * Threads: all functions may be called from any.
 */
#ifndef DAEMON_WEB_LEAVING_H
#define DAEMON_WEB_LEAVING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/departures.h"

struct err;
struct param;
struct reader;

/* Run a query that may make this reader leave or come back, in a transaction of
 * its own, and write the line for it: word and way of what.  Its column changed
 * says whether it did; of one that erases, address_hash and at say whom. */
int leaving_do(const struct reader *d, struct departure what, const char *query,
    const struct param *p, size_t n, bool *ret_changed, struct err *e);

/* The database is away, and this reader wants to leave. */
int leaving_note(const struct reader *d, const char *way, struct err *e);

#endif
