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

#include "base/departures.h"

struct err;
struct reader;

/* Who changed in the transaction that is open; false when nobody did, or when
 * the database does not say. */
bool leaving_look(const struct reader *d, enum departure_word word,
    const char *way, struct departure *ret);
void leaving_write(const struct reader *d, const struct departure *what);

/* The database is away, and this reader wants to leave. */
int leaving_note(const struct reader *d, const char *way, struct err *e);

#endif
