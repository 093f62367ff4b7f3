/*
 * burial - what workers that died have left behind
 *
 * Their journals are put on record and their leases given back.  A worker of
 * this host that left no journal, or one of which the end may be missing, may
 * have sent anything it had leased: that is counted as uncertain.
 *
 * Errors: those of the journal and of the database; what was done so far stays
 *   done, and doing it again changes nothing.
 */
#ifndef DAEMON_SEND_BURIAL_H
#define DAEMON_SEND_BURIAL_H

struct clerk_setup;
struct database;
struct err;

int bury(struct database *db, const struct clerk_setup *self, struct err *e);

#endif
