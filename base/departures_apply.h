/*
 * departures_apply - tell a database that was set back who left
 *
 * How far each journal was read stands in the database, in the transaction
 * that applied its lines: a database that was set back is set back in that as
 * well, and what it does not know any more is read again.  Applying what it
 * knows already changes nothing.
 *
 * The connection needs two queries (sql/queries/departures.sql); those of the
 * web role have names and rights of their own.
 *
 * Ownership: nothing is kept.
 * Errors: those of base/departures.h and base/database.h; what was applied so
 *   far stays applied.  Whoever sends must not go on after an error.
 * Threads: those of a struct database.
 */
#ifndef BASE_DEPARTURES_APPLY_H
#define BASE_DEPARTURES_APPLY_H

#include <stdint.h>

struct database;
struct err;

/* What changed. */
struct departures_applied {
	long unsubscribed, erased, blocked, returned;
	long lines; /* that were read */
};

/*
 * With the queries of sql/queries/departures.sql.
 * *seen remembers the files as they were: while nothing was added to them the
 * database is not asked.  0 asks it: after a connection was made, and now and
 * then.  ret may be NULL.
 */
int departures_apply(struct database *db, const char *dir, uint64_t *seen,
    struct departures_applied *ret, struct err *e);

#endif
