/*
 * departures_apply - tell a database that was set back who left
 *
 * How far each journal was read stands in the database, in the transaction
 * that applied its lines: a database that was set back is set back in that as
 * well, and what it does not know any more is read again.  Applying what it
 * knows already changes nothing.
 *
 * The connection needs the queries of sql/queries/departures.sql.  When nothing
 * is new, one of them is asked.
 *
 * Ownership: nothing is kept.
 * Errors: those of base/departures.h and base/database.h; what was applied so
 *   far stays applied.  Whoever sends must not go on after an error.
 * Threads: those of a struct database.
 */
#ifndef BASE_DEPARTURES_APPLY_H
#define BASE_DEPARTURES_APPLY_H

struct database;
struct err;

/* What changed. */
struct departures_applied {
	long unsubscribed, erased, blocked, returned;
	long lines; /* that were read */
};

/* ret may be NULL. */
int departures_apply(struct database *db, const char *dir,
    struct departures_applied *ret, struct err *e);

#endif
