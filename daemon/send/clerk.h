/*
 * clerk - keeps the ledger for a worker
 *
 * A thread with its own connection to the database.  It leases chunks ahead,
 * puts batches of outcomes on record while the worker goes on, keeps the
 * leases alive, looks after those of workers that died, and replays the
 * journals they left before it leases anything.  While the database is away a
 * batch waits, is tried again, and nothing is leased.
 *
 * Ownership: a batch that was handed over is the clerk's until it comes back
 *   from clerk_recorded(); works from clerk_leased() are the worker's, and go
 *   back inside a batch.
 * Errors: the clerk logs what it meets (it decides what to do about it).
 * Threads: all calls are the worker's, but for clerk_start() and clerk_join().
 */
#ifndef DAEMON_SEND_CLERK_H
#define DAEMON_SEND_CLERK_H

#include <stdbool.h>
#include <stdint.h>

struct batch;
struct clerk;
struct config;
struct err;
struct keys;
struct pace;
struct work;

struct clerk_setup {
	const struct config *config;
	const struct keys *keys;
	const char *host;
	const char *name; /* of the worker: HOST:PID:MOMENT */
};

/* What the worker shows of itself. */
struct clerk_news {
	int connections;
	int in_flight;
	long accepted;	     /* since the start */
	char relay[200];     /* what is wrong with it, or "" */
	uint64_t relay_size; /* of messages it takes, 0: any */
};

int
clerk_start(struct clerk **ret, const struct clerk_setup *setup, struct err *e);

/* Ends once the batch in hand is on record, or, when the database is away, at
 * once: the journal holds it.  all_done: the worker has nothing in hand, so
 * what is still leased was not used.  True when that is given back. */
bool clerk_join(struct clerk *c, bool all_done);
/* After clerk_join(), and after all works were freed. */
void clerk_free(struct clerk *c);

/* Readable when clerk_recorded(), clerk_leased() or clerk_told() has news. */
int clerk_fd(const struct clerk *c);
void clerk_fd_clear(const struct clerk *c);

/* False while a batch is in hand. */
bool clerk_is_free(struct clerk *c);
void clerk_hand(struct clerk *c, struct batch *b);
struct batch *clerk_recorded(struct clerk *c);

/* Lease so many chunks when there are any; 0: no more. */
void clerk_want(struct clerk *c, int chunks);
/* A list, or NULL. */
struct work *clerk_leased(struct clerk *c);
/* The last lease found nothing that is due. */
bool clerk_is_idle(struct clerk *c);

/* May messages still leave?  False when the leases could not be renewed in
 * time: somebody else may be sending them by now. */
bool clerk_lease_holds(struct clerk *c);
/* Counts up when leases ran out and came back: what was leased before must not
 * be sent any more. */
unsigned int clerk_epoch(struct clerk *c);

/* A probe of the relay is wanted; true once. */
bool clerk_wants_probe(struct clerk *c);

void clerk_tell(struct clerk *c, const struct clerk_news *news);
/* How many workers share the relay. */
int clerk_workers(struct clerk *c);

#endif
